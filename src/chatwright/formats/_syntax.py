"""What the formats of tool calls share: what a block of calls is, and how one in JSON is read as it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, cast

from ..grammar import Rules
from ..request import ToolSchema
from ._calls import Reading, for_tool, read_calls
from ._json_repair import NotJson, ValueEnd, read
from ._marks import MORE, object_at
from ._thinking import Tags
from ._toolbox import Toolbox

__all__ = ["Block", "BlockReader", "JsonReader", "Syntax", "ids_in", "named", "object_of"]

MAX_BLOCK = 250_000
_FENCE = re.compile(r"```[a-z]{0,12}\s*")
_FENCE_START = re.compile(r"`{1,3}[a-z]{0,12}\s*")
_INTENDED = re.compile(
    r"[\[\s]*\{\s*\"name\"\s*:\s*\"[^\"]{1,100}\"\s*,\s*\"(?:parameters|arguments)\""
)
_IDS = ("id", "tool_call_id", "call_id")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a reply that asks for tools, up to `end`: what it asks for, and the ids that it gives the calls."""

    reading: Reading
    end: int
    ids: tuple[str, ...] = ()


Outcome = Block | Literal["more", "text"]
"""A block, or that more has to come to tell, or that this is text after all."""


class BlockReader(Protocol):
    """Reads one block; the text grows from step to step, `cut` says that it stopped for its length."""

    def step(self, text: str, final: bool, cut: bool) -> Outcome: ...


class Syntax(Protocol):
    """One way of writing tool calls.

    `opens` are the marks that start a block and `closes` those that may stand behind or between blocks. `example`
    shows a model that went wrong how a call is written. `marked`: calls always begin with a mark, which then does
    not stand in the text before them.
    """

    @property
    def opens(self) -> tuple[str, ...]: ...
    @property
    def closes(self) -> tuple[str, ...]: ...
    @property
    def example(self) -> str: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def marked(self) -> bool: ...

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the block whose mark stands at `start`."""
        ...

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for calls without their mark at the start of a reply, which some servers leave out."""
        ...

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        ...

    def said(self, rules: Rules) -> str:
        """The expression for text in which no call begins."""
        ...


@dataclass(slots=True)
class JsonReader:
    """Reads an object with a name and arguments, or a list of such, behind one of `opens` at `start`.

    `bare` if nothing announced it: then it has to be a call in every respect, of a tool that is there unless
    `unknown` ones count too. `keys` are those of the name and of the arguments. `meant` if all the same it is told when such a call cannot be read.
    """

    start: int
    tools: Toolbox
    example: str
    closes: tuple[str, ...] = ()
    bare: bool = False
    unknown: bool = False
    meant: bool = False
    opens: tuple[str, ...] = ()
    keys: tuple[str, str] = ("name", "arguments")
    _value: ValueEnd | None = field(default=None, init=False)
    _from: int = field(default=0, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if self._value is None:
            mark = next((m for m in self.opens if text.startswith(m, self.start)), "")
            at = _past_fence(text, self.start + len(mark), final)
            if at < 0 or (at == len(text) and not final):
                return "more"
            if at == len(text) and cut and not self.bare:
                return Block(Reading(problem=_cut_off(self.example)), at)
            if text[at : at + 1] not in ("{", "["):
                return "text"
            opens = object_at(text, at, final) if self.bare else True
            if opens is MORE:
                return "more"
            if not opens:
                return "text"
            self._value, self._from = ValueEnd(at), at
        found = object_of(self._value, self._from, text, final, cut, self.closes)
        if isinstance(found, str):
            return "text" if self.bare and found == "text" else cast("Any", found)
        value, end, why = found
        if why:
            intended = self.meant and _INTENDED.match(text, self._from)
            if self.bare and not intended:
                return "text"
            return Block(Reading(problem=_unreadable(why, self.example)), end)
        return self._block(value, end)

    def _block(self, value: Any, end: int) -> Outcome:
        value = _renamed(value, self.keys)
        reading = read_calls(value, self.tools, asked=not self.bare, key="arguments")
        known = reading is not None and all(self.tools.find(n) for n, _ in reading.calls)
        if self.bare and (reading is None or not reading.calls or not (known or self.unknown)):
            return "text"
        if reading is None and value == []:
            return "text"
        if reading is None:
            return Block(Reading(problem=f'The call has no "name". {self.example}'), end)
        return Block(reading, end, ids_in(value, len(reading.calls)))


def object_of(
    value: ValueEnd, start: int, text: str, final: bool, cut: bool, closes: tuple[str, ...]
) -> Literal["more", "text"] | tuple[Any, int, str]:
    """The value that starts at `start`, where it ends, and why it cannot be read if it cannot."""
    state = value.find(text, final)
    end = len(text) if state == "open" else value.end
    if end - start > MAX_BLOCK:
        return None, end, "it is too long"
    if state == "open" and not final:
        return "more"
    if state == "think":
        return "text"
    if state == "deep":
        return None, end, "it is nested too deeply"
    if state == "open":
        return _unclosed(text, start, cut, closes)
    try:
        return read(text[start:end]), end, ""
    except NotJson as err:
        return None, end, str(err)


def _unclosed(text: str, start: int, cut: bool, closes: tuple[str, ...]) -> tuple[Any, int, str]:
    """A value whose brackets are still open at the end, or where a mark says that it is over."""
    ends = [found for mark in closes if (found := text.find(mark, start)) >= 0]
    if not ends and cut:
        return None, len(text), "it was cut off"
    end = min(ends, default=len(text))
    try:
        return read(text[start:end].rstrip()), end, ""
    except NotJson as err:
        return None, end, str(err)


def named(name: str, given: Any, tools: Toolbox, end: int, call_id: str = "") -> Block:
    """The block of one call whose name and arguments stand apart."""
    return Block(for_tool(name, given, tools, key="arguments"), end, (call_id,))


def ids_in(value: Any, count: int) -> tuple[str, ...]:
    """The ids that the calls have in what the model wrote, '' for one that has none."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    if len(items) != count:
        return ()
    return tuple(_id(item) for item in items)


def _id(item: Any) -> str:
    fields = cast("Mapping[str, Any]", item if isinstance(item, Mapping) else {})
    return next((fields[key] for key in _IDS if isinstance(fields.get(key), str)), "")


def _renamed(value: Any, keys: tuple[str, str]) -> Any:
    """The value with the usual keys in the place of a model's own."""
    if isinstance(value, list):
        return [_renamed(item, keys) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping) or not all(key in value for key in keys):
        return cast("Any", value)
    usual = dict(zip(keys, ("name", "arguments"), strict=True))
    return {usual.get(k, k): v for k, v in cast("Mapping[str, Any]", value).items()}


def _past_fence(text: str, at: int, final: bool) -> int:
    """Where the content starts behind spaces and perhaps the start of a fence; -1 if that cannot be told yet."""
    while at < len(text) and text[at].isspace():
        at += 1
    if text[at : at + 1] != "`":
        return at
    if not final and (found := _FENCE_START.match(text, at)) and found.end() == len(text):
        return -1
    found = _FENCE.match(text, at)
    return found.end() if found else at


def _unreadable(why: str, example: str) -> str:
    return f"The JSON of the call cannot be read: {why}. {example}"


def _cut_off(example: str) -> str:
    return f"The call was cut off. {example}"
