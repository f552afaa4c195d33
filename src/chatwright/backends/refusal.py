"""What a server answers instead of an answer, in our words: JSON of several kinds, plain text, HTML or nothing."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from chatwright.errors import (
    BackendError,
    ContextOverflow,
    NotServed,
    Refused,
    ServerFailed,
    Unauthorized,
    Unavailable,
)

from .retry import retry_after

__all__ = ["refusal", "request_id", "told_in_stream"]

_LONGEST = 300
_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-amzn-trace-id", "cf-ray")
_STATUS_OF = {  # what a stream says in words after its status 200 is sent
    "overloaded": 429, "rate_limit_error": 429, "validation": 422, "template_error": 422, "tool_error": 422,
    "generation": 424, "healthcheck": 503, "unavailable_error": 503, "authentication_error": 401,
    "exceed_context_size_error": 400,
}  # fmt: skip
_TOO_LONG = re.compile(
    r"context (length|size|window)|maximum context|exceed_context|must have less than \d+ tokens"
    r"|`max_new_tokens` must be <=|longer than the model|too many (input )?tokens|prompt is too long",
    re.IGNORECASE,
)
_HINTS = {
    401: "the server wants a token: give token=..., or set HF_TOKEN for one of the Hub's hosts",
    403: "the token may not do this: look at its permissions, at the model's terms and at the account",
    404: "look at the address and at the model's name",
    405: "look at the address: this one takes no such request",
    413: "shorten the prompt",
    424: "try again; if it stays, the server's log says more",
    429: "try again later, or ask for less at once",
    500: "try again; if it stays, the server's log says more",
    502: "the gateway does not reach the model: try again later",
    503: "the model may still be loading: try again later",
    504: "the gateway waited too long for the model: ask for fewer tokens, or try again later",
}


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> BackendError:
    """The error that a reply with this status stands for."""
    message, kind = _told(body, headers.get("content-type", ""))
    error = _error(status, message, kind, request_id(headers))
    error.retry_after = retry_after(headers)
    return error


def told_in_stream(data: object, *, headers: Mapping[str, str]) -> BackendError:
    """The error that came as an event of a stream whose status was 200."""
    message, kind, status = _from_json(data)
    if status is None or (status == 422 and "overloaded" in message.lower()):
        status = 429 if "overloaded" in message.lower() else _STATUS_OF.get(kind, 500)
    return _error(status, message, kind, request_id(headers))


def request_id(headers: Mapping[str, str]) -> str:
    """The id by which the server's people find this request."""
    return next((_short(headers[name], 100) for name in _IDS if headers.get(name)), "")


def _error(status: int, message: str, kind: str, id: str) -> BackendError:
    said = f": {message}" if message else " and says no more"
    found = _class(status, message, kind)
    hint = _HINTS.get(status, "" if status < 500 else _HINTS[500])
    if found is ContextOverflow:
        hint = "shorten the prompt, or ask for fewer tokens"
    elif found is Refused and not hint:
        hint = "change what is asked for"
    return found(
        f"the server answers {status}{said}", hint, status=status, error_type=kind, request_id=id
    )


def _class(status: int, message: str, kind: str) -> type[BackendError]:
    if 400 <= status < 500 and (_TOO_LONG.search(message) or kind == "exceed_context_size_error"):
        return ContextOverflow
    match status:
        case 401 | 403:
            return Unauthorized
        case 404 | 405 | 410:
            return NotServed
        case 429 | 502 | 503 | 504:
            return Unavailable
        case 424:
            return ServerFailed
        case _:
            return ServerFailed if status >= 500 else Refused


def _told(body: bytes, kind: str) -> tuple[str, str]:
    """The message and the type of the error that stand in a body."""
    text = body.decode("utf-8", "replace").replace("\0", "").strip()
    if text[:1] in ("{", "[", '"'):
        try:
            message, error_type, _ = _from_json(json.loads(text))
            return message, error_type
        except (ValueError, RecursionError):
            pass
    if "html" in kind.lower() or re.match(r"(?i)<!doctype|<html|<\?xml", text):
        return _short(_from_html(text)), ""
    return _short(text), ""


def _from_json(data: object) -> tuple[str, str, int | None]:
    """Message, type and status out of the shapes that servers use; `error` may be a text, an object or a list."""
    if isinstance(data, str):
        return _short(data), "", None
    if isinstance(data, Sequence):
        parts = [_from_json(part)[0] for part in cast("Sequence[object]", data)[:3]]
        return _short("; ".join(filter(None, parts))), "", None
    if not isinstance(data, Mapping):
        return _short(json.dumps(data)), "", None
    told = cast("Mapping[str, Any]", data)
    kind = _word(told.get("error_type")) or _word(told.get("type")) or _word(told.get("code"))
    status = next(
        (s for k in ("http_status_code", "code", "status") if (s := _status(told.get(k)))), None
    )
    for key in ("error", "message", "msg", "detail", "error_message"):
        if inner := told.get(key):
            message, inner_kind, inner_status = _from_json(inner)
            return message, inner_kind or kind, inner_status or status
    return "" if kind else _short(json.dumps(told)), kind, status


def _word(value: object) -> str:
    return _short(value, 100) if isinstance(value, str) else ""


def _status(value: object) -> int | None:
    return value if isinstance(value, int) and 400 <= value < 600 else None


def _from_html(text: str) -> str:
    """What a page says in its title or heading: a gateway's page has little else."""
    found = re.findall(r"(?is)<(?:title|h1)[^>]{0,200}>(.{0,200}?)</", text[:20_000])
    words = dict.fromkeys(" ".join(re.sub(r"<[^>]{0,200}>", " ", part).split()) for part in found)
    return html.unescape(", ".join(filter(None, words))) or "a web page"


def _short(text: str, longest: int = _LONGEST) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: longest * 4]).split())
    return text if len(text) <= longest else text[: longest - 3] + "..."
