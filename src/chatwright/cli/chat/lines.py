"""What a person types: one question at a time, also over several lines. From a terminal or from a pipe."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

import click

from ...errors import ChatwrightError

__all__ = ["Lines", "Piped", "Said", "Stopped", "Terminal", "gathered", "history_file"]

_QUOTES = '"""'
_PROMPT, _MORE = "> ", "… "
_KEPT = 1_000  # lines of history
_LOOK = 0.2  # seconds
_LONGEST = 10_000  # characters of one of them


@dataclass(frozen=True, slots=True)
class Said:
    """What was typed. `literal`: it came as a block of lines, so that a slash in front makes no command of it."""

    text: str
    literal: bool = False
    is_open: bool = False  # the block had no end


class Stopped(Exception):
    """Ctrl-C at an empty prompt, twice."""


class Lines(Protocol):
    """Gives what is typed, one question or command at a time; None at the end."""

    def read(self) -> Said | None: ...


def gathered(first: str, more: Callable[[], str | None]) -> Said:
    '''What begins with this line. Triple quotes open a block that goes on, with `more` lines, until the next ones.

    >>> rest = iter(["b", 'c""" d'])
    >>> gathered('"""a', lambda: next(rest)).text
    'a\\nb\\nc d'
    '''
    begun = first.lstrip()
    if not begun.startswith(_QUOTES):
        return Said(first.strip(), literal="\n" in first.strip())
    lines: list[str] = []
    line: str | None = begun.removeprefix(_QUOTES)
    while line is not None and _QUOTES not in line:
        lines.append(line)
        line = more()
    if line is not None:
        before, _, after = line.partition(_QUOTES)
        lines.append(before + after)
    return Said("\n".join(lines).strip("\r\n"), literal=True, is_open=line is None)


class Piped:
    """Questions from a pipe or a file, one a line."""

    def __init__(self, source: TextIO | None) -> None:
        self._source = source

    def read(self) -> Said | None:
        line = self._line()
        return None if line is None else gathered(line, self._line)

    def _line(self) -> str | None:
        line = self._source.readline() if self._source else ""
        return line.rstrip("\r\n") if line else None


class Terminal:
    """Questions from a person, with a line to edit, a history and Tab for `commands`.

    `ready` is called whenever it begins to wait for a line.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        commands: Sequence[str] = (),
        history: Path | None = None,
        *,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._say, self._ready = say, ready
        self._inside = False  # a block of many lines
        self._pressed = False
        # Without stdout on the terminal too, Python has no line editing, and would write the prompt into the answer.
        self._readline = _readline(commands) if sys.stdout.isatty() else None
        self._history = _History(self._readline, history) if self._readline else None

    def read(self) -> Said | None:
        while True:
            try:
                said = self._read()
            except KeyboardInterrupt:
                self._interrupted()
                continue
            if said is None:
                click.echo(err=True)
                return None
            self._pressed = False
            if self._history and said.text:
                self._history.add(said.text)
            return said

    def ask(self, question: str) -> str | None:
        """A short answer to a question of ours; None for Ctrl-C and Ctrl-D."""
        try:
            return self._line(question).strip()
        except (KeyboardInterrupt, EOFError):
            click.echo(err=True)
            return None

    def _read(self) -> Said | None:
        self._inside = False
        try:
            first = self._line(_PROMPT)
        except EOFError:
            return None
        return gathered(first, self._further)

    def _further(self) -> str | None:
        self._inside = True
        try:
            return self._line(_MORE)
        except (
            EOFError
        ):  # in the middle of a block: a person who wants out of it, not out of the chat
            raise KeyboardInterrupt from None

    def _line(self, prompt: str) -> str:
        self._ready()
        if self._readline:
            with _awake():
                return input(prompt)
        click.echo(prompt, nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\r\n")

    def _interrupted(self) -> None:
        """Ctrl-C: away with what was typed; where nothing was, the way out."""
        click.echo(err=True)
        typed = self._inside or bool(self._readline and self._readline.get_line_buffer())
        if typed:
            self._pressed = False
            return
        if self._pressed:
            raise Stopped
        self._pressed = True
        self._say("Ctrl-C once more leaves the chat, and so does /exit or Ctrl-D")


class _History:
    """What was typed in earlier chats, for the arrow keys. The file is the owner's alone."""

    def __init__(self, readline: Any, path: Path | None) -> None:
        self._readline, self._path = readline, path
        for text in self._load():
            readline.add_history(text)

    def add(self, text: str) -> None:
        """Keep what was typed; a history that cannot be written is none."""
        if len(text) > _LONGEST:
            return
        self._readline.add_history(text)
        with suppress(OSError):
            self._write([text], os.O_APPEND)

    def _load(self) -> list[str]:
        if self._path is None:
            return []
        try:
            lines = self._path.read_text("utf-8", "replace").splitlines()
        except OSError:
            return []
        texts = [text for line in lines if (text := _text_of(line))]
        if len(texts) > 2 * _KEPT:
            with suppress(OSError):
                self._write(texts[-_KEPT:], os.O_TRUNC)
        return texts[-_KEPT:]

    def _write(self, texts: Sequence[str], how: int) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            if hasattr(os, "fchmod"):
                os.fchmod(file, 0o600)
            out.writelines(json.dumps(text) + "\n" for text in texts)


def _text_of(line: str) -> str:
    try:
        text: Any = json.loads(line)
    except (ValueError, RecursionError):  # a line that was cut, or is not ours
        return ""
    return text if isinstance(text, str) else ""


@contextmanager
def _awake() -> Generator[None]:
    """Look up now and then. Python does not see a Ctrl-C that comes while a key is dealt with before the next key."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _readline(commands: Sequence[str]) -> Any:
    """Python's line editing, set up for us; None where there is none."""
    try:
        import readline
    except ImportError:
        return None

    def complete(text: str, state: int) -> str | None:
        found = [name for name in commands if name.startswith(text)] if text[:1] == "/" else []
        return found[state] if state < len(found) else None

    readline.set_auto_history(False)
    readline.set_completer_delims(" ")
    readline.set_completer(complete)
    if "libedit" in (readline.__doc__ or ""):
        readline.parse_and_bind("bind ^I rl_complete")
    else:
        readline.parse_and_bind("tab: complete")
        # What is pasted comes as one text, however many lines it has.
        readline.parse_and_bind("set enable-bracketed-paste on")
    return readline


def history_file() -> Path | None:
    """Where the history is kept: beside the journal in the user's state directory."""
    from ...agent.journal import default_path

    try:
        return default_path().with_name("chat_history")
    except ChatwrightError:
        return None
