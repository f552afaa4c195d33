"""`Tool`: something a model may call. It is made by hand, from a function, or from a LangChain tool."""

from __future__ import annotations

import copy
import inspect
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, cast

from ..errors import UsageError
from .function import arguments, checked, first_paragraph, underlying
from .langchain import is_langchain, langchain_call, langchain_schema

__all__ = ["Tool", "as_tool", "as_tools"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Tool:
    """A name and a description for the model, the JSON schema of the arguments, and what to call.

    `call` takes the arguments as keywords, and may be async. `writes`: it changes something outside,
    so a person is asked before. `idempotent`: running it twice does what running it once does, so that
    one whose outcome is unknown may be run again. `trusted`: what it gives holds nothing that strangers
    wrote, as of a calculator. `timeout` is in seconds.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(hash=False)
    call: Callable[..., Any]
    _: KW_ONLY
    writes: bool = False
    idempotent: bool = False
    trusted: bool = False
    timeout: float | None = None

    def __post_init__(self) -> None:
        given: Any = self.name  # callers without a type checker pass anything
        if not isinstance(given, str) or not _NAME.fullmatch(given):
            raise UsageError(
                f"a tool cannot be called {str(given)[:80]!r}",
                "use 1 to 64 of the characters A-Z a-z 0-9 _ -",
            )
        if not callable(self.call):
            raise UsageError(f"the tool '{self.name}' has nothing to call")
        if self.timeout is not None and not self.timeout > 0:
            raise UsageError(f"the timeout of the tool '{self.name}' is not above 0")
        object.__setattr__(self, "schema", _object_schema(self.name, self.schema))

    def to_schema(self) -> dict[str, Any]:
        """The tool as a model is told of it, in the form that chat templates and servers take."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": copy.deepcopy(dict(self.schema)),
            },
        }

    @classmethod
    def from_function(
        cls,
        fn: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        writes: bool = False,
        idempotent: bool = False,
        trusted: bool = False,
        timeout: float | None = None,
    ) -> Tool:
        """A tool from a typed function: its name, the first paragraph of its docstring, its arguments.

        Arguments with a default may be left out. What the model sends is turned into the annotated
        types first; what does not fit is a `ToolError` that the model gets to read.
        """
        base = underlying(fn)
        name = name or _clean_name(base.__name__)
        shown = arguments(fn, base, name)
        return cls(
            name,
            description if description is not None else first_paragraph(fn, base, name),
            {
                "type": "object",
                "properties": {a.name: a.schema for a in shown},
                "required": [a.name for a in shown if a.required],
            },
            checked(fn, name, shown),
            writes=writes,
            idempotent=idempotent,
            trusted=trusted,
            timeout=timeout,
        )

    @classmethod
    def from_langchain(
        cls,
        tool: Any,
        *,
        writes: bool | None = None,
        idempotent: bool | None = None,
        trusted: bool | None = None,
        timeout: float | None = None,
    ) -> Tool:
        """A tool from a LangChain tool. A space in its name becomes `_`; its own checks stay in force.

        What is not given is read from its `metadata`, e.g. `{"writes": True}`.
        """
        if not is_langchain(tool):
            raise UsageError(f"{_kind(tool)} is not a LangChain tool")
        schema, single = langchain_schema(tool)
        told = cast("Mapping[str, Any]", getattr(tool, "metadata", None) or {})
        flags = {"writes": writes, "idempotent": idempotent, "trusted": trusted}
        return cls(
            _clean_name(tool.name),
            " ".join(str(tool.description).split()),
            schema,
            langchain_call(tool, single),
            **{k: bool(told.get(k)) if given is None else given for k, given in flags.items()},
            timeout=told.get("timeout") if timeout is None else timeout,
        )


def as_tool(obj: Any) -> Tool:
    """The object as a `Tool`: it is one, or a typed function, or a LangChain tool."""
    if isinstance(obj, Tool):
        return obj
    if is_langchain(obj):
        origin = getattr(obj, "origin", None)  # one that was made of a tool of ours
        return origin if isinstance(origin, Tool) else Tool.from_langchain(obj)
    if callable(obj):
        return Tool.from_function(obj)
    hint = "load_tools([...]) turns names into tools" if isinstance(obj, str) else ""
    raise UsageError(
        f"{_kind(obj)} is not a tool", hint or "give a Tool, a typed function or a LangChain tool"
    )


def as_tools(objs: Iterable[Any]) -> list[Tool]:
    """Each object as a `Tool`; `UsageError` when two have the same name."""
    given: Any = objs
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        kind = _kind(cast(Any, given))
        raise UsageError(f"tools come as a list, not as {kind}", "write [tool]")
    tools = [as_tool(obj) for obj in objs]
    seen: set[str] = set()
    for tool in tools:
        if tool.name in seen:
            raise UsageError(
                f"two tools are called '{tool.name}'",
                "rename one: the model tells them apart by it",
            )
        seen.add(tool.name)
    return tools


def _object_schema(name: str, schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        raise UsageError(f"the schema of the tool '{name}' is not a JSON schema of an object")
    whole: dict[str, Any] = {
        "type": "object",
        "properties": {},
        **cast(Mapping[str, Any], schema),
    }
    if whole["type"] != "object" or not isinstance(whole["properties"], Mapping):
        raise UsageError(
            f"the schema of the tool '{name}' does not describe an object",
            'write {"type": "object", "properties": {...}, "required": [...]}',
        )
    try:
        json.dumps(whole)
    except (TypeError, ValueError) as err:
        raise UsageError(f"the schema of the tool '{name}' is not JSON: {err}") from err
    return copy.deepcopy(whole)


def _clean_name(name: str) -> str:
    """The name without accents, and with `_` for what else a tool's name cannot hold."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", name.strip()) if not unicodedata.combining(c)
    )
    clean = re.sub(r"[^A-Za-z0-9_-]+", "_", plain)[:64]
    if not clean.strip("_-"):
        raise UsageError(
            f"a tool cannot be called {name[:80]!r}",
            "use 1 to 64 of the characters A-Z a-z 0-9 _ -",
        )
    return clean


def _kind(obj: Any) -> str:
    if inspect.isclass(obj):
        return f"the class {obj.__name__}"
    return f"{obj[:40]!r}" if isinstance(obj, str) else f"an object of type {type(obj).__name__}"
