"""The bytes of a request as a JSON object: strictly, so that everything behind it meets plain values only."""

from __future__ import annotations

import json
import math
import re
from typing import Any, cast

from .refusal import Refusal

__all__ = ["check_headers", "json_object"]

_DEEPEST = 128
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_UTF8 = ("utf-8", "utf8", "us-ascii")


def check_headers(content_type: str | None, encoding: str | None) -> None:
    """Refuse a body that does not say it is JSON, or that is packed."""
    if encoding and encoding.strip().lower() != "identity":
        raise Refusal(415, f"Content-Encoding '{encoding[:40]}' is not supported: send it unpacked")
    kind, _, rest = (content_type or "").partition(";")
    if not _JSON_TYPE.fullmatch(kind.strip()):
        raise Refusal(415, "Expected request with `Content-Type: application/json`")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", rest, re.IGNORECASE)
    if charset and charset[1].lower() not in _UTF8:
        raise Refusal(415, f"JSON is UTF-8, not {charset[1][:40]}")


def json_object(raw: bytes) -> dict[str, Any]:
    """The object that a body holds. Anything that two readers could read differently is refused."""
    if not raw.strip():
        raise _syntax("EOF while parsing a value: the body is empty")
    try:
        value: Any = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as err:
        raise _syntax(f"invalid UTF-8 at byte {err.start}") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as err:
        raise _syntax(f"{err.msg} at line {err.lineno} column {err.colno}") from None
    except ValueError:  # a number of more digits than Python reads
        raise _syntax("number out of range") from None
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _depth(value) > _DEEPEST:
        raise _too_deep()
    if _HALF_CHARACTER.search(raw) and not _is_text(value):
        raise _syntax("lone surrogate in a string")
    if not isinstance(value, dict):
        raise Refusal(422, _TARGET + "invalid type, expected an object")
    return cast("dict[str, Any]", value)


_TARGET = "Failed to deserialize the JSON body into the target type: "


def _syntax(reason: str) -> Refusal:
    return Refusal(400, f"Failed to parse the request body as JSON: {reason}")


def _too_deep() -> Refusal:
    return _syntax(f"recursion limit exceeded: nested more than {_DEEPEST} deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refusal(422, f"{_TARGET}duplicate field `{ascii(name)[1:-1][:60]}`")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise _syntax(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _syntax("number out of range")
    return number


def _depth(value: Any) -> int:
    level, depth = _parts([value]), 0
    while level:
        depth += 1
        level = [part for whole in level for part in _parts(whole)]
    return depth


def _parts(whole: Any) -> list[Any]:
    """The objects and arrays right inside this one."""
    inside: Any = cast("dict[str, Any]", whole).values() if isinstance(whole, dict) else whole
    return [part for part in inside if isinstance(part, (dict, list))]


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
