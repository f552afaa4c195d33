"""The kinds of run: each draws a question, the steps that lead to its answer, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import arithmetic
import facts
import words
from phrases import COMBINE, FRAMES, MORE, SAME, SPECIAL
from questions import Again, ask, ask_pronoun, calculation_question, called, dress, in_unit, lower_first, needed, noun_of, operation, pronouns, slots, stated, subject_phrase, value_phrase
from talk import CANNOT, do_talk, general
from worlds import a_value, add_main, calculate, entity_relation, look_up, main_fact, pool_of, starting_kind
from writing import Step


def do_arithmetic(rng: Random):
    q, expr = arithmetic.question(rng)
    step, value = calculate(rng, "I need to calculate this.", expr)
    if len(q) > 220:
        raise Again
    return q, [step], value


def do_fact(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = main_fact(rng, e, world)
    facts.fill(rng, e, rng.randint(1, 6), world)
    s, name = called(rng, e)
    q = in_unit(rng, ask(rng, r, s, e), fact.value)
    if rng.random() < 0.08:
        q, name = q.lower(), name.lower()
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(1, 5))
    need, query = needed(r, n, name)
    step = look_up(rng, f"I need {need}.", query, pool, fact.value)
    if fact.value in q:
        raise Again
    if rng.random() < 0.04:  # the words of the query were not those of the documents
        first = Step(f"I need {need}.", "Search", query, "No passages found.")
        return dress(rng, q), [first, look_up(rng, "I found nothing. I will search for less.", name, pool, fact.value)], fact.value
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
        if not e.facts or r.key in same or r.key in ("born", "age", "died", "deathage", "lifeage", "birthplace", "home", "country", "nationality", "location", "nearest", "seat", "employer", "boss", "job"):
            raise Again
        world.append(e)
    q = ask(rng, r, e.name, e)
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(0, 4))
    need, query = needed(r, n, e.name)
    step = look_up(rng, f"I need {need}.", query, pool if rng.random() < 0.8 else [])
    return dress(rng, q), [step], "I could not find that in the documents."


def do_fact_calc(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = a_value(rng, e, world, twins=True)
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


def rival(rng: Random, e, r, fact, world) -> None:
    """Often the first of the two has what is asked of the second, with another value: it stands where the second was found."""
    if facts.has(e, r) or not r.tells or e.kind not in r.kinds.split(",") or rng.random() < 0.4:
        return
    if facts.add_fact(rng, e, r, world).value == fact.value:
        raise Again


def do_two_hop(rng: Random):
    e, hop, link, target, world = _chain(rng)
    r, fact = main_fact(rng, target, world)
    rival(rng, e, r, fact, world)
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
    r, fact = a_value(rng, target, world)
    rival(rng, e, r, fact, world)
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
            second = rng.choice(FRAMES[:12] if rng.random() < 0.7 else ("What is {}?", "what is {}?", "What's {}?")).format(said.replace("{V}", f"{his} {cur}{noun}"))
        elif roll < 0.8 and r.key in SPECIAL:
            said, expr = rng.choice(SPECIAL[r.key])
            said, expr = slots(rng, said, expr, v, value)
            second = said.replace("{s}'s", his).replace("{s}", he).replace("{c}", words.place(rng))
            if " of " + he in second or " to " + he in second:
                raise Again
        else:
            said, expr = operation(rng, v, value)
            second = ask_pronoun(rng, r, target) + " " + rng.choice(FRAMES[:11]).format(said.replace("{V}", rng.choice(("that", "that number", "it"))))
        first = f"Who is {e.name}'s {rng.choice(hop.nouns)}?" if target.kind == "person" and rng.random() < 0.3 else ask(rng, hop, e.name, e)
        q = f"{first} {rng.choice(('', '', '', 'And '))}"
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
    r, fa = a_value(rng, a, world)
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
        r2, fb = a_value(rng, b, world)
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


PAIRED = (
    ("What is {V} plus {W}?", "{v}+{w}"),
    ("What is the sum of {V} and {W}?", "{v}+{w}"),
    ("Add {V} to {W}.", "{w}+{v}"),
    ("What do {V} and {W} add up to?", "{v}+{w}"),
    ("What is {V} minus {W}?", "{v}-{w}"),
    ("What is the difference between {V} and {W}?", "{v}-{w}"),
    ("Subtract {V} from {W}.", "{w}-{v}"),
    ("By how much does {V} exceed {W}?", "{v}-{w}"),
    ("What is {V} times {W}?", "{v}*{w}"),
    ("Multiply {V} by {W}.", "{v}*{w}"),
    ("What is the product of {V} and {W}?", "{v}*{w}"),
    ("What is {V} divided by {W}?", "{v}/{w}"),
    ("Divide {V} by {W}.", "{v}/{w}"),
    ("How many times does {W} go into {V}?", "{v}/{w}"),
    ("How many times {W} is {V}?", "{v}/{w}"),
    ("What is the ratio of {V} to {W}?", "{v}/{w}"),
    ("What is the average of {V} and {W}?", "({v}+{w})/2"),
    ("What percentage of {W} is {V}?", "{v}/{w}*100"),
    ("Take {V} and subtract {W}.", "{v}-{w}"),
    ("If you take {W} away from {V}, what is left?", "{v}-{w}"),
    ("Raise {V} to the power of {W}.", "{v}^{w}"),
)


def do_two_values(rng: Random):
    """Any two numbers, of one thing or of two, in one calculation."""
    a = facts.make_entity(rng, starting_kind(rng))
    b = a if rng.random() < 0.5 else facts.make_entity(rng, starting_kind(rng))
    world = [a] if a is b else [a, b]
    ra, fa = a_value(rng, a, world, twins=True)
    rb, fb = a_value(rng, b, world, twins=True)
    if (a is b and (ra.key == rb.key or fa.value == fb.value)) or a.facts.get(ra.key) is not fa:
        raise Again
    for e in world:
        facts.fill(rng, e, rng.randint(0, 4), world)
    said, expr = rng.choice(PAIRED)
    V, W = value_phrase(rng, ra, a.name), value_phrase(rng, rb, b.name)
    if a is b and rng.random() < 0.5 and not ra.phrases and not rb.phrases:
        W = f"{pronouns(a.sex)[1]} {rng.choice(rb.nouns)}"
    q = said.format(V=V, W=W)
    v, w = (f"({f.number})" if float(f.number) < 0 else str(f.number) for f in (fa, fb))
    pool = pool_of(rng, world, rng.randint(0, 3))
    first, second = ((ra, fa, a), (rb, fb, b)) if q.find(V) < q.find(W) else ((rb, fb, b), (ra, fa, a))
    n1, n2 = noun_of(rng, first[0], q), noun_of(rng, second[0], q)
    need1, query1 = needed(first[0], n1, first[2].name)
    need2, query2 = needed(second[0], n2, second[2].name)
    one = look_up(rng, f"I need {need1}.", query1, pool, first[1].value)
    two = look_up(rng, f"{stated(first[0], n1, first[2].name, first[1].value)}. I need {need2}.", query2, pool, second[1].value)
    three, result = calculate(rng, f"{stated(second[0], n2, second[2].name, second[1].value)}. I need to calculate.", expr.format(v=v, w=w))
    return dress(rng, q), [one, two, three], result


def do_same_two(rng: Random):
    k1, k2, asks, expr, n1, n2 = rng.choice((SAME[0], SAME[0], *SAME))
    kind = {"born": "person", "population": "place", "height": "structure", "length": "structure", "crew": "ship", "staff": "company"}[k1]
    e = facts.make_entity(rng, kind)
    world = [e]
    f1, f2 = facts.add_fact(rng, e, facts.BY_KEY[k1], world), facts.add_fact(rng, e, facts.BY_KEY[k2], world)
    if k1 == "born":
        f2.number = int(f1.number) + rng.randint(20, 100)
        f2.value = str(f2.number)
    facts.fill(rng, e, rng.randint(0, 3), world)
    for key in ("deathage", "lifeage"):
        e.facts.pop(key, None)
    said = rng.choice(asks)
    if "divided by its width" in said:
        expr = "{v}/{w}"
    q = said.format(s=e.name, q=pronouns(e.sex)[0])
    pool = pool_of(rng, world, rng.randint(1, 3))
    one = look_up(rng, f"I need the {n1} of {e.name}.", f"{e.name} {n1}", pool, f1.value)
    two = look_up(rng, f"The {n1} is {f1.value}. I need the {n2} of {e.name}.", f"{e.name} {n2}", pool, f2.value)
    three, result = calculate(rng, f"The {n2} is {f2.value}. I need to calculate.", expr.format(v=f1.number, w=f2.number))
    return dress(rng, q), [one, two, three], result


def do_no_documents(rng: Random):
    """A fact is asked for, and there is only a Calculator."""
    if rng.random() < 0.4:
        return general(rng), [], CANNOT
    e = facts.make_entity(rng, starting_kind(rng))
    return dress(rng, ask(rng, rng.choice(facts.BY_KIND[e.kind]), e.name, e)), [], CANNOT


KIND_OF: dict[str, tuple[Callable, float]] = {
    "arithmetic": (do_arithmetic, 0.22),
    "fact": (do_fact, 0.15),
    "missing": (do_missing, 0.04),
    "fact_calc": (do_fact_calc, 0.12),
    "two_hop": (do_two_hop, 0.07),
    "hop_calc": (do_hop_calc, 0.3),
    "two_facts_calc": (do_two_facts_calc, 0.03),
    "two_values": (do_two_values, 0.02),
    "same_two": (do_same_two, 0.01),
    "talk": (do_talk, 0.08),
    "no_documents": (do_no_documents, 0.02),
}
