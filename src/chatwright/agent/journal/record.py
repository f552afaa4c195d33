"""A run that is being written, by us alone."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from ...errors import JournalError, RunBusy
from . import store as stores
from .rows import Row, from_text, plain, to_text
from .store import Store

__all__ = ["Record", "key", "read", "rows_of"]

_LAST = """
SELECT (SELECT max(id) FROM rows WHERE id > :first AND id < :first + 4294967296)
FROM runs WHERE run = :run AND run_id = :run_id
"""
_ROWS = "SELECT kind, data, at FROM rows WHERE id > ? AND id < ? ORDER BY id"
_ADD = "INSERT INTO rows (id, at, kind, data) VALUES (?, ?, ?, ?)"
_GO_ON = """INSERT INTO rows (id, at, kind, data)
SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM runs WHERE run = ? AND run_id = ?)
"""
_NEW = "INSERT INTO runs VALUES (?, ?, ?, '', ?, ?, ?, '')"
_END = "UPDATE runs SET stop_reason = ?, answer = ? WHERE run = ?"
_TRIES = 100


def key(run: int) -> int:
    """Where the rows of a run begin: the key of its row n is this plus n."""
    return run << 32


class Record:
    """A run of the journal, locked for us until `close`. `rows` is what stood there when it was opened."""

    def __init__(self, store: Store, run_id: str | None, input: Mapping[str, Any]) -> None:
        self._number = 0
        self._count = 0
        self._pending = 0
        self._unsure = False
        self._open = True
        self.run_id = run_id or ""
        self.is_new = False
        self.rows: list[Row] = []
        self._store = stores.again(store)
        try:
            self._begin(run_id, input)
        except BaseException:
            self.close()
            raise

    def add(self, *rows: tuple[str, Mapping[str, Any]], durable: bool = False) -> None:
        """Write rows, all in one commit that a kill cannot undo; with `durable` a power cut neither."""
        if not self._open:
            raise JournalError(f"the run '{self.run_id}' is closed", "begin it again")
        now = time.time()
        new = [(now, kind, to_text(kind, data)) for kind, data in rows]

        def work(database: sqlite3.Connection) -> None:
            if self._unsure:
                self._counted(database)
            self._unsure, self._pending = True, len(new)
            self._insert(database, new)
            for kind, data in rows:
                self._note_end(database, kind, data)

        if new:
            self._store.write(work, durable=durable)
            # Only now; who is interrupted before it counts anew.
            self._count += len(new)
            self._unsure, self._pending = False, 0

    def _insert(self, database: sqlite3.Connection, new: list[tuple[float, str, str]]) -> None:
        first, run = key(self._number) + self._count + 1, (self._number, self.run_id)
        try:
            for n, row in enumerate(new):
                if not database.execute(_GO_ON, (first + n, *row, *run)).rowcount:
                    raise self._gone()
        except sqlite3.IntegrityError as err:
            raise self._shared() from err

    def close(self) -> None:
        """Let go of the run."""
        with stores.guard:
            if not self._open:
                return
            self._open = False
            if self._store.pid == os.getpid():
                self._store.locks.drop(self._number, self)
            stores.close(self._store)

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _begin(self, run_id: str | None, input: Mapping[str, Any]) -> None:
        text, now = to_text("input", input), time.time()

        def work(database: sqlite3.Connection) -> list[tuple[str, str, float]]:
            known = self._known(database, run_id)
            if known is None:
                self._enter(database, run_id, input, now)
                database.execute(_ADD, (key(self._number) + 1, now, "input", text))
            else:
                self._number = known
                if not self._store.locks.take(known, self):
                    raise _busy(self.run_id)
            self.is_new = known is None
            return rows_of(database, self._number)

        found = self._store.write(work)
        self._count = len(found)
        self.rows = read(found, self.run_id, self._store.path)

    def _known(self, database: sqlite3.Connection, run_id: str | None) -> int | None:
        if run_id is None:
            return None
        row = database.execute("SELECT run FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        return row and row[0]

    def _enter(
        self, database: sqlite3.Connection, run_id: str | None, input: Mapping[str, Any], now: float
    ) -> None:
        """The run gets its number, which is the byte of its lock, and its name."""
        last = database.execute("SELECT max(run) FROM runs").fetchone()[0] or 0
        for number in range(last + 1, last + _TRIES):
            # A number may still be locked: by a record whose run was deleted under it.
            self._number = number
            if self._store.locks.take(number, self):
                break
        else:
            raise _busy(run_id or "")
        about = [plain(input.get(name)) for name in ("after", "model", "question")]
        for _ in range(_TRIES):
            self.run_id = run_id or os.urandom(4).hex()
            try:
                database.execute(_NEW, (self._number, self.run_id, now, *about))
                return
            except sqlite3.IntegrityError:
                if run_id:
                    raise
        raise JournalError("no free name was found for a run", "give it a name of your own")

    def _counted(self, database: sqlite3.Connection) -> int:
        """How many rows there are, if they are the ones that we know of."""
        about = {"first": key(self._number), "run": self._number, "run_id": self.run_id}
        row = database.execute(_LAST, about).fetchone()
        if row is None:
            raise self._gone()
        count = (row[0] or key(self._number)) - key(self._number)
        # Whether the last commit came about is known from here only: an interrupt may have hidden it.
        if count not in (self._count, self._count + self._pending):
            raise self._shared()
        self._count = count
        self._pending = 0
        return count

    def _gone(self) -> JournalError:
        return JournalError(
            f"the run '{self.run_id}' was deleted while it was being written", "begin it again"
        )

    def _shared(self) -> RunBusy:
        return RunBusy(
            f"somebody else has written to the run '{self.run_id}'",
            "was the file of its locks deleted? begin the run again",
        )

    def _note_end(self, database: sqlite3.Connection, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "end":
            reason = plain(data.get("stop_reason")) or "stop"
            database.execute(_END, (reason, plain(data.get("answer")), self._number))
        elif kind == "resumed":
            database.execute(_END, ("", "", self._number))


def rows_of(database: sqlite3.Connection, number: int) -> list[tuple[str, str, float]]:
    """The rows of a run as they are stored."""
    return database.execute(_ROWS, (key(number), key(number + 1))).fetchall()


def read(found: list[tuple[str, str, float]], run_id: str, path: str) -> list[Row]:
    """The rows as data."""
    try:
        return [Row(kind, from_text(kind, data), at) for kind, data, at in found]
    except (TypeError, ValueError, RecursionError) as err:
        raise JournalError(
            f"the run '{run_id}' is damaged in the journal {path}: {err}",
            "begin a new run, or put a copy of the journal back",
        ) from err


def _busy(run_id: str) -> RunBusy:
    return RunBusy(
        f"the run '{run_id}' is being written by somebody else",
        "wait until that has ended, or stop it",
    )
