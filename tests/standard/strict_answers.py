"""A perfect model, made from rules: it reads the request and answers as a good model would, the same every time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Reply", "answer", "tokens"]

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """Text, or calls as (name, arguments)."""

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    reason: str = "stop"
    reasoning: int = 0
    """Tokens of thought that are not shown."""


def tokens(text: str) -> list[str]:
    """Words with the space before them, and every other character by itself."""
    return re.findall(r" ?\w+|\W", text)


def answer(body: Body) -> Reply:
    """What the model says to this request."""
    messages = body["messages"]
    question = _text_of(next((m for m in reversed(messages) if m["role"] == "user"), {}))
    tool = _tool_for(body, question)
    thought = 16 if body.get("reasoning_effort") not in (None, "none", "minimal") else 0
    if tool:
        return _calls(body, tool, question, thought)
    text = _cut(_says(body, question), body.get("stop"))
    limit = _limit(body)
    if limit is not None and len(tokens(text)) > limit:
        return Reply("".join(tokens(text)[:limit]), reason="length", reasoning=thought)
    return Reply(text, reasoning=thought)


def _calls(body: Body, tool: Body, question: str, thought: int) -> Reply:
    made = json.dumps(_Fit(question).value(tool.get("parameters") or {"type": "object"}, "")
                      or {}, ensure_ascii=False)  # fmt: skip
    limit = _limit(body)
    if limit is not None and len(tokens(made)) > limit:
        cut = "".join(tokens(made)[:limit])
        return Reply(calls=[(tool["name"], cut)], reason="length", reasoning=thought)
    # A call that was forced by name ends in "stop", as OpenAI's does.
    reason = "stop" if isinstance(body.get("tool_choice"), dict) else "tool_calls"
    return Reply(calls=[(tool["name"], made)], reason=reason, reasoning=thought)


def _limit(body: Body) -> int | None:
    return body.get("max_completion_tokens") or body.get("max_tokens")


def _says(body: Body, question: str) -> str:
    wanted = body.get("response_format") or {"type": "text"}
    if wanted["type"] == "json_schema":
        return json.dumps(_Fit(question).value(wanted["json_schema"]["schema"], ""))
    if wanted["type"] == "json_object" or "nothing other than json" in question.lower():
        return json.dumps({name: f"a {name} of mine" for name in _keys(body)})
    last = body["messages"][-1]
    if last["role"] == "tool":
        return f"The tool says: {_text_of(last)}"
    return f"Hello! I read: {question} Is there anything else that I can do for you?"


def _keys(body: Body) -> list[str]:
    """The keys that somebody asked for in quotes, the last one to do so."""
    for message in reversed(body["messages"]):
        if found := re.findall(r"['\"`](\w+)['\"`]", _text_of(message)):
            return list(dict.fromkeys(found))
    return ["answer"]


def _tool_for(body: Body, question: str) -> Body | None:
    """The tool that is forced, or the one that the question is about."""
    tools = [tool["function"] for tool in body.get("tools") or ()]
    choice = body.get("tool_choice") or "auto"
    if choice == "none" or not tools:
        return None
    if isinstance(choice, dict):
        return next(tool for tool in tools if tool["name"] == choice["function"]["name"])
    fitting = [tool for tool in tools if _about(tool, question)]
    if choice == "required":
        return (fitting or tools)[0]
    fresh = body["messages"][-1]["role"] == "user"
    return fitting[0] if fitting and fresh else None


def _about(tool: Body, question: str) -> bool:
    words = {w for w in re.split(r"[^a-z0-9]+", tool["name"].lower()) if len(w) > 3}
    return bool(words & set(re.findall(r"[a-z0-9]+", question.lower())))


def _text_of(message: Body) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def _cut(text: str, stop: str | Sequence[str] | None) -> str:
    stops = [stop] if isinstance(stop, str) else stop or []
    return text[: min((at for s in stops if (at := text.find(s)) >= 0), default=len(text))]


@dataclass
class _Fit:
    """Values that fit a schema, taken from the question where it has them."""

    question: str
    root: Body = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", self.question)]
        self.quoted = re.findall(r"['\"`]([^'\"`]+)['\"`]", self.question)
        self.places = re.findall(r" in ((?:[A-Z][\w]*,? ?)+)", self.question)

    def value(self, schema: Body, name: str) -> Any:
        self.root = self.root or schema
        if "$ref" in schema:
            return self.value(self._at(schema["$ref"]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            full = [each for each in choices if each.get("type") != "null"]
            return self.value((full or choices)[0], name)
        if "allOf" in schema:
            parts = [self._at(p["$ref"]) if "$ref" in p else p for p in schema["allOf"]]
            return self.value({k: v for part in parts for k, v in part.items()}, name)
        return self._typed(schema, name)

    def _typed(self, schema: Body, name: str) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next(k for k in kind if k != "null")
        match kind:
            case "object":
                found = schema.get("properties", {})
                return {name: self.value(part, name) for name, part in found.items()}
            case "array":
                count = max(1, schema.get("minItems", 1))
                return [self.value(schema.get("items", {}), name) for _ in range(count)]
            case "integer" | "number":
                return self._number(schema, kind)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._text(schema, name)

    def _number(self, schema: Body, kind: str) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1e9) + 1)
        high = schema.get("maximum", schema.get("exclusiveMaximum", 1e9) - 1)
        found = self.numbers.pop(0) if self.numbers else 1.0
        near = min(max(found, low), high)
        return int(near) if kind == "integer" or near == int(near) else near

    def _text(self, schema: Body, name: str) -> str:
        hints = self.quoted or self.places
        found = hints.pop(0).strip() if hints else f"a {name.replace('_', ' ')} of mine"
        found = found.ljust(schema.get("minLength", 0), ".")
        return found[: schema.get("maxLength", len(found))]

    def _at(self, ref: str) -> Body:
        here: Any = self.root
        for step in ref.removeprefix("#/").split("/"):
            here = here[step]
        return here
