"""A run is killed, and killed again, and still asks for no reply twice, does nothing twice, and comes to its end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatwright.agent.journal import Journal

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

_TURNS = 10
# Runs started from a warm process, so that a kill hits the run and not the imports. A line "go KEY RUN SHELL" starts
# one and gives its process; "bury PROCESS" waits for its end and gives its status.
_NURSERY = """
import asyncio, os, sys, time
from chatwright import Agent, Limits, Tool
from chatwright.agent import journal, loop, planner
from chatwright.events import Finish, Notice, Text, ToolCall
from chatwright.testing import Scripted
Agent(Scripted(["warm"])).ask("up")
folder = sys.argv[1]

def note(name, line):
    file = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{line}\\n".encode())
    os.close(file)

def live(key, run_id, shell):
    class Model:
        def reply(self, messages):
            turn = sum(message["role"] == "assistant" for message in messages)
            note("asked", f"{key} {turn}")
            if turn == 9:
                text = f"{key} is done"
                return [Text(text), Finish(text)]
            numbers = (3, 30, 31) if turn == 3 else (turn,)
            made = [ToolCall(f"c{n}", "look" if n == 31 else "write" if n % 4 == 1 else "add", {"n": n}) for n in numbers]
            return [*made, Finish("", None, "tool_calls")]

        def stream(self, messages, tools=(), **options):
            events = self.reply(messages)
            time.sleep(0.001)
            yield from events

        async def astream(self, messages, tools=(), **options):
            events = self.reply(messages)
            await asyncio.sleep(0.001)
            for event in events:
                yield event

    def add(n):
        note("done", f"{key} {n}")
        time.sleep(0.001)
        return n

    async def add_later(n):
        note("done", f"{key} {n}")
        await asyncio.sleep(0.001)
        return n

    number = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tools = [Tool("add", "Adds.", number, add_later if shell == "async" else add),
             Tool("write", "Writes.", number, add, writes=True),
             Tool("look", "Looks.", number, lambda n: n, idempotent=True)]
    agent = Agent(Model(), tools, journal=os.path.join(folder, "runs.db"), approve=lambda *_: True, unknown="skip")
    given = (None if run_id != "-" else key, None if run_id == "-" else run_id)

    def tell(event):
        if isinstance(event, Notice) and event.run_id:
            note("told", f"{key} {event.run_id}")
        if isinstance(event, Finish):
            note("ended", f"{key} {event.stop_reason} {event.answer}")

    async def listen():
        async for event in agent.astream(*given):
            tell(event)

    if shell == "async":
        asyncio.run(listen())
    else:
        for event in agent.stream(*given):
            tell(event)

print("warm", flush=True)
for line in sys.stdin:
    word, *rest = line.split()
    if word == "bury":
        print(os.waitpid(int(rest[0]), 0)[1], flush=True)
        continue
    child = os.fork()
    if not child:
        try:
            live(*rest)
            os._exit(0)
        except BaseException as err:
            note("failed", f"{rest} {err!r}")
            os._exit(1)
    print(child, flush=True)
"""


@dataclass
class _Life:
    """One run: by which name it is known, and how many replies were committed when it was last looked at."""

    key: str
    process: int = 0
    run_id: str = ""
    replies: int = 0
    asked: int = 0
    deaths: int = 0


@dataclass
class _Storm:
    folder: Path
    shell: str
    nursery: subprocess.Popen[str]
    lives: list[_Life] = field(default_factory=list)
    kills: int = 0

    def lines(self, name: str, key: str) -> list[str]:
        path = self.folder / name
        text = path.read_text() if path.exists() else ""
        return [line.partition(" ")[2] for line in text.splitlines() if line.split()[0] == key]

    def _say(self, words: str) -> int:
        assert self.nursery.stdin and self.nursery.stdout
        self.nursery.stdin.write(f"{words}\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def start(self, life: _Life) -> None:
        life.process = self._say(f"go {life.key} {life.run_id or '-'} {self.shell}")

    def unharmed(self) -> float:
        """How many seconds a run takes that nobody kills."""
        life, began = _Life("unharmed"), time.monotonic()
        self.lives.append(life)
        self.start(life)
        assert self._say(f"bury {life.process}") == 0
        took = time.monotonic() - began
        self._look(life)
        self.check(life)
        return took

    def kill(self, life: _Life) -> bool:
        """Kill it, look at what is left of it; true if it had come to its end before."""
        os.kill(life.process, signal.SIGKILL)
        status = self._say(f"bury {life.process}")
        assert not (self.folder / "failed").exists(), (self.folder / "failed").read_text()
        self.kills += status != 0
        life.deaths += status != 0
        self._look(life)
        return status == 0

    def _look(self, life: _Life) -> None:
        asked = [int(turn) for turn in self.lines("asked", life.key)]
        told = self.lines("told", life.key)
        if not told:
            assert asked == []
            return
        assert len(set(told)) == 1
        life.run_id = told[0]
        with Journal.open(self.folder / "runs.db") as journal:
            info, rows = journal.read(life.run_id)  # what was told is there
        assert info.question == life.key
        assert all(turn >= life.replies for turn in asked[life.asked :]), (
            "a committed reply was asked for again"
        )
        life.replies, life.asked = sum(row.kind == "reply" for row in rows), len(asked)

    def check(self, life: _Life) -> None:
        """The whole run, after its end."""
        assert self.lines("ended", life.key)[-1] == f"answer {life.key} is done"
        with Journal.open(self.folder / "runs.db") as journal:
            info, rows = journal.read(life.run_id)
        assert (info.stop_reason, info.answer) == ("answer", f"{life.key} is done")
        asked = Counter(int(turn) for turn in self.lines("asked", life.key))
        assert set(asked) == set(range(_TURNS)) and asked.total() <= _TURNS + life.deaths
        assert [row.kind for row in rows].count("reply") == _TURNS
        done = Counter(int(n) for n in self.lines("done", life.key))
        unclear = {
            row.data["call"]
            for row in rows
            if row.kind == "observation" and "nobody knows" in row.data["text"]
        }
        assert max(done.values()) == 1, f"done twice: {done}"
        never = {f"c{n}" for n in (*range(_TURNS - 1), 30)} - {f"c{n}" for n in done}
        assert never <= unclear and len(unclear) <= 3 * life.deaths
        seen = Counter(row.data["call"] for row in rows if row.kind == "observation")
        assert set(seen.values()) == {1} and len(seen) == _TURNS + 1


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _NURSERY, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as nursery:
        assert nursery.stdout and nursery.stdout.readline() == "warm\n"
        yield nursery
        assert nursery.stdin
        nursery.stdin.close()


def _storm(
    folder: Path, nursery: subprocess.Popen[str], shell: str, kills: int, wide: int, seed: int
) -> _Storm:
    """Runs, `wide` of them at a time, killed at random moments until there were so many kills; then all come to their end."""
    storm = _Storm(folder, shell, nursery)
    dice = random.Random(seed)
    living: list[_Life] = []
    whole = min(storm.unharmed(), 0.3)  # so that kills come before a run's end on any machine
    while storm.kills < kills:
        while len(living) < wide:
            storm.lives.append(life := _Life(f"run{len(storm.lives)}"))
            living.append(life)
            storm.start(life)
        time.sleep(dice.uniform(0, whole) / wide)
        life = dice.choice(living)
        if storm.kill(life):
            living.remove(life)
            storm.check(life)
        else:
            storm.start(life)
    for life in living:
        status = storm._say(f"bury {life.process}")  # it may end in peace
        storm._look(life)
        assert status == 0
        storm.check(life)
    assert len(storm.lives) > 1
    return storm


@pytest.mark.parametrize("shell", ["sync", "async"])
def test_a_few_kills_cost_nothing_but_the_call_in_flight(
    tmp_path: Path, nursery: subprocess.Popen[str], shell: str
):
    _storm(tmp_path, nursery, shell, kills=20, wide=1, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("shell", ["sync", "async"])
def test_two_hundred_kills_cost_nothing_but_the_calls_in_flight(
    tmp_path: Path, nursery: subprocess.Popen[str], shell: str, seed: int
):
    storm = _storm(tmp_path, nursery, shell, kills=200, wide=1, seed=seed)
    with Journal.open(tmp_path / "runs.db") as journal:
        told = {info.run_id for info in journal.runs(10_000)}
    assert {life.run_id for life in storm.lives} <= told


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["sync", "async"])
def test_several_processes_are_killed_over_one_journal(
    tmp_path: Path, nursery: subprocess.Popen[str], shell: str
):
    _storm(tmp_path, nursery, shell, kills=200, wide=4, seed=3)


def test_the_writer_of_a_run_is_free_the_moment_it_is_killed(
    tmp_path: Path, nursery: subprocess.Popen[str]
):
    storm = _storm(tmp_path, nursery, "sync", kills=3, wide=2, seed=5)
    sizes = [file.stat().st_size for file in tmp_path.glob("runs.db*")]
    assert sum(sizes) < 5_000_000 and storm.kills == 3
