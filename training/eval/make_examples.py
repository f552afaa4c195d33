#!/usr/bin/env python3
"""Writes examples.jsonl beside this file: questions about examples/notes.

Run:  python3 training/eval/make_examples.py

Each line: id, kind, question, expected (alternatives), docs, tolerance, source.
A fact is written as a passage of its note with the value in braces, such as
"Lady Byron was aged {67} when she died". The script stops with a list of the
faults if a passage is not literally in its note. Every number is read from the
passage and computed on here, so no number is copied by hand.
"""

import collections
import datetime
import json
import math
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCS = "../../examples/notes"
NOTES = HERE / DOCS
TOLERANCE = 1e-6
EXPECTED_COUNTS = {"fact": 40, "fact_calc": 30, "two_hop": 15, "two_facts_calc": 30}
PREFIX = {"fact": "ex-fact", "fact_calc": "ex-fcalc", "two_hop": "ex-hop", "two_facts_calc": "ex-tfcalc"}

# short keys of the notes
N = {
    "ada": "ada-lovelace.md",
    "buda": "budapest.md",
    "zeiss": "carl-zeiss.md",
    "babbage": "charles-babbage.md",
    "danube": "danube.md",
    "tower": "eiffel-tower.md",
    "gustave": "gustave-eiffel.md",
    "irene": "irene-joliot-curie.md",
    "tabei": "junko-tabei.md",
    "byron": "lady-byron.md",
    "marie": "marie-curie.md",
    "blanc": "mont-blanc.md",
    "everest": "mount-everest.md",
    "theremin": "theremin.md",
}

WORDS = {w: i for i, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}

rows, faults = [], []
counts = collections.Counter()
TEXTS = {name: (NOTES / name).read_text(encoding="utf-8") for name in N.values()}
FLAT = {name: " ".join(text.split()) for name, text in TEXTS.items()}


def value_of(ident, key, passage):
    """The text in braces, or the whole passage; it must be in the note."""
    literal = passage.replace("{", "").replace("}", "")
    at = re.search(r"(?<![\w.,])%s(?!\w|[.,]\d)" % re.escape(literal), FLAT[N[key]])
    if not at:
        faults.append("%s: %r is not in %s" % (ident, literal, N[key]))
    inside = re.search(r"\{(.*)\}", passage)
    return inside.group(1) if inside else literal


def number(text):
    text = text.strip().lower()
    if text in WORDS:
        return WORDS[text]
    text = text.replace(",", "")
    if text.endswith(" million"):
        return round(float(text[:-8]) * 1000000)
    return float(text) if "." in text else int(text)


def number_text(value):
    return str(value) if isinstance(value, int) else "%.15g" % value


def day(text):
    return datetime.datetime.strptime(text, "%d %B %Y").date()


def add(kind, question, expected, source):
    files = list(dict.fromkeys(N[key] for key in source))
    numeric = isinstance(expected, (int, float))
    rows.append({"id": "%s-%03d" % (PREFIX[kind], counts[kind]), "kind": kind, "question": question, "expected": [number_text(expected)] if numeric else expected, "docs": DOCS, "tolerance": TOLERANCE if numeric else None, "source": files})


def start(kind):
    counts[kind] += 1
    return "%s-%03d" % (PREFIX[kind], counts[kind])


def answer(ident, key, passage, also):
    """A number, or the text in the note with further spellings of it."""
    text = value_of(ident, key, passage)
    if also is None:
        return number(text)
    if re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}", text):
        d, month, year = text.split()
        also = ["%s %s, %s" % (month, d, year), day(text).isoformat()] + list(also)
    return [text] + list(also)


def num(question, key, passage):
    """A fact that is a number."""
    ident = start("fact")
    add("fact", question, answer(ident, key, passage, None), [key])


def txt(question, key, passage, *also):
    """A fact that is a text; also: other spellings to accept."""
    ident = start("fact")
    add("fact", question, answer(ident, key, passage, also), [key])


def hop(question, key1, link, key2, passage, *also, text=False):
    """link is in note key1 and leads to note key2, which has the answer."""
    ident = start("two_hop")
    value_of(ident, key1, link)
    add("two_hop", question, answer(ident, key2, passage, also if text else None), [key1, key2])


def compute(kind, question, facts, function, links=(), convert=number):
    ident = start(kind)
    for key, passage in links:
        value_of(ident, key, passage)
    values = [convert(value_of(ident, key, passage)) for key, passage in facts]
    source = [key for key, _ in links] + [key for key, _ in facts]
    add(kind, question, function(*values), source)


def calc(question, key, passages, function, convert=number):
    """One or more numbers of one note, then function."""
    passages = [passages] if isinstance(passages, str) else passages
    compute("fact_calc", question, [(key, p) for p in passages], function, convert=convert)


def chain(question, key1, link, key2, passage, function):
    """link is in note key1 and leads to note key2, which has the number."""
    compute("two_facts_calc", question, [(key2, passage)], function, links=[(key1, link)])


def pair(question, first, second, function, convert=number, links=()):
    """A number from each of two notes, combined."""
    compute("two_facts_calc", question, [first, second], function, links=links, convert=convert)


# passages used more than once
AGE = {
    "ada": ("ada", "Ada Lovelace was aged {36} when she died"),
    "byron": ("byron", "Lady Byron was aged {67} when she died"),
    "babbage": ("babbage", "He was aged {79}"),
    "zeiss": ("zeiss", "died in Jena on 3 December 1888, aged {72}"),
    "gustave": ("gustave", "Gustave Eiffel was aged {91} when he died"),
    "irene": ("irene", "Irène Joliot-Curie was aged {58} when she died"),
    "tabei": ("tabei", "Junko Tabei was aged {77} when she died"),
    "marie": ("marie", "Marie Curie died on 4 July 1934, aged {66}"),
    "clara": ("theremin", "Clara Rockmore died in New York on 10 May 1998, aged {87}"),
}
TOWER = ("tower", "The height of the Eiffel Tower is {330} metres")
EVEREST = ("everest", "Mount Everest is {8,849} metres high")
BLANC21 = ("blanc", "Height of Mont Blanc in the 2021 survey: {4,807.8} metres")
BLANC23 = ("blanc", "Height of Mont Blanc in the 2023 survey: {4,805.6} metres")
DANUBE = ("danube", "The length of the Danube is about {2,850} kilometres")
CANAL = ("danube", "The Main-Danube Canal, {171} kilometres long")
TUNNEL = ("blanc", "It is {11.6} kilometres long and joins Chamonix")
PARL_LONG = ("buda", "is {268} metres long and 96 metres high")
PARL_HIGH = ("buda", "is 268 metres long and {96} metres high")
GARABIT = ("gustave", "finished in 1884 and {565} metres long")
AREA = ("buda", "an area of {525} square kilometres")
MOTHER = ("ada", "Her mother was Lady Byron")
ELDER = ("marie", "The elder daughter was Irène Joliot-Curie")
BUILDER = ("tower", "The builder was their employer, Gustave Eiffel")
FIRSTWOMAN = ("everest", "The first woman to climb Mount Everest was Junko Tabei")
METBABBAGE = ("ada", "She met Charles Babbage when she was 17")

# ---------------------------------------------------------------------- fact
txt("When was Ada Lovelace born? Full date please.", "ada", "born in London on {10 December 1815}")
num("how old was ada lovelace when she met babbage", "ada", "She met Charles Babbage when she was {17}")
txt("Who was Ada Lovelace's father?", "ada", "Ada Lovelace's father was the poet {Lord Byron}")
num("ada lovelace - number of kids?", "ada", "Ada Lovelace had {three} children")
txt("which numbers did Ada Lovelace want to let the machine calculate in her famous Note G?", "ada", "how the machine could compute {Bernoulli} numbers")
num("In which year did Budapest come into being as one city?", "buda", "It was formed in {1873}")
num("Budapest area in square km", "buda", AREA[1])
txt("How many people live in Budapest?", "buda", "Budapest has about {1.7 million} inhabitants", "1,700,000", "1700000")
num("Hi! Do you happen to know what year the Chain Bridge in Budapest opened?", "buda", "The Széchenyi Chain Bridge opened in {1849}")
num("How high is the Hungarian parliament, in metres?", "buda", PARL_HIGH[1])
txt("In which town did Carl Zeiss start his workshop?", "zeiss", "founded the company in {Jena} in 1846")
txt("Which physicist went to work with Carl Zeiss in 1866?", "zeiss", "The physicist {Ernst Abbe} joined him in 1866", "Abbe")
num("When did the Zeiss company begin to let people work only eight hours per day? I need just the year.", "zeiss", "In {1900} the firm introduced the eight-hour working day")
txt("Please state the birthplace of the mechanic Carl Zeiss.", "zeiss", "The founder was born in {Weimar}")
num("What year was Charles Babbage born?", "babbage", "born in London on 26 December {1791}")
num("how much tonnes weighs the calculating part of Babbage's difference engine in the museum", "babbage", "weighs about {2.6} tonnes")
txt("What did the Analytical Engine read its instructions from?", "babbage", "to read its instructions from {punched cards}", "punch cards", "punched card", "punchcards")
txt("On what day did Babbage die?", "babbage", "Charles Babbage died on {18 October 1871}")
num("How long is the Danube in kilometres?", "danube", DANUBE[1])
txt("what river in europe is longer than the danube", "danube", "the second longest river of Europe, after the {Volga}")
txt("Into which sea does the Danube flow?", "danube", "ends in a delta on the {Black Sea}")
num("year the Main-Danube canal opened", "danube", "171 kilometres long, opened in {1992}")
num("How tall is the Eiffel Tower? (metres)", "tower", TOWER[1])
txt("how many rivets are in the eiffel tower??", "tower", "holds {2.5 million} rivets", "2,500,000", "2500000")
num("How many tonnes of paint do they use each time the Eiffel Tower gets painted?", "tower", "which takes {60} tonnes of paint")
num("Until which year did no other structure in the world stand taller than the Eiffel Tower?", "tower", "Until {1930} it was the tallest structure in the world")
txt("In what city was Gustave Eiffel born?", "gustave", "born in {Dijon} on 15 December 1832")
num("Length of the Garabit Viaduct in metres?", "gustave", GARABIT[1])
txt("What illness killed Irène Joliot-Curie?", "irene", "She died of {leukaemia}", "leukemia")
num("My teacher says Irene Joliot-Curie and her husband won a Nobel prize. What year was it?", "irene", "the Nobel Prize in Chemistry of {1935}")
txt("Where was Junko Tabei born?", "tabei", "born in {Miharu}, Fukushima", "Fukushima")
num("When did Junko Tabei start her climbing club for women?", "tabei", "In {1969} she founded a climbing club for women")
txt("What was the name of the school that Lady Byron opened?", "byron", "she opened {Ealing Grove} School")
txt("Lady Byron's name before she married?", "byron", "born {Anne Isabella Milbanke} on", "Isabella Milbanke", "Milbanke")
txt("What was the name of Marie Curie's younger daughter?", "marie", "the younger daughter was {Ève} Curie", "Eve")
num("marie curie, nobel in chemistry, which year", "marie", "the Nobel Prize in Chemistry in {1911}")
txt("What was the name of the first woman on top of Mont Blanc?", "blanc", "{Marie Paradis} was the first woman at the top", "Paradis")
txt("What do people in Nepal call Mount Everest?", "everest", "Its Nepali name is {Sagarmatha}")
txt("Who invented the theremin?", "theremin", "The Russian physicist {Leon Theremin} invented it", "Leon")
num("In what year did the inventor of the theremin get his American patent?", "theremin", "received a United States patent for it in {1928}")

# ----------------------------------------------------------------- fact_calc
calc("What is the square root of the height of the Eiffel Tower in metres?", "tower", TOWER[1], math.sqrt)
calc("eiffel tower height in feet, 1 ft = 0.3048 m", "tower", TOWER[1], lambda a: a / 0.3048)
calc("How many Eiffel Towers' worth of iron frame would 50,000 tonnes make? Divide 50000 by what the tower's iron frame weighs.", "tower", "Its iron frame weighs about {7,300} tonnes", lambda a: 50000 / a)
calc("If the Eiffel Tower gets 13 new coats of paint, how many tonnes of paint is that altogether?", "tower", "which takes {60} tonnes of paint", lambda a: 13 * a)
calc("How many rivets per tonne of iron are there in the Eiffel Tower frame?", "tower", ["Its iron frame weighs about {7,300} tonnes", "holds {2.5 million} rivets"], lambda a, b: b / a)
calc("Take the length of the Danube in km and raise it to the power 0.37.", "danube", DANUBE[1], lambda a: a**0.37)
calc("I want to paddle all the Danube and I make 42 km every day. How many days I need?", "danube", DANUBE[1], lambda a: a / 42)
calc("Convert the length of the Danube into miles (1 mile is 1.609344 km).", "danube", DANUBE[1], lambda a: a / 1.609344)
calc("How many times does the Main-Danube Canal fit into the length of the Danube?", "danube", [CANAL[1], DANUBE[1]], lambda a, b: b / a)
calc("15% of the height of Mount Everest in metres?", "everest", EVEREST[1], lambda a: a * 15 / 100)
calc("What is the cube root of Mount Everest's height in metres?", "everest", EVEREST[1], lambda a: a ** (1 / 3))
calc("How many years after Hillary and Tenzing did the first woman stand on Everest? Just subtract the years.", "everest", ["on 29 May {1953}", "Junko Tabei of Japan, on 16 May {1975}"], lambda a, b: b - a)
calc("By how many metres did Mont Blanc shrink between the 2021 and the 2023 surveys?", "blanc", [BLANC21[1], BLANC23[1]], lambda a, b: round(a - b, 6))
calc("if i drive through the mont blanc tunnel at 70 km/h how many minutes does it take", "blanc", TUNNEL[1], lambda a: a / 70 * 60)
calc("Kindly compute the number of years between the first ascent of Mont Blanc and the opening of the tunnel beneath it.", "blanc", ["first climbed it on 8 August {1786}", "The Mont Blanc Tunnel under the mountain opened in {1965}"], lambda a, b: b - a)
calc("What is the population density of Budapest, in people per square kilometre?", "buda", ["Budapest has about {1.7 million} inhabitants", AREA[1]], lambda a, b: a / b)
calc("Budapest parliament: length divided by height = ?", "buda", [PARL_LONG[1], PARL_HIGH[1]], lambda a, b: a / b)
calc("If Budapest was a perfect square, how long would each side be in km? (square root of the area)", "buda", AREA[1], math.sqrt)
calc("How old in years will the Budapest metro be in 2050?", "buda", "The first line of the Budapest Metro opened in {1896}", lambda a: 2050 - a)
calc("What is the age at which Ada Lovelace died, to the power of 0.43?", "ada", AGE["ada"][1], lambda a: a**0.43)
calc("How many years before her death did Ada Lovelace publish her translation with the notes? Year of death minus year of translation.", "ada", ["In {1843} she translated a French paper", "She died on 27 November {1852}"], lambda a, b: b - a)
calc("Square the age Charles Babbage was when he died.", "babbage", AGE["babbage"][1], lambda a: a * a)
calc("what does one part of the difference engine weigh on average, in kilograms? use 1000 kg for a tonne", "babbage", ["weighs about {2.6} tonnes", "has about {4,000} parts"], lambda a, b: a * 1000 / b)
calc("For how many years was Babbage the Lucasian Professor?", "babbage", ["From {1828} to 1839", "to {1839} he was Lucasian Professor"], lambda a, b: b - a)
calc("hey, whats the square root of the age gustave eiffel got to?", "gustave", AGE["gustave"][1], math.sqrt)
calc("Walking at 1.4 metres per second, how many seconds do I need to cross the whole Garabit Viaduct?", "gustave", GARABIT[1], lambda a: a / 1.4)
calc("How many years lay between the two Nobel Prizes of Marie Curie?", "marie", ["the Nobel Prize in Physics in {1903}", "the Nobel Prize in Chemistry in {1911}"], lambda a, b: b - a)
calc("Natural logarithm of the age at which Junko Tabei died?", "tabei", AGE["tabei"][1], math.log)
calc("The age of Clara Rockmore at her death, times 365.25, is how many days?", "theremin", AGE["clara"][1], lambda a: a * 365.25)
calc("Calculate 2.5 times the age that Carl Zeiss the mechanic lived to, minus 19.", "zeiss", AGE["zeiss"][1], lambda a: 2.5 * a - 19)

# ------------------------------------------------------------------- two_hop
hop("On what date was Ada Lovelace's mother born?", *MOTHER, "byron", "on {17 May 1792}", text=True)
hop("Ada Lovelace's mum opened a school. In which year?", *MOTHER, "byron", "In {1834} she opened Ealing Grove School")
hop("What funny nickname did the husband of Ada Lovelace's mother give to his wife?", *MOTHER, "byron", "called her the {Princess of Parallelograms}", text=True)
hop("Where was the first woman who climbed Mount Everest born?", *FIRSTWOMAN, "tabei", "born in {Miharu}, Fukushima", "Fukushima", text=True)
hop("how old was the first woman on everest when she died", *FIRSTWOMAN, *AGE["tabei"])
hop("In which city was the man born who built the Eiffel Tower?", *BUILDER, "gustave", "born in {Dijon} on", text=True)
hop("The builder of the Eiffel Tower finished a bridge in Porto. What is it called?", *BUILDER, "gustave", "The {Maria Pia} Bridge in Porto", text=True)
hop("Marie Curie's elder daughter - who was she married to?", *ELDER, "irene", "her husband {Frédéric Joliot}", "Frederic Joliot", "Frédéric", "Frederic", text=True)
hop("At what age did the older daughter of Marie Curie die?", *ELDER, *AGE["irene"])
hop("What did the elder of Marie Curie's two girls die of?", *ELDER, "irene", "She died of {leukaemia}", "leukemia", text=True)
hop("Ada Lovelace met, as a teenager, a man who was building calculating machines. In which year was he born?", *METBABBAGE, "babbage", "born in London on 26 December {1791}")
hop("Which museum built a machine of the inventor whom Ada Lovelace met as a girl?", *METBABBAGE, "babbage", "The {Science Museum} in London built his second design", text=True)
hop("A river divides the capital of Hungary. How many km is that river long?", "buda", "The {Danube} divides it", *DANUBE)
hop("In what forest does the river start which flows through Budapest?", "buda", "The {Danube} divides it", "danube", "It rises in the {Black Forest} in Germany", text=True)
hop("Junko Tabei reached the top of a mountain in May 1975. What is that mountain's name in Tibetan?", "tabei", "reached the summit of Mount Everest on 16 May 1975", "everest", "its Tibetan name is {Chomolungma}", text=True)

# ------------------------------------------------------------ two_facts_calc
chain("Who was Ada Lovelace's mother? What is the age she died at raised to the 0.43 power?", *MOTHER, *AGE["byron"], lambda a: a**0.43)
chain("What is the square root of the age Ada Lovelace's mother reached?", *MOTHER, *AGE["byron"], math.sqrt)
chain("who built the eiffel tower, and whats his age at death to the power 0.29", *BUILDER, *AGE["gustave"], lambda a: a**0.29)
chain("Who was Marie Curie's elder daughter? Find the age at which she died and raise it to the 1.2 power.", *ELDER, *AGE["irene"], lambda a: a**1.2)
chain("Give me the square root of the age the older daughter of Marie Curie reached.", *ELDER, *AGE["irene"], math.sqrt)
chain("Who was the first woman on Mount Everest? What is her age at death to the power of 0.23?", *FIRSTWOMAN, *AGE["tabei"], lambda a: a**0.23)
chain("The first lady who climbed Everest, how old she was at her death? Multiply it with 12.5.", *FIRSTWOMAN, *AGE["tabei"], lambda a: a * 12.5)
chain("Which inventor did Ada Lovelace meet at 17? What is the cube root of the age he died at?", *METBABBAGE, *AGE["babbage"], lambda a: a ** (1 / 3))
chain("Lady Byron had a daughter, Ada. Kindly compute the age that this daughter attained, raised to the power 0.77.", "byron", "taking their daughter {Ada} with her", *AGE["ada"], lambda a: a**0.77)
chain("Which river flows through Budapest? Divide its length in kilometres by 24.", "buda", "The {Danube} divides it", *DANUBE, lambda a: a / 24)
chain("There is a tower in Paris that has the name of Gustave Eiffel. How many metres are 3/8 of its height?", "gustave", "The tower in Paris that bears his name", *TOWER, lambda a: a * 3 / 8)
chain("What mountain did Junko Tabei get to the top of in 1975? What's the square root of its height in metres?", "tabei", "reached the summit of Mount Everest on 16 May 1975", *EVEREST, math.sqrt)
pair("How much higher is Mount Everest than Mont Blanc was in the 2023 survey, in metres?", EVEREST, BLANC23, lambda a, b: round(a - b, 6))
pair("Mount Everest's height divided by Mont Blanc's 2021 height?", EVEREST, BLANC21, lambda a, b: a / b)
pair("how many eiffel towers on top of each other make one mount everest?", EVEREST, TOWER, lambda a, b: a / b)
pair("How many metres taller is the Eiffel Tower than the parliament building of Budapest?", TOWER, PARL_HIGH, lambda a, b: a - b)
pair("Add the height of the Eiffel Tower and the height of Mount Everest, in metres.", TOWER, EVEREST, lambda a, b: a + b)
pair("How many times longer is the Danube than the Mont Blanc Tunnel?", DANUBE, TUNNEL, lambda a, b: a / b)
pair("The Main-Danube Canal minus the Mont Blanc Tunnel, both in km. What's left?", CANAL, TUNNEL, lambda a, b: round(a - b, 6))
pair("If you put the Garabit Viaduct and the Budapest parliament one behind the other, how many metres long is it?", GARABIT, PARL_LONG, lambda a, b: a + b)
pair("If you laid the Eiffel Tower down on the Garabit Viaduct, what fraction of the viaduct's length would it cover? As a decimal number.", TOWER, GARABIT, lambda a, b: a / b)
pair("Sum of the ages at which Marie Curie and Junko Tabei died?", AGE["marie"], AGE["tabei"], lambda a, b: a + b)
pair("Who got older, Charles Babbage or Ada Lovelace, and by how many years?", AGE["babbage"], AGE["ada"], lambda a, b: a - b)
pair("Age of Gustave Eiffel when he died divided by age of Irene Joliot-Curie when she died", AGE["gustave"], AGE["irene"], lambda a, b: a / b)
pair("what is the average of the ages at death of clara rockmore and carl zeiss", AGE["clara"], AGE["zeiss"], lambda a, b: (a + b) / 2)
pair("How many years was Charles Babbage older than Ada Lovelace, going by the years they were born?", ("babbage", "born in London on 26 December {1791}"), ("ada", "born in London on 10 December {1815}"), lambda a, b: b - a)
pair("How many years after the founding of the Zeiss company was Budapest made out of its three towns?", ("zeiss", "founded the company in Jena in {1846}"), ("buda", "It was formed in {1873}"), lambda a, b: b - a)
pair("Marie Curie won the chemistry Nobel Prize, and later her daughter Irène did too. How many years were between the two?", ("marie", "the Nobel Prize in Chemistry in {1911}"), ("irene", "the Nobel Prize in Chemistry of {1935}"), lambda a, b: b - a)
pair("Multiply the age Lady Byron reached by the age her daughter Ada reached.", AGE["byron"], AGE["ada"], lambda a, b: a * b)
pair("My sister and me have a bet: how many years passed from the first Mont Blanc climb to the first climb of Mount Everest?", ("blanc", "first climbed it on 8 August {1786}"), ("everest", "first confirmed ascent of Mount Everest on 29 May {1953}"), lambda a, b: b - a)


def plain(text):
    return re.sub(r"(?<=\d),(?=\d{3})", "", text.lower())


def main():
    seen = set()
    for row in rows:
        asked = plain(row["question"])
        if asked in seen:
            faults.append("%s: asked twice" % row["id"])
        seen.add(asked)
        for text in row["expected"]:
            if re.search(r"(?<![\w.])%s(?!\w|\.\d)" % re.escape(text.lower()), asked):
                faults.append("%s: the question gives the answer away" % row["id"])
            if row["tolerance"] and (float(text) == 0 or "e" in text):
                faults.append("%s: awkward number %s" % (row["id"], text))
    if dict(counts) != EXPECTED_COUNTS:
        faults.append("counts are %s" % dict(counts))
    used = {name for row in rows for name in row["source"]}
    for name in sorted(p.name for p in NOTES.glob("*.md")):
        if name not in used:
            faults.append("no question uses %s" % name)
    for line in faults:
        print("FAULT:", line, file=sys.stderr)
    if faults:
        return 1
    with open(HERE / "examples.jsonl", "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print("questions: %d (%s)" % (len(rows), ", ".join("%s %d" % kv for kv in counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
