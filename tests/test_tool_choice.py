"""Whether a reply may, must or must not be a call: on the engine, on servers, and where nobody can be held to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply

from chatwright import open_model
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import UnknownTool, UsageError
from chatwright.events import Event, Finish, Logprob, Malformed, Text, ToolCall, from_json, to_json
from chatwright.model import Model
from chatwright.request import NamedTool, Request, Sampling, Segment
from chatwright.testing import Scripted


def tool(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": schema}}


ADD = tool("add", x={"type": "integer"}, y={"type": "integer"})
SAY = tool("say", text={"type": "string"})
HI = [{"role": "user", "content": "hi"}]
CALL = 'Thought: ok\nAction:\n```\n{"action": "add", "action_input": {"x": 1, "y": 2}}\n```'


def calls(events: list[Event]) -> list[str]:
    return [event.name for event in events if isinstance(event, ToolCall)]


@pytest.fixture(scope="module")
def nano() -> Iterator[Model]:
    with open_model("nano") as model:
        yield model


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_engine_is_held_to_a_call_where_one_is_asked_for(nano: Model, seed: int):
    options: Any = {"seed": seed, "sampling": Sampling(temperature=1.0), "max_tokens": 300}
    events = list(nano.stream(HI, [ADD, SAY], tool_choice="required", **options))
    assert len(calls(events)) == 1
    events = list(nano.stream(HI, [ADD, SAY], tool_choice=NamedTool("say"), **options))
    assert calls(events) == ["say"]
    finish = events[-1]
    assert isinstance(finish, Finish) and finish.stop_reason == "tool_calls"


def test_without_a_call_allowed_there_is_none(nano: Model):
    events = list(nano.stream(HI, [ADD, SAY], tool_choice="none", max_tokens=20))
    assert calls(events) == [] and not any(isinstance(e, Malformed) for e in events)
    assert any(isinstance(e, Text) for e in events)


def test_a_tool_that_is_not_there_cannot_be_chosen():
    with pytest.raises(UnknownTool, match="sad"):
        list(Scripted([CALL]).stream(HI, [ADD, SAY], tool_choice=NamedTool("sad")))
    with pytest.raises(UsageError, match="no tools"):
        list(Scripted([CALL]).stream(HI, [], tool_choice="required"))


def chat_reply(message: dict[str, Any]) -> Any:
    def script(connection: Connection) -> None:
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        usage = {
            "prompt_tokens": 3,
            "completion_tokens": 9,
            "completion_tokens_details": {"reasoning_tokens": 4},
        }
        connection.send(json_reply({"model": "m-1", "choices": [choice], "usage": usage}))

    return script


def native(name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": "a", "type": "function", "function": function}]}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("auto", None),
        ("none", "none"),
        ("required", "required"),
        (NamedTool("add"), {"type": "function", "function": {"name": "add"}}),
    ],
)
def test_a_server_is_told_what_may_be_called(choice: Any, told: Any):
    message = {"content": "no"} if choice == "none" else native("add", x=1, y=2)
    with FaultServer(chat_reply(message)) as server:
        backend = OpenAIBackend(server.url, dialect="vllm", streaming=False)
        with Model(backend) as model:
            kwargs = {"enable_thinking": False}
            events = list(
                model.stream(HI, [ADD, SAY], tool_choice=choice, template_kwargs=kwargs,
                             parallel_tool_calls=False, extra={"user": "me"})
            )  # fmt: skip
        body = server.requests[0].json
    assert body.get("tool_choice") == told and len(body["tools"]) == 2
    assert (body["parallel_tool_calls"], body["user"]) == (False, "me")
    assert body["chat_template_kwargs"] == kwargs
    assert calls(events) == ([] if choice == "none" else ["add"])
    finish = events[-1]
    assert isinstance(finish, Finish)
    assert (finish.model, finish.usage.reasoning) == ("m-1", 4)


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
def test_a_server_that_holds_nobody_to_a_call_is_told_the_tools_in_words_and_a_grammar(choice: Any):
    with FaultServer(chat_reply({"content": CALL})) as server:
        backend = OpenAIBackend(server.url, dialect="llama-server", streaming=False)
        with Model(backend) as model:
            events = list(model.stream(HI, [ADD, SAY], tool_choice=choice))
            free = list(model.stream(HI, [ADD, SAY]))
        forced, asked = (request.json for request in server.requests)
    assert calls(events) == ["add"] and "tools" not in forced and '\\"add\\"' in forced["grammar"]
    assert ('\\"say\\"' in forced["grammar"]) == (choice == "required")
    assert len(asked["tools"]) == 2 and "grammar" not in asked and calls(free) == []


@pytest.mark.parametrize(
    ("message", "choice", "reason"),
    [
        ({"content": "I would rather talk."}, "required", "not a call"),
        (native("say", text="x"), NamedTool("add"), "has to be one of: add"),
    ],
)
def test_a_server_that_does_not_call_as_it_was_told_is_noticed(
    message: Any, choice: Any, reason: str
):
    with (
        FaultServer(chat_reply(message)) as server,
        Model(OpenAIBackend(server.url, streaming=False)) as model,
    ):
        events = list(model.stream(HI, [ADD, SAY], tool_choice=choice))
    wrong = [event for event in events if isinstance(event, Malformed)]
    assert len(wrong) == 1 and reason in wrong[0].reason
    assert isinstance(events[-1], Finish) and events[-1].stop_reason == "malformed"


def test_of_several_calls_the_first_one_counts_where_one_is_asked_for():
    two = f"{CALL}\n".replace(
        "}}\n```", '}}\n{"action": "say", "action_input": {"text": "b"}}\n```'
    )
    message = native("add", x=1, y=2)
    message["tool_calls"] += native("say", text="b")["tool_calls"]
    with (
        FaultServer(chat_reply(message)) as server,
        Model(OpenAIBackend(server.url, streaming=False)) as model,
    ):
        assert calls(list(model.stream(HI, [ADD, SAY]))) == ["add", "say"]
        one = list(model.stream(HI, [ADD, SAY], parallel_tool_calls=False))
    assert calls(one) == ["add"]
    words = list(Scripted([two]).stream(HI, [ADD, SAY], parallel_tool_calls=False))
    assert len(calls(words)) == 1


def test_what_the_engine_has_no_parameter_for_is_refused_by_name(nano: Model):
    with pytest.raises(UsageError, match="best_of"):
        list(nano.complete("a", extra={"best_of": 3}))


@pytest.mark.parametrize("name", ["typical_p", "frequency_penalty", "presence_penalty"])
def test_each_way_of_sampling_reaches_the_engine(nano: Model, name: str):
    value = {"typical_p": 0.01}.get(name, 2.0)
    base = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    said = set[str]()
    for sampling in (Sampling(**base), Sampling(**base, **{name: value})):
        events = list(nano.complete("aaaa aaaa aaaa", sampling=sampling, seed=5, max_tokens=40))
        said.add("".join(e.text for e in events if isinstance(e, Text)))
    assert len(said) == 2


def test_tgi_is_told_of_the_penalty_that_it_knows_and_not_asked_for_the_other():
    reply = json_reply(
        {"generated_text": "x", "details": {"finish_reason": "length", "generated_tokens": 1}}
    )
    with FaultServer(lambda c: c.send(reply)) as server:
        backend = TgiBackend(server.url, streaming=False)
        prompt = [Segment("a", trusted=True)]
        backend.once(Request(prompt=prompt, sampling=Sampling(frequency_penalty=-0.5)))
        assert server.requests[0].json["parameters"]["frequency_penalty"] == -0.5
        with pytest.raises(UsageError, match="presence_penalty"):
            backend.once(Request(prompt=prompt, sampling=Sampling(presence_penalty=1.0)))


def test_log_probabilities_come_with_the_end(nano: Model):
    finish = list(nano.complete("Thought: I know the", logprobs=2, max_tokens=3))[-1]
    assert isinstance(finish, Finish) and len(finish.logprobs) == 3
    assert all(len(each.top) == 2 and each.logprob <= 0 for each in finish.logprobs)
    assert from_json(json.loads(json.dumps(to_json(finish)))) == finish
    assert "logprobs" not in to_json(Finish("a")) and isinstance(finish.logprobs[0], Logprob)
