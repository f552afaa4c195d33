"""A run as OpenTelemetry spans, with the names of its conventions for generative AI.

    invoke_agent chatwright         the run
    ├── chat nano                   a turn of the model: tokens, why it ended
    ├── execute_tool Search         a call
    └── chat nano

Whoever wants them sets OpenTelemetry up in his own program, before the run. Nothing is imported here, and a run
without it pays nothing. What was asked, called and answered is told only where the environment variable
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is `true`, and then without the keys and passwords in it.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, Protocol

from ..events import Finish, Malformed, ToolCall, ToolResult
from ..tools import Tool
from .run import Run, Step, Turn

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, Tracer

__all__ = ["Watch", "tracer"]

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURES = ("true", "1", "span_only", "span_and_event")
_ERROR = re.compile(r"error: ([A-Z]\w{0,60}(?:Error|Exception|Exit|Interrupt|Timeout))\b")

log = logging.getLogger("chatwright")
P = ParamSpec("P")


class Watch(Protocol):
    """Is told what happens in one run, from any thread or task. It raises nothing."""

    def run_began(self, run: Run, *, agent_name: str, model: Any, run_id: str) -> None: ...
    def turn_began(self, run: Run) -> None: ...
    def turn_ended(self, run: Run, turn: Turn) -> None: ...
    def tool_began(self, call: ToolCall, tool: Tool | None) -> None: ...
    def tool_ended(self, call: ToolCall, result: ToolResult | None) -> None: ...
    def run_ended(self, finish: Finish | None, error: BaseException | None = None) -> None: ...
    def tool_context(self, call: ToolCall) -> AbstractContextManager[None]:
        """While the tool's own code runs, in its thread or task: what it traces stands under its call."""
        ...


def tracer() -> Watch | None:
    """What writes the spans of one run, or None where this program has no OpenTelemetry set up."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    try:
        provider = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
            return None  # the interface alone, behind which nobody listens
        return _Spans(provider.get_tracer("chatwright", _version()))
    except Exception:  # a trace is never the reason why a run fails
        log.debug("OpenTelemetry gave no tracer", exc_info=True)
        return None


def _quiet(
    method: Callable[Concatenate[_Spans, P], None],
) -> Callable[Concatenate[_Spans, P], None]:
    """The same, but what an exporter or a span processor raises goes to the log and not into the run."""

    @functools.wraps(method)
    def guarded(self: _Spans, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:  # whoever set the exporter up reads it in the log; the run goes on
            log.debug("a span was lost", exc_info=True)

    return guarded


class _Spans:
    """The spans of one run. Their parents are kept here, for calls come from several threads and tasks."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._run: Span | None = None
        self._context: Context | None = None
        self._turn: Span | None = None
        self._tools: dict[str, list[_Open]] = {}  # two calls of a careless model may have one id
        self._common: dict[str, Any] = {}
        self._model = ""
        self._told: int | None = None  # steps; what was told once is not told again with each turn
        self._redact = _redactor() if _captures() else None

    @_quiet
    def run_began(self, run: Run, *, agent_name: str, model: Any, run_id: str) -> None:
        from opentelemetry.context import get_current
        from opentelemetry.trace import SpanKind, set_span_in_context

        self._model = model if isinstance(model, str) else str(getattr(model, "name", "") or "")
        provider = _provider(model)
        self._common = _given(
            {
                "gen_ai.provider.name": provider,
                "gen_ai.system": provider,  # its name before 1.37, which many viewers still read
                "gen_ai.request.model": self._model,
                "gen_ai.agent.name": agent_name,
                "gen_ai.conversation.id": run_id,
            }
        )
        self._context = get_current()
        name = f"invoke_agent {agent_name}".rstrip()
        self._run = span = self._begin(name, "invoke_agent", SpanKind.INTERNAL)
        self._context = set_span_in_context(span, self._context)
        self._tell(span, "gen_ai.input.messages", [_message("user", _text(run.question))])

    @_quiet
    def turn_began(self, run: Run) -> None:
        from opentelemetry.trace import SpanKind

        self._turn = span = self._begin(f"chat {self._model}".rstrip(), "chat", SpanKind.CLIENT)
        if self._redact:
            news = [_message("user", _text(run.question))] if self._told is None else []
            news += [_back(step) for step in run.steps[self._told or 0 :]]
            self._told = len(run.steps)
            self._tell(span, "gen_ai.input.messages", news)

    @_quiet
    def turn_ended(self, run: Run, turn: Turn) -> None:
        span, self._turn = self._turn, None
        if span is None:
            return
        try:
            if turn.finish is not None:
                span.set_attributes(_finished(turn.finish))
            if self._redact:
                self._tell(span, "gen_ai.output.messages", [_said(turn)])
        finally:
            span.end()

    @_quiet
    def tool_began(self, call: ToolCall, tool: Tool | None) -> None:
        from opentelemetry.trace import SpanKind

        about = {
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call.id,
            "gen_ai.tool.description": tool.description if tool else "",
        }
        span = self._begin(f"execute_tool {call.name}", "execute_tool", SpanKind.INTERNAL, about)
        self._tools.setdefault(call.id, []).append(_Open(span, time.time_ns()))
        self._tell(span, "gen_ai.tool.call.arguments", call.args)

    @_quiet
    def tool_ended(self, call: ToolCall, result: ToolResult | None) -> None:
        spans = self._tools.get(call.id)
        if not spans:
            return  # it never began: the call was refused, or there is no such tool
        span, since = spans.pop(0)
        until = None
        try:
            if result is None:
                return
            # Calls that run at once are told of together, when the last of them has ended.
            until = min(time.time_ns(), since + int(result.ms * 1e6)) if result.ms else None
            self._tell(span, "gen_ai.tool.call.result", result.text)
            if not result.ok:
                found = _ERROR.match(result.text)
                self._failed(span, found[1] if found else "ToolError")
        finally:
            span.end(until)

    @_quiet
    def run_ended(self, finish: Finish | None, error: BaseException | None = None) -> None:
        span, self._run = self._run, None
        turn, self._turn = self._turn, None
        under = [tool.span for tools in self._tools.values() for tool in tools]
        self._tools.clear()
        for left in [*under, *([turn] if turn else [])]:
            self._close(left, None, error)
        if span:
            self._close(span, finish, error)

    @contextmanager
    def tool_context(self, call: ToolCall) -> Generator[None, None, None]:
        token = self._attach(call)
        try:
            yield
        finally:
            if token is not None:
                from opentelemetry.context import detach

                detach(token)

    def _attach(self, call: ToolCall) -> Any:
        spans = self._tools.get(call.id)
        if not spans:
            return None
        try:
            from opentelemetry.context import attach
            from opentelemetry.trace import set_span_in_context

            return attach(set_span_in_context(spans[-1].span, self._context))
        except Exception:  # the tool runs all the same; what it traces stands elsewhere
            log.debug("a span was not made current", exc_info=True)
            return None

    def _begin(
        self, name: str, operation: str, kind: SpanKind, more: Mapping[str, Any] | None = None
    ) -> Span:
        attributes = {"gen_ai.operation.name": operation, **self._common, **_given(more or {})}
        return self._tracer.start_span(name, self._context, kind, attributes)

    @_quiet
    def _close(self, span: Span, finish: Finish | None, error: BaseException | None) -> None:
        """The end of a span, for which an error or the end of the run is the reason."""
        try:
            stopped = isinstance(error, GeneratorExit)  # the reader of the run has read enough
            if error is not None and not stopped:
                self._failed(span, type(error).__qualname__)
            if finish is not None:
                span.set_attributes(_finished(finish))
                self._tell(
                    span,
                    "gen_ai.output.messages",
                    [_message("assistant", _text(finish.answer), finish_reason=finish.stop_reason)],
                )
                if finish.stop_reason == "error" and error is None:
                    self._failed(span, "_OTHER")
        finally:
            span.end()

    def _failed(self, span: Span, kind: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        span.set_attribute("error.type", kind)
        span.set_status(Status(StatusCode.ERROR))

    def _tell(self, span: Span, name: str, content: Any) -> None:
        """Content, where it is asked for: texts as they are, anything else as JSON."""
        if self._redact and span.is_recording():
            safe = self._redact(content)
            span.set_attribute(
                name,
                safe
                if isinstance(safe, str)
                else json.dumps(safe, ensure_ascii=False, default=str),
            )


class _Open(NamedTuple):
    span: Span
    since: int  # time.time_ns()


def _provider(model: Any) -> str:
    """Who runs the model: what a server calls its dialect, else the kind of the backend."""
    backend = getattr(model, "backend", None)
    dialect = getattr(getattr(backend, "dialect", None), "name", None)
    known = {
        "LocalBackend": "llama.cpp",
        "TgiBackend": "tgi",
        "InferenceProviders": "huggingface",
        "Endpoint": "huggingface",
    }
    return (
        known.get(type(backend).__name__)
        or (dialect if isinstance(dialect, str) else "")
        or "chatwright"
    )


def _given(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value not in ("", None)}


def _finished(finish: Finish) -> dict[str, Any]:
    """Why it ended, and the tokens; what nobody told is left out."""
    usage = finish.usage
    told = {
        "gen_ai.usage.input_tokens": usage.prompt,
        "gen_ai.usage.output_tokens": usage.completion,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }
    return {
        "gen_ai.response.finish_reasons": [finish.stop_reason],
        **({"gen_ai.response.model": finish.model} if finish.model else {}),
        **{name: tokens for name, tokens in told.items() if tokens},
    }


def _captures() -> bool:
    return os.environ.get(_CAPTURE, "").strip().lower() in _CAPTURES


def _redactor() -> Callable[[Any], Any]:
    from .secrets import Redactor

    redactor = Redactor()
    return lambda content: (
        redactor.text(content) if isinstance(content, str) else redactor.json(content)
    )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


def _message(role: str, *parts: Mapping[str, Any], **more: str) -> dict[str, Any]:
    return {"role": role, "parts": list(parts), **more}


def _back(step: Step | Malformed) -> dict[str, Any]:
    """What the model is told after its reply."""
    if isinstance(step, Malformed):
        return _message("user", _text(step.reason))
    answer = {"type": "tool_call_response", "id": step.call.id, "response": step.result.text}
    return _message("tool", answer)


def _said(turn: Turn) -> dict[str, Any]:
    """A reply: its words, and its calls."""
    text = "".join(turn.text) or (turn.malformed.text if turn.malformed else "")
    parts = [_text(text)] if text else []
    for call in turn.calls:
        parts.append(
            {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.args}
        )
    reason = turn.finish.stop_reason if turn.finish else "error"
    return _message("assistant", *parts, finish_reason=reason)


@functools.cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("chatwright")
    except PackageNotFoundError:  # it runs from a folder
        return ""
