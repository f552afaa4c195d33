"""What the middleware takes from langchain and LangGraph, or the line that installs them. Nothing else here imports them."""

from __future__ import annotations

from chatwright.errors import MissingExtra

try:
    from langchain.agents.middleware import (
        AgentMiddleware,
        AgentState,
        ModelCallLimitMiddleware,
        ModelRequest,
        ModelResponse,
        hook_config,
    )
    from langchain.agents.middleware.types import PrivateStateAttr, ToolCallRequest
    from langchain.agents.structured_output import (
        AutoStrategy,
        ProviderStrategy,
        StructuredOutputValidationError,
        ToolStrategy,
    )
    from langgraph import errors as graph_errors
    from langgraph.errors import GraphBubbleUp
    from langgraph.runtime import Runtime
    from langgraph.types import Command, interrupt
except ImportError as err:
    package = (err.name or "").partition(".")[0]
    if package not in ("langchain", "langgraph"):
        raise  # they are here, and something that they need is not
    raise MissingExtra(
        f"the middleware is for langchain's agents, and the package '{package}' is missing or too old",
        "pip install 'chatwright[langgraph]'",
    ) from err

__all__ = [
    "AgentMiddleware",
    "AgentState",
    "AutoStrategy",
    "Command",
    "GraphBubbleUp",
    "ModelCallLimitMiddleware",
    "ModelRequest",
    "ModelResponse",
    "PrivateStateAttr",
    "ProviderStrategy",
    "Runtime",
    "StructuredOutputValidationError",
    "ToolCallRequest",
    "ToolStrategy",
    "graph_errors",
    "hook_config",
    "interrupt",
]
