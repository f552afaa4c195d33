"""Patterns as trees that the engine can follow: of a whole text, or of a text that holds a match somewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..errors import ConstraintError
from . import chars as _chars
from .automaton import Automaton, build, intersect, none_of
from .chars import ANY
from .cost import check_rules
from .regex import parse
from .tree import (
    NEVER,
    Anchor,
    Either,
    Look,
    Node,
    Repeat,
    Seq,
    Set,
    Text,
    TooLarge,
    anchored,
    either,
    has_anchor,
    lengths,
    seq,
    within,
)
from .write import MOST_CHARS, MOST_TIMES, bounded

__all__ = ["Found", "ended", "searched", "whole"]

_FEW_WAYS = 30
_MOST_WAYS = 500
_FEW_STATES = 60
_LONGEST = 20_000
_FEWEST_CHARS = 100
_FEWEST_TIMES = 20
_NO_NUL = _chars.invert(((0, 0),))
_REST = Repeat(Set(ANY), 0, None)


@dataclass(frozen=True, slots=True)
class Found:
    """A language: as a tree if the engine can follow it so, and as an automaton if that is needed or asked for."""

    tree: Node | None
    built: Automaton | None = None

    @property
    def automaton(self) -> Automaton:
        """The automaton, worked out if it is not there yet."""
        if self.built is not None:
            return self.built
        if self.tree is None:
            raise ValueError("a language is a tree or an automaton")
        return build(self.tree)


@lru_cache(maxsize=128)
def whole(pattern: str) -> Found:
    """The texts that match a pattern as a whole."""
    tree = _without_nul(anchored(parse(pattern)))
    if tree == NEVER:
        raise ConstraintError(f"the pattern {pattern[:60]!r} matches no text that can be written")
    return _followable(tree)


@lru_cache(maxsize=128)
def searched(pattern: str) -> Found:
    """The texts in which a pattern is found. What it looks for ahead at its start is worked out as well."""
    node = parse(pattern)
    looks, rest = _looks_ahead(node)
    tree = _with_rest(rest)
    if not looks:
        return _followable(tree)
    found = build(tree)
    for look in looks:
        ahead = build(anchored(Seq((look.item, _REST))))
        found = intersect(found, none_of(ahead) if look.negated else ahead)
    return Found(None, found)


def _without_nul(tree: Node) -> Node:
    """Without the one character that the engine takes for the end of the text."""
    match tree:
        case Text(text):
            return NEVER if "\0" in text else tree
        case Set(found):
            left = _chars.both(found.write, _NO_NUL)
            return Set(_chars.Chars(left, found.read)) if left else NEVER
        case Seq(items):
            return seq(*(_without_nul(item) for item in items))
        case Either(options):
            return either(o for option in options if (o := _without_nul(option)) != NEVER)
        case Repeat(item, least, most):
            return within(_without_nul(item), least, most)
        case _:
            return tree


def _with_rest(node: Node) -> Node:
    """With anything before and behind, where the pattern leaves that open."""
    return anchored(Seq((_REST, node, _REST)))


def _looks_ahead(node: Node) -> tuple[list[Look], Node]:
    """The lookaheads right behind `^`, and the pattern without them."""
    items = list(node.items) if isinstance(node, Seq) else [node]
    looks: list[Look] = []
    if not items or not (isinstance(items[0], Anchor) and items[0].kind == "start"):
        return [], node
    at = 1
    while at < len(items) and isinstance(look := items[at], Look) and not look.behind:
        looks.append(look)
        at += 1
    return looks, Seq((items[0], *items[at:])) if looks else node


def _followable(tree: Node) -> Found:
    """As a tree if the engine has few ways to follow in it, else as an automaton, where it has one."""
    if has_anchor(tree):
        raise ValueError("a pattern keeps no anchors")
    least = lengths(tree)[0]
    if least > _LONGEST:
        raise TooLarge(f"the pattern matches only texts of at least {least:,} characters")
    bounded_ = {"root": ended(tree)}
    if not _is_nested(tree) and _is_followable(bounded_, _FEW_WAYS):
        return Found(tree)
    with contextlib.suppress(TooLarge):
        built = build(tree)
        if len(built.rows) <= _FEW_STATES or not _is_followable(bounded_, _MOST_WAYS):
            return Found(tree, built)
    if _is_followable(bounded_, _MOST_WAYS):
        return Found(tree)
    raise TooLarge(
        f"the pattern leaves more than {_MOST_WAYS} ways open at once",
        "write it so that the next character decides how it goes on",
    )


def _is_followable(rules: Mapping[str, Node], most: int) -> bool:
    try:
        check_rules(rules, most_ways=most)
    except ConstraintError:
        return False
    return True


def ended(tree: Node) -> Node:
    """With bounds for its repeats, which share a thousand characters among them."""
    endless = list(_endless(tree))
    chars = max(_FEWEST_CHARS, MOST_CHARS // max(1, sum(_is_char(r) for r in endless)))
    times = max(_FEWEST_TIMES, MOST_TIMES // max(1, sum(not _is_char(r) for r in endless)))
    if _is_nested(tree):
        chars, times = _FEWEST_CHARS, _FEWEST_TIMES
    return _ended(tree, chars, times)


def _ended(tree: Node, chars: int, times: int) -> Node:
    match tree:
        case Repeat(item, least, most):
            if most is None:
                most = max(least, chars if _is_char(tree) else times)
            return Repeat(_ended(item, chars, times), *bounded(item, least, most))
        case Seq(items):
            return Seq(tuple(_ended(item, chars, times) for item in items))
        case Either(options):
            return Either(tuple(_ended(option, chars, times) for option in options))
        case _:
            return tree


def _is_char(repeat: Repeat) -> bool:
    return lengths(repeat.item) == (1, 1)


def _endless(tree: Node) -> Iterator[Repeat]:
    """The repeats without an end of their own, the outer ones first."""
    match tree:
        case Repeat(item, _, most):
            if most is None:
                yield tree
            yield from _endless(item)
        case Seq(parts) | Either(parts):
            for part in parts:
                yield from _endless(part)
        case _:
            return


def _is_nested(tree: Node) -> bool:
    """Whether one repeat without an end stands in another: their bounds would multiply."""
    return any(next(_endless(repeat.item), None) for repeat in _endless(tree))
