"""Reads a grammar in GBNF as the engine does, and says where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import ConstraintError
from . import chars as _chars
from .chars import Chars, Ranges
from .tree import EMPTY, Either, Node, Ref, Repeat, Set, Text, seq

__all__ = ["FIRST_TOKEN", "bodies", "parse", "renamed"]

_MOST_CHARS = 500_000
_DEEPEST = 60
_MOST_TIMES = 2000
_NAME = re.compile(r"[A-Za-z0-9-]+")
_SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_COUNT = re.compile(r"\{[ \t]*(\d{1,20})[ \t]*(,)?[ \t]*(\d{1,20})?[ \t]*\}")
_TOKEN = re.compile(r"!?<(?:\[\d{1,9}\]|[^<>\s\[\]]{1,200})>")
_SYMBOL = re.compile(
    r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\r\n]*|\{[^}]*\}|!?<[^>]*>|(?P<name>[A-Za-z0-9-]+)',
    re.DOTALL,
)
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "\\": "\\",
    '"': '"',
    "[": "[",
    "]": "]",
    "-": "-",
}
_HEX = {"x": 2, "u": 4, "U": 8}
FIRST_TOKEN = 0x110000
"""A token stands for itself: from here on characters that no text has."""


def parse(text: str) -> dict[str, Node]:
    """The rules of a grammar by their names."""
    return _read(text).found


def bodies(text: str) -> dict[str, str]:
    """What is written behind the name of each rule."""
    reader = _read(text)
    return {name: text[start:end] for name, (start, end) in reader.spans.items()}


def renamed(body: str, names: Mapping[str, str]) -> str:
    """What is written in a rule, without remarks, and with other names for the rules that it uses."""

    def other(found: re.Match[str]) -> str:
        if found[0].startswith("#"):
            return ""
        return names[found["name"]] if found["name"] else found[0]

    return _SYMBOL.sub(other, body).strip()


def _read(text: str) -> _Reader:
    if len(text) > _MOST_CHARS:
        raise ConstraintError(f"the grammar has more than {_MOST_CHARS:,} characters")
    for at, char in enumerate(text):
        if char == "\0" or 0xD800 <= ord(char) <= 0xDFFF:
            raise _Reader(text).error(f"U+{ord(char):04X}, which the engine cannot read", at)
    reader = _Reader(text)
    reader.rules()
    return reader


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._weight = 0  # how many rules the engine has made so far
        self._tokens: dict[str, int] = {}
        self.found: dict[str, Node] = {}
        self.spans: dict[str, tuple[int, int]] = {}
        self._names: set[str] = set()

    def rules(self) -> None:
        found = self.found
        self._pass(_SPACE_AND_LINES)
        while self._at < len(self._text):
            start = self._at
            name = self._name()
            self._pass(_SPACE)
            if not self._take("::="):
                raise self.error("'::=' is missing", self._at)
            if name in found:
                raise self.error(f"the rule '{name}' is there twice", start)
            self._pass(_SPACE_AND_LINES)
            body = self._at
            found[name] = self._alternatives(nested=False)
            self.spans[name] = (body, self._at)
            if self._at < len(self._text) and self._text[self._at] not in "\r\n":
                raise self.error(f"'{self._text[self._at]}' is not expected", self._at)
            self._pass(_SPACE_AND_LINES)

    def error(self, what: str, at: int) -> ConstraintError:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return ConstraintError(
            f"the grammar is wrong in line {line}, column {column}: {what}",
            'a rule looks like: root ::= "yes" | [0-9]+ other-rule',
        )

    def _alternatives(self, *, nested: bool) -> Node:
        options = [self._sequence(nested)]
        while self._take("|"):
            self._pass(_SPACE_AND_LINES)
            options.append(self._sequence(nested))
        # as it is written: the engine follows two equal options twice
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self, nested: bool) -> Node:
        items: list[Node] = []
        while self._at < len(self._text):
            char, start = self._text[self._at], self._at
            if char in "|)" or (not nested and char in "\r\n"):
                break
            before = self._weight
            item = self._item(char, start)
            made = max(1, self._weight - before) if char == "(" else 1
            self._pass(_SPACE_AND_LINES if nested else _SPACE)
            if (found := self._repeat(start, made)) is not None:
                if item == EMPTY:
                    raise self.error("a repeat of the empty text", start)
                item = Repeat(item, *found)
                self._pass(_SPACE_AND_LINES if nested else _SPACE)
            items.append(item)
        return seq(*items)

    def _item(self, char: str, start: int) -> Node:
        if char == '"':
            return self._literal(start)
        if char == "[":
            return self._class(start)
        if char == "(":
            return self._group(start)
        if char == ".":
            self._at += 1
            return Set(Chars.exactly(_chars.ALL))
        if _NAME.match(char):
            return Ref(self._name())
        if found := _TOKEN.match(self._text, start):
            self._at = found.end()
            return self._token(found[0])
        if char in "*+?{":
            raise self.error(f"'{char}' with nothing to repeat", start)
        raise self.error(f"'{char}' is not expected", start)

    def _group(self, start: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(f"brackets are nested deeper than {_DEEPEST}", start)
        self._at += 1
        self._weight += 1
        self._pass(_SPACE_AND_LINES)
        inner = self._alternatives(nested=True)
        if not self._take(")"):
            raise self.error("a '(' without its ')'", start)
        self._depth -= 1
        return inner

    def _repeat(self, start: int, made: int) -> tuple[int, int | None] | None:
        char = self._text[self._at : self._at + 1]
        if char in ("*", "+", "?") and char:
            self._at += 1
            self._weight += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        if char != "{":
            return None
        counted = _COUNT.match(self._text, self._at)
        if counted is None:
            raise self.error("a count looks like {2}, {2,} or {2,5}", self._at)
        least = int(counted[1])
        most = least if not counted[2] else int(counted[3]) if counted[3] else None
        # the engine refuses more, and counts the repeats inside of a group as well
        if made * max(most or least, 1) > _MOST_TIMES:
            raise self.error(f"this makes more than {_MOST_TIMES:,} repeats", start)
        if most is not None and most < least:
            raise self.error("a count whose bounds are the wrong way round", self._at)
        self._at = counted.end()
        self._weight += 1 if most is None else most - least
        return least, most

    def _literal(self, start: int) -> Node:
        self._at += 1
        found: list[str] = []
        while (char := self._text[self._at : self._at + 1]) != '"':
            if not char:
                raise self.error("a '\"' without its end", start)
            found.append(chr(self._char()))
        self._at += 1
        return Text("".join(found)) if found else EMPTY

    def _class(self, start: int) -> Node:
        self._at += 1
        negated = self._take("^")
        pairs: list[tuple[int, int]] = []
        while (char := self._text[self._at : self._at + 1]) != "]":
            if not char:
                raise self.error("a '[' without its ']'", start)
            low = high = self._char()
            if self._text[self._at : self._at + 1] == "-" and self._text[
                self._at + 1 : self._at + 2
            ] not in ("]", ""):
                self._at += 1
                high = self._char()
            if high < low:
                raise self.error("a range whose ends are the wrong way round", start)
            pairs.append((low, high))
        self._at += 1
        found: Ranges = _chars.both(_chars.ranges(pairs), _chars.ALL)
        if not found:
            raise self.error("an empty class", start)
        if negated and not (found := _chars.invert(found)):
            raise self.error("a class without any character", start)
        return Set(Chars.exactly(found))

    def _char(self) -> int:
        char = self._text[self._at]
        if char != "\\":
            self._at += 1
            return ord(char)
        kind = self._text[self._at + 1 : self._at + 2]
        if kind in _ESCAPES:
            self._at += 2
            return ord(_ESCAPES[kind])
        size = _HEX.get(kind, 0)
        digits = self._text[self._at + 2 : self._at + 2 + size]
        if not size or len(digits) < size or not re.fullmatch("[0-9A-Fa-f]+", digits):
            raise self.error(f"the escape '\\{kind}'", self._at)
        if not _chars.holds(_chars.ALL, point := int(digits, 16)):
            raise self.error(f"U+{point:04X} is no character", self._at)
        self._at += 2 + size
        return point

    def _token(self, spelled: str) -> Node:
        if spelled.startswith("!"):
            return Set(Chars.exactly(_chars.ALL))
        point = FIRST_TOKEN + self._tokens.setdefault(spelled, len(self._tokens))
        return Set(Chars.exactly(((point, point),)))

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self.error("a rule's name is missing", self._at)
        self._at = found.end()
        if found[0] not in self._names:
            self._names.add(found[0])
            self._weight += 1
        return found[0]

    def _pass(self, what: re.Pattern[str]) -> None:
        found = what.match(self._text, self._at)
        if found:
            self._at = found.end()

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False
