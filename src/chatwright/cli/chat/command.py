"""`chatwright chat`: a conversation with the agent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import ChatwrightError, JournalError, UsageError
from ..clean import clean
from ..options import model_from, tools_from, with_model_and_tools
from ..screen import Screen

if TYPE_CHECKING:
    from .dialogue import Dialogue, Kept
    from .lines import Lines, Said, Terminal
    from .slash import Desk
    from .talk import Session

__all__ = ["command"]

_EXAMPLES = """\b
Examples:
  chatwright chat
  chatwright chat --docs examples/notes
  chatwright chat --continue
  chatwright chat -m http://127.0.0.1:8080 --no-tools
  printf 'What is 2^10?\\nWhat is sqrt(2)?\\n' | chatwright chat

\b
/help shows the commands inside; \"\"\" begins and ends a text of many lines.
Each question is a run in the journal; see CHATWRIGHT_JOURNAL. From a pipe each line is a question.
Exit codes: 0 fine, 1 an answer failed, 3 one was cut (both for a pipe only), 2 wrong usage, 130 stopped.
"""

_SHOWN = 300


@click.command("chat", epilog=_EXAMPLES)
@with_model_and_tools
@click.option("--continue", "go_on", is_flag=True, help="Go on with the newest chat.")
@click.option("--session", metavar="ID", help="Go on with the chat that has this run.")
@click.option("--careful", is_flag=True, help="Nothing may write once strangers' text was read.")
@click.pass_context
def command(
    ctx: click.Context,
    question: str | None,
    model: str | None,
    specs: tuple[str, ...],
    no_tools: bool,
    docs: Path | None,
    go_on: bool,
    session: str | None,
    careful: bool,
) -> int:
    """Talk with the agent. A QUESTION, if there is one, is asked first."""
    from ...model import DEFAULT_MODEL
    from ..approve import approver
    from .dialogue import Dialogue, stoppable
    from .talk import Session

    if go_on and session:
        raise UsageError("--continue does not go with --session", "leave one of them out")
    screen = Screen()
    tools = tools_from(specs, docs, no_tools, screen)
    with ExitStack() as held:
        journal = _journal(screen, needed=go_on or session is not None)
        if journal:
            held.callback(_let_go, journal)
        found = _found(journal, session) if go_on or session else Session()
        named = ctx.get_parameter_source("model") is click.core.ParameterSource.COMMANDLINE
        spec = (model if named else found.spec or model) or DEFAULT_MODEL
        dialogue = Dialogue(
            model_from(spec, screen),
            tools,
            journal,
            screen,
            spec=_lasting(spec),
            approve=approver(screen.notice),
            careful=careful,
        )
        held.callback(dialogue.close)
        if go_on or session:
            dialogue.restart(found)
        return _Chat(dialogue, found, held.enter_context(stoppable())).hold(question)


def _let_go(journal: Kept) -> None:
    with suppress(ChatwrightError):
        journal.close()


def _lasting(spec: str) -> str:
    """The name of a model as it is understood in any folder."""
    kind, colon, file = spec.partition("local:")
    if kind or not colon or not Path(file).is_file():
        return spec
    return f"local:{Path(file).resolve()}"


def _journal(screen: Screen, *, needed: bool) -> Kept | None:
    """The journal; where there can be none a chat is held without, unless it is to go on with one."""
    from ...agent.journal import default_path
    from .dialogue import Kept

    try:
        found = Kept.open(default_path())
        assert isinstance(found, Kept)
        return found
    except JournalError as err:
        if needed:
            raise
        screen.notice(f"{err}: the chat is held in memory and is not kept")
        return None


def _found(journal: Kept | None, session: str | None) -> Session:
    from .talk import continued, newest, newest_of

    assert journal is not None
    return continued(journal, newest_of(journal, session) if session else newest(journal))


class _Chat:
    """What is typed becomes questions and commands, until it ends."""

    def __init__(
        self, dialogue: Dialogue, session: Session, dealt_with: Callable[[], None]
    ) -> None:
        from .slash import Desk

        self._dialogue, self._session, self._dealt_with = dialogue, session, dealt_with
        self._screen = dialogue.screen
        self._terminal = _terminal(self._say, dealt_with)
        self._desk: Desk = Desk(dialogue, self._say, self._change)
        self._stops = 0  # Ctrl-C, one answer after another
        self._code = 0

    def hold(self, question: str | None) -> int:
        """The whole chat; its exit code."""
        from .lines import Said, Stopped

        self._greet()
        lines = self._lines()
        try:
            self._safely(self._resume)
            self._dealt_with()
            if question and question != "-":  # which means stdin elsewhere, and that is read anyway
                self._safely(lambda: self._take(Said(question.strip(), literal=True)))
            while not self._desk.left and self._turn(lines):
                pass
        except (Stopped, KeyboardInterrupt):
            self._code = 130
        self._part()
        return self._code

    def _lines(self) -> Lines:
        from .lines import Piped

        return self._terminal or Piped(sys.stdin)

    def _turn(self, lines: Lines) -> bool:
        """One question or command; false at the end."""
        self._dealt_with()
        try:
            self._dialogue.settle()
            said = lines.read()
            if said is None:
                return False
            self._safely(lambda: self._take(said))
        except KeyboardInterrupt:  # at an odd moment
            if self._terminal is None:
                raise
            self._screen.notice("stopped")
        return True

    def _safely(self, do: Callable[[], None]) -> None:
        """An error is told, and the chat goes on; so it does after Ctrl-C."""
        from .lines import Stopped

        try:
            do()
        except ChatwrightError as err:
            self._complain(str(err), err.hint)
            self._failed(1)
        except KeyboardInterrupt:
            self._screen.notice("stopped")
        except (OSError, Stopped):
            raise
        except Exception as err:  # a person reads it, and may try something else
            self._complain(f"{type(err).__name__}: {err}", "/retry asks again")
            self._failed(1)

    def _take(self, said: Said) -> None:
        from .slash import run

        if said.is_open:
            self._screen.notice('the """ had no end: taken as it is')
        if not said.text.strip():
            return
        asked = self._dialogue.asked
        if said.literal or not said.text.startswith("/"):
            self._dialogue.ask(said.text)
        elif said.text.startswith("//"):
            self._dialogue.ask(said.text[1:])
        else:
            run(said.text, self._desk)
        if self._dialogue.asked > asked:
            self._judge()

    def _judge(self) -> None:
        """What the last answer means for the exit code of a chat from a pipe, and for the one who stopped it."""
        from .lines import Stopped

        end = self._dialogue.exchanges[-1].end
        if end == "stopped" and self._terminal is None:
            self._stops += 1
            if self._stops > 1:  # nobody types here who could leave in another way
                raise Stopped
        else:
            self._stops = 0
        if end in ("error", "malformed"):
            self._failed(1)
        elif end != "answer":
            self._failed(3)

    def _failed(self, code: int) -> None:
        if self._terminal is None and self._code != 1:
            self._code = code

    # -- where it begins and ends -------------------------------------------------------------------

    def _greet(self) -> None:
        if self._terminal is None:
            return
        tools = ", ".join(tool.name for tool in self._dialogue.tools) or "no tools"
        self._say(f"{self._dialogue.model.name} with {tools}; /help shows the commands")

    def _resume(self) -> None:
        """Show where the earlier chat was, and offer the question that nobody answered."""
        session, dialogue = self._session, self._dialogue
        if not session.exchanges:
            return
        if session.missing:
            self._screen.notice(f"the chat begins with the run {session.missing}, which is gone")
        here = {tool.name for tool in dialogue.tools}
        if lost := [name for name in session.tools if name not in here]:
            self._screen.notice(f"the chat had tools that are not here now: {', '.join(lost)}")
        last = dialogue.exchanges[-1]
        if last.is_open and dialogue.in_hands(last.run_id):
            dialogue.exchanges.pop()
            self._screen.notice("the last question is being answered elsewhere: it is left out")
            last = dialogue.exchanges[-1] if dialogue.exchanges else None
        if last is None:
            return
        self._say(f"> {_short(last.question)}")
        if last.answer:
            self._say(_short(last.answer))
        if last.is_open:
            self._offer()
        elif last.end != "answer":
            self._say("this had no whole answer: /retry asks it again")

    def _offer(self) -> None:
        if self._terminal is None:
            self._say("this was not answered: /retry goes on with it")
            return
        answer = self._terminal.ask("this was not answered; go on with it? [Y/n] ")
        if answer is not None and answer.lower() in ("", "y", "yes"):
            self._dialogue.again()
            return
        self._say("/retry goes on with it later")
        if answer and answer.lower() not in ("n", "no"):
            from .lines import gathered

            self._take(gathered(answer, lambda: None))

    def _part(self) -> None:
        """How to come back."""
        ids = [exchange.run_id for exchange in self._dialogue.exchanges if exchange.run_id]
        if self._terminal and self._dialogue.journal and ids:
            self._say(f"chatwright chat --session {ids[-1]} goes on with this")

    # -- small things -------------------------------------------------------------------------------

    def _change(self, spec: str) -> None:
        """Another model. The old one goes when the new one is there."""
        self._dialogue.use(model_from(spec, self._screen), _lasting(spec))

    def _say(self, text: str) -> None:
        click.secho(clean(text), err=True, dim=True)

    def _complain(self, message: str, hint: str) -> None:
        click.secho(f"error: {clean(message)}", fg="red", err=True)
        if hint:
            click.echo(f"hint: {clean(hint)}", err=True)


def _terminal(say: Callable[[str], None], ready: Callable[[], None]) -> Terminal | None:
    """The one who types, where somebody does."""
    if sys.stdin is None or not sys.stdin.isatty():  # type: ignore[comparison-overlap]
        return None
    from .lines import Terminal, history_file
    from .slash import COMMANDS

    return Terminal(say, COMMANDS, history_file(), ready=ready)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} …"
