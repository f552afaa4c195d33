"""Many threads and loops at once, some of which leave early, close, crash or exit. Slow."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gguf_files import write_tiny
from local_requests import GREEDY, LONG, collect, ours, says, told, wait_until_idle

from chatwright.backends.local import LocalBackend
from chatwright.backends.local.shelf import shelf
from chatwright.errors import BackendError, Interrupted
from chatwright.request import Piece, Request

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "t.gguf", llama__context_length=2048)


@pytest.fixture
def backend(tiny: Path) -> Iterator[LocalBackend]:
    with LocalBackend(tiny, threads=1) as opened:
        yield opened


def greedy(n: int) -> Request:
    return Request(prompt=[ours(f"question {n} " * 12)], sampling=GREEDY, max_tokens=40)


class Mischief:
    """What a caller may do with a stream; each returns what is wrong, or nothing."""

    def __init__(self, backend: LocalBackend, answers: dict[int, str]) -> None:
        self.backend = backend
        self.answers = answers
        self.differ = 0
        self.whole = 0

    def listen(self, n: int) -> str | None:
        text = told(list(self.backend.stream(greedy(n))))
        self.whole += 1
        self.differ += text != self.answers[n]
        return None

    def constrained(self, n: int) -> str | None:
        text = told(list(self.backend.stream(says(f"exactly {n}"))))
        return None if text == f"exactly {n}" else f"{n}: {text!r}"

    def leave(self, n: int) -> str | None:
        stream: Any = self.backend.stream(Request(prompt=[ours("x" * n)], constraint=LONG))
        for _ in range(n % 5):
            next(stream)
        stream.close()
        return None

    def too_late(self, n: int) -> str | None:
        request = Request(
            prompt=[ours("y" * (n + 1))],
            constraint=LONG,
            deadline=time.monotonic() + 0.01 * (n % 7),
        )
        with pytest.raises(Interrupted, match="in time"):
            list(self.backend.stream(request))
        return None

    def cancel(self, n: int) -> str | None:
        async def main() -> None:
            tasks = [
                asyncio.ensure_future(
                    collect(
                        self.backend,
                        Request(prompt=[ours("z" * 90 * (n % 9 + 1))], constraint=LONG),
                    )
                )
                for _ in range(3)
            ]
            await asyncio.sleep(0.005 * (n % 6))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(main())
        return None

    def gather(self, n: int) -> str | None:
        async def main() -> list[str]:
            many = [collect(self.backend, says(f"{n}/{k}")) for k in range(4)]
            return [told(items) for items in await asyncio.gather(*many)]

        found = asyncio.run(main())
        return None if found == [f"{n}/{k}" for k in range(4)] else f"{n}: {found}"


@pytest.mark.parametrize("seed", [1, 2])
def test_sixteen_threads_that_stay_and_leave_as_they_like(backend: LocalBackend, seed: int):
    answers = {n: told(list(backend.stream(greedy(n)))) for n in range(64)}
    mischief = Mischief(backend, answers)
    ways: list[Callable[[int], str | None]] = [
        mischief.listen, mischief.listen, mischief.constrained, mischief.leave,
        mischief.too_late, mischief.cancel, mischief.gather,
    ]  # fmt: skip
    plan = [(random.Random(seed * 1000 + n).choice(ways), n) for n in range(64)]
    before = set(threading.enumerate())
    with ThreadPoolExecutor(16) as pool:
        wrong = [found for found in pool.map(lambda job: job[0](job[1]), plan) if found]
    assert wrong == []
    # Numbers that are added in another order differ in their last bit, and a close call may go the other way.
    assert mischief.whole > 5 and mischief.differ <= mischief.whole // 10
    wait_until_idle(backend)
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    assert set(threading.enumerate()) <= before


def test_answers_come_at_the_same_time(backend: LocalBackend):
    """The pieces of four answers, in the order in which they came, are thoroughly mixed."""
    seen: list[int] = []
    started = threading.Barrier(4)

    def ask(n: int) -> None:
        started.wait(20)
        for _ in backend.stream(
            Request(prompt=[ours("hello" * n)], constraint=LONG, max_tokens=300)
        ):
            seen.append(n)

    backend.load()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(1, 5)))
    middle = seen[len(seen) // 3 : 2 * len(seen) // 3]
    changes = sum(a != b for a, b in pairwise(middle))
    assert set(middle) == {1, 2, 3, 4}
    assert changes > len(middle) // 10


def test_backends_that_open_and_close_under_each_other(tiny: Path):
    def one(n: int) -> None:
        for k in range(4):
            with LocalBackend(tiny, threads=1) as backend:
                assert told(list(backend.stream(says(f"{n} {k}")))) == f"{n} {k}"
                if k % 2:
                    left = backend.stream(Request(prompt=[ours("hello")], constraint=LONG))
                    next(left)
                    backend.close()
                    with pytest.raises((Interrupted, BackendError)):
                        list(left)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    assert shelf._places == []


def test_an_engine_that_is_killed_again_and_again_serves_all_who_come_back(tiny: Path):
    done = threading.Event()
    came: list[str] = []

    def ask(backend: LocalBackend, n: int) -> None:
        for k in range(6):
            for _ in range(50):
                with contextlib.suppress(BackendError):  # it was killed; ask again
                    came.append(told(list(backend.stream(says(f"{n} {k}")))))
                    break

    with LocalBackend(tiny, threads=1) as backend:

        def kill() -> None:
            killed_at = 0
            while not done.wait(0.02):
                if len(came) < killed_at + 3:
                    continue  # let some get through
                killed_at = len(came)
                for place in list(shelf._places):
                    child = place.engine._child
                    if child is not None and child.alive:
                        os.kill(child._process.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: ask(backend, n), range(4)))
        done.set()
        killer.join()
        assert sorted(came) == sorted(f"{n} {k}" for n in range(4) for k in range(6))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_opening_and_closing_leaves_nothing_behind(tiny: Path):
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    def once() -> None:
        with LocalBackend(tiny, threads=1) as backend:
            stream = backend.stream(Request(prompt=[ours("hello")], constraint=LONG))
            assert isinstance(next(stream), Piece)
            assert told(list(backend.stream(says("hi")))) == "hi"

    once()
    before, threads = open_files(), threading.active_count()
    for _ in range(10):
        once()
    deadline = time.monotonic() + 10
    while (open_files(), threading.active_count()) > (before, threads):
        assert time.monotonic() < deadline, (open_files(), before)
        time.sleep(0.01)
