"""How a model is told about tools, and how its reply is read.

A format is a module or an object with six names: `name`, `stop`, `native`, `show`, `constraint` and `parser`. A
model without tool calls of its own uses `react_json`, a chat without tools `plain`. The others are native: the
model's template shows the tools and writes past calls, and `recognised` tells from what it writes which format it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from ..events import Malformed, Reasoning, Text, ToolCall
from ..request import Constraint, Message, ToolSchema
from . import plain, react_json

if TYPE_CHECKING:
    from ._native import Native, Written

__all__ = ["FORMATS", "Format", "Parser", "recognised"]


class Parser(Protocol):
    """Reads one reply as it comes; `done` is true once nothing that follows can matter."""

    @property
    def done(self) -> bool:
        """Whether nothing that follows can matter."""
        ...

    def feed(self, text: str) -> Sequence[Text | Reasoning | ToolCall | Malformed]:
        """The events that this piece makes certain."""
        ...

    def end(self, reason: str = "stop") -> Sequence[Text | Reasoning | ToolCall | Malformed]:
        """The events that waited for the end; `reason` is `stop` or `length`."""
        ...


class Format(Protocol):
    """How tools are shown to a model and how its reply is read.

    `stop` ends a reply where the model would go on to invent what a tool gives. `native`: the template shows the
    tools, so they are given to it.
    """

    @property
    def name(self) -> str: ...
    @property
    def stop(self) -> tuple[str, ...]: ...
    @property
    def native(self) -> bool: ...

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        """The messages as a template takes them, with the tools told in words."""
        ...

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint | None:
        """What a reply may be, None if anything."""
        ...

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Parser:
        """A reader for one reply; `thinking` if the prompt ended inside an open think tag."""
        ...


# The native ones, and where each is; they are loaded when a model needs one. Those whose calls need no mark come
# last: what they read may be a call of another format that lost its mark.
_NATIVE: Mapping[str, tuple[str, str]] = {
    "hermes": ("hermes", "FORMAT"),
    "qwen3_coder": ("qwen3_coder", "QWEN"),
    "seed": ("qwen3_coder", "SEED"),
    "minimax": ("qwen3_coder", "MINIMAX"),
    "glm": ("glm", "FORMAT"),
    "mistral": ("mistral", "FORMAT"),
    "deepseek_v31": ("deepseek", "V31"),
    "deepseek": ("deepseek", "OLD"),
    "kimi": ("kimi", "FORMAT"),
    "command_r": ("command_r", "FORMAT"),
    "phi4": ("granite", "PHI"),
    "granite": ("granite", "GRANITE"),
    "tool_calls": ("json_list", "TOOL_CALLS"),
    "nemotron": ("json_list", "NEMOTRON"),
    "gemma": ("gemma", "FORMAT"),
    "harmony": ("harmony", "FORMAT"),
    "lfm2": ("pythonic", "LFM2"),
    "minicpm": ("pythonic", "MINICPM"),
    "olmo3": ("pythonic", "OLMO3"),
    "functionary": ("functionary", "TAGGED"),
    "functionary_v3": ("functionary", "RECIPIENTS"),
    "llama3": ("llama3", "FORMAT"),
    "pythonic": ("pythonic", "PYTHONIC"),
}


class _Formats(Mapping[str, Format]):
    """The formats by name."""

    def __getitem__(self, name: str) -> Format:
        if name in _NATIVE:
            return _loaded(name)
        if name == plain.name:
            return plain
        if name == react_json.name:
            return react_json
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((plain.name, react_json.name, *_NATIVE))

    def __len__(self) -> int:
        return 2 + len(_NATIVE)


FORMATS: Mapping[str, Format] = _Formats()


def recognised(written: Written) -> Native | None:
    """The format that a template writes calls in: one of ours, or one made from what it writes if that is JSON."""
    from ._derived import derived

    found = next((each for each in map(_loaded, _NATIVE) if each.wrote(written)), None)
    return found or derived(written)


def _loaded(name: str) -> Native:
    module, attribute = _NATIVE[name]
    return getattr(import_module(f".{module}", __name__), attribute)
