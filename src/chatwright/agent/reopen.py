"""A run of a journal, new or as it was left: `held` opens it, `goes_on` enters what it tells."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..tools import Tool
from .keeper import FINAL, Left, restored
from .run import Planner, Run

if TYPE_CHECKING:
    from .journal import Journal, Record

__all__ = ["goes_on", "held", "opened", "other_input"]


@contextmanager
def opened(journal: str | Path | Journal) -> Generator[Journal]:
    """The journal; where it was named by its file, it is closed when no other run follows soon."""
    from .journal import Journal

    if isinstance(journal, Journal):
        yield journal
        return
    from .journal.linger import let_go, taken

    found = taken(journal)
    try:
        yield found
    finally:
        let_go(found)


@contextmanager
def held(
    journal: str | Path | Journal, run_id: str | None, told: Mapping[str, Any]
) -> Generator[Record]:
    """The run in the journal, ours until the end. `told` is the first row of a new one."""
    with opened(journal) as found, found.begin(run_id, told) as record:
        yield record


def goes_on(
    record: Record, run: Run, planner: Planner, tools: Mapping[str, Tool] | None = None
) -> tuple[Left | None, str]:
    """Enter what the journal tells into `run`; what is left to do, none in a new run, and what to say of it."""
    if record.is_new:
        return None, f"run {record.run_id}"
    left = restored(record.rows, run, planner, tools)
    if left.end and left.end.stop_reason in FINAL:
        return left, f"run {record.run_id} has its answer already"
    if left.end:
        left.open()
    record.add(("resumed", {}))
    return left, f"run {record.run_id} goes on after {run.turns} turns of the model"


def other_input(record: Record, what: str, kept: object) -> UsageError:
    """The error of a run that is asked for with another question, or another input, than it has."""
    return UsageError(
        f"the run {record.run_id} has another {what}: {str(kept)[:100]!r}",
        "leave it out to go on with the run, or choose another run id",
    )
