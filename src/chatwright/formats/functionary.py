"""Functionary: `<function=name>{…}</function>` in 3.1, and in 3.2 `>>>name` and the object on the next line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..grammar import Rules, literal
from ..request import ToolSchema
from ._grammar import without
from ._named_json import NamedJson
from ._native import Native, Written, read_by
from ._native_parser import NativeEvent, NativeParser

__all__ = ["RECIPIENTS", "TAGGED"]

_NAME = r"(?P<name>[\w.-]{1,100})"
_ALL = "all\n"

TAGGED = Native(
    "functionary",
    NamedJson(
        opens=("<function=",),
        head=re.compile(rf"<function={_NAME}>\s*"),
        closes=("</function>",),
        before=literal("<function="),
        between=literal(">"),
        behind=literal("</function>"),
        sample='<function=tool_name>{"argument": value}</function>',
    ),
)


@dataclass(frozen=True)
class _Addressed(NamedJson):
    """The prompt ends with `>>>`, so a reply begins with who it is for: a tool, or `all`."""

    def said(self, rules: Rules) -> str:
        """Text for the user."""
        return f"{literal(_ALL)} {without(rules, '>>>')}"


@dataclass
class _Reader:
    """Leaves the address of the user away, and reads on as usual."""

    parser: NativeParser
    _head: str | None = field(default="", init=False)

    @property
    def done(self) -> bool:
        """Whether nothing that follows can matter."""
        return self.parser.done

    def feed(self, text: str) -> list[NativeEvent]:
        """The events that this piece of the reply makes certain."""
        if self._head is not None:
            self._head += text
            if _ALL.startswith(self._head) and self._head != _ALL:
                return []
            text, self._head = self._head.removeprefix(_ALL), None
        return self.parser.feed(text)

    def end(self, reason: str = "stop") -> list[NativeEvent]:
        """The events that waited for the end of the reply."""
        left = self.parser.feed(self._head) if self._head else []
        return [*left, *self.parser.end(reason)]


@dataclass(frozen=True)
class _Recipients(Native):
    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> _Reader:
        """A reader for one reply."""
        return _Reader(NativeParser(self.syntax, tools, thinking=thinking, new_id=self.new_id))

    def wrote(self, written: Written) -> bool:
        """Whether this is how a template writes calls."""
        mark = f">>>{written.name}\n"
        turn = written.turn
        return mark in turn and read_by(self, turn[turn.index(mark) :], written)


RECIPIENTS = _Recipients(
    "functionary_v3",
    _Addressed(
        opens=(">>>",),
        head=re.compile(rf">>>{_NAME}\s*\n\s*"),
        bare_head=re.compile(rf"{_NAME}\s*\n\s*(?={{)"),
        apart='">>>"',
        between=literal("\n"),
        sample='>>>tool_name\n{"argument": value}',
        marked=False,
    ),
)
