"""Which format a template gets, for templates in the manner of each family."""

from __future__ import annotations

import pytest

from chatwright._choice import chosen_format, format_of
from chatwright.events import Text, ToolCall
from chatwright.formats import FORMATS
from chatwright.formats._native import Native
from chatwright.model import Model
from chatwright.templates import ChatTemplate
from chatwright.testing import Scripted

FRAME = (
    "{%% if tools %%}<|system|>{%% for t in tools %%}{{ t | tojson }}{%% endfor %%}</s>{%% endif %%}"
    "{%% for m in messages %%}<|{{ m.role }}|>{{ m.content or '' }}"
    "{%% if m.tool_calls %%}%s{%% endif %%}</s>{%% endfor %%}"
    "{%% if add_generation_prompt %%}<|assistant|>{%% endif %%}"
)
EACH = "{%% for c in m.tool_calls %%}%s{%% endfor %%}"
NAME, ARGS = "{{ c.function.name }}", "{{ c.function.arguments | tojson }}"
KEYWORDS = "{% for k, v in c.function.arguments.items() %}{{ k }}={{ v | tojson }}{{ ', ' if not loop.last }}{% endfor %}"


def each(one: str) -> str:
    return (
        EACH % one.replace("%", "%%")
        if "%" not in one
        else EACH.replace("%%", "%").replace("%s", one)
    )


def pair(name: str = "name", args: str = "arguments") -> str:
    return f'{{"{name}": "{NAME}", "{args}": {ARGS}}}'


def in_list(item: str) -> str:
    return each(f"{item}{{{{ ', ' if not loop.last }}}}")


FAMILIES = {
    "hermes": each(f"<tool_call>\n{pair()}\n</tool_call>\n"),
    "mistral": f"[TOOL_CALLS][{in_list(pair())}]",
    "deepseek": (
        "<｜tool▁calls▁begin｜>"
        + each(
            f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{NAME}\n```json\n{ARGS}\n```<｜tool▁call▁end｜>"
        )
        + "<｜tool▁calls▁end｜>"
    ),
    "deepseek_v31": (
        "<｜tool▁calls▁begin｜>"
        + each(f"<｜tool▁call▁begin｜>{NAME}<｜tool▁sep｜>{ARGS}<｜tool▁call▁end｜>")
        + "<｜tool▁calls▁end｜>"
    ),
    "kimi": (
        "<|tool_calls_section_begin|>"
        + each(
            f"<|tool_call_begin|>{{{{ c.id }}}}<|tool_call_argument_begin|>{ARGS}<|tool_call_end|>"
        )
        + "<|tool_calls_section_end|>"
    ),
    "granite": f"<|tool_call|>[{in_list(pair())}]",
    "phi4": f"<|tool_call|>[{in_list(pair())}]<|/tool_call|>",
    "nemotron": f"<TOOLCALL>[{in_list(pair())}]</TOOLCALL>",
    "tool_calls": f"<tool_calls>\n[{in_list(pair())}]\n</tool_calls>",
    "command_r": f"<|START_ACTION|>[{in_list(pair('tool_name', 'parameters'))}]<|END_ACTION|>",
    "functionary": each(f"<function={NAME}>{ARGS}</function>"),
    "llama3": each(pair("name", "parameters")),
    "lfm2": f"<|tool_call_start|>[{in_list(f'{NAME}({KEYWORDS})')}]<|tool_call_end|>",
    "olmo3": f"<function_calls>\n{each(f'{NAME}({KEYWORDS})')}\n</function_calls>",
    "pythonic": f"[{in_list(f'{NAME}({KEYWORDS})')}]",
    # of nobody that we know: made from what the template writes
    "json": each(f"<|function_call|>{pair('fn', 'params')}<|/function_call|>"),
    "named_json": each(f"<|call|>{{{{ c.id }}}}<|to|>{NAME}<|with|>{ARGS}<|call_end|>"),
}
TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
            "required": ["a", "b"],
        },
    },
}


def template(calls: str) -> ChatTemplate:
    return ChatTemplate(FRAME.replace("%%", "%").replace("%s", calls))


def test_formats_that_stand_in_the_table_are_tried_here_or_in_the_corpus():
    elsewhere = {
        "qwen3_coder",
        "seed",
        "glm",
        "minimax",
        "gemma",
        "harmony",
        "minicpm",
        "functionary_v3",
    }
    native = {name for name, found in FORMATS.items() if isinstance(found, Native)}
    assert native <= set(FAMILIES) | elsewhere


@pytest.mark.parametrize("family", FAMILIES)
def test_a_template_of_a_family_gets_its_format(family: str):
    assert chosen_format(template(FAMILIES[family])) == family


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_over_it_calls_and_reads_its_past_call(family: str):
    source = template(FAMILIES[family])
    call_id = "functions.add:0" if family == "kimi" else "abc123XYZ"
    function = {"name": "add", "arguments": {"a": 1, "b": "x"}}
    asked = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }
    written = source.render([{"role": "user", "content": "hi"}, asked], [TOOL])
    reply = written.rpartition("<|assistant|>")[2].removesuffix("</s>")
    scripted = Scripted([list(reply)])
    model = Model(scripted.backend, template=source)
    assert model.format is format_of(source)
    events = list(model.stream([{"role": "user", "content": "hi"}], [TOOL]))
    (call,) = [event for event in events if isinstance(event, ToolCall)]
    assert (call.name, call.args) == ("add", {"a": 1, "b": "x"})
    assert not any(isinstance(event, Text) for event in events)


@pytest.mark.parametrize(
    "calls",
    [
        "",  # calls are left out
        each("I call " + NAME + "."),  # arguments are
        each(f"{NAME} {ARGS}"),  # no mark
        each("{{ raise_exception('one') }}"),
    ],
)
def test_a_template_whose_calls_nobody_could_read_again_is_told_of_tools_in_words(calls: str):
    assert chosen_format(template(calls)) == "react_json"


def test_a_template_that_ignores_tools_is_told_of_them_in_words():
    ignoring = (
        FRAME.replace("%%", "%")
        .replace("%s", FAMILIES["hermes"])
        .replace("{% if tools %}", "{% if false %}")
    )
    assert chosen_format(ChatTemplate(ignoring)) == "react_json"


def test_a_template_that_takes_arguments_as_text_alone_gets_text():
    calls = each(
        '<tool_call>\n{"name": "'
        + NAME
        + '", "arguments": {{ "" + c.function.arguments }}}\n</tool_call>'
    )
    found = format_of(template(calls))
    assert found.name == "hermes"
    past = {"function": {"name": "add", "arguments": {"a": 1}}}
    (shown,) = found.show([{"role": "assistant", "tool_calls": [past]}], [TOOL])
    assert shown["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'


def test_the_choice_is_made_once_a_template():
    source = template(FAMILIES["hermes"])
    assert format_of(source) is format_of(template(FAMILIES["hermes"]))
