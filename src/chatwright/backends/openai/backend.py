"""The routes of OpenAI's protocol as a chat backend and as a text backend."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from typing import Any, Unpack, cast

from chatwright.backends.client import Client, ClientOptions
from chatwright.backends.closing import Closing
from chatwright.backends.exchange import Call
from chatwright.backends.routes import root_of
from chatwright.errors import BackendError, ChatwrightError, Refused, ServerFailed
from chatwright.events import Notice
from chatwright.request import ChatItem, Constraint, End, Piece, Request

from .answer import Answer
from .body import chat_body, completion_body, follows, left_out
from .dialects import Dialect, dialect_of

__all__ = ["OpenAIBackend", "tools_not_enabled"]

_NO_TOOLS = re.compile(
    r"enable-auto-tool-choice|tool[-_ ]call[-_ ]parser|requires --jinja|--jinja flag"
    r"|(tools?|tool[ _]choice|tool calling|function calling)\b.{0,60}\b(not (be )?(support|enabl|allow|implement)|unsupported|disabled)"
    r"|(not|n't) support.{0,40}\b(tools?|function)",
    re.IGNORECASE,
)

log = logging.getLogger("chatwright")


class OpenAIBackend(Closing):
    """Answers messages, or continues prompts, on a server that speaks OpenAI's protocol.

    `model` is the name that the server knows, `dialect` the kind of server. `parameters` are sent beside what a
    `Request` can say (`chat_template_kwargs`, `tool_choice`, `presence_penalty`, ...). Without `streaming` the
    answer comes whole, and `timeout` then bounds all of it.
    """

    keeps_deadline = True
    """A request ends by itself at its deadline."""

    context: int | None = None
    """How many tokens a prompt and its answer may have together, where the server has told."""

    def __init__(
        self,
        server: str | Client,
        *,
        model: str = "",
        dialect: str | Dialect = "openai",
        parameters: Mapping[str, Any] | None = None,
        control_tokens: Sequence[str] = (),
        streaming: bool = True,
        **options: Unpack[ClientOptions],
    ) -> None:
        self.client = Client(root_of(server), **options) if isinstance(server, str) else server
        self.model = model
        self.dialect = dialect_of(dialect)
        self.parameters: Mapping[str, Any] = dict(parameters or {})
        self.streaming = streaming
        self._guarded = tuple(control_tokens)
        self._told: set[str] = set()

    @property
    def forces_calls(self) -> bool:
        """Is a model held to a call where one is required?"""
        return self.dialect.forces_calls

    def follows(self, constraint: Constraint) -> bool:
        """Can the server keep an answer to this constraint?"""
        return follows(constraint, self.dialect)

    def chat(self, request: Request) -> Generator[ChatItem, None, None]:
        """The answer to the messages, as it comes, then its end. Closing the iterator cancels the generation."""
        call = self._chat(request)
        yield from self._notices(request)
        if self.streaming:
            yield from self.client.stream(call, self._reader(request), deadline=request.deadline)
        else:
            reply = self.client.ask(call, deadline=request.deadline)
            yield from self._reader(request)().whole(reply.data, reply.headers)

    async def achat(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        call = self._chat(request)
        for notice in self._notices(request):
            yield notice
        if not self.streaming:
            reply = await self.client.aask(call, deadline=request.deadline)
            for item in self._reader(request)().whole(reply.data, reply.headers):
                yield item
            return
        items = self.client.astream(call, self._reader(request), deadline=request.deadline)
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()

    def stream(self, request: Request) -> Generator[Piece | End, None, None]:
        """What follows the prompt, piece by piece, then its end."""
        call = self._completion(request)
        if self.streaming:
            items = self.client.stream(call, self._reader(request), deadline=request.deadline)
            yield from cast("Generator[Piece | End, None, None]", items)
        else:
            reply = self.client.ask(call, deadline=request.deadline)
            yield from _pieces(self._reader(request)().whole(reply.data, reply.headers))

    async def astream(self, request: Request) -> AsyncGenerator[Piece | End, None]:
        """The same for an event loop."""
        call = self._completion(request)
        if not self.streaming:
            reply = await self.client.aask(call, deadline=request.deadline)
            for item in _pieces(self._reader(request)().whole(reply.data, reply.headers)):
                yield item
            return
        items = self.client.astream(call, self._reader(request), deadline=request.deadline)
        try:
            async for item in items:
                yield cast("Piece | End", item)
        finally:
            await items.aclose()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    async def aclose(self) -> None:
        await self.client.aclose()

    def __repr__(self) -> str:
        return f"OpenAIBackend({self.client.url!r}, model={self.model!r}, dialect={self.dialect.name!r})"

    def _chat(self, request: Request) -> Call:
        extra = {**self.parameters, **request.extra}
        body = chat_body(request, self.dialect, extra, stream=self.streaming)
        return Call("/v1/chat/completions", self._named(body), stream=self.streaming)

    def _completion(self, request: Request) -> Call:
        for notice in self._notices(request):
            log.warning("%s", notice.text)
        body = completion_body(
            request,
            self.dialect,
            {**self.parameters, **request.extra},
            stream=self.streaming,
            guarded=self._guarded,
        )
        return Call("/v1/completions", self._named(body), stream=self.streaming)

    def _named(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"model": self.model, **body} if self.model else body

    def _reader(self, request: Request) -> _Readers:
        return _Readers(request, self.dialect)

    def _notices(self, request: Request) -> list[Notice]:
        """Once for each: what was asked for and this kind of server does not know."""
        new = [name for name in left_out(request, self.dialect) if name not in self._told]
        self._told.update(new)
        return [
            Notice(f"a server of the kind '{self.dialect.name}' knows no {name}: it was left out")
            for name in new
        ]


class _Readers:
    """A new reader for each try."""

    def __init__(self, request: Request, dialect: Dialect) -> None:
        self._request, self._dialect = request, dialect

    def __call__(self) -> Answer:
        return Answer(self._request, self._dialect)


def tools_not_enabled(error: ChatwrightError) -> bool:
    """Does the server say that it takes no tools, or not with these settings of its own?"""
    refused = isinstance(error, Refused | ServerFailed) or (
        isinstance(error, BackendError) and error.status in (400, 404, 422, 500, 501)
    )
    return refused and bool(_NO_TOOLS.search(str(error)))


def _pieces(items: Sequence[ChatItem]) -> list[Piece | End]:
    return [item for item in items if isinstance(item, Piece | End)]
