"""Pieces of the engine as TGI's tokens: numbered, ended by a stop string that stays in, by length or by the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..events import Usage
from ..request import End, Logprob, Piece

__all__ = ["Done", "Flow", "Token"]


@dataclass(frozen=True, slots=True)
class Done:
    """How an answer ended: TGI's finish reason, the whole text, and the tokens written."""

    reason: str
    text: str
    generated: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Token:
    """One token as a stream tells it; the last one carries `done`."""

    index: int
    id: int
    text: str
    logprob: float | None = None
    special: bool = False
    top: tuple[Logprob, ...] = ()
    done: Done | None = None


class Flow:
    """Pieces in, tokens out. After `ended` nothing more is wanted of the engine.

    A stop string counts wherever its last character falls; the token is cut behind it.
    """

    def __init__(self, stop: Sequence[str], limit: int | None, end_id: int = 0) -> None:
        self.ended = False
        self._stop = tuple(stop)
        self._longest = max(map(len, self._stop), default=0)
        self._limit = limit
        self._end_id = end_id
        self._texts: list[str] = []
        self._tail = ""
        self._index = 0
        self._held: Token | None = None  # the last that may come; its `done` needs the engine's end

    def feed(self, item: Piece | End) -> list[Token]:
        """The tokens that this piece makes certain."""
        if self.ended:
            return []
        out = [self._held] if self._held else []
        self._held = None
        if isinstance(item, End):
            return self._last(out, item)
        for logprob in _spread(item):
            out.append(self._token(logprob))
            if self.ended:
                return out
        if out and self._index == self._limit:
            self._held = out.pop()
        return out

    def _token(self, told: Logprob | _Untold) -> Token:
        text, cut = self._cut(told.text)
        self._index += 1
        self._texts.append(text)
        logprob = told.logprob if isinstance(told, Logprob) else None
        top = told.top if isinstance(told, Logprob) else ()
        token = Token(self._index, told.token, text, logprob, False, top)
        if cut:
            token = replace(token, done=self._done("stop_sequence", Usage()))
        return token

    def _cut(self, text: str) -> tuple[str, bool]:
        """The text up to the end of a stop string, and whether there is one."""
        if not self._stop:
            return text, False
        seen = self._tail + text
        ends = [at + len(s) for s in self._stop if (at := seen.find(s)) >= 0]
        self._tail = seen[-(self._longest - 1) :] if self._longest > 1 else ""
        if not ends:
            return text, False
        return text[: max(0, min(ends) - (len(seen) - len(text)))], True

    def _last(self, held: list[Token], end: End) -> list[Token]:
        if end.reason == "length" and held:
            return [replace(held[0], done=self._done("length", end.usage))]
        # The token that the model ended with is no text: it is told as a special one.
        self._index += 1
        reason = "length" if end.reason == "length" else "eos_token"
        done = self._done(reason, end.usage)
        return [*held, Token(self._index, self._end_id, "", None, True, (), done)]

    def _done(self, reason: str, usage: Usage) -> Done:
        self.ended = True
        return Done(reason, "".join(self._texts), self._index, usage)


@dataclass(frozen=True, slots=True)
class _Untold:
    """A token of which the backend tells no probability."""

    token: int
    text: str


def _spread(piece: Piece) -> Sequence[Logprob | _Untold]:
    """The tokens of a piece. Their texts together are the piece's text, whatever the backend says of each."""
    told = _paired(piece)
    if not told:
        return [_Untold(0, piece.text)] if piece.text else []
    if "".join(t.text for t in told) != piece.text:
        return [*(replace(t, text="") for t in told[:-1]), replace(told[-1], text=piece.text)]
    return told


def _paired(piece: Piece) -> list[Logprob | _Untold]:
    """Every token of a piece, with its probability where that is told: of some characters only one token's is."""
    known = list(piece.logprobs)
    found: list[Logprob | _Untold] = []
    for id_ in piece.tokens:
        found.append(known.pop(0) if known and known[0].token == id_ else _Untold(id_, ""))
    return [*found, *known]
