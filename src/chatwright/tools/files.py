"""The files of a folder: which there are, which of them may be documents, and one of them opened safely.

A link is followed only to a file inside the folder, and a file is opened step by step from the folder
down without following any link, so that nothing that changes in the meantime leads outside.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import UsageError
from .clean import cleaned, shown
from .found import Skipped, Unreadable

__all__ = ["File", "Folder", "Stamp", "listed"]

_HINT = "give a folder of documents: .md, .txt, .html, .pdf and the like"
_NAMED = 5_000  # refused files that are named one by one; the rest are counted
_MOST = 500_000  # files that are looked at

_SAFE = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and os.scandir in os.supports_fd
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that takes the place of a file must not block us
    | getattr(os, "O_NOFOLLOW", 0)
)


class Stamp(NamedTuple):
    """What the disk says of a file; while it stays the same, so does the file."""

    size: int
    mtime: int
    ctime: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """The stamp in what `os.stat` says."""
        inode = found.st_ino & (2**63 - 1)  # Windows has longer ones than SQLite
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, inode)


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be a document: its name for people, its way down from the folder, its stamp."""

    name: str
    parts: tuple[str, ...]
    target: tuple[str, ...]  # the same, or where a link leads to
    stamp: Stamp

    ending: str  # `.md`; nothing for a name without an ending

    @property
    def key(self) -> bytes:
        """The way down as the disk has it."""
        return os.fsencode("/".join(self.parts))


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is read, or a single file."""

    path: Path

    @classmethod
    def at(cls, path: str | Path) -> Folder:
        """The folder or file at that path; `UsageError` when there is none."""
        try:
            found = Path(path).expanduser().resolve(strict=True)
            mode = found.stat().st_mode
        except (OSError, ValueError, RuntimeError) as err:
            raise UsageError(f"there is no folder {str(path)[:200]!r}", _HINT) from err
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise UsageError(f"{str(path)[:200]!r} is not a folder", _HINT)
        return cls(found)

    def open(self, file: File) -> BinaryIO:
        """The file, opened for reading; `Unreadable` when it is no plain file inside the folder."""
        try:
            opened = self._open(file.target)
        except OSError as err:
            raise Unreadable(f"cannot be read: {err.strerror or 'error'}") from err
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Unreadable("not a file")
            return os.fdopen(opened, "rb", buffering=0)
        except BaseException:
            os.close(opened)
            raise

    def _open(self, parts: tuple[str, ...]) -> int:
        if self.path.is_file():
            return os.open(self.path, _FLAGS)
        if not _SAFE:
            path = os.path.realpath(self.path.joinpath(*parts))
            if not Path(path).is_relative_to(self.path):
                raise Unreadable("a link to outside the folder")
            return os.open(path, _FLAGS)
        folder = _down(self.path, parts[:-1])
        try:
            return os.open(parts[-1], _FLAGS, dir_fd=folder)
        finally:
            os.close(folder)


def _down(path: Path, parts: tuple[str, ...]) -> int:
    """The folder that lies below `path`, opened without following a link on the way."""
    here = os.open(path, _FLAGS | os.O_DIRECTORY)
    for part in parts:
        try:
            below = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def ending_of(name: str) -> str:
    """The ending of a file's name in small letters, where it is one: "Mr. Smith" has none."""
    stem, _, last = name.rpartition(".")
    odd = not stem or " " in last or len(last) > 11 or last.isdigit()
    return "" if odd else f".{last.lower()}"


def listed(
    folder: Folder,
    endings: frozenset[str],
    on_count: Callable[[int], None] = lambda _: None,
) -> tuple[list[File], list[Skipped]]:
    """The files that may be documents, in the order of their names, and what else there is.

    Hidden files are left alone. `on_count` hears how many files were found so far.
    """
    if folder.path.is_file():
        name = folder.path.name
        stamp = Stamp.of(folder.path.stat())
        return [File(shown(name), (name,), (name,), stamp, ending_of(name))], []
    walk = _Walk(folder, endings)
    for _ in walk.run():
        on_count(len(walk.files))
    files = sorted(walk.files + walk.linked(), key=lambda file: file.parts)
    return files, walk.refused()


class _Walk:
    """One look through the whole folder."""

    def __init__(self, folder: Folder, endings: frozenset[str]) -> None:
        self.files: list[File] = []
        self._root = folder.path
        self._endings = endings
        self._links: list[tuple[str, ...]] = []
        self._refused: list[Skipped] = []
        self._more: Counter[str] = Counter()

    def run(self) -> Iterator[None]:
        """Look into one folder after the other."""
        folders: list[tuple[str, ...]] = [()]
        while folders:
            parts = folders.pop()
            try:
                self._look(parts, folders)
            except OSError as err:
                self._refuse(parts, f"cannot be read: {err.strerror or 'error'}")
            yield

    def _look(self, parts: tuple[str, ...], folders: list[tuple[str, ...]]) -> None:
        if not _SAFE:
            with os.scandir(self._root.joinpath(*parts)) as entries:
                self._sort(entries, parts, folders)
            return
        opened = _down(self._root, parts)
        try:
            with os.scandir(opened) as entries:
                self._sort(entries, parts, folders)
        finally:
            os.close(opened)

    def _sort(
        self,
        entries: Iterator[os.DirEntry[str]],
        above: tuple[str, ...],
        folders: list[tuple[str, ...]],
    ) -> None:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            parts = (*above, entry.name)
            try:
                if entry.is_symlink():
                    self._links.append(parts)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(parts)
                else:
                    self._file(entry, parts)
            except FileNotFoundError:
                continue  # it went away while we looked
            except OSError as err:
                self._refuse(parts, f"cannot be read: {err.strerror or 'error'}")

    def _file(self, entry: os.DirEntry[str], parts: tuple[str, ...]) -> None:
        ending = ending_of(entry.name)
        if reason := self._refusal(ending, entry.is_file(follow_symlinks=False)):
            self._refuse(parts, reason)
        else:
            stamp = Stamp.of(entry.stat(follow_symlinks=False))
            self.files.append(File(_named(parts), parts, parts, stamp, ending))

    def _refusal(self, ending: str, is_file: bool) -> str:
        """Why this entry of a folder is no document, or nothing."""
        if ending not in self._endings:
            return cleaned(f"a {ending} file")
        if len(self.files) >= _MOST:
            return f"more than {_MOST:,} files"
        return "" if is_file else "not a file"  # a pipe, a socket

    def linked(self) -> list[File]:
        """The links to files of the folder that are not read under their own name."""
        known = {file.target for file in self.files}
        found: list[File] = []
        for parts in sorted(self._links):
            try:
                target, stamp = self._target(parts)
            except Unreadable as err:
                self._refuse(parts, str(err))
                continue
            if target not in known:
                known.add(target)
                ending = ending_of(target[-1])
                ending = ending if ending in self._endings else ending_of(parts[-1])
                found.append(File(_named(parts), parts, target, stamp, ending))
        return found

    def _target(self, parts: tuple[str, ...]) -> tuple[tuple[str, ...], Stamp]:
        link = self._root.joinpath(*parts)
        try:
            target = link.resolve(strict=True)
            at = target.stat()
        except (OSError, RuntimeError) as err:
            raise Unreadable(
                self._refusal(ending_of(parts[-1]), False)
            ) from err  # it leads to nothing
        if stat.S_ISDIR(at.st_mode):
            raise Unreadable("a link to a folder")
        if reason := self._refusal(ending_of(parts[-1]), stat.S_ISREG(at.st_mode)):
            raise Unreadable(reason)
        if not target.is_relative_to(self._root):
            raise Unreadable("a link to outside the folder")
        return target.relative_to(self._root).parts, Stamp.of(at)

    def _refuse(self, parts: tuple[str, ...], reason: str) -> None:
        if len(self._refused) < _NAMED:
            self._refused.append(Skipped(_named(parts), reason))
        else:
            self._more[reason] += 1

    def refused(self) -> list[Skipped]:
        """What is not read, each with the reason; where there is very much of it, the rest as numbers."""
        rest = [Skipped(f"{count:,} more", reason) for reason, count in sorted(self._more.items())]
        return [*sorted(self._refused), *rest]


def _named(parts: tuple[str, ...]) -> str:
    return shown("/".join(parts)) if parts else "."
