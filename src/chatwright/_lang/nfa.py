"""A tree as a nondeterministic automaton: what `automaton` and `match` are both made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import chars as _chars
from .chars import Chars, Ranges
from .tree import Anchor, Either, Look, Node, Ref, Repeat, Seq, Set, Text, TooLarge

__all__ = ["Nfa"]

_MOST_STATES = 20_000


class Nfa:
    """A tree as states with empty steps between them; `conditions` are steps that depend on the place."""

    def __init__(self, pick: Callable[[Chars], Ranges]) -> None:
        self._pick = pick
        self.steps: list[list[int]] = []
        self.moves: list[list[tuple[Ranges, int]]] = []
        self.conditions: dict[int, list[tuple[Anchor | Look, int]]] = {}

    def state(self) -> int:
        if len(self.steps) >= _MOST_STATES:
            raise TooLarge("the pattern repeats too much for a grammar", "allow fewer repeats")
        self.steps.append([])
        self.moves.append([])
        return len(self.steps) - 1

    def add(self, node: Node, start: int) -> int:
        """Add what a tree allows behind `start`, and say where it ends."""
        match node:
            case Text(text):
                for char in text:
                    start = self._move(start, _chars.of(char))
                return start
            case Set(found):
                return self._move(start, self._pick(found))
            case Seq(items):
                for item in items:
                    start = self.add(item, start)
                return start
            case Either(options):
                ends = [self.add(option, self._step(start)) for option in options]
                end = self.state()
                for each in ends:
                    self.steps[each].append(end)
                return end
            case Repeat():
                return self._repeat(node, start)
            case Anchor() | Look():
                to = self.state()
                self.conditions.setdefault(start, []).append((node, to))
                return to
            case Ref():
                raise ValueError(f"no automaton for {node!r}")

    def _repeat(self, node: Repeat, start: int) -> int:
        for _ in range(node.least):
            start = self.add(node.item, start)
        if node.most is None:
            loop = self._step(start)
            end = self.add(node.item, loop)
            self.steps[end].append(loop)
            self.steps[loop].append(after := self.state())
            return after
        after = self.state()
        for _ in range(node.most - node.least):
            self.steps[start].append(after)
            start = self.add(node.item, start)
        self.steps[start].append(after)
        return after

    def _step(self, start: int) -> int:
        to = self.state()
        self.steps[start].append(to)
        return to

    def _move(self, start: int, found: Ranges) -> int:
        to = self.state()
        self.moves[start].append((found, to))
        return to

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        ahead = list(states)
        seen = set(ahead)
        while ahead:
            for to in self.steps[ahead.pop()]:
                if to not in seen:
                    seen.add(to)
                    ahead.append(to)
        return frozenset(seen)
