"""Builds questions.jsonl: 420 hand-written questions over notes/, for judging nano only.

Every number expected is computed here from its expression; every span, number, tool call and
object is checked against the notes, the question or its schema. Run: python3 make.py
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTES = {path.stem: path.read_text("utf-8") for path in sorted((HERE / "notes").iterdir())}
COUNTS = {"arithmetic": 60, "fact": 50, "fact_calc": 40, "two_hop": 25, "hop_calc": 25, "two_facts_calc": 20, "missing": 25, "tools": 40, "errors": 25, "talk": 25, "cannot": 15, "json": 40, "hub": 30}
ROWS: list[dict] = []
SEEN: Counter = Counter()
TOOLS: dict[str, dict] = {}
TYPES = {"str": "string", "int": "integer", "num": "number", "bool": "boolean"}


def need(condition, message):
    """Stop the build when a check fails."""
    if not condition:
        raise SystemExit(message)


def add(kind, **fields):
    """Append one row with the next id of its kind."""
    SEEN[kind] += 1
    ROWS.append({"id": f"fresh-{kind}-{SEEN[kind]:02d}", "kind": kind, **fields})


def value_of(expression):
    """The value of a plain expression, as Python's float prints it (whole numbers bare)."""
    names = {"__builtins__": {}, "sqrt": math.sqrt, "abs": abs, "pi": math.pi}
    value = float(eval(expression, names))  # our own expressions only
    need(math.isfinite(value), expression)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def stands(text, note):
    """Whether the text stands in a note, whatever its case; a number must stand alone."""
    edges = r"(?<![\d.,])", r"(?!\d|[.,]\d)"
    pattern = re.escape(text)
    if text[0].isdigit():
        pattern = edges[0] + pattern
    if text[-1].isdigit():
        pattern += edges[1]
    return re.search(pattern, NOTES[note], re.I) is not None


def calc(question, expression, kind="arithmetic"):
    """An arithmetic question without notes."""
    add(kind, question=question, expected=[value_of(expression)], tolerance=1e-6, docs=None)


def fact(question, notes, *spans, also=(), kind="fact"):
    """A question whose answer is a span of a note; `also`: other wordings of the same answer."""
    for span in spans:
        need(any(stands(span, note) for note in notes.split()), f"{question}: no {span}")
    expected = [*spans, *also]
    add(kind, question=question, expected=expected, tolerance=None, docs="notes")


def note_calc(kind, question, notes, uses, expression):
    """A number worked out from numbers (`uses`, by note, as written there) of the notes."""
    groups = [group.split() for group in uses.split("|")]
    names = notes.split()
    need(len(groups) == len(names), f"{question}: notes and numbers")
    for note, group in zip(names, groups, strict=True):
        for number in group:
            need(stands(number, note), f"{question}: no {number} in {note}")
            plain = re.escape(number.replace(",", ""))
            found = re.search(rf"(?<![\d.]){plain}(?![\d.])", expression)
            need(found, f"{question}: {number} not in {expression}")
    expected = [value_of(expression)]
    add(kind, question=question, expected=expected, tolerance=1e-6, docs="notes")


def two_hop(question, notes, *spans, also=()):
    """A question that needs a second note to answer."""
    fact(question, notes, *spans, also=also, kind="two_hop")


def missing(*questions):
    """Questions about the notes' people and things that the notes do not answer."""
    for question in questions:
        add("missing", question=question, docs="notes")


def talk(question, *patterns):
    """Small talk with the patterns of which one must be found in the answer."""
    for pattern in patterns:
        re.compile(pattern)
    add("talk", question=question, expected=list(patterns))


def cannot(*questions):
    """Requests that need a larger model."""
    for question in questions:
        add("cannot", question=question)


def field(kind, about=""):
    """The JSON schema of one field from a short word: str, int, num, bool, a|b|c, strs, ints."""
    if kind in TYPES:
        schema = {"type": TYPES[kind]}
    elif kind[:-1] in TYPES and kind.endswith("s"):
        schema = {"type": "array", "items": {"type": TYPES[kind[:-1]]}}
    else:
        need("|" in kind, f"unknown type {kind}")
        schema = {"type": "string", "enum": kind.split("|")}
    if about:
        schema["description"] = about
    return schema


def schema_of(fields):
    """An object's schema from "name: type: description; name?: type" (?: optional)."""
    properties, required = {}, []
    for part in filter(None, (part.strip() for part in fields.split(";"))):
        name, kind, *about = [piece.strip() for piece in part.split(":", 2)]
        if not name.endswith("?"):
            required.append(name)
        properties[name.rstrip("?")] = field(kind, *about)
    return {"type": "object", "properties": properties, "required": required}


def tool(name, description, fields=""):
    """Add a tool to the shelf."""
    need(name not in TOOLS, f"twice: {name}")
    parameters = schema_of(fields)
    TOOLS[name] = {"name": name, "description": description, "parameters": parameters}


def fits(value, schema):
    """Whether a value has the type that its schema asks for."""
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema["type"]
    if kind == "array":
        return isinstance(value, list) and all(fits(item, schema["items"]) for item in value)
    if kind == "object":
        known = schema["properties"]
        return isinstance(value, dict) and set(schema["required"]) <= set(value) <= set(known) and all(fits(item, known[name]) for name, item in value.items())
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (kind == "number" and isinstance(value, float))


def literal(value, schema, text):
    """Whether a value can be copied from the text (enum members and booleans need not be)."""
    if isinstance(value, list):
        return all(literal(item, schema["items"], text) for item in value)
    if "enum" in schema or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value in text
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.search(rf"(?<![\d.]){re.escape(str(abs(value)))}(?!\d|\.\d)", plain) is not None


def check_object(value, schema, text, loose):
    """Check an object against its schema and, but for the `loose` names, against the text."""
    need(fits(value, schema), f"{text}: {value} does not fit")
    for name, item in value.items():
        same = literal(item, schema["properties"][name], text)
        need(same != (name in loose.split()), f"{text}: {name}={item} literal: {same}")


def call_row(kind, shelf, question, args, result, expected, loose="", **more):
    """A row whose right call goes to the FIRST tool named; the tools are shown in name order."""
    names = shelf.split()
    need(2 <= len(set(names)) == len(names) <= 8, f"{question}: {len(names)} tools")
    check_object(args, TOOLS[names[0]]["parameters"], question, loose)
    expected = [expected] if isinstance(expected, str) else expected
    need(any(span.lower() in result.lower() for span in expected), f"{question}: {expected}")
    shown = sorted(names, key=lambda name: (sum(map(ord, name + question)) % 97, name))
    add(kind, question=question, tools=[TOOLS[name] for name in shown], call={"name": names[0], "args": args}, result=result, expected=expected, **more)


def use(shelf, question, args, result, expected, loose=""):
    """A tools row."""
    call_row("tools", shelf, question, args, result, expected, loose)


def refuse(shelf, question, args, error, result, expected, loose="", first=False):
    """An errors row; first: the very first call is refused whatever it is."""
    more = {"error": error, "fail_first": first}
    call_row("errors", shelf, question, args, result, expected, loose, **more)


def extract(question, text, fields, expected, loose=""):
    """A json row; {} in the question stands for the text."""
    need(question.count("{}") == 1, f"no place for the text: {question}")
    schema = schema_of(fields)
    check_object(expected, schema, text, loose)
    asked = question.replace("{}", text)
    add("json", text=text, schema=schema, question=asked, expected=expected)


# --- arithmetic -------------------------------------------------------------------------------

calc("What is 47 times 86?", "47*86")
calc("913 - 278", "913-278")
calc("hey, quick one: whats 12.5 + 7.85 ?", "12.5+7.85")
calc("Please divide 2,394 by 38.", "2394/38")
calc("could you tell me how much 15% of 260 is", "260*15/100")
calc("Compute 3.7 to the power of 4.", "3.7**4")
calc("square root of 5329?", "sqrt(5329)")
calc("(84 + 19) * 7", "(84+19)*7")
calc("I have 5 crates with 24 bottles each and 9 loose bottles. How many bottles is that?", "5*24+9")
calc("What do I get if I take 17 away from 64 and multiply what is left by 3?", "(64-17)*3")
calc("2^16", "2**16")
calc("Seven pencils cost 4.55. What does a single one cost?", "4.55/7")
calc("How much is one hundred and twenty plus two hundred and forty-five?", "120+245")
calc("work out 8.4 / 0.35 for me pls", "8.4/0.35")
calc("What's the cube of 14?", "14**3")
calc("My rent goes up by 4.5 percent. It is 820 now. What will I pay afterwards?", "820*(1+4.5/100)")
calc("A jacket of 148 is sold with 35% off. New price?", "148*(1-35/100)")
calc("raise 19 to the 0.43 power", "19**0.43")
calc("What is 5 + 6 * 7 - 8?", "5+6*7-8")
calc("Calculate (3.2 + 4.8)^2 / 5.", "(3.2+4.8)**2/5")
calc("find the quotient of 1001 and 13", "1001/13")
calc("sum of 18, 27, 36 and 45", "18+27+36+45")
calc("What's the average of 71, 84, 90 and 66?", "(71+84+90+66)/4")
calc("Good morning! We were 6 at dinner and the bill was 187.20. We want to add a tip of 10 percent and split everything evenly. What does each of us owe?", "187.20*1.1/6")
calc("how many minutes are there in 17 days", "17*24*60")
calc("Give me the difference between 10000 and 3,768.", "10000-3768")
calc("0.07 × 1,350", "0.07*1350")
calc("640 ÷ 25 + 3.4", "640/25+3.4")
calc("Subtract the square of 12 from 500.", "500-12**2")
calc("What is the square root of the sum of 20 squared and 21 squared?", "sqrt(20**2+21**2)")
calc("The train leaves with 318 passengers. At the first stop 46 get off and 29 get on, at the second 88 get off and nobody gets on. How many are on board now?", "318-46+29-88")
calc("a third of 741, please", "741/3")
calc("Double 376 and then add 5.5.", "2*376+5.5")
calc("what percentage of 320 is 72", "72/320*100")
calc("(1 + 0.03)^12", "(1+0.03)**12")
calc("If I put 2,500 in the bank at 3 percent a year with compound interest, how much will be there after 6 years?", "2500*1.03**6")
calc("Multiply 0.125 by 96, then subtract 4.", "0.125*96-4")
calc("What is the area of a rectangle that is 13.5 m long and 8.2 m wide?", "13.5*8.2")
calc("my car uses 6.8 litres per 100 km and i drive 435 km. how many litres do i burn?", "6.8*435/100")
calc("-15 + 42 - 8", "-15+42-8")
calc("Tell me 999 * 999.", "999*999")
calc("How much is 3/8 of 1200?", "3/8*1200")
calc("What is the fifth root of 7776?", "7776**(1/5)")
calc("A farmer sells 34 kg of cherries at 5.90 a kilo and 12 kg of plums at 3.20 a kilo. What does he earn in total?", "34*5.90+12*3.20")
calc("((45 - 9) / 4 + 11) * 2.5", "((45-9)/4+11)*2.5")
calc("I run 7.5 km in 42 minutes. How many minutes is that per kilometre?", "42/7.5")
calc("type the result of 58213 + 7749, nothing else", "58213+7749")
calc("Our classroom needs 28 workbooks at 11.35 each, but the shop takes 50 off the whole order. Total?", "28*11.35-50")
calc("What is 72 raised to the power of 0.5?", "72**0.5")
calc("increase 64 by 12.5%", "64*1.125")
calc("Would you be so kind as to tell me what 4 to the 5th minus 24 is?", "4**5-24")
calc("six times nine plus four", "6*9+4")
calc("A tank holds 900 litres. A pump takes out 37 litres a minute. How much is left after 14 minutes?", "900-37*14")
calc("sqrt(1764) + 3^3", "sqrt(1764)+3**3")
calc("half of 87.3", "87.3/2")
calc("hi there :) im baking for 15 people but the recipe is for 4 and needs 350 g of flour. how many grams do i need then?", "350/4*15")
calc("Divide the product of 36 and 45 by 27.", "36*45/27")
calc("What is left of 5,000 if I spend 18% of it?", "5000*(1-18/100)")
calc("1.5e3 is 1500, I know. But what is 1500 times 0.0042?", "1500*0.0042")
calc("Three brothers inherit 45,600. The eldest gets half of it and the other two share the rest equally. How much does the youngest get?", "45600/2/2")

# --- fact -------------------------------------------------------------------------------------

fact("How high is the tower of Skarn Point Light?", "skarn_point", "34")
fact("who ground the lens of the skarn point lighthouse", "skarn_point", "Emeric Thale")
fact("On what date was the Skarn Point lamp lit for the first time?", "skarn_point", "9 November")
fact("where was Ottoline Brack born?", "ottoline_obituary", "Tollhaven")
fact("How many hives of bees did Ottoline Brack keep?", "ottoline_obituary", "14")
fact("What did Ottoline Brack teach before she looked after the light?", "ottoline_obituary", "geography")
fact("Who got the letter from Casimir in May?", "casimir_letter", "Philippa")
fact("What instrument should Philippa bring in August?", "casimir_letter", "accordion")
fact("what type of boat is the pale heron?", "pale_heron", "gaff cutter", "cutter")
fact("How many litres does the fuel tank of the Pale Heron hold?", "pale_heron", "140")
fact("Please tell me the name of the surveyor of the Pale Heron.", "pale_heron", "Tamsin Oduya")
fact("In which year did Aurelio Finch open his yard?", "aurelio_finch", "1937")
fact("Who took over the boatyard from Aurelio Finch?", "aurelio_finch", "Gideon Marsh")
fact("I'm writing a piece about old boatyards. What timber did Finch like best?", "aurelio_finch", "larch")
fact("Who founded Quillon & Daughters?", "quillon", "Ines Quillon")
fact("how many people work in the foundry at Quillon", "quillon", "118")
fact("What is the price of the Quillon model 95 pump?", "quillon", "389")
fact("What is Teodora Vance's parrot called?", "vance_profile", "Admiral")
fact("where did Teodora Vance study hydraulics?", "vance_profile", "Ostrava Bridge College")
fact("What was the subject of Teodora Vance's thesis?", "vance_profile", "leaks")
fact("At what time do they normally start at Crumb & Anchor?", "bakery_mail", "4:45")
fact("Name the sister of the baker Rafiq Osei-Lund.", "bakery_mail", "Samira")
fact("How much honey goes into Anchor rye?", "anchor_rye", "90 g", "90")
fact("which spice is in the anchor rye bread?", "anchor_rye", "caraway")
fact("On which day of the week is the Bellhouse Museum closed?", "bellhouse", "Tuesday")
fact("What is the name of the biggest bell in the Bellhouse Museum?", "bellhouse", "Gertrude")
fact("who runs the bellhouse museum", "bellhouse", "Priyanka Solberg", "Solberg")
fact("What does Priyanka Solberg's son want to be?", "solberg_diary", "zoologist")
fact("What gift did Jorun give to his wife?", "solberg_diary", "ear plugs")
fact("How long are ash tree otters pregnant, in days?", "tree_otter", "63")
fact("What is the scientific name of the ashen tree otter?", "tree_otter", "Lutra arborea cinerea")
fact("When did Leif Amaranta break his hip?", "amaranta_timeline", "2006")
fact("What was Leif Amaranta's doctoral work about?", "amaranta_timeline", "sleep of bats", "bats")
fact("Who is the deputy chair of the Orrin Forest Trust?", "orrin_trust", "Barnaby Ekwueme")
fact("what are the dogs at the forest trust office called?", "orrin_trust", "Moss")
fact("How many moves did Anouk Brandvold need to beat the master?", "chess_minutes", "41")
fact("Who baked the cake for the Pellworth chess meeting?", "chess_minutes", "Lucinda Farr")
fact("Which roller of the Torvel 9 is dangerous for sleeves?", "torvel", "roller 6", "6")
fact("Who made the Torvel 9 press?", "torvel", "Brandvold Machine Works", "Brandvold")
fact("What's the name of the clerk in The Salt Ledger?", "salt_ledger", "Ferdy Quince")
fact("Which prize did The Salt Ledger win?", "salt_ledger", "Golden Oar")
fact("Who wrote Mosses of the Orrin?", "lanternfish", "Moreau-Tate")
fact("what was Maren Oyelaran's first novel called", "oyelaran_interview", "Grey Butter")
fact("How many inhabitants did Oskerry have in 2010?", "oskerry", "7,915", also=("7915",))
fact("Which town is twinned with Oskerry?", "oskerry", "Brinmouth")
fact("Hello! We are thinking of coming to the kite week in Oskerry with two kids. What is the price of a day pass?", "kite_week", "9", also=("nine",))
fact("What kind of animal is the mayor's pet Bartholomew?", "pell_faq", "tortoise")
fact("Name the engineer who planned the Dunmarrow Rack Railway.", "rack_railway", "Valentina Rooke")
fact("how fast do the rack railway trains go downhill?", "rack_railway", "15")
fact("What is the job of Marguerite Abara?", "castellane", "judge")

# --- fact_calc --------------------------------------------------------------------------------

note_calc("fact_calc", "What is the height of Skarn Point Light times 3?", "skarn_point", "34", "34*3")
note_calc("fact_calc", "How many flashes does Skarn Point give in an hour, if one comes back every so many seconds as the notes say?", "skarn_point", "12", "3600/12")
note_calc("fact_calc", "By how much did the lighthouse at Skarn Point go over its estimate?", "skarn_point", "5,720 2,900", "5720-2900")
note_calc("fact_calc", "what does the seaweed dryer pay for the store rooms per year?", "skarn_point", "340", "340*12")
note_calc("fact_calc", "How much money did Ottoline Brack's honey bring in during a good summer?", "ottoline_obituary", "385 4.25", "385*4.25")
note_calc("fact_calc", "how old was ottoline brack when she died? take the square root of it", "ottoline_obituary", "88", "sqrt(88)")
note_calc("fact_calc", "What did Casimir spend on varnish this spring?", "casimir_letter", "3 27.80", "3*27.80")
note_calc("fact_calc", "If Casimir took the dentist's offer, how much more would he get for the boat than he paid for it?", "casimir_letter", "18,500 7,200", "18500-7200")
note_calc("fact_calc", "How many hours can the Pale Heron cruise on one full tank of fuel?", "pale_heron", "140 3.2", "140/3.2")
note_calc("fact_calc", "Multiply the length of the Pale Heron by its beam.", "pale_heron", "11.2 3.4", "11.2*3.4")
note_calc("fact_calc", "what percent of the boats from Finch's yard were cutters", "aurelio_finch", "83 51", "51/83*100")
note_calc("fact_calc", "Add 17 to the number of dinghies that Aurelio Finch built.", "aurelio_finch", "20", "20+17")
note_calc("fact_calc", "How many employees of Quillon & Daughters do not work in the foundry?", "quillon", "312 118", "312-118")
note_calc("fact_calc", "I want to order 6 pumps of the model 40 from Quillon. What will that cost me?", "quillon", "215", "215*6")
note_calc("fact_calc", "Quillon's profit as a percentage of its sales, please.", "quillon", "48.6 6.9", "6.9/48.6*100")
note_calc("fact_calc", "teodora vance rides how many km before breakfast? and how many does that make in 5 mornings?", "vance_profile", "38", "38*5")
note_calc("fact_calc", "Age of the parrot Admiral, cubed.", "vance_profile", "31", "31**3")
note_calc("fact_calc", "How many kilograms of flour arrive at Crumb & Anchor on Thursday?", "bakery_mail", "22 25", "22*25")
note_calc("fact_calc", "Suppose all the rye loaves made for the Saturday market are sold. How many crowns is that?", "bakery_mail", "260 5.40", "260*5.40")
note_calc("fact_calc", "How much flour, rye and spelt together, goes into the Anchor rye recipe?", "anchor_rye", "1,640 360", "1640+360")
note_calc("fact_calc", "I eat 3.5 slices of Anchor rye. How many kilocalories is that?", "anchor_rye", "112", "112*3.5")
note_calc("fact_calc", "What do 14 people pay for tickets at the Bellhouse Museum if they come as a group?", "bellhouse", "11", "11*14")
note_calc("fact_calc", "Two adults and three children go to the Bellhouse with single tickets. Total price?", "bellhouse", "13.50 6", "2*13.50+3*6")
note_calc("fact_calc", "how many crowns is Solberg short for the new slates?", "solberg_diary", "24,600 15,000", "24600-15000")
note_calc("fact_calc", "What came in from the postcards on Wednesday, according to the museum director's diary?", "solberg_diary", "83 1.20", "83*1.20")
note_calc("fact_calc", "By how many animals did the ashen tree otters decline between the two counts?", "tree_otter", "1,460 2,315", "2315-1460")
note_calc("fact_calc", "How many grams of food does an ashen tree otter eat in 30 days?", "tree_otter", "520", "520*30")
note_calc("fact_calc", "On his first trip up the Orrin, how many kilometres a day did Leif Amaranta make on average?", "amaranta_timeline", "412 26", "412/26")
note_calc("fact_calc", "How many members did the Orrin Forest Trust gain in a year?", "orrin_trust", "4,865 4,420", "4865-4420")
note_calc("fact_calc", "How many crowns did the forest trust spend on wages?", "orrin_trust", "412,000 58", "412000*58/100")
note_calc("fact_calc", "How many members of the Pellworth chess club were absent from the annual meeting?", "chess_minutes", "31 46", "46-31")
note_calc("fact_calc", "how many sheets does the torvel 9 print in 7.5 hours?", "torvel", "4,800", "4800*7.5")
note_calc("fact_calc", "What is the average number of pages in a chapter of The Salt Ledger?", "salt_ledger", "418 29", "418/29")
note_calc("fact_calc", "What are all the copies of Ring Twice in the Lanternfish store worth at their list price?", "lanternfish", "870 17.50", "870*17.50")
note_calc("fact_calc", "What does Maren Oyelaran earn if 320 of her hardbacks are sold?", "oyelaran_interview", "2.15", "2.15*320")
note_calc("fact_calc", "Population density of Oskerry in 2022, that is inhabitants divided by square kilometres?", "oskerry", "8,430 23.6", "8430/23.6")
note_calc("fact_calc", "We would camp in one tent at the Oskerry Kite Week for 6 nights. How much is it?", "kite_week", "14.50", "14.50*6")
note_calc("fact_calc", "How much does Mayor Pell give to the library every month?", "pell_faq", "4,350 5", "4350*5/100")
note_calc("fact_calc", "what is the difference in altitude between Dunmarrow and Mount Cressel", "rack_railway", "184 1,522", "1522-184")
note_calc("fact_calc", "How many harps did Octavian and Leopold Castellane build together?", "castellane", "214 167", "214+167")

# --- two_hop ----------------------------------------------------------------------------------

two_hop("Who was the husband of Skarn Point's last keeper?", "skarn_point ottoline_obituary", "Casimir Dunn", "Casimir")
two_hop("In which town was the last keeper of the light on Varrow Island born?", "skarn_point ottoline_obituary", "Tollhaven")
two_hop("what's the name of the boat that Ottoline Brack's husband won't sell", "ottoline_obituary casimir_letter", "Pale Heron")
two_hop("In what year was the man who built the Pale Heron born?", "pale_heron aurelio_finch", "1909")
two_hop("Who was married to the builder of the Pale Heron?", "pale_heron aurelio_finch", "Consolata")
two_hop("What sort of pet does the managing director of Quillon & Daughters have?", "quillon vance_profile", "parrot")
two_hop("Quillon & Daughters has a boss from outside the family. Who is she married to?", "quillon vance_profile", "Rafiq")
two_hop("What is the bakery of Teodora Vance's husband called?", "vance_profile bakery_mail", "Crumb & Anchor", also=("Crumb and Anchor",))
two_hop("The lady who chairs the Pellworth chess club, what does she repair?", "chess_minutes vance_profile", "radios", also=("radio",))
two_hop("Tell me the first name of the Bellhouse director's son, please.", "bellhouse solberg_diary", "Anselm")
two_hop("whom did the zoologist marry who described the ashen tree otter?", "tree_otter amaranta_timeline", "Ghislaine", "Moreau-Tate")
two_hop("What was the job of the mother of the scientist who described the ashen tree otter?", "tree_otter amaranta_timeline", "midwife")
two_hop("Who is the husband of the chair of the Orrin Forest Trust?", "orrin_trust amaranta_timeline", "Leif Amaranta", "Amaranta")
two_hop("Which printing machine does the publisher of The Salt Ledger own?", "salt_ledger torvel", "Torvel")
two_hop("Can you find out who founded the house that published The Salt Ledger?", "salt_ledger lanternfish", "Henrietta Zoll", "Zoll")
two_hop("What does the wife of the author of The Salt Ledger do for a living?", "salt_ledger oyelaran_interview", "harp maker", also=("harp",))
two_hop("Maren Oyelaran wrote a novel in a railway's signal box. Which engineer planned that railway?", "salt_ledger rack_railway", "Valentina Rooke", "Rooke")
two_hop("what was the ferry called that the mayor of oskerry used to steer", "oskerry pell_faq", "Marigold")
two_hop("Who is the husband of the woman who invented the Oskerry Kite Week?", "kite_week pell_faq", "Pell", also=("Jonah Pell", "mayor"))
two_hop("The Oskerry Kite Week has a patron. What is his name?", "kite_week oskerry", "Jonah Pell", "Pell")
two_hop("Name the father of Maren Oyelaran's wife.", "oyelaran_interview castellane", "Leopold")
two_hop("What vehicle does the brother of Maren Oyelaran's wife drive?", "oyelaran_interview castellane", "snow plough", also=("plough", "plow"))
two_hop("I had soup with a very good bread in the café of the Bellhouse Museum. Who wrote down the recipe of that bread?", "bellhouse anchor_rye", "Samira")
two_hop("Which book, on stock at Lanternfish Press, was written by the director of the Bellhouse Museum?", "bellhouse lanternfish", "Ring Twice")
two_hop("In which museum can I see the yard bell of the man who built the Pale Heron?", "pale_heron aurelio_finch", "Bellhouse")

# --- hop_calc ---------------------------------------------------------------------------------


def hop(question, notes, number, expression):
    """A number found over two notes, worked on; the number stands in the second note."""
    note_calc("hop_calc", question, notes.split()[1], number, expression)


hop("Who was Ottoline Brack's husband, and what is his age raised to the 0.43 power?", "ottoline_obituary casimir_letter", "73", "73**0.43")
hop("At what age did the last keeper of Skarn Point die? Divide it by 4.", "skarn_point ottoline_obituary", "88", "88/4")
hop("Find the managing director of Quillon & Daughters and multiply her age by 3.", "quillon vance_profile", "47", "47*3")
hop("what is the square root of the age of teodora vance's husband?", "vance_profile bakery_mail", "52", "sqrt(52)")
hop("Teodora Vance's mother: how old is she, and what is that age to the power of 0.31?", "vance_profile chess_minutes", "79", "79**0.31")
hop("How old is Leif Amaranta's mother? Please subtract 38 from her age.", "amaranta_timeline orrin_trust", "101", "101-38")
hop("Who is Leif Amaranta's wife? What is her current age raised to the 0.23 power?", "amaranta_timeline orrin_trust", "76", "76**0.23")
hop("Age of the director of the Bellhouse Museum squared?", "bellhouse solberg_diary", "44", "44**2")
hop("I'd like to know 15 percent of the age of the mayor of Oskerry.", "oskerry pell_faq", "58", "58*15/100")
hop("Somebody invented the Oskerry Kite Week. How old is she now, and how much is her age times 12?", "kite_week pell_faq", "61", "61*12")
hop("Who wrote The Salt Ledger, and what do you get when you raise her age to the 1.5 power?", "salt_ledger oyelaran_interview", "41", "41**1.5")
hop("who drew the cover of the salt ledger and how old is he? i need his age plus 27.5", "salt_ledger lanternfish", "35", "35+27.5")
hop("Maren Oyelaran's wife - what is her age divided by 8?", "oyelaran_interview castellane", "38", "38/8")
hop("Samira Osei-Lund wrote down the recipe of Anchor rye. Take the age of her brother and add 90.", "anchor_rye bakery_mail", "52", "52+90")
hop("Take the age of the founder of the press that brought out The Salt Ledger and raise it to the 0.37th power.", "salt_ledger lanternfish", "68", "68**0.37")
hop("What is the age of Maren Oyelaran's father-in-law minus 12, all that times 2?", "oyelaran_interview castellane", "69", "(69-12)*2")
hop("How old did the builder of the Pale Heron get? Give me two thirds of it.", "pale_heron aurelio_finch", "75", "75*2/3")
hop("How long is the boat that Ottoline Brack's widower owns, in feet, if a metre has 3.28 feet?", "casimir_letter pale_heron", "11.2", "11.2*3.28")
hop("the director of the bellhouse has a son. what's his age cubed?", "bellhouse solberg_diary", "14", "14**3")
hop("What is the age of the tortoise that belongs to Oskerry's mayor, raised to the 0.6 power?", "oskerry pell_faq", "93", "93**0.6")
hop("Dear assistant, please look up the age of the parrot of Quillon's managing director, and then tell me that age multiplied by 12.5.", "quillon vance_profile", "31", "31*12.5")
hop("How many copies of the book by the Bellhouse Museum's director are in stock? Reduce that number by 20%.", "bellhouse lanternfish", "870", "870*0.8")
hop("Weight in kilos of the press owned by the publisher of The Salt Ledger, divided by 25?", "salt_ledger torvel", "8,650", "8650/25")
hop("Who's the mayor of Oskerry's daughter, and what is her age raised to the 0.43 power?", "oskerry pell_faq", "33", "33**0.43")
hop("Mother-in-law of the writer Maren Oyelaran: 7 times her age is what?", "oyelaran_interview castellane", "66", "66*7")

# --- two_facts_calc ---------------------------------------------------------------------------


def both(question, notes, uses, expression):
    """A number from facts of two notes."""
    note_calc("two_facts_calc", question, notes, uses, expression)


both("How many years older did Ottoline Brack get than Aurelio Finch?", "ottoline_obituary aurelio_finch", "88|75", "88-75")
both("Teodora Vance and her husband Rafiq: what is the sum of their ages?", "vance_profile bakery_mail", "47|52", "47+52")
both("By how many years is the tortoise Bartholomew older than the parrot Admiral?", "pell_faq vance_profile", "93|31", "93-31")
both("What is the difference between the age of Mayor Pell and that of Priyanka Solberg?", "pell_faq solberg_diary", "58|44", "58-44")
both("how much heavier is the press torvel 9 than the bell old gertrude, in kg", "torvel bellhouse", "8,650|3,870", "8650-3870")
both("Average of the ages of Maren Oyelaran and Ilse Castellane?", "oyelaran_interview castellane", "41|38", "(41+38)/2")
both("How many times as many visitors did the Bellhouse have last year as the Kite Week had guests?", "bellhouse kite_week", "71,250|52,600", "71250/52600")
both("I buy one adult ticket for the Bellhouse and a return ticket for the rack railway. What do I pay in all?", "bellhouse rack_railway", "13.50|25", "13.50+25")
both("Multiply the number of steps at Skarn Point by the number of strings of a concert harp by Ilse.", "skarn_point castellane", "161|47", "161*47")
both("How many more members has the Orrin Forest Trust than the Pellworth chess club?", "orrin_trust chess_minutes", "4,865|46", "4865-46")
both("height of the kite record in metres divided by the height of the Skarn Point tower in metres", "kite_week skarn_point", "1,740|34", "1740/34")
both("A boy wants to join both the chess club, at the new yearly fee, and the Orrin Forest Trust as a student. What does that cost him per year altogether?", "chess_minutes orrin_trust", "34|12", "34+12")
both("How much more powerful is the Torvel 9, in kW, than the engine of the Pale Heron, if one hp is 0.7457 kW?", "torvel pale_heron", "37|28", "37-28*0.7457")
both("What's the price of a concert harp by Ilse plus the price of the new oven of Crumb & Anchor?", "castellane bakery_mail", "19,800|12,900", "19800+12900")
both("How many years passed between the first lighting of Skarn Point Light and the opening of the Dunmarrow Rack Railway?", "skarn_point rack_railway", "1867|1894", "1894-1867")
both("how many years lie between the founding of quillon & daughters and the founding of the castellane harp workshop", "quillon castellane", "1949|1952", "1952-1949")
both("What would I pay for 3 Quillon model 40 pumps and 2 hardbacks of The Salt Ledger?", "quillon salt_ledger", "215|26.90", "3*215+2*26.90")
both("Take the ages of Casimir Dunn and Aunt Perpetua and multiply them.", "casimir_letter castellane", "73|72", "73*72")
both("How many Pale Herons, end to end, make up the length of the kite called The Whale?", "pale_heron kite_week", "11.2|48.5", "48.5/11.2")
both("Please compare: how many copies fewer does Lanternfish have of The Salt Ledger than were printed in its first printing?", "lanternfish salt_ledger", "1,320|6,500", "6500-1320")

# --- missing ----------------------------------------------------------------------------------

missing(
    "What was the maiden name of Ottoline Brack's mother?",
    "How deep is the water at Skarn Point?",
    "what's casimir dunn's shoe size",
    "What colour is the hull of the Pale Heron painted?",
    "Who owned the Pale Heron before Casimir bought her?",
    "On what day of the month was Aurelio Finch born?",
    "How many competitors does Quillon & Daughters have?",
    "What is the name of the chief accountant of Quillon & Daughters?",
    "What brand is Teodora Vance's racing bicycle?",
    "how much does bruno earn at crumb & anchor?",
    "Which wine goes well with Anchor rye according to the recipe?",
    "How many parking spaces does the Bellhouse Museum have?",
    "What is the phone number of the Bellhouse Museum?",
    "How tall is Priyanka Solberg?",
    "At what speed can an ashen tree otter swim?",
    "What was the name of Leif Amaranta's canoe?",
    "Could you tell me which bank the Orrin Forest Trust uses?",
    "Who won the summer tournament of the Pellworth Chess Club on 14 July?",
    "In what colour is the Torvel 9 painted?",
    "Who translated The Salt Ledger into Danish?",
    "What is the salary of Nils Abernathy, the store keeper?",
    "How many hotels are there in Oskerry?",
    "Who was the mayor of Oskerry before Jonah Pell?",
    "i'm planning a trip: does the dunmarrow rack railway run at night on new year's eve?",
    "What is the name of Clementine Castellane's goat?",
)

# --- talk -------------------------------------------------------------------------------------

GREETING = r"\b(hello|hi|hey|good (morning|day|evening|afternoon)|welcome|greetings)\b"
HELPFUL = r"\b(help|ask|question|do for you|assist|look up|calculat|search|know|tell me)"
SELF = r"\b(nano|small|tiny|little|model|assistant|chatwright|program|language model)\b"
ABLE = r"\b(calculat|arithmetic|sum|math|comput|search|note|look up|tool|question|document|answer)"
THANKED = r"\b(welcome|glad|pleasure|any ?time|happy|no problem|my joy|of course|you're)"
PARTING = r"\b(bye|goodbye|see you|take care|until|good ?night|later|good day|have a|soon|well)\b"
WELL = r"\b(fine|well|good|great|thank|ready|ok|okay|all right)\b"

talk("Hello there!", GREETING, HELPFUL)
talk("good evening", GREETING, HELPFUL)
talk("hiya :)", GREETING, HELPFUL)
talk("Hey, is anybody home?", GREETING, HELPFUL, r"\b(yes|here|listening|ready)\b")
talk("How are you doing today?", WELL, HELPFUL)
talk("whats up", GREETING, WELL, HELPFUL, r"\b(not much|ready|here)\b")
talk("What exactly are you?", SELF)
talk("who am i talking to", SELF)
talk("Do you have a name?", SELF)
talk("What are you able to do for me?", ABLE)
talk("can you list your skills please", ABLE)
talk("I'm new here. How can you help me?", ABLE, HELPFUL)
talk("Are you a human being?", SELF, r"\b(no|not)\b")
talk("Thanks a lot, that was really useful!", THANKED)
talk("thx", THANKED)
talk("Thank you for your patience with me.", THANKED)
talk("Great work, I'm impressed.", THANKED, r"\b(thank|thanks|nice|good to hear)")
talk("Bye bye!", PARTING)
talk("ok that's all for today, see you tomorrow", PARTING, THANKED)
talk("Good night, sleep well.", PARTING, r"\b(night|thank|dream)")
talk("Who made you?", SELF, r"\b(made|built|trained|written|wrote|created|part of|project)\b")
talk("Are you a large language model?", SELF, r"\b(no|not)\b")
talk("Sorry, I did not mean to be rude.", r"\b(no|not|worry|fine|ok|okay|right|forg|help|sorry)")
talk("Nice to meet you! I'm Benedikta.", r"\b(nice|meet|pleased|glad|hello|hi|welcome|help)\b")
talk("How big are you, in terms of size?", SELF, r"\b(million|weights|parameters|size|big|MB)\b")

# --- cannot -----------------------------------------------------------------------------------

cannot(
    "Write me a limerick about a baker who is afraid of geese.",
    "How do you say 'the bridge is closed' in Portuguese?",
    "what do you think about modern art?",
    "Who painted the Mona Lisa?",
    "Please write a Python function that reverses a linked list.",
    "Give me five tips for a job interview as a nurse.",
    "Explain why the sky looks blue.",
    "Should I break up with my boyfriend?",
    "Make up a bedtime story with a dragon and a plumber in it, about a page long.",
    "what's the capital of mongolia",
    "Draft a polite letter to my landlord about the broken heating.",
    "Recommend me a good film for tonight.",
    "Translate into German: I have lost my umbrella on the tram.",
    "Summarise the plot of Hamlet in three sentences.",
    "which team will win the next football world cup?",
)

# --- hub --------------------------------------------------------------------------------------

calc("What is 63 times 58?", "63*58", "hub")
calc("7,412 minus 935, please", "7412-935", "hub")
calc("how much is 18 percent of 1450", "1450*18/100", "hub")
calc("27 raised to the 0.43 power", "27**0.43", "hub")
calc("sqrt(7396)", "sqrt(7396)", "hub")
calc("What is (16.5 + 8.25) * 4?", "(16.5+8.25)*4", "hub")
calc("An office buys 14 chairs at 79.50 and 3 desks at 245. What is the bill?", "14*79.50+3*245", "hub")
calc("Divide 4,930 by 34.", "4930/34", "hub")
calc("5^7 / 25", "5**7/25", "hub")
calc("Add up 12.4, 19.05 and 33.7 for me.", "12.4+19.05+33.7", "hub")
calc("A bike for 680 is 15% cheaper today. What does it cost?", "680*0.85", "hub")
calc("whats 81 / 4 - 6", "81/4-6", "hub")
calc("We have driven 1,260 km in 4.5 days. How many kilometres was that per day on average?", "1260/4.5", "hub")
calc("Can you work out the product of 305 and 0.16?", "305*0.16", "hub")
calc("How many hours are there in 26 weeks?", "26*7*24", "hub")
fact("Who reads Maren Oyelaran's drafts first?", "oyelaran_interview", "Ilse", kind="hub")
fact("how heavy is the lens of skarn point light", "skarn_point", "2.4", kind="hub")
fact("Which family member of the Castellanes plays in the Brinmouth orchestra?", "castellane", "Clementine", kind="hub")
fact("In what year did the Dunmarrow Rack Railway open?", "rack_railway", "1894", kind="hub")
fact("Who flew a kite to the record height in 2011?", "kite_week", "Sven Achterberg", "Achterberg", kind="hub")
fact("What is the telephone number for Torvel spare parts?", "torvel", "0447-2218", kind="hub")
fact("Where is the office of the Orrin Forest Trust?", "orrin_trust", "Fern Stairs", kind="hub")
fact("What is the oldest bridge of Oskerry called?", "oskerry", "Fern Bridge", kind="hub")
note_calc("hub", "How many grams do the rye flour and the honey in Anchor rye weigh together?", "anchor_rye", "1,640 90", "1640+90")
note_calc("hub", "What does the Lanternfish Press pay for store rent in a whole year?", "lanternfish", "1,180", "1180*12")
note_calc("hub", "Raise the number of chimneys on Maren Oyelaran's house to the 5th power.", "oyelaran_interview", "3", "3**5")
note_calc("hub", "How many seats do the six new trains of the rack railway have altogether?", "rack_railway", "72", "72*6")
note_calc("hub", "how many copies of grey butter were bought by people other than maren's mother", "oyelaran_interview", "812 40", "812-40")
note_calc("hub", "What would 8 lap harps from the Castellane workshop cost?", "castellane", "2,350", "2350*8")
note_calc("hub", "How many years old was Aurelio Finch when he opened his yard?", "aurelio_finch", "1909 1937", "1937-1909")

# --- the shelf of tools -----------------------------------------------------------------------

tool("reserve_table", "Reserve a table at a restaurant.", "restaurant: str: name of the restaurant; guests: int: how many people; time: str: HH:MM; outdoors?: bool: true for a table outside")
tool("menu_of_the_day", "Read today's menu of a restaurant.", "restaurant: str")
tool("tide_table", "Times of high and low water in a harbour.", "harbour: str: name of the harbour; date: str: day as YYYY-MM-DD")
tool("weather_report", "Current weather at a place.", "place: str: town or village; units?: metric|imperial: default metric")
tool("pollen_level", "Pollen in the air today.", "region: str; plant: birch|grass|hazel|ragweed: which pollen")
tool("convert_money", "Convert an amount of money with today's rate.", "amount: num; source: str: three-letter code; target: str: three-letter code")
tool("stock_quote", "Last price of a share.", "symbol: str: ticker symbol")
tool("open_invoice", "Show an unpaid invoice by its number.", "invoice_no: str")
tool("pay_invoice", "Pay an invoice from the main account.", "invoice_no: str; amount: num: amount in euros")
tool("dim_lights", "Set the brightness of the lamps in a room.", "room: kitchen|bedroom|hallway|study|garage; percent: int: 0 to 100")
tool("set_thermostat", "Set the wanted temperature of a room.", "room: kitchen|bedroom|hallway|study|garage; celsius: num")
tool("lock_door", "Lock or unlock a door of the house.", "door: front|back|cellar; locked: bool")
tool("start_vacuum", "Send the robot vacuum cleaner through the house.", "mode: quiet|normal|strong; rooms: strs: names of the rooms")
tool("play_track", "Play a piece of music.", "title: str; artist?: str")
tool("set_volume", "Loudness of the loudspeakers.", "level: int: 0 to 100")
tool("add_to_playlist", "Put a song into a playlist.", "playlist: str; song: str")
tool("create_event", "Put an appointment into the calendar.", "title: str; date: str: YYYY-MM-DD; start: str: HH:MM; minutes: int: duration")
tool("delete_event", "Remove an appointment from the calendar.", "event_id: str")
tool("list_events", "All appointments of one day.", "date: str: YYYY-MM-DD")
tool("set_alarm", "Ring at a time.", "time: str: HH:MM, 24 hours; label?: str")
tool("start_timer", "Start a countdown.", "seconds: int")
tool("send_sms", "Send a text message.", "to: str: phone number; text: str")
tool("find_contact", "Look up a person in the address book.", "name: str")
tool("mail_unread_count", "How many unread mails there are in a mailbox.", "mailbox: str")
tool("track_parcel", "Where a parcel is.", "tracking_code: str")
tool("book_courier", "Order a courier for a parcel.", "address: str: where to pick up; weight_kg: num; express: bool")
tool("bus_departures", "Next buses from a stop.", "stop: str; line?: str")
tool("train_fare", "Price of a train ticket.", "origin: str; destination: str; travel_class: first|second")
tool("flight_status", "Whether a flight is on time.", "flight: str: like AB123")
tool("rent_bike", "Rent a bicycle at a station.", "station: str; kind: city|cargo|electric; hours: int")
tool("parking_spots", "Free places in a car park.", "car_park: str")
tool("route_distance", "Road distance between two places, in km.", "start: str; end: str")
tool("patient_file", "Open a patient's file.", "patient_id: int")
tool("book_checkup", "Book an appointment with a doctor.", "patient_id: int; doctor: str; day: monday|tuesday|wednesday|thursday|friday")
tool("drug_interactions", "Whether medicines get on with each other.", "drugs: strs: names of the medicines")
tool("dose_calculator", "Dose of a medicine by body weight.", "drug: str; weight_kg: num")
tool("vet_price", "What a treatment costs at the vet.", "animal: cat|dog|rabbit|parrot; treatment: str")
tool("species_info", "Short description of an animal or plant.", "name: str")
tool("water_plants", "Water a bed in the garden.", "bed: str: name of the bed; litres: num")
tool("soil_moisture", "Moisture of the soil, in percent.", "bed: str")
tool("greenhouse_vent", "Open or close the vent of the greenhouse.", "open: bool")
tool("stock_level", "How many pieces of an article are in the warehouse.", "sku: str: article number")
tool("move_stock", "Move pieces from one shelf to another.", "sku: str; quantity: int; from_shelf: str; to_shelf: str")
tool("reorder", "Order more of an article from the supplier.", "sku: str; quantity: int")
tool("print_label", "Print a label.", "text: str; copies: int; size: small|medium|large")
tool("count_words", "Number of words in a text.", "text: str")
tool("reverse_text", "Write a text backwards.", "text: str")
tool("to_morse", "Write a text in Morse code.", "text: str")
tool("detect_language", "In which language a text is written.", "text: str")
tool("translate_word", "Translate a single word.", "word: str; language: french|spanish|polish|japanese: into which language")
tool("dictionary", "Meaning of a word.", "word: str")
tool("rhyme_finder", "Words that rhyme.", "word: str; limit: int: how many at most")
tool("sunrise", "When the sun rises.", "city: str; date: str: YYYY-MM-DD")
tool("moon_phase", "Phase of the moon on a day.", "date: str: YYYY-MM-DD")
tool("star_chart", "Which constellations can be seen.", "latitude: num; longitude: num")
tool("element_info", "Data of a chemical element.", "symbol: str: such as Fe")
tool("molar_mass", "Molar mass of a compound in g/mol.", "formula: str")
tool("mix_paint", "Recipe for a colour at the paint shop.", "colour_code: str; litres: num; finish: matt|silk|gloss")
tool("resize_image", "Change the size of an image file.", "file: str; width: int; height: int")
tool("file_size", "Size of a file.", "path: str")
tool("rename_file", "Give a file another name.", "old_name: str; new_name: str")
tool("run_backup", "Back up a folder.", "folder: str; target: cloud|disk|tape; encrypt: bool")
tool("restart_service", "Restart a service on a server.", "service: str; server: str")
tool("disk_usage", "How full a disk of a server is.", "server: str")
tool("ping_host", "Ping a computer.", "host: str; count: int: number of packets")
tool("open_ticket", "Open a ticket in the help desk.", "title: str; priority: low|normal|high|urgent")
tool("close_ticket", "Close a ticket of the help desk.", "ticket_id: int")
tool("room_booking", "Book a meeting room.", "room: str; date: str: YYYY-MM-DD; hours: int")
tool("leave_balance", "Days of holiday that an employee has left.", "employee: str")
tool("payroll_entry", "Record overtime of an employee.", "employee: str; hours: num")
tool("exam_result", "Result of a student in an exam.", "student_no: str; subject: str")
tool("library_loan", "Lend a book to a reader.", "isbn: str; card_no: int")
tool("extend_loan", "Extend the loan of a book.", "isbn: str; days: int")
tool("museum_object", "Description of an object in the collection.", "inventory_no: str")
tool("match_score", "Score of a match.", "home: str; away: str")
tool("league_table", "Place of a team in its league.", "team: str; season: int: year it began")
tool("swim_lanes", "Reserve lanes in the pool.", "lanes: ints: numbers of the lanes; hour: int")
tool("roll_dice", "Throw dice.", "count: int; sides: int")
tool("draw_card", "Draw cards from the deck.", "number: int")
tool("recipe_search", "Find a recipe by what is in the kitchen.", "ingredients: strs: what there is; vegetarian: bool")
tool("calories", "Calories of a food.", "food: str; grams: num")
tool("donate", "Give money to a charity.", "charity: str; amount: int: euros; monthly: bool")
tool("wind_turbine", "Power of a turbine right now.", "turbine: int")
tool("valve_position", "Move a valve.", "valve: str; percent: num")
tool("lift_call", "Call a lift to a floor.", "lift: A|B|C; floor: int")
tool("no_op_status", "Show whether the system is healthy.")

# --- tools ------------------------------------------------------------------------------------

use("reserve_table menu_of_the_day bus_departures", "Could you get us a table for 5 at Zum Goldenen Karpfen at 19:30?", {"restaurant": "Zum Goldenen Karpfen", "guests": 5, "time": "19:30"}, "reserved, code ZK-2207", "ZK-2207")
use("menu_of_the_day reserve_table", "what can i eat today at Trattoria Nonna Pia", {"restaurant": "Trattoria Nonna Pia"}, "minestrone, baked trout, panna cotta", ["trout", "minestrone"])
use("tide_table weather_report sunrise moon_phase", "When is high water in Concarneau on 2027-04-11?", {"harbour": "Concarneau", "date": "2027-04-11"}, "high 06:52 and 19:14, low 13:01", "06:52")
use("weather_report tide_table pollen_level wind_turbine sunrise star_chart moon_phase calories", "Hi, I'm about to go for a walk in Ålesund. What's the weather like there?", {"place": "Ålesund"}, "light drizzle, 8 degrees", "drizzle")
use("pollen_level weather_report drug_interactions", "My eyes itch. How bad is the birch pollen in Masovia?", {"region": "Masovia", "plant": "birch"}, "very high (4 of 4)", "high")
use("convert_money stock_quote open_invoice pay_invoice", "Turn 349.5 CHF into SEK, please.", {"amount": 349.5, "source": "CHF", "target": "SEK"}, "4,118.26 SEK", ["4,118.26", "4118.26"])
use("stock_quote convert_money", "price of QRMT share?", {"symbol": "QRMT"}, "71.34 USD", "71.34")
use("pay_invoice open_invoice convert_money mail_unread_count", "Pay invoice RE-90417 for me, it's 128.9 euros.", {"invoice_no": "RE-90417", "amount": 128.9}, "paid, receipt 55-831", "55-831")
use("dim_lights set_thermostat lock_door start_vacuum play_track", "make the lamps in the study 35 percent bright", {"room": "study", "percent": 35}, "study lamps at 35 percent", "35")
use("set_thermostat dim_lights greenhouse_vent", "It's freezing in the bedroom. Put it at 20.5 degrees.", {"room": "bedroom", "celsius": 20.5}, "bedroom set to 20.5 C", "20.5")
use("lock_door dim_lights set_alarm", "Did I lock up? Anyway, lock the cellar door now.", {"door": "cellar", "locked": True}, "cellar door locked", "locked")
use("start_vacuum dim_lights set_volume lock_door start_timer", "Send the vacuum through the pantry and the playroom, on quiet please, the baby is asleep.", {"mode": "quiet", "rooms": ["pantry", "playroom"]}, "started, done in 38 minutes", "38")
use("add_to_playlist play_track set_volume", 'Add "Nachtzug nach Triest" to my playlist called Slow Sundays.', {"playlist": "Slow Sundays", "song": "Nachtzug nach Triest"}, "Slow Sundays now has 42 songs", "42")
use("create_event delete_event list_events set_alarm room_booking start_timer send_sms find_contact", "New appointment: Dentist with Leo on 2027-02-08 at 15:45, 30 minutes. Title it Dentist with Leo.", {"title": "Dentist with Leo", "date": "2027-02-08", "start": "15:45", "minutes": 30}, "saved as ev-7719", "ev-7719")
use("delete_event create_event list_events", "cancel ev-3052 in my calendar", {"event_id": "ev-3052"}, "ev-3052 removed", ["removed", "ev-3052"])
use("start_timer set_alarm create_event", "A timer of 270 seconds for the eggs, quick!", {"seconds": 270}, "timer running, ends at 08:14:30", "08:14:30")
use("send_sms find_contact mail_unread_count", 'Text "running late, start without me" to +48 601 555 019.', {"to": "+48 601 555 019", "text": "running late, start without me"}, "message delivered", ["delivered", "sent"])
use("find_contact send_sms mail_unread_count list_events", "What's the number of 田中さくら in my address book?", {"name": "田中さくら"}, "+81 90 5550 1187", ["5550 1187"])
use("track_parcel book_courier", "where on earth is my parcel?? the code is 7QX-004-LM", {"tracking_code": "7QX-004-LM"}, "at the depot in Gdynia since 05:20", "Gdynia")
use("book_courier track_parcel route_distance", "I need a courier at 14 Ropewalk Lane for a box of 6.4 kg, and it must go express.", {"address": "14 Ropewalk Lane", "weight_kg": 6.4, "express": True}, "courier arrives 11:10-11:40", "11:10")
use("train_fare bus_departures flight_status rent_bike parking_spots", "How much is a second class ticket from Uppsala to Falun?", {"origin": "Uppsala", "destination": "Falun", "travel_class": "second"}, "289 SEK", "289")
use("flight_status train_fare bus_departures", "is KV482 delayed?", {"flight": "KV482"}, "KV482: 55 minutes late, gate B7", "55")
use("rent_bike parking_spots bus_departures", "We'd like a cargo bike from the station Hafenplatz for 3 hours.", {"station": "Hafenplatz", "kind": "cargo", "hours": 3}, "bike 118 is unlocked", "118")
use("book_checkup patient_file dose_calculator drug_interactions", "Please book patient 40713 in with Dr. Nwosu-Blake for Thursday.", {"patient_id": 40713, "doctor": "Dr. Nwosu-Blake", "day": "thursday"}, "booked for 09:20", "09:20")
use("drug_interactions dose_calculator patient_file", "Do ibuprofen and lisinopril get on with each other?", {"drugs": ["ibuprofen", "lisinopril"]}, "caution: may raise blood pressure", "caution")
use("vet_price species_info recipe_search", "What would beak trimming cost for my parrot?", {"animal": "parrot", "treatment": "beak trimming"}, "34 euros", "34")
use("water_plants soil_moisture greenhouse_vent weather_report", "give the bed called rhubarb corner 12.5 litres of water", {"bed": "rhubarb corner", "litres": 12.5}, "watered, moisture now 61 percent", "61")
use("move_stock stock_level reorder print_label", "40 pieces of HX-2291 have to go from shelf C14 to shelf F02.", {"sku": "HX-2291", "quantity": 40, "from_shelf": "C14", "to_shelf": "F02"}, "moved, C14 has 8 left", "8")
use("print_label count_words stock_level", "Print 6 large labels that say HANDLE LIKE EGGS.", {"text": "HANDLE LIKE EGGS", "copies": 6, "size": "large"}, "6 labels printed", "6")
use("to_morse reverse_text count_words detect_language translate_word", "What is gannet in Morse code?", {"text": "gannet"}, "--. .- -. -. . -", "--. .- -. -. . -")
use("detect_language translate_word dictionary", "In what language is this written: Ég týndi hattinum mínum", {"text": "Ég týndi hattinum mínum"}, "Icelandic", "Icelandic")
use("molar_mass element_info calories", "molar mass of Na2SO4", {"formula": "Na2SO4"}, "142.04 g/mol", "142.04")
use("mix_paint resize_image print_label", "I'd like 7.5 litres of colour MK-311 in silk.", {"colour_code": "MK-311", "litres": 7.5, "finish": "silk"}, "ready at counter 4", "counter 4")
use("run_backup file_size rename_file disk_usage restart_service ping_host", "Back up the folder /srv/ledgers to tape, without encryption.", {"folder": "/srv/ledgers", "target": "tape", "encrypt": False}, "backup 1881 finished", "1881")
use("open_ticket close_ticket restart_service no_op_status", "Urgent!! Please open a ticket titled Scanner on 3rd floor smokes", {"title": "Scanner on 3rd floor smokes", "priority": "urgent"}, "ticket 66012 opened", "66012")
use("no_op_status restart_service disk_usage ping_host open_ticket close_ticket run_backup", "Is the system healthy?", {}, "healthy, 0 warnings", "healthy")
use("leave_balance payroll_entry exam_result", "How many days off has Ximena Duarte still got this year?", {"employee": "Ximena Duarte"}, "11.5 days", "11.5")
use("swim_lanes league_table match_score", "Reserve lanes 2, 3 and 6 at 17 o'clock, please.", {"lanes": [2, 3, 6], "hour": 17}, "reserved under SW-19", "SW-19")
use("recipe_search calories menu_of_the_day roll_dice", "I only have leeks, barley and feta. Find me something vegetarian.", {"ingredients": ["leeks", "barley", "feta"], "vegetarian": True}, "barley risotto with leeks", "risotto")
use("donate pay_invoice convert_money", "Give 25 euros every month to the charity Hedgehog Harbour.", {"charity": "Hedgehog Harbour", "amount": 25, "monthly": True}, "thank you, mandate D-3304", "D-3304")

# --- errors -----------------------------------------------------------------------------------

refuse("tide_table weather_report", "High water in Honfleur on 5 March 2027, please?", {"harbour": "Honfleur", "date": "2027-03-05"}, "error: the field date must be written like 2026-03-01", "high 08:17 and 20:39", "08:17", "date", first=True)
refuse("sunrise moon_phase weather_report", "At what time does the sun rise in Tartu on 2027-05-09?", {"city": "Tartu, Estonia", "date": "2027-05-09"}, "error: city must be given with its country, as in 'Lima, Peru'; here: 'Tartu, Estonia'", "04:51", "04:51", "city")
refuse("moon_phase sunrise star_chart", "what phase does the moon have on 24.12.2026", {"date": "2026-12-24"}, "error: date must have the form YYYY-MM-DD, e.g. 2025-07-31", "full moon", "full", "date", first=True)
refuse("set_alarm start_timer create_event", "Wake me at 6:45 am.", {"time": "06:45"}, "error: time must be two digits, a colon and two digits, such as 07:30", "alarm set for 06:45", "06:45", "time")
refuse("set_alarm list_events", "An alarm for quarter past nine in the evening, would you?", {"time": "21:15"}, "error: time must use the 24-hour clock, like 17:40", "alarm set for 21:15", "21:15", "time", first=True)
refuse("flight_status train_fare", "is flight lt 907 on time?", {"flight": "LT907"}, "error: flight must be in capital letters without a space, like AB123", "LT907 is on time", "on time", "flight", first=True)
refuse("train_fare route_distance bus_departures", "What does a first class ticket from Brno to Ostrava cost?", {"origin": "BRNO", "destination": "OSTRAVA", "travel_class": "first"}, "error: write origin and destination in capital letters, as in PRAHA", "412 CZK", "412", "origin destination")
refuse("convert_money stock_quote", "How many Danish kroner are 75 euros?", {"amount": 75, "source": "EUR", "target": "DKK"}, "error: currencies must be three-letter codes: EUR, DKK, NOK, SEK or PLN", "559.43 DKK", "559.43", "source target")
refuse("dim_lights set_thermostat", "Hallway lamps to 150 percent!", {"room": "hallway", "percent": 100}, "error: percent must lie between 0 and 100; use 100 for full light", "hallway lamps at 100 percent", "100", "percent")
refuse("ping_host restart_service disk_usage", "Ping relay.harbournet.example with 50 packets.", {"host": "relay.harbournet.example", "count": 10}, "error: count must be in the range 1..10; call again with count 10", "10 of 10 packets back, 23 ms", "23 ms", "count")
refuse("book_courier track_parcel", "Courier to 3 Beacon Hill, no hurry, so not express; the parcel is 800 grams.", {"address": "3 Beacon Hill", "weight_kg": 0.8, "express": False}, "error: weight_kg is given in kilograms: 800 grams are 0.8", "courier arrives 14:05", "14:05", "weight_kg")
refuse("stock_level reorder", "how many of article hx 5530 do we have", {"sku": "HX-5530"}, "error: sku must look like AB-1234: two capital letters, a hyphen, four digits", "216 pieces", "216", "sku", first=True)
refuse("species_info vet_price", "Tell me something about the tawny owl that hoots at night.", {"name": "Strix aluco"}, "error: unknown name 'tawny owl'; use the scientific name: Strix aluco", "brown owl, 38 cm, hunts voles", "voles", "name", first=True)
refuse("find_contact send_sms", "I need the phone number of Okonkwo-Reyes, Delphine.", {"name": "Delphine Okonkwo-Reyes"}, "error: name must be first name and then last name, without a comma", "0151 555 2094", "555 2094", "name", first=True)
refuse("send_sms find_contact", "Send a message to 0170 555 33 81 and say: the boiler is fixed", {"to": "01705553381", "text": "the boiler is fixed"}, "error: the field 'to' must hold digits only, no spaces", "delivered at 12:02", ["12:02", "delivered"], "to")
refuse("weather_report pollen_level", "weather in paris, the one in texas", {"place": "Paris, Texas"}, "error: several places are called Paris; write place as 'Paris, Texas' or 'Paris, France'", "sunny, 31 degrees", "31", "place")
refuse("element_info molar_mass", "Give me the data of tungsten.", {"symbol": "W"}, "error: symbol must be the chemical symbol of one or two letters; tungsten is W", "W: number 74, melts at 3422 C", "3422", "symbol", first=True)
refuse("room_booking list_events leave_balance", "Book the room Kingfisher for 2 hours on 17 June 2027.", {"room": "Kingfisher", "date": "2027-06-17", "hours": 2}, "error: bad date; it must be year-month-day with digits, such as 2026-11-30", "Kingfisher booked, number 874", "874", "date", first=True)
refuse("room_booking create_event", "We need Puffin for 9 hours on 2027-01-19.", {"room": "Puffin", "date": "2027-01-19", "hours": 4}, "error: a room can be booked for 4 hours at most; use hours 4", "Puffin booked, number 902", "902", "hours")
refuse("rhyme_finder dictionary", "Find 30 words that rhyme with kettle.", {"word": "kettle", "limit": 5}, "error: limit must be from 1 to 5; ask for 5", "metal, petal, nettle, settle, fettle", ["nettle", "petal"], "limit")
refuse("library_loan extend_loan", "Lend the book 978 3 16 148410 0 to card 55120.", {"isbn": "9783161484100", "card_no": 55120}, "error: isbn must be 13 digits without spaces or hyphens", "due back on 2027-01-04", "2027-01-04", "isbn", first=True)
refuse("patient_file book_checkup", "open the file of patient no. P-20885", {"patient_id": 20885}, "error: patient_id must be a whole number without letters", "Ferran Iglesias, born 1961", "Iglesias", "", first=True)
refuse("file_size rename_file", "How big is the file notes/spring.odt?", {"path": "/home/shared/notes/spring.odt"}, "error: path must be absolute; files lie under /home/shared, so: /home/shared/notes/spring.odt", "48 kB", "48", "path", first=True)
refuse("museum_object library_loan", "What is object 77 of the collection?", {"inventory_no": "0077"}, "error: inventory_no must have four digits; put zeros in front", "a whalebone comb from 1790", "comb", "inventory_no")
refuse("set_thermostat dim_lights", "The garage should get 68 degrees Fahrenheit.", {"room": "garage", "celsius": 20}, "error: 68 is too hot; celsius must be in degrees Celsius (68 F is 20 C)", "garage set to 20 C", "20", "celsius")

# --- json -------------------------------------------------------------------------------------

extract("Extract name and age: {}", "Marisol Okafor, 34, moved into the flat above the chemist last week.", "name: str; age: int", {"name": "Marisol Okafor", "age": 34})
extract("Give me the product and the price from this: {}", "The enamel kettle is on offer for 23.95 euros until Saturday.", "product: str; price: num", {"product": "enamel kettle", "price": 23.95})
extract("{}\nPut the city and the number of inhabitants into JSON.", "Around 61,300 people live in Velmora, and most of them own a boat.", "city: str; inhabitants: int", {"city": "Velmora", "inhabitants": 61300})
extract("who is writing, and does he come? text: {}", "Hi, this is Bartek. Sorry, I can't make it on Friday, my car broke down.", "sender: str: who wrote it; attending: bool: whether the writer comes", {"sender": "Bartek", "attending": False})
extract("Read the review and fill in the object. Review: {}", "Worst sandwich of my life. The bread was stale and the waiter laughed at me.", "sentiment: positive|neutral|negative", {"sentiment": "negative"})
extract("Sentiment and stars, please: {}", "We loved every minute at the Gull Hotel and gladly give it 5 stars.", "sentiment: positive|neutral|negative; stars: int", {"sentiment": "positive", "stars": 5})
extract("Get the flight data out of this message: {}", "Flight OZ 318 to Ljubljana leaves from gate C22 at 07:55.", "flight: str; destination: str; gate: str; departure: str: HH:MM", {"flight": "OZ 318", "destination": "Ljubljana", "gate": "C22", "departure": "07:55"})
extract("From the sentence, list the ingredients. {}", "For the soup you need parsnips, cumin and cream.", "ingredients: strs", {"ingredients": ["parsnips", "cumin", "cream"]})
extract("Turn this into data with the keys title, author and pages: {}", "Yesterday I finished Owls of the Ministry by Rosalind Achebe, all 372 pages of it.", "title: str; author: str; pages: int", {"title": "Owls of the Ministry", "author": "Rosalind Achebe", "pages": 372})
extract("What is the temperature, and in which unit? {}", "At noon the thermometer in the yard showed 86 degrees Fahrenheit.", "value: num; unit: celsius|fahrenheit|kelvin", {"value": 86, "unit": "fahrenheit"})
extract("{} -> company, founded, employees", "Brightwell Looms was founded in 1911 and has 240 employees today.", "company: str; founded: int; employees: int", {"company": "Brightwell Looms", "founded": 1911, "employees": 240})
extract("Please note the order from this mail: {}", "Good day, I would like 12 boxes of the blue candles, delivered to Kiln Road 8. Thank you!", "quantity: int; item: str; address: str", {"quantity": 12, "item": "blue candles", "address": "Kiln Road 8"})
extract("is this spam? {}", "CONGRATULATIONS!!! You have won a free cruise, click here within 10 minutes to claim.", "spam: bool", {"spam": True})
extract("Fill the form from what the patient says. {}", "My name is Ilmari Ruusu, I'm allergic to penicillin, and my left ear hurts.", "name: str; allergy: str", {"name": "Ilmari Ruusu", "allergy": "penicillin"})
extract("Which animal, how many, and where? {}", "The ranger counted 57 spoonbills on the sandbank off Merrow Head this morning.", "animal: str; count: int; place: str", {"animal": "spoonbills", "count": 57, "place": "Merrow Head"})
extract("Find out the priority of this report. {}", "Help, the server room is under water and everything is down, this is an emergency!", "priority: low|medium|critical", {"priority": "critical"})
extract("Who won, who lost, and before how many people? {}", "FC Torrow beat Sandwick United 3 to 1 in front of 9,450 spectators.", "winner: str; loser: str; spectators: int", {"winner": "FC Torrow", "loser": "Sandwick United", "spectators": 9450})
extract("I want the contact as JSON (name, phone). {}", "Call Mrs Thandeka Wright on 0555 18 24 if the alarm goes off again.", "name: str; phone: str", {"name": "Thandeka Wright", "phone": "0555 18 24"})
extract("Country and capital in the made-up atlas: {}", "The kingdom of Ostravia is ruled from its capital Grendelmar.", "country: str; capital: str", {"country": "Ostravia", "capital": "Grendelmar"})
extract("make json of it: {}", "Room 214 is a double with sea view and costs 118.50 a night.", "room: int; price: num; sea_view: bool", {"room": 214, "price": 118.5, "sea_view": True}, "price")
extract("Who was invited? {}", "Dear Femke, Anatole and Suresh, we expect you all on Sunday at four.", "guests: strs", {"guests": ["Femke", "Anatole", "Suresh"]})
extract("Take down the car's details. {}", "For sale: a green Lumina Estate from 1998, 164,000 km, one owner.", "colour: str; model: str; year: int; kilometres: int", {"colour": "green", "model": "Lumina Estate", "year": 1998, "kilometres": 164000})
extract("Here comes a sentence; give its language as JSON: {}", "Le chat dort sur le vieux piano de ma tante.", "language: english|french|german|italian", {"language": "french"})
extract("Pull out event, place and date. {}", "The Lantern Parade takes place in Quarry Park on 2027-10-30.", "event: str; place: str; date: str: YYYY-MM-DD", {"event": "Lantern Parade", "place": "Quarry Park", "date": "2027-10-30"})
extract("What does the advertisement offer? {}", "Wanted: pastry cook, 30 hours a week, 19.80 an hour, at the Café Mirabelle.", "job: str; hours_per_week: int; hourly_wage: num; employer: str", {"job": "pastry cook", "hours_per_week": 30, "hourly_wage": 19.8, "employer": "Café Mirabelle"}, "hourly_wage")
extract("Has the package arrived? Answer in the schema. {}", "The postman rang at ten and handed me the package, everything is in one piece.", "arrived: bool", {"arrived": True})
extract("Give recipient, amount and currency of the payment: {}", "Please transfer 1,275 CHF to the rowing club Seehorn before the end of the month.", "recipient: str; amount: num; currency: CHF|EUR|USD", {"recipient": "rowing club Seehorn", "amount": 1275, "currency": "CHF"})
extract("{}\n\nfield: planet, moons", "In the novel the planet Xerune is circled by 4 moons.", "planet: str; moons: int", {"planet": "Xerune", "moons": 4})
extract("Which size and which colour does she want? {}", "Hello, could I change the sweater? I'd rather have it in mustard, and size L.", "colour: str; size: S|M|L|XL", {"colour": "mustard", "size": "L"})
extract("Name and job of the person in this text, as an object. {}", "When the bridge was finished, the mason Elpida Karras drank a whole jug of cider.", "name: str; job: str", {"name": "Elpida Karras", "job": "mason"})
extract("Summarise the log line in JSON. {}", "2027-01-16 ERROR payment-gateway: connection refused, retry 3", "date: str; level: INFO|WARNING|ERROR; service: str; retry: int", {"date": "2027-01-16", "level": "ERROR", "service": "payment-gateway", "retry": 3})
extract("Could you write down the river, its length in km and the sea it ends in? {}", "After 735 km the river Aldra flows into the Sea of Corms.", "river: str; length_km: num; sea: str", {"river": "Aldra", "length_km": 735, "sea": "Sea of Corms"})
extract("weather, structured: {}", "Tomorrow it will rain in Hollin, with winds of 44 km/h and at most 13 degrees.", "place: str; condition: sunny|cloudy|rain|snow; wind_kmh: int; max_temp: int", {"place": "Hollin", "condition": "rain", "wind_kmh": 44, "max_temp": 13})
extract("Which tools does the carpenter ask for? {}", "Bring me the chisel, the mallet, the spirit level and a sharp pencil.", "tools: strs", {"tools": ["chisel", "mallet", "spirit level", "pencil"]})
extract("Extract the username and the e-mail address from: {}", "New account: user moss_piglet, mail piglet@fenmail.example, no newsletter.", "username: str; email: str; newsletter: bool", {"username": "moss_piglet", "email": "piglet@fenmail.example", "newsletter": False})
extract("Dear machine, read the following and return the height and the name of the mountain. {}", "At 2,918 metres, Mount Sorrel is the highest point of the island.", "mountain: str; height_m: int", {"mountain": "Mount Sorrel", "height_m": 2918})
extract("vegetarian or not? and what dish? {}", "Today's special is a mushroom pie without any meat for 9.40.", "dish: str; vegetarian: bool; price: num", {"dish": "mushroom pie", "vegetarian": True, "price": 9.4}, "price")
extract("Get the ship, its captain and the cargo out of it. {}", "Under captain Iolanthe Reed the barge Morning Turnip carried 90 tonnes of gravel.", "ship: str; captain: str; cargo: str; tonnes: int", {"ship": "Morning Turnip", "captain": "Iolanthe Reed", "cargo": "gravel", "tonnes": 90})
extract("What is it that the caller wants? {}", "Hello, I moved house and would just like to cancel my subscription to the magazine.", "intent: subscribe|cancel|complain|ask", {"intent": "cancel"})
extract("Please note who said it, to whom, and on which weekday: {}", "On Wednesday Professor Lindqvist told Amara that the comet had a second tail.", "speaker: str; listener: str; weekday: str", {"speaker": "Professor Lindqvist", "listener": "Amara", "weekday": "Wednesday"})

# --- out --------------------------------------------------------------------------------------


def main():
    """Check the counts and write the rows."""
    need(dict(SEEN) == COUNTS, f"counts: {dict(SEEN)}")
    questions = [row["question"] for row in ROWS]
    need(len(set(questions)) == len(questions), "a question stands twice")
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    (HERE / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


main()
