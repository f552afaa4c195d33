"""The action of a reply: JSON, or the name of a tool and its input, in whatever shape they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ._calls import Reading, for_tool, looks_intended, read_call_text, read_calls
from ._json_repair import NotJson, ValueEnd, read
from ._marks import MORE, Label, More, fence_line_at, label_at, ticks_at
from ._reply import Reply
from ._toolbox import Toolbox

__all__ = ["WRITE_ACTION", "ActionReader", "Found", "Left", "Mistake"]

WRITE_ACTION = (
    'Write {"action": "tool name", "action_input": {"argument": value}} as valid JSON in a fence'
    " behind 'Action:'."
)
_MAX_VALUE = 250_000
_MAX_LINE = 400
_TICKS = re.compile(r"(?:`{3,16}|~{3,16})([\w+-]{0,20})[ \t]{0,8}")
_STRAY = re.compile(r"[\s}\],;]{0,64}")
_NAME_THEN_OBJECT = re.compile(r"[\s`*\"']*([^{}\[\]():=\"'`*]{1,64})[`*\"']*\s*[:=]?\s*(?=\{)")
_CLOSING_FENCE = re.compile(r"\n[ \t]{0,8}(?:`{3,16}|~{3,16})$")
_NO_ACTION = (
    "none",
    "n/a",
    "null",
    "no action",
    "no action needed",
    "not needed",
    "no tool needed",
)


@dataclass(frozen=True, slots=True)
class Found:
    """The action was read; it ends at `end`."""

    reading: Reading
    end: int


@dataclass(frozen=True, slots=True)
class Left:
    """There is no action here after all, or not yet; go on reading at `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """An action was meant and cannot be read; it ends at `end`."""

    reason: str
    end: int


Outcome = Found | Left | Mistake


class ActionReader:
    """Reads one action; `asked` once `Action:` stood before it, `tool` is the name that stood there.

    `step` gives an outcome, or whether it got further without more text. Until there is an outcome,
    `reply.at` stays before what may turn out to be text.
    """

    def __init__(self, reply: Reply, tools: Toolbox) -> None:
        self.asked = False
        self.tool = ""
        self._reply = reply
        self._tools = tools
        self._closing_mark = ""  # what closes the fence or the tag that was opened
        self._is_input = self._in_input_fence = False
        self._budget = _MAX_VALUE  # for reading twice what started like a call and was none
        self._start = self._end = 0
        self._value = ValueEnd(0)
        self._reading = Reading()
        self._step: Callable[[bool], Outcome | bool] = self._behind_label

    def step(self, final: bool) -> Outcome | bool:
        """One step further."""
        return self._step(final)

    def begin_label(self, closing: str = "") -> None:
        """Read what stands behind `Action:`, or behind a tag that says the same."""
        self.asked, self.tool, self._closing_mark = True, "", closing
        self._step = self._behind_label

    def begin_input(self) -> None:
        """Read what stands behind `Action Input:`."""
        self._in_input_fence = False
        self._step = self._behind_input

    def begin_value(self, start: int, closing: str = "", *, is_input: bool = False) -> bool:
        """Read the object or list at `start`; false if too much was read in vain already."""
        if self._budget <= 0:
            return False
        self._closing_mark = closing or self._closing_mark
        self._value, self._start, self._is_input = ValueEnd(start), start, is_input
        self._step = self._read_value
        return True

    def at_end(self) -> Found | Mistake:
        """`Action: Search` and nothing more: a call, if the tool needs no input."""
        name = self._tools.find(self.tool) if self.tool else None
        if name and not self._reply.cut and self._tools.needs_nothing(name):
            return Found(for_tool(name, None, self._tools), len(self._reply.text.rstrip()))
        end = len(self._reply.text)
        return Mistake(f"There is no JSON behind 'Action:'. {WRITE_ACTION}", end)

    def _behind_label(self, final: bool) -> Outcome | bool:
        reply = self._reply
        reply.pass_space()
        if not reply.char:
            return Left(reply.at) if final else False
        if reply.line_start:
            label = label_at(reply.text, reply.at, final)
            if label is MORE:
                return False
            if isinstance(label, Label):
                return Left(reply.at)
        if reply.char in "{[":
            return self.begin_value(reply.at)
        if reply.char in "`~":
            return self._open_fence(final)
        return Left(reply.at) if reply.char == "<" else self._line(final)

    def _open_fence(self, final: bool) -> Outcome | bool:
        """Pass the start of a fence and the language behind it."""
        reply = self._reply
        inside = self._inside_fence(final)
        if inside is MORE:
            return False
        if inside is None:
            return self._line(final)
        self._closing_mark, reply.at = ticks_at(reply.text, reply.at), inside
        return self._line(final) if reply.char in ("`", "~") else True

    def _inside_fence(self, final: bool) -> int | More | None:
        """Where the content of the fence at `reply.at` starts, its language passed over."""
        text, at = self._reply.text, self._reply.at
        found = _TICKS.match(text, at)
        if not final and (len(text) - at < 3 or (found and found.end() == len(text))):
            return MORE
        if found is None:
            return None
        follows = text[found.end() : found.end() + 1]
        # a word with more words behind it is no language: it is part of the content
        return found.end() if follows in ("\r", "\n", "{", "[") else found.start(1)

    def _line(self, final: bool) -> Outcome | bool:
        """A line that is no JSON: the tool's name, a call written like code, or words."""
        reply = self._reply
        end = reply.text.find("\n", reply.at, reply.at + _MAX_LINE)
        if end < 0 and not final and len(reply.text) - reply.at < _MAX_LINE:
            return False
        whole = end >= 0 or not reply.cut
        end = end if end >= 0 else min(len(reply.text), reply.at + _MAX_LINE)
        line = reply.text[reply.at : end]
        label = label_at(reply.text, reply.at, True)
        if isinstance(label, Label) and label.kind == "final":
            reply.line_start = True
            return Left(reply.at)
        named = _NAME_THEN_OBJECT.match(line)
        if named and self._tools.find(named[1].strip()):
            self.tool = named[1].strip()
            return self.begin_value(reply.at + named.end())
        if whole and (reading := read_call_text(line, self._tools)):
            return self._close(reading, reply.at + len(line.rstrip()))
        name = line.strip(" \t\r`*\"'“”.")
        self.asked = name.lower() not in _NO_ACTION
        self.tool = name if self.asked and len(name) <= 64 else ""
        return Left(end)

    def _behind_input(self, final: bool) -> Outcome | bool:
        reply = self._reply
        reply.pass_space()
        if not reply.char and not final:
            return False
        opens = reply.char in ("`", "~") and not self._in_input_fence
        inside = self._inside_fence(final) if opens else None
        if inside is MORE:
            return False
        if inside is not None:
            self._closing_mark, self._in_input_fence = ticks_at(reply.text, reply.at), True
            reply.at = inside
            return True
        self._start = reply.at
        if reply.char in ("{", "["):
            return self.begin_value(reply.at, is_input=True)
        self._step = self._words
        return True

    def _words(self, final: bool) -> Outcome | bool:
        """Input in words, up to a label or the closing fence."""
        reply = self._reply
        if reply.line_start:
            label = label_at(reply.text, reply.at, final)
            fence = fence_line_at(reply.text, reply.at, final) if self._closing_mark else None
            if label is MORE or fence is MORE:
                return False
            if fence or (isinstance(label, Label) and label.kind not in ("question", "answer")):
                return self._use_words(fence or 0)
            reply.line_start = False
        end = reply.text.find("\n", reply.at)
        reply.line_start = end >= 0
        reply.at = end + 1 if end >= 0 else len(reply.text)
        if end >= 0 or not final:
            return end >= 0
        if reply.cut:
            why = f"The input of the action was cut off. Write it again, shorter. {WRITE_ACTION}"
            return Mistake(why, reply.at)
        return self._use_words(0)

    def _use_words(self, log_end: int) -> Outcome:
        words = self._reply.text[self._start : self._reply.at].rstrip()
        end = log_end or self._start + len(words)
        words = words.removesuffix(self._closing_mark).rstrip()
        words = _CLOSING_FENCE.sub("", words).rstrip()
        if len(words) > 1 and words[0] == words[-1] and words[0] in "\"'`":
            words = words[1:-1]
        return Found(for_tool(self.tool, words or None, self._tools), end)

    def _read_value(self, final: bool) -> Outcome | bool:
        text = self._reply.text
        state = self._value.find(text, final)
        end = len(text) if state == "open" else self._value.end
        if end - self._start > _MAX_VALUE:
            state, end = "deep", self._start + _MAX_VALUE
        if state == "open" and not final:
            return False
        if state == "think":
            return Left(end)
        if state == "deep":
            return self._no_value("it is too long or nested too deeply", end)
        if state == "open" and self._reply.cut:
            return self._no_value("it was cut off", end)
        try:
            value = read(text[self._start : end])
        except NotJson as err:
            return self._no_value(str(err), end)
        reading = self._meaning(value)
        if reading is not None:
            return self._close(reading, end)
        if self.asked:
            return Mistake(f'The JSON behind the action has no key "action". {WRITE_ACTION}', end)
        return Left(end)

    def _meaning(self, value: Any) -> Reading | None:
        name = self._tools.find(self.tool) if self.tool else None
        if self._is_input:
            whole = read_calls(value, self._tools, asked=False)
            none: Mapping[str, Any] = {}
            keys = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else none
            known = self._tools.properties(name) if name else none
            if whole is None or any(key in known for key in keys):
                return for_tool(self.tool, value, self._tools)
            return whole
        reading = read_calls(value, self._tools, asked=self.asked)
        return for_tool(name, value, self._tools) if reading is None and name else reading

    def _no_value(self, why: str, end: int) -> Outcome | bool:
        """Not JSON: words, where input may be words; a mistake, where a call was meant; else text."""
        text = self._reply.text[self._start : end]
        if self._is_input and not self._reply.cut:
            self._reply.line_start, self._step = False, self._words
            return True
        if self.asked or looks_intended(text):
            return Mistake(f"The JSON of the action cannot be read: {why}. {WRITE_ACTION}", end)
        self._budget -= len(text)
        return Left(self._start + 1)

    def _close(self, reading: Reading, end: int) -> Outcome | bool:
        self._reading, self._end = reading, end
        self._step = self._closing
        return True

    def _closing(self, final: bool) -> Outcome | bool:
        """Take the closing fence with it, if one was opened."""
        text, mark = self._reply.text, self._closing_mark
        stray = _STRAY.match(text, self._end)
        at = stray.end() if stray else self._end
        if mark and text.startswith(mark, at):
            return Found(self._reading, at + len(mark))
        if mark and not final and mark.startswith(text[at : at + len(mark)]):
            return False
        return Found(self._reading, self._end)
