"""Reads a regular expression into a tree.

The syntax is what Python, ECMAScript and Rust share, with the spellings of each: `(?P<n>…)` and `(?<n>…)`,
`\\uHHHH` and `\\u{…}`, `\\z` and `\\Z`. Lazy forms allow the same texts as greedy ones. What is no regular
language (backreferences, recursion) or says how to search and not what to find (atomic groups, possessive
repeats) is an error with its position.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ..errors import ConstraintError
from . import chars as _chars
from .chars import ANY, DOT, Chars
from .escapes import Reader
from .tree import Anchor, Either, Look, Node, Repeat, Seq, Set, Text

__all__ = ["parse"]

_MOST_GROUPS = 50
_MOST_CHARS = 20_000
_MOST_TIMES = 100_000


@dataclass(frozen=True, slots=True)
class _Flags:
    fold: bool = False  # i
    all: bool = False  # s
    lines: bool = False  # m
    loose: bool = False  # x


@lru_cache(maxsize=256)
def parse(pattern: str) -> Node:
    """The tree of a pattern, its anchors and lookarounds still in it."""
    if len(pattern) > _MOST_CHARS:
        raise ConstraintError(f"the pattern has more than {_MOST_CHARS:,} characters")
    return _Parser(pattern).whole()


class _Parser(Reader):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._flags = _Flags()
        self._groups = 0

    def whole(self) -> Node:
        node = self._alternatives()
        if self.at < len(self.text):
            raise self.error("a ')' without its '('", self.at)
        return node

    def _alternatives(self) -> Node:
        before = self._flags
        options = [self._sequence()]
        while self.take("|"):
            options.append(self._sequence())
        self._flags = before
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.text) and self.peek() not in "|)":
            start = self.at
            item = self._item()
            if item is not None:
                items.append(self._repeated(item, start))
        return items[0] if len(items) == 1 else Seq(tuple(items))

    def _item(self) -> Node | None:
        """One thing that can be repeated; None for a comment, a flag or a space that is not meant."""
        start, char = self.at, self.next()
        match char:
            case "(":
                return self._group(start)
            case "[":
                return Set(self.class_(start, fold=self._flags.fold))
            case ".":
                return Set(ANY if self._flags.all else DOT)
            case "^":
                return Anchor("line_start" if self._flags.lines else "start", start)
            case "$":
                return Anchor("line_end" if self._flags.lines else "end", start)
            case "\\":
                return self._escape(start)
            case "*" | "+" | "?":
                raise self.error(f"'{char}' with nothing to repeat", start)
            case "#" if self._flags.loose:
                while self.at < len(self.text) and self.next() != "\n":
                    pass
                return None
            case _ if self._flags.loose and char in " \t\n\r\f\v":
                return None
            case "{" if self._count(start):
                raise self.error("'{' with nothing to repeat", start)
            case _:
                return self._letter(char)

    def _letter(self, char: str) -> Node:
        if self._flags.fold and char.lower() != char.upper():
            return Set(Chars.exactly(_chars.of(char)).folded())
        return Text(char)

    def _repeated(self, item: Node, start: int) -> Node:
        while True:
            self._pass_loose()
            found = self._quantifier()
            if found is None:
                return item
            if isinstance(item, (Anchor, Look)):
                raise self.error("a repeat of something that is always empty", start)
            item, done = Repeat(item, *found), self.at
            self.take("?")
            if self.peek() == "+":
                raise self.error("the possessive repeat '+'", self.at)
            if self.peek() in ("*", "?") or (self.peek() == "{" and self._count(self.at)):
                raise self.error("a repeat of a repeat", done)

    def _quantifier(self) -> tuple[int, int | None] | None:
        match self.peek():
            case "*":
                found: tuple[int, int | None] | None = (0, None)
            case "+":
                found = (1, None)
            case "?":
                found = (0, 1)
            case "{":
                start = self.at
                counted = self._count(start)
                if counted is None:
                    return None
                found, self.at = counted[0], counted[1]
                if found[1] is not None and found[1] < found[0]:
                    raise self.error("a repeat whose bounds are the wrong way round", start)
                if max(found[0], found[1] or 0) > _MOST_TIMES:
                    raise self.error(f"a repeat of more than {_MOST_TIMES:,} times", start)
                return found
            case _:
                return None
        self.at += 1
        return found

    def _count(self, start: int) -> tuple[tuple[int, int | None], int] | None:
        """The bounds in `{2}`, `{2,}`, `{,3}` or `{2,3}`, and where they end; None if this is only a brace."""
        end = self.text.find("}", start, start + 30)
        inner = self.text[start + 1 : end] if end > 0 else ""
        low, comma, high = inner.partition(",")
        numbers = [n for n in (low, high) if n]
        if not numbers or any(not (n.isascii() and n.isdigit()) for n in numbers):
            return None
        most = int(high) if high else None if comma else int(low)
        return (int(low or 0), most), end + 1

    def _group(self, start: int) -> Node | None:
        flags = self._flags
        look = ""
        if self.take("?"):
            if self.take("#"):
                return self._comment(start)
            kind = self._kind(start)
            if kind == "flags":
                return None
            look = kind
        self._groups += 1
        if self._groups > _MOST_GROUPS:
            raise self.error(f"more than {_MOST_GROUPS} groups inside each other", start)
        inner = self._alternatives()
        self._groups -= 1
        if not self.take(")"):
            raise self.error("a '(' without its ')'", start)
        self._flags = flags
        if look:
            return Look(inner, "<" in look, "!" in look, start)
        return inner

    def _kind(self, start: int) -> str:
        """What stands behind `(?`: '' for a plain group, `flags` for flags alone, else the kind of look."""
        for mark in ("<=", "<!", "=", "!"):
            if self.take(mark):
                return mark
        if self.take(":"):
            return ""
        if self.take("P<") or self.take("<"):
            end = self.text.find(">", self.at)
            if end < 0 or not self.text[self.at : end].isidentifier():
                raise self.error("a group whose name is no name", start)
            self.at = end + 1
            return ""
        named = {
            ">": "an atomic group '(?>…)'",
            "|": "a branch reset '(?|…)'",
            "(": "a condition '(?(…)…)'",
            "P=": "a backreference '(?P=…)'",
            "P>": "recursion",
            "R": "recursion",
            "&": "recursion",
        }
        for mark, what in named.items():
            if self.text.startswith(mark, self.at):
                raise self.error(what, start)
        return self._set_flags(start)

    def _set_flags(self, start: int) -> str:
        on, value = self._flags, True
        while (char := self.next()) not in (":", ")", ""):
            match char:
                case "-":
                    value = False
                case "i":
                    on = replace(on, fold=value)
                case "s":
                    on = replace(on, all=value)
                case "m":
                    on = replace(on, lines=value)
                case "x":
                    on = replace(on, loose=value)
                case "a" | "u" if value:
                    pass
                case _:
                    raise self.error(f"the flag '{char}'", start)
        if not char:
            raise self.error("a '(' without its ')'", start)
        self._flags = on
        return "flags" if char == ")" else ""

    def _comment(self, start: int) -> None:
        end = self.text.find(")", self.at)
        if end < 0:
            raise self.error("a '(' without its ')'", start)
        self.at = end + 1

    def _escape(self, start: int) -> Node:
        char = self.next()
        match char:
            case "A":
                return Anchor("start", start)
            case "Z" | "z":
                return Anchor("end", start)
            case "b":
                return Anchor("edge", start)
            case "B":
                return Anchor("inside", start)
            case "k":
                raise self.error(r"a backreference '\k'", start)
            case _ if "1" <= char <= "9":
                raise self.error(f"a backreference '\\{char}'", start)
            case _:
                found = self.escaped(char, start)
        if isinstance(found, str):
            return self._letter(found)
        return Set(found.folded() if self._flags.fold else found)

    def _pass_loose(self) -> None:
        while self._flags.loose and self.peek() and self.peek() in " \t\n\r\f\v":
            self.at += 1
