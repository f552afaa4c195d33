"""GGUF files from the Hub: downloaded once, kept in the Hub's own cache, found there again without a network.

    name = read_name("org/name-GGUF:Q4_K_M")
    fetch(name).path

Read on in this order: `name` (which repository a string names), `choice` (which of its files), `client` (the
requests), `cache` (the folder that all programs of the Hub share), `download` (one file, resumed and checked),
and `fetching`, which joins them. Who opens a file of this disk loads `name` alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .name import HubName, local_file, read_name

if TYPE_CHECKING:
    from .fetching import Fetched, fetch
    from .progress import Progress, Report

__all__ = ["Fetched", "HubName", "Progress", "Report", "fetch", "local_file", "read_name"]

_LATER = {"Fetched": "fetching", "fetch": "fetching", "Progress": "progress", "Report": "progress"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
