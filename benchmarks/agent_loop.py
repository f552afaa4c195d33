"""What one turn of the agent loop costs when the model costs nothing.

    .venv/bin/python benchmarks/agent_loop.py

Claim: at most 0.5 ms of CPU for each turn of the model. Peer: the AgentExecutor of langchain-classic with its ReAct
JSON parser and a fake LLM, in an environment of its own. Both answer the same question with the same two
replies: a calculation, then the answer.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from measure import peer_python, row

_QUESTIONS = 200
_ROUNDS = 7
_REPLIES = [
    'Question: what is 7 times 6?\nThought: I calculate.\nAction:\n```\n{"action": "Calculator", '
    '"action_input": "7*6"}\n```',
    "Thought: I now know the final answer\nFinal Answer: 42",
]
_OURS = """
import sys, time
from chatwright import Agent
from chatwright.testing import Scripted
from chatwright.tools import load_tools
replies, questions = {replies!r}, {questions}
[tool] = load_tools(["Calculator"])
def one():
    assert Agent(Scripted(replies), [tool]).ask("what is 7 times 6?").answer == "42"
"""
_THEIRS = """
import sys, time
from langchain_classic.agents import AgentExecutor, create_react_agent
from langchain_classic.agents.output_parsers import ReActJsonSingleInputOutputParser
from langchain_core.language_models import FakeListLLM
from langchain_core.prompts import PromptTemplate
from langchain_core.tools import Tool
replies, questions = {replies!r}, {questions}
prompt = PromptTemplate.from_template("Tools: {{tools}} {{tool_names}}\\nQuestion: {{input}}\\n{{agent_scratchpad}}")
tool = Tool("Calculator", lambda text: str(eval(text)), "Evaluates arithmetic.")
def one():
    agent = create_react_agent(
        FakeListLLM(responses=replies), [tool], prompt, output_parser=ReActJsonSingleInputOutputParser()
    )
    assert AgentExecutor(agent=agent, tools=[tool]).invoke({{"input": "what is 7 times 6?"}})["output"] == "42"
"""
_TIMED = """
one()
start = time.process_time()
for _ in range(questions):
    one()
print((time.process_time() - start) / questions / len(replies) * 1000)
"""


def main() -> None:
    theirs = peer_python("langchain-classic", "langchain-classic")
    runs = {"chatwright Agent": (sys.executable, _OURS), "langchain-classic": (theirs, _THEIRS)}
    seen: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_ROUNDS):
        for name, (python, code) in runs.items():
            seen[name].append(_turn(python, code))
    ours = statistics.median(seen["chatwright Agent"])
    row("CPU for each turn of the model", "median", "ratio", "claim")
    for name, times in seen.items():
        median = statistics.median(times)
        claim = ("under" if ours <= 0.5 else "OVER") + " 0.5 ms" if name.startswith("chat") else ""
        row(
            f"{name}, {_ROUNDS} x {_QUESTIONS} questions",
            f"{median:.3f} ms",
            f"{median / ours:.1f}",
            claim,
        )


def _turn(python: str, code: str) -> float:
    """Milliseconds of CPU for one turn, in a process of its own."""
    code = code.format(replies=_REPLIES, questions=_QUESTIONS) + _TIMED
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code],
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
