"""A reply as it grows, and the text that flows out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Reply", "Trimmed"]

_SPACE = " \t\r\n\ufeff"


@dataclass(slots=True)
class Reply:
    """The text that has come; what stands before `at` is decided, and `line_start` says if a line starts there.

    `cut` becomes true at the end of a reply that stopped for its length.
    """

    text: str = ""
    at: int = 0
    line_start: bool = True
    cut: bool = False

    def add(self, piece: str) -> None:
        """Append a piece, in linear time over a whole reply."""
        # one reference only, so that Python can grow the string in place
        whole, self.text = self.text, ""
        whole += piece
        self.text = whole

    @property
    def char(self) -> str:
        """The next character, '' where more has to come."""
        return self.text[self.at : self.at + 1]

    def pass_space(self) -> None:
        """Go to the next character that is no space."""
        text, at = self.text, self.at
        while at < len(text) and text[at] in _SPACE:
            self.line_start = self.line_start or text[at] in "\r\n"
            at += 1
        self.at = at


class Trimmed:
    """Passes text on as it comes, but for the space at its beginning and its end."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self.any = False
        self._emit = emit
        self._open = False
        self._held: list[str] = []
        self._markup = ""

    def begin(self, markup: str = "") -> None:
        """Start a paragraph; `markup` is dropped from its end, because it opened before its beginning."""
        self._open, self._held, self._markup = False, [], markup

    def write(self, text: str) -> None:
        """Take the next piece of the paragraph."""
        if not self._open:
            text = text.lstrip(_SPACE)
            if not text:
                return
            self._held = ["\n"] if self.any else []
            self._open = self.any = True
        body = text.rstrip(_SPACE + "*_" if self._markup else _SPACE)
        if body:
            self._emit("".join([*self._held, body]))
            self._held = []
        if len(body) < len(text):
            self._held.append(text[len(body) :])

    def finish(self) -> None:
        """The paragraph is over; what is held back is space, or markup that belongs to it."""
        tail = "".join(self._held).rstrip(_SPACE)
        if tail and tail.strip(_SPACE) != self._markup:
            self._emit(tail)
        self.begin()
