"""The walk itself: messages → template → prompt → backend → pieces → format → events.

`Model.stream` shows it in a few lines; `open_model` turns a string into a model.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack, cast

from ._choice import (
    chosen_format,
    chosen_tools,
    format_called,
    format_of,
    think_tag,
    tool_name,
)
from ._reply import Reader, Verbatim, Wanted
from .backends import ChatBackend, TextBackend
from .backends.guard import Guard, OnControlTokens, flattens
from .errors import BackendError, TemplateError, UsageError
from .events import Event, Notice
from .formats import FORMATS, Format
from .formats.forced import forced
from .grammar import after_thinking, check_constraint
from .request import (
    Constraint,
    Grammar,
    Message,
    Options,
    Request,
    Segment,
    ToolChoice,
    ToolSchema,
)
from .templates import ChatTemplate
from .templates.adapt import Adapter, OnAdapt

if TYPE_CHECKING:
    from .backends.local.hub import Report
    from .opening import Choice, Route

__all__ = ["DEFAULT_MODEL", "Model", "Options", "chosen_format", "open_model"]

DEFAULT_MODEL = "nano"

_FREE = ("auto", "none")
_ANY_GRAMMAR = Grammar('root ::= ""')


@dataclass(slots=True)
class _Known:
    """What was found out about a server on the way; copies of a model share it."""

    tools_go_along: bool


class Model:
    """A backend, the chat template it was trained on, and the format of its tool calls."""

    commit = ""
    """The commit of the Hub's repository that its file came from, if it came from one."""

    def __init__(
        self,
        backend: TextBackend | ChatBackend,
        *,
        template: ChatTemplate | None = None,
        format: Format | str = "auto",
        name: str = "",
        on_adapt: OnAdapt = "adapt",
        on_control_tokens: OnControlTokens = "neutralise",
    ) -> None:
        self.backend = backend
        self.template = template
        self._format_named = format != "auto"
        self._format = format_called(format) if self._format_named else None
        self.name = name or type(backend).__name__
        # Without a template of ours the server answers messages, by its own.
        self._chats = template is None and hasattr(backend, "chat")
        self._known = _Known(tools_go_along=self._chats)
        self._adapter = Adapter(on_adapt)
        self._guard = Guard(on_control_tokens)

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
        yield from self.notices()
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
        for notice in self.notices():
            yield notice
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

    def _read(self, request: Request, reader: Reader) -> Iterator[Event]:
        backend = cast("Any", self.backend)
        ask = backend.chat if request.messages else backend.stream
        with closing(ask(request)) as pieces:
            for piece in pieces:
                yield from reader.feed(piece)
                if reader.enough:
                    break
        yield from reader.finish()

    async def _aread(self, request: Request, reader: Reader) -> AsyncGenerator[Event, None]:
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

    @property
    def context(self) -> int | None:
        """How many tokens a prompt and its answer may have together, where the engine or the server tells."""
        for name in ("n_ctx", "context"):
            if isinstance(found := getattr(self.backend, name, None), int):
                return found
        return None

    @property
    def keeps_deadline(self) -> bool:
        """Does the backend end a reply by itself when its deadline comes, however long it waits for something?"""
        return bool(getattr(self.backend, "keeps_deadline", False))

    @property
    def format(self) -> Format:
        """How tools are told and calls are written: what was asked for, else what the template itself writes."""
        if self._format is None:
            self._format = format_of(self.template)
        return self._format

    @property
    def tools_go_along(self) -> bool:
        """The server is given tools as they are, and takes its calls apart itself."""
        return self._known.tools_go_along

    def prompt(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        *,
        template_kwargs: Mapping[str, Any] | None = None,
    ) -> str:
        """The exact text that the model would see."""
        return "".join(s.text for s in self.segments(messages, tools, template_kwargs))

    def rendering(self, template: ChatTemplate) -> Model:
        """The same model, its prompts rendered by another template; a format that was named stays."""
        other = copy.copy(self)
        other.template, other._chats = template, False
        if not self._format_named:
            other._format = None
        other._known = _Known(tools_go_along=False)
        return other

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

    def segments(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        template_kwargs: Mapping[str, Any] | None = None,
    ) -> list[Segment]:
        """`prompt` in stretches that know who wrote them."""
        if self.template is None:
            raise TemplateError(
                f"{self.name} has no chat template",
                "give template=ChatTemplate(...), or use Model.complete",
            )
        told = tools if tools and self.format.native else None
        return self._adapter.segments(
            self.template,
            self._shown(messages, tools),
            told,
            add_generation_prompt=True,
            **(template_kwargs or {}),
        )

    def notices(self) -> list[Notice]:
        """What was done to a conversation so that it fits, each kind told once."""
        return [*self._adapter.news(), *self._guard.news()]

    def _shown(self, messages: Sequence[Message], tools: Sequence[ToolSchema]) -> Sequence[Message]:
        """The messages with the tools in words. So are past calls, which few templates know, without tools too."""
        if tools or any(m.get("tool_calls") or m.get("role") == "tool" for m in messages):
            return self.format.show(messages, tools)
        return FORMATS["plain"].show(messages, ())

    def _shape(self, tools: Sequence[ToolSchema], choice: ToolChoice) -> Format:
        """How the reply is written where tools are told in words."""
        if not tools:
            return FORMATS["plain"]
        if choice == "auto":
            return self.format
        shape = forced(self.format, grammars=self._follows(_ANY_GRAMMAR))
        return shape if self._follows(shape.constraint(tools)) else self.format

    def _prepare(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], options: Options
    ) -> tuple[Request, Reader]:
        if not messages:
            raise UsageError("there are no messages to answer")
        choice = options.get("tool_choice", "auto")
        chosen = chosen_tools(tools, choice)
        native = self.tools_go_along and (choice in _FREE or self._forces_calls)
        shape = FORMATS["plain"] if native else self._shape(chosen, choice)
        constraint = options.get("constraint")
        answer = Wanted(
            constraint,
            may_stop=bool(options.get("stop")),
            call_of=frozenset(tool_name(t) for t in chosen) if choice not in _FREE else frozenset(),
            one_call=options.get("parallel_tool_calls") is False,
        )
        wanted = self._wanted(shape, () if native else chosen, constraint)
        request = replace(
            Request(**options),
            stop=(*shape.stop, *options.get("stop", ())),
            constraint=wanted if self._follows(wanted) else None,  # the answer is validated anyway
        )
        if self._chats:
            shown = messages if native else self._shown(messages, chosen)
            request = replace(request, messages=list(shown), tools=tools if native else ())
            return request, Reader(shape.parser(chosen), answer)
        prompt = self.segments(messages, chosen, request.template_kwargs)
        tag = think_tag(prompt)
        if wanted and tag:
            thinking = after_thinking(wanted, tag.replace("<", "</"))
            wanted = thinking if self._follows(thinking) else None
            request = replace(request, constraint=wanted)
        if self.template and flattens(self.backend):
            tokens = self.template.control_tokens
            prompt = self._guard.settled(prompt, tokens, messages=messages, tools=tools)
        request = replace(request, prompt=prompt)
        return request, Reader(shape.parser(chosen, thinking=bool(tag)), answer)

    def _wanted(
        self, shape: Format, tools: Sequence[ToolSchema], constraint: Constraint | None
    ) -> Constraint | None:
        """What the reply as a whole has to be: with tools a call, or an answer that fits."""
        if shape.name.startswith("forced_"):
            constraint = None  # a call is all that may come
        if constraint is None:
            return shape.constraint(tools)
        check_constraint(constraint)
        if not tools:
            return constraint
        combined: Callable[..., Constraint] | None = getattr(shape, "constrained", None)
        if combined is None:
            raise UsageError(
                f"a constraint on the answer does not go with tools in the format '{shape.name}' yet",
                "ask without tools, or check the answer yourself",
            )
        return combined(tools, constraint) if self._follows(_ANY_GRAMMAR) else None

    def _follows(self, constraint: Constraint | None) -> bool:
        """Can the backend keep an answer to this? One that does not say so can, or raises."""
        follows: Callable[[Constraint], bool] | None = getattr(self.backend, "follows", None)
        return constraint is None or follows is None or follows(constraint)

    @property
    def _forces_calls(self) -> bool:
        """Does the server hold its model to a call where one is required?"""
        return bool(getattr(self.backend, "forces_calls", True))

    def _without_tools(self, err: BackendError, request: Request) -> Notice:
        """From now on tools are told in words, if that is what the error asks for; else it is raised."""
        from .backends.openai import tools_not_enabled

        if not (request.tools and tools_not_enabled(err)):
            raise err
        self._known.tools_go_along = False
        return Notice(f"{self.name} takes no tools: they are told in words ({self.format.name})")


def _raw(prompt: str, options: Options) -> tuple[Request, Reader]:
    if constraint := options.get("constraint"):
        check_constraint(constraint)
    request = Request(prompt=(Segment(prompt, trusted=True),), **options)
    return request, Reader(Verbatim(), Wanted(request.constraint, may_stop=bool(request.stop)))


def open_model(
    model: str | Model | Sequence[str] | None = None,
    *,
    token: str | None = None,
    on_progress: Report | None = None,
    base_url: str | None = None,
    wait_for_model: bool | float = True,
    timeout: float | None = 120.0,
    chat_template: Choice | None = None,
    model_id: str | None = None,
    route: Route = "auto",
    on_adapt: OnAdapt = "adapt",
    on_control_tokens: OnControlTokens = "neutralise",
) -> Model:
    """The model that a string names, wherever it runs.

    On this machine: `nano`, `local:path/to/file.gguf`, or `local:org/name-GGUF` of the Hub, and after it `@revision`,
    `:Q4_K_M` or `:file.gguf` where you want to choose. It is downloaded once; `on_progress` is told how far that is.

    Elsewhere: `http://host:8080` is a server, which is asked once what it is; several of the same model, in a list or
    with commas between them, share the work and stand in for each other. `org/name` is a model of the Hub at the
    providers behind its router, `org/name:provider` at this one. `endpoint:NAME` is an Inference Endpoint of your
    account, `endpoint:org/NAME` of another; one that sleeps is waited for, `wait_for_model` seconds at most.
    `base_url` takes the place of the Hub's addresses, and `timeout` bounds each wait for a server.

    `chat_template` (a `ChatTemplate`, its source, a file, or the name of one that is built in, as `chatml`) and
    `model_id` (a model of the Hub or a folder that has the template) come before what a server tells; `route` is
    `text` to render prompts here and `chat` to leave that to the server.

    Where messages do not fit the template they are adapted, and a notice says so once; `on_adapt="error"` refuses
    them. Control tokens in what a caller wrote are broken up for a server that reads text alone;
    `on_control_tokens` is `error` to refuse them and `allow` to let them through.

    `token` takes the place of `HF_TOKEN`. Without a string it is what the environment variable `CHATWRIGHT_MODEL`
    says, else `nano`.
    """
    if isinstance(model, Model):
        return model
    from .opening import opened

    adapter, guard = Adapter(on_adapt), Guard(on_control_tokens)
    found = opened(
        model,
        token=token,
        on_progress=on_progress,
        base_url=base_url,
        wait_for_model=wait_for_model,
        timeout=timeout,
        chat_template=chat_template,
        model_id=model_id,
        route=route,
    )
    found._adapter, found._guard = adapter, guard  # pyright: ignore[reportPrivateUsage]
    return found
