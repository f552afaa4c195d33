"""What an LLM has opened so far: each thing once, whoever asks first, for as long as the settings stay the same."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Opened"]

T = TypeVar("T")


class Opened:
    """Clients and models by what they were opened with. It stays behind in copies that travel: they open their own."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # making one thing may take another
        self._waiting = threading.Lock()
        self._settings: Hashable = None
        self._things: dict[Hashable, Any] = {}
        self._asking: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Any]] = (
            weakref.WeakKeyDictionary()
        )

    def get(self, settings: Hashable, name: Hashable, make: Callable[[], T]) -> T:
        """The thing of this name, made now if there is none. `make` waits for nothing."""
        with self._lock:
            if (
                settings != self._settings
            ):  # a field was set anew, or this is a copy with other fields
                self._settings, self._things = settings, {}
            if name not in self._things:
                self._things[name] = make()
            return self._things[name]

    def ask(self, ask: Callable[[], T]) -> T:
        """Wait for something that all threads want to know; the first one asks."""
        with self._waiting:
            return ask()

    async def aask(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The same for an event loop: its tasks wait for one answer."""
        loop = asyncio.get_running_loop()
        task = self._asking.get(loop)
        if task is None or task.done():
            task = self._asking[loop] = asyncio.ensure_future(_whole(ask))
        return await asyncio.shield(task)

    def take(self) -> list[Any]:
        """All that is open, and nothing is open any more."""
        with self._lock:
            things, self._things = list(self._things.values()), {}
            return things

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opened)  # what is open does not make one LLM differ from another

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Opened()"

    def __reduce__(self) -> tuple[type[Opened], tuple[()]]:
        return Opened, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Opened:
        return Opened()


async def _whole(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
