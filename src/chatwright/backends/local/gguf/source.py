"""A file on disk that is read piece by piece, and never waited for.

It is read and not mapped into memory: a mapped file that somebody cuts short meanwhile ends the process.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chatwright.backends.closing import Closing
from chatwright.errors import BackendError

__all__ = ["Source"]

_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe, and a model must be a file that can be read twice"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)
_LISTED = 5


class Source(Closing):
    """An open file. What is asked for is there, or the error says why not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        try:
            _check_kind(
                path, path.stat().st_mode
            )  # before it is opened: opening a pipe waits for its other end
            self._file = open(_descriptor(path), "rb", buffering=0)  # noqa: SIM115
            status = os.fstat(self._file.fileno())
            _check_kind(path, status.st_mode)
        except FileNotFoundError:
            raise _absent(path) from None
        except (OSError, ValueError) as err:  # ValueError: a zero character in the path
            reason = getattr(err, "strerror", None) or err
            raise BackendError(f"{path} cannot be read: {reason}", "check the path") from err
        self.size = status.st_size
        self._stamp = status.st_mtime_ns

    def read(self, at: int, count: int) -> bytes:
        """Exactly these bytes of the file."""
        found: list[bytes] = []
        try:
            self._file.seek(at)
            while count > 0 and (piece := self._file.read(count)):
                found.append(piece)
                count -= len(piece)
        except OSError as err:
            raise BackendError(
                f"{self.path} cannot be read: {err.strerror or err}", "check the disk that it is on"
            ) from err
        if count > 0:
            raise self._changed()
        return b"".join(found)

    def check_unchanged(self) -> None:
        """Raise if somebody has written to the file since it was opened."""
        now = os.fstat(self._file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self._stamp):
            raise self._changed()

    def close(self) -> None:
        self._file.close()

    def _changed(self) -> BackendError:
        return BackendError(
            f"{self.name} was changed while it was read",
            "wait until it is downloaded or copied whole, then try again",
        )


def _descriptor(path: Path) -> int:
    flags = ("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY", "O_NOINHERIT")
    wanted = 0
    for flag in flags:
        wanted |= getattr(os, flag, 0)
    return os.open(path, wanted)


def _check_kind(path: Path, mode: int) -> None:
    for is_kind, said in _KINDS:
        if is_kind(mode):
            raise BackendError(f"{path} cannot be read: {said}", _inside(path, mode))


def _inside(path: Path, mode: int) -> str:
    found = _models(path) if stat.S_ISDIR(mode) else []
    return f"name a file in it: {', '.join(found)}" if found else "give the path of a .gguf file"


def _absent(path: Path) -> BackendError:
    if path.is_symlink():
        return BackendError(
            f"{path} is a link to {path.readlink()}, and there is no such file", "check the link"
        )
    found = _models(path.parent)
    hint = f"in that folder are: {', '.join(found)}" if found else "check the path"
    return BackendError(f"there is no file {path}", hint)


def _models(folder: Path) -> list[str]:
    try:
        found = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".gguf"))
    except OSError:
        return []
    return found[:_LISTED] + (["..."] if len(found) > _LISTED else [])
