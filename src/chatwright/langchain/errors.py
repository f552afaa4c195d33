"""Our errors as LangChain knows them too: one exception that both `except` clauses catch.

    try:
        llm.invoke("Hi")
    except ModelRateLimitError as err:       # of langchain_core.exceptions
        print(err.retry_after, err.hint)     # and still `Unavailable`, of chatwright.errors

What LangChain has no name for (a tool that says no) stays what it is.
"""

from __future__ import annotations

from functools import lru_cache
from types import TracebackType
from typing import Any, cast

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)

from chatwright.errors import (
    BackendError,
    BadReply,
    ChatwrightError,
    ConstraintError,
    ContextOverflow,
    Interrupted,
    MissingExtra,
    NotServed,
    Refused,
    ServerFailed,
    TemplateError,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnknownModel,
    Unreachable,
    UsageError,
)

__all__ = ["model_error", "translated"]

# The first that fits counts, so what is more special stands before what is more general.
_TABLE: tuple[tuple[type[ChatwrightError], type[ModelError]], ...] = (
    (ContextOverflow, ContextOverflowError),
    (Unreachable, ModelConnectionError),
    (Unauthorized, ModelAuthenticationError),
    (NotServed, ModelNotFoundError),
    (Refused, ModelInvalidRequestError),
    (Unavailable, ModelAPIError),
    (ServerFailed, ModelAPIError),
    (BadReply, ModelAPIError),
    (TimedOut, ModelTimeoutError),
    (Interrupted, ModelConnectionError),
    (MissingExtra, ModelError),
    (BackendError, ModelError),
    (UnknownModel, ModelNotFoundError),
    (UsageError, ModelInvalidRequestError),
    (TemplateError, ModelInvalidRequestError),
    (ConstraintError, ModelInvalidRequestError),
)
_BY_STATUS: dict[int, type[ModelError]] = {
    403: ModelPermissionDeniedError,
    429: ModelRateLimitError,
}


class translated:
    """A block whose errors are LangChain's `ModelError`s as well: for calls, streams and coroutines alike.

    >>> with translated():
    ...     raise TimedOut("nothing came in time", "allow more time with timeout=...")
    Traceback (most recent call last):
    chatwright.errors.TimedOut: nothing came in time
    hint: allow more time with timeout=...
    """

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ChatwrightError) and not isinstance(error, ModelError):
            raise model_error(error).with_traceback(trace) from error.__cause__


def model_error(error: ChatwrightError) -> ChatwrightError:
    """The same error, with message, hint and fields, as one of LangChain's `ModelError`s too, if there is one for it."""
    theirs = _theirs(error)
    if theirs is None or isinstance(error, ModelError):
        return error
    return _again(type(error), theirs, error.args, error.__dict__)


class _Both(ChatwrightError):
    """An error of ours and of LangChain's; of what it was made it can be made again in another process."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The bases of a class that `_joined` made: this one, ours, LangChain's.
        _, ours, theirs = type(self).__bases__
        return _again, (ours, theirs, self.args, self.__dict__)


def _theirs(error: ChatwrightError) -> type[ModelError] | None:
    found = next((theirs for ours, theirs in _TABLE if isinstance(error, ours)), None)
    if isinstance(error, Unauthorized | Unavailable | Refused):
        return _BY_STATUS.get(error.status or 0, found or ModelError)
    return found


@lru_cache(maxsize=256)
def _joined(ours: type[ChatwrightError], theirs: type[ModelError]) -> type[ChatwrightError]:
    """The class of both. It has the name of ours, which is the one that a traceback should show."""
    names = {"__module__": ours.__module__, "__doc__": ours.__doc__, "__qualname__": ours.__name__}
    return cast("type[ChatwrightError]", type(ours.__name__, (_Both, ours, theirs), names))


def _again(
    ours: type[ChatwrightError],
    theirs: type[ModelError],
    args: tuple[Any, ...],
    state: dict[str, Any],
) -> ChatwrightError:
    kind = _joined(ours, theirs)
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    if error.hint and not getattr(error, "__notes__", None):
        error.add_note(f"hint: {error.hint}")  # so that a traceback shows it
    return error
