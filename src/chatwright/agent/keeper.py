"""Keeps a run in the journal as it happens, and brings one back that was left: `Keeper` and `restored`."""

from __future__ import annotations

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

__all__ = ["Keeper", "Left", "restored"]

_REDACTED = "redacted"  # marks a call whose arguments were not kept whole


@dataclass(slots=True)
class Left:
    """How far an earlier process came: the `end`, else what the last reply `gave`, else its `calls` without a result.

    `started` are those among them that may have been carried out, `blurred` those whose arguments hold a secret and
    were not kept.
    """

    end: Finish | None = None
    gave: Finish | None = None
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    started: set[str] = field(default_factory=set[str])
    blurred: set[str] = field(default_factory=set[str])


class Keeper:
    """Writes the rows of one run. Keys and tokens are made unreadable before."""

    def __init__(self, record: Record, redactor: Redactor) -> None:
        self._record, self._redactor = record, redactor
        self.run_id = record.run_id

    def reply(self, turn: Turn, kept: Any = None, *, ends: str = "") -> None:
        """A whole reply of the model. Nothing acts on it before this is done.

        `ends`: it is no step but the last word, and the run ends for this reason.
        """
        row: dict[str, Any] = {"events": [self._told(event) for event in _events(turn)]}
        if kept is not None:
            row["keep"] = self._redactor.json(kept)
        if ends:
            row["ends"] = ends
        self._record.add(("reply", row))

    def intents(self, calls: Sequence[ToolCall], *, durable: bool) -> None:
        """These calls are about to be run, and must not be run twice."""
        rows = [("intent", {"call": call.id}) for call in calls]
        if rows:
            self._record.add(*rows, durable=durable)

    def observation(self, result: ToolResult) -> None:
        """What a call gave."""
        told = to_json(result)
        row = {
            "call": result.call_id,
            **self._redactor.json({k: told[k] for k in ("text", "ok", "ms")}),
        }
        self._record.add(("observation", row))

    def end(self, finish: Finish) -> None:
        """The end, for now: a run that a limit ended may go on later."""
        self._record.add(("end", self._redactor.json(to_json(finish))))

    def resumed(self) -> None:
        """The run goes on."""
        self._record.add(("resumed", {}))

    def _told(self, event: Event) -> dict[str, Any]:
        told = to_json(event)
        kept = self._redactor.json(told)
        if isinstance(event, ToolCall) and kept["args"] != told["args"]:
            kept[_REDACTED] = True
        return kept


def restored(
    rows: Sequence[Row], run: Run, planner: Planner, tools: Mapping[str, Tool] | None = None
) -> Left:
    """Enter what the rows tell into `run`, and say what is left to do. Of `tools` it wants to know which are trusted."""
    left = Left()
    for row in rows:
        match row.kind:
            case "reply":
                left = _replied(row.data, run, planner)
            case "intent":
                left.started.add(str(row.data["call"]))
            case "observation":
                _observed(row.data, run, left, tools or {})
            case "end":
                left.end = cast("Finish", from_json({**row.data, "type": "finish"}))
            case "resumed":
                left.end = None
                if left.gave and left.gave.stop_reason != "answer":
                    left.gave = None
            case _:
                pass
    run.malformed = run.errors = 0  # whoever goes on gives it another chance
    return left


def _replied(data: Mapping[str, Any], run: Run, planner: Planner) -> Left:
    turn, left = Turn(), Left()
    for told in cast("list[dict[str, Any]]", data["events"]):
        event = from_json(told)
        turn.see(event)
        if isinstance(event, ToolCall) and told.get(_REDACTED):
            left.blurred.add(event.id)
    left.gave = turn.close(run)
    if ends := str(data.get("ends") or ""):
        run.turns -= 1
        left.gave = left.gave and replace(left.gave, stop_reason=ends)
        return left
    left.calls = list(turn.calls)
    for call in turn.calls:
        run.called[call_key(call)] += 1
    restore = getattr(planner, "restore", None)
    if restore:
        restore(turn, data.get("keep"))
    return left


def _observed(data: Mapping[str, Any], run: Run, left: Left, tools: Mapping[str, Tool]) -> None:
    result = ToolResult(str(data["call"]), str(data["text"]), bool(data["ok"]), float(data["ms"]))
    for call in left.calls:
        if call.id == result.call_id:
            tool = tools.get(call.name)
            run.enter(call, result, trusted=tool is not None and tool.trusted)
            left.calls.remove(call)
            return


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
