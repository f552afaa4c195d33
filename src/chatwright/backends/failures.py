"""What went wrong on the way to a server and back, in our words.

Errors of the transport are known by the names of their classes, so that this file imports no transport.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from chatwright.errors import BackendError, BadReply, Interrupted, TimedOut, Unreachable

__all__ = ["broken_off", "failure"]


def failure(err: BaseException, where: object) -> BackendError:
    """The error of ours for one of the transport; `where` is the server as it may be shown."""
    names = {cls.__name__ for cls in type(err).__mro__}
    said = str(err) or type(err).__name__
    if tls := next((e for e in _causes(err) if isinstance(e, ssl.SSLError)), None):
        return _tls(tls, where)
    if "ProxyError" in names:
        hint = "look at proxy= and at the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        return Unreachable(f"the proxy does not lead to {where}: {said}", hint, error_type="proxy")
    if "ConnectTimeout" in names:
        return TimedOut(
            f"no connection to {where} in time", f"is {where} up?", error_type="connect_timeout"
        )
    if "TimeoutException" in names:
        return _too_slow(names, where)
    if "RemoteProtocolError" in names and not ("disconnected" in said or "closed conn" in said):
        hint = "is this the address of a model server?"
        return BadReply(f"{where} does not speak HTTP: {said}", hint, error_type="protocol")
    if "RemoteProtocolError" in names or {"ReadError", "WriteError"} & names:
        hint = "try again; if it stays, the server's log says more"
        return Unreachable(f"{where} broke off: {said}", hint, error_type="disconnected")
    if "LocalProtocolError" in names:
        return BackendError("the request is no HTTP", "look at headers=", error_type="request")
    return Unreachable(
        f"there is no connection to {where}: {said}", _way(err, where), error_type="connect"
    )


def broken_off(error: BackendError, partial: str) -> BackendError:
    """The error as it is after some of the answer was given out: it carries the text that had come."""
    if not isinstance(error, Unreachable):
        error.partial = partial
        return error
    return Interrupted(
        f"the answer broke off: {error}",
        error.hint,
        error_type=error.error_type,
        request_id=error.request_id,
        partial=partial,
    )


def _too_slow(names: set[str], where: object) -> BackendError:
    if "PoolTimeout" in names:
        return TimedOut(
            f"too many requests to {where} at once: none of them ended in time",
            "ask for less at once, or allow more time with timeout=...",
            error_type="pool_timeout",
        )
    kind = "write_timeout" if "WriteTimeout" in names else "read_timeout"
    return TimedOut(
        f"nothing came from {where} in time",
        "allow more time with timeout=..., or ask for fewer tokens",
        error_type=kind,
    )


def _tls(err: ssl.SSLError, where: object) -> BackendError:
    if isinstance(err, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Unreachable(f"{where} broke off", "try again", error_type="disconnected")
    reason = getattr(err, "verify_message", "") or err.reason or str(err)
    if isinstance(err, ssl.SSLCertVerificationError):
        message = f"the certificate of {where} is not to be trusted: {reason}"
        hint = "if it is the server's own, give verify='path/to/ca.pem'"
    else:
        message = f"there is no TLS with {where}: {reason}"
        hint = "does it speak https? try http://, or give the certificate it asks for with cert=..."
    return Unreachable(message, hint, error_type="tls")


def _causes(err: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while err is not None and seen < 10:
        yield err
        inner = err.args[0] if err.args and isinstance(err.args[0], BaseException) else None
        err, seen = inner or err.__cause__ or err.__context__, seen + 1


def _way(err: BaseException, where: object) -> str:
    names = {type(e).__name__ for e in _causes(err)}
    return "look at the host's name" if "gaierror" in names else f"is the server up at {where}?"
