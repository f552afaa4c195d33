"""How a model is told about tools, and how its reply is read.

A format is a module with five names: `name`, `stop`, `show`, `constraint` and `parser`. A model without
tool calls of its own uses `react_json`; a chat without tools uses `plain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from ..events import Malformed, Reasoning, Text, ToolCall
from ..request import Constraint, Message, ToolSchema
from . import plain, react_json

__all__ = ["FORMATS", "Format", "Parser"]


class Parser(Protocol):
    """Reads one reply as it comes; `done` is true once nothing that follows can matter."""

    done: bool

    def feed(self, text: str) -> Sequence[Text | Reasoning | ToolCall | Malformed]:
        """The events that this piece makes certain."""
        ...

    def end(self, reason: str = "stop") -> Sequence[Text | Reasoning | ToolCall | Malformed]:
        """The events that waited for the end; `reason` is `stop` or `length`."""
        ...


class Format(Protocol):
    """How tools are shown to a model and how its reply is read.

    `stop` ends a reply where the model would go on to invent what a tool gives.
    """

    name: str
    stop: tuple[str, ...]

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        """The messages as a template takes them, with the tools told in words."""
        ...

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint | None:
        """What a reply may be, None if anything."""
        ...

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Parser:
        """A reader for one reply; `thinking` if the prompt ended inside an open think tag."""
        ...


_ALL: tuple[Format, ...] = (plain, react_json)
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _ALL})
