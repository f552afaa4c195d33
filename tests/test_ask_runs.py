"""`chatwright ask` with its journal, its limits and its questions, and `chatwright runs`."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import Tty

from chatwright import cli, model
from chatwright.agent import Approve, Edit, Limits, Refuse, StartedCall
from chatwright.agent.journal import Journal, Record
from chatwright.cli import approve, runs
from chatwright.cli.approve import Asking, Terminal
from chatwright.cli.screen import FormScreen, Screen
from chatwright.cli.wish import Wish
from chatwright.errors import JournalError, UsageError
from chatwright.events import (
    Error,
    Finish,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from chatwright.testing import Scripted
from chatwright.tools import Tool

NANO = Path(__file__).parent.parent / "src" / "chatwright" / "nano" / "nano.gguf"
needs_nano = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")
posix = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")


def final(text: str) -> str:
    return f"Thought: I know\nFinal Answer: {text}"


def calls(tool: str, /, **args: Any) -> str:
    action = json.dumps({"action": tool, "action_input": args})
    return f"Thought: hm\nAction:\n```\n{action}\n```"


def calculates(expression: str) -> str:
    return calls("Calculator", expression=expression)


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "runs.db"
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", str(path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("CHATWRIGHT_MODEL", raising=False)
    monkeypatch.setattr(approve, "terminal", lambda: None)
    return path


class Done:
    """What a command gave."""

    def __init__(self, code: int, out: str, err: str, model: Any = None) -> None:
        self.code, self.out, self.err, self.model = code, out, err, model

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def run_id(self) -> str:
        """Of the first notice that names one."""
        return next(
            w
            for line in self.err.splitlines()
            if line.startswith("· run ")
            for w in [line.split()[2]]
        )


Run = Callable[..., Done]


@pytest.fixture
def chatwright(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process. Without replies a model must not even be opened."""

    def ran(*args: str, replies: Any = None, stdin: str | None = None) -> Done:
        opened = Scripted(replies) if isinstance(replies, list) else replies

        def open_model(spec: Any = None, **_: Any) -> Any:
            assert opened is not None, "a model was opened"
            opened.name = spec or "nano"
            return opened

        monkeypatch.setattr(model, "open_model", open_model)
        monkeypatch.setattr(sys, "stdin", Untouched() if stdin is None else io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            cli.main(list(args))
        out, err = capsys.readouterr()
        return Done(int(left.value.code or 0), out, err, opened)

    return ran


class Untouched(io.StringIO):
    """A stdin that nobody may read."""

    def read(self, *_: Any) -> str:
        raise AssertionError("stdin was read")

    readline = read


# -- the journal of ask -------------------------------------------------------------------------------


def test_each_run_is_kept_and_its_id_is_told(chatwright: Run):
    done = chatwright("ask", "2 + 2?", replies=[calculates("2 + 2"), final("4")])
    assert (done.code, done.out) == (0, "4\n")
    assert done.err.startswith(f"· run {done.run_id}\n")
    listed = chatwright("runs")
    assert listed.code == 0 and listed.out.startswith(done.run_id)
    assert listed.out.rstrip().endswith("answer             2 steps  2 + 2?")


def test_no_journal_keeps_nothing(chatwright: Run, journal: Path):
    done = chatwright("ask", "q", "--no-journal", replies=[final("a")])
    assert (done.code, done.out, done.err) == (0, "a\n", "  I know\n")
    assert not journal.parent.exists()
    done = chatwright("ask", "q", "--no-journal", "--run", "x")
    assert done.code == 2 and "--no-journal does not go with --run" in done.err


def test_without_a_place_for_the_journal_the_run_goes_on_after_one_notice(
    chatwright: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", str(tmp_path / "file" / "runs.db"))
    done = chatwright("ask", "q", replies=[calculates("1"), final("a")])
    assert (done.code, done.out) == (0, "a\n") and done.err.count("this run is not kept") == 1
    for args in (["ask", "q", "--run", "x"], ["ask", "--run", "x"]):
        done = chatwright(*args)
        assert done.code == 1 and done.out == "" and "cannot be opened" in done.err


def test_a_journal_that_cannot_be_written_costs_no_answer_but_a_run_that_was_asked_for_by_id(
    chatwright: Run, monkeypatch: pytest.MonkeyPatch
):
    def begin(self: Journal, run_id: str | None, input: Any) -> Record:
        raise JournalError("the disk is full", "make room")

    monkeypatch.setattr(Journal, "begin", begin)
    done = chatwright("ask", "q", replies=[final("a")])
    assert (done.code, done.out) == (0, "a\n")
    assert done.err.count("the disk is full: this run is not kept") == 1
    done = chatwright("ask", "q", "--run", "x", replies=[final("a")])
    assert done.code == 1 and "error: the disk is full\nhint: make room" in done.err


def test_a_journal_that_fails_in_the_middle_ends_the_run_so_that_nothing_runs_twice_later(
    chatwright: Run, monkeypatch: pytest.MonkeyPatch
):
    def add(self: Record, *rows: Any, durable: bool = False) -> None:
        raise JournalError("the disk is full", "make room")

    with monkeypatch.context() as patched:
        patched.setattr(Record, "add", add)
        done = chatwright("ask", "q", replies=[calculates("1"), final("a")])
    assert done.code == 1 and done.out == ""
    assert (
        f"error: the disk is full\nhint: make room\nhint: to go on: chatwright ask --run {done.run_id}\n"
        in done.err
    )
    assert chatwright("ask", "--run", done.run_id, replies=[final("a")]).out == "a\n"


# -- --run ----------------------------------------------------------------------------------------------


def test_a_finished_run_gives_its_answer_again_and_asks_no_model_nor_reads_stdin(chatwright: Run):
    first = chatwright("ask", "q", replies=[final("a")])
    for args in ([first.run_id], [first.run_id[:5]], [first.run_id, "q"]):
        again = chatwright("ask", "--run", *args)
        assert (again.code, again.out) == (0, "a\n"), again.err
        assert "has its answer already" in again.err
    events = chatwright("ask", "--run", first.run_id, "--json").events
    assert [e["type"] for e in events] == ["notice", "text", "finish"]
    assert [e["run_id"] for e in events if e["type"] != "text"] == [first.run_id] * 2


def test_run_with_a_question_begins_one_under_this_name(chatwright: Run):
    done = chatwright("ask", "--run", "my run", "q", replies=[final("a")])
    assert (done.code, done.out) == (0, "a\n") and "· run my run\n" in done.err
    # The beginning of a name is enough only where there is no question.
    assert chatwright("ask", "--run", "my", "q2", replies=[final("b")]).out == "b\n"
    assert chatwright("ask", "--run", "my r").out == "a\n"


def test_an_unknown_run_and_another_question_are_wrong_usage(chatwright: Run):
    assert "holds no run yet" in chatwright("ask", "--run", "x").err
    first = chatwright("ask", "q", replies=[final("a")])
    done = chatwright("ask", "--run", first.run_id[:6] + "zz")
    assert done.code == 2 and f"did you mean '{first.run_id}'?" in done.err
    done = chatwright("ask", "--run", first.run_id, "another", replies=[])
    assert done.code == 2 and "has another question: 'q'" in done.err


def test_a_question_for_a_run_may_come_from_stdin_where_a_dash_is_given(chatwright: Run):
    done = chatwright("ask", "-", "--run", "x", replies=[final("a")], stdin="q\n")
    assert done.out == "a\n"


def test_at_a_limit_there_is_a_best_answer_and_the_line_to_go_on_with(chatwright: Run):
    script = [calculates("1 + 1"), final("perhaps 2")]
    done = chatwright("ask", "q", "--max-steps", "1", replies=script)
    assert (done.code, done.out) == (3, "perhaps 2\n")
    line = f"chatwright ask --run {done.run_id} --max-steps 2"
    assert f"stopped: the limit of steps was reached\nhint: to go on: {line}\n" in done.err
    more = chatwright(*line.split()[1:], replies=[calculates("2 + 2"), final("4")])
    assert more.code == 3  # two steps are used up: the answer is the last word
    more = chatwright("ask", "--run", done.run_id, "--max-steps", "9", replies=[final("four")])
    assert (more.code, more.out) == (0, "four\n")
    assert "goes on after 2 turns of the model" in more.err


@pytest.mark.parametrize(
    ("args", "replies", "reason", "code", "way"),
    [
        (["--max-tokens", "1"], [calculates("1"), final("a")], "max_tokens", 3, "--run ID --max-tokens "),
        (["--max-seconds", "0.000001"], [final("a")], "max_seconds", 3, "--run ID --max-seconds 2e-06"),
        ([], [calculates("1")] * 4 + [final("a")], "repeats", 3, "with another model: chatwright ask --run ID -m MODEL"),
        ([], ["Action: {"] * 4, "malformed", 1, "--run ID -m MODEL"),
        (["--max-steps", "40"], [calculates(f"1/{'0' * n}") for n in range(1, 9)] + [final("a")], "errors", 3, "--run ID -m MODEL"),
        ([], [], "error", 1, "hint: to go on: chatwright ask --run ID"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_every_limit_has_its_exit_code_and_its_way_on(
    chatwright: Run, args: list[str], replies: list[str], reason: str, code: int, way: str
):
    done = chatwright("ask", "q", *args, replies=replies)
    assert done.code == code and way.replace("ID", done.run_id) in done.err
    assert json.loads(chatwright("runs", "--json").out)["stop_reason"] == reason
    told = chatwright("ask", "--run", done.run_id, "--json", *args, replies=replies).events
    assert told[-1]["type"] == "finish" and told[-1]["stop_reason"] == reason


@pytest.mark.parametrize(("given", "limit"), [("inf", None), ("1e300", None), ("2.5", 2.5)])
def test_seconds_without_end_are_no_limit(chatwright: Run, given: str, limit: float | None):
    assert Wish(max_seconds=float(given)).limits().max_seconds == limit
    assert chatwright("ask", "q", "--max-seconds", given, replies=[final("a")]).out == "a\n"


@pytest.mark.parametrize("option", ["--max-seconds=0", "--max-seconds=nan", "--max-seconds=-1", "--max-tokens=0", "--max-steps=0"])  # fmt: skip
def test_a_limit_that_makes_no_sense_is_wrong_usage(chatwright: Run, option: str):
    done = chatwright("ask", "q", option, replies=[final("a")])
    assert (done.code, done.out) == (2, "") and "error: " in done.err


def test_the_help_tells_the_limits_as_they_are(chatwright: Run):
    text = " ".join(chatwright("ask", "--help").out.split())
    limits = Limits()
    assert f"default: {limits.max_steps}" in text
    assert f"{limits.max_seconds:g} where it is left out" in text
    assert f"{limits.max_tokens} where it is left out" in text
    for option in ("--run 1a2b3c4d --max-steps 24", "--schema person.json", "--careful", "mcp:"):
        assert option in text
    assert "Examples:" in chatwright("runs", "--help").out


def test_a_run_goes_on_with_what_it_had_from_another_folder(
    chatwright: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    Path("tools.py").write_text('def rain(city: str) -> str:\n    "Rains?"\n    return "wet"\n')
    Path("notes").mkdir()
    Path("notes", "n.md").write_text("Oslo is wet.")
    args = ["-t", "tools.py:rain", "--docs", "notes", "-m", "local:x", "--careful"]
    first = chatwright("ask", "q", *args, "--max-steps", "1", replies=[calculates("1"), final("?")])
    assert first.code == 3
    monkeypatch.chdir(tmp_path)
    script = [calls("rain", city="Oslo"), calls("Search", query="Oslo"), final("wet")]
    more = chatwright("ask", "--run", first.run_id, replies=script)
    assert (more.code, more.out) == (0, "wet\n") and "← wet" in more.err
    assert "[n.md]" in more.err and more.model.name == "local:x"
    assert chatwright("ask", "q", "--run", "new", replies=[final("a")]).model.name == "nano"


def test_what_is_said_anew_beats_what_the_run_had(chatwright: Run, tmp_path: Path):
    tools = tmp_path / "tools.py"
    tools.write_text('def rain(city: str) -> str:\n    "Rains?"\n    return "wet"\n')
    args = ["-t", str(tools), "-m", "local:x", "--max-steps", "1"]
    first = chatwright("ask", "q", *args, replies=[calculates("1"), final("?")])
    more = chatwright("ask", "--run", first.run_id, "-m", "local:y", "--no-tools", replies=["a"])
    assert (more.code, more.out, more.model.name) == (0, "a\n", "local:y")
    assert "had tools that are not here now: Calculator, rain" in more.err


def test_a_password_in_the_models_address_is_not_kept_and_is_asked_for(
    chatwright: Run, journal: Path
):
    url = "http://me:hunter2hunter2@localhost:1"
    first = chatwright(
        "ask", "q", "-m", url, "--max-steps", "1", replies=[calculates("1"), final("?")]
    )
    done = chatwright("ask", "--run", first.run_id)
    assert done.code == 2 and "name it once more with -m" in done.err
    assert b"hunter2" not in b"".join(f.read_bytes() for f in journal.parent.iterdir())


def test_files_are_kept_by_their_whole_path_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("tools.py", "m.gguf", "s.json", "calculator", "mcp"):
        Path(name).touch()
    specs = ("tools.py", "tools.py:f", "gone.py", "calculator", "pkg.mod:f", "mcp:python tools.py")
    wish = Wish("q", "local:m.gguf", specs, docs=Path("d"), schema="s.json")
    note = wish.note()
    assert note["spec"] == f"local:{tmp_path}/m.gguf"
    assert note["with"] == {
        "tools": [f"{tmp_path}/tools.py", f"{tmp_path}/tools.py:f", *specs[2:]],
        "docs": f"{tmp_path}/d",
        "schema": f"{tmp_path}/s.json",
    }
    begun = Wish(run_id="x").as_begun(note, model_given=False)
    assert begun.note() == note
    assert Wish(run_id="x").as_begun({"with": "?"}, model_given=False) == Wish(run_id="x")


def test_a_tool_whose_command_held_a_secret_is_not_started_without_it():
    with pytest.raises(UsageError, match="holds a secret") as told:
        Wish(specs=("mcp:server --token [redacted]",)).check_whole()
    assert told.value.hint == "name it once more with -t"


def test_another_model_than_before_is_told(chatwright: Run, journal: Path):
    with Journal.open(journal) as opened:
        opened.begin("r", {"question": "q", "model": "big"}).close()
    done = chatwright("ask", "--run", "r", replies=[final("a")])
    assert done.out == "a\n" and "the run began with big, and goes on with nano" in done.err


def test_the_line_to_go_on_with_is_enough_for_a_run_that_had_many_turns(chatwright: Run):
    args = ["ask", "q", "--run", "r", "--max-steps"]
    chatwright(*args, "5", replies=[*(calculates(f"{n}") for n in range(5)), final("a")])
    done = chatwright(*args, "2", replies=[final("b")])
    assert done.code == 3 and "--run r --max-steps 10" in done.err


def test_a_run_that_somebody_else_is_writing_is_left_alone(chatwright: Run, journal: Path):
    with Journal.open(journal) as held, held.begin("busy", {"question": "q"}):
        done = chatwright("ask", "--run", "busy", replies=[final("a")])
        assert done.code == 1 and "is being written by somebody else" in done.err
        assert chatwright("runs", "busy").code == 0  # to look at it needs no lock
        assert chatwright("runs", "busy", "--forget", "--yes").code == 1
    assert chatwright("ask", "--run", "busy", replies=[final("a")]).out == "a\n"


# -- Ctrl-C -----------------------------------------------------------------------------------------------


class StoppedByHand(Scripted):
    """A model whose first answer is stopped by Ctrl-C in the middle."""

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        list(super().stream(*args, **options))
        yield Text("half an ")
        raise KeyboardInterrupt


def test_ctrl_c_gives_what_there_is_and_the_line_to_go_on_with(chatwright: Run):
    done = chatwright("ask", "q", replies=StoppedByHand([final("x")]))
    assert (done.code, done.out) == (130, "half an \n")
    assert done.err.endswith(f"stopped\nhint: to go on: chatwright ask --run {done.run_id}\n")
    assert " stopped " in chatwright("runs").out
    told = chatwright("ask", "--run", done.run_id, "--json", replies=StoppedByHand([final("x")]))
    assert told.code == 130
    assert told.events[-1]["stop_reason"] == "stopped" and told.events[-1]["run_id"] == done.run_id
    assert chatwright("ask", "--run", done.run_id, replies=[final("whole")]).out == "whole\n"


# -- the screen -------------------------------------------------------------------------------------------


def seen(
    capsys: pytest.CaptureFixture[str], *events: Any, screen: Screen | None = None
) -> tuple[str, str]:
    reader = screen or Screen()
    for event in events:
        reader.see(event)
    reader.close()
    return capsys.readouterr()


def test_what_is_said_before_a_call_is_no_answer(capsys: pytest.CaptureFixture[str]):
    call, result = ToolCall("1", "add", {}), ToolResult("1", "4")
    out, err = seen(
        capsys, Text("Let me "), Text("see."), call, result, Text("4"), Finish("4", None, "answer")
    )
    assert out == "4\n" and err == "  Let me see.\n→ add()\n← 4  [0 ms]\n"
    out, err = seen(
        capsys, Text("hm"), Malformed("hm", "why"), Text("4"), Finish("4", None, "answer")
    )
    assert out == "4\n" and err == "  hm\n! why\n"


def test_the_last_word_at_a_limit_is_the_answer_and_the_half_one_before_it_a_thought(
    capsys: pytest.CaptureFixture[str],
):
    out, err = seen(capsys, Text("half of"), Text("best"), Finish("best", None, "max_tokens"))
    assert out == "best\n" and err.startswith("  half of\nstopped: the limit of tokens")


@pytest.mark.parametrize(
    ("events", "out"),
    [
        ([Text("a"), Finish("a", None, "answer")], "a\n"),
        ([Finish("a", None, "max_steps")], "a\n"),
        ([Text("a"), Text("b\n"), Finish("ab\n", None, "answer")], "ab\n\n"),
        ([Finish("", None, "max_steps")], ""),
        ([Text("half"), Finish("", None, "max_seconds")], "half\n"),
        ([Text("half"), Error("gone"), Finish("", None, "error")], ""),
        ([Text("half")], "half\n"),
        ([Text(""), Finish("", None, "answer")], ""),
    ],
)
def test_stdout_gets_the_answer_once(
    capsys: pytest.CaptureFixture[str], events: list[Any], out: str
):
    assert seen(capsys, *events)[0] == out


def test_on_a_terminal_the_answer_is_shown_as_it_comes(capsys: pytest.CaptureFixture[str]):
    screen = Screen(live=True)
    screen.see(Text("a"))
    assert capsys.readouterr().out == "a"
    screen.see(ToolCall("1", "add", {}))
    screen.see(Text("b"))
    screen.see(Finish("b", None, "answer"))
    assert capsys.readouterr().out == "\nb\n"


@pytest.mark.parametrize(
    "reason",
    ["max_steps", "max_seconds", "max_tokens", "repeats", "malformed", "errors", "length", "unknown_outcome",
     "refused", "stopped", "error"],
)  # fmt: skip
def test_every_end_but_an_answer_is_told(capsys: pytest.CaptureFixture[str], reason: str):
    out, err = seen(capsys, Finish("", None, reason))
    assert out == "" and err.startswith("stopped: ")


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_what_a_tool_prints_is_no_part_of_the_answer(
    chatwright: Run, tmp_path: Path, option: list[str]
):
    file = tmp_path / "loud.py"
    file.write_text('def loud(x: int) -> str:\n    "Loud."\n    print("LOUD")\n    return "ok"\n')
    script = [calls("loud", x=1), final("a")]
    done = chatwright("ask", "q", "-t", str(file), *option, replies=script)
    assert "LOUD" in done.err and "LOUD" not in done.out
    assert done.out == "a\n" if not option else done.events[-1]["answer"] == "a"


def test_prompt_shows_what_ask_would_send(chatwright: Run, tools: str):
    args = ["What is </s> 2?", "-t", tools]
    shown = chatwright("prompt", *args, replies=[])
    asked = chatwright("ask", *args, replies=[final("2")])
    assert shown.code == 0
    assert shown.out == "".join(part.text for part in asked.model.requests[0].prompt)


# -- --schema ---------------------------------------------------------------------------------------------

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "n.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


def test_with_a_schema_stdout_is_the_json_alone_and_prose_a_thought(chatwright: Run, schema: str):
    script = [calculates("2 + 2"), final("It is four."), '{"n": "x"}', '{"n": 4}']
    done = chatwright("ask", "q", "--schema", schema, replies=script)
    assert (done.code, done.out) == (0, '{"n": 4}\n') and "It is four." in done.err
    assert chatwright("ask", "--run", done.run_id).out == '{"n": 4}\n'
    assert chatwright("runs", done.run_id, "--replay").out == '{"n": 4}\n'
    finish = chatwright("ask", "q", "--schema", schema, "--json", replies=script).events[-1]
    assert finish["values"] == {"n": 4}


def test_without_tools_the_answer_is_json_at_once(chatwright: Run, schema: str):
    done = chatwright("ask", "q", "--no-tools", "--schema", schema, replies=['{"n": 4}'])
    assert (done.code, done.out) == (0, '{"n": 4}\n') and len(done.model.requests) == 1


def test_an_answer_that_never_fits_is_a_failure_and_stdout_stays_empty(
    chatwright: Run, schema: str
):
    done = chatwright("ask", "q", "--schema", schema, replies=[final("four"), *["no"] * 9])
    assert (done.code, done.out) == (1, "")
    assert "four" in done.err and "could not be read" in done.err


def test_at_a_limit_the_best_answer_is_json_too(chatwright: Run, schema: str):
    script = [calculates("1"), final("four"), '{"n": 4}']
    done = chatwright("ask", "q", "--schema", schema, "--max-steps", "1", replies=script)
    assert (done.code, done.out) == (3, '{"n": 4}\n')


def test_a_run_that_was_begun_with_a_schema_goes_on_with_it(chatwright: Run, schema: str):
    first = chatwright("ask", "q", "--schema", schema, replies=[calculates("1")])
    assert (first.code, first.out) == (1, "")
    more = chatwright("ask", "--run", first.run_id, replies=[final("four"), '{"n": 4}'])
    assert (more.code, more.out) == (0, '{"n": 4}\n')


def test_a_run_that_has_its_answer_in_prose_cannot_give_it_as_json(chatwright: Run, schema: str):
    first = chatwright("ask", "q", replies=[final("four")])
    more = chatwright("ask", "--run", first.run_id, "--schema", schema)
    assert (more.code, more.out) == (1, "") and "no JSON" in more.err and "four" in more.err


def test_a_pydantic_model_in_a_file_is_a_schema_and_may_find_fault(chatwright: Run, tmp_path: Path):
    file = tmp_path / "models.py"
    file.write_text(
        "import datetime, pydantic\n"
        "class Day(pydantic.BaseModel):\n"
        "    day: datetime.date = pydantic.Field(alias='on')\n"
        "    @pydantic.field_validator('day')\n"
        "    @classmethod\n"
        "    def late(cls, day):\n"
        "        if day.year < 2000:\n"
        "            raise ValueError('too early')\n"
        "        return day\n"
    )
    script = [final("in 1999"), '{"on": "1999-01-01"}', '{"on": "2001-01-01"}']
    done = chatwright("ask", "q", "--schema", f"{file}:Day", replies=script)
    assert (done.code, done.out) == (0, '{"on": "2001-01-01"}\n') and "too early" in done.err
    assert chatwright("ask", "--run", done.run_id).out == done.out
    wrong = chatwright("ask", "q", "--schema", f"{file}:Dya")
    assert wrong.code == 2 and "did you mean 'Day'?" in wrong.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("", "line 1, column 1: this is not JSON"),
        ('{"type": }', "line 1, column 10: this is not JSON"),
        ("[1]", "it is not an object"),
        ('{"type": "objekt"}', "objekt"),
        ("\udcff", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
    ids=["gone", "empty", "cut", "list", "wrong type", "bytes", "deep"],
)
def test_a_bad_schema_is_told_in_two_lines_before_anything_is_asked(
    chatwright: Run, tmp_path: Path, content: str | None, message: str
):
    path = tmp_path / "s.json"
    if content is not None:
        path.write_bytes(content.encode(errors="surrogateescape"))
    done = chatwright("ask", "q", "--schema", str(path))
    assert done.code == 2 and message in done.err and len(done.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("models.py", "name the model in it: models.py:Model"),
        ("models.py:Model", "is not there"),
        ("os:path", "os:path is no pydantic model"),
        ("os:getcwd", "os:getcwd is no pydantic model"),
        ("no.such.module:Model", "there is no module"),
    ],
)
def test_what_is_no_pydantic_model_is_told(chatwright: Run, spec: str, message: str):
    done = chatwright("ask", "q", "--schema", spec)
    assert done.code == 2 and message in done.err


def test_a_pydantic_model_that_has_no_json_schema_is_told_before_anything_is_asked(
    chatwright: Run, tmp_path: Path
):
    file = tmp_path / "models.py"
    file.write_text(
        "import pydantic, typing\n"
        "class F(pydantic.BaseModel):\n    f: typing.Callable[[int], int]\n"
    )
    done = chatwright("ask", "q", "--schema", f"{file}:F")
    assert done.code == 2 and "cannot be told as a JSON schema" in done.err


# -- a person is asked --------------------------------------------------------------------------------------


def delete(name: str, times: int = 1) -> str:
    """Deletes a note."""
    return f"deleted {name} {times}"


DELETE = Tool.from_function(delete, writes=True)
CALL = ToolCall("1", "delete", {"name": "a.md"})


class Person:
    """A terminal with a person at it who types these lines."""

    def __init__(self, *lines: str) -> None:
        self.screen = io.StringIO()
        keys = io.StringIO("".join(f"{line}\n" for line in lines))
        self.asking = Asking(Terminal(keys, self.screen))

    def decides(self, call: ToolCall = CALL) -> Any:
        return self.asking(call, DELETE)

    @property
    def saw(self) -> str:
        return self.screen.getvalue()


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        (["y"], Approve()),
        (["YES"], Approve()),
        (["", "what?", "y"], Approve()),
        (["n", "too dangerous"], Refuse("too dangerous")),
        (["no, not this one"], Refuse("not this one")),
        (["n", ""], Refuse("")),
        (["e", '{"name": "b.md"}'], Edit({"name": "b.md"})),
        (["e", "", "y"], Approve()),
    ],
)
def test_a_person_says_yes_no_or_something_else(lines: list[str], decision: Any):
    assert Person(*lines).decides() == decision


@pytest.fixture(autouse=True)
def no_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)


def test_arguments_that_cannot_be_read_or_break_the_schema_are_told_and_asked_again():
    person = Person(
        "e", "{oops", "e", "[1]", "e", '{"name": "b", "times": "x"}', "e", '{"nam": "b"}', "y"
    )
    assert person.decides() == Approve()
    for told in ("not JSON", "a JSON object", "times", "nam"):
        assert told in person.saw


def test_to_quit_and_to_close_the_terminal_stop_the_run():
    for person in (Person("q"), Person()):
        with pytest.raises(KeyboardInterrupt):
            person.decides()


def test_always_is_for_one_tool_and_not_for_a_call_that_may_have_run():
    person = Person("a")
    assert person.decides() == Approve() == person.decides(ToolCall("2", "delete", {"name": "b"}))
    started = StartedCall("3", "delete", {"name": "b"})
    with pytest.raises(KeyboardInterrupt):  # it asks, and nobody answers
        person.decides(started)
    assert "delete may have run already" in person.saw and "run it again?" in person.saw


def test_what_would_be_done_is_shown_without_anything_hidden():
    hidden = "a\x1b[2Jb\u202ec\u200bd"
    person = Person("m", "y")
    person.decides(ToolCall("1", "delete", {"name": hidden, "long": "x" * 5000}))
    assert "  Deletes a note.\n" in person.saw and "x" * 5000 in person.saw
    assert not set(person.saw) & {"\x1b", "\u202e", "\u200b"}
    assert r"a\u001b[2Jb\u202ec\u200bd" in person.saw
    assert "… (4,702 more characters)" in person.saw and "[m]ore" in person.saw


def test_many_arguments_are_cut_too():
    person = Person("y")
    person.decides(ToolCall("1", "delete", {f"k{n}": n for n in range(30)}))
    assert "… and 18 more arguments" in person.saw and "k29" not in person.saw


@posix
def test_arguments_are_edited_in_the_editor_until_they_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    editor = tmp_path / "an editor"
    editor.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\np = pathlib.Path(sys.argv[-1])\nt = p.read_text()\n"
        "p.write_text(t[:-3] if 'a.md' in t and t.endswith('}\\n') else '{\"name\": \"b.md\"}')\n"
    )
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", "vi")
    monkeypatch.setenv("VISUAL", f"'{editor}' --wait")
    with (tmp_path / "screen").open("w+") as screen:
        keys = (tmp_path / "keys").open("w+")
        keys.write("e\ne\n")
        keys.seek(0)
        assert Asking(Terminal(keys, screen))(CALL, DELETE) == Edit({"name": "b.md"})
        screen.seek(0)
        assert "this does not do: not JSON" in screen.read()
        keys.close()


@posix
def test_an_editor_that_is_not_there_is_told_and_one_types(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    person = Person("e", '{"name": "b.md"}')
    assert person.decides() == Edit({"name": "b.md"}) and "the editor failed" in person.saw


def test_two_agents_ask_one_after_the_other():
    busy, most, lock = [0], [0], threading.Lock()

    class Slow(io.StringIO):
        def readline(self, *_: Any) -> str:
            with lock:
                busy[0] += 1
                most[0] = max(most[0], busy[0])
            turn.wait(0.05)
            with lock:
                busy[0] -= 1
            return "y\n"

    turn = threading.Event()
    agents = [Asking(Terminal(Slow(), io.StringIO())) for _ in range(4)]
    threads = [threading.Thread(target=asking, args=(CALL, DELETE)) for asking in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A tool that writes: each call is a line in the file `done`."""
    path = tmp_path / "tools.py"
    path.write_text(
        "import pathlib\nfrom chatwright.tools import Tool\n"
        "def delete(name: str) -> str:\n"
        '    """Deletes a note."""\n'
        f"    with open({str(tmp_path / 'done')!r}, 'a') as out:\n"
        "        out.write(name + '\\n')\n"
        "    return 'deleted'\n"
        "def read(name: str) -> str:\n"
        '    """Reads a note."""\n'
        "    return 'a stranger wrote this'\n"
        "tools = [Tool.from_function(delete, writes=True), read]\n"
    )
    return str(path)


def test_where_nobody_can_be_asked_a_writing_tool_is_refused_and_yes_allows_it(
    chatwright: Run, tools: str, tmp_path: Path
):
    script = [calls("delete", name="a"), calls("delete", name="b"), final("done")]
    done = chatwright("ask", "q", "-t", tools, replies=script)
    assert (done.code, done.out) == (0, "done\n") and "--yes" in done.err
    assert "nobody was there to allow it" in done.err and not (tmp_path / "done").exists()
    done = chatwright("ask", "q", "-t", tools, "--yes", replies=script)
    assert done.code == 0 and (tmp_path / "done").read_text() == "a\nb\n"
    assert done.err.count("--yes: tools that change something run without a question") == 1


def test_careful_switches_writing_off_once_strangers_text_was_read(
    chatwright: Run, tools: str, tmp_path: Path
):
    script = [
        calls("delete", name="a"),
        calls("read", name="b"),
        calls("delete", name="c"),
        final("x"),
    ]
    args = ["ask", "q", "-t", tools, "--yes", "--careful"]
    # What a tool gives counts as a stranger's unless the tool is trusted, so the first one ends it.
    done = chatwright(*args, replies=script)
    assert (tmp_path / "done").read_text() == "a\n" and "writing is off" in done.err


def test_a_person_at_the_terminal_decides_and_the_model_reads_why(
    chatwright: Run, tools: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    person = Person("n", "keep it", "y")
    monkeypatch.setattr(approve, "terminal", lambda: person.asking._tty)
    script = [calls("delete", name="a"), calls("delete", name="b"), final("done")]
    done = chatwright("ask", "q", "-t", tools, replies=script)
    assert (
        tmp_path / "done"
    ).read_text() == "b\n" and "did not allow this call: keep it" in done.err


def test_quit_at_the_question_stops_a_run_that_goes_on_later(
    chatwright: Run, tools: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    person = Person("q", "y")
    monkeypatch.setattr(approve, "terminal", lambda: person.asking._tty)
    done = chatwright("ask", "q", "-t", tools, replies=[calls("delete", name="a")])
    assert done.code == 130 and "to go on: chatwright ask --run" in done.err
    more = chatwright("ask", "--run", done.run_id, replies=[final("done")])
    assert more.out == "done\n" and (tmp_path / "done").read_text() == "a\n"


# -- runs -----------------------------------------------------------------------------------------------------


def test_no_journal_yet_is_told_kindly_and_none_is_made(chatwright: Run, journal: Path):
    for args in ([], ["--json"], ["-n", "3"]):
        done = chatwright("runs", *args)
        assert (done.code, done.out) == (0, "") and "no runs yet" in done.err
        assert "begin one: chatwright ask" in done.err and not journal.parent.exists()
    done = chatwright("runs", "1a2b")
    assert done.code == 2 and "there is no run '1a2b'" in done.err
    Journal.open(journal).close()
    assert "no runs yet" in chatwright("runs").err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--replay"], "chatwright runs ID --replay"),
        (["--forget"], "chatwright runs ID --forget"),
        (["x", "-n", "3"], "-n is for the list"),
        (["x", "--forget", "--json"], "--forget shows nothing"),
        (["-n", "0"], "0"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(chatwright: Run, args: list[str], message: str):
    done = chatwright("runs", *args)
    assert done.code == 2 and message in done.err


def test_runs_are_listed_newest_first(chatwright: Run, journal: Path):
    chatwright("ask", "one", "--run", "r1", replies=[final("a")])
    chatwright(
        "ask",
        "two\n lines \x1b[31m",
        "--run",
        "r2",
        "--max-steps",
        "1",
        replies=[calculates("1"), final("b")],
    )
    with Journal.open(journal) as opened:
        opened.begin("r3", {"question": "three " * 100}).close()
    rows = chatwright("runs").out.splitlines()
    assert [row.split()[0] for row in rows] == ["r3", "r2", "r1"]
    assert [row.split()[3] for row in rows] == ["unfinished", "max_steps", "answer"]
    assert [row.split()[4] for row in rows] == ["0", "1", "1"]
    assert rows[1].endswith("two lines \ufffd[31m") and rows[0].endswith("…") and len(rows[0]) < 260
    assert len(chatwright("runs", "-n", "1").out.splitlines()) == 1
    told = [json.loads(line) for line in chatwright("runs", "--json").out.splitlines()]
    assert [t["run_id"] for t in told] == ["r3", "r2", "r1"]
    assert (told[2]["question"], told[2]["answer"], told[2]["steps"]) == ("one", "a", 1)


def test_a_run_that_cannot_be_read_does_not_hide_the_others(chatwright: Run, journal: Path):
    import sqlite3

    chatwright("ask", "one", "--run", "r1", replies=[final("a")])
    chatwright("ask", "two", "--run", "r2", replies=[final("a")])
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE rows SET data = 'x' WHERE id >> 32 = 1 AND kind = 'reply'")
    database.close()
    rows = chatwright("runs").out.splitlines()
    assert [(row.split()[0], row.split()[4]) for row in rows] == [("r2", "1"), ("r1", "?")]
    assert chatwright("runs", "r1").code == 1


def test_one_run_is_shown_step_by_step(chatwright: Run):
    script = [calculates("1/0"), "Action: {", calculates("2 + 2"), final("4")]
    done = chatwright("ask", "2 + 2?", replies=script)
    text = chatwright("runs", done.run_id[:4]).out
    for told in (
        f"run       {done.run_id}\n", "question  2 + 2?\n", "model     nano\n", "tools     Calculator\n",
        '→ Calculator(expression="1/0")\n✗ error: ', "! ", "← Answer: 4  [", "answer    4\n", "end       answer, 4 steps\n",
    ):  # fmt: skip
        assert told in text
    assert " read, " in text


def test_a_replay_is_what_was_on_the_screen(chatwright: Run, tools: str):
    script = [
        calculates("1/0"), "Action: {", calls("read", name="x"), calls("nothing"), final("the\nanswer"),
    ]  # fmt: skip
    asked = chatwright("ask", "q", "-t", tools, replies=script)
    shown = chatwright("runs", asked.run_id, "--replay")
    assert shown.code == 0 and shown.out == asked.out == "the\nanswer\n"
    assert shown.err == asked.err


def test_a_replay_shows_what_a_person_changed_and_hides_what_was_not_heeded(
    chatwright: Run, tools: str, monkeypatch: pytest.MonkeyPatch
):
    person = Person("e", '{"name": "B"}')
    monkeypatch.setattr(approve, "terminal", lambda: person.asking._tty)
    # At the limit the model is asked for a last word, and calls a tool instead, which nobody runs.
    script = [calls("delete", name="a"), calls("read", name="c")]
    asked = chatwright("ask", "q", "-t", tools, "--max-steps", "1", "--run", "r", replies=script)
    shown = chatwright("runs", "r", "--replay")
    assert "· delete runs with other arguments" in asked.err and "read" not in asked.err
    head, _, hint = asked.err.rpartition("hint: ")
    assert (shown.out, shown.err) == ("", f"{head}hint: to go on: chatwright ask --run r\n")
    assert hint == "to go on: chatwright ask --run r --max-steps 2\n"
    assert "end       max_steps, 1 step\n" in chatwright("runs", "r").out


def test_the_events_of_a_run_are_those_that_ask_gave(chatwright: Run):
    script = [calculates("2 + 2"), final("4")]
    asked = chatwright("ask", "q", "--json", "--run", "r", replies=script).events
    shown = chatwright("runs", "r", "--json").events
    assert shown == asked


def test_a_replay_of_a_run_that_went_on_gives_the_last_answer_alone(chatwright: Run):
    first = chatwright("ask", "q", "--max-steps", "1", replies=[calculates("1"), final("perhaps")])
    chatwright("ask", "--run", first.run_id, replies=[calculates("2"), final("surely")])
    shown = chatwright("runs", first.run_id, "--replay")
    assert shown.out == "surely\n" and "perhaps" in shown.err and "max_steps" in shown.err
    assert shown.err.count("stopped: ") == 0


def test_a_run_that_is_being_written_can_be_seen_and_says_how_to_go_on(
    chatwright: Run, journal: Path
):
    events = [
        {"type": "reasoning", "text": "hm"},
        {"type": "tool_call", "id": "a", "name": "read", "args": {"n": 1}, "log": ""},
        {"type": "tool_call", "id": "b", "name": "read", "args": {"n": 2}, "log": ""},
        {"type": "finish", "answer": "", "stop_reason": "tool_calls"},
    ]
    with Journal.open(journal) as opened, opened.begin("r", {"question": "q"}) as record:
        record.add(("reply", {"events": events}))
        record.add(("observation", {"call": "b", "text": "two", "ok": True, "ms": 2.0}))
        record.add(("observation", {"call": "a", "text": "one", "ok": True, "ms": 1.0}))
        shown = chatwright("runs", "r", "--replay")
        assert shown.out == "" and shown.err == (
            "· run r\n  hm\n→ read(n=1)\n→ read(n=2)\n← one  [1 ms]\n← two  [2 ms]\n"
            "hint: to go on: chatwright ask --run r\n"
        )
        assert "unfinished, 1 step\n" in chatwright("runs", "r").out


def test_to_forget_a_run_asks_first(chatwright: Run, monkeypatch: pytest.MonkeyPatch):
    for name in ("r1", "r2", "r3"):
        chatwright("ask", "q", "--run", name, replies=[final("a")])
    done = chatwright("runs", "r1", "--forget")
    assert done.code == 2 and "--yes" in done.err
    person = Person("", "y")
    monkeypatch.setattr(approve, "terminal", lambda: person.asking._tty)
    assert "it stays" in chatwright("runs", "r1", "--forget").err
    assert "deleted: r1" in chatwright("runs", "r1", "--forget").err
    assert chatwright("runs", "r2", "--forget", "--yes").code == 0
    assert chatwright("runs", "r2").code == 2
    assert [row.split()[0] for row in chatwright("runs").out.splitlines()] == ["r3"]
    assert runs.command.name == "runs"


def test_the_form_of_a_run_is_json_where_nothing_else_was_asked_for(
    capsys: pytest.CaptureFixture[str],
):
    end = Finish("{}", {"a": [1, float("inf")]}, "answer")
    out, err = seen(capsys, Reasoning("hm"), Text('{"a"'), end, screen=FormScreen())
    assert (out, err) == ('{"a": [1, "inf"]}\n', "  hm\n")
    assert seen(capsys, Notice("x"), Text("{"), screen=FormScreen()) == ("", "· x\n")


# -- processes ------------------------------------------------------------------------------------------------


def test_the_help_loads_neither_the_agent_nor_sqlite():
    code = (
        "import sys\nfrom chatwright.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'sqlite3', 'chatwright.agent', 'langchain_core', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n") and "runs" in done.stdout


@posix
@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_trouble(journal: Path):
    with Journal.open(journal) as opened:
        for n in range(400):
            opened.begin(f"r{n}", {"question": "why? " * 50}).close()
    line = f"{sys.executable} -m chatwright runs -n 400 {{}} | head -n 1"
    for option in ("", "--json"):
        done = subprocess.run(
            ["sh", "-c", line.format(option)], capture_output=True, text=True, check=True
        )
        assert "r399" in done.stdout and done.stderr == ""


@posix
@pytest.mark.slow
def test_a_reader_that_leaves_a_run_early_is_no_trouble_either(journal: Path, tmp_path: Path):
    script = [calculates(f"{n} + {n}") for n in range(3)]
    line = ["bash", "-c", '"$@" 2> "$0" | head -n 1', str(tmp_path / "err")]
    done = subprocess.run(
        [*line, *scripted("ask", "q", "--json", replies=script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    run_id = json.loads(done.stdout)["run_id"]
    assert (tmp_path / "err").read_text() == ""
    with Journal.open(journal) as opened:
        assert opened.find(run_id) == run_id


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Callable[..., Held]]:
    """`ask` of the real nano, in a process of its own, held in the middle of a tool."""
    processes: list[Held] = []

    def begun(kind: str) -> Held:
        processes.append(Held(tmp_path, kind))
        return processes[-1]

    yield begun
    for process in processes:
        process.process.kill()
        process.process.wait()


class Held:
    QUESTION = "Who was Ada Lovelace's mother?"

    def __init__(self, folder: Path, kind: str) -> None:
        self.counted = folder / "counted"
        file = folder / "tools.py"
        file.write_text(
            "import pathlib, time\nfrom chatwright.tools import Tool\n"
            "def Search(query: str) -> str:\n"
            '    """Searches the notes."""\n'
            f"    counted = pathlib.Path({str(self.counted)!r})\n"
            "    first = not counted.exists()\n"
            "    with counted.open('a') as out:\n"
            "        out.write('x')\n"
            "    if first:\n"
            "        time.sleep(50)\n"
            '    return "Ada Lovelace\'s mother was Lady Byron."\n'
            f"tools = [Tool.from_function(Search, {kind})]\n"
        )
        self.err = folder / "err"
        command = [
            sys.executable,
            "-m",
            "chatwright",
            "ask",
            self.QUESTION,
            "-t",
            str(file),
            "--yes",
        ]
        with self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=err, start_new_session=True
            )
        until = time.monotonic() + 60
        while not (self.counted.exists() and self.counted.read_text()):
            assert time.monotonic() < until and self.process.poll() is None, self.err.read_text()
            time.sleep(0.02)
        self.run_id = self.err.read_text().split()[2]

    @property
    def times(self) -> int:
        """How often the tool was called."""
        return len(self.counted.read_text())

    def stopped_by(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def ask(self, *args: str) -> subprocess.CompletedProcess[str]:
        return command("ask", "--run", self.run_id[:6], *args)


def command(*args: str) -> subprocess.CompletedProcess[str]:
    """A command in a process without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "chatwright", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        check=False,
    )


@needs_nano
@posix
@pytest.mark.slow
def test_a_run_killed_in_a_tool_goes_on_and_the_tool_does_not_run_twice(
    held: Callable[..., Held],
):
    run = held("writes=True")
    busy = run.ask()
    assert busy.returncode == 1 and "is being written by somebody else" in busy.stderr
    assert "unfinished" in command("runs").stdout
    assert "→ Search(" in command("runs", run.run_id, "--replay").stderr
    assert run.stopped_by(signal.SIGKILL) == -signal.SIGKILL
    failed = run.ask("--unknown", "fail")
    assert failed.returncode == 1 and f"--run {run.run_id} --unknown skip" in failed.stderr
    more = run.ask("--unknown", "skip", "--json")
    events = [json.loads(line) for line in more.stdout.splitlines()]
    assert events[0]["run_id"] == run.run_id == events[-1]["run_id"]
    assert "nobody knows whether it was carried out" in more.stdout
    # The call that was interrupted is told again and not made again; what is asked for anew is another call.
    asked = [e for e in events if e["type"] == "tool_call" and e["name"] == "Search"]
    assert run.times == len(asked)


@needs_nano
@posix
@pytest.mark.slow
def test_a_run_killed_in_a_tool_that_may_be_repeated_goes_on_by_itself(held: Callable[..., Held]):
    run = held("idempotent=True")
    run.stopped_by(signal.SIGKILL)
    more = run.ask()
    assert more.returncode == 0 and "Byron" in more.stdout and run.times == 2
    # What was thought before the kill was paid for once, and is not asked for again; the call is told again.
    assert more.stderr.count("→ Search(") == 1 and "← Ada Lovelace's mother" in more.stderr
    again = run.ask()
    assert again.stdout == more.stdout and run.times == 2


@needs_nano
@posix
@pytest.mark.slow
def test_a_run_stopped_by_ctrl_c_in_a_tool_says_how_to_go_on(held: Callable[..., Held]):
    run = held("idempotent=True")
    assert run.stopped_by(signal.SIGINT) == 130
    assert run.err.read_text().endswith(
        f"stopped\nhint: to go on: chatwright ask --run {run.run_id}\n"
    )
    assert "Byron" in run.ask().stdout


SCRIPTED = (
    "import json, sys\nfrom chatwright import model\nfrom chatwright.testing import Scripted\n"
    "replies = json.loads(sys.argv.pop(1))\n"
    "model.open_model = lambda spec=None, **_: Scripted(replies)\n"
    "from chatwright.cli import main\nmain()\n"
)


def scripted(*args: str, replies: list[str]) -> list[str]:
    return [sys.executable, "-c", SCRIPTED, json.dumps(replies), *args]


@posix
@pytest.mark.slow
def test_a_person_at_a_real_terminal_is_asked(tools: str, tmp_path: Path):
    script = [
        calls("delete", name="a"),
        calls("delete", name="b"),
        calls("delete", name="c"),
        final("done"),
    ]
    with Tty(scripted("ask", "q", "-t", tools, replies=script)) as tty:
        tty.sees("? delete changes something")
        tty.sees('name: "a"')
        tty.sees("[q]uit: ")
        tty.type("n\n")
        tty.sees("why?")
        tty.type("not that one\n")
        tty.sees("did not allow this call: not that one")
        tty.sees("[q]uit: ")
        tty.type("e\n")
        tty.sees("on one line: ")
        tty.type('{"name": 7, "x": 1}\n')
        tty.sees("this does not do")
        tty.sees("[q]uit: ")
        tty.type("e\n")
        tty.sees("on one line: ")
        tty.type('{"name": "B"}\n')
        tty.sees("[q]uit: ")
        tty.type("a\n")
        tty.sees("done")
        assert tty.leaves() == 0
    assert (tmp_path / "done").read_text() == "B\nc\n"


@posix
@pytest.mark.slow
def test_where_stdin_is_a_pipe_the_person_is_asked_on_the_terminal_and_may_stop(
    tools: str, tmp_path: Path, journal: Path
):
    script = [calls("delete", name="a"), final("done")]
    line = ["sh", "-c", 'echo "the question" | "$@" 2> "$0"', str(tmp_path / "err")]
    with Tty([*line, *scripted("ask", "-t", tools, replies=script)]) as tty:
        tty.sees("[q]uit: ")
        tty.type("\x03")
        assert tty.leaves() in (130, -signal.SIGINT)
    with Journal.open(journal) as opened:
        [info] = opened.runs()
    assert (info.question, info.stop_reason) == ("the question", "stopped")
    assert f"to go on: chatwright ask --run {info.run_id}" in (tmp_path / "err").read_text()
    with Tty(scripted("ask", "--run", info.run_id, replies=[final("done")])) as tty:
        tty.sees("[q]uit: ")
        tty.type("y\n")
        tty.sees("deleted")
        tty.sees("done")
        assert tty.leaves() == 0
    assert (tmp_path / "done").read_text() == "a\n"


@posix
@pytest.mark.slow
def test_a_call_that_may_have_run_is_asked_about_and_yes_alone_does_not_run_it_again(
    tools: str, tmp_path: Path, journal: Path
):
    with Journal.open(journal) as opened, opened.begin("r", {"question": "q"}) as record:
        call = {"type": "tool_call", "id": "1", "name": "delete", "args": {"name": "a"}}
        record.add(("reply", {"events": [call]}), ("intent", {"call": "1"}))
    asks = scripted("ask", "--run", "r", "-t", tools, "--yes", replies=[final("done")])
    with Tty(asks) as tty:
        tty.sees("delete may have run already")
        tty.sees("run it again?")
        tty.type("\x04")
        assert tty.leaves() == 130
    done = subprocess.run(
        asks, capture_output=True, text=True, start_new_session=True, timeout=60, check=False
    )
    assert done.stdout == "done\n" and "--yes does not run it again" in done.stderr
    assert not (tmp_path / "done").exists()
