"""Everything that can be said against a model's file before the engine sees it.

The engine says little of what is wrong with a file, and aborts over some of it. So the file is read here first: the
header and the table of tensors whole, the weights as far as a short look goes, or all of them if asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .contents import Contents, read_contents
from .layers import layer_problems
from .parameters import parameter_problems, purpose_problems
from .problem import Problem
from .source import Source
from .splits import Part, other_parts, split_problems, together
from .tensors import table_problems
from .vocabulary import vocabulary_problems
from .weights import quick_problems, thorough_problems

__all__ = ["Examined", "examine"]

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a model's files hold, and what is wrong with them, the worst first."""

    path: Path
    contents: Contents
    """Of the first file, with the tensors of all."""
    parts: tuple[Part, ...]
    """The other files."""
    problems: tuple[Problem, ...]

    @property
    def size(self) -> int:
        """Bytes, of all files."""
        return self.contents.size + sum(part.size for _, part in self.parts)

    @property
    def fatal(self) -> Problem | None:
        """The first reason why the model cannot be used."""
        return next((problem for problem in self.problems if problem.fatal), None)


def examine(
    path: Path, *, thorough: bool = False, watch: Watch = lambda done, whole: None
) -> Examined:
    """Read a model's files and check them; raises only if there is no header that can be read to its end.

    `thorough` looks at every weight, and tells `watch` how many bytes of them have been seen, and of how many.
    """
    found: list[Problem] = []
    parts: list[Part] = []
    with Source(path) as source:
        whole = first = read_contents(source)
        found += _about_the_file(path, first)
        if not _fatal(found):
            parts = other_parts(path, first)
            whole, amiss = together(first, parts)
            found += [*amiss, *_about_the_model(whole)]
        source.check_unchanged()
    if not _fatal(found):
        found += _about_the_weights([(path, first), *parts], watch if thorough else None)
    problems = tuple(sorted(found, key=lambda problem: not problem.fatal))
    return Examined(path, whole, tuple(parts), problems)


def _about_the_file(path: Path, contents: Contents) -> Iterator[Problem]:
    yield from split_problems(path, contents)
    yield from purpose_problems(contents)
    yield from table_problems(
        contents.tensors, start=contents.start, alignment=contents.alignment, size=contents.size
    )


def _about_the_model(contents: Contents) -> Iterator[Problem]:
    yield from parameter_problems(contents)
    yield from vocabulary_problems(contents)
    yield from layer_problems(contents)


def _about_the_weights(files: Sequence[Part], watch: Watch | None) -> Iterator[Problem]:
    """`watch` is given if every weight is to be looked at."""
    whole = sum(tensor.size for _, contents in files for tensor in contents.tensors)
    before = 0
    for path, contents in files:
        tensors = contents.tensors

        def seen(done: int, before: int = before) -> None:
            if watch is not None:
                watch(before + done, whole)

        with Source(path) as source:
            if watch is None:
                yield from quick_problems(source, tensors, contents.start)
            else:
                yield from thorough_problems(source, tensors, contents.start, seen)
            source.check_unchanged()
        before += sum(tensor.size for tensor in tensors)


def _fatal(problems: Sequence[Problem]) -> bool:
    return any(problem.fatal for problem in problems)
