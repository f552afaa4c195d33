"""The tables of an index: the files that were read, their passages, and the words to find them by.

The words stand in SQLite's full-text search without the text itself, which is kept once, as it is shown.
"""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from ..errors import UsageError
from .files import File, Stamp
from .found import Passage, Skipped
from .words import body_words, heading_words, title_words

__all__ = [
    "FORMAT",
    "Known",
    "Writer",
    "changed",
    "create",
    "is_current",
    "known",
    "passage",
    "size",
    "skipped",
    "words_of",
]

# Counts up when the tables or the way that documents are cut and found changes.
FORMAT = 1

_WORDS = """CREATE VIRTUAL TABLE words USING fts5(
    title, heading, body, content = '', tokenize = "porter unicode61 remove_diacritics 2")"""
_SCHEMA = (
    "CREATE TABLE about (made_by TEXT)",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
        size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, read_at INTEGER,
        digest BLOB, reason TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL)""",
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY, file INTEGER NOT NULL, title TEXT, heading TEXT, text TEXT)""",
    _WORDS,
    "INSERT INTO words(words, rank) VALUES ('hashsize', 16000000)",
)
_PUT_WORDS = "INSERT INTO words(rowid, title, heading, body) VALUES (?, ?, ?, ?)"
_DAY = 86_400 * 10**9
_AT_ONCE = 1000  # passages


@dataclass(frozen=True, slots=True)
class Known:
    """What the index holds of a file: when it was read, in which state, and where its passages are."""

    id: int
    name: str
    stamp: Stamp
    read_at: int
    digest: bytes
    reason: str
    first: int
    last: int


def changed(files: Sequence[File], known: Mapping[bytes, Known]) -> list[File]:
    """The files that must be looked at: new ones, and those that are or may be different from before."""
    now = time.time_ns()
    return [f for f in files if not ((k := known.get(f.key)) and _is_same(f, k, now))]


def _is_same(file: File, known: Known, now: int) -> bool:
    if known.stamp != file.stamp or known.name != file.name:
        return False
    if known.reason.startswith("cannot be read"):
        return False  # it may be possible now, without a trace in the file
    if known.reason.startswith("it ") and now - known.read_at > _DAY:
        return False  # it took too long, perhaps on a busy day
    return not _is_fresh(known)


def _is_fresh(known: Known) -> bool:
    """Was the file written just before it was read? Then it may have been written again in the same tick."""
    written = max(known.stamp.mtime, known.stamp.ctime)
    tick = (
        2_100_000_000 if known.stamp.mtime % 10**9 == 0 else 60_000_000
    )  # some disks count in seconds
    return written + tick > known.read_at


def create(database: sqlite3.Connection) -> None:
    """Make the tables of an empty index."""
    try:
        with _transaction(database):
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("INSERT INTO about VALUES (?)", (_made_by(),))
    except sqlite3.OperationalError as err:
        if "fts5" not in str(err):
            raise
        raise UsageError(
            f"document search does not work with this Python's SQLite: {err}",
            "use a Python whose sqlite3 module has FTS5, such as the one from python.org",
        ) from err


def is_current(database: sqlite3.Connection) -> bool:
    """Was the index made by what would make it the same way today?"""
    made_by = database.execute("SELECT made_by FROM about").fetchone()
    return bool(made_by) and made_by[0] == _made_by()


def _made_by() -> str:
    # Another Unicode may fold letters in another way, and another SQLite cut words in another way.
    return f"{FORMAT} sqlite {sqlite3.sqlite_version} unicode {unicodedata.unidata_version}"


def known(database: sqlite3.Connection) -> dict[bytes, Known]:
    """The files in the index by their way down from the folder."""
    rows = database.execute(
        "SELECT path, id, name, size, mtime, ctime, inode, read_at, digest, reason, first, last"
        " FROM files"
    )
    return {
        path: Known(
            id, name, Stamp(size, mtime, ctime, inode), read_at, digest, reason, first, last
        )
        for path, id, name, size, mtime, ctime, inode, read_at, digest, reason, first, last in rows
    }


def skipped(database: sqlite3.Connection) -> list[Skipped]:
    """The files that were not read, or not to the end."""
    rows = database.execute("SELECT name, reason FROM files WHERE reason != '' ORDER BY name")
    return [Skipped(name, reason) for name, reason in rows]


def size(database: sqlite3.Connection) -> int:
    """The number of passages."""
    return int(database.execute("SELECT total(last - first + 1) FROM files").fetchone()[0])


def passage(database: sqlite3.Connection, row: int) -> Passage:
    """A passage by its number."""
    found = database.execute(
        "SELECT name, title, heading, text FROM passages JOIN files ON files.id = file"
        " WHERE passages.id = ?",
        (row,),
    ).fetchone()
    # What was put in is text without a NUL: anything else is the trace of a damaged file.
    if not found or not all(isinstance(value, str) and "\0" not in value for value in found):
        raise sqlite3.DatabaseError("a passage is missing")
    return Passage(*found)


def words_of(passages: Mapping[int, Passage]) -> sqlite3.Connection:
    """A small index of some passages under the same numbers, in memory and without their text."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute(_WORDS)
    rows = ((n, *_words(p.title, p.file, p.heading, p.text)) for n, p in passages.items())
    database.executemany(_PUT_WORDS, rows)
    return database


class Writer:
    """Puts files in and takes them out. Nothing counts before `commit`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._next = 1

    def begin(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        last = self._database.execute("SELECT max(last) FROM files").fetchone()[0]
        self._next = (last or 0) + 1

    def commit(self) -> None:
        self._database.execute("COMMIT")

    def rollback(self) -> None:
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def add(self, path: bytes, name: str, found: Iterable[Passage]) -> Iterator[int]:
        """Put in the passages of a file, and say now and then how many there are."""
        row = (path, name, self._next, self._next - 1)
        file = self._database.execute(
            "INSERT INTO files (path, name, reason, first, last) VALUES (?, ?, '', ?, ?)", row
        ).lastrowid
        passages = iter(found)
        while part := list(islice(passages, _AT_ONCE)):
            numbers = range(self._next, self._next + len(part))
            self._database.executemany(
                "INSERT INTO words(rowid, title, heading, body) VALUES (?, ?, ?, ?)",
                (
                    (n, *_words(p.title, name, p.heading, p.text))
                    for n, p in zip(numbers, part, strict=True)
                ),
            )
            self._database.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?)",
                ((n, file, p.title, p.heading, p.text) for n, p in zip(numbers, part, strict=True)),
            )
            self._next += len(part)
            yield len(part)
        self._database.execute("UPDATE files SET last = ? WHERE id = ?", (self._next - 1, file))

    def note(self, file: File, read_at: int, digest: bytes, reason: str) -> None:
        """Write down in which state a file was read."""
        self._database.execute(
            "UPDATE files SET size = ?, mtime = ?, ctime = ?, inode = ?, read_at = ?, digest = ?,"
            " reason = ? WHERE path = ?",
            (*file.stamp, read_at, digest, reason, file.key),
        )

    def remove(self, file: Known) -> None:
        """Take a file out."""
        rows = self._database.execute(
            "SELECT id, title, heading, text FROM passages WHERE id BETWEEN ? AND ?",
            (file.first, file.last),
        )
        while part := rows.fetchmany(_AT_ONCE):
            # What is taken out of the words must be said word by word as it was put in.
            self._database.executemany(
                "INSERT INTO words(words, rowid, title, heading, body)"
                " VALUES ('delete', ?, ?, ?, ?)",
                ((n, *_words(title, file.name, heading, text)) for n, title, heading, text in part),
            )
        self._database.execute(
            "DELETE FROM passages WHERE id BETWEEN ? AND ?", (file.first, file.last)
        )
        self._database.execute("DELETE FROM files WHERE id = ?", (file.id,))


def _words(title: str, name: str, heading: str, text: str) -> tuple[str, str, str]:
    return title_words(title, name), heading_words(heading), body_words(text)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Generator[None, None, None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
