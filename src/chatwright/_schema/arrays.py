"""Arrays: the items of several schemas as one tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._lang.tree import EMPTY, Node, Ref, Repeat, Text, optional, seq
from ..errors import ConstraintError
from . import strings
from .document import frozen, listing
from .merge import Impossible, Placed
from .row import Thing, row

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["tree"]

_USUAL = 50
_MOST = 2000
_MOST_LISTED = 60
_COMMA = Text(", ")


def tree(builder: Builder, parts: Sequence[Placed]) -> Node:
    """The arrays that fit all of these."""
    return _Array(builder, parts).tree()


class _Array:
    def __init__(self, builder: Builder, parts: Sequence[Placed]) -> None:
        self._builder = builder
        self._parts = parts
        self._schemas = [cast("Mapping[str, Any]", p.schema) for p in parts]
        self._where = parts[0].where
        self._first = max((len(_prefix(s)) for s in self._schemas), default=0)

    def tree(self) -> Node:
        self._refuse()
        least, most = strings.sizes(self._parts, "Items")
        if least > _MOST:
            raise ConstraintError(
                f"{self._where}: 'minItems' is more than the {_MOST:,} that a grammar can count"
            )
        if most is not None and most == 0:
            return Text("[]")
        if any(s.get("uniqueItems") for s in self._schemas) and (found := self._once(least, most)):
            return seq(Text("["), found, Text("]"))
        return seq(Text("["), self._items(least, most), Text("]"))

    def _refuse(self) -> None:
        for part, schema in zip(self._parts, self._schemas, strict=True):
            if "maxContains" in schema and "contains" in schema:
                raise ConstraintError(
                    f"{part.where}: the keyword 'maxContains' cannot be put into a grammar",
                    "leave it out of the schema, and check the value afterwards",
                )
            turned = schema.get("not", {})
            values = (*listing(turned, "enum"), *([turned["const"]] if "const" in turned else []))
            if any(isinstance(v, (list, tuple)) for v in values):
                raise ConstraintError(
                    f"{part.where}: the keyword 'not' with a list cannot be put into a grammar"
                )

    def _items(self, least: int, most: int | None) -> Node:
        """First what stands at its own place, then what must be among them, then any others."""
        first = self._placed(most)
        if len(first) < self._first:  # no item is possible behind these
            most = len(first) if most is None else min(most, len(first))
        wanted = self._contained(len(first), most)
        begin = [*first, *wanted]
        if most is not None and len(begin) > most:
            raise Impossible(f"{self._where}: 'maxItems' leaves no room for what must be there")
        rest = self._rest(len(begin), least, most)
        if rest is None:
            if len(begin) < least:
                raise Impossible(f"{self._where}: 'minItems' is more than the items there can be")
            return seq(*_separated(begin)) if begin else EMPTY
        least, most = max(least - len(begin), 0), None if most is None else most - len(begin)
        room = max(_USUAL, least) if most is None else min(most, _MOST)
        if begin:
            return seq(*_separated(begin), Repeat(seq(_COMMA, rest), least, room))
        row_ = (
            seq(rest, Repeat(seq(_COMMA, rest), max(least - 1, 0), room - 1)) if room > 1 else rest
        )
        return row_ if least else optional(row_)

    def _placed(self, most: int | None) -> list[Node]:
        """The items of `prefixItems`: all of them, because that is what such a list is for."""
        made: list[Node] = []
        for i in range(self._first if most is None else min(self._first, most)):
            parts = self._at(i)
            if any(part.schema is False for part in parts):
                break
            made.append(self._builder.node(parts))
        return made

    def _at(self, i: int) -> list[Placed]:
        found: list[Placed] = []
        for part, schema in zip(self._parts, self._schemas, strict=True):
            first = _prefix(schema)
            if i < len(first):
                found.append(Placed(first[i], f"{part.where}.{i}", part.own))
            elif (key := _rest_key(schema)) in schema:
                found.append(part.at(schema[key], "items"))
            elif "unevaluatedItems" in schema and not self._is_spoken(i):
                found.append(part.at(schema["unevaluatedItems"], "items"))
        return found

    def _is_spoken(self, i: int) -> bool:
        return any(i < len(_prefix(s)) or _rest_key(s) in s for s in self._schemas)

    def _contained(self, done: int, most: int | None) -> list[Node]:
        """Items for `contains`: they come first, so that nothing has to be counted afterwards."""
        made: list[Node] = []
        for part, schema in zip(self._parts, self._schemas, strict=True):
            count = int(schema.get("minContains", 1)) if "contains" in schema else 0
            if count > _MOST or (most is not None and done + len(made) + count > most):
                raise Impossible(f"{part.where}: 'minContains' is more than 'maxItems'")
            wanted = part.at(schema.get("contains", True), "contains")
            for _ in range(count):
                place = max(done + len(made), self._first)
                made.append(self._builder.node([*self._at(place), wanted]))
        return made

    def _rest(self, done: int, least: int, most: int | None) -> Node | None:
        """Any further item; None if there is none, or if nobody asks for one behind a list of places."""
        if most is not None and done >= most:
            return None
        given = any(_rest_key(s) in s for s in self._schemas)
        if done and not given and done >= least and not any("contains" in s for s in self._schemas):
            return None
        parts = self._at(max(done, self._first))
        if any(part.schema is False for part in parts):
            return None
        item = self._builder.node(parts)
        return Ref("j-value-3") if item == Ref("j-value-4") else item

    def _once(self, least: int, most: int | None) -> Node | None:
        """Different items out of a list of values, in its order; None where there is no such list.

        What is not listed seldom comes twice by itself, and is checked afterwards.
        """
        if self._first or any("contains" in s for s in self._schemas):
            return None
        parts = self._at(0)
        values = self._builder.finite(parts) if parts else None
        if values is None or len(values) > _MOST_LISTED:
            return None
        different = list({frozen(v): v for v in values}.values())
        if len(different) < least:
            raise Impossible(f"{self._where}: there are fewer values than 'minItems' asks for")
        from .build import as_json

        things = [Thing(Text(as_json(v, self._where)), needed=False) for v in different]
        return row(
            things,
            None,
            least,
            most,
            0,
            lambda tail: self._builder.fresh(f"{self._where}-{tail}"),
            self._builder.add,
        )


def _prefix(schema: Mapping[str, Any]) -> Sequence[Any]:
    return listing(schema, "prefixItems") or listing(schema, "items")


def _rest_key(schema: Mapping[str, Any]) -> str:
    return "additionalItems" if isinstance(schema.get("items"), (list, tuple)) else "items"


def _separated(nodes: Sequence[Node]) -> list[Node]:
    made: list[Node] = []
    for node in nodes:
        made += [_COMMA, node] if made else [node]
    return made
