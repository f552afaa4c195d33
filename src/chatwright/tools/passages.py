"""Text cut into passages that stand alone: at headings and paragraphs, to a size that a small model can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from .documents import Document

__all__ = ["Passage", "passages"]

_FULL = 320  # characters: paragraphs and sentences are packed up to here
_LONGEST = 480  # a sentence longer than this is cut at a word
_TITLE = 120

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
_MAY_HAVE_MARKS = frozenset("[*_")
_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+\s+|[。！？]++[」』”’）]*+\s*"  # ++: no second thoughts, so no slow text
)
_SHORT = (
    "mr mrs ms dr prof st sr jr vs ca c approx no nr fig vol p pp cf e.g i.e eg ie gen col lt gov mt ft"
    " jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k b d r fl"
)
_ABBREVIATIONS = frozenset(_SHORT.split())


@dataclass(frozen=True, slots=True)
class Passage:
    """Some sentences, the file and the title they stand under, and the headings on the way down."""

    file: str
    title: str
    heading: str
    text: str


def passages(document: Document) -> list[Passage]:
    """The passages of a document, in order; none for an empty one."""
    rst = document.file.lower().endswith(".rst")
    front, body = _front_matter(document.text)
    sections = list(_sections(_blocks(body.splitlines(), rst)))
    named = [s for s in sections if s.path]
    title = front or (named[0].path[-1] if named else "") or _readable(document.file)
    # With several top headings the file is a collection, and each of them is a title of its own.
    tops = {s.path[0] for s in named if s.level == 1}
    found: list[Passage] = []
    for section in sections:
        own = section.path[0] if len(tops) > 1 and section.path and not front else title
        heading = ": ".join(h for h in section.path if h != own)
        found += [Passage(document.file, own, heading, text) for text in _pack(section.paragraphs)]
    return found or _only_headings(document.file, title, sections)


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands under one heading: the headings down to it, its level, its paragraphs of sentences."""

    path: tuple[str, ...]
    level: int
    paragraphs: list[list[str]]


def _only_headings(file: str, title: str, sections: list[_Section]) -> list[Passage]:
    headings = [s.path[-1] for s in sections if s.path]
    return [Passage(file, title, "", text) for text in _pack([headings])]


def _front_matter(text: str) -> tuple[str, str]:
    """The title in a YAML head between two lines of `---`, and the text with that head as a paragraph."""
    match = re.match(r"---[ \t]*\n(.{0,20000}?)\n---[ \t]*(?:\n|$)", text, re.DOTALL)
    if not match:
        return "", text
    title = re.search(r"^title:[ \t]*(.+)$", match[1], re.MULTILINE)
    rest = "\n\n".join(line for line in match[1].splitlines() if not line.startswith("title:"))
    name = _clean(title[1]).strip("\"' ")[:_TITLE] if title else ""
    return name, f"{text[match.end() :]}\n\n{rest}\n"


def _readable(file: str) -> str:
    """`people/marie-curie.md` is `Marie Curie`."""
    words = re.split(r"[\s_-]+", PurePosixPath(file).stem)
    return " ".join(w[:1].upper() + w[1:] for w in words if w)[:_TITLE] or file[:_TITLE]


def _blocks(lines: list[str], rst: bool) -> Iterator[_Heading | list[str]]:
    """Headings, and paragraphs as lists of lines; a fenced block is one paragraph."""
    paragraph: list[str] = []
    fence = ""
    levels: list[str] = []
    for line in lines:
        if fence or (not rst and _FENCE.match(line)):
            fence = _fenced(line, fence)
            paragraph += [f"\0{' '.join(line.split())}"] if fence and not _FENCE.match(line) else []
            continue
        if len(paragraph) == 1 and (level := _underlines(line, paragraph[0], rst, levels)):
            yield _Heading(level, _clean(paragraph.pop()))
            continue
        heading = None if rst else _ATX.match(line)
        if not (heading or not line.strip() or _is_rule(line)):
            paragraph.append(line)
            continue
        if paragraph:
            yield paragraph
            paragraph = []
        if heading and (text := _without_closing(heading[2] or "")):
            yield _Heading(len(heading[1]), _clean(text))
    if paragraph:
        yield paragraph


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


def _sections(blocks: Iterable[_Heading | list[str]]) -> Iterator[_Section]:
    current = _Section((), 0, [])
    above: list[_Heading] = []
    for block in blocks:
        if isinstance(block, list):
            if sentences := [s for unit in _units(block) for s in _sentences(unit)]:
                current.paragraphs.append(sentences)
            continue
        if not block.text:
            continue  # a heading that is only a picture
        yield current
        above = [h for h in above if h.level < block.level] + [block]
        current = _Section(tuple(h.text[:_TITLE] for h in above), block.level, [])
    yield current


def _units(lines: list[str]) -> Iterator[str]:
    """Lines joined as they are read: a list item, a table row and a line of code stand alone."""
    current: list[str] = []
    for line in lines:
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
    if not _MAY_HAVE_MARKS.isdisjoint(line):
        for mark, text in _MARKS:
            line = mark.sub(text, line)
    return " ".join(line.split())


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        number = text[start : min(end.start(), start + 5)].strip().isdigit()  # "1. First"
        if not number and _ends(text, end):
            yield from _words(text[start : end.end()].strip())
            start = end.end()
    yield from _words(text[start:].strip())


def _ends(text: str, end: re.Match[str]) -> bool:
    if text[end.start()] in "。！？":
        return True
    if text[end.end() : end.end() + 1].islower():
        return False
    if end[0].strip() != ".":
        return True
    word = re.split(r"[\s(\[\"'“‘]", text[max(0, end.start() - 20) : end.start()])[-1]
    # "J. R. R. Tolkien", "Dr. Who": a full stop, and not the end.
    return not (word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()))


def _words(sentence: str) -> Iterator[str]:
    """The sentence, or its parts, cut at a word, where it is too long."""
    start = 0
    while len(sentence) - start > _LONGEST:
        cut = sentence.rfind(" ", start + 1, start + _LONGEST + 1)
        cut = cut if cut > 0 else start + _LONGEST
        yield sentence[start:cut].strip()
        start = cut
    if last := sentence[start:].strip():
        yield last


def _pack(paragraphs: list[list[str]]) -> Iterator[str]:
    current = ""
    for sentences in paragraphs:
        room = _FULL - len(current) - 1
        if current and sum(map(len, sentences)) + len(sentences) - 1 > room:
            yield current
            current = ""
        for sentence in sentences:
            if current and len(current) + 1 + len(sentence) > _FULL:
                yield current
                current = ""
            current = f"{current} {sentence}" if current else sentence
    if current:
        yield current
