"""The text of an expression: cut out of its wrapping, in one alphabet, as tokens.

    "`2 × 15% of 1,200 = ?`"  →  2 * 15 % of 1200

Models and people write the same sum in many ways; every way is read here, once. Whatever has two
readings that differ is refused, with the spelling that has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from ..errors import CalculatorError, did_you_mean

__all__ = ["EXAMPLES", "Names", "Token", "refusal", "shown", "tokens"]

EXAMPLES = "25^0.43, sqrt(16) or 15% of 80"

_MOST_CHARACTERS = 1_000
_MESSAGE = 280

_SIGNS = {
    **dict.fromkeys("×✕✖⨯⨉∗·∙⋅•\u2062", "*"),
    **dict.fromkeys("÷∕⁄➗", "/"),
    **dict.fromkeys("−–—‒―‐‑﹣➖", "-"),
    **dict.fromkeys("➕", "+"),
    **dict.fromkeys("ˆ", "^"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "π": " pi ",
    "τ": " tau ",
}
# A mark that nobody sees must not glue two numbers together, so it counts as a space.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\ufeff\xad"
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_CURRENCIES = "$€£¥₹"
_KEPT = _SUPERSCRIPTS + _FRACTIONS + _CURRENCIES + "√∛∜°"
_QUOTES = ("''", '""', "``", "‘’", "“”", "«»")
_OPENING = re.compile(r"(?:what is|what's|calculate|compute|evaluate)\b[ :]*|=(?!=)", re.IGNORECASE)

_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "over": "/",
    "div": "//",
    "to the power": "^",
    "to the power of": "^",
    "raised to": "^",
    "raised to the": "^",
    "raised to the power": "^",
    "raised to the power of": "^",
    "squared": "²",
    "cubed": "³",
    "mod": "mod",
    "modulo": "mod",
    "percent": "percent",
    "per cent": "percent",
    "of": "of",
    "square root of": "√",
    "the square root of": "√",
    "cube root of": "∛",
    "the cube root of": "∛",
}
_SINGLE_WORDS = frozenset(" ".join(_WORDS).split()) | {"x", "math", "np", "numpy", "π", "τ"}

_WHOLE = r"\d+(?:_\d+)*"
_TAIL = rf"(?:\.(?:{_WHOLE})?)?(?:[eE][-+]?\d+)?"
_PLAIN = rf"(?:{_WHOLE}{_TAIL}|\.{_WHOLE}(?:[eE][-+]?\d+)?)"
_GROUPED = rf"[1-9]\d{{0,2}}(?:,\d{{3}})+(?!,?\d|_){_TAIL}"
_NUMBER_NEXT = rf"[{_CURRENCIES}]?\.?\d"


def _scanner(number: str) -> re.Pattern[str]:
    words = "|".join(w.replace(" ", r"\s+") for w in sorted(_WORDS, key=len, reverse=True))
    # `2 x -3` is a product, `2x - 3` is algebra: a sign after x counts only where x stands apart.
    times = rf"[xX](?=\s*(?:{_NUMBER_NEXT}|[(√∛∜])|\s+[^\W\d])|(?<=\s)[xX](?=\s+[-+]{_NUMBER_NEXT})"
    return re.compile(
        rf"(?P<space>\s+)|(?P<times>{times})|(?P<word>(?i:{words})(?!\w))|(?P<number>{number})"
        rf"|(?P<superscript>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<fraction>[{_FRACTIONS}])"
        rf"|(?P<name>(?i:(?:math|numpy|np)\.)?[^\W\d](?:(?![{_SUPERSCRIPTS}{_FRACTIONS}])\w)*)"
        rf"|(?P<op>\*\*|//|[-+*/^%!(),\[\]√∛∜°])|(?P<currency>[{_CURRENCIES}])"
    )


# In the arguments of a function a comma separates; anywhere else it can only group thousands.
_IN_CALL, _OUTSIDE = _scanner(_PLAIN), _scanner(f"{_GROUPED}|{_PLAIN}")

_REASONS = {
    **dict.fromkeys("'\"`", "text in quotes is not a number"),
    **dict.fromkeys("=<>", "it does not compare or assign, write only what is to be computed"),
    **dict.fromkeys("[]{}", "use round parentheses ( )"),
    **dict.fromkeys("&|~", "there are no bit operations"),
    **dict.fromkeys(_CURRENCIES, "a currency sign must stand next to a number"),
    ";": "write one expression",
    ".": "a point can only stand inside a number",
    "∞": "infinity is not a number to compute with",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an expression may use."""

    functions: Collection[str]
    constants: Collection[str]


@dataclass(frozen=True, slots=True)
class Token:
    """One sign, name or number; `spaced` tells whether a space stood before it."""

    kind: Literal["number", "superscript", "fraction", "name", "op", "end"]
    text: str
    value: int | float = 0
    spaced: bool = False

    @property
    def ends_operand(self) -> bool:
        """Whether a number, a name or a group is complete here."""
        return self.kind not in ("op", "end") or self.text in (")", "]", "!", "%", "percent", "°")


def refusal(message: str) -> CalculatorError:
    """The error to raise: one short line with what is wrong and what to write instead.

    All of it is in the message, because a model is often shown nothing but `str(error)`.
    """
    return CalculatorError(message if len(message) <= _MESSAGE else message[: _MESSAGE - 3] + "...")


def shown(text: str) -> str:
    """A quotation that stays short and printable, whatever the text is."""
    cut = text if len(text) <= 40 else text[:37] + "..."
    visible = (c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut)
    return f"'{''.join(visible)}'"


def tokens(expression: str, names: Names) -> list[Token]:
    """The tokens of an expression, an `end` token last."""
    _check_length(expression)
    text = _unwrapped(expression)
    if not text:
        raise refusal(f"the expression is empty; write one such as {EXAMPLES}")
    _refuse_prose(text, names)
    if len(text.splitlines()) > 1:
        raise refusal("the expression has several lines; write one expression on one line")
    text = _one_alphabet(text)
    _check_length(text)
    return _scan(text, names)


def _check_length(text: str) -> None:
    if len(text) > _MOST_CHARACTERS:
        raise refusal(
            f"the expression has {len(text):,} characters, the most is {_MOST_CHARACTERS:,};"
            " compute it in smaller parts"
        )


def _unwrapped(text: str) -> str:
    """The expression without quotes, code fences, a leading `what is` or a closing `= ?`."""
    before = None
    while text != before:
        before = text
        text = text.strip().strip(_INVISIBLE)
        if text.startswith("```") and text.endswith("```") and len(text) > 6:
            text = re.sub(r"^[a-z]*\n", "", text[3:-3])
        elif len(text) > 1 and text[0] + text[-1] in _QUOTES:
            text = text[1:-1]
        elif text.endswith(("?", ".", "=")):
            text = text[:-1]
        elif opening := _OPENING.match(text):
            text = text[opening.end() :]
    return text


def _refuse_prose(text: str, names: Names) -> None:
    """A sentence gets one answer that fits it, not a remark on its first odd letter."""
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", text).lower())
    known = {n.rstrip("0123456789") for n in (*names.functions, *names.constants, *_SINGLE_WORDS)}
    unknown = [w for w in dict.fromkeys(words) if w not in known]
    if len(unknown) > 1:
        raise refusal(
            f"this is not arithmetic: the calculator does not know {shown(unknown[0])} and"
            f" {shown(unknown[1])}; write an arithmetic expression such as {EXAMPLES}"
        )


def _one_alphabet(text: str) -> str:
    """The same text in ASCII, plus the few signs that mean something here and letters of names."""
    text = re.sub(rf"(?<=log)[{_SUBSCRIPTS}]+", lambda m: unicodedata.normalize("NFKC", m[0]), text)
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if " " <= char <= "~" or char in _KEPT:
        return char
    if char in _SIGNS:
        return _SIGNS[char]
    if char.isspace() or char in _INVISIBLE:
        return " "
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    # Only what is the same character in another width or type: a circled 1 is not the digit 1.
    if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>", "<font>", "<small>")):
        return unicodedata.normalize("NFKC", char)
    if char.isalpha():
        return char
    raise _strange(char)


def _scan(text: str, names: Names) -> list[Token]:
    found: list[Token] = []
    calls: list[bool] = []  # for each open bracket, whether it holds arguments
    currencies: set[str] = set()
    at, spaced = 0, False
    while at < len(text):
        match = (_IN_CALL if any(calls) else _OUTSIDE).match(text, at)
        if match is None or match.lastgroup is None:
            raise _strange(text[at])
        last = found[-1] if found else Token("end", "")
        part, at = match[0], match.end()
        if match.lastgroup == "space":
            spaced = True
            continue
        if match.lastgroup == "currency":
            _check_currency(part, text[at:], last, currencies)
            continue
        if part.lower() == "power" and last.ends_operand and any(t.text == "^" for t in found):
            continue  # 25 raised to the 0.43 power
        token = _token(match.lastgroup, part, last, spaced, names)
        if token.text == "0" and re.match(r"[xXbBoO]\w", text[at:]):
            raise refusal(
                f"{shown(text[at - 1 : at + 20])} is not a decimal number; write it with base 10"
            )
        if token.text in ("(", "["):
            calls.append(
                token.text == "[" or (last.kind == "name" and last.text not in names.constants)
            )
        elif token.text in (")", "]") and calls:
            calls.pop()
        found.append(token)
        spaced = False
    return [*found, Token("end", "")]


def _token(group: str, part: str, last: Token, spaced: bool, names: Names) -> Token:
    if group == "number":
        return Token("number", part, _number(part), spaced)
    if group == "fraction":
        return Token("fraction", part, unicodedata.numeric(part), spaced)
    if group == "superscript":
        digits = unicodedata.normalize("NFKC", part).replace("−", "-")
        return Token("superscript", part, int(digits))
    if group == "times" and last.ends_operand:
        return Token("op", "*", spaced=spaced)
    if group == "word":
        sign = _WORDS[" ".join(part.lower().split())]
        if sign in _SUPERSCRIPTS:
            return Token("superscript", part, unicodedata.digit(sign))
        if sign != "mod" or last.ends_operand:
            return Token("op", sign, spaced=spaced)
    if group == "op":
        return Token("op", "^" if part == "**" else part, spaced=spaced)
    name = re.sub(r"^\w+\.", "", part).lower()
    if name not in names.functions and name not in names.constants:
        raise _unknown(name, names)
    return Token("name", name, spaced=spaced)


def _number(text: str) -> int | float:
    digits = text.replace(",", "").replace("_", "")
    value = int(digits) if digits.isdigit() else float(digits)
    if value == float("inf"):
        raise refusal(
            f"{shown(text)} is too large for a decimal number; the largest is about 1.8e308"
        )
    return value


def _check_currency(sign: str, rest: str, last: Token, seen: set[str]) -> None:
    """A currency sign next to a number is left out; two currencies in one sum would be wrong."""
    if not (re.match(r"\s*[-+]?\s*\.?\d", rest) or last.kind == "number"):
        raise _strange(sign)
    seen.add(sign)
    if len(seen) > 1:
        raise refusal(
            f"{' and '.join(sorted(seen))} cannot be mixed; convert to one currency first"
        )


def _unknown(name: str, names: Names) -> CalculatorError:
    if name in ("inf", "infinity", "nan"):
        return refusal(f"{shown(name)} is not a number to compute with; use finite numbers")
    if name == "x":
        return refusal(
            "'x' means times only between two numbers; put numbers in place of variables"
        )
    near = did_you_mean(name, [*names.functions, *names.constants])
    if len(name) == 1 or not near.startswith("did you mean"):
        near = f"write an arithmetic expression such as {EXAMPLES}"
    return refusal(f"the calculator does not know {shown(name)}; {near}")


def _strange(char: str) -> CalculatorError:
    reason = _REASONS.get(char, f"write an expression such as {EXAMPLES}")
    return refusal(f"the calculator cannot read {shown(char)} (U+{ord(char):04X}); {reason}")
