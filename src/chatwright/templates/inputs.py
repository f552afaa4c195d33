"""What a template sees of messages and tools: plain JSON data, with the names that templates look for.

These are the rules of transformers 5: values of other types become their type's name, keys without
a value are left out, and a message's reasoning is there under each name that templates use for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, cast

from ..errors import TemplateError
from ..request import Own
from .provenance import CALLER, Traced, own_mark, traced

__all__ = [
    "CONTINUE_TAG",
    "NOW",
    "Tracer",
    "cut",
    "mark_the_end",
    "plain_data",
    "plain_messages",
    "plain_text",
]

_REASONING = ("reasoning_content", "thinking", "reasoning")
REASONING = frozenset(_REASONING)

NOW = "chatwright now"
"""The variable (no template can name it) that holds the moment of the render."""

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


plain_text = str.__str__
"""The text as a plain `str`, whatever subclass it came as."""


class Tracer:
    """Turns text into traced text: the caller's, or the model's own."""

    def __init__(self) -> None:
        self._own = 0

    def __call__(self, text: str) -> str:
        if type(text) is str:
            return traced(text, CALLER * len(text))
        plain = str.__str__(text)
        if not isinstance(text, Own):
            return Traced(plain)
        self._own += 1
        return Traced(plain, own_mark(self._own - 1) * len(plain))


def plain_data(value: Any, text: Callable[[str], str]) -> Any:
    """The value rebuilt from JSON types, each string passed through `text`."""
    if type(value) is str:
        return text(value)
    if type(value) is dict:
        return {
            plain_data(key, text): plain_data(item, text)
            for key, item in cast("dict[Any, Any]", value).items()
        }
    if type(value) is list:
        return [plain_data(item, text) for item in cast("list[Any]", value)]
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
        items = [plain_data(item, text) for item in cast("Sequence[Any]", value)]
        return items if isinstance(value, list) else tuple(items)
    if (inside := _fields(value)) is not None:
        return plain_data(inside, text)
    return text(f"<{type(value).__name__}>")


def _fields(value: Any) -> Any:
    """What a record holds, one of the standard library or of pydantic; `None` for anything else."""
    if isinstance(value, type):
        return None
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) else None


# The program's words, too: nobody says anything with them.
_KNOWN_KEYS: dict[Any, str] = {
    name: name for name in ("content", "name", "role", "tool_call_id", "tool_calls", *_REASONING)
}


_kind = cast("Callable[[Any], Any]", type)


def plain_messages(messages: Any, text: Callable[[str], str]) -> list[dict[str, Any]]:
    """The messages as the template gets them."""
    if not isinstance(messages, Sequence) or isinstance(messages, str | bytes):
        raise TemplateError("messages must be a list of dictionaries with a role and a content")
    if not messages:
        raise TemplateError("there is no message to render", "a conversation starts with one")
    return [_plain_message(message, text) for message in cast("Sequence[Any]", messages)]


def _plain_message(message: Any, text: Callable[[str], str]) -> dict[str, Any]:
    if _kind(message) is dict and len(message) == 2:
        # What most messages are, the short way.
        role, content = message.get("role"), message.get("content")
        if type(role) is str and role in _KNOWN_ROLES and type(content) is str:
            if next(iter(message)) == "role":
                return {"role": role, "content": text(content)}
            return {"content": text(content), "role": role}
    if not isinstance(message, dict | Mapping) and (inside := _fields(message)) is not None:
        return _plain_message(inside, text)
    if not isinstance(message, dict | Mapping):
        raise TemplateError(
            f"a message is a {type(message).__name__}, not a dictionary",
            'write {"role": "user", "content": "..."}',
        )
    known = cast("Mapping[Any, Any]", message)
    plain = {
        _KNOWN_KEYS.get(key) or plain_data(key, text): plain_data(value, text)
        for key, value in known.items()
        if value is not None
    }
    role = known.get("role")
    if isinstance(role, str) and role in _KNOWN_ROLES:
        plain["role"] = plain_text(role)
    if REASONING.isdisjoint(plain):
        return plain
    reasoning = next(plain[name] for name in _REASONING if name in plain)
    return {"thinking": reasoning, **plain, "reasoning_content": reasoning}


def mark_the_end(
    message: dict[str, Any], field: bool | str, text: Callable[[str], str], source: str
) -> str:
    """Put the tag behind the text to continue, and give that text. What it says is what transformers says."""
    name = field if isinstance(field, str) else "content"
    value = message.get(name)
    if value is None:
        raise TemplateError(
            f'continue_final_message is set but the final message has no "{name}" to continue!'
        )
    names = [name]
    if name in REASONING:  # it is there several times; the template reads whichever it likes
        names = [alias for alias in _REASONING if message.get(alias) == value]
    if not any(alias in source for alias in names):
        raise TemplateError(
            f'continue_final_message is set to "{name}" but this is not an accepted field in the'
            " chat_template",
            "the template never reads it",
        )
    tag = text(CONTINUE_TAG)
    if not isinstance(value, list | tuple):
        for alias in names:
            message[alias] = message[alias] + tag
        return value
    for part in reversed(cast("Sequence[Any]", value)):
        if isinstance(part, dict) and "text" in part:
            known = cast("dict[str, Any]", part)
            before, known["text"] = known["text"], known["text"] + tag
            return before
    raise TemplateError(
        "continue_final_message is set but we could not find any text to continue in the final message!"
    )


def cut(rendered: str, final: str) -> str:
    """The prompt up to where the final message ends."""
    tag = CONTINUE_TAG.strip()
    at = rendered.rfind(tag)
    if at < 0 or final.strip() not in rendered:
        raise TemplateError(
            "continue_final_message is set but the final message does not appear in the chat after"
            " applying the chat template! The template may drop or change it",
            "render without continue_final_message",
        )
    kept = rendered[:at]
    # Where the template trimmed the tag's blank, it would have trimmed the message's own too.
    return kept if rendered.startswith(CONTINUE_TAG, at) else kept.rstrip()
