"""What happened to somebody or something, and how many of what there are: sentences that tell several things at once.

Each is a bundle: some facts (when, where, at what age, with whom, for how much; or counts) and a sentence that tells them all.
The questions ask for one of them, so the sentence's other numbers and names are in the way, as in real prose.

    python3 training/events.py        prints a few
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import words
from people import PEOPLE
from relation import Bundle, Entity, Fact, Relation, date

Pick = Callable[[Random], str]


def _the(r: Random, *nouns: str) -> str:
    return f"the {words.invented(r)} {r.choice(nouns)}"


def _a(r: Random) -> str:
    x = r.choice((f"{r.choice(words.ADJ)} {r.choice(words.THINGS)}", r.choice(words.THINGS), r.choice(words.ANIMALS), f"{r.choice(words.MATERIALS)} {r.choice(words.THINGS)}"))
    return f"{'an' if x[0] in 'aeiou' else 'a'} {x}"


def _one(*options: str) -> Pick:
    return lambda r: r.choice(options)


# past, base, what it is done to, which more may be told: p(rice), w(ith whom), l(place), d(uration), f(rom whom)
DEEDS: tuple[tuple[str, str, Pick, str], ...] = (
    ("won", "win", lambda r: _the(r, "Prize", "Medal", "Cup", "Award", "Trophy", "Race", "Tournament"), "wl"),
    ("moved to", "move to", words.place, "wd"),
    ("left", "leave", words.place, "w"),
    ("visited", "visit", words.place, "wd"),
    ("settled in", "settle in", words.place, "w"),
    ("travelled to", "travel to", words.country, "wd"),
    ("opened", "open", lambda r: f"a {r.choice(('shop', 'school', 'workshop', 'café', 'bakery', 'studio', 'clinic', 'library', 'tea room', 'surgery', 'gallery'))}", "wlp"),
    ("bought", "buy", _a, "plf"),
    ("bought", "buy", lambda r: f"the {words.thing_name(r)}", "plf"),
    ("sold", "sell", lambda r: f"the {words.thing_name(r)}", "pl"),
    ("rented", "rent", lambda r: f"a {r.choice(('flat', 'cottage', 'barn', 'garage', 'boat', 'stall', 'field'))}", "plf"),
    ("joined", "join", lambda r: r.choice((_the(r, "Club", "Society", "Orchestra", "Guild", "Institute", "Ensemble"), "the navy", "the fire brigade", "the town council")), "w"),
    ("married", "marry", lambda r: words.person(r, r.choice("sh")), "l"),
    ("met", "meet", lambda r: words.person(r, r.choice("sh")), "l"),
    ("wrote", "write", words.thing_name, "wld"),
    ("published", "publish", words.thing_name, "wl"),
    ("painted", "paint", words.thing_name, "ld"),
    ("recorded", "record", words.thing_name, "wld"),
    ("composed", "compose", words.thing_name, "ld"),
    ("discovered", "discover", words.invented, "wl"),
    ("invented", "invent", lambda r: f"the {r.choice(words.ADJ)} {r.choice(words.THINGS)}", "wl"),
    ("climbed", "climb", lambda r: f"Mount {words.invented(r)}", "wd"),
    ("crossed", "cross", lambda r: _the(r, "Sea", "Desert", "Ocean", "Pass", "Ice"), "wd"),
    ("founded", "found", words.thing_name, "wl"),
    ("studied", "study", lambda r: r.choice(words.SUBJECTS), "ld"),
    ("taught", "teach", lambda r: r.choice(words.SUBJECTS), "ld"),
    ("became", "become", lambda r: r.choice(("mayor", "head", "director", "president", "chair", "editor", "conductor")) + " of " + r.choice((words.place(r), words.thing_name(r))), ""),
    ("graduated from", "graduate from", lambda r: f"the University of {words.place(r)}", ""),
    ("built", "build", lambda r: _the(r, "Bridge", "Tower", "Mill", "House", "Hall"), "wpd"),
    ("received", "receive", lambda r: _the(r, "Prize", "Medal", "Award", "Scholarship", "Order"), "l"),
    ("retired from", "retire from", _one("teaching", "the stage", "politics", "sailing", "football", "the bank", "the post office"), ""),
    ("broke", "break", lambda r: f"the {r.choice(('world', 'national', 'local'))} record for {r.choice(('running', 'swimming', 'jumping', 'rowing', 'diving'))}", "l"),
    ("lost", "lose", lambda r: f"the {r.choice(words.THINGS)} of {words.invented(r)}", "l"),
    ("found", "find", _a, "wl"),
    ("translated", "translate", words.thing_name, "wd"),
    ("designed", "design", lambda r: _the(r, "Theatre", "Palace", "Station", "Garden", "Library"), "w"),
    ("planted", "plant", _one("an apple tree", "a vineyard", "a hedge", "three oaks", "a rose garden"), "wl"),
    ("adopted", "adopt", lambda r: f"a {r.choice(words.ANIMALS)}", "lf"),
    ("learned", "learn", lambda r: f"the {r.choice(words.INSTRUMENTS)}", "lf"),
    ("repaired", "repair", _a, "lpd"),
    ("inherited", "inherit", _a, "f"),
    ("borrowed", "borrow", _a, "f"),
    ("stole", "steal", _a, "f"),
    ("sailed to", "sail to", words.place, "wd"),
    ("flew to", "fly to", words.place, "wp"),
    ("walked to", "walk to", words.place, "wd"),
    ("fled to", "flee to", words.country, "w"),
    ("returned to", "return to", words.place, "w"),
    ("passed", "pass", _one("the guild's test", "the bar exam", "the driving test", "the final exams", "the pilot's test"), "l"),
    ("started", "start", lambda r: f"a {r.choice(('choir', 'newspaper', 'football team', 'diary', 'band', 'collection of stamps', 'chess club', 'trade in furs'))}", "wl"),
    ("gave up", "give up", _one("smoking", "the violin", "the business", "flying", "the shop", "competitive rowing"), ""),
    ("took over", "take over", lambda r: r.choice(("the farm", "the business", "the shop", "the orchestra", words.thing_name(r))), "f"),
    ("served as", "serve as", _one("a stoker", "a nurse", "a judge", "an apprentice", "a cook", "a clerk", "a guide", "a messenger"), "ld"),
    ("worked as", "work as", _one("a stoker", "a nurse", "a cook", "a clerk", "a guide", "a tailor", "a waiter", "a porter"), "ld"),
    ("gave", "give", _one("a first concert", "a speech", "a farewell lecture", "a reading"), "lw"),
    ("ran", "run", _one("a first marathon", "the mountain race", "a relay"), "wld"),
    ("bred", "breed", lambda r: f"a new kind of {r.choice(words.ANIMALS)}", "l"),
    ("exhibited", "exhibit", _one("the watercolours", "the masks", "the first maps", "the collection"), "l"),
    ("donated", "donate", _a, "l"),
)

# what happens to things and places: passive, and who did it can be asked
DONE: tuple[tuple[str, str], ...] = tuple(
    (p, k)
    for k, names in (
        ("structure,place,ship,thing,work,product", "restored renovated cleaned photographed measured inspected surveyed insured"),
        ("structure,ship", "enlarged rebuilt repainted closed reopened modernised opened damaged abandoned repaired converted flooded"),
        ("ship", "launched refitted renamed seized sunk raised"),
        ("structure,ship,work,product,thing,company,team,animal", "sold bought"),
        ("work", "translated performed reprinted banned stolen filmed dedicated"),
        ("company,team,place", "reorganised merged renamed"),
        ("nature", "mapped painted crossed"),
        ("product,thing", "redesigned improved tested exhibited patented"),
        ("animal", "born rescued vaccinated adopted weighed"),
    )
    for p in names.split()
)
# present, base, what is counted; with a stretch of time or without
COUNTED: tuple[tuple[str, str, str, str], ...] = (
    ("place", "has", "have", "schools churches bridges bakeries hotels museums parks cafés fountains pubs taxis playgrounds dentists tram_lines street_lamps cinemas vineyards wells"),
    ("structure,thing", "has", "have", "windows doors steps rooms towers chimneys arches pillars lifts toilets balconies lamps parking_spaces bells stairs cellars looms pipes shelves benches dials"),
    ("structure,company,place", "attracts", "attract", "visitors guests tourists customers pupils day-trippers"),
    ("structure,company", "houses", "house", "paintings books masks letters clocks photographs manuscripts insects stuffed_birds coins maps carriages"),
    ("company", "employs", "employ", "cooks drivers engineers clerks weavers apprentices nurses teachers welders sailors seamstresses technicians"),
    ("company", "sells", "sell", "loaves bicycles newspapers tickets umbrellas books candles pianos kettles sandwiches jars_of_honey crates_of_apples"),
    ("company", "owns", "own", "shops lorries warehouses ships mills buses vineyards cranes delivery_vans patents"),
    ("company", "makes", "make", "chairs clocks bells violins boots lamps barrels cakes pencils boats saddles sails"),
    ("ship", "carries", "carry", "passengers cars containers lifeboats sailors tonnes_of_coal lorries bicycles goats mail_bags"),
    ("ship", "has", "have", "cabins decks masts engines sails portholes anchors guns berths lifeboats"),
    ("work", "has", "have", "chapters scenes characters pages verses illustrations acts songs footnotes maps"),
    ("product", "has", "have", "wheels gears buttons sensors batteries lenses motors cylinders seats screws speakers settings"),
    ("product", "uses", "use", "watts litres_of_water batteries screws cartridges"),
    ("team", "has", "have", "players singers fans trainers titles violins drummers substitutes season_tickets trophies"),
    ("team", "won", "win", "matches cups medals games titles races friendlies"),
    ("team", "lost", "lose", "matches games finals away_games"),
    ("animal", "eats", "eat", "carrots biscuits apples fish eggs crickets sardines"),
    ("animal", "has", "have", "kittens stripes teeth spots toys feathers puppies scars"),
    ("nature", "has", "have", "islands peaks huts waterfalls caves campsites springs lighthouses jetties picnic_sites"),
    ("nature", "feeds", "feed", "villages mills lakes fountains power_stations"),
    ("country", "has", "have", "provinces islands airports ministers rivers universities harbours time_zones national_parks"),
    ("person", "has", "have", "children grandchildren cats pupils brothers sisters patients cousins godchildren lizards rivals"),
    ("person", "owns", "own", "hats bicycles boats guitars clocks fountain_pens vineyards teapots chess_sets pairs_of_boots"),
    ("person", "collects", "collect", "stamps coins teapots maps postcards beetles masks buttons thimbles barometers"),
    ("person", "wrote", "write", "novels letters poems articles plays songs recipes textbooks diaries symphonies"),
    ("person", "speaks", "speak", "languages dialects"),
    ("person", "employs", "employ", "gardeners cooks tailors assistants maids carpenters"),
    ("person", "planted", "plant", "trees roses vines lemons oaks"),
    ("person", "recorded", "record", "albums songs operas podcasts"),
    ("person", "climbed", "climb", "mountains towers volcanoes peaks"),
    ("person", "won", "win", "medals races prizes games tournaments regattas"),
    ("person", "read", "read", "newspapers manuscripts books reports applications"),
    ("person", "reads", "read", "newspapers manuscripts books reports applications"),
    ("person", "sold", "sell", "paintings pumpkins houses cars puppets horses rugs"),
)
SPANS = ("a year", "a month", "a week", "a day", "every day", "each year", "per week", "each season", "an hour", "every summer")
PERSON_DONE = tuple((past, base) for past, base, _, _ in DEEDS)


def year_of(rng: Random) -> tuple[str, int]:
    y = rng.choice((rng.randint(1500, 2024), rng.randint(1850, 2024)))
    return str(y), y


def money(rng: Random) -> tuple[str, float | int]:
    n: float | int = int(10 ** rng.uniform(0.5, 6.2))
    if rng.random() < 0.25:
        n = round(rng.uniform(1, 400), 2)
    shown = f"{n:,}" if rng.random() < 0.75 else str(n)
    unit = rng.choice(("euros", "dollars", "pounds", "crowns", "francs", "florins", "marks", "guilders", "rupees", "yen"))
    return rng.choice((f"{shown} {unit}", f"{shown} {unit}", f"{shown} {unit}", f"{rng.choice('€$£')}{shown}")), n


def count(rng: Random, top: float = 6) -> tuple[str, int | float]:
    """A number of things as prose writes it: nine, 48, 3,412, 2.3 million."""
    roll = rng.random()
    n = max(2, int(10 ** rng.uniform(0.3, rng.choice((1, 1.5, 2, 3, 4, top)))))
    if n <= 12 and roll < 0.5:
        return words.in_words(n), n
    if roll > 0.96:
        x = round(rng.uniform(1.1, 90), 1)
        return f"{x} million", round(x * 1_000_000)
    return (f"{n:,}" if n > 999 and rng.random() < 0.8 else str(n)), n


def _duration(rng: Random) -> tuple[str, int]:
    n = rng.randint(2, 40)
    return f"{n if rng.random() < 0.75 or n > 12 else words.in_words(n)} {rng.choice(('years', 'months', 'weeks', 'days', 'hours', 'summers'))}", n


def _relation(key: str, noun: str, query: str, asks: tuple[str, ...], phrases: tuple[str, ...]) -> Relation:
    return Relation(key, "", lambda r: ("", None), (noun,), (), asks, need=(f"the {noun}", query), say=f"The {noun} is {{v}}", phrases=phrases)


PHRASES = {
    "year": ("the year in which {was}", "the year when {was}", "the year {was}", "the year that {was}"),
    "age": ("the age at which {was}", "the age of {s} when {was}", "{s}'s age when {was}"),
    "price": ("the price for which {was}", "the price when {was}", "what was paid when {was}"),
    "duration": ("the time it took until {was}",),
}


def _phrases(noun: str, was: str) -> tuple[str, ...]:
    return tuple(p.replace("{was}", was) for p in PHRASES.get(noun, (f"the {noun} when {{was}}",)))


def _year_asks(did: str, was: str) -> tuple[str, ...]:
    return (f"When {did}?", f"When {did}?", f"In what year {did}?", f"In which year {did}?", f"What year {did}?", f"In what year was it that {was}?", f"Do you know in which year {was}?", f"Which year was it when {was}?", f"Can you tell me when {was}?", f"the year {was}?")


def _age_asks(did: str, was: str) -> tuple[str, ...]:
    return (f"At what age {did}?", f"How old was {{s}} when {was}?", f"What age was {{s}} when {was}?", f"How old was {{s}} at the time {was}?", f"At which age {did}?")


def deed(rng: Random, e: Entity, number: int) -> Bundle:
    """Somebody did something: when, at what age, where, with whom, for how much, how long."""
    past, base, pick, more = rng.choice(DEEDS)
    x = pick(rng)
    key = f"e{number} "
    did, was = f"did {{s}} {base} {x}", f"{{s}} {past} {x}"
    q = {"s": "she", "h": "he", "i": "it"}[e.sex]
    was_q = f"{q} {past} {x}"
    query = f"{{s}} {base} {x}"
    facts: list[Fact] = []

    def add(name: str, noun: str, value: str, number: float | None, asks: tuple[str, ...]) -> str:
        facts.append(Fact(_relation(key + name, noun, query, asks, _phrases(noun, was)), value, number))
        return value

    pieces: list[str] = []
    front: list[str] = []
    when_full = date(rng) if rng.random() < 0.3 else ""
    y, yn = year_of(rng)
    roll = rng.random()
    if roll < 0.7:
        if when_full and when_full[-4:].isdigit():
            day = when_full[:-5].rstrip(",")
            y, yn = when_full[-4:], int(when_full[-4:])
            on = f"{'on' if any(c.isdigit() for c in day) else 'in'} {when_full}"
            if any(c.isdigit() for c in day):
                add("date", "date", when_full, None, (f"On what date {did}?", f"On which day {did}?", f"What was the date when {was}?", f"On what day {did}?"))
        else:
            on = rng.choice((f"in {y}", f"in {y}", f"in {y}", f"in the {rng.choice(('spring', 'summer', 'autumn', 'winter'))} of {y}", f"in {rng.choice(words.MONTHS)} {y}", f"late in {y}", f"back in {y}"))
        asks = _year_asks(did, was)
        add("year", "year", y, yn, asks[2:] if facts else asks)
        (front if rng.random() < 0.45 else pieces).append(on)
    if e.sex in "sh" and rng.random() < 0.4:
        a = rng.randint(6, 88)
        shown = str(a) if rng.random() < 0.85 or a > 20 else words.in_words(a)
        add("age", "age", shown, a, _age_asks(did, was_q))
        (front if rng.random() < 0.4 else pieces).append(rng.choice((f"at the age of {shown}", f"at {shown}", f"aged {shown}", f"when {q} was {shown}", f"at age {shown}")))
    if "p" in more and rng.random() < 0.5:
        m, n = money(rng)
        add("price", "price", m, n, (f"For how much {did}?", f"At what price {did}?", f"How much money was involved when {was}?", *((f"How much did {{s}} pay for {x}?", f"What did {x} cost {{s}}?") if base in ("buy", "rent") else (f"How much did {{s}} get for {x}?",) if base == "sell" else ())))
        pieces.append(rng.choice((f"for {m}", f"for {m}", f"at a price of {m}")))
    if "w" in more and rng.random() < 0.35:
        p = words.person(rng, rng.choice("sh"))
        add("who", "name", p, None, (f"With whom {did}?", f"Who {did} with?", f"Together with whom {did}?", f"Who was with {{s}} when {was_q}?"))
        pieces.append(rng.choice((f"with {p}", f"together with {p}", f"with the help of {p}", f"with {words_kin(rng, e)} {p}")))
    if "f" in more and rng.random() < 0.35:
        p = words.person(rng, rng.choice("sh"))
        add("from", "name", p, None, (f"From whom {did}?", f"Who {did} from?"))
        pieces.append(f"from {p}")
    if "l" in more and rng.random() < 0.35:
        c = words.place(rng)
        add("place", "place", c, None, (f"Where {did}?", f"In which town {did}?", f"In what city {did}?", f"In which place {did}?"))
        pieces.insert(0, f"in {c}")
    if "d" in more and rng.random() < 0.2:
        d, n = _duration(rng)
        add("long", "duration", d, n, (f"How long {did}?", f"For how long {did}?") if base in ("study", "teach", "serve as", "work as", "visit") else (f"How long did it take {{s}} to {base} {x}?",))
        pieces.append(f"for {d}" if base in ("study", "teach", "serve as", "work as", "visit") else rng.choice((f"within {d}", f"after {d} of work", f"in {d}")))
    if not facts or rng.random() < 0.25:
        when = f" in {y}" if roll < 0.7 else ""
        if " to" not in base and " as" not in base and " from" not in base and base not in ("become", "study", "teach", "meet", "marry", "leave", "visit"):
            r = Relation(key + "what", "", lambda r: ("", None), (base,), (), (f"What did {{s}} {base}{when}?", f"What was it that {{s}} {past}{when}?", f"Tell me what {{s}} {past}{when}."), need=(f"what {{s}} {past}", f"{{s}} {base}{when.replace(' in', '')}"), say=f"{{s}} {past} {{v}}")
            facts.append(Fact(r, x))
        elif not facts:
            return deed(rng, e, number)

    def tell(rng: Random, subject: str) -> str:
        head = " ".join(front[:1])
        body = f"{subject} {past} {x}"
        rest = front[1:] + pieces
        tail = "".join(f", {p}," if p.startswith("when ") and i + 1 < len(rest) else f" {p}" for i, p in enumerate(rest))
        extra = rng.choice(("", "", "", "", f", {aside(rng)}"))
        if head:
            comma = "," if rng.random() < 0.7 or not head.startswith("in ") else ""
            if subject in ("She", "He", "It"):
                body = subject.lower() + body[len(subject) :]
            elif subject.startswith("The "):
                body = "t" + body[1:]
            return f"{head[0].upper()}{head[1:]}{comma} {body}{tail}{extra}."
        return f"{body}{tail}{extra}."

    return Bundle(facts, tell)


def words_kin(rng: Random, e: Entity) -> str:
    p = {"s": "her", "h": "his", "i": "its"}[e.sex]
    return f"{p} {rng.choice(('friend', 'cousin', 'brother', 'sister', 'partner', 'colleague', 'neighbour', 'uncle', 'aunt'))}"


def aside(rng: Random) -> str:
    """A clause with numbers and names that nobody asks for."""
    n, c = rng.randint(2, 400), count(rng)[0]
    return rng.choice(
        (
            f"a record that stood for {n} years",
            f"as {words.person(rng, 's')} wrote at the time",
            f"which took {n} hours",
            f"watched by {c} people",
            f"{rng.randint(2, 30)} years after the {rng.choice(('war', 'flood', 'fire', 'great storm'))}",
            f"much to the surprise of {words.person(rng, 'h')}",
            f"when {rng.choice(words.FOODS)} cost {money(rng)[0]} a sack",
            f"only {n} km from {words.place(rng)}",
            f"the {rng.choice(('second', 'third', 'fourth', 'fifth', 'tenth'))} time that this was tried",
            f"although {c} {rng.choice(words.ANIMALS)}s stood in the way",
            "against all advice",
            "which nobody had expected",
            f"and {words.person(rng, 's')} came along",
            f"on the advice of {words.person(rng, 'h')}",
            f"a matter of {n} minutes",
        )
    )


def happening(rng: Random, e: Entity) -> Bundle | None:
    """Something was done to a thing: when, by whom, for how much, how long it took."""
    done = [d for d, kinds in DONE if e.kind in kinds.split(",")]
    if not done:
        return None
    d = rng.choice(done)
    key = f"h {d} "
    did, was = f"was {{s}} {d}", f"{{s}} was {d}"
    query = f"{{s}} {d}"
    facts: list[Fact] = []
    pieces: list[str] = []
    front = ""

    def add(name: str, noun: str, value: str, number: float | None, asks: tuple[str, ...]) -> None:
        facts.append(Fact(_relation(key + name, noun, query, asks, _phrases(noun, was)), value, number))

    if rng.random() < 0.75:
        y, n = year_of(rng)
        add("year", "year", y, n, _year_asks(did, was))
        on = rng.choice((f"in {y}", f"in {y}", f"in the {rng.choice(('spring', 'summer', 'autumn', 'winter'))} of {y}", f"on {rng.randint(1, 28)} {rng.choice(words.MONTHS)} {y}", f"in {rng.choice(words.MONTHS)} {y}"))
        if rng.random() < 0.4:
            front = on
        else:
            pieces.append(on)
    if d != "born" and rng.random() < 0.45:
        p = words.person(rng, rng.choice("sh"))
        add("by", "name", p, None, (f"Who {d} {{s}}?", f"By whom was {{s}} {d}?", f"Who was it that {d} {{s}}?") if d not in ("stolen", "sunk") else (f"By whom was {{s}} {d}?",))
        pieces.insert(0, f"by {rng.choice(('', '', 'the ' + rng.choice(words.JOBS).replace('-', ' ') + ' '))}{p}")
    if d in ("restored", "renovated", "sold", "bought", "enlarged", "rebuilt", "repaired", "refitted", "modernised", "insured", "converted") and rng.random() < 0.45:
        m, n = money(rng)
        add("price", "price", m, n, (f"For how much was {{s}} {d}?", f"How much did it cost when {{s}} was {d}?", f"At what price was {{s}} {d}?"))
        pieces.append(rng.choice((f"for {m}", f"at a cost of {m}")))
    if not facts:
        return None

    def tell(rng: Random, subject: str) -> str:
        extra = rng.choice(("", "", "", "", f", {aside(rng)}"))
        verb = rng.choice(("was", "was", "was", "had been" if front else "was"))
        body = f"{subject} {verb} {d} {' '.join(pieces)}".rstrip() + extra
        if front:
            if subject in ("She", "He", "It") or subject.startswith("The "):
                body = body[0].lower() + body[1:]
            return f"{front[0].upper()}{front[1:]} {body}."
        return f"{body}."

    return Bundle(facts, tell)


def counts(rng: Random, e: Entity) -> Bundle | None:
    """How many of what: one or two counts in a sentence."""
    options = [c for c in COUNTED if e.kind in c[0].split(",")]
    if not options:
        return None
    _, has, have, nouns = rng.choice(options)
    picked = rng.sample(nouns.split(), min(len(nouns.split()), rng.choice((1, 1, 2, 2, 3))))
    present = has.endswith("s")
    aux = "does" if present else "did"
    span = f" {rng.choice(SPANS)}" if present and has not in ("has", "speaks", "houses", "owns") and rng.random() < 0.5 else ""
    told, facts = [], []
    for noun in picked:
        what = noun.replace("_", " ")
        shown, n = count(rng, 3 if e.kind in ("person", "animal", "product") else 6 if span else 4)
        adj = rng.choice(("", "", "", "", rng.choice(words.ADJ) + " ", rng.choice(words.COLOURS) + " "))
        told.append(f"{shown} {adj}{what}")
        asks = [f"How many {what} {aux} {{s}} {have}{span}?"] * 3 + [f"What number of {what} {aux} {{s}} {have}{span}?", f"Number of {what} {{s}} {has}{span}?", f"how many {what} {aux} {{s}} {have}{span}", f"Tell me how many {what} {{s}} {has}{span}."]
        if has == "has":
            asks += [f"What is the number of {what} of {{s}}?", f"How many {what} are there at {{s}}?" if e.kind != "person" else f"What is {{s}}'s number of {what}?"]
        if e.kind in ("structure", "ship", "place", "country", "work", "nature", "company") and has in ("has", "houses", "carries"):
            asks += [f"How many {what} are there in {{s}}?", f"How many {what} are in {{s}}?", f"How many {what} can be found in {{s}}?"]
        if has == "carries":
            asks += [f"How many {what} fit on {{s}}?", f"For how many {what} is there room on {{s}}?", f"How many {what} can {{s}} carry?", f"How many {what} can {{s}} take?"]
        phrases = (f"the number of {what} of {{s}}", f"{{s}}'s number of {what}", f"the number of {what} that {{s}} {has}{span}", f"the number of {what} {{s}} {has}{span}", f"how many {what} {{s}} {has}{span}")
        facts.append(Fact(Relation(f"c {has} {noun}", "", lambda r: ("", None), (f"number of {what}",), (), tuple(asks), label=(what, f"number of {what}"), phrases=phrases), shown, n))
    joined = told[0] if len(told) == 1 else ", ".join(told[:-1]) + rng.choice((" and ", " and ", ", and ", " as well as ")) + told[-1]

    def tell(rng: Random, subject: str) -> str:
        extra = rng.choice(("", "", "", "", f", {aside(rng)}", f", {rng.randint(2, 90)} of them {rng.choice(('broken', 'new', 'in poor repair', 'still unpaid', 'from ' + words.place(rng), 'under the age of ' + str(rng.randint(5, 40))))}"))
        if has == "has" and rng.random() < 0.12:
            return f"With {joined}, {subject[0].lower() + subject[1:] if subject in ('She', 'He', 'It') else subject} is {rng.choice(('proud', 'content', 'famous', 'well equipped', 'busy'))}."
        return f"{subject} {rng.choice(('', '', '', 'now ', 'still ', 'proudly ')) if present else ''}{has} {joined}{span}{extra}."

    return Bundle(facts, tell)


VERBS = """carry pack order deliver collect plant harvest bake brew roast print bind polish paint fold stitch mend repair wash clean store
load ship move lift test measure weigh count check inspect label sort select reject return rent hire train coach invite host feed water
groom chase rescue treat record film stage rehearse sketch carve cast melt mould assemble install replace remove rebuild insure
donate lend receive award present display exhibit archive catalogue scan translate edit publish sign seal stamp post answer copy
request reserve book cancel refund recycle burn bury drain fill pump filter cool heat dry smoke salt pickle preserve peel slice
grind press mix boil serve taste pour bottle cork guard lock open close number photograph map trace follow chart survey
transport unload weld solder varnish tune restore recover import export buy_back""".split()
CROWD = """crates barrels sacks letters parcels lamps chairs beds tables doors windows bricks tiles planks beams ropes sails anchors oars
engines wheels tyres bolts screws cables pipes pumps valves filters lenses mirrors clocks watches rings coins medals stamps posters books
maps atlases ledgers diaries scores drums flutes violins trumpets costumes masks boots gloves coats hats scarves blankets carpets curtains
pillows towels plates cups bowls jars bottles kettles ovens loaves cakes cheeses hams sausages herrings oysters eggs apples pears plums
lemons melons pumpkins onions cabbages potatoes sheep goats cows pigs hens geese ducks horses donkeys camels bees seedlings saplings
roses tulips vines shrubs patients pupils soldiers pilgrims actors dancers clerks divers miners masons samples specimens fossils bones
crystals meteorites telescopes sensors antennas batteries robots drones satellites tickets vouchers keys badges flags lanterns""".split()
SPOTS = "in the cellar|in the old mill|on the roof|in the harbour|at the station|behind the church|in the attic|on the north side|in the main hall|on the upper deck|for the museum|for the army|for the school|for the town|for the theatre|by train|by ship|by hand|at night|in the first winter|in the second year|during the strike|after the flood|before the war|at the fair|on Sundays|in the spring|for the queen|in the east wing|over the bridge|from the island"


def past_of(base: str) -> str:
    base = base.replace("_", " ")
    head, _, rest = base.partition(" ")
    head = {"buy": "bought", "feed": "fed", "lend": "lent", "bind": "bound", "cast": "cast", "grind": "ground", "rebuild": "rebuilt"}.get(head) or (head + "d" if head.endswith("e") else head[:-1] + "ied" if head.endswith("y") and head[-2] not in "aeiou" else head + "ed")
    return f"{head} {rest}".rstrip()


def doings(rng: Random, e: Entity) -> Bundle:
    """Somebody or something did something to so many of what, somewhere; any verb and noun go together."""
    base = rng.choice(VERBS)
    past, base = past_of(base), base.replace("_", " ")
    spots = rng.sample(SPOTS.split("|"), 2)
    facts: list[Fact] = []
    told: list[str] = []
    y, yn = year_of(rng)
    dated = rng.random() < 0.35
    for spot in spots[: rng.choice((1, 1, 1, 2))]:
        what = rng.choice(CROWD)
        shown, n = count(rng, 5)
        at = spot if rng.random() < 0.65 else ""
        tail = f" {at}" if at else ""
        query = f"{{s}} {base} {what}{tail}"
        asks = (f"How many {what} did {{s}} {base}{tail}?",) * 4 + (f"What number of {what} did {{s}} {base}{tail}?", f"Tell me how many {what} {{s}} {past}{tail}.", f"how many {what} did {{s}} {base}{tail}", f"How many {what} were {past} by {{s}}{tail}?", f"Number of {what} {past} by {{s}}{tail}?")
        phrases = (f"the number of {what} that {{s}} {past}{tail}", f"the number of {what} {{s}} {past}{tail}", f"how many {what} {{s}} {past}{tail}", f"the number of {what} {past} by {{s}}{tail}")
        facts.append(Fact(Relation(f"d {past} {what}", "", lambda r: ("", None), ("number",), (), asks, need=(f"the number of {what}", query), say=f"The number of {what} is {{v}}", phrases=phrases), shown, n))
        told.append(f"{shown} {what}{tail}")
        if dated and len(facts) == 1:
            facts.append(Fact(_relation(f"d {past} {what} year", "year", query, _year_asks(f"did {{s}} {base} the {what}", f"{{s}} {past} the {what}"), _phrases("year", f"{{s}} {past} the {what}")), y, yn))

    def tell(rng: Random, subject: str) -> str:
        extra = rng.choice(("", "", "", f", {aside(rng)}"))
        body = f"{subject} {past} {' and '.join(told)}{extra}."
        if not dated:
            return body
        if rng.random() < 0.5:
            return f"In {y}, {subject.lower() if subject in ('She', 'He', 'It') else 't' + subject[1:] if subject.startswith('The ') else subject}{body[len(subject) :]}"
        return f"{body[:-1]} in {y}." if not extra else f"{subject} {past} {' and '.join(told)} in {y}{extra}."

    return Bundle(facts, tell)


KIN = {r.key: r for r in PEOPLE if r.target.startswith("person")}
COUPLES = (
    ("mother", "father"),
    ("wife", "daughter"),
    ("wife", "son"),
    ("husband", "son"),
    ("husband", "daughter"),
    ("teacher", "student"),
    ("sister", "brother"),
    ("mother", "aunt"),
    ("father", "uncle"),
    ("predecessor", "successor"),
    ("boss", "assistant"),
    ("grandmother", "grandfather"),
    ("coach", "rival"),
    ("cousin", "neighbour"),
)


def family(rng: Random, e: Entity) -> Bundle:
    """Two people around one, named in the same sentence."""
    pair = rng.choice(COUPLES)
    facts = []
    for key in pair:
        r = KIN[key]
        sex = r.target[6:] or rng.choice("sh")
        job = rng.choice(words.JOBS).replace("-", " ")
        target = Entity(words.person(rng, sex), "person", sex, job)
        facts.append(Fact(r, target.name, None, target))
    (one, two), (a, b) = facts, pair
    his = {"s": "her", "h": "his", "i": "its"}[e.sex]
    child = {"s": "daughter", "h": "son", "i": "child"}[e.sex]
    job1, job2 = one.target.noun, two.target.noun  # type: ignore[union-attr]

    def tell(rng: Random, subject: str) -> str:
        v, w = one.value, two.value
        low = subject.lower() if subject in ("She", "He", "It") else subject
        forms = [
            f"{his.capitalize()} {a} was {v}, {his} {b} {w}.",
            f"{his.capitalize()} {a} {v} and {his} {b} {w} {rng.choice(('both came from', 'never saw', 'often spoke of', 'moved to'))} {words.place(rng)}.",
            f"While {his} {a} was the {job1} {v}, {his} {b}, {w}, was a {job2}.",
            f"{subject} owed much to {his} {a}, {v}, and to {his} {b}, {w}.",
            f"{subject} lived with {his} {a} {v}; {his} {b} was {w}.",
            f"Both {his} {a}, the {job1} {v}, and {his} {b} {w} are mentioned in {low if low != subject else owner(subject)} letters." if low == subject else f"Both {his} {a}, the {job1} {v}, and {his} {b} {w} are often mentioned.",
        ]
        if pair == ("mother", "father"):
            forms += [
                f"{subject} was the {child} of {v} and {w}.",
                f"{subject} was the {child} of the {job2} {w} and {his} wife {v}.",
                f"{subject}, {child} of {w} and {v}, was the {rng.choice(('first', 'second', 'third', 'youngest'))} of {rng.randint(2, 12)} children.",
                f"{subject} was born to {v} and the {job2} {w}.",
                f"{v} gave birth to {low} while {w} was at sea.",
            ]
        if a in ("wife", "husband"):
            forms += [f"{subject} married {v}, a {job1}; they had one {b}, {w}.", f"{subject} and {his} {a} {v} have a {b} called {w}.", f"With {v}, {his} {a}, {low} had a {b}, {w}.", f"{subject} married the {job1} {v}, and their {b} {w} became a {job2}."]
        if a == "teacher":
            forms += [f"{subject} learned from {v} and later taught {w}.", f"{subject}, a pupil of {v}, taught {w}."]
        if a == "predecessor":
            forms += [f"{subject} took over from {v} and was followed by {w}.", f"{subject} came after {v} and before {w}."]
        return rng.choice(forms)

    return Bundle(facts, tell)


def owner(name: str) -> str:
    return f"{name}'s" if not name.endswith("s") else f"{name}'"


def event(rng: Random, e: Entity) -> Bundle | None:
    roll = rng.random()
    if roll < 0.2 and e.kind not in ("nature", "work"):
        return doings(rng, e)
    if e.kind == "person":
        if roll < 0.36 and not {"wife", "husband", "girlfriend", "boyfriend", "partner"} & e.facts.keys():
            return family(rng, e)
        return deed(rng, e, len(e.bundles)) if roll < 0.78 else counts(rng, e)
    return happening(rng, e) if roll < 0.55 else counts(rng, e)
