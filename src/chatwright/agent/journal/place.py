"""Where a journal stands, and that only its owner can read it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ...errors import JournalError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["default_path", "found", "made", "real", "set_aside", "telling", "tightened"]

_OWNER = 0o600


def default_path() -> Path:
    """`CHATWRIGHT_JOURNAL`, else `chatwright/runs.db` where the user's programs keep their state."""
    from pathlib import Path

    own = os.environ.get("CHATWRIGHT_JOURNAL")
    try:
        return (Path(own) if own else Path(_state_folder(), "chatwright", "runs.db")).expanduser()
    except RuntimeError as err:  # there is no home
        raise JournalError(
            f"there is no place for the journal: {err}", "name a file in CHATWRIGHT_JOURNAL"
        ) from err


def real(path: str | os.PathLike[str]) -> str:
    """The absolute path without links: the name under which a file is known here."""
    given = os.fspath(path)
    if not given or given == ":memory:" or "\0" in given:
        raise UsageError(f"{given[:80]!r} is no file for a journal", "give the path of a file")
    try:
        return os.path.realpath(os.path.expanduser(given))
    except (OSError, ValueError) as err:  # a name that this system cannot hold
        raise UsageError(f"{given[:80]!r} is no path: {err}", "give the path of a file") from err


def made(path: str) -> os.stat_result:
    """The file, empty if it was not there, in folders that are the owner's alone if they were not."""
    if not os.path.exists(path):
        with telling(path):
            _make_folders(os.path.dirname(path))
            with suppress(FileExistsError):
                _make_file(path)
    return found(path)


def found(path: str) -> os.stat_result:
    """The file, if it is one that we may read and write."""
    with telling(path):
        seen = os.stat(path)
    if not stat.S_ISREG(seen.st_mode):
        what = "a folder" if stat.S_ISDIR(seen.st_mode) else "no file"
        raise JournalError(f"the journal cannot be opened: {path} is {what}", "name another file")
    effective = os.access in os.supports_effective_ids
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=effective):
        raise JournalError(
            f"the journal {path} cannot be read and written by this user",
            "give it back to yourself (chown, chmod 600), or name another file",
        )
    return seen


def set_aside(path: str) -> None:
    """Before a journal is made: what an earlier one under this name left behind must not become a part of it.

    Its file was deleted or moved while it was in use. What had not been put there yet is kept as `-wal.left`.
    """
    with telling(path):
        with suppress(FileNotFoundError):
            os.replace(f"{path}-wal", f"{path}-wal.left")
        with suppress(FileNotFoundError):
            os.unlink(f"{path}-shm")


def tightened(path: str) -> None:
    """Take a journal, and what SQLite keeps beside it, from the eyes of others."""
    if os.name == "nt" or not stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        return
    for name in (path, f"{path}-wal", f"{path}-shm"):
        with suppress(OSError):  # not ours to change, or not there
            os.chmod(name, _OWNER)


@contextmanager
def telling(path: str) -> Generator[None, None, None]:
    """Say what the system has against `path` in the words of a journal."""
    try:
        yield
    except (OSError, ValueError) as err:
        why = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        raise JournalError(
            f"the journal {path} cannot be opened: {why}",
            "name another file with CHATWRIGHT_JOURNAL, or give this user the right to write there",
        ) from err


def _state_folder() -> str:
    own = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(own):
        return own
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or "~\\AppData\\Local"
    if sys.platform == "darwin":
        return "~/Library/Application Support"
    return "~/.local/state"


def _make_folders(folder: str) -> None:
    above = os.path.dirname(folder)
    if os.path.isdir(folder) or above == folder:
        return
    _make_folders(above)
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)


def _make_file(path: str) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    opened = os.open(path, flags, _OWNER)
    try:
        if hasattr(os, "fchmod"):
            # Whatever the umask says: not more, and not less either.
            os.fchmod(opened, _OWNER)
    finally:
        os.close(opened)
