"""A request in the engine's words."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from chatwright.errors import ContextOverflow, UsageError, did_you_mean
from chatwright.request import Constraint, Request, Sampling

__all__ = ["DEFAULTS", "body", "check", "grammar_of", "room"]

DEFAULTS = Sampling(
    temperature=0.8,
    top_k=40,
    top_p=0.95,
    min_p=0.05,
    typical_p=1.0,
    repetition_penalty=1.0,
    frequency_penalty=0.0,
    presence_penalty=0.0,
)
"""What `None` means here: the engine's own defaults, sent with every request so that no file changes them."""

# What a file asks for itself would change our answers, so that the ways to choose are said with every request.
_SAMPLERS = {
    "samplers": ["penalties", "top_k", "typ_p", "top_p", "min_p", "temperature"],
    "mirostat": 0,
}
_SIGNED = ("top_k", "frequency_penalty", "presence_penalty")
_LEAST_PENALTY = 1e-6
_MOST_LOGPROBS = 1000  # each is told beside every token
_RANDOM = 2**32 - 1  # the engine takes this seed for "none given"


def check(request: Request) -> None:
    """Refuse at once what this backend cannot do."""
    if not request.prompt and request.messages:
        raise UsageError(
            "a text backend continues a prompt and this request has messages", "render them first"
        )
    if request.logprobs is not None and not 0 <= request.logprobs <= _MOST_LOGPROBS:
        raise UsageError(f"logprobs is {request.logprobs}", f"it is from 0 to {_MOST_LOGPROBS}")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise UsageError(f"max_tokens is {request.max_tokens}", "ask for at least one token")
    for name in request.extra:
        raise UsageError(
            f"the local engine has no parameter '{name}'", did_you_mean(name, asdict(DEFAULTS))
        )
    for name, value in asdict(request.sampling).items():
        signed = name in _SIGNED
        if value is not None and not (math.isfinite(value) and (value >= 0 or signed)):
            raise UsageError(
                f"{name} is {value}", "it is a number" + ("" if signed else " from 0 up")
            )
    penalty = request.sampling.repetition_penalty
    if penalty is not None and penalty < _LEAST_PENALTY:
        raise UsageError(
            f"repetition_penalty is {penalty}", "1 is none; it divides, so 0 is too little"
        )


def room(prompt_tokens: int, max_tokens: int | None, n_ctx: int) -> int:
    """How many tokens the answer may have; a prompt that leaves none is refused."""
    left = n_ctx - prompt_tokens
    if left < 1:
        wanted = f"{max_tokens:,} more are" if max_tokens else "an answer is"
        raise ContextOverflow(
            f"the prompt has {prompt_tokens:,} tokens and {wanted} wanted, but the context holds {n_ctx:,}",
            "shorten the prompt, or open the model with a larger n_ctx",
        )
    return left if max_tokens is None else min(max_tokens, left)


def body(
    request: Request, ids: list[int], limit: int, *, n_ctx: int, grammar: str | None
) -> dict[str, Any]:
    """The engine's parameters for this request."""
    told = {name: value for name, value in asdict(request.sampling).items() if value is not None}
    sampling = asdict(DEFAULTS) | told
    return {
        "prompt": ids,
        "stream": True,
        "cache_prompt": True,
        "max_tokens": limit,
        "repeat_penalty": sampling.pop("repetition_penalty"),
        "repeat_last_n": n_ctx,  # over the whole text, as other backends do, not over the last 64 tokens
        "seed": _RANDOM if request.seed is None else request.seed % _RANDOM,
        "return_progress": True,  # a chunk for each batch of the prompt, so that it can be cancelled there
        "n_probs": 0 if request.logprobs is None else max(1, request.logprobs),
        # All that the last chunk needs to say; it would repeat the prompt.
        "response_fields": ["stop", "stop_type", "tokens_predicted"],
        **_SAMPLERS,
        **sampling,
        **({} if grammar is None else {"grammar": grammar}),
    }


def grammar_of(constraint: Constraint | None) -> str | None:
    """The constraint as GBNF, or the reason why not: some grammars the engine would drop, and one could crash it."""
    if constraint is None:
        return None
    from chatwright.grammar import to_gbnf

    return to_gbnf(constraint)
