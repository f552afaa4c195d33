"""LangChain's messages as chat dictionaries, for templates and for chat servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from chatwright.errors import UsageError
from chatwright.langchain.chat.messages import Shape, chat_dicts

TEXT, SERVER, STRICT = Shape(), Shape(native=True), Shape(native=True, plain=True)
CALL = {"name": "add", "args": {"a": 1, "b": 2}, "id": "c1", "type": "tool_call"}
ASKED = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}
PNG = "iVBORw0KGgo="


def test_roles_and_names_are_those_of_chat_templates():
    told = chat_dicts(
        [
            SystemMessage("Be brief."),
            HumanMessage("Hi", name="ada"),
            AIMessage("Hello"),
            ChatMessage("You there?", role="human"),
            ChatMessage("Note", role="developer"),
        ],
        TEXT,
    )
    assert told == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi", "name": "ada"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "You there?"},
        {"role": "developer", "content": "Note"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        "ab",
        ["a", "b"],
        [{"type": "text", "text": "a"}, "b"],
        [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, {"text": "b"}],
        [{"type": "text-plain", "text": "ab", "mime_type": "text/plain"}],
    ],
)
@pytest.mark.parametrize("shape", [TEXT, SERVER, STRICT])
def test_text_in_any_dress_is_one_text(content: Any, shape: Shape):
    assert chat_dicts([HumanMessage(content)], shape) == [{"role": "user", "content": "ab"}]


@pytest.mark.parametrize(
    "message",
    [
        AIMessage("", tool_calls=[CALL]),
        AIMessage(
            [{"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1, "b": 2}}],
            tool_calls=[CALL],
        ),
        AIMessage([{"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1, "b": 2}}]),
        AIMessage([CALL], tool_calls=[CALL]),
        AIMessage(content_blocks=[CALL]),  # type: ignore[list-item]
    ],
    ids=["tool_calls", "anthropic", "anthropic alone", "v1", "v1 alone"],
)
def test_a_call_is_told_once_wherever_it_stands(message: AIMessage):
    assert chat_dicts([message], TEXT) == [
        {"role": "assistant", "content": "", "tool_calls": [ASKED]}
    ]
    (sent,) = chat_dicts([message], STRICT)
    assert sent["content"] is None
    assert json.loads(sent["tool_calls"][0]["function"]["arguments"]) == {"a": 1, "b": 2}


def test_a_result_knows_the_name_of_its_tool():
    told = chat_dicts([AIMessage("", tool_calls=[CALL]), ToolMessage("3", tool_call_id="c1")], TEXT)
    assert told[1] == {"role": "tool", "tool_call_id": "c1", "content": "3", "name": "add"}


def test_a_strict_server_gets_no_field_that_its_protocol_lacks():
    said = AIMessage(
        "4", additional_kwargs={"reasoning_content": "2 and 2"}, tool_calls=[CALL], name="bot"
    )
    told = chat_dicts([said, ToolMessage("3", tool_call_id="c1", name="add")], STRICT)
    assert set(told[0]) == {"role", "content", "tool_calls", "name"}
    assert set(told[1]) == {"role", "content", "tool_call_id"}


def test_a_name_that_servers_refuse_is_spelt_so_that_they_take_it():
    told = chat_dicts([HumanMessage("Hi", name="Ada <Lovelace>")], STRICT)
    assert told[0]["name"] == "Ada_Lovelace_"


def test_a_failed_tool_is_said_to_have_failed_once():
    results = [
        ToolMessage("no such file", tool_call_id="1", status="error"),
        ToolMessage("Error: no such file", tool_call_id="2", status="error"),
    ]
    assert [m["content"] for m in chat_dicts(results, TEXT)] == ["Error: no such file"] * 2


def test_results_of_anthropic_and_of_functions_are_results():
    told = chat_dicts(
        [
            AIMessage(
                "", additional_kwargs={"function_call": {"name": "add", "arguments": '{"a": 1}'}}
            ),
            FunctionMessage("1", name="add"),
            AIMessage("", tool_calls=[CALL]),
            HumanMessage(
                [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [{"type": "text", "text": "3"}],
                    },
                    {"type": "text", "text": "And now?"},
                ]
            ),
        ],
        TEXT,
    )
    assert [m["role"] for m in told] == ["assistant", "tool", "assistant", "tool", "user"]
    assert told[0]["tool_calls"][0]["function"] == {"name": "add", "arguments": {"a": 1}}
    assert told[1]["tool_call_id"] == told[0]["tool_calls"][0]["id"]
    assert (told[3]["content"], told[4]["content"]) == ("3", "And now?")


def test_data_that_a_tool_returned_is_json_and_texts_are_lines():
    message = ToolMessage(["a", {"type": "text", "text": "b"}, {"rows": [1]}], tool_call_id="1")
    assert chat_dicts([message], TEXT)[0]["content"] == 'a\nb\n{"rows": [1]}'


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": f"data:image/png;base64,{PNG}"},
        {"type": "image", "base64": PNG, "mime_type": "image/png"},
        {"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ],
)
def test_an_image_in_any_dress_is_openai_s(block: dict[str, Any]):
    (told,) = chat_dicts([HumanMessage(["Look", block])], STRICT)
    url = f"data:image/png;base64,{PNG}"
    assert told["content"] == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": url}},
    ]


@pytest.mark.parametrize(
    ("block", "sent"),
    [
        (
            {"type": "audio", "base64": "UklG", "mime_type": "audio/wav"},
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
        ),
        (
            {"type": "file", "base64": "JVBE", "mime_type": "application/pdf", "filename": "a.pdf"},
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
            },
        ),
        ({"type": "file", "file_id": "f1"}, {"type": "file", "file": {"file_id": "f1"}}),
        (
            {"type": "image", "url": "https://host/a.png"},
            {"type": "image_url", "image_url": {"url": "https://host/a.png"}},
        ),
    ],
)
def test_media_are_openai_s_parts(block: dict[str, Any], sent: dict[str, Any]):
    assert chat_dicts([HumanMessage([block])], STRICT)[0]["content"] == [sent]


def test_an_image_of_a_tool_follows_in_a_message_of_the_user():
    calls = [{**CALL, "id": "1"}, {**CALL, "id": "2"}]
    image = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    told = chat_dicts(
        [
            AIMessage("", tool_calls=calls),
            ToolMessage([image], tool_call_id="1"),
            ToolMessage("two", tool_call_id="2"),
        ],
        STRICT,
    )
    assert [m["role"] for m in told] == ["assistant", "tool", "tool", "user"]
    assert told[3]["content"][0]["type"] == "image_url"


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage([{"type": "image", "base64": PNG, "mime_type": "image/png"}]),
        ToolMessage([{"type": "image", "base64": PNG}], tool_call_id="1"),
        AIMessage([{"type": "image", "base64": PNG}]),
    ],
)
def test_a_model_that_reads_text_is_given_no_image_and_nobody_is_left_in_the_dark(message: Any):
    with pytest.raises(UsageError, match="image_url"):
        chat_dicts([message], TEXT)


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage([{"type": "hologram", "data": "x"}]),
        HumanMessage([{"type": "image"}]),
        RemoveMessage(id="1"),
    ],
)
def test_what_cannot_be_told_is_an_error(message: Any):
    with pytest.raises(UsageError):
        chat_dicts([message], SERVER)


@pytest.mark.parametrize(
    "message",
    [
        AIMessage("4", additional_kwargs={"reasoning_content": "2 and 2"}),
        AIMessage([{"type": "reasoning", "reasoning": "2 and 2"}, {"type": "text", "text": "4"}]),
        AIMessage(
            [
                {"type": "thinking", "thinking": "2 and 2", "signature": "x"},
                {"type": "text", "text": "4"},
            ]
        ),
    ],
)
def test_past_thoughts_go_to_the_template_under_its_name_for_them(message: AIMessage):
    assert chat_dicts([message], TEXT) == [
        {"role": "assistant", "content": "4", "reasoning_content": "2 and 2"}
    ]


def test_a_thought_before_a_call_stands_where_the_model_wrote_it():
    said = AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "I add."})
    (told,) = chat_dicts([said], Shape(thoughts_told=True))
    assert told["content"] == "Thought: I add."


def test_a_call_that_could_not_be_read_stays_in_sight():
    invalid = {
        "name": "add",
        "args": '{"a": 1',
        "id": "c1",
        "error": "cut",
        "type": "invalid_tool_call",
    }
    said = AIMessage("", invalid_tool_calls=[invalid])  # type: ignore[list-item]
    assert chat_dicts([said], TEXT) == [{"role": "assistant", "content": '{"a": 1'}]
    answered = chat_dicts([said, ToolMessage("no", tool_call_id="c1")], TEXT)
    assert answered[0]["tool_calls"][0]["function"]["arguments"] == {"input": '{"a": 1'}


@pytest.mark.parametrize("shape", [TEXT, STRICT])
def test_a_result_whose_call_is_not_there_is_told_by_the_user(shape: Shape):
    nameless = AIMessage(
        "hello", invalid_tool_calls=[{"name": None, "args": "hello", "id": "c9", "error": "no"}]
    )
    told = chat_dicts([nameless, ToolMessage("Call a tool.", tool_call_id="c9")], shape)
    assert [(m["role"], m["content"]) for m in told] == [
        ("assistant", "hello"),
        ("user", "Call a tool."),
    ]
