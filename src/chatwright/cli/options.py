"""The options that several commands share, and the tools that they name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import UsageError
from ..tools import Tool, as_tools, load_tools
from .screen import Screen

if TYPE_CHECKING:
    from ..model import Model

__all__ = ["model_from", "question_from", "tools_from", "with_model_and_tools"]

F = TypeVar("F", bound=Callable[..., Any])


def with_model_and_tools(command: F) -> F:
    """Adds the question, -m, -t, --no-tools and --docs to a command."""
    for add in (
        click.option(
            "--docs",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="Search the documents in DIR: text, Markdown, HTML, PDF, Word and more.",
        ),
        click.option("--no-tools", is_flag=True, help="No tools at all, not even the Calculator."),
        click.option(
            "-t",
            "--tool",
            "specs",
            metavar="TOOL",
            multiple=True,
            help="Add a tool: a name (calculator), a file (my_tools.py) or module:name. Repeatable.",
        ),
        click.option(
            "-m",
            "--model",
            metavar="MODEL",
            envvar="CHATWRIGHT_MODEL",
            help="nano (the default, built in), local:path/to/file.gguf, local:org/name-GGUF[:Q4_K_M], http://host:8080, "
            "org/name[:provider] or endpoint:NAME.",
        ),
        click.argument("question", required=False),
    ):
        command = add(command)
    return command


def question_from(given: str | None) -> str:
    """The question of the command line, or of stdin where it is piped in or `-` is given."""
    if given is None and (sys.stdin is None or sys.stdin.isatty()):  # type: ignore[comparison-overlap]
        raise UsageError(
            "there is no question", 'write it in quotes: chatwright ask "What is 2 + 2?"'
        )
    question = sys.stdin.read() if given in (None, "-") else given
    if not question or not question.strip():
        raise UsageError(
            "the question is empty", 'write it in quotes: chatwright ask "What is 2 + 2?"'
        )
    return question.strip()


def model_from(spec: str | None, screen: Screen) -> Model:
    """The model of -m, and on the screen how far its download is."""
    from ..model import open_model

    if not (spec or "").startswith("local:"):
        return open_model(spec)
    from .progress import Downloads

    with Downloads(screen) as shown:
        return open_model(spec, on_progress=shown)


def tools_from(
    specs: tuple[str, ...], docs: Path | None, no_tools: bool, screen: Screen
) -> list[Tool]:
    """The Calculator, the Search over `docs`, and what -t adds."""
    if no_tools:
        if specs or docs:
            raise UsageError("--no-tools does not go with -t or --docs", "leave one of them out")
        return []
    from ..tools.load import calculator

    named = load_tools([s for s in specs if s.lower() != "calculator"]) if specs else []
    tools: list[Any] = [calculator(), *_search(docs, screen), *named]
    return as_tools(tools)


def _search(docs: Path | None, screen: Screen) -> list[Tool]:
    if docs is None:
        return []
    from ..tools.index import Index
    from ..tools.search import search
    from .reading import Reading

    with Reading(screen) as shown:
        index = Index.open(docs, on_progress=shown, on_notice=shown.notice)
    if index.notice:
        screen.notice(index.notice)
    return [search(index)]
