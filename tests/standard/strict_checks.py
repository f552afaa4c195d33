"""What the rules of the strict server have in common: a refusal, and the plainest checks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["Refusal", "check_flag", "check_name", "check_object", "check_text", "refuse"]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Refusal(Exception):
    """A request that is not taken: the status, and what the error object says."""

    def __init__(
        self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "message": message,
            "type": "invalid_request_error",
            "param": param,
            "code": code,
        }


def refuse(at: str, why: str) -> NoReturn:
    raise Refusal(f"Invalid '{at}': {why}", at, code="invalid_value")


def check_text(at: str, value: Any) -> None:
    if not isinstance(value, str):
        refuse(at, f"expected a string, got {type(value).__name__}")


def check_flag(at: str, value: Any) -> None:
    if not isinstance(value, bool):
        refuse(at, f"expected a boolean, got {type(value).__name__}")


def check_object(
    at: str, value: Any, *, known: set[str] | None = None, need: Sequence[str] = ()
) -> None:
    if not isinstance(value, dict):
        refuse(at, f"expected an object, got {type(value).__name__}")
    for name in value:
        if known is not None and name not in known:
            refuse(
                f"{at}.{name}", f"Additional properties are not allowed ('{name}' was unexpected)"
            )
    for name in need:
        if name not in value:
            raise Refusal(f"Missing required parameter: '{at}.{name}'.", f"{at}.{name}")


def check_name(at: str, value: Any) -> None:
    check_text(at, value)
    if not _NAME.fullmatch(value):
        refuse(at, "string does not match pattern '^[a-zA-Z0-9_-]{1,64}$'")
