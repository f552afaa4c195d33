"""Calls in JSON: objects with a name and arguments, one behind each mark or all in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..grammar import Rules, literal
from ..request import ToolSchema
from ._grammar import NL, any_tool, arguments, quoted, without
from ._syntax import BlockReader, JsonReader
from ._thinking import THINK, Tags
from ._toolbox import Toolbox

__all__ = ["JsonCalls", "listed", "one_object"]

_MORE = "{0,15}"


@dataclass(frozen=True)
class JsonCalls:
    """`<mark>{"name": "f", "arguments": {…}}</mark>`, or a list of such objects where `in_list`.

    `before` and `behind` are expressions for what stands in an object beside its name and its arguments.
    """

    opens: tuple[str, ...]
    closes: tuple[str, ...] = ()
    name: str = "name"
    arguments: str = "arguments"
    in_list: bool = False
    before: str = ""
    behind: str = ""
    tags: Tags = THINK
    marked: bool = True

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        call = f'{{"{self.name}": "tool name", "{self.arguments}": {{"argument": value}}}}'
        call = f"[{call}]" if self.in_list else call
        return f"Write {self.opens[0]}{call}{self._close} with valid JSON."

    @property
    def _close(self) -> str:
        return self.closes[0] if self.closes else ""

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the JSON behind the mark at `start`."""
        reads = (start, tools, self.example, self.closes)
        return JsonReader(*reads, opens=self.opens, keys=(self.name, self.arguments))

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for the same JSON without its mark."""
        reads = (start, tools, self.example, self.closes)
        return JsonReader(*reads, bare=True, keys=(self.name, self.arguments))

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        one = one_object(self, rules, tools)
        opened, closed = f"{literal(self.opens[0])} ws", f"ws {literal(self._close)}"
        rules.bodies["ws"] = '"\\n"? " "{0,4}'
        if self.in_list:
            items = f'"[" ws {one} ("," ws {one}){_MORE} ws "]"'
            return f"{opened} {items} {closed}"
        block = rules.define("block", f"{opened} {one} {closed}")
        return f"{block} ({NL} {block}){_MORE}"

    def said(self, rules: Rules) -> str:
        """Text without the mark."""
        return without(rules, self.opens[0])


def listed(syntax: JsonCalls, rules: Rules, tools: Sequence[ToolSchema]) -> str:
    """The expression for the list of calls alone."""
    one = one_object(syntax, rules, tools)
    return f'"[" {one} ("," " "? {one}){_MORE} "]"'


def one_object(syntax: JsonCalls, rules: Rules, tools: Sequence[ToolSchema]) -> str:
    """The expression for one object."""
    start = literal(f'"{syntax.name}": ')
    given = literal(f', "{syntax.arguments}": ')
    call = any_tool(
        rules,
        tools,
        lambda name, schema: f"{quoted(name)} {given} {arguments(rules, name, schema)}",
    )
    body = f'"{{" {syntax.before} {start} {call} {syntax.behind} "}}"'
    return rules.define("object", " ".join(body.split()))
