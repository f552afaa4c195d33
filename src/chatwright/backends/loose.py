"""JSON of strangers, read for what it holds: a value of another kind than hoped for counts as absent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["Json", "array", "mapping", "mappings", "number", "real", "text"]

Json = Mapping[str, Any]


def mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def array(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [cast("dict[str, Any]", item) for item in array(value) if isinstance(item, dict)]


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object, otherwise: int = 0) -> int:
    """A count: a whole number from 0 up."""
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return cast("int", value) if fine else otherwise


def real(value: object) -> float:
    try:
        found = float(value) if isinstance(value, int | float) else 0.0
    except OverflowError:
        return 0.0
    return found if math.isfinite(found) else 0.0
