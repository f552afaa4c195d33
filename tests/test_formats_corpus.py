"""The templates of public models: which format each writes, and that it reads what the template writes."""

from __future__ import annotations

import gzip
import json
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from chatwright._choice import chosen_format, format_of
from chatwright.errors import TemplateError
from chatwright.events import Text, ToolCall
from chatwright.formats._native import Native
from chatwright.grammar import follows
from chatwright.templates import ChatTemplate
from chatwright.templates.sentinel import written_call

CORPUS = Path(__file__).parents[2] / "shared" / "conformance" / "chat_templates.jsonl.gz"
pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of templates is not here")

FAMILIES = {
    "hermes": ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-VL"],
    "qwen3_coder": [
        "Qwen/Qwen3-Coder-30B-A3B-Instruct",
        "Qwen/Qwen3.6",
        "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        "stepfun-ai/Step-3.5-Flash",
    ],
    "seed": ["ByteDance-Seed/Seed-OSS-36B-Instruct"],
    "glm": ["zai-org/GLM-4.6", "zai-org/GLM-4.7-Flash", "zai-org/GLM-5.1", "zai-org/GLM-5.2"],
    "mistral": [
        "mistralai/Mistral-7B-Instruct-v0.3",
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
        "mistralai/Ministral-3-14B-Reasoning-2512",
        "mistralai/Devstral-Small-2507 (unsloth)",
    ],
    "command_r": ["CohereForAI/c4ai-command-r7b-12-2024 (tool_use)"],
    "tool_calls": ["ServiceNow-AI/Apriel-1.5-15b-Thinker"],
    "gemma": ["google/gemma-4-31B-it"],
    "harmony": ["openai/gpt-oss-120b"],
    "minicpm": ["openbmb/MiniCPM3-4B"],
    "functionary": ["meetkai/functionary-medium-v3.1"],
    "functionary_v3": ["meetkai/functionary-medium-v3.2"],
    "llama3": ["meta-llama/Llama-3.1-8B-Instruct"],
}
EXPECTED = {model: family for family, models in FAMILIES.items() for model in models}
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks it up.",
        "parameters": {
            "type": "object",
            "properties": {
                "words": {"type": "string", "description": "what"},
                "many": {"type": "integer", "description": "how many"},
                "deep": {"type": "object", "description": "more"},
                "list": {"type": "array", "items": {"type": "string"}, "description": "names"},
                "sure": {"type": "boolean", "description": "yes or no"},
            },
            "required": ["words"],
        },
    },
}
ARGS = {
    "words": 'it\'s "quoted", ü {x} [y]',
    "many": -3,
    "deep": {"a": [1, 2.5, {"b": None}], "c": "d"},
    "list": ["p", "q r"],
    "sure": True,
}


@lru_cache(maxsize=1)
def templates() -> dict[str, ChatTemplate]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        sources = json.loads(next(lines))["templates"]
        cases = {case["model"]: case for case in map(json.loads, lines)}
    return {
        model: ChatTemplate(
            sources[case["template_sha"]]["template"],
            bos_token=case["bos_token"],
            eos_token=case["eos_token"],
        )
        for model, case in cases.items()
    }


def test_every_model_gets_the_format_that_its_template_writes_and_the_others_the_one_in_words():
    found = {model: chosen_format(template) for model, template in templates().items()}
    assert {m: f for m, f in found.items() if f != "react_json"} == EXPECTED


def behind(template: ChatTemplate, args: Any, count: int) -> str:
    """What a template writes behind the user's message: so many calls."""
    given = (
        json.dumps(args, ensure_ascii=False) if format_of(template).arguments == "text" else args
    )  # type: ignore[attr-defined]
    calls = [
        {
            "id": f"abcd0000{n}",
            "type": "function",
            "function": {"name": "look_up", "arguments": given},
        }
        for n in range(count)
    ]
    results = [
        {"role": "tool", "name": "look_up", "tool_call_id": call["id"], "content": "found"}
        for call in calls
    ]
    asked = {"role": "assistant", "content": "", "tool_calls": calls}
    messages = [{"role": "user", "content": "Kernbeisser"}, asked, *results]
    return template.render(messages, [TOOL]).rpartition("Kernbeisser")[2]


def reply_in(model: str, turn: str) -> str:
    """The model's own part of a turn, from its first mark or behind the head of the turn."""
    family, syntax = EXPECTED[model], format_of(templates()[model]).syntax  # type: ignore[attr-defined]
    if family == "harmony":
        return turn.split("<|start|>assistant", 1)[1]
    if family == "llama3":
        return turn[turn.index("{") :]
    return turn[min(turn.index(mark) for mark in syntax.opens if mark in turn) :]


@pytest.mark.parametrize("model", EXPECTED)
@pytest.mark.parametrize("count", [1, 2])
def test_what_a_template_writes_for_calls_is_read_as_these_calls(model: str, count: int):
    template = templates()[model]
    try:
        turn = behind(template, ARGS, count)
    except TemplateError as err:
        pytest.skip(f"the template takes no {count} calls: {err}")
    calls = 1 if EXPECTED[model] == "harmony" else count  # its template drops all but the first
    reply, format = reply_in(model, turn), format_of(template)
    for seed in range(4):
        parser, rng, at, events = format.parser([TOOL]), random.Random(seed), 0, []
        while at < len(reply):
            size = len(reply) if seed == 0 else rng.choice((1, 2, 3, 8, 30))
            events += parser.feed(reply[at : at + size])
            at += size
        events += parser.end()
        assert [(e.name, e.args) for e in events] == [("look_up", ARGS)] * calls
        assert not any(isinstance(event, Text) for event in events)


@pytest.mark.parametrize("model", EXPECTED)
def test_the_grammar_lets_a_model_write_calls_as_its_template_does(model: str):
    template, args = templates()[model], {"words": "cats and dogs", "many": 3}
    reply = reply_in(model, behind(template, args, 1)).removeprefix(">>>")  # which ends the prompt
    format = format_of(template)
    assert isinstance(format, Native)
    last = max(reply.rfind("3"), reply.rfind("dogs")) + 1
    constraint = format.call_constraint([TOOL])
    followed = [n for n in range(last, len(reply) + 1) if follows(constraint.gbnf, reply[:n])]
    assert followed, reply


@pytest.mark.parametrize("model", EXPECTED)
def test_a_call_that_was_read_is_rendered_as_it_was_written(model: str):
    """A past reply gives the same text again, so that the engine knows the prompt already."""
    template = templates()[model]
    format = format_of(template)
    reply = reply_in(model, behind(template, ARGS, 1))
    parser = format.parser([TOOL])
    (call,) = [*parser.feed(reply), *parser.end()]
    assert isinstance(call, ToolCall)
    function = {"name": call.name, "arguments": json.dumps(call.args, ensure_ascii=False)}
    asked = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "abcd00000", "type": "function", "function": function}],
    }
    result = {"role": "tool", "name": "look_up", "tool_call_id": "abcd00000", "content": "found"}
    messages = [{"role": "user", "content": "Kernbeisser"}, asked, result]
    again = template.render(format.show(messages, [TOOL]), [TOOL])
    assert reply_in(model, again.rpartition("Kernbeisser")[2]) == reply


def test_a_template_that_says_nothing_of_tools_is_never_rendered_for_the_choice():
    plain = ChatTemplate(
        "{{ raise_exception('no') }}{% for m in messages %}{{ m.content }}{% endfor %}"
    )
    assert list(written_call(plain)) == []
    assert chosen_format(plain) == "react_json"
    assert chosen_format(None) == "react_json"
