"""A run that was cut off goes on where it was: from every commit, from every event, after every error."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agent_stage import (
    NUMBER,
    Plain,
    PlainAsync,
    Play,
    answer,
    both,
    call,
    calls,
    gate,
    of,
    play,
    prompt_of,
    says,
    tool,
)
from pydantic import BaseModel

from chatwright import Agent, Limits, Tool
from chatwright.agent import Approve, Edit, Refuse, StartedCall, conversation
from chatwright.agent.journal import Journal, Record, database
from chatwright.errors import BackendError, JournalError, RunBusy, UsageError
from chatwright.events import (
    Error,
    Event,
    Finish,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from chatwright.testing import Scripted

__all__ = ["gate"]  # a fixture


# -- a run with everything in it ----------------------------------------------------------------------


def _c(n: int, name: str, given: Any = None) -> ToolCall:
    return ToolCall(f"c{n}", name, {"n": n if given is None else given})


_REPLIES: list[list[Event]] = [
    calls(_c(0, "read"), tokens=3),
    calls(_c(1, "write")),
    [Malformed("hm", "That is no call."), Finish("", None, "malformed")],
    calls(_c(2, "read"), _c(3, "read"), _c(4, "once")),
    [Reasoning("I "), Reasoning("wonder"), Text("Let me see"), *calls(_c(5, "once"))],
    calls(_c(6, "read"), _c(7, "write"), _c(8, "once"), _c(9, "write")),
    calls(_c(10, "nothing")),
    calls(_c(11, "read", "eleven")),
    calls(_c(12, "boom")),
    calls(_c(13, "write", -1)),
    says("all is done"),
]


class _Steps(PlainAsync):
    """Knows its turn from what it is told, as a real model does."""

    def __init__(self) -> None:
        super().__init__(*_REPLIES)
        self.turns: list[int] = []
        self.prompts: dict[int, str] = {}

    def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
        turn = sum(message["role"] == "assistant" for message in messages)
        self.turns.append(turn)
        self.prompts[turn] = json.dumps(list(messages), default=str)
        yield from _REPLIES[turn]


@dataclass
class _World:
    """What was done, by the tools of a run."""

    done: list[tuple[str, int]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def tools(self) -> list[Tool]:
        def does(name: str) -> Callable[[int], str]:
            def do(n: int) -> str:
                self.done.append((name, n))
                return f"{name} {n}"

            return do

        def boom(n: int) -> str:
            self.done.append(("boom", n))
            raise ValueError("boom")

        return [
            tool("read", does("read"), NUMBER, idempotent=True),
            tool("once", does("once"), NUMBER),
            tool("write", does("write"), NUMBER, writes=True),
            tool("boom", boom, NUMBER),
        ]

    def approve(self, call: ToolCall, tool: Tool) -> Any:
        self.asked.append(call.args["n"])
        return Refuse("too low") if call.args["n"] < 0 else True

    def agent(self, path: Path | str, **more: Any) -> tuple[Agent, _Steps]:
        model = _Steps()
        given = {"approve": self.approve, "unknown": "skip", **more}
        return Agent(model, self.tools(), journal=path, **given), model


_ALL = [("read", n) for n in (0, 2, 3, 6)] + [("once", n) for n in (4, 5, 8)]
_ALL += [("write", n) for n in (1, 7, 9)] + [("boom", 12)]


class _Camera:
    """Copies the journal after each commit, with how much had been done by then."""

    def __init__(self, path: Path, folder: Path, world: _World) -> None:
        self.path, self.folder, self.world = path, folder, world
        self.shots: list[tuple[Path, list[tuple[str, int]]]] = []

    def shoot(self) -> None:
        copy = self.folder / f"after-{len(self.shots)}.db"
        with closing(sqlite3.connect(self.path)) as now, closing(sqlite3.connect(copy)) as then:
            now.backup(then)
        self.shots.append((copy, list(self.world.done)))


@pytest.fixture
def photographed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Play, Path, _World], _Camera]:
    """Plays the run on a journal; the camera has a copy of it after every single commit."""

    def photograph(play: Play, path: Path, world: _World) -> _Camera:
        folder = tmp_path / f"{path.stem}-shots"
        folder.mkdir()
        camera = _Camera(path, folder, world)
        add, begin = Record.add, Journal.begin

        def added(self: Record, *rows: Any, durable: bool = False) -> None:
            add(self, *rows, durable=durable)
            camera.shoot()

        def begun(self: Journal, *args: Any) -> Record:
            record = begin(self, *args)
            camera.shoot()
            return record

        with monkeypatch.context() as patch:
            patch.setattr(Record, "add", added)
            patch.setattr(Journal, "begin", begun)
            agent, _ = world.agent(path)
            assert play(agent, "q", "run")[-1].answer == "all is done"
        return camera

    return photograph


def _rows(path: Path | str, run_id: str = "run") -> list[tuple[str, dict[str, Any]]]:
    with Journal.open(path) as journal:
        return [(row.kind, row.data) for row in journal.read(run_id)[1]]


def _kinds(path: Path | str, run_id: str = "run") -> list[str]:
    return [kind for kind, _ in _rows(path, run_id)]


def _doubtful(path: Path) -> set[str]:
    rows = _rows(path)
    begun = {data["call"] for kind, data in rows if kind == "intent"}
    return begun - {data["call"] for kind, data in rows if kind == "observation"}


def _check_resumed(
    play: Play,
    copy: Path,
    before: list[tuple[str, int]],
    prompts: dict[int, str],
    lost: set[str] | None = None,
):
    """Go on with a copy; nothing is asked or done again, and the model reads what it would have read.

    `lost`: calls that an earlier resume has skipped.
    """
    replies = _kinds(copy).count("reply")
    ended, resumed = "end" in _kinds(copy), _kinds(copy).count("resumed")
    doubtful = _doubtful(copy) | (lost or set())
    world = _World()
    agent, model = world.agent(copy)
    events = play(agent, "q", "run")
    assert (events[-1].answer, events[-1].stop_reason) == ("all is done", "answer")
    assert model.turns == list(range(replies, len(_REPLIES)))
    once = [done for done in (*before, *world.done) if done[0] != "read"]
    assert len(once) == len(set(once)), "something was done twice"
    missing = {f"c{n}" for _, n in {*_ALL} - {*before, *world.done}}
    assert missing <= doubtful
    if not doubtful:
        assert {turn: prompts[turn] for turn in model.prompts} == model.prompts
    after = _kinds(copy)
    assert after.count("reply") == len(_REPLIES) and after[-1] == "end"
    assert after.count("observation") == 14
    assert after.count("resumed") == resumed + (not ended)


@both
def test_the_run_with_everything_in_it_does_all_of_it_once(play: Play, tmp_path: Path):
    world = _World()
    agent, model = world.agent(tmp_path / "runs.db")
    events = play(agent, "q", "run")
    assert sorted(world.done) == sorted(_ALL)
    assert world.asked == [1, 7, 9, -1]
    assert model.turns == list(range(len(_REPLIES)))
    assert events[0] == Notice(events[0].text, "run")
    assert events[-1] == Finish("all is done", None, "answer", Usage(3, 0), run_id="run")
    kinds = _kinds(tmp_path / "runs.db")
    assert kinds[:5] == ["input", "reply", "observation", "reply", "intent"]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "end": 1,
        "input": 1,
        "intent": 7,
        "observation": 14,
        "reply": 11,
    }


@both
def test_a_run_goes_on_from_every_single_commit(
    play: Play, tmp_path: Path, photographed: Callable[..., _Camera]
):
    whole = _World()
    agent, model = whole.agent(tmp_path / "whole.db")
    play(agent, "q", "run")
    camera = photographed(play, tmp_path / "runs.db", _World())
    assert len(camera.shots) > 25
    for copy, before in camera.shots:
        _check_resumed(play, copy, before, model.prompts)


@pytest.mark.slow
def test_a_run_goes_on_from_every_commit_of_a_run_that_went_on_from_every_commit(
    tmp_path: Path, photographed: Callable[..., _Camera]
):
    whole = _World()
    agent, model = whole.agent(tmp_path / "whole.db")
    play(agent, "q", "run")
    for copy, before in photographed(play, tmp_path / "runs.db", _World()).shots:
        if "end" in _kinds(copy):
            continue
        again, lost = _World(done=list(before)), _doubtful(copy)
        for later, by_then in photographed(play, copy, again).shots:
            _check_resumed(play, later, by_then, model.prompts, lost)


@both
def test_a_run_goes_on_after_its_reader_left_at_any_event(play: Play, tmp_path: Path):
    world = _World()
    agent, model = world.agent(tmp_path / "whole.db")
    count = len(play(agent, "q", "run"))
    for stop in range(1, count):
        path = tmp_path / f"{stop}.db"
        world = _World()
        agent, first = world.agent(path)
        events = agent.stream("q", "run")
        for _ in range(stop):
            next(events)
        events.close()
        with Journal.open(path) as journal:
            began = stop > 1  # before, there is nothing but the question
            assert journal.read("run")[0].stop_reason == ("stopped" if began else "")
        replies = _kinds(path).count("reply")
        agent, model = world.agent(path)
        assert play(agent, None, "run")[-1].answer == "all is done"
        assert model.turns == list(range(replies, len(_REPLIES)))
        assert sorted(world.done) == sorted(_ALL)
        assert len(first.turns) - replies <= 1


@both
def test_a_full_disk_is_an_error_and_nothing_that_was_kept_is_lost(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add = Record.add
    for room in range(40):
        path = tmp_path / f"{room}.db"
        world = _World()
        left = [room]

        def full(self: Record, *rows: Any, durable: bool = False, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise JournalError("the journal cannot grow: the disk is full", "make room")
            add(self, *rows, durable=durable)

        with monkeypatch.context() as patch:
            patch.setattr(Record, "add", full)
            agent, _ = world.agent(path)
            events = play(agent, "q", "run")
        if events[-1].stop_reason == "answer":
            break
        assert of(Error, events)[0].message.endswith("the disk is full")
        assert events[-1].stop_reason == "error" and events[-1].run_id == "run"
        before, doubtful = list(world.done), _doubtful(path)
        agent, model = world.agent(path)
        replies = _kinds(path).count("reply")
        assert play(agent, "q", "run")[-1].answer == "all is done"
        assert model.turns == list(range(replies, len(_REPLIES)))
        once = [done for done in world.done if done[0] != "read"]
        assert len(once) == len(set(once)), (room, before)
        assert {f"c{n}" for _, n in set(_ALL) - set(world.done)} <= doubtful
    else:
        pytest.fail("it never had room enough")


@both
def test_the_answer_that_was_shown_is_in_the_end_even_if_the_disk_is_full_by_then(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add = Record.add

    def full(self: Record, *rows: Any, durable: bool = False) -> None:
        if rows[0][0] == "end":
            raise JournalError("the disk is full")
        add(self, *rows, durable=durable)

    monkeypatch.setattr(Record, "add", full)
    events = play(Agent(Scripted(["42"]), journal=tmp_path / "runs.db"), "q", "run")
    assert (events[-1].answer, events[-1].stop_reason) == ("42", "error")


@both
def test_an_error_while_several_calls_run_at_once_is_an_error_like_any_other(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add = Record.add

    def full(self: Record, *rows: Any, durable: bool = False) -> None:
        if rows[0][0] == "observation":
            raise JournalError("the disk is full")
        add(self, *rows, durable=durable)

    monkeypatch.setattr(Record, "add", full)
    model = Plain(calls(_c(1, "read"), _c(2, "read"), _c(3, "read")))
    events = play(Agent(model, _World().tools(), journal=tmp_path / "runs.db"), "q", "run")
    assert of(Error, events) == [Error("the disk is full")]
    assert events[-1].stop_reason == "error"


def test_a_reader_may_leave_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    events = Agent(Scripted(["42"]), journal=tmp_path / "runs.db").stream("q", "run")
    next(events)
    next(events)

    def full(self: Record, *rows: Any, durable: bool = False) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(Record, "add", full)
    events.close()
    monkeypatch.undo()
    again = Agent(Scripted(["42"]), journal=tmp_path / "runs.db")
    assert again.ask(None, "run").answer == "42"


# -- what belongs to a run ------------------------------------------------------------------------------


@both
def test_a_run_that_has_its_answer_gives_it_again_and_asks_nobody(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    usage = play(Agent(Scripted(["42"]), journal=path), "q", "run")[-1].usage
    silent = Scripted([])
    for question in ("q", None):
        notice, *rest = play(Agent(silent, journal=path), question, "run")
        assert "has its answer already" in notice.text
        assert rest == [Text("42"), Finish("42", None, "answer", usage, run_id="run")]
    assert silent.requests == [] and _kinds(path) == ["input", "reply", "end"]


@both
def test_another_question_under_the_same_id_is_wrong_usage(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted(["42"]), journal=path), "What is six times seven?", "run")
    with pytest.raises(UsageError, match="another question: 'What is six") as caught:
        play(Agent(Scripted([]), journal=path), "And seven times eight?", "run")
    assert "leave it out" in caught.value.hint


@both
def test_a_run_that_is_not_there_cannot_be_continued(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted(["42"]), journal=path), "q", "first")
    with pytest.raises(UsageError, match="no run 'frist'") as caught:
        play(Agent(Scripted([]), journal=path), None, "frist")
    assert "first" in caught.value.hint
    with pytest.raises(UsageError, match="there is no question"):
        play(Agent(Scripted([]), journal=path), None)
    with pytest.raises(UsageError, match="from a journal only"):
        play(Agent(Scripted([])), "q", "run")


@both
def test_without_an_id_a_run_gets_one_that_is_in_the_journal_before_it_is_told(
    play: Play, tmp_path: Path
):
    agent = Agent(Scripted(["42"]), journal=tmp_path / "runs.db")
    events = agent.stream("q")
    notice = next(events)
    assert _kinds(tmp_path / "runs.db", notice.run_id) == ["input"]
    events.close()
    told = play(Agent(Scripted(["42"]), journal=tmp_path / "runs.db"), None, notice.run_id)
    assert told[-1].answer == "42"


@both
def test_a_beginning_of_an_id_is_enough_to_go_on(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted([BackendError("gone")]), journal=path), "q", "abcdef12")
    end = play(Agent(Scripted(["42"]), journal=path), None, "abc")[-1]
    assert (end.answer, end.run_id) == ("42", "abcdef12")


@both
def test_an_error_of_the_model_ends_a_run_that_may_go_on(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    tools = _World().tools()
    first = Scripted([call("read", '{"n": 1}'), BackendError("the engine is gone")])
    events = play(Agent(first, tools, journal=path), "q", "run")
    assert events[-2:] == [
        Error("the engine is gone"),
        Finish("", None, "error", events[-1].usage, run_id="run"),
    ]
    assert _kinds(path) == ["input", "reply", "observation", "end"]
    second = Scripted([answer("1")])
    notice, *_, end = play(Agent(second, tools, journal=path), "q", "run")
    assert "goes on after 1 turn" in notice.text
    assert (end.answer, len(second.requests)) == ("1", 1)
    assert _kinds(path)[4:] == ["resumed", "reply", "end"]


@both
def test_a_prompt_after_a_resume_is_byte_for_byte_the_one_without(play: Play, tmp_path: Path):
    replies = [call("read", f'{{"n": {n}}}', thought=f"Wörter {n} 🙂 \\ \t") for n in range(4)]
    whole = Scripted([*replies, "Thought: hm", answer("done")])
    play(Agent(whole, _World().tools()), "q")
    for cut in range(6):
        path = tmp_path / f"{cut}.db"
        given = [*replies, "Thought: hm", answer("done")]
        first = Scripted([*given[:cut], BackendError("gone")])
        play(Agent(first, _World().tools(), journal=path), "q", "run")
        second = Scripted(given[cut:])
        assert play(Agent(second, _World().tools(), journal=path), "q", "run")[-1].answer == "done"
        for turn in range(len(given) - cut):
            assert prompt_of(second, turn) == prompt_of(whole, cut + turn)
            trusted = [[s.trusted for s in m.prompt] for m in (second.requests[turn], whole.requests[cut + turn])]  # fmt: skip
            assert trusted[0] == trusted[1]


@both
def test_a_limit_ends_a_run_that_goes_on_with_a_higher_one(play: Play, tmp_path: Path):
    path, tools = tmp_path / "runs.db", _World().tools()
    asked = [call("read", f'{{"n": {n}}}') for n in range(3)]

    def agent(replies: list[str], steps: int, **more: Any) -> Agent:
        limits = Limits(max_steps=steps, **more)
        return Agent(Scripted(replies), tools, journal=path, limits=limits)

    assert play(agent(asked[:2], 2), "q", "run")[-1].stop_reason == "max_steps"
    assert play(agent([], 2), "q", "run")[-1].stop_reason == "max_steps"
    end = play(agent([asked[2], answer("3")], 9), "q", "run")[-1]
    assert (end.answer, end.stop_reason) == ("3", "answer")


@both
def test_a_run_that_ended_with_its_last_words_goes_on_with_more_steps(play: Play, tmp_path: Path):
    path, tools = tmp_path / "runs.db", _World().tools()

    def agent(model: Scripted, steps: int) -> Agent:
        limits = Limits(max_steps=steps, early_stopping="generate")
        return Agent(model, tools, journal=path, limits=limits)

    first = Scripted([call("read", '{"n": 1}'), answer("a guess")])
    end = play(agent(first, 1), "q", "run")[-1]
    assert (end.answer, end.stop_reason) == ("a guess", "max_steps")
    second = Scripted([call("read", '{"n": 2}'), answer("I know")])
    events = play(agent(second, 9), "q", "run")
    assert [e.text for e in of(Text, events)] == ["I know"]
    assert (events[-1].answer, events[-1].stop_reason) == ("I know", "answer")
    assert "a guess" not in prompt_of(second, 0)


@both
def test_last_words_that_are_kept_are_not_asked_for_again(
    play: Play, tmp_path: Path, photographed: Any, monkeypatch: pytest.MonkeyPatch
):
    path, tools = tmp_path / "runs.db", _World().tools()
    limits = Limits(max_steps=1, early_stopping="generate")
    add = Record.add

    def killed(self: Record, *rows: Any, durable: bool = False) -> None:
        if rows[0][0] == "end":
            raise JournalError("killed")
        add(self, *rows, durable=durable)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "add", killed)
        model = Scripted([call("read", '{"n": 1}'), answer("a guess")])
        play(Agent(model, tools, journal=path, limits=limits), "q", "run")
    assert _kinds(path) == ["input", "reply", "observation", "reply"]
    events = play(Agent(Scripted([]), tools, journal=path, limits=limits), "q", "run")
    assert [e.text for e in of(Text, events)] == ["a guess"]
    assert (events[-1].answer, events[-1].stop_reason) == ("a guess", "max_steps")


@both
def test_a_run_that_went_round_in_circles_is_told_so_again_before_it_ends(
    play: Play, tmp_path: Path
):
    path, tools, same = tmp_path / "runs.db", _World().tools(), call("read", '{"n": 1}')
    assert play(Agent(Scripted([same] * 4), tools, journal=path), "q", "run")[-1].stop_reason == "repeats"  # fmt: skip
    end = play(Agent(Scripted([same, answer("1")]), tools, journal=path), "q", "run")[-1]
    assert (end.answer, end.stop_reason) == ("1", "answer")


@both
def test_a_run_goes_on_with_other_tools(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    events = Agent(Plain(calls(_c(1, "once"))), _World().tools(), journal=path).stream("q", "run")
    while not isinstance(next(events), ToolCall):
        pass
    events.close()  # the call is kept, and open
    model = Plain(says("done"))
    told = play(Agent(model, [tool("other", lambda: 1)], journal=path), "q", "run")
    (result,) = of(ToolResult, told)
    assert not result.ok and "no tool called 'once'" in result.text
    assert told[-1].answer == "done"


@both
def test_ids_that_a_model_uses_in_every_reply_are_no_obstacle(play: Play, tmp_path: Path):
    path, world = tmp_path / "runs.db", _World()

    def same(n: int) -> list[Event]:
        return calls(ToolCall("1", "once", {"n": n}))

    play(Agent(Plain(same(1), same(2), BackendError("x")), world.tools(), journal=path), "q", "run")
    end = play(Agent(Plain(same(3), says("ok")), world.tools(), journal=path), "q", "run")[-1]
    assert end.answer == "ok"
    assert world.done == [("once", 1), ("once", 2), ("once", 3)]


@pytest.mark.parametrize("id", ["", "1"])
@both
def test_calls_of_one_reply_with_the_same_id_keep_their_own_results(
    play: Play, tmp_path: Path, id: str
):
    path, world = tmp_path / "runs.db", _World()
    model = Plain(calls(*(ToolCall(id, "read", {"n": n}) for n in (1, 2, 3))), says("ok"))
    events = play(Agent(model, world.tools(), journal=path), "q", "run")
    assert [r.text for r in of(ToolResult, events)] == ["read 1", "read 2", "read 3"]
    asked = [c.id for c in of(ToolCall, events)]
    assert len(set(asked)) == 3 and [r.call_id for r in of(ToolResult, events)] == asked
    told = [m["content"] for m in model.asked[1][0] if m["role"] == "tool"]
    assert told == ["read 1", "read 2", "read 3"]


@both
def test_results_stand_in_the_order_of_their_calls_whichever_was_kept_first(
    play: Play, tmp_path: Path, photographed: Any
):
    path = tmp_path / "runs.db"
    quick_is_kept, add = threading.Event(), Record.add

    def noticing(self: Record, *rows: Any, durable: bool = False) -> None:
        add(self, *rows, durable=durable)
        if rows[0][0] == "observation":
            quick_is_kept.set()

    slow = tool("slow", lambda: quick_is_kept.wait(10) and "slow", idempotent=True)
    quick = tool("quick", lambda: "quick", idempotent=True)
    asked = calls(ToolCall("1", "slow", {}), ToolCall("2", "quick", {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "add", noticing)
        agent = Agent(Plain(asked, BackendError("gone")), [slow, quick], journal=path)
        results = of(ToolResult, play(agent, "q", "run"))
    assert [r.text for r in results] == ["slow", "quick"]
    kept = [data["call"] for kind, data in _rows(path) if kind == "observation"]
    assert kept == ["2", "1"]
    half = tmp_path / "half.db"  # killed between the two
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(half)) as then:
        now.backup(then)
        then.execute("DELETE FROM rows WHERE id % 4294967296 > 3")
        then.commit()
    for copy in (path, half):
        model = Plain(says("ok"))
        play(Agent(model, [slow, quick], journal=copy), "q", "run")
        told = [m["content"] for m in model.asked[0][0] if m["role"] == "tool"]
        assert told == ["slow", "quick"], copy


# -- a call that was running ----------------------------------------------------------------------------


def _killed_in_once(path: Path, monkeypatch: pytest.MonkeyPatch, name: str = "once") -> None:
    """A run that was killed when its tool had begun."""
    add = Record.add

    def killed(self: Record, *rows: Any, durable: bool = False) -> None:
        if rows[0][0] in ("observation", "end"):
            raise JournalError("killed")
        add(self, *rows, durable=durable)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "add", killed)
        model = Plain(calls(_c(1, name)))
        play(Agent(model, _World().tools(), journal=path, approve=lambda call, tool: True), "q", "run")  # fmt: skip
    expected = ["input", "reply"] if name == "read" else ["input", "reply", "intent"]
    assert _kinds(path) == expected


@pytest.mark.parametrize("name", ["once", "write"])
@both
def test_a_call_of_unknown_outcome_can_be_skipped(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    path, world = tmp_path / "runs.db", _World()
    _killed_in_once(path, monkeypatch, name)
    model = Plain(says("ok"))
    events = play(Agent(model, world.tools(), journal=path, unknown="skip"), "q", "run")
    (result,) = of(ToolResult, events)
    assert world.done == [] and not result.ok
    assert "nobody knows whether it was carried out" in result.text
    assert result.text.split(".")[0] in model.asked[0][0][-1]["content"]
    assert events[-1].answer == "ok"


@both
def test_a_call_of_unknown_outcome_can_end_the_run_and_the_run_may_go_on_otherwise(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, world = tmp_path / "runs.db", _World()
    _killed_in_once(path, monkeypatch)
    for _ in range(2):
        end = play(Agent(Plain(), world.tools(), journal=path, unknown="fail"), "q", "run")[-1]
        assert (end.stop_reason, end.run_id, world.done) == ("unknown_outcome", "run", [])
    agent = Agent(Plain(says("ok")), world.tools(), journal=path, unknown="skip")
    assert play(agent, "q", "run")[-1].answer == "ok"


@pytest.mark.parametrize(
    ("decision", "done", "ok"),
    [
        (True, [("once", 1)], True),
        (Approve(), [("once", 1)], True),
        (Edit({"n": 7}), [("once", 7)], True),
        (False, [], False),
        (Refuse("it was done"), [], False),
    ],
    ids=str,
)
@both
def test_a_call_of_unknown_outcome_is_asked_about(
    play: Play,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    decision: Any,
    done: list[Any],
    ok: bool,
):
    path, world = tmp_path / "runs.db", _World()
    _killed_in_once(path, monkeypatch)
    shown: list[ToolCall] = []

    def approve(call: ToolCall, tool: Tool) -> Any:
        shown.append(call)
        return decision

    agent = Agent(Plain(says("ok")), world.tools(), journal=path, approve=approve)
    events = play(agent, "q", "run")
    assert [(type(c), c.name, c.args) for c in shown] == [(StartedCall, "once", {"n": 1})]
    assert (world.done, of(ToolResult, events)[0].ok) == (done, ok)
    assert events[-1].answer == "ok"


@both
def test_a_call_of_unknown_outcome_is_never_run_where_nobody_can_be_asked(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, world = tmp_path / "runs.db", _World()
    _killed_in_once(path, monkeypatch)
    events = play(Agent(Plain(says("ok")), world.tools(), journal=path), "q", "run")
    assert world.done == [] and any("may have run before" in n.text for n in of(Notice, events))


@both
def test_an_idempotent_tool_is_simply_run_again(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, world = tmp_path / "runs.db", _World()
    _killed_in_once(path, monkeypatch, "read")
    agent = Agent(Plain(says("ok")), world.tools(), journal=path, unknown="fail")
    assert play(agent, "q", "run")[-1].answer == "ok"
    assert world.done == [("read", 1)]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself this signal here")
@pytest.mark.parametrize("what", ["tool", "model"])
@both
def test_ctrl_c_stops_a_run_at_once_and_it_goes_on_later(
    play: Play, tmp_path: Path, gate: threading.Event, what: str
):
    path = tmp_path / "runs.db"

    def interrupted() -> str:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        gate.wait(20)
        return "late"

    def reply() -> Iterator[Event]:
        yield Text(interrupted())

    hang = tool("hang", interrupted)
    model = Plain(reply if what == "model" else calls(ToolCall("1", "hang", {})))
    with pytest.raises(KeyboardInterrupt):
        play(Agent(model, [hang], journal=path), "q", "run", ends_in=0.1)
    with Journal.open(path) as journal:
        assert journal.read("run")[0].stop_reason == "stopped"
    assert play(Agent(Plain(says("ok")), [hang], journal=path), "q", "run")[-1].answer == "ok"


# -- secrets ----------------------------------------------------------------------------------------------


@both
def test_keys_do_not_reach_the_file_and_a_call_with_one_is_made_again(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "verysecretvalue-0001")
    path, used = tmp_path / "runs.db", []
    login = tool(
        "login",
        lambda password, note: used.append(password) or "in, with hf_abcdefghijklmnopqrstuvwx",
        {"type": "object", "properties": {"password": {"type": "string"}, "note": {}}},
    )
    given = '{"password": "hunter2hunter2", "note": "verysecretvalue-0001"}'
    agent = Agent(Scripted([call("login", given)]), [login], journal=path)
    events = agent.stream("Log in with sk-abcdefghijklmnopqrstuvwxyz0123", "run")
    while not isinstance(next(events), ToolCall):
        pass
    events.close()
    model = Scripted([call("login", given), answer("I am in with hunter2hunter2")])
    told = play(Agent(model, [login], journal=path), None, "run")
    blurred, real = of(ToolResult, told)
    assert not blurred.ok and "Make the call again" in blurred.text
    assert real.ok and used == ["hunter2hunter2"]
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (b"verysecretvalue", b"hf_abcdef", b"sk-abcdef"):
        assert secret not in raw
    assert b'"hunter2' not in raw  # what is in the answer itself nobody can tell from words


@both
def test_a_question_with_a_key_is_recognised_again(play: Play, tmp_path: Path):
    path, question = tmp_path / "runs.db", "Use sk-abcdefghijklmnopqrstuvwxyz0123 please"
    play(Agent(Scripted([BackendError("gone")]), journal=path), question, "run")
    model = Scripted(["ok"])
    assert play(Agent(model, journal=path), question, "run")[-1].answer == "ok"
    assert "sk-abcdef" in prompt_of(model, 0)  # who gives it again has it used


@both
def test_half_a_character_is_kept_as_it_is(play: Play, tmp_path: Path):
    path, world = tmp_path / "runs.db", _World()
    half = [ToolCall("1", "read", {"n": 1, "x": "\ud800"}), Finish("", None, "tool_calls")]
    play(Agent(Plain([Text("\udfff"), *half], BackendError("x")), world.tools(), journal=path), "q\ud800", "run")  # fmt: skip
    assert play(Agent(Plain(says("ok")), world.tools(), journal=path), "q\ud800", "run")[-1].answer == "ok"  # fmt: skip


# -- answers in a form ----------------------------------------------------------------------------------


class _Number(BaseModel):
    n: int


@pytest.mark.parametrize("schema", [_Number, _Number.model_json_schema()], ids=["pydantic", "dict"])
@both
def test_a_run_with_a_schema_goes_on_between_prose_and_json_and_gives_its_values_again(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: Any
):
    path, tools = tmp_path / "runs.db", _World().tools()
    first = Scripted([call("read", '{"n": 1}'), answer("three"), BackendError("gone")])
    assert play(Agent(first, tools, schema=schema, journal=path), "q", "run")[-1].stop_reason == "error"  # fmt: skip
    second = Scripted(['{"n": "x"}', '{"n": 3}'])
    events = play(Agent(second, tools, schema=schema, journal=path), "q", "run")
    wanted = {"n": 3} if isinstance(schema, dict) else _Number(n=3)
    assert (events[-1].values, events[-1].stop_reason) == (wanted, "answer")
    assert "three" in prompt_of(second, 0)
    again = play(Agent(Scripted([]), tools, schema=schema, journal=path), "q", "run")
    assert again[-1].values == wanted and len(of(Text, again)) == 1
    with sqlite3.connect(path) as database:  # and between the JSON and the end
        database.execute("DELETE FROM rows WHERE kind = 'end' AND id = (SELECT max(id) FROM rows)")
        database.execute("UPDATE runs SET stop_reason = '', answer = ''")
    database.close()
    again = play(Agent(Scripted([]), tools, schema=schema, journal=path), "q", "run")
    assert again[-1].values == wanted and len(of(Text, again)) == 1


# -- who holds the journal --------------------------------------------------------------------------------


@both
def test_a_run_has_one_writer(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    events = Agent(Scripted(["42"]), journal=path).stream("q", "run")
    next(events)
    with pytest.raises(RunBusy, match="being written"):
        play(Agent(Scripted(["42"]), journal=path), "q", "run")
    assert play(Agent(Scripted(["43"]), journal=path), "q", "other")[-1].answer == "43"
    assert list(events)[-1].answer == "42"
    assert play(Agent(Scripted([]), journal=path), "q", "run")[-1].answer == "42"


@both
def test_a_journal_may_be_a_name_a_path_or_one_that_is_open(play: Play, tmp_path: Path):
    path = tmp_path / "deep" / "runs.db"
    play(Agent(Scripted(["1"]), journal=str(path)), "q", "a")
    play(Agent(Scripted(["2"]), journal=path), "q", "b")
    with Journal.open(path) as journal:
        play(Agent(Scripted(["3"]), journal=journal), "q", "c")
        play(Agent(Scripted(["4"]), journal=journal), "q", "d")
        assert [info.answer for info in journal.runs()] == ["4", "3", "2", "1"]
    for _ in range(500):  # a journal that was given by its name stays open for a moment
        if not [p for p in path.parent.iterdir() if p.name.endswith(("-wal", "-shm"))]:
            break
        time.sleep(0.02)
    else:
        pytest.fail("the journal was never closed")
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0


@both
def test_a_journal_that_vanishes_in_mid_run_is_an_error(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    vanish = tool("vanish", lambda: path.unlink() or "gone")
    events = play(Agent(Scripted([call("vanish"), answer("ok")]), [vanish], journal=path), "q")
    assert "moved or deleted" in of(Error, events)[0].message
    assert events[-1].stop_reason == "error" and not of(ToolResult, events)


@both
def test_a_journal_that_another_program_locks_in_mid_run_is_an_error(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "_WAIT", 0.1)
    path = tmp_path / "runs.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        lock = tool("lock", lambda: other.execute("BEGIN IMMEDIATE") and "locked")
        agent = Agent(Scripted([call("lock"), answer("ok")]), [lock], journal=path)
        events = play(agent, "q", "run")
        assert "held by another program" in of(Error, events)[0].message
        assert events[-1].stop_reason == "error"
        other.execute("ROLLBACK")
    end = play(Agent(Scripted([answer("ok")]), [lock], journal=path), "q", "run")[-1]
    assert end.answer == "ok"


@both
def test_a_file_that_is_no_journal_is_refused_before_anything_is_asked(play: Play, tmp_path: Path):
    path, model = tmp_path / "notes.txt", Scripted(["ok"])
    path.write_text("not a database, but something that somebody wants to keep\n" * 50)
    with pytest.raises(JournalError, match="no journal"):
        play(Agent(model, journal=path), "q")
    assert model.requests == [] and path.read_text().startswith("not a database")


@both
def test_the_file_grows_with_the_steps_and_not_with_their_square(play: Play, tmp_path: Path):
    def size(steps: int) -> int:
        path = tmp_path / f"{steps}.db"
        look = tool("look", lambda n: f"{n:04}" * 512, NUMBER)  # 2 KB
        asked = (calls(ToolCall(f"c{n}", "look", {"n": n})) for n in range(steps))
        agent = Agent(
            Plain(*asked, says("done")), [look], journal=path, limits=Limits(max_steps=steps + 1)
        )
        assert play(agent, "q", "run")[-1].answer == "done"
        return sum(file.stat().st_size for file in tmp_path.glob(f"{path.name}*"))

    sizes = [size(steps) for steps in (20, 40, 80)]
    assert sizes[1] < 200_000
    assert sizes[2] - sizes[1] < 2.2 * (sizes[1] - sizes[0])


# -- conversations ----------------------------------------------------------------------------------------


@both
def test_a_conversation_is_kept_as_a_chain_of_runs(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted(["Ada"]), journal=path), "Who?", "one")
    play(Agent(Scripted(["1815"]), journal=path), "When?", "two", after="one")
    with Journal.open(path) as journal:
        told = conversation(journal, "two")
        assert journal.read("two")[0].after == "one"
    assert [(m["role"], m["content"]) for m in told] == [
        ("user", "Who?"),
        ("assistant", "Ada"),
        ("user", "When?"),
        ("assistant", "1815"),
    ]
    model = Scripted(["London"])
    play(Agent(model, journal=path), "Where?", "three", after="two", history=told)
    assert all(text in prompt_of(model, 0) for text in ("Who?", "Ada", "When?", "1815", "Where?"))


@both
def test_a_run_of_a_conversation_goes_on_with_the_same_conversation(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted(["Ada"]), journal=path), "Who?", "one")
    with Journal.open(path) as journal:
        history = conversation(journal, "one")
    first = Scripted([BackendError("gone")])
    play(Agent(first, journal=path), "When?", "two", after="one", history=history)
    second = Scripted(["1815"])
    play(Agent(second, journal=path), None, "two")
    assert prompt_of(second, 0) == prompt_of(first, 0)


@both
def test_the_first_and_the_second_prompt_of_a_run_after_another_agree(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    play(Agent(Scripted(["Ada"]), journal=path), "Who?", "one")
    first, second = Scripted([BackendError("gone")]), Scripted(["1815"])
    play(Agent(first, journal=path), "When?", "two", after="one")
    play(Agent(second, journal=path), None, "two")
    assert prompt_of(second, 0) == prompt_of(first, 0)


@both
def test_a_conversation_that_is_not_kept_is_not_lost_in_silence(play: Play, tmp_path: Path):
    path = tmp_path / "runs.db"
    history = [{"role": "user", "content": "I am Ada"}, {"role": "assistant", "content": "Hello"}]
    play(Agent(Scripted([BackendError("gone")]), journal=path), "Who am I?", "run", history=history)
    model = Scripted(["Ada"])
    events = play(Agent(model, journal=path), None, "run")
    said = any("conversation" in notice.text for notice in of(Notice, events))
    assert said or "I am Ada" in prompt_of(model, 0)


def test_a_note_is_kept_beside_the_question_and_changes_nothing_else(tmp_path: Path):
    path = tmp_path / "runs.db"
    note = {"folder": "notes", "question": "another", "tools": 3}
    play(Agent(Scripted(["ok"]), journal=path), "q", "run", note=note)
    ((_, row), *_) = _rows(path)
    assert (row["question"], row["tools"], row["folder"]) == ("q", [], "notes")


@both
@pytest.mark.parametrize("edited", [False, True], ids=["the call", "the edit"])
def test_a_started_call_with_a_key_is_neither_run_again_nor_asked_for_again(
    play: Play, tmp_path: Path, edited: bool
):
    path, ran = tmp_path / "runs.db", []
    told = {"type": "tool_call", "id": "c1", "name": "send", "args": {"n": 1}, "log": "send it"}
    hidden = {"args": {"password": "[redacted]"}, "redacted": True}
    end = {"type": "finish", "answer": "", "stop_reason": "tool_calls"}
    with Journal.open(path) as journal, journal.begin("run", {"question": "q"}) as record:
        record.add(("reply", {"events": [told if edited else {**told, **hidden}, end]}))
        record.add(("intent", {"call": "c1", **(hidden if edited else {})}))
    send = Tool("send", "Sends.", {}, lambda **args: ran.append(args), writes=True)
    agent = Agent(Plain(says("ok")), [send], journal=path, approve=lambda call, tool: True)
    (result,) = [e for e in play(agent, None, "run") if isinstance(e, ToolResult)]
    assert ran == [] and not result.ok
    assert "nobody knows whether it was carried out" in result.text
