"""Mistral: `[TOOL_CALLS] [{"name": …, "arguments": …}]`, and since 2025 `[TOOL_CALLS]name[ARGS]{…}` for each call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..grammar import Rules, literal
from ..request import ToolSchema
from ._grammar import without
from ._json_calls import JsonCalls, listed
from ._named_json import NamedJson
from ._native import Native
from ._syntax import BlockReader, Outcome
from ._thinking import THINK, Tags
from ._toolbox import Toolbox

__all__ = ["FORMAT"]

_MARK = "[TOOL_CALLS]"
_NAME = r"(?P<name>[\w.-]{1,100})"
_ID = '(", \\"id\\": \\"" [a-zA-Z0-9]{9} "\\"")?'


_OLD = JsonCalls(opens=(_MARK,), in_list=True, behind=_ID)
_NEW = NamedJson(
    opens=(_MARK,),
    head=re.compile(rf"\[TOOL_CALLS\]\s*{_NAME}(?:\[CALL_ID\](?P<id>\w{{1,40}}))?(?:\[ARGS\])?\s*"),
    bare_head=re.compile(rf"{_NAME}(?:\[ARGS\])?\s*(?={{)"),
    before=literal(_MARK),
    between='("[CALL_ID]" [a-zA-Z0-9]{9})? "[ARGS]"',
    sample='[TOOL_CALLS]tool_name[ARGS]{"argument": value}',
)


@dataclass(frozen=True)
class _Mistral:
    """Both ways: a bracket or a name behind the mark tells which."""

    tags: Tags
    opens: tuple[str, ...] = (_MARK,)
    closes: tuple[str, ...] = ()
    marked: bool = True

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        return _OLD.example

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the calls behind the mark at `start`."""
        return _Either(start, self, tools)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for calls without their mark."""
        return _Either(start, self, tools, bare=True)

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """A list of calls, or one behind the other."""
        in_list = f'{literal(_MARK)} " "? {listed(_OLD, rules, tools)}'
        return f"({in_list} | {_NEW.calls(rules, tools)})"

    def said(self, rules: Rules) -> str:
        """Text without the mark."""
        return without(rules, _MARK)


@dataclass(slots=True)
class _Either:
    start: int
    syntax: _Mistral
    tools: Toolbox
    bare: bool = False
    _reader: BlockReader | None = field(default=None, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if self._reader is None:
            behind = self.start if self.bare else self.start + len(_MARK)
            first = text[behind:].lstrip()[:1]
            if not first and not final:
                return "more"
            way = _OLD if first in ("[", "{", "") else _NEW
            made = way.bare if self.bare else way.block
            self._reader = made(self.start, self.tools)
        return self._reader.step(text, final, cut) if self._reader else "text"


FORMAT = Native("mistral", _Mistral(Tags((("[THINK]", "[/THINK]"), *THINK.pairs))))
