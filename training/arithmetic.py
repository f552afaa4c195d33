"""Arithmetic questions: a grammar of phrasings, each with the expression that answers it.

python3 training/arithmetic.py        prints twenty
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

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
        x = round(rng.uniform(0.01, rng.choice((1, 10, 100, 1000))), places)
        return Term(words.decimal_in_words(x) if spelled and rng.random() < 0.08 else str(x), str(x), value=x)
    n = words.integer(rng, top)
    if spelled and n < 10_000 and rng.random() < (0.3 if n <= 20 else 0.1):
        said = words.in_words(n)
        return Term(rng.choice((said, said, said.replace(" and ", " "), said.replace("-", " "))), str(n), value=n)
    return Term(words.shown(rng, n), str(n), value=n)


def small(rng: Random) -> Term:
    n = rng.choice((2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 12))
    return Term(rng.choice((str(n), str(n), words.in_words(n))), str(n), value=n)


def power_of(rng: Random, a: Term) -> Term:
    base = a.under(ATOM)
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
    x, y = a.said, b.said
    if op == "+":
        said = rng.choice((f"{x} plus {y}", f"{x} plus {y}", f"the sum of {x} and {y}", f"{x} and {y} added together", f"{x} added to {y}", f"{x} increased by {y}", f"the total of {x} and {y}", f"{x} + {y}", f"{x} and {y} together"))
        return Term(said, f"{a.expr}+{b.expr}" if not said.startswith(f"{x} added to") else f"{a.expr}+{b.expr}", ADD)
    if op == "-":
        if rng.random() < 0.3:
            said = rng.choice((f"{y} less than {x}", f"{y} subtracted from {x}", f"{y} taken away from {x}", f"{y} fewer than {x}"))
        else:
            said = rng.choice((f"{x} minus {y}", f"{x} minus {y}", f"the difference between {x} and {y}", f"the difference of {x} and {y}", f"{x} less {y}", f"{x} take away {y}", f"{x} decreased by {y}", f"{x} - {y}", f"{x} reduced by {y}"))
        return Term(said, f"{a.expr}-{b.under(MUL)}", ADD)
    if op == "*":
        said = rng.choice((f"{x} times {y}", f"{x} times {y}", f"the product of {x} and {y}", f"{x} multiplied by {y}", f"{x} multiplied with {y}", f"{x} lots of {y}", f"{x} x {y}", f"{x} * {y}", f"{x} × {y}", f"{x} by {y}" if rng.random() < 0.2 else f"{x} times {y}"))
        return Term(said, f"{a.under(MUL)}*{b.under(MUL)}", MUL)
    if rng.random() < 0.08:
        return Term(rng.choice((f"the remainder of {x} divided by {y}", f"{x} modulo {y}", f"{x} mod {y}", f"the remainder when {x} is divided by {y}")), f"{a.under(ATOM)} % {b.under(ATOM)}", MUL)
    said = rng.choice((f"{x} divided by {y}", f"{x} divided by {y}", f"the quotient of {x} and {y}", f"{x} over {y}", f"{x} / {y}", f"{x} ÷ {y}", f"the ratio of {x} to {y}"))
    return Term(said, f"{a.under(MUL)}/{b.under(ATOM)}", MUL)


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
            (("minus {}", "the negative of {}"), "-{}"),
            fraction(rng),
            fraction(rng),
            root(rng),
            root(rng),
            share(rng),
            share(rng),
        )
    )
    return Term(rng.choice(forms[0]).format(a.said), forms[1].format(a.under(MUL)), MUL)


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
    said = rng.choice(("Take {}", "Start with {}", "Begin with {}", "Starting with {}", "I have {}", "From {}", "Take the number {}", "Think of {}", "{}")).format(t.said)
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


def in_words(rng: Random, depth: int = 1) -> Term:
    roll = rng.random()
    a = number(rng)
    if depth > 1 and roll < 0.7:
        inner = in_words(rng, depth - 1)
        wrap = rng.random()
        if wrap < 0.22 and (inner.said.startswith("the ") or inner.level == ATOM):
            return scaled(rng, inner)
        if wrap < 0.36 and (inner.said.startswith("the ") or inner.level == ATOM):
            return Term(f"the square root of {inner.said}", f"sqrt({inner.expr})")
        k = number(rng, top=rng.choice((9, 20, 99)))
        tail = rng.choice((", times {}", ", all times {}", ", then times {}", ", multiplied by {}", " and then multiply the result by {}", ", and multiply that by {}"))
        if wrap < 0.55:
            return Term(inner.said + tail.format(k.said), f"{inner.under(MUL)}*{k.expr}", MUL)
        tail = rng.choice((", plus {}", ", then plus {}", " and then add {}", ", and add {} to it", " with {} added"))
        if wrap < 0.7:
            return Term(inner.said + tail.format(k.said), f"{inner.expr}+{k.expr}", ADD)
        tail = rng.choice((", minus {}", ", then minus {}", " and then subtract {}", ", and take away {}", " less {}"))
        if wrap < 0.82:
            return Term(inner.said + tail.format(k.said), f"{inner.expr}-{k.expr}", ADD)
        tail = rng.choice((", divided by {}", ", all divided by {}", " and then divide by {}", ", and divide that by {}"))
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
    return Term(f"{a.said} {op1[0]} {b.said} {op2[0]} {c.said}", f"{a.expr}{op1[1]}{b.expr}{op2[1]}{c.expr}", ADD)


def in_symbols(rng: Random, depth: int = 0) -> str:
    """An expression as people type it. It goes to the Calculator letter by letter."""
    gap = rng.choice((" ", " ", ""))
    ops = rng.choice((("+", "-", "*", "/"), ("+", "-", "*", "/", "^"), ("+", "−", "×", "÷"), ("+", "-", "x", "/")))

    def atom(d: int) -> str:
        roll = rng.random()
        if d > 0 and roll < 0.45:
            return f"({chain(d - 1)})"
        if roll < 0.55 and d > 0:
            return f"{rng.choice(('sqrt', 'sqrt', 'ln', 'log10', 'abs', 'log2', 'sin', 'exp' if d < 2 else 'sqrt'))}({chain(d - 1)})"
        n = number(rng, spelled=False, top=rng.choice((0, 9, 99, 99, 999)))
        return n.said if roll > 0.03 else f"-{n.said}"

    def chain(d: int) -> str:
        out = atom(d)
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            op = rng.choice(ops)
            out += gap + op + gap + (str(rng.choice((2, 2, 3, 0.5))) if op == "^" else atom(d))
        return out

    roll = rng.random()
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


def story(rng: Random) -> Term:
    """A small word problem."""
    sex = words.her_or_his(rng)
    who = words.person(rng, sex).split()[0]
    he = "she" if sex == "s" else "he"
    other = words.person(rng, "s").split()[0]
    a, b, c = (words.integer(rng, rng.choice((20, 60, 500))) for _ in range(3))
    price = round(rng.uniform(0.5, 90), 2)
    big = max(a, b) + c
    thing = rng.choice(words.THINGS + words.FOODS + words.ANIMALS)
    things = thing if thing.endswith("s") else thing + "s"
    box = rng.choice(("box", "bag", "crate", "carton", "tray", "shelf", "row", "basket", "pack"))
    boxes = {"box": "boxes", "shelf": "shelves"}.get(box, box + "s")
    gets = rng.choice(("buys", "finds", "gets", "receives", "picks up", "is given", "collects"))
    loses = rng.choice(("gives away", "loses", "sells", "breaks", "eats", "hands out", "drops"))
    speed, hours = (rng.randint(4, 130), rng.choice((rng.randint(2, 12), round(rng.uniform(0.5, 9), 1))))
    has = rng.choice(("has", "owns", "starts with", "keeps"))
    return rng.choice(
        (
            Term(f"{who} {has} {a} {things} and {gets} {b} more. How many {things} does {he} have now?", f"{a}+{b}"),
            Term(f"{who} {has} {big} {things} and {loses} {b} of them. How many are left?", f"{big}-{b}"),
            Term(f"{who} had {big} {things}. {he.capitalize()} {loses} {b} and {gets} {c}. How many {things} are there now?", f"{big}-{b}+{c}"),
            Term(f"There are {a} {boxes} with {b} {things} in each {box}. How many {things} are there in total?", f"{a}*{b}"),
            Term(f"If one {box} holds {b} {things}, how many {things} fit in {a} {boxes}?", f"{a}*{b}"),
            Term(f"{who} shares {a * b} {things} equally among {b} friends. How many does each friend get?", f"{a * b}/{b}"),
            Term(f"{a * b} {things} are packed into {boxes} of {b}. How many {boxes} are needed?", f"{a * b}/{b}"),
            Term(f"A {thing} costs {price} {rng.choice(('euros', 'dollars', 'pounds'))}. How much do {a} {things} cost?", f"{a}*{price}"),
            Term(f"A train travels {speed} km per hour for {hours} hours. How far does it go?", f"{speed}*{hours}"),
            Term(f"{who} drives {speed * 3} km in {rng.randint(2, 9)} hours. What is the average speed?", f"{speed * 3}/0"),
            Term(f"A {rng.choice(('field', 'room', 'garden', 'wall', 'rectangle', 'carpet'))} is {a} {rng.choice(('m', 'metres'))} long and {b} {rng.choice(('m', 'metres'))} wide. What is its area?", f"{a}*{b}"),
            Term(f"A rectangle is {a} cm by {b} cm. What is its perimeter?", f"2*({a}+{b})"),
            Term(f"{who} earns {a} {rng.choice(('euros', 'dollars', 'pounds'))} an hour and works {b} hours. How much does {he} earn?", f"{a}*{b}"),
            Term(f"{who} is {a} years old and {other} is {b} years older. How old is {other}?", f"{a}+{b}"),
            Term(f"{who} reads {a} pages a day. How many pages does {he} read in {rng.choice(('a week', 'one week'))}?", f"{a}*7"),
            Term(f"A bill of {price} is split between {b} people. How much does each pay?", f"{price}/{b}"),
            Term(f"A {thing} costs {a * 10} and is {b % 60 + 5}% off. What is the new price?", f"{a * 10}*(1-{b % 60 + 5}/100)"),
            Term(f"{who} buys {a} {things} at {price} each and pays with {a * 100}. How much change does {he} get?", f"{a * 100}-{a}*{price}"),
            Term(f"{a} {boxes} hold {b} {things} each, and {c} {things} are loose. How many {things} altogether?", f"{a}*{b}+{c}"),
            Term(f"{who} saves {a} a month. How much is that after {rng.randint(2, 9)} years?", f"{a}*12*0"),
            Term(f"How many minutes are there in {a} hours?", f"{a}*60"),
            *rates(rng, who, he, things),
            *rates(rng, who, he, things),
            Term(f"How many seconds are in {a} minutes?", f"{a}*60"),
            Term(f"How many days are in {a} weeks?", f"{a}*7"),
            Term(f"How many eggs are in {a} dozen?", f"{a}*12"),
        )
    )


def rates(rng: Random, who: str, he: str, things: str) -> tuple[Term, ...]:
    """So much of this for each of that, in the kitchen, on the road, at work."""
    a, b, c = (words.integer(rng, rng.choice((12, 40, 300))) for _ in range(3))
    x, y = round(rng.uniform(0.2, 60), rng.choice((1, 2))), round(rng.uniform(0.2, 60), 1)
    unit, span = rng.choice((("litres", "hour"), ("kilos", "day"), ("grams", "cup"), ("pages", "hour"), ("metres", "minute"), ("euros", "week"), ("points", "game"), ("kilometres", "day"), ("crowns", "night"), ("bricks", "row"), ("steps", "floor"), ("letters", "week")))
    thing = rng.choice(("pump", "machine", "oven", "tap", "printer", "cow", "bakery", "boat", "lamp", "robot", "mill", "truck"))
    return (
        Term(f"A {thing} uses {x} {unit} per {span}. How much does it use in {a} {span}s?", f"{x}*{a}"),
        Term(f"A {thing} makes {a} {unit} per {span}. How many {span}s does it need for {a * b} {unit}?", f"{a * b}/{a}"),
        Term(f"{who} needs {x} {unit} for each {span} and has {y + x} {unit}. For how many {span}s is that enough?", f"{round(y + x, 2)}/{x}"),
        Term(f"In {a} {span}s a {thing} makes {b} {unit}. How many {unit} per {span} is that?", f"{b}/{a}"),
        Term(f"{who} pays {a} euros for {b} {things}. What is the price of one?", f"{a}/{b}"),
        Term(f"{a} {things} cost {x}. What do {b} {things} cost?", f"{x}/{a}*{b}"),
        Term(f"{who} has {a + b + c} {things}, gives {a} to a friend and {b} to a neighbour. How many does {he} keep?", f"{a + b + c}-{a}-{b}"),
        Term(f"There are {a} {things} in one room, {b} in another and {c} in the hall. How many are there altogether?", f"{a}+{b}+{c}"),
        Term(f"{who} walks {x} km on Monday and {y} km on Tuesday. How far is that in total?", f"{x}+{y}"),
        Term(f"A rope of {a + b} metres is cut; {b} metres are left. How long is the piece that was cut off?", f"{a + b}-{b}"),
        Term(f"{who} was born in {1900 + a % 99}. How old does {he} turn in {2000 + b % 40}?", f"{2000 + b % 40}-{1900 + a % 99}"),
        Term(f"{a} out of {a + b} {things} are broken. What percentage is that?", f"{a}/{a + b}*100"),
        Term(f"A loan of {a * 100} bears {x}% interest a year. How much interest is that in one year?", f"{x}% of {a * 100}"),
        Term(f"The side of a square is {x} cm. What is its area?", f"{x}^2"),
        Term(f"A circle has a radius of {x}. What is its area?", f"pi*{x}^2"),
        Term(f"A cube has edges of {a} cm. What is its volume?", f"{a}^3"),
        Term(f"The temperature rises from {a % 30} to {a % 30 + b} degrees. By how much did it rise?", f"{a % 30 + b}-{a % 30}"),
        Term(f"{who} buys {a} {things} at {x} and {b} at {y}. What is the total?", f"{a}*{x}+{b}*{y}"),
        Term(f"Each of the {a} shelves carries {b} boxes of {c} {things}. How many {things} is that?", f"{a}*{b}*{c}"),
        Term(f"A {thing} runs {a} hours a day at {x} euros an hour. What does it cost for {b} days?", f"{a}*{x}*{b}"),
        Term(f"How many teams of {a % 9 + 2} can be made of {b * (a % 9 + 2)} people?", f"{b * (a % 9 + 2)}/{a % 9 + 2}"),
    )


def _story(rng: Random) -> Term:
    """A story whose numbers stand in its expression; two templates need theirs read back."""
    import re

    while True:
        t = story(rng)
        nums = re.findall(r"\d+(?:\.\d+)?", t.said)
        if t.expr.endswith("/0"):
            return Term(t.said, f"{nums[0]}/{nums[1]}")
        if t.expr.endswith("*0"):
            return Term(t.said, f"{nums[0]}*12*{nums[1]}")
        return t


ASK = (
    "What is {}?",
    "What is {}?",
    "What is {}?",
    "What's {}?",
    "what is {}",
    "what's {}",
    "How much is {}?",
    "Calculate {}.",
    "Calculate {}",
    "Compute {}.",
    "compute {}",
    "Work out {}.",
    "Evaluate {}.",
    "Find {}.",
    "Tell me {}.",
    "Give me {}.",
    "Can you calculate {}?",
    "Could you work out {} for me?",
    "Please compute {}.",
    "I need to know {}.",
    "Determine {}.",
    "What do you get for {}?",
    "What does {} equal?",
    "What is the value of {}?",
    "What is the result of {}?",
    "Do you know {}?",
    "Hi! What is {}?",
    "Hello, can you tell me {}?",
    "{}?",
    "{}",
    "What would {} be?",
    "Quick question: what is {}?",
    "Help me with this: {}",
    "How much would {} be?",
    "My homework asks for {}. What is it?",
    "Use the calculator: {}",
    "{}, please.",
    "I'd like to know {}.",
    "What number is {}?",
    "Please tell me what {} is.",
    "So what is {}?",
)
SYMBOL_ASK = (
    "{}",
    "{} = ?",
    "{} =",
    "{}?",
    "What is {}?",
    "What is {}?",
    "What's {}?",
    "Calculate {}",
    "Calculate: {}",
    "Compute {}.",
    "Solve {}",
    "Evaluate {}.",
    "How much is {}?",
    "what is {}",
    "Can you evaluate {}?",
    "Please calculate {}.",
    "Work out {}.",
    "Find the value of {}.",
    "What does {} equal?",
    "Tell me the result of {}.",
    "What is the result of {}?",
    "What do I get if I type {} into a calculator?",
    "Quick: {}",
    "Give me {}",
    "Simplify {}",
    "I want to know {}.",
    "what do you get for {}",
    "Result of {}?",
    "whats {}",
    "calc {}",
)
ORDERS = (
    ("Add {a} and {b}.", "{a}+{b}"),
    ("Add {a} to {b}.", "{b}+{a}"),
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
    roll = rng.random()
    if roll < 0.3:
        expr = in_symbols(rng, depth=rng.choice((0, 0, 0, 0, 1, 1, 1, 2)))
        return rng.choice(SYMBOL_ASK).format(expr), expr
    if roll < 0.7:
        t = in_words(rng, rng.choice((1, 1, 1, 2, 2, 3)))
        return _sentence(rng.choice(ASK).format(t.said)), t.expr
    if roll < 0.78:
        said, expr = rng.choice(ORDERS)
        a, b, s = number(rng), number(rng), small(rng)
        said = said.format(a=a.said, b=b.said, s=s.said)
        return (_sentence(said) if rng.random() < 0.85 else f"Please {said[0].lower()}{said[1:]}"), expr.format(a=a.expr, b=b.expr, s=s.expr)
    t = _story(rng) if rng.random() < 0.65 else stepwise(rng)
    return t.said, t.expr


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] if text[0] != "w" else text


if __name__ == "__main__":
    for seed in range(20):
        print(*question(Random(seed)), sep="   ->   ")
