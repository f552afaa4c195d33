"""Events of OpenAI's protocol as items: text cut at the stop strings, reasoning, tool calls, the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from chatwright.backends.exchange import read_json
from chatwright.backends.loose import Json, array, mapping, mappings, number, real
from chatwright.backends.loose import text as text_of
from chatwright.backends.refusal import request_id, told_in_stream
from chatwright.backends.sse import Event
from chatwright.backends.stop import StopCutter
from chatwright.errors import BadReply
from chatwright.events import Reasoning, Usage
from chatwright.request import ChatItem, End, Logprob, Piece, Request

from .calls import Calls
from .dialects import Dialect

__all__ = ["Answer"]


class Answer:
    """Reads one answer of either route, streamed or whole."""

    def __init__(self, request: Request, dialect: Dialect) -> None:
        self._cutter = StopCutter(request.stop)
        self._dialect = dialect
        self._calls = Calls()
        self._usage = Usage()
        self._model = ""
        self._came: list[str] = []
        self._waiting: list[Logprob] = []
        self._reason = ""
        self._headers: Mapping[str, str] = {}
        self.done = False
        self.complete = False

    @property
    def partial(self) -> str:
        """What has come so far."""
        return "".join(self._came)

    def feed(self, event: Event, headers: Mapping[str, str]) -> list[ChatItem]:
        """The items of one event. Raises an error that came as one."""
        self._headers = headers
        if event.data.strip() == "[DONE]":
            self.done = self.complete = True
            return self.end()
        data = read_json(event.data, headers)
        if not isinstance(data, Mapping):
            raise self._strange(event.data)
        return self._items(cast(Json, data), event.name)

    def whole(self, data: Any, headers: Mapping[str, str]) -> list[ChatItem]:
        """The items of a reply that was not streamed."""
        self._headers = headers
        if not isinstance(data, Mapping) or not ({"choices", "error"} & cast(Json, data).keys()):
            raise self._strange(str(cast(Any, data)))
        items = self._items(cast(Json, data), "")
        if not mappings(cast(Json, data).get("choices")):
            raise self._strange(str(cast(Any, data)))
        return items if self.done else [*items, *self.end()]

    def end(self) -> list[ChatItem]:
        """What waited for the end, and the end."""
        self.done = True
        rest = "" if self._cutter.found is not None else self._cutter.rest()
        calls = self._calls.finished(self._reason)
        reason = "length" if self._reason == "length" else "tool_calls" if calls else "stop"
        return [*self._piece(rest), *calls, End(reason, self._usage, self._model)]

    def _items(self, data: Json, name: str) -> list[ChatItem]:
        if data.get("error") or name == "error" or data.get("object") == "error":
            raise told_in_stream(data, headers=self._headers)
        self._model = text_of(data.get("model")) or self._model
        if usage := mapping(data.get("usage")):
            self._usage = _usage(usage)
        elif not isinstance(data.get("choices"), list):
            raise self._strange(str(data))
        mine = [choice for choice in mappings(data.get("choices")) if not choice.get("index")]
        return [item for choice in mine[:1] for item in self._choice(choice)]

    def _choice(self, choice: Json) -> list[ChatItem]:
        reason = text_of(choice.get("finish_reason"))
        said = mapping(choice.get("delta")) or mapping(choice.get("message"))
        items: list[ChatItem] = []
        if thought := text_of(said.get("reasoning_content")) or text_of(said.get("reasoning")):
            items.append(Reasoning(thought))
        if calls := said.get("tool_calls"):
            self._calls.feed(calls)
        text = text_of(said.get("content")) or text_of(choice.get("text"))
        if reason == "eos_token" and self._dialect.end_token_in_text and "text" in choice:
            text = ""  # the last piece of TGI's completions is the spelling of its end token
        if told := choice.get("logprobs"):
            self._waiting += _logprobs(told)
        if text:
            self._came.append(text)
            items += self._piece(self._cutter.feed(text))
        if reason:
            self._reason, self.complete = reason, True
        if self._cutter.found is not None:
            self._reason, self.complete = "stop", True
            items += self.end()
        return items

    def _piece(self, text: str) -> list[ChatItem]:
        if not text:
            return []
        logprobs, self._waiting = tuple(self._waiting), []
        return [Piece(text, tuple(p.token for p in logprobs if p.token >= 0), logprobs)]

    def _strange(self, said: str) -> BadReply:
        shown = " ".join(said[:200].split())
        return BadReply(
            f"this is no answer in OpenAI's protocol: {shown}",
            "is it another kind of server? leave its kind open, and it is asked",
            request_id=request_id(self._headers),
        )


def _usage(told: Json) -> Usage:
    details = mapping(told.get("prompt_tokens_details"))
    return Usage(
        number(told.get("prompt_tokens")),
        number(told.get("completion_tokens")),
        number(details.get("cached_tokens")),
        number(mapping(told.get("completion_tokens_details")).get("reasoning_tokens")),
    )


def _logprobs(told: object) -> list[Logprob]:
    """Of chats a list of objects, of completions lists side by side."""
    logprobs = mapping(told)
    if content := mappings(logprobs.get("content")):
        return [_logprob(token) for token in content]
    tops = array(logprobs.get("top_logprobs"))
    found: list[Logprob] = []
    each = zip(array(logprobs.get("tokens")), array(logprobs.get("token_logprobs")), strict=False)
    for at, (token, value) in enumerate(each):
        top = mapping(tops[at]) if at < len(tops) else {}
        best = sorted((Logprob(-1, t, real(v)) for t, v in top.items()), key=lambda p: -p.logprob)
        found.append(Logprob(-1, text_of(token), real(value), tuple(best)))
    return found


def _logprob(token: Json) -> Logprob:
    top = tuple([_logprob(other) for other in mappings(token.get("top_logprobs"))])
    return Logprob(
        number(token.get("id"), -1), text_of(token.get("token")), real(token.get("logprob")), top
    )
