"""A format made from what a template writes, where it is JSON between marks that none of ours has."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from ..grammar import literal
from ._json_calls import JsonCalls
from ._named_json import NamedJson
from ._native import Native, Written
from ._thinking import THINK

__all__ = ["derived"]

_ID = re.compile(r"call12345|functions\.\w+:0")
_CLOSING = re.compile(r"\s*(<[^<>\s]{1,60}>|\[/[A-Z_]{1,40}\]|```)")
_SAYS_END = re.compile(r"/|end|close|suffix|stop|```", re.IGNORECASE)
_TURN_ENDS = re.compile(
    r"<\|?/?(?:im_end|eot|eom|eos|end|s|end_of_\w+|endoftext|turn_end)(?:_id)?\|?>"
)
_LONGEST_MARK = 120


def derived(written: Written) -> Native | None:
    """The format of the JSON in a template's call, None if there is none that reads it again."""
    if written.reply == written.turn:
        return None  # nobody knows where the reply begins
    found = _objects(written) or _named(written)
    return found if found and found.wrote(written) else None


def _objects(written: Written) -> Native | None:
    """`mark {"name": "f", "arguments": {…}} mark`, or a list of such objects."""
    reply, said = written.reply, json.dumps(written.name)
    at = reply.find(said)
    start = reply.rfind("{", 0, max(at, 0))
    if at < 0 or start < 0:
        return None
    opened = re.search(r"\[\s*$", reply[:start])
    start = opened.start() if opened else start
    value, end = _decoded(reply, start)
    items = cast("list[Any]", value if isinstance(value, list) else [value])
    item = cast("dict[str, Any]", items[0]) if items and isinstance(items[0], dict) else {}
    name = next((key for key, each in item.items() if each == written.name), "")
    args = next((key for key, each in item.items() if each == dict(written.args)), "")
    mark = _mark(reply[:start])
    if not (name and args and mark) or list(item).index(name) > list(item).index(args):
        return None
    return Native(
        "json",
        JsonCalls(
            opens=(mark,),
            closes=_closes(reply, end),
            name=name,
            arguments=args,
            in_list=isinstance(value, list),
        ),
    )


def _named(written: Written) -> Native | None:
    """`mark name mark {…} mark`."""
    reply, name = written.reply, written.name
    at = reply.find(name)
    start = reply.find("{", max(at, 0))
    if at < 0 or start < 0:
        return None
    value, end = _decoded(reply, start)
    before, between = _mark(reply[:at]), reply[at + len(name) : start]
    if value != dict(written.args) or not before or name in between or len(between) > _LONGEST_MARK:
        return None
    mark = _ID.split(before)[0].rstrip()
    closes = _closes(reply, end)
    return Native(
        "named_json",
        NamedJson(
            opens=(mark,),
            head=re.compile(rf"{_pattern(before)}\s*(?P<name>[\w.-]{{1,100}}){_pattern(between)}\s*"),
            closes=closes,
            before=_expression(before),
            between=_expression(between),
            behind=literal(closes[0]) if closes else '""',
            apart='"\\n"?',
            sample=f'{_ID.sub("0", before)}tool_name{between}{{"argument": value}}{"".join(closes)}',
        ),
    ) if mark else None  # fmt: skip


def _decoded(text: str, start: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start


def _mark(before: str) -> str:
    """What stands before a call as its mark: behind thinking, and with more in it than words."""
    for _, close in THINK.pairs:
        before = before.rpartition(close)[2]
    mark = before.strip()
    return mark if len(mark) <= _LONGEST_MARK and re.search(r"[<\[|:`]", mark) else ""


def _closes(reply: str, end: int) -> tuple[str, ...]:
    """The mark behind a call, unless it is the end of the turn."""
    found = _CLOSING.match(reply, end)
    if found is None or _TURN_ENDS.fullmatch(found[1]) or not _SAYS_END.search(found[1]):
        return ()
    return (found[1],)


def _pattern(text: str) -> str:
    parts = (re.escape(part.strip()) for part in _ID.split(text))
    return r"\s*" + r"\s*[\w.:-]{1,60}\s*".join(parts)


def _expression(text: str) -> str:
    return " [a-zA-Z0-9] [a-zA-Z0-9_.:-]{0,40} ".join(literal(part) for part in _ID.split(text))
