"""Replies that watch the line: when the client goes, the work behind its reply is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, MutableMapping
from contextlib import aclosing
from typing import Any, TypeVar

from .limits import Limits
from .log import report
from .refusal import Refusal, refusal_of

__all__ = ["EventStream", "Gone", "Json", "Reply", "dumps", "event", "until_gone"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Shape = Callable[[Refusal], dict[str, Any]]
T = TypeVar("T")

_COMMENT = b":\n\n"


class Gone(Exception):
    """The client went away before its reply was whole."""


def dumps(value: Any) -> str:
    """JSON in ASCII alone, so that no reader of lines finds a line separator in it."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def event(value: Any) -> bytes:
    """One server-sent event."""
    return f"data: {dumps(value)}\n\n".encode("ascii")


async def until_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, or `Gone` if the client leaves first; `work` has ended then, too."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() and not working.cancelled():
            return working.result()
        raise Gone
    finally:
        for task in (watching, working):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):  # nobody is left to read it
            await working


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Json:
    """A reply of JSON that is there already."""

    def __init__(
        self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self._body = dumps(value).encode("ascii")
        self._status = status
        self._headers = {"content-type": "application/json", **(headers or {})}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        headers = {**self._headers, "content-length": str(len(self._body))}
        await send(_start(self._status, headers))
        await send({"type": "http.response.body", "body": self._body})


class Reply:
    """A reply of JSON that is worked out while the line is watched. `work` gives it with its headers."""

    def __init__(self, work: Coroutine[Any, Any, tuple[Any, Mapping[str, str]]]) -> None:
        self._work = work

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        value, headers = await until_gone(receive, self._work)
        await Json(value, headers=headers)(scope, receive, send)


class EventStream:
    """A reply of server-sent events, each a `data:` of JSON in ASCII.

    An error before the first event is a reply with a status of its own. One that comes later, or after the stream
    had to begin because nothing came for a while, is told as the last event, in the route's `shape`.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        limits: Limits,
        *,
        shape: Shape,
        headers: Mapping[str, str] | None = None,
        last: bytes = b"",
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._events = events
        self._limits = limits
        self._shape = shape
        self._headers = headers or {}
        self._last = last
        self._failed = failed
        self._begun = False
        self._sending = False
        self._moved = time.monotonic()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            await until_gone(receive, self._run(send))
        finally:
            await self._events.aclose()

    async def _run(self, send: Send) -> None:
        working = asyncio.current_task()
        assert working is not None
        heart = asyncio.ensure_future(self._beat(send, working))
        try:
            async with aclosing(self._events) as events:
                async for data in events:
                    await self._put(send, data)
        except Exception as err:
            # The caller reads it: as the reply if there is none yet, else as the last event.
            if not self._begun:
                raise
            report(err)
            refusal = refusal_of(err)
            self._failed(refusal.kind)
            await self._put(send, event(self._shape(refusal)) + self._last)
        finally:
            heart.cancel()
        await self._begin(send)
        await send({"type": "http.response.body", "body": b""})

    async def _put(self, send: Send, data: bytes) -> None:
        if not self._begun:
            await self._begin(send)
        self._sending = True
        await send({"type": "http.response.body", "body": data, "more_body": True})
        self._sending = False
        self._moved = time.monotonic()

    async def _begin(self, send: Send) -> None:
        if self._begun:
            return
        self._begun = True
        await send(_start(200, _EVENTS | dict(self._headers)))

    async def _beat(self, send: Send, working: asyncio.Task[Any]) -> None:
        """Begin a stream that is slow to start, keep a silent one open, and give a client up that does not read."""
        limits = self._limits
        await asyncio.sleep(limits.head_start)
        await self._begin(send)
        while True:
            await asyncio.sleep(min(limits.keep_alive, limits.write_seconds) / 3)
            idle = time.monotonic() - self._moved
            if self._sending and idle > limits.write_seconds:
                working.cancel()
                return
            if not self._sending and idle > limits.keep_alive:
                await self._put(send, _COMMENT)


_EVENTS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


def _start(status: int, headers: Mapping[str, str]) -> Message:
    pairs = [(k.encode("latin-1"), v.encode("latin-1", "replace")) for k, v in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}
