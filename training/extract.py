"""A JSON object out of a text, in the three forms in which chatwright asks for one.

Under a schema the model sees the user's text alone, and a grammar forces the keys; as a function call it sees one tool
named like a class; in JSON mode the user names the keys. One to four texts per conversation.

python3 training/extract.py        prints a few
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import facts
import prose
import records
from drills import Part, turn
from prompts import with_schemas
from questions import Again
from records import Told

FREE, CALL = 0.55, 0.30  # shares of the schema form and of the function call; the rest names its keys
MAX_CHARS = 1_780
_VERB = ("Extract", "Extract", "Get", "Pull", "Pick", "Read", "Take", "Collect", "Find", "Gather", "Fetch", "Parse", "Note")
_WHAT = ("the data", "the details", "the {noun}", "the {noun}", "the facts", "the fields", "the values", "all you can", "the record", "what matters", "the information", "the {noun} data", "the key facts", "everything asked for")
_FROM = ("", "", " from this", " out of this", " from the text", " from the text below", " out of the following message", " from this note", " from this sentence", " in here", " from what follows", " of this {noun}")
_SHORT = (
    "Parse:",
    "Extract:",
    "Extract:",
    "Input:",
    "Text:",
    "Data:",
    "Data?",
    "Structure this:",
    "To JSON:",
    "Convert:",
    "{Noun}:",
    "Fill in the form from this message:",
    "Fill in the form:",
    "Fill the fields:",
    "Here is a {noun}:",
    "Read this {noun}:",
    "What does this say?",
    "Analyse this:",
    "Process this message:",
    "Put this into the database:",
    "Save this {noun}:",
    "Store:",
    "Make a {noun} of this:",
    "Make a record of it:",
    "Turn this into a {noun}:",
    "Which data are in here?",
    "What do we learn here?",
    "Understand this {noun}:",
    "Tidy this up:",
    "Log this {noun}:",
    "Here's the message:",
    "Next one:",
    "The customer writes:",
    "I got this:",
    "Classify:",
    "Describe this:",
    "From the mail:",
    "Read:",
    "Please sort this in:",
    "Summarise as data:",
    "Can you structure this?",
    "Take this down:",
    "Look:",
)
_AFTER = (
    "Extract {what}.",
    "Get {what} out of this.",
    "Please extract {what}.",
    "What are {what}?",
    "Fill in the form.",
    "Put it into the form.",
    "Give me {what}.",
    "Structure this, please.",
    "Make a {noun} of it.",
    "Can you pull {what} from this?",
    "Save that as a {noun}.",
    "Parse this.",
    "Please note {what}.",
    "What does it say?",
    "Enter this {noun}.",
    "I need {what}.",
    "Convert it.",
    "Write down {what}.",
)
_ABOUT = (
    "Extract {what} of {about}: {text}",
    "Only {about}: {text}",
    "{text}\nWhat is said of {about}?",
    "{text}\nExtract {about}.",
    "Give me the record of {about}. {text}",
    "About {about} only.\n\n{text}",
    "{text}\n\nTake the data of {about}, not the other.",
    "Text: {text}\nWanted: {about}",
    "I am interested in {about}: {text}",
)
_NAMED = (
    "{text}\nGive me {keys} as JSON.",
    "Extract {keys} as JSON: {text}",
    "Read this and return JSON with the keys {keys}.\n\n{text}",
    "{text}\n\nReturn a JSON object with {keys}.",
    "Answer as JSON with keys {keys}. {text}",
    "Answer as JSON with keys {keys}.\n{text}",
    "{text}\nAnswer as JSON with the keys {keys}.",
    "{text}\nWhat are {keys}? Answer in JSON.",
    "Turn this into JSON ({keys}): {text}",
    "JSON please, keys {keys}. Text: {text}",
    "Reply only with a JSON object. Fields: {keys}.\n\nText: {text}",
    "Text: {text}\nKeys: {keys}\nFormat: JSON",
    "Make a JSON object from this text, with {keys}: {text}",
    "{text}\nAs JSON please, with {keys}.",
    "Output JSON. Keys: {keys}.\n{text}",
    "I need a JSON object with the fields {keys} from: {text}",
    "Write {keys} of this {noun} as JSON: {text}",
    "{text}\n\nJSON with {keys}, nothing else.",
    "Convert to JSON. Use these keys: {keys}. {text}",
    "Respond in JSON format with {keys}. The text is: {text}",
)
_ASK_KEYS = ("Extract {keys}: {text}", "{text}\nExtract {keys}.", "What is the {keys}? {text}", "{text}\nI need the {keys}.", "Get the {keys} from this: {text}", "{text} Tell me the {keys}.", "Find {keys} in this text: {text}", "{keys}? {text}")


def entity(rng: Random) -> Told:
    """What a few sentences of an article say of somebody or something."""
    e = facts.make_entity(rng, rng.choice(("person", "person", "place", "company", "ship", "product", "animal", "structure", "work")))
    facts.fill(rng, e, rng.randint(2, 4), [e])
    wanted = [f for f in e.facts.values() if f.value][: rng.randint(1, 4)]
    told = {f.relation.key for f in wanted}
    lines = [line for line, keys in prose.prose(rng, e) if keys & told or rng.random() < 0.2]
    text = " ".join(lines)
    if not wanted or len(text) > 500 or e.name not in text:
        raise Again
    values: dict[str, Any] = {}
    if rng.random() < 0.7:
        values["name"] = e.name
    for f in wanted:
        noun = f.relation.nouns[0]
        noun = noun[10:] if noun.startswith("number of ") and rng.random() < 0.5 else noun
        key = rng.choice((noun.replace(" ", "_"), noun.replace(" ", "_"), noun, "".join(w.capitalize() for w in noun.split())))
        if f.value not in text:
            raise Again
        values[key] = f.number if f.number is not None and (f.value.replace(",", "") == str(f.number) or rng.random() < 0.7) else f.value
    kinds = {int: "integer", float: "number", str: "string"}
    return Told((rng.choice(("Entry", "Article", "Fact", "Entity")),), text, values, {k: {"type": kinds[type(v)]} for k, v in values.items()})


def told(rng: Random) -> Told:
    while True:
        try:
            one = entity(rng) if rng.random() < 0.08 else records.draw(rng)
        except Again:
            continue
        if len(one.text) <= 560 and one.values and not any(isinstance(v, str) and v not in one.text for k, v in one.values.items() if "enum" not in one.schema[k]):
            return one


def worded(frame: str, noun: str) -> str:
    """A frame with the noun of the record, its article right."""
    one = "list" if (noun.endswith("s") and not noun.endswith("ss")) or noun in ("people", "staff", "info", "data", "stock") else noun
    frame = frame.replace("a {noun}", f"{'an' if one[0] in 'aeiou' else 'a'} {one}").replace("this {noun}", f"this {one}")
    return frame.replace("{noun}", noun).replace("{Noun}", noun.capitalize())


def reply_of(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def listed(rng: Random, one: Told) -> str:
    """The keys, as somebody types them."""
    keys = list(one.values)

    def typed(key: str) -> str:
        schema = one.schema[key]
        return f"{key} ({' or '.join(schema['enum'])})" if "enum" in schema else f"{key} ({schema['type']})"

    roll = rng.random()
    if roll < 0.3:
        return ", ".join(f'"{k}"' for k in keys)
    if roll < 0.45:
        return ", ".join(typed(k) for k in keys)
    if roll < 0.6 and len(keys) > 1:
        return f"{', '.join(keys[:-1])} and {keys[-1]}"
    if roll < 0.68:
        return "[" + ", ".join(f'"{k}"' for k in keys) + "]"
    if roll < 0.76:
        return ", ".join(f"{k} ({'/'.join(one.schema[k]['enum'])})" if "enum" in one.schema[k] else k for k in keys)
    return ", ".join(keys)


def schema_text(rng: Random, one: Told) -> str:
    whole = {"type": "object", "properties": one.schema, "required": list(one.schema)}
    return rng.choice((json.dumps(whole, ensure_ascii=False), json.dumps(one.schema, ensure_ascii=False), json.dumps({k: "|".join(v["enum"]) if "enum" in v else v["type"] for k, v in one.schema.items()}, ensure_ascii=False)))


def request(rng: Random, one: Told) -> tuple[str, bool]:
    """What the user types, without the keys or (a fifth) with them; and whether they are named."""
    noun = records.plain_noun(one.names[0])
    text = one.text
    roll = rng.random()
    if one.about:
        ask = rng.choice(_ABOUT).replace("{what}", rng.choice(_WHAT)).replace("{noun}", noun).replace("{about}", one.about).replace("{text}", text)
        return (f"{ask}\nKeys: {listed(rng, one)}", True) if roll < 0.2 else (ask, False)
    if roll < 0.12:
        return rng.choice(_NAMED).replace("{keys}", listed(rng, one)).replace("{noun}", noun).replace("{text}", text), True
    if roll < 0.2:
        schema = schema_text(rng, one)
        return rng.choice((f"{text}\n\nSchema: {schema}", f"Answer with JSON of this schema: {schema}\n\n{text}", f"Fill this in: {schema}\nText: {text}", f"{schema}\n{text}", f"Return an object like {schema} for: {text}")), True
    if roll < 0.3:
        keys = [k.replace("_", " ") for k in one.values]
        return rng.choice(_ASK_KEYS).replace("{keys}", keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}").replace("{text}", text), True
    if roll < 0.48:
        return text, False
    what = rng.choice(_WHAT).replace("{noun}", noun)
    if roll < 0.66:
        ask = worded(f"{rng.choice(_VERB)} {what}{rng.choice(_FROM)}", noun)
        ask = rng.choice(("", "", "", "Please ", "Can you ")) + ask
        ask = ("Please " + ask[7:8].lower() + ask[8:] if ask.startswith("Please ") else "Can you " + ask[8:9].lower() + ask[9:] if ask.startswith("Can you ") else ask) + rng.choice((": ", ": ", ":\n", ":\n\n", ". ", ".\n\n"))
        return (f'{ask}"{text}"' if rng.random() < 0.08 and '"' not in text else ask + text), False
    if roll < 0.86:
        return worded(rng.choice(_SHORT), noun) + rng.choice((" ", " ", "\n", "\n\n")) + text, False
    return text + rng.choice((" ", "\n", "\n\n") if text[-1] in ".!?" else ("\n", "\n\n")) + worded(rng.choice(_AFTER), noun).replace("{what}", what), False


def forced(values: dict[str, Any], asked: str) -> list[Part]:
    """A turn whose keys a grammar forces: they are read, and only the values are learned.

    The cuts are where the tokenizer cuts anyway.
    """
    parts = turn(asked, "")
    parts, end = parts[:-2], parts[-1]
    for i, (key, value) in enumerate(values.items()):
        parts.append(("plain", ("{" if i == 0 else " ") + json.dumps(key, ensure_ascii=False) + ":"))
        parts.append(("target", " " + json.dumps(value, ensure_ascii=False) + ("}" if i == len(values) - 1 else ",")))
    return [*parts, end]


def free_turn(rng: Random) -> list[Part]:
    one = told(rng)
    asked, named = request(rng, one)
    return turn(asked, reply_of(one.values)) if named and rng.random() < 0.7 else forced(one.values, asked)


def named_turn(rng: Random) -> list[Part]:
    one = told(rng)
    noun = records.plain_noun(one.names[0])
    ask = rng.choice(_NAMED).replace("{keys}", listed(rng, one)).replace("{noun}", noun).replace("{text}", one.text)
    return turn(f"{ask}\nOnly {one.about}." if one.about else ask, reply_of(one.values))


def call_turn(rng: Random) -> list[Part]:
    """The system message with a tool named like a class, and a text of its kind."""
    one = told(rng)
    name = rng.choice(one.names)
    name = rng.choice((name, name, name, name, f"{name}Info", f"Extract{name}", f"{name}Data", records.plain_noun(name).replace(" ", "_"), "extract", f"save_{records.plain_noun(name).replace(' ', '_')}"))
    noun = records.plain_noun(one.names[0])
    a = "The" if noun.endswith("s") or noun in ("people", "staff", "crew", "cast", "info", "data", "stock", "inventory") else "An" if noun[0] in "aeiou" else "A"
    what = rng.choice((f"{a} {noun}.", f"{a} {noun}.", f"{a} {noun}.", f"The data of {a.lower()} {noun}.", f"Information about {a.lower()} {noun}.", f"Extracts {a.lower()} {noun} from text.", f"{a} {noun} as the text tells it.", f"Record of {a.lower()} {noun}"))
    system = with_schemas([{"type": "function", "function": {"name": name, "description": what, "parameters": {"type": "object", "properties": one.schema, "required": list(one.schema)}}}])
    parts: list[Part] = [("control", "<|system|>"), ("plain", "\n" + system), ("control", "</s>")]
    asked, _ = request(rng, one)
    blob = json.dumps({"action": name, "action_input": one.values}, ensure_ascii=False)
    return [*parts, ("plain", "\n"), *turn(asked, f"Thought: I need {name}.\nAction:\n```\n{blob}\n```")]


def conversation(rng: Random) -> list[Part]:
    count = rng.choice((1, 1, 1, 2, 3, 4))
    roll = rng.random()
    if roll < CALL:
        return call_turn(rng)
    one_turn = free_turn if roll < CALL + FREE else named_turn
    parts: list[Part] = []
    for _ in range(count):
        parts += [*(parts and [("plain", "\n")]), *one_turn(rng)]
    return parts


def single(rng: Random) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """One request of the schema form: what the user types, the schema, the object."""
    one = told(rng)
    return request(rng, one)[0], {"type": "object", "properties": one.schema, "required": list(one.schema)}, one.values


def sample(rng: Random) -> list[Part]:
    while True:
        parts = conversation(rng)
        if sum(len(t) for _, t in parts) <= MAX_CHARS:
            return parts


if __name__ == "__main__":
    for seed in range(12):
        print("".join(t for _, t in sample(Random(seed))), "\n----")
