"""Something that is wrong with a model's file, as the person who has the file would say it."""

from __future__ import annotations

from dataclasses import dataclass

from chatwright.errors import BackendError

__all__ = ["AGAIN", "Problem"]

AGAIN = "download or copy the file again"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to try. One that is not `fatal` is worth a warning, and the engine has the last word."""

    what: str
    hint: str = AGAIN
    fatal: bool = True

    def error(self, name: str) -> BackendError:
        return BackendError(f"{name} cannot be used: {self.what}", self.hint)
