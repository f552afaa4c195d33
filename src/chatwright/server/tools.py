"""The tools of a chat request, and which of them the model may or must call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..request import NamedTool, ToolChoice, ToolSchema
from .fields import Fields
from .refusal import invalid

__all__ = ["Tools", "tools_of"]

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools that the model is told of; `forced` if it has to call one, `parallel` if it may call several.

    Of a tool that has to be called by name only that one is shown.
    """

    shown: tuple[ToolSchema, ...] = ()
    forced: bool = False
    parallel: bool = True

    @property
    def choice(self) -> ToolChoice:
        """What the model is told."""
        names = [tool["function"]["name"] for tool in self.shown]
        if not self.forced:
            return "auto"
        return NamedTool(names[0]) if len(names) == 1 else "required"


def tools_of(body: Fields) -> Tools:
    """`tools`, `tool_choice` and `parallel_tool_calls`."""
    tools = [_tool(given) for given in body.objects("tools")]
    names = [tool["function"]["name"] for tool in tools]
    if len(set(names)) < len(names):
        raise invalid("two tools have the same name", "tools")
    choice, named = _choice(body)
    parallel = body.flag("parallel_tool_calls", True)
    if not tools:
        if choice in ("required", "named"):
            raise invalid("`tool_choice` asks for a tool and there are no `tools`", "tool_choice")
        return Tools()
    if choice == "none":
        return Tools()
    if choice == "named":
        tools = [tool for tool in tools if tool["function"]["name"] == named]
        if not tools:
            raise invalid("`tool_choice` names a tool that is not in `tools`", "tool_choice")
    return Tools(tuple(tools), choice != "auto", parallel)


def _choice(body: Fields) -> tuple[str, str]:
    given = body.raw("tool_choice")
    if given is None:
        return "auto", ""
    if isinstance(given, str):
        if given in ("none", "auto", "required"):
            return given, ""
        return "named", given  # TGI takes a bare name
    choice = body.object("tool_choice")
    assert choice is not None
    function = choice.object("function")
    return "named", (function or choice).needed_text("name")


def _tool(given: Fields) -> dict[str, Any]:
    kind = given.text("type") or "function"
    if kind != "function":
        raise invalid("only tools of type 'function' are supported", given.path("type"))
    function = given.object("function")
    if function is None:
        raise given.wrong("function", "missing field `function`")
    name = function.needed_text("name")
    if not _NAME.fullmatch(name) or not name.strip():
        raise invalid("the name of a tool is empty or too long", function.path("name"))
    told: dict[str, Any] = {"name": name, "description": function.text("description") or ""}
    told["parameters"] = _parameters(function)
    return {"type": "function", "function": told}


def _parameters(function: Fields) -> dict[str, Any]:
    for name in ("parameters", "arguments"):  # the second is TGI's older name
        if function.has(name):
            found = function.object(name)
            return function.raw(name) if found and function.raw(name) else _NO_ARGUMENTS
    return _NO_ARGUMENTS
