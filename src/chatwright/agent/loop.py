"""The one loop: ask, run tools, repeat. `Loop` is it, over any planner; `Agent` is a model's, and only waits."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import replace
from typing import Any, Protocol, cast

from ..errors import ChatwrightError, Interrupted, UsageError
from ..events import Error, Event, Finish, ToolCall, ToolResult
from ..model import Model, Options, open_model
from ..tools import Tool, as_tools, load_tools
from ..tools.run import arun_tool, run_tool
from .planner import ModelPlanner
from .run import Limits, Planner, Run, Step, Turn

__all__ = ["Agent", "Loop"]


class _Streams(Protocol):
    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Event]: ...


class Loop:
    """Asks a planner what to do, runs the tools it names, and asks again, until it answers or a limit is reached.

    `tools` are found by their keys, which are the names that the planner uses.
    """

    def __init__(self, planner: Planner, tools: Mapping[str, Tool], limits: Limits) -> None:
        self.planner, self.tools, self.limits = planner, tools, limits

    def events(self, run: Run) -> Generator[Event, None, None]:
        """Everything that happens, as it happens; the last event is a `Finish`. What the planner raises is raised."""
        while (end := run.over(self.limits, time.monotonic())) is None:
            turn = Turn()
            try:
                with closing(cast("Any", self.planner.plan(run))) as events:
                    for event in events:
                        if turn.see(event):
                            yield event
            except Interrupted as err:
                end = _out_of_time(run, err)
                break
            if end := turn.close(run):
                break
            for call in turn.calls:
                result = run_tool(call, self.tools, deadline=run.deadline)
                yield self._enter(run, call, result)
            if end := self._settled(run):
                break
        yield end

    async def aevents(self, run: Run) -> AsyncGenerator[Event, None]:
        """`events` for an event loop."""
        while (end := run.over(self.limits, time.monotonic())) is None:
            turn = Turn()
            try:
                async with aclosing(cast("Any", self.planner.aplan(run))) as events:
                    async for event in events:
                        if turn.see(event):
                            yield event
            except Interrupted as err:
                end = _out_of_time(run, err)
                break
            if end := turn.close(run):
                break
            for call in turn.calls:
                result = await arun_tool(call, self.tools, deadline=run.deadline)
                yield self._enter(run, call, result)
            if end := self._settled(run):
                break
        yield end

    def _settled(self, run: Run) -> Finish | None:
        """The end, where the planner sees in the results that no further turn is needed."""
        settled = getattr(self.planner, "settled", None)
        return settled(run) if settled else None

    def _enter(self, run: Run, call: ToolCall, result: ToolResult) -> ToolResult:
        whole = result.text.encode(
            "utf-8", "replace"
        ).decode()  # a file's name may hold half a character
        result = replace(result, text=_capped(whole, self.limits.max_observation))
        run.steps.append(Step(call, result, run.turns))
        return result


class Agent:
    """Answers a question with a model and tools.

    `model` is a string (see `open_model`), a `Model`, or any object with `stream` and `astream` like
    a model's. `tools` are `Tool`s, typed functions, LangChain tools, or names as `-t` takes them.

    >>> from chatwright.testing import Scripted
    >>> Agent(Scripted(["Thought: easy\\nFinal Answer: 4"]), []).ask("2 + 2?").answer
    '4'
    """

    def __init__(
        self,
        model: str | Model | _Streams,
        tools: Iterable[Any] = (),
        *,
        limits: Limits | None = None,
        system: str = "",
        options: Options | None = None,
        planner: Planner | None = None,
    ) -> None:
        self.tools: dict[str, Tool] = {tool.name: tool for tool in _tools(tools)}
        self.limits = limits or Limits()
        if self.limits.max_steps < 1:
            raise UsageError("an agent needs at least one step", "set max_steps to 1 or more")
        ready = open_model(model) if isinstance(model, str) else cast("Model", model)
        self.planner: Planner = planner or ModelPlanner(
            ready, self.tools, system=system, options=options
        )

    def stream(self, question: str) -> Iterator[Event]:
        """Everything that happens, as it happens; the last event is a `Finish`.

        An error of the model ends the run with an `Error` and a `Finish` whose `stop_reason` is
        `error`. Closing the iterator stops the run.
        """
        run = self._start(question)
        try:
            with closing(self._loop().events(run)) as events:
                yield from events
        except ChatwrightError as err:
            yield Error(str(err), err.hint)
            yield Finish("", None, "error", run.usage)

    async def astream(self, question: str) -> AsyncIterator[Event]:
        """`stream` for an event loop, which neither the model nor a tool blocks."""
        run = self._start(question)
        try:
            async with aclosing(self._loop().aevents(run)) as events:
                async for event in events:
                    yield event
        except ChatwrightError as err:
            yield Error(str(err), err.hint)
            yield Finish("", None, "error", run.usage)

    def ask(self, question: str) -> Finish:
        """The end of the run. An error of the model is raised as it is."""
        return cast("Finish", list(self._loop().events(self._start(question)))[-1])

    async def aask(self, question: str) -> Finish:
        """`ask` for an event loop."""
        events = [event async for event in self._loop().aevents(self._start(question))]
        return cast("Finish", events[-1])

    def _loop(self) -> Loop:
        return Loop(self.planner, self.tools, self.limits)

    def _start(self, question: str) -> Run:
        if not question.strip():
            raise UsageError("there is no question")
        return Run.begin(question, self.limits)


def _tools(given: Iterable[Any]) -> list[Tool]:
    found: list[Any] = []
    for item in given:
        found += load_tools([item]) if isinstance(item, str) else [item]
    return as_tools(found)


def _out_of_time(run: Run, err: Interrupted) -> Finish:
    """The end of a run whose deadline cut the model short; any other interruption is an error."""
    if run.deadline is None or time.monotonic() < run.deadline:
        raise err
    return Finish("", None, "max_seconds", run.usage)


def _capped(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]} … [{len(text) - most} more characters were cut]"
