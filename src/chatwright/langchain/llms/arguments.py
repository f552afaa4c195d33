"""How the constructors sort what they are given: fields, other names of fields, and everything else."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Mapping
from typing import Any, cast

from pydantic import SecretStr

__all__ = ["hidden_headers", "is_plain", "shown_headers", "sorted_out"]

_PLAIN = frozenset(
    ("accept", "accept-language", "content-type", "user-agent", "x-compute-type", "x-wait-for-model")
)  # fmt: skip
_PASSED_BY = ("chatwright.", "langchain_core.", "pydantic")


def sorted_out(
    given: Mapping[str, Any],
    fields: Collection[str],
    *,
    others: Mapping[str, str],
    settings: Collection[str],
) -> dict[str, Any]:
    """The constructor's arguments: what is no field stands in `model_kwargs`, with LangChain's warning.

    `others` are other names of fields. A field of `settings` (where the model is, and how to get there) that stands
    in `model_kwargs` is meant as that field; the parameters of a generation stay there, and come before the fields.
    """
    values: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in given.items():
        field = name if name in fields else others.get(name, "")
        if field and field in values:
            raise ValueError(f"Found {name} supplied twice.")
        (values if field else unknown)[field or name] = value
    more: dict[str, Any] = dict(cast("Mapping[str, Any]", values.get("model_kwargs") or {}))
    for name, value in unknown.items():
        if name in more:
            raise ValueError(f"Found {name} supplied twice.")
        _warn(name)
        more[name] = value
    for name in list(more):
        field = others.get(name, name)
        if field in settings:
            values[field] = more.pop(name)
    return {**values, "model_kwargs": more} if more or "model_kwargs" in values else values


def hidden_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers, their values out of sight but for those that are never a secret."""
    return {
        name: value if value is None or is_plain(name) else _secret(value)
        for name, value in headers.items()
    }


def shown_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """The headers as they are sent."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in headers.items()
    }


def is_plain(header: str) -> bool:
    """May everybody see the value of a header of this name?"""
    return header.lower() in _PLAIN


def _secret(value: Any) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(str(value))


def _warn(name: str) -> None:
    warnings.warn(
        f"WARNING! {name} is not default parameter. {name} was transferred to model_kwargs. "
        f"Please confirm that {name} is what you intended.",
        stacklevel=_level(),
    )


def _level() -> int:
    """How far up the line stands that called the constructor: the warning is about that one."""
    level, frame = 1, sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back and str(frame.f_globals.get("__name__", "")).startswith(_PASSED_BY):
        level, frame = level + 1, frame.f_back
    return level
