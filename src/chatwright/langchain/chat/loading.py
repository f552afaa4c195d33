"""`langchain_core.load.load(..., allowed_objects="all")` knows our classes too: they are told to its list of them."""

from __future__ import annotations

import sys
from typing import Any

from langchain_core.load import mapping

__all__ = ["register"]

_PLACE = ("chatwright", "langchain")
_CLASSES = (
    "ChatHuggingFace",
    "HuggingFaceEndpoint",
    "HuggingFaceHub",
    "HuggingFaceLocal",
    "HuggingFaceTextGenInference",
)


def register() -> None:
    """Put our classes into the list. Where LangChain has made its own copies of the list, into those."""
    ours: dict[tuple[str, ...], tuple[str, ...]] = {
        (*_PLACE, name): (*_PLACE, name) for name in _CLASSES
    }
    mapping.SERIALIZABLE_MAPPING.update(ours)
    loader: Any = sys.modules.get("langchain_core.load.load")
    if loader is not None:
        getattr(loader, "ALL_SERIALIZABLE_MAPPINGS", {}).update(ours)
        getattr(loader, "_default_class_paths_cache", {}).clear()
