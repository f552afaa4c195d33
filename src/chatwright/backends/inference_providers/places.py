"""Where the Hub's services stand, and whether a token of ours goes there."""

from __future__ import annotations

import os
import re

from chatwright.backends.routes import root_of
from chatwright.backends.tokens import Origin, Secret, is_hub, origin_of
from chatwright.errors import UsageError

__all__ = ["Places", "places"]

_HUB = "https://huggingface.co"
_ROUTER = "https://router.huggingface.co"
_ENDPOINTS = "https://api.endpoints.huggingface.cloud"


class Places:
    """The addresses of the router, of the Hub and of the endpoints' API; `moved` where the user named another place."""

    def __init__(self, router: str, hub: str, endpoints: str, *, moved: bool) -> None:
        self.router, self.hub, self.endpoints, self.moved = router, hub, endpoints, moved

    def token_for(self, url: str, token: str | Secret | bool | None) -> str | Secret | bool | None:
        """What a client for `url` is given of a token that was given for these places.

        It goes to the Hub's own hosts, or to the one place that the user named instead, and nowhere else.
        """
        if token in (None, True) or not token:
            return token
        home = {origin_of(self.router), origin_of(self.endpoints)} if self.moved else set[Origin]()
        origin = origin_of(url)
        return token if is_hub(origin) or origin in home else False


def places(base_url: str | None = None) -> Places:
    """The places, all under `base_url` or under `CHATWRIGHT_HUB_URL` where one of them is given.

    The files of the Hub alone are under `HF_ENDPOINT`, as everywhere.
    """
    name = "base_url" if base_url else "CHATWRIGHT_HUB_URL"
    given = (base_url or os.environ.get("CHATWRIGHT_HUB_URL") or "").strip()
    if not given:
        files = (os.environ.get("HF_ENDPOINT") or _HUB).strip().rstrip("/")
        return Places(_ROUTER, files, _ENDPOINTS, moved=False)
    root = re.sub(r"/v2/?$", "", root_of(given))
    try:
        origin_of(root)
    except UsageError as err:
        raise UsageError(f"{name} is wrong: {err}", err.hint) from None
    return Places(root, root, root, moved=True)
