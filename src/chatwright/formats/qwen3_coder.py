"""Arguments one by one between tags: Qwen3-Coder, Qwen 3.5, Nemotron 3 and Step; Seed and MiniMax write it their own way."""

from __future__ import annotations

from ._native import Native
from ._tagged_calls import TaggedCalls
from ._thinking import THINK, Tags

__all__ = ["MINIMAX", "QWEN", "SEED"]

_SEED = Tags((("<seed:think>", "</seed:think>"), *THINK.pairs))


def _functions(outer: str, tags: Tags = THINK) -> TaggedCalls:
    return TaggedCalls(
        outer=f"<{outer}>",
        outer_end=f"</{outer}>",
        call="<function=",
        named=">",
        call_end="</function>",
        key="<parameter=",
        keyed=">",
        value_end="</parameter>",
        tags=tags,
    )


QWEN = Native("qwen3_coder", _functions("tool_call"))
SEED = Native("seed", _functions("seed:tool_call", _SEED))
MINIMAX = Native(
    "minimax",
    TaggedCalls(
        outer="<minimax:tool_call>",
        outer_end="</minimax:tool_call>",
        call='<invoke name="',
        named='">',
        call_end="</invoke>",
        key='<parameter name="',
        keyed='">',
        value_end="</parameter>",
    ),
)
