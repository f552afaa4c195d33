"""A JSON schema as a GBNF grammar: what a local model may write, token by token.

The text that the grammar allows is JSON with one space after `,` and `:` and no other white space, keys
in the order of the schema. It never allows what the schema forbids in shape; bounds on numbers are left
to `schema.validate`. What has no shape in a grammar (`pattern`, `not`, ...) is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._gbnf import FORMATS, MAX_STRING, Rules, literal
from ._schema_check import Checker, Schema, fits_type, listing, mapping, pointed, types_of
from .errors import ConstraintError

__all__ = ["Rules", "add_schema", "literal", "schema_to_gbnf"]

_MAX_ITEMS = 50
_MAX_REPEAT = 1999  # llama.cpp takes no more
_MAX_NESTING = 60

_REFUSED = (
    *("pattern", "not", "if", "then", "else", "patternProperties", "propertyNames", "uniqueItems"),
    *("contains", "minContains", "maxContains", "minProperties", "maxProperties", "dependencies"),
    *("dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"),
    *("additionalItems", "$dynamicRef", "$recursiveRef"),
)
_SHAPED = (
    *("type", "properties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf"),
    *("required", "additionalProperties", "minLength", "maxLength", "minItems", "maxItems"),
    "format",
)
_DESCRIPTIVE_FORMATS = (
    *("password", "path", "file-path", "directory-path", "binary", "textarea", "markdown", "color"),
    *("int32", "int64", "uint32", "uint64", "float", "double", "decimal", "json-string"),
)


def schema_to_gbnf(schema: Schema, *, root: str = "root") -> str:
    """The grammar of the JSON values that fit `schema`; its start rule is `root`.

    >>> print(schema_to_gbnf({"enum": ["yes", "no"]}))
    root ::= ("\\"yes\\"" | "\\"no\\"")
    """
    rules = Rules()
    start = rules.define(root, "")
    if start != root:
        raise ConstraintError(f"'{root}' is no name for a rule", f"'{start}' would be one")
    rules.bodies[root] = add_schema(rules, schema, root)
    return rules.text()


def add_schema(rules: Rules, schema: Schema, name: str) -> str:
    """The expression for a value that fits `schema`, after adding the rules that it needs to `rules`.

    `name` starts the names of those rules, and says in an error where it happened.
    """
    document = _Document(rules, schema)
    found = document.expression(schema, name, "")
    document.refuse_loops()
    return found


class _Document:
    """Turns the parts of one schema document into rules; a `$ref` becomes a rule of its own."""

    def __init__(self, rules: Rules, root: Schema) -> None:
        self._rules = rules
        self._checker = Checker(root)
        self._refs: dict[str, str] = {}
        # which $ref leads to which before anything is written: a loop there can never end
        self._leads: dict[str, set[str]] = {}
        self._depth = 0

    def expression(self, schema: Schema, where: str, owner: str) -> str:
        """The expression for a schema; `owner` is the `$ref` that nothing has been written for yet."""
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise ConstraintError(f"{where[:60]}: the schema is nested too deeply")
        try:
            if isinstance(schema, bool):
                if not schema:
                    raise ConstraintError(f"{where}: the schema `false` allows nothing")
                return self._rules.free("value")
            if not isinstance(schema, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConstraintError(f"{where}: a schema is an object, not {_json(schema, where)}")
            return self._by_keyword(schema, where, owner)
        finally:
            self._depth -= 1

    def refuse_loops(self) -> None:
        """Raise if a `$ref` leads back to itself without writing anything: such a grammar never ends."""
        for start in self._leads:
            seen: set[str] = set()
            ahead = list(self._leads[start])
            while ahead:
                ref = ahead.pop()
                if ref == start:
                    raise ConstraintError(f"$ref '{ref}' leads back to itself")
                if ref not in seen:
                    seen.add(ref)
                    ahead += self._leads.get(ref, ())

    def _by_keyword(self, schema: Mapping[str, Any], where: str, owner: str) -> str:
        for key in _REFUSED:
            if key in schema and schema[key] not in (None, False):
                raise ConstraintError(
                    f"{where}: the keyword '{key}' cannot be put into a grammar",
                    "leave it out of the schema, and check the value afterwards",
                )
        if "$ref" in schema:
            _alone(schema, "$ref", where)
            return self._ref(str(schema["$ref"]), where, owner)
        if "enum" in schema or "const" in schema:
            return self._listed(schema, where)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                _alone(schema, key, where)
                return self._either(listing(schema, key), where, owner)
        if "allOf" in schema:
            _alone(schema, "allOf", where)
            parts = listing(schema, "allOf")
            if len(parts) != 1:
                raise ConstraintError(f"{where}: 'allOf' of {len(parts)} schemas has no grammar")
            return self.expression(parts[0], where, owner)
        try:
            types = types_of(schema)
        except ConstraintError as err:
            raise ConstraintError(f"{where}: {err}", err.hint) from err
        if not types:
            return self._rules.free("value")
        found = [self._typed(schema, t, where) for t in dict.fromkeys(types)]
        return _or(found)

    def _ref(self, ref: str, where: str, owner: str) -> str:
        if owner:
            self._leads.setdefault(owner, set()).add(ref)
        if ref not in self._refs:
            try:
                target = pointed(ref, self._checker.root)
            except ConstraintError as err:
                raise ConstraintError(f"{where}: {err}", err.hint) from err
            name = self._refs[ref] = self._rules.define(ref.rsplit("/", 1)[-1], "")
            self._rules.bodies[name] = self.expression(
                target, ref.rsplit("/", 1)[-1] or "root", ref
            )
        return self._refs[ref]

    def _listed(self, schema: Mapping[str, Any], where: str) -> str:
        options = [schema["const"]] if "const" in schema else listing(schema, "enum")
        fitting = [o for o in options if self._checker.why(o, schema) is None]
        if not fitting:
            raise ConstraintError(f"{where}: no value is allowed by 'enum' or 'const'")
        return _or(list(dict.fromkeys(literal(_json(o, where)) for o in fitting)))

    def _either(self, branches: Sequence[Schema], where: str, owner: str) -> str:
        if not branches:
            raise ConstraintError(f"{where}: an empty 'anyOf' allows nothing")
        found = [self.expression(b, where, owner) for b in branches]
        return _or(list(dict.fromkeys(found)))

    def _typed(self, schema: Mapping[str, Any], kind: str, where: str) -> str:
        match kind:
            case "string":
                return self._string(schema, where)
            case "integer" | "number":
                least = schema.get("minimum", schema.get("exclusiveMinimum", -1))
                if kind == "integer" and fits_type(least, "number") and least >= 0:
                    return self._rules.common("j-count")
                return self._rules.common(f"j-{kind}")
            case "array":
                return self._rules.define(where, self._array(schema, where))
            case "object":
                return self._object(schema, where)
            case _:
                return self._rules.common(f"j-{kind}")

    def _string(self, schema: Mapping[str, Any], where: str) -> str:
        form = schema.get("format")
        if form in FORMATS:
            name = f"j-{form}"
            self._rules.bodies.setdefault(name, f'"\\"" {FORMATS[str(form)]} "\\""')
            return name
        if form is not None and form not in _DESCRIPTIVE_FORMATS:
            raise ConstraintError(
                f"{where}: the format '{form}' cannot be put into a grammar",
                f"known: {', '.join(FORMATS)}; or leave it out of the schema",
            )
        if "minLength" not in schema and "maxLength" not in schema:
            return self._rules.common("j-string")
        least, most = _bounds(schema, "Length", MAX_STRING, where)
        return f'"\\"" {self._rules.common("j-char")}{{{least},{most}}} "\\""'

    def _array(self, schema: Mapping[str, Any], where: str) -> str:
        first = [
            self.expression(s, f"{where}.{i}", "")
            for i, s in enumerate(listing(schema, "prefixItems"))
        ]
        least, most = _bounds(schema, "Items", max(_MAX_ITEMS, len(first)), where)
        if first:
            if not least <= len(first) <= most:
                raise ConstraintError(
                    f"{where}: 'prefixItems' has {len(first)} items, which minItems or maxItems forbids"
                )
            items = ' ", " '.join(first)
            return f'"[" {items} "]"'
        if most == 0:
            return literal("[]")
        item = self.expression(schema.get("items", True), f"{where}.items", "")
        more = f' (", " {item}){{{max(least - 1, 0)},{most - 1}}}' if most > 1 else ""
        return f'"[" {item}{more} "]"' if least else f'"[" ({item}{more})? "]"'

    def _object(self, schema: Mapping[str, Any], where: str) -> str:
        known = dict(mapping(schema, "properties"))
        required = [str(k) for k in listing(schema, "required")]
        others = schema.get("additionalProperties", "properties" not in schema)
        for key in required:
            if key not in known:
                if others is False:
                    raise ConstraintError(
                        f"{where}: '{key}' is required and not among the properties"
                    )
                known[key] = others
        if not known and others is not False:
            if others is True or others == {}:
                return self._rules.free("object")
            pair = f'{self._rules.common("j-key")} ": " {self.expression(others, f"{where}.values", "")}'
            return self._rules.define(
                where, f'"{{" ({pair} (", " {pair}){{0,{_MAX_ITEMS - 1}}})? "}}"'
            )
        name = self._rules.define(where, "")
        pairs = [
            _Pair(_json(key, where), self.expression(part, f"{where}.{key}", ""), key in required)
            for key, part in known.items()
        ]
        self._rules.bodies[name] = self._pairs(pairs, name)
        return name

    def _pairs(self, pairs: list[_Pair], name: str) -> str:
        """The body of an object: pairs in their order, the optional ones there or not."""
        anchor = next((i for i, pair in enumerate(pairs) if pair.needed), None)
        if anchor is not None:
            before = "".join(f'({pair.text()} ", ")? ' for pair in pairs[:anchor])
            after = "".join(
                f" {pair.text(', ')}" if pair.needed else f" ({pair.text(', ')})?"
                for pair in pairs[anchor + 1 :]
            )
            return f'"{{" {before}{pairs[anchor].text()}{after} "}}"'
        # Nothing is required, so any pair may be the first: each has a rule for what may follow it.
        starts: list[str] = []
        rest = last = ""
        for pair in reversed(pairs):
            if starts:
                after = f"({last})? {rest}".rstrip()
                rest = self._rules.define(f"{name}-rest", after)
            starts.append(f"{pair.text()} {rest}".rstrip())
            last = pair.text(", ")
        return f'"{{" ({" | ".join(reversed(starts))})? "}}"' if pairs else literal("{}")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A key of an object, in JSON, and the expression for its value."""

    key: str
    value: str
    needed: bool

    def text(self, before: str = "") -> str:
        return f"{literal(f'{before}{self.key}: ')} {self.value}"


def _alone(schema: Mapping[str, Any], key: str, where: str) -> None:
    """Refuse keywords beside one that stands for the whole schema: both would have to hold."""
    beside = [k for k in _SHAPED if k in schema and k != key]
    if beside:
        raise ConstraintError(f"{where}: '{beside[0]}' beside '{key}' cannot be put into a grammar")


def _bounds(schema: Mapping[str, Any], what: str, usual: int, where: str) -> tuple[int, int]:
    least = schema.get(f"min{what}", 0)
    most = schema.get(f"max{what}", max(usual, least if isinstance(least, int) else 0))
    if not (fits_type(least, "integer") and fits_type(most, "integer")) or most < 0:
        raise ConstraintError(f"{where}: 'min{what}' and 'max{what}' must be whole numbers")
    if least > most:
        raise ConstraintError(f"{where}: 'min{what}' is more than 'max{what}'")
    if least > _MAX_REPEAT:
        raise ConstraintError(
            f"{where}: 'min{what}' is more than the {_MAX_REPEAT} that a grammar can count"
        )
    return max(int(least), 0), int(min(most, max(usual, least), _MAX_REPEAT))


def _json(value: Any, where: str) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
        return text
    except UnicodeEncodeError:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError) as err:
        raise ConstraintError(f"{where}: {err}") from err


def _or(found: list[str]) -> str:
    return found[0] if len(found) == 1 else f"({' | '.join(found)})"
