"""What flows out of a model and out of the agent: one stream, read by the terminal, `--json` and the journal.

An event is plain data. `to_json` gives `{"type": "tool_call", ...}` with the fields as they stand
here, and `from_json` reads it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

__all__ = [
    "Error",
    "Event",
    "Finish",
    "Logprob",
    "Malformed",
    "Notice",
    "Reasoning",
    "Text",
    "ToolCall",
    "ToolResult",
    "Usage",
    "from_json",
    "to_json",
]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: in the prompt (`cached` of them reused from an earlier one) and written by the model.

    `reasoning`: how many of the written ones were thought, where a server tells.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Logprob:
    """A token that was chosen, its natural-log probability, and the likeliest tokens in its place, best first."""

    token: int
    text: str
    logprob: float
    top: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of what the model thinks on the way; never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks us to run `name(**args)`; `log` is the text it wrote to ask for it."""

    id: str
    name: str
    args: dict[str, Any]
    log: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gave, as the model reads it; `ok` is false for an error, `ms` is how long it took."""

    call_id: str
    text: str
    ok: bool = True
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Malformed:
    """The model wrote something that is neither a call nor an answer; `reason` goes back to it."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person may want to know: loading, waking an endpoint, what was adapted.

    `run_id` is set in the one that says under which name the run is kept in the journal.
    """

    text: str
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Error:
    """The run ended in an error."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The end: the whole answer, values that fit a schema where one was asked for, and why it ended.

    `stop_reason` of a model's turn: `stop`, `length`, `tool_calls`; of an agent's run: `answer`, or the limit that
    ended it (`max_steps`, `max_seconds`, `max_tokens`, `repeats`, `malformed`, `errors`, `length`), `unknown_outcome`,
    `refused`, `stopped` or `error`. `model` is what a server says it is called, `logprobs` has one entry for each token
    where they were asked for, and `run_id` is the run's name in the journal; these are left out of the JSON when empty.
    """

    answer: str
    values: Any = None
    stop_reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    logprobs: tuple[Logprob, ...] = ()
    run_id: str = ""


Event = Text | Reasoning | ToolCall | ToolResult | Malformed | Notice | Error | Finish

_TYPES: dict[str, type[Any]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls
    for cls in (Text, Reasoning, ToolCall, ToolResult, Malformed, Notice, Error, Finish)
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_FIELDS = {cls: [f.name for f in fields(cls)] for cls in _NAMES}
_LEFT_OUT = ("model", "logprobs", "run_id")  # where they are empty


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object, its type first.

    >>> to_json(Text("hi"))
    {'type': 'text', 'text': 'hi'}
    """
    kind = type(event)
    told: dict[str, Any] = {"type": _NAMES[kind]}
    for name in _FIELDS[kind]:
        value = getattr(event, name)
        if value or name not in _LEFT_OUT:
            told[name] = value
    if isinstance(event, Finish):
        told["usage"] = asdict(event.usage)
        if event.logprobs:
            told["logprobs"] = [asdict(each) for each in event.logprobs]
    return told


def from_json(data: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote; fields we do not know are left out."""
    cls = _TYPES.get(str(data.get("type")))
    if cls is None:
        raise ValueError(f"not an event: type {data.get('type')!r}")
    known = {f.name for f in fields(cls)}
    values = {k: v for k, v in data.items() if k in known}
    if cls is Finish and isinstance(values.get("usage"), Mapping):
        usage = cast(Mapping[str, int], values["usage"])
        values["usage"] = Usage(**{f.name: usage[f.name] for f in fields(Usage) if f.name in usage})
    try:
        if cls is Finish:
            values["logprobs"] = tuple(_logprob(each) for each in values.get("logprobs", ()))
        return cls(**values)
    except (AttributeError, KeyError, TypeError) as err:
        raise ValueError(f"not a whole event: {err}") from err


def _logprob(data: Mapping[str, Any]) -> Logprob:
    top = tuple(_logprob(each) for each in data.get("top", ()))
    return Logprob(data["token"], data["text"], data["logprob"], top)
