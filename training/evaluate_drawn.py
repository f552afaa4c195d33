"""Questions drawn from the generator, for a quick look between two checkpoints: `evaluate.py` without writing any by hand.

    .venv/bin/python training/evaluate_drawn.py
    .venv/bin/python training/evaluate_drawn.py -m local:training/runs/two/nano.gguf --kind tools --count 40 --show wrong

The examples are drawn with seeds that training never has, so their names, tools and numbers are new but their grammar
is not: read these figures as the upper bound that they are. Search gives what was drawn, the Calculator calculates.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

import evaluate
import extract
import runs
import toolsets
from examine import Row
from questions import Again


def tools(rng: Random) -> Row:
    made = toolsets.toolset(rng)
    wanted = rng.choice(made)
    question, args = toolsets.request(rng, wanted)
    result = toolsets.outcome(rng, wanted)
    return {"question": question, "tools": [t.schema()["function"] for t in made], "call": {"name": wanted.name, "args": args}, "result": result, "expected": [result]}


def run(kind: str) -> Callable[[Random], Row]:
    def row(rng: Random) -> Row:
        while True:
            try:
                question, steps, final = runs.KIND_OF[kind][0](rng)
            except Again:
                continue
            found = [s.result for s in steps if s.tool == "Search"]
            number = bool(steps) and steps[-1].tool == "Calculator" and ";" not in final
            return {"question": question, "found": found or None, "expected": [re.escape(final) if kind == "talk" else final], "tolerance": 1e-6 if number else None}

    return row


def hub(rng: Random) -> Row:
    return run(rng.choice(("arithmetic", "fact", "fact_calc")))(rng)


def json_object(rng: Random) -> Row:
    question, schema, wanted = extract.single(rng)
    return {"question": question, "schema": schema, "expected": wanted}


KINDS: dict[str, Callable[[Random], Row]] = {**{kind: run(kind) for kind in ("arithmetic", "fact", "fact_calc", "two_hop", "hop_calc", "missing", "talk")}, "tools": tools, "hub": hub, "json": json_object}


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("-m", "--model", default="nano")
    flags.add_argument("--kind", action="append", choices=list(KINDS))
    flags.add_argument("--count", type=int, default=50)
    flags.add_argument("--show", choices=("wrong", "all", "none"), default="none")
    args = flags.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.jsonl"
        rows = [{"id": f"{kind}-{i}", "kind": kind, **KINDS[kind](Random(f"drawn:{kind}:{i}"))} for kind in args.kind or KINDS for i in range(args.count)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        evaluate.main(["-m", args.model, "--questions", str(path), "--show", args.show])


if __name__ == "__main__":
    main()
