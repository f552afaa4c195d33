"""GLM 4.5 and later: `<tool_call>name`, then `<arg_key>` and `<arg_value>` for each argument."""

from __future__ import annotations

from ._native import Native
from ._tagged_calls import TaggedCalls

__all__ = ["FORMAT"]

FORMAT = Native(
    "glm",
    TaggedCalls(
        outer="<tool_call>",
        outer_end="</tool_call>",
        call="",
        named="",
        call_end="",
        key="<arg_key>",
        keyed="</arg_key>\n<arg_value>",
        value_end="</arg_value>",
    ),
)
