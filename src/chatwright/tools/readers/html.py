"""HTML read into blocks, in one pass and whatever state it is in.

Python's own HTML parser needs minutes for some broken pages, so the tags are found here: every step goes
forward, and what does not end is text.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from .blocks import Block, Heading, Paragraph, Title
from .decode import encoding_of

__all__ = ["html_blocks", "html_text"]


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_RAW = _names("script style xmp iframe noembed noframes")
_DROPPED = _names("nav template noscript svg select datalist object canvas audio video map dialog")
_END_IS_OPTIONAL = _names("p li dt dd tr td th")
_LINES = _names("li dt dd br option tr")
_BLOCKS = _names(
    "address article aside blockquote body caption center details dir div dl fieldset figcaption figure"
    " footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend main menu nav ol p pre section"
    " summary table tbody tfoot thead title ul"
)
_ALL = "*"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}

_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,60})")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?"""
)
_TAG_END = re.compile(r"[\s/]*+>")
_HIDING = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_LONG_NUMBER = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{8,});?")

_DECLARED = re.compile(
    rb"""(?i)<meta[^>]{1,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})"""
    rb"""|<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:-]{1,40})"""
)
_KNOWN_ENCODING = re.compile(
    r"iso-?8859-\d+|windows-\d+|cp\d+|koi8-[rut]|gb(?:k|2312|18030)|big5(?:-hkscs)?|euc-(?:jp|kr)"
    r"|shift[_-]jis|iso-2022-jp|mac-?\w+|ibm\d+|tis-620|latin-?\d|us-ascii|ascii"
)
_MEANT = {  # what pages say, and what browsers know that they mean
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "macintosh": "mac-roman",
}


def html_text(data: bytes) -> str:
    """The page as text, in the encoding that it declares, else in the one that it seems to be in."""
    declared = _DECLARED.search(data[:4096])
    name = (declared[1] or declared[2]).decode("ascii").lower() if declared else ""
    name = _MEANT.get(name, name)
    marked = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if name and not marked and _KNOWN_ENCODING.fullmatch(name) and b"\0" not in data:
        try:
            return data.decode(codecs.lookup(name).name, "replace")
        except LookupError:
            pass
    return data.decode(encoding_of([data]), "replace")


def html_blocks(text: str) -> Iterator[Block]:
    """The page's title, headings and paragraphs, without scripts, menus and what is hidden."""
    kept: set[str] = set()
    while True:
        page = _Page(kept)
        page.read(text)
        if not page.dropped:
            break
        # A menu that never ends would take the rest of the page with it.
        kept |= {page.dropped} if len(kept) < 4 else {page.dropped, _ALL}
    if title := page.title():
        yield Title(title)
    yield from page.blocks


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    ends: bool = False
    attributes: Mapping[str, str] | None = None
    closed: bool = False  # <br/>


def _tokens(text: str) -> Iterator[str | _Tag]:
    """Text between tags, and tags."""
    here = 0
    scan = _Scan(text)
    while (start := text.find("<", here)) >= 0:
        if start > here:
            yield text[here:start]
        token, here = scan.at(start)
        if token:
            yield token
        if isinstance(token, _Tag) and not token.ends and (end := scan.raw(token, here)):
            if token.name in ("title", "textarea"):
                yield text[here:end]
            here = end
    yield text[here:]


class _Scan:
    """Finds where each tag ends. What is not found once is not looked for again, so time stays linear."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._xml = text.lstrip()[:5] == "<?xml"
        self._missing: set[str] = set()

    def at(self, start: int) -> tuple[str | _Tag | None, int]:
        """What begins at this `<`, and where it ends."""
        text = self._text
        if tag := _TAG.match(text, start):
            return self._tag(tag) if self._find(">", tag.end()) >= 0 else ("<", start + 1)
        if text.startswith("<!--", start):
            end = self._find("-->", start + 2)
            return None, (end + 3 if end >= 0 else start + 4)
        if text.startswith("<![CDATA[", start):
            end = self._find("]]>", start)
            return (text[start + 9 : end], end + 3) if end >= 0 else (None, start + 9)
        if text.startswith(("<!", "<?", "</"), start):
            end = self._find(">", start)
            return None, (end + 1 if end >= 0 else start + 2)
        return "<", start + 1

    def _tag(self, tag: re.Match[str]) -> tuple[_Tag, int]:
        text, here = self._text, tag.end()
        name = tag[2].lower()
        attributes: dict[str, str] = {}
        while "quotes" not in self._missing and not (end := _TAG_END.match(text, here)):
            found = _ATTRIBUTE.match(text, here)
            if not found:
                self._missing.add("quotes")  # a quote that never ends: from here on none counts
                break
            here = found.end()
            attributes.setdefault(found[1].lower()[:40], found[2] or found[3] or found[4] or "")
        else:
            end = _TAG_END.match(text, here)
            if end:
                closed = "/" in end[0] or text[here - 1] == "/"
                return _Tag(name, bool(tag[1]), attributes, closed), end.end()
        end_at = text.find(">", tag.end())
        return _Tag(name, bool(tag[1]), attributes), end_at + 1

    def raw(self, tag: _Tag, here: int) -> int:
        """Where the content of a tag ends that holds no other tags; 0 for every other tag."""
        raw = tag.name in _RAW
        if not (raw or tag.name in ("title", "textarea")) or (tag.closed and self._xml):
            return 0
        if tag.name not in self._missing:
            if end := re.compile(rf"(?i)</{tag.name}(?=[\s/>])").search(self._text, here):
                return end.start()
            self._missing.add(tag.name)
        return len(self._text) if raw else 0

    def _find(self, what: str, start: int) -> int:
        if what in self._missing:
            return -1
        found = self._text.find(what, start)
        if found < 0:
            self._missing.add(what)
        return found


class _Page:
    """Puts the text between the tags together again: words to lines, lines to paragraphs."""

    def __init__(self, kept: Set[str]) -> None:
        self.blocks: list[Block] = []
        self.dropped = ""  # the tag that is being left out
        self._kept = kept  # tags that are never left out
        self._depth = 0
        self._inner = 0
        self._words: list[str] = []
        self._cells: list[str] = []
        self._lines: list[str] = []
        self._level = 0
        self._in_cell = False
        self._in_pre = 0
        self._in_title = False
        self._title: list[str] = []

    def read(self, text: str) -> None:
        for token in _tokens(text):
            if isinstance(token, str):
                self._text(token)
            elif not (self.dropped and self._leave_out(token)):
                if token.ends:
                    self._end(token)
                else:
                    self._start(token)
        self._end_block()

    def title(self) -> str:
        """What the page is called, without the name of the site that often follows."""
        title = " ".join("".join(self._title).split())
        tops = [b.text for b in self.blocks if isinstance(b, Heading) and b.level == 1]
        named = len(tops) == 1 and tops[0].casefold() in title.casefold()
        return tops[0] if named else title

    def _text(self, text: str) -> None:
        if self.dropped:
            return
        if "&" in text:
            text = html.unescape(_LONG_NUMBER.sub("\ufffd", text))
        if self._in_title:
            self._title.append(text)
        elif self._in_pre and not (self._level or self._in_cell):
            for line in text.splitlines(keepends=True):
                self._words.append(line)
                if line[-1] in "\r\n":
                    self._end_line()
        else:
            self._words.append(text)

    def _start(self, tag: _Tag) -> None:
        name = tag.name
        self._in_title = False
        if name in _BLOCKS or name in _LINES or name in ("td", "th"):
            self._break(name)
        if name in _VOID:
            if name == "img" and tag.attributes and (alt := tag.attributes.get("alt")):
                self._words.append(f" {html.unescape(_LONG_NUMBER.sub('', alt))} ")
            return
        if self._kept.isdisjoint((name, _ALL)) and _is_hidden(tag):
            self.dropped, self._depth, self._inner = ("" if tag.closed else name), 1, 0
        elif name == "title" and not self._title:
            self._in_title = not tag.closed
        elif name in _HEADINGS:
            self._level = _HEADINGS[name]
        elif name == "pre":
            self._in_pre += 1
        elif name in ("td", "th"):
            self._in_cell = True

    def _end(self, tag: _Tag) -> None:
        name = tag.name
        if name == "title":
            self._in_title = False
        if name in _BLOCKS or name in _LINES or name in ("td", "th"):
            self._break(name)
        if name == "pre":
            self._in_pre = max(0, self._in_pre - 1)

    def _break(self, name: str) -> None:
        """A new line, a new cell or a new paragraph begins or ends here."""
        if name in ("td", "th"):
            self._end_cell()
        elif self._in_cell and name not in ("tr", "table", "tbody", *_HEADINGS):
            self._words.append(" ")
        elif name in _LINES and not self._level:
            self._end_line()
        elif name == "br":
            self._words.append(" ")
        else:
            self._end_block()

    def _end_cell(self) -> None:
        self._in_cell = False
        if text := self._taken():
            self._cells.append(text)

    def _end_line(self) -> None:
        self._end_cell()
        if self._cells:
            self._lines.append(" | ".join(self._cells))
            self._cells = []

    def _end_block(self) -> None:
        if self._level and (text := self._taken()):
            self._end_line()
            self._end_lines()
            self.blocks.append(Heading(self._level, text))
        self._level = 0
        self._end_line()
        self._end_lines()

    def _end_lines(self) -> None:
        if self._lines:
            self.blocks.append(Paragraph(self._lines))
            self._lines = []

    def _taken(self) -> str:
        text = " ".join("".join(self._words).split())
        self._words = []
        return text

    def _leave_out(self, tag: _Tag) -> bool:
        """Does this tag stand inside what is left out?"""
        name, optional = tag.name, self.dropped in _END_IS_OPTIONAL
        if name in _VOID or (tag.closed and not tag.ends):
            return True
        if name == self.dropped:
            self._depth += -1 if tag.ends or optional else 1
            if self._depth <= 0:
                self.dropped = ""
                return tag.ends
        elif optional and name in _BLOCKS:
            self._inner += -1 if tag.ends else 1
            if self._inner < 0 or self.dropped == "p":
                self.dropped = ""
                return False
        return True


def _is_hidden(tag: _Tag) -> bool:
    given = tag.attributes or {}
    if tag.name in _DROPPED:
        return not (tag.name == "dialog" and "open" in given)
    return (
        given.get("hidden", "until-found").lower() != "until-found"
        or given.get("aria-hidden", "").lower() == "true"
        or given.get("role", "").lower() == "navigation"
        or bool(_HIDING.search(given.get("style", "")))
    ) and tag.name not in ("html", "body")
