"""What a chat template shows to the model, found out by rendering conversations with known words in them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import TemplateError

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

__all__ = ["Capabilities", "probe"]

_WORD = "Zaunkoenig"
_OTHER = "Eisvogel"
_CALL_ID = "call12345"  # nine letters and digits, as one family of templates insists


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which parts of a conversation reach the model through this template."""

    system: bool
    """A system message is shown."""

    tools: bool
    """The tools are shown."""

    tool_role: bool
    """A message with the role `tool` is accepted and shown."""

    content_parts: bool
    """A content may be a list of parts, and their texts alone are shown."""


@functools.lru_cache(maxsize=64)
def probe(template: ChatTemplate) -> Capabilities:
    """Find out, once a template; a render that fails is an answer too."""
    user = {"role": "user", "content": "Hi"}
    system = {"role": "system", "content": _WORD}
    parts = [{"type": "text", "text": _WORD, "note": _OTHER}]
    shown_parts = _rendered(template, [{"role": "user", "content": parts}])
    return Capabilities(
        system=_WORD in _rendered(template, [system, user]),
        tools=_WORD in _rendered(template, [user], tools=[_tool(_WORD)])
        or _OTHER in _rendered(template, [system, user], tools=[_tool(_OTHER)]),
        tool_role=any(
            _WORD in _rendered(template, _round_trip(user, arguments), tools=tools)
            for arguments in ({"x": 1}, '{"x": 1}')
            for tools in ([_tool("add")], None)
        ),
        content_parts=_WORD in shown_parts and _OTHER not in shown_parts,
    )


def _rendered(template: ChatTemplate, messages: Sequence[Any], tools: Any = None) -> str:
    try:
        return template.render(
            messages, tools, add_generation_prompt=messages[-1]["role"] != "assistant", now=_MOMENT
        )
    except TemplateError:
        return ""  # what cannot be rendered is not shown


def _tool(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"x": {"type": "number", "description": "a number"}},
    }
    schema["required"] = ["x"]
    return {
        "type": "function",
        "function": {"name": name, "description": "Does it.", "parameters": schema},
    }


def _round_trip(user: Any, arguments: Any) -> list[Any]:
    call = {
        "id": _CALL_ID,
        "type": "function",
        "function": {"name": "add", "arguments": arguments},
    }
    return [
        user,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "add", "tool_call_id": _CALL_ID, "content": _WORD},
    ]


_MOMENT = datetime(2026, 1, 2, 3, 4, 5)
