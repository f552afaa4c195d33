"""One request on a thread of its own: what it has to say goes into a box, and anyone may stop it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from chatwright.errors import BackendError, ChatwrightError, Interrupted
from chatwright.request import End, Piece, Request

from .answer import Answer
from .engine import Died

__all__ = ["Crew", "Item", "Run"]

Item = Piece | End | ChatwrightError
"""What a request says: pieces, and at last its end or its error."""


class Run:
    """A request that is being answered. `work` does it, `put` gets every `Item`."""

    def __init__(
        self, request: Request, work: Callable[[Run], None], put: Callable[[Item], None]
    ) -> None:
        self.request = request
        self.answer = Answer(request.stop, 0)
        self.cancelled = False
        self.heard = False
        """The engine has begun with this request."""
        self.wake: Callable[[], None] = lambda: None
        self._work = work
        self._put = put
        self._over = False
        self._done = threading.Event()
        self._thread = 0
        self._pid = os.getpid()

    def main(self) -> None:
        """Do the work. Called by the thread that has it to do."""
        self._thread = threading.get_ident()
        try:
            if not self.cancelled:
                self.check()
                self._work(self)
            if not self.cancelled:
                self.stop("the engine stopped in mid-answer")
        except ChatwrightError as err:
            self._say(self._partly(err))
        except Exception as err:  # a thread has no caller; whoever listens is told
            self._say(_unexpected(err))
        finally:
            self._done.set()

    def cancel(self) -> None:
        """Nobody listens any more: the engine stops at its next token."""
        self.cancelled = True
        self.wake()

    def stop(self, reason: str) -> None:
        """End early; whoever listens gets the text that has come, in the error."""
        self._say(Interrupted(reason, "ask again", partial=self.answer.text))
        self.cancelled = True

    def join(self, seconds: float) -> None:
        if self._thread != threading.get_ident():
            self._done.wait(seconds)

    def patience(self, most: float | None) -> float | None:
        """How long to wait for the next item before `check`."""
        if self.request.deadline is None:
            return most
        left = max(0.0, self.request.deadline - time.monotonic())
        return left if most is None else min(most, left)

    def check(self) -> None:
        """Raise if it is too late, or if this is a fork of the process that had the thread."""
        if self._late():
            raise self._too_late()
        if self._pid != os.getpid():
            raise Interrupted(
                "the process was forked in mid-answer", "ask again", partial=self.answer.text
            )

    def on_chunk(self, chunk: dict[str, Any]) -> bool:
        """Take one chunk of the engine; true stops it."""
        self.heard = True
        try:
            self.check()
            for item in () if self.cancelled else self.answer.feed(chunk):
                self._say(item)
        except ChatwrightError as err:
            self._say(self._partly(err))
        except (
            Exception
        ) as err:  # whoever listens gets it, as the failure of the backend that it is
            self._say(_unexpected(err))
        return self.cancelled or self._over

    def _say(self, item: Item) -> None:
        if self._over:
            return
        self._over = not isinstance(item, Piece)
        try:
            self._put(item)
        except RuntimeError:  # the event loop of the listener is closed: there is no listener
            self.cancelled = True

    def _partly(self, err: ChatwrightError) -> ChatwrightError:
        """A failure in mid-answer keeps what had come."""
        if type(err) not in (BackendError, Died):
            return err
        if self.answer.text:
            return Interrupted(str(err), err.hint, partial=self.answer.text)
        return BackendError(str(err), err.hint)

    def _late(self) -> bool:
        return self.request.deadline is not None and time.monotonic() >= self.request.deadline

    def _too_late(self) -> Interrupted:
        return Interrupted(
            "the model did not finish in time",
            "allow more time or ask for fewer tokens",
            partial=self.answer.text,
        )


class Crew:
    """At most `size` threads that take runs in the order in which they came. A thread without work ends."""

    def __init__(self, size: int) -> None:
        self.pid = os.getpid()
        self._size = size
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._working: set[Run] = set()
        self._threads = 0

    def add(self, run: Run) -> None:
        with self._lock:
            self._waiting.append(run)
            if self._threads == self._size:
                return
            self._threads += 1
        thread = threading.Thread(target=self._take_turns, name="chatwright-local", daemon=True)
        try:
            thread.start()
        except RuntimeError as err:
            self._no_thread(run, err)

    def stop(self, reason: str) -> None:
        """End all runs, those that wait and those that are at work."""
        with self._lock:
            runs = [*self._waiting, *self._working]
        for run in runs:
            run.stop(reason)
            run.wake()

    def _take_turns(self) -> None:
        while run := self._next():
            run.main()
            with self._lock:
                self._working.discard(run)

    def _next(self) -> Run | None:
        with self._lock:
            if not self._waiting:
                self._threads -= 1
                return None
            run = self._waiting.popleft()
            self._working.add(run)
            return run

    def _no_thread(self, run: Run, err: RuntimeError) -> None:
        """The system gives no more threads: those that are there take the run, if there are any."""
        with self._lock:
            self._threads -= 1
            if self._threads or run not in self._waiting:
                return
            self._waiting.remove(run)
        raise BackendError(f"there is no thread for the request: {err}", "ask for less at once")


def _unexpected(err: Exception) -> BackendError:
    error = BackendError(
        f"the local engine failed: {type(err).__name__}: {err}", "please report this"
    )
    error.__cause__ = err
    return error
