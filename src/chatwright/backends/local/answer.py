"""The engine's chunks as pieces: cut at the stop strings, counted, errors in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from chatwright.errors import (
    BackendError,
    ChatwrightError,
    ConstraintError,
    ContextOverflow,
    UsageError,
)
from chatwright.events import Usage
from chatwright.request import End, Piece

__all__ = ["Answer", "StopCutter", "engine_error"]

Chunk = Mapping[str, Any]


class StopCutter:
    """Text goes in as it comes, and out as far as no stop string can still begin in it.

    Which stop string is found does not depend on how the text is cut into pieces: it is the one that is
    complete first.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        if "" in stops:
            raise UsageError("a stop string is empty", "leave it out: every text contains it")
        self._stops = tuple(stops)
        self._held = ""
        self.found: str | None = None

    def feed(self, text: str) -> str:
        """What can be given out now; after a stop has been found, nothing."""
        if self.found is not None:
            return ""
        text = self._held + text
        hits = [(at + len(stop), at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if hits:
            _, at, self.found = min(hits)
            self._held = ""
            return text[:at]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` could be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)


class Answer:
    """One answer of the engine, from its first chunk to its end."""

    def __init__(self, stops: Sequence[str], prompt_tokens: int, shown: Sequence[str] = ()) -> None:
        self._cutter = StopCutter(stops)
        self._prompt_tokens = prompt_tokens
        self._shown = tuple(shown)
        self._last = ""
        self.text = ""
        self.ended = False

    def feed(self, chunk: Chunk) -> list[Piece | End]:
        """The pieces of one chunk, and the end when it is there. Raises what the engine answers instead."""
        if error := chunk.get("error"):
            raise engine_error(error)
        if self.ended or not (choices := chunk.get("choices")):
            return []
        text, reason = choices[0].get("text") or "", choices[0].get("finish_reason")
        out = self._cutter.feed(self._without_end_token(text, reason))
        usage = self._usage(chunk)
        if self._cutter.found is not None:
            return [*self._piece(out), self._end("stop", usage)]
        if reason is None:
            return self._piece(out)
        out += self._cutter.rest()
        return [*self._piece(out), self._end("length" if reason == "length" else "stop", usage)]

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
        self.text += text
        return [Piece(text)] if text else []

    def _end(self, reason: str, usage: Usage) -> End:
        self.ended = True
        return End(reason, usage)

    def _usage(self, chunk: Chunk) -> Usage:
        timings = cast(Chunk, chunk.get("timings") or {})
        return Usage(self._prompt_tokens, timings.get("predicted_n", 0), timings.get("cache_n", 0))


def engine_error(error: object) -> ChatwrightError:
    """What the engine answers instead of text, in our words."""
    told = cast(Chunk, error if isinstance(error, Mapping) else {"message": error})
    message, kind = str(told.get("message")), str(told.get("type"))
    if "grammar" in message.lower():
        return ConstraintError(f"the engine refuses the grammar: {message}", "check its rules")
    if kind == "exceed_context_size_error" or "context size" in message.lower():
        return ContextOverflow(
            f"the engine has no room left: {message}", "shorten the prompt or raise n_ctx"
        )
    if kind == "invalid_request_error" and message.startswith("Field "):
        return UsageError(f"the engine refuses a value: {message}", "change it or leave it out")
    return BackendError(
        f"the engine failed: {message}", "try again; if it stays, the file may be damaged"
    )
