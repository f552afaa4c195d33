"""Does a value fit a JSON schema? If not, the reason, in a sentence that a model can act on.

Every keyword of JSON Schema from draft 4 to 2020-12 is read; what a `format` means stands in `_schema/formats`,
and one that we do not know says nothing. A `$ref` stays inside the schema.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

from ._schema.check import Checker
from ._schema.document import Schema, fits_type, listing, mapping, resolve, types_of
from ._schema.scalars import why_not_listed

__all__ = ["coerce", "resolve", "validate"]

_MAX_DEPTH = 100
_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?")


def validate(value: object, schema: Schema, *, closed: bool = True) -> str | None:
    """Why `value` does not fit `schema`, or None if it does.

    An object whose schema lists `properties` takes only those, unless the schema says otherwise: a misspelt
    argument is told, not ignored. With `closed=False` it may have others, as the standard has it.

    >>> validate({"count": "abc"}, {"type": "object", "properties": {"count": {"type": "integer"}}})
    '"count" must be an integer, not "abc"'
    """
    return Checker(schema, closed=closed).why(value, schema)


def coerce(value: Any, schema: Schema) -> Any:
    """The value as the schema wants it, where nobody would have to think: `"3"` is 3, `"a"` is `["a"]`.

    What takes thinking stays as it is, and `validate` then says why it does not fit. Nothing given
    is changed in place.

    >>> coerce({"count": "3"}, {"type": "object", "properties": {"count": {"type": "integer"}}})
    {'count': 3}
    """
    return _coerced(value, schema, Checker(schema), 0)


def _coerced(value: Any, schema: Schema, by: Checker, depth: int) -> Any:
    schema = resolve(schema, by.root)
    if isinstance(schema, bool) or depth > _MAX_DEPTH:
        return value
    for part in listing(schema, "allOf"):
        value = _coerced(value, part, by, depth + 1)
    branches = (*listing(schema, "anyOf"), *listing(schema, "oneOf"))
    fitting = next((b for b in branches if by.why(value, b) is None), None)
    if fitting is not None:
        return _coerced(value, fitting, by, depth + 1)
    for branch in branches:
        changed = _coerced(value, branch, by, depth + 1)
        if by.why(changed, branch) is None:
            return changed
    if why_not_listed(value, schema):
        return _listed(value, schema)
    types = types_of(schema)
    if not any(fits_type(value, t) for t in types):
        value = next((v for t in types for v in _as(value, t, schema, by, depth)), value)
    return _inside(value, schema, types, by, depth)


def _as(value: Any, wanted: str, schema: Mapping[str, Any], by: Checker, depth: int) -> list[Any]:
    """The value as the wanted type, in a list of one; an empty list where that takes thinking."""
    text = value.strip() if isinstance(value, str) else ""
    match wanted:
        case "integer" | "number" if _NUMBER.fullmatch(text):
            return _number(text, wanted)
        case "boolean" if text.lower() in ("true", "false"):
            return [text.lower() == "true"]
        case "string" if isinstance(value, (bool, int, float)):
            return [json.dumps(value)]
        case "object" if text.startswith("{"):
            return _parsed(text, wanted)
        case "array" if text.startswith("["):
            return _parsed(text, wanted)
        case "array" if value is not None:
            item = _coerced(value, schema.get("items", True), by, depth + 1)
            return [[item]] if by.why(item, schema.get("items", True)) is None else []
        case _:
            return []


def _number(text: str, wanted: str) -> list[Any]:
    if whole := re.fullmatch(r"([+-]?\d+)(\.0+)?", text):
        return [int(whole[1])] if wanted == "integer" or not whole[2] else [float(text)]
    number = float(text)
    return [number] if wanted == "number" and math.isfinite(number) else []


def _parsed(text: str, wanted: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [value] if fits_type(value, wanted) else []


def _inside(
    value: Any, schema: Mapping[str, Any], types: list[str], by: Checker, depth: int
) -> Any:
    if isinstance(value, float) and "integer" in types and "number" not in types:
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        first, rest = listing(schema, "prefixItems"), schema.get("items", True)
        return [
            _coerced(v, first[i] if i < len(first) else rest, by, depth + 1)
            for i, v in enumerate(cast("list[Any]", value))
        ]
    if not isinstance(value, Mapping):
        return value
    known = mapping(schema, "properties")
    made: dict[str, Any] = {}
    for key, item in cast("Mapping[str, Any]", value).items():
        wanted = known.get(key, True)
        changed = _coerced(item, wanted, by, depth + 1)
        # null for an argument that may be left out means that it is left out
        optional = key in known and key not in listing(schema, "required")
        if changed is None and optional and by.why(None, wanted):
            continue
        made[key] = changed
    return made


def _listed(value: Any, schema: Mapping[str, Any]) -> Any:
    """The one option that is the same but for case, spaces, or quotes around a number."""
    options = listing(schema, "enum") or [schema.get("const")]
    said = _spelt(value)
    near = [o for o in options if _spelt(o) == said]
    return near[0] if said is not None and len(near) == 1 else value


def _spelt(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip().casefold()
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None
