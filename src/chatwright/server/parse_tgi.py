"""A TGI request as data: what to ask of the engine, and what to tell of its answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..request import Constraint, Sampling
from .constraints import grammar
from .fields import U64, Fields
from .limits import Limits
from .refusal import invalid
from .sampling import sampling_of

__all__ = ["Generate", "check_room", "parse_generate"]

_CHUNK = 1024  # TGI plans this many new tokens at a time and compares no more with its limit


@dataclass(frozen=True, slots=True)
class Generate:
    """One `/generate` or `/generate_stream`.

    `full_text` puts the prompt before the answer.
    """

    inputs: str
    sampling: Sampling
    max_new_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    told_seed: int | None = None
    constraint: Constraint | None = None
    truncate: int | None = None
    full_text: bool | None = None
    details: bool = False
    prefill: bool = False
    top_tokens: int = 0
    stream: bool = False


def parse_generate(data: Mapping[str, Any], limits: Limits, *, compat: bool = False) -> Generate:
    """The request, or the refusal that TGI would answer. `compat` is `POST /`, which has a `stream` of its own."""
    body = Fields(data)
    inputs = body.needed_text("inputs")
    stream = body.flag("stream") if compat else False
    given = body.object("parameters")
    if not inputs:
        raise invalid("`inputs` cannot be empty", "inputs")
    # Without any parameters TGI samples, with empty ones it does not.
    parameters = given or Fields({"do_sample": True})
    return _checked(inputs, parameters, limits, stream)


def check_room(inputs: int, max_new_tokens: int | None, limits: Limits) -> None:
    """Refuse what does not fit into the context, in TGI's words."""
    if inputs > limits.max_input_tokens:
        raise invalid(
            f"`inputs` must have less than {limits.max_total_tokens} tokens. Given: {inputs}",
            "inputs",
            "context_length_exceeded",
        )
    planned = min(max_new_tokens or 1, _CHUNK)
    if inputs + planned > limits.max_total_tokens:
        raise invalid(
            f"`inputs` tokens + `max_new_tokens` must be <= {limits.max_total_tokens}."
            f" Given: {inputs} `inputs` tokens and {planned} `max_new_tokens`",
            "inputs",
            "context_length_exceeded",
        )


def _checked(inputs: str, given: Fields, limits: Limits, stream: bool) -> Generate:
    _check_unsupported(given, limits, stream)
    do_sample = given.flag("do_sample")
    seed = given.whole("seed", high=U64)
    if seed is None and do_sample:
        seed = secrets.randbits(63)  # told in the details, so that the answer can be had again
    prefill = given.flag("decoder_input_details")
    if prefill and stream:
        raise invalid("`decoder_input_details` == true is not supported when streaming tokens")
    sampling = _sampling(given, do_sample)
    return Generate(
        inputs,
        sampling,
        max_new_tokens=_max_new_tokens(given),
        stop=_stop(given, limits),
        seed=seed,
        told_seed=seed if do_sample else None,
        constraint=grammar(given),
        truncate=_truncate(given, limits),
        full_text=given.maybe_flag("return_full_text"),
        details=given.flag("details") or prefill,
        prefill=prefill,
        top_tokens=_top_tokens(given, limits),
        stream=stream,
    )


def _check_unsupported(given: Fields, limits: Limits, stream: bool) -> None:
    _check_best_of(given, limits, stream)
    if given.flag("watermark"):
        raise invalid("`watermark` is not supported", "watermark")
    if given.text("adapter_id") is not None:
        raise invalid("`adapter_id` is not supported: this server has no adapters", "adapter_id")


def _check_best_of(given: Fields, limits: Limits, stream: bool) -> None:
    best_of = given.whole("best_of", high=U64)
    if best_of is None or best_of == 1:
        return
    if best_of == 0:
        raise invalid(f"`best_of` must be > 0 and <= {limits.max_best_of}. Given: 0", "best_of")
    if stream:
        raise invalid("`best_of` != 1 is not supported when streaming tokens", "best_of")
    raise invalid("`best_of` != 1 is not allowed for this endpoint", "best_of")


def _sampling(given: Fields, do_sample: bool) -> Sampling:
    temperature = _positive(given, "temperature")
    top_k = given.whole("top_k", low=-(2**31), high=2**31 - 1)
    if top_k is not None and top_k <= 0:
        raise invalid("`top_k` must be strictly positive", "top_k")
    top_p, typical_p = _share(given, "top_p"), _share(given, "typical_p")
    repetition = _positive(given, "repetition_penalty")
    frequency = given.number("frequency_penalty")
    if frequency is not None and not -2 <= frequency <= 2:
        raise invalid("`frequency_penalty` must be >= -2.0 and <= 2.0", "frequency_penalty")
    narrowed = (top_k, top_p, typical_p) != (None, None, None)
    penalties = {"repetition_penalty": repetition, "frequency_penalty": frequency}
    if not (do_sample or temperature not in (None, 1.0) or narrowed):
        return sampling_of({"temperature": 0.0, **penalties})
    chosen = {
        "temperature": 1.0 if temperature is None else temperature,
        "top_k": top_k or 0,
        "top_p": 1.0 if top_p is None else top_p,
        "min_p": 0.0,
        "typical_p": typical_p,
    }
    return sampling_of({**chosen, **penalties})


def _positive(given: Fields, name: str) -> float | None:
    value = given.number(name)
    if value is not None and value <= 0:
        raise invalid(f"`{name}` must be strictly positive", name)
    return value


def _share(given: Fields, name: str) -> float | None:
    value = given.number(name)
    if value is not None and not 0 < value < 1:
        raise invalid(f"`{name}` must be > 0.0 and < 1.0", name)
    return value


def _max_new_tokens(given: Fields) -> int | None:
    value = given.whole("max_new_tokens")
    if value == 0:
        raise invalid("`max_new_tokens` must be strictly positive", "max_new_tokens")
    return value


def _stop(given: Fields, limits: Limits) -> tuple[str, ...]:
    stop = given.texts("stop")
    if len(stop) > limits.max_stop_sequences:
        raise invalid(
            f"`stop` supports up to {limits.max_stop_sequences} stop sequences. Given: {len(stop)}",
            "stop",
        )
    if "" in stop:
        raise invalid("`stop` cannot hold an empty string: every text contains it", "stop")
    return tuple(stop)


def _truncate(given: Fields, limits: Limits) -> int | None:
    value = given.whole("truncate", high=U64)
    if value is not None and not 0 < value <= limits.max_input_tokens:
        raise invalid(
            f"`truncate` must be strictly positive and less than {limits.max_input_tokens}."
            f" Given: {value}",
            "truncate",
        )
    return value


def _top_tokens(given: Fields, limits: Limits) -> int:
    value = given.whole("top_n_tokens") or 0
    if value > limits.max_top_n_tokens:
        raise invalid(
            f"`top_n_tokens` must be >= 0 and <= {limits.max_top_n_tokens}. Given: {value}",
            "top_n_tokens",
        )
    return value
