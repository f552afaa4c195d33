"""The reading of many documents as a person sees it, on stderr, and only where it takes a while."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Self

import click

from .screen import Screen

if TYPE_CHECKING:
    from ..tools.index import Progress

__all__ = ["Reading"]

_PATIENCE = 1.0  # seconds before anything is shown
_FIRST, _MOST = 5.0, 60.0  # seconds between two lines, where there is no terminal


class Reading:
    """Reads what `Index.open` reports: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._terminal = bool(sys.stderr) and sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._gap = _FIRST
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        if self._terminal:
            self._draw(f"  reading the documents: {progress}")
            return
        self._screen.notice(f"reading the documents: {progress}")
        self._next = time.monotonic() + self._gap
        self._gap = min(_MOST, self._gap * 1.5)

    def notice(self, text: str) -> None:
        """Something that a person may want to know."""
        self._draw("")
        self._screen.notice(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._draw("")

    def _draw(self, line: str) -> None:
        if not (line or self._width):
            return
        line = line[: shutil.get_terminal_size().columns - 1]
        click.echo(f"\r{line.ljust(self._width)}" + ("" if line else "\r"), nl=False, err=True)
        self._width = len(line)
