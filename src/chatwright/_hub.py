"""What all programs of the Hub share on a machine: the folder of its files, the client, and what its names look like."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import BackendError

__all__ = ["cache_folder", "causes", "is_commit", "session"]


def cache_folder() -> Path:
    """Where the Hub's programs keep their files, by the variables that they all read."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if folder := os.environ.get(name):
            return _expanded(folder)
    if home := os.environ.get("HF_HOME"):
        return _expanded(home) / "hub"
    return _expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def is_commit(text: object) -> bool:
    """Is this a commit's hash, and fit to name a folder?"""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-fA-F]{7,64}", text) is not None


def session() -> Any:
    """The client that all users of the Hub's library share, with the proxies and certificates that were set for it."""
    from huggingface_hub.utils import get_session

    try:
        return get_session()
    except (OSError, ValueError) as err:
        raise BackendError(
            f"no client for the Hub can be made: {type(err).__name__}",
            "check HTTPS_PROXY and SSL_CERT_FILE",
        ) from err


def causes(err: BaseException | None) -> Iterator[BaseException]:
    """The error and what is behind it, the deepest first."""
    chain: list[BaseException] = []
    while err is not None and err not in chain:
        chain.append(err)
        err = err.__cause__ or err.__context__
    return reversed(chain)


def _expanded(folder: str) -> Path:
    return Path(os.path.expandvars(folder)).expanduser()
