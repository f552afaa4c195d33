"""`chatwright chat`: start reading at `command`, then `dialogue`."""

from __future__ import annotations

from .command import command

__all__ = ["command"]
