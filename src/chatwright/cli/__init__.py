"""The command line. `main` finds the command, loads its file and turns every error into two lines."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .. import __version__
from ..errors import ChatwrightError, UsageError, did_you_mean
from .clean import clean

__all__ = ["cli", "main"]

# What `--help` lists; a command's file is imported when the command is run.
_COMMANDS = {
    "ask": "Answer one question, with tools.",
    "chat": "Talk with the agent.",
    "runs": "List past runs, show one, or print it again.",
    "serve": "Serve a model to every client of a TGI server or of OpenAI's.",
    "check": "Show what a model is, whether its file is whole, and how it does.",
    "prompt": "Show the exact text that the model would see.",
}

_EXAMPLES = """\b
Examples:
  chatwright ask "What is 15% of 80?"
  chatwright ask "When was Ada Lovelace born?" --docs examples/notes
  chatwright ask "How many words are in notes.txt?" -t my_tools.py
  chatwright chat --continue
  chatwright runs
  chatwright prompt "What is 15% of 80?"
  chatwright check -m local:model.gguf
  chatwright serve --port 8080
"""


class _Commands(click.Group):
    """Commands that load when called, and a suggestion for a mistyped one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return import_module(f".{cmd_name}", __name__).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise UsageError(f"there is no command called '{args[0][:60]}'", self._hint(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def _hint(self, word: str) -> str:
        if " " in word.strip():
            return f'for a question write: chatwright ask "{word[:60]}"'
        return did_you_mean(word, _COMMANDS)


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXAMPLES,
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="chatwright")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Any open model as a chat model and an agent: here, offline, in a second."""
    ctx.obj = {"debug": debug}
    ctx.color = _colour()


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0, 1 failed, 2 wrong usage, 3 partly done, 130 stopped."""
    given = list(sys.argv[1:] if args is None else args)
    _prepare_streams()
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()  # the reader has left (`| head`)
        code = 1
    except OSError as err:
        _drop_stdout()
        code = _complain(f"cannot write the output: {err.strerror}", "", 1)
    sys.exit(code)


def _prepare_streams() -> None:
    """No byte that comes in or goes out may end in a traceback, nor a stream that is closed."""
    if sys.stdout is None:  # type: ignore[comparison-overlap]  # `>&-`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_stdout() -> None:
    """Python would complain once more when it closes a stdout that it cannot write to."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(args: list[str]) -> int:
    try:
        result: Any = cli.main(args, prog_name="chatwright", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return 130
    except click.exceptions.NoArgsIsHelpError as err:
        click.echo(err.format_message(), err=True)
        return 2
    except click.UsageError as err:
        return _complain(err.format_message(), _way_out(err, args), 2)
    except click.ClickException as err:
        return _complain(err.format_message(), "", err.exit_code)
    except OSError:
        raise
    except ChatwrightError as err:
        if "--debug" in args:
            sys.excepthook(type(err), err, err.__traceback__)
        return _complain(str(err), err.hint, 2 if isinstance(err, UsageError) else 1)
    except Exception as err:  # a person reads it: one line, and how to get the rest
        if "--debug" in args:
            sys.excepthook(type(err), err, err.__traceback__)
        return _complain(
            f"{type(err).__name__}: {' '.join(str(err).split())[:300]}",
            "this is a defect of chatwright; chatwright --debug ... shows where",
            1,
        )


def _colour() -> bool | None:
    """No colour where it is not wanted; else click looks at the terminal."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _way_out(err: click.UsageError, args: list[str]) -> str:
    """What to type instead."""
    command = err.ctx.command_path if err.ctx else "chatwright"
    name = getattr(err, "option_name", "")
    if isinstance(err, click.NoSuchOption) and not name.startswith("--"):
        if question := next((a for a in args if a.startswith("-") and len(a.split()) > 1), ""):
            return f'a question that begins with a dash goes last: {command} -- "{question[:60]}"'
        if name.lstrip("-")[:1].isdigit():
            return f"what begins with a dash goes last: {command} -- {name}..."
    if "unexpected extra argument" in err.format_message():
        return f'write the question in quotes: {command} "What is 2 + 2?"'
    return f"see {command} --help"


def _complain(message: str, hint: str, code: int) -> int:
    click.secho(f"error: {clean(message)}", fg="red", err=True, color=_colour())
    if hint:
        click.echo(f"hint: {clean(hint)}", err=True)
    return code
