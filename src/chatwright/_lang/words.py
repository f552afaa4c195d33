"""A list of texts as a tree in which no two options begin alike, so that the engine follows one way only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .tree import EMPTY, Node, Text, either, seq

__all__ = ["words"]

_DEEPEST = 40


def words(texts: Sequence[str], depth: int = 0) -> Node:
    """One of these texts.

    >>> from chatwright._lang.tree import Text
    >>> words(["true"]) == Text("true")
    True
    """
    texts = list(dict.fromkeys(texts))
    if len(texts) == 1:
        return Text(texts[0]) if texts[0] else EMPTY
    if depth > _DEEPEST:
        return either(Text(t) if t else EMPTY for t in texts)
    options: list[Node] = []
    # in the order in which they were given, as far as that goes
    order = {text[:1]: -i for i, text in reversed(list(enumerate(texts)))}
    for first, group in groupby(sorted(texts, key=lambda t: -order[t[:1]]), key=lambda t: t[:1]):
        if not first:
            options.append(EMPTY)
            continue
        alike = list(group)
        start = _common(alike)
        options.append(seq(Text(start), words([t[len(start) :] for t in alike], depth + 1)))
    return either(options)


def _common(texts: Sequence[str]) -> str:
    """What they all begin with."""
    low, high = min(texts), max(texts)
    alike = (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return low[: next(alike, len(low))]
