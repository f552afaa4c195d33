"""One line a request, and where a defect of ours was: never a word of what was asked or answered."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

from ..errors import ChatwrightError

__all__ = ["Record", "log", "report"]

log = logging.getLogger("chatwright.server")


@dataclass(slots=True)
class Record:
    """What the line of a request tells beside its status and time."""

    route: str = "-"
    prompt: int | None = None
    generated: int | None = None
    failure: str = ""

    def told(self) -> str:
        """The part of the line behind the status."""
        parts: list[str] = []
        if self.prompt is not None:
            parts.append(f"prompt={self.prompt}")
        if self.generated is not None:
            parts.append(f"generated={self.generated}")
        if self.failure:
            parts.append(f"failure={self.failure}")
        return " ".join(parts)


def report(error: BaseException) -> None:
    """Write down an error that nobody raised on purpose; its own message may hold the caller's text."""
    if isinstance(error, ChatwrightError):
        return
    where = "".join(traceback.format_tb(error.__traceback__)[-8:])
    log.error("defect: %s\n%s", type(error).__name__, where)
