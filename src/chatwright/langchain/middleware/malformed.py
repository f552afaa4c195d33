"""`RetryMalformedCalls`: a reply that nobody can read goes back to the model with the reason, not to the user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, NotRequired

from langchain_core.messages import AIMessage

from chatwright.errors import ChatwrightError, UsageError

from .faults import MARK, Fault, answered, fault_of, is_ours, shown_to_model, told
from .needed import (
    AgentMiddleware,
    AgentState,
    ModelRequest,
    ModelResponse,
    PrivateStateAttr,
    Runtime,
    StructuredOutputValidationError,
    hook_config,
)
from .shapes import shaped, without_shape

__all__ = ["MalformedReplies", "RetryMalformedCalls"]

Dict = dict[str, Any]


class MalformedReplies(ChatwrightError):
    """The model's replies could not be read, again and again; `reason` is what was wrong with the last one."""

    def __init__(self, count: int, reason: str) -> None:
        which = "the model's reply" if count == 1 else f"{count} replies of the model in a row"
        hint = "a larger model may do better, or fewer and simpler tools"
        super().__init__(f"{which} could not be read: {reason}", hint)
        self.reason = reason


class MalformedState(AgentState[Any]):
    """The state of the agent, and how many replies in a row could not be read."""

    malformed_replies: NotRequired[Annotated[int, PrivateStateAttr]]


class RetryMalformedCalls(AgentMiddleware[MalformedState, Any]):
    """A malformed call, an empty reply or an answer without its shape is told to the model, and asked again.

    Without it such a reply ends the run as if it were the answer. At most `retries` in a row are asked again; then the
    run ends with a message that says what was wrong (its `response_metadata["finish_reason"]` is `malformed`), or with
    `then="error"` by raising `MalformedReplies`. All of it stays in the conversation.
    """

    state_schema = MalformedState

    def __init__(self, retries: int = 2, *, then: Literal["end", "error"] = "end") -> None:
        super().__init__()
        if retries < 0:
            raise UsageError(f"retries is {retries}", "give 0 or more")
        if then not in ("end", "error"):
            raise UsageError(f"then is {str(then)[:60]!r}", "give 'end' or 'error'")
        self.retries, self.then = retries, then
        self.tools = []

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Ask the model; an answer that does not have its shape is a reply like others that cannot be read."""
        try:
            return shaped(request, handler(_shown(request)))
        except StructuredOutputValidationError as err:
            return without_shape(request, err)

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """The same for an event loop."""
        try:
            return shaped(request, await handler(_shown(request)))
        except StructuredOutputValidationError as err:
            return without_shape(request, err)

    @hook_config(can_jump_to=["model", "end"])
    def after_model(self, state: MalformedState, runtime: Runtime[Any]) -> Dict | None:
        """Look at the reply; jump back to the model, or to the end, where it cannot be read."""
        del runtime
        reply = next((m for m in reversed(state["messages"]) if isinstance(m, AIMessage)), None)
        if reply is None or is_ours(reply):
            return None
        fault = fault_of(reply)
        count = state.get("malformed_replies", 0)
        if fault is None:
            new = answered(reply)
            return {"messages": new, "malformed_replies": 0} if new or count else None
        if count >= self.retries:
            return self._end(fault, count + 1)
        return {"messages": told(fault), "malformed_replies": count + 1, "jump_to": "model"}

    @hook_config(can_jump_to=["model", "end"])
    async def aafter_model(self, state: MalformedState, runtime: Runtime[Any]) -> Dict | None:
        """The same for an event loop."""
        return self.after_model(state, runtime)

    def _end(self, fault: Fault, count: int) -> Dict:
        error = MalformedReplies(count, fault.reason)
        if self.then == "error":
            raise error
        why = {"finish_reason": "malformed", "malformed": fault.reason}
        last = AIMessage(
            f"I have to stop here: {error}", response_metadata=why, additional_kwargs=dict(MARK)
        )
        # What the model is told is kept: the thread may go on, and then an unanswered call would be refused.
        return {"messages": [*told(fault), last], "malformed_replies": 0, "jump_to": "end"}


def _shown(request: ModelRequest[Any]) -> ModelRequest[Any]:
    messages = shown_to_model(request.messages)
    if len(messages) == len(request.messages):
        return request
    return request.override(messages=messages)
