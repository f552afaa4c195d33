"""The walk's events as LangChain's messages: one whole `AIMessage`, or chunks as they come."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.json import parse_partial_json

from chatwright.events import (
    Event,
    Finish,
    Logprob,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    Usage,
)

from .blocks import PROVIDER
from .chunks import text_chunk

__all__ = ["Facts", "Pieces", "Whole", "result_of"]

log = logging.getLogger("chatwright")

_INPUT = {"audio_prompt": "audio", "cache_written": "cache_creation"}
_OUTPUT = {"audio_completion": "audio"}
_NAME = re.compile(r'"(?:name|action|tool)"\s*:\s*"((?:[^"\\]|\\.){1,200})"')
_ARGUMENTS = re.compile(r'^\{"name": .*?, "arguments": (.*)\}$', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a reply before it comes."""

    model: str = ""
    template_sha256: str = ""
    tools: bool = False
    usage: bool = True

    def metadata(self, finish: Finish, malformed: Malformed | None) -> dict[str, Any]:
        """The `response_metadata` of a reply that has ended."""
        told: dict[str, Any] = {
            "model_name": finish.model or self.model,
            "finish_reason": _reason(finish, malformed),
            "model_provider": PROVIDER,
        }
        if self.template_sha256:
            told["template_sha256"] = self.template_sha256
        if finish.logprobs:
            told["logprobs"] = {"content": [_logprob(each) for each in finish.logprobs]}
        if malformed is not None:
            told["malformed"] = malformed.reason
        return told

    def spent(self, usage: Usage) -> UsageMetadata | None:
        """Tokens as LangChain counts them; None where nobody told."""
        if not self.usage or not (usage.prompt or usage.completion):
            return None
        read: Any = {"cache_read": usage.cached, **_told(usage, _INPUT)}
        written: Any = {"reasoning": usage.reasoning, **_told(usage, _OUTPUT)}
        return UsageMetadata(
            input_tokens=usage.prompt,
            output_tokens=usage.completion,
            total_tokens=usage.prompt + usage.completion,
            input_token_details=read,
            output_token_details=written,
        )


@dataclass(slots=True)
class Whole:
    """Gathers the events of one reply into a message."""

    facts: Facts
    text: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    calls: list[Any] = field(default_factory=list[Any])
    invalid: list[Any] = field(default_factory=list[Any])
    malformed: Malformed | None = None
    finish: Finish | None = None

    def feed(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Text(text):
                self.text.append(text)
            case Reasoning(text):
                self.thoughts.append(text)
            case ToolCall(id_, name, args):
                self.calls.append(tool_call(name=name, args=args, id=id_))
            case Malformed():
                self.malformed = event
                if _is_call(event, self.facts):
                    self.invalid.append(_invalid(event))
            case Notice(text):
                log.warning("%s", text)
            case Finish():
                self.finish = event
            case _:
                pass

    def message(self) -> AIMessage:
        """The reply."""
        finish = self.finish or Finish("".join(self.text))
        thoughts = {"reasoning_content": "".join(self.thoughts)} if self.thoughts else {}
        return AIMessage(
            content="".join(self.text),
            tool_calls=self.calls,
            invalid_tool_calls=self.invalid,
            usage_metadata=self.facts.spent(finish.usage),
            response_metadata=self.facts.metadata(finish, self.malformed),
            additional_kwargs=thoughts,
        )


class Pieces:
    """Turns the events of one reply into chunks, as they come."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._calls = 0
        self._malformed: Malformed | None = None

    def feed(self, event: Event) -> ChatGenerationChunk | None:
        """The chunk that an event makes, if it makes one."""
        if type(event) is Text:
            return text_chunk(event.text)
        match event:
            case Reasoning(text):
                kwargs = {"reasoning_content": text}
                return _chunk(AIMessageChunk(content="", additional_kwargs=kwargs))
            case ToolCall():
                return self._call(event)
            case Malformed():
                self._malformed = event
                return self._invalid(event) if _is_call(event, self._facts) else None
            case Notice(text):
                log.warning("%s", text)
                return None
            case Finish():
                return self._last(event)
            case _:
                return None

    def _call(self, call: ToolCall) -> ChatGenerationChunk:
        args = json.dumps(call.args, ensure_ascii=False)
        piece = tool_call_chunk(name=call.name, args=args, id=call.id, index=self._calls)
        self._calls += 1
        return _chunk(
            AIMessageChunk(
                content="",
                tool_call_chunks=[piece],
                response_metadata={"model_provider": PROVIDER},
            )
        )

    def _invalid(self, event: Malformed) -> ChatGenerationChunk:
        call = _invalid(event)
        # LangChain reads the calls of a stream again from their text, and lenient as it is it would take half a call
        # for a whole one; the reason in front keeps what cannot be run from being run.
        args = call["args"] or ""
        call["args"] = f"{event.reason}\n{args}" if _readable(args) else args
        self._calls += 1
        return _chunk(
            AIMessageChunk(
                content="",
                invalid_tool_calls=[call],
                response_metadata={"model_provider": PROVIDER},
            )
        )

    def _last(self, finish: Finish) -> ChatGenerationChunk:
        told = self._facts.metadata(finish, self._malformed)
        message = AIMessageChunk(
            content="",
            response_metadata=told,
            usage_metadata=self._facts.spent(finish.usage),
            chunk_position="last",
        )
        info = {"finish_reason": told["finish_reason"], "model_name": told["model_name"]}
        return ChatGenerationChunk(message=message, generation_info=info)


def result_of(message: AIMessage) -> ChatResult:
    """The result of one call."""
    told = message.response_metadata
    info = {"finish_reason": told["finish_reason"]}
    if "logprobs" in told:
        info["logprobs"] = told["logprobs"]
    usage = message.usage_metadata
    output: dict[str, Any] = {"model_name": told["model_name"]}
    if usage:
        output["token_usage"] = {
            "prompt_tokens": usage["input_tokens"],
            "completion_tokens": usage["output_tokens"],
            "total_tokens": usage["total_tokens"],
        }
    generation = ChatGeneration(message=message, generation_info=info)
    return ChatResult(generations=[generation], llm_output=output)


def _reason(finish: Finish, malformed: Malformed | None) -> str:
    """Why it ended, in the words of OpenAI's protocol; what was wrong with it stands beside it."""
    if finish.stop_reason != "malformed":
        return finish.stop_reason
    return "length" if malformed is not None and "cut off" in malformed.reason else "stop"


def _told(usage: Usage, names: Mapping[str, str]) -> dict[str, int]:
    """Counts that few servers tell: of sounds, and of what was put into a cache."""
    found = {theirs: getattr(usage, ours, 0) for ours, theirs in names.items()}
    return {name: count for name, count in found.items() if count}


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)


def _is_call(event: Malformed, facts: Facts) -> bool:
    """Was it an attempt at a call? Without tools, or with nothing written, there is none that could be shown."""
    return facts.tools and bool(event.text.strip())


def _invalid(event: Malformed) -> Any:
    found = _NAME.search(event.text)
    arguments = _ARGUMENTS.match(event.text)
    return invalid_tool_call(
        name=found[1] if found else None,
        args=arguments[1] if arguments else event.text,
        id=f"call_{uuid4().hex[:12]}",
        error=event.reason,
    )


def _readable(text: str) -> bool:
    """Would LangChain's lenient reader take this for the arguments of a call?"""
    try:
        return isinstance(parse_partial_json(text) if text else {}, dict)
    except ValueError:
        return False


def _logprob(token: Logprob) -> Mapping[str, Any]:
    told = {"token": token.text, "logprob": token.logprob, "bytes": list(token.text.encode())}
    return {**told, "top_logprobs": [{"token": t.text, "logprob": t.logprob} for t in token.top]}
