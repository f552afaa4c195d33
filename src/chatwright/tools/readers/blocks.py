"""What every kind of document is read into: a title, headings, and paragraphs of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "Heading", "Paragraph", "Title"]


@dataclass(frozen=True, slots=True)
class Title:
    """What the document says it is called; without one it is the first heading, or the file's name."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, 1 for the largest."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; a list item, a table row or a line of code is a line of its own."""

    lines: Sequence[str]


Block = Title | Heading | Paragraph
