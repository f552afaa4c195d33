"""`Journal`: begin a run or go on with it, list runs, read one, forget one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from ...errors import JournalError, RunBusy, UsageError
from . import place
from . import store as stores
from .record import Record, key, read, rows_of
from .rows import Row, RunInfo
from .store import Store

__all__ = ["Journal"]

_INFO = """
SELECT run_id, question, model, began, coalesce(at, began), coalesce(id - (run << 32), 0), stop_reason, answer, after
FROM runs LEFT JOIN rows ON id = (SELECT max(id) FROM rows WHERE id > run << 32 AND id < (run + 1) << 32)
"""
_NEAR = 200  # of the newest runs are looked through for a name that is nearly right


class Journal:
    """The runs of the agent, kept in one file. Processes, threads and tasks may have it open at the same time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = True

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Journal:
        """The journal in that file, made if there is none."""
        return cls(stores.open_store(place.real(path)))

    @property
    def path(self) -> str:
        """The file, by its real path."""
        return self._store.path

    def begin(self, run_id: str | None, input: Mapping[str, Any]) -> Record:
        """The run of that name, new or as it was left, for us alone; without a name, a new one.

        `input` is the first row of a new run, and kept when this returns. `RunBusy` if somebody is writing
        the run; a lock dies with its holder.
        """
        if run_id is not None:
            _check_name(run_id)
        return Record(self._here(), run_id, input)

    def runs(self, most: int = 50) -> list[RunInfo]:
        """The newest runs, newest first."""

        def work(database: sqlite3.Connection) -> list[RunInfo]:
            rows = database.execute(f"{_INFO} ORDER BY run DESC LIMIT ?", (max(0, most),))
            return [RunInfo(*row) for row in rows.fetchall()]

        return self._here().read(work)

    def find(self, prefix: str) -> str:
        """The id of the one run that is called so or begins so."""
        return self._here().read(lambda database: _found(database, prefix))

    def read(self, run_id: str) -> tuple[RunInfo, list[Row]]:
        """A run, by its id or the beginning of it, also while it is being written."""

        def work(database: sqlite3.Connection) -> tuple[RunInfo, list[tuple[str, str, float]]]:
            name = _found(database, run_id)
            number = database.execute("SELECT run FROM runs WHERE run_id = ?", (name,)).fetchone()
            info = database.execute(f"{_INFO} WHERE run = ?", number).fetchone()
            return RunInfo(*info), rows_of(database, number[0])

        store = self._here()
        info, rows = store.read(work)
        return info, read(rows, info.run_id, store.path)

    def forget(self, run_id: str) -> None:
        """Delete a run, by its whole id. `RunBusy` while it is being written."""
        _check_name(run_id)
        store, holder = self._here(), object()
        held: list[int] = []

        def work(database: sqlite3.Connection) -> None:
            row = database.execute("SELECT run FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                raise _unknown(database, run_id)
            held.append(row[0])
            if not store.locks.take(row[0], holder):
                raise RunBusy(f"the run '{run_id}' is being written", "wait until that has ended")
            database.execute(
                "DELETE FROM rows WHERE id > ? AND id < ?", (key(row[0]), key(row[0] + 1))
            )
            database.execute("DELETE FROM runs WHERE run = ?", row)

        try:
            store.write(work)
        finally:
            for number in held:
                store.locks.drop(number, holder)

    def is_there(self) -> bool:
        """Does its file still stand where it was opened?"""
        return self._store.is_there()

    def close(self) -> None:
        """Give the journal back. After the last share its file can be copied as it is."""
        with stores.guard:
            if self._open:
                self._open = False
                stores.close(self._store)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({self.path!r})"

    def _here(self) -> Store:
        if not self._open:
            raise JournalError(f"the journal {self.path} is closed", "open it again")
        if self._store.pid != os.getpid():
            with stores.guard:
                self._store = stores.of_this_process(self._store)
        return self._store


def _check_name(run_id: object) -> None:
    if not isinstance(run_id, str) or not 1 <= len(run_id) <= 200 or not run_id.isprintable():
        raise UsageError(
            f"a run cannot be called {str(run_id)[:60]!r}", "use 1 to 200 printable characters"
        )


def _found(database: sqlite3.Connection, prefix: str) -> str:
    _check_name(prefix)
    names = [
        name
        for (name,) in database.execute(
            "SELECT run_id FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT 9",
            (prefix, f"{prefix}\U0010ffff"),
        )
    ]
    if prefix in names or len(names) == 1:
        return prefix if prefix in names else names[0]
    if not names:
        raise _unknown(database, prefix)
    more = ", …" if len(names) == 9 else ""
    raise UsageError(
        f"several runs begin with '{prefix}'", f"it may be {', '.join(names[:8])}{more}"
    )


def _unknown(database: sqlite3.Connection, name: str) -> UsageError:
    from difflib import get_close_matches

    newest = database.execute("SELECT run_id FROM runs ORDER BY run DESC LIMIT ?", (_NEAR,))
    names: list[str] = [row[0] for row in newest.fetchall()]
    if near := get_close_matches(name, names, n=1):
        hint = f"did you mean '{near[0]}'?"
    elif names:
        hint = f"the newest: {', '.join(names[:5])}"
    else:
        hint = "this journal holds no run yet"
    return UsageError(f"there is no run '{name[:60]}'", hint)
