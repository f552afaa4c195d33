"""Tools and the choice among them: as LangChain's users give them, and as the walk takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from chatwright.errors import UnknownTool, UsageError, did_you_mean
from chatwright.request import NamedTool, ToolChoice, ToolSchema

from .strict import strict_schema

__all__ = ["AnyTool", "choice_of", "names_of", "spoken_choice", "tool_schemas"]

AnyTool = Mapping[str, Any] | type | Callable[..., Any] | BaseTool

_GENERIC: Mapping[str, ToolChoice] = {
    "auto": "auto",
    "none": "none",
    "any": "required",
    "required": "required",
}


class _NoSuchTool(UnknownTool, ValueError):
    """The tool that was chosen is not among those that were given. It is a `ValueError` too, as LangChain's users expect."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, known)
        told = f"tool_choice names no tool called '{name[:60]}': known are {', '.join(known) or 'none'}"
        self.args = (told,)
        self.hint = did_you_mean(name, [*known, *_GENERIC])


def tool_schemas(tools: Sequence[Any], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """The tools in OpenAI's form: a LangChain tool, a function, a class, a schema, or a dictionary of any provider."""
    return [_schema(tool, strict) for tool in tools]


def names_of(tools: Sequence[ToolSchema]) -> list[str]:
    """What the tools are called."""
    return [str(tool["function"]["name"]) for tool in tools]


def choice_of(given: Any, tools: Sequence[ToolSchema]) -> ToolChoice | None:
    """Which calls the reply may or must hold; None if nothing was said. A name that no tool has is an error."""
    known = names_of(tools)
    if given is None or given is False:
        return None
    if given is True:
        return "required"
    name = _named(given)
    if name in known:
        return NamedTool(name)
    generic = _GENERIC.get(name)
    if generic is None:
        raise _NoSuchTool(name, known)
    if generic == "required" and not known:
        raise UsageError("tool_choice asks for a call and there are no tools", "give tools=[...]")
    return generic


def spoken_choice(choice: ToolChoice | None) -> Any:
    """The choice in OpenAI's words, as a binding keeps it."""
    if isinstance(choice, NamedTool):
        return {"type": "function", "function": {"name": choice.name}}
    return choice


def _named(given: Any) -> str:
    """The name in a choice: a word, or a dictionary of OpenAI's or Anthropic's."""
    if isinstance(given, str):
        return given
    if isinstance(given, NamedTool):
        return given.name
    if isinstance(given, Mapping):
        choice = cast("Mapping[str, Any]", given)
        inner = choice.get("function")
        named = cast("Mapping[str, Any]", inner if isinstance(inner, Mapping) else choice)
        found: object = named.get("name") or choice.get("type")
        if isinstance(found, str):
            return found
    raise UsageError(
        f"tool_choice is {str(cast(object, given))[:80]!r}",
        "give 'auto', 'none', 'any', 'required', True, a tool's name, or OpenAI's dictionary",
    )


def _schema(tool: Any, strict: bool | None) -> dict[str, Any]:
    if isinstance(tool, Mapping):
        tool = _tidied(dict(cast("Mapping[str, Any]", tool)))
    try:
        made = convert_to_openai_tool(tool, strict=strict)
    except (ValueError, TypeError) as err:
        raise UsageError(
            f"this is no tool: {' '.join(str(err).split())[:200]}",
            "give a LangChain tool, a function with types and a docstring, a class, or a JSON schema with a title",
        ) from err
    function: Any = made.get("function")
    if not isinstance(function, Mapping):
        raise UsageError(
            f"a tool of type '{made.get('type')}' runs at a provider of its own, not here",
            "give a function, or a JSON schema",
        )
    # A tool without arguments has no parameters in LangChain's form, and templates and servers read them.
    none: dict[str, Any] = {"type": "object", "properties": {}}
    told: dict[str, Any] = {"parameters": none, **function}
    if told.get("strict"):
        told["parameters"] = strict_schema(told["parameters"])
    return {"type": "function", "function": told}


def _tidied(tool: dict[str, Any]) -> dict[str, Any]:
    """Anthropic's dictionary without a description is a tool too."""
    if "input_schema" in tool and "name" in tool:
        return {
            "description": "",
            **{k: v for k, v in tool.items() if k in ("name", "description", "input_schema")},
        }
    return tool
