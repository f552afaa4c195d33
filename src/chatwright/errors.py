"""Everything that chatwright raises on purpose.

ChatwrightError                 message, one line; .hint says what to try
├── UsageError                  what was asked for makes no sense (exit code 2)
│   ├── UnknownTool
│   └── UnknownModel
├── ToolError                   a tool says no; the model gets to read why
│   └── CalculatorError
├── TemplateError               a chat template is missing, broken or refuses these messages
├── BackendError                the model cannot be reached, loaded or run; what a server told stands in its fields
│   ├── MissingExtra            an optional package is not installed
│   ├── ContextOverflow         the prompt does not fit
│   ├── Unreachable             there is no way to the server: refused, unknown host, TLS, proxy, cut off
│   ├── Unauthorized            the server wants another token (401, 403)
│   ├── NotServed               the server does not have this route or model (404, 405, 410)
│   ├── Refused                 the server does not take this request (400, 413, 415, 422, ...)
│   ├── Unavailable             the server is busy or not up yet (429, 502, 503, 504)
│   ├── ServerFailed            the server took the request and failed (424, 500, ...)
│   ├── BadReply                the server does not keep to the protocol
│   └── Interrupted             a stream ended early; .partial is what came
│       └── TimedOut            nothing came in time
├── ConstraintError             a constraint cannot be expressed, or the answer breaks it
└── JournalError                the journal of runs cannot be read or written
    └── RunBusy                 somebody else is writing this run
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import Any

__all__ = [
    "BackendError",
    "BadReply",
    "CalculatorError",
    "ChatwrightError",
    "ConstraintError",
    "ContextOverflow",
    "Interrupted",
    "JournalError",
    "MissingExtra",
    "NotServed",
    "Refused",
    "RunBusy",
    "ServerFailed",
    "TemplateError",
    "TimedOut",
    "ToolError",
    "Unauthorized",
    "Unavailable",
    "UnknownModel",
    "UnknownTool",
    "Unreachable",
    "UsageError",
    "did_you_mean",
    "need",
]


class ChatwrightError(Exception):
    """What happened, in one line; `hint` says what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())

    def __reduce__(self) -> tuple[Any, ...]:
        # An error travels between processes whole, whatever its constructor takes.
        return _again, (type(self), self.args, self.__dict__)


class UsageError(ChatwrightError):
    """What was asked for makes no sense."""


class UnknownTool(UsageError):
    """No tool has that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = list(known)
        super().__init__(f"there is no tool called {_short(name)}", did_you_mean(name, known))


class UnknownModel(UsageError):
    """The string names no model that we know how to open."""


class ToolError(ChatwrightError):
    """A tool says no; the model gets to read why."""


class CalculatorError(ToolError):
    """An expression that the calculator refuses, with the reason."""


class TemplateError(ChatwrightError):
    """A chat template is missing, broken, or refuses these messages."""


class BackendError(ChatwrightError):
    """The model cannot be reached, loaded or run.

    Of a server: `status` of its reply and what it calls the error, the id to ask its people about, how many
    `attempts` were made, how many seconds it asks to wait, and in `partial` the text that had come.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int | None = None,
        error_type: str = "",
        request_id: str = "",
        attempts: int = 1,
        retry_after: float | None = None,
        partial: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.error_type = error_type
        self.request_id = request_id
        self.attempts = attempts
        self.retry_after = retry_after
        self.partial = partial


class MissingExtra(BackendError):
    """An optional package is not installed; the hint is the line to type."""


class ContextOverflow(BackendError):
    """The prompt does not fit into the model's context."""


class Unreachable(BackendError):
    """There is no way to the server: refused, unknown host, TLS, proxy, cut off."""


class Unauthorized(BackendError):
    """The server wants another token."""


class NotServed(BackendError):
    """The server does not have this route or model."""


class Refused(BackendError):
    """The server does not take this request."""


class Unavailable(BackendError):
    """The server is busy or not up yet; later it may answer."""


class ServerFailed(BackendError):
    """The server took the request and failed."""


class BadReply(BackendError):
    """The server does not keep to the protocol."""


class Interrupted(BackendError):
    """A stream ended before its end; `partial` holds the text that had come."""


class TimedOut(Interrupted):
    """Nothing came in time; `partial` holds the text that had come before."""


class ConstraintError(ChatwrightError):
    """A constraint cannot be expressed, or an answer breaks it."""


class JournalError(ChatwrightError):
    """The journal of runs cannot be read or written."""


class RunBusy(JournalError):
    """Somebody else is writing this run."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'search'?` where a known word is near, else the list of them.

    >>> did_you_mean("serch", ["search", "calculator"])
    "did you mean 'search'?"
    """
    import difflib

    by_lower = {k.lower(): k for k in known}
    typed = word.lower()[:100]
    begun = [k for k in by_lower if len(typed) > 2 and k.startswith(typed)]
    if near := begun or difflib.get_close_matches(typed, by_lower, n=1, cutoff=0.6):
        return f"did you mean '{by_lower[near[0]]}'?"
    if not by_lower:
        return "there are none"
    return f"known: {', '.join(sorted(by_lower.values()))}"


def need(package: str, *, extra: str) -> ModuleType:
    """Import an optional package, or say the line that installs it."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as err:
        if err.name != package.split(".", maxsplit=1)[0]:
            raise  # the package is here and one of its own imports is not: that is another story
        raise MissingExtra(
            f"the package '{package}' is not installed", f"pip install 'chatwright[{extra}]'"
        ) from err


def _again(
    kind: type[ChatwrightError], args: tuple[Any, ...], state: dict[str, Any]
) -> ChatwrightError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _short(name: str) -> str:
    shown = " ".join(name.split())
    return f"'{shown if len(shown) <= 60 else shown[:57] + '...'}'"
