"""The ways to an MCP server: what each of them can say, and the one over a URL (`mcp_program` has the other).

The streams that a way opens are what the `mcp` package's sessions read and write.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from ...backends.failures import failure
from ...backends.headers import checked
from ...backends.tokens import origin_of
from ...errors import ChatwrightError, ToolError, Unreachable
from .reading import line_of

if TYPE_CHECKING:
    from mcp.client._transport import ReadStream, WriteStream
    from mcp.shared.message import SessionMessage

    Streams = tuple[ReadStream[SessionMessage | Exception], WriteStream[SessionMessage]]

__all__ = ["MOST_BYTES", "Streams", "Url", "Way"]

MOST_BYTES = 32 * 1024 * 1024
"""What one message may have at most."""


class Way(Protocol):
    """How to get to a server."""

    name: str
    """The server as it may be shown."""
    hurry: bool
    """Whether to give the server less time to end."""

    @property
    def most_at_once(self) -> int:
        """How many calls may be under way at once; the others wait for their turn."""
        ...

    def ways(self) -> Sequence[Callable[[], AbstractAsyncContextManager[Streams]]]:
        """What opens the streams; a later one is tried where the server takes no earlier one."""
        ...

    def is_elsewhere(self) -> bool:
        """Does the server not take what was sent, so that a later way may be its own?"""
        ...

    def is_lost(self) -> bool:
        """Is the connection of no use any more, although it stands?"""
        ...

    def blamed(self, err: BaseException) -> ChatwrightError:
        """Why there is no connection."""
        ...

    def late(self, seconds: float) -> ChatwrightError:
        """Nothing came in time."""
        ...

    def ended(self, when: str) -> str:
        """How it ended, as a part of a sentence."""
        ...


class Url:
    """A server at a URL, over streamable HTTP, or over the older SSE where it has nothing else.

    The headers go to that origin alone: a redirect that leaves it is an error.
    """

    # The package's client has a hundred connections, and fails all calls when one waits long for its own.
    most_at_once = 80

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> None:
        self._url = url
        self._longest = 3_600.0 if timeout is None else max(300.0, timeout + 30.0)
        self.name = f"{origin_of(url)}{urlsplit(url).path}"
        self.hurry = False
        self._headers = checked(headers or {})
        self._status = 0
        self._lost = False

    def ways(self) -> Sequence[Callable[[], AbstractAsyncContextManager[Streams]]]:
        return (self._streamable, self._sse)

    def is_elsewhere(self) -> bool:
        return self._status in (400, 404, 405)

    def is_lost(self) -> bool:
        return self._lost

    @asynccontextmanager
    async def _streamable(self) -> AsyncGenerator[Streams]:
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared._httpx_utils import create_mcp_http_client

        self._status, self._lost = 0, False
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(create_mcp_http_client(self._sent()))
            client.event_hooks = {"response": [self._look]}
            client.timeout = (30.0, self._longest, 30.0, 60.0)
            way = streamable_http_client(
                self._url, http_client=client, max_sse_event_size=MOST_BYTES
            )
            yield await stack.enter_async_context(way)

    @asynccontextmanager
    async def _sse(self) -> AsyncGenerator[Streams]:
        from mcp.client.sse import sse_client

        async with sse_client(
            self._url, self._sent(), timeout=10.0, sse_read_timeout=self._longest
        ) as streams:
            self._status = 0
            yield streams

    def _sent(self) -> dict[str, str]:
        return {name: value.reveal() for name, value in self._headers.items() if value is not None}

    async def _look(self, response: Any) -> None:
        """Note what the server says, and bound how much of it is read."""
        if response.request.method == "POST":
            self._status = response.status_code if response.status_code >= 300 else 0
            sent_session = "mcp-session-id" in response.request.headers
            self._lost = self._lost or (response.status_code == 404 and sent_session)
        if "event-stream" not in response.headers.get("content-type", ""):
            response.aiter_bytes = _bounded(response.aiter_bytes)

    def late(self, seconds: float) -> ChatwrightError:
        return ToolError(
            f"{self.name} did not answer within {seconds:g} seconds", "is an MCP server up there?"
        )

    def blamed(self, err: BaseException) -> ChatwrightError:
        if isinstance(err, ChatwrightError):
            return err
        if 300 <= self._status < 400:
            return ToolError(f"{self.name} leads elsewhere: {line_of(err, 500)}")
        if self._status in (401, 403):
            hint = "give headers={'Authorization': 'Bearer ...'} to mcp_tools"
            return ToolError(f"{self.name} wants another token ({self._status})", hint)
        if self._status in (400, 404, 405):
            hint = "the address often ends in /mcp"
            return ToolError(f"there is no MCP server at {self.name} ({self._status})", hint)
        if self._status >= 400:
            hint = "try again; if it stays, the server's log says more"
            return ToolError(f"the MCP server at {self.name} failed ({self._status})", hint)
        if type(err).__name__ in ("MCPError", "ValidationError", "_TooMuch"):
            return ToolError(f"{self.name} does not speak MCP: {line_of(err, 300)}")
        told = failure(err, self.name)
        said = str(told).replace("All connection attempts failed", _why(err))
        return ToolError(said, told.hint if isinstance(told, Unreachable) else "")

    def ended(self, when: str) -> str:
        return f"broke off {when}" + (f" ({self._status})" if self._status else "")


def _why(err: BaseException) -> str:
    """What the system said to the attempt to connect."""
    ahead: list[BaseException | None] = [err]
    for _ in range(50):
        each = ahead.pop(0) if ahead else None
        if isinstance(each, OSError) and each.errno:
            return os.strerror(each.errno)
        if isinstance(each, BaseExceptionGroup):
            ahead += cast("tuple[BaseException, ...]", each.exceptions)
        if each is not None:
            ahead += [each.__cause__, each.__context__]
    return str(err)


class _TooMuch(Exception):
    """A reply is longer than anybody wants to read."""


def _bounded(read: Callable[..., Any]) -> Callable[..., Any]:
    async def bounded(*args: Any, **kwargs: Any) -> AsyncGenerator[bytes]:
        size = 0
        async for piece in read(*args, **kwargs):
            size += len(piece)
            if size > MOST_BYTES:
                raise _TooMuch(f"it sent more than {MOST_BYTES >> 20} MB")
            yield piece

    return bounded
