"""A journal that is given by its name stays open for a moment after a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chatwright import Agent, Tool
from chatwright.agent.journal import Journal
from chatwright.agent.journal.linger import let_go, taken
from chatwright.testing import Scripted


def beside(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir() if p.name.endswith(("-wal", "-shm")))


def test_a_run_that_follows_finds_the_journal_open(tmp_path: Path):
    path = tmp_path / "runs.db"
    first = taken(path)
    first.begin("a", {"question": "q"}).close()
    let_go(first)
    assert beside(path) == ["runs.db-shm", "runs.db-wal"]
    again = taken(path)
    again.begin("b", {"question": "q"}).close()
    let_go(again)
    with Journal.open(path) as journal:
        assert [info.run_id for info in journal.runs()] == ["b", "a"]


def test_a_long_run_is_written_to_its_place_at_once(tmp_path: Path):
    path = tmp_path / "runs.db"
    calls = [f'Action: {{"action": "read", "action_input": {{"n": {n}}}}}' for n in range(11)]

    def read(n: int) -> str:
        return "x" * 8_000

    tool = Tool("read", "Reads.", {"properties": {"n": {"type": "integer"}}}, read)
    Agent(Scripted([*calls, "Final Answer: done"]), [tool], journal=path).ask("q")
    assert beside(path) == []
    assert path.stat().st_size > 80_000


def test_a_file_that_was_deleted_meanwhile_is_begun_anew(tmp_path: Path):
    path = tmp_path / "runs.db"
    Agent(Scripted(["1"]), journal=path).ask("q", "a")
    for file in tmp_path.iterdir():
        file.unlink()
    Agent(Scripted(["2"]), journal=path).ask("q", "a")
    with Journal.open(path) as journal:
        assert [info.answer for info in journal.runs()] == ["2"]


def test_a_program_that_ends_closes_what_is_open(tmp_path: Path):
    path = tmp_path / "runs.db"
    code = (
        "from chatwright import Agent\nfrom chatwright.testing import Scripted\n"
        f"Agent(Scripted(['1']), journal={str(path)!r}).ask('q', 'a')\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
    assert beside(path) == []
    with Journal.open(path) as journal:
        assert [info.answer for info in journal.runs()] == ["1"]
