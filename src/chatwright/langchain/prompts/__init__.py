"""Prompts by name: they stand in files of this package, and in folders of your own. See `hub`."""

from __future__ import annotations

from .hub import add, names, pull, pull_from_langsmith

__all__ = ["add", "names", "pull", "pull_from_langsmith"]
