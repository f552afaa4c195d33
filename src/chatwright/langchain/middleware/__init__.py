"""Middleware for langchain's `create_agent`, for what would end a run in silence or with an exception.

    from langchain.agents import create_agent
    from chatwright import ChatHuggingFace
    from chatwright.langchain.middleware import safeguards

    agent = create_agent(ChatHuggingFace.from_model("nano"), tools, middleware=safeguards())

`RetryMalformedCalls` gives a reply that cannot be read, or an empty one, back to the model with the reason.
`ToolErrorsAsObservations` lets the model read what went wrong with a tool. `TellRepeatedCalls` tells it that it goes in
circles. `safeguards()` is all of them and a limit. `ApproveWrites`, which needs a checkpointer, asks a person before a
tool that writes. Each name is loaded when it is used for the first time, and then says
which line installs langchain, if it is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .approval import ApproveWrites
    from .malformed import MalformedReplies, RetryMalformedCalls
    from .repeats import TellRepeatedCalls
    from .safeguards import safeguards
    from .tool_errors import ToolErrorsAsObservations

__all__ = [
    "ApproveWrites",
    "MalformedReplies",
    "RetryMalformedCalls",
    "TellRepeatedCalls",
    "ToolErrorsAsObservations",
    "safeguards",
]

_HOMES = {
    "ApproveWrites": "approval",
    "MalformedReplies": "malformed",
    "RetryMalformedCalls": "malformed",
    "TellRepeatedCalls": "repeats",
    "ToolErrorsAsObservations": "tool_errors",
    "safeguards": "safeguards",
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
