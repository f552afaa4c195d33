"""Which questions a person was asked about the calls of a run, and where: `Asked`, `asking`.

Some places number their questions and give the answers again by these numbers when a run goes on, as LangGraph does
with the interrupts of a node. A run that goes on from its journal does not ask again what is done. So the journal keeps
which call each question was about, and no answer can be taken for that to another one.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from ..events import ToolCall
from ..tools import Tool
from .approval import Answer, Approver

if TYPE_CHECKING:
    from .journal import Record

__all__ = ["Asked", "asking", "here"]

here: ContextVar[Asked | None] = ContextVar("chatwright_asked", default=None)
"""What the journal knows of the questions of the run that an approver is asked for now, if there is a journal."""


class Asked:
    """The questions of one run. The rows are `asked`: {call, where, nth}."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._started = Counter(str(r.data["call"]) for r in record.rows if r.kind == "intent")
        self._keys: dict[str, list[tuple[str, str]]] = {}
        self._put: Counter[str] = Counter()
        for row in record.rows:
            if row.kind == "asked":
                keys = self._keys.setdefault(str(row.data["where"]), [])
                keys.append((str(row.data["call"]), str(row.data["nth"])))

    def questions(self, where: str, call: ToolCall, again: int = 0) -> int:
        """How many questions to put `where` now: those before it, if they were not put again yet, and this one.

        The question is in the journal when this returns. It is another one where the same call was started since, and
        where it is put `again` because nobody could read the answer.
        """
        key = (call.id, f"{self._started[call.id]}.{again}")
        keys = self._keys.setdefault(where, [])
        if key not in keys:
            self._record.add(("asked", {"call": call.id, "where": where, "nth": key[1]}))
            keys.append(key)
        upto, before = keys.index(key) + 1, self._put[where]
        self._put[where] = max(upto, before)
        return max(1, upto - before)


def asking(approve: Approver | None, record: Record) -> Approver | None:
    """The approver, which finds in `here` what it was asked before in this run."""
    if approve is None:
        return None
    asked = Asked(record)

    async def later(answer: Awaitable[Answer]) -> Answer:
        token = here.set(asked)
        try:
            return await answer
        finally:
            here.reset(token)

    async def aask(call: ToolCall, tool: Tool) -> Answer:
        return await later(cast("Awaitable[Answer]", approve(call, tool)))

    def ask(call: ToolCall, tool: Tool) -> Any:
        token = here.set(asked)
        try:
            answer = approve(call, tool)
        finally:
            here.reset(token)
        return later(answer) if inspect.isawaitable(answer) else answer

    return aask if inspect.iscoroutinefunction(approve) else ask
