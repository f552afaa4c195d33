"""`ModelPlanner`: a run becomes messages, and a model's stream becomes the next turn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from itertools import groupby
from typing import Any, cast

from ..events import Event, Malformed, ToolCall
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
    for turn, steps in groupby(run.steps, _turn):
        for step in steps if turn is None else ():
            messages += _correction(cast("Malformed", step))
        if turn is not None:
            messages += _turn_messages(cast("list[Step]", list(steps)))
    return messages


def _turn(step: Step | Malformed) -> int | None:
    return step.turn if isinstance(step, Step) else None


def _correction(reply: Malformed) -> list[Message]:
    told = f"Your reply could not be read. {reply.reason}"
    return [{"role": "assistant", "content": Own(reply.text)}, {"role": "user", "content": told}]


def _turn_messages(steps: list[Step]) -> list[Message]:
    """One reply and the results of its calls: the text that asked for them, and the calls that were read in it."""
    text = "".join(step.call.log for step in steps)
    calls = [_called(step.call) for step in steps]
    asked = {"role": "assistant", "content": Own(text) if text else "", "tool_calls": calls}
    return [asked, *map(_answered, steps)]


def _called(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.args, ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def _answered(step: Step) -> Message:
    call, result = step.call, step.result
    return {"role": "tool", "name": call.name, "tool_call_id": call.id, "content": result.text}
