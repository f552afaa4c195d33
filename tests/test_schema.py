"""Checks of values against schemas: every keyword, every format, and nothing that never ends."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import ConstraintError
from chatwright.schema import validate

CASES: list[tuple[Any, list[Any], list[Any]]] = [
    ({"type": ["integer", "null"]}, [1, 1.0, None], [1.5, True, "1"]),
    ({"type": "string", "nullable": True}, ["a", None], [1]),
    ({"enum": [1, "a", [1], {"a": None}]}, [1, 1.0, "a", [1], {"a": None}], [True, [True], {}]),
    ({"enum": list(range(50))}, [49], [50, False]),
    ({"const": {"a": [1]}}, [{"a": [1.0]}], [{"a": [True]}, {}]),
    ({"minimum": 1, "exclusiveMaximum": 2}, [1, 1.99], [0.99, 2]),
    ({"minimum": 1, "exclusiveMinimum": True}, [1.1], [1]),
    ({"multipleOf": 0.1}, [0.3, 1, 1e300], [0.35]),
    ({"multipleOf": 3}, [10**400 * 3, -3, 0], [10**400]),
    ({"format": "int32"}, [2**31 - 1, "x"], [2**31]),
    ({"minLength": 2, "maxLength": 3}, ["ab", "😀😀", 7], ["a", "abcd"]),
    ({"pattern": "^a+$"}, ["a", 7], ["ab", "", "a\n"]),
    ({"pattern": "b"}, ["abc"], ["ac"]),
    ({"pattern": "^(?=.*\\d)\\w+$"}, ["a1"], ["ab"]),
    ({"items": {"type": "integer"}}, [[], [1]], [["a"]]),
    ({"prefixItems": [{"const": 1}], "items": False}, [[], [1]], [[2], [1, 1]]),
    ({"items": [{"const": 1}], "additionalItems": {"const": 2}}, [[1, 2, 2]], [[1, 1], [2]]),
    ({"minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3]]),
    ({"uniqueItems": True}, [[1, True, "1", [1], {"a": 1}]], [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]]),
    ({"contains": {"minimum": 5}, "minContains": 2, "maxContains": 3}, [[5, 6, 1], [5, 6, 7]], [[5], [5, 6, 7, 8]]),
    ({"contains": {"const": 1}, "minContains": 0}, [[]], []),
    ({"unevaluatedItems": False, "prefixItems": [True], "contains": {"const": 9}}, [[1, 9]], [[1, 2]]),
    ({"required": ["a"]}, [{"a": 1, "b": 2}], [{}]),
    ({"properties": {"a": {"type": "integer"}}, "additionalProperties": {"const": 1}}, [{"a": 5, "b": 1}], [{"b": 2}]),
    ({"patternProperties": {"^x_": {"type": "integer"}}, "additionalProperties": False}, [{"x_1": 1}], [{"x_1": "a"}, {"y": 1}]),
    ({"propertyNames": {"maxLength": 2}}, [{"ab": 1}], [{"abc": 1}]),
    ({"minProperties": 1, "maxProperties": 2}, [{"a": 1}], [{}, {"a": 1, "b": 1, "c": 1}]),
    ({"dependentRequired": {"a": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}]),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, [{"b": 1}], [{"a": 1}]),
    ({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}, [{}], [{"a": 1}, {"c": 1}]),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1], [0, 3]),
    ({"anyOf": [{"type": "integer"}, {"maxLength": 1}]}, [1, "a"], ["ab"]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5], [3, 1.5]),
    ({"not": {"type": "integer"}}, ["a"], [1]),
    ({"if": {"type": "integer"}, "then": {"minimum": 5}, "else": {"const": "x"}}, [5, "x"], [4, "y"]),
    ({"if": {"type": "integer"}}, [5, "x"], []),
    ({"$defs": {"a/b~c": {"const": 1}}, "$ref": "#/$defs/a~1b~0c"}, [1], [2]),
    ({"$defs": {"a b": {"const": 1}}, "$ref": "#/$defs/a%20b"}, [1], [2]),
    ({"$defs": {"x": {"$anchor": "here", "const": 1}}, "$ref": "#here"}, [1], [2]),
    ({"$id": "http://x/root", "$defs": {"x": {"$id": "item", "const": 1}}, "$ref": "item"}, [1], [2]),
    ({"$id": "http://x/root", "$defs": {"x": {"const": 1}}, "$ref": "http://x/root#/$defs/x"}, [1], [2]),
    ({"$ref": "#/$defs/a", "minimum": 3, "$defs": {"a": {"type": "integer"}}}, [3], [2, 3.5]),
    ({"type": "array", "items": {"$ref": "#"}}, [[[], [[]]]], [[1]]),
    ({"unevaluatedProperties": False, "anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": True}}]}, [{"a": 1}, {"b": 1}], [{"c": 1}]),
    ({"unevaluatedProperties": {"type": "null"}, "properties": {"a": True}}, [{"a": 1, "b": None}], [{"b": 1}]),
    (True, [1, None, {}], []),
    (False, [], [1, None]),
    ({"title": "T", "x-order": 3, "default": 5, "examples": [1]}, [1], []),
    ({"format": "nobody-knows"}, ["x"], []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "fit", "others"), CASES, ids=[str(s)[:50] for s, _, _ in CASES])
def test_a_value_fits_or_the_reason_is_told(schema: Any, fit: list[Any], others: list[Any]) -> None:
    assert [v for v in fit if validate(v, schema, closed=False)] == []
    for value in others:
        assert validate(value, schema, closed=False)


FORMATS: list[tuple[str, list[str], list[str]]] = [
    ("date", ["2024-02-29", "0001-01-01"], ["2023-02-29", "2024-13-01", "2024-1-1", "20240101", "٢٠٢٤-01-01"]),
    ("time", ["23:59:59Z", "12:00:00.5+01:00", "12:30", "23:59:60Z"], ["24:00:00Z", "12:60:00Z", "12:00:60Z", "noon"]),
    ("date-time", ["2024-02-29T10:00:00Z", "2024-02-29 10:00:00.123", "1998-12-31T15:59:60-08:00"], ["2024-02-30T10:00:00Z", "2024-02-29", "2024-02-29T25:00:00Z"]),
    ("duration", ["P1Y2M3DT4H5M6S", "PT0.5S", "P4W"], ["P", "PT", "1D", "P1S"]),
    ("email", ["a@b.c", '"a b"@example.org', "a.b+c@d-e.org"], ["a", "a@", "@b", "a b@c.d", "a@b@c", "a..b@c.d", ".a@b.c"]),
    ("hostname", ["example.org", "a", "xn--a.b"], ["-a", "a-", "a_b", "", "a..b", "a" * 64]),
    ("ipv4", ["0.0.0.0", "255.1.2.3"], ["256.1.1.1", "1.2.3", "01.2.3.4"]),
    ("ipv6", ["::", "2001:db8::1", "::ffff:1.2.3.4"], [":::", "1.2.3.4", "::1%eth0", "g::"]),
    ("uuid", ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08aa9811eab4aa73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}"]),
    ("uuid4", ["2eb8aa08-aa98-41ea-b4aa-73b441d16380"], ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"]),
    ("uri", ["https://a.b/c?d#e", "mailto:a@b", "urn:x:y", "http://[::1]:80/"], ["//a", "a b", "http://a b", "1http:", "http://a/%zz"]),
    ("uri-reference", ["/a/b", "a", "", "#x", "//h/p"], ["a b", "\\", "http://[x"]),
    ("iri", ["https://é.org/漢"], ["é"]),
    ("json-pointer", ["", "/a/b~0~1"], ["a", "/~2"]),
    ("relative-json-pointer", ["0", "1/a", "2#"], ["-1", "01", "/a"]),
    ("uri-template", ["http://x/{a}{?b*}"], ["http://x/{a"]),
    ("regex", ["^a+$", r"(a)\1"], ["(", "*a"]),
    ("byte", ["YWI=", ""], ["YWI", "*"]),
]  # fmt: skip


@pytest.mark.parametrize(("form", "fit", "others"), FORMATS, ids=[f for f, _, _ in FORMATS])
def test_a_format_is_what_its_name_says(form: str, fit: list[str], others: list[str]) -> None:
    assert [t for t in fit if validate(t, {"format": form})] == []
    assert [t for t in others if not validate(t, {"format": form})] == []


REASONS = [
    ({"a": {"b": [1]}}, {"properties": {"a": {"properties": {"b": {"uniqueItems": True, "items": {"type": "string"}}}}}}, '"a.b[0]" must be a string, not 1'),
    ([1, 1], {"uniqueItems": True}, "must not hold the same item twice (uniqueItems)"),
    ([1], {"contains": {"type": "string"}}, "the value must have at least 1 items that fit 'contains', not 0"),
    ({"a": 1}, {"dependentRequired": {"a": ["b"]}}, '"b" is required where "a" is given (dependentRequired)'),
    ({"ab": 1}, {"propertyNames": {"pattern": "^x"}}, '"ab (its name)" must match ^x, not "ab"'),
    (3, {"oneOf": [{"type": "integer"}, {"minimum": 2}]}, "fits the schemas 0 and 1 of 'oneOf', and must fit one"),
    ({"a": 1}, {"unevaluatedProperties": False}, '"a" is not allowed (unevaluatedProperties)'),
    (1, {"not": {"type": "integer"}}, "the value must not be 1 (not)"),
    ("x", {"format": "date"}, 'the value must be a date, not "x"'),
    (10**5000, {"maximum": 5}, "the value must be at most 5, not int"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "schema", "reason"), REASONS, ids=[r for _, _, r in REASONS])
def test_the_reason_names_the_place_and_the_keyword(value: Any, schema: Any, reason: str) -> None:
    assert reason in str(validate(value, schema, closed=False))


def test_parts_of_one_object_may_stand_in_several_schemas() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/named"}, {"properties": {"age": {"type": "integer"}}}],
        "$defs": {"named": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    assert validate({"name": "a", "age": 3}, schema) is None
    assert validate({"name": "a", "aeg": 3}, schema) == (
        '"aeg" is not known here; known: "name", "age"'
    )


def test_a_condition_does_not_close_the_object_that_it_looks_at() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "size": {"type": "integer"}},
        "if": {"properties": {"kind": {"const": "big"}}},
        "then": {"properties": {"size": {"minimum": 10}}},
    }
    assert validate({"kind": "big", "size": 12}, schema) is None
    assert validate({"kind": "big", "size": 2}, schema) == '"size" must be at least 10, not 2'


def _tree(levels: int) -> dict[str, Any]:
    defs: dict[str, Any] = {"d0": {"type": "integer"}}
    for i in range(1, levels):
        ref = {"$ref": f"#/$defs/d{i - 1}"}
        defs[f"d{i}"] = {"anyOf": [{"properties": {"x": ref}}, {"properties": {"x": ref}}, ref]}
    return {"$defs": defs, "$ref": f"#/$defs/d{levels - 1}"}


def _nested(levels: int) -> Any:
    value: Any = "no integer"
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (_nested(40), _tree(40)),
        ([1] * 20_000, {"uniqueItems": True, "items": {"type": "integer"}}),
        ("a" * 50_000, {"pattern": "^(a+)+b$"}),
        ({str(i): i for i in range(1000)}, {"patternProperties": {f"^{i}$": {} for i in range(20)}}),
        ([[[1]]] * 3000, {"items": {"anyOf": [{"items": {"items": {"enum": list(range(500))}}}] * 20}}),
    ],
)  # fmt: skip
def test_checking_takes_as_long_as_the_value_and_the_schema_are(value: Any, schema: Any) -> None:
    start = time.process_time()
    validate(value, schema)
    assert time.process_time() - start < 3


def test_a_schema_that_leads_nowhere_is_an_error() -> None:
    for ref in ("#/$defs/x", "#x", "other.json", "http://example.org/x", "#/a/0"):
        with pytest.raises(ConstraintError, match=r"leads (nowhere|out of the schema)|not lead to"):
            validate(1, {"$ref": ref, "a": [1]})
    with pytest.raises(ConstraintError, match="does not lead to a schema"):
        validate(1, {"$ref": "#/a", "a": 3})
    with pytest.raises(ConstraintError, match="no JSON type"):
        validate(1, {"type": 7})


_VALUES = st.recursive(
    st.sampled_from([0, 1, 2, -1, 0.5, 3.0, "", "a", "ab", "2024-02-29", True, False, None]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["a", "b", "c", "x_1"]), inner, max_size=4),
    ),
    max_leaves=8,
)
_LEAF_SCHEMAS = st.sampled_from(
    [{"type": t} for t in ("string", "integer", "number", "boolean", "null", "array", "object")]
    + [True, False, {"minimum": 1}, {"multipleOf": 0.5}, {"maxLength": 1}, {"pattern": "^a"}]
    + [{"enum": [1, "a", None]}, {"const": {"a": 1}}, {"uniqueItems": True}, {"minProperties": 2}]
    + [{"required": ["a"]}, {"maxItems": 2}, {"dependentRequired": {"a": ["b"]}}, {"$ref": "#/$defs/d"}]
)  # fmt: skip
_SCHEMAS = st.recursive(
    _LEAF_SCHEMAS,
    lambda s: st.one_of(
        st.builds(lambda k, v: {k: v}, st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(s, min_size=1, max_size=3)),
        st.builds(lambda k, v: {k: v}, st.sampled_from(["not", "items", "contains", "additionalProperties", "propertyNames"]), s),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, s, s, s),
        st.builds(lambda a, b, c: {"properties": {"a": a, "b": b}, "unevaluatedProperties": c}, s, s, s),
        st.builds(lambda a, b, c: {"prefixItems": [a], "allOf": [{"contains": b}], "unevaluatedItems": c}, s, s, s),
        st.builds(lambda a, b: {"patternProperties": {"^x": a}, "dependentSchemas": {"a": b}}, s, s),
        st.builds(lambda a, b: {"$ref": "#/$defs/d", "allOf": [a, b]}, s, s),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_SCHEMAS, _LEAF_SCHEMAS, st.lists(_VALUES, min_size=1, max_size=6))
def test_another_validator_agrees(schema: Any, shared: Any, values: list[Any]) -> None:
    other = pytest.importorskip("jsonschema_rs")
    shared = {"type": "string"} if "$ref" in json.dumps(shared) else shared
    whole = {"allOf": [schema], "$defs": {"d": shared}}
    theirs = other.validator_for(whole)
    for value in values:
        assert (validate(value, whole, closed=False) is None) == theirs.is_valid(value), value
