"""Reads the characters of a regular expression: escapes, and the classes in brackets."""

from __future__ import annotations

from ..errors import ConstraintError
from . import chars as _chars
from .chars import SPACE, Chars, Ranges

__all__ = ["Reader"]

_MOST_RANGES = 2000
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\0-\x7f",
    "blank": " \t",
    "cntrl": "\0-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@[-`{-~",
    "space": " \t-\r",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CATEGORIES = {
    "letter": "L",
    "alphabetic": "L",
    "alpha": "L",
    "lowercase_letter": "Ll",
    "lowercase": "Ll",
    "uppercase_letter": "Lu",
    "uppercase": "Lu",
    "mark": "M",
    "number": "N",
    "decimal_number": "Nd",
    "digit": "Nd",
    "punctuation": "P",
    "punct": "P",
    "symbol": "S",
    "separator": "Z",
    "space_separator": "Zs",
}


class Reader:
    """A pattern, and how far it has been read."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        char = self.peek()
        self.at += 1
        return char

    def take(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def error(self, what: str, at: int) -> ConstraintError:
        return ConstraintError(
            f"{what} at position {at} of the pattern {_shown(self.text)} is not supported",
            "a pattern may use characters, classes, groups, alternatives, repeats, and anchors at its ends",
        )

    def escaped(self, char: str, start: int) -> str | Chars:
        """What an escape stands for, also inside a class: a character or a set of them."""
        match char:
            case "d" | "D" | "w" | "W" | "s" | "S":
                lower = char.lower()
                found = {"d": _chars.digit, "w": _chars.word}[lower]() if lower != "s" else SPACE
                return found if char == lower else found.inverted()
            case "p" | "P":
                return self._category(char == "P", start)
            case "x" | "u" | "U":
                return self._hex({"x": 2, "u": 4, "U": 8}[char], start)
            case "0":
                return chr(int(self.digits("01234567", 2) or "0", 8))
            case "c":
                letter = self.next()
                if not (letter.isascii() and letter.isalpha()):
                    raise self.error(r"'\c' without a letter", start)
                return chr(ord(letter) % 32)
            case _ if char in _CONTROL:
                return _CONTROL[char]
            case _ if not char:
                raise self.error("a '\\' at the end", start)
            case _ if char.isascii() and char.isalnum():
                raise self.error(f"the escape '\\{char}'", start)
            case _:
                return char

    def _hex(self, size: int, start: int) -> str:
        if self.take("{"):
            digits = self.digits("0123456789abcdefABCDEF", 8)
            if not digits or not self.take("}"):
                raise self.error("an escape that lacks its '}'", start)
        else:
            digits = self.digits("0123456789abcdefABCDEF", size)
            if len(digits) < size:
                raise self.error(f"an escape that lacks some of its {size} digits", start)
        point = int(digits, 16)
        if size == 4 and 0xD800 <= point < 0xDC00 and self.text.startswith("\\u", self.at):
            return self._pair(point, start)
        if not _chars.holds(_chars.ALL, point):
            raise self.error(f"U+{point:04X}, which is no character", start)
        return chr(point)

    def _pair(self, first: int, start: int) -> str:
        """A character that JavaScript writes as two halves."""
        self.at += 2
        digits = self.digits("0123456789abcdefABCDEF", 4)
        second = int(digits or "0", 16)
        if len(digits) < 4 or not 0xDC00 <= second <= 0xDFFF:
            raise self.error(f"U+{first:04X}, which is no character", start)
        return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))

    def digits(self, known: str, most: int) -> str:
        end = self.at
        while end < min(len(self.text), self.at + most) and self.text[end] in known:
            end += 1
        found, self.at = self.text[self.at : end], end
        return found

    def _category(self, negated: bool, start: int) -> Chars:
        name = self.next()
        if name == "{":
            end = self.text.find("}", self.at, self.at + 60)
            name = self.text[self.at : end] if end > 0 else ""
            self.at = end + 1
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        plain = name.rpartition("=")[2].strip()
        short = _CATEGORIES.get(plain.lower().replace(" ", "_"), plain)
        found = _chars.category(short) if len(short) in (1, 2) and short.isalpha() else _chars.NONE
        if plain.lower() == "any":
            found = _chars.ALL
        if not found:
            raise self.error(f"the set '\\p{{{name[:30]}}}'", start)
        both = Chars.exactly(found)
        return both.inverted() if negated else both

    def class_(self, start: int, *, fold: bool) -> Chars:
        negated = self.take("^")
        members: list[Chars] = []
        while not members or self.peek() != "]":
            if self.at >= len(self.text):
                raise self.error("a '[' without its ']'", start)
            members.append(self._member())
        self.at += 1
        found = Chars(
            _chars.union(*(m.write for m in members)), _chars.union(*(m.read for m in members))
        )
        if len(found.read) > _MOST_RANGES:
            raise self.error(f"a class of more than {_MOST_RANGES:,} ranges", start)
        if fold:
            found = found.folded()
        return found.inverted() if negated else found

    def _member(self) -> Chars:
        start = self.at
        low = self._one()
        for mark in ("&&", "--", "~~", "||"):
            if self.text.startswith(mark, start):
                raise self.error(f"'{mark}' inside a class", start)
        if isinstance(low, Chars):
            return low
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return Chars.exactly(_chars.of(low))
        self.at += 1
        high = self._one()
        if isinstance(high, Chars) or high < low:
            raise self.error("a range inside a class that is none", start)
        whole: Ranges = ((ord(low), ord(high)),)
        return Chars.exactly(_chars.both(whole, _chars.ALL))

    def _one(self) -> str | Chars:
        start, char = self.at, self.next()
        if char == "[" and self.peek() in (":", "[", "^"):
            return self._posix(start)
        if char != "\\":
            return char
        char = self.next()
        if char == "b":
            return "\b"
        if char in "123456789" and char:
            raise self.error(f"the escape '\\{char}'", start)
        return self.escaped(char, start)

    def _posix(self, start: int) -> str | Chars:
        """`[:alpha:]`; any other bracket inside of brackets means something else to everyone."""
        end = self.text.find(":]", self.at + 1)
        name = self.text[self.at + 1 : end] if self.peek() == ":" and end > 0 else ""
        if name.removeprefix("^") not in _POSIX:
            raise self.error("a '[' inside a class", start)
        self.at = end + 2
        spec = _POSIX[name.removeprefix("^")]
        found = Chars.exactly(_spelled(spec))
        return found.inverted() if name.startswith("^") else found


def _spelled(spec: str) -> Ranges:
    """`a-z_` as ranges."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(spec):
        wide = spec[at + 1 : at + 2] == "-" and at + 2 < len(spec)
        found.append((ord(spec[at]), ord(spec[at + 2] if wide else spec[at])))
        at += 3 if wide else 1
    return _chars.ranges(found)


def _shown(pattern: str) -> str:
    text = repr(pattern)[1:-1]
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"
