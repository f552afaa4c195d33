"""One run of an executor, told in LangChain's words: callbacks, the trace, and its actions, steps and end."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, cast

from langchain_core.agents import AgentAction, AgentFinish, AgentStep
from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig, ensure_config

from chatwright.agent import Limits, Loop, Run, Step
from chatwright.events import Event, Finish, Malformed, ToolCall, ToolResult

from .bridge import Bridges
from .planner import Intermediate, RunnablePlanner
from .trace import Trace

if TYPE_CHECKING:
    from .executor import AgentExecutor

__all__ = ["Item", "Session"]

Item = AgentAction | AgentStep | AgentFinish

# Code that was written for LangChain's executor compares these very words.
_STOPPED = "Agent stopped due to iteration limit or time limit."
_NO_LIMIT = sys.maxsize
_PASSED_ON = ("configurable", "max_concurrency", "recursion_limit")


class Session:
    """One run: `items` and `aitems` give what happens, `outputs` what came of it."""

    def __init__(
        self, executor: AgentExecutor, inputs: Mapping[str, Any], config: RunnableConfig | None
    ) -> None:
        self.executor = executor
        self.inputs = dict(inputs)
        self.config = ensure_config(config)
        self.finish = AgentFinish({}, "")
        self.run_id: Any = None
        self.run = Run("")
        self._planner: RunnablePlanner | None = None
        self._trace: Trace | None = None

    @property
    def steps(self) -> Intermediate:
        """The actions and observations so far."""
        return self._planner.steps(self.run) if self._planner else []

    @property
    def outputs(self) -> dict[str, Any]:
        """What the agent gave, and its steps where they are asked for."""
        values = dict(self.finish.return_values)
        if self.executor.return_intermediate_steps:
            values["intermediate_steps"] = self.steps
        return values

    def items(self) -> Generator[Item, None, None]:
        """Each action, step and the finish as it happens; callbacks and the trace see it first."""
        manager = CallbackManager.configure(*self._configured())
        started = manager.on_chain_start(
            cast("Any", None), self.inputs, run_id=self.config.get("run_id"), name=self._name
        )
        try:
            loop = self._begin(started.run_id, started.get_child)
            with closing(loop.events(self.run)) as events:
                for event in events:
                    item = self._item(event)
                    if isinstance(item, AgentFinish):
                        item = self._end(cast("Finish", event))
                    if isinstance(item, AgentAction):
                        started.on_agent_action(item, color="green")
                    elif isinstance(item, AgentFinish):
                        started.on_agent_finish(item, color="green")
                    if item is not None:
                        self._show(item)
                        yield item
            self.executor.remember(self.inputs, self.outputs)
        except BaseException as err:
            started.on_chain_error(err)
            raise
        started.on_chain_end(self.outputs)
        self._leave()

    async def aitems(self) -> AsyncGenerator[Item, None]:
        """`items` for an event loop."""
        manager = AsyncCallbackManager.configure(*self._configured())
        started = await manager.on_chain_start(
            cast("Any", None), self.inputs, run_id=self.config.get("run_id"), name=self._name
        )
        try:
            under = started.get_sync().get_child
            loop = self._begin(started.run_id, under, started.get_child)
            async with aclosing(loop.aevents(self.run)) as events:
                async for event in events:
                    item = self._item(event)
                    if isinstance(item, AgentFinish):
                        item = await self._aend(cast("Finish", event))
                    if isinstance(item, AgentAction):
                        await started.on_agent_action(item, color="green")
                    elif isinstance(item, AgentFinish):
                        await started.on_agent_finish(item, color="green")
                    if item is not None:
                        self._show(item)
                        yield item
            await self.executor.aremember(self.inputs, self.outputs)
        except BaseException as err:
            await started.on_chain_error(err)
            raise
        await started.on_chain_end(self.outputs)
        self._leave()

    def _configured(self) -> tuple[Any, ...]:
        config, own = self.config, self.executor
        tags, metadata = config.get("tags"), config.get("metadata")
        return config.get("callbacks"), own.callbacks, False, tags, own.tags, metadata, own.metadata

    @property
    def _name(self) -> str:
        return self.config.get("run_name") or self.executor.get_name()

    def _begin(self, run_id: Any, children: Any, achildren: Any = None) -> Loop:
        own = self.executor
        self.run_id = run_id
        if own.verbose:
            self._trace = Trace(sys.stdout)
            self._trace.enter(self._name)
        bridges = Bridges(own.tools, children, achildren)
        self._planner = RunnablePlanner(
            own.agent,
            self.inputs,
            lambda: self._below(achildren or children),
            bridges,
            repair=own.handle_parsing_errors,
            trim=own.trim_intermediate_steps,
            streams=own.stream_runnable,
            keys=lambda: own.input_keys,
        )
        limits = Limits(
            max_steps=_NO_LIMIT if own.max_iterations is None else own.max_iterations,
            max_seconds=own.max_execution_time,
            max_tokens=None,
            max_reply_tokens=None,
            max_repeats=None if own.max_iterations is None else 2,
            max_errors=None,
            max_malformed=_NO_LIMIT,
            max_observation=own.max_observation,
        )
        self.run = Run.begin(str(self.inputs.get("input", "")), limits)
        return Loop(self._planner, bridges.for_loop(), limits)

    def _below(self, children: Any) -> dict[str, Any]:
        """The configuration of a turn: callbacks under this run, and what else the caller set for all of it."""
        config = cast("dict[str, Any]", self.config)
        passed = {key: config[key] for key in _PASSED_ON if key in config}
        return {**passed, "callbacks": children()}

    def _item(self, event: Event) -> Item | None:
        planner = cast("RunnablePlanner", self._planner)
        match event:
            case ToolCall(id):
                return planner.actions[id]
            case ToolResult():
                action, observation = planner.pair(cast("Step", self.run.steps[-1]))
            case Malformed():
                action, observation = planner.pair(event)
            case Finish():
                return self.finish
            case _:
                return None
        return AgentStep(action=action, observation=observation)

    def _end(self, end: Finish) -> AgentFinish:
        planner = cast("RunnablePlanner", self._planner)
        asks = end.stop_reason == "max_steps" and self.executor.early_stopping_method == "generate"
        return self._ended(end, planner.last_word(self.run) if asks else None)

    async def _aend(self, end: Finish) -> AgentFinish:
        planner = cast("RunnablePlanner", self._planner)
        asks = end.stop_reason == "max_steps" and self.executor.early_stopping_method == "generate"
        return self._ended(end, await planner.alast_word(self.run) if asks else None)

    def _ended(self, end: Finish, last_word: AgentFinish | None) -> AgentFinish:
        if end.stop_reason in ("max_steps", "max_seconds", "malformed"):
            self.finish = last_word or AgentFinish({"output": _STOPPED}, "")
        else:
            planner = cast("RunnablePlanner", self._planner)
            self.finish = planner.finish or AgentFinish({"output": end.answer}, "")
        return self.finish

    def _show(self, item: Item) -> None:
        if self._trace:
            self._trace.show(item)

    def _leave(self) -> None:
        if self._trace:
            self._trace.leave()
