"""What a template sees of messages and tools: plain JSON data, with the names that templates look for.

These are the rules of transformers 5: values of other types become their type's name, keys without
a value are left out, and a message's reasoning is there under each name that templates use for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ..errors import TemplateError
from ..request import Own
from .provenance import Traced, own_mark

__all__ = ["CONTINUE_TAG", "Tracer", "mark_the_end", "plain_data", "plain_messages", "plain_text"]

REASONING = ("reasoning_content", "thinking", "reasoning")

CONTINUE_TAG = "CONTINUE_FINAL_MESSAGE_TAG "
"""Stands behind the message to continue, so that its end is found again in what the template wrote."""

# Who speaks is the program's choice, not the speaker's: these names count as the template's text,
# so that '<|' + message.role + '|>' stays a control token. Any other role is the caller's text.
_KNOWN_ROLES = frozenset(
    [
        "system",
        "user",
        "assistant",
        "tool",
        "function",
        "developer",
        "ipython",
        "model",
        "observation",
    ]
)


def plain_text(text: str) -> str:
    """The text as a plain `str`, whatever subclass it came as."""
    return str.__str__(text)


class Tracer:
    """Turns text into traced text: the caller's, or the model's own."""

    def __init__(self) -> None:
        self._own = 0

    def __call__(self, text: str) -> str:
        plain = str.__str__(text)
        if not isinstance(text, Own):
            return Traced(plain)
        self._own += 1
        return Traced(plain, own_mark(self._own - 1) * len(plain))


def plain_data(value: Any, text: Callable[[str], str]) -> Any:
    """The value rebuilt from JSON types, each string passed through `text`."""
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        known = cast("Mapping[Any, Any]", value)
        return {plain_data(key, text): plain_data(item, text) for key, item in known.items()}
    if isinstance(value, list | tuple):
        return [plain_data(item, text) for item in cast("Sequence[Any]", value)]
    return text(f"<{type(value).__name__}>")


def plain_messages(messages: Any, text: Callable[[str], str]) -> list[dict[str, Any]]:
    """The messages as the template gets them."""
    if not isinstance(messages, Sequence) or isinstance(messages, str | bytes):
        raise TemplateError("messages must be a list of dictionaries with a role and a content")
    if not messages:
        raise TemplateError("there is no message to render", "a conversation starts with one")
    return [_plain_message(message, text) for message in cast("Sequence[Any]", messages)]


def _plain_message(message: Any, text: Callable[[str], str]) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        raise TemplateError(
            f"a message is a {type(message).__name__}, not a dictionary",
            'write {"role": "user", "content": "..."}',
        )
    known = cast("Mapping[Any, Any]", message)
    plain = {
        plain_data(key, text): plain_data(value, text)
        for key, value in known.items()
        if value is not None
    }
    role = known.get("role")
    if isinstance(role, str) and role in _KNOWN_ROLES:
        plain["role"] = plain_text(role)
    reasoning = next((plain[name] for name in REASONING if name in plain), None)
    if reasoning is not None:
        plain.setdefault("reasoning_content", reasoning)
        plain.setdefault("thinking", reasoning)
    return plain


def mark_the_end(message: dict[str, Any], field: bool | str, text: Callable[[str], str]) -> str:
    """Put the tag behind the text to continue, and give that text."""
    name = field if isinstance(field, str) else "content"
    value = message.get(name)
    tag = text(CONTINUE_TAG)
    if isinstance(value, str):
        for alias in REASONING if name in REASONING else (name,):
            if isinstance(before := message.get(alias), str):
                message[alias] = before + tag
        return value
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    for part in reversed(parts):
        known = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
        if isinstance(before := known.get("text"), str):
            known["text"] = before + tag
            return before
    raise TemplateError(
        f"continue_final_message is set but the final message has no text in {name!r} to continue"
    )
