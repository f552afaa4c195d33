"""What the Search tool would show for a query over a few notes, without a disk: same form, similar ranking."""

from __future__ import annotations

import math
import re
from collections import Counter
from random import Random
from typing import NamedTuple

TARGET, LIMIT, TOP = 320, 400, 3
STOP = set(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "she",
        "that",
        "the",
        "their",
        "them",
        "there",
        "they",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whose",
        "why",
        "will",
        "with",
        "you",
        "your",
        "s",
    ]
)


HEADINGS = ("Life", "Work", "Family", "Early years", "History", "Facts", "Figures", "Today", "Background", "Description", "Details", "Later years", "Building", "Nature", "Visitors", "In brief", "Notes", "Technical data", "People", "Career")


class Passage(NamedTuple):
    file: str
    title: str
    body: str
    of: str = ""  # whom the facts are about
    keys: frozenset[str] = frozenset()  # the facts that are told in it


def passages(rng: Random, file: str, title: str, lines: list[tuple[str, frozenset[str]]], of: str = "") -> list[Passage]:
    """Pack a note's lines into passages of about 320 characters; a note may have sections."""
    packed: list[Passage] = []
    sections = rng.random() < 0.3
    for line, keys in lines:
        fresh = sections and packed and rng.random() < 0.35
        if fresh and rng.random() < 0.15:
            line = f"{rng.choice(HEADINGS)}: {line}"
        if packed and not fresh and len(packed[-1].body) + len(line) + 1 <= TARGET:
            packed[-1] = Passage(file, title, f"{packed[-1].body} {line}", of, packed[-1].keys | keys)
        else:
            packed.append(Passage(file, title, line, of, keys))
    return packed


def _stems(text: str) -> list[str]:
    return [re.sub(r"(ing|ed|es|s)$", "", w) if len(w) > 4 else w for w in re.findall(r"\w+", text.lower()) if w not in STOP]


def line_of(passage: Passage) -> str:
    """The passage as the tool shows it: its file, its title where the text does not have it, cut at a word."""
    body = passage.body
    if len(body) > LIMIT:
        body = body[: LIMIT - 1].rsplit(" ", 1)[0].rstrip() + " …"
    body = body if passage.title.lower() in body.lower() else f"{passage.title}: {body}"
    return f"[{passage.file}] {body}"


def search(rng: Random, query: str, pool: list[Passage]) -> str:
    """The observation for `query`."""
    docs = [Counter(_stems(f"{p.title} {p.title} {p.body} {p.file}")) for p in pool]
    average = sum(d.total() for d in docs) / max(1, len(docs))
    scores = []
    for d in docs:
        score = 0.0
        for w in sorted(set(_stems(query))):
            n = sum(1 for other in docs if w in other)
            if d[w]:
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                score += idf * d[w] * 2.2 / (d[w] + 1.2 * (0.25 + 0.75 * d.total() / average))
        scores.append(score)
    order = sorted(range(len(pool)), key=lambda i: -scores[i])
    best = scores[order[0]] if order else 0.0
    shown = [i for i in order[: rng.choice((TOP, TOP, TOP, 2))] if scores[i] > 0 and scores[i] >= 0.5 * best]
    return "\n".join(line_of(pool[i]) for i in shown) or "No passages found."
