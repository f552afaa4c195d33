"""The notebook's agent on the same scripted replies: langchain-classic's AgentExecutor and ours side by side.

    .venv/bin/python benchmarks/agent_executor.py

First a table of what each of them makes of the same replies of a model that honours no stop; then the CPU of a turn.
Claim: the same result wherever the classic one is right, and at most half of its CPU for each turn. The classic one
runs in an environment of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure import peer_python, row

_ROUNDS = 5
_QUESTIONS = 40
_FENCE = "```"
OURS = """
from chatwright.agents import AgentExecutor, ReActJsonSingleInputOutputParser, format_log_to_str
"""
THEIRS = """
from langchain_classic.agents import AgentExecutor
from langchain_classic.agents.format_scratchpad import format_log_to_str
from langchain_classic.agents.output_parsers import ReActJsonSingleInputOutputParser
"""
_COMMON = """
import json, sys, time
from langchain_core.language_models import FakeListLLM
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import StructuredTool, Tool

def search(query): return "found " + query
def fail(query): raise RuntimeError("no luck")
def hang(query): time.sleep(2); return "late"
def add(a: int, b: int) -> int:
    "Adds."
    return a + b
TOOLS = [Tool("Search", search, "Searches."), Tool("Fail", fail, "Fails."), Tool("Hang", hang, "Hangs."),
         Tool("Direct", search, "Searches.", return_direct=True), StructuredTool.from_function(add, name="Add")]
PROMPT = ChatPromptTemplate.from_messages(
    [("system", "Tools: {tools} {tool_names}"), ("human", "{input}\\n\\n{agent_scratchpad}")]
).partial(tools="...", tool_names="Search")

def executor(replies, **options):
    agent = (
        {"input": lambda x: x["input"], "agent_scratchpad": lambda x: format_log_to_str(x["intermediate_steps"])}
        | PROMPT | FakeListLLM(responses=replies).bind(stop=["\\nObservation"]) | ReActJsonSingleInputOutputParser()
    )
    return AgentExecutor(agent=agent, tools=TOOLS, **options)
"""
_RESULTS = """
for case in json.loads(sys.stdin.read()):
    start = time.monotonic()
    try:
        result = executor(case["replies"], return_intermediate_steps=True, **case["options"]).invoke({"input": "q"})
        steps = [[a.tool, a.tool_input, str(o)] for a, o in result["intermediate_steps"]]
        told = {"output": result["output"], "steps": steps}
    except Exception as err:
        told = {"error": type(err).__name__ + ": " + " ".join(str(err).split())[:80]}
    print(json.dumps({**told, "seconds": time.monotonic() - start}))
"""
_TIMED = """
def one():
    assert EXECUTOR.invoke({"input": "q"})["output"] == "42"
REPLIES = json.loads(sys.stdin.read())
EXECUTOR = executor(REPLIES)
one()
start = time.process_time()
for _ in range(%d):
    one()
print((time.process_time() - start) / %d / len(REPLIES) * 1000)
"""


def _call(name: str, given: Any, thought: str = "I need a tool.") -> str:
    blob = json.dumps({"action": name, "action_input": given})
    return f"Thought: {thought}\nAction:\n{_FENCE}\n{blob}\n{_FENCE}"


def _answer(text: str) -> str:
    return f"Thought: I know the answer\nFinal Answer: {text}"


_CUT = _call("Search", "cats").removesuffix(f"\n{_FENCE}")
_DRAFT = f"<think>\n{_call('Search', 'draft')}\n</think>\n"
# name, replies, options, the output that is right, the tools that should have run
CASES: list[tuple[str, list[str], dict[str, Any], str, list[str]]] = [
    ("a tool, then the answer", [_call("Search", "cats"), _answer("42")], {}, "42", ["Search"]),
    ("input as an object", [_call("Add", {"a": 1, "b": 2}), _answer("3")], {}, "3", ["Add"]),
    ("the answer at once", [_answer("4")], {}, "4", []),
    ("an answer with a code block", [_answer("see\n```python\nx\n```")], {}, "see\n```python\nx\n```", []),
    ("an unknown tool", [_call("Serch", "cats"), _answer("42")], {}, "42", ["Serch"]),
    ("return_direct", [_call("Direct", "cats")], {}, "found cats", ["Direct"]),
    ("the limit of steps", [_call("Search", "cats")] * 3, {"max_iterations": 2},
     "Agent stopped due to iteration limit or time limit.", ["Search", "Search"]),
    ("an invented observation", [_call("Search", "cats") + "\nObservation: 7\nFinal Answer: 7", _answer("42")], {}, "42", ["Search"]),
    ("a draft in think tags", [_DRAFT + _call("Search", "cats"), _answer("42")], {}, "42", ["Search"]),
    ("an answer in think tags", ["<think>Final Answer: 7</think>\n" + _call("Search", "cats"), _answer("42")], {}, "42", ["Search"]),
    ("the fence cut off", [_CUT, _answer("42")], {}, "42", ["Search"]),
    ("no fence", [_call("Search", "cats").replace(_FENCE, ""), _answer("42")], {}, "42", ["Search"]),
    ("a fence of another kind", [_call("Search", "cats").replace(_FENCE, "```JSON", 1), _answer("42")], {}, "42", ["Search"]),
    ("single quotes", [_call("Search", "cats").replace('"', "'"), _answer("42")], {}, "42", ["Search"]),
    ("a comma too many", [_call("Search", "cats").replace('"}', '",}'), _answer("42")], {}, "42", ["Search"]),
    ("backticks in the input", [_call("Search", "the sign ``` here"), _answer("42")], {}, "42", ["Search"]),
    ("a list of one action", [f"Action:\n[{json.dumps({'action': 'Search', 'action_input': 'cats'})}]", _answer("42")], {}, "42", ["Search"]),
    ("a number as input", [_call("Search", 7), _answer("42")], {}, "42", ["Search"]),
    ("the answer as an action", [_call("Final Answer", "42")], {"max_iterations": 3}, "42", []),
    ("a reply that cannot be read", ["Thought: hm", _answer("42")], {}, "42", ["_Exception"]),
    ("a tool that raises", [_call("Fail", "x"), _answer("42")], {}, "42", ["Fail"]),
    ("arguments that do not fit", [_call("Add", {"a": "one"}), _answer("42")], {}, "42", ["Add"]),
    ("a tool slower than the limit", [_call("Hang", "x"), _answer("42")], {"max_execution_time": 0.3},
     "Agent stopped due to iteration limit or time limit.", ["Hang"]),
    ("early stopping by an answer", [_call("Search", "a"), _answer("42")], {"max_iterations": 1, "early_stopping_method": "generate"}, "42", ["Search"]),
]  # fmt: skip


def main() -> None:
    theirs = peer_python("langchain-classic", "langchain-classic")
    runs = {"ours": (sys.executable, OURS), "classic": (theirs, THEIRS)}
    found = {name: results_of(*run) for name, run in runs.items()}
    row("the same replies", "classic", "ours", "")
    lines: list[str] = []
    for at, case in enumerate(CASES):
        verdicts = {name: wrong(case, results[at]) for name, results in found.items()}
        row(case[0], *("right" if not verdicts[n] else "WRONG" for n in ("classic", "ours")))
        lines += [f"  {case[0]}, {name}: {said}" for name, said in verdicts.items() if said]
    print("\nwhat was wrong:", *lines, sep="\n")
    _show_cpu(runs)


def results_of(python: str, imports: str) -> list[dict[str, Any]]:
    cases = [{"replies": case[1], "options": case[2]} for case in CASES]
    return [json.loads(line) for line in _run(python, imports + _COMMON + _RESULTS, cases)]


def wrong(case: tuple[str, list[str], dict[str, Any], str, list[str]], told: dict[str, Any]) -> str:
    """What is wrong about a result, '' if nothing is."""
    _, _, options, output, tools = case
    if "error" in told:
        return told["error"]
    if told["output"] != output:
        return f"the answer is {told['output']!r}"
    if [tool for tool, _, _ in told["steps"]] != tools:
        return f"the tools were {[tool for tool, _, _ in told['steps']]}"
    if any(given == "draft" for _, given, _ in told["steps"]):
        return "it ran the draft"
    if told["seconds"] > options.get("max_execution_time", 1e9) + 1:
        return f"it took {told['seconds']:.1f} s"
    return ""


def _show_cpu(runs: dict[str, tuple[str, str]]) -> None:
    replies = [_call("Search", f"cats {n}") for n in range(5)] + [_answer("42")]
    timed = _TIMED % (_QUESTIONS, _QUESTIONS)
    seen: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_ROUNDS):
        for name, (python, imports) in runs.items():
            seen[name].append(float(_run(python, imports + _COMMON + timed, replies)[-1]))
    classic = statistics.median(seen["classic"])
    print()
    row("CPU for each turn of the model", "median", "of classic's", "claim")
    for name, times in seen.items():
        median = statistics.median(times)
        claim = ("under" if median <= classic / 2 else "OVER") + " 0.5" if name == "ours" else ""
        row(
            f"{name}, {_ROUNDS} x {_QUESTIONS} runs of 6 turns",
            f"{median:.3f} ms",
            f"{median / classic:.2f}",
            claim,
        )


def _run(python: str, code: str, given: Any) -> list[str]:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code], input=json.dumps(given), capture_output=True, text=True,
        check=False, cwd=Path.home(),
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{python} failed:\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()


if __name__ == "__main__":
    main()
