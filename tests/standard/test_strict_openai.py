"""The strict server itself: what it refuses, and that the model behind it keeps to what it is asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from strict_openai import Strict, strict_server

USER = {"role": "user", "content": "What is the weather in San Francisco, CA?"}
ARGS = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "…", "parameters": ARGS},
}
CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"location": "here"}'},
}
ASKS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
TOLD = {"role": "tool", "tool_call_id": "c1", "content": "sunny"}
PNG = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(scope="module")
def server() -> Iterator[Strict]:
    with strict_server(api_key="right") as running:
        yield running


def post(server: Strict, body: Any, key: str = "right") -> tuple[int, Any]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    line.request(
        "POST",
        "/v1/chat/completions",
        body if isinstance(body, bytes) else json.dumps(body),
        {"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    reply = line.getresponse()
    raw = reply.read()
    line.close()
    if reply.getheader("content-type") == "application/json":
        return reply.status, json.loads(raw)
    rows = [row.removeprefix("data: ") for row in raw.decode().strip().split("\n\n")]
    assert rows.pop() == "[DONE]"
    return reply.status, [json.loads(row) for row in rows]


def ask(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "strict-1", "messages": list(messages or [USER]), **more}


def user(*parts: Any) -> dict[str, Any]:
    return ask({"role": "user", "content": list(parts)})


def schema(schema: Any, **more: Any) -> dict[str, Any]:
    told = {"name": "answer", "schema": schema, **more}
    return ask(response_format={"type": "json_schema", "json_schema": told})


def of_tool(**more: Any) -> dict[str, Any]:
    return ask(tools=[{"type": "function", "function": {**WEATHER["function"], **more}}])


REFUSED = {
    "an unknown field": ask(top_k=5),
    "no model": {"messages": [USER]},
    "no messages": {"model": "strict-1", "messages": []},
    "a number as text": ask(temperature="0"),
    "too hot": ask(temperature=3),
    "no tokens": ask(max_tokens=0),
    "five stops": ask(stop=list("abcde")),
    "an empty stop": ask(stop=""),
    "an unknown role": ask({"role": "function", "content": "x", "name": "f"}),
    "an unknown field of a message": ask({**USER, "id": "1"}),
    "a name with a space": ask({**USER, "name": "a b"}),
    "a name on a tool message": ask(USER, ASKS, {**TOLD, "name": "get_weather"}),
    "a null content": ask({"role": "user", "content": None}),
    "an unknown part": user({"type": "tool_use", "text": "x"}),
    "an image of the assistant": ask(
        {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}
    ),
    "an image of a tool": ask(
        USER, ASKS, {**TOLD, "content": [{"type": "image_url", "image_url": {"url": PNG}}]}
    ),
    "a field beside a part": user({"type": "text", "text": "x", "cache_control": {}}),
    "no parts": user(),
    "an image that is none": user(
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}}
    ),
    "an image as a string": user({"type": "image_url", "image_url": PNG}),
    "a result of nothing": ask(USER, TOLD),
    "a call without a result": ask(USER, ASKS, USER),
    "no calls": ask(USER, {**ASKS, "tool_calls": []}),
    "arguments that are an object": ask(
        USER, {**ASKS, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}, TOLD
    ),
    "arguments that are no JSON": ask(
        USER, {**ASKS, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "{"}}]}, TOLD
    ),
    "no tools": ask(tools=[]),
    "a tool twice": ask(tools=[WEATHER, WEATHER]),
    "a name with a dot": of_tool(name="a.b"),
    "an unknown field of a tool": of_tool(args=1),
    "parameters that are no object": of_tool(parameters={"type": "string"}),
    "an unknown type": of_tool(parameters={"type": "object", "properties": {"a": {"type": "int"}}}),
    "strict and open": of_tool(strict=True),
    "a choice without tools": ask(tool_choice="auto"),
    "the choice 'any'": ask(tools=[WEATHER], tool_choice="any"),
    "the choice of a stranger": ask(
        tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "any"}}
    ),
    "parallel without tools": ask(parallel_tool_calls=False),
    "stream options without a stream": ask(stream_options={"include_usage": True}),
    "top_logprobs without logprobs": ask(top_logprobs=2),
    "a schema without a name": schema(ARGS, name=None),
    "a schema in json_object": ask(response_format={"type": "json_object", "schema": ARGS}),
    "a schema in TGI's form": ask(response_format={"type": "json_object", "value": ARGS}),
    "a strict schema that is open": schema(ARGS, strict=True),
    "a strict schema with a default": schema(
        {
            **ARGS,
            "additionalProperties": False,
            "properties": {"location": {"type": "string", "default": "x"}},
        },
        strict=True,
    ),
    "json_object and nobody says so": ask(response_format={"type": "json_object"}),
    "no JSON": b"{",
    "no object": b"[]",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_not_in_the_protocol_is_refused_with_an_error_object(
    server: Strict, body: Any
) -> None:
    status, told = post(server, body)
    assert status == 400
    assert told["error"]["type"] == "invalid_request_error"
    assert told["error"]["message"]


def test_a_model_that_is_not_there_is_404_and_a_wrong_key_401(server: Strict) -> None:
    assert post(server, {**ask(), "model": "gpt-9"})[0] == 404
    assert post(server, ask(), key="wrong")[0] == 401


TAKEN = {
    "nothing more than needed": ask(),
    "nulls": ask(stop=None, seed=None, tools=None, stream_options=None),
    "many fields": ask(seed=1, n=2, user="me", logprobs=True, top_logprobs=1, stop=["x"], top_p=1),
    "an image": user({"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}),
    "an image by address": user({"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
    "a whole round": ask(USER, ASKS, TOLD, tools=[WEATHER]),
    "a closed strict schema": schema({**ARGS, "additionalProperties": False}, strict=True),
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_in_the_protocol_is_answered(
    server: Strict, body: dict[str, Any], stream: bool
) -> None:
    assert post(server, {**body, "stream": stream})[0] == 200


def said(server: Strict, body: dict[str, Any]) -> tuple[Any, str]:
    choice = post(server, body)[1]["choices"][0]
    return choice["message"], choice["finish_reason"]


def test_a_question_about_the_weather_is_a_call_and_its_result_a_text(server: Strict) -> None:
    message, reason = said(server, ask(tools=[WEATHER]))
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {
        "location": "San Francisco, CA"
    }
    assert (message["content"], reason) == (None, "tool_calls")
    message, reason = said(server, ask(USER, ASKS, TOLD, tools=[WEATHER]))
    assert (message["content"], reason) == ("The tool says: sunny", "stop")


def test_a_stop_ends_the_text_before_it_and_max_tokens_ends_it_as_length(server: Strict) -> None:
    whole, _ = said(server, ask())
    assert said(server, ask(stop="read"))[0]["content"] == "Hello! I "
    cut, reason = said(server, ask(max_tokens=3))
    assert (cut["content"], reason) == ("Hello! I", "length")
    assert whole["content"].startswith("Hello! I read")


def test_a_stream_holds_what_the_whole_reply_does(server: Strict) -> None:
    for body in (ask(), ask(tools=[WEATHER]), ask(tools=[WEATHER], tool_choice="required")):
        whole, reason = said(server, body)
        choices = [c["choices"][0] for c in post(server, {**body, "stream": True})[1]]
        deltas = [choice["delta"] for choice in choices]
        assert "".join(d.get("content") or "" for d in deltas) == (whole["content"] or "")
        parts = [d["tool_calls"][0]["function"]["arguments"] for d in deltas if "tool_calls" in d]
        calls = whole.get("tool_calls", [])
        assert "".join(parts) == "".join(c["function"]["arguments"] for c in calls)
        assert [c["finish_reason"] for c in choices][-2:] == [None, reason]


def test_usage_comes_in_a_stream_only_when_asked_for(server: Strict) -> None:
    plain = post(server, ask(stream=True))[1]
    assert not any(chunk.get("usage") for chunk in plain)
    counted = post(server, ask(stream=True, stream_options={"include_usage": True}))[1]
    assert [bool(chunk["usage"]) for chunk in counted[-2:]] == [False, True]
    assert counted[-1]["choices"] == []
    assert counted[-1]["usage"] == post(server, ask())[1]["usage"]
