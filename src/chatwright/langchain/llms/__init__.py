"""Text LLMs for LangChain: a prompt goes in, what follows it comes out.

`arguments` sorts what a constructor is given, `described` is the part of an LLM that asks nobody, `base` the part that
does; `opened` keeps what is open, `reading` makes LangChain's generations of our events, `counting` counts tokens.
`remote` is what all LLMs that are elsewhere share; `servers`, `hub` and `local` are the four classes.
"""

from __future__ import annotations

from .base import TextLLM
from .hub import HuggingFaceHub
from .local import HuggingFaceLocal
from .remote import RemoteLLM
from .servers import HuggingFaceEndpoint, HuggingFaceTextGenInference

__all__ = [
    "HuggingFaceEndpoint",
    "HuggingFaceHub",
    "HuggingFaceLocal",
    "HuggingFaceTextGenInference",
    "RemoteLLM",
    "TextLLM",
]
