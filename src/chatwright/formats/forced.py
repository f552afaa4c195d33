"""A chat in which the model has to call a tool."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from ..errors import ConstraintError
from ..events import Malformed, ToolCall
from ..grammar import Rules, add_schema, literal, schema_to_gbnf
from ..request import Constraint, Grammar, JsonSchema, Message, ToolSchema
from ..schema import validate
from . import Format, Parser

if TYPE_CHECKING:
    from ._native import Native

__all__ = ["forced"]

_THOUGHT = r'"Thought: " [^ \n\r] [^\n\r]{0,299} "\n"'
_FENCE = "```"
_NAME, _ARGUMENTS = "name", "arguments"


def forced(base: Format, *, grammars: bool) -> Format:
    """The format in which every reply is a call; tools are shown as `base` shows them.

    Where the engine follows grammars a ReAct model still gets to think first, for without that its arguments are
    poor. Elsewhere the reply is one JSON object, which most servers can be held to.
    """
    if grammars and base.native:
        return _NativeCall(cast("Native", base))
    return _ReactCall(base) if grammars and base.name == "react_json" else _JsonCall(base)


class _ReactCall:
    """A thought and then a call, never an answer."""

    name = "forced_react"

    def __init__(self, base: Format) -> None:
        self._base = base
        self.native = base.native
        self.stop = base.stop

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        return self._base.show(messages, tools)

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint:
        rules = Rules()
        rules.define("root", "")
        call = rules.define("call", " | ".join(_react(rules, tool["function"]) for tool in tools))
        opening = literal(f"Action:\n{_FENCE}\n")
        rules.bodies["root"] = f"{_THOUGHT} {opening} {call} {literal(chr(10) + _FENCE)}"
        return Grammar(rules.text())

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Parser:
        return self._base.parser(tools, thinking=thinking)


class _NativeCall:
    """A call as the model writes it, and nothing before it."""

    native = True

    def __init__(self, base: Native) -> None:
        self._base = base
        self.name, self.stop = f"forced_{base.name}", base.stop

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        return self._base.show(messages, tools)

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint:
        return self._base.call_constraint(tools)

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Parser:
        return self._base.parser(tools, thinking=thinking)


class _JsonCall:
    """One object: the name of a tool, and arguments that fit it."""

    name = "forced_json"
    stop: tuple[str, ...] = ()

    def __init__(self, base: Format) -> None:
        self._base = base
        self.native = base.native

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        return self._base.show(messages, tools)

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint:
        calls = [_object_of(tool["function"]) for tool in tools]
        return JsonSchema(calls[0] if len(calls) == 1 else _one_of(calls))

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Parser:
        del thinking
        return _JsonParser(tools)


class _JsonParser:
    """Waits for the whole object. A call that is cut off is none."""

    def __init__(self, tools: Sequence[ToolSchema]) -> None:
        self.done = False
        self._known = {t["function"]["name"]: t["function"]["parameters"] for t in tools}
        self._text: list[str] = []

    def feed(self, text: str) -> list[ToolCall | Malformed]:
        self._text.append(text)
        return []

    def end(self, reason: str = "stop") -> list[ToolCall | Malformed]:
        if self.done:
            return []
        self.done = True
        text = "".join(self._text)
        found = _read(text)
        name, args = found.get(_NAME), found.get(_ARGUMENTS)
        if not isinstance(name, str) or name not in self._known or not isinstance(args, dict):
            why = "was cut off" if reason == "length" else "is not a call of one of the tools"
            return [Malformed(text, f"The reply {why}.")]
        called = cast("dict[str, Any]", args)
        if wrong := validate(called, self._known[name]):
            return [Malformed(text, wrong)]
        return [ToolCall(f"call_{uuid4().hex[:24]}", name, called, text)]


def _react(rules: Rules, function: Mapping[str, Any]) -> str:
    name = json.dumps(function["name"], ensure_ascii=False)
    start = literal(f'{{"action": {name}, "action_input": ')
    arguments = add_schema(rules, _expressible(function["parameters"]), f"{name} input")
    return f'{start} {arguments} "}}"'


def _object_of(function: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            _NAME: {"const": function["name"]},
            _ARGUMENTS: _expressible(function["parameters"]),
        },
        "required": [_NAME, _ARGUMENTS],
        "additionalProperties": False,
    }


def _one_of(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One of these objects. A server that reads `properties` alone is told there which names there are."""
    both = [call["properties"] for call in calls]
    return {
        "type": "object",
        "properties": {
            _NAME: {"enum": [each[_NAME]["const"] for each in both]},
            _ARGUMENTS: {"anyOf": [each[_ARGUMENTS] for each in both]},
        },
        "required": [_NAME, _ARGUMENTS],
        "additionalProperties": False,
        "anyOf": list(calls),
    }


def _expressible(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, or any object where no grammar can say it: the arguments are checked anyway."""
    whole = {"type": "object", **schema}
    try:
        schema_to_gbnf(whole)
    except ConstraintError:
        return {"type": "object"}
    return whole


def _read(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
