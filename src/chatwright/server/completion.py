"""A completion as it grows: one prompt of a request, and the choice that it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Usage
from ..request import End, Logprob, Piece
from .parse_openai import Completion
from .shape_openai import completion_logprobs

__all__ = ["Completed"]


@dataclass
class Completed:
    """One prompt's completion as it grows."""

    index: int
    job: Completion
    prompt: str

    def __post_init__(self) -> None:
        self.usage = Usage()
        self._echo = self.prompt if self.job.echo else ""
        self._text: list[str] = []
        self._length = len(self._echo)
        self._logprobs: list[Logprob] = []
        self._reason = "stop"

    def see(self, piece: Piece | End) -> dict[str, Any]:
        """The choice of the chunk that tells this piece."""
        if isinstance(piece, End):
            self._reason, self.usage = piece.reason, piece.usage
            return self._chosen("" if self._text else self._echo, (), 0, piece.reason)
        before = "" if self._text else self._echo
        at = self._length
        self._text.append(piece.text)
        self._length += len(piece.text)
        self._logprobs += piece.logprobs
        return self._chosen(before + piece.text, piece.logprobs, at, None)

    def choice(self) -> dict[str, Any]:
        """The choice of the whole reply."""
        text = "".join([self._echo, *self._text])
        return self._chosen(text, self._logprobs, len(self._echo), self._reason)

    def _chosen(
        self, text: str, told: Sequence[Logprob], at: int, reason: str | None
    ) -> dict[str, Any]:
        asked = self.job.options.logprobs is not None and bool(told)
        return {
            "index": self.index,
            "text": text,
            "logprobs": completion_logprobs(told, at) if asked else None,
            "finish_reason": reason,
        }
