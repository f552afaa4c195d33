"""Who may enter the engine: never more than fits, in the order of the line, and anyone may leave the line."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gguf_files import write_tiny
from local_requests import LONG, collect, ours, says, told, wait_until_idle

import chatwright.backends.local.wire as wire_module
from chatwright.backends.local import LocalBackend
from chatwright.backends.local.admission import Admission
from chatwright.errors import BackendError, ContextOverflow
from chatwright.request import End, Grammar, Piece, Request


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny.gguf", llama__context_length=2048)


@pytest.fixture
def backend(tiny: Path) -> Iterator[LocalBackend]:
    with LocalBackend(tiny, threads=1) as opened:
        yield opened


class Waiting:
    """A request on a thread of its own, which holds its place until it is let go."""

    def __init__(self, admission: Admission, cells: int, log: list[str], name: str) -> None:
        self.cancelled = False
        self.wake: Callable[[], None] = admission.wake
        self.inside = threading.Event()
        self.left = threading.Event()
        self._go = threading.Event()
        self._args = admission, cells, log, name
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._thread.start()

    def go(self) -> None:
        self._go.set()
        assert self.left.wait(20)

    def cancel(self) -> None:
        self.cancelled = True
        self.wake()
        assert self.left.wait(20)

    def stop(self, reason: str) -> None:
        self.cancelled = True

    def join(self, seconds: float) -> None:
        pass

    def _main(self) -> None:
        admission, cells, log, name = self._args
        with admission.place(self, cells) as entered:
            if entered:
                log.append(name)
                self.inside.set()
                self._go.wait(20)
        self.left.set()


def queue(admission: Admission, cells: int, log: list[str], name: str) -> Waiting:
    """The same, and it stands in line or is inside before this returns."""
    before = len(admission.inside)
    waiting = Waiting(admission, cells, log, name)
    while len(admission.inside) == before:
        time.sleep(0.001)
    return waiting


def test_the_line_is_kept_also_when_a_later_request_would_fit():
    log: list[str] = []
    admission = Admission(100, 4, lambda: False)
    first = queue(admission, 60, log, "first")
    large = queue(admission, 90, log, "large")
    small = queue(admission, 10, log, "small")
    assert first.inside.wait(20)
    assert not large.inside.is_set() and not small.inside.is_set()
    first.go()
    assert large.inside.wait(20) and small.inside.wait(20)
    assert log == ["first", "large", "small"]
    large.go()
    small.go()
    assert (admission.cells, admission.slots) == (100, 4)


def test_who_leaves_the_line_lets_the_next_one_move_up():
    log: list[str] = []
    admission = Admission(100, 4, lambda: False)
    first = queue(admission, 60, log, "first")
    large = queue(admission, 90, log, "large")
    small = queue(admission, 10, log, "small")
    large.cancel()
    assert small.inside.wait(20)
    assert log == ["first", "small"]
    first.go()
    small.go()
    assert (admission.cells, admission.slots, len(admission.inside)) == (100, 4, 0)


def test_no_more_enter_than_there_are_slots():
    log: list[str] = []
    admission = Admission(100, 2, lambda: False)
    waiting = [queue(admission, 1, log, str(n)) for n in range(5)]
    for n, one in enumerate(waiting):
        assert one.inside.wait(20)
        assert len(log) <= n + 2
        one.go()
    assert log == list("01234")


def test_nobody_enters_while_another_is_leaving():
    leaving, log = [True], []
    admission = Admission(100, 2, lambda: leaving[0])
    one = queue(admission, 1, log, "one")
    assert not one.inside.wait(0.05)
    leaving[0] = False
    admission.wake()
    assert one.inside.wait(20)
    one.go()


def test_after_the_end_nobody_is_let_in():
    admission = Admission(100, 2, lambda: False)
    assert admission.close() == []
    with pytest.raises(BackendError, match="closed"), admission.place(Any, 1):  # pyright: ignore
        pass


# The context


@pytest.mark.parametrize("max_tokens", [None, 1, 7, 10**12])
def test_a_prompt_that_is_too_long_is_refused_with_the_numbers_before_it_hurts_anybody(
    backend: LocalBackend, max_tokens: int | None
):
    some = Grammar("root ::= [a-z]{300}")
    running = backend.stream(Request(prompt=[ours("hello")], constraint=some))
    assert isinstance(next(running), Piece)
    wanted = "an answer is wanted" if max_tokens is None else f"{max_tokens:,} more are wanted"
    with pytest.raises(ContextOverflow, match=rf"3,000 tokens and {wanted}.* 2,048") as caught:
        list(backend.stream(Request(prompt=[ours("x" * 3000)], max_tokens=max_tokens)))
    assert "n_ctx" in caught.value.hint
    assert list(running)[-1].reason == "stop"


@pytest.mark.parametrize("max_tokens", [None, 10**12])
def test_more_tokens_than_the_context_holds_end_with_length(tiny: Path, max_tokens: int | None):
    with LocalBackend(tiny, n_ctx=128, threads=1) as backend:
        request = Request(prompt=[ours("x" * 100)], constraint=LONG, max_tokens=max_tokens)
        end = list(backend.stream(request))[-1]
        assert isinstance(end, End) and end.reason == "length" and end.usage.completion == 28


def test_answers_that_would_overflow_the_memory_together_wait_for_each_other(tiny: Path):
    """Without that the engine would fail all that run, not only the one that was too much."""
    with LocalBackend(tiny, n_ctx=256, slots=4, threads=1) as backend:
        engine = backend._open()[0]
        engine._admission.cells = 300  # as if the memory held hardly more than one of them

        async def ask_all() -> list[list[Piece | End]]:
            many = [Request(prompt=[ours(letter * 100)], constraint=LONG) for letter in "abcdefgh"]
            return await asyncio.gather(*(collect(backend, request) for request in many))

        for items in asyncio.run(ask_all()):
            end = items[-1]
            assert isinstance(end, End) and (end.reason, end.usage.completion) == ("length", 156)
        admission = engine._admission
        with admission.changed:
            assert admission.changed.wait_for(lambda: not admission.inside, timeout=20)
        assert admission.cells == 300


# Side by side


def test_answers_overlap_in_the_engine(backend: LocalBackend):
    long = backend.stream(Request(prompt=[ours("hello")], constraint=LONG))
    assert isinstance(next(long), Piece)
    engine = backend._open()[0]
    (its,) = engine._exchanges
    for n in range(3):
        assert told(list(backend.stream(says(f"short {n}")))) == f"short {n}"
        assert its in engine._exchanges  # the long one goes on all the while
    assert len(told(list(long))) > 1000


def test_hundreds_of_requests_at_once_need_no_more_threads_than_there_are_slots(
    backend: LocalBackend,
):
    before, most = threading.active_count(), 0

    async def ask(n: int) -> str:
        nonlocal most
        text = told(await collect(backend, says(f"n{n}")))
        most = max(most, threading.active_count())
        return text

    async def main() -> list[str]:
        return await asyncio.gather(*(ask(n) for n in range(300)))

    assert asyncio.run(main()) == [f"n{n}" for n in range(300)]
    assert most <= before + 4
    wait_until_idle(backend)


def test_requests_that_have_no_thread_yet_can_be_cancelled(backend: LocalBackend):
    async def main() -> list[Any]:
        tasks = [
            asyncio.ensure_future(collect(backend, Request(prompt=[ours("hi")], constraint=LONG)))
            for _ in range(40)
        ]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(main())
    assert {type(one) for one in found} == {asyncio.CancelledError}
    assert told(list(backend.stream(says("free")))) == "free"
    wait_until_idle(backend)


def test_when_the_system_has_no_more_threads_it_is_an_error(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
):
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    backend.load()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(BackendError, match="no thread"):
            list(backend.stream(says("hi")))
    assert told(list(backend.stream(says("hi")))) == "hi"


# Stopping


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The chunks that the engine still sent after it had been told to stop."""
    seen: list[dict[str, Any]] = []
    chunks = wire_module.Exchange.chunks

    def watched(self: wire_module.Exchange) -> Iterator[dict[str, Any]]:
        for chunk in chunks(self):
            if self.hung_up:
                seen.append(chunk)
            yield chunk

    monkeypatch.setattr(wire_module.Exchange, "chunks", watched)
    return seen


def test_a_reader_that_goes_away_stops_the_engine_within_a_few_tokens(
    backend: LocalBackend, after: list[dict[str, Any]]
):
    stream = backend.stream(Request(prompt=[ours("hello")], constraint=LONG))
    for _ in range(3):
        assert isinstance(next(stream), Piece)
    stream.close()
    wait_until_idle(backend)
    assert len(after) < 40  # what was on its way; it would have been 1900


def test_a_prompt_that_is_being_read_is_given_up_in_the_middle(
    backend: LocalBackend, after: list[dict[str, Any]]
):
    """The engine looks after each batch of 128 tokens; this prompt has 15."""
    seen: list[dict[str, Any]] = []
    backend.load()

    async def main() -> None:
        request = Request(prompt=[ours("z" * 1900)], max_tokens=5)
        task = asyncio.ensure_future(collect(backend, request))
        engine = backend._open()[0]
        while not engine._exchanges:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    wait_until_idle(backend)
    assert not any(chunk.get("content") for chunk in [*seen, *after])
    assert len(after) < 10


def test_a_thread_that_fails_in_mid_answer_stops_the_engine(backend: LocalBackend):
    failed: list[str] = []

    def main() -> None:
        try:
            for item in backend.stream(Request(prompt=[ours("hello")], constraint=LONG)):
                raise KeyError(item)
        except KeyError:
            failed.append("yes")

    thread = threading.Thread(target=main)
    thread.start()
    thread.join(20)
    assert failed == ["yes"]
    wait_until_idle(backend)


def test_a_loop_that_is_left_early_and_forgotten_stops_the_engine(backend: LocalBackend):
    async def main() -> None:
        async for _ in backend.astream(Request(prompt=[ours("hello")], constraint=LONG)):
            break

    asyncio.run(main())
    wait_until_idle(backend)


def test_a_deadline_in_mid_answer_stops_the_engine(backend: LocalBackend):
    from chatwright.errors import Interrupted

    backend.load()
    for run in (lambda r: list(backend.stream(r)), lambda r: asyncio.run(collect(backend, r))):
        request = Request(prompt=[ours("hello")], constraint=LONG, deadline=time.monotonic() + 0.15)
        with pytest.raises(Interrupted, match="in time") as caught:
            run(request)
        assert len(caught.value.partial) < 1900
        wait_until_idle(backend)


def test_the_next_step_finds_its_prompt_in_the_cache_after_a_stop(tiny: Path):
    """A stop is cut by us, so that the engine is still at it when the next request may already come."""
    with LocalBackend(tiny, threads=1) as backend:
        first = "once upon a time there was " * 30
        gbnf = Grammar('root ::= "Thought: look" "\\nObservation: " [a-z]{1000}')
        for n in range(5):
            prompt = [ours(first), ours(f"{n}")]
            items = list(backend.stream(Request(prompt=prompt, constraint=gbnf, stop=["\nObs"])))
            assert told(items) == "Thought: look"
            second = [*prompt, ours(told(items)), ours("\nObservation: found")]
            end = list(backend.stream(says("fine", prompt=second)))[-1]
            assert isinstance(end, End)
            shared = len(backend.tokenize(second[:3]))
            assert end.usage.cached >= shared - 2
