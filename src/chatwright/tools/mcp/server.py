"""The tools of MCP servers, for `-t "mcp:uvx some-server"` and `-t mcp:http://localhost:8000/mcp`.

    agent = Agent("nano", ["mcp:uvx mcp-server-time"])
    tools = mcp_tools("https://example.com/mcp", headers={"Authorization": "Bearer ..."})
    with McpServer("python my_server.py") as server:      # closed at the end
        agent = Agent("nano", server.tools)

A program sees a few harmless variables of our environment (`PATH`, `HOME`, ...) and what `env` adds, none of our
tokens. It ends when its tools are closed, or no longer used by anybody, and with this process. Results count as
written by strangers, and a tool that is not said to be read-only as one that writes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import math
import shlex
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, cast

from ...errors import ToolError, UsageError, need
from ..tool import Tool
from .connection import Connection, Offer
from .program import Program
from .reading import apart, line_of, made_tools, name_of
from .ways import Url, Way

__all__ = ["McpServer", "mcp_tools"]


def mcp_tools(
    server: str | Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = 60.0,
    start_timeout: float = 20.0,
) -> list[Tool]:
    """The tools of an MCP server: a command, as one line or as a list of words, or a URL.

    `env` are further variables for the command, `headers` go to the URL's own server alone. `timeout` is how many
    seconds a call may take, `start_timeout` how many the server has to come up.
    """
    return McpServer(
        server, env=env, headers=headers, timeout=timeout, start_timeout=start_timeout
    ).tools


class McpServer:
    """An MCP server that is closed by `close()` or at the end of a `with`; it is started when it is first needed.

    In async code `async with` starts it without holding up the event loop. The arguments are those of `mcp_tools`.
    """

    def __init__(
        self,
        server: str | Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = 60.0,
        start_timeout: float = 20.0,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("start_timeout", start_timeout)):
            if seconds is not None and not 0 < seconds < math.inf:
                raise UsageError(f"{name} is {seconds}", "it is a number of seconds")
        way = _way(server, env, headers, timeout)
        need("mcp", extra="mcp")  # here, for it takes a second, which is not the server's fault
        for logger in map(logging.getLogger, ("mcp", "client")):
            if not logger.handlers:
                # What it logs of odd servers is not for the user's screen, unless somebody set logging up.
                logger.addHandler(logging.NullHandler())
        self._connection = Connection(way, timeout=timeout, start_timeout=start_timeout)
        self._timeout = timeout
        self._waiting: concurrent.futures.Future[Offer] | None = None
        self._offer: Offer | None = None
        self._tools: list[Tool] | None = None
        # The tools hold this object, so that the server ends when the last of them is gone.
        weakref.finalize(self, self._connection.let_go).atexit = False

    def start(self) -> McpServer:
        """Start it without waiting for it."""
        if self._waiting is None:
            self._waiting = self._connection.offer()
        return self

    @property
    def tools(self) -> list[Tool]:
        """The server's tools, in its order; the first time, the server is started and asked."""
        if self._tools is None:
            waiting, self._waiting = self.start()._waiting, None
            self._take(cast("concurrent.futures.Future[Offer]", waiting).result())
        return list(self._tools or ())

    def tools_beside(self, taken: Iterable[str]) -> list[Tool]:
        """Its tools, those with a name that is taken under the server's name and theirs: `time_add`."""
        names, found = set(taken), list[Tool]()
        for tool in self.tools:
            name = tool.name
            if name in names:
                name = apart(f"{self.name or 'mcp'}_{name}"[:64], names)
            names.add(name)
            found.append(tool if name == tool.name else replace(tool, name=name))
        return found

    @property
    def name(self) -> str:
        """What the server calls itself, as a part of a tool's name; known when its tools are."""
        return name_of(self._offer.name)[:24] if self._offer else ""

    def close(self) -> None:
        """End the connection, and the program. A call that is under way, or comes later, is a ToolError."""
        self._connection.close().result()

    def __enter__(self) -> McpServer:
        _ = self.tools
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> McpServer:
        if self._tools is None:
            self._take(await asyncio.wrap_future(self._connection.offer()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.wrap_future(self._connection.close())

    def _take(self, offer: Offer) -> None:
        self._offer = offer
        tools = made_tools(offer.tools, self._calling, self._timeout)
        if not tools:
            raise ToolError(
                f"the MCP server '{self._connection.name}' has no tools that can be used",
                "the log says which were left out" if offer.tools else "it may offer other things",
            )
        self._tools = tools

    def _calling(self, name: str) -> Callable[..., Any]:
        async def call(**args: Any) -> str:
            return await self._connection.call(name, args)

        return call


def _way(
    server: str | Sequence[str],
    env: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    timeout: float | None,
) -> Way:
    given: Any = server  # callers without a type checker pass anything
    if isinstance(given, str):
        spec = given.strip()
        spec = spec[4:].strip() if spec[:4].lower() == "mcp:" else spec
        if spec[:7].lower() == "http://" or spec[:8].lower() == "https://":
            if env:
                raise UsageError("env= is for a command, and this is a URL", "give headers=...")
            return Url(spec, headers, timeout)
        words: list[Any] = [*_words(spec)]
    else:
        words = list(cast("Sequence[Any]", given)) if isinstance(given, Sequence) else [given]
    if headers:
        raise UsageError("headers= are for a URL, and this is a command", "give env=...")
    if not words or not all(isinstance(w, str) for w in words) or not words[0]:
        raise UsageError(
            "an MCP server is a command or a URL",
            'write "mcp:uvx some-server" or mcp:http://localhost:8000/mcp',
        )
    return Program(words, env)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as err:
        raise UsageError(
            f"the command '{line_of(line, 60)}' cannot be read: {str(err).lower()}",
            "quotes come in pairs, as in a shell",
        ) from err
