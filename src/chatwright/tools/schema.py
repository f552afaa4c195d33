"""JSON schemas as other libraries write them, made plain enough for any chat template and grammar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["tidy"]


def tidy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its `$defs` written in place, and without the titles that pydantic makes up.

    A schema that refers to itself keeps its references.
    """
    defs: dict[str, Any] = {
        f"#/{key}/{name}": value
        for key in ("$defs", "definitions")
        for name, value in cast(Mapping[str, Any], schema.get(key) or {}).items()
    }
    flat = {k: v for k, v in schema.items() if k not in ("$defs", "definitions")}
    try:
        return _tidied(flat, defs, ())
    except RecursionError:
        return dict(schema)


def _tidied(schema: Any, defs: Mapping[str, Any], seen: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_tidied(item, defs, seen) for item in cast(list[Any], schema)]
    if not isinstance(schema, Mapping):
        return schema
    fields = dict(cast(Mapping[str, Any], schema))
    ref = fields.pop("$ref", None)
    if ref in defs:
        if ref in seen:
            raise RecursionError(ref)
        return {**_tidied(defs[ref], defs, (*seen, ref)), **_tidied(fields, defs, seen)}
    if ref is not None:
        fields["$ref"] = ref
    if isinstance(fields.get("title"), str):
        del fields["title"]
    return {key: _tidied_field(key, value, defs, seen) for key, value in fields.items()}


def _tidied_field(key: str, value: Any, defs: Mapping[str, Any], seen: tuple[str, ...]) -> Any:
    if key in ("default", "const", "enum", "examples", "example"):
        return value  # values, not schemas
    if key in ("properties", "patternProperties") and isinstance(value, Mapping):
        # The keys here are names that the author chose: a property may well be called `title`.
        named = cast(Mapping[str, Any], value)
        return {name: _tidied(inner, defs, seen) for name, inner in named.items()}
    return _tidied(value, defs, seen)
