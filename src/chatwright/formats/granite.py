"""Granite 3 and Phi-4-mini: `<|tool_call|>[{"name": …, "arguments": …}]`, which Phi closes with `<|/tool_call|>`."""

from __future__ import annotations

from ._json_calls import JsonCalls
from ._native import Native

__all__ = ["GRANITE", "PHI"]

GRANITE = Native("granite", JsonCalls(opens=("<|tool_call|>", "<tool_call>"), in_list=True))
PHI = Native("phi4", JsonCalls(opens=("<|tool_call|>",), closes=("<|/tool_call|>",), in_list=True))
