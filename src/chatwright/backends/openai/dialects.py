"""How servers that speak OpenAI's protocol differ, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chatwright.errors import UsageError, did_you_mean

__all__ = ["DIALECTS", "HERE", "Dialect", "dialect_of"]

HERE = object()
"""Stands in a constraint's shape where the schema, the pattern or the grammar goes."""

Shape = Mapping[str, Any]

_SCHEMA: Shape = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": HERE},
    }
}
_EVERYWHERE = {
    name: name for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty")
}


@dataclass(frozen=True)
class Dialect:
    """What one kind of server wants to be told, and how.

    `schema`, `regex` and `grammar` are the fields that constrain an answer, None where the server would ignore
    every such field. `sampling` names the fields of `Sampling` that it knows, in its own words.
    """

    name: str
    schema: Shape | None = field(default_factory=lambda: _SCHEMA)
    regex: Shape | None = None
    grammar: Shape | None = None
    sampling: Mapping[str, str] = field(default_factory=lambda: _EVERYWHERE)
    top_k_off: int | None = None
    max_stops: int = 4
    usage_in_stream: bool = True
    template_kwargs: bool = True
    """Does it take variables for its chat template? One that does not would ignore them."""
    forces_calls: bool = True
    """Does it hold a model to a call where one is required? One that does not is told the tools in words."""
    named_tool: bool = True
    """Can a tool be chosen by its name? One that cannot takes `required`, and is told of that tool alone."""
    gbnf: bool = False
    """Is its `grammar` one in GBNF? Then a pattern can be written as one."""
    end_token_in_text: bool = False
    owners: tuple[str, ...] = ()
    """What such a server calls itself in `owned_by` of `/v1/models`."""


_MORE = _EVERYWHERE | {name: name for name in ("top_k", "min_p", "repetition_penalty")}

_ALL = (
    Dialect("openai"),
    Dialect(
        "vllm",
        regex={"structured_outputs": {"regex": HERE}},
        grammar={"structured_outputs": {"grammar": HERE}},
        sampling=_MORE,
        top_k_off=0,
        max_stops=64,
        owners=("vllm",),
    ),
    Dialect(
        "sglang",
        regex={"regex": HERE},
        grammar={"ebnf": HERE},
        sampling=_MORE,
        top_k_off=-1,
        max_stops=64,
        owners=("sglang",),
    ),
    Dialect(
        "llama-server",
        grammar={"grammar": HERE},
        sampling={**_MORE, "typical_p": "typical_p", "repetition_penalty": "repeat_penalty"},
        forces_calls=False,
        named_tool=False,
        gbnf=True,
        top_k_off=0,
        max_stops=64,
        owners=("llamacpp", "llama.cpp"),
    ),
    Dialect(
        "tgi",
        schema={"response_format": {"type": "json_object", "value": HERE}},
        regex={"response_format": {"type": "regex", "value": HERE}},
        end_token_in_text=True,
        template_kwargs=False,
    ),
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType({each.name: each for each in _ALL})


def dialect_of(name: str | Dialect) -> Dialect:
    """The dialect of this name."""
    if isinstance(name, Dialect):
        return name
    if name not in DIALECTS:
        raise UsageError(f"there is no dialect called '{name[:60]}'", did_you_mean(name, DIALECTS))
    return DIALECTS[name]
