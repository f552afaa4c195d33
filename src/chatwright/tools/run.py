"""Run one tool call. Whatever goes wrong is an answer for the model, not a crash for the user."""

from __future__ import annotations

import asyncio
import inspect
import json
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from ..errors import ChatwrightError, ToolError, UnknownTool
from ..events import ToolCall, ToolResult
from ..schema import coerce, validate
from .tool import Tool
from .workers import on_a_thread

__all__ = ["arun_tool", "run_tool"]


def run_tool(
    call: ToolCall, tools: Mapping[str, Tool], *, deadline: float | None = None
) -> ToolResult:
    """The result of `call`, or the error as the model reads it, and how long it took.

    A tool that has not answered at its own timeout or at `deadline` (`time.monotonic()`) is left
    behind on its thread.
    """
    start = time.perf_counter()
    try:
        work = _prepared(call, tools, deadline)
        if work.seconds is None:
            return ToolResult(call.id, as_text(work.do()), True, _ms(start))
        done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        _on_a_thread(work, done.put)
        try:
            value = done.get(timeout=work.seconds).result()
        except queue.Empty:
            raise work.late() from None
        return ToolResult(call.id, as_text(value), True, _ms(start))
    except (Exception, SystemExit) as err:  # a tool may raise anything; the model gets to read it
        return ToolResult(call.id, _said(err), False, _ms(start))


async def arun_tool(
    call: ToolCall, tools: Mapping[str, Tool], *, deadline: float | None = None
) -> ToolResult:
    """`run_tool` for an event loop; a tool that is not async runs on a thread of its own."""
    start = time.perf_counter()
    try:
        work = _prepared(call, tools, deadline)
        limit = asyncio.timeout(work.seconds)
        try:
            async with limit:
                value = await (work.begin() if work.is_async else _on_thread(work))
        except TimeoutError:
            if not limit.expired():
                raise  # the tool's own
            raise work.late() from None
        return ToolResult(call.id, as_text(value), True, _ms(start))
    except (Exception, SystemExit) as err:  # a tool may raise anything; the model gets to read it
        return ToolResult(call.id, _said(err), False, _ms(start))


def as_text(value: Any) -> str:
    """What a tool gave back, as the model reads it: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


@dataclass(frozen=True, slots=True)
class _Work:
    """A call that fits its tool, and the seconds it may take."""

    name: str
    begin: Callable[[], Any]
    is_async: bool
    seconds: float | None

    def do(self) -> Any:
        """The tool's value, here and now; an async tool gets an event loop."""
        value = self.begin()
        return _awaited(value) if inspect.isawaitable(value) else value

    def late(self) -> ToolError:
        return ToolError(f"{self.name} did not answer within {self.seconds:.3g} seconds")


def _prepared(call: ToolCall, tools: Mapping[str, Tool], deadline: float | None) -> _Work:
    if call.name not in tools:
        raise UnknownTool(call.name, tools)
    tool = tools[call.name]
    args: dict[str, Any] = coerce(call.args, tool.schema)
    if wrong := validate(args, tool.schema):
        shape = json.dumps(tool.schema.get("properties", {}), ensure_ascii=False)
        raise ToolError(f"the input does not fit {call.name}: {wrong}; it takes {shape[:600]}")
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    seconds = min((s for s in (tool.timeout, left) if s is not None), default=None)
    is_async = inspect.iscoroutinefunction(tool.call)
    return _Work(call.name, lambda: tool.call(**args), is_async, seconds)


def _on_a_thread(work: _Work, done: Callable[[Future[Any]], None]) -> None:
    """Start the work on a thread that no exit of the process waits for."""

    def run() -> None:
        future: Future[Any] = Future()
        try:
            future.set_result(work.do())
        except BaseException as err:  # it is raised again where the result is waited for
            future.set_exception(err)
        done(future)

    on_a_thread(run)


async def _on_thread(work: _Work) -> Any:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[Future[Any]] = loop.create_future()

    def give(future: Future[Any]) -> None:
        if not waiting.done():
            waiting.set_result(future)

    def done(future: Future[Any]) -> None:
        if not loop.is_closed():  # nobody may be left to hear it
            loop.call_soon_threadsafe(give, future)

    _on_a_thread(work, done)
    return (await waiting).result()


def _awaited(value: Any) -> Any:
    """What an async tool gives, for a caller without an event loop or inside a running one (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_all(value))
    done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    _on_a_thread(_Work("", lambda: asyncio.run(_all(value)), False, None), done.put)
    return done.get().result()


async def _all(value: Any) -> Any:
    return await value


def _said(err: BaseException) -> str:
    if isinstance(err, ChatwrightError):
        return f"error: {err}" + (f"; {err.hint}" if err.hint else "")
    return f"error: {type(err).__name__}: {err}" if str(err) else f"error: {type(err).__name__}"


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
