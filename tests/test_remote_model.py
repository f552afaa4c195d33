"""A model on a server is a model like any other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fault_server import FaultServer, json_reply, reply, sse_reply

from chatwright import Agent, Model, open_model
from chatwright.errors import ChatwrightError
from chatwright.events import Event, Finish, Notice, Reasoning, Text, ToolCall, Usage
from chatwright.request import JsonSchema

ASK = [{"role": "user", "content": "Hi"}]
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "adds",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "required": ["a"],
        },
    },
}
MODELS = {"data": [{"id": "org/m", "owned_by": "vllm", "max_model_len": 4096}]}
NOT_ENABLED = (
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
)
CALLED = {"index": 0, "id": "call_1", "function": {"name": "add", "arguments": '{"a": 1}'}}
IN_WORDS = 'Thought: x\nAction:\n```\n{"action": "add", "action_input": {"a": 1}}\n```'

both = pytest.mark.parametrize("way", ["stream", "astream"])


def delta(reason: str | None = None, **said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def said(text: str) -> bytes:
    return sse_reply(delta(content=text), delta("stop"), "[DONE]")


def server(*answers: bytes) -> FaultServer:
    """A vLLM that gives these answers to chats; the last one again and again."""
    left = list(answers)

    def script(connection: Any) -> None:
        target = connection.request.target
        if target == "/v1/models":
            connection.send(json_reply(MODELS))
        elif target.startswith("/v1/chat"):
            connection.send(left.pop(0) if len(left) > 1 else left[0])
        else:
            connection.send(reply(404))

    return FaultServer(script)


def run(way: str, model: Model, *args: Any, **options: Any) -> list[Event]:
    if way == "stream":
        return list(model.stream(*args, **options))

    async def collect() -> list[Event]:
        return [event async for event in model.astream(*args, **options)]

    return asyncio.run(collect())


@both
def test_a_server_that_takes_tools_is_given_them_as_they_are(way: str):
    reply_ = sse_reply(
        delta(reasoning="hm"), delta(tool_calls=[CALLED]), delta("tool_calls"), "[DONE]"
    )
    with server(reply_) as there, open_model(there.url) as model:
        assert model.name == "org/m"
        assert run(way, model, ASK, [ADD]) == [
            Reasoning("hm"),
            ToolCall("call_1", "add", {"a": 1}),
            Finish("", None, "tool_calls", Usage()),
        ]
        assert there.requests[-1].json["tools"] == [ADD]


@both
def test_a_server_that_takes_no_tools_is_told_of_them_in_words_and_that_is_remembered(way: str):
    no = json_reply({"message": NOT_ENABLED}, 400)
    with server(no, said(IN_WORDS)) as there, open_model(there.url) as model:
        first = run(way, model, ASK, [ADD])
        assert isinstance(first[0], Notice)
        assert isinstance(first[-1], Finish) and first[-1].stop_reason == "tool_calls"
        assert "tools" not in there.requests[-1].json
        assert not isinstance(run(way, model, ASK, [ADD])[0], Notice)


@both
def test_another_refusal_is_an_error_and_no_reason_to_change_the_format(way: str):
    no = json_reply({"message": "max_tokens is too large"}, 400)
    refused = pytest.raises(ChatwrightError, match="too large")
    with server(no) as there, open_model(there.url) as model, refused:
        run(way, model, ASK, [ADD])


@both
def test_an_answer_that_ignores_the_schema_is_malformed(way: str):
    with server(said("Sure! It is x.")) as there, open_model(there.url) as model:
        end = run(way, model, ASK, constraint=JsonSchema({"type": "object"}))[-1]
        assert isinstance(end, Finish)
        assert (end.stop_reason, end.values) == ("malformed", None)


def test_the_agent_shows_the_server_its_own_calls_and_their_results():
    def add(a: int) -> int:
        """adds"""
        return a + 1

    two = [
        sse_reply(
            delta(tool_calls=[CALLED, {**CALLED, "index": 1, "id": "call_2"}]),
            delta("tool_calls"),
            "[DONE]",
        ),
        said("It is 2."),
    ]
    with server(*two) as there, open_model(there.url) as model:
        assert Agent(model, [add]).ask("1 + 1?").answer == "It is 2."
        _, asked, *results = there.requests[-1].json["messages"]
        assert [call["id"] for call in asked["tool_calls"]] == ["call_1", "call_2"]
        assert [(m["role"], m["tool_call_id"], m["content"]) for m in results] == [
            ("tool", "call_1", "2"),
            ("tool", "call_2", "2"),
        ]


def test_plain_text_streams_as_it_comes():
    reply_ = sse_reply(delta(content="Hel"), delta(content="lo"), delta("stop"), "[DONE]")
    with server(reply_) as there, open_model(there.url) as model:
        assert [e.text for e in model.stream(ASK) if isinstance(e, Text)] == ["Hel", "lo"]
