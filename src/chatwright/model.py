"""The walk itself: messages → template → prompt → backend → pieces → format → events.

`Model.stream` shows it in a few lines; `open_model` turns a string into a model.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from .backends import TextBackend
from .errors import TemplateError, UnknownModel, UsageError, did_you_mean
from .events import Event, Finish, Malformed, Text, ToolCall
from .formats import FORMATS, Format, Parser
from .request import (
    Constraint,
    End,
    Grammar,
    JsonSchema,
    Message,
    Piece,
    Regex,
    Request,
    Sampling,
    Segment,
    ToolSchema,
)
from .schema import validate
from .templates import ChatTemplate

if TYPE_CHECKING:
    from .backends.local.hub import Report

__all__ = ["DEFAULT_MODEL", "Model", "Options", "open_model"]

DEFAULT_MODEL = "nano"

# The engine tells the token counts only at its end; a reply that is complete may have this much left to say.
_DRAIN = 8


class Options(TypedDict, total=False):
    """How to generate: the fields of `Request` that a caller may set."""

    stop: Sequence[str]
    max_tokens: int | None
    sampling: Sampling
    seed: int | None
    constraint: Constraint | None
    deadline: float | None


class Model:
    """A backend, the chat template it was trained on, and the format of its tool calls."""

    commit = ""
    """The commit of the Hub's repository that its file came from, if it came from one."""

    def __init__(
        self,
        backend: TextBackend,
        *,
        template: ChatTemplate | None = None,
        format: Format | str = "react_json",
        name: str = "",
    ) -> None:
        self.backend = backend
        self.template = template
        self.format = _format(format)
        self.name = name or type(backend).__name__

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        **options: Unpack[Options],
    ) -> Iterator[Event]:
        """The model's reply to `messages` as it comes; the last event is a `Finish`.

        Closing the iterator stops the generation.
        """
        yield from self._read(*self._prepare(messages, tools, options))

    async def astream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        **options: Unpack[Options],
    ) -> AsyncIterator[Event]:
        """`stream` for an event loop, which it never blocks."""
        async with aclosing(self._aread(*self._prepare(messages, tools, options))) as events:
            async for event in events:
                yield event

    def complete(self, prompt: str, **options: Unpack[Options]) -> Iterator[Event]:
        """What follows a raw prompt, as `Text` and a `Finish`. The prompt is trusted whole."""
        yield from self._read(*_raw(prompt, options))

    async def acomplete(self, prompt: str, **options: Unpack[Options]) -> AsyncIterator[Event]:
        """`complete` for an event loop."""
        async with aclosing(self._aread(*_raw(prompt, options))) as events:
            async for event in events:
                yield event

    def _read(self, request: Request, reader: _Reader) -> Iterator[Event]:
        with closing(cast("Any", self.backend.stream(request))) as pieces:
            for piece in pieces:
                yield from reader.feed(piece)
                if reader.enough:
                    break
        yield from reader.finish()

    async def _aread(self, request: Request, reader: _Reader) -> AsyncGenerator[Event, None]:
        async with aclosing(cast("Any", self.backend.astream(request))) as pieces:
            async for piece in pieces:
                for event in reader.feed(piece):
                    yield event
                if reader.enough:
                    break
        for event in reader.finish():
            yield event

    def prompt(self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()) -> str:
        """The exact text that the model would see."""
        return "".join(s.text for s in self._segments(messages, tools))

    def close(self) -> None:
        """Let go of the backend's engine or connections."""
        close: Callable[[], None] | None = getattr(self.backend, "close", None)
        if close:
            close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Model({self.name!r}, format={self.format.name!r})"

    def _segments(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Segment]:
        if self.template is None:
            raise TemplateError(
                f"{self.name} has no chat template",
                "give template=ChatTemplate(...), or use Model.complete",
            )
        shown = self._shape(tools).show(messages, tools)
        return self.template.render_segments(shown, add_generation_prompt=True)

    def _shape(self, tools: Sequence[ToolSchema]) -> Format:
        return self.format if tools else FORMATS["plain"]

    def _prepare(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], options: Options
    ) -> tuple[Request, _Reader]:
        if not messages:
            raise UsageError("there are no messages to answer")
        shape = self._shape(tools)
        constraint = options.get("constraint")
        if constraint and tools:
            raise UsageError(
                "a constraint on the answer does not go with tools yet",
                "ask without tools, or check the answer yourself",
            )
        prompt = self._segments(messages, tools)
        request = replace(
            Request(**options),
            prompt=prompt,
            stop=(*shape.stop, *options.get("stop", ())),
            constraint=constraint or shape.constraint(tools),
        )
        return request, _Reader(shape.parser(tools, thinking=_thinks(prompt)), constraint)


def _thinks(prompt: Sequence[Segment]) -> bool:
    """Does the template open the reply's thinking itself? Then no opening tag will come."""
    end = "".join(segment.text for segment in prompt[-2:])[-40:].rstrip()
    return bool(prompt) and prompt[-1].trusted and end.endswith(("<think>", "<thinking>"))


def _raw(prompt: str, options: Options) -> tuple[Request, _Reader]:
    request = Request(prompt=(Segment(prompt, trusted=True),), **options)
    return request, _Reader(_Verbatim(), request.constraint)


class _Verbatim:
    """The parser of a raw completion: all of it is text."""

    done = False

    def feed(self, text: str) -> list[Text]:
        return [Text(text)] if text else []

    def end(self, reason: str = "stop") -> list[Text]:
        del reason
        return []


class _Reader:
    """Pieces in, events out: what `stream` and `astream` share, without waiting for anything."""

    def __init__(self, parser: Parser, constraint: Constraint | None) -> None:
        self._parser = parser
        self._constraint = constraint
        self._end = End()
        self._answer: list[str] = []
        self._stop_reason = ""
        self._idle = 0

    @property
    def enough(self) -> bool:
        """Nothing that may still come can matter."""
        return self._idle > _DRAIN

    def feed(self, piece: Piece | End) -> list[Event]:
        if isinstance(piece, End):
            self._end = piece
            return []
        if self._parser.done:
            self._idle += 1
            return []
        return self._seen(self._parser.feed(piece.text))

    def finish(self) -> list[Event]:
        events = self._seen(self._parser.end(self._end.reason))
        answer = "".join(self._answer)
        values, wrong = (None, "") if self._stop_reason else _values(answer, self._constraint)
        if wrong:
            events.append(Malformed(answer, wrong))
        reason = self._stop_reason or ("malformed" if wrong else self._end.reason)
        return [*events, Finish(answer, values, reason, self._end.usage)]

    def _seen(self, events: Sequence[Event]) -> list[Event]:
        for event in events:
            match event:
                case Text(text):
                    self._answer.append(text)
                case ToolCall():
                    self._stop_reason = "tool_calls"
                case Malformed():
                    self._stop_reason = self._stop_reason or "malformed"
                case _:
                    pass
        return list(events)


def _values(answer: str, constraint: Constraint | None) -> tuple[Any, str]:
    """The value that a constrained answer holds, or what is wrong with it."""
    match constraint:
        case JsonSchema(schema):
            try:
                value = json.loads(answer)
            except ValueError as err:
                return None, f"the answer is not JSON: {err}"
            wrong = validate(value, schema)
            return (None, wrong) if wrong else (value, "")
        case Regex(pattern):
            import re

            return None, "" if re.fullmatch(
                pattern, answer
            ) else "the answer does not match the pattern"
        case Grammar() | None:
            return None, ""


def open_model(
    model: str | Model | None = None,
    *,
    token: str | None = None,
    on_progress: Report | None = None,
) -> Model:
    """The model that a string names: `nano`, `local:path/to/file.gguf`, or one of the Hub, run in this process.

    That is `local:org/name-GGUF`, and after it `@revision`, `:Q4_K_M` or `:file.gguf` where you want to choose.
    It is downloaded once; `on_progress` is told how far that is, and `token` takes the place of `HF_TOKEN`.
    Without a string it is what the environment variable `CHATWRIGHT_MODEL` says, else `nano`.
    """
    if isinstance(model, Model):
        return model
    spec = (model or os.environ.get("CHATWRIGHT_MODEL") or DEFAULT_MODEL).strip()
    if spec == "nano":
        return _open_gguf(_nano(), "nano")
    if spec.startswith("local:") and spec.removeprefix("local:").strip():
        return _open_local(spec.removeprefix("local:").strip(), token, on_progress)
    raise _unknown(spec)


def _open_local(text: str, token: str | None, on_progress: Report | None) -> Model:
    from .backends.local.hub import fetch, local_file, read_name

    name = read_name(text)
    if name is None:
        return _open_gguf(local_file(text), f"local:{text}")
    found = fetch(name, token=token, on_progress=on_progress)
    model = _open_gguf(found.path, f"local:{found.repo}:{found.file}")
    model.commit = found.commit
    return model


def _unknown(spec: str) -> UnknownModel:
    scheme, colon, rest = spec.partition(":")
    if spec.startswith(("http://", "https://", "endpoint:")):
        return _remote(spec)
    if colon and "mean" in did_you_mean(scheme, ["local"]):
        file = rest or "path/to/file.gguf"
        return UnknownModel(f"'{spec[:80]}' names no model", f"did you mean 'local:{file}'?")
    if spec.endswith(".gguf"):
        return UnknownModel(f"'{spec[:80]}' names no model", f"for a file write local:{spec}")
    if spec.count("/") == 1:
        return _remote(spec)
    guess = did_you_mean(spec, ["nano", "local:"])
    hint = guess if "mean" in guess else "known: nano, local:path/to/file.gguf"
    return UnknownModel(f"there is no model called '{spec[:80]}'", hint)


def _remote(spec: str) -> UnknownModel:
    return UnknownModel(
        f"this version of chatwright cannot reach '{spec[:80]}': it runs models in this process only",
        f"to run it here write local:{spec}"
        if "gguf" in spec.lower()
        else "use nano, local:path/to/file.gguf or local:org/name-GGUF",
    )


def _nano() -> Path:
    return Path(str(files("chatwright.nano") / "nano.gguf"))


def _open_gguf(path: Path, name: str) -> Model:
    from .backends.local import LocalBackend

    backend = LocalBackend(path)
    return Model(backend, template=ChatTemplate.from_gguf_metadata(backend.metadata), name=name)


def _format(format: Format | str) -> Format:
    if not isinstance(format, str):
        return format
    if format not in FORMATS:
        raise UsageError(
            f"there is no tool format called '{format}'", did_you_mean(format, FORMATS)
        )
    return FORMATS[format]
