"""Sets of characters, as sorted ranges of code points.

Dialects of regular expressions do not agree on what `\\d` or `.` is. So a set is a pair: the characters that we
write, which every dialect has in it, and those that we accept when we read.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

__all__ = [
    "ALL",
    "ANY",
    "DOT",
    "NONE",
    "SPACE",
    "Chars",
    "Ranges",
    "both",
    "category",
    "count",
    "digit",
    "holds",
    "invert",
    "of",
    "ranges",
    "union",
    "word",
]

Ranges = tuple[tuple[int, int], ...]

_TOP = sys.maxunicode
_HALVES = (0xD800, 0xDFFF)  # halves of a pair: they are no characters
_LAST_LETTER = 0x33480  # above it Unicode has no letters and no digits
_MOST_FOLDED = 3000

NONE: Ranges = ()
ALL: Ranges = ((0, _HALVES[0] - 1), (_HALVES[1] + 1, _TOP))


def ranges(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges in order, those that touch made one."""
    made: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if made and low <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


def of(text: str) -> Ranges:
    """The characters of a text."""
    return ranges((ord(c), ord(c)) for c in text)


def union(*sets: Ranges) -> Ranges:
    return ranges(pair for each in sets for pair in each)


def both(a: Ranges, b: Ranges) -> Ranges:
    """What is in both sets."""
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if low <= high:
            found.append((low, high))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def invert(a: Ranges) -> Ranges:
    """Every other character."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for low, high in a:
        if low > at:
            gaps.append((at, low - 1))
        at = high + 1
    if at <= _TOP:
        gaps.append((at, _TOP))
    return both(tuple(gaps), ALL)


def holds(a: Ranges, point: int) -> bool:
    at = bisect_right(a, (point, _TOP + 1)) - 1
    return at >= 0 and a[at][0] <= point <= a[at][1]


def count(a: Ranges) -> int:
    return sum(high - low + 1 for low, high in a)


@dataclass(frozen=True, slots=True)
class Chars:
    """A set: `write` is what we may write for it, `read` what we take for it."""

    write: Ranges
    read: Ranges

    @staticmethod
    def exactly(found: Ranges) -> Chars:
        return Chars(found, found)

    def __or__(self, other: Chars) -> Chars:
        return Chars(union(self.write, other.write), union(self.read, other.read))

    def inverted(self) -> Chars:
        return Chars(invert(self.read), invert(self.write))

    def folded(self) -> Chars:
        """With the other case of each letter."""
        return Chars(_folded(self.write), _folded(self.read))


def _folded(found: Ranges) -> Ranges:
    # of a large set only the letters of the common scripts: nobody means the others
    few = found if count(found) <= _MOST_FOLDED else both(found, ((0, 0x52F),))
    extra: list[tuple[int, int]] = []
    for low, high in few:
        for point in range(low, high + 1):
            letter = chr(point)
            for other in (letter.lower(), letter.upper(), letter.swapcase()):
                if len(other) == 1 and other != letter:
                    extra.append((ord(other), ord(other)))
    return union(found, tuple(extra))


@cache
def category(*names: str) -> Ranges:
    """The characters of some Unicode categories, by the beginning of their names (`L`, `Lu`, ...)."""
    import unicodedata

    found = [
        (point, point)
        for point in range(_LAST_LETTER if names[0][0] in "LMNPSZ" else _TOP + 1)
        if unicodedata.category(chr(point)).startswith(names)
    ]
    return both(ranges(found), ALL)


_ASCII_DIGIT: Ranges = ((0x30, 0x39),)
_ASCII_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_UNICODE_SPACE = ranges(
    [
        *((0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680)),
        *((0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F)),
        *((0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    ]
)


@cache
def digit() -> Chars:
    """`\\d`: ASCII where we write, Unicode where we read."""
    return Chars(_ASCII_DIGIT, ranges((p, p) for p in range(_LAST_LETTER) if chr(p).isdecimal()))


@cache
def word() -> Chars:
    """`\\w`, in the same way."""
    found = [(p, p) for p in range(_LAST_LETTER) if chr(p).isalnum()]
    return Chars(_ASCII_WORD, ranges([*found, (ord("_"), ord("_"))]))


SPACE = Chars(((0x09, 0x0D), (0x20, 0x20)), _UNICODE_SPACE)
ANY = Chars.exactly(ALL)
DOT = Chars(invert(of("\n\r\u2028\u2029")), invert(of("\n")))
