"""An arithmetic expression as a tree: what binds to what, within limits.

From loose to tight: `+ -`, then `* / // %` and products without a sign (`2pi`), then `of`, then a
sign before a number, then `^` (from the right), then what follows a number: `! % ° ²`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import CalculatorError
from ._arithmetic_text import EXAMPLES, Names, Token, refusal, shown, tokens

__all__ = ["Binary", "Call", "Name", "Negative", "Node", "Number", "Percent", "parse"]

_MOST_NODES = 200
_MOST_DEPTH = 30

_SUM, _PRODUCT, _OF, _SIGN, _POWER = 10, 20, 25, 30, 40
_LEVELS = {
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
    "mod": _PRODUCT,
    "of": _OF,
    "^": _POWER,
}
_ROOTS = {"√": "sqrt", "∛": "cbrt", "∜": "sqrt"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Name:
    """A constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus sign before something."""

    of: Node


@dataclass(frozen=True, slots=True)
class Percent:
    """`part` hundredths, of a whole that depends on where it stands."""

    part: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two things: one of `+ - * / // % ^`."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; also what a sign such as `√` or `!` stands for."""

    name: str
    args: tuple[Node, ...]


Node = Number | Name | Negative | Percent | Binary | Call


def parse(expression: str, names: Names) -> Node:
    """The tree of an expression; raises CalculatorError if it is not arithmetic or too big."""
    parser = _Parser(tokens(expression, names), names)
    node = parser.expression(0)
    parser.finish()
    return node


class _Parser:
    """Reads tokens from left to right, one look ahead."""

    def __init__(self, found: list[Token], names: Names) -> None:
        self._tokens = found
        self._names = names
        self._at = 0
        self._depth = 0
        self._nodes = 0

    def expression(self, level: int) -> Node:
        """The longest expression from here whose operators bind at least as tightly as `level`."""
        left = self._prefix()
        while True:
            implied = self._begins_operand(self._next)
            own = _PRODUCT if implied else _LEVELS.get(self._next.text, -1)
            if self._next.kind == "end" or own < level:
                return left
            if implied:
                self._check_neighbours()
                left = self._count(Binary("*", left, self.expression(_PRODUCT + 1)))
            else:
                left = self._infix(left, self._take(), own)

    def finish(self) -> None:
        """Nothing may be left over."""
        if self._next.kind != "end":
            raise self._misplaced()

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    @property
    def _last(self) -> Token:
        return self._tokens[self._at - 1] if self._at else Token("end", "")

    def _peek(self, ahead: int) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _accept(self, text: str) -> bool:
        if self._next.text != text:
            return False
        self._at += 1
        return True

    def _count(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise refusal(
                f"the expression has more than {_MOST_NODES} parts; compute it in smaller steps"
            )
        return node

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise refusal(
                f"the expression is nested more than {_MOST_DEPTH} deep; compute it in smaller steps"
            )

    def _inside(self, level: int) -> Node:
        """An expression one level deeper: in brackets, after a sign, in an exponent."""
        self._enter()
        node = self.expression(level)
        self._depth -= 1
        return node

    def _infix(self, left: Node, op: Token, level: int) -> Node:
        if op.text == "^":
            return self._count(Binary("^", left, self._inside(_POWER)))
        if op.text == "of":
            if not isinstance(left, Percent) and self._peek(-2).text != ")":
                raise refusal(
                    "'of' works only after a percentage, as in 15% of 80; for a product write *"
                )
            return self._count(Binary("*", left, self._inside(_OF)))
        right = self.expression(level + 1)
        if op.text in ("+", "-") and isinstance(left, Percent) and isinstance(right, Percent):
            return Percent(self._count(Binary(op.text, left.part, right.part)))
        return self._count(Binary("%" if op.text == "mod" else op.text, left, right))

    def _prefix(self) -> Node:
        if self._accept("+"):
            return self._inside(_SIGN)
        if self._accept("-"):
            node = self._inside(_SIGN)
            if isinstance(node, Percent):
                return Percent(self._count(Negative(node.part)))
            return self._count(Negative(node))
        return self._postfix(self._operand())

    def _operand(self) -> Node:
        if not self._begins_operand(self._next):
            raise self._misplaced()
        token = self._take()
        if token.kind in ("number", "fraction"):
            whole = token.value
            if isinstance(whole, int) and self._next.kind == "fraction" and token.kind == "number":
                whole += self._take().value
            return self._count(Number(whole))
        if token.text in _ROOTS:
            return self._root(token.text)
        if token.text == "(":
            node = self._inside(0)
            self._close(")")
            # In parentheses a percentage is a plain number: 200 + (15%) is 200.15.
            return Binary("/", node.part, Number(100)) if isinstance(node, Percent) else node
        if token.text in self._names.constants:
            return self._count(Name(token.text))
        return self._count(Call(token.text, self._arguments(token.text)))

    def _root(self, sign: str) -> Node:
        self._enter()
        node = self._count(Call(_ROOTS[sign], (self._operand(),)))
        self._depth -= 1
        return self._count(Call("sqrt", (node,))) if sign == "∜" else node

    def _arguments(self, name: str) -> tuple[Node, ...]:
        if not self._accept("("):
            raise refusal(
                f"{name} is a function: write its argument in parentheses, as in {name}(2)"
            )
        closing = ")"
        if self._accept("["):  # sum([1, 2, 3]) is the same as sum(1, 2, 3)
            closing = "]"
        args: list[Node] = []
        joined = apart = False
        while self._next.text != closing or args:
            args.append(self._inside(0))
            if not self._accept(","):
                break
            joined = joined or self._looks_like_thousands()
            apart = apart or self._next.spaced
        if joined and apart:
            raise refusal(
                f"in {name}(...) it is not clear which commas separate and which group thousands;"
                " write 1234 instead of 1,234"
            )
        self._close(closing)
        if closing == "]":
            self._close(")")
        return tuple(args)

    def _looks_like_thousands(self) -> bool:
        """Whether the comma just read stands as in 1,234."""
        comma, before, after = self._last, self._peek(-2), self._next
        return (
            not (comma.spaced or after.spaced)
            and re.fullmatch(r"[1-9]\d{0,2}", before.text) is not None
            and re.match(r"\d{3}(?!\d)", after.text) is not None
        )

    def _postfix(self, node: Node) -> Node:
        while True:
            if self._next.kind == "superscript":
                node = self._count(Binary("^", node, Number(self._take().value)))
            elif self._accept("°"):
                node = self._count(Call("radians", (node,)))
            elif self._accept("!"):
                if self._next.text == "!":
                    raise refusal("'!!' is not clear; write (3!)! for the factorial of a factorial")
                node = self._count(Call("factorial", (node,)))
            elif self._next.text == "percent" or (self._next.text == "%" and self._is_percentage()):
                self._take()
                if isinstance(node, Percent):
                    raise refusal("'%%' is not clear; write one percent sign")
                node = self._count(Percent(node))
            else:
                return node

    def _is_percentage(self) -> bool:
        """Whether the `%` ahead means hundredths; if not, it takes the remainder.

        What follows decides, and the spaces where a sign follows: `15% - 3`, but `7 % -3`.
        """
        percent, after, beyond = self._next, self._peek(1), self._peek(2)
        if after.text in ("+", "-"):
            if percent.spaced and not beyond.spaced:
                return False
            another = self._peek(3).text in ("%", "percent") and not self._begins_operand(
                self._peek(4)
            )
            if not percent.spaced and (after.spaced or after.text == "+" or another):
                return True
        elif not self._begins_operand(after):
            return True
        elif percent.spaced or not after.spaced:
            return False
        raise refusal(
            "it is not clear what % means here; write (15/100) for a percentage,"
            " 15% of 80 for a part of something, mod(7, 4) for a remainder"
        )

    def _begins_operand(self, token: Token) -> bool:
        return token.kind in ("number", "fraction", "name") or token.text in ("(", *_ROOTS)

    def _check_neighbours(self) -> None:
        """`2(3)`, `2pi` and `(2)3` are products; `2 3` is a slip."""
        if self._next.kind in ("number", "fraction") and self._last.text != ")":
            raise refusal(
                f"there is no operator before {shown(self._next.text)}; write one, such as *"
                " (thousands are written 1000 or 1,000)"
            )

    def _close(self, bracket: str) -> None:
        if self._accept(bracket):
            return
        if self._next.kind == "end":
            raise refusal(f"a '{bracket}' is missing at the end; close every parenthesis")
        raise self._misplaced()

    def _misplaced(self) -> CalculatorError:
        text = self._next.text
        if self._next.kind == "end":
            return refusal(
                f"the expression ends after {shown(self._last.text)}, where a number is missing"
            )
        if text == ",":
            return refusal(
                "a comma can only separate the arguments of a function or group thousands as in"
                " 1,234; write decimals with a point, 3.14"
            )
        if text in ("[", "]"):
            return refusal(
                "square brackets can only hold a list in a function, sum([1, 2]); use ( )"
            )
        if text == ")":
            return refusal("there is a ')' where a number is missing or that nothing opened")
        return refusal(
            f"{shown(text)} stands where a number should be; write an expression such as {EXAMPLES}"
        )
