"""Is a schema one that we understand? Every keyword of JSON Schema, and what it may hold.

A keyword that says nothing about a value (a title, a default) may hold anything. One that we do not know is an
error, unless its name begins with `x-`: what is not understood cannot be kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from ..errors import ConstraintError, did_you_mean
from .document import TYPES, children, show

__all__ = ["ANNOTATIONS", "SAYS", "check_schema"]

_MOST_DEPTH = 150
_MOST_VALUES = 200_000
_MOST_SCHEMAS = 5_000

ANNOTATIONS = frozenset(
    (
        *("title", "description", "default", "examples", "example", "deprecated", "readOnly"),
        *(
            "writeOnly",
            "$comment",
            "$schema",
            "$id",
            "id",
            "$anchor",
            "$vocabulary",
            "$dynamicAnchor",
        ),
        *("$recursiveAnchor", "contentEncoding", "contentMediaType", "contentSchema"),
        *("discriminator", "xml", "externalDocs", "enumNames", "markdownDescription", "$defs"),
        *("definitions", "errorMessage", "strict", "propertyOrdering"),
    )
)


def _is_size(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return not isinstance(value, float) or math.isfinite(value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, (bool, Mapping))


def _is_list_of(value: Any, each: Callable[[Any], bool]) -> bool:
    return isinstance(value, (list, tuple)) and all(each(v) for v in cast("Sequence[Any]", value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_map_of(value: Any, each: Callable[[Any], bool]) -> bool:
    if not isinstance(value, Mapping):
        return False
    pairs = cast("Mapping[Any, Any]", value)
    return all(isinstance(k, str) and each(v) for k, v in pairs.items())


def _is_type(value: Any) -> bool:
    return value in TYPES if isinstance(value, str) else False


_Kind = tuple[Callable[[Any], bool], str]
_SIZE: _Kind = (_is_size, "a whole number from 0 up")
_NUMBER: _Kind = (_is_number, "a number")
_BOUND: _Kind = (lambda v: _is_number(v) or isinstance(v, bool), "a number")
_STEP: _Kind = (lambda v: _is_number(v) and v > 0, "a number above 0")
_TEXT: _Kind = (_is_text, "a string")
_FLAG: _Kind = (lambda v: isinstance(v, bool), "true or false")
_SCHEMA: _Kind = (_is_schema, "a schema: an object, true or false")
_SCHEMAS: _Kind = (lambda v: _is_list_of(v, _is_schema) and len(v) > 0, "a list of schemas")
_PREFIX: _Kind = (lambda v: _is_list_of(v, _is_schema), "a list of schemas")
_NAMED: _Kind = (lambda v: _is_map_of(v, _is_schema), "an object of schemas")
_NAMES: _Kind = (lambda v: _is_list_of(v, _is_text), "a list of strings")

SAYS: Mapping[str, _Kind] = {
    "type": (
        lambda v: _is_type(v) or (_is_list_of(v, _is_type) and len(v) > 0),
        f"one or more of {', '.join(TYPES)}",
    ),
    "enum": (lambda v: isinstance(v, (list, tuple)), "a list of values"),
    "const": (lambda _: True, "a value"),
    "nullable": _FLAG,
    "$ref": _TEXT,
    "anyOf": _SCHEMAS,
    "oneOf": _SCHEMAS,
    "allOf": _SCHEMAS,
    "not": _SCHEMA,
    "if": _SCHEMA,
    "then": _SCHEMA,
    "else": _SCHEMA,
    "properties": _NAMED,
    "patternProperties": _NAMED,
    "additionalProperties": _SCHEMA,
    "propertyNames": _SCHEMA,
    "unevaluatedProperties": _SCHEMA,
    "required": _NAMES,
    "minProperties": _SIZE,
    "maxProperties": _SIZE,
    "dependentRequired": (
        lambda v: _is_map_of(v, lambda n: _is_list_of(n, _is_text)),
        "an object of lists of strings",
    ),
    "dependentSchemas": _NAMED,
    "dependencies": (
        lambda v: _is_map_of(v, lambda n: _is_schema(n) or _is_list_of(n, _is_text)),
        "an object of schemas or lists of strings",
    ),
    "items": (lambda v: _is_schema(v) or _is_list_of(v, _is_schema), "a schema or a list of them"),
    "prefixItems": _PREFIX,
    "additionalItems": _SCHEMA,
    "unevaluatedItems": _SCHEMA,
    "contains": _SCHEMA,
    "minContains": _SIZE,
    "maxContains": _SIZE,
    "minItems": _SIZE,
    "maxItems": _SIZE,
    "uniqueItems": _FLAG,
    "minLength": _SIZE,
    "maxLength": _SIZE,
    "pattern": _TEXT,
    "format": _TEXT,
    "minimum": _NUMBER,
    "maximum": _NUMBER,
    "exclusiveMinimum": _BOUND,
    "exclusiveMaximum": _BOUND,
    "multipleOf": _STEP,
}
"""The keywords that say something about a value, and what each may hold."""


def check_schema(schema: object, where: str = "root") -> None:
    """Raise if this is no schema, or if it says something that we do not know, and name the place."""
    _check_depth(schema, where)
    for count, (place, found) in enumerate(children(schema, where)):
        if count > _MOST_SCHEMAS:
            raise ConstraintError(
                f"{where}: more than {_MOST_SCHEMAS:,} schemas are too large a schema"
            )
        if isinstance(found, bool):
            continue
        if not isinstance(found, Mapping):
            raise ConstraintError(f"{place}: a schema is an object, not {show(found)}")
        _check_keywords(cast("Mapping[Any, Any]", found), place)


def _check_keywords(schema: Mapping[Any, Any], place: str) -> None:
    for key, value in schema.items():
        if not isinstance(key, str):
            raise ConstraintError(f"{place}: a keyword is a string, not {show(key)}")
        if key in SAYS:
            fits, wanted = SAYS[key]
            if not fits(value):
                raise ConstraintError(
                    f"{place}: the keyword '{key}' takes {wanted}, not {show(value)}"
                )
        elif key not in ANNOTATIONS and not key.startswith("x-"):
            hint = did_you_mean(key, SAYS)
            raise ConstraintError(
                f"{place}: the keyword '{key[:60]}' is not known",
                hint if "mean" in hint else "leave it out of the schema",
            )
    if "enum" in schema and not schema["enum"]:
        raise ConstraintError(f"{place}: no value is allowed by an empty 'enum'")


def _check_depth(schema: object, where: str) -> None:
    """Raise unless everything in it is JSON, of a size and a depth that can be worked with."""
    ahead: list[tuple[object, int]] = [(schema, 0)]
    count = 0
    while ahead:
        value, depth = ahead.pop()
        count += 1
        if depth > _MOST_DEPTH:
            raise ConstraintError(f"{where}: the schema is nested deeper than {_MOST_DEPTH}")
        if count > _MOST_VALUES:
            raise ConstraintError(f"{where}: the schema has more than {_MOST_VALUES:,} parts")
        if isinstance(value, (list, tuple)):
            ahead += [(v, depth + 1) for v in cast("Sequence[object]", value)]
        elif isinstance(value, Mapping):
            pairs = cast("Mapping[object, object]", value)
            _check_texts(pairs, where)
            ahead += [(v, depth + 1) for v in pairs.values()]
        elif isinstance(value, str):
            _check_texts([value], where)
        elif isinstance(value, float) and not math.isfinite(value):
            raise ConstraintError(f"{where}: the schema holds {value}, which is not JSON")
        elif not (value is None or isinstance(value, (bool, int, float))):
            kind = type(value).__name__
            raise ConstraintError(f"{where}: the schema holds a {kind}, which is not JSON")


def _check_texts(texts: Iterable[object], where: str) -> None:
    for text in texts:
        if not isinstance(text, str):
            raise ConstraintError(f"{where}: the schema has the key {show(text)}, not a string")
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as err:
                raise ConstraintError(
                    f"{where}: the schema holds half of a character, {show(text)}"
                ) from err
