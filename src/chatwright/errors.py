"""Everything that chatwright raises on purpose.

ChatwrightError                 message, one line; .hint says what to try
├── UsageError                  what was asked for makes no sense (exit code 2)
│   ├── UnknownTool
│   └── UnknownModel
├── ToolError                   a tool says no; the model gets to read why
│   └── CalculatorError
├── TemplateError               a chat template is missing, broken or refuses these messages
├── BackendError                the model cannot be reached, loaded or run
│   ├── MissingExtra            an optional package is not installed
│   ├── ContextOverflow         the prompt does not fit
│   └── Interrupted             a stream ended early; .partial is what came
└── ConstraintError             a constraint cannot be expressed, or the answer breaks it
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from types import ModuleType

__all__ = [
    "BackendError",
    "CalculatorError",
    "ChatwrightError",
    "ConstraintError",
    "ContextOverflow",
    "Interrupted",
    "MissingExtra",
    "TemplateError",
    "ToolError",
    "UnknownModel",
    "UnknownTool",
    "UsageError",
    "did_you_mean",
    "need",
]


class ChatwrightError(Exception):
    """What happened, in one line; `hint` says what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())


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
    """The model cannot be reached, loaded or run."""


class MissingExtra(BackendError):
    """An optional package is not installed; the hint is the line to type."""


class ContextOverflow(BackendError):
    """The prompt does not fit into the model's context."""


class Interrupted(BackendError):
    """A stream ended before its end; `partial` holds the text that had come."""

    def __init__(self, message: str, hint: str = "", *, partial: str = "") -> None:
        super().__init__(message, hint)
        self.partial = partial


class ConstraintError(ChatwrightError):
    """A constraint cannot be expressed, or an answer breaks it."""


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


def _short(name: str) -> str:
    shown = " ".join(name.split())
    return f"'{shown if len(shown) <= 60 else shown[:57] + '...'}'"
