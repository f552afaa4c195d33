"""Word problems: small scenes, each in many words, with the expression that answers it.

A scene is a line: its numbers, its text in the little grammar of asks.py, its expression. `||` parts the
facts from the question, which may come first; numbers stand in the expression as their digits stand in
the text, in the order of the text wherever that is possible.

python3 training/stories.py        prints thirty
"""

from __future__ import annotations

from random import Random

import asks
import words

GOODS = """apple pear orange lemon melon peach plum mango banana egg potato onion cucumber pumpkin cabbage coconut pineapple biscuit cookie muffin
pancake sandwich bagel bun roll pretzel waffle cupcake doughnut pie pizza burger sausage meatball pencil pen crayon notebook eraser ruler stamp sticker
marble card coin badge button bead ribbon candle balloon ball toy puzzle brick tile plank nail screw bolt bulb battery cable chip plate cup mug glass
spoon fork bowl bottle jar can towel sock shirt scarf hat glove shoe jacket umbrella book magazine newspaper postcard envelope letter poster
photo ticket flower rose tulip daffodil seed plant tree shell stone feather leaf flag basket cushion chair lamp vase mirror clock watch key
rope kite drum bicycle helmet tent lantern ladder bucket brush sponge barrel""".split()
CREATURES = "hen duck cow goat horse pig rabbit dog cat pigeon parrot hamster frog snail bee goldfish lamb calf pony donkey turkey alpaca owl turtle".split()
HOLDERS = "box bag crate carton tray basket pack case bucket drawer packet jar sack tin parcel chest bundle cage shelf container".split()
FLUIDS = "water milk juice oil petrol paint lemonade tea soup vinegar syrup wine honey beer coffee ink".split()
SPICES = "flour sugar butter rice milk cream salt honey oats cheese yeast water pasta pepper oil cocoa jam lentils beans vinegar".split()
STUFFS = "flour sugar rice sand gravel coal wheat potatoes apples cheese nuts coffee cement salt oats beans pasta cotton clay".split()
MACHINES = "pump machine tap printer bakery mill robot press furnace generator heater tractor harvester copier loom washer drill".split()
VEHICLES = "car train bus truck van motorbike tram ferry boat scooter lorry taxi coach plane drone ship bicycle cyclist runner".split()
PEOPLE = "child friend guest pupil student player worker visitor neighbour cousin customer member colleague passenger soldier tourist farmer".split()
LOTS = "field room garden wall carpet terrace playground yard floor hall lawn tablecloth panel poster screen sheet court meadow roof carpark".split()
WORKS = "exercise page letter email form invoice chapter report parcel picture song report lesson call test".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ROLES = "[my|his|her|our] [sister|brother|uncle|aunt|neighbour|boss|friend|cousin|grandmother|grandfather|teacher|colleague]"
TRADES = "[the|a] [baker|farmer|shopkeeper|gardener|teacher|butcher|librarian|florist|postman|painter|carpenter|beekeeper|fisherman|cook|nurse|mechanic|waiter|tailor|collector|student|plumber|shepherd]"
TITLES = ("Dr", "Professor", "Captain", "Sister", "Brother")
IRREGULAR = {"child": "children", "leaf": "leaves", "shelf": "shelves", "scarf": "scarves", "calf": "calves", "knife": "knives", "goldfish": "goldfish", "tomato": "tomatoes", "potato": "potatoes", "mango": "mangoes"}


def plural(noun: str) -> str:
    """`boxes` of `box`."""
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def a_an(noun: str) -> str:
    return ("an " if noun[0] in "aeiou" and not noun.startswith("u") or noun == "umbrella" else "a ") + noun


def who(rng: Random) -> dict[str, str]:
    """Someone, with the words that go with them."""
    roll = rng.random()
    if roll < 0.16:
        return {"who": "I", "he": "I", "his": "my", "him": "me", "s": "", "es": "", "does": "do", "has": "have", "is": "am", "was": "was"}
    if roll < 0.22:
        return {"who": "we", "he": "we", "his": "our", "him": "us", "s": "", "es": "", "does": "do", "has": "have", "is": "are", "was": "were"}
    sex = words.her_or_his(rng)
    if roll < 0.34:
        name = asks.expand(rng, rng.choice((ROLES, TRADES)))
        if name.endswith(("sister", "aunt", "grandmother")):
            sex = "s"
        elif name.endswith(("brother", "uncle", "grandfather", "postman", "fisherman")):
            sex = "h"
    else:
        name = words.person(rng, sex)
        if name.split()[0].rstrip(".") not in TITLES and (rng.random() < 0.8 or "." in name):
            name = name.split()[0]
    she = sex == "s"
    return {"who": name, "he": "she" if she else "he", "his": "her" if she else "his", "him": "her" if she else "him", "s": "s", "es": "es", "does": "does", "has": "has", "is": "is", "was": "was"}


COINS = (("${}", 5), ("€{}", 3), ("£{}", 3), ("{} euros", 4), ("{} dollars", 4), ("{} pounds", 2), ("{} €", 1), ("{} EUR", 1), ("{} USD", 1), ("{} francs", 1), ("{} crowns", 1), ("₹{}", 1), ("{} yen", 1), ("{}", 1))
_COINS = [c for c, n in COINS for _ in range(n)]


def shown(rng: Random, digits: str) -> str:
    """Digits as they stand in a text: with commas, or in words."""
    if digits.isdigit():
        n = int(digits)
        roll = rng.random()
        if n <= 12 and roll < 0.25 or n < 1000 and roll < 0.04:
            return words.in_words(n)
        if n >= 1000 and roll < 0.4:
            return f"{n:,}"
    return digits


def drawn(rng: Random, kind: str, have: dict[str, str]) -> str:
    """The digits of a number of a kind: `n`, `big`, `5-80`, `d` decimals, `m` money, `p` percent, `b*`, `b+`."""
    if kind[-1] in "*+":
        other = float(have[kind[:-1]])
        x = other * rng.randint(2, 25) if kind[-1] == "*" else other + rng.randint(1, rng.choice((9, 60, 400)))
        return f"{x:.10g}"
    if kind == "n":
        return str(rng.randint(2, rng.choice((9, 20, 60, 200, 900))))
    if kind == "big":
        n = rng.randint(20, rng.choice((99, 500, 2_000, 9_000, 60_000, 900_000)))
        return str(n if rng.random() < 0.5 else n - n % 10)
    if kind == "d":
        x = rng.uniform(0.2, rng.choice((5, 20, 90, 400)))
        return str(rng.randint(2, 60)) if rng.random() < 0.3 else f"{round(x, rng.choice((1, 1, 2))):g}"
    if kind == "m":
        x = rng.uniform(0.3, rng.choice((5, 20, 90, 400)))
        return str(rng.randint(2, 90)) if rng.random() < 0.35 else f"{x:.2f}" if rng.random() < 0.8 else f"{x:.1f}"
    if kind == "M":
        return str(rng.randint(20, rng.choice((99, 300, 999, 5000))) if rng.random() < 0.7 else round(rng.uniform(20, 900), 2))
    if kind == "p":
        return str(rng.choice((rng.randint(1, 95), 5, 10, 15, 20, 25, 30, 40, 50, 75, round(rng.uniform(0.5, 40), 1))))
    low, high = kind.split("-")
    return str(rng.randint(int(low), int(high)))


SCENES: tuple[tuple[str, str, str], ...] = (
    # More and less.
    (
        "a=n b=n",
        "{Who} [{has}|own{s}|keep{s}|start{s} with] {a} {things}[| in {his} {box}| at home| on {his} table]. [{He} [get{s}|buy{s}|receive{s}|find{s}|collect{s}] {b} more|Then {he} [get{s}|buy{s}|find{s}] another {b}|{Other} gives {him} {b} more]. || How many {things} {does} {he} [have|own] [now|altogether|in total|in the end]?",
        "{a}+{b}",
    ),
    ("b=n a=b+", "{Who} [had|owned|bought|collected] {a} {things}. {He} [gave away|lost|sold|used|threw away|lent out|broke|handed out] {b}[| of them| on {day}]. || How many [{things} |][are|were] left?", "{a}-{b}"),
    ("b=n a=b+ c=n", "{Who} had {a} {things}. {He} [gave {b} to {Other}|sold {b}|lost {b} of them|used {b}] and [then |later |]got {c} [more|new ones]. || How many {things} {does} {he} have [now|in the end]?", "{a}-{b}+{c}"),
    ("b=n c=n a=b+", "{Who} had {a} {things}, [bought|found|got] {b} [more|new ones] and [bought|found|picked up] {c} [more |others |][on {day}|later|the next day]. || How many [is that|are there now|are they in total|{things} is that altogether]?", "{a}+{b}+{c}"),
    ("a=n b=n c=n", "There [are|were] {a} {things} in [one|the first] {box}, {b} in [another|the second] and {c} in [the last|the third]. || [How many {things} are there [altogether|in total|in all]|What is the total number of {things}|How many is that]?", "{a}+{b}+{c}"),
    ("b=n a=b+", "{Who} {has} {a} {things} and {Other} has {b}. || [How many more {does} {who} have than {Other}|What is the difference|By how many {does} {who} have more]?", "{a}-{b}"),
    ("a=n b=n", "{Who} {has} {a} {things} and {Other} has {b} more than {who2}. || How many {does} {Other2} have?", "{a}+{b}"),
    ("b=n a=b+", "{A_thing} [cost {a:m} last year|used to cost {a:m}|was {a:m}] and [now costs|is now|costs today] {b:m}. || [How much cheaper is it|By how much did the price fall|How much did the price drop]?", "{a}-{b}"),
    ("a=b=0 b=2-300 a=b+", "A {bus} [leaves|starts] with {a} people[| on board]. At the [next stop|station|first stop|border] {b} get off. || How many [people |][are still in it|are left|remain|stay on board]?", "{a}-{b}"),
    ("b=2-40 a=b+ c=2-40", "[There are {a} people on a {bus}|A {bus} has {a} people on board|A {bus} carries {a} passengers]. At [the next stop|{city}|the station] {b} get off and {c} get on. || How many are on board [now|then|afterwards]?", "{a}-{b}+{c}"),
    ("b=big a=b+", "[A [rope|ribbon|cable|pipe|plank|string|hose] is {a} {m} long|{Who} {has} {a} {m} of [rope|ribbon|cable|pipe|string]]. {B_one} {b} {m} [are|were] cut off. || How [long is the rest|much is left|many {m} remain]?", "{a}-{b}"),
    # Equal groups.
    ("a=n b=n", "[There are|{Who} {has}|{Who} bought|{Who} filled|A shop has|A warehouse holds] {a} {boxes} [with|of] {b} {things}[ each| in each|]. || [How many {things} [are there in total|is that|are there altogether|are there]|What is the total number of {things}]?", "{a}*{b}"),
    ("a=n b=n", "[One|Each|Every|A] {box} [holds|contains|has] {b} {things}. || [How many {things} [are in|fit in|are there in|go into] {a} {boxes}|How many are in {a} {boxes}|What do {a} {boxes} hold]?", "{b}*{a}"),
    ("a=2-60 b=2-40 c=2-90", "[There are|{Who} {has}|In the attic there are] {a} {boxes} with {b} {things} each[,| and] [plus {c} loose ones|and {c} single ones|and {c} more on the table]. || How many {things} [are there|is that] [altogether|in all|in total]?", "{a}*{b}+{c}"),
    ("a=2-40 b=2-40 c=2-40", "[Each of the {a} rooms has|There are {a} rooms, each with|A school has {a} rooms with|A hotel has {a} floors with|In {a} halls there are] {b} {boxes} [of|with] {c} {things}[| in each]. || How many {things} [is that|are there|are there in all]?", "{a}*{b}*{c}"),
    ("b=2-24 a=b*", "{Who} [share{s}|divide{s}|split{s}|hand{s} out] {a} {things} [equally |evenly |fairly |]among {b} {people}. || [How many [{things} does each get|does each one receive]|How many {things} [are there for each|per person is that]]?", "{a}/{b}"),
    ("b=2-48 a=b*", "{a} {things} [are|were|must be] [packed|put|sorted] into {boxes} of {b}[| each]. || How many {boxes} [are needed|are filled|is that|does one need|are there]?", "{a}/{b}"),
    ("a=big b=2-90", "{Who} [put{s}|pack{s}|arrange{s}] {a} {things} [into|in] {boxes} of {b}[| each]. || How many {things} [are left over|remain|do not fit in a full {box}|are left at the end]?", "{a} % {b}"),
    ("b=2-30 a=b*", "[A teacher|A coach|{Who}] [wants to make|makes|forms] teams of {b} [from|out of] {a} {people}. || How many teams [are there|is that|can be formed|will there be]?", "{a}/{b}"),
    ("a=2-40 b=2-60", "[A cinema|A theatre|A hall|A stadium block|An orchard|A vineyard] has {a} rows [of|with] {b} [seats|places|trees|chairs]. || How many [is that|are there in total|are there altogether]?", "{a}*{b}"),
    ("a=2-30 b=2-12 c=2-30", "{Who} keep{s} {a} {creatures} and {c} {creatures2}. || How many animals is that?", "{a}+{c}"),
    ("a=2-90", "|| How many legs do {a} [{quads}] have[ altogether|]?", "{a}*4"),
    # Shopping.
    ("x=m a=n", "[{A_thing} costs {x:m}|{Things} cost {x:m} each|The price of {a_thing} is {x:m}|One {thing} is {x:m}|{Things} are sold at {x:m} a piece]. || [How much do {a} {things} cost|What do {a} cost|What is the price of {a} {things}|How much [are|is it for] {a}|What {does} {who} pay for {a}]?", "{x}*{a}"),
    ("x=m a=n", "{Who} [buy{s}|order{s}|want{s}|need{s}] {a} {things} [at|for] {x:m} [each|a piece|apiece|per piece]. || [How much is that|What is the total|How much {does} {he} [pay|have to pay|spend]|What does it cost|What is the bill]?", "{a}*{x}"),
    ("a=2-30 x=m b=2-30 y=m", "{Who} [buy{s}|order{s}|bought] {a} {things} [at|for] {x:m} each and {b} {things2} [at|for] {y:m}[ each| each| apiece]. || [How much is that[| in total]|What is the total|How much {does} {he} pay|What does it cost altogether]?", "{a}*{x}+{b}*{y}"),
    ("a=2-9 x=3-9 z=100-500", "{Who} [buy{s}|order{s}] {a} {things} [at|for] {x:m} [each|apiece] and pay{s} with {z:m}. || [How much change {does} {he} get|What is the change|How much {does} {he} get back]?", "{z}-{a}*{x}"),
    ("x=m z=100-500", "{Who} pay{s} for {a_thing} [that costs|at|which is] {x:m} with [a note of {z:m}|{z:m}]. || [How much change {does} {he} get|What is the change|How much {does} {he} get back]?", "{z}-{x}"),
    ("x=m y=m z=m", "{A_thing} costs {x:m}, {a_thing2} {y:m} and {a_thing3} {z:m}. || [What do they cost [together|altogether]|How much is that in total|What is the total|How much for all three]?", "{x}+{y}+{z}"),
    ("x=M a=2-60", "[{a} {things} cost {x:m}|{Who} paid {x:m} for {a} {things}|{Who} got {a} {things} for {x:m}]. || [What is the price of one|How much does one cost|How much is that per {thing}|What does a single {thing} cost]?", "{x}/{a}"),
    ("a=2-30 x=M b=2-60", "{a} {things} cost {x:m}. || [How much do {b} [|{things} ]cost|What is the price of {b}|What do {b} {things} cost|What would {b} of them cost]?", "{x}/{a}*{b}"),
    ("z=M x=m", "{Who} {has} {z:m}. {A_thing} costs {x:m}. || How [many|many {things}] can {he} buy[| at most]?", "floor({z}/{x})"),
    (
        "z=100-900 x=m y=m",
        "{Who} [{has}|had|went shopping with|went to the market with] {z:m}[. {He}| and] [spent|paid] {x:m} on [{stuff}|lunch|the bus|{things}|a gift] and {y:m} on [{things2}|dinner|a magazine|tickets]. || [How much is left|What is left|How much money remains|How much {does} {he} have left]?",
        "{z}-{x}-{y}",
    ),
    ("x=m d=d", "{Stuff} costs {x:m} [per|a] [kilo|kg|kilogram]. || [How much [are|is it for]|What is the price of|What do I pay for] {d} [kg|kilos|kilograms][?| of it?]", "{x}*{d}"),
    ("d=d x=M", "{d} kg of {stuff} cost {x:m}. || [What is the price [per|of one] kilo|How much is that per kg|How much does one kg cost|What does a kilo cost]?", "{x}/{d}"),
    (
        "x=M p=p",
        "[{A_thing} costs {x:m}|The price of {a_thing} is {x:m}|{A_thing} is priced at {x:m}]. [It is {p}% off|There is a discount of {p}%|Today it is {p} percent off|{Who} get{s} {p}% off|The shop takes {p}% off]. || [What is the new price|How much does it cost now|What is the price after the discount|How much {does} {who} pay|What is the final price]?",
        "{x}*(1-{p}/100)",
    ),
    ("x=M p=p", "[{A_thing} costs {x:m}|The price of {a_thing} is {x:m}|The ticket was {x:m}|The rent is {x:m}|The salary is {x:m}]. It [goes up|rises|is raised|increases|went up] by {p}[%| percent]. || [How much is it [then|now|afterwards]|What is it [then|now]|What is the new amount]?", "{x}*(1+{p}/100)"),
    (
        "x=M p=p",
        "[The bill is {x:m}|Dinner was {x:m}|Lunch costs {x:m}|The meal cost {x:m}|The taxi was {x:m}]. [{Who} leave{s}|We leave|I want to leave|{Who} add{s}|{Who} give{s}] a [{p}%|{p} percent] tip[| on top]. || [What is the total|How much is that [with the tip|in total|altogether]|How much is paid in all]?",
        "{x}*(1+{p}/100)",
    ),
    ("x=M p=p", "[The bill is {x:m}|Dinner was {x:m}|Lunch costs {x:m}|The meal cost {x:m}|The haircut is {x:m}]. || [How [much|big] is|What is|How much money is] [a {p}% tip|a tip of {p}%|a {p} percent tip|a tip of {p} percent]?", "{p}% of {x}"),
    ("x=M p=p", "[{A_thing} costs|The price is|The invoice says|The order comes to|The net amount is] {x:m} [before|without] tax[|,] and the [tax|sales tax|VAT] is {p}%. || [What is the [price with tax|total]|How much is it with tax|What {does} {who} pay in the end|What is the gross price]?", "{x}*(1+{p}/100)"),
    ("x=M p=p", "[An invoice|An order|A price|A bill] [is|comes to] {x:m} before tax. The tax rate is {p}%. || [How much is the tax|What is the tax|How much tax is that]?", "{p}% of {x}"),
    ("p=5-70 x=M", "After a [discount of {p}%|{p}% discount|{p} percent discount] {a_thing} costs {x:m}. || [What [was|is] the [original|old|full|regular] price|How much did it cost before|What did it cost before the discount]?", "{x}/(1-{p}/100)"),
    ("x=M p=5-30", "[A price|A bill|An invoice] of {x:m} includes {p}% [tax|VAT|sales tax]. || [How much is it without the tax|What is the price before tax|What is the net price]?", "{x}/(1+{p}/100)"),
    ("x=M a=2-12", "[A bill of {x:m}|A rent of {x:m}|The cost of {x:m}|A dinner for {x:m}|A taxi for {x:m}] is [split|shared|divided] [equally |evenly |][between|among|by] {a} {people}. || [How much does each [one |]pay|What is the share of each|What does each one pay]?", "{x}/{a}"),
    ("x=M p=5-25 a=2-9", "[The bill is {x:m}|Dinner was {x:m}|The meal cost {x:m}] plus {p}% tip[,| and it is] split [between|among|by] {a} {people}. || [How much does each [one |]pay|What does each one pay|How much is it per person]?", "{x}*(1+{p}/100)/{a}"),
    # Percent and share.
    ("a=n b=a+", "{a} [of|out of] [|the ]{b} {things} are [broken|red|old|missing|sold|new|wet|ripe|green]. || [What percentage is that|How many percent is that|What percent of the {things} is that|What share is that in percent]?", "{a}/{b}*100"),
    (
        "b=big p=1-95",
        "[There are {b} {things} in a {box}|A shop has {b} {things}|A town has {b} people|A school has {b} pupils|A club has {b} members|{b} people live in {city}|{b} people were asked]. {p}[%| percent| per cent] of them are [new|old|young|local|from {city2}]. || How many [is that|are they]?",
        "{p}% of {b}",
    ),
    (
        "a=big b=a+",
        "[The rent|The price of {a_thing}|The population of {city}|The number of visitors|The membership|A share price] [rose|went up|grew|increased] from {a} to {b}. || [By how many percent is that|What is the [percentage change|percent increase|increase in percent]|How much is that in percent]?",
        "({b}-{a})/{a}*100",
    ),
    (
        "b=big a=b+",
        "[The rent|The price of {a_thing}|The population of {city}|The number of visitors|The crew|A share price] [fell|dropped|went down|shrank] from {a} to {b}. || [By how many percent is that|What is the percent decrease|What is the decrease in percent|How much is that drop in percent]?",
        "({a}-{b})/{a}*100",
    ),
    ("x=100-9000 p=p", "[{Who} [save{s}|invest{s}|put{s}|lend{s}]|A loan is|A deposit is|An account holds] {x:m} at {p}% [interest|simple interest][| a year| per year]. || How much interest is [that [after|for|in] one year|paid in a year|due after one year]?", "{p}% of {x}"),
    ("x=100-9000 p=1-9 a=2-20", "[{Who} invest{s}|{Who} put{s}|An account holds|A deposit is] {x:m} at {p}% [compound interest|interest, compounded each year]. || [What is it worth after|How much is there after|What does it grow to in] {a} years?", "{x}*(1+{p}/100)^{a}"),
    ("x=100-9000 p=1-9 a=2-20", "[{Who} lend{s}|A loan is|{Who} borrow{s}] {x:m} at {p}% simple interest[ a year|]. || How much interest is [due|that|paid] [after|over|for] {a} years?", "{p}% of {x}*{a}"),
    ("p=5-90 a=n", "{p}% of [the {things}|all {things} in the {box}] are [red|old|green|new]: {a} of them. || How many [are there|is that in total|are there in all]?", "{a}/{p}*100"),
    # The road.
    ("v=3-140 t=2-12", "[A {car}|{The_car}] [travels|goes|moves|runs] [at|with a speed of] {v} [km/h|km per hour|kilometres per hour|kilometers an hour|miles per hour|mph|knots] for {t} hours. || [How far does it go|What distance does it cover|How far is that|How far does it get]?", "{v}*{t}"),
    ("v=3-140 t=d", "|| [How far does [a {car}|the {car}] [go|get|travel] in {t} hours at {v} [km/h|km per hour|mph]|What distance does a {car} cover in {t} hours at {v} [km/h|mph]]?", "{t}*{v}"),
    ("t=2-12 w=t*", "[A {car}|{Who}] [covered|drove|travelled|did] {w} [km|kilometres|miles|kilometers] in {t} hours. || What [is|was] the [average |]speed?", "{w}/{t}"),
    ("v=20-140 w=big", "[A {car}|A {car}] [drives|goes|travels] at {v} [km/h|km per hour|kilometres an hour]. || [How [long|many hours] does it [need|take] for {w} [km|kilometres]|In how many hours does it cover {w} km]?", "{w}/{v}"),
    ("w=big v=20-140", "[{city} is {w} km from {city2}|The road to {city} is {w} km long|It is {w} km to {city}]. {Who} drive{s} at {v} [km/h|km per hour]. || [How many hours does [it|the trip|the drive] take|How long does the trip take in hours]?", "{w}/{v}"),
    ("x=d y=d", "{Who} [walk{s}|run{s}|cycle{s}|ride{s}|hike{s}] {x} km on {day} and {y} km on {day2}. || [How far is that [in total|altogether]|What is the total distance|How many km is that]?", "{x}+{y}"),
    ("x=d y=big", "{The_car} [uses|needs|burns|takes] {x} [litres|liters|l] [of petrol |of fuel |]per 100 km. || How [much|many litres] does it [need|use|burn] for {y} km?", "{x}*{y}/100"),
    ("x=d y=m", "{Who} [fill{s} up with|buy{s}|tank{s}] {x} litres of [petrol|diesel|fuel] at {y:m} [a|per] litre. || [How much is that|What does it cost|What {does} {he} pay]?", "{x}*{y}"),
    ("w=big a=2-90", "[A trip|A journey|A ride] of {w} km took {a} litres of [petrol|fuel|diesel]. || [How many km is that per litre|How far does one litre go]?", "{w}/{a}"),
    # Time and work.
    ("x=m a=2-60", "{Who} earn{s} {x:m} [an hour|per hour|a day|for each hour]. || [How much {does} {he} [earn|get|make] [in|for] {a} of them|What {does} {he} get for {a} of them]?", "{x}*{a}"),
    ("a=2-60 x=m", "{Who} work{s} {a} hours [for|at] {x:m} [an hour|per hour]. || [How much {does} {he} [earn|get|make]|What {is} {he} paid|How much money is that]?", "{a}*{x}"),
    ("a=2-12 b=2-30 x=m", "{Who} work{s} {a} hours a day for {b} days and get{s} {x:m} an hour. || [How much {does} {he} [earn|make]|What {does} {he} earn [altogether|in total]]?", "{a}*{b}*{x}"),
    ("x=1000-9000", "{Who} earn{s} {x:m} a month. || [How much is that [a|per] year|What is that in a year|How much {does} {he} earn in twelve months]?", "{x}*12"),
    ("x=9000-90000", "{Who} earn{s} {x:m} a year. || [How much is that [a|per] month|What is that per month|How much {does} {he} earn in a month]?", "{x}/12"),
    ("x=m a=2-50", "{Who} [save{s}|put{s} aside|spend{s}|set{s} aside] {x:m} [a|every|each|per] {span}. || How much is that [after|in|over] {a} {span}s?", "{x}*{a}"),
    ("x=5-90 z=x*", "{Who} save{s} {x:m} [a|every|each] {span}. [{A_thing} costs|{He} want{s} to buy {a_thing} for|{He} need{s}] {z:m}. || [How many {span}s does it take|After how many {span}s {does} {he} have enough|How many {span}s must {he} save]?", "{z}/{x}"),
    ("a=n b=2-40", "{Who} [read{s}|write{s}|correct{s}] {a} {works} [a day|per day|every day|each day]. || How many [{works} |]is that in {b} days?", "{a}*{b}"),
    ("b=2-40 a=b*", "[A book has|{Who} must read|There are] {a} pages[.| in a book.] {Who} read{s} {b} pages [a|per|each|every] day. || How many days does it take[| to finish it]?", "{a}/{b}"),
    ("a=2-90", "{Who} [swim{s}|practise{s}|sleep{s}|work{s}|read{s}] {a} [hours|minutes] a day. || How much is that [a|per|in a] week?", "{a}*7"),
    ("a=n b=2-30", "[A|One|The] {machine} [makes|produces|turns out|delivers] {a} {things} [per|an|each|every] hour. || How many [{things} |]does it make in {b} hours?", "{a}*{b}"),
    ("a=2-90 b=a*", "[A|One|The] {machine} [makes|produces|turns out] {a} {things} [per|an|each] hour. || How [many hours|long] does it [need|take] for {b}[| {things}]?", "{b}/{a}"),
    ("x=d a=2-60", "[A|Our|The] {machine} [uses|needs|takes|consumes] {x} [litres|kg|kilos|kWh|units] [per|a] {span}. || How much [does it use|does it need|is that] in {a} {span}s?", "{x}*{a}"),
    ("a=2-20 b=2-20 c=2-20", "{a} {workers} need {b} days for a [job|wall|roof|road]. || How many days would {c} {workers} need[ at the same pace|]?", "{a}*{b}/{c}"),
    ("y=1900-1999 z=2000-2060", "{Who} {was} born in {y}. || How old [will {he} be|{does} {he} turn] in {z}?", "{z}-{y}"),
    ("y=1200-1990 z=1991-2040", "[The [bridge|church|mill|tower|castle|school|library|company|bakery] was [built|founded|opened] in {y}|A [house|club|ship|shop|museum] dates from {y}]. || How old is it in {z}?", "{z}-{y}"),
    ("y=1800-1950 z=1951-2020", "[A company|A war|A project|A club] [began|started] in {y} and [ended|finished|stopped] in {z}. || [How many years is that|How long was that in years|How many years lie between]?", "{z}-{y}"),
    ("a=3-70 b=2-40", "{Who} {is} {a} years old. || How old will {he} be in {b} years?", "{a}+{b}"),
    ("b=2-40 a=b+", "{Who} {is} {a} years old. || How old {was} {he} {b} years ago?", "{a}-{b}"),
    ("a=3-60 b=2-30", "{Who} {is} {a} and {Other} is {b} years [older|older than that]. || How old is {Other2}?", "{a}+{b}"),
    ("a=3-30 b=2-5", "{Who} {is} {a} years old. {Other} is {b} times as old. || How old is {Other2}?", "{a}*{b}"),
    ("b=2-20 a=b+", "{Who} {is} {a} years old and {Other} is {b} years younger. || How old is {Other2}?", "{a}-{b}"),
    # Kitchen.
    ("a=2-12 x=d b=2-40", "[A recipe|A soup|A cake|A dish|A sauce] for {a} [people|persons|servings|guests] [needs|takes|calls for|uses] {x} [grams|g|cups|kg|spoons] of {food}. || How much [is needed|do I need|does one need|is that] for {b}[| people]?", "{x}/{a}*{b}"),
    ("x=d a=2-30", "[One|A|Each] [cake|loaf|pot|batch|portion|bowl] [needs|takes|uses] {x} [grams|g|cups|kg|spoons] of {food}. || How much [is needed|do I need|is that] for {a}[| of them]?", "{x}*{a}"),
    ("x=d y=d", "[There are|{Who} {has}|The {box} has] {x} [litres|liters] of {fluid}. [A bottle|A jug|A glass|A can|A pot] holds {y} [litres|liters]. || How many [can be filled]?", "{x}/{y}"),
    ("a=2-40 x=d", "|| How much {fluid} is in {a} [bottles|jugs|cans|barrels|jars] of {x} [litres|liters|l] each?", "{a}*{x}"),
    # Figures.
    ("a=d b=d", "[A|The|Our] {lot} is {a} {m} long and {b} {m} wide. || What is [its area|the area]?", "{a}*{b}"),
    ("a=d b=d", "|| [What is the area of|How big is|How large is] [a|the] [{lot}|rectangle] of {a} by {b} {m}?", "{a}*{b}"),
    ("a=d b=d", "[A|The|Our] {lot} [measures|is] {a} by {b} {m}. || [What is its perimeter|How long is the edge all around|How long is a fence around it|What is the perimeter]?", "2*({a}+{b})"),
    ("a=d b=d c=d", "[A|The] [box|tank|pool|room|crate|block|drawer] is {a} {m} long, {b} {m} wide and {c} {m} [high|deep|tall]. || What is [its volume|the volume]?", "{a}*{b}*{c}"),
    ("a=d", "[The side of a square|The edge of a square|One side of a square [field|room|tile]] is {a} {m}[| long]. || [What is its area|What is the area]?", "{a}^2"),
    ("a=d", "[The side of a square is|A square has sides of] {a} {m}. || [What is its perimeter|How long is the way around it]?", "4*{a}"),
    ("a=big", "A square [field|garden|plot|room] has an area of {a} [square metres|m²|m2]. || [How long is [one|a] side|What is the length of a side]?", "sqrt({a})"),
    ("a=d", "A [circle|round table|round pond|wheel|disc] has a radius of {a} {m}. || What is its area?", "pi*{a}^2"),
    ("a=d", "A [circle|round table|round pond|wheel|pipe] has a radius of {a} {m}. || What is its circumference?", "2*pi*{a}"),
    ("a=d", "A [circle|round table|tree|wheel|pipe] has a diameter of {a} {m}. || What is its circumference?", "pi*{a}"),
    ("a=d", "[A cube has edges of|The edge of a cube is|A [die|block] is a cube with edges of] {a} {m}. || What is [its|the] volume?", "{a}^3"),
    ("a=d b=d", "A triangle has a base of {a} {m} and a height of {b} {m}. || [What is its area|How large is it]?", "{a}*{b}/2"),
    ("a=d b=d", "[A right triangle has legs of|The short sides of a right triangle are] {a} and {b} {m}. || [How long is the hypotenuse|What is the length of the hypotenuse|How long is the longest side]?", "sqrt({a}^2+{b}^2)"),
    ("a=d b=d", "A cylinder has a radius of {a} {m} and a height of {b} {m}. || What is its volume?", "pi*{a}^2*{b}"),
    # Units with the factor given.
    ("f=d a=d", "[If|Given that|Knowing that] [one|a|1] {u} is {f} {v}, || how many {v} are {a} {u_s}?", "{f}*{a}"),
    ("f=d a=d", "|| How many {u_s} are {a} {v} [if|when] [one|a|1] {u} is {f} {v}?", "{a}/{f}"),
    ("f=d a=d", "[One|A|1] {u} [is|equals|makes|corresponds to] {f} {v}. || [Convert {a} {u_s} to {v}.|How many {v} are {a} {u_s}?|What are {a} {u_s} in {v}?]", "{f}*{a}"),
    ("f=m a=M", "[One|1|A] [dollar|pound|franc] [is|is worth|buys] {f} [euros|crowns|yen|rupees]. || [How much|What] are {a} of them[ worth|]?", "{f}*{a}"),
    ("a=2-90", "|| How many minutes [are there in|are] {a} hours?", "{a}*60"),
    ("a=2-90", "|| How many [seconds are there in {a} minutes|seconds are {a} minutes|minutes are there in {a} hours]?", "{a}*60"),
    ("a=2-90", "|| How many days are [there in |]{a} weeks?", "{a}*7"),
    ("a=2-90", "|| How many hours are [there in |]{a} days?", "{a}*24"),
    ("a=2-90", "|| How many months are [there in |]{a} years?", "{a}*12"),
    ("a=2-90", "|| How many {things} are [there in |]{a} dozen?", "{a}*12"),
    ("b=2-23 a=b*", "|| How many [hours are {a} minutes|minutes are {a} seconds]?", "{a}/60"),
    ("a=d", "|| [How many metres are {a} km|How many grams are {a} kg|What is {a} km in metres|What is {a} kg in grams|How many millilitres are {a} litres|What is {a} tonnes in kg]?", "{a}*1000"),
    ("a=d", "|| [How many centimetres are {a} metres|How many cents are {a} euros|What is {a} m in cm|What is {a} metres in centimetres]?", "{a}*100"),
    ("a=big", "|| [How many kilometres are {a} metres|How many kg are {a} grams|What is {a} m in km|What is {a} grams in kilos|How many litres are {a} ml]?", "{a}/1000"),
    # Measuring, sport, school.
    ("a=2-30 b=2-30", "[In the morning|At dawn|At noon|At night|On {day}] it [is|was] {a} degrees[, and| and later|. Later] it [got|became] {b} degrees warmer. || [How warm [is|was] it then|What [is|was] the temperature then]?", "{a}+{b}"),
    ("a=2-20 b=2-30", "[In the morning|At dawn|At night|On {day}] it was -{a} degrees. [Then|By noon|Later] it got {b} degrees warmer. || What [is|was] the temperature [then|after that]?", "-{a}+{b}"),
    ("b=2-30 a=2-20", "The temperature [fell|dropped|sank] from {a} degrees by {b} degrees. || [What is it now|What is the temperature now]?", "{a}-{b}"),
    ("a=2-90 b=2-90 c=2-90", "[{Who} scored|A team scored|{Who} got] {a}, {b} and {c} points[| in three games| in three tests]. || [What is the average|How many points is that on average|What is the mean]?", "({a}+{b}+{c})/3"),
    ("a=2-90 b=2-90 c=2-90 d=2-90", "[The [scores|marks|times|weights|prices|lengths|temperatures] [are|were]|{Who} measured|{Who} counted] {a}, {b}, {c} and {d}. || What is [the average|the mean|their average]?", "({a}+{b}+{c}+{d})/4"),
    ("a=2-90 b=2-90 c=2-90", "[{Who} scored|A team scored|{Who} got|{Who} won] {a}, {b} and {c} points. || [How many [points |]is that [in total|altogether]|What is the total|What is the sum]?", "{a}+{b}+{c}"),
    ("a=2-30 b=2-30", "[A team|{Who}] won {a} games and drew {b}. A win [gives|brings|is worth] 3 points, a draw 1. || How many points is that?", "{a}*3+{b}"),
    ("x=100-5000 a=2-40", "[A race|A run|A course] has {a} laps of {x} {m}. || How [far is that|many {m} is that]?", "{a}*{x}"),
    ("x=d y=d", "{Who} weighed {x} [kg|kilos] and [gained|put on] {y} [kg|kilos]. || [How much {does} {he} weigh now|What is {his} weight now]?", "{x}+{y}"),
    ("x=d a=2-90", "[One|Each|Every|This] {thing} weighs {x} [kg|grams|g|kilos|pounds]. || [How much do {a} {things} weigh|What do {a} weigh|What is the weight of {a} {things}]?", "{x}*{a}"),
    ("a=2-9 b=2-9 c=big", "{Who} and {Other} share {c:m} in the ratio {a}:{b}. || How much [does {Other2} get|goes to {Other2}]?", "{c}*{b}/({a}+{b})"),
    ("a=2-9 b=2-9 c=big", "[{c} {things} are|A sum of {c:m} is|{c} litres of {fluid} are] [divided|split|shared] in the ratio {a}:{b}. || How much is the first part?", "{c}*{a}/({a}+{b})"),
    ("a=n b=2-9 c=2-30", "{Who} {has} {a} {things}. {Other} has {b} times as many[| as that]. || How many does {Other2} have?", "{a}*{b}"),
    ("b=2-9 a=b*", "{Who} {has} {a} {things}, {b} times as many as {Other}. || How many does {Other2} have?", "{a}/{b}"),
    ("a=n b=2-9 c=2-30", "{Who} {has} {a} {things}. {Other} has {c} more than {b} times that number. || How many does {Other2} have?", "{a}*{b}+{c}"),
    ("a=n", "{Who} had {a} {things} and [gave half of them away|sold half of them|lost half of them]. || How many {does} {he} have [left|now]?", "{a}/2"),
    ("a=big", "[A third|One third] of {a} {things} are [sold|broken|gone|red]. || How many is that?", "{a}/3"),
    ("a=100-9000 b=2-20 c=2-200", "[A tank|A pool|A barrel|A bath] holds {a} litres of {fluid}. It loses {b} litres [an hour|every hour|per hour]. || How [much is left|many litres are left] after {h} hours?", "{a}-{b}*{h}"),
    ("x=10-90 b=2-90 y=m", "[A taxi|A plumber|A mechanic|A boat|A gym|A phone plan] [costs|charges] {x:m} plus {y:m} for each [hour|kilometre|call|day]. || How much is that for {b}[| of them]?", "{x}+{y}*{b}"),
)
UNITS = (
    ("mile", "miles", "km"),
    ("inch", "inches", "cm"),
    ("foot", "feet", "cm"),
    ("yard", "yards", "metres"),
    ("pound", "pounds", "grams"),
    ("gallon", "gallons", "litres"),
    ("ounce", "ounces", "grams"),
    ("acre", "acres", "square metres"),
    ("dollar", "dollars", "euros"),
    ("knot", "knots", "km/h"),
    ("stone", "stones", "kg"),
    ("pint", "pints", "litres"),
    ("barrel", "barrels", "litres"),
    ("league", "leagues", "km"),
    ("crown", "crowns", "cents"),
    ("token", "tokens", "points"),
)
ASIDES = (
    "[It [was|is] a [rainy|sunny|long|cold|quiet|busy|warm] [{day}|day|afternoon|morning].|The weather [was|is] [fine|bad|lovely|awful].|This [happened|was] in {city}.|{Other} [was watching|helped|did not mind|came along].|{City} is nice [in spring|these days].]",
    "[The house number is {k}.|{Other} is {k} years old.|It is {k} degrees outside.|The shop opens at {h} o'clock.|The number of the bus is {k}.|The whole thing happened on {month} {h}.|There are {k} photos of it.]",
)


def numbers(rng: Random, spec: str) -> dict[str, str]:
    have: dict[str, str] = {}
    for item in spec.split():
        name, kind = item.split("=", 1)
        if "=" not in kind:
            have[name] = drawn(rng, kind, have)
    return have


def story(rng: Random) -> tuple[str, str]:
    """A word problem and the expression that answers it."""
    spec, text, expr = rng.choice(SCENES)
    have = numbers(rng, spec)
    if "{h}" in expr:
        have["h"] = str(rng.randint(2, 9))
    me = who(rng)
    text = asks.expand(rng, text)
    money = rng.choice(_COINS)
    slots = slots_of(rng, text, me)
    facts, _, query = text.partition("||")
    facts, query = facts.strip(), query.strip()
    if facts and not facts.endswith(",") and rng.random() < 0.12 and "year" not in text and "degree" not in text and "born" not in text:
        aside = asks.expand(rng, ASIDES[rng.random() < 0.4])
        facts = f"{aside} {facts}" if rng.random() < 0.6 else f"{facts} {aside}"
    if facts.endswith(".") and rng.random() < 0.06 and "that" not in query and not query.startswith("Convert"):
        text = f"{query} {facts}".replace("{he}", "{who}", 1) if "{Who}" in facts else f"{query} {facts}"
        if " it " in query or " its " in query or query.endswith(" it?") or "left" in query or "new price" in query or "{Other2}" in query:
            text = f"{facts} {query}"
    else:
        text = f"{facts} {query}" if facts else query
    for name, digits in have.items():
        said = digits if name == "p" or expr == "{z}-{y}" or "{a}:{b}" in text else shown(rng, digits)
        if "{" + name + ":m}" in text:
            text = text.replace("{" + name + ":m}", money.format(digits if said[0].isalpha() and "{} " not in money else said))
        text = text.replace("{" + name + "}", said)
        slots[name] = digits
    said = text.format_map(slots)
    parts = said.split(". ")
    said = ". ".join(p[:1].upper() + p[1:] for p in parts)
    return asks.clothed(rng, said[0].upper() + said[1:], plain=0.86), expr.format_map(have)


def slots_of(rng: Random, text: str, me: dict[str, str]) -> dict[str, str]:
    """Everyone and everything that a scene may name."""
    t1, t2, t3 = rng.sample(GOODS, 3) if rng.random() < 0.85 else rng.sample(words.MATERIALS, 3) and rng.sample(GOODS, 3)
    box, lot, car = rng.choice(HOLDERS), rng.choice(LOTS), rng.choice(VEHICLES)
    d1, d2 = rng.sample(DAYS, 2)
    other = words.person(rng, rng.choice("sh")).split()[0].rstrip(".")
    other = other if other not in TITLES and other != me["who"] else rng.choice(("my friend", "the neighbour", "my cousin"))
    c1, c2 = rng.sample(CREATURES, 2)
    u, us, v = rng.choice(UNITS)
    city, city2 = words.place(rng), words.place(rng)
    stuff = rng.choice(STUFFS)
    stuff = rng.choice([s for s in STUFFS if not s.endswith("s")]) if "{Stuff}" in text else stuff
    return {
        **me,
        "Who": me["who"][0].upper() + me["who"][1:],
        "He": me["he"][0].upper() + me["he"][1:],
        "who2": me["he"] if me["who"] in ("I", "we") else me["who"],
        "Other": other,
        "Other2": other,
        "thing": t1,
        "things": plural(t1),
        "Things": plural(t1).capitalize(),
        "things2": plural(t2),
        "a_thing": a_an(t1),
        "A_thing": a_an(t1).capitalize(),
        "a_thing2": a_an(t2),
        "a_thing3": a_an(t3),
        "box": box,
        "boxes": plural(box),
        "lot": lot,
        "car": car,
        "The_car": rng.choice(("The ", "Our ", "This ")) + rng.choice(("car", "van", "truck", "bus")),
        "bus": rng.choice(("bus", "train", "tram", "ferry", "coach", "boat")),
        "m": rng.choice(("m", "metres", "meters", "cm", "feet", "yards", "inches", "mm")),
        "day": d1,
        "day2": d2,
        "city": city,
        "City": city,
        "city2": city2,
        "creatures": plural(c1),
        "creatures2": plural(c2),
        "quads": plural(rng.choice("cow horse dog cat goat donkey elephant tiger rabbit lion pig hamster".split())),
        "people": plural(rng.choice(PEOPLE)),
        "workers": rng.choice(("workers", "painters", "men", "machines", "builders", "gardeners", "people")),
        "works": plural(rng.choice(WORKS)),
        "span": rng.choice(("day", "week", "month")),
        "food": rng.choice(SPICES),
        "stuff": stuff,
        "Stuff": stuff.capitalize(),
        "fluid": rng.choice(FLUIDS),
        "machine": rng.choice(MACHINES),
        "u": u,
        "u_s": us,
        "v": v,
        "B_one": rng.choice(("Of it", "From it", "Then")),
        "k": str(rng.randint(13, 89)),
        "h": str(rng.randint(2, 11)),
        "month": rng.choice(words.MONTHS),
    }


if __name__ == "__main__":
    for seed in range(30):
        print(*story(Random(seed)), sep="   ->   ")
