"""A request's body off the wire: all of it, not too much of it, and in time."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request

from .answer import Gone
from .body import check_headers, json_object
from .limits import Limits
from .log import Record
from .refusal import Refusal

__all__ = ["read_json", "record_of"]

_PATIENCE = (
    10  # times the limit that is read and thrown away, so that the client gets to see the refusal
)


def record_of(request: Request) -> Record:
    """What the log will tell of this request."""
    return request.scope["chatwright"]


async def read_json(request: Request, limits: Limits) -> dict[str, Any]:
    """The JSON object in the body of a request."""
    headers = request.headers
    check_headers(headers.get("content-type"), headers.get("content-encoding"))
    declared = headers.get("content-length", "0")
    size = int(declared) if declared.isascii() and declared.isdigit() else 0
    if size > limits.payload_limit and (
        "expect" in headers or size > limits.payload_limit * _PATIENCE
    ):
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return json_object(await _body(request, limits))
    except TimeoutError:
        raise Refusal(
            408,
            f"the request's body did not arrive within {limits.body_seconds:g} seconds",
            headers=_CLOSE,
        ) from None
    except ClientDisconnect:
        raise Gone from None


_CLOSE = {"connection": "close"}


async def _body(request: Request, limits: Limits) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limits.payload_limit:
            parts.append(part)
        else:
            parts.clear()
        if size > limits.payload_limit * _PATIENCE:
            break
    if size > limits.payload_limit:
        raise _too_large(limits)
    return b"".join(parts)


def _too_large(limits: Limits) -> Refusal:
    told = f"the request's body is larger than {limits.payload_limit} bytes"
    return Refusal(413, told, headers=_CLOSE)
