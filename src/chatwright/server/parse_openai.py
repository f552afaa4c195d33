"""OpenAI requests as data: a chat, or a completion of raw prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..request import Constraint, Sampling
from .constraints import response_format
from .fields import U32, U64, Fields
from .limits import Limits
from .messages import chat_messages
from .refusal import invalid
from .sampling import sampling_of
from .tools import Tools, tools_of

__all__ = ["Chat", "Completion", "Options", "parse_chat", "parse_completion"]

_MOST_STOPS = 64
_MOST_LOGPROBS = 20
# Fields of other servers and other times that would change the answer; to pass them over would be to lie.
_REFUSED = (
    "functions", "function_call", "audio", "best_of", "use_beam_search",
    "continue_final_message", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
    "structured_outputs", "structural_tag", "grammar", "json_schema", "regex", "ebnf", "adapter_id",
    "logit_bias", "stop_token_ids", "stop_regex", "ignore_eos", "truncate_prompt_tokens", "prompt_logprobs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What chats and completions have in common.

    `logprobs` counts the likeliest tokens to tell.
    """

    model: str
    sampling: Sampling
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    logprobs: int | None = None
    stream: bool = False
    usage: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """One `/v1/chat/completions`."""

    options: Options
    messages: tuple[Mapping[str, Any], ...]
    tools: Tools
    constraint: Constraint | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """One `/v1/completions`; each prompt gets a choice of its own."""

    options: Options
    prompts: tuple[str, ...]
    echo: bool = False
    constraint: Constraint | None = None


def parse_chat(data: Mapping[str, Any], limits: Limits, served: str) -> Chat:
    """The chat, or the refusal."""
    body = Fields(data)
    messages = chat_messages(body)
    options = _options(body, served, _chat_logprobs(body))
    tools = tools_of(body)
    constraint = response_format(body)
    if tools.shown and constraint:
        raise invalid("`response_format` and `tools` cannot be used together", "response_format")
    return Chat(options, tuple(messages), tools, constraint)


def parse_completion(data: Mapping[str, Any], limits: Limits, served: str) -> Completion:
    """The completion, or the refusal."""
    body = Fields(data)
    prompts = _prompts(body, limits)
    if body.text("suffix"):
        raise invalid("suffix not supported", "suffix")
    logprobs = body.whole("logprobs", high=U32)
    if logprobs is not None and logprobs > _MOST_LOGPROBS:
        raise invalid(f"`logprobs` must be <= {_MOST_LOGPROBS}. Given: {logprobs}", "logprobs")
    options = _options(body, served, logprobs)
    return Completion(options, prompts, body.flag("echo"), response_format(body))


def _prompts(body: Fields, limits: Limits) -> tuple[str, ...]:
    if body.raw("prompt") is None:
        raise body.wrong("prompt", "missing field `prompt`")
    prompts = body.texts("prompt", or_one=True)
    if not prompts or "" in prompts:
        raise invalid("`prompt` cannot be empty", "prompt")
    if len(prompts) > limits.max_client_batch_size:
        raise invalid(
            f"batch size exceeded: number of prompts {len(prompts)} > {limits.max_client_batch_size}",
            "prompt",
        )
    return tuple(prompts)


def _options(body: Fields, served: str, logprobs: int | None) -> Options:
    _check_unsupported(body)
    stream = body.flag("stream")
    told = body.object("stream_options")
    sampling = _sampling(body)
    return Options(
        model=body.text("model") or served,
        sampling=sampling,
        max_tokens=_max_tokens(body),
        stop=_stop(body),
        seed=body.whole("seed", low=-(2**63), high=U64),
        logprobs=logprobs,
        stream=stream,
        usage=told.flag("include_usage") if told else False,
    )


def _check_unsupported(body: Fields) -> None:
    n = body.whole("n")
    if n not in (None, 1):
        raise invalid(f"`n` must be 1: this server gives one answer to a request. Given: {n}", "n")
    for name in _REFUSED:
        value = body.raw(name)
        if value and (name, value) != ("best_of", 1):
            raise invalid(f"`{name}` is not supported", name)


def _sampling(body: Fields) -> Sampling:
    wanted: dict[str, float | int | None] = {
        "temperature": _between(body, "temperature", 0, None),
        "top_p": _between(body, "top_p", 0, 1),
        "min_p": _between(body, "min_p", 0, 1),
        "top_k": _top_k(body),
        "repetition_penalty": body.number("repetition_penalty"),
        "frequency_penalty": _between(body, "frequency_penalty", -2, 2),
        "presence_penalty": _between(body, "presence_penalty", -2, 2),
    }
    repetition = wanted["repetition_penalty"]
    if repetition is not None and repetition <= 0:
        raise invalid("`repetition_penalty` must be strictly positive", "repetition_penalty")
    return sampling_of(wanted)


def _between(body: Fields, name: str, low: float, high: float | None) -> float | None:
    value = body.number(name)
    if value is None or (low <= value and (high is None or value <= high)):
        return value
    bounds = f">= {low}" if high is None else f">= {low} and <= {high}"
    raise invalid(f"`{name}` must be {bounds}", name)


def _top_k(body: Fields) -> int | None:
    value = body.whole("top_k", low=-1, high=2**31 - 1)
    return 0 if value == -1 else value  # both mean "off", in two dialects


def _max_tokens(body: Fields) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.whole(name)
        if value == 0:
            raise invalid(f"`{name}` must be strictly positive", name)
        if value is not None:
            return value
    return None


def _stop(body: Fields) -> tuple[str, ...]:
    stop = body.texts("stop", or_one=True)
    if len(stop) > _MOST_STOPS:
        raise invalid(
            f"`stop` supports up to {_MOST_STOPS} stop sequences. Given: {len(stop)}", "stop"
        )
    if "" in stop:
        raise invalid("`stop` cannot hold an empty string: every text contains it", "stop")
    return tuple(stop)


def _chat_logprobs(body: Fields) -> int | None:
    wanted, top = body.flag("logprobs"), body.whole("top_logprobs")
    if top is not None and top > _MOST_LOGPROBS:
        raise invalid(f"`top_logprobs` must be <= {_MOST_LOGPROBS}. Given: {top}", "top_logprobs")
    if top and not wanted:
        raise invalid("`top_logprobs` needs `logprobs` to be true", "top_logprobs")
    return (top or 0) if wanted else None
