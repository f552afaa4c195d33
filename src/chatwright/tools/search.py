"""The tool `Search`: the passages of a folder of documents that fit a question, a line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .found import Passage, Skipped
from .index import Hit, Index
from .tool import Tool
from .words import query_terms, telling_words

__all__ = ["NOTHING", "Find", "search"]

NOTHING = "No passages found."

_MOST = 3
_LONGEST = 400  # characters of a line
_LEAST = 160  # of them for the passage itself, whatever its title is
_NAME = 100  # of them for the file's name, and for headings: of both the end tells more
_BEFORE = 60  # characters before the first word that was found, where the start does not fit
_PLACES = 100
_WORTH = 0.5  # of the best score: below it a passage is more likely to mislead than to help


def search(folder: str | Path | Index) -> Tool:
    """A tool that finds passages in the documents of a folder, or in an `Index` that is there.

    What is read is kept in the user's cache for the next time. What could not be read stands in the index:
    `.skipped` file by file, `.notice` in one line. It is also at hand as `tool.call.index`.
    """
    index = folder if isinstance(folder, Index) else Index.open(folder)
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
        self.index.refresh_if_due()
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
    """`[file] Title: passage`, with what it takes to understand the passage, and no longer than `_LONGEST`."""
    where, heading = _place(passage)
    heading = heading if len(heading) <= _NAME else f"…{heading[1 - _NAME :]}"
    lead = f"{heading}: " if heading and _shares_more(query, heading, passage.text) else ""
    room = _LONGEST - len(where) - 3
    text = _around(passage.text, query, room - len(lead))
    if not _names(lead + text, passage.title):
        lead = f"{passage.title}: {lead}"
        if len(lead) > room - _LEAST:
            lead = f"{lead[: room - _LEAST - 3].rstrip()}…: "
        text = _around(passage.text, query, room - len(lead))
    return " ".join(f"[{where}] {lead}{text}".split())


def _place(passage: Passage) -> tuple[str, str]:
    """The file, with the page where it has pages, and the headings that are left to be shown."""
    file = passage.file
    where = file if len(file) <= _NAME else f"…{file[1 - _NAME :]}"
    if file.lower().endswith(".pdf") and passage.heading.startswith("page "):
        return f"{where}, {passage.heading}", ""
    return where, passage.heading


def _names(text: str, title: str) -> bool:
    """Does the text hold the title, as a word of its own? "Canada" does not name Ada."""
    # Only letters with a small and a large form have borders that can be seen: 東京都 does name 東京.
    left, right = (r"\b" if c.lower() != c.upper() else "" for c in (title[0], title[-1]))
    return bool(re.search(f"{left}{re.escape(title)}{right}", text, re.IGNORECASE))


def _shares_more(query: str, heading: str, text: str) -> bool:
    """Was a word of the query found in the heading alone? Then the passage needs it to make sense."""
    asked = (word for word in telling_words(query) if len(word) > 2)
    return any(word in heading.lower() and word not in text.lower() for word in asked)


def _around(text: str, query: str, room: int) -> str:
    """The text; of one that is too long the stretch with the most words of the query, cut between words."""
    if len(text) <= room:
        return text
    words = "|".join(_pattern(term) for term in query_terms(query)) or "$"
    found = re.finditer(words, text, re.IGNORECASE)
    places = [(match.start(), match[0].lower()) for match in found][:_PLACES]
    starts = [0, *(max(0, place - _BEFORE) for place, _ in places)]
    counts = [len({w for p, w in places if start <= p < start + room - 40}) for start in starts]
    return _cut(text, starts[counts.index(max(counts))], room)


def _pattern(term: str) -> str:
    """What the forms of a word begin with; neighbours of a script without spaces as they stand."""
    if " " in term:
        return re.escape(term.replace(" ", ""))
    return rf"(?<!\w){re.escape(term[: max(4, len(term) - 2)])}"


def _cut(text: str, start: int, room: int) -> str:
    """From `start` as far as the room goes, between words where there are any."""
    start = min(start, len(text) - room + 2)
    if start > 0:
        space = text.find(" ", start, start + _BEFORE)
        start = space + 1 if space > 0 else start
        rest = text[start:]
        return f"… {rest if len(rest) <= room - 2 else _cut(rest, 0, room - 2)}"
    end = text.rfind(" ", 0, room - 1)
    return f"{text[: end if end > 0 else room - 2].rstrip()} …"
