"""The one loop: ask, run tools, repeat. `Course` decides what comes next; the two shells here only wait for it."""

from __future__ import annotations

import asyncio
import inspect
import queue
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, aclosing, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from ..errors import Interrupted
from ..events import Event, Finish, ToolCall, ToolResult
from ..tools import Tool
from ..tools.run import arun_tool, awaited, from_a_thread, run_tool, start_on_a_thread
from .approval import Approver, Decision, decision_of
from .course import Course, Execute, Plan
from .gate import Ask, Gate, Unknown
from .keeper import Keeper, Left
from .run import Limits, Planner, Run
from .spans import Watch
from .waiting import apaced, paced

__all__ = ["Loop"]


@dataclass(slots=True)
class Loop:
    """Asks a planner what to do, runs the tools it names, and asks again, until it answers or a limit is reached.

    `tools` are found by their keys, which are the names that the planner uses. `keeper` writes the run into a
    journal, and `left` is what an earlier process left of it. `approve` is asked before a tool that writes; `careful`
    refuses those once the run has read what strangers wrote. `unknown` says what becomes of a call that an
    interruption left without a result. `form`: the answer is wanted as JSON, too. `watch` is told of each step.
    """

    planner: Planner
    tools: Mapping[str, Tool]
    limits: Limits
    keeper: Keeper | None = None
    left: Left | None = None
    approve: Approver | None = None
    careful: bool = False
    unknown: Unknown = "ask"
    form: bool = False
    watch: Watch | None = None

    def events(self, run: Run) -> Generator[Event, None, None]:
        """Everything that happens, as it happens; the last event is a `Finish`. What the planner raises is raised."""
        course = self._course(run).go()
        with closing(course):
            go_on: Callable[[], Any] = partial(next, course)
            while True:
                try:
                    order = go_on()
                except StopIteration:
                    return
                go_on = partial(next, course)
                try:
                    match order:
                        case Plan():
                            late = yield from self._planned(run, order)
                            go_on = partial(course.send, late)
                        case Ask():
                            go_on = partial(course.send, self._decision(order))
                        case Execute():
                            go_on = partial(course.send, self._executed(run, order))
                        case event:
                            yield event
                except Exception as err:  # the course decides, and raises it again
                    go_on = partial(course.throw, err)

    async def aevents(self, run: Run) -> AsyncGenerator[Event, None]:
        """`events` for an event loop."""
        course = self._course(run).go()
        with closing(course):
            go_on: Callable[[], Any] = partial(next, course)
            while True:
                try:
                    order = go_on()
                except StopIteration:
                    return
                go_on = partial(next, course)
                try:
                    match order:
                        case Plan():
                            async with aclosing(self._aplanned(run, order)) as events:
                                async for event in events:
                                    yield event
                            go_on = partial(course.send, order.late)
                        case Ask():
                            go_on = partial(course.send, await self._adecision(order))
                        case Execute():
                            go_on = partial(course.send, await self._aexecuted(run, order))
                        case event:
                            yield event
                except Exception as err:  # the course decides, and raises it again
                    go_on = partial(course.throw, err)

    def _course(self, run: Run) -> Course:
        gate = Gate(
            run,
            self.tools,
            self.limits,
            left=self.left,
            asks=self.approve is not None,
            careful=self.careful,
            unknown=self.unknown,
        )
        return Course(
            run,
            self.planner,
            self.tools,
            self.limits,
            gate,
            keeper=self.keeper,
            left=self.left,
            form=self.form,
            watch=self.watch,
        )

    # -- the planner's turn ---------------------------------------------------------------------------

    def _planned(self, run: Run, plan: Plan) -> Generator[Event, None, str]:
        """Stream a turn; the limit that cut it short, if one did."""
        planner, deadline = self.planner, run.deadline
        if deadline is None or getattr(planner, "keeps_deadline", False):
            source = planner.plan(run)
        else:
            source = paced(lambda: planner.plan(run), deadline)
        try:
            with closing(cast("Any", source)) as events:
                for event in events:
                    if plan.turn.see(event):
                        yield event
                    if late := self._late(run, plan, event):
                        return late
        except Interrupted as err:
            return _out_of_time(run, err)
        return ""

    async def _aplanned(self, run: Run, plan: Plan) -> AsyncGenerator[Event, None]:
        """`_planned` for an event loop; the limit is noted in the plan."""
        planner, deadline = self.planner, run.deadline
        source = planner.aplan(run)
        if deadline is not None and not getattr(planner, "keeps_deadline", False):
            source = apaced(source, deadline)
        try:
            async with aclosing(cast("Any", source)) as events:
                async for event in events:
                    if plan.turn.see(event):
                        yield event
                    if late := self._late(run, plan, event):
                        plan.late = late
                        return
        except Interrupted as err:
            plan.late = _out_of_time(run, err)

    def _late(self, run: Run, plan: Plan, event: Event) -> str:
        """The limit that a turn has crossed while it is written."""
        if isinstance(event, Finish):
            return ""
        if run.deadline is not None and time.monotonic() >= run.deadline:
            return "max_seconds"
        return "max_tokens" if plan.turn.endless(self.limits.max_reply_tokens) else ""

    # -- a person ---------------------------------------------------------------------------------------

    def _decision(self, ask: Ask) -> tuple[Decision, float]:
        start = time.monotonic()
        answer = cast("Approver", self.approve)(ask.call, ask.tool)
        if inspect.isawaitable(answer):
            answer = awaited(answer)
        return decision_of(answer), time.monotonic() - start

    async def _adecision(self, ask: Ask) -> tuple[Decision, float]:
        start = time.monotonic()
        approve = cast("Approver", self.approve)
        if inspect.iscoroutinefunction(approve):
            answer = await approve(ask.call, ask.tool)
        else:  # who waits for a key to be pressed must not hold up the other agents
            answer = await from_a_thread(lambda: approve(ask.call, ask.tool))
            if inspect.isawaitable(answer):
                answer = await answer
        return decision_of(answer), time.monotonic() - start

    # -- tools ------------------------------------------------------------------------------------------

    def _executed(self, run: Run, execute: Execute) -> list[ToolResult]:
        calls = execute.calls
        for call in calls:
            execute.began(call)
        if len(calls) == 1:
            return [execute.done(self._run_one(run, calls[0]))]
        ended: queue.SimpleQueue[tuple[int, Future[ToolResult]]] = queue.SimpleQueue()
        for at, call in enumerate(calls):
            start_on_a_thread(
                partial(self._run_one, run, call), lambda done, at=at: ended.put((at, done))
            )
        results: dict[int, ToolResult] = {}
        while len(results) < len(calls):
            at, done = ended.get()
            results[at] = execute.done(done.result())
        return [results[at] for at in range(len(calls))]

    async def _aexecuted(self, run: Run, execute: Execute) -> list[ToolResult]:
        async def one(call: ToolCall) -> ToolResult:
            limit = self.limits.max_tool_seconds
            with self._inside(call):
                got = await arun_tool(call, self.tools, deadline=run.deadline, timeout=limit)
            return execute.done(got)

        for call in execute.calls:
            execute.began(call)
        if len(execute.calls) == 1:
            return [await one(execute.calls[0])]
        try:
            async with asyncio.TaskGroup() as group:  # a cancelled run leaves none of them behind
                tasks = [group.create_task(one(call)) for call in execute.calls]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    def _run_one(self, run: Run, call: ToolCall) -> ToolResult:
        limit = self.limits.max_tool_seconds
        with self._inside(call):
            return run_tool(call, self.tools, deadline=run.deadline, timeout=limit)

    def _inside(self, call: ToolCall) -> AbstractContextManager[None]:
        """What the tool traces stands below its call."""
        return self.watch.tool_context(call) if self.watch else nullcontext()


def _out_of_time(run: Run, err: Interrupted) -> str:
    """The limit, if a run's deadline cut the model short; any other interruption is an error."""
    if run.deadline is None or time.monotonic() < run.deadline:
        raise err
    return "max_seconds"
