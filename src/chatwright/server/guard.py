"""The door: which host was asked for, who asks, and one line in the log for each request."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import secrets
import time
from collections.abc import Callable, Collection
from typing import Any

from ..errors import ChatwrightError
from .answer import Gone, Json, Message, Receive, Send
from .log import Record, log, report
from .metrics import Metrics
from .refusal import Refusal, flat, nested, refusal_of

__all__ = ["Guard", "hosts_for", "is_loopback", "refused"]

OPEN = frozenset({"/health", "/ping", "/info", "/metrics", "/v1/models"})
"""The routes that need no key, as on TGI; all they tell is what is served and how it is."""

_QUIET = frozenset({"/health", "/ping", "/metrics"})


class Guard:
    """Stands before the application. `hosts` is None where any name may be asked for."""

    def __init__(
        self,
        app: Callable[[Any, Receive, Send], Any],
        metrics: Metrics,
        *,
        hosts: Collection[str] | None,
        api_key: str | None,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._hosts = hosts
        self._key = api_key.encode() if api_key else None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        start, record, status = time.perf_counter(), Record(), 0
        scope["chatwright"] = record
        mark = _request_id(scope)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", mark)]
            await send(message)

        try:
            await self._answer(scope, receive, noted)
        except Gone:
            record.failure = "client_gone"
            scope.get("state", {}).get("abort", lambda: None)()
            await asyncio.sleep(0)  # until the connection knows that it is lost
        except Exception as err:  # the caller reads a status, the log where it was
            report(err)
            if status:
                raise
            await refused(scope, _defect(err))(scope, receive, noted)
        finally:
            self._note(scope, record, status or 499, time.perf_counter() - start, mark)

    async def _answer(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            self._check_host(scope)
            self._check_key(scope)
        except Refusal as refusal:
            await refused(scope, refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_host(self, scope: Any) -> None:
        host = _header(scope, b"host")
        if self._hosts is None or host is None:
            return
        name = _host_name(host.decode("latin-1"))
        if name not in self._hosts and not _is_loopback_address(name):
            raise Refusal(
                403,
                "this server does not answer to that Host (start it with --allowed-host NAME)",
                "forbidden",
                code="host_not_allowed",
            )

    def _check_key(self, scope: Any) -> None:
        if self._key is None or scope["path"] in OPEN:
            return
        if scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            return
        kind, _, key = (_header(scope, b"authorization") or b"").partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(key.strip(), self._key):
            raise Refusal(
                401,
                "the API key is missing or wrong: send Authorization: Bearer KEY",
                "unauthorized",
                code="invalid_api_key",
                headers={"www-authenticate": "Bearer"},
            )

    def _note(self, scope: Any, record: Record, status: int, seconds: float, mark: bytes) -> None:
        self._metrics.responses[record.route, status] += 1
        level = logging.DEBUG if record.route in _QUIET and status < 400 else logging.INFO
        if not log.isEnabledFor(level):
            return
        client = (scope.get("client") or ("-",))[0]
        method = scope["method"] if scope["method"].isalpha() else "-"
        shown = (client, method[:10], record.route, status, seconds * 1000, mark.decode())
        log.log(level, "%s %s %s %d %.1f ms id=%s %s", *shown, record.told())


def hosts_for(bound: str, allowed: Collection[str]) -> frozenset[str] | None:
    """The names that a request may ask for: those of the loopback where that is where we listen, else any.

    A web page can give its own name the address of this machine; its requests then carry that name.
    """
    if not is_loopback(bound) and not allowed:
        return None
    names = {bound.lower(), "localhost", *(_host_name(name) for name in allowed)}
    return frozenset(names)


def is_loopback(host: str) -> bool:
    """Does this name or address lead to this machine alone?"""
    return host.lower() == "localhost" or _is_loopback_address(host)


def refused(scope: Any, refusal: Refusal) -> Json:
    """The reply that tells a refusal, in the shape of its route."""
    shape = nested if scope["path"].startswith("/v1/") else flat
    record = scope.get("chatwright")
    if isinstance(record, Record):
        record.failure = refusal.kind
    return Json(shape(refusal), refusal.status, refusal.headers)


def _defect(err: Exception) -> Refusal:
    if isinstance(err, ChatwrightError):
        return refusal_of(err)
    return Refusal(500, "this is a defect of chatwright; its log says where", "internal")


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().removesuffix(".")


def _is_loopback_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _header(scope: Any, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


def _request_id(scope: Any) -> bytes:
    given = _header(scope, b"x-request-id") or b""
    fits = 0 < len(given) <= 64 and given.replace(b"-", b"").replace(b"_", b"").isalnum()
    return given if fits else secrets.token_hex(8).encode()
