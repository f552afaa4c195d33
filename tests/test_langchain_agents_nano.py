"""The notebook's agent for real: nano in this process, and a search server on loopback that knows a few facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from serpapi_server import Server

from chatwright import hub
from chatwright.agents import (
    AgentExecutor,
    ReActJsonSingleInputOutputParser,
    format_log_to_str,
    load_tools,
)
from chatwright.tools import render_text_description

QUESTION = "Who is Leo DiCaprio's girlfriend? What is her current age raised to the 0.43 power?"


def facts(query: str) -> dict[str, Any]:
    found = (
        "Camila Morrone is 25 years old. She was born on 16 June 1997."
        if "camila" in query.lower()
        else "Leonardo DiCaprio's girlfriend is Camila Morrone. They have been together since 2018."
    )
    return {"organic_results": [{"snippet": found}]}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    server.reply = facts
    monkeypatch.setenv("SERPAPI_BASE_URL", server.url)
    monkeypatch.setenv("SERPAPI_API_KEY", "a-key-for-the-test")
    yield server
    server.close()


@pytest.mark.slow
def test_nano_reaches_the_answer_by_two_searches_and_a_calculation(web: Server):
    from chatwright.langchain import ChatHuggingFace, HuggingFaceLocal

    llm = HuggingFaceLocal(model="nano", max_new_tokens=512, top_k=50, temperature=0.1)
    tools = load_tools(["serpapi", "llm-math"], llm=llm)
    prompt = hub.pull("hwchase17/react-json").partial(
        tools=render_text_description(tools), tool_names=", ".join([t.name for t in tools])
    )
    chat_model_with_stop = ChatHuggingFace(llm=llm).bind(stop=["\nObservation"])
    agent = (
        {
            "input": lambda x: x["input"],
            "agent_scratchpad": lambda x: format_log_to_str(x["intermediate_steps"]),
        }
        | prompt
        | chat_model_with_stop
        | ReActJsonSingleInputOutputParser()
    )
    executor = AgentExecutor(agent=agent, tools=tools, return_intermediate_steps=True)
    result = executor.invoke({"input": QUESTION})
    steps = [(action.tool, observed) for action, observed in result["intermediate_steps"]]
    assert [tool for tool, _ in steps] == ["Search", "Search", "Calculator"]
    assert steps[-1][1] == "Answer: 3.991298452658078"
    assert "3.991298452658078" in result["output"]
    assert len(web.queries) == 2
