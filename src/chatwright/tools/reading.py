"""A file read into passages, by what its ending says that it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from .documents import PACKED, WHOLE, largest, size_of
from .files import File, Folder, Stamp
from .found import Passage, Unreadable
from .passages import cut, readable
from .readers import Block
from .readers.decode import encoding_of, texts
from .readers.markup import text_blocks

if TYPE_CHECKING:
    from .readers.pdf import PdfProcess

__all__ = ["Opened", "Reader"]

_STEP = 1 << 18  # bytes read at a time


class Reader:
    """Opens the files of a folder, one after the other. `close` ends what it started for that."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pdf: PdfProcess | None = None

    def open(self, file: File) -> Opened:
        """The file, seen through once; `Unreadable` when it is no document."""
        return Opened(self._folder.open(file), file, self)

    @property
    def pdf(self) -> PdfProcess:
        """What reads PDFs, started when it is asked for."""
        from .readers.pdf import PdfProcess

        self._pdf = self._pdf or PdfProcess()
        return self._pdf

    def close(self) -> None:
        if self._pdf:
            self._pdf.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Opened:
    """A file that is being read. `digest` tells its content from any other."""

    def __init__(self, file: BinaryIO, found: File, reader: Reader) -> None:
        self.reason = ""  # what could not be read, known when the passages have come
        self.position = 0  # bytes that were read
        self._file = file
        self._found = found
        self._reader = reader
        self._data = b""
        self._encoding = ""
        self._hash = hashlib.blake2b(digest_size=16)
        try:
            if found.ending in WHOLE | PACKED:
                self._data = b"".join(self._hashed())
            else:  # a single file that was asked for by its name may have any ending
                self._encoding = encoding_of(self._hashed())
        except OSError as err:
            self.close()
            raise Unreadable(f"cannot be read: {err.strerror or 'error'}") from err
        except BaseException:
            self.close()
            raise

    @property
    def digest(self) -> bytes:
        """A number for the content."""
        return self._hash.digest()

    @property
    def changed(self) -> bool:
        """Was the file written since it was found?"""
        return Stamp.of(os.fstat(self._file.fileno())) != self._found.stamp

    def passages(self) -> Iterator[Passage]:
        """What can be searched, in order; afterwards `reason` says what is missing."""
        empty = True
        for passage in cut(self._found.name, self._guarded()):
            empty = False
            yield passage
        if empty and not self.reason:
            self.reason = "empty"

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _guarded(self) -> Iterator[Block]:
        try:
            yield from self._blocks()
        except Unreadable as err:
            self.reason = str(err)
        except OSError as err:
            self.reason = f"cannot be read: {err.strerror or 'error'}"
        except MemoryError:
            self.reason = "it needs too much memory"
        except Exception as err:  # one odd file must not cost the others; the user reads its name
            self.reason = f"cannot be read: {type(err).__name__}"

    def _blocks(self) -> Iterable[Block]:
        match self._found.ending:
            case ".csv" | ".tsv" | ".json" | ".jsonl" | ".ndjson" as ending:
                return self._table(ending)
            case ".html" | ".htm" | ".xhtml":
                from .readers.html import html_blocks, html_text

                return html_blocks(html_text(self._data))
            case ".pdf":
                return self._reader.pdf.blocks(self._data, readable(self._found.name))
            case ".docx" | ".odt" | ".epub" as ending:
                from .readers import office

                read = {
                    ".docx": office.docx_blocks,
                    ".odt": office.odt_blocks,
                    ".epub": office.epub_blocks,
                }
                return read[ending](self._data)
            case ending:
                return text_blocks(self._texts(), rst=ending == ".rst")

    def _table(self, ending: str) -> Iterable[Block]:
        from .readers import tables

        if ending == ".json":
            return tables.json_blocks("".join(texts([self._data], encoding_of([self._data]))))
        if ending in (".jsonl", ".ndjson"):
            return tables.json_lines_blocks(self._texts())
        return tables.csv_blocks(self._texts(), tabs=ending == ".tsv")

    def _texts(self) -> Iterator[str]:
        self._file.seek(0)
        return texts(self._chunks(), self._encoding)

    def _hashed(self) -> Iterator[bytes]:
        for chunk in self._chunks():
            self._hash.update(chunk)
            yield chunk

    def _chunks(self) -> Iterator[bytes]:
        most = largest(self._found)
        self.position = 0
        while chunk := self._file.read(_STEP):
            self.position += len(chunk)
            if self.position > most:  # it grew in the meantime
                raise Unreadable(f"larger than {size_of(most)}")
            yield chunk
