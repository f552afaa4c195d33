"""Where a run ends by itself: each limit has its own reason, and nothing that hangs holds a run up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_stage import (
    NUMBER,
    SOON,
    Plain,
    PlainAsync,
    Play,
    answer,
    both,
    call,
    calls,
    gate,
    of,
    prompt_of,
    says,
    tool,
)

from chatwright import Agent, Limits
from chatwright.errors import BackendError, UsageError
from chatwright.events import (
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


def count(n: int) -> int:
    return n


def counting() -> Any:
    return tool("count", count, NUMBER)


def noting(made: list[int]) -> Callable[[int], None]:
    """What a tool does that keeps a list of what it was asked to do."""

    def note(n: int) -> None:
        made.append(n)

    return note


def numbered(turns: int) -> list[str]:
    """Calls that are all different."""
    return [call("count", f'{{"n": {n}}}') for n in range(turns)]


# -- the model --------------------------------------------------------------------------------------


class _Waits(Plain):
    """Says something, and then nothing for ever."""

    def __init__(self, gate: threading.Event, *first: Event) -> None:
        super().__init__()
        self.gate, self.first = gate, first

    def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
        yield from self.first
        self.gate.wait(20)


class _WaitsAsync(_Waits):
    async def astream(self, messages: Any, tools: Any = (), **options: Any) -> AsyncIterator[Event]:
        for event in self.first:
            yield event
        await asyncio.sleep(20)


class _Deaf(_Waits):
    """Does not care that it is cancelled."""

    async def astream(self, messages: Any, tools: Any = (), **options: Any) -> AsyncIterator[Event]:
        for event in self.first:
            yield event
        for _ in range(25):
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue


class _SlowToClose(_Waits):
    """Takes its time to put things in order."""

    def stream(self, messages: Any, tools: Any = (), **options: Any) -> Iterator[Event]:
        try:
            yield from super().stream(messages, tools, **options)
        finally:
            self.gate.wait(20)

    async def astream(self, messages: Any, tools: Any = (), **options: Any) -> AsyncIterator[Event]:
        try:
            for event in self.first:
                yield event
            await asyncio.sleep(20)
        finally:
            await asyncio.sleep(3)


@pytest.mark.parametrize("kind", [_Waits, _WaitsAsync, _Deaf, _SlowToClose])
@pytest.mark.parametrize("first", [(), (Text("It is "), Text("4"))], ids=["mute", "half an answer"])
@both
def test_a_model_that_gives_nothing_more_is_left_behind_at_the_limit(
    play: Play, gate: threading.Event, kind: type[_Waits], first: tuple[Event, ...]
):
    events = play(Agent(kind(gate, *first), limits=Limits(max_seconds=0.15)), ends_in=0.15)
    end = events[-1]
    assert end.stop_reason == "max_seconds"
    assert end.answer == "".join(e.text for e in of(Text, events)) == ("It is 4" if first else "")


@pytest.mark.parametrize(
    "event",
    [Text("a"), Text(""), Reasoning("hm "), Notice("loading"), ToolCall("1", "count", {"n": 1})],
    ids=["text", "empty", "reasoning", "notice", "call"],
)
@pytest.mark.parametrize("kind", [Plain, PlainAsync])
@both
def test_a_model_that_never_ends_is_stopped_at_the_limit(
    play: Play, kind: type[Plain], event: Event
):
    stop = threading.Event()

    def forever() -> Iterator[Event]:
        end = time.monotonic() + 5
        while not stop.is_set() and time.monotonic() < end:
            yield event

    try:
        limits = Limits(max_seconds=0.15, max_reply_tokens=None)
        events = play(Agent(kind(forever), [counting()], limits=limits), ends_in=0.15)
    finally:
        stop.set()
    assert events[-1].stop_reason == "max_seconds"
    assert events[-1].answer == "".join(e.text for e in of(Text, events))
    assert not of(ToolResult, events)


@both
def test_a_run_without_a_clock_has_none(play: Play):
    agent = Agent(Scripted([answer("4")]), limits=Limits(max_seconds=None))
    assert play(agent)[-1].stop_reason == "answer"


@both
def test_a_reply_has_an_end_even_if_the_model_knows_none(play: Play):
    def forever() -> Iterator[Event]:
        for _ in range(100_000):
            yield Text("and so on ")

    events = play(Agent(Plain(forever), limits=Limits(max_reply_tokens=10)), ends_in=5)
    end = events[-1]
    assert end.stop_reason == "max_tokens"
    assert end.answer.startswith("and so on ") and len(end.answer) < 1000


@both
def test_a_reply_with_calls_without_end_ends(play: Play):
    def forever() -> Iterator[Event]:  # as good as: who takes them all has failed
        for n in range(100_000):
            yield ToolCall(str(n), "count", {"n": n})

    events = play(
        Agent(Plain(forever), [counting()], limits=Limits(max_reply_tokens=10)), ends_in=10
    )
    assert events[-1].stop_reason == "max_tokens"
    assert not of(ToolResult, events)


@both
def test_the_steps_are_counted_exactly(play: Play):
    model = Scripted(numbered(9))
    events = play(Agent(model, [counting()], limits=Limits(max_steps=5)))
    assert events[-1].stop_reason == "max_steps"
    assert len(model.requests) == len(of(ToolResult, events)) == 5


@both
def test_the_tokens_of_the_whole_run_are_limited(play: Play):
    def reply(n: int) -> list[Event]:
        return calls(ToolCall(f"c{n}", "count", {"n": n}), tokens=40)

    model = Plain(*(reply(n) for n in range(9)))
    events = play(Agent(model, [counting()], limits=Limits(max_tokens=100)))
    assert events[-1].stop_reason == "max_tokens"
    assert events[-1].usage == Usage(120, 0)
    assert [options["max_tokens"] for _, options in model.asked] == [100, 60, 20]


@both
def test_tokens_that_nobody_counts_are_estimated(play: Play):
    def reply(n: int) -> list[Event]:
        return [Text("x" * 400), *calls(ToolCall(f"c{n}", "count", {"n": n}))]

    model = Plain(*(reply(n) for n in range(9)))
    events = play(Agent(model, [counting()], limits=Limits(max_tokens=350)))
    assert events[-1].stop_reason == "max_tokens"
    assert 3 <= len(model.asked) <= 4


@both
def test_each_reply_is_asked_to_be_no_longer_than_the_limit(play: Play):
    model = Plain(says("4"))
    play(Agent(model, limits=Limits(max_reply_tokens=77)))
    assert model.asked[0][1]["max_tokens"] == 77


@both
def test_an_answer_that_the_model_had_to_cut_short_says_so(play: Play):
    events = play(Agent(Plain([Text("It is"), Finish("It is", None, "length")])))
    assert (events[-1].answer, events[-1].stop_reason) == ("It is", "length")


# -- tools ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [False, True], ids=["sync tool", "async tool"])
@both
def test_a_tool_that_hangs_is_left_behind_at_its_own_time(
    play: Play, gate: threading.Event, is_async: bool
):
    async def hang_later() -> str:
        await asyncio.sleep(20)
        return "late"

    hang = tool("hang", hang_later if is_async else lambda: gate.wait(20), timeout=0.1)
    events = play(Agent(Scripted([call("hang"), answer("no")]), [hang]), ends_in=0.1)
    (result,) = of(ToolResult, events)
    assert not result.ok and "hang did not answer within 0.1 seconds" in result.text
    assert events[-1].answer == "no"


@both
def test_an_async_tool_that_does_not_care_that_it_is_cancelled_is_left_behind(play: Play):
    async def deaf() -> str:
        for _ in range(25):
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue
        return "late"

    events = play(
        Agent(Scripted([call("t"), answer("no")]), [tool("t", deaf, timeout=0.1)]), ends_in=0.1
    )
    assert "did not answer" in of(ToolResult, events)[0].text


@both
def test_a_tools_own_time_beats_the_default_in_both_directions(play: Play, gate: threading.Event):
    quick = tool("quick", lambda: gate.wait(20), timeout=0.05)
    slow = tool("slow", lambda: gate.wait(0.3) or "patience", timeout=10)
    agent = Agent(
        Scripted([call("slow"), call("quick"), answer("ok")]),
        [quick, slow],
        limits=Limits(max_tool_seconds=0.1),
    )
    patient, hasty = of(ToolResult, play(agent))
    assert (patient.ok, patient.text) == (True, "patience")
    assert "within 0.05 seconds" in hasty.text


@pytest.mark.parametrize("is_async", [False, True], ids=["sync tools", "async tools"])
@both
def test_several_tools_that_hang_at_once_end_with_the_run(
    play: Play, gate: threading.Event, is_async: bool
):
    async def hang_later(n: int) -> str:
        await asyncio.sleep(20)
        return "late"

    def hang(n: int) -> bool:
        return gate.wait(20)

    hanging = tool("hang", hang_later if is_async else hang, NUMBER)
    model = Plain(calls(*(ToolCall(str(n), "hang", {"n": n}) for n in range(5))), says("never"))
    events = play(Agent(model, [hanging], limits=Limits(max_seconds=0.15)), ends_in=0.15)
    assert events[-1].stop_reason == "max_seconds"
    assert len(model.asked) == 1
    assert [r.call_id for r in of(ToolResult, events)] == list("01234")
    assert not any(r.ok for r in of(ToolResult, events))


@both
def test_after_the_end_of_its_time_a_run_starts_nothing_that_writes(
    play: Play, gate: threading.Event
):
    wrote: list[int] = []
    hang = tool("hang", lambda: gate.wait(20))
    write = tool("write", noting(wrote), NUMBER, writes=True)
    model = Plain(calls(ToolCall("1", "hang", {}), ToolCall("2", "write", {"n": 1})))
    agent = Agent(
        model, [hang, write], limits=Limits(max_seconds=0.15), approve=lambda call, tool: True
    )
    events = play(agent)
    assert events[-1].stop_reason == "max_seconds"
    time.sleep(0.05)  # whoever started it would have let it run by now
    assert wrote == []


_EXITS = """
import asyncio, sys, threading, time
from chatwright import Agent, Limits, Tool
from chatwright.events import Text
from chatwright.testing import Scripted

def hang():
    threading.Event().wait()

class Hung:
    def stream(self, messages, tools=(), **options):
        yield Text("half")
        threading.Event().wait()

CALL = 'Thought: x\\nAction:\\n```\\n{"action": "hang", "action_input": {}}\\n```'
tool = Tool("hang", "Hangs.", {"type": "object", "properties": {}}, hang)
model = Hung() if sys.argv[1] == "model" else Scripted([CALL, CALL])
agent = Agent(model, [tool], limits=Limits(max_seconds=0.15))
began = time.monotonic()
end = agent.ask("q") if sys.argv[2] == "sync" else asyncio.run(agent.aask("q"))
print(end.stop_reason, end.answer or "-", time.monotonic() - began, flush=True)
"""


@pytest.mark.parametrize("what", ["tool", "model"])
@pytest.mark.parametrize("shell", ["sync", "async"])
def test_the_exit_of_the_process_does_not_wait_for_what_hangs(what: str, shell: str):
    code = textwrap.dedent(_EXITS)
    done = subprocess.run(
        [sys.executable, "-c", code, what, shell],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reason, partial, took = done.stdout.split()
    assert (reason, partial) == ("max_seconds", "half" if what == "model" else "-")
    assert float(took) < 0.15 + SOON
    assert done.stderr == ""


@pytest.mark.parametrize("length", [100, 101, 5_000_000])
@both
def test_an_observation_is_cut_visibly_and_only_if_it_is_too_long(play: Play, length: int):
    shout = tool("shout", lambda: "A" * length)
    model = Scripted([call("shout"), answer("loud")])
    events = play(Agent(model, [shout], limits=Limits(max_observation=100)))
    (result,) = of(ToolResult, events)
    more = f" … [{length - 100} more characters were cut]" if length > 100 else ""
    assert result.text == "A" * 100 + more
    assert result.text in prompt_of(model, 1)


@both
def test_the_text_of_an_error_is_cut_as_well(play: Play):
    def fail() -> str:
        raise ValueError("E" * 1_000_000)

    events = play(Agent(Scripted([call("fail"), answer("no")]), [tool("fail", fail)]))
    assert len(of(ToolResult, events)[0].text) < 8_100


# -- repeats, errors, what cannot be read -------------------------------------------------------------


@both
def test_the_third_same_call_is_told_so_and_the_fourth_ends_the_run(play: Play):
    made: list[int] = []
    model = Scripted([call("note", '{"n": 1}')] * 9)
    note = tool("note", noting(made), NUMBER)
    events = play(Agent(model, [note]))
    results = of(ToolResult, events)
    assert events[-1].stop_reason == "repeats"
    assert len(model.requests) == 4 and made == [1, 1]
    assert [r.ok for r in results] == [True, True, False, False]
    assert "same arguments" in results[2].text and results[2].text in prompt_of(model, 3)


@both
def test_other_arguments_are_no_repeat_and_the_order_of_keys_is_no_difference(play: Play):
    pair = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    add = tool("add", lambda a, b: a + b, pair)
    different = [call("add", f'{{"a": 1, "b": {n}}}') for n in range(5)]
    events = play(Agent(Scripted([*different, answer("ok")]), [add]))
    assert all(r.ok for r in of(ToolResult, events)) and events[-1].stop_reason == "answer"

    turned = [call("add", '{"a": 1, "b": 2}'), call("add", '{"b": 2, "a": 1}')] * 2
    events = play(Agent(Scripted(turned), [add]))
    assert [r.ok for r in of(ToolResult, events)] == [True, True, False, False]
    assert events[-1].stop_reason == "repeats"


@both
def test_a_model_that_takes_the_hint_goes_on(play: Play):
    model = Scripted([*[call("count", '{"n": 1}')] * 3, call("count", '{"n": 2}'), answer("2")])
    events = play(Agent(model, [counting()]))
    assert (events[-1].answer, events[-1].stop_reason) == ("2", "answer")


@both
def test_repeats_in_one_reply_count_as_well(play: Play):
    made: list[int] = []
    note = tool("note", noting(made), NUMBER)
    model = Plain(calls(*(ToolCall(str(n), "note", {"n": 1}) for n in range(4))))
    events = play(Agent(model, [note]))
    assert made == [1, 1]
    assert events[-1].stop_reason == "repeats"


@both
def test_without_a_limit_a_call_may_be_repeated(play: Play):
    model = Scripted([*[call("count", '{"n": 1}')] * 6, answer("1")])
    events = play(Agent(model, [counting()], limits=Limits(max_repeats=None)))
    assert sum(r.ok for r in of(ToolResult, events)) == 6


@both
def test_calls_that_fail_in_a_row_end_the_run_and_a_good_one_forgives_them(play: Play):
    def odd(n: int) -> int:
        if n == 2:
            return n
        raise ValueError(f"{n} is odd")

    limits = Limits(max_errors=3)
    events = play(Agent(Scripted(numbered(9)), [tool("count", odd, NUMBER)], limits=limits))
    assert events[-1].stop_reason == "errors"
    assert [r.ok for r in of(ToolResult, events)] == [False, False, True, False, False, False]


@both
def test_replies_that_cannot_be_read_are_bounded_in_a_row(play: Play):
    bad, good = "Thought: hm", call("count", '{"n": 1}')
    model = Scripted([bad, bad, good, bad, bad, answer("1")])
    assert play(Agent(model, [counting()]))[-1].stop_reason == "answer"
    model = Scripted([bad] * 9)
    events = play(Agent(model, [counting()], limits=Limits(max_malformed=2)))
    assert events[-1].stop_reason == "malformed" and len(of(Malformed, events)) == 2


# -- the best answer with what there is ---------------------------------------------------------------

_GENERATE = Limits(max_steps=2, early_stopping="generate")


@both
def test_at_a_limit_the_model_is_asked_for_its_best_answer(play: Play):
    model = Scripted([*numbered(2), answer("about 2")])
    events = play(Agent(model, [counting()], limits=_GENERATE))
    assert (events[-1].answer, events[-1].stop_reason) == ("about 2", "max_steps")
    assert len(model.requests) == 3 and "final answer now" in prompt_of(model, 2)
    assert "".join(e.text for e in of(Text, events)) == "about 2"


@both
def test_a_model_that_calls_a_tool_instead_of_a_last_answer_calls_it_in_vain(play: Play):
    model = Scripted(numbered(9))
    events = play(Agent(model, [counting()], limits=_GENERATE))
    assert (events[-1].answer, events[-1].stop_reason) == ("", "max_steps")
    assert len(of(ToolCall, events)) == len(of(ToolResult, events)) == 2


@both
def test_a_model_that_fails_at_its_last_answer_leaves_the_limit_as_the_reason(play: Play):
    model = Scripted([*numbered(2), BackendError("the engine is gone")])
    events = play(Agent(model, [counting()], limits=_GENERATE))
    assert events[-1].stop_reason == "max_steps"
    assert any("the engine is gone" in notice.text for notice in of(Notice, events))


@pytest.mark.parametrize(
    ("limits", "replies", "reason"),
    [
        ({"max_malformed": 2}, ["Thought: hm"] * 2, "malformed"),
        ({"max_errors": 2}, [call("nothing"), call("nowhere")], "errors"),
        ({"max_repeats": 1}, [call("count", '{"n": 1}')] * 3, "repeats"),
        ({"max_tokens": 50}, numbered(1), "max_tokens"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@both
def test_other_limits_leave_room_for_a_last_answer_too(
    play: Play, limits: dict[str, Any], replies: list[str], reason: str
):
    model = Scripted([*replies, answer("my best")])
    agent = Agent(model, [counting()], limits=Limits(**limits, early_stopping="generate"))
    end = play(agent)[-1]
    assert (end.answer, end.stop_reason) == ("my best", reason)


@both
def test_a_last_answer_has_more_room_than_a_single_token(play: Play):
    model = Plain(calls(ToolCall("1", "count", {"n": 1}), tokens=200), says("my best"))
    limits = Limits(max_tokens=100, early_stopping="generate")
    assert play(Agent(model, [counting()], limits=limits))[-1].answer == "my best"
    assert model.asked[1][1]["max_tokens"] > 50


# -- errors teach ---------------------------------------------------------------------------------------


def _raise(err: BaseException) -> Callable[[], str]:
    def do() -> str:
        raise err

    return do


def _raise_later(err: BaseException) -> Callable[[], Any]:
    async def do() -> str:
        raise err

    return do


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("make", [_raise, _raise_later], ids=["sync tool", "async tool"])
@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ValueError("no luck"), "ValueError: no luck"),
        (ValueError(), "ValueError"),
        (SystemExit(2), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (asyncio.CancelledError(), "CancelledError"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(1), "StopIteration"),
        (_Mute(), "_Mute"),
        (ExceptionGroup("two", [ValueError("a"), ValueError("b")]), "two"),
        (RecursionError("too deep"), "too deep"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@both
def test_whatever_a_tool_raises_the_model_reads_it_and_the_run_goes_on(
    play: Play, make: Callable[[BaseException], Any], raised: BaseException, said: str
):
    events = play(Agent(Scripted([call("t"), answer("no")]), [tool("t", make(raised))]))
    (result,) = of(ToolResult, events)
    assert not result.ok and result.text.startswith("error: ") and said in result.text
    assert events[-1].stop_reason == "answer"


_CIRCLE: list[Any] = [1]
_CIRCLE.append(_CIRCLE)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ("", ""),
        (b"\xff\x00ab", "ab"),
        (float("nan"), "NaN"),
        (_CIRCLE, "[1, [...]]"),
        ("half \ud800 a character", "half \ufffd a character"),
        ({"k": "\udfff"}, "k"),
        ({1, 2}, "{1, 2}"),
    ],
    ids=["json", "empty", "bytes", "nan", "circle", "surrogate", "surrogate in json", "set"],
)
@both
def test_whatever_a_tool_gives_the_model_gets_to_read_it(play: Play, value: Any, read: str):
    model = Scripted([call("t"), answer("ok")])
    events = play(Agent(model, [tool("t", lambda: value)]))
    (result,) = of(ToolResult, events)
    assert result.ok and read in result.text and result.text in prompt_of(model, 1)
    result.text.encode()


@pytest.mark.parametrize("kind", ["generator", "async generator"])
@both
def test_what_a_tool_gives_piece_by_piece_is_read_or_refused_but_no_address_in_memory(
    play: Play, kind: str
):
    def pieces() -> Iterator[int]:
        yield from (11, 22)

    async def later() -> AsyncIterator[int]:
        yield 11
        yield 22

    model = Scripted([call("t"), answer("ok")])
    events = play(Agent(model, [tool("t", pieces if kind == "generator" else later)]))
    (result,) = of(ToolResult, events)
    assert " at 0x" not in result.text
    assert not result.ok or ("11" in result.text and "22" in result.text)


@both
def test_arguments_that_do_not_fit_are_answered_with_the_schema(play: Play):
    model = Scripted([call("count", '{"m": "x"}'), call("count", '{"n": "y"}'), answer("no")])
    first, second = of(ToolResult, play(Agent(model, [counting()])))
    assert not first.ok and '"n"' in first.text and "integer" in first.text
    assert not second.ok and '"n"' in second.text and "integer" in second.text


def _nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "args",
    [{1: 1, "n": 2}, {"n": {1, 2}}, {"n": object()}, {"n": _nested(5000)}],
    ids=["keys", "set", "object", "deep"],
)
@both
def test_arguments_that_are_no_json_are_told_to_the_model(play: Play, tmp_path: Path, args: Any):
    for journal in (None, tmp_path / "runs.db"):
        model = Plain(calls(ToolCall("1", "count", args)), says("ok"))
        events = play(Agent(model, [counting()], journal=journal))
        assert events[-1].answer == "ok"
        wrong = [r for r in of(ToolResult, events) if not r.ok] + of(Malformed, events)
        assert len(wrong) == 1


@pytest.mark.parametrize("args", [None, "one", [1]])
@both
def test_arguments_that_are_no_object_are_told_to_the_model(play: Play, args: Any):
    model = Plain(calls(ToolCall("1", "count", args)), says("ok"))
    events = play(Agent(model, [counting()]))
    assert events[-1].answer == "ok"
    assert not any(r.ok for r in of(ToolResult, events))


@both
def test_a_tool_that_is_not_there_is_answered_with_the_nearest_names(play: Play):
    events = play(Agent(Scripted([call("cuont"), answer("no")]), [counting()]))
    (result,) = of(ToolResult, events)
    assert not result.ok and "did you mean 'count'" in result.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_steps": 0},
        {"max_malformed": 0},
        {"max_errors": 0},
        {"max_repeats": 0},
        {"max_tokens": 0},
        {"max_parallel": 0},
        {"max_seconds": -1},
        {"max_seconds": float("nan")},
        {"max_tool_seconds": -0.1},
        {"max_observation": -1},
        {"early_stopping": "never"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_limits_that_nobody_can_work_under_are_wrong_usage(wrong: dict[str, Any]):
    with pytest.raises(UsageError, match=next(iter(wrong)).replace("max_steps", "at least one")):
        Agent(Scripted([]), limits=Limits(**wrong))
