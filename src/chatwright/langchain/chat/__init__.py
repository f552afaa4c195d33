"""`ChatHuggingFace`: any model of ours, or any text LLM of LangChain, as a LangChain chat model.

    from chatwright import ChatHuggingFace
    ChatHuggingFace.from_model("nano").invoke("What is 12 factorial?")

Read on in this order: `model` (the class), `source` (which model answers, by whose template), `messages` and `content`
(LangChain's messages as chat dictionaries), `options` and `tools` (what a call asks for), `asked` (the question, and
when it is asked again), `replies` (events as messages and chunks), `blocks` (standard content blocks), `structured`.
"""

from __future__ import annotations

from . import blocks, loading
from .model import ChatHuggingFace

__all__ = ["ChatHuggingFace"]

blocks.register()
loading.register()
