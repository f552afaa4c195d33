"""Is a grammar one that the engine can follow, and follow quickly?

The engine keeps a stack for every way in which the text so far can go on. Most grammars have a few; of some the
number doubles with each character, and the engine would neither answer nor let go. So the same is done here, on
the characters that leave the most ways open, until it is clear that they stay few.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ..errors import ConstraintError
from . import chars as _chars
from .chars import Ranges
from .finite import pruned
from .gbnf import FIRST_TOKEN, parse
from .tree import NEVER, Either, Node, Ref, Repeat, Seq, Set, Text, refs

__all__ = ["Loop", "check", "check_rules", "follows", "refuse_loops"]

_MOST_WAYS = 1000
_MOST_LEVELS = 400  # rules that begin with rules; the engine goes down by recursion
_MOST_RULES = 20_000
_MOST_EFFORT = 40_000
_MOST_RANGES = 3_000
_HINT = "write it so that the next character decides how it goes on"


@lru_cache(maxsize=64)
def check(gbnf: str) -> None:
    """Raise if the engine should not get this grammar, and say why."""
    check_rules(parse(gbnf))


def check_rules(rules: Mapping[str, Node], *, most_ways: int = _MOST_WAYS) -> None:
    """The same for rules as trees; it starts at `root`."""
    if "root" not in rules:
        raise ConstraintError(
            "the grammar has no rule named root", "the answer starts with 'root ::= ...'"
        )
    if len(rules) > _MOST_RULES:
        raise ConstraintError(f"the grammar has more than {_MOST_RULES:,} rules")
    for name, node in rules.items():
        for used in refs(node):
            if used not in rules:
                raise ConstraintError(
                    f"the grammar's rule '{name}' uses '{used}', which is not there",
                    f"known: {', '.join(list(rules)[:20])}",
                )
    refuse_loops(rules)
    if pruned(rules, rules["root"])[0] == NEVER:
        raise ConstraintError(
            "no text ever completes the grammar's rule root", "every rule needs a way to end"
        )
    _Probe(rules, most_ways).run()


def follows(gbnf: str, text: str) -> bool | None:
    """Whether a text follows a grammar; None if it is only the beginning of one that does.

    A grammar that names tokens cannot be followed in text, and is taken at its word.
    """
    rules = parse(gbnf)
    probe = _Probe(rules, _MOST_WAYS)
    ways: list[_Stack | None] = [probe.start()]
    for at, char in enumerate(text):
        opened = probe.opened(ways, text[:at][-30:])
        if any(_top(stack)[0][0] >= FIRST_TOKEN for stack in opened if _top(stack)):
            return True
        point = ord(char)
        ways = [probe.after(stack) for stack in opened if _chars.holds(_top(stack), point)]
        if not ways:
            return False
    return True if probe.may_end(ways) else None


def _may_be_empty(rules: Mapping[str, Node]) -> set[str]:
    users: dict[str, list[str]] = {}
    for name, node in rules.items():
        for used in refs(node):
            users.setdefault(used, []).append(name)
    found: set[str] = set()
    ahead = list(rules)
    while ahead:
        name = ahead.pop()
        if name not in found and _is_empty(rules[name], found):
            found.add(name)
            ahead += users.get(name, [])
    return found


def _is_empty(node: Node, empty: set[str]) -> bool:
    match node:
        case Ref(name):
            return name in empty
        case Seq(items):
            return all(_is_empty(item, empty) for item in items)
        case Either(options):
            return any(_is_empty(option, empty) for option in options)
        case Repeat(item, least, _):
            return least == 0 or _is_empty(item, empty)
        case Text(text):
            return not text
        case _:
            return False


def refuse_loops(rules: Mapping[str, Node]) -> None:
    """Raise for left recursion, endless repeats of what may be empty, and rules that begin too deep in each other."""
    empty = _may_be_empty(rules)
    begins: dict[str, list[str]] = {}
    for name, node in rules.items():
        if _repeats_empty(node, empty):
            raise ConstraintError(
                f"the grammar's rule '{name}' repeats without end what may be empty",
                "repeat something that has at least one character",
            )
        begins[name] = list(_first_refs(node, empty))
    level: dict[str, int] = {}
    for start in rules:
        path: dict[str, Iterator[str]] = {}
        ahead = [start] if start not in level else []
        while ahead:
            name = ahead[-1]
            path.setdefault(name, iter(begins[name]))
            further = next((n for n in path[name] if n not in level and n in rules), None)
            if further is None:
                ahead.pop()
                del path[name]
                level[name] = 1 + max((level.get(n, 0) for n in begins[name]), default=0)
                continue
            if further in path:
                raise Loop(
                    f"the grammar's rule '{further}' begins with itself",
                    'write a list as: list ::= item (", " item)*',
                )
            ahead.append(further)
            if len(ahead) > _MOST_LEVELS:
                raise ConstraintError(
                    f"the grammar's rules begin with rules more than {_MOST_LEVELS} deep", _HINT
                )


def _repeats_empty(node: Node, empty: set[str]) -> bool:
    match node:
        case Seq(parts) | Either(parts):
            return any(_repeats_empty(part, empty) for part in parts)
        case Repeat(item, _, most):
            return (most is None and _is_empty(item, empty)) or _repeats_empty(item, empty)
        case _:
            return False


def _first_refs(node: Node, empty: set[str]) -> Iterator[str]:
    """The rules that a text of this tree may begin with."""
    match node:
        case Ref(name):
            yield name
        case Seq(items):
            for item in items:
                yield from _first_refs(item, empty)
                if not _is_empty(item, empty):
                    return
        case Either(options):
            for option in options:
                yield from _first_refs(option, empty)
        case Repeat(item, _, most) if most != 0:
            yield from _first_refs(item, empty)
        case _:
            return


# A stack is a linked list: what comes next (a node, and how far it is done), and the stack below. Equal stacks
# are one object. `None` is the end of the text.
_Stack = tuple[Node, int, "_Stack | None"]


class Loop(ConstraintError):
    """A rule that begins with itself."""


class _Probe:
    """Follows all the ways at once, the most open characters first."""

    def __init__(self, rules: Mapping[str, Node], most_ways: int) -> None:
        self._rules = rules
        self._most = most_ways
        self.ended = False
        self._effort = 0
        self._stacks: dict[tuple[int, int, int], _Stack] = {}

    def run(self) -> None:
        start = self.opened([self.start()], "")
        ahead = [(-len(start), 0, "", start)]
        seen: set[object] = {self._look(start)}
        count = 0
        while ahead and self._effort < _MOST_EFFORT:
            _, _, text, ways = heapq.heappop(ahead)
            for char, taken in self._choices(ways):
                said = text + char
                further = self.opened(taken, said)
                if (look := self._look(further)) not in seen:
                    seen.add(look)
                    count += 1
                    heapq.heappush(ahead, (-len(further), count, said, further))

    def start(self) -> _Stack:
        return self._push(self._rules["root"], 0, None)

    def may_end(self, stacks: list[_Stack | None]) -> bool:
        """Whether the text may end here."""
        self.ended = False
        self.opened(stacks, "")
        return self.ended

    def _push(self, node: Node, done: int, below: _Stack | None) -> _Stack:
        key = (id(node), done, id(below))
        return self._stacks.setdefault(key, (node, done, below))

    def opened(self, stacks: list[_Stack | None], text: str) -> list[_Stack]:
        """The stacks with a character on top that these can become."""
        found: dict[int, _Stack] = {}
        ahead = list(stacks)
        steps = 0
        while ahead:
            stack = ahead.pop()
            if stack is None:
                self.ended = True
                continue
            steps += 1
            if steps > 4 * self._most + 400 or len(found) > self._most:
                raise ConstraintError(
                    f"the grammar leaves more than {self._most:,} ways open"
                    + (f" after {_shown(text)}" if text else " at its start"),
                    _HINT,
                )
            node, done, below = stack
            match node:
                case Text(said) if said:
                    found[id(stack)] = stack
                case Set():
                    found[id(stack)] = stack
                case Text():
                    ahead.append(below)
                case Ref(name):
                    ahead.append(self._push(self._rules[name], 0, below))
                case Seq(items):
                    ahead.append(self._in_seq(node, items, done, below))
                case Either(options):
                    ahead += [self._push(option, 0, below) for option in options]
                case Repeat():
                    ahead += self._in_repeat(node, done, below)
                case _:
                    raise ValueError(f"no grammar has {node!r}")
        self._effort += steps
        return list(found.values())

    def _in_seq(
        self, node: Node, items: tuple[Node, ...], done: int, below: _Stack | None
    ) -> _Stack | None:
        if done >= len(items):
            return below
        rest = below if done == len(items) - 1 else self._push(node, done + 1, below)
        return self._push(items[done], 0, rest)

    def _in_repeat(self, node: Repeat, done: int, below: _Stack | None) -> list[_Stack | None]:
        found: list[_Stack | None] = [below] if done >= node.least else []
        if node.most is None or done < node.most:
            count = min(done + 1, node.least) if node.most is None else done + 1
            rest = below if count == node.most else self._push(node, count, below)
            found.append(self._push(node.item, 0, rest))
        return found

    def _choices(self, ways: list[_Stack]) -> Iterator[tuple[str, list[_Stack | None]]]:
        """For each character that makes a difference, the stacks behind it."""
        tops = [(_top(stack), stack) for stack in ways]
        points = sorted({p for found, _ in tops for low, high in found for p in (low, high + 1)})
        if len(points) > _MOST_RANGES:
            raise ConstraintError("the grammar's classes have too many ranges", _HINT)
        known: set[frozenset[int]] = set()
        for point in points:
            hit = [stack for found, stack in tops if _chars.holds(found, point)]
            key = frozenset(id(stack) for stack in hit)
            if hit and key not in known:
                known.add(key)
                self._effort += len(hit)
                yield chr(min(point, 0x10FFFF)), [self.after(stack) for stack in hit]

    def after(self, stack: _Stack) -> _Stack | None:
        node, done, below = stack
        if isinstance(node, Text) and done + 1 < len(node.text):
            return self._push(node, done + 1, below)
        return below

    def _look(self, ways: list[_Stack]) -> object:
        """What makes two sets of stacks worth trying both: their tops and their number, not how deep they are."""
        return frozenset((_place(way), _place(way[2]) if way[2] else None) for way in ways), len(
            ways
        )


def _place(stack: _Stack) -> tuple[int, int]:
    """Where a stack stands, but not how often something was repeated beyond what it must be."""
    node, done, _ = stack
    return id(node), min(done, node.least + 2) if isinstance(node, Repeat) else done


def _top(stack: _Stack) -> Ranges:
    node, done, _ = stack
    if isinstance(node, Text):
        return ((ord(node.text[done]), ord(node.text[done])),)
    return node.chars.write if isinstance(node, Set) else ()


def _shown(text: str) -> str:
    return f"'{text if len(text) <= 30 else text[:12] + '…' + text[-12:]}'"
