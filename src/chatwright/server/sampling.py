"""The sampling that a client asks for."""

from __future__ import annotations

from collections.abc import Mapping

from ..request import Sampling

__all__ = ["sampling_of"]

_NEUTRAL = {"typical_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}


def sampling_of(wanted: Mapping[str, float | int | None]) -> Sampling:
    """The sampling. What changes nothing is left out: not every server behind this one knows it.

    >>> sampling_of({"top_k": None, "typical_p": 1.0, "frequency_penalty": 0.5}).typical_p
    """
    return Sampling(
        **{
            name: value  # type: ignore[arg-type]
            for name, value in wanted.items()
            if value is not None and value != _NEUTRAL.get(name)
        }
    )
