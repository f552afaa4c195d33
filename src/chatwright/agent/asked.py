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
    """The questions of one run, by where they were put. The rows are `asked`: {call, where, nth}; a void one has no call."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._started = Counter(str(r.data["call"]) for r in record.rows if r.kind == "intent")
        self._keys: dict[str, list[tuple[str, str]]] = {}
        self._put: Counter[str] = Counter()
        for row in record.rows:
            if row.kind == "asked":
                keys = self._keys.setdefault(str(row.data["where"]), [])
                keys.append((str(row.data["call"]), str(row.data["nth"])))

    def to_put(self, where: str, call: ToolCall, again: int = 0) -> tuple[int, bool]:
        """How many questions to put `where` before this one, whose answers are not its, and whether it is a new one.

        It is another question where the same call was started since, and where it is put `again` because nobody could
        read the answer. An answer that is there already is none to a new question: then note it as `void`.
        """
        key, keys = self._key(call, again), self._keys.get(where, [])
        place = keys.index(key) if key in keys else len(keys)
        before = max(0, place - self._put[where])
        self._put[where] = max(place, self._put[where]) + (key in keys)
        return before, key not in keys

    def new(self, where: str, call: ToolCall, again: int = 0) -> None:
        """Keep a question before a person gets to see it."""
        self._keep(where, self._key(call, again))

    def void(self, where: str) -> None:
        """Keep that an answer was there which belongs to no question of this run."""
        self._keep(where, ("", ""))
        self._put[where] += 1

    def _key(self, call: ToolCall, again: int) -> tuple[str, str]:
        return call.id, f"{self._started[call.id]}.{again}"

    def _keep(self, where: str, key: tuple[str, str]) -> None:
        self._record.add(("asked", {"call": key[0], "where": where, "nth": key[1]}))
        self._keys.setdefault(where, []).append(key)


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
