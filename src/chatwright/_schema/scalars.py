"""Why a string, a number or a size does not fit: the part of `check` that looks at one value alone."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from .document import frozen, show
from .formats import BOUNDS, READ

__all__ = [
    "found_in",
    "named",
    "one_of",
    "why_not_listed",
    "why_not_number",
    "why_not_sized",
    "why_not_string",
]

_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", operator.lt, "at least"),
    ("maximum", operator.gt, "at most"),
    ("exclusiveMinimum", operator.le, "more than"),
    ("exclusiveMaximum", operator.ge, "less than"),
)


def why_not_listed(value: Any, schema: Mapping[str, Any], path: str = "") -> str | None:
    """Why `value` is none of the `enum` or `const`, or None."""
    if "const" in schema and frozen(value) != frozen(schema["const"]):
        return f"{named(path)} must be {show(schema['const'])}, not {show(value)}"
    options: Sequence[Any] | None = schema.get("enum")
    if options is None or any(frozen(value) == frozen(o) for o in options):
        return None
    return f"{named(path)} must be {one_of(show(o) for o in options)}, not {show(value)}"


def why_not_string(value: str, schema: Mapping[str, Any], name: str) -> str | None:
    """Why a string does not fit its lengths, its format or its pattern, or None."""
    said = f"{name} must have"
    if reason := why_not_sized(len(value), schema, "Length", said, "characters"):
        return reason
    fits = READ.get(str(schema.get("format")))
    if fits is not None and not fits(value):
        return f"{name} must be a {schema['format']}, not {show(value)}"
    pattern = schema.get("pattern")
    if pattern is not None and not found_in(str(pattern), value):
        return f"{name} must match {pattern}, not {show(value)}"
    return None


def why_not_number(value: float, schema: Mapping[str, Any], name: str) -> str | None:
    """Why a number does not fit its bounds or its step, or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{name} must be a finite number"
    for key, broken, word in _BOUNDS:
        bound = schema.get(key)
        if bound is True and key.startswith("exclusive"):  # as draft 4 has it
            bound = schema.get(key.removeprefix("exclusive").lower())
        if isinstance(bound, (int, float)) and not isinstance(bound, bool) and broken(value, bound):
            return f"{name} must be {word} {show(bound)}, not {show(value)}"
    if (limits := BOUNDS.get(str(schema.get("format")))) and not limits[0] <= value <= limits[1]:
        return f"{name} must be from {limits[0]} to {limits[1]} ({schema['format']}), not {show(value)}"
    step = schema.get("multipleOf")
    # as fractions, because 0.3 / 0.1 is not 3 and a huge integer is no float
    if step and (_fraction(value) / _fraction(step)).denominator != 1:
        return f"{name} must be a multiple of {show(step)}, not {show(value)}"
    return None


def _fraction(value: float) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(str(value))


def why_not_sized(
    size: int, schema: Mapping[str, Any], what: str, said: str, unit: str
) -> str | None:
    if size < (least := schema.get(f"min{what}", 0)):
        return f"{said} at least {least} {unit}, not {size}"
    if size > (most := schema.get(f"max{what}", math.inf)):
        return f"{said} at most {most} {unit}, not {size}"
    return None


def found_in(pattern: str, text: str) -> bool:
    from .._lang.match import matcher

    return matcher(pattern).search(text)


def named(path: str) -> str:
    return f'"{path if len(path) <= 80 else path[:77] + "..."}"' if path else "the value"


def one_of(words: Iterable[str]) -> str:
    said = list(dict.fromkeys(words))
    if len(said) > 12:
        said = [*said[:11], "..."]
    return " or ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)
