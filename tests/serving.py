"""A server in this process for the tests, backends that do as they are told, and a socket to talk to it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chatwright.errors import ContextOverflow
from chatwright.events import Usage
from chatwright.model import Model
from chatwright.request import End, Logprob, Piece, Request
from chatwright.server.app import application
from chatwright.server.guard import hosts_for
from chatwright.server.limits import Limits
from chatwright.server.run import bind, server_for
from chatwright.server.served import Served
from chatwright.templates import ChatTemplate

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"


class Echo:
    """Says the prompt again, a character a token, whose id is its code point. It has 100 tokens of context."""

    n_ctx = 100
    metadata: Mapping[str, Any] = MappingProxyType({"tokenizer.ggml.eos_token_id": 2})

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def tokenize(self, segments: Any) -> list[int]:
        return [ord(char) for segment in segments for char in segment.text]

    def tokens(self, text: str, *, special: bool = False) -> list[tuple[int, str]]:
        return [(ord(char), char) for char in text]

    def detokenize(self, ids: Any) -> str:
        return "".join("<s>" if id_ == 1 else chr(id_) for id_ in ids)

    def answer(self, request: Request) -> str:
        return "".join(segment.text for segment in request.prompt)

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        self.requests.append(request)
        prompt = len(self.tokenize(request.prompt))
        if prompt >= self.n_ctx:
            raise ContextOverflow("too long")
        text = self.answer(request)
        limit = min(request.max_tokens or self.n_ctx, self.n_ctx - prompt)
        cut = min((at for s in request.stop if (at := text.find(s)) >= 0), default=len(text))
        for char in text[: min(cut, limit)]:
            await self.wait(request)
            yield piece(char, request.logprobs)
        reason = "length" if limit <= cut and limit <= len(text) else "stop"
        yield End(reason, Usage(prompt, min(cut, limit)))

    async def wait(self, request: Request) -> None:
        await asyncio.sleep(0)


def piece(char: str, logprobs: int | None) -> Piece:
    if logprobs is None:
        return Piece(char, (ord(char),))
    others = tuple(Logprob(ord(char) + n, chr(ord(char) + n), -1.0 - n) for n in range(logprobs))
    return Piece(char, (ord(char),), (Logprob(ord(char), char, -0.5, others),))


class Says(Echo):
    """Says what it is told to say, or raises it after the text that comes before it."""

    n_ctx = 4096

    def __init__(self, *replies: str | Exception) -> None:
        super().__init__()
        self.replies = replies

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        self.requests.append(request)
        for reply in self.replies:
            if isinstance(reply, Exception):
                raise reply
            for char in reply:
                yield piece(char, request.logprobs)
        yield End("stop", Usage(7, 3))


@dataclass
class Held(Echo):
    """Says one character, then waits until `go` is set. `begun` and `ended` count."""

    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    before: bool = False
    running: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._go = asyncio.Event()

    def go(self) -> None:
        assert self._loop
        self._loop.call_soon_threadsafe(self._go.set)

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        self._loop = asyncio.get_running_loop()
        self.running += 1
        try:
            if not self.before:
                yield piece("a", request.logprobs)
            self.begun.release()
            await self._go.wait()
            yield piece("b", request.logprobs)
            yield End("stop", Usage(1, 2))
        finally:
            self.running -= 1
            self.ended.release()


@dataclass
class Address:
    """Where a server is, and plain ways to talk to it."""

    port: int
    served: Served

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, raw, {"Content-Type": "application/json", **headers})

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", headers)

    def ask(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> Answer:
        with self.connect() as line:
            line.sendall(head(method, path, {"Content-Length": str(len(raw)), **headers}) + raw)
            return answer(line)


@dataclass
class Answer:
    """A reply, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of server-sent events; `[DONE]` stays a string."""
        assert self.headers["content-type"] == "text/event-stream", self
        blocks = [b for b in self.body.decode("ascii").split("\n\n") if b and b != ":"]
        assert all(block.startswith("data: ") for block in blocks)
        found = [block.removeprefix("data: ") for block in blocks]
        return [text if text == "[DONE]" else json.loads(text) for text in found]


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    told = {"Host": "127.0.0.1", "Connection": "close", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items() if v)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(line: socket.socket) -> Answer:
    """One reply off a socket; what follows it stays there."""
    with line.makefile("rb", buffering=0) as file:
        status = file.readline()
        if not status:
            raise ConnectionError("closed without a reply")
        headers: dict[str, str] = {}
        while (row := file.readline().strip()) != b"":
            name, _, value = row.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = _body(file, headers)
    return Answer(int(status.split()[1]), headers, body)


def _body(file: Any, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        length = headers.get("content-length")
        return file.read() if length is None else _exactly(file, int(length))
    parts: list[bytes] = []
    while size := int(file.readline(), 16):
        parts.append(_exactly(file, size))
        file.readline()
    file.readline()
    return b"".join(parts)


def _exactly(file: Any, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = file.read(size - len(found))
        if not part:
            raise ConnectionError("closed in the middle of a body")
        found += part
    return found


def model_of(backend: Any, **more: Any) -> Model:
    return Model(backend, template=ChatTemplate(TEMPLATE, eos_token="</s>"), name="echo", **more)


@contextmanager
def serving(
    backend: Any,
    *,
    api_key: str | None = None,
    allowed_hosts: tuple[str, ...] = (),
    limits: Limits | None = None,
    **more: Any,
) -> Iterator[Address]:
    """A server over a backend, on a thread of its own and a port that was free."""
    served = Served(model_of(backend, **more), limits)
    app = application(served, hosts=hosts_for("127.0.0.1", allowed_hosts), api_key=api_key)
    server = server_for(app, served.limits)
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Address(port, served)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not stop"
