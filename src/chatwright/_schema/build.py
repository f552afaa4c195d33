"""A JSON schema as a tree with rules: every text that may be written for it.

A value must fit several schemas at once as soon as `allOf`, a `$ref` with neighbours or a property that two
schemas speak of is met; so everything here works on lists of them. A list that was met before is a rule, and so a
schema may contain itself.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, cast

from .._lang.finite import pruned
from .._lang.tree import NEVER, Node, Ref, TooLarge, either, refs
from .._lang.words import words
from .._lang.write import automaton_rules
from ..errors import ConstraintError
from . import arrays, numbers, objects, strings
from .check import Checker
from .document import TYPES, Document, Schema, fits_type, frozen, listing, mapping, show
from .merge import (
    Choice,
    Impossible,
    Placed,
    choices,
    flat,
    is_ref_only,
    says_nothing,
    target_of,
)

__all__ = ["Builder"]

_MOST_STEPS = 5_000
_MOST_BRANCHES = 64
_MOST_LISTED = 100_000
_MOST_APART = 60
_KEYWORDS_OF: Mapping[str, tuple[str, ...]] = {
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties", "unevaluatedProperties"),
    ),
    "array": (
        *("items", "prefixItems", "additionalItems", "contains", "minItems", "maxItems"),
        *("uniqueItems", "unevaluatedItems", "minContains", "maxContains"),
    ),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Builder:
    """Makes the rules for one schema document: `node` gives the tree for a value, `finish` works out the rest.

    What is impossible becomes a rule that allows nothing; `problems` says why.
    """

    def __init__(self, root: Schema, *, asking: bool = False) -> None:
        self._asking = asking  # only whether two schemas exclude each other
        self.document = Document(root)
        self.checker = Checker(root, closed=False)
        self.rules: dict[str, Node] = {}
        self.problems: dict[str, Impossible] = {}
        self._known: dict[frozenset[tuple[int, bool]], str] = {}
        self._ahead: list[tuple[str, Sequence[Placed]]] = []
        self._split: dict[tuple[int, bool], tuple[Placed | None, list[Choice]]] = {}
        self._kept: list[Sequence[Placed]] = []  # so that no two schemas are ever one object
        self._numbers: dict[str, int] = {}
        self._steps = 0
        self._automata = 0
        self.languages: dict[tuple[int | None, ...], tuple[object, Node]] = {}
        """What was made of strings of a pattern, a format and lengths: the next ones are the same."""

    def node(self, parts: Sequence[Placed]) -> Node:
        """The tree of the values that fit all of these: a rule, which is worked out later."""
        if len(parts) == 1 and is_ref_only(parts[0].schema):
            parts = [self._followed(parts[0])]
        key = frozenset((id(p.schema), p.own) for p in parts if not says_nothing(p.schema))
        if not key:
            return Ref("j-value-4")
        if key not in self._known:
            name = self._known[key] = self.fresh(parts[0].where)
            self.rules[name] = NEVER
            self._kept.append(parts)
            self._ahead.append((name, parts))
        return Ref(self._known[key])

    def finish(self) -> None:
        """Work out all the rules that have been asked for."""
        while self._ahead:
            name, parts = self._ahead.pop()
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise TooLarge(
                    f"{parts[0].where[:80]}: the schema is too large for a grammar",
                    "ask for less at once",
                )
            try:
                self.rules[name] = self._body(parts)
            except Impossible as err:
                self.problems[name] = err

    def why_nothing(self, root: Node, where: str) -> ConstraintError:
        """What to say where nothing at all is allowed: the problem that is nearest to the root."""
        possible = pruned(self.rules, root)[1]
        ahead = deque(refs(root))
        seen = set(ahead)
        while ahead:
            name = ahead.popleft()
            if name in self.problems:
                return self.problems[name]
            further = [n for n in refs(self.rules.get(name, NEVER)) if n not in possible]
            ahead += [n for n in further if n not in seen]
            seen.update(further)
        return ConstraintError(
            f"{where}: no value that fits the schema has an end", "something in it holds itself"
        )

    def fresh(self, where: str) -> str:
        """A name for a rule that no other has."""
        plain = re.sub(r"[^a-z0-9]+", "-", where.lower()).strip("-")[-28:].lstrip("-0123456789")
        plain = plain or "rule"
        name = plain
        while name in self.rules or name == "j":
            self._numbers[plain] = self._numbers.get(plain, 1) + 1
            name = f"{plain}-{self._numbers[plain]}"
        return name

    def add(self, name: str, node: Node) -> Ref:
        self.rules[name] = node
        return Ref(name)

    def add_automaton(self, automaton: Any, where: str, *, quoted: bool) -> Node:
        """The tree for an automaton, its rules added."""
        self._automata += 1
        name = f"{self.fresh(where)}-A{self._automata}"  # no other name has a capital letter
        start, named = automaton_rules(automaton, name, json_string=quoted)
        self.rules.update(named)
        self._steps += len(named)
        return start

    def finite(self, parts: Sequence[Placed]) -> list[Any] | None:
        """The values that fit all of these, if they are listed or few by their types."""
        plain = flat(parts, self.document)
        listed = _listed(plain)
        if listed is None:
            kinds = types(plain)
            if not kinds <= {"boolean", "null"}:
                return None
            listed = [v for v in (True, False, None) if any(fits_type(v, t) for t in kinds)]
        return [v for v in listed if all(self.fits(v, p) for p in parts)]

    def fits(self, value: Any, part: Placed) -> bool:
        return self.checker.why(value, part.schema) is None

    def misses(self, a: Sequence[Placed], b: Sequence[Placed]) -> bool:
        """Whether nothing that is written for `a` fits `b`."""
        scratch = Builder(self.document.root, asking=True)
        scratch._steps = self._steps
        root = scratch.node([*a, *(Placed(p.schema, p.where, own=False) for p in b)])
        try:
            scratch.finish()
        except Impossible:
            return True
        except ConstraintError:
            return False
        self._steps = scratch._steps
        return pruned(scratch.rules, root)[0] == NEVER

    def _followed(self, part: Placed) -> Placed:
        """What a `$ref` alone leads to, named after it."""
        seen: set[int] = set()
        while is_ref_only(part.schema):
            if id(part.schema) in seen:
                raise ConstraintError(f"{part.where}: a $ref leads back to itself")
            seen.add(id(part.schema))
            part = target_of(part, self.document)
        return part

    def _body(self, parts: Sequence[Placed]) -> Node:
        plain = flat(parts, self.document)
        listed = _listed(plain)
        if listed is not None:
            return self._one_of(listed, parts)
        rest: list[Placed] = []
        found: list[Choice] = []
        for part in plain:
            itself, alternatives = self._choices(part)
            rest += [itself] if itself else []
            found += alternatives
        if not found:
            return self._typed(rest)
        if any(not choice.options for choice in found):
            where = next(c.where for c in found if not c.options)
            raise Impossible(f"{where}: no value is left by 'not'")
        for choice in found:
            if choice.apart and not self._asking:
                self._refuse_overlap(choice, rest)
        return self._branches(rest, found)

    def _choices(self, part: Placed) -> tuple[Placed | None, list[Choice]]:
        # once for each schema, so that one that holds itself is known when it is met again
        key = (id(part.schema), part.own)
        if key not in self._split:
            self._split[key] = choices(part, self.document)
            self._kept.append([part])
        return self._split[key]

    def _one_of(self, listed: Iterable[Any], parts: Sequence[Placed]) -> Node:
        where = parts[0].where
        fitting = [v for v in listed if all(self.fits(v, p) for p in parts)]
        if not fitting:
            raise Impossible(f"{where}: no value is allowed by 'enum' or 'const'")
        texts = [as_json(value, where) for value in fitting]
        if sum(map(len, texts)) > _MOST_LISTED:
            raise TooLarge(f"{where}: 'enum' has more than {_MOST_LISTED:,} characters")
        return words(texts)

    def _branches(self, rest: list[Placed], found: list[Choice]) -> Node:
        total = 1
        for choice in found:
            total *= len(choice.options)
            if total > _MOST_BRANCHES and len(found) > 1:
                raise TooLarge(
                    f"{choice.where}: '{choice.keyword}' leaves more than {_MOST_BRANCHES} combinations",
                    "say it with fewer alternatives",
                )
        return either(
            self.node([*rest, *(p for option in combination for p in option)])
            for combination in product(*(choice.options for choice in found))
        )

    def _refuse_overlap(self, choice: Choice, rest: list[Placed]) -> None:
        """`oneOf` allows what fits exactly one: whatever we write for one must not fit another."""
        options = choice.options
        tags = [self._tags(option) for option in options]
        asked = 0
        for i, one in enumerate(options):
            for j, other in enumerate(options):
                if i == j or any(v.isdisjoint(tags[j].get(k, v)) for k, v in tags[i].items()):
                    continue
                asked += 1
                if asked > _MOST_APART**2 or not self.misses([*rest, *one], [*rest, *other]):
                    raise ConstraintError(
                        f"{choice.where}: some value fits the schemas {i} and {j} of 'oneOf',"
                        " which a grammar cannot keep apart",
                        "write 'anyOf', or schemas that exclude each other",
                    )

    def _tags(self, option: Sequence[Placed]) -> dict[str, frozenset[object]]:
        """The values of the required properties that have a list of them, and the types under no name."""
        try:
            parts = flat(option, self.document)
        except Impossible:
            return {"": frozenset()}
        found: dict[str, frozenset[object]] = {"": frozenset(_all_types(parts))}
        for part in parts:
            schema = cast("Mapping[str, Any]", part.schema)
            known = mapping(schema, "properties")
            for name in listing(schema, "required") if schema.get("type") == "object" else ():
                if name and isinstance(known.get(name), Mapping):
                    listed = _listed([part.at(known[name])])
                    if listed is not None:
                        found[name] = frozenset(frozen(v) for v in listed)
        return found

    def _typed(self, parts: list[Placed]) -> Node:
        """The tree for plain schemas, by the types that they leave."""
        if not parts:
            return Ref("j-value-4")
        where = parts[0].where
        kinds = types(parts)
        if not kinds:
            raise Impossible(f"{where}: the types that it must have exclude each other")
        if kinds == set(TYPES) - {"integer"}:
            spoken = {k for k, keys in _KEYWORDS_OF.items() if _speak(parts, keys)}
            if not spoken and not _speak(parts, ("not",)):
                return Ref("j-value-4")
            kinds = spoken or kinds
        made: list[Node] = []
        problem: Impossible | None = None
        for kind in sorted(kinds, key=lambda k: _order(parts, k)):
            try:
                made.append(self._of_type(kind, parts))
            except Impossible as err:
                problem = problem or err
        if not made:
            raise problem or Impossible(f"{where}: nothing is allowed")
        return either(made)

    def _of_type(self, kind: str, parts: list[Placed]) -> Node:
        match kind:
            case "string":
                return strings.tree(self, parts)
            case "integer" | "number":
                return numbers.tree(self, parts, whole=kind == "integer")
            case "array":
                return arrays.tree(self, parts)
            case "object":
                return objects.tree(self, parts)
            case _:
                options = [v for v in (True, False, None) if fits_type(v, kind)]
                fitting = [v for v in options if all(self.fits(v, p) for p in parts)]
                if not fitting:
                    raise Impossible(f"{parts[0].where}: no {kind} is allowed")
                if len(fitting) == len(options):
                    return Ref(f"j-{kind}")
                return words([as_json(v, parts[0].where) for v in fitting])


def types(parts: Sequence[Placed]) -> set[str]:
    """The types that all of these allow; with `number`, `integer` is part of it."""
    left = set(TYPES)
    for part in parts:
        schema = cast("Mapping[str, Any]", part.schema)
        if "type" not in schema:
            continue
        named = schema["type"]
        allowed = {named} if isinstance(named, str) else set(listing(schema, "type"))
        if schema.get("nullable") is True:
            allowed.add("null")
        if "number" in allowed:
            allowed.add("integer")
        left &= allowed
    return left - {"integer"} if "number" in left else left


def _all_types(parts: Sequence[Placed]) -> set[str]:
    found = types(parts)
    return found | {"integer"} if "number" in found else found


def _order(parts: Sequence[Placed], kind: str) -> int:
    """Types in the order in which the schema names them."""
    for part in parts:
        named = list(listing(cast("Mapping[str, Any]", part.schema), "type"))
        if kind in named:
            return named.index(kind)
    return TYPES.index(kind) + 10


def _speak(parts: Sequence[Placed], keys: Iterable[str]) -> bool:
    return any(key in cast("Mapping[str, Any]", p.schema) for p in parts for key in keys)


def _listed(parts: Sequence[Placed]) -> list[Any] | None:
    """The values of `const` or of the shortest `enum` among these."""
    found: list[list[Any]] = []
    for part in parts:
        schema = cast("Mapping[str, Any]", part.schema)
        nothing = [None] if schema.get("nullable") is True else []
        if "const" in schema:
            found.append([schema["const"], *nothing])
        elif "enum" in schema:
            values = list(listing(schema, "enum"))
            found.append(values + ([] if None in values else nothing))
    return min(found, key=len) if found else None


def as_json(value: Any, where: str) -> str:
    """A value as we write it; what JSON cannot hold is an error."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as err:
        raise ConstraintError(f"{where}: {show(value)} cannot be written: {err}") from err
    return text
