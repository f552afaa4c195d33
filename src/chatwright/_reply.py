"""One reply of a model as it is read: pieces in, events out, and at the end what it was worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ._schema.reading import read_json
from .errors import ConstraintError
from .events import Event, Finish, Logprob, Malformed, Text, ToolCall
from .formats import Parser
from .grammar import follows, matches
from .request import ChatItem, Constraint, End, Grammar, JsonSchema, Piece, Regex
from .schema import validate

__all__ = ["Reader", "Verbatim", "Wanted"]

# The engine tells the token counts only at its end; a reply that is complete may have this much left to say.
_DRAIN = 8


class Verbatim:
    """The parser of a raw completion: all of it is text."""

    done = False

    def feed(self, text: str) -> list[Text]:
        return [Text(text)] if text else []

    def end(self, reason: str = "stop") -> list[Text]:
        del reason
        return []


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reply has to be.

    `may_stop` if it may end at a string of the caller's, before a grammar is at its end. `call_of` are the tools
    of which one has to be called, if it has to be a call, and `one_call` if one is all that may come.
    """

    constraint: Constraint | None = None
    may_stop: bool = False
    call_of: frozenset[str] = frozenset()
    one_call: bool = False


class Reader:
    """Pieces in, events out: what `stream` and `astream` share, without waiting for anything."""

    def __init__(self, parser: Parser, wanted: Wanted) -> None:
        self._parser = parser
        self._wanted = wanted
        self._end = End()
        self._logprobs: list[Logprob] = []
        self._called = False
        self._answer: list[str] = []
        self._stop_reason = ""
        self._idle = 0
        self._calls_apart = False

    @property
    def enough(self) -> bool:
        """Nothing that may still come can matter."""
        return self._idle > _DRAIN

    def feed(self, piece: ChatItem) -> list[Event]:
        if isinstance(piece, End):
            self._end = piece
            return []
        if not isinstance(piece, Piece):  # the server has taken it out of the text
            self._calls_apart = self._calls_apart or isinstance(piece, ToolCall | Malformed)
            return self._seen([piece])
        self._logprobs += piece.logprobs
        if self._parser.done:
            self._idle += 1
            return []
        return self._seen(self._parser.feed(piece.text))

    def finish(self) -> list[Event]:
        left = self._parser.end(self._end.reason)
        if self._calls_apart:  # so a text that is empty is none that is missing
            left = [event for event in left if not isinstance(event, Malformed)]
        events = self._seen(left)
        answer = "".join(self._answer)
        values, wrong = None, ""
        if not self._stop_reason and self._wanted.call_of:
            wrong = "The reply is not a call of a tool, and it has to be one."
        elif not self._stop_reason:
            values, wrong = _values(answer, self._wanted.constraint, self._wanted.may_stop)
        cut = self._end.reason == "length"
        if wrong:
            events.append(
                Malformed(answer, f"the answer was cut off, so {wrong}" if cut else wrong)
            )
        reason = self._stop_reason or ("malformed" if wrong and not cut else self._end.reason)
        end = self._end
        logprobs = tuple(self._logprobs)
        return [*events, Finish(answer, values, reason, end.usage, end.model, logprobs)]

    def _seen(self, events: Sequence[Event]) -> list[Event]:
        events = list(events)
        if self._wanted.call_of:
            events = [self._checked(event) for event in events]
        if self._wanted.one_call:
            events = list(self._first_call(events))
        for event in events:
            match event:
                case Text(text):
                    self._answer.append(text)
                case ToolCall():
                    self._stop_reason = "tool_calls"
                case Malformed():
                    self._stop_reason = self._stop_reason or "malformed"
                case _:
                    pass
        return events

    def _checked(self, event: Event) -> Event:
        """A call of a tool that was not the one to be called is none."""
        allowed = self._wanted.call_of
        if not isinstance(event, ToolCall) or not allowed or event.name in allowed:
            return event
        names = ", ".join(sorted(allowed))
        return Malformed(event.log or event.name, f"The call has to be one of: {names}")

    def _first_call(self, events: Sequence[Event]) -> Iterator[Event]:
        for event in events:
            if not (isinstance(event, ToolCall) and self._called):
                yield event
            self._called = self._called or isinstance(event, ToolCall)


def _values(answer: str, constraint: Constraint | None, may_stop: bool) -> tuple[Any, str]:
    """The value that a constrained answer holds, or what is wrong with it."""
    try:
        match constraint:
            case JsonSchema(schema):
                value = read_json(answer)
                # what the schema does not forbid is no mistake of the model
                wrong = validate(value, schema, closed=False)
                return (
                    (None, f"the answer does not fit the schema: {wrong}") if wrong else (value, "")
                )
            case Regex(pattern):
                fits = matches(pattern, answer)
                return (
                    None,
                    "" if fits else f"the answer does not match the pattern {pattern[:60]!r}",
                )
            case Grammar(gbnf):
                return None, _why_not_grammar(gbnf, answer, may_stop)
            case None:
                return None, ""
    except ValueError as err:
        return None, f"the answer is not JSON: {err}"
    except ConstraintError as err:
        return None, f"the answer cannot be checked: {err}"


def _why_not_grammar(gbnf: str, answer: str, may_stop: bool) -> str:
    try:
        found = follows(gbnf, answer)
    except ConstraintError:
        return ""  # a server's own dialect, which that server has followed
    if found is False:
        return "the answer does not follow the grammar"
    return "" if found or may_stop else "the answer ends before the grammar does"
