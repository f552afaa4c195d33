"""JSON schemas as grammars and as checks: what fits, what does not, and what is refused."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import Any

import pytest
from gbnf import Gbnf
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import ConstraintError
from chatwright.events import ToolCall
from chatwright.formats import react_json
from chatwright.grammar import Rules, add_schema, check_gbnf, schema_to_gbnf, to_gbnf
from chatwright.request import Grammar, JsonSchema
from chatwright.schema import coerce, validate

PERSON = {
    "type": "object",
    "properties": {
        "nick": {"type": "string", "default": None},
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "mail": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Mail"},
    },
    "required": ["name", "age"],
    "title": "Person",
}
TREE = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["value"],
        }
    },
    "$ref": "#/$defs/Node",
}
OPTIONAL = {"type": "object", "properties": {k: {"type": "boolean"} for k in "abc"}}

ACCEPTED: list[tuple[Any, list[str]]] = [
    ({"type": "string"}, ['""', '"a"', '"é 漢"', r'"a\"b\\c\nd"', r'"\u00e9"']),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ['"ab"', '"abc"', r'"\n\n"']),
    ({"type": "integer"}, ["0", "-1", "42"]),
    ({"type": "integer", "minimum": 0}, ["0", "7"]),
    ({"type": "number"}, ["0", "-1.5", "1e5", "0.1E-3"]),
    ({"type": "boolean"}, ["true", "false"]),
    ({"type": "null"}, ["null"]),
    ({"type": ["integer", "null"]}, ["1", "null"]),
    ({"enum": ["a", 1, None, "q\"\\"]}, ['"a"', "1", "null", r'"q\"\\"']),
    ({"const": {"a": [1, 2]}}, ['{"a": [1, 2]}']),
    ({"type": "array", "items": {"type": "integer"}}, ["[]", "[1]", "[1, 2, 3]"]),
    ({"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 3}, ["[null, null]"]),
    ({"type": "array", "maxItems": 0}, ["[]"]),
    ({"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "boolean"}}, ["[true]"]),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        ['["a", 1]'],
    ),
    ({"type": "object", "properties": {}}, ["{}"]),
    ({"type": "object"}, ["{}", '{"a": {"b": [1, {"c": null}]}}']),
    ({}, ["1", '"a"', "[[1], {}]", '{"a": "b"}']),
    (True, ["null"]),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, ["{}", '{"x": 1, "y": 2}']),
    (
        PERSON,
        [
            '{"name": "a", "age": 1}',
            '{"nick": "n", "name": "a", "age": 1}',
            '{"nick": "n", "name": "a", "age": 1, "mail": null}',
        ],
    ),
    (
        OPTIONAL,
        ["{}", '{"a": true}', '{"b": true}', '{"c": false}', '{"a": true, "c": true}',
         '{"a": true, "b": true, "c": true}'],
    ),
    (TREE, ['{"value": 1}', '{"value": 1, "children": [{"value": 2, "children": []}]}']),
    ({"allOf": [{"type": "integer"}], "description": "d"}, ["3"]),
    ({"oneOf": [{"type": "integer"}, {"const": "x"}]}, ["3", '"x"']),
    ({"type": "string", "format": "date"}, ['"2024-02-29"']),
    ({"type": "string", "format": "date-time"}, ['"2024-02-29T10:00:00Z"']),
    ({"type": "object", "properties": {'a"b\n': {"type": "null"}}, "required": ['a"b\n']}, [r'{"a\"b\n": null}']),
]  # fmt: skip
REJECTED: list[tuple[Any, list[str]]] = [
    ({"type": "string"}, ["a", '"a', '"a"b"', '"a\nb"', r'"\x"', r'"\ud800"', '"a" ']),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ['"a"', '"abcd"']),
    ({"type": "integer"}, ["01", "1.0", "+1", "--1", "", " 1", "1" * 40]),
    ({"type": "integer", "minimum": 0}, ["-1"]),
    ({"type": "number"}, [".5", "1.", "1e", "NaN", "1e999"]),
    ({"enum": ["a"]}, ['"b"', "a"]),
    ({"type": "string", "enum": ["a", 1]}, ["1"]),
    ({"type": "array", "items": {"type": "integer"}}, ["[1,2]", "[1, ]", "[1, 2", "[ 1]", '["a"]']),
    ({"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 3}, ["[null]", "[]"]),
    ({"type": "array", "maxItems": 0}, ["[1]"]),
    ({"type": "object", "properties": {}}, ['{"a": 1}']),
    (
        PERSON,
        ["{}", '{"name": "a"}', '{"age": 1, "name": "a"}', '{"name": "a", "age": 1, "x": 1}',
         '{"name":"a", "age": 1}', '{"name": "a", "age": 1, }'],
    ),
    (OPTIONAL, ['{"b": true, "a": true}', '{, "a": true}', '{"a": true, }', '{"a": 1}']),
    (TREE, ['{"children": []}', '{"value": 1, "children": [1]}']),
]  # fmt: skip
REFUSED = [
    ({"type": "string", "pattern": "(?<=a)b"}, "pattern"),
    ({"type": "string", "pattern": "(a)\\1"}, "pattern"),
    ({"type": "string", "format": "phone"}, "phone"),
    ({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 3}, "maxContains": 2}, "maxContains"),
    ({"type": "integer", "multipleOf": 12345}, "multipleOf"),
    ({"not": {"items": {"type": "string"}}}, "not"),
    ({"if": {"uniqueItems": True}, "then": {"minItems": 2}}, "if"),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "oneOf"),
    ({"type": "object", "patternProperties": {"a": {"type": "null"}, "b": {"type": "integer"}}}, "patternProperties"),
    ({"$ref": "#/$defs/nowhere"}, "nowhere"),
    ({"$ref": "https://example.org/schema"}, "example.org"),
    ({"$dynamicRef": "#node"}, "dynamicRef"),
    ({"type": "foo"}, "foo"),
    ({"type": []}, "type"),
    ({"type": 5}, "type"),
    ({"minLenght": 3}, "minLenght"),
    ({"minLength": -1}, "minLength"),
    ({"minLength": "3"}, "minLength"),
    ({"maximum": float("inf")}, "inf"),
    ({"multipleOf": 0}, "multipleOf"),
    ({"required": True}, "required"),
    ({"properties": []}, "properties"),
    ({"anyOf": []}, "anyOf"),
    ({"items": 3}, "items"),
    ({"properties": {"a": 1}}, "properties"),
    ({"const": float("nan")}, "nan"),
    ({"const": "\ud800"}, "half of a character"),
    ({"const": {1: 2}}, "not a string"),
    ({"enum": [b"x"]}, "bytes"),
    ([], "schema is an object"),
    ({"type": "string", "minLength": 10**9}, "minLength"),
    ({"type": "array", "minItems": 10**9}, "minItems"),
    ({"type": "object", "minProperties": 10**9}, "minProperties"),
    ({"minimum": 10**400, "type": "integer"}, "minimum"),
    ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "itself"),
    ({"$ref": "#"}, "itself"),
    ({"allOf": [{"$ref": "#"}]}, "itself"),
    (
        {
            "$defs": {
                "a": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/b"}}, {"$ref": "#/$defs/b"}]},
                "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]},
            },
            "$ref": "#/$defs/a",
        },
        "itself",
    ),
]  # fmt: skip
IMPOSSIBLE = [
    (False, "false"),
    ({"enum": []}, "enum"),
    ({"type": "string", "enum": [1, 2]}, "enum"),
    ({"const": 3, "minimum": 4}, "const"),
    ({"type": "array", "minItems": 3, "maxItems": 2}, "minItems"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength"),
    ({"type": "string", "pattern": "^a{3}$", "maxLength": 2}, "pattern"),
    ({"type": "integer", "minimum": 3, "maximum": 2}, "minimum"),
    ({"type": "integer", "minimum": 0.1, "maximum": 0.9}, "minimum"),
    ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}, "minimum"),
    ({"type": "number", "multipleOf": 5, "minimum": 1, "maximum": 4}, "minimum"),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "types"),
    ({"anyOf": [{"type": "string"}], "type": "object", "properties": {"a": {}}}, "types"),
    ({"not": {}}, "not"),
    ({"type": "object", "required": ["a"], "additionalProperties": False}, "'a' is required"),
    ({"type": "object", "required": ["a"], "properties": {"a": False}}, "'a' is required"),
    ({"type": "object", "required": ["ab"], "propertyNames": {"maxLength": 1}}, "'ab' is required"),
    ({"type": "object", "required": ["a", "b"], "maxProperties": 1}, "maxProperties"),
    ({"type": "object", "properties": {"a": {}}, "minProperties": 2, "additionalProperties": False}, "minProperties"),
    ({"type": "array", "items": False, "minItems": 1}, "minItems"),
    ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3}, "minItems"),
    ({"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]}, "no value that fits the schema has an end"),
]  # fmt: skip


def _cases(table: list[tuple[Any, list[str]]]) -> list[Any]:
    return [
        pytest.param(schema, text, id=text[:30] or "empty")
        for schema, texts in table
        for text in texts
    ]


@pytest.mark.parametrize(("schema", "text"), _cases(ACCEPTED))
def test_what_fits_the_schema_is_accepted(schema: Any, text: str) -> None:
    assert Gbnf(schema_to_gbnf(schema)).accepts(text)
    assert validate(json.loads(text), schema) is None


@pytest.mark.parametrize(("schema", "text"), _cases(REJECTED))
def test_what_does_not_fit_is_not_accepted(schema: Any, text: str) -> None:
    assert not Gbnf(schema_to_gbnf(schema)).accepts(text)


@pytest.mark.parametrize(("schema", "word"), REFUSED, ids=[word for _, word in REFUSED])
def test_what_has_no_grammar_is_refused_by_name(schema: Any, word: str) -> None:
    with pytest.raises(ConstraintError, match=re.escape(word)):
        schema_to_gbnf(schema)


@pytest.mark.parametrize(("schema", "word"), IMPOSSIBLE, ids=[word for _, word in IMPOSSIBLE])
def test_a_schema_that_nothing_fits_says_why(schema: Any, word: str) -> None:
    with pytest.raises(ConstraintError, match=re.escape(word)):
        schema_to_gbnf(schema)


def test_a_refusal_says_where() -> None:
    inner = {"type": "array", "items": {"type": "string", "pattern": r"\bx"}}
    with pytest.raises(ConstraintError, match=r"root\.a\.items: .*'pattern'.* position 0"):
        schema_to_gbnf({"type": "object", "properties": {"a": inner}})
    with pytest.raises(ConstraintError, match="minLenght") as caught:
        schema_to_gbnf({"$defs": {"N": {"items": {"minLenght": 1}}}})
    assert str(caught.value).startswith("root.$defs.N.items: ")
    assert caught.value.hint == "did you mean 'minLength'?"


def _deep(levels: int) -> dict[str, Any]:
    deep: dict[str, Any] = {"type": "null"}
    for _ in range(levels):
        deep = {"type": "array", "items": deep}
    return deep


def _endless() -> dict[str, Any]:
    loop: dict[str, Any] = {"type": "object", "properties": {}}
    loop["properties"]["self"] = loop
    return loop


def _doubled(levels: int) -> dict[str, Any]:
    defs: dict[str, Any] = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(levels)
    }
    return {"$defs": {**defs, f"d{levels}": {"type": "null"}}, "$ref": "#/$defs/d0"}


HOSTILE = {
    "10,000 deep": _deep(10_000),
    "9,000 objects": {"properties": {f"k{i}": {"properties": {f"x{i}": {"type": "string"}}} for i in range(9000)}},
    "holds itself": _endless(),
    "30,000 branches": {"anyOf": [{"type": "object", "properties": {f"k{i}": {"minimum": i}}} for i in range(30_000)]},
    "2 to the 40": {"allOf": [{"anyOf": [{"minLength": i}, {"maxLength": i + 50}]} for i in range(40)], "type": "string"},
    "16 branches nested": {"allOf": [{"anyOf": [{"properties": {f"p{i}": {"minimum": j}}} for j in range(16)]} for i in range(4)]},
    "a million characters": {"enum": [f"{'x' * 50}{i}" for i in range(20_000)]},
    "a long pattern": {"type": "string", "pattern": "(a|b)" * 8000},
    "a pattern that doubles": {"type": "string", "pattern": "(a|b)*a(a|b){18}", "not": {"pattern": "c(c|d)*c(c|d){18}"}},
    "1,000 names and a count": {"properties": {f"k{i}": {} for i in range(1000)}, "minProperties": 500},
    "oneOf of 400": {"oneOf": [{"type": "object", "properties": {"k": {"const": i}, "v": {"type": "string"}}, "required": ["k"]} for i in range(400)]},
}  # fmt: skip


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_schema_is_refused_quickly_or_followed(schema: Any) -> None:
    start = time.process_time()
    with contextlib.suppress(ConstraintError):
        to_gbnf(JsonSchema(schema))
    assert time.process_time() - start < 2


def test_a_schema_with_the_same_part_many_times_is_read_once() -> None:
    assert schema_to_gbnf(_doubled(60)) == 'root ::= j-null\nj-null ::= "null"'


def test_a_schema_may_be_as_deep_as_anyone_writes_it() -> None:
    assert Gbnf(schema_to_gbnf(_deep(25))).accepts("[" * 25 + "null" + "]" * 25)
    check_gbnf(schema_to_gbnf(_deep(100)))


def test_what_holds_itself_is_bounded_and_ends() -> None:
    grammar = Gbnf(schema_to_gbnf(TREE))
    nested = '{"value": 1}'
    for _ in range(9):
        nested = f'{{"value": 1, "children": [{nested}]}}'
        assert grammar.accepts(nested)
    for _ in range(20):
        nested = f'{{"value": 1, "children": [{nested}]}}'
    assert not grammar.accepts(nested)


def test_the_same_schema_gives_the_same_grammar_and_it_is_short() -> None:
    assert schema_to_gbnf(PERSON) == schema_to_gbnf(json.loads(json.dumps(PERSON)))
    assert len(schema_to_gbnf(PERSON)) < 700


def test_another_start_rule_may_be_named_and_a_bad_name_is_refused() -> None:
    assert schema_to_gbnf({"type": "null"}, root="answer").startswith("answer ::= ")
    with pytest.raises(ConstraintError, match="name"):
        schema_to_gbnf({}, root="My Root")


def test_two_schemas_in_one_grammar_do_not_share_their_definitions() -> None:
    rules = Rules()
    rules.define("root", "")
    first = add_schema(rules, {"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}, "one")
    second = add_schema(rules, {"$ref": "#/$defs/a", "$defs": {"a": {"const": 2}}}, "two")
    rules.bodies["root"] = f"{first} {second}"
    grammar = Gbnf(rules.text())
    assert grammar.accepts("12")
    assert not grammar.accepts("11")


_NAMES = st.text("abc", min_size=1, max_size=2)
_LEAVES = st.sampled_from(
    [{"type": t} for t in ("string", "integer", "number", "boolean", "null")]
    + [{"enum": ["x", "y", 3]}, {"const": None}, {}, {"type": "string", "maxLength": 2}]
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda s: {"type": "array", "items": s, "maxItems": 3}, inner),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(
            lambda p, n: {"type": "object", "properties": p, "required": sorted(p)[:n]},
            st.dictionaries(_NAMES, inner, max_size=4),
            st.integers(0, 2),
        ),
    ),
    max_leaves=6,
)


def _value(schema: Any, choose: Any) -> Any:
    """A value that fits, its keys in the order of the schema."""
    if "enum" in schema:
        return choose(schema["enum"])
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return _value(choose(schema["anyOf"]), choose)
    match schema.get("type"):
        case "array":
            return [_value(schema["items"], choose) for _ in range(choose([0, 1, 3]))]
        case "object":
            return {
                k: _value(s, choose)
                for k, s in schema["properties"].items()
                if k in schema["required"] or choose([True, False])
            }
        case kind:
            some = {"string": ["", 'a"'], "integer": [0, -12], "number": [1.5], "boolean": [True]}
            return choose(some.get(kind, [None]))


@settings(max_examples=80, deadline=None)
@given(_SCHEMAS, st.data())
def test_any_value_that_fits_follows_the_grammar_and_the_check(schema: Any, data: Any) -> None:
    value = _value(schema, lambda options: data.draw(st.sampled_from(options)))
    assert Gbnf(schema_to_gbnf(schema)).accepts(json.dumps(value))
    assert validate(value, schema) is None


ARGS = {
    "type": "object",
    "properties": {
        "expression": {"type": "string"},
        "count": {"type": "integer", "minimum": 1},
        "unit": {"enum": ["Celsius", "F"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "where": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "deep": {"type": "boolean"},
    },
    "required": ["expression"],
}
REASONS = [
    ({}, '"expression" is required'),
    ({"expression": 1}, '"expression" must be a string, not 1'),
    ({"expression": "", "count": "abc"}, '"count" must be an integer, not "abc"'),
    ({"expression": "", "count": True}, '"count" must be an integer, not true'),
    ({"expression": "", "count": 0}, '"count" must be at least 1, not 0'),
    ({"expression": "", "unit": "K"}, '"unit" must be "Celsius" or "F", not "K"'),
    ({"expression": "", "tags": ["a", 2]}, '"tags[1]" must be a string, not 2'),
    ({"expression": "", "where": {}}, '"where.city" is required'),
    ({"expression": "", "limit": "x"}, '"limit" must be an integer or null, not "x"'),
    ([1], "the value must be an object, not [1]"),
]


@pytest.mark.parametrize(("value", "reason"), REASONS, ids=[r for _, r in REASONS])
def test_the_reason_is_a_sentence_to_act_on(value: Any, reason: str) -> None:
    assert validate(value, ARGS) == reason


def test_an_argument_that_is_not_known_is_told_unless_others_are_allowed() -> None:
    reason = validate({"expression": "", "expr": 1}, ARGS)
    assert reason is not None
    assert reason.startswith('"expr" is not known here; known: "expression", "count"')
    assert validate({"expression": "", "expr": 1}, {**ARGS, "additionalProperties": True}) is None


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        (3.0, {"type": "integer"}, True),
        (3.5, {"type": "integer"}, False),
        (0.3, {"multipleOf": 0.1}, True),
        (float("inf"), {"type": "number"}, False),
        (True, {"enum": [1]}, False),
        ("ab1", {"pattern": r"\d"}, True),
        ("ab", {"pattern": r"\d"}, False),
        ([1, 1], {"uniqueItems": True}, False),
        ("a", {"not": {"type": "string"}}, False),
        ("2024-13-01", {"type": "string", "format": "date"}, False),
        ({"x_1": "a"}, {"patternProperties": {"^x_": {"type": "integer"}}, "properties": {}}, False),
        ({"a": 1}, {"allOf": [{"required": ["a"]}, {"properties": {"a": {"maximum": 0}}}]}, False),
        ("x" * 3, {"maxLength": 2}, False),
        (10**400, {"type": "integer", "multipleOf": 10}, True),
    ],
)  # fmt: skip
def test_a_check_also_knows_what_a_grammar_cannot_say(value: Any, schema: Any, fits: bool) -> None:
    assert (validate(value, schema) is None) == fits


def test_checking_ends_on_schemas_and_values_without_end() -> None:
    loop = {
        "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}},
        "$ref": "#/$defs/a",
    }
    with pytest.raises(ConstraintError, match="itself"):
        validate(1, loop)
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    lists = {"$defs": {"l": {"type": "array", "items": {"$ref": "#/$defs/l"}}}, "$ref": "#/$defs/l"}
    assert validate(nested, lists) == "the value is nested too deeply"
    coerce(nested, lists)


@pytest.mark.parametrize(
    ("given_args", "made"),
    [
        ({"expression": 3}, {"expression": "3"}),
        ({"expression": "", "count": " 3 "}, {"expression": "", "count": 3}),
        ({"expression": "", "count": "3.0"}, {"expression": "", "count": 3}),
        ({"expression": "", "count": 3.0}, {"expression": "", "count": 3}),
        ({"expression": "", "count": "three"}, {"expression": "", "count": "three"}),
        ({"expression": "", "count": "3.5"}, {"expression": "", "count": "3.5"}),
        ({"expression": "", "deep": "True"}, {"expression": "", "deep": True}),
        ({"expression": "", "deep": "yes"}, {"expression": "", "deep": "yes"}),
        ({"expression": "", "tags": "a"}, {"expression": "", "tags": ["a"]}),
        ({"expression": "", "tags": 1}, {"expression": "", "tags": ["1"]}),
        ({"expression": "", "tags": '["a", "b"]'}, {"expression": "", "tags": ["a", "b"]}),
        ({"expression": "", "unit": "celsius"}, {"expression": "", "unit": "Celsius"}),
        ({"expression": "", "where": '{"city": 5}'}, {"expression": "", "where": {"city": "5"}}),
        ({"expression": "", "limit": "5"}, {"expression": "", "limit": 5}),
        ({"expression": "", "count": None}, {"expression": ""}),
        ({"expression": "", "limit": None}, {"expression": "", "limit": None}),
        ({"expression": None}, {"expression": None}),
        ("text", "text"),
    ],
)
def test_only_what_needs_no_thinking_is_changed(given_args: Any, made: Any) -> None:
    before = json.dumps(given_args)
    assert coerce(given_args, ARGS) == made
    assert json.dumps(given_args) == before


def test_a_number_too_long_to_read_stays_a_string() -> None:
    digits = "9" * 10_000
    assert coerce({"count": digits}, ARGS) == {"count": digits}


@pytest.mark.slow
@pytest.mark.parametrize("schema", [s for s, _ in ACCEPTED] + [{"type": "string"}])
def test_the_engine_takes_the_grammar_and_what_it_writes_fits(schema: Any, engine: Any) -> None:
    for seed in range(3):
        text, ended = engine(schema_to_gbnf(schema), seed)
        assert not ended or validate(json.loads(text), schema) is None


@pytest.mark.slow
def test_the_engine_takes_the_grammar_of_a_whole_reply_and_its_calls_fit(engine: Any) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 4},
            "loud": {"type": "boolean"},
            "age": {"enum": [1, None]},
        },
        "required": ["name", "age"],
    }
    tool = {"function": {"name": "save", "parameters": schema}}
    constraint = react_json.constraint([tool])
    assert isinstance(constraint, Grammar)
    # without the answer, which random weights would never end
    only_calls = constraint.gbnf.replace(' | "Final Answer: " [^ \\t\\n\\r] .*', "", 1)
    assert only_calls != constraint.gbnf
    replies = [engine(only_calls.replace("{0,299}", "{0,9}"), seed) for seed in range(12)]
    # bytes that are no character make the engine count otherwise than we do
    whole = [text for text, ended in replies if ended and "\ufffd" not in text]
    read = [react_json.read(text, [tool]) for text in whole]
    assert read
    for events in read:
        assert [validate(e.args, schema) for e in events if isinstance(e, ToolCall)] == [None]
    assert engine(constraint.gbnf, 0)[0].startswith("Thought: ")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A real engine with random weights: it writes nonsense, but only what the grammar allows."""
    xllamacpp = pytest.importorskip("xllamacpp")
    from gguf_files import write_tiny

    params = xllamacpp.CommonParams()
    params.model.path = str(write_tiny(tmp_path_factory.mktemp("model") / "tiny.gguf"))
    params.n_ctx, params.n_parallel, params.cache_ram_mib = 2048, 1, 0
    params.ui, params.verbosity, params.warmup = False, -1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)

    def write(gbnf: str, seed: int) -> tuple[str, bool]:
        answer = server.handle_completions(
            {"prompt": "x", "grammar": gbnf, "max_tokens": 300, "seed": seed, "temperature": 1.0}
        )
        assert "error" not in answer, answer
        choice = answer["choices"][0]
        return choice["text"], choice["finish_reason"] == "stop"

    return write
