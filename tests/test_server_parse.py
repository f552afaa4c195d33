"""What comes in over HTTP becomes plain data, or a refusal that says which field is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.request import JsonSchema, Regex, Sampling
from chatwright.server.body import check_headers, json_object
from chatwright.server.limits import Limits
from chatwright.server.parse_openai import parse_chat, parse_completion
from chatwright.server.parse_tgi import check_room, parse_generate
from chatwright.server.refusal import Refusal

LIMITS = Limits(max_total_tokens=2048)
CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
NOT_SENT_BY_TGI = 10**400


def refused(parse: Any, *args: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse(*args)
    assert 400 <= caught.value.status < 500
    return caught.value


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"   ", 400, "empty"),
        (b"{", 400, "line 1 column 2"),
        (b'{"a": 1,}', 400, "column"),
        (b'{"a": NaN}', 400, "NaN"),
        (b'{"a": -Infinity}', 400, "-Infinity"),
        (b'{"a": 1e999}', 400, "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "out of range"),
        (b'{"a": "\\ud800"}', 400, "surrogate"),
        (b'{"\\udfff": 1}', 400, "surrogate"),
        (b'{"a": "\xff"}', 400, "UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', 400, "BOM"),
        (b'{"a": "line\nbreak"}', 400, "control character"),
        (b"[" * 100_000, 400, "recursion"),
        (b'{"a":' * 100_000, 400, "recursion"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, 400, "128 deep"),
        (b'{"a": 1, "a": 2}', 422, "duplicate field `a`"),
        (b'{"p": {"a": 1, "b": 2, "a": 2}}', 422, "duplicate field `a`"),
        (b"[]", 422, "expected an object"),
        (b"null", 422, "expected an object"),
        (b'"inputs"', 422, "expected an object"),
    ],
    ids=range(21),
)
def test_a_body_that_two_readers_could_read_differently_is_refused(
    raw: bytes, status: int, words: str
):
    refusal = refused(json_object, raw)
    assert refusal.status == status
    assert words in str(refusal)


def test_a_body_with_everything_that_json_allows_is_read():
    raw = '{"a": "\\ud83d\\ude00 \u2028", "b": [1, 1.5e3, null, true, {"": {}}], "c": "\\u0000"}'
    assert json_object(raw.encode()) == json.loads(raw)
    assert json_object(b'{"a":' * 128 + b"1" + b"}" * 128)


@given(st.binary())
def test_no_bytes_make_the_reader_fail(raw: bytes):
    try:
        assert isinstance(json_object(raw), dict)
    except Refusal as refusal:
        assert refusal.status in (400, 422)


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [(None, None), ("", None), ("text/plain", None), ("application/x-www-form-urlencoded", None),
     ("application/json; charset=utf-16", None), ("application/json", "gzip"), ("application/jsonp", None)],
)  # fmt: skip
def test_a_body_that_does_not_say_that_it_is_json_is_refused(
    kind: str | None, encoding: str | None
):
    assert refused(check_headers, kind, encoding).status == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", "application/problem+json"]
)
def test_a_body_that_says_that_it_is_json_is_taken(kind: str):
    check_headers(kind, None)
    check_headers(kind, "identity")


def generate(**parameters: Any) -> Any:
    return parse_generate({"inputs": "Hi", "parameters": parameters}, LIMITS)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"best_of": 0}, "`best_of` must be > 0 and <= 1. Given: 0"),
        ({"best_of": 2}, "`best_of` != 1 is not allowed for this endpoint"),
        ({"temperature": 0}, "`temperature` must be strictly positive"),
        ({"temperature": -1.0}, "`temperature` must be strictly positive"),
        ({"repetition_penalty": 0}, "`repetition_penalty` must be strictly positive"),
        ({"frequency_penalty": 2.5}, "`frequency_penalty` must be >= -2.0 and <= 2.0"),
        ({"top_k": 0}, "`top_k` must be strictly positive"),
        ({"top_k": -1}, "`top_k` must be strictly positive"),
        ({"top_p": 1.0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"top_p": 0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"typical_p": 1.0}, "`typical_p` must be > 0.0 and < 1.0"),
        ({"max_new_tokens": 0}, "`max_new_tokens` must be strictly positive"),
        ({"stop": ["a"] * 5}, "`stop` supports up to 4 stop sequences. Given: 5"),
        ({"stop": [""]}, "`stop` cannot hold an empty string"),
        ({"truncate": 0}, "`truncate` must be strictly positive and less than 2047. Given: 0"),
        ({"truncate": 2048}, "`truncate` must be strictly positive and less than 2047. Given: 2048"),
        ({"top_n_tokens": 6}, "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
        ({"watermark": True}, "`watermark` is not supported"),
        ({"adapter_id": "x"}, "`adapter_id` is not supported"),
        ({"grammar": {"type": "json", "value": {}}}, "grammar is not valid: Grammar must have a 'properties' field"),
        ({"grammar": {"type": "json", "value": "{"}}, "grammar is not valid"),
        ({"grammar": {"type": "json", "value": 5}}, "grammar is not valid"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_parameter_that_tgi_turns_away_is_turned_away_in_its_words(
    parameters: dict[str, Any], words: str
):
    refusal = refused(lambda: generate(**parameters))
    assert (refusal.status, refusal.kind) == (422, "validation")
    assert str(refusal).startswith(f"Input validation error: {words}")


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", "hot"), ("temperature", True), ("temperature", 1e39), ("temperature", NOT_SENT_BY_TGI),
     ("top_k", 1.5), ("top_k", "5"), ("top_k", 2**40), ("max_new_tokens", -1), ("max_new_tokens", 2**32),
     ("seed", -1), ("seed", 2**64), ("stop", "a"), ("stop", [1]), ("stop", {}), ("do_sample", 1), ("details", "true"),
     ("grammar", "json"), ("grammar", {}), ("grammar", {"type": "ebnf", "value": ""}), ("grammar", {"type": "regex"}),
     ("grammar", {"type": "regex", "value": 1}), ("grammar", {"type": "json_schema", "value": {}}), ("adapter_id", 7)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_parameter_of_the_wrong_type_is_named(name: str, value: Any):
    refusal = refused(lambda: generate(**{name: value}))
    assert refusal.status == 422
    assert f"parameters.{name}" in str(refusal)


@pytest.mark.parametrize("body", [{}, {"inputs": None}, {"inputs": ""}, {"inputs": 1}, {"inputs": ["a"]},
                                  {"inputs": "a", "parameters": []}, {"inputs": "a", "parameters": "x"}])  # fmt: skip
def test_a_request_without_proper_inputs_is_refused(body: dict[str, Any]):
    assert refused(parse_generate, body, LIMITS).status == 422


GREEDY = Sampling(temperature=0.0)
FREE = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)


@pytest.mark.parametrize(
    ("body", "sampling"),
    [
        ({}, FREE),
        ({"parameters": None}, FREE),
        ({"parameters": {}}, GREEDY),
        ({"parameters": {"temperature": 1.0}}, GREEDY),
        ({"parameters": {"do_sample": True}}, FREE),
        ({"parameters": {"temperature": 0.1}}, Sampling(0.1, 0, 1.0, 0.0)),
        ({"parameters": {"top_k": 5}}, Sampling(1.0, 5, 1.0, 0.0)),
        ({"parameters": {"top_p": 0.5}}, Sampling(1.0, 0, 0.5, 0.0)),
    ],
    ids=str,
)
def test_tgi_samples_only_where_it_is_asked_to_or_has_no_parameters_at_all(
    body: dict[str, Any], sampling: Sampling
):
    assert parse_generate({"inputs": "a", **body}, LIMITS).sampling == sampling


def test_the_seed_is_told_only_if_sampling_was_asked_for_by_name():
    assert generate(seed=7).told_seed is None
    assert generate(seed=7).seed == 7
    assert generate(seed=7, do_sample=True).told_seed == 7
    drawn = generate(do_sample=True)
    assert drawn.told_seed == drawn.seed is not None


def test_every_parameter_may_be_null():
    names = ["best_of", "temperature", "repetition_penalty", "frequency_penalty", "top_k", "top_p", "typical_p",
             "do_sample", "max_new_tokens", "return_full_text", "stop", "truncate", "watermark", "details",
             "decoder_input_details", "seed", "top_n_tokens", "grammar", "adapter_id"]  # fmt: skip
    assert generate(**dict.fromkeys(names)) == generate()


def test_streaming_refuses_what_only_a_whole_answer_can_tell():
    for parameters, words in (
        ({"decoder_input_details": True}, "`decoder_input_details` == true is not supported"),
        ({"best_of": 2}, "`best_of` != 1 is not supported when streaming tokens"),
    ):
        body = {"inputs": "a", "parameters": parameters, "stream": True}
        assert words in str(refused(lambda b=body: parse_generate(b, LIMITS, compat=True)))


@pytest.mark.parametrize(
    ("grammar", "constraint"),
    [
        ({"type": "regex", "value": "[0-9]+"}, Regex("[0-9]+")),
        ({"type": "json", "value": {"properties": {}}}, JsonSchema({"properties": {}})),
        ({"type": "json", "value": '{"properties": {}}'}, JsonSchema({"properties": {}})),
        ({"type": "json_object", "value": {"properties": {}}}, JsonSchema({"properties": {}})),
        ({"type": "json_schema", "value": {"name": "x", "schema": {"properties": {}}}}, JsonSchema({"properties": {}})),
    ],
    ids=str,
)  # fmt: skip
def test_every_form_of_a_grammar_is_read(grammar: Any, constraint: Any):
    assert generate(grammar=grammar).constraint == constraint


def test_the_prompt_and_its_answer_fit_into_the_context_together():
    check_room(1024, 1024, LIMITS)
    check_room(1024, 5000, LIMITS)  # TGI compares the first 1024 new tokens only
    check_room(2047, None, LIMITS)
    assert "`inputs` must have less than 2048 tokens. Given: 2048" in str(
        refused(check_room, 2048, 1, LIMITS)
    )
    words = "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 49 `max_new_tokens`"
    assert words in str(refused(check_room, 2000, 49, LIMITS))


def chat(**more: Any) -> Any:
    return parse_chat({**CHAT, **more}, LIMITS, "nano")


@pytest.mark.parametrize(
    "body",
    [{}, {"messages": None}, {"messages": []}, {"messages": "Hi"}, {"messages": ["Hi"]}, {"messages": [{}]},
     {"messages": [{"role": "user"}]}, {"messages": [{"role": 1, "content": "Hi"}]},
     {"messages": [{"role": "user", "content": 5}]}, {"messages": [{"role": "user", "content": [5]}]},
     {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
     {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
     {"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]},
     {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": 5}}]}]}],
    ids=str,
)  # fmt: skip
def test_messages_that_are_none_are_refused(body: dict[str, Any]):
    assert refused(parse_chat, body, LIMITS, "nano").status == 422


@pytest.mark.parametrize(
    "more",
    [{"n": 2}, {"n": 0}, {"max_tokens": 0}, {"max_tokens": "a"}, {"temperature": -1}, {"top_p": 1.1}, {"top_p": -0.1},
     {"stop": 5}, {"stop": [""]}, {"stop": ["a"] * 65}, {"logit_bias": {"5": 1}}, {"functions": [{}]},
     {"top_logprobs": 3}, {"logprobs": True, "top_logprobs": 21}, {"logprobs": 5}, {"stream": "yes"},
     {"stream_options": []}, {"frequency_penalty": 3}, {"presence_penalty": -3}, {"seed": 2**70}, {"model": 5},
     {"response_format": {"type": "xml"}}, {"response_format": {"type": "json_schema"}},
     {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
     {"response_format": {"type": "json_schema", "json_schema": {"schema": [1]}}},
     {"tools": [{}]}, {"tools": [{"type": "retrieval"}]}, {"tools": [TOOL, TOOL]}, {"tools": {"a": 1}},
     {"tools": [{"type": "function", "function": {"name": ""}}]},
     {"tools": [{"type": "function", "function": {"name": "a", "parameters": []}}]},
     {"tool_choice": "required"}, {"tools": [TOOL], "tool_choice": {"function": {"name": "sub"}}},
     {"tools": [TOOL], "tool_choice": 5}, {"tools": [TOOL], "tool_choice": {"function": {}}},
     {"tools": [TOOL], "response_format": {"type": "json_object"}}, {"structured_outputs": {"regex": "a"}},
     {"guided_json": {}, "guided_regex": "a"}, {"continue_final_message": True}],
    ids=str,
)  # fmt: skip
def test_an_option_of_a_chat_that_cannot_be_kept_is_refused(more: dict[str, Any]):
    assert refused(lambda: chat(**more)).status == 422


def test_options_that_say_nothing_are_taken():
    options = chat(
        n=1, logit_bias={}, stop=None, tools=None, tool_choice="auto", user="me", best_of=1,
        response_format={"type": "text"}, frequency_penalty=0, presence_penalty=0.0, functions=[],
    )  # fmt: skip
    assert options == chat()
    assert options.options.model == "nano"


def test_a_setting_that_changes_nothing_is_left_out():
    told = chat(frequency_penalty=0.5, presence_penalty=0).options.sampling
    assert (told.frequency_penalty, told.presence_penalty) == (0.5, None)


def test_the_choice_of_a_tool_leaves_the_tools_that_may_be_called():
    other = {
        "type": "function",
        "function": {"name": "sub", "arguments": {"type": "object", "title": "x"}},
    }
    two = {"tools": [TOOL, other]}
    named = {"type": "function", "function": {"name": "sub"}}
    for choice, names, forced in (
        ("auto", ["add", "sub"], False),
        (None, ["add", "sub"], False),
        ("required", ["add", "sub"], True),
        ("none", [], False),
        (named, ["sub"], True),
        ("sub", ["sub"], True),
    ):
        tools = chat(**two, tool_choice=choice).tools
        assert ([t["function"]["name"] for t in tools.shown], tools.forced) == (names, forced)
    assert chat(**two, tool_choice=named).tools.shown[0]["function"]["parameters"]["title"] == "x"
    assert not chat(**two, parallel_tool_calls=False).tools.parallel


@pytest.mark.parametrize(
    ("given", "schema"),
    [
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": 1}}}, {"a": 1}),
        ({"type": "json_schema", "value": {"name": "x", "schema": {"a": 1}}}, {"a": 1}),
        ({"type": "json_schema", "schema": {"a": 1}}, {"a": 1}),
        ({"type": "json_object", "schema": {"a": 1}}, {"a": 1}),
        ({"type": "json_object", "value": {"a": 1}}, {"a": 1}),
        ({"type": "json", "value": '{"a": 1}'}, {"a": 1}),
    ],
    ids=str,
)
def test_every_dialect_of_a_response_format_is_read(given: Any, schema: Any):
    assert chat(response_format=given).constraint == JsonSchema(schema)


def test_parts_of_a_content_are_joined_and_roles_of_other_times_translated():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    messages = [
        {"role": "developer", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "4", "tool_call_id": "1"},
    ]
    assert list(parse_chat({"messages": messages}, LIMITS, "nano").messages) == [
        {"role": "system", "content": "ab"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "4", "tool_call_id": "1"},
    ]


@pytest.mark.parametrize(
    "body", [{}, {"prompt": None}, {"prompt": []}, {"prompt": ""}, {"prompt": [""]}, {"prompt": 5}, {"prompt": [5]},
             {"prompt": "a", "suffix": "b"}, {"prompt": ["a"] * 5}, {"prompt": "a", "logprobs": True},
             {"prompt": "a", "n": 3}, {"prompt": "a", "best_of": 2}],
    ids=str,
)  # fmt: skip
def test_a_completion_that_cannot_be_given_is_refused(body: dict[str, Any]):
    assert refused(parse_completion, body, LIMITS, "nano").status == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(
    ["inputs", "parameters", "messages", "prompt", "stop", "tools", "tool_choice", "response_format", "temperature",
     "grammar", "max_tokens", "logprobs", "stream_options", "n", "seed", "role", "content", "type", "function", "name"]
)  # fmt: skip
BODY = st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=4), max_size=6)


@given(BODY, BODY)
def test_no_json_makes_the_parsers_fail(body: dict[str, Any], inner: dict[str, Any]):
    message = {"role": "user", "content": "a", **inner}
    for parse in (
        lambda: parse_generate({"inputs": "a", **body}, LIMITS, compat=True),
        lambda: parse_generate({"inputs": "a", "parameters": body}, LIMITS),
        lambda: parse_chat({**CHAT, **body}, LIMITS, "nano"),
        lambda: parse_chat({"messages": [message], "tools": [body]}, LIMITS, "nano"),
        lambda: parse_completion({"prompt": "a", **body}, LIMITS, "nano"),
    ):
        try:
            parse()
        except Refusal as refusal:
            assert 400 <= refusal.status < 500
