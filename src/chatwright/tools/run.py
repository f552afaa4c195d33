"""Run one tool call. Whatever goes wrong is an answer for the model, not a crash for the user."""

from __future__ import annotations

import asyncio
import inspect
import json
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ChatwrightError, ToolError, UnknownTool
from ..events import ToolCall, ToolResult
from ..schema import coerce, validate
from .tool import Tool

__all__ = ["arun_tool", "run_tool"]


def run_tool(call: ToolCall, tools: Mapping[str, Tool]) -> ToolResult:
    """The result of `call`, or the error as the model reads it, and how long it took."""
    start = time.perf_counter()
    try:
        tool, args = _checked(call, tools)
        value = _within(tool, lambda: _awaited(tool.call(**args)))
        return ToolResult(call.id, as_text(value), True, _ms(start))
    except Exception as err:  # a tool may raise anything; the model gets to read it
        return ToolResult(call.id, _said(err), False, _ms(start))


async def arun_tool(call: ToolCall, tools: Mapping[str, Tool]) -> ToolResult:
    """`run_tool` for an event loop; a tool that is not async runs on a thread."""
    start = time.perf_counter()
    try:
        tool, args = _checked(call, tools)
        if inspect.iscoroutinefunction(tool.call):
            value = await asyncio.wait_for(tool.call(**args), tool.timeout)
        else:
            value = await asyncio.to_thread(_within, tool, lambda: _awaited(tool.call(**args)))
        return ToolResult(call.id, as_text(value), True, _ms(start))
    except Exception as err:  # a tool may raise anything; the model gets to read it
        late = isinstance(err, TimeoutError) and call.name in tools
        return ToolResult(
            call.id, _said(_late(tools[call.name]) if late else err), False, _ms(start)
        )


def as_text(value: Any) -> str:
    """What a tool gave back, as the model reads it: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


def _checked(call: ToolCall, tools: Mapping[str, Tool]) -> tuple[Tool, dict[str, Any]]:
    if call.name not in tools:
        raise UnknownTool(call.name, tools)
    tool = tools[call.name]
    args = coerce(call.args, tool.schema)
    if wrong := validate(args, tool.schema):
        shape = json.dumps(tool.schema.get("properties", {}), ensure_ascii=False)
        raise ToolError(f"the input does not fit {call.name}: {wrong}; it takes {shape[:600]}")
    return tool, dict(args)


def _within(tool: Tool, work: Callable[[], Any]) -> Any:
    """Run `work`, at most `tool.timeout` seconds: a tool that hangs is left behind on its thread."""
    if tool.timeout is None:
        return work()
    done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((True, work()))
        except BaseException as err:  # it is raised again in the thread that waits
            done.put((False, err))

    threading.Thread(target=run, name=f"tool-{tool.name}", daemon=True).start()
    try:
        ok, value = done.get(timeout=tool.timeout)
    except queue.Empty:
        raise _late(tool) from None
    if not ok:
        raise value
    return value


def _awaited(value: Any) -> Any:
    """What an async tool gives, for a caller that has no event loop."""
    return asyncio.run(_all(value)) if inspect.isawaitable(value) else value


async def _all(value: Any) -> Any:
    return await value


def _late(tool: Tool) -> ToolError:
    return ToolError(f"{tool.name} did not answer within {tool.timeout} seconds")


def _said(err: BaseException) -> str:
    if isinstance(err, ChatwrightError):
        return f"error: {err}" + (f"; {err.hint}" if err.hint else "")
    return f"error: {type(err).__name__}: {err}" if str(err) else f"error: {type(err).__name__}"


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
