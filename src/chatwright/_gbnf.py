"""GBNF as text: literals, rules with names of their own, and the rules that every JSON grammar shares."""

from __future__ import annotations

import re

from .errors import ConstraintError

__all__ = ["Rules", "literal"]

_MAX_STRING = 1000
_MAX_RULES = 5000
_FREE_DEPTH = 4
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COMMON = {
    "j-char": r'[^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" j-hex)',
    # no half of a surrogate pair: it would be a string that cannot be encoded
    "j-hex": "[0-9a-ce-fA-CE-F] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}",
    "j-string": rf'"\"" j-char{{0,{_MAX_STRING}}} "\""',
    "j-key": r'"\"" j-char{1,60} "\""',
    "j-count": '"0" | [1-9] [0-9]{0,15}',
    "j-integer": '"0" | "-"? [1-9] [0-9]{0,15}',
    "j-number": '"-"? j-count ("." [0-9]{1,16})? ([eE] [+-]? [0-9]{1,2})?',
    "j-boolean": '"true" | "false"',
    "j-null": '"null"',
    "j-scalar": "j-string | j-number | j-boolean | j-null",
}


def literal(text: str) -> str:
    """Text as a GBNF literal.

    >>> print(literal('say "hi"'))
    "say \\"hi\\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02X}", escaped) + '"'


class Rules:
    """A grammar under construction: rules by name, the shared ones of JSON added when they are used.

    `grammar.add_schema` gives the expression for a schema, to be written into a rule of your own.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}

    def define(self, name: str, body: str) -> str:
        """Add a rule and get the name it has, which differs from `name` where that is taken."""
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "rule"
        plain = f"x{plain}" if plain.startswith("j-") else plain
        free, n = plain, 1
        while free in self.bodies:
            n += 1
            free = f"{plain}-{n}"
        if len(self.bodies) >= _MAX_RULES:
            raise ConstraintError("the schema is too large for a grammar", "ask for less at once")
        self.bodies[free] = body
        return free

    def common(self, name: str) -> str:
        """The name of a rule that every JSON grammar shares, with all that it needs."""
        if free := re.fullmatch(r"j-(value|object)-(\d)", name):
            return self.free(free[1], int(free[2]))
        if name not in self.bodies:
            self.bodies[name] = body = _COMMON[name]
            for needed in re.findall(r"j-[a-z]+", body):
                self.common(needed)
        return name

    def free(self, kind: str, depth: int = _FREE_DEPTH) -> str:
        """Any JSON `value` or `object`, as deep as `depth`."""
        name = f"j-{kind}-{depth}"
        if name in self.bodies:
            return name
        if depth == 0:
            return self.common("j-scalar") if kind == "value" else literal("{}")
        self.bodies[name] = ""
        if kind == "value":
            inner = self.free("value", depth - 1)
            items = f'"[" ({inner} (", " {inner}){{0,15}})? "]"'
            body = f"{self.common('j-scalar')} | {self.free('object', depth)} | {items}"
        else:
            pair = f'{self.common("j-key")} ": " {self.free("value", depth - 1)}'
            body = f'"{{" ({pair} (", " {pair}){{0,15}})? "}}"'
        self.bodies[name] = body
        return name

    def text(self) -> str:
        """The whole grammar; the rule that was defined first comes first."""
        return "\n".join(f"{name} ::= {body}" for name, body in self.bodies.items())
