"""`chatwright ask`: one question, the agent answers. Each run is kept, so that one that was cut off goes on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import click

from ..errors import ChatwrightError, JournalError, RunBusy, UsageError
from ..events import Error, Event, Finish, Malformed, Notice, Text, ToolCall
from .options import model_from, question_from, schema_from, tools_from, with_model_and_tools
from .runs import turns_of, way_on
from .screen import FormScreen, JsonLines, Screen
from .wish import Wish

if TYPE_CHECKING:
    from ..agent import Agent, Approver
    from ..agent.journal import Journal
    from ..tools import Tool

__all__ = ["command"]

# Anything else is a limit: partly done.
_EXIT = {
    "answer": 0,
    "error": 1,
    "malformed": 1,
    "refused": 1,
    "unknown_outcome": 1,
    "stopped": 130,
}

_EXAMPLES = """\b
Examples:
  chatwright ask "What is 15% of 80?"
  chatwright ask "Who was Ada Lovelace's father?" --docs examples/notes
  echo "What is sqrt(2)?" | chatwright ask
  chatwright ask "What is 2^10?" --json | tail -n 1
  chatwright ask "Is it raining in Oslo?" -t my_tools.py -m local:model.gguf
  chatwright ask "What time is it in Oslo?" -t "mcp:uvx mcp-server-time" -m org/name

\b
A run that was cut off, or that a limit ended, goes on with the model and the tools that it had:
  chatwright ask --run 1a2b3c4d --max-steps 24

\b
The answer as JSON that fits a schema, from a file or a pydantic model:
  chatwright ask "Where was Ada Lovelace born, and when?" --docs examples/notes --schema person.json
  chatwright ask "Who wrote Emma?" --schema models.py:Book -m org/name

\b
A tool that changes something asks first. With --careful nothing can write once strangers' text was read:
  chatwright ask "File the new messages" -t mail.py --careful -m org/name

\b
The steps go to stderr, the answer alone to stdout.
Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 a limit was reached, 130 stopped.
"""


@click.command("ask", epilog=_EXAMPLES)
@with_model_and_tools
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")
@click.option(
    "--run",
    "run_id",
    metavar="ID",
    help="Go on with this run (the beginning of its id will do), or, with a question, begin one of this name.",
)
@click.option("--no-journal", is_flag=True, help="Keep nothing of this run.")
@click.option(
    "--schema",
    metavar="FILE",
    help="Give the answer as JSON that fits this JSON schema, or this pydantic model (my.py:Model).",
)
@click.option(
    "--careful",
    is_flag=True,
    help="No tool may write once the run has read what strangers may have written.",
)
@click.option("--yes", is_flag=True, help="Run tools that write without a question.")
@click.option(
    "--unknown",
    type=click.Choice(["ask", "skip", "fail"]),
    default="ask",
    show_default=True,
    help="What to do with a call that may have run already when the run was interrupted.",
)
@click.option(
    "--max-steps",
    metavar="N",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Turns of the model at most.",
)
@click.option(
    "--max-seconds",
    metavar="S",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds at most; 600 where it is left out.",
)
@click.option(
    "--max-tokens",
    metavar="N",
    type=click.IntRange(min=1),
    help="Tokens of all prompts and replies at most; 500000 where it is left out.",
)
@click.pass_context
def command(ctx: click.Context, **given: Any) -> int:
    """Answer QUESTION. Without one it is read from stdin.

    The Calculator is always there; --docs adds a Search over a folder, -t adds more tools. Each run is kept in the
    journal (see chatwright runs), and goes on with --run when it was cut off.
    """
    wish = Wish(**given)
    if wish.no_journal and wish.run_id:
        raise UsageError("--no-journal does not go with --run", "leave one of them out")
    # A run that goes on has its question: stdin is not touched.
    goes_on = wish.question is None and wish.run_id is not None
    wish = replace(wish, question=None if goes_on else question_from(wish.question))
    named = ctx.get_parameter_source("model") is click.core.ParameterSource.COMMANDLINE
    return _Asking(wish, model_given=named).go()


@dataclass(slots=True)
class _Heard:
    """What came of the run so far."""

    run_id: str = ""
    text: str = ""
    finish: Finish | None = None
    any: bool = False

    def see(self, event: Event) -> None:
        self.any = True
        match event:
            case Notice(_, run_id) if run_id:
                self.run_id = run_id
            case Text(text):
                self.text += text
            case ToolCall() | Malformed():
                self.text = ""  # that was no answer yet
            case Finish():
                self.finish = event
            case _:
                pass


@dataclass(slots=True)
class _Asking:
    """One question on its way."""

    wish: Wish
    model_given: bool
    screen: Screen = field(default_factory=Screen)
    reader: Screen | JsonLines = field(default_factory=Screen)
    heard: _Heard = field(default_factory=_Heard)
    journal: Journal | None = None

    def go(self) -> int:
        """Ask and show what comes; the exit code."""
        self._look()
        try:
            self.journal = self._journal()
            self._run(self.journal)
        except KeyboardInterrupt:
            return self._stopped()
        except ChatwrightError as err:
            if self.wish.as_json:  # who reads the lines waits for the last one
                self.reader.see(Error(str(err), err.hint))
                self.reader.see(Finish("", None, "error", run_id=self.heard.run_id))
            raise
        finally:
            if self.journal:
                self.journal.close()
        finish = self.heard.finish
        if self.wish.schema and finish and finish.values is None and finish.stop_reason == "answer":
            return 1
        return _EXIT.get(finish.stop_reason if finish else "error", 3)

    def _look(self) -> None:
        if self.wish.as_json:
            self.reader = JsonLines()
        else:
            screen = FormScreen if self.wish.schema else Screen
            self.reader = screen(way_on=self._way_on)

    # -- the journal ----------------------------------------------------------------------------------

    def _journal(self) -> Journal | None:
        """The journal; where there can be none the run goes on without, unless it is to go on with one."""
        if self.wish.no_journal:
            return None
        from ..agent.journal import Journal, default_path

        try:
            return Journal.open(default_path())
        except JournalError as err:
            if self.wish.run_id:
                raise
            self._not_kept(err)
            return None

    def _not_kept(self, err: JournalError) -> None:
        self.screen.notice(f"{err}: this run is not kept")

    def _earlier(self, journal: Journal | None) -> tuple[str, dict[str, Any]]:
        """How the run ended that is asked for by its id, and its first row; empty if there is none yet."""
        wish = self.wish
        if journal is None or wish.run_id is None:
            return "", {}
        try:
            info, rows = journal.read(wish.run_id)
        except UsageError:
            if wish.question is None:
                raise
            return "", {}
        if info.run_id != wish.run_id and wish.question is not None:
            return "", {}  # a new run, whose name another begins with
        return info.stop_reason, rows[0].data if rows else {}

    # -- the run --------------------------------------------------------------------------------------

    def _run(self, journal: Journal | None) -> None:
        from ..agent.keeper import FINAL

        end, begun = self._earlier(journal)
        if begun:
            self.wish = self.wish.as_begun(begun, model_given=self.model_given)
            self._look()
        if end in FINAL:
            self._hear(self._agent(_Nobody(), (), journal))
            return
        self.wish.check_whole()
        self._ask(journal, begun)

    def _ask(self, journal: Journal | None, begun: Mapping[str, Any]) -> None:
        from .approve import approver

        wish = self.wish
        schema = schema_from(wish.schema) if wish.schema else None
        tools = tools_from(wish.specs, wish.docs, wish.no_tools, self.screen)
        approve = approver(self.screen.notice, yes=wish.yes)
        system = str(begun.get("system") or "")
        with model_from(wish.model, self.screen) as opened:
            self._compare(begun, opened.name, tools)
            agent = self._agent(opened, tools, journal, schema, approve, system)
            try:
                self._hear(agent)
            except RunBusy:
                raise
            except JournalError as err:
                if wish.run_id or self.heard.any:
                    raise
                self._not_kept(err)
                agent.journal = None
                self._hear(agent)

    def _agent(
        self,
        model: Any,
        tools: Any,
        journal: Journal | None,
        schema: Any = None,
        approve: Approver | None = None,
        system: str = "",
    ) -> Agent:
        from ..agent import Agent

        return Agent(
            model,
            tools,
            limits=self.wish.limits(),
            journal=journal,
            approve=approve,
            careful=self.wish.careful,
            unknown=self.wish.unknown,
            schema=schema,
            system=system,
        )

    def _hear(self, agent: Agent) -> None:
        wish = self.wish
        note = wish.note() if agent.journal is not None else None
        stream = agent.stream(wish.question, wish.run_id, note=note)
        # What a tool prints is no part of the answer. The readers know stdout as it was.
        with redirect_stdout(sys.stderr), closing(cast("Any", stream)) as events:
            for event in events:
                self.heard.see(event)
                self.reader.see(event)

    def _compare(self, begun: Mapping[str, Any], model: str, tools: list[Tool]) -> None:
        """Tell what is not as it was when the run began."""
        if not begun:
            return
        before = str(begun.get("model"))
        if not (self.model_given or begun.get("spec") or before == model):
            self.screen.notice(f"the run began with {before}, and goes on with {model}")
        lost = {str(name) for name in begun.get("tools", ())} - {tool.name for tool in tools}
        if lost:
            told = ", ".join(sorted(lost))
            self.screen.notice(f"the run had tools that are not here now: {told} (-t adds some)")

    # -- how to go on ---------------------------------------------------------------------------------

    def _way_on(self, finish: Finish) -> str:
        """What to type after a run that did not come to its end."""
        if not finish.run_id:
            return ""
        line, limits = way_on(finish.run_id), self.wish.limits()
        match finish.stop_reason:
            case "max_steps":
                return f"to go on: {line} --max-steps {2 * max(limits.max_steps, self._turns())}"
            case "max_seconds":
                return f"to go on: {line} --max-seconds {2 * (limits.max_seconds or 0):g}"
            case "max_tokens":
                used = finish.usage.prompt + finish.usage.completion
                return f"to go on: {line} --max-tokens {2 * max(limits.max_tokens or 0, used)}"
            case "repeats" | "malformed" | "errors":
                return f"to go on with another model: {line} -m MODEL"
            case "unknown_outcome":
                return f"to go on without it: {line} --unknown skip"
            case "error":
                return f"to go on: {line}"
            case _:
                return ""

    def _turns(self) -> int:
        """How many turns the run has had, in this process and before."""
        with suppress(ChatwrightError):
            if self.journal:
                return turns_of(self.journal.read(self.heard.run_id)[1])
        return 0

    def _stopped(self) -> int:
        """Ctrl-C: what there is, and how to go on."""
        heard, reader = self.heard, self.reader
        if isinstance(reader, JsonLines):
            reader.see(Finish(heard.text, None, "stopped", run_id=heard.run_id))
        reader.close()
        click.echo("stopped", err=True)
        if heard.run_id:
            self.screen.hint(f"to go on: {way_on(heard.run_id)}")
        return 130


class _Nobody:
    """Stands where a model would, for a run that has its answer already."""

    name = "nobody"

    def stream(self, *args: Any, **options: Any) -> Any:
        raise ChatwrightError("a run that has its answer asks no model")
