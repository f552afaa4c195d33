"""`ModelPlanner`: a run becomes messages, and a model's stream becomes the next turn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

from ..errors import BackendError, ChatwrightError, Interrupted
from ..events import Event, Finish, Malformed, Reasoning, Text, ToolCall
from ..model import Model, Options
from ..request import JsonSchema, Message, Own, Sampling
from ..tools import Tool
from .context import Scratchpad, counter_of, room_of
from .hygiene import guarded, unspecial
from .run import Run, Step, not_json
from .waiting import closable, from_thread

__all__ = ["ModelPlanner", "to_messages"]

_LAST_WORDS = "No more steps are left, and no tool can be called any more. Give the final answer now, from what is known so far."
_IN_FORM = "Write this answer once more, as JSON and nothing else. It has to fit this JSON schema: "


class ModelPlanner:
    """Asks a `Model` what to do next, and tells it the same words every time, so that prompts share their start.

    With a `schema` the answer is asked for as JSON that fits it: at once where there are no tools, else once more when
    the answer in prose is there. `checked` may find fault with the values beyond what the schema says: then it raises
    `ValueError`.
    """

    def __init__(
        self,
        model: Model,
        tools: Mapping[str, Tool],
        *,
        system: str = "",
        history: Sequence[Message] = (),
        options: Options | None = None,
        schema: Mapping[str, Any] | None = None,
        checked: Callable[[Any], Any] | None = None,
    ) -> None:
        self.model = model
        self.tools = tools
        self.schemas = [tool.to_schema() for tool in tools.values()]
        self.system = system
        self.history = tuple(history)
        self.schema, self.checked = schema, checked
        # An agent wants the likeliest next step, not a surprising one.
        usual: Options = {"sampling": Sampling(temperature=0.0)}
        self.options: Options = {**usual, **(options or {})}

    @property
    def keeps_deadline(self) -> bool:
        """Does the model end its reply by itself when the time of the run is over?"""
        return bool(getattr(self.model, "keeps_deadline", False))

    def plan(self, run: Run) -> Iterator[Event]:
        """The model's next turn."""
        messages, tools = self._input(run)
        last: Event | None = None
        try:
            stream = self.model.stream(messages, tools, **self._options(run))
            with closing(closable(stream)) as events:
                for event in events:
                    yield self._read(run, event, last)
                    last = event
        except Exception as err:
            raise _of_the_model(err) from err
        _check_end(last)

    async def aplan(self, run: Run) -> AsyncIterator[Event]:
        """`plan` for an event loop."""
        if not hasattr(self.model, "astream"):
            async with aclosing(from_thread(lambda: self.plan(run))) as events:
                async for event in events:
                    yield event
            return
        messages, tools = self._input(run)
        last: Event | None = None
        try:
            stream = cast("Any", self.model.astream(messages, tools, **self._options(run)))
            async with aclosing(stream) as events:
                async for event in events:
                    yield self._read(run, event, last)
                    last = event
        except Exception as err:
            raise _of_the_model(err) from err
        _check_end(last)

    def prompt(self, run: Run) -> str:
        """The exact text that the model would see next."""
        return self.model.prompt(*self._input(run))

    def _input(self, run: Run) -> tuple[list[Message], list[dict[str, Any]]]:
        start: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        start += [*self.history, *run.history]
        pad = run.scratchpad = run.scratchpad or self._scratchpad(run)
        fixed = self._fixed(run, start)
        messages = [*start, *to_messages(run, pad.shown(run.steps, fixed), safe=self._safe)]
        if run.phase == "last_words":
            messages.append({"role": "user", "content": _LAST_WORDS})
        if run.phase == "form":
            asked = _IN_FORM + json.dumps(self.schema, ensure_ascii=False)
            messages.append({"role": "assistant", "content": Own(run.draft)})
            messages.append({"role": "user", "content": asked})
        return messages, [] if run.phase == "form" else self.schemas

    def _scratchpad(self, run: Run) -> Scratchpad:
        reply = run.limits.max_reply_tokens or 0
        return Scratchpad(room_of(self.model, reply), counter_of(self.model), self.tools)

    def _fixed(self, run: Run, start: Sequence[Message]) -> int:
        """The tokens of what is never trimmed, counted once in a run."""
        if run.fixed is None:
            count = counter_of(self.model)
            told = [*start, {"role": "user", "content": run.question}, *self.schemas]
            run.fixed = sum(
                count(json.dumps(each, ensure_ascii=False, default=str)) for each in told
            )
        return run.fixed

    def _safe(self, text: str) -> str:
        """An observation that imitates nothing. Where a server renders messages, it cannot tell text from tokens."""
        ours = getattr(self.model, "template", None) is not None
        return _guarded(text) if ours else _unspecial(text)

    def _options(self, run: Run) -> Options:
        most = self.options.get("max_tokens", run.limits.max_reply_tokens)
        if most is not None and (context := getattr(self.model, "context", None)):
            most = min(most, context * 11 // 16)  # a prompt of some length has to fit beside it
        options: Options = {
            **self.options,
            "max_tokens": run.reply_tokens(most),
            "deadline": run.deadline,
        }
        if self._in_form(run):
            options["constraint"] = JsonSchema(cast("Mapping[str, Any]", self.schema))
        return options

    def _in_form(self, run: Run) -> bool:
        """Is the reply to be JSON?"""
        return self.schema is not None and (run.phase == "form" or not self.schemas)

    def _read(self, run: Run, event: Event, last: Event | None) -> Event:
        """The event as the loop takes it: prose on the way to an answer in JSON is no text of the answer."""
        if isinstance(event, Finish) and run.scratchpad:
            run.scratchpad.measured(event.usage.prompt)
        if isinstance(event, ToolCall):
            return _checked(event)
        if not isinstance(event, Event):  # pyright: ignore[reportUnnecessaryIsInstance]
            # Any object may stand for a model.
            raise BackendError(f"the model gave {type(event).__name__}, which is no event")
        if self.schema is None:
            return event
        if isinstance(event, Text) and not self._in_form(run):
            return Reasoning("\n" + event.text if isinstance(last, Reasoning) else event.text)
        if isinstance(event, Finish) and event.values is not None and self.checked:
            try:
                self.checked(event.values)
            except ValueError as err:
                return Malformed(
                    event.answer, f"The JSON does not fit: {' '.join(str(err).split())[:500]}"
                )
        return event


def _checked(call: ToolCall) -> ToolCall | Malformed:
    """The call, if its arguments can go back to the model as JSON."""
    try:
        json.dumps(call.args, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as err:
        return not_json(call, err)
    return call


def _of_the_model(err: Exception) -> Exception:
    """What a model raises that is not ours: any object may stand for one."""
    if isinstance(err, ChatwrightError):
        return err
    return BackendError(f"the model failed: {type(err).__name__}: {err}"[:500])


def _check_end(last: Event | None) -> None:
    """A text without its end is no answer, however good it looks. A call is whole."""
    if not isinstance(last, Finish | Malformed | ToolCall):
        raise Interrupted("the model's reply broke off", "ask again")


@lru_cache(512)
def _guarded(text: str) -> str:
    """Each observation is shown again in each turn."""
    return guarded(text)


@lru_cache(512)
def _unspecial(text: str) -> str:
    return unspecial(guarded(text))


def to_messages(
    run: Run,
    steps: Sequence[Step | Malformed] | None = None,
    *,
    safe: Callable[[str], str] = guarded,
) -> list[Message]:
    """The run as chat messages. Only what the model wrote in this run is marked as its own.

    `steps` are those to show, where they are not all; `safe` is what is done to an observation.
    """
    messages: list[Message] = [{"role": "user", "content": run.question}]
    for turn, group in groupby(run.steps if steps is None else steps, _turn):
        for step in group if turn is None else ():
            messages += _correction(cast("Malformed", step))
        if turn is not None:
            messages += _turn_messages(cast("list[Step]", list(group)), safe)
    return messages


def _turn(step: Step | Malformed) -> int | None:
    return step.turn if isinstance(step, Step) else None


def _correction(reply: Malformed) -> list[Message]:
    told = f"Your reply could not be read. {reply.reason}"
    return [{"role": "assistant", "content": Own(reply.text)}, {"role": "user", "content": told}]


def _turn_messages(steps: list[Step], safe: Callable[[str], str]) -> list[Message]:
    """One reply and the results of its calls: the text that asked for them, and the calls that were read in it."""
    text = "".join(step.call.log for step in steps)
    calls = [_called(step.call) for step in steps]
    asked = {"role": "assistant", "content": Own(text) if text else "", "tool_calls": calls}
    return [asked, *(_answered(step, safe) for step in steps)]


def _called(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.args, ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def _answered(step: Step, safe: Callable[[str], str]) -> Message:
    call, text = step.call, safe(step.result.text)
    return {"role": "tool", "name": call.name, "tool_call_id": call.id, "content": text}
