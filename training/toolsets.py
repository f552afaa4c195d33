"""Tools that nobody has seen: made-up names, descriptions and typed arguments, and what people ask of them.

A conversation has one to eight tools and a few requests. Only reading the descriptions tells which tool is meant, for names
may be made up, and other tools share its verb or its object. Some calls fail first: the error says why, the next call is right.

    python3 training/toolsets.py        prints a few
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import toolerrors
import toolwords
import words
from phrases import CANNOT
from toolwords import KINDS, OPS, SPECS, THINGS, VERBS, Kind, expand, needed
from writing import finish

Part = tuple[str, str]
MOST = 4_400  # characters of a conversation


@dataclass(frozen=True)
class Slot:
    """An argument of a tool."""

    key: str  # its name in the schema
    id: str  # its name in the patterns
    kind: Kind
    optional: bool
    choices: tuple[tuple[str, str], ...] = ()  # as in the schema, as people say it
    open: bool = False  # a string, though there are choices
    told: str = ""

    def schema(self) -> dict[str, Any]:
        if self.choices and not self.open:
            made: dict[str, Any] = {"type": "string", "enum": [c for c, _ in self.choices]}
        elif self.kind.type == "array":
            made = {"type": "array", "items": {"type": "string"}}
        else:
            made = {"type": "string" if self.kind.type == "enum" else self.kind.type}
        return {**made, "description": self.told} if self.told else made


@dataclass(frozen=True)
class Made:
    """A tool, and how people ask for it."""

    name: str
    told: str
    slots: tuple[Slot, ...]
    asks: tuple[str, ...]
    out: str
    topic: str  # two tools of one set never share it
    trade: str = ""
    noun: str = ""
    verbs: frozenset[str] = frozenset()

    def schema(self) -> dict[str, Any]:
        parameters = {"type": "object", "properties": {s.key: s.schema() for s in self.slots}, "required": [s.key for s in self.slots if not s.optional]}
        return {"type": "function", "function": {"name": self.name, "description": self.told, "parameters": parameters}}


def plain(name: str) -> str:
    """Without accents: tools are called in ASCII."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if c.isascii() and (c.isalnum() or c in "_-"))


def _styled(r: Random, snake: str) -> str:
    parts = [p for p in re.split(r"[ _-]+", plain(snake.replace(" ", "_"))) if p]
    camel = "".join(p.capitalize() for p in parts)
    snake = "_".join(parts).lower()
    return r.choice((snake, snake, snake, snake, camel, camel[0].lower() + camel[1:], snake.replace("_", "-"), snake.upper() if r.random() < 0.2 else snake))


PREFIXES = "crm erp api my app db svc acme home shop tool do x v2 core sys agent bot hub cloud net client".split()


def _name(r: Random, snake: str, trade: str) -> str:
    roll = r.random()
    if roll < 0.1:
        wild = plain(words.invented(r)) or "Zed"
        return r.choice((wild, wild.lower(), f"{wild.lower()}_{r.randint(1, 99)}", f"tool_{r.randint(1, 99)}", f"f{r.randint(1, 99)}", "".join(r.choice("abcdefghkmnpqrstvwxyz") for _ in range(r.randint(2, 4))), f"fn{r.choice('ABCDEXYZ')}", f"action{r.randint(1, 20)}"))
    if roll < 0.22:
        snake = f"{r.choice((trade or 'my', *PREFIXES[:3], r.choice(PREFIXES), plain(words.invented(r)).lower() or 'k'))}_{snake}"
    elif roll < 0.27:
        snake = f"{snake}_{r.choice(('v2', 'tool', 'now', 'by_id', 'api', 'new', 'action', '2'))}"
    return _styled(r, snake)[:60]


def _literal(style: int, said: str) -> str:
    if style == 1:
        return said.upper().replace(" ", "_")
    if style == 2:
        return said.title()
    if style == 3:
        return said.replace(" ", "-").lower()
    return said if style == 4 else said.lower().replace(" ", "_")


def _slot(r: Random, id: str, kind: Kind, names: tuple[str, ...], optional: bool, taken: set[str]) -> tuple[Slot, str] | None:
    """A slot, and what the description of the tool has to say about it."""
    key = r.choice(names)
    if key in taken:
        key = next((n for n in names if n not in taken), "")
        if not key:
            return None
    if (style := r.random()) < 0.1 and "_" in key:
        head, *rest = key.split("_")
        key = head + "".join(w.capitalize() for w in rest)
    elif style < 0.13:
        key = f"{key}_{r.choice(('value', 'name', 'param'))}" if kind.type == "string" else key.capitalize()
    if key in taken:
        return None
    choices: tuple[tuple[str, str], ...] = ()
    note, opened = "", False
    if kind.choices:
        some = r.sample(kind.choices, min(len(kind.choices), r.choice((2, 3, 3, 4, 5))))
        style = r.choice((0, 0, 0, 0, 1, 2, 3, 4))
        choices = tuple((_literal(style, s), s) for s in some)
        if len({c for c, _ in choices}) < len(choices) or kind.choices[0] == "EUR":
            choices = tuple((s, s) for s in some)
        aliases = next((a for k, a in toolwords.ALIASES.items() if kind is KINDS[k]), ())
        if aliases and r.random() < 0.25:
            choices = aliases
            note = f" {key}: {', '.join(f'{c} for {s}' for c, s in choices)}."
        elif r.random() < 0.08:
            letters = r.sample("abcdefghkmpqrstwxyz", len(some))
            choices = tuple(zip(letters, some, strict=True))
            note = f" {key}: {', '.join(f'{c} for {s}' for c, s in choices)}."
        opened = not note and r.random() < 0.06 and style in (0, 4) and all(c == s for c, s in choices)
    told = r.choice(("", "", "", f"the {key.replace('_', ' ')}", f"{key.replace('_', ' ').capitalize()} of the request."))
    return Slot(key, id, kind, optional, choices, opened, told), note


def _imperative(told: str) -> str:
    """`Get the weather` for `Gets the weather`."""

    def base(m: re.Match[str]) -> str:
        verb = m[0]
        if verb.endswith("ies"):
            return verb[:-3] + "y"
        return verb[:-2] if verb.endswith(("ches", "shes", "xes", "sses")) else verb[:-1]

    if not re.match(r"[A-Z][a-z]+s\b", told) or told.startswith(("Press", "Compress")):
        return told
    told = re.sub(r"^[A-Z][a-z]+s\b", base, told)
    return re.sub(r"(?<= (?:or|nd) )(renames|unlocks|dims)\b", base, told)


EXTRAS = ("Returns JSON.", "Read only.", "Needs no login.", "Use it only when asked.", "Times are in UTC.", "May take a while.", "Gives one line of text.", "Ask for all arguments first.", "Works offline.", "Not for private use.", "Changes nothing else.")


def _finished(r: Random, name: str, told: str, slots: list[Slot], notes: str, asks: tuple[str, ...], out: str, topic: str, trade: str, noun: str = "", verbs: frozenset[str] = frozenset()) -> Made:
    told = told.rstrip(". ")
    if r.random() < 0.35:
        told = _imperative(told)
    roll = r.random()
    if roll < 0.12 and not told.startswith("Use"):
        told = f"Use this tool when the user asks for this: {told[0].lower()}{told[1:]}"
    elif roll < 0.2:
        told = f"Tool that {told[0].lower()}{told[1:]}" if re.match(r"[A-Z][a-z]+s\b", told) else told
    told += "." if r.random() < 0.9 or notes else ""
    if notes:
        told += notes
    elif slots and r.random() < 0.05:
        told = f"{told.rstrip('.')}. Args: {', '.join(f'{s.key} ({s.kind.type})' for s in slots)}."
    elif r.random() < 0.18:
        told = f"{told.rstrip('.')}. {r.choice(EXTRAS)}"
    return Made(name, told.replace("(enum)", "(string)"), tuple(slots), asks, out, topic, trade, noun, verbs)


def _slots(r: Random, given: list[tuple[str, Kind, tuple[str, ...], bool]]) -> tuple[list[Slot], str]:
    slots: list[Slot] = []
    notes = ""
    for id, kind, names, optional in given:
        made = _slot(r, id, kind, names, optional, {s.key for s in slots})
        if made:
            slots.append(made[0])
            notes += made[1]
    if r.random() < 0.15:
        r.shuffle(slots)
    return slots, notes


def _of_spec(r: Random, at: int) -> Made | None:
    spec = SPECS[at]
    given = []
    for word in spec.slots.split():
        optional = word.endswith("?")
        head, _, names = word.rstrip("?").partition("=")
        id, _, kind = head.partition(":")
        if optional and r.random() < 0.45:
            continue
        k = KINDS[kind or id]
        given.append((id, k, tuple(names.split("/")) if names else k.names, optional and r.random() < 0.8))
    slots, notes = _slots(r, given)
    if len(slots) < len(given):
        return None
    same = [s for s in slots if s.id in ("from", "to") and s.choices]
    if len(same) == 2:  # both take the same choices
        slots = [Slot(s.key, s.id, s.kind, s.optional, same[0].choices, same[0].open, s.told) if s in same else s for s in slots]
        notes = notes.split(".")[0] + "." if notes else ""
        if notes:
            notes = f" {', '.join(f'{c} for {w}' for c, w in same[0].choices)}."
            notes = " Units:" + notes
        if len(same[0].choices) < 2:
            return None
    told = expand(r, r.choice(_alternatives(spec.told)), {})
    return _finished(r, _name(r, r.choice(spec.names.split("|")), spec.like), told, slots, notes, spec.asks, spec.out, f"spec{at}", spec.like)


def _alternatives(told: str) -> list[str]:
    """The parts between bars that stand outside of all brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(told):
        depth += (char in "([") - (char in ")]")
        if char == "|" and not depth:
            parts.append(told[start:at])
            start = at + 1
    return [*parts, told[start:]]


FILTERS = frozenset("price owner status date colour size city currency level tags year language room diet genre country period class private with".split())


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeo" else noun + "s"


def _of_thing(r: Random, thing: tuple[str, str, str], op: str) -> Made:
    trade, has = thing[0].split("/")[0], thing[2].split()
    nouns = thing[1].split(",")
    noun = r.choice((nouns[0], nouns[0], nouns[-1])).replace("_", " ")
    names, verbs, said, out = OPS[op]
    whose = KINDS[r.choice(("id", "id", "code"))]
    ident = (whose is KINDS["id"] and "id") or "code"
    ident_names = (f"{noun.replace(' ', '_')}_id", "id", *whose.names)
    chosen = [h for h in has if r.random() < 0.55] or has[:1]
    given: list[tuple[str, Kind, tuple[str, ...], bool]] = []
    if op in ("list", "count"):
        able = [h for h in chosen if h in FILTERS] or [h for h in has if h in FILTERS][:1] or ["status"]
        given = [(h, KINDS[h], KINDS[h].names, r.random() < 0.4) for h in able[:2]]
        if op == "list" and r.random() < 0.3:
            extra = r.choice(("limit", "sort"))
            given.append((extra, KINDS[extra], KINDS[extra].names, True))
    elif op == "create":
        given = [(h, KINDS[h], KINDS[h].names, i > 0 and r.random() < 0.35) for i, h in enumerate(chosen[:4])]
    else:
        given = [(ident, whose, ident_names, False)]
        if op == "update":
            given += [(h, KINDS[h], KINDS[h].names, r.random() < 0.25) for h in chosen[:2]]
        elif op == "share":
            given.append(("recipient", KINDS["recipient"], KINDS["recipient"].names, False))
        else:
            extra = r.choice(("format", "details", "notify", "confirm", "force", "")) if op != "export" else "format"
            given += [(extra, KINDS[extra], KINDS[extra].names, True)] if extra and r.random() < 0.5 else []
    slots, notes = _slots(r, given)
    many = op in ("list", "count")
    shown = _plural(noun) if many else r.choice((_article(noun), f"the {noun}", _article(noun)))
    verb = r.choice(names.split())
    told = f"{r.choice(verbs.split('|'))} {shown}{r.choice(('', '', ' in the system', ' by its number' if ident == 'id' and not many and op != 'create' else '', f' of the {trade}'))}"
    spoken = _plural(noun) if many else noun
    if op in ("list", "count"):
        asks: tuple[str, ...] = (f"{said} {spoken}", f"{said} {spoken}", f"(Which|What) {spoken} are there?" if op == "list" else f"How many {spoken} are there?")
    elif op == "create":
        asks = (f"{said} {_article(noun)}", f"{said} a new {noun}", f"I need a new {noun}")
    else:
        pin = r.choice(("number {id}", "{id}", "no. {id}", "#{id}", "with id {id}")) if ident == "id" else r.choice(("{code}", "{code}", "with the code {code}"))
        asks = (f"{said} (the |the |my |){noun} {pin}", f"{said} {noun} {pin}", f"{said} the {noun} {pin}")
        if op == "get":
            asks += (f"What do we know about {noun} {pin}?", f"What's in {noun} {pin}?")
        if op == "delete":
            asks += (f"I don't (need|want) {noun} {pin} any more, (delete|cancel|remove) it",)
        if op == "update":
            asks += (f"{noun} {pin} (has to|should) be changed",)
    base = f"{verb}_{spoken if many else noun}"
    if r.random() < 0.08:
        base = f"{noun}_{verb}"
    return _finished(r, _name(r, base.replace(" ", "_"), trade), told, slots, notes, asks, out, f"{op} {nouns[0]}", trade, nouns[0].replace("_", " "), frozenset(OPS))


GENERIC = ("with the {n} {{{k}}}", "with {n} {{{k}}}", "{n}: {{{k}}}", "{{{k}}} as the {n}", "and set {n} to {{{k}}}", "({n} {{{k}}})", "{n} = {{{k}}}", "using {{{k}}} as {n}")


def _unheard(r: Random, id: str) -> tuple[str, Kind, tuple[str, ...], bool]:
    """An argument of any name, which the request says."""
    name = r.choice((r.choice(words.NOUNS), r.choice(words.NOUNS), r.choice(words.THINGS), r.choice(words.MATERIALS), (plain(words.invented(r)) or "Ka").lower()))
    said = name.replace("_", " ")
    like = r.choice(("integer", "number", "string", "string", "enum", "enum", "boolean", "boolean"))
    like = "integer" if name.startswith("number_of") else like
    phrases = tuple(p.format(n=said, k="v") for p in GENERIC)
    if like == "boolean":
        kind = Kind((name,), "boolean", None, (f"with {said}|without {said}", f"{said} on|{said} off", f"use {said}|no {said}"))
    elif like == "enum":
        some = tuple(r.sample(toolwords.MORE_ENUM, 4)) if r.random() < 0.6 else tuple(dict.fromkeys(words.invented(r).lower() if r.random() < 0.5 else r.choice(words.ADJ) for _ in range(5)))
        kind = Kind((name,), "enum", None, phrases, some)
    elif like == "string":
        kind = Kind((name,), "string", KINDS[r.choice(("word", "title", "code", "query", "path", "owner", "city"))].draw, phrases)
    else:
        kind = Kind((name,), like, KINDS[r.choice(("count", "limit", "id")) if like == "integer" else r.choice(("value", "weight", "degrees"))].draw, phrases)
    return id, kind, (name,), r.random() < 0.2


FREE = "city recipient owner with title text date time id code count people minutes price weight degrees urgent private notify colour size language level mode percent tags format room unit".split()


def _of_nothing(r: Random, verb: tuple[str, str], noun: str) -> Made:
    """A tool that nobody ever heard of."""
    noun = noun.replace("_", " ")
    base, more = verb[0], verb[1].split(",")
    third = base + ("es" if base.endswith(("s", "ch", "sh", "x")) else "s") if not (base.endswith("y") and base[-2] not in "aeiou") else base[:-1] + "ies"
    told = r.choice((f"{third.capitalize()} {_article(noun)}", f"{third.capitalize()} {_plural(noun)}", f"{third.capitalize()} the {noun} that is asked for", f"Use it to {base} {_article(noun)}", f"{third.capitalize()} {_article(noun)} in the system", f"{r.choice(more).capitalize()} {_article(noun)}"))
    given = []
    for i in range(r.choice((1, 1, 2, 2, 3, 3, 4))):
        if r.random() < 0.4:
            given.append(_unheard(r, f"u{i}"))
        else:
            k = r.choice(FREE)
            if all(g[0] != k for g in given):
                given.append((k, KINDS[k], KINDS[k].names, i > 0 and r.random() < 0.25))
    slots, notes = _slots(r, given)
    said = f"({base}|{base}|{'|'.join(more)})"
    asks = (f"{said} (the|{_article(noun).split()[0]}|the|my|this) {noun}", f"{said} (the|my|our) {noun}", f"(My|The) {noun}: (please |){base} it")
    name = r.choice((f"{base}_{noun}", f"{base}_{noun}", f"{base}_{noun}", noun, f"{noun}_{base}", f"{noun.split()[0]}{r.randint(1, 9)}"))
    return _finished(r, _name(r, name.replace(" ", "_"), ""), told, slots, notes, asks, "{o}|{c}|{n}|{w}|{t}|ready|{d}|{j}", f"{base} {noun}", "", noun, frozenset((base, *more)))


def _object(r: Random) -> str:
    return r.choice((r.choice(words.THINGS), r.choice(words.ANIMALS), r.choice(THINGS)[1].split(",")[0], f"{r.choice(words.MATERIALS)} {r.choice(words.THINGS)}", r.choice(words.INSTRUMENTS), plain(words.invented(r)).lower() or "zib"))


def _clash(one: Made, other: Made) -> bool:
    """Whether nobody could tell which of the two is meant."""
    if one.name.lower() == other.name.lower() or one.topic == other.topic:
        return True
    if bool(one.noun) != bool(other.noun):  # one of a trade, one of a system
        noun = (one.noun or other.noun).split()[-1]
        return noun in one.told.lower() and noun in other.told.lower()
    if not one.noun or one.noun != other.noun:
        return False
    return one.trade != other.trade or (not one.trade and bool(one.verbs & other.verbs))


def toolset(r: Random) -> list[Made]:
    """One to eight tools; some resemble each other."""
    count = r.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8))
    style = r.random()
    thing, verb, noun = r.choice(THINGS), r.choice(VERBS), _object(r)
    trade = r.choice(SPECS).like
    made: list[Made] = []
    tries = 0
    while len(made) < count:
        tries += 1
        roll = r.random()
        if tries > 20:
            style, roll = 1.0, 0.9
        if style < 0.35:  # what people know
            near = [i for i, s in enumerate(SPECS) if s.like == trade]
            tool = _of_spec(r, r.choice(near) if roll < 0.5 else r.randrange(len(SPECS)))
        elif style < 0.7:  # one system with its things
            kin = [t for t in THINGS if t[0] == thing[0]]
            which = thing if roll < 0.5 else r.choice(kin) if roll < 0.75 else r.choice(THINGS)
            tool = _of_spec(r, r.randrange(len(SPECS))) if roll > 0.9 else _of_thing(r, which, r.choice(list(OPS)))
        else:
            v, t = (verb, _object(r)) if roll < 0.2 else (r.choice(VERBS), noun) if roll < 0.4 else (r.choice(VERBS), _object(r))
            tool = _of_nothing(r, v, t) if roll < 0.8 else _of_thing(r, r.choice(THINGS), r.choice(list(OPS))) if roll < 0.9 else _of_spec(r, r.randrange(len(SPECS)))
        if tool and tool.name and not any(_clash(tool, m) for m in made):
            made.append(tool)
    return made


ORDERS = (
    "{}.",
    "{}.",
    "{}",
    "Please {}.",
    "Can you {}?",
    "I want you to {}.",
    "Could you {}, please?",
    "{}, please.",
    "I need you to {}.",
    "Would you {}?",
    "Now {}.",
    "Can you please {}?",
    "It would be great if you could {}.",
    "Kindly {}.",
    "I'd like you to {}.",
    "hey, {}",
    "Would you mind helping me? {}.",
    "please {}",
    "Go ahead and {}.",
    "Could somebody {}?",
    "Next, {}.",
    "Let's {}.",
)
OPENERS = ("Hi! ", "Hello, ", "Good morning! ", "Thanks. ", "OK, ", "Quick question: ", "Sorry to bother you. ", "I'm in a hurry. ", "One more thing. ", "Great! ", "My boss is waiting. ", "It's been a long day. ", "I hope you are well. ", "We talked about this yesterday. ", "So, ", "Hmm. ")
CLOSERS = (" Thanks!", " Thank you.", " Thanks a lot in advance.", " That's all for now.", " No rush.", " I appreciate it.", " Cheers!", " That would help me a lot.")


def value_of(r: Random, slot: Slot) -> tuple[Any, str]:
    """A value, and how it is said."""
    if slot.choices:
        literal, said = r.choice(slot.choices)
        return literal, said if r.random() < 0.85 or said.isupper() else r.choice((said.capitalize(), said.lower())) if not slot.open else said
    if slot.kind.type == "boolean":
        return r.random() < 0.5, ""
    assert slot.kind.draw
    return slot.kind.draw(r)


def arguments(r: Random, tool: Made) -> dict[str, tuple[Any, str]]:
    """Values for what a request says, by the id of the slot."""
    given: dict[str, tuple[Any, str]] = {}
    for slot in tool.slots:
        if slot.optional and r.random() < 0.5:
            continue
        value = value_of(r, slot)
        for _ in range(8):  # not from a place to itself
            if all(value[0] != v for v, _ in given.values()) or slot.kind.type == "boolean":
                break
            value = value_of(r, slot)
        given[slot.id] = value
    return given


def _lower(text: str) -> str:
    return text[0].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def sentence(r: Random, tool: Made, given: dict[str, tuple[Any, str]]) -> str:
    """What somebody says who wants that."""
    slots = {s.id: s for s in tool.slots}
    spoken = {k: f"\x03{k}\x03" for k in given if slots[k].kind.type != "boolean"}
    able = [a for a in tool.asks if needed(a) <= set(spoken)] or [tool.asks[0]]
    body = expand(r, r.choice(able), spoken)
    tails = []
    for k in given:
        if f"\x03{k}\x03" in body:
            continue
        said = r.choice(slots[k].kind.said)
        if slots[k].kind.type == "boolean":
            said = said.split("|")[0 if given[k][0] else 1]
        elif r.random() < 0.1:
            said = r.choice(GENERIC).format(n=slots[k].key.replace("_", " ").lower(), k="v")
        tails.append(said.replace("{v}", f"\x03{k}\x03"))
    if r.random() < 0.4:
        r.shuffle(tails)
    for k in spoken:
        if re.match(r"(today|tomorrow|tonight|next|this)\b", given[k][1]):
            body = body.replace(f"on \x03{k}\x03", f"\x03{k}\x03")
            tails = [f"\x03{k}\x03" if t == f"on \x03{k}\x03" else t for t in tails]
    question = body.endswith("?")
    body = body.rstrip("?. ")
    glue = r.choice((" ", " ", " ", ", "))
    front = behind = ""
    if tails and not question and (roll := r.random()) < 0.22:  # one of them before the order, or in a sentence of its own
        at = next((i for i, t in enumerate(tails) if re.match(r"(in|on|for|with|by|at|from|to|under|using|it's) ", t)), -1)
        if at >= 0 and roll < 0.1 and not tails[at].startswith("it's"):
            front = tails.pop(at)
        elif at >= 0:
            behind = tails.pop(at)
            behind = r.choice(("{}.", "{}, please.", "{}.", "That's {}.", "Do it {}.", "{}, OK?")).format(behind if not behind.startswith("it's") else "urgent" if "not" not in behind else "not urgent")
            behind = f"{'.' if body[-1] != '.' else ''} {behind[0].upper()}{behind[1:]}"
    for tail in tails:
        body += (", " if tail.startswith(("it's", "it must", "let ", "and ")) or body.endswith(",") else glue) + tail
    if question:
        text = body + r.choice(("?", "?", "?", ""))
    else:
        calm = re.match(r"(I|I'm|I'd|I'll|The|There|My|my|we|This)\b|\x03", body) or ". " in body or "! " in body or body[0].isdigit()
        text = r.choice(("{}.", "{}.", "{}", "{}!", "{}, please.") if calm else ORDERS).format(_lower(body) if not calm else body)
        text = re.sub(r"\? ([a-z])", lambda m: f"? {m[1].upper()}", text)
    if front:
        text = f"{front}, {_lower(text)}"
    if behind:
        text = text.rstrip(".!") + (behind if text[-1] != "?" else behind.lstrip("."))
    roll = r.random()
    if roll < 0.14:
        opener = r.choice(OPENERS)
        text = opener + (text[0].upper() + text[1:] if opener[-2] in ".!" and r.random() < 0.8 else text)
    elif r.random() < 0.85:
        text = text[0].upper() + text[1:]
    if roll > 0.9:
        text += ("" if text[-1] in ".?!" else ".") + r.choice(CLOSERS)
    return re.sub(r"\x03(\w+)\x03", lambda m: given[m[1]][1], text)


def ordered(tool: Made, given: dict[str, tuple[Any, str]]) -> dict[str, Any]:
    """The arguments of the call, in the order of the schema."""
    return {s.key: given[s.id][0] for s in tool.slots if s.id in given}


def request(r: Random, tool: Made) -> tuple[str, dict[str, Any]]:
    """What somebody asks of the tool, and the arguments that it needs."""
    given = arguments(r, tool)
    return sentence(r, tool, given), ordered(tool, given)


def outcome(r: Random, tool: Made) -> str:
    """What the tool gives back."""
    n = r.randint(1, r.choice((9, 99, 9999, 99999)))
    if r.random() < 0.14:
        pool: dict[str, Any] = {
            "status": r.choice(("ok", "done", "accepted", "created")),
            "id": n,
            "ok": True,
            "code": words.code(r),
            "name": words.thing_name(r),
            "count": r.randint(0, 50),
            "message": "saved",
            "total": round(r.uniform(1, 900), 2),
            "time": f"{r.randint(0, 23):02d}:{r.randint(10, 59)}",
            "city": toolwords.city(r),
            "items": [r.choice(words.FOODS) for _ in range(2)],
        }
        return json.dumps({k: pool[k] for k in r.sample(list(pool), r.randint(1, 3))}, ensure_ascii=False)
    out = r.choice(tool.out.split("|"))
    out = re.sub(r"\{([a-z])\}", lambda m: _filled(r, m[1]), out)
    return out.replace("{city}", toolwords.city(r)).replace("{date}", toolwords.day(r))


def _filled(r: Random, what: str) -> str:
    if what == "x":
        return str(r.randint(1, 40))
    if what == "n":
        return str(r.randint(1, r.choice((9, 99, 999, 99999))))
    if what == "d":
        return str(round(r.uniform(0, r.choice((9, 99, 999))), r.choice((1, 2, 2, 4))))
    made: dict[str, Callable[[], str]] = {
        "c": lambda: words.code(r),
        "t": lambda: f"{r.randint(0, 23):02d}:{r.randint(10, 59)}",
        "p": lambda: toolwords.person(r),
        "w": lambda: words.phrase(r),
        "l": lambda: toolwords.text(r),
        "g": lambda: r.choice(words.LANGUAGES),
        "j": lambda: r.choice(words.JOBS).replace("-", " "),
        "h": lambda: f"Hotel {words.invented(r)}",
        "y": lambda: str(r.randint(1930, 2029)),
        "f": lambda: toolwords.path(r) or "out.txt",
        "s": lambda: r.choice(("open", "closed", "in progress", "waiting for payment", "shipped", "on hold")),
        "o": lambda: r.choice(("ok", "done", f"done, id {r.randint(1, 99999)}", "saved", f"{words.thing_name(r)} is ready", f"accepted at {r.randint(0, 23):02d}:{r.randint(10, 59)}", "1 row changed", "success")),
    }
    return made[what]()


def call(thought: str, tool: str, args: dict[str, Any]) -> str:
    blob = json.dumps({"action": tool, "action_input": args}, ensure_ascii=False)
    return f"Thought: {thought}\nAction:\n```\n{blob}\n```"


def _foreign(r: Random, tools: list[Made]) -> str | None:
    """A request that none of the tools fits."""
    trades = {t.trade for t in tools}
    spec = r.randrange(len(SPECS))
    other = _of_spec(r, spec)
    if other is None or "" in trades or other.trade in trades or len(trades) > 2 or any(_clash(other, t) for t in tools):
        return None
    return request(r, other)[0]


def conversation(r: Random, show: Callable[[list[dict[str, Any]]], str]) -> list[Part]:
    """A few requests to one set of tools, each a call, its result and an answer."""
    tools = toolset(r)
    while len(prompt := show([t.schema() for t in tools])) > 2_200:
        tools = tools[:-1]
    parts: list[Part] = [("control", "<|system|>"), ("plain", "\n" + prompt), ("control", "</s>")]
    size = len(prompt)

    def turn(role: str, kind: str, text: str) -> None:
        nonlocal size
        size += len(text)
        parts.extend([("plain", "\n"), ("control", role), ("plain", "\n"), (kind, text), ("end" if kind == "target" else "control", "</s>")])

    for _ in range(r.choice((1, 2, 4, 6, 8, 8))):
        if size > MOST - 1_100:
            break
        if r.random() < 0.05 and (asked := _foreign(r, tools)):
            turn("<|user|>", "plain", asked)
            turn("<|assistant|>", "target", finish(CANNOT))
            continue
        tool = r.choice(tools)
        given = arguments(r, tool)
        failure = toolerrors.failure(r, tool, given, tools) if r.random() < 0.28 else None
        if failure and failure.given:
            given = failure.given
        turn("<|user|>", "plain", sentence(r, tool, given))
        args, thought = ordered(tool, given), f"I need {tool.name}."
        if failure:
            said = f"I need {failure.name}."
            turn("<|assistant|>", failure.kind, call(said, failure.name, failure.args))
            turn("<|user|>", "plain", f"Observation: {failure.error}")
            if failure.final:
                turn("<|assistant|>", "target", finish(failure.final))
                continue
            args = {s.key: failure.right[s.key] for s in tool.slots if s.key in failure.right}
            thought = "The input was wrong. I will correct it." if failure.kind == "plain" else thought
        turn("<|assistant|>", "target", call(thought, tool.name, args))
        result = outcome(r, tool)
        turn("<|user|>", "plain", f"Observation: {result}")
        turn("<|assistant|>", "target", finish(result))
    return parts


if __name__ == "__main__":
    from prompts import with_schemas

    for seed in range(3):
        print("".join(t for _, t in conversation(Random(seed), with_schemas)), "\n--------")
