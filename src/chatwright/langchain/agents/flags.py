"""What a LangChain tool says of itself in its `metadata`: `{"writes": True, "idempotent": True, ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from chatwright.errors import UsageError
from chatwright.tools import Tool

__all__ = ["Flags", "flags_of"]

_YES_OR_NO = ("writes", "idempotent", "trusted")


@dataclass(frozen=True, slots=True)
class Flags:
    """As of `chatwright.Tool`: what the loop has to know of a tool beside its arguments."""

    writes: bool = False
    idempotent: bool = False
    trusted: bool = False
    timeout: float | None = None


def flags_of(tool: Any) -> Flags:
    """The flags of a LangChain tool: those of the chatwright tool that it was made of, and over them its metadata."""
    origin = getattr(tool, "origin", None)
    given: Any = getattr(tool, "metadata", None)
    told = cast("Mapping[str, Any]", given if isinstance(given, Mapping) else {})
    usual = origin if isinstance(origin, Tool) else Flags()
    found = {name: told.get(name, getattr(usual, name)) for name in (*_YES_OR_NO, "timeout")}
    for name in _YES_OR_NO:
        if not isinstance(found[name], bool):
            raise UsageError(
                f"the metadata of the tool '{tool.name}' says {name}={found[name]!r}",
                "write True or False",
            )
    timeout = found["timeout"]
    if timeout is not None and (not isinstance(timeout, int | float) or not timeout > 0):
        raise UsageError(f"the timeout of the tool '{tool.name}' is {timeout!r}", "give seconds")
    return Flags(**found)
