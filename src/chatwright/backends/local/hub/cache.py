"""The folder that all programs of the Hub share: what one has downloaded, all have.

    models--org--name/
        blobs/<etag>                    a file's bytes, under the hash of them
        blobs/<etag>.incomplete         as far as a download has come
        refs/main                       the commit that a branch or tag meant when it was last asked for
        snapshots/<commit>/<path>       links to the blobs

`huggingface_hub` writes the same and reads what stands here.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chatwright._hub import is_commit
from chatwright.errors import BackendError

from .choice import RemoteFile
from .name import HubName

__all__ = ["Cache", "is_etag"]

_PATIENCE = 120  # seconds that a lock may be held by someone who brings nothing


def is_etag(text: object) -> bool:
    """Is this fit to name a blob?"""
    return (
        isinstance(text, str) and re.fullmatch(r"[\w+-][\w.+-]{0,127}", text, re.ASCII) is not None
    )


@dataclass(frozen=True, slots=True)
class Cache:
    """The files of one repository that are on this disk."""

    root: Path
    repo: str

    @property
    def folder(self) -> Path:
        return self.root / f"models--{self.repo.replace('/', '--')}"

    def commit(self, name: HubName) -> str:
        """The commit that a revision meant when the Hub was last asked; empty where it never was."""
        if name.pinned:
            return name.revision
        with suppress(OSError, ValueError):
            commit = (self.folder / "refs" / name.revision).read_text("utf-8").strip()
            return commit if is_commit(commit) else ""
        return ""

    def path(self, commit: str, file: str) -> Path:
        return self.folder / "snapshots" / commit / file

    def blob(self, etag: str) -> Path:
        return self.folder / "blobs" / etag

    def partial(self, etag: str) -> Path:
        return self.folder / "blobs" / f"{etag}.incomplete"

    def come(self, etag: str) -> int:
        """How many bytes of a blob are here, whole or not."""
        return _size(self.blob(etag)) or _size(self.partial(etag))

    def repos(self) -> list[str]:
        """The repositories that have something in the cache."""
        with suppress(OSError):
            folders = (path.name.split("--") for path in self.root.glob("models--*--*"))
            return sorted("/".join(parts[1:]) for parts in folders if len(parts) == 3)
        return []

    def has(self, commit: str, file: RemoteFile) -> bool:
        """Is the file here, and as long as the Hub says it is?"""
        try:
            size = self.path(commit, file.path).stat().st_size
        except OSError:
            return False
        return file.size in (None, size)

    def files(self, commit: str) -> list[RemoteFile]:
        """The GGUF files of a commit that are here."""
        snapshot = self.folder / "snapshots" / commit
        found = snapshot.rglob("*") if commit else iter(())
        return [
            RemoteFile(path.relative_to(snapshot).as_posix(), path.stat().st_size)
            for path in sorted(found)
            if path.suffix.lower() == ".gguf" and path.is_file()
        ]

    def note_commit(self, name: HubName, commit: str) -> None:
        """Remember what a revision means now; a cache that cannot be written to is read all the same."""
        if name.revision == commit or self.commit(name) == commit:
            return
        ref = self.folder / "refs" / name.revision
        with suppress(OSError):
            ref.parent.mkdir(parents=True, exist_ok=True)
            draft = ref.with_name(f"{ref.name}.{uuid.uuid4().hex[:8]}.tmp")
            draft.write_text(commit, "utf-8")
            draft.replace(ref)

    def link(self, commit: str, file: str, etag: str) -> Path:
        """Let the commit's file be this blob."""
        path, blob = self.path(commit, file), self.blob(etag)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid.uuid4().hex}")
        if not _linked(draft, blob):
            shutil.move(blob, draft)
        draft.replace(path)
        return path

    def discard(self, commit: str, file: str) -> None:
        """Remove a file that is not what it should be, its bytes too."""
        path = self.path(commit, file)
        with suppress(OSError):
            if path.is_symlink():  # one step only: behind the blob may be a store that others use
                (path.parent / path.readlink()).unlink(missing_ok=True)
            path.unlink()

    @contextmanager
    def writing(self) -> Generator[None]:
        """Make the folders that a download writes to, and say it in a sentence where the disk does not take it."""
        try:
            for folder in (self.folder / "blobs", self._locks):
                folder.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as err:
            raise BackendError(
                f"the cache {self.root} cannot be written: {err.strerror or type(err).__name__}",
                "set HF_HUB_CACHE to a folder with room that you may write to",
            ) from err

    @contextmanager
    def lock(self, etag: str, waiting: Callable[[], None]) -> Generator[None]:
        """Keep others from downloading the same; `waiting` is called once where another one is at it."""
        from filelock import Timeout
        from huggingface_hub.utils import WeakFileLock

        file = self._locks / f"{etag}.lock"
        idle, size = 0, -1
        while True:
            holder = WeakFileLock(file, timeout=1)
            try:
                holder.__enter__()
                break
            except Timeout:
                if size == -1:
                    waiting()
                now = _size(self.partial(etag))
                idle, size = (idle + 1 if now == size else 0), now
                if idle > _PATIENCE:
                    raise _stuck(file) from None
        try:
            yield
        finally:
            holder.__exit__(None, None, None)

    @property
    def _locks(self) -> Path:
        return self.root / ".locks" / self.folder.name


def _linked(link: Path, blob: Path) -> bool:
    """Make a link, unless the system has none or its user wants none."""
    if os.environ.get("HF_HUB_DISABLE_SYMLINKS", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    try:
        link.symlink_to(os.path.relpath(blob, link.parent))
    except (OSError, NotImplementedError):
        return False
    return True


def _stuck(file: Path) -> BackendError:
    return BackendError(
        f"another process has held {file} for {_PATIENCE} seconds and brings nothing",
        "end that process, or delete the file if there is none",
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
