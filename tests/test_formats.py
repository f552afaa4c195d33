"""How models write tool calls, and how their replies are read: every format by the same table."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from gbnf import Gbnf

from chatwright.events import Malformed, Reasoning, Text, ToolCall
from chatwright.formats import FORMATS
from chatwright.formats._native import Native
from chatwright.formats.forced import forced
from chatwright.grammar import after_thinking, check_gbnf, follows
from chatwright.request import Grammar, JsonSchema, Own
from chatwright.schema import validate


def tool(name: str, required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {
        "type": "function",
        "function": {"name": name, "description": "D.", "parameters": schema},
    }


WEATHER = tool("get_weather", ["city"], city={"type": "string"}, days={"type": "integer"})
ADD = tool("add", ["a", "b"], a={"type": "number"}, b={"type": "number"})
TIME = tool("time_now")
TOOLS = [WEATHER, ADD, TIME]
NATIVE = [name for name, each in FORMATS.items() if isinstance(each, Native)]

# what a model writes for get_weather(city="Zürich", days=3), and then for add(a=1, b=2.5)
ONE: dict[str, str] = {
    "hermes": '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}\n</tool_call>',
    "qwen3_coder": (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nZürich\n</parameter>\n"
        "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>"
    ),
    "seed": (
        "<seed:tool_call>\n<function=get_weather>\n<parameter=city>Zürich</parameter>\n"
        "<parameter=days>3</parameter>\n</function>\n</seed:tool_call>"
    ),
    "minimax": (
        '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Zürich</parameter>\n'
        '<parameter name="days">3</parameter>\n</invoke>\n</minimax:tool_call>'
    ),
    "glm": (
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Zürich</arg_value>\n"
        "<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>"
    ),
    "mistral": '[TOOL_CALLS]get_weather[ARGS]{"city": "Zürich", "days": 3}',
    "deepseek_v31": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>"
        '{"city": "Zürich", "days": 3}<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
    "deepseek": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n"
        '{"city": "Zürich", "days": 3}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
    "kimi": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
        '{"city": "Zürich", "days": 3}<|tool_call_end|><|tool_calls_section_end|>'
    ),
    "command_r": (
        '<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "get_weather", '
        '"parameters": {"city": "Zürich", "days": 3}}\n]<|END_ACTION|>'
    ),
    "phi4": '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]<|/tool_call|>',
    "granite": '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]',
    "tool_calls": (
        '<tool_calls>[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}, "id": "x1"}]</tool_calls>'
    ),
    "nemotron": '<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]</TOOLCALL>',
    "gemma": '<|tool_call>call:get_weather{city:<|"|>Zürich<|"|>,days:3}<tool_call|>',
    "harmony": (
        "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
        '{"city": "Zürich", "days": 3}<|call|>'
    ),
    "lfm2": '<|tool_call_start|>[get_weather(city="Zürich", days=3)]<|tool_call_end|>',
    "minicpm": '<|tool_call_start|>\n```python\nget_weather(city="Zürich",days=3)\n```\n<|tool_call_end|>',
    "olmo3": '<function_calls>get_weather(city="Zürich", days=3)</function_calls>',
    "functionary": '<function=get_weather>{"city": "Zürich", "days": 3}</function>',
    "functionary_v3": 'get_weather\n{"city": "Zürich", "days": 3}',
    "llama3": '{"name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}',
    "pythonic": "[get_weather(city='Zürich', days=3)]",
}
TWO: dict[str, str] = {
    "hermes": '\n<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2.5}}\n</tool_call>',
    "qwen3_coder": (
        "\n<tool_call>\n<function=add>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\n2.5\n</parameter>\n"
        "</function>\n</tool_call>"
    ),
    "glm": (
        "\n<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n"
        "<arg_key>b</arg_key>\n<arg_value>2.5</arg_value>\n</tool_call>"
    ),
    "mistral": '[TOOL_CALLS]add[CALL_ID]abc123XYZ[ARGS]{"a": 1, "b": 2.5}',
    "kimi": '<|tool_call_begin|>functions.add:1<|tool_call_argument_begin|>{"a": 1, "b": 2.5}<|tool_call_end|>',
    "gemma": "<|tool_call>call:add{a:1,b:2.5}<tool_call|>",
    "functionary": '<function=add>{"a": 1, "b": 2.5}</function>',
    "functionary_v3": '>>>add\n{"a": 1, "b": 2.5}',
    "llama3": '; {"name": "add", "parameters": {"a": 1, "b": 2.5}}',
}
WEATHER_CALL = ("get_weather", {"city": "Zürich", "days": 3})
ADD_CALL = ("add", {"a": 1, "b": 2.5})


def read(
    name: str,
    reply: str,
    *,
    tools: Sequence[Any] = TOOLS,
    reason: str = "stop",
    thinking: bool = False,
    seed: int | None = None,
) -> list[Any]:
    """The events of a reply, whole or in pieces; texts joined, calls as name and arguments."""
    parser = FORMATS[name].parser(tools, thinking=thinking)
    rng, at, events = random.Random(seed), 0, []
    while at < len(reply):
        size = len(reply) if seed is None else rng.choice((1, 1, 2, 3, 7, 20))
        events += parser.feed(reply[at : at + size])
        at += size
    return plain([*events, *parser.end(reason)])


def plain(events: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for event in events:
        match event:
            case ToolCall(_, name, args):
                found.append((name, args))
            case Text(text) | Reasoning(text) if found and type(found[-1]) is type(event):
                found[-1] = type(event)(found[-1].text + text)
            case Malformed():
                found.append("malformed")
            case _:
                found.append(event)
    return found


def test_every_format_stands_in_the_table_under_its_own_name():
    assert all(each.name == name for name, each in FORMATS.items())
    assert len(list(FORMATS)) == len(FORMATS) and set(ONE) == set(NATIVE)
    assert "no_such" not in FORMATS


def test_the_formats_of_other_models_are_not_loaded_for_one_that_is_told_in_words():
    code = "import sys, chatwright.model; print('chatwright.formats._native' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("name", NATIVE)
def test_every_format_reads_the_call_that_its_models_write(name: str):
    assert read(name, ONE[name]) == [WEATHER_CALL]


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("seed", range(5))
def test_a_call_is_the_same_in_any_pieces(name: str, seed: int):
    assert read(name, ONE[name], seed=seed) == [WEATHER_CALL]


@pytest.mark.parametrize("name", TWO)
def test_several_calls_are_several_calls(name: str):
    for seed in (None, 1, 2):
        assert read(name, ONE[name] + TWO[name], seed=seed) == [WEATHER_CALL, ADD_CALL]


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        (
            "mistral",
            '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}, "id": "abc123XYZ"},'
            ' {"name": "add", "arguments": {"a": 1, "b": 2.5}}]',
        ),
        (
            "command_r",
            '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Zürich",'
            ' "days": 3}}, {"tool_call_id": "1", "tool_name": "add", "parameters": {"a": 1, "b": 2.5}}]<|END_ACTION|>',
        ),
        ("pythonic", '[get_weather("Zürich", 3), add(a=1, b=2.5)]'),
        (
            "minicpm",
            '<|tool_call_start|>\n```python\nget_weather(city="Zürich",days=3)\nadd(a=1,b=2.5)\n```\n<|tool_call_end|>',
        ),
        (
            "deepseek",
            ONE["deepseek"].removesuffix("<｜tool▁calls▁end｜>")
            + "\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n```json\n"
            '{"a": 1, "b": 2.5}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        ),
    ],
)
def test_several_calls_in_one_block_are_several_calls(name: str, reply: str):
    for seed in (None, 1, 2):
        assert read(name, reply, seed=seed) == [WEATHER_CALL, ADD_CALL]


MARKED = [n for n in NATIVE if n not in ("llama3", "pythonic", "harmony", "functionary_v3")]


@pytest.mark.parametrize("name", MARKED)
def test_text_before_a_call_is_text_without_the_space_between(name: str):
    for seed in (None, 3):
        found = read(name, "Let me look.\n\n" + ONE[name], seed=seed)
        assert found == [Text("Let me look."), WEATHER_CALL]


@pytest.mark.parametrize("name", NATIVE)
def test_text_alone_is_text_to_the_last_character(name: str):
    said = "Sunny < 3 days, [see] {this}: it's 20°.\nBye \n"
    begun = {"functionary_v3": "all\n", "harmony": "<|channel|>final<|message|>"}.get(name, "")
    for seed in (None, 4):
        assert read(name, begun + said, seed=seed) == [Text(said)]


@pytest.mark.parametrize("name", [n for n in NATIVE if n not in ("harmony", "functionary_v3")])
def test_a_draft_inside_of_thinking_is_never_a_call(name: str):
    reply = f"I could call {ONE[name]} but no.</think>\n\nIt is sunny."
    for seed in (None, 5):
        assert read(name, reply, thinking=True, seed=seed)[1:] == [Text("It is sunny.")]
        assert read(name, f"<think>{reply}", seed=seed)[1:] == [Text("It is sunny.")]
        unopened = read(name, reply, seed=seed)
        assert WEATHER_CALL not in unopened
        if name in MARKED:
            assert unopened[-1] == Text("\n\nIt is sunny.")


@pytest.mark.parametrize("name", [n for n in NATIVE if n not in ("harmony", "functionary_v3")])
def test_a_call_behind_thinking_is_a_call(name: str):
    assert read(name, f"<think>\nhm\n</think>\n\n{ONE[name]}", seed=6) == [
        Reasoning("\nhm\n"),
        WEATHER_CALL,
    ]
    assert read(name, f"hm</think>{ONE[name]}", thinking=True) == [Reasoning("hm"), WEATHER_CALL]


@pytest.mark.parametrize("name", NATIVE)
def test_a_reply_that_is_cut_off_is_never_a_call(name: str):
    whole = ONE[name]
    to = whole.index("Zürich") + 3
    for at in range(to, whole.index("Zürich") + 7):
        found = read(name, whole[:at], reason="length")
        assert found == ["malformed"], whole[:at]


@pytest.mark.parametrize("name", NATIVE)
def test_no_beginning_of_a_reply_is_another_call(name: str):
    for at in range(len(ONE[name])):
        found = read(name, ONE[name][:at], reason="length")
        calls = [each for each in found if isinstance(each, tuple)]
        assert calls in ([], [WEATHER_CALL]), ONE[name][:at]


@pytest.mark.parametrize("name", MARKED)
def test_a_mark_that_is_only_spoken_of_is_text(name: str):
    mark = FORMATS[name].syntax.opens[0]  # type: ignore[attr-defined]
    for said in (
        f"The tag `{mark}` starts a call.",
        f"Write {mark} and then a name, as in the manual.",
        f"It ends with {mark}",
        f"It ends with {mark[:-1]}",
        f"{mark[:3]} {mark[:5]} {mark[:-1]} are no marks.",
    ):
        for seed in (None, 7):
            assert read(name, said, seed=seed) == [Text(said)]


@pytest.mark.parametrize("name", MARKED)
def test_what_is_invented_behind_a_call_is_cut(name: str):
    parser = FORMATS[name].parser(TOOLS)
    events = [
        *parser.feed(ONE[name] + "\n<tool_response>\n20 degrees\n</tool_response>\nIt is 20.")
    ]
    assert plain(events) == [WEATHER_CALL]
    assert parser.done
    assert plain([*parser.feed(" more"), *parser.end()]) == []


@pytest.mark.parametrize("name", MARKED)
def test_what_is_invented_behind_text_and_a_call_is_cut(name: str):
    parser = FORMATS[name].parser(TOOLS)
    events = parser.feed(f"Well.\n{ONE[name]}\n<tool_response>\n20\n</tool_response> It is 20.")
    assert plain(events) == [Text("Well."), WEATHER_CALL]
    assert parser.done


JSON_INSIDE = [n for n in NATIVE if '"city": "Zürich"' in ONE[n]]
DIFFICULT = 'a "b" {c} [d] } ] ```x``` \\ </tool_call> <|im_end|> \n ü'


@pytest.mark.parametrize("name", JSON_INSIDE)
def test_braces_quotes_and_marks_in_a_string_stay_in_the_string(name: str):
    import json

    reply = ONE[name].replace('"Zürich"', json.dumps(DIFFICULT))
    for seed in (None, 8):
        assert read(name, reply, seed=seed) == [("get_weather", {"city": DIFFICULT, "days": 3})]


@pytest.mark.parametrize("name", ["qwen3_coder", "seed", "minimax", "glm"])
def test_a_string_between_tags_stands_as_it_is(name: str):
    value = 'line 1\n  "line" 2 {x} </div>\n</par'
    reply = ONE[name].replace("Zürich", value)
    for seed in (None, 9):
        assert read(name, reply, seed=seed) == [("get_weather", {"city": value, "days": 3})]


@pytest.mark.parametrize("name", JSON_INSIDE)
@pytest.mark.parametrize(
    ("broken", "args"),
    [
        ('{"city": "Zürich", "days": 3,}', {"city": "Zürich", "days": 3}),
        ("{'city': 'Zürich', 'days': 3}", {"city": "Zürich", "days": 3}),
        ('{"city": "Zürich", "wet": True}', {"city": "Zürich", "wet": True}),
    ],
)
def test_json_that_is_nearly_right_is_repaired(name: str, broken: str, args: Any):
    reply = ONE[name].replace('{"city": "Zürich", "days": 3}', broken)
    assert read(name, reply, seed=10) == [("get_weather", args)]


@pytest.mark.parametrize("name", JSON_INSIDE)
def test_json_that_nobody_can_read_goes_back_with_a_reason(name: str):
    reply = ONE[name].replace('{"city": "Zürich", "days": 3}', '{"city": "Zürich" "days" 3}')
    parser = FORMATS[name].parser(TOOLS)
    (event,) = [*parser.feed(reply), *parser.end()]
    assert isinstance(event, Malformed)
    assert "cannot be read" in event.reason and "Write " in event.reason
    assert "Zürich" in event.text


@pytest.mark.parametrize("name", [n for n in NATIVE if n not in ("pythonic", "functionary_v3")])
def test_a_tool_that_is_not_there_is_still_asked_for(name: str):
    reply = ONE[name].replace("get_weather", "get_rain")
    assert read(name, reply, seed=11) == [("get_rain", {"city": "Zürich", "days": 3})] or read(
        name, reply
    ) == [("get_rain", {"city": "Zürich", "days": "3"})]


def test_a_name_that_is_spelled_another_way_is_found():
    assert read("hermes", ONE["hermes"].replace("get_weather", "GetWeather")) == [WEATHER_CALL]


STRIPPED = {
    "hermes": '{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}',
    "mistral": '[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]',
    "mistral ": 'get_weather{"city": "Zürich", "days": 3}',
    "mistral  ": 'get_weatherabc123XYZ{"city": "Zürich", "days": 3}',
    "qwen3_coder": ONE["qwen3_coder"].removeprefix("<tool_call>\n"),
    "command_r": '[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}]',
    "granite": '[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}]',
    "deepseek": 'functionget_weather\n```json\n{"city": "Zürich", "days": 3}\n```',
    "deepseek_v31": 'get_weather{"city": "Zürich", "days": 3}',
    "kimi": 'functions.get_weather:0{"city": "Zürich", "days": 3}',
    "harmony": 'analysisLook.assistantcommentary to=functions.get_weather json{"city": "Zürich", "days": 3}',
    "lfm2": '[get_weather(city="Zürich", days=3)]',
    "minicpm": '```python\nget_weather(city="Zürich",days=3)\n```',
    "gemma": "call:get_weather{city:Zürich,days:3}",
    "llama3": '{"name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}',
}


@pytest.mark.parametrize("name", STRIPPED)
def test_a_call_whose_control_tokens_a_server_left_out_is_a_call(name: str):
    for seed in (None, 12):
        assert read(name.strip(), STRIPPED[name], seed=seed)[-1] == WEATHER_CALL


@pytest.mark.parametrize("name", [n for n in NATIVE if n not in ("harmony", "functionary_v3")])
@pytest.mark.parametrize(
    "said",
    [
        '{"temperature": 20, "unit": "C"}',
        '[{"day": 1}, {"day": 2}]',
        "[a link](http://x.org/y) and more",
        "```python\nprint('hi')\n```\nThat is it.",
        "{name} is a placeholder",
        "get_weather is the tool for it.",
        "call:me maybe",
        "[1, 2]",
        "function(x) is one",
    ],
)
def test_data_and_code_at_the_start_of_an_answer_are_text(name: str, said: str):
    for seed in (None, 13):
        assert read(name, said, seed=seed) == [Text(said)]


@pytest.mark.parametrize("name", NATIVE)
def test_an_empty_reply_is_told(name: str):
    for reply in ("", " \n"):
        assert read(name, reply)[-1] == "malformed"


def test_a_llama_that_talks_before_its_call_still_calls():
    found = read("llama3", f"Let me look.\n\n{ONE['llama3']}", seed=18)
    assert found == [Text("Let me look."), WEATHER_CALL]
    other = 'The form is {"name": "f", "parameters": {}} as you see.'
    assert read("llama3", other, seed=19) == [Text(other)]
    assert read("llama3", f"<|python_tag|>{ONE['llama3']}") == [WEATHER_CALL]


def test_a_tag_in_the_midst_of_a_sentence_does_not_swallow_the_rest():
    said = "The <think> tag, as in\n<think> without an end, is text."
    assert read("hermes", said, seed=14) == [Text(said)]


def test_thinking_further_on_is_thinking():
    reply = f"Well.\n<think>{ONE['hermes']}</think>\nIt is sunny."
    found = read("hermes", reply, seed=15)
    assert WEATHER_CALL not in found
    assert found[-1] == Text("\nIt is sunny.")


def test_a_quoted_example_of_another_tool_is_text():
    said = 'Like this:\n```\n<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>\n```\nSee?'
    assert read("hermes", said, seed=16) == [Text(said)]


def test_the_first_of_two_calls_is_kept_when_the_second_is_cut_off():
    reply = f'{ONE["hermes"]}\n<tool_call>\n{{"name": "add", "argum'
    assert read("hermes", reply, reason="length") == [WEATHER_CALL, "malformed"]


def test_the_messages_of_harmony_are_thinking_words_on_the_way_and_a_call_or_the_answer():
    between = "<|end|><|start|>assistant"
    thought = f"<|channel|>analysis<|message|>hm{between}"
    words = f"<|channel|>commentary<|message|>Let me look.{between}"
    for seed in (None, 1, 2, 3):
        assert read("harmony", thought + words + ONE["harmony"], seed=seed) == [
            Reasoning("hm"),
            Text("Let me look."),
            WEATHER_CALL,
        ]
        final = f"{thought}<|channel|>final<|message|>It is 20.<|return|>"
        assert read("harmony", final, seed=seed) == [Reasoning("hm"), Text("It is 20.")]
        lost = "analysishmassistantfinalIt is 20."
        assert read("harmony", lost, seed=seed) == [Reasoning("hm"), Text("It is 20.")]
        late = f" to=functions.get_weather{ONE['harmony'].replace(' to=functions.get_weather', '')}"
        assert read("harmony", late, seed=seed) == [WEATHER_CALL]
    assert read("harmony", f"{thought}<|channel|>analysis<|message|>more") == [
        Reasoning("hmmore"),
        "malformed",
    ]


@pytest.mark.parametrize("name", NATIVE)
def test_the_grammar_goes_on_behind_thinking_that_the_prompt_opened(name: str):
    thinking = after_thinking(FORMATS[name].call_constraint(TOOLS), "</think>")  # type: ignore[attr-defined]
    check_gbnf(thinking.gbnf)
    reply = ONE[name].removesuffix("<|call|>").replace("'", '"')
    assert follows(thinking.gbnf, f"hm < x</think>\n\n{reply}")
    assert follows(thinking.gbnf, "hm</think>\n\nIt is sunny.") is False


def test_a_tool_without_arguments_needs_none():
    for name, reply in {
        "hermes": '<tool_call>{"name": "time_now"}</tool_call>',
        "qwen3_coder": "<tool_call>\n<function=time_now>\n</function>\n</tool_call>",
        "glm": "<tool_call>time_now</tool_call>",
        "mistral": "[TOOL_CALLS]time_now[ARGS]{}",
        "pythonic": "[time_now()]",
        "gemma": "<|tool_call>call:time_now{}<tool_call|>",
    }.items():
        assert read(name, reply, seed=17) == [("time_now", {})], name


@pytest.mark.parametrize("name", NATIVE)
def test_ids_fit_the_templates_and_differ(name: str):
    parser = FORMATS[name].parser(TOOLS)
    events = [*parser.feed(ONE[name] + TWO.get(name, "")), *parser.end()]
    ids = [event.id for event in events if isinstance(event, ToolCall)]
    assert len(set(ids)) == len(ids) > 0
    for each in ids:
        assert (
            each.startswith("functions.") if name == "kimi" else (len(each) == 9 and each.isalnum())
        )


def test_the_id_that_a_model_wrote_stays():
    parser = FORMATS["mistral"].parser(TOOLS)
    (call,) = [*parser.feed(TWO["mistral"]), *parser.end()]
    assert isinstance(call, ToolCall) and call.id == "abc123XYZ"


@pytest.mark.parametrize("name", NATIVE)
def test_the_log_of_calls_is_what_the_model_wrote(name: str):
    parser = FORMATS[name].parser(TOOLS)
    reply = ONE[name] + TWO.get(name, "")
    events = [*parser.feed(reply), *parser.end()]
    log = "".join(event.log for event in events if isinstance(event, ToolCall))
    assert log and reply.startswith(log)


def test_a_long_reply_in_small_pieces_is_read_in_linear_time():
    import time

    took = []
    for size in (20_000, 80_000):
        reply = ONE["hermes"].replace("Zürich", "x" * size) + "\n" + "y" * size
        parser, start = FORMATS["hermes"].parser(TOOLS), time.process_time()
        for at in range(0, len(reply), 4):
            parser.feed(reply[at : at + 4])
        took.append(time.process_time() - start)
    assert took[1] < 12 * took[0] + 0.1


# grammars

RICH = tool(
    "rich",
    ["word"],
    word={"type": "string", "maxLength": 6},
    kind={"enum": ["a", "b c"]},
    some={"type": "array", "items": {"type": "string", "maxLength": 4}},
    yes={"type": "boolean"},
    maybe={"type": ["string", "null"]},
    code={"type": "string", "pattern": "^[a-z]{2}[0-9]$"},
    more={"type": "object"},
)


@pytest.mark.parametrize("name", NATIVE)
def test_whatever_the_grammar_lets_a_model_write_is_read_as_calls_that_fit(name: str):
    tools = [RICH, ADD, TIME]
    schemas = {t["function"]["name"]: t["function"]["parameters"] for t in tools}
    constraint = FORMATS[name].call_constraint(tools)  # type: ignore[attr-defined]
    check_gbnf(constraint.gbnf)
    grammar, rng = Gbnf(constraint.gbnf), random.Random(1)
    for seed in range(25):
        reply = grammar.sample(rng, more=0.55)
        found = read(name, reply, tools=tools, seed=seed)
        assert found and all(isinstance(each, tuple) for each in found), reply
        for called, args in found:
            assert validate(args, schemas[called]) is None, reply


@pytest.mark.parametrize("name", NATIVE)
def test_a_reply_may_be_text_or_calls_and_no_broken_call(name: str):
    constraint = FORMATS[name].constraint(TOOLS)
    assert isinstance(constraint, Grammar)
    check_gbnf(constraint.gbnf)
    begun = {"functionary_v3": "all\n", "harmony": "<|channel|>final<|message|>"}.get(name, "")
    assert follows(constraint.gbnf, begun + "It is sunny, 20 < 30.\nBye")
    own = {"mistral": ONE["mistral"]}.get(name, ONE[name])
    unmarked = own.removesuffix("<|call|>").replace("'", '"').replace(" to=", " to=")
    tight = unmarked if name != "command_r" else unmarked.replace("\n    ", "").replace("\n]", "]")
    assert follows(constraint.gbnf, tight) is not False, tight
    if name in MARKED:
        mark = FORMATS[name].syntax.opens[0]  # type: ignore[attr-defined]
        assert follows(constraint.gbnf, f"Hm {mark}§ no") is False


def test_without_tools_there_is_no_grammar():
    assert FORMATS["hermes"].constraint([]) is None


def test_a_tool_whose_schema_no_grammar_can_say_may_get_any_object():
    odd = tool("odd", x={"not": {"pattern": "(?=a)b"}})
    for name in NATIVE:
        constraint = FORMATS[name].constraint([odd])
        assert isinstance(constraint, Grammar)
        check_gbnf(constraint.gbnf)


def test_calls_or_an_answer_that_fits_a_schema():
    answer = JsonSchema(
        {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    )
    for name in NATIVE:
        combined = FORMATS[name].constrained(TOOLS, answer)  # type: ignore[attr-defined]
        begun = {"harmony": "<|channel|>final<|message|>"}.get(name, "")
        assert follows(combined.gbnf, begun + '{"n": 3}'), name
        assert follows(combined.gbnf, begun + "Hello") is False, name


@pytest.mark.parametrize("name", NATIVE)
def test_a_forced_call_is_the_same_call_and_nothing_else(name: str):
    shape = forced(FORMATS[name], grammars=True)
    constraint = shape.constraint([WEATHER])
    assert isinstance(constraint, Grammar)
    assert not follows(constraint.gbnf, "Hello")
    parser = shape.parser([WEATHER])
    assert plain([*parser.feed(ONE[name]), *parser.end()]) == [WEATHER_CALL]
    assert shape.native


def test_without_grammars_a_forced_call_is_one_json_object():
    shape = forced(FORMATS["hermes"], grammars=False)
    assert isinstance(shape.constraint([WEATHER]), JsonSchema)
    assert shape.native


# messages


def test_messages_stay_as_they_are_but_for_the_form_of_arguments():
    call = {
        "id": "abc123XYZ",
        "type": "function",
        "function": {"name": "add", "arguments": '{"a": 1}'},
    }
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Well.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "abc123XYZ", "content": "2"},
    ]
    shown = FORMATS["hermes"].show(messages, TOOLS)
    assert shown[0] == messages[0] and shown[2] == messages[2]
    assert shown[1]["content"] == "Well."
    assert shown[1]["tool_calls"][0]["function"]["arguments"] == {"a": 1}
    assert call["function"]["arguments"] == '{"a": 1}'  # the caller's own


def test_arguments_that_are_no_json_are_shown_as_they_are():
    call = {"function": {"name": "add", "arguments": "{a:"}}
    (shown,) = FORMATS["hermes"].show([{"role": "assistant", "tool_calls": [call]}], TOOLS)
    assert shown["tool_calls"][0]["function"]["arguments"] == "{a:"


def test_a_reply_whose_calls_were_read_some_other_way_is_shown_as_its_calls_alone():
    log = Own('{"name": "get_weather", "arguments": {"city": "Zürich"}}')
    call = {"function": {"name": "get_weather", "arguments": '{"city": "Zürich"}'}}
    message = {"role": "assistant", "content": log, "tool_calls": [call]}
    (shown,) = FORMATS["qwen3_coder"].show([message], TOOLS)
    assert shown["content"] == ""
    assert shown["tool_calls"][0]["function"]["arguments"] == {"city": "Zürich"}


def test_a_reply_of_this_run_is_taken_apart_for_the_template():
    log = Own(f"hm\n</think>\n\nLet me look.\n{ONE['hermes']}")
    call = {"function": {"name": "get_weather", "arguments": '{"city": "Zürich", "days": 3}'}}
    message = {"role": "assistant", "content": log, "tool_calls": [call]}
    (shown,) = FORMATS["hermes"].show([message], TOOLS)
    assert shown["content"] == "Let me look." and isinstance(shown["content"], Own)
    assert shown["reasoning_content"] == "hm\n" and isinstance(shown["reasoning_content"], Own)
    assert shown["tool_calls"][0]["function"]["arguments"] == {"city": "Zürich", "days": 3}
