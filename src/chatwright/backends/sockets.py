"""The sockets under the connections: no wait outlasts a request, and no request takes more calls than it must."""

from __future__ import annotations

import contextlib
import ssl
from contextvars import ContextVar
from typing import Any, cast

import httpcore2 as core

from .retry import Clock

__all__ = ["CLOCK", "AsyncNetwork", "Network"]

CLOCK: ContextVar[Clock] = ContextVar("chatwright_clock")
"""The clock of the request that is on its way."""

_MOST_HELD = 65_536  # bytes of a request that are put together before they are sent


class Network(core.NetworkBackend):
    """Sockets whose every wait ends when the clock of the request says so."""

    def __init__(self) -> None:
        self._inner = core.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> core.NetworkStream:
        left = _left(core.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        _dialled()
        return _Stream(stream)


class _Stream(core.NetworkStream):
    """What is written waits for the rest of the request: its head and its body are one call to the system."""

    def __init__(self, inner: core.NetworkStream) -> None:
        self._inner = inner
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._held:
            # Who could not send all of a request may have been answered all the same.
            with contextlib.suppress(core.WriteError):
                self._flush()
        return self._inner.read(max_bytes, _left(core.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held += buffer
        if len(self._held) > _MOST_HELD:
            self._flush()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        self._inner.write(held, _left(core.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> core.NetworkStream:
        left = _left(core.ConnectTimeout)
        stream = self._inner.start_tls(ssl_context, server_hostname, left)
        CLOCK.get().restart()
        return _Stream(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncNetwork(core.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._inner = cast("core.AsyncNetworkBackend", core.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> core.AsyncNetworkStream:
        left = _left(core.ConnectTimeout)
        stream = await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        _dialled()
        return _AsyncStream(stream)


class _AsyncStream(core.AsyncNetworkStream):
    """`_Stream` for an event loop."""

    def __init__(self, inner: core.AsyncNetworkStream) -> None:
        self._inner = inner
        self._held = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._held:
            with contextlib.suppress(core.WriteError):
                await self._flush()
        return await self._inner.read(max_bytes, _left(core.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held += buffer
        if len(self._held) > _MOST_HELD:
            await self._flush()

    async def _flush(self) -> None:
        held, self._held = self._held, b""
        await self._inner.write(held, _left(core.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> core.AsyncNetworkStream:
        left = _left(core.ConnectTimeout)
        stream = await self._inner.start_tls(ssl_context, server_hostname, left)
        CLOCK.get().restart()
        return _AsyncStream(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _dialled() -> None:
    clock = CLOCK.get()
    clock.fresh = True
    clock.restart()


def _left(over: type[Exception]) -> float | None:
    """What is left to wait; a socket takes 0 for 'do not wait', so that is told here."""
    left = CLOCK.get().left()
    if left is not None and left <= 0:
        raise over("the time is up")
    return left
