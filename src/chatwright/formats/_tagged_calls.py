"""Calls whose arguments stand one by one between tags, strings as they are: `<function=f><parameter=x>…`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..grammar import Rules, literal
from ..request import ToolSchema
from ..schema import resolve
from ._calls import Reading
from ._grammar import NL, any_tool, without
from ._syntax import Block, BlockReader, Outcome, named
from ._thinking import THINK, Tags
from ._toolbox import Toolbox
from ._typed import typed, typed_grammar

__all__ = ["TaggedCalls"]

_LONGEST_HEAD = 200
_MAX_BLOCK = 250_000
_MORE = "{0,15}"


@dataclass(frozen=True)
class TaggedCalls:
    """The tags around a call, its name, its arguments' names and values.

    `call` stands before the name, `named` behind it and `call_end` at the end; `key` before the name of an argument
    and `keyed` between that and its value, which ends with `value_end`. `outer` and `outer_end` stand around a call,
    and a model may forget them where `call` is a tag of its own.
    """

    outer: str
    outer_end: str
    call: str
    named: str
    call_end: str
    key: str
    keyed: str
    value_end: str
    tags: Tags = THINK
    marked: bool = True

    @property
    def opens(self) -> tuple[str, ...]:
        """What starts a call."""
        return (self.outer, self.call) if self.call else (self.outer,)

    @property
    def closes(self) -> tuple[str, ...]:
        """What may stand behind one."""
        return tuple(mark for mark in (self.outer_end, self.call_end) if mark)

    @property
    def example(self) -> str:
        """How a call is written, for a model that went wrong."""
        one = f"{self.key}argument{self.keyed}value{self.value_end}"
        return f"Write {self.outer}{self.call}tool name{self.named}{one}{self.call_end}{self.outer_end}."

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the call whose mark stands at `start`."""
        return _TaggedReader(start, self, tools)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """None: without its tags nothing tells such a call from text."""
        del start, tools
        return None

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        call = any_tool(rules, tools, lambda name, schema: self._call(rules, name, schema))
        end = f"{NL} {literal(self.outer_end)}"
        opened = (
            f"{literal(self.outer)} {NL} {literal(self.call)}" if self.call else literal(self.outer)
        )
        one = rules.define("block", f"{opened} {call} {literal(self.call_end)} {end}")
        return f"{one} ({NL} {one}){_MORE}"

    def said(self, rules: Rules) -> str:
        """Text without the mark."""
        return without(rules, self.outer)

    def _call(self, rules: Rules, name: str, parameters: Mapping[str, Any]) -> str:
        parts = [f"{literal(name)} {literal(self.named)} {NL}"]
        box = Toolbox([{"function": {"name": name, "parameters": parameters}}])
        root = resolve(parameters, parameters)
        needed = root.get("required", ()) if isinstance(root, Mapping) else ()
        for key, schema in box.properties(name).items():
            keyed = f" {NL} ".join(map(literal, self.keyed.split("\n")))
            text = typed_grammar(rules, schema, parameters, f"{name} {key}", self.value_end)
            part = f"{literal(self.key + key)} {keyed} {text} {NL}"
            parts.append(part if key in needed else f"({part})?")
        return rules.define(f"call {name}", " ".join(parts))


@dataclass(slots=True)
class _TaggedReader:
    start: int
    syntax: TaggedCalls
    tools: Toolbox
    _name: str = field(default="", init=False)
    _args: dict[str, str] = field(default_factory=dict[str, str], init=False)
    _key: str = field(default="", init=False)
    _at: int = field(default=0, init=False)
    _look: int = field(default=0, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if not self._name and (outcome := self._begin(text, final, cut)):
            return outcome
        while True:
            if self._at - self.start > _MAX_BLOCK:
                return self._problem("it is too long", self._at)
            found = self._value(text, final, cut) if self._key else self._next(text, final, cut)
            if found is not None:
                return found

    def _begin(self, text: str, final: bool, cut: bool) -> Outcome | None:
        syntax = self.syntax
        outer = rf"(?:{re.escape(syntax.outer)}\s*)?" if syntax.call else re.escape(syntax.outer)
        ends = syntax.named or rf"(?=\n|{re.escape(syntax.key)}|{re.escape(syntax.outer_end)})"
        named = re.escape(syntax.named) if syntax.named else rf"\s*?{ends}"
        head = rf"{outer}{re.escape(syntax.call)}\s*(?P<name>[^\s<>{{}}\"]{{1,100}}){named}"
        found = re.compile(head).match(text, self.start)
        if found:
            self._name, self._at = found["name"], found.end()
            return None
        rest = text[self.start : self.start + _LONGEST_HEAD]
        if not final and len(rest) < _LONGEST_HEAD and not self._is_other(rest):
            return "more"
        begun = cut and rest.startswith(
            (syntax.outer + syntax.call, syntax.outer + "\n" + syntax.call)
        )
        return (
            self._problem("it was cut off", len(text))
            if final and begun and syntax.call
            else "text"
        )

    def _is_other(self, rest: str) -> bool:
        """Whether what follows the mark cannot be a name any more."""
        call, named = self.syntax.call, self.syntax.named
        behind = rest.removeprefix(self.syntax.outer).lstrip()
        if call.startswith(behind):
            return False
        if not behind.startswith(call):
            return True
        behind = behind.removeprefix(call)
        end = behind[len(re.split(r"[\s<>{}\"]", behind, maxsplit=1)[0]) :]
        if named:
            return not named.startswith(end[: len(named)])
        return bool(re.match(r"[ \t\"{}]", end))

    def _next(self, text: str, final: bool, cut: bool) -> Outcome | None:
        """Behind the name or a value: the next argument, or the end."""
        syntax = self.syntax
        while text[self._at : self._at + 1].isspace():
            self._at += 1
        rest = text[self._at : self._at + _LONGEST_HEAD]
        if rest.startswith(syntax.key):
            pattern = r"\s*".join(map(re.escape, syntax.keyed.split("\n")))
            found = re.compile(rf"{re.escape(syntax.key)}\s*(.*?)\s*{pattern}").match(
                text, self._at
            )
            if found is None:
                if not final and len(rest) < _LONGEST_HEAD:
                    return "more"
                return self._problem(
                    "it was cut off" if cut else "the name of an argument has no end", len(text)
                )
            self._key, self._at, self._look = found[1], found.end(), found.end()
            return None
        marks = [m for m in (syntax.call_end, syntax.outer_end) if m]
        if end := next((m for m in marks if rest.startswith(m)), ""):
            return self._made(self._at + len(end))
        if not final and any(m.startswith(rest) for m in (syntax.key, *marks)):
            return "more"
        if not rest and not cut:
            return self._made(self._at)
        why = (
            "it was cut off" if not rest or cut else f"there is {rest[:20]!r} between its arguments"
        )
        return self._problem(why, self._at)

    def _value(self, text: str, final: bool, cut: bool) -> Outcome | None:
        """A value up to the tag that ends it, which is the first one that more tags can follow."""
        syntax = self.syntax
        while (at := text.find(syntax.value_end, self._look)) >= 0:
            behind = at + len(syntax.value_end)
            rest = text[behind : behind + _LONGEST_HEAD].lstrip()
            follow = [m for m in (syntax.key, syntax.call_end, syntax.outer_end) if m]
            if not rest.startswith(tuple(follow)):
                if not final and any(m.startswith(rest[: len(m)]) for m in follow):
                    return "more"
                if rest:
                    self._look = behind
                    continue
            self._take(text[self._at : at], behind)
            return None
        self._look = max(self._look, len(text) - len(syntax.value_end))
        if not final:
            return (
                "more"
                if len(text) - self.start < _MAX_BLOCK
                else self._problem("it is too long", len(text))
            )
        ends = [
            e
            for m in (syntax.call_end, syntax.outer_end)
            if m and (e := text.find(m, self._at)) >= 0
        ]
        if cut or not ends:
            return self._problem(
                "it was cut off" if cut else f"the argument {self._key!r} has no end", len(text)
            )
        self._take(text[self._at : min(ends)], min(ends))
        return None

    def _take(self, value: str, at: int) -> None:
        value = value.removeprefix("\n").removesuffix("\n")
        self._args[self._key] = value
        self._key, self._at = "", at

    def _made(self, end: int) -> Block:
        given = {
            key: typed(value, self._name, key, self.tools) for key, value in self._args.items()
        }
        return named(self._name, given, self.tools, end)

    def _problem(self, why: str, end: int) -> Block:
        return Block(Reading(problem=f"The call cannot be read: {why}. {self.syntax.example}"), end)
