"""The tools that a model is told of: what they are called, and what they take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ..errors import ConstraintError, UsageError
from ..request import ToolSchema
from ..schema import resolve

__all__ = ["Toolbox", "plain", "signature", "spec_of"]

_PLAIN_TYPES = ("string", "integer", "number", "boolean")


def spec_of(tool: ToolSchema) -> tuple[str, str, Mapping[str, Any]]:
    """A tool's name, description (in one line) and the schema of its arguments."""
    given = tool.get("function", tool)
    empty: Mapping[str, Any] = {}
    spec = cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else empty
    name = spec.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UsageError(
            "a tool has no name", 'write {"function": {"name": ..., "parameters": ...}}'
        )
    schema = spec.get("parameters")
    none: dict[str, Any] = {"type": "object", "properties": {}}
    parameters = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else none
    return name, " ".join(str(spec.get("description") or "").split()), parameters


class Toolbox:
    """The tools by name, found also under a name that a model spells its own way."""

    def __init__(self, tools: Iterable[ToolSchema]) -> None:
        self._parameters: dict[str, Mapping[str, Any]] = {}
        for tool in tools:
            name, _, parameters = spec_of(tool)
            self._parameters[name] = parameters

    def find(self, said: str) -> str | None:
        """The tool that is meant: the same name, or the only one that differs in case, spaces or `_`."""
        if said in self._parameters:
            return said
        near = [name for name in self._parameters if plain(name) == plain(said)]
        return near[0] if len(near) == 1 else None

    def may_begin(self, text: str) -> bool:
        """Whether a text may be the beginning of a tool's name, or has one at its beginning."""
        said = text.lstrip()
        return any(name.startswith(said) or said.startswith(name) for name in self._parameters)

    def parameters(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments."""
        return self._parameters.get(name)

    def properties(self, name: str) -> Mapping[str, Any]:
        """A tool's arguments, each with its schema."""
        found = self._root(name).get("properties")
        return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}

    def takes_anything(self, name: str) -> bool:
        """Whether the tool takes an object of any shape."""
        return "properties" not in self._root(name)

    def only_argument(self, name: str) -> str | None:
        """The argument that a single value is meant for: the only one, or the only required one."""
        known = list(self.properties(name))
        required = [
            k for k in cast("Sequence[str]", self._root(name).get("required") or ()) if k in known
        ]
        for names in (known, required):
            if len(names) == 1:
                return names[0]
        return None

    def needs_nothing(self, name: str) -> bool:
        """Whether the tool can be called without arguments."""
        return not self._root(name).get("required")

    def takes(self, name: str) -> str:
        """What a tool takes, as the model was told it: `query: string, limit?: integer`."""
        return signature(self._parameters.get(name, {}))

    def _root(self, name: str) -> Mapping[str, Any]:
        schema = self._parameters.get(name, {})
        try:
            found = resolve(schema, schema)
        except ConstraintError:
            return {}
        return found if isinstance(found, Mapping) else {}


def plain(name: str) -> str:
    """A name without case, spaces, `_` and `-`."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


def signature(parameters: Mapping[str, Any]) -> str:
    """The arguments of a tool in one line.

    >>> signature({"properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q"]})
    'q: string, n?: integer'
    """
    return _arguments(parameters, parameters, ())


def _arguments(schema: Mapping[str, Any], root: Mapping[str, Any], seen: tuple[str, ...]) -> str:
    schema, seen = _target(schema, root, seen)
    known = cast("Mapping[str, Any]", schema.get("properties") or {})
    required = cast("Sequence[str]", schema.get("required") or ())
    return ", ".join(
        f"{key}{'' if key in required else '?'}: {_type(part, root, seen)}"
        for key, part in known.items()
    )


def _type(schema: Any, root: Mapping[str, Any], seen: tuple[str, ...]) -> str:
    if not isinstance(schema, Mapping):
        return _compact(schema)
    part, seen = _target(cast("Mapping[str, Any]", schema), root, seen)
    kind = part.get("type")
    if "enum" in part or "const" in part:
        options = cast("Sequence[Any]", part.get("enum") or [part.get("const")])
        return " | ".join(json.dumps(o, ensure_ascii=False) for o in options)
    if kind in _PLAIN_TYPES:
        return str(kind)
    if kind == "array" and isinstance(part.get("items"), Mapping):
        return f"[{_type(part['items'], root, seen)}]"
    if kind == "object" and part.get("properties"):
        return f"{{{_arguments(part, root, seen)}}}"
    return _compact(part)


def _target(
    schema: Mapping[str, Any], root: Mapping[str, Any], seen: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """What a schema's `$ref` leads to; one that leads back into itself stays a `$ref`."""
    ref = schema.get("$ref")
    if ref is None or ref in seen:
        return schema, seen
    try:
        found = resolve(schema, root)
    except ConstraintError:
        return schema, seen
    return (found if isinstance(found, Mapping) else schema), (*seen, str(ref))


def _compact(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"), default=str)
