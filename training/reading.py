"""Reading drills: what Search found, and many short turns about it, each answered as a run of the agent would go on.

One look at the passages serves several questions, so far more of them are read per token than in whole runs. The first turn
has the question before the passages, as in a run; the others come after.

    python3 training/reading.py        prints a few
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import facts
import prose
import retrieve
from questions import Again, ask, calculation_question, called, dress, in_unit, needed, noun_of, stated, subject_phrase
from writing import Step, call, finish

Part = tuple[str, str]
NOT_THERE = "I could not find that in the documents."
KINDS = ("person", "person", "person", "person", "place", "structure", "ship", "company", "company", "nature", "work", "product", "animal", "team", "thing", "country")


def world_of(rng: Random) -> list[facts.Entity]:
    """One to three things of one kind with many facts each, and now and then somebody that one of them leads to."""
    kind = rng.choice(KINDS)
    count = rng.choice((1, 1, 2, 2, 3))
    world: list[facts.Entity] = []
    for _ in range(count):
        noun = world[0].noun if world and kind != "person" and rng.random() < 0.6 else ""
        e = facts.make_entity(rng, kind if rng.random() < 0.7 else rng.choice(KINDS), noun)
        if any(e.name == other.name for other in world):
            continue
        world.append(e)
    for e in list(world):
        facts.fill(rng, e, rng.randint(2, 12 // count), world)
        if len(world) > 1 and e.kind == world[0].kind and rng.random() < 0.6:  # the same facts of both
            for f in list(world[0].facts.values())[:3]:
                if f.relation.tells and not facts.has(e, f.relation):
                    facts.add_fact(rng, e, f.relation, world)
        linked = [f.target for f in e.facts.values() if f.target and f.target.kind in facts.BY_KIND and not f.target.facts]
        if linked and rng.random() < 0.25 and len(world) < 4:
            facts.fill(rng, linked[0], rng.randint(2, 4), world)
            world.append(linked[0])
    return [e for e in world if e.facts]


def shown(rng: Random, world: list[facts.Entity]) -> tuple[str, list[tuple[facts.Entity, facts.Fact]]]:
    """One to three passages as Search shows them, and the facts that stand in them."""
    pool: list[retrieve.Passage] = []
    for e in world:
        pool += retrieve.passages(rng, *prose.note(rng, e), e.name)
    picked = rng.sample(pool, min(len(pool), rng.choice((1, 2, 2, 3, 3, 3))))
    by_name = {e.name: e for e in world}
    lines, told = [], []
    for p in picked:
        line = retrieve.line_of(p)
        lines.append(line)
        e = by_name[p.of]
        told += [(e, e.facts[k]) for k in sorted(p.keys) if e.facts[k].value in line]
    return "\n".join(lines), told


def reply(rng: Random, e: facts.Entity, fact: facts.Fact) -> tuple[str, str, str, str]:
    """A question that the fact answers or helps to answer: the question, what is needed, the query, the next reply."""
    r = fact.relation
    s, name = called(rng, e)
    roll = rng.random()
    if fact.number and roll < 0.5:
        q, expr = calculation_question(rng, r, fact, s, e)
        n = noun_of(rng, r, q)
        need, query = needed(r, n, name)
        return q, need, query, call(Step(f"{stated(r, n, name, fact.value)}. I need to calculate.", "Calculator", expr, ""), "expression", False)
    target = fact.target
    if target and target.kind in facts.BY_KIND and not r.need[0] and roll < 0.35:
        r2 = rng.choice(facts.BY_KIND[target.kind]) if rng.random() < 0.8 else facts.custom(rng)
        q = ask(rng, r2, subject_phrase(rng, r, name), target)
        n, n2 = noun_of(rng, r, q), noun_of(rng, r2, q)
        need2, query2 = needed(r2, n2, target.name)
        need, query = needed(r, n, name)
        return q, need, query, call(Step(f"The {n} is {target.name}. I need {need2}.", "Search", query2, ""), "query", False)
    q = in_unit(rng, ask(rng, r, s, e), fact.value)
    need, query = needed(r, noun_of(rng, r, q), name)
    return q, need, query, finish(fact.value)


def missing(rng: Random, world: list[facts.Entity], text: str) -> tuple[str, str, str, str]:
    """A question that the passages do not answer."""
    e = rng.choice(world)
    r = facts.custom(rng) if rng.random() < 0.3 else rng.choice(facts.BY_KIND[e.kind])
    nouns = [*r.nouns, *r.label]
    if r.key in e.facts or r.key in VAGUE or any(n in text.lower() for n in nouns):
        raise Again
    q = ask(rng, r, e.name, e)
    need, query = needed(r, noun_of(rng, r, q), e.name)
    return q, need, query, finish(NOT_THERE)


VAGUE = {*facts.TWO_IN_ONE, "born", "age", "died", "deathage", "lifeage", "birthplace", "home", "country", "nationality", "location", "nearest", "seat", "employer", "boss", "job", "colour", "famous", "study", "food", "favfood", "source", "founded", "built"}


def drill(rng: Random) -> list[Part]:
    world = world_of(rng)
    text, told = shown(rng, world)
    rng.shuffle(told)
    turns = []
    for e, fact in told[: rng.randint(2, 7)]:
        if fact.value in (e.name, ""):
            continue
        turns.append(reply(rng, e, fact))
    for _ in range(rng.choice((0, 0, 1, 1))):
        turns.append(missing(rng, world, text))
    if not turns:
        raise Again
    rng.shuffle(turns)
    parts: list[Part] = []
    for at, (q, need, query, answer) in enumerate(turns):
        q = dress(rng, q)
        if rng.random() < 0.07:
            q, need, query = q.lower(), need.lower(), query.lower()
        parts += [("control", "<|user|>"), ("plain", "\n" + q)]
        if at == 0:
            asked = call(Step(f"I need {need}.", "Search", query, ""), "query", False)
            parts += [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", asked), ("end", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", f"\nObservation: {text}")]
        parts += [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", answer), ("end", "</s>"), ("plain", "\n")]
    return parts[:-1]


def brief(rng: Random) -> list[Part]:
    """A few sentences, and questions about nearly every fact in them, answered with the bare value or as in a run.

    What a value belongs to is learned first where there is little to read: a turn costs 40 tokens instead of 90.
    """
    kind = rng.choice(KINDS)
    world = [facts.make_entity(rng, kind)]
    if rng.random() < 0.35:
        world.append(facts.make_entity(rng, kind, world[0].noun if kind != "person" else ""))
    if len({e.name for e in world}) < len(world):
        raise Again
    for e in world:
        facts.fill(rng, e, rng.randint(1, 4 // len(world) + 1), world)
    if len(world) > 1 and rng.random() < 0.7:
        for f in list(world[0].facts.values())[:2]:
            if f.relation.tells and not facts.has(world[1], f.relation):
                facts.add_fact(rng, world[1], f.relation, world)
    text, told = [], []
    for e in world:
        file, title, lines = prose.note(rng, e)
        body = " ".join(line for line, _ in lines)[:420].rsplit(" ", 1)[0]
        line = f"[{file}] {body if e.name in body else f'{e.name}: {body}'}" if rng.random() < 0.5 else body if e.name in body else f"{e.name}: {body}"
        text.append(line)
        told += [(e, f) for _, keys in lines for k in sorted(keys) if (f := e.facts[k]).value in line and f.value != e.name]
    shown_ = "\n".join(text)
    rng.shuffle(told)
    bare = rng.random() < 0.3
    turns = []
    for e, fact in told[:6]:
        if bare:
            turns.append((in_unit(rng, ask(rng, fact.relation, called(rng, e)[0], e), fact.value), fact.value))
        else:
            q, _, _, answer = reply(rng, e, fact)
            turns.append((q, answer))
    if rng.random() < 0.35:
        q, _, _, answer = missing(rng, world, shown_)
        turns.append((q, NOT_THERE if bare else answer))
    if not turns:
        raise Again
    rng.shuffle(turns)
    parts: list[Part] = []
    for at, (q, answer) in enumerate(turns):
        q = dress(rng, q) if rng.random() < 0.5 else q
        if at == 0:
            q = rng.choice((f"{shown_}\n{q}", f"{shown_}\n\n{q}", f"{q}\nObservation: {shown_}", f"{q}\n{shown_}"))
        parts += [("control", "<|user|>"), ("plain", "\n" + q), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", answer), ("end", "</s>"), ("plain", "\n")]
    return parts[:-1]


def sample(rng: Random, draw: Callable[[Random], list[Part]] = drill) -> list[Part]:
    while True:
        try:
            return draw(rng)
        except Again:
            continue


if __name__ == "__main__":
    for seed in range(5):
        print("----------------")
        print("".join(t for _, t in sample(Random(seed), brief if seed % 2 else drill)))
