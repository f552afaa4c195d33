"""The steps of a run one by one: `AgentExecutor.iter`, and the chunks of its `stream`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

from langchain_core.agents import AgentAction, AgentFinish, AgentStep
from langchain_core.outputs import RunInfo
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.utils import AddableDict

from .planner import Intermediate
from .session import Item, Session

if TYPE_CHECKING:
    from .executor import AgentExecutor

__all__ = ["RUN_KEY", "AgentExecutorIterator", "AgentRunInfo"]

RUN_KEY = "__run"


class AgentRunInfo(RunInfo):
    """What `include_run_info` adds under `__run`: LangChain's id of the run, and ours.

    `stop_reason` is `answer`, or the limit that ended the run; `journal_id` is the run's name in the journal.
    """

    stop_reason: str = ""
    journal_id: str = ""

    @classmethod
    def of(cls, session: Session) -> AgentRunInfo:
        """That of a session."""
        return cls(
            run_id=session.run_id, stop_reason=session.stop_reason, journal_id=session.journal_id
        )


class AgentExecutorIterator:
    """A run that can be gone through turn by turn, with `for` or `async for`; each time it starts anew.

    A turn gives `{"intermediate_step": [(action, observation), ...]}`, the end gives the outputs. With
    `yield_actions` each action and each step comes by itself, as soon as it is there.
    """

    def __init__(
        self,
        agent_executor: AgentExecutor,
        inputs: Any,
        config: RunnableConfig | None = None,
        *,
        include_run_info: bool = False,
        yield_actions: bool = False,
    ) -> None:
        self.agent_executor = agent_executor
        self.inputs = agent_executor.named(inputs)
        self.include_run_info = include_run_info
        self.yield_actions = yield_actions
        self._config = config
        self._session: Session | None = None

    @property
    def intermediate_steps(self) -> Intermediate:
        """The actions and observations so far."""
        return self._session.steps if self._session else []

    @property
    def iterations(self) -> int:
        """The turns so far."""
        return self._session.run.turns if self._session else 0

    @property
    def stop_reason(self) -> str:
        """Why the run ended: `answer`, or the limit that was reached; empty before its end."""
        return self._session.stop_reason if self._session else ""

    @property
    def journal_id(self) -> str:
        """The run's name in the journal, once it has begun."""
        return self._session.journal_id if self._session else ""

    def reset(self) -> None:
        """Forget the run."""
        self._session = None

    def __iter__(self) -> Iterator[AddableDict]:
        inputs = self.agent_executor.prepared(self.inputs)
        session = self._session = Session(self.agent_executor, inputs, self._config)
        turn = _Turn()
        with closing(session.items()) as items:
            for item in items:
                if (chunk := self._chunk(item, turn)) is not None:
                    yield chunk
        yield self._last(session)

    async def __aiter__(self) -> AsyncIterator[AddableDict]:
        inputs = await self.agent_executor.aprepared(self.inputs)
        session = self._session = Session(self.agent_executor, inputs, self._config)
        turn = _Turn()
        async with aclosing(session.aitems()) as items:
            async for item in items:
                if (chunk := self._chunk(item, turn)) is not None:
                    yield chunk
        yield self._last(session)

    def _chunk(self, item: Item, turn: _Turn) -> AddableDict | None:
        if self.yield_actions:
            return _told(item)
        steps = turn.see(item)
        return AddableDict(intermediate_step=steps) if steps else None

    def _last(self, session: Session) -> AddableDict:
        last = AddableDict({**session.outputs, "messages": list(session.finish.messages)})
        if self.include_run_info:
            last[RUN_KEY] = AgentRunInfo.of(session)
        return last


class _Turn:
    """Gathers the steps of one turn."""

    def __init__(self) -> None:
        self._asked = 0
        self._steps: Intermediate = []

    def see(self, item: Item) -> Intermediate | None:
        """The steps of the turn, once they are all there."""
        match item:
            case AgentAction():
                self._asked += 1
            case AgentStep(action=action, observation=observation):
                self._steps.append((action, observation))
                if len(self._steps) >= self._asked:
                    steps, self._steps, self._asked = self._steps, [], 0
                    return steps
            case _:
                pass
        return None


def _told(item: Item) -> AddableDict | None:
    match item:
        case AgentAction():
            return AddableDict(actions=[item], messages=list(item.messages))
        case AgentStep():
            return AddableDict(steps=[item], messages=list(item.messages))
        case AgentFinish():
            return None  # it comes last, with the outputs
