"""A run of the agent as data: what was asked, the steps so far, and what comes next. No I/O here."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ..events import Event, Finish, Malformed, Text, ToolCall, ToolResult, Usage

__all__ = ["Limits", "Planner", "Run", "Step", "Turn"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends by itself.

    `max_steps`: turns of the model. `max_seconds`: wall clock, checked between steps and given to the
    model as its deadline. `max_malformed`: replies in a row that nobody can read.
    `max_observation`: characters of a tool's result that the model gets to see.
    """

    max_steps: int = 12
    max_seconds: float | None = 600.0
    max_malformed: int = 3
    max_observation: int = 8_000


@dataclass(frozen=True, slots=True)
class Step:
    """One call and what it gave. Calls of the same reply have the same `turn`."""

    call: ToolCall
    result: ToolResult
    turn: int = 0


@dataclass(slots=True)
class Run:
    """The question and everything that happened since."""

    question: str
    steps: list[Step | Malformed] = field(default_factory=list[Step | Malformed])
    turns: int = 0
    malformed: int = 0  # in a row
    usage: Usage = field(default_factory=Usage)
    deadline: float | None = None  # time.monotonic()

    @classmethod
    def begin(cls, question: str, limits: Limits) -> Run:
        """A run whose clock starts now."""
        seconds = limits.max_seconds
        return cls(question, deadline=None if seconds is None else time.monotonic() + seconds)

    def over(self, limits: Limits, now: float) -> Finish | None:
        """The end, where a limit is reached before the next turn."""
        if self.malformed >= limits.max_malformed:
            return Finish("", None, "malformed", self.usage)
        if self.turns >= limits.max_steps:
            return Finish("", None, "max_steps", self.usage)
        if self.deadline is not None and now >= self.deadline:
            return Finish("", None, "max_seconds", self.usage)
        return None


@dataclass(slots=True)
class Turn:
    """What the model did in one turn."""

    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    text: list[str] = field(default_factory=list[str])
    malformed: Malformed | None = None
    finish: Finish | None = None

    def see(self, event: Event) -> bool:
        """Take note of an event; true if the reader of the run wants it too."""
        match event:
            case ToolCall():
                self.calls.append(event)
            case Text(text):
                self.text.append(text)
            case Malformed():
                self.malformed = event
            case Finish():
                self.finish = event
                return False
            case _:
                pass
        return True

    def close(self, run: Run) -> Finish | None:
        """Enter the turn into `run`; the end, if the model gave its answer."""
        finish = self.finish or Finish("".join(self.text))
        run.turns += 1
        run.usage += finish.usage
        if self.malformed and not self.calls:
            run.malformed += 1
            run.steps.append(self.malformed)
            return None
        run.malformed = 0
        if self.calls:
            return None
        reason = "length" if finish.stop_reason == "length" else "answer"
        return Finish(finish.answer, finish.values, reason, run.usage)


class Planner(Protocol):
    """Looks at a run and gives the model's next turn: calls, or the answer, and a `Finish`.

    One that has a method `settled(run)` is asked after each turn's tools whether the run is over with their
    results: it gives the `Finish` then, else None.
    """

    def plan(self, run: Run) -> Iterator[Event]: ...
    def aplan(self, run: Run) -> AsyncIterator[Event]: ...
