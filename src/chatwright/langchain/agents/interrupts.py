"""Approval by LangGraph's interrupts: `interrupt_for_approval`, `run_id_here`, and how a person's answer is read."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from chatwright.agent.approval import Approve, Decision, Edit, Refuse, StartedCall
from chatwright.agent.asked import Asked, here
from chatwright.errors import UsageError, need

if TYPE_CHECKING:
    from chatwright.events import ToolCall
    from chatwright.tools import Tool

__all__ = ["UnreadableAnswer", "decision_in", "interrupt_for_approval", "question_for", "run_id_here", "said_instead"]  # fmt: skip

log = logging.getLogger("chatwright")

_YES = ("approve", "accept", "yes")
_NO = ("reject", "ignore", "no", "refuse")
_INSTEAD = ("respond", "response")  # a person answers in place of the tool
_STARTED = (
    "It was started before the run was interrupted, and nobody knows whether it was carried out. To approve it is to "
    "run it again."
)
_WORDS = 'True, False, {"type": "approve"}, {"type": "edit", "args": {...}} or {"type": "reject", "message": "why"}'


class UnreadableAnswer(UsageError):
    """What an interrupt was resumed with is no decision."""


def interrupt_for_approval(call: ToolCall, tool: Tool) -> Decision:
    """Asks by an interrupt of the LangGraph node that the agent runs in: `Agent(..., approve=interrupt_for_approval)`.

    The graph stops with a value that tells the tool and its arguments. `Command(resume=...)` answers: True or False,
    `{"type": "approve"}`, `{"type": "edit", "args": {...}}` or `{"type": "reject", "message": "why"}`, in the words of
    LangChain's own middleware or of LangGraph's agent inbox. What is none of these is asked about once more, with the
    `error`.

    LangGraph runs the node from its beginning then. Give the agent a `journal` and a `run_id` that stays the same, for
    instance `run_id_here()`: it goes on where it was, without asking the model again, and each answer belongs to its
    call. Without a journal everything before the interrupt happens once more, the tools as well. In one node let one
    run of an agent ask.
    """
    interrupt: Callable[[Any], Any] = need("langgraph.types", extra="langgraph").interrupt
    question = question_for(call.id, call.name, call.args, tool.description)
    if isinstance(call, StartedCall):
        question["started"] = True
        question["description"] = f"{_STARTED} {tool.description}"
    asked = here.get()
    if asked is None:
        log.warning("%s asks by an interrupt without a journal: what ran before runs again", call.name)  # fmt: skip
        return answered(lambda: interrupt(question), question, call.name)[1]
    again = count()
    put = partial(_put, interrupt, question, asked, call)
    return answered(lambda: put(next(again)), question, call.name)[1]


def _put(
    interrupt: Callable[[Any], Any], question: Any, asked: Asked, call: ToolCall, again: int
) -> Any:
    """The answer to this question of a run, among those that LangGraph gives one after the other."""
    where = _where()
    before, is_new = asked.to_put(where, call, again)
    for _ in range(before):
        interrupt(question)  # the answer to another question
    if not is_new:
        return interrupt(question)
    stops: type[Exception] = need("langgraph.errors", extra="langgraph").GraphInterrupt
    while True:
        try:
            interrupt(question)
        except stops:
            asked.new(where, call, again)
            raise
        # After a crash LangGraph gives the last answer twice. Nobody can have answered what nobody was asked.
        asked.void(where)


def answered(put: Callable[[], Any], question: dict[str, Any], name: str) -> tuple[Any, Decision]:
    """The answer and the decision in it. LangGraph keeps an answer, so one that nobody can read needs another question."""
    while True:
        answer = put()
        try:
            return answer, decision_in(answer, name)
        except UnreadableAnswer as err:
            question["error"] = f"{err}; {err.hint}"


def run_id_here(name: str = "") -> str:
    """A name for a run in the journal that is the same each time LangGraph runs this node for the same step.

    Where several agents run in one node, give each a `name`.
    """
    digest = hashlib.sha256(f"{_where()}\0{name}".encode()).hexdigest()[:16]
    return f"{name}-{digest}" if name else digest


def question_for(
    call_id: str | None, name: str, args: Mapping[str, Any], description: str
) -> dict[str, Any]:
    """What a person is shown, in the form of LangChain's own approval of a call."""
    return {
        "type": "tool_approval",
        "tool_call_id": call_id,
        "name": name,
        "args": json.loads(json.dumps(args, default=str)),
        "description": description,
    }


def decision_in(answer: Any, name: str) -> Decision:
    """The decision in what an interrupt about the tool `name` was resumed with."""
    if isinstance(answer, Approve | Edit | Refuse):
        return answer
    if isinstance(answer, bool):
        return Approve() if answer else Refuse()
    told = _one(answer)
    kind = str(told.get("type", "")).strip().lower()
    if kind in _YES:
        return Approve()
    if kind in (*_NO, *_INSTEAD):
        return Refuse(_reason(told))
    if kind == "edit":
        return Edit(_edited(told, name))
    raise _unreadable(answer)


def said_instead(answer: Any) -> str | None:
    """What a person wants the model to read as the tool's result, if that was the answer."""
    if isinstance(answer, bool | Approve | Edit | Refuse):
        return None
    told = _one(answer)
    return _reason(told) if str(told.get("type", "")).strip().lower() in _INSTEAD else None


def _one(answer: Any) -> Mapping[str, Any]:
    """The one answer, however it is wrapped: `{"decisions": [...]}`, a list of one, or a word."""
    if isinstance(answer, str):
        return {"type": answer}
    if isinstance(answer, list) and len(cast("list[Any]", answer)) == 1:
        return _one(cast("list[Any]", answer)[0])
    if not isinstance(answer, Mapping):
        raise _unreadable(cast("object", answer))
    told = cast("Mapping[str, Any]", answer)
    return _one(told["decisions"]) if "decisions" in told else told


def _reason(told: Mapping[str, Any]) -> str:
    found = told.get("message") or told.get("reason") or told.get("args")
    return found if isinstance(found, str) else ""


def _edited(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The new arguments: `args` alone, or with the name of the tool, as LangChain and the agent inbox write them."""
    given: Any = told.get("edited_action", told.get("args"))
    if isinstance(given, Mapping):
        whole = cast("Mapping[str, Any]", given)
        # An argument may be called `args`, too: it is a whole action only if it names the tool.
        other = whole.get("name", whole.get("action"))
        if isinstance(whole.get("args"), Mapping) and set(whole) <= {"name", "action", "args"}:
            if other is not None and other != name:
                raise UnreadableAnswer(
                    f"an edit of {name} cannot make it a call of {str(other)[:60]!r}",
                    "refuse it with a message that says what to call",
                )
            given = whole["args"]
    if not isinstance(given, Mapping):
        raise _unreadable(told)
    return dict(cast("Mapping[str, Any]", given))


def _unreadable(answer: object) -> UnreadableAnswer:
    return UnreadableAnswer(f"the answer to an interrupt is no decision: {str(answer)[:100]!r}", f"give {_WORDS}")  # fmt: skip


def _where() -> str:
    """The step of the graph that runs now; it stays the same when the step is run again."""
    config = need("langgraph.config", extra="langgraph")
    try:
        known = config.get_config()["configurable"]
    except (RuntimeError, KeyError) as err:
        raise UsageError(
            "an approval by an interrupt works inside of a LangGraph node only",
            "give approve= a function of your own",
        ) from err
    return f"{known.get('thread_id', '')} {known.get('checkpoint_ns', '')}"
