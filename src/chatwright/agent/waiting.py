"""Waiting for something that may never end, up to a moment.

`in_time` and `by` wait for one value, `paced` and `apaced` for one event after the other; `from_thread` lets an event
loop read what only a thread can give. A deadline is a `time.monotonic()`.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from ..errors import Interrupted
from ..tools.run import give_up, start_on_a_thread
from ..tools.workers import on_a_thread

__all__ = ["apaced", "by", "closable", "from_thread", "in_time", "paced"]

T = TypeVar("T")
_AHEAD = 256  # events that a reader may be behind
_LOOK = 0.05  # seconds, after which a writer that waits looks whether anybody still reads


def in_time(ask: Callable[[threading.Event], T], deadline: float | None) -> T:
    """What `ask` gives; past the deadline it is left behind, and told so by the event.

    It sees the context variables of the caller.
    """
    left = threading.Event()
    if deadline is None:
        return ask(left)
    done: queue.SimpleQueue[Future[T]] = queue.SimpleQueue()
    start_on_a_thread(lambda: ask(left), done.put)
    try:
        ended = done.get(timeout=_seconds_to(deadline))
    except queue.Empty:
        raise _late() from None
    finally:
        left.set()
    return ended.result()


async def by(deadline: float | None, asked: Awaitable[T]) -> T:
    """What is awaited, cancelled at the deadline."""
    limit = asyncio.timeout(None if deadline is None else _seconds_to(deadline))
    try:
        async with limit:
            return await asked
    except TimeoutError:
        if not limit.expired():
            raise  # of what was asked itself
        raise _late() from None


@dataclass(frozen=True, slots=True)
class _Over(Generic[T]):
    """No more comes, or an error does."""

    error: BaseException | None = None


def paced(begin: Callable[[], Iterator[T]], deadline: float) -> Generator[T, None, None]:
    """What an iterator gives, read on a thread that is left behind at the deadline."""
    pipe: queue.SimpleQueue[T | _Over[T]] = queue.SimpleQueue()
    left = threading.Event()
    _read_on_a_thread(begin, lambda item: _put(pipe, item, left), left)
    try:
        while True:
            try:
                item = pipe.get(timeout=_seconds_to(deadline))
            except queue.Empty:
                raise _late() from None
            if isinstance(item, _Over):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left.set()


async def apaced(events: AsyncIterator[T], deadline: float) -> AsyncGenerator[T, None]:
    """What an async iterator gives, read by a task that is cancelled at the deadline, and left behind if it does not care."""
    pipe: asyncio.Queue[T | _Over[T]] = asyncio.Queue(_AHEAD)
    left = False

    async def read() -> None:
        over: _Over[T] = _Over()
        try:
            async with aclosing(cast("Any", events)):
                async for item in events:
                    await pipe.put(item)
        except BaseException as err:  # it is raised again where the events are waited for
            if left:
                raise
            over = _Over(err)
        await pipe.put(over)

    reader = asyncio.ensure_future(read())
    try:
        while True:
            item = pipe.get_nowait() if pipe.qsize() else await by(deadline, pipe.get())
            if isinstance(item, _Over):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left = True
        await give_up(reader)


async def from_thread(begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    """What an iterator gives, read on a thread, for an event loop."""
    loop = asyncio.get_running_loop()
    left = threading.Event()
    came: asyncio.Queue[T | _Over[T]] = asyncio.Queue()
    room = threading.Semaphore(_AHEAD)

    def put(item: T | _Over[T]) -> None:
        while not room.acquire(timeout=_LOOK):
            if left.is_set():
                return
        if not loop.is_closed():  # nobody may be left to hear it
            loop.call_soon_threadsafe(came.put_nowait, item)

    _read_on_a_thread(begin, put, left)
    try:
        while True:
            item = await came.get()
            room.release()
            if isinstance(item, _Over):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left.set()


def _read_on_a_thread(
    begin: Callable[[], Iterator[T]], put: Callable[[T | _Over[T]], None], left: threading.Event
) -> None:
    context = contextvars.copy_context()

    def read() -> None:
        try:
            with closing(closable(begin())) as items:
                for item in items:
                    if left.is_set():
                        return
                    put(item)
            put(_Over())
        except BaseException as err:  # it is raised again where the items are waited for
            put(_Over(err))

    on_a_thread(lambda: context.run(read))


def closable(items: Iterator[T]) -> Any:
    """Any iterator, as one that can be closed."""
    return items if hasattr(items, "close") else (item for item in items)


def _put(pipe: queue.SimpleQueue[T | _Over[T]], item: T | _Over[T], left: threading.Event) -> None:
    # A queue with a bound of its own costs a multiple of this one, at each event.
    while pipe.qsize() >= _AHEAD:
        if left.wait(_LOOK / 10):
            return
    pipe.put(item)


def _seconds_to(deadline: float) -> float:
    # A little more, so that the deadline has surely passed when the wait is over.
    return max(0.0, deadline - time.monotonic()) + 0.001


def _late() -> Interrupted:
    return Interrupted("the time of the run was over before the agent answered")
