"""Documents cut into passages that stand alone: at headings and paragraphs, to a size that a small model can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePosixPath

from .clean import cleaned
from .found import Document, Passage
from .readers import Block, Heading, Paragraph, Title
from .readers.markup import text_blocks

__all__ = ["Passage", "cut", "passages", "readable"]

_FULL = 320  # characters: paragraphs and sentences are packed up to here
_LONGEST = 480  # a sentence longer than this is cut at a word
_TITLE = 120
_HEADING = 400  # all headings above a passage together
_AHEAD = 4_000_000  # characters that are read before the title is decided
_PART = 500_000  # characters of one section that are packed together

# It begins with a set, which is what the search is fast with; `*+` has no second thoughts, so no text is slow.
_SENTENCE_END = re.compile(
    r"[.!?…。！？](?:(?<=[。！？])[。！？]*+[」』”’）]*+\s*"
    r"|(?<![。！？])(?<![.!?…]{2})[.!?…]*+[\"'”’»)\]]*+\s+)"
)
_BREAK = re.compile(r"[\s(\[\"'“‘]")
_SHORT = (
    "mr mrs ms dr prof st sr jr vs ca c approx no nr fig vol p pp cf e.g i.e eg ie gen col lt gov mt ft"
    " jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k b d r fl"
)
_ABBREVIATIONS = frozenset(_SHORT.split())


def passages(document: Document) -> list[Passage]:
    """The passages of a text, in order; none for an empty one."""
    rst = document.file.lower().endswith(".rst")
    return list(cut(document.file, text_blocks([document.text], rst=rst)))


def cut(file: str, blocks: Iterable[Block]) -> Iterator[Passage]:
    """The passages of a document that comes in blocks, however many those are."""
    sections = _sections(blocks)
    start = list(_ahead(sections))
    front = next((s.title for s in start if s.title), "")
    named = [s for s in start if s.path]
    title = front or (named[0].path[-1] if named else "") or readable(file)
    # With several top headings the file is a collection, and each of them is a title of its own.
    tops = {s.path[0] for s in named if s.level == 1}
    empty = True
    for section in chain(start, sections):
        if section.level == 1 and len(tops) < 2:
            tops.add(section.path[0])  # known already, but in a file that is too long to look ahead
        own = section.path[0] if len(tops) > 1 and section.path and not front else title
        heading = ": ".join(h for h in section.path if h != own)[:_HEADING]
        for text in _pack(section.paragraphs):
            if text := cleaned(text):
                empty = False
                yield Passage(file, own, heading, text)
    if empty:
        headings = [s.path[-1] for s in named]
        yield from (Passage(file, title, "", text) for text in _pack([headings]))


@dataclass(slots=True)
class _Section:
    """What stands under one heading: the headings down to it, its level, its paragraphs of sentences."""

    path: tuple[str, ...] = ()
    level: int = 0
    title: str = ""  # what the document says it is called, in its first section
    size: int = 0
    paragraphs: list[list[str]] = field(default_factory=list)


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    current = _Section()
    above: list[tuple[int, str]] = []
    for block in blocks:
        match block:
            case Title(text):
                current.title = current.title or cleaned(text)[:_TITLE].strip()
            case Paragraph(lines):
                if sentences := _parts(lines):
                    current.paragraphs.append(sentences)
                    current.size += sum(map(len, sentences))
                if current.size > _PART:
                    yield current
                    current = _Section(current.path, current.level)
            case Heading(level, text):
                if not (text := cleaned(text)[:_TITLE]):
                    continue  # a heading that is only a picture
                yield current
                above = [*(h for h in above if h[0] < level), (level, text)]
                current = _Section(tuple(text for _, text in above), level)
    yield current


def _parts(lines: Sequence[str]) -> list[str]:
    """What a paragraph can be cut into: its sentences, or its lines where nothing will be cut."""
    if sum(map(len, lines)) + len(lines) <= _FULL:
        bare = [stripped for line in lines if (stripped := line.strip())]
        if all(line.isascii() and "  " not in line for line in bare):
            return bare
    return [sentence for line in lines for sentence in _sentences(line)]


def _ahead(sections: Iterator[_Section]) -> Iterator[_Section]:
    """The first sections: in all but huge files all of them."""
    size = 0
    for section in sections:
        yield section
        size += section.size + 100
        if size > _AHEAD:
            return


def readable(file: str) -> str:
    """`people/marie-curie.md` is `Marie Curie`."""
    words = re.split(r"[\s_-]+", PurePosixPath(file).stem)
    return " ".join(w[:1].upper() + w[1:] for w in words if w)[:_TITLE] or file[:_TITLE]


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
    start = end.start()
    if start > 7 and text[start - 7 : start].isalpha():
        return True
    # "J. R. R. Tolkien", "Dr. Who": a full stop, and not the end.
    word = _BREAK.split(text[max(0, start - 20) : start])[-1]
    return not (word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()))


def _words(sentence: str) -> Iterator[str]:
    """The sentence, or its parts, cut at a word, where it is too long."""
    if len(sentence) <= _LONGEST:
        if sentence:
            yield sentence
        return
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
