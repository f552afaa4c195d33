"""Several schemas for one value as one list of plain ones, and what is not as something that is.

A value must fit all of a list of `Placed`. `flat` follows `$ref` and `allOf`; `choices` are the alternatives that
`anyOf`, `oneOf`, `if`, `not` and the dependent keywords leave; `negated` turns a schema around, where that has
words in JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ConstraintError
from .document import TYPES, Document, Schema, listing, mapping, show
from .keywords import ANNOTATIONS, SAYS

__all__ = [
    "Choice",
    "Impossible",
    "Placed",
    "assertions",
    "choices",
    "flat",
    "is_plain_not",
    "is_ref_only",
    "says_nothing",
    "target_of",
]

_COMBINING = (
    "anyOf",
    "oneOf",
    "if",
    "not",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
)
_NOT_TURNED = (
    *("items", "prefixItems", "additionalItems", "additionalProperties", "patternProperties"),
    *("propertyNames", "contains", "uniqueItems", "multipleOf", "oneOf", "if", "format"),
    *("unevaluatedItems", "unevaluatedProperties", "dependentRequired", "dependentSchemas"),
    *("dependencies", "minContains", "maxContains"),
)

_OPPOSITE_BOUND = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}


class Impossible(ConstraintError):
    """Nothing is allowed here. Another branch may still allow something."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A schema and where it stands.

    `own` is false for one that is only looked at, see `Builder.misses`. `turned`: no schema says it in these words,
    it is the opposite of one; so the properties that it speaks of count as not spoken of.
    """

    schema: Schema
    where: str
    own: bool = True
    turned: bool = False

    def at(self, schema: Schema, *steps: str) -> Placed:
        """A schema inside of it."""
        return Placed(schema, ".".join([self.where, *steps]), self.own, self.turned)


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, of which one must hold (with `apart`: exactly one), and the keyword that gives them."""

    keyword: str
    where: str
    options: Sequence[Sequence[Placed]]
    apart: bool = False


def assertions(schema: Mapping[str, Any]) -> list[str]:
    """The keywords that say something about a value."""
    found = [k for k in schema if k in SAYS]
    if "if" not in schema:
        found = [k for k in found if k not in ("then", "else")]
    if schema.get("nullable") is not True and "nullable" in found:
        found.remove("nullable")
    return [k for k in found if not (k == "uniqueItems" and schema[k] is False)]


def flat(parts: Sequence[Placed], document: Document) -> list[Placed]:
    """The same without `$ref`, `allOf` and what says nothing. `false` among them is impossible."""
    found: list[Placed] = []
    seen: set[int] = set()
    # what stands behind a $ref that leads to itself would have to hold before it can be asked
    ahead: list[tuple[Placed, tuple[int, ...]]] = [(p, ()) for p in reversed(parts)]
    while ahead:
        part, path = ahead.pop()
        schema = part.schema
        if isinstance(schema, bool):
            if not schema:
                raise Impossible(f"{part.where}: the schema `false` allows nothing")
            continue
        if id(schema) in path:
            raise ConstraintError(f"{part.where}: a $ref leads back to itself")
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        path = (*path, id(schema))
        inner = [
            (part.at(s, "allOf", str(i)), path) for i, s in enumerate(listing(schema, "allOf"))
        ]
        if "$ref" in schema:
            inner.insert(0, (target_of(part, document), path))
        ahead += reversed(inner)
        if set(assertions(schema)) - {"$ref", "allOf"}:
            found.append(part)
    return found


def is_ref_only(schema: Schema) -> bool:
    """Whether a schema is a `$ref` and nothing else."""
    return isinstance(schema, Mapping) and "$ref" in schema and assertions(schema) == ["$ref"]


def says_nothing(schema: Schema) -> bool:
    return schema is True or (isinstance(schema, Mapping) and not assertions(schema))


def target_of(part: Placed, document: Document) -> Placed:
    """What the `$ref` of a schema leads to, named after it."""
    ref = cast("Mapping[str, Any]", part.schema)["$ref"]
    try:
        target = document.target(ref)
    except ConstraintError as err:
        raise ConstraintError(f"{part.where}: {err}", err.hint) from err
    name = str(ref).rpartition("/")[2] or "root"
    return Placed(target, name if name != "#" else "root", part.own)


def choices(part: Placed, document: Document) -> tuple[Placed | None, list[Choice]]:
    """What one plain schema says by itself (None if nothing), and the alternatives that it leaves."""
    schema = cast("Mapping[str, Any]", part.schema)
    found: list[Choice] = []
    for key in ("anyOf", "oneOf"):
        if key in schema:
            options = [[part.at(s, key, str(i))] for i, s in enumerate(listing(schema, key))]
            found.append(Choice(key, part.where, options, key == "oneOf"))
    if "if" in schema:
        found.append(_if(part, schema, document))
    kept_not: dict[str, Any] = {}
    if "not" in schema:
        if is_plain_not(schema["not"]):
            kept_not = {"not": schema["not"]}
        else:
            turned = negated(part.at(schema["not"], "not"), document, "not")
            found.append(Choice("not", part.where, [[p] for p in turned]))
    for key in ("dependentRequired", "dependentSchemas", "dependencies"):
        found += [_depends(part, key, name, s) for name, s in mapping(schema, key).items()]
    if not found and not (set(_COMBINING) - kept_not.keys()) & schema.keys():
        return part, found
    dropped = (*_COMBINING, "then", "else", "$ref", "allOf", *ANNOTATIONS)
    rest = {k: v for k, v in schema.items() if k not in dropped} | kept_not
    return (Placed(rest, part.where, part.own, part.turned) if assertions(rest) else None), found


def is_plain_not(schema: Schema) -> bool:
    """Whether `not` excludes some values or a pattern, and nothing else."""
    return isinstance(schema, Mapping) and assertions(schema) in (["enum"], ["const"], ["pattern"])


def _if(part: Placed, schema: Mapping[str, Any], document: Document) -> Choice:
    condition = part.at(schema["if"], "if")
    yes = [condition, part.at(schema.get("then", True), "then")]
    if "then" not in schema and "else" not in schema:
        return Choice("if", part.where, [[]])
    no = negated(condition, document, "if")
    otherwise = part.at(schema.get("else", True), "else")
    return Choice("if", part.where, [yes, *([p, otherwise] for p in no)])


def _depends(part: Placed, keyword: str, name: str, wanted: Any) -> Choice:
    without = part.at({"properties": {name: False}}, keyword)
    if isinstance(wanted, (list, tuple)):
        names = [name, *cast("Sequence[str]", wanted)]
        return Choice(keyword, part.where, [[without], [part.at({"required": names}, keyword)]])
    there = [part.at({"required": [name]}, keyword), part.at(wanted, keyword, name)]
    return Choice(keyword, part.where, [[without], there])


def negated(part: Placed, document: Document, keyword: str) -> list[Placed]:
    """Schemas, one of which fits whatever does not fit this one; none if everything fits it."""
    schema = part.schema
    if isinstance(schema, bool):
        return [] if schema else [part.at(True)]
    if "$ref" in schema:
        target = target_of(part, document)
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        found = negated(target, document, keyword) if target.schema is not schema else []
        return found + (negated(part.at(rest), document, keyword) if assertions(rest) else [])
    found: list[Placed] = []
    for key in assertions(schema):
        if key in _NOT_TURNED or schema.get("nullable") or isinstance(schema[key], bool):
            raise ConstraintError(
                f"{part.where}: the keyword '{keyword}' with '{key}' inside cannot be put into a grammar",
                "say what the value is, and not what it is not",
            )
        found += [Placed(s, part.where, part.own, turned=True) for s in _turned(schema, key)]
    return found


def _turned(schema: Mapping[str, Any], key: str) -> list[Schema]:
    """What fits if one keyword does not hold: one of these."""
    value = schema[key]
    if key in _OPPOSITE_BOUND:
        return [{"type": "number", _OPPOSITE_BOUND[key]: value}]
    if key[:3] in ("min", "max"):
        return _turned_size(key, int(value))
    match key:
        case "type":
            return _turned_type(value)
        case "pattern":
            return [{"type": "string", "not": {key: value}}]
        case "enum" | "const":
            return [{"not": {key: value}}]
        case "required":
            names = cast("Sequence[str]", value)
            return [{"type": "object", "properties": {name: False}} for name in names]
        case "properties":
            return [
                {"type": "object", "required": [name], "properties": {name: {"not": inner}}}
                for name, inner in mapping(schema, key).items()
            ]
        case "not":
            return [cast(Schema, value)]
        case "anyOf":
            return [{"allOf": [{"not": s} for s in listing(schema, key)]}]
        case "allOf":
            return [{"not": s} for s in listing(schema, key)]
        case _:
            raise ConstraintError(f"the keyword '{key}' has no opposite: {show(value)}")


def _turned_type(value: Any) -> list[Schema]:
    named = {value} if isinstance(value, str) else set(cast("Sequence[str]", value))
    # a number that is not whole is left out: there is no word for it
    numbers = {"integer", "number"} if named & {"integer", "number"} else {"integer"}
    left = [t for t in TYPES if t not in named | numbers]
    return [{"type": left}] if left else []


def _turned_size(key: str, value: int) -> list[Schema]:
    kind = {"Length": "string", "Items": "array", "Properties": "object"}[key[3:]]
    if key.startswith("max"):
        return [{"type": kind, f"min{key[3:]}": value + 1}]
    return [{"type": kind, f"max{key[3:]}": value - 1}] if value > 0 else []
