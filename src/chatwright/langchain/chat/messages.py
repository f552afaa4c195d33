"""LangChain's messages as chat dictionaries: what templates are written for and chat servers take.

chat_dicts([SystemMessage("Be brief."), HumanMessage("Hi")], Shape(native=False))
# [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hi'}]
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from chatwright.errors import UsageError

from .content import Sorted, as_json, sort_content

__all__ = ["Shape", "chat_dicts"]

Dict = dict[str, Any]

_ROLES = {"human": "user", "ai": "assistant"}
_NO_NAME = re.compile(r"[\s<|\\/>]+")
_SHORT = 300
_SHOWN = "(shown in the next message)"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the reader of the dictionaries takes.

    `native`: a chat server, which is also given media; else a template of ours, which is given text. `plain`: a chat
    server that keeps to OpenAI's own fields. `thoughts_told`: the model wrote its thoughts as text before its calls,
    and wants to see them there again.
    """

    native: bool = False
    plain: bool = False
    thoughts_told: bool = False


def chat_dicts(messages: Sequence[BaseMessage], shape: Shape) -> list[Dict]:
    """The messages as dictionaries, in their order."""
    reader = _Reader(shape, {id_ for m in messages for id_ in _answered(m)})
    for message in messages:
        reader.read(message)
    return reader.finished()


@dataclass(slots=True)
class _Reader:
    """Goes through a conversation once, and remembers who was called what."""

    shape: Shape
    answered: set[str]
    made: list[Dict] = field(default_factory=list[Dict])
    names: dict[str, str] = field(default_factory=dict[str, str])
    open: list[str] = field(default_factory=list[str])
    """Ids of calls that no result has answered yet."""
    shown: list[Dict] = field(default_factory=list[Dict])
    """Media of tools' results, which wait for a message of the user."""

    def read(self, message: BaseMessage) -> None:
        if not isinstance(message, ToolMessage | FunctionMessage):
            self._show()
        match message:
            case AIMessage():
                self._said(message)
            case ToolMessage():
                failed = message.status == "error"
                self._result(message.tool_call_id, message.content, message.name, failed=failed)
            case FunctionMessage():
                self._result(self._call_of(message.name), message.content, message.name)
            case ChatMessage(role=role):
                self._told(_ROLES.get(role, role), message)
            case SystemMessage():
                developer = message.additional_kwargs.get("__openai_role__") == "developer"
                self._told("developer" if developer else "system", message)
            case HumanMessage():
                self._told("user", message)
            case _:
                raise UsageError(
                    f"a {type(message).__name__} is no message for a model",
                    "give system, human, AI, tool and chat messages",
                )

    def finished(self) -> list[Dict]:
        self._show()
        return self.made

    def _told(self, role: str, message: BaseMessage) -> None:
        found = sort_content(message.content, whose=f"{role} message")
        for result in found.results:
            failed = bool(result.get("is_error"))
            self._result(str(result.get("tool_use_id")), result.get("content"), None, failed=failed)
        self._show()
        if found.results and not found.parts:
            return
        told: Dict = {"role": role, "content": self._content(found, role)}
        self._name(told, message)
        self.made.append(told)

    def _content(self, found: Sorted, role: str) -> Any:
        if not found.media:
            return found.text
        if not self.shape.native:
            raise UsageError(
                f"the {role} message holds a part of type '{found.media[0]['type']}', and this model reads text only",
                "leave the part out, or use a server whose model sees",
            )
        return found.parts

    def _said(self, message: AIMessage) -> None:
        found = sort_content(message.content, whose="AI message")
        said: Dict = {"role": "assistant", "content": self._content(found, "AI")}
        thoughts = "".join(found.thoughts) or message.additional_kwargs.get("reasoning_content")
        calls = self._calls(message, found)
        calls += self._invalid(message, found, said)
        if calls:
            said["tool_calls"] = calls
            said["content"] = self._before_calls(said["content"], thoughts)
        if thoughts and not self.shape.plain:
            said["reasoning_content"] = str(thoughts)
        self._name(said, message)
        self.made.append(said)

    def _before_calls(self, content: Any, thoughts: Any) -> Any:
        """What stands before calls: nothing is None for a server, and text for a template."""
        if content or self.shape.native:
            return content or None
        short = isinstance(thoughts, str) and 0 < len(thoughts.strip()) <= _SHORT
        if self.shape.thoughts_told and short and "\n" not in thoughts.strip():
            return f"Thought: {thoughts.strip()}"
        return ""

    def _calls(self, message: AIMessage, found: Sorted) -> list[Dict]:
        """The calls of a message, also those that stand in its content alone or in the old form."""
        calls: list[Dict] = []
        seen: set[str] = set()
        for call in message.tool_calls:
            seen.add(call.get("id") or "")
            calls.append(self._call(call.get("id"), call["name"], call["args"]))
        for block in found.calls:
            id_ = block.get("id") or block.get("call_id")
            if id_ in seen or (id_ is None and message.tool_calls):
                continue
            args = block.get("args", block.get("input", block.get("arguments")))
            calls.append(self._call(id_, str(block.get("name")), args))
        old = message.additional_kwargs.get("function_call")
        if isinstance(old, Mapping) and not calls:
            call = cast("Mapping[str, Any]", old)
            calls.append(self._call(None, str(call.get("name")), call.get("arguments")))
        return calls

    def _invalid(self, message: AIMessage, found: Sorted, said: Dict) -> list[Dict]:
        """Calls that could not be read: calls again if something answered them, else part of what was said."""
        listed: list[Mapping[str, Any]] = [*message.invalid_tool_calls]
        listed += [b for b in found.invalid if b.get("id") not in {c.get("id") for c in listed}]
        calls: list[Dict] = []
        for call in listed:
            written = str(call.get("args") or "")
            if call.get("id") in self.answered and call.get("name"):
                calls.append(self._call(call.get("id"), str(call["name"]), written))
            elif written and isinstance(said["content"], str) and written not in said["content"]:
                said["content"] = f"{said['content']}\n{written}".strip()
        return calls

    def _call(self, id_: str | None, name: str, args: Any) -> Dict:
        known = id_ or f"call{len(self.names):05d}"
        self.names[known] = name
        self.open.append(known)
        return {
            "id": known,
            "type": "function",
            "function": {"name": name, "arguments": _arguments(args, native=self.shape.native)},
        }

    def _call_of(self, name: str) -> str:
        """The id of the latest unanswered call of this function."""
        return next((i for i in reversed(self.open) if self.names[i] == name), f"call_{name}")

    def _result(self, id_: str, content: Any, name: str | None, *, failed: bool = False) -> None:
        text, media = _result(content)
        if media and not self.shape.native:
            raise UsageError(
                f"a tool's result holds a part of type '{media[0]['type']}', and this model reads text only",
                "let the tool return text, or use a server whose model sees",
            )
        self.shown += media
        if failed and not text.lstrip().lower().startswith("error"):
            text = f"Error: {text}"
        if id_ not in self.names:
            # The call was left out, or had no name: a server takes no result of a call that it does not see.
            self.made.append({"role": "user", "content": text or _SHOWN})
            return
        told: Dict = {
            "role": "tool",
            "tool_call_id": id_,
            "content": text or (_SHOWN if media else ""),
        }
        known = name or self.names.get(id_)
        if known and not self.shape.plain:
            told["name"] = known
        if id_ in self.open:
            self.open.remove(id_)
        self.made.append(told)

    def _show(self) -> None:
        """Media of results, for which a tool's message has no place, in a message of the user."""
        if self.shown:
            self.made.append({"role": "user", "content": self.shown})
            self.shown = []

    def _name(self, told: Dict, message: BaseMessage) -> None:
        if message.name:
            native = self.shape.native
            told["name"] = _NO_NAME.sub("_", message.name)[:64] if native else message.name


def _answered(message: BaseMessage) -> list[str]:
    if isinstance(message, ToolMessage):
        return [message.tool_call_id]
    blocks = cast("list[Any]", message.content) if isinstance(message.content, list) else []
    found = [cast("Mapping[str, Any]", b) for b in blocks if isinstance(b, Mapping)]
    return [str(b.get("tool_use_id")) for b in found if b.get("type") == "tool_result"]


def _arguments(args: Any, *, native: bool) -> Any:
    """A text for a server, an object for a template; what cannot be an object is kept as one argument."""
    if isinstance(args, str):
        try:
            args = json.loads(args or "{}")
        except (ValueError, RecursionError):
            args = {"input": args}
    value: Any = cast("Any", args) if isinstance(args, Mapping | None) else {"input": args}
    value = {} if value is None else value
    return json.dumps(value, ensure_ascii=False) if native else value


def _result(content: Any) -> tuple[str, list[Dict]]:
    """What a tool gave: its text, with data as JSON, and its media."""
    if isinstance(content, str) or content is None:
        return content or "", []
    texts: list[str] = []
    media: list[Dict] = []
    for block in cast("list[Any]", content if isinstance(content, list) else [content]):
        try:
            found = sort_content([block], whose="tool message")
        except UsageError:
            texts.append(as_json(block))  # a tool may return any data
            continue
        told = found.text or "".join(found.thoughts)
        texts.append(told if found.parts or told else as_json(block))
        media += found.media
    return "\n".join(text for text in texts if text), media
