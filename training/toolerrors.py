"""Errors of tools: a call that fails, what comes back, and the call that the error asks for."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from chatwright.errors import did_you_mean
from chatwright.schema import validate

import words

if TYPE_CHECKING:
    from toolsets import Made, Slot


@dataclass(frozen=True)
class Failure:
    """The call that fails, its error, and the arguments that are right (or the answer, where none are)."""

    name: str
    args: dict[str, Any]
    error: str
    right: dict[str, Any] = field(default_factory=dict)
    given: dict[str, tuple[Any, str]] = field(default_factory=dict)  # what the request says, where that changed
    final: str = ""
    kind: str = "plain"


def _plain_args(tool: Made, given: dict[str, tuple[Any, str]]) -> dict[str, Any]:
    return {s.key: given[s.id][0] for s in tool.slots if s.id in given}


def _own(tool: Made, args: dict[str, Any]) -> str:
    """What chatwright itself says of arguments that do not fit."""
    parameters = tool.schema()["function"]["parameters"]
    wrong = validate(args, parameters)
    return f"error: the input does not fit {tool.name}: {wrong}; it takes {json.dumps(parameters['properties'], ensure_ascii=False)[:600]}" if wrong else ""


def _styled(r: Random, key: str, why: str) -> str:
    """One reason in the style of some library; `why` begins with `must`, or is a sentence of its own."""
    must = why.startswith(("must", "is ", "may", "needs", "has to"))
    line = f"{r.choice((key, repr(key), f'`{key}`', json.dumps(key), f'the field {key!r}', f'argument {key}', f'parameter {key!r}'))} {why}" if must else why
    big = line[0].upper() + line[1:] if not line.startswith(key) else line
    return r.choice(
        (
            f"error: {line}",
            f"error: {line}",
            f"error: ValueError: {line}",
            f"ValueError: {line}",
            f"HTTP {r.choice((400, 422))}: {line}",
            f"HTTP 422 Unprocessable Entity: {line}",
            f"Error: {big}.",
            f"{big}.",
            f"invalid input: {line}",
            f"Bad request. {big}",
            f"Sorry, {line}",
            f"[{r.choice('EW')}{r.randint(10, 999)}] {line}",
            f"failed: {line}",
            json.dumps({"error": line}, ensure_ascii=False),
            json.dumps({"ok": False, "message": line}, ensure_ascii=False),
            json.dumps({"error": {"field": key, "message": why}}, ensure_ascii=False),
        )
    )


def failure(r: Random, tool: Made, given: dict[str, tuple[Any, str]], tools: list[Made]) -> Failure | None:
    """A failure that suits the tool and its arguments, if there is one."""
    args = _plain_args(tool, given)
    roll = r.random()
    if roll < 0.1:
        return _hopeless(r, tool, args)
    if roll < 0.15:
        error = r.choice(("error: the server is busy, try again", "HTTP 503: temporarily unavailable, please retry", "error: TimeoutError: timed out; try again", "error: connection reset; send the same call again", "HTTP 429 Too Many Requests: repeat the call", "rate limit reached, retry now"))
        return Failure(tool.name, args, error, args, kind="target")
    if roll < 0.25:
        return _wrong_name(r, tool, args, tools)
    used = [s for s in tool.slots if s.id in given]
    if not used:
        return None
    slot = r.choice(used)
    if roll < 0.6:
        return _misfit(r, tool, args, slot, given)
    return _refused(r, tool, args, slot, given) or _refused(r, tool, args, r.choice(used), given) or _misfit(r, tool, args, slot, given)


def _hopeless(r: Random, tool: Made, args: dict[str, Any]) -> Failure:
    said = r.choice(
        (
            "the server is down",
            "HTTP 500 Internal Server Error",
            "HTTP 503 Service Unavailable",
            "permission denied",
            "you are not permitted to do this",
            "HTTP 403 Forbidden",
            "the account is locked",
            "no connection to the database",
            "ConnectionError: the host cannot be reached",
            "out of paper",
            "the device is offline",
            "the quota of this month is used up",
            "PermissionError: read only",
            "the licence has expired",
            f"not allowed for user {words.invented(r).lower()}",
            f"{tool.name} is under maintenance until {r.randint(1, 23):02d}:00",
            f"RuntimeError: sensor {words.code(r)} does not answer",
            f"the service {words.invented(r)} is not available in your country",
        )
    )
    shown = r.choice((f"error: {said}", f"error: {said}", said if "HTTP" in said or "Error:" in said else f"error: {said}"))
    return Failure(tool.name, args, shown, final=f"The tool failed: {said}", kind="target")


def _wrong_name(r: Random, tool: Made, args: dict[str, Any], tools: list[Made]) -> Failure:
    """A tool that is not there, or one that is for other things."""
    others = [t for t in tools if t is not tool]
    if others and r.random() < 0.35:
        other = r.choice(others)
        error = r.choice((f"error: {other.name} cannot do that; use {tool.name}", f"{other.name} is not for this. Call {tool.name} instead.", f"error: wrong tool, use {tool.name}", f"HTTP 405: not supported by {other.name}, see {tool.name}"))
        return Failure(other.name, args, error, args)
    name = tool.name
    cut = r.randrange(len(name))
    bad = r.choice((name[:cut] + name[cut + 1 :], name[: cut + 1] + name[cut:], name.replace("_", "."), name + "s", f"do_{name}", words.invented(r).lower(), name.replace("_", "") + "r"))
    known = [t.name for t in tools]
    if not bad or bad in known or (f"'{name}'" not in (hint := did_you_mean(bad, known)) and not hint.startswith("known")):
        bad, hint = "?", did_you_mean("?", known)
    return Failure(bad, args, f"error: there is no tool called '{bad}'; {hint}", args)


def _misfit(r: Random, tool: Made, args: dict[str, Any], slot: Slot, given: dict[str, tuple[Any, str]]) -> Failure | None:
    """Arguments that do not fit the schema; the request has the right ones."""
    key, bad = slot.key, dict(args)
    parameters = tool.schema()["function"]["parameters"]
    listed = ", ".join(c for c, _ in slot.choices)
    roll = r.random()
    if roll < 0.25 and not slot.optional:
        bad.pop(key)
        why = r.choice(("is required", "is missing", "must be given", "must not be empty"))
    elif roll < 0.35:
        wrong = r.choice((key + "s", key + "_", f"my_{key}", words.invented(r).lower(), f"{key}_text", key.upper() + "1"))
        bad = {(wrong if k == key else k): v for k, v in bad.items()}
        why = f"unknown argument {wrong!r}; expected {', '.join(parameters['properties'])}" if wrong not in parameters["properties"] else ""
    elif slot.choices and not slot.open:
        bad[key] = r.choice((r.choice(words.ADJ), given[slot.id][1] + "s", str(args[key]).swapcase(), "default", "any"))
        why = r.choice((f"invalid {key} '{bad[key]}'; allowed: {listed}", f"must be one of {listed}", f"unknown {key} {bad[key]!r}, use {listed}", f"is not one of: {listed}"))
    elif slot.kind.type in ("integer", "number"):
        bad[key] = r.choice(("many", "?", "unknown", f"{given[slot.id][1]} pieces", f"about {args[key]}", words.in_words(int(args[key])) if 0 <= args[key] < 1000 else "a lot"))
        why = f"must be {'an integer' if slot.kind.type == 'integer' else 'a number'}, not {bad[key]!r}"
    elif slot.kind.type == "boolean":
        bad[key] = r.choice(("maybe", "on", "si", "y", "ja", "1x"))
        why = r.choice(("must be true or false", f"must be a boolean, not {bad[key]!r}"))
    elif slot.kind.type == "array":
        bad[key] = ", ".join(args[key])
        why = r.choice(("must be a list of strings", "needs an array, not a string"))
    elif not slot.optional:
        bad.pop(key)
        why = "is required"
    else:
        return None
    if not why or bad == args:
        return None
    own = _own(tool, bad)
    return Failure(tool.name, bad, own if own and r.random() < 0.45 else _styled(r, key, why), args)


_MONTHS = {m: i + 1 for i, m in enumerate(words.MONTHS)}


def _iso(day: str, r: Random) -> tuple[str, str] | None:
    """A date as machines want it; what else the error has to tell."""
    if m := re.fullmatch(r"(\d+) (\w+) (\d{4})", day):
        return f"{m[3]}-{_MONTHS[m[2]]:02d}-{int(m[1]):02d}", ""
    if m := re.fullmatch(r"(\w+) (\d+), (\d{4})", day):
        return f"{m[3]}-{_MONTHS[m[1]]:02d}-{int(m[2]):02d}", ""
    if m := re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4})", day):
        return f"{m[3]}-{m[2]}-{m[1]}", ""
    if re.match(r"\d", day):
        return None
    iso = f"{r.randint(2025, 2030)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
    return iso, f"; {day} is {iso}"


def _typo(r: Random, name: str) -> str:
    if len(name) < 4:
        return name + name[-1]
    at = r.randrange(1, len(name) - 1)
    return r.choice((name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name[:at] + name[at + 1] + name[at] + name[at + 2 :]))


def _refused(r: Random, tool: Made, args: dict[str, Any], slot: Slot, given: dict[str, tuple[Any, str]]) -> Failure | None:
    """A call as the request has it, which the tool does not take; the error says what it takes."""
    key, value, kind = slot.key, args[slot.key], slot.kind
    said = given[slot.id]
    if "record_id" in kind.names or "season" in kind.names:
        right = value + r.choice((-1, 1, 10, -10)) if value > 10 else value + 1
        noun = "year" if "season" in kind.names else key.replace("_", " ")
        return _fixed(r, tool, args, slot, right, r.choice((f"there is no {noun} {value}; did you mean {right}?", f"unknown {noun} {value}, the nearest is {right}", f"{value} has been replaced by {right}", f"is out of date: {value} is now {right}")))
    if kind.type in ("integer", "number") and value > 2:
        if r.random() < 0.5:
            top = r.randint(1, int(value) - 1) if value > 2 else 1
            return _fixed(r, tool, args, slot, top, r.choice((f"must be at most {top}", f"must be between 1 and {top}; use {top}", f"must be less than or equal to {top}", f"is too large, the maximum is {top}", f"may not be above {top}")))
        low = int(value) + r.randint(1, 50)
        return _fixed(r, tool, args, slot, low, r.choice((f"must be at least {low}", f"is too small, the minimum is {low}", f"must be greater than or equal to {low}")))
    if slot.choices or kind.type != "string" or len(value) < 3:
        return None
    names = set(kind.names)
    if "date" in names or "day" in names:
        iso = _iso(value, r)
        if iso:
            return _fixed(r, tool, args, slot, iso[0], r.choice((f"must be YYYY-MM-DD{iso[1]}", f"must be a date like 2026-01-31, not {value!r}{iso[1]}", f"is no ISO date (YYYY-MM-DD): {value}{iso[1]}", f"must be in the format YYYY-MM-DD{iso[1]}")))
        return None
    if "clock" in names and (m := re.fullmatch(r"(\d+) ?(am|pm)", value)):
        right = f"{int(m[1]) % 12 + 12 * (m[2] == 'pm'):02d}:00"
        return _fixed(r, tool, args, slot, right, r.choice(("must be HH:MM", "must be a time like 14:00, in 24 hours", "must be in the format HH:MM (24 h)")))
    if "city" in names or "from_city" in names or "to_city" in names:
        if r.random() < 0.5:
            right = f"{value}, {words.country(r)}"
            return _fixed(r, tool, args, slot, right, r.choice((f"there are two places called {value}; write '{right}'", f"is ambiguous: use '{right}'", f"needs the country, e.g. '{right}'")))
        return _near(r, tool, args, slot, given)
    roll = r.random()
    if ("sku" in names or "tel" in names) and any(c.islower() for c in value) and roll < 0.4:
        return _fixed(r, tool, args, slot, value.upper(), r.choice(("must be in upper case", "has to be in capital letters", "must be upper-case")))
    if "sku" in names and "-" in value and roll < 0.7:
        return _fixed(r, tool, args, slot, value.replace("-", ""), r.choice(("must not have a dash", "must be written without dashes", "may hold letters and digits only, no '-'")))
    if "tel" in names and " " in value and roll < 0.6:
        return _fixed(r, tool, args, slot, value.replace(" ", ""), r.choice(("must not contain spaces", "must be written without spaces")))
    if "sql" in names:
        column = re.findall(r"[a-z_]{4,}", value)
        right = value.replace(column[-1], f"{column[-1]}_{r.choice(('id', 'all', 'v2', 'new'))}") if column else value
        new = right[right.find(column[-1]) :].split()[0] if column else ""
        return _fixed(r, tool, args, slot, right, r.choice((f"no such column: {column[-1]}; did you mean {new}?", f"unknown name '{column[-1]}', the nearest is '{new}'", f"syntax error at '{column[-1]}': it is called '{new}'"))) if column else None
    if "text" in names or "heading" in names:
        parts = value.split()
        if len(parts) > 2:
            n = r.randint(1, len(parts) - 1)
            return _fixed(r, tool, args, slot, " ".join(parts[:n]), r.choice((f"is too long; send the first {n} words" if n > 1 else "is too long; send the first word", f"may have {n} word{'s' * (n > 1)} at most", f"must be cut to '{' '.join(parts[:n])}'")))
        return None
    if {"customer", "receiver", "attendee", "companion"} & names:
        if roll < 0.55:
            right = r.choice((str(r.randint(1, 99999)), words.code(r)))
            return _fixed(r, tool, args, slot, right, r.choice((f"use the id, not the name: the id of {value} is {right}", f"must be an id; {value} has {right}", f"must be the id of a person ({value}: {right})", f"{value} is not unique; pass '{right}' for this one")))
        return _near(r, tool, args, slot, given)
    if "file" in names:
        right = r.choice((f"/{words.invented(r).lower()}/{value.lstrip('/~')}", value + ".bak", f"./{value}"))
        return _fixed(r, tool, args, slot, right, r.choice((f"no such file: {value}; did you mean {right}?", f"FileNotFoundError: {value}. The nearest is {right}", f"{value} does not exist, but {right} does")))
    if said[0] == said[1] and len(value) > 3:
        return _near(r, tool, args, slot, given)
    return None


def _near(r: Random, tool: Made, args: dict[str, Any], slot: Slot, given: dict[str, tuple[Any, str]]) -> Failure:
    """The request spells a name wrong, and the tool knows the right one."""
    right = args[slot.key]
    bad = _typo(r, right)
    if bad == right:
        bad = right + right[-1]
    near = words.invented(r)
    noun = slot.key.replace("_", " ")
    why = r.choice((f"no {noun} '{bad}'; did you mean '{right}'?", f"unknown {noun} {bad!r}, the nearest is '{right}'", f"'{bad}' was not found. Use '{right}'", f"must be a known one; nearest to '{bad}': '{right}'", f"unknown {noun} '{bad}'. Nearest: {right}, {near}"))
    made = _fixed(r, tool, {**args, slot.key: bad}, slot, right, why)
    return Failure(made.name, made.args, made.error, made.right, {**given, slot.id: (bad, bad)})


def _fixed(r: Random, tool: Made, args: dict[str, Any], slot: Slot, right: Any, why: str) -> Failure:
    return Failure(tool.name, args, _styled(r, slot.key, why), {**args, slot.key: right})
