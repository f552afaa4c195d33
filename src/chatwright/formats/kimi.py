"""Kimi K2: `<|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}`; the id of a call holds its name."""

from __future__ import annotations

import re
import secrets

from ..grammar import literal
from ._named_json import NamedJson
from ._native import Native

__all__ = ["FORMAT"]

_BEGIN, _END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
_ONE, _ONE_END, _ARGS = "<|tool_call_begin|>", "<|tool_call_end|>", "<|tool_call_argument_begin|>"
_ID = r"(?P<id>(?:functions\.)?(?P<name>[\w.-]{1,100}?):\d{1,6})"


def _new_id(name: str, said: str) -> str:
    return said if said.startswith("functions.") else f"functions.{name}:{secrets.randbelow(10**6)}"


FORMAT = Native(
    "kimi",
    NamedJson(
        opens=(_BEGIN, _ONE),
        head=re.compile(
            rf"(?:{re.escape(_BEGIN)})?\s*(?:{re.escape(_ONE)})?\s*{_ID}\s*(?:{re.escape(_ARGS)})?\s*"
        ),
        bare_head=re.compile(rf"{_ID}\s*(?={{)"),
        lead="functions.",
        closes=(_ONE_END, _END),
        begin=literal(_BEGIN),
        before=f"{literal(_ONE)} {literal('functions.')}",
        between=f'":" [0-9]{{1,4}} {literal(_ARGS)}',
        behind=literal(_ONE_END),
        finish=literal(_END),
        sample=f'{_BEGIN}{_ONE}functions.tool_name:0{_ARGS}{{"argument": value}}{_ONE_END}{_END}',
    ),
    new_id=_new_id,
)
