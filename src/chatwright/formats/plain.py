"""No tools: what stands in a think tag is Reasoning, and the rest is Text, as it comes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import UsageError
from ..events import Malformed, Reasoning, Text
from ..request import Constraint, Message, ToolSchema
from ._thinking import THINK, Tags

__all__ = ["PlainParser", "constraint", "name", "native", "parser", "show", "stop"]

name = "plain"
stop: tuple[str, ...] = ()
native = False

PlainEvent = Text | Reasoning | Malformed
_SPACE = re.compile(r"\s*")
_MAX_SPACE = 1000


def show(messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
    """The messages as they are."""
    if tools:
        raise UsageError(
            "the format 'plain' cannot show tools", "use 'react_json', or give no tools"
        )
    return list(messages)


def constraint(tools: Sequence[ToolSchema]) -> Constraint | None:
    """None: a reply may be anything."""
    del tools
    return None


def parser(tools: Sequence[ToolSchema] = (), *, thinking: bool = False) -> PlainParser:
    """A reader for one reply; `thinking` if the prompt ended inside an open think tag."""
    del tools
    return PlainParser(thinking=thinking)


class PlainParser:
    """Splits a reply into Reasoning and Text.

    Thinking stands at the beginning; a think tag further on is part of what is said. `tags` are those between
    which this model thinks.
    """

    def __init__(self, *, thinking: bool = False, tags: Tags = THINK) -> None:
        self.done = False
        self._tags = tags
        self._held = ""
        self._thinking = thinking
        self._thought = False
        self._saying = False

    def feed(self, text: str) -> list[PlainEvent]:
        """The events that this piece makes certain."""
        if self._saying:
            return [Text(text)] if text else []
        held, self._held = self._held, ""
        held += text
        self._held = held
        return self._read(final=False)

    def end(self, reason: str = "stop") -> list[PlainEvent]:
        """What was held back; a reply that ends inside its thinking is no answer."""
        if self.done:
            return []
        self.done = True
        events = self._read(final=True)
        if not self._thinking and not self._saying:
            events.append(Malformed("", "The reply is empty. Write the answer."))
        if self._thinking:
            why = "was cut off" if reason == "length" else "ended"
            said = "".join(e.text for e in events)
            events.append(
                Malformed(said, f"The reply {why} inside <think>. Think less, then answer.")
            )
        return events

    def _read(self, *, final: bool) -> list[PlainEvent]:
        events: list[PlainEvent] = []
        while self._held and not self._saying:
            further = self._think(events, final) if self._thinking else self._start(events, final)
            if not further:
                break
        return events

    def _start(self, events: list[PlainEvent], final: bool) -> bool:
        """Where thinking may begin: at the start, and behind other thinking."""
        if self._thought:
            self._held = self._held.lstrip()  # what separates thinking from the answer
        space = _SPACE.match(self._held)
        at = space.end() if space else 0
        opened = self._tags.opened(self._held, at, final) if at < _MAX_SPACE else 0
        if opened < 0:
            return False
        if opened:
            self._held, self._thinking = self._held[opened:], True
            return True
        if not self._held:
            return False
        self._saying = True
        events.append(Text(self._held))
        self._held = ""
        return False

    def _think(self, events: list[PlainEvent], final: bool) -> bool:
        found = self._tags.close.search(self._held)
        tail = self._tags.tail(self._held)
        to = found.start() if found else len(self._held) if tail < 0 or final else tail
        if to:
            events.append(Reasoning(self._held[:to]))
        self._held = self._held[found.end() :] if found else self._held[to:]
        self._thinking, self._thought = found is None, True
        return found is not None
