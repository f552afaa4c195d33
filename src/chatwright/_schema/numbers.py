"""Numbers: bounds and steps of several schemas as one tree of digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, cast

from .._lang.automaton import Automaton, build, intersect, none_of
from .._lang.numbers import Bounds, decimals, integers, multiples
from .._lang.tree import NEVER, Node, Ref, TooLarge
from .._lang.words import words
from ..errors import ConstraintError
from .document import fits_type, listing
from .formats import BOUNDS, NO_MEANING
from .merge import Impossible, Placed

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["tree"]


def tree(builder: Builder, parts: Sequence[Placed], *, whole: bool) -> Node:
    """The numbers that fit all of these."""
    where = parts[0].where
    bounds, step = Bounds(), Fraction(0)
    for part in parts:
        schema = cast("Mapping[str, Any]", part.schema)
        for found in _bounds(schema, part.where):
            bounds = bounds.meet(found)
        if "multipleOf" in schema:
            one = _fraction(schema["multipleOf"])
            # the multiples of both are those of their least common multiple
            step = _common(step, one) if step else one
    if bounds.empty:
        raise Impossible(f"{where}: no number is inside 'minimum' and 'maximum'")
    found = _inside(bounds, step, whole, where)
    if excluded := list(_excluded(parts)):
        found = _without(found, excluded)
    if isinstance(found, Automaton):
        if found.empty:
            raise Impossible(f"{where}: no number is allowed")
        return builder.add_automaton(found, where, quoted=False)
    if found == NEVER:
        raise Impossible(f"{where}: no number is inside 'minimum' and 'maximum'")
    return found


def _inside(bounds: Bounds, step: Fraction, whole: bool, where: str) -> Node | Automaton:
    try:
        if step and not (whole and step == 1):
            return multiples(step, bounds, whole=whole)
        if bounds == Bounds():
            return Ref("j-integer") if whole else Ref("j-number")
        if whole and bounds == Bounds(Fraction(0)):
            return Ref("j-count")
        return integers(bounds) if whole else decimals(bounds)
    except TooLarge as err:
        raise ConstraintError(
            f"{where}: the keyword 'multipleOf' cannot be put into a grammar: {err}",
            "bound the number with 'minimum' and 'maximum', or check it afterwards",
        ) from err
    except ConstraintError as err:
        raise ConstraintError(f"{where}: 'minimum' or 'maximum': {err}", err.hint) from err


def _without(found: Node | Automaton, excluded: list[str]) -> Automaton:
    if isinstance(found, Ref):
        found = decimals(Bounds()) if found.name == "j-number" else integers(Bounds())
    allowed = found if isinstance(found, Automaton) else build(found)
    return intersect(allowed, none_of(build(words(excluded))))


def _excluded(parts: Sequence[Placed]) -> Iterator[str]:
    """The numbers that `not` excludes, in each way of writing them that matters."""
    for part in parts:
        turned = cast("Mapping[str, Any]", part.schema).get("not", {})
        for value in (*listing(turned, "enum"), *([turned["const"]] if "const" in turned else [])):
            if fits_type(value, "number"):
                yield str(int(value)) if float(value).is_integer() else repr(value)


def _bounds(schema: Mapping[str, Any], where: str) -> Iterator[Bounds]:
    low_open = schema.get("exclusiveMinimum") is True  # as draft 4 has it
    high_open = schema.get("exclusiveMaximum") is True
    if "minimum" in schema:
        yield Bounds(low=_fraction(schema["minimum"]), low_open=low_open)
    if "maximum" in schema:
        yield Bounds(high=_fraction(schema["maximum"]), high_open=high_open)
    if fits_type(schema.get("exclusiveMinimum"), "number"):
        yield Bounds(low=_fraction(schema["exclusiveMinimum"]), low_open=True)
    if fits_type(schema.get("exclusiveMaximum"), "number"):
        yield Bounds(high=_fraction(schema["exclusiveMaximum"]), high_open=True)
    form = schema.get("format")
    if form in BOUNDS:
        low, high = BOUNDS[str(form)]
        yield Bounds(Fraction(low), Fraction(high))
    elif form is not None and form not in NO_MEANING:
        raise ConstraintError(f"{where}: the format '{form}' is not known for numbers")


def _fraction(value: float) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _common(a: Fraction, b: Fraction) -> Fraction:
    denominator = lcm(a.denominator, b.denominator)
    return Fraction(
        lcm(
            a.numerator * (denominator // a.denominator),
            b.numerator * (denominator // b.denominator),
        ),
        denominator,
    )
