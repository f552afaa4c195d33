"""All of the middleware at once, with a limit, for an agent that is left alone."""

from __future__ import annotations

from typing import Any

from .malformed import RetryMalformedCalls
from .needed import AgentMiddleware, ModelCallLimitMiddleware
from .repeats import TellRepeatedCalls
from .tool_errors import ToolErrorsAsObservations

__all__ = ["safeguards"]


def safeguards(*, max_turns: int | None = 12) -> list[AgentMiddleware[Any, Any]]:
    """Malformed replies are asked again, tools' errors and repeated calls are told, and a run has at most `max_turns`
    turns of the model (LangGraph's own limit is thousands). None leaves the limit away.
    """
    told: list[AgentMiddleware[Any, Any]] = [
        RetryMalformedCalls(),
        ToolErrorsAsObservations(),
        TellRepeatedCalls(),
    ]
    return told if max_turns is None else [*told, ModelCallLimitMiddleware(run_limit=max_turns)]
