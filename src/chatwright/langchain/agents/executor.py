"""`AgentExecutor`: LangChain's own, over the one loop of chatwright."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Literal, Self, cast

from langchain_core.callbacks import Callbacks
from langchain_core.globals import get_verbose
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from langchain_core.runnables.base import coerce_to_runnable
from langchain_core.runnables.utils import AddableDict
from langchain_core.tools import BaseTool
from langchain_core.utils.pydantic import create_model
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from chatwright.agent.secrets import Redactor
from chatwright.errors import UsageError

from ..toolkit import as_langchain_tools
from .flags import flags_of
from .iterator import RUN_KEY, AgentExecutorIterator, AgentRunInfo
from .planner import Intermediate, Repair, missing_input
from .session import Session
from .watching import model_name

__all__ = ["AgentExecutor"]

_STEPS = "intermediate_steps"


class AgentExecutor(RunnableSerializable["dict[str, Any] | str", dict[str, Any]]):
    """Runs an agent and its tools until the agent has its answer.

    `agent` is a Runnable that ends in an output parser, or an object with `plan` and `aplan`; `tools` are LangChain
    tools, chatwright's `Tool`s or typed functions. The result holds the inputs and `output`.

    Where the defaults of LangChain's class are known to end runs for no good reason, these differ: a reply that
    cannot be read goes back to the model with the reason (`handle_parsing_errors=True`), an error of a tool is an
    observation, and a run has a limit of time as well as of steps. It holds during a step too.
    """

    agent: Any
    tools: Sequence[Any]
    return_intermediate_steps: bool = False
    max_iterations: int | None = 15
    max_execution_time: float | None = 600.0
    """Seconds for the whole run. A tool or a model that has not answered by then is left behind."""
    early_stopping_method: Literal["force", "generate"] = "force"
    """At the limit of steps: say so, or `generate`, ask the agent once more for an answer from what it knows."""
    handle_parsing_errors: Repair = True
    """What a model reads about a reply that could not be read: the reason, a text, what a function gives.

    False raises the error instead.
    """
    trim_intermediate_steps: int | Callable[[Intermediate], Intermediate] = -1
    stream_runnable: bool = True
    max_observation: int = 8_000
    """How many characters of a tool's text the model gets to see."""
    max_tool_seconds: float | None = 120.0
    """Seconds for one call of a tool that has no timeout of its own."""
    journal: Any = Field(default=None, exclude=True)
    """A file, made if it is not there, or a `Journal`: each run is kept there as it happens.

    One that was cut off, however, goes on where it was when it is asked for again by its id. A `memory` is told of the
    outcome where the run ends, and not again.
    """
    run_id: str | None = None
    """The run's name in the journal. A call may choose another: `config={"configurable": {"run_id": "..."}}`.

    A run that has its output gives it again. Inputs that are not given again are as they were. Without a name it gets
    a new one, which `include_run_info`, the metadata of the callbacks (`chatwright_run_id`) and the log tell.
    """
    approve: Any = Field(default=None, exclude=True)
    """Asked before a tool that writes: `approve(call, tool)` gives True, False, `Approve()`, `Edit(args)` or `Refuse(why)`.

    A LangChain tool that writes says so: `metadata={"writes": True}`, and in the same way `idempotent`, `trusted` and
    `timeout`. Without `approve` such tools are not run.
    """
    careful: bool = False
    """Tools that write are switched off for the rest of a run that has read what strangers may have written."""
    unknown: Literal["ask", "skip", "fail"] = "ask"
    """What becomes of a call that was running when the run was cut off, of a tool that is not idempotent."""
    memory: Any = None
    """An object with `memory_variables`, `load_memory_variables` and `save_context`."""
    callbacks: Callbacks = Field(default=None, exclude=True)
    verbose: bool = Field(default_factory=get_verbose)
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    _keys: list[str] | None = PrivateAttr(default=None)
    _model: str | None = PrivateAttr(default=None)
    _redactor: Redactor | None = PrivateAttr(default=None)

    @field_validator("agent", mode="before")
    @classmethod
    def _check_agent(cls, agent: Any) -> Any:
        given: Any = agent
        plans = callable(getattr(given, "plan", None)) or callable(getattr(given, "aplan", None))
        if isinstance(agent, Runnable) or plans:
            return given
        return cast("Any", coerce_to_runnable(given))

    @field_validator("tools", mode="before")
    @classmethod
    def _check_tools(cls, tools: Any) -> list[BaseTool]:
        return as_langchain_tools(tools)

    @field_validator("verbose", mode="before")
    @classmethod
    def _check_verbose(cls, verbose: bool | None) -> bool:
        return get_verbose() if verbose is None else verbose

    @model_validator(mode="after")
    def _check_journal(self) -> Self:
        if self.run_id is not None and self.journal is None:
            raise UsageError(
                "a run can be continued from a journal only", "give AgentExecutor(..., journal=)"
            )
        for tool in self.tools:
            flags_of(tool)  # a mistake in them is told now and not in the middle of a run
        return self

    @model_validator(mode="after")
    def _check_allowed(self) -> Self:
        ask = getattr(self.agent, "get_allowed_tools", None)
        allowed = ask() if callable(ask) else None
        names = [tool.name for tool in self.tools]
        if allowed is not None and set(cast("Sequence[str]", allowed)) != set(names):
            raise UsageError(f"the agent wants the tools {allowed}, and is given {names}")
        return self

    @classmethod
    def from_agent_and_tools(
        cls, agent: Any, tools: Sequence[Any], callbacks: Callbacks = None, **kwargs: Any
    ) -> AgentExecutor:
        """The same as the constructor."""
        return cls(agent=agent, tools=tools, callbacks=callbacks, **kwargs)

    def invoke(
        self,
        input: dict[str, Any] | str,
        config: RunnableConfig | None = None,
        *,
        return_only_outputs: bool = False,
        include_run_info: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The inputs and what the agent gave: `{"input": ..., "output": ...}`."""
        _refuse(kwargs)
        session = Session(self, self.prepared(self.named(input)), config)
        for _ in session.items():
            pass
        return _result(session, return_only_outputs, include_run_info)

    async def ainvoke(
        self,
        input: dict[str, Any] | str,
        config: RunnableConfig | None = None,
        *,
        return_only_outputs: bool = False,
        include_run_info: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """`invoke` for an event loop."""
        _refuse(kwargs)
        session = Session(self, await self.aprepared(self.named(input)), config)
        async with aclosing(session.aitems()) as items:
            async for _ in items:
                pass
        return _result(session, return_only_outputs, include_run_info)

    def stream(
        self, input: dict[str, Any] | str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AddableDict]:
        """Each action, each step and then the outputs, as they come."""
        yield from AgentExecutorIterator(self, input, config, yield_actions=True, **kwargs)

    async def astream(
        self, input: dict[str, Any] | str, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AddableDict]:
        """`stream` for an event loop."""
        steps = AgentExecutorIterator(self, input, config, yield_actions=True, **kwargs)
        async with aclosing(cast("Any", aiter(steps))) as chunks:
            async for chunk in chunks:
                yield chunk

    def iter(
        self,
        inputs: Any,
        callbacks: Callbacks = None,
        *,
        include_run_info: bool = False,
        async_: bool = False,
    ) -> AgentExecutorIterator:
        """The run turn by turn, for `for` and for `async for` alike."""
        config: RunnableConfig = {"callbacks": callbacks}
        return AgentExecutorIterator(self, inputs, config, include_run_info=include_run_info)

    @property
    def input_keys(self) -> list[str]:
        """The inputs that the agent is known to read."""
        if self._keys is None:
            self._keys = _keys_of(self.agent)
        return self._keys

    @property
    def output_keys(self) -> list[str]:
        """What a result holds beside the inputs."""
        return ["output", _STEPS] if self.return_intermediate_steps else ["output"]

    @property
    def model_name(self) -> str:
        """What the agent's model is called, as far as one can see."""
        if self._model is None:
            self._model = model_name(self.agent)
        return self._model

    @property
    def redactor(self) -> Redactor:
        """What takes keys and passwords out of what is kept."""
        if self._redactor is None:
            self._redactor = Redactor()
        return self._redactor

    def lookup_tool(self, name: str) -> BaseTool:
        """The tool of that name."""
        return {tool.name: tool for tool in self.tools}[name]

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """What `invoke` takes."""
        fields: dict[str, Any] = dict.fromkeys(self.input_keys or ["input"], (Any, None))
        return create_model("AgentExecutorInput", **fields)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """What `invoke` gives."""
        fields: dict[str, Any] = dict.fromkeys(self.output_keys, (Any, None))
        return create_model("AgentExecutorOutput", **fields)

    def named(self, inputs: Any) -> dict[str, Any]:
        """The inputs by their names; one value alone is the only input that the agent has."""
        if isinstance(inputs, Mapping):
            return {str(key): value for key, value in cast("Mapping[Any, Any]", inputs).items()}
        known = [key for key in self.input_keys if key not in self.memory_keys] or ["input"]
        if len(known) > 1:
            names = ", ".join(f"'{key}'" for key in known)
            raise _several(names)
        return {known[0]: inputs}

    def prepared(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs with what the memory adds."""
        if self.memory:
            inputs = {**inputs, **self.memory.load_memory_variables(dict(inputs))}
        return dict(inputs)

    async def aprepared(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """`prepared` for an event loop."""
        load = getattr(self.memory, "aload_memory_variables", None)
        if load is None:
            return self.prepared(inputs)
        return {**inputs, **await load(dict(inputs))}

    def remember(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Tell the memory how the run ended."""
        if self.memory:
            self.memory.save_context(dict(inputs), dict(outputs))

    async def aremember(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """`remember` for an event loop."""
        save = getattr(self.memory, "asave_context", None)
        if save is None:
            self.remember(inputs, outputs)
        else:
            await save(dict(inputs), dict(outputs))

    @property
    def memory_keys(self) -> list[str]:
        """The inputs that the memory adds."""
        return list(self.memory.memory_variables) if self.memory else []

    def checked(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs; an error names those that are missing."""
        # Of a Runnable only running it shows what it cannot do without.
        needed = [] if isinstance(self.agent, Runnable) else self.input_keys
        if missing := [key for key in needed if key not in inputs]:
            raise missing_input(missing, inputs)
        return inputs


def _several(names: str) -> UsageError:
    """The error of one value given to an agent with several inputs."""
    return UsageError(f"the agent has several inputs: {names}", "give them in a dictionary")


def _keys_of(agent: Any) -> list[str]:
    given = getattr(agent, "input_keys", None)
    if given is not None and not callable(given):
        return list(given)
    if not isinstance(agent, Runnable):
        return []
    try:
        schema: Any = cast("Runnable[Any, Any]", agent).get_input_schema()
        names = list(getattr(schema, "model_fields", {}))
    except Exception:  # a Runnable may not know its own input; then nobody does
        return []
    return [name for name in names if name not in (_STEPS, "root")]


def _refuse(kwargs: Mapping[str, Any]) -> None:
    if kwargs:
        raise UsageError(
            f"AgentExecutor takes no argument '{next(iter(kwargs))}' with a call",
            "bind it to the model: model.bind(stop=[...])",
        )


def _result(session: Session, only_outputs: bool, run_info: bool) -> dict[str, Any]:
    result = {} if only_outputs else dict(session.inputs)
    result |= session.outputs
    if run_info:
        result[RUN_KEY] = AgentRunInfo.of(session)
    return result
