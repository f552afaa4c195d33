"""The passages of a folder that can be searched: kept for the next time, and never older than the folder."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..errors import UsageError
from . import rank, store
from .cache import Private
from .files import Folder
from .found import Passage, Progress, Skipped
from .keeper import Keeper, State
from .words import telling_words

__all__ = ["Hit", "Index", "Progress", "telling_words"]

_AGAIN = 2.0  # seconds between two looks at the folder, at least


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; a higher score is better, and means something only beside its neighbours."""

    passage: Passage
    score: float


class Index:
    """Documents that can be searched from any thread. `skipped` names what was not read, and why."""

    def __init__(self, found: Iterable[Passage], skipped: Iterable[Skipped] = ()) -> None:
        place = Private()
        with place.writing() as database:
            _fill(database, found)
        self._begin(State(database, place, skipped), None)

    @classmethod
    def read(cls, folder: str | Path) -> Index:
        """The index of a folder of documents, or of one file, in memory.

        `UsageError` when there is nothing to read.
        """
        return cls._of(Keeper(Folder.at(folder), cached=False), folder)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        cache: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Index:
        """The same from the user's cache, where only what has changed since the last time is read.

        `cache` takes the place of the user's cache folder. `on_progress` hears how far the reading is, some
        times in a second; `on_notice` hears what a person may want to know, such as that there can be no cache.
        """
        keeper = Keeper(
            Folder.at(folder),
            cached=True,
            cache=Path(cache) if cache else None,
            on_progress=on_progress,
            on_notice=on_notice,
        )
        return cls._of(keeper, folder)

    @classmethod
    def _of(cls, keeper: Keeper, folder: str | Path) -> Index:
        index = cls.__new__(cls)
        start = time.monotonic()
        index._begin(keeper.current(), keeper)
        index._took = time.monotonic() - start
        if not index._state.size:
            notice = index.notice
            index.close()
            raise UsageError(
                f"there are no documents to read in '{folder}'",
                notice or "give a folder of .md, .txt, .html or .pdf files",
            )
        return index

    def _begin(self, state: State, keeper: Keeper | None) -> None:
        self._state = state
        self._keeper = keeper
        self._refreshing = threading.Lock()
        self._looked = time.monotonic()
        self._took = 0.0
        self._held = [state]
        self.close = weakref.finalize(self, _close, self._held)

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The files that were not read, or not to the end, each with the reason."""
        return self._state.skipped

    @property
    def notice(self) -> str:
        """One line on what was not read, for a person; empty when everything was."""
        return _notice(self.skipped)

    def find(self, query: str, limit: int = 20) -> list[Hit]:
        """The passages that share words with the query, best first. No query is wrong, some find nothing."""
        state = self._state
        try:
            return self._find(query, limit)
        except sqlite3.DatabaseError as err:
            if not self._keeper:
                raise
            with self._refreshing:
                if self._state is state:  # nobody else has seen the damage and mended it
                    self._keeper.recover(err)
                    self._replace(self._keeper.current())
            return self._find(query, limit)

    def refresh(self) -> None:
        """Read what has changed in the folder since it was last looked at.

        Other threads search what was there before until that is done.
        """
        if not self._keeper:
            return
        with self._refreshing:
            start = time.monotonic()
            self._replace(self._keeper.current(self._state))
            self._looked = time.monotonic()
            self._took = self._looked - start

    def refresh_if_due(self) -> None:
        """`refresh`, if nobody is at it and the last look was not just now."""
        due = self._looked + max(_AGAIN, 20 * self._took)
        if self._keeper and time.monotonic() > due and not self._refreshing.locked():
            self.refresh()

    def _find(self, query: str, limit: int) -> list[Hit]:
        while True:
            state = self._state
            with state.lock:
                if state.closed:
                    if state is self._state:
                        raise UsageError("the index is closed")
                    continue  # a newer one has just taken its place
                found = rank.best(state.database, state.size, query, limit)
                return [Hit(store.passage(state.database, row), score) for row, score in found]

    def _replace(self, state: State) -> None:
        before = self._state
        if state is before:
            return
        self._state = state
        self._held[:] = [state]
        if before.database is not state.database:
            before.close()


def _close(held: list[State]) -> None:
    for state in held:
        state.close()


def _fill(database: sqlite3.Connection, found: Iterable[Passage]) -> None:
    writer = store.Writer(database)
    writer.begin()
    files = groupby(found, key=lambda passage: passage.file)
    for number, (file, group) in enumerate(files):
        for _ in writer.add(b"%d" % number, file, group):
            pass
    writer.commit()


def _notice(skipped: Iterable[Skipped]) -> str:
    """`not read: a.png (a .png file), 12 × a .py file`."""
    skipped = list(skipped)
    many = {reason for reason, count in Counter(s.reason for s in skipped).items() if count > 3}
    named = [f"{s.file} ({s.reason})" for s in skipped if s.reason not in many]
    counted = [f"{sum(s.reason == r for s in skipped)} × {r}" for r in sorted(many)]
    parts = named[:8] + ([f"{len(named) - 8} more"] if len(named) > 8 else []) + counted
    return f"not read: {', '.join(parts)}" if parts else ""
