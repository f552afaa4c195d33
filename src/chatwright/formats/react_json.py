"""ReAct with JSON: tools for a model that has no tool calls of its own.

The model is told to write a thought and then one JSON object in a fence, or its answer. What it writes
is read as a person would read it, see `_react_parser`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from ..errors import ConstraintError, UsageError
from ..events import Malformed, Reasoning, Text, ToolCall
from ..grammar import Rules, add_constraint, add_schema, literal
from ..request import Constraint, Grammar, Message, Own, ToolSchema
from ._react_parser import ReactParser
from ._toolbox import signature, spec_of

__all__ = ["constrained", "constraint", "name", "native", "parser", "read", "show", "stop"]

name = "react_json"
stop: tuple[str, ...] = ("\nObservation",)
native = False

_TOLD = """\
Answer the question. Use a tool when it helps.

Tools:
{tools}

Each reply is a thought, then one tool call:
Thought: what to do next
Action:
```
{{"action": "tool name", "action_input": {{"argument": value}}}}
```
or, once you know it, the answer:
Thought: I know the answer
Final Answer: the answer"""
_LABEL_IN_LINE = re.compile(
    r"(?:^|(?<=[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]))"
    r"(?=[#*_ ]{0,8}(?:Observation|Thought|Action|Action Input|Final Answer|Question)(?: ?#?\d{1,3})?[*_ ]{0,3}[:：])",
    re.IGNORECASE,
)
_THINK_OPEN = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
# one that closes thinking, and is not only spoken of: a line ends behind it, or something begins
_THINK_CLOSE = re.compile(
    r"(?<![`'\"])</think(?:ing)?>\s*?(?:[\r\n]|$|(?=[{<`*#]|thought|action|final))", re.IGNORECASE
)
_THOUGHT = r"[^ \n\r] [^\n\r]{0,299}"
_ANSWER = r"[^ \t\n\r] .*"


def show(messages: Sequence[Message], tools: Sequence[ToolSchema]) -> list[Message]:
    """The messages for a template that knows only system, user and assistant, all with text.

    What the model itself wrote stays the same object, so that it stays trusted.
    """
    shown: list[Message] = []
    before = ""
    for message in messages:
        role, adapted = _adapted(message)
        # roles must alternate for many templates, and a result is now a message of the user
        if shown and {before, role} in ({"tool"}, {"tool", "user"}):
            between = "\n" if before == role else "\n\n"
            adapted = {
                **shown[-1],
                "content": f"{shown.pop()['content']}{between}{adapted['content']}",
            }
        shown.append(adapted)
        before = role
    return _with_tools(shown, tools) if tools else shown


def constraint(tools: Sequence[ToolSchema]) -> Constraint | None:
    """A grammar for one reply: a thought, then a call with arguments that fit, or an answer.

    A tool whose schema has no grammar may get any object; its arguments are checked before it runs.
    """
    return Grammar(_grammar(json.dumps(tools, default=dict))) if tools else None


def constrained(tools: Sequence[ToolSchema], answer: Constraint) -> Constraint:
    """The same grammar, where the answer has to fit a constraint of its own."""
    return Grammar(_reply(tools, answer))


@lru_cache(maxsize=64)  # an agent asks with the same tools at every step
def _grammar(tools: str) -> str:
    return _reply(json.loads(tools), None)


def _reply(tools: Sequence[ToolSchema], answer: Constraint | None) -> str:
    rules = Rules()
    rules.define("root", "")
    calls: list[str] = []
    for tool in tools:
        tool_name, _, parameters = spec_of(tool)
        start = f'{{"action": {json.dumps(tool_name, ensure_ascii=False)}, "action_input": '
        calls.append(f"{literal(start)} {_arguments(rules, tool_name, parameters)}")
    call = rules.define("call", " | ".join(calls))
    action = (
        f"{literal('Action:' + chr(10) + '```' + chr(10))} {call} {literal('}' + chr(10) + '```')}"
    )
    said = _ANSWER if answer is None else add_constraint(rules, answer, "answer")
    final = f"{literal('Final Answer: ')} {said}"
    rules.bodies["root"] = f'"Thought: " {_THOUGHT} "\\n" ({action} | {final})'
    return rules.text()


def parser(
    tools: Sequence[ToolSchema],
    *,
    thinking: bool = False,
    new_id: Callable[[], str] | None = None,
) -> ReactParser:
    """A reader for one reply; `thinking` if the prompt ended inside an open think tag."""
    return ReactParser(tools, thinking=thinking, new_id=new_id)


def read(
    reply: str, tools: Sequence[ToolSchema] = (), *, reason: str = "stop"
) -> list[Text | Reasoning | ToolCall | Malformed]:
    """The events of a reply that is there as a whole.

    A closing think tag without an opening one is then seen in time: the reply started inside it.
    """
    opened, closed = _THINK_OPEN.search(reply), _THINK_CLOSE.search(reply)
    thinking = closed is not None and (opened is None or opened.start() > closed.start())
    reader = parser(tools, thinking=thinking)
    return [*reader.feed(reply), *reader.end(reason)]


def _with_tools(shown: list[Message], tools: Sequence[ToolSchema]) -> list[Message]:
    told = _TOLD.format(tools="\n".join(_line(tool) for tool in tools))
    if shown and shown[0].get("role") == "system":
        before = shown[0]["content"]
        return [{**shown[0], "content": f"{before}\n\n{told}" if before else told}, *shown[1:]]
    return [{"role": "system", "content": told}, *shown]


def _line(tool: ToolSchema) -> str:
    tool_name, description, parameters = spec_of(tool)
    line = f"{tool_name}({signature(parameters)})"
    return f"{line}: {description}" if description else line


def _arguments(rules: Rules, tool_name: str, parameters: Mapping[str, Any]) -> str:
    kept = dict(rules.bodies)
    try:
        return add_schema(rules, {"type": "object", **parameters}, f"{tool_name} input")
    except ConstraintError:
        rules.bodies = kept
        return rules.free("object")


def _adapted(message: Message) -> tuple[str, Message]:
    """A message as a template takes it, and the role that it had."""
    role = str(message.get("role"))
    if role in ("tool", "function"):
        return "tool", {"role": "user", "content": f"Observation: {_safe(_text(message))}"}
    if role == "assistant":
        return role, _said(message)
    kept = "system" if role == "developer" else role
    return role, {**message, "role": kept, "content": _text(message)}


def _said(message: Message) -> dict[str, Any]:
    """An assistant's message, its tool calls written as the model is asked to write them."""
    rest = {k: v for k, v in message.items() if k != "tool_calls"}
    calls = cast("Sequence[Mapping[str, Any]]", message.get("tool_calls") or ())
    content = message.get("content")
    text = content if isinstance(content, Own) else _text(message)
    if not calls or isinstance(content, Own) or _holds_call(text):
        return {**rest, "content": text}
    written = [_written(call) for call in calls]
    json_text = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
    before = text.rstrip() or "Thought: I need a tool."
    return {**rest, "content": f"{before}\nAction:\n```\n{json_text}\n```"}


def _holds_call(text: str) -> bool:
    """Whether a past reply already shows its call in words."""
    return bool(text.strip()) and any(isinstance(event, ToolCall) for event in read(text))


def _written(call: Mapping[str, Any]) -> str:
    spec = cast("Mapping[str, Any]", call.get("function") or call)
    args = spec.get("arguments", spec.get("args"))
    if isinstance(args, str):
        # what is no JSON is shown as the model wrote it
        with contextlib.suppress(ValueError):
            args = json.loads(args)
    return json.dumps({"action": spec.get("name"), "action_input": args or {}}, ensure_ascii=False)


def _safe(text: str) -> str:
    """Text of a tool in which no line looks like a part of the dialogue."""
    return _LABEL_IN_LINE.sub(" ", text)


def _text(message: Message) -> str:
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = cast("list[Any]", content) if isinstance(content, list) else [content]
    return "".join(_part(part, message) for part in parts)


def _part(part: Any, message: Message) -> str:
    if isinstance(part, str):
        return part
    given: Mapping[str, Any] = (
        cast("Mapping[str, Any]", part)
        if isinstance(part, Mapping)
        else {"type": type(cast(object, part)).__name__}
    )
    kind, text = str(given.get("type", "text")), given.get("text")
    if kind != "text" or not isinstance(text, str):
        raise UsageError(
            f"a message of the {message.get('role')} holds a part of type '{kind}'",
            "this model reads text only; leave the part out, or use a model with its own tool calls",
        )
    return text
