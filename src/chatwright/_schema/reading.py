"""Reads JSON strictly: what one reader would take for something else than another is no answer."""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

__all__ = ["read_json"]

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str) -> Any:
    """The value of a JSON text. A key that is there twice, NaN, a number too large, half of a character: `ValueError`."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if _HALF.search(text):
        _refuse_halves(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {json.dumps(twice[:60])} is there twice")
    return made


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:30]} is too large")
    return number


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError(f"the number {digits[:10]}… has {len(digits):,} digits") from None


def _constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _refuse_halves(value: Any) -> None:
    ahead = [value]
    while ahead:
        found = ahead.pop()
        if isinstance(found, dict):
            pairs = cast("dict[str, Any]", found)
            ahead += [*pairs, *pairs.values()]
        elif isinstance(found, list):
            ahead += cast("list[Any]", found)
        elif isinstance(found, str) and not found.isascii():
            try:
                found.encode()
            except UnicodeEncodeError:
                raise ValueError("a string holds half of a character") from None
