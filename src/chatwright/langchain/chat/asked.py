"""One question to a model, from the first try to the last: what both shells, waiting and asynchronous, share.

Most questions are asked once. A conversation that the template refuses is asked again in a shape that it takes, and
a reply that nobody can read is, if the user wants that, given back with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from typing import Any, cast

from chatwright.errors import ChatwrightError
from chatwright.events import Event, Finish, Malformed, ToolCall, Usage
from chatwright.model import Model, Options

from .repair import REPAIRS, about_roles
from .replies import Facts

__all__ = ["Asked", "aevents", "events"]

Dict = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """A question: to whom, what, with which tools and how. `reask`: how often it may be asked again with a reason."""

    model: Model
    messages: list[Dict]
    tools: Sequence[Dict]
    options: Options
    facts: Facts
    reask: int = 0
    repairs: list[Callable[[Sequence[Dict]], list[Dict]]] = field(
        default_factory=lambda: list(REPAIRS[1:])
    )
    spent: Usage = field(default_factory=Usage)

    def prompt(self, variables: Dict) -> str:
        """The exact text that the model would see."""
        while True:
            try:
                return self.model.prompt(self.messages, self.tools, template_kwargs=variables)
            except ChatwrightError as error:
                self.repair(error)

    def repair(self, error: ChatwrightError) -> None:
        """Change the conversation into one that the model may take, or raise the error."""
        if not about_roles(error):
            raise error
        while self.repairs:
            changed = self.repairs.pop(0)(self.messages)
            if changed != self.messages:
                self.messages = changed
                return
        raise error

    def again(self, reply: Sequence[Event]) -> bool:
        """Is this reply to be asked for again? Then the conversation now says why."""
        wrong = next((event for event in reply if isinstance(event, Malformed)), None)
        called = any(isinstance(event, ToolCall) for event in reply)
        if wrong is None or called or self.reask < 1:
            return False
        self.reask -= 1
        self.spent += next((e.usage for e in reply if isinstance(e, Finish)), Usage())
        told = f"Your reply could not be read. {wrong.reason}"
        said = [{"role": "assistant", "content": wrong.text}] if wrong.text.strip() else []
        self.messages = [*self.messages, *said, {"role": "user", "content": told}]
        return True

    def paid(self, reply: Sequence[Event]) -> list[Event]:
        """The reply, with the tokens of those before it."""
        return [
            replace(event, usage=event.usage + self.spent) if isinstance(event, Finish) else event
            for event in reply
        ]


def events(asked: Asked) -> Generator[Event, None, None]:
    """The events of the reply. One that may be asked for again comes whole, once it is clear that it is kept."""
    return _kept(asked) if asked.reask else _tries(asked)


def _kept(asked: Asked) -> Generator[Event, None, None]:
    while True:
        reply = list(_tries(asked))
        if not asked.again(reply):
            break
    yield from asked.paid(reply)


def aevents(asked: Asked) -> AsyncGenerator[Event, None]:
    """The same for an event loop."""
    return _akept(asked) if asked.reask else _atries(asked)


async def _akept(asked: Asked) -> AsyncGenerator[Event, None]:
    while True:
        reply = [event async for event in _atries(asked)]
        if not asked.again(reply):
            break
    for event in asked.paid(reply):
        yield event


def _tries(asked: Asked) -> Generator[Event, None, None]:
    begun = False
    while True:
        stream = cast("Any", asked.model.stream(asked.messages, asked.tools, **asked.options))
        try:
            with closing(stream):
                for event in stream:
                    begun = True
                    yield event
            return
        except ChatwrightError as error:
            if begun:
                raise
            asked.repair(error)


async def _atries(asked: Asked) -> AsyncGenerator[Event, None]:
    begun = False
    while True:
        stream = cast("Any", asked.model.astream(asked.messages, asked.tools, **asked.options))
        try:
            async with aclosing(stream):
                async for event in stream:
                    begun = True
                    yield event
            return
        except ChatwrightError as error:
            if begun:
                raise
            asked.repair(error)
