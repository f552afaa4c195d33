"""Command R7B and Command A: a list between `<|START_ACTION|>` and `<|END_ACTION|>`, with names of its own for the keys."""

from __future__ import annotations

from ._json_calls import JsonCalls
from ._native import Native
from ._thinking import THINK, Tags

__all__ = ["FORMAT"]

_TAGS = Tags((("<|START_THINKING|>", "<|END_THINKING|>"), *THINK.pairs))
FORMAT = Native(
    "command_r",
    JsonCalls(
        opens=("<|START_ACTION|>",),
        closes=("<|END_ACTION|>",),
        name="tool_name",
        arguments="parameters",
        in_list=True,
        before='"\\"tool_call_id\\": \\"" [0-9]{1,3} "\\", "',
        tags=_TAGS,
    ),
)
