"""The engine's chunks as pieces: cut at the stop strings, counted, errors in our words."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from chatwright.backends.stop import StopCutter
from chatwright.errors import (
    BackendError,
    ChatwrightError,
    ConstraintError,
    ContextOverflow,
    UsageError,
)
from chatwright.events import Usage
from chatwright.request import End, Logprob, Piece

__all__ = ["Answer", "engine_error"]

Chunk = Mapping[str, Any]


class Answer:
    """One answer of the engine, from its first chunk to its end.

    `shown` are the control tokens that the engine spells out; `logprobs` as in `Request`.
    """

    def __init__(
        self,
        stops: Sequence[str],
        prompt_tokens: int,
        shown: Sequence[str] = (),
        logprobs: int | None = None,
    ) -> None:
        self._cutter = StopCutter(stops)
        self._prompt_tokens = prompt_tokens
        self._shown = tuple(shown)
        self._logprobs = logprobs
        self._last = ""
        self._told: deque[_Told] = deque()
        self._cached = 0
        self.text = ""
        self.ended = False

    def feed(self, chunk: Chunk) -> list[Piece | End]:
        """The pieces of one chunk, and the end when it is there. Raises what the engine answers instead."""
        if error := chunk.get("error"):
            raise engine_error(error)
        if self.ended:
            return []
        if progress := chunk.get("prompt_progress"):
            self._cached = progress["cache"]
            return []
        text, reason = chunk.get("content") or "", _reason(chunk)
        self._note(chunk, text)
        out = self._cutter.feed(self._without_end_token(text, reason))
        usage = Usage(self._prompt_tokens, chunk.get("tokens_predicted", 0), self._cached)
        if self._cutter.found is not None:
            return [*self._piece(out), self._end("stop", usage)]
        if reason is None:
            return self._piece(out)
        out += self._cutter.rest()
        return [*self._piece(out), self._end(reason, usage)]

    def _without_end_token(self, text: str, reason: str | None) -> str:
        """Hold a control token back by one chunk: if it is the last, it is the end of the answer, not text."""
        held, self._last = self._last, ""
        if reason is not None:
            return text if reason == "stop" else held + text
        if tail := next((t for t in self._shown if text.endswith(t)), ""):
            self._last = tail
            text = text[: -len(tail)]
        return held + text

    def _piece(self, text: str) -> list[Piece | End]:
        if not text:
            return []
        self.text += text
        told = self._tokens_of(len(text))
        tokens = tuple(id for t in told for id in t.ids)
        return [Piece(text, tokens, tuple(lp for t in told for lp in t.logprobs))]

    def _note(self, chunk: Chunk, text: str) -> None:
        ids = tuple(chunk.get("tokens") or ())
        if not ids and not text:
            return
        known = chunk.get("completion_probabilities") or () if self._logprobs is not None else ()
        self._told.append(
            _Told(len(text), ids, tuple(_logprob(p, self._logprobs or 0) for p in known))
        )

    def _tokens_of(self, length: int) -> list[_Told]:
        """The tokens that begin in the next `length` characters of the answer, and leave the rest for later."""
        found: list[_Told] = []
        while self._told and length > 0:
            told = self._told.popleft()
            found.append(told)
            if told.length > length:
                self._told.appendleft(_Told(told.length - length))
            length -= told.length
        return found

    def _end(self, reason: str, usage: Usage) -> End:
        self.ended = True
        return End(reason, usage)


@dataclass(frozen=True, slots=True)
class _Told:
    """Some tokens and how many characters they say; without ids it is the rest of one that was told already."""

    length: int
    ids: tuple[int, ...] = ()
    logprobs: tuple[Logprob, ...] = ()


def _reason(chunk: Chunk) -> str | None:
    if not chunk.get("stop"):
        return None
    return "length" if chunk.get("stop_type") == "limit" else "stop"


def _logprob(told: Chunk, most: int) -> Logprob:
    top = cast("Sequence[Chunk]", told.get("top_logprobs") or ())
    return Logprob(
        int(told["id"]), _spelling(told), _number(told), tuple(_logprob(t, 0) for t in top[:most])
    )


def _spelling(told: Chunk) -> str:
    raw = cast("Sequence[int]", told.get("bytes") or ())
    return bytes(raw).decode(errors="replace") if raw else str(told.get("token", ""))


def _number(told: Chunk) -> float:
    value = told.get("logprob")
    return float("-inf") if value is None else float(value)


def engine_error(error: object) -> ChatwrightError:
    """What the engine answers instead of text, in our words."""
    told = cast(Chunk, error if isinstance(error, Mapping) else {"message": error})
    message, kind = str(told.get("message")), str(told.get("type"))
    if "grammar" in message.lower():
        why = message.removeprefix("grammar: ")
        return ConstraintError(f"the engine refuses the grammar: {why}", "check its rules")
    if kind == "exceed_context_size_error" or "context size" in message.lower():
        return ContextOverflow(
            f"the engine has no room left: {message}", "shorten the prompt or raise n_ctx"
        )
    if kind == "invalid_request_error" and message.startswith("Field "):
        return UsageError(f"the engine refuses a value: {message}", "change it or leave it out")
    return BackendError(
        f"the engine failed: {message}", "try again; if it stays, the file may be damaged"
    )
