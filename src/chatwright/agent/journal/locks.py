"""Who writes which run: one byte of one file for each run, and the system lets go of it when its holder dies.

On POSIX a process loses all its locks of a file when it closes any of its descriptors. So a process has each
file open once only; `opened` counts who uses it.
"""

from __future__ import annotations

import errno
import os
import threading
import time

from ...errors import JournalError
from .place import telling

__all__ = ["LockFile", "abandon", "closed", "opened"]

_files: dict[str, LockFile] = {}


class LockFile:
    """The locks of one journal. Byte 0 is for making it, byte n for writing the run number n."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.users = 1
        self._holders: dict[int, object] = {}
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        with telling(path):
            self._file = os.open(path, flags, 0o600)
            if hasattr(os, "fchmod") and os.fstat(self._file).st_mode & 0o777 != 0o600:
                os.fchmod(self._file, 0o600)

    def take(self, number: int, holder: object) -> bool:
        """Lock that run for `holder`; false if somebody else has it, here or in another process."""
        # Entered first, so that an interrupt after the lock leaves it to be found by `drop`.
        if self._holders.setdefault(number, holder) is not holder:
            return False
        try:
            taken = _lock(self._file, number)
        except OSError as err:
            del self._holders[number]
            raise JournalError(
                f"this disk does not lock {self.path}: {err.strerror}",
                "keep the journal on a local disk",
            ) from err
        if not taken:
            del self._holders[number]
        return taken

    def wait(self, number: int, holder: object, seconds: float) -> bool:
        """`take`, with patience."""
        end = time.monotonic() + seconds
        while not self.take(number, holder):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def drop(self, number: int, holder: object) -> None:
        """Let go of what `holder` has; nothing else is touched."""
        if self._holders.get(number) is holder:
            if self._file >= 0:
                _unlock(self._file, number)
            self._holders.pop(number, None)

    def is_there(self) -> bool:
        """Is the file under this name still the one that we have open?"""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self._file))
        except OSError:
            return False

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def opened(path: str) -> LockFile:
    """The one `LockFile` of this process for that path. The caller keeps threads apart."""
    if (known := _files.get(path)) and known.is_there():
        known.users += 1
        return known
    _files[path] = new = LockFile(path)
    return new


def closed(file: LockFile) -> None:
    """Give back what `opened` gave."""
    file.users -= 1
    if not file.users:
        if _files.get(file.path) is file:
            del _files[file.path]
        file.close()


def abandon() -> None:
    """In a forked child: what the parent has locked is not ours. Closing the files here leaves its locks alone."""
    for file in _files.values():
        file.close()
    _files.clear()


if os.name == "nt":
    import msvcrt

    _moving = threading.Lock()

    def _lock(file: int, number: int) -> bool:
        with _moving:
            os.lseek(file, number, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            except OSError as err:
                if err.errno in (errno.EACCES, errno.EDEADLK):
                    return False
                raise
            return True

    def _unlock(file: int, number: int) -> None:
        with _moving:
            os.lseek(file, number, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int, number: int) -> bool:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError as err:
            if err.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def _unlock(file: int, number: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, number)
