"""OpenAI's routes: chat completions, completions of raw prompts, and the models."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from starlette.requests import Request as HttpRequest

from ..events import Event, Usage
from ..request import End, Piece, Regex, Request, Segment
from .answer import EventStream, Json, Reply, event
from .chat import Turn, chunk
from .completion import Completed
from .gate import Gate, Place
from .intake import read_json, record_of
from .log import Record
from .parse_openai import Chat, Completion, Options, parse_chat, parse_completion
from .refusal import nested
from .served import Served, Watched
from .shape_openai import Envelope, model, models, usage_json

__all__ = ["OpenAI"]

_DONE = b"data: [DONE]\n\n"


class OpenAI:
    """The handlers, over one model."""

    def __init__(self, served: Served, gate: Gate) -> None:
        self._served = served
        self._gate = gate
        self._created = int(time.time())

    async def models(self, http: HttpRequest) -> Json:
        return Json(models(self._served.name, self._created))

    async def model(self, http: HttpRequest) -> Json:
        return Json(model(http.path_params["name"], self._created))

    async def chat(self, http: HttpRequest) -> Any:
        return self.chat_with(await read_json(http, self._served.limits), record_of(http))

    def chat_with(self, data: Mapping[str, Any], record: Record) -> Any:
        chat = parse_chat(data, self._served.limits, self._served.name)
        if chat.options.stream:
            return self._stream(self._chat_events(chat, record))
        return Reply(self._whole_chat(chat, record))

    async def completions(self, http: HttpRequest) -> Any:
        return self.complete_with(await read_json(http, self._served.limits), record_of(http))

    def complete_with(self, data: Mapping[str, Any], record: Record) -> Any:
        job = parse_completion(data, self._served.limits, self._served.name)
        if job.options.stream:
            return self._stream(self._completion_events(job, record))
        return Reply(self._whole_completion(job, record))

    def _stream(self, events: AsyncGenerator[bytes, None]) -> EventStream:
        failed = self._gate.metrics.failed
        return EventStream(events, self._served.limits, shape=nested, last=_DONE, failed=failed)

    async def _whole_chat(self, chat: Chat, record: Record) -> tuple[Any, Mapping[str, str]]:
        turn = _turn(chat)
        with self._gate.enter() as place:
            watched = self._watched(chat)
            async with aclosing(self._events(watched, chat)) as events:
                async for happened in events:
                    place.begin()
                    turn.see(happened, _reason(watched))
            turn.logprobs += watched.watcher.take()
            assert turn.ended is not None
            _note(record, place, chat.options, turn.ended.usage)
        envelope = Envelope("chat.completion", chat.options.model, "chatcmpl")
        choice = turn.choice(chat.options.logprobs is not None)
        return envelope.of([choice], usage=usage_json(turn.ended.usage)), {}

    async def _chat_events(self, chat: Chat, record: Record) -> AsyncGenerator[bytes, None]:
        turn, options = _turn(chat), chat.options
        envelope = Envelope("chat.completion.chunk", options.model, "chatcmpl")
        rest: dict[str, Any] = {"usage": None} if options.usage else {}
        first: dict[str, Any] = {"role": "assistant"}
        with self._gate.enter() as place:
            watched = self._watched(chat)
            async with aclosing(self._events(watched, chat)) as events:
                async for happened in events:
                    place.begin()
                    delta = turn.see(happened, _reason(watched))
                    if delta is None:
                        continue
                    told = watched.watcher.take()
                    yield event(envelope.of([chunk({**first, **delta}, None, told)], **rest))
                    first = {}
            ended = turn.ended
            assert ended is not None
            _note(record, place, options, ended.usage)
        if first:
            yield event(envelope.of([chunk({**first, "content": ""})], **rest))
        yield event(envelope.of([chunk({}, ended.reason, watched.watcher.take())], **rest))
        if options.usage:
            yield event(envelope.of([], usage=usage_json(ended.usage)))
        yield _DONE

    def _watched(self, chat: Chat) -> Watched:
        return self._served.watched(chat.options.logprobs, self._pattern(chat))

    def _pattern(self, chat: Chat) -> Regex | None:
        """The pattern that the engine here keeps the answer to, so that nobody has to check."""
        here = self._served.here and isinstance(chat.constraint, Regex)
        return cast("Regex", chat.constraint) if here else None

    def _events(self, watched: Watched, chat: Chat) -> AsyncGenerator[Event, None]:
        options = chat.options
        events = watched.model.astream(
            chat.messages,
            chat.tools.shown,
            tool_choice=chat.tools.choice,
            parallel_tool_calls=None if chat.tools.parallel else False,
            stop=options.stop,
            max_tokens=options.max_tokens,
            sampling=options.sampling,
            seed=options.seed,
            constraint=None if self._pattern(chat) else chat.constraint,
            deadline=self._served.deadline(),
        )
        return cast("AsyncGenerator[Event, None]", events)

    async def _whole_completion(
        self, job: Completion, record: Record
    ) -> tuple[Any, Mapping[str, str]]:
        async def one(index: int, prompt: str) -> Completed:
            completed = Completed(index, job, prompt)
            async with aclosing(self._pieces(job, prompt)) as pieces:
                async for piece in pieces:
                    place.begin()
                    completed.see(piece)
            return completed

        with self._gate.enter() as place:
            found = await _together([one(*each) for each in enumerate(job.prompts)])
            usage = sum((one.usage for one in found), Usage())
            _note(record, place, job.options, usage)
        envelope = Envelope("text_completion", job.options.model, "cmpl")
        return envelope.of([one.choice() for one in found], usage=usage_json(usage)), {}

    async def _completion_events(
        self, job: Completion, record: Record
    ) -> AsyncGenerator[bytes, None]:
        options = job.options
        envelope = Envelope("text_completion", options.model, "cmpl")
        rest: dict[str, Any] = {"usage": None} if options.usage else {}
        usage = Usage()
        with self._gate.enter() as place:
            for index, prompt in enumerate(job.prompts):
                completed = Completed(index, job, prompt)
                async with aclosing(self._pieces(job, prompt)) as pieces:
                    async for piece in pieces:
                        place.begin()
                        yield event(envelope.of([completed.see(piece)], **rest))
                usage += completed.usage
            _note(record, place, options, usage)
        if options.usage:
            yield event(envelope.of([], usage=usage_json(usage)))
        yield _DONE

    async def _pieces(self, job: Completion, prompt: str) -> AsyncGenerator[Piece | End, None]:
        options = job.options
        segments = [Segment(prompt, trusted=True)]
        fit = await self._served.fitting(segments, options.max_tokens)
        request = Request(
            prompt=segments,
            stop=options.stop,
            max_tokens=fit.answer,
            sampling=options.sampling,
            seed=options.seed,
            constraint=job.constraint,
            logprobs=options.logprobs,
        )
        async with aclosing(self._served.raw(request)) as pieces:
            async for piece in pieces:
                yield piece


async def _together(work: Sequence[Coroutine[Any, Any, Completed]]) -> list[Completed]:
    """All of them at once; the first error ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    return [task.result() for task in tasks]


def _turn(chat: Chat) -> Turn:
    checked = chat.tools.forced or chat.constraint is not None
    return Turn(checked=checked, single=not chat.tools.parallel)


def _reason(watched: Watched) -> str:
    end = watched.watcher.end
    return end.reason if end else "stop"


def _note(record: Record, place: Place, options: Options, usage: Usage) -> None:
    place.done(usage.prompt, usage.completion, options.max_tokens)
    record.prompt, record.generated = usage.prompt, usage.completion
