"""Checks a value against a JSON schema, keyword by keyword; `schema.py` is the door to it.

Each schema looks at each part of the value once, however many ways lead there, so that no schema takes longer
than its size and the value's size allow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import ConstraintError
from .document import (
    WORDS,
    Document,
    Schema,
    fits_type,
    frozen,
    listing,
    mapping,
    resolve,
    show,
    types_of,
)
from .scalars import (
    found_in,
    named,
    one_of,
    why_not_listed,
    why_not_number,
    why_not_sized,
    why_not_string,
)

__all__ = ["Checker"]

_MAX_DEPTH = 100
_MOST_NESTED = 100
_MOST_REASONS = 8  # of branches within branches there can be more than memory holds
_OR = "; or "
_STEPS = 100_000
_STEPS_EACH = 50


@dataclass(slots=True, eq=False)
class _Place:
    """A part of the value, and where it stands in it."""

    value: Any
    path: str
    depth: int = 0
    inner: dict[str | int, _Place] = field(default_factory=dict["str | int", "_Place"])

    def below(self, key: str | int, value: Any) -> _Place:
        found = self.inner.get(key)
        if found is None:
            found = self.inner[key] = _Place(value, self._path(key), self.depth + 1)
        return found

    @property
    def name(self) -> str:
        return named(self.path)

    def name_of(self, key: str) -> str:
        """What a key of it is called in a message, whether it is there or not."""
        return named(self._path(key))

    def _path(self, key: str | int) -> str:
        if isinstance(key, int):
            return f"{self.path}[{key}]"
        return f"{self.path}.{key}" if self.path else key


@dataclass(slots=True)
class _Seen:
    """What a schema says of a place: why it does not fit, else which parts it has looked at."""

    reason: str | None = None
    keys: set[str] = field(default_factory=set[str])
    items: set[int] = field(default_factory=set[int])
    known: dict[str, None] | None = None  # the properties it lists, None if it lists none

    def add(self, other: _Seen) -> None:
        self.keys |= other.keys
        self.items |= other.items
        if other.known is not None:
            self.known = {**(self.known or {}), **other.known}


class Checker:
    """Checks values by one schema document; `$ref`s are looked up in it.

    `closed`: an object whose schema lists `properties` has only those, unless the schema says otherwise. Without
    it an object may have others, as the standard has it.
    """

    def __init__(self, root: Schema, *, closed: bool = True) -> None:
        self.root = root
        self._closed = closed
        self._document = Document(root)
        self._listed: dict[int, frozenset[object]] = {}
        self._begin()

    def why(self, value: Any, schema: Schema, path: str = "") -> str | None:
        """Why `value` does not fit `schema`, or None."""
        self._begin()
        try:
            return self._fit(_Place(value, path), schema)
        except RecursionError:
            return "the value is nested too deeply"

    def _begin(self) -> None:
        self._known: dict[tuple[int, int], _Seen | None] = {}
        self._names: list[_Place] = []  # kept, so that no two places are ever one object
        self._steps = 0
        self._places = 1
        self._nested = 0

    def _fit(self, place: _Place, schema: Schema) -> str | None:
        """Why the value at a place does not fit all that is said of it there, or None."""
        if place.depth > _MAX_DEPTH:
            return "the value is nested too deeply"
        self._places += 1
        nested, self._nested = self._nested, 0
        seen = self._look(place, schema)
        self._nested = nested
        if seen.reason or not self._closed or seen.known is None:
            return seen.reason
        for key in cast("Mapping[str, Any]", place.value):
            if key not in seen.keys:
                allowed = ", ".join(f'"{k}"' for k in seen.known)
                return f"{place.name_of(key)} is not known here; known: {allowed or 'nothing'}"
        return None

    def _look(self, place: _Place, schema: Schema) -> _Seen:
        """What one schema says of a place; schemas inside it that look at the same place are part of that."""
        if isinstance(schema, bool):
            return _Seen(None if schema else f"{place.name} is not allowed")
        key = (id(schema), id(place))
        if key in self._known:
            seen = self._known[key]
            if seen is None:
                raise ConstraintError(
                    "a $ref leads back to itself", f"look at {show(dict(schema))}"
                )
            return seen
        self._steps += 1
        self._nested += 1
        if self._steps > _STEPS + _STEPS_EACH * self._places or self._nested > _MOST_NESTED:
            raise ConstraintError("the schema takes too long to check", "make it simpler")
        self._known[key] = None
        seen = self._known[key] = self._judge(place, schema)
        self._nested -= 1
        return seen

    def _judge(self, place: _Place, schema: Mapping[str, Any]) -> _Seen:
        seen = _Seen()
        if "$ref" in schema:
            seen.add(target := self._look(place, self._document.target(schema["$ref"])))
            if target.reason:
                return target
        if place.value is None and schema.get("nullable") is True:
            return seen
        seen.reason = self._why_not_listed(place, schema) or self._why_not_combined(
            place, schema, seen
        )
        if seen.reason:
            return seen
        seen.reason = self._why_not_typed(place, schema, seen)
        return seen

    def _why_not_listed(self, place: _Place, schema: Mapping[str, Any]) -> str | None:
        if "const" not in schema and "enum" not in schema:
            return None
        options = schema.get("enum")
        if options is not None and len(options) > 20 and "const" not in schema:
            if id(schema) not in self._listed:
                self._listed[id(schema)] = frozenset(frozen(o) for o in options)
            if frozen(place.value) in self._listed[id(schema)]:
                return None
        return why_not_listed(place.value, schema, place.path)

    def _why_not_combined(
        self, place: _Place, schema: Mapping[str, Any], seen: _Seen
    ) -> str | None:
        for part in listing(schema, "allOf"):
            found = self._look(place, part)
            if found.reason:
                return found.reason
            seen.add(found)
        for key in ("anyOf", "oneOf"):
            branches = listing(schema, key)
            if branches and (reason := self._why_none(place, key, branches, seen)):
                return reason
        if "not" in schema and self._look(place, schema["not"]).reason is None:
            return f"{place.name} must not be {show(place.value)} (not)"
        if "if" in schema:
            wanted = self._look(place, schema["if"])
            branch = self._look(place, schema.get("else" if wanted.reason else "then", True))
            if branch.reason:
                return branch.reason
            for found in (branch,) if wanted.reason else (wanted, branch):
                seen.add(found)
        return self._why_not_dependent(place, schema, seen)

    def _why_none(
        self, place: _Place, key: str, branches: Sequence[Schema], seen: _Seen
    ) -> str | None:
        """Why no branch fits: the reason of the one branch that was meant, else what each wants."""
        found = [self._look(place, branch) for branch in branches]
        fitting = [i for i, branch in enumerate(found) if branch.reason is None]
        for i in fitting:
            seen.add(found[i])
        if len(fitting) > 1 and key == "oneOf":
            return f"{place.name} fits the schemas {fitting[0]} and {fitting[1]} of 'oneOf', and must fit one"
        if fitting:
            return None
        reasons = [str(branch.reason) for branch in found]
        types = [self._types(branch) for branch in branches]
        value = place.value
        meant = [
            reason
            for reason, wanted in zip(reasons, types, strict=True)
            if not wanted or any(fits_type(value, t) for t in wanted)
        ]
        if len(meant) == 1:
            return meant[0]
        wanted = [t for each in types for t in each]
        if not meant and wanted:
            return f"{place.name} must be {one_of(WORDS[t] for t in wanted)}, not {show(value)}"
        return _either(reasons) or f"{place.name} fits nothing"

    def _types(self, schema: Schema) -> list[str]:
        found = resolve(schema, self.root)
        return [] if isinstance(found, bool) else types_of(found)

    def _why_not_dependent(
        self, place: _Place, schema: Mapping[str, Any], seen: _Seen
    ) -> str | None:
        if not isinstance(place.value, Mapping):
            return None
        value = cast("Mapping[str, Any]", place.value)
        for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
            for key, wanted in mapping(schema, keyword).items():
                if key not in value:
                    continue
                if isinstance(wanted, (list, tuple)):
                    missing = [k for k in cast("Sequence[str]", wanted) if k not in value]
                    if missing:
                        there = place.name_of(missing[0])
                        return f'{there} is required where "{key}" is given ({keyword})'
                    continue
                found = self._look(place, wanted)
                if found.reason:
                    return found.reason
                seen.add(found)
        return None

    def _why_not_typed(self, place: _Place, schema: Mapping[str, Any], seen: _Seen) -> str | None:
        value = place.value
        types = types_of(schema) if self._closed or "type" in schema else []
        if types and not any(fits_type(value, t) for t in types):
            return f"{place.name} must be {one_of(WORDS[t] for t in types)}, not {show(value)}"
        if isinstance(value, str):
            return why_not_string(value, schema, place.name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return why_not_number(value, schema, place.name)
        if isinstance(value, list):
            return self._why_not_array(place, cast("list[Any]", value), schema, seen)
        if isinstance(value, Mapping):
            return self._why_not_object(place, cast("Mapping[str, Any]", value), schema, seen)
        return None

    def _why_not_array(
        self, place: _Place, value: list[Any], schema: Mapping[str, Any], seen: _Seen
    ) -> str | None:
        said = f"{place.name} must have"
        if reason := why_not_sized(len(value), schema, "Items", said, "items"):
            return reason
        if schema.get("uniqueItems") and len({frozen(v) for v in value}) < len(value):
            return f"{place.name} must not hold the same item twice (uniqueItems)"
        items = schema.get("items", True)
        first = listing(schema, "prefixItems")
        if isinstance(items, (list, tuple)):  # as the drafts before 2020 have it
            first, items = cast("Sequence[Any]", items), schema.get("additionalItems", True)
        for i, item in enumerate(value):
            wanted = first[i] if i < len(first) else items
            if wanted is not True and (reason := self._fit(place.below(i, item), wanted)):
                return reason
        more = {"items", "additionalItems"} & schema.keys()
        seen.items |= set(range(len(value) if more else min(len(first), len(value))))
        if "contains" in schema and (reason := self._why_not_contains(place, value, schema, seen)):
            return reason
        rest = schema.get("unevaluatedItems", True)
        for i, item in enumerate(value) if rest is not True else ():
            if i not in seen.items and (reason := self._fit(place.below(i, item), rest)):
                return f"{reason} (unevaluatedItems)"
        if rest is not True:
            seen.items |= set(range(len(value)))
        return None

    def _why_not_contains(
        self, place: _Place, value: list[Any], schema: Mapping[str, Any], seen: _Seen
    ) -> str | None:
        wanted = schema["contains"]
        fitting = [i for i, v in enumerate(value) if self._fit(place.below(i, v), wanted) is None]
        seen.items |= set(fitting)
        least, most = schema.get("minContains", 1), schema.get("maxContains", math.inf)
        said = f"items that fit 'contains', not {len(fitting)}"
        if len(fitting) < least:
            return f"{place.name} must have at least {least} {said}"
        return f"{place.name} must have at most {most} {said}" if len(fitting) > most else None

    def _why_not_object(
        self,
        place: _Place,
        value: Mapping[str, Any],
        schema: Mapping[str, Any],
        seen: _Seen,
    ) -> str | None:
        missing = [place.name_of(k) for k in listing(schema, "required") if k not in value]
        if missing:
            return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} required"
        if reason := why_not_sized(
            len(value), schema, "Properties", f"{place.name} must have", "keys"
        ):
            return reason
        known = mapping(schema, "properties")
        if "properties" in schema:
            seen.known = {**(seen.known or {}), **dict.fromkeys(known)}
        for key, item in value.items():
            there = place.below(key, item)
            if (names := schema.get("propertyNames", True)) is not True:
                self._names.append(_Place(key, f"{there.path} (its name)"))
                if reason := self._fit(self._names[-1], names):
                    return reason
            for wanted in self._wanted(schema, known, key):
                seen.keys.add(key)
                if wanted is False:
                    allowed = ", ".join(f'"{k}"' for k in known)
                    return f"{there.name} is not known here; known: {allowed or 'nothing'}"
                if wanted is not True and (reason := self._fit(there, wanted)):
                    return reason
        rest = schema.get("unevaluatedProperties", True)
        for key, item in value.items() if "unevaluatedProperties" in schema else ():
            if key in seen.keys:
                continue
            if rest is not True and (reason := self._fit(place.below(key, item), rest)):
                return f"{reason} (unevaluatedProperties)"
            seen.keys.add(key)
        return None

    def _wanted(
        self, schema: Mapping[str, Any], known: Mapping[str, Any], key: str
    ) -> Iterable[Schema]:
        """The schemas for one key."""
        found = [known[key]] if key in known else []
        for pattern, wanted in mapping(schema, "patternProperties").items():
            if found_in(pattern, key):
                found.append(wanted)
        if not found and "additionalProperties" in schema:
            found.append(schema["additionalProperties"])
        return found


def _either(reasons: Sequence[str]) -> str:
    """Each reason once, also those that are made of several; the first few of them."""
    said = list(dict.fromkeys(part for reason in reasons for part in reason.split(_OR)))
    kept = [part for part in said if part != "..."][:_MOST_REASONS]
    return _OR.join([*kept, "..."] if len(kept) < len(said) else kept)
