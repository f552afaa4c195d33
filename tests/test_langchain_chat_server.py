"""`ChatHuggingFace` over chat servers: what they are sent, and what becomes of their replies."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAuthenticationError,
    ModelNotFoundError,
    ModelRateLimitError,
)
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from chatwright.langchain.chat import ChatHuggingFace
from chatwright.langchain.llms import HuggingFaceEndpoint, HuggingFaceTextGenInference

USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "total_tokens": 14,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


class Server:
    """Gives the replies of a list, as OpenAI's protocol has them, streamed or whole; `bodies` is what it was sent.

    A reply is a text, a list of its pieces, a message, or a status with an error. `kind` is what it calls itself.
    """

    def __init__(self, kind: str = "someone") -> None:
        self.kind = kind
        self.replies: list[Any] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                server.paths.append(self.path)
                if self.path == "/v1/models":
                    listed = {"id": "org/served", "object": "model", "owned_by": server.kind}
                    self.give(200, {"object": "list", "data": [listed]})
                else:
                    self.give(404, {"error": {"message": "no such route"}})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.paths.append(self.path)
                if self.path == "/tokenize":
                    self.give(200, {"tokens": [1] * len(body["prompt"].split())})
                    return
                server.bodies.append(body)
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                reply = server.replies.pop(0)
                if isinstance(reply, tuple):
                    self.give(reply[0], {"error": {"message": reply[1], "type": "some_error"}})
                elif body.get("stream"):
                    self.stream(body, reply)
                else:
                    self.give(200, self.whole(body, reply))

            def whole(self, body: dict[str, Any], reply: Any) -> dict[str, Any]:
                text = (
                    reply
                    if isinstance(reply, str)
                    else "".join(reply)
                    if isinstance(reply, list)
                    else ""
                )
                message = reply if isinstance(reply, dict) else {"content": text}
                reason = "tool_calls" if message.get("tool_calls") else "stop"
                choice = {
                    "index": 0,
                    "message": {"role": "assistant", **message},
                    "finish_reason": reason,
                }
                return {
                    "id": "1",
                    "object": "chat.completion",
                    "model": body["model"],
                    "choices": [choice],
                    "usage": USAGE,
                }

            def stream(self, body: dict[str, Any], reply: Any) -> None:
                parts = (
                    [{"content": p} for p in ([reply] if isinstance(reply, str) else reply)]
                    if not isinstance(reply, dict)
                    else [reply]
                )
                reason = (
                    "tool_calls" if isinstance(reply, dict) and reply.get("tool_calls") else "stop"
                )
                chunks: list[dict[str, Any]] = [
                    {"choices": [{"index": 0, "delta": part, "finish_reason": None}]}
                    for part in parts
                ]
                chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
                if (body.get("stream_options") or {}).get("include_usage"):
                    chunks.append({"choices": [], "usage": USAGE})
                rows = [
                    {"id": "1", "object": "chat.completion.chunk", "model": body["model"], **c}
                    for c in chunks
                ]
                text = "".join(f"data: {json.dumps(row)}\n\n" for row in rows) + "data: [DONE]\n\n"
                self.give(200, text.encode(), "text/event-stream")

            def give(self, status: int, told: Any, kind: str = "application/json") -> None:
                raw = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()
        self.thread.join()

    def chat(self, **kwargs: Any) -> ChatHuggingFace:
        llm = HuggingFaceEndpoint(endpoint_url=self.url, max_retries=0)
        return ChatHuggingFace(llm=llm, **kwargs)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def ask(way: str, model: Any, given: Any = "Hi", **kwargs: Any) -> Any:
    async def streamed() -> list[Any]:
        return [chunk async for chunk in model.astream(given, **kwargs)]

    if way == "invoke":
        return model.invoke(given, **kwargs)
    if way == "ainvoke":
        return asyncio.run(model.ainvoke(given, **kwargs))
    chunks = asyncio.run(streamed()) if way == "astream" else list(model.stream(given, **kwargs))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


def last(way: str, model: Any) -> Any:
    """The reply, or the last piece of it."""

    async def streamed() -> list[Any]:
        return [piece async for piece in model.astream("Hi")]

    if "invoke" in way:
        return ask(way, model)
    return (asyncio.run(streamed()) if way == "astream" else list(model.stream("Hi")))[-1]


WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])


def called(name: str, arguments: str) -> dict[str, Any]:
    call = {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
    return {"content": None, "tool_calls": [call]}


def weather(city: str) -> str:
    """Tells the weather."""
    return city


class Point(BaseModel):
    """A point."""

    x: int
    y: int = 0


@WAYS
def test_a_reply_tells_all_that_the_server_told(server: Server, way: str):
    server.replies = [{"content": "4", "reasoning_content": "2 and 2"}]
    said = ask(way, server.chat())
    assert said.content == "4"
    assert said.additional_kwargs["reasoning_content"] == "2 and 2"
    assert [b["type"] for b in said.content_blocks] == ["reasoning", "text"]
    assert said.usage_metadata == {
        "input_tokens": 9,
        "output_tokens": 5,
        "total_tokens": 14,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 2},
    }
    assert said.response_metadata["model_name"] == "org/served"
    assert "template_sha256" not in said.response_metadata


@WAYS
def test_a_model_named_in_the_call_is_the_one_that_is_asked(server: Server, way: str):
    server.replies = ["Hello"]
    said = ask(way, server.chat().bind(model="org/other"))
    assert server.bodies[0]["model"] == "org/other"
    assert said.response_metadata["model_name"] == "org/other"


def test_the_model_id_of_the_user_is_kept_and_told_and_the_hub_hears_of_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    server.replies = ["Hello", "Hello"]
    assert server.chat().model_id == "org/served"
    model = server.chat(model_id="org/mine")
    assert model.invoke("Hi").response_metadata["model_name"] == "org/mine"
    assert model.model_id == "org/mine"
    assert "authorization" not in server.headers[0]
    server.chat(api_key="given").invoke("Hi")
    assert server.headers[1]["authorization"] == "Bearer given"


def test_every_parameter_arrives_and_zero_is_zero(server: Server):
    server.replies = ["Hello"]
    model = server.chat(
        temperature=0, top_p=0.5, seed=0, presence_penalty=0.0, frequency_penalty=1, max_tokens=3, stop=["x"],
        model_kwargs={"user": "ada"}, logprobs=True, top_logprobs=2,
    )  # fmt: skip
    model.invoke("Hi", logit_bias={"1": 2}, extra_body={"best": True})
    body = server.bodies[0]
    assert {k: body[k] for k in ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")} == {
        "temperature": 0, "top_p": 0.5, "seed": 0, "presence_penalty": 0.0, "frequency_penalty": 1,
    }  # fmt: skip
    assert (body["max_tokens"], body["stop"], body["user"]) == (3, ["x"], "ada")
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)
    assert (body["logit_bias"], body["best"]) == ({"1": 2}, True)


@WAYS
def test_tools_go_along_as_the_protocol_has_them(server: Server, way: str):
    server.replies = [called("weather", '{"city": "Oslo"}')]
    model = server.chat().bind_tools(
        [weather], tool_choice="any", strict=True, parallel_tool_calls=False
    )
    said = ask(way, model)
    assert [(c["name"], c["args"], c["id"]) for c in said.tool_calls] == [
        ("weather", {"city": "Oslo"}, "call_1")
    ]
    assert said.response_metadata["finish_reason"] == "tool_calls"
    body = server.bodies[0]
    assert body["tool_choice"] == "required"
    assert body["parallel_tool_calls"] is False
    assert body["tools"][0]["function"]["strict"] is True
    assert body["tools"][0]["function"]["parameters"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, None),
        ("auto", None),
        ("none", "none"),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_a_choice_arrives_as_it_was_made(server: Server, choice: Any, sent: Any):
    server.replies = [called("weather", '{"city": "Oslo"}')] if choice == "weather" else ["Hello"]
    server.chat().bind_tools([weather, Point], tool_choice=choice).invoke("Hi")
    assert server.bodies[0].get("tool_choice") == sent
    assert len(server.bodies[0]["tools"]) == 2


@WAYS
def test_arguments_that_are_no_json_are_an_invalid_call_with_the_reason(server: Server, way: str):
    server.replies = [called("weather", '{"city": "Os')]
    said = ask(way, server.chat().bind_tools([weather]))
    assert said.tool_calls == []
    (call,) = said.invalid_tool_calls
    assert call["name"] == "weather"
    assert '{"city": "Os' in call["args"]
    assert "JSON" in said.response_metadata["malformed"]


def test_a_server_without_tools_is_told_of_them_in_words_and_asked_no_more(server: Server):
    text = 'Thought: ok\nAction:\n```\n{"action": "weather", "action_input": {"city": "Oslo"}}\n```'
    server.replies = [(400, '"auto" tool choice requires --enable-auto-tool-choice'), text, text]
    model = server.chat().bind_tools([weather])
    assert model.invoke("Hi").tool_calls[0]["args"] == {"city": "Oslo"}
    assert model.invoke("Hi").tool_calls[0]["args"] == {"city": "Oslo"}
    assert ["tools" in body for body in server.bodies] == [True, False, False]


@pytest.mark.parametrize(
    ("method", "strict"),
    [("json_schema", None), ("json_schema", True), ("json_schema", False), (None, None)],
)
@WAYS
def test_a_schema_is_sent_as_the_protocol_has_it(
    server: Server, way: str, method: Any, strict: Any
):
    server.replies = [['{"x": 1', ', "y": 2}']]
    shaped = server.chat().with_structured_output(Point, method=method, strict=strict)
    assert last(way, shaped) == Point(x=1, y=2)
    told = server.bodies[0]["response_format"]
    assert told["type"] == "json_schema"
    assert told["json_schema"]["name"] == "Point"
    assert told["json_schema"].get("strict") is strict
    schema = told["json_schema"]["schema"]
    assert (schema.get("additionalProperties") is False) == (strict is True)
    assert schema["required"] == (["x", "y"] if strict else ["x"])


def test_json_mode_asks_for_an_object_and_checks_it(server: Server):
    server.replies = ['{"x": 1}']
    assert server.chat().with_structured_output(Point, method="json_mode").invoke("JSON") == Point(
        x=1
    )
    assert server.bodies[0]["response_format"] == {"type": "json_object"}


def test_images_go_to_a_server_that_may_see_them(server: Server):
    server.replies = ["A cat."]
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    server.chat().invoke([HumanMessage([{"type": "text", "text": "What?"}, image])])
    parts = server.bodies[0]["messages"][0]["content"]
    assert parts[1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}


def test_turns_are_joined_for_a_server_that_wants_them_to_alternate(server: Server):
    server.replies = [
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        "Fine.",
    ]
    said = server.chat().invoke([HumanMessage("one"), HumanMessage("two")])
    assert said.content == "Fine."
    assert [len(body["messages"]) for body in server.bodies] == [2, 1]
    assert server.bodies[1]["messages"][0]["content"] == "one\n\ntwo"


def test_messages_go_to_a_server_as_they_are(server: Server):
    server.replies = ["Fine."]
    server.chat().invoke(
        [SystemMessage("a"), SystemMessage("b"), HumanMessage("c"), AIMessage("d")]
    )
    assert [m["role"] for m in server.bodies[0]["messages"]] == [
        "system",
        "system",
        "user",
        "assistant",
    ]


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "no", ModelAuthenticationError),
        (404, "The model does not exist", ModelNotFoundError),
        (429, "slow down", ModelRateLimitError),
        (400, "This model's maximum context length is 10 tokens", ContextOverflowError),
    ],
)
@WAYS
def test_an_error_of_the_server_is_langchain_s(
    server: Server, way: str, status: int, text: str, kind: Any
):
    server.replies = [(status, text)]
    with pytest.raises(kind):
        ask(way, server.chat(), timeout=5)


def test_it_is_asked_again_as_often_as_the_user_says(server: Server):
    server.replies = [(503, "later"), "Hello"]
    model = server.chat(max_retries=1)
    assert model.invoke("Hi").content == "Hello"
    assert len(server.bodies) == 2


def test_a_batch_is_asked_side_by_side(server: Server):
    server.replies = ["a"] * 4
    assert [m.content for m in server.chat().batch(["Hi"] * 4)] == ["a"] * 4


def test_a_chat_llm_of_the_old_name_speaks_to_such_a_server_too(server: Server):
    server.replies = ["Hello"]
    llm = HuggingFaceTextGenInference(inference_server_url=server.url, temperature=0.1, top_k=50)
    assert ChatHuggingFace(llm=llm).invoke("Hi").content == "Hello"
    assert server.bodies[0]["temperature"] == 0.1


def test_tokens_are_counted_by_the_server(server: Server):
    assert server.chat().get_num_tokens("one two three") == 3
    assert server.chat().get_num_tokens_from_messages([HumanMessage("one two three")]) > 3
    assert server.bodies == []


def test_what_the_chat_model_says_of_the_server_leaves_its_llm_as_it_is(server: Server):
    server.replies = ["a", "b", "c"]
    llm = HuggingFaceEndpoint(endpoint_url=server.url, temperature=0.5)
    model = ChatHuggingFace(llm=llm, api_key="given", timeout=30, max_retries=0)
    model.invoke("Hi")
    llm.temperature = 0.25
    model.invoke("Hi")
    ChatHuggingFace(llm=llm).invoke("Hi")
    assert [body["temperature"] for body in server.bodies] == [0.5, 0.25, 0.25]
    assert ["authorization" in headers for headers in server.headers] == [True, True, False]


def test_a_parameter_that_nobody_here_knows_arrives(server: Server):
    server.replies = ["a"]
    server.chat().invoke("Hi", functions=[{"name": "old"}], min_p=0.1)
    assert server.bodies[0]["functions"] == [{"name": "old"}]
