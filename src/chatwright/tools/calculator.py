"""A calculator for models: it reads what they write and refuses what would hang the machine.

Whole numbers are exact, everything else is a Python float. Every step is bounded before it is
computed, because nothing can stop a huge multiplication once it runs.

    calculate("25^0.43")        3.991298452658078     ^ and ** are powers
    calculate("15% of 80")      12                    so is 15% * 80
    calculate("200 + 15%")      230                   as on a pocket calculator
    calculate("7 % 4")          3                     a number follows: the remainder
    calculate("6/2(1+2)")       9                     a product without a sign binds like *

`log` is natural, `log(x, base)` takes a base, angles are radians (`sin(30°)` works too), `round` takes
a half to the even neighbour. In a function a comma separates, elsewhere it groups thousands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import CalculatorError
from ._arithmetic import Binary, Call, Name, Negative, Node, Number, Percent, parse
from ._arithmetic_text import EXAMPLES, Names, refusal, shown

__all__ = ["answer", "calculate"]

Value = int | float

_MOST_BITS = 4_096
_MOST_FACTORIAL = 500
_MOST_CHOICES = 4_000
_MOST_DIGITS = 30


def calculate(expression: str) -> Value:
    """The value of an arithmetic expression; raises CalculatorError, one line, for all else.

    >>> calculate("2 * (3 + 4)")
    14
    """
    if not isinstance(expression, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = shown(type(expression).__name__)
        raise refusal(f"the calculator needs an expression as text, not {kind}; write {EXAMPLES}")
    try:
        return _value(parse(expression, _NAMES))
    except RecursionError:
        # The caller's own stack was nearly used up; the limits here are far below Python's.
        raise refusal(
            "the expression is nested too deep for this program; write it flatter"
        ) from None


def answer(expression: str) -> str:
    """The value as a tool tells it: `Answer: 3.991298452658078`, and `Answer: 4` for 4.0."""
    value = calculate(expression)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return f"Answer: {value}"


def _value(node: Node) -> Value:
    match node:
        case Number(value):
            return _checked(value)
        case Name(name):
            return _CONSTANTS[name]
        case Negative(of):
            return -_value(of)
        case Percent(part):
            return _divide(_value(part), 100)
        case Binary(op, left, Percent(part)) if op in _PERCENTAGES:
            return _safely(_PERCENTAGES[op], _value(left), _value(part))
        case Binary("*", Percent(part), right):
            return _safely(_part_of, _value(right), _value(part))
        case Binary(op, left, right):
            return _safely(_OPERATORS[op], _value(left), _value(right))
        case Call(name, args):
            return _call(name, [_value(a) for a in args])


def _call(name: str, args: list[Value]) -> Value:
    function = _FUNCTIONS[name]
    if not function.least <= len(args) <= function.most:
        raise refusal(f"{name} takes {_how_many(function)}, got {len(args)}{_thousands(args)}")
    try:
        return _safely(function.run, *args)
    except ValueError:
        given = ", ".join(shown(str(a)) for a in args[:2])
        raise refusal(
            f"{name} of {given} is not a real number; {name} needs {function.needs}"
        ) from None


def _safely(run: Callable[..., Value], *args: Value) -> Value:
    """What `run` gives, if it is a number that we can go on with."""
    try:
        return _checked(run(*args))
    except ZeroDivisionError:
        raise refusal("division by zero; the number to divide by must not be 0") from None
    except OverflowError:
        raise _too_large() from None


def _checked(value: Value) -> Value:
    if isinstance(value, int):
        if value.bit_length() > _MOST_BITS:
            raise _too_many_digits()
    elif not math.isfinite(value):
        raise _too_large()
    return value


def _too_large() -> CalculatorError:
    return refusal(
        "the numbers get too large for decimals, whose largest is about 1.8e308;"
        " use smaller numbers, or only whole numbers with + - * // ^"
    )


def _too_many_digits() -> CalculatorError:
    return refusal(
        "the result has more than 1,233 digits, which is the most;"
        " use smaller numbers, or compute its logarithm"
    )


def _multiply(a: Value, b: Value) -> Value:
    if isinstance(a, float) or isinstance(b, float):
        return a * b
    if a.bit_length() + b.bit_length() > _MOST_BITS + 1:
        raise _too_many_digits()
    return a * b


def _divide(a: Value, b: Value) -> Value:
    """Whole where it comes out whole, so that 10**100 / 10 stays exact."""
    if isinstance(a, int) and isinstance(b, int):
        quotient, rest = divmod(a, b)
        return quotient if rest == 0 else a / b
    return a / b


def _power(a: Value, b: Value) -> Value:
    if isinstance(a, int) and isinstance(b, int) and b >= 0:
        # Not a.bit_length() * b: 10**1200 fits, though 10 alone takes four bits.
        if abs(a) > 1 and (b > _MOST_BITS or b * math.log2(abs(a)) > _MOST_BITS + 1):
            raise _too_many_digits()
        return a**b
    if a == 0 and b < 0:
        raise refusal(
            "0 to a negative power divides by zero; use another base or a positive exponent"
        )
    if a < 0 and isinstance(b, float) and not b.is_integer():
        raise refusal(
            "a negative number to a fractional power is not a real number;"
            " for a cube root write cbrt(-8)"
        )
    return a**b


def _part_of(whole: Value, part: Value) -> Value:
    """Multiplied first: 7% of 100 is 7, while 0.07 * 100 is not quite."""
    return _divide(_checked(_multiply(whole, part)), 100)


_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": _multiply,
    "/": _divide,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "^": _power,
}

_PERCENTAGES: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda whole, part: whole + _part_of(whole, part),
    "-": lambda whole, part: whole - _part_of(whole, part),
    "*": _part_of,
    "/": lambda whole, part: _divide(_checked(_multiply(whole, 100)), part),
}


def _whole(value: Value) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise refusal(f"{value} is not a whole number; use round(...) first")
    return int(value)


def _within(value: Value, least: int, most: int, what: str) -> int:
    whole = _whole(value)
    if not least <= whole <= most:
        raise refusal(f"{what} must be from {least} to {most:,}, not {shown(str(whole))}")
    return whole


def _factorial(n: Value) -> int:
    return math.factorial(_within(n, 0, _MOST_FACTORIAL, "the number of a factorial"))


def _comb(n: Value, k: Value) -> int:
    of = _within(n, 0, _MOST_CHOICES, "the first number of comb")
    return math.comb(of, _within(k, 0, of, "the second number of comb"))


def _perm(n: Value, k: Value) -> int:
    of = _within(n, 0, _MOST_FACTORIAL, "the first number of perm")
    return math.perm(of, _within(k, 0, of, "the second number of perm"))


def _round(value: Value, digits: Value = 0) -> Value:
    places = _within(digits, -_MOST_DIGITS, _MOST_DIGITS, "the number of digits of round")
    return round(value, places) if places else round(value)


def _trunc(value: Value) -> int:
    return math.trunc(value)


def _absolute(value: Value) -> Value:
    return abs(value)


def _lcm(*values: Value) -> int:
    result = 1
    for value in values:
        result = math.lcm(result, _whole(value))
        _checked(result)
    return result


def _sum(*values: Value) -> Value:
    if all(isinstance(v, int) for v in values):
        return sum(values)
    return math.fsum(values)


def _mean(*values: Value) -> Value:
    return _divide(_sum(*values), len(values))


def _sqrt(value: Value) -> Value:
    """Exact for the squares of whole numbers, however large."""
    if isinstance(value, int) and value >= 0 and (root := math.isqrt(value)) ** 2 == value:
        return root
    return math.sqrt(value)


def _cbrt(value: Value) -> Value:
    root = math.cbrt(value)
    return round(root) if isinstance(value, int) and round(root) ** 3 == value else root


def _log(value: Value, base: Value = math.e) -> Value:
    if base == math.e:
        return math.log(value)
    if base == 1:
        raise ValueError("no power of 1 is another number")
    if base in (2, 10):
        return math.log2(value) if base == 2 else math.log10(value)
    result = math.log(value) / math.log(base)
    nearest = round(result)
    exact = isinstance(value, int) and isinstance(base, int) and nearest >= 0
    return nearest if exact and base**nearest == value else result


_ANY = 1_000


@dataclass(frozen=True, slots=True)
class _Function:
    """What a name computes, from how many numbers, and which numbers it takes."""

    run: Callable[..., Value]
    least: int = 1
    most: int = 1
    needs: str = "other numbers"


_POSITIVE = "a number above 0"
_UNIT = "a number from -1 to 1"

_FUNCTIONS: dict[str, _Function] = {
    "sqrt": _Function(_sqrt, needs="a number that is not negative"),
    "cbrt": _Function(_cbrt),
    "exp": _Function(math.exp),
    "ln": _Function(math.log, needs=_POSITIVE),
    "log": _Function(_log, 1, 2, "numbers above 0 and a base that is not 1"),
    "log2": _Function(math.log2, needs=_POSITIVE),
    "log10": _Function(math.log10, needs=_POSITIVE),
    "sin": _Function(math.sin),
    "cos": _Function(math.cos),
    "tan": _Function(math.tan),
    "asin": _Function(math.asin, needs=_UNIT),
    "acos": _Function(math.acos, needs=_UNIT),
    "atan": _Function(math.atan),
    "arcsin": _Function(math.asin, needs=_UNIT),
    "arccos": _Function(math.acos, needs=_UNIT),
    "arctan": _Function(math.atan),
    "atan2": _Function(math.atan2, 2, 2),
    "sinh": _Function(math.sinh),
    "cosh": _Function(math.cosh),
    "tanh": _Function(math.tanh),
    "asinh": _Function(math.asinh),
    "acosh": _Function(math.acosh, needs="a number of at least 1"),
    "atanh": _Function(math.atanh, needs="a number between -1 and 1"),
    "degrees": _Function(math.degrees),
    "radians": _Function(math.radians),
    "hypot": _Function(math.hypot, 1, _ANY),
    "abs": _Function(_absolute),
    "round": _Function(_round, 1, 2),
    "floor": _Function(math.floor),
    "ceil": _Function(math.ceil),
    "trunc": _Function(_trunc),
    "int": _Function(_trunc),
    "min": _Function(lambda *v: min(v), 1, _ANY),
    "max": _Function(lambda *v: max(v), 1, _ANY),
    "sum": _Function(_sum, 1, _ANY),
    "avg": _Function(_mean, 1, _ANY),
    "average": _Function(_mean, 1, _ANY),
    "mean": _Function(_mean, 1, _ANY),
    "pow": _Function(_power, 2, 2),
    "power": _Function(_power, 2, 2),
    "mod": _Function(_OPERATORS["%"], 2, 2),
    "gcd": _Function(lambda *v: math.gcd(*map(_whole, v)), 1, _ANY),
    "lcm": _Function(_lcm, 1, _ANY),
    "factorial": _Function(_factorial),
    "comb": _Function(_comb, 2, 2),
    "perm": _Function(_perm, 2, 2),
}

_CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e, "tau": math.tau}

_NAMES = Names(frozenset(_FUNCTIONS), frozenset(_CONSTANTS))


def _how_many(function: _Function) -> str:
    if function.most == _ANY:
        return "at least 1 number"
    if function.least == function.most:
        return f"{function.least} number{'s' if function.least > 1 else ''}"
    return f"{function.least} or {function.most} numbers"


def _thousands(args: list[Value]) -> str:
    """What to say to sqrt(1,234)."""
    if len(args) < 2:
        return ""
    return "; in a function a comma separates numbers, so write 1234 instead of 1,234"
