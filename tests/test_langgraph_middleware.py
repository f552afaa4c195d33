"""What would end an agent's run in silence or with an exception is told to the model instead."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import (
    ProviderStrategy,
    StructuredOutputValidationError,
    ToolStrategy,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import StructuredTool, Tool, tool
from langgraph import errors
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import InjectedState
from langgraph.types import Command, interrupt
from pydantic import BaseModel, ConfigDict, Field
from pydantic.v1 import BaseModel as OldModel

from chatwright import ChatHuggingFace
from chatwright.errors import ChatwrightError, UsageError
from chatwright.langchain.middleware import (
    MalformedReplies,
    RetryMalformedCalls,
    TellRepeatedCalls,
    ToolErrorsAsObservations,
    safeguards,
)
from chatwright.langchain.toolkit import as_langchain_tool
from chatwright.testing import Scripted

WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke"])
NUMBERS = count()
THREAD: Any = {"configurable": {"thread_id": "1"}}


class Point(BaseModel):
    """A point."""

    x: int
    y: int


@tool
def add(a: int, b: int = 0) -> int:
    """Adds two numbers."""
    if a == 13:
        raise ValueError("unlucky\n  number")
    if a == 14:
        sys.exit("enough")
    return a + b


class Replies(BaseChatModel):
    """A chat model that answers from a list of messages, and remembers what it was asked."""

    replies: list[AIMessage]
    asked: list[list[BaseMessage]] = Field(default_factory=list[list[BaseMessage]])

    @property
    def _llm_type(self) -> str:
        return "replies"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.asked.append(messages)
        reply = self.replies[len(self.asked) - 1].model_copy(update={"id": None})
        return ChatResult(generations=[ChatGeneration(message=reply)])


def wrong(name: str | None, args: str, error: str | None = None, id: str | None = "c1") -> Any:
    return {"type": "invalid_tool_call", "name": name, "args": args, "id": id, "error": error}


def right(args: dict[str, Any], name: str = "add", id: str = "c0") -> Any:
    return {"type": "tool_call", "name": name, "args": args, "id": id}


def calling(*args: dict[str, Any], name: str = "add") -> AIMessage:
    calls = [right(each, name, f"call{next(NUMBERS)}") for each in args]
    return AIMessage("", tool_calls=calls)


def run(way: str, agent: Any, said: Any = "Well?", config: Any = None) -> list[Any]:
    given = said if isinstance(said, Command) else {"messages": [("user", said)]}
    done = (
        agent.invoke(given, config)
        if way == "invoke"
        else asyncio.run(agent.ainvoke(given, config))
    )
    return done["messages"]


def results(messages: list[Any]) -> list[tuple[str, str]]:
    return [(m.status, m.text) for m in messages if isinstance(m, ToolMessage)]


OK = AIMessage("fine")


# Replies that cannot be read


@WAYS
def test_a_call_with_a_name_is_answered_by_the_reason_as_calls_are(way: str):
    bad = AIMessage("", invalid_tool_calls=[wrong("add", '{"a": 1,', "it was cut off")])
    model = Replies(replies=[bad, OK])
    messages = run(way, create_agent(model, [add], middleware=[RetryMalformedCalls()]))
    told = messages[2]
    assert isinstance(told, ToolMessage)
    assert (told.tool_call_id, told.name, told.status) == ("c1", "add", "error")
    assert "nothing was run. it was cut off" in told.text
    assert messages[1].invalid_tool_calls == bad.invalid_tool_calls
    assert messages[-1].text == "fine"
    assert model.asked[1] == messages[:3]


@WAYS
@pytest.mark.parametrize(
    "bad",
    [
        AIMessage("", invalid_tool_calls=[wrong(None, "gibberish", "no call")]),
        AIMessage("", invalid_tool_calls=[wrong("add", "gibberish", "no call", id=None)]),
        AIMessage("gibberish", invalid_tool_calls=[wrong(None, "gibberish", "no call")]),
        AIMessage("gibberish", response_metadata={"malformed": "no call"}),
        AIMessage([dict(wrong(None, "gibberish", "no call"))], invalid_tool_calls=[wrong(None, "gibberish", "no call")]),
    ],
    ids=["no-name", "no-id", "said-too", "no-tools", "blocks"],
)  # fmt: skip
def test_what_is_not_even_a_call_is_text_and_the_user_says_why(way: str, bad: AIMessage):
    model = Replies(replies=[bad, OK])
    messages = run(way, create_agent(model, [add], middleware=[RetryMalformedCalls()]))
    assert [m.type for m in messages] == ["human", "ai", "human", "ai"]
    assert messages[1].text == "gibberish"
    assert messages[1].invalid_tool_calls == []
    assert messages[2].text == "Your reply could not be read. no call"
    assert [m.text for m in model.asked[1]] == ["Well?", "gibberish", messages[2].text]


@WAYS
@pytest.mark.parametrize(
    ("empty", "why"),
    [
        (AIMessage(""), "The reply is empty. Call a tool, or give the answer."),
        (AIMessage(" \n"), "The reply is empty."),
        (AIMessage([{"type": "reasoning", "reasoning": "hm"}]), "The reply is empty."),
        (AIMessage("", response_metadata={"finish_reason": "length"}), "was cut off before it said anything"),
        (AIMessage("", response_metadata={"malformed": "Say more."}), "Say more."),
    ],
    ids=["nothing", "spaces", "thoughts", "length", "reason"],
)  # fmt: skip
def test_an_empty_reply_is_asked_again_and_not_shown_to_the_model(
    way: str, empty: AIMessage, why: str
):
    model = Replies(replies=[empty, OK])
    messages = run(way, create_agent(model, [add], middleware=[RetryMalformedCalls()]))
    assert messages[-1].text == "fine"
    assert why in messages[2].text
    assert [m.type for m in messages] == ["human", "ai", "human", "ai"]
    assert [m.type for m in model.asked[1]] == ["human", "human"]


def test_an_answer_without_text_that_shows_something_is_an_answer():
    image = AIMessage([{"type": "image", "url": "https://example.org/a.png"}])
    model = Replies(replies=[image])
    messages = run("invoke", create_agent(model, [add], middleware=[RetryMalformedCalls()]))
    assert len(messages) == 2


@WAYS
@pytest.mark.parametrize("name", ["add", None])
def test_beside_a_good_call_a_bad_one_is_told_its_reason_and_the_good_one_runs(
    way: str, name: str | None
):
    both = AIMessage(
        "", tool_calls=[right({"a": 1})], invalid_tool_calls=[wrong(name, "{", "half")]
    )
    model = Replies(replies=[both, OK])
    messages = run(way, create_agent(model, [add], middleware=[RetryMalformedCalls()]))
    told = {m.tool_call_id: m.text for m in messages if isinstance(m, ToolMessage)}
    assert told["c0"] == "1" and told["c1"].endswith("half")
    assert len(model.asked) == 2 and messages[-1].text == "fine"


@WAYS
def test_the_run_ends_with_the_reason_after_so_many_in_a_row(way: str):
    bad = [
        AIMessage("", invalid_tool_calls=[wrong("add", "{", "half", id=f"c{n}")]) for n in range(9)
    ]
    model = Replies(replies=bad)
    messages = run(way, create_agent(model, [add], middleware=[RetryMalformedCalls(retries=2)]))
    assert len(model.asked) == 3
    last = messages[-1]
    assert (
        last.text == "I have to stop here: 3 replies of the model in a row could not be read: half"
    )
    assert last.response_metadata == {"finish_reason": "malformed", "malformed": "half"}
    assert len(results(messages)) == 3  # no call is left without an answer


@WAYS
def test_the_run_ends_with_an_exception_where_that_was_asked_for(way: str):
    agent = create_agent(
        Replies(replies=[AIMessage("")]), [add], middleware=[RetryMalformedCalls(0, then="error")]
    )
    with pytest.raises(
        MalformedReplies, match=r"^the model's reply could not be read: The reply is empty"
    ):
        run(way, agent)
    assert issubclass(MalformedReplies, ChatwrightError)


@WAYS
def test_a_good_reply_starts_the_count_again_and_so_does_the_next_question(way: str):
    empty = [AIMessage("") for _ in range(9)]
    replies = [
        empty[0],
        calling({"a": 1}),
        empty[1],
        OK,
        empty[2],
        empty[3],
        empty[4],
        OK,
    ]
    model = Replies(replies=replies)
    agent = create_agent(
        model, [add], middleware=[RetryMalformedCalls(1)], checkpointer=InMemorySaver()
    )
    assert run(way, agent, config=THREAD)[-1].text == "fine"
    assert run(way, agent, config=THREAD)[-1].text.startswith("I have to stop here: 2 replies")
    assert run(way, agent, config=THREAD)[-1].text == "fine"


@WAYS
def test_an_agent_without_tools_has_its_empty_replies_asked_again(way: str):
    agent = create_agent(Replies(replies=[AIMessage(""), OK]), middleware=[RetryMalformedCalls()])
    assert run(way, agent)[-1].text == "fine"


@WAYS
@pytest.mark.parametrize("tools", [[add], []], ids=["tools", "no-tools"])
def test_prose_in_place_of_an_answer_of_a_shape_does_not_end_or_loop(way: str, tools: Any):
    model = Replies(replies=[AIMessage("prose", id=str(n)) for n in range(9)])
    agent = create_agent(
        model, tools, response_format=ToolStrategy(Point), middleware=[RetryMalformedCalls()]
    )
    messages = run(way, agent)
    assert len(model.asked) == 3
    assert "Give the answer by a call of Point." in messages[2].text
    assert messages[-1].response_metadata["finish_reason"] == "malformed"


@WAYS
@pytest.mark.parametrize("shape", [ProviderStrategy(Point), Point], ids=["provider", "schema"])
def test_an_answer_that_does_not_fit_its_shape_is_told_what_is_wrong(way: str, shape: Any):
    model = Replies(
        replies=[AIMessage('{"x": 1, "y": "q"}'), AIMessage('{"x": 1, "y": 2}')],
        profile={"structured_output": True},
    )
    agent = create_agent(model, [add], response_format=shape, middleware=[RetryMalformedCalls()])
    messages = run(way, agent)
    assert messages[-1].text == '{"x": 1, "y": 2}'
    assert "y Input should be a valid integer" in messages[2].text
    assert "http" not in messages[2].text
    assert f"fits this schema: {json.dumps(Point.model_json_schema())}" in messages[2].text


@WAYS
def test_who_wants_the_exception_of_a_shape_by_a_tool_gets_it(way: str):
    model = Replies(replies=[calling({"x": "q"}, name="Point")])
    shape = ToolStrategy(Point, handle_errors=False)
    agent = create_agent(model, response_format=shape, middleware=[RetryMalformedCalls()])
    with pytest.raises(StructuredOutputValidationError):
        run(way, agent)


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_reasons_survive_streaming(way: str):
    model = ChatHuggingFace(llm=Scripted([["Final ", "Answer:"], "Final Answer: 3"]))
    agent = create_agent(model, [add], middleware=[RetryMalformedCalls()])

    async def gathered() -> list[Any]:
        given = {"messages": "Well?"}
        return [step async for step in agent.astream(given, stream_mode="messages")]

    steps = (
        list(agent.stream({"messages": "Well?"}, stream_mode="messages"))
        if way == "stream"
        else asyncio.run(gathered())
    )
    told = [m.text for m, _ in steps if isinstance(m, HumanMessage)]
    assert told == [
        "Your reply could not be read. The answer is empty. Write 'Final Answer:' and the answer."
    ]
    assert [m.text for m, _ in steps if m.text][-1] == "3"


@pytest.mark.parametrize("bad", [{"retries": -1}, {"then": "stop"}])
def test_limits_that_make_no_sense_are_refused(bad: Any):
    with pytest.raises(UsageError):
        RetryMalformedCalls(**bad)


# Tools that fail


def failed(way: str, *calls: AIMessage, tools: Any = (add,)) -> list[tuple[str, str]]:
    model = Replies(replies=[*calls, OK])
    messages = run(way, create_agent(model, list(tools), middleware=[ToolErrorsAsObservations()]))
    assert messages[-1].text == "fine"
    return results(messages)


@WAYS
@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"a": 13}, "error: ValueError: unlucky number. Change the input, use another tool"),
        ({"a": 14}, "error: SystemExit: enough. "),
        ({"b": 1}, 'error: the input does not fit add: "a" is required; it takes {"a": {"type": "integer"}'),
        ({"a": "x"}, 'error: the input does not fit add: "a" must be an integer, not "x"; it takes'),
        ({"a": 1, "B": 2}, "error: the input does not fit add: it has no argument 'B' (did you mean 'b'?)"),
    ],
    ids=["raises", "exits", "missing", "wrong-type", "misspelt"],
)  # fmt: skip
def test_what_goes_wrong_with_a_tool_is_an_observation_that_says_what_to_do(
    way: str, args: dict[str, Any], says: str
):
    [(status, text)] = failed(way, calling(args))
    assert status == "error"
    assert text.startswith(says)


@WAYS
def test_a_tool_that_does_not_exist_is_told_with_the_nearest_name(way: str):
    [(status, text)] = failed(way, calling({"a": 1}, name="ad"))
    assert (status, text) == ("error", "error: there is no tool called 'ad'. did you mean 'add'?")


@WAYS
def test_an_async_tool_that_raises_is_an_observation(way: str):
    @tool
    def sync_too(a: int) -> int:
        """Fails."""
        raise RuntimeError

    async def fails(a: int) -> int:
        raise RuntimeError("in a coroutine")

    sync_too.coroutine = fails  # type: ignore[attr-defined]
    [(status, text)] = failed(way, calling({"a": 1}, name="sync_too"), tools=[sync_too])
    assert status == "error"
    assert text.startswith("error: RuntimeError")


@WAYS
def test_one_call_that_fails_leaves_the_others_of_its_reply_alone(way: str):
    told = failed(way, calling({"a": 13}, {"a": 1, "b": 2}))
    assert [status for status, _ in told] == ["error", "success"]


@WAYS
def test_a_tool_described_by_a_plain_schema_is_held_to_it(way: str):
    def repeats(word: str, times: int) -> str:
        """Repeats a word."""
        return word * times

    repeat = as_langchain_tool(repeats)
    fits = calling({"word": "ab", "times": "2"}, name="repeats")
    lacks = calling({"word": "ab"}, name="repeats")
    assert failed(way, fits, tools=[repeat]) == [("success", "abab")]
    [(status, text)] = failed(way, lacks, tools=[repeat])
    assert status == "error"
    assert '"times" is required' in text


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)
    a: int = Field(alias="alpha")


loose = StructuredTool.from_function(
    lambda a, **more: f"{a} {more}", name="loose", description="Loose.", args_schema=Loose
)


class Alias(BaseModel):
    a: int = Field(alias="alpha")


renamed = StructuredTool.from_function(
    lambda a: f"{a}", name="renamed", description="Renamed.", args_schema=Alias
)


@tool
def peek(a: int, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Looks at the state."""
    return f"{a} of {len(state['messages'])}"


@WAYS
@pytest.mark.parametrize(
    ("made", "args", "says"),
    [
        (Tool("echo", lambda text: text, "Echoes."), {"anything": "hi"}, "hi"),
        (loose, {"alpha": 1, "z": 2}, "1 {'z': 2}"),
        (renamed, {"alpha": 1}, "1"),
        (peek, {"a": 1}, "1 of 2"),
    ],
    ids=["single-input", "takes-more", "alias", "injected"],
)  # fmt: skip
def test_arguments_that_a_tool_takes_are_let_through(
    way: str, made: Any, args: dict[str, Any], says: str
):
    assert failed(way, calling(args, name=made.name), tools=[made]) == [("success", says)]


class Old(OldModel):
    a: int
    b: int = 0


@WAYS
def test_a_tool_described_by_an_old_pydantic_class_is_checked_alike(way: str):
    made = StructuredTool.from_function(
        lambda a, b: str(a + b), name="old", description="Old.", args_schema=Old
    )
    assert failed(way, calling({"a": 1}, name="old"), tools=[made]) == [("success", "1")]
    [(_, text)] = failed(way, calling({"a": 1, "c": 2}, name="old"), tools=[made])
    assert "it has no argument 'c'" in text


@WAYS
def test_a_tool_without_arguments_is_told_of_one_that_it_does_not_have(way: str):
    @tool
    def now() -> str:
        """Tells the time."""
        return "noon"

    assert failed(way, calling({}, name="now"), tools=[now]) == [("success", "noon")]
    [(_, text)] = failed(way, calling({"where": "here"}, name="now"), tools=[now])
    assert "it has no argument 'where' (there are none)" in text


@WAYS
def test_an_error_as_long_as_a_book_is_cut(way: str):
    @tool
    def read() -> str:
        """Reads."""
        raise OSError("x" * 1_000_000)

    [(_, text)] = failed(way, calling({}, name="read"), tools=[read])
    assert len(text) < 1_200


@WAYS
def test_a_developer_finds_the_traceback_of_a_tool_in_the_log(
    way: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "chatwright")
    [(_, text)] = failed(way, calling({"a": 13}))
    assert "Traceback" not in text
    assert "the tool add failed" in caplog.text and "unlucky" in caplog.text


@WAYS
def test_half_a_character_in_an_error_does_not_harm(way: str):
    @tool
    def read() -> str:
        """Reads."""
        raise OSError("no file caf\udce9")

    [(_, text)] = failed(way, calling({}, name="read"), tools=[read])
    assert "no file caf?" in text


@WAYS
def test_a_command_that_a_tool_gives_passes_through(way: str):
    @tool
    def note() -> Command[Any]:
        """Notes."""
        return Command(update={"messages": [ToolMessage("noted", tool_call_id="c0", name="note")]})

    call = AIMessage("", tool_calls=[right({}, "note")])
    assert failed(way, call, tools=[note]) == [("success", "noted")]


@pytest.mark.skipif(
    not hasattr(errors, "is_invalid_resume"), reason="this LangGraph checks no answers of humans"
)
@WAYS
def test_the_answer_of_a_human_in_a_wrong_form_is_for_the_human(way: str):
    @tool
    def launch() -> str:
        """Launches."""
        return f"{interrupt('where to?', response_schema=Point).x}"

    model = Replies(replies=[calling({}, name="launch"), OK])
    agent = create_agent(
        model, [launch], middleware=[ToolErrorsAsObservations()], checkpointer=InMemorySaver()
    )
    run(way, agent, config=THREAD)
    with pytest.raises(ValueError, match="Field required"):
        run(way, agent, Command(resume={"y": 1}), THREAD)
    assert results(run(way, agent, Command(resume={"x": 7, "y": 1}), THREAD)) == [("success", "7")]


# The same call again


def repeated(way: str, times: int, middleware: Any, args: Any = None) -> list[tuple[str, str]]:
    made = [calling(dict(args or {"a": 1, "b": 2})) for _ in range(times)]
    model = Replies(replies=[*made, OK])
    return results(run(way, create_agent(model, [add], middleware=[middleware])))


@WAYS
def test_the_same_call_again_is_told_so_and_then_not_run(way: str):
    told = repeated(way, 4, TellRepeatedCalls(most=2))
    assert told[0] == ("success", "3")
    assert told[1][1].startswith("3\n(You have made this call before")
    assert told[2][0] == "error"
    assert "made 2 times with the same input, and it was not run again" in told[2][1]
    assert "made 3 times" in told[3][1]


@WAYS
def test_another_input_another_question_and_a_tool_left_out_are_no_repeats(way: str):
    first, second = calling({"a": 1}), calling({"a": 2})
    again = AIMessage("", tool_calls=[right({"a": 1}, id="later")])
    model = Replies(replies=[first, second, OK, again, OK])
    agent = create_agent(
        model, [add], middleware=[TellRepeatedCalls()], checkpointer=InMemorySaver()
    )
    assert results(run(way, agent, config=THREAD)) == [("success", "1"), ("success", "2")]
    assert results(run(way, agent, config=THREAD))[2:] == [("success", "1")]
    assert repeated(way, 3, TellRepeatedCalls(1, except_for=["add"])) == [("success", "3")] * 3


@WAYS
def test_the_same_call_twice_in_one_reply_counts_from_the_first(way: str):
    twice = AIMessage("", tool_calls=[right({"a": 1, "b": 2}), right({"b": 2, "a": 1}, id="c1")])
    model = Replies(replies=[twice, OK])
    agent = create_agent(model, [add], middleware=[TellRepeatedCalls(1)])
    assert [status for status, _ in results(run(way, agent))] == ["success", "error"]


def test_at_least_one_call_is_allowed():
    with pytest.raises(UsageError):
        TellRepeatedCalls(0)


# All together


@WAYS
def test_a_run_left_alone_has_an_end(way: str):
    model = Replies(replies=[calling({"a": n}) for n in range(99)])
    messages = run(way, create_agent(model, [add], middleware=safeguards(max_turns=4)))
    assert len(model.asked) == 4
    assert "limit" in messages[-1].text
    assert len(safeguards(max_turns=None)) == 3


@WAYS
def test_every_mistake_in_one_run_and_still_an_answer(way: str):
    def call(name: str, args: dict[str, Any]) -> str:
        return (
            f"Thought: t\nAction:\n```\n{json.dumps({'action': name, 'action_input': args})}\n```"
        )

    replies = ["", call("ad", {"a": 1}), call("add", {"a": "x"}), call("add", {"a": 13}),
               "Thought: t\nFinal Answer:", call("add", {"a": 1, "b": 2}), "Final Answer: 3"]  # fmt: skip
    model = ChatHuggingFace(llm=Scripted(replies))
    messages = run(way, create_agent(model, [add], middleware=safeguards()))
    assert [status for status, _ in results(messages)] == ["error", "error", "error", "success"]
    assert messages[-1].text == "3"


# Without langchain


@pytest.mark.parametrize("absent", ["langchain", "langgraph", "langchain.agents.middleware"])
def test_without_langchain_the_line_that_installs_it_is_said(absent: str):
    script = f"""
import sys
sys.modules[{absent!r}] = None
from chatwright.errors import MissingExtra
import chatwright.langchain.middleware
try:
    from chatwright.langchain.middleware import RetryMalformedCalls
except MissingExtra as err:
    print(str(err), err.hint, sep="\\n")
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    said, hint = out.stdout.splitlines()
    assert f"the package '{absent.partition('.')[0]}' is missing or too old" in said
    assert hint == "pip install 'chatwright[langgraph]'"


def test_importing_the_package_of_the_middleware_brings_no_langchain():
    script = (
        "import sys, chatwright.langchain.middleware as m\n"
        "print('langchain' in sys.modules, 'langgraph' in sys.modules, *sorted(m.__all__))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.split()[:2] == ["False", "False"]
    assert "RetryMalformedCalls" in out.stdout
