"""What a call asks, from the constructor's arguments and its own, before it is known who answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from langchain_core.messages import BaseMessage

from chatwright.backends.openai import OpenAIBackend
from chatwright.errors import TemplateError, UsageError
from chatwright.langchain.params import merged
from chatwright.model import Model, Options
from chatwright.request import Constraint, JsonSchema, NamedTool, ToolChoice
from chatwright.templates import ChatTemplate

from .any_llm import AnyLLM
from .asked import Asked
from .messages import Shape, chat_dicts
from .options import constraint_of, options_for, without_empty
from .repair import folded
from .repair import merged as joined_turns
from .replies import Facts
from .source import Source
from .tools import choice_of, names_of, tool_schemas

__all__ = ["Question"]

Dict = dict[str, Any]

_OPEN = ("tgi", "vllm", "sglang", "llama-server")
"""Kinds of servers that take more in a message than OpenAI does."""
_ANY = JsonSchema({"type": "object"})
_FITS = "Answer with one JSON object and nothing else. It has to fit this JSON schema:\n"
_JSON = "Answer with one JSON object and nothing else."


@dataclass(slots=True)
class Question:
    """A call's own words. `given` are its parameters by the walk's names, without those that are None."""

    given: Dict
    stop: list[str] | None = None
    tools: list[Dict] = field(default_factory=list[Dict])
    choice: ToolChoice | None = None
    usage: bool = True

    @classmethod
    def of(
        cls,
        levels: Sequence[Mapping[str, Any]],
        stop: Sequence[str] | None,
        kwargs: Mapping[str, Any],
    ) -> Question:
        """From what the constructor says (`levels`, the later before the earlier) and from the call."""
        call = without_empty(kwargs)
        given = merged(*(without_empty(level) for level in levels), call)
        stops = given.pop("stop_sequences", None)
        if stop is not None:
            stops = stop
        tools = tool_schemas(given.get("tools") or (), strict=given.get("strict"))
        listed = [stops] if isinstance(stops, str) else stops
        return cls(
            given,
            stop=list(listed) if listed is not None else None,
            tools=tools,
            choice=choice_of(given.get("tool_choice"), tools),
        )

    @property
    def model(self) -> str | None:
        """The model that the call names."""
        return self.given.get("model")

    def elsewhere(self, model: Model) -> bool:
        """Does the call name a model that this one's route cannot be told of?"""
        named = self.model
        if named is None or named == model.name:
            return False
        return not hasattr(model.backend, "chat") and not isinstance(model.backend, AnyLLM)

    def asked(self, model: Model, source: Source, messages: Sequence[BaseMessage]) -> Asked:
        """The question, put to this model."""
        dicts = self.dicts(model, messages)
        given = dict(self.given)
        self._name(given, model, source)
        told: Any = given.pop("response_format", None)
        tool: Dict | None = given.pop("or_tool", None)
        constraint = constraint_of(told) if told is not None else None
        tools, choice = self.tools, self.choice
        if constraint is not None and _takes_openai(model, constraint):
            more = given.get("extra_body", {})
            given["extra_body"] = {
                **more,
                "response_format": _openai(cast("Any", told), constraint),
            }
            constraint = None
        elif constraint is not None and not _follows(model, constraint):
            if tool is None:
                dicts = _told(dicts, constraint)
            else:
                tools, choice = [*tools, tool], NamedTool(names_of([tool])[0])
            constraint = None
        options = options_for(source.llm, self.stop, given, choice=choice if tools else None)
        if constraint is not None:
            options["constraint"] = constraint
        if _dialect(model) == "tgi":
            _drop_default(options, given, source.llm)
        facts = self._facts(model, bool(tools) and choice != "none")
        return Asked(model, dicts, tools, options, facts, int(given.get("reask", 0)))

    def dicts(self, model: Model, messages: Sequence[BaseMessage]) -> list[Dict]:
        """The messages, as this model takes them."""
        template = model.template
        if template is None:
            return chat_dicts(messages, Shape(native=True, plain=_dialect(model) not in _OPEN))
        told = model.format.name == "react_json"
        return _shown(template, chat_dicts(messages, Shape(thoughts_told=told)))

    def variables(self) -> Dict:
        """Further variables of the chat template."""
        return dict(self.given.get("template_kwargs") or {})

    def _name(self, given: Dict, model: Model, source: Source) -> None:
        """Which name of a model the server is told: that of the call, or the one that the user gave."""
        named = given.pop("model", None)
        speaks = isinstance(model.backend, OpenAIBackend) and model.template is None
        if named is None and speaks and source.model_id and source.model_id != model.name:
            named = source.model_id
        if named is not None and named != model.name:
            given["model"] = named

    def _facts(self, model: Model, tools: bool) -> Facts:
        template = model.template
        name = self.model or model.name
        return Facts(name, template.sha256 if template else "", tools, self.usage)


def _follows(model: Model, constraint: Constraint) -> bool:
    follows = getattr(model.backend, "follows", None)
    return follows is None or bool(follows(constraint))


def _dialect(model: Model) -> str:
    """The kind of chat server that renders the messages; empty where we do, or where it is none of OpenAI's."""
    backend = model.backend
    return (
        backend.dialect.name
        if model.template is None and isinstance(backend, OpenAIBackend)
        else ""
    )


def _takes_openai(model: Model, constraint: Constraint) -> bool:
    """Is `response_format` sent as the user wrote it?"""
    return isinstance(constraint, JsonSchema) and _dialect(model) in ("openai", *_OPEN[1:])


def _openai(told: Mapping[str, Any], constraint: Constraint) -> Dict:
    """A `response_format` in OpenAI's own form, whichever it came in."""
    if told.get("type") == "json_schema" and "json_schema" in told:
        return dict(told)
    if isinstance(constraint, JsonSchema) and constraint != _ANY:
        schema = {"name": "answer", "schema": dict(constraint.schema)}
        return {"type": "json_schema", "json_schema": schema}
    return {"type": "json_object"}


def _drop_default(options: Options, given: Dict, llm: Any) -> None:
    """TGI's chat route has no `typical_p`; as a default of the LLM it is not worth a notice."""
    said = {*given, *getattr(llm, "model_fields_set", ()), *getattr(llm, "model_kwargs", ())}
    if "typical_p" not in said and "sampling" in options:
        options["sampling"] = replace(options["sampling"], typical_p=None)


def _told(messages: list[Dict], constraint: Constraint) -> list[Dict]:
    """The shape of the answer in words, for a model that cannot be held to it."""
    if not isinstance(constraint, JsonSchema):
        raise UsageError(
            f"this model cannot be held to a {type(constraint).__name__}",
            "ask for JSON, or check the answer",
        )
    words = (
        _JSON if constraint == _ANY else _FITS + json.dumps(constraint.schema, ensure_ascii=False)
    )
    return joined_turns([*messages, {"role": "system", "content": words}])


def _shown(template: ChatTemplate, messages: list[Dict]) -> list[Dict]:
    """The messages as this template shows them all; what it would leave out is put where it does not."""
    system = [at for at, message in enumerate(messages) if message["role"] == "system"]
    if not system:
        return messages
    if not template.capabilities.system:
        return folded(messages)
    return messages if system == [0] else _unless_lost(template, messages)


def _unless_lost(template: ChatTemplate, messages: list[Dict]) -> list[Dict]:
    """System messages that are not the first one are dropped by many templates, without a word."""
    told = [m["content"] for m in messages if m["role"] == "system"]
    plain = [
        m
        for m in messages
        if m["role"] in ("system", "user", "assistant") and not m.get("tool_calls")
    ]
    try:
        shown = template.render(plain, add_generation_prompt=True)
    except TemplateError:
        return messages  # it refuses them, and they are joined then
    return messages if all(text.strip() in shown for text in told) else joined_turns(messages)
