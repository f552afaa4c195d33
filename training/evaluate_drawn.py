"""How well nano does what no question of `eval/` asks: unseen tools, what is not there, the notebook's prompt, JSON.

    .venv/bin/python training/evaluate_drawn.py
    .venv/bin/python training/evaluate_drawn.py -m local:training/runs/two/nano.gguf --kind tools --count 40 --show

The examples are drawn from the generator with seeds that training never has, so their names, tools and numbers are new but
their grammar is not: read these figures as the upper bound that they are. Search gives what was drawn, the Calculator calculates.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

from chatwright import Agent, Limits, open_model
from chatwright.events import Finish, Text, ToolCall
from chatwright.formats import react_json
from chatwright.model import Model
from chatwright.request import JsonSchema
from chatwright.tools.load import calculator
from chatwright.tools.tool import Tool

import extract
import runs
import toolsets
from prompts import CALCULATOR, SEARCH, hub_prompt
from questions import Again
from writing import Step, call

SEARCHES = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


def drawn(rng: Random, kind: str) -> tuple[str, list[Step], str]:
    while True:
        try:
            return runs.KIND_OF[kind][0](rng)
        except Again:
            continue


def answer_of(agent: Agent, question: str) -> str:
    return next((e.answer for e in agent.stream(question) if isinstance(e, Finish)), "")


def ask_tools(model: Model, rng: Random) -> tuple[str, object, object]:
    """The question, what the model did, and what it should have done."""
    made = toolsets.toolset(rng)
    wanted = rng.choice(made)
    question, args = toolsets.request(rng, wanted)
    result = toolsets.outcome(rng, wanted)
    given = [t.schema()["function"] for t in made]
    tools = [Tool(f["name"], f["description"], f["parameters"], lambda **_: result) for f in given]
    events = list(Agent(model, tools, limits=Limits(max_steps=3)).stream(question))
    first = next(((e.name, dict(e.args)) for e in events if isinstance(e, ToolCall)), None)
    answer = next((e.answer for e in events if isinstance(e, Finish)), "")
    return question, (first, answer), ((wanted.name, args), result)


def ask_run(model: Model, rng: Random, kind: str) -> tuple[str, object, object]:
    question, steps, final = drawn(rng, kind)
    results = iter([s.result for s in steps if s.tool == "Search"])
    look = Tool("Search", SEARCH[2][0], SEARCHES, lambda query: next(results, "No passages found."))
    return question, answer_of(Agent(model, [calculator(), look], limits=Limits(max_steps=6)), question), final


def ask_hub(model: Model, rng: Random) -> tuple[str, object, object]:
    """The loop of the notebook: no tools for the template, no grammar, the scratchpad in the human turn."""
    question, steps, final = drawn(rng, rng.choice(("arithmetic", "fact", "fact_calc")))
    results = iter([s.result for s in steps if s.tool == "Search"])
    compute = calculator()
    system, pad = hub_prompt(rng, [CALCULATOR, SEARCH]), ""
    for _ in range(len(steps) + 1):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": f"{question}\n\n{pad}"}]
        reply = "".join(e.text for e in model.stream(messages, stop=["\nObservation"]) if isinstance(e, Text))
        said = react_json.read(reply, [compute.to_schema(), Tool("Search", "", SEARCHES, str).to_schema()])
        made = next((e for e in said if isinstance(e, ToolCall)), None)
        if made is None:
            return question, "".join(e.text for e in said if isinstance(e, Text)).strip(), final
        value = str(next(iter(made.args.values()), ""))
        try:
            result = compute.call(value) if made.name == "Calculator" else next(results, "No passages found.")
        except Exception as err:  # the model reads it, as in a run
            result = f"error: {err}"
        pad += f"{call(Step('', made.name, value, ''), '', True)}\nObservation: {result}\nThought: "
    return question, "", final


def ask_extract(model: Model, rng: Random) -> tuple[str, object, object]:
    parts = extract.sample(rng)
    question = next(t for what, t in parts if what == "plain" and len(t) > 1).strip()
    wanted = json.loads(next(t for what, t in parts if what == "target"))
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    schema = {"type": "object", "properties": {k: {"type": kinds[type(v)]} for k, v in wanted.items()}, "required": list(wanted)}
    end = [e for e in model.stream([{"role": "user", "content": question}], constraint=JsonSchema(schema)) if isinstance(e, Text)]
    try:
        return question, json.loads("".join(e.text for e in end)), wanted
    except json.JSONDecodeError:
        return question, "", wanted


KINDS: dict[str, Callable[[Model, Random], tuple[str, object, object]]] = {"tools": ask_tools, "missing": lambda model, rng: ask_run(model, rng, "missing"), "fact": lambda model, rng: ask_run(model, rng, "fact"), "fact_calc": lambda model, rng: ask_run(model, rng, "fact_calc"), "hub": ask_hub, "extract": ask_extract}


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("-m", "--model", default="nano")
    flags.add_argument("--kind", action="append", choices=list(KINDS))
    flags.add_argument("--count", type=int, default=50)
    flags.add_argument("--show", action="store_true", help="what went wrong")
    args = flags.parse_args()
    with open_model(args.model) as model:
        for kind in args.kind or KINDS:
            right = 0
            for i in range(args.count):
                question, did, should = KINDS[kind](model, Random(f"drawn:{kind}:{i}"))
                right += did == should
                if args.show and did != should:
                    print(f"NO  {question}\n    {did!r}\n    {should!r}")
            print(f"| {kind} | {right} of {args.count} | {right / args.count:.0%} |", flush=True)


if __name__ == "__main__":
    main()
