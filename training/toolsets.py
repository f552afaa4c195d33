"""Tools that nobody has seen: random verbs, objects, names, descriptions and typed arguments, and what people ask of them.

A conversation has two to eight tools and a few requests. Only reading the descriptions tells which tool is meant, for names
may be made up, and other tools share its verb or its object. Some calls fail first: the error says why, the next call is right.

    python3 training/toolsets.py        prints a few
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import words
from writing import finish

Part = tuple[str, str]

# third person, base, more words that people use for it
VERBS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Creates", "create", ("make", "set up", "add")),
    ("Deletes", "delete", ("remove", "get rid of", "erase")),
    ("Updates", "update", ("change", "edit", "modify")),
    ("Finds", "find", ("look up", "search for", "locate")),
    ("Books", "book", ("reserve", "get me")),
    ("Cancels", "cancel", ("call off", "drop")),
    ("Sends", "send", ("dispatch", "mail", "forward")),
    ("Opens", "open", ("unlock",)),
    ("Closes", "close", ("shut",)),
    ("Starts", "start", ("launch", "begin", "turn on")),
    ("Stops", "stop", ("end", "turn off", "halt")),
    ("Translates", "translate", ("put into another language",)),
    ("Converts", "convert", ("turn over", "change over")),
    ("Counts", "count", ("tell me the number of",)),
    ("Orders", "order", ("buy", "get")),
    ("Prints", "print", ("put on paper",)),
    ("Plays", "play", ("put on",)),
    ("Schedules", "schedule", ("plan", "arrange")),
    ("Copies", "copy", ("duplicate",)),
    ("Moves", "move", ("shift", "transfer")),
    ("Renames", "rename", ("give a new name to",)),
    ("Checks", "check", ("verify", "inspect")),
    ("Shows", "show", ("display", "list")),
    ("Records", "record", ("write down", "log", "note")),
    ("Rates", "rate", ("score", "judge")),
    ("Measures", "measure", ("take the size of",)),
    ("Repairs", "repair", ("fix", "mend")),
    ("Paints", "paint", ("colour",)),
    ("Archives", "archive", ("store away", "file")),
    ("Downloads", "download", ("fetch", "save")),
    ("Shares", "share", ("pass on", "publish")),
    ("Feeds", "feed", ("give food to",)),
)
OBJECTS = """meeting ticket invoice table room flight train alarm reminder timer playlist song photo file folder report message letter email note task
user account order parcel payment refund appointment lesson course recipe menu door window light heater fan lamp curtain oven pump robot drone car
bicycle taxi ship container shelf product price coupon contract survey vote poll poem sentence document page book film game match player team sensor
machine server database backup website domain password key badge plant dog cat horse bed tent boat museum_tour concert weather_report forecast exchange_rate
stock calendar holiday shift salary expense budget map route station address phone_number contact sample specimen experiment photograph""".split()
SCRIPTS = ("Łukasz Żak", "Ørjan Bråten", "Søren Ågård", "José Muñoz", "Zoë Çelik", "Μαρία Νίκου", "Иван Петров", "Ольга Зайцева", "李娜", "王小明", "田中一郎", "김민준", "سارة علي", "דוד לוי", "नीना शर्मा", "Đặng Thị Hoa", "Þóra Ólafsdóttir")


def _person(r: Random) -> str:
    return r.choice(SCRIPTS) if r.random() < 0.15 else words.person(r, r.choice("sh"))


def _date(r: Random) -> str:
    return f"{r.randint(2020, 2031)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"


def _text(r: Random) -> str:
    return r.choice(
        (
            f"{r.choice(words.ADJ)} {r.choice(words.THINGS)} for {words.person(r, 's')}",
            f"See you in {words.place(r)}!",
            f"The {r.choice(words.THINGS)} is {r.choice(words.ADJ)}.",
            words.thing_name(r),
            f"{words.invented(r)} and {words.invented(r)}",
            f"Call me at {r.randint(1, 12)}.",
            f"{r.choice(words.FOODS)}, {r.choice(words.FOODS)} and {r.choice(words.FOODS)}",
        )
    )


@dataclass(frozen=True)
class Arg:
    """An argument: its names, its type, a value, and how a request says it. A phrase is None where it belongs to the object."""

    names: tuple[str, ...]
    kind: str  # string, integer, number, boolean, enum
    value: Callable[[Random], Any]
    said: tuple[str, ...]
    enum: tuple[str, ...] = ()


ARGS: tuple[Arg, ...] = (
    Arg(("city", "place", "location", "town", "where"), "string", words.place, ("in {v}", "for {v}", "in {v}", "at {v}")),
    Arg(("to", "recipient", "receiver", "person"), "string", _person, ("to {v}", "for {v}")),
    Arg(("owner", "name", "customer", "guest", "author"), "string", _person, ("for {v}", "of {v}", "by {v}", "under the name {v}")),
    Arg(("with", "partner", "companion"), "string", _person, ("with {v}", "together with {v}")),
    Arg(("title", "name", "label", "subject"), "string", words.thing_name, ("called {v}", 'called "{v}"', "named {v}", 'with the title "{v}"')),
    Arg(("text", "message", "content", "body", "comment"), "string", _text, ('saying "{v}"', 'with the text "{v}"', 'that reads "{v}"')),
    Arg(("date", "day", "when"), "string", _date, ("on {v}", "for {v}")),
    Arg(("time", "hour", "at"), "string", lambda r: f"{r.randint(0, 23):02d}:{r.choice(('00', '15', '30', '45'))}", ("at {v}",)),
    Arg(("id", "number", "reference"), "integer", lambda r: r.randint(1, 99999), ("number {v}", "no. {v}", "with id {v}", "with the number {v}")),
    Arg(("code", "reference", "sku", "key"), "string", words.code, ("with code {v}", "{v}", "with the reference {v}")),
    Arg(("count", "quantity", "amount", "copies", "n"), "integer", lambda r: r.randint(2, 200), ("{v} times", "{v} of them", "{v} pieces")),
    Arg(("people", "guests", "seats", "persons"), "integer", lambda r: r.randint(2, 40), ("for {v} people", "for {v} guests", "for {v} persons")),
    Arg(("minutes", "duration", "length"), "integer", lambda r: r.randint(2, 240), ("for {v} minutes", "lasting {v} minutes")),
    Arg(("price", "budget", "max_price", "limit"), "number", lambda r: round(r.uniform(1, 900), 2), ("for {v} euros", "at {v} dollars", "for at most {v}", "up to {v} pounds")),
    Arg(("weight", "kg"), "number", lambda r: round(r.uniform(0.1, 90), 1), ("weighing {v} kg", "of {v} kilograms")),
    Arg(("temperature", "degrees"), "number", lambda r: round(r.uniform(-20, 40), 1), ("at {v} degrees", "set to {v} °C")),
    Arg(("urgent", "express", "priority"), "boolean", lambda r: r.random() < 0.5, ("urgently|without hurry", "as express|not as express")),
    Arg(("private", "secret", "hidden"), "boolean", lambda r: r.random() < 0.5, ("privately|not privately", "and keep it private|and it is not private")),
    Arg(("notify", "confirm", "reply"), "boolean", lambda r: r.random() < 0.5, ("and notify me|and don't notify me", "with a confirmation|without a confirmation")),
    Arg(("colour", "color", "paint"), "enum", lambda r: "", ("in {v}", "coloured {v}"), ("red", "green", "blue", "black", "white", "yellow", "grey")),
    Arg(("size", "format"), "enum", lambda r: "", ("in size {v}", "in {v}"), ("small", "medium", "large", "tiny", "huge")),
    Arg(("language", "lang", "target"), "enum", lambda r: "", ("in {v}", "into {v}"), ("French", "German", "Polish", "Hindi", "Turkish", "Swahili", "Greek")),
    Arg(("level", "priority", "importance"), "enum", lambda r: "", ("with {v} priority", "at level {v}"), ("low", "normal", "high", "urgent")),
    Arg(("unit", "scale", "system"), "enum", lambda r: "", ("in {v}", "measured in {v}"), ("celsius", "fahrenheit", "kelvin", "metres", "miles", "litres")),
    Arg(("mode", "method", "kind"), "enum", lambda r: "", ("in {v} mode", "the {v} way"), ("fast", "slow", "quiet", "safe", "manual", "automatic")),
)


@dataclass(frozen=True)
class Made:
    """A tool, and the words for its task."""

    name: str
    told: str
    verb: tuple[str, str, tuple[str, ...]]
    thing: str
    args: tuple[tuple[str, Arg, tuple[str, ...]], ...]  # its name, its kind, its choices
    optional: frozenset[str]

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for name, arg, choices in self.args:
            properties[name] = {"type": "string", "enum": list(choices)} if arg.kind == "enum" else {"type": arg.kind}
        return {"type": "function", "function": {"name": self.name, "description": self.told, "parameters": {"type": "object", "properties": properties, "required": [n for n, _, _ in self.args if n not in self.optional]}}}


def plain(name: str) -> str:
    """Without accents: tools are called in ASCII."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if c.isascii())


def make_tool(r: Random, verb: tuple, thing: str) -> Made:
    thing = thing.replace("_", " ")
    snake = f"{verb[1]} {thing}".replace(" ", "_")
    camel = "".join(w.capitalize() for w in snake.split("_"))
    name = r.choice((snake, snake, camel, camel[0].lower() + camel[1:], thing.replace(" ", "_"), plain(words.invented(r)), f"{plain(words.invented(r)).lower()}_{r.randint(1, 99)}", f"tool_{r.randint(1, 99)}", f"{thing.split()[0]}{r.randint(1, 9)}"))
    a = "an" if thing[0] in "aeiou" else "a"
    told = r.choice((f"{verb[0]} {a} {thing}.", f"{verb[0]} {a} {thing}.", f"{verb[0]} the {thing} that is asked for.", f"{verb[0]} {thing}s.", f"Use it to {verb[1]} {a} {thing}.", f"{verb[0]} {a} {thing} in the system", f"{r.choice(verb[2]).capitalize()} {a} {thing}."))
    args, seen = [], set()
    for arg in r.sample(ARGS, r.choice((1, 1, 2, 2, 3, 3, 4))):
        key = r.choice(arg.names)
        if key in seen or arg.said[0] in {x.said[0] for _, x, _ in args}:
            continue
        seen.add(key)
        args.append((key, arg, tuple(r.sample(arg.enum, r.randint(2, min(4, len(arg.enum))))) if arg.enum else ()))
    optional = frozenset(k for k, x, _ in args[1:] if r.random() < 0.25)
    return Made(name, told, verb, thing, tuple(args), optional)


def toolset(r: Random) -> list[Made]:
    """Two to eight tools; some share a verb or an object."""
    count = r.choice((2, 2, 3, 3, 4, 5, 6, 8))
    verb, thing = r.choice(VERBS), r.choice(OBJECTS)
    made: list[Made] = []
    while len(made) < count:
        roll = r.random()
        v, t = (verb, r.choice(OBJECTS)) if roll < 0.25 else (r.choice(VERBS), thing) if roll < 0.5 else (r.choice(VERBS), r.choice(OBJECTS))
        tool = make_tool(r, v, t)
        if all(tool.name != m.name and (tool.verb, tool.thing) != (m.verb, m.thing) for m in made):
            made.append(tool)
    return made


def request(r: Random, tool: Made) -> tuple[str, dict[str, Any]]:
    """What somebody asks of the tool, and the arguments that it needs."""
    args: dict[str, Any] = {}
    pieces = []
    for key, arg, choices in tool.args:
        if key in tool.optional and r.random() < 0.5:
            continue
        value = r.choice(choices) if choices else arg.value(r)
        said = r.choice(arg.said)
        if arg.kind == "boolean":
            said = said.split("|")[0 if value else 1]
        args[key] = value
        pieces.append(said.format(v=value))
    if r.random() < 0.4:
        r.shuffle(pieces)
    verb = tool.verb[1] if r.random() < 0.6 else r.choice(tool.verb[2])
    article = r.choice(("the", "a", "the", "my", "this")) if tool.args else "the"
    article = "an" if article == "a" and tool.thing[0] in "aeiou" else article
    body = " ".join((f"{verb} {article} {tool.thing}", *pieces))
    frame = r.choice(("{}.", "{}.", "Please {}.", "Can you {}?", "I want you to {}.", "Could you {}, please?", "{}, please.", "I need you to {}.", "{}", "Would you {}?", "Hi! {}.", "Now {}."))
    text = frame.format(body)
    return (text[0].upper() + text[1:] if not text.startswith("Hi") and r.random() < 0.9 else text), args


def outcome(r: Random, tool: Made) -> str:
    n = r.randint(1, 99999)
    return r.choice(
        (
            f"done, id {n}",
            f"ok: {words.code(r)}",
            str(n),
            f"The {tool.thing} is ready.",
            f"{tool.thing} {n} {r.choice(('created', 'saved', 'found', 'done'))}",
            f"{r.choice(words.THINGS)} {r.choice(words.ADJ)}",
            words.thing_name(r),
            f"{round(r.uniform(0, 99), 2)}",
            f"accepted at {r.randint(0, 23):02d}:{r.randint(10, 59)}",
        )
    )


def _call(thought: str, tool: str, args: dict[str, Any]) -> str:
    blob = json.dumps({"action": tool, "action_input": args}, ensure_ascii=False)
    return f"Thought: {thought}\nAction:\n```\n{blob}\n```"


def spoilt(r: Random, tool: Made, args: dict[str, Any], others: list[Made]) -> tuple[str, str, str]:
    """A call that fails, as (name, arguments as JSON, the error that comes back)."""
    key, arg, choices = r.choice([a for a in tool.args if a[0] in args] or [tool.args[0]])
    bad = dict(args)
    shape = json.dumps(tool.schema()["function"]["parameters"]["properties"], ensure_ascii=False)
    if choices:
        bad[key] = r.choice(words.ADJ)
        why = f"{key} must be one of {', '.join(map(json.dumps, choices))}, and is {json.dumps(bad[key])}"
    elif arg.kind in ("integer", "number"):
        bad[key] = r.choice(("many", "?", "unknown"))
        why = f"{key} must be {'an integer' if arg.kind == 'integer' else 'a number'}, and is {json.dumps(bad[key])}"
    else:
        bad.pop(key, None)
        why = f"{key} is missing"
    return tool.name, json.dumps(bad, ensure_ascii=False), f"error: the input does not fit {tool.name}: {why}; it takes {shape}"


def conversation(r: Random, show: Callable[[list[dict[str, Any]]], str]) -> list[Part]:
    """A few requests to one set of tools, each a call, its result and an answer."""
    tools = toolset(r)
    parts: list[Part] = [("control", "<|system|>"), ("plain", "\n" + show([t.schema() for t in tools])), ("control", "</s>")]

    def turn(role: str, kind: str, text: str) -> None:
        parts.extend([("plain", "\n"), ("control", role), ("plain", "\n"), (kind, text), ("end" if kind == "target" else "control", "</s>")])

    for _ in range(r.choice((1, 2, 2, 3, 4))):
        tool = r.choice(tools)
        asked, args = request(r, tool)
        turn("<|user|>", "plain", asked)
        thought = f"I need {tool.name}."
        if tool.args and r.random() < 0.12:
            name, bad, error = spoilt(r, tool, args, tools)
            turn("<|assistant|>", "plain", f'Thought: {thought}\nAction:\n```\n{{"action": {json.dumps(name)}, "action_input": {bad}}}\n```')
            turn("<|user|>", "plain", f"Observation: {error}")
            thought = "The input was wrong. I will correct it."
        turn("<|assistant|>", "target", _call(thought, tool.name, args))
        result = outcome(r, tool)
        turn("<|user|>", "plain", f"Observation: {result}")
        turn("<|assistant|>", "target", finish(result))
    return parts


if __name__ == "__main__":
    from prompts import with_schemas

    for seed in range(3):
        print("".join(t for _, t in conversation(Random(seed), with_schemas)), "\n--------")
