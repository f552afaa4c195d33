"""TGI's replies, from tokens and how they ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import __version__
from .flow import Done, Token
from .gate import Place
from .parse_tgi import Generate
from .served import Served

__all__ = ["generated", "headers", "info", "simple_tokens", "stream_event", "stream_headers"]

COMPUTE = "cpu"


def stream_event(token: Token, job: Generate, prompt_tokens: int | None) -> dict[str, Any]:
    """One event of a stream; the last one has the whole text, and the details where they are asked for."""
    done = token.done
    event: dict[str, Any] = {"index": token.index, "token": _token(token)}
    if job.top_tokens:
        event["top_tokens"] = _top(token)
    event["generated_text"] = _text(done, job) if done else None
    event["details"] = None
    if done and job.details:
        length = done.usage.prompt if prompt_tokens is None else prompt_tokens
        event["details"] = {**_details(done, job), "input_length": length}
    return event


def generated(
    tokens: Sequence[Token], done: Done, job: Generate, prefill: Sequence[tuple[int, str]]
) -> dict[str, Any]:
    """A whole reply."""
    reply: dict[str, Any] = {"generated_text": _text(done, job)}
    if not job.details:
        return reply
    details = _details(done, job)
    # The engine tells no probabilities of the prompt.
    details["prefill"] = [{"id": id_, "text": text, "logprob": None} for id_, text in prefill]
    details["tokens"] = [_token(token) for token in tokens]
    if job.top_tokens:
        details["top_tokens"] = [_top(token) for token in tokens]
    return {**reply, "details": details}


def headers(done: Done, prompt: int, place: Place) -> dict[str, str]:
    """What TGI tells of a whole reply in its headers besides; times in whole milliseconds but for the first."""
    first = place.end if place.first is None else place.first
    total = place.end - place.start
    return {
        "x-compute-time": f"{total:.6f}",
        "x-prompt-tokens": str(prompt),
        "x-generated-tokens": str(done.generated),
        "x-total-time": _ms(total),
        "x-validation-time": "0",
        "x-queue-time": _ms(first - place.start),
        "x-inference-time": _ms(place.end - first),
        "x-time-per-token": _ms(place.per_token(done.generated)),
    }


def stream_headers(job: Generate) -> dict[str, str]:
    """What can be told before the first token."""
    return {"x-compute-type": COMPUTE, "x-compute-characters": str(len(job.inputs))}


def info(served: Served) -> dict[str, Any]:
    """`/info`; beside TGI's fields it has the chat template and its special tokens."""
    limits = served.limits
    return {
        "model_id": served.name,
        "model_sha": None,
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": limits.max_concurrent_requests,
        "max_best_of": limits.max_best_of,
        "max_stop_sequences": limits.max_stop_sequences,
        "max_input_tokens": limits.max_input_tokens,
        "max_total_tokens": limits.max_total_tokens,
        "validation_workers": 1,
        "max_client_batch_size": limits.max_client_batch_size,
        "router": "text-generation-router",
        "version": __version__,
        "sha": None,
        "docker_label": None,
        "server": "chatwright",
        **served.special_tokens,
    }


def simple_tokens(text: str, tokens: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    """Tokens with the bytes of the text that they stand for; one that was added stands for none."""
    raw, at = text.encode(), 0
    found: list[dict[str, Any]] = []
    for id_, shown in tokens:
        part = shown.encode(errors="replace")
        start = at
        if raw.startswith(part, at):
            at += len(part)
        found.append({"id": id_, "text": shown, "start": start, "stop": at})
    return found


def _text(done: Done, job: Generate) -> str:
    return job.inputs + done.text if job.full_text else done.text


def _details(done: Done, job: Generate) -> dict[str, Any]:
    return {
        "finish_reason": done.reason,
        "generated_tokens": done.generated,
        "seed": job.told_seed,
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "text": token.text,
        "logprob": _finite(token.logprob),
        "special": token.special,
    }


def _top(token: Token) -> list[dict[str, Any]]:
    return [
        {"id": t.token, "text": t.text, "logprob": _finite(t.logprob), "special": False}
        for t in token.top
    ]


def _finite(logprob: float | None) -> float | None:
    """JSON has no number for what is impossible."""
    return logprob if logprob is not None and math.isfinite(logprob) else None


def _ms(seconds: float) -> str:
    return str(round(seconds * 1000))
