"""Conversations for models that want turns to alternate, or know no system message.

The messages go as they are, as long as the model takes them. What it refuses is asked again with neighbours of one
role joined, then with the system's words at the beginning of the user's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from chatwright.errors import ChatwrightError, Refused, ServerFailed, TemplateError

__all__ = ["REPAIRS", "about_roles", "folded", "merged"]

Dict = dict[str, Any]

_ROLES = re.compile(
    r"alternat|\broles?\b|system (message|prompt|role)|only user|last message|first message|after (a )?(user|assistant)",
    re.IGNORECASE,
)


def about_roles(error: ChatwrightError) -> bool:
    """Does the template, or the server's, refuse who speaks when?"""
    if isinstance(error, TemplateError):
        return True
    refused = isinstance(error, Refused | ServerFailed)
    return refused and bool(_ROLES.search(str(error)))


def merged(messages: Sequence[Dict]) -> list[Dict]:
    """System messages first, and neighbours of one role as one message."""
    system = [m for m in messages if m["role"] == "system"]
    made: list[Dict] = []
    for message in [*system, *(m for m in messages if m["role"] != "system")]:
        last = made[-1] if made else None
        if last is not None and _joinable(last, message):
            made[-1] = {**last, **message, "content": _joined(last["content"], message["content"])}
        else:
            made.append(message)
    return made


def folded(messages: Sequence[Dict]) -> list[Dict]:
    """The same without a system message: its words begin the first message of the user."""
    made = merged(messages)
    if not made or made[0]["role"] != "system":
        return made
    system, rest = made[0], made[1:]
    return merged([{"role": "user", "content": system["content"]}, *rest])


REPAIRS: tuple[Callable[[Sequence[Dict]], list[Dict]], ...] = (list, merged, folded)
"""From the least to the most that is changed."""


def _joinable(one: Dict, other: Dict) -> bool:
    """Neighbours that say one thing after another; calls and results stay apart."""
    same = one["role"] == other["role"] and one["role"] in ("system", "user", "assistant")
    return same and not one.get("tool_calls")


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, str | None) and isinstance(other, str | None):
        return "\n\n".join(text for text in (one, other) if text)
    return [*_parts(one), *_parts(other)]


def _parts(content: Any) -> list[Any]:
    if isinstance(content, list):
        return cast("list[Any]", content)
    return [{"type": "text", "text": content or ""}]
