"""A server on loopback that speaks OpenAI's protocol to the letter, with a perfect model behind it.

    with strict_server() as server:
        ChatSomething(base_url=server.url + "/v1", model="strict-1")

It knows nothing of any client. What it does not know it refuses; `server.requests` holds what it took,
`server.refused` what it did not.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from strict_answers import Reply, answer, tokens
from strict_checks import Refusal
from strict_rules import check

__all__ = ["MODELS", "Strict", "strict_server"]

MODELS = ("strict-1", "strict-2")


class Strict(ThreadingHTTPServer):
    """The server; `requests` are the bodies that it answered, `headers` what came with the last one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, models: Sequence[str], api_key: str | None, owner: str, *, lists: bool
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models, self.api_key, self.owner, self.lists = models, api_key, owner, lists
        self.requests: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.seen: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that goes away is no news
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Strict

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer(lambda: self._post(raw))

    def _answer(self, act: Any) -> None:
        try:
            self._known()
            act()
        except Refusal as refusal:
            self.server.refused.append(str(refusal))
            self._json({"error": refusal.error}, refusal.status)

    def _known(self) -> None:
        key = self.server.api_key
        if key is not None and self.headers.get("authorization") != f"Bearer {key}":
            raise Refusal("Incorrect API key provided.", status=401, code="invalid_api_key")

    def _get(self) -> None:
        if self.path != "/v1/models" or not self.server.lists:
            raise Refusal(f"Invalid URL (GET {self.path})", status=404)
        entry = {"object": "model", "created": 1_700_000_000, "owned_by": self.server.owner}
        self._json(
            {"object": "list", "data": [{"id": name, **entry} for name in self.server.models]}
        )

    def _post(self, raw: bytes) -> None:
        if self.path != "/v1/chat/completions":
            raise Refusal(f"Invalid URL (POST {self.path})", status=404)
        if self.headers.get_content_type() != "application/json":
            raise Refusal("you must send 'Content-Type: application/json'", status=415)
        try:
            body = json.loads(raw)
        except ValueError:
            raise Refusal("We could not parse the JSON body of your request.") from None
        check(body, self.server.models)
        self.server.requests.append(body)
        seen = json.dumps(body["messages"])
        usage = _Usage(body, cached=seen in self.server.seen)
        self.server.seen.add(seen)
        replies = [answer(body)] * (body.get("n") or 1)
        if body.get("stream"):
            self._events(_chunks(body, replies, usage))
        else:
            self._json(_whole(body, replies, usage))

    def _json(self, told: Any, status: int = 200) -> None:
        raw = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _events(self, chunks: Iterator[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for text in (*(json.dumps(chunk) for chunk in chunks), "[DONE]"):
            raw = f"data: {text}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))
        self.wfile.write(b"0\r\n\r\n")


class _Usage:
    """The count of tokens; the prompt is cached when the same messages came before."""

    def __init__(self, body: dict[str, Any], *, cached: bool) -> None:
        told = json.dumps([body["messages"], body.get("tools")], ensure_ascii=False)
        self.prompt = len(tokens(told))
        self.cached = self.prompt if cached else 0
        self.audio = 5 * told.count('"input_audio"')

    def of(self, replies: Sequence[Reply]) -> dict[str, Any]:
        thought = sum(reply.reasoning for reply in replies)
        written = sum(len(tokens(r.text + "".join(map("".join, r.calls)))) for r in replies)
        completion = written + thought
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": completion,
            "total_tokens": self.prompt + completion,
            "prompt_tokens_details": {"cached_tokens": self.cached, "audio_tokens": self.audio},
            "completion_tokens_details": {
                "reasoning_tokens": thought,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def _frame(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-strict",
        "object": kind,
        "created": 1_700_000_000,
        "model": body["model"],
        "system_fingerprint": "fp_strict",
    }


def _whole(body: dict[str, Any], replies: Sequence[Reply], usage: _Usage) -> dict[str, Any]:
    choices: list[dict[str, Any]] = []
    for index, reply in enumerate(replies):
        message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
        if reply.calls:
            message["content"] = None
            message["tool_calls"] = [
                {
                    "id": _id(index, n),
                    "type": "function",
                    "function": {"name": name, "arguments": a},
                }
                for n, (name, a) in enumerate(reply.calls)
            ]
        logprobs = _logprobs(body, reply.text) if body.get("logprobs") else None
        choices.append({"index": index, "message": message, "logprobs": logprobs, "finish_reason": reply.reason})  # fmt: skip
    return {**_frame(body, "chat.completion"), "choices": choices, "usage": usage.of(replies)}


def _chunks(
    body: dict[str, Any], replies: Sequence[Reply], usage: _Usage
) -> Iterator[dict[str, Any]]:
    counted = bool((body.get("stream_options") or {}).get("include_usage"))
    frame = _frame(body, "chat.completion.chunk") | ({"usage": None} if counted else {})
    for index, reply in enumerate(replies):
        for delta in _deltas(index, reply):
            logprobs = _logprobs(body, delta.get("content") or "") if body.get("logprobs") else None
            yield {**frame, "choices": [
                {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": None}]}  # fmt: skip
        end = {"index": index, "delta": {}, "logprobs": None, "finish_reason": reply.reason}
        yield {**frame, "choices": [end]}
    if counted:
        yield {**frame, "choices": [], "usage": usage.of(replies)}


def _deltas(index: int, reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if reply.calls else "", "refusal": None}
    for piece in tokens(reply.text):
        yield {"content": piece}
    for n, (name, arguments) in enumerate(reply.calls):
        head = {
            "id": _id(index, n),
            "type": "function",
            "function": {"name": name, "arguments": ""},
        }
        yield {"tool_calls": [{"index": n, **head}]}
        for piece in tokens(arguments):
            yield {"tool_calls": [{"index": n, "function": {"arguments": piece}}]}


def _logprobs(body: dict[str, Any], text: str) -> dict[str, Any]:
    def row(token: str) -> dict[str, Any]:
        return {"token": token, "logprob": -0.25, "bytes": list(token.encode())}

    top = body.get("top_logprobs") or 0
    return {"content": [{**row(t), "top_logprobs": [row(t)] * top} for t in tokens(text)], "refusal": None}  # fmt: skip


def _id(choice: int, call: int) -> str:
    return f"call_{choice}{call}AbCdEfGhIjKlMnOpQrSt"


@contextmanager
def strict_server(
    models: Sequence[str] = MODELS,
    *,
    api_key: str | None = None,
    owner: str = "strict",
    lists: bool = True,
) -> Iterator[Strict]:
    """The server, on a thread of its own and a port that was free. Without `lists` it has no `/v1/models`."""
    server = Strict(models, api_key, owner, lists=lists)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()
