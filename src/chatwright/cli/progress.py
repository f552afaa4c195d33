"""A download as a person sees it, on stderr: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from ..events import Notice
from .clean import clean
from .screen import Screen

if TYPE_CHECKING:
    from ..backends.local.hub import Progress

__all__ = ["Downloads"]

_FIRST, _MOST = 5.0, 60.0  # seconds between two lines, at first and after a while
_NAME = 40


class Downloads:
    """Reads what `open_model` reports, and takes the bar away when the `with` block ends."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._bar: Any = None
        self._task: Any = None
        self._next = 0.0
        self._gap = _FIRST

    def __call__(self, said: Progress | Notice) -> None:
        if isinstance(said, Notice):
            self._screen.notice(said.text)
        elif sys.stderr and sys.stderr.isatty():
            self._draw(said)
        elif said.complete or time.monotonic() >= self._next:
            self._next = time.monotonic() + self._gap
            self._gap = min(_MOST, self._gap * 1.5)
            self._screen.notice(str(said))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _draw(self, said: Progress) -> None:
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
            name = clean(said.file.rsplit("/", 1)[-1])
            shown = name if len(name) <= _NAME else "…" + name[-_NAME:]
            self._task = self._bar.add_task(shown, total=said.total or None, completed=said.done)
        self._bar.update(self._task, completed=said.done, total=said.total or None)
        if said.complete:
            self._bar.stop()
            self._screen.notice(str(said))


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
