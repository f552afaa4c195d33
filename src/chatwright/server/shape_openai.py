"""OpenAI's replies, from events, log probabilities and how they ended."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .. import __version__
from ..events import ToolCall, Usage
from ..request import Logprob

__all__ = [
    "FINGERPRINT",
    "Envelope",
    "chat_logprobs",
    "completion_logprobs",
    "models",
    "tool_call",
    "usage_json",
]

_IMPOSSIBLE = -9999.0  # what this protocol says for a probability of 0

FINGERPRINT = f"chatwright-{__version__}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every object of one reply begins with."""

    kind: str
    model: str
    prefix: str
    id: str = field(default_factory=lambda: uuid4().hex[:24])
    created: int = field(default_factory=lambda: int(time.time()))

    def of(self, choices: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """An object with these choices."""
        return {
            "id": f"{self.prefix}-{self.id}",
            "object": self.kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
            "choices": list(choices),
            **more,
        }


def usage_json(usage: Usage) -> dict[str, Any]:
    """Tokens, as OpenAI counts them."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }


def tool_call(call: ToolCall) -> dict[str, Any]:
    """A call in a message; its arguments are JSON in a string."""
    arguments = json.dumps(call.args, ensure_ascii=False, default=str)
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def chat_logprobs(told: Sequence[Logprob]) -> dict[str, Any]:
    """The tokens of a chat with their log probabilities."""
    content = [{**_one(t), "top_logprobs": [_one(o) for o in t.top]} for t in told]
    return {"content": content, "refusal": None}


def completion_logprobs(told: Sequence[Logprob], offset: int = 0) -> dict[str, Any]:
    """The same in the shape of completions; `offset` is where the first token's text begins."""
    offsets: list[int] = []
    for t in told:
        offsets.append(offset)
        offset += len(t.text)
    return {
        "tokens": [t.text for t in told],
        "token_logprobs": [_finite(t.logprob) for t in told],
        "top_logprobs": [{o.text: _finite(o.logprob) for o in t.top} for t in told],
        "text_offset": offsets,
    }


def models(name: str, created: int) -> dict[str, Any]:
    """`/v1/models`: the one that is served."""
    return {"object": "list", "data": [model(name, created)]}


def model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "chatwright"}


def _one(t: Logprob) -> dict[str, Any]:
    raw = list(t.text.encode(errors="replace"))
    return {"token": t.text, "logprob": _finite(t.logprob), "bytes": raw}


def _finite(logprob: float) -> float:
    return max(logprob, _IMPOSSIBLE)
