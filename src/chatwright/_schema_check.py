"""Checks a value against a JSON schema, keyword by keyword; `schema.py` is the door to it."""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any, cast
from uuid import UUID

from .errors import ConstraintError

__all__ = [
    "Checker",
    "Schema",
    "fits_type",
    "listing",
    "mapping",
    "pointed",
    "resolve",
    "types_of",
    "why_not_listed",
]

Schema = Mapping[str, Any] | bool
_MAX_DEPTH = 100
_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_BOUNDS: tuple[tuple[str, Callable[[float, float], bool], str], ...] = (
    ("minimum", operator.lt, "at least"),
    ("maximum", operator.gt, "at most"),
    ("exclusiveMinimum", operator.le, "more than"),
    ("exclusiveMaximum", operator.ge, "less than"),
)
_FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "date-time": datetime.fromisoformat,
    "uuid": UUID,
}


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema that a `$ref` inside `root` leads to; one without `$ref` is its own."""
    seen = 0
    while isinstance(schema, Mapping) and "$ref" in schema:
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        target = pointed(str(schema["$ref"]), root)
        schema = {**target, **rest} if rest and isinstance(target, Mapping) else target
        seen += 1
        if seen > 50:
            raise ConstraintError("a $ref leads back to itself", f"look at {_show(rest or target)}")
    return schema


def mapping(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What a schema holds under `key`, empty unless it is an object there."""
    found = schema.get(key)
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def listing(schema: Mapping[str, Any], key: str) -> Sequence[Any]:
    """What a schema holds under `key`, empty unless it is a list there."""
    found = schema.get(key)
    return cast("Sequence[Any]", found) if isinstance(found, (list, tuple)) else ()


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names, or that its keywords speak of; none means any."""
    named = schema.get("type")
    if named is None:
        if {"properties", "required", "additionalProperties"} & schema.keys():
            return ["object"]
        return ["array"] if {"items", "prefixItems"} & schema.keys() else []
    names = [named] if isinstance(named, str) else list(cast("Sequence[str]", named))
    for name in names:
        if name not in _WORDS:
            raise ConstraintError(
                f"there is no JSON type {_show(name)}", f"known: {', '.join(_WORDS)}"
            )
    return names


def pointed(ref: str, root: Schema) -> Schema:
    """What a `$ref` points at; it may be a `$ref` again."""
    if not ref.startswith("#"):
        raise ConstraintError(
            f"$ref {_show(ref)} leads out of the schema", "only '#/$defs/...' works"
        )
    here: Any = root
    for part in ref[1:].lstrip("/").split("/") if ref not in ("#", "#/") else []:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and key in here:
            here = cast("Mapping[str, Any]", here)[key]
        elif isinstance(here, list) and key.isdigit() and int(key) < len(cast("list[Any]", here)):
            here = cast("list[Any]", here)[int(key)]
        else:
            raise ConstraintError(f"$ref {_show(ref)} leads nowhere", "put it under $defs")
    if not isinstance(here, (bool, Mapping)):
        raise ConstraintError(f"$ref {_show(ref)} does not lead to a schema")
    return cast(Schema, here)


class Checker:
    """Checks values by one schema document; `$ref`s are looked up in it."""

    def __init__(self, root: Schema) -> None:
        self.root = root

    def why(
        self, value: Any, schema: Schema, path: str = "", active: tuple[int, ...] = ()
    ) -> str | None:
        """Why `value` does not fit, or None; `active` are the schemas that look at this same value."""
        if isinstance(schema, bool):
            return None if schema else f"{_name(path)} is not allowed"
        if id(schema) in active or len(active) > _MAX_DEPTH:
            raise ConstraintError("a $ref leads back to itself", f"look at {_show(dict(schema))}")
        if path.count(".") + path.count("[") > _MAX_DEPTH:
            return "the value is nested too deeply"
        active = (*active, id(schema))
        if "$ref" in schema:
            target = pointed(str(schema["$ref"]), self.root)
            if reason := self.why(value, target, path, active):
                return reason
        return (
            why_not_listed(value, schema, path)
            or self._why_not_combined(value, schema, path, active)
            or self._why_not_typed(value, schema, path)
        )

    def _why_not_combined(
        self, value: Any, schema: Mapping[str, Any], path: str, active: tuple[int, ...]
    ) -> str | None:
        for part in listing(schema, "allOf"):
            if reason := self.why(value, part, path, active):
                return reason
        # oneOf is read like anyOf: "it fits two of them" is nothing that a model could mend
        for key in ("anyOf", "oneOf"):
            branches = listing(schema, key)
            if branches and (reason := self._why_none(value, branches, path, active)):
                return reason
        if "not" in schema and self.why(value, schema["not"], path, active) is None:
            return f"{_name(path)} must not be {_show(value)}"
        if "if" in schema:
            branch = "else" if self.why(value, schema["if"], path, active) else "then"
            return self.why(value, schema.get(branch, True), path, active)
        return None

    def _why_none(
        self, value: Any, branches: Sequence[Schema], path: str, active: tuple[int, ...]
    ) -> str | None:
        """Why no branch fits: the reason of the one branch that was meant, else what each wants."""
        reasons: list[str] = []
        meant: list[str] = []
        for branch in branches:
            reason = self.why(value, branch, path, active)
            if reason is None:
                return None
            reasons.append(reason)
            types = self._types(branch)
            if not types or any(fits_type(value, t) for t in types):
                meant.append(reason)
        if len(meant) == 1:
            return meant[0]
        wanted = [t for b in branches for t in self._types(b)]
        if not meant and wanted:
            return f"{_name(path)} must be {_or(_WORDS[t] for t in wanted)}, not {_show(value)}"
        return "; or ".join(dict.fromkeys(reasons)) or f"{_name(path)} fits nothing"

    def _types(self, schema: Schema) -> list[str]:
        found = resolve(schema, self.root)
        return [] if isinstance(found, bool) else types_of(found)

    def _why_not_typed(self, value: Any, schema: Mapping[str, Any], path: str) -> str | None:
        types = types_of(schema)
        if types and not any(fits_type(value, t) for t in types):
            return f"{_name(path)} must be {_or(_WORDS[t] for t in types)}, not {_show(value)}"
        if isinstance(value, str):
            return _why_not_string(value, schema, path)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _why_not_number(value, schema, path)
        if isinstance(value, list):
            return self._why_not_array(cast("list[Any]", value), schema, path)
        if isinstance(value, Mapping):
            return self._why_not_object(cast("Mapping[str, Any]", value), schema, path)
        return None

    def _why_not_array(self, value: list[Any], schema: Mapping[str, Any], path: str) -> str | None:
        if reason := _why_not_sized(
            len(value), schema, "Items", f"{_name(path)} must have", "items"
        ):
            return reason
        if schema.get("uniqueItems") and len({_show(v, 10**6) for v in value}) < len(value):
            return f"{_name(path)} must not hold the same item twice"
        first = listing(schema, "prefixItems")
        for i, item in enumerate(value):
            wanted = first[i] if i < len(first) else schema.get("items", True)
            if reason := self.why(item, wanted, f"{path}[{i}]", ()):
                return reason
        return None

    def _why_not_object(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], path: str
    ) -> str | None:
        missing = [_name(_join(path, k)) for k in listing(schema, "required") if k not in value]
        if missing:
            return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} required"
        known = mapping(schema, "properties")
        for key, item in value.items():
            wanted = known[key] if key in known else _for_others(schema, key)
            if wanted is False:
                allowed = ", ".join(f'"{k}"' for k in known)
                return f"{_name(_join(path, key))} is not known here; known: {allowed or 'nothing'}"
            if reason := self.why(item, wanted, _join(path, key), ()):
                return reason
        said = f"{_name(path)} must have"
        return _why_not_sized(len(value), schema, "Properties", said, "keys")


def _for_others(schema: Mapping[str, Any], key: str) -> Schema:
    for pattern, wanted in mapping(schema, "patternProperties").items():
        if _search(pattern, key):
            return wanted
    return schema.get("additionalProperties", "properties" not in schema)


def why_not_listed(value: Any, schema: Mapping[str, Any], path: str = "") -> str | None:
    """Why `value` is none of the `enum` or `const`, or None."""
    if "const" in schema and not _same(value, schema["const"]):
        return f"{_name(path)} must be {_show(schema['const'])}, not {_show(value)}"
    options: Sequence[Any] | None = schema.get("enum")
    if options is None or any(_same(value, o) for o in options):
        return None
    return f"{_name(path)} must be {_or(_show(o) for o in options)}, not {_show(value)}"


def _why_not_string(value: str, schema: Mapping[str, Any], path: str) -> str | None:
    said = f"{_name(path)} must have"
    if reason := _why_not_sized(len(value), schema, "Length", said, "characters"):
        return reason
    if form := _FORMATS.get(str(schema.get("format"))):
        try:
            form(value)
        except ValueError:
            return f"{_name(path)} must be a {schema['format']}, not {_show(value)}"
    pattern = schema.get("pattern")
    if pattern is not None and not _search(str(pattern), value):
        return f"{_name(path)} must match {pattern}, not {_show(value)}"
    return None


def _why_not_number(value: float, schema: Mapping[str, Any], path: str) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{_name(path)} must be a finite number"
    for key, broken, word in _BOUNDS:
        bound = schema.get(key)
        if isinstance(bound, (int, float)) and not isinstance(bound, bool) and broken(value, bound):
            return f"{_name(path)} must be {word} {bound}, not {_show(value)}"
    step = schema.get("multipleOf")
    # as fractions, because 0.3 / 0.1 is not 3 and a huge integer is no float
    if step and (Fraction(str(value)) / Fraction(str(step))).denominator != 1:
        return f"{_name(path)} must be a multiple of {step}, not {_show(value)}"
    return None


def _why_not_sized(
    size: int, schema: Mapping[str, Any], what: str, said: str, unit: str
) -> str | None:
    if size < (least := schema.get(f"min{what}", 0)):
        return f"{said} at least {least} {unit}, not {size}"
    if size > (most := schema.get(f"max{what}", math.inf)):
        return f"{said} at most {most} {unit}, not {size}"
    return None


def fits_type(value: Any, wanted: str) -> bool:
    """Whether a value has a JSON type; 3.0 is an integer, true is no number."""
    match wanted:
        case "string":
            return isinstance(value, str)
        case "integer":
            return (isinstance(value, int) and not isinstance(value, bool)) or (
                isinstance(value, float) and value.is_integer()
            )
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case _:
            return value is None


def _same(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def _search(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text[:2000]) is not None
    except re.error as err:
        raise ConstraintError(f"the pattern {_show(pattern)} is no regular expression") from err


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _name(path: str) -> str:
    return f'"{path if len(path) <= 80 else path[:77] + "..."}"' if path else "the value"


def _show(value: Any, most: int = 60) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = str(type(value).__name__)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _or(words: Iterable[str]) -> str:
    said = list(dict.fromkeys(words))
    if len(said) > 12:
        said = [*said[:11], "..."]
    return " or ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)
