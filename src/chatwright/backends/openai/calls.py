"""Tool calls, put together from the pieces in which servers send them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from chatwright.backends.loose import mapping, mappings, text
from chatwright.events import Malformed, ToolCall

__all__ = ["Calls"]

_TOO_LONG = 8 * 2**20


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Calls:
    """The calls of one reply. They are given out at its end: of a reply that was cut off none is run."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._at: dict[int, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, deltas: Any) -> None:
        """Pieces of calls: a list of them, or one (TGI)."""
        for delta in mappings([deltas]) or mappings(deltas):
            self._feed(delta)

    def _feed(self, delta: Mapping[str, Any]) -> None:
        told = mapping(delta.get("function"))
        call = self._of(delta, told)
        call.id = call.id or text(delta.get("id"))
        name = text(told.get("name"))
        if name != call.name:  # some repeat the name with every piece, others cut it
            call.name += name
        arguments = told.get("arguments")
        if isinstance(arguments, str):
            call.arguments += arguments if len(call.arguments) < _TOO_LONG else ""
        elif arguments is not None:
            call.arguments = json.dumps(arguments, ensure_ascii=False)

    def _of(self, delta: Mapping[str, Any], told: Mapping[str, Any]) -> _Call:
        """The call that a piece belongs to; where no index says so, a name begins another."""
        index = delta.get("index")
        if isinstance(index, int):
            known = self._at.get(index)
            other = known and known.id and delta.get("id") not in (None, "", known.id)
            if known is None or other:  # some send index 0 for every call
                known = self._at[index] = _Call()
                self._calls.append(known)
            return known
        if not self._calls or told.get("name"):
            self._calls.append(_Call())
        return self._calls[-1]

    def finished(self, reason: str) -> list[ToolCall | Malformed]:
        """The calls; one that cannot be read goes back to the model with the reason."""
        seen: set[str] = set()
        found: list[ToolCall | Malformed] = []
        for call in self._calls:
            if len(call.id) < 2 or call.id in seen:  # TGI calls every call "0"
                call.id = f"call_{uuid.uuid4().hex[:12]}"
            seen.add(call.id)
            found.append(_read(call, reason))
        return found


def _read(call: _Call, reason: str) -> ToolCall | Malformed:
    written = (
        json.dumps({"name": call.name}, ensure_ascii=False)[:-1]
        + f', "arguments": {call.arguments}}}'
    )
    if not call.name:
        return Malformed(written, "The tool call has no name.")
    try:
        args: Any = json.loads(call.arguments.strip() or "{}")
        if isinstance(args, str):  # JSON in a JSON string
            args = json.loads(args)
    except (ValueError, RecursionError) as err:
        why = "was cut off" if reason == "length" else f"is no JSON: {err}"
        return Malformed(written, f"The arguments of {call.name}: what you wrote {why}.")
    if args is None:
        args = {}
    if not isinstance(args, dict):
        return Malformed(written, f"The arguments of {call.name} are not a JSON object.")
    return ToolCall(call.id, call.name, cast("dict[str, Any]", args))
