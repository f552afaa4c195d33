"""The LangChain face: text LLMs, `ChatHuggingFace` and agents over the walk.

Each name is loaded when it is used for the first time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chat import ChatHuggingFace
    from .llms import (
        HuggingFaceEndpoint,
        HuggingFaceHub,
        HuggingFaceLocal,
        HuggingFaceTextGenInference,
    )

__all__ = [
    "ChatHuggingFace",
    "HuggingFaceEndpoint",
    "HuggingFaceHub",
    "HuggingFaceLocal",
    "HuggingFaceTextGenInference",
]

_HOMES = {
    "ChatHuggingFace": "chat",
    "HuggingFaceEndpoint": "llms",
    "HuggingFaceHub": "llms",
    "HuggingFaceLocal": "llms",
    "HuggingFaceTextGenInference": "llms",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
