"""What a run is about: the fact that is asked for, the notes in the folder, the calls and what they give."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from chatwright.errors import CalculatorError
from chatwright.tools.calculator import answer

import facts
import prose
import retrieve
import words
from phrases import BARE
from questions import Again
from writing import Step


def calculate(rng: Random, thought: str, expr: str) -> tuple[Step, str]:
    try:
        result = answer(expr)
    except CalculatorError:
        raise Again from None
    value = result.removeprefix("Answer: ")
    if len(value) > (24 if rng.random() < 0.97 else 60) or value in ("0", "0.0"):
        raise Again
    return Step(thought, "Calculator", expr, result), value


def spoilt(rng: Random, step: Step) -> Step | None:
    """A call before the right one, with an expression that the calculator refuses."""
    expr = step.argument
    bad = rng.choice(
        (expr + ")", "(" + expr, expr + rng.choice("+*/"), f"{expr} {rng.choice(('metres', 'years', 'euros', 'km'))}", expr.replace("^", "^^", 1), expr.replace("*", " times the ", 1), f"the {rng.choice(('age', 'height', 'price', 'number'))}{expr[-4:]}", expr.replace("(", " ", 1), f"{rng.choice(words.THINGS)}")
    )
    try:
        answer(bad)
    except CalculatorError as err:
        return Step(step.thought, "Calculator", bad, f"error: {err}" + (f"; {err.hint}" if err.hint else ""), learned=False)
    return None


def with_errors(rng: Random, steps: list[Step]) -> list[Step]:
    """Now and then a call fails first: the error is read, and the next call is right."""
    if rng.random() > 0.08:
        return steps
    at = rng.randrange(len(steps)) if steps else 0
    if steps and steps[at].tool == "Calculator" and (bad := spoilt(rng, steps[at])):
        return [*steps[:at], bad, replace(steps[at], thought="The expression was wrong. I will correct it."), *steps[at + 1 :]]
    return steps


def look_up(rng: Random, thought: str, query: str, pool: list, must: str = "") -> Step:
    result = retrieve.search(rng, query, pool)
    if must and must not in result:
        raise Again
    return Step(thought, "Search", query, result)


def pool_of(rng: Random, world: list[facts.Entity], extra: int) -> list[retrieve.Passage]:
    notes = [(*prose.note(rng, e), e.name) for e in world if e.facts]
    for _ in range(extra):
        model = rng.choice(world)
        other = facts.make_entity(rng, model.kind if rng.random() < 0.6 else rng.choice(list(facts.KINDS)), model.noun if model.kind != "person" and rng.random() < 0.4 else "")
        if rng.random() < 0.2 and " " in model.name and model.kind == "person":  # same family name
            other.name = f"{other.name.split()[0]} {model.name.split()[-1]}"
        if any(other.name == e.name for e in world):
            continue
        shared = [f.relation for f in model.facts.values() if f.relation.tells and other.kind == model.kind and rng.random() < 0.6]
        for r in shared:
            facts.add_fact(rng, other, r, world)
        facts.fill(rng, other, rng.randint(1, 4), world)
        notes.append((*prose.note(rng, other), other.name))
    rng.shuffle(notes)
    return [p for n in notes for p in retrieve.passages(rng, *n)]


def numeric_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    for _ in range(50):
        r = facts.custom(rng) if rng.random() < 0.15 else rng.choice(facts.BY_KIND.get(e.kind) or [facts.custom(rng)])
        if e.kind == "person" and rng.random() < 0.4:
            r = facts.BY_KEY["age"] if rng.random() < 0.6 else facts.BY_KEY["lifeage"]
        if not r.target and r.make(Random(0))[1] is not None and not facts.has(e, r):
            return r
    raise Again


def main_fact(rng: Random, e: facts.Entity, world: list) -> tuple[facts.Relation, facts.Fact]:
    """The fact that is asked for: of an event or a count, of the tables, or of any noun."""
    if rng.random() < 0.35:
        bundle = facts.add_bundle(rng, e)
        if bundle:
            fact = rng.choice(bundle.facts)
            return fact.relation, fact
    return add_main(rng, e, facts.custom(rng) if rng.random() < 0.25 else rng.choice(facts.BY_KIND[e.kind]), world)


def add_main(rng: Random, e: facts.Entity, r: facts.Relation, world: list) -> tuple[facts.Relation, facts.Fact]:
    """The fact that is asked for; now and then beside its twin: the elder and the younger daughter."""
    if not r.need[0] and rng.random() < 0.1 and (" of " not in r.nouns[0]) and r.key not in facts.TWO_IN_ONE:
        r, twin = facts.qualified(rng, r)
        if rng.random() < 0.8:
            facts.add_fact(rng, e, twin, world)
    return r, facts.add_fact(rng, e, r, world)


def entity_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    options = [r for r in facts.BY_KIND[e.kind] if r.target and r.target != "river" and r.key not in e.facts]
    if not options:
        raise Again
    return rng.choice(options)


def starting_kind(rng: Random) -> str:
    return rng.choice(("person", "person", "person", "person", "place", "structure", "structure", "ship", "company", "company", "nature", "nature", "work", "product", "animal", "team", "thing", "country"))


def a_value(rng: Random, e: facts.Entity, world: list, *, twins: bool = False):
    if twins and rng.random() < 0.4:
        bundle = facts.add_bundle(rng, e)
        numbers = [f for f in bundle.facts if f.number] if bundle else []
        if not numbers:
            raise Again
        fact = rng.choice(numbers)
        return fact.relation, fact
    r = numeric_relation(rng, e)
    if twins and r.key in BARE:
        r, fact = add_main(rng, e, r, world)
    else:
        fact = facts.add_fact(rng, e, r, world)
    if fact.number is None or fact.number == 0:
        raise Again
    return r, fact
