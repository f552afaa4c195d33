"""What a person sees: the one reader of events for the terminal, and the one for `--json`.

The answer goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
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

__all__ = ["FormScreen", "JsonLines", "Screen", "shown_call"]

_SHOWN = 400

_ENDS = {
    "max_steps": ("the limit of steps was reached", "allow more with --max-steps"),
    "max_seconds": ("the time is over", "allow more with --max-seconds, or try a shorter question"),
    "max_tokens": ("the limit of tokens was reached", "allow more with --max-tokens"),
    "repeats": ("the model made the same call again and again", "try a larger model with -m"),
    "malformed": ("the model's replies could not be read", "try a larger model with -m"),
    "errors": ("too many calls failed, one after the other", "try a larger model with -m"),
    "length": (
        "the answer was cut: no room was left for more",
        "try a model with a larger context",
    ),
    "unknown_outcome": (
        "a call may have run before the run was interrupted, and is not run again by itself",
        "--unknown ask or --unknown skip goes on",
    ),
    "refused": ("the model refused to answer", "ask in other words, or another model with -m"),
    "stopped": ("the run was stopped before its end", ""),
    "error": ("an error ended the run", ""),
}
WayOn = Callable[[Finish], str]
"""What to type after a run that did not come to its end."""


class Screen:
    """Writes the steps to stderr as they come, and the answer alone to stdout.

    Whether what a model writes is its answer is known when no call follows. So it is shown at once on a terminal
    (`live`), and anywhere else when the run is over: a program that reads stdout gets the answer and nothing else.
    """

    def __init__(self, *, way_on: WayOn | None = None, live: bool | None = None) -> None:
        self._line = ""  # the thought that is being written
        self._said = ""  # what may be the answer, since the last call
        self._held = False  # and whether it is still to be shown
        self._answered = False
        self._failed = False
        self._way_on = way_on
        self._live = live
        self._out = sys.stdout  # as it is now: what tools print later may be led elsewhere

    def see(self, event: Event) -> None:
        match event:
            case Reasoning(text):
                self._thought(text)
            case Text(text):
                self._end_line()
                self._said += text
                self._answer(text)
            case ToolCall(_, name, args, _):
                self._was_no_answer()
                self._say(_short(f"→ {shown_call(name, args)}"), fg="cyan")
            case ToolResult(_, text, ok, ms):
                self._say(f"← {_short(text)}  [{ms:.0f} ms]", fg="green" if ok else "yellow")
            case Malformed(_, reason):
                self._was_no_answer()
                self._say(f"! {reason}", fg="yellow")
            case Notice(text):
                self._end_line()
                self.notice(text)
            case Error(message, hint):
                self._failed = True
                self._was_no_answer()
                self._complain("error", message, hint)
            case Finish():
                self._end_line()
                self._settle(event)
                self._ending(event)

    def notice(self, text: str) -> None:
        """Something by the way."""
        self._say(f"· {_short(text)}", dim=True)

    def hint(self, text: str) -> None:
        """What a person may type next."""
        click.echo(f"hint: {clean(text)}", err=True)

    def close(self) -> None:
        """The run was stopped in the middle: what there is of the answer, and the cursor at the start of a line."""
        self._end_line()
        if self._held:
            self._write(self._said)
        if self._answered:
            self._out.write("\n")
        self._forget()

    def _answer(self, text: str) -> None:
        """A piece of what may be the answer."""
        if self._streams():
            self._write(text)
        else:
            self._held = True

    def _settle(self, finish: Finish) -> None:
        """The run is over: what was said was the answer, or what the finish holds is."""
        answer = finish.answer or self._said
        if self._held or not self._said.strip():
            before = self._said.removesuffix(answer)
            if before.strip() and before.strip() != answer.strip():
                self._thought(before)
                self._end_line()
            self._write(answer)
        if self._answered:
            self._out.write("\n")
        self._forget()

    def _was_no_answer(self) -> None:
        """A call or an error follows, so what was said before it is a thought."""
        if self._held:
            self._thought(self._said)
        elif self._answered:
            self._out.write("\n")
        self._forget()
        self._end_line()

    def _forget(self) -> None:
        self._said, self._held, self._answered = "", False, False

    def _ending(self, finish: Finish) -> None:
        reason = finish.stop_reason
        if reason not in _ENDS:
            return
        hint = (self._way_on(finish) if self._way_on else "") or _ENDS[reason][1]
        if not self._failed:
            self._complain("stopped", _ENDS[reason][0], hint)
        elif hint:
            self.hint(hint)

    def _streams(self) -> bool:
        return self._out.isatty() if self._live is None else self._live

    def _write(self, text: str) -> None:
        self._answered = self._answered or bool(text)
        self._out.write(clean(text) if self._out.isatty() else text)
        self._out.flush()

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

    def _say(self, text: str, **style: object) -> None:
        click.secho(clean(text), err=True, **style)  # type: ignore[arg-type]

    def _complain(self, word: str, message: str, hint: str) -> None:
        click.secho(f"{word}: {clean(message)}", fg="red", err=True)
        if hint:
            self.hint(hint)


class FormScreen(Screen):
    """For an answer that is wanted as JSON: stdout gets the JSON and nothing else, indented on a terminal."""

    def _answer(self, text: str) -> None:
        self._said = ""  # it is shown when it has been checked

    def _settle(self, finish: Finish) -> None:
        if finish.values is not None:
            # ASCII only, so that no terminal, pipe or line separator can break it.
            indent = 2 if self._out.isatty() else None
            self._write(json.dumps(_finite(finish.values), default=str, indent=indent) + "\n")
        elif finish.answer and finish.stop_reason in ("answer", "length"):
            self._thought(finish.answer)
            self._end_line()
            told = "the answer of this run is no JSON"
            self._complain("error", told, "ask anew, with --schema from the start")
        self._forget()


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


def shown_call(name: str, args: dict[str, Any]) -> str:
    """A call as a person reads it: `Calculator(expression="2 + 2")`."""
    return (
        f"{name}({', '.join(f'{k}={json.dumps(v, ensure_ascii=False)}' for k, v in args.items())})"
    )


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
