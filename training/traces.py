"""One training example: a whole run of the agent, from the question to the answer.

    python3 training/traces.py [KIND]     prints a few

`sample_kind(rng)` gives `(kind, parts)`; a part is `(what, text)` with what = shared (the system message, the same in many
traces; tokens or a control token), control (a control token), plain (read, not learned), target (learned) or end (the control token
that ends a reply, learned).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

from chatwright.errors import CalculatorError
from chatwright.tools.calculator import answer

import arithmetic
import facts
import retrieve
import words
from phrases import BARE, CANNOT, CLOSERS, COMBINE, FRAMES, IFS, MORE, OPEN, OPENERS, OPS, SAME, SPECIAL, TALK, WHERE
from prompts import CALCULATOR, SEARCH, hub_prompt, own_prompt

Part = tuple[str, str]


class Again(Exception):
    """This draw makes no sense (a negative root, a number too long): draw another."""


@dataclass(frozen=True)
class Step:
    thought: str
    tool: str
    argument: str
    result: str


# ---------------------------------------------------------------- writing a run down


def call(step: Step, arg: str, hub: bool) -> str:
    value = step.argument if hub else {arg: step.argument}
    blob = json.dumps({"action": step.tool, "action_input": value}, ensure_ascii=False)
    return f"Thought: {step.thought}\nAction:\n```\n{blob}\n```"


def finish(text: str) -> str:
    return f"Thought: I know the answer\nFinal Answer: {text}"


def written(rng: Random, question: str, steps: list[Step], final: str, tools: list[tuple]) -> list[Part]:
    args = {t[0]: t[1] for t in tools}
    if rng.random() < 0.13:
        return _hub(rng, question, steps, final, tools)
    parts: list[Part] = [("shared", "<|system|>"), ("shared", "\n" + own_prompt(rng, tools)), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", "\n" + question)]
    for step in steps:
        parts += [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", call(step, args[step.tool], False)), ("end", "</s>")]
        parts += [("plain", "\n"), ("control", "<|user|>"), ("plain", f"\nObservation: {step.result}")]
    return parts + [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", finish(final)), ("end", "</s>")]


def _hub(rng: Random, question: str, steps: list[Step], final: str, tools: list[tuple]) -> list[Part]:
    """The notebook's prompt: earlier rounds stand in the human turn, so one round of the run is drawn."""
    at = rng.randint(0, len(steps))
    pad = "".join(f"{call(s, '', True)}\nObservation: {s.result}\nThought: " for s in steps[:at])
    reply = finish(final) if at == len(steps) else call(steps[at], "", True)
    system = hub_prompt(rng, tools)
    return [("shared", "<|system|>"), ("shared", "\n" + system), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", f"\n{question}\n\n{pad}"), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", reply), ("end", "</s>")]


# ---------------------------------------------------------------- steps


def calculate(rng: Random, thought: str, expr: str) -> tuple[Step, str]:
    try:
        result = answer(expr)
    except CalculatorError:
        raise Again from None
    value = result.removeprefix("Answer: ")
    if len(value) > (24 if rng.random() < 0.97 else 60) or value in ("0", "0.0"):
        raise Again
    return Step(thought, "Calculator", expr, result), value


def look_up(rng: Random, thought: str, query: str, pool: list, must: str = "") -> Step:
    result = retrieve.search(rng, query, pool)
    if must and must not in result:
        raise Again
    return Step(thought, "Search", query, result)


def operation(rng: Random, v: str, value: float) -> tuple[str, str]:
    """A phrase with `{V}` for the value and the expression with `v` in it."""
    forms, expr = rng.choice(OPS)
    said = rng.choice(forms)
    if not expr:
        expr = "{v}*4" if said.startswith("four") else "{v}*10"
    return _slots(rng, said, expr, v, value)


def _slots(rng: Random, said: str, expr: str, v: str, value: float) -> tuple[str, str]:
    n = rng.choice((rng.randint(2, 12), rng.randint(2, 99), rng.randint(2, 99), rng.randint(100, 2000)))
    n_expr = str(n)
    n_said = words.in_words(n) if n <= 20 and rng.random() < 0.25 else words.shown(rng, n)
    if rng.random() < 0.1:
        n_said = n_expr = str(round(rng.uniform(0.1, 20), rng.choice((1, 2))))
    m = rng.randint(2, 50)
    big = int(value) + rng.randint(1, 60)
    slot = {
        "p": rng.choice((round(rng.uniform(0.05, 2.5), rng.choice((1, 2, 2, 2, 3))) or 0.5, rng.randint(2, 4))),
        "q": rng.choice((rng.randint(1, 99), rng.choice((5, 10, 20, 25)), round(rng.uniform(1, 60), 1))),
        "m": m,
        "big": big,
        "late": max(2025, int(value) + 1) if value > 2000 else rng.randint(int(value) + 1, 2025) if 500 < value <= 2024 else 2025,
        "early": int(value) - rng.randint(1, 300),
    }
    if "one {nth}" in said:
        n_expr, n_said = "10", "10"
        said = said.replace("one {nth}", "one tenth")
    return said.format(V="{V}", s="{s}", c="{c}", n=n_said, **slot), expr.format(v=v, n=n_expr, **slot)


# ---------------------------------------------------------------- subjects of questions


def subject_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    n = r.nouns[0]
    forms = [f"{s}'s {n}", f"the {n} of {s}", f"{s}'s {n}", f"the {n} of {s}"]
    forms += [w.format(s=s) for w in WHERE.get(r.key, ())] * 2
    forms += ["the person who " + a[4:-1].format(s=s) for a in r.asks if a.startswith("Who ") and a.split()[1] not in ("is", "was", "does", "did")][:2]
    return rng.choice(forms)


def pronouns(sex: str) -> tuple[str, str]:
    return {"s": ("she", "her"), "h": ("he", "his"), "i": ("it", "its")}[sex]


def ask(rng: Random, r: facts.Relation, s: str, e: facts.Entity | None = None) -> str:
    q = pronouns(e.sex if e else "i")[0]
    return rng.choice(r.asks).format(s=s, q=q, c=words.place(rng), ds={"s": "daughter", "h": "son", "i": "child"}[e.sex if e else "i"])


def ask_pronoun(rng: Random, r: facts.Relation, e: facts.Entity) -> str:
    he, his = pronouns(e.sex)
    forms = [a for a in r.asks if not any(x in a for x in (" of {s}", " to {s}", " by {s}", " on {s}", " into {s}", " for {s}", " in {s}", " with {s}", "are {s}", " employs {s}", " from {s}", "{c}", "{ds}")) and not (a.startswith("Who ") and a.endswith(" {s}?") and a.split()[1] not in ("is", "was"))]
    forms = forms or [f"What is {{s}}'s {r.nouns[0]}?"]
    return rng.choice(forms).replace("{s}'s", his).format(s=he, q=he)


def lower_first(text: str) -> str:
    return text[0].lower() + text[1:] if not text.startswith("I ") else text


def dress(rng: Random, q: str) -> str:
    """The same question as different people write it."""
    roll = rng.random()
    if roll < 0.05:
        q = q.rstrip("?.")
    elif roll < 0.08:
        q = q.rstrip("?") + " ?"
    if rng.random() < 0.06:
        q = lower_first(q)
    q = rng.choice(OPENERS) + q + rng.choice(CLOSERS)
    if rng.random() < 0.03:
        q = rng.choice(("Can you tell me: ", "Could you find out: ", "I would like to know: ")) + lower_first(q)
    return q


# ---------------------------------------------------------------- worlds


def pool_of(rng: Random, world: list[facts.Entity], extra: int) -> list[tuple[str, str, str]]:
    notes = [facts.note(rng, e) for e in world if e.facts]
    for _ in range(extra):
        model = rng.choice(world)
        other = facts.make_entity(rng, model.kind if rng.random() < 0.6 else rng.choice(list(facts.KINDS)), model.noun if model.kind != "person" and rng.random() < 0.4 else "")
        if rng.random() < 0.2 and " " in model.name and model.kind == "person":  # same family name
            other.name = f"{other.name.split()[0]} {model.name.split()[-1]}"
        if any(other.name == e.name for e in world):
            continue
        shared = [f.relation for f in model.facts.values() if other.kind == model.kind and rng.random() < 0.6]
        for r in shared:
            facts.add_fact(rng, other, r, world)
        facts.fill(rng, other, rng.randint(1, 4), world)
        notes.append(facts.note(rng, other))
    rng.shuffle(notes)
    return [p for n in notes for p in retrieve.passages(rng, *n)]


def numeric_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    for _ in range(50):
        roll = rng.random()
        r = facts.custom(rng) if roll < 0.12 else facts.event(rng) if e.kind == "person" and roll < 0.22 else rng.choice(facts.BY_KIND.get(e.kind) or [facts.custom(rng)])
        if e.kind == "person" and rng.random() < 0.4:
            r = facts.RELATIONS[0]
        if not r.target and r.make(Random(0))[1] is not None and r.key not in e.facts:
            return r
    raise Again


def noun_of(rng: Random, r: facts.Relation, question: str) -> str:
    """The noun that the question itself uses, where it uses one."""
    for n in sorted(r.nouns, key=len, reverse=True):
        if n in question:
            return n
    return r.nouns[0]


def needed(r: facts.Relation, noun: str, s: str) -> tuple[str, str]:
    """What the thought asks for, and the query."""
    if r.need[0]:
        return r.need[0].format(s=s), r.need[1].format(s=s)
    return f"the {noun} of {s}", f"{s} {noun}"


def stated(r: facts.Relation, noun: str, s: str, value: str) -> str:
    return (r.say or "The {n} is {v}").format(n=noun, s=s, v=value)


def fact_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    roll = rng.random()
    if e.kind == "person" and roll < 0.2:
        return facts.event(rng)
    return facts.custom(rng) if roll < 0.42 else rng.choice(facts.BY_KIND[e.kind])


def add_main(rng: Random, e: facts.Entity, r: facts.Relation, world: list) -> tuple[facts.Relation, facts.Fact]:
    """The fact that is asked for; now and then beside its twin: the elder and the younger daughter."""
    if not r.need[0] and rng.random() < 0.1 and (" of " not in r.nouns[0]) and r.key not in ("wife", "husband", "girlfriend", "boyfriend", "partner"):
        r, twin = facts.qualified(rng, r)
        if rng.random() < 0.8:
            facts.add_fact(rng, e, twin, world)
    return r, facts.add_fact(rng, e, r, world)


def called(rng: Random, e: facts.Entity) -> tuple[str, str]:
    """How the question names the entity, and what of it goes into thought and query."""
    roll = rng.random()
    if e.kind == "person" and " " in e.name and roll < 0.05:
        last = e.name.split()[-1]
        return last, last
    if e.kind not in ("person", "place", "country", "animal") and roll < 0.3:
        return rng.choice((f"the {e.noun} {e.name}", f"the {e.name}", f"the {e.name}")), e.name
    return e.name, e.name


def entity_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    options = [r for r in facts.BY_KIND[e.kind] if r.target and r.target != "river" and r.key not in e.facts]
    if not options:
        raise Again
    return rng.choice(options)


def starting_kind(rng: Random) -> str:
    return rng.choice(("person", "person", "person", "person", "place", "structure", "structure", "ship", "company", "company", "nature", "nature", "work", "product", "animal", "team", "thing", "country"))


# ---------------------------------------------------------------- the kinds of question


def do_arithmetic(rng: Random):
    q, expr = arithmetic.question(rng)
    step, value = calculate(rng, "I need to calculate this.", expr)
    if len(q) > 220:
        raise Again
    return q, [step], value


def do_fact(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = add_main(rng, e, fact_relation(rng, e), world)
    facts.fill(rng, e, rng.randint(1, 6), world)
    s, name = called(rng, e)
    q = ask(rng, r, s, e)
    if rng.random() < 0.08:
        q, name = q.lower(), name.lower()
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(1, 5))
    need, query = needed(r, n, name)
    step = look_up(rng, f"I need {need}.", query, pool, fact.value)
    if fact.value in q:
        raise Again
    return dress(rng, q), [step], fact.value


def do_missing(rng: Random):
    """The documents do not say."""
    e = facts.make_entity(rng, starting_kind(rng))
    r = facts.custom(rng) if rng.random() < 0.25 else rng.choice(facts.BY_KIND[e.kind])
    other = facts.make_entity(rng, e.kind)
    world = [other]
    facts.add_fact(rng, other, r, world)
    facts.fill(rng, other, 3, world)
    if rng.random() < 0.4:
        facts.fill(rng, e, 3, world)
        e.facts.pop(r.key, None)
        same = {"wife", "husband", "girlfriend", "boyfriend", "partner"}
        if not e.facts or r.key in same or r.key in ("born", "age", "died", "deathage", "birthplace", "home", "country", "nationality", "location", "nearest", "seat", "employer", "boss", "job"):
            raise Again
        world.append(e)
    q = ask(rng, r, e.name, e)
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(0, 4))
    need, query = needed(r, n, e.name)
    step = look_up(rng, f"I need {need}.", query, pool if rng.random() < 0.8 else [])
    return dress(rng, q), [step], "I could not find that in the documents."


def _value(rng: Random, e: facts.Entity, world: list, *, twins: bool = False):
    r = numeric_relation(rng, e)
    if twins and r.key in BARE:
        r, fact = add_main(rng, e, r, world)
    else:
        fact = facts.add_fact(rng, e, r, world)
    if fact.number is None or fact.number == 0:
        raise Again
    return r, fact


def value_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    n = rng.choice(r.nouns)
    cur = rng.choice(("", "", "", "", "current ")) if r.key in ("age", "population", "staff", "salary") else ""
    return rng.choice((f"the {cur}{n} of {s}", f"{s}'s {cur}{n}", f"the {cur}{n} of {s}", f"{s}'s {cur}{n}"))


def calculation_question(rng: Random, r: facts.Relation, fact: facts.Fact, s: str, e: facts.Entity, *, said_before: str = "") -> tuple[str, str]:
    """A question that asks for a calculation with one value of `s`; gives the question and the expression."""
    v, value = str(fact.number), float(fact.number)
    roll = rng.random()
    if r.key in SPECIAL and roll < 0.38:
        said, expr = rng.choice(SPECIAL[r.key])
        said, expr = _slots(rng, said, expr, v, value)
        return said.replace("{s}", s).replace("{c}", words.place(rng)), expr
    if roll < 0.52:
        said, expr = rng.choice(IFS)
        said, expr = _slots(rng, said, expr, v, value)
        V = value_phrase(rng, r, s)
        if said.startswith("{V}"):
            V = V[0].upper() + V[1:]
        return said.replace("{V}", V), expr
    said, expr = operation(rng, v, value)
    if r.need[0]:  # "the year of X" is no phrase; ask in one of two ways
        what = r.need[0].format(s=s)
        if rng.random() < 0.5:
            said, expr = rng.choice(
                (
                    ("How many years before {late} was " + what + "?", "{late}-{v}"),
                    ("How many years passed from " + what + " to {late}?", "{late}-{v}"),
                    ("What is {n} years after " + what + "?", "{v}+{n}"),
                    ("What is " + what + " plus {n}?", "{v}+{n}"),
                    ("Subtract " + what + " from {late}.", "{late}-{v}"),
                    ("How many years before {late} did it happen that " + what[9:] + "?", "{late}-{v}"),
                )
            )
            return _slots(rng, said, expr, v, value)
        return f"{ask(rng, r, s, e)} " + rng.choice(FRAMES[:11]).format(said.replace("{V}", rng.choice(("that", "that number", "that year", "it")))), expr
    if roll < 0.66:
        first = ask(rng, r, s, e)
        that = rng.choice(("that", "that number", "it", "this value", "that value", "the result"))
        second = rng.choice(FRAMES[:11]).format(said.replace("{V}", that))
        return (f"{first} {rng.choice((second, second, 'And ' + lower_first(second), 'Then ' + lower_first(second)))}", expr)
    return rng.choice(FRAMES).format(said.replace("{V}", value_phrase(rng, r, s))), expr


def do_fact_calc(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = _value(rng, e, world, twins=True)
    facts.fill(rng, e, rng.randint(1, 5), world)
    s, name = called(rng, e)
    q, expr = calculation_question(rng, r, fact, s, e)
    if rng.random() < 0.06:
        q, name = q.lower(), name.lower()
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(1, 5))
    need, query = needed(r, n, name)
    one = look_up(rng, f"I need {need}.", query, pool, fact.value)
    two, value = calculate(rng, f"{stated(r, n, name, fact.value)}. I need to calculate.", expr)
    return dress(rng, q), [one, two], value


def _chain(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    hop, link = add_main(rng, e, entity_relation(rng, e), world)
    if link.target is None or link.target.kind not in facts.BY_KIND:
        raise Again
    target = link.target
    world.append(target)
    facts.fill(rng, e, rng.randint(1, 4), world)
    return e, hop, link, target, world


def _hops(rng: Random, e, hop, link, target, r, fact, world, q):
    n1, n2 = noun_of(rng, hop, q), noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(0, 3))
    one = look_up(rng, f"I need the {n1} of {e.name}.", f"{e.name} {n1}", pool, link.value)
    need, query = needed(r, n2, target.name)
    two = look_up(rng, f"The {n1} is {target.name}. I need {need}.", query, pool, fact.value)
    return [one, two], n1, n2


def do_two_hop(rng: Random):
    e, hop, link, target, world = _chain(rng)
    r, fact = add_main(rng, target, fact_relation(rng, target), world)
    facts.fill(rng, target, rng.randint(1, 4), world)
    who = False
    if rng.random() < 0.35:
        who = True
        q = f"{ask(rng, hop, e.name, e)} {rng.choice(('', '', 'And '))}"
        second = ask_pronoun(rng, r, target)
        q = q + (lower_first(second) if q.endswith("And ") else second)
    else:
        q = ask(rng, r, subject_phrase(rng, hop, e.name), target)
    steps, _, _ = _hops(rng, e, hop, link, target, r, fact, world, q)
    final = f"{target.name}; {fact.value}" if who else fact.value
    return dress(rng, q), steps, final


def do_hop_calc(rng: Random):
    e, hop, link, target, world = _chain(rng)
    r, fact = _value(rng, target, world)
    facts.fill(rng, target, rng.randint(1, 4), world)
    who = rng.random() < 0.5
    if who:
        he, his = pronouns(target.sex)
        v, value = str(fact.number), float(fact.number)
        if r.need[0]:
            raise Again
        noun = rng.choice(r.nouns)
        cur = rng.choice(("", "current ")) if r.key == "age" else ""
        roll = rng.random()
        if roll < 0.62:
            said, expr = operation(rng, v, value)
            second = rng.choice(FRAMES[:12]).format(said.replace("{V}", f"{his} {cur}{noun}"))
        elif roll < 0.8 and r.key in SPECIAL:
            said, expr = rng.choice(SPECIAL[r.key])
            said, expr = _slots(rng, said, expr, v, value)
            second = said.replace("{s}'s", his).replace("{s}", he).replace("{c}", words.place(rng))
            if " of " + he in second or " to " + he in second:
                raise Again
        else:
            said, expr = operation(rng, v, value)
            second = ask_pronoun(rng, r, target) + " " + rng.choice(FRAMES[:11]).format(said.replace("{V}", rng.choice(("that", "that number", "it"))))
        q = f"{ask(rng, hop, e.name, e)} {rng.choice(('', '', '', 'And '))}"
        q = q + (lower_first(second) if q.endswith("And ") else second)
    else:
        q, expr = calculation_question(rng, r, fact, subject_phrase(rng, hop, e.name), target)
    steps, n1, n2 = _hops(rng, e, hop, link, target, r, fact, world, q)
    last, result = calculate(rng, f"{stated(r, n2, target.name, fact.value)}. I need to calculate.", expr)
    return dress(rng, q), [*steps, last], f"{target.name}; {result}" if who else result


def do_two_facts_calc(rng: Random):
    a = facts.make_entity(rng, starting_kind(rng))
    b = facts.make_entity(rng, a.kind, a.noun if a.kind != "person" and rng.random() < 0.6 else "")
    if a.name == b.name:
        raise Again
    world = [a, b]
    r, fa = _value(rng, a, world)
    if r.need[0]:
        raise Again
    fb = facts.add_fact(rng, b, r, world)
    if fb.number is None or fb.number == 0 or fa.number == fb.number:
        raise Again
    r2 = r
    for e in world:
        facts.fill(rng, e, rng.randint(0, 4), world)
    n = rng.choice(r.nouns)
    if rng.random() < 0.2:
        r2, fb = _value(rng, b, world)
        if r2.need[0]:
            raise Again
        n2 = rng.choice(r2.nouns)
        said, expr = rng.choice(
            (
                ("What is the {n} of {a} plus the {k} of {b}?", "{v}+{w}"),
                ("What is {a}'s {n} minus {b}'s {k}?", "{v}-{w}"),
                ("Multiply the {n} of {a} by the {k} of {b}.", "{v}*{w}"),
                ("Add {a}'s {n} to {b}'s {k}.", "{v}+{w}"),
                ("What is the {n} of {a} divided by the {k} of {b}?", "{v}/{w}"),
                ("What is the sum of {a}'s {n} and {b}'s {k}?", "{v}+{w}"),
            )
        )
    else:
        n2 = n
        if r.more and rng.random() < 0.5:
            if float(fa.number) < float(fb.number):
                a, b, fa, fb = b, a, fb, fa
            said, expr = rng.choice(MORE)
            if r.key == "age" and rng.random() < 0.4:
                said, expr = rng.choice(
                    (
                        ("How many years older is {a} than {b}?", "{v}-{w}"),
                        ("How many years lie between the ages of {a} and {b}?", "{v}-{w}"),
                        ("What is the age difference between {a} and {b}?", "{v}-{w}"),
                        ("How old are {a} and {b} together?", "{v}+{w}"),
                        ("What is the sum of the ages of {a} and {b}?", "{v}+{w}"),
                        ("How many years separate {a} and {b}?", "{v}-{w}"),
                    )
                )
            if r.key in ("height", "length", "width", "depth") and rng.random() < 0.3:
                said, expr = rng.choice((("How many metres {m} is {a} than {b}?", "{v}-{w}"), ("If {a} and {b} were put together, what would the total {n} be?", "{v}+{w}")))
        else:
            said, expr = rng.choice(COMBINE)
        if r.key in ("founded", "built", "born", "published", "died") and rng.random() < 0.6:
            if float(fa.number) < float(fb.number):
                a, b, fa, fb = b, a, fb, fa
            verb = {"founded": "founded", "built": "built", "born": "born", "published": "published", "died": ""}[r.key]
            if not verb:
                raise Again
            said, expr = rng.choice(
                ((f"How many years after {{b}} was {{a}} {verb}?", "{v}-{w}"), (f"How many years passed between the year {{b}} was {verb} and the year {{a}} was {verb}?", "{v}-{w}"), (f"How many years before {{a}} was {{b}} {verb}?", "{v}-{w}"), (f"{{A}} was {verb} after {{b}}. How many years later?", "{v}-{w}"))
            )
    v, w = str(fa.number), str(fb.number)
    q = said.format(n=n, k=n2, a=a.name, b=b.name, A=a.name, m=r.more)
    if v.startswith("-") or w.startswith("-"):
        w = f"({w})" if w.startswith("-") else w
    expr = expr.format(v=v, w=w)
    pool = pool_of(rng, world, rng.randint(0, 3))
    first, second = ((a, fa, noun_of(rng, r, q)), (b, fb, noun_of(rng, r2, q)))
    if q.find(b.name) < q.find(a.name):
        first, second = second, first
    one = look_up(rng, f"I need the {first[2]} of {first[0].name}.", f"{first[0].name} {first[2]}", pool, first[1].value)
    two = look_up(rng, f"The {first[2]} is {first[1].value}. I need the {second[2]} of {second[0].name}.", f"{second[0].name} {second[2]}", pool, second[1].value)
    three, result = calculate(rng, f"The {second[2]} is {second[1].value}. I need to calculate.", expr)
    return dress(rng, q), [one, two, three], result


def do_same_two(rng: Random):
    k1, k2, asks, expr, n1, n2 = rng.choice((SAME[0], SAME[0], *SAME))
    kind = {"born": "person", "population": "place", "height": "structure", "length": "structure", "crew": "ship", "staff": "company"}[k1]
    e = facts.make_entity(rng, kind)
    by = {r.key: r for r in facts.RELATIONS}
    world = [e]
    f1, f2 = facts.add_fact(rng, e, by[k1], world), facts.add_fact(rng, e, by[k2], world)
    if k1 == "born":
        f2.number = int(f1.number) + rng.randint(20, 100)
        f2.value = str(f2.number)
    facts.fill(rng, e, rng.randint(0, 3), world)
    e.facts.pop("deathage", None)
    said = rng.choice(asks)
    if "divided by its width" in said:
        expr = "{v}/{w}"
    q = said.format(s=e.name, q=pronouns(e.sex)[0])
    pool = pool_of(rng, world, rng.randint(1, 3))
    one = look_up(rng, f"I need the {n1} of {e.name}.", f"{e.name} {n1}", pool, f1.value)
    two = look_up(rng, f"The {n1} is {f1.value}. I need the {n2} of {e.name}.", f"{e.name} {n2}", pool, f2.value)
    three, result = calculate(rng, f"The {n2} is {f2.value}. I need to calculate.", expr.format(v=f1.number, w=f2.number))
    return dress(rng, q), [one, two, three], result


def do_talk(rng: Random):
    if rng.random() < 0.5:
        asks, answers = rng.choice(TALK)
        return rng.choice(asks), [], rng.choice(answers)
    return (rng.choice(OPEN).format(x=rng.choice(words.THINGS + words.ANIMALS), y=rng.choice(words.THINGS)), [], CANNOT)


def do_no_documents(rng: Random):
    """A fact is asked for, and there is only a Calculator."""
    e = facts.make_entity(rng, starting_kind(rng))
    return dress(rng, ask(rng, rng.choice(facts.BY_KIND[e.kind]), e.name, e)), [], CANNOT


def drill(rng: Random) -> list[Part]:
    """Copying and looking up, bare and short: what everything else rests on, learned first."""

    def item() -> str:
        return rng.choice((words.person(rng, rng.choice("sh")), words.place(rng), words.thing_name(rng), words.code(rng), str(words.integer(rng)), str(rng.random())[: rng.randint(4, 18)], words.phrase(rng), str(rng.randint(10**6, 10**16))))

    items = [item() for _ in range(rng.randint(2, 9))]
    if rng.random() < 0.5:
        text = target = rng.choice((" ", ", ", "; ", "\n")).join(items)
    else:
        keys = [item() for _ in items]
        at = rng.sample(range(len(items)), min(3, len(items)))
        mark = rng.choice((": ", " is ", " = ", " - "))
        text = rng.choice(("\n", ". ")).join(k + mark + v for k, v in zip(keys, items, strict=True)) + "\n" + ", ".join(keys[i] for i in at)
        target = ", ".join(f"{keys[i]}{mark}{items[i]}" for i in at)
    return [("control", "<|user|>"), ("plain", "\n" + text), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", target), ("end", "</s>")]


KIND_OF: dict[str, tuple[Callable, float]] = {
    "arithmetic": (do_arithmetic, 0.32),
    "fact": (do_fact, 0.19),
    "missing": (do_missing, 0.03),
    "fact_calc": (do_fact_calc, 0.17),
    "two_hop": (do_two_hop, 0.08),
    "hop_calc": (do_hop_calc, 0.12),
    "two_facts_calc": (do_two_facts_calc, 0.08),
    "same_two": (do_same_two, 0.02),
    "talk": (do_talk, 0.02),
    "no_documents": (do_no_documents, 0.015),
}
MAX_CHARS = 4_600
DRILL = float(os.environ.get("DRILL", "0"))  # share of drills; the first part of a training has many


def draw(rng: Random, kind: str) -> list[Part]:
    question, steps, final = KIND_OF[kind][0](rng)
    if kind == "no_documents":
        tools = [CALCULATOR]
    elif kind == "arithmetic" or kind == "talk":
        tools = [CALCULATOR] if rng.random() < 0.6 else [CALCULATOR, SEARCH]
    else:
        tools = [CALCULATOR, SEARCH] if rng.random() < 0.88 else [SEARCH, CALCULATOR]
    if kind == "fact" and rng.random() < 0.06:
        tools = [SEARCH]
    parts = written(rng, question, steps, final, tools)
    if sum(len(t) for _, t in parts) > MAX_CHARS:
        raise Again
    return parts


def sample_kind(rng: Random, kind: str = "") -> tuple[str, list[Part]]:
    if not kind and rng.random() < DRILL:
        return "drill", drill(rng)
    chosen = kind or rng.choices(list(KIND_OF), [w for _, w in KIND_OF.values()])[0]
    while True:
        try:
            return chosen, draw(rng, chosen)
        except Again:
            continue


def sample(rng: Random) -> list[Part]:
    return sample_kind(rng)[1]


if __name__ == "__main__":
    for seed in range(4):
        kind, parts = sample_kind(Random(seed), sys.argv[1] if len(sys.argv) > 1 else "")
        print(f"---------------- {kind}")
        print("".join(t for _, t in parts))
