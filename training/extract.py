"""A JSON object out of a sentence: what the text says, under the keys that are asked for. No tools, no system message.

python3 training/extract.py        prints a few
"""

from __future__ import annotations

import json
from random import Random

import facts
import prose
from drills import Part, turn
from questions import Again

ASKED = (
    "{text}\nGive me {keys} as JSON.",
    "Extract {keys} as JSON: {text}",
    "Read this and return JSON with the keys {keys}.\n\n{text}",
    "{text}\n\nReturn a JSON object with {keys}.",
    "Get {keys} out of this text: {text}",
    "{text}\nWhat are {keys}? Answer in JSON.",
    "Turn this into JSON ({keys}): {text}",
    "JSON please, keys {keys}. Text: {text}",
    "Extract the data: {text}",
    "{text}",
)


def extraction(rng: Random) -> list[Part]:
    e = facts.make_entity(rng, rng.choice(("person", "person", "place", "company", "ship", "product", "animal", "structure", "work")))
    facts.fill(rng, e, rng.randint(2, 4), [e])
    wanted = [f for f in e.facts.values() if f.value][: rng.randint(1, 4)]
    told = {f.relation.key for f in wanted}
    lines = [line for line, keys in prose.prose(rng, e) if keys & told or rng.random() < 0.2]
    text = " ".join(lines)
    if not wanted or len(text) > 500 or e.name not in text:
        raise Again
    values: dict[str, object] = {}
    if rng.random() < 0.7:
        values["name"] = e.name
    for f in wanted:
        noun = f.relation.nouns[0]
        noun = noun[10:] if noun.startswith("number of ") and rng.random() < 0.5 else noun
        noun = noun.split()[-1] if rng.random() < 0.2 else noun
        key = rng.choice((noun.replace(" ", "_"), noun.replace(" ", "_"), noun, "".join(w.capitalize() for w in noun.split())))
        if f.value not in text:
            raise Again
        values[key] = f.number if f.number is not None and (f.value.replace(",", "") == str(f.number) or rng.random() < 0.7) else f.value
    if rng.random() < 0.15:
        values[rng.choice(("known", "complete", "checked"))] = True
    keys = list(values)
    said = rng.choice((", ".join(keys), ", ".join(f'"{k}"' for k in keys), " and ".join((", ".join(keys[:-1]), keys[-1])) if len(keys) > 1 else f"the {keys[0]}"))
    return turn(rng.choice(ASKED).format(text=text, keys=said.replace("_", " ") if rng.random() < 0.2 else said), json.dumps(values, ensure_ascii=False))


def sample(rng: Random) -> list[Part]:
    while True:
        try:
            return extraction(rng)
        except Again:
            continue


if __name__ == "__main__":
    for seed in range(6):
        print("".join(t for _, t in sample(Random(seed))), "\n----")
