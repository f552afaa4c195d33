"""An index brought up to date: what is new or changed is read, what is gone is taken out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence

from . import store
from .documents import weight
from .files import File
from .found import Progress, Unreadable
from .reading import Reader
from .store import Known, Writer, changed

__all__ = ["update"]

# What a kill costs at most, but for a single large file: of work, and on a busy machine of time.
_COMMIT_WORK = 1.0
_COMMIT_TIME = 5.0
_TICK = 0.1


def update(
    database: sqlite3.Connection,
    files: Sequence[File],
    reader: Reader,
    on_progress: Callable[[Progress], None],
) -> None:
    """Make the index hold exactly these files, as they are now. What is done is kept if it is interrupted."""
    known = store.known(database)
    keys = {file.key for file in files}
    todo = changed(files, known)
    work = _Work(Writer(database), reader, _Meter(on_progress, todo))
    work.writer.begin()
    try:
        for key, file in known.items():
            if key not in keys:
                work.writer.remove(file)
        for file in todo:
            work.read(file, known.get(file.key))
        work.writer.commit()
    except BaseException:
        work.writer.rollback()
        raise


class _Meter:
    """Tells now and then how far the work is."""

    def __init__(self, on_progress: Callable[[Progress], None], todo: Sequence[File]) -> None:
        self._on_progress = on_progress
        self._of = len(todo), sum(map(weight, todo))
        self._files = self._bytes = 0
        self._last = time.monotonic()

    def tick(self, part: float) -> None:
        if time.monotonic() - self._last > _TICK:
            self._last = time.monotonic()
            read = min(self._bytes + int(part), self._of[1])
            self._on_progress(Progress(self._files, self._of[0], read, self._of[1]))

    def done(self, file: File) -> None:
        self._files += 1
        self._bytes += weight(file)
        self.tick(0)


class _Work:
    """Reads one file after the other into the index, and commits from time to time."""

    def __init__(self, writer: Writer, reader: Reader, meter: _Meter) -> None:
        self.writer = writer
        self._reader = reader
        self._meter = meter
        self._committed = time.thread_time(), time.monotonic()

    def read(self, file: File, known: Known | None) -> None:
        if file.stamp.size > 1_000_000:
            self._commit()  # a large file stands in a transaction of its own
        read_at = time.time_ns()
        digest, reason = b"", ""
        try:
            with self._reader.open(file) as opened:
                digest = opened.digest
                if not (known and known.digest == digest and known.name == file.name):
                    self._replace(file, known)
                    for _ in self.writer.add(file.key, file.name, opened.passages()):
                        self._meter.tick(opened.position)
                    reason = opened.reason
                    # What was read may be partly old and partly new: it is to be read again.
                    digest = b"" if opened.changed else digest
                elif known:
                    reason = known.reason
        except Unreadable as err:
            self._replace(file, known)
            for _ in self.writer.add(file.key, file.name, ()):
                pass
            reason = str(err)
        self.writer.note(file, read_at, digest, reason)
        self._meter.done(file)
        worked, since = self._committed
        if time.thread_time() - worked > _COMMIT_WORK or time.monotonic() - since > _COMMIT_TIME:
            self._commit()

    def _replace(self, file: File, known: Known | None) -> None:
        if known:
            self.writer.remove(known)

    def _commit(self) -> None:
        self.writer.commit()
        self.writer.begin()
        self._committed = time.thread_time(), time.monotonic()
