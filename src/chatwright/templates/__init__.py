"""A model's own chat template: rendered exactly and safely, and known who wrote which characters."""

from __future__ import annotations

from ..request import Segment
from .capabilities import Capabilities
from .chat_template import ChatTemplate

__all__ = ["Capabilities", "ChatTemplate", "Segment"]
