"""Answers of a given shape: the schema in the model's words, and the answer checked against it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers.transform import BaseTransformOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import AddableDict, Runnable, RunnableGenerator
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_core.utils.json import parse_partial_json
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as OldModel
from pydantic.v1 import ValidationError as OldError

from chatwright.errors import UsageError, did_you_mean
from chatwright.schema import validate

from .strict import strict_schema

__all__ = ["METHODS", "Answer", "Method", "Wanted", "beside", "method_of"]

Method = Literal["function_calling", "json_schema", "json_mode"]
METHODS: tuple[Method, ...] = ("function_calling", "json_schema", "json_mode")

_FENCE = re.compile(r"^\s*```[A-Za-z]*[ \t]*\n(.*?)(?:\n[ \t]*```\s*)?$", re.DOTALL)
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The shape of an answer: its name, its schema, and the class to make of it, if there is one."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""
    kind: Any = None

    @classmethod
    def of(cls, given: Any) -> Wanted:
        """From a pydantic class (of either version), a TypedDict, a JSON schema or OpenAI's dictionary."""
        if isinstance(given, Mapping):
            return _of_dict(dict(cast("Mapping[str, Any]", given)))
        try:
            function: Any = convert_to_openai_function(given)
        except (ValueError, TypeError, AttributeError) as err:
            raise UsageError(
                f"this is no shape for an answer: {' '.join(str(err).split())[:200]}",
                "give a pydantic class, a TypedDict or a JSON schema",
            ) from err
        kind = (
            given if isinstance(given, type) and issubclass(given, BaseModel | OldModel) else None
        )
        return cls(function["name"], function["parameters"], function.get("description", ""), kind)

    def tool(self, *, strict: bool | None = None) -> dict[str, Any]:
        """The shape as a tool whose arguments are the answer."""
        function: dict[str, Any] = {
            "name": self.name,
            "description": self.description or "Give the answer.",
            "parameters": dict(self.schema),
        }
        if strict is not None:
            function["strict"] = strict
        if strict:
            function["parameters"] = strict_schema(self.schema)
        return {"type": "function", "function": function}

    def response_format(self, *, strict: bool | None = None) -> dict[str, Any]:
        """The shape as OpenAI's `response_format`."""
        schema = strict_schema(self.schema) if strict else dict(self.schema)
        told: dict[str, Any] = {"name": self.name, "schema": schema}
        if self.description:
            told["description"] = self.description
        if strict is not None:
            told["strict"] = strict
        return {"type": "json_schema", "json_schema": told}

    def bound(
        self, method: Method | None, *, strict: bool | None, tools: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """What a call is given so that its answer has the shape."""
        own = self.tool(strict=strict)
        if method == "function_calling":
            chosen: Any = {"type": "function", "function": {"name": self.name}}
            return {"tools": [*tools, own], "tool_choice": "required" if tools else chosen}
        told: dict[str, Any] = {"tools": tools} if tools else {}
        if method == "json_mode":
            return {**told, "response_format": {"type": "json_object"}}
        told["response_format"] = self.response_format(strict=strict)
        return told if method else {**told, "or_tool": own}

    def made(self, value: Any) -> Any:
        """The value as the user wants it. Raises `ValueError` with the reason where it does not fit."""
        if self.kind is None:
            if wrong := validate(value, self.schema, closed=False):
                raise ValueError(wrong)
            return value
        if issubclass(self.kind, OldModel):
            return self.kind.parse_obj(value)
        return self.kind.model_validate(value)


class Answer(BaseTransformOutputParser[Any]):
    """Reads the answer out of a reply, from a call or from JSON text, and checks it.

    A stream gives what is there so far each time that there is more: dictionaries as they grow, objects of a class
    once they are whole enough to be made. With `others`, names of tools that are none of the shape, a reply that calls
    one of them gives None.
    """

    wanted: Any
    others: bool = False

    def parse(self, text: str) -> Any:
        """The answer in a text."""
        return self._checked(AIMessage(text))

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """The answer in a reply."""
        first = result[0]
        message = first.message if isinstance(first, ChatGeneration) else AIMessage(first.text)
        if partial:
            return self._so_far(_written(message, self.wanted.name))
        return self._checked(message)

    def _transform(self, input: Iterator[str | BaseMessage]) -> Iterator[Any]:
        seen = _Seen(self)
        for chunk in input:
            yield from seen.feed(chunk)
        yield from seen.finish()

    async def _atransform(self, input: AsyncIterator[str | BaseMessage]) -> AsyncIterator[Any]:
        seen = _Seen(self)
        async for chunk in input:
            for value in seen.feed(chunk):
                yield value
        for value in seen.finish():
            yield value

    def _checked(self, message: BaseMessage) -> Any:
        if self.others and _calls_another(message, self.wanted.name):
            return None
        text = _written(message, self.wanted.name)
        try:
            return self.wanted.made(_json(text))
        except (ValueError, ValidationError, OldError, RecursionError) as err:
            raise _no_answer(message, text, err) from err

    def _so_far(self, text: str) -> Any:
        try:
            value: Any = parse_partial_json(_unfenced(text))
        except (ValueError, RecursionError):
            return None
        if self.wanted.kind is None:
            return cast("Any", value) if isinstance(value, dict) and value else None
        try:
            return self.wanted.made(value)
        except (ValueError, ValidationError, OldError):
            return None

    @property
    def _type(self) -> str:
        return "chatwright_answer"


def beside(parser: Answer) -> Runnable[Any, Any]:
    """`{"raw": ..., "parsed": ..., "parsing_error": ...}` in place of the answer or its error, streamed too."""

    def told(seen: _Seen, chunk: Any) -> Iterator[Any]:
        yield AddableDict(raw=chunk)
        yield from (AddableDict(parsed=value) for value in seen.feed(chunk))

    def last(seen: _Seen) -> Iterator[Any]:
        try:
            values = seen.finish()
        except OutputParserException as err:
            yield AddableDict(parsed=None, parsing_error=err)
            return
        yield from (AddableDict(parsed=value) for value in values)
        yield AddableDict(parsed=None, parsing_error=None)  # None adds nothing to what is there

    def each(chunks: Iterator[Any]) -> Iterator[Any]:
        seen = _Seen(parser)
        for chunk in chunks:
            yield from told(seen, chunk)
        yield from last(seen)

    async def aeach(chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        seen = _Seen(parser)
        async for chunk in chunks:
            for part in told(seen, chunk):
                yield part
        for part in last(seen):
            yield part

    return RunnableGenerator(each, aeach)


class _Seen:
    """A reply that comes in pieces, and what it has given so far."""

    def __init__(self, parser: Answer) -> None:
        self._parser = parser
        self._texts: list[str] = []
        self._whole: AIMessageChunk | None = None
        self._given: Any = None

    def feed(self, chunk: str | BaseMessage) -> list[Any]:
        message = chunk if isinstance(chunk, AIMessageChunk) else None
        plain = chunk if isinstance(chunk, str) else chunk.content
        if isinstance(plain, str) and self._whole is None and not _tells_more(message):
            self._texts.append(plain)
        else:
            self._gather(chunk)
        return self._new(self._parser._so_far(self._text()))  # pyright: ignore[reportPrivateUsage]

    def finish(self) -> list[Any]:
        if self._whole is None and not self._texts:
            return []
        message = self._whole or AIMessage("".join(self._texts))
        return self._new(self._parser._checked(message))  # pyright: ignore[reportPrivateUsage]

    def _gather(self, chunk: str | BaseMessage) -> None:
        """Merge what is more than text with all that came before it."""
        if isinstance(chunk, str):
            chunk = AIMessageChunk(content=chunk)
        elif not isinstance(chunk, AIMessageChunk):  # a model that did not stream after all
            chunk = AIMessageChunk(
                content=chunk.content,
                tool_calls=getattr(chunk, "tool_calls", []),
                invalid_tool_calls=getattr(chunk, "invalid_tool_calls", []),
                response_metadata=chunk.response_metadata,
            )
        before = self._whole
        if before is None and self._texts:
            before = AIMessageChunk(content="".join(self._texts))
            self._texts = []
        self._whole = chunk if before is None else before + chunk

    def _text(self) -> str:
        if self._whole is not None and (said := _written(self._whole, self._parser.wanted.name)):
            return said
        return "".join(self._texts)

    def _new(self, value: Any) -> list[Any]:
        if value is None or value == self._given:
            return []
        self._given = value
        return [value]


def _tells_more(message: AIMessageChunk | None) -> bool:
    """Is there more to a chunk than its text?"""
    return message is None or bool(message.tool_call_chunks or message.response_metadata)


def method_of(given: str) -> Method:
    """The method of this name."""
    if given not in METHODS:
        raise UsageError(f"there is no method '{given[:60]}'", did_you_mean(given, METHODS))
    return given


def _of_dict(given: dict[str, Any]) -> Wanted:
    function = given.get("function") if given.get("type") == "function" else given
    spec = cast("dict[str, Any]", function if isinstance(function, Mapping) else given)
    inner = spec.get("parameters") or spec.get("input_schema") or spec.get("schema")
    schema = (
        cast("dict[str, Any]", inner) if "name" in spec and isinstance(inner, Mapping) else spec
    )
    if not {"type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum"} & schema.keys():
        raise UsageError("this dictionary is no JSON schema", "give it a type and properties")
    name = str(spec.get("name") or schema.get("title") or "answer")
    told = str(spec.get("description") or schema.get("description") or "")
    return Wanted(_NOT_A_NAME.sub("_", name)[:64], schema, told)


def _written(message: BaseMessage, name: str) -> str:
    """What the model wrote as its answer: the arguments of its call, else its text."""
    if isinstance(message, AIMessageChunk):
        mine = [c for c in message.tool_call_chunks if c.get("name") in (name, None)]
        if mine:
            return mine[0].get("args") or "{}"
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            if call["name"] == name:
                return json.dumps(call["args"], ensure_ascii=False)
    return message.text


def _calls_another(message: BaseMessage, name: str) -> bool:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return bool(calls) and all(call["name"] != name for call in calls)


def _json(text: str) -> Any:
    if not text.strip():
        raise ValueError("the reply is empty")
    return json.loads(_unfenced(text))


def _unfenced(text: str) -> str:
    found = _FENCE.match(text)
    return found[1] if found else text


def _no_answer(message: BaseMessage, text: str, err: Exception) -> OutputParserException:
    told = message.response_metadata.get("malformed")
    invalid = message.invalid_tool_calls if isinstance(message, AIMessage) else []
    why = next((str(call["error"]) for call in invalid if call.get("error")), told)
    reason = why if isinstance(why, str) and why else str(err)
    if message.response_metadata.get("finish_reason") == "length":
        reason = f"the reply was cut off by max_tokens: {reason}"
    written = text or next((str(call["args"]) for call in invalid if call.get("args")), "")
    return OutputParserException(
        f"The reply is not the answer that was asked for: {reason}", llm_output=written
    )
