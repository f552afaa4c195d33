"""The answer behind `Final Answer:`, which flows until a label outside of a code block ends it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ._marks import MORE, Label, fence_line_at, label_at
from ._reply import Reply, Trimmed

__all__ = ["AnswerReader"]

# a line that may turn out to start with a label or a fence; others are passed on at once
_LINE = re.compile(r"\n(?=[ \t#*_]*(?:[TAOFQtaofq`~\r\n]|\Z))")


class AnswerReader:
    """Reads an answer that began behind `label`; `over` once it has ended."""

    def __init__(self, reply: Reply, label: Label, emit: Callable[[str], None]) -> None:
        self.over = False
        self._reply = reply
        self._label = label
        self._out = Trimmed(emit)
        self._out.begin(label.markup)
        self._below = False  # the first line of the answer, where its own label stands, is over
        self._in_code = False
        reply.line_start = True

    @property
    def empty(self) -> bool:
        """Whether nothing has been said."""
        return not self._out.any

    def step(self, final: bool) -> bool:
        """Pass on what is certain; false once more text is needed."""
        reply = self._reply
        if reply.line_start:
            label = label_at(reply.text, reply.at, final) if self._below else None
            fence = fence_line_at(reply.text, reply.at, final)
            if label is MORE or fence is MORE:
                return False
            if isinstance(label, Label) and self._ends_with(label):
                self._finish()
                return False
            if fence is not None:
                self._in_code = not self._in_code
            reply.line_start = False
        line = _LINE.search(reply.text, reply.at)
        to = line.end() if line else len(reply.text)
        self._out.write(reply.text[reply.at : to])
        reply.at = to
        if line:
            reply.line_start = self._below = True
        elif final:
            self._finish()
        return line is not None

    def _finish(self) -> None:
        self._out.finish()
        self.over = True

    def _ends_with(self, label: Label) -> bool:
        # A model that runs on writes its labels as before; other ones may be part of the answer.
        return not self._in_code and label.kind != "answer" and label.like(self._label)
