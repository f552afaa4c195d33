"""Why a request gets no answer: a status, TGI's error type, and the two shapes in which it is told."""

from __future__ import annotations

import math
from typing import Any

from ..errors import (
    ChatwrightError,
    ConstraintError,
    ContextOverflow,
    Interrupted,
    Refused,
    TemplateError,
    Unavailable,
    UsageError,
)

__all__ = ["Refusal", "flat", "invalid", "nested", "refusal_of"]

_OPENAI_TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}


class Refusal(ChatwrightError):
    """A request that is not answered. `kind` is TGI's error type; `param` and `code` are OpenAI's."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "validation",
        *,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers or {}


def invalid(reason: str, param: str | None = None, code: str | None = None) -> Refusal:
    """A value that TGI's validation turns away, in its words."""
    return Refusal(422, f"Input validation error: {reason}", param=param, code=code)


def refusal_of(error: Exception) -> Refusal:
    """What a caller over HTTP is told of an error of ours."""
    match error:
        case Refusal():
            return error
        case TemplateError():
            return Refusal(422, f"Template error: {_told(error)}", "template_error")
        case ContextOverflow():
            return invalid(_told(error), code="context_length_exceeded")
        case UsageError() | ConstraintError() | Refused():
            return invalid(_told(error))
        case Interrupted():
            return Refusal(500, f"Incomplete generation: {error}", "incomplete_generation")
        case Unavailable():
            return _later(error)
        case _:
            return Refusal(424, f"Request failed during generation: {_told(error)}", "generation")


def flat(refusal: Refusal) -> dict[str, Any]:
    """TGI's shape of an error."""
    return {"error": str(refusal), "error_type": refusal.kind}


def nested(refusal: Refusal) -> dict[str, Any]:
    """OpenAI's shape of an error."""
    kind = _OPENAI_TYPES.get(refusal.status)
    if kind is None:
        kind = "invalid_request_error" if refusal.status < 424 else "api_error"
    told = {"message": str(refusal), "type": kind, "param": refusal.param, "code": refusal.code}
    return {"error": told}


def _told(error: Exception) -> str:
    hint = error.hint if isinstance(error, ChatwrightError) else ""
    return f"{error} ({hint})" if hint else str(error)


def _later(error: Unavailable) -> Refusal:
    """A server behind this one is busy: so are we."""
    wait = {"retry-after": str(max(1, math.ceil(min(error.retry_after or 1, 3600))))}
    if error.status == 429:
        return Refusal(429, "Model is overloaded", "overloaded", headers=wait)
    return Refusal(503, f"Model is not available: {_told(error)}", "unavailable", headers=wait)
