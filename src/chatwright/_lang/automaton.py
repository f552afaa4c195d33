"""Deterministic automata over characters: for what a tree cannot say.

Both of two patterns, no more than so many characters, none of these words: each is an operation on automata.
Every function stops with `TooLarge` at a size that is known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from . import chars as _chars
from .chars import Ranges
from .nfa import Nfa
from .tree import Node, TooLarge

__all__ = ["Automaton", "build", "counted", "inside", "intersect", "made", "none_of"]

_MOST_STATES = 8_000
_MOST_ENTRIES = 400_000
_MOST_ROUNDS = 60
_MOST_WORK = 200_000

_State = TypeVar("_State")
Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Automaton:
    """State 0 is the start. `rows[i][b]` is where state i goes on a character of block b, -1 for nowhere.

    Blocks share no character. Every state can be reached and leads to an end, but for the start if nothing is
    allowed at all.
    """

    blocks: tuple[Ranges, ...]
    rows: tuple[Row, ...]
    final: frozenset[int]

    @property
    def empty(self) -> bool:
        """Whether it allows nothing at all."""
        return not self.final

    @property
    def endless(self) -> bool:
        """Whether it allows texts of any length."""
        return _ends_first(self.rows) is None

    def accepts(self, text: str) -> bool:
        at = 0
        for char in text:
            point = ord(char)
            block = next((b for b, r in enumerate(self.blocks) if _chars.holds(r, point)), None)
            if block is None or (at := self.rows[at][block]) < 0:
                return False
        return at in self.final

    def edges(self, state: int) -> list[tuple[Ranges, int]]:
        """Where a state leads, by the characters that lead there."""
        by_target: dict[int, list[Ranges]] = {}
        for block, to in zip(self.blocks, self.rows[state], strict=True):
            if to >= 0:
                by_target.setdefault(to, []).append(block)
        return [(_chars.union(*found), to) for to, found in by_target.items()]


def build(node: Node, *, reading: bool = False) -> Automaton:
    """The automaton of a tree without anchors and refs; of what may be written, or (`reading`) accepted."""
    nfa = Nfa((lambda c: c.read) if reading else (lambda c: c.write))
    end = nfa.add(node, nfa.state())
    sets = list(dict.fromkeys(found for moves in nfa.moves for found, _ in moves))
    blocks, inside_of = _partition(sets)
    number = {found: blocks_of for found, blocks_of in zip(sets, inside_of, strict=True)}
    moves = [[(number[found], to) for found, to in moves] for moves in nfa.moves]

    work = 0

    def row(here: frozenset[int]) -> list[frozenset[int] | None]:
        nonlocal work
        work += len(here)
        if work > _MOST_WORK:
            raise TooLarge("the pattern is too large for a grammar", "make it simpler")
        reached: dict[int, set[int]] = {}
        for state in here:
            for touched, to in moves[state]:
                for block in touched:
                    reached.setdefault(block, set()).add(to)
        closed = {to: nfa.closure(to) for to in {frozenset(v) for v in reached.values()}}
        return [closed[frozenset(reached[b])] if b in reached else None for b in range(len(blocks))]

    return _tidy(blocks, *_explored(nfa.closure([0]), row, lambda here: end in here))


def intersect(a: Automaton, b: Automaton) -> Automaton:
    """What both allow."""
    pairs = [
        (shared, i, j)
        for i, one in enumerate(a.blocks)
        for j, other in enumerate(b.blocks)
        if (shared := _chars.both(one, other))
    ]

    def row(here: tuple[int, int]) -> list[tuple[int, int] | None]:
        one, other = a.rows[here[0]], b.rows[here[1]]
        return [(one[i], other[j]) if one[i] >= 0 <= other[j] else None for _, i, j in pairs]

    blocks = tuple(shared for shared, _, _ in pairs)
    found = _explored((0, 0), row, lambda here: here[0] in a.final and here[1] in b.final)
    return _tidy(blocks, *found)


def none_of(a: Automaton) -> Automaton:
    """Everything that it does not allow."""
    rest = _chars.invert(_chars.union(*a.blocks))
    sink = len(a.rows)
    rows = [tuple(sink if to < 0 else to for to in (*row, -1)) for row in a.rows]
    rows.append((sink,) * (len(a.blocks) + 1))
    final = {i for i in range(len(rows)) if i not in a.final}
    return _tidy((*a.blocks, rest), rows, final)


def counted(least: int, most: int) -> Automaton:
    """Any text of so many characters."""
    if most >= _MOST_STATES:
        raise TooLarge(f"{most:,} characters are too many to count", "allow fewer")
    rows = [(i + 1 if i < most else -1,) for i in range(most + 1)]
    return Automaton((_chars.ALL,), tuple(rows), frozenset(range(least, most + 1)))


def inside(small: Automaton, large: Automaton) -> bool:
    """Whether everything that `small` allows is also allowed by `large`."""
    return intersect(small, none_of(large)).empty


def made(blocks: Sequence[Ranges], rows: Sequence[Row], final: set[int]) -> Automaton:
    """An automaton from its parts, made small."""
    return _tidy(tuple(blocks), rows, final)


def _partition(sets: Sequence[Ranges]) -> tuple[tuple[Ranges, ...], list[list[int]]]:
    """Blocks such that each set is some of them, and which ones each set is."""
    marks = sorted(
        mark
        for i, found in enumerate(sets)
        for low, high in found
        for mark in ((low, 1, i), (high + 1, 0, i))
    )
    open_: set[int] = set()
    parts: dict[frozenset[int], list[tuple[int, int]]] = {}
    at = 0
    for point, opens, i in marks:
        if point > at and open_:
            parts.setdefault(frozenset(open_), []).append((at, point - 1))
        at = point
        (open_.add if opens else open_.discard)(i)
    blocks_of: list[list[int]] = [[] for _ in sets]
    for block, members in enumerate(parts):
        for i in members:
            blocks_of[i].append(block)
    return tuple(_chars.ranges(pairs) for pairs in parts.values()), blocks_of


def _explored(
    start: _State, row: Callable[[_State], list[_State | None]], is_final: Callable[[_State], bool]
) -> tuple[list[Row], set[int]]:
    """The states that can be reached from the first one, numbered as they are found."""
    number: dict[_State, int] = {start: 0}
    ahead = deque([start])
    rows: list[Row] = []
    while ahead:
        made: list[int] = []
        for to in row(ahead.popleft()):
            if to is not None and to not in number:
                number[to] = len(number)
                ahead.append(to)
            made.append(-1 if to is None else number[to])
        rows.append(tuple(made))
        if len(number) > _MOST_STATES or len(rows) * len(made) > _MOST_ENTRIES:
            raise TooLarge("the pattern is too large for a grammar", "make it simpler")
    return rows, {n for state, n in number.items() if is_final(state)}


def _tidy(blocks: tuple[Ranges, ...], rows: Sequence[Row], final: set[int]) -> Automaton:
    """The smallest automaton that allows the same, without states that lead nowhere."""
    alive = _alive(rows, final)
    if 0 not in alive:
        return Automaton(blocks, ((-1,) * len(blocks),), frozenset())
    kept = [tuple(to if to in alive else -1 for to in row) for row in rows]
    groups = _merged(kept, final)
    number: dict[int, int] = {groups[0]: 0}
    ahead = deque([0])
    made: list[Row] = []
    ends: set[int] = set()
    while ahead:
        state = ahead.popleft()
        if state in final:
            ends.add(len(made))
        for to in kept[state]:
            if to >= 0 and groups[to] not in number:
                number[groups[to]] = len(number)
                ahead.append(to)
        made.append(tuple(-1 if to < 0 else number[groups[to]] for to in kept[state]))
    return _joined(blocks, made, frozenset(ends))


def _joined(blocks: tuple[Ranges, ...], rows: Sequence[Row], final: frozenset[int]) -> Automaton:
    """With blocks made one that lead to the same places everywhere, and without those that lead nowhere."""
    columns: dict[tuple[int, ...], list[int]] = {}
    for block, column in enumerate(zip(*rows, strict=True)):
        columns.setdefault(column, []).append(block)
    used = [(c, found) for c, found in columns.items() if any(to >= 0 for to in c)]
    fewer = tuple(_chars.union(*(blocks[b] for b in found)) for _, found in used)
    turned = tuple(zip(*(c for c, _ in used), strict=True)) if used else ((),) * len(rows)
    return Automaton(fewer, turned, final)


def _alive(rows: Sequence[Row], final: set[int]) -> set[int]:
    """The states from which an end can be reached."""
    back: list[set[int]] = [set() for _ in rows]
    for i, row in enumerate(rows):
        for to in row:
            if to >= 0:
                back[to].add(i)
    alive = set(final)
    ahead = list(alive)
    while ahead:
        for i in back[ahead.pop()] - alive:
            alive.add(i)
            ahead.append(i)
    return alive


def _merged(rows: Sequence[Row], final: set[int]) -> list[int]:
    """For each state the number of its group: states that allow the same from there on share one."""
    if (order := _ends_first(rows)) is not None:
        known: dict[object, int] = {}
        group = list(range(len(rows)))
        for i in order:
            shape = (i in final, *(group[to] if to >= 0 else -1 for to in rows[i]))
            group[i] = known.setdefault(shape, i)
        return group
    group = [int(i in final) for i in range(len(rows))]
    count = 0
    # Each round looks one step further. Stopping early would only leave the automaton larger.
    for _ in range(_MOST_ROUNDS):
        known = {}
        group = [
            known.setdefault((group[i], *(group[to] if to >= 0 else -1 for to in row)), i)
            for i, row in enumerate(rows)
        ]
        if len(known) == count:
            return group
        count = len(known)
    return list(range(len(rows)))


def _ends_first(rows: Sequence[Row]) -> list[int] | None:
    """The states, each behind those that it leads to; None if there is a loop."""
    waits = [len({to for to in row if to >= 0}) for row in rows]
    back: list[list[int]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for to in {to for to in row if to >= 0}:
            back[to].append(i)
    ready = [i for i, n in enumerate(waits) if n == 0]
    order: list[int] = []
    while ready:
        at = ready.pop()
        order.append(at)
        for i in back[at]:
            waits[i] -= 1
            if waits[i] == 0:
                ready.append(i)
    return order if len(order) == len(rows) else None
