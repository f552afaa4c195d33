"""Llama 3.1 to 3.3: the whole reply is `{"name": …, "parameters": …}`, perhaps behind `<|python_tag|>`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..grammar import Rules
from ..request import ToolSchema
from ._json_calls import JsonCalls, one_object
from ._native import Native, Written, read_by
from ._syntax import BlockReader, JsonReader, Outcome
from ._toolbox import Toolbox

__all__ = ["FORMAT"]

_TAG = "<|python_tag|>"


@dataclass(frozen=True)
class _Llama(JsonCalls):
    """No mark is needed: a reply that starts with such an object is a call, and so is one further on of a tool that is there."""

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the call at `start`."""
        return _Reader(start, self, tools)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for the call at `start`, however it is written."""
        return _Reader(start, self, tools)

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """One call: the template takes no more."""
        return one_object(self, rules, tools)

    def said(self, rules: Rules) -> str:
        """Text that starts with no brace."""
        del rules
        return r"[^{ \t\n\r] .*"

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        return 'Write {"name": "tool name", "parameters": {"argument": value}} with valid JSON.'


@dataclass(slots=True)
class _Reader:
    """A call behind the tag or at the start of the reply is meant; elsewhere it has to be one in every respect."""

    start: int
    syntax: _Llama
    tools: Toolbox
    _reader: JsonReader | None = field(default=None, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if self._reader is None:
            given = (self.start, self.tools, self.syntax.example)
            first = not text[: self.start].strip()
            if text.startswith(_TAG, self.start):
                self._reader = JsonReader(*given, opens=(_TAG,))
            else:
                self._reader = JsonReader(*given, bare=True, unknown=first, meant=first)
        return self._reader.step(text, final, cut)


@dataclass(frozen=True)
class _Format(Native):
    def wrote(self, written: Written) -> bool:
        """Whether this is how a template writes calls: with nothing around them."""
        reply = written.reply.lstrip()
        return reply.startswith(("{", _TAG)) and read_by(self, reply, written)


FORMAT = _Format(
    "llama3",
    _Llama(opens=(_TAG, '{"name": "', '{"name":"'), arguments="parameters", marked=False),
)
