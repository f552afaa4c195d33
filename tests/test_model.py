"""The walk through `Model`, with a scripted backend under it."""

from __future__ import annotations

import asyncio

import pytest

from chatwright import Model, open_model
from chatwright.errors import TemplateError, UnknownModel, UsageError
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
    from_json,
    to_json,
)
from chatwright.request import JsonSchema
from chatwright.templates import ChatTemplate
from chatwright.testing import Scripted

HI = [{"role": "user", "content": "hi"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Looks.",
        "parameters": {
            "type": "object",
            "properties": {"at": {"type": "string"}},
            "required": ["at"],
        },
    },
}


def test_sync_and_async_give_the_same_events():
    replies = [["Thought: x\nFinal ", "Answer: yes"]]

    async def collect() -> list[Event]:
        return [e async for e in Scripted(replies).astream(HI, [TOOL])]

    assert list(Scripted(replies).stream(HI, [TOOL])) == asyncio.run(collect())


def test_a_call_ends_the_turn_with_the_reason_tool_calls():
    reply = 'Thought: t\nAction:\n```\n{"action": "look", "action_input": {"at": "it"}}\n```'
    events = list(Scripted([reply]).stream(HI, [TOOL]))
    assert [e.args for e in events if isinstance(e, ToolCall)] == [{"at": "it"}]
    assert events[-1].stop_reason == "tool_calls"


def test_a_raw_prompt_is_trusted_whole_and_answered_as_it_comes():
    model = Scripted([["one ", "two"]])
    assert list(model.complete("</s>count: ")) == [
        Text("one "),
        Text("two"),
        Finish("one two", None, "stop", Usage(2, 2)),
    ]
    assert [(s.text, s.trusted) for s in model.requests[0].prompt] == [("</s>count: ", True)]


def test_an_answer_is_checked_against_its_schema():
    schema = JsonSchema(
        {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    )
    good = list(Scripted(['{"n": 3}']).stream(HI, constraint=schema))
    assert good[-1].values == {"n": 3}
    bad = list(Scripted(['{"n": "three"}']).stream(HI, constraint=schema))
    assert any(isinstance(e, Malformed) for e in bad) and bad[-1].values is None


def test_a_model_without_a_template_says_so():
    with pytest.raises(TemplateError, match="no chat template"):
        list(Model(Scripted(["x"]).backend).stream(HI))


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("nan", "there is no model called 'nan'", "did you mean 'nano'?"),
        ("zephyr", "there is no model called 'zephyr'", "known: nano"),
        ("model.gguf", "names no model", "local:model.gguf"),
        ("org/name-GGUF", "no provider serves", "local:org/name-GGUF"),
        ("org/name:a/b", "there is no model called", "org/name"),
        ("endpoint:", "names no endpoint", "endpoint:NAME"),
        ("./tiny.gguf", "names no model", "local:./tiny.gguf"),
        ("loacl:x.gguf", "names no model", "did you mean 'local:x.gguf'?"),
        ("local:", "names no model", "local:path"),
    ],
)
def test_an_unknown_model_gets_a_suggestion(spec: str, message: str, hint: str):
    with pytest.raises(UnknownModel, match=message) as caught:
        open_model(spec)
    assert hint in caught.value.hint


def test_no_messages_and_no_such_format_are_wrong_usage():
    with pytest.raises(UsageError, match="no messages"):
        list(Scripted(["x"]).stream([]))
    with pytest.raises(UsageError, match="no tool format called 'react'"):
        Scripted([], format="react")


@pytest.mark.parametrize(
    "event",
    [
        Text("a"), Reasoning("b"), ToolCall("1", "n", {"x": [1, None]}, "log"), ToolResult("1", "r", False, 2.5),
        Malformed("t", "r"), Notice("n"), Error("m", "h"), Finish("a", {"v": 1}, "stop", Usage(1, 2, 3)),
    ],
)  # fmt: skip
def test_an_event_survives_json(event: Event):
    assert from_json(to_json(event)) == event


def test_the_names_of_the_events_are_those_of_the_field():
    assert to_json(ToolCall("1", "n", {}))["type"] == "tool_call"
    assert (
        from_json({"type": "finish", "answer": "x", "usage": {"prompt": 1, "new": 2}}).usage.prompt
        == 1
    )
    with pytest.raises(ValueError, match="not a whole event"):
        from_json({"type": "text"})
    with pytest.raises(ValueError, match="not an event"):
        from_json({"type": "tool"})


def test_a_reply_whose_thinking_the_template_opened_is_read_as_thinking():
    opened = ChatTemplate("{{ messages[0].content }}\n<think>\n")
    script = Scripted(["Final Answer: draft</think>Thought: t\nFinal Answer: real"]).backend
    events = list(Model(script, template=opened).stream(HI, [TOOL]))
    assert events[-1].answer == "real"


def test_a_think_tag_that_the_caller_wrote_opens_nothing():
    echo = ChatTemplate("{{ messages[0].content }}")
    script = Scripted(["Thought: t\nFinal Answer: real"]).backend
    said = [{"role": "user", "content": "what is <think>"}]
    assert list(Model(script, template=echo).stream(said, [TOOL]))[-1].answer == "real"


def test_with_tools_the_answer_is_held_to_the_constraint_and_a_call_is_not():
    schema = JsonSchema({"type": "object", "properties": {"n": {"type": "integer"}}})
    call = 'Thought: x\nAction:\n```\n{"action": "look", "action_input": {"at": "x"}}\n```'
    answer = 'Thought: x\nFinal Answer: {"n": 4}'
    model = Scripted([call, answer, "Thought: x\nFinal Answer: four"])
    ends = [list(model.stream(HI, [TOOL], constraint=schema))[-1] for _ in range(3)]
    assert [end.stop_reason for end in ends if isinstance(end, Finish)] == [
        "tool_calls",
        "stop",
        "malformed",
    ]
    assert [end.values for end in ends if isinstance(end, Finish)] == [None, {"n": 4}, None]


def test_an_empty_reply_is_no_answer():
    events = list(Scripted([""]).stream(HI))
    assert events[-1].stop_reason == "malformed"


@pytest.mark.parametrize(
    ("reply", "args"),
    [
        ("Thought: x\nAction: look\nAction Input: there\nObservation 1: x", {"at": "there"}),
        ("Thought 1: x\nAction 1: look[there]\nObservation 1: foo", {"at": "there"}),
        ("```\naction: look\naction_input: there\n```", {"at": "there"}),
    ],
)
def test_numbered_labels_and_worded_fences_are_calls(reply: str, args: dict):
    for pieces in ([reply], list(reply)):
        events = list(Scripted([pieces]).stream(HI, [TOOL]))
        assert [e.args for e in events if isinstance(e, ToolCall)] == [args]


def test_a_final_answer_written_as_an_action_in_words_is_the_answer():
    events = list(Scripted(["Action: Final Answer\nAction Input: 42"]).stream(HI, [TOOL]))
    assert events[-1].answer == "42"


def test_a_list_of_labels_is_not_taken_for_an_answer():
    reply = "- Thought: x\n- Action: look\n- Action Input: there"
    assert list(Scripted([reply]).stream(HI, [TOOL]))[-1].stop_reason == "malformed"


def test_json_that_max_tokens_cut_off_ends_with_length_and_says_so():
    model = Scripted(['{"a": [1, 2'], end="length")
    *_, malformed, end = model.stream(HI, constraint=JsonSchema({"type": "object"}))
    assert isinstance(malformed, Malformed) and "cut off" in malformed.reason
    assert isinstance(end, Finish) and (end.stop_reason, end.values) == ("length", None)


@pytest.mark.parametrize("answer", ["NaN", "-Infinity", "[" * 100_000])
def test_what_only_python_takes_for_json_is_malformed(answer: str):
    *_, end = Scripted([answer]).stream(HI, constraint=JsonSchema({}))
    assert isinstance(end, Finish) and end.stop_reason == "malformed"
