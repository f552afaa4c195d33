"""Regular expressions: as grammars that a model can be held to, and as readers that nothing makes slow."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest
from gbnf import Gbnf
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import ConstraintError
from chatwright.grammar import check_gbnf, matches, regex_to_gbnf

CASES: list[tuple[str, list[str], list[str]]] = [
    ("abc", ["abc"], ["", "ab", "abcd", "xabc"]),
    ("", [""], ["a"]),
    ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
    (r"\d{4}-\d{2}", ["2024-02"], ["2024-2", "2024-02 "]),
    (r"[a-c]+[^a-c]*?x?", ["a", "abcx", "cdef"], ["x", ""]),
    (r"[]a]b", ["]b", "ab"], ["b"]),
    (r"[a\]\-^\\]+", ["a]-^\\"], ["b"]),
    (r"[\w-]+\.[\d,]{2,}", ["a_-1.2,"], ["a.1", ".11"]),
    (r"[[:alpha:]]+[[:^digit:]]", ["ab!"], ["a1", "1!"]),
    (r"a{2}b{1,}c{,2}d{0}", ["aab", "aabbbcc"], ["ab", "aabccc", "aabd"]),
    (r"a{b}{,}", ["a{b}{,}"], ["ab"]),
    (r"(?:ab|(c)(?P<n>d)|(?<m>e))+?", ["ab", "cdab", "e"], ["c", ""]),
    (r"(?i)straße|[k-m]", ["STRAßE", "K", "m"], ["n"]),
    (r"(?i:a)b", ["Ab"], ["aB"]),
    (r"a.c", ["abc", "a\tc", "a😀c"], ["ac", "a\nc"]),
    (r"(?s)a.c", ["a\nc"], ["ac"]),
    ("(?x) a b  # the start\n [ ] c", ["ab c"], ["abc"]),
    (r"a(?#not this)b", ["ab"], ["a"]),
    (r"\x41\u0042\u{43}\U00000044\ud83d\ude00\t\n\\\.", ["ABCD😀\t\n\\."], ["ABCD"]),
    (r"\p{Lu}\p{Ll}+\PL", ["Éa1"], ["éa1", "Éaa"]),
    (r"^abc$", ["abc"], ["abc\n"]),
    (r"\Aabc\Z", ["abc"], ["xabc"]),
    (r"^a|b$", ["a", "b"], ["ab"]),
    (r"(^|,)x(,|$)", ["x", ",x", "x,", ",x,"], ["xx", ""]),
    (r"a?^b", ["b"], ["ab"]),
    (r"(?m)^a$", ["a"], ["a\n"]),
    (r"(a*)*b", ["b", "aaab"], ["a"]),
    (r"(a?b?)*c", ["c", "abbac"], ["d"]),
    (r"((a?){1000}){1000}", ["", "a" * 500], ["b"]),
    (r"(\w+\s?)*", ["", "two words", "a" * 50], ["  "]),
    (r"(a+)+b", ["aaab"], ["aaa"]),
    (r".*foo.*bar", ["foobar", "a foo or bar"], ["barfoo"]),
    (r"(a|b)*a(a|b){6}", ["abbbbbb", "ababbbbbb"], ["bbbbbbb"]),
    (r"\"'\[\]{}#", ["\"'[]{}#"], [""]),
]


@pytest.mark.parametrize(("pattern", "fit", "others"), CASES, ids=[p[:30] for p, _, _ in CASES])
def test_a_grammar_and_a_reader_allow_what_the_pattern_allows(
    pattern: str, fit: list[str], others: list[str]
) -> None:
    gbnf = regex_to_gbnf(pattern)
    check_gbnf(gbnf)
    assert [t for t in fit if Gbnf(gbnf).accepts(t) and matches(pattern, t)] == fit
    assert [t for t in others if Gbnf(gbnf).accepts(t) or matches(pattern, t)] == []


REFUSED = [
    ("ab(?=c)", "lookahead (?=…) at position 2"),
    ("(?!a)b", "lookahead (?!…) at position 0"),
    ("a(?<=a)b", "lookbehind (?<=…) at position 1"),
    ("(?<!a)b", "lookbehind (?<!…)"),
    (r"(a)\1", r"backreference '\1' at position 3"),
    (r"(?P<x>a)(?P=x)", "backreference '(?P=…)' at position 8"),
    (r"(?<x>a)\k<x>", r"backreference '\k'"),
    ("a*+", "possessive repeat '+' at position 2"),
    ("(?>a|b)c", "atomic group"),
    (r"a\b", r"word boundary '\b' at position 1"),
    (r"\Ba", r"'\B' at position 0"),
    ("(?(1)a|b)", "condition"),
    ("(a(?R)?)", "recursion"),
    ("(^a)*", "anchor inside a repetition at position 1"),
    ("(?m)a$b", "with the flag m at position 5"),
    ("a**", "repeat of a repeat"),
    ("*a", "'*' with nothing to repeat at position 0"),
    ("a{3,2}", "wrong way round"),
    ("a{1000000}", "more than 100,000 times"),
    ("(a", "'(' without its ')' at position 0"),
    ("a)", "')' without its '(' at position 1"),
    ("[a", "'[' without its ']' at position 0"),
    ("[z-a]", "range inside a class"),
    ("[a&&b]", "'&&'"),
    ("[a[b]]", ""),
    ("a\\", "'\\' at the end"),
    (r"\q", r"escape '\q' at position 0"),
    (r"\x4", "digits"),
    (r"\ud800", "U+D800"),
    (r"\p{Nothing}", "Nothing"),
    ("(?z)a", "flag 'z'"),
    ("a^", "matches no text that can be written"),
    ("a\\0", "matches no text that can be written"),
    ("(" * 200 + "a" + ")" * 200, "groups inside each other"),
    ("a" * 30_000, "20,000 characters"),
    ("((a{1000}){1000}){1000}", "at least 1,000,000,000 characters"),
    ("(a{0,1000}b{0,1000}){0,1000}", "ways"),
]


@pytest.mark.parametrize(("pattern", "said"), REFUSED, ids=[s[:30] for _, s in REFUSED])
def test_what_has_no_grammar_is_refused_by_name_and_position(pattern: str, said: str) -> None:
    if pattern == "[a[b]]":
        assert Gbnf(regex_to_gbnf(pattern)).accepts("[]")
        return
    with pytest.raises(ConstraintError, match=re.escape(said)):
        regex_to_gbnf(pattern)


def test_what_a_grammar_cannot_say_is_still_read() -> None:
    password = r"^(?=.*\d)(?=.*[a-z])(?!.*\s)(?<!x).{8,}$"
    assert matches(password, "abcdefg1")
    assert not matches(password, "abcdefgh")
    assert not matches(password, "abc efg1")
    assert matches(r"\bfoo\B.*(?<=d)", "foods and")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a+)+$", "a" * 20_000 + "b"),
        (r"(a|aa)*c", "a" * 20_000),
        (r"(.*)(.*)(.*)(.*)(.*)x", "y" * 5_000),
        (r"(?=(a+)+b)a*", "a" * 5_000),
        (r"([a-z]+)*[0-9]", "q" * 20_000),
    ],
)
def test_reading_never_goes_back_and_tries_again(pattern: str, text: str) -> None:
    start = time.process_time()
    assert not matches(pattern, text)
    assert time.process_time() - start < 2


def test_a_pattern_that_is_too_much_work_says_so() -> None:
    with pytest.raises(ConstraintError, match=r"too (long|much)"):
        matches("(x?y?z?){3000}" * 2, "xyz" * 3000)


HOSTILE = [
    "(((a{0,90}){0,90}){0,90}){0,90}b",
    "([ab]{2,100}c?){0,100}",
    "(a|b|ab)*c" * 50,
    "(.{0,99}x.{0,99}){9}",
    r"(\w*\s*\w*\s*)*" * 3,
    "(a?b?c?d?e?f?){300}",
    "|".join(f"word{i}" for i in range(2500)),
    "(a|b)*a(a|b){18}",
    "[" + "".join(chr(0x4E00 + 2 * i) for i in range(4000)) + "]+",
    "(?i)" + "é" * 5000,
    r"(\p{L}+|\P{L}+)*",
    "a" + "(b" * 45 + ")*" * 45,
]


@pytest.mark.parametrize("pattern", HOSTILE, ids=[p[:20] for p in HOSTILE])
def test_a_hostile_pattern_is_refused_quickly_or_followed(pattern: str) -> None:
    start = time.process_time()
    try:
        check_gbnf(regex_to_gbnf(pattern))
    except ConstraintError as err:
        assert str(err)
    assert time.process_time() - start < 3


def test_repeats_without_an_end_get_one() -> None:
    rng = random.Random(0)
    for pattern in (".*", r"\w+@\w+", r"(\w+ )*\w+", "[^x]*x+", "(?:a|bc)+", ".*,.*,.*"):
        grammar = Gbnf(regex_to_gbnf(pattern))
        longest = max(len(grammar.sample(rng, more=0.999)) for _ in range(3))
        assert longest <= 1100


_ATOMS = st.sampled_from(
    ["a", "b", "1", r"\d", r"\w", r"\s", "[ab]", "[^a]", "[a-c1]", ".", r"\.", "-", r"[\w-]", "ab"]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{})".format, inner, inner),
        st.builds(
            "(?:{}){}".format,
            inner,
            st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "*?", "{2,}"]),
        ),
        st.builds("(?:^{})".format, inner),
        st.builds("(?:{}$)".format, inner),
    ),
    max_leaves=7,
)


@settings(max_examples=150, deadline=None)
@given(_PATTERNS, st.data())
def test_a_grammar_writes_and_takes_what_re_takes(pattern: str, data: Any) -> None:
    compiled = re.compile(pattern)
    try:
        grammar = Gbnf(regex_to_gbnf(pattern))
    except ConstraintError as err:
        assert "anchor" in str(err) or "matches no" in str(err)
        return
    text = grammar.sample(random.Random(data.draw(st.integers(0, 10**6))))
    assert compiled.fullmatch(text) and matches(pattern, text)
    other = data.draw(st.text("abc1 .-", max_size=6))
    fits = compiled.fullmatch(other) is not None
    assert grammar.accepts(other) == fits == matches(pattern, other)
