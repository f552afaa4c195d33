"""A run of the agent as data: what was asked, the steps so far, and what comes next. No I/O here."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from ..errors import UsageError
from ..events import Event, Finish, Malformed, Reasoning, Text, ToolCall, ToolResult, Usage
from ..request import Message

if TYPE_CHECKING:
    from .context import Scratchpad

__all__ = ["Limits", "Planner", "Run", "Step", "Turn", "call_key", "not_json"]

_A_CALL = 16  # characters at least
_LONGEST_TOKEN = 16  # characters; a reply with more for each token that it may have has no end


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends by itself. None is no limit.

    `max_steps`: turns of the model. `max_seconds`: wall clock, also while the model writes and while a tool works;
    the time in which a person is asked does not count. `max_tokens`: of prompts and replies in the whole run;
    `max_reply_tokens`: of one reply. `max_tool_seconds`: of one call, where the tool has no timeout of its own.
    `max_observation`: characters of a tool's result that the model gets to see. `max_repeats`: how often the same call
    is made with the same arguments; one more is not made but told so, and then the run ends. In a row:
    `max_malformed` replies that nobody can read, `max_errors` calls that fail. `max_parallel`: calls of one reply that
    run at once.

    `early_stopping`: at a limit, `force` ends the run as it is, `generate` asks the model once more, for the best
    answer with what it has. Either way the `stop_reason` names the limit.
    """

    max_steps: int = 12
    max_seconds: float | None = 600.0
    max_tokens: int | None = 500_000
    max_reply_tokens: int | None = 2_048
    max_tool_seconds: float | None = 120.0
    max_observation: int = 8_000
    max_repeats: int | None = 2
    max_malformed: int = 3
    max_errors: int | None = 8
    max_parallel: int = 8
    early_stopping: Literal["force", "generate"] = "force"

    def check(self) -> None:
        """`UsageError` for a limit that no agent can work under."""
        if self.max_steps < 1:
            raise UsageError("an agent needs at least one step", "set max_steps to 1 or more")
        for name in ("max_malformed", "max_parallel", "max_errors", "max_repeats", "max_tokens", "max_reply_tokens"):  # fmt: skip
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(
                    f"{name} is {value}", "set it to 1 or more, or to None for no limit"
                )
        for name in ("max_seconds", "max_tool_seconds", "max_observation"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UsageError(f"{name} is {value}", "set it to 0 or more")
        if self.early_stopping not in ("force", "generate"):
            raise UsageError(
                f"early_stopping is {self.early_stopping!r}", "write 'force' or 'generate'"
            )


@dataclass(frozen=True, slots=True)
class Step:
    """One call and what it gave. Calls of the same reply have the same `turn`."""

    call: ToolCall
    result: ToolResult
    turn: int = 0


@dataclass(slots=True)
class Run:
    """The question and everything that happened since.

    `history` is the conversation before it. `tainted`: what strangers wrote has been read. `called` counts how often
    each call was asked for. `phase` is what the next turn is for: one more of the `steps`, the `last_words` at a limit,
    or the `form`: `draft`, the answer in prose, once more as JSON.
    """

    question: str
    steps: list[Step | Malformed] = field(default_factory=list[Step | Malformed])
    turns: int = 0
    malformed: int = 0  # in a row
    usage: Usage = field(default_factory=Usage)
    deadline: float | None = None  # time.monotonic()
    limits: Limits = field(default_factory=Limits)
    history: Sequence[Message] = ()
    errors: int = 0  # in a row
    tainted: bool = False
    called: Counter[str] = field(default_factory=Counter[str])
    spent: int = 0  # tokens, also where nobody but our estimate tells them
    phase: Literal["steps", "last_words", "form"] = "steps"
    draft: str = ""
    scratchpad: Scratchpad | None = None
    fixed: int | None = None  # tokens of what is never trimmed
    ids: set[str] = field(default_factory=set[str])  # of the calls so far
    partial: str = ""  # what there was of an answer when an error came

    @classmethod
    def begin(cls, question: str, limits: Limits, history: Sequence[Message] = ()) -> Run:
        """A run whose clock starts now."""
        seconds = limits.max_seconds
        until = None if seconds is None else time.monotonic() + seconds
        return cls(question, deadline=until, limits=limits, history=history)

    def over(self, limits: Limits, now: float) -> Finish | None:
        """The end, where a limit is reached before the next turn."""
        return (
            Finish("", None, reason, self.usage) if (reason := self._reached(limits, now)) else None
        )

    def _reached(self, limits: Limits, now: float) -> str:
        if self.malformed >= limits.max_malformed:
            return "malformed"
        if limits.max_errors is not None and self.errors >= limits.max_errors:
            return "errors"
        if self.turns >= limits.max_steps:
            return "max_steps"
        if self.deadline is not None and now >= self.deadline:
            return "max_seconds"
        if limits.max_tokens is not None and self.spent >= limits.max_tokens:
            return "max_tokens"
        return ""

    def enter(self, call: ToolCall, result: ToolResult, *, trusted: bool = False) -> None:
        """One more step."""
        self.steps.append(Step(call, result, self.turns))
        self.errors = 0 if result.ok else self.errors + 1
        self.tainted = self.tainted or not trusted

    def named(self, call: ToolCall) -> ToolCall:
        """The call under an id that no other call of the run has."""
        name, number = call.id or "call", 1
        while name in self.ids:
            number += 1
            name = f"{call.id or 'call'}_{number}"
        self.ids.add(name)
        return call if name == call.id else replace(call, id=name)

    def reply_tokens(self, most: int | None) -> int | None:
        """How many tokens the next reply may have: `most`, and in a step no more than the run has left."""
        if self.phase != "steps":
            return most
        left = (
            None if self.limits.max_tokens is None else max(1, self.limits.max_tokens - self.spent)
        )
        return min((n for n in (most, left) if n is not None), default=None)


@dataclass(slots=True)
class Turn:
    """What the model did in one turn. Calls are told only when the reply is whole and kept."""

    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    text: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    malformed: Malformed | None = None
    finish: Finish | None = None
    written: int = 0  # characters

    def see(self, event: Event) -> bool:
        """Take note of an event; true if the reader of the run wants it at once."""
        match event:
            case ToolCall():
                self.calls.append(event)
                self.written += len(event.log) or _A_CALL + len(str(event.args))
            case Text(text):
                self.text.append(text)
                self.written += len(text)
            case Reasoning(text):
                self.thoughts.append(text)
                self.written += len(text)
            case Malformed():
                self.malformed = event
            case Finish():
                self.finish = event
            case _:
                self.written += 1
                return True
        return isinstance(event, Text | Reasoning)

    def check(self) -> None:
        """Calls with arguments that nobody can write down are no calls."""
        for call in self.calls:
            try:
                call_key(call)
            except (TypeError, ValueError, RecursionError) as err:
                self.calls = []
                self.malformed = not_json(call, err)
                return

    def endless(self, most: int | None) -> bool:
        """Has it written more than a reply of `most` tokens can hold?"""
        return most is not None and self.written > most * _LONGEST_TOKEN

    @property
    def answer(self) -> str:
        """The answer, or as much of it as there is."""
        return self.finish.answer if self.finish else "".join(self.text)

    def close(self, run: Run) -> Finish | None:
        """Enter the turn into `run`; the end, if the model gave its answer."""
        finish = self.finish or Finish("".join(self.text))
        run.turns += 1
        run.usage += finish.usage
        told = finish.usage.prompt + finish.usage.completion
        run.spent += told or self.written // 4 + 1  # where nobody counts, we estimate
        if self.malformed and not self.calls:
            run.malformed += 1
            run.steps.append(self.malformed)
            return None
        run.malformed = 0
        if self.calls:
            return None
        reason = finish.stop_reason if finish.stop_reason in ("length", "max_tokens") else "answer"
        return Finish(finish.answer, finish.values, reason, run.usage)


class Planner(Protocol):
    """Looks at a run and gives the model's next turn: calls, or the answer, and a `Finish`.

    What else it may have: `keeps_deadline`, true if it ends by itself at `run.deadline`, with `Interrupted`; a method
    `settled(run)`, asked after each turn's tools whether the run is over with their results (it gives the `Finish` then,
    else None); `keep(turn)`, JSON of its own that is kept with the turn, and `restore(turn, kept)`, which is given
    it again when a run goes on in another process; `checked(finish)`, the finish with its values read, or a `Malformed`.
    """

    def plan(self, run: Run) -> Iterator[Event]: ...
    def aplan(self, run: Run) -> AsyncIterator[Event]: ...


def not_json(call: ToolCall, err: Exception) -> Malformed:
    """The reply of a model whose call has arguments that are no JSON object."""
    why = str(err)[:200] if not isinstance(err, RecursionError) else "too deep"
    return Malformed(call.log or call.name, f"The arguments of {call.name} are not JSON: {why}.")


def call_key(call: ToolCall) -> str:
    """What two calls have in common that are the same."""
    return f"{call.name} {json.dumps(call.args, sort_keys=True, default=str)}"
