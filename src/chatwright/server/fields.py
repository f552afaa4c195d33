"""Typed reads of a JSON object's fields. A wrong type is refused by name; `null` and absent are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .refusal import Refusal

__all__ = ["U32", "U64", "Fields"]

U32 = 2**32 - 1
U64 = 2**64 - 1
_F32 = 3.4e38
_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    list: "sequence",
    dict: "map",
}


class Fields:
    """An object from the wire; `where` is the path to it, for the messages."""

    def __init__(self, data: Mapping[str, Any], where: str = "") -> None:
        self._data = data
        self._where = where

    def raw(self, name: str) -> Any:
        """The value as it came."""
        return self._data.get(name)

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def text(self, name: str) -> str | None:
        return self._typed(name, str, "a string")

    def needed_text(self, name: str) -> str:
        """A string that has to be there."""
        if name not in self._data:
            raise self.wrong(name, f"missing field `{name}`")
        if self._data[name] is None:
            raise self.wrong(name, "invalid type: null, expected a string")
        return cast("str", self.text(name))

    def flag(self, name: str, default: bool = False) -> bool:
        found = self.maybe_flag(name)
        return default if found is None else found

    def maybe_flag(self, name: str) -> bool | None:
        return self._typed(name, bool, "a boolean")

    def whole(self, name: str, low: int = 0, high: int = U32) -> int | None:
        """A whole number; its bounds are those of its type, not of its meaning."""
        value = self._data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._mistyped(name, "an integer")
        if not low <= value <= high:
            raise self.wrong(
                name, f"invalid value: the integer is not between {low} and {high}", param=True
            )
        return value

    def number(self, name: str) -> float | None:
        value = self._data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._mistyped(name, "a number")
        if not -_F32 <= value <= _F32:
            raise self.wrong(name, "invalid value: the number is out of range", param=True)
        return float(value)

    def texts(self, name: str, *, or_one: bool = False) -> list[str]:
        """A list of strings; `or_one` takes a single one too."""
        value = self._data.get(name)
        if value is None:
            return []
        if or_one and isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            raise self._mistyped(name, "a sequence of strings")
        items = cast("list[Any]", value)
        for at, item in enumerate(items):
            if not isinstance(item, str):
                found = _named(item)
                raise self.wrong(f"{name}[{at}]", f"invalid type: {found}, expected a string")
        return items

    def object(self, name: str) -> Fields | None:
        """A nested object."""
        found: dict[str, Any] | None = self._typed(name, dict, "a map")
        return None if found is None else Fields(found, self.path(name))

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        items: list[Any] | None = self._typed(name, list, "a sequence")
        found: list[Fields] = []
        for at, item in enumerate(items or ()):
            here = f"{name}[{at}]"
            if not isinstance(item, dict):
                raise self.wrong(here, f"invalid type: {_named(item)}, expected a map")
            found.append(Fields(cast("dict[str, Any]", item), self.path(here)))
        return found

    def wrong(self, name: str, reason: str, *, param: bool = True) -> Refusal:
        """The refusal of a field."""
        path = self.path(name)
        told = f"Failed to deserialize the JSON body into the target type: {path}: {reason}"
        return Refusal(422, told, param=path if param else None)

    def _typed(self, name: str, kind: type, expected: str) -> Any:
        value = self._data.get(name)
        if value is not None and not isinstance(value, kind):
            raise self._mistyped(name, expected)
        return value

    def _mistyped(self, name: str, expected: str) -> Refusal:
        return self.wrong(name, f"invalid type: {_named(self._data[name])}, expected {expected}")


def _named(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "integer"
    return _NAMES.get(type(value), "floating point")
