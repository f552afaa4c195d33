"""Stop strings, cut out of a text that comes in pieces."""

from __future__ import annotations

from collections.abc import Sequence

from chatwright.errors import UsageError

__all__ = ["StopCutter"]


class StopCutter:
    """Text goes in as it comes, and out as far as no stop string can still begin in it.

    Which stop string is found does not depend on how the text is cut into pieces: it is the one that is
    complete first.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        if "" in stops:
            raise UsageError("a stop string is empty", "leave it out: every text contains it")
        self._stops = tuple(stops)
        self._held: str = ""
        self.found: str | None = None

    def feed(self, text: str) -> str:
        """What can be given out now; after a stop has been found, nothing."""
        if not self._stops:
            return text
        if self.found is not None:
            return ""
        text = self._held + text
        hits = [(at + len(stop), at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if hits:
            _, at, self.found = min(hits)
            self._held = ""
            return text[:at]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` could be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
