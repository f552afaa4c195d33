"""The answer behind `Final Answer:`, which flows until a label outside of a code block ends it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ._marks import MORE, Label, label_at
from ._reply import Reply, Trimmed

__all__ = ["AnswerReader"]

_FENCE = re.compile(r"[ \t]{0,8}(?:`{3}|~{3})")
_FENCE_STARTS = ("", "`", "``", "~", "~~")


class AnswerReader:
    """Reads an answer that began behind `label`; `over` once it has ended."""

    def __init__(self, reply: Reply, label: Label, emit: Callable[[str], None]) -> None:
        self.over = False
        self._reply = reply
        self._label = label
        self._out = Trimmed(emit)
        self._out.begin(label.markup)
        self._lines = 0
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
            label = label_at(reply.text, reply.at, final) if self._lines else None
            if label is MORE or (not final and self._may_be_fence()):
                return False
            if isinstance(label, Label) and self._ends_with(label):
                self._finish()
                return False
            if _FENCE.match(reply.text, reply.at):
                self._in_code = not self._in_code
            reply.line_start = False
        end = reply.text.find("\n", reply.at)
        to = end + 1 if end >= 0 else len(reply.text)
        self._out.write(reply.text[reply.at : to])
        reply.at = to
        if end >= 0:
            reply.line_start, self._lines = True, self._lines + 1
        elif final:
            self._finish()
        return end >= 0

    def _finish(self) -> None:
        self._out.finish()
        self.over = True

    def _ends_with(self, label: Label) -> bool:
        # A model that runs on writes its labels as before; other ones may be part of the answer.
        return not self._in_code and label.kind != "answer" and label.like(self._label)

    def _may_be_fence(self) -> bool:
        tail = self._reply.text[self._reply.at : self._reply.at + 11]
        at_end = self._reply.at + len(tail) == len(self._reply.text)
        return at_end and tail.strip(" \t") in _FENCE_STARTS
