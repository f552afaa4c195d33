"""The notebook among the examples, run cell by cell against `chatwright serve` and a search server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from serpapi_server import Server
from served_nano import process

NOTEBOOK = Path(__file__).parent.parent / "examples" / "huggingface_chat.ipynb"
FACTS = {
    "leo dicaprio girlfriend": "Leo DiCaprio's girlfriend is Vittoria Ceretti.",
    "vittoria ceretti age": "25 years",
}


def answer(query: str) -> dict[str, Any]:
    """What SerpAPI would say: the fact whose words are all in the query."""
    asked = set(query.lower().split())
    for words, fact in FACTS.items():
        if set(words.split()) <= asked:
            return {"answer_box": {"type": "organic_result", "answer": fact}}
    return {"error": "Google hasn't returned any results for this query."}


RUN = """
import ast, json, sys
names = {"__name__": "__main__"}
for number, cell in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))["cells"]):
    if cell["cell_type"] != "code":
        continue
    print(f"\\n--- cell {number}")
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"cell {number}", "exec"), names)
    if last is not None and (value := eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)) is not None:
        print(repr(value))
"""


def test_the_notebook_is_one_that_a_viewer_can_open():
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
def test_every_cell_runs_and_the_last_one_answers_after_two_searches_and_a_calculation():
    with process() as server, closing(Server()) as search:
        search.reply = answer
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", RUN, str(NOTEBOOK)],
            env={
                **os.environ,
                "CHATWRIGHT_URL": server.url,
                "SERPAPI_API_KEY": "a-key",
                "SERPAPI_BASE_URL": search.url,
                "HF_TOKEN": "hf_not_a_real_one",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert "hf_not_a_real_one" not in out + done.stderr
    assert (
        "<|system|>\nYou're a helpful assistant</s>\n<|user|>\nWhat happens when an unstoppable force"
        " meets an immovable object?</s>\n<|assistant|>\n"
    ) in out
    trace = out[out.index("> Entering new AgentExecutor chain...") :]
    assert trace.count('"action": "Search"') == 2 and trace.count('"action": "Calculator"') == 1
    assert "25^0.43" in trace and "Answer: 3.991298452658078" in trace
    assert [query["api_key"] for query in search.queries] == ["a-key"] * 2
    result = trace[trace.index("> Finished chain.") :]
    assert "'output': 'Vittoria Ceretti; 3.991298452658078'" in result
    assert "'input': \"Who is Leo DiCaprio's girlfriend? " in result
