"""How much a chat template may do: it comes with a model, from strangers, and runs in our process.

A limit that is reached is an `Overrun`. Limits make the usual bombs end in a clean error; they are
no wall around a hostile template, since one slow C call can still run past the deadline.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from jinja2 import TemplateRuntimeError

__all__ = [
    "MAX_ITEMS",
    "MAX_SLOW_TEXT",
    "MAX_SOURCE",
    "MAX_TEXT",
    "MAX_TOKENS",
    "SMALL",
    "Overrun",
    "Run",
    "check_call",
    "check_format",
    "check_method",
    "check_operator",
    "check_percent",
    "comparable",
    "current",
    "cut",
    "measure",
    "running",
    "tick",
    "weigh",
]

MAX_SOURCE = 128 * 1024  # characters; the largest template of a real model has 17,000
MAX_TOKENS = 10_000  # of the template's own language: they take the time to compile; the largest real one has 2,400
MAX_TEXT = 8_000_000  # characters in one string: some two million tokens
MAX_SLOW_TEXT = 100_000  # characters for the few filters that take a second for a million
MAX_WRITTEN = 512_000_000  # characters in all strings that one render puts together
MAX_ITEMS = 500_000
MAX_BITS = 4_096  # of a whole number
MAX_SECONDS = 0.8  # of this thread's own CPU time, so that a busy machine changes nothing
MAX_GROWTH = 128 * 2**20  # bytes that this process may grow by while a render makes much text
SMALL = (
    4_096  # characters of a text that is not worth counting: the clock bounds how many there are
)
_TICKS_A_LOOK = 64
_LOOK_AT_MEMORY = 4_000_000  # characters made between two looks
_CHEAP_SECONDS = (
    0.25  # of wall time, in which the CPU clock, which is slower to read, is left alone
)
_BYTES_AN_ITEM = 32


class Overrun(TemplateRuntimeError):
    """The template took more time or memory than it may."""


class Run:
    """One render, or one compilation: what it has used up, and whether it follows who wrote what."""

    __slots__ = ("_base", "_start", "_ticks", "_unseen", "_until", "_written", "tracing")

    def __init__(self, *, tracing: bool = False) -> None:
        self.tracing = tracing
        self._ticks = _TICKS_A_LOOK
        self._start = time.monotonic()
        self._until: float | None = None
        self._written = 0
        self._unseen = 0
        self._base: int | None = None

    def tick(self, steps: int = 1) -> None:
        """Take some steps; the clock is read now and then."""
        self._ticks -= steps
        if self._ticks <= 0:
            self._ticks = _TICKS_A_LOOK
            self._look()

    def write(self, characters: int) -> None:
        """Put together a string of that length."""
        self._written += characters
        if characters > MAX_TEXT or self._written > MAX_WRITTEN:
            raise Overrun("the chat template makes too much text")
        self._made(characters)

    def hold(self, items: int) -> None:
        """Put together a list of that length."""
        if items > MAX_ITEMS:
            raise Overrun(f"the chat template makes a list of more than {MAX_ITEMS} items")
        self._made(items * _BYTES_AN_ITEM)

    def _made(self, size: int) -> None:
        self._unseen += size
        if self._unseen > _LOOK_AT_MEMORY:
            self._unseen = 0
            self._look()
            self._weigh()

    @property
    def written(self) -> int:
        """The characters so far."""
        return self._written

    def _look(self) -> None:
        """Is it over time? CPU time is less than wall time, so that is read only where it may be much."""
        allowed = min(_CHEAP_SECONDS, MAX_SECONDS)
        if self._until is None:
            if time.monotonic() - self._start < allowed:
                return
            self._until = time.thread_time() + MAX_SECONDS - allowed
        if time.thread_time() > self._until:
            raise Overrun(f"the chat template took more than {MAX_SECONDS:g} seconds")

    def _weigh(self) -> None:
        """Does it keep what it makes? Texts that are let go of again cost nothing."""
        now = _memory()
        if self._base is None:
            self._base = now
        if now - self._base > MAX_GROWTH:
            raise Overrun("the chat template takes too much memory")


_RUN: ContextVar[Run] = ContextVar("chat_template_run")


def current() -> Run:
    """The run that this code is part of."""
    return _RUN.get()


def tick() -> None:
    """Take a step of the current run."""
    _RUN.get().tick()


@contextmanager
def running(run: Run) -> Generator[Run]:
    """Make `run` the current one."""
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


def _memory() -> int:
    """Bytes that this process holds of its own; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as told:
            _, resident, shared, *_ = told.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


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
    if isinstance(left, bytes | bytearray) or isinstance(right, bytes | bytearray):
        raise Overrun("the chat template works on bytes")
    if operator == "%":
        if isinstance(left, str):
            check_percent(left, right)
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
    elif name in {"casefold", "lower", "upper", "swapcase", "title", "capitalize"}:
        write(2 * len(text))  # a few letters become three
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


def check_call(owner: Any, name: str, args: Sequence[Any]) -> None:
    """Refuse `owner.name(*args)` of something that is no text, where it takes ages or makes something huge."""
    bytes_of_it = isinstance(owner, bytes | bytearray) and name not in {"decode", "hex"}
    if bytes_of_it or (name == "to_bytes" and any(map(_huge, args))):
        raise Overrun("the chat template works on bytes")
    for value in (owner, *args):
        comparable(value)


def check_format(template: str, values: Sequence[Any]) -> None:
    """Refuse `template.format(*values)` where it makes huge text."""
    nested = re.search(r"\{[^{}]*\{", template)
    if _wide(template) or (nested and any(map(_huge, values))):
        raise Overrun("the chat template asks for too wide a format")
    _measure_times(template.count("{"), template, *values)


def comparable(value: Any) -> Any:
    """The value, where it is not too large to compare."""
    if isinstance(value, list | tuple | dict):
        measure(cast("object", value))
    return cast("Any", value)


def cut(value: Any, start: Any, stop: Any, step: Any) -> Any:
    """`value[start:stop:step]`"""
    result = value[start:stop:step]
    weigh(result)
    return result


def weigh(result: Any) -> None:
    """Count a text or a list that was made."""
    if isinstance(result, str):
        if len(result) > SMALL:
            current().write(len(result))
    elif isinstance(result, list | tuple | dict) and len(cast("Sequence[Any]", result)) > 16:
        current().hold(len(cast("Sequence[Any]", result)))


def _wide(template: str) -> bool:
    """Are there widths in it that make huge text?"""
    return sum(int(number[:9]) for number in re.findall(r"\d{3,}", template)) > 100_000


def _measure_times(times: int, *values: Any) -> None:
    """Count what is printed if each of these stands there so often."""
    before = current().written
    measure(*values)
    current().write((current().written - before) * max(times - 1, 0))


def _make(kind: Any, length: int) -> None:
    run = current()
    run.write(length) if isinstance(kind, str) else run.hold(length)


def _huge(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > 100_000


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise Overrun("the chat template computes too large a number")


def check_percent(template: str, values: Any) -> None:
    if _wide(template):
        raise Overrun("the chat template asks for too wide a format")
    given = cast("tuple[Any, ...]", values) if isinstance(values, tuple) else (values,)
    if "*" in template and any(map(_huge, given)):
        raise Overrun("the chat template asks for too wide a format")
    _measure_times(template.count("%"), template, given)
