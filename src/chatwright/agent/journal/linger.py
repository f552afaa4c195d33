"""A journal that is named by its file stays open for a moment after a run. Often another run follows, and to close the
file and open it again costs more than a run writes.

Nothing is at risk meanwhile, no more than in the middle of a run. A program that ends closes what is open.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time

from ...errors import JournalError
from ...tools.workers import on_a_thread
from . import place
from .journal import Journal

__all__ = ["let_go", "taken"]

_SECONDS = 1.0
_LARGEST = 64 * 1024  # bytes beside the file; more is written to its place at once

_lock = threading.Lock()
_held: dict[str, tuple[float, Journal]] = {}  # until when, by path
log = logging.getLogger("chatwright")


def taken(path: str | os.PathLike[str]) -> Journal:
    """The journal in that file, which may still be open."""
    name = place.real(path)
    with _lock:
        gone = name in _held and not _held[name][1].is_there()
        before = _held.pop(name)[1] if gone else None
    if before:
        before.close()  # first: it takes away what stands beside a file of this name
    return Journal.open(name)


def let_go(journal: Journal) -> None:
    """Close the journal: in a moment, or now if much stands beside it."""
    now = _beside(journal.path) > _LARGEST
    with _lock:
        begins = not _held and not now
        before = _held.pop(journal.path, None)
        if not now:
            _held[journal.path] = time.monotonic() + _SECONDS, journal
    if before:
        before[1].close()
    if now:
        journal.close()
    if begins:
        on_a_thread(_watch)


def _beside(path: str) -> int:
    try:
        return os.stat(f"{path}-wal").st_size
    except OSError:
        return 0


def _watch() -> None:
    """Close each journal when its moment is over, until there is none."""
    while True:
        with _lock:
            now = time.monotonic()
            due = [path for path, (until, _) in _held.items() if until <= now]
            journals = [_held.pop(path)[1] for path in due]
            wait = min((until for until, _ in _held.values()), default=now) - now
            ends = not _held
        _close(journals)
        if ends:
            return
        time.sleep(max(wait, 0.01))


def _close(journals: list[Journal]) -> None:
    for journal in journals:
        try:
            journal.close()
        except JournalError as err:  # whoever opens it next is told more
            log.warning("a journal was not closed: %s", err)


@atexit.register
def _close_all() -> None:
    with _lock:
        journals = [journal for _, journal in _held.values()]
        _held.clear()
    _close(journals)


def _in_child() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _held.clear()  # they are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
