"""Run one tool call. Whatever goes wrong is an answer for the model, not a crash for the user."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from ..errors import ChatwrightError, ToolError, UnknownTool
from ..events import ToolCall, ToolResult
from ..schema import coerce, validate
from .tool import Tool
from .workers import on_a_thread

__all__ = [
    "arun_tool",
    "as_text",
    "awaited",
    "from_a_thread",
    "give_up",
    "misfit",
    "run_tool",
    "start_on_a_thread",
]

T = TypeVar("T")

_MOST_ITEMS = 10_000  # of a tool that gives one after the other
_GRACE = 0.1  # seconds that a cancelled tool has to put things in order


def run_tool(
    call: ToolCall,
    tools: Mapping[str, Tool],
    *,
    deadline: float | None = None,
    timeout: float | None = None,
) -> ToolResult:
    """The result of `call`, or the error as the model reads it, and how long it took.

    A tool that has not answered at its own timeout (else `timeout` seconds) or at `deadline` (`time.monotonic()`)
    is left behind on its thread.
    """
    start = time.perf_counter()
    try:
        work = _prepared(call, tools, deadline, timeout)
        if work.seconds is None:
            return ToolResult(call.id, as_text(work.do()), True, _ms(start))
        done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        start_on_a_thread(work.do, done.put)
        try:
            ended = done.get(timeout=work.seconds)
        except queue.Empty:
            raise work.late() from None
        # A Ctrl-C comes to the waiting above; what is in here is the tool's own, whatever it is.
        return _told(call, ended, start)
    except (Exception, SystemExit) as err:  # a tool may raise anything; the model gets to read it
        _pass_on(err)
        return ToolResult(call.id, _said(err), False, _ms(start))


async def arun_tool(
    call: ToolCall,
    tools: Mapping[str, Tool],
    *,
    deadline: float | None = None,
    timeout: float | None = None,
) -> ToolResult:
    """`run_tool` for an event loop; a tool that is not async runs on a thread of its own."""
    start = time.perf_counter()
    try:
        work = _prepared(call, tools, deadline, timeout)
        ended = await (_in_a_task(work) if work.is_async else _on_thread(work))
        return _told(call, ended, start)
    except (Exception, SystemExit) as err:  # a tool may raise anything; the model gets to read it
        _pass_on(err)
        return ToolResult(call.id, _said(err), False, _ms(start))


def _told(call: ToolCall, ended: Future[Any], start: float) -> ToolResult:
    if err := ended.exception():
        _pass_on(err)
        return ToolResult(call.id, _said(err), False, _ms(start))
    return ToolResult(call.id, as_text(ended.result()), True, _ms(start))


def misfit(call: ToolCall, tool: Tool) -> str:
    """What is wrong with the arguments; empty if they fit."""
    return validate(coerce(call.args, tool.schema), tool.schema) or ""


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
        if inspect.isgenerator(value):
            return list(islice(value, _MOST_ITEMS))
        if inspect.isasyncgen(value):
            return awaited(_items(value))
        return awaited(value) if inspect.isawaitable(value) else value

    def late(self) -> ToolError:
        return ToolError(
            f"{self.name} did not answer within {self.seconds:.3g} seconds",
            "ask it for less, or go on without it",
        )


def _prepared(
    call: ToolCall, tools: Mapping[str, Tool], deadline: float | None, timeout: float | None
) -> _Work:
    if call.name not in tools:
        raise UnknownTool(call.name, tools)
    tool = tools[call.name]
    args: dict[str, Any] = coerce(call.args, tool.schema)
    if wrong := validate(args, tool.schema):
        shape = json.dumps(tool.schema.get("properties", {}), ensure_ascii=False)
        raise ToolError(f"the input does not fit {call.name}: {wrong}; it takes {shape[:600]}")
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    own = timeout if tool.timeout is None else tool.timeout
    seconds = min((s for s in (own, left) if s is not None), default=None)
    is_async = inspect.iscoroutinefunction(tool.call)
    return _Work(call.name, lambda: tool.call(**args), is_async, seconds)


def start_on_a_thread(do: Callable[[], T], done: Callable[[Future[T]], None]) -> None:
    """Start it on a thread that no exit of the process waits for; it sees the caller's context variables."""
    context = contextvars.copy_context()

    on_a_thread(lambda: done(_outcome(lambda: context.run(do))))


async def from_a_thread(do: Callable[[], T], seconds: float | None = None) -> T:
    """What `do` gives, run on a thread; `TimeoutError` after `seconds`, and then the thread is left behind."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[Future[T]] = loop.create_future()

    def give(future: Future[T]) -> None:
        if not waiting.done():
            waiting.set_result(future)

    def done(future: Future[T]) -> None:
        if not loop.is_closed():  # nobody may be left to hear it
            loop.call_soon_threadsafe(give, future)

    start_on_a_thread(do, done)
    async with asyncio.timeout(seconds):
        ended = await waiting
    return ended.result()


async def _on_thread(work: _Work) -> Future[Any]:
    try:
        return await from_a_thread(lambda: _outcome(work.do), work.seconds)
    except TimeoutError:
        raise work.late() from None


def _outcome(do: Callable[[], T]) -> Future[T]:
    """What was given or raised, as a value that cannot be taken for something else."""
    outcome: Future[T] = Future()
    try:
        outcome.set_result(do())
    except BaseException as err:  # whoever waits for the outcome gets to see it
        outcome.set_exception(err)
    return outcome


async def _in_a_task(work: _Work) -> Future[Any]:
    """The outcome of an async tool. At its time it is cancelled, and left behind if it does not care."""
    left = False

    async def run() -> Future[Any]:
        outcome: Future[Any] = Future()
        try:
            outcome.set_result(await work.begin())
        except BaseException as err:  # the model reads it; some would end the loop of all agents
            if left:
                raise
            outcome.set_exception(err)
        return outcome

    task = asyncio.ensure_future(run())
    try:
        await asyncio.wait({task}, timeout=work.seconds)
        if task.done():
            return task.result()
    except asyncio.CancelledError:
        left = True
        await give_up(task)
        raise
    left = True
    await give_up(task)
    raise work.late()


async def give_up(task: asyncio.Future[Any]) -> None:
    """Cancel a task, and leave it behind if it does not care."""
    if task.done():
        return
    task.add_done_callback(_heard)
    task.cancel()
    await asyncio.wait({task}, timeout=_GRACE)


def _heard(task: asyncio.Future[Any]) -> None:
    """Look at how a task ended that nobody waits for, or asyncio complains."""
    if not task.cancelled():
        task.exception()


async def _items(values: Any) -> list[Any]:
    items: list[Any] = []
    async for item in values:
        items.append(item)
        if len(items) >= _MOST_ITEMS:
            break
    return items


def awaited(value: Any) -> Any:
    """What an async tool gives, for a caller without an event loop or inside a running one (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_all(value))
    done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    start_on_a_thread(lambda: asyncio.run(_all(value)), done.put)
    return done.get().result()


async def _all(value: Any) -> Any:
    return await value


def _pass_on(err: BaseException) -> None:
    """Raise what is no error but a way to leave: a tool inside a LangGraph node may interrupt the graph."""
    if any(kind.__name__ == "GraphBubbleUp" for kind in type(err).__mro__):
        raise err


def _said(err: BaseException) -> str:
    if isinstance(err, ChatwrightError):
        return f"error: {err}" + (f"; {err.hint}" if err.hint else "")
    try:
        told = str(err)
    except Exception:  # an error may be too broken to tell what it is
        told = ""
    return f"error: {type(err).__name__}: {told}" if told else f"error: {type(err).__name__}"


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
