"""The server over real sockets, with backends that do as they are told: who comes in, what goes out, who leaves."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from serving import Address, Echo, Held, Says, answer, head, serving

from chatwright.errors import BackendError, ConstraintError, Interrupted, Unavailable
from chatwright.request import Piece, Regex
from chatwright.server.limits import Limits

HI = {"messages": [{"role": "user", "content": "hi"}]}
SEEN = "user: hi\nassistant: "  # what Echo says to that
JSON = {"Content-Type": "application/json"}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}}  # fmt: skip
CALL = 'Thought: sums.\nAction:\n```\n{"action": "add", "action_input": {"x": 1}}\n```'


@pytest.fixture(scope="module")
def echo() -> Iterator[Address]:
    with serving(Echo()) as address:
        yield address


def text_of(events: list[Any]) -> str:
    assert events[-1] == "[DONE]"
    deltas = [c["delta"] for e in events[:-1] for c in e["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


# TGI's routes


def test_generate_answers_an_object_with_tgis_headers(echo: Address):
    reply = echo.post("/generate", {"inputs": "héllo", "parameters": {"max_new_tokens": 3}})
    assert reply.json == {"generated_text": "hél"}
    for name in ("total-time", "validation-time", "queue-time", "inference-time", "time-per-token"):
        assert int(reply.headers[f"x-{name}"]) >= 0
    told = {name: reply.headers[f"x-{name}"] for name in ("prompt-tokens", "generated-tokens")}
    assert told == {"prompt-tokens": "5", "generated-tokens": "3"}
    assert (reply.headers["x-compute-characters"], reply.headers["x-compute-type"]) == ("5", "cpu")
    assert float(reply.headers["x-compute-time"]) >= 0


def test_the_details_are_told_where_they_are_asked_for(echo: Address):
    parameters = {"details": True, "decoder_input_details": True, "stop": ["l"], "top_n_tokens": 2}
    details = echo.post("/generate", {"inputs": "hello", "parameters": parameters}).json["details"]
    assert details["finish_reason"] == "stop_sequence"
    assert details["generated_tokens"] == 3
    assert details["tokens"][0] == {"id": 104, "text": "h", "logprob": -0.5, "special": False}
    assert [t["text"] for t in details["top_tokens"][0]] == ["h", "i"]
    assert [t["text"] for t in details["prefill"]] == [*"hello"]


def test_post_to_the_root_answers_a_list_with_the_prompt_before_the_answer(echo: Address):
    assert echo.post("/", {"inputs": "ab"}).json == [{"generated_text": "abab"}]
    parameters = {"return_full_text": False}
    assert echo.post("/", {"inputs": "ab", "parameters": parameters}).json == [
        {"generated_text": "ab"}
    ]
    streamed = echo.post("/", {"inputs": "ab", "stream": True}).events
    assert streamed[-1]["generated_text"] == "abab"
    assert "".join(e["token"]["text"] for e in streamed) == "ab"


def test_generate_stream_numbers_its_tokens_and_ends_with_the_whole_text(echo: Address):
    reply = echo.post(
        "/generate_stream", {"inputs": "a\u2028\x85b", "parameters": {"details": True}}
    )
    events = reply.events
    assert [e["index"] for e in events] == [1, 2, 3, 4, 5]
    assert "".join(e["token"]["text"] for e in events) == "a\u2028\x85b"
    assert {e["generated_text"] for e in events[:-1]} == {None}
    assert events[-1]["generated_text"] == "a\u2028\x85b"
    assert events[-1]["details"] == {
        "finish_reason": "eos_token", "generated_tokens": 5, "seed": None, "input_length": 4,
    }  # fmt: skip
    assert (reply.headers["cache-control"], reply.headers["x-accel-buffering"]) == (
        "no-cache",
        "no",
    )
    assert b"[DONE]" not in reply.body


def test_generate_ignores_a_stream_key_and_invocations_takes_all_three_forms(echo: Address):
    assert echo.post("/generate", {"inputs": "ab", "stream": True}).json == {"generated_text": "ab"}
    assert echo.post("/invocations", {"inputs": "ab"}).json == {"generated_text": "abab"}
    assert echo.post("/invocations", HI).json["choices"][0]["message"]["content"] == SEEN
    assert echo.post("/invocations", {"prompt": "ab"}).json["choices"][0]["text"] == "ab"
    assert echo.post("/invocations", {"inputs": "ab", "stream": True}).events[0]["index"] == 1


def test_truncate_keeps_the_last_tokens(echo: Address):
    body = {"inputs": "0123456789" * 12 + "xyé", "parameters": {"truncate": 3}}
    assert echo.post("/generate", body).json == {"generated_text": "xyé"}


class Begins(Echo):
    """Has a token before every prompt."""

    def tokenize(self, segments: Any) -> list[int]:
        return [1, *super().tokenize(segments)]


def test_tokens_come_with_their_bytes_and_those_that_are_added_with_none():
    with serving(Begins()) as address:
        assert address.post("/tokenize", {"inputs": "é"}).json == [
            {"id": 1, "text": "<s>", "start": 0, "stop": 0},
            {"id": 233, "text": "é", "start": 0, "stop": 2},
        ]
        chat = address.post("/chat_tokenize", HI).json
        assert chat["templated_text"] == SEEN
        assert len(chat["tokenize_response"]) == len(SEEN) + 1
        body = {"inputs": "xyé", "parameters": {"truncate": 3}}
        assert address.post("/generate", body).json == {"generated_text": "yé"}


def test_what_the_server_tells_of_itself(echo: Address):
    info = echo.get("/info").json
    assert (info["model_id"], info["router"]) == ("echo", "text-generation-router")
    assert (info["max_total_tokens"], info["max_input_tokens"]) == (100, 99)
    assert info["chat_template"].startswith("{% for m in messages %}")
    assert info["eos_token"] == "</s>"
    for path in ("/", "/health", "/ping"):
        assert (echo.get(path).status, echo.get(path).body) == (200, b"")
    assert echo.get("/v1/models").json["data"][0]["id"] == "echo"
    assert echo.get("/v1/models/any/thing").json["id"] == "any/thing"


def test_the_metrics_count_an_error_in_the_middle_of_a_stream():
    with serving(Says("abc", BackendError("the engine died"))) as address:
        address.post("/generate_stream", {"inputs": "abc"})
        page = address.get("/metrics").body.decode()
    assert "tgi_request_failure{err=" in page and "tgi_request_success 0" in page


def test_the_metrics_count_what_was_asked():
    with serving(Echo()) as address:
        address.post("/generate", {"inputs": "abc"})
        address.post("/generate", {"inputs": ""})
        page = address.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    rows = dict(line.rsplit(" ", 1) for line in page.body.decode().splitlines() if line[0] != "#")
    assert rows["tgi_request_count"] == "2"
    assert rows["tgi_request_success"] == "1"
    assert rows['tgi_request_failure{err="validation"}'] == "1"
    assert rows["tgi_request_input_length_sum"] == "3"
    assert rows["tgi_queue_size"] == rows["tgi_batch_current_size"] == "0"


# OpenAI's routes


@pytest.mark.parametrize("name", [None, "echo", "gpt-5", "org/model:x", "\u2028"])
def test_any_model_may_be_asked_for_and_is_named_in_the_reply(echo: Address, name: str | None):
    assert echo.post("/v1/chat/completions", {**HI, "model": name}).json["model"] == name or "echo"
    chunks = echo.post("/v1/chat/completions", {**HI, "model": name, "stream": True}).events[:-1]
    assert {c["model"] for c in chunks} == {name or "echo"}


def test_a_chat_is_the_same_whole_and_streamed(echo: Address):
    whole = echo.post("/v1/chat/completions", HI).json
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": SEEN}
    assert whole["choices"][0]["finish_reason"] == "stop"
    usage = {"prompt_tokens": 20, "completion_tokens": 20, "total_tokens": 40}
    assert usage.items() <= whole["usage"].items()
    options = {"stream": True, "stream_options": {"include_usage": True}}
    events = echo.post("/v1/chat/completions", {**HI, **options}).events
    assert text_of(events) == SEEN
    assert [e["choices"][0]["delta"].get("role") for e in events[:2]] == ["assistant", None]
    assert (events[-2]["choices"], usage.items() <= events[-2]["usage"].items()) == ([], True)
    assert events[-3]["choices"][0]["finish_reason"] == "stop"
    assert {e["id"] for e in events[:-1]} == {events[0]["id"]}


def test_a_stop_string_and_a_length_end_a_chat(echo: Address):
    for more, text, reason in (
        ({"stop": "hi"}, "user: ", "stop"),
        ({"stop": ["zz", "hi"]}, "user: ", "stop"),
        ({"max_tokens": 4}, "user", "length"),
        ({"max_completion_tokens": 4}, "user", "length"),
    ):
        choice = echo.post("/v1/chat/completions", {**HI, **more}).json["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == (text, reason)
        events = echo.post("/v1/chat/completions", {**HI, **more, "stream": True}).events
        assert (text_of(events), events[-2]["choices"][0]["finish_reason"]) == (text, reason)


def test_log_probabilities_are_those_of_the_answers_tokens(echo: Address):
    asked = {"logprobs": True, "top_logprobs": 2, "max_tokens": 3}
    content = echo.post("/v1/chat/completions", {**HI, **asked}).json["choices"][0]["logprobs"][
        "content"
    ]
    assert [(t["token"], t["bytes"], len(t["top_logprobs"])) for t in content] == [
        ("u", [117], 2), ("s", [115], 2), ("e", [101], 2),
    ]  # fmt: skip
    events = echo.post("/v1/chat/completions", {**HI, **asked, "stream": True}).events[:-1]
    told = [
        t["token"]
        for e in events
        for t in (e["choices"][0]["logprobs"] or {"content": []})["content"]
    ]
    assert told == ["u", "s", "e"]
    legacy = echo.post("/v1/completions", {"prompt": "ab", "logprobs": 1, "echo": True}).json
    assert legacy["choices"][0]["text"] == "abab"
    assert legacy["choices"][0]["logprobs"]["text_offset"] == [2, 3]
    streamed = echo.post("/v1/completions", {"prompt": "ab", "logprobs": 1, "stream": True}).events
    assert [e["choices"][0]["logprobs"]["text_offset"] for e in streamed[:2]] == [[0], [1]]


def test_completions_answer_each_prompt_with_a_choice(echo: Address):
    reply = echo.post("/v1/completions", {"prompt": ["ab", "xyz"], "max_tokens": 2}).json
    assert [(c["index"], c["text"], c["finish_reason"]) for c in reply["choices"]] == [
        (0, "ab", "length"), (1, "xy", "length"),
    ]  # fmt: skip
    assert reply["usage"]["total_tokens"] == 9
    events = echo.post("/v1/completions", {"prompt": ["ab", "xyz"], "stream": True}).events[:-1]
    texts = ["".join(e["choices"][0]["text"] for e in events if e["choices"][0]["index"] == i) for i in (0, 1)]  # fmt: skip
    assert texts == ["ab", "xyz"]


def test_one_bad_prompt_of_several_is_refused_for_all(echo: Address):
    reply = echo.post("/v1/completions", {"prompt": ["ab", "x" * 200]})
    assert (reply.status, reply.json["error"]["code"]) == (422, "context_length_exceeded")


def test_a_tool_call_is_the_same_whole_and_streamed():
    with serving(Says(CALL)) as address:
        body = {**HI, "tools": [TOOL]}
        choice = address.post("/v1/chat/completions", body).json["choices"][0]
        events = address.post("/v1/chat/completions", {**body, "stream": True}).events[:-1]
    called = choice["message"]["tool_calls"][0]["function"]
    assert (called["name"], json.loads(called["arguments"])) == ("add", {"x": 1})
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert choice["message"]["reasoning_content"] == "sums."
    deltas = [c["delta"] for e in events for c in e["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert [(c["index"], c["function"]) for c in calls] == [(0, called)]
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_no_tool_is_shown_where_none_may_be_called():
    backend = Says("Hello")
    with serving(backend) as address:
        history = [
            *HI["messages"],
            {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}}]},
            {"role": "tool", "tool_call_id": "1", "content": "2"},
        ]  # fmt: skip
        body = {"messages": history, "tools": [TOOL], "tool_choice": "none"}
        reply = address.post("/v1/chat/completions", body)
    assert reply.json["choices"][0]["message"]["content"] == "Hello"
    prompt = "".join(segment.text for segment in backend.requests[0].prompt)
    assert "Tools:" not in prompt
    assert "Observation: 2" in prompt


def test_a_tool_that_has_to_be_called_is_the_only_thing_that_may_be_written():
    backend = Says(CALL)
    with serving(backend) as address:
        body = {**HI, "tools": [TOOL], "tool_choice": "required"}
        choice = address.post("/v1/chat/completions", body).json["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert "Final Answer" not in backend.requests[0].constraint.gbnf  # type: ignore[union-attr]


def test_an_answer_held_to_a_schema_is_json_and_what_breaks_it_is_an_error():
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}}  # fmt: skip
    with serving(Says('{"a": 1}')) as address:
        reply = address.post("/v1/chat/completions", {**HI, "response_format": wanted})
        assert json.loads(reply.json["choices"][0]["message"]["content"]) == {"a": 1}
    with serving(Says('{"a": "one"}')) as address:
        reply = address.post("/v1/chat/completions", {**HI, "response_format": wanted})
        assert (reply.status, reply.json["error"]["type"]) == (424, "api_error")


# errors


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (BackendError("the engine fell over"), 424, "generation"),
        (Interrupted("cut", partial="a"), 500, "incomplete_generation"),
        (ConstraintError("no such grammar"), 422, "validation"),
        (Unavailable("busy", status=429, retry_after=7), 429, "overloaded"),
        (Unavailable("loading", status=503), 503, "unavailable"),
        (KeyError("secret words"), 500, "internal"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_of_the_engine_is_told_in_the_routes_own_shape(
    error: Exception, status: int, kind: str
):
    with serving(Says(error)) as address:
        flat = address.post("/generate", {"inputs": "a"})
        assert (flat.status, flat.json["error_type"]) == (status, kind)
        early = address.post("/generate_stream", {"inputs": "a"})
        assert (early.status, early.json["error_type"]) == (status, kind)
        for more in ({}, {"stream": True}):
            nested = address.post("/v1/chat/completions", {**HI, **more})
            assert nested.status == status
            assert set(nested.json["error"]) == {"message", "type", "param", "code"}
    assert b"secret words" not in flat.body + early.body + nested.body
    assert flat.headers.get("retry-after") == {429: "7", 503: "1"}.get(status)


def test_an_error_in_the_middle_of_a_stream_is_its_last_event():
    with serving(Says("ab", BackendError("the engine fell over"))) as address:
        events = address.post("/generate_stream", {"inputs": "a"}).events
        assert [e["token"]["text"] for e in events[:-1]] == ["a", "b"]
        assert events[-1]["error_type"] == "generation"
        chunks = address.post("/v1/chat/completions", {**HI, "stream": True}).events
        assert "the engine fell over" in chunks[-2]["error"]["message"]
        assert chunks[-1] == "[DONE]"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/generate", b"{", JSON, 400),
        ("/generate", b"", JSON, 400),
        ("/generate", b"{}", JSON, 422),
        ("/generate", b'{"inputs": "a"}', {}, 415),
        ("/generate", b'{"inputs": "a"}', {**JSON, "Content-Encoding": "gzip"}, 415),
        ("/generate", b'{"inputs": "a\\ud800"}', JSON, 400),
        ("/generate", b'{"inputs": "a", "parameters": {"temperature": NaN}}', JSON, 400),
        ("/v1/chat/completions", b"[" * 5000, JSON, 400),
        ("/v1/completions", b"\xff\xfe", JSON, 400),
        ("/v1/chat/completions", b'{"messages": [], "messages": []}', JSON, 422),
        ("/tokenize", b'{"inputs": 5}', JSON, 422),
        ("/chat_tokenize", b'{"messages": [{"role": "x"}]}', JSON, 422),
        ("/invocations", b"{}", JSON, 422),
        ("/nowhere", b"{}", JSON, 404),
        ("/generate/", b"{}", JSON, 404),
        ("/info", b"{}", JSON, 405),
    ],
)  # fmt: skip
def test_a_malformed_request_is_the_clients_fault(
    echo: Address, path: str, body: bytes, headers: dict[str, str], status: int
):
    reply = echo.ask("POST", path, body, headers)
    assert reply.status == status
    error = reply.json["error"]
    assert isinstance(error, dict if path.startswith("/v1/") else str)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET / HTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
        b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_http_is_answered_400_and_the_server_goes_on(echo: Address, raw: bytes):
    with echo.connect() as line:
        line.sendall(raw)
        assert answer(line).status == 400
        assert line.recv(1) == b""
    assert echo.get("/health").status == 200


# who comes in


def test_a_key_is_asked_for_wherever_the_model_works():
    with serving(Echo(), api_key="geheim") as address:
        for path, body in (("/generate", {"inputs": "a"}), ("/", {"inputs": "a"}), ("/v1/chat/completions", HI),
                           ("/tokenize", {"inputs": "a"}), ("/chat_tokenize", HI), ("/nowhere", {})):  # fmt: skip
            for key in (
                "",
                "Bearer",
                "Bearer Geheim",
                "bearer geheimX",
                "Basic geheim",
                "geheim",
                "Bearer \xe9",
            ):
                reply = address.post(path, body, Authorization=key)
                assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
        for key in ("Bearer geheim", "bearer geheim"):
            assert address.post("/generate", {"inputs": "a"}, Authorization=key).status == 200
        for path in ("/", "/health", "/ping", "/info", "/v1/models", "/metrics"):
            assert address.get(path).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("127.0.0.1:80", 200), ("LocalHost:8080", 200), ("localhost.", 200), ("[::1]:80", 200),
     ("127.9.9.9", 200), ("friend.example", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403),
     ("localhost.evil.example:80", 403), ("10.0.0.1", 403)],
)  # fmt: skip
def test_only_the_names_of_this_machine_are_answered(host: str, status: int):
    with serving(Echo(), allowed_hosts=("friend.example:80",)) as address:
        assert address.get("/info", Host=host).status == status


def test_no_page_of_another_site_is_let_in(echo: Address):
    reply = echo.ask("OPTIONS", "/generate", b"", {"Origin": "http://evil.example"})
    assert reply.status == 405
    assert not [name for name in reply.headers if name.startswith("access-control")]
    simple = {"Content-Type": "text/plain", "Origin": "http://evil.example"}
    assert echo.ask("POST", "/generate", b'{"inputs": "a"}', simple).status == 415


def test_one_more_than_the_limit_is_told_when_to_come_again():
    backend = Held()
    with (
        serving(backend, limits=Limits(max_concurrent_requests=2)) as address,
        ThreadPoolExecutor() as pool,
    ):
        held = [pool.submit(address.post, "/generate", {"inputs": "a"}) for _ in range(2)]
        for _ in held:
            assert backend.begun.acquire(timeout=10)
        for path, body in (("/generate", {"inputs": "a"}), ("/generate_stream", {"inputs": "a"}),
                           ("/v1/chat/completions", HI), ("/v1/completions", {"prompt": "a", "stream": True})):  # fmt: skip
            reply = address.post(path, body)
            assert (reply.status, reply.headers["retry-after"]) == (429, "1")
        assert address.get("/health").status == 200
        backend.go()
        assert [task.result().status for task in held] == [200, 200]
        assert address.post("/generate", {"inputs": "a"}).status == 200


def test_a_body_over_the_limit_is_refused_however_it_comes():
    with serving(Echo(), limits=Limits(payload_limit=1000)) as address:
        big = json.dumps({"inputs": "a" * 2000}).encode()
        assert address.ask("POST", "/generate", big, JSON).status == 413
        with address.connect() as line:
            line.sendall(head("POST", "/generate", {**JSON, "Transfer-Encoding": "chunked"}))
            for _ in range(5):
                line.sendall(b"1f4\r\n" + b"a" * 500 + b"\r\n")
            line.sendall(b"0\r\n\r\n")
            assert answer(line).status == 413
        with address.connect() as line:  # declared, and never sent
            line.sendall(head("POST", "/generate", {**JSON, "Content-Length": "999999999"}))
            assert answer(line).status == 413
        with address.connect() as line:
            line.sendall(
                head(
                    "POST",
                    "/generate",
                    {**JSON, "Content-Length": "5000", "Expect": "100-continue"},
                )
            )
            assert answer(line).status == 413
        assert address.post("/generate", {"inputs": "a"}).status == 200


def test_a_request_that_does_not_come_to_its_end_is_given_up():
    with serving(Echo(), limits=Limits(body_seconds=0.2)) as address:
        with address.connect() as line:
            line.sendall(head("POST", "/generate", {**JSON, "Content-Length": "50"}) + b'{"inputs"')
            assert answer(line).status == 408
        for begun in (b"", b"POST /generate HTTP/1.1\r\nHost: local"):
            with address.connect() as line:
                line.sendall(begun)
                assert line.recv(1) == b""
        with address.connect() as line:  # a second head on a line that has been used
            line.sendall(head("GET", "/health", {"Connection": "keep-alive"}))
            assert answer(line).status == 200
            line.sendall(b"GET /hea")
            assert line.recv(1) == b""


def test_a_chunked_body_a_byte_at_a_time_is_read(echo: Address):
    raw = json.dumps({"inputs": "ab"}).encode()
    with echo.connect() as line:
        line.sendall(head("POST", "/generate", {**JSON, "Transfer-Encoding": "chunked"}))
        for at in range(len(raw)):
            line.sendall(b"1\r\n" + raw[at : at + 1] + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        assert answer(line).json == {"generated_text": "ab"}


def test_requests_in_one_go_are_answered_in_their_order(echo: Address):
    keep = {**JSON, "Connection": "keep-alive"}
    with echo.connect() as line:
        for text in ("one", "two", "three"):
            raw = json.dumps({"inputs": text}).encode()
            line.sendall(head("POST", "/generate", {**keep, "Content-Length": str(len(raw))}) + raw)
        texts = [answer(line).json["generated_text"] for _ in range(3)]
    assert texts == ["one", "two", "three"]


def test_a_body_longer_than_it_says_is_a_bad_next_request(echo: Address):
    with echo.connect() as line:
        raw = b'{"inputs": "a"}garbage\r\n\r\n'
        line.sendall(
            head("POST", "/generate", {**JSON, "Content-Length": "15", "Connection": "keep-alive"})
            + raw
        )
        assert answer(line).json == {"generated_text": "a"}
        assert answer(line).status == 400
        assert line.recv(1) == b""


# who leaves


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/generate", "/", "/v1/chat/completions", "/v1/completions"])
def test_a_client_that_leaves_takes_its_generation_with_it(path: str, stream: bool):
    backend = Held()
    with serving(backend, limits=Limits(max_concurrent_requests=1)) as address:
        path = "/generate_stream" if stream and path == "/generate" else path
        raw = json.dumps({"inputs": "a", "prompt": "a", **HI, "stream": stream}).encode()
        line = address.connect()
        line.sendall(head("POST", path, {**JSON, "Content-Length": str(len(raw))}) + raw)
        assert backend.begun.acquire(timeout=10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.close()  # with a reset
        assert backend.ended.acquire(timeout=10)
        assert backend.running == 0
        assert address.get("/health").status == 200
        with ThreadPoolExecutor() as pool:  # the place is free again
            again = pool.submit(address.post, "/generate", {"inputs": "a"})
            assert backend.begun.acquire(timeout=10)
            backend.go()
            assert again.result().status == 200


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing_behind(echo: Address):
    with echo.connect() as line:
        line.sendall(head("POST", "/generate", {**JSON, "Content-Length": "50"}) + b'{"inputs"')
    assert echo.post("/generate", {"inputs": "a"}).status == 200


def test_a_silent_stream_is_begun_and_kept_open_with_comments():
    backend = Held(before=True)
    limits = Limits(head_start=0.05, keep_alive=0.1)
    with serving(backend, limits=limits) as address, address.connect() as line:
        raw = b'{"inputs": "a"}'
        line.sendall(head("POST", "/generate_stream", {**JSON, "Content-Length": "15"}) + raw)
        seen = b""
        while seen.count(b":\n\n") < 2:
            seen += line.recv(1000)
        assert b"200 OK" in seen
        assert b"data:" not in seen
        backend.go()
        while part := line.recv(1000):
            seen += part
    assert b'"text":"b"' in seen


def test_a_client_that_does_not_read_is_given_up():
    class Endless(Held):
        async def astream(self, request: Any) -> Any:
            try:
                while True:
                    yield Piece("x" * 100_000, (1,))
            finally:
                self.ended.release()

    backend = Endless()
    with serving(backend, limits=Limits(write_seconds=0.3, head_start=0.01)) as address:
        with address.connect() as line:
            line.sendall(
                head("POST", "/generate_stream", {**JSON, "Content-Length": "15"})
                + b'{"inputs": "a"}'
            )
            assert backend.ended.acquire(timeout=15)
        assert address.get("/health").status == 200


def test_a_client_cannot_send_ahead_without_end():
    backend = Held()
    with (
        serving(backend, limits=Limits(payload_limit=100_000)) as address,
        address.connect() as line,
    ):
        line.sendall(head("POST", "/generate_stream", {**JSON, "Content-Length": "15", "Connection": "keep-alive"}) + b'{"inputs": "a"}')  # fmt: skip
        assert backend.begun.acquire(timeout=10)
        with pytest.raises(OSError):
            for _ in range(1000):
                line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
        assert backend.ended.acquire(timeout=10)


def test_many_streams_at_once_are_not_mixed(echo: Address):
    def one(number: int) -> tuple[str, str]:
        text = f"stream {number} of many"
        events = echo.post("/generate_stream", {"inputs": text}).events
        return text, "".join(e["token"]["text"] for e in events)

    with ThreadPoolExecutor(64) as pool:
        for asked, told in pool.map(one, range(128)):
            assert asked == told


def test_requests_overlap():
    backend = Held()
    with serving(backend) as address, ThreadPoolExecutor() as pool:
        held = pool.submit(address.post, "/generate", {"inputs": "a"})
        assert backend.begun.acquire(timeout=10)
        other = pool.submit(address.post, "/v1/chat/completions", HI)
        assert backend.begun.acquire(timeout=10)
        assert backend.running == 2
        backend.go()
        assert (held.result().status, other.result().status) == (200, 200)


def when_it_stops(address: Address, then: Any) -> None:
    """Call `then` once nobody new is let in."""
    try:
        while True:
            address.connect().close()
    except OSError:
        then()


def test_the_server_stops_only_when_what_runs_is_said():
    backend = Held()
    results: list[Any] = []
    with serving(backend) as address:
        asking = threading.Thread(
            target=lambda: results.append(address.post("/generate", {"inputs": "a"}))
        )
        asking.start()
        assert backend.begun.acquire(timeout=10)
        threading.Thread(target=when_it_stops, args=(address, backend.go)).start()
    asking.join()
    assert results[0].json == {"generated_text": "ab"}


def test_the_log_tells_of_a_request_and_not_what_it_said(caplog: pytest.LogCaptureFixture):
    logging.getLogger("chatwright").propagate = True
    with (
        caplog.at_level(logging.INFO, "chatwright.server"),
        serving(Says("top secret", KeyError("top secret"))) as address,
    ):
        address.post("/generate?key=top secret".replace(" ", "+"), {"inputs": "top secret"})
        address.post(
            "/v1/chat/completions",
            {"messages": [{"role": "user", "content": "top secret"}], "model": "top secret"},
        )
        address.get("/top%20secret")
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
    assert len(lines) == 3
    assert "POST /generate 500" in lines[0]
    assert "secret" not in caplog.text


def test_an_id_of_the_request_is_told_back(echo: Address):
    assert echo.get("/info", **{"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = echo.get("/info", **{"X-Request-Id": "a b"}).headers["x-request-id"]
    assert len(made) == 16


def test_an_engine_without_log_probabilities_still_streams_its_tokens():
    class Plain(Echo):
        async def astream(self, request: Any) -> Any:
            from chatwright.errors import UsageError

            if request.logprobs is not None:
                raise UsageError("this engine does not tell log probabilities")
            async for each in super().astream(request):
                yield each

    with serving(Plain()) as address:
        events = address.post("/generate_stream", {"inputs": "ab"}).events
        assert [e["token"]["logprob"] for e in events] == [None, None, None]
        assert address.post("/v1/chat/completions", {**HI, "logprobs": True}).status == 422


def test_a_model_without_tokens_or_raw_prompts_says_so():
    class Far:
        async def achat(self, request: Any) -> Any:
            yield None

    with serving(Far()) as address:
        assert address.post("/tokenize", {"inputs": "a"}).status == 404
        assert address.post("/generate", {"inputs": "a"}).status == 422
        assert address.get("/info").json["max_total_tokens"] == 2**31 - 1


def test_the_backend_gets_every_setting():
    class Far(Echo):
        seen: ClassVar[list[Any]] = []

        async def astream(self, request: Any) -> Any:
            Far.seen.append(request.sampling)
            async for piece in super().astream(request):
                yield piece

    with serving(Far()) as address:
        told = {"typical_p": 0.9, "frequency_penalty": -0.5}
        assert address.post("/generate", {"inputs": "a", "parameters": told}).status == 200
        body = {"prompt": "a", "frequency_penalty": 1, "presence_penalty": 0.5}
        assert address.post("/v1/completions", body).status == 200
    assert (Far.seen[0].typical_p, Far.seen[0].frequency_penalty) == (0.9, -0.5)
    assert (Far.seen[1].frequency_penalty, Far.seen[1].presence_penalty) == (1, 0.5)


def test_an_answer_without_a_limit_of_its_own_ends_where_the_server_says():
    with serving(Echo(), limits=Limits(max_total_tokens=8)) as address:
        assert address.get("/info").json["max_total_tokens"] == 8
        for parameters in ({}, {"max_new_tokens": 2000, "details": True}):
            reply = address.post("/generate", {"inputs": "abcde", "parameters": parameters})
            assert reply.status == (422 if parameters else 200)
        assert reply.json["error"].endswith("Given: 5 `inputs` tokens and 1024 `max_new_tokens`")
        events = address.post(
            "/generate_stream", {"inputs": "abcde", "parameters": {"details": True}}
        ).events
        assert (events[-1]["generated_text"], events[-1]["details"]["finish_reason"]) == (
            "abc",
            "length",
        )
        assert not events[-1]["token"]["special"]
        assert (
            address.post("/v1/completions", {"prompt": "abcde"}).json["choices"][0]["text"] == "abc"
        )


def test_a_pattern_that_takes_for_ever_to_compare_holds_nobody_up():
    backend = Says("a" * 60 + "!")
    with serving(backend) as address:
        body = {**HI, "response_format": {"type": "regex", "value": "(a+)+"}}
        assert address.post("/v1/chat/completions", body).status == 200
    assert backend.requests[0].constraint == Regex("(a+)+")
