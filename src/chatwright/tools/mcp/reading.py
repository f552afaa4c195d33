"""What an MCP server sends, made fit for a model: its tools checked and cleaned, its results as text.

Plain functions on plain data. The server may be anybody's: whatever it says is bounded, and nothing of it is
dropped in silence.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from ..._schema.document import Document, children
from ..._schema.keywords import ANNOTATIONS, SAYS, check_schema
from ...errors import ChatwrightError, ConstraintError, ToolError
from ...schema import validate
from ..tool import Tool

__all__ = [
    "apart",
    "line_of",
    "listed_tools",
    "made_tools",
    "name_of",
    "shown_result",
    "told_result",
]

_log = logging.getLogger(__name__)

_MOST_DESCRIPTION = 2_000
_MOST_IN_SCHEMA = 500  # of the description of one argument
_MOST_SCHEMA = 100_000
_MOST_TEXT = 200_000
_MOST_PIECES = 1_000
_MOST_LOGGED = 10
_HINTS = ("readOnlyHint", "idempotentHint")
_VALUES = ("enum", "const", "default", "examples", "example", "required")
_NAMED = (
    *("properties", "patternProperties", "$defs", "definitions"),
    *("dependentSchemas", "dependencies", "dependentRequired"),
)
_KINDS = ("text", "image", "audio", "resource", "resource_link")


def line_of(text: object, most: int) -> str:
    """The text as one line of visible characters, cut where it is longer than `most`.

    >>> line_of("Adds\\x1b[31m two\\u200b\\nnumbers", 100)
    'Adds[31m two numbers'
    """
    # A text of a gigabyte costs no more than one that is a few times too long.
    kept = "".join(" " if c.isspace() else c for c in str(text)[: 4 * most] if _is_seen(c))
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _is_seen(char: str) -> bool:
    # Cc, Cf, Cs, Co, Cn: control characters, marks of direction, zero-width ones, tags, halves, unassigned ones.
    return char.isspace() or not unicodedata.category(char).startswith("C")


# -- tools ----------------------------------------------------------------------------------------------


def listed_tools(listed: Iterable[object]) -> list[dict[str, Any]]:
    """The tools in a server's list, with the fields that are read here. What is no tool is left out and logged."""
    found = [_listed(tool) for tool in listed]
    _log_left_out([why for why in found if isinstance(why, str)])
    return [tool for tool in found if not isinstance(tool, str)]


def _listed(tool: object) -> dict[str, Any] | str:
    """The tool, or why it is none."""
    given = _mapping(tool)
    name, schema = given.get("name"), given.get("inputSchema", {})
    if not isinstance(name, str) or not isinstance(schema, Mapping | None):
        return _left_out(name, "it has no name or no schema")
    schema = {"type": "object", **_mapping(schema)}
    if schema["type"] != "object":
        return _left_out(name, "its schema does not describe an object")
    hints = _mapping(given.get("annotations"))
    told = given.get("description") or given.get("title") or hints.get("title")
    return {
        "name": name,
        "description": told if isinstance(told, str) else "",
        "inputSchema": schema,
        "annotations": {k: hints[k] for k in _HINTS if isinstance(hints.get(k), bool)},
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def made_tools(
    listed: Iterable[Mapping[str, Any]],
    call: Callable[[str], Callable[..., Any]],
    timeout: float | None,
) -> list[Tool]:
    """The tools of a server's list; `call(name)` is what runs one. What cannot be a tool is left out and logged."""
    made: list[Tool] = []
    left_out: list[str] = []
    taken: set[str] = set()
    for tool in listed:
        hints: Mapping[str, Any] = tool.get("annotations") or {}
        reads = hints.get("readOnlyHint") is True
        try:
            name = apart(name_of(tool["name"]) or "tool", taken)
            made.append(
                Tool(
                    name,
                    line_of(tool.get("description") or "", _MOST_DESCRIPTION),
                    _checked_schema(tool["inputSchema"]),
                    call(tool["name"]),
                    writes=not reads,
                    idempotent=reads or hints.get("idempotentHint") is True,
                    timeout=timeout,
                )
            )
            taken.add(name)
        except (ChatwrightError, RecursionError, TypeError, ValueError) as err:
            left_out.append(
                _left_out(tool["name"], str(err))
            )  # the other tools are as good as before
    _log_left_out(left_out)
    return made


def name_of(name: str) -> str:
    """The name in the characters that a tool's name may have; empty if none is left."""
    plain = unicodedata.normalize("NFKD", name[:200])
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain)[:64].strip("_-")


def apart(name: str, taken: Iterable[str]) -> str:
    """The name, with a number where it is taken.

    >>> apart("add", {"add"})
    'add_2'
    """
    taken, number, tried = set(taken), 1, name
    while tried in taken:
        number += 1
        tried = f"{name[: 63 - len(str(number))]}_{number}"
    return tried


def _left_out(name: object, why: str) -> str:
    return f"'{line_of(name, 64)}': {line_of(why, 300)}"


def _log_left_out(tools: list[str]) -> None:
    for tool in tools[:_MOST_LOGGED]:
        _log.warning("a tool of an MCP server is left out: %s", tool)
    if len(tools) > _MOST_LOGGED:
        _log.warning("%d more tools of it are left out", len(tools) - _MOST_LOGGED)


def _checked_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what would only mislead; raises ConstraintError if it is none."""
    if len(json.dumps(schema)) > _MOST_SCHEMA:
        raise ConstraintError(f"its schema is longer than {_MOST_SCHEMA:,} characters")
    tidy = _tidy(schema)
    check_schema(tidy, "its schema")
    document = Document(tidy)
    for _, found in children(tidy):
        if "$ref" in _mapping(found):
            document.target(found["$ref"])
    return tidy


def _tidy(schema: Any) -> Any:
    """The schema without keywords that say nothing to us; the server checks the arguments as well."""
    if isinstance(schema, list):
        return [_tidy(each) for each in cast("list[Any]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    tidy: dict[str, Any] = {}
    for key, value in cast("Mapping[str, Any]", schema).items():
        if key in ("description", "title") and isinstance(value, str):
            tidy[key] = line_of(value, _MOST_IN_SCHEMA)
        elif not (key in SAYS or key in ANNOTATIONS) or (key == "pattern" and not _is_known(value)):
            _log.debug("a keyword in the schema of a tool is not read: %s", line_of(key, 64))
        elif key in _NAMED and isinstance(value, Mapping):
            named = cast("Mapping[str, Any]", value)
            tidy[key] = {name: _tidy(each) for name, each in named.items()}
        else:
            tidy[key] = value if key in _VALUES else _tidy(value)
    return tidy


def _is_known(pattern: Any) -> bool:
    """Can arguments be checked against this pattern here?"""
    if not isinstance(pattern, str):
        return True  # the check of the whole schema says what is wrong with it
    try:
        validate("", {"pattern": pattern})
    except ConstraintError:
        return False
    return True


# -- results --------------------------------------------------------------------------------------------


def told_result(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A server's answer to a call, so that a piece of a kind that nobody knows yet does not spoil the rest."""
    pieces = raw.get("content")
    if not isinstance(pieces, list):
        return {**raw, "content": []} if "structuredContent" in raw else dict(raw)
    return {**raw, "content": [_known(piece) for piece in cast("list[Any]", pieces)]}


def _known(piece: Any) -> Any:
    kind = _mapping(piece).get("type")
    if kind in _KINDS or not isinstance(kind, str):
        return piece
    return {"type": "text", "text": f"[a piece of the kind '{line_of(kind, 40)}', not shown]"}


def shown_result(
    content: list[dict[str, Any]], structured: Any = None, *, is_error: bool = False
) -> str:
    """What a call gave, as the model reads it. Raises ToolError if the server says that it is an error.

    >>> shown_result([{"type": "text", "text": "3"}, {"type": "image", "data": "AAAA", "mimeType": "image/png"}])
    '3\\n[image/png, 3 bytes]'
    """
    pieces = [_shown(piece) for piece in content[:_MOST_PIECES]]
    if len(content) > _MOST_PIECES:
        pieces.append(f"[{len(content) - _MOST_PIECES:,} more pieces left out]")
    has_text = any(piece.get("type") == "text" and piece.get("text") for piece in content)
    if structured is not None and not has_text:
        pieces.insert(0, json.dumps(structured, ensure_ascii=False))
    text = "\n".join(piece for piece in pieces if piece)
    if is_error:
        raise ToolError(line_of(text, 4_000) or "the tool failed and does not say why")
    if len(text) > _MOST_TEXT:
        text = f"{text[:_MOST_TEXT]}\n[{len(text) - _MOST_TEXT:,} more characters left out]"
    return text or "[the tool gave nothing back]"


def _shown(piece: Mapping[str, Any]) -> str:
    match piece.get("type"):
        case "text":
            return str(piece.get("text") or "")
        case "image" | "audio":
            return f"[{_kind(piece)}, {_size(piece.get('data'))}]"
        case "resource_link":
            name = piece.get("title") or piece.get("name") or ""
            return f"[a link to {line_of(name, 100)}: {line_of(piece.get('uri'), 500)}]"
        case _:
            return _embedded(piece.get("resource") or {})


def _embedded(resource: Mapping[str, Any]) -> str:
    where = line_of(resource.get("uri") or "a resource", 500)
    if resource.get("text") is not None:
        return f"[{where}]\n{resource['text']}"
    return f"[{where}: {_kind(resource)}, {_size(resource.get('blob'))}]"


def _kind(piece: Mapping[str, Any]) -> str:
    return line_of(piece.get("mimeType") or "of an unknown kind", 80)


def _size(base64: Any) -> str:
    given = str(base64 or "")
    size = len(given) * 3 // 4 - given[-2:].count("=")
    return f"{size} bytes" if size < 1024 else f"{size / 1024:,.0f} KB"
