"""Reads a ReAct reply piece by piece: thoughts, then one action or the answer.

What is shown, and when:

* Text behind `Thought:` and inside think tags is Reasoning, and flows at once.
* Text behind `Final Answer:` is Text, and flows at once; the next label ends it.
* Text without a label is held back until the reply ends, because it may still lead to an action. It is
  Reasoning if a label or an action comes, else it is the answer.
* An action ends the reply: what a model writes behind it was written without seeing the result. But a
  reply that starts with prose may be a thought whose opening tag stands in the prompt. There the action
  waits for the end of the reply or for `Observation:`, and a closing think tag takes it back.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence

from ..events import Malformed, Reasoning, Text, ToolCall
from ..request import ToolSchema
from ._calls import Reading
from ._marks import MORE, Label, Tag, fence_at, label_at, object_at, tag_at, ticks_at
from ._react_action import ActionReader, Found, Left, Mistake
from ._react_answer import AnswerReader
from ._reply import Reply, Trimmed
from ._toolbox import Toolbox

__all__ = ["ReactEvent", "ReactParser"]

ReactEvent = Text | Reasoning | ToolCall | Malformed

_MAX_REPLY = 2_000_000
_MAX_SHOWN = 2_000
_SPECIAL = re.compile(r"[\n\r<{\[`~]")
_LINE_OR_TAG = re.compile(r"[\n\r<]")
_RUN = re.compile(r"`+|~+|.", re.DOTALL)
_THINK_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_INLINE_ANSWER = re.compile(r".*\bfinal answer[*_]{0,3}\s*:[*_]{0,3}\s*(.*)", re.I | re.S)
_LISTED_ACTION = re.compile(
    r"(?im)^[ \t>*+#\d.)-]{1,12}action(?: input)?[ \t]{0,4}\d{0,3}[ \t]{0,4}[:：]"
)
_EMPTY_ANSWER = "The answer is empty. Write 'Final Answer:' and the answer."
_WRITE_EITHER = (
    "Write 'Thought:' and what to do next, then either 'Action:' and one JSON object in a fence,"
    " or 'Final Answer:' and the answer."
)


class ReactParser:
    """Turns one reply into events; `done` once nothing that follows can matter.

    `thinking`: the prompt ended inside an open think tag, so the reply starts inside it.
    """

    def __init__(
        self,
        tools: Sequence[ToolSchema],
        *,
        thinking: bool = False,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.done = False
        self._tools = Toolbox(tools)
        self._new_id = new_id or (lambda: f"call_{secrets.token_hex(6)}")
        self._events: list[ReactEvent] = []
        self._reasoning = Trimmed(lambda text: self._events.append(Reasoning(text)))
        self._reply = Reply()
        self._answer: AnswerReader | None = None
        self._waiting: list[ReactEvent] = []
        self._restart()
        self._sure = False
        self._step = self._start_thinking if thinking else self._start

    def feed(self, text: str) -> list[ReactEvent]:
        """The events that this piece of the reply makes certain."""
        if self.done or not text:
            return []
        self._reply.add(text)
        return self._run(False)

    def end(self, reason: str = "stop") -> list[ReactEvent]:
        """The events that waited for the end of the reply; `length` says that it was cut there."""
        if self.done:
            return []
        self._reply.cut = reason == "length"
        return self._run(True)

    def _run(self, final: bool) -> list[ReactEvent]:
        while not self.done and self._step(final):
            pass
        if not self.done and final:
            self._close()
        if not self.done and len(self._reply.text) > _MAX_REPLY:
            self._fail(f"The reply is too long. {_WRITE_EITHER}")
        events, self._events = self._events, []
        return events

    def _restart(self) -> None:
        """Read on as if nothing had come before."""
        self._action = ActionReader(self._reply, self._tools)
        self._mode = "prose"  # prose: held back; thought: flows; aside: between Action and its JSON
        self._prose: list[str] = []
        self._from = self._reply.at  # where the prose or the thought starts that is being read
        self._resume()

    def _resume(self) -> None:
        self._reply.line_start = True
        self._sure = True
        self._step = self._scan

    def _start(self, final: bool) -> bool:
        """See whether the reply starts in its own shape, or with prose."""
        reply = self._reply
        reply.pass_space()
        label = label_at(reply.text, reply.at, final)
        if not reply.char or label is MORE:
            return False
        self._sure = isinstance(label, Label) or reply.char in "{[`~<"
        self._step = self._scan
        return True

    def _start_thinking(self, final: bool) -> bool:
        """Start inside a think tag; a model may write that tag once more."""
        reply = self._reply
        reply.pass_space()
        tag = tag_at(reply.text, reply.at, final)
        if not reply.char or tag is MORE:
            self._step = self._think if final else self._step
            return final
        reply.at = tag.end if isinstance(tag, Tag) and tag.kind == "open" else reply.at
        self._step = self._think
        return True

    def _scan(self, final: bool) -> bool:
        """Text that may still become anything."""
        reply = self._reply
        if reply.line_start:
            label = label_at(reply.text, reply.at, final)
            if label is MORE:
                return False
            if isinstance(label, Label) and self._take_label(label):
                return True
            reply.line_start = False
        found = _SPECIAL.search(reply.text, reply.at)
        self._pass(found.start() if found else len(reply.text))
        if found is None:
            return False
        if found[0] == "<":
            return self._scan_tag(final)
        if found[0] not in "\n\r":
            return self._scan_value(final)
        self._pass(found.end())
        reply.line_start = True
        return True

    def _scan_tag(self, final: bool) -> bool:
        reply = self._reply
        tag = tag_at(reply.text, reply.at, final)
        if tag is MORE:
            return False
        if not isinstance(tag, Tag):
            self._pass(reply.at + 1)
            return True
        start, reply.at = reply.at, tag.end
        if tag.kind == "open":
            if self._mode == "prose":
                self._prose.append(reply.text[self._from : start])
            self._reasoning.begin()
            self._step = self._think
        elif tag.kind == "close":
            self._turn_into_thought(start)
            self._restart()
        else:
            self._turn_into_thought(start)
            self._begin_action("</tool_call>")
        return True

    def _scan_value(self, final: bool) -> bool:
        """At a bracket or a fence: a call, if an object with keys starts there."""
        reply, start = self._reply, self._reply.at
        closing = ""
        if reply.char in "`~":
            inside = fence_at(reply.text, start, final)
            if inside is MORE:
                return False
            closing = ticks_at(reply.text, start)
            start = inside if isinstance(inside, int) else len(reply.text)
        is_object = reply.text[start : start + 1] in ("{", "[") and object_at(
            reply.text, start, final
        )
        if is_object is MORE:
            return False
        if is_object and self._action.begin_value(start, closing):
            self._step = self._act
        else:
            run = _RUN.match(reply.text, reply.at)
            self._pass(run.end() if run else reply.at + 1)
        return True

    def _pass(self, to: int) -> None:
        if self._mode == "thought" and to > self._reply.at:
            self._reasoning.write(self._reply.text[self._reply.at : to])
        self._reply.at = to

    def _turn_into_thought(self, to: int) -> None:
        """What was held back turns out to be a thought."""
        if self._mode == "prose":
            self._reasoning.begin()
            self._reasoning.write("".join([*self._prose, self._reply.text[self._from : to]]))
        self._prose, self._from = [], to
        self._reasoning.begin()

    def _take_label(self, label: Label) -> bool:
        """Act on a label; false if it means nothing here."""
        kind, reply = label.kind, self._reply
        if kind == "observation":
            reply.text, reply.cut = reply.text[: reply.at], False
            self._close()
            return True
        ignored = (
            kind == "question"
            or (kind == "input" and not self._action.tool)
            or (kind == "answer" and self._mode != "thought")
        )
        if ignored:
            return False
        self._turn_into_thought(reply.at)
        reply.at, reply.line_start = label.end, False
        if kind == "thought":
            self._mode, self._from = "thought", reply.at
        elif kind == "action":
            self._begin_action()
        elif kind == "input":
            self._action.begin_input()
            self._step = self._act
        else:
            self._begin_answer(label)
        return True

    def _begin_answer(self, label: Label) -> None:
        self._answer = AnswerReader(
            self._reply, label, lambda text: self._events.append(Text(text))
        )
        self._step = self._speak

    def _begin_action(self, closing: str = "") -> None:
        self._mode, self._reply.line_start = "aside", False
        self._action.begin_label(closing)
        self._step = self._act

    def _think(self, final: bool) -> bool:
        reply = self._reply
        found = _THINK_END.search(reply.text, reply.at)
        if found:
            self._reasoning.write(reply.text[reply.at : found.start()])
            self._reasoning.begin()
            self._from = reply.at = found.end()
            self._resume()
            return True
        tail = reply.text.rfind("<", max(reply.at, len(reply.text) - 11))
        to = len(reply.text) if tail < 0 or final else tail
        self._reasoning.write(reply.text[reply.at : to])
        reply.at = to
        if final:
            self._fail(f"The reply ended inside <think>. Close it with </think>. {_WRITE_EITHER}")
        return False

    def _act(self, final: bool) -> bool:
        match self._action.step(final):
            case Found(reading, end):
                self._turn_into_thought(self._reply.at)
                self._deliver(reading, end)
            case Mistake(reason, end):
                self._turn_into_thought(self._reply.at)
                self._deliver(Reading(problem=reason), end)
            case Left(at):
                self._reply.line_start = self._reply.line_start and at == self._reply.at
                self._pass(at)
                if self._mode == "aside" and not self._action.asked:
                    self._mode = "thought"
                self._step = self._scan
            case further:
                return further
        return True

    def _deliver(self, reading: Reading, end: int) -> None:
        made: list[ReactEvent] = []
        if reading.problem is not None:
            made.append(self._malformed(reading.problem, end))
        elif reading.answer is not None and not reading.answer.strip():
            made.append(self._malformed(_EMPTY_ANSWER, end))
        elif reading.answer is not None:
            made.append(Text(reading.answer))
        for name, args in reading.calls:
            # the text asked for all of them at once, and is kept once
            log = "" if made else self._reply.text[:end]
            made.append(ToolCall(self._new_id(), name, args, log))
        self._waiting, self._reply.at, self._reply.line_start = made, end, False
        self._step = self._doubt
        if self._sure:
            self._settle()

    def _settle(self) -> None:
        self._events += self._waiting
        self.done = True

    def _doubt(self, final: bool) -> bool:
        """Hold an action back as long as a closing think tag could say that it was a draft."""
        reply = self._reply
        if reply.line_start:
            label = label_at(reply.text, reply.at, final)
            if label is MORE:
                return False
            if isinstance(label, Label) and label.kind == "observation":
                self._settle()
                return True
            reply.line_start = False
        found = _LINE_OR_TAG.search(reply.text, reply.at)
        reply.at = found.start() if found else len(reply.text)
        tag = tag_at(reply.text, reply.at, final) if reply.char == "<" else None
        if found is None or tag is MORE:
            return False
        if isinstance(tag, Tag) and tag.kind == "close":
            self._reasoning.begin()
            self._reasoning.write(reply.text[self._from : reply.at])
            self._reasoning.begin()
            self._waiting, reply.at = [], tag.end
            self._restart()
            return True
        reply.line_start = found[0] in "\n\r"
        reply.at += 1
        return True

    def _speak(self, final: bool) -> bool:
        answer = self._answer
        if answer is None:
            return False
        further = answer.step(final)
        if answer.over and answer.empty:
            label = label_at(self._reply.text, self._reply.at, final)
            if (
                isinstance(label, Label) and label.kind == "input"
            ):  # "Action: Final Answer", "Action Input: 42"
                self._reply.at = label.end
                self._begin_answer(label)
                return True
            self._fail(_EMPTY_ANSWER)
        self.done = self.done or answer.over
        if self._reply.at > _MAX_SHOWN and not answer.empty:
            self._reply.text, self._reply.at = self._reply.text[self._reply.at :], 0
        return further

    def _close(self) -> None:
        """The reply is over, and no step has ended it."""
        reply = self._reply
        prose = "".join([*self._prose, reply.text[self._from :]]).strip()
        if self._step == self._doubt:
            self._close_doubt()
        elif self._action.asked:
            outcome = self._action.at_end()
            self._sure = True
            if isinstance(outcome, Found):
                self._deliver(outcome.reading, outcome.end)
            else:
                self._fail(outcome.reason)
        elif self._mode == "prose" and _LISTED_ACTION.search(prose):
            self._fail(f"The action stands where it cannot be read. {_WRITE_EITHER}")
        elif self._mode == "prose" and prose:
            self._events.append(Text(prose))
        elif self._mode == "prose":
            self._fail(f"The reply is empty. {_WRITE_EITHER}")
        elif (inline := _INLINE_ANSWER.match(prose)) and inline[1].strip("*_ \n"):
            self._events.append(Text(inline[1].strip("*_ \n")))
        elif reply.cut:
            self._fail(f"The reply was cut off before its action or its answer. {_WRITE_EITHER}")
        else:
            self._fail(f"There is a thought, but no action and no answer. {_WRITE_EITHER}")
        self.done = True

    def _close_doubt(self) -> None:
        calls = [event for event in self._waiting if isinstance(event, ToolCall)]
        behind = self._reply.text[len(calls[0].log) :] if calls else ""
        if self._reply.cut and behind.strip():
            self._fail(f"The reply was cut off. {_WRITE_EITHER}")
        else:
            self._settle()

    def _fail(self, reason: str) -> None:
        self._events.append(self._malformed(reason, self._reply.at))
        self.done = True

    def _malformed(self, reason: str, end: int) -> Malformed:
        return Malformed(self._reply.text[: min(end, _MAX_SHOWN)], reason)
