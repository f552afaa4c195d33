"""A request in the engine's words."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import Any

from chatwright.errors import ConstraintError, ContextOverflow, UsageError
from chatwright.request import Constraint, Grammar, JsonSchema, Regex, Request, Sampling

__all__ = ["DEFAULTS", "body", "check", "grammar_of", "room"]

DEFAULTS = Sampling(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, repetition_penalty=1.0)
"""What `None` means here: the engine's own defaults, sent with every request so that no file changes them."""

_RANDOM = 2**32 - 1  # the engine takes this seed for "none given"
_DEEPEST = 250  # brackets in brackets in a grammar; the engine's parser recurses and would overflow the stack
_LONGEST = 500_000


def check(request: Request) -> None:
    """Refuse at once what this backend cannot do."""
    if not request.prompt and request.messages:
        raise UsageError(
            "a text backend continues a prompt and this request has messages", "render them first"
        )
    if request.logprobs is not None:
        raise UsageError("the local engine does not tell log probabilities", "leave logprobs out")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise UsageError(f"max_tokens is {request.max_tokens}", "ask for at least one token")
    for name in ("temperature", "top_p", "min_p", "repetition_penalty"):
        value = getattr(request.sampling, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise UsageError(f"{name} is {value}", "it is a number from 0 up")


def room(prompt_tokens: int, max_tokens: int | None, n_ctx: int) -> int:
    """How many tokens the answer may have; a prompt that leaves none is refused."""
    left = n_ctx - prompt_tokens
    if left < 1:
        raise ContextOverflow(
            f"the prompt has {prompt_tokens} tokens and the context {n_ctx}, so there is no room for an answer",
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
        "timings_per_token": True,  # the counts, for an answer that we end ourselves
        **sampling,
        **({} if grammar is None else {"grammar": grammar}),
    }


def grammar_of(constraint: Constraint | None) -> str | None:
    """The constraint as GBNF, or the reason why not."""
    match constraint:
        case None:
            return None
        case Grammar(gbnf):
            return _checked(gbnf)
        case JsonSchema(schema):
            from chatwright.grammar import schema_to_gbnf

            return _checked(schema_to_gbnf(schema))
        case Regex():
            raise ConstraintError(
                "the local engine cannot follow a regular expression yet",
                "give a JSON schema or a grammar",
            )


def _checked(gbnf: str) -> str:
    """A grammar that the engine parses or refuses; some it would drop, and one could crash it."""
    if "\0" in gbnf or len(gbnf) > _LONGEST or not _is_text(gbnf):
        raise ConstraintError(
            f"the grammar holds characters that are none, or more than {_LONGEST:,} of them"
        )
    bare = _LITERALS.sub("", gbnf)
    if not re.search(r"(?m)^\s*root\s*::=", bare):
        raise ConstraintError(
            "the grammar has no rule named root", "the answer starts with 'root ::= ...'"
        )
    if (depth := _depth(bare)) > _DEEPEST:
        raise ConstraintError(f"the grammar nests brackets {depth} deep, more than {_DEEPEST}")
    return gbnf


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_LITERALS = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*')


def _depth(bare: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[()]", bare):
        depth += 1 if bracket == "(" else -1
        deepest = max(deepest, depth)
    return deepest
