"""Which files of a folder are documents, and how large they may be."""

from __future__ import annotations

from collections.abc import Callable

from .files import File, Folder, listed
from .found import Document, Skipped

__all__ = [
    "LINES",
    "PACKED",
    "WHOLE",
    "Document",
    "Skipped",
    "largest",
    "list_documents",
    "size_of",
    "weight",
]

_MB = 1_000_000

LINES = frozenset([".csv", ".tsv", ".jsonl", ".ndjson"])
_TEXT = frozenset([".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt", ".text", ".rst", ".org"])
_STREAMED = LINES | _TEXT | {"", ".adoc", ".asciidoc", ".tex", ".log"}
WHOLE = frozenset([".html", ".htm", ".xhtml", ".json"])
PACKED = frozenset([".pdf", ".docx", ".odt", ".epub"])
_ENDINGS = _STREAMED | WHOLE | PACKED

_STREAMED_MOST = 1000 * _MB
_WHOLE_MOST = 30 * _MB
_PACKED_MOST = 100 * _MB
_ALL_MOST = 2000 * _MB


def list_documents(
    folder: Folder, on_count: Callable[[int], None] = lambda _: None
) -> tuple[list[File], list[Skipped]]:
    """The files of a folder that are read, in the order of their names, and what is not read."""
    files, refused = listed(folder, _ENDINGS, on_count)
    kept: list[File] = []
    total = 0
    for file in files:
        if file.stamp.size > (most := largest(file)):
            refused.append(Skipped(file.name, f"larger than {size_of(most)}"))
        elif total + weight(file) > _ALL_MOST:
            refused.append(Skipped(file.name, f"more than {size_of(_ALL_MOST)} in all"))
        else:
            total += weight(file)
            kept.append(file)
    return kept, refused


def weight(file: File) -> int:
    """The bytes of text in a file, roughly, which is what it takes to read it."""
    return file.stamp.size // 10 if file.ending in PACKED else file.stamp.size


def largest(file: File) -> int:
    """The largest file of this kind that is read."""
    if file.ending in PACKED:
        return _PACKED_MOST
    return _WHOLE_MOST if file.ending in WHOLE else _STREAMED_MOST


def size_of(most: int) -> str:
    return f"{most // (1000 * _MB)} GB" if most >= 1000 * _MB else f"{most // _MB} MB"
