"""Keeps the index of a folder: sees what has changed there, has it read, and says where the index stands."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..errors import ChatwrightError
from . import store
from .cache import Place, Private, Shared, cache_folder, is_damage
from .documents import list_documents
from .files import File, Folder
from .found import Progress, Skipped
from .lock import Busy

__all__ = ["Keeper", "State"]

_log = logging.getLogger(__name__)


class State:
    """An index as it stood at one moment. Who reads it holds `lock`."""

    def __init__(
        self, database: sqlite3.Connection, place: Place, skipped: Iterable[Skipped]
    ) -> None:
        self.database = database
        self.lock = place.guard or threading.RLock()
        self.size = store.size(database)
        self.skipped = tuple(sorted(skipped))
        self.closed = False

    def close(self) -> None:
        """Let go of the database."""
        with self.lock:
            self.closed = True
            self.database.close()


class Keeper:
    """The index of one folder: in the user's cache where that is asked for and possible, else of our own."""

    def __init__(
        self,
        folder: Folder,
        *,
        cached: bool,
        cache: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = folder
        self._on_progress = on_progress
        self._on_notice = on_notice
        self._place = self._shared(cache) if cached else Private()

    def current(self, now: State | None = None) -> State:
        """The index as the folder is at this moment: `now` itself where nothing has changed since."""
        folder = Folder.at(self._folder.path)
        files, refused = list_documents(folder, self._counted)
        if now and not now.closed:
            with now.lock:
                if _holds(now.database, files):
                    now.skipped = tuple(sorted(refused + store.skipped(now.database)))
                    return now
        mend = True
        while True:
            try:
                return self._brought_up_to_date(folder, files, refused)
            except Busy:
                self._place = self._private("another process keeps the index of this folder busy")
            except (OSError, sqlite3.Error) as err:
                self.recover(err, mend=mend)
                mend = False  # what breaks again and again is not the file's fault

    def _brought_up_to_date(
        self, folder: Folder, files: Sequence[File], refused: list[Skipped]
    ) -> State:
        place = self._place
        database = place.snapshot()
        if database and not _holds(database, files):
            self._release(database)
            database = None
        if not database:
            from .reading import Reader
            from .update import update

            with place.writing() as written, Reader(folder) as reader:
                update(written, files, reader, self._progressed)
                database = place.finish(written)
        return State(database, place, refused + store.skipped(database))

    def _release(self, database: sqlite3.Connection) -> None:
        if isinstance(self._place, Shared):
            database.close()

    def recover(self, err: OSError | sqlite3.Error, *, mend: bool = True) -> None:
        """Go on with another file where this one is damaged, and without a file where there can be none."""
        place = self._place
        damaged = isinstance(err, sqlite3.Error) and is_damage(err)
        if mend and damaged and isinstance(place, Shared):
            _log.info("the index of %s is made anew: %s", self._folder.path, err)
            place.discard()
            return
        if isinstance(place, Private) and place.where == ":memory:":
            raise ChatwrightError(f"the documents cannot be indexed: {err}") from err
        if isinstance(place, Private):
            self._place = Private()
            return
        why = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        self._place = self._private(f"the cache cannot be used ({why})")

    def _shared(self, cache: Path | None) -> Place:
        try:
            where = (cache or cache_folder()).expanduser().resolve()
        except (OSError, RuntimeError) as err:
            return self._private(f"there is no folder for the cache ({err})")
        root = self._folder.path
        if where.is_relative_to(root):
            below = where.relative_to(root).parts
            if not any(part.startswith(".") for part in below):
                return self._private("the cache lies inside the folder that is read")
        return Shared(root, where, self._waits)

    def _private(self, why: str) -> Place:
        self._tell(f"the index is kept for this time only: {why}", logging.WARNING)
        try:
            return Private("")
        except sqlite3.Error:
            return Private()

    def _waits(self) -> None:
        self._tell("another process is reading these documents: waiting for it", logging.INFO)

    def _tell(self, notice: str, level: int) -> None:
        if self._on_notice:
            self._on_notice(notice)
        else:
            _log.log(level, "%s: %s", self._folder.path, notice)

    def _counted(self, files: int) -> None:
        if self._on_progress:
            self._on_progress(Progress(0, files))

    def _progressed(self, progress: Progress) -> None:
        self._place.beat()
        if self._on_progress:
            self._on_progress(progress)


def _holds(database: sqlite3.Connection, files: Sequence[File]) -> bool:
    """Does the index hold exactly these files, as they are now?"""
    known = store.known(database)
    return len(known) == len(files) and not store.changed(files, known)
