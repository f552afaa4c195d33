"""Harmony, the way of gpt-oss: messages in channels. `analysis` is thinking, `final` the answer, and a call is a
message `to=functions.name` whose text is JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..events import Malformed, Reasoning, Text, ToolCall
from ..grammar import Rules, add_constraint, literal
from ..request import Constraint, Grammar, Own, ToolSchema
from ._calls import for_tool
from ._grammar import any_tool, arguments, without
from ._json_repair import NotJson, read
from ._native import Native, Written, read_by
from ._native_parser import NativeEvent
from ._syntax import BlockReader
from ._thinking import THINK, Tags
from ._toolbox import Toolbox

__all__ = ["FORMAT"]

_START, _CHANNEL, _MESSAGE, _CONSTRAIN = (
    "<|start|>assistant",
    "<|channel|>",
    "<|message|>",
    "<|constrain|>",
)
_END = re.compile(r"<\|(?:end|call|return|start|channel)\|>")
_ENDS = ("<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>")
_HEAD = re.compile(
    r"\s*(?:<\|start\|>)?(?:assistant)?(?: to=(?P<to>[^\s<]+))?\s*<\|channel\|>\s*(?P<channel>\w+)"
    r"(?: to=(?P<late>[^\s<]+))?[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>"
)
# the same where a server leaves the control tokens out
_STRIPPED = re.compile(
    r"(?:^|(?<=assistant)|assistant)(?: to=(?P<to>[^\s{]+?))?(?P<channel>analysis|commentary|final)"
    r"(?: to=(?P<late>[^\s{]+))?(?: ?(?:json|code)(?=\s*\{))?"
)
_LONGEST_HEAD = 400
_MAX_SHOWN = 2_000
_SAMPLE = (
    f'{_CHANNEL}commentary to=functions.tool_name {_CONSTRAIN}json{_MESSAGE}{{"argument": value}}'
)
_EXAMPLE = f"Write {_SAMPLE} with valid JSON."


@dataclass
class HarmonyParser:
    """Turns one reply into events; `done` once nothing that follows can matter."""

    tools: Toolbox
    new_id: Callable[[str, str], str]
    done: bool = field(default=False, init=False)
    _text: str = field(default="", init=False)
    _at: int = field(default=0, init=False)
    _look: int = field(default=0, init=False)
    _logged: int = field(default=0, init=False)
    _channel: str = field(default="", init=False)
    _to: str = field(default="", init=False)
    _said: bool = field(default=False, init=False)
    _called: bool = field(default=False, init=False)
    _stripped: bool = field(default=False, init=False)
    _events: list[NativeEvent] = field(default_factory=list[NativeEvent], init=False)

    def feed(self, text: str) -> list[NativeEvent]:
        """The events that this piece of the reply makes certain."""
        if self.done or not text:
            return []
        whole, self._text = (
            self._text,
            "",
        )  # one reference only, so that Python can grow it in place
        whole += text
        self._text = whole
        return self._run(False, False)

    def end(self, reason: str = "stop") -> list[NativeEvent]:
        """The events that waited for the end of the reply; `length` says that it was cut there."""
        if self.done:
            return []
        found = self._run(True, reason == "length")
        self.done = True
        return found

    def _run(self, final: bool, cut: bool) -> list[NativeEvent]:
        while not self.done and not self._stripped:
            further = self._body(final, cut) if self._channel else self._head(final)
            if not further:
                break
        if final and not self.done:
            self._close(cut)
        events, self._events = self._events, []
        return events

    def _head(self, final: bool) -> bool:
        found = _HEAD.match(self._text, self._at)
        if found:
            self._channel, self._at = found["channel"], found.end()
            self._to = found["to"] or found["late"] or ""
            return True
        rest = self._text[self._at :]
        if not final and len(rest) < _LONGEST_HEAD and (_is_head(rest) or self._at):
            return False
        if self._called or self._at:
            self.done = self._called
            return False
        # no message begins here: the control tokens were lost, or there were none
        self._stripped = True
        return False

    def _body(self, final: bool, cut: bool) -> bool:
        """The text of a message, up to the token that ends it."""
        found = _END.search(self._text, max(self._at, self._look))
        self._look = 0 if found else max(self._at, len(self._text) - 12)  # no mark is longer
        if self._to:
            return self._call(found, final, cut)
        to = found.start() if found else len(self._text) if final else self._safe_end()
        self._say(self._text[self._at : to])
        self._at = to
        if found is None:
            return False
        self._channel = ""
        if found[0] not in ("<|start|>", "<|channel|>"):
            self._at = found.end()
        return True

    def _safe_end(self) -> int:
        tail = self._text.rfind("<", max(self._at, len(self._text) - 12))
        return (
            tail
            if tail >= 0 and any(e.startswith(self._text[tail:]) for e in _ENDS)
            else len(self._text)
        )

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._channel == "analysis":
            self._events.append(Reasoning(text))
        else:
            self._said = True
            self._events.append(Text(text))

    def _call(self, found: re.Match[str] | None, final: bool, cut: bool) -> bool:
        if found is None and not final:
            return False
        end = found.start() if found else len(self._text)
        self._made(self._text[self._at : end], end, cut and found is None)
        self._channel, self._to = "", ""
        self._at = end if found is None or found[0] in ("<|start|>", "<|channel|>") else found.end()
        return not self.done

    def _made(self, written: str, end: int, cut: bool) -> None:
        name = self._to.removeprefix("functions.")
        try:
            given: Any = read(written.strip() or "{}")
            why = "it was cut off" if cut and not _whole(written) else ""
        except NotJson as err:
            given, why = None, str(err)
        reading = for_tool(name, given, self.tools, key="arguments")
        problem = (
            f"The JSON of the call cannot be read: {why}. {_EXAMPLE}" if why else reading.problem
        )
        if problem:
            self._fail(problem)
            return
        for called, args in reading.calls:
            log = self._text[self._logged : end]
            self._events.append(ToolCall(self.new_id(called, ""), called, args, log))
            self._logged, self._called = end, True

    def _close(self, cut: bool) -> None:
        if self._stripped:
            self._read_stripped(cut)
        elif not self._called and not self._said:
            why = "was cut off" if cut else "ended"
            thinking = self._text.strip() and self._channel in ("", "analysis")
            told = f"The reply {why} in its thinking. Think less, then answer."
            self._fail(told if thinking else "The reply is empty. Write the answer.")

    def _read_stripped(self, cut: bool) -> None:
        """A reply whose control tokens were left out, as one: `analysis…assistantfinal…`."""
        heads = list(_STRIPPED.finditer(self._text)) if _STRIPPED.match(self._text) else []
        if not heads or (
            len(heads) == 1
            and not (heads[0]["to"] or heads[0]["late"])
            and heads[0]["channel"] == "analysis"
        ):
            self._channel = "final"
            self._say(self._text if self._text.strip() else "")
            heads = []
        for head, behind in zip(heads, [*heads[1:], None], strict=False):
            end = behind.start() if behind else len(self._text)
            self._channel, self._to = head["channel"], head["to"] or head["late"] or ""
            body = self._text[head.end() : end]
            if self._to:
                self._made(body, end, cut and behind is None)
            else:
                self._say(body)
        self._stripped = False
        if not self.done:
            self._close(cut)

    def _fail(self, reason: str) -> None:
        self._events.append(Malformed(self._text[-_MAX_SHOWN:], reason))
        self.done = True


def _is_head(rest: str) -> bool:
    """Whether a text can be the beginning of a message's head."""
    said = rest.lstrip()
    starts = ("<|start|>", "<|channel|>", "assistant", "to=")
    return not said or any(s.startswith(said) or said.startswith(s) for s in starts)


def _whole(written: str) -> bool:
    try:
        json.loads(written)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Messages:
    """The grammar of messages; they are read by `HarmonyParser`."""

    opens: tuple[str, ...] = (f"{_CHANNEL}commentary to=", " to=functions.")
    closes: tuple[str, ...] = ()
    tags: Tags = THINK
    marked: bool = False
    example: str = _EXAMPLE

    def block(self, start: int, tools: Toolbox) -> BlockReader:
        """There is none: a reply is read as messages."""
        raise NotImplementedError

    def bare(self, start: int, tools: Toolbox) -> BlockReader | None:
        """There is none."""
        del start, tools
        return None

    def calls(self, rules: Rules, tools: Sequence[ToolSchema]) -> str:
        """One call; whom it is for may stand before the channel or behind it."""
        kind = f'(" "? {literal(_CONSTRAIN)}? " "? "json")? {literal(_MESSAGE)}'
        commentary = f'{literal(_CHANNEL)} "commentary"'
        return f"({self._to(rules, tools, commentary, kind)} | {self._to(rules, tools, '', f'{commentary} {kind}')})"

    def _to(self, rules: Rules, tools: Sequence[ToolSchema], before: str, behind: str) -> str:
        call = any_tool(
            rules,
            tools,
            lambda name, schema: f"{literal(name)} {behind} {arguments(rules, name, schema)}",
        )
        return f"{before} {literal(' to=functions.')} {call}"

    def said(self, rules: Rules) -> str:
        """The answer in its channel."""
        return f"{literal(f'{_CHANNEL}final{_MESSAGE}')} {without(rules, '<|')}"

    def thought(self, rules: Rules) -> str:
        """Thinking, and what is said on the way."""
        said = without(rules, "<|")
        channels = '("analysis" | "commentary")'
        return f"({literal(_CHANNEL)} {channels} {literal(_MESSAGE)} {said} {literal('<|end|>' + _START)}){{0,16}}"


@dataclass(frozen=True)
class _Harmony(Native):
    def constraint(self, tools: Sequence[ToolSchema]) -> Constraint | None:
        """A grammar for thinking, and then a call or the answer."""
        return self._grammar(tools, None) if tools else None

    def constrained(self, tools: Sequence[ToolSchema], answer: Constraint) -> Constraint:
        """The same, where the answer has to fit a constraint of its own."""
        return self._grammar(tools, answer)

    def _grammar(self, tools: Sequence[ToolSchema], answer: Constraint | None) -> Constraint:
        rules = Rules()
        rules.define("root", "")
        syntax = _Messages()
        said = syntax.said(rules)
        if answer is not None:
            said = (
                f"{literal(f'{_CHANNEL}final{_MESSAGE}')} {add_constraint(rules, answer, 'answer')}"
            )
        rules.bodies["root"] = f"{syntax.thought(rules)} ({syntax.calls(rules, tools)} | {said})"
        return Grammar(rules.text())

    def parser(self, tools: Sequence[ToolSchema], *, thinking: bool = False) -> HarmonyParser:
        """A reader for one reply."""
        del thinking
        return HarmonyParser(Toolbox(tools), self.new_id)

    def apart(self, reply: Own, tools: Sequence[ToolSchema]) -> dict[str, Any]:
        """What a reply thought and said before its call: the template takes one of both."""
        found = super().apart(reply, tools)
        thought = found.get("reasoning_content")
        if thought and found["content"]:
            return {"content": "", "reasoning_content": Own(f"{thought}\n{found['content']}")}
        return found

    def wrote(self, written: Written) -> bool:
        """Whether this is how a template writes calls."""
        behind = written.turn.rpartition(_START)[2] if _MESSAGE in written.turn else ""
        turn = written.turn.split(_START, 1)[-1]
        return bool(behind or turn) and _CHANNEL in turn and read_by(self, turn, written)


FORMAT = _Harmony("harmony", _Messages())
