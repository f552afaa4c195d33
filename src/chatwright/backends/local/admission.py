"""Who may enter the engine, and who waits in line.

All answers share one pool of cache cells, and an overflow of it would end every one of them. So a request says
first how many cells it will need at most, and enters only when these and one of the slots are free; the others wait
in line, first come first served.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from chatwright.errors import BackendError

__all__ = ["Admission", "Task", "closed"]


class Task(Protocol):
    """A request. It can be told to stop; `wake` makes whatever it waits for look at that."""

    cancelled: bool
    wake: Callable[[], None]

    def stop(self, reason: str) -> None: ...
    def join(self, seconds: float) -> None: ...


class Admission:
    """The free slots and cells of an engine. `leaving` is true while a request that was stopped is still inside."""

    def __init__(self, cells: int, slots: int, leaving: Callable[[], bool]) -> None:
        self.cells, self.slots = cells, slots
        self.changed = threading.Condition()
        self.inside: set[Task] = set()
        """The requests that are in the engine or in the line."""
        self._leaving = leaving
        self._line: deque[object] = deque()
        self._closed = False

    @contextmanager
    def place(self, task: Task, cells: int) -> Generator[bool]:
        """Wait in line for a slot and for `cells` of the cache; false if the task was told to stop meanwhile."""
        with self.changed:
            if self._closed:
                raise closed()
            self.inside.add(task)
            try:
                entered = self._enter(task, cells)
            except BaseException:
                self.inside.discard(task)
                raise
        try:
            yield entered
        finally:
            with self.changed:
                if entered:
                    self.cells, self.slots = self.cells + cells, self.slots + 1
                self.inside.discard(task)
                self.changed.notify_all()

    def wake(self) -> None:
        """Make those who wait in line look again whether they were told to stop."""
        with self.changed:
            self.changed.notify_all()

    def close(self) -> list[Task]:
        """Let nobody in any more. Those who are inside have to be told to leave."""
        with self.changed:
            self._closed = True
            return list(self.inside)

    def _enter(self, task: Task, cells: int) -> bool:
        me = object()
        self._line.append(me)
        try:
            self.changed.wait_for(
                lambda: task.cancelled or (self._line[0] is me and self._fits(cells))
            )
        finally:
            self._line.remove(me)
            self.changed.notify_all()
        if task.cancelled:
            return False
        self.cells, self.slots = self.cells - cells, self.slots - 1
        return True

    def _fits(self, cells: int) -> bool:
        # The slot of one that is leaving has the beginning of the next prompt in its cache, so that waiting for it
        # is shorter than reading the prompt again.
        return self.slots > 0 and cells <= self.cells and not self._leaving()


def closed() -> BackendError:
    return BackendError("the model was closed", "open it again")
