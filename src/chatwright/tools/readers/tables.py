"""CSV and JSON read into blocks: each row or entry is a line that says what its values are called."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, cast

from ..found import Unreadable
from .blocks import Block, Paragraph
from .markup import text_blocks

__all__ = ["csv_blocks", "json_blocks", "json_lines_blocks"]

_TOGETHER = 20  # rows in a paragraph
_DEPTH = 100
_VALUE = 20_000  # characters of one value
_NAME = 200  # characters of the names on the way down to it


def csv_blocks(texts: Iterable[str], *, tabs: bool = False) -> Iterator[Block]:
    """The rows of a table, each value behind the name of its column."""
    texts = iter(texts)
    first = next(texts, "")
    mark = "\t" if tabs else _mark(first)
    lines = chain.from_iterable(t.splitlines(keepends=True) for t in chain([first], texts))
    rows = _rows(csv.reader((line.replace("\0", " ") for line in lines), delimiter=mark))
    none: list[str] = []
    head, second = next(rows, none), next(rows, none)
    names = head if second and _is_head(head) else []
    start = [second] if names else [head, second]
    found = (_row(names, row) for row in chain(start, rows))
    yield from _paragraphs(line for line in found if line)


def _mark(text: str) -> str:
    """What stands between the values: a comma, or what the first lines have more of."""
    start = "\n".join(text[:20_000].splitlines()[:20])
    bare = re.sub(r'"[^"]*"', "", start)
    return max(",;\t|", key=lambda mark: (bare.count(mark), mark == ","))


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            row = [" ".join(value[:_VALUE].split()) for value in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            continue  # a value that is too long: an open quote, most often
        if any(row):
            yield row


def _is_head(row: list[str]) -> bool:
    """Are these the names of columns? No numbers, nothing empty, nothing twice."""
    named = len(row) > 1 and len(set(row)) == len(row) and all(row)
    return named and not any(re.search(r"^[\d.,:/+-]+$", v) or len(v) > 60 for v in row)


def _row(names: list[str], row: list[str]) -> str:
    if not names:
        return " | ".join(v for v in row if v)
    named = [f"{n}: {v}" for n, v in zip(names, row, strict=False) if v]
    return " | ".join([*named, *(v for v in row[len(names) :] if v)])


def _paragraphs(lines: Iterable[str]) -> Iterator[Paragraph]:
    together: list[str] = []
    for line in lines:
        together.append(line)
        if len(together) == _TOGETHER:
            yield Paragraph(together)
            together = []
    if together:
        yield Paragraph(together)


def json_blocks(text: str) -> Iterator[Block]:
    """The values of a JSON text, each behind its name; an object of values is one line."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as err:
        del err
        yield from text_blocks([text])  # with remarks, or cut off: it can still be searched as text
        return
    yield from _paragraphs(_entries(value, "", 0))


def json_lines_blocks(texts: Iterable[str]) -> Iterator[Block]:
    """The entries of a file with a JSON value on each line."""
    lines = chain.from_iterable(text.splitlines() for text in texts)
    yield from _paragraphs(chain.from_iterable(_line(line) for line in lines if line.strip()))


def _line(line: str) -> Iterator[str]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return iter([" ".join(line.split())])
    return _entries(value, "", 0)


def _entries(value: Any, name: str, depth: int) -> Iterator[str]:
    """One line for a plain value, a list of them or the plain values of an object; more for what is nested."""
    if depth > _DEPTH:
        raise Unreadable("nested too deeply")
    if isinstance(value, dict):
        items = {str(k): v for k, v in cast("dict[Any, Any]", value).items()}
        plain = [f"{k[-_NAME:]}: {_plain(v)}" for k, v in items.items() if _is_plain(v)]
        if plain := [p for p in plain if not p.endswith(": ")]:
            yield f"{name}: {', '.join(plain)}" if name else ", ".join(plain)
        for key, inner in items.items():
            if not _is_plain(inner):
                yield from _entries(inner, f"{name} {key}".strip()[-_NAME:], depth + 1)
    elif isinstance(value, list):
        inner_values = cast("list[Any]", value)
        if _is_plain(inner_values):
            if text := _plain(inner_values):
                yield f"{name}: {text}" if name else text
        else:
            for inner in inner_values:
                yield from _entries(inner, name, depth + 1)
    elif text := _plain(value):
        yield f"{name}: {text}" if name else text


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(not isinstance(v, dict | list) for v in cast("list[Any]", value))
    return not isinstance(value, dict)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_plain, cast("list[Any]", value))))
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return " ".join(str(value)[:_VALUE].split())
