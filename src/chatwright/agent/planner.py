"""`ModelPlanner`: a run becomes messages, and a model's stream becomes the next turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, cast

from ..events import Event, Malformed
from ..model import Model, Options
from ..request import Message, Own, Sampling
from ..tools import Tool
from .run import Run, Step

__all__ = ["ModelPlanner", "to_messages"]


class ModelPlanner:
    """Asks a `Model` what to do next, and tells it the same words every time, so that prompts share their start."""

    def __init__(
        self,
        model: Model,
        tools: Mapping[str, Tool],
        *,
        system: str = "",
        history: Sequence[Message] = (),
        options: Options | None = None,
    ) -> None:
        self.model = model
        self.schemas = [tool.to_schema() for tool in tools.values()]
        self.system = system
        self.history = tuple(history)
        # An agent wants the likeliest next step, not a surprising one, and no reply without an end.
        usual: Options = {"sampling": Sampling(temperature=0.0), "max_tokens": 2048}
        self.options: Options = {**usual, **(options or {})}

    def plan(self, run: Run) -> Iterator[Event]:
        """The model's next turn."""
        with closing(
            cast("Any", self.model.stream(*self._input(run), **self._options(run)))
        ) as events:
            yield from events

    async def aplan(self, run: Run) -> AsyncIterator[Event]:
        """`plan` for an event loop."""
        stream = cast("Any", self.model.astream(*self._input(run), **self._options(run)))
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    def prompt(self, run: Run) -> str:
        """The exact text that the model would see next."""
        return self.model.prompt(*self._input(run))

    def _input(self, run: Run) -> tuple[list[Message], list[dict[str, Any]]]:
        start: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        return [*start, *self.history, *to_messages(run)], self.schemas

    def _options(self, run: Run) -> Options:
        return {**self.options, "deadline": run.deadline}


def to_messages(run: Run) -> list[Message]:
    """The run as chat messages. Only what the model wrote in this run is marked as its own."""
    messages: list[Message] = [{"role": "user", "content": run.question}]
    for step in run.steps:
        match step:
            case Malformed(text, reason):
                messages.append({"role": "assistant", "content": Own(text)})
                messages.append(
                    {"role": "user", "content": f"Your reply could not be read. {reason}"}
                )
            case Step(call, result):
                if call.log:  # further calls of the same reply share its text
                    messages.append({"role": "assistant", "content": Own(call.log)})
                messages.append(
                    {
                        "role": "tool",
                        "name": call.name,
                        "tool_call_id": call.id,
                        "content": result.text,
                    }
                )
    return messages
