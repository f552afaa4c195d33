"""How much a chat template may do: it comes with a model, from strangers, and runs in our process.

A limit that is reached is an `Overrun`. Limits make the usual bombs end in a clean error; they are
no wall around a hostile template, since one slow C call can still run past the deadline.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from jinja2 import TemplateRuntimeError

__all__ = [
    "MAX_SOURCE",
    "Overrun",
    "Run",
    "check_filter",
    "check_format",
    "check_method",
    "check_operator",
    "current",
    "measure",
    "running",
]

MAX_SOURCE = 128 * 1024  # characters; the largest template of a real model has 17,000
MAX_TEXT = 16_000_000  # characters in one string: some four million tokens
MAX_SLOW_TEXT = 100_000  # characters for the few filters that take a second for a million
MAX_WRITTEN = 256_000_000  # characters in all strings that one render puts together
MAX_ITEMS = 1_000_000
MAX_BITS = 4_096  # of a whole number
MAX_SECONDS = 2.0  # of this thread's own CPU time, so that a busy machine changes nothing
_TICKS_A_LOOK = 64


class Overrun(TemplateRuntimeError):
    """The template took more time or memory than it may."""


class Run:
    """One render, or one compilation: what it has used up, and whether it follows who wrote what."""

    __slots__ = ("_ticks", "_until", "_written", "tracing")

    def __init__(self, *, tracing: bool = False) -> None:
        self.tracing = tracing
        self._ticks = _TICKS_A_LOOK
        self._until = time.thread_time() + MAX_SECONDS
        self._written = 0

    def tick(self, steps: int = 1) -> None:
        """Take some steps; the clock is read now and then."""
        self._ticks -= steps
        if self._ticks > 0:
            return
        self._ticks = _TICKS_A_LOOK
        if time.thread_time() > self._until:
            raise Overrun(f"the chat template took more than {MAX_SECONDS:g} seconds")

    def write(self, characters: int) -> None:
        """Put together a string of that length."""
        self._written += characters
        if characters > MAX_TEXT or self._written > MAX_WRITTEN:
            raise Overrun("the chat template makes too much text")

    def hold(self, items: int) -> None:
        """Put together a list of that length."""
        if items > MAX_ITEMS:
            raise Overrun(f"the chat template makes a list of more than {MAX_ITEMS} items")
        self.write(items)


_RUN: ContextVar[Run] = ContextVar("chat_template_run")


def current() -> Run:
    """The run that this code is part of."""
    return _RUN.get()


@contextmanager
def running(run: Run) -> Generator[Run]:
    """Make `run` the current one."""
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


def measure(*values: Any) -> None:
    """Count what is in there before it is printed: shared lists may stand for more than there is memory."""
    run = current()
    todo = list(values)
    items = 0
    while todo:
        value = todo.pop()
        run.tick()
        if isinstance(value, str):
            run.write(len(value))
        elif isinstance(value, Mapping):
            known = cast("Mapping[Any, Any]", value)
            todo.extend(known.keys())
            todo.extend(known.values())
        elif isinstance(value, list | tuple):
            todo.extend(cast("Sequence[Any]", value))
        items += 1
        if items + len(todo) > MAX_ITEMS:
            raise Overrun("the chat template prints too large a value")


def check_operator(operator: str, left: Any, right: Any) -> None:
    """Refuse `left operator right` where the result would be huge."""
    if operator == "%":
        if isinstance(left, str):
            _check_percent(left, right)
    elif operator == "**":
        if isinstance(left, int) and isinstance(right, int) and right > 0:
            _check_bits(left.bit_length() * right)
    elif isinstance(left, int) and isinstance(right, int):
        _check_bits(max(left.bit_length(), right.bit_length()) + right.bit_length())
    elif operator == "+":
        if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
            _make(left, len(cast("Sequence[Any]", left)) + len(cast("Sequence[Any]", right)))
    else:
        many, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(many, str | list | tuple) and isinstance(times, int):
            _make(many, len(cast("Sequence[Any]", many)) * max(times, 0))


def check_method(text: str, name: str, args: Sequence[Any]) -> None:
    """Refuse `text.name(*args)` where the result would be huge."""
    write = current().write
    write(len(text))
    first = args[0] if args else None
    if name in {"center", "ljust", "rjust", "zfill"}:
        write(first if isinstance(first, int) and first > 0 else 0)
    elif name == "expandtabs":
        write(text.count("\t") * (first if isinstance(first, int) and first > 0 else 8))
    elif name == "replace" and len(args) > 1:
        if isinstance(first, str) and isinstance(args[1], str):
            write(text.count(first) * len(args[1]))
    elif name == "join" and isinstance(first, str | list | tuple):
        parts = cast("Sequence[Any]", first)
        sizes = (len(part) + len(text) for part in parts if isinstance(part, str))
        write(sum(sizes))
    elif name == "translate" and isinstance(first, Mapping):
        table = cast("Mapping[Any, Any]", first)
        longest = max((len(new) for new in table.values() if isinstance(new, str)), default=1)
        write(len(text) * longest)


def check_format(template: str, values: Sequence[Any]) -> None:
    """Refuse `template.format(*values)` with a width that makes huge text."""
    nested = re.search(r"\{[^{}]*\{", template)
    if re.search(r"\d{6}", template) or (nested and any(map(_huge, values))):
        raise Overrun("the chat template asks for too wide a format")
    measure(template, *values)


def check_filter(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Refuse a filter whose result would be huge."""
    current().tick()
    if rule := _FILTERS.get(name):
        rule(*args, **kwargs)


def _make(kind: Any, length: int) -> None:
    run = current()
    run.write(length) if isinstance(kind, str) else run.hold(length)


def _huge(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > 100_000


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise Overrun("the chat template computes too large a number")


def _check_percent(template: str, values: Any) -> None:
    if re.search(r"%[^a-zA-Z%]*\d{6}", template):
        raise Overrun("the chat template asks for too wide a format")
    given = cast("tuple[Any, ...]", values) if isinstance(values, tuple) else (values,)
    if "*" in template and any(map(_huge, given)):
        raise Overrun("the chat template asks for too wide a format")
    measure(template, given)


def _width(value: Any, width: Any = 80, *_: Any, **__: Any) -> None:
    measure(value)
    if isinstance(width, int):
        current().write(max(width, 0))


def _indent(value: Any, width: Any = 4, *_: Any, **__: Any) -> None:
    measure(value)
    lines = len(value.splitlines()) if isinstance(value, str) else 1
    current().write((width if isinstance(width, int) else len(width)) * (lines + 1))


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
    _check_percent(str(value), tuple(kwargs.values()) or args)


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
    "center": _width,
    "format": _percent,
    "indent": _indent,
    "pprint": measure,
    "replace": _replace,
    "slice": _parts,
    "striptags": _slow,
    "tojson": _json,
    "truncate": measure,
    "urlize": _slow,
    "wordwrap": _wordwrap,
}
