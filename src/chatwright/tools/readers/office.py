"""Word, OpenDocument and EPUB files read into blocks: XML in a zip, neither of which is trusted."""

from __future__ import annotations

import io
import posixpath
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from ..found import Unreadable
from .blocks import Block, Heading, Paragraph, Title
from .html import html_blocks, html_text

__all__ = ["docx_blocks", "epub_blocks", "odt_blocks"]

_UNPACKED = 100_000_000  # bytes
_PARTS = 20_000  # files in one zip
_STEP = 1 << 16

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "


def docx_blocks(data: bytes) -> Iterator[Block]:
    """The paragraphs, headings and tables of a Word document."""
    writer = _Writer()

    def start(name: str, given: dict[str, str]) -> None:
        match name.removeprefix(_W):
            case "p":
                writer.begin()
            case "pStyle":
                style = given.get(f"{_W}val", "")
                level = re.fullmatch(r"(?i)(?:heading|berschrift|titre|ttulo|titolo) ?(\d)", style)
                writer.level = int(level[1]) if level else 1 if style == "Title" else 0
            case "tab" | "br" | "cr":
                writer.write(" ")
            case "noBreakHyphen":
                writer.write("-")
            case "t":
                writer.listening = True
            case "tr":
                writer.begin_row()
            case _:
                pass

    def end(name: str) -> None:
        match name.removeprefix(_W):
            case "t":
                writer.listening = False
            case "p":
                writer.end()
            case "tc":
                writer.end_cell()
            case "tr":
                writer.end_row()
            case _:
                pass

    with _Zip(data) as opened:
        yield from _parsed(opened.read("word/document.xml"), start, end, writer)


def odt_blocks(data: bytes) -> Iterator[Block]:
    """The paragraphs, headings and tables of an OpenDocument text."""
    writer = _Writer()
    aside = 0  # inside of what was deleted, and of remarks

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal aside
        if name in (f"{_TEXT}tracked-changes", f"{_TEXT}note") or name.endswith(" annotation"):
            aside += 1
        elif aside:
            return
        elif name in (f"{_TEXT}p", f"{_TEXT}h"):
            writer.begin()
            level = given.get(f"{_TEXT}outline-level", "1")
            writer.level = (int(level) if level in "123456789" else 9) if name[-1] == "h" else 0
            writer.listening = True
        elif name in (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
            writer.write(" ")
        elif name == f"{_TABLE}table-row":
            writer.begin_row()

    def end(name: str) -> None:
        nonlocal aside
        if name in (f"{_TEXT}tracked-changes", f"{_TEXT}note") or name.endswith(" annotation"):
            aside -= 1
        elif aside:
            return
        elif name in (f"{_TEXT}p", f"{_TEXT}h"):
            writer.listening = False
            writer.end()
        elif name == f"{_TABLE}table-cell":
            writer.end_cell()
        elif name == f"{_TABLE}table-row":
            writer.end_row()

    with _Zip(data) as opened:
        yield from _parsed(opened.read("content.xml"), start, end, writer, lambda: not aside)


def epub_blocks(data: bytes) -> Iterator[Block]:
    """The chapters of a book in their order, under the book's title."""
    with _Zip(data) as opened:
        title, chapters = _contents(opened)
        if title:
            yield Title(title)
        for chapter in chapters:
            page = html_text(opened.read(chapter))
            yield from (b for b in html_blocks(page) if not isinstance(b, Title))


def _contents(opened: _Zip) -> tuple[str, list[str]]:
    """The title of a book and the names of its chapters."""
    package = ""
    files: dict[str, str] = {}
    order: list[str] = []
    title: list[str] = []
    here = ""

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal package, here
        here = name.rpartition(" ")[2]
        if here == "rootfile":
            package = package or given.get("full-path", "")
        elif here == "item":
            files[given.get("id", "")] = given.get("href", "")
        elif here == "itemref":
            order.append(given.get("idref", ""))

    def end(_: str) -> None:
        nonlocal here
        here = ""

    def text(data: str) -> None:
        if here == "title":
            title.append(data)

    _parse(opened.read("META-INF/container.xml"), start, end, text)
    _parse(opened.read(package), start, end, text)
    folder = posixpath.dirname(package)
    hrefs = [urllib.parse.unquote(files[name].partition("#")[0]) for name in order if name in files]
    chapters = [posixpath.normpath(posixpath.join(folder, href)) for href in hrefs if href]
    return " ".join("".join(title).split()), list(dict.fromkeys(chapters))


class _Zip:
    """The files in a zip, as many and as large as a document needs."""

    def __init__(self, data: bytes) -> None:
        self._left = _UNPACKED
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as err:
            raise Unreadable("damaged, or not what its name says") from err
        if len(self._zip.namelist()) > _PARTS:
            raise Unreadable(f"more than {_PARTS:,} files in it")

    def __enter__(self) -> _Zip:
        return self

    def __exit__(self, *exc: object) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        parts: list[bytes] = []
        try:
            with self._zip.open(name) as file:
                while part := file.read(_STEP):
                    self._left -= len(part)
                    if self._left < 0:
                        raise Unreadable(f"more than {_UNPACKED // 1_000_000} MB when unpacked")
                    parts.append(part)
        except KeyError as err:
            raise Unreadable("damaged, or not what its name says") from err
        except RuntimeError as err:  # zipfile says so of a file with a password
            raise Unreadable("it is encrypted") from err
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as err:
            raise Unreadable("damaged") from err
        return b"".join(parts)


class _Writer:
    """Puts runs of text together to paragraphs, headings and rows."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.level = 0
        self.listening = False
        self._words: list[str] = []
        self._rows: list[list[str]] = []  # one within the other
        self._cell: list[str] = []

    def begin(self) -> None:
        self._words, self.level = [], 0

    def write(self, text: str) -> None:
        self._words.append(text)

    def end(self) -> None:
        text = " ".join("".join(self._words).split())
        self._words = []
        if not text:
            return
        if self._rows:
            self._cell.append(text)
        else:
            self.blocks.append(Heading(self.level, text) if self.level else Paragraph([text]))

    def begin_row(self) -> None:
        self._rows.append([])

    def end_cell(self) -> None:
        if self._rows and self._cell:
            self._rows[-1].append(" ".join(self._cell))
            self._cell = []

    def end_row(self) -> None:
        if self._rows and (row := self._rows.pop()):
            line = " | ".join(row)
            if self._rows:
                self._cell.append(line)
            else:
                self.blocks.append(Paragraph([line]))


def _parsed(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    writer: _Writer,
    heard: Callable[[], bool] = lambda: True,
) -> Iterator[Block]:
    def text(data: str) -> None:
        if writer.listening and heard():
            writer.write(data)

    _parse(data, start, end, text)
    yield from writer.blocks


def _parse(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as err:
        raise Unreadable("damaged XML in it") from err


def _refuse(*_: object) -> None:
    # An entity can stand for a text that holds others, and so on: a small file that fills the memory.
    raise Unreadable("XML with entities in it")
