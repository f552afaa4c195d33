"""Text, Markdown and reStructuredText read into blocks, line by line: a file may be larger than the memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from .blocks import Block, Heading, Paragraph, Title

__all__ = ["text_blocks"]

_HEAD = 20_000  # characters that a head between two lines of `---` may have
_MOST = 200_000  # characters: a longer paragraph is handed on in parts

_ATX = re.compile(r"\s{0,3}(#{1,6})(?:[ \t]+(.*))?$")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_RST_UNDERLINE = re.compile(r"([=\-~^\"'*+#`:.])\1{2,}\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s+")
_BULLET = re.compile(r"\s*[-*+•]\s+")
_MARKS = (
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\*\*(\S(?:[^*]{0,300}\S)?)\*\*"), r"\1"),
    (re.compile(r"(?<![\w_])__(\S(?:[^_]{0,300}[^_\s])?)__(?![\w_.(])"), r"\1"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*]{0,300}\S)?)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_([^\s_](?:[^_]{0,300}[^_\s])?)_(?![\w_])"), r"\1"),
)


def text_blocks(texts: Iterable[str], *, rst: bool = False) -> Iterator[Block]:
    """The blocks of a text that comes in stretches, each of them cut at the end of a line."""
    texts = iter(texts)
    title, head, first = _front_matter(next(texts, ""))
    if title:
        yield Title(title)
    lines = chain.from_iterable(text.splitlines() for text in chain([first], texts))
    yield from _blocks(chain(lines, head), rst)


def _front_matter(text: str) -> tuple[str, list[str], str]:
    """The title in a YAML head between two lines of `---`, the rest of that head, and the text below it."""
    match = re.match(rf"---[ \t]*\n(.{{0,{_HEAD}}}?)\n---[ \t]*(?:\n|$)", text, re.DOTALL)
    if not match:
        return "", [], text
    title = re.search(r"^title:[ \t]*(.+)$", match[1], re.MULTILINE)
    rest = [line for line in match[1].splitlines() if not line.startswith("title:")]
    name = _clean(title[1]).strip("\"' ") if title else ""
    return name, [part for line in rest for part in ("", line)], text[match.end() :]


def _blocks(lines: Iterable[str], rst: bool) -> Iterator[Block]:
    """Headings and paragraphs; a fenced block is one paragraph."""
    paragraph: list[str] = []
    size = 0
    fence = ""
    levels: list[str] = []
    for line in lines:
        if (size := size + len(line)) > _MOST:
            yield Paragraph(list(_units(paragraph)))
            paragraph, size = [], 0
        if not fence and line[:1].isalpha():  # most lines: nothing but text begins with a letter
            paragraph.append(line)
            continue
        if fence or (not rst and _FENCE.match(line)):
            fence = _fenced(line, fence)
            paragraph += [f"\0{' '.join(line.split())}"] if fence and not _FENCE.match(line) else []
            continue
        if len(paragraph) == 1 and (level := _underlines(line, paragraph[0], rst, levels)):
            yield Heading(level, _clean(paragraph.pop()))
            continue
        heading = None if rst else _ATX.match(line)
        if not (heading or not line.strip() or _is_rule(line)):
            paragraph.append(line)
            continue
        if paragraph:
            yield Paragraph(list(_units(paragraph)))
        paragraph, size = [], 0
        if heading and (text := _without_closing(heading[2] or "")):
            yield Heading(len(heading[1]), _clean(text))
    if paragraph:
        yield Paragraph(list(_units(paragraph)))


def _without_closing(text: str) -> str:
    """`Title ##` is `Title`, `C#` stays."""
    bare = text.rstrip().rstrip("#")
    return bare.strip() if not bare or bare[-1].isspace() else text.strip()


def _fenced(line: str, fence: str) -> str:
    """The fence that is open after this line, or nothing."""
    match = _FENCE.match(line)
    if not fence:
        return match[1] if match else ""
    return "" if match and match[1].startswith(fence) else fence


def _underlines(line: str, above: str, rst: bool, levels: list[str]) -> int:
    """The level of the heading that this line makes of the one above it, else 0."""
    if _ITEM.match(above) or above.lstrip().startswith(("|", ">", "\0")):
        return 0
    if not rst:
        match = _UNDERLINE.match(line)
        return 0 if not match else 1 if match[1].startswith("=") else 2
    if not _RST_UNDERLINE.match(line) or len(line.strip()) < len(above.strip()):
        return 0
    if (mark := line.strip()[0]) not in levels:
        levels.append(mark)  # in reStructuredText the order of appearance makes the level
    return levels.index(mark) + 1


def _is_rule(line: str) -> bool:
    marks = "".join(line.split())
    return len(marks) > 2 and marks[0] in "*-_" and not marks.strip(marks[0])


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and not line.strip(" \t|:+-")


def _units(lines: list[str]) -> Iterator[str]:
    """Lines joined as they are read: a list item, a table row and a line of code stand alone."""
    current: list[str] = []
    for line in lines:
        if line[:1].isalpha():
            current.append(_unmarked(line))
            continue
        if _is_table_rule(line) or _RST_UNDERLINE.match(line):
            continue
        if current and (_ITEM.match(line) or line.lstrip().startswith(("|", "\0"))):
            yield " ".join(current)
            current = []
        code = line.startswith("\0")
        current.append(line[1:] if code else _clean(_without_bullet(line)))
        if code or line.lstrip().startswith("|"):
            yield " ".join(current)
            current = []
    if current:
        yield " ".join(current)


def _without_bullet(line: str) -> str:
    bullet = _BULLET.match(line)
    return line[bullet.end() :] if bullet else line


def _clean(line: str) -> str:
    """The line without the marks of Markdown, its spaces made single."""
    line = line.lstrip("> \t")
    if line.lstrip().startswith("|"):
        line = line.strip().strip("|")
    return _unmarked(line)


def _unmarked(line: str) -> str:
    if "[" in line or "*" in line or "_" in line:
        for mark, text in _MARKS:
            line = mark.sub(text, line)
    return " ".join(line.split())
