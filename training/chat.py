"""Several messages in a row that mostly need no tool: what a message is, told apart cheaply.

A whole run spends a system message on one message; here one serves many, or none at all. Sums stand between them.

    python3 training/chat.py        prints a few
"""

from __future__ import annotations

from random import Random

from arithmetic import question
from drills import Part, turn
from prompts import CALCULATOR, SEARCH, own_prompt
from questions import Again
from talk import ABLE, SELF, known, lost, refused, small
from worlds import calculate
from writing import call, finish

SHARES = {"small": 40, "self": 14, "able": 14, "refused": 18, "lost": 2, "sum": 12}


def message(rng: Random) -> list[Part]:
    match rng.choices(list(SHARES), list(SHARES.values()))[0]:
        case "small":
            said, answer = small(rng)
        case "self":
            said, answer = known(rng, SELF)
        case "able":
            said, answer = known(rng, ABLE)
        case "refused":
            said, answer = refused(rng)
        case "lost":
            said, answer = lost(rng)
        case _:
            return sum_(rng)
    return turn(said, finish(answer))


def sum_(rng: Random) -> list[Part]:
    while True:
        try:
            said, expression = question(rng)
            step, value = calculate(rng, "I need to calculate this.", expression)
        except Again:
            continue
        if len(said) <= 160:
            return [*turn(said, call(step, "expression", False)), ("plain", "\n"), *turn(f"Observation: {step.result}", finish(value))]


def conversation(rng: Random) -> list[Part]:
    parts: list[Part] = []
    if rng.random() < 0.5:
        given = [CALCULATOR] if rng.random() < 0.5 else [CALCULATOR, SEARCH]
        parts += [("shared", "<|system|>"), ("shared", "\n" + own_prompt(rng, given)), ("shared", "</s>"), ("plain", "\n")]
    for _ in range(rng.randint(3, 9)):
        parts += [*message(rng), ("plain", "\n")]
    return parts[:-1]


if __name__ == "__main__":
    for seed in range(4):
        print("".join(t for _, t in conversation(Random(seed))), "\n----")
