"""`ChatHuggingFace` over models of this process: replies, tools, shapes, and who it is."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from hub_server import HubServer
from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import ModelError, ModelInvalidRequestError, OutputParserException
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListLLM
from langchain_core.language_models.fake import FakeStreamingListLLM
from langchain_core.load import dumpd, load
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as OldModel

from chatwright.errors import BackendError, TimedOut, UsageError
from chatwright.langchain.chat import ChatHuggingFace
from chatwright.langchain.llms import HuggingFaceEndpoint, HuggingFaceHub, HuggingFaceLocal
from chatwright.request import JsonSchema, Request
from chatwright.testing import Scripted

ZEPHYR = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
ALTERNATING = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "[{{ m.role }}] {{ m.content }}\n{% endfor %}"
)
FIRST_SYSTEM_ONLY = (
    "{% for m in messages %}{% if m.role != 'system' or loop.first %}[{{ m.role }}] {{ m.content }}\n{% endif %}"
    "{% endfor %}"
)
CALL = 'Thought: I add.\nAction:\n```\n{"action": "add", "action_input": {"a": 1, "b": 2}}\n```'
BROKEN = 'Thought: I add.\nAction:\n```\n{"action": "add", "action_input": {"a": 1, "b"}}\n```'


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


class Point(BaseModel):
    """A point."""

    x: int
    y: int = Field(default=0, ge=0)


class OldPoint(OldModel):
    """A point."""

    x: int
    y: int


class PointDict(TypedDict):
    """A point."""

    x: Annotated[int, ..., "how far right"]
    y: Annotated[int, ..., "how far up"]


def chat(*replies: Any, **kwargs: Any) -> ChatHuggingFace:
    script = {k: kwargs.pop(k) for k in ("end",) if k in kwargs}
    return ChatHuggingFace(llm=Scripted(replies, **script), **kwargs)


def requests(model: ChatHuggingFace) -> list[Request]:
    return model.llm.requests


def prompt(model: ChatHuggingFace, at: int = -1) -> str:
    return "".join(segment.text for segment in requests(model)[at].prompt)


def ask(way: str, model: Any, given: Any, **kwargs: Any) -> Any:
    """One reply, by whichever of the four ways; chunks are merged."""
    if way == "invoke":
        return model.invoke(given, **kwargs)
    if way == "ainvoke":
        return asyncio.run(model.ainvoke(given, **kwargs))
    chunks = pieces(way, model, given, **kwargs)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


def pieces(way: str, model: Any, given: Any, **kwargs: Any) -> list[Any]:
    async def gathered() -> list[Any]:
        return [chunk async for chunk in model.astream(given, **kwargs)]

    return asyncio.run(gathered()) if way == "astream" else list(model.stream(given, **kwargs))


WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


# Replies


@WAYS
def test_a_reply_is_a_message_that_says_what_it_cost_and_where_it_is_from(way: str):
    model = chat(["Hel", "lo"])
    said = ask(way, model, "Hi")
    assert isinstance(said, AIMessage)
    assert said.content == "Hello"
    assert said.usage_metadata is not None
    assert said.usage_metadata["output_tokens"] == 2
    assert said.usage_metadata["total_tokens"] == said.usage_metadata["input_tokens"] + 2
    assert said.usage_metadata["input_token_details"] == {"cache_read": 0}  # type: ignore[typeddict-item]
    told = said.response_metadata
    assert (told["model_name"], told["finish_reason"]) == ("scripted", "stop")
    assert told["template_sha256"] == model.open().template.sha256  # type: ignore[union-attr]
    assert said.content_blocks == [{"type": "text", "text": "Hello"}]


@STREAMS
def test_pieces_come_as_they_are_and_one_of_them_alone_counts_tokens(way: str):
    chunks = pieces(way, chat(["a", "b", "c"]), "Hi")
    assert [c.content for c in chunks if c.content] == ["a", "b", "c"]
    assert sum(c.usage_metadata is not None for c in chunks) == 1
    assert chunks[-1].chunk_position == "last"
    assert pieces(way, chat("a", stream_usage=False), "Hi")[-1].usage_metadata is None


@WAYS
def test_thoughts_are_told_beside_the_answer_and_are_a_block(way: str):
    said = ask(way, chat(["<think>2 and", " 2</think>", "4"]), "2+2?")
    assert said.content == "4"
    assert said.additional_kwargs["reasoning_content"] == "2 and 2"
    assert [b["type"] for b in said.content_blocks] == ["reasoning", "text"]


@WAYS
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_standard_blocks_hold_thought_text_and_call_each_in_its_own(way: str, version: str):
    model = chat([*CALL]).bind_tools([add])
    model = model.bound.model_copy(update={"output_version": version}).bind(**model.kwargs)  # type: ignore[attr-defined]
    said = ask(way, model, "1+2?")
    assert [b["type"] for b in said.content_blocks] == ["reasoning", "tool_call"]
    assert said.content_blocks[1]["args"] == {"a": 1, "b": 2}
    assert isinstance(said.content, list) == (version == "v1")


def test_text_and_calls_of_one_stream_stay_apart_in_standard_blocks():
    from chatwright.events import Finish, Text, ToolCall
    from chatwright.langchain.chat.replies import Facts, Pieces

    class Both(ChatHuggingFace):
        def _stream(self, *_args: Any, **_kwargs: Any) -> Iterator[Any]:
            reader = Pieces(Facts("m", tools=True))
            for event in (
                Text("I "),
                Text("add."),
                ToolCall("c1", "add", {"a": 1}),
                ToolCall("c2", "add", {"a": 2}),
                Finish("", None, "tool_calls"),
            ):
                yield reader.feed(event)

    said = ask("stream", Both(llm=Scripted([]), output_version="v1"), "Hi")
    assert [b["type"] for b in said.content] == ["text", "tool_call", "tool_call"]
    assert said.content[0]["text"] == "I add."
    assert [c["id"] for c in said.tool_calls] == ["c1", "c2"]


@WAYS
def test_stop_is_cut_out_and_the_call_comes_before_the_constructor(way: str):
    assert ask(way, chat("one two three", stop=["three"]), "Hi").content == "one two "
    assert ask(way, chat("one two three", stop=["three"]), "Hi", stop=["two"]).content == "one "
    assert ask(way, chat("one two three", stop=["two"]), "Hi", stop=[]).content == "one two three"


def test_what_is_asked_for_comes_from_the_call_then_the_constructor_then_the_llm():
    llm = HuggingFaceLocal(Scripted(["a", "b"]), temperature=0.5, max_new_tokens=7, top_k=3)
    model = ChatHuggingFace(llm=llm, temperature=0, model_kwargs={"top_k": 5, "seed": 1})
    model.invoke("Hi", max_tokens=2, seed=0)
    sampling = llm.model.requests[0].sampling  # type: ignore[union-attr]
    assert (sampling.temperature, sampling.top_k) == (0, 5)
    assert (llm.model.requests[0].max_tokens, llm.model.requests[0].seed) == (2, 0)  # type: ignore[union-attr]
    model.bind(temperature=0.25).invoke("Hi")
    assert llm.model.requests[1].sampling.temperature == 0.25  # type: ignore[union-attr]


def test_an_unknown_argument_is_told_and_kept():
    with pytest.warns(UserWarning, match="WARNING! sparkle is not default parameter"):
        model = chat("a", sparkle=1)
    assert model.model_kwargs == {"sparkle": 1}
    model.invoke("Hi")
    assert requests(model)[0].extra == {"sparkle": 1}


def test_the_local_engine_names_a_parameter_that_it_does_not_have():
    with pytest.raises(ModelInvalidRequestError, match="sparkle"):
        ChatHuggingFace.from_model("nano", max_tokens=1).invoke("Hi", sparkle=1)


@WAYS
def test_an_error_is_one_of_ours_and_one_of_langchain_s(way: str):
    with pytest.raises(ModelError) as caught:
        ask(way, chat(TimedOut("nothing came")), "Hi")
    assert isinstance(caught.value, TimedOut)
    assert caught.value.is_retryable


@STREAMS
def test_a_stream_that_is_left_stops_the_generation(way: str):
    closed: list[bool] = []

    class Endless:
        def stream(self, request: Request) -> Iterator[Any]:
            from chatwright.request import Piece

            try:
                while True:
                    yield Piece("a")
            finally:
                closed.append(True)

        async def astream(self, request: Request) -> Any:
            for piece in self.stream(request):
                yield piece

    from chatwright.model import Model
    from chatwright.templates import ChatTemplate

    model = ChatHuggingFace(llm=Model(Endless(), template=ChatTemplate(ZEPHYR)))

    async def first() -> None:
        stream = model.astream("Hi")
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]

    if way == "astream":
        asyncio.run(first())
    else:
        stream = model.stream("Hi")
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_callbacks_hear_each_token():
    from langchain_core.callbacks import BaseCallbackHandler

    class Ear(BaseCallbackHandler):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def on_llm_new_token(self, token: Any, **_: Any) -> None:
            self.heard.append(token)

    ear = Ear()
    list(chat(["a", "b"]).stream("Hi", config={"callbacks": [ear]}))
    assert "".join(ear.heard) == "ab"


# Prompts


def test_the_prompt_is_the_template_s_text():
    model = ChatHuggingFace(llm=FakeListLLM(responses=["x"]), chat_template=ZEPHYR)
    messages = [SystemMessage("You're a helpful assistant"), HumanMessage("What happens?")]
    assert model._to_chat_prompt(messages) == (
        "<|system|>\nYou're a helpful assistant</s>\n<|user|>\nWhat happens?</s>\n<|assistant|>\n"
    )


@pytest.mark.parametrize("template", [ALTERNATING, FIRST_SYSTEM_ONLY])
@WAYS
def test_a_conversation_that_the_template_would_refuse_or_cut_reaches_the_model_whole(
    way: str, template: str
):
    model = chat("Fine.", chat_template=template)
    messages = [
        SystemMessage("one"),
        SystemMessage("two"),
        HumanMessage("three"),
        HumanMessage("four"),
        AIMessage("five"),
        AIMessage("six"),
        HumanMessage("seven"),
    ]
    assert ask(way, model, messages).content == "Fine."
    shown = prompt(model)
    assert all(word in shown for word in ("one", "two", "three", "four", "five", "six", "seven"))
    assert model._to_chat_prompt(messages) == shown


def test_a_template_that_refuses_everything_says_so():
    model = chat("x", chat_template="{{ raise_exception('not today') }}")
    with pytest.raises(ModelInvalidRequestError, match="not today"):
        model.invoke("Hi")


def test_variables_of_the_template_come_from_the_constructor_or_the_call():
    template = "{{ mood }} {{ messages[0].content }}"
    model = chat("a", "b", chat_template=template, chat_template_kwargs={"mood": "calm"})
    assert model._to_chat_prompt("Hi") == "calm Hi"
    model.invoke("Hi", chat_template_kwargs={"mood": "wild"})
    assert prompt(model) == "wild Hi"


def test_a_model_of_the_hub_is_named_and_its_prompt_shown_without_a_call_to_its_providers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    for name in ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    source = ZEPHYR.replace("</s>", "{{ eos_token }}")
    config = json.dumps({"chat_template": source, "eos_token": "</s>"})
    with HubServer() as hub:
        hub.add("HuggingFaceH4/zephyr-7b-beta", {"tokenizer_config.json": config.encode()})
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        llm = HuggingFaceHub(repo_id="HuggingFaceH4/zephyr-7b-beta", model_kwargs={"top_k": 30})
        model = ChatHuggingFace(llm=llm)
        assert model.model_id == "HuggingFaceH4/zephyr-7b-beta"
        assert hub.seen == []
        shown = model._to_chat_prompt([SystemMessage("You're brief"), HumanMessage("What?")])
        other = ChatHuggingFace(llm=FakeListLLM(responses=["x"]), model_id=model.model_id)
        assert other._to_chat_prompt("Hi") == "<|user|>\nHi</s>\n<|assistant|>\n"
        assert other.invoke("Hi").response_metadata["model_name"] == model.model_id
    assert shown == "<|system|>\nYou're brief</s>\n<|user|>\nWhat?</s>\n<|assistant|>\n"


# Tools


@WAYS
def test_a_tool_of_any_kind_is_called_on_a_model_that_only_writes_text(way: str):
    @tool
    def lookup(word: str) -> str:
        """Looks a word up."""
        return word

    anthropic = {
        "name": "sub",
        "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
    }
    model = chat([*CALL]).bind_tools(
        [
            add,
            lookup,
            Point,
            OldPoint,
            Point.model_json_schema() | {"title": "Schema"},
            PointDict,
            anthropic,
        ]
    )
    said = ask(way, model, "1+2?")
    assert said.tool_calls[0]["name"] == "add"
    assert said.tool_calls[0]["args"] == {"a": 1, "b": 2}
    assert said.response_metadata["finish_reason"] == "tool_calls"
    shown = prompt(model.bound)  # type: ignore[attr-defined]
    assert all(
        name in shown
        for name in ("add(", "lookup(", "Point(", "OldPoint(", "Schema(", "PointDict(", "sub(")
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ("auto", "auto"),
        ("none", "none"),
        ("any", "required"),
        ("required", "required"),
        (True, "required"),
        ("add", {"type": "function", "function": {"name": "add"}}),
        (
            {"type": "function", "function": {"name": "add"}},
            {"type": "function", "function": {"name": "add"}},
        ),
        ({"type": "tool", "name": "add"}, {"type": "function", "function": {"name": "add"}}),
        ({"type": "any"}, "required"),
    ],
)
def test_a_choice_of_tools_is_kept_in_one_form(given: Any, kept: Any):
    bound: Any = chat("x").bind_tools([add, Point], tool_choice=given)
    assert bound.kwargs.get("tool_choice") == kept


def test_a_choice_that_no_tool_has_names_those_that_are_there():
    with pytest.raises(ValueError, match=r"'ad'.*known are add, Point") as caught:
        chat("x").bind_tools([add, Point], tool_choice="ad")
    assert isinstance(caught.value, UsageError)
    assert "did you mean 'add'" in caught.value.hint


@WAYS
def test_without_a_choice_of_tools_none_is_told(way: str):
    model = chat("Four.").bind_tools([add], tool_choice="none")
    assert ask(way, model, "2+2?").content == "Four."
    assert "add(" not in prompt(model.bound)  # type: ignore[attr-defined]


@WAYS
def test_a_call_that_cannot_be_read_is_told_with_the_reason(way: str):
    said = ask(way, chat(BROKEN).bind_tools([add]), "1+2?")
    assert said.tool_calls == []
    assert len(said.invalid_tool_calls) == 1
    assert said.invalid_tool_calls[0]["name"] == "add"
    assert '"a": 1, "b"}' in said.invalid_tool_calls[0]["args"]
    assert "key" in said.response_metadata["malformed"]
    if "invoke" in way:
        assert "key" in said.invalid_tool_calls[0]["error"]


@STREAMS
def test_half_a_call_of_a_stream_is_never_one_that_can_be_run(way: str):
    cut = 'Action:\n```\n{"action": "add", "action_input": {"a": 1, "b": 2'
    said = ask(way, chat(cut, '{"action": "add", "a": 1', end="length").bind_tools([add]), "1+2?")
    assert said.tool_calls == []
    assert said.invalid_tool_calls
    assert said.response_metadata["finish_reason"] == "length"


@WAYS
def test_a_reply_that_cannot_be_read_is_asked_for_again_if_that_is_wanted(way: str):
    model = chat(BROKEN, [*CALL], reask=1).bind_tools([add])
    said = ask(way, model, "1+2?")
    assert said.tool_calls[0]["name"] == "add"
    assert said.invalid_tool_calls == []
    assert "could not be read" in prompt(model.bound)  # type: ignore[attr-defined]
    asked = requests(model.bound)  # type: ignore[attr-defined]
    assert len(asked) == 2
    assert said.usage_metadata["output_tokens"] == 1 + len(CALL)


@WAYS
def test_it_is_asked_for_again_no_more_often_than_that(way: str):
    model = chat(BROKEN, BROKEN, [*CALL]).bind_tools([add])
    said = ask(way, model, "1+2?", reask=1)
    assert said.invalid_tool_calls
    assert len(requests(model.bound)) == 2  # type: ignore[attr-defined]


def test_a_result_goes_back_as_the_model_knows_it():
    model = chat([*CALL], "Thought: I know the answer\nFinal Answer: 3").bind_tools([add])
    first = model.invoke("1+2?")
    result = ToolMessage("3", tool_call_id=first.tool_calls[0]["id"])
    assert model.invoke([HumanMessage("1+2?"), first, result]).content == "3"
    shown = prompt(model.bound)  # type: ignore[attr-defined]
    assert CALL in shown
    assert "Observation: 3" in shown


@pytest.mark.parametrize("bad", [{"type": "web_search"}, 3, {"type": "object", "properties": {}}])
def test_what_is_no_tool_is_refused_when_it_is_bound(bad: Any):
    with pytest.raises(UsageError):
        chat("x").bind_tools([bad])


def test_strict_tools_know_every_argument_and_no_other():
    bound: Any = chat("x").bind_tools([Point], strict=True, parallel_tool_calls=False)
    function = bound.kwargs["tools"][0]["function"]
    assert function["strict"] is True
    assert function["parameters"]["additionalProperties"] is False
    assert function["parameters"]["required"] == ["x", "y"]
    assert "default" not in json.dumps(function)
    assert bound.kwargs["parallel_tool_calls"] is False


# Shapes

JSON = '{"x": 1, "y": 2}'
SHAPES = [
    (Point, Point(x=1, y=2)),
    (OldPoint, OldPoint(x=1, y=2)),
    (PointDict, {"x": 1, "y": 2}),
    (Point.model_json_schema(), {"x": 1, "y": 2}),
    ({"name": "p", "parameters": Point.model_json_schema()}, {"x": 1, "y": 2}),
    ({"type": "object", "properties": {"x": {}, "y": {}}}, {"x": 1, "y": 2}),
]


@WAYS
@pytest.mark.parametrize("method", [None, "json_schema", "json_mode"])
@pytest.mark.parametrize(("shape", "value"), SHAPES)
def test_an_answer_has_the_shape_that_was_asked_for(way: str, method: Any, shape: Any, value: Any):
    model = chat([*JSON])
    shaped = model.with_structured_output(shape, method=method)
    given = ask(way, shaped, "Where?") if "invoke" in way else pieces(way, shaped, "Where?")[-1]
    assert given == value
    assert isinstance(requests(model)[0].constraint, JsonSchema)


@WAYS
@pytest.mark.parametrize(("shape", "value"), SHAPES)
def test_a_call_is_an_answer_too(way: str, shape: Any, value: Any):
    name = {OldPoint: "OldPoint", PointDict: "PointDict"}.get(
        shape if isinstance(shape, type) else None, "Point"
    )
    if isinstance(shape, dict):
        name = shape.get("name", shape.get("title", "answer"))
    call = f'Thought: ok\nAction:\n```\n{{"action": "{name}", "action_input": {JSON}}}\n```'
    shaped = chat([*call]).with_structured_output(shape, method="function_calling")
    given = ask(way, shaped, "Where?") if "invoke" in way else pieces(way, shaped, "Where?")[-1]
    assert given == value


@STREAMS
def test_a_dictionary_grows_as_it_comes_and_an_object_comes_once_it_can_be_made(way: str):
    grown = pieces(way, chat([*'{"x": 12, "y": 2}']).with_structured_output(PointDict), "Where?")
    assert grown[0] == {"x": 1}
    assert grown[-1] == {"x": 12, "y": 2}
    made = pieces(
        way, chat(['{"x', '": 1', ', "y": 2}']).with_structured_output(OldPoint), "Where?"
    )
    assert made == [OldPoint(x=1, y=2)]


@WAYS
@pytest.mark.parametrize(
    ("reply", "why"),
    [('{"x": 1, "y": -2}', "y"), ('{"x": "a"}', "x"), ("no", "JSON"), ("", "empty")],
)
@pytest.mark.parametrize(
    "shape",
    [Point, {"title": "P", **{k: v for k, v in Point.model_json_schema().items() if k != "title"}}],
)
def test_an_answer_of_another_shape_is_never_given_out(way: str, reply: str, why: str, shape: Any):
    shaped = chat(reply).with_structured_output(shape)
    with pytest.raises(OutputParserException, match=why):
        if "invoke" in way:
            ask(way, shaped, "Where?")
        else:
            pieces(way, shaped, "Where?")


@WAYS
def test_the_raw_reply_stands_beside_the_answer_or_the_error(way: str):
    shaped = chat(JSON, "no").with_structured_output(Point, include_raw=True)

    def given() -> dict[str, Any]:
        if "invoke" in way:
            return ask(way, shaped, "Where?")
        whole: dict[str, Any] = {}
        for part in pieces(way, shaped, "Where?"):
            whole = part if not whole else whole + part
        return whole

    good, bad = given(), given()
    assert (good["parsed"], good["parsing_error"]) == (Point(x=1, y=2), None)
    assert isinstance(good["raw"], AIMessage)
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], OutputParserException)


def test_an_answer_that_was_cut_off_says_so():
    with pytest.raises(OutputParserException, match="cut off by max_tokens"):
        chat('{"x": 1', end="length").with_structured_output(Point).invoke("Where?")


def test_a_fence_around_the_answer_is_no_part_of_it():
    shaped = chat(f"```json\n{JSON}\n```").with_structured_output(Point, include_raw=True)
    assert shaped.invoke("Where?")["parsed"] == Point(x=1, y=2)


def test_a_method_that_is_none_is_refused():
    with pytest.raises(UsageError, match="json_shema"):
        chat("x").with_structured_output(Point, method="json_shema")
    with pytest.raises(UsageError, match="schema"):
        chat("x").with_structured_output({"colour": "red"})


# Any text LLM


@WAYS
def test_any_llm_of_langchain_is_a_chat_model_given_a_template(way: str):
    llm = FakeStreamingListLLM(responses=["Hello there</s>more"])
    model = ChatHuggingFace(llm=llm, chat_template=ZEPHYR)
    said = ask(way, model, "Hi", stop=["</s>"])
    assert said.content == "Hello there"
    assert said.response_metadata["model_name"] == "FakeStreamingListLLM"


@WAYS
def test_any_llm_calls_tools_and_gives_answers_of_a_shape(way: str):
    model = ChatHuggingFace(llm=FakeListLLM(responses=[CALL]), chat_template=ZEPHYR)
    assert ask(way, model.bind_tools([add]), "1+2?").tool_calls[0]["args"] == {"a": 1, "b": 2}
    call = f'Thought: ok\nAction:\n```\n{{"action": "Point", "action_input": {JSON}}}\n```'
    model = ChatHuggingFace(llm=FakeListLLM(responses=[call]), chat_template=ZEPHYR)
    shaped = model.with_structured_output(Point)
    assert (ask if "invoke" in way else lambda *a: pieces(*a)[-1])(way, shaped, "Where?") == Point(
        x=1, y=2
    )


def test_an_llm_that_cannot_be_held_to_a_schema_is_told_of_it():
    seen: list[str] = []

    class Recorder(FakeListLLM):
        def _call(self, prompt: str, *args: Any, **kwargs: Any) -> str:
            seen.append(prompt)
            return super()._call(prompt, *args, **kwargs)

    model = ChatHuggingFace(llm=Recorder(responses=[JSON]), chat_template=ZEPHYR)
    assert model.with_structured_output(Point, method="json_schema").invoke("Where?") == Point(
        x=1, y=2
    )
    assert '"properties"' in seen[0]


def test_an_llm_without_a_template_says_what_it_needs():
    with pytest.raises(UsageError, match="template"):
        ChatHuggingFace(llm=FakeListLLM(responses=["x"])).invoke("Hi")
    with pytest.raises(UsageError, match="chat model already"):
        ChatHuggingFace(llm=chat("x"))
    with pytest.raises(UsageError, match="is no LLM"):
        ChatHuggingFace(llm=object()).invoke("Hi")


# Who it is


@pytest.fixture
def cache() -> Iterator[InMemoryCache]:
    made = InMemoryCache()
    set_llm_cache(made)
    yield made
    set_llm_cache(None)


def test_a_cached_reply_is_of_this_model_template_and_call(cache: InMemoryCache):
    one = HuggingFaceLocal(Scripted(["a", "b", "c", "d"]))
    model = ChatHuggingFace(llm=one)
    assert [model.invoke("Hi").content for _ in range(2)] == ["a", "a"]
    assert model.invoke("Hi", temperature=0).content == "b"
    assert ChatHuggingFace(llm=one, chat_template=ZEPHYR).invoke("Hi").content == "c"
    assert ChatHuggingFace(llm=one, seed=0).invoke("Hi").content == "d"
    assert model.invoke("Hi").content == "a"


def test_keys_tell_servers_and_parameters_apart_and_hold_no_secret():
    def key(url: str, **kwargs: Any) -> str:
        llm = HuggingFaceEndpoint(endpoint_url=url, huggingfacehub_api_token="hf_secret", **kwargs)
        return ChatHuggingFace(llm=llm, api_key="hf_other")._get_llm_string()

    keys = [
        key("http://a:1"),
        key("http://b:1"),
        key("http://a:1", temperature=0),
        key("http://a:1", temperature=None),
        key("http://a:1", model="m"),
    ]
    assert len(set(keys)) == len(keys)
    assert key("http://a:1") == keys[0]
    assert not any("hf_" in each for each in keys)


def test_a_key_follows_the_llm_when_it_is_changed():
    llm = HuggingFaceEndpoint(endpoint_url="http://a:1", model_kwargs={"top_k": 1})
    model = ChatHuggingFace(llm=llm)
    before = model._get_llm_string()
    llm.model_kwargs["top_k"] = 2
    assert model._get_llm_string() != before


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_it_travels_whole_but_without_its_secrets():
    model = ChatHuggingFace(
        llm=HuggingFaceLocal("nano", temperature=0),
        max_tokens=5,
        stop=["x"],
        api_key="hf_secret",
        model_id="me",
    )
    model.invoke("Hi")
    again = pickle.loads(pickle.dumps(model))
    assert (again.max_tokens, again.stop, again.model_id) == (5, ["x"], "me")
    assert again.api_key is None
    assert again.invoke("Hi").content == model.invoke("Hi").content
    written = json.dumps(dumpd(model))
    assert "hf_secret" not in written
    loaded = load(json.loads(written), valid_namespaces=["chatwright"], allowed_objects="all")
    assert loaded.asdict() == model.asdict()
    assert model.model_copy(deep=True).invoke("Hi").content == model.invoke("Hi").content
    assert "hf_secret" not in repr(model) + str(model.asdict())


def test_traces_know_model_and_parameters():
    model = ChatHuggingFace.from_model("nano", temperature=0, max_tokens=10, stop=["x"])
    assert model._get_ls_params() == {
        "ls_provider": "huggingface",
        "ls_model_type": "chat",
        "ls_model_name": "nano",
        "ls_temperature": 0,
        "ls_max_tokens": 10,
        "ls_stop": ["x"],
    }
    assert model._get_ls_params(model="other")["ls_model_name"] == "other"
    assert model.profile is not None
    assert model.profile["tool_calling"]


def test_the_model_s_name_is_asked_for_when_it_is_needed_and_can_be_set():
    model = ChatHuggingFace(
        llm=HuggingFaceEndpoint(endpoint_url="http://127.0.0.1:9"), max_retries=0
    )
    with pytest.raises(BackendError):
        _ = model.model_id
    model.model_id = "org/name"
    assert model.model_id == "org/name"
    assert ChatHuggingFace.from_model("nano").model_id == "nano"


def test_tokens_are_those_of_the_model_and_its_template():
    model = ChatHuggingFace.from_model("nano")
    assert model.get_num_tokens("Hello there") == len(model.get_token_ids("Hello there")) > 1
    messages = [HumanMessage("Hello there")]
    whole = model.get_num_tokens_from_messages(messages)
    said = model.bind(max_tokens=1).invoke(messages)
    assert said.usage_metadata is not None
    assert whole in (said.usage_metadata["input_tokens"], said.usage_metadata["input_tokens"] - 1)
    assert model.get_num_tokens_from_messages(messages, tools=[add]) > whole


def test_where_nobody_can_count_the_number_is_called_an_estimate():
    with pytest.warns(UserWarning, match="estimate"):
        assert chat("x").get_num_tokens("Hello there") > 0
    assert (
        chat("x", custom_get_token_ids=lambda text: [*range(len(text))]).get_num_tokens("abc") == 3
    )


def test_chunks_and_messages_are_langchain_s_own_classes():
    assert type(chat("x").invoke("Hi")) is AIMessage
    assert {type(c) for c in chat("x").stream("Hi")} == {AIMessageChunk}


def test_a_piece_of_text_is_the_chunk_that_langchain_would_make():
    from langchain_core.outputs import ChatGenerationChunk

    from chatwright.langchain.chat.chunks import text_chunk

    made, other = text_chunk("a"), text_chunk("b")
    theirs = ChatGenerationChunk(message=AIMessageChunk(content="a"))
    assert made == theirs
    assert made.model_dump() == theirs.model_dump()
    assert (made + other).message.content == "ab"
    assert made.message.additional_kwargs is not other.message.additional_kwargs
    assert pickle.loads(pickle.dumps(made)) == theirs
