"""What comes out of the engine, as each protocol numbers and ends it."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.events import Finish, Malformed, Reasoning, Text, ToolCall, Usage
from chatwright.formats import FORMATS
from chatwright.formats.forced import forced
from chatwright.request import End, Logprob, Piece, Sampling
from chatwright.server.chat import Turn
from chatwright.server.flow import Done, Flow, Token
from chatwright.server.metrics import Histogram, Metrics
from chatwright.server.parse_tgi import Generate
from chatwright.server.refusal import Refusal
from chatwright.server.shape_openai import chat_logprobs
from chatwright.server.shape_tgi import simple_tokens, stream_event


def tokens(flow: Flow, *items: Piece | End) -> list[Token]:
    return [token for item in items for token in flow.feed(item)]


def pieces(text: str) -> list[Piece]:
    return [Piece(char, (ord(char),)) for char in text]


def ended(found: list[Token]) -> Done:
    assert [t.index for t in found] == [*range(1, len(found) + 1)]
    assert [t.done is not None for t in found] == [False] * (len(found) - 1) + [True]
    done = found[-1].done
    assert done is not None
    assert "".join(t.text for t in found) == done.text
    assert done.generated == len(found)
    return done


def test_an_answer_that_the_model_ends_has_a_special_token_last():
    found = tokens(Flow((), None, 2), *pieces("ab"), End("stop", Usage(5, 3)))
    assert ended(found) == Done("eos_token", "ab", 3, Usage(5, 3))
    assert found[-1] == Token(3, 2, "", None, True, (), found[-1].done)


def test_an_answer_that_reaches_its_length_ends_with_its_last_token():
    found = tokens(Flow((), 2), *pieces("ab"), End("length", Usage(5, 2)))
    assert ended(found) == Done("length", "ab", 2, Usage(5, 2))
    assert not found[-1].special


def test_a_model_that_ends_at_its_limit_has_still_ended_itself():
    assert ended(tokens(Flow((), 2), *pieces("ab"), End("stop"))).reason == "eos_token"


def test_an_answer_without_a_token_is_one_special_token():
    assert ended(tokens(Flow((), None), End("stop"))).text == ""


def test_a_context_that_is_full_before_the_limit_is_a_length_too():
    assert ended(tokens(Flow((), 9), *pieces("ab"), End("length"))).reason == "length"


def test_a_stop_string_stays_in_the_answer_and_nothing_follows_it():
    flow = Flow(("lo w", "zzz"), None)
    assert ended(tokens(flow, *pieces("hello world"), End("stop"))) == Done(
        "stop_sequence", "hello w", 7, Usage()
    )
    assert flow.ended


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=12),
    st.sampled_from(["b", "ab", "bab", "aab", "bbb"]),
)
def test_where_a_stop_string_ends_does_not_depend_on_the_pieces(cuts: list[int], stop: str):
    text = "abaabbabbbaababbba"
    edges = [0, *[at for at in accumulate(cuts) if at < len(text)], len(text)]
    split = [Piece(text[a:b], tuple(range(b - a))) for a, b in pairwise(edges)]
    done = ended(tokens(Flow((stop,), None), *split, End("stop")))
    assert done.text == text[: text.find(stop) + len(stop)]


def test_the_texts_of_tokens_are_the_text_even_where_the_backend_tells_them_otherwise():
    half = (Logprob(1, "\ufffd", -1.0), Logprob(2, "\ufffd", -2.0))
    found = tokens(Flow((), None), Piece("é", (1, 2), half), Piece("x"), Piece("yz", (8, 9)), End())
    assert [(t.id, t.text, t.logprob) for t in found[:-1]] == [
        (1, "", -1.0), (2, "é", -2.0), (0, "x", None), (8, "", None), (9, "yz", None),
    ]  # fmt: skip


def test_a_character_of_several_tokens_has_all_their_ids_and_the_one_probability_that_is_told():
    found = tokens(Flow((), 3), Piece("é", (7, 8, 9), (Logprob(9, "é", -2.0),)), End("length"))
    assert [(t.id, t.text, t.logprob) for t in found] == [
        (7, "", None),
        (8, "", None),
        (9, "é", -2.0),
    ]
    assert ended(found).reason == "length"


def test_what_cannot_be_is_told_as_json_can_tell_it():
    never = Logprob(1, "a", float("-inf"), (Logprob(2, "b", float("-inf")),))
    assert chat_logprobs([never])["content"][0]["top_logprobs"][0]["logprob"] == -9999.0
    token = Token(1, 1, "a", float("-inf"), False, never.top)
    job = Generate("x", Sampling(), top_tokens=1)
    assert json.dumps(stream_event(token, job, 1), allow_nan=False).count("null") == 4


def test_a_piece_that_is_only_the_end_of_one_counts_as_it_is_told():
    assert tokens(Flow((), None), Piece("")) == []


def test_tokens_have_the_bytes_that_they_stand_for_and_added_ones_have_none():
    told = simple_tokens("é €", [(1, "<s>"), (5, "é"), (6, " "), (7, "€")])
    assert [(t["start"], t["stop"]) for t in told] == [(0, 0), (0, 2), (2, 3), (3, 6)]


def finish(reason: str = "stop") -> Finish:
    return Finish("", None, reason, Usage(4, 2))


def test_a_turn_with_calls_ends_with_them():
    turn = Turn()
    assert turn.see(Reasoning("hm")) == {"reasoning_content": "hm"}
    call = turn.see(ToolCall("1", "add", {"x": "é\u2028"}))
    assert call is not None
    assert call["tool_calls"][0]["index"] == 0
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"x": "é\u2028"}
    turn.see(ToolCall("2", "add", {}))
    turn.see(finish())
    assert turn.choice(False)["finish_reason"] == "tool_calls"
    message = turn.message()
    assert (message["content"], len(message["tool_calls"])) == (None, 2)


def test_a_second_call_is_left_out_where_one_is_all_that_may_come():
    turn = Turn(single=True)
    turn.see(ToolCall("1", "add", {}))
    assert turn.see(ToolCall("2", "add", {})) is None
    assert len(turn.message()["tool_calls"]) == 1


def test_a_reply_that_is_neither_call_nor_answer_is_told_as_it_was_written():
    turn = Turn()
    assert turn.see(Malformed("Action: {", "not JSON")) == {"content": "Action: {"}
    turn.see(finish())
    assert turn.ended is not None
    assert turn.ended.reason == "stop"


def test_an_answer_that_breaks_its_constraint_is_told_once_or_refused():
    for reason, wanted in (("length", "length"), ("stop", None)):
        turn = Turn(checked=True)
        turn.see(Text('{"a": '))
        assert turn.see(Malformed('{"a": ', "not JSON")) is None
        if wanted is None:
            with pytest.raises(Refusal, match="does not fit"):
                turn.see(finish("malformed"), reason)
            continue
        turn.see(finish("malformed"), reason)
        assert turn.choice(False)["finish_reason"] == wanted
        assert turn.message()["content"] == '{"a": '


TOOLS = [
    {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}
    for name, parameters in (
        ("add", {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}),
        ("now", {"type": "object", "properties": {}}),
    )
]


@pytest.mark.parametrize(
    ("text", "reason", "kind"),
    [
        ('{"name": "add", "arguments": {"x": 1}}', "stop", ToolCall),
        ('{"name": "now", "arguments": {}}', "stop", ToolCall),
        ('{"name": "add", "arguments": {"x": "one"}}', "stop", Malformed),
        ('{"name": "sub", "arguments": {}}', "stop", Malformed),
        ('{"name": "add", "argum', "length", Malformed),
        ("[" * 5000, "length", Malformed),
        ("null", "stop", Malformed),
        ("", "stop", Malformed),
    ],
)
def test_a_forced_call_is_read_whole_or_not_at_all(text: str, reason: str, kind: type):
    parser = forced(FORMATS["react_json"], grammars=False).parser(TOOLS)
    assert [type(e) for char in text for e in parser.feed(char)] == []
    assert [type(e) for e in parser.end(reason)] == [kind]
    assert parser.end(reason) == []


def test_a_forced_reply_of_a_model_that_thinks_first_has_no_way_to_answer():
    shape = forced(FORMATS["react_json"], grammars=True)
    grammar = shape.constraint(TOOLS).gbnf  # type: ignore[union-attr]
    assert "Final Answer" not in grammar
    assert 'root ::= "Thought: "' in grammar
    written = 'Thought: sums.\nAction:\n```\n{"action": "add", "action_input": {"x": 1}}\n```'
    parser = shape.parser(TOOLS)
    calls = [e for e in [*parser.feed(written), *parser.end()] if isinstance(e, ToolCall)]
    assert [(c.name, c.args) for c in calls] == [("add", {"x": 1})]


def test_a_histogram_counts_what_is_at_most_so_much():
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.see(value)
    assert list(histogram.lines("h")) == [
        "# TYPE h histogram",
        'h_bucket{le="1"} 2',
        'h_bucket{le="2"} 3',
        'h_bucket{le="+Inf"} 4',
        "h_sum 12",
        "h_count 4",
    ]


def test_the_page_of_metrics_ends_with_a_line_break():
    assert Metrics().text().endswith("\n")
