"""`chatwright check`: what it finds out, what it shows, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from gguf_files import Typed, gguf_bytes, metadata, tiny_tensors, write_tiny

from chatwright.backends.facts import Fact, to_json
from chatwright.cli.checkup import Watch, checkup
from chatwright.errors import BackendError, TemplateError, UnknownModel
from chatwright.model import Model
from chatwright.testing import Scripted

NANO = Path(__file__).parent.parent / "src" / "chatwright" / "nano" / "nano.gguf"
needs_nano = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")

CALL = (
    'Thought: t\nAction:\n```\n{"action": "Calculator", "action_input": {"expression": "%s"}}\n```'
)


def check(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatwright", "check", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1", **env},
        check=False,
    )


def facts_of(model: Model | Exception, spec: str = "it", **how: Any) -> dict[str, Fact]:
    """The facts by name; `model` is what opening gives, or raises."""

    def opened() -> Model:
        if isinstance(model, Exception):
            raise model
        return model

    how = {"thorough": True, "run": True, "watch": Watch(), **how}
    return by_name(checkup(spec, opened, **how))


def by_name(facts: Iterable[Fact]) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


# What is found out


def test_a_model_that_writes_and_calls_is_well():
    found = facts_of(Scripted(["Hello there.", CALL % "12 * 34"]))
    assert {fact.state for fact in found.values()} == {"ok"}
    assert '"Hello there."' in found["sentence"].value
    assert found["call"].data["name"] == "Calculator"
    assert found["call"].data["args"] == {"expression": "12 * 34"}
    assert 'Calculator(expression="12 * 34") gave Answer: 408' in found["call"].value


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Thought: I know\nFinal Answer: 408", 'answered without calling: "408"'),
        (CALL % "12 + 34", "gave Answer: 46"),
        (CALL % "12 apples", "error"),
        ("Action:\n```\n{broken\n```", "could not be read"),
    ],
    ids=["answers by heart", "asks for something else", "asks for nonsense", "writes nonsense"],
)
def test_a_model_that_does_not_call_as_asked_is_a_remark_and_no_failure(reply: str, said: str):
    fact = facts_of(Scripted(["Hello.", *[reply] * 3]))["call"]
    assert fact.state == "warn" and said in fact.value and fact.hint


def test_a_model_that_writes_nothing_is_a_remark():
    fact = facts_of(Scripted(["", CALL % "12 * 34"]))["sentence"]
    assert fact.state == "warn" and "it wrote nothing" in fact.value


def test_an_error_of_the_model_is_a_failure_with_its_hint_and_ends_the_questions():
    found = facts_of(Scripted([BackendError("the engine failed", "try again")]))
    assert (found["sentence"].state, found["sentence"].hint) == ("fail", "try again")
    assert found["sentence"].value == "the engine failed" and "call" not in found
    late = facts_of(Scripted(["Hello.", BackendError("gone", "restart it")]))
    assert (late["call"].state, late["call"].value) == ("fail", "gone")


def test_a_template_is_told_with_what_it_shows_and_how_tools_reach_the_model():
    found = facts_of(Scripted([]), run=False)
    assert "lines, SHA-256" in found["chat template"].value
    assert found["chat template"].data["sha256"] == Scripted([]).template.sha256  # type: ignore[union-attr]
    assert found["shows"].value == "system messages"
    assert "tools" in found["does not show"].value
    assert found["tool format"].data == "react_json" and "in words" in found["tool format"].value
    assert "sentence" not in found


def test_a_backend_may_tell_facts_of_its_own():
    model = Scripted([])
    own = Fact("server", "version", "1.2.3")
    model.backend.facts = lambda: [own]  # type: ignore[attr-defined]
    assert facts_of(model, run=False)["version"] is own


def test_a_model_without_a_template_is_asked_to_go_on_with_a_text():
    model = Scripted([" there was a mouse."])
    model.template = None
    found = facts_of(model)
    assert "there was a mouse." in found["sentence"].value
    assert found["call"].state == found["chat template"].state == "warn"


def test_a_name_that_means_no_model_is_an_error_and_not_a_fact():
    with pytest.raises(UnknownModel):
        facts_of(UnknownModel("there is no model called 'x'", "known: nano"))


def test_a_model_that_does_not_open_is_a_failure():
    found = facts_of(BackendError("nobody answers", "is it running?"), "http://127.0.0.1:1")
    assert found["opening"] == Fact("model", "opening", "nobody answers", "fail", "is it running?")


def test_the_watch_is_told_of_every_step_and_of_the_weights(tmp_path: Path):
    class Remembering(Watch):
        steps: list[str] = []  # noqa: RUF012
        seen: list[int] = []  # noqa: RUF012

        def step(self, text: str) -> None:
            self.steps.append(text)

        def weights(self, done: int, whole: int) -> None:
            self.seen.append(whole - done)

    watch = Remembering()
    facts_of(Scripted(["Hello.", CALL % "12 * 34"]), watch=watch)
    assert watch.steps[-1] == "asking for a tool call"
    path = write_tiny(tmp_path / "m.gguf", tokenizer__chat_template=None)
    facts_of(TemplateError("no template"), f"local:{path}", watch=watch, run=False)
    assert watch.seen[-1] == 0


def test_a_file_without_a_template_still_tells_what_it_is(tmp_path: Path):
    path = write_tiny(tmp_path / "base.gguf", tokenizer__chat_template=None)
    error = TemplateError("this GGUF file has no chat template", "give one")
    found = facts_of(error, f"local:{path}", run=False)
    assert found["chat template"].state == "fail" and found["chat template"].hint == "give one"
    assert found["architecture"].value == "llama" and found["weights"].state == "ok"


def test_the_facts_of_a_file_are_for_people_and_for_programs(tmp_path: Path):
    path = write_tiny(
        tmp_path / "m.gguf",
        general__file_type=15,
        llama__context_length=131072,
        tokenizer__ggml__eot_token_id=258,
        llama__expert_count=Typed(4, 0),
    )
    found = facts_of(TemplateError("none"), f"local:{path}", run=False)
    assert found["parameters"].data == 37_856 and found["parameters"].value == "37,856 in 2 layers"
    assert found["quantisation"].value == "Q4_K_M (F32 100 %), 32.0 bits a weight"
    assert found["context"].data == {"trained": 131072, "used": 8192}
    assert "131,072" in found["context"].value
    assert found["vocabulary"].value == "269 tokens, byte-level BPE, split like gpt-2"
    assert "EOS </s>" in found["special tokens"].value
    assert found["threads"].data >= 1 and found["memory"].data["weights"] == path.stat().st_size
    told = to_json(found["context"])
    assert json.loads(json.dumps(told))["data"]["used"] == 8192 and "hint" not in told


def test_a_file_that_names_no_end_of_text_is_remarked(tmp_path: Path):
    path = write_tiny(tmp_path / "m.gguf", tokenizer__ggml__eos_token_id=None)
    fact = facts_of(TemplateError("none"), f"local:{path}", run=False)["special tokens"]
    assert fact.state == "warn" and "no end of text: BOS" in fact.value and fact.hint


# What is shown


@needs_nano
def test_without_a_run_the_table_is_only_what_the_file_says():
    done = check("--no-run")
    assert done.returncode == 0 and done.stderr == ""
    for expected in (
        "architecture      llama",
        "parameters        5.3",
        "quantisation      Q8_0",
        "context           trained for 4,096 tokens",
        "vocabulary        2,048 tokens",
        "chat template     from the file, ",
        "every number is finite",
        "nano looks well",
    ):
        assert expected in done.stdout
    assert "loading" not in done.stdout


@needs_nano
@pytest.mark.slow
def test_the_built_in_model_is_well_writes_and_calls():
    done = check()
    assert done.returncode == 0, done.stderr
    assert 'Calculator(expression="12 * 34") gave Answer: 408' in done.stdout
    assert "tokens a second" in done.stdout and "loading           " in done.stdout
    assert done.stdout.endswith("nano works and calls tools\n")
    assert "asking for a tool call ..." in done.stderr and "nano works" not in done.stderr


@needs_nano
@pytest.mark.slow
def test_json_is_one_object_with_the_same_facts():
    done = check("--json", CHATWRIGHT_MODEL=f"local:{NANO}")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    assert told["ok"] is True and told["model"] == f"local:{NANO}"
    assert told["verdict"].endswith("works and calls tools")
    facts = {fact["name"]: fact for fact in told["facts"]}
    assert facts["call"]["data"]["args"] == {"expression": "12 * 34"}
    assert facts["sentence"]["data"]["tokens_per_second"] > 0
    assert facts["loading"]["data"]["ms"] > 0
    assert {fact["state"] for fact in told["facts"]} == {"ok"}


def test_a_damaged_file_is_exit_code_1_with_the_reason_in_both_streams(tmp_path: Path):
    path = write_tiny(tmp_path / "model.gguf")
    os.truncate(path, path.stat().st_size - 5)
    reason = "it is cut off: tensor 'blk.1.ffn_norm.weight' lacks 5 bytes"
    done = check("-m", f"local:{path}")
    assert done.returncode == 1
    assert (
        f"✗ problem           {reason}" in done.stdout and "architecture      llama" in done.stdout
    )
    assert done.stdout.endswith("model.gguf cannot be used as it is\n")
    assert done.stderr == f"error: {reason}\nhint: download or copy the file again\n"
    told = json.loads(check("-m", f"local:{path}", "--json").stdout)
    assert told["ok"] is False
    assert [f["value"] for f in told["facts"] if f["state"] == "fail"] == [reason]


def test_a_file_whose_header_cannot_be_read_is_exit_code_1(tmp_path: Path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"<html>404</html>")
    done = check("-m", f"local:{path}")
    assert done.returncode == 1 and "error page" in done.stderr and "Traceback" not in done.stderr
    missing = check("-m", f"local:{tmp_path / 'gone.gguf'}", "--json")
    assert missing.returncode == 1 and json.loads(missing.stdout)["ok"] is False
    assert "there is no file" in missing.stderr


def test_a_broken_template_is_said_and_the_file_is_shown_all_the_same(tmp_path: Path):
    path = write_tiny(tmp_path / "model.gguf", tokenizer__chat_template="{% for %} {{")
    done = check("-m", f"local:{path}", "--no-run")
    assert done.returncode == 1 and "✗ chat template     the chat template is broken" in done.stdout
    assert "architecture      llama" in done.stdout and "error: " in done.stderr


def test_every_weight_is_looked_at_unless_quick(tmp_path: Path):
    path = tmp_path / "model.gguf"
    zeros = {"blk.0.attn_q.weight": ((32, 32), bytes(4096))}
    path.write_bytes(gguf_bytes(metadata(), {**tiny_tensors(), **zeros}))
    whole = check("-m", f"local:{path}", "--no-run")
    assert "! odd               its tensor 'blk.0.attn_q.weight' holds nothing but" in whole.stdout
    assert "with 1 remark (!)" in whole.stdout and whole.returncode == 0
    quick = check("-m", f"local:{path}", "--no-run", "--quick")
    assert "a sample read" in quick.stdout and "zeros" not in quick.stdout


@pytest.mark.slow
def test_what_only_the_engine_finds_wrong_is_a_failure_of_loading(tmp_path: Path):
    path = write_tiny(tmp_path / "model.gguf", tokenizer__ggml__pre="zork")
    done = check("-m", f"local:{path}")
    assert done.returncode == 1 and "unknown pre-tokenizer type: 'zork'" in done.stderr
    assert "✗ loading           the engine could not load model.gguf" in done.stdout


def test_what_a_file_says_does_not_steer_the_terminal(tmp_path: Path):
    path = write_tiny(tmp_path / "m.gguf", general__name="a\x1b]0;pwned\x07\x1b[31mb\nfake  line")
    done = check("-m", f"local:{path}", "--no-run")
    assert "\x1b" not in done.stdout and "\nfake" not in done.stdout


def test_wrong_usage_is_exit_code_2_and_help_teaches_by_example():
    assert check("-m", "nanu").returncode == 2
    assert check("--jsno").returncode == 2
    told = check("--help")
    assert told.returncode == 0 and "Examples:" in told.stdout and "--no-run" in told.stdout
    assert "chatwright check -m local:model.gguf" in told.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_it_with_exit_code_130(tmp_path: Path):
    # The question never gets an answer, so the command is at a known place.
    here = tmp_path / "here"
    script = (
        "import pathlib, time\nfrom chatwright import model\nfrom chatwright.testing import Scripted\n"
        "scripted = Scripted([])\n"
        "def hold(request):\n"
        f"    pathlib.Path({str(here)!r}).touch()\n"
        "    time.sleep(60)\n"
        "    yield\n"
        "scripted.backend.stream = hold\n"
        "model.open_model = lambda *args, **how: scripted\n"
        "from chatwright.cli import main\nmain(['check'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not here.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped" in err and "Traceback" not in err
    assert "chat template" in out
