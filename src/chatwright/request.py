"""What goes into a backend and what comes out of it: a `Request` in, `Piece`s and one `End` out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict

from .events import Logprob, Malformed, Notice, Reasoning, ToolCall, Usage

__all__ = [
    "ChatBackend",
    "ChatItem",
    "Constraint",
    "End",
    "Grammar",
    "JsonSchema",
    "Logprob",
    "Message",
    "NamedTool",
    "Options",
    "Own",
    "Piece",
    "Regex",
    "Request",
    "Sampling",
    "Segment",
    "TextBackend",
    "ToolChoice",
    "ToolSchema",
]

Message = Mapping[str, Any]
"""A chat dictionary as chat templates read it: `role`, `content`, `tool_calls`, ..."""

ToolSchema = Mapping[str, Any]
"""A tool as the model is told of it: `{"type": "function", "function": {"name", "description", "parameters"}}`."""


class Own(str):
    """Text that the model itself wrote in this run, and that may become its control tokens again.

    Only the agent loop makes these. JSON cannot carry one, so no caller can claim it from outside.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a prompt. `trusted`: the template (or the model itself) wrote it, so that control tokens count."""

    text: str
    trusted: bool


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. `None` leaves it to the backend; `temperature=0` is greedy."""

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """The answer is one JSON value that fits `schema`."""

    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Regex:
    """The whole answer matches `pattern`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """The whole answer follows a GBNF grammar whose start rule is `root`."""

    gbnf: str


Constraint = JsonSchema | Regex | Grammar


@dataclass(frozen=True, slots=True)
class NamedTool:
    """This tool, and no other."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | NamedTool
"""Whether the reply may be a call (`auto`), must not be one, must be one, or must be one of a certain tool."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to generate: a prompt for a text backend, or messages for a chat backend.

    `stop` strings end the answer and are not part of it; `deadline` is a `time.monotonic()` value;
    `logprobs` is how many of the likeliest tokens to tell beside each one chosen (0: the chosen one alone).
    `tool_choice` and `parallel_tool_calls` are for servers that are given `tools`; `template_kwargs` are further
    variables for a server's own chat template. `extra` are parameters of the server that have no field here: they
    are sent as they are, and a backend that cannot send any refuses them.
    """

    prompt: Sequence[Segment] = ()
    messages: Sequence[Message] = ()
    tools: Sequence[ToolSchema] = ()
    stop: Sequence[str] = ()
    max_tokens: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    seed: int | None = None
    constraint: Constraint | None = None
    logprobs: int | None = None
    deadline: float | None = None
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool | None = None
    template_kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Options(TypedDict, total=False):
    """How to generate: the fields of `Request` that a caller may set."""

    stop: Sequence[str]
    max_tokens: int | None
    sampling: Sampling
    seed: int | None
    constraint: Constraint | None
    logprobs: int | None
    deadline: float | None
    tool_choice: ToolChoice
    parallel_tool_calls: bool | None
    template_kwargs: Mapping[str, Any]
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text as it comes, and the ids of its tokens where the backend tells them.

    `logprobs`: one for each token, where `Request.logprobs` asked for them.
    """

    text: str
    tokens: tuple[int, ...] = ()
    logprobs: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """Why generation ended: `stop` (the model or a stop string) or `length` (max_tokens or the context).

    `model` is what the server says that it is called.
    """

    reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    model: str = ""


class TextBackend(Protocol):
    """Continues a prompt, piece by piece, and says at the end why it stopped.

    Closing the iterator early cancels generation.
    """

    def stream(self, request: Request) -> Iterator[Piece | End]: ...
    def astream(self, request: Request) -> AsyncIterator[Piece | End]: ...


ChatItem = Piece | Reasoning | ToolCall | Malformed | Notice | End
"""What a chat backend gives: text as pieces, and what its server has already taken apart."""


class ChatBackend(Protocol):
    """Answers messages, item by item; the server has its own template.

    Tool calls come whole, right before the `End`, whose reason is then `tool_calls`.
    """

    def chat(self, request: Request) -> Iterator[ChatItem]: ...
    def achat(self, request: Request) -> AsyncIterator[ChatItem]: ...
