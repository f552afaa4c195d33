"""A session with an MCP server: the `mcp` package's own, with what the server sends made fit to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .reading import listed_tools, told_result

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.shared.dispatcher import CallOptions, Dispatcher

__all__ = ["Lenient", "Offer", "introduced"]

_MOST_TOOLS = 1_000
_MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says of itself: its name, and its tools as it lists them."""

    name: str
    tools: list[dict[str, Any]]


class Lenient:
    """The package's dispatcher, with what the server sends made fit to be read, and a sign that it ended."""

    def __init__(self, inner: Dispatcher[Any], over: asyncio.Event) -> None:
        self._inner = inner
        self._over = over

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        raw = await self._inner.send_raw_request(method, params, opts)
        if method == "tools/list" and isinstance(listed := raw.get("tools"), list):
            return {**raw, "tools": listed_tools(cast("list[Any]", listed))}
        return told_result(raw) if method == "tools/call" else raw

    async def notify(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> None:
        await self._inner.notify(method, params, opts)

    async def run(self, *args: Any, **kwargs: Any) -> None:
        try:
            await self._inner.run(*args, **kwargs)
        finally:
            self._over.set()


async def introduced(session: ClientSession) -> Offer:
    """Shake hands, the way that every server knows first, and ask for the tools."""
    from mcp.shared.exceptions import MCPError
    from mcp.types import CONNECTION_CLOSED, METHOD_NOT_FOUND, PaginatedRequestParams

    try:
        await session.initialize()
    except (MCPError, RuntimeError) as refused:
        if getattr(refused, "code", None) == CONNECTION_CLOSED:
            raise
        try:
            await session.discover()  # a server that only knows the newer way
        except (MCPError, RuntimeError, ValueError):
            raise refused from None
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        try:
            page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        except MCPError as err:
            if err.code == METHOD_NOT_FOUND:
                break
            raise
        for tool in page.tools[: _MOST_TOOLS - len(found)]:
            found.setdefault(
                tool.name, tool.model_dump(by_alias=True, exclude_none=True, mode="json")
            )
        if not page.next_cursor or page.next_cursor == cursor or len(found) >= _MOST_TOOLS:
            break
        cursor = page.next_cursor
    return Offer(session.server_info.name if session.server_info else "", list(found.values()))
