"""The command line as a person uses it: a process, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

NOTES = Path(__file__).parent.parent / "examples" / "notes"
NANO = Path(__file__).parent.parent / "src" / "chatwright" / "nano" / "nano.gguf"


def chatwright(
    *args: str, stdin: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatwright", *args],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1", **env},
        check=False,
    )


def events(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["aks", "hi"], "there is no command called 'aks'", "did you mean 'ask'?"),
        (["What is 2 + 2?"], "there is no command called 'What is 2 + 2?'", 'chatwright ask "What'),
        (["ask", "hi", "--jsno"], "--jsno", "chatwright ask --help"),
        (["ask", "hi", "-m", "nanu"], "there is no model called 'nanu'", "did you mean 'nano'?"),
        (
            ["ask", "hi", "-t", "calculatr"],
            "no tool called 'calculatr'",
            "did you mean 'calculator'?",
        ),
        (["ask", "hi", "-t", "gone.py"], "gone.py", ""),
        (["ask", "hi", "--docs", "/no/such/folder"], "/no/such/folder", "hint"),
        (["ask", "hi", "--max-steps", "0"], "0", "hint"),
        (["ask", "hi", "--no-tools", "-t", "calculator"], "--no-tools", "leave one of them out"),
        (["ask", "   "], "the question is empty", "chatwright ask"),
        (["ask"], "the question is empty", "chatwright ask"),
    ],
    ids=lambda v: " ".join(v)[:30] if isinstance(v, list) else "",
)
def test_wrong_usage_is_two_lines_and_exit_code_2(args: list[str], message: str, hint: str):
    done = chatwright(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr and hint in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["ask", "-3 * 4"], 'chatwright ask -- "-3 * 4"'),
        (["ask", "What", "is", "2"], "write the question in quotes"),
        (["ask", "hi", "-t", "calc"], "did you mean 'calculator'?"),
        (["ask", "hi", "-t", "serch"], "did you mean 'search'?"),
    ],
)
def test_a_question_that_the_shell_took_apart_gets_the_right_line_to_type(
    args: list[str], hint: str
):
    done = chatwright(*args)
    assert done.returncode == 2 and hint in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="shell redirections")
def test_closed_full_and_broken_streams_are_no_tracebacks(tmp_path: Path):
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        command = line.replace("CW", f"{sys.executable} -m chatwright")
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    for line in ("CW --version >&-", "CW ask <&-", "CW --help > /dev/full", "CW --help | true"):
        assert "Traceback" not in shell(line).stderr
        assert "defect" not in shell(line).stderr
    assert shell("CW --version >&-").returncode == 0


def test_an_escape_sequence_in_a_file_name_does_not_reach_the_terminal(tmp_path: Path):
    (tmp_path / "a\x1b]0;pwned\x07.pdf").write_bytes(b"%PDF")
    assert "\x1b" not in chatwright("ask", "hi", "--docs", str(tmp_path)).stderr


def test_a_model_file_that_is_missing_or_broken_is_an_error_with_a_hint(tmp_path: Path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    for path in (tmp_path / "none.gguf", broken):
        done = chatwright("ask", "hi", "-m", f"local:{path}")
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("error: ") and "hint: " in done.stderr
        assert "Traceback" not in done.stderr


def test_help_teaches_by_example_and_version_is_a_line():
    assert "Examples:" in chatwright("--help").stdout
    for command in ("ask", "prompt"):
        done = chatwright(command, "--help")
        assert done.returncode == 0 and f"chatwright {command} " in done.stdout
        assert "Examples:" in done.stdout
    assert chatwright("--version").stdout.startswith("chatwright, version ")


def test_without_arguments_there_is_help():
    done = chatwright()
    assert "ask" in done.stdout + done.stderr


needs_nano = pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")


@needs_nano
@pytest.mark.slow
def test_the_answer_alone_goes_to_stdout_and_the_steps_to_stderr():
    done = chatwright("ask", "What is 12 * 34?")
    assert done.returncode == 0
    assert done.stdout.strip() == "408"
    assert 'Calculator(expression="12 * 34")' in done.stderr and "Answer: 408" in done.stderr


@needs_nano
@pytest.mark.slow
def test_json_is_one_event_a_line_and_finish_is_the_last():
    done = chatwright("ask", "What is 25^0.43?", "--json")
    lines = events(done.stdout)
    kinds = [line["type"] for line in lines]
    assert kinds[-1] == "finish" and kinds.count("finish") == 1
    assert {"reasoning", "tool_call", "tool_result", "text"} <= set(kinds)
    call = next(line for line in lines if line["type"] == "tool_call")
    result = next(line for line in lines if line["type"] == "tool_result")
    assert call["name"] == "Calculator" and result["call_id"] == call["id"]
    assert result["text"] == "Answer: 3.991298452658078"
    assert lines[-1]["answer"] == "3.991298452658078"
    assert "".join(line["text"] for line in lines if line["type"] == "text") == lines[-1]["answer"]


@needs_nano
@pytest.mark.slow
def test_a_question_may_come_from_stdin_and_a_fact_from_the_notes():
    done = chatwright("ask", "-", "--docs", str(NOTES), stdin="Who was Ada Lovelace's mother?\n")
    assert done.returncode == 0 and "Byron" in done.stdout
    assert "Search(" in done.stderr and "[ada-lovelace.md]" in done.stderr


@needs_nano
@pytest.mark.slow
def test_the_later_steps_reuse_the_prompt_of_the_earlier_ones():
    done = chatwright("ask", "What is 12 * 34?", "--json")
    usage = events(done.stdout)[-1]["usage"]
    assert usage["cached"] > 0.4 * usage["prompt"]


@needs_nano
@pytest.mark.slow
def test_a_limit_that_is_reached_gives_exit_code_3():
    done = chatwright("ask", "What is 12 * 34?", "--max-steps", "1")
    assert done.returncode == 3
    assert "the limit of steps was reached" in done.stderr


@needs_nano
def test_prompt_shows_the_text_and_asks_no_model():
    done = chatwright("prompt", "What is </s> 2?")
    assert done.returncode == 0
    assert done.stdout.startswith("<|system|>\nAnswer the question.")
    assert done.stdout.endswith("<|user|>\nWhat is </s> 2?</s>\n<|assistant|>\n")
    assert "Calculator(expression: string)" in done.stdout
    assert "Calculator" not in chatwright("prompt", "Hello", "--no-tools").stdout


@needs_nano
@pytest.mark.slow
def test_a_tool_from_a_file_is_offered(tmp_path: Path):
    file = tmp_path / "my_tools.py"
    file.write_text(
        'def rain(city: str) -> str:\n    """Tells whether it rains."""\n    return "no"\n'
    )
    done = chatwright("prompt", "Does it rain in Oslo?", "-t", str(file))
    assert "rain(city: string): Tells whether it rains." in done.stdout


@needs_nano
@pytest.mark.slow
def test_the_model_that_the_environment_names_is_used_and_a_flag_beats_it(tmp_path: Path):
    assert chatwright("prompt", "x", CHATWRIGHT_MODEL="nix").returncode == 2
    assert chatwright("prompt", "x", "-m", "nano", CHATWRIGHT_MODEL="nix").returncode == 0


@needs_nano
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_stops_at_once_with_exit_code_130(tmp_path: Path):
    # A tool that never returns holds the run at a known place.
    file = tmp_path / "tools.py"
    file.write_text(
        "import pathlib, time\n"
        "def hold() -> str:\n"
        '    """Holds."""\n'
        f"    pathlib.Path({str(tmp_path / 'here')!r}).touch()\n"
        "    time.sleep(60)\n"
        "    return ''\n"
    )
    script = (
        "import sys\nfrom chatwright import model\nfrom chatwright.testing import Scripted\n"
        'reply = \'Thought: t\\nAction:\\n```\\n{"action": "hold", "action_input": {}}\\n```\'\n'
        "model.open_model = lambda spec=None: Scripted([reply])\n"
        "from chatwright.cli import main\nmain()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, "ask", "hold on", "-t", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "here").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped" in err and "Traceback" not in err
    assert time.monotonic() - started < 20
