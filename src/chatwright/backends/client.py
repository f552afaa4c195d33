"""Requests to one server: retried, timed, and read by a brain that waits for nothing.

    client = Client("http://127.0.0.1:8080", timeout=120)
    reply = client.ask(Call("/info"))
    for item in client.stream(Call("/generate_stream", body), reader): ...

What is sent, what is read and whether to try again is decided in `_Talk`, `reply` and `retry`, which only look at
data; `ask`, `aask`, `stream` and `astream` wait. Tokens and headers go to this one server: a redirect that leaves
it is an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar
from urllib.parse import quote, urlsplit

from chatwright.errors import BackendError, Refused, TimedOut, UsageError

from .exchange import Call, Reader, Talk, Whole, encode, next_hop
from .failures import broken_off
from .headers import Hidden, blot_out, checked, hidden_proxy, kept, own_headers
from .retry import Attempts, Budget, Clock, Retry
from .tokens import Origin, Secret, origin_of

if TYPE_CHECKING:  # loading it costs a third of a second, so that is left to the first request
    from .http import AsyncReply, Reply, Wire

__all__ = ["DEFAULT_TIMEOUT", "Client", "ClientOptions"]

T = TypeVar("T")

DEFAULT_TIMEOUT = 120.0
_MAX_HOPS = 5
_DRAIN_SECONDS = 0.25
_DRAIN_CHUNKS = 20


class ClientOptions(TypedDict, total=False):
    """What a backend passes on to its `Client`."""

    token: str | Secret | bool | None
    headers: Mapping[str, str | Secret | None] | None
    timeout: float | None
    max_retries: int
    verify: bool | str | os.PathLike[str] | ssl.SSLContext
    cert: str | os.PathLike[str] | tuple[str, str] | None
    proxy: str | Secret | None
    retry: Retry | None


class Client:
    """One server, by its URL. All may be used from any thread and from any event loop.

    `timeout` bounds connecting, the first byte and each gap between pieces of a stream; for `ask` all attempts
    together. `token` is sent to this server; without one, an ambient token is, if the server is the Hub's.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | Secret | bool | None = None,
        headers: Mapping[str, str | Secret | None] | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        max_retries: int = 2,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        cert: str | os.PathLike[str] | tuple[str, str] | None = None,
        proxy: str | Secret | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.origin: Origin = origin_of(url)
        parts = urlsplit(url)
        if parts.query or parts.fragment:
            raise UsageError(
                "the URL of a server has no '?' and no '#'", "give headers=... instead"
            )
        self.path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
        if timeout is not None and not (timeout > 0 and math.isfinite(timeout)):
            raise UsageError(f"timeout is {timeout}", "it is a number of seconds, or None")
        self.timeout = timeout
        self.known: object | None = None
        """What `probe` found out about the server."""
        self._given = kept(token, self.origin), checked(headers or {})
        self._retry = retry or Retry(max_retries)
        self._security = verify, cert, hidden_proxy(proxy)
        self._budget = Budget()
        self._lock = threading.Lock()
        self._made: Wire | None = None
        self._head: Hidden | None = None

    @property
    def url(self) -> str:
        """The server's address, as it may be shown."""
        return f"{self.origin}{self.path}"

    def at(self, path: str) -> Client:
        """The same server and settings under another path."""
        verify, cert, proxy = self._security
        token, headers = self._given
        return Client(
            f"{self.origin}{path}", token=token, headers=headers, timeout=self.timeout,
            verify=verify, cert=cert, proxy=proxy, retry=self._retry,
        )  # fmt: skip

    def ask(self, call: Call, *, deadline: float | None = None) -> Whole:
        """The whole reply, as JSON."""
        self._wire()  # loading it takes a while, which is not the server's fault
        until = self._until(deadline)
        attempts = self._attempts(None, until)
        while True:
            try:
                return self._ask_once(call, Clock(None, until))
            except BackendError as err:
                failed = self._without_secrets(err)
            time.sleep(attempts.pause(failed))

    async def aask(self, call: Call, *, deadline: float | None = None) -> Whole:
        """The same for an event loop."""
        self._wire()  # loading it takes a while, which is not the server's fault
        until = self._until(deadline)
        attempts = self._attempts(None, until)
        while True:
            try:
                return await self._aask_once(call, Clock(None, until))
            except BackendError as err:
                failed = self._without_secrets(err)
            await asyncio.sleep(attempts.pause(failed))

    def stream(
        self, call: Call, reader: Callable[[], Reader[T]], *, deadline: float | None = None
    ) -> Generator[T, None, None]:
        """What a new `reader` makes of the events of the reply, as they come.

        Closing the iterator closes the connection. After the first item no failure is tried again.
        """
        self._wire()
        attempts = self._attempts(self.timeout, deadline)
        while True:
            reading = reader()
            clock = Clock(self.timeout, deadline)
            try:
                yield from self._stream_once(call, reading, clock, attempts)
                return
            except BackendError as err:
                failed = self._without_secrets(err)
            if reading.complete:  # the answer is whole, and only what comes after it was lost
                yield from () if reading.done else reading.end()
                return
            time.sleep(attempts.pause(_told(failed, reading, attempts)))

    async def astream(
        self, call: Call, reader: Callable[[], Reader[T]], *, deadline: float | None = None
    ) -> AsyncGenerator[T, None]:
        """The same for an event loop."""
        self._wire()
        attempts = self._attempts(self.timeout, deadline)
        while True:
            reading = reader()
            clock = Clock(self.timeout, deadline)
            once = self._astream_once(call, reading, clock, attempts)
            try:
                async for item in once:
                    yield item
                return
            except BackendError as err:
                failed = self._without_secrets(err)
            finally:
                await once.aclose()  # at once, not when the garbage is collected
            if reading.complete:
                for item in () if reading.done else reading.end():
                    yield item
                return
            await asyncio.sleep(attempts.pause(_told(failed, reading, attempts)))

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        """The same, those of this event loop too."""
        if self._made is not None:
            await self._made.aclose()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Secrets stay behind, connections too: the other process opens its own.
        return _rebuilt, (self.url, self._given, self.timeout, self._retry, self._security)

    def _ask_once(self, call: Call, clock: Clock) -> Whole:
        reply = self._open(call, clock)
        try:
            talk: Talk[Any] = Talk(reply.status, reply.headers, None)
            for chunk in reply:
                talk.feed(chunk)
                if talk.done:
                    break
            return talk.whole()
        finally:
            reply.close()

    async def _aask_once(self, call: Call, clock: Clock) -> Whole:
        reply = await self._aopen(call, clock)
        try:
            talk: Talk[Any] = Talk(reply.status, reply.headers, None)
            async for chunk in reply:
                talk.feed(chunk)
                if talk.done:
                    break
            return talk.whole()
        finally:
            await reply.aclose()

    def _stream_once(
        self, call: Call, reader: Reader[T], clock: Clock, attempts: Attempts
    ) -> Generator[T, None, None]:
        reply = self._open(call, clock)
        try:
            talk = Talk(reply.status, reply.headers, reader)
            for chunk in reply:
                items = talk.feed(chunk)
                if talk.moved:
                    clock.restart()
                if items:
                    attempts.seen = True
                    yield from items
                    talk.check()
                if talk.done:
                    break
            yield from talk.end()
            if talk.done:
                _drain(reply, clock)
        finally:
            reply.close()

    async def _astream_once(
        self, call: Call, reader: Reader[T], clock: Clock, attempts: Attempts
    ) -> AsyncGenerator[T, None]:
        reply = await self._aopen(call, clock)
        try:
            talk = Talk(reply.status, reply.headers, reader)
            async for chunk in reply:
                items = talk.feed(chunk)
                if talk.moved:
                    clock.restart()
                for item in items:
                    attempts.seen = True
                    yield item
                talk.check()
                if talk.done:
                    break
            for item in talk.end():
                yield item
            if talk.done:
                await _adrain(reply, clock)
        finally:
            await reply.aclose()

    def _open(self, call: Call, clock: Clock) -> Reply:
        target, body = self.path + call.route, encode(call.body)
        for _ in range(_MAX_HOPS):
            reply = self._wire().open(call.method, target, self._headers(call, body), body, clock)
            try:
                hop = next_hop(reply.status, reply.headers, call.method, target, self.origin)
            except Refused:
                reply.close()
                raise
            if hop is None:
                return reply
            reply.close()
            target = hop
        raise Refused(f"{self.url} sends us in circles", "give the address where it ends")

    async def _aopen(self, call: Call, clock: Clock) -> AsyncReply:
        target, body = self.path + call.route, encode(call.body)
        for _ in range(_MAX_HOPS):
            headers = self._headers(call, body)
            reply = await self._wire().aopen(call.method, target, headers, body, clock)
            try:
                hop = next_hop(reply.status, reply.headers, call.method, target, self.origin)
            except Refused:
                await reply.aclose()
                raise
            if hop is None:
                return reply
            await reply.aclose()
            target = hop
        raise Refused(f"{self.url} sends us in circles", "give the address where it ends")

    def _wire(self) -> Wire:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    from .http import Security, Wire

                    verify, cert, proxy = self._security
                    plain = proxy.reveal() if isinstance(proxy, Secret) else proxy
                    self._made = Wire(self.origin, Security(verify, cert, plain))
        return self._made

    def _headers(self, call: Call, body: bytes | None) -> list[tuple[bytes, bytes]]:
        if self._head is None:
            self._head = own_headers(self.origin, *self._given)
        accept = b"text/event-stream" if call.stream else b"application/json"
        if body is None:
            return [*self._head, (b"accept", accept)]
        return [*self._head, (b"accept", accept), (b"content-length", b"%d" % len(body))]

    def _attempts(self, patience: float | None, deadline: float | None) -> Attempts:
        if deadline is not None and deadline <= time.monotonic():
            raise TimedOut(
                "the time was up before the model was asked",
                "allow more time",
                error_type="deadline",
            )
        return Attempts(self._retry, self._budget, patience=patience, deadline=deadline)

    def _until(self, deadline: float | None) -> float | None:
        """When all attempts of a request must be over."""
        ends = [] if self.timeout is None else [time.monotonic() + self.timeout]
        return min([*ends, *([] if deadline is None else [deadline])], default=None)

    def _without_secrets(self, error: BackendError) -> BackendError:
        blot_out(error, self._head or ())
        return error


def _told(error: BackendError, reading: Reader[Any], attempts: Attempts) -> BackendError:
    return broken_off(error, reading.partial) if attempts.seen else error


def _drain(reply: Reply, clock: Clock) -> None:
    """Read the little that may follow the answer, so that the connection can be used again."""
    clock.restart(_DRAIN_SECONDS)
    with contextlib.suppress(BackendError):  # it is only closed then
        for _ in range(_DRAIN_CHUNKS):
            if next(reply, None) is None:
                return


async def _adrain(reply: AsyncReply, clock: Clock) -> None:
    clock.restart(_DRAIN_SECONDS)
    with contextlib.suppress(BackendError):
        for _ in range(_DRAIN_CHUNKS):
            if await anext(reply, None) is None:
                return


def _rebuilt(
    url: str,
    given: tuple[Secret | bool | None, dict[str, Secret | None]],
    timeout: float | None,
    retry: Retry,
    security: tuple[Any, Any, str | Secret | None],
) -> Client:
    """A client out of its pickle. Secrets in it are only looked at with the first request, and refused there."""
    verify, cert, proxy = security
    client = Client(url, timeout=timeout, retry=retry, verify=verify, cert=cert, proxy=proxy)
    client._given = given  # pyright: ignore[reportPrivateUsage]
    return client
