"""The passages of a folder in SQLite's full-text search, found by their words and ranked by BM25."""

from __future__ import annotations

import heapq
import math
import re
import sqlite3
import threading
import unicodedata
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from .documents import Skipped, read_documents
from .passages import Passage, passages

__all__ = ["Hit", "Index", "telling_words"]

_MAX_TERMS = 64  # a query with more distinct words than this is not a question

_STOP = (
    "a about all also am an and any are as at be been being but by can could did do does for from had has"
    " have he her hers him his how i if in into is it its just may me might more most much my no not of on"
    " one or our s she should so some such t tell than that the their them then there these they this those"
    " to too up was we were what whats when where which who whom whose why will with would you your"
)
_STOP_WORDS = frozenset(_STOP.split())

# Scripts that put no spaces between words. Each character is a word of the index, and a query asks for
# two neighbours at a time. Korean has spaces, but glues its particles to the words.
_UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff"  # Japanese kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # Chinese characters
    "\uac00-\ud7a3"  # Korean
    "]"
)

_SCHEMA = """
CREATE VIRTUAL TABLE passages USING fts5(
    title, heading, body, file UNINDEXED, shown_title UNINDEXED, shown_heading UNINDEXED,
    shown UNINDEXED, tokenize = "porter unicode61 remove_diacritics 2"
)"""
_INSERT = "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)"
# A title counts twice: "Ada Lovelace born" then finds "She was born ..." in Ada's own file.
_SCORES = "SELECT rowid, -bm25(passages, 2.0, 1.5, 1.0) FROM passages WHERE passages MATCH ?"
_SHOWN = "SELECT file, shown_title, shown_heading, shown FROM passages WHERE rowid = ?"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; a higher score is better, and means something only beside its neighbours."""

    passage: Passage
    score: float


class Index:
    """Documents that can be searched from any thread. `skipped` names what was not read, and why."""

    def __init__(self, found: Iterable[Passage], skipped: Iterable[Skipped] = ()) -> None:
        self.skipped = tuple(skipped)
        # One connection for all threads: the lock keeps them apart.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._database.close)
        try:
            self._database.execute(_SCHEMA)
        except sqlite3.OperationalError as err:
            raise UsageError(
                f"document search does not work with this Python's SQLite: {err}",
                "use a Python whose sqlite3 module has FTS5, such as the one from python.org",
            ) from err
        self._database.executemany(_INSERT, (_row(passage) for passage in found))
        self._database.commit()
        self._size: int = self._database.execute("SELECT count(*) FROM passages").fetchone()[0]

    @classmethod
    def read(cls, folder: str | Path) -> Index:
        """The index of a folder of documents, or of one file; `UsageError` when there is nothing to read."""
        found: list[Passage] = []
        skipped: list[Skipped] = []
        for document in read_documents(folder):
            if isinstance(document, Skipped):
                skipped.append(document)
            elif cut := passages(document):
                found += cut
            else:
                skipped.append(Skipped(document.file, "empty"))
        if not found:
            raise UsageError(
                f"there are no documents to read in '{folder}'",
                _notice(skipped) or "give a folder of .md or .txt files",
            )
        return cls(found, skipped)

    @property
    def notice(self) -> str:
        """One line on what was not read, for a person; empty when everything was."""
        return _notice(self.skipped)

    def find(self, query: str, limit: int = 20) -> list[Hit]:
        """The passages that share words with the query, best first. No query is wrong, some find nothing."""
        scores: dict[int, float] = defaultdict(float)
        with self._lock:
            for term in _query_terms(query):
                for row, score in self._scores(term):
                    scores[row] += score
            best = heapq.nsmallest(limit, scores, key=lambda row: (-scores[row], row))
            return [Hit(self._passage(row), scores[row]) for row in best]

    def _scores(self, term: str) -> list[tuple[int, float]]:
        """What one term adds to each passage that has it.

        SQLite gives a word that stands in half of all passages no weight at all. In a folder of three
        notes that is most words, so the weight is taken out of its score and a smoother one put in.
        """
        # Letters, digits, accents and spaces alone get in here, so no term can break out of its quotes.
        rows: list[tuple[int, float]] = self._database.execute(_SCORES, (f'"{term}"',)).fetchall()
        ratio = (self._size - len(rows) + 0.5) / (len(rows) + 0.5)
        weight = math.log1p(ratio) / (math.log(ratio) if ratio > 1 else 1e-6)
        return [(row, score * weight) for row, score in rows]

    def _passage(self, row: int) -> Passage:
        return Passage(*self._database.execute(_SHOWN, (row,)).fetchone())


def _row(passage: Passage) -> tuple[str, ...]:
    title, heading, text = passage.title, passage.heading, passage.text
    return (
        *(_spaced(_folded(part)) for part in (_findable_title(passage), heading, text)),
        *(passage.file, title, heading, text),
    )


def _findable_title(passage: Passage) -> str:
    """The title, and the words of the file's name that it lacks."""
    known = set(_words(passage.title))
    name = [w for w in _words(passage.file.rpartition(".")[0]) if w not in known]
    return " ".join([passage.title, *name])


def telling_words(query: str) -> list[str]:
    """The distinct words of a query that say what it is about; all of them if none does."""
    words = list(dict.fromkeys(_words(re.sub(r"['’ʼ`]s\b", " ", query[:20_000]))))
    return [word for word in words if word not in _STOP_WORDS] or words


def _query_terms(query: str) -> list[str]:
    terms = dict.fromkeys(term for word in telling_words(query) for term in _terms(word))
    return list(terms)[:_MAX_TERMS]


def _words(text: str) -> list[str]:
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in _folded(text))
    return "".join(kept).split()


def _terms(word: str) -> list[str]:
    """The word itself, or pairs of neighbours where its script has no spaces."""
    if not _UNSPACED.search(word):
        return [word]
    terms: list[str] = []
    for run in re.split(f"({_UNSPACED.pattern}+)", word):
        if _UNSPACED.match(run):
            terms += [" ".join(run[i : i + 2]) for i in range(max(1, len(run) - 1))]
        elif run:
            terms.append(run)
    return terms


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _spaced(text: str) -> str:
    return _UNSPACED.sub(r" \g<0> ", text)


def _notice(skipped: Iterable[Skipped]) -> str:
    """`not read: a.pdf (a .pdf file), 12 × a .py file`."""
    skipped = list(skipped)
    many = {reason for reason, count in Counter(s.reason for s in skipped).items() if count > 3}
    named = [f"{s.file} ({s.reason})" for s in skipped if s.reason not in many]
    counted = [f"{sum(s.reason == r for s in skipped)} × {r}" for r in sorted(many)]
    parts = named[:8] + ([f"{len(named) - 8} more"] if len(named) > 8 else []) + counted
    return f"not read: {', '.join(parts)}" if parts else ""
