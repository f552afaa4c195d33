"""Any open model as a first-class chat model and agent.

    from chatwright import Agent
    print(Agent("nano", ["calculator"]).ask("What is 15% of 80?").answer)

Every name loads on first use.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing's own costs more to import than all the rest of this file
if TYPE_CHECKING:
    from typing import Any

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
    "hub": "hub",
    "open_model": "model",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f".{_HOMES[name]}", __name__)
    value = home if _HOMES[name] == name else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
