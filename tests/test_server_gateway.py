"""`chatwright serve` before another server: what its clients get is what they would get there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from served_nano import Process, process

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "What is 15% of 80?"}], "temperature": 0, "max_tokens": 60}  # fmt: skip
PROMPT = {"inputs": "<|user|>\nHi</s>\n<|assistant|>\n", "parameters": {"max_new_tokens": 8, "typical_p": 0.9, "seed": 1}}  # fmt: skip
TOOL = {"type": "function", "function": {"name": "Calculator", "description": "Sums.", "parameters": {"type": "object", "properties": {"expression": {"type": "string", "enum": ["0.15*80", "80"]}}, "required": ["expression"]}}}  # fmt: skip


def told(server: Process, path: str, body: Any) -> Any:
    with server.open(path, body) as reply:
        return json.load(reply)


@pytest.mark.slow
def test_a_server_before_a_server_answers_as_the_one_behind_it():
    with process("-m", "nano") as far, process("-m", far.url) as near:
        assert told(near, "/generate", PROMPT) == told(far, "/generate", PROMPT)
        texts = [
            told(server, "/v1/chat/completions", ASKED)["choices"][0]["message"]["content"]
            for server in (near, far)
        ]
        assert texts[0] == texts[1]
        body = {**ASKED, "tools": [TOOL], "tool_choice": "required", "max_tokens": 200}
        choice = told(near, "/v1/chat/completions", body)["choices"][0]
        assert choice["message"]["tool_calls"][0]["function"]["name"] == "Calculator"
        with near.open("/generate_stream", PROMPT) as reply:
            events = [json.loads(e[6:]) for e in reply.read().decode().split("\n\n") if e]
        assert events[-1]["generated_text"] == "".join(e["token"]["text"] for e in events)
        with near.open("/info") as reply:
            assert json.load(reply)["chat_template"]
