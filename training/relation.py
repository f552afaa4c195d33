"""Entities, facts about them, and how one kind of fact is told and asked for; makers of the tables' rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import words


@dataclass
class Entity:
    name: str
    kind: str  # person, place, structure, ship, company, nature, work, product, animal, team, thing
    sex: str = "i"  # s(he), h(e), i(t)
    noun: str = ""  # what it is: "baker", "bridge"
    facts: dict[str, Fact] = field(default_factory=dict)
    bundles: list[Bundle] = field(default_factory=list)

    def pronoun(self) -> str:
        return {"s": "She", "h": "He", "i": "It"}[self.sex]

    def possessive(self) -> str:
        return {"s": "Her", "h": "His", "i": "Its"}[self.sex]


@dataclass
class Fact:
    relation: Relation
    value: str  # as the note says it: "1,250 metres"
    number: float | int | None = None
    target: Entity | None = None


@dataclass(frozen=True)
class Bundle:
    """Facts that one sentence tells together."""

    facts: list[Fact]
    tell: Callable[[Random, str], str]  # the sentence, for a subject such as "She"

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(f.relation.key for f in self.facts)


@dataclass(frozen=True)
class Relation:
    """How one kind of fact is told (`tells`, `label`) and asked for (`asks`, `nouns`).

    {S} the subject or its pronoun at the start of a sentence, {P} its possessive, {v} the value, {s} the subject in a question.
    """

    key: str
    kinds: str
    make: Callable[[Random], tuple[str, float | int | None]]
    nouns: tuple[str, ...]
    tells: tuple[str, ...]
    asks: tuple[str, ...]
    target: str = ""  # kind of entity that the value is
    more: str = ""  # "taller": for comparisons
    label: tuple[str, ...] = ()
    need: tuple[str, str] = ("", "")  # what the thought says, and the query; default: the noun of the subject
    say: str = ""  # the thought that states the value; default: The noun is the value.
    phrases: tuple[str, ...] = ()  # the value within a question: "the year in which {s} won it"; default: the noun of the subject


def num(low: float, high: float, *units: str, places: int = 0, commas: float = 0.5, log: bool = False) -> Callable[[Random], tuple[str, float | int | None]]:
    def make(rng: Random) -> tuple[str, float | int | None]:
        if log:
            import math

            x = math.exp(rng.uniform(math.log(low), math.log(high)))
        else:
            x = rng.uniform(low, high)
        n: float | int = round(x, places) if places and rng.random() < 0.7 else round(x)
        shown = f"{n:,}" if rng.random() < commas else str(n)
        return (f"{shown} {rng.choice(units)}" if units else shown), n

    return make


def text(pick: Callable[[Random], str]) -> Callable[[Random], tuple[str, None]]:
    return lambda rng: (pick(rng), None)


def one_of(options: list[str]) -> Callable[[Random], tuple[str, None]]:
    return lambda rng: (rng.choice(options), None)


def date(rng: Random) -> str:
    d, m, y = rng.randint(1, 28), rng.choice(words.MONTHS), rng.randint(1500, 2024)
    return rng.choice((f"{d} {m} {y}", f"{m} {d}, {y}", f"{d} {m}", f"{m} {y}"))


def year(low: int, high: int) -> Callable[[Random], tuple[str, int]]:
    def make(rng: Random) -> tuple[str, int]:
        y = rng.randint(low, high)
        return str(y), y

    return make


def small_count(low: int, high: int) -> Callable[[Random], tuple[str, int]]:
    def make(rng: Random) -> tuple[str, int]:
        n = rng.randint(low, high)
        return (words.in_words(n) if n < 13 and rng.random() < 0.4 else str(n)), n

    return make


def kin(key: str, nouns: tuple[str, ...], sex: str = "", extra: tuple[str, ...] = (), asks: tuple[str, ...] = ()) -> Relation:
    """A person who is somebody's somebody."""
    n = nouns[0]
    return Relation(
        key,
        "person",
        text(lambda r: ""),
        nouns,
        (f"{{P}} {n} is {{v}}.", f"{{P}} {n} is called {{v}}.", f"{{S}} has a {n} named {{v}}.", f"{{P}} {n}, {{v}}, lives nearby.", f"{{P}} {n} {{v}} is often mentioned in letters.", f"{{v}} is the {n} of {{N}}.", f"{{P}} {n} was {{v}}.", f"{{N}}'s {n}, {{v}}, helped a lot.", *extra),
        (f"Who is {{s}}'s {n}?", f"Who is the {n} of {{s}}?", f"What is the name of {{s}}'s {n}?", f"What is {{s}}'s {n} called?", f"Tell me who {{s}}'s {n} is.", f"Who was {{s}}'s {n}?", f"Can you name the {n} of {{s}}?", f"Name {{s}}'s {n}.", f"{{s}}'s {n} is who?", f"What's the name of the {n} of {{s}}?", *asks),
        target="person" + sex,
    )


def role(key: str, kinds: str, nouns: tuple[str, ...], verb: str, ask_verbs: tuple[str, ...] = (), passive: str = "") -> Relation:
    """A person who did something for a thing: founder, architect, captain."""
    n = nouns[0]
    tells = [f"{{P}} {n} is {{v}}.", f"{{P}} {n} was {{v}}.", f"The {n} is {{v}}.", f"The {n} of {{N}} is {{v}}.", f"{{v}} is its {n}.", f"{{v}}, the {n}, is well known here."]
    asks = [f"Who is the {n} of {{s}}?", f"Who is {{s}}'s {n}?", f"What is the name of the {n} of {{s}}?", f"Who was the {n} of {{s}}?", f"Tell me the {n} of {{s}}.", f"Name the {n} of {{s}}.", f"What's {{s}}'s {n} called?", f"Who works as {n} of {{s}}?", f"I am looking for the {n} of {{s}}. Who is it?"]
    if verb:
        tells += [f"{{v}} {verb} {{O}}.", f"{{v}} {verb} {{N}}."]
        asks += [f"Who {verb} {{s}}?", f"Who {verb} {{s}}?", f"Do you know who {verb} {{s}}?", f"By whom was {{s}} {passive or verb}?", f"What is the name of the person who {verb} {{s}}?"]
        tells += [f"{{S}} was {passive or verb} by {{v}}."] * 2
    return Relation(key, kinds, text(lambda r: ""), nouns, tuple(tells), tuple(asks) + ask_verbs, target="person")


def measure(key: str, kinds: str, make: Callable, nouns: tuple[str, ...], tells: tuple[str, ...], adjective: str = "", more: str = "", asks: tuple[str, ...] = ()) -> Relation:
    n = nouns[0]
    how = (f"How {adjective} is {{s}}?", f"How {adjective} is {{s}}?", f"how {adjective} is {{s}}", f"Can you tell me how {adjective} {{s}} is?", f"Do you know how {adjective} {{s}} is?") if adjective else ()
    return Relation(
        key,
        kinds,
        make,
        nouns,
        tells + (f"{{P}} {n} is {{v}}.", f"{{S}} has a {n} of {{v}}.", f"The {n} of {{N}} is {{v}}.", f"With a {n} of {{v}}, {{N}} is well known.", f"{{P}} {n} was measured at {{v}}."),
        how + (f"What is the {n} of {{s}}?", f"What is {{s}}'s {n}?", f"Tell me the {n} of {{s}}.", f"What {n} does {{s}} have?", f"I need the {n} of {{s}}.", f"Which {n} does {{s}} have?", f"What's {{s}}'s {n}?") + asks,
        more=more,
    )
