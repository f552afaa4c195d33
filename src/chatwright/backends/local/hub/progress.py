"""How far a download is: told a few times a second, to whoever wants to show it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from chatwright.events import Notice

from .room import gigabytes

__all__ = ["Meter", "Progress", "Report", "to_log"]

log = logging.getLogger("chatwright")

_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of a download's bytes are here; `total` is 0 while nobody knows it."""

    file: str
    done: int
    total: int
    rate: float
    """Bytes a second since this run began to download."""

    @property
    def complete(self) -> bool:
        return self.done == self.total

    def __str__(self) -> str:
        of = f" of {gigabytes(self.total)}" if self.total else ""
        return f"{self.file}: {gigabytes(self.done)}{of}, {self.rate / 1e6:.1f} MB/s"


Report = Callable[[Progress | Notice], None]
"""Gets the progress of a download, and what a person may want to know of it."""


class Meter:
    """Adds up the bytes of the parts of a download, and reports them now and then."""

    def __init__(self, file: str, total: int, report: Report) -> None:
        self._file, self._report = file, report
        self._total = total
        self._parts: dict[str, int] = {}
        self._received = 0
        self._told = -1
        self._began = time.monotonic()
        self._next = self._began

    def at(self, part: str, done: int, received: int = 0) -> None:
        """So much of a part is here, of which `received` came just now."""
        self._parts[part] = done
        self._received += received
        if received and time.monotonic() >= self._next:
            self.tell()

    def tell(self) -> None:
        """Report now, if there is something new."""
        now, done = time.monotonic(), sum(self._parts.values())
        self._next = now + _EVERY
        if done != self._told:
            self._told = done
            rate = self._received / max(now - self._began, 1e-3)
            self._report(Progress(self._file, done, self._total, rate))


def to_log(said: Progress | Notice) -> None:
    """The report of who asked for none: notices are warnings of the log `chatwright`."""
    if isinstance(said, Notice):
        log.warning("%s", said.text)
    else:
        log.debug("%s", said)
