"""Text and names out of files made fit to be shown: one line of characters that steer nothing."""

from __future__ import annotations

import os
import re

__all__ = ["cleaned", "shown"]

# What colours a terminal, and what a man page overstrikes to look bold ("N\bN").
_ESCAPE = (
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?|[ -/]*[0-~])|[^\n]\x08"
)
# They stand inside words and are not seen: soft hyphens, marks of direction, the mark of an encoding.
_UNSEEN = "[\xad\u202a-\u202e\u2066-\u2069\ufeff]"
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_HALF = "[\ud800-\udfff]"  # half a character: no database takes it


def cleaned(text: str) -> str:
    """The text without control characters and escape sequences.

    >>> cleaned("a \\x1b[31mred\\x1b[0m fox")
    'a red fox'
    """
    if text.isprintable():
        return text
    text = re.sub(_UNSEEN, "", re.sub(_ESCAPE, "", text))
    return " ".join(re.sub(_CONTROL, " ", re.sub(_HALF, "\ufffd", text)).split())


def shown(name: str) -> str:
    """A file name as one line of real characters, whatever the disk holds."""
    return " ".join(cleaned(os.fsencode(name).decode("utf-8", "replace")).split()) or "?"
