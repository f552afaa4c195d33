"""No tools: thinking is Reasoning, and everything else is the answer, as it comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import UsageError
from chatwright.events import Malformed, Reasoning, Text
from chatwright.formats import FORMATS, plain


def parse(pieces: list[str], reason: str = "stop", **options: Any) -> list[Any]:
    parser = plain.parser(**options)
    return [e for piece in pieces for e in parser.feed(piece)] + [*parser.end(reason)]


def joined(events: list[Any]) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for event in events:
        kind = type(event).__name__
        if made and made[-1][0] == kind:
            made[-1] = (kind, made[-1][1] + event.text)
        else:
            made.append((kind, event.text))
    return made


REPLIES = {
    "an answer": ("Hello.\n", [("Text", "Hello.\n")]),
    "nothing": ("", [("Malformed", "")]),
    "only thinking": ("<think>hm</think>", [("Reasoning", "hm"), ("Malformed", "")]),
    "only space": (" \n", [("Text", " \n")]),
    "space is kept": ("  a", [("Text", "  a")]),
    "thinking first": ("<think>hm</think>Hi", [("Reasoning", "hm"), ("Text", "Hi")]),
    "space around the tags": ("\n<think>\nhm\n</think>\n\nHi", [("Reasoning", "\nhm\n"), ("Text", "Hi")]),
    "the long tag": ("<Thinking>hm</THINKING> Hi", [("Reasoning", "hm"), ("Text", "Hi")]),
    "thinking twice": (
        "<think>a</think>\n<think>b</think>Hi",
        [("Reasoning", "ab"), ("Text", "Hi")],
    ),
    "no thoughts": ("<think>\n\n</think>\n\nHi", [("Reasoning", "\n\n"), ("Text", "Hi")]),
    "a tag that is spoken of": ("Use <think> and </think>.", [("Text", "Use <think> and </think>.")]),
    "another tag": ("<thing>x", [("Text", "<thing>x")]),
    "half a tag": ("<thin", [("Text", "<thin")]),
    "an angle in a thought": ("<think>a < b </t></think>c", [("Reasoning", "a < b </t>"), ("Text", "c")]),
    "labels mean nothing": ("Thought: x\nFinal Answer: y", [("Text", "Thought: x\nFinal Answer: y")]),
}  # fmt: skip


@pytest.mark.parametrize("shape", REPLIES)
def test_thinking_and_answer_are_told_apart_however_the_reply_is_split(shape: str) -> None:
    reply, wanted = REPLIES[shape]
    assert joined(parse([reply])) == wanted
    assert joined(parse(list(reply))) == wanted
    for at in range(len(reply)):
        assert joined(parse([reply[:at], reply[at:]])) == wanted


def test_an_answer_flows_at_once() -> None:
    parser = plain.parser()
    assert parser.feed("H") == [Text("H")]
    assert parser.feed("i <") == [Text("i <")]
    assert parser.end() == []


def test_thoughts_flow_at_once() -> None:
    parser = plain.parser()
    assert parser.feed("<think>so") == [Reasoning("so")]
    assert parser.feed(" what</thi") == [Reasoning(" what")]
    assert parser.feed("nk>\n") == []
    assert parser.feed("Hi") == [Text("Hi")]


def test_a_reply_may_start_inside_thinking() -> None:
    assert joined(parse(["hm</think>", "Hi"], thinking=True)) == [
        ("Reasoning", "hm"),
        ("Text", "Hi"),
    ]


def test_a_reply_that_ends_inside_thinking_is_no_answer() -> None:
    *thoughts, last = parse(["<think>hm", " and"])
    assert joined(thoughts) == [("Reasoning", "hm and")]
    assert isinstance(last, Malformed)
    assert "ended inside <think>" in last.reason
    assert "cut off" in parse(["<think>hm"], "length")[-1].reason


def test_the_end_comes_once() -> None:
    parser = plain.parser()
    parser.feed("<think>hm")
    assert len(parser.end()) == 1
    assert parser.done
    assert parser.end() == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "<", "a", "\n", " ", "</", "thinking>"]),
        max_size=12,
    )
)
def test_no_character_of_an_answer_is_lost_in_any_pieces(parts: list[str]) -> None:
    whole = joined(parse(["".join(parts)]))
    assert joined(parse(parts)) == whole
    assert joined(parse(list("".join(parts)))) == whole
    if "<think>" not in parts and "thinking>" not in parts:
        assert "".join(text for _, text in whole) == "".join(parts)


def test_messages_stay_as_they_are_and_tools_are_refused() -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    assert plain.show(messages, []) == messages
    assert plain.constraint([]) is None
    assert FORMATS["plain"].stop == ()
    with pytest.raises(UsageError, match="plain"):
        plain.show(messages, [{"function": {"name": "f"}}])
