"""`TellRepeatedCalls`: a model that makes the same call again is told so, and after some times it is not run again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from chatwright.errors import UsageError

from .faults import is_ours
from .needed import AgentMiddleware, AgentState, Command, ToolCallRequest

__all__ = ["TellRepeatedCalls"]

Result = ToolMessage | Command[Any]


class TellRepeatedCalls(AgentMiddleware[AgentState[Any], Any]):
    """The same tool with the same input, again, in answer to one message of the user: the result says so.

    After `most` times the call is not run any more, and the model is told to use what it has. Tools in `except_for`
    may be asked as often as it likes, for instance one that looks whether something is done.
    """

    def __init__(self, most: int = 3, *, except_for: Sequence[str] = ()) -> None:
        super().__init__()
        if most < 1:
            raise UsageError(f"most is {most}", "give 1 or more")
        self.most, self.except_for = most, frozenset(except_for)
        self.tools = []

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]
    ) -> Result:
        """Run the tool, unless that was done often enough."""
        before = self._before(request)
        return (
            _refusal(request, before) if before >= self.most else _noted(handler(request), before)
        )

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        """The same for an event loop."""
        before = self._before(request)
        if before >= self.most:
            return _refusal(request, before)
        return _noted(await handler(request), before)

    def _before(self, request: ToolCallRequest) -> int:
        """How often this call was made since the user spoke."""
        call = request.tool_call
        if call["name"] in self.except_for:
            return 0
        return _earlier(_messages(request.state), str(call["id"])).count(_key(call))


def _earlier(messages: Sequence[AnyMessage], id_: str) -> list[str]:
    """The calls since the user spoke, up to the one with this id."""
    made: list[str] = []
    for message in messages:
        if isinstance(message, HumanMessage) and not is_ours(message):
            made = []
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            if call["id"] == id_:
                return made
            made.append(_key(call))
    return made


def _messages(state: Any) -> Sequence[AnyMessage]:
    """The conversation, in whichever form LangGraph keeps it."""
    if isinstance(state, Mapping):
        return cast("Mapping[str, Any]", state).get("messages", ())
    return cast(
        "Sequence[AnyMessage]", state if isinstance(state, list) else getattr(state, "messages", ())
    )


def _key(call: Any) -> str:
    return json.dumps(
        [call["name"], call["args"]], sort_keys=True, ensure_ascii=False, default=repr
    )


def _refusal(request: ToolCallRequest, before: int) -> ToolMessage:
    call = request.tool_call
    words = (
        f"error: this call was made {before} times with the same input, and it was not run again. "
        "Use what it gave, change the input, or give the answer."
    )
    return ToolMessage(words, tool_call_id=str(call["id"]), name=call["name"], status="error")


def _noted(result: Result, before: int) -> Result:
    """The result, with a word about what came before."""
    if before < 1 or not isinstance(result, ToolMessage):
        return result
    words = "You have made this call before, with the same input. Use what it gave, or change the input."
    content: Any = result.content
    new = (
        f"{content}\n({words})"
        if isinstance(content, str)
        else [*content, {"type": "text", "text": words}]
    )
    return result.model_copy(update={"content": new})
