"""`chatwright runs`: the runs of the journal, as a list, one by one, or once more as they were on the screen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, cast

import click

from ..errors import JournalError, UsageError
from ..events import (
    Event,
    Finish,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Usage,
    from_json,
)
from .clean import clean
from .screen import FormScreen, JsonLines, Screen, shown_call
from .wish import asked_for_json

if TYPE_CHECKING:
    from ..agent.journal import Journal, Row, RunInfo

__all__ = ["command", "events_of", "turns_of", "way_on"]

_EXAMPLES = """\b
Examples:
  chatwright runs                          the newest runs
  chatwright runs -n 100 --json | grep max_steps
  chatwright runs 1a2b                     one run, step by step; the beginning of its id will do
  chatwright runs 1a2b --replay            once more, as it was on the screen
  chatwright runs 1a2b --replay 2>/dev/null > answer.txt
  chatwright runs 1a2b --json              its events, one JSON object a line
  chatwright runs 1a2b --forget            delete it

\b
A run that was cut off, or that a limit ended, goes on with: chatwright ask --run 1a2b
They are kept in the file that CHATWRIGHT_JOURNAL names, else with your other state; only you can read it.
"""

_LINE = 300  # characters of a thought or a result
_QUESTION = 200  # of a question in a list that no terminal cuts


@click.command("runs", epilog=_EXAMPLES)
@click.argument("run_id", metavar="[ID]", required=False)
@click.option(
    "-n",
    "most",
    metavar="N",
    type=click.IntRange(min=1),
    help="List the N newest runs. [default: 20]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--replay", is_flag=True, help="Print the run as it was on the screen.")
@click.option("--forget", is_flag=True, help="Delete the run, after a question.")
@click.option("--yes", is_flag=True, help="Delete it without a question.")
def command(
    run_id: str | None, most: int | None, as_json: bool, replay: bool, forget: bool, yes: bool
) -> int:
    """List past runs, or show the one with this ID."""
    if run_id is None and (replay or forget):
        option = "--replay" if replay else "--forget"
        raise UsageError(f"{option} is for one run", f"name it: chatwright runs ID {option}")
    if run_id is not None and most is not None:
        raise UsageError("-n is for the list", "leave it out, or leave out the id")
    if forget and (replay or as_json):
        raise UsageError("--forget shows nothing", "leave out --replay and --json")
    journal = _journal(run_id)
    if journal is None:
        return 0
    with journal:
        if run_id is None:
            _list(journal, most or 20, as_json=as_json)
        elif forget:
            return _forget(journal, run_id, yes=yes)
        else:
            info, rows = journal.read(run_id)
            if replay or as_json:
                _replay(info, rows, as_json=as_json)
            else:
                _show(info, rows)
    return 0


def _journal(run_id: str | None) -> Journal | None:
    """The journal, if there is one: to look for it makes none."""
    from ..agent.journal import Journal, default_path

    path = default_path()
    if path.exists():
        return Journal.open(path)
    if run_id is not None:
        raise UsageError(f"there is no run '{run_id[:60]}'", _begin_one())
    _tell_empty(path)
    return None


# -- the list -----------------------------------------------------------------------------------------


def _list(journal: Journal, most: int, *, as_json: bool) -> None:
    infos = journal.runs(most)
    if not infos:
        _tell_empty(Path(journal.path))
    width = max((len(info.run_id) for info in infos), default=0)
    for info in infos:
        steps = _steps(journal, info)
        _out(_json_line(info, steps) if as_json else _row(info, steps, min(width, 40)))


def _row(info: RunInfo, steps: int | None, width: int) -> str:
    end = info.stop_reason or "unfinished"
    count = "?" if steps is None else steps
    word = "step " if count == 1 else "steps"
    start = f"{info.run_id:<{width}}  {_when(info.began)}  {end:<15}  {count:>3} {word}  "
    question = " ".join(info.question.split())
    room = _QUESTION
    if sys.stdout.isatty():
        room = max(20, get_terminal_size().columns - len(start) - 1)
    return clean(start + (question if len(question) <= room else f"{question[: room - 1]}…"))


def _json_line(info: RunInfo, steps: int | None) -> str:
    names = ("run_id", "began", "changed", "stop_reason", "model", "question", "answer", "after")
    told = {name: getattr(info, name) for name in names}
    # ASCII only, so that no terminal, pipe or line separator can break a line.
    return json.dumps({**told, "steps": steps})


def _steps(journal: Journal, info: RunInfo) -> int | None:
    """The turns of the model; None where the run cannot be read, or was deleted just now."""
    try:
        return turns_of(journal.read(info.run_id)[1])
    except (JournalError, UsageError):
        return None


def turns_of(rows: Sequence[Row]) -> int:
    """The turns of the model. The last words at a limit, and the answer once more as JSON, are none."""
    return sum(row.kind == "reply" and not row.data.get("phase") for row in rows)


def _tell_empty(path: Path) -> None:
    click.echo(clean(f"no runs yet ({path})"), err=True)
    click.echo(f"hint: {_begin_one()}", err=True)


def _begin_one() -> str:
    return 'begin one: chatwright ask "What is 15% of 80?"'


# -- one run ------------------------------------------------------------------------------------------


def events_of(info: RunInfo, rows: Sequence[Row]) -> Iterator[Event]:
    """What happened in a run, as the events that its reader got, texts in one piece."""
    yield Notice(f"run {info.run_id}", info.run_id)
    called: dict[str, tuple[int, str]] = {}
    results: list[ToolResult] = []
    for at, row in enumerate(rows):
        if row.kind in ("reply", "resumed", "end"):
            yield from _in_order(results, called)
            results = []
        match row.kind:
            case "reply":
                events = _said(row.data)
                calls = (event for event in events if isinstance(event, ToolCall))
                called = {call.id: (n, call.name) for n, call in enumerate(calls)}
                yield from events
            case "intent" if "args" in row.data:
                _, name = called.get(str(row.data["call"]), (0, "the call"))
                told = json.dumps(row.data["args"], default=str)
                yield Notice(f"{name} runs with other arguments: {told}")
            case "observation":
                results.append(_result(row.data))
            case "resumed":
                turns = turns_of(rows[:at])
                said = f"run {info.run_id} goes on after {turns} turns of the model"
                yield Notice(said, info.run_id)
            case "end" if any(later.kind == "reply" for later in rows[at:]):
                yield Notice(f"the run ended here at first: {row.data.get('stop_reason')}")
            case _:
                pass
    yield from _in_order(results, called)
    if info.stop_reason and (end := next((r for r in reversed(rows) if r.kind == "end"), None)):
        yield cast("Finish", from_json({**end.data, "type": "finish", "run_id": info.run_id}))


def _said(data: Mapping[str, Any]) -> list[Event]:
    """What the reader of a run was told of a reply: not the end of the turn, nor what is not heeded any more at a limit."""
    phase = data.get("phase", "")
    unheard: tuple[type, ...] = {
        "": (Finish,),
        "last_words": (Finish, ToolCall, Malformed),
    }.get(phase, (Finish, ToolCall))
    told = cast("list[dict[str, Any]]", data.get("events", []))
    return [event for each in told if not isinstance(event := from_json(each), unheard)]


def _in_order(results: list[ToolResult], called: Mapping[str, tuple[int, str]]) -> list[ToolResult]:
    """Calls that ran at once were told of in the order in which they were asked for."""
    return sorted(results, key=lambda result: called.get(result.call_id, (0, ""))[0])


def _result(data: Mapping[str, Any]) -> ToolResult:
    return cast("ToolResult", from_json({**data, "type": "tool_result", "call_id": data["call"]}))


def _replay(info: RunInfo, rows: Sequence[Row], *, as_json: bool) -> None:
    """The run through the same readers as when it happened; nothing is held back for what may follow."""
    reader: Screen | JsonLines = JsonLines()
    if not as_json:
        form = bool(rows) and asked_for_json(rows[0].data)
        screen = FormScreen if form else Screen
        reader = screen(live=False, way_on=lambda _: _hint(info))
    finished = False
    for event in events_of(info, rows):
        reader.see(event)
        finished = isinstance(event, Finish)
    reader.close()
    if not finished:
        click.echo(f"hint: {clean(_hint(info))}", err=True)


def _show(info: RunInfo, rows: Sequence[Row]) -> None:
    begun = rows[0].data if rows else {}
    took = max(0.0, info.changed - info.began)
    _out(f"run       {info.run_id}")
    _out(f"question  {info.question}")
    _out(f"model     {info.model}")
    if names := begun.get("tools"):
        _out(f"tools     {', '.join(map(str, names))}")
    if info.after:
        _out(f"after     {info.after}")
    _out(f"began     {_when(info.began, seconds=True)}, took {took:.1f} s")
    _out("")
    _show_steps(info, rows)
    usage = _usage(rows)
    if info.answer:
        _out(f"answer    {info.answer}")
    turns = turns_of(rows)
    _out(
        f"end       {info.stop_reason or 'unfinished'}, {turns} {'step' if turns == 1 else 'steps'}"
    )
    cached = f" ({usage.cached:,} of them reused)" if usage.cached else ""
    _out(f"tokens    {usage.prompt:,} read{cached}, {usage.completion:,} written")
    if hint := _hint(info):
        click.echo(f"hint: {clean(hint)}", err=True)


def _show_steps(info: RunInfo, rows: Sequence[Row]) -> None:
    for event in list(events_of(info, rows))[1:]:
        match event:
            case Reasoning(text):
                _out(f"  {_short(text)}")
            case Text(text) if text.strip() != info.answer.strip():
                _out(f"  {_short(text)}")
            case ToolCall(_, name, args, _):
                _out(_short(f"→ {shown_call(name, args)}"))
            case ToolResult(_, text, ok, ms):
                _out(f"{'←' if ok else '✗'} {_short(text)}  [{ms:.0f} ms]")
            case Malformed(_, reason):
                _out(f"! {_short(reason)}")
            case Notice(text):
                _out(f"· {text}")
            case _:
                pass
    _out("")


def _usage(rows: Sequence[Row]) -> Usage:
    """The tokens of all replies."""
    used = Usage()
    for row in rows:
        for told in row.data.get("events", ()) if row.kind == "reply" else ():
            event = from_json(told)
            used += event.usage if isinstance(event, Finish) else Usage()
    return used


def _forget(journal: Journal, prefix: str, *, yes: bool) -> int:
    run_id = journal.find(prefix)
    if not yes:
        question = _short(journal.read(run_id)[0].question)
        if not _confirmed(f"delete the run {run_id} ({question})? [y/N] "):
            click.echo("it stays", err=True)
            return 0
    journal.forget(run_id)
    click.echo(clean(f"deleted: {run_id}"), err=True)
    return 0


def _confirmed(question: str) -> bool:
    from .approve import terminal

    found = terminal()
    if found is None:
        raise UsageError("there is no terminal to ask on", "--yes deletes without a question")
    return found.ask(question).lower() in ("y", "yes")


def way_on(run_id: str) -> str:
    """What to type so that a run goes on."""
    return f"chatwright ask --run {quote(run_id)}"


def _hint(info: RunInfo) -> str:
    from ..agent.keeper import FINAL

    return "" if info.stop_reason in FINAL else f"to go on: {way_on(info.run_id)}"


# -- small things -------------------------------------------------------------------------------------


def _out(line: str) -> None:
    click.echo(clean(line))


def _when(at: float, *, seconds: bool = False) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M", time.localtime(at))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]} …"
