"""Pieces of a grammar that every way of writing calls needs: text without a mark, and arguments of a tool."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast
from zlib import crc32

from ..errors import ConstraintError
from ..grammar import Rules, add_schema, literal
from ..request import ToolSchema
from ._toolbox import spec_of

__all__ = ["NL", "any_tool", "arguments", "in_order", "quoted", "value", "without"]

NL = '"\\n"?'


@lru_cache(maxsize=64)
def _states(mark: str) -> list[dict[int, list[str]]]:
    """For each number of the mark's characters that have just come: which characters lead where.

    The characters that complete the mark lead to its length; those that are not named lead to 0.
    """
    found: list[dict[int, list[str]]] = []
    for at in range(len(mark)):
        leads: dict[int, list[str]] = {}
        for char in dict.fromkeys(mark):
            tail = mark[:at] + char
            to = next(n for n in range(len(tail), -1, -1) if mark[:n] == tail[len(tail) - n :])
            if to:
                leads.setdefault(to, []).append(char)
        found.append(leads)
    return found


def without(rules: Rules, mark: str) -> str:
    """The expression for any text, also none, in which `mark` does not stand."""
    name = f"without-{crc32(mark.encode()):x}"
    if name in rules.bodies:
        return name
    names = [rules.define(f"{name}-{n}" if n else name, "") for n in range(len(mark))]
    for at, leads in enumerate(_states(mark)):
        named = "".join(_in_class(char) for chars in leads.values() for char in chars)
        ways = [f"[^{named}] {names[0]}"]
        for to, chars in leads.items():
            if to < len(mark):
                ways += [f"{literal(char)} {names[to]}" for char in chars]
        rules.bodies[names[at]] = " | ".join([*ways, '""'])
    return names[0]


def _in_class(char: str) -> str:
    return char if char.isalnum() or ord(char) > 127 else f"\\x{ord(char):02X}"


def quoted(text: str) -> str:
    """A name as a JSON string, as a literal."""
    return literal(json.dumps(text, ensure_ascii=False))


def any_tool(
    rules: Rules, tools: Sequence[ToolSchema], one: Callable[[str, Mapping[str, Any]], str]
) -> str:
    """A rule for the call of any tool; `one` writes that of a tool with this name and these parameters."""
    calls = [one(name, parameters) for name, _, parameters in map(spec_of, tools)]
    return rules.define("call", " | ".join(calls))


def arguments(rules: Rules, name: str, parameters: Mapping[str, Any]) -> str:
    """A JSON object that fits the parameters of a tool; any object where no grammar can say them."""
    return _fitting(rules, {"type": "object", **parameters}, name, "object")


def value(rules: Rules, schema: Any, root: Mapping[str, Any], name: str) -> str:
    """A JSON value for one argument of a tool."""
    return _fitting(rules, _with_definitions(schema, root), name, "value")


def _fitting(rules: Rules, schema: Any, name: str, free: str) -> str:
    kept = dict(rules.bodies)
    try:
        return add_schema(rules, schema, f"{name} input")
    except ConstraintError:
        rules.bodies = kept
        return rules.free(free)


def _with_definitions(schema: Any, root: Mapping[str, Any]) -> Any:
    """The schema of one argument, with the definitions that its references lead to."""
    if not isinstance(schema, Mapping):
        return schema
    shared = {key: root[key] for key in ("$defs", "definitions") if key in root}
    return {**shared, **cast("Mapping[str, Any]", schema)}


def in_order(rules: Rules, parts: Sequence[tuple[str, bool]], between: str, name: str) -> str:
    """The parts in their order, those that are not needed with or without, `between` standing between two."""
    first, after = '""', '""'
    for n, (part, needed) in reversed(list(enumerate(parts))):
        begun = f"{part} {after}"
        first = begun if needed else rules.define(f"{name}-first-{n}", f"{begun} | {first}")
        follows = f"{between} {part} {after}"
        later = follows if needed else f"({follows} | {after})"
        after = rules.define(f"{name}-after-{n}", later)
    return f"({first})"
