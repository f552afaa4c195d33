"""TGI's events as pieces: cut at the stop strings, counted, special tokens left out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from typing import Any, cast

from chatwright.backends.exchange import read_json
from chatwright.backends.loose import Json, array, mapping, mappings, number, real
from chatwright.backends.loose import text as text_of
from chatwright.backends.refusal import request_id, told_in_stream
from chatwright.backends.sse import Event
from chatwright.backends.stop import StopCutter
from chatwright.errors import BadReply
from chatwright.events import Usage
from chatwright.request import End, Logprob, Piece, Request

__all__ = ["Answer"]

Items = list[Piece | End]


class Answer:
    """Reads one answer, streamed or whole. Special tokens are text only if they are among `shown`."""

    def __init__(self, request: Request, shown: Collection[str] = ()) -> None:
        self._cutter = StopCutter(request.stop)
        self._shown = frozenset(shown)
        self._tell = request.logprobs is not None
        self._tokens = _Tokens()
        self._count = 0
        self._came: list[str] = []
        self._given = 0
        self._headers: Mapping[str, str] = {}
        self.done = False
        self.complete = False

    @property
    def partial(self) -> str:
        """What has come so far."""
        return "".join(self._came)

    def feed(self, event: Event, headers: Mapping[str, str]) -> Items:
        """The pieces of one event, and the end where it is the last. Raises an error that came as one."""
        self._headers = headers
        data = read_json(event.data, headers)
        if not isinstance(data, dict):
            raise self._strange(event.data)
        told = cast("dict[str, Any]", data)
        if "error" in told or event.name == "error":
            raise told_in_stream(told, headers=headers)
        token = told.get("token")
        if not isinstance(token, dict):
            raise self._strange(event.data)
        self._count += 1
        out = self._token(cast("dict[str, Any]", token), told.get("top_tokens"))
        final = told.get("generated_text")
        if final is None and self._cutter.found is None:
            return [] if out is None else [out]
        rest = "" if self._cutter.found is not None else self._cutter.rest()
        details = mapping(told.get("details"))
        return [*([] if out is None else [out]), *self._piece(rest), self._end(details)]

    def whole(self, data: Any, headers: Mapping[str, str]) -> Items:
        """The answer of `/generate`, an object, or of `/`, a list of one."""
        self._headers = headers
        told: Any = next(iter(cast("list[Any]", data)), None) if isinstance(data, list) else data
        if isinstance(told, Mapping) and "error" in told:
            raise told_in_stream(cast(Json, told), headers=headers)
        text = cast(Json, told).get("generated_text") if isinstance(told, Mapping) else None
        if not isinstance(text, str):
            raise self._strange(str(cast(Any, data)))
        details = mapping(cast(Json, told).get("details"))
        if self._tell:
            self._all_tokens(details)
        out = self._cutter.feed(text)
        if self._cutter.found is None:
            out += self._cutter.rest()
        usage = {"input_length": len(array(details.get("prefill"))) or _header(headers)}
        return [*self._piece(out), self._end({**usage, **details})]

    def end(self) -> Items:
        """Nothing waits for the end of the stream: the last event of an answer says that it is."""
        return []

    def _token(self, token: dict[str, Any], top: Any) -> Piece | None:
        text = token.get("text")
        if not isinstance(text, str):
            raise self._strange(str(token))
        if token.get("special") and text not in self._shown:
            return None
        self._came.append(text)
        out = self._cutter.feed(text)
        if out is text and text and not self._tell and self._tokens.pass_by(text):
            self._given += len(text)
            return Piece(text, (number(token.get("id")),))  # nearly always
        self._tokens.add(text, token, top)
        return next(iter(self._piece(out)), None)

    def _all_tokens(self, details: Json) -> None:
        tops = array(details.get("top_tokens"))
        for at, token in enumerate(mappings(details.get("tokens"))):
            if not token.get("special"):
                top = tops[at] if at < len(tops) else ()
                self._tokens.add(text_of(token.get("text")), token, top)

    def _piece(self, text: str) -> list[Piece]:
        if not text:
            return []
        self._given += len(text)
        told = self._tokens.up_to(self._given)
        ids = tuple([number(token.get("id")) for token, _ in told])
        logprobs = tuple([_logprob(*each) for each in told]) if self._tell else ()
        return [Piece(text, ids, logprobs)]

    def _end(self, details: Json) -> End:
        self.done = self.complete = True
        stopped = self._cutter.found is not None
        length = details.get("finish_reason") == "length" and not stopped
        usage = Usage(
            number(details.get("input_length")),
            number(details.get("generated_tokens")) or self._count,
        )
        return End("length" if length else "stop", usage)

    def _strange(self, said: str) -> BadReply:
        shown = " ".join(said[:200].split())
        return BadReply(
            f"this is no answer of TGI: {shown}",
            "is it another kind of server? leave its kind open, and it is asked",
            request_id=request_id(self._headers),
        )


class _Tokens:
    """The tokens of the text that has come, given out with the text that they begin in."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Json, Any]] = []
        self._starts: list[int] = []
        self._length = 0

    def add(self, text: str, token: Json, top: Any) -> None:
        self._waiting.append((token, top))
        self._starts.append(self._length)
        self._length += len(text)

    def pass_by(self, text: str) -> bool:
        """Count a token that need not wait; false if others wait before it."""
        if self._waiting:
            return False
        self._length += len(text)
        return True

    def up_to(self, length: int) -> list[tuple[Json, Any]]:
        count = bisect_left(self._starts, length)
        out = self._waiting[:count]
        del self._waiting[:count], self._starts[:count]
        return out


def _logprob(token: Json, top: object = ()) -> Logprob:
    best = tuple([_logprob(other) for other in mappings(top)])
    return Logprob(
        number(token.get("id")), text_of(token.get("text")), real(token.get("logprob")), best
    )


def _header(headers: Mapping[str, str]) -> int:
    """The tokens of the prompt, which a whole reply tells only in its head."""
    told = headers.get("x-prompt-tokens", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else 0
