"""Gemma 4: `<|tool_call>call:name{key:<|"|>text<|"|>,n:3}<tool_call|>`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..grammar import Rules, literal
from ..request import ToolSchema
from ..schema import resolve
from ._calls import Reading
from ._grammar import any_tool, in_order, without
from ._json_repair import NotJson, read
from ._native import Native
from ._syntax import Block, BlockReader, Outcome, named
from ._thinking import THINK, Tags
from ._toolbox import Toolbox
from ._typed import text_until

__all__ = ["FORMAT"]

_OPEN, _CLOSE, _QUOTE = "<|tool_call>", "<tool_call|>", '<|"|>'
_HEAD = re.compile(r"(?:<\|tool_call>)?\s*call:(?P<name>[\w.-]{1,100})(?=\{)")
_LONGEST_HEAD = 130
_SIGNIFICANT = re.compile(r"<\|\"\|>|[{}\[\]]")
_MAX_BLOCK = 250_000
_MAX_DEPTH = 64


@dataclass(frozen=True)
class _Gemma:
    tags: Tags
    opens: tuple[str, ...] = (_OPEN,)
    closes: tuple[str, ...] = (_CLOSE,)
    marked: bool = True
    example: str = f"Write {_OPEN}call:tool_name{{argument:{_QUOTE}value{_QUOTE}}}{_CLOSE}."

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """A reader for the call whose mark stands at `start`."""
        return _Reader(start, self, tools)

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """A reader for a call without its mark."""
        return _Reader(start, self, tools, bare=True)

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """The expression for one or more calls."""
        call = any_tool(rules, tools, lambda name, schema: _call(rules, name, schema))
        one = rules.define("block", f"{literal(f'{_OPEN}call:')} {call} {literal(_CLOSE)}")
        return f"{one}{{1,16}}"

    def said(self, rules: Rules) -> str:
        """Text without the mark."""
        return without(rules, _OPEN)


@dataclass(slots=True)
class _Reader:
    start: int
    syntax: _Gemma
    tools: Toolbox
    bare: bool = False
    _name: str = field(default="", init=False)
    _from: int = field(default=0, init=False)
    _at: int = field(default=0, init=False)
    _depth: int = field(default=0, init=False)
    _quoted: bool = field(default=False, init=False)

    def step(self, text: str, final: bool, cut: bool) -> Outcome:
        """The outcome so far."""
        if not self._name and (outcome := self._begin(text, final)):
            return outcome
        while found := _SIGNIFICANT.search(text, self._at):
            self._at = found.end()
            if found[0] == _QUOTE:
                self._quoted = not self._quoted
            elif not self._quoted:
                self._depth += 1 if found[0] in "{[" else -1
            if self._depth == 0:
                return self._made(text[self._from : self._at])
            if self._depth > _MAX_DEPTH or self._at - self.start > _MAX_BLOCK:
                return self._problem("it is too long or nested too deeply")
        self._at = max(self._at, len(text) - len(_QUOTE) + 1)
        if not final:
            return "more"
        return self._problem("it was cut off" if cut else "a bracket is not closed")

    def _begin(self, text: str, final: bool) -> Outcome | None:
        found = _HEAD.match(text, self.start)
        if found is None:
            rest = text[self.start :].removeprefix(_OPEN).lstrip()
            name = re.match(r"call:[\w.-]*", rest)
            waits = "call:".startswith(rest) or (name and name.end() == len(rest))
            return "more" if waits and not final and len(rest) < _LONGEST_HEAD else "text"
        if self.bare and self.tools.find(found["name"]) is None:
            return "text"
        self._name, self._from, self._at = found["name"], found.end(), found.end()
        return None

    def _made(self, written: str) -> Outcome:
        parts = written.split(_QUOTE)
        told = [json.dumps(p, ensure_ascii=False) if n % 2 else p for n, p in enumerate(parts)]
        try:
            given = read("".join(told))
        except NotJson as err:
            return self._problem(str(err))
        return named(self._name, given, self.tools, self._at)

    def _problem(self, why: str) -> Outcome:
        if self.bare:
            return "text"
        problem = f"The call cannot be read: {why}. {self.syntax.example}"
        return Block(Reading(problem=problem), self._at)


def _call(rules: Rules, name: str, parameters: Mapping[str, Any]) -> str:
    box = Toolbox([{"function": {"name": name, "parameters": parameters}}])
    root = resolve(parameters, parameters)
    needed = root.get("required", ()) if isinstance(root, Mapping) else ()
    parts = [
        (f"{literal(f'{key}:')} {_value(rules, schema)}", key in needed)
        for key, schema in sorted(box.properties(name).items())
    ]
    comma = literal(",")
    return f'{literal(f"{name}{{")} {in_order(rules, parts, comma, name)} "}}"'


def _value(rules: Rules, schema: Any) -> str:
    """The expression for one argument: what kind it has, but not what else its schema asks for."""
    part = cast("Mapping[str, Any]", schema if isinstance(schema, Mapping) else {})
    words = [w for w in cast("list[Any]", part.get("enum") or []) if isinstance(w, str)]
    if words and len(words) == len(part["enum"]):
        return f"({' | '.join(literal(f'{_QUOTE}{w}{_QUOTE}') for w in words)})"
    match part.get("type"):
        case list():
            kinds = cast("list[Any]", part["type"])
            return f"({' | '.join(_value(rules, {**part, 'type': kind}) for kind in kinds)})"
        case "null":
            return rules.common("j-null")
        case "string":
            return _string(rules, part)
        case "integer":
            return rules.common("j-integer")
        case "number":
            return rules.common("j-number")
        case "boolean":
            return rules.common("j-boolean")
        case "array":
            return _list(_value(rules, part.get("items")))
        case "object":
            return _object(rules, 3)
        case _:
            return _any(rules, 3)


def _string(rules: Rules, schema: Mapping[str, Any] | None = None) -> str:
    text = text_until(rules, schema or {}, _QUOTE, "text")
    return f"{literal(_QUOTE)} {text} {literal(_QUOTE)}"


def _list(item: str) -> str:
    return f'"[" ({item} ("," {item}){{0,15}})? "]"'


def _object(rules: Rules, depth: int) -> str:
    pair = f'[a-zA-Z_] [a-zA-Z0-9_-]{{0,60}} ":" {_any(rules, depth - 1)}'
    return rules.define("object", f'"{{" ({pair} ("," {pair}){{0,15}})? "}}"')


def _any(rules: Rules, depth: int) -> str:
    ways = [_string(rules), *(rules.common(f"j-{kind}") for kind in ("number", "boolean", "null"))]
    if depth > 0:
        ways += [_list(_any(rules, depth - 1)), _object(rules, depth)]
    return rules.define("any", " | ".join(ways))


FORMAT = Native("gemma", _Gemma(Tags((("<|channel>thought", "<channel|>"), *THINK.pairs))))
