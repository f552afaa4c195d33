"""What it means when the Hub says no, or says nothing: the error with the sentence that a person needs.

`error_type` is the Hub's own name for it (`GatedRepo`, `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`).
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from chatwright._hub import causes
from chatwright.backends.refusal import refusal
from chatwright.backends.retry import retry_after
from chatwright.errors import (
    BackendError,
    BadReply,
    NotServed,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)

from .name import HubName

__all__ = [
    "GATED",
    "NO_FILE",
    "NO_REPO",
    "NO_REVISION",
    "Refusal",
    "denied",
    "is_away",
    "unlike_the_hub",
    "unreachable",
    "worth_again",
]

GATED, NO_REPO, NO_REVISION, NO_FILE = (
    "GatedRepo",
    "RepoNotFound",
    "RevisionNotFound",
    "EntryNotFound",
)

_LOGIN = "check HF_ENDPOINT and the proxy, and whether this network wants a login first"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of 400 or more, and what the question was about. No token is left in the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str
    page: str
    """The repository's own page."""
    token: str
    """Where the token came from that was sent, or an empty string."""
    at_hub: bool
    """Is it the Hub itself, and not another server that `HF_ENDPOINT` names?"""
    file: str = ""

    @property
    def sign_in(self) -> str:
        """How to send a token where none was sent."""
        if self.at_hub:
            return "set HF_TOKEN"
        return f"give open_model(..., token=...), for HF_TOKEN is not sent to {self.host}"


def denied(said: Refusal, name: HubName) -> BackendError:
    """The error for an answer of 400 or more."""
    code = said.headers.get("x-error-code", "")
    if code == GATED:
        return _gated(said, name)
    if code == NO_REVISION:
        hint = "after the @ comes a branch, a tag or a commit of the repository"
        return _missing(said, f"{name.repo} has no revision {name.revision}", hint, code)
    if code == NO_FILE or (said.status == 404 and said.file and not code):
        return _missing(said, f"{name.repo} has no file {said.file}", "", NO_FILE)
    plain = refusal(said.status, said.headers, said.body)
    told = f"{plain} {said.headers.get('x-error-message', '')}".lower()
    if said.status == 401 and "invalid credentials" in told:
        return _bad_token(said)
    if code == NO_REPO or said.status in (401, 404):
        return _hidden(said, name, code)
    if said.status in (408, 429) or said.status >= 500:
        return _busy(said)
    hint = f"check the rights of the token ({said.token})" if said.token else said.sign_in
    plain.hint = hint if said.status == 403 else plain.hint
    return plain


def _missing(said: Refusal, message: str, hint: str, code: str) -> NotServed:
    return NotServed(message, hint, status=said.status, error_type=code)


def _bad_token(said: Refusal) -> Unauthorized:
    return Unauthorized(
        f"{said.host} does not know the token ({said.token or 'none was sent'})",
        "make a new one at https://huggingface.co/settings/tokens",
        status=said.status,
    )


def _gated(said: Refusal, name: HubName) -> Unauthorized:
    then = f"and see that the token ({said.token}) may read gated repositories"
    return Unauthorized(
        f"{name.repo} is gated: its owner gives it only to who has accepted the licence",
        f"accept it at {said.page}, {then if said.token else f'then {said.sign_in}'}",
        status=said.status,
        error_type=GATED,
    )


def _hidden(said: Refusal, name: HubName, code: str) -> NotServed:
    seen = f"that the token ({said.token}) may see" if said.token else "that is public"
    hint = "check its name" if said.token else f"check its name; for a private one {said.sign_in}"
    kind = "" if said.status == 404 and not code else NO_REPO
    return _missing(said, f"{said.host} has no repository {name.repo} {seen}", hint, kind)


def _busy(said: Refusal) -> BackendError:
    spent = re.search(r"\br=0;\s*t=(\d{1,9})", said.headers.get("ratelimit", ""))
    wait = float(spent[1]) if spent else retry_after(said.headers)
    later = f"wait {wait:.0f} seconds" if wait else "try again in a minute"
    if said.status == 429:
        hint = later if said.token else f"{later}; with a token more are allowed"
        text = f"{said.host} has had too many requests from here (429)"
    else:
        text, hint = f"{said.host} has trouble of its own ({said.status})", later
    kind = Unavailable if said.status in (408, 429, 502, 503, 504) else ServerFailed
    return kind(text, hint, status=said.status, retry_after=wait)


def unlike_the_hub(host: str, why: str) -> BadReply:
    """The error for an answer that the Hub would not give."""
    return BadReply(f"the answer from {host} is not the Hub's: {why}", _LOGIN)


def unreachable(err: BaseException, host: str, seconds: float) -> BackendError:
    """The error for a request that got no answer, or not all of it."""
    for cause in causes(err):
        if told := _way(cause):
            why, hint, kind = told
            return Unreachable(f"{host} cannot be reached: {why}", hint, error_type=kind)
        if isinstance(cause, TimeoutError) or "TimeoutException" in _names(cause):
            return TimedOut(f"nothing came from {host} for {seconds:g} seconds", "try again")
    return Unreachable(
        f"the connection to {host} was cut", "check the network and try again", error_type="cut"
    )


def _way(err: BaseException) -> tuple[str, str, str] | None:
    """Why there is no way to the server, what to check, and a word for it."""
    network = "check the network and HF_ENDPOINT"
    match err:
        case socket.gaierror():
            return "its name cannot be found", network, "dns"
        case ssl.SSLCertVerificationError():
            why = f"its certificate is not trusted ({err.verify_message})"
            return why, "behind a company's proxy set SSL_CERT_FILE to its CA file", "tls"
        case ssl.SSLError() if not isinstance(err, ssl.SSLEOFError):
            return "no secure connection comes about", "check the proxy and HF_ENDPOINT", "tls"
        case ConnectionRefusedError():
            return "it refuses the connection", network, "refused"
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
            return "there is no network", network, "network"
        case _ if "ProxyError" in _names(err):
            return "the proxy refuses", "check HTTPS_PROXY and NO_PROXY", "proxy"
        case _:
            return None


def is_away(err: BackendError) -> bool:
    """Does nobody answer as the Hub does? Then what is on this disk will have to do."""
    return isinstance(err, Unreachable | Unavailable | ServerFailed | TimedOut | BadReply)


def worth_again(err: BackendError) -> bool:
    """May the same small request succeed in a moment?"""
    if isinstance(err, Unreachable):
        return err.error_type in ("cut", "refused")
    return isinstance(err, Unavailable | ServerFailed | TimedOut)


def _names(err: BaseException) -> set[str]:
    return {cls.__name__ for cls in type(err).__mro__}
