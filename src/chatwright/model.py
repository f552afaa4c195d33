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

from .backends import ChatBackend, TextBackend
from .errors import BackendError, TemplateError, UnknownModel, UsageError, did_you_mean
from .events import Event, Finish, Malformed, Notice, Text, ToolCall
from .formats import FORMATS, Format, Parser
from .request import (
    ChatItem,
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
        backend: TextBackend | ChatBackend,
        *,
        template: ChatTemplate | None = None,
        format: Format | str = "react_json",
        name: str = "",
    ) -> None:
        self.backend = backend
        self.template = template
        self.format = _format(format)
        self.name = name or type(backend).__name__
        # Without a template of ours the server answers messages, by its own.
        self._chats = template is None and hasattr(backend, "chat")
        self._tools_go_along = self._chats
        """The server is given the tools as they are, and takes its calls apart itself."""

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        **options: Unpack[Options],
    ) -> Iterator[Event]:
        """The model's reply to `messages` as it comes; the last event is a `Finish`.

        Closing the iterator stops the generation.
        """
        request, reader = self._prepare(messages, tools, options)
        try:
            yield from self._read(request, reader)
            return
        except BackendError as err:
            notice = self._without_tools(err, request)
        yield notice
        yield from self._read(*self._prepare(messages, tools, options))

    async def astream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        **options: Unpack[Options],
    ) -> AsyncIterator[Event]:
        """`stream` for an event loop, which it never blocks."""
        request, reader = self._prepare(messages, tools, options)
        try:
            async with aclosing(self._aread(request, reader)) as events:
                async for event in events:
                    yield event
            return
        except BackendError as err:
            notice = self._without_tools(err, request)
        yield notice
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
        backend = cast("Any", self.backend)
        ask = backend.chat if request.messages else backend.stream
        with closing(ask(request)) as pieces:
            for piece in pieces:
                yield from reader.feed(piece)
                if reader.enough:
                    break
        yield from reader.finish()

    async def _aread(self, request: Request, reader: _Reader) -> AsyncGenerator[Event, None]:
        backend = cast("Any", self.backend)
        ask = backend.achat if request.messages else backend.astream
        async with aclosing(ask(request)) as pieces:
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
        return self.format if tools and not self._tools_go_along else FORMATS["plain"]

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
        wanted = constraint or shape.constraint(tools)
        request = replace(
            Request(**options),
            stop=(*shape.stop, *options.get("stop", ())),
            constraint=wanted if self._follows(wanted) else None,  # the answer is validated anyway
        )
        if self._chats:
            native = self._tools_go_along
            shown = list(messages) if native else shape.show(messages, tools)
            request = replace(request, messages=shown, tools=tools if native else ())
            return request, _Reader(shape.parser(tools), constraint)
        prompt = self._segments(messages, tools)
        request = replace(request, prompt=prompt)
        return request, _Reader(shape.parser(tools, thinking=_thinks(prompt)), constraint)

    def _follows(self, constraint: Constraint | None) -> bool:
        """Can the backend keep an answer to this? One that does not say so can, or raises."""
        follows: Callable[[Constraint], bool] | None = getattr(self.backend, "follows", None)
        return constraint is None or follows is None or follows(constraint)

    def _without_tools(self, err: BackendError, request: Request) -> Notice:
        """From now on tools are told in words, if that is what the error asks for; else it is raised."""
        from .backends.openai import tools_not_enabled

        if not (request.tools and tools_not_enabled(err)):
            raise err
        self._tools_go_along = False
        return Notice(f"{self.name} takes no tools: they are told in words ({self.format.name})")


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
        self._calls_apart = False

    @property
    def enough(self) -> bool:
        """Nothing that may still come can matter."""
        return self._idle > _DRAIN

    def feed(self, piece: ChatItem) -> list[Event]:
        if isinstance(piece, End):
            self._end = piece
            return []
        if not isinstance(piece, Piece):  # the server has taken it out of the text
            self._calls_apart = self._calls_apart or isinstance(piece, ToolCall | Malformed)
            return self._seen([piece])
        if self._parser.done:
            self._idle += 1
            return []
        return self._seen(self._parser.feed(piece.text))

    def finish(self) -> list[Event]:
        left = self._parser.end(self._end.reason)
        if self._calls_apart:  # so a text that is empty is none that is missing
            left = [event for event in left if not isinstance(event, Malformed)]
        events = self._seen(left)
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
    if spec.startswith(("http://", "https://")):
        return _open_server(spec, token)
    raise _unknown(spec)


def _open_server(url: str, token: str | None) -> Model:
    from .backends.client import Client
    from .backends.probe import backend_for, probe
    from .backends.routes import root_of

    client = Client(root_of(url), token=token)
    served = probe(client)
    template = None
    if served.is_text and served.chat_template:
        template = ChatTemplate(served.chat_template, **served.special_tokens)
    # A TGI whose template is not known renders the messages itself, on its chat route.
    backend = backend_for(client, served, route="text" if template else "chat")
    return Model(backend, template=template, name=served.model or url)


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
