"""The simple types: how each looks in a JSON schema, and how a model's value is read as one."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import math
import pathlib
import uuid
from collections.abc import Callable
from typing import Any

__all__ = ["SCALARS", "Shape", "Wrong", "wrong"]


class Wrong(ValueError):
    """A value does not fit its type: `must be a whole number, not 'abc'`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """What a type looks like to a model, and `read`, which turns a JSON value into that type.

    `read` forgives what models often write (`"3"` for 3) and raises `Wrong` for the rest.
    """

    schema: dict[str, Any]
    read: Callable[[Any], Any]


def wrong(wanted: str, value: Any) -> Wrong:
    """`wrong("a list", 3)` is `Wrong("must be a list, not 3")`."""
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = repr(value)
    return Wrong(f"must be {wanted}, not {shown if len(shown) <= 60 else shown[:57] + '...'}")


def _read_str(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise wrong("a string", value)


def _read_int(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass  # said below, in the model's words
    raise wrong("a whole number", value)


def _read_float(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise wrong("a number", value)


def _read_bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise wrong("true or false", value)


def _read_null(value: Any) -> Any:
    if value is None:
        return value
    raise wrong("null", value)


def _reader(cls: type[Any], parse: Callable[[str], Any], wanted: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        try:
            return parse(str(value))
        except (ValueError, ArithmeticError) as err:
            raise wrong(wanted, value) from err

    return read


SCALARS: dict[Any, Shape] = {
    str: Shape({"type": "string"}, _read_str),
    int: Shape({"type": "integer"}, _read_int),
    float: Shape({"type": "number"}, _read_float),
    bool: Shape({"type": "boolean"}, _read_bool),
    None: Shape({"type": "null"}, _read_null),
    type(None): Shape({"type": "null"}, _read_null),
    Any: Shape({}, lambda value: value),
    object: Shape({}, lambda value: value),
    decimal.Decimal: Shape(
        {"type": "number"}, _reader(decimal.Decimal, decimal.Decimal, "a number")
    ),
    pathlib.Path: Shape({"type": "string"}, _reader(pathlib.Path, pathlib.Path, "a path")),
    datetime.date: Shape(
        {"type": "string", "format": "date"},
        _reader(datetime.date, datetime.date.fromisoformat, "a date like 2024-12-31"),
    ),
    datetime.datetime: Shape(
        {"type": "string", "format": "date-time"},
        _reader(datetime.datetime, datetime.datetime.fromisoformat, "a time in ISO 8601"),
    ),
    datetime.time: Shape(
        {"type": "string", "format": "time"},
        _reader(datetime.time, datetime.time.fromisoformat, "a time like 23:59"),
    ),
    uuid.UUID: Shape({"type": "string", "format": "uuid"}, _reader(uuid.UUID, uuid.UUID, "a UUID")),
}
