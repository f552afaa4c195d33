"""Calls like code: Llama 4 and ToolACE write `[f(a=1)]`; LFM2, MiniCPM and Olmo 3 put marks around it."""

from __future__ import annotations

from ..grammar import literal
from ._code_calls import CodeCalls
from ._native import Native

__all__ = ["LFM2", "MINICPM", "OLMO3", "PYTHONIC"]

_CALL = 'tool_name(argument="value")'
_START, _END = "<|tool_call_start|>", "<|tool_call_end|>"

PYTHONIC = Native("pythonic", CodeCalls())
LFM2 = Native(
    "lfm2",
    CodeCalls(
        opens=(f"{_START}[", _START),
        closes=(_END,),
        begin=literal(f"{_START}["),
        finish=literal(f"]{_END}"),
        sample=f"{_START}[{_CALL}]{_END}",
    ),
)
MINICPM = Native(
    "minicpm",
    CodeCalls(
        opens=(_START,),
        closes=("```", _END),
        bracketed=False,
        begin=literal(f"{_START}\n```python\n"),
        apart=literal("\n"),
        finish=literal(f"\n```\n{_END}"),
        sample=f"{_START}\n```python\n{_CALL}\n```\n{_END}",
    ),
)
OLMO3 = Native(
    "olmo3",
    CodeCalls(
        opens=("<function_calls>",),
        closes=("</function_calls>",),
        bracketed=False,
        begin='"<function_calls>" "\\n"?',
        apart=literal("\n"),
        finish='"\\n"? "</function_calls>"',
        sample=f"<function_calls>{_CALL}</function_calls>",
    ),
)
