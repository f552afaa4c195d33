"""Keeps a run in the journal as it happens, and brings one back that was left: `Keeper` and `restored`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from ..events import (
    Event,
    Finish,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    from_json,
    to_json,
)
from ..tools import Tool
from .run import Planner, Run, Turn, call_key
from .secrets import Redactor

if TYPE_CHECKING:
    from .journal import Record, Row

__all__ = ["FINAL", "Keeper", "Left", "restored"]

FINAL = ("answer", "length")
"""Why a run ended that does not go on."""
_REDACTED = "redacted"  # marks a call whose arguments were not kept whole


@dataclass(slots=True)
class Left:
    """How far an earlier process came: the `end`, else what the last reply `gave`, else its `calls` without a result.

    Where some of a reply's calls have `results`, all of them are in `calls`, so that they are entered in their order.
    `started` are those that may have been carried out, `blurred` those whose arguments hold a secret and were not kept.
    """

    end: Finish | None = None
    gave: Finish | None = None
    last: bool = False  # what it gave is its last word
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    started: set[str] = field(default_factory=set[str])
    blurred: set[str] = field(default_factory=set[str])
    edited: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    results: dict[str, ToolResult] = field(default_factory=dict[str, ToolResult])

    def open(self) -> None:
        """Go on, where it was no answer that ended the run."""
        self.end = None
        if self.gave and self.gave.stop_reason not in FINAL:
            self.gave, self.last = None, False


class Keeper:
    """Writes the rows of one run. Keys and tokens are made unreadable before."""

    def __init__(self, record: Record, redactor: Redactor) -> None:
        self._record, self._redactor = record, redactor
        self.run_id = record.run_id

    def reply(self, turn: Turn, kept: Any = None, *, phase: str = "steps", ends: str = "") -> None:
        """A whole reply of the model. Nothing acts on it before this is done.

        `phase`: what it was asked for, where that was no step; `ends`: it is what was wanted, and the run ends with it
        for this reason.
        """
        row: dict[str, Any] = {"events": [to_json(event) for event in _events(turn)]}
        if kept is not None:
            row["keep"] = kept
        if not self._is_clean(row):
            row["events"] = [self._told(told) for told in row["events"]]
            row["keep"] = self._redactor.json(kept)
        if phase != "steps":
            row |= {"phase": phase, "ends": ends}
        self._record.add(("reply", row))

    def intents(
        self, calls: Sequence[ToolCall], *, edited: Mapping[str, Any], durable: bool
    ) -> None:
        """These calls are about to be run, and must not be run twice; `edited` has other arguments for some."""
        rows = [("intent", {"call": call.id, **self._edit(call, edited)}) for call in calls]
        if rows:
            self._record.add(*rows, durable=durable)

    def observation(self, result: ToolResult) -> None:
        """What a call gave."""
        told = {"call": result.call_id, "text": result.text, "ok": result.ok, "ms": result.ms}
        self._record.add(("observation", self._cleaned(told)))

    def end(self, finish: Finish) -> None:
        """The end, for now: a run that a limit ended may go on later."""
        self._record.add(("end", self._cleaned(to_json(finish))))

    def _edit(self, call: ToolCall, edited: Mapping[str, Any]) -> dict[str, Any]:
        return self._told({"args": edited[call.id]}) if call.id in edited else {}

    def _told(self, told: dict[str, Any]) -> dict[str, Any]:
        kept = self._redactor.json(told)
        if "args" in told and kept["args"] != told["args"]:
            kept[_REDACTED] = True
        return kept

    def _cleaned(self, told: dict[str, Any]) -> dict[str, Any]:
        return told if self._is_clean(told) else self._redactor.json(told)

    def _is_clean(self, told: dict[str, Any]) -> bool:
        try:
            return self._redactor.clean(json.dumps(told))
        except (TypeError, ValueError, RecursionError):
            return False  # nor is it JSON: whoever writes it says so


def restored(
    rows: Sequence[Row], run: Run, planner: Planner, tools: Mapping[str, Tool] | None = None
) -> Left:
    """Enter what the rows tell into `run`, and say what is left to do. Of `tools` it wants to know which are trusted."""
    left = Left()
    for row in rows:
        match row.kind:
            case "reply":
                _enter(left, run, tools or {})
                left = _replied(row.data, run, planner, left)
            case "intent":
                left.started.add(str(row.data["call"]))
                if "args" in row.data:
                    left.edited[str(row.data["call"])] = row.data["args"]
                if row.data.get(_REDACTED):
                    left.blurred.add(str(row.data["call"]))
            case "observation":
                result = cast(
                    "ToolResult",
                    from_json({**row.data, "call_id": row.data["call"], "type": "tool_result"}),
                )
                left.results[result.call_id] = result
            case "end":
                left.end = cast("Finish", from_json({**row.data, "type": "finish"}))
            case "resumed":
                left.open()
            case _:
                pass
    if all(call.id in left.results for call in left.calls):
        _enter(left, run, tools or {})
    run.malformed = run.errors = 0  # whoever goes on gives it another chance
    if (most := run.limits.max_repeats) is not None:
        run.called = Counter({key: min(times, most) for key, times in run.called.items()})
    return left


def _replied(data: Mapping[str, Any], run: Run, planner: Planner, before: Left) -> Left:
    turn, left = Turn(), Left()
    for told in cast("list[dict[str, Any]]", data["events"]):
        event = from_json(told)
        turn.see(event)
        if isinstance(event, ToolCall):
            run.ids.add(event.id)
            if told.get(_REDACTED):
                left.blurred.add(event.id)
    gave = turn.close(run)
    restore = getattr(planner, "restore", None)
    if restore:
        restore(turn, data.get("keep"))
    if data.get("phase"):
        run.turns -= 1
        if ends := str(data.get("ends") or ""):
            before.gave, before.last = gave and replace(gave, stop_reason=ends), True
        return before
    left.gave, left.calls = gave, list(turn.calls)
    for call in turn.calls:
        run.called[call_key(call)] += 1
    return left


def _enter(left: Left, run: Run, tools: Mapping[str, Tool]) -> None:
    """The steps of a reply in the order of its calls, whichever of them ended first."""
    for call in [call for call in left.calls if call.id in left.results]:
        tool = tools.get(call.name)
        run.enter(call, left.results[call.id], trusted=tool is not None and tool.trusted)
        left.calls.remove(call)


def _events(turn: Turn) -> list[Event]:
    """The turn as the reader of a journal wants it: no pieces, but texts."""
    events: list[Event] = []
    if thought := "".join(turn.thoughts):
        events.append(Reasoning(thought))
    if text := "".join(turn.text):
        events.append(Text(text))
    events += turn.calls
    if turn.malformed:
        events.append(turn.malformed)
    events.append(turn.finish or Finish(text))
    return events
