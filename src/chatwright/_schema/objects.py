"""Objects: the properties of several schemas as one tree, in the order in which they are listed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._lang.automaton import intersect
from .._lang.match import matcher
from .._lang.patterns import searched
from .._lang.tree import Node, Ref, Text, TooLarge, either, seq
from ..errors import ConstraintError
from . import strings
from .document import listing, mapping
from .merge import Impossible, Placed, assertions
from .row import Thing, row

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["tree"]

_USUAL = 50
_ANY_PAIR = seq(Ref("j-key"), Text(": "), Ref("j-value-3"))
_MOST = 2000


def tree(builder: Builder, parts: Sequence[Placed]) -> Node:
    """The objects that fit all of these."""
    return _Object(builder, parts).tree()


class _Object:
    def __init__(self, builder: Builder, parts: Sequence[Placed]) -> None:
        self._builder = builder
        self._parts = parts
        self._schemas = [cast("Mapping[str, Any]", p.schema) for p in parts]
        self._where = parts[0].where
        turned = [s for p, s in zip(parts, self._schemas, strict=True) if p.turned]
        self._own = [s for p, s in zip(parts, self._schemas, strict=True) if p.own]
        self._lists = any("properties" in s for s in self._own if not any(s is t for t in turned))
        self._listed = dict.fromkeys(name for s in self._own for name in mapping(s, "properties"))
        self._needed = dict.fromkeys(name for s in self._schemas for name in listing(s, "required"))

    def tree(self) -> Node:
        self._refuse_not()
        least, most = strings.sizes(self._parts, "Properties")
        if least > _MOST:
            raise ConstraintError(
                f"{self._where}: 'minProperties' is more than the {_MOST:,} that a grammar can count"
            )
        things = self._things()
        needed = sum(t.needed for t in things)
        if most is not None and needed > most:
            raise Impossible(f"{self._where}: 'maxProperties' is less than what is required")
        rest = self._rest() if self._wants_rest(len(things), least, most) else None
        if rest is None and len(things) < least:
            raise Impossible(
                f"{self._where}: 'minProperties' is more than the properties there are"
            )
        if not things and rest == _ANY_PAIR and least == 0 and most is None:
            return Ref("j-object-4")
        inner = row(
            things,
            rest,
            least,
            most if most is None else min(most, _MOST),
            _USUAL,
            lambda tail: self._builder.fresh(f"{self._where}-{tail}"),
            self._builder.add,
        )
        return seq(Text("{"), inner, Text("}"))

    def _refuse_not(self) -> None:
        for part, schema in zip(self._parts, self._schemas, strict=True):
            turned = schema.get("not", {})
            values = (*listing(turned, "enum"), *([turned["const"]] if "const" in turned else []))
            if any(isinstance(v, Mapping) for v in values):
                raise ConstraintError(
                    f"{part.where}: the keyword 'not' with an object cannot be put into a grammar"
                )

    def _things(self) -> list[Thing]:
        """The listed and the required properties that are possible."""
        made: list[Thing] = []
        for name in (*self._listed, *(n for n in self._needed if n not in self._listed)):
            try:
                made.append(Thing(self._pair(name), name in self._needed))
            except Impossible as err:
                if name in self._needed:
                    raise Impossible(
                        f"{self._where}: '{name[:60]}' is required, and {err}"
                    ) from err
        return made

    def _pair(self, name: str) -> Node:
        for part, schema in zip(self._parts, self._schemas, strict=True):
            names = schema.get("propertyNames", True)
            if not self._builder.fits(name, part.at(names)):
                raise Impossible(f"'propertyNames' of {part.where} does not allow it")
        value = self._builder.node(self._of(name))
        return seq(Text(f"{json.dumps(name, ensure_ascii=False)}: "), value)

    def _of(self, name: str) -> list[Placed]:
        """Every schema for the value of one property."""
        found: list[Placed] = []
        spoken = False
        for part, schema in zip(self._parts, self._schemas, strict=True):
            here = list(_for_name(part, schema, name))
            if not here and "additionalProperties" in schema:
                here = [Placed(schema["additionalProperties"], f"{part.where}.{name}", part.own)]
                if schema["additionalProperties"] is False:
                    raise Impossible(f"is not among the properties of {part.where}")
            spoken = spoken or (bool(here) and not part.turned)
            found += here
        if not spoken:
            found += self._unevaluated(name)
        # what a schema lists or requires is all that is written for it; see Builder.misses
        written = name in self._listed or any(name in listing(s, "required") for s in self._own)
        if self._lists and not written:
            raise Impossible("is never written here")
        if any(part.schema is False for part in found):
            raise Impossible("the schema `false` forbids it")
        return found

    def _unevaluated(self, name: str) -> Iterator[Placed]:
        for part, schema in zip(self._parts, self._schemas, strict=True):
            if "unevaluatedProperties" in schema:
                yield Placed(schema["unevaluatedProperties"], f"{part.where}.{name}", part.own)

    def _wants_rest(self, count: int, least: int, most: int | None) -> bool:
        """Whether properties are written that nobody has listed: where a schema is given for them, or they must be."""
        if most is not None and most <= 0:
            return False
        if not self._lists and not self._needed:
            return True
        given = any(
            isinstance(s.get(key), Mapping) and assertions(s[key])
            for s in self._schemas
            for key in ("additionalProperties", "unevaluatedProperties")
        )
        return given or count < least or any(mapping(s, "patternProperties") for s in self._schemas)

    def _rest(self) -> Node | None:
        """A pair whose key is none of the listed ones; None if there can be none."""
        pairs = [
            seq(self._key(key), Text(": "), self._builder.node(parts))
            for key, parts in self._kinds()
        ]
        if not pairs:
            return None
        if len(pairs) == 1 and pairs[0] == seq(Ref("j-key"), Text(": "), Ref("j-value-4")):
            return _ANY_PAIR
        name = self._builder.fresh(f"{self._where}-pair")
        return self._builder.add(name, either(pairs))

    def _kinds(self) -> Iterator[tuple[str | None, list[Placed]]]:
        """The kinds of further properties: a pattern for the key, and the schemas for the value."""
        patterns = [
            (pattern, part)
            for part, schema in zip(self._parts, self._schemas, strict=True)
            for pattern in mapping(schema, "patternProperties")
        ]
        if patterns:
            self._refuse_shared([pattern for pattern, _ in patterns])
            for pattern in dict.fromkeys(pattern for pattern, _ in patterns):
                yield pattern, self._for_pattern(pattern)
            return
        rest: list[Placed] = []
        for part, schema in zip(self._parts, self._schemas, strict=True):
            for key in ("additionalProperties", "unevaluatedProperties"):
                if key in schema:
                    rest.append(part.at(schema[key], "values"))
                    break
        if any(p.schema is False for p in rest):
            return
        yield None, rest

    def _for_pattern(self, pattern: str) -> list[Placed]:
        found: list[Placed] = []
        for part, schema in zip(self._parts, self._schemas, strict=True):
            own = mapping(schema, "patternProperties")
            if pattern in own:
                found.append(part.at(own[pattern], "patternProperties", pattern[:40]))
            elif "additionalProperties" in schema:
                found.append(part.at(schema["additionalProperties"], "values"))
        return found

    def _refuse_shared(self, patterns: Sequence[str]) -> None:
        """A key that two patterns match would need a value that fits both."""
        different = list(dict.fromkeys(patterns))
        for i, one in enumerate(different):
            for other in different[i + 1 :]:
                try:
                    shared = intersect(searched(one).automaton, searched(other).automaton)
                except TooLarge as err:
                    raise ConstraintError(
                        f"{self._where}: 'patternProperties': {err}", err.hint
                    ) from err
                if not shared.empty:
                    raise ConstraintError(
                        f"{self._where}: a key may match both {one[:40]!r} and {other[:40]!r} of"
                        " 'patternProperties', which a grammar cannot keep apart",
                        "write patterns that exclude each other",
                    )

    def _key(self, pattern: str | None) -> Node:
        """The key of a further property, in quotes."""
        names: list[Placed] = []
        for part, schema in zip(self._parts, self._schemas, strict=True):
            if "propertyNames" in schema:
                names.append(part.at(schema["propertyNames"], "propertyNames"))
        if pattern is not None:
            names.append(Placed({"pattern": pattern}, f"{self._where}.patternProperties"))
        taken = list(dict.fromkeys((*self._listed, *self._needed)))
        if not names and not taken:
            return Ref("j-key")
        # one string may not be one of these: a key stands there once
        if taken:
            names.append(Placed({"not": {"enum": taken}}, self._where))
        if not any("maxLength" in mapping({"s": p.schema}, "s") for p in names) and pattern is None:
            names.append(Placed({"maxLength": 60}, self._where))
        return self._builder.node([Placed({"type": "string"}, self._where), *names])


def _for_name(part: Placed, schema: Mapping[str, Any], name: str) -> Iterator[Placed]:
    known = mapping(schema, "properties")
    if name in known:
        yield Placed(known[name], f"{part.where}.{name}", part.own)
    for pattern, inner in mapping(schema, "patternProperties").items():
        if matcher(pattern).search(name):
            yield Placed(inner, f"{part.where}.{name}", part.own)
