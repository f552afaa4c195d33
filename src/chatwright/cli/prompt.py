"""`chatwright prompt`: the exact text that the model would see, and what was adapted for it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .clean import clean
from .options import model_from, question_from, tools_from, with_model_and_tools
from .screen import Screen

__all__ = ["command"]

_EXAMPLES = """\b
Examples:
  chatwright prompt "What is 15% of 80?"
  chatwright prompt "Who was Ada Lovelace's father?" --docs examples/notes
  chatwright prompt "Hello" --no-tools -m local:model.gguf
  chatwright prompt "What time is it in Oslo?" -t "mcp:uvx mcp-server-time"
"""


@click.command("prompt", epilog=_EXAMPLES)
@with_model_and_tools
def command(
    question: str | None,
    model: str | None,
    specs: tuple[str, ...],
    no_tools: bool,
    docs: Path | None,
) -> int:
    """Show the exact text that the model would see for QUESTION, to the letter.

    What was adapted to its chat template is told beside it.
    """
    from ..agent import Agent, ModelPlanner, Run

    text = question_from(question)
    screen = Screen()
    tools = tools_from(specs, docs, no_tools, screen)
    with model_from(model, screen) as opened:
        planner = Agent(opened, tools).planner  # the same as when it is asked
        assert isinstance(planner, ModelPlanner)
        shown = planner.prompt(Run(text))
        # In a pipe it is exact to the letter; on a screen no letter may steer the terminal.
        sys.stdout.write(clean(shown) if sys.stdout.isatty() else shown)
        sys.stdout.flush()
        for notice in opened.notices():
            screen.see(notice)
    return 0
