"""`chatwright ask`: one question, the agent answers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, cast

import click

from ..errors import ChatwrightError
from ..events import Error, Finish
from .options import model_from, question_from, tools_from, with_model_and_tools
from .screen import JsonLines, Screen

__all__ = ["command"]

_EXIT = {"answer": 0, "error": 1, "malformed": 1}  # anything else is a limit: partly done

_EXAMPLES = """\b
Examples:
  chatwright ask "What is 15% of 80?"
  chatwright ask "Who was Ada Lovelace's father?" --docs examples/notes
  echo "What is sqrt(2)?" | chatwright ask
  chatwright ask "What is 2^10?" --json | tail -n 1
  chatwright ask "Is it raining in Oslo?" -t my_tools.py -m local:model.gguf

\b
The steps go to stderr, the answer alone to stdout.
Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 a limit was reached, 130 stopped.
"""


@click.command("ask", epilog=_EXAMPLES)
@with_model_and_tools
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")
@click.option(
    "--max-steps",
    metavar="N",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Turns of the model at most.",
)
def command(
    question: str | None,
    model: str | None,
    specs: tuple[str, ...],
    no_tools: bool,
    docs: Path | None,
    as_json: bool,
    max_steps: int,
) -> int:
    """Answer QUESTION. Without one it is read from stdin.

    The Calculator is always there; --docs adds a Search over a folder, -t adds more tools.
    """
    from ..agent import Agent, Limits

    screen = Screen()
    text = question_from(question)
    tools = tools_from(specs, docs, no_tools, screen)
    reader: Screen | JsonLines = JsonLines() if as_json else screen
    reason = "error"
    try:
        with model_from(model, screen) as opened:
            agent = Agent(opened, tools, limits=Limits(max_steps=max_steps))
            with closing(cast("Any", agent.stream(text))) as events:
                for event in events:
                    reader.see(event)
                    if isinstance(event, Finish):
                        reason = event.stop_reason
    except KeyboardInterrupt:
        reader.close()
        raise
    except ChatwrightError as err:
        if as_json:  # who reads the lines waits for the last one
            reader.see(Error(str(err), err.hint))
            reader.see(Finish("", None, "error"))
        raise
    return _EXIT.get(reason, 3)
