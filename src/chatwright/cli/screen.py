"""What a person sees: the one reader of events for the terminal, and the one for `--json`.

The answer goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any, TextIO, cast

import click

from ..events import (
    Error,
    Event,
    Finish,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    to_json,
)
from .clean import clean

__all__ = ["JsonLines", "Screen"]

_SHOWN = 400

_ENDS = {
    "max_steps": ("the limit of steps was reached", "allow more with --max-steps"),
    "max_seconds": ("the time is over", "try a shorter question"),
    "malformed": ("the model's replies could not be read", "try a larger model with -m"),
    "length": (
        "the answer was cut: no room was left for more",
        "try a model with a larger context",
    ),
}


class Screen:
    """Writes the steps to stderr as they come, and the answer alone to stdout."""

    def __init__(self) -> None:
        self._line = ""  # the thought that is being written
        self._answered = False

    def see(self, event: Event) -> None:
        match event:
            case Reasoning(text):
                self._thought(text)
            case Text(text):
                self._end_line()
                self._answer(text)
            case ToolCall(_, name, args, _):
                self._end_line()
                shown = ", ".join(
                    f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in args.items()
                )
                self._say(_short(f"→ {name}({shown})"), fg="cyan")
            case ToolResult(_, text, ok, ms):
                self._say(f"← {_short(text)}  [{ms:.0f} ms]", fg="green" if ok else "yellow")
            case Malformed(_, reason):
                self._end_line()
                self._say(f"! {reason}", fg="yellow")
            case Notice(text):
                self.notice(text)
            case Error(message, hint):
                self._end_line()
                self._complain("error", message, hint)
            case Finish(_, _, reason, _):
                self._end_line()
                if self._answered:
                    click.echo()
                if reason in _ENDS:
                    self._complain("stopped", *_ENDS[reason])

    def notice(self, text: str) -> None:
        """Something by the way."""
        self._say(f"· {_short(text)}", dim=True)

    def close(self) -> None:
        """The run was stopped in the middle: leave the cursor at the start of a line."""
        self._end_line()
        if self._answered:
            click.echo()

    def _thought(self, text: str) -> None:
        if not self._line.strip():
            text = text.lstrip()
        if not text:
            return
        if not self._line:
            click.secho("  ", nl=False, err=True)
        self._line += text
        click.secho(clean(text), nl=False, err=True, dim=True)

    def _end_line(self) -> None:
        if self._line and not self._line.endswith("\n"):
            click.echo(err=True)
        self._line = ""

    def _answer(self, text: str) -> None:
        self._answered = self._answered or bool(text)
        sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _say(self, text: str, **style: object) -> None:
        click.secho(clean(text), err=True, **style)  # type: ignore[arg-type]

    def _complain(self, word: str, message: str, hint: str) -> None:
        click.secho(f"{word}: {clean(message)}", fg="red", err=True)
        if hint:
            click.echo(f"hint: {clean(hint)}", err=True)


class JsonLines:
    """Writes every event to stdout as one line of JSON; the `finish` is the last."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def see(self, event: Event) -> None:
        # ASCII only, so that no terminal, pipe or line separator can break a line.
        self._out.write(json.dumps(_finite(to_json(event)), default=str, allow_nan=False) + "\n")
        self._out.flush()

    def close(self) -> None:
        self._out.flush()


def _finite(value: Any) -> Any:
    """The value with infinities and NaN as strings: JSON has no such numbers."""
    match value:
        case float():
            return value if math.isfinite(value) else str(value)
        case dict():
            return {k: _finite(v) for k, v in cast("dict[str, Any]", value).items()}
        case list() | tuple():
            return [_finite(v) for v in cast("list[Any]", value)]
        case _:
            return value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + " …"
