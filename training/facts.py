"""A small invented world for each trace: entities and facts about them, with the words that tell and ask for them."""

from __future__ import annotations

from random import Random

import words
from people import PEOPLE
from relation import Bundle, Entity, Fact, Relation, date, num, text
from things import THINGS

__all__ = ["BY_KEY", "BY_KIND", "KINDS", "RELATIONS", "Bundle", "Entity", "Fact", "Relation", "add_bundle", "add_fact", "custom", "date", "fill", "has", "make_entity", "qualified"]

RELATIONS: tuple[Relation, ...] = (*PEOPLE, *THINGS)

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
BY_KEY = {r.key: r for r in RELATIONS}
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


def add_bundle(rng: Random, e: Entity) -> Bundle | None:
    """Something that happened, or is counted; its facts can be asked for like others."""
    import events

    bundle = events.event(rng, e)
    if bundle is None or not bundle.facts or bundle.keys & e.facts.keys():
        return None
    e.bundles.append(bundle)
    for fact in bundle.facts:
        e.facts[fact.relation.key] = fact
    return bundle


TWO_IN_ONE = ("wife", "husband", "girlfriend", "boyfriend", "partner")  # told in the same words
AGES = ("age", "deathage", "lifeage")  # asked for in the same words


def has(e: Entity, r: Relation) -> bool:
    """Whether something is told of `e` that answers the questions for `r` too."""
    return r.key in e.facts or any(r.key in group and not e.facts.keys().isdisjoint(group) for group in (TWO_IN_ONE, AGES))


def fill(rng: Random, e: Entity, count: int, world: list[Entity]) -> None:
    """More facts about `e`, so that the right one must be found among them."""
    pool = BY_KIND.get(e.kind) or []
    for _ in range(count + (rng.randint(3, 8) if rng.random() < 0.2 else 0)):
        roll = rng.random()
        if roll < 0.4:
            add_bundle(rng, e)
            continue
        r = rng.choice(pool) if pool and roll < 0.88 else custom(rng)
        if not has(e, r):
            add_fact(rng, e, r, world)
