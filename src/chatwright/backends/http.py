"""The wire: pooled connections to one server, for threads and for event loops, and its failures in our words.

The only file that imports httpx2 (`sockets` beside it knows its engine); it is loaded with the first request. Of httpx2 it takes the engine underneath
(httpcore2), because only there can a wait end at a moment instead of beginning anew with every byte that drips in.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import weakref
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2 as core
import httpx2

from chatwright.errors import UsageError

from .failures import failure
from .retry import Clock
from .sockets import CLOCK, AsyncNetwork, Network
from .tokens import Origin

__all__ = ["AsyncReply", "Reply", "Security", "Wire"]

Headers = Sequence[tuple[bytes, bytes]]

_POOL: dict[str, Any] = {
    "max_connections": 1000,  # of one client at once; more requests than that wait their turn
    "max_keepalive_connections": 100,
    "keepalive_expiry": 30.0,
}
_FAILURES = (
    core.TimeoutException,
    core.NetworkError,
    core.ProtocolError,
    core.ProxyError,
    core.UnsupportedProtocol,
    OSError,
)
# Pools of a process that was forked: neither used nor taken apart, for the sockets are the parent's too.
_left_behind: list[object] = []


@dataclass(frozen=True, slots=True, repr=False)
class Security:
    """How the server is known, how we are known to it, and the proxy between us.

    `verify`: true, false, a file or folder of certificates, or an `ssl.SSLContext`; `cert`: a file, or a file and
    its key; `proxy`: a URL, None for what the environment says, an empty string for none.
    """

    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True
    cert: str | os.PathLike[str] | tuple[str, str] | None = None
    proxy: str | None = None

    def context(self) -> ssl.SSLContext:
        """The TLS settings; a file that cannot be read is told by name."""
        try:
            context = self._trust()
            if self.cert is not None:
                file, key = self.cert if isinstance(self.cert, tuple) else (self.cert, None)
                context.load_cert_chain(file, key)
        except (OSError, ValueError) as err:  # ssl.SSLError is an OSError
            why = f"{type(err).__name__}: {err}"
        else:
            return context
        raise UsageError(f"the certificates cannot be used: {why}", "look at verify= and cert=")

    def _trust(self) -> ssl.SSLContext:
        if isinstance(self.verify, ssl.SSLContext):
            return self.verify
        if isinstance(self.verify, bool):
            return httpx2.create_ssl_context(verify=self.verify)
        place = Path(self.verify).expanduser()
        folder = place.is_dir()
        return ssl.create_default_context(
            cafile=None if folder else str(place), capath=str(place) if folder else None
        )

    def between(self, origin: Origin) -> core.Proxy | None:
        """The proxy for this server."""
        url = self.proxy
        if url is None and not proxy_bypass(f"{origin.host}:{origin.port}"):
            known = getproxies()
            url = known.get(origin.scheme) or known.get("all")
        return _proxy(url) if url else None


def _proxy(url: str) -> core.Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
        raise UsageError("this is no URL of a proxy", "http://host:port, or socks5://host:port")
    host = parts.netloc.rpartition("@")[2]
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    plain = urlunsplit((parts.scheme, host, "/", "", ""))
    as_bytes = (auth[0].encode(), auth[1].encode()) if auth else None
    return core.Proxy(plain, auth=as_bytes)


class Wire:
    """Connections to one server: one pool for all threads, and one for each event loop."""

    def __init__(self, origin: Origin, security: Security) -> None:
        self._origin, self._security = origin, security
        self._settings: dict[str, Any] | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._pool: core.ConnectionPool | None = None
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopPool] = (
            weakref.WeakKeyDictionary()
        )

    def open(
        self, method: str, target: str, headers: Headers, body: bytes | None, clock: Clock
    ) -> Reply:
        """Send a request, wait for the head of its reply."""
        pool = self._thread_pool()
        request = self._request(method, target, headers, body, clock)
        CLOCK.set(clock)
        while True:
            clock.fresh = False
            try:
                return Reply(pool.handle_request(request), clock, self._origin)
            except _FAILURES as err:
                broken = failure(err, self._origin)
            if clock.fresh or broken.error_type != "disconnected":
                break  # else a kept connection was closed just now, which says nothing of the server
        raise broken  # here, so that it drags no request with its headers along

    async def aopen(
        self, method: str, target: str, headers: Headers, body: bytes | None, clock: Clock
    ) -> AsyncReply:
        """The same for an event loop."""
        pool = await self._loop_pool()
        request = self._request(method, target, headers, body, clock)
        CLOCK.set(clock)
        while True:
            clock.fresh = False
            try:
                return AsyncReply(await pool.handle_async_request(request), clock, self._origin)
            except _FAILURES as err:
                broken = failure(err, self._origin)
            if clock.fresh or broken.error_type != "disconnected":
                break  # else a kept connection was closed just now, which says nothing of the server
        raise broken

    def close(self) -> None:
        """Close the connections of the threads; those of an event loop close with it, or by `aclose`."""
        pool, self._pool = self._pool, None
        if pool is not None and self._pid == os.getpid():
            pool.close()

    async def aclose(self) -> None:
        """Close the connections of this event loop, and those of the threads."""
        entry = self._loops.pop(asyncio.get_running_loop(), None)
        if entry is not None:
            await entry.guard.aclose()
        self.close()

    def _request(
        self, method: str, target: str, headers: Headers, body: bytes | None, clock: Clock
    ) -> core.Request:
        origin = self._origin
        url = core.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)
        waiting = {"timeout": {"pool": clock.left()}}
        return core.Request(method, url, headers=headers, content=body, extensions=waiting)

    def _thread_pool(self) -> core.ConnectionPool:
        with self._lock:
            self._check_process()
            if self._pool is None:
                self._pool = core.ConnectionPool(network_backend=Network(), **self._common())
                weakref.finalize(self, self._pool.close)
            return self._pool

    async def _loop_pool(self) -> core.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        with self._lock:
            self._check_process()
            if entry := self._loops.get(loop):
                return entry.pool
            for ended in [other for other in self._loops if other.is_closed()]:
                del self._loops[ended]
            pool = core.AsyncConnectionPool(network_backend=AsyncNetwork(), **self._common())
            entry = _LoopPool(
                pool, _close_with_loop(pool, weakref.ref(self._loops), self._lock, loop)
            )
            self._loops[loop] = entry
        await anext(entry.guard)
        return pool

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            _left_behind.extend((self._pool, self._loops))
            self._pool, self._loops = None, weakref.WeakKeyDictionary()
            self._pid = os.getpid()

    def _common(self) -> dict[str, Any]:
        if self._settings is None:
            proxy = self._security.between(self._origin)
            secure = proxy is not None and proxy.url.scheme == b"https"
            context = self._security.context() if self._origin.scheme == "https" or secure else None
            if proxy is not None and secure:
                proxy.ssl_context = context
            self._settings = {"proxy": proxy, "ssl_context": context, **_POOL}
        return self._settings


@dataclass(slots=True)
class _LoopPool:
    pool: core.AsyncConnectionPool
    guard: AsyncGenerator[None, None]


async def _close_with_loop(
    pool: core.AsyncConnectionPool,
    loops: weakref.ref[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopPool]],
    lock: threading.Lock,
    loop: asyncio.AbstractEventLoop,
) -> AsyncGenerator[None, None]:
    """Waits for the end: asyncio closes every generator that has begun before its loop ends, and one that is lost."""
    try:
        yield
    finally:
        with lock:
            if (known := loops()) is not None:
                known.pop(loop, None)
        await pool.aclose()


class Reply:
    """The head of a reply; iterating gives its body as it comes."""

    def __init__(self, raw: core.Response, clock: Clock, origin: Origin) -> None:
        self.status = raw.status
        self.headers = _headers(raw.headers)
        self._raw, self._clock, self._origin = raw, clock, origin
        self._chunks = iter(cast("Generator[bytes, None, None]", raw.stream))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        CLOCK.set(self._clock)
        try:
            return next(self._chunks)
        except _FAILURES as err:
            broken = failure(err, self._origin)
        raise broken

    def close(self) -> None:
        """Done with it. A connection whose reply was not read to its end is closed at once."""
        self._raw.close()


class AsyncReply:
    """The same for an event loop."""

    def __init__(self, raw: core.Response, clock: Clock, origin: Origin) -> None:
        self.status = raw.status
        self.headers = _headers(raw.headers)
        self._raw, self._clock, self._origin = raw, clock, origin
        self._chunks = aiter(cast("AsyncGenerator[bytes, None]", raw.stream))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        CLOCK.set(self._clock)
        try:
            return await anext(self._chunks)
        except _FAILURES as err:
            broken = failure(err, self._origin)
        raise broken

    async def aclose(self) -> None:
        await self._raw.aclose()
        await cast("AsyncGenerator[bytes, None]", self._chunks).aclose()


def _headers(raw: Headers) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
