"""Grammars that someone gives us: what is wrong with them is said before the engine gets them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gbnf import Gbnf
from gguf_files import write_tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import ConstraintError
from chatwright.grammar import Rules, add_constraint, check_gbnf, follows
from chatwright.request import Grammar

ARITHMETIC = r"""
root  ::= (expr "=" ws term "\n")+
expr  ::= term ([-+*/] term)*
term  ::= ident | num | "(" ws expr ")" ws   # a term
ident ::= [a-z] [a-z0-9]* ws
num   ::= [0-9]+ ws
ws    ::= [ \t\n]*
"""
JSON = r"""
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"""
GOOD = {
    "arithmetic": ARITHMETIC,
    "json": JSON,
    "windows lines": 'root ::= "a"\r\nb ::= "c"\r\n',
    "names": 'root ::= Foo-1 bar\nFoo-1 ::= "a"\n\nbar ::= "b"',
    "brackets over lines": 'root ::= (\n "a" |\n # or\n "b"\n)',
    "escapes": r'root ::= "\x41\u00E9\U0001F600\t\r\n\\\"\[\]\-" [\]\-a-]',
    "unicode": 'root ::= "日本" [ぁ-ん]+ [^あ]',
    "counts": 'root ::= "a"{3} "b"{2,} "c"{0,4} "d" {1, 2} "e"{0}',
    "empty": 'root ::= ""',
    "nothing": "root ::=",
    "empty option": 'root ::= "a" |',
    "tokens": "root ::= <[65]> !<[3]> <think>",
    "any": "root ::= .{20}",
    "2,000": 'root ::= "ab"{2000}',
    "right recursion": 'root ::= "a" root | "b"',
    "500 words": "root ::= " + " | ".join(f'"word{i}"' for i in range(500)),
}
BAD = {
    "": ("no rule named root", "root ::="),
    'other ::= "a"': ("no rule named root", ""),
    "# root ::= 'a'": ("no rule named root", ""),
    "root ::= missing": ("uses 'missing', which is not there", "known: root"),
    'root ::= "a': ("line 1, column 10: a '\"' without its end", ""),
    'a ::= "b"\nroot ::= "a" (': ("line 2, column 14: a '(' without its ')'", ""),
    "root ::= [a": ("a '[' without its ']'", ""),
    "root ::= []": ("an empty class", ""),
    "root ::= [z-a]": ("wrong way round", ""),
    "root ::= 'a'": ("column 10: ''' is not expected", ""),
    'root = "a"': ("'::=' is missing", ""),
    'root ::= "a" ) "b"': ("')' is not expected", ""),
    "root ::= my_rule": ("'_' is not expected", ""),
    'root ::= "a"\n | "b"': ("line 2, column 2: a rule's name is missing", ""),
    'root ::= "a"\nroot ::= "b"': ("line 2, column 1: the rule 'root' is there twice", ""),
    r'root ::= "\d"': (r"the escape '\d'", ""),
    r'root ::= "\x4"': (r"the escape '\x'", ""),
    r'root ::= "\uD800"': ("U+D800", ""),
    "root ::= \0": ("U+0000", ""),
    "root ::= \ud800": ("U+D800", ""),
    'root ::= "a"{3,2}': ("wrong way round", ""),
    'root ::= "a"{,2}': ("a count looks like", ""),
    'root ::= "a"{2001}': ("more than 2,000 repeats", ""),
    'root ::= "a"{99999999999999999999}': ("more than 2,000 repeats", ""),
    'root ::= ("a"{1000}){1000}{1000}': ("'{' with nothing to repeat", ""),
    'root ::= (("a"?){1000}){1000}': ("more than 2,000 repeats", ""),
    'root ::= "a"**': ("'*' with nothing to repeat", ""),
    "root ::= (\"\"*)*": ("a repeat of the empty text", ""),
    'root ::= ("a"*)*': ("repeats without end what may be empty", ""),
    'root ::= x+\nx ::= y y\ny ::= "a"?': ("repeats without end what may be empty", ""),
    'root ::= root "a" | "b"': ("'root' begins with itself", 'item (", " item)*'),
    'root ::= x "b"\nx ::= "c"? root | "d"': ("begins with itself", ""),
    'root ::= x root "a" | "b"\nx ::= y\ny ::= "c"?': ("begins with itself", ""),
    'root ::= "a" root': ("no text ever completes", ""),
    'root ::= "a" x\nx ::= "b" y\ny ::= "c" x': ("no text ever completes", ""),
    "root ::= " + "(" * 100 + '"a"' + ")" * 100: ("nested deeper than 60", ""),
    'root ::= ("a"?){1000} "b"': ("more than 1,000 ways open", "next character decides"),
    'root ::= (([a-z]{1,20}){1,20}){1,20} "9"': ("ways open after 'aaa", ""),
    'root ::= s\ns ::= "a" s "b" | "a" s "c" | "a"': ("ways open after 'aaa", ""),
    'root ::= e\ne ::= t "+" e | t\nt ::= [0-9] | "(" e ")"': ("ways open after '(((", ""),
    "root ::= " + " | ".join(f'"word{i}"' for i in range(5000)): ("ways open at its start", ""),
    "root ::= r0\n" + "\n".join(f"r{i} ::= r{i + 1} | r{i + 1}" for i in range(30)) + '\nr30 ::= "a"': ("ways open", ""),
    "root ::= r0\n" + "\n".join(f'r{i} ::= r{i + 1} "x"' for i in range(1000)) + '\nr1000 ::= "a"': ("400 deep", ""),
    "root ::= r0\n" + "\n".join(f'r{i} ::= "a" r{i + 1}' for i in range(21_000)) + '\nr21000 ::= "b"': ("more than 20,000 rules", ""),
    'root ::= "' + "a" * 600_000 + '"': ("more than 500,000 characters", ""),
}  # fmt: skip


@pytest.mark.parametrize("gbnf", GOOD.values(), ids=list(GOOD))
def test_a_sound_grammar_is_let_through(gbnf: str) -> None:
    check_gbnf(gbnf)


@pytest.mark.parametrize(("gbnf", "said"), BAD.items(), ids=[g[:30] for g in BAD])
def test_a_grammar_that_would_harm_the_engine_is_refused_quickly(
    gbnf: str, said: tuple[str, str]
) -> None:
    start = time.process_time()
    with pytest.raises(ConstraintError, match=re.escape(said[0])) as caught:
        check_gbnf(gbnf)
    assert said[1] in caught.value.hint
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("gbnf", "text", "found"),
    [
        (ARITHMETIC, "(a+1)*2=x\n", True),
        (ARITHMETIC, "(a+1)*2=x", None),
        (ARITHMETIC, "(a+", None),
        (ARITHMETIC, "a++", False),
        (JSON, '{"a": [1, {}]}', True),
        (JSON, '{"a": [1, {}]', None),
        (JSON, "{'a': 1}", False),
        ('root ::= ""', "", True),
        ('root ::= ""', "a", False),
        ("root ::= <[65]>", "anything", True),
    ],
)
def test_an_answer_is_followed_through_its_grammar(
    gbnf: str, text: str, found: bool | None
) -> None:
    assert follows(gbnf, text) is found


def test_a_grammar_can_stand_inside_another_under_other_names() -> None:
    rules = Rules()
    rules.define("root", "")
    inner = 'root ::= "x" item{2,3} # twice\nitem ::= [a-c "root"] | "root"\n'
    first = add_constraint(rules, Grammar(inner), "one")
    second = add_constraint(rules, Grammar('root ::= "y"'), "one")
    rules.bodies["root"] = f'"<" {first} ">" {second}'
    check_gbnf(rules.text())
    assert Gbnf(rules.text()).accepts("<xarootb>y")
    assert not Gbnf(rules.text()).accepts("<xa>y")


@settings(max_examples=300, deadline=None)
@given(st.text('ab"[]()|*+?{}1,<>:=.\\-^# \n', max_size=40))
def test_any_text_is_a_grammar_or_an_error(text: str) -> None:
    for gbnf in (text, f"root ::= {text}", f'root ::= a {text}\na ::= "a" | "b" a'):
        try:
            check_gbnf(gbnf)
        except ConstraintError as err:
            assert str(err)


PROBE = """
import json, os, sys
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx, params.n_parallel, params.cache_ram_mib = 512, 1, 0
params.ui, params.verbosity, params.warmup = False, -1, False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
for grammar in json.load(sys.stdin):
    for seed in range(2):
        asked = {"prompt": "x", "grammar": grammar, "max_tokens": 60, "seed": seed, "temperature": 1.0}
        answer = server.handle_completions(asked)
        print(json.dumps(answer.get("error") or answer["choices"][0]), flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_the_engine_takes_every_grammar_that_is_let_through(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    tiny = write_tiny(tmp_path / "tiny.gguf")
    given_ = [*GOOD.values(), *_mutants(60)]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tiny)],
        input=json.dumps(given_),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 2 * len(given_)
    assert [a for a in answers if "text" not in a] == []


def _mutants(count: int) -> list[str]:
    """Sound grammars with a character changed, as far as they are still let through."""
    rng = random.Random(3)
    found: list[str] = []
    while len(found) < count:
        text = rng.choice([ARITHMETIC, JSON])
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice('ab"[]()|*+?{}1,:=.\\-^ \n') + text[at + rng.randint(0, 1) :]
        try:
            check_gbnf(text)
        except ConstraintError:
            continue
        found.append(text)
    return found
