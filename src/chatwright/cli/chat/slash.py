"""The commands inside a chat: `/help` and the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import ChatwrightError, UsageError, did_you_mean
from .dialogue import Dialogue
from .talk import transcript

__all__ = ["COMMANDS", "Desk", "run"]

_SHORT = 200


@dataclass(slots=True)
class Desk:
    """What the commands work on. `say` writes a line beside the answer, `open` gives the dialogue another model."""

    dialogue: Dialogue
    say: Callable[[str], None]
    open: Callable[[str], None]
    saved: Path | None = None
    left: bool = False


def run(line: str, desk: Desk) -> None:
    """Do what a line that begins with a slash says. One that is not known goes nowhere, least of all to the model."""
    name, _, rest = line.partition(" ")
    found = _TABLE.get(name.lower())
    if found is None:
        near = did_you_mean(name, COMMANDS)
        hint = near if "mean" in near else "/help lists them"
        raise UsageError(
            f"there is no command {name[:40]}",
            f"{hint} (to send a text that begins with a slash, write two)",
        )
    found.do(desk, rest.strip())


def _help(desk: Desk, rest: str) -> None:
    for command in dict.fromkeys(_TABLE.values()):
        desk.say(f"{command.shown:<18} {command.about}")
    desk.say('"""                many lines, until the next """')
    desk.say("Ctrl-C             stops the answer, or clears what is typed; Ctrl-D leaves")


def _exit(desk: Desk, rest: str) -> None:
    desk.left = True


def _new(desk: Desk, rest: str) -> None:
    desk.dialogue.restart()
    desk.say("a new chat")


def _retry(desk: Desk, rest: str) -> None:
    if desk.dialogue.again() is None:
        raise UsageError("there is no question yet", "ask one first")


def _undo(desk: Desk, rest: str) -> None:
    gone = desk.dialogue.undo()
    if gone is None:
        raise UsageError("there is nothing to undo", "ask something first")
    desk.say(f"dropped: {_short(gone.question)}")


def _history(desk: Desk, rest: str) -> None:
    if not desk.dialogue.exchanges:
        desk.say("nothing was said so far")
    for number, exchange in enumerate(desk.dialogue.exchanges, 1):
        desk.say(f"{number}. {_short(exchange.question)}")
        end = "" if exchange.end == "answer" else f" [{exchange.end or 'not answered'}]"
        desk.say(f"   {_short(exchange.answer)}{end}")


def _save(desk: Desk, rest: str) -> None:
    name = rest.strip("\"'")
    if not name:
        raise UsageError("where to?", "write a file's name: /save chat.md")
    path = Path(name).expanduser()
    if path.exists() and path != desk.saved:
        raise UsageError(f"there is something called {name} already", "choose another name")
    title = f"Chat with {desk.dialogue.model.name}"
    text = transcript(desk.dialogue.exchanges, title=title)
    try:
        path.write_text(text, "utf-8", errors="replace")
    except OSError as err:
        raise ChatwrightError(
            f"{name} cannot be written: {err.strerror}", "choose another place"
        ) from err
    desk.saved = path
    desk.say(f"saved to {name}")


def _model(desk: Desk, rest: str) -> None:
    if rest:
        desk.open(rest)
    model = desk.dialogue.model
    room = f", {model.context:,} tokens of context" if model.context else ""
    desk.say(f"the model is {model.name}{room}")


def _tools(desk: Desk, rest: str) -> None:
    if not desk.dialogue.tools:
        desk.say("no tools (-t adds some when the chat begins)")
    for tool in desk.dialogue.tools:
        writes = " [writes]" if tool.writes else ""
        desk.say(f"{tool.name}{writes}: {_short(tool.description)}")


def _system(desk: Desk, rest: str) -> None:
    if rest:
        desk.dialogue.system = "" if rest == "-" else rest
    system = desk.dialogue.system
    desk.say(f"the system message is: {system}" if system else "there is no system message")


@dataclass(frozen=True, slots=True)
class _Command:
    shown: str
    about: str
    do: Callable[[Desk, str], None]


_EXIT = _Command("/exit", "leaves (also /quit, Ctrl-D)", _exit)
_TABLE = {
    "/help": _Command("/help", "shows this", _help),
    "/new": _Command("/new", "starts afresh", _new),
    "/retry": _Command("/retry", "asks the last question again", _retry),
    "/undo": _Command("/undo", "drops the last question and its answer", _undo),
    "/history": _Command("/history", "shows what was said so far", _history),
    "/save": _Command("/save FILE", "writes the chat to a file, as Markdown", _save),
    "/model": _Command("/model [NAME]", "shows or changes the model", _model),
    "/tools": _Command("/tools", "shows the tools", _tools),
    "/system": _Command("/system [TEXT]", "shows or sets the system message; - takes it away", _system),
    "/exit": _EXIT,
    "/quit": _EXIT,
}  # fmt: skip

COMMANDS = tuple(_TABLE)
"""The names of all commands."""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT]} …"
