"""What is sent with every request to a server, kept where nobody sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chatwright.errors import BackendError, UsageError

from .tokens import Origin, Secret, find_token

__all__ = ["Hidden", "blot_out", "checked", "hidden_proxy", "kept", "own_headers"]

_SHORTEST = 6  # a shorter value is no secret, and would be found in any text
_BEGINNING = 10
_HARMLESS = (b"host", b"user-agent", b"accept-encoding", b"content-type")
_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


class Hidden(tuple[tuple[bytes, bytes], ...]):
    """Headers as they are sent, and as nobody is shown them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Hidden(***)"


def kept(token: str | Secret | bool | None, origin: Origin) -> Secret | bool | None:
    """The token so that nothing shows it; an empty one means that none is sent."""
    if not isinstance(token, str):
        return token
    found = find_token(token, url=origin)
    return found.secret if found else False


def checked(headers: Mapping[str, str | Secret | None]) -> dict[str, Secret | None]:
    """Headers by their names in lower case, their values hidden. None: this header is not to be sent."""
    found: dict[str, Secret | None] = {}
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise UsageError(f"'{name[:40]}' is no header that can be given", "leave it out")
        text = value.reveal() if isinstance(value, Secret) else value
        if text is not None and not _VALUE.fullmatch(text):
            raise UsageError(
                f"the value of the header '{name[:40]}' holds a character that none has"
            )
        found[name.lower()] = None if text is None else Secret(text.strip())
    return found


def hidden_proxy(url: str | Secret | None) -> str | Secret | None:
    """The URL of a proxy, out of sight if there is a password in it."""
    return Secret(url) if isinstance(url, str) and "@" in url else url


def own_headers(
    origin: Origin, token: Secret | bool | None, given: Mapping[str, Secret | None]
) -> Hidden:
    """The headers of every request: what the user gave for this server comes before what we would send."""
    own = {
        "host": str(origin).partition("://")[2],
        "user-agent": "chatwright",
        "accept-encoding": "identity",
        "content-type": "application/json",
    }
    if "authorization" not in given and (found := find_token(token, url=origin)):
        own |= found.headers(origin)
    own |= {name: value.reveal() for name, value in given.items() if value is not None}
    return Hidden((name.encode(), value.encode("latin-1")) for name, value in own.items())


def blot_out(error: BackendError, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Take the values of these headers out of an error: a server may repeat in it what was sent."""
    for name, raw in headers:
        value = raw.decode("latin-1")
        for secret in {value, value.partition(" ")[2]} if name not in _HARMLESS else ():
            if len(secret) >= _SHORTEST:
                _blot(error, secret)


def _blot(error: BackendError, secret: str) -> None:
    error.args = tuple(_without(a, secret) if isinstance(a, str) else a for a in error.args)
    error.hint = _without(error.hint, secret)
    error.error_type = _without(error.error_type, secret)
    error.request_id = _without(error.request_id, secret)


def _without(text: str, secret: str) -> str:
    """The text without the secret, and without the beginning of it where the text was cut."""
    text = text.replace(secret, "***")
    for length in range(len(secret) - 1, _BEGINNING - 1, -1):
        text = text.replace(secret[:length], "***")
    return text
