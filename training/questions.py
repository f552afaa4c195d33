"""What people ask about a fact, and how: the question, the expression that answers it, what is searched for."""

from __future__ import annotations

from random import Random

import facts
import words
from phrases import CLOSERS, FRAMES, IFS, OPENERS, OPS, SPECIAL, WHERE


class Again(Exception):
    """This draw makes no sense (a negative root, a number too long): draw another."""


def operation(rng: Random, v: str, value: float) -> tuple[str, str]:
    """A phrase with `{V}` for the value and the expression with `v` in it."""
    forms, expr = rng.choice(OPS)
    said = rng.choice(forms)
    if not expr:
        expr = "{v}*4" if said.startswith("four") else "{v}*10"
    return slots(rng, said, expr, v, value)


def slots(rng: Random, said: str, expr: str, v: str, value: float) -> tuple[str, str]:
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


def subject_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    n = r.nouns[0]
    forms = [f"{s}'s {n}", f"the {n} of {s}", f"{s}'s {n}", f"the {n} of {s}"]
    forms += [w.format(s=s) for w in WHERE.get(r.key, ())] * 2
    forms += ["the person who " + a[4:-1].format(s=s) for a in r.asks if a.startswith("Who ") and a.split()[1] not in ("is", "was", "does", "did")][:2]
    return rng.choice(forms)


def pronouns(sex: str) -> tuple[str, str]:
    return {"s": ("she", "her"), "h": ("he", "his"), "i": ("it", "its")}[sex]


PLAINLY = (
    "Tell me {}.",
    "Find {}.",
    "Look up {}.",
    "Give me {}.",
    "I'm looking for {}.",
    "{}, please.",
    "{}?",
    "What do the documents say about {}?",
    "Please find out {}.",
    "I need to know {}.",
    "I want {}.",
    "Could you give me {}?",
    "Can you find {} for me?",
    "Would you look up {}?",
    "Do you know {}?",
    "Say {}.",
    "Please name {}.",
    "{}",
    "I'd like {}.",
    "Get me {}.",
)


def ask_plainly(rng: Random, r: facts.Relation, s: str) -> str:
    """The thing that is wanted, as a noun phrase: "Look up the height of the tower." """
    said = rng.choice(PLAINLY).format(value_phrase(rng, r, s))
    return said[0].upper() + said[1:]


UNITS = {
    "metres": "metres",
    "m": "metres",
    "kilometres": "kilometres",
    "km": "kilometres",
    "cm": "centimetres",
    "centimetres": "centimetres",
    "feet": "feet",
    "kg": "kilograms",
    "kilograms": "kg",
    "tonnes": "tonnes",
    "grams": "grams",
    "years": "years",
    "minutes": "minutes",
    "hours": "hours",
    "euros": "euros",
    "dollars": "dollars",
    "pounds": "pounds",
    "crowns": "crowns",
    "knots": "knots",
    "km/h": "km/h",
    "litres": "litres",
    "days": "days",
}


def in_unit(rng: Random, q: str, value: str) -> str:
    """Now and then a question names the unit that it wants."""
    unit = value.rsplit(maxsplit=1)[-1] if " " in value else ""
    if unit not in UNITS or UNITS[unit] in q or rng.random() > 0.2 or not q.endswith("?"):
        return q
    return f"{q[:-1]}{rng.choice((' in ', ', in ', ', measured in '))}{UNITS[unit]}?"


SHORT = (("Who is ", "Who's "), ("What is ", "What's "), ("Where is ", "Where's "), ("When was ", "when was "), ("How many ", "how many "), ("What is ", "what is "), ("Who is ", "who is "), ("I would like ", "I'd like "))


def ask(rng: Random, r: facts.Relation, s: str, e: facts.Entity | None = None) -> str:
    if rng.random() < 0.14 and (r.phrases or not r.need[0]):
        return ask_plainly(rng, r, s)
    q = pronouns(e.sex if e else "i")[0]
    return rng.choice(r.asks).format(s=s, q=q, p=pronouns(e.sex if e else "i")[1], c=words.place(rng), ds={"s": "daughter", "h": "son", "i": "child"}[e.sex if e else "i"])


def ask_pronoun(rng: Random, r: facts.Relation, e: facts.Entity) -> str:
    he, his = pronouns(e.sex)
    forms = [a for a in r.asks if not any(x in a for x in (" of {s}", " to {s}", " by {s}", " on {s}", " into {s}", " for {s}", " in {s}", " with {s}", "are {s}", " employs {s}", " from {s}", "{c}", "{ds}")) and not (a.startswith("Who ") and a.endswith(" {s}?") and a.split()[1] not in ("is", "was"))]
    forms = forms or [f"What is {{s}}'s {r.nouns[0]}?"]
    return rng.choice(forms).replace("{s}'s", his).format(s=he, q=he, p=his)


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
    if rng.random() < 0.08:
        old, new = rng.choice(SHORT)
        q = new + q[len(old) :] if q.startswith(old) else q
    q = rng.choice(OPENERS) + q + rng.choice(CLOSERS)
    if rng.random() < 0.03:
        q = rng.choice(("Can you tell me: ", "Could you find out: ", "I would like to know: ")) + lower_first(q)
    return q


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


def value_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    if r.phrases:
        return rng.choice(r.phrases).format(s=s)
    n = rng.choice(r.nouns)
    cur = rng.choice(("", "", "", "", "current ")) if r.key in ("age", "population", "staff", "salary") else ""
    return rng.choice((f"the {cur}{n} of {s}", f"{s}'s {cur}{n}", f"the {cur}{n} of {s}", f"{s}'s {cur}{n}"))


def calculation_question(rng: Random, r: facts.Relation, fact: facts.Fact, s: str, e: facts.Entity, *, said_before: str = "") -> tuple[str, str]:
    """A question that asks for a calculation with one value of `s`; gives the question and the expression."""
    v, value = str(fact.number), float(fact.number)
    roll = rng.random()
    if r.key in SPECIAL and roll < 0.38:
        said, expr = rng.choice(SPECIAL[r.key])
        said, expr = slots(rng, said, expr, v, value)
        return said.replace("{s}", s).replace("{c}", words.place(rng)), expr
    if roll < 0.52:
        said, expr = rng.choice(IFS)
        said, expr = slots(rng, said, expr, v, value)
        V = value_phrase(rng, r, s)
        if said.startswith("{V}"):
            V = V[0].upper() + V[1:]
        return said.replace("{V}", V), expr
    said, expr = operation(rng, v, value)
    if r.nouns[0] == "year" and rng.random() < 0.4:
        what = value_phrase(rng, r, s)
        said, expr = rng.choice((("How many years before {late} was " + what + "?", "{late}-{v}"), ("How many years passed from " + what + " to {late}?", "{late}-{v}"), ("What is {n} years after " + what + "?", "{v}+{n}"), ("Subtract " + what + " from {late}.", "{late}-{v}")))
        return slots(rng, said, expr, v, value)
    if roll < 0.66:
        first = ask(rng, r, s, e)
        that = rng.choice(("that", "that number", "it", "this value", "that value", "the result"))
        second = rng.choice(FRAMES[:11]).format(said.replace("{V}", that))
        return (f"{first} {rng.choice((second, second, 'And ' + lower_first(second), 'Then ' + lower_first(second)))}", expr)
    return rng.choice(FRAMES).format(said.replace("{V}", value_phrase(rng, r, s))), expr


def called(rng: Random, e: facts.Entity) -> tuple[str, str]:
    """How the question names the entity, and what of it goes into thought and query."""
    roll = rng.random()
    if e.kind == "person" and " " in e.name and roll < 0.12:
        first, last = e.name.split()[0], e.name.split()[-1]
        if roll < 0.03 and len(first) > 2 and "." not in first:
            return first, first
        if roll < 0.06:
            return f"{rng.choice(('Mr', 'Captain', 'Dr', 'Mr.', 'Professor') if e.sex == 'h' else ('Ms', 'Mrs', 'Captain', 'Dr', 'Mrs.', 'Professor'))} {last}", last
        return last, last
    if e.kind not in ("person", "place", "country", "animal") and roll < 0.3:
        return rng.choice((f"the {e.noun} {e.name}", f"the {e.name}", f"the {e.name}")), e.name
    return e.name, e.name
