"""Where an index stands: in a file of the user's cache that several processes share, or in one of our own.

The file of a folder is named by the folder's path. It is never repaired and never replaced under its name:
a damaged or outdated one gets a successor with a later number, so that whoever has it open is not disturbed.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Protocol

from . import store
from .lock import Lock

__all__ = ["Place", "Private", "Shared", "cache_folder", "is_damage"]

_WAIT = 20.0  # seconds for what another process does to the same file in passing
_PAGES = -32_000  # kilobytes of pages in memory
_LOG_PAGES = 16_000  # of 4 kB that are written before they are put where they belong
_UNUSED = 90 * 86_400  # seconds, after which an index is removed
_GONE = 7 * 86_400  # the same for a folder that is not there, or not now


class Place(Protocol):
    """An index that is read and written."""

    # What readers and writers hold in turns, where they would see each other's work otherwise.
    guard: AbstractContextManager[object] | None

    def snapshot(self) -> sqlite3.Connection | None:
        """The index as it stands now, whatever is written later; None if it must be made anew."""
        ...

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """The index to be changed, by nobody else at the same time."""
        ...

    def finish(self, database: sqlite3.Connection) -> sqlite3.Connection:
        """A snapshot of what was just written, taken before anybody else writes."""
        ...

    def beat(self) -> None:
        """Show the others that the work goes on."""
        ...


class Private:
    """An index of this process alone: in memory, or with "" in a temporary file that SQLite takes care of."""

    def __init__(self, where: str = ":memory:") -> None:
        self.guard: AbstractContextManager[object] | None = threading.RLock()
        self.where = where
        self._database = _connect(where)
        store.create(self._database)

    def snapshot(self) -> sqlite3.Connection:
        return self._database

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        with self.guard or nullcontext():
            yield self._database

    def finish(self, database: sqlite3.Connection) -> sqlite3.Connection:
        return database

    def beat(self) -> None:
        pass


class Shared:
    """The index of a folder in the user's cache."""

    def __init__(self, root: Path, cache: Path, on_wait: Callable[[], None]) -> None:
        self.guard: AbstractContextManager[object] | None = None
        self._folder = cache / "indexes"
        self._name = hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest()
        self._lock = Lock(self._folder / f"{self._name}.lock", str(root))
        self._on_wait = on_wait
        self._bad: Path | None = None

    def snapshot(self) -> sqlite3.Connection | None:
        path = self._newest()
        return self._opened(path) if path and path != self._bad else None

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        self._folder.parent.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        with self._lock.held(self._on_wait):
            database = self.snapshot() or self._successor()
            try:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                database.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
                yield database
            finally:
                database.close()

    def finish(self, database: sqlite3.Connection) -> sqlite3.Connection:
        # Who reads in the meantime keeps this from being done whole, and then it is done later.
        database.execute("PRAGMA busy_timeout = 0")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if (snapshot := self.snapshot()) is None:
            raise sqlite3.DatabaseError("it is damaged")
        return snapshot

    def beat(self) -> None:
        self._lock.beat()

    def discard(self) -> None:
        """The newest file turned out to be damaged: the next one to write makes another."""
        self._bad = self._newest()

    def _opened(self, path: Path) -> sqlite3.Connection | None:
        database = _connect(path)
        try:
            database.execute("BEGIN")
            if store.is_current(database) and _is_whole(database, path):
                with suppress(OSError):
                    os.utime(path)  # it is in use: see _clear
                return database
        except sqlite3.Error as err:
            database.close()
            # Perhaps it is only being made: who holds the lock will know.
            if not is_damage(err):
                raise
        database.close()
        return None

    def _files(self) -> list[Path]:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        own = re.compile(rf"{self._name}-[0-9a-f]{{16}}\.sqlite")
        return sorted(self._folder / name for name in names if own.fullmatch(name))

    def _newest(self) -> Path | None:
        return max(self._files(), default=None)

    def _successor(self) -> sqlite3.Connection:
        """A new file with empty tables. Only who holds the lock may call this."""
        old = self._files()
        number = max([time.time_ns(), *(int(p.stem.rpartition("-")[2], 16) + 1 for p in old)])
        path = self._folder / f"{self._name}-{number:016x}.sqlite"
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        database = _connect(path)
        try:
            if database.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise sqlite3.OperationalError("this disk does not allow it to be shared")
            store.create(database)
        except BaseException:
            database.close()
            _remove(path)
            raise
        for path in old:
            _remove(path)
        _clear(self._folder)
        return database


def cache_folder() -> Path:
    """The folder for what can be made again: `CHATWRIGHT_CACHE`, or the user's cache."""
    if own := os.environ.get("CHATWRIGHT_CACHE"):
        return Path(own).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~\\AppData\\Local"
        return Path(base).expanduser() / "chatwright" / "Cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/chatwright").expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else "~/.cache").expanduser() / "chatwright"


def is_damage(err: sqlite3.Error) -> bool:
    """Is the file damaged, so that another one would help?"""
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    return code in (
        0,  # found by us, or by what turns bytes into text
        sqlite3.SQLITE_ERROR,  # there are no such tables in it
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR,  # it is shorter than it says, most often
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_CONSTRAINT,  # its tables contradict each other
    )


def _connect(where: str | Path) -> sqlite3.Connection:
    # One connection for all threads: whoever uses it keeps them apart with a lock.
    database = sqlite3.connect(where, _WAIT, isolation_level=None, check_same_thread=False)
    database.execute(f"PRAGMA cache_size = {_PAGES}")
    database.execute("PRAGMA synchronous = NORMAL")  # enough for a cache
    return database


def _is_whole(database: sqlite3.Connection, path: Path) -> bool:
    """Is the file as long as it says? SQLite itself would find out page by page, and not always."""
    pages: int = database.execute("PRAGMA page_count").fetchone()[0]
    page: int = database.execute("PRAGMA page_size").fetchone()[0]
    with suppress(FileNotFoundError):
        if os.path.getsize(f"{path}-wal"):
            return True  # some of it stands there
    return os.path.getsize(path) >= pages * page


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):  # Windows keeps what is open; a later one removes it
            os.unlink(f"{path}{end}")


def _clear(folder: Path) -> None:
    """Remove the indexes that nobody has used for a long time, and sooner those of folders that are gone."""
    for lock in folder.glob("*.lock"):
        with suppress(OSError):
            files = list(folder.glob(f"{lock.stem}-*.sqlite"))
            unused = time.time() - max(path.stat().st_mtime for path in (lock, *files))
            gone = not os.path.exists(os.fsdecode(lock.read_bytes()[:4096]))
            if unused > (_GONE if gone else _UNUSED):
                for path in files:
                    _remove(path)
                lock.unlink()
