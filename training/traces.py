"""One training example: a whole run of the agent, from the question to the answer.

    python3 training/traces.py [KIND]     prints a few

`sample_kind(rng)` gives `(kind, parts)`; a part is `(what, text)` with what = shared (the system message, the same in many
traces; tokens or a control token), control (a control token), plain (read, not learned), target (learned) or end (the control token
that ends a reply, learned).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "src")]

from chatwright.errors import CalculatorError  # noqa: E402
from chatwright.tools.calculator import answer  # noqa: E402

import arithmetic  # noqa: E402
import facts  # noqa: E402
import retrieve  # noqa: E402
import words  # noqa: E402

Part = tuple[str, str]


class Again(Exception):
    """This draw makes no sense (a negative root, a number too long): draw another."""


@dataclass(frozen=True)
class Step:
    thought: str
    tool: str
    argument: str
    result: str


# ---------------------------------------------------------------- what the model is told

OWN = """Answer the question. Use a tool when it helps.

Tools:
{tools}

Each reply is a thought, then one tool call:
Thought: what to do next
Action:
```
{{"action": "tool name", "action_input": {{"argument": value}}}}
```
or, once you know it, the answer:
Thought: I know the answer
Final Answer: the answer"""

HUB = """Answer the question as well as you can. You have these tools:

{tools}

To use a tool, write one JSON object in a fence of three backticks. Its key "action" names the tool, one of: {tool_names}. Its key "action_input" holds the input of that tool. One action at a time. An example:

```
{{
  "action": "tool name",
  "action_input": "tool input"
}}
```

Always keep to this order:

Question: the question to answer
Thought: what to do next
Action:
```
{{"action": "tool name", "action_input": "tool input"}}
```
Observation: what the tool gave (this is written for you)
... (Thought, Action and Observation repeat as often as needed)
Thought: I know the answer
Final Answer: the answer to the question

Begin. Write "Final Answer:" with exactly these words before the answer."""

CALCULATOR = ("Calculator", "expression", ("Evaluates arithmetic, e.g. 15% of 80 or 2^10.", "Useful for when you need to answer questions about math."))
SEARCH = ("Search", "query", ("Finds passages in the documents.", "A search engine. Useful for when you need to answer questions about current events. Input should be a search query."))


def tool_lines(rng: Random, tools: list[tuple], hub: bool) -> str:
    """How the tools are shown. Few variants, so that many traces of a batch share their first tokens."""
    which = 0 if rng.random() < (0.5 if hub else 0.93) else 1
    form = rng.choice(("{n} - {d}", "{n}({a}: str) -> str - {d}", "{n}({a}: str) - {d}")) if hub else "{n}({a}: string): {d}"
    return "\n".join(form.format(n=name, a=arg, d=descriptions[which]) for name, arg, descriptions in tools)


# ---------------------------------------------------------------- writing a run down


def call(step: Step, arg: str, hub: bool) -> str:
    value = step.argument if hub else {arg: step.argument}
    blob = json.dumps({"action": step.tool, "action_input": value}, ensure_ascii=False)
    return f"Thought: {step.thought}\nAction:\n```\n{blob}\n```"


def finish(text: str) -> str:
    return f"Thought: I know the answer\nFinal Answer: {text}"


def written(rng: Random, question: str, steps: list[Step], final: str, tools: list[tuple]) -> list[Part]:
    args = {t[0]: t[1] for t in tools}
    if rng.random() < 0.13:
        return _hub(rng, question, steps, final, tools, args)
    parts: list[Part] = [("shared", "<|system|>"), ("shared", "\n" + OWN.format(tools=tool_lines(rng, tools, False))), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", "\n" + question)]
    for step in steps:
        parts += [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", call(step, args[step.tool], False)), ("end", "</s>")]
        parts += [("plain", "\n"), ("control", "<|user|>"), ("plain", f"\nObservation: {step.result}")]
    return parts + [("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", finish(final)), ("end", "</s>")]


def _hub(rng: Random, question: str, steps: list[Step], final: str, tools: list[tuple], args: dict[str, str]) -> list[Part]:
    """The notebook's prompt: earlier rounds stand in the human turn, so one round of the run is drawn."""
    at = rng.randint(0, len(steps))
    pad = "".join(f"{call(s, '', True)}\nObservation: {s.result}\nThought: " for s in steps[:at])
    reply = finish(final) if at == len(steps) else call(steps[at], "", True)
    system = HUB.format(tools=tool_lines(rng, tools, True), tool_names=", ".join(args))
    return [("shared", "<|system|>"), ("shared", "\n" + system), ("shared", "</s>"), ("plain", "\n"), ("control", "<|user|>"), ("plain", f"\n{question}\n\n{pad}"), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", reply), ("end", "</s>")]


# ---------------------------------------------------------------- steps


def calculate(rng: Random, thought: str, expr: str) -> tuple[Step, str]:
    try:
        result = answer(expr)
    except CalculatorError:
        raise Again from None
    value = result.removeprefix("Answer: ")
    if len(value) > (24 if rng.random() < 0.97 else 60) or value in ("0", "0.0"):
        raise Again
    return Step(thought, "Calculator", expr, result), value


def look_up(rng: Random, thought: str, query: str, pool: list, must: str = "") -> Step:
    result = retrieve.search(rng, query, pool)
    if must and must not in result:
        raise Again
    return Step(thought, "Search", query, result)


# ---------------------------------------------------------------- calculations with a value

N, P = "n", "p"
OPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("{V} raised to the {p} power", "{V} raised to the power of {p}", "{V} to the power of {p}", "{V} to the {p} power", "{V} raised to {p}", "{V} to the power {p}", "{V} ^ {p}"), "{v}^{p}"),
    (("{V} raised to the {p} power", "{V} raised to the {p} power", "{V} raised to the power {p}"), "{v}^{p}"),
    (("{V} squared", "the square of {V}"), "{v}^2"),
    (("{V} cubed", "the cube of {V}"), "{v}^3"),
    (("the square root of {V}", "the square root of {V}", "sqrt of {V}"), "sqrt({v})"),
    (("the cube root of {V}",), "cbrt({v})"),
    (("{V} times {n}", "{V} multiplied by {n}", "{n} times {V}", "{V} * {n}", "the product of {V} and {n}", "{V} x {n}"), "{v}*{n}"),
    (("{V} plus {n}", "{n} more than {V}", "the sum of {V} and {n}", "{V} + {n}", "{V} increased by {n}", "{n} added to {V}"), "{v}+{n}"),
    (("{V} minus {n}", "{n} less than {V}", "{V} less {n}", "{V} - {n}", "{V} decreased by {n}", "the difference between {V} and {n}", "{n} subtracted from {V}"), "{v}-{n}"),
    (("{V} divided by {n}", "{V} / {n}", "{V} over {n}", "one {nth} of {V}"), "{v}/{n}"),
    (("half of {V}", "half {V}", "{V} halved", "{V} divided by two"), "{v}/2"),
    (("a third of {V}", "one third of {V}"), "{v}/3"),
    (("a quarter of {V}", "one quarter of {V}"), "{v}/4"),
    (("a tenth of {V}",), "{v}/10"),
    (("twice {V}", "double {V}", "{V} doubled", "two times {V}"), "{v}*2"),
    (("three times {V}", "triple {V}", "{V} tripled"), "{v}*3"),
    (("four times {V}", "ten times {V}"), ""),
    (("{q}% of {V}", "{q} percent of {V}", "{q} per cent of {V}"), "{q}% of {v}"),
    (("{V} increased by {q}%", "{V} plus {q} percent", "{V} after a {q}% rise"), "{v}*(1+{q}/100)"),
    (("{V} reduced by {q}%", "{V} minus {q}%", "{V} less {q} percent", "{V} after a {q}% cut"), "{v}*(1-{q}/100)"),
    (("the natural logarithm of {V}", "the natural log of {V}"), "ln({v})"),
    (("the base 10 logarithm of {V}", "log10 of {V}"), "log10({v})"),
    (("the base 2 logarithm of {V}",), "log2({v})"),
    (("twice {V} plus {n}", "double {V} plus {n}"), "{v}*2+{n}"),
    (("{V} times {n} plus {m}", "{V} multiplied by {n} plus {m}"), "{v}*{n}+{m}"),
    (("{V} minus {n}, divided by {m}", "{V} minus {n}, all divided by {m}"), "({v}-{n})/{m}"),
    (("the square root of {V} times {n}", "{n} times the square root of {V}"), "sqrt({v})*{n}"),
    (("{V} plus {n}, times {m}",), "({v}+{n})*{m}"),
    (("{V} squared minus {n}",), "{v}^2-{n}"),
    (("{V} squared plus {n}",), "{v}^2+{n}"),
    (("the remainder of {V} divided by {n}", "{V} modulo {n}"), "{v} % {n}"),
    (("{n} minus {V}",), "{n}-{v}"),
    (("{n} divided by {V}",), "{n}/{v}"),
    (("the factorial of {V}",), "{v}!"),
)
FRAMES = (
    "What is {}?",
    "What is {}?",
    "What is {}?",
    "What's {}?",
    "Calculate {}.",
    "Compute {}.",
    "How much is {}?",
    "Tell me {}.",
    "what is {}",
    "Work out {}.",
    "I need {}.",
    "Find {}.",
    "Please calculate {}.",
    "Can you work out {}?",
    "Give me {}.",
    "What do you get for {}?",
    "I'd like to know {}.",
    "What would {} be?",
    "Determine {}.",
    "Could you tell me {}?",
)
IFS: tuple[tuple[str, str], ...] = (
    ("If you doubled {V}, what would you get?", "{v}*2"),
    ("If {V} were {n} times as large, what would it be?", "{v}*{n}"),
    ("If you add {n} to {V}, what do you get?", "{v}+{n}"),
    ("What do you get if you multiply {V} by {n}?", "{v}*{n}"),
    ("What do you get when you divide {V} by {n}?", "{v}/{n}"),
    ("Multiply {V} by {n}.", "{v}*{n}"),
    ("Divide {V} by {n}.", "{v}/{n}"),
    ("Add {n} to {V}.", "{v}+{n}"),
    ("Subtract {n} from {V}.", "{v}-{n}"),
    ("Take {V} and divide it by {n}.", "{v}/{n}"),
    ("Take {V}, multiply it by {n} and add {m}.", "{v}*{n}+{m}"),
    ("Raise {V} to the power of {p}.", "{v}^{p}"),
    ("Double {V}.", "{v}*2"),
    ("Square {V}.", "{v}^2"),
    ("Take the square root of {V}.", "sqrt({v})"),
    ("If {V} grew by {q}%, what would it be?", "{v}*(1+{q}/100)"),
    ("If {V} fell by {q}%, how much would be left?", "{v}*(1-{q}/100)"),
    ("What would {V} be if it were {n} larger?", "{v}+{n}"),
    ("How much would {n} times {V} be?", "{v}*{n}"),
    ("What is left of {V} after taking away {n}?", "{v}-{n}"),
    ("Suppose {V} is split into {n} equal parts. How big is each?", "{v}/{n}"),
    ("Halve {V}.", "{v}/2"),
    ("By what number do I end up if I add {n} to {V}?", "{v}+{n}"),
    ("What number do you get by multiplying {V} by {n}?", "{v}*{n}"),
    ("How many times does {n} fit into {V}?", "{v}/{n}"),
    ("If I triple {V}, what is the result?", "{v}*3"),
    ("How much is {V} multiplied by {n}, minus {m}?", "{v}*{n}-{m}"),
)
# Questions where the kind of value names the calculation.
SPECIAL: dict[str, tuple[tuple[str, str], ...]] = {
    "age": (
        ("How old will {s} be in {n} years?", "{v}+{n}"),
        ("How old was {s} {n} years ago?", "{v}-{n}"),
        ("In how many years will {s} be {big}?", "{big}-{v}"),
        ("How many years until {s} turns {big}?", "{big}-{v}"),
        ("How many months old is {s}?", "{v}*12"),
        ("What will {s}'s age be {n} years from now?", "{v}+{n}"),
        ("How many days old is {s}, roughly, if a year has 365 days?", "{v}*365"),
        ("How old will {s} be after {n} more years?", "{v}+{n}"),
        ("Someone is {n} years older than {s}. How old is that?", "{v}+{n}"),
        ("If someone is half as old as {s}, how old is that person?", "{v}/2"),
        ("I am {n} years younger than {s}. How old am I?", "{v}-{n}"),
    ),
    "born": (
        ("How old was {s} in {late}?", "{late}-{v}"),
        ("What age did {s} turn in {late}?", "{late}-{v}"),
        ("How many years before {late} was {s} born?", "{late}-{v}"),
        ("In what year did {s} turn {n}?", "{v}+{n}"),
        ("In which year was {s} {n} years old?", "{v}+{n}"),
        ("How many years passed between {s}'s birth and {late}?", "{late}-{v}"),
        ("When was {s}'s {n}th birthday?", "{v}+{n}"),
    ),
    "founded": (
        ("How old was {s} in {late}?", "{late}-{v}"),
        ("How many years had {s} existed by {late}?", "{late}-{v}"),
        ("In what year did {s} turn {n}?", "{v}+{n}"),
        ("How many years before {late} was {s} founded?", "{late}-{v}"),
        ("How long had {s} existed in {late}?", "{late}-{v}"),
        ("When did {s} celebrate its {n}th anniversary?", "{v}+{n}"),
        ("How many years ago was {s} founded, counted from {late}?", "{late}-{v}"),
    ),
    "built": (("How old was {s} in {late}?", "{late}-{v}"), ("How many years before {late} was {s} built?", "{late}-{v}"), ("How many years after {early} was {s} built?", "{v}-{early}"), ("When did {s} turn {n}?", "{v}+{n}"), ("How many years had {s} stood by {late}?", "{late}-{v}")),
    "published": (("How many years before {late} did {s} appear?", "{late}-{v}"), ("How old was {s} in {late}?", "{late}-{v}"), ("How many years passed from the publication of {s} to {late}?", "{late}-{v}")),
    "died": (("How many years before {late} did {s} die?", "{late}-{v}"), ("How many years after {s}'s death was {late}?", "{late}-{v}")),
    "height": (
        ("How high would {n} of {s} be, stacked on each other?", "{v}*{n}"),
        ("If {s} were {n} metres higher, how high would it be?", "{v}+{n}"),
        ("How tall would {s} be if it were twice as tall?", "{v}*2"),
        ("How tall is {s} in centimetres?", "{v}*100"),
        ("What is the height of {s} in kilometres?", "{v}/1000"),
        ("A model of {s} is built at a scale of 1 to {n}. How tall is the model?", "{v}/{n}"),
        ("If {s} grew by {n} metres, how tall would it be?", "{v}+{n}"),
    ),
    "length": (
        ("How long would {n} of {s} be, one after another?", "{v}*{n}"),
        ("If {s} were half as long, how long would it be?", "{v}/2"),
        ("How long is {s} in centimetres?", "{v}*100"),
        ("If you went along {s} {n} times, how far would you go?", "{v}*{n}"),
        ("How long would {s} be if it were {n} times longer?", "{v}*{n}"),
    ),
    "population": (
        ("If {n} more people moved to {s}, how many would live there?", "{v}+{n}"),
        ("If {n} people left {s}, how many would remain?", "{v}-{n}"),
        ("If the population of {s} doubled, how many people would live there?", "{v}*2"),
        ("If {q}% of the people of {s} play chess, how many is that?", "{q}% of {v}"),
        ("How many people would live in {s} if its population grew by {q}%?", "{v}*(1+{q}/100)"),
        ("How many people is half the population of {s}?", "{v}/2"),
    ),
    "salary": (("How much does {s} earn in {n} years?", "{v}*{n}"), ("What would {s} earn after a raise of {q}%?", "{v}*(1+{q}/100)"), ("How much would {s} earn if the salary doubled?", "{v}*2"), ("If {s} saves {q}% of the salary, how much is that?", "{q}% of {v}")),
    "cost": (
        ("How much do {n} of {s} cost?", "{v}*{n}"),
        ("What does {s} cost with a discount of {q}%?", "{v}*(1-{q}/100)"),
        ("How much would {n} of {s} cost?", "{v}*{n}"),
        ("If the price of {s} rose by {q}%, what would it cost?", "{v}*(1+{q}/100)"),
        ("If {n} friends share the price of {s}, how much does each pay?", "{v}/{n}"),
        ("What would be the price of {s} after {q}% off?", "{v}*(1-{q}/100)"),
    ),
    "weight": (("How much would {n} of {s} weigh?", "{v}*{n}"), ("If {s} lost {n} kg, what would it weigh?", "{v}-{n}"), ("How much do {n} of {s} weigh together?", "{v}*{n}"), ("How heavy would half of {s} be?", "{v}/2")),
    "pages": (("How many days does it take to read {s} at {n} pages a day?", "{v}/{n}"), ("How many pages do {n} copies of {s} have?", "{v}*{n}"), ("If I have read {n} pages of {s}, how many are left?", "{v}-{n}")),
    "staff": (("If {s} hired {n} more people, how many would it employ?", "{v}+{n}"), ("If {n} people left {s}, how many employees would remain?", "{v}-{n}"), ("How many employees would {s} have if it doubled its staff?", "{v}*2"), ("If each employee of {s} gets {n} gifts, how many gifts are needed?", "{v}*{n}")),
    "minutes": (("How many hours does {s} last?", "{v}/60"), ("How many seconds does {s} last?", "{v}*60"), ("If I watch {s} {n} times, how many minutes is that?", "{v}*{n}"), ("How long do {n} runs of {s} take?", "{v}*{n}")),
    "crew": (("If {n} more sailors joined {s}, how large would the crew be?", "{v}+{n}"), ("How many meals does the crew of {s} need if each eats {n}?", "{v}*{n}")),
    "steps": (("If I climb {s} {n} times, how many steps is that?", "{v}*{n}"), ("How many steps are there up and down {s}?", "{v}*2")),
    "distance": (("How far is it to {c} and back from {s}?", "{v}*2"),),
    "rooms": (("If each room of {s} sleeps {n} people, how many can stay?", "{v}*{n}"), ("How many rooms of {s} are free if {n} are taken?", "{v}-{n}")),
    "seats": (("If {n} seats of {s} are taken, how many are free?", "{v}-{n}"), ("How many people fit into {n} buildings like {s}?", "{v}*{n}")),
    "children": (("If each child of {s} had {n} children, how many grandchildren would there be?", "{v}*{n}"),),
    "deathage": (("How much longer would {s} have lived to reach {big}?", "{big}-{v}"),),
    "speed": (("How far does {s} go in {n} hours at top speed?", "{v}*{n}"), ("At full speed, how far would {s} travel in {n} hours?", "{v}*{n}")),
}


def plain_number(n: float | int) -> str:
    return str(n)


def operation(rng: Random, v: str, value: float) -> tuple[str, str]:
    """A phrase with `{V}` for the value and the expression with `v` in it."""
    forms, expr = rng.choice(OPS)
    said = rng.choice(forms)
    if not expr:
        expr = "{v}*4" if said.startswith("four") else "{v}*10"
    return _slots(rng, said, expr, v, value)


def _slots(rng: Random, said: str, expr: str, v: str, value: float) -> tuple[str, str]:
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


# ---------------------------------------------------------------- subjects of questions

WHERE: dict[str, tuple[str, ...]] = {
    "birthplace": ("the town where {s} was born", "the city {s} was born in", "the place where {s} was born", "the place {s} comes from"),
    "home": ("the town where {s} lives", "the place {s} lives in", "the city in which {s} lives"),
    "employer": ("the company {s} works for", "the company that employs {s}"),
    "ship": ("the ship that {s} commands", "the ship {s} sails"),
    "wrote": ("the book that {s} wrote", "the book by {s}"),
    "river": ("the river that flows through {s}", "the river {s} lies on"),
    "country": ("the country where {s} lies", "the country {s} is in"),
    "nearest": ("the nearest town to {s}", "the town closest to {s}"),
    "seat": ("the city where {s} is based", "the town {s} has its seat in"),
    "setting": ("the place where {s} is set",),
    "location": ("the town where {s} stands", "the place where {s} is"),
    "stadium": ("the stadium where {s} plays",),
    "source": ("the place where {s} rises",),
}


def subject_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    n = r.nouns[0]
    forms = [f"{s}'s {n}", f"the {n} of {s}", f"{s}'s {n}", f"the {n} of {s}"]
    forms += [w.format(s=s) for w in WHERE.get(r.key, ())] * 2
    forms += ["the person who " + a[4:-1].format(s=s) for a in r.asks if a.startswith("Who ") and a.split()[1] not in ("is", "was", "does", "did")][:2]
    return rng.choice(forms)


def pronouns(sex: str) -> tuple[str, str]:
    return {"s": ("she", "her"), "h": ("he", "his"), "i": ("it", "its")}[sex]


def ask(rng: Random, r: facts.Relation, s: str, e: facts.Entity | None = None) -> str:
    q = pronouns(e.sex if e else "i")[0]
    return rng.choice(r.asks).format(s=s, q=q, c=words.place(rng), ds={"s": "daughter", "h": "son", "i": "child"}[e.sex if e else "i"])


def ask_pronoun(rng: Random, r: facts.Relation, e: facts.Entity) -> str:
    he, his = pronouns(e.sex)
    forms = [a for a in r.asks if not any(x in a for x in (" of {s}", " to {s}", " by {s}", " on {s}", " into {s}", " for {s}", " in {s}", " with {s}", "are {s}", " employs {s}", " from {s}", "{c}", "{ds}")) and not (a.startswith("Who ") and a.endswith(" {s}?") and a.split()[1] not in ("is", "was"))]
    forms = forms or [f"What is {{s}}'s {r.nouns[0]}?"]
    return rng.choice(forms).replace("{s}'s", his).format(s=he, q=he)


def lower_first(text: str) -> str:
    return text[0].lower() + text[1:] if not text.startswith("I ") else text


OPENERS = ("",) * 22 + ("Hi! ", "Hello. ", "Please help: ", "Quick question: ", "One question. ", "Hey, ", "According to the notes: ", "I wonder: ", "Dear assistant, ", "Hello there! ", "For my homework: ", "From the documents: ", "Question: ", "ok so ")
CLOSERS = ("",) * 30 + (" Thanks!", " Please.", " Look it up.", " Search the notes.", " Thank you.", " I need it for a report.", " A short answer will do.", " Check the documents.", " Just the name." if False else "")


def dress(rng: Random, q: str) -> str:
    """The same question as different people write it."""
    roll = rng.random()
    if roll < 0.05:
        q = q.rstrip("?.")
    elif roll < 0.08:
        q = q.rstrip("?") + " ?"
    if rng.random() < 0.06:
        q = lower_first(q)
    q = rng.choice(OPENERS) + q + rng.choice(CLOSERS)
    if rng.random() < 0.03:
        q = rng.choice(("Can you tell me: ", "Could you find out: ", "I would like to know: ")) + lower_first(q)
    return q


# ---------------------------------------------------------------- worlds


def pool_of(rng: Random, world: list[facts.Entity], extra: int) -> list[tuple[str, str, str]]:
    notes = [facts.note(rng, e) for e in world if e.facts]
    for _ in range(extra):
        model = rng.choice(world)
        other = facts.make_entity(rng, model.kind if rng.random() < 0.6 else rng.choice(list(facts.KINDS)), model.noun if model.kind != "person" and rng.random() < 0.4 else "")
        if rng.random() < 0.2 and " " in model.name and model.kind == "person":  # same family name
            other.name = f"{other.name.split()[0]} {model.name.split()[-1]}"
        if any(other.name == e.name for e in world):
            continue
        shared = [f.relation for f in model.facts.values() if other.kind == model.kind and rng.random() < 0.6]
        for r in shared:
            facts.add_fact(rng, other, r, world)
        facts.fill(rng, other, rng.randint(1, 4), world)
        notes.append(facts.note(rng, other))
    rng.shuffle(notes)
    return [p for n in notes for p in retrieve.passages(rng, *n)]


def numeric_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    for _ in range(50):
        roll = rng.random()
        r = facts.custom(rng) if roll < 0.12 else facts.event(rng) if e.kind == "person" and roll < 0.22 else rng.choice(facts.BY_KIND.get(e.kind) or [facts.custom(rng)])
        if e.kind == "person" and rng.random() < 0.4:
            r = facts.RELATIONS[0]
        if not r.target and r.make(Random(0))[1] is not None and r.key not in e.facts:
            return r
    raise Again


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


def fact_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    roll = rng.random()
    if e.kind == "person" and roll < 0.2:
        return facts.event(rng)
    return facts.custom(rng) if roll < 0.42 else rng.choice(facts.BY_KIND[e.kind])


def add_main(rng: Random, e: facts.Entity, r: facts.Relation, world: list) -> tuple[facts.Relation, facts.Fact]:
    """The fact that is asked for; now and then beside its twin: the elder and the younger daughter."""
    if not r.need[0] and rng.random() < 0.1 and (" of " not in r.nouns[0]) and r.key not in ("wife", "husband", "girlfriend", "boyfriend", "partner"):
        r, twin = facts.qualified(rng, r)
        if rng.random() < 0.8:
            facts.add_fact(rng, e, twin, world)
    return r, facts.add_fact(rng, e, r, world)


def called(rng: Random, e: facts.Entity) -> tuple[str, str]:
    """How the question names the entity, and what of it goes into thought and query."""
    roll = rng.random()
    if e.kind == "person" and " " in e.name and roll < 0.05:
        last = e.name.split()[-1]
        return last, last
    if e.kind not in ("person", "place", "country", "animal") and roll < 0.3:
        return rng.choice((f"the {e.noun} {e.name}", f"the {e.name}", f"the {e.name}")), e.name
    return e.name, e.name


def entity_relation(rng: Random, e: facts.Entity) -> facts.Relation:
    options = [r for r in facts.BY_KIND[e.kind] if r.target and r.target != "river" and r.key not in e.facts]
    if not options:
        raise Again
    return rng.choice(options)


def starting_kind(rng: Random) -> str:
    return rng.choice(("person", "person", "person", "person", "place", "structure", "structure", "ship", "company", "company", "nature", "nature", "work", "product", "animal", "team", "thing", "country"))


def short(value: str) -> str:
    return value


# ---------------------------------------------------------------- the kinds of question


def do_arithmetic(rng: Random):
    q, expr = arithmetic.question(rng)
    step, value = calculate(rng, "I need to calculate this.", expr)
    if len(q) > 220:
        raise Again
    return q, [step], value


def do_fact(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = add_main(rng, e, fact_relation(rng, e), world)
    facts.fill(rng, e, rng.randint(1, 6), world)
    s, name = called(rng, e)
    q = ask(rng, r, s, e)
    if rng.random() < 0.03:
        q, name = q.lower(), name.lower()
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(1, 5))
    need, query = needed(r, n, name)
    step = look_up(rng, f"I need {need}.", query, pool, fact.value)
    if fact.value in q:
        raise Again
    return dress(rng, q), [step], short(fact.value)


def do_missing(rng: Random):
    """The documents do not say."""
    e = facts.make_entity(rng, starting_kind(rng))
    r = facts.custom(rng) if rng.random() < 0.25 else rng.choice(facts.BY_KIND[e.kind])
    other = facts.make_entity(rng, e.kind)
    world = [other]
    facts.add_fact(rng, other, r, world)
    facts.fill(rng, other, 3, world)
    if rng.random() < 0.4:
        facts.fill(rng, e, 3, world)
        e.facts.pop(r.key, None)
        same = {"wife", "husband", "girlfriend", "boyfriend", "partner"}
        if not e.facts or r.key in same or r.key in ("born", "age", "died", "deathage", "birthplace", "home", "country", "nationality", "location", "nearest", "seat", "employer", "boss", "job"):
            raise Again
        world.append(e)
    q = ask(rng, r, e.name, e)
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(0, 4))
    need, query = needed(r, n, e.name)
    step = look_up(rng, f"I need {need}.", query, pool if rng.random() < 0.8 else [])
    return dress(rng, q), [step], "I could not find that in the documents."


BARE = ("height", "length", "width", "depth", "weight", "cost", "salary", "speed", "population", "area")  # may come with an adjective


def _value(rng: Random, e: facts.Entity, world: list, *, twins: bool = False):
    r = numeric_relation(rng, e)
    if twins and r.key in BARE:
        r, fact = add_main(rng, e, r, world)
    else:
        fact = facts.add_fact(rng, e, r, world)
    if fact.number is None or fact.number == 0:
        raise Again
    return r, fact


def value_phrase(rng: Random, r: facts.Relation, s: str) -> str:
    n = rng.choice(r.nouns)
    cur = rng.choice(("", "", "", "", "current ")) if r.key in ("age", "population", "staff", "salary") else ""
    return rng.choice((f"the {cur}{n} of {s}", f"{s}'s {cur}{n}", f"the {cur}{n} of {s}", f"{s}'s {cur}{n}"))


def calculation_question(rng: Random, r: facts.Relation, fact: facts.Fact, s: str, e: facts.Entity, *, said_before: str = "") -> tuple[str, str]:
    """A question that asks for a calculation with one value of `s`; gives the question and the expression."""
    v, value = plain_number(fact.number), float(fact.number)
    roll = rng.random()
    if r.key in SPECIAL and roll < 0.38:
        said, expr = rng.choice(SPECIAL[r.key])
        said, expr = _slots(rng, said, expr, v, value)
        return said.replace("{s}", s).replace("{c}", words.place(rng)), expr
    if roll < 0.52:
        said, expr = rng.choice(IFS)
        said, expr = _slots(rng, said, expr, v, value)
        V = value_phrase(rng, r, s)
        if said.startswith("{V}"):
            V = V[0].upper() + V[1:]
        return said.replace("{V}", V), expr
    said, expr = operation(rng, v, value)
    if r.need[0]:  # "the year of X" is no phrase; ask in one of two ways
        what = r.need[0].format(s=s)
        if rng.random() < 0.5:
            said, expr = rng.choice(
                (
                    ("How many years before {late} was " + what + "?", "{late}-{v}"),
                    ("How many years passed from " + what + " to {late}?", "{late}-{v}"),
                    ("What is {n} years after " + what + "?", "{v}+{n}"),
                    ("What is " + what + " plus {n}?", "{v}+{n}"),
                    ("Subtract " + what + " from {late}.", "{late}-{v}"),
                    ("How many years before {late} did it happen that " + what[9:] + "?", "{late}-{v}"),
                )
            )
            return _slots(rng, said, expr, v, value)
        return f"{ask(rng, r, s, e)} " + rng.choice(FRAMES[:11]).format(said.replace("{V}", rng.choice(("that", "that number", "that year", "it")))), expr
    if roll < 0.66:
        first = ask(rng, r, s, e)
        that = rng.choice(("that", "that number", "it", "this value", "that value", "the result"))
        second = rng.choice(FRAMES[:11]).format(said.replace("{V}", that))
        return (f"{first} {rng.choice((second, second, 'And ' + lower_first(second), 'Then ' + lower_first(second)))}", expr)
    return rng.choice(FRAMES).format(said.replace("{V}", value_phrase(rng, r, s))), expr


def do_fact_calc(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    r, fact = _value(rng, e, world, twins=True)
    facts.fill(rng, e, rng.randint(1, 5), world)
    s, name = called(rng, e)
    q, expr = calculation_question(rng, r, fact, s, e)
    n = noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(1, 5))
    need, query = needed(r, n, name)
    one = look_up(rng, f"I need {need}.", query, pool, fact.value)
    two, value = calculate(rng, f"{stated(r, n, name, fact.value)}. I need to calculate.", expr)
    return dress(rng, q), [one, two], value


def _chain(rng: Random):
    e = facts.make_entity(rng, starting_kind(rng))
    world = [e]
    hop, link = add_main(rng, e, entity_relation(rng, e), world)
    if link.target is None or link.target.kind not in facts.BY_KIND:
        raise Again
    target = link.target
    world.append(target)
    facts.fill(rng, e, rng.randint(1, 4), world)
    return e, hop, link, target, world


def _hops(rng: Random, e, hop, link, target, r, fact, world, q):
    n1, n2 = noun_of(rng, hop, q), noun_of(rng, r, q)
    pool = pool_of(rng, world, rng.randint(0, 3))
    one = look_up(rng, f"I need the {n1} of {e.name}.", f"{e.name} {n1}", pool, link.value)
    need, query = needed(r, n2, target.name)
    two = look_up(rng, f"The {n1} is {target.name}. I need {need}.", query, pool, fact.value)
    return [one, two], n1, n2


def do_two_hop(rng: Random):
    e, hop, link, target, world = _chain(rng)
    r, fact = add_main(rng, target, fact_relation(rng, target), world)
    facts.fill(rng, target, rng.randint(1, 4), world)
    who = False
    if rng.random() < 0.35:
        who = True
        q = f"{ask(rng, hop, e.name, e)} {rng.choice(('', '', 'And '))}"
        second = ask_pronoun(rng, r, target)
        q = q + (lower_first(second) if q.endswith("And ") else second)
    else:
        q = ask(rng, r, subject_phrase(rng, hop, e.name), target)
    steps, _, _ = _hops(rng, e, hop, link, target, r, fact, world, q)
    final = f"{target.name}; {short(fact.value)}" if who else short(fact.value)
    return dress(rng, q), steps, final


def do_hop_calc(rng: Random):
    e, hop, link, target, world = _chain(rng)
    r, fact = _value(rng, target, world)
    facts.fill(rng, target, rng.randint(1, 4), world)
    who = rng.random() < 0.5
    if who:
        he, his = pronouns(target.sex)
        v, value = plain_number(fact.number), float(fact.number)
        if r.need[0]:
            raise Again
        noun = rng.choice(r.nouns)
        cur = rng.choice(("", "current ")) if r.key == "age" else ""
        roll = rng.random()
        if roll < 0.62:
            said, expr = operation(rng, v, value)
            second = rng.choice(FRAMES[:12]).format(said.replace("{V}", f"{his} {cur}{noun}"))
        elif roll < 0.8 and r.key in SPECIAL:
            said, expr = rng.choice(SPECIAL[r.key])
            said, expr = _slots(rng, said, expr, v, value)
            second = said.replace("{s}'s", his).replace("{s}", he).replace("{c}", words.place(rng))
            if " of " + he in second or " to " + he in second:
                raise Again
        else:
            said, expr = operation(rng, v, value)
            second = ask_pronoun(rng, r, target) + " " + rng.choice(FRAMES[:11]).format(said.replace("{V}", rng.choice(("that", "that number", "it"))))
        q = f"{ask(rng, hop, e.name, e)} {rng.choice(('', '', '', 'And '))}"
        q = q + (lower_first(second) if q.endswith("And ") else second)
    else:
        q, expr = calculation_question(rng, r, fact, subject_phrase(rng, hop, e.name), target)
    steps, n1, n2 = _hops(rng, e, hop, link, target, r, fact, world, q)
    last, result = calculate(rng, f"{stated(r, n2, target.name, fact.value)}. I need to calculate.", expr)
    return dress(rng, q), [*steps, last], f"{target.name}; {result}" if who else result


COMBINE: tuple[tuple[str, str], ...] = (
    ("What is the sum of the {n}s of {a} and {b}?", "{v}+{w}"),
    ("What is the {n} of {a} plus the {n} of {b}?", "{v}+{w}"),
    ("Add the {n} of {a} and the {n} of {b}.", "{v}+{w}"),
    ("What is {a}'s {n} plus {b}'s {n}?", "{v}+{w}"),
    ("What do the {n} of {a} and the {n} of {b} add up to?", "{v}+{w}"),
    ("What is the total {n} of {a} and {b}?", "{v}+{w}"),
    ("What is the combined {n} of {a} and {b}?", "{v}+{w}"),
    ("How much is {a}'s {n} and {b}'s {n} together?", "{v}+{w}"),
    ("Sum up the {n} of {a} and that of {b}.", "{v}+{w}"),
    ("What is the difference between the {n} of {a} and the {n} of {b}?", "{v}-{w}"),
    ("Subtract the {n} of {b} from the {n} of {a}.", "{v}-{w}"),
    ("What is {a}'s {n} minus {b}'s {n}?", "{v}-{w}"),
    ("By how much does the {n} of {a} exceed the {n} of {b}?", "{v}-{w}"),
    ("What is the difference in {n} between {a} and {b}?", "{v}-{w}"),
    ("How much larger is the {n} of {a} than that of {b}?", "{v}-{w}"),
    ("How far apart are {a} and {b} in {n}?", "{v}-{w}"),
    ("What is the product of the {n} of {a} and the {n} of {b}?", "{v}*{w}"),
    ("Multiply {a}'s {n} by {b}'s {n}.", "{v}*{w}"),
    ("What is the {n} of {a} times the {n} of {b}?", "{v}*{w}"),
    ("What is the {n} of {a} divided by the {n} of {b}?", "{v}/{w}"),
    ("How many times larger is the {n} of {a} than the {n} of {b}?", "{v}/{w}"),
    ("What is the ratio of {a}'s {n} to {b}'s {n}?", "{v}/{w}"),
    ("Divide the {n} of {a} by that of {b}.", "{v}/{w}"),
    ("What is the average {n} of {a} and {b}?", "({v}+{w})/2"),
    ("What is the average of {a}'s {n} and {b}'s {n}?", "({v}+{w})/2"),
    ("What is the mean {n} of {a} and {b}?", "({v}+{w})/2"),
)
MORE: tuple[tuple[str, str], ...] = (
    ("How much {m} is {a} than {b}?", "{v}-{w}"),
    ("How much {m} is {a} than {b}?", "{v}-{w}"),
    ("By how much is {a} {m} than {b}?", "{v}-{w}"),
    ("{A} is {m} than {b}. By how much?", "{v}-{w}"),
    ("How many times {m} is {a} than {b}?", "{v}/{w}"),
    ("Is {a} {m} than {b}, and by how much?", "{v}-{w}"),
)


def do_two_facts_calc(rng: Random):
    a = facts.make_entity(rng, starting_kind(rng))
    b = facts.make_entity(rng, a.kind, a.noun if a.kind != "person" and rng.random() < 0.6 else "")
    if a.name == b.name:
        raise Again
    world = [a, b]
    r, fa = _value(rng, a, world)
    if r.need[0]:
        raise Again
    fb = facts.add_fact(rng, b, r, world)
    if fb.number is None or fb.number == 0 or fa.number == fb.number:
        raise Again
    r2 = r
    for e in world:
        facts.fill(rng, e, rng.randint(0, 4), world)
    n = rng.choice(r.nouns)
    if rng.random() < 0.2:
        r2, fb = _value(rng, b, world)
        if r2.need[0]:
            raise Again
        n2 = rng.choice(r2.nouns)
        said, expr = rng.choice(
            (
                ("What is the {n} of {a} plus the {k} of {b}?", "{v}+{w}"),
                ("What is {a}'s {n} minus {b}'s {k}?", "{v}-{w}"),
                ("Multiply the {n} of {a} by the {k} of {b}.", "{v}*{w}"),
                ("Add {a}'s {n} to {b}'s {k}.", "{v}+{w}"),
                ("What is the {n} of {a} divided by the {k} of {b}?", "{v}/{w}"),
                ("What is the sum of {a}'s {n} and {b}'s {k}?", "{v}+{w}"),
            )
        )
    else:
        n2 = n
        if r.more and rng.random() < 0.5:
            if float(fa.number) < float(fb.number):
                a, b, fa, fb = b, a, fb, fa
            said, expr = rng.choice(MORE)
            if r.key == "age" and rng.random() < 0.4:
                said, expr = rng.choice(
                    (
                        ("How many years older is {a} than {b}?", "{v}-{w}"),
                        ("How many years lie between the ages of {a} and {b}?", "{v}-{w}"),
                        ("What is the age difference between {a} and {b}?", "{v}-{w}"),
                        ("How old are {a} and {b} together?", "{v}+{w}"),
                        ("What is the sum of the ages of {a} and {b}?", "{v}+{w}"),
                        ("How many years separate {a} and {b}?", "{v}-{w}"),
                    )
                )
            if r.key in ("height", "length", "width", "depth") and rng.random() < 0.3:
                said, expr = rng.choice((("How many metres {m} is {a} than {b}?", "{v}-{w}"), ("If {a} and {b} were put together, what would the total {n} be?", "{v}+{w}")))
        else:
            said, expr = rng.choice(COMBINE)
        if r.key in ("founded", "built", "born", "published", "died") and rng.random() < 0.6:
            if float(fa.number) < float(fb.number):
                a, b, fa, fb = b, a, fb, fa
            verb = {"founded": "founded", "built": "built", "born": "born", "published": "published", "died": ""}[r.key]
            if not verb:
                raise Again
            said, expr = rng.choice(
                ((f"How many years after {{b}} was {{a}} {verb}?", "{v}-{w}"), (f"How many years passed between the year {{b}} was {verb} and the year {{a}} was {verb}?", "{v}-{w}"), (f"How many years before {{a}} was {{b}} {verb}?", "{v}-{w}"), (f"{{A}} was {verb} after {{b}}. How many years later?", "{v}-{w}"))
            )
    v, w = plain_number(fa.number), plain_number(fb.number)
    q = said.format(n=n, k=n2, a=a.name, b=b.name, A=a.name, m=r.more)
    if v.startswith("-") or w.startswith("-"):
        w = f"({w})" if w.startswith("-") else w
    expr = expr.format(v=v, w=w)
    pool = pool_of(rng, world, rng.randint(0, 3))
    first, second = ((a, fa, noun_of(rng, r, q)), (b, fb, noun_of(rng, r2, q)))
    if q.find(b.name) < q.find(a.name):
        first, second = second, first
    one = look_up(rng, f"I need the {first[2]} of {first[0].name}.", f"{first[0].name} {first[2]}", pool, first[1].value)
    two = look_up(rng, f"The {first[2]} is {first[1].value}. I need the {second[2]} of {second[0].name}.", f"{second[0].name} {second[2]}", pool, second[1].value)
    three, result = calculate(rng, f"The {second[2]} is {second[1].value}. I need to calculate.", expr)
    return dress(rng, q), [one, two, three], result


SAME = (
    ("born", "died", ("How long did {s} live?", "How old was {s} when {q} died?", "How many years did {s} live?", "What age did {s} reach?", "How many years lie between {s}'s birth and death?"), "{w}-{v}", "birth year", "death year"),
    ("population", "area", ("What is the population density of {s}?", "How many people live in {s} per unit of area?", "What is the population of {s} divided by its area?"), "{v}/{w}", "population", "area"),
    ("height", "steps", ("How high is each step of {s} on average?", "What is the height of {s} divided by its number of steps?"), "{v}/{w}", "height", "number of steps"),
    ("length", "width", ("What is the length of {s} times its width?", "What area does {s} cover, length times width?", "What is the length of {s} divided by its width?"), "{v}*{w}", "length", "width"),
    ("crew", "passengers", ("How many people are on {s} in all, crew and passengers?", "What is the sum of crew and passengers of {s}?"), "{v}+{w}", "crew", "number of passengers"),
    ("staff", "revenue", ("What is the revenue of {s} per employee?", "What is the revenue of {s} divided by the number of its employees?"), "{w}/{v}", "number of employees", "revenue"),
)


def do_same_two(rng: Random):
    k1, k2, asks, expr, n1, n2 = rng.choice((SAME[0], SAME[0], *SAME))
    kind = {"born": "person", "population": "place", "height": "structure", "length": "structure", "crew": "ship", "staff": "company"}[k1]
    e = facts.make_entity(rng, kind)
    by = {r.key: r for r in facts.RELATIONS}
    world = [e]
    f1, f2 = facts.add_fact(rng, e, by[k1], world), facts.add_fact(rng, e, by[k2], world)
    if k1 == "born":
        f2.number = int(f1.number) + rng.randint(20, 100)
        f2.value = str(f2.number)
    facts.fill(rng, e, rng.randint(0, 3), world)
    e.facts.pop("deathage", None)
    said = rng.choice(asks)
    if "divided by its width" in said:
        expr = "{v}/{w}"
    q = said.format(s=e.name, q=pronouns(e.sex)[0])
    pool = pool_of(rng, world, rng.randint(1, 3))
    one = look_up(rng, f"I need the {n1} of {e.name}.", f"{e.name} {n1}", pool, f1.value)
    two = look_up(rng, f"The {n1} is {f1.value}. I need the {n2} of {e.name}.", f"{e.name} {n2}", pool, f2.value)
    three, result = calculate(rng, f"The {n2} is {f2.value}. I need to calculate.", expr.format(v=f1.number, w=f2.number))
    return dress(rng, q), [one, two, three], result


TALK = (
    (("Hi!", "Hello", "Hey there", "Good morning", "Hi, how are you?", "hello!", "Good evening!"), ("Hello! Ask me to calculate something, or to look something up in your documents.",)),
    (("Who are you?", "What are you?", "What is your name?", "Are you a robot?", "Tell me about yourself.", "which model are you"), ("I am nano, the small model that comes with chatwright.",)),
    (("What can you do?", "Help", "How can you help me?", "What are you good at?", "what do you do"), ("I can calculate, and look things up in a folder of documents.",)),
    (("Thanks!", "Thank you.", "Great, thank you so much.", "thx", "Thanks a lot"), ("You are welcome!",)),
    (("Bye", "Goodbye!", "See you later."), ("Goodbye!",)),
)
CANNOT = "I can't answer that. Try a larger model with -m."
OPEN = (
    "Write a poem about {x}.",
    "Translate '{x}' into French.",
    "Write a Python function that sorts {x}s.",
    "Tell me a joke about a {x}.",
    "What do you think about {x}?",
    "Summarise the history of {x}.",
    "Explain how a {x} works.",
    "Give me a recipe with {x}.",
    "Should I buy a {x}?",
    "Why do people like {x}s?",
    "Write an essay on the {x}.",
    "Draw a {x}.",
    "What is the meaning of life?",
    "What will the weather be tomorrow?",
    "Which is better, a {x} or a {y}?",
    "Write a letter to my {x}.",
    "Invent a name for my {x}.",
    "Compose a song about a {x} and a {y}.",
)


def do_talk(rng: Random):
    if rng.random() < 0.5:
        asks, answers = rng.choice(TALK)
        return rng.choice(asks), [], rng.choice(answers)
    return (rng.choice(OPEN).format(x=rng.choice(words.THINGS + words.ANIMALS), y=rng.choice(words.THINGS)), [], CANNOT)


def do_no_documents(rng: Random):
    """A fact is asked for, and there is only a Calculator."""
    e = facts.make_entity(rng, starting_kind(rng))
    return dress(rng, ask(rng, rng.choice(facts.BY_KIND[e.kind]), e.name, e)), [], CANNOT


def drill(rng: Random) -> list[Part]:
    """Copying and looking up, bare and short: what everything else rests on, learned first."""

    def item() -> str:
        return rng.choice((words.person(rng, rng.choice("sh")), words.place(rng), words.thing_name(rng), words.code(rng), str(words.integer(rng)), str(rng.random())[: rng.randint(4, 18)], words.phrase(rng), str(rng.randint(10**6, 10**16))))

    items = [item() for _ in range(rng.randint(2, 7))]
    if rng.random() < 0.5:
        text = target = rng.choice((" ", ", ", "; ", "\n")).join(items)
    else:
        keys = [item() for _ in items]
        at = rng.sample(range(len(items)), min(3, len(items)))
        mark = rng.choice((": ", " is ", " = ", " - "))
        text = rng.choice(("\n", ". ")).join(k + mark + v for k, v in zip(keys, items, strict=True)) + "\n" + ", ".join(keys[i] for i in at)
        target = ", ".join(f"{keys[i]}{mark}{items[i]}" for i in at)
    return [("control", "<|user|>"), ("plain", "\n" + text), ("control", "</s>"), ("plain", "\n"), ("control", "<|assistant|>"), ("plain", "\n"), ("target", target), ("end", "</s>")]


KIND_OF: dict[str, tuple[Callable, float]] = {
    "arithmetic": (do_arithmetic, 0.23),
    "fact": (do_fact, 0.19),
    "missing": (do_missing, 0.04),
    "fact_calc": (do_fact_calc, 0.17),
    "two_hop": (do_two_hop, 0.09),
    "hop_calc": (do_hop_calc, 0.13),
    "two_facts_calc": (do_two_facts_calc, 0.09),
    "same_two": (do_same_two, 0.02),
    "talk": (do_talk, 0.025),
    "no_documents": (do_no_documents, 0.015),
}
MAX_CHARS = 3_400
DRILL = float(os.environ.get("DRILL", "0"))  # share of drills; the first part of a training has many


def draw(rng: Random, kind: str) -> list[Part]:
    question, steps, final = KIND_OF[kind][0](rng)
    if kind == "no_documents":
        tools = [CALCULATOR]
    elif kind == "arithmetic" or kind == "talk":
        tools = [CALCULATOR] if rng.random() < 0.6 else [CALCULATOR, SEARCH]
    else:
        tools = [CALCULATOR, SEARCH] if rng.random() < 0.88 else [SEARCH, CALCULATOR]
    if kind == "fact" and rng.random() < 0.06:
        tools = [SEARCH]
    parts = written(rng, question, steps, final, tools)
    if sum(len(t) for _, t in parts) > MAX_CHARS:
        raise Again
    return parts


def sample_kind(rng: Random, kind: str = "") -> tuple[str, list[Part]]:
    if not kind and rng.random() < DRILL:
        return "drill", drill(rng)
    chosen = kind or rng.choices(list(KIND_OF), [w for _, w in KIND_OF.values()])[0]
    while True:
        try:
            return chosen, draw(rng, chosen)
        except Again:
            continue


def sample(rng: Random) -> list[Part]:
    return sample_kind(rng)[1]


if __name__ == "__main__":
    for seed in range(4):
        kind, parts = sample_kind(Random(seed), sys.argv[1] if len(sys.argv) > 1 else "")
        print(f"---------------- {kind}")
        print("".join(t for _, t in parts))
