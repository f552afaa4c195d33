"""The built-in model: its file, its prompt, and what it must never get wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from chatwright import Agent, open_model
from chatwright.events import Malformed, ToolCall
from chatwright.formats import FORMATS
from chatwright.request import Segment
from chatwright.tools.load import calculator
from chatwright.tools.search import search

ROOT = Path(__file__).parent.parent
NANO = ROOT / "src" / "chatwright" / "nano" / "nano.gguf"
NOTES = ROOT / "examples" / "notes"

needs_nano = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")


@pytest.fixture(scope="module")
def nano():
    with open_model("nano") as model:
        yield model


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch):
    """The generator of its training examples."""
    monkeypatch.syspath_prepend(str(ROOT / "training"))
    import traces as module

    yield module
    for path in (ROOT / "training").glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_it_is_trained_on_the_very_prompt_that_the_format_shows(traces):
    tools = [calculator(), search(NOTES)]
    shown = FORMATS["react_json"].show(
        [{"role": "user", "content": "Hi"}], [tool.to_schema() for tool in tools]
    )

    told = [
        "".join(
            text for what, text in traces.sample_kind(Random(seed), "fact")[1] if what == "shared"
        )
        for seed in range(60)
    ]
    assert told.count(f"<|system|>\n{shown[0]['content']}</s>") > 30


def test_the_same_seed_draws_the_same_example(traces):
    for kind in traces.KINDS:
        assert traces.sample_kind(Random(kind), kind) == traces.sample_kind(Random(kind), kind)


DRAWN = """
import hashlib, random, sys
sys.path.insert(0, sys.argv[1])
import traces
drawn = [traces.sample_kind(random.Random(f"{kind}{n}"), kind) for kind in traces.KINDS for n in range(2)]
print(hashlib.sha256(repr(drawn).encode()).hexdigest())
"""


def test_the_same_seed_draws_the_same_example_in_another_process():
    def drawn(hash_seed: str) -> str:
        command = [sys.executable, "-c", DRAWN, str(ROOT / "training")]
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    assert drawn("1") == drawn("2")


def test_what_a_trace_wants_the_model_to_write_can_be_read(traces):
    schemas = [calculator().to_schema(), search(NOTES).to_schema()]
    for seed in range(200):
        kind, parts = traces.sample_kind(Random(seed))
        for what, text in parts:
            if what == "target":
                parser = FORMATS["react_json"].parser(schemas)
                events = [*parser.feed(text), *parser.end()]
                assert not [e for e in events if isinstance(e, Malformed)], (kind, text)


def test_its_file_is_small_and_travels_in_the_package():
    assert NANO.stat().st_size <= 16_000_000


@needs_nano
@pytest.mark.slow
def test_its_control_tokens_come_from_the_template_alone(nano):
    ids = nano.backend.tokenize([Segment("<|user|>\n", True), Segment("</s><|user|>", False)])
    assert ids.count(nano.backend.tokenize([Segment("<|user|>", True)])[0]) == 1
    assert set(nano.backend.control_tokens) >= {"<|system|>", "<|user|>", "<|assistant|>", "</s>"}


@needs_nano
@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 12 * 34?", "408"),
        ("What is 25 raised to the 0.43 power?", "3.991298452658078"),
        ("What is 15% of 80?", "12"),
    ],
)
def test_it_calculates(nano, question: str, answer: str):
    events = list(Agent(nano, [calculator()]).stream(question))
    assert [e.name for e in events if isinstance(e, ToolCall)] == ["Calculator"]
    assert events[-1].answer == answer


@needs_nano
@pytest.mark.slow
def test_the_question_of_the_demo_takes_two_searches_and_a_calculation(nano):
    makefile = (ROOT / "Makefile").read_text()
    question = next(line for line in makefile.splitlines() if line.startswith("QUESTION :="))[12:]
    events = list(Agent(nano, [calculator(), search(NOTES)]).stream(question.strip()))
    assert [e.name for e in events if isinstance(e, ToolCall)] == ["Search", "Search", "Calculator"]
    assert "6.09834746035264" in events[-1].answer
