"""One request on a thread of its own: what it has to say goes into a box, and anyone may stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from chatwright.errors import BackendError, ChatwrightError, Interrupted
from chatwright.request import End, Piece, Request

from .answer import Answer

__all__ = ["Item", "Run"]

Item = Piece | End | ChatwrightError
"""What a request says: pieces, and at last its end or its error."""


class Run:
    """A request that is being answered. `work` does it, `put` gets every `Item`."""

    def __init__(
        self, request: Request, work: Callable[[Run], None], put: Callable[[Item], None]
    ) -> None:
        self.request = request
        self.answer = Answer((), 0)
        self.cancelled = False
        self.wake: Callable[[], None] = lambda: None
        self._work = work
        self._put = put
        self._over = False
        self._thread = threading.Thread(target=self._main, name="chatwright-local", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Nobody listens any more: the engine stops at its next token."""
        self.cancelled = True
        self.wake()

    def stop(self, reason: str) -> None:
        """End early; whoever listens gets the text that has come, in the error."""
        self._say(Interrupted(reason, "ask again", partial=self.answer.text))
        self.cancelled = True

    def join(self) -> None:
        if self._thread is not threading.current_thread():
            self._thread.join()

    def patience(self, most: float | None) -> float | None:
        """How long to wait for the next item before `check_deadline`."""
        if self.request.deadline is None:
            return most
        left = max(0.0, self.request.deadline - time.monotonic())
        return left if most is None else min(most, left)

    def check_deadline(self) -> None:
        if self._late():
            raise self._too_late()

    def on_chunk(self, chunk: dict[str, Any]) -> bool:
        """Take one chunk of the engine; true stops it. The engine would swallow what is raised here."""
        try:
            self.check_deadline()
            for item in () if self.cancelled else self.answer.feed(chunk):
                self._say(item)
        except ChatwrightError as err:
            self._say(err)
        except (
            Exception
        ) as err:  # whoever listens gets it, as the failure of the backend that it is
            self._say(_unexpected(err))
        return self.cancelled or self._over

    def _main(self) -> None:
        try:
            self.check_deadline()
            self._work(self)
            if not self.cancelled:
                self.stop("the engine stopped in mid-answer")
        except ChatwrightError as err:
            self._say(err)
        except Exception as err:  # a thread has no caller; whoever listens is told
            self._say(_unexpected(err))

    def _say(self, item: Item) -> None:
        if self._over:
            return
        self._over = not isinstance(item, Piece)
        try:
            self._put(item)
        except RuntimeError:  # the event loop of the listener is closed: there is no listener
            self.cancelled = True

    def _late(self) -> bool:
        return self.request.deadline is not None and time.monotonic() >= self.request.deadline

    def _too_late(self) -> Interrupted:
        return Interrupted(
            "the model did not finish in time",
            "allow more time or ask for fewer tokens",
            partial=self.answer.text,
        )


def _unexpected(err: Exception) -> BackendError:
    error = BackendError(
        f"the local engine failed: {type(err).__name__}: {err}", "please report this"
    )
    error.__cause__ = err
    return error
