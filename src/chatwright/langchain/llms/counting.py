"""Counting tokens: by the engine, by the server, and where neither tells an estimate that says it is one."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, cast

from chatwright.backends.client import Client
from chatwright.backends.exchange import Call
from chatwright.backends.loose import array, mapping, mappings
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import BackendError, BadReply, NotServed, Refused, ServerFailed
from chatwright.model import Model
from chatwright.request import Segment

__all__ = ["count", "estimate", "guess", "ids"]

_NOT_TOLD = (NotServed, Refused, BadReply, ServerFailed)
_BYTES_A_TOKEN = 4


def ids(model: Model, text: str) -> list[int]:
    """The ids of the tokens of a text; raises where nobody can tell them."""
    if not text:
        return []
    found = _asked(model, text)
    if found is None:
        raise BackendError(
            f"{model.name} does not tell the tokens of a text",
            "give custom_get_token_ids=..., or ask for an estimate with get_num_tokens",
        )
    return found


def count(model: Model, text: str) -> int:
    """How many tokens a text has."""
    if not text:
        return 0
    found = _asked(model, text)
    return len(found) if found is not None else guess(model.name, text)


def guess(name: str, text: str) -> int:
    """An estimate, and a warning that it is one."""
    warnings.warn(
        f"{name} does not tell the tokens of a text: their number is an estimate", stacklevel=2
    )
    return estimate(text)


def estimate(text: str) -> int:
    """About how many tokens a text has, for a tokenizer that nobody knows.

    >>> estimate("Once upon a time"), estimate("")
    (4, 0)
    """
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_A_TOKEN)


def _asked(model: Model, text: str) -> list[int] | None:
    backend: Any = model.backend
    if tokenize := getattr(backend, "tokenize", None):
        return list(cast("Sequence[int]", tokenize([Segment(text, trusted=True)])))
    try:
        if isinstance(backend, TgiBackend):
            return _of_tgi(backend.client, text)
        if isinstance(backend, OpenAIBackend):
            return _of_others(backend, text)
    except _NOT_TOLD:
        return None
    return None


def _of_tgi(client: Client, text: str) -> list[int] | None:
    told = mappings(client.ask(Call("/tokenize", {"inputs": text})).data)
    found = [token.get("id") for token in told]
    return cast("list[int]", found) if found and all(type(id) is int for id in found) else None


def _of_others(backend: OpenAIBackend, text: str) -> list[int] | None:
    body = {"model": backend.model, "prompt": text}  # vLLM, SGLang
    if backend.dialect.name == "llama-server":
        body = {"content": text, "add_special": True}
    elif backend.dialect.name == "tgi":
        return _of_tgi(backend.client, text)
    found = array(mapping(backend.client.ask(Call("/tokenize", body)).data).get("tokens"))
    return found if found and all(type(id) is int for id in found) else None
