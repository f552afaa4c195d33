"""What it costs to keep a run of the agent, and how large the file gets.

    .venv/bin/python benchmarks/agent_journal.py

Claims: at most 0.8 ms of CPU for each turn of the model with the journal on; after a run of 40 steps with observations
of 2 KB the journal has less than 200 KB. Peers, in environments of their own: langchain's create_agent without and with
its SQLite saver, and langchain-classic's AgentExecutor, which keeps nothing. Every model here gives ready replies, five
calls of a tool and then the answer; one row of ours takes the whole walk instead (template, ReAct parser).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from measure import peer_python, row

_ROUNDS = 5
_QUESTIONS = 48
_CALLS = 5

_FOLDER = """
import os, sys, tempfile, time
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "runs.db")
calls, size = int(sys.argv[1]), int(sys.argv[2])

def size_of_files():
    return sum(os.path.getsize(os.path.join(folder.name, name)) for name in os.listdir(folder.name))
"""
_OURS = """
from chatwright import Agent, Limits, Tool
from chatwright.agent.journal import Journal
from chatwright.events import Finish, Text, ToolCall, Usage
from chatwright.testing import Scripted

class Ready:
    def stream(self, messages, tools=(), **options):
        turn = sum(message["role"] == "assistant" for message in messages)
        if turn < calls:
            yield ToolCall(f"call_{turn}", "look", {"query": f"cats {turn}"})
            yield Finish("", None, "tool_calls", Usage(100, 10))
        else:
            yield Text("42")
            yield Finish("42", None, "stop", Usage(100, 10))

def react():
    act = 'Thought: I look.\\nAction:\\n```\\n{"action": "look", "action_input": {"query": "cats %d"}}\\n```'
    return Scripted([*(act % n for n in range(calls)), "Thought: I know\\nFinal Answer: 42"])

schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
look = Tool("look", "Looks something up.", schema, lambda query: "x" * size)
limits = Limits(max_steps=calls + 1, max_tokens=None)
model = react if "--walk" in sys.argv else Ready
journal = None
if "--journal" in sys.argv:
    journal = path
if "--open" in sys.argv:
    journal = Journal.open(path)
agent = Agent(model(), [look], limits=limits, journal=journal)

def one():
    runner = Agent(react(), [look], limits=limits, journal=journal) if model is react else agent
    assert runner.ask("what are cats?").answer == "42"

def close():
    if "--open" in sys.argv:
        journal.close()
"""
_LANGGRAPH = """
import sqlite3, uuid
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

class Ready(BaseChatModel):
    @property
    def _llm_type(self):
        return "ready"

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        turn = sum(message.type == "ai" for message in messages)
        made = [{"name": "look", "args": {"query": f"cats {turn}"}, "id": f"call_{turn}"}] if turn < calls else []
        return ChatResult(generations=[ChatGeneration(message=AIMessage("" if made else "42", tool_calls=made))])

@tool
def look(query: str) -> str:
    "Looks something up."
    return "x" * size

saver = connection = None
if "--journal" in sys.argv:
    from langgraph.checkpoint.sqlite import SqliteSaver
    connection = sqlite3.connect(path, check_same_thread=False)
    saver = SqliteSaver(connection)
agent = create_agent(Ready(), [look], checkpointer=saver)

def one():
    config = {"configurable": {"thread_id": uuid.uuid4().hex}, "recursion_limit": 1000}
    done = agent.invoke({"messages": [("user", "what are cats?")]}, config)
    assert done["messages"][-1].content == "42"

def close():
    if connection:
        connection.close()
"""
_CLASSIC = """
from langchain_classic.agents import AgentExecutor
from langchain_classic.agents.format_scratchpad import format_log_to_str
from langchain_classic.agents.output_parsers import ReActJsonSingleInputOutputParser
from langchain_core.language_models import FakeListLLM
from langchain_core.prompts import PromptTemplate
from langchain_core.tools import Tool

act = 'Thought: I look.\\nAction:\\n```\\n{"action": "look", "action_input": "cats %d"}\\n```'
replies = [*(act % n for n in range(calls)), "Thought: I know\\nFinal Answer: 42"]
prompt = PromptTemplate.from_template("Tools: look\\nQuestion: {input}\\n{agent_scratchpad}")
look = Tool("look", lambda query: "x" * size, "Looks something up.")

def one():
    agent = (
        {"input": lambda x: x["input"], "agent_scratchpad": lambda x: format_log_to_str(x["intermediate_steps"])}
        | prompt | FakeListLLM(responses=replies) | ReActJsonSingleInputOutputParser()
    )
    executor = AgentExecutor(agent=agent, tools=[look], max_iterations=calls + 1)
    assert executor.invoke({"input": "what are cats?"})["output"] == "42"

def close():
    pass
"""
_TIMED = """
questions = int(sys.argv[3])
for _ in range(3):
    one()
began = time.process_time()
for _ in range(questions):
    one()
print((time.process_time() - began) / questions / (calls + 1) * 1000)
"""
_SIZED = """
one()
close()
print(size_of_files())
"""


def main() -> None:
    graph = peer_python("langgraph", "langchain", "langgraph-checkpoint-sqlite")
    classic = peer_python("langchain-classic", "langchain-classic")
    kept = "ours, a journal by its path"
    runs: dict[str, tuple[str, str, list[str]]] = {
        "ours, no journal": (sys.executable, _OURS, []),
        kept: (sys.executable, _OURS, ["--journal"]),
        "ours, a journal that is open": (sys.executable, _OURS, ["--open"]),
        "ours, the whole walk, no journal": (sys.executable, _OURS, ["--walk"]),
        "ours, the whole walk, journal": (sys.executable, _OURS, ["--walk", "--journal"]),
        "create_agent, nothing kept": (graph, _LANGGRAPH, []),
        "create_agent, SQLite saver": (graph, _LANGGRAPH, ["--journal"]),
        "classic AgentExecutor, nothing kept": (classic, _CLASSIC, []),
    }
    seen: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_ROUNDS):
        for name, (python, code, flags) in runs.items():
            questions = _QUESTIONS if code is _OURS else _QUESTIONS // 4
            given = [str(_CALLS), "200", str(questions), *flags]
            seen[name].append(_run(python, _FOLDER + code + _TIMED, given))
    medians = {name: statistics.median(times) for name, times in seen.items()}
    row("CPU for each turn of the model", "median", "best", "ratio", "claim")
    for name, median in medians.items():
        claim = ("under" if median <= 0.8 else "OVER") + " 0.8 ms" if "ours, a j" in name else ""
        row(name, f"{median:.3f} ms", f"{min(seen[name]):.3f} ms", f"{median / medians[kept]:.1f}", claim)  # fmt: skip
    _show_sizes(runs)


def _show_sizes(runs: dict[str, tuple[str, str, list[str]]]) -> None:
    print()
    row("the file after a run of 40 steps of 2 KB", "size", "a step", "", "claim")
    for name in ("ours, a journal by its path", "create_agent, SQLite saver"):
        python, code, flags = runs[name]
        sizes = [
            _run(python, _FOLDER + code + _SIZED, [str(n), "2048", "1", *flags]) for n in (20, 40)
        ]
        claim = ("under" if sizes[1] < 200_000 else "OVER") + " 200 KB" if "ours" in name else ""
        step = (sizes[1] - sizes[0]) / 20  # what each of the last 20 steps has added
        row(name, f"{sizes[1] / 1000:.0f} KB", f"{step / 1000:.1f} KB", "", claim)


def _run(python: str, code: str, given: list[str]) -> float:
    """What the code prints, run in a process of its own."""
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code, *given],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path.home(),
    )
    if done.returncode:
        sys.exit(f"{python} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
