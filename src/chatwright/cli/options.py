"""The options that several commands share, and the tools that they name."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ..errors import ChatwrightError, UsageError
from ..tools import Tool, as_tools, load_tools
from .screen import Screen

if TYPE_CHECKING:
    from ..model import Model

__all__ = ["model_from", "question_from", "schema_from", "tools_from", "with_model_and_tools"]

_A_SCHEMA = (
    'write a JSON schema, such as {"type": "object", "properties": {"name": {"type": "string"}}}'
)

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
            help="Add a tool: a name (calculator), a file (my_tools.py), module:name, or an MCP server "
            '("mcp:command args", mcp:http://host/mcp). Repeatable.',
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


def schema_from(spec: str) -> Any:
    """The schema of --schema: JSON in a file, or a pydantic model, as `my.py:Person` or `package.module:Person`."""
    path = Path(spec).expanduser()
    place, colon, name = spec.rpartition(":")
    if colon and name and not path.exists():
        return _Form(_model_class(place, name, spec))
    if path.suffix == ".py":
        raise UsageError(f"{spec} is a Python file", f"name the model in it: {spec}:Model")
    return _json_schema(path, spec)


@dataclass(frozen=True, slots=True)
class _Form:
    """A pydantic model as the agent takes one, whose objects are JSON again at once."""

    kind: Any

    def model_json_schema(self) -> Any:
        return self.kind.model_json_schema()

    def model_validate(self, value: Any) -> Any:
        return self.kind.model_validate(value).model_dump(mode="json", by_alias=True)


def _json_schema(path: Path, spec: str) -> Mapping[str, Any]:
    try:
        schema: Any = json.loads(path.read_bytes())
    except OSError as err:
        raise UsageError(
            f"the schema {spec} cannot be read: {err.strerror}", "--schema takes a file"
        ) from err
    except json.JSONDecodeError as err:
        where = f"{spec}, line {err.lineno}, column {err.colno}"
        raise UsageError(f"{where}: this is not JSON: {err.msg}", _A_SCHEMA) from err
    except (ValueError, RecursionError) as err:
        raise UsageError(f"{spec} is not JSON: {err}", _A_SCHEMA) from err
    if not isinstance(schema, dict):
        raise UsageError(f"{spec} holds no JSON schema: it is not an object", _A_SCHEMA)
    found = cast("dict[str, Any]", schema)
    _check(found, spec)
    return found


def _check(schema: Mapping[str, Any], spec: str) -> None:
    from ..grammar import check_constraint
    from ..request import JsonSchema

    try:
        check_constraint(JsonSchema(schema))
    except ChatwrightError as err:
        raise UsageError(f"{spec}: {err}", err.hint or _A_SCHEMA) from err


def _model_class(place: str, name: str, spec: str) -> Any:
    """The class, from a file or a module, as -t takes them."""
    from ..tools import load

    read = load._run_file if place.lower().endswith(".py") else load._import  # pyright: ignore[reportPrivateUsage]
    found = load._attribute(read(place), place, name)  # pyright: ignore[reportPrivateUsage]
    if not (isinstance(found, type) and hasattr(found, "model_json_schema")):
        raise UsageError(
            f"{spec} is no pydantic model",
            f"name a class, as in {place}:Person with class Person(pydantic.BaseModel)",
        )
    try:
        schema = cast("Any", found).model_json_schema()
    except Exception as err:  # of pydantic or of the class itself; a person reads it
        said = " ".join(str(err).split())[:300]
        raise UsageError(f"{spec} cannot be told as a JSON schema: {said}", _A_SCHEMA) from err
    _check(schema, spec)
    return found
