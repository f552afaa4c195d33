"""LangChain tools as the loop runs them: their own callbacks, their own checks, and errors that the model can read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, cast

from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.tools import Tool as SingleTool

from chatwright.errors import ConstraintError, ToolError
from chatwright.schema import coerce
from chatwright.tools import Tool
from chatwright.tools.langchain import langchain_schema

from .flags import flags_of

__all__ = ["Bridges", "called"]

called: ContextVar[str] = ContextVar("chatwright_called", default="")
"""The id of the call whose tool runs in this thread or task."""


class _Bare(str):
    """The input of an action that was one text and not a dictionary: it is handed on as it is."""

    __slots__ = ()


_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}


class Bridges:
    """The tools of one run.

    `children` gives the callbacks below those of the run, `achildren` those for an event loop where there is one.
    `begun` are the calls whose tool was reached, and `values` what each of them gave, which may be any object.
    """

    def __init__(
        self,
        tools: Iterable[BaseTool],
        children: Callable[[], Any],
        achildren: Callable[[], Any] | None = None,
    ) -> None:
        self.begun: set[str] = set()
        self.values: dict[str, Any] = {}
        self._tools = {tool.name: tool for tool in tools}
        self._children, self._achildren = children, achildren
        self._schemas: dict[str, dict[str, Any]] = {}

    def for_loop(self) -> Mapping[str, Tool]:
        """Each tool by its own name, as the loop takes it."""
        return _Made(self._tools, self._tool)

    def find(self, said: str) -> str:
        """The tool that is meant: the same name, or the only one that differs in case, spaces or `_`."""
        if said in self._tools:
            return said
        near = [name for name in self._tools if _plain(name) == _plain(said)]
        return near[0] if len(near) == 1 else said

    def is_direct(self, name: str) -> bool:
        """Is what this tool gives the answer?"""
        return name in self._tools and self._tools[name].return_direct

    def arguments(self, name: str, given: str | Mapping[Any, Any]) -> dict[str, Any]:
        """The input of an action by the names of the tool's arguments."""
        if isinstance(given, Mapping):
            return {str(key): value for key, value in given.items()}
        if name not in self._tools:
            return {"input": given}
        schema = self._schema(name)
        known = list(cast("Mapping[str, Any]", schema.get("properties") or {}))
        if not known and not isinstance(self._tools[name], SingleTool):
            return {} if given.strip() in ("", "None", "null", "{}") else {"input": given}
        required = [key for key in schema.get("required") or () if key in known]
        key = (required or known or ["tool_input"])[0]
        try:
            value = coerce({key: given}, schema)[key]
        except ConstraintError:
            value = given
        takes_text = not isinstance(self._tools[name].args_schema, dict)
        return {key: _Bare(value) if takes_text and isinstance(value, str) else value}

    def _schema(self, name: str) -> dict[str, Any]:
        if name not in self._schemas:
            try:
                self._schemas[name], _ = langchain_schema(self._tools[name])
            except Exception:  # arguments without a JSON schema are checked by the tool alone
                self._schemas[name] = dict(_ANYTHING)
        return self._schemas[name]

    def _tool(self, tool: BaseTool) -> Tool:
        # A pydantic schema is checked by LangChain, a JSON schema only here.
        schema = self._schema(tool.name) if isinstance(tool.args_schema, dict) else _ANYTHING
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", tool.name)[:64] or "tool"
        flags = flags_of(tool)
        call = self._acall(tool) if self._runs_on_the_loop(tool) else self._call(tool)
        return Tool(
            name, tool.description, schema, call, writes=flags.writes, idempotent=flags.idempotent,
            trusted=flags.trusted, timeout=flags.timeout,
        )  # fmt: skip

    def _runs_on_the_loop(self, tool: BaseTool) -> bool:
        """Async tools do, also those that know nothing else; others run on a thread that can be left behind."""
        if not _is_async(tool):
            return False
        return self._achildren is not None or not _is_sync(tool)

    def _call(self, tool: BaseTool) -> Callable[..., Any]:
        def call(**args: Any) -> Any:
            self.begun.add(called.get())
            try:
                return self._kept(tool.run(_given(args), callbacks=self._children()))
            except Exception as err:  # a tool may raise anything; the model gets to read it
                raise _readable(err) from err

        return call

    def _acall(self, tool: BaseTool) -> Callable[..., Any]:
        children = self._achildren or self._children

        async def call(**args: Any) -> Any:
            self.begun.add(called.get())
            try:
                return self._kept(await tool.arun(_given(args), callbacks=children()))
            except Exception as err:  # a tool may raise anything; the model gets to read it
                raise _readable(err) from err

        return call

    def _kept(self, value: Any) -> Any:
        self.values[called.get()] = value
        return value


class _Made(Mapping[str, Tool]):
    """The tools for the loop, each made when it is wanted: a run needs few of them."""

    def __init__(self, given: Mapping[str, BaseTool], make: Callable[[BaseTool], Tool]) -> None:
        self._given, self._make = given, make
        self._made: dict[str, Tool] = {}

    def __getitem__(self, name: str) -> Tool:
        if name not in self._made:
            self._made[name] = self._make(self._given[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def _is_async(tool: BaseTool) -> bool:
    """Has the tool an async form of its own?"""
    if isinstance(tool, SingleTool | StructuredTool):
        return tool.coroutine is not None
    return type(tool)._arun is not BaseTool._arun  # pyright: ignore[reportPrivateUsage]


def _is_sync(tool: BaseTool) -> bool:
    """Can the tool be run without an event loop?"""
    return not isinstance(tool, SingleTool | StructuredTool) or tool.func is not None


def _given(args: dict[str, Any]) -> str | dict[str, Any]:
    values = list(args.values())
    return str(values[0]) if len(values) == 1 and isinstance(values[0], _Bare) else args


def _readable(err: Exception) -> Exception:
    """The error in words that fit into an observation."""
    told: Any = getattr(err, "errors", None)
    if type(err).__name__ == "ValidationError" and callable(told):
        parts = cast("list[dict[str, Any]]", told())
        where = "; ".join(f"{_place(part)}: {part.get('msg')}" for part in parts[:5])
        return ToolError(f"the input does not fit: {where}")
    if type(err).__name__ == "ToolException":
        return ToolError(str(err) or "the tool says no")
    return err


def _place(part: Mapping[str, Any]) -> str:
    return ".".join(str(step) for step in part.get("loc") or ()) or "input"


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-\"'`]+", "", name).casefold()
