"""A folder of text and Markdown, read file by file; what cannot be read is named with the reason."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError

__all__ = ["Document", "Skipped", "read_documents"]

_ENDINGS = {".md", ".markdown", ".txt", ".rst", ""}
_MAX_FILE = 5_000_000
_MAX_ALL = 200_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: its name inside the folder, with forward slashes, and its text."""

    file: str
    text: str


class Skipped(NamedTuple):
    """A file or folder that was not read, and why."""

    file: str
    reason: str


def read_documents(folder: str | Path) -> Iterator[Document | Skipped]:
    """Every document under the folder, in the order of their names, or a single file by itself.

    Hidden files are left alone; whatever else is not read comes as `Skipped`. A link is followed
    only to a file that lies inside the folder too.
    """
    root = _existing(folder)
    if root.is_file():
        yield _read(root, _shown(root.name))
        return
    total = 0
    for found in _walk(root):
        if isinstance(found, Skipped):
            yield found
            continue
        name = _name(found, root)
        full = Skipped(name, "more than 200 MB in all")
        document = _read(found.resolve(), name) if total < _MAX_ALL else full
        total += len(document.text) if isinstance(document, Document) else 0
        yield document


def _existing(folder: str | Path) -> Path:
    try:
        root = Path(folder).expanduser().resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as err:
        raise UsageError(
            f"there is no folder {str(folder)[:200]!r}", "give a folder of .md or .txt files"
        ) from err
    if not (root.is_dir() or root.is_file()):
        raise UsageError(f"{str(folder)!r} is not a folder", "give a folder of .md or .txt files")
    return root


def _walk(root: Path) -> Iterator[Path | Skipped]:
    plain: list[Path] = []
    links: list[Path] = []
    refused: list[Skipped] = []
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                seen = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as err:
            refused.append(Skipped(_name(folder, root), f"cannot be read: {err.strerror}"))
            continue
        for entry in seen:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif reason := _refusal(path, entry):
                refused.append(Skipped(_name(path, root), reason))
            else:
                (links if entry.is_symlink() else plain).append(path)
    yield from sorted(plain + _inside(links, plain, root, refused))
    yield from sorted(refused, key=lambda skipped: skipped.file)


def _refusal(path: Path, entry: os.DirEntry[str]) -> str:
    """Why this entry of a folder is no document, or nothing."""
    ending = path.suffix.lower()
    if entry.is_symlink() and path.is_dir():
        return "a link to a folder"
    if ending not in _ENDINGS:
        return f"a {ending} file"
    return "" if path.is_file() else "not a file"  # a pipe, a socket, a link to nothing


def _inside(links: list[Path], plain: list[Path], root: Path, refused: list[Skipped]) -> list[Path]:
    """The links to files of the folder that are not read under their own name."""
    known = {path.resolve() for path in plain} if links else set[Path]()
    kept: list[Path] = []
    for link in sorted(links):
        target = link.resolve()
        if not target.is_relative_to(root):
            refused.append(Skipped(_name(link, root), "a link to outside the folder"))
        elif target not in known:
            known.add(target)
            kept.append(link)
    return kept


def _name(path: Path, root: Path) -> str:
    return _shown(path.relative_to(root).as_posix())


def _read(path: Path, name: str) -> Document | Skipped:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as err:
        return Skipped(name, f"cannot be read: {err.strerror}")
    if len(data) > _MAX_FILE:
        return Skipped(name, "larger than 5 MB")
    text = _decoded(data)
    if text is None:
        return Skipped(name, "binary" if b"\0" in data else "not UTF-8 text")
    return Document(name, text)


def _decoded(data: bytes) -> str | None:
    """The text: UTF-8, or UTF-16 with its mark, or what Windows wrote before; None for anything else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _try(data, "utf-16")
        return text if text and re.search(r"[ \n]", text) and not _CONTROL.search(text) else None
    if b"\0" in data:
        return None
    if (text := _try(data, "utf-8-sig")) is not None:
        return text
    # Western text has a few letters above ASCII; where they are many, it is another alphabet's encoding,
    # and to read it as Western would index nonsense.
    if sum(byte > 127 for byte in data) * 5 > len(data):
        return None
    text = _try(data, "cp1252")
    return text if text and not _CONTROL.search(text) else None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _shown(name: str) -> str:
    """A file name as one line of real characters, whatever the disk holds."""
    return " ".join(os.fsencode(name).decode("utf-8", "replace").split())
