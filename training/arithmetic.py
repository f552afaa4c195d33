"""Arithmetic questions: a grammar of phrasings, each with the expression that answers it.

python3 training/arithmetic.py        prints twenty
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from chatwright.errors import CalculatorError
from chatwright.tools.calculator import calculate

import asks
import stories
import words

ADD, MUL, POW, ATOM = range(4)


@dataclass(frozen=True)
class Term:
    """`said` stands in the question, `expr` goes to the Calculator; `level` tells when it needs parentheses."""

    said: str
    expr: str
    level: int = ATOM
    value: float = 1.0

    def under(self, level: int) -> str:
        return f"({self.expr})" if self.level < level else self.expr


def number(rng: Random, *, top: int = 0, decimals: bool = True, spelled: bool = True) -> Term:
    if decimals and rng.random() < 0.17:
        places = rng.choice((1, 1, 2, 2, 3))
        x = round(rng.uniform(0.02, rng.choice((1, 10, 100, 1000))), places) or 0.5
        x = x if x % 1 else round(x + 0.5, 1)
        return Term(words.decimal_in_words(x) if spelled and rng.random() < 0.08 else str(x), str(x), value=x)
    if spelled and rng.random() < 0.05:
        return in_units_of_ten(rng) if not top or rng.random() < 0.2 else half(rng)
    n = words.integer(rng, top)
    if spelled and n < 10_000 and rng.random() < (0.3 if n <= 20 else 0.1):
        said = words.in_words(n)
        return Term(rng.choice((said, said, said.replace(" and ", " "), said.replace("-", " "))), str(n), value=n)
    return Term(words.shown(rng, n), str(n), value=n)


def in_units_of_ten(rng: Random) -> Term:
    """`3 million`, `two hundred thousand`, `half a million`, `a dozen`."""
    name, zeros = rng.choice((("hundred", 2), ("thousand", 3), ("thousand", 3), ("million", 6), ("million", 6), ("billion", 9)))
    if rng.random() < 0.12:
        said, n = rng.choice((("half a million", 500_000), ("a million", 1_000_000), ("a hundred", 100), ("a thousand", 1000), ("a dozen", 12), ("two dozen", 24), ("half a dozen", 6), ("half a thousand", 500)))
        return Term(said, str(n), value=n)
    if zeros > 2 and rng.random() < 0.3:
        x = rng.randint(11, 99)
        if x % 10:
            n = x * 10 ** (zeros - 1)
            return Term(f"{x / 10} {name}", str(n), value=n)
    x = rng.randint(2, rng.choice((9, 9, 99, 900 if zeros > 2 else 9)) if zeros > 2 else 9)
    n = x * 10**zeros
    return Term(f"{x} {name}" if rng.random() < 0.6 and zeros > 2 else f"{words.in_words(x)} {name}", str(n), value=n)


def half(rng: Random) -> Term:
    """`one and a half`, `3 and three quarters`."""
    n = rng.randint(1, 12)
    said, part = rng.choice((("a half", 0.5), ("a half", 0.5), ("a quarter", 0.25), ("three quarters", 0.75)))
    return Term(f"{words.in_words(n) if rng.random() < 0.6 else n} and {said}", f"{n + part}", value=n + part)


UNITS = ("{} kg", "{} km", "{} m", "{} cm", "{} litres", "{} grams", "{} kg", "{} miles", "{} hours", "{} minutes", "{} euros", "{} dollars", "{} points", "{} degrees", "{} pages", "{} ml", "{} kWh", "{} tonnes")
COINS = ("${}", "€{}", "£{}", "${}")


def with_unit(rng: Random, a: Term, b: Term, both: bool) -> tuple[str, str]:
    """Two numbers, with the unit that they are of."""
    roll = rng.random()
    unit = "{}"
    if roll < 0.1:
        unit = rng.choice(UNITS)
    elif roll < 0.14 and a.said[0].isdigit() and b.said[0].isdigit() and " " not in a.said + b.said:
        unit = rng.choice(COINS)
    return unit.format(a.said), unit.format(b.said) if both else b.said


def small(rng: Random) -> Term:
    n = rng.choice((2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 12))
    return Term(rng.choice((str(n), str(n), words.in_words(n))), str(n), value=n)


def power_of(rng: Random, a: Term) -> Term:
    base = a.under(ATOM)
    if a.said.endswith(","):
        said, n = rng.choice((("{} squared", 2), ("{} all squared", 2), ("{} cubed", 3), ("{} to the power of 4", 4), ("{} raised to the power of 5", 5), ("{} and then squared", 2), ("{} to the third power", 3)))
        return Term(said.format(a.said), f"{base}^{n}", POW)
    roll = rng.random()
    if roll < 0.22:
        return Term(rng.choice((f"{a.said} squared", f"the square of {a.said}", f"{a.said} to the second power")), f"{base}^2", POW)
    if roll < 0.4:
        return Term(rng.choice((f"{a.said} cubed", f"the cube of {a.said}", f"{a.said} to the third power")), f"{base}^3", POW)
    if roll < 0.65:
        p = round(rng.uniform(0.05, 3), rng.choice((1, 2, 2, 3)))
        p = p if p > 0 else 0.5
    else:
        p = rng.choice((2, 3, 4, 5, 6, 7, 8, 10, 12))
    return Term(
        rng.choice(
            (
                f"{a.said} to the power of {p}",
                f"{a.said} raised to the power of {p}",
                f"{a.said} raised to the {p} power",
                f"{a.said} to the {p} power",
                f"{a.said} to the power {p}",
                f"{a.said} raised to {p}",
                f"{a.said} to the {p}th" if isinstance(p, int) and p > 3 else f"{a.said} to the {p}",
                f"the {ordinal(p)} power of {a.said}" if isinstance(p, int) else f"{a.said} raised to the power {p}",
            )
        ),
        f"{base}^{p}",
        POW,
    )


def ordinal(n: int | float) -> str:
    if not isinstance(n, int):
        return f"{n}th"
    names = {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth", 9: "ninth", 10: "tenth", 12: "twelfth"}
    return names.get(n, f"{n}th")


def function_of(rng: Random, a: Term) -> Term:
    f, forms = rng.choice(
        (
            ("sqrt", ("the square root of {}", "the square root of {}", "square root of {}", "sqrt of {}", "the root of {}")),
            ("sqrt", ("the square root of {}", "the square root of {}", "the sq root of {}", "the positive square root of {}")),
            ("cbrt", ("the cube root of {}", "the third root of {}", "cube root of {}")),
            ("ln", ("the natural logarithm of {}", "the natural log of {}", "ln of {}")),
            ("log10", ("the base 10 logarithm of {}", "the logarithm of {} to base 10", "the log base 10 of {}", "the common logarithm of {}", "the decimal logarithm of {}")),
            ("log2", ("the base 2 logarithm of {}", "log base 2 of {}", "the binary logarithm of {}", "the base-two log of {}")),
            ("abs", ("the absolute value of {}", "the absolute value of {}")),
            ("round", ("{} rounded to the nearest whole number", "{} rounded to the nearest integer")),
            ("floor", ("{} rounded down", "the floor of {}")),
            ("ceil", ("{} rounded up", "the ceiling of {}")),
            ("exp", ("e to the power of {}", "e raised to {}")),
            ("sin", ("the sine of {}", "sin of {}")),
            ("cos", ("the cosine of {}", "cos of {}")),
        )
    )
    if f in ("exp", "sin", "cos"):
        a = Term(*[str(round(rng.uniform(0.1, 9), rng.choice((0, 1, 2))))] * 2)
    if f in ("round", "floor", "ceil"):
        a = Term(*[str(round(rng.uniform(1, 900), rng.choice((1, 2, 3))))] * 2)
    return Term(rng.choice(forms).format(a.said), f"{f}({a.expr})")


def percent_of(rng: Random, a: Term) -> Term:
    p = rng.choice((rng.randint(1, 100), rng.choice((5, 10, 15, 20, 25, 30, 50, 75)), round(rng.uniform(0.5, 99), 1)))
    said_p = rng.choice((f"{p}%", f"{p}%", f"{p} percent", f"{p} per cent"))
    if isinstance(p, int) and rng.random() < 0.12:
        said_p = f"{words.in_words(p)} percent"
    return Term(rng.choice((f"{said_p} of {a.said}", f"{said_p} of {a.said}", f"{said_p} out of {a.said}" if rng.random() < 0.1 else f"{said_p} of {a.said}")), f"{p}% of {a.under(ATOM)}", MUL)


def percent_change(rng: Random, a: Term) -> Term:
    p = rng.choice((rng.randint(1, 90), rng.choice((5, 10, 15, 20, 25, 30))))
    base = a.under(ATOM)
    if rng.random() < 0.5:
        said = rng.choice((f"{a.said} increased by {p}%", f"{a.said} plus {p}%", f"{a.said} raised by {p} percent", f"{a.said} with {p}% added", f"{p}% more than {a.said}", f"{a.said} plus {p} percent tax"))
        return Term(said, f"{base}*(1+{p}/100)", MUL)
    said = rng.choice((f"{a.said} decreased by {p}%", f"{a.said} minus {p}%", f"{a.said} reduced by {p} percent", f"{p}% off {a.said}", f"{p}% less than {a.said}", f"{a.said} with a {p}% discount", f"{a.said} after a {p} percent discount"))
    return Term(said, f"{base}*(1-{p}/100)", MUL)


def binary(rng: Random, a: Term, b: Term) -> Term:
    op = rng.choice("++--***//")
    if rng.random() < 0.03 and b.said[0].isdigit():
        b = Term(rng.choice((f"-{b.said}", f"minus {b.said}", f"negative {b.said}", f"(-{b.said})")), f"-{b.expr}", ADD)
    elif op == "-" and a.value < b.value and rng.random() < 0.8:
        a, b = b, a
    x, y = with_unit(rng, a, b, op in "+-")
    if op == "+":
        said = rng.choice(
            (
                "[{x}|{x}] plus {y}",
                "the [sum|sum|total] of {x} and {y}",
                "{x} and {y} [added together|together|combined|added up|put together|taken together|in total]",
                "{x} [added to|increased by|raised by|together with|along with|and another] {y}",
                "{x} + {y}",
                "{x} plus another {y}",
                "{y2} more than {x2}",
                "the result of adding {x} [and|to] {y}",
                "the number that is {y2} [larger|bigger|greater|more|higher] than {x2}",
            )
        )
        if "{y2}" in said:  # in the order of the text
            return Term(asks.expand(rng, said).format(x2=y, y2=x), f"{a.expr}+{b.under(MUL)}", ADD)
        return Term(asks.expand(rng, said).format(x=x, y=y), f"{a.expr}+{b.under(MUL)}", ADD)
    if op == "-":
        if a.value < b.value or b.level != ATOM:
            said = "{x} [minus|minus|less|take away|decreased by|reduced by|-|lowered by] {y}"
        else:
            said = rng.choice(
                (
                    "{x} [minus|minus|minus|less|take away|decreased by|reduced by|-|lowered by|without] {y}",
                    "the [difference|difference|gap] between {x} and {y}",
                    "the difference of {x} and {y}",
                    "{y} [less than|subtracted from|taken away from|fewer than|taken from|taken off] {x}",
                    "the result of subtracting {y} from {x}",
                    "the number that is {y} [smaller|less|lower] than {x}",
                    "{x} with {y} taken away",
                )
            )
        return Term(asks.expand(rng, said).format(x=x, y=y), f"{a.expr}-{b.under(MUL)}", ADD)
    if op == "*":
        said = rng.choice(("{x} [times|times|times|multiplied by|multiplied with|x|*|×|·] {y}", "the product of {x} and {y}", "{x} and {y} multiplied[| together| with each other]", "the result of multiplying {x} [by|and|with] {y}", "{y2} [lots of|groups of|sets of|times] {x2}"))
        if "{y2}" in said:
            return Term(asks.expand(rng, said).format(x2=b.said, y2=a.said), f"{a.under(MUL)}*{b.under(MUL)}", MUL)
        return Term(asks.expand(rng, said).format(x=x, y=y), f"{a.under(MUL)}*{b.under(MUL)}", MUL)
    if rng.random() < 0.1 and b.level == ATOM:
        said = "[the remainder of {x} divided by {y}|{x} modulo {y}|{x} mod {y}|the remainder when {x} is divided by {y}|the remainder of dividing {x} by {y}|the rest of the division of {x} by {y}|{x} modulus {y}]"
        return Term(asks.expand(rng, said).format(x=a.said, y=b.said), f"{a.under(ATOM)} % {b.under(ATOM)}", MUL)
    said = "[{x} [divided by|divided by|over|/|÷] {y}|the quotient of {x} and {y}|the ratio of {x} to {y}|the result of dividing {x} by {y}]"
    return Term(asks.expand(rng, said).format(x=x, y=y), f"{a.under(MUL)}/{b.under(ATOM)}", MUL)


def scaled(rng: Random, a: Term) -> Term:
    forms = rng.choice(
        (
            (("half of {}", "half {}", "one half of {}"), "{}/2"),
            (("a third of {}", "one third of {}"), "{}/3"),
            (("a quarter of {}", "one quarter of {}", "a fourth of {}"), "{}/4"),
            (("a tenth of {}", "one tenth of {}"), "{}/10"),
            (("a fifth of {}", "one fifth of {}"), "{}/5"),
            (("twice {}", "double {}", "two times {}", "the double of {}"), "{}*2"),
            (("three times {}", "triple {}", "thrice {}"), "{}*3"),
            (("four times {}", "quadruple {}"), "{}*4"),
            (("two thirds of {}", "two-thirds of {}"), "{}*2/3"),
            (("three quarters of {}", "three fourths of {}"), "{}*3/4"),
            (("a dozen times {}",), "{}*12"),
            (("the reciprocal of {}", "one over {}", "the inverse of {}", "1 divided by {}"), "1/{}"),
            (("a hundred times {}", "one hundred times {}"), "{}*100"),
            (("a hundredth of {}", "one hundredth of {}"), "{}/100"),
            (("five times {}",), "{}*5"),
            (("an eighth of {}", "one eighth of {}"), "{}/8"),
            (("the negative of {}", "the opposite of {}"), "-{}"),
            fraction(rng),
            fraction(rng),
            root(rng),
            root(rng),
            share(rng),
            share(rng),
        )
    )
    tight = "/{}" in forms[1] or "^" in forms[1] or forms[1][0] == "-"
    return Term(rng.choice(forms[0]).format(a.said), forms[1].format(a.under(ATOM if tight else MUL)), MUL)


def fraction(rng: Random) -> tuple[tuple[str, ...], str]:
    """Parts of a whole: 3/8 of it, five sixths of it."""
    q = rng.randint(2, 12)
    p = rng.randint(1, max(1, q - 1)) if rng.random() < 0.85 else rng.randint(q, 2 * q)
    names = {2: "halves", 3: "thirds", 4: "quarters", 5: "fifths", 6: "sixths", 7: "sevenths", 8: "eighths", 9: "ninths", 10: "tenths", 11: "elevenths", 12: "twelfths"}
    said = f"{words.in_words(p)} {names[q]}" if p > 1 else f"1/{q}"
    return ((f"{p}/{q} of {{}}", f"{said} of {{}}", f"{p}/{q} of {{}}", f"{p} over {q} times {{}}"), f"{{}}*{p}/{q}")


def root(rng: Random) -> tuple[tuple[str, ...], str]:
    n = rng.choice((4, 4, 5, 6, 7, 8, 9, 10))
    return ((f"the {ordinal(n)} root of {{}}", f"the {n}th root of {{}}", f"{{}} to the power of 1/{n}", f"the {ordinal(n)} root of {{}}"), f"{{}}^(1/{n})")


def share(rng: Random) -> tuple[tuple[str, ...], str]:
    """One number seen as percents of another."""
    n = rng.choice((rng.randint(2, 99), rng.randint(100, 9000)))
    if rng.random() < 0.5:
        return ((f"{{}} as a percentage of {n}", f"{{}} in percent of {n}", f"the percentage that {{}} is of {n}", f"the share of {{}} in {n}, in percent"), f"{{}}/{n}*100")
    return ((f"{n} as a percentage of {{}}", f"the percentage that {n} is of {{}}", f"{n} in percent of {{}}"), f"{n}/{{}}*100")


STEPS: tuple[tuple[tuple[str, ...], str, int], ...] = (
    (("add {k}", "add {k} to it", "plus {k}", "increase it by {k}", "put {k} on top"), "{x}+{k}", ADD),
    (("subtract {k}", "take away {k}", "take {k} off", "minus {k}", "subtract {k} from it", "remove {k}"), "{x}-{k}", ADD),
    (("multiply it by {k}", "multiply by {k}", "times {k}", "multiply that by {k}", "multiply the result by {k}"), "{m}*{k}", MUL),
    (("divide it by {k}", "divide by {k}", "divide that by {k}", "divide the result by {k}", "share it among {k}"), "{m}/{k}", MUL),
    (("square it", "square the result", "square that"), "{a}^2", POW),
    (("cube it", "cube the result"), "{a}^3", POW),
    (("double it", "double that", "double the result"), "{m}*2", MUL),
    (("triple it", "triple that"), "{m}*3", MUL),
    (("halve it", "halve that", "take half of it"), "{m}/2", MUL),
    (("take its square root", "take the square root", "take the square root of that"), "sqrt({x})", ATOM),
    (("take its cube root", "take the cube root of that"), "cbrt({x})", ATOM),
    (("raise it to the power of {p}", "raise it to the {p} power", "raise that to {p}"), "{a}^{p}", POW),
    (("take {q}% of it", "take {q} percent of that"), "{q}% of {a}", MUL),
    (("add {q}% to it", "increase it by {q}%"), "{m}*(1+{q}/100)", MUL),
    (("take {q}% off", "reduce it by {q}%"), "{m}*(1-{q}/100)", MUL),
)


def stepwise(rng: Random) -> Term:
    """One thing after the other: take a number, do this, then that."""
    t = number(rng)
    said = rng.choice(("Take {}", "Start with {}", "Begin with {}", "Starting with {}", "I start with {}", "Take the number {}", "My number is {}", "Let us take {}", "First take {}", "Think of {}", "{}")).format(t.said)
    for i in range(rng.choice((1, 2, 2, 2, 3, 3))):
        forms, expr, level = rng.choice(STEPS)
        k, p, q = number(rng, top=rng.choice((9, 20, 99, 999))), rng.choice((2, 3, 4, round(rng.uniform(0.1, 2.5), 2))), rng.randint(1, 95)
        step = rng.choice(forms).format(k=k.said, p=p, q=q)
        said += rng.choice((", ", ", then ", " and then ", ", and ", ", next ", ". Then ", "; ") if i else (", ", " and ", ", then ")) + step
        t = Term("", expr.format(x=t.expr, m=t.under(MUL), a=t.under(ATOM), k=k.expr, p=p, q=q), level)
    said += rng.choice((".", ".", ".", ". What do you get?", ". What is the result?", ", what is that?", ". How much is it?", ". Which number is it?", ""))
    return Term(said[0].upper() + said[1:], t.expr)


def many(rng: Random) -> Term:
    """Several numbers at once: sums, averages, products, extremes."""
    terms = [number(rng, spelled=False, top=rng.choice((20, 99, 999))) for _ in range(rng.randint(3, 5))]
    said = ", ".join(t.said for t in terms[:-1]) + f" and {terms[-1].said}"
    plus = "+".join(t.expr for t in terms)
    return rng.choice(
        (
            Term(rng.choice((f"the average of {said}", f"the mean of {said}", f"the arithmetic mean of {said}")), f"({plus})/{len(terms)}"),
            Term(rng.choice((f"the sum of {said}", f"the total of {said}", f"{said} added up", f"{said} together", " plus ".join(t.said for t in terms))), plus, ADD),
            Term(rng.choice((f"the product of {said}", " times ".join(t.said for t in terms))), "*".join(t.expr for t in terms), MUL),
            Term(rng.choice((f"the largest of {said}", f"the maximum of {said}", f"the biggest of {said}")), f"max({', '.join(t.expr for t in terms)})"),
            Term(rng.choice((f"the smallest of {said}", f"the minimum of {said}")), f"min({', '.join(t.expr for t in terms)})"),
        )
    )


LOOSE = re.compile(r",|then|\bas a\b|percent")


def in_words(rng: Random, depth: int = 1) -> Term:
    roll = rng.random()
    a = number(rng)
    if depth > 1 and roll < 0.7:
        inner = in_words(rng, depth - 1)
        wrap = rng.random()
        if wrap < 0.22 and inner.said.startswith("the ") and not LOOSE.search(inner.said):
            return scaled(rng, inner)
        if wrap < 0.36 and inner.said.startswith("the ") and not LOOSE.search(inner.said):
            return Term(f"the square root of {inner.said}", f"sqrt({inner.expr})")
        k = number(rng, top=rng.choice((9, 20, 99)))
        tail = rng.choice((", times {}", ", all times {}", ", then times {}", ", multiplied by {}"))
        if wrap < 0.55:
            return Term(inner.said + tail.format(k.said), f"{inner.under(MUL)}*{k.expr}", MUL)
        tail = rng.choice((", plus {}", ", then plus {}", ", with {} added"))
        if wrap < 0.7:
            return Term(inner.said + tail.format(k.said), f"{inner.expr}+{k.expr}", ADD)
        tail = rng.choice((", minus {}", ", then minus {}", ", less {}"))
        if wrap < 0.82:
            return Term(inner.said + tail.format(k.said), f"{inner.expr}-{k.expr}", ADD)
        tail = rng.choice((", divided by {}", ", all divided by {}"))
        if wrap < 0.93:
            return Term(inner.said + tail.format(k.said), f"{inner.under(MUL)}/{k.expr}", MUL)
        return power_of(rng, Term(inner.said + ",", inner.expr, inner.level))
    if roll < 0.42:
        return binary(rng, a, number(rng, top=rng.choice((0, 0, 99, 20))))
    if roll < 0.54:
        return power_of(rng, a if a.value < 1000 else number(rng, top=99))
    if roll < 0.65:
        return function_of(rng, a)
    if roll < 0.73:
        return percent_of(rng, a)
    if roll < 0.78:
        return percent_change(rng, a)
    if roll < 0.85:
        return many(rng)
    if roll < 0.87:
        n = rng.randint(3, 25)
        return Term(rng.choice((f"{n} factorial", f"the factorial of {n}", f"{n}!", f"factorial of {n}")), f"{n}!")
    if roll < 0.965:
        return scaled(rng, a)
    b, c = number(rng, top=99), number(rng, top=99)
    op1, op2 = (rng.choice((("plus", "+"), ("minus", "-"), ("times", "*"), ("divided by", "/"))), rng.choice((("plus", "+"), ("minus", "-"), ("times", "*"))))
    if op1[1] == "/" and op2[1] == "*":  # which is first?
        op2 = ("plus", "+")
    return Term(f"{a.said} {op1[0]} {b.said} {op2[0]} {c.said}", f"{a.expr}{op1[1]}{b.expr}{op2[1]}{c.expr}", ADD)


def in_symbols(rng: Random, depth: int = 0) -> str:
    """An expression as people type it. It goes to the Calculator letter by letter."""
    gap = rng.choice((" ", " ", ""))
    ops = rng.choice((("+", "-", "*", "/"), ("+", "-", "*", "/"), ("+", "-", "*", "/", "^"), ("+", "−", "×", "÷"), ("+", "-", "x", "/"), ("+", "-", "·", "/"), ("+", "-", "*", "/", "**")))
    gap = " " if "x" in ops else gap

    def atom(d: int) -> str:
        roll = rng.random()
        if d > 0 and roll < 0.45:
            return f"({chain(d - 1)})"
        if roll < 0.55 and d > 0:
            return f"{rng.choice(('sqrt', 'sqrt', 'ln', 'log10', 'abs', 'log2', 'sin', 'exp' if d < 2 else 'sqrt'))}({chain(d - 1)})"
        if 0.55 < roll < 0.6:
            n = rng.randint(2, 99)
            return rng.choice((f"√{n}", f"{n}²", f"{n}³", f"sqrt({n})", f"{n}^2", f"{n}^0.5", f"√({n})", "½", "¼", "¾", f"{n}/100", f"{n}%", "pi", "π", f"cbrt({n})", f"({n}-{n // 2 + 1})", f"{n}e3"))
        n = number(rng, spelled=False, top=rng.choice((0, 9, 99, 99, 999)))
        return n.said if roll > 0.03 else f"-{n.said}"

    def chain(d: int) -> str:
        out = atom(d)
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            op = rng.choice(ops)
            out += gap + op + gap + (str(rng.choice((2, 2, 3, 0.5))) if op == "^" else atom(d))
        return out

    roll = rng.random()
    if roll > 0.9:
        return typed(rng)
    if roll < 0.07:
        return f"{rng.randint(2, 99)}{rng.choice(('^', '**', '**', ' ^ '))}{rng.choice((rng.randint(2, 40), round(rng.uniform(0.1, 3), 2)))}"
    if roll < 0.1:
        return f"{rng.choice(('sqrt', 'sqrt', 'ln', 'log10', 'log2', 'abs', 'round', 'floor', 'factorial'))}({rng.randint(2, 400)})"
    if roll < 0.12:
        return f"{rng.randint(3, 30)}!"
    if roll < 0.15:
        return f"{rng.randint(1, 99)}%{rng.choice((' of ', ' of ', ' * '))}{rng.choice((rng.randint(5, 9999), round(rng.uniform(1, 500), 2)))}"
    if roll < 0.17:
        return f"{rng.choice(('max', 'min'))}({', '.join(str(rng.randint(1, 999)) for _ in range(rng.randint(2, 5)))})"
    if roll < 0.19:
        return f"{rng.randint(10, 9999)} % {rng.randint(2, 99)}"
    if roll < 0.21:
        return rng.choice((f"pi * {rng.randint(2, 50)}^2", f"2 * pi * {rng.randint(2, 99)}", f"e^{rng.randint(2, 9)}"))
    return chain(depth)


TYPED = (
    "{p}% of {x} [+|-|*|/] {n}",
    "{p}%[ of | of |*]{x}",
    "{x} [+|-] {p}%",
    "{x}[+|-]{p}%",
    "[sqrt|√]({a})[*|+|-|/]{n}^{e}",
    "{n}*({a}[+|-]{b})/{m}",
    "({a}[+|-]{b})[^2|²|*{n}|/{n}|^3]",
    "({a} [+|-] {b}) [*|/|×|÷] ({c} + {n})",
    "{a}/{b} [+|-] {c}/{n}",
    "{a} mod {n}",
    "{a} [+|-] ({b} [+|-|*] {c})",
    "{n}({a}[+|-]{b})",
    "-{a} [+|-|*] {b}",
    "{a} [-|+|*] (-{b})",
    "({a}[+|*]{b})^[0.5|(1/2)|(1/3)]",
    "{n}^[2|3|4|0.5] [+|-] {m}^[2|3|4]",
    "{n}²[+| + | - |-]{m}²",
    "sqrt({n}^2+{m}^2)",
    "sqrt({n}² + {m}²)",
    "{n}![/| / ]{m}",
    "log(8, {n})",
    "[log2|log10|ln]({a}) [*|/|+] {n}",
    "[abs|round]({a}-{x})",
    "[max|min|mean|avg|sum|average]({a}, {b}, {c})",
    "[gcd|lcm]({a}, {b})",
    "mod({a}, {n})",
    "[${x}|€{x}|£{x}] [*|+|-|/|×] {n}",
    "${x} [+|-] ${m}",
    "pi*{n}^2",
    "π·{n}²",
    "[2*pi*{n}|4/3*pi*{n}^3]",
    "(1+{p}/100)^{n}",
    "{a}*(1[+|-]{p}/100)",
    "({a}-{b})/{b}*100",
    "({a}+{b}+{c})/3",
    "[sin|cos|tan]({n}°)",
    "({a})({b})",
    "1/({n}+{m})",
    "1/{n}+1/{m}",
)


def typed(rng: Random) -> str:
    """What people put into a calculator."""
    return asks.expand(rng, rng.choice(TYPED)).format(
        p=rng.choice((rng.randint(1, 99), round(rng.uniform(0.5, 30), 1))),
        x=rng.choice((rng.randint(2, 999), rng.randint(1000, 90_000), f"{rng.uniform(1, 300):.2f}")),
        a=rng.choice((rng.randint(2, 99), rng.randint(2, 999), f"{rng.uniform(1, 30):.1f}" if rng.random() < 0.3 else rng.randint(2, 20))),
        b=rng.randint(2, 99),
        c=rng.randint(2, 60),
        n=rng.randint(2, 12),
        m=rng.randint(2, 20),
        e=rng.choice((0.5, 2, 3, 1.5, 0.2)),
    )


PHRASES: tuple[tuple[str, str, int], ...] = (
    ("the sum of the squares of {a} and {b}", "{a}^2+{b}^2", ADD),
    ("the difference of the squares of {A} and {b}", "{A}^2-{b}^2", ADD),
    ("the square of the sum of {a} and {b}", "({a}+{b})^2", POW),
    ("the square of the difference of {A} and {b}", "({A}-{b})^2", POW),
    ("the sum of the cubes of {s} and {t}", "{s}^3+{t}^3", ADD),
    ("the cube of the sum of {s} and {t}", "({s}+{t})^3", POW),
    ("the sum of {a} squared and {b} squared", "{a}^2+{b}^2", ADD),
    ("{a} squared [plus|+] {b} squared", "{a}^2+{b}^2", ADD),
    ("{a} squared [minus|-] {b}", "{a}^2-{b}", ADD),
    ("[one|1] more than [twice|double] {a}", "{a}*2+1", ADD),
    ("{s} more than [twice|double] {a}", "{a}*2+{s}", ADD),
    ("{s} less than [twice|double] {a}", "{a}*2-{s}", ADD),
    ("{s} more than half of {a}", "{a}/2+{s}", ADD),
    ("{s} more than {t} times {a}", "{t}*{a}+{s}", ADD),
    ("{s} less than {t} times {a}", "{t}*{a}-{s}", ADD),
    ("{s} more than a third of {a}", "{a}/3+{s}", ADD),
    ("[twice|double] the sum of {a} and {b}", "({a}+{b})*2", MUL),
    ("half [of |]the sum of {a} and {b}", "({a}+{b})/2", MUL),
    ("{s} times the [sum of|total of] {a} and {b}", "{s}*({a}+{b})", MUL),
    ("{s} times the difference [of|between] {A} and {b}", "{s}*({A}-{b})", MUL),
    ("the [sum|total] of {a} and {b}, [divided by|over] {s}", "({a}+{b})/{s}", MUL),
    ("the product of {a} and {b}, [divided by|over] {s}", "{a}*{b}/{s}", MUL),
    ("the product of {a} and {b}, [plus|increased by] {s}", "{a}*{b}+{s}", ADD),
    ("the product of {a} and {b}, [minus|reduced by] {s}", "{a}*{b}-{s}", ADD),
    ("{a} plus the product of {b} and {s}", "{a}+{b}*{s}", ADD),
    ("{a} minus the product of {s} and {t}", "{a}-{s}*{t}", ADD),
    ("{a} divided by the sum of {s} and {b}", "{a}/({s}+{b})", MUL),
    ("{a} times the sum of {s} and {b}", "{a}*({s}+{b})", MUL),
    ("the square root of the sum of {a} and {b}", "sqrt({a}+{b})", ATOM),
    ("the square root of the product of {a} and {b}", "sqrt({a}*{b})", ATOM),
    ("the sum of the square roots of {a} and {b}", "sqrt({a})+sqrt({b})", ADD),
    ("{a} [plus|added to|+] the square root of {b}", "{a}+sqrt({b})", ADD),
    ("{a} [times|multiplied by] the square root of {b}", "{a}*sqrt({b})", MUL),
    ("the square root of {a}, [plus|and then plus] {b}", "sqrt({a})+{b}", ADD),
    ("the square root of {a}[,|] times {s}", "sqrt({a})*{s}", MUL),
    ("the {o}th power of {t}", "{t}^{o}", POW),
    ("{s} to the power of minus {t}", "{s}^-{t}", POW),
    ("[{p}%|{p} percent|{p} per cent] of the [sum|total] of {a} and {b}", "{p}% of ({a}+{b})", MUL),
    ("[{p}%|{p} percent] of {a}[,|] plus {b}", "{p}% of {a}+{b}", ADD),
    ("{a} plus [{p}%|{p} percent] of {b}", "{a}+{p}% of {b}", ADD),
    ("{a} minus [{p}%|{p} percent] of {b}", "{a}-{p}% of {b}", ADD),
    ("a price of {a} after [a discount of {p}%|{p}% off|a {p}% discount]", "{a}*(1-{p}/100)", MUL),
    ("[{p}% off|{p} percent off|a {p}% discount on|{p}% discount on] [{a}|${a}|€{a}|a price of {a}|{a} euros|{a} dollars]", "{a}*(1-{p}/100)", MUL),
    ("[{a}|${a}|€{a}|{a} euros|a bill of {a}|{a} dollars] [plus|with|and] [{p}% tip|a tip of {p}%|{p}% tax|{p} percent tax|{p}% VAT|a {p}% tip]", "{a}*(1+{p}/100)", MUL),
    ("[the tip of|a tip of] {p}% on [{a}|${a}|a bill of {a}|{a} euros]", "{p}% of {a}", MUL),
    ("[the tax of {p}% on|{p}% tax on|{p}% interest on] [{a}|${a}|{a} euros|{a} dollars]", "{p}% of {a}", MUL),
    ("[{a}|${a}|{a} euros] [increased|raised|marked up|growing] by [{p}%|{p} percent]", "{a}*(1+{p}/100)", MUL),
    ("[{a}|${a}|{a} euros] [decreased|reduced|cut|lowered|marked down] by [{p}%|{p} percent]", "{a}*(1-{p}/100)", MUL),
    ("the [percentage|percent] change from {a} to {b}", "({b}-{a})/{a}*100", MUL),
    ("the [percentage|percent] increase from {b} to {A}", "({A}-{b})/{b}*100", MUL),
    ("the [percentage|percent] decrease from {A} to {b}", "({A}-{b})/{A}*100", MUL),
    ("the average of {a} and {b}", "({a}+{b})/2", MUL),
    ("the [average|mean] of {a}, {b} and {c}", "({a}+{b}+{c})/3", MUL),
    ("the number [half way|halfway|in the middle] between {a} and {b}", "({a}+{b})/2", MUL),
    ("the [greatest common divisor|gcd|highest common factor|largest common divisor] of {i} and {j}", "gcd({i}, {j})", ATOM),
    ("the [least common multiple|lcm|smallest common multiple|lowest common multiple] of {i} and {j}", "lcm({i}, {j})", ATOM),
    ("{a} [rounded to|to] two decimal places", "round({a}, 2)", ATOM),
    ("the area of a [rectangle|room|field|garden] of {a} by {b}[| m| metres| cm]", "{a}*{b}", MUL),
    ("the [area|surface] of a circle with [a radius of|radius] {a}[| m| cm]", "pi*{a}^2", MUL),
    ("the circumference of a circle with [a radius of|radius] {a}[| m| cm]", "2*pi*{a}", MUL),
    ("the volume of a cube with [an edge of|edge length|sides of] {a}[| m| cm]", "{a}^3", POW),
    ("the [hypotenuse|longest side] of a right triangle with [legs|sides] {a} and {b}", "sqrt({a}^2+{b}^2)", ATOM),
    ("the area of a triangle with base {a} and height {b}", "{a}*{b}/2", MUL),
    ("the perimeter of a rectangle of {a} by {b}[| m| cm]", "2*({a}+{b})", MUL),
    ("{a} [plus|+] {b} [minus|-] {c}", "{a}+{b}-{c}", ADD),
    ("{a} [minus|-] {s} [plus|+] {c}", "{a}-{s}+{c}", ADD),
    ("{a} [times|x|*|multiplied by] {s} [times|x|*|multiplied by] {t}", "{a}*{s}*{t}", MUL),
    ("{a} times {s} divided by {t}", "{a}*{s}/{t}", MUL),
    ("{a} divided by {s} divided by {t}", "{a}/{s}/{t}", MUL),
    ("the [logarithm|log] of {a} [to the base|to base|in base|with base] {s}", "log({a}, {s})", ATOM),
    ("the number of ways to choose {s} [out of|from] {n} [things|people|cards]", "comb({n}, {s})", ATOM),
    ("{a} minus {b} minus {s}", "{a}-{b}-{s}", ADD),
    ("the [interest|simple interest] on {a} at {p}% for [a|one] year", "{p}% of {a}", MUL),
)
ASKED: tuple[tuple[str, str], ...] = (
    ("[{A} is what percent of {B}|What percent of {B} is {A}|What percentage of {B} is {A}|How many percent of {B} [is|are] {A}|What percent is {A} of {B}|{A} out of {B} is what percent|What is {A} out of {B} in percent|What is {A} as a percentage of {B}|Express {A} as a percent of {B}]?", "{A}/{B}*100"),
    ("[{a} is {p}% of [what|what number|which number]|{p}% of [what|what number|which number] is {a}|Of [what|which] number is {a} {p} percent|If {p}% of a number is {a}, what is the number|{a} is {p} percent of a number; which]?", "{a}/{p}*100"),
    ("[By what percentage does {a} [change|differ] if it becomes {b}|What is the [change|percentage change|percent change] [from {a} to {b}, in percent|when {a} becomes {b}]|A [price|value|salary|rent] goes from {a} to {b}. [What is the percentage change|How many percent is that change]]?", "({b}-{a})/{a}*100"),
    ("[How many times does {s} [go|fit] into {a}|How often does {s} [go|fit] into {a}|How many times {s} is {a}|How many {s}s are in {a}]?", "{a}/{s}"),
    ("[What must [be added to {b}|I add to {b}] to get {A}|What do I need to add to {b} to [get|reach] {A}|How much is missing from {b} to {A}|{b} plus what is {A}|{b} plus what [makes|gives|equals] {A}]?", "{A}-{b}"),
    ("[By how much is {A} [larger|bigger|greater|more] than {b}|How much [bigger|larger|more|greater] is {A} than {b}|By how much does {A} exceed {b}|How far is {A} from {b}|What is the distance between {A} and {b}]?", "{A}-{b}"),
    ("[How many times [larger|bigger|greater] is {A} than {b}|By what factor is {A} [larger|bigger] than {b}|What is {A} in units of {b}]?", "{A}/{b}"),
    ("[What times {s} is {a}|What number times {s} [is|gives|makes] {a}|{s} times what is {a}|By what must I multiply {s} to get {a}]?", "{a}/{s}"),
    ("[What number squared is {a}|Which positive number squared gives {a}|What positive number times itself is {a}]?", "sqrt({a})"),
    ("[A number plus {s} is {a}. What is the number|If a number plus {s} is {a}, what is it|I think of a number, add {s} and get {a}. What is my number]?", "{a}-{s}"),
    ("[A number minus {s} is {a}. What is the number|If a number minus {s} is {a}, what is it|I think of a number, subtract {s} and get {a}. What is my number]?", "{a}+{s}"),
    ("[A number times {s} is {a}. What is the number|If a number times {s} is {a}, what is it|I think of a number, multiply it by {s} and get {a}. What is my number]?", "{a}/{s}"),
    ("[A number divided by {s} is {a}. What is the number|I think of a number, divide it by {s} and get {a}. What is my number]?", "{a}*{s}"),
    ("[What is|How much is] left [of|from] {A} [after|when] [taking away|subtracting|using|removing|spending] {b}?", "{A}-{b}"),
    ("[What is|How much is|Find] the remainder [when {i} is divided by {s}|of {i} by {s}|if you divide {i} by {s}]?", "{i} % {s}"),
    ("[What remains|What is left over] [when|if] {i} is divided by {s}?", "{i} % {s}"),
    ("[If|When|Suppose] I [add|put together] {a} and {b}, [what do I get|what is the result|how much is that]?", "{a}+{b}"),
    ("[If|When] [you|we|I] [add|put together] {a}, {b} and {c}, [what is the sum|what do you get|how much is that]?", "{a}+{b}+{c}"),
    ("[If|When] [you|we|I] [subtract|take] {b} from {A}, [what is left|what remains|what is the result]?", "{A}-{b}"),
    ("[If|When] [you|we|I] multiply {a} by {b}, [what is the result|what comes out|how much is that]?", "{a}*{b}"),
    ("[If|When] [you|we|I] [divide|split] {a} into {s} equal parts, [how big is each part|how large is one part|what is one part]?", "{a}/{s}"),
    ("[I have|There are|I got|We have] {a}[, |; ]and [then |]{b} [more|are added|come on top]. [How much is that|How many is that|What is the total]?", "{a}+{b}"),
    ("[Split|Share|Divide] {a} [into {s} equal parts|equally among {s}|between {s} people|by {s}].", "{a}/{s}"),
    ("What is the [total|sum] if I [add|put together] {a}, {b} and {c}?", "{a}+{b}+{c}"),
    ("[Sum|Add|Add up|Total|Sum up|Put together] {a}, {b} and {c}.", "{a}+{b}+{c}"),
    ("[Sum|Add|Add up] {a} and {b}.", "{a}+{b}"),
    ("[Multiply|Find the product of] {a}, {s} and {t}.", "{a}*{s}*{t}"),
    ("[Average|Take the average of|Take the mean of] {a}, {b} and {c}.", "({a}+{b}+{c})/3"),
    ("Add {a} [and|to] {b}[,|] [then|and then] [multiply|multiply the sum|multiply the result] by {s}.", "({a}+{b})*{s}"),
    ("Add {a} [and|to] {b}[,|] [then|and then] [divide|divide the sum|divide the result] by {s}.", "({a}+{b})/{s}"),
    ("Multiply {a} [by|with] {b}[,|] [then|and then] add {s}.", "{a}*{b}+{s}"),
    ("Multiply {a} [by|with] {b}[,|] [then|and then] [subtract|take away] {s}.", "{a}*{b}-{s}"),
    ("Subtract {b} from {A}[,|] [then|and then] [multiply|multiply the result] by {s}.", "({A}-{b})*{s}"),
    ("Subtract {b} from {A}[,|] [then|and then] [divide|divide the result] by {s}.", "({A}-{b})/{s}"),
    ("Divide {a} by {s}[,|] [then|and then] [add|plus] {b}.", "{a}/{s}+{b}"),
    ("Square {a} and add {b}.", "{a}^2+{b}"),
    ("Square {a}[,|] then [subtract|take away] {s}.", "{a}^2-{s}"),
    ("[Take|Find|Calculate] [{p}%|{p} percent] of {a} and [then |]add {b}.", "{p}% of {a}+{b}"),
    ("[Add|Put] [{p}%|{p} percent] [to|on top of|on] {a}.", "{a}*(1+{p}/100)"),
    ("[Take {p}% off|Deduct {p}% from|Take {p} percent off|Deduct {p} percent from] {a}.", "{a}*(1-{p}/100)"),
    ("[Round|Please round] {f} to the nearest [whole number|integer].", "round({f})"),
)


def slots(rng: Random) -> tuple[dict[str, str], dict[str, str]]:
    """Numbers for a phrase: what is said, and what is computed; A is larger than b, B than A."""
    ts = {"a": number(rng, top=rng.choice((0, 0, 99, 999))), "c": number(rng, top=rng.choice((20, 99, 999))), "s": small(rng), "t": small(rng)}
    pair = sorted((number(rng, top=rng.choice((0, 99, 99, 999))), number(rng, top=rng.choice((0, 99, 99, 999)))), key=lambda t: t.value)
    ts["b"], ts["A"] = pair
    ts["B"] = Term(*[str(round(pair[1].value) + rng.randint(1, rng.choice((9, 99, 900))))] * 2)
    for name, n in (("i", rng.randint(10, 999)), ("j", rng.randint(4, 99)), ("n", rng.randint(12, 40)), ("f", round(rng.uniform(1, 900), 2)), ("o", rng.choice((4, 5, 6, 7, 8, 9, 10, 11, 12)))):
        ts[name] = Term(str(n), str(n))
    p = str(rng.choice((rng.randint(1, 99), 5, 10, 15, 20, 25, 50, round(rng.uniform(0.5, 40), 1))))
    ts["p"] = Term(p, p)
    return {k: t.said for k, t in ts.items()}, {k: t.expr for k, t in ts.items()}


def phrase(rng: Random) -> Term:
    """A noun phrase of several numbers from the table."""
    said, expr, level = rng.choice(PHRASES)
    saids, exprs = slots(rng)
    if re.search(r"[$€]\{|\}th |two decimal", said):  # digits only
        saids = {**exprs}
    return Term(asks.expand(rng, said).format_map(saids), expr.format_map(exprs), level)


def asked(rng: Random) -> Term:
    """A whole question or an order from the table."""
    said, expr = rng.choice(ASKED)
    saids, exprs = slots(rng)
    if "{s}s" in said:
        saids["s"] = exprs["s"]
    return Term(asks.capital(asks.expand(rng, said).format_map(saids)), expr.format_map(exprs))


ORDERS = (
    ("Add {a} and {b}.", "{a}+{b}"),
    ("Add {a} to {b}.", "{a}+{b}"),
    ("Subtract {a} from {b}.", "{b}-{a}"),
    ("Take {a} away from {b}.", "{b}-{a}"),
    ("Multiply {a} by {b}.", "{a}*{b}"),
    ("Multiply {a} and {b}.", "{a}*{b}"),
    ("Divide {a} by {b}.", "{a}/{b}"),
    ("Double {a}.", "{a}*2"),
    ("Halve {a}.", "{a}/2"),
    ("Square {a}.", "{a}^2"),
    ("Cube {a}.", "{a}^3"),
    ("Triple {a}.", "{a}*3"),
    ("Raise {a} to the power of {s}.", "{a}^{s}"),
    ("Take the square root of {a}.", "sqrt({a})"),
    ("Add {a} and {b}, then multiply by {s}.", "({a}+{b})*{s}"),
    ("Multiply {a} by {b} and add {s}.", "{a}*{b}+{s}"),
    ("Divide {a} by {s} and subtract {b}.", "{a}/{s}-{b}"),
    ("Take {a}, add {b} and divide by {s}.", "({a}+{b})/{s}"),
    ("Start with {a}, multiply it by {s}, then subtract {b}.", "{a}*{s}-{b}"),
    ("Multiply the sum of {a} and {b} by {s}.", "({a}+{b})*{s}"),
    ("Divide the sum of {a} and {b} by {s}.", "({a}+{b})/{s}"),
    ("Subtract {b} from {a} and square the result.", "({a}-{b})^2"),
    ("Increase {a} by {s}%.", "{a}*(1+{s}/100)"),
    ("Decrease {a} by {s}%.", "{a}*(1-{s}/100)"),
    ("Reduce {a} by {s} percent.", "{a}*(1-{s}/100)"),
    ("How many times does {s} go into {a}?", "{a}/{s}"),
    ("If I add {a} and {b}, what do I get?", "{a}+{b}"),
    ("If you multiply {a} by {b}, what is the result?", "{a}*{b}"),
    ("What do you get when you divide {a} by {b}?", "{a}/{b}"),
    ("What do you get if you subtract {a} from {b}?", "{b}-{a}"),
    ("What remains when {s} is subtracted from {a}?", "{a}-{s}"),
    ("What must be added to {a} to get {b}?", "{b}-{a}"),
    ("By how much is {a} larger than {b}?", "{a}-{b}"),
    ("How much bigger is {a} than {b}?", "{a}-{b}"),
)


def question(rng: Random) -> tuple[str, str]:
    """A question and the expression that answers it."""
    while True:
        said, expr = drawn(rng)
        if len(said) <= 220 and sound(expr):
            return said, expr


def sound(expr: str) -> bool:
    """Whether the Calculator takes it and the result is a number to write down."""
    try:
        return len(expr) <= 64 and abs(calculate(expr)) < 1e15
    except CalculatorError:
        return False


def drawn(rng: Random) -> tuple[str, str]:
    roll = rng.random()
    if roll < 0.29:
        expr = in_symbols(rng, depth=rng.choice((0, 0, 0, 0, 1, 1, 1, 2)))
        return asks.framed(rng, expr, symbols=True), expr
    if roll < 0.52:
        t = in_words(rng, rng.choice((1, 1, 1, 2, 2, 3)))
        return asks.framed(rng, t.said), t.expr
    if roll < 0.61:
        t = phrase(rng)
        return asks.framed(rng, t.said), t.expr
    if roll < 0.66:
        t = asked(rng)
        return asks.clothed(rng, t.said), t.expr
    if roll < 0.7:
        said, expr = rng.choice(ORDERS)
        a, b, s = number(rng), number(rng), small(rng)
        if "larger than" in said or "bigger" in said:
            b, a = sorted((a, b), key=lambda t: t.value)
        said = said.format(a=a.said, b=b.said, s=s.said)
        said = said if rng.random() < 0.8 else f"Please {said[0].lower()}{said[1:]}" if said[-1] == "." else f"Tell me: {said[0].lower()}{said[1:]}"
        return asks.clothed(rng, asks.capital(said)), expr.format(a=a.expr, b=b.expr, s=s.expr)
    if roll < 0.92:
        return stories.story(rng)
    t = stepwise(rng)
    return asks.clothed(rng, t.said, plain=0.85), t.expr


if __name__ == "__main__":
    for seed in range(20):
        print(*question(Random(seed)), sep="   ->   ")
