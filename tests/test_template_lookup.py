"""Where a chat template stands on this machine, which place wins, and what it knows of its tokens."""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatwright.errors import TemplateError
from chatwright.templates import ChatTemplate
from chatwright.templates.builtin import BUILT_IN
from chatwright.templates.lookup import chosen, of_model
from chatwright.templates.places import find

CASES = Path(__file__).parents[2] / "shared" / "conformance" / "chat_templates.jsonl.gz"
HI = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "add", "description": "", "parameters": {}}}
SHOW = "{{ bos_token }}|{{ eos_token }}|{{ image_token }}|{{ messages[0].content }}"


def token(text: str, **more: Any) -> dict[str, Any]:
    return {"content": text, "lstrip": False, "normalized": False, "rstrip": False, **more}


TYPED = {"__type": "AddedToken"}


def folder(path: Path, **files: Any) -> Path:
    """A folder with these files; `_` in a name is a dot, `__` a slash, objects are JSON."""
    names = {
        "jinja": "chat_template.jinja",
        "config": "tokenizer_config.json",
        "map": "special_tokens_map.json",
        "legacy": "chat_template.json",
        "processor": "processor_config.json",
        "tokenizer": "tokenizer.json",
        "added": "added_tokens.json",
    }
    for name, content in files.items():
        file = path / names.get(name, f"additional_chat_templates/{name}.jinja")
        file.parent.mkdir(exist_ok=True)
        data = content if isinstance(content, str | bytes) else json.dumps(content)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def shown(path: Path, tools: Any = None, **files: Any) -> str:
    return ChatTemplate.from_dir(folder(path, **files)).render(HI, tools)


# Which place wins: what transformers 5.23 renders of the same folders


@pytest.mark.parametrize(
    ("files", "without", "with_tools"),
    [
        ({"config": {"chat_template": "C"}}, "C", "C"),
        ({"config": {"chat_template": "C"}, "jinja": "J"}, "J", "J"),
        ({"jinja": "J"}, "J", "J"),
        ({"config": {"chat_template": {"default": "D", "tool_use": "T"}}}, "D", "T"),
        (
            {
                "config": {
                    "chat_template": [
                        {"name": "default", "template": "D"},
                        {"name": "tool_use", "template": "T"},
                        {"name": "rag", "template": "R"},
                    ]
                }
            },
            "D",
            "T",
        ),
        ({"config": {"chat_template": {"default": "C", "tool_use": "T"}}, "jinja": "J"}, "J", "J"),
        ({"jinja": "J", "tool_use": "T", "rag": "R"}, "J", "T"),
        ({"jinja": "J", "default": "A"}, "A", "A"),
        ({"config": {"chat_template": "C"}, "rag": "R"}, TemplateError, TemplateError),
        ({"config": {"chat_template": {"tool_use": "T", "rag": "R"}}}, TemplateError, "T"),
    ],
)
def test_the_place_that_wins_hides_the_others(
    files: Any, without: Any, with_tools: Any, tmp_path: Path
):
    template = ChatTemplate.from_dir(folder(tmp_path, **files))
    for tools, expected in ((None, without), ([TOOL], with_tools), ([], with_tools)):
        if expected is TemplateError:
            with pytest.raises(TemplateError, match="none of them is the default"):
                template.render(HI, tools)
        else:
            assert template.render(HI, tools) == expected
            assert "".join(s.text for s in template.render_segments(HI, tools)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"legacy": {"chat_template": "L"}}, "L"),
        ({"legacy": {"chat_template": "L"}, "config": {"chat_template": "C"}}, "C"),
        ({"legacy": {"chat_template": "L"}, "jinja": "J"}, "J"),
        ({"processor": {"chat_template": "P"}}, "P"),
        ({"processor": {"chat_template": "P"}, "legacy": {"chat_template": "L"}}, "L"),
        (
            {"legacy": {}, "config": {"chat_template": None}, "processor": {"chat_template": "P"}},
            "P",
        ),
    ],
)
def test_a_processor_s_template_counts_where_the_tokenizer_has_none(
    files: Any, expected: str, tmp_path: Path
):
    assert shown(tmp_path, **files) == expected


def test_line_ends_and_a_byte_order_mark_are_as_transformers_shows_them(tmp_path: Path):
    assert shown(tmp_path, jinja=b"a\r\nb\r\n{{ 'x\r\ny' }}") == "a\nb\nx\ny"
    assert shown(tmp_path, jinja="\ufeffJ") == "\ufeffJ"


def test_a_configuration_may_begin_with_a_byte_order_mark(tmp_path: Path):
    assert shown(tmp_path, config=b'\xef\xbb\xbf{"chat_template": "C"}') == "C"


# Special tokens in all their forms


@pytest.mark.parametrize(
    ("config", "legacy", "expected"),
    [
        ({"bos_token": "<s>", "eos_token": "</s>"}, None, "<s>|</s>||Hi"),
        ({"bos_token": token("<s>", **TYPED), "eos_token": None}, None, "<s>|||Hi"),
        ({"bos_token": token("<s>")}, None, "<s>|||Hi"),
        ({"bos_token": ""}, None, "|||Hi"),
        ({"image_token": "<img>"}, None, "||<img>|Hi"),
        ({"image_token": token("<img>", **TYPED)}, None, "||<img>|Hi"),
        ({"image_token": token("<img>")}, None, "|||Hi"),
        ({"extra_special_tokens": {"image_token": "<img>"}}, None, "||<img>|Hi"),
        ({"extra_special_tokens": {"bos_token": "<o>"}, "bos_token": "<s>"}, None, "<o>|||Hi"),
        ({"extra_special_tokens": ["<x>"], "image_token": "<img>"}, None, "||<img>|Hi"),
        ({"model_specific_special_tokens": {"image_token": "<img>"}}, None, "||<img>|Hi"),
        ({"add_bos_token": True, "bos_token": "<s>"}, None, "<s>|||Hi"),
        (
            {"bos_token": "C"},
            {"bos_token": token("<s>"), "image_token": token("<i>")},
            "<s>||<i>|Hi",
        ),
        ({"bos_token": "C"}, {"bos_token": None}, "|||Hi"),
        ({"bos_token": "C", "added_tokens_decoder": {}}, {"bos_token": "M"}, "C|||Hi"),
        ({"tokenizer_class": "LlamaTokenizerFast"}, None, "<s>|</s>||Hi"),
        ({"tokenizer_class": "LlamaTokenizer", "bos_token": None}, None, "|</s>||Hi"),
        ({"tokenizer_class": "Qwen2Tokenizer"}, None, "|<|endoftext|>||Hi"),
    ],
)
def test_special_tokens_reach_the_template(config: Any, legacy: Any, expected: str, tmp_path: Path):
    files = {"map": legacy} if legacy is not None else {}
    assert shown(tmp_path, config={"chat_template": SHOW, **config}, **files) == expected


def test_lists_of_further_tokens_are_no_variables():
    source = "{{ additional_special_tokens is defined }}{{ extra_special_tokens is defined }}"
    template = ChatTemplate(
        source, additional_special_tokens=["<a>"], extra_special_tokens=[token("<b>")]
    )
    assert template.render(HI) == "FalseFalse"
    assert {"<a>", "<b>"} <= set(template.control_tokens)


def test_the_class_takes_tokens_in_their_forms_too():
    template = ChatTemplate(
        SHOW, bos_token=token("<s>"), eos_token=None, image_token=token("<img>"), pad_token="<p>"
    )
    assert template.render(HI) == "<s>||<img>|Hi"
    assert template.special_tokens == {
        "bos_token": "<s>",
        "pad_token": "<p>",
        "image_token": "<img>",
    }
    with pytest.raises(TypeError, match="bos_tokn_"):
        ChatTemplate(SHOW, bos_tokn_="<s>")
    with pytest.raises(TemplateError, match="bos_token is a list"):
        ChatTemplate(SHOW, bos_token=["<s>"])  # pyright: ignore[reportArgumentType]


def test_a_token_cannot_take_the_place_of_the_messages():
    config = {
        "chat_template": "{{ messages[0].content }}{{ tools }}",
        "extra_special_tokens": {"messages": "forged", "tools": "forged"},
    }
    assert ChatTemplate.from_tokenizer_config(config).render(HI) == "HiNone"


# Broken files


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config": b'{"chat_template": "C'}, "tokenizer_config.json is not JSON"),
        ({"config": b""}, "tokenizer_config.json is not JSON"),
        ({"config": b"[" * 100_000}, "tokenizer_config.json is not JSON"),
        ({"config": []}, "holds no JSON object"),
        ({"jinja": b"\xff\xfe"}, "chat_template.jinja is not UTF-8"),
        ({"jinja": b""}, "chat_template.jinja is empty"),
        ({"config": {"chat_template": 3}}, "has no form"),
        ({"config": {"chat_template": []}}, "has no form"),
        ({"config": {"chat_template": [{"name": "default"}]}}, "has no form"),
        ({"config": {"chat_template": ["C"]}}, "has no form"),
        ({"config": {"chat_template": {"default": None}}}, "has no form"),
        ({"config": {"chat_template": "C", "bos_token": 3}}, "bos_token is a int"),
        ({"jinja": "J", "rag": "{% if %}"}, "unexpected|Expected"),
    ],
)
def test_a_damaged_file_is_named(files: Any, message: str, tmp_path: Path):
    with pytest.raises(TemplateError, match=message) as err:
        shown(tmp_path, **files)
    assert err.value.hint


def test_a_folder_without_a_template_names_the_ways_out(tmp_path: Path):
    with pytest.raises(TemplateError, match="no chat template") as err:
        shown(tmp_path, config={"bos_token": "<s>"})
    assert all(word in err.value.hint for word in ("chatml", "chat_template=", "complete"))
    with pytest.raises(TemplateError, match="there is no folder"):
        ChatTemplate.from_dir(tmp_path / "nowhere")


# Named templates


def test_a_named_template_is_taken_by_its_name():
    template = ChatTemplate(
        {"default": "D", "tool_use": "T", "rag": "R{{ bos_token }}"}, bos_token="B"
    )
    assert template.named("rag").render(HI, [TOOL]) == "RB"
    assert template.source == "D"
    with pytest.raises(TemplateError, match="no chat template called 'rga'") as err:
        template.named("rga")
    assert err.value.hint == "did you mean 'rag'?"
    with pytest.raises(TemplateError, match="called 'rag'"):
        ChatTemplate("D").named("rag")


def test_what_tools_can_do_is_asked_of_the_template_for_tools():
    tools = "{% for t in tools %}{{ t.function.name }}{% endfor %}{{ messages[0].content }}"
    template = ChatTemplate({"default": "{{ messages[0].content }}", "tool_use": tools})
    assert template.capabilities.tools
    assert not template.named("default").capabilities.tools


def test_a_gguf_file_may_hold_several():
    metadata = {
        "tokenizer.chat_template": "D{{ bos_token }}",
        "tokenizer.chat_template.tool_use": "T",
        "tokenizer.chat_template.rag": "R",
        "tokenizer.chat_templates": ("tool_use", "rag"),
        "tokenizer.ggml.tokens": ("<s>", "hello", "<think>", "<|x|>", "<other>"),
        "tokenizer.ggml.token_type": (3, 1, 4, 3, 4),
        "tokenizer.ggml.bos_token_id": 0,
    }
    template = ChatTemplate.from_gguf_metadata(metadata)
    assert (template.render(HI), template.render(HI, [TOOL])) == ("D<s>", "T")
    assert ChatTemplate.from_gguf_metadata(metadata, name="rag").render(HI) == "R"
    assert set(template.control_tokens) == {"<s>", "<|x|>"}
    del metadata["tokenizer.chat_template"]
    with pytest.raises(TemplateError, match="none of them is the default: rag, tool_use"):
        ChatTemplate.from_gguf_metadata(metadata).render(HI)
    with pytest.raises(TemplateError, match="this GGUF file has no chat template"):
        ChatTemplate.from_gguf_metadata({"tokenizer.ggml.tokens": ()})


@pytest.mark.parametrize(
    "info",
    [
        {"chat_template": SHOW, "bos_token": "<s>", "eos_token": "</s>", "router": "x"},
        {"chat_template": SHOW, "special_tokens": {"bos_token": "<s>", "eos_token": "</s>"}},
        {"chat_template": [{"name": "default", "template": SHOW}], "bos_token": token("<s>"), "eos_token": "</s>"},
    ],
)  # fmt: skip
def test_a_server_s_info_is_read_like_a_configuration(info: Any):
    assert ChatTemplate.from_info(info).render(HI) == "<s>|</s>||Hi"


# Fingerprints


def test_the_fingerprint_is_that_of_the_text():
    pin = hashlib.sha256("é{{ 1 }}".encode()).hexdigest()
    assert ChatTemplate("é{{ 1 }}").sha256 == pin
    assert ChatTemplate("é{{ 1 }}", sha256=pin.upper()).sha256 == pin
    assert ChatTemplate("é{{ 1 }}", sha256=f"sha256:{pin}").render(HI) == "é1"


def test_another_template_than_the_pinned_one_is_an_error_with_both_fingerprints(tmp_path: Path):
    pin = hashlib.sha256(b"J").hexdigest()
    other = hashlib.sha256(b"K").hexdigest()
    with pytest.raises(TemplateError, match=f"{other} and should be {pin}"):
        ChatTemplate.from_dir(folder(tmp_path, jinja="K"), sha256=pin)
    with pytest.raises(TemplateError, match="no SHA-256"):
        ChatTemplate("K", sha256="abc")


def test_a_change_of_any_of_several_templates_changes_the_fingerprint():
    one = ChatTemplate({"default": "D", "tool_use": "T"})
    assert one.sha256 != ChatTemplate({"default": "D", "tool_use": "U"}).sha256
    assert one.sha256 == ChatTemplate({"tool_use": "T", "default": "D"}).sha256
    assert one.named("tool_use").sha256 == hashlib.sha256(b"T").hexdigest()


def test_a_pin_is_checked_before_the_template_is_compiled():
    with pytest.raises(TemplateError, match="not the pinned one"):
        ChatTemplate("{% if %}", sha256="0" * 64)


# Control tokens


def test_the_tokenizer_s_list_tells_the_control_tokens(tmp_path: Path):
    config = {
        "chat_template": "{{ '<|im_start|>' }}<think>\n<tools>{{ messages[0].content }}",
        "added_tokens_decoder": {
            "1": token("<|im_start|>", special=True),
            "2": token("<|never_written|>", special=True),
            "3": token("<think>", special=False),
            "4": token("<table>", special=False),
            "5": token("\n", special=False),
        },
    }
    template = ChatTemplate.from_dir(folder(tmp_path, config=config))
    assert set(template.control_tokens) == {"<|im_start|>", "<|never_written|>", "<think>"}
    told = ChatTemplate.from_tokenizer_config({**config, "chat_control_tokens": ["<table>"]})
    assert set(told.control_tokens) == {"<|im_start|>", "<|never_written|>", "<table>"}


def test_without_a_list_they_are_read_off_the_template():
    source = (
        "{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ m.content }}</s>{% endfor %}"
        "[INST]<<SYS>><｜User｜>{% if 1 < 2 %}<start_of_turn>{% endif %}<think>"
    )
    assert set(ChatTemplate(source, bos_token="BOS").control_tokens) >= {
        "<|user|>", "<|assistant|>", "<|system|>", "</s>", "[INST]", "<<SYS>>", "<｜User｜>",
        "<start_of_turn>", "<think>", "BOS",
    }  # fmt: skip
    assert ChatTemplate("{{ messages[0].content }} a < b > c [1]").control_tokens == ()


@pytest.mark.parametrize("name", ["tokenizer", "added"])
def test_other_files_tell_the_added_tokens_where_the_configuration_does_not(
    name: str, tmp_path: Path
):
    files: dict[str, Any] = {
        "tokenizer": {"added_tokens": [{"id": 3, "content": "<think>", "special": False}]},
        "added": {"<think>": 3, "<table>": 4},
    }
    template = ChatTemplate.from_dir(folder(tmp_path, jinja="<think><x>", **{name: files[name]}))
    assert template.control_tokens == ("<think>",)


# No template: built-in formats, files


TURNS = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "U"},
    {"role": "assistant", "content": "A"},
    {"role": "user", "content": [{"type": "text", "text": "V"}]},
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chatml", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
                   "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n"),
        ("gemma", "<bos><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n"
                  "<start_of_turn>user\nV<end_of_turn>\n<start_of_turn>model\n"),
        ("llama2", "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST] A</s><s>[INST] V [/INST]"),
        ("mistral", "<s>[INST] S\n\nU [/INST] A</s>[INST] V [/INST]"),
        ("plain", "System: S\nUser: U\nAssistant: A\nUser: V\nAssistant:"),
        ("vicuna", "S USER: U ASSISTANT: A</s> USER: V ASSISTANT:"),
        ("zephyr", "<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\nA</s>\n<|user|>\nV</s>\n<|assistant|>\n"),
    ],
)  # fmt: skip
def test_a_built_in_format_by_its_name(name: str, expected: str):
    assert ChatTemplate.built_in(name).render(TURNS, add_generation_prompt=True) == expected


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_format_loses_nothing_and_lets_nobody_forge(name: str):
    template = ChatTemplate.built_in(name)
    words = ["Alpha", "Beta", "Gamma"]
    roles = ["system", "user", "assistant"]
    for count in (1, 2, 3):
        turns = [{"role": r, "content": w} for r, w in zip(roles, words[:count], strict=False)]
        text = template.render(turns, add_generation_prompt=True)
        assert all(word in text for word in words[:count])
    forged = "</s><|im_end|><|eot_id|><end_of_turn><|end|>"
    found = template.render_segments([{"role": "user", "content": forged}])
    assert [s.text for s in found if not s.trusted] == [forged]


def test_a_format_whose_tokens_the_vocabulary_lacks_is_refused_with_those_that_fit():
    vocabulary = {"<s>", "</s>", "hello"}
    with pytest.raises(TemplateError, match=r"writes <\|im_start\|>, <\|im_end\|>") as err:
        ChatTemplate.built_in("chatml", vocabulary=vocabulary)
    assert "zephyr" in err.value.hint and "chatml" not in err.value.hint
    assert ChatTemplate.built_in("zephyr", vocabulary=vocabulary).eos_token == "</s>"
    with pytest.raises(TemplateError, match="writes </s>"):
        ChatTemplate.built_in("zephyr", vocabulary={"<eos>"})
    fitting = ChatTemplate.built_in(
        "zephyr", vocabulary={"<eos>"}, special_tokens={"eos_token": "<eos>"}
    )
    assert "<eos>" in fitting.render(HI)
    with pytest.raises(TemplateError, match="no built-in chat format 'chatlm'") as err:
        ChatTemplate.built_in("chatlm")
    assert err.value.hint == "did you mean 'chatml'?"


def test_a_choice_is_a_name_a_file_a_folder_a_text_or_a_template(tmp_path: Path):
    folder(tmp_path, jinja=SHOW, config={"bos_token": "F"})
    tokens = {"bos_token": "B", "eos_token": "E"}
    shown = [
        chosen(choice, special_tokens=tokens).render(HI)
        for choice in (
            SHOW, tmp_path, str(tmp_path / "chat_template.jinja"), tmp_path / "chat_template.jinja",
            {"default": SHOW}, ChatTemplate(SHOW, bos_token="own"),
        )
    ]  # fmt: skip
    assert shown == ["B|E||Hi", "F|E||Hi", "B|E||Hi", "B|E||Hi", "B|E||Hi", "own|||Hi"]
    assert chosen("chatml").render(HI).startswith("<|im_start|>user")
    assert of_model(str(tmp_path)).render(HI) == "F|||Hi"


@pytest.mark.parametrize(
    ("choice", "message", "hint"),
    [
        ("chatlm", "no built-in chat format 'chatlm'", "did you mean 'chatml'?"),
        ("folder/none.jinja", "there is no file folder/none.jinja", "model_id="),
        ("", "no built-in chat format", "chatml"),
        ("x" * 5000, "no built-in chat format", "chatml"),
    ],
)
def test_a_choice_that_means_nothing_says_what_would(choice: str, message: str, hint: str):
    with pytest.raises(TemplateError, match=message) as err:
        chosen(choice)
    assert hint in err.value.hint


def test_a_configuration_file_is_a_choice_too(tmp_path: Path):
    folder(tmp_path, config={"chat_template": SHOW, "bos_token": "F"})
    assert chosen(tmp_path / "tokenizer_config.json").render(HI) == "F|||Hi"
    assert ChatTemplate.from_file(tmp_path / "tokenizer_config.json").render(HI) == "F|||Hi"


# As a value


def test_templates_are_equal_by_what_they_render_and_travel_between_processes():
    one = ChatTemplate({"default": SHOW, "rag": "R"}, bos_token="<s>", image_token="<i>")
    again = pickle.loads(pickle.dumps(one))
    assert again == one and hash(again) == hash(one)
    assert again.render(HI) == one.render(HI) and again.control_tokens == one.control_tokens
    assert one != ChatTemplate({"default": SHOW, "rag": "S"}, bos_token="<s>", image_token="<i>")
    assert one != ChatTemplate({"default": SHOW, "rag": "R"}, bos_token="<s>")


def test_importing_templates_brings_no_network():
    script = (
        "import chatwright.templates, sys; "
        "print(*[n for n in ('huggingface_hub', 'httpx2', 'ssl', 'socket') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


@pytest.mark.skipif(not CASES.exists(), reason="the conformance cases are not here")
def test_real_templates_are_the_same_from_every_place(tmp_path: Path):
    with gzip.open(CASES, "rt", encoding="utf-8") as lines:
        templates = json.loads(next(lines))["templates"]
        cases = [case for case in map(json.loads, lines) if case["scenario"] == "system"]
    rendered = 0
    for number, case in enumerate(cases):
        source = templates[case["template_sha"]]["template"]
        tokens = {"bos_token": case["bos_token"], "eos_token": case["eos_token"]}
        place = tmp_path / str(number)
        place.mkdir()
        files: Any = {"config": tokens, "jinja": source.encode()}
        if number % 2:
            files = {"config": {**tokens, "chat_template": source}}
        template = ChatTemplate.from_dir(folder(place, **files))
        assert template.source == source
        if case["expected"] is not None and "strftime_now" not in source:
            assert template.render(case["messages"], **case["kwargs"]) == case["expected"]
            rendered += 1
    assert rendered > 40


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from(
    ["chat_template", "bos_token", "image_token", "extra_special_tokens", "additional_special_tokens",
     "model_specific_special_tokens", "added_tokens_decoder", "chat_control_tokens", "tokenizer_class",
     "special_tokens", "name", "template", "content", "default", "tool_use"]
)  # fmt: skip
WORDS = st.sampled_from(["{{ messages }}", "{% if %}", "", " ", "<s>", "LlamaTokenizer"])
FILE = st.dictionaries(
    KEYS,
    ANY | WORDS | st.dictionaries(KEYS, ANY | WORDS, max_size=3) | st.lists(
        st.dictionaries(KEYS, WORDS, max_size=3), max_size=3
    ),
    max_size=6,
)  # fmt: skip


@given(config=FILE, legacy=FILE, tokenizer=FILE)
@settings(max_examples=150)
def test_whatever_the_files_hold_it_is_a_template_or_an_error_in_words(
    config: Any, legacy: Any, tokenizer: Any
):
    files = {"tokenizer_config.json": config, "special_tokens_map.json": legacy, "tokenizer.json": tokenizer}  # fmt: skip

    class Memory:
        def read(self, path: str, most: int) -> bytes | None:
            return json.dumps(files[path]).encode() if path in files else None

        def additional(self) -> list[str]:
            return []

    for load in (
        lambda: ChatTemplate._of(find(Memory())),
        lambda: ChatTemplate.from_tokenizer_config(config),
        lambda: ChatTemplate.from_info(config),
        lambda: ChatTemplate.from_gguf_metadata(
            {f"tokenizer.{key}": value for key, value in config.items()}
        ),
    ):
        try:
            template = load()
            assert all(isinstance(token, str) for token in template.control_tokens)
            template.render(HI)
        except TemplateError as err:
            assert str(err)
