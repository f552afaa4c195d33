"""An MCP server that is a program, started here and spoken to over its standard input and output.

The `mcp` package has such streams as well. These bound what is read, end a program that speaks something else,
and know how the program ended and what it said last.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from ...errors import ChatwrightError, ToolError, UsageError
from .reading import line_of
from .ways import MOST_BYTES

if TYPE_CHECKING:
    from .ways import Streams

__all__ = ["Program", "forget_all", "kill_all"]

_log = logging.getLogger(__name__)

_MOST_ODD_LINES = 500  # before the first message: a server may greet, or warn
_SAID = 4_000
_GRACE = 2.0
_running: set[int] = set()


class Program:
    """A program that is started here and speaks over its standard input and output."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        # Options and settings may hold tokens, and the name goes into messages.
        plain = takewhile(lambda word: not word.startswith("-") and "=" not in word, command)
        self.name = line_of(" ".join([os.path.basename(next(plain, "")), *plain]), 60)
        self.hurry = False
        self._command = list(command)
        self._env = dict(env or {})
        self._begin()

    def _begin(self) -> None:
        self._wrong = ""
        self._code: int | None = None
        self._said = b""
        self._spoke = False
        self._is_over = False

    def ways(self) -> Sequence[Callable[[], AbstractAsyncContextManager[Streams]]]:
        return (self._streams,)

    most_at_once = 10_000

    def is_elsewhere(self) -> bool:
        return False

    def is_lost(self) -> bool:
        return False

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Streams]:
        import anyio
        from mcp.shared.message import SessionMessage

        self._begin()
        process: asyncio.subprocess.Process | None = None
        with anyio.CancelScope(shield=True):  # or a program that starts just now is nobody's
            process = await self._start()
        assert process is not None
        heard, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, told = anyio.create_memory_object_stream[SessionMessage](0)
        async with anyio.create_task_group() as group:
            group.start_soon(self._hear, process, heard)
            group.start_soon(self._tell, process, told, heard)
            group.start_soon(self._keep, process)
            try:
                yield read, write
            finally:
                with anyio.CancelScope(shield=True):
                    await self._stop(process)
                for stream in (heard, read, write, told):
                    stream.close()
                group.cancel_scope.cancel()

    async def _start(self) -> asyncio.subprocess.Process:
        from mcp.client.stdio import get_default_environment

        env = get_default_environment() | self._env
        command, *args = self._command
        found = shutil.which(command, path=env.get("PATH"))
        if found is None:
            there = os.path.isfile(command)
            raise UsageError(
                f"the command '{line_of(command, 80)}' "
                + ("cannot be run: it is not executable" if there else "is not there"),
                f"write: python {line_of(command, 80)}"
                if there
                else "check its name, or install it",
            )
        pipe = asyncio.subprocess.PIPE
        try:
            # In a session of its own: Ctrl-C is for us alone, and it can be ended with all that it started.
            process = await asyncio.create_subprocess_exec(
                found, *args, stdin=pipe, stdout=pipe, stderr=pipe, env=env,
                limit=MOST_BYTES, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as err:
            raise UsageError(f"the command '{line_of(command, 80)}' cannot be run: {err}") from err
        _running.add(process.pid)
        return process

    async def _hear(self, process: asyncio.subprocess.Process, heard: Any) -> None:
        """Pass the program's messages on until it ends, or sends what cannot be a message."""
        import anyio
        from mcp.shared.message import SessionMessage

        assert process.stdout
        odd = 0
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with heard:
                while (line := await self._line(process.stdout)) and not self._wrong:
                    if message := _message(line):
                        self._spoke = True
                        await heard.send(SessionMessage(message))
                    elif line.strip():
                        odd += 1
                        self._note_odd(line, odd)
                self._is_over = True

    def _note_odd(self, line: bytes, odd: int) -> None:
        _log.debug("this line of an MCP server is no message: %r", line[:200])
        self._said = (self._said + line[:500])[-_SAID:]
        if odd > _MOST_ODD_LINES and not self._spoke:
            self._wrong = "what it writes is not MCP"

    async def _line(self, stdout: asyncio.StreamReader) -> bytes:
        try:
            return await stdout.readline()
        except ValueError:
            self._wrong = f"it sent a message of more than {MOST_BYTES >> 20} MB"
            return b""
        except OSError:
            return b""

    async def _tell(self, process: asyncio.subprocess.Process, told: Any, heard: Any) -> None:
        assert process.stdin
        try:
            async with told:
                async for each in told:
                    text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    process.stdin.write(text.encode() + b"\n")
                    await process.stdin.drain()
        except (OSError, RuntimeError):
            self._is_over = True
            heard.close()  # who waits for an answer gets to know that none will come

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        """Keep the last of what the program says for error messages."""
        assert process.stderr
        with suppress(OSError):
            while piece := await process.stderr.read(65_536):
                self._said = (self._said + piece)[-_SAID:]

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        """Close its input, and when it does not end of that, end it with all that it started."""
        await _gone(process, 0.3 if self._is_over and not self._wrong else 0)
        self._code = process.returncode  # how it ended by itself, if it did
        grace = _GRACE if self._spoke and not (self._wrong or self.hurry) else 0.4
        if process.stdin:
            process.stdin.close()
        for name in ("SIGTERM", "SIGKILL"):
            if await _gone(process, grace):
                break
            _signal(process.pid, getattr(signal, name, signal.SIGTERM))
            grace /= 2
        await _gone(process, 5.0)  # it was killed, and on a busy machine that takes its time
        _running.discard(process.pid)
        # Something that it started may hold its pipes open still.
        transport: Any = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()

    def late(self, seconds: float) -> ChatwrightError:
        return ToolError(
            f"the MCP server '{self.name}' did not answer within {seconds:g} seconds",
            self._hint(
                "does it speak MCP? the first start of uvx or npx downloads much: run it once by hand"
            ),
        )

    def blamed(self, err: BaseException) -> ChatwrightError:
        if isinstance(err, ChatwrightError):
            return err
        server = f"the MCP server '{self.name}'"
        if self._wrong:
            return ToolError(f"{server} does not speak MCP: {self._wrong}", self._hint())
        if "closed" in str(err).lower():
            return ToolError(f"{server} {self.ended('before it answered')}", self._hint())
        return ToolError(f"{server} cannot be used: {line_of(err, 300)}", self._hint())

    def ended(self, when: str) -> str:
        if self._wrong:
            return f"was ended {when}: {self._wrong}"
        if self._code is None:
            return f"closed its output {when}"
        if self._code < 0:
            return f"was killed {when}"
        return f"ended {when} with exit code {self._code}"

    def _hint(self, else_: str = "run it by hand to see more") -> str:
        lines = [line_of(raw, 200) for raw in self._said.decode("utf-8", "replace").splitlines()]
        last = [line for line in lines if line][-4:]
        return f"it said last: {' | '.join(last)}" if last else else_


async def _gone(process: asyncio.subprocess.Process, seconds: float) -> bool:
    # wait() would also wait for pipes that a program's own children hold open.
    until = asyncio.get_running_loop().time() + seconds
    while process.returncode is None and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.01)
    return process.returncode is not None


def _signal(pid: int, number: int) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            os.kill(pid, number)
        else:
            os.killpg(pid, number)


def kill_all() -> None:
    """End at once every program that still runs."""
    for pid in list(_running):
        _signal(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    _running.clear()


def forget_all() -> None:
    """The programs are another process's, which has forked us."""
    _running.clear()


def _message(line: bytes) -> Any:
    """The JSON-RPC message that stands in this line, or None. One with half characters in it is mended."""
    from mcp.types import jsonrpc_message_adapter

    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        pass
    try:
        given = json.loads(line)
        mended = json.dumps(given, ensure_ascii=False).encode("utf-8", "replace")
        return jsonrpc_message_adapter.validate_json(mended, by_name=False)
    except (ValueError, RecursionError):
        return None
