"""A model in several files: the first one names the others, and the engine loads them with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from chatwright.errors import BackendError

from .contents import Contents, read_contents
from .problem import Problem
from .source import Source
from .tensors import table_problems

__all__ = ["Part", "other_parts", "split_problems", "together"]

_NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")
_U16 = 2
_MOST = 10_000

Part = tuple[Path, Contents]
"""A file of a model, and what stands before the weights in it."""


def split_problems(path: Path, contents: Contents) -> Iterator[Problem]:
    """Is this the first part of a model, and are the others beside it?"""
    count, number = _count(contents), contents.values.get("split.no", 0)
    if count is None:
        yield Problem(f"its 'split.count' is {contents.values['split.count']!r:.40}")
    elif count > 1:
        yield from _place(path, count, number)
    named = _NAME.fullmatch(path.name)
    if named and int(named[2]) > 1 and not contents.tensors:
        yield Problem(
            f"it is part {int(named[2])} of a model", f"name the first: {_part(named, 1)}"
        )


def other_parts(path: Path, contents: Contents) -> list[Part]:
    """The other files of the model, each read and checked by itself."""
    count, named = _count(contents) or 1, _NAME.fullmatch(path.name)
    if count < 2 or named is None:
        return []
    return [_read(path.with_name(_part(named, n)), n, count) for n in range(2, count + 1)]


def together(contents: Contents, parts: Sequence[Part]) -> tuple[Contents, list[Problem]]:
    """The whole model: the first part with the tensors of all of them."""
    if not parts:
        return contents, []
    tensors = [*contents.tensors, *(t for _, part in parts for t in part.tensors)]
    problems: list[Problem] = []
    if len({t.name for t in tensors}) < len(tensors):
        problems.append(Problem("two of its parts have a tensor of the same name"))
    said = contents.values.get("split.tensors.count")
    if isinstance(said, int) and said != len(tensors):
        what = f"its parts have {len(tensors):,} tensors, and it claims {said:,}"
        problems.append(Problem(what, "the parts may be of different models"))
    return replace(contents, tensors=tuple(tensors)), problems


def _count(contents: Contents) -> int | None:
    count = contents.values.get("split.count", 1)
    return count if isinstance(count, int) and 0 <= count <= _MOST else None


def _place(path: Path, count: int, number: object) -> Iterator[Problem]:
    named = _NAME.fullmatch(path.name)
    if named is None or int(named[3]) != count:
        first = f"the name of the first ends in -00001-of-{count:05d}.gguf"
        yield Problem(f"it is one of {count} parts, and its name does not say so", first)
    elif number != 0:
        yield Problem(
            f"it is not the first of the model's {count} parts",
            f"name the first: {_part(named, 1)}",
        )
    elif int(named[2]) != 1:
        yield Problem("it is the first part, and its name says another", "give it its name back")
    else:
        absent = [
            name
            for n in range(2, count + 1)
            if not path.with_name(name := _part(named, n)).exists()
        ]
        if absent:
            more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
            yield Problem(
                f"of the model's {count} parts {absent[0]}{more} is not beside it",
                "download all parts into one folder",
            )


def _read(path: Path, number: int, count: int) -> Part:
    with Source(path) as source:
        part = read_contents(source)
        said = part.values.get("split.no")
        if said != number - 1 or part.kinds.get("split.no") != _U16 or _count(part) != count:
            raise BackendError(
                f"{path.name} is not part {number} of {count}, whatever its name says",
                "download all parts again from one place",
            )
        found = table_problems(
            part.tensors, start=part.start, alignment=part.alignment, size=part.size
        )
        for problem in found:
            raise problem.error(path.name)
    return path, part


def _part(named: re.Match[str], number: int) -> str:
    return f"{named[1]}-{number:05d}-of-{named[3]}.gguf"
