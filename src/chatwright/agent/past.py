"""Earlier runs of a journal as a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..request import Message

if TYPE_CHECKING:
    from .journal import Journal, RunInfo

__all__ = ["conversation", "exchanges"]


def exchanges(journal: Journal, run_id: str) -> list[RunInfo]:
    """The run and those before it in its conversation, the oldest first."""
    found: list[RunInfo] = []
    seen: set[str] = set()
    while run_id and run_id not in seen:
        seen.add(run_id)
        info, _ = journal.read(run_id)
        found.append(info)
        run_id = info.after
    return found[::-1]


def conversation(journal: Journal, run_id: str) -> list[Message]:
    """The questions and answers up to this run, as chat messages. A question without any answer is left out."""
    messages: list[Message] = []
    for info in exchanges(journal, run_id):
        if info.answer:
            messages.append({"role": "user", "content": info.question})
            messages.append({"role": "assistant", "content": info.answer})
    return messages
