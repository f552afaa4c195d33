"""A request in the words of a dialect."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from chatwright.backends.guard import flat
from chatwright.errors import ConstraintError, UsageError
from chatwright.grammar import regex_to_gbnf
from chatwright.request import (
    Constraint,
    Grammar,
    JsonSchema,
    Message,
    NamedTool,
    Regex,
    Request,
    Sampling,
)

from .dialects import HERE, Dialect, Shape

__all__ = ["chat_body", "completion_body", "follows", "left_out"]

Body = dict[str, Any]
_SAMPLING = tuple(field.name for field in fields(Sampling))
_SIGNED = ("top_k", "frequency_penalty", "presence_penalty")


def chat_body(
    request: Request, dialect: Dialect, extra: Mapping[str, Any], *, stream: bool
) -> Body:
    """The body of `/v1/chat/completions`."""
    if not request.messages:
        raise UsageError(
            "a chat backend answers messages and this request has none", "give messages=[...]"
        )
    body = _common(request, dialect, stream=stream)
    body["messages"] = [_message(message) for message in request.messages]
    body |= _tools(request, dialect)
    if request.template_kwargs and dialect.template_kwargs:
        body["chat_template_kwargs"] = dict(request.template_kwargs)
    if request.logprobs is not None:
        body["logprobs"] = True
        body["top_logprobs"] = request.logprobs
    return _joined(extra, body)


def completion_body(
    request: Request,
    dialect: Dialect,
    extra: Mapping[str, Any],
    *,
    stream: bool,
    guarded: Sequence[str] = (),
) -> Body:
    """The body of `/v1/completions`."""
    if request.messages and not request.prompt:
        raise UsageError(
            "a text backend continues a prompt and this request has messages", "render them first"
        )
    body = _common(request, dialect, stream=stream)
    body["prompt"] = flat(request.prompt, guarded)
    if request.logprobs is not None:
        body["logprobs"] = request.logprobs
    return _joined(extra, body)


def follows(constraint: Constraint | None, dialect: Dialect) -> bool:
    """Can a server of this dialect keep an answer to this?"""
    return constraint is None or _shape(constraint, dialect)[0] is not None


def left_out(request: Request, dialect: Dialect) -> list[str]:
    """What was asked for and cannot be said in this dialect."""
    asked = {name for name in _SAMPLING if getattr(request.sampling, name) is not None}
    mute = () if dialect.template_kwargs else request.template_kwargs
    return sorted(asked - set(dialect.sampling)) + sorted(mute)


def _common(request: Request, dialect: Dialect, *, stream: bool) -> Body:
    if request.max_tokens is not None and request.max_tokens < 1:
        raise UsageError(f"max_tokens is {request.max_tokens}", "ask for at least one token")
    body: Body = {
        **_sampling(request.sampling, dialect),
        **_constraint(request.constraint, dialect),
    }
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.seed is not None:
        body["seed"] = request.seed
    if (
        request.stop
    ):  # all are cut by us; the server is told as many as it takes, and always in a list
        body["stop"] = list(request.stop[: dialect.max_stops])
    if stream:
        body["stream"] = True
    if stream and dialect.usage_in_stream:
        body["stream_options"] = {"include_usage": True}
    return body


def _tools(request: Request, dialect: Dialect) -> Body:
    """The tools, and which of them the server's model may or must call."""
    if not request.tools:
        return {}
    tools, choice = list(request.tools), request.tool_choice
    told: Any = choice
    if isinstance(choice, NamedTool):
        told = {"type": "function", "function": {"name": choice.name}}
        if not dialect.named_tool:
            tools = [tool for tool in tools if tool["function"]["name"] == choice.name]
            told = "required"
    body: Body = {"tools": [dict(tool) for tool in tools]}
    if choice != "auto":
        body["tool_choice"] = told
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    return body


def _joined(extra: Mapping[str, Any], body: Body) -> Body:
    return {name: value for name, value in extra.items() if value is not None} | body


def _sampling(asked: Sampling, dialect: Dialect) -> Body:
    told: Body = {}
    for name in _SAMPLING:
        value = getattr(asked, name)
        if value is None or name not in dialect.sampling:
            continue
        signed = name in _SIGNED
        if not (math.isfinite(value) and (value >= 0 or signed)):
            raise UsageError(
                f"{name} is {value}", "it is a number" + ("" if signed else " from 0 up")
            )
        told[dialect.sampling[name]] = value
    if asked.top_k is not None and asked.top_k < 1 and "top_k" in told:
        told["top_k"] = dialect.top_k_off
    return told


def _constraint(constraint: Constraint | None, dialect: Dialect) -> Body:
    if constraint is None:
        return {}
    shape, value = _shape(constraint, dialect)
    if shape is None:
        raise ConstraintError(
            f"a server of the kind '{dialect.name}' would ignore a {type(constraint).__name__}",
            "give a JSON schema, or check the answer yourself",
        )
    if isinstance(value, Regex):
        value = regex_to_gbnf(value.pattern)
    return cast(Body, _filled(shape, value))


def _shape(constraint: Constraint, dialect: Dialect) -> tuple[Shape | None, Any]:
    match constraint:
        case JsonSchema(schema):
            return dialect.schema, dict(schema)
        case Regex(pattern) if dialect.regex is None and dialect.gbnf:
            return dialect.grammar, constraint
        case Regex(pattern):
            return dialect.regex, pattern
        case Grammar(gbnf):
            return dialect.grammar, gbnf


def _filled(shape: Any, value: Any) -> Any:
    if shape is HERE:
        return value
    if isinstance(shape, Mapping):
        return {key: _filled(part, value) for key, part in cast("Mapping[str, Any]", shape).items()}
    return shape


def _message(message: Message) -> Body:
    """A message as servers take it: there the arguments of a call are a text."""
    told = dict(message)
    if calls := told.get("tool_calls"):
        told["tool_calls"] = [_call(call) for call in calls]
    return told


def _call(call: Mapping[str, Any]) -> Body:
    function = dict(cast("Mapping[str, Any]", call.get("function") or {}))
    arguments = function.get("arguments", {})
    if not isinstance(arguments, str):
        function["arguments"] = json.dumps(arguments, ensure_ascii=False)
    return {"type": "function", **call, "function": function}
