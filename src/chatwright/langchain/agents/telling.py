"""`with_callbacks`: LangChain's callback handlers hear what happens in a run of `Agent`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from typing import Any, cast, overload

from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.callbacks import AsyncCallbackManager, CallbackManager, Callbacks

from chatwright.errors import ChatwrightError, ToolError
from chatwright.events import Error, Event, Finish, ToolCall, ToolResult

__all__ = ["with_callbacks"]


@overload
def with_callbacks(
    events: Iterator[Event], callbacks: Callbacks, *, question: str = "", name: str = "Agent"
) -> Generator[Event, None, None]: ...
@overload
def with_callbacks(
    events: AsyncIterator[Event], callbacks: Callbacks, *, question: str = "", name: str = "Agent"
) -> AsyncGenerator[Event, None]: ...
def with_callbacks(
    events: Iterator[Event] | AsyncIterator[Event],
    callbacks: Callbacks,
    *,
    question: str = "",
    name: str = "Agent",
) -> Generator[Event, None, None] | AsyncGenerator[Event, None]:
    """The events of `Agent.stream` or `Agent.astream`, just as they are; the handlers are told of them first.

        for event in with_callbacks(agent.stream(question), [handler], question=question):

    They hear of a chain with the `question` as its input, in it of each action, of each tool and of the finish.
    """
    if hasattr(events, "__aiter__"):
        return _atelling(cast("AsyncIterator[Event]", events), callbacks, question, name)
    return _telling(cast("Iterator[Event]", events), callbacks, question, name)


class _Story:
    """What the handlers have heard of a run: the tools that have begun, its end, its error."""

    def __init__(self) -> None:
        self.tools: dict[str, list[Any]] = {}  # a careless model gives two calls one id
        self.end = Finish("")
        self.error: BaseException | None = None

    def note(self, event: Event) -> None:
        if isinstance(event, Error):
            self.error = ChatwrightError(event.message, event.hint)
        elif isinstance(event, Finish):
            self.end = event

    def begun(self, call: ToolCall, tool: Any) -> None:
        self.tools.setdefault(call.id, []).append(tool)

    def ended(self, result: ToolResult) -> Any:
        tools = self.tools.get(result.call_id)
        return tools.pop(0) if tools else None

    def left(self) -> list[Any]:
        return [tool for tools in self.tools.values() for tool in tools]

    @property
    def why(self) -> BaseException:
        return self.error or ToolError("the run ended before this call did")


def _telling(
    events: Iterator[Event], callbacks: Callbacks, question: str, name: str
) -> Generator[Event, None, None]:
    manager = CallbackManager.configure(callbacks)
    chain = manager.on_chain_start(cast("Any", None), {"input": question}, name=name)
    story = _Story()
    try:
        with closing(cast("Any", events)):
            for event in events:
                _tell(chain, story, event)
                yield event
    except BaseException as err:
        story.error = err
        raise
    finally:
        for tool in story.left():
            tool.on_tool_error(story.why)
        if story.error is not None:
            chain.on_chain_error(story.error)
        else:
            chain.on_chain_end(_outputs(story.end))


def _tell(chain: Any, story: _Story, event: Event) -> None:
    story.note(event)
    match event:
        case ToolCall():
            chain.on_agent_action(AgentAction(event.name, event.args, event.log))
            story.begun(event, chain.get_child().on_tool_start(*_start(event), inputs=event.args))
        case ToolResult(id, text, ok):
            # Of a call that an earlier process asked for, only the result is an event of this one.
            tool = story.ended(event) or chain.get_child().on_tool_start(*_start(_unknown(id)))
            tool.on_tool_end(text) if ok else tool.on_tool_error(ToolError(text))
        case Finish() if story.error is None:
            chain.on_agent_finish(AgentFinish(_outputs(event), ""))
        case _:
            pass


async def _atelling(
    events: AsyncIterator[Event], callbacks: Callbacks, question: str, name: str
) -> AsyncGenerator[Event, None]:
    manager = AsyncCallbackManager.configure(callbacks)
    chain = await manager.on_chain_start(cast("Any", None), {"input": question}, name=name)
    story = _Story()
    try:
        async with aclosing(cast("Any", events)):
            async for event in events:
                await _atell(chain, story, event)
                yield event
    except BaseException as err:
        story.error = err
        raise
    finally:
        for tool in story.left():
            await tool.on_tool_error(story.why)
        if story.error is not None:
            await chain.on_chain_error(story.error)
        else:
            await chain.on_chain_end(_outputs(story.end))


async def _atell(chain: Any, story: _Story, event: Event) -> None:
    story.note(event)
    match event:
        case ToolCall():
            await chain.on_agent_action(AgentAction(event.name, event.args, event.log))
            tool = await chain.get_child().on_tool_start(*_start(event), inputs=event.args)
            story.begun(event, tool)
        case ToolResult(id, text, ok):
            tool = story.ended(event)
            tool = tool or await chain.get_child().on_tool_start(*_start(_unknown(id)))
            await (tool.on_tool_end(text) if ok else tool.on_tool_error(ToolError(text)))
        case Finish() if story.error is None:
            await chain.on_agent_finish(AgentFinish(_outputs(event), ""))
        case _:
            pass


def _start(call: ToolCall) -> tuple[dict[str, Any], str]:
    return {"name": call.name}, str(call.args)


def _unknown(call_id: str) -> ToolCall:
    return ToolCall(call_id, "tool", {})


def _outputs(end: Finish) -> dict[str, Any]:
    told: dict[str, Any] = {"output": end.answer, "stop_reason": end.stop_reason}
    if end.values is not None:
        told["values"] = end.values
    if end.run_id:
        told["run_id"] = end.run_id
    return told
