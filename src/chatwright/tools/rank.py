"""Which passages fit a query best: BM25 over their words, bounded however large the index is."""

from __future__ import annotations

import heapq
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .store import passage, words_of
from .words import body_words, query_terms, query_words

__all__ = ["best"]

# What is weighed exactly, in passages times words: some milliseconds. All of a small index is.
_EXACT = 4_000
_COUNTED = 10_000  # passages with one word that are counted; what is beyond is estimated
_FEW = 200  # passages that are taken for a combination of common words
_WEIGHED = 64  # passages of a large index that are weighed with all words in the end
_PHRASE = 60_000  # passages with the rarest word of a phrase, at most

# A title counts twice: "Ada Lovelace born" then finds "She was born ..." in Ada's own file.
_SCORES = "SELECT rowid, -bm25(words, 2.0, 1.5, 1.0) FROM words WHERE words MATCH ?"
_ROWS = "SELECT rowid FROM words WHERE words MATCH ? LIMIT ?"
_COUNT = "SELECT count(*), max(rowid) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)"


def best(
    database: sqlite3.Connection, size: int, query: str, limit: int
) -> list[tuple[int, float]]:
    """The numbers of the passages that share words with the query, and their scores, best first."""
    terms = _counted(database, size, query_terms(query))
    scores: dict[int, float]
    if sum(term.count for term in terms) <= _EXACT:
        scores = _exact(database, size, terms)
    else:
        scores = _bounded(database, size, terms, query, max(limit, _WEIGHED))
    top = heapq.nsmallest(limit, scores, key=lambda row: (-scores[row], row))
    return [(row, scores[row]) for row in top]


@dataclass(frozen=True, slots=True)
class _Term:
    """A word in its quotes, and how many passages have it, estimated for a very common one."""

    quoted: str
    count: int


def _counted(database: sqlite3.Connection, size: int, terms: Iterable[str]) -> list[_Term]:
    found: list[_Term] = []
    most = None
    for term in terms:
        count, last = database.execute(_COUNT, (f'"{term}"', _COUNTED)).fetchone()
        if count == _COUNTED:
            most = most or database.execute("SELECT max(last) FROM files").fetchone()[0]
            count = max(count, min(size, int(count * most / last)))
        if count:
            found.append(_Term(f'"{term}"', count))
    return found


def _weight(size: int, count: int) -> float:
    """What a word is worth that stands in `count` of `size` passages."""
    return math.log1p((size - count + 0.5) / (count + 0.5))


def _exact(
    database: sqlite3.Connection,
    size: int,
    terms: Iterable[_Term],
    weights: dict[str, float] | None = None,
) -> dict[int, float]:
    """The sum of what each word adds to each passage that has it.

    SQLite gives a word that stands in half of all passages no weight at all. In a folder of three
    notes that is most words, so the weight is taken out of its score and a smoother one put in.
    """
    scores: dict[int, float] = defaultdict(float)
    for term in terms:
        rows: list[tuple[int, float]] = database.execute(_SCORES, (term.quoted,)).fetchall()
        ratio = (size - len(rows) + 0.5) / (len(rows) + 0.5)
        theirs = math.log(ratio) if ratio > 1 else 1e-6
        ours = weights[term.quoted] if weights else math.log1p(ratio)
        for row, score in rows:
            scores[row] += score * (ours / theirs)
    return scores


def _bounded(
    database: sqlite3.Connection, size: int, terms: list[_Term], query: str, most: int
) -> dict[int, float]:
    """The scores of the most promising passages of a large index.

    Rare words are weighed exactly. Of the common ones it is only looked up which of those passages have
    them, and which have several of them together. What is best so far is then weighed with all words.
    """
    terms = sorted(terms, key=lambda term: term.count)
    rare, common = _split(terms)
    weights = {term.quoted: _weight(size, term.count) for term in terms}
    scores = _exact(database, size, rare)
    any_rare = " OR ".join(term.quoted for term in rare)
    for term in common[:6] if rare else ():
        for (row,) in database.execute(_ROWS, (f"({any_rare}) AND {term.quoted}", _EXACT)):
            scores[row] += weights[term.quoted]
    for row in _together(database, common):
        scores[row] += sum(weights[term.quoted] for term in common[:2]) if row not in scores else 0
    phrase = _phrase(database, terms, query)
    for row in phrase:
        scores[row] += 2 * sum(weights.values())
    top = heapq.nlargest(most, scores, key=lambda row: (scores[row], -row))
    return _weighed(database, top, terms, weights, phrase)


def _split(terms: list[_Term]) -> tuple[list[_Term], list[_Term]]:
    """The rare words, as many as can be weighed exactly, and the others."""
    room = _EXACT
    for number, term in enumerate(terms):
        room -= term.count
        if room < 0:
            return terms[:number], terms[number:]
    return terms, []


def _together(database: sqlite3.Connection, common: list[_Term]) -> list[int]:
    """Passages with as many common words at once as possible."""
    found: dict[int, None] = {}
    for count in range(min(4, len(common)), 0, -1):
        words = " AND ".join(term.quoted for term in common[:count])
        for where in ("{title heading} : ", "") if count == 1 else ("",):
            rows = database.execute(_ROWS, (f"{where}({words})", _FEW - len(found) // 2))
            found.update(dict.fromkeys(row for (row,) in rows))
        if len(found) >= _FEW:
            break
    return list(found)


def _phrase(database: sqlite3.Connection, terms: list[_Term], query: str) -> set[int]:
    """Passages that have the query word for word."""
    words = query_words(query)
    if not 1 < len(words) <= 40 or not terms or terms[0].count > _PHRASE:
        return set()
    rows = database.execute(_ROWS, (f'"{body_words(" ".join(words))}"', _FEW))
    return {row for (row,) in rows}


def _weighed(
    database: sqlite3.Connection,
    rows: list[int],
    terms: list[_Term],
    weights: dict[str, float],
    phrase: set[int],
) -> dict[int, float]:
    """The passages weighed with all words, in a small index of their own."""
    small = words_of({row: passage(database, row) for row in sorted(rows)})
    try:
        scores = _exact(small, len(rows), terms, weights)
    finally:
        small.close()
    more = max(scores.values(), default=0.0) / 2
    return {row: score + (more if row in phrase else 0) for row, score in scores.items()}
