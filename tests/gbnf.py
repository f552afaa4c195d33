"""Does a text follow a GBNF grammar, and what texts are there? For the part of GBNF that chatwright writes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

__all__ = ["Gbnf"]

_TOKEN = re.compile(
    r'\s*("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[a-z][a-z0-9-]*|::=|[()|?*+.])'
)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)


def _unescape(text: str) -> str:
    named = {"n": "\n", "r": "\r", "t": "\t"}
    return _ESCAPE.sub(
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else named.get(m[1], m[1]), text
    )


class Gbnf:
    """A grammar, read strictly: a rule that is missing or a token that is unknown is an error."""

    def __init__(self, text: str) -> None:
        self.rules: dict[str, object] = {}
        self._chars: dict[str, list[str]] = {}
        for line in text.splitlines():
            name, _, body = line.partition(" ::= ")
            assert re.fullmatch(r"[a-z][a-z0-9-]*", name), line
            assert name not in self.rules, f"{name} is defined twice"
            tokens = list(self._tokens(body))
            node, rest = self._alternatives(tokens)
            assert not rest, (line, rest)
            self.rules[name] = node

    def accepts(self, text: str) -> bool:
        self._text, self._memo = text, {}
        return len(text) in self._ends(("ref", "root"), 0)

    def sample(self, rng: random.Random, *, more: float = 0.5) -> str:
        """Some text that follows the grammar; `more` is how likely a repeat goes on once it could stop."""
        self._more = more
        return self._sample(("ref", "root"), rng)

    def _sample(self, node: object, rng: random.Random) -> str:
        match node:
            case ("text", text):
                return text
            case ("set", pattern):
                return self._char(pattern, rng)
            case ("ref", name):
                return self._sample(self.rules[name], rng)
            case ("or", options):
                return self._sample(rng.choice(options), rng)
            case ("seq", items):
                return "".join(self._sample(item, rng) for item in items)
            case ("repeat", inner, least, most):
                count = least
                while count < most and rng.random() < self._more:
                    count += 1
                return "".join(self._sample(inner, rng) for _ in range(count))
        raise AssertionError(node)

    def _char(self, pattern: re.Pattern[str], rng: random.Random) -> str:
        known = self._chars.setdefault(pattern.pattern, [])
        if not known:
            points = [*range(1, 0x250), *rng.sample(range(0x250, 0x11000), 2000)]
            found = [chr(p) for p in points if not 0xD800 <= p < 0xE000]
            known += [c for c in found if pattern.fullmatch(c)]
        assert known, f"no character for {pattern.pattern}"
        return rng.choice(known)

    def _tokens(self, body: str) -> Iterator[str]:
        at = 0
        while body[at:].strip():
            found = _TOKEN.match(body, at)
            assert found, body[at:]
            yield found[1]
            at = found.end()

    def _alternatives(self, tokens: list[str]) -> tuple[object, list[str]]:
        options: list[object] = []
        while True:
            items: list[object] = []
            while tokens and tokens[0] not in ("|", ")"):
                item, tokens = self._item(tokens)
                items.append(item)
            options.append(("seq", tuple(items)))
            if not tokens or tokens[0] == ")":
                return ("or", tuple(options)), tokens
            tokens = tokens[1:]

    def _item(self, tokens: list[str]) -> tuple[object, list[str]]:
        first, tokens = tokens[0], tokens[1:]
        if first == "(":
            node, tokens = self._alternatives(tokens)
            assert tokens[0] == ")"
            tokens = tokens[1:]
        elif first[0] == '"':
            node = ("text", _unescape(first[1:-1]))
        elif first[0] == "[":
            node = ("set", re.compile(first, re.DOTALL))
        elif first == ".":
            node = ("set", re.compile(".", re.DOTALL))
        else:
            node = ("ref", first)
        bounds = {"?": (0, 1), "*": (0, 10**9), "+": (1, 10**9)}
        if tokens and tokens[0] in bounds:
            return ("repeat", node, *bounds[tokens[0]]), tokens[1:]
        if tokens and tokens[0][0] == "{":
            least, _, most = tokens[0][1:-1].partition(",")
            assert int(most or least) <= 1999, "more than llama.cpp repeats"
            return ("repeat", node, int(least), int(most or least)), tokens[1:]
        return node, tokens

    def _ends(self, node: object, at: int) -> frozenset[int]:
        """Where a text that starts at `at` and follows `node` may end."""
        key = (id(node) if node[0] != "ref" else node[1], at)
        if key not in self._memo:
            self._memo[key] = frozenset()  # left recursion finds nothing
            self._memo[key] = frozenset(self._find(node, at))
        return self._memo[key]

    def _find(self, node: object, at: int) -> set[int]:
        match node:
            case ("text", text):
                return {at + len(text)} if self._text.startswith(text, at) else set()
            case ("set", pattern):
                return {at + 1} if pattern.match(self._text, at) else set()
            case ("ref", name):
                return set(self._ends(self.rules[name], at))
            case ("or", options):
                return {end for option in options for end in self._ends(option, at)}
            case ("seq", items):
                here = {at}
                for item in items:
                    here = {end for start in here for end in self._ends(item, start)}
                return here
            case ("repeat", inner, least, most):
                found = {at} if least == 0 else set()
                here, count = {at}, 0
                while here and count < most:
                    here = {end for start in here for end in self._ends(inner, start)} - found
                    count += 1
                    found |= here if count >= least else set()
                return found
        raise AssertionError(node)
