"""`chatwright check`: is this model well, what can it do, and how fast is it here?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any, cast

import click

from ..backends.facts import Fact, to_json
from ..errors import BackendError
from .checkup import Watch, checkup
from .clean import clean
from .options import model_from
from .screen import Screen

__all__ = ["command"]

_EXAMPLES = """\b
Examples:
  chatwright check                              the built-in model
  chatwright check -m local:model.gguf          a file: damaged? what template? one real tool call
  chatwright check -m local:model.gguf --no-run only what the file says
  chatwright check -m http://127.0.0.1:8080     a server: what is it? what does it take?
  chatwright check -m org/name                  a model of the Hub, at who provides it
  chatwright check --json | python -m json.tool

\b
The facts go to stdout, progress to stderr.
Exit codes: 0 fine, 1 something is wrong, 2 wrong usage, 130 stopped.
"""

_NAME = 18  # the width of the names
_EVERY = 5.0  # seconds between two lines of progress that nobody sees move
_MARKS = {"ok": " ", "warn": "!", "fail": "✗"}
_COLOURS = {"ok": None, "warn": "yellow", "fail": "red"}


@click.command("check", epilog=_EXAMPLES)
@click.option(
    "-m",
    "--model",
    "spec",
    metavar="MODEL",
    envvar="CHATWRIGHT_MODEL",
    help="nano (the default, built in), local:path/to/file.gguf, local:org/name-GGUF[:Q4_K_M], http://host:8080, "
    "org/name[:provider] or endpoint:NAME.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--no-run", is_flag=True, help="Only read; load nothing and ask the model nothing.")
@click.option("--quick", is_flag=True, help="Look at a sample of the weights, not at all of them.")
def command(spec: str | None, as_json: bool, no_run: bool, quick: bool) -> int:
    """Show what a model is, whether its file is whole, and how it does on one sentence and one tool call."""
    screen = Screen()
    name = spec or "nano"
    found: list[Fact] = []
    shown = _Table()
    with closing(
        cast(
            "Any",
            checkup(
                name,
                lambda: model_from(spec, screen),
                thorough=not quick,
                run=not no_run,
                watch=_Progress(screen),
            ),
        )
    ) as facts:
        for fact in facts:
            found.append(fact)
            if not as_json:
                shown.add(fact)
    verdict = _verdict(name, found, asked=not no_run)
    if as_json:
        _print_json(name, verdict, found)
    else:
        click.echo()
        click.secho(clean(verdict), bold=True)
    bad = next((fact for fact in found if fact.state == "fail"), None)
    if bad is not None:
        raise BackendError(bad.value, bad.hint)
    return 0


def _verdict(name: str, facts: Sequence[Fact], *, asked: bool) -> str:
    states = [fact.state for fact in facts]
    if "fail" in states:
        return f"{name} cannot be used as it is"
    odd = states.count("warn")
    but = f", with {odd} {'remark' if odd == 1 else 'remarks'} (!)" if odd else ""
    if not asked:
        return f"{name} looks well{but}; without --no-run it would be asked something"
    called = any(fact.name == "call" and fact.state == "ok" for fact in facts)
    return f"{name} works{' and calls tools' if called else ''}{but}"


def _print_json(name: str, verdict: str, facts: Sequence[Fact]) -> None:
    told = {
        "model": name,
        "ok": all(fact.state != "fail" for fact in facts),
        "verdict": verdict,
        "facts": [to_json(fact) for fact in facts],
    }
    # ASCII only, so that no terminal, pipe or line separator can break it.
    sys.stdout.write(json.dumps(told, default=str) + "\n")


class _Table:
    """Writes each fact to stdout as it comes, under the heading of its group."""

    def __init__(self) -> None:
        self._group = ""

    def add(self, fact: Fact) -> None:
        if fact.group != self._group:
            self._group = fact.group
            click.secho(fact.group, bold=True)
        mark = click.style(_MARKS[fact.state], fg=_COLOURS[fact.state])
        name = fact.name.ljust(_NAME)
        click.echo(f"{mark} {name}{click.style(clean(fact.value), fg=_COLOURS[fact.state])}")
        if fact.hint:
            click.echo(f"  {'':{_NAME}}hint: {clean(fact.hint)}")
        sys.stdout.flush()


class _Progress(Watch):
    """How far it is, on stderr: in place on a terminal, a line now and then anywhere else."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._next: float | None = None

    def weights(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if self._next is None:
            self._next = now + 0.5  # what is done by then needs no progress
        if now < self._next:
            return
        live = sys.stderr.isatty()
        self._next = now + (0.1 if live else _EVERY)
        said = f"{100 * done // max(whole, 1)} % of the weights looked at"
        if not live:
            self._screen.notice(said)
            return
        end = "" if done < whole else "\r\x1b[K"
        sys.stderr.write(f"\r· {said}\x1b[K{end}")
        sys.stderr.flush()

    def step(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        self._screen.notice(text + " ...")
