"""Notes: the facts of one entity told as prose, as a sheet, as a list or as a log, with other things between them.

Sentences are put together from the verb phrases of the relations, so that one sentence tells up to four facts, as a relative
clause, an apposition, a participle or a list; bundles (events, counts) bring sentences of their own.

    python3 training/prose.py        prints a few notes and a question for each fact
"""

from __future__ import annotations

import ast
import re
import sysconfig
from functools import cache
from pathlib import Path
from random import Random

import words
from events import aside, count, money
from facts import KINDS, Entity, Fact, fill, make_entity

# ---------------------------------------------------------------- one fact


def owner_of(name: str) -> str:
    return f"{name}'s" if not name.endswith("s") else f"{name}'"


def names(rng: Random, e: Entity, *, named: bool) -> tuple[str, str]:
    """How the sentence calls the entity: as a subject, and as an owner."""
    if named:
        return e.name, owner_of(e.name)
    roll = rng.random()
    if e.kind == "person" and " " in e.name and roll < 0.25:
        last = e.name.split()[-1]
        return last, owner_of(last)
    if e.kind not in ("person", "animal") and roll < 0.25:
        return f"The {e.noun}", f"The {e.noun}'s"
    return e.pronoun(), e.possessive()


def filled(rng: Random, t: str, e: Entity, fact: Fact, subject: str, owner: str) -> str:
    """A phrase of the relation with its slots filled."""
    ours = {"s": ("her", "she", "mother", "daughter"), "h": ("his", "he", "father", "son"), "i": ("its", "it", "parent", "child")}[e.sex]
    the = "the " if e.kind in ("structure", "ship", "work", "product", "thing") and rng.random() < 0.4 else ""
    v = fact.value
    if fact.target and fact.target.kind == "person" and (roll := rng.random()) < 0.3:
        job = rng.choice(words.JOBS).replace("-", " ")
        if roll < 0.12:
            v = f"the {job} {v}" if not t.startswith("{v}") else v
        else:
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
        O=the + e.name if subject == e.name else rng.choice((e.name, "it" if e.sex == "i" else e.name)),
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


def tell(rng: Random, e: Entity, fact: Fact, *, named: bool) -> str:
    """One sentence that tells one fact."""
    subject, owner = names(rng, e, named=named)
    return filled(rng, rng.choice(fact.relation.tells), e, fact, subject, owner)


# ---------------------------------------------------------------- several facts in a sentence

PARTICIPLE = re.compile(r"(?:was|is|were) ((?:\w+ed|born|built|made|known|kept|set|written|led|run|sold|bought|taught|found|drawn|based|home) .*)")


def verb_phrases(fact: Fact) -> list[str]:
    """ "was born in {v}", "has {v} children": what can follow the subject."""
    return [t[4:-1] for t in fact.relation.tells if t.startswith("{S} ") and t.endswith(".") and not t.startswith("{S} (")]


def aside_of(rng: Random, vp: str, e: Entity) -> str:
    """The verb phrase as something between commas: a participle, an apposition or a relative clause."""
    participle = PARTICIPLE.fullmatch(vp)
    if participle and rng.random() < 0.6:
        return participle[1]
    if vp.startswith(("is the ", "is a ", "is an ")) and rng.random() < 0.7:
        return vp[3:]
    if vp.startswith("has ") and rng.random() < 0.6:
        return f"with {vp[4:]}"
    return f"{'who' if e.kind == 'person' else 'which'} {vp}"


def owned(rng: Random, e: Entity, fact: Fact) -> str:
    """ "its mayor is Ada Holm", for the second half of a sentence."""
    return f"{e.possessive().lower()} {fact.relation.nouns[0]} {rng.choice(('is', 'is', 'was'))} {fact.value}"


def woven(rng: Random, e: Entity, facts: list[Fact], *, named: bool) -> str | None:
    """One sentence that tells two to four facts; None if their phrases do not fit together."""
    phrases = []
    subject, owner = names(rng, e, named=named)
    for f in facts:
        vps = verb_phrases(f)
        if not vps:
            return None
        phrases.append(filled(rng, rng.choice(vps), e, f, subject, owner))
    he = e.pronoun().lower()
    who = "who" if e.kind == "person" else "which"
    one, two, *more = phrases
    if more:
        last = more[-1]
        middle = [two, *more[:-1]]
        return rng.choice((f"{subject} {one}, {', '.join(middle)} and {last}.", f"{subject}, {aside_of(rng, one, e)}, {two}; {he} {rng.choice(('also ', ''))}{last}.", f"{subject} {one}, {two}, and {he} {last}.", f"{subject}, {who} {one} and {two}, {last}."))
    forms = [
        f"{subject} {one} and {two}.",
        f"{subject} {one} and {two}.",
        f"{subject}, {aside_of(rng, one, e)}, {two}.",
        f"{subject}, {aside_of(rng, one, e)}, {two}.",
        f"{subject} {one}, {rng.choice(('and', 'but', 'while'))} {he} {two}.",
        f"{subject} {one}; {he} {rng.choice(('also ', '', ''))}{two}.",
        f"{rng.choice(('Although', 'While', 'Since', 'Even though', 'As'))} {low(subject)} {one}, {he} {two}.",
        f"{subject}, {who} {one}, {two}.",
    ]
    participle = PARTICIPLE.fullmatch(one)
    if participle:
        forms += [f"{participle[1][0].upper()}{participle[1][1:]}, {low(subject)} {two}."] * 2
    if not facts[1].relation.need[0]:
        forms += [f"{subject} {one}; {owned(rng, e, facts[1])}.", f"{subject} {one}, and {owned(rng, e, facts[1])}.", f"{subject} {one} ({facts[1].relation.nouns[0]}: {facts[1].value})."]
    return rng.choice(forms)


def low(subject: str) -> str:
    return subject[0].lower() + subject[1:] if subject in ("She", "He", "It") or subject.startswith("The ") else subject


# ---------------------------------------------------------------- what stands between the facts


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
    if roll > 0.9 and sentence.startswith(name + " "):
        clause = rng.choice(WHO if e.sex in "sh" else WHICH).format(c=words.place(rng), i=words.invented(rng), n=rng.randint(2, 60), o=words.person(rng, "s"), y=rng.randint(1500, 2023))
        return f"{name}, {clause},{sentence[len(name) :]}"
    if roll < 0.06 and sentence.endswith("."):
        keep = sentence.startswith(name) or sentence.split(" ", 1)[0] not in ("She", "He", "It", "The", "Her", "His", "Its", "In", "There", "About")
        return rng.choice(BEFORE) + (sentence if keep else sentence[0].lower() + sentence[1:])
    if roll < 0.12 and sentence.endswith("."):
        return sentence[:-1] + rng.choice(AFTER) + "."
    if roll < 0.2 and sentence.endswith("."):
        return f"{sentence[:-1]}, {aside(rng)}."
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


NPS = "roof door garden kitchen cellar attic engine boat sign key gate wall lamp clock piano letter photograph map diary bill ticket recipe window bridge well oven desk".split()
PLURALS = "windows letters chairs lamps tickets sacks barrels bottles ducks goats trees stones coins maps boats beds boxes crates plates candles tiles visitors guests students workers farmers sailors neighbours children".split()
LOST = "burnt lost stolen sold repaired counted found broken given_away painted missing rescued invited served washed delivered".split()


def filler(rng: Random, e: Entity) -> str:
    """A sentence that answers none of the questions, often with numbers and names of its own."""
    roll = rng.random()
    if roll < 0.25:
        return rng.choice(plain_english())
    if roll < 0.45:
        return rng.choice(FILLER).format(S=rng.choice((e.name, e.pronoun())), m=rng.choice(words.MONTHS), y=rng.randint(1700, 2024), n=rng.randint(3, 900), o=words.person(rng, "s"), c=words.place(rng))
    p, np, pl, lost = words.person(rng, rng.choice("sh")), rng.choice(NPS), rng.choice(PLURALS), rng.choice(LOST).replace("_", " ")
    n, y, c, adj = count(rng, 4)[0], rng.randint(1700, 2024), words.place(rng), rng.choice(words.ADJ)
    return rng.choice(
        (
            f"The {adj} {np} once cost {money(rng)[0]}.",
            f"In {y}, {n} {pl} were {lost}.",
            f"{p} paid {money(rng)[0]} for a {np}.",
            f"Only {n} of the {adj} {pl} were {lost}, says {p}, {rng.randint(18, 95)}.",
            f"{p}, a neighbour, is {rng.randint(18, 95)} and remembers the {np} well.",
            f"The {np} was made in {c} by {p}.",
            f"Some {n} {pl} from {c} came for the day in {y}.",
            f"The {np} weighs {rng.randint(2, 900)} kg and the {rng.choice(NPS)} {rng.randint(2, 900)}.",
            f"It is {rng.randint(2, 90)} minutes on foot to the {np} of {p}.",
            f"Ask {p} for the {np}; the number is {rng.randint(100, 99999)}.",
            f"{p} keeps {n} {pl} in the {np}.",
            f"The {adj} {np} measures {rng.randint(2, 60)} metres by {rng.randint(2, 60)}.",
            f"\u201c{rng.choice(('No', 'Too many', 'Never enough'))} {pl},\u201d {p} used to say.",
            f"On {rng.randint(1, 28)} {rng.choice(words.MONTHS)} {y} the {np} was {lost}.",
            f"About {rng.randint(2, 95)} % of the {pl} are {lost}.",
        )
    )


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


Line = tuple[str, frozenset[str]]  # a sentence or a row, and the keys of the facts that it tells
NOTHING: frozenset[str] = frozenset()


def prose(rng: Random, e: Entity) -> list[Line]:
    """The facts as running text."""
    bundled = {k for b in e.bundles for k in b.keys}
    single = [f for k, f in e.facts.items() if k not in bundled]
    rng.shuffle(single)
    items: list[Line] = []
    weave, fill_in = rng.choice((0.0, 0.4, 0.7)), rng.choice((0.0, 0.15, 0.35))
    while single:
        take = rng.choice((2, 2, 2, 3, 3, 4)) if rng.random() < weave else 1
        group, single = single[:take], single[take:]
        named = not items or rng.random() < 0.22
        text = woven(rng, e, group, named=named) if len(group) > 1 else None
        if text is None or len(text) > 260:
            items += [(decorated(rng, tell(rng, e, f, named=named), e), frozenset((f.relation.key,))) for f in group]
        else:
            items.append((text, frozenset(f.relation.key for f in group)))
    for b in e.bundles:
        subject, _ = names(rng, e, named=rng.random() < 0.25 or not items)
        at = rng.randint(1 if items else 0, len(items))
        items.insert(at, (b.tell(rng, subject), b.keys))
    lines: list[Line] = [(opening(rng, e), NOTHING)] if rng.random() < 0.75 else []
    for item in items:
        lines.append(item)
        if rng.random() < fill_in:
            lines.append((filler(rng, e), NOTHING))
    return _joined(rng, lines) if rng.random() < 0.35 else lines


MARKS = ("{l}: {v}", "{l}: {v}", "{l}: {v}", "{l}: {v}", "{l} - {v}", "{l}: {v}.", "{l} | {v}", "{l} | {v}", "{l} | {v}", "{l} = {v}", "{l}: {v};", "{l} {v}", "{l}: {v},", "{l} . . . {v}", "{l}\u2013{v}")
EXTRAS = ("{l} (est.)", "{l} (max.)", "{l} (approx.)", "{l} today", "{l} at present", "{l} (official)", "{l}", "{l}", "{l}", "{l}", "{l}", "{l}", "{l}", "{l}")


def sheet(rng: Random, e: Entity) -> list[Line]:
    """The facts as a table, a form, a list."""
    lines: list[Line] = []
    if rng.random() < 0.5:
        lines.append((rng.choice((opening(rng, e), e.name.upper(), f"{e.name}, {e.noun}", f"{(e.noun or 'person').upper()} SHEET {rng.randint(1, 99)}", f"{e.name} - {rng.choice(('facts', 'overview', 'in figures', 'at a glance', 'profile'))}")), NOTHING))
    mark, case = rng.choice(MARKS), rng.choice((str, str.capitalize, str.capitalize, str.title, str.upper))
    facts = list(e.facts.values())
    rng.shuffle(facts)
    done: set[str] = set()
    for fact in facts:
        key = fact.relation.key
        if key in done:
            continue
        bundle = next((b for b in e.bundles if key in b.keys), None)
        if bundle and fact.relation.need[0]:
            lines.append((bundle.tell(rng, names(rng, e, named=False)[0]), bundle.keys))
            done |= bundle.keys
            continue
        label = rng.choice((*fact.relation.label, *fact.relation.nouns))
        if label.startswith("number of ") and rng.random() < 0.6:
            label = label[10:]
        if fact.number is not None and rng.random() < 0.15:
            label = rng.choice(EXTRAS).format(l=label)
        value = fact.value
        if fact.relation.key == "age" and rng.random() < 0.3:
            value += " years"
        lines.append((mark.format(l=case(label), v=value), frozenset((key,))))
        if rng.random() < 0.1:
            lines.append((mark.format(l=case(rng.choice(NPS)), v=rng.choice((str(rng.randint(2, 900)), words.person(rng, "s"), words.place(rng), words.phrase(rng), f"{rng.randint(2, 90)} {rng.choice(('kg', 'm', 'cm', 'hours', 'euros'))}"))), NOTHING))
    if rng.random() < 0.3:
        lines.append((filler(rng, e), NOTHING))
    return lines


def note(rng: Random, e: Entity) -> tuple[str, str, list[Line]]:
    """A note on `e`: file name, title, and its lines (a sentence or a row each)."""
    lines = prose(rng, e) if rng.random() < 0.7 else sheet(rng, e)
    slug = "".join(ch if ch.isalnum() and ch.isascii() else "-" for ch in e.name.lower()).strip("-") or "note"
    while "--" in slug:
        slug = slug.replace("--", "-")
    file = rng.choice((f"{slug}.md", f"{slug}.md", f"{slug}.md", f"{slug}.txt", f"{slug.replace('-', '_')}.md", f"{e.noun.replace(' ', '-') or e.kind}s/{slug}.md", f"{slug.split('-')[0]}.md"))
    if rng.random() < 0.08:
        file = rng.choice((f"note-{rng.randint(1, 99)}.md", "notes.txt", "diary.md", "readme.txt", f"{rng.choice(words.THINGS)}.md"))
    title = e.name if rng.random() < 0.85 else rng.choice((f"About {e.name}", f"The {e.noun} {e.name}" if e.noun else e.name, f"Notes on {e.name}", f"{e.name}: facts", words.phrase(rng).title()))
    return file, title, lines


def _joined(rng: Random, lines: list[Line]) -> list[Line]:
    """Some sentences become one: `She is 31 years old and plays the lute.`"""
    out: list[Line] = []
    for line, keys in lines:
        first, _, rest = line.partition(" ")
        before, told = out[-1] if out else ("", frozenset())
        if before.endswith(".") and len(before) < 110 and rng.random() < 0.5 and rest:
            same = first in ("She", "He", "It") and before.split(" ", 1)[0] in ("She", "He", "It")
            if same:
                out[-1] = (f"{before[:-1]}{rng.choice((' and ', ', and ', ' and '))}{rest}", told | keys)
                continue
            if first in ("She", "He", "It", "Her", "His", "Its", "The"):
                out[-1] = (f"{before[:-1]}{rng.choice((', and ', '; ', ', while ', ', and ', ' and '))}{first.lower()} {rest}", told | keys)
                continue
        out.append((line, keys))
    return out


if __name__ == "__main__":
    for seed in range(8):
        rng = Random(seed)
        e = make_entity(rng, rng.choice(list(KINDS)))
        fill(rng, e, 9, [e])
        file, title, lines = note(rng, e)
        print(file, "|", title, *(line for line, _ in lines), sep="\n   ")
        for f in e.facts.values():
            print("    ?", rng.choice(f.relation.asks).format(s=e.name, q="she", c="Oslo", ds="child"), "->", f.value)
