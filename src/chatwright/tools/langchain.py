"""A LangChain tool, known by its attributes, so that LangChain itself is never imported here."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from ..errors import ToolError, UsageError
from .schema import tidy

__all__ = ["is_langchain", "langchain_call", "langchain_schema"]


def is_langchain(obj: Any) -> bool:
    return (
        not inspect.isclass(obj)
        and isinstance(getattr(obj, "name", None), str)
        and isinstance(getattr(obj, "description", None), str)
        and callable(getattr(obj, "invoke", None))
    )


def langchain_schema(tool: Any) -> tuple[dict[str, Any], bool]:
    """The schema of the arguments, and whether the tool takes one bare string."""
    given = getattr(tool, "args_schema", None)
    if isinstance(given, Mapping):
        return tidy(cast(Mapping[str, Any], given)), False
    if given is None:
        args: dict[str, Any] = dict(getattr(tool, "args", {}) or {"tool_input": {"type": "string"}})
        required = [name for name, schema in args.items() if "default" not in schema]
        whole = tidy({"type": "object", "properties": args, "required": required})
        return whole, list(args) == ["tool_input"]
    # `tool_call_schema` is the schema without what LangChain fills in by itself.
    model = getattr(tool, "tool_call_schema", None) or given
    if isinstance(model, Mapping):
        return tidy(cast(Mapping[str, Any], model)), False
    to_schema = getattr(model, "model_json_schema", None) or getattr(model, "schema", None)
    if to_schema is None:
        raise UsageError(f"the arguments of the tool '{tool.name}' have no JSON schema")
    schema = tidy(to_schema())
    schema.pop("description", None)  # the docstring once more
    return schema, False


def langchain_call(tool: Any, single: bool) -> Callable[..., Any]:
    def given(args: dict[str, Any]) -> Any:
        if not single:
            return args
        if len(args) != 1:
            raise ToolError(f"{tool.name} takes exactly one input, not {len(args)}")
        value = next(iter(args.values()))
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    if getattr(tool, "func", None) is None and getattr(tool, "coroutine", None) is not None:

        async def acall(**args: Any) -> Any:
            return await cast(Awaitable[Any], tool.ainvoke(given(args)))

        return acall

    def call(**args: Any) -> Any:
        return tool.invoke(given(args))

    return call
