"""The text of a template: which one was given, its fingerprint, and what it compiles to."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ..errors import TemplateError
from .places import templates_of

if TYPE_CHECKING:
    from .sandbox import Compiled

__all__ = ["as_templates", "compiled", "fingerprint", "pinned", "run", "unfollowed"]


def compiled(source: str) -> Compiled:
    """The template, ready to run, or why it cannot be compiled."""
    try:
        return _engine().compile_source(source)
    except (
        Exception
    ) as err:  # whatever parsing a stranger's template raises; the reader is the user
        from .refusal import refused

        raise refused(err, None, "the chat template cannot be compiled") from err


def run(ready: Compiled, variables: Mapping[str, Any], *, tracing: bool) -> str:
    """What the template writes; text that knows who wrote it when `tracing`."""
    return _engine().run_template(ready, variables, tracing=tracing)


@functools.cache
def _engine() -> Any:
    """jinja2 and what is built on it: who only imports us does not wait for it."""
    from . import sandbox

    return sandbox


def as_templates(source: Any) -> str | dict[str, str]:
    if isinstance(source, str):
        return str.__str__(source)
    if not isinstance(source, Mapping | list | tuple):
        raise TemplateError(f"a chat template is text, not a {type(source).__name__}")
    return templates_of(cast("Any", source), "this argument") or {}


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def pinned(actual: str, wanted: str | None) -> None:
    """Is this the very template that was asked for?"""
    if wanted is None:
        return
    digits = wanted.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise TemplateError(
            f"'{wanted[:80]}' is no SHA-256", "it is 64 hexadecimal digits: see template.sha256"
        )
    if digits != actual:
        raise TemplateError(
            f"the chat template is not the pinned one: its SHA-256 is {actual} and should be {digits}",
            "read what has changed before you pin the new one, or take the revision that you pinned it at",
        )


def unfollowed(reason: str) -> TemplateError:
    return TemplateError(
        f"cannot tell which characters of the prompt the template wrote: {reason}",
        "give another chat_template, or let the server render the messages",
    )
