"""One training example: a whole run of the agent, from the question to the answer.

    python3 training/traces.py [KIND]     prints a few

`sample_kind(rng)` gives `(kind, parts)`; a part is `(what, text)` with what = shared (the system message, the same in many
traces; tokens or a control token), control (a control token), plain (read, not learned), target (learned) or end (the control token
that ends a reply, learned).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

import chat
import drills
import extract
import reading
import toolsets
from prompts import CALCULATOR, SEARCH, hub_prompt, own_prompt, with_schemas
from questions import Again
from runs import KIND_OF
from worlds import with_errors
from writing import Step, call, finish

Part = tuple[str, str]


def written(rng: Random, question: str, steps: list[Step], final: str, given: list[tuple]) -> list[Part]:
    args = {t[0]: t[1] for t in given}
    if rng.random() < 0.3:
        return _hub(rng, question, steps, final, given)
    parts: list[Part] = [("shared", "<|system|>"), ("shared", "\n" + own_prompt(rng, given)), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", "\n" + question)]
    for step in steps:
        parts += [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target" if step.learned else "plain", call(step, args[step.tool], False)), ("end" if step.learned else "control", "</s>")]
        parts += [("plain", "\n"), ("control", "<|user|>"), ("plain", f"\nObservation: {step.result}")]
    return parts + [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", finish(final)), ("end", "</s>")]


def _hub(rng: Random, question: str, steps: list[Step], final: str, given: list[tuple]) -> list[Part]:
    """The notebook's prompt: earlier rounds stand in the human turn, so one round of the run is drawn."""
    at = len(steps) if rng.random() < 0.25 else rng.randint(0, len(steps))
    if at < len(steps) and not steps[at].learned:
        at += 1
    pad = "".join(f"{call(s, '', True)}\nObservation: {s.result}\nThought: " for s in steps[:at])
    reply = finish(final) if at == len(steps) else call(steps[at], "", True)
    system = hub_prompt(rng, given)
    return [("shared", "<|system|>"), ("shared", "\n" + system), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", f"\n{question}\n\n{pad}"), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", reply), ("end", "</s>")]


MAX_CHARS = 4_600
DRILL = float(os.environ.get("DRILL", "0.1"))  # share of bare drills; the first part of a training has many
READING = float(os.environ.get("READING", "0.13"))  # share of reading drills
BRIEF = float(os.environ.get("BRIEF", "0.05"))  # share of reading drills over a few sentences
TOOLS = float(os.environ.get("TOOLS", "0.065"))  # share of conversations with unseen tools
EXTRACT = float(os.environ.get("EXTRACT", "0.17"))  # share of JSON objects out of sentences
CHAT = float(os.environ.get("CHAT", "0.07"))  # share of small talk, many messages in a row
SHARES = {"drill": DRILL, "chat": CHAT, "reading": READING, "brief": BRIEF, "tools": TOOLS, "extract": EXTRACT, "run": max(0.0, 1 - DRILL - CHAT - READING - BRIEF - TOOLS - EXTRACT)}
KINDS = (*(kind for kind in SHARES if kind != "run"), *KIND_OF)


def draw(rng: Random, kind: str) -> list[Part]:
    question, steps, final = KIND_OF[kind][0](rng)
    steps = with_errors(rng, steps)
    if kind == "no_documents":
        given = [CALCULATOR]
    elif kind == "arithmetic" or kind == "talk":
        given = [CALCULATOR] if rng.random() < 0.6 else [CALCULATOR, SEARCH]
    else:
        given = [CALCULATOR, SEARCH] if rng.random() < 0.88 else [SEARCH, CALCULATOR]
    if kind == "fact" and rng.random() < 0.06:
        given = [SEARCH]
    parts = written(rng, question, steps, final, given)
    if sum(len(t) for _, t in parts) > MAX_CHARS:
        raise Again
    return parts


def sample_kind(rng: Random, kind: str = "") -> tuple[str, list[Part]]:
    if not kind:
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "run":
            kind = rng.choices(list(KIND_OF), [w for _, w in KIND_OF.values()])[0]
    if kind == "drill":
        return kind, drills.drill(rng)
    if kind == "chat":
        return kind, chat.conversation(rng)
    if kind == "brief":
        return kind, reading.sample(rng, reading.brief)
    if kind == "extract":
        return kind, extract.sample(rng)
    if kind == "tools":
        return kind, toolsets.conversation(rng, with_schemas)
    if kind == "reading":
        return kind, reading.sample(rng)
    while True:
        try:
            return kind, draw(rng, kind)
        except Again:
            continue


def sample(rng: Random) -> list[Part]:
    return sample_kind(rng)[1]


if __name__ == "__main__":
    for seed in range(4):
        kind, parts = sample_kind(Random(seed), sys.argv[1] if len(sys.argv) > 1 else "")
        print(f"---------------- {kind}")
        print("".join(t for _, t in parts))
