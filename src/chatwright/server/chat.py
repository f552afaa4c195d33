"""A chat's events as OpenAI's chunks, or gathered into one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..events import Event, Finish, Malformed, Reasoning, Text, ToolCall, Usage
from ..request import Logprob
from .refusal import Refusal
from .shape_openai import chat_logprobs, tool_call

__all__ = ["Ended", "Turn", "chunk"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended: OpenAI's finish reason and the tokens."""

    reason: str
    usage: Usage


@dataclass(slots=True)
class Turn:
    """One turn of the model. `see` gives what an event adds to the message, as the delta of a chunk.

    `checked` if the answer has to fit a constraint or be a call; `single` if one call is all that may come.
    """

    checked: bool = False
    single: bool = False
    logprobs: list[Logprob] = field(default_factory=list[Logprob])
    ended: Ended | None = None
    _text: list[str] = field(default_factory=list[str])
    _reasoning: list[str] = field(default_factory=list[str])
    _calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _wrong: str = ""

    def see(self, event: Event, end_reason: str = "stop") -> dict[str, Any] | None:
        """The delta of this event, or None; `end_reason` is why the engine ended, where it has."""
        match event:
            case Text(text):
                return self._said(text)
            case Reasoning(text):
                self._reasoning.append(text)
                return {"reasoning_content": text} if text else None
            case ToolCall():
                return self._called(event)
            case Malformed(text, reason):
                self._wrong = reason
                # What has been told already is not told again.
                return None if self._text or self.checked else self._said(text)
            case Finish(_, _, _, usage):
                self.ended = self._end(end_reason, usage)
                return None
            case _:
                return None

    def message(self) -> dict[str, Any]:
        """The whole message."""
        text = "".join(self._text)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self._calls:
            message["content"] = text or None
            message["tool_calls"] = self._calls
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        return message

    def choice(self, told: bool) -> dict[str, Any]:
        """The one choice of a whole reply; `told` if log probabilities are."""
        assert self.ended is not None
        return {
            "index": 0,
            "message": self.message(),
            "logprobs": chat_logprobs(self.logprobs) if told else None,
            "finish_reason": self.ended.reason,
        }

    def _said(self, text: str) -> dict[str, Any] | None:
        if not text:
            return None
        self._text.append(text)
        return {"content": text}

    def _called(self, call: ToolCall) -> dict[str, Any] | None:
        if self.single and self._calls:
            return None
        shaped = tool_call(call)
        self._calls.append(shaped)
        return {"tool_calls": [{"index": len(self._calls) - 1, **shaped}]}

    def _end(self, reason: str, usage: Usage) -> Ended:
        if self._calls:
            return Ended("tool_calls", usage)
        if self._wrong and self.checked and reason != "length":
            raise Refusal(
                424,
                f"Request failed during generation: the answer does not fit what was asked for: {self._wrong}",
                "generation",
            )
        return Ended("length" if reason == "length" else "stop", usage)


def chunk(
    delta: dict[str, Any], reason: str | None = None, told: Sequence[Logprob] = ()
) -> dict[str, Any]:
    """The choice of one chunk."""
    return {
        "index": 0,
        "delta": delta,
        "logprobs": chat_logprobs(told) if told else None,
        "finish_reason": reason,
    }
