"""All calls in one list between marks, each an object with a name and arguments.

Apriel, Jamba and Hunyuan write `<tool_calls>[…]</tool_calls>`, Nemotron `<TOOLCALL>[…]</TOOLCALL>`.
"""

from __future__ import annotations

from ._json_calls import JsonCalls
from ._native import Native

__all__ = ["NEMOTRON", "TOOL_CALLS"]

_ID = '(", \\"id\\": \\"" [a-zA-Z0-9_-]{1,40} "\\"")?'
TOOL_CALLS = Native(
    "tool_calls",
    JsonCalls(opens=("<tool_calls>",), closes=("</tool_calls>",), in_list=True, behind=_ID),
)
NEMOTRON = Native(
    "nemotron", JsonCalls(opens=("<TOOLCALL>",), closes=("</TOOLCALL>",), in_list=True)
)
