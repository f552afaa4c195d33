"""What the router serves: a list of models, each with the providers that have it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from chatwright.backends.client import Client
from chatwright.backends.exchange import Call
from chatwright.backends.loose import mapping, mappings, number, text
from chatwright.errors import BackendError

__all__ = ["Offer", "Offers", "aoffers", "offers"]

_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at one provider. None: the list does not say."""

    provider: str
    live: bool = True
    context: int | None = None
    tools: bool | None = None
    schema: bool | None = None


Offers = dict[str, Sequence[Offer]]


def offers(client: Client) -> Offers:
    """The list, by the names of the models; empty where there is none to be had."""
    try:
        return _read(client.ask(Call("/v1/models"), deadline=time.monotonic() + _SECONDS).data)
    except BackendError:  # it only makes hints better: without it they say less
        return {}


async def aoffers(client: Client) -> Offers:
    """The same for an event loop."""
    deadline = time.monotonic() + _SECONDS
    try:
        return _read((await client.aask(Call("/v1/models"), deadline=deadline)).data)
    except BackendError:
        return {}


def _read(data: object) -> Offers:
    found: Offers = {}
    for entry in mappings(mapping(data).get("data")):
        if name := text(entry.get("id")):
            found[name] = [
                Offer(
                    text(each.get("provider")),
                    live=text(each.get("status")) in ("", "live"),
                    context=number(each.get("context_length")) or None,
                    tools=_flag(each.get("supports_tools")),
                    schema=_flag(each.get("supports_structured_output")),
                )
                for each in mappings(entry.get("providers"))
                if text(each.get("provider"))
            ]
    return found


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
