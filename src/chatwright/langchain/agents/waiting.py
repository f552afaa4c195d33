"""Waiting for something that may never end, up to a moment: `in_time` for threads, `by` for event loops."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from asyncio import timeout
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from chatwright.errors import Interrupted
from chatwright.tools.workers import on_a_thread

__all__ = ["by", "in_time"]

T = TypeVar("T")


def in_time(ask: Callable[[threading.Event], T], deadline: float | None) -> T:
    """What `ask` gives; past the deadline (`time.monotonic()`) it is left behind, and told so by the event.

    It sees the context variables of the caller.
    """
    left = threading.Event()
    if deadline is None:
        return ask(left)
    context = contextvars.copy_context()
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put((context.run(ask, left), None))
        except BaseException as err:  # it is raised again where the answer is waited for
            done.put((None, err))

    on_a_thread(work)
    try:
        value, err = done.get(timeout=_seconds_to(deadline))
    except queue.Empty:
        raise _late() from None
    finally:
        left.set()
    if err is not None:
        raise err
    return cast("T", value)


async def by(deadline: float | None, asked: Awaitable[T]) -> T:
    """What is awaited, cancelled at the deadline."""
    limit = timeout(None if deadline is None else _seconds_to(deadline))
    try:
        async with limit:
            return await asked
    except TimeoutError:
        if not limit.expired():
            raise  # of what was asked itself
        raise _late() from None


def _seconds_to(deadline: float) -> float:
    # A little more, so that the deadline has surely passed when the wait is over.
    return max(0.0, deadline - time.monotonic()) + 0.001


def _late() -> Interrupted:
    return Interrupted("the time of the run was over before the agent answered")
