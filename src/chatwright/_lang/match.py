"""Does a text match a pattern? In time that grows with the text and the pattern, and not with their product's power.

All the ways through the pattern are followed at once, so that no pattern makes it go back and try again.
Lookaround is worked out for every place of the text beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..errors import ConstraintError
from . import chars as _chars
from .nfa import Nfa
from .regex import parse
from .tree import NEVER, Anchor, Either, Look, Node, Repeat, Seq, Text, lengths, plain

__all__ = ["Matcher", "matcher"]

_MOST_WORK = 4_000_000
_MOST_KEPT = 20_000

Holds = dict[int, Sequence[bool]]


@lru_cache(maxsize=128)
def matcher(pattern: str) -> Matcher:
    """A reader for texts of this pattern; a pattern that cannot be read is an error."""
    return Matcher(plain(parse(pattern)))


class Matcher:
    """Reads texts by one tree."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._sizes: dict[int, _Sized] = {}

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches."""
        return self._for(text).ends(text, anywhere=False)[-1]

    def search(self, text: str) -> bool:
        """Whether some part of the text matches."""
        return any(self._for(text).ends(text, anywhere=True))

    def _for(self, text: str) -> _Sized:
        """The reader for texts of about this length: for them a larger count is no count at all."""
        size = 100
        while size < len(text):
            size *= 10
        if size not in self._sizes:
            self._sizes[size] = _Sized(_counted(self._node, size))
        return self._sizes[size]


class _Sized:
    """Reads texts up to a certain length."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._looks: list[tuple[Look, _Run]] = []
        self._run = self._made(node, backwards=False)

    def ends(self, text: str, *, anywhere: bool) -> list[bool]:
        """For each place of the text whether a match ends there; with `anywhere` it may also begin anywhere."""
        return self._run.ends(text, self._holds(text), anywhere=anywhere)

    def _made(self, node: Node, *, backwards: bool) -> _Run:
        for look in _looks(node):
            # What stands ahead is found from the end of the text, where it ends, to where it starts.
            self._looks.append((look, self._made(look.item, backwards=not look.behind)))
        return _Run(_reversed(node) if backwards else node, backwards)

    def _holds(self, text: str) -> Holds:
        found: Holds = {}
        for look, run in self._looks:  # inner ones come first
            ends = run.ends(text, found, anywhere=True)
            found[id(look)] = [not end for end in ends] if look.negated else ends
        return found


class _Run:
    """One automaton and what is known about it so far."""

    def __init__(self, node: Node, backwards: bool) -> None:
        nfa = Nfa(lambda found: found.read)
        self._first = nfa.state()
        self._end = nfa.add(node, self._first)
        self._nfa = nfa
        self._backwards = backwards
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def ends(self, text: str, holds: Holds, *, anywhere: bool) -> list[bool]:
        """For each place of the text, from the first to the last, whether a match ends there."""
        size = len(text)
        found = [False] * (size + 1)
        work = 0
        places = range(size, -1, -1) if self._backwards else range(size + 1)
        states: frozenset[int] = frozenset([self._first])
        for count, place in enumerate(places):
            if count:
                char = text[place] if self._backwards else text[place - 1]
                key = (states, char)
                if key not in self._known:
                    work += len(states) + 1
                    self._keep(key, self._moved(states, char))
                states = self._known[key]
                if anywhere:
                    states |= {self._first}
                elif not states:
                    return found
            if self._nfa.conditions:
                states = self._open(states, text, place, holds)
                work += len(states)
            found[place] = self._end in states or self._end in self._closed(states)
            if work > _MOST_WORK:
                raise ConstraintError(
                    "the pattern takes too long on this text",
                    "make it simpler, or the text shorter",
                )
        return found

    def _closed(self, states: frozenset[int]) -> frozenset[int]:
        key = (states, "")
        if key not in self._known:
            self._keep(key, self._nfa.closure(states))
        return self._known[key]

    def _moved(self, states: frozenset[int], char: str) -> frozenset[int]:
        point = ord(char)
        return frozenset(
            to
            for state in self._closed(states)
            for found, to in self._nfa.moves[state]
            if _chars.holds(found, point)
        )

    def _keep(self, key: tuple[frozenset[int], str], found: frozenset[int]) -> None:
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        self._known[key] = found

    def _open(self, states: frozenset[int], text: str, place: int, holds: Holds) -> frozenset[int]:
        """With what is reached through conditions that hold at this place."""
        while True:
            reached = self._closed(states)
            more = {
                to
                for state in reached & self._nfa.conditions.keys()
                for condition, to in self._nfa.conditions[state]
                if to not in reached and _holds_at(condition, text, place, holds)
            }
            if not more:
                return reached
            states = reached | more


def _holds_at(condition: Anchor | Look, text: str, place: int, holds: Holds) -> bool:
    if isinstance(condition, Look):
        return holds[id(condition)][place]
    before, behind = text[place - 1 : place] if place else "", text[place : place + 1]
    match condition.kind:
        case "start":
            return place == 0
        case "end":
            return place == len(text)
        case "line_start":
            return before in ("", "\n")
        case "line_end":
            return behind in ("", "\n")
        case "edge" | "inside" as kind:
            edge = _is_word(before) != _is_word(behind)
            return edge == (kind == "edge")


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _counted(node: Node, size: int) -> Node:
    """The tree for texts of at most `size` characters, in which nothing can be there more often than that."""
    match node:
        case Seq(items):
            return Seq(tuple(_counted(item, size) for item in items))
        case Either(options):
            return Either(tuple(_counted(option, size) for option in options))
        case Look(item, behind, negated, at):
            return Look(_counted(item, size), behind, negated, at)
        case Repeat(item, least, most):
            inner = _counted(item, size)
            if lengths(item)[0] == 0:
                return Repeat(inner, least, most)
            return (
                NEVER
                if least > size
                else Repeat(inner, least, most if most and most < size else None)
            )
        case _:
            return node


def _looks(node: Node) -> list[Look]:
    """The lookarounds of a tree, but not those inside of them."""
    match node:
        case Look():
            return [node]
        case Seq(parts) | Either(parts):
            return [look for part in parts for look in _looks(part)]
        case Repeat(item, _, _):
            return _looks(item)
        case _:
            return []


def _reversed(node: Node) -> Node:
    match node:
        case Text(text):
            return Text(text[::-1])
        case Seq(items):
            return Seq(tuple(_reversed(item) for item in reversed(items)))
        case Either(options):
            return Either(tuple(_reversed(option) for option in options))
        case Repeat(item, least, most):
            return Repeat(_reversed(item), least, most)
        case _:
            return node
