"""LangChain's `create_agent` on a model that only writes text: nano, inside the package, offline and in seconds.

    pip install 'chatwright[local,langgraph]'
    python examples/langgraph_agent.py "What is 15% of 80?"

Any model of chatwright takes nano's place: `ChatHuggingFace.from_model("http://127.0.0.1:8080")`. The second part shows
what the middleware is for: an empty reply, a tool that does not exist and one that fails would each have ended the run.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain.agents import create_agent

from chatwright import ChatHuggingFace
from chatwright.agents import load_tools
from chatwright.langchain.middleware import safeguards
from chatwright.testing import Scripted


def ask(agent: Any, question: str) -> None:
    """Print what the agent does, as it does it, and its answer."""
    for update in agent.stream({"messages": question}, stream_mode="updates"):
        for step in update.values():
            for message in (step or {}).get("messages", []):
                show(message)


def show(message: Any) -> None:
    """Print a message: calls with →, what came back with ←, the answer as it is."""
    calls = getattr(message, "tool_calls", [])
    for call in calls:
        print(f"→ {call['name']}({', '.join(map(repr, call['args'].values()))})")
    if message.type != "ai":
        print(f"← {message.text}")
    elif message.text and not calls:
        print(message.text)


def weather(town: str) -> str:
    """Tells the weather of a town."""
    raise ConnectionError(f"no station in {town}")


MISTAKES = [
    "",
    'Thought: I look it up.\nAction:\n```\n{"action": "wether", "action_input": {"town": "Ulm"}}\n```',
    'Thought: So it is called.\nAction:\n```\n{"action": "weather", "action_input": {"town": "Ulm"}}\n```',
    "Thought: There is no way.\nFinal Answer: I could not find out.",
]

if __name__ == "__main__":
    question = " ".join(sys.argv[1:]) or "What is 15% of 80?"
    nano = ChatHuggingFace.from_model("nano", temperature=0)
    ask(create_agent(nano, load_tools(["llm-math"]), middleware=safeguards()), question)

    print("\nA model that makes mistakes:")
    clumsy = ChatHuggingFace(llm=Scripted(MISTAKES))
    ask(create_agent(clumsy, [weather], middleware=safeguards()), "How is the weather in Ulm?")
