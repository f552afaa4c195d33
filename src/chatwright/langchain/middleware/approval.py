"""`ApproveWrites`: a person is asked before a tool that writes is run."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.messages import ToolMessage

from chatwright.agent.approval import Approve, Edit, Refuse

from ..agents.flags import flags_of
from ..agents.interrupts import answered, question_for, said_instead
from .needed import AgentMiddleware, AgentState, Command, ToolCallRequest, interrupt

__all__ = ["ApproveWrites"]

Result = ToolMessage | Command[Any]


class ApproveWrites(AgentMiddleware[AgentState[Any], Any]):
    """The graph is interrupted before each call of a tool that writes; the agent needs a checkpointer.

    A tool that writes says so, `metadata={"writes": True}`, or is named in `also`. The value of the interrupt tells the
    tool and its arguments. `Command(resume=...)` answers it: True or False, `{"type": "approve"}`,
    `{"type": "edit", "args": {...}}`, `{"type": "reject", "message": "why"}`, or `{"type": "respond", "message": ...}` with
    what the model reads in place of the tool's result. Where several are asked about at once, LangGraph wants the answers
    by the interrupts' ids: `Command(resume={id: answer})`. What was not allowed, the model reads as an error.
    """

    def __init__(self, also: Sequence[str] = ()) -> None:
        super().__init__()
        self.also = frozenset(also)
        self.tools = []

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]
    ) -> Result:
        """Ask, if it writes, then run the tool."""
        if not self._asks(request):
            return handler(request)
        allowed = _asked(request)
        if isinstance(allowed, ToolMessage):
            return allowed
        return _noted(handler(allowed), request, allowed)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        """The same for an event loop."""
        if not self._asks(request):
            return await handler(request)
        allowed = _asked(request)
        if isinstance(allowed, ToolMessage):
            return allowed
        return _noted(await handler(allowed), request, allowed)

    def _asks(self, request: ToolCallRequest) -> bool:
        tool = request.tool
        if tool is None:
            return False  # there is none to run
        return tool.name in self.also or flags_of(tool).writes


def _asked(request: ToolCallRequest) -> ToolCallRequest | ToolMessage:
    """The call, perhaps with other arguments, or what the model reads in its place."""
    call = request.tool_call
    about = request.tool.description if request.tool else ""
    question = question_for(call["id"], call["name"], call["args"], about)
    answer, decision = answered(lambda: interrupt(question), question, call["name"])
    match decision:
        case Approve():
            return request
        case Edit(args):
            return request.override(tool_call={**call, "args": dict(args)})
        case Refuse(reason):
            if (said := said_instead(answer)) is not None:
                return _message(request, said, "success")
            why = f": {reason.strip().rstrip('.')}" if reason.strip() else ""
            return _message(
                request, f"error: a person did not allow this call{why}. Go on without it.", "error"
            )


def _noted(result: Result, asked: ToolCallRequest, ran: ToolCallRequest) -> Result:
    """The result, with a word about the arguments where a person changed them."""
    if ran is asked or not isinstance(result, ToolMessage):
        return result
    args = json.dumps(ran.tool_call["args"], ensure_ascii=False, default=str)
    words = f"[a person changed the arguments to {args}]"
    content: Any = result.content
    new = f"{words}\n{content}" if isinstance(content, str) else [{"type": "text", "text": words}, *content]  # fmt: skip
    return result.model_copy(update={"content": new})


def _message(request: ToolCallRequest, text: str, status: Any) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(text, tool_call_id=str(call["id"]), name=call["name"], status=status)
