"""The scratchpad: what the model gets to see of a run, in as many tokens as there is room for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright import Limits, Model, Tool, open_model
from chatwright.agent.context import Scratchpad, counter_of, estimate, room_of
from chatwright.agent.planner import ModelPlanner
from chatwright.agent.run import Run, Step
from chatwright.events import Finish, Malformed, ToolCall, ToolResult
from chatwright.request import Segment
from chatwright.testing import Scripted

LOG = (
    'Thought: next.\nAction:\n```\n{"action": "Search", "action_input": {"query": "bridges"}}\n```'
)


def step(turn: int, result: str, *, name: str = "Search", log: str = LOG, **args: object) -> Step:
    call = ToolCall(f"c{turn}", name, args or {"query": "bridges"}, log)
    return Step(call, ToolResult(call.id, result), turn)


def long(turn: int, words: int = 500) -> str:
    return f"result {turn}: " + "word " * words


def size(steps: list[Step | Malformed]) -> int:
    """The tokens of some steps, each character one."""
    return sum(
        len(s.text) + len(s.reason)
        if isinstance(s, Malformed)
        else len(s.call.log or json.dumps(s.call.args)) + len(s.result.text)
        for s in steps
    )


def left_out(steps: list[Step | Malformed]) -> list[int]:
    """Where a mark stands in the place of a result."""
    return [
        at
        for at, s in enumerate(steps)
        if isinstance(s, Step) and s.result.text.startswith("[this result")
    ]


def same_start(before: Sequence, after: Sequence) -> int:
    """How much of two lists or texts is the same, from their start."""
    pairs = zip(before, after, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))


def test_steps_that_fit_are_shown_as_they_are():
    steps = [step(1, "a"), Malformed("hm", "no call"), step(2, "b")]
    assert Scratchpad(10_000, len).shown(steps) == steps
    assert Scratchpad(10_000, len).shown([]) == []


def test_without_a_known_room_nothing_is_taken_away_and_nothing_is_counted():
    def count(text: str) -> int:
        raise AssertionError("there is nothing to count for")

    steps = [step(turn, long(turn)) for turn in range(50)]
    assert Scratchpad(None, count).shown(steps, fixed=10**9) == steps


def test_the_oldest_results_go_first_with_a_mark_and_the_last_two_turns_stay():
    steps = [step(turn, long(turn)) for turn in range(7)]
    shown = Scratchpad(16_000, len).shown(steps)
    assert left_out(shown) == [0, 1, 2, 3]
    assert shown[0].result.text == (
        "[this result was left out to save room: 2,510 tokens; call Search again if you need it]"
    )
    assert shown[4:] == steps[4:]
    assert [s.call for s in shown] == [s.call for s in steps]


def test_what_the_run_holds_is_never_changed():
    steps = [step(turn, long(turn)) for turn in range(6)]
    before = list(steps)
    Scratchpad(6_000, len).shown(steps)
    assert steps == before
    assert all(a is b for a, b in zip(steps, before, strict=True))


def test_a_short_result_stays_for_a_mark_would_be_longer():
    steps = [step(0, "41"), step(1, "42"), *(step(turn, long(turn)) for turn in range(2, 6))]
    shown = Scratchpad(9_000, len).shown(steps)
    assert [s.result.text for s in shown[:2]] == ["41", "42"]
    assert left_out(shown)[0] == 2


def test_what_is_fixed_takes_its_part_of_the_room():
    steps = [step(turn, long(turn)) for turn in range(4)]
    assert Scratchpad(12_000, len).shown(steps, fixed=0) == steps
    assert left_out(Scratchpad(12_000, len).shown(steps, fixed=4_000))


def test_a_batch_leaves_room_so_that_the_next_turns_begin_with_the_same_steps():
    pad, steps, changed, before = Scratchpad(20_000, len), [], [], []
    for turn in range(60):
        steps.append(step(turn, long(turn, 200)))
        shown = pad.shown(steps)
        assert size(shown) <= 20_000
        if same_start(before, shown) < len(before):
            changed.append(turn)
        before = shown
    gaps = [b - a for a, b in pairwise(changed)]
    assert changed and min(gaps) >= 5


def test_a_result_that_was_left_out_stays_out_with_the_same_words():
    pad, steps, seen = Scratchpad(20_000, len), [], {}
    for turn in range(60):
        steps.append(step(turn, long(turn, 200)))
        shown = pad.shown(steps)
        for at in left_out(shown):
            assert (
                seen.setdefault(shown[at].call.id, shown[at].result.text) == shown[at].result.text
            )
        assert {shown[at].call.id for at in left_out(shown)} == set(seen)


def test_asking_twice_shows_the_same():
    pad, steps = Scratchpad(6_000, len), [step(turn, long(turn)) for turn in range(9)]
    assert pad.shown(steps) == pad.shown(steps)


def test_a_step_is_counted_once():
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text)

    pad, steps = Scratchpad(20_000, count), []
    for turn in range(40):
        steps.append(step(turn, long(turn, 200), log=f"Thought: {turn}"))
        pad.shown(steps)
    originals = [s.result.text for s in steps] + [s.call.log for s in steps]
    assert max(counted.count(text) for text in originals if text.startswith("result")) == 1
    assert len(counted) <= 4 * len(steps)


def test_calls_of_one_reply_are_one_turn():
    several = [
        replace(step(3, long(at)), call=ToolCall(f"p{at}", "Search", {}, LOG)) for at in range(3)
    ]
    steps = [step(1, long(1)), step(2, long(2)), *several, step(4, long(4))]
    shown = Scratchpad(14_000, len).shown(steps)
    assert left_out(shown) == [0, 1]
    assert shown[2:] == steps[2:]


def test_a_result_that_is_bigger_than_the_room_keeps_its_head():
    steps = [step(0, long(0)), step(1, "small"), step(2, "START " + "x" * 1_000_000)]
    shown = Scratchpad(4_000, len).shown(steps)
    assert size(shown) <= 4_000
    assert shown[1].result.text == "small"
    assert shown[2].result.text.startswith("START xxx")
    assert shown[2].result.text.endswith(" tokens]")
    assert len(shown[2].result.text) > 1_500


def test_of_several_big_new_results_each_keeps_as_much():
    calls = [
        Step(ToolCall(f"p{n}", "Read", {}), ToolResult(f"p{n}", c * 50_000), 1)
        for n, c in enumerate("abc")
    ]
    shown = Scratchpad(6_000, len).shown([*calls, step(2, "tiny")])
    heads = [len(s.result.text) for s in shown[:3]]
    assert size(shown) <= 6_000
    assert max(heads) - min(heads) < 20 and min(heads) > 1_000
    assert shown[3].result.text == "tiny"


def test_a_new_result_that_was_cut_stays_as_it_was_cut_until_it_is_old():
    pad, steps = Scratchpad(4_000, len), [step(1, "y" * 9_000)]
    first = pad.shown(steps)
    steps.append(step(2, "small"))
    assert pad.shown(steps)[:1] == first
    steps += [step(3, "small"), step(4, "z" * 3_900)]
    assert left_out(pad.shown(steps)) == [0]


@pytest.mark.parametrize("turns", [300, 1_000])
def test_a_thousand_steps_fit_into_a_small_room_and_a_mark_says_how_many_are_gone(turns: int):
    pad, steps = Scratchpad(8_000, len), []
    for turn in range(turns):
        steps.append(step(turn, long(turn, 40)))
        shown = pad.shown(steps)
        assert size(shown) <= 8_000
        assert shown[-2:] == steps[-2:]
    folded = int(shown[0].result.text.split("next ")[1].split()[0].replace(",", ""))
    assert (
        shown[0].result.text == f"[this and the next {folded:,} steps were left out to save room]"
    )
    assert len(shown) + folded == turns


def test_long_words_of_old_turns_go_and_the_calls_stay_whole():
    steps = [
        step(turn, "ok", log="Thought: " + "hm " * 2_000 + LOG, city=f"{turn}") for turn in range(6)
    ]
    shown = Scratchpad(20_000, len).shown(steps)
    assert shown[0].call == replace(steps[0].call, log="")
    assert shown[0].result.text.startswith(
        "ok\n[the words before this call were left out to save room: "
    )
    assert shown[-2:] == steps[-2:]


def test_no_words_are_missed_where_there_were_none():
    steps = [step(turn, "ok", log="", text="x" * 5_000) for turn in range(5)]
    shown = Scratchpad(20_000, len).shown(steps)
    assert shown[0].result.text == "ok"
    assert len(shown[0].call.args["text"]) < 300


def test_all_calls_of_a_reply_lose_their_words_together():
    def reply(turn: int) -> list[Step]:
        wordy = step(turn, "a", log="hm " * 3_000)
        return [
            wordy,
            Step(ToolCall(f"s{turn}", "Search", {}, "short"), ToolResult(f"s{turn}", "b"), turn),
        ]

    steps = [s for turn in range(5) for s in reply(turn)]
    shown = Scratchpad(22_000, len).shown(steps)
    assert [s.call.log for s in shown[:2]] == ["", ""]
    assert shown[-4:] == steps[-4:]


def test_long_arguments_of_an_old_call_keep_their_heads():
    text = "line\n" * 3_000
    old = step(0, "written", name="Write", log="", path="a.txt", text=text, rows=list(range(99)))
    shown = Scratchpad(4_000, len).shown([old, *(step(turn, "ok") for turn in range(1, 4))])
    args = shown[0].call.args
    assert args["path"] == "a.txt"
    assert args["text"].startswith("line\nline") and "left out to save room" in args["text"]
    assert args["rows"] == [*range(12), "[… 87 more]"]
    assert old.call.args["text"] == text


def test_a_long_reply_that_could_not_be_read_keeps_its_head():
    steps = [Malformed("blah " * 2_000, "no call"), step(1, "a"), step(2, "b"), step(3, "c")]
    shown = Scratchpad(3_000, len).shown(steps)
    assert shown[0].text.startswith("blah blah") and "left out to save room" in shown[0].text
    assert shown[0].reason == "no call"
    assert shown[1:] == steps[1:]


def test_the_newest_reply_is_shortened_where_nothing_else_is_left():
    shown = Scratchpad(2_000, len).shown([Malformed("blah " * 2_000, "no call")])
    assert size(shown) <= 2_000
    assert shown[0].text.startswith("blah blah")


@pytest.mark.parametrize("room", [0, 1, 10])
def test_where_there_is_no_room_at_all_something_of_the_last_turns_still_stays(room: int):
    steps = [step(turn, long(turn)) for turn in range(5)]
    shown = Scratchpad(room, len).shown(steps, fixed=100)
    assert [s.result.text[:8] for s in shown[-2:]] == ["result 3", "result 4"]


def test_a_call_that_changes_something_is_not_offered_again():
    def nothing() -> None: ...

    tools = {
        "Pay": Tool("Pay", "Pays.", {}, nothing, writes=True),
        "Put": Tool("Put", "Puts.", {}, nothing, writes=True, idempotent=True),
    }
    old = [
        step(0, long(0), name="Pay"),
        step(1, long(1), name="Put"),
        step(2, long(2), name="Search"),
    ]
    shown = Scratchpad(3_000, len, tools).shown([*old, step(3, "a"), step(4, "b")])
    assert [("again" in s.result.text) for s in shown[:3]] == [False, True, True]


def test_what_the_engine_counted_corrects_an_estimate_that_is_too_low():
    steps = [step(turn, long(turn)) for turn in range(4)]
    pad = Scratchpad(12_000, len)
    assert pad.shown(steps) == steps
    pad.measured(2 * size(steps))
    assert left_out(pad.shown(steps))


def test_an_engine_that_tells_nothing_changes_nothing():
    steps = [step(turn, long(turn)) for turn in range(4)]
    pad = Scratchpad(12_000, len)
    pad.measured(0)
    assert pad.shown(steps) == steps
    pad.measured(0)
    assert pad.shown(steps) == steps


def test_other_steps_than_last_time_are_looked_at_anew():
    pad = Scratchpad(8_000, len)
    pad.shown([step(turn, long(turn)) for turn in range(9)])
    assert pad.shown(few := [step(0, "other")]) == few
    many = [step(turn, long(turn)) for turn in range(9)]
    assert pad.shown(many) == Scratchpad(8_000, len).shown(many)


WORDS = st.text("ab\n日\ud800", max_size=30).flatmap(
    lambda t: st.integers(0, 60).map(lambda n: t * n)
)
STEPS = st.lists(
    st.one_of(
        st.builds(Malformed, WORDS, st.just("why")),
        st.tuples(
            st.booleans(),
            WORDS,
            WORDS,
            st.dictionaries(st.text("k", max_size=2), WORDS, max_size=2),
        ),
    ),
    max_size=25,
)


def built(plan: list) -> list[Step | Malformed]:
    steps: list[Step | Malformed] = []
    turn = 0
    for at, item in enumerate(plan):
        if isinstance(item, Malformed):
            steps.append(item)
            continue
        new, log, result, args = item
        turn += new
        steps.append(
            Step(ToolCall(str(at), "Search", args, log), ToolResult(str(at), result), turn)
        )
    return steps


@given(STEPS, st.integers(0, 3_000), st.integers(0, 500))
def test_whatever_the_steps_are_the_books_are_right_and_the_last_call_is_there(
    plan: list, room: int, fixed: int
):
    steps = built(plan)
    pad = Scratchpad(room, estimate)
    for end in range(len(steps) + 1):
        shown = pad.shown(steps[:end], fixed)
        assert pad._total == sum(sum(pad._parts(s)) for s in shown)
        assert pad._total >= 0
        ids = [s.call.id for s in shown if isinstance(s, Step)]
        assert ids == [s.call.id for s in steps[:end] if isinstance(s, Step) and s.call.id in ids]
        assert bool(shown) == bool(steps[:end])
    assert steps == built(plan)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("Once upon a time there was a bridge.", 8, 10),
        ("日本語の文章", 5, 8),
        ("Привет, мир", 4, 8),
        ("🎉" * 10, 10, 20),
        ("\ud800", 1, 2),
        ("x" * 1_000_000, 240_000, 260_000),
    ],
)
def test_the_estimate_is_about_right(text: str, least: int, most: int):
    assert least <= estimate(text) <= most


@pytest.mark.parametrize("model", [None, object(), Scripted([]), "nano"])
def test_for_a_model_that_tells_no_vocabulary_tokens_are_estimated(model: object):
    assert counter_of(model) is estimate


def model_with(**fields: object) -> object:
    return type("Model", (), fields)()


def vocabulary(kind: object, tokens: object) -> object:
    metadata = {"tokenizer.ggml.model": kind, "tokenizer.ggml.tokens": tokens}
    return model_with(backend=model_with(metadata=metadata))


class Broken:
    context = property(lambda self: 1 / 0)


def test_a_vocabulary_of_characters_makes_each_character_a_token():
    count = counter_of(vocabulary("llama", ["<s>", *map(chr, range(33, 127)), "▁"]))
    assert 95 <= count("x" * 100) <= 105
    assert count("") == 0


@pytest.mark.parametrize(
    "model",
    [
        model_with(backend=None),
        vocabulary("gpt2", None),
        vocabulary(1, 2),
        vocabulary("gpt2", [[]]),
    ],
)
def test_a_vocabulary_that_cannot_be_read_is_none(model: object):
    assert counter_of(model) is estimate


@pytest.mark.parametrize(
    ("model", "reply", "least", "most"),
    [
        (model_with(context=8_192), 1_024, 6_500, 7_168),
        (model_with(context=4_096), 4_096, 1_024, 1_024),
        (model_with(context=4_096), 0, 3_700, 4_000),
        (model_with(context=100), 2_048, 25, 25),
        (model_with(context=4_096, backend=model_with(n_ctx=4_096)), 2_048, 2_700, 3_072),
    ],
)
def test_the_room_is_what_the_answer_leaves_of_the_context(
    model: object, reply: int, least: int, most: int
):
    found = room_of(model, reply)
    assert found is not None and least <= found <= most


@pytest.mark.parametrize(
    "model",
    [None, object(), Scripted([]), Broken(), model_with(context=None), model_with(context=0)],
)
def test_an_unknown_context_has_no_room_to_speak_of(model: object):
    assert room_of(model, 100) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "examples/notes/ada-lovelace.md"])
def test_of_nano_the_count_is_within_a_fifth_of_the_engines(name: str):
    text = (Path(__file__).parent.parent / name).read_text("utf-8")[:4_000]
    with open_model("nano") as nano:
        exact = len(nano.backend.tokenize([Segment(text, trusted=False)]))
        assert abs(counter_of(nano)(text) - exact) < exact / 5


def nano_run(nano: Model, turns: int) -> Iterator[tuple[str, Run, ModelPlanner]]:
    """The prompts of a run that grows by a passage of the notes with each turn."""
    notes = sorted((Path(__file__).parent.parent / "examples/notes").glob("*.md"))
    planner = ModelPlanner(nano, {"Search": Tool("Search", "Looks things up.", {}, lambda: "")})
    run = Run.begin("Who was the mother of Ada Lovelace?", Limits(max_reply_tokens=512))
    for turn in range(turns):
        yield planner.prompt(run), run, planner
        text = notes[turn % len(notes)].read_text("utf-8")[:1_000]
        run.steps.append(step(turn, f"[{turn}] {text}"))


@pytest.mark.slow
def test_the_prompts_of_a_long_run_fit_into_nano_and_share_their_start():
    shared, before = [], ""
    with open_model("nano") as nano:
        for prompt, *_ in nano_run(nano, 60):
            tokens = len(nano.backend.tokenize([Segment(prompt, trusted=True)]))
            assert tokens + 512 <= (nano.context or 0)
            shared.append(same_start(before, prompt) / max(1, len(before)))
            before = prompt
    assert "left out to save room" in before
    assert before.count("Who was the mother of Ada Lovelace?") == 1
    assert (
        sum(part > 0.98 for part in shared) >= 40
    )  # what asks for the next reply stands at the end
    assert sum(shared[1:]) / 59 > 0.75


@pytest.mark.slow
def test_nano_reuses_what_it_has_read_of_a_run_that_was_trimmed():
    cached: list[float] = []
    with open_model("nano") as nano:
        for _, run, planner in nano_run(nano, 16):
            run.limits = replace(run.limits, max_reply_tokens=4)
            (*_, end) = planner.plan(run)
            assert isinstance(end, Finish)
            cached.append(end.usage.cached / end.usage.prompt)
    assert sum(share > 0.7 for share in cached) >= len(cached) * 0.7
