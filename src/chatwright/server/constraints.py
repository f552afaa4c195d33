"""What an answer has to look like, from the forms in which TGI's and OpenAI's clients say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ..request import Constraint, JsonSchema, Regex
from .fields import Fields
from .refusal import Refusal, invalid

__all__ = ["grammar", "response_format"]

_JSON = ("json", "json_object")


def grammar(parameters: Fields) -> Constraint | None:
    """The constraint of a `grammar` parameter: `json`, `regex` or `json_schema`."""
    given = parameters.object("grammar")
    if given is None:
        return None
    kind = given.needed_text("type")
    if kind == "regex":
        return Regex(given.needed_text("value"))
    if kind not in (*_JSON, "json_schema"):
        raise given.wrong(
            "type",
            "unknown variant, expected one of `json`, `json_object`, `regex`, `json_schema`",
        )
    if not given.has("value"):
        raise given.wrong("value", "missing field `value`")
    if kind == "json_schema":
        return JsonSchema(_with_properties(_config(given, "value").raw("schema")))
    return JsonSchema(_with_properties(_read(given.raw("value"))))


def response_format(fields: Fields) -> Constraint | None:
    """The constraint of a `response_format`: OpenAI's forms, and those of TGI and llama-server."""
    given = fields.object("response_format")
    if given is None:
        return None
    kind = given.needed_text("type")
    if kind == "text":
        return None
    if kind == "regex":
        return Regex(given.needed_text("value"))
    if kind == "json_schema":
        return JsonSchema(_schema(_openai_schema(given), "response_format"))
    if kind not in _JSON:
        raise given.wrong(
            "type", "unknown variant, expected one of `text`, `json_object`, `json_schema`, `regex`"
        )
    for name in ("value", "schema"):
        if given.has(name):
            return JsonSchema(_schema(_read(given.raw(name)), "response_format"))
    return JsonSchema({"type": "object"})


def _openai_schema(given: Fields) -> Any:
    for name in ("json_schema", "value"):
        if given.has(name):
            return _config(given, name).raw("schema")
    if given.has("schema"):
        return given.raw("schema")
    raise given.wrong("json_schema", "missing field `json_schema`")


def _config(given: Fields, name: str) -> Fields:
    config = given.object(name)
    assert config is not None
    if not config.has("schema"):
        raise config.wrong("schema", "missing field `schema`")
    return config


def _read(value: Any) -> Any:
    """A schema may also come as the text of one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise _bad("the schema is not JSON") from None


def _with_properties(value: Any) -> Mapping[str, Any]:
    schema = _schema(value, "grammar")
    if "properties" not in schema:
        raise _bad("Grammar must have a 'properties' field")
    return schema


def _schema(value: Any, param: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad("the schema is not an object", param)
    schema = cast("Mapping[str, Any]", value)
    for name, kind in (("properties", dict), ("$defs", dict), ("required", list)):
        if name in schema and not isinstance(schema[name], kind):
            raise _bad(f"'{name}' is of the wrong type", param)
    return schema


def _bad(reason: str, param: str = "grammar") -> Refusal:
    return invalid(f"grammar is not valid: {reason}", param)
