"""A request in TGI's words, around its quirks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from chatwright.backends.guard import flat
from chatwright.errors import ConstraintError, UsageError
from chatwright.request import Constraint, Grammar, JsonSchema, Regex, Request, Sampling

__all__ = ["DEFAULT_MAX_STOPS", "body", "follows"]

DEFAULT_MAX_STOPS = 4
"""How many stop strings a TGI takes that does not say how many it takes."""

_SEEDS = 2**64
_INSTEAD = {"min_p": "top_p", "presence_penalty": "frequency_penalty"}


def body(
    request: Request,
    *,
    max_stops: int = DEFAULT_MAX_STOPS,
    extra: Mapping[str, Any] | None = None,
    guarded: Sequence[str] = (),
    stream: bool = False,
) -> dict[str, Any]:
    """The body of `/generate`, of `/generate_stream` and, with `stream` in it, of `/`.

    `extra` are parameters of TGI that `Request` has no field for; what `Request` says comes before them.
    """
    check(request)
    parameters = {
        "return_full_text": False,  # on `/` it is true for who does not say so
        "details": True,  # why it ended and how many tokens there were stands only there
        **_sampling(request.sampling, extra or {}),
        "max_new_tokens": request.max_tokens,
        "seed": None if request.seed is None else request.seed % _SEEDS,
        # those beyond what it takes are cut by us, as all are: it knows them at the borders of its tokens only
        "stop": list(request.stop[:max_stops]) or None,
        "grammar": _grammar(request.constraint),
        "top_n_tokens": request.logprobs or None,
    }
    mine = {name: value for name, value in parameters.items() if value is not None}
    rest = {name: value for name, value in (extra or {}).items() if value is not None}
    for name in _SAMPLED:
        rest.pop(name, None)  # `_sampling` has put these together
    whole = {"inputs": flat(request.prompt, guarded), "parameters": rest | mine}
    return {**whole, "stream": True} if stream else whole


def check(request: Request) -> None:
    """Refuse at once what this backend cannot do."""
    if request.messages and not request.prompt:
        raise UsageError(
            "a text backend continues a prompt and this request has messages", "render them first"
        )
    if request.max_tokens is not None and request.max_tokens < 1:
        raise UsageError(f"max_tokens is {request.max_tokens}", "ask for at least one token")
    for name in ("min_p", "presence_penalty"):
        if getattr(request.sampling, name):
            raise UsageError(f"TGI has no {name}", f"leave it out, or use {_INSTEAD[name]}")


def follows(constraint: Constraint | None) -> bool:
    """Can TGI keep an answer to this?"""
    match constraint:
        case JsonSchema(schema):
            return isinstance(schema.get("properties"), Mapping)
        case Grammar():
            return False
        case Regex() | None:
            return True


_SAMPLED = (
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
    "do_sample",
    "repetition_penalty",
    "frequency_penalty",
)


def _sampling(asked: Sampling, extra: Mapping[str, Any]) -> dict[str, Any]:
    """How tokens are chosen. At temperature 0 nothing is sent that would make TGI sample after all."""

    def of(name: str) -> Any:
        value = getattr(asked, name, None)
        return extra.get(name) if value is None else value

    temperature, top_k, top_p, typical_p = map(of, ("temperature", "top_k", "top_p", "typical_p"))
    penalties = {
        "repetition_penalty": (penalty := of("repetition_penalty")),
        "frequency_penalty": (frequency := of("frequency_penalty")) or None,
    }
    if temperature is not None and not (math.isfinite(temperature) and temperature >= 0):
        raise UsageError(f"temperature is {temperature}", "it is a number from 0 up")
    above = {"repetition_penalty": penalty, "top_p": top_p, "typical_p": typical_p}
    for name, value in above.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise UsageError(
                f"{name} is {value}", "TGI takes a number above 0, and 1 changes nothing"
            )
    if frequency is not None and not math.isfinite(frequency):
        raise UsageError(f"frequency_penalty is {frequency}", "it is a number")
    if temperature == 0:
        return {"do_sample": False, **penalties}
    chosen = {
        "temperature": temperature,
        "top_k": top_k if top_k and top_k > 0 else None,
        "top_p": top_p
        if top_p is not None and top_p < 1
        else None,  # 1 means off, and TGI refuses it
        "typical_p": typical_p if typical_p is not None and typical_p < 1 else None,
    }
    sampled = any(value is not None for value in chosen.values())
    given = extra.get("do_sample")
    return {**chosen, **penalties, "do_sample": given or sampled}


def _grammar(constraint: Constraint | None) -> dict[str, Any] | None:
    if not follows(constraint):
        raise ConstraintError(
            "TGI follows JSON schemas with 'properties' and regular expressions, not this constraint",
            "wrap the value into an object, or check the answer yourself",
        )
    match constraint:
        case JsonSchema(schema):
            return {"type": "json", "value": dict(schema)}
        case Regex(pattern):
            return {"type": "regex", "value": pattern}
        case _:
            return None
