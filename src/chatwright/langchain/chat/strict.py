"""A schema as servers want it that promise to keep to it: no default, no unknown property, and every known one given.

strict_schema({"type": "object", "properties": {"n": {"type": "integer", "default": 1}}})
# {'type': 'object', 'properties': {'n': {'type': 'integer'}}, 'required': ['n'], 'additionalProperties': False}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["strict_schema"]

_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema in that form. What it allows as an object of any names it still allows, for the server to judge."""
    made: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "default":
            continue
        if name in _NAMED and isinstance(value, Mapping):
            parts = cast("Mapping[str, Any]", value)
            made[name] = {key: _inner(part) for key, part in parts.items()}
        elif name in _LISTED and isinstance(value, list):
            made[name] = [_inner(part) for part in cast("list[Any]", value)]
        else:
            made[name] = _inner(value) if name == "items" else value
    if "properties" in made or (
        made.get("type") == "object" and "additionalProperties" not in made
    ):
        made.setdefault("properties", {})
        made["required"] = list(made["properties"])
        made["additionalProperties"] = False
    return made


def _inner(schema: Any) -> Any:
    return (
        strict_schema(cast("Mapping[str, Any]", schema)) if isinstance(schema, Mapping) else schema
    )
