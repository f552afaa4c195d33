"""Strings: lengths, patterns and formats of several schemas as one tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._lang.automaton import Automaton, build, counted, intersect, none_of
from .._lang.patterns import Found, ended, searched, whole
from .._lang.tree import Node, Ref, Repeat, Seq, Set, Text, TooLarge, lengths, seq
from .._lang.words import words
from .._lang.write import in_json
from ..errors import ConstraintError
from .document import listing
from .formats import BOUNDS, NO_MEANING, WRITE
from .merge import Impossible, Placed

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["sizes", "tree"]

_USUAL = 1000
_LONGEST = 10_000


def tree(builder: Builder, parts: Sequence[Placed], *, quotes: bool = True) -> Node:
    """The strings that fit all of these, in quotes."""
    where = parts[0].where if parts else "root"
    least, most = sizes(parts, "Length")
    found = [f for part in parts for f in _languages(part)]
    excluded = [a for part in parts for a in _excluded(part)]
    if not found and not excluded:
        if (least, most) == (0, None) and quotes:
            return Ref("j-string")
        inner = _of_length(least, most, where)
    else:
        inner = _of_language(builder, found, excluded, least, most, where)
    return seq(Text('"'), inner, Text('"')) if quotes else inner


def _of_length(least: int, most: int | None, where: str) -> Node:
    if least > _LONGEST:
        raise ConstraintError(
            f"{where}: 'minLength' is more than the {_LONGEST:,} characters that a grammar can count"
        )
    if most is None:
        most = max(_USUAL, least + _USUAL // 10 if least else 0)
    return Repeat(Ref("j-char"), least, max(least, min(most, _LONGEST)))


def _of_language(
    builder: Builder,
    found: list[Found],
    excluded: list[Automaton],
    least: int,
    most: int | None,
    where: str,
) -> Node:
    if len(found) == 1 and not excluded and found[0].built is None and found[0].tree is not None:
        fitted = _fitted(found[0].tree, least, most)
        if fitted is not None:
            return in_json(ended(fitted))
    # `found` is kept beside what was made of it, so that no other can have its ids
    key = (*map(id, found), least, most)
    if not excluded and key in builder.languages:
        return builder.languages[key][1]
    try:
        together = [f.automaton for f in found] + excluded
        if least:
            together.append(none_of(counted(0, least - 1)))
        if most is not None and most <= _USUAL:
            together.append(counted(0, most))
        both = together[0]
        for other in together[1:]:
            both = intersect(both, other)
        if both.empty:
            raise Impossible(f"{where}: no string fits 'pattern', 'format' and the lengths at once")
        made = builder.add_automaton(both, where, quoted=True)
        if not excluded:
            builder.languages[key] = found, made
        return made
    except TooLarge as err:
        raise ConstraintError(f"{where}: the keyword 'pattern': {err}", err.hint) from err


def _fitted(tree: Node, least: int, most: int | None) -> Node | None:
    """The tree with its one repeat tightened to the lengths that are asked for; None if that is not so simple."""
    low, high = lengths(tree)
    if low >= least and (most is None or (high is not None and high <= most)):
        return tree
    items = list(tree.items) if isinstance(tree, Seq) else [tree]
    loose = [i for i, item in enumerate(items) if lengths(item)[0] != lengths(item)[1]]
    if len(loose) != 1 or not isinstance(found := items[loose[0]], Repeat):
        return None
    size = lengths(found.item)
    if size != (1, 1) or not isinstance(found.item, Set):
        return None
    fixed = low - found.least
    fewest = max(found.least, least - fixed)
    largest = found.most if most is None else most - fixed
    if most is not None and found.most is not None:
        largest = min(found.most, most - fixed)
    if largest is not None and largest < fewest:
        return None
    items[loose[0]] = Repeat(found.item, fewest, largest)
    return seq(*items)


def _languages(part: Placed) -> Iterator[Found]:
    schema = cast("Mapping[str, Any]", part.schema)
    try:
        if "pattern" in schema:
            yield searched(str(schema["pattern"]))
    except ConstraintError as err:
        raise ConstraintError(f"{part.where}: the keyword 'pattern': {err}", err.hint) from err
    form = schema.get("format")
    if form is None or form in NO_MEANING or form in BOUNDS:
        return
    if form not in WRITE:
        raise ConstraintError(
            f"{part.where}: the format '{form}' cannot be put into a grammar",
            f"known: {', '.join(WRITE)}; or leave it out of the schema",
        )
    yield whole(WRITE[str(form)])


def _excluded(part: Placed) -> Iterator[Automaton]:
    turned = cast("Mapping[str, Any]", part.schema).get("not", {})
    values = (*listing(turned, "enum"), *([turned["const"]] if "const" in turned else []))
    texts = [v for v in values if isinstance(v, str)]
    if texts:
        yield none_of(build(words(texts)))
    if "pattern" in turned:
        yield none_of(build(_read(str(turned["pattern"])), reading=True))


def _read(pattern: str) -> Node:
    found = searched(pattern)
    if found.tree is None:
        raise ConstraintError(f"the opposite of the pattern {pattern[:60]!r} has no grammar")
    return found.tree


def sizes(parts: Sequence[Placed], what: str) -> tuple[int, int | None]:
    """The smallest and the largest size that all of these allow."""
    least, most = 0, None
    for part in parts:
        schema = cast("Mapping[str, Any]", part.schema)
        least = max(least, int(schema.get(f"min{what}", 0)))
        if f"max{what}" in schema:
            found = int(schema[f"max{what}"])
            most = found if most is None else min(most, found)
    if most is not None and least > most:
        raise Impossible(f"{parts[0].where}: 'min{what}' is more than 'max{what}'")
    return least, most
