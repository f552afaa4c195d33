"""Writes trees as GBNF.

Every repeat gets a bound, so that what is written ends: a thousand for characters, two hundred for anything
longer. The engine counts to less than two thousand, and multiplies the counts of repeats inside of repeats
unless the inner one has a rule of its own; larger counts and inner repeats are written accordingly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from .._gbnf import Rules, literal
from ..errors import ConstraintError
from . import chars as _chars
from .automaton import Automaton
from .chars import Chars, Ranges
from .tree import (
    EMPTY,
    Anchor,
    Either,
    Look,
    Node,
    Ref,
    Repeat,
    Seq,
    Set,
    Text,
    TooLarge,
    either,
    lengths,
    one_of,
    seq,
)

__all__ = ["MOST_CHARS", "MOST_TIMES", "automaton_rules", "bounded", "in_json", "write"]

MOST_CHARS = 1000
"""How often a character is repeated where nothing else bounds it."""
MOST_TIMES = 200
"""The same for anything longer."""

_ENGINE_COUNTS = 1990
_CHUNK = 1000
_LONGEST = 20_000
_MOST_NODES = 60_000
_MOST_RULES = 4_000
_USUAL_RULES = 800
_FEWEST = 20  # an automaton of any size may write texts longer than its shortest by this
_DEEPEST = 5
_FEW_RANGES = 4
_FEWEST_CHARS = 100
_NO_NUL = _chars.invert(((0, 0),))
_ESCAPED = _chars.ranges([(0, 0x1F), (0x22, 0x22), (0x5C, 0x5C)])


def write(node: Node, rules: Rules, name: str, known: Mapping[str, str] | None = None) -> str:
    """The expression for a tree, after adding the rules that it needs; `known` are the names of its `Ref`s."""
    return _Writer(rules, name, known or {}).expression(node)


class _Writer:
    def __init__(self, rules: Rules, name: str, known: Mapping[str, str]) -> None:
        self._rules = rules
        self._name = name
        self._known = known
        self._nodes = 0

    def expression(self, node: Node) -> str:
        """The expression, as it can stand in a rule by itself."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise TooLarge("this is too large for a grammar", "ask for less at once")
        match node:
            case Text(text):
                return literal(text)
            case Set(found):
                return _class(found.write)
            case Ref(name):
                return self._known.get(name) or self._rules.common(name)
            case Seq(items):
                return " ".join(self._inner(item) for item in items) or '""'
            case Either(options):
                return self._options(options)
            case Repeat(item, least, most):
                return self._repeat(item, least, most)
            case Anchor() | Look():
                raise ValueError(f"no grammar for {node!r}")

    def _options(self, options: tuple[Node, ...]) -> str:
        if not options:
            raise ConstraintError("this allows no text at all")
        return " | ".join(self.expression(option) for option in options)

    def _inner(self, node: Node) -> str:
        """The expression, as it can stand beside others."""
        text = self.expression(node)
        return f"({text})" if isinstance(node, Either) and len(node.options) != 1 else text

    def _repeat(self, item: Node, least: int, most: int | None) -> str:
        least, most = bounded(item, least, most)
        text = self._atom(item, most)
        if (least, most) == (0, 1):
            return f"{text}?"
        if most <= _ENGINE_COUNTS:
            return f"{text}{{{least},{most}}}" if least != most else f"{text}{{{least}}}"
        # more than the engine counts: thousands first, the rest behind them
        chunk = self._rules.define(f"{self._name}-thousand", f"{text}{{{_CHUNK}}}")
        parts = [f"{chunk}{{{least // _CHUNK}}}"] if least >= _CHUNK else []
        if least % _CHUNK:
            parts.append(f"{text}{{{least % _CHUNK}}}")
        if (rest := most - least) > 0:
            parts += [f"{chunk}{{0,{rest // _CHUNK}}}"] if rest >= _CHUNK else []
            parts.append(f"{text}{{0,{min(rest, _CHUNK)}}}")
        return " ".join(parts)

    def _atom(self, item: Node, times: int) -> str:
        """Something that can be repeated: one symbol, or a group with few inside."""
        text = self.expression(item)
        if isinstance(item, (Set, Ref)) or (isinstance(item, Text) and len(item.text) < 100):
            return text
        if _weight(item) * times >= _CHUNK:
            return self._rules.define(f"{self._name}-part", text)
        return f"({text})"


def _weight(node: Node) -> int:
    """How many rules the engine makes of it."""
    match node:
        case Seq(parts):
            return 1 + sum(_weight(part) for part in parts)
        case Either(parts):
            return 1 + sum(_weight(part) for part in parts)
        case Repeat(item, least, most):
            high = bounded(item, least, most)[1]
            return _weight(item) + 1 + (high - least)
        case Ref():
            return 1
        case _:
            return 0


def bounded(item: Node, least: int, most: int | None) -> tuple[int, int]:
    """The bounds of a repeat, with an end where it has none."""
    if least > _LONGEST:
        raise TooLarge(f"at least {least:,} times is more than a grammar can count")
    usual = MOST_CHARS if lengths(item) == (1, 1) else MOST_TIMES
    if most is None:
        return least, max(least, usual)
    return least, max(min(most, _LONGEST), least)


def _class(found: Ranges) -> str:
    """A set as `[…]`. The engine cannot match the character NUL.

    What is in it is named, not what is out of it: beyond that are numbers which are no characters, and a model whose
    tokens are bytes would spell them.
    """
    found = _chars.both(found, _NO_NUL)
    if _chars.count(found) == 1:
        return literal(chr(found[0][0]))
    return f"[{''.join(_pair(low, high) for low, high in found)}]"


def _pair(low: int, high: int) -> str:
    if low == high:
        return _char(low)
    return f"{_char(low)}{'-' if high > low + 1 else ''}{_char(high)}"


def _char(point: int) -> str:
    char = chr(point)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0x20 <= point < 0x7F:
        return f"\\x{point:02X}" if char in '\\]["^-' else char
    return (
        f"\\x{point:02X}"
        if point < 0x100
        else f"\\u{point:04X}"
        if point < 0x10000
        else f"\\U{point:08X}"
    )


def in_json(node: Node) -> Node:
    """The tree of the same texts, as they are spelled inside a JSON string."""
    match node:
        case Text(text):
            return Text(json.dumps(text, ensure_ascii=False)[1:-1])
        case Set(found):
            return _spelled(found.write)
        case Seq(items):
            return seq(*(in_json(item) for item in items))
        case Either(options):
            return either(in_json(option) for option in options)
        case Repeat(item, least, most):
            # written out here, because an escape is longer than the one character that is counted
            return Repeat(in_json(item), *bounded(item, least, most))
        case _:
            return node


def _spelled(found: Ranges) -> Node:
    plain = _chars.both(found, _chars.invert(_ESCAPED))
    options = [one_of(plain)] if plain else []
    for low, high in _chars.both(found, _ESCAPED):
        options += [Text(json.dumps(chr(point))[1:-1]) for point in range(low, high + 1)]
    return _shared_start(options)


def _shared_start(options: list[Node]) -> Node:
    """Escapes with their common backslash written once, so that the engine follows one way and not forty."""
    plain = [o for o in options if not isinstance(o, Text)]
    texts = [o.text for o in options if isinstance(o, Text)]
    short = [t[1] for t in texts if len(t) == 2]
    long = [t for t in texts if len(t) > 2]
    behind: list[Node] = [one_of(_chars.of("".join(short)))] if short else []
    for start in ("u000", "u001"):
        digits = "".join(t[5] for t in long if t[1:5] == start)
        if digits:
            behind.append(seq(Text(start), one_of(_chars.of(digits))))
    return either([*plain, seq(Text("\\"), either(behind))] if behind else plain)


def automaton_rules(a: Automaton, name: str, *, json_string: bool) -> tuple[Node, dict[str, Node]]:
    """An automaton as a tree with rules, for states that several lead to.

    A state that only leads to itself again is a repeat. Where larger circles are, the characters are counted, up
    to what keeps the grammar at a bearable size.
    """
    return _States(a, name, json_string).tree()


class _States:
    """A state is `(number, characters so far)`; the second is 0 behind the last circle, where nobody counts."""

    def __init__(self, a: Automaton, name: str, quoted: bool) -> None:
        self._a = a
        self._name = name
        self._quoted = quoted
        self._edges = [a.edges(state) for state in range(len(a.rows))]
        self._tail = _behind_circles(self._edges)
        self._left = _distances(self._edges, a.final)
        counted = len(a.rows) - len(self._tail)
        least = self._left[0]
        self._most = max(_USUAL_RULES // max(counted, 1), least + _FEWEST)
        if counted * self._most > _MOST_RULES or len(self._tail) > _MOST_RULES:
            raise TooLarge("the pattern is too large for a grammar", "make it simpler or shorter")
        self._loops = max(1, sum(any(to == i for _, to in self._edges[i]) for i in self._tail))
        self._named: dict[str, Node] = {}
        self._sets: dict[Ranges, Node] = {}

    def tree(self) -> tuple[Node, dict[str, Node]]:
        start = self._state(0, 0)
        order, arrivals = self._found(start)
        bodies: dict[tuple[int, int], Node] = {}
        depth: dict[tuple[int, int], int] = {}
        for state in order:
            options: list[Node] = []
            inside = 0
            for found, to in self._further(state):
                alone = arrivals[to] <= 1
                options.append(
                    seq(self._set(found), bodies[to] if alone else Ref(self._named_as(to)))
                )
                inside = max(inside, depth[to] if alone else 0)
            body = either([*options, EMPTY] if state[0] in self._a.final else options)
            bodies[state] = seq(self._loop(state), body)
            depth[state] = 1 + inside
            if depth[state] > _DEEPEST or state == start:
                arrivals[state] += 2
        self._named |= {self._named_as(s): body for s, body in bodies.items() if arrivals[s] > 1}
        return Ref(self._named_as(start)), self._named

    def _named_as(self, state: tuple[int, int]) -> str:
        return f"{self._name}-{state[0]}-{state[1]}" if state[1] else f"{self._name}-{state[0]}"

    def _state(self, number: int, count: int) -> tuple[int, int]:
        return (number, 0 if number in self._tail else count)

    def _further(self, state: tuple[int, int]) -> list[tuple[Ranges, tuple[int, int]]]:
        number, count = state
        found: list[tuple[Ranges, tuple[int, int]]] = []
        for each, to in self._edges[number]:
            if number in self._tail:
                if to != number:
                    found.append((each, (to, 0)))
            elif to in self._tail or count + 1 + self._left[to] <= self._most:
                found.append((each, self._state(to, count + 1)))
        return found

    def _loop(self, state: tuple[int, int]) -> Node:
        if state[0] not in self._tail:
            return EMPTY
        again = [found for found, to in self._edges[state[0]] if to == state[0]]
        most = max(_FEWEST_CHARS, MOST_CHARS // self._loops)
        return Repeat(self._set(again[0]), 0, most) if again else EMPTY

    def _found(
        self, start: tuple[int, int]
    ) -> tuple[list[tuple[int, int]], dict[tuple[int, int], int]]:
        """The states, each behind those that it leads to, and how many lead to each."""
        order: list[tuple[int, int]] = []
        arrivals = {start: 1}
        ahead = [(start, False)]
        seen: set[tuple[int, int]] = set()
        while ahead:
            state, done = ahead.pop()
            if done:
                order.append(state)
            elif state not in seen:
                seen.add(state)
                ahead.append((state, True))
                for _, to in self._further(state):
                    arrivals[to] = arrivals.get(to, 0) + 1
                    ahead.append((to, False))
        return order, arrivals

    def _set(self, found: Ranges) -> Node:
        """A set of characters; with a rule of its own where it takes many words."""
        if found not in self._sets:
            step: Node = Set(Chars.exactly(found))
            step = in_json(step) if self._quoted else step
            if len(found) > _FEW_RANGES or not isinstance(step, (Set, Text)):
                name = f"{self._name}-c{len(self._sets)}"
                self._named[name] = step
                step = Ref(name)
            self._sets[found] = step
        return self._sets[found]


def _behind_circles(edges: Sequence[list[tuple[Ranges, int]]]) -> set[int]:
    """The states from which no circle of two or more states can be reached."""
    waits = [len({to for _, to in out if to != i}) for i, out in enumerate(edges)]
    back: list[list[int]] = [[] for _ in edges]
    for i, out in enumerate(edges):
        for to in {to for _, to in out if to != i}:
            back[to].append(i)
    ready = [i for i, n in enumerate(waits) if n == 0]
    found: set[int] = set()
    while ready:
        at = ready.pop()
        found.add(at)
        for i in back[at]:
            waits[i] -= 1
            if waits[i] == 0:
                ready.append(i)
    return found


def _distances(edges: Sequence[list[tuple[Ranges, int]]], final: frozenset[int]) -> list[int]:
    """For each state how many characters there are at least to an end."""
    back: list[set[int]] = [set() for _ in edges]
    for i, out in enumerate(edges):
        for _, to in out:
            back[to].add(i)
    left = [0 if i in final else -1 for i in range(len(edges))]
    here = [i for i in range(len(edges)) if i in final]
    length = 0
    while here:
        length += 1
        here = list({i for to in here for i in back[to] if left[i] < 0})
        for i in here:
            left[i] = length
    return left
