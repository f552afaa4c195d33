"""`RunnablePlanner`: a run as the input of a LangChain Runnable, and its output as the next turn."""

from __future__ import annotations

import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.exceptions import OutputParserException
from langchain_core.runnables import Runnable

from chatwright.agent import Run, Step, Turn
from chatwright.agent.hygiene import guarded, unspecial
from chatwright.agent.waiting import by, in_time
from chatwright.errors import UsageError, did_you_mean
from chatwright.events import Event, Finish, Malformed, ToolCall
from chatwright.tools.run import as_text

from .bridge import Bridges
from .kept import action_of, finish_of, keep_actions, keep_finish, plain
from .shortcut import Shortcut

__all__ = ["Intermediate", "MissingInput", "Repair", "RunnablePlanner", "Trim", "missing_input"]

Intermediate = list[tuple[AgentAction, Any]]
Repair = bool | str | Callable[[OutputParserException], str]
Trim = int | Callable[[Intermediate], Intermediate]

_EXCEPTION = "_Exception"  # what LangChain calls the step of a reply that nobody could read
_STOP = "_Stop"
_LAST_WORD = "No more steps are left. Give the final answer now, from what is known so far."
_MOST_TOLD = 2_000


class MissingInput(UsageError, ValueError, KeyError):
    """The agent needs an input that was not given."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError's own puts it in quotes


@dataclass(slots=True)
class RunnablePlanner:
    """Asks a user's agent for the next turn of one run.

    `agent` is a Runnable, or an object with `plan` and `aplan`. `config` gives the configuration for each turn,
    with callbacks below those of the run. `keys` tells the inputs that the agent is known to read.
    """

    agent: Any
    inputs: Mapping[str, Any]
    config: Callable[[], Any]
    bridges: Bridges
    repair: Repair = True
    trim: Trim = -1
    streams: bool = True
    keys: Callable[[], Sequence[str]] = tuple
    finish: AgentFinish | None = None
    actions: dict[str, AgentAction] = field(default_factory=dict[str, AgentAction])
    shortcut: Shortcut = field(init=False)
    keeps_deadline: ClassVar[bool] = True
    _observed: dict[str, Any] = field(default_factory=dict[str, Any])
    _safe: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.shortcut = Shortcut(self.agent)

    def plan(self, run: Run) -> Iterator[Event]:
        """The next turn; an agent that has not answered at the run's deadline is left behind on its thread."""
        steps = self._steps_sent(run)
        try:
            output = in_time(lambda left: self._ask(steps, left), run.deadline)
        except OutputParserException as err:
            yield self._malformed(err, run)
            return
        except KeyError as err:
            if (found := self._without(err)) is err:
                raise
            raise found from err
        yield from self._events(output)

    async def aplan(self, run: Run) -> AsyncIterator[Event]:
        """`plan` for an event loop."""
        steps = self._steps_sent(run)
        try:
            output = await by(run.deadline, self._aask(steps))
        except OutputParserException as err:
            yield self._malformed(err, run)
            return
        except KeyError as err:
            if (found := self._without(err)) is err:
                raise
            raise found from err
        for event in self._events(output):
            yield event

    def settled(self, run: Run) -> Finish | None:
        """The end, where the only tool of the turn is one whose result is the answer."""
        steps = [s for s in run.steps if isinstance(s, Step) and s.turn == run.turns]
        if len(steps) != 1 or not steps[0].result.ok:
            return None
        call = steps[0].call
        if not self.bridges.is_direct(call.name):
            return None
        value = self.bridges.values.get(call.id, steps[0].result.text)
        self.finish = AgentFinish({"output": value}, "")
        values = None if isinstance(value, str) else {"output": plain(value)}
        return Finish(as_text(value), values, "answer", run.usage)

    def keep(self, turn: Turn) -> dict[str, Any] | None:
        """What the events of a turn do not tell of the agent's own objects."""
        if turn.calls:
            return keep_actions(self.actions, turn.calls) or None
        return keep_finish(self.finish, turn.answer) if self.finish and turn.finish else None

    def restore(self, turn: Turn, kept: Any) -> None:
        """The agent's objects of a turn of an earlier process."""
        told = cast("dict[str, Any]", kept or {})
        each: list[dict[str, Any]] = told.get("actions") or [{}] * len(turn.calls)
        for call, action in zip(turn.calls, each, strict=True):
            self.actions[call.id] = action_of(call, action, told.get("logs", ()))
        self.finish = finish_of(told, turn.answer)

    def observed(self, step: Step) -> Any:
        """What a tool gave: its own value where that is no text, as LangChain's tools may give any."""
        call_id, text = step.result.call_id, step.result.text
        if call_id not in self._observed:
            value = self.bridges.values.get(call_id, text)
            same = step.result.ok and not isinstance(value, str) and as_text(value) == text
            self._observed[call_id] = value if same else text
        return self._observed[call_id]

    def steps(self, run: Run) -> Intermediate:
        """The run as LangChain's pairs of an action and its observation."""
        return [self.pair(step) for step in run.steps]

    def pair(self, step: Step | Malformed) -> tuple[AgentAction, Any]:
        """The action of a step, and what came of it."""
        if isinstance(step, Malformed):
            return AgentAction(_EXCEPTION, step.reason, step.text), step.reason
        call = step.call
        action = self.actions.get(call.id) or AgentAction(call.name, call.args, call.log)
        return action, self.observed(step)

    def _steps_sent(self, run: Run) -> Intermediate:
        """The steps as the agent gets to see them: what a tool gave cannot speak for anybody there."""
        self.finish = None
        steps = [self._sent(step) for step in run.steps]
        if callable(self.trim):
            steps = self.trim(steps)
        elif self.trim > 0:
            steps = steps[-self.trim :]
        if run.phase == "last_words":
            return [*steps, (AgentAction(_STOP, "", ""), _LAST_WORD)]
        return steps

    def _sent(self, step: Step | Malformed) -> tuple[AgentAction, Any]:
        action, observation = self.pair(step)
        if isinstance(step, Malformed) or not isinstance(observation, str):
            return action, observation
        call_id = step.call.id
        if call_id not in self._safe:
            self._safe[call_id] = unspecial(guarded(observation))
        return action, self._safe[call_id]

    def _ask(self, steps: Intermediate, left: threading.Event) -> Any:
        config, agent = self.config(), self.agent
        if not isinstance(agent, Runnable):
            return _method(agent, "plan")(steps, callbacks=config["callbacks"], **self.inputs)
        given = {**self.inputs, "intermediate_steps": steps}
        if self.streams:
            return self.shortcut.run(given, config, left)
        return cast("Runnable[Any, Any]", agent).invoke(given, config)

    async def _aask(self, steps: Intermediate) -> Any:
        config, agent = self.config(), self.agent
        if not isinstance(agent, Runnable):
            return await _method(agent, "aplan")(
                steps, callbacks=config["callbacks"], **self.inputs
            )
        asked = cast("Runnable[Any, Any]", agent)
        given = {**self.inputs, "intermediate_steps": steps}
        if not self.streams:
            return await asked.ainvoke(given, config)
        output: Any = None
        chunks = asked.astream(given, config)
        try:
            async for chunk in chunks:
                output = chunk if output is None else output + chunk
        finally:
            if close := getattr(chunks, "aclose", None):
                await close()
        return output

    def _events(self, output: Any) -> Iterator[Event]:
        if isinstance(output, AgentFinish):
            self.finish = output
            yield Finish(as_text(output.return_values.get("output", "")))
            return
        given = cast("list[Any]", output) if isinstance(output, list | tuple) else [output]
        if not given or not all(isinstance(each, AgentAction) for each in given):
            raise _no_output(output)
        for action in cast("list[AgentAction]", given):
            call_id = f"call_{secrets.token_hex(6)}"
            self.actions[call_id] = action
            name = self.bridges.find(action.tool)
            args = self.bridges.arguments(name, action.tool_input)
            yield ToolCall(call_id, name, args, action.log)
        yield Finish("", stop_reason="tool_calls")

    def _malformed(self, err: OutputParserException, run: Run) -> Malformed:
        """The reply and what the model is told about it, as `handle_parsing_errors` says."""
        said = str(err).partition("\nFor troubleshooting, visit")[0].strip()
        if self.repair is False and run.phase != "last_words":  # without a last word it ends, too
            raise OutputParserException(
                ValueError(f"the reply of the model could not be read: {said}"),
                observation=err.observation,
                llm_output=err.llm_output,
            ) from err
        if isinstance(self.repair, str):
            told = self.repair
        elif callable(self.repair):
            told = str(self.repair(err))
        elif err.send_to_llm:
            told = str(err.observation)
        else:
            told = f"error: the reply could not be read: {said}"[:_MOST_TOLD]
        return Malformed((err.llm_output or "")[:_MOST_TOLD], told)

    def _without(self, err: KeyError) -> Exception:
        """The error of an agent that looked for an input which is not there; any other stays itself."""
        key = err.args[0] if err.args else None
        if not isinstance(key, str) or not key.isidentifier() or key in self.inputs:
            return err
        known = self.keys()
        return missing_input([key], self.inputs) if not known or key in known else err


def missing_input(missing: Sequence[str], given: Mapping[str, Any]) -> MissingInput:
    """The error that names the inputs which are not there."""
    names = ", ".join(f"'{key}'" for key in missing)
    near = did_you_mean(missing[0], given) if given else f"write {{'{missing[0]}': ...}}"
    return MissingInput(f"the agent needs the input {names}, which was not given", near)


def _method(agent: Any, name: str) -> Any:
    method = getattr(agent, name, None)
    if method is None:
        other = "ainvoke or astream" if name == "plan" else "invoke or stream"
        raise UsageError(f"the agent has no method '{name}'", f"call the executor with {other}")
    return method


def _no_output(output: Any) -> UsageError:
    kind = "an empty list" if output in ([], ()) else f"{type(output).__name__}"
    return UsageError(
        f"the agent gave {kind} and no AgentAction or AgentFinish",
        "end it with an output parser such as ReActJsonSingleInputOutputParser()",
    )
