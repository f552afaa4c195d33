"""A model's own chat template: rendered exactly and safely, and known who wrote which characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..request import Segment
from .chat_template import ChatTemplate

if TYPE_CHECKING:
    from .adapt import Adapted
    from .capabilities import Capabilities

__all__ = ["Adapted", "Capabilities", "ChatTemplate", "Segment"]


def __getattr__(name: str) -> Any:
    # Who only renders does not wait for these.
    if name == "Adapted":
        from .adapt import Adapted

        return Adapted
    if name == "Capabilities":
        from .capabilities import Capabilities

        return Capabilities
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
