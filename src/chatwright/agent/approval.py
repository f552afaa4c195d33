"""What a person says of a call that changes something: yes, yes but otherwise, or no."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..errors import UsageError
from ..events import ToolCall
from ..tools import Tool

__all__ = [
    "Approve",
    "Approver",
    "Decision",
    "Edit",
    "Refuse",
    "StartedCall",
    "as_approver",
    "decision_of",
]


@dataclass(frozen=True, slots=True)
class Approve:
    """Run it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Run it with these arguments."""

    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not run it; the model is told why."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class StartedCall(ToolCall):
    """A call that was started before the run was interrupted. Nobody knows whether it was carried out.

    To approve it is to run it again.
    """


Decision = Approve | Edit | Refuse
Answer = Decision | bool | None
Approver = Callable[[ToolCall, Tool], Answer | Awaitable[Answer]]
"""Asked before a tool that writes is run. True is `Approve()`; False and None are `Refuse()`."""


def as_approver(approve: Callable[..., Any] | None) -> Approver | None:
    """The approver as it is asked here: one that takes the call alone is welcome too."""
    if approve is None:
        return None
    if not callable(cast("Any", approve)):
        raise UsageError(
            "the approver cannot be called", "give a function of the call and the tool"
        )
    try:
        inspect.signature(approve).bind(None, None)
    except TypeError:
        if inspect.iscoroutinefunction(approve):

            async def ask_later(call: ToolCall, tool: Tool) -> Answer:
                return await approve(call)

            return ask_later
        return lambda call, tool: approve(call)
    except ValueError:  # a function of C may not tell what it takes
        pass
    return approve


def decision_of(answer: Any) -> Decision:
    """The answer of an approver as a decision. Arguments, or a call that has them, are an edit."""
    if isinstance(answer, ToolCall):
        answer = answer.args
    if isinstance(answer, Mapping):
        return Edit(cast("Mapping[str, Any]", answer))
    if isinstance(answer, Edit) and not isinstance(cast("Any", answer.args), Mapping):
        raise UsageError("an edit has no arguments", 'give Edit({"name": value, ...})')
    if isinstance(answer, Approve | Edit | Refuse):
        return answer
    if answer is None or isinstance(answer, bool):
        return Approve() if answer else Refuse()
    kind = type(cast("object", answer)).__name__
    raise UsageError(
        f"the approver gave {kind}, which is no decision",
        "give True, False, Approve(), Edit(args) or Refuse(reason)",
    )
