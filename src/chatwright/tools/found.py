"""What comes out of a folder: documents, their passages, files that are not read, and how far the reading is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Document", "Passage", "Progress", "Skipped", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text and the name of its file inside the folder, with forward slashes."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Some sentences, the file and the title they stand under, and the headings on the way down."""

    file: str
    title: str
    heading: str
    text: str


class Skipped(NamedTuple):
    """A file or folder that was not read, and why."""

    file: str
    reason: str


class Unreadable(Exception):
    """A file that holds no document; the reason, in a few words, is shown beside its name."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading is. While the folder is still looked through, `of_files` counts what was found."""

    files: int
    of_files: int
    bytes: int = 0
    of_bytes: int = 0

    def __str__(self) -> str:
        if not self.of_bytes:
            return f"{self.of_files:,} files found"
        files = f"{self.files:,} of {self.of_files:,} files"
        return f"{files}, {self.bytes / 1e6:,.0f} of {self.of_bytes / 1e6:,.0f} MB"
