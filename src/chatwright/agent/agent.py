"""`Agent`: a model with tools that answers questions, and can be left alone."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..errors import ChatwrightError, UsageError
from ..events import Error, Event, Finish, Notice
from ..grammar import check_constraint
from ..model import Model, Options, open_model
from ..request import JsonSchema, Message
from ..schema import validate
from ..tools import Tool, as_tools, load_tools
from .approval import Approver, as_approver
from .asked import asking
from .gate import Unknown
from .keeper import Keeper, Left
from .loop import Loop
from .past import conversation
from .planner import ModelPlanner
from .reopen import goes_on, opened, other_input
from .run import Limits, Planner, Run
from .secrets import Redactor
from .spans import tracer

if TYPE_CHECKING:
    from .journal import Journal, Record

__all__ = ["Agent"]


class _Streams(Protocol):
    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Event]: ...


class Agent:
    """Answers a question with a model and tools.

    `model` is a string (see `open_model`), a `Model`, or any object with `stream` (and `astream`) like a model's.
    `tools` are `Tool`s, typed functions, LangChain tools, or names as `-t` takes them.

    With a `journal` (a file, made if it is not there) each run is kept as it happens; one that was cut off, however, goes
    on where it was when it is asked for again by its `run_id`. `unknown` is for a call that was running then, of a tool
    that is not idempotent: `ask` asks `approve` (and skips where nobody can be asked), `skip` tells the model that it is
    not known whether it was carried out, `fail` ends the run.

    `approve(call, tool)` is asked before a tool that `writes`: it gives True, False, `Approve()`, `Edit(args)` or
    `Refuse(reason)`; without it such tools are not run. `careful` switches them off for the rest of a run that has read
    what strangers may have written. With a `schema`, a JSON schema or a pydantic model, the `Finish` has `values` that fit.

    >>> from chatwright.testing import Scripted
    >>> Agent(Scripted(["Thought: easy\\nFinal Answer: 4"]), []).ask("2 + 2?").answer
    '4'
    """

    def __init__(
        self,
        model: str | Model | _Streams,
        tools: Iterable[Any] = (),
        *,
        limits: Limits | None = None,
        journal: str | Path | Journal | None = None,
        approve: Approver | None = None,
        careful: bool = False,
        unknown: Unknown = "ask",
        schema: Any = None,
        system: str = "",
        options: Options | None = None,
        planner: Planner | None = None,
        name: str = "chatwright",
    ) -> None:
        if unknown not in ("ask", "skip", "fail"):
            raise UsageError(f"unknown is {unknown!r}", "write 'ask', 'skip' or 'fail'")
        self.tools: dict[str, Tool] = {tool.name: tool for tool in _tools(tools)}
        self.limits = limits or Limits()
        self.limits.check()
        self.journal, self.approve, self.careful = journal, as_approver(approve), careful
        self.unknown: Unknown = unknown
        self.name = name
        self._form = schema is not None
        json_schema, checked = _form(schema)
        self._checked = checked
        ready = open_model(model) if isinstance(model, str) else cast("Model", model)
        self.model = ready
        self.planner: Planner = planner or ModelPlanner(
            ready, self.tools, system=system, options=options, schema=json_schema, checked=checked
        )
        self._redactor = Redactor()

    def stream(
        self,
        question: str | None,
        run_id: str | None = None,
        *,
        history: Sequence[Message] | None = None,
        after: str | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> Iterator[Event]:
        """Everything that happens, as it happens; the last event is a `Finish`.

        An error of the model ends the run with an `Error` and a `Finish` whose `stop_reason` is
        `error`. Closing the iterator stops the run.

        `run_id` names the run in the journal: a new one, one that goes on where it was left, or one that has its answer
        and gives it again; then the `question` may be None. `after` is the id of the run before it in a conversation, and `history` the
        messages of it, where they are not to be those of the journal; `note` is kept with the question.
        """
        with self._started(question, run_id, history, after, note) as (loop, run, notices):
            yield from notices
            try:
                with closing(loop.events(run)) as events:
                    for event in events:
                        yield self._with_values(event)
            except ChatwrightError as err:
                yield Error(str(err), err.hint)
                yield _failed(loop, run)

    async def astream(
        self,
        question: str | None,
        run_id: str | None = None,
        *,
        history: Sequence[Message] | None = None,
        after: str | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Event]:
        """`stream` for an event loop, which neither the model nor a tool blocks."""
        with self._started(question, run_id, history, after, note) as (loop, run, notices):
            for notice in notices:
                yield notice
            try:
                async with aclosing(loop.aevents(run)) as events:
                    async for event in events:
                        yield self._with_values(event)
            except ChatwrightError as err:
                yield Error(str(err), err.hint)
                yield _failed(loop, run)

    def ask(self, question: str | None, run_id: str | None = None, **more: Any) -> Finish:
        """The end of the run. An error of the model is raised as it is."""
        with self._started(question, run_id, **more) as (loop, run, _):
            *_, end = loop.events(run)
        return cast("Finish", self._with_values(end))

    async def aask(self, question: str | None, run_id: str | None = None, **more: Any) -> Finish:
        """`ask` for an event loop."""
        end: Event | None = None
        with self._started(question, run_id, **more) as (loop, run, _):
            async with aclosing(loop.aevents(run)) as events:
                async for event in events:
                    end = self._with_values(event)
        return cast("Finish", end)

    def _with_values(self, event: Event) -> Event:
        """The end with an object of the pydantic model, where one was given; everywhere else values are plain JSON."""
        if self._checked and isinstance(event, Finish) and event.values is not None:
            try:
                return replace(event, values=self._checked(event.values))
            except ValueError as err:  # of a run that ended under another schema
                told = " ".join(str(err).split())[:300]
                raise UsageError(f"the values of the run do not fit the schema: {told}") from err
        return event

    @contextmanager
    def _started(
        self,
        question: str | None,
        run_id: str | None = None,
        history: Sequence[Message] | None = None,
        after: str | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> Generator[tuple[Loop, Run, list[Event]]]:
        """The run, ready to go, and what there is to say about it; the journal is let go of at the end."""
        if self.journal is None:
            if run_id is not None:
                raise UsageError(
                    "a run can be continued from a journal only", "give Agent(..., journal=)"
                )
            run = Run.begin(_asked(question), self.limits, history or ())
            yield self._loop(run), run, []
            return
        with (
            opened(self.journal) as journal,
            self._record(journal, question, run_id, history, after, note) as record,
        ):
            asked = str(record.rows[0].data["question"]) if record.rows else ""
            if question is not None and not record.is_new:
                self._same(question, asked, record)
            before = _before(journal, record, after) if history is None else history
            run = Run.begin(question or asked, self.limits, before)
            left, told = goes_on(record, run, self.planner, self.tools)
            if not record.is_new and not before and record.rows[0].data.get("history"):
                told += "; the conversation before it is not kept, give history= again"
            yield self._loop(run, record, left), run, [Notice(told, record.run_id)]

    def _record(
        self,
        journal: Journal,
        question: str | None,
        run_id: str | None,
        history: Sequence[Message] | None,
        after: str | None,
        note: Mapping[str, Any] | None,
    ) -> Record:
        """The run in the journal, which is ours until it is closed."""
        if question is None and run_id is not None:
            run_id = journal.find(run_id)
        told = {
            **(note or {}),
            "question": question if run_id is not None and question is None else _asked(question),
            "model": getattr(self.model, "name", type(self.model).__name__),
            "tools": list(self.tools),
            **({"after": after} if after else {}),
            **({"history": len(history)} if history and not after else {}),
        }
        return journal.begin(run_id, self._redactor.json(told))

    def _same(self, question: str, kept: str, record: Record) -> None:
        if self._redactor.text(question) != kept:
            raise other_input(record, "question", kept)

    def _loop(self, run: Run, record: Record | None = None, left: Left | None = None) -> Loop:
        watch = tracer()
        if watch:
            watch.run_began(
                run,
                agent_name=self.name,
                model=self.model,
                run_id=record.run_id if record else "",
            )
        return Loop(
            self.planner,
            self.tools,
            self.limits,
            keeper=Keeper(record, self._redactor) if record else None,
            left=left,
            approve=asking(self.approve, record) if record else self.approve,
            careful=self.careful,
            unknown=self.unknown,
            form=self._form,
            watch=watch,
        )


def _before(journal: Journal, record: Record, after: str | None) -> Sequence[Message]:
    """The conversation that a run of the journal goes on with."""
    if not record.is_new:
        after = str(record.rows[0].data.get("after") or "") if record.rows else ""
    return conversation(journal, after) if after else ()


def _asked(question: str | None) -> str:
    given: Any = question  # callers without a type checker pass anything
    if given is not None and not isinstance(given, str):
        raise UsageError(f"the question is {type(given).__name__}", "give it as text")
    if question is None or not question.strip():
        raise UsageError("there is no question")
    return question


def _tools(given: Iterable[Any]) -> list[Tool]:
    """The tools in the order given; names are loaded together, since servers of the same tools get to know each other."""
    if isinstance(given, str):
        return as_tools(given)  # says what is wrong with it
    items = list(given)
    names = [item for item in items if isinstance(item, str)]
    if len(names) < 2:
        return as_tools(each for item in items for each in _loaded(item))
    return as_tools([*load_tools(names), *(item for item in items if not isinstance(item, str))])


def _loaded(item: Any) -> list[Any]:
    return list(load_tools([item])) if isinstance(item, str) else [item]


def _form(schema: Any) -> tuple[Mapping[str, Any] | None, Callable[[Any], Any] | None]:
    """A JSON schema, and what makes values of it: for a pydantic model an object of it."""
    if schema is None:
        return None, None
    found: Mapping[str, Any]
    checked: Callable[[Any], Any] | None = None
    if isinstance(schema, Mapping):
        found = cast("Mapping[str, Any]", schema)
    elif hasattr(schema, "model_json_schema") and not _is_value(schema):
        found, checked = schema.model_json_schema(), schema.model_validate
    else:
        kind = type(schema).__name__
        raise UsageError(
            f"a schema cannot be {kind}", "give a JSON schema as a dict, or a pydantic model"
        )
    check_constraint(JsonSchema(found))
    validate({}, found)  # an error if a reference leads nowhere
    return found, checked


def _is_value(schema: Any) -> bool:
    """Is it an object of a pydantic model instead of the model?"""
    return not isinstance(schema, type) and hasattr(schema, "model_dump")


def _failed(loop: Loop, run: Run) -> Finish:
    run_id = loop.keeper.run_id if loop.keeper else ""
    return Finish(run.partial, None, "error", run.usage, run_id=run_id)
