"""What a journal holds, as data: a `Row` of a run, and what a list of runs tells of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...errors import JournalError

__all__ = ["Row", "RunInfo", "from_text", "plain", "to_text"]


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happened in a run: `input`, `reply`, `intent`, `observation`, `resumed` or `end`.

    `at` is when, in seconds since 1970.
    """

    kind: str
    data: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run at a glance. `stop_reason` is empty while it has no end, `after` is the run that it follows, if any."""

    run_id: str
    question: str
    model: str
    began: float
    changed: float
    rows: int
    stop_reason: str
    answer: str
    after: str


def to_text(kind: str, data: Mapping[str, Any]) -> str:
    """The data of a row as JSON."""
    return _json(f"a row of kind '{kind}'", data)


def from_text(kind: str, text: object) -> dict[str, Any]:
    """What `to_text` wrote; `ValueError` where it is something else."""
    data: object = json.loads(text) if isinstance(text, str) else None
    if not isinstance(data, dict):
        raise ValueError(f"a row of kind {kind!r} holds no object")
    return cast("dict[str, Any]", data)


def plain(value: object) -> str:
    """A value of a row as text for a list of runs; nothing is an empty text."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _json("a value", value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _json(what: str, value: object) -> str:
    try:
        text = _COMPACT(value)
        if not text.isascii():
            text.encode()
        return text
    except UnicodeEncodeError:
        # Half a character, which UTF-8 cannot hold and an escape can.
        return _ESCAPED(value)
    except (TypeError, ValueError, RecursionError) as err:
        raise JournalError(
            f"{what} is not JSON: {err}", "a journal keeps texts, numbers, lists and objects"
        ) from err


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"an object of type {type(value).__name__}")


# What is no number (NaN) passes, as it does when the reply of a model is read: a row must come back as it went in.
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_object).encode
_ESCAPED = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=_object).encode
