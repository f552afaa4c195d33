"""The engines of this process: one for each file, shared by all who use it, closed when nobody does."""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Hashable
from concurrent.futures import Future

from chatwright.errors import BackendError

from .engine import Engine, Settings

__all__ = ["Shelf", "shelf"]


class _Place:
    """An engine that is loaded, or is being loaded, and who uses it."""

    def __init__(self, settings: Settings) -> None:
        self.engine = Engine(settings)
        self.loaded: Future[None] = Future()
        self.users: set[Hashable] = set()

    @property
    def good(self) -> bool:
        return not self.loaded.done() or self.engine.usable


class Shelf:
    """Hands engines out. A user is any token: it gets the same engine until it gives it back.

    A file has one engine, unless a later user needs a larger context, more slots or other threads than it has: then
    there is a second one beside it. A file that was replaced on the disk is another file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: list[_Place] = []
        self._forgotten: deque[Hashable] = deque()
        self._exiting = False

    def open(self, user: Hashable, settings: Settings) -> Engine:
        """The engine for these settings, loaded if it is not yet. Only the caller waits for that."""
        place, mine = self._take(user, settings)
        self._sweep()
        if mine:
            self._load(place)
        place.loaded.result()
        return place.engine

    def give_back(self, user: Hashable) -> None:
        """The last user of an engine closes it."""
        self._forgotten.append(user)
        with self._lock:
            unused = self._without_users()
        for place in unused:
            place.engine.close()
        self._sweep()

    def forget(self, user: Hashable) -> None:
        """`give_back` for a finalizer, which may come in anywhere, also while this very thread holds the lock."""
        self._forgotten.append(user)
        self._sweep()

    def close_all(self) -> None:
        """At the end of the interpreter."""
        with self._lock:
            self._exiting = True
            places, self._places = self._places, []
        for place in places:
            place.engine.close()

    def after_fork(self) -> None:
        """In a forked process: the engines are those of the other one, and are loaded anew when they are used."""
        self._lock = threading.Lock()
        places, self._places = self._places, []
        for place in places:
            place.engine.abandon()

    def _take(self, user: Hashable, settings: Settings) -> tuple[_Place, bool]:
        with self._lock:
            if self._exiting:
                raise BackendError("the interpreter is shutting down")
            for place in sorted(self._places, key=lambda place: user not in place.users):
                if not place.good:
                    self._places.remove(place)
                    place.engine.bury()
                elif place.engine.settings.serve(settings):
                    place.users.add(user)
                    return place, False
            place = _Place(settings)
            place.users.add(user)
            self._places.append(place)
            return place, True

    def _load(self, place: _Place) -> None:
        try:
            place.engine.load()
        except BaseException as err:
            with self._lock:
                self._places = [other for other in self._places if other is not place]
            told = isinstance(err, Exception)
            place.loaded.set_exception(err if told else BackendError("loading was interrupted"))
            raise
        place.loaded.set_result(None)

    def _sweep(self) -> None:
        """Close the engines of users that were forgotten, unless somebody holds the lock and will do it after."""
        while self._forgotten and self._lock.acquire(blocking=False):
            try:
                unused = self._without_users()
            finally:
                self._lock.release()
            for place in unused:
                place.engine.close()

    def _without_users(self) -> list[_Place]:
        while self._forgotten:
            user = self._forgotten.popleft()
            for place in self._places:
                place.users.discard(user)
        unused = [place for place in self._places if not place.users]
        self._places = [place for place in self._places if place.users]
        return unused


shelf = Shelf()
atexit.register(shelf.close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=shelf.after_fork)
