"""A conversation in the form that a chat template takes, and in sentences what was changed for that.

Rendering never adapts; this is a step before it. What is not changed stays the same object, so that text which the
model itself wrote stays its own.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from ..errors import TemplateError, UsageError, did_you_mean
from ..events import Notice
from ..request import Message, Own, Segment, ToolSchema
from .capabilities import Capabilities

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

__all__ = ["Adapted", "Adapter", "OnAdapt", "adapted"]

OnAdapt = Literal["adapt", "error"]
_POLICIES = ("adapt", "error")

_NINE = re.compile(r"[A-Za-z0-9]{9}")
_BEGIN = "(begin)"


@dataclass(frozen=True, slots=True)
class Adapted:
    """Messages and tools for a template; `changes` are sentences that say what is different."""

    messages: list[Message]
    tools: Sequence[ToolSchema] | None
    changes: tuple[str, ...] = ()


def adapted(
    can: Capabilities, messages: Sequence[Message], tools: Sequence[ToolSchema] | None
) -> Adapted:
    """The conversation as a template that can do this takes it."""
    kept = list(messages)
    if not kept:
        return Adapted(kept, tools)
    changes: list[str] = []
    for step, sentence in _STEPS:
        changed = step(can, kept)
        if len(changed) != len(kept) or any(a is not b for a, b in zip(changed, kept, strict=True)):
            changes.append(sentence)
        kept = changed
    if tools and not can.tools:
        changes.append(
            "the template shows no tools: they have to be told in words, as the format react_json does"
        )
    return Adapted(kept, tools, tuple(changes))


class Adapter:
    """Adapts for one model, and tells each kind of change once; or refuses, where that is asked for."""

    def __init__(self, policy: OnAdapt = "adapt") -> None:
        if policy not in _POLICIES:
            raise UsageError(f"on_adapt is '{policy}'", did_you_mean(str(policy), _POLICIES))
        self.policy = policy
        self._told: set[str] = set()
        self._news: list[Notice] = []

    def segments(
        self,
        template: ChatTemplate,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] | None,
        **variables: Any,
    ) -> list[Segment]:
        """The prompt for a conversation in any form."""
        found = template.adapt(messages, tools)
        if found.changes and self.policy == "error":
            raise TemplateError(
                f"this conversation does not fit the chat template: {found.changes[0]}",
                'change the messages, or let them be adapted with on_adapt="adapt"',
            )
        for change in found.changes:
            if change not in self._told:
                self._told.add(change)
                self._news.append(Notice(f"adapted to the chat template: {change}"))
        return template.render_segments(found.messages, found.tools, **variables)

    def news(self) -> list[Notice]:
        """What has not been told yet."""
        news, self._news = self._news, []
        return news


_Step = Callable[[Capabilities, list[Message]], list[Message]]


def _developer(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.developer == "shown":
        return messages
    return [{**m, "role": "system"} if m.get("role") == "developer" else m for m in messages]


def _one_text(can: Capabilities, messages: list[Message]) -> list[Message]:
    """Contents that are lists of texts, as one text. Other parts stay: the template knows them, or says that it does not."""
    if can.content == "parts":
        return messages
    return [
        {**m, "content": _joined(m["content"])}
        if _only_texts(m.get("content")) and (can.content == "text" or m.get("role") != "user")
        else m
        for m in messages
    ]


def _one_system(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.systems != "first":
        return messages
    first = next((n for n, m in enumerate(messages) if m.get("role") != "system"), len(messages))
    if first < 2:
        return messages
    together = functools.reduce(lambda a, b: _with(a, b, behind=True), messages[:first])
    return [together, *messages[first:]]


def _folded(can: Capabilities, messages: list[Message]) -> list[Message]:
    """System messages that the template does not show where they are stand before what the user says next."""
    if can.lone_system == "lost" and all(m.get("role") == "system" for m in messages):
        return [{**message, "role": "user"} for message in messages]
    if can.systems == "anywhere":
        return messages
    kept = 1 if can.systems == "first" and messages[0].get("role") == "system" else 0
    done: list[Message] = messages[:kept]
    waiting: list[Message] = []
    for message in messages[kept:]:
        role = message.get("role")
        if role == "system":
            waiting.append(message)
        elif role == "user" and waiting:
            done.append(functools.reduce(_with, reversed(waiting), message))
            waiting = []
        else:
            done.append(message)
    return [*done, *({**message, "role": "user"} for message in waiting)]


def _arguments(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.arguments not in ("object", "text"):
        return messages
    change = _as_object if can.arguments == "object" else _as_text
    return [_with_calls(message, change) for message in messages]


def _contents(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.call_content == "any":
        return messages
    return [
        {**m, "content": ""} if m.get("tool_calls") and m.get("content") is None else m
        for m in messages
    ]


def _ids(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.call_ids == "any":
        return messages
    return [_with_calls(_short_answer_id(message), _short_id) for message in messages]


def _one_by_one(can: Capabilities, messages: list[Message]) -> list[Message]:
    """Calls that were made together, one after the other, each with its result."""
    if can.parallel_calls or not can.tool_calls:
        return messages
    done: list[Message] = []
    left = list(messages)
    while left:
        message = left.pop(0)
        calls = _calls(message)
        if len(calls) < 2:
            done.append(message)
            continue
        results: list[Message] = []
        while left and left[0].get("role") == "tool":
            results.append(left.pop(0))
        done += _dealt(message, calls, results)
    return done


def _dealt(
    message: Message, calls: Sequence[Mapping[str, Any]], results: list[Message]
) -> Iterator[Message]:
    for at, call in enumerate(calls):
        said = message if at == 0 else {**message, "content": ""}
        yield {**said, "tool_calls": [call]}
        mine = [r for r in results if r.get("tool_call_id") == call.get("id")] or results[:1]
        yield from mine[:1]
        results = [r for r in results if r is not (mine[0] if mine else None)]
    yield from results


def _merged(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.turns == "any":
        return messages
    done: list[Message] = []
    for message in messages:
        role = message.get("role")
        mergeable = role in ("user", "assistant") and not _calls(message)
        if done and mergeable and done[-1].get("role") == role and not _calls(done[-1]):
            done[-1] = _with(done[-1], message, behind=True)
        else:
            done.append(message)
    return done


def _begun(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.first == "any":
        return messages
    at = next((n for n, m in enumerate(messages) if m.get("role") != "system"), len(messages))
    if at == len(messages) or messages[at].get("role") != "assistant":
        return messages
    return [*messages[:at], {"role": "user", "content": _BEGIN}, *messages[at:]]


def _parts(can: Capabilities, messages: list[Message]) -> list[Message]:
    if can.content != "parts":
        return messages
    return [
        {**m, "content": [{"type": "text", "text": m["content"]}]}
        if isinstance(m.get("content"), str) and m.get("role") in ("system", "user", "assistant")
        else m
        for m in messages
    ]


_STEPS: tuple[tuple[_Step, str], ...] = (
    (_developer, "messages of the developer are told as the system's"),
    (_one_text, "contents that are lists of texts are joined"),
    (_one_system, "system messages that follow each other are joined"),
    (_folded, "the system message stands in the user's next turn"),
    (_arguments, "the arguments of tool calls are given in the form that the template wants"),
    (_contents, "messages with tool calls and no text get an empty one"),
    (_ids, "the ids of tool calls are replaced by ones of nine letters and digits"),
    (_one_by_one, "tool calls that were made together are told one after the other"),
    (_merged, "turns of the same role that follow each other are joined"),
    (_begun, f"a turn of the user, {_BEGIN!r}, stands before the assistant's first"),
    (_parts, "contents are given as lists of parts"),
)


def _with(message: Message, other: Message, *, behind: bool = False) -> Message:
    """`message` with the content of the other one before or behind its own."""
    mine, theirs = message.get("content"), other.get("content")
    first, second = (mine, theirs) if behind else (theirs, mine)
    extra = {k: v for k, v in other.items() if behind and k not in message}
    return {**message, **extra, "content": _put_together(first, second)}


def _put_together(first: Any, second: Any) -> Any:
    if isinstance(first, list) or isinstance(second, list):
        return [*_as_parts(first), *_as_parts(second)]
    texts = [text for text in (first, second) if text]
    if len(texts) < 2:
        return texts[0] if texts else ""
    text = f"{first}\n\n{second}"
    # Both are the model's own words, and two line breaks do not make them anybody else's.
    return Own(text) if isinstance(first, Own) and isinstance(second, Own) else text


def _as_parts(content: Any) -> list[Any]:
    if isinstance(content, list):
        return cast("list[Any]", content)
    return [{"type": "text", "text": content}] if content else []


def _only_texts(content: Any) -> bool:
    if not isinstance(content, list | tuple) or not content:
        return False
    parts = cast("Sequence[Any]", content)
    return all(isinstance(_text_of(part), str) for part in parts)


def _joined(content: Sequence[Any]) -> str:
    texts = [cast("str", _text_of(part)) for part in content]
    return texts[0] if len(texts) == 1 else "".join(texts)


def _text_of(part: Any) -> Any:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return None
    known = cast("Mapping[str, Any]", part)
    return known.get("text") if known.get("type", "text") == "text" else None


def _calls(message: Message) -> Sequence[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    return cast("Sequence[Mapping[str, Any]]", calls) if isinstance(calls, list | tuple) else ()


def _with_calls(
    message: Message, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Message:
    calls = _calls(message)
    changed = [change(call) for call in calls]
    if all(new is old for new, old in zip(changed, calls, strict=True)):
        return message
    return {**message, "tool_calls": changed}


def _as_object(call: Mapping[str, Any]) -> Mapping[str, Any]:
    given = _given(call)
    if not isinstance(given, str):
        return call
    try:
        value: Any = json.loads(given or "{}")
    except ValueError:
        return call  # as the model wrote it; the template may still show it
    return _with_given(call, value) if isinstance(value, dict) else call


def _as_text(call: Mapping[str, Any]) -> Mapping[str, Any]:
    given = _given(call)
    if not isinstance(given, Mapping):
        return call
    return _with_given(call, json.dumps(given, ensure_ascii=False, default=str))


def _given(call: Mapping[str, Any]) -> Any:
    function = call.get("function")
    return (
        cast("Mapping[str, Any]", function).get("arguments")
        if isinstance(function, Mapping)
        else None
    )


def _with_given(call: Mapping[str, Any], arguments: Any) -> Mapping[str, Any]:
    return {**call, "function": {**call["function"], "arguments": arguments}}


def _short_id(call: Mapping[str, Any]) -> Mapping[str, Any]:
    call_id = call.get("id")
    if isinstance(call_id, str) and _NINE.fullmatch(call_id):
        return call
    return {**call, "id": _nine(str(call_id or call.get("function")))}


def _short_answer_id(message: Message) -> Message:
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str) or _NINE.fullmatch(call_id):
        return message
    return {**message, "tool_call_id": _nine(call_id)}


def _nine(call_id: str) -> str:
    """Nine letters and digits, the same ones for the same id."""
    return hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:9]
