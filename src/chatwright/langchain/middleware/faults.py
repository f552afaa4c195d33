"""What is wrong with a reply, and the conversation in which the model is told so. Plain functions on messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

__all__ = [
    "EMPTY",
    "MARK",
    "Fault",
    "answered",
    "fault_of",
    "is_empty",
    "is_ours",
    "shown_to_model",
    "told",
]

MARK = {"chatwright": "malformed"}
"""Stands in the `additional_kwargs` of messages that the user did not write."""

EMPTY = "The reply is empty."

_UNREADABLE = "The call cannot be read: its arguments are not one JSON object."
_CUT_OFF = "The reply was cut off before it said anything. Be brief."
_CUT = ("length", "max_tokens", "MAX_TOKENS")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a reply is neither a call nor an answer, and what would be one."""

    reply: AIMessage
    reason: str
    wanted: str = ""


def fault_of(reply: AIMessage) -> Fault | None:
    """What is wrong with a reply that would end the run; None if it is an answer, or a call."""
    if reply.tool_calls:
        return None
    metadata = reply.response_metadata
    calls = [str(call.get("error") or "") for call in reply.invalid_tool_calls]
    reason = str(metadata.get("malformed") or next(filter(None, calls), ""))
    wanted = str(metadata.get("wanted") or "")
    if not reason and calls:
        reason = _UNREADABLE
    elif not reason and is_empty(reply):
        reason = _CUT_OFF if metadata.get("finish_reason") in _CUT else EMPTY
        wanted = wanted or "Call a tool, or give the answer."
    return Fault(reply, _short(reason), wanted) if reason else None


def told(fault: Fault) -> list[AnyMessage]:
    """What the conversation gets so that the model reads what was wrong.

    A call with a name and an id is answered as calls are. What is not even that becomes part of the text of the reply,
    which takes the place of the old one.
    """
    reply = fault.reply
    calls = [call for call in reply.invalid_tool_calls if call.get("name") and call.get("id")]
    rest = [call for call in reply.invalid_tool_calls if call not in calls]
    changed: list[AnyMessage] = [_as_text(reply, rest, calls)] if rest else []
    if calls:
        return [*changed, *(_answer(call, fault.reason) for call in calls)]
    why = f"{fault.reason.rstrip('. ')}. {fault.wanted}" if fault.wanted else fault.reason
    words = f"Your reply could not be read. {why}"
    return [*changed, HumanMessage(words, additional_kwargs=dict(MARK))]


def answered(reply: AIMessage) -> list[AnyMessage]:
    """Beside calls that can be run, some that cannot be: their answers, with the reply if they had no name or id."""
    if not (reply.tool_calls and reply.invalid_tool_calls):
        return []
    whole: list[Any] = [
        {**call, "name": call.get("name") or "unknown", "id": call.get("id") or f"call_{uuid4().hex[:12]}"}
        for call in reply.invalid_tool_calls
    ]  # fmt: skip
    changed: list[AnyMessage] = []
    if whole != reply.invalid_tool_calls:
        changed = [reply.model_copy(update={"invalid_tool_calls": whole})]
    return [*changed, *(_answer(call, _UNREADABLE) for call in whole)]


def shown_to_model(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The conversation without replies that hold nothing: servers refuse them, and a model copies them."""
    follows = [*messages[1:], None]
    return [
        message
        for message, after in zip(messages, follows, strict=True)
        if not (_is_nothing(message) and after is not None and is_ours(after))
    ]


def is_empty(reply: AIMessage) -> bool:
    """Nothing that a user could read or see: thoughts are none."""
    if reply.text.strip():
        return False
    content: Any = reply.content
    blocks = cast("list[Any]", content if isinstance(content, list) else [])
    kinds = {
        str(cast("Mapping[str, Any]", b).get("type")) for b in blocks if isinstance(b, Mapping)
    }
    return kinds <= {"text", "reasoning", "thinking", "redacted_thinking"}


def is_ours(message: AnyMessage) -> bool:
    """Said by the middleware, to the model or to the user."""
    return bool(MARK.items() <= message.additional_kwargs.items())


def _answer(call: Mapping[str, Any], reason: str) -> ToolMessage:
    why = _short(str(call.get("error") or reason))
    words = f"error: this call could not be read, and nothing was run. {why}"
    return ToolMessage(
        words,
        tool_call_id=str(call["id"]),
        name=str(call["name"]),
        status="error",
        additional_kwargs=dict(MARK),
    )


def _as_text(reply: AIMessage, rest: Sequence[Any], calls: Sequence[Any]) -> AIMessage:
    """The reply, with what was no call as words of it."""
    written = [str(call.get("args") or "") for call in rest]
    new = [text for text in written if text and text not in reply.text]
    content: Any = reply.content
    if isinstance(content, str):
        content = "\n".join(text for text in (content, *new) if text)
    else:
        kept = [block for block in cast("list[Any]", content) if not _is_one_of(block, rest)]
        content = [*kept, *({"type": "text", "text": text} for text in new)]
    return reply.model_copy(update={"content": content, "invalid_tool_calls": list(calls)})


def _is_one_of(block: Any, calls: Sequence[Any]) -> bool:
    if not isinstance(block, Mapping):
        return False
    told = cast("Mapping[str, Any]", block)
    ids = {call.get("id") for call in calls}
    return told.get("type") == "invalid_tool_call" and told.get("id") in ids


def _is_nothing(message: AnyMessage) -> bool:
    if not isinstance(message, AIMessage):
        return False
    return not message.tool_calls and not message.invalid_tool_calls and is_empty(message)


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]} …"
