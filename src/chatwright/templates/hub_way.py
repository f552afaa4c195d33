"""The way to the Hub: which server it is, whose token goes there, and why there was no way."""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .._hub import causes
from ..errors import BackendError, BadReply, TimedOut, Unreachable, UsageError

__all__ = ["is_hub", "is_transport", "origin", "token_for", "unlike", "unreachable"]

_HUB = "huggingface.co"
_VARIABLES = ("HUGGINGFACEHUB_API_TOKEN", "HF_TOKEN")


def token_for(explicit: Any, home: SplitResult) -> tuple[str, str]:
    """The token for requests to `home`, and where it came from; an ambient one for the Hub's own host alone."""
    if isinstance(explicit, str):
        return explicit.strip(), "argument" if explicit.strip() else ""
    implicit = os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").strip().upper()
    unwanted = implicit in ("1", "ON", "YES", "TRUE") and explicit is not True
    if explicit is False or unwanted or not is_hub(home):
        return "", ""
    for name in _VARIABLES:
        if value := os.environ.get(name, "").strip():
            return value, name
    from huggingface_hub import get_token

    stored = (get_token() or "").strip()
    return stored, "the Hub's store" if stored else ""


def is_hub(home: SplitResult) -> bool:
    host = (home.hostname or "").removesuffix(".")
    ours = host == _HUB or host.endswith(f".{_HUB}")
    return ours and home.scheme == "https" and home.port in (None, 443)


def origin(url: str) -> SplitResult:
    """Scheme, host and port of an address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not plain or re.search(r"[\x00-\x20\x7f\\]", url):
        # The address is not shown: it may hold a password.
        raise UsageError("HF_ENDPOINT, or where it leads, is no URL of a server", "https://host")
    return SplitResult(parts.scheme, parts.netloc.lower(), "", "", "")


def is_transport(err: Exception) -> bool:
    """Did the client raise it? Which one that is depends on the version of the Hub's library."""
    packages = {cls.__module__.split(".")[0] for cls in type(err).__mro__}
    return bool(packages & {"httpx2", "httpx", "httpcore2", "httpcore", "huggingface_hub"})


def unlike(host: str, why: str) -> BackendError:
    return BadReply(
        f"the answer from {host} is not the Hub's: {why}",
        "check HF_ENDPOINT and the proxy, and whether this network wants a login first",
    )


def unreachable(err: BaseException, host: str, seconds: float) -> BackendError:
    """The error for a request that got no answer, or not all of it."""
    network = "check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use the cache alone"
    for cause in causes(err):
        names = {cls.__name__ for cls in type(cause).__mro__}
        if "TimeoutException" in names or isinstance(cause, TimeoutError):
            return TimedOut(f"nothing came from {host} for {seconds:.0f} seconds", "try again")
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "behind a company's proxy set SSL_CERT_FILE to its CA file"
            return Unreachable(f"{host} cannot be reached: its certificate is not trusted", hint)
        if isinstance(cause, socket.gaierror):
            return Unreachable(f"{host} cannot be reached: its name cannot be found", network)
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(f"{host} cannot be reached: it refuses the connection", network)
        if "ProxyError" in names:
            hint = "check HTTPS_PROXY and NO_PROXY"
            return Unreachable(f"{host} cannot be reached: the proxy refuses", hint)
        if "OfflineModeIsEnabled" in names:
            return Unreachable(
                "the network is switched off", "unset HF_HUB_OFFLINE and start again"
            )
    return Unreachable(f"the connection to {host} was cut", network, error_type="cut")
