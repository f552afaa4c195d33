"""A small invented world for each trace: entities, facts about them, notes that tell the facts, questions that ask.

python3 training/facts.py        prints a note or two and the questions they answer
"""

from __future__ import annotations

import ast
import re
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import words


@dataclass
class Entity:
    name: str
    kind: str  # person, place, structure, ship, company, nature, work, product, animal, team, thing
    sex: str = "i"  # s(he), h(e), i(t)
    noun: str = ""  # what it is: "baker", "bridge"
    facts: dict[str, Fact] = field(default_factory=dict)

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


PEOPLE_THINGS = "structure,ship,company,nature,work,product,animal,team,thing,place"
RELATIONS: tuple[Relation, ...] = (
    # people
    Relation(
        "age",
        "person,animal",
        num(2, 98),
        ("age",),
        (
            "{S} is {v} years old.",
            "{S} is {v} years old.",
            "{S} is {v}.",
            "{S} is aged {v}.",
            "{S} turned {v} last spring.",
            "{P} age is {v}.",
            "At the age of {v}, {N} still works every day.",
            "{S} is now {v} years of age.",
            "Aged {v}, {N} is a well known face here.",
            "{S}, aged {v}, lives alone.",
            "{S} celebrated {p} {v}th birthday.",
            "At {v}, {N} is not tired yet.",
            "{S} ({v}) works hard.",
        ),
        ("How old is {s}?", "How old is {s}?", "What is {s}'s age?", "What is the age of {s}?", "What age is {s}?", "Tell me {s}'s age.", "how old is {s}", "At what age is {s} now?", "What is the current age of {s}?", "What's {s}'s current age?", "Do you know how old {s} is?"),
        more="older",
    ),
    Relation(
        "deathage",
        "person",
        num(30, 101),
        ("age at death",),
        ("{S} died at the age of {v}.", "{S} died aged {v}.", "{S} was {v} when {q} died.", "{S} was aged {v} when {q} died.", "{S} died in {c} on {d} {y}, aged {v}.", "{S} died in {y} at the age of {v}.", "{S} lived to the age of {v}.", "{S} passed away at {v}."),
        (
            "How old was {s} when {q} died?",
            "At what age did {s} die?",
            "How old did {s} get?",
            "What age did {s} reach?",
            "How old was {s} at death?",
            "What was {s}'s age at death?",
            "How many years did {s} live?",
            "How old was {s} at the time of death?",
            "What was the age at death of {s}?",
            "At which age did {s} die?",
        ),
    ),
    Relation(
        "born",
        "person",
        year(1500, 2012),
        ("birth year", "year of birth"),
        (
            "{S} was born in {v}.",
            "{S} was born in {c} in {v}.",
            "Born in {v}, {N} grew up in {c}.",
            "{S} came into the world in {v}.",
            "{P} birth year is {v}.",
            "{S} was born on {d} {v}.",
            "{S} was born in {c} on {d} {v} and grew up in {o2}.",
            "{S} was born in {v} as the child of {o}.",
            "{S} (born {v}) comes from {c}.",
        ),
        ("When was {s} born?", "In what year was {s} born?", "In which year was {s} born?", "What year was {s} born?", "What is {s}'s birth year?", "What is {s}'s year of birth?", "What is the birth year of {s}?", "when was {s} born"),
    ),
    Relation(
        "died",
        "person",
        year(1560, 2024),
        ("death year", "year of death"),
        ("{S} died in {v}.", "{S} died in {c} in {v}.", "{S} passed away in {v}.", "{P} death came in {v}.", "{S} died on {d} {v}."),
        ("When did {s} die?", "In what year did {s} die?", "In which year did {s} die?", "What year did {s} pass away?", "What is {s}'s year of death?", "what year did {s} die"),
    ),
    Relation(
        "birthplace",
        "person",
        text(words.place),
        ("birthplace", "place of birth"),
        ("{S} was born in {v}.", "{S} was born in {v} in {y}.", "{S} comes from {v}.", "{P} birthplace is {v}.", "{S} is a native of {v}.", "Born in {v}, {N} soon left.", "{S} was born in {y} in {v}."),
        ("Where was {s} born?", "In which city was {s} born?", "In which town was {s} born?", "What is {s}'s birthplace?", "What is the birthplace of {s}?", "Where does {s} come from?", "Where is {s} from?", "What is {s}'s place of birth?", "which place was {s} born in"),
        target="place",
    ),
    Relation(
        "home",
        "person,animal",
        text(words.place),
        ("home", "home town"),
        ("{S} lives in {v}.", "{S} lives in {v} with two cats.", "{S} moved to {v} some years ago.", "{P} home is in {v}.", "Home is {v} these days.", "{S} now lives in {v}.", "{S} settled in {v}."),
        ("Where does {s} live?", "In which town does {s} live?", "In which city does {s} live?", "What town does {s} live in?", "Where is {s}'s home?", "What is {s}'s home town?", "where does {s} live now?"),
        target="place",
    ),
    Relation(
        "job",
        "person",
        one_of([j.replace("-", " ") for j in words.JOBS]),
        ("job", "profession", "occupation"),
        ("{S} works as a {v}.", "{S} is a {v}.", "{S} is a {v} by trade.", "{P} profession is {v}.", "{S} earns {p} living as a {v}.", "{S} trained as a {v}.", "{S} became a {v}."),
        ("What does {s} do for a living?", "What is {s}'s job?", "What is {s}'s profession?", "What is the occupation of {s}?", "What does {s} work as?", "What is {s}'s occupation?", "Which profession does {s} have?", "what job does {s} have"),
    ),
    Relation(
        "nationality",
        "person",
        text(words.country),
        ("nationality", "country"),
        ("{S} grew up in {v}.", "{S} is a citizen of {v}.", "{P} home country is {v}.", "{S} comes from {v}."),
        ("Which country does {s} come from?", "What country is {s} from?", "What is {s}'s home country?", "Of which country is {s} a citizen?"),
        target="country",
    ),
    Relation(
        "language",
        "person",
        one_of(words.LANGUAGES),
        ("language", "mother tongue", "first language"),
        ("{P} mother tongue is {v}.", "{S} speaks {v} at home.", "{P} first language is {v}.", "{S} speaks {v}."),
        ("What language does {s} speak?", "What is {s}'s mother tongue?", "Which language does {s} speak?", "What is {s}'s first language?"),
    ),
    Relation(
        "instrument",
        "person",
        one_of(words.INSTRUMENTS),
        ("instrument",),
        ("{S} plays the {v}.", "{S} learned to play the {v}.", "{P} instrument is the {v}.", "In the evenings {N} plays the {v}.", "{S} took up the {v} as a child."),
        ("What instrument does {s} play?", "Which instrument does {s} play?", "What does {s} play?", "What is {s}'s instrument?", "What instrument did {s} learn?"),
    ),
    Relation(
        "study",
        "person",
        one_of(words.SUBJECTS),
        ("subject", "field"),
        ("{S} studied {v} in {c}.", "{S} studied {v}.", "{S} has a degree in {v}.", "{S} teaches {v}.", "{P} subject was {v}.", "{S} read {v} at university."),
        ("What did {s} study?", "What subject did {s} study?", "Which subject does {s} teach?", "What does {s} have a degree in?", "In which field did {s} study?", "what is {s}'s subject?"),
    ),
    Relation(
        "university",
        "person",
        text(lambda r: f"{r.choice(('University of ', 'College of ', 'Academy of '))}{words.place(r)}"),
        ("university",),
        ("{S} studied at the {v}.", "{S} graduated from the {v}.", "{S} attended the {v}."),
        ("Where did {s} study?", "Which university did {s} attend?", "What university did {s} graduate from?", "At which university did {s} study?"),
    ),
    Relation("pet", "person", text(lambda r: r.choice(words.ANIMALS)), ("pet",), ("{S} keeps a {v} as a pet.", "{P} pet is a {v}.", "{S} owns a {v}.", "{S} has a pet {v}."), ("What pet does {s} have?", "What animal does {s} keep?", "What kind of pet does {s} own?", "What is {s}'s pet?")),
    Relation(
        "favfood",
        "person",
        text(lambda r: r.choice(words.FOODS) + r.choice(("", " soup", " cake", " salad", " stew"))),
        ("favourite dish", "favourite food"),
        ("{P} favourite dish is {v}.", "{S} loves {v}.", "{P} favourite food is {v}.", "{S} likes {v} best."),
        ("What is {s}'s favourite dish?", "What does {s} like to eat?", "What is {s}'s favourite food?", "What food does {s} love?", "What dish does {s} like best?"),
    ),
    Relation(
        "wrote",
        "person",
        text(words.thing_name),
        ("book",),
        ("{S} wrote the novel {v}.", "{S} is the author of {v}.", "{P} best known book is {v}.", "{S} wrote {v} in {y}.", "{S} published {v}."),
        ("What book did {s} write?", "Which book did {s} write?", "What is the title of {s}'s book?", "Which novel is by {s}?", "What did {s} write?", "What is {s}'s best known book?"),
        target="work",
    ),
    Relation(
        "invented",
        "person",
        text(lambda r: f"{r.choice(words.ADJ)} {r.choice(words.THINGS)}"),
        ("invention",),
        ("{S} invented the {v}.", "{S} is known for inventing the {v}.", "{P} best known invention is the {v}."),
        ("What did {s} invent?", "What is {s} known for?", "Which invention is by {s}?", "What invention is {s} known for?"),
    ),
    Relation("discovered", "person", text(words.thing_name), ("discovery",), ("{S} discovered {v}.", "{S} discovered {v} in {y}.", "{P} great discovery was {v}."), ("What did {s} discover?", "What is {s}'s discovery?", "Which discovery did {s} make?")),
    Relation("children", "person", small_count(2, 14), ("number of children",), ("{S} has {v} children.", "{S} raised {v} children.", "{S} had {v} children."), ("How many children does {s} have?", "How many children did {s} have?", "How many kids does {s} have?", "What is {s}'s number of children?")),
    Relation("siblings", "person", small_count(2, 12), ("number of siblings",), ("{S} has {v} siblings.", "{S} grew up with {v} brothers and sisters."), ("How many siblings does {s} have?", "How many brothers and sisters does {s} have?")),
    measure("pheight", "person", num(140, 209, "cm", "centimetres"), ("height",), ("{S} is {v} tall.", "{S} stands {v} tall.", "At {v}, {N} is taller than most.", "{S} measures {v}."), "tall", "taller"),
    Relation(
        "salary",
        "person",
        num(800, 190000, "euros", "dollars", "pounds", "crowns"),
        ("salary",),
        ("{S} earns {v} a year.", "{P} salary is {v}.", "{S} is paid {v} a month.", "{S} makes {v} per month."),
        ("How much does {s} earn?", "What is {s}'s salary?", "What does {s} earn?", "How much is {s} paid?", "What salary does {s} get?"),
        more="more",
    ),
    Relation(
        "employer",
        "person",
        text(words.thing_name),
        ("employer", "company"),
        ("{S} works for {v}.", "{P} employer is {v}.", "{S} is employed by {v}.", "{S} has worked at {v} since {y}."),
        ("Who does {s} work for?", "What company does {s} work for?", "Where does {s} work?", "What is {s}'s employer?", "Which company employs {s}?", "Who is {s}'s employer?"),
        target="company",
    ),
    Relation("ship", "person", text(words.thing_name), ("ship",), ("{S} sails the {v}.", "{S} is captain of the {v}.", "{P} ship is the {v}.", "{S} commands the {v}."), ("What ship does {s} command?", "Which ship does {s} sail?", "What is {s}'s ship?", "What is the name of {s}'s ship?"), target="ship"),
    kin("wife", ("wife",), "s", ("{S} is married to {v}.", "{S} married {v} in {y}."), ("Who is {s} married to?", "Who did {s} marry?")),
    kin("husband", ("husband",), "h", ("{S} is married to {v}.", "{S} married {v} in {y}."), ("Who is {s} married to?", "Who did {s} marry?")),
    kin("girlfriend", ("girlfriend",), "s", ("{S} is dating {v}.", "{S} has been together with {v} since {y}."), ("Who is {s} dating?", "Who is {s}'s current girlfriend?")),
    kin("boyfriend", ("boyfriend",), "h", ("{S} is dating {v}.",), ("Who is {s} dating?",)),
    kin("partner", ("partner",), "", ("{S} lives with {p} partner {v}.",), ("Who is the current partner of {s}?",)),
    kin("daughter", ("daughter",), "s", ("{S} has one daughter, {v}.", "{S} is the {mf} of {v}."), ("Who is the daughter of {s}?",)),
    kin("son", ("son",), "h", ("{S} has one son, {v}.", "{S} is the {mf} of {v}.")),
    kin("mother", ("mother",), "s", ("{S} is the {ds} of {v}.",), ("Whose {ds} is {s}?",)),
    kin("father", ("father",), "h", ("{S} is the {ds} of {v}.",)),
    kin("sister", ("sister",), "s", ("{P} younger sister is {v}.", "{P} elder sister is {v}.")),
    kin("brother", ("brother",), "h", ("{P} younger brother is {v}.", "{P} elder brother is {v}.")),
    kin("aunt", ("aunt",), "s"),
    kin("uncle", ("uncle",), "h"),
    kin("cousin", ("cousin",)),
    kin("niece", ("niece",), "s"),
    kin("nephew", ("nephew",), "h"),
    kin("grandmother", ("grandmother",), "s"),
    kin("grandfather", ("grandfather",), "h"),
    kin("twin", ("twin",)),
    kin("teacher", ("teacher",), "", ("{S} was taught by {v}.", "{S} learned everything from {v}.", "{v} taught {N}."), ("Who taught {s}?", "Who did {s} learn from?")),
    kin("student", ("student", "pupil"), "", ("{S} taught {v}.", "{P} best known student is {v}."), ("Who did {s} teach?", "Who was taught by {s}?")),
    kin("mentor", ("mentor",), "", ("{S} was trained by {v}.",), ("Who trained {s}?",)),
    kin("boss", ("boss",), "", ("{S} reports to {v}.", "{S} works for {v}."), ("Who does {s} report to?",)),
    kin("manager", ("manager",)),
    kin("assistant", ("assistant",), "", ("{v} assists {N} in the workshop.",), ("Who assists {s}?",)),
    kin("friend", ("best friend",), "", ("{S} and {v} are best friends.", "{P} closest friend is {v}.")),
    kin("neighbour", ("neighbour",), "", ("{v} lives next door.",)),
    kin("rival", ("rival",), "", ("{S} often competes with {v}.",)),
    kin("colleague", ("colleague",)),
    kin("coach", ("coach",), "", ("{S} is coached by {v}.",), ("Who coaches {s}?",)),
    kin("doctor", ("doctor",)),
    kin("roommate", ("roommate",)),
    kin("apprentice", ("apprentice",)),
    kin("business_partner", ("business partner",)),
    kin("successor", ("successor",), "", ("{S} was succeeded by {v}.",), ("Who succeeded {s}?", "Who came after {s}?")),
    kin("predecessor", ("predecessor",), "", ("{S} succeeded {v}.",), ("Who came before {s}?",)),
    kin("agent", ("agent",)),
    kin("lawyer", ("lawyer",)),
    kin("secretary", ("secretary",)),
    kin("bodyguard", ("bodyguard",)),
    kin("trainer", ("trainer",)),
    kin("landlord", ("landlord",), "h"),
    kin("tutor", ("tutor",)),
    kin("godmother", ("godmother",), "s"),
    kin("fiancee", ("fiancée",), "s", ("{S} is engaged to {v}.",), ("Who is {s} engaged to?",)),
    # places
    Relation(
        "population",
        "place",
        num(40, 9_000_000, log=True),
        ("population",),
        ("{S} has a population of {v}.", "{S} has {v} inhabitants.", "{v} people live in {N}.", "{S} is home to {v} people.", "{P} population is {v}.", "About {v} people live there."),
        ("How many people live in {s}?", "What is the population of {s}?", "How many inhabitants does {s} have?", "What is {s}'s population?", "How many residents does {s} have?", "how many people live in {s}?", "How big is the population of {s}?"),
        more="more people",
    ),
    role("mayor", "place", ("mayor",), "governs", passive="governed"),
    measure("area", "place,nature", num(2, 90_000, "square kilometres", "km²", "hectares", log=True), ("area",), ("{S} covers {v}.", "{S} covers an area of {v}.", "{S} spreads over {v}."), "large", "larger", ("How much area does {s} cover?", "How big is {s}?")),
    measure("elevation", "place", num(2, 3900, "metres", "m"), ("elevation", "altitude"), ("{S} lies {v} above sea level.", "{S} lies at an altitude of {v}.", "{S} sits at {v} above the sea."), "high", "higher", ("How high above sea level is {s}?", "How far above sea level does {s} lie?")),
    Relation(
        "founded",
        "place,company,team",
        year(900, 2020),
        ("founding year",),
        ("{S} was founded in {v}.", "Founded in {v}, {N} grew slowly.", "{S} was established in {v}.", "{P} history began in {v}.", "{S} has existed since {v}.", "{S} was set up in {v} by {o}."),
        ("When was {s} founded?", "In what year was {s} founded?", "In which year was {s} established?", "What year was {s} set up?", "What is the founding year of {s}?", "Since when does {s} exist?", "when was {s} founded"),
    ),
    Relation(
        "river",
        "place",
        text(words.invented),
        ("river",),
        ("{S} lies on the river {v}.", "The river {v} runs through {N}.", "The {v} flows through the town.", "{S} stands on the banks of the {v}."),
        ("Which river flows through {s}?", "What river does {s} lie on?", "On which river is {s}?", "What is the name of the river in {s}?"),
        target="river",
    ),
    Relation(
        "country",
        "place,nature,structure",
        text(words.country),
        ("country",),
        ("{S} is in {v}.", "{S} is a town in {v}.", "{S} lies in {v}.", "{S} is located in {v}.", "{S} belongs to {v}."),
        ("In which country is {s}?", "What country is {s} in?", "Which country does {s} belong to?", "In which country does {s} lie?", "Where is {s}?", "Where is {s} located?"),
        target="country",
    ),
    Relation(
        "capital",
        "country",
        text(words.place),
        ("capital",),
        ("{P} capital is {v}.", "The capital of {N} is {v}.", "{v} is the capital.", "{v} is the capital of {N}."),
        ("What is the capital of {s}?", "What is {s}'s capital?", "Which city is the capital of {s}?", "What's the capital city of {s}?", "Name the capital of {s}."),
        target="place",
    ),
    Relation("currency", "country", text(words.invented), ("currency",), ("{P} currency is the {v}.", "People pay with the {v}.", "The currency of {N} is the {v}."), ("What is the currency of {s}?", "What currency is used in {s}?", "What do people pay with in {s}?", "What is {s}'s currency?")),
    Relation("cpop", "country", num(20_000, 90_000_000, log=True), ("population",), ("{S} has a population of {v}.", "{v} people live in {N}.", "{S} has {v} inhabitants."), ("How many people live in {s}?", "What is the population of {s}?", "How many inhabitants does {s} have?")),
    role("president", "country", ("president",), "leads", passive="led"),
    role("queen", "country", ("queen",), "rules", passive="ruled"),
    Relation(
        "famous",
        "place",
        text(lambda r: r.choice((words.phrase(r) + "s", r.choice(words.FOODS)))),
        ("speciality",),
        ("{S} is famous for {v}.", "{S} is known for its {v}.", "Visitors come to {N} for the {v}."),
        ("What is {s} famous for?", "What is {s} known for?", "Why do visitors come to {s}?", "What is {s}'s speciality?"),
    ),
    Relation(
        "nearest",
        "place,nature,structure",
        text(words.place),
        ("nearest town",),
        ("The nearest town is {v}.", "{P} nearest town is {v}.", "{v} is the nearest town.", "{S} is close to {v}."),
        ("What is the nearest town to {s}?", "Which town is closest to {s}?", "What is {s}'s nearest town?", "What is the nearest town of {s}?", "Which town is near {s}?"),
        target="place",
    ),
    Relation(
        "distance",
        "place,structure",
        num(2, 900, "kilometres", "km", "miles"),
        ("distance",),
        ("{S} is {v} from {c}.", "{S} lies {v} north of {c}.", "The distance from {N} to {c} is {v}."),
        ("How far is {s} from {c}?", "What is the distance from {s} to {c}?", "How far is it from {s} to {c}?", "How many kilometres is {s} from {c}?"),
        more="farther",
    ),
    # structures
    measure(
        "height",
        "structure,nature",
        num(3, 8800, "metres", "m", "feet", log=True),
        ("height",),
        ("{S} is {v} high.", "{S} is {v} tall.", "{S} stands {v} tall.", "{S} rises to {v}.", "{S} reaches a height of {v}.", "{S} rises {v} above the plain."),
        "tall",
        "taller",
        ("How high is {s}?", "How high is {s}?", "How many metres high is {s}?", "What height does {s} reach?", "How tall is {s} in metres?"),
    ),
    measure(
        "length", "structure,ship,nature,animal", num(2, 6400, "metres", "m", "kilometres", "km", places=1, log=True), ("length",), ("{S} is {v} long.", "{S} stretches for {v}.", "{S} measures {v} from end to end.", "{S} runs for {v}."), "long", "longer", ("How many metres long is {s}?", "What length does {s} have?")
    ),
    measure("width", "structure,nature,thing", num(1, 900, "metres", "m", "cm", places=1), ("width",), ("{S} is {v} wide.", "{S} measures {v} across."), "wide", "wider"),
    measure("depth", "nature,structure", num(2, 1600, "metres", "m", places=1, log=True), ("depth", "maximum depth"), ("{S} is {v} deep.", "{S} is up to {v} deep.", "{S} goes down to {v}.", "At its deepest point {N} reaches {v}."), "deep", "deeper"),
    measure(
        "weight",
        "structure,ship,product,animal,thing",
        num(1, 90_000, "tonnes", "kg", "kilograms", "grams", "tons", places=1, log=True),
        ("weight",),
        ("{S} weighs {v}.", "{S} weighs about {v}.", "{S} tips the scales at {v}."),
        "heavy",
        "heavier",
        ("How much does {s} weigh?", "What does {s} weigh?", "How much does {s} weigh?", "How many kilograms does {s} weigh?"),
    ),
    Relation(
        "built",
        "structure,ship",
        year(1100, 2023),
        ("year of construction",),
        ("{S} was built in {v}.", "{S} was completed in {v}.", "{S} dates from {v}.", "{S} was opened in {v}.", "Built in {v}, {N} is still in use.", "Construction ended in {v}.", "{S} was finished in {v}."),
        ("When was {s} built?", "In what year was {s} built?", "In which year was {s} completed?", "When was {s} finished?", "What year was {s} opened?", "What is the year of construction of {s}?", "when was {s} built?"),
    ),
    role("architect", "structure", ("architect",), "designed", ("Who drew the plans for {s}?",)),
    role("builder", "structure,ship", ("builder",), "built"),
    role("owner", PEOPLE_THINGS, ("owner",), "owns", ("Who does {s} belong to?", "To whom does {s} belong?"), "owned"),
    role("captain", "ship,team", ("captain",), "commands", ("Who leads {s}?",), "commanded"),
    role("founder", "company,team,place", ("founder",), "founded", ("Who started {s}?", "Who set up {s}?")),
    role("director", "company,work", ("director",), "directs", ("Who directed {s}?",), "directed"),
    role("ceo", "company", ("chief executive", "CEO"), "runs", ("Who is the boss of {s}?", "Who heads {s}?"), "run"),
    role("author", "work", ("author",), "wrote", ("Who is {s} by?",), "written"),
    role("hero", "work", ("main character", "hero"), ""),
    role("painter", "work", ("painter",), "painted"),
    role("composer", "work", ("composer",), "composed"),
    role("inventor", "product,thing", ("inventor",), "invented"),
    role("designer", "product,thing,ship", ("designer",), "designed"),
    role("tcoach", "team", ("coach",), "coaches", ("Who trains {s}?",), "coached"),
    role("keeper", "structure,animal", ("keeper",), "looks after", (), "looked after"),
    role("climber", "nature", ("first climber",), "first climbed", ("Who climbed {s} first?", "Who was the first to climb {s}?")),
    role("discoverer", "nature,thing", ("discoverer",), "discovered"),
    role("editor", "work,company", ("editor",), "edits", (), "edited"),
    role("chef", "structure,company", ("chef",), "cooks at", ("Who cooks at {s}?",), "served"),
    role("guardian", "structure,thing", ("guardian",), "guards", (), "guarded"),
    role("treasurer", "company,team", ("treasurer",), ""),
    role("publisher", "work", ("publisher",), "published"),
    role("manufacturer", "product", ("manufacturer",), "makes", ("Who produces {s}?",), "made"),
    Relation(
        "material",
        "structure,product,thing,ship",
        one_of(words.MATERIALS),
        ("material",),
        ("{S} is made of {v}.", "{S} was built of {v}.", "{P} material is {v}.", "{S} is built from {v}."),
        ("What is {s} made of?", "What material is {s} made of?", "What is {s} built from?", "Which material was used for {s}?", "From what material is {s} made?"),
    ),
    Relation("colour", PEOPLE_THINGS, one_of(words.COLOURS), ("colour",), ("{S} is painted {v}.", "{P} colour is {v}.", "{S} is {v}.", "{S} is easy to spot because it is {v}."), ("What colour is {s}?", "What is the colour of {s}?", "What color is {s}?", "Which colour does {s} have?", "What is {s}'s colour?")),
    Relation("crew", "ship", num(4, 900), ("crew",), ("{S} has a crew of {v}.", "{S} carries a crew of {v}.", "{v} sailors serve on board."), ("How many crew members does {s} have?", "How large is the crew of {s}?", "What is the size of {s}'s crew?", "How many people work on {s}?", "How many sailors serve on {s}?")),
    Relation("passengers", "ship,product", num(2, 4000), ("number of passengers",), ("{S} carries {v} passengers.", "{S} has room for {v} passengers.", "{S} can take {v} passengers."), ("How many passengers does {s} carry?", "How many passengers can {s} take?", "For how many passengers does {s} have room?")),
    measure("speed", "ship,animal,product", num(2, 900, "km/h", "knots", "kilometres per hour"), ("top speed", "speed", "maximum speed"), ("{S} reaches {v}.", "{S} can go {v}.", "{S} runs at up to {v}.", "{S} makes {v}."), "fast", "faster", ("How fast can {s} go?", "What speed does {s} reach?")),
    Relation(
        "cost",
        "structure,product,ship,thing,work",
        num(2, 9_000_000, "euros", "dollars", "pounds", "francs", log=True),
        ("price", "cost"),
        ("{S} cost {v}.", "{S} costs {v}.", "{P} price is {v}.", "{S} sells for {v}.", "{S} was bought for {v}."),
        ("How much does {s} cost?", "What is the price of {s}?", "How much did {s} cost?", "What does {s} cost?", "What is {s}'s price?", "How expensive is {s}?"),
        more="more expensive",
    ),
    Relation("floors", "structure", num(2, 120), ("number of floors",), ("{S} has {v} floors.", "{S} has {v} storeys."), ("How many floors does {s} have?", "How many storeys does {s} have?", "What is the number of floors of {s}?")),
    Relation("steps", "structure", num(20, 1700), ("number of steps",), ("{v} steps lead to the top.", "{S} has {v} steps.", "Visitors climb {v} steps."), ("How many steps does {s} have?", "How many steps lead to the top of {s}?", "How many steps are there in {s}?")),
    Relation("rooms", "structure", num(4, 600), ("number of rooms",), ("{S} has {v} rooms.", "There are {v} rooms in {N}.", "{S} offers {v} rooms."), ("How many rooms does {s} have?", "How many rooms are in {s}?", "What is the number of rooms in {s}?")),
    Relation("seats", "structure,team", num(40, 90_000), ("number of seats",), ("{S} has {v} seats.", "{S} seats {v} people.", "{S} has room for {v} people."), ("How many seats does {s} have?", "How many people does {s} seat?", "How many people fit into {s}?")),
    Relation("opens", "structure,company", text(lambda r: f"{r.randint(6, 11)} {r.choice(('a.m.', 'o’clock', 'in the morning'))}"), ("opening time",), ("{S} opens at {v}.", "{P} doors open at {v}."), ("When does {s} open?", "At what time does {s} open?", "What time does {s} open?")),
    # companies, teams
    Relation(
        "staff",
        "company",
        num(3, 90_000, log=True),
        ("number of employees",),
        ("{S} employs {v} people.", "{S} has {v} employees.", "{v} people work for {N}.", "{S} has a staff of {v}."),
        ("How many people does {s} employ?", "How many employees does {s} have?", "How many people work for {s}?", "How many people work at {s}?", "What is the number of employees of {s}?", "How large is the staff of {s}?"),
        more="more employees",
    ),
    Relation(
        "seat",
        "company,team",
        text(words.place),
        ("headquarters", "seat"),
        ("{S} is based in {v}.", "{P} headquarters are in {v}.", "{S} has its seat in {v}.", "The main office is in {v}.", "{S} plays in {v}."),
        ("Where is {s} based?", "In which city is {s} based?", "Where are the headquarters of {s}?", "Where is {s}'s main office?", "In which town does {s} have its seat?"),
        target="place",
    ),
    Relation(
        "product",
        "company",
        text(lambda r: r.choice((words.phrase(r) + "s", r.choice(words.THINGS) + "s"))),
        ("product",),
        ("{S} makes {v}.", "{S} sells {v}.", "{P} main product is {v}.", "{S} produces {v}."),
        ("What does {s} make?", "What does {s} sell?", "What is {s}'s main product?", "What does {s} produce?", "What is made by {s}?"),
    ),
    Relation(
        "revenue",
        "company",
        num(1000, 90_000_000, "euros", "dollars", "pounds", log=True),
        ("revenue", "turnover"),
        ("{P} revenue is {v}.", "{S} had a revenue of {v} last year.", "{S} earned {v} last year."),
        ("What is the revenue of {s}?", "How much did {s} earn last year?", "What is {s}'s revenue?", "What was the revenue of {s} last year?"),
    ),
    Relation("points", "team", num(3, 120), ("number of points",), ("{S} finished with {v} points.", "{S} won {v} points last season.", "{S} has {v} points."), ("How many points does {s} have?", "How many points did {s} win?", "With how many points did {s} finish?")),
    Relation("members", "team,company", num(5, 9000), ("number of members",), ("{S} has {v} members.", "{v} members belong to {N}.", "{S} counts {v} members."), ("How many members does {s} have?", "What is the number of members of {s}?", "How many people belong to {s}?")),
    Relation("stadium", "team", text(words.thing_name), ("stadium",), ("{S} plays at the {v}.", "{P} stadium is the {v}.", "Home games take place at the {v}."), ("Where does {s} play?", "What is {s}'s stadium?", "What is the name of {s}'s stadium?", "At which stadium does {s} play?"), target="structure"),
    Relation("mascot", "team", text(lambda r: r.choice(words.ANIMALS)), ("mascot",), ("{P} mascot is a {v}.", "A {v} is the mascot of {N}."), ("What is {s}'s mascot?", "What is the mascot of {s}?", "Which animal is {s}'s mascot?")),
    # nature, animals
    Relation("source", "nature", text(words.place), ("source",), ("{S} rises near {v}.", "{P} source is near {v}.", "{S} begins in the hills of {v}."), ("Where does {s} rise?", "Where is the source of {s}?", "Where does {s} begin?"), target="place"),
    Relation(
        "mouth",
        "nature",
        text(lambda r: r.choice((f"Lake {words.invented(r)}", f"the {words.invented(r)} Sea", f"the {words.invented(r)}"))),
        ("mouth",),
        ("{S} flows into {v}.", "{S} ends in {v}.", "{P} water goes to {v}."),
        ("Where does {s} flow into?", "Into what does {s} flow?", "What does {s} flow into?", "Where does {s} end?"),
    ),
    Relation("ascent", "nature", year(1700, 1999), ("first ascent",), ("{S} was first climbed in {v}.", "The first ascent was in {v}.", "{P} first ascent was made in {v}."), ("When was {s} first climbed?", "In what year was {s} first climbed?", "When was the first ascent of {s}?")),
    Relation("food", "animal", one_of(words.FOODS), ("food", "diet"), ("{S} eats {v}.", "{S} feeds on {v}.", "{P} food is mostly {v}.", "{S} lives on {v}."), ("What does {s} eat?", "What does {s} feed on?", "What is {s}'s food?", "What is the diet of {s}?")),
    Relation("lifespan", "animal,product", num(2, 120, "years"), ("lifespan",), ("{S} lives for {v}.", "{P} lifespan is {v}.", "{S} can reach an age of {v}."), ("How long does {s} live?", "What is the lifespan of {s}?", "How many years does {s} live?", "How old can {s} get?")),
    Relation(
        "temp",
        "nature,place",
        num(-30, 48, "degrees", "°C", "degrees Celsius"),
        ("average temperature", "temperature"),
        ("{P} average temperature is {v}.", "The average temperature is {v}.", "The water has {v} in summer."),
        ("What is the average temperature of {s}?", "What is the average temperature in {s}?", "How warm is {s}?"),
    ),
    # works, products
    Relation("pages", "work", num(40, 1200), ("number of pages",), ("{S} has {v} pages.", "{S} runs to {v} pages.", "{S} is {v} pages long."), ("How many pages does {s} have?", "How many pages long is {s}?", "What is the number of pages of {s}?"), more="longer"),
    Relation(
        "published",
        "work",
        year(1500, 2024),
        ("publication year",),
        ("{S} was published in {v}.", "{S} appeared in {v}.", "{S} came out in {v}.", "{S} was first shown in {v}."),
        ("When was {s} published?", "In what year did {s} appear?", "When did {s} come out?", "What year was {s} published?", "In which year was {s} published?"),
    ),
    Relation(
        "minutes",
        "work,product,thing",
        num(3, 240, "minutes"),
        ("duration", "running time"),
        ("{S} takes {v}.", "{S} lasts {v}.", "{P} running time is {v}.", "{S} runs for {v}."),
        ("How long does {s} last?", "How long does {s} take?", "What is the running time of {s}?", "How many minutes does {s} last?", "How many minutes does {s} take?", "What is the duration of {s}?"),
    ),
    Relation("setting", "work", text(words.place), ("setting",), ("{S} is set in {v}.", "The story takes place in {v}."), ("Where is {s} set?", "Where does the story of {s} take place?", "In which place is {s} set?"), target="place"),
    Relation("sold", "work,product", num(200, 9_000_000, "copies", log=True), ("number of copies sold",), ("{S} sold {v}.", "{v} were sold in the first year.", "{S} has sold {v}."), ("How many copies did {s} sell?", "How many copies of {s} were sold?", "How often was {s} sold?")),
    Relation(
        "location",
        "structure,work,thing",
        text(words.place),
        ("location", "place"),
        ("{S} stands in {v}.", "{S} can be found in {v}.", "{S} is in {v}.", "{S} is kept in {v}.", "{S} hangs in {v}."),
        ("Where is {s}?", "Where can {s} be found?", "Where is {s} located?", "In which city is {s}?", "In which town does {s} stand?", "Where is {s} kept?", "where does {s} stand?"),
        target="place",
    ),
    Relation("power", "product", num(1, 2000, "watts", "kW", "horsepower"), ("power",), ("{S} has {v}.", "{P} power is {v}.", "{S} delivers {v}.", "{P} engine gives {v}."), ("How much power does {s} have?", "What is the power of {s}?", "How powerful is {s}?", "How strong is the engine of {s}?")),
    Relation("battery", "product", num(1, 90, "hours"), ("battery life",), ("{P} battery lasts {v}.", "{S} runs {v} on one charge."), ("How long does {s}'s battery last?", "How long does the battery of {s} last?", "What is the battery life of {s}?")),
)

KINDS = {
    "person": (),
    "place": ("town", "village", "city", "port", "market town"),
    "country": ("country", "island state", "kingdom"),
    "structure": ("bridge", "tower", "lighthouse", "castle", "museum", "hotel", "library", "theatre", "mill", "church", "school", "station", "palace", "stadium", "hospital", "tunnel", "temple", "windmill", "market hall", "observatory"),
    "ship": ("ship", "ferry", "sailing boat", "trawler", "steamer", "yacht"),
    "company": ("company", "bakery", "brewery", "workshop", "bookshop", "factory", "publisher", "café", "restaurant", "start-up", "shipyard"),
    "nature": ("mountain", "river", "lake", "volcano", "glacier", "island", "forest", "waterfall", "valley", "cave"),
    "work": ("book", "novel", "film", "painting", "song", "opera", "poem", "play", "game"),
    "product": ("car", "phone", "machine", "robot", "bicycle", "camera", "engine", "watch", "aeroplane", "satellite", "drone"),
    "animal": ("dog", "cat", "horse", "parrot", "elephant", "tortoise", "whale", "owl"),
    "team": ("football club", "team", "choir", "orchestra", "band", "chess club", "rowing club", "hockey team"),
    "thing": ("bell", "clock", "statue", "diamond", "telescope", "organ", "recipe", "cheese", "cake", "festival", "comet", "planet"),
}
BY_KIND = {k: [r for r in RELATIONS if k in r.kinds.split(",")] for k in KINDS}


def make_entity(rng: Random, kind: str, noun: str = "") -> Entity:
    if kind.startswith("person"):
        sex = kind[6:] or rng.choice("sh")
        return Entity(words.person(rng, sex), "person", sex, rng.choice(words.JOBS).replace("-", " "))
    noun = noun or (rng.choice(KINDS[kind]) if kind in KINDS else kind)
    last = noun.split()[-1].capitalize()
    if kind == "place":
        return Entity(words.place(rng), kind, noun=noun)
    if kind == "country":
        return Entity(words.country(rng), kind, noun=noun)
    if kind == "structure":
        name = rng.choice((f"{words.invented(rng)} {last}", f"{words.thing_name(rng)}", f"{rng.choice(words.LAST)} {last}", f"{rng.choice(words.CITIES)} {last}", f"{rng.choice(words.ADJ).capitalize()} {last}", f"{last} of {words.invented(rng)}"))
    elif kind == "nature":
        name = {"mountain": f"Mount {words.invented(rng)}", "lake": f"Lake {words.invented(rng)}", "river": rng.choice((f"River {words.invented(rng)}", words.invented(rng)))}.get(noun, f"{words.invented(rng)} {last}")
    elif kind == "ship":
        name = rng.choice(("", "MS ", "SS ", "HMS ")) + words.thing_name(rng)
    elif kind == "company":
        name = rng.choice((words.thing_name(rng), f"{words.invented(rng)} {rng.choice(('Ltd', 'Inc', 'GmbH', 'Works', 'Labs', last))}", f"{rng.choice(words.LAST)} & {rng.choice(('Sons', 'Daughters', 'Co', rng.choice(words.LAST)))}", f"{rng.choice(words.LAST)} {last}"))
    elif kind == "animal":
        name = rng.choice((rng.choice(words.HER + words.HIS), words.invented(rng), f"{noun} {words.invented(rng)}"))
    elif kind == "team":
        name = rng.choice((f"{words.place(rng)} {rng.choice(words.ANIMALS).capitalize()}s", f"FC {words.place(rng)}", f"{words.place(rng)} {last}", words.thing_name(rng)))
    else:
        name = rng.choice((words.thing_name(rng), f"{words.invented(rng)} {last}", words.thing_name(rng)))
    sex = rng.choice("shi") if kind == "animal" else "i"
    return Entity(name.strip(), kind, sex, noun)


def custom(rng: Random) -> Relation:
    """A relation that no list holds: any noun, any value."""
    noun = rng.choice(words.NOUNS).replace("_", " ")
    if rng.random() < 0.35:
        noun = rng.choice((f"{rng.choice(words.ADJ)} {rng.choice(words.THINGS)}", f"{rng.choice(words.THINGS)} {rng.choice(('number', 'name', 'count', 'limit', 'rate', 'code', 'size', 'budget', 'level', 'index', 'weight', 'date'))}", f"number of {rng.choice(words.THINGS)}s"))
    numeric = rng.random() < 0.5 or "number of" in noun
    if numeric:
        units = () if "number of" in noun else rng.choice(((), (), ("points",), ("kg",), ("litres",), ("metres",), ("euros",), ("%",), ("hours",), ("days",)))
        make = num(1, rng.choice((12, 99, 999, 99_999)), *units, places=0 if "number of" in noun else rng.choice((0, 0, 1, 2)))
    else:
        make = text(rng.choice((words.phrase, words.code, words.thing_name, words.place, lambda r: words.person(r, r.choice("sh")), lambda r: r.choice(words.COLOURS), date)))
    how_many = ()
    if noun.startswith("number of "):
        what = noun[10:]
        return Relation(f"x {noun}", "", make, (noun,), (f"{{S}} has {{v}} {what}.", f"There are {{v}} {what} in {{N}}.", f"{{P}} {noun} is {{v}}.", f"{{N}} counts {{v}} {what}."), (f"How many {what} does {{s}} have?", f"How many {what} are there in {{s}}?", f"What is the {noun} of {{s}}?"))
    return Relation(
        f"x {noun}",
        "",
        make,
        (noun,),
        (f"{{P}} {noun} is {{v}}.", f"The {noun} of {{N}} is {{v}}.", f"{{S}} has a {noun} of {{v}}." if numeric else f"{{S}} has {{v}} as {{p}} {noun}.", f"{{v}} is the {noun} of {{N}}.", f"As for the {noun}, it is {{v}}.", f"The {noun} was set to {{v}}.", f"The {noun} is {{v}}.", f"{{P}} {noun}: {{v}}."),
        (
            f"What is the {noun} of {{s}}?",
            f"What is {{s}}'s {noun}?",
            f"Tell me the {noun} of {{s}}.",
            f"What's the {noun} of {{s}}?",
            f"Which {noun} does {{s}} have?",
            f"What {noun} does {{s}} have?",
            f"{{s}}'s {noun}?",
            f"Can you look up the {noun} of {{s}}?",
            f"what is the {noun} for {{s}}?",
            f"What is the {noun} for {{s}}?",
            *how_many,
        ),
    )


PRIZES = ("Prize", "Medal", "Cup", "Award", "Trophy", "Race", "Tournament", "Election", "Scholarship")
# past, base, what it is done to; {x} is drawn
DEEDS: tuple[tuple[str, str, Callable[[Random], str]], ...] = (
    ("won", "win", lambda r: f"the {r.choice((words.invented(r), r.choice(words.ADJ).capitalize() + ' ' + r.choice(words.THINGS).capitalize(), r.choice(words.CITIES)))} {r.choice(PRIZES)}"),
    ("won", "win", lambda r: f"the {words.invented(r)} Prize in {r.choice(words.SUBJECTS).capitalize()}"),
    ("moved to", "move to", words.place),
    ("left", "leave", words.place),
    ("visited", "visit", words.place),
    ("returned to", "return to", words.place),
    ("settled in", "settle in", words.place),
    ("travelled to", "travel to", words.country),
    ("opened", "open", lambda r: f"a {r.choice(('shop', 'school', 'workshop', 'café', 'bakery', 'studio', 'clinic', 'library'))} in {words.place(r)}"),
    ("bought", "buy", lambda r: f"the {words.thing_name(r)}"),
    ("sold", "sell", lambda r: f"the {words.thing_name(r)}"),
    ("joined", "join", lambda r: f"the {r.choice((words.thing_name(r), words.invented(r) + ' ' + r.choice(('Club', 'Society', 'Orchestra', 'Guild', 'Army', 'Institute')), 'navy', 'academy'))}"),
    ("married", "marry", lambda r: words.person(r, r.choice("sh"))),
    ("met", "meet", lambda r: words.person(r, r.choice("sh"))),
    ("wrote", "write", words.thing_name),
    ("published", "publish", words.thing_name),
    ("painted", "paint", words.thing_name),
    ("recorded", "record", words.thing_name),
    ("composed", "compose", words.thing_name),
    ("discovered", "discover", words.invented),
    ("invented", "invent", lambda r: f"the {r.choice(words.ADJ)} {r.choice(words.THINGS)}"),
    ("climbed", "climb", lambda r: f"Mount {words.invented(r)}"),
    ("crossed", "cross", lambda r: f"the {words.invented(r)} {r.choice(('Sea', 'desert', 'Ocean', 'river', 'Alps'))}"),
    ("founded", "found", words.thing_name),
    ("studied", "study", lambda r: r.choice(words.SUBJECTS)),
    ("became", "become", lambda r: f"{r.choice(('mayor', 'head', 'director', 'president', 'chair'))} of {r.choice((words.place(r), words.thing_name(r)))}"),
    ("graduated from", "graduate from", lambda r: f"the University of {words.place(r)}"),
    ("built", "build", lambda r: f"the {words.invented(r)} {r.choice(('Bridge', 'Tower', 'Mill', 'House', 'Hall'))}"),
    ("received", "receive", lambda r: f"the {words.invented(r)} {r.choice(PRIZES)}"),
    ("retired from", "retire from", lambda r: r.choice(("teaching", "the stage", "politics", "sailing", "football", "the bank"))),
    ("broke", "break", lambda r: f"the {r.choice(('world', 'national', 'local'))} record for {r.choice(('running', 'swimming', 'jumping', 'rowing', 'diving'))}"),
    ("lost", "lose", lambda r: f"the {r.choice(words.THINGS)} of {words.invented(r)}"),
    ("translated", "translate", words.thing_name),
    ("designed", "design", lambda r: f"the {words.invented(r)} {r.choice(('Theatre', 'Palace', 'Station', 'Garden'))}"),
)
WHEN_TOLD = (
    "{S} {past} {x} in {v}.",
    "In {v} {S} {past} {x}.",
    "In {v}, {S} {past} {x}.",
    "{S} {past} {x} in {m} {v}.",
    "{S} {past} {x} in {v} and stayed there for a while.",
    "It was in {v} that {S} {past} {x}.",
    "On {d} {m} {v} {S} {past} {x}.",
    "{S} first {past} {x} in {v}.",
    "{v}: {S} {past} {x}.",
    "{S} {past} {x} in {v}, aged {n}.",
)
WHEN_ASKED = (
    "When did {s} {base} {x}?",
    "In what year did {s} {base} {x}?",
    "In which year did {s} {base} {x}?",
    "What year did {s} {base} {x}?",
    "when did {s} {base} {x}",
    "Which year was it when {s} {past} {x}?",
    "What was the year in which {s} {past} {x}?",
    "Can you tell me when {s} {past} {x}?",
    "Do you know in which year {s} {past} {x}?",
)
WHAT_ASKED = ("What did {s} {base} in {y}?", "What did {s} {base}?", "What was it that {s} {past}?", "Tell me what {s} {past} in {y}.")


def event(rng: Random) -> Relation:
    """Something that somebody did in some year. Asked for is the year, or what it was."""
    past, base, pick = rng.choice(DEEDS)
    x, y = pick(rng), rng.randint(1650, 2024)
    fill_in = {"past": past, "base": base, "m": rng.choice(words.MONTHS), "d": rng.randint(1, 28), "n": rng.randint(17, 80)}

    def given(t: str, **more: object) -> str:
        for key, value in {**fill_in, **more}.items():
            t = t.replace("{" + key + "}", str(value))
        return t

    if rng.random() < 0.75 or base in ("become", "study", "retire from", "meet", "marry") or " to" in base or base in ("leave", "settle in", "graduate from"):
        return Relation(f"e {base}", "", lambda r: (str(y), y), ("year",), tuple(given(t, x=x) for t in WHEN_TOLD), tuple(given(t, x=x) for t in WHEN_ASKED), need=(f"the year {{s}} {past} {x}", f"{{s}} {past} {x}"))
    return Relation(f"e {base}", "", lambda r: (x, None), (f"{past}",), tuple(given(t, v=str(y)).replace("{x}", "{v}") for t in WHEN_TOLD), tuple(given(t, y=y) for t in WHAT_ASKED), need=(f"what {{s}} {past}", f"{{s}} {past}"), say=f"{{s}} {past} {{v}}")


QUALIFIED = (
    ("elder", "younger"),
    ("eldest", "youngest"),
    ("first", "second"),
    ("first", "last"),
    ("former", "current"),
    ("chief", "deputy"),
    ("old", "new"),
    ("twin", "little"),
    ("best", "worst"),
    ("senior", "junior"),
    ("present", "previous"),
    ("only", "late"),
    ("northern", "southern"),
    ("upper", "lower"),
    ("average", "maximum"),
    ("official", "secret"),
    ("main", "second"),
    ("original", "present"),
    ("total", "annual"),
    ("gross", "net"),
    ("inner", "outer"),
)


def qualified(rng: Random, r: Relation) -> tuple[Relation, Relation]:
    """The same relation twice, told apart by an adjective: the elder daughter, the younger daughter."""
    n = r.nouns[0]
    pairs = QUALIFIED[:4] if r.target.startswith("person") and rng.random() < 0.7 else QUALIFIED
    one, two = rng.sample(rng.choice(pairs), 2)
    forms = [t for t in r.tells if n in t] or [f"{{P}} {n} is {{v}}.", f"The {n} of {{N}} is {{v}}."]
    asks = [a for a in r.asks if n in a] or [f"What is the {n} of {{s}}?", f"What is {{s}}'s {n}?"]

    def with_(adj: str) -> Relation:
        return Relation(f"{adj} {r.key}", r.kinds, r.make, (f"{adj} {n}",), tuple(t.replace(n, f"{adj} {n}") for t in forms), tuple(a.replace(n, f"{adj} {n}") for a in asks), r.target, r.more)

    return with_(one), with_(two)


def add_fact(rng: Random, e: Entity, r: Relation, world: list[Entity]) -> Fact:
    if r.target and (r.target.startswith("person") or rng.random() < 0.9):
        target = make_entity(rng, r.target)
        while target.name in {w.name for w in world}:
            target = make_entity(rng, r.target)
        fact = Fact(r, target.name, None, target)
    else:
        value, n = r.make(rng)
        fact = Fact(r, value, n)
    e.facts[r.key] = fact
    return fact


def fill(rng: Random, e: Entity, count: int, world: list[Entity]) -> None:
    """More facts about `e`, so that the right one must be found among them."""
    pool = BY_KIND.get(e.kind) or []
    for _ in range(count + (rng.randint(3, 8) if rng.random() < 0.35 else 0)):
        roll = rng.random()
        r = event(rng) if e.kind == "person" and roll < 0.3 else rng.choice(pool) if pool and roll < 0.8 else custom(rng)
        if r.key not in e.facts and not (r.key in ("wife", "husband", "girlfriend", "boyfriend", "partner") and {"wife", "husband", "girlfriend", "boyfriend", "partner"} & e.facts.keys()):
            add_fact(rng, e, r, world)


def tell(rng: Random, e: Entity, fact: Fact, *, named: bool) -> str:
    """One sentence of a note."""
    t = rng.choice(fact.relation.tells)
    ours = {"s": ("her", "she", "mother", "daughter"), "h": ("his", "he", "father", "son"), "i": ("its", "it", "parent", "child")}[e.sex]
    the = "the " if e.kind in ("structure", "ship", "work", "product", "thing") and rng.random() < 0.4 else ""
    possessive = f"{e.name}'s" if not e.name.endswith("s") or rng.random() < 0.5 else f"{e.name}'"
    subject, owner = (e.name, possessive) if named else (e.pronoun(), e.possessive())
    if not named and e.kind not in ("person", "animal") and rng.random() < 0.25:
        subject, owner = f"The {e.noun}", f"The {e.noun}'s"
    v = fact.value
    if fact.target and fact.target.kind == "person" and rng.random() < 0.25:
        job = rng.choice(words.JOBS).replace("-", " ")
        job = f"{'an' if job[0] in 'aeiou' else 'a'} {job}"
        v = f"{v}, {job}" if t.rstrip(".").endswith("{v}") else f"{v}, {job}," if "{v}," not in t and not t.startswith("{v}") else v
    if " a {v}" in t and v[:1].lower() in "aeiou":
        t = t.replace(" a {v}", " an {v}").replace("A {v}", "An {v}")
    for noun in fact.relation.nouns:
        if noun[0] in "aeiou":
            t = t.replace(f" a {noun}", f" an {noun}")
    return t.format(
        S=subject,
        P=owner,
        N=e.name,
        O=the + e.name if named else rng.choice((e.name, "it" if e.sex == "i" else e.name)),
        v=v,
        p=ours[0],
        q=ours[1],
        mf=ours[2],
        ds=ours[3],
        c=words.place(rng),
        y=rng.randint(1600, 2023),
        d=f"{rng.randint(1, 28)} {rng.choice(words.MONTHS)}",
        o2=words.place(rng),
        o=rng.choice(("two sisters", "a group of friends", "monks", "sailors", "its first members")),
        s=e.name,
    )


BEFORE = ("According to the register, ", "As everyone knows, ", "Today ", "As of 2023, ", "It is said that ", "In those days ", "By all accounts ", "Records show that ", "Strangely enough, ", "For many years ", "To be exact, ", "Surprisingly, ", "At the time of writing, ")
AFTER = (
    ", according to the archive",
    ", as every child here knows",
    ", which surprised many",
    ", and nobody doubts it",
    " (see the archive)",
    ", says the guide",
    ", to the delight of the neighbours",
    ", more or less by chance",
    ", although some disagree",
    " at the last count",
    ", a fact that few know",
    ", which is a lot",
)


WHO = (
    "who keeps bees",
    "who hates the sea",
    "who grew up in {c}",
    "who speaks little of the past",
    "who had been ill as a child",
    "who never learned to swim",
    "who once worked in {c}",
    "whose family came from {c}",
    "who is known for long walks",
    "born and raised in {c}",
    "a quiet person",
    "then still unknown",
    "whom everybody called {i}",
    "who had lost a bet",
    "for {n} years a guest in {c}",
)
WHICH = (
    "which stands near the harbour",
    "which few visitors see",
    "named after {o}",
    "long forgotten",
    "which was once called {i}",
    "one of {n} of its kind",
    "which has been repaired twice",
    "well known in {c}",
    "a favourite of painters",
    "restored in {y}",
    "half an hour from {c}",
    "which many confuse with {i}",
    "second only to {i}",
    "first mentioned in {y}",
)


def decorated(rng: Random, sentence: str, e: Entity) -> str:
    """The sentence with something before, behind or within it, as real prose has."""
    roll, name = rng.random(), e.name
    if roll > 0.88 and sentence.startswith(name + " "):
        clause = rng.choice(WHO if e.sex in "sh" else WHICH).format(c=words.place(rng), i=words.invented(rng), n=rng.randint(2, 60), o=words.person(rng, "s"), y=rng.randint(1500, 2023))
        return f"{name}, {clause},{sentence[len(name) :]}"
    if roll < 0.07 and sentence.endswith("."):
        keep = sentence.startswith(name) or sentence.split(" ", 1)[0] not in ("She", "He", "It", "The", "Her", "His", "Its", "In", "There", "About")
        return rng.choice(BEFORE) + (sentence if keep else sentence[0].lower() + sentence[1:])
    if roll < 0.15 and sentence.endswith("."):
        return sentence[:-1] + rng.choice(AFTER) + "."
    return sentence


FILLER = (
    "{S} is well liked.",
    "Many visitors come in summer.",
    "The weather is often windy.",
    "{S} appears in several old photographs.",
    "Little is known about the early years.",
    "A small exhibition tells the story.",
    "{S} was mentioned in the newspaper last week.",
    "Some say that the best time is in autumn.",
    "{S} prefers quiet mornings.",
    "The market is held on Saturdays.",
    "There is a good café nearby.",
    "This note was updated in {m} {y}.",
    "A local song tells of it.",
    "In {y} a storm caused some damage.",
    "In {y} a fire destroyed the roof.",
    "More than {n} letters are kept in the archive.",
    "{S} has been in the news since {y}.",
    "About {n} people signed the guest book.",
    "The file was checked by {o}.",
    "{o} wrote about this in {y}.",
    "A copy is kept in {c}.",
    "Trains to {c} leave every hour.",
    "{o} is said to disagree.",
    "It took {n} days to write this down.",
    "See also the note on {c}.",
)


@cache
def plain_english() -> tuple[str, ...]:
    """Sentences from the docstrings of Python's standard library: words that no table here has."""
    found: set[str] = set()
    for path in Path(sysconfig.get_path("stdlib")).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for sentence in re.split(r"(?<=[.!?])\s+", " ".join((ast.get_docstring(node) or "").split())):
                    if 25 <= len(sentence) <= 150 and re.fullmatch(r"[A-Z][a-z]*[A-Za-z ,;'-]+\.", sentence):
                        found.add(sentence)
    return tuple(sorted(found))


def filler(rng: Random, e: Entity) -> str:
    if rng.random() < 0.5:
        return rng.choice(plain_english())
    return rng.choice(FILLER).format(S=rng.choice((e.name, e.pronoun())), m=rng.choice(words.MONTHS), y=rng.randint(1700, 2024), n=rng.randint(3, 900), o=words.person(rng, "s"), c=words.place(rng))


def opening(rng: Random, e: Entity) -> str:
    a = "an" if e.noun[:1].lower() in "aeiou" else "a"
    adj = rng.choice(words.ADJ)
    aa = "an" if adj[0] in "aeiou" else "a"
    if e.kind == "person":
        return rng.choice(
            (
                f"{e.name} is {a} {e.noun} from {words.place(rng)}.",
                f"{e.name} is {a} {e.noun}.",
                f"{e.name} was {a} {e.noun} from {words.country(rng)}.",
                f"{e.name} ({rng.randint(1800, 1950)}-{rng.randint(1951, 2020)}) was {a} {e.noun}.",
                f"Everyone knows {e.name}, the {e.noun}.",
                f"{e.name} works as {a} {e.noun} in {words.place(rng)}.",
            )
        )
    return rng.choice((f"{e.name} is {a} {e.noun}.", f"{e.name} is {aa} {adj} {e.noun} in {words.country(rng)}.", f"{e.name} is {aa} {adj} {e.noun} near {words.place(rng)}.", f"The {e.noun} {e.name} is known far and wide.", f"{e.name}, {aa} {adj} {e.noun}, is worth a visit.", f"{e.name} is {aa} {adj} {e.noun}."))


def note(rng: Random, e: Entity) -> tuple[str, str, list[str]]:
    """A note on `e`: file name, title, and its lines (a sentence or a row each)."""
    facts = list(e.facts.values())
    rng.shuffle(facts)
    lines: list[str] = []
    style = rng.random()
    if style < 0.62:  # prose
        if rng.random() < 0.75:
            lines.append(opening(rng, e))
        for fact in facts:
            lines.append(decorated(rng, tell(rng, e, fact, named=(not lines) or rng.random() < 0.25), e))
            if rng.random() < 0.3:
                lines.append(filler(rng, e))
        if rng.random() < 0.4:
            lines = _joined(rng, lines)
    else:  # a list, a sheet, a table
        if rng.random() < 0.5:
            lines.append(opening(rng, e))
        mark = rng.choice(("{l}: {v}", "{l}: {v}", "{l} - {v}", "{l}: {v}.", "| {l} | {v} |", "{l} = {v}", "{l}: {v};"))
        for fact in facts:
            label = rng.choice(fact.relation.label or fact.relation.nouns)
            label = rng.choice((label, label.capitalize(), label.capitalize(), label.title()))
            if fact.relation.need[0]:
                lines.append(tell(rng, e, fact, named=rng.random() < 0.5))
            else:
                lines.append(mark.format(l=label, v=fact.value))
        if rng.random() < 0.3:
            lines.append(filler(rng, e))
    slug = "".join(ch if ch.isalnum() and ch.isascii() else "-" for ch in e.name.lower()).strip("-")
    while "--" in slug:
        slug = slug.replace("--", "-")
    file = rng.choice((f"{slug}.md", f"{slug}.md", f"{slug}.md", f"{slug}.txt", f"{slug.replace('-', '_')}.md", f"{e.noun.replace(' ', '-') or e.kind}s/{slug}.md", f"{slug.split('-')[0]}.md"))
    if rng.random() < 0.06:
        file = f"note-{rng.randint(1, 99)}.md"
    title = e.name if rng.random() < 0.9 else rng.choice((f"About {e.name}", f"The {e.noun} {e.name}" if e.noun else e.name, f"Notes on {e.name}", f"{e.name}: facts"))
    return file, title, lines


def _joined(rng: Random, lines: list[str]) -> list[str]:
    """Some sentences become one: `She is 31 years old and plays the lute.`"""
    out: list[str] = []
    for line in lines:
        first, _, rest = line.partition(" ")
        before = out[-1] if out else ""
        if before.endswith(".") and len(before) < 110 and rng.random() < 0.5 and rest:
            same = first in ("She", "He", "It") and before.split(" ", 1)[0] in ("She", "He", "It")
            if same:
                out[-1] = f"{before[:-1]}{rng.choice((' and ', ', and ', ' and '))}{rest}"
                continue
            if first in ("She", "He", "It", "Her", "His", "Its", "The"):
                out[-1] = f"{before[:-1]}{rng.choice((', and ', '; ', ', while ', ', and ', ' and '))}{first.lower()} {rest}"
                continue
        out.append(line)
    return out


if __name__ == "__main__":
    for seed in range(6):
        rng = Random(seed)
        e = make_entity(rng, rng.choice(list(KINDS)))
        fill(rng, e, 6, [e])
        print(*note(rng, e), sep="\n   ")
        for f in e.facts.values():
            print("    ?", rng.choice(f.relation.asks).format(s=e.name, q="she", c="Oslo", ds="child"), "->", f.value)
