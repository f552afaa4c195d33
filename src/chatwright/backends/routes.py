"""The address of a server, whatever route of it a person has copied."""

from __future__ import annotations

import re

__all__ = ["root_of"]

_ROUTES = re.compile(
    r"(?:/(?:generate|generate_stream|info|health|v1|v1/models|v1/completions|v1/chat|v1/chat/completions))?/*$"
)


def root_of(url: str) -> str:
    """The address that the routes of a server stand under.

    >>> root_of("http://host:8080/v1/chat/completions"), root_of("https://host/models/a/")
    ('http://host:8080', 'https://host/models/a')
    """
    return _ROUTES.sub("", url.strip(), count=1)
