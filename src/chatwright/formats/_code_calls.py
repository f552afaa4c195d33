"""Calls written like code: `[f(a=1), g(b="x")]`, or one a line in a fence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..grammar import Rules, literal
from ..request import ToolSchema
from ..schema import resolve
from ._calls import Reading, for_tool
from ._grammar import any_tool, in_order, value, without
from ._json_repair import NotJson, read
from ._syntax import Block, BlockReader, Outcome
from ._thinking import THINK, Tags
from ._toolbox import Toolbox

__all__ = ["CodeCalls"]

_MAX_BLOCK = 250_000
_MORE = "{0,15}"
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}\(")
_NAME_START = re.compile(r"(?:[A-Za-z_][\w.-]{0,99})?")
_FENCE = re.compile(r"```(?:python|py|tool_code)?\s*")
_SIGNIFICANT = re.compile(r"[\"'()\[\]{}]")
_IN_STRING = {"'": re.compile(r"['\\]"), '"': re.compile(r"[\"\\]")}


@dataclass(frozen=True)
class CodeCalls:
    """`begin` and `finish` are expressions for what stands around the calls, `apart` between two of them.

    `bracketed` if the calls stand in a list. Without `opens` a reply that starts with such a list is one.
    """

    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    bracketed: bool = True
    begin: str = '"["'
    apart: str = '", "'
    finish: str = '"]"'
    sample: str = '[tool_name(argument="value")]'
    tags: Tags = THINK

    @property
    def marked(self) -> bool:
        """Whether a mark announces the calls."""
        return bool(self.opens)

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        return f"Write {self.sample}."

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the calls behind the mark at `start`."""
        return _CodeReader(start, self, tools)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for the calls without their mark."""
        return _CodeReader(start, self, tools, bare=True)

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        call = any_tool(rules, tools, lambda name, schema: _grammar(rules, name, schema))
        return f"{self.begin} {call} ({self.apart} {call}){_MORE} {self.finish}"

    def said(self, rules: Rules) -> str:
        """Text without the mark, or that starts with no bracket."""
        return without(rules, self.opens[-1]) if self.opens else r"[^\x5B \t\n\r] .*"


def _grammar(rules: Rules, name: str, parameters: Mapping[str, Any]) -> str:
    box = Toolbox([{"function": {"name": name, "parameters": parameters}}])
    root = resolve(parameters, parameters)
    needed = root.get("required", ()) if isinstance(root, Mapping) else ()
    parts: list[tuple[str, bool]] = []
    for key, schema in box.properties(name).items():
        part = cast("Mapping[str, Any]", schema if isinstance(schema, Mapping) else {})
        if part.get("type") == "boolean" and set(part) <= {"type", "description", "title"}:
            given = '("True" | "False")'
        else:
            given = value(rules, schema, parameters, f"{name} {key}")
        parts.append((f"{literal(f'{key}=')} {given}", key in needed))
    return f'{literal(f"{name}(")} {in_order(rules, parts, f"{chr(34)},{chr(34)} {chr(34)} {chr(34)}?", name)} ")"'


@dataclass(slots=True)
class _CodeReader:
    start: int
    syntax: CodeCalls
    tools: Toolbox
    bare: bool = False
    _at: int = field(default=-1, init=False)
    _listed: bool = field(default=False, init=False)
    _name: str = field(default="", init=False)
    _from: int = field(default=0, init=False)
    _depth: int = field(default=0, init=False)
    _quote: str = field(default="", init=False)
    _calls: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]], init=False
    )
    _end: int = field(default=0, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if self._at < 0 and (outcome := self._begin(text, final)):
            return outcome
        while True:
            found = self._inside(text, final, cut) if self._name else self._next(text, final, cut)
            if found is not None:
                return found
            if self._at - self.start > _MAX_BLOCK:
                return self._problem("it is too long")

    def _begin(self, text: str, final: bool) -> Outcome | None:
        """Pass the mark, a fence and the bracket."""
        at = self.start
        mark = next((m for m in reversed(self.syntax.opens) if text.startswith(m, at)), "")
        at = _past_space(text, at + len(mark))
        rest = text[at : at + 20]
        if rest.startswith("`"):
            fence = _FENCE.match(text, at)
            if not final and (fence is None or fence.end() == len(text)) and len(rest) < 20:
                return "more"
            at = fence.end() if fence else at
        elif not rest and not final:
            return "more"
        listed = text[at : at + 1] == "["
        if not listed and self.bare and self.syntax.bracketed:
            return "text"
        at = _past_space(text, at + 1) if listed else at
        if _NAME.match(text, at) is None:
            begun = _NAME_START.match(text, at)
            waits = not final and begun and begun.end() == len(text)
            return "more" if waits else "text"
        self._at, self._listed = at, listed
        return None

    def _next(self, text: str, final: bool, cut: bool) -> Outcome | None:
        """Behind the bracket or a call: the next call, or the end."""
        at = self._at
        while text[at : at + 1] in (" ", ",", "\n", "\r", "\t", ";"):
            at += 1
        found = _NAME.match(text, at)
        if found:
            self._name, self._from, self._at = found[0][:-1], found.end(), found.end()
            self._depth = 1
            return None
        begun = _NAME_START.match(text, at)
        if not final and begun and begun.end() == len(text):
            return "more"
        if self._listed and text[at : at + 1] == "]":
            return self._made(at + 1)
        if self._listed and cut:
            return self._problem("it was cut off")
        return self._made(self._end)

    def _inside(self, text: str, final: bool, cut: bool) -> Outcome | None:
        """The arguments up to the bracket that closes them."""
        while self._depth:
            pattern = _IN_STRING[self._quote] if self._quote else _SIGNIFICANT
            found = pattern.search(text, self._at)
            if found is None or (found[0] == "\\" and found.end() == len(text)):
                self._at = len(text) if found is None else found.start()
                if not final:
                    return "more"
                return self._problem(
                    "it was cut off" if cut else "a bracket or a quote is not closed"
                )
            self._pass(text, found)
        return self._called(text[self._from : self._at - 1])

    def _pass(self, text: str, found: re.Match[str]) -> None:
        char, self._at = found[0], found.end()
        if self._quote:
            self._at += char == "\\"
            self._quote = "" if char == self._quote else self._quote
        elif char in "\"'":
            before = (
                text[: found.start()].rstrip()[-1:]
                if found.start() < 2000
                else text[found.start() - 1]
            )
            self._quote = char if before in "(,=[{: " else ""
        else:
            self._depth += 1 if char in "([{" else -1

    def _called(self, inner: str) -> Outcome | None:
        name, self._name, self._end = self._name, "", self._at
        try:
            given = _arguments(inner.strip(), name, self.tools)
        except NotJson as err:
            return self._problem(str(err))
        reading = for_tool(name, given, self.tools, key="arguments")
        if reading.problem:
            return "text" if self.bare else Block(reading, self._at)
        self._calls += reading.calls
        return None

    def _made(self, end: int) -> Outcome:
        if self.bare and not all(self.tools.find(name) for name, _ in self._calls):
            return "text"
        return Block(Reading(calls=tuple(self._calls)), end)

    def _problem(self, why: str) -> Outcome:
        known = self.tools.find(self._name or (self._calls[-1][0] if self._calls else ""))
        if self.bare and not known:
            return "text"
        return Block(
            Reading(problem=f"The call cannot be read: {why}. {self.syntax.example}"), self._at
        )


def _arguments(inner: str, name: str, tools: Toolbox) -> Any:
    """What stands between the brackets of a call: named arguments, or values in their order."""
    if not inner:
        return {}
    if re.match(r"[A-Za-z_]\w*\s*=(?!=)", inner):
        return read("{" + inner + "}")
    values = cast("list[Any]", read(f"[{inner}]"))
    found = tools.find(name)
    names = list(tools.properties(found)) if found else []
    if len(values) > len(names):
        return values[0] if len(values) == 1 else values
    return dict(zip(names, values, strict=False))


def _past_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
