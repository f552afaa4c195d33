"""The one connection of a process to a journal, shared by all who have it open there."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

from ...errors import JournalError
from . import database, locks, place

__all__ = ["Store", "again", "close", "guard", "of_this_process", "open_store"]

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Store:
    """A journal's file as this process has it open."""

    def __init__(self, path: str) -> None:
        self._seen = place.made(path)
        self.path = path
        self.pid = os.getpid()
        self.shares = 1
        self.lock = threading.Lock()
        self._owner = 0
        self._connection = database.opened(path)
        try:
            self.locks = locks.opened(f"{path}-lock")
        except BaseException:
            self._connection.close()
            raise

    def write(self, work: Work[T], *, durable: bool = False) -> T:
        """What `work` gives, in a commit of its own: all that it writes is kept, or nothing is.

        `durable`: a power cut does not undo it either.
        """
        self._check()
        with self.lock:
            connection = self._connection
            try:
                self._owner = threading.get_ident()
                _undo(connection)  # what a second interrupt kept from being undone
                if durable:
                    connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                done = work(connection)
                connection.execute("COMMIT")
                return done
            except sqlite3.Error as err:
                raise database.explained(err, self.path) from err
            finally:
                _undo(connection)  # after a commit there is nothing to undo
                if durable:
                    connection.execute("PRAGMA synchronous = NORMAL")
                self._owner = 0

    def read(self, work: Work[T]) -> T:
        """What `work` finds, as it all stood at one moment."""
        self._check()
        with self.lock:
            connection = self._connection
            try:
                self._owner = threading.get_ident()
                _undo(connection)
                connection.execute("BEGIN")
                return work(connection)
            except sqlite3.Error as err:
                raise database.explained(err, self.path) from err
            finally:
                _undo(connection)
                self._owner = 0

    def is_there(self) -> bool:
        """Is the file under this name still the one that we have open?"""
        try:
            return os.path.samestat(os.stat(self.path), self._seen)
        except OSError:
            return False

    def close(self) -> None:
        with self.lock:
            # The last connection to a file writes everything to its place, and removes what stood beside it.
            self._connection.close()
        locks.closed(self.locks)

    def _check(self) -> None:
        if self.pid != os.getpid():
            raise JournalError(
                "this run was begun by another process, before a fork", "begin it again in this one"
            )
        if not self.shares:
            raise JournalError(f"the journal {self.path} is closed", "open it again")
        if not self.is_there():
            raise JournalError(
                f"the journal {self.path} was moved or deleted while it was in use",
                "put it back, or begin a new run",
            )
        if self._owner == threading.get_ident() and self.lock.locked():
            # Called by a signal, or by what Python clears away, in the middle of our own work.
            raise JournalError(f"the journal {self.path} is in the middle of a commit", "try again")


guard = threading.RLock()
_stores: dict[str, Store] = {}
_resting: list[Store] = []  # in the middle of a fork
_left: list[Store] = []  # a parent's


def open_store(path: str) -> Store:
    """A share of the store of that (real) path; `close` gives it back."""
    with guard:
        known = _stores.get(path)
        if known and known.is_there():
            known.shares += 1
            return known
        _stores[path] = new = Store(path)
        return new


def again(store: Store) -> Store:
    """One more share of a store that is open."""
    with guard:
        if not store.shares:
            raise JournalError(f"the journal {store.path} is closed", "open it again")
        store.shares += 1
        return store


def of_this_process(store: Store) -> Store:
    """The same, or after a fork a share of one of our own."""
    return store if store.pid == os.getpid() else open_store(store.path)


def close(store: Store) -> None:
    """Give a share back. The last one closes the file."""
    with guard:
        if store.pid != os.getpid():
            return
        store.shares -= 1
        if not store.shares:
            if _stores.get(store.path) is store:
                del _stores[store.path]
            store.close()


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _before_fork() -> None:
    # Nobody is in the middle of anything when the child gets its copy. A stuck disk must not forbid to fork.
    guard.acquire()
    _resting.extend(store for store in _stores.values() if store.lock.acquire(timeout=1))


def _after_fork() -> None:
    for store in _resting:
        store.lock.release()
    _resting.clear()
    guard.release()


def _in_child() -> None:
    """A child opens the file anew. The parent's connection is left alone, and kept so that nothing closes it."""
    _left.extend(_stores.values())
    _stores.clear()
    locks.abandon()
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
