"""All of the middleware at once, with a limit, for an agent that is left alone."""

from __future__ import annotations

from typing import Any

from .approval import ApproveWrites
from .malformed import RetryMalformedCalls
from .needed import AgentMiddleware, ModelCallLimitMiddleware
from .repeats import TellRepeatedCalls
from .tool_errors import ToolErrorsAsObservations

__all__ = ["safeguards"]


def safeguards(
    *, max_turns: int | None = 12, approve_writes: bool = False
) -> list[AgentMiddleware[Any, Any]]:
    """Malformed replies are asked again, tools' errors and repeated calls are told, and a run has at most `max_turns`
    turns of the model (LangGraph's own limit is thousands). None leaves the limit away.

    With `approve_writes` a person is asked before a tool that writes; then the agent needs a checkpointer.
    """
    told: list[AgentMiddleware[Any, Any]] = [
        RetryMalformedCalls(),
        ToolErrorsAsObservations(),
        TellRepeatedCalls(),
    ]
    if approve_writes:
        told.append(ApproveWrites())  # the last: nobody is asked about a call that would not be run
    return told if max_turns is None else [*told, ModelCallLimitMiddleware(run_limit=max_turns)]
