"""Bare drills: copying, looking up, number words, and many sums in a row. What everything else rests on, and short.

python3 training/drills.py        prints a few
"""

from __future__ import annotations

from random import Random

import arithmetic
import words
from writing import Step, call

Part = tuple[str, str]


def turn(question: str, reply: str) -> list[Part]:
    return [("control", "<|user|>"), ("plain", "\n" + question), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", reply), ("end", "</s>")]


def item(rng: Random) -> str:
    return rng.choice((words.person(rng, rng.choice("sh")), words.place(rng), words.thing_name(rng), words.code(rng), str(words.integer(rng)), str(rng.random())[: rng.randint(4, 18)], words.phrase(rng), str(rng.randint(10**6, 10**16))))


def copying(rng: Random) -> list[Part]:
    items = [item(rng) for _ in range(rng.randint(2, 9))]
    if rng.random() < 0.5:
        text = target = rng.choice((" ", ", ", "; ", "\n")).join(items)
    else:
        keys = [item(rng) for _ in items]
        at = rng.sample(range(len(items)), min(3, len(items)))
        mark = rng.choice((": ", " is ", " = ", " - "))
        text = rng.choice(("\n", ". ")).join(k + mark + v for k, v in zip(keys, items, strict=True)) + "\n" + ", ".join(keys[i] for i in at)
        target = ", ".join(f"{keys[i]}{mark}{items[i]}" for i in at)
    return turn(text, target)


def spelled(rng: Random) -> tuple[str, str]:
    """A number in words and in digits."""
    if rng.random() < 0.15:
        x = round(rng.uniform(0.1, 40), rng.choice((1, 2)))
        return words.decimal_in_words(x), str(x)
    n = rng.choice((rng.randint(0, 20), rng.randint(0, 99), rng.randint(20, 99), rng.randint(100, 999), rng.randint(100, 999), rng.randint(1000, 99_999)))
    said = words.in_words(n)
    return rng.choice((said, said, said.replace("-", " "), said.replace(" and ", " "), said.replace("one hundred", "a hundred", 1))), str(n)


def number_words(rng: Random) -> list[Part]:
    pairs = [spelled(rng) for _ in range(rng.randint(2, 8))]
    return turn(", ".join(s for s, _ in pairs), ", ".join(n for _, n in pairs))


def sums(rng: Random) -> list[Part]:
    parts: list[Part] = []
    for _ in range(rng.randint(4, 9)):
        question, expr = arithmetic.question(rng)
        if len(question) <= 220:
            parts += [*turn(question, call(Step("I need to calculate this.", "Calculator", expr, ""), "expression", False)), ("plain", "\n")]
    return parts[:-1] or sums(rng)


def drill(rng: Random) -> list[Part]:
    roll = rng.random()
    return copying(rng) if roll < 0.16 else number_words(rng) if roll < 0.26 else sums(rng)


if __name__ == "__main__":
    for seed in range(6):
        print("".join(t for _, t in drill(Random(seed))), "\n----")
