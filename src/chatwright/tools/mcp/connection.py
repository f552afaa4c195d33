"""Connections to MCP servers, on one background thread with its own event loop.

A connection comes up at its first use, carries any number of calls at once, and comes up again at the next use
after it broke off. The thread is a daemon, and what it holds is closed when the process ends.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import json
import math
import os
import threading
import time
import weakref
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ...errors import ChatwrightError, ToolError
from .program import forget_all, kill_all
from .reading import line_of, shown_result
from .session import Lenient, Offer, introduced
from .ways import Way

if TYPE_CHECKING:
    from mcp import ClientSession

__all__ = ["Connection"]

T = TypeVar("T")


@dataclass(eq=False)
class _Line:
    """One time that the connection is up; `over` is set when it is of no use any more."""

    over: asyncio.Event
    ready: asyncio.Future[tuple[ClientSession, Offer]]
    loop: asyncio.AbstractEventLoop
    turns: asyncio.Semaphore
    task: asyncio.Task[None] | None = None
    scope: Any = field(default=None, repr=False)
    why: ChatwrightError | None = None


class Connection:
    """A server, for any thread and any event loop."""

    def __init__(self, way: Way, *, timeout: float | None, start_timeout: float) -> None:
        self.name = way.name
        self._way = way
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._line: _Line | None = None
        self._closed = False

    def offer(self) -> concurrent.futures.Future[Offer]:
        """What the server offers, once it is up."""
        return _submit(self._offer())

    async def call(self, name: str, args: Mapping[str, Any]) -> str:
        """What a tool of the server gives, as text. Cancelling this tells the server."""
        return await asyncio.wrap_future(_submit(self._call(name, args)))

    def close(self) -> concurrent.futures.Future[None]:
        """End the connection, and the program that it is to."""
        self._closed = True
        return _submit(self.shut())

    def let_go(self) -> None:
        """Close it some time soon: nobody is left who could use it."""
        self._closed = True
        line = self._line
        if line is not None and not line.loop.is_closed():
            with suppress(RuntimeError):  # the loop is closed, and with it all that it held
                line.loop.call_soon_threadsafe(_end, line)

    # -- from here on: on the thread's own loop -----------------------------------------------------------

    async def _offer(self) -> Offer:
        return (await self._up())[1][1]

    async def shut(self, *, hurry: bool = False) -> None:
        line = self._line
        self._closed = True
        self._way.hurry = hurry
        if line is None or line.loop is not asyncio.get_running_loop() or line.task is None:
            return
        _end(line)
        await asyncio.wait([line.task], timeout=1.0 if hurry else 6.0)
        line.task.cancel()

    async def _up(self) -> tuple[_Line, tuple[ClientSession, Offer]]:
        if self._closed:
            raise _closed()
        loop, line = asyncio.get_running_loop(), self._line
        if line is None or line.loop is not loop or (line.ready.done() and line.over.is_set()):
            line = self._line = _Line(
                asyncio.Event(),
                loop.create_future(),
                loop,
                asyncio.Semaphore(self._way.most_at_once),
            )
            line.ready.add_done_callback(lambda ready: ready.exception())  # somebody has looked
            line.task = loop.create_task(self._hold(line), name=f"MCP {self.name}")
            _open.add(self)
        # Who gives up waiting for it does not take it away from the others.
        return line, await asyncio.shield(line.ready)

    async def _hold(self, line: _Line) -> None:
        """Keep the connection up until it is over, whoever ends it."""
        until = time.monotonic() + self._start_timeout
        for open_streams in self._way.ways():
            if self._closed or (line.why is not None and not self._way.is_elsewhere()):
                break
            line.over.clear()
            try:
                await self._hold_one(line, open_streams, until - time.monotonic())
            except BaseException as err:  # whoever waits for the connection gets to read it
                line.why = line.why or self._way.blamed(_innermost(err))
            if line.ready.done():
                break
        line.over.set()
        if not line.ready.done():
            error = _closed() if self._closed else line.why
            line.ready.set_exception(error or self._way.late(self._start_timeout))

    async def _hold_one(self, line: _Line, open_streams: Any, seconds: float) -> None:
        import anyio
        from mcp import ClientSession
        from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher

        with anyio.CancelScope(deadline=anyio.current_time() + seconds) as line.scope:
            async with open_streams() as (read, write):
                dispatcher = Lenient(JSONRPCDispatcher(read, write), line.over)
                async with ClientSession(dispatcher=dispatcher) as session:
                    offer = await introduced(session)
                    line.scope.deadline, line.why = math.inf, None
                    line.ready.set_result((session, offer))
                    await line.over.wait()

    async def _call(self, name: str, args: Mapping[str, Any]) -> str:
        from mcp.shared.exceptions import MCPError
        from pydantic import ValidationError

        sent = _as_json(args)
        line, (session, _) = await self._up()
        # The session's own clock runs from when the request is written, and this one even if that takes for ever.
        most = None if self._timeout is None else self._timeout + 1.0
        try:
            async with asyncio.timeout(most), line.turns:
                result = await session.call_tool(name, sent, read_timeout_seconds=self._timeout)
        except TimeoutError as err:
            raise self._late() from err
        except MCPError as err:
            raise await self._failed(line, err) from err
        except ValidationError as err:
            said = line_of(err, 200)
            raise ToolError(f"the MCP server does not keep to the protocol: {said}") from err
        except RuntimeError as err:  # it asks for what only a person at a screen could give
            raise ToolError(f"the MCP server cannot answer this call: {line_of(err, 300)}") from err
        content = [piece.model_dump(by_alias=True, mode="json") for piece in result.content]
        return shown_result(content, result.structured_content, is_error=result.is_error)

    def _late(self) -> ToolError:
        return ToolError(f"the MCP server did not answer within {self._timeout:g} seconds")

    async def _failed(self, line: _Line, err: Any) -> ToolError:
        from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT

        if self._way.is_lost():
            line.over.set()  # the server has forgotten us: the next call introduces itself again
            return ToolError("the MCP server has forgotten this session", "call it once more")
        if err.code == REQUEST_TIMEOUT and self._timeout is not None:
            return self._late()
        if err.code == CONNECTION_CLOSED:
            with suppress(TimeoutError):
                await asyncio.wait_for(line.over.wait(), 0.2)
            return await self._broken(line, err)
        return ToolError(f"the MCP server refuses: {line_of(err, 1_000)}")

    async def _broken(self, line: _Line, err: Any) -> ToolError:
        if self._closed:
            return _closed()
        if line.over.is_set() and line.task is not None:
            await asyncio.wait([line.task], timeout=1.0)
            said = f"the MCP server {self._way.ended('in the middle of the call')}"
        else:  # the others that are under way go on
            said = f"the MCP server broke off: {line_of(err, 300)}"
        return ToolError(
            str(line.why or said),
            "whether the call did anything is not known; the next call connects again",
        )


def _closed() -> ToolError:
    return ToolError("the connection to the MCP server is closed")


def _end(line: _Line) -> None:
    line.over.set()
    if not line.ready.done() and line.scope is not None:
        line.scope.cancel()


def _as_json(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as JSON has them, half characters replaced: a server could not read them."""
    try:
        text = json.dumps(dict(args), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as err:
        raise ToolError(f"the arguments are not JSON: {err}") from err
    return json.loads(text.encode("utf-8", "replace"))


def _innermost(err: BaseException) -> BaseException:
    """The first error in a group of them that says something: a cancelled neighbour does not."""
    while isinstance(err, BaseExceptionGroup):
        inner = cast("tuple[BaseException, ...]", err.exceptions)
        err = next((e for e in inner if not isinstance(e, asyncio.CancelledError)), inner[0])
    return err


# -- the thread -----------------------------------------------------------------------------------------

_open: weakref.WeakSet[Connection] = weakref.WeakSet()
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _submit(work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run it on the background thread, which is started when there is none."""
    global _loop  # noqa: PLW0603
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            thread = threading.Thread(
                target=_run, args=(_loop,), name="chatwright-mcp", daemon=True
            )
            thread.start()
            atexit.register(_at_exit, _loop, thread)
        return asyncio.run_coroutine_threadsafe(work, _loop)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _at_exit(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Close what is open, for a second at most, and then end what still runs."""
    if not thread.is_alive():
        return
    ending = [asyncio.run_coroutine_threadsafe(c.shut(hurry=True), loop) for c in list(_open)]
    concurrent.futures.wait(ending, timeout=1.5)
    kill_all()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(0.5)


def _after_fork() -> None:
    global _lock, _loop
    _lock, _loop = threading.Lock(), None  # a child has none of its parent's threads
    _open.clear()
    forget_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
