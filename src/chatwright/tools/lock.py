"""A lock between processes, on a file; when its holder dies, however it dies, the system lets go of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Busy", "Lock"]

_TELL = 0.5  # seconds of waiting, after which it is said
_STUCK = 60.0  # seconds in which the holder showed no sign of work


class Busy(Exception):
    """Another process holds the lock, and does nothing."""


class Lock:
    """One process at a time; the others wait as long as it works."""

    def __init__(self, path: Path, about: str) -> None:
        self._path = path
        self._about = about
        self._held = -1
        self._beat = 0.0

    @contextmanager
    def held(self, on_wait: Callable[[], None]) -> Generator[None, None, None]:
        """Hold the lock. `on_wait` is called when that takes a while."""
        opened = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            self._wait(opened, on_wait)
            self._held = opened
            if os.fstat(opened).st_size == 0:
                os.write(opened, os.fsencode(self._about))
            yield
        finally:
            self._held = -1
            os.close(opened)

    def beat(self) -> None:
        """Show that the work goes on."""
        if self._held >= 0 and time.monotonic() - self._beat > 1:
            self._beat = time.monotonic()
            with suppress(OSError, TypeError, NotImplementedError):
                os.utime(self._held if os.utime in os.supports_fd else self._path)

    def _wait(self, opened: int, on_wait: Callable[[], None]) -> None:
        start = alive = time.monotonic()
        told, seen = False, 0
        while not _taken(opened):
            now = time.monotonic()
            if (beat := os.fstat(opened).st_mtime_ns) != seen:
                seen, alive = beat, now
            if now - alive > _STUCK:
                raise Busy
            if not told and now - start > _TELL:
                told = True
                on_wait()
            time.sleep(0.02 if now - start < 1 else 0.1)


if os.name == "nt":
    import msvcrt

    def _taken(opened: int) -> bool:
        # A byte far behind the end, so that what stands in the file can be read.
        os.lseek(opened, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(opened, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _taken(opened: int) -> bool:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
