"""Whose token is it: where a token comes from, and the only places that it goes to.

    token = find_token(explicit, url="https://huggingface.co")
    headers = token.headers(url) if token else {}

An explicit token goes to the origin it was given for and nowhere else. One that was found lying around (in the
environment, in the Hub's store) goes to https hosts of the Hub and nowhere else; for any other URL it is not
even looked for. No repr, pickle or error of these classes holds the value.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

from chatwright.errors import BackendError, UsageError

__all__ = ["HUB_HOSTS", "Origin", "Secret", "Token", "find_token", "is_hub", "origin_of"]

HUB_HOSTS = ("huggingface.co", "hf.space", "endpoints.huggingface.cloud")
"""The hosts (and those under them) that an ambient token belongs to."""

_VARIABLES = ("HUGGINGFACEHUB_API_TOKEN", "HF_TOKEN")
_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_VISIBLE = re.compile(r"[\x21-\x7e]+")  # what a header can carry without a doubt

log = logging.getLogger("chatwright")


class Secret:
    """A value that shows itself only to who asks for it by `reveal`. It stays behind when it is pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str | None) -> None:
        self._value = value

    def reveal(self) -> str:
        if self._value is None:
            raise UsageError(
                "a token or header stayed in the process that it was given to",
                "secrets are never pickled: give it again, or set HF_TOKEN there",
            )
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> tuple[type[Secret], tuple[None]]:
        return Secret, (None,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what two URLs share if they are of the same server."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Token:
    """A token, where it was found, and where it goes: to `home`, or to the Hub's hosts where that is None."""

    secret: Secret
    source: str
    home: Origin | None = None

    def goes_to(self, url: str | Origin) -> bool:
        """May a request to this URL carry it?"""
        origin = url if isinstance(url, Origin) else origin_of(url)
        return is_hub(origin) if self.home is None else origin == self.home

    def headers(self, url: str | Origin) -> dict[str, str]:
        """The header that carries it to this URL, or none."""
        return {"authorization": f"Bearer {self.secret.reveal()}"} if self.goes_to(url) else {}


def find_token(explicit: str | Secret | bool | None = None, *, url: str | Origin) -> Token | None:
    """The token for requests to `url`: the explicit one, else for the Hub's hosts one that is lying around.

    An empty string or `False` means no token at all, not even an ambient one; `True` is the same as None.
    """
    origin = url if isinstance(url, Origin) else origin_of(url)
    if isinstance(explicit, Secret):
        return Token(explicit, "argument", origin)
    if isinstance(explicit, str) and explicit.strip():
        return Token(_checked(explicit, "the token"), "argument", origin)
    if explicit not in (None, True) or not is_hub(origin) or _told_not_to():
        return None
    for name in _VARIABLES:
        if value := os.environ.get(name, "").strip():
            return Token(_checked(value, f"the token in {name}"), name)
    stored = _stored()
    return Token(_checked(stored, "the stored token"), "the Hub's store") if stored else None


def is_hub(url: str | Origin) -> bool:
    """Is this a server of the Hub, over https, on its usual port?"""
    origin = url if isinstance(url, Origin) else origin_of(url)
    host = origin.host.removesuffix(".")
    ours = any(host == name or host.endswith(f".{name}") for name in HUB_HOSTS)
    return ours and (origin.scheme, origin.port) == ("https", 443)


def origin_of(url: str) -> Origin:
    """The origin that a request to `url` really goes to; anything that two readers could read differently is refused."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        _refuse("it holds a blank, a control character or a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("its host or port cannot be read")
    if "@" in parts.netloc:
        _refuse("it holds a user or a password", "give token=... or headers={'Authorization': ...}")
    if parts.scheme not in _PORTS:
        _refuse("it starts neither with http:// nor with https://")
    if port == 0:
        _refuse("its port is 0")
    return Origin(parts.scheme, _host(parts.hostname or ""), port or _PORTS[parts.scheme])


def _host(host: str) -> str:
    """The host in lower case and ASCII, as it is looked up."""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            _refuse("its address cannot be read")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        _refuse("its host cannot be read")
    labels = host.lower().removesuffix(".").split(".")
    if len(host) > 254 or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("its host cannot be read")
    return host.lower()


def _refuse(why: str, hint: str = "a server is http://host:port or https://host") -> NoReturn:
    # The URL is not shown: it may hold a password.
    raise UsageError(f"this is no URL of a server: {why}", hint)


def _checked(value: str, what: str) -> Secret:
    value = value.strip()
    if not _VISIBLE.fullmatch(value):
        raise UsageError(f"{what} holds a character that no token has", "copy it again")
    return Secret(value)


def _told_not_to() -> bool:
    flag = os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")
    return flag.strip().upper() in ("1", "ON", "YES", "TRUE")


def _stored() -> str | None:
    """What `hf auth login` left behind. The Hub's package is loaded only if there may be something."""
    path = _store()
    elsewhere = ("HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE")
    sources = any(os.environ.get(name) for name in elsewhere) or "google.colab" in sys.modules
    if not sources and not path.is_file():
        return None
    from huggingface_hub import constants, get_token

    try:
        # The package looked at the environment when it was loaded, and the store may have moved since.
        moved = path.is_file() and Path(constants.HF_TOKEN_PATH) != path
        return path.read_text("utf-8").strip() if moved else get_token()
    except (OSError, UnicodeDecodeError) as err:
        log.warning("the token in the Hub's store cannot be read: %s", type(err).__name__)
        return None
    except Exception as err:  # it may ask a server, and fail in its own words: the user is told
        kind = type(err).__name__
    raise BackendError(f"the Hub's sign-in failed: {kind}", "hf auth login, or set HF_TOKEN")


def _store() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    home = os.environ.get("HF_HOME") or os.path.join(cache, "huggingface")
    path = os.environ.get("HF_TOKEN_PATH") or os.path.join(home, "token")
    return Path(os.path.expandvars(os.path.expanduser(path)))
