"""What a chat template makes of a tool call, found out by rendering one with names that stand nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..errors import TemplateError

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

__all__ = ["Sample", "written_call"]

_NAME, _KEY, _VALUE = "zaunkoenig", "eisvogel", "Rohrdommel"
_SAID, _ANSWER = "Kernbeisser", "Wiedehopf"
# nine letters and digits, as one family of templates insists, and the name itself, which another writes as the id
_CALL_IDS = ("call12345", f"functions.{_NAME}:0")
_MOMENT = datetime(2026, 1, 2, 3, 4, 5)
_ARGS: Mapping[str, Any] = {_KEY: _VALUE, "number": 3}
_TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": _NAME,
        "description": "Sings.",
        "parameters": {
            "type": "object",
            "properties": {
                _KEY: {"type": "string", "description": "which bird"},
                "number": {"type": "integer", "description": "how many"},
            },
            "required": [_KEY, "number"],
        },
    },
}
_USER = {"role": "user", "content": _SAID}
_SYSTEM = {"role": "system", "content": "Be brief."}


@dataclass(frozen=True, slots=True)
class Sample:
    """An assistant's turn that calls one tool, as a template writes it.

    `turn` is all that stands behind the user's message, and `reply` what the model itself would have written, as
    far as that can be told. `arguments` is the form in which the template takes them.
    """

    turn: str
    reply: str
    name: str
    args: Mapping[str, Any]
    tools: Sequence[Mapping[str, Any]]
    arguments: Literal["object", "text"] = "object"


def written_call(template: ChatTemplate) -> Iterator[Sample]:
    """Every form in which a template writes a call, the likeliest first; nothing if it does not show the tools."""
    sources = (template.source, *template.templates.values())
    if not any("tool" in source or "function" in source for source in sources):
        return
    start = next((s for s in ([_USER], [_SYSTEM, _USER]) if _NAME in _rendered(template, s)), None)
    if start is None:
        return
    heads = list(_heads(template, start))
    forms: tuple[Literal["object", "text"], ...] = ("object", "text")
    for form in forms:
        given = _ARGS if form == "object" else json.dumps(_ARGS)
        for call_id in _CALL_IDS:
            for turn in _turns(template, start, given, call_id):
                yield Sample(turn, _reply(turn, heads), _NAME, _ARGS, [_TOOL], form)


def _turns(template: ChatTemplate, start: Sequence[Any], given: Any, call_id: str) -> Iterator[str]:
    """What stands behind the user's message, with the result of the call and without it."""
    call = {"id": call_id, "type": "function", "function": {"name": _NAME, "arguments": given}}
    result = {"role": "tool", "name": _NAME, "tool_call_id": call_id, "content": _ANSWER}
    asked = {"role": "assistant", "content": "", "tool_calls": [call]}
    for messages in ([*start, asked, result], [*start, asked]):
        behind = _rendered(template, messages).rpartition(_SAID)[2]
        if _NAME in behind and _VALUE in behind:
            yield behind


def _heads(template: ChatTemplate, start: Sequence[Any]) -> Iterator[str]:
    """What a template may write before a reply: before one in words, and where one is to come."""
    answered = _rendered(template, [*start, {"role": "assistant", "content": _ANSWER}])
    if _ANSWER in answered:
        yield answered.rpartition(_SAID)[2].partition(_ANSWER)[0]
    yield _rendered(template, start, prompt=True).rpartition(_SAID)[2]


def _reply(turn: str, heads: Sequence[str]) -> str:
    fitting = [head for head in heads if turn.startswith(head)]
    return turn[len(max(fitting, key=len)) :] if fitting else turn


def _rendered(template: ChatTemplate, messages: Sequence[Any], *, prompt: bool = False) -> str:
    try:
        return template.render(messages, [_TOOL], add_generation_prompt=prompt, now=_MOMENT)
    except TemplateError:
        return ""  # what cannot be rendered is not shown
