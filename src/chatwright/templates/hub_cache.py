"""Small files in the cache that all programs of the Hub share: read whole or not at all, written so that a kill harms nothing.

models--org--name/refs/main                     the commit that a branch or tag meant when it was last asked for
models--org--name/blobs/<etag>                  a file's bytes
models--org--name/snapshots/<commit>/<path>     links to them
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._hub import is_commit

__all__ = ["Cache", "Listed"]

log = logging.getLogger("chatwright")

_ETAG = re.compile(r"[\w+-][\w.+-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the Hub says of a file; the `hashes` are git's or SHA-256."""

    size: int | None = None
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cache:
    """The files of one repository that are on this disk."""

    root: Path
    repo: str

    def commit(self, revision: str) -> str:
        """The commit that a revision meant when the Hub was last asked, or an empty string."""
        try:
            told = (self._folder / "refs" / revision).read_text("utf-8").strip()
        except (OSError, ValueError):
            told = revision  # a commit needs no note
        return told if is_commit(told) else ""

    def snapshot(self, commit: str) -> Path:
        """The folder of a commit's files."""
        return self._folder / "snapshots" / commit

    def read(self, commit: str, path: str, most: int, listed: Listed | None = None) -> bytes | None:
        """A file's bytes; `None` if it is not here, is too large, or is not what the Hub lists."""
        file = self.snapshot(commit) / path
        try:
            with file.open("rb") as stream:
                data = stream.read(most + 1)
        except OSError:
            return None  # also a link to a blob that never came
        if len(data) > most:
            return None
        return data if listed is None or _as_listed(data, listed) else None

    def names(self, commit: str, folder: str) -> Iterable[str]:
        """The templates in a folder of a commit."""
        place = self.snapshot(commit) / folder
        return [f"{folder}/{file.name}" for file in sorted(place.glob("*.jinja")) if file.is_file()]

    def put(self, commit: str, path: str, data: bytes, etag: str) -> None:
        """Keep a file. A cache that cannot be written to is no reason to fail: the bytes are here."""
        blob = self._folder / "blobs" / (etag if _ETAG.fullmatch(etag) else _git_hash(data))
        link = self.snapshot(commit) / path
        try:
            for folder in (blob.parent, link.parent):
                folder.mkdir(parents=True, exist_ok=True)
            _written(blob, data)
            _linked(link, blob, data)
        except OSError as err:
            log.warning("the cache %s cannot be written: %s", self.root, err.strerror)

    def note(self, revision: str, commit: str) -> None:
        """Remember what a revision means now."""
        if revision == commit:
            return
        ref = self._folder / "refs" / revision
        try:
            ref.parent.mkdir(parents=True, exist_ok=True)
            _written(ref, commit.encode())
        except OSError as err:
            log.warning("the cache %s cannot be written: %s", self.root, err.strerror)

    @property
    def _folder(self) -> Path:
        return self.root / f"models--{self.repo.replace('/', '--')}"


def _as_listed(data: bytes, listed: Listed) -> bool:
    if listed.size is not None and len(data) != listed.size:
        return False
    return not listed.hashes or bool(
        {_git_hash(data), hashlib.sha256(data).hexdigest()} & set(listed.hashes)
    )


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _written(path: Path, data: bytes) -> None:
    """The whole file or none of it, whenever this process ends."""
    draft = path.with_name(f"{path.name[:60]}.{uuid.uuid4().hex[:8]}.incomplete")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _linked(link: Path, blob: Path, data: bytes) -> None:
    """Let the commit's file be this blob, or a copy of it where the system has no links or its user wants none."""
    draft = link.with_name(f".{uuid.uuid4().hex}")
    unwanted = os.environ.get("HF_HUB_DISABLE_SYMLINKS", "").upper() in ("1", "ON", "YES", "TRUE")
    try:
        if unwanted:
            raise OSError("links are unwanted")
        draft.symlink_to(os.path.relpath(blob, link.parent))
        draft.replace(link)
    except (OSError, NotImplementedError):
        draft.unlink(missing_ok=True)
        _written(link, data)
