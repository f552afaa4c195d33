"""Trees: which texts are allowed, as data.

    Text("ab")            this text                    Set(chars)                one of these characters
    Seq((a, b))           one after the other          Either((a, b))            one of them
    Repeat(a, 2, None)    twice or more                Ref("name")               what the rule of that name says
    Anchor("start")       nothing, at one place only   Look(a, …)                nothing, before or behind something

`Ref` comes from schemas only, `Anchor` and `Look` from regular expressions only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import ConstraintError
from .chars import Chars, Ranges

__all__ = [
    "EMPTY",
    "NEVER",
    "Anchor",
    "Either",
    "Look",
    "Node",
    "Ref",
    "Repeat",
    "Seq",
    "Set",
    "Text",
    "TooLarge",
    "anchored",
    "either",
    "has_anchor",
    "lengths",
    "nonempty",
    "nullable",
    "one_of",
    "optional",
    "plain",
    "refs",
    "seq",
    "within",
]


class TooLarge(ConstraintError):
    """A tree or an automaton outgrew its limit; another way may be smaller."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Set:
    chars: Chars


@dataclass(frozen=True, slots=True)
class Seq:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    item: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Ref:
    name: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place: `start` and `end` of the text or (`line_…`) of a line, `edge` of a word or `inside` one."""

    kind: Literal["start", "end", "line_start", "line_end", "edge", "inside"]
    at: int
    """Where it stands in the pattern."""


@dataclass(frozen=True, slots=True)
class Look:
    """Something must (or with `negated` must not) stand ahead or behind."""

    item: Node
    behind: bool
    negated: bool
    at: int


Node = Text | Set | Seq | Either | Repeat | Ref | Anchor | Look

EMPTY = Seq(())
NEVER = Either(())
"""No text at all, not even the empty one."""


def seq(*items: Node) -> Node:
    """One after the other, made plain."""
    made: list[Node] = []
    for item in items:
        if item == NEVER:
            return NEVER
        parts = item.items if isinstance(item, Seq) else (item,)
        for part in parts:
            if isinstance(part, Text) and made and isinstance(made[-1], Text):
                made[-1] = Text(made[-1].text + part.text)
            elif part != Text(""):
                made.append(part)
    return made[0] if len(made) == 1 else Seq(tuple(made))


def either(options: Iterable[Node]) -> Node:
    """One of them, made plain; nothing allowed if there are none."""
    made: list[Node] = []
    seen: set[Node] = set()
    for option in options:
        for part in option.options if isinstance(option, Either) else (option,):
            if isinstance(part, (Text, Set, Ref)) or part == EMPTY:
                if part in seen:
                    continue
                seen.add(part)
            made.append(part)
    return made[0] if len(made) == 1 else Either(tuple(made))


def optional(item: Node) -> Node:
    return Repeat(item, 0, 1)


def one_of(found: Ranges) -> Node:
    """A character out of a set; of an empty set there is none."""
    return Set(Chars.exactly(found)) if found else NEVER


def nullable(node: Node) -> bool:
    """Whether the empty text is allowed. Places are taken for what they are: empty."""
    match node:
        case Text(text):
            return not text
        case Set() | Ref():
            return False
        case Seq(items):
            return all(nullable(item) for item in items)
        case Either(options):
            return any(nullable(option) for option in options)
        case Repeat(item, least, _):
            return least == 0 or nullable(item)
        case Anchor() | Look():
            return True


def lengths(node: Node) -> tuple[int, int | None]:
    """How many characters the texts have, at least and at most; None means any number."""
    match node:
        case Text(text):
            return len(text), len(text)
        case Set():
            return 1, 1
        case Seq(items):
            each = [lengths(item) for item in items]
            most = [high for _, high in each]
            return sum(low for low, _ in each), _total(most)
        case Either(options):
            each = [lengths(option) for option in options] or [(0, 0)]
            highs = [high for _, high in each]
            known = [high for high in highs if high is not None]
            return min(low for low, _ in each), max(known) if len(known) == len(highs) else None
        case Repeat(item, least, most):
            low, high = lengths(item)
            if high == 0 or most == 0:
                return 0, 0
            return low * least, None if most is None or high is None else high * most
        case Ref():
            return 0, None
        case Anchor() | Look():
            return 0, 0


def _total(highs: list[int | None]) -> int | None:
    known = [high for high in highs if high is not None]
    return sum(known) if len(known) == len(highs) else None


def nonempty(node: Node) -> Node:
    """The same texts but the empty one. The tree must have no anchors."""
    if not nullable(node):
        return node
    match node:
        case Either(options):
            return either(nonempty(option) for option in options)
        case Seq(items):
            # the first item that is not empty decides which option it is
            found = [
                seq(nonempty(items[i]), *items[i + 1 :])
                for i in range(len(items))
                if items[i] != EMPTY
            ]
            return either(found)
        case Repeat(item, least, most):
            if most == 0:
                return NEVER
            fewest = 1 if nullable(item) else max(least, 1)
            return within(nonempty(item), fewest, most)
        case _:
            return NEVER


def within(item: Node, least: int, most: int | None) -> Node:
    """An item several times, made plain: never an empty one again and again."""
    if most == 0 or item == EMPTY:
        return EMPTY
    if item == NEVER:
        return NEVER if least else EMPTY
    if nullable(item):
        return within(nonempty(item), 0, most)
    if isinstance(item, Repeat) and _no_gaps(item, least, most):
        high = None if item.most is None or most is None else item.most * most
        return Repeat(item.item, item.least * least, high)
    return item if (least, most) == (1, 1) else Repeat(item, least, most)


def _no_gaps(inner: Repeat, least: int, most: int | None) -> bool:
    """Whether a repeat of a repeat can be any number of times in between: `(a{2}){3}` cannot be five."""
    if least == 0 and inner.least > 1:
        return False
    few = max(least, 1)
    return inner.most is None or most == few or (few + 1) * inner.least <= few * inner.most + 1


def has_anchor(node: Node) -> bool:
    match node:
        case Anchor() | Look():
            return True
        case Seq(parts) | Either(parts):
            return any(has_anchor(part) for part in parts)
        case Repeat(item, _, _):
            return has_anchor(item)
        case _:
            return False


def refs(node: Node) -> list[str]:
    """The rules that a tree speaks of."""
    match node:
        case Ref(name):
            return [name]
        case Seq(parts) | Either(parts):
            return [name for part in parts for name in refs(part)]
        case Repeat(item, _, _):
            return refs(item)
        case _:
            return []


_WORDS: Mapping[str, str] = {
    "start": "'^'",
    "end": "'$'",
    "line_start": "'^'",
    "line_end": "'$'",
    "edge": r"a word boundary '\b'",
    "inside": r"'\B'",
}


def anchored(node: Node, *, start: bool = True, end: bool = True) -> Node:
    """The tree without its anchors: they hold where the text starts (`start`) and where it ends, or never.

    What no tree can say is refused by name: lookaround, word boundaries, an anchor inside a repetition.
    """
    if not has_anchor(node):
        return plain(node)
    match node:
        case Anchor("start" | "end" as kind, _):
            return EMPTY if (start if kind == "start" else end) else NEVER
        case Anchor("line_start" | "line_end" as kind, at):
            if start if kind == "line_start" else end:
                return EMPTY
            raise _refused(f"{_WORDS[kind]} with the flag m", at)
        case Anchor(kind, at):
            raise _refused(_WORDS[kind], at)
        case Look(_, behind, negated, at):
            way = "lookbehind" if behind else "lookahead"
            shape = f"(?{'<' if behind else ''}{'!' if negated else '='}…)"
            raise _refused(f"the {way} {shape}", at)
        case Either(options):
            return either(anchored(option, start=start, end=end) for option in options)
        case Repeat(item, least, most):
            if most is not None and most <= 1:
                inner = anchored(item, start=start, end=end)
                return either([inner, EMPTY]) if least == 0 else inner
            raise _refused("an anchor inside a repetition", _where(item))
        case Seq(items):
            return _anchored_seq(items, start, end)
        case _:
            return node


def _anchored_seq(items: tuple[Node, ...], start: bool, end: bool) -> Node:
    """A sequence: an anchor in it holds if what stands before it, or behind it, is empty."""
    # what follows, once for "nothing came before" and once for "something did"
    same: Node = EMPTY
    later: Node = EMPTY
    parts = _grouped(items)
    for i, part in reversed(list(enumerate(parts))):
        last = i == len(parts) - 1
        here = _joined(part, same, later, start, end, last)
        later = _joined(part, later, later, False, end, last) if i else EMPTY
        same = here
    return same


def _joined(part: Node, same: Node, later: Node, start: bool, end: bool, last: bool) -> Node:
    """A part and what follows: `same` if the part is empty, `later` if it is not."""
    if last:
        return anchored(part, start=start, end=end)
    alone = anchored(part, start=start, end=False)
    options = [seq(nonempty(alone), nonempty(later))]
    if not start:
        options = [seq(alone, nonempty(later))]
    elif nullable(alone):
        options.append(nonempty(same))
    whole = anchored(part, start=start, end=end)
    if nullable(later):
        options.append(nonempty(whole))
    if nullable(whole) and nullable(same):
        options.append(EMPTY)
    return either(option for option in options if option != NEVER)


def _grouped(items: tuple[Node, ...]) -> list[Node]:
    """Neighbours without anchors as one part."""
    made: list[Node] = []
    alike: list[Node] = []
    for item in items:
        if not has_anchor(item):
            alike.append(item)
            continue
        if alike:
            made.append(plain(Seq(tuple(alike))))
            alike = []
        made.append(item)
    return [*made, plain(Seq(tuple(alike)))] if alike or not made else made


def plain(node: Node) -> Node:
    """Without loops over the empty text, of which an engine would make many ways to the same place."""
    match node:
        case Seq(items):
            return seq(*(plain(item) for item in items))
        case Either(options):
            return either(plain(option) for option in options)
        case Repeat(item, least, most):
            if has_anchor(item):  # whether that is empty depends on where it stands
                return Repeat(plain(item), least, most)
            return within(plain(item), least, most)
        case _:
            return node


def _where(node: Node) -> int:
    match node:
        case Anchor(_, at) | Look(_, _, _, at):
            return at
        case Seq(parts) | Either(parts):
            return next(_where(part) for part in parts if has_anchor(part))
        case Repeat(item, _, _):
            return _where(item)
        case _:
            return 0


def _refused(what: str, at: int) -> ConstraintError:
    return ConstraintError(
        f"{what} at position {at} of the pattern cannot be put into a grammar",
        "write the pattern without it, and check the answer afterwards",
    )
