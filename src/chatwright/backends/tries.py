"""A request that may take several tries: a plan says what to do next, two shells do it and wait.

A plan is a generator that waits for nothing. It yields a `Notice` (which is shown), a `Pause`, a `Do` (whose result
it gets, or the error) and a `Try`: the request to a backend. When a try succeeds the plan is closed; when it fails
the plan gets a `Failed`, and raises or goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from chatwright.errors import BackendError
from chatwright.events import Notice
from chatwright.request import ChatItem, Request

__all__ = ["Do", "Failed", "Pause", "Plan", "Try", "Way", "arun", "fitted", "run"]

Way = Literal["chat", "stream"]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Do:
    """Something small that waits, in both ways."""

    here: Callable[[], Any]
    there: Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Try:
    """Ask this backend."""

    backend: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A try that failed; `seen`: somebody has had some of its answer, so there is no way back."""

    error: BackendError
    seen: bool


Plan = Generator[Notice | Pause | Do | Try, Any, None]


def run(plan: Plan, request: Request, way: Way) -> Generator[ChatItem, None, None]:
    """The items of the first try that succeeds, and the notices on the way there."""
    heard: Any = None
    with closing(plan):
        while True:
            step, heard = plan.send(heard), None
            match step:
                case Notice():
                    yield step
                case Pause(seconds):
                    time.sleep(seconds)
                case Do(here, _):
                    try:
                        heard = here()
                    except BackendError as err:
                        heard = err
                case Try(backend):
                    seen = False
                    try:
                        with closing(_ask(backend, way)(fitted(request, backend))) as items:
                            for item in items:
                                seen = seen or not isinstance(item, Notice)
                                yield item
                        return
                    except BackendError as err:
                        heard = Failed(err, seen)


async def arun(plan: Plan, request: Request, way: Way) -> AsyncGenerator[ChatItem, None]:
    """The same for an event loop."""
    heard: Any = None
    with closing(plan):
        while True:
            step, heard = plan.send(heard), None
            match step:
                case Notice():
                    yield step
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Do(_, there):
                    try:
                        heard = await there()
                    except BackendError as err:
                        heard = err
                case Try(backend):
                    seen = False
                    try:
                        ask = _ask(backend, "achat" if way == "chat" else "astream")
                        async with aclosing(ask(fitted(request, backend))) as items:
                            async for item in items:
                                seen = seen or not isinstance(item, Notice)
                                yield item
                        return
                    except BackendError as err:
                        heard = Failed(err, seen)


def fitted(request: Request, backend: Any) -> Request:
    """The request without a constraint that this backend would have to refuse: the answer is validated anyway."""
    follows: Callable[[Any], bool] | None = getattr(backend, "follows", None)
    if request.constraint is None or follows is None or follows(request.constraint):
        return request
    return replace(request, constraint=None)


def _ask(backend: Any, name: str) -> Callable[[Request], Any]:
    return getattr(backend, name)
