"""The brain of the loop: what happens next in a run, and nothing of how to wait for it.

`Course.go()` is a generator. It yields events for the reader of the run, and orders for the shell that drives it:
`Plan` (stream the planner's turn), `Ask` (a person), `Execute` (tools, at once). What came of an order is sent back in.
The journal is written here, since what is committed when is a decision.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ..errors import ChatwrightError, JournalError
from ..events import Event, Finish, Notice, Text, ToolCall, ToolResult
from ..tools import Tool
from .gate import Ask, Gate
from .hygiene import capped, visible
from .keeper import Keeper, Left
from .run import Limits, Planner, Run, Turn, call_key
from .spans import Watch

__all__ = ["Course", "Execute", "Plan"]


@dataclass(slots=True)
class Plan:
    """Stream the planner's next turn. Sent back: the limit that cut it short, or nothing."""

    turn: Turn
    late: str = ""


@dataclass(frozen=True, slots=True)
class Execute:
    """Run these calls at once; each result goes to `done`, which gives what is entered. Sent back: those, in order."""

    calls: Sequence[ToolCall]
    began: Callable[[ToolCall], None]
    done: Callable[[ToolResult], ToolResult]


Order = Event | Plan | Ask | Execute
Steps = Generator[Order, Any, "Finish | None"]

# At these an answer may still be asked for.
_ROOM_FOR_A_WORD = ("max_steps", "repeats", "malformed", "errors", "max_tokens")


@dataclass(slots=True)
class Course:
    """One run from where it stands to its end."""

    run: Run
    planner: Planner
    tools: Mapping[str, Tool]
    limits: Limits
    gate: Gate
    keeper: Keeper | None = None
    left: Left | None = None
    form: bool = False
    watch: Watch | None = None
    _turn: Turn = field(default_factory=Turn)

    def go(self) -> Generator[Order, Any, None]:
        """Events and orders; the last event is a `Finish`. What the planner raises is raised."""
        if self.left and self.left.end:
            if self.left.end.answer:
                yield Text(self.left.end.answer)
            if self.watch:
                self.watch.run_ended(self.left.end)
            yield self._named(self.left.end)
            return
        try:
            end = yield from self._play()
        except GeneratorExit:
            self._broken_off("stopped")
            raise
        except Exception as err:
            self._broken_off("error" if isinstance(err, ChatwrightError) else "", err)
            raise
        yield self._named(end)

    def _named(self, end: Finish) -> Finish:
        return replace(end, run_id=self.keeper.run_id) if self.keeper else end

    def _play(self) -> Generator[Order, Any, Finish]:
        end = (yield from self._reopened()) if self.left else None
        words = self.left is not None and self.left.last
        self.left = self.gate.left = None  # what comes from here on is new
        while end is None:
            end = self.run.over(self.limits, time.monotonic())
            end = end or (yield from self._step())
        if (
            not words
            and end.stop_reason in _ROOM_FOR_A_WORD
            and self.limits.early_stopping == "generate"
        ):
            end = yield from self._last_words(end)
        if self.form and end.values is None and end.answer.strip() and end.stop_reason != "stopped":
            end = yield from self._in_form(end)
        self._over(end)
        return end

    def _over(self, end: Finish) -> None:
        if self.keeper:
            self.keeper.end(end)
        if self.watch:
            self.watch.run_ended(end)

    def _broken_off(self, reason: str, err: BaseException | None = None) -> None:
        """The end of a run that somebody or something stopped. Without a reason it is none that the journal knows."""
        self.run.partial = self._turn.answer or str(getattr(err, "partial", ""))
        end = Finish(self.run.partial, None, reason, self.run.usage) if reason else None
        if self.keeper and end:
            with suppress(
                JournalError
            ):  # then it stands there as it is, and may go on; the first error is told
                self.keeper.end(end)
        if self.watch:
            self.watch.run_ended(end, err)

    # -- a turn -----------------------------------------------------------------------------------

    def _step(self) -> Steps:
        turn, late = yield from self._planned()
        if late:
            return Finish(turn.answer, None, late, self.run.usage)
        turn.check()
        turn.calls = [self.run.named(call) for call in turn.calls]
        end = turn.close(self.run)
        self._keep(turn)
        yield from turn.calls
        if turn.malformed:
            yield turn.malformed
        if end:
            return end
        return (yield from self._act(turn.calls)) or self._settled()

    def _planned(self) -> Generator[Order, Any, tuple[Turn, str]]:
        turn = self._turn = Turn()
        if self.watch:
            self.watch.turn_began(self.run)
        late = yield Plan(turn)
        if self.watch:
            self.watch.turn_ended(self.run, turn)
        return turn, late or ""

    def _keep(self, turn: Turn, ends: str = "") -> None:
        if self.keeper:
            keep: Callable[[Turn], Any] | None = getattr(self.planner, "keep", None)
            kept = keep(turn) if keep else None
            self.keeper.reply(turn, kept, phase=self.run.phase, ends=ends)

    def _settled(self) -> Finish | None:
        """The end, where the planner sees in the results that no further turn is needed."""
        settled = getattr(self.planner, "settled", None)
        return settled(self.run) if settled else None

    def _last_words(self, end: Finish) -> Generator[Order, Any, Finish]:
        """The limit's end, with the best answer that the model can give without another step."""
        run = self.run
        run.phase = "last_words"
        try:
            turn, late = yield from self._planned()
        except ChatwrightError as err:
            yield Notice(f"no last answer: {err}")
            return end
        if late:
            return replace(end, answer=turn.answer, usage=run.usage)
        gave = turn.close(run)
        said = gave is not None and gave.stop_reason == "answer"
        self._keep(turn, end.stop_reason if said else "")
        if turn.malformed:
            yield turn.malformed
        if gave is None or not said:
            return replace(end, answer=turn.answer if not turn.calls else "", usage=run.usage)
        return replace(gave, stop_reason=end.stop_reason)

    def _in_form(self, end: Finish) -> Generator[Order, Any, Finish]:
        """The answer once more, as JSON that fits the schema."""
        run = self.run
        run.phase, run.draft, run.malformed = "form", end.answer, 0
        while run.malformed < self.limits.max_malformed:
            turn, late = yield from self._planned()
            if late:
                return replace(end, stop_reason=late)
            gave = turn.close(run)
            fits = gave is not None and gave.values is not None
            self._keep(turn, end.stop_reason if fits else "")
            if gave and fits:
                return replace(gave, stop_reason=end.stop_reason)
            if turn.malformed:
                yield turn.malformed
            else:
                run.malformed += 1
        return replace(end, stop_reason="malformed", usage=run.usage)

    # -- its calls ----------------------------------------------------------------------------------

    def _act(self, calls: Sequence[ToolCall]) -> Steps:
        """Run the calls of one reply: those that only read side by side, each that writes by itself."""
        for batch in self._batches(calls):
            if end := self.gate.end or self._out_of_time():
                return end  # what was not begun stays open
            ready: list[ToolCall] = []
            results: dict[str, ToolResult] = {}
            for call in batch:
                if self.left and (kept := self.left.results.get(call.id)):
                    results[call.id] = kept
                    continue
                verdict = yield from self.gate.vetted(call)
                if isinstance(verdict, ToolCall):
                    ready.append(verdict)
                elif verdict is None:
                    return self.gate.end  # the call stays open
                else:
                    results[call.id] = self._entered(verdict)
            if ready:
                self._about_to_run(ready)
                done = yield Execute(ready, self._began, self._entered)
                results |= {result.call_id: result for result in done}
            for call in batch:
                yield self._stepped(call, results[call.id])
        return self.gate.end

    def _out_of_time(self) -> Finish | None:
        deadline = self.run.deadline
        if deadline is None or time.monotonic() < deadline:
            return None
        return Finish("", None, "max_seconds", self.run.usage)

    def _batches(self, calls: Sequence[ToolCall]) -> list[list[ToolCall]]:
        batches: list[list[ToolCall]] = []
        alone = True
        for call in calls:
            tool = self.tools.get(call.name)
            single = self.gate.is_doubtful(call) or (tool is not None and tool.writes)
            if alone or single or len(batches[-1]) >= self.limits.max_parallel:
                batches.append([])
            batches[-1].append(call)
            alone = single
        return batches

    def _about_to_run(self, calls: Sequence[ToolCall]) -> None:
        if self.keeper:
            once = [c for c in calls if c.name in self.tools and not self.tools[c.name].idempotent]
            durable = any(self.tools[call.name].writes for call in once)
            self.keeper.intents(once, edited=self.gate.edited, durable=durable)

    def _began(self, call: ToolCall) -> None:
        if self.watch:
            self.watch.tool_began(call, self.tools.get(call.name))

    def _entered(self, result: ToolResult) -> ToolResult:
        """The result as the model gets to see it, committed."""
        text = capped(visible(result.text), self.limits.max_observation)
        if (edited := self.gate.edited.get(result.call_id)) is not None:
            told = json.dumps(edited, ensure_ascii=False, default=str)
            text = f"[a person changed the arguments to {told}]\n{text}"
        result = replace(result, text=text)
        if self.keeper:
            self.keeper.observation(result)
        return result

    def _stepped(self, call: ToolCall, result: ToolResult) -> ToolResult:
        tool = self.tools.get(call.name)
        if self.watch:
            self.watch.tool_ended(call, result)
        self.run.enter(call, result, trusted=tool is not None and tool.trusted)
        return result

    # -- what an earlier process left -----------------------------------------------------------------

    def _reopened(self) -> Steps:
        left = cast("Left", self.left)
        if left.gave:
            if not (self.form and left.gave.values is None):
                yield Text(left.gave.answer)
            return left.gave
        yield from left.calls  # whoever was told of them is gone
        for call in left.calls:
            if call.id not in left.results:
                self.run.called[call_key(call)] -= 1  # they are counted when they are vetted
        if left.calls:
            return (yield from self._act(left.calls)) or self._settled()
        return self._settled() if self.run.steps else None
