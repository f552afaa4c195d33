"""A conversation as data: its exchanges, what the model gets to see of them, and how they lie in the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ...errors import UsageError

if TYPE_CHECKING:
    from ...agent.journal import Journal, Row, RunInfo
    from ...request import Message

__all__ = [
    "MARK",
    "UNDONE",
    "Exchange",
    "Session",
    "continued",
    "forgotten",
    "messages",
    "newest",
    "newest_of",
    "transcript",
]

MARK = {"from": "chat"}
"""What the note of a run says that belongs to a chat."""
UNDONE = "undone"
"""The kind of row that says of a run that it is no part of its chat any more."""

_MOST = 5_000  # of the newest runs are looked through for a chat
_TARGET = (
    0.6  # of the room: how much stays when something has to go, so that the next time is far away
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it. `end` is the run's stop reason, and empty while there is none."""

    question: str
    answer: str = ""
    run_id: str = ""
    end: str = ""

    @property
    def is_open(self) -> bool:
        """Asked and not answered: whoever was answering is gone."""
        return not self.end

    @property
    def goes_on(self) -> bool:
        """Can its run go on where it was left, so that nothing is paid for twice?"""
        kept = ("", "unanswered", "error", "stopped", "max_seconds", "unknown_outcome")
        return bool(self.run_id) and self.end in kept


@dataclass(frozen=True, slots=True)
class Session:
    """A chat as it stands in the journal: its exchanges, and what it was held with."""

    exchanges: tuple[Exchange, ...] = ()
    spec: str = ""
    system: str = ""
    tools: tuple[str, ...] = ()
    missing: str = ""  # the id of a run that it goes on from and that is not there any more


def messages(exchanges: Sequence[Exchange]) -> list[Message]:
    """The questions and answers as chat messages. A question that failed is left out, an answer that was cut says so."""
    told: list[Message] = []
    for exchange in exchanges:
        if answer := _told(exchange):
            told.append({"role": "user", "content": exchange.question})
            told.append({"role": "assistant", "content": answer})
    return told


def forgotten(
    exchanges: Sequence[Exchange], room: int | None, count: Callable[[str], int], before: int = 0
) -> int:
    """How many of the oldest exchanges the model does not get to see, so that the others fit into `room` tokens.

    `before` of them are left out already. If more have to go, so many go that there is room again for some time.
    """
    if room is None:
        return 0
    sizes = [count(exchange.question) + count(_told(exchange)) + 16 for exchange in exchanges]
    gone = min(before, len(sizes))
    left = sum(sizes[gone:])
    if left <= room:
        return gone
    while gone < len(sizes) and left > room * _TARGET:
        left -= sizes[gone]
        gone += 1
    return gone


def transcript(exchanges: Sequence[Exchange], *, title: str) -> str:
    """The conversation as a Markdown document."""
    parts = [f"# {title}"]
    for exchange in exchanges:
        parts.append("\n".join(f"> {line}".rstrip() for line in exchange.question.splitlines()))
        parts.append(exchange.answer.strip("\n") or "*(no answer)*")
        if exchange.end != "answer":
            parts.append(f"*({_ending(exchange)})*")
    return "\n\n".join(parts) + "\n"


def newest(journal: Journal) -> str:
    """The id of the newest run that came from a chat."""
    for most in (50, _MOST):
        for info in journal.runs(most):
            rows = journal.read(info.run_id)[1]
            if rows and rows[0].data.get("from") == MARK["from"] and not _undone(rows):
                return info.run_id
    raise UsageError("there is no chat to continue", "begin one: chatwright chat")


def newest_of(journal: Journal, prefix: str) -> str:
    """The newest run of the chat that the run with this id (or beginning of an id) belongs to."""
    wanted = journal.find(prefix)
    infos = journal.runs(_MOST)
    before = {info.run_id: info.after for info in infos}
    for info in infos:
        seen: set[str] = set()
        name = info.run_id
        while name and name not in seen:
            if name == wanted and not _undone(journal.read(info.run_id)[1]):
                return info.run_id
            seen.add(name)
            name = before.get(name, "")
    return wanted


def continued(journal: Journal, run_id: str) -> Session:
    """The chat that ends with this run."""
    rows = journal.read(run_id)[1]
    note = rows[0].data if rows else {}
    found: list[Exchange] = []
    seen: set[str] = set()
    missing = ""
    name = run_id
    while name and name not in seen:
        seen.add(name)
        try:
            info, _ = journal.read(name)
        except UsageError:  # it was deleted, and what is left is still a chat
            missing = name
            break
        found.append(_exchange(info))
        name = info.after
    tools: Any = note.get("tools")
    return Session(
        tuple(found[::-1]),
        str(note.get("spec") or ""),
        str(note.get("system") or ""),
        tuple(map(str, cast("list[Any]", tools))) if isinstance(tools, list) else (),
        missing,
    )


def _exchange(info: RunInfo) -> Exchange:
    return Exchange(info.question, info.answer, info.run_id, info.stop_reason)


def _undone(rows: Sequence[Row]) -> bool:
    return any(row.kind == UNDONE for row in rows)


def _told(exchange: Exchange) -> str:
    """The answer as the model gets to see it again."""
    if exchange.end == "answer":
        return exchange.answer
    if exchange.end == "stopped":
        return f"{exchange.answer} [the user stopped the answer here]".lstrip()
    return f"{exchange.answer} [the answer was cut here]" if exchange.answer else ""


def _ending(exchange: Exchange) -> str:
    match exchange.end:
        case "" | "unanswered":
            return "not answered"
        case "stopped":
            return "stopped here"
        case "error":
            return "an error ended it here"
        case reason:
            return f"a limit ended it here: {reason}"
