"""May this call run? `Gate` says so, asks a person where one has to be asked, or says what the model is told instead.

`vetted` is a generator like those of `Course`: it yields notices and `Ask`, and gives its verdict at the end.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..events import Finish, Notice, ToolCall, ToolResult
from ..tools import Tool
from ..tools.run import misfit
from .approval import Approve, Decision, Edit, Refuse, StartedCall
from .keeper import Left
from .run import Limits, Run, call_key

__all__ = ["Ask", "Gate", "Unknown"]

Unknown = Literal["ask", "skip", "fail"]
"""What becomes of a call that was started before the run was interrupted, and must not be run twice."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person. Sent back: the decision, and the seconds that it took."""

    call: ToolCall
    tool: Tool


Verdict = Generator[Notice | Ask, Any, ToolCall | ToolResult | None]


@dataclass(slots=True)
class Gate:
    """What stands between a model's calls and the tools of one run.

    `left` is what an earlier process left of the run, as long as its calls are looked at. `end` is set once a call ends
    the run, and `edited` holds the arguments that a person gave instead of the model's.
    """

    run: Run
    tools: Mapping[str, Tool]
    limits: Limits
    left: Left | None = None
    asks: bool = False
    careful: bool = False
    unknown: Unknown = "ask"
    end: Finish | None = None
    edited: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])

    def vetted(self, call: ToolCall) -> Verdict:
        """The call, perhaps with other arguments, or what the model is told instead; None where the run ends here."""
        tool = self.tools.get(call.name)
        if self.is_doubtful(call):
            return (yield from self._again(call, tool))
        if self.left and call.id in self.left.blurred:
            return _no(
                call,
                "its arguments held a key or a password, which are not kept. Make the call again",
            )
        if self._circles(call):
            return _no(call, _told_so(call, self.limits.max_repeats or 0))
        if tool is None or not tool.writes or misfit(call, tool):
            return call
        if self.careful and self.run.tainted:
            return _no(call, f"{call.name} writes, and writing is off since the run has read what strangers may "
                             "have written. Answer with what you have")  # fmt: skip
        if not self.asks:
            yield Notice(f"{call.name} writes and nobody is there to allow it (approve=, on the command line --yes)")  # fmt: skip
            return _no(
                call, f"{call.name} writes, and nobody was there to allow it. Answer without it"
            )
        return (yield from self._asked(call, tool, call))

    def is_doubtful(self, call: ToolCall) -> bool:
        """Was it started before the run was interrupted, and is it one that must not run twice?"""
        tool, left = self.tools.get(call.name), self.left
        started = left is not None and call.id in left.started and call.id not in left.results
        return started and not (tool and tool.idempotent)

    def _asked(
        self, call: ToolCall, tool: Tool, shown: ToolCall
    ) -> Generator[Notice | Ask, Any, ToolCall | ToolResult]:
        decision: Decision
        decision, seconds = yield Ask(shown, tool)
        if self.run.deadline is not None:
            self.run.deadline += seconds
        match decision:
            case Approve():
                return replace(call, args=shown.args)
            case Edit(args):
                self.edited[call.id] = dict(args)
                told = json.dumps(self.edited[call.id], ensure_ascii=False, default=str)
                yield Notice(f"{call.name} runs with other arguments: {told}")
                return replace(call, args=self.edited[call.id])
            case Refuse(reason):
                why = f": {reason.strip().rstrip('.')}" if reason.strip() else ""
                return _no(call, f"a person did not allow this call{why}. Go on without it")

    def _circles(self, call: ToolCall) -> bool:
        """Was the same call made too often? Once it is told so, then it is the end."""
        self.run.called[call_key(call)] += 1
        most, times = self.limits.max_repeats, self.run.called[call_key(call)]
        if most is None or times <= most:
            return False
        if times > most + 1 and self.run.turns < self.limits.max_steps:
            self.end = Finish("", None, "repeats", self.run.usage)
        return True

    def _again(self, call: ToolCall, tool: Tool | None) -> Verdict:
        """A call that may have been carried out, by a process that is gone."""
        self.run.called[call_key(call)] += 1
        if self.unknown == "fail":
            self.end = Finish("", None, "unknown_outcome", self.run.usage)
            return None
        whole = self.left is not None and call.id not in self.left.blurred
        if self.unknown == "ask" and self.asks and tool is not None and self.left and whole:
            args = self.left.edited.get(call.id, call.args)
            if args != call.args:
                self.edited[call.id] = args
            shown = StartedCall(call.id, call.name, args, call.log)
            return (yield from self._asked(call, tool, shown))
        yield Notice(
            f"{call.name} may have run before the run was interrupted: it is not run again"
        )
        return _no(call, "the run was interrupted while this call ran, and nobody knows whether it was carried out. "
                         "It was not made again. Check what happened before you repeat it")  # fmt: skip


def _no(call: ToolCall, why: str) -> ToolResult:
    return ToolResult(call.id, f"error: {why}.", ok=False)


def _told_so(call: ToolCall, most: int) -> str:
    return (
        f"{call.name} was called with the same arguments {most} times already, so this call was not made. Use "
        "what it gave, change the arguments, or give the answer"
    )
