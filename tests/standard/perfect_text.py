"""The perfect model once more, as one that continues prompts: it reads what a template and ReAct-JSON made of a chat."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from serving import Echo
from strict_answers import answer, tokens

from chatwright.events import Usage
from chatwright.request import End, Grammar, JsonSchema, Piece, Request

__all__ = ["Perfect"]

_TURN = re.compile(r"^(system|user|assistant): ", re.MULTILINE)
_TOOL = re.compile(r"^(\w+)\((.*)\): (.*)$", re.MULTILINE)
_KNOWS = "Thought: I know the answer\nFinal Answer: "


class Perfect(Echo):
    """Answers the prompts of the template of `serving.py`. A token is a word."""

    n_ctx = 100_000

    def stream(self, request: Request) -> Iterator[Piece | End]:
        text = _reply(request)
        cut = min((at for s in request.stop if (at := text.find(s)) >= 0), default=len(text))
        words = tokens(text[:cut])
        for word in words[: request.max_tokens]:
            yield Piece(word, (len(word),))
        ended = request.max_tokens is None or len(words) < request.max_tokens
        prompt = len(tokens("".join(s.text for s in request.prompt)))
        yield End("stop" if ended else "length", Usage(prompt, len(words[: request.max_tokens])))

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        for item in self.stream(request):
            yield item


def _reply(request: Request) -> str:
    body = _read("".join(segment.text for segment in request.prompt))
    match request.constraint:
        case JsonSchema(schema) if {"name", "arguments"} <= schema.get("properties", {}).keys():
            return _json_call(body)
        case JsonSchema(schema):
            if not schema.get("properties"):
                return answer({**body, "response_format": {"type": "json_object"}}).text
            told = {"name": "answer", "schema": schema}
            return answer({**body, "response_format": {"type": "json_schema", "json_schema": told}}).text  # fmt: skip
        case Grammar(gbnf) if "Final Answer" not in gbnf:
            body["tool_choice"] = "required"
        case _:
            pass
    said = answer(body)
    if not said.calls:
        return (_KNOWS if body["tools"] else "") + said.text
    name, args = said.calls[0]
    call = json.dumps({"action": name, "action_input": json.loads(args)}, ensure_ascii=False)
    return f"Thought: I need {name}.\nAction:\n```\n{call}\n```"


def _json_call(body: dict[str, Any]) -> str:
    name, args = answer({**body, "tool_choice": "required"}).calls[0]
    return json.dumps({"name": name, "arguments": json.loads(args)}, ensure_ascii=False)


def _read(prompt: str) -> dict[str, Any]:
    """The messages and the tools in a prompt."""
    _, *parts = _TURN.split(prompt)
    turns = zip(parts[::2], parts[1::2], strict=True)
    messages = [{"role": role, "content": text.rstrip("\n")} for role, text in turns]
    messages = messages[:-1]  # the turn that is the model's
    for message in messages:
        if message["role"] == "user" and message["content"].startswith("Observation: "):
            message["role"] = "tool"
    shown = "\n".join(m["content"] for m in messages if m["role"] == "system")
    return {"messages": messages, "tools": [_tool(*found) for found in _TOOL.findall(shown)]}


def _tool(name: str, args: str, description: str) -> dict[str, Any]:
    found = re.findall(r"(\w+)\??: (\w+)", args)
    properties = {arg: {"type": kind if kind in _KINDS else "string"} for arg, kind in found}
    parameters = {"type": "object", "properties": properties}
    return {"function": {"name": name, "description": description, "parameters": parameters}}


_KINDS = ("string", "integer", "number", "boolean", "array", "object")
