"""Prompts by name, without a network: `hub.pull("hwchase17/react-json")`, `hub.add("prompts/")`, `hub.names()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .langchain.prompts import add, names, pull, pull_from_langsmith

__all__ = ["add", "names", "pull", "pull_from_langsmith"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .langchain import prompts

    value = getattr(prompts, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
