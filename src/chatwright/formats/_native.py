"""A format of a model that has tool calls of its own: its template shows the tools and writes past calls."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol, cast

from ..events import Reasoning, Text, ToolCall
from ..grammar import Rules, add_constraint
from ..request import Constraint, Grammar, Message, Own, ToolSchema
from ._native_parser import NativeEvent, NativeParser
from ._syntax import Syntax
from ._thinking import Tags

__all__ = ["Native", "Reads", "Written", "new_id", "read_by"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_OWN_ID = re.compile(r"[A-Za-z0-9]{9}")


def new_id(name: str, said: str) -> str:
    """The id that the model gave its call, or a new one: nine letters and digits, as one family of templates insists."""
    del name
    return said if _OWN_ID.fullmatch(said) else "".join(secrets.choice(_LETTERS) for _ in range(9))


class Written(Protocol):
    """What a template made of an assistant's turn that calls one tool.

    `turn` is all that stands behind the user's message, and `reply` what the model itself would have written, as
    far as that can be told.
    """

    @property
    def turn(self) -> str: ...
    @property
    def reply(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def args(self) -> Mapping[str, Any]: ...
    @property
    def tools(self) -> Sequence[ToolSchema]: ...


class Reads(Protocol):
    """Reads one reply as it comes."""

    @property
    def done(self) -> bool: ...
    def feed(self, text: str) -> list[NativeEvent]: ...
    def end(self, reason: str = "stop") -> list[NativeEvent]: ...


@dataclass(frozen=True)
class Native:
    """A format whose tools the template shows: messages stay as they are."""

    name: str
    syntax: Syntax
    stop: tuple[str, ...] = ()
    native: bool = True
    new_id: Callable[[str, str], str] = new_id
    arguments: Literal["object", "text"] = "object"
    """The form in which the template takes the arguments of a past call."""

    @property
    def tags(self) -> Tags:
        """The tags between which such a model thinks."""
        return self.syntax.tags

    def show(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
        """The messages with past calls as data, for the template writes them as the model did."""
        return [self._shown(message, tools) for message in messages]

    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint | None:
        """A grammar for one reply: text, then calls with arguments that fit, or text alone."""
        return Grammar(_grammar(self, json.dumps(tools, default=dict), "free")) if tools else None

    def call_constraint(self, tools: Sequence[ToolSchema]) -> Constraint:
        """A grammar for a reply that is nothing but calls."""
        return Grammar(_grammar(self, json.dumps(tools, default=dict), "call"))

    def constrained(self, tools: Sequence[ToolSchema], answer: Constraint) -> Constraint:
        """A grammar for calls, or an answer that has to fit a constraint of its own."""
        rules = Rules()
        rules.define("root", "")
        said = add_constraint(rules, answer, "answer")
        rules.bodies["root"] = f"{self.syntax.calls(rules, tools)} | {said}"
        return Grammar(rules.text())

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> Reads:
        """A reader for one reply; `thinking` if the prompt ended inside an open think tag."""
        return NativeParser(self.syntax, tools, thinking=thinking, new_id=self.new_id)

    def wrote(self, written: Written) -> bool:
        """Whether this is how a template writes calls."""
        turn = written.turn
        starts = [turn.find(mark) for mark in self.syntax.opens if mark in turn]
        closes = self.syntax.closes
        own = not self.syntax.marked or self.syntax.opens[0] in turn
        if not own or (closes and not any(mark in turn for mark in closes)):
            return False
        return read_by(self, turn[min(starts) :] if starts else written.reply, written)

    def _shown(self, message: Message, tools: Sequence[ToolSchema]) -> Message:
        calls = cast("Sequence[Mapping[str, Any]]", message.get("tool_calls") or ())
        if not calls:
            return message
        shown = {**message, "tool_calls": [self._called(call) for call in calls]}
        content = message.get("content")
        return {**shown, **self.apart(content, tools)} if isinstance(content, Own) else shown

    def _called(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """The call with its arguments in the form that the template wants."""
        function = cast("Mapping[str, Any]", call.get("function") or {})
        args = function.get("arguments")
        if isinstance(args, str) and self.arguments == "object":
            args = _object(args)
        elif isinstance(args, Mapping) and self.arguments == "text":
            args = json.dumps(args, ensure_ascii=False)
        return {**call, "function": {**function, "arguments": args}} if function else call

    def apart(self, reply: Own, tools: Sequence[ToolSchema]) -> dict[str, Any]:
        """What a reply of this run thought and said before its calls."""
        said: dict[str, Any] = {"content": ""}
        events = _read(self, str(reply), json.dumps(tools, default=dict))
        if not any(isinstance(event, ToolCall) for event in events):
            return said  # it was written some other way, and the calls say all of it
        for event in events:
            match event:
                case Text(text):
                    said["content"] = Own(said["content"] + text)
                case Reasoning(text):
                    said["reasoning_content"] = Own(said.get("reasoning_content", "") + text)
                case _:
                    pass
        return said


@lru_cache(maxsize=256)  # a run is shown again at every step
def _read(format: Native, reply: str, tools: str) -> tuple[NativeEvent, ...]:
    parser = format.parser(json.loads(tools), thinking=format.tags.starts_inside(reply))
    return (*parser.feed(reply), *parser.end())


@lru_cache(maxsize=64)  # an agent asks with the same tools at every step
def _grammar(format: Native, tools: str, kind: str) -> str:
    rules = Rules()
    rules.define("root", "")
    calls = format.syntax.calls(rules, json.loads(tools))
    if kind == "call":
        rules.bodies["root"] = calls
    elif format.syntax.marked:
        rules.bodies["root"] = f"{format.syntax.said(rules)} ({calls})?"
    else:
        rules.bodies["root"] = f"{calls} | {format.syntax.said(rules)}"
    return rules.text()


def read_by(format: Any, text: str, written: Written) -> bool:
    """Whether a format reads the very call of `written`, and nothing else, in a text."""
    parser = format.parser(written.tools)
    events = [*parser.feed(text), *parser.end()]
    calls = [(e.name, e.args) for e in events if isinstance(e, ToolCall)]
    return calls == [(written.name, dict(written.args))]


def _object(text: str) -> Any:
    """The object that a text holds; what is no JSON is shown as the model wrote it."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return cast("Any", given) if isinstance(given, dict) else text
