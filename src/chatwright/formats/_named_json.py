"""Calls whose name stands before their arguments, which are JSON: `<function=name>{…}</function>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..grammar import Rules, literal
from ..request import ToolSchema
from ._calls import Reading
from ._grammar import any_tool, arguments, without
from ._json_repair import ValueEnd
from ._syntax import Block, BlockReader, Outcome, named, object_of
from ._thinking import THINK, Tags
from ._toolbox import Toolbox

__all__ = ["NamedJson", "NamedReader"]

_LONGEST_HEAD = 300
_MORE = "{0,15}"


@dataclass(slots=True)
class NamedReader:
    """Reads the head at `start`, which has the groups `name` and perhaps `id`, and the object behind it.

    `known` if only tools that are there count, because no mark announced the call; `lead` stands before their names.
    """

    start: int
    head: re.Pattern[str]
    tools: Toolbox
    example: str
    closes: tuple[str, ...] = ()
    known: bool = False
    lead: str = ""
    _value: ValueEnd | None = field(default=None, init=False)
    _from: int = field(default=0, init=False)
    _name: str = field(default="", init=False)
    _id: str = field(default="", init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if self._value is None and (outcome := self._begin(text, final, cut)):
            return outcome
        assert self._value is not None
        found = object_of(self._value, self._from, text, final, cut, self.closes)
        if isinstance(found, str):
            return "more" if found == "more" else "text"
        value, end, why = found
        if why:
            problem = f'The JSON behind "{self._name}" cannot be read: {why}. {self.example}'
            return Block(Reading(problem=problem), end)
        return named(self._name, value, self.tools, end, self._id)

    def _begin(self, text: str, final: bool, cut: bool) -> Outcome | None:
        """Read the head; None once the object can be read."""
        found = self.head.match(text, self.start)
        rest = text[self.start : self.start + _LONGEST_HEAD]
        if not final and (found is None or text[found.end() : found.end() + 1] != "{"):
            waits = len(rest) < _LONGEST_HEAD and "{" not in rest
            return "more" if waits and self._may_be_known(rest) else "text"
        if found is None:
            return "text"
        name, said = found["name"].strip(), found.groupdict().get("id") or ""
        if self.known and self.tools.find(name) is None and name[-9:].isalnum():
            name, said = name[:-9], name[-9:]  # an id whose mark was lost as well
        if self.known and self.tools.find(name) is None:
            return "text"
        self._name, self._id = name, said
        if text[found.end() : found.end() + 1] == "{":
            self._value, self._from = ValueEnd(found.end()), found.end()
            return None
        if self.known or not final or found.end() < len(text):
            return "text"
        if cut:
            return Block(Reading(problem=f"The call was cut off. {self.example}"), len(text))
        return named(name, None, self.tools, len(text), self._id)

    def _may_be_known(self, head: str) -> bool:
        """Whether a head that no mark announced may still name a tool that is there."""
        lead, said = self.lead, head.lstrip()
        if not self.known or lead.startswith(said):
            return True
        return said.startswith(lead) and self.tools.may_begin(said.removeprefix(lead))


@dataclass(frozen=True)
class NamedJson:
    """`opens`, then the name, then `between` and the object, then `closes`.

    `head` reads it up to the object, `bare_head` the same without its marks, where `lead` still stands before the
    name. `begin` and `finish` stand once around all calls, `apart` between two.
    """

    opens: tuple[str, ...]
    head: re.Pattern[str]
    bare_head: re.Pattern[str] | None = None
    lead: str = ""
    closes: tuple[str, ...] = ()
    begin: str = '""'
    before: str = '""'
    between: str = '""'
    behind: str = '""'
    finish: str = '""'
    apart: str = '""'
    sample: str = ""
    tags: Tags = THINK
    marked: bool = True

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        return f"Write {self.sample} with valid JSON."

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the call whose mark stands at `start`."""
        return NamedReader(start, self.head, tools, self.example, self.closes)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for a call that lost its marks: the name of a tool, and right behind it an object."""
        if self.bare_head is None:
            return None
        reads = (start, self.bare_head, tools, self.example, self.closes)
        return NamedReader(*reads, known=True, lead=self.lead)

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        call = any_tool(
            rules,
            tools,
            lambda name, schema: f"{literal(name)} {self.between} {arguments(rules, name, schema)}",
        )
        one = rules.define("block", f"{self.before} {call} {self.behind}")
        return f"{self.begin} {one} ({self.apart} {one}){_MORE} {self.finish}"

    def said(self, rules: Rules) -> str:
        """Text without the mark."""
        return without(rules, self.opens[0])
