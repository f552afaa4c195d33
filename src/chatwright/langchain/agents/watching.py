"""`CallWatch`: a tool's code knows for which call it runs, and OpenTelemetry is told of each step where it is set up."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import Token
from types import TracebackType
from typing import Any

from chatwright.agent import Run, Turn
from chatwright.agent.spans import tracer
from chatwright.events import Finish, ToolCall, ToolResult
from chatwright.tools import Tool

from .bridge import called

__all__ = ["CallWatch", "model_name"]

_NAMES = ("model_name", "model_id", "model", "repo_id", "endpoint_url", "inference_server_url")


class CallWatch:
    """Watches one run."""

    def __init__(self) -> None:
        self._spans = tracer()

    def run_began(self, run: Run, *, agent_name: str, model: Any, run_id: str) -> None:
        if self._spans:
            name = model.model_name  # `model` is the executor, which knows it
            self._spans.run_began(run, agent_name=agent_name, model=name, run_id=run_id)

    def turn_began(self, run: Run) -> None:
        if self._spans:
            self._spans.turn_began(run)

    def turn_ended(self, run: Run, turn: Turn) -> None:
        if self._spans:
            self._spans.turn_ended(run, turn)

    def tool_began(self, call: ToolCall, tool: Tool | None) -> None:
        if self._spans:
            self._spans.tool_began(call, tool)

    def tool_ended(self, call: ToolCall, result: ToolResult | None) -> None:
        if self._spans:
            self._spans.tool_ended(call, result)

    def run_ended(self, finish: Finish | None, error: BaseException | None = None) -> None:
        if self._spans:
            self._spans.run_ended(finish, error)

    def tool_context(self, call: ToolCall) -> AbstractContextManager[None]:
        return _Inside(call.id, self._spans.tool_context(call) if self._spans else None)


class _Inside(AbstractContextManager[None]):
    """While the code of a tool runs."""

    __slots__ = ("_call_id", "_more", "_token")

    def __init__(self, call_id: str, more: AbstractContextManager[None] | None) -> None:
        self._call_id, self._more = call_id, more
        self._token: Token[str] | None = None

    def __enter__(self) -> None:
        self._token = called.set(self._call_id)
        if self._more:
            self._more.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        try:
            if self._more:
                self._more.__exit__(kind, err, at)
        finally:
            if self._token:
                called.reset(self._token)


def model_name(agent: Any) -> str:
    """What the model of an agent is called, as far as one can see."""
    todo: list[Any] = [agent]
    for _ in range(50):  # an agent may hold itself
        if not todo:
            break
        part = todo.pop(0)
        if hasattr(part, "_llm_type"):
            return _name(part)
        todo += [*(getattr(part, "steps", None) or ()), getattr(part, "bound", None)]
        todo += [getattr(part, "llm", None), getattr(part, "first", None)]
        todo = [each for each in todo if each is not None]
    return ""


def _name(model: Any) -> str:
    for name in _NAMES:
        found = getattr(model, name, None)
        if isinstance(found, str) and found:
            return found
    inner = getattr(model, "llm", None)
    return _name(inner) if inner is not None else type(model).__name__
