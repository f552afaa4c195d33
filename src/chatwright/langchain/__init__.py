"""The LangChain face: text LLMs, `ChatHuggingFace` and agents over the walk.

Each name is loaded when it is used for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

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

__getattr__, __dir__ = lazy(__name__, _HOMES)
