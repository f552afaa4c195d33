"""Any open model as a first-class chat model and agent.

    from chatwright import Agent
    print(Agent("nano", ["calculator"]).ask("What is 15% of 80?").answer)

Every name loads on first use.
"""

from __future__ import annotations

from ._lazy import lazy

TYPE_CHECKING = False  # typing's own costs more to import than all the rest of this file
if TYPE_CHECKING:
    from . import hub
    from .agent import Agent, Limits
    from .langchain import (
        ChatHuggingFace,
        HuggingFaceEndpoint,
        HuggingFaceHub,
        HuggingFaceLocal,
        HuggingFaceTextGenInference,
    )
    from .model import Model, open_model
    from .tools import Tool

__all__ = [
    "Agent",
    "ChatHuggingFace",
    "HuggingFaceEndpoint",
    "HuggingFaceHub",
    "HuggingFaceLocal",
    "HuggingFaceTextGenInference",
    "Limits",
    "Model",
    "Tool",
    "__version__",
    "hub",
    "open_model",
]

__version__ = "0.1.0"

_HOMES = {
    "Agent": "agent",
    "ChatHuggingFace": "langchain",
    "HuggingFaceEndpoint": "langchain",
    "HuggingFaceHub": "langchain",
    "HuggingFaceLocal": "langchain",
    "HuggingFaceTextGenInference": "langchain",
    "Limits": "agent",
    "Model": "model",
    "Tool": "tools",
    "hub": "",
    "open_model": "model",
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
