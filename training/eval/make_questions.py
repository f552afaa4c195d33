#!/usr/bin/env python3
"""Writes questions.jsonl beside this file and checks each fact against notes/.

Run:  python3 training/eval/make_questions.py

Each line: id, kind, question, expected (alternatives), docs, tolerance, source.
A numeric answer has one alternative, the number computed here, and a relative
tolerance; a text answer has tolerance null. The script stops with a list of
the faults if a fact is not literally in its note.
"""

import collections
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
NOTES = HERE / "notes"
TOLERANCE = 1e-6

PREFIX = {"arithmetic": "arith", "fact": "fact", "fact_calc": "fcalc", "two_facts_calc": "tfcalc", "two_hop": "hop"}

# short keys of the notes
N = {
    "ingrid": "ingrid-haavelmo.md",
    "petrel": "morning-petrel.txt",
    "blue": "bluewater-sund-lines.md",
    "osvaldo": "osvaldo-pinheiro.md",
    "dalia": "dalia-mensah-roth.md",
    "viktor": "viktor-szalontai.txt",
    "skarvik": "skarvik.md",
    "terns": "skarvik-terns.md",
    "milo": "milo-dragan.txt",
    "bene": "benedikta-oyelaran.md",
    "pickle": "pickle.txt",
    "kess": "mount-kessandra.md",
    "agathe": "agathe-brunnhofer.md",
    "book": "thin-air-thick-wool.txt",
    "copper": "copperleaf-press.md",
    "vell": "vellmoor.txt",
    "rosa": "rosalind-achterberg.md",
    "juno": "juno-diary.md",
    "barnaby": "barnaby.txt",
    "paolo": "paolo-wierzbicki.md",
    "bridge": "asker-bridge.md",
    "haruto": "haruto-lindqvist.md",
    "kd": "kestrel-and-dunne.txt",
    "zainab": "zainab-farouqi.md",
    "gethin": "gethin-prosser.md",
    "loaf": "the-crooked-loaf.md",
    "rye": "harbour-rye-recipe.md",
    "mole": "mole-7.md",
    "sunniva": "sunniva-takkinen.txt",
    "light": "gannet-rock-lighthouse.txt",
    "quill": "letter-ephraim-quill.md",
    "imbra": "lake-imbra.md",
    "halcyon": "halcyon.md",
    "teodora": "teodora-vasilenko.md",
    "hotel": "hotel-marabou.md",
    "leopold": "leopold-nkemelu.txt",
    "caspian": "caspian-nkemelu.md",
    "rail": "dunlin-valley-railway.md",
    "bertha": "old-bertha.txt",
    "emeka": "emeka-sands.md",
}

rows = []
checks = []  # (row id, note file, literal that must occur in it)
counts = collections.Counter()


def number_text(value):
    return str(value) if isinstance(value, int) else "%.15g" % value


def add(kind, question, answer, source):
    counts[kind] += 1
    numeric = isinstance(answer, (int, float))
    row = {"id": "%s-%03d" % (PREFIX[kind], counts[kind]), "kind": kind, "question": question, "expected": [number_text(answer)] if numeric else list(answer), "docs": None if kind == "arithmetic" else "notes", "tolerance": TOLERANCE if numeric else None, "source": source}
    rows.append(row)
    return row["id"]


def arith(question, value):
    add("arithmetic", question, value, [])


def fact(question, key, answer):
    """One fact; answer is a number or a list of accepted texts."""
    ident = add("fact", question, answer, [N[key]])
    for text in answer if isinstance(answer, list) else [answer]:
        checks.append((ident, N[key], text))


def calc(question, key, value, function):
    """One number from one note, then function(number)."""
    ident = add("fact_calc", question, function(value), [N[key]])
    checks.append((ident, N[key], value))


def chain(question, key1, link, key2, value, function):
    """link (text) is in note key1 and leads to note key2, which has value."""
    ident = add("two_facts_calc", question, function(value), [N[key1], N[key2]])
    checks.append((ident, N[key1], link))
    checks.append((ident, N[key2], value))


def pair(question, key1, value1, key2, value2, function):
    """Two numbers, combined."""
    source = [N[key1]] if key1 == key2 else [N[key1], N[key2]]
    ident = add("two_facts_calc", question, function(value1, value2), source)
    checks.append((ident, N[key1], value1))
    checks.append((ident, N[key2], value2))


def hop(question, key1, link, key2, answer):
    ident = add("two_hop", question, answer, [N[key1], N[key2]])
    checks.append((ident, N[key1], link))
    for text in answer if isinstance(answer, list) else [answer]:
        checks.append((ident, N[key2], text))


# ---------------------------------------------------------------- arithmetic
arith("What is 47 + 385?", 47 + 385)
arith("12.5 * 8.4", 12.5 * 8.4)
arith("Compute 9.3 squared.", 9.3**2)
arith("cube root of 1728", 1728 ** (1 / 3))
arith("seventeen times twenty-three", 17 * 23)
arith("What's 15% of 240?", 240 * 0.15)
arith("hey can you tell me what 1004 minus 687 is?", 1004 - 687)
arith("(14 + 6) * (31 - 9.5)", (14 + 6) * (31 - 9.5))
arith("Please evaluate 2^10 - 24.", 2**10 - 24)
arith("2.7 raised to the power 3.3", 2.7**3.3)
arith("sqrt(529) + 11", 529**0.5 + 11)
arith("Divide 945 by 36.", 945 / 36)
arith("How much is three hundred and twelve divided by eight?", 312 / 8)
arith("i need 6.25 percent of 8800 pls", 8800 * 6.25 / 100)
arith("Kindly determine the product of 0.45 and 1,320.", 0.45 * 1320)
arith("what is 5 to the 7th power", 5**7)
arith("Subtract 58.75 from 200.", 200 - 58.75)
arith("If I have 1234567 and I add 7654321, how much I get?", 1234567 + 7654321)
arith("100/7", 100 / 7)
arith("What is the fourth root of 4096?", 4096**0.25)
arith("50 times the square root of 2", 50 * 2**0.5)
arith("What do you get when you take 19 away from 7?", 7 - 19)
arith("-8 * 13.5", -8 * 13.5)
arith("Evaluate ((3.2 + 1.8)^3) / 4", (3.2 + 1.8) ** 3 / 4)
arith("Increase 640 by 12.5%.", 640 * 1.125)
arith("Reduce 89.9 by 30 percent.", 89.9 * 0.7)
arith("half of 0.37", 0.37 / 2)
arith("Multiply the sum of 18 and 24 by 7.", (18 + 24) * 7)
arith("Add 4.6, 9.15 and 0.875 together.", 4.6 + 9.15 + 0.875)
arith("what is double of 3,459", 2 * 3459)
arith("I'd like to know a third of 2025, please.", 2025 / 3)
arith("What's two hundred and six plus ninety-eight minus forty-one?", 206 + 98 - 41)
arith("0.004 × 0.25", 0.004 * 0.25)
arith("7 ÷ 0.035", 7 / 0.035)
arith("Take 81, find its square root, then multiply it by 4.4.", 81**0.5 * 4.4)
arith("1.08^15", 1.08**15)
arith("Difference between 10,250 and 8,976?", 10250 - 8976)
arith("What is 3/8 of 504?", 504 * 3 / 8)
arith("eleven cubed", 11**3)
arith("6 * 7 * 8 * 9", 6 * 7 * 8 * 9)
arith("What's 250 as a percentage of 1,600?", 250 / 1600 * 100)
arith("My teacher asks: 144 divided by 12 and then plus 99?", 144 / 12 + 99)
arith("(9 - 14.2) * 3.5 = ?", (9 - 14.2) * 3.5)
arith("what is the average of 34, 58 and 91", (34 + 58 + 91) / 3)
arith("Compute the reciprocal of 0.16.", 1 / 0.16)
arith("88 - 4 * 13", 88 - 4 * 13)
arith("wats 999 x 999", 999 * 999)
arith("Raise 0.85 to the 4th power.", 0.85**4)
arith("What is 10 percent of 15 percent of 6400?", 6400 * 0.15 * 0.1)
arith("hypotenuse check: sqrt(3^2 + 7^2)", (3**2 + 7**2) ** 0.5)
arith("one point five times sixty-four", 1.5 * 64)
arith("Starting from 75, triple it and subtract 18.6.", 75 * 3 - 18.6)
arith("450 / (12 + 6) - 3.25", 450 / (12 + 6) - 3.25)
arith("Could you work out 7.77 minus 0.89 for me? My calculator's battery died.", 7.77 - 0.89)
arith("A box holds 24 pencils. I've got 17 boxes and 5 loose pencils. How many pencils is that?", 24 * 17 + 5)
arith("Tickets cost 13.5 euros each. What do 9 friends pay in total?", 13.5 * 9)
arith("A tank loses 3.2 litres per hour. How many litres are gone after 36 hours?", 3.2 * 36)
arith("Grandma baked 96 cookies and we share them equally between 8 kids. How many does each one get?", 96 / 8)
arith("A car drives 462 km on 33 litres of fuel. How many kilometres per litre is it?", 462 / 33)
arith("A jacket is 120 dollars and today 35% off. How much must I pay?", 120 * 0.65)

# ---------------------------------------------------------------------- fact
fact("How old is Ingrid Haavelmo?", "ingrid", 52)
fact("On which island did Captain Haavelmo grow up?", "ingrid", ["Tjeldra"])
fact("When was the Morning Petrel launched?", "petrel", 1987)
fact("who's the captain of the morning petrel", "petrel", ["Haavelmo"])
fact("How many cars fit on the Morning Petrel?", "petrel", 56)
fact("What length does the Morning Petrel have, in metres?", "petrel", 84)
fact("In what year did Bluewater Sund Lines start out?", "blue", 1921)
fact("how many people work for Bluewater Sund Lines", "blue", 640)
fact("Who runs Bluewater Sund Lines?", "blue", ["Pinheiro"])
fact("Where was Osvaldo Pinheiro born?", "osvaldo", ["Porto Lume"])
fact("Name the wife of Osvaldo Pinheiro.", "osvaldo", ["Mensah-Roth", "Dalia"])
fact("How many compasses are in Osvaldo Pinheiro's collection?", "osvaldo", 63)
fact("What age is Dalia Mensah-Roth?", "dalia", 57)
fact("Number of studio albums by Dalia Mensah-Roth?", "dalia", 14)
fact("Who taught Dalia Mensah-Roth the piano?", "dalia", ["Szalontai"])
fact("When did the composer Szalontai die?", "viktor", 2014)
fact("How many songs did Viktor Szalontai write?", "viktor", 112)
fact("Viktor Szalontai's birthplace, please.", "viktor", ["Kisvar"])
fact("What is the population of Skarvik?", "skarvik", 18640)
fact("Who is the mayor of Skarvik?", "skarvik", ["Oyelaran"])
fact("which hall do the skarvik terns play in", "terns", ["Tollgate"])
fact("How many spectators can sit in the hall of the Skarvik Terns?", "terns", 6250)
fact("How do they call the mascot of the Skarvik Terns?", "terns", ["Ferdinand"])
fact("What size of shoe does Milo Dragan wear?", "milo", 46)
fact("Milo Dragan height in cm?", "milo", 193)
fact("How many votes did Benedikta Oyelaran receive in 2018?", "bene", 5412)
fact("To whom is the politician Benedikta Oyelaran married?", "bene", ["Sands", "Emeka"])
fact("How many kilos does the dog Pickle weigh?", "pickle", 23.5)
fact("What is the name of Pickle's vet?", "pickle", ["Hashimoto"])
fact("I'm preparing a talk. How high is Mount Kessandra in metres?", "kess", 3482)
fact("Who got to the top of Mount Kessandra first?", "kess", ["Brunnhofer"])
fact("What town is closest to Mount Kessandra?", "kess", ["Vellmoor"])
fact("In which year was Agathe Brunnhofer born?", "agathe", 1858)
fact("Who guided Agathe Brunnhofer on her climbs?", "agathe", ["Imfeld", "Jost"])
fact("How long is the book Thin Air, Thick Wool, in pages?", "book", 336)
fact("Which house published Thin Air, Thick Wool?", "book", ["Copperleaf"])
fact("How big is the staff of Copperleaf Press?", "copper", 46)
fact("Copperleaf Press was founded when?", "copper", 1874)
fact("How many metres above sea level is Vellmoor?", "vell", 894)
fact("What's the name of Rosalind Achterberg's kid?", "rosa", ["Juno"])
fact("age of Juno Achterberg?", "juno", 13)
fact("Please tell me the breed of Barnaby.", "barnaby", ["Orlane cob"])
fact("What subject is taught by Paolo Wierzbicki?", "paolo", ["math"])
fact("How long is the Asker Bridge in metres?", "bridge", 268)
fact("Who was the designer of the Asker Bridge?", "bridge", ["Lindqvist"])
fact("How many dams has Haruto Lindqvist designed?", "haruto", 3)
fact("How many apprentices are there at Kestrel & Dunne?", "kd", 75)
fact("How many patents does Zainab Farouqi hold?", "zainab", 12)
fact("Gethin Prosser has given his sourdough a name. Which one?", "gethin", ["Olwen"])
fact("Since what year does the bakery The Crooked Loaf exist?", "loaf", 2009)
fact("How many grams of rye flour go into Harbour Rye?", "rye", 450)
fact("What is the mass of Mole 7 in tonnes?", "mole", 365)
fact("How many steps must I climb in the Gannet Rock lighthouse?", "light", 214)
fact("Who looks after the Gannet Rock lighthouse these days?", "light", ["Quill"])
fact("What is the greatest depth of Lake Imbra?", "imbra", 127)
fact("Who is the skipper of the Halcyon?", "halcyon", ["Vasilenko", "Teodora"])
fact("How many rooms does the Hotel Marabou have?", "hotel", 242)
fact("Caspian Nkemelu's chess rating right now?", "caspian", 2587)
fact("How many stations has the Dunlin Valley Railway?", "rail", 11)
fact("Which year is the locomotive Old Bertha from?", "bertha", 1907)
fact("How many clocks did Emeka Sands repair?", "emeka", 73)

# ----------------------------------------------------------------- fact_calc
calc("What is Ingrid Haavelmo's age times 3?", "ingrid", 52, lambda a: a * 3)
calc("How old will Osvaldo Pinheiro be in 12 years?", "osvaldo", 61, lambda a: a + 12)
calc("If you doubled the height of Mount Kessandra, what would you get?", "kess", 3482, lambda a: a * 2)
calc("What is the square root of Dalia Mensah-Roth's age?", "dalia", 57, lambda a: a**0.5)
calc("Milo Dragan's age to the power of 0.6?", "milo", 44, lambda a: a**0.6)
calc("How old was Benedikta Oyelaran 15 years ago?", "bene", 39, lambda a: a - 15)
calc("If one dog year counts as 7 human years, how old is the dog Pickle in human years?", "pickle", 11, lambda a: a * 7)
calc("take rosalind achterberg's age and divide it by 5", "rosa", 48, lambda a: a / 5)
calc("Juno Achterberg's age squared, please.", "juno", 13, lambda a: a**2)
calc("What is 20% of the weight of Barnaby?", "barnaby", 430, lambda a: a * 0.2)
calc("What would be Paolo Wierzbicki's age multiplied by 2.5?", "paolo", 36, lambda a: a * 2.5)
calc("Length of the Asker Bridge in centimetres?", "bridge", 268, lambda a: a * 100)
calc("How much is the number of people living in Skarvik divided by 8?", "skarvik", 18640, lambda a: a / 8)
calc("What is a quarter of the population of Vellmoor?", "vell", 7215, lambda a: a / 4)
calc("Cube the age of Zainab Farouqi.", "zainab", 43, lambda a: a**3)
calc("In how many years will Gethin Prosser turn 70?", "gethin", 45, lambda a: 70 - a)
calc("How many years will pass until Sunniva Takkinen is 100?", "sunniva", 27, lambda a: 100 - a)
calc("My class wants to know: how old is Ephraim Quill, plus 77?", "quill", 68, lambda a: a + 77)
calc("What is the age of Teodora Vasilenko raised to the power 1.7?", "teodora", 34, lambda a: a**1.7)
calc("Half the age of Leopold Nkemelu?", "leopold", 66, lambda a: a / 2)
calc("What's Caspian Nkemelu's age minus 13.5?", "caspian", 31, lambda a: a - 13.5)
calc("Suppose Emeka Sands retires at 65. How many more years does he have to work?", "emeka", 41, lambda a: 65 - a)
calc("How many years ago, counted from 2024, was the Morning Petrel launched?", "petrel", 1987, lambda a: 2024 - a)
calc("The Morning Petrel makes 5 trips with all passenger places taken. How many passengers is that?", "petrel", 412, lambda a: a * 5)
calc("Express the length of the Morning Petrel in feet, using 3.28 feet per metre.", "petrel", 84, lambda a: a * 3.28)
calc("If Bluewater Sund Lines hires 45 more employees, how many will it have?", "blue", 640, lambda a: a + 45)
calc("Please deduct the founding year of Copperleaf Press from 2021.", "copper", 1874, lambda a: 2021 - a)
calc("What do 6 adult return tickets of Bluewater Sund Lines cost?", "blue", 38, lambda a: a * 6)
calc("Number of songs by Viktor Szalontai divided by 16?", "viktor", 112, lambda a: a / 16)
calc("What is 35 percent of the seats in the hall of the Skarvik Terns?", "terns", 6250, lambda a: a * 0.35)
calc("Three times the number of league titles of the Skarvik Terns, how much is it?", "terns", 7, lambda a: a * 3)
calc("Convert coach Milo Dragan's height from cm to m.", "milo", 193, lambda a: a / 100)
calc("What is the yearly salary of Benedikta Oyelaran divided by 12?", "bene", 58400, lambda a: a / 12)
calc("If Pickle loses 1.8 kg, what will he weigh?", "pickle", 23.5, lambda a: a - 1.8)
calc("Mount Kessandra is how many metres lower than 8849?", "kess", 3482, lambda a: 8849 - a)
calc("how many days to read thin air, thick wool if i read 14 pages a day", "book", 336, lambda a: a / 14)
calc("How much do 25 copies of the current paperback of Thin Air, Thick Wool cost?", "book", 19.8, lambda a: a * 25)
calc("If the staff of Copperleaf Press shrinks by 50%, how many remain?", "copper", 46, lambda a: a * 0.5)
calc("How much hay does Barnaby eat in 30 days?", "barnaby", 9, lambda a: a * 30)
calc("Age of Barnaby to the 0.33 power?", "barnaby", 19, lambda a: a**0.33)
calc("The children in Paolo Wierzbicki's class 7b each bring 4 eggs. How many eggs?", "paolo", 27, lambda a: a * 4)
calc("How long ago was the Asker Bridge opened, seen from the year 2030?", "bridge", 1936, lambda a: 2030 - a)
calc("Compute the height of the Asker Bridge above the river multiplied by 1.9.", "bridge", 41, lambda a: a * 1.9)
calc("How many bridges would Haruto Lindqvist have designed if he had made 8 more?", "haruto", 17, lambda a: a + 8)
calc("What is the age at which Haruto Lindqvist died, times 0.75?", "haruto", 74, lambda a: a * 0.75)
calc("Kestrel & Dunne's workforce grows by 5%. What is the new number of employees?", "kd", 1280, lambda a: a * 1.05)
calc("Square root of Zainab Farouqi's number of patents.", "zainab", 12, lambda a: a**0.5)
calc("At the same rate as on a Saturday, how many loaves would The Crooked Loaf sell on 4 Saturdays?", "loaf", 1150, lambda a: a * 4)
calc("I want to make Harbour Rye with 1.5 times the usual salt. How many grams?", "rye", 12, lambda a: a * 1.5)
calc("What is the weight of Mole 7 in kilograms, if one tonne is 1000 kg?", "mole", 365, lambda a: a * 1000)
calc("Take the cutter head diameter of Mole 7 and multiply it by 3.14159.", "mole", 7.2, lambda a: a * 3.14159)
calc("How many steps do I climb if I go up the Gannet Rock lighthouse 3 times?", "light", 214, lambda a: a * 3)
calc("Maximum depth of Lake Imbra, minus 58.5?", "imbra", 127, lambda a: a - 58.5)
calc("What's the area of Lake Imbra in hectares (1 square km is 100 hectares)?", "imbra", 58.4, lambda a: a * 100)
calc("Dividing the length of the Halcyon by 4 gives what?", "halcyon", 22.6, lambda a: a / 4)
calc("How tall would the Hotel Marabou be with a 12.5 m mast on the roof?", "hotel", 74, lambda a: a + 12.5)
calc("What do 7 nights in a double room of the Hotel Marabou cost?", "hotel", 165, lambda a: a * 7)
calc("Raise the number of stations of the Dunlin Valley Railway to the power 4.", "rail", 11, lambda a: a**4)
calc("A tour group of 18 rides the whole Dunlin Valley Railway once. What is the price for all?", "rail", 14, lambda a: a * 18)
calc("Top speed of Old Bertha in metres per second? (divide km/h by 3.6)", "bertha", 45, lambda a: a / 3.6)

# ------------------------------------------------- two_facts_calc: chains
chain("Who is the captain of the Morning Petrel? What is her age raised to the 0.43 power?", "petrel", "Ingrid Haavelmo", "ingrid", 52, lambda a: a**0.43)
chain("What is the square root of the age of Rosalind Achterberg's daughter?", "rosa", "Juno", "juno", 13, lambda a: a**0.5)
chain("How old is Osvaldo Pinheiro's wife, multiplied by 4?", "osvaldo", "Dalia Mensah-Roth", "dalia", 57, lambda a: a * 4)
chain("Take the age of the coach of the Skarvik Terns and cube it.", "terns", "Milo Dragan", "milo", 44, lambda a: a**3)
chain("Who is mayor of Skarvik? Add 25 to the age of this person.", "skarvik", "Benedikta Oyelaran", "bene", 39, lambda a: a + 25)
chain("What's the age of Benedikta Oyelaran's husband divided by 3?", "bene", "Emeka Sands", "emeka", 41, lambda a: a / 3)
chain("what is 15% of the population of the town nearest to mount kessandra", "kess", "Vellmoor", "vell", 7215, lambda a: a * 0.15)
chain("How many centimetres above the sea lies the town nearest to Mount Kessandra?", "kess", "Vellmoor", "vell", 894, lambda a: a * 100)
chain("Find the number of pages in Agathe Brunnhofer's memoir and divide it by 12.", "agathe", "Thin Air, Thick Wool", "book", 336, lambda a: a / 12)
chain("Who was first on Mount Kessandra? Tell me the age she died at, to the power of 1.5.", "kess", "Agathe Brunnhofer", "agathe", 72, lambda a: a**1.5)
chain("Who published Thin Air, Thick Wool? How big will their staff be if it grows by 50 percent?", "book", "Copperleaf Press", "copper", 46, lambda a: a * 1.5)
chain("How old will the director of Copperleaf Press be in 17 years?", "copper", "Rosalind Achterberg", "rosa", 48, lambda a: a + 17)
chain("What horse does Juno Achterberg ride? What is its weight times 0.025?", "juno", "Barnaby", "barnaby", 430, lambda a: a * 0.025)
chain("juno achterbergs teacher, how old is he? cut that number in half", "juno", "Wierzbicki", "paolo", 36, lambda a: a / 2)
chain("Who designed the Asker Bridge? What do you get if you square the age he reached?", "bridge", "Haruto Lindqvist", "haruto", 74, lambda a: a**2)
chain("Multiply by 6.5 the number of bridges made by the man who designed the Asker Bridge.", "bridge", "Haruto Lindqvist", "haruto", 17, lambda a: a * 6.5)
chain("At which company did Haruto Lindqvist work? What is 20 percent of its number of employees?", "haruto", "Kestrel & Dunne", "kd", 1280, lambda a: a * 0.2)
chain("Chief engineer of Kestrel & Dunne: age minus 19.5?", "kd", "Zainab Farouqi", "zainab", 43, lambda a: a - 19.5)
chain("Zainab Farouqi has a husband. I need his height in millimetres (10 mm in a cm).", "zainab", "Gethin Prosser", "gethin", 169, lambda a: a * 10)
chain("What is the age of Zainab Farouqi's husband to the power 0.21?", "zainab", "Gethin Prosser", "gethin", 45, lambda a: a**0.21)
chain("Who owns The Crooked Loaf? Triple his age.", "loaf", "Gethin Prosser", "gethin", 45, lambda a: a * 3)
chain("Who is the lead operator of Mole 7? Compute her age squared minus 100.", "mole", "Sunniva Takkinen", "sunniva", 27, lambda a: a**2 - 100)
chain("How old was Ingrid Haavelmo's daughter 9 years ago?", "ingrid", "Sunniva Takkinen", "sunniva", 27, lambda a: a - 9)
chain("The keeper of the Gannet Rock lighthouse: what's his age plus 150?", "light", "Ephraim Quill", "quill", 68, lambda a: a + 150)
chain("Kindly compute the age of the skipper of the Halcyon times 2.75.", "halcyon", "Teodora Vasilenko", "teodora", 34, lambda a: a * 2.75)
chain("How many scientific papers has the skipper of the Halcyon written? Raise it to the third power.", "halcyon", "Teodora Vasilenko", "teodora", 19, lambda a: a**3)
chain("Who is the uncle of Teodora Vasilenko, and what is his age divided by 8?", "teodora", "Ephraim Quill", "quill", 68, lambda a: a / 8)
chain("Square root of the age of Teodora Vasilenko's partner?", "teodora", "Paolo Wierzbicki", "paolo", 36, lambda a: a**0.5)
chain("Who designed the Hotel Marabou? What is the cube root of his age?", "hotel", "Leopold Nkemelu", "leopold", 66, lambda a: a ** (1 / 3))
chain("What is the age of Leopold Nkemelu's son times 11?", "leopold", "Caspian", "caspian", 31, lambda a: a * 11)
chain("Which person trains Caspian Nkemelu? And how old will he be after 30 years?", "caspian", "Paolo Wierzbicki", "paolo", 36, lambda a: a + 30)
chain("the guy who drives old bertha, how old was he 12 years ago", "bertha", "Emeka Sands", "emeka", 41, lambda a: a - 12)
chain("Who drives Old Bertha? Give his height in metres (cm divided by 100).", "bertha", "Emeka Sands", "emeka", 176, lambda a: a / 100)
chain("What is 7 times the age of Benedikta Oyelaran's dog?", "bene", "Pickle", "pickle", 11, lambda a: a * 7)
chain("How much would the dog of Benedikta Oyelaran weigh if it got 10 percent lighter?", "bene", "Pickle", "pickle", 23.5, lambda a: a * 0.9)
chain("How many songs did Dalia Mensah-Roth's teacher leave behind? Divide that by 7.", "dalia", "Viktor Szalontai", "viktor", 112, lambda a: a / 7)
chain("Look up the teacher of Dalia Mensah-Roth and take the square root of his age at death.", "dalia", "Viktor Szalontai", "viktor", 83, lambda a: a**0.5)
chain("The managing director of Bluewater Sund Lines is how tall in cm, times 1.1?", "blue", "Osvaldo Pinheiro", "osvaldo", 187, lambda a: a * 1.1)
chain("Which company operates the Morning Petrel? Divide its number of employees by 16.", "petrel", "Bluewater Sund Lines", "blue", 640, lambda a: a / 16)
chain("The steam engine that is the star of the Dunlin Valley Railway weighs how many kilograms? (1 t = 1000 kg)", "rail", "Old Bertha", "bertha", 38.5, lambda a: a * 1000)

# ------------------------------- two_facts_calc: comparisons, combinations
pair("What is the sum of the ages of Ingrid Haavelmo and Osvaldo Pinheiro?", "ingrid", 52, "osvaldo", 61, lambda a, b: a + b)
pair("How much higher is Mount Kessandra than Little Kessandra?", "kess", 3482, "kess", 2917, lambda a, b: a - b)
pair("By how many years is Dalia Mensah-Roth older than Milo Dragan?", "dalia", 57, "milo", 44, lambda a, b: a - b)
pair("Multiply the age of Juno Achterberg with the age of the dog Pickle.", "juno", 13, "pickle", 11, lambda a, b: a * b)
pair("How much taller is Osvaldo Pinheiro than Gethin Prosser, in cm?", "osvaldo", 187, "gethin", 169, lambda a, b: a - b)
pair("How many metres taller is the Hotel Marabou than the Gannet Rock lighthouse?", "hotel", 74, "light", 47, lambda a, b: a - b)
pair("Average age of Zainab Farouqi and Gethin Prosser?", "zainab", 43, "gethin", 45, lambda a, b: (a + b) / 2)
pair("How many people live in Skarvik and Vellmoor together?", "skarvik", 18640, "vell", 7215, lambda a, b: a + b)
pair("Divide the weight of Barnaby by the weight of Pickle.", "barnaby", 430, "pickle", 23.5, lambda a, b: a / b)
pair("How many more employees has Kestrel & Dunne than Copperleaf Press?", "kd", 1280, "copper", 46, lambda a, b: a - b)
pair("how many years lie between the founding of copperleaf press and the founding of bluewater sund lines", "copper", 1874, "blue", 1921, lambda a, b: b - a)
pair("Put end to end, how long are the Morning Petrel and the Halcyon in metres?", "petrel", 84, "halcyon", 22.6, lambda a, b: a + b)
pair("By how many metres is the Asker Bridge longer than Mole 7?", "bridge", 268, "mole", 96, lambda a, b: a - b)
pair("What is the ratio of Ephraim Quill's age to Sunniva Takkinen's age?", "quill", 68, "sunniva", 27, lambda a, b: a / b)
pair("What's the age difference between Rosalind Achterberg and Juno Achterberg?", "rosa", 48, "juno", 13, lambda a, b: a - b)
pair("Square Paolo Wierzbicki's age, square Teodora Vasilenko's age, and add the two.", "paolo", 36, "teodora", 34, lambda a, b: a**2 + b**2)
pair("Number of floors of the Hotel Marabou times number of stations of the Dunlin Valley Railway?", "hotel", 19, "rail", 11, lambda a, b: a * b)
pair("How many years after Old Bertha was built did the Asker Bridge open?", "bertha", 1907, "bridge", 1936, lambda a, b: b - a)
pair("Leopold Nkemelu and Caspian Nkemelu: how old are they added together?", "leopold", 66, "caspian", 31, lambda a, b: a + b)
pair("If Milo Dragan stood on the head of Caspian Nkemelu, what total height in cm would it make?", "milo", 193, "caspian", 181, lambda a, b: a + b)

# ------------------------------------------------------------------- two_hop
hop("Who is the daughter of the captain of the Morning Petrel?", "petrel", "Ingrid Haavelmo", "ingrid", ["Takkinen", "Sunniva"])
hop("How old is the captain of the Morning Petrel?", "petrel", "Ingrid Haavelmo", "ingrid", 52)
hop("Where was the managing director of Bluewater Sund Lines born?", "blue", "Osvaldo Pinheiro", "osvaldo", ["Porto Lume"])
hop("What is the name of the wife of Bluewater Sund Lines' managing director?", "blue", "Osvaldo Pinheiro", "osvaldo", ["Mensah-Roth", "Dalia"])
hop("In which town was the teacher of Dalia Mensah-Roth born?", "dalia", "Viktor Szalontai", "viktor", ["Kisvar"])
hop("dalia mensah-roth had a piano teacher. how many operas did he write", "dalia", "Viktor Szalontai", "viktor", 6)
hop("Who is married to the mayor of Skarvik?", "skarvik", "Benedikta Oyelaran", "bene", ["Sands", "Emeka"])
hop("From what village does the coach of the Skarvik Terns come?", "terns", "Milo Dragan", "milo", ["Valea Rece"])
hop("How heavy is Benedikta Oyelaran's dog, in kg?", "bene", "Pickle", "pickle", 23.5)
hop("The first person on the summit of Mount Kessandra had a guide. Who was it?", "kess", "Agathe Brunnhofer", "agathe", ["Imfeld", "Jost"])
hop("How many people live in the town nearest to Mount Kessandra?", "kess", "Vellmoor", "vell", 7215)
hop("Who leads the publisher of Thin Air, Thick Wool?", "book", "Copperleaf Press", "copper", ["Achterberg", "Rosalind"])
hop("In what town does the publisher of Thin Air, Thick Wool have its seat?", "book", "Copperleaf Press", "copper", ["Vellmoor"])
hop("Of which breed is Juno Achterberg's horse?", "juno", "Barnaby", "barnaby", ["Orlane cob"])
hop("Who is the partner of Juno Achterberg's teacher?", "juno", "Wierzbicki", "paolo", ["Vasilenko", "Teodora"])
hop("For which company did the designer of the Asker Bridge work?", "bridge", "Haruto Lindqvist", "haruto", ["Kestrel"])
hop("The engineer who designed the Asker Bridge, when was he born?", "bridge", "Haruto Lindqvist", "haruto", 1894)
hop("Who is the husband of the chief engineer at Kestrel & Dunne?", "kd", "Zainab Farouqi", "zainab", ["Prosser", "Gethin"])
hop("How many patents does the chief engineer of Kestrel & Dunne have?", "kd", "Zainab Farouqi", "zainab", 12)
hop("Which bakery belongs to the husband of Zainab Farouqi?", "zainab", "Gethin Prosser", "gethin", ["Crooked Loaf"])
hop("Who is the mother of the lead operator of Mole 7?", "mole", "Sunniva Takkinen", "ingrid", ["Haavelmo", "Ingrid"])
hop("What's the cat of the Gannet Rock lighthouse keeper called?", "light", "Ephraim Quill", "quill", ["Admiral"])
hop("Name the uncle of the Halcyon's skipper.", "halcyon", "Teodora Vasilenko", "teodora", ["Quill", "Ephraim"])
hop("What is the first name of the son of the architect of the Hotel Marabou?", "hotel", "Leopold Nkemelu", "leopold", ["Caspian"])
hop("At which school does the trainer of Caspian Nkemelu teach?", "caspian", "Paolo Wierzbicki", "paolo", ["Valley School"])
hop("Who built the steam locomotive that pulls the Sunday trains of the Dunlin Valley Railway?", "rail", "Old Bertha", "bertha", ["Holm & Iversen", "Holm and Iversen"])
hop("the driver of old bertha, who is his wife?", "bertha", "Emeka Sands", "emeka", ["Oyelaran", "Benedikta"])
hop("When was the company that operates the Morning Petrel founded?", "petrel", "Bluewater Sund Lines", "blue", 1921)
hop("Which company made the machine that Sunniva Takkinen drives?", "sunniva", "Mole 7", "mole", ["Kestrel"])
hop("Who published the memoir of Agathe Brunnhofer?", "agathe", "Thin Air, Thick Wool", "book", ["Copperleaf"])


def plain(text):
    """Lower case, no commas inside numbers."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", text.lower())


def occurrences(literal, text):
    if isinstance(literal, str):
        spelled = [literal.lower(), literal.lower().replace(" and ", " & ")]
        return max(text.count(s) for s in spelled)
    pattern = r"(?<![\d.])%s(?![\d]|\.\d)" % re.escape(number_text(literal))
    return len(re.findall(pattern, text))


def main():
    notes = {p.name: plain(p.read_text(encoding="utf-8")) for p in sorted(NOTES.iterdir())}
    faults, remarks = [], []
    for ident, name, literal in checks:
        found = occurrences(literal, notes.get(name, ""))
        if found == 0:
            faults.append("%s: %r is not in %s" % (ident, literal, name))
        elif found > 1 and not isinstance(literal, str):
            remarks.append("%s: %r is %d times in %s" % (ident, literal, found, name))
    seen = set()
    for row in rows:
        asked = plain(row["question"])
        if asked in seen:
            faults.append("%s: asked twice" % row["id"])
        seen.add(asked)
        for text in row["expected"]:
            literal = float(text) if row["tolerance"] else text
            if row["docs"] and occurrences(literal, asked):
                faults.append("%s: the question gives the answer away" % row["id"])
            if row["tolerance"] and (float(text) == 0 or "e" in text):
                faults.append("%s: awkward number %s" % (row["id"], text))
    used = {name for row in rows for name in row["source"]}
    for name in sorted(set(notes) - used):
        remarks.append("no question uses %s" % name)
    for name, text in notes.items():
        if not 50 <= len(text.split()) <= 160:
            faults.append("%s: %d words" % (name, len(text.split())))
    for line in remarks:
        print("remark:", line)
    for line in faults:
        print("FAULT:", line, file=sys.stderr)
    if faults:
        return 1
    with open(HERE / "questions.jsonl", "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print("notes: %d, questions: %d (%s)" % (len(notes), len(rows), ", ".join("%s %d" % kv for kv in counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
