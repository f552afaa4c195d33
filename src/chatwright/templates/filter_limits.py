"""How much each filter of a chat template may be asked to do, before it does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

from .limits import (
    MAX_SLOW_TEXT,
    Overrun,
    check_method,
    check_percent,
    comparable,
    current,
    measure,
)

__all__ = ["check_filter"]

_MAX_COMPARED = 20_000  # items of a list that is sorted by what stands in them


def check_filter(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Refuse a filter whose result would be huge."""
    current().tick()
    if rule := _FILTERS.get(name):
        rule(*args, **kwargs)


def _width(value: Any, width: Any = 80, *_: Any, **__: Any) -> None:
    measure(value)
    if isinstance(width, int):
        current().write(max(width, 0))


def _indent(value: Any, width: Any = 4, *_: Any, **__: Any) -> None:
    measure(value)
    lines = len(value.splitlines()) if isinstance(value, str) else 1
    current().write((width if isinstance(width, int) else len(width)) * (lines + 1))


def _quick(value: Any, *_: Any, **__: Any) -> None:
    measure(value)
    if isinstance(value, str) and len(value) > 4 * MAX_SLOW_TEXT:
        raise Overrun("the chat template works on too long a text")


def _compared(value: Any, *args: Any, **named: Any) -> None:
    comparable(value)
    attribute = args or any(named.get(name) is not None for name in ("attribute", "by"))
    if attribute and isinstance(value, Sized) and len(value) > _MAX_COMPARED:
        raise Overrun("the chat template sorts too long a list")


def _summed(value: Any, *args: Any, start: Any = 0, **_: Any) -> None:
    comparable(value)
    start = args[1] if len(args) > 1 else start
    # Lists are added one by one, and each time all of it is copied.
    if isinstance(start, list | tuple) and isinstance(value, Sized) and len(value) > 1_000:
        raise Overrun("the chat template adds up too many lists")


def _parts(value: Any, count: Any = 0, *_: Any, **named: Any) -> None:
    for number in (count, *named.values()):
        if isinstance(number, int):
            current().hold(number)


def _slow(value: Any, *_: Any, **__: Any) -> None:
    measure(value)
    if isinstance(value, str) and len(value) > MAX_SLOW_TEXT:
        raise Overrun("the chat template works on too long a text")


def _wordwrap(
    value: Any, width: Any = 79, break_long: Any = True, wrapstring: Any = None, *_: Any, **__: Any
) -> None:
    _slow(value)
    if isinstance(value, str) and isinstance(wrapstring, str):
        current().write((len(value) + 1) * len(wrapstring))


def _percent(value: Any, *args: Any, **kwargs: Any) -> None:
    check_percent(str(value), tuple(kwargs.values()) or args)


def _json(value: Any, ensure_ascii: Any = False, indent: Any = None, *_: Any, **__: Any) -> None:
    measure(value)
    if (isinstance(indent, int) and indent > 100) or (
        isinstance(indent, str) and len(indent) > 100
    ):
        raise Overrun("the chat template asks for too wide an indent")


def _replace(value: Any, old: Any, new: Any, *_: Any, **__: Any) -> None:
    if isinstance(value, str):
        check_method(value, "replace", (old, new))


_FILTERS: dict[str, Callable[..., None]] = {
    "batch": _parts,
    "capitalize": _quick,
    "center": _width,
    "dictsort": _compared,
    "format": _percent,
    "groupby": _compared,
    "indent": _indent,
    "max": _compared,
    "min": _compared,
    "pprint": measure,
    "replace": _replace,
    "slice": _parts,
    "sort": _compared,
    "striptags": _slow,
    "sum": _summed,
    "title": _quick,
    "tojson": _json,
    "truncate": measure,
    "unique": _compared,
    "urlencode": _quick,
    "urlize": _slow,
    "wordcount": _quick,
    "wordwrap": _wordwrap,
}
