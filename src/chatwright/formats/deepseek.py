"""DeepSeek: `<｜tool▁call▁begin｜>name<｜tool▁sep｜>{…}` since V3.1, before it `function<｜tool▁sep｜>name` and a fence."""

from __future__ import annotations

import re

from ..grammar import literal
from ._named_json import NamedJson
from ._native import Native

__all__ = ["OLD", "V31"]

_BEGIN, _END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
_ONE, _ONE_END, _SEP = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>"
_NAME = r"(?P<name>[\w.-]{1,100})"
_MARKS = rf"(?:{_BEGIN})?\s*(?:{_ONE})?"

V31 = Native(
    "deepseek_v31",
    NamedJson(
        opens=(_BEGIN, _ONE),
        head=re.compile(rf"{_MARKS}{_NAME}{_SEP}\s*"),
        bare_head=re.compile(rf"{_NAME}\s*(?={{)"),
        closes=(_ONE_END, _END),
        begin=literal(_BEGIN),
        before=literal(_ONE),
        between=literal(_SEP),
        behind=literal(_ONE_END),
        finish=literal(_END),
        sample=f'{_BEGIN}{_ONE}tool_name{_SEP}{{"argument": value}}{_ONE_END}{_END}',
    ),
)
OLD = Native(
    "deepseek",
    NamedJson(
        opens=(_BEGIN, _ONE),
        head=re.compile(rf"{_MARKS}\s*function{_SEP}{_NAME}\s*(?:```(?:json)?\s*)?"),
        bare_head=re.compile(rf"function{_NAME}\s*```json\s*(?={{)"),
        lead="function",
        closes=("```", _ONE_END, _END),
        begin=literal(_BEGIN),
        before=literal(f"{_ONE}function{_SEP}"),
        between=literal("\n```json\n"),
        behind=literal(f"\n```{_ONE_END}"),
        finish=literal(_END),
        apart='"\\n"?',
        sample=f'{_BEGIN}{_ONE}function{_SEP}tool_name\n```json\n{{"argument": value}}\n```{_ONE_END}{_END}',
    ),
)
