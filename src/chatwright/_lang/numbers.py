"""Numbers between bounds, as trees of their digits.

Whole numbers are exact: `integers(3, 120)` allows what lies between, and nothing else. So are decimal fractions
between decimal bounds. What has no bound gets one in digits, far enough out that it cuts off nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ConstraintError
from .automaton import Automaton, build, intersect, made
from .chars import of
from .tree import (
    EMPTY,
    NEVER,
    Node,
    Repeat,
    Text,
    TooLarge,
    either,
    nonempty,
    nullable,
    one_of,
    optional,
    seq,
)
from .words import words

__all__ = ["Bounds", "decimals", "integers", "multiples"]

_DIGITS = 16
_PLACES = 16
_MOST_DIGITS = 60
_MOST_LISTED = 300
_MOST_REMAINDERS = 3000
_MOST_ROWS = 1200


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`, the bounds themselves left out where they are open. None is no bound."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False

    def meet(self, other: Bounds) -> Bounds:
        """What is inside both."""
        low = max(
            ((b.low, b.low_open) for b in (self, other) if b.low is not None),
            default=(None, False),
        )
        high = min(
            ((b.high, not b.high_open) for b in (self, other) if b.high is not None),
            default=(None, True),
        )
        return Bounds(low[0], high[0], low[1], not high[1])

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def whole(self) -> tuple[int | None, int | None]:
        """The smallest and the largest whole number inside."""
        low = high = None
        if self.low is not None:
            low = -(-self.low.numerator // self.low.denominator)
            low += self.low_open and low == self.low
        if self.high is not None:
            high = self.high.numerator // self.high.denominator
            high -= self.high_open and high == self.high
        return low, high


def integers(bounds: Bounds) -> Node:
    """The whole numbers inside the bounds; `NEVER` if there are none."""
    low, high = bounds.whole()
    if low is not None and high is not None and low > high:
        return NEVER
    options: list[Node] = []
    if low is None or low < 0:
        # the other way round: -3 is more than -7
        nearest = 1 if high is None or high >= 0 else -high
        farthest = None if low is None else -low
        options.append(seq(Text("-"), _naturals(nearest, farthest)))
    if high is None or high >= 0:
        options.append(_naturals(max(low or 0, 0), high))
    return either(options)


def _naturals(low: int, high: int | None) -> Node:
    """The whole numbers from `low` (0 or more) to `high`."""
    size = _length(low)
    if size > _MOST_DIGITS:
        raise ConstraintError(
            f"a bound of more than {_MOST_DIGITS} digits cannot be put into a grammar"
        )
    most = max(_DIGITS, size + 1)
    top = 10**most - 1 if high is None else min(high, 10**most - 1)
    options: list[Node] = []
    for digits in range(size, _length(top) + 1):
        first, last = max(low, 10 ** (digits - 1) if digits > 1 else 0), min(top, 10**digits - 1)
        options.append(_between(str(first), str(last)))
    return _joined_lengths(options, low, top)


def _joined_lengths(options: list[Node], low: int, high: int) -> Node:
    """`0`, and any number of digits up to some: the common case in few words."""
    if low <= 1 and high + 1 == 10 ** _length(high) and len(options) > 1:
        any_of_it = seq(one_of(of("123456789")), _digits(0, _length(high) - 1))
        return either([Text("0"), any_of_it]) if low == 0 else any_of_it
    return either(options)


def _length(number: int) -> int:
    # str() of a huge number is refused by Python; the number of its bits is enough to see that it is one
    return 10_000 if number.bit_length() > 10_000 else len(str(number))


def _digits(least: int, most: int) -> Node:
    if most == 0:
        return EMPTY
    return Repeat(one_of(of("0123456789")), least, most)


def _between(low: str, high: str) -> Node:
    """The numbers of the same length from `low` to `high`."""
    if not low:
        return EMPTY
    if set(low) == {"0"} and set(high) == {"9"}:
        return _digits(len(low), len(low))
    if low[0] == high[0]:
        return seq(Text(low[0]), _between(low[1:], high[1:]))
    rest = len(low) - 1
    first, last = int(low[0]), int(high[0])
    options: list[Node] = []
    if low[1:].strip("0"):
        options.append(seq(Text(low[0]), _between(low[1:], "9" * rest)))
        first += 1
    ending: list[Node] = []
    if high[1:].strip("9"):
        ending.append(seq(Text(high[0]), _between("0" * rest, high[1:])))
        last -= 1
    if first <= last:
        middle = one_of(of("0123456789"[first : last + 1]))
        options.append(seq(middle, _digits(rest, rest)))
    return either([*options, *ending])


def decimals(bounds: Bounds) -> Node:
    """The decimal numbers inside the bounds, without exponents; `NEVER` if there are none."""
    if bounds.empty:
        return NEVER
    options: list[Node] = []
    if bounds.low is None or bounds.low < 0:
        high = bounds.high
        near = Fraction(0) if high is None or high >= 0 else -high
        # zero is written without a sign
        near_open = True if near == 0 else bounds.high_open
        mirrored = Bounds(
            near, None if bounds.low is None else -bounds.low, near_open, bounds.low_open
        )
        if not mirrored.empty:
            options.append(seq(Text("-"), _positive(mirrored)))
    if bounds.high is None or bounds.high >= 0:
        low = bounds.low if bounds.low is not None and bounds.low >= 0 else Fraction(0)
        low_open = bounds.low_open and bounds.low is not None and bounds.low >= 0
        upper = Bounds(low, bounds.high, low_open, bounds.high_open)
        if not upper.empty:
            options.append(_positive(upper))
    return either(option for option in options if option != NEVER)


def _positive(bounds: Bounds) -> Node:
    """Decimal numbers from 0 up; `low` is given."""
    low = bounds.low or Fraction(0)
    whole, part = _split(low)
    if bounds.high is None or bounds.high >= 10 ** max(_DIGITS, _length(whole) + 1):
        top, top_part, high_open = 10 ** max(_DIGITS, _length(whole) + 1), "", True
    else:
        top, top_part = _split(bounds.high)
        high_open = bounds.high_open
    if whole == top:
        inside = _part(part, bounds.low_open, top_part, high_open, _PLACES + len(part))
        return _with_part(Text(str(whole)), inside)
    options = [
        _with_part(Text(str(whole)), _part(part, bounds.low_open, None, False, _PLACES + len(part)))
    ]
    if whole + 1 <= top - 1:
        options.append(seq(_naturals(whole + 1, top - 1), _any_part()))
    last = _part("", False, top_part, high_open, _PLACES + len(top_part))
    options.append(_with_part(Text(str(top)), last))
    return either(option for option in options if option != NEVER)


def _split(number: Fraction) -> tuple[int, str]:
    """The whole part, and the digits behind the point without zeros at their end."""
    whole, rest = divmod(number, 1)
    digits = ""
    while rest and len(digits) <= _MOST_DIGITS:
        digit, rest = divmod(rest * 10, 1)
        digits += str(digit)
    if rest:
        raise ConstraintError(f"a bound of more than {_MOST_DIGITS} decimal places has no grammar")
    return int(whole), digits


def _any_part() -> Node:
    return optional(seq(Text("."), _digits(1, _PLACES)))


def _with_part(whole: Node, part: Node) -> Node:
    """A whole part, then the digits of a fraction; no digits, no point."""
    if part == NEVER:
        return NEVER
    behind = nonempty(part)
    options: list[Node] = [EMPTY] if nullable(part) else []
    if behind != NEVER:
        options.append(seq(Text("."), behind))
    if len(options) == 2:
        return seq(whole, optional(options[1]))
    return seq(whole, either(options))


def _part(low: str, low_open: bool, high: str | None, high_open: bool, left: int) -> Node:
    """The digits behind the point from `low` to `high` (None: to the end), at most `left` of them."""
    if high is None and not low and not low_open:
        return _digits(0, left)
    if high == "":
        if high_open or low or low_open:
            return NEVER
        return Repeat(Text("0"), 0, left) if left else EMPTY
    options: list[Node] = []
    if not low and not low_open:
        options.append(EMPTY)
    if left == 0:
        return either(options)
    first = int(low[:1] or 0)
    last = 9 if high is None else int(high[0])
    same: dict[tuple[tuple[str, bool], tuple[str | None, bool]], str] = {}
    for digit in range(first, last + 1):
        floor = (low[1:], low_open) if digit == first else ("", False)
        roof = (high[1:], high_open) if high is not None and digit == last else (None, False)
        same[floor, roof] = same.get((floor, roof), "") + str(digit)
    for (floor, roof), digits in same.items():
        rest = _part(*floor, *roof, left - 1)
        if rest != NEVER:
            options.append(seq(one_of(of(digits)), rest))
    return either(options)


def multiples(step: Fraction, bounds: Bounds, *, whole: bool) -> Node | Automaton:
    """The multiples of a step inside the bounds: listed if they are few, else by the remainder of their digits."""
    if whole:
        step = Fraction(step.numerator)  # the whole multiples of 2/3 are those of 2
    listed = _listed(step, bounds)
    if listed is not None:
        return words(listed) if listed else NEVER
    places = _places(step)
    if places is None:
        raise TooLarge(f"multiples of {step} have no end in decimals")
    count = int(step * 10**places)
    if count * (places + 1) > _MOST_REMAINDERS:
        raise TooLarge(f"the multiples of {step} are too many to tell by their digits")
    by_remainder = _by_remainder(count, places)
    # fewer digits where there are many remainders, so that the grammar stays of a bearable size
    for digits in (_DIGITS, 9, 6, 4):
        size = Fraction(10**digits)
        inner = bounds.meet(Bounds(-size, size, True, True))
        if inner.empty:
            break
        with contextlib.suppress(TooLarge):
            found = intersect(build(integers(inner) if whole else decimals(inner)), by_remainder)
            if len(found.rows) <= _MOST_ROWS and not found.empty:
                return found
    raise TooLarge(f"the multiples of {step} are too many to tell by their digits")


def _listed(step: Fraction, bounds: Bounds) -> Sequence[str] | None:
    """All the multiples, if they are few."""
    if bounds.low is None or bounds.high is None:
        return None
    low, high = Bounds(
        bounds.low / step, bounds.high / step, bounds.low_open, bounds.high_open
    ).whole()
    if low is None or high is None or high - low >= _MOST_LISTED:
        return None
    if _places(step) is None:
        return None
    return [_written(n * step) for n in range(low, high + 1)]


def _written(number: Fraction) -> str:
    whole, part = _split(abs(number))
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def _places(step: Fraction) -> int | None:
    """How many decimal places a number has; None if they have no end."""
    places, rest = 0, step.denominator
    while rest % 2 == 0 or rest % 5 == 0:
        rest //= 10 if rest % 10 == 0 else 2 if rest % 2 == 0 else 5
        places += 1
    return places if rest == 1 else None


def _by_remainder(count: int, places: int) -> Automaton:
    """Numbers with at most so many places that are, without their point, multiples of `count`."""
    blocks = (of("-"), of("."), *(of(str(d)) for d in range(10)))
    # a state for each remainder: before the point, and behind it for each number of places so far
    levels = places + 2 if places else 1

    def state(level: int, rest: int) -> int:
        return 2 + level * count + rest % count

    begun = tuple(state(0, d) for d in range(10))
    rows: list[tuple[int, ...]] = [(1, -1, *begun), (-1, -1, *begun)]
    final: set[int] = set()
    for level in range(levels):
        written = max(level - 1, 0)
        for rest in range(count):
            if level != 1 and rest * 10 ** (places - written) % count == 0:
                final.add(len(rows))
            point = state(1, rest) if level == 0 and places else -1
            further = level == 0 or written < places
            after = level + 1 if level else 0
            digits = [state(after, rest * 10 + d) if further else -1 for d in range(10)]
            rows.append((-1, point, *digits))
    return made(blocks, rows, final)
