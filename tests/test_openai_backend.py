"""OpenAI's protocol in the dialects of the servers that speak it, and the probe that tells them apart."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from contextlib import aclosing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse_reply
from hypothesis import given
from hypothesis import strategies as st

from chatwright.backends.client import Client
from chatwright.backends.openai import DIALECTS, OpenAIBackend, tools_not_enabled
from chatwright.backends.openai.answer import Answer as ChatAnswer
from chatwright.backends.openai.body import chat_body
from chatwright.backends.probe import Served, aprobe, backend_for, probe
from chatwright.backends.refusal import refusal
from chatwright.backends.sse import Event
from chatwright.backends.tgi import TgiBackend
from chatwright.backends.tgi.answer import Answer as TgiAnswer
from chatwright.errors import (
    BadReply,
    ChatwrightError,
    ConstraintError,
    Interrupted,
    NotServed,
    Refused,
    ServerFailed,
    Unauthorized,
    Unavailable,
    Unreachable,
    UsageError,
)
from chatwright.events import Malformed, Notice, Reasoning, ToolCall, Usage
from chatwright.grammar import regex_to_gbnf
from chatwright.request import (
    ChatItem,
    Constraint,
    End,
    Grammar,
    JsonSchema,
    Logprob,
    Own,
    Piece,
    Regex,
    Request,
    Sampling,
    Segment,
)

ASK = [{"role": "user", "content": "Hi"}]
RECORDED = Path(__file__).parent / "recorded"
WAYS = ("chat", "achat", "whole", "awhole")


def sent(
    dialect: str = "openai", extra: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    told = chat_body(Request(messages=ASK, **fields), DIALECTS[dialect], extra or {}, stream=False)
    assert told.pop("messages") == ASK
    return told


def delta(reason: str | None = None, index: int = 0, **said: Any) -> dict[str, Any]:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": index, "delta": said, "finish_reason": reason}],
    }


USED = {
    "choices": [],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
    },
}


def answer(
    *events: object,
    way: str = "chat",
    server: FaultServer | None = None,
    dialect: str = "vllm",
    **fields: Any,
) -> list[ChatItem]:
    """What a reply becomes: events of a stream, or one object for a whole reply."""
    if server is None:
        head = json_reply(events[0]) if "whole" in way else sse_reply(*events)
        with FaultServer(lambda c: c.send(head)) as server:
            return answer(way=way, server=server, dialect=dialect, **fields)
    request = Request(**{"messages": ASK, **fields})
    streaming = "whole" not in way

    async def collect(backend: OpenAIBackend) -> list[ChatItem]:
        stream = backend.astream if way == "astream" else backend.achat
        async with aclosing(stream(request)) as items:
            return [item async for item in items]

    with OpenAIBackend(
        server.url, model="m", dialect=dialect, streaming=streaming, max_retries=0, timeout=10
    ) as backend:
        if way.startswith("a"):
            return asyncio.run(collect(backend))
        return list(backend.stream(request) if way == "stream" else backend.chat(request))


def text_of(items: list[ChatItem]) -> str:
    return "".join(item.text for item in items if isinstance(item, Piece))


# -- what is sent ------------------------------------------------------------------------------------------------

SCHEMA = JsonSchema({"type": "object"})
OPENAI_SCHEMA = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
    }
}


@pytest.mark.parametrize(
    ("dialect", "constraint", "fields"),
    [
        ("openai", SCHEMA, OPENAI_SCHEMA),
        ("vllm", SCHEMA, OPENAI_SCHEMA),
        ("sglang", SCHEMA, OPENAI_SCHEMA),
        ("llama-server", SCHEMA, OPENAI_SCHEMA),
        ("tgi", SCHEMA, {"response_format": {"type": "json_object", "value": {"type": "object"}}}),
        ("vllm", Regex("a+"), {"structured_outputs": {"regex": "a+"}}),
        ("sglang", Regex("a+"), {"regex": "a+"}),
        ("tgi", Regex("a+"), {"response_format": {"type": "regex", "value": "a+"}}),
        ("vllm", Grammar("root"), {"structured_outputs": {"grammar": "root"}}),
        ("sglang", Grammar("root"), {"ebnf": "root"}),
        ("llama-server", Grammar("root"), {"grammar": "root"}),
        ("openai", Regex("a+"), None),
        ("openai", Grammar("root"), None),
        ("llama-server", Regex("ab"), {"grammar": regex_to_gbnf("ab")}),
        ("tgi", Grammar("root"), None),
    ],
)
def test_a_constraint_stands_in_the_field_that_the_server_reads(
    dialect: str, constraint: Constraint, fields: dict[str, Any] | None
):
    backend = OpenAIBackend("http://127.0.0.1:1", dialect=dialect)
    assert backend.follows(constraint) == (fields is not None)
    if fields is not None:
        assert sent(dialect, constraint=constraint) == fields
        return
    with pytest.raises(ConstraintError, match="would ignore"):
        sent(dialect, constraint=constraint)


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        ("openai", {"temperature": 0.5, "top_p": 0.9}),
        ("vllm", {"temperature": 0.5, "top_p": 0.9, "top_k": 0, "min_p": 0.1, "repetition_penalty": 1.1}),
        ("sglang", {"temperature": 0.5, "top_p": 0.9, "top_k": -1, "min_p": 0.1, "repetition_penalty": 1.1}),
        ("llama-server", {"temperature": 0.5, "top_p": 0.9, "top_k": 0, "min_p": 0.1, "repeat_penalty": 1.1}),
    ],
)  # fmt: skip
def test_sampling_in_the_words_of_the_server(dialect: str, fields: dict[str, Any]):
    asked = Sampling(temperature=0.5, top_k=0, top_p=0.9, min_p=0.1, repetition_penalty=1.1)
    assert sent(dialect, sampling=asked) == fields


def test_the_rest_of_a_request_is_sent():
    tools = [{"type": "function", "function": {"name": "add", "parameters": {}}}]
    told = sent(
        extra={"tool_choice": "required", "n": None, "chat_template_kwargs": {"thinking": False}},
        tools=tools, stop=["a", "b", "c", "d", "e"], max_tokens=7, seed=3, logprobs=2,
    )  # fmt: skip
    assert told == {
        "tools": tools, "stop": ["a", "b", "c", "d"], "max_tokens": 7, "seed": 3, "logprobs": True,
        "top_logprobs": 2, "tool_choice": "required", "chat_template_kwargs": {"thinking": False},
    }  # fmt: skip


def test_a_stream_asks_for_its_usage_and_names_the_model():
    with FaultServer(lambda c: c.send(sse_reply(delta("stop", content="x"), "[DONE]"))) as server:
        answer(server=server, stop=["S"])
    seen = server.requests[0]
    assert (seen.target, seen.headers["accept"]) == ("/v1/chat/completions", "text/event-stream")
    assert seen.json == {
        "model": "m", "messages": ASK, "stop": ["S"], "stream": True,
        "stream_options": {"include_usage": True},
    }  # fmt: skip


def test_arguments_of_earlier_calls_are_sent_as_text():
    calls = [{"id": "c1", "function": {"name": "add", "arguments": {"a": "é"}}}]
    told = chat_body(
        Request(messages=[{"role": "assistant", "content": Own("x"), "tool_calls": calls}]),
        DIALECTS["vllm"], {}, stream=False,
    )  # fmt: skip
    assert json.loads(json.dumps(told["messages"])) == [
        {"role": "assistant", "content": "x", "tool_calls": [
            {"type": "function", "id": "c1", "function": {"name": "add", "arguments": '{"a": "é"}'}}
        ]}
    ]  # fmt: skip
    assert calls[0]["function"] == {"name": "add", "arguments": {"a": "é"}}


def test_what_a_server_does_not_know_is_told_once():
    with FaultServer(lambda c: c.send(sse_reply(delta("stop", content="x")))) as server:
        backend = OpenAIBackend(server.url)
        request = Request(
            messages=ASK, sampling=Sampling(temperature=0.1, top_k=50, repetition_penalty=1.1)
        )
        told = [[i.text for i in backend.chat(request) if isinstance(i, Notice)] for _ in range(2)]
        backend.close()
    assert told == [
        [f"a server of the kind 'openai' knows no {n}: it was left out" for n in ("repetition_penalty", "top_k")], [],
    ]  # fmt: skip
    assert "top_k" not in server.requests[0].json


def test_an_unknown_dialect_is_refused_with_a_guess():
    with pytest.raises(UsageError) as caught:
        OpenAIBackend("http://127.0.0.1:1", dialect="vlm")
    assert caught.value.hint == "did you mean 'vllm'?"


@pytest.mark.parametrize(
    "fields", [{"messages": ()}, {"max_tokens": 0}, {"sampling": Sampling(top_p=float("inf"))}]
)
def test_what_makes_no_sense_is_refused_before_it_is_sent(fields: dict[str, Any]):
    with pytest.raises(UsageError):
        chat_body(Request(**{"messages": ASK, **fields}), DIALECTS["openai"], {}, stream=True)


# -- what comes back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["chat", "achat"])
def test_text_and_reasoning_of_a_stream(way: str):
    items = answer(
        delta(role="assistant", content=""), delta(reasoning_content="hm"), delta(reasoning="m"),
        delta(content="Hel", index=1), delta(content="Hel"), delta(content="lo"), delta("stop"), USED, "[DONE]", way=way,
    )  # fmt: skip
    assert items == [
        Reasoning("hm"), Reasoning("m"), Piece("Hel"), Piece("lo"), End("stop", Usage(9, 3, 4)),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["whole", "awhole"])
def test_a_whole_answer(way: str):
    call = {
        "id": "call_a",
        "type": "function",
        "function": {"name": "add", "arguments": '{"a": 1}'},
    }
    message = {
        "role": "assistant",
        "content": "Wait.",
        "reasoning_content": "hm",
        "tool_calls": [call],
    }
    data = {
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": USED["usage"],
    }
    assert answer(data, way=way) == [
        Reasoning("hm"), Piece("Wait."), ToolCall("call_a", "add", {"a": 1}), End("tool_calls", Usage(9, 3, 4)),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["stop", "eos_token", "stop_sequence", "length"])
def test_finish_reasons(reason: str):
    told = "length" if reason == "length" else "stop"
    assert answer(delta(reason, content="x")) == [Piece("x"), End(told)]


def call_of(index: int | None = 0, id: str | None = None, **function: Any) -> dict[str, Any]:
    told: dict[str, Any] = {} if index is None else {"index": index}
    return {**told, **({} if id is None else {"id": id, "type": "function"}), "function": function}


CALLS: dict[str, tuple[list[Any], list[tuple[str, Any]]]] = {
    "vLLM, in pieces": (
        [[call_of(0, "call_1", name="add", arguments="")], [call_of(arguments='{"a":')], [call_of(arguments=" 1}")]],
        [("add", {"a": 1})]),
    "two, by index": (
        [[call_of(0, "call_1", name="add", arguments="{}"), call_of(1, "call_2", name="sub", arguments='{"b"')], [call_of(1, arguments=": 2}")]],
        [("add", {}), ("sub", {"b": 2})]),
    "two, both with index 0": (
        [[call_of(0, "call_1", name="add", arguments="{}")], [call_of(0, "call_2", name="sub", arguments="{}")]],
        [("add", {}), ("sub", {})]),
    "no index at all": (
        [[call_of(None, "call_1", name="add", arguments='{"a"')], [call_of(None, arguments=":1}")], [call_of(None, "call_2", name="sub", arguments="")]],
        [("add", {"a": 1}), ("sub", {})]),
    "TGI, one object with arguments as an object": ([call_of(0, "0", name="add", arguments={"a": 1})], [("add", {"a": 1})]),
    "the name with every piece": (
        [[call_of(0, "call_1", name="add", arguments="{")], [call_of(0, "call_1", name="add", arguments="}")]], [("add", {})]),
    "JSON in a JSON string": ([[call_of(0, "call_1", name="add", arguments='"{\\"a\\": 1}"')]], [("add", {"a": 1})]),
    "null": ([[call_of(0, "call_1", name="add", arguments="null")]], [("add", {})]),
}  # fmt: skip


@pytest.mark.parametrize(("deltas", "calls"), CALLS.values(), ids=CALLS)
def test_tool_calls_are_put_together(deltas: list[Any], calls: list[tuple[str, Any]]):
    items = answer(*(delta(tool_calls=d) for d in deltas), delta("tool_calls"), "[DONE]")
    found = [item for item in items if isinstance(item, ToolCall)]
    assert [(c.name, c.args) for c in found] == calls
    assert len({c.id for c in found}) == len(calls) and all(len(c.id) > 1 for c in found)
    assert items[-1] == End("tool_calls")


@pytest.mark.parametrize(
    ("arguments", "reason", "why"),
    [
        ('{"a": 1', "length", "was cut off"),
        ('{"a": x}', "tool_calls", "is no JSON"),
        ("[1]", "stop", "not a JSON object"),
    ],
)
def test_a_call_that_cannot_be_read_goes_back_to_the_model(arguments: str, reason: str, why: str):
    items = answer(
        delta(tool_calls=[call_of(0, "call_1", name="add", arguments=arguments)]), delta(reason)
    )
    assert isinstance(items[0], Malformed) and why in items[0].reason and arguments in items[0].text
    assert isinstance(items[-1], End)


def test_a_call_without_its_end_is_never_given_out():
    with pytest.raises(Interrupted) as caught:
        answer(
            delta(content="I "), delta(tool_calls=[call_of(0, "call_1", name="rm", arguments="{}")])
        )
    assert caught.value.partial == "I "


@pytest.mark.parametrize("way", ["chat", "achat"])
def test_stop_strings_are_cut_from_the_text_and_not_from_the_reasoning(way: str):
    events = [
        delta(reasoning_content="END?"),
        delta(content="a E"),
        delta(content="N"),
        delta(content="D b"),
        delta("stop"),
    ]
    assert answer(*events, way=way, stop=["END"]) == [Reasoning("END?"), Piece("a "), End("stop")]


def test_the_end_of_a_stream_may_be_its_reason_or_done():
    assert answer(delta(content="x"), "[DONE]")[-1] == End("stop")
    assert answer(delta("length", content="x"))[-1] == End("length")
    with pytest.raises(Interrupted) as caught:
        answer(delta(content="x"))
    assert (caught.value.partial, caught.value.error_type) == ("x", "cut_off")


@pytest.mark.parametrize("how", ["reset", "stall"])
@pytest.mark.parametrize("way", ["chat", "achat"])
def test_an_answer_that_is_whole_is_kept_although_its_usage_is_lost(how: str, way: str):
    def script(c: Connection) -> None:
        c.send(sse_reply(delta("stop", content="x")))
        c.gone(0.05)
        c.reset() if how == "reset" else c.stall()

    async def collect(backend: OpenAIBackend) -> list[ChatItem]:
        return [item async for item in backend.achat(Request(messages=ASK))]

    with FaultServer(script) as server, OpenAIBackend(server.url, timeout=0.4) as backend:
        got = (
            list(backend.chat(Request(messages=ASK)))
            if way == "chat"
            else asyncio.run(collect(backend))
        )
    assert got == [Piece("x"), End("stop")]


IN_STREAM = {
    "OpenAI": ({"error": {"message": "boom", "type": "server_error", "code": 500}}, ServerFailed, 500),
    "vLLM": ({"object": "error", "message": "boom", "type": "BadRequestError", "code": 400}, Refused, 400),
    "TGI": ({"error": {"message": "Input validation error: x", "http_status_code": 422}}, Refused, 422),
    "TGI, overloaded": ({"error": {"message": "Model is overloaded", "http_status_code": 422}}, Unavailable, 429),
    "llama-server": ({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, Unavailable, 503),
}  # fmt: skip


@pytest.mark.parametrize(("event", "kind", "status"), IN_STREAM.values(), ids=IN_STREAM)
def test_an_error_in_a_stream(event: object, kind: type[Exception], status: int):
    with pytest.raises(kind) as caught:
        answer(delta(content="Hel"), event, "[DONE]")
    assert (caught.value.status, caught.value.partial) == (status, "Hel")  # pyright: ignore


@pytest.mark.parametrize("event", [[], {}, {"token": {}}, "nothing", 7])
def test_what_is_no_answer_is_told(event: object):
    for way in ("chat", "whole"):
        with pytest.raises(BadReply):
            answer(event, way=way)


def test_log_probabilities_of_a_chat():
    tokens = [
        {
            "token": "x",
            "logprob": -0.5,
            "bytes": [120],
            "top_logprobs": [{"token": "y", "logprob": -1}],
        }
    ]
    event = delta("stop", content="x")
    event["choices"][0]["logprobs"] = {"content": tokens}
    assert answer(event, logprobs=1)[0] == Piece(
        "x", (), (Logprob(-1, "x", -0.5, (Logprob(-1, "y", -1.0),)),)
    )


def test_completions_of_tgi_end_without_the_spelling_of_the_end_token():
    events = [
        {"choices": [{"index": 0, "text": t, "finish_reason": r}]}
        for t, r in [("a", ""), ("</s>", "eos_token")]
    ]
    prompt = [Segment("Hi", True)]
    for way in ("stream", "astream"):
        assert answer(*events, "[DONE]", way=way, dialect="tgi", prompt=prompt, messages=()) == [
            Piece("a"),
            End("stop"),
        ]


def test_completions_have_log_probabilities_in_lists():
    logprobs = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [{"a": -0.5, "b": -2}]}
    event = {"choices": [{"index": 0, "text": "a", "finish_reason": "stop", "logprobs": logprobs}]}
    best = (Logprob(-1, "a", -0.5), Logprob(-1, "b", -2.0))
    items = answer(event, way="stream", prompt=[Segment("Hi", True)], messages=(), logprobs=2)
    assert items[0] == Piece("a", (), (Logprob(-1, "a", -0.5, best),))


def replay(name: str) -> bytes:
    return sse_reply() + (RECORDED / name).read_bytes()


def test_a_recorded_chat_of_llama_server():
    with FaultServer(lambda c: c.send(replay("llama_server_chat.sse"))) as server:
        items = answer(server=server, logprobs=2)
    assert text_of(items) == "w is 2" and items[-1] == End("length", Usage(13, 4, 0), "nano")
    first = items[0]
    assert isinstance(first, Piece) and first.tokens == (91,) and len(first.logprobs[0].top) == 2


def test_recorded_completions_of_llama_server():
    with FaultServer(lambda c: c.send(replay("llama_server_completions.sse"))) as server:
        items = answer(server=server, way="stream", prompt=[Segment("2+2=", True)], messages=())
    assert text_of(items) == "---" and items[-1] == End("length", Usage(4, 3, 0), "nano")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
            True,
        ),
        ("tools param requires --jinja flag", True),
        ("This model does not support tools", True),
        ("tool calling is not supported by this model", True),
        ("`tool_choice` is not enabled on this server", True),
        ("max_tokens must be at least 1", False),
        ("the tool result was not found", False),
    ],
)
def test_whether_a_server_says_that_it_takes_no_tools(message: str, expected: bool):
    said = json_reply({"error": {"message": message}}, 400)
    with FaultServer(lambda c: c.send(said)) as server, pytest.raises(Refused) as caught:
        answer(server=server)
    assert tools_not_enabled(caught.value) == expected


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "stop", '{"a": 1}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["choices", "delta", "message", "content", "index", "finish_reason", "tool_calls", "function", "name", "arguments", "id", "logprobs", "tokens", "token_logprobs", "top_logprobs", "token", "text", "logprob", "special", "generated_text", "details", "top_tokens", "usage", "error", "prompt_tokens", "prompt_tokens_details", "code", "type", "prefill", "data", "owned_by", "meta", "model_id", "router"]
    ), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(ANY, ANY, ANY)
def test_whatever_json_a_server_sends_it_is_an_answer_or_an_error_of_ours(a: Any, b: Any, c: Any):
    request = Request(stop=["zz"], logprobs=1)
    choice = {
        "choices": [{"delta": {"content": a, "tool_calls": b}, "logprobs": c, "finish_reason": a}],
        "usage": b,
    }
    pieces = {
        "token": {"text": a, "id": b, "logprob": c},
        "top_tokens": a,
        "generated_text": b,
        "details": c,
    }
    whole = {"generated_text": "x", "details": {"tokens": a, "top_tokens": b, "prefill": c}}
    for data in (a, choice, pieces, whole):
        for reader in (ChatAnswer(request, DIALECTS["tgi"]), TgiAnswer(request)):
            with contextlib.suppress(ChatwrightError):
                reader.feed(Event(json.dumps(data)), {})
                reader.end()
            with contextlib.suppress(ChatwrightError):
                reader.whole(data, {"x-prompt-tokens": "\u00b2"})
        assert isinstance(refusal(500, {}, json.dumps(data).encode()), ChatwrightError)


# -- the probe ---------------------------------------------------------------------------------------------------

TGI_INFO = {
    "model_id": "org/zephyr",
    "max_total_tokens": 2048,
    "max_stop_sequences": 6,
    "router": "text-generation-router",
    "version": "3.3",
}
OLD_INFO = {
    "model_id": "/repository",
    "model_dtype": "torch.float16",
    "max_batch_total_tokens": 9,
    "max_total_tokens": 1512,
}


def models(owner: str, id: str = "org/name", **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": id, "object": "model", "owned_by": owner, **more}]}


SERVERS: dict[str, tuple[dict[str, Any], Served]] = {
    "TGI": ({"/info": TGI_INFO}, Served("tgi", "org/zephyr", "org/zephyr", 2048, 6, ("json", "regex"), version="3.3")),
    "old TGI": ({"/info": OLD_INFO}, Served("tgi", "/repository", "", 1512, 4, ("json", "regex"))),
    "chatwright": (
        {"/info": {**TGI_INFO, "chat_template": "{{ x }}", "bos_token": "<s>", "eos_token": "</s>"}},
        Served("tgi", "org/zephyr", "org/zephyr", 2048, 6, ("json", "regex"), "{{ x }}", {"bos_token": "<s>", "eos_token": "</s>"}, "3.3")),
    "vLLM": (
        {"/v1/models": models("vllm", max_model_len=4096), "/version": {"version": "0.12.0"}},
        Served("vllm", "org/name", "org/name", 4096, 64, ("json", "regex", "grammar"), version="0.12.0")),
    "SGLang, with a /generate and an /info of its own": (
        {"/info": {"model_path": "x"}, "/v1/models": models("sglang", max_model_len=4096), "/generate": {}},
        Served("sglang", "org/name", "org/name", 4096, 64, ("json", "regex", "grammar"))),
    "llama-server": (
        {"/v1/models": models("llamacpp", "/disk/m.gguf"), "/props": {"default_generation_settings": {"n_ctx": 512}, "eos_token": "</s>"}},
        Served("llama-server", "/disk/m.gguf", "", 512, 64, ("json", "regex", "grammar"), special_tokens={"eos_token": "</s>"})),
    "any other": ({"/v1/models": models("someone", "gpt")}, Served("openai", "gpt", follows=("json",))),
}  # fmt: skip


def serving(routes: dict[str, Any]) -> FaultServer:
    def script(c: Connection) -> None:
        data = routes.get(c.request.target)
        c.send(reply(404, b"Not Found", "text/plain") if data is None else json_reply(data))

    return FaultServer(script)


@pytest.mark.parametrize("way", ["probe", "aprobe"])
@pytest.mark.parametrize(("routes", "served"), SERVERS.values(), ids=SERVERS)
def test_what_a_server_is_is_found_out_once(routes: dict[str, Any], served: Served, way: str):
    async def twice(client: Client) -> list[Served]:
        return [await aprobe(client), await aprobe(client)]

    with serving(routes) as server:
        client = Client(server.url)
        found = asyncio.run(twice(client)) if way == "aprobe" else [probe(client), probe(client)]
        assert found == [served, served]
        assert len(server.requests) == len({r.target for r in server.requests}) <= 3
        client.close()
    backend = backend_for(client, served)
    assert isinstance(backend, TgiBackend if served.kind == "tgi" else OpenAIBackend)
    over_chat = backend_for(client, served, route="chat")
    assert isinstance(over_chat, OpenAIBackend) and over_chat.dialect.name == served.kind


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (lambda c: c.send(reply(404)), NotServed),
        (lambda c: c.send(reply(200, b"<html></html>", "text/html")), NotServed),
        (lambda c: c.send(json_reply({"data": []})), NotServed),
        (lambda c: c.send(reply(401)), Unauthorized),
        (lambda c: c.send(reply(503)), Unavailable),
        (lambda c: c.reset(), Unreachable),
    ],
)
def test_a_server_that_is_none_of_these_is_told(script: Any, kind: type[Exception]):
    with FaultServer(script) as server, pytest.raises(kind):
        probe(Client(server.url, max_retries=0))


# -- a real server -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def llama_server() -> str:
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(files("chatwright.nano") / "nano.gguf")
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 4096, 2, False, -1
    params.cpuparams.n_threads, params.api_keys = 1, ["sesame"]
    server = xllamacpp.Server(params)
    request = getattr(server, "listening_address")  # noqa: B009 - the server lives as long as the fixture does
    llama_server_alive.append(server)
    return str(request)


llama_server_alive: list[Any] = []


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_llama_server_answers_in_all_ways(llama_server: str, way: str):
    client = Client(llama_server, token="sesame")
    served = probe(client)
    assert (served.kind, served.follows) == ("llama-server", ("json", "regex", "grammar"))
    assert served.context and served.context >= 512
    backend = backend_for(client, served, streaming="whole" not in way)
    assert isinstance(backend, OpenAIBackend)
    schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}
    request = Request(messages=ASK, constraint=JsonSchema(schema), max_tokens=100, seed=1)

    async def collect() -> list[ChatItem]:
        return [item async for item in backend.achat(request)]

    items = asyncio.run(collect()) if way.startswith("a") else list(backend.chat(request))
    assert json.loads(text_of(items)) in ({"a": "x"}, {"a": "y"})
    end = items[-1]
    assert isinstance(end, End) and end.reason == "stop" and end.usage.prompt > 5
    client.close()


@pytest.mark.slow
def test_llama_server_refuses_in_our_words(llama_server: str):
    with OpenAIBackend(llama_server, token="sesame", dialect="llama-server") as backend:
        long = Request(messages=[{"role": "user", "content": "a b c " * 5000}])
        with pytest.raises(Exception, match="context") as caught:
            list(backend.chat(long))
        assert type(caught.value).__name__ == "ContextOverflow"
        text = Request(
            prompt=[Segment("Hi", True)], constraint=Grammar('root ::= "yes" | "no"'), max_tokens=8
        )
        assert text_of(list(backend.stream(text))) in ("yes", "no")
        dated = replace(text, constraint=Regex(r"\d{4}-\d\d"), max_tokens=30)
        assert re.fullmatch(r"\d{4}-\d\d", text_of(list(backend.stream(dated))))
        assert backend.follows(Regex("a+"))
    with OpenAIBackend(llama_server, token="wrong") as backend, pytest.raises(Unauthorized):
        list(backend.chat(Request(messages=ASK)))


@pytest.mark.parametrize(
    ("status", "chats"), [(400, True), (422, True), (401, True), (404, False), (405, False)]
)
def test_a_server_that_says_nothing_of_itself_may_have_a_route_for_chats(status: int, chats: bool):
    def script(c: Connection) -> None:
        here = c.request.target == "/v1/chat/completions"
        c.send(json_reply({"error": {"message": "no"}}, status if here else 404))

    with FaultServer(script) as server:
        client = Client(server.url, max_retries=0)
        if chats:
            assert (probe(client).kind, probe(client).model) == ("openai", "")
        else:
            with pytest.raises(NotServed, match="no model server"):
                probe(client)
