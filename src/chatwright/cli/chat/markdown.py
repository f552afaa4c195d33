"""Markdown that arrives in pieces, given back block by block as each is complete. Plain functions on text."""

from __future__ import annotations

import re

__all__ = ["Blocks"]

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}\s*$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*$")
_QUOTE = re.compile(r" {0,3}> ?")
_DASHES = re.compile(r" {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_BAR = re.compile(r"(?<!\\)\|")
_ITEM = re.compile(r"( {0,3})([-*+]|(\d{1,9})[.)])( +|$)")


_DEEPEST = 20  # nested lists and quotes that are looked into


class Blocks:
    """Takes the text as it comes and gives each block once it is complete: a paragraph, a heading, an item of a
    list with all that is in it, a fenced code, a table, a quote. `end` gives the rest.

    Nothing is lost: all blocks together are the text. Where it is cut into pieces makes no difference.

    >>> blocks = Blocks()
    >>> blocks.feed("# Title\\nOne li"), blocks.feed("ne.\\n\\nAno"), blocks.end()
    (['# Title\\n'], ['One line.\\n\\n'], ['Ano'])
    """

    def __init__(self) -> None:
        self._piece: list[str] = []  # the line that has no end yet
        self._lines: list[str] = []  # the open block, and blank lines before it
        self._kind = ""  # of the open block; empty while there are only blank lines
        self._fence = ""  # what opened the fenced code
        self._indent = 0  # where the text of the list item begins
        self._empty = False  # has the item no text so far?
        self._blank = False  # was the line before blank?
        self._lazy = False  # did it go on with a line that is not marked as part of it?
        self._bare: set[int] = set()  # the numbers of such lines

    def feed(self, text: str) -> list[str]:
        """The blocks that this piece completes."""
        *whole, rest = text.split("\n")
        done: list[str] = []
        for line in whole:
            self._piece.append(line + "\n")
            done += self._take("".join(self._piece))
            self._piece.clear()
        self._piece.append(rest)
        return done

    def end(self) -> list[str]:
        """What is left, complete or not."""
        rest = "".join(self._piece)
        self._piece.clear()
        done = self._take(rest) if rest else []
        return done + self._finish()

    def _take(self, line: str) -> list[str]:
        """Put one line where it belongs; the blocks that it completes."""
        shown = line.expandtabs(4).rstrip("\r\n")
        if self._kind and self._goes_on(shown):
            if self._kind == "paragraph" and _is_table(self._lines[-1], shown):
                self._kind = "table"
            self._lines.append(line)
            self._blank = not shown.strip()
            last = self._is_last(shown)
            self._empty = False
            return self._finish() if last else []
        done = self._finish() if self._kind else []
        self._lines.append(line)
        if shown.strip():
            self._open(shown)
        return done + (self._finish() if self._kind in ("heading", "rule") else [])

    def _open(self, line: str) -> None:
        self._kind = _kind(line)
        self._blank = self._lazy = False
        self._bare.clear()
        if found := _FENCE.match(line):
            self._fence = found[1]
        if found := _ITEM.match(line):
            self._indent = _text_begins(found, line)
            self._empty = not line[found.end() :].strip()

    def _goes_on(self, line: str) -> bool:
        """Is this line part of the open block? In doubt it is: a block may be too long, but never torn."""
        match self._kind:
            case "item":
                if not line.strip() or _indented(line) >= self._indent:
                    self._lazy = False
                    return True
                return not self._blank and self._is_lazy(line)
            case "indented":
                return not line.strip() or _indented(line) >= 4
            case "quote":
                if not line.strip() or _QUOTE.match(line):
                    self._lazy = False
                    return True
                return self._is_lazy(line)
            case "paragraph":
                return bool(_UNDERLINE.match(line)) or not _interrupts(line)
            case "table":
                return not line.strip() or _kind(line) == "paragraph"
            case _:
                return True

    def _is_lazy(self, line: str) -> bool:
        """Is it part of an item or a quote without being marked so?"""
        lazy = _kind(line) in ("paragraph", "indented") and self._in_paragraph()
        if lazy:
            self._bare.add(len(self._lines))
        return lazy

    def _in_paragraph(self, depth: int = 0) -> bool:
        """Would a line of plain text go on with the last paragraph in the open block?"""
        if self._lazy or self._kind == "paragraph" or depth > _DEEPEST:
            return True
        if self._kind not in ("item", "quote"):
            return False
        inner = Blocks()
        inner.feed("".join(self._inside(n, line) for n, line in enumerate(self._lines)))
        self._lazy = inner._in_paragraph(depth + 1)
        return self._lazy

    def _inside(self, number: int, line: str) -> str:
        """The line without what marks it as part of the open item or quote."""
        if number in self._bare:  # all that it can be is text
            return "text\n"
        line = line.expandtabs(4)
        return line[self._indent :] or "\n" if self._kind == "item" else _QUOTE.sub("", line)

    def _is_last(self, line: str) -> bool:
        """Does this line, which is part of the open block, complete it?"""
        match self._kind:
            case "fence":
                bare = line.strip()
                closes = len(bare) >= len(self._fence) and not bare.strip(self._fence[0])
                return closes and _indented(line) < 4
            case "quote" | "table":
                return not line.strip()
            case "item":
                return not line.strip() and self._empty
            case "paragraph":
                return not line.strip() or bool(_UNDERLINE.match(line))
            case _:
                return False

    def _finish(self) -> list[str]:
        block = "".join(self._lines)
        self._lines.clear()
        self._kind = ""
        return [block] if block else []


def _kind(line: str) -> str:
    """What kind of block begins with this line."""
    if _indented(line) >= 4:
        return "indented"
    if _FENCE.match(line):
        return "fence"
    if _HEADING.match(line):
        return "heading"
    if _RULE.match(line):
        return "rule"
    if _QUOTE.match(line):
        return "quote"
    return "item" if _ITEM.match(line) else "paragraph"


def _interrupts(line: str) -> bool:
    """Does this line begin a block of its own right under a paragraph?"""
    kind = _kind(line)
    if kind != "item":
        return kind not in ("paragraph", "indented")
    found = _ITEM.match(line)
    assert found is not None
    # A number in running text that happens to begin a line is no list, unless it is the first of one.
    return bool(line[found.end() :].strip()) and found[3] in (None, "1")


def _is_table(head: str, dashes: str) -> bool:
    """Are these the first two lines of a table?"""
    if "|" not in head or not _DASHES.match(dashes):
        return False
    return len(_cells(head)) == len(_cells(dashes))


def _cells(row: str) -> list[str]:
    cells = _BAR.split(row.strip())
    return cells[not cells[0] : len(cells) - (not cells[-1])]


def _text_begins(found: re.Match[str], line: str) -> int:
    """The column of an item's text, from which on its other lines are indented."""
    gap = len(found[4])
    empty = not line[found.end() :].strip()
    return len(found[1]) + len(found[2]) + (gap if 1 <= gap <= 4 and not empty else 1)


def _indented(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
