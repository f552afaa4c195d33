"""The tags between which a model thinks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

__all__ = ["THINK", "Tags"]


@dataclass(frozen=True)
class Tags:
    """Pairs of a tag that opens thinking and the one that closes it."""

    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def close(self) -> re.Pattern[str]:
        """Any tag that closes."""
        return re.compile("|".join(re.escape(c) for _, c in self.pairs), re.IGNORECASE)

    @cached_property
    def open(self) -> re.Pattern[str]:
        """Any tag that opens."""
        return re.compile("|".join(re.escape(o) for o, _ in self.pairs), re.IGNORECASE)

    def opened(self, text: str, at: int, final: bool) -> int:
        """Behind the tag that opens at `at`; 0 if there is none, -1 if that cannot be told yet."""
        if found := self.open.match(text, at):
            return found.end()
        head = text[at : at + self._longest].lower()
        waits = not final and any(tag.lower().startswith(head) for tag, _ in self.pairs)
        return -1 if waits else 0

    def tail(self, text: str) -> int:
        """Where the end of the text starts that may still become a tag that closes, -1 if nowhere."""
        starts = {close[0] for _, close in self.pairs}
        return max(text.rfind(start, max(0, len(text) - self._longest)) for start in starts)

    def starts_inside(self, reply: str) -> bool:
        """Whether a whole reply closes thinking that it has not opened."""
        opened, closed = self.open.search(reply), self.close.search(reply)
        return closed is not None and (opened is None or opened.start() > closed.start())

    @cached_property
    def _longest(self) -> int:
        return max(len(tag) for pair in self.pairs for tag in pair)


THINK = Tags((("<think>", "</think>"), ("<thinking>", "</thinking>")))
