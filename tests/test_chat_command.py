"""`chatwright chat`: a conversation, from a pipe and on a terminal."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import Tty

from chatwright import cli, model
from chatwright.agent.journal import Journal, Record
from chatwright.cli import approve
from chatwright.cli.chat.lines import Piped, Said, gathered
from chatwright.cli.chat.page import Page
from chatwright.cli.chat.talk import Exchange, forgotten, messages, transcript
from chatwright.errors import BackendError, JournalError
from chatwright.events import Finish, Notice, Text, ToolCall
from chatwright.testing import Scripted

NANO = Path(__file__).parent.parent / "src" / "chatwright" / "nano" / "nano.gguf"


def final(text: str) -> str:
    return f"Thought: I know\nFinal Answer: {text}"


def calls(expression: str) -> str:
    action = f'{{"action": "Calculator", "action_input": {{"expression": "{expression}"}}}}'
    return f"Thought: hm\nAction:\n```\n{action}\n```"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "runs.db"
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", str(path))
    monkeypatch.delenv("CHATWRIGHT_MODEL", raising=False)
    monkeypatch.setattr(
        approve, "approver", lambda say: None
    )  # whoever runs the tests is not asked
    return path


class Talked:
    """What a chat from a pipe gave."""

    def __init__(self, code: int, out: str, err: str, model: Any) -> None:
        self.code, self.out, self.err, self.model = code, out, err, model

    @property
    def prompts(self) -> list[str]:
        """What the model saw, turn by turn."""
        return ["".join(part.text for part in r.prompt) for r in self.model.requests]


Talk = Callable[..., Talked]


@pytest.fixture
def talk(
    journal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Talk:
    def talked(*lines: str, replies: Any = (), args: tuple[str, ...] = ()) -> Talked:
        opened = replies if hasattr(replies, "stream") else Scripted(replies)
        monkeypatch.setattr(model, "open_model", lambda spec=None, **_: opened)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        with pytest.raises(SystemExit) as left:
            cli.main(["chat", *args])
        out, err = capsys.readouterr()
        return Talked(int(left.value.code or 0), out, err, opened)

    return talked


# -- from a pipe --------------------------------------------------------------------------------------


def test_each_line_is_a_question_and_only_answers_go_to_stdout(talk: Talk):
    done = talk("2 + 2?", "", "And then?", replies=[calls("2 + 2"), final("4"), final("5")])
    assert (done.code, done.out) == (0, "4\n5\n")
    assert 'Calculator(expression="2 + 2")' in done.err and "> " not in done.err


def test_the_model_sees_what_was_said_before_and_none_of_its_thoughts(talk: Talk):
    first = final("Hello Ada").replace("I know", "I wonder")
    done = talk("I am Ada.", "Who am I?", replies=[first, final("Ada")])
    history = "<|user|>\nI am Ada.</s>\n<|assistant|>\nHello Ada</s>\n<|user|>\nWho am I?</s>"
    assert history in done.prompts[1] and "I wonder" not in done.prompts[1]


class Watched(Scripted):
    """A model that looks at what is on stdout in the middle of its answer."""

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        yield Text("first ")
        self.seen = sys.stdout.getvalue()  # type: ignore[attr-defined]
        yield Text("second")
        yield Finish("first second")


@pytest.mark.parametrize(("args", "seen"), [(("--no-tools",), "first "), ((), "")])
def test_where_no_call_can_follow_a_pipe_gets_the_answer_as_it_comes(
    talk: Talk, args: tuple[str, ...], seen: str
):
    done = talk("q", replies=Watched([]), args=args)
    assert (done.out, done.model.seen) == ("first second\n", seen)


def test_without_any_question_a_chat_is_over_at_once(talk: Talk, journal: Path):
    assert (talk().code, talk("", "  ").out) == (0, "")
    with Journal.open(journal) as kept:
        assert kept.runs() == []


def test_a_question_on_the_command_line_comes_first(talk: Talk):
    done = talk("b", replies=[final("1"), final("2")], args=("a",))
    assert done.out == "1\n2\n" and "<|user|>\na</s>" in done.prompts[0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["hello "], Said("hello")),
        (['"""a'], Said("a", literal=True, is_open=True)),
        (['"""a', "  b", 'c"""'], Said("a\n  b\nc", literal=True)),
        (['"""', "a", "", '"""'], Said("a\n", literal=True)),
        (['  """a""" b'], Said("a b", literal=True)),
        (['"""/exit"""'], Said("/exit", literal=True)),
        (['say """this"""'], Said('say """this"""')),
        (["pasted\nlines"], Said("pasted\nlines", literal=True)),
        (['""""""'], Said("", literal=True)),
    ],
)
def test_triple_quotes_hold_many_lines_together(lines: list[str], said: Said):
    rest = iter([*lines[1:], None, None])
    found = gathered(lines[0], lambda: next(rest))
    assert (found.text.strip(), found.literal, found.is_open) == (
        said.text.strip(),
        said.literal,
        said.is_open,
    )


def test_a_pipe_gives_its_lines_whatever_ends_them_and_a_closed_one_none():
    lines = Piped(io.StringIO('a\r\n"""b\nc"""\nd'))
    assert [said.text for said in iter(lines.read, None) if said] == ["a", "b\nc", "d"]
    assert Piped(None).read() is None


# -- commands -----------------------------------------------------------------------------------------


def test_an_unknown_command_is_told_and_not_sent(talk: Talk):
    done = talk("/hisotry", "//etc is a folder", '"""/quit"""', replies=[final("yes"), final("no")])
    assert "there is no command /hisotry" in done.err and "did you mean '/history'?" in done.err
    assert done.out == "yes\nno\n"
    assert "<|user|>\n/etc is a folder</s>" in done.prompts[0]
    assert "<|user|>\n/quit</s>" in done.prompts[1]


@pytest.mark.parametrize("way", ["/exit", "/quit", "/EXIT now"])
def test_exit_leaves_and_the_rest_is_not_read(talk: Talk, way: str):
    assert talk(way, "more").code == 0


def test_help_history_and_tools_tell_on_stderr(talk: Talk):
    done = talk("q1", "/help", "/history", "/tools", replies=[final("a1")])
    assert done.out == "a1\n"
    for shown in ("/retry", "1. q1", "   a1", "Calculator: ", '"""'):
        assert shown in done.err


def test_new_undo_and_retry_decide_what_the_model_sees(talk: Talk):
    done = talk("q1", "q2", "/undo", "q3", "/retry", "/new", "q4", replies=map(final, "abcde"))
    assert done.out == "a\nb\nc\nd\ne\n"
    assert "q1" in done.prompts[2] and "q2" not in done.prompts[2]
    assert done.prompts[3] == done.prompts[2]
    assert "q1" not in done.prompts[4] and "q3" not in done.prompts[4]


def test_commands_with_nothing_to_work_on_say_so(talk: Talk):
    done = talk("/undo", "/retry", "/save", "/history")
    assert done.err.count("error: ") == 3 and "nothing was said so far" in done.err


def test_save_writes_markdown_and_no_file_that_is_not_its_own(talk: Talk, tmp_path: Path):
    mine, other = tmp_path / "my chat.md", tmp_path / "other.md"
    other.write_text("precious")
    done = talk(
        '"""q\n1"""', f"/save {mine}", f'/save "{mine}"', f"/save {other}", f"/save {tmp_path}/a/b",
        replies=[final("**a1**")],
    )  # fmt: skip
    assert mine.read_text() == "# Chat with scripted\n\n> q\n> 1\n\n**a1**\n"
    assert other.read_text() == "precious"
    assert "there is something called" in done.err and "cannot be written" in done.err


def test_the_model_can_be_changed_and_one_that_does_not_open_changes_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
):
    first, second = Scripted([final("from one")] * 2), Scripted([final("from two")])
    monkeypatch.setattr(second, "name", "second")

    def opening(spec: str | None = None) -> Scripted:
        if spec == "broken":
            raise BackendError("broken does not open", "try another")
        return second if spec == "two" else first

    def read(self: Any) -> Said | None:
        monkeypatch.setattr(model, "open_model", opening)
        return plain_read(self)

    plain_read = Piped.read
    monkeypatch.setattr(Piped, "read", read)
    done = talk("a", "/model broken", "b", "/model two", "c", replies=first)
    assert done.out == "from one\nfrom one\nfrom two\n"
    assert "broken does not open" in done.err and "the model is second" in done.err
    assert "from one" in "".join(part.text for part in second.requests[0].prompt)


def test_continue_opens_the_model_that_the_chat_was_held_with(
    talk: Talk, journal: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "m.gguf").touch()
    monkeypatch.chdir(tmp_path)
    talk("q", args=("-m", "local:m.gguf"), replies=[final("a")])
    monkeypatch.setenv("CHATWRIGHT_MODEL", "other")
    with Journal.open(journal) as kept:
        note = kept.read(kept.runs()[0].run_id)[1][0].data
    assert note["spec"] == f"local:{tmp_path.resolve() / 'm.gguf'}"
    seen: list[str | None] = []
    scripted = Scripted([])

    def opening(spec: str | None = None, **_: Any) -> Scripted:
        seen.append(spec)
        return scripted

    for args in (["--continue"], ["--continue", "-m", "third"]):
        monkeypatch.setattr(model, "open_model", opening)
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(SystemExit):
            cli.main(["chat", *args])
    assert seen == [note["spec"], "third"]


@pytest.mark.parametrize(
    ("spec", "kept"), [("http://me:secret@127.0.0.1", None), ("local:org/m-GGUF@main", "=")]
)
def test_a_password_in_a_url_is_not_kept(talk: Talk, journal: Path, spec: str, kept: str | None):
    talk("q", args=("-m", spec), replies=[final("a")])
    with Journal.open(journal) as runs:
        row = runs.read(runs.runs()[0].run_id)[1][0].data
    assert row.get("spec") == (kept and spec) and "secret" not in str(row)


def test_the_system_message_is_set_shown_kept_and_taken_away(talk: Talk):
    done = talk("/system Be brief.", "q", "/system", replies=[final("a")])
    assert "Be brief." in done.prompts[0] and "the system message is: Be brief." in done.err
    again = talk("r", "/system -", "s", args=("--continue",), replies=[final("b"), final("c")])
    assert "Be brief." in again.prompts[0] and "Be brief." not in again.prompts[1]


# -- kept and continued ---------------------------------------------------------------------------------


def test_a_chat_is_a_chain_of_runs(talk: Talk, journal: Path):
    talk("q1", "q2", "/undo", "q3", "/new", "q4", replies=map(final, "abcd"))
    with Journal.open(journal) as kept:
        q4, q3, q2, q1 = kept.runs()
        assert [q1.after, q2.after, q3.after, q4.after] == ["", q1.run_id, q1.run_id, ""]
        assert kept.read(q1.run_id)[1][0].data["from"] == "chat"
        assert [run.stop_reason for run in (q1, q2, q3, q4)] == ["answer"] * 4


def test_continue_goes_on_with_the_newest_chat_and_no_other_run(talk: Talk, journal: Path):
    talk("old", replies=[final("1")])
    talk("q1", "q2", replies=[final("a1"), final("a2")])
    with Journal.open(journal) as kept, kept.begin(None, {"question": "asked alone"}) as run:
        run.add(("end", {"type": "finish", "answer": "x", "stop_reason": "answer"}))
    done = talk("q3", args=("--continue",), replies=[final("a3")])
    assert "> q2" in done.err and "a2" in done.err
    assert "q1</s>\n<|assistant|>\na1</s>\n<|user|>\nq2" in done.prompts[0]
    assert "old" not in done.prompts[0] and "asked alone" not in done.prompts[0]


def test_what_was_undone_does_not_come_back(talk: Talk, journal: Path):
    talk("q1", "q2", "/undo", replies=[final("a1"), final("a2")])
    talk("other", "/undo", replies=[final("b")])
    with Journal.open(journal) as kept:
        q1 = kept.runs()[-1].run_id
    for args in (("--continue",), ("--session", q1)):
        done = talk("q3", "/undo", args=args, replies=[final("a3")])
        assert "a1" in done.prompts[0]
        assert "q2" not in done.prompts[0] and "other" not in done.prompts[0]


def test_a_session_is_found_by_any_of_its_runs(talk: Talk, journal: Path):
    talk("q1", "q2", replies=[final("a1"), final("a2")])
    talk("other", replies=[final("b")])
    with Journal.open(journal) as kept:
        first = kept.runs()[-1].run_id
    done = talk("q3", args=("--session", first[:6]), replies=[final("a3")])
    assert "q1" in done.prompts[0] and "a2" in done.prompts[0] and "other" not in done.prompts[0]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--continue",), "there is no chat to continue"),
        (("--session", "beef"), "there is no run 'beef'"),
        (("--continue", "--session", "x"), "--continue does not go with --session"),
    ],
)
def test_what_cannot_be_continued_is_wrong_usage(talk: Talk, args: tuple[str, ...], message: str):
    done = talk("q", args=args)
    assert (done.code, done.out) == (2, "") and message in done.err and "hint: " in done.err


def test_a_run_that_was_deleted_leaves_the_rest_of_the_chat(talk: Talk, journal: Path):
    talk("q1", "q2", replies=[final("a1"), final("a2")])
    with Journal.open(journal) as kept:
        gone = kept.runs()[-1].run_id
        kept.forget(gone)
    done = talk("q3", args=("--continue",), replies=[final("a3")])
    assert gone in done.err and "a2" in done.prompts[0] and done.code == 0


def test_tools_that_are_gone_are_told(talk: Talk):
    talk("q", replies=[final("a")])
    done = talk(args=("--continue", "--no-tools"))
    assert "the chat had tools that are not here now: Calculator" in done.err


def left_open(journal: Path, *, paid: bool) -> str:
    """A chat that was killed in the middle of its second question."""
    with Journal.open(journal) as kept:
        about = {"from": "chat", "model": "scripted", "tools": ["Calculator"]}
        with kept.begin("first", {"question": "q1", **about}) as run:
            run.add(("end", {"type": "finish", "answer": "a1", "stop_reason": "answer"}))
        with kept.begin("second", {"question": "q2", "after": "first", **about}) as run:
            if paid:
                call = {
                    "type": "tool_call",
                    "id": "c1",
                    "name": "Calculator",
                    "args": {"expression": "1+1"},
                }
                run.add(
                    (
                        "reply",
                        {
                            "events": [
                                call,
                                {"type": "finish", "answer": "", "stop_reason": "tool_calls"},
                            ]
                        },
                    )
                )
    return "second"  # fmt: skip


@pytest.mark.parametrize("paid", [False, True])
def test_an_unanswered_question_is_offered_and_its_run_goes_on(
    talk: Talk, journal: Path, paid: bool
):
    run_id = left_open(journal, paid=paid)
    done = talk("/retry", "q3", args=("--continue",), replies=[final("a2"), final("a3")])
    assert "> q2" in done.err and "this was not answered: /retry goes on with it" in done.err
    assert done.out == "a2\na3\n" and (done.code == 0)
    assert "q1</s>\n<|assistant|>\na1" in done.prompts[0]
    assert ("Observation: Answer: 2" in done.prompts[0]) == paid
    with Journal.open(journal) as kept:
        newest, second, _ = kept.runs()
        assert (second.run_id, second.answer, newest.after) == (run_id, "a2", run_id)


def test_an_unanswered_question_may_be_left(talk: Talk, journal: Path):
    left_open(journal, paid=False)
    done = talk("q3", args=("--continue",), replies=[final("a3")])
    assert done.out == "a3\n" and "q1" in done.prompts[0] and "a1" in done.prompts[0]
    assert "q2" not in done.prompts[0] and "the user stopped" not in done.prompts[0]


def test_a_question_that_another_process_is_answering_is_left_to_it(talk: Talk, journal: Path):
    left_open(journal, paid=False)
    with Journal.open(journal) as kept, kept.begin("second", {}):
        done = talk("q3", args=("--continue",), replies=[final("a3")])
    assert "is being answered elsewhere" in done.err and done.out == "a3\n"
    assert "q2" not in done.prompts[0]


# -- what goes wrong ------------------------------------------------------------------------------------


def test_an_error_of_the_model_is_told_and_the_chat_goes_on(talk: Talk, journal: Path):
    broken = BackendError("the server is down", "start it")
    done = talk("q1", "q2", "/retry", "q3", replies=[final("a1"), broken, final("a2"), final("a3")])
    assert "error: the server is down" in done.err and "hint: start it" in done.err
    assert (done.code, done.out) == (1, "a1\na2\na3\n")
    with Journal.open(journal) as kept:
        assert [run.question for run in kept.runs()] == ["q3", "q2", "q1"]  # one run, not two


def test_a_question_that_failed_is_not_shown_to_the_model(talk: Talk):
    done = talk("q1", "q2", replies=[BackendError("down"), final("a2")])
    assert "q1" not in done.prompts[1]


def test_what_nobody_expected_is_told_and_the_chat_goes_on(talk: Talk):
    done = talk("q1", "q2", replies=[ZeroDivisionError("by zero"), final("a2")])
    assert done.out == "a2\n" and "ZeroDivisionError: by zero" in done.err and done.code == 1


def test_a_limit_is_a_cut_answer_and_exit_code_3(talk: Talk):
    done = talk("q1", replies=[calls(f"1 + {n}") for n in range(20)])
    assert done.code == 3 and "the limit of steps was reached" in done.err


def test_without_a_place_for_the_journal_the_chat_is_held_in_memory(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHATWRIGHT_JOURNAL", str(tmp_path / "file" / "runs.db"))
    done = talk("q1", "q2", replies=[final("a1"), final("a2")])
    assert (done.code, done.out) == (0, "a1\na2\n")
    assert done.err.count("is not kept") == 1 and "a1" in done.prompts[1]
    assert talk("q", args=("--continue",)).code == 1


def test_a_journal_that_fails_on_the_way_ends_in_memory_and_costs_no_answer(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Any, **__: Any) -> None:
        raise JournalError("the disk is full", "make room")

    def begin(self: Journal, run_id: str | None, input: Any) -> Record:
        if str(input.get("question")) == "q2":
            full()
        return plain(self, run_id, input)

    plain = Journal.begin
    monkeypatch.setattr(Journal, "begin", begin)
    done = talk("q1", "q2", "q3", replies=[final("a1"), final("a2"), final("a3")])
    assert (done.code, done.out) == (0, "a1\na2\na3\n")
    assert done.err.count("the disk is full") == 1 and "a1" in done.prompts[2]


def test_an_answer_that_could_not_be_kept_is_not_lost_from_the_chat(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
):
    def add(self: Record, *rows: Any, durable: bool = False) -> None:
        raise JournalError("the disk is full", "make room")

    monkeypatch.setattr(Record, "add", add)
    done = talk("q1", "q2", replies=[final("a1"), final("a2")])
    assert "a1" in done.out and "a2" in done.out and "the disk is full" in done.err
    assert "a1" in done.prompts[1]


class Small(Scripted):
    """A model with little room."""

    context = 400  # type: ignore[assignment]


def test_a_long_chat_loses_its_oldest_part_and_says_so_once(talk: Talk):
    long = "word " * 100
    lines = [f"{n} {long}" for n in range(6)]
    done = talk(*lines, replies=Small([final(f"a{n}") for n in range(6)]), args=("--no-tools",))
    assert done.err.count("does not see the oldest part") == 1 and done.code == 0
    assert "0 word" not in done.prompts[-1] and "5 word" in done.prompts[-1]


def test_nano_is_not_shown_what_it_cannot_follow(talk: Talk):
    nano = Scripted([final("a"), final("b"), final("c")])
    nano.name = "nano"
    done = talk("q1", "q2", "q3", replies=nano)
    assert "q1" not in done.prompts[1] and done.err.count("takes each question by itself") == 1


# -- Ctrl-C ---------------------------------------------------------------------------------------------


class Stopped(Scripted):
    """A model whose second answer is stopped by Ctrl-C in the middle."""

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        if len(self.requests) != 1:
            yield from super().stream(*args, **options)
            return
        list(super().stream(*args, **options))
        yield Text("half an ")
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1_000_000):
            yield Text("")
        raise AssertionError("it was not stopped")


def test_ctrl_c_stops_the_answer_keeps_what_came_and_goes_on(talk: Talk, journal: Path):
    done = talk("q1", "q2", "q3", replies=Stopped([final("a1"), final("x"), final("a3")]))
    assert done.out == "a1\nhalf an \na3\n" and done.code == 3 and "stopped" in done.err
    assert "half an  [the user stopped the answer here]</s>\n<|user|>\nq3" in done.prompts[2]
    with Journal.open(journal) as kept:
        q3, q2, _ = kept.runs()
        assert (q2.stop_reason, q2.answer, q3.after) == ("stopped", "half an ", q2.run_id)
    again = talk("/retry", args=("--continue",), replies=[final("a3 again")])
    assert again.out == "a3 again\n" and "half an " in again.prompts[0]


class Stubborn(Scripted):
    """A model that is always stopped."""

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        os.kill(os.getpid(), signal.SIGINT)
        yield from super().stream(*args, **options)


def test_from_a_pipe_ctrl_c_at_two_answers_on_end_leaves(talk: Talk):
    done = talk("q1", "/history", "q2", "q3", replies=Stubborn([final("a")] * 3))
    assert done.code == 130 and "1. q1" in done.err and done.out == ""


# -- the data -------------------------------------------------------------------------------------------


def test_the_oldest_go_first_and_then_there_is_room_for_some_time():
    told = [Exchange("q" * 10, "a" * 14, "", "answer")] * 10  # 40 each, with what is around them
    assert forgotten(told, None, len) == 0
    assert forgotten(told, 400, len) == 0
    assert forgotten(told, 399, len) == 5
    assert forgotten(told, 399, len, before=7) == 7
    assert forgotten(told, 0, len) == 10
    assert forgotten([], 0, len, before=3) == 0


def test_messages_are_questions_and_answers_and_say_what_was_cut():
    told = messages(
        [
            Exchange("q1", "a1", end="answer"),
            Exchange("q2", "half", end="stopped"),
            Exchange("q3", "", end="stopped"),
            Exchange("q4", "", end="error"),
            Exchange("q5", "part", end="length"),
            Exchange("q6"),
        ]
    )
    assert [m["content"] for m in told] == [
        "q1", "a1", "q2", "half [the user stopped the answer here]", "q3",
        "[the user stopped the answer here]", "q5", "part [the answer was cut here]",
    ]  # fmt: skip
    assert [m["role"] for m in told] == ["user", "assistant"] * 4


def test_a_transcript_says_what_has_no_answer():
    text = transcript([Exchange("q1\n\nmore", "", end="error"), Exchange("q2")], title="T")
    assert text == (
        "# T\n\n> q1\n>\n> more\n\n*(no answer)*\n\n*(an error ended it here)*\n\n"
        "> q2\n\n*(no answer)*\n\n*(not answered)*\n"
    )


# -- the screen -----------------------------------------------------------------------------------------


def shown(capsys: pytest.CaptureFixture[str], *events: Any) -> str:
    from rich.console import Console

    page = Page(Console(width=40, color_system=None, file=sys.stdout, markup=False, emoji=False))
    for event in events:
        page.see(event)
    return capsys.readouterr().out


def test_markdown_is_printed_block_by_block_once(capsys: pytest.CaptureFixture[str]):
    page = Page()
    page.see(Text("# Title\n\nOne *line*"))
    first = capsys.readouterr().out
    page.see(Text(" and.\n\n- a\n- b\n\n```sh\nls -l\n```"))
    rest = capsys.readouterr().out
    page.see(Finish("", None, "answer"))
    last = capsys.readouterr().out
    whole = first + rest + last
    for word in ("Title", "One line and.", "• a", "• b", "ls -l"):
        assert whole.count(word) == 1
    assert "Title" in first and "One" not in first and "One line and." in rest and "ls" in last
    assert "\x1b[A" not in whole and "\r" not in whole


def test_blank_lines_stand_where_the_model_wrote_them(capsys: pytest.CaptureFixture[str]):
    out = shown(capsys, Text("Here:\n- a\n- b\n\n\nend\n\n"), Finish("", None, "answer"))
    assert out == "Here:\n • a\n • b\n\nend\n"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a Vec<T> b", "a Vec<T> b"),
        ("<div>x</div>", "<div>x</div>"),
        ("[1]: http://x.y", "[1]: http://x.y"),
        ("[a](http://x.y)", "a (http://x.y)"),
        ("a :smile: [red]b[/red]", "a :smile: [red]b[/red]"),
    ],
)
def test_nothing_that_looks_like_markup_vanishes(
    capsys: pytest.CaptureFixture[str], text: str, seen: str
):
    assert seen in shown(capsys, Text(text), Finish("", None, "answer"))


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;pwned\x07", "&#x1b;]0;pwned&#7;", "```\n\x1b[2J\n```", "`\x9b2J`", "a\rb", "&#13;x", "&#x202e;x",
        "[x](http://a&#x1b;b)", "| \x1b[1A |\n|---|\n| &#x1b;c |", "- \x1b[31m", "~~~\x1b[1m\nx\n~~~", "    \x1b[5m",
    ],
)  # fmt: skip
def test_no_escape_sequence_reaches_the_terminal(capsys: pytest.CaptureFixture[str], text: str):
    out = shown(capsys, *map(Text, text), Finish("", None, "answer"))
    assert out.strip() and not set(out) & set("\x1b\x9b\x07\r\u202e")


def test_an_answer_before_a_call_is_printed_before_it(capsys: pytest.CaptureFixture[str]):
    page = Page()
    page.see(Text("Let me see."))
    page.see(ToolCall("1", "Calculator", {}))
    assert capsys.readouterr().out == "Let me see.\n"
    page.see(Notice("run abc", run_id="abc"))
    assert capsys.readouterr() == ("", "")


def test_help_needs_neither_rich_nor_line_editing():
    code = (
        "import sys\nfrom chatwright.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('rich', 'readline', 'chatwright.agent') if m in sys.modules])"
    )
    for args in (["--help"], ["chat", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]" and "chat" in done.stdout


# -- on a terminal --------------------------------------------------------------------------------------

needs_terminal = pytest.mark.skipif(os.name == "nt", reason="terminals are of another kind there")
needs_nano = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")

HELD = """\
import sys, time
from chatwright import model
from chatwright.cli import main
from chatwright.events import Finish, Text

class Held:
    name, context = "held", None
    def stream(self, messages, tools=(), **options):
        asked = messages[-1]["content"]
        yield Text(f"Heard {len(messages)}: {asked!r}. ")
        if asked == "wait on":
            yield Text("\\n\\nSecond")
        while asked.startswith("wait"):
            time.sleep(0.01)
        yield Text("Done.")
        yield Finish(f"Heard {len(messages)}: {asked!r}. Done.")
    def close(self):
        pass

model.open_model = lambda spec=None: Held()
main(sys.argv[1:])
"""


@pytest.fixture
def held(journal: Path) -> Callable[..., Tty]:
    """A chat on a terminal, with a model that waits for ever when it is asked to."""

    def begun(*args: str, **env: str) -> Tty:
        script = [sys.executable, "-c", HELD, "chat", "--no-tools", *args]
        return Tty(script, CHATWRIGHT_JOURNAL=str(journal), **env)

    return begun


@needs_terminal
@pytest.mark.slow
def test_on_a_terminal_ctrl_c_stops_the_answer_and_keeps_the_chat(held: Callable[..., Tty]):
    with held(NO_COLOR="1") as tty:
        tty.sees("/help")
        tty.sees("> ")
        tty.type("wait\r")
        tty.sees("Heard 1: 'wait'. ")
        tty.type("\x03")
        tty.sees("stopped", 5)
        tty.sees("> ")
        tty.type("go on\r")
        tty.sees("Heard 3: 'go on'. Done.")
        tty.sees("> ")
        tty.type("\x04")
        tty.sees("chatwright chat --session")
        assert tty.leaves() == 0
        assert b"\x1b[2m" not in tty.raw  # NO_COLOR


@needs_terminal
@pytest.mark.slow
def test_blocks_of_a_stopped_answer_are_all_shown_and_each_once(held: Callable[..., Tty]):
    with held(NO_COLOR="", COLUMNS="80") as tty:
        tty.sees("> ")
        tty.type("wait on\r")
        tty.sees("Heard 1: 'wait on'.")
        tty.type("\x03")
        tty.sees("Second")
        tty.sees("stopped", 5)
        tty.sees("> ")
        tty.type("/exit\r")
        assert tty.leaves() == 0
        assert tty.screen.count("Heard") == tty.screen.count("Second") == 1


@needs_terminal
@pytest.mark.slow
def test_ctrl_c_at_the_prompt_clears_the_line_then_says_how_to_leave_then_leaves(
    held: Callable[..., Tty],
):
    with held() as tty:
        tty.sees("> ")
        tty.type("half a question")
        tty.sees("half a question")
        tty.type("\x03")
        assert "leaves" not in tty.sees("> ")
        tty.type("\x03")
        tty.sees("Ctrl-C once more leaves the chat")
        tty.sees("> ")
        tty.type("whole\r")
        assert "half" not in tty.sees("Done.")
        tty.sees("> ")
        tty.type("\x03")
        tty.sees("Ctrl-C once more leaves the chat")
        tty.sees("> ")
        tty.type("\x03")
        assert tty.leaves() == 130


@needs_terminal
@pytest.mark.slow
def test_what_is_pasted_or_quoted_over_many_lines_is_one_question(held: Callable[..., Tty]):
    with held() as tty:
        tty.sees("> ")
        tty.type("\x1b[200~one\rtwo\r\rthree\x1b[201~")
        tty.sees("three")
        tty.type("\r")
        tty.sees(r"Heard 1: 'one\ntwo\n\nthree'. Done.")
        tty.sees("> ")
        tty.type('"""four\r')
        tty.sees("… ")
        tty.type('  five"""\r')
        tty.sees(r"Heard 3: 'four\n  five'. Done.")
        tty.sees("> ")
        tty.type('"""six\r')
        tty.sees("… ")
        tty.type("\x04")  # out of the block, not out of the chat
        tty.sees("> ")
        tty.type("/his\t\r")
        tty.sees("1. one two three")
        tty.sees("2. four five")
        tty.type("\x04")
        assert tty.leaves() == 0


@needs_terminal
@pytest.mark.slow
def test_after_a_kill_the_chat_goes_on_and_the_open_question_is_offered(
    held: Callable[..., Tty], journal: Path
):
    with held(NO_COLOR="1") as tty:
        tty.sees("> ")
        tty.type("first\r")
        tty.sees("Done.")
        tty.sees("> ")
        tty.type("wait\r")
        tty.sees("Heard 3: 'wait'.")
        tty.kill()
        assert tty.leaves() == -signal.SIGKILL
    with held("--continue", NO_COLOR="1") as tty:
        tty.sees("> wait")
        tty.sees("go on with it? [Y/n] ")
        tty.type("\r")
        tty.sees("goes on after 0 turns")
        tty.sees("Heard 3: 'wait'.")
        tty.type("\x03")
        tty.sees("stopped")
        tty.sees("> ")
        tty.type("/history\r")
        tty.sees("1. first")
        tty.sees("2. wait")
        tty.sees("[stopped]")
        tty.type("/exit\r")
        assert tty.leaves() == 0
    with Journal.open(journal) as kept:
        assert [run.stop_reason for run in kept.runs()] == ["stopped", "answer"]


@needs_terminal
@needs_nano
@pytest.mark.slow
def test_with_nano_on_a_terminal_and_on_again_in_a_second_process(journal: Path):
    start = [sys.executable, "-m", "chatwright", "chat"]
    with Tty(start, CHATWRIGHT_JOURNAL=str(journal)) as tty:
        tty.sees("nano with Calculator")
        tty.sees("> ")
        tty.type("What is 12 * 34?\r")
        tty.sees("I know the answer")
        tty.sees("408")
        tty.sees("> ")
        tty.type("/exit\r")
        assert tty.leaves() == 0
    assert journal.stat().st_mode & 0o077 == 0
    typed = journal.with_name("chat_history")
    assert typed.stat().st_mode & 0o077 == 0 and "12 * 34" in typed.read_text()
    with Tty([*start, "--continue"], CHATWRIGHT_JOURNAL=str(journal)) as tty:
        tty.sees("> What is 12 * 34?")
        tty.sees("408")
        tty.sees("> ")
        tty.type("\x1b[A")
        tty.sees("/exit")
        tty.type("\x1b[A")
        tty.sees("What is 12 * 34?")
        tty.type("\r")
        tty.sees("I know the answer")
        tty.sees("> ")
        tty.type("\x04")
        assert tty.leaves() == 0
    with Journal.open(journal) as kept:
        second, first = kept.runs()
        assert second.after == first.run_id and second.answer == first.answer == "408"


@needs_nano
@pytest.mark.slow
def test_with_nano_from_a_pipe(journal: Path):
    done = subprocess.run(
        [sys.executable, "-m", "chatwright", "chat"],
        input='What is 12 * 34?\n"""What is\n5 + 6?"""\n',
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "408\n11\n")
