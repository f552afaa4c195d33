"""Asks a person on the terminal before a tool changes something: yes, no, other arguments, or stop."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from ..agent import Approve, Edit, Refuse, StartedCall
from ..events import ToolCall
from ..tools import Tool
from ..tools.run import misfit
from .clean import clean

if TYPE_CHECKING:
    from ..agent import Approver, Decision

__all__ = ["Asking", "Terminal", "approver", "terminal"]

_SHOWN = 300  # characters of an argument
_LINES = 12  # arguments
_ABOUT = 200
_LOOK = 0.2  # seconds between two looks at the signals
_DOUBT = (
    "it was started before the run was interrupted, and nobody knows whether it was carried out"
)

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a person is: what they type, and what they see."""

    keys: TextIO
    screen: TextIO

    def say(self, text: str = "", **style: Any) -> None:
        """A line. No character of it steers the terminal."""
        click.secho(clean(text), file=self.screen, **style)

    def ask(self, question: str) -> str:
        """A line that is typed. Ctrl-D means to leave, as Ctrl-C does."""
        self.screen.write(clean(question))
        self.screen.flush()
        _wait(self.keys)
        line = self.keys.readline()
        if not line:
            self.say()
            raise KeyboardInterrupt
        return line.strip()


def _wait(keys: TextIO) -> None:
    """Until something was typed. A signal that comes just before a read blocks would wait for the next key."""
    try:
        typed = keys.fileno()
    except (OSError, ValueError):  # not a file: nothing to wait for
        return
    while os.name != "nt" and not select.select([typed], [], [], _LOOK)[0]:
        pass  # Python looks after its signals here


def terminal() -> Terminal | None:
    """The terminal of whoever started us, also where stdin or stderr is a pipe; None where there is none."""
    keys: TextIO | None = sys.stdin if _is_tty(sys.stdin) else None
    screen: TextIO | None = sys.stderr if _is_tty(sys.stderr) else None
    names = ("CONIN$", "CONOUT$") if os.name == "nt" else ("/dev/tty", "/dev/tty")
    try:
        return Terminal(keys or _opened(names[0], "r"), screen or _opened(names[1], "w"))
    except OSError:
        return None


@lru_cache(2)
def _opened(name: str, mode: str) -> TextIO:
    """The terminal as a file, opened once: it is there as long as this process."""
    return cast("TextIO", open(name, mode, encoding="utf-8", errors="replace"))


def approver(say: Callable[[str], None], *, yes: bool = False) -> Approver | None:
    """Who is asked before a tool writes; None where nobody can be. `yes`: nobody is asked, and `say` tells so once."""
    found = terminal()
    if yes:
        return _Always(say, found)
    return Asking(found) if found else None


class Asking:
    """Asks on a terminal, one question at a time, and remembers which tools need no further question."""

    def __init__(self, tty: Terminal) -> None:
        self._tty = tty
        self._always: set[str] = set()

    def __call__(self, call: ToolCall, tool: Tool) -> Decision:
        """The decision of the person. To quit raises `KeyboardInterrupt`."""
        with _one_at_a_time:
            started = isinstance(call, StartedCall)
            if tool.name in self._always and not started:
                return Approve()
            return self._asked(call, tool, started=started)

    def _asked(self, call: ToolCall, tool: Tool, *, started: bool) -> Decision:
        draft: Mapping[str, Any] | str = call.args
        cut = self._show(call, tool, started=started)
        always = "" if started else "[a]lways this tool, "
        choices = f"[y]es, [n]o (say why), [e]dit, {always}{'[m]ore, ' if cut else ''}[q]uit: "
        what = "run it again?" if started else "run it?"
        while True:
            said, _, rest = self._tty.ask(f"  {what} {choices}").partition(" ")
            match said.lower().rstrip(".,:;"):
                case "y" | "yes":
                    return Approve()
                case "n" | "no":
                    return Refuse(rest.strip() or self._tty.ask("  why? (Enter for no reason): "))
                case "e" | "edit":
                    edited = self._edited(call, tool, draft)
                    if isinstance(edited, Edit):
                        return edited
                    draft = edited
                case "a" | "always" if not started:
                    self._always.add(tool.name)
                    return Approve()
                case "m" | "more":
                    self._tty.say(_seen(json.dumps(call.args, ensure_ascii=False, indent=2)))
                case "q" | "quit":
                    raise KeyboardInterrupt
                case _:
                    self._tty.say("  type one of the letters in brackets")

    def _show(self, call: ToolCall, tool: Tool, *, started: bool) -> bool:
        """Show what would be done; true if not all of it."""
        say = self._tty.say
        if started:
            say(f"? {call.name} may have run already: {_DOUBT}", fg="yellow", bold=True)
        else:
            say(f"? {call.name} changes something", fg="yellow", bold=True)
        about = " ".join(tool.description.split())
        if about:
            say(f"  {_short(about, _ABOUT)}", dim=True)
        lines = [(name, json.dumps(value, ensure_ascii=False)) for name, value in call.args.items()]
        for name, value in lines[:_LINES]:
            say(f"  {_seen(name)}: {_short(_seen(value), _SHOWN)}")
        if not lines:
            say("  (no arguments)")
        if len(lines) > _LINES:
            say(f"  … and {len(lines) - _LINES} more arguments")
        return len(lines) > _LINES or any(len(_seen(value)) > _SHOWN for _, value in lines)

    def _edited(
        self, call: ToolCall, tool: Tool, draft: Mapping[str, Any] | str
    ) -> Edit | Mapping[str, Any] | str:
        """Other arguments, or what there is of them, to go on with."""
        text = draft if isinstance(draft, str) else _pretty(draft)
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        try:
            new = _in_editor(editor, text, self._tty) if editor else self._typed(draft)
        except (OSError, ValueError, subprocess.SubprocessError) as err:
            self._tty.say(f"  the editor failed: {err}", fg="yellow")
            new = self._typed(draft)
        if not new.strip() or new.strip() == _pretty(call.args).strip():
            self._tty.say("  nothing was changed")
            return call.args
        args, wrong = _read(new)
        wrong = wrong or misfit(replace(call, args=args), tool)
        if wrong:
            self._tty.say(f"  this does not do: {wrong} (e goes on with it)", fg="yellow")
            return new
        return Edit(args)

    def _typed(self, draft: Mapping[str, Any] | str) -> str:
        now = draft if isinstance(draft, str) else json.dumps(draft, ensure_ascii=False)
        self._tty.say(f"  now: {_seen(' '.join(now.splitlines()))}")
        return self._tty.ask("  arguments as JSON, on one line: ")


class _Always:
    """`--yes`: what writes is run. What may have run already is another question, which that does not answer."""

    def __init__(self, say: Callable[[str], None], tty: Terminal | None) -> None:
        self._say, self._told = say, False
        self._asking = Asking(tty) if tty else None

    def __call__(self, call: ToolCall, tool: Tool) -> Decision:
        if isinstance(call, StartedCall):
            if self._asking:
                return self._asking(call, tool)
            self._say(f"{call.name} may have run already: --yes does not run it again")
            return Refuse(f"{_DOUBT}. Check what happened before you repeat it")
        with _one_at_a_time:
            if not self._told:
                self._told = True
                self._say("--yes: tools that change something run without a question")
        return Approve()


def _read(text: str) -> tuple[dict[str, Any], str]:
    """The arguments in a text, or what is wrong with it."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as err:
        return {}, f"not JSON: {err}"
    if not isinstance(found, dict):
        return {}, 'arguments are a JSON object, such as {"name": "value"}'
    return cast("dict[str, Any]", found), ""


def _in_editor(editor: str, text: str, tty: Terminal) -> str:
    """The text after a person had it in an editor."""
    handle, name = tempfile.mkstemp(prefix="chatwright-", suffix=".json")  # the owner's alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        with _left_to_the_editor():
            subprocess.run(
                [*shlex.split(editor, posix=os.name != "nt"), name],
                stdin=tty.keys,
                stdout=tty.screen,
                stderr=tty.screen,
                check=True,
            )
        return Path(name).read_text("utf-8")
    finally:
        with suppress(OSError):
            os.unlink(name)


@contextmanager
def _left_to_the_editor() -> Generator[None]:
    """Ctrl-C goes to every program on the terminal, and while the editor is open it is meant for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A function and not SIG_IGN, which the editor would inherit.
    before = signal.signal(signal.SIGINT, lambda signum, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _pretty(args: Mapping[str, Any]) -> str:
    return json.dumps(args, ensure_ascii=False, indent=2) + "\n"


def _seen(text: str) -> str:
    """The text with nothing in it that nobody sees: such characters as JSON writes them.

    >>> _seen("a\\u200bb")
    'a\\\\u200bb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"


def _is_tty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
