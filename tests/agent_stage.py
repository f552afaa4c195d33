"""What the tests of the agent play with: models that give ready events, replies as a ReAct model writes them, both shells."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from chatwright import Agent, Tool
from chatwright.events import Event, Finish, Text, ToolCall, Usage
from chatwright.testing import Scripted

NOTHING = {"type": "object", "properties": {}}
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
SOON = 1.5  # seconds that a busy machine may be late


def call(name: str, args: str = "{}", thought: str = "I need a tool.") -> str:
    """A call as a ReAct model writes it."""
    return f'Thought: {thought}\nAction:\n```\n{{"action": "{name}", "action_input": {args}}}\n```'


def answer(text: str) -> str:
    """An answer as a ReAct model writes it."""
    return f"Thought: I know the answer\nFinal Answer: {text}"


def tool(name: str, do: Callable[..., Any], schema: dict[str, Any] | None = None, **flags: Any):
    """A tool made by hand."""
    return Tool(name, f"Does {name}.", schema or NOTHING, do, **flags)


def calls(*asked: ToolCall, tokens: int = 0) -> list[Event]:
    """A reply that is nothing but calls."""
    return [*asked, Finish("", None, "tool_calls", Usage(tokens, 0))]


def says(text: str, tokens: int = 0) -> list[Event]:
    """A reply that is the answer."""
    return [Text(text), Finish(text, None, "stop", Usage(tokens, 0))]


Reply = Sequence[Event] | BaseException | Callable[[], Iterator[Event]]


class Plain:
    """A model that is any object with `stream`; `asked` holds the messages and options of each turn."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = replies
        self.asked: list[tuple[list[dict[str, Any]], dict[str, Any]]] = []

    def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
        at = len(self.asked)
        self.asked.append((list(messages), options))
        reply = self.replies[at]
        if isinstance(reply, BaseException):
            raise reply
        yield from reply() if callable(reply) else reply


class PlainAsync(Plain):
    """The same with a stream for an event loop."""

    async def astream(self, messages: Any, tools: Any = (), **options: Any) -> AsyncIterator[Event]:
        for event in self.stream(messages, tools, **options):
            await asyncio.sleep(0)
            yield event


def play(
    agent: Agent,
    question: str | None = "q",
    run_id: str | None = None,
    *,
    ends_in: float = 60,
    **more: Any,
) -> list[Event]:
    """The events of a run, from the sync shell; it has to end in so many seconds."""
    with within(ends_in):
        return list(agent.stream(question, run_id, **more))


def aplay(
    agent: Agent,
    question: str | None = "q",
    run_id: str | None = None,
    *,
    ends_in: float = 60,
    **more: Any,
) -> list[Event]:
    """The events of a run, from the async shell."""

    async def collect() -> list[Event]:
        # In the loop: at its end asyncio waits for what was left behind.
        with within(ends_in):
            return [event async for event in agent.astream(question, run_id, **more)]

    return asyncio.run(collect())


Play = Callable[..., list[Event]]
both = pytest.mark.parametrize("play", [play, aplay], ids=["sync", "async"])


def of(kind: type, events: Sequence[Event]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def prompt_of(model: Scripted, turn: int) -> str:
    """The exact text that the model saw."""
    return "".join(segment.text for segment in model.requests[turn].prompt)


@contextmanager
def within(seconds: float) -> Generator[None]:
    """What stands below ends in so many seconds, and on a busy machine in a little more."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds + SOON, f"it took {took:.2f} s"


@pytest.fixture
def gate() -> Generator[threading.Event]:
    """What something that hangs waits for: it is opened when the test is over."""
    gate = threading.Event()
    yield gate
    gate.set()
