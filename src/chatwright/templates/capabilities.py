"""What a chat template shows to the model, found out by rendering conversations with known words in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..errors import TemplateError
from .limits import Overrun

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

__all__ = ["Capabilities", "probe"]

_WORD = "Zaunkoenig"
_OTHER = "Eisvogel"
_THIRD = "Wiedehopf"
_MOMENT = datetime(2026, 1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which parts of a conversation reach the model through this template, and in which form it takes them."""

    system: bool
    """A system message is shown."""

    tools: bool
    """The tools are shown."""

    tool_role: bool
    """A message with the role `tool` is accepted and shown."""

    content_parts: bool
    """A content may be a list of parts, and their texts alone are shown."""

    tool_calls: bool = False
    """The calls of an assistant's message are shown, with their arguments."""

    parallel_calls: bool = False
    """A message may have several calls."""

    reasoning: bool = False
    """The reasoning of an assistant's message with a call, in the last turn, is shown."""

    systems: Literal["anywhere", "first", "none"] = "first"
    """Where a system message may stand."""

    lone_system: Literal["shown", "lost"] = "lost"
    """What becomes of a system message that has no other beside it."""

    developer: Literal["shown", "lost"] = "lost"
    """What becomes of a message with the role `developer`."""

    arguments: Literal["any", "object", "text", "none"] = "none"
    """How the arguments of a call have to be given: as an object, or as JSON text."""

    call_content: Literal["any", "text"] = "any"
    """`text`: a message with calls needs a content, if an empty one."""

    call_ids: Literal["any", "nine"] = "any"
    """`nine`: the id of a call has to be nine letters and digits."""

    content: Literal["any", "text", "parts"] = "text"
    """The form that a content takes."""

    turns: Literal["any", "alternating"] = "any"
    """Whether two messages of the same role may follow each other."""

    first: Literal["any", "user"] = "any"
    """Whether the conversation may begin with the assistant."""

    opening: str = ""
    """What `add_generation_prompt` writes; nothing where the template does not know it."""


@functools.lru_cache(maxsize=64)
def probe(template: ChatTemplate) -> Capabilities:
    """Find out, once a template; a render that fails is an answer too."""
    ask = _Asking(template)
    system = ask.shows([_system(_WORD), _USER, _REPLY, _USER], _WORD)
    parts: list[Mapping[str, Any]] = [{"type": "text", "text": _WORD, "note": _OTHER}]
    shown_parts = ask.rendered([_user(parts)])
    takes_parts = _WORD in shown_parts and _OTHER not in shown_parts
    takes_text = ask.shows([_user(_WORD)], _WORD)
    call_ids, call_content, arguments = _call_forms(ask)
    form = _Form(call_ids, call_content, arguments)
    calls = arguments != "none"
    return Capabilities(
        system=system,
        tools=ask.shows_tools(),
        tool_role=ask.shows_with_tools(form.round_trip(), _OTHER),
        content_parts=takes_parts,
        tool_calls=calls,
        parallel_calls=calls and ask.shows_with_tools(form.two_calls(), _WORD, _OTHER, _THIRD),
        reasoning=ask.shows_with_tools([_USER, _thought(_WORD, form)], _WORD)
        or ask.shows([_USER, {**_REPLY, "reasoning_content": _WORD}], _WORD),
        systems=_systems(ask) if system else "none",
        lone_system="shown" if ask.shows([_system(_WORD)], _WORD) else "lost",
        developer="shown" if ask.shows([_system(_WORD, "developer"), _USER], _WORD) else "lost",
        arguments=arguments,
        call_content=call_content,
        call_ids=call_ids,
        content="text" if not takes_parts else "any" if takes_text else "parts",
        turns=_turns(ask),
        first="user" if ask.works and not ask.shows([_said(_WORD), _USER], _WORD) else "any",
        opening=ask.opening(),
    )


class _Asking:
    """Renders conversations, and takes what fails for a text that shows nothing."""

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        # A template for tools may want some in every conversation.
        self._tools = [None, [_tool("add")]]
        if not self.rendered([_USER]) and self.rendered([_USER], self._tools[1]):
            self._tools.reverse()
        self.works = _OTHER in self.rendered([_user(_OTHER)])

    def rendered(self, messages: Sequence[Any], tools: Any = ..., **more: Any) -> str:
        given = self._tools[0] if tools is ... else tools
        try:
            return self._template.render(messages, given, now=_MOMENT, **more)
        except TemplateError as err:
            if isinstance(err.__cause__, Overrun):
                raise  # each further question would take as long
            return ""

    def shows(self, messages: Sequence[Any], *words: str) -> bool:
        text = self.rendered(messages)
        return all(word in text for word in words)

    def shows_with_tools(self, messages: Sequence[Any], *words: str) -> bool:
        texts = [self.rendered(messages, tools) for tools in ([_tool("add")], None)]
        return any(all(word in text for word in words) for text in texts)

    def shows_tools(self) -> bool:
        asked = ([_USER], [_system(_OTHER), _USER])
        return any(_WORD in self.rendered(messages, [_tool(_WORD)]) for messages in asked)

    def opening(self) -> str:
        without = self.rendered([_USER])
        opened = self.rendered([_USER], add_generation_prompt=True)
        return opened.removeprefix(without) if without and opened.startswith(without) else ""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a call is given to this template."""

    ids: Literal["any", "nine"]
    content: Literal["any", "text"]
    arguments: Literal["any", "object", "text", "none"]

    def call(self, number: int, word: str) -> dict[str, Any]:
        given = f'{{"x": "{word}"}}' if self.arguments == "text" else {"x": word}
        function = {"name": "add", "arguments": given}
        call_id = f"call1234{number}" if self.ids == "nine" else f"call_{number}234567890"
        return {"id": call_id, "type": "function", "function": function}

    def message(self, *calls: dict[str, Any]) -> dict[str, Any]:
        said = {"content": ""} if self.content == "text" else {}
        return {"role": "assistant", **said, "tool_calls": list(calls)}

    def round_trip(self) -> list[Any]:
        call = self.call(1, _WORD)
        return [_USER, self.message(call), _result(call, _OTHER)]

    def two_calls(self) -> list[Any]:
        one, two = self.call(1, _WORD), self.call(2, _OTHER)
        return [_USER, self.message(one, two), _result(one, _THIRD), _result(two, "5")]


_Arguments = Literal["any", "object", "text", "none"]


def _call_forms(
    ask: _Asking,
) -> tuple[Literal["any", "nine"], Literal["any", "text"], _Arguments]:
    """The least that a call has to be for the template to show it."""
    ids: tuple[Literal["any", "nine"], ...] = ("any", "nine")
    contents: tuple[Literal["any", "text"], ...] = ("any", "text")
    for call_ids in ids:
        for content in contents:
            takes = [_takes(ask, _Form(call_ids, content, form)) for form in ("object", "text")]
            if any(takes):
                taken: _Arguments = "any" if all(takes) else "object" if takes[0] else "text"
                return call_ids, content, taken
    return "any", "text", "none"


def _takes(ask: _Asking, form: _Form) -> bool:
    """Is a call in this form shown, its arguments as JSON that was not put into quotes again?"""
    messages = form.round_trip()
    for shown in (messages, messages[:2]):
        for tools in ([_tool("add")], None):
            text = ask.rendered(shown, tools)
            if _WORD in text and '\\"x\\"' not in text and "\\'x\\'" not in text:
                return True
    return False


def _systems(ask: _Asking) -> Literal["anywhere", "first"]:
    late = [_system(_OTHER), _USER, _REPLY, _system(_WORD), _USER]
    two = [_system(_OTHER), _system(_WORD), _USER]
    everywhere = ask.shows(late, _WORD, _OTHER) and ask.shows(two, _WORD, _OTHER)
    return "anywhere" if everywhere else "first"


def _turns(ask: _Asking) -> Literal["any", "alternating"]:
    if not ask.works:
        return "any"
    twice = ask.shows([_user(_WORD), _user(_OTHER)], _WORD, _OTHER)
    again = ask.shows([_USER, _said(_WORD), _said(_OTHER), _USER], _WORD, _OTHER)
    return "any" if twice and again else "alternating"


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _said(content: str) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def _system(content: str, role: str = "system") -> dict[str, Any]:
    return {"role": role, "content": content}


def _thought(word: str, form: _Form) -> dict[str, Any]:
    return {**form.message(form.call(1, _OTHER)), "reasoning_content": word}


def _result(call: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {"role": "tool", "name": "add", "tool_call_id": call["id"], "content": word}


def _tool(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"x": {"type": "string", "description": "a word"}},
        "required": ["x"],
    }
    function = {"name": name, "description": "Does it.", "parameters": schema}
    return {"type": "function", "function": function}


_USER = _user("Hi")
_REPLY = _said("Hello")
