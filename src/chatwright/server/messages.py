"""Chat messages from the wire, as chat templates read them."""

from __future__ import annotations

from typing import Any

from .fields import Fields
from .refusal import Refusal, invalid

__all__ = ["chat_messages"]

_ROLES = {"developer": "system", "function": "tool"}


def chat_messages(body: Fields) -> list[dict[str, Any]]:
    """The messages of a request: at least one, each with a role and text or tool calls."""
    if body.raw("messages") is None:
        raise body.wrong("messages", "missing field `messages`")
    found = [_message(given) for given in body.objects("messages")]
    if not found:
        raise invalid("`messages` cannot be empty", "messages")
    return found


def _message(given: Fields) -> dict[str, Any]:
    role = given.needed_text("role")
    calls = [_call(call) for call in given.objects("tool_calls")]
    message: dict[str, Any] = {"role": _ROLES.get(role, role), "content": _content(given)}
    if message["content"] is None and not calls and message["role"] != "assistant":
        raise given.wrong("content", "missing field `content`")
    if calls:
        message["tool_calls"] = calls
    for name in ("name", "tool_call_id"):
        if (text := given.text(name)) is not None:
            message[name] = text
    if message["content"] is None:
        message["content"] = ""
    return message


def _content(given: Fields) -> str | None:
    if not isinstance(given.raw("content"), list):
        return given.text("content")
    return "".join(_part(part) for part in given.objects("content"))


def _part(part: Fields) -> str:
    kind = part.needed_text("type")
    if kind in ("text", "input_text"):
        return part.needed_text("text")
    if kind == "refusal":
        return part.needed_text("refusal")
    raise Refusal(
        422,
        f"Input validation error: this model reads text only, and a message has a part of type '{kind[:40]}'",
        param=part.path("type"),
    )


def _call(call: Fields) -> dict[str, Any]:
    function = call.object("function")
    if function is None:
        raise call.wrong("function", "missing field `function`")
    arguments: Any = function.raw("arguments")
    if arguments is not None and not isinstance(arguments, (str, dict)):
        raise function.wrong("arguments", "invalid type: expected a string or a map")
    told: dict[str, Any] = {"name": function.needed_text("name"), "arguments": arguments or "{}"}
    return {"id": call.text("id") or "", "type": "function", "function": told}
