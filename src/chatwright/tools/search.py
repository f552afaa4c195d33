"""The tool `Search`: the passages of a folder of documents that fit a question, a line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .documents import Skipped
from .index import Hit, Index, telling_words
from .passages import Passage
from .tool import Tool

__all__ = ["NOTHING", "Find", "search"]

NOTHING = "No passages found."

_MOST = 3
_LONGEST = 400
_WORTH = 0.5  # of the best score: below it a passage is more likely to mislead than to help


def search(folder: str | Path | Index) -> Tool:
    """A tool that finds passages in the text and Markdown of a folder, or in an `Index` that is there.

    What could not be read stands in the index: `.skipped` file by file, `.notice` in one line. It is
    also at hand as `tool.call.index`.
    """
    index = folder if isinstance(folder, Index) else Index.read(folder)
    return Tool(
        "Search",
        "Finds passages in the documents.",
        {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
        },
        Find(index),
        idempotent=True,
    )


@dataclass(frozen=True, slots=True)
class Find:
    """What the tool calls: a query in, lines out."""

    index: Index

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The files that were not read, each with the reason."""
        return self.index.skipped

    def __call__(self, query: Any) -> str:
        """At most three passages, a line each, or the words of `NOTHING`."""
        return _answer(self.index, query if isinstance(query, str) else str(query))


def _answer(index: Index, query: str) -> str:
    """At most three passages, best first; what is clearly worse than the best is left out."""
    lines: dict[str, str] = {}
    for hit in _worthy(index.find(query)):
        lines.setdefault(hit.passage.text.casefold(), _line(hit.passage, query))
    return "\n".join(list(lines.values())[:_MOST]) or NOTHING


def _worthy(hits: list[Hit]) -> list[Hit]:
    return [hit for hit in hits if hit.score >= hits[0].score * _WORTH]


def _line(passage: Passage, query: str) -> str:
    text = _short(passage.text)
    heading = passage.heading
    if heading and _shares_more(query, heading, text):
        text = f"{heading}: {text}"
    if not _names(text, passage.title):
        text = f"{passage.title}: {text}"
    return " ".join(f"[{passage.file}] {text}".split())


def _names(text: str, title: str) -> bool:
    """Does the text hold the title, as a word of its own? "Canada" does not name Ada."""
    # Only letters with a small and a large form have borders that can be seen: 東京都 does name 東京.
    left, right = (r"\b" if c.lower() != c.upper() else "" for c in (title[0], title[-1]))
    return bool(re.search(f"{left}{re.escape(title)}{right}", text, re.IGNORECASE))


def _shares_more(query: str, heading: str, text: str) -> bool:
    """Was a word of the query found in the heading alone? Then the passage needs it to make sense."""
    asked = (word for word in telling_words(query) if len(word) > 2)
    return any(word in heading.lower() and word not in text.lower() for word in asked)


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    end = text.rfind(" ", 0, _LONGEST - 1)
    return f"{text[: end if end > 0 else _LONGEST - 2].rstrip()} …"
