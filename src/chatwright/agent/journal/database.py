"""What SQLite is told: the tables of a journal, how one is opened and checked, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable

from ...errors import JournalError
from . import locks, place

__all__ = ["explained", "opened"]

_APPLICATION = 0x63687772  # 'chwr' in the header of the file, where `file` and others look
_VERSION = 1
_WAIT = 10.0  # seconds for what another process does to the same file in passing
_PAGE = 1024  # bytes. A row has any length: small pages waste least
_MAKING = 0
_TRIES = 3
_SETTINGS = (
    "synchronous = NORMAL",  # a kill loses nothing that was committed; for a power cut see Store.write
    "wal_autocheckpoint = 4000",
    "secure_delete = ON",  # a run that is forgotten is gone from the file
    "trusted_schema = OFF",  # the file may come from anywhere
    *(("fullfsync = ON",) if sys.platform == "darwin" else ()),  # else the disk only hears of it
)

# The rows of a run lie side by side, in order: their key is the number of the run and their place in it.
# What is long stands last, so that a list is read without it.
_TABLES = (
    """CREATE TABLE runs (
    run INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, began REAL NOT NULL, stop_reason TEXT NOT NULL,
    after TEXT NOT NULL, model TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL)""",
    """CREATE TABLE rows (id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL)""",
)


def opened(path: str) -> sqlite3.Connection:
    """The journal of that name, made if the file is empty; `JournalError` if it is something else."""
    for _ in range(_TRIES):
        with place.telling(path):
            empty = os.path.getsize(path) == 0
        if empty:
            _make(path)
        try:
            return _connected(path, lambda database: _check(database, path))
        except _Emptied:
            continue
    raise JournalError(f"the journal {path} cannot be made", "name another file")


def explained(err: sqlite3.Error, path: str) -> JournalError:
    """What an error of SQLite means for a journal, and what to try."""
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_NOTADB:
            return _foreign(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            what, hint = "is held by another program", "close that program, or try again"
        case sqlite3.SQLITE_FULL:
            what, hint = "cannot grow: the disk is full", "make room and run it again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            what = f"cannot be written: {err}"
            hint = "give this user the right to write there, or name another file with CHATWRIGHT_JOURNAL"
        case sqlite3.SQLITE_IOERR:
            what = f"cannot be read or written: {err}"
            hint = "look after the disk that it is on, and whether the file was cut short"
        case sqlite3.SQLITE_TOOBIG:
            what, hint = f"cannot hold a row of that size: {err}", "limit what tools may give"
        case _:
            what = f"is damaged: {err}"
            hint = "move it away and begin a new one, or put a copy back; nothing was changed in it"
    return JournalError(f"the journal {path} {what}", hint)


def _connected(path: str, first: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """A connection with which `first` was done well."""
    database = None
    try:
        # One connection for all threads: whoever uses it keeps them apart with a lock.
        database = sqlite3.connect(
            _uri(path), _WAIT, isolation_level=None, check_same_thread=False, uri=True
        )
        for setting in _SETTINGS:
            database.execute(f"PRAGMA {setting}")
        first(database)
        return database
    except BaseException as err:
        if database:
            database.close()
        if isinstance(err, sqlite3.Error):
            raise explained(err, path) from err
        raise


def _uri(path: str) -> str:
    # "rw": a file that vanished meanwhile is not made again, with rights that we did not choose.
    name = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if os.name == "nt":
        name = "/" + name.replace("\\", "/")
    return f"file:{name}?mode=rw"


def _pragma(database: sqlite3.Connection, name: str) -> int | str:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


def _make(path: str) -> None:
    """Fill an empty file, at once or not at all: a kill in between leaves it empty."""
    with _Alone(path):
        if os.path.getsize(path) == 0:  # else another process was faster
            place.set_aside(path)
            _connected(path, _fill).close()


def _fill(database: sqlite3.Connection) -> None:
    database.execute(f"PRAGMA page_size = {_PAGE}")
    database.execute("BEGIN IMMEDIATE")
    database.execute(f"PRAGMA application_id = {_APPLICATION}")
    database.execute(f"PRAGMA user_version = {_VERSION}")
    for statement in _TABLES:
        database.execute(statement)
    database.execute("COMMIT")


def _check(database: sqlite3.Connection, path: str) -> None:
    """It is a journal, one that we know, and ready to be used."""
    if _pragma(database, "application_id") != _APPLICATION:
        # SQLite has just cleared away what somebody left who was killed while he made it.
        raise _foreign(path) if _pragma(database, "page_count") else _Emptied
    version = int(_pragma(database, "user_version"))
    if version > _VERSION:
        raise JournalError(
            f"the journal {path} was written by a newer chatwright (version {version}, this one knows {_VERSION})",
            "update chatwright, or name another file",
        )
    with place.telling(path):
        place.tightened(path)
    if _pragma(database, "journal_mode") != "wal":
        _to_wal(database, path)


def _to_wal(database: sqlite3.Connection, path: str) -> None:
    """Readers and writers do not wait for each other then, and a commit is one write."""
    with _Alone(path):
        if _pragma(database, "journal_mode = WAL") != "wal":
            raise JournalError(
                f"the disk of {path} does not let programs share a journal",
                "keep it on a local disk: name it with CHATWRIGHT_JOURNAL",
            )


class _Emptied(Exception):
    """The file holds nothing, not even a journal without runs."""


class _Alone:
    """One process at a time makes a journal."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = locks.opened(f"{self._path}-lock")
        if not self._file.wait(_MAKING, self, _WAIT):
            locks.closed(self._file)
            raise JournalError(
                f"the journal {self._path} is being made by another program", "try again"
            )

    def __exit__(self, *exc: object) -> None:
        self._file.drop(_MAKING, self)
        locks.closed(self._file)


def _foreign(path: str) -> JournalError:
    return JournalError(
        f"{os.path.basename(path)} is no journal of chatwright: {path}", "name another file"
    )
