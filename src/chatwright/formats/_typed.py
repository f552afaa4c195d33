"""Arguments that a model writes as plain text between marks: what their values are, and their grammar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ..errors import ConstraintError
from ..grammar import Rules, add_regex, literal
from ..schema import resolve
from ._grammar import value, without
from ._json_repair import NotJson, read
from ._toolbox import Toolbox

__all__ = ["text_until", "typed", "typed_grammar"]

_WORDS = {"true": True, "false": False, "null": None, "none": None}


def typed(text: str, name: str, key: str, tools: Toolbox) -> Any:
    """The value of the argument `key` of a tool, which stands there as text: a string, or JSON where the schema has it."""
    found = tools.find(name)
    root = tools.parameters(found) if found else None
    schema = tools.properties(found).get(key) if found else None
    types = _types(schema, root or {})
    if "string" in types:
        return None if text.strip() == "null" and "null" in types else text
    parsed = _parsed(text.strip())
    # an argument that nobody described is a string unless it can be nothing but JSON
    return text if parsed is _NONE or (not types and isinstance(parsed, str)) else parsed


class _None:
    """There is no JSON."""


_NONE = _None()


def _parsed(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if not text.startswith(("{", "[")):
        return _NONE
    try:
        return read(text)
    except NotJson:
        return _NONE


def _types(schema: Any, root: Mapping[str, Any]) -> frozenset[str]:
    """The types that a schema allows, none where it does not say."""
    if not isinstance(schema, Mapping):
        return frozenset()
    try:
        part = resolve(cast("Mapping[str, Any]", schema), root)
    except ConstraintError:
        return frozenset()
    if not isinstance(part, Mapping):
        return frozenset()
    kind = part.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(map(str, cast("list[Any]", kind)))
    values: list[Any] = [*(part.get("enum") or ()), *([part["const"]] if "const" in part else [])]
    if values:
        return frozenset("string" if isinstance(v, str) else "other" for v in values)
    branches: list[Any] = [*(part.get("anyOf") or ()), *(part.get("oneOf") or ())]
    found = [_types(branch, root) for branch in branches if branch != schema]
    return frozenset[str]().union(*found)


def typed_grammar(rules: Rules, schema: Any, root: Mapping[str, Any], name: str, close: str) -> str:
    """The expression for such a value, up to and with what closes it."""
    types = _types(schema, root)
    if types and "string" not in types:
        return f'"\\n"? {value(rules, schema, root, name)} "\\n"? {literal(close)}'
    words = _listed(schema)
    if words:
        return f'"\\n"? ({" | ".join(map(literal, words))}) "\\n"? {literal(close)}'
    return f"{text_until(rules, schema, close, name)} {literal(close)}"


def text_until(rules: Rules, schema: Any, close: str, name: str) -> str:
    """A string as it stands, without what closes it."""
    part = cast("Mapping[str, Any]", schema if isinstance(schema, Mapping) else {})
    pattern = part.get("pattern")
    if isinstance(pattern, str) and pattern.startswith("^") and pattern.endswith("$"):
        kept = dict(rules.bodies)
        try:
            return add_regex(rules, pattern, name)
        except ConstraintError:
            rules.bodies = kept
    least, most = part.get("minLength", 0), part.get("maxLength", "")
    if (
        (least or most != "")
        and isinstance(least, int)
        and (most == "" or 0 <= cast("int", most) <= 1000)
    ):
        return rf"[^<\n]{{{least},{most}}}"
    return without(rules, close)


def _listed(schema: Any) -> list[str]:
    """The strings of which one has to be chosen, if they are all that may come."""
    if not isinstance(schema, Mapping):
        return []
    part = cast("Mapping[str, Any]", schema)
    values = part.get("enum") or ([part["const"]] if "const" in part else [])
    options = cast("list[Any]", values) if isinstance(values, list) else []
    return (
        [v for v in options if isinstance(v, str)]
        if all(isinstance(v, str) for v in options)
        else []
    )
