"""`chatwright check` of a server: what it is, what it takes, how it does, and what is wrong with it in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse_reply

from chatwright import open_model
from chatwright.backends.facts import Fact
from chatwright.cli.checkup import Watch, checkup

CALL = {
    "index": 0,
    "id": "c1",
    "function": {"name": "Calculator", "arguments": '{"expression": "12 * 34"}'},
}
WORDS = 'Thought: t\nAction:\n```\n{"action": "Calculator", "action_input": {"expression": "12 * 34"}}\n```'
NO_TOOLS = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
VLLM = {"data": [{"id": "org/m", "owned_by": "vllm", "max_model_len": 4096}]}
TGI_INFO = {
    "router": "r", "model_id": "org/m", "version": "3.3.7", "max_total_tokens": 2048, "max_stop_sequences": 4,
    "chat_template": "{% for m in messages %}{{ m.content }}\n{% endfor %}", "eos_token": "</s>",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_lies_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "CHATWRIGHT_HUB_URL", "CHATWRIGHT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


def delta(reason: str | None = None, **said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def said(text: str) -> bytes:
    return sse_reply(delta(content=text), delta("stop"), "[DONE]")


def well(c: Connection) -> bytes:
    """A chat server that calls the tool that it is given."""
    if c.request.json.get("tools"):
        return sse_reply(delta(tool_calls=[CALL]), delta("tool_calls"), "[DONE]")
    return said("Hello there.")


def no_tools(c: Connection) -> bytes:
    if c.request.json.get("tools"):
        return json_reply({"message": NO_TOOLS}, 400)
    return said(WORDS if "Calculator" in str(c.request.json["messages"]) else "Hello there.")


def server(chat: Callable[[Connection], bytes] | bytes = well, **routes: Any) -> FaultServer:
    """A vLLM; `routes` (named without slashes) come before its own."""
    known = {"v1models": json_reply(VLLM), "version": json_reply({"version": "0.12.0"}), **routes}

    def script(c: Connection) -> None:
        answer = known.get(c.request.target.partition("?")[0].replace("/", "").replace("-", ""))
        if answer is None and c.request.target == "/v1/chat/completions":
            answer = chat
        c.send((answer(c) if callable(answer) else answer) or reply(404))

    return FaultServer(script)


def served(
    there: FaultServer, *, spec: str = "", run: bool = True, **options: Any
) -> dict[str, Fact]:
    spec = spec or there.url
    facts = checkup(
        spec,
        lambda: open_model(spec, timeout=5, **options),
        thorough=True,
        run=run,
        watch=Watch(),
    )
    return {fact.name: fact for fact in facts}


def check(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatwright", "check", *args],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NO_COLOR": "1", **env},
    )  # fmt: skip


def test_a_server_that_is_well_is_told_in_rows():
    with server() as there:
        found = served(there)
    assert {name: fact.state for name, fact in found.items() if fact.state != "ok"} == {}
    assert found["address"].value == there.url
    assert found["kind"].value == "vLLM 0.12.0" and found["kind"].data == "vllm"
    assert found["model"].value == "org/m"
    assert found["context"].data == 4096
    assert found["constraints"].data == ["json", "regex", "grammar"]
    assert found["route"].data == "chat"
    assert "server's own" in found["chat template"].value
    assert '"Hello there."' in found["sentence"].value
    assert found["call"].data["args"] == {"expression": "12 * 34"}
    assert found["tools"].data == "native"


def test_a_server_that_takes_no_tools_is_told_them_in_words_and_the_hint_says_how_to_change_it():
    with server(no_tools) as there:
        found = served(there)
    assert found["call"].state == "ok"
    assert found["tools"].state == "warn" and found["tools"].data == "react_json"
    assert "--enable-auto-tool-choice" in found["tools"].hint


def test_a_text_server_shows_where_its_template_is_from_and_that_prompts_are_rendered_here():
    generate = sse_reply(
        {"index": 1, "token": {"id": 1, "text": WORDS, "special": False}, "generated_text": WORDS}
    )
    with server(info=json_reply(TGI_INFO), generate_stream=generate) as there:
        found = served(there)
    assert found["kind"].value == "TGI 3.3.7"
    assert found["route"].data == "text"
    assert found["chat template"].data["source"] == "from the server"
    assert found["context"].data == 2048
    assert "tools" not in found and found["call"].state == "ok"


def test_what_a_server_does_not_tell_is_a_remark():
    with server(v1models=json_reply({"data": [{"id": "m"}]})) as there:
        found = served(there, run=False)
    assert found["context"].state == "warn"
    assert found["kind"].data == "openai"
    assert there.requests[-1].method == "GET"


@pytest.mark.parametrize(
    ("routes", "said_"),
    [
        ({"info": reply(401)}, "401"),
        ({"v1models": reply(200, b"<html>hello</html>", "text/html")}, "no model server"),
        ({"v1models": json_reply({"data": []})}, "no model server"),
    ],
    ids=["wants a token", "a web page", "no models"],
)
def test_what_is_no_model_server_fails_with_the_reason(routes: dict[str, Any], said_: str):
    with server(**routes) as there:
        found = served(there)
    assert found["opening"].state == "fail"
    assert said_ in found["opening"].value and found["opening"].hint


@pytest.mark.parametrize(
    ("answer", "state", "said_"),
    [
        (json_reply({"error": "CUDA out of memory"}, 500), "fail", "CUDA out of memory"),
        (sse_reply(delta(content="Hel")), "fail", "ended before the answer did"),
        (said(""), "warn", "it wrote nothing"),
    ],
    ids=["500", "cut off", "nothing"],
)
def test_a_server_that_cannot_answer_is_told_in_its_own_words(
    answer: bytes, state: str, said_: str
):
    with server(answer) as there:
        found = served(there)
    assert found["sentence"].state == state and said_ in found["sentence"].value


def test_the_command_prints_a_table_and_the_verdict():
    with server() as there:
        done = check("-m", there.url)
    assert done.returncode == 0, done.stderr
    assert "vLLM 0.12.0" in done.stdout and "4,096 tokens" in done.stdout
    assert done.stdout.rstrip().endswith(f"{there.url} works and calls tools")


def test_json_is_one_object_and_a_failure_ends_with_1():
    with server(json_reply({"error": "boom"}, 500)) as there:
        done = check("-m", there.url, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["ok"] is False
    rows = {fact["name"]: fact for fact in told["facts"]}
    assert rows["sentence"]["state"] == "fail" and "boom" in rows["sentence"]["value"]
    assert "boom" in done.stderr


def test_nobody_there_is_a_sentence_and_no_traceback():
    with FaultServer(lambda c: None) as gone:
        pass
    done = check("-m", gone.url)
    assert done.returncode == 1
    assert "there is no connection" in done.stdout and "Traceback" not in done.stderr


def test_a_model_of_the_hub_shows_its_providers(monkeypatch: pytest.MonkeyPatch):
    told = {"data": [{"id": "org/m", "providers": [
        {"provider": "groq", "status": "live", "context_length": 8192, "supports_tools": True, "supports_structured_output": False},
        {"provider": "nscale", "status": "live", "context_length": 4096},
    ]}]}  # fmt: skip
    with server(v1models=json_reply(told)) as there:
        monkeypatch.setenv("CHATWRIGHT_HUB_URL", there.url)
        found = served(there, spec="org/m")
        done = check("-m", "org/m:groq")
        odd = served(there, spec="org/other", run=False)
        gone = served(there, spec="org/m:together", run=False)
    assert found["providers"].data == ["groq", "nscale"]
    assert found["context"].value == "4,096 to 8,192 tokens"
    assert found["JSON schema"].data == []
    assert found["call"].state == "ok"
    assert done.returncode == 0 and "org/m at groq" in done.stdout
    assert odd["providers"].state == gone["providers"].state == "warn"
    assert "take one of these: groq, nscale" in gone["providers"].hint


def test_an_endpoint_shows_its_state_and_what_it_is(monkeypatch: pytest.MonkeyPatch):
    def look(c: Connection) -> bytes:
        status = {"state": "running", "url": c.server.url}
        return json_reply({"name": "it", "status": status, "model": {"repository": "org/m"}})

    with server(v2endpointadait=look) as there:
        found = served(there, spec="endpoint:ada/it", base_url=there.url)
    assert found["state"].value == "running" and found["repository"].value == "org/m"
    assert found["kind"].data == "vllm" and found["call"].state == "ok"


def test_a_paused_endpoint_fails_with_what_to_do():
    told = json_reply({"name": "it", "status": {"state": "paused"}})
    with server(v2endpointadait=told) as there:
        found = served(there, spec="endpoint:ada/it", base_url=there.url)
    assert "is paused" in found["opening"].value and "resume" in found["opening"].hint


def test_replicas_are_told_one_by_one():
    with server() as a, server() as b:
        found = served(a, spec=f"{a.url},{b.url}")
    assert found[a.url].value == found[b.url].value == "up"
    assert found["call"].state == "ok"
