"""What the constructor is given, sorted: fields, their other names, and parameters of the server."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any, cast

from chatwright.langchain.llms import HuggingFaceEndpoint, HuggingFaceLocal, RemoteLLM
from chatwright.langchain.llms.opened import Opened

__all__ = ["PARAMETERS", "llm_of", "sorted_out", "with_settings"]

PARAMETERS = (
    "max_tokens", "temperature", "top_p", "top_k", "min_p", "typical_p", "repetition_penalty", "frequency_penalty",
    "presence_penalty", "seed", "logprobs", "top_logprobs", "chat_template_kwargs", "parallel_tool_calls", "extra_body",
)  # fmt: skip
"""The fields that are parameters of a generation."""

_OTHERS = {
    "model_id": "given_model_id",
    "max_new_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "stop_sequences": "stop",
    "huggingfacehub_api_token": "api_key",
    "token": "api_key",
}
_NOTHING_SAID: dict[str, Any] = {
    "max_new_tokens": None,
    "top_p": None,
    "typical_p": None,
    "temperature": None,
}


def sorted_out(given: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The constructor's arguments: what is no field stands in `model_kwargs`, with LangChain's warning."""
    values: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in given.items():
        field = name if name in fields else _OTHERS.get(name)
        if field is None:
            unknown[name] = value
        elif field in values:
            raise ValueError(f"{name} is given under two names")
        else:
            values[field] = value
    if "llm" not in values and "model" in unknown:
        values["llm"] = unknown.pop("model")
    if isinstance(values.get("stop"), str):
        values["stop"] = [values["stop"]]
    if not unknown:
        return values
    more = dict(cast("Mapping[str, Any]", values.get("model_kwargs") or {}))
    for name, value in unknown.items():
        if name in more:
            raise ValueError(f"{name} is given twice, and once in model_kwargs")
        warnings.warn(
            f"WARNING! {name} is not default parameter. {name} was transferred to model_kwargs. "
            f"Please confirm that {name} is what you intended.",
            stacklevel=4,
        )
        more[name] = value
    return {**values, "model_kwargs": more}


def llm_of(name: str) -> Any:
    """The LLM that a name stands for, as far as an LLM of ours can: a list of servers is a name still."""
    name = name.strip()
    if name == "nano" or name.startswith("local:") or not name:
        return HuggingFaceLocal(name or "nano", max_new_tokens=None)
    if name.startswith(("http://", "https://")):
        return name if "," in name else HuggingFaceEndpoint(endpoint_url=name, **_NOTHING_SAID)
    return HuggingFaceEndpoint(repo_id=name, **_NOTHING_SAID)


def with_settings(llm: Any, token: str | None, timeout: float | None, retries: int | None) -> Any:
    """The LLM with what the chat model says of its server; the LLM itself stays as it is."""
    if not isinstance(llm, RemoteLLM):
        return llm
    changes: dict[str, Any] = {}
    if token is not None:
        from pydantic import SecretStr

        changes["huggingfacehub_api_token"] = SecretStr(token)
    if timeout is not None:
        changes["timeout"] = timeout
    if retries is not None:
        changes["max_retries"] = retries
    if not changes:
        return llm
    other = llm.model_copy(update=changes)
    other._opened = Opened()  # pyright: ignore[reportPrivateUsage]  # connections of its own
    return other
