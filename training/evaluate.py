"""How many unseen questions the built-in model answers, end to end, through the agent.

    make eval
    .venv/bin/python training/evaluate.py --kind fact --show wrong
    .venv/bin/python training/evaluate.py -m local:training/runs/nano/nano.gguf --out training/runs/nano/eval.json
    .venv/bin/python training/evaluate.py --questions other/questions.jsonl
    .venv/bin/python training/evaluate.py -m local:at.gguf --record training/record/eval.jsonl --tokens 12_000_000

A questions file holds one JSON object a line; `examine.py` says what stands in it and when an answer is right.
Everything runs as in `chatwright ask`: same prompt, tools, limits.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

from chatwright import open_model
from chatwright.backends.local.cpus import thread_count
from chatwright.model import Model

from examine import Row, Said, examine

HERE = Path(__file__).parent
FILES = [HERE / "eval" / name for name in ("questions.jsonl", "examples.jsonl", "fresh/questions.jsonl")]
_model: Model | None = None


def start(name: str, cores: multiprocessing.Queue[int]) -> None:
    """In each process a model of its own, on one core: the engine takes as many threads as it may use cores."""
    global _model
    if hasattr(os, "sched_setaffinity"):  # elsewhere the processes share the cores as they like
        os.sched_setaffinity(0, {cores.get()})
    _model = open_model(name)


def judged(row: Row, folder: Path) -> tuple[Said, bool]:
    assert _model
    return examine(_model, row, folder)


@contextlib.contextmanager
def answers(name: str, jobs: int, rows: list[Row], folders: list[Path]) -> Iterator[Iterator[tuple[Said, bool]]]:
    """What comes of each question, in order; several are asked at once."""
    spawn = multiprocessing.get_context("spawn")
    cores = spawn.Queue()
    free = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    for job in range(jobs):
        cores.put(free[job % len(free)])
    with ProcessPoolExecutor(jobs, spawn, start, (name, cores)) as pool:
        yield pool.map(judged, rows, folders)


def main(given: list[str] | None = None) -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("-m", "--model", default="nano")
    flags.add_argument("--questions", type=Path, nargs="+", default=FILES)
    flags.add_argument("--kind", action="append", help="only this kind; repeatable")
    flags.add_argument("--limit", type=int, help="questions of each kind at most")
    flags.add_argument("--jobs", type=int, default=thread_count(), help="questions at once, a core each")
    flags.add_argument("--show", choices=("wrong", "all", "none"), default="none")
    flags.add_argument("--out", type=Path, help="write every answer to this JSON file")
    flags.add_argument("--record", type=Path, help="append a line for each kind to this file; plot.py draws it")
    flags.add_argument("--tokens", type=int, help="how far the model was trained, for the record")
    args = flags.parse_args(given)

    by_kind: dict[tuple[Path, str], list[Row]] = defaultdict(list)
    for path in args.questions:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if not args.kind or row["kind"] in args.kind:
                by_kind[path, row["kind"]].append(row)
    groups = {at: group[: args.limit] for at, group in by_kind.items()}
    results: list[dict[str, Any]] = []
    unread, seconds = 0, time.monotonic()
    asked = [(row, path.parent) for (path, _), group in groups.items() for row in group]
    with answers(args.model, args.jobs, [row for row, _ in asked], [folder for _, folder in asked]) as came:
        for (path, kind), group in groups.items():
            hits = 0
            for row in group:
                said, ok = next(came)
                hits += ok
                unread += said.unread
                results.append({**row, "answer": said.answer, "stop_reason": said.stop_reason, "steps": said.steps, "right": ok})
                if args.show == "all" or (args.show == "wrong" and not ok):
                    print(f"{'ok ' if ok else 'NO '} {row['question']}\n    " + "\n    ".join(said.steps))
                    print(f"    -> {said.answer!r} ({said.stop_reason}); expected {row.get('call', '')} {row.get('expected', '')}")
            questions = "fresh" if path.parent.name == "fresh" else path.stem
            print(f"| {questions} | {kind} | {hits} of {len(group)} | {hits / len(group):.0%} |", flush=True)
            if args.record:
                with args.record.open("a") as record:
                    print(json.dumps({"tokens": args.tokens, "questions": questions, "kind": kind, "right": hits, "of": len(group)}), file=record)
    right = sum(r["right"] for r in results)
    print(f"| all | {right} of {len(results)} | {right / max(1, len(results)):.0%} |")
    print(f"{unread} replies could not be read; {time.monotonic() - seconds:.0f} seconds")
    if args.out:
        args.out.write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
