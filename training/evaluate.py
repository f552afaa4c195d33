"""How many unseen questions the built-in model answers, end to end, through the agent.

    make eval
    .venv/bin/python training/evaluate.py --kind fact --show wrong
    .venv/bin/python training/evaluate.py -m local:training/runs/nano/nano.gguf --out training/runs/nano/eval.json
    .venv/bin/python training/evaluate.py --questions other/questions.jsonl
    .venv/bin/python training/evaluate.py -m local:at.gguf --record training/record/eval.jsonl --tokens 12_000_000

A questions file holds one JSON object a line: id, kind, question, expected (alternatives), docs (a folder beside
the file, or null), tolerance (relative, for a number, or null). An answer is right if it holds an alternative, or
for a number if one of its numbers is near enough. Everything runs as in `chatwright ask`: same prompt, tools, limits.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from chatwright import Agent, Limits, open_model  # noqa: E402
from chatwright.events import Finish, Malformed, ToolCall, ToolResult  # noqa: E402
from chatwright.tools.load import calculator  # noqa: E402
from chatwright.tools.search import search  # noqa: E402

HERE = Path(__file__).parent
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def right(answer: str, expected: list[str], tolerance: float | None) -> bool:
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", answer)
    if tolerance is None:
        return any(e.lower() in plain.lower() or e.lower() in answer.lower() for e in expected)
    wanted = [float(e) for e in expected]
    found = [float(n) for n in NUMBER.findall(plain.replace("−", "-"))]
    return any(abs(f - w) <= tolerance * max(1.0, abs(w)) for f in found for w in wanted)


def run(agent: Agent, question: str) -> tuple[str, str, list[str], int]:
    """The answer, why the run ended, its steps in short, and how many replies could not be read."""
    steps, malformed, end = [], 0, Finish("")
    for event in agent.stream(question):
        match event:
            case ToolCall(_, name, args, _):
                steps.append(f"{name}({', '.join(map(str, args.values()))})")
            case ToolResult(_, text, _, _):
                steps.append(f"   = {text[:300]}")
            case Malformed():
                malformed += 1
            case Finish():
                end = event
            case _:
                pass
    return end.answer, end.stop_reason, steps, malformed


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("-m", "--model", default="nano")
    flags.add_argument("--questions", type=Path, nargs="+", default=[HERE / "eval" / "questions.jsonl", HERE / "eval" / "examples.jsonl"])
    flags.add_argument("--kind", action="append", help="only this kind; repeatable")
    flags.add_argument("--limit", type=int, help="questions of each kind at most")
    flags.add_argument("--show", choices=("wrong", "all", "none"), default="none")
    flags.add_argument("--out", type=Path, help="write every answer to this JSON file")
    flags.add_argument("--record", type=Path, help="append a line for each kind to this file; plot.py draws it")
    flags.add_argument("--tokens", type=int, help="how far the model was trained, for the record")
    args = flags.parse_args()

    results, unread, seconds = [], 0, time.monotonic()
    with open_model(args.model) as model:
        agents: dict[Path | None, Agent] = {}
        for path in args.questions:
            by_kind = defaultdict(list)
            for line in path.read_text("utf-8").splitlines():
                row = json.loads(line)
                if not args.kind or row["kind"] in args.kind:
                    by_kind[row["kind"]].append(row)
            for kind, group in by_kind.items():
                hits = 0
                for row in group[: args.limit]:
                    docs = path.parent / row["docs"] if row["docs"] else None
                    if docs not in agents:
                        tools = [calculator()] + ([search(docs)] if docs else [])
                        agents[docs] = Agent(model, tools, limits=Limits(max_steps=8))
                    answer, reason, steps, malformed = run(agents[docs], row["question"])
                    ok = reason == "answer" and right(answer, row["expected"], row["tolerance"])
                    hits += ok
                    unread += malformed
                    results.append({**row, "answer": answer, "stop_reason": reason, "steps": steps, "right": ok})
                    if args.show == "all" or (args.show == "wrong" and not ok):
                        print(f"{'ok ' if ok else 'NO '} {row['question']}\n    " + "\n    ".join(steps))
                        print(f"    -> {answer!r} ({reason}); expected {row['expected']}")
                total = len(group[: args.limit])
                print(f"| {path.stem} | {kind} | {hits} of {total} | {hits / total:.0%} |", flush=True)
                if args.record:
                    with args.record.open("a") as record:
                        print(json.dumps({"tokens": args.tokens, "questions": path.stem, "kind": kind, "right": hits, "of": total}), file=record)
    right_ = sum(r["right"] for r in results)
    print(f"| all | {right_} of {len(results)} | {right_ / max(1, len(results)):.0%} |")
    print(f"{unread} replies could not be read; {time.monotonic() - seconds:.0f} seconds")
    if args.out:
        args.out.write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
