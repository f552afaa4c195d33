"""What a strict OpenAI-speaking server takes: everything else is a 400 that says what is wrong and where.

The rules are those of OpenAI's own API: unknown fields are refused at every level, and a conversation in which a call
has no result, or a result no call, is no conversation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from strict_checks import Refusal, check_flag, check_name, check_object, check_text, refuse
from strict_messages import check_messages

__all__ = ["check"]

_IN_STRICT = {"type", "properties", "required", "additionalProperties", "description", "title", "enum",
              "const", "anyOf", "items", "$ref", "$defs", "definitions", "format", "pattern", "minimum",
              "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}  # fmt: skip


def check(body: Any, models: Sequence[str]) -> None:
    """Raise a `Refusal` unless this is a request for `/v1/chat/completions` in every detail."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request: it is no object.")
    for name, value in body.items():
        if name not in _FIELDS:
            raise Refusal(f"Unrecognized request argument supplied: {name}", name)
        if value is not None:
            _FIELDS[name](name, value)
    _model(body, models)
    check_messages(body.get("messages"))
    _together(body)


def _model(body: Mapping[str, Any], models: Sequence[str]) -> None:
    if not body.get("model"):
        raise Refusal("you must provide a model parameter", "model")
    if body["model"] not in models:
        raise Refusal(
            f"The model `{body['model']}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
        )


def _together(body: Mapping[str, Any]) -> None:
    """What only goes with something else."""
    names = [tool["function"]["name"] for tool in body.get("tools") or ()]
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not names:
            refuse(name, f"'{name}' is only allowed when 'tools' are specified.")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["function"]["name"] not in names:
        refuse("tool_choice", f"there is no tool called {choice['function']['name']!r}")
    if body.get("stream_options") is not None and not body.get("stream"):
        refuse("stream_options", "'stream_options' is only allowed when 'stream' is enabled.")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        refuse("top_logprobs", "'logprobs' must be true for 'top_logprobs'.")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        refuse("max_tokens", "'max_tokens' and 'max_completion_tokens' exclude each other.")
    if (body.get("response_format") or {}).get("type") == "json_object":
        told = json.dumps(body["messages"], ensure_ascii=False).lower()
        if "json" not in told:
            refuse(
                "messages", "must contain the word 'json' to use 'response_format' 'json_object'."
            )


# Fields


def _any(at: str, value: Any) -> None:
    del at, value


def _number(low: float, high: float, *, whole: bool = False) -> Any:
    def checked(at: str, value: Any) -> None:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            refuse(at, f"expected {'an integer' if whole else 'a number'}, got {value!r}")
        if not low <= value <= high:
            refuse(at, f"expected a value from {low} to {high}, got {value}")

    return checked


def _stop(at: str, value: Any) -> None:
    texts = value if isinstance(value, list) else [value]
    if isinstance(value, list) and not 1 <= len(texts) <= 4:
        refuse(at, f"expected 1 to 4 sequences, got {len(texts)}")
    for text in texts:
        check_text(at, text)
        if not text:
            refuse(at, "empty string")


def _stream_options(at: str, value: Any) -> None:
    check_object(at, value, known={"include_usage", "include_obfuscation"})
    for name, given in value.items():
        check_flag(f"{at}.{name}", given)


def _response_format(at: str, value: Any) -> None:
    check_object(at, value, need=["type"])
    match value["type"]:
        case "text" | "json_object":
            check_object(at, value, known={"type"})
        case "json_schema":
            check_object(at, value, known={"type", "json_schema"}, need=["json_schema"])
            told, here = value["json_schema"], f"{at}.json_schema"
            known = {"name", "description", "schema", "strict"}
            check_object(here, told, known=known, need=["name", "schema"])
            check_name(f"{here}.name", told["name"])
            _schema(f"{here}.schema", told["schema"], strict=told.get("strict"))
        case other:
            refuse(f"{at}.type", f"'{other}' is none of 'text', 'json_object', 'json_schema'")


def _tools(at: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        refuse(at, "expected an array with at least one tool")
    seen: set[str] = set()
    for index, tool in enumerate(value):
        here = f"{at}[{index}]"
        check_object(here, tool, known={"type", "function"}, need=["type", "function"])
        if tool["type"] != "function":
            refuse(f"{here}.type", f"'{tool['type']}' is not 'function'")
        told, here = tool["function"], f"{here}.function"
        known = {"name", "description", "parameters", "strict"}
        check_object(here, told, known=known, need=["name"])
        check_name(f"{here}.name", told["name"])
        if told["name"] in seen:
            refuse(f"{here}.name", f"two tools are called {told['name']!r}")
        seen.add(told["name"])
        check_text(f"{here}.description", told.get("description") or "")
        if told.get("parameters") is not None:
            _schema(f"{here}.parameters", told["parameters"], strict=told.get("strict"))


def _tool_choice(at: str, value: Any) -> None:
    if isinstance(value, str):
        if value not in ("none", "auto", "required"):
            refuse(at, f"'{value}' is none of 'none', 'auto', 'required'")
        return
    check_object(at, value, known={"type", "function"}, need=["type", "function"])
    if value["type"] != "function":
        refuse(f"{at}.type", f"'{value['type']}' is not 'function'")
    check_object(f"{at}.function", value["function"], known={"name"}, need=["name"])
    check_text(f"{at}.function.name", value["function"]["name"])


# Schemas


def _schema(at: str, schema: Any, *, strict: Any) -> None:
    check_object(at, schema)
    if strict is not None:
        check_flag(f"{at}.strict", strict)
    if schema.get("type") != "object":
        refuse(
            at, f"schema must be a JSON Schema of 'type: \"object\"', got {schema.get('type')!r}"
        )
    _sound(at, schema)
    if strict:
        _closed(at, schema)


def _sound(at: str, schema: Any) -> None:
    """A schema that no server could read."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        refuse(at, f"{schema!r} is not of type 'object', 'boolean'")
    kinds = schema.get("type", [])
    known = {"object", "array", "string", "integer", "number", "boolean", "null"}
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in known:
            refuse(at, f"{kind!r} is not a type")
    if not isinstance(schema.get("required", []), list):
        refuse(at, "'required' is no array")
    for inner, part in _inside(schema):
        _sound(f"{at}.{inner}", part)


def _closed(at: str, schema: Any) -> None:
    """What `strict` asks for: no other properties, all of them required, and only keywords that it knows."""
    if not isinstance(schema, dict):
        refuse(at, "a schema of 'strict' is an object")
    for word in schema:
        if word not in _IN_STRICT:
            refuse(at, f"'{word}' is not permitted with 'strict'")
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            refuse(at, "'additionalProperties' is required to be supplied and to be false")
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            refuse(
                at, "'required' is required to be supplied and to include every key in properties"
            )
    for inner, part in _inside(schema):
        _closed(f"{at}.{inner}", part)


def _inside(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for word in ("properties", "$defs", "definitions"):
        found += [(f"{word}.{name}", part) for name, part in schema.get(word, {}).items()]
    for word in ("anyOf", "oneOf", "allOf"):
        found += [(f"{word}[{n}]", part) for n, part in enumerate(schema.get(word, []))]
    return [*found, ("items", schema["items"])] if "items" in schema else found


_FIELDS = {
    "model": check_text,
    "messages": _any,
    "frequency_penalty": _number(-2, 2),
    "logit_bias": check_object,
    "logprobs": check_flag,
    "top_logprobs": _number(0, 20, whole=True),
    "max_tokens": _number(1, 100_000, whole=True),
    "max_completion_tokens": _number(1, 100_000, whole=True),
    "metadata": check_object,
    "modalities": _any,
    "n": _number(1, 8, whole=True),
    "parallel_tool_calls": check_flag,
    "presence_penalty": _number(-2, 2),
    "prompt_cache_key": check_text,
    "reasoning_effort": check_text,
    "response_format": _response_format,
    "safety_identifier": check_text,
    "seed": _number(-(2**63), 2**63 - 1, whole=True),
    "service_tier": check_text,
    "stop": _stop,
    "store": check_flag,
    "stream": check_flag,
    "stream_options": _stream_options,
    "temperature": _number(0, 2),
    "tool_choice": _tool_choice,
    "tools": _tools,
    "top_p": _number(0, 1),
    "user": check_text,
    "verbosity": check_text,
}
