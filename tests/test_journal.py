"""The journal: what was committed is there again, whoever was killed, and nobody else reads or writes it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatwright.agent.journal import Journal, Record, Row, RunInfo, default_path
from chatwright.errors import JournalError, RunBusy, UsageError

INPUT = {"question": "Who was Ada's mother?", "model": "nano", "tools": ["Search"]}
POSIX = pytest.mark.skipif(os.name == "nt", reason="there is no such thing on Windows")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path) as opened:
        yield opened


def kinds(rows: list[Row]) -> list[str]:
    return [row.kind for row in rows]


def observation(n: int, length: int = 2048) -> tuple[str, dict[str, Any]]:
    text = (f"{n} " + "abcdefgh" * length)[:length]
    return "observation", {"call": f"c{n}", "text": text, "ok": True, "ms": 1.25}


def program(code: str, *args: object) -> subprocess.Popen[str]:
    """Another process, which has the journal's names."""
    head = """
        import os, signal, sys, threading
        from chatwright.agent.journal import Journal
        from chatwright.errors import *
        path, *args = sys.argv[1:]
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(code: str, *args: object) -> str:
    """What another process prints, when it ends well."""
    child = program(code, *args)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    return out.strip()


# What goes in comes out


def test_a_run_comes_back_as_it_was_left(path: Path):
    with Journal.open(path) as journal, journal.begin(None, INPUT) as run:
        assert run.is_new and kinds(run.rows) == ["input"]
        run.add(
            ("reply", {"events": [{"type": "text", "text": "I search."}]}),
            ("intent", {"call": "1"}),
        )
        run.add(("observation", {"call": "1", "text": "Lady Byron", "ok": True, "ms": 0.5}))
    with Journal.open(path) as journal, journal.begin(run.run_id, {"question": "another"}) as again:
        assert not again.is_new
        assert kinds(again.rows) == ["input", "reply", "intent", "observation"]
        assert again.rows[0].data == INPUT
        assert again.rows[3].data == {"call": "1", "text": "Lady Byron", "ok": True, "ms": 0.5}
        assert [row.at for row in again.rows] == sorted(row.at for row in again.rows)


def test_the_input_is_committed_when_begin_returns(journal: Journal, path: Path):
    run = journal.begin(None, INPUT)
    assert said("print(Journal.open(path).runs()[0].question)", path) == INPUT["question"]
    run.close()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": ""},
        {"text": "日本語 \U0001f600 \0 \x1b \u202e"},
        {"text": "half a character: \ud83d"},
        {"n": [0, False, None, 1.5, 10**40, -0.0], "nested": {"a": {"b": [[]]}}},
        {"text": "x" * 3_000_000},
        {"sql": "'); DROP TABLE rows; --"},
    ],
    ids=["empty", "no text", "signs", "half", "values", "huge", "sql"],
)
def test_any_json_comes_back_as_it_went_in(journal: Journal, data: dict[str, Any]):
    with journal.begin(None, INPUT) as run:
        run.add(("observation", data))
    _, rows = journal.read(run.run_id)
    assert json.dumps(rows[1].data) == json.dumps(data)


def test_what_is_no_json_is_refused_and_leaves_nothing(journal: Journal):
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with journal.begin(None, INPUT) as run:
        for bad in ({"x": object()}, {"x": {1, 2}}, {"x": b"bytes"}, {"x": deep}):
            with pytest.raises(JournalError, match="not JSON"):
                run.add(("reply", {}), ("observation", bad))
        run.add(("end", {}))
    assert kinds(journal.read(run.run_id)[1]) == ["input", "end"]
    with pytest.raises(JournalError, match="not JSON"):
        journal.begin("other", {"question": object()})
    assert [info.run_id for info in journal.runs()] == [run.run_id]


def test_rows_of_several_runs_do_not_mix(journal: Journal):
    runs = [journal.begin(None, {"question": str(n)}) for n in range(20)]
    for turn in range(10):
        for n, run in enumerate(runs):
            run.add(("reply", {"run": n, "turn": turn}))
    for n, run in enumerate(runs):
        run.close()
        _, rows = journal.read(run.run_id)
        assert [row.data for row in rows[1:]] == [{"run": n, "turn": turn} for turn in range(10)]


# Names


def test_a_new_run_gets_a_short_name(journal: Journal):
    names: set[str] = set()
    for _ in range(50):
        with journal.begin(None, INPUT) as run:
            names.add(run.run_id)
    assert len(names) == 50
    assert all(len(name) == 8 and int(name, 16) >= 0 for name in names)


def test_a_name_that_is_taken_is_not_given_again(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    drawn = iter([b"\1\2\3\4", b"\1\2\3\4", b"\1\2\3\4", b"\5\6\7\x08"])
    monkeypatch.setattr(os, "urandom", lambda _: next(drawn))
    with journal.begin(None, INPUT) as one, journal.begin(None, INPUT) as other:
        assert (one.run_id, other.run_id) == ("01020304", "05060708")


@pytest.mark.parametrize("name", ["a", "x" * 200, "my run", "Émile 日本", "'; --", "%_*"])
def test_a_run_may_be_called_anything_printable(journal: Journal, name: str):
    journal.begin(name, INPUT).close()
    assert journal.find(name) == name
    assert journal.read(name)[0].run_id == name


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "\0", "\x1b[31m", "\ud800", 7])
def test_a_name_that_cannot_be_shown_is_refused(journal: Journal, name: Any):
    for refused in (
        lambda: journal.begin(name, INPUT),
        lambda: journal.find(name),
        lambda: journal.forget(name),
    ):
        with pytest.raises(UsageError, match="cannot be called"):
            refused()
    assert journal.runs() == []


def test_a_run_is_found_by_the_beginning_of_its_name(journal: Journal):
    for name in ("abc1", "abd2", "ab", "x%y"):
        journal.begin(name, INPUT).close()
    assert journal.find("abc") == "abc1"
    assert journal.find("ab") == "ab"
    assert journal.find("x%") == "x%y"
    with pytest.raises(UsageError) as many:
        journal.find("a")
    assert "ab, abc1, abd2" in many.value.hint
    with pytest.raises(UsageError, match="no run '%'"):
        journal.find("%")
    with pytest.raises(UsageError, match="no run 'abd3'") as near:
        journal.read("abd3")
    assert near.value.hint == "did you mean 'abd2'?"


def test_in_an_empty_journal_nothing_is_found(journal: Journal):
    with pytest.raises(UsageError, match="no run 'abc'") as none:
        journal.find("abc")
    assert none.value.hint == "this journal holds no run yet"
    assert journal.runs() == []


# The list


def test_the_list_tells_what_a_run_was_and_how_it_ended(journal: Journal):
    with journal.begin("first", INPUT) as run:
        assert journal.runs()[0].stop_reason == ""
        run.add(("reply", {}), ("end", {"answer": "Lady Byron", "stop_reason": "answer"}))
        (info,) = journal.runs()
        assert info == RunInfo(
            "first",
            INPUT["question"],
            "nano",
            info.began,
            info.changed,
            3,
            "answer",
            "Lady Byron",
            "",
        )
        assert info.began <= info.changed
        run.add(("resumed", {}))
        assert (journal.runs()[0].stop_reason, journal.runs()[0].answer) == ("", "")
        run.add(("end", {"answer": "", "stop_reason": "max_steps"}))
    journal.begin("second", {"question": "And then?", "after": "first"}).close()
    newest, oldest = journal.runs()
    assert (newest.run_id, newest.after, newest.model) == ("second", "first", "")
    assert (oldest.stop_reason, oldest.answer, oldest.rows) == ("max_steps", "", 5)
    assert journal.read("first")[0] == oldest


def test_the_list_has_the_newest_first_and_no_more_than_asked_for(journal: Journal):
    for n in range(7):
        journal.begin(f"run{n}", INPUT).close()
    assert [info.run_id for info in journal.runs(3)] == ["run6", "run5", "run4"]
    assert (len(journal.runs()), journal.runs(0), journal.runs(-1)) == (7, [], [])


@pytest.mark.parametrize("odd", [None, 5, ["a"], {"k": "v"}, "\ud800"])
def test_odd_values_in_the_input_and_the_end_do_not_break_the_list(journal: Journal, odd: Any):
    with journal.begin("odd", {"question": odd, "model": odd}) as run:
        run.add(("end", {"answer": odd, "stop_reason": odd}))
        assert run.rows[0].data == {"question": odd, "model": odd}
    (info,) = journal.runs()
    assert all(isinstance(told, str) for told in (info.question, info.model, info.answer))
    assert info.stop_reason


# One writer


def test_a_run_has_one_writer_and_any_number_of_readers(journal: Journal, path: Path):
    run = journal.begin("mine", INPUT)
    with pytest.raises(RunBusy, match="'mine' is being written") as busy:
        journal.begin("mine", INPUT)
    assert busy.value.hint
    with Journal.open(path) as other, pytest.raises(RunBusy):
        other.begin("mine", INPUT)
    code = """
        with Journal.open(path) as journal:
            try: journal.begin("mine", {})
            except RunBusy: print("busy", len(journal.read("mine")[1]))
    """
    assert said(code, path) == "busy 1"
    run.add(("reply", {}))
    run.close()
    run.close()
    with journal.begin("mine", INPUT) as again:
        assert kinds(again.rows) == ["input", "reply"]
    assert said("print(len(Journal.open(path).begin('mine', {}).rows))", path) == "2"


def test_a_failed_begin_does_not_take_the_lock_of_the_writer(journal: Journal, path: Path):
    code = """
        try: Journal.open(path).begin("mine", {})
        except RunBusy: print("busy")
    """
    with journal.begin("mine", INPUT) as run:
        for _ in range(3):
            with pytest.raises(RunBusy):
                journal.begin("mine", INPUT)
        with pytest.raises(RunBusy):
            journal.forget("mine")
        with Journal.open(path), Journal.open(path):
            pass
        assert said(code, path) == "busy"
        run.add(("end", {}))


@POSIX
def test_the_run_of_a_killed_process_is_free_at_once(journal: Journal, path: Path):
    code = """
        run = Journal.open(path).begin("mine", {"question": "?"})
        run.add(("reply", {"n": 1}), ("intent", {"call": "1"}))
        print("ready", flush=True)
        sys.stdin.read()
    """
    child = program(code, path)
    assert child.stdout and child.stdout.readline() == "ready\n"
    with pytest.raises(RunBusy):
        journal.begin("mine", INPUT)
    child.kill()
    child.communicate()
    with journal.begin("mine", INPUT) as run:
        assert kinds(run.rows) == ["input", "reply", "intent"]


def test_of_two_processes_that_want_a_run_one_gets_it(path: Path):
    code = """
        journal, got, busy = Journal.open(path), 0, 0
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(150):
            try: run = journal.begin("wanted", {"question": "?"})
            except RunBusy: busy += 1; continue
            before = len(run.rows)
            run.add(("reply", {"pid": os.getpid()}))
            run.add(("observation", {"pid": os.getpid()}))
            assert len(journal.read("wanted")[1]) == before + 2
            run.close()
            got += 1
        print(got, busy)
    """
    children = [program(code, path) for _ in range(2)]
    for child in children:
        assert child.stdout and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    told = [child.communicate(timeout=60)[0].split() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    with Journal.open(path) as journal:
        _, rows = journal.read("wanted")
    assert len(rows) == 1 + 2 * sum(int(got) for got, _ in told)
    # Nobody wrote between the two rows of another.
    pairs = [(a.data["pid"], b.data["pid"]) for a, b in zip(rows[1::2], rows[2::2], strict=True)]
    assert all(a == b for a, b in pairs)


def test_processes_that_make_the_journal_at_the_same_time_write_to_one(tmp_path: Path):
    code = """
        print("ready", flush=True)
        sys.stdin.readline()
        with Journal.open(path) as journal:
            for n in range(20):
                with journal.begin(None, {"question": args[0]}) as run:
                    for step in range(5):
                        run.add(("reply", {"n": step}), durable=step == 4)
    """
    path = tmp_path / "new" / "folder" / "runs.db"
    children = [program(code, path, n) for n in range(4)]
    for child in children:
        assert child.stdout and child.stdout.readline() == "ready\n"
    for child in children:
        child.communicate("go\n", timeout=60)
        assert child.returncode == 0
    with Journal.open(path) as journal:
        assert sorted(info.question for info in journal.runs(100)) == sorted("0123" * 20)
        assert {info.rows for info in journal.runs(100)} == {6}


def test_threads_share_a_journal(path: Path):
    def write(name: str) -> None:
        try:
            with Journal.open(path) as journal, journal.begin(name, INPUT) as run:
                for n in range(30):
                    run.add(("reply", {"n": n}), ("intent", {"n": n}))
                    assert len(journal.read(name)[1]) == 3 + 2 * n
                    journal.runs(3)
        except BaseException as err:  # the test reads it below
            failed.append(err)

    failed: list[BaseException] = []
    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with Journal.open(path) as journal:
        assert [info.rows for info in journal.runs()] == [61] * 8


def test_threads_share_a_run(journal: Journal):
    with journal.begin("shared", INPUT) as run:
        threads = [
            threading.Thread(
                target=lambda n=n: [run.add(("observation", {"n": n})) for _ in range(25)]
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert journal.read("shared")[0].rows == 201


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no list of open files")
def test_a_thousand_runs_at_once_need_a_handful_of_open_files(path: Path):
    before = len(os.listdir("/proc/self/fd"))
    shares = [Journal.open(path) for _ in range(1000)]
    runs = [share.begin(None, INPUT) for share in shares]
    for run in runs:
        run.add(("reply", {}), ("intent", {"call": "1"}))
    assert len(os.listdir("/proc/self/fd")) - before <= 6
    with pytest.raises(RunBusy):
        shares[0].begin(runs[999].run_id, INPUT)
    for run in runs[:500]:
        run.close()
    code = """
        free = 0
        with Journal.open(path) as journal:
            for info in journal.runs(1000):
                try: journal.begin(info.run_id, {}).close()
                except RunBusy: continue
                free += 1
        print(free)
    """
    assert said(code, path) == "500"
    for each in (*runs, *shares):
        each.close()
    assert (
        len(os.listdir("/proc/self/fd")) <= before
    )  # other tests may have closed theirs meanwhile


# Killed


WRITER = """
    journal = Journal.open(path)
    run = journal.begin(args[0] or None, {"question": "?"})
    print("run", run.run_id, len(run.rows), flush=True)
    n = len(run.rows) // 3
    while True:
        run.add(("reply", {"n": n, "text": "r" * 300}))
        print("reply", n, flush=True)
        run.add(("intent", {"n": n}), ("observation", {"n": n, "text": "o" * 2048}), durable=n % 5 == 0)
        print("observation", n, flush=True)
        n += 1
"""


def storm(path: Path, kills: int, seed: int) -> None:
    """Kill a writer again and again: each time all that it told of is there, and whole."""
    chance, name = random.Random(seed), ""
    for _ in range(kills):
        child = program(WRITER, path, name)
        assert child.stdout
        _, name, _ = child.stdout.readline().split()
        timer = threading.Timer(chance.uniform(0, 0.05), child.kill)
        timer.start()
        told = [line.split() for line in child.stdout.read().splitlines() if line[-1:].isdigit()]
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        with Journal.open(path) as journal, journal.begin(name, {}) as run:
            assert not run.is_new
            kept = [(row.kind, row.data.get("n")) for row in run.rows]
            assert all((kind, int(n)) in kept for kind, n in told)
            whole = [("input", None)]
            for n in range(len(kept)):
                whole += [("reply", n), ("intent", n), ("observation", n)]
            assert kept == whole[: len(kept)]
            assert kept[-1][0] != "intent"  # it is in one commit with the observation
            if kept[-1][0] == "reply":
                run.add(("intent", {"n": kept[-1][1]}), ("observation", {"n": kept[-1][1]}))


@POSIX
def test_a_kill_loses_nothing_that_was_committed(path: Path):
    storm(path, kills=6, seed=1)


@POSIX
@pytest.mark.slow
def test_a_storm_of_kills_loses_nothing_that_was_committed(path: Path):
    storm(path, kills=40, seed=2)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


@POSIX
@pytest.mark.slow
def test_a_kill_while_a_journal_is_made_leaves_one_that_can_be_used(tmp_path: Path):
    code = """
        print("ready", flush=True)
        for n in range(10**6):
            Journal.open(f"{path}/{n}/runs.db").close()
    """
    chance = random.Random(3)
    for round in range(15):
        child = program(code, tmp_path / str(round))
        assert child.stdout and child.stdout.readline() == "ready\n"
        timer = threading.Timer(chance.uniform(0, 0.2), child.kill)
        timer.start()
        child.communicate()
        for made in sorted((tmp_path / str(round)).glob("*"), key=lambda p: int(p.name))[-2:]:
            with Journal.open(made / "runs.db") as journal:
                journal.begin("x", INPUT).close()
                assert len(journal.runs()) == 1


# Interrupted


@POSIX
def test_an_interrupt_leaves_all_rows_of_an_add_or_none(path: Path):
    code = """
        import itertools, random
        journal = Journal.open(path)
        run = journal.begin("hit", {"question": "?"})
        chance, hits = random.Random(4), 0
        for n in range(400):
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 3e-4))
                run.add(("reply", {"n": n}), ("intent", {"n": n}), ("observation", {"n": n}))
            except KeyboardInterrupt:
                hits += 1
            except JournalError as err:
                print(err)
            finally:
                while True:
                    try: signal.setitimer(signal.ITIMER_REAL, 0); break
                    except KeyboardInterrupt: pass
        run.add(("end", {}))
        print(hits)
    """
    stop = "\nsignal.signal(signal.SIGALRM, signal.default_int_handler)\n"
    hits = said(stop + textwrap.dedent(code), path)
    assert int(hits) > 20
    with Journal.open(path) as journal:
        _, rows = journal.read("hit")
    numbers = [row.data["n"] for row in rows[1:-1]]
    assert numbers == [n for n in sorted(set(numbers)) for _ in range(3)]
    assert len(set(numbers)) >= 400 - int(hits)


@pytest.mark.parametrize("moment", ["BEGIN IMMEDIATE", "INSERT", "COMMIT"])
@pytest.mark.parametrize("before", [True, False])
def test_an_interrupt_at_any_moment_leaves_a_journal_that_works(
    journal: Journal, path: Path, moment: str, before: bool
):
    run = journal.begin("hit", INPUT)
    store: Any = run._store  # pyright: ignore[reportPrivateUsage]
    whole = store._connection

    class Interrupted:
        """The connection, with a Ctrl-C at one moment."""

        def __getattr__(self, name: str) -> Any:
            return getattr(whole, name)

        def _do(self, do: Callable[..., Any], sql: str, *values: Any) -> Any:
            if before and sql.startswith(moment):
                raise KeyboardInterrupt
            done = do(sql, *values)
            if sql.startswith(moment):
                raise KeyboardInterrupt
            return done

        def execute(self, sql: str, *values: Any) -> Any:
            return self._do(whole.execute, sql, *values)

        def executemany(self, sql: str, *values: Any) -> Any:
            return self._do(whole.executemany, sql, *values)

    store._connection = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run.add(("reply", {"n": 1}), ("intent", {"n": 1}))
    store._connection = whole
    assert not whole.in_transaction
    another = sqlite3.connect(path, timeout=0, isolation_level=None)
    another.execute("BEGIN IMMEDIATE")  # nothing is locked
    another.close()
    run.add(("end", {"n": 2}))
    run.close()
    found = kinds(journal.read("hit")[1])
    kept = moment == "COMMIT" and not before
    assert found == ["input", "reply", "intent", "end"] if kept else ["input", "end"]


def test_what_two_interrupts_left_open_is_cleared_away(journal: Journal, path: Path):
    with journal.begin("x", INPUT) as run:
        connection: Any = run._store._connection  # pyright: ignore[reportPrivateUsage]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM rows")
        run.add(("end", {}))
    assert kinds(journal.read("x")[1]) == ["input", "end"]


def test_a_call_in_the_middle_of_another_is_refused_and_does_not_hang(journal: Journal):
    with journal.begin("x", INPUT) as run:
        store: Any = run._store  # pyright: ignore[reportPrivateUsage]
        for use in (lambda _: run.add(("reply", {})), lambda _: journal.runs()):
            with pytest.raises(JournalError, match="in the middle"):
                store.write(use)
        run.add(("end", {}))
    assert kinds(journal.read("x")[1]) == ["input", "end"]


def test_a_durable_commit_waits_for_the_disk_and_others_do_not(journal: Journal):
    with journal.begin("x", INPUT) as run:
        connection: Any = run._store._connection  # pyright: ignore[reportPrivateUsage]
        levels: list[tuple[str, int]] = []

        class Watched:
            """The connection, asked at each commit how safe it is: 1 is NORMAL, 2 is FULL."""

            def __getattr__(self, name: str) -> Any:
                return getattr(connection, name)

            def execute(self, sql: str, *values: Any) -> Any:
                if sql == "COMMIT":
                    levels.append((sql, connection.execute("PRAGMA synchronous").fetchone()[0]))
                return connection.execute(sql, *values)

        run._store._connection = Watched()  # type: ignore[assignment]  # pyright: ignore
        run.add(("reply", {}))
        run.add(("intent", {}), durable=True)
        with pytest.raises(JournalError):
            run.add(("intent", {"x": object()}), durable=True)
        run.add(("observation", {}))
    assert levels == [("COMMIT", 1), ("COMMIT", 2), ("COMMIT", 1)]


# Only the owner


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


@POSIX
@pytest.mark.parametrize("mask", [0, 0o022, 0o777])
def test_nobody_else_can_read_a_journal(tmp_path: Path, mask: int):
    tmp_path.chmod(0o700)
    (tmp_path / "a").mkdir(0o700)
    folder = tmp_path / "a" / ("new" if mask != 0o777 else "")
    old = os.umask(mask)
    try:
        with Journal.open(folder / "runs.db") as journal, journal.begin(None, INPUT) as run:
            run.add(("reply", {}), durable=True)
            during = modes(folder)
    finally:
        os.umask(old)
    assert during == dict.fromkeys(["runs.db", "runs.db-wal", "runs.db-shm", "runs.db-lock"], 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@POSIX
def test_a_file_is_private_from_its_first_moment_on(path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[int] = []
    connect = sqlite3.connect

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(stat.S_IMODE(path.stat().st_mode))
        return connect(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", watched)
    old = os.umask(0)
    try:
        Journal.open(path).close()
    finally:
        os.umask(old)
    assert seen and set(seen) == {0o600}


@POSIX
def test_a_journal_that_others_could_read_is_made_private(path: Path):
    Journal.open(path).close()
    path.chmod(0o644)
    with Journal.open(path) as journal, journal.begin(None, INPUT):
        assert set(modes(path.parent).values()) == {0o600}


@POSIX
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o200])
def test_a_file_that_we_may_not_read_or_write_is_named(path: Path, mode: int):
    Journal.open(path).close()
    path.chmod(mode)
    path.parent.chmod(0o755)
    code = """
        if os.getuid() == 0:  # who may do anything
            for folder in args:
                os.chmod(folder, 0o755)
            os.chown(path, 65534, 65534)
            os.seteuid(65534)
        try: Journal.open(path)
        except JournalError as err: print(str(err).replace(path, "PATH"), "|", err.hint)
    """
    got = said(code, path, *path.parents[:4] if os.getuid() == 0 else ())
    assert "cannot be" in got.replace("PATH", "") and got.split("|")[1].strip()


@POSIX
def test_a_folder_that_we_may_not_write_to_is_named(tmp_path: Path):
    code = """
        if os.getuid() == 0:
            os.seteuid(65534)
        try: Journal.open(path)
        except JournalError as err: print(err, "|", err.hint)
    """
    folder = tmp_path / "closed"
    folder.mkdir(0o555)
    got = said(code, folder / "deeper" / "runs.db")
    assert "cannot be opened" in got and "name another file" in got


# Files that are no journal, or none any more


def test_missing_folders_are_made(tmp_path: Path):
    path = tmp_path / "a" / "b c" / "ä?#%20" / "runs.db"
    with Journal.open(path) as journal:
        journal.begin("x", INPUT).close()
    assert path.is_file()
    with Journal.open(str(path)) as journal:
        assert journal.find("x") == "x"


def test_a_path_of_bytes_that_are_no_text_works(tmp_path: Path):
    if sys.platform != "linux":
        pytest.skip("names are text here")
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.db")
    with Journal.open(os.fsdecode(path)) as journal:
        journal.begin("x", INPUT).close()
    assert os.path.exists(path)


def test_one_file_under_two_names_is_one_journal(tmp_path: Path, path: Path):
    (tmp_path / "link.db").symlink_to(path)  # to nothing, as yet
    with Journal.open(tmp_path / "link.db") as one, Journal.open(tmp_path / "." / "runs.db") as two:
        run = one.begin("x", INPUT)
        with pytest.raises(RunBusy):
            two.begin("x", INPUT)
        run.close()
    assert path.is_file() and (tmp_path / "link.db").is_symlink()


@pytest.mark.parametrize("bad", ["", ":memory:", "a\0b"])
def test_what_is_no_path_is_wrong_usage(bad: str):
    with pytest.raises(UsageError):
        Journal.open(bad)


def test_a_folder_is_no_journal(tmp_path: Path):
    with pytest.raises(JournalError, match="is a folder"):
        Journal.open(tmp_path)
    (tmp_path / "file").write_text("text")
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal.open(tmp_path / "file" / "runs.db")


def foreign_database(path: Path, *, wal: bool) -> None:
    database = sqlite3.connect(path)
    if wal:
        database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE runs (run_id TEXT)")
    database.execute("INSERT INTO runs VALUES ('precious')")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(b"\n"),
        lambda p: p.write_text("Dear diary, " * 1000),
        lambda p: p.write_bytes(b"SQLite format 3\0"),
        lambda p: p.write_bytes(b"SQLite format 3\0" + bytes(4080)),
        lambda p: p.write_bytes(bytes(100_000)),
        lambda p: foreign_database(p, wal=False),
        lambda p: foreign_database(p, wal=True),
    ],
    ids=[
        "a byte",
        "a text",
        "a head",
        "zeros after a head",
        "zeros",
        "a database",
        "one with a log",
    ],
)
def test_a_file_of_another_program_is_refused_and_left_as_it_is(path: Path, make: Any):
    make(path)
    path.chmod(0o644)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(JournalError) as refused:
            Journal.open(path)
        assert "\n" not in str(refused.value) and refused.value.hint
    assert path.read_bytes() == before
    if os.name != "nt":
        assert modes(path.parent) == {"runs.db": 0o644}
    assert os.listdir(path.parent) == ["runs.db"]


def test_an_empty_file_becomes_a_journal(path: Path):
    path.touch()
    with Journal.open(path) as journal:
        journal.begin("x", INPUT).close()
    if os.name != "nt":
        assert set(modes(path.parent).values()) == {0o600}


def test_a_journal_of_a_newer_chatwright_is_refused(path: Path):
    Journal.open(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match="newer chatwright") as newer:
        Journal.open(path)
    assert "update" in newer.value.hint


def test_a_journal_says_whose_file_it_is(path: Path):
    Journal.open(path).close()
    header = path.read_bytes()[:100]
    assert header[68:72] == b"chwr" and header[60:64] == b"\0\0\0\1"


def filled(path: Path) -> None:
    with Journal.open(path) as journal, journal.begin("x", INPUT) as run:
        for n in range(40):
            run.add(("reply", {"n": n}), observation(n))


@pytest.mark.parametrize("left", [1, 20, 100, 511, 512, 1024, 5000, 0.5, 0.999])
def test_a_file_that_was_cut_short_is_an_error_never_less(path: Path, left: float):
    filled(path)
    data = path.read_bytes()
    cut = data[: int(left if left >= 1 else left * len(data))]
    path.write_bytes(cut)
    with pytest.raises(JournalError) as damaged, Journal.open(path) as journal:
        journal.read("x")
    assert damaged.value.hint
    assert path.read_bytes() == cut


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_an_error_or_whole(path: Path, seed: int):
    filled(path)
    with Journal.open(path) as journal:
        good = journal.read("x")
    chance, data = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(3):
        at = chance.randrange(len(data) - 600)
        data[at : at + 600] = chance.randbytes(600)
    path.write_bytes(data)
    try:
        with Journal.open(path) as journal:
            found = journal.read("x")
    except JournalError as err:
        assert err.hint
    else:
        assert found == good


def test_rows_that_are_no_json_are_an_error(path: Path):
    for broken in ("{", "[]", "null", "[" * 100_000, b"\xff\xfe", 7):
        path.unlink(missing_ok=True)
        filled(path)
        database = sqlite3.connect(path)
        database.execute(
            "UPDATE rows SET data = ? WHERE id = (SELECT max(id) FROM rows)", (broken,)
        )
        database.commit()
        database.close()
        with Journal.open(path) as journal:
            with pytest.raises(JournalError, match="damaged"):
                journal.read("x")
            with pytest.raises(JournalError, match="damaged"):
                journal.begin("x", INPUT)
            journal.begin("y", INPUT).close()
            journal.forget("x")  # nobody holds it


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_journal_that_vanished_under_a_run_is_an_error(tmp_path: Path, path: Path, how: str):
    if os.name == "nt":
        pytest.skip("an open file cannot be moved there")
    journal = Journal.open(path)
    run = journal.begin("x", INPUT)
    run.add(("reply", {"n": 1}))
    if how == "deleted":
        path.unlink()
    else:
        path.rename(tmp_path / "elsewhere.db")
    if how == "replaced":
        shutil.copy(tmp_path / "elsewhere.db", path)
    for use in (lambda: run.add(("reply", {})), lambda: journal.begin("y", {}), journal.runs):
        with pytest.raises(JournalError, match="moved or deleted"):
            use()
    if how == "moved":
        (tmp_path / "elsewhere.db").rename(path)
        run.add(("end", {}))
    if how == "deleted":
        with Journal.open(path) as other, other.begin("x", INPUT) as new:
            assert new.is_new
            new.add(("reply", {"n": 2}))
            said("Journal.open(path).begin('of another process', {})", path)
        assert (tmp_path / "runs.db-wal.left").stat().st_size  # nothing is thrown away
    run.close()
    journal.close()
    if how != "replaced":
        with Journal.open(path) as again:
            _, rows = again.read("x")
            assert (
                kinds(rows) == ["input", "reply", "end"] if how == "moved" else ["input", "reply"]
            )
            assert len(again.runs()) == (1 if how == "moved" else 2)


def test_a_run_that_was_deleted_under_its_writer_is_an_error(journal: Journal, path: Path):
    run = journal.begin("x", INPUT)
    database = sqlite3.connect(path)
    database.executescript("DELETE FROM rows; DELETE FROM runs;")
    database.close()
    with pytest.raises(JournalError, match="'x' was deleted"):
        run.add(("reply", {}))
    with journal.begin("y", INPUT) as other:  # its number is free again, and its lock is not
        with pytest.raises(JournalError, match="'x' was deleted"):
            run.add(("reply", {}))
        other.add(("end", {}))
        run.close()
        with pytest.raises(RunBusy):
            journal.begin("y", INPUT)
    assert [info.run_id for info in journal.runs()] == ["y"]


@POSIX
def test_two_writers_of_a_run_whose_locks_were_deleted_notice(journal: Journal, path: Path):
    run = journal.begin("x", INPUT)
    Path(f"{path}-lock").unlink()
    said("Journal.open(path).begin('x', {}).add(('reply', {}))", path)
    with pytest.raises(RunBusy, match="somebody else"):
        run.add(("reply", {}))
    run.close()
    assert kinds(journal.read("x")[1]) == ["input", "reply"]


@POSIX
def test_a_full_disk_is_an_error_and_what_was_there_stays(path: Path):
    code = """
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        journal = Journal.open(path)
        run = journal.begin("x", {"question": "?"})
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
        kept = 0
        try:
            while kept < 1000:
                run.add(("observation", {"n": kept, "text": "x" * 2000}))
                kept += 1
        except JournalError as err:
            assert err.hint, err
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        run.add(("end", {"answer": "a"}))
        print(kept)
    """
    kept = int(said(code, path))
    assert 0 < kept < 1000
    with Journal.open(path) as journal:
        info, rows = journal.read("x")
    assert (len(rows), info.answer) == (kept + 2, "a")


def test_a_full_file_is_named_as_such(journal: Journal):
    with journal.begin("x", INPUT) as run:
        store: Any = run._store  # pyright: ignore[reportPrivateUsage]
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(JournalError, match="disk is full"):
            run.add(observation(1, 50_000))
        store._connection.execute("PRAGMA max_page_count = 1000000")
        run.add(("end", {}))
    assert kinds(journal.read("x")[1]) == ["input", "end"]


# Fork


@POSIX
def test_a_forked_child_has_a_connection_and_locks_of_its_own(path: Path):
    code = """
        journal = Journal.open(path)
        run = journal.begin("parent's", {"question": "?"})
        child = os.fork()
        if child == 0:
            said = []
            try: run.add(("reply", {}))
            except JournalError as err: said.append("fork" in str(err))
            run.close()
            try: journal.begin("parent's", {})
            except RunBusy: said.append("busy")
            with journal.begin("child's", {"question": "?"}) as own:
                own.add(("reply", {}))
            journal.close()
            print(*said, len(Journal.open(path).read("child's")[1]), flush=True)
            sys.exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        run.add(("reply", {}))
        other = os.fork()
        if other == 0:
            try: Journal.open(path).begin("parent's", {})
            except RunBusy: print("still busy", flush=True)
            os._exit(0)
        os.waitpid(other, 0)
        print(len(journal.read("parent's")[1]), len(journal.runs()))
    """
    assert said(code, path).splitlines() == ["True busy 2", "still busy", "2 2"]


@POSIX
def test_a_fork_in_the_middle_of_writing_threads_is_safe(path: Path):
    code = """
        import warnings
        warnings.simplefilter("ignore")
        def write(name):
            with Journal.open(path) as journal, journal.begin(name, {"question": "?"}) as run:
                while not done.is_set():
                    run.add(("reply", {"text": "x" * 500}))
        done = threading.Event()
        threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(3)]
        for thread in threads: thread.start()
        codes = []
        for n in range(15):
            child = os.fork()
            if child == 0:
                with Journal.open(path) as journal, journal.begin(f"c{n}", {"question": "?"}) as run:
                    run.add(("end", {"answer": "a"}))
                os._exit(0)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        done.set()
        for thread in threads: thread.join()
        print(set(codes), len(Journal.open(path).runs()))
    """
    assert said(code, path) == "{0} 18"


# Closing, and size


def test_after_the_last_close_the_file_can_be_copied_alone(path: Path, tmp_path: Path):
    one, two = Journal.open(path), Journal.open(path)
    run = one.begin("x", INPUT)
    run.add(*(observation(n) for n in range(5)))
    one.close()
    one.close()
    run.add(("end", {"answer": "a"}))  # a run that is being written keeps the file open
    assert two.find("x") == "x"
    two.close()
    run.close()
    assert sorted(os.listdir(tmp_path)) == ["runs.db", "runs.db-lock"]
    shutil.copy(path, tmp_path / "copy.db")
    with Journal.open(tmp_path / "copy.db") as copy:
        assert copy.read("x")[0].answer == "a"


def test_what_is_closed_says_so(path: Path):
    journal = Journal.open(path)
    run = journal.begin("x", INPUT)
    run.close()
    with pytest.raises(JournalError, match="'x' is closed"):
        run.add(("reply", {}))
    journal.close()
    for use in (
        lambda: journal.begin(None, {}),
        journal.runs,
        lambda: journal.find("x"),
        lambda: journal.read("x"),
        lambda: journal.forget("x"),
    ):
        with pytest.raises(JournalError, match="is closed"):
            use()


def test_a_forgotten_run_is_gone_and_its_room_is_used_again(path: Path):
    filled(path)
    size = path.stat().st_size
    with Journal.open(path) as journal:
        journal.begin("y", INPUT).close()
        journal.forget("x")
        assert [info.run_id for info in journal.runs()] == ["y"]
        with pytest.raises(UsageError, match="no run 'x'"):
            journal.forget("x")
    assert b"abcdefgh" * 10 not in path.read_bytes()
    filled(path)
    assert path.stat().st_size <= size + 2048


def run_of(path: Path, steps: int, runs: int = 1) -> int:
    """How large a journal is after so many steps with observations of 2,048 characters."""
    with Journal.open(path) as journal:
        records: list[Record] = [journal.begin(None, INPUT) for _ in range(runs)]
        for n in range(steps):
            for run in records:
                call = {
                    "type": "tool_call",
                    "id": f"c{n}",
                    "name": "Search",
                    "args": {"query": "Ada"},
                }
                run.add(("reply", {"events": [{"type": "text", "text": "t" * 190}, call]}))
                run.add(("intent", {"call": f"c{n}"}), durable=n == 0)
                run.add(observation(n))
        for run in records:
            run.add(("end", {"answer": "42", "stop_reason": "answer"}))
            run.close()
    assert sorted(each.name for each in path.parent.iterdir() if path.name in each.name) == [
        path.name,
        f"{path.name}-lock",
    ]
    return path.stat().st_size


def test_forty_steps_with_observations_of_2_kb_stay_under_130_kb(path: Path):
    assert run_of(path, 40) < 130_000


def test_a_journal_grows_by_the_same_for_each_step(tmp_path: Path):
    sizes = {steps: run_of(tmp_path / f"{steps}.db", steps) for steps in (10, 20, 40, 400)}
    each = (sizes[400] - sizes[10]) / 390
    assert 2400 < each < 3200
    for steps in (20, 40):
        assert abs(sizes[steps] - sizes[10] - (steps - 10) * each) < 4096


def test_runs_at_the_same_time_take_no_more_room(tmp_path: Path):
    assert run_of(tmp_path / "many.db", 40, runs=10) < 10 * 130_000


# Where it stands


def test_the_journal_stands_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", str(tmp_path / "mine.db"))
    assert default_path() == tmp_path / "mine.db"
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", "~/mine.db")
    assert default_path() == Path.home() / "mine.db"
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "chatwright" / "runs.db"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # which does not count
    assert default_path().name == "runs.db" and default_path().is_relative_to(Path.home())
