"""One run of an executor, told in LangChain's words: callbacks, the trace, and its actions, steps and end."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from langchain_core.agents import AgentAction, AgentFinish, AgentStep
from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig, ensure_config

from chatwright.agent import Limits, Loop, Run, Step
from chatwright.agent.approval import as_approver
from chatwright.agent.asked import asking
from chatwright.agent.keeper import FINAL, Keeper, Left
from chatwright.agent.reopen import goes_on, held, other_input
from chatwright.errors import ToolError, UsageError
from chatwright.events import Event, Finish, Malformed, ToolCall, ToolResult

from .bridge import Bridges
from .kept import inputs_of, keep_inputs, same_inputs
from .planner import Intermediate, RunnablePlanner
from .trace import Trace
from .watching import CallWatch

if TYPE_CHECKING:
    from chatwright.agent.journal import Record

    from .executor import AgentExecutor

__all__ = ["Item", "Session"]

log = logging.getLogger("chatwright")

Item = AgentAction | AgentStep | AgentFinish

# Code that was written for LangChain's executor compares these very words.
_STOPPED = "Agent stopped due to iteration limit or time limit."
_NO_LIMIT = sys.maxsize
_PASSED_ON = ("configurable", "max_concurrency", "recursion_limit")
_GIVEN_ID = "run_id"  # in the configuration of a call
_RUN_ID = "chatwright_run_id"  # in the metadata that callbacks see


class Session:
    """One run: `items` and `aitems` give what happens, `outputs` what came of it.

    `run_id` is the one of LangChain's traces, `journal_id` the run's name in the journal; `stop_reason` says why it ended.
    """

    def __init__(
        self, executor: AgentExecutor, inputs: Mapping[str, Any], config: RunnableConfig | None
    ) -> None:
        self.executor = executor
        self.inputs = dict(inputs)
        self.config = ensure_config(config)
        # Not that of a graph around us, whose own run id is another thing.
        self._asked_id = ((config or {}).get("configurable") or {}).get(_GIVEN_ID)
        self.finish = AgentFinish({}, "")
        self.run_id: Any = None
        self.journal_id = ""
        self.stop_reason = ""
        self.run = Run("")
        self._record: Record | None = None
        self._left: Left | None = None
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
        with self._opened():
            manager = CallbackManager.configure(*self._configured())
            started = manager.on_chain_start(
                cast("Any", None), self.inputs, run_id=self.config.get("run_id"), name=self._name
            )
            try:
                loop = self._begin(started.run_id, started.get_child)
                over = self._is_over
                with closing(loop.events(self.run)) as events:
                    for event in events:
                        if refused := self._never_begun(event):
                            tool = started.get_child().on_tool_start(*refused[:2])
                            tool.on_tool_error(refused[2])
                        if (item := self._item(event)) is None:
                            continue
                        if isinstance(item, AgentAction):
                            started.on_agent_action(item, color="green")
                        elif isinstance(item, AgentFinish):
                            started.on_agent_finish(item, color="green")
                        yield self._shown(item)
                if not over:
                    self.executor.remember(self.inputs, self.outputs)
            except BaseException as err:
                started.on_chain_error(err)
                raise
            started.on_chain_end(self.outputs)
            self._leave()

    async def aitems(self) -> AsyncGenerator[Item, None]:
        """`items` for an event loop."""
        with self._opened():
            manager = AsyncCallbackManager.configure(*self._configured())
            started = await manager.on_chain_start(
                cast("Any", None), self.inputs, run_id=self.config.get("run_id"), name=self._name
            )
            try:
                under = started.get_sync().get_child
                loop = self._begin(started.run_id, under, started.get_child)
                over = self._is_over
                async with aclosing(loop.aevents(self.run)) as events:
                    async for event in events:
                        if refused := self._never_begun(event):
                            tool = await started.get_child().on_tool_start(*refused[:2])
                            await tool.on_tool_error(refused[2])
                        if (item := self._item(event)) is None:
                            continue
                        if isinstance(item, AgentAction):
                            await started.on_agent_action(item, color="green")
                        elif isinstance(item, AgentFinish):
                            await started.on_agent_finish(item, color="green")
                        yield self._shown(item)
                if not over:
                    await self.executor.aremember(self.inputs, self.outputs)
            except BaseException as err:
                await started.on_chain_error(err)
                raise
            await started.on_chain_end(self.outputs)
            self._leave()

    # -- how it begins --------------------------------------------------------------------------------

    @contextmanager
    def _opened(self) -> Generator[None]:
        """The run in the journal, where there is one, and the inputs complete."""
        own = self.executor
        if own.journal is None:
            self.inputs = own.checked(self.inputs)
            yield
            return
        told = {
            "question": _question(self.inputs),
            "model": own.model_name,
            "tools": [tool.name for tool in own.tools],
            "inputs": keep_inputs(self.inputs),
        }
        asked = own.run_id if self._asked_id is None else str(self._asked_id)
        with held(own.journal, asked, own.redactor.json(told)) as record:
            self._record, self.journal_id = record, record.run_id
            self.inputs = own.checked(self.inputs if record.is_new else self._as_before(record))
            yield

    def _as_before(self, record: Record) -> dict[str, Any]:
        """The inputs of a run that goes on: what is not given again is as it was, and so is what the memory knew."""
        kept: Any = record.rows[0].data.get("inputs")
        if kept is None:
            raise UsageError(
                f"the run {record.run_id} is not one of an AgentExecutor", "choose another run id"
            )
        was = {key for kind in kept.values() for key in kind}
        known = [key for key in self.executor.memory_keys if key in was]
        given = {key: value for key, value in self.inputs.items() if key not in known}
        if not same_inputs(kept, self.executor.redactor.json(keep_inputs(given))):
            raise other_input(record, "input", record.rows[0].data["question"])
        return {**inputs_of(kept, given), **given}

    def _configured(self) -> tuple[Any, ...]:
        config, own = self.config, self.executor
        tags, metadata = config.get("tags"), config.get("metadata")
        if self.journal_id:
            metadata = {**(metadata or {}), _RUN_ID: self.journal_id}
        return config.get("callbacks"), own.callbacks, False, tags, own.tags, metadata, own.metadata

    @property
    def _name(self) -> str:
        return self.config.get("run_name") or self.executor.get_name()

    def _begin(self, run_id: Any, children: Any, achildren: Any = None) -> Loop:
        own, record = self.executor, self._record
        self.run_id = run_id
        if own.verbose:
            self._trace = Trace(sys.stdout)
            self._trace.enter(self._name)
        bridges = Bridges(own.tools, children, achildren)
        planner = self._planner = self._new_planner(bridges, achildren or children)
        limits = self._limits()
        self.run = Run.begin(_question(self.inputs), limits)
        tools = bridges.for_loop()
        if record:
            self._left, told = goes_on(record, self.run, planner, tools)
            log.info("%s", told)
        if self._left and not (self._left.end or self._left.gave):
            planner.finish = None  # a last word at a limit, from which the run goes on
        approve = as_approver(own.approve)
        watch = CallWatch()
        watch.run_began(self.run, agent_name=self._name, model=own, run_id=self.journal_id)
        return Loop(
            planner, tools, limits,
            keeper=Keeper(record, own.redactor) if record else None,
            left=self._left, approve=asking(approve, record) if record else approve,
            careful=own.careful, unknown=own.unknown, watch=watch,
        )  # fmt: skip

    def _new_planner(self, bridges: Bridges, children: Any) -> RunnablePlanner:
        own = self.executor
        return RunnablePlanner(
            own.agent,
            self.inputs,
            lambda: self._below(children),
            bridges,
            repair=own.handle_parsing_errors,
            trim=own.trim_intermediate_steps,
            streams=own.stream_runnable,
            keys=lambda: own.input_keys,
        )

    def _limits(self) -> Limits:
        own = self.executor
        return Limits(
            max_steps=_NO_LIMIT if own.max_iterations is None else own.max_iterations,
            max_seconds=own.max_execution_time,
            max_tokens=None,
            max_reply_tokens=None,
            max_tool_seconds=own.max_tool_seconds,
            max_repeats=None if own.max_iterations is None else 2,
            max_errors=None,
            max_malformed=_NO_LIMIT,
            max_observation=own.max_observation,
            early_stopping=own.early_stopping_method,
        )

    def _below(self, children: Any) -> dict[str, Any]:
        """The configuration of a turn: callbacks under this run, and what else the caller set for all of it."""
        config = cast("dict[str, Any]", self.config)
        passed = {key: config[key] for key in _PASSED_ON if key in config}
        if self._asked_id is not None and self._record:
            rest = {k: v for k, v in passed["configurable"].items() if k != _GIVEN_ID}
            passed["configurable"] = rest
        return {**passed, "callbacks": children()}

    # -- what happens ---------------------------------------------------------------------------------

    @property
    def _is_over(self) -> bool:
        """Had it its answer before we came?"""
        return self._left is not None and self._left.end is not None

    def _never_begun(self, event: Event) -> tuple[dict[str, Any], str, ToolError] | None:
        """What there is to tell of a call that did not come as far as its tool: refused, unknown, misfit."""
        planner = cast("RunnablePlanner", self._planner)
        if not isinstance(event, ToolResult) or event.ok or event.call_id in planner.bridges.begun:
            return None
        if self._left and event.call_id in self._left.results:
            return None  # an earlier process told of it
        action = planner.actions[event.call_id]
        return {"name": action.tool}, str(action.tool_input), ToolError(event.text)

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
                return self._finished(event)
            case _:
                return None
        return AgentStep(action=action, observation=observation)

    def _finished(self, end: Finish) -> AgentFinish:
        self.stop_reason = end.stop_reason
        given = cast("RunnablePlanner", self._planner).finish
        answer = end.answer if end.values is None else end.values["output"]
        if end.stop_reason in FINAL:
            self.finish = given or AgentFinish({"output": answer}, "")
        else:
            log.info("the run ended at a limit: %s", end.stop_reason)
            self.finish = given or AgentFinish({"output": end.answer or _STOPPED}, "")
        return self.finish

    def _shown(self, item: Item) -> Item:
        if self._trace:
            self._trace.show(item)
        return item

    def _leave(self) -> None:
        if self._trace:
            self._trace.leave()


def _question(inputs: Mapping[str, Any]) -> str:
    """The input that is the question, as a text."""
    if "input" in inputs:
        return str(inputs["input"])
    return next((value for value in inputs.values() if isinstance(value, str)), "")
