"""TGI's routes as a text backend."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from typing import Any, Unpack

from chatwright.backends.client import Client, ClientOptions
from chatwright.backends.closing import Closing
from chatwright.backends.exchange import Call
from chatwright.backends.routes import root_of
from chatwright.errors import NotServed
from chatwright.request import Constraint, End, Piece, Request

from .answer import Answer
from .body import DEFAULT_MAX_STOPS, body, follows

__all__ = ["TgiBackend"]


class TgiBackend(Closing):
    """Continues prompts on a server that speaks TGI's protocol.

    `parameters` are sent beside what a `Request` can say (`typical_p`, `truncate`, `watermark`, `best_of`, ...).
    `max_stops` is how many stop strings the server takes; the others are cut here, as all are. `control_tokens` of
    the model are broken up where a caller wrote them, and `shown` are those that are part of what it says.
    Without `streaming` the answer comes whole, and `timeout` then bounds all of it.
    """

    keeps_deadline = True
    """A request ends by itself at its deadline."""

    context: int | None = None
    """How many tokens a prompt and its answer may have together, where the server has told."""

    def __init__(
        self,
        server: str | Client,
        *,
        parameters: Mapping[str, Any] | None = None,
        max_stops: int = DEFAULT_MAX_STOPS,
        control_tokens: Sequence[str] = (),
        shown: Collection[str] = (),
        streaming: bool = True,
        **options: Unpack[ClientOptions],
    ) -> None:
        self.client = Client(root_of(server), **options) if isinstance(server, str) else server
        self.parameters: Mapping[str, Any] = dict(parameters or {})
        self.streaming = streaming
        self._max_stops = max_stops
        self._guarded, self._shown = tuple(control_tokens), frozenset(shown)
        self._only_root = False

    def follows(self, constraint: Constraint) -> bool:
        """Can the server keep an answer to this constraint?"""
        return follows(constraint)

    def stream(self, request: Request) -> Generator[Piece | End, None, None]:
        """The answer, piece by piece, then its end. Closing the iterator cancels the generation."""
        if not self.streaming:
            yield from self.once(request)
            return
        if not self._only_root:
            try:
                yield from self.client.stream(
                    self._call("/generate_stream", request),
                    self._reader(request),
                    deadline=request.deadline,
                )
                return
            except NotServed as err:
                self._try_root(err)
        call = self._call("/", request, stream=True)
        yield from self.client.stream(call, self._reader(request), deadline=request.deadline)

    async def astream(self, request: Request) -> AsyncGenerator[Piece | End, None]:
        """The same for an event loop."""
        if not self.streaming:
            for item in await self.aonce(request):
                yield item
            return
        if not self._only_root:
            call = self._call("/generate_stream", request)
            items = self.client.astream(call, self._reader(request), deadline=request.deadline)
            try:
                async for item in items:
                    yield item
                return
            except NotServed as err:
                self._try_root(err)
            finally:
                await items.aclose()
        call = self._call("/", request, stream=True)
        items = self.client.astream(call, self._reader(request), deadline=request.deadline)
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()

    def once(self, request: Request) -> list[Piece | End]:
        """The answer in one piece, and its end; `timeout` bounds all attempts together."""
        if not self._only_root:
            try:
                reply = self.client.ask(self._call("/generate", request), deadline=request.deadline)
                return self._reader(request)().whole(reply.data, reply.headers)
            except NotServed as err:
                self._try_root(err)
        reply = self.client.ask(self._call("/", request), deadline=request.deadline)
        return self._reader(request)().whole(reply.data, reply.headers)

    async def aonce(self, request: Request) -> list[Piece | End]:
        """The same for an event loop."""
        if not self._only_root:
            try:
                call = self._call("/generate", request)
                reply = await self.client.aask(call, deadline=request.deadline)
                return self._reader(request)().whole(reply.data, reply.headers)
            except NotServed as err:
                self._try_root(err)
        reply = await self.client.aask(self._call("/", request), deadline=request.deadline)
        return self._reader(request)().whole(reply.data, reply.headers)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    async def aclose(self) -> None:
        await self.client.aclose()

    def __repr__(self) -> str:
        return f"TgiBackend({self.client.url!r})"

    def _call(self, route: str, request: Request, *, stream: bool = False) -> Call:
        told = body(
            request,
            max_stops=self._max_stops,
            extra={**self.parameters, **request.extra},
            guarded=self._guarded,
            stream=stream,
        )
        return Call(route, told, stream=stream or route == "/generate_stream")

    def _reader(self, request: Request) -> _Readers:
        return _Readers(request, self._shown)

    def _try_root(self, err: NotServed) -> None:
        """Endpoints with a handler of their own have one route, `/`; what has no such model has none at all."""
        if err.error_type:
            raise err
        self._only_root = True


class _Readers:
    """A new reader for each try."""

    def __init__(self, request: Request, shown: Collection[str]) -> None:
        self._request, self._shown = request, shown

    def __call__(self) -> Answer:
        return Answer(self._request, self._shown)
