"""What stands between brackets: things in their order, each there or not, so many in all, with commas between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._lang.tree import EMPTY, Node, Ref, Repeat, Text, either, optional, seq
from ..errors import ConstraintError

__all__ = ["Thing", "row"]

_COMMA = Text(", ")
_MOST_RULES = 2000


@dataclass(frozen=True, slots=True)
class Thing:
    """A property or an item. `needed`: it must be there."""

    node: Node
    needed: bool


def row(
    things: Sequence[Thing],
    rest: Node | None,
    least: int,
    most: int | None,
    usual: int,
    name: Callable[[str], str],
    add: Callable[[str, Node], Ref],
) -> Node:
    """The things, then as many of `rest` as there is room for; from `least` to `most` in all.

    Without `most` there are at most `usual` of the rest. The caller has seen to it that something is possible.
    """
    needed = sum(t.needed for t in things)
    loose = least <= needed and (most is None or most >= len(things))
    most_rest = 0 if rest is None else most if most is not None else max(usual, least)
    if loose and (rest is None or (most is None and least <= needed)):
        return _free(things, _repeated(rest, 0, most_rest), name, add)
    return _Counted(things, rest, least, most, most_rest, name, add).start()


def _repeated(rest: Node | None, least: int, most: int) -> tuple[Node, Node]:
    """The rest as it stands alone, and behind something else."""
    if rest is None or most == 0:
        return EMPTY, EMPTY
    behind = Repeat(seq(_COMMA, rest), max(least - 1, 0), most - 1)
    alone = seq(rest, behind) if most > 1 else rest
    after = Repeat(seq(_COMMA, rest), least, most)
    return (alone if least else optional(alone)), after


def _free(
    things: Sequence[Thing],
    rest: tuple[Node, Node],
    name: Callable[[str], str],
    add: Callable[[str, Node], Ref],
) -> Node:
    """Every number that is possible is allowed, so nothing has to be counted."""
    alone, after = rest
    anchor = next((i for i, thing in enumerate(things) if thing.needed), None)
    if anchor is not None:
        before = [optional(seq(t.node, _COMMA)) for t in things[:anchor]]
        behind = [_behind(t) for t in things[anchor + 1 :]]
        return seq(*before, things[anchor].node, *behind, after)
    # Nothing is needed, so anything may be the first: each has a rule for what may follow it.
    starts: list[Node] = []
    follow: Node = after
    for i, thing in reversed(list(enumerate(things))):
        starts.append(seq(thing.node, follow))
        follow = seq(_behind(thing), follow)
        if i > 1:
            follow = add(name("rest"), follow)
    if alone != EMPTY:
        starts.insert(0, alone.item if isinstance(alone, Repeat) and alone.least == 0 else alone)
    return optional(either(reversed(starts))) if starts else EMPTY


def _behind(thing: Thing) -> Node:
    node = seq(_COMMA, thing.node)
    return node if thing.needed else optional(node)


class _Counted:
    """A rule for each thing and each number of those before it."""

    def __init__(
        self,
        things: Sequence[Thing],
        rest: Node | None,
        least: int,
        most: int | None,
        most_rest: int,
        name: Callable[[str], str],
        add: Callable[[str, Node], Ref],
    ) -> None:
        self._things, self._rest = things, rest
        self._least, self._most, self._most_rest = least, most, most_rest
        self._name, self._add = name, add
        self._known: dict[tuple[int, int], Node | None] = {}
        # from these on a count changes nothing
        self._enough = max(1, least, most or 0)

    def start(self) -> Node:
        found = self._from_end()
        if found is None:
            raise ConstraintError("no number of things is right here")
        return found

    def _from_end(self) -> Node | None:
        """The last thing first, so that a thousand of them are no thousand calls inside each other."""
        size = len(self._things)
        if size * (min(size, self._enough) + 1) > _MOST_RULES:
            raise ConstraintError(
                f"{size} properties or items with a bound on their number are too many for a grammar"
            )
        for i in range(size, -1, -1):
            for count in range(min(i, self._enough) + 1):
                self._known[i, count] = self._at(i, count)
        return self._known[0, 0]

    def _at(self, i: int, count: int) -> Node | None:
        if i == len(self._things):
            return self._end(count)
        thing = self._things[i]
        further = self._known[i + 1, min(count + 1, self._enough)]
        if self._most is not None and count >= self._most:
            further = None
        taken = None
        if further is not None:
            node = thing.node if count == 0 else seq(_COMMA, thing.node)
            taken = seq(node, further)
        skipped = None if thing.needed else self._known[i + 1, count]
        options = [option for option in (taken, skipped) if option is not None]
        if not options:
            return None
        if len(options) == 1:
            return options[0]
        return self._add(self._name(f"{i}-{count}"), either(options))

    def _end(self, count: int) -> Node | None:
        left = max(self._least - count, 0)
        room = self._most_rest if self._most is None else max(self._most - count, 0)
        if self._rest is None or room == 0:
            return EMPTY if left == 0 else None
        if left > room:
            return None
        alone, after = _repeated(self._rest, left, max(room, left))
        return alone if count == 0 else after
