"""Hermes, Qwen 2.5 and 3, and many others: `<tool_call>{"name": …, "arguments": …}</tool_call>`, one for each call."""

from __future__ import annotations

from ._json_calls import JsonCalls
from ._native import Native

__all__ = ["FORMAT"]

FORMAT = Native("hermes", JsonCalls(opens=("<tool_call>",), closes=("</tool_call>",)))
