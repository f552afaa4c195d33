"""One schema document: what its `$ref`s lead to, and careful looks into it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

from ..errors import ConstraintError

__all__ = [
    "TYPES",
    "WORDS",
    "Document",
    "Schema",
    "children",
    "fits_type",
    "frozen",
    "listing",
    "mapping",
    "pointed",
    "resolve",
    "show",
    "types_of",
]

Schema = Mapping[str, Any] | bool

WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
TYPES = tuple(WORDS)
_MOST_STEPS = 50
_MOST_SCHEMAS = 50_000
_ONE = (
    *("items", "additionalItems", "additionalProperties", "propertyNames", "contains", "not", "if"),
    *("then", "else", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems", "items")
_NAMED = (
    *("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"),
    "dependencies",
)


class Document:
    """A schema and everything in it that can be referred to."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._named: dict[str, Schema] | None = None

    def target(self, ref: object) -> Schema:
        """What a `$ref` leads to; it may be a `$ref` again."""
        if not isinstance(ref, str):
            raise ConstraintError(f"a $ref is a string, not {show(ref)}")
        if ref == "#" or ref.startswith("#/"):
            return _inside(self.root, ref, ref)
        base, _, pointer = ref.partition("#")
        names = self._names()
        if ref in names:
            return names[ref]
        if base in names and (not pointer or pointer.startswith("/")):
            return _inside(names[base], f"#{pointer}", ref)
        if base in names and f"#{pointer}" in names:
            return names[f"#{pointer}"]
        if base:
            raise ConstraintError(
                f"$ref {show(ref)} leads out of the schema", "only '#/$defs/...' works"
            )
        raise ConstraintError(f"$ref {show(ref)} leads nowhere", "put it under $defs")

    def _names(self) -> dict[str, Schema]:
        """Schemas by the names that they give themselves: `$id` and `$anchor`."""
        if self._named is None:
            self._named = {}
            for _, found in children(self.root):
                schema: Mapping[str, Any] = mapping({"it": found}, "it")
                for key, sign in (
                    ("$id", ""),
                    ("id", ""),
                    ("$anchor", "#"),
                    ("$dynamicAnchor", "#"),
                ):
                    if isinstance(name := schema.get(key), str):
                        self._named.setdefault(f"{sign}{name.removesuffix('#')}", schema)
        return self._named


def _inside(root: Schema, pointer: str, ref: str) -> Schema:
    here: Any = root
    for part in pointer[2:].split("/") if len(pointer) > 2 else []:
        key = part.replace("~1", "/").replace("~0", "~")
        found = _step(here, key)
        if found is None:
            found = _step(here, unquote(key))
        if found is None:
            raise ConstraintError(f"$ref {show(ref)} leads nowhere", "put it under $defs")
        here = found[0]
    if not isinstance(here, (bool, Mapping)):
        raise ConstraintError(f"$ref {show(ref)} does not lead to a schema")
    return cast(Schema, here)


def _step(here: Any, key: str) -> tuple[Any] | None:
    if isinstance(here, Mapping) and key in here:
        return (cast("Mapping[str, Any]", here)[key],)
    if isinstance(here, (list, tuple)) and key.isascii() and key.isdigit() and len(key) < 9:
        items = cast("Sequence[Any]", here)
        return (items[int(key)],) if int(key) < len(items) else None
    return None


def pointed(ref: str, root: Schema) -> Schema:
    """What a `$ref` points at; it may be a `$ref` again."""
    return Document(root).target(ref)


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema that a `$ref` inside `root` leads to; one without `$ref` is its own."""
    if not isinstance(schema, Mapping) or "$ref" not in schema:
        return schema
    document = Document(root)
    for _ in range(_MOST_STEPS):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        target = document.target(schema["$ref"])
        schema = {**target, **rest} if rest and isinstance(target, Mapping) else target
    raise ConstraintError("a $ref leads back to itself", f"look at {show(schema)}")


def children(root: Any, where: str = "root") -> Iterator[tuple[str, Any]]:
    """Every schema inside a schema, the outer ones first, with the place where it stands.

    Also what only should be a schema: whoever reads it looks at its type. A schema without end is an error.
    """
    ahead: list[tuple[str, Any]] = [(where, root)]
    count = 0
    while ahead:
        place, schema = ahead.pop()
        yield place, schema
        count += 1
        if count > _MOST_SCHEMAS or len(place) > 20_000:
            raise ConstraintError(f"{place[:80]}: the schema is too large or has no end")
        if isinstance(schema, Mapping):
            ahead += reversed(list(_below(cast("Mapping[str, Any]", schema), place)))


def _below(schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for key in _NAMED:
        if isinstance(found := schema.get(key), Mapping):
            start = f"{place}." if key == "properties" else f"{place}.{key}."
            for name, inner in cast("Mapping[str, Any]", found).items():
                if not (key == "dependencies" and isinstance(inner, (list, tuple))):
                    yield f"{start}{str(name)[:60]}", inner
    for key in _ONE:
        if key in schema and not isinstance(schema[key], (list, tuple)):
            yield f"{place}.{key}", schema[key]
    for key in _MANY:
        if isinstance(found := schema.get(key), (list, tuple)):
            for i, inner in enumerate(cast("Sequence[Any]", found)):
                yield f"{place}.{key}.{i}", inner


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
    names = [named] if isinstance(named, str) else list(listing(schema, "type")) or [named]
    for name in names:
        if name not in TYPES:
            raise ConstraintError(
                f"there is no JSON type {show(name)}", f"known: {', '.join(TYPES)}"
            )
    if schema.get("nullable") is True and "null" not in names:
        names.append("null")
    return names


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


def frozen(value: Any) -> object:
    """A value as something to compare and to look up: 1 is 1.0, and true is not 1."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, Mapping):
        return frozenset((k, frozen(v)) for k, v in cast("Mapping[str, Any]", value).items())
    if isinstance(value, (list, tuple)):
        return tuple(frozen(v) for v in cast("Sequence[Any]", value))
    return cast(object, value)


def show(value: Any, most: int = 60) -> str:
    """A value in few words, for a message."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, default=str)
    except (ValueError, RecursionError, TypeError):
        text = type(value).__name__
    return text if len(text) <= most else f"{text[: most - 3]}..."
