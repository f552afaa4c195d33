"""The sampling that a client asks for: what `Sampling` has a field for, and what only some backends can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from ..request import Sampling

__all__ = ["sampling_of"]

_KNOWN = frozenset(field.name for field in fields(Sampling))
_NEUTRAL = {"typical_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}


def sampling_of(wanted: Mapping[str, float | int | None]) -> tuple[Sampling, dict[str, float]]:
    """The sampling, and the settings beyond it: a backend is given them, or the reply names them in a header.

    >>> sampling_of({"top_k": None, "typical_p": 1.0, "frequency_penalty": 0.5})[1]
    {'frequency_penalty': 0.5}
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    known = {name: value for name, value in given.items() if name in _KNOWN}
    beyond = {
        name: value
        for name, value in given.items()
        if name not in _KNOWN and value != _NEUTRAL.get(name)
    }
    return Sampling(**known), beyond  # type: ignore[arg-type]
