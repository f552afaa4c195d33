"""Many at once: calls of one reply, agents of one event loop, threads with one agent."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from agent_stage import (
    NUMBER,
    SOON,
    Plain,
    Play,
    aplay,
    both,
    calls,
    gate,
    of,
    play,
    says,
    tool,
)

from chatwright import Agent, Limits, Tool
from chatwright.agent.journal import Journal
from chatwright.errors import BackendError, RunBusy
from chatwright.events import Event, Finish, Text, ToolCall, ToolResult

__all__ = ["gate"]  # a fixture


def _asks(*names: str) -> list[Event]:
    return calls(*(ToolCall(f"c{n}", name, {"n": n}) for n, name in enumerate(names)))


class _Busy:
    """Notes how many are at work at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.log: list[str] = []

    @contextmanager
    def work(self, what: str) -> Generator[None]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.log.append(f"{what} begins among {self.now}")
        yield
        with self.lock:
            self.now -= 1


# -- calls of one reply -----------------------------------------------------------------------------------


@both
def test_calls_that_only_read_run_at_the_same_time(play: Play):
    meeting = threading.Barrier(3)  # nobody goes on before all are there

    def meet(n: int) -> str:
        meeting.wait(10)
        return f"met {n}"

    events = play(Agent(Plain(_asks("meet", "meet", "meet"), says("ok")), [tool("meet", meet, NUMBER)]))  # fmt: skip
    assert [r.text for r in of(ToolResult, events)] == ["met 0", "met 1", "met 2"]
    kinds = [type(e) for e in events]
    assert kinds[:6] == [ToolCall] * 3 + [ToolResult] * 3


def test_async_tools_of_one_reply_run_at_the_same_time():
    async def main() -> list[Event]:
        meeting = asyncio.Barrier(3)

        async def meet(n: int) -> str:
            await meeting.wait()
            return f"met {n}"

        agent = Agent(Plain(_asks(*["meet"] * 3), says("ok")), [tool("meet", meet, NUMBER)])
        return [event async for event in agent.astream("q")]

    assert [r.text for r in of(ToolResult, asyncio.run(main()))] == ["met 0", "met 1", "met 2"]


@both
def test_results_come_in_the_order_of_the_calls_whoever_is_first(play: Play):
    ended = [threading.Event() for _ in range(4)]
    ended[3].set()

    def turned(n: int) -> str:
        assert ended[n].wait(10)
        if n:
            ended[n - 1].set()
        return f"result {n}"

    model = Plain(_asks("turned", "turned", "turned"), says("ok"))
    ended[2].set()
    events = play(Agent(model, [tool("turned", turned, NUMBER)]))
    assert [r.text for r in of(ToolResult, events)] == ["result 0", "result 1", "result 2"]
    told = [m["content"] for m in model.asked[1][0] if m["role"] == "tool"]
    assert told == ["result 0", "result 1", "result 2"]


@both
def test_a_call_that_writes_runs_alone(play: Play):
    busy = _Busy()

    def does(name: str):
        def do(n: int) -> str:
            with busy.work(name):
                time.sleep(0.02)  # long enough for another to be seen
            return name

        return do

    tools = [
        tool("read", does("read"), NUMBER),
        tool("write", does("write"), NUMBER, writes=True),
    ]
    asked = ["read", "read", "write", "write", "read", "read", "write"]
    agent = Agent(Plain(_asks(*asked), says("ok")), tools, approve=lambda call, tool: True)
    events = play(agent)
    assert [r.text for r in of(ToolResult, events)] == asked
    assert [line.split()[0] for line in busy.log] == asked
    assert {line for line in busy.log if line.startswith("write")} == {"write begins among 1"}


@both
def test_no_more_than_so_many_run_at_once(play: Play):
    busy = _Busy()

    def do(n: int) -> str:
        with busy.work("read"):
            time.sleep(0.01)
        return "done"

    model = Plain(_asks(*["read"] * 9), says("ok"))
    agent = Agent(model, [tool("read", do, NUMBER)], limits=Limits(max_parallel=3))
    assert len(of(ToolResult, play(agent))) == 9
    assert busy.most <= 3


@both
def test_one_that_fails_among_several_does_not_harm_the_others(play: Play):
    def odd(n: int) -> str:
        if n == 1:
            raise ValueError("odd")
        return f"fine {n}"

    events = play(Agent(Plain(_asks(*["odd"] * 3), says("ok")), [tool("odd", odd, NUMBER)]))
    assert [r.text for r in of(ToolResult, events)] == ["fine 0", "error: ValueError: odd", "fine 2"]  # fmt: skip
    assert events[-1].answer == "ok"


# -- agents of one event loop -----------------------------------------------------------------------------


class _Echo:
    """Calls a tool twice, then answers with the question; for any number of runs at once."""

    def _reply(self, messages: Any) -> list[Event]:
        turn = sum(message["role"] == "assistant" for message in messages)
        if turn < 2:
            return calls(ToolCall(f"c{turn}", "wait", {"n": turn}))
        return says(f"answer to {messages[0]['content']}")

    def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
        yield from self._reply(messages)

    async def astream(self, messages: Any, tools: Any = (), **options: Any) -> AsyncIterator[Event]:
        await asyncio.sleep(0)
        for event in self._reply(messages):
            yield event


@pytest.mark.parametrize("kept", [False, True], ids=["no journal", "journal"])
def test_a_thousand_agents_wait_at_once_in_one_event_loop(tmp_path: Path, kept: bool):
    waiting = most = 0

    async def main() -> list[Finish]:
        async def wait(n: int) -> int:
            nonlocal waiting, most
            waiting += 1
            most = max(most, waiting)
            await asyncio.sleep(0.2)
            waiting -= 1
            return n

        wait_tool = tool("wait", wait, NUMBER)

        async def ask(number: int) -> Finish:
            agent = Agent(_Echo(), [wait_tool], journal=tmp_path / "runs.db" if kept else None)
            return await agent.aask(f"question {number}", f"run{number}" if kept else None)

        ends = await asyncio.gather(*(ask(number) for number in range(1000)))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return ends

    began = time.monotonic()
    ends = asyncio.run(main())
    took = time.monotonic() - began
    assert [end.answer for end in ends] == [f"answer to question {n}" for n in range(1000)]
    assert most > 200 and waiting == 0
    assert took < 40, f"{took:.1f} s"  # one after the other they would wait for 400
    if kept:
        with Journal.open(tmp_path / "runs.db") as journal:
            infos = journal.runs(2000)
            assert len(infos) == 1000 and {info.stop_reason for info in infos} == {"answer"}
            for info in infos[::50]:
                kinds = [row.kind for row in journal.read(info.run_id)[1]]
                assert kinds.count("intent") == kinds.count("observation") == 2


def test_agents_that_are_cancelled_leave_no_open_call_and_go_on_later(tmp_path: Path):
    path = tmp_path / "runs.db"
    cancelled: list[int] = []

    async def main() -> None:
        hanging = asyncio.Semaphore(0)

        async def wait(n: int) -> str:
            if n == 0:
                return "first"
            hanging.release()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0)  # puts things in order
                cancelled.append(n)
                raise
            return "never"

        wait_tool = tool("wait", wait, NUMBER, idempotent=True)
        agents = [Agent(_Echo(), [wait_tool], journal=path) for _ in range(20)]
        tasks = [
            asyncio.ensure_future(agent.aask(f"q{at}", f"run{at}"))
            for at, agent in enumerate(agents)
        ]
        for _ in tasks:
            await hanging.acquire()
        began = time.monotonic()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert time.monotonic() - began < SOON
        assert {type(end) for end in ends} == {asyncio.CancelledError}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert cancelled == [1] * 20
    with Journal.open(path) as journal:
        for info in journal.runs():
            assert (info.stop_reason, journal.read(info.run_id)[1][-1].kind) == ("stopped", "end")
    for at in (0, 19):
        agent = Agent(_Echo(), [tool("wait", lambda n: "now", NUMBER)], journal=path)
        assert aplay(agent, None, f"run{at}")[-1].answer == f"answer to q{at}"


def test_cancelling_several_calls_at_once_cancels_all_of_them():
    ended: list[int] = []

    async def main() -> None:
        async def wait(n: int) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(n)

        agent = Agent(Plain(_asks("wait", "wait", "wait")), [tool("wait", wait, NUMBER)])
        task = asyncio.ensure_future(agent.aask("q"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert sorted(ended) == [0, 1, 2]


def test_a_reader_that_leaves_an_async_run_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "runs.db"

    async def main() -> None:
        agent = Agent(_Echo(), [tool("wait", lambda n: n, NUMBER)], journal=path)
        events = agent.astream("q", "run")
        async for event in events:
            if isinstance(event, ToolCall):
                break
        await events.aclose()  # pyright: ignore
        assert asyncio.all_tasks() == {asyncio.current_task()}
        ends = [event async for event in agent.astream("q", "run")]
        assert ends[-1].answer == "answer to q"

    asyncio.run(main())


def test_a_timeout_around_a_run_ends_it_in_time(gate: threading.Event):
    async def main() -> None:
        agent = Agent(Plain(_asks("hang")), [tool("hang", lambda n: gate.wait(20), NUMBER)])
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await agent.aask("q")
        assert time.monotonic() - began < 0.1 + SOON

    asyncio.run(main())


def test_one_agent_that_fails_does_not_stop_the_others():
    async def main() -> list[Any]:
        async def leave(n: int) -> None:
            raise SystemExit(3)

        async def ask(number: int) -> Any:
            if number % 3 == 0:
                return await Agent(Plain(BackendError("gone"))).aask("q")
            if number % 3 == 1:
                model = Plain(_asks("leave"), says("stayed"))
                return await Agent(model, [tool("leave", leave, NUMBER)]).aask("q")
            return await Agent(_Echo(), [tool("wait", lambda n: n, NUMBER)]).aask("q")

        return await asyncio.gather(*(ask(n) for n in range(30)), return_exceptions=True)

    found = [type(end).__name__ if isinstance(end, Exception) else end.answer for end in asyncio.run(main())]  # fmt: skip
    assert found == ["BackendError", "stayed", "answer to q"] * 10


# -- threads ------------------------------------------------------------------------------------------------


def _in_threads(count: int, work: Any) -> list[Any]:
    found: list[Any] = [None] * count

    def one(at: int) -> None:
        try:
            found[at] = work(at)
        except BaseException as err:  # looked at by the test
            found[at] = err

    threads = [threading.Thread(target=one, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


@pytest.mark.parametrize("kept", [False, True], ids=["no journal", "journal"])
@both
def test_one_agent_serves_several_threads(play: Play, tmp_path: Path, kept: bool):
    path = tmp_path / "runs.db" if kept else None
    agent = Agent(_Echo(), [tool("wait", lambda n: n, NUMBER)], journal=path)

    def work(at: int) -> list[str]:
        return [play(agent, f"q{at}.{n}")[-1].answer for n in range(5)]

    found = _in_threads(8, work)
    assert found == [[f"answer to q{at}.{n}" for n in range(5)] for at in range(8)]


def test_of_several_threads_one_gets_the_run(tmp_path: Path):
    made: list[int] = []
    meeting = threading.Barrier(6)

    def once(n: int) -> int:
        made.append(n)
        return n

    agent = Agent(_Echo(), [Tool("wait", "Waits.", NUMBER, once)], journal=tmp_path / "runs.db")

    def work(at: int) -> Any:
        meeting.wait(10)
        return agent.ask("q", "run").answer

    found = _in_threads(6, work)
    assert made == [0, 1]
    assert {type(each) for each in found} <= {str, RunBusy}
    assert {each for each in found if isinstance(each, str)} == {"answer to q"}


def test_a_run_sees_the_context_variables_of_its_caller():
    from contextvars import ContextVar

    who = ContextVar("who", default="nobody")

    class Model:
        def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
            turn = sum(message["role"] == "assistant" for message in messages)
            yield from _asks("who", "who") if turn == 0 else [Text(who.get()), Finish(who.get())]

    agent = Agent(Model(), [tool("who", lambda n: who.get(), NUMBER)])
    for each in (play, aplay):
        who.set("Ada")
        events = each(agent)
        assert [r.text for r in of(ToolResult, events)] == ["Ada", "Ada"]
        assert events[-1].answer == "Ada"
