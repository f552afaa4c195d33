"""Threads for work that may never end: daemons, which no exit of the process waits for, used again when they are free."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

__all__ = ["on_a_thread"]

_IDLE_SECONDS = 10.0


def on_a_thread(work: Callable[[], None]) -> None:
    """Start the work, which must not raise."""
    with _lock:
        worker = _idle.pop() if _idle else None
    (worker or _Worker()).jobs.put(work)


class _Worker:
    """A thread that does one job after the other, and ends when there is none for a while."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="chatwright-worker", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                work = self.jobs.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with _lock:
                    if self in _idle:
                        _idle.remove(self)
                        return
                continue  # it was taken just now
            try:
                work()
            finally:
                del work  # it may hold much
                with _lock:
                    _idle.append(self)


_lock = threading.Lock()
_idle: list[_Worker] = []


def _after_fork() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _idle.clear()  # a child has none of its parent's threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
