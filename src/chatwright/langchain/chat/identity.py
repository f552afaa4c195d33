"""What tells one chat model from another: for caches and traces, without a secret in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from chatwright.langchain.llms import TextLLM
from chatwright.model import Model

__all__ = ["key_of", "llm_identity", "static_name"]

_PLAIN = (str, int, float, bool, list, dict)


def llm_identity(llm: Any) -> dict[str, Any]:
    """The LLM as data."""
    if isinstance(llm, TextLLM):
        return llm.asdict()
    if isinstance(llm, Model):
        return {"model": llm.name, "object": id(llm)}  # nothing else is known of it
    if isinstance(llm, str):
        return {"model": llm}
    # What an LLM of a stranger says of itself leaves out too much, so its plain fields are told as well.
    params: Any = getattr(llm, "_identifying_params", None)
    known: dict[str, Any] = dict(cast("Any", params)) if isinstance(params, Mapping) else {}
    fields: dict[str, Any] = getattr(llm, "__dict__", {})
    plain: dict[str, Any] = {
        name: value for name, value in fields.items() if isinstance(value, _PLAIN)
    }
    return {"_type": type(llm).__name__, **plain, **known}


def static_name(llm: Any) -> str:
    """What the model is called, as far as that is known without asking anybody; else where it is."""
    if isinstance(llm, TextLLM):
        where = cast("Mapping[str, Any]", llm._where())  # pyright: ignore[reportPrivateUsage]
        return llm.known_model or str(where.get("server") or type(llm).__name__)
    if isinstance(llm, str):
        return llm
    for name in ("name", "model_id", "repo_id", "model_name", "model"):
        found = getattr(llm, name, None)
        if isinstance(found, str) and found:
            return found
    return type(llm).__name__


def key_of(value: Any) -> str:
    """The value as text that is the same for the same, whatever the order of its parts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, set | frozenset | tuple):
        return sorted(str(each) for each in cast("frozenset[Any]", value))
    schema = getattr(value, "model_json_schema", None)
    return schema() if callable(schema) else f"{type(value).__name__}:{value!r}"
