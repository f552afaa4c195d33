"""Tools as lines of a prompt: `render_text_description`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, cast

from .tool import Tool, as_tool

__all__ = ["render_text_description", "render_text_description_and_args"]

_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}  # fmt: skip


def render_text_description(tools: Iterable[Any]) -> str:
    """A line for each tool: `Search(query: str) -> str - Searches the web.`

    For LangChain's tools it is what LangChain writes; chatwright's own tools and typed functions are welcome too.
    """
    return "\n".join(_line(tool) for tool in tools)


def render_text_description_and_args(tools: Iterable[Any]) -> str:
    """The same lines, each with the schema of the tool's arguments behind it."""
    return "\n".join(f"{_line(tool)}, args: {_args(tool)}" for tool in tools)


def _line(tool: Any) -> str:
    known = _known(tool)
    return f"{known.name}{_signature(known)} - {known.description}"


def _known(tool: Any) -> Any:
    return tool if hasattr(tool, "name") and hasattr(tool, "description") else as_tool(tool)


def _args(tool: Any) -> str:
    known = _known(tool)
    return str(known.schema["properties"] if isinstance(known, Tool) else known.args)


def _signature(tool: Any) -> str:
    if isinstance(tool, Tool):
        return _of_schema(tool.schema)
    function = getattr(tool, "func", None)
    if not function:
        return ""
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):  # a function of C may not tell what it takes
        return ""


def _of_schema(schema: Mapping[str, Any]) -> str:
    known = cast("Mapping[str, Any]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    return f"({', '.join(_argument(key, of, key in required) for key, of in known.items())})"


def _argument(key: str, of: Any, required: bool) -> str:
    schema = cast("dict[str, Any]", of) if isinstance(of, dict) else {}
    kind = _TYPES.get(str(schema.get("type")), "")
    shown = f"{key}: {kind}" if kind else key
    return shown if required else f"{shown} = {schema.get('default')!r}"
