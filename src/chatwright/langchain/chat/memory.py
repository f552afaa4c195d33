"""What was opened and worked out, for as long as the settings stay the same. It stays behind in copies that travel."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any, cast

from .identity import llm_identity
from .source import Source

__all__ = ["Memory"]


class Memory:
    """One `Source`, one LLM's identity, and the settings that they were made from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: Any = None
        self._source: Source | None = None
        self._known: tuple[Any, dict[str, Any], dict[str, Any]] | None = None

    def identity(self, llm: Any) -> dict[str, Any]:
        """What `llm_identity` says, which takes a while, worked out anew when a field of the LLM has changed."""
        fields: dict[str, Any] = getattr(llm, "__dict__", {})
        known = self._known  # looked at once: another thread may put in its own
        if known is None or known[0] is not llm or known[1] != fields:
            kept = {name: _kept(value) for name, value in fields.items()}
            known = self._known = (llm, kept, llm_identity(llm))
        return known[2]

    def get(self, key: Any, make: Callable[[], Source]) -> Source:
        """The source for these settings."""
        if self._source is not None and self._key == key:
            return self._source
        with self._lock:
            if self._source is None or self._key != key:
                self._source, self._key = make(), key
            return self._source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memory)  # what is open does not make one model differ from another

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[Memory], tuple[()]]:
        return Memory, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Memory:
        return Memory()


def _kept(value: Any) -> Any:
    """A value as it is now, also if somebody puts something into it later."""
    return copy.deepcopy(cast("Any", value)) if isinstance(value, list | dict | set) else value
