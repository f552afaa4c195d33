"""langchain's `create_agent` and LangGraph's prebuilt agent over `ChatHuggingFace`, on models that only write text."""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from chatwright import ChatHuggingFace, HuggingFaceTextGenInference
from chatwright.agents import load_tools
from chatwright.langchain.middleware import ToolErrorsAsObservations, safeguards
from chatwright.testing import Scripted

sys.path.insert(0, str(Path(__file__).parent / "standard"))
from served_nano import process
from strict_openai import strict_server

ROOT = Path(__file__).parent.parent
NANO = ROOT / "src" / "chatwright" / "nano" / "nano.gguf"
NEEDS_NANO = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")
WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke"])
THREAD: Any = {"configurable": {"thread_id": "1"}}
SAFE = pytest.mark.parametrize("middleware", [[], safeguards()], ids=["bare", "safeguards"])
POINT = '{"x": 3, "y": 4}'


class Point(BaseModel):
    """A point."""

    x: int
    y: int


@tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def call(*calls: tuple[str, dict[str, Any]]) -> str:
    """What a model writes that makes these calls."""
    made = [{"action": name, "action_input": args} for name, args in calls]
    return f"Thought: I need a tool.\nAction:\n```\n{json.dumps(made if len(made) > 1 else made[0])}\n```"


def answer(text: str) -> str:
    return f"Thought: I know it.\nFinal Answer: {text}"


ADD = call(("add", {"a": 1, "b": 2}))


def chat(*replies: Any, **kwargs: Any) -> ChatHuggingFace:
    return ChatHuggingFace(llm=Scripted(replies), **kwargs)


def prompt(model: ChatHuggingFace, at: int = -1) -> str:
    return "".join(segment.text for segment in model.llm.requests[at].prompt)


def run(way: str, agent: Any, said: Any = "1 + 2?", config: Any = None) -> dict[str, Any]:
    given = said if isinstance(said, Command) else {"messages": [("user", said)]}
    if way == "invoke":
        return agent.invoke(given, config)
    return asyncio.run(agent.ainvoke(given, config))


def texts(result: dict[str, Any]) -> list[str]:
    return [message.text for message in result["messages"]]


# create_agent


@WAYS
@SAFE
def test_an_agent_calls_a_tool_and_answers_on_a_model_that_only_writes_text(
    way: str, middleware: Any
):
    model = chat(ADD, answer("It is 3."))
    agent = create_agent(model, [add], middleware=middleware, system_prompt="You are terse.")
    result = run(way, agent)
    assert texts(result) == ["1 + 2?", "", "3", "It is 3."]
    assert result["messages"][1].tool_calls[0]["args"] == {"a": 1, "b": 2}
    assert prompt(model).startswith("<|system|>\nYou are terse.")
    assert "Observation: 3" in prompt(model)


@WAYS
def test_calls_of_one_reply_all_run_and_are_all_read(way: str):
    model = chat(call(("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})), answer("3 and 7"))
    result = run(way, create_agent(model, [add], middleware=safeguards()))
    assert texts(result)[2:] == ["3", "7", "3 and 7"]
    assert prompt(model).index("Observation: 3") < prompt(model).index("Observation: 7")


@WAYS
def test_a_thread_remembers_what_was_said_before(way: str):
    model = chat(ADD, answer("3"), answer("You asked for 1 + 2."))
    agent = create_agent(model, [add], middleware=safeguards(), checkpointer=InMemorySaver())
    run(way, agent, config=THREAD)
    result = run(way, agent, "What did I ask?", THREAD)
    assert texts(result)[-2:] == ["What did I ask?", "You asked for 1 + 2."]
    assert "1 + 2?" in prompt(model) and "Observation: 3" in prompt(model)


@WAYS
@SAFE
@pytest.mark.parametrize("shape", [Point, ProviderStrategy(Point)], ids=["schema", "provider"])
def test_an_answer_has_its_shape_after_a_call_and_the_backend_is_held_to_it(
    way: str, middleware: Any, shape: Any
):
    model = chat(ADD, answer(POINT))
    agent = create_agent(model, [add], response_format=shape, middleware=middleware)
    assert run(way, agent)["structured_response"] == Point(x=3, y=4)
    assert "j-integer" in str(model.llm.requests[0].constraint)


@WAYS
@SAFE
def test_an_answer_by_a_tool_of_its_shape_is_a_call_that_the_backend_is_held_to(
    way: str, middleware: Any
):
    model = chat(ADD, call(("Point", {"x": 3, "y": 4})))
    agent = create_agent(model, [add], response_format=ToolStrategy(Point), middleware=middleware)
    assert run(way, agent)["structured_response"] == Point(x=3, y=4)
    assert "Final Answer" not in str(model.llm.requests[0].constraint)


def updates(agent: Any, way: str, mode: str) -> list[Any]:
    given = {"messages": [("user", "1 + 2?")]}

    async def gathered() -> list[Any]:
        return [step async for step in agent.astream(given, stream_mode=mode)]

    if way == "astream":
        return asyncio.run(gathered())
    return list(agent.stream(given, stream_mode=mode))


STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


@STREAMS
def test_values_and_updates_tell_each_step(way: str):
    values = updates(create_agent(chat(ADD, answer("3")), [add]), way, "values")
    assert [len(value["messages"]) for value in values] == [1, 2, 3, 4]
    steps = updates(create_agent(chat(ADD, answer("3")), [add]), way, "updates")
    assert [next(iter(step)) for step in steps] == ["model", "tools", "model"]


@STREAMS
def test_the_answer_streams_in_pieces_and_no_action_leaks_into_it(way: str):
    pieces = ["Thought: I know it.\nFi", "nal Answer: It", " is", " 3."]
    agent = create_agent(chat([ADD[:20], ADD[20:]], pieces), [add], middleware=safeguards())
    told = [message for message, _ in updates(agent, way, "messages")]
    chunks = [message for message in told if isinstance(message, AIMessageChunk)]
    assert [chunk.text for chunk in chunks if chunk.text] == ["It", " is", " 3."]
    named = [piece["name"] for chunk in chunks for piece in chunk.tool_call_chunks]
    assert named == ["add"]
    assert [m.text for m in told if isinstance(m, ToolMessage)] == ["3"]


@WAYS
def test_a_human_approves_in_the_middle_of_a_tool(way: str):
    @tool
    def launch(what: str) -> str:
        """Launches something."""
        return f"{what}: {interrupt('really?')}"

    model = chat(call(("launch", {"what": "kite"})), answer("Done."))
    agent = create_agent(model, [launch], middleware=safeguards(), checkpointer=InMemorySaver())
    assert run(way, agent, config=THREAD)["__interrupt__"][0].value == "really?"
    assert texts(run(way, agent, Command(resume="go"), THREAD))[-2:] == ["kite: go", "Done."]


@WAYS
def test_any_text_llm_of_langchain_becomes_an_agent_that_is_told_the_shape_in_words(way: str):
    template = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>"
    llm = FakeListLLM(responses=["", ADD, '{"x": 3, "y": "q"}', answer(POINT)])
    model = ChatHuggingFace(llm=llm, chat_template=template)
    agent = create_agent(model, [add], response_format=Point, middleware=safeguards())
    result = run(way, agent)
    assert result["structured_response"] == Point(x=3, y=4)
    assert sum(text.startswith("Your reply could not be read") for text in texts(result)) == 2


@WAYS
@pytest.mark.parametrize("shape", [ProviderStrategy(Point), ToolStrategy(Point)])
def test_a_strict_chat_server_takes_everything_that_an_agent_sends(way: str, shape: Any):
    with strict_server() as server:
        model = ChatHuggingFace.from_model(server.url)
        agent = create_agent(
            model,
            [add],
            response_format=shape,
            middleware=safeguards(),
            system_prompt="You are terse.",
        )
        assert isinstance(run(way, agent, "A point, please")["structured_response"], Point)
        assert server.refused == ["Invalid URL (GET /info)"]


# LangGraph's prebuilt agent


def prebuilt(*args: Any, **kwargs: Any) -> Any:
    """It still works, and LangGraph says at each use that `create_agent` has taken its place."""
    from langgraph.prebuilt import create_react_agent

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return create_react_agent(*args, **kwargs)


@WAYS
def test_the_prebuilt_agent_calls_a_tool_and_gives_its_answer_a_shape(way: str):
    model = chat(ADD, answer("3"), POINT)
    agent = prebuilt(model, [add], prompt="You are terse.", response_format=Point)
    result = run(way, agent)
    assert texts(result) == ["1 + 2?", "", "3", "3"]
    assert result["structured_response"] == Point(x=3, y=4)


@WAYS
def test_in_the_prebuilt_agent_the_model_asks_again_and_the_tool_node_takes_our_wrapper(way: str):
    from langgraph.prebuilt import ToolNode

    told = ToolErrorsAsObservations()
    tools = ToolNode(
        [add], wrap_tool_call=told.wrap_tool_call, awrap_tool_call=told.awrap_tool_call
    )
    model = chat("", call(("ad", {"a": 1, "b": 2})), ADD, answer("3"), reask=1)
    result = run(way, prebuilt(model, tools))
    assert texts(result)[2:] == [
        "error: there is no tool called 'ad'. did you mean 'add'?",
        "",
        "3",
        "3",
    ]


# nano


@pytest.fixture(scope="module")
def nano() -> ChatHuggingFace:
    return ChatHuggingFace.from_model("nano", temperature=0)


@NEEDS_NANO
@WAYS
def test_nano_calculates_in_an_agent(way: str, nano: ChatHuggingFace):
    agent = create_agent(nano, load_tools(["llm-math"]), middleware=safeguards())
    result = run(way, agent, "What is 15% of 80?")
    assert texts(result)[-2:] == ["Answer: 12", "12"]
    last = result["messages"][-1]
    assert isinstance(last, AIMessage)
    assert last.usage_metadata and last.usage_metadata["output_tokens"] > 0


@NEEDS_NANO
@STREAMS
def test_nano_streams_in_an_agent(way: str, nano: ChatHuggingFace):
    agent = create_agent(nano, load_tools(["llm-math"]), middleware=safeguards())
    given = {"messages": "What is 12 factorial?"}

    async def gathered() -> list[Any]:
        return [step async for step in agent.astream(given, stream_mode="messages")]

    steps = (
        asyncio.run(gathered())
        if way == "astream"
        else list(agent.stream(given, stream_mode="messages"))
    )
    said = [m.text for m, _ in steps if isinstance(m, AIMessageChunk)]
    assert "".join(said) == "479001600"
    assert len([text for text in said if text]) > 1


@NEEDS_NANO
def test_nano_calculates_in_the_prebuilt_agent(nano: ChatHuggingFace):
    agent = prebuilt(nano, load_tools(["llm-math"]))
    assert texts(run("invoke", agent, "What is 17*23?"))[-1] == "391"


@pytest.mark.slow
@NEEDS_NANO
@WAYS
def test_nano_behind_a_server_that_continues_text_calculates_in_an_agent(way: str):
    with process("-m", "nano") as server:
        llm = HuggingFaceTextGenInference(inference_server_url=server.url, max_new_tokens=200)
        agent = create_agent(
            ChatHuggingFace(llm=llm), load_tools(["llm-math"]), middleware=safeguards()
        )
        assert texts(run(way, agent, "What is 15% of 80?"))[-2:] == ["Answer: 12", "12"]


@NEEDS_NANO
def test_the_example_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["langgraph_agent.py"])
    runpy.run_path(str(ROOT / "examples" / "langgraph_agent.py"), run_name="__main__")
    first, second = capsys.readouterr().out.split("\nA model that makes mistakes:\n")
    assert first.splitlines() == ["→ Calculator('15% of 80')", "← Answer: 12", "12"]
    assert "did you mean 'weather'?" in second and "no station in Ulm" in second
    assert second.splitlines()[-1] == "I could not find out."
