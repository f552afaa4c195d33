"""TGI's own routes: generate, tokenize, and what the server tells of itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ..request import Piece, Request, Segment
from . import shape_tgi
from .answer import EventStream, Json, Reply, event
from .fields import Fields
from .flow import Done, Flow, Token
from .gate import Gate, Place
from .intake import read_json, record_of
from .log import Record
from .messages import chat_messages
from .parse_tgi import Generate, parse_generate
from .refusal import flat, invalid
from .served import Fit, Served
from .tools import tools_of

__all__ = ["Native"]


class Native:
    """The handlers, over one model."""

    def __init__(self, served: Served, gate: Gate) -> None:
        self._served = served
        self._gate = gate

    async def generate(self, http: HttpRequest) -> Any:
        data = await read_json(http, self._served.limits)
        return self._whole(parse_generate(data, self._served.limits), record_of(http))

    async def generate_stream(self, http: HttpRequest) -> Any:
        data = await read_json(http, self._served.limits)
        job = parse_generate({**data, "stream": True}, self._served.limits, compat=True)
        return self._stream(job, record_of(http))

    async def compat(self, http: HttpRequest) -> Any:
        """`POST /`: the reply is a list, and the prompt stands before the answer unless told otherwise."""
        return self.compat_with(await read_json(http, self._served.limits), record_of(http))

    def compat_with(self, data: Mapping[str, Any], record: Record, *, listed: bool = True) -> Any:
        job = parse_generate(data, self._served.limits, compat=True)
        if job.full_text is None:
            job = replace(job, full_text=True)
        return self._stream(job, record) if job.stream else self._whole(job, record, listed=listed)

    async def tokenize(self, http: HttpRequest) -> Json:
        data = await read_json(http, self._served.limits)
        text = Fields(data).needed_text("inputs")
        if not text:
            raise invalid("`inputs` cannot be empty", "inputs")
        tokens = await self._served.tokens([Segment(text, trusted=True)])
        return Json(shape_tgi.simple_tokens(text, tokens))

    async def chat_tokenize(self, http: HttpRequest) -> Json:
        body = Fields(await read_json(http, self._served.limits))
        messages, tools = chat_messages(body), tools_of(body)
        prompt = self._served.model.segments(messages, tools.shown)
        text = "".join(segment.text for segment in prompt)
        tokens = shape_tgi.simple_tokens(text, await self._served.tokens(prompt))
        return Json({"tokenize_response": tokens, "templated_text": text})

    async def info(self, http: HttpRequest) -> Json:
        return Json(shape_tgi.info(self._served))

    async def health(self, http: HttpRequest) -> Response:
        return Response()

    async def metrics(self, http: HttpRequest) -> Response:
        return Response(self._gate.metrics.text(), media_type="text/plain; version=0.0.4")

    def _whole(self, job: Generate, record: Record, *, listed: bool = False) -> Reply:
        return Reply(self._generated(job, record, listed))

    async def _generated(
        self, job: Generate, record: Record, listed: bool
    ) -> tuple[Any, Mapping[str, str]]:
        tokens: list[Token] = []
        prefill: list[tuple[int, str]] = []
        with self._gate.enter() as place:
            prompt = await self._prompt(job)
            fit = await self._fitting(job, prompt)
            if job.prefill:
                prefill = await self._served.tokens(prompt)
            async with aclosing(self._tokens(job, prompt, fit.answer, place)) as found:
                async for token in found:
                    tokens.append(token)
            done = tokens[-1].done
            assert done is not None
            length = done.usage.prompt if fit.prompt is None else fit.prompt
            self._note(record, place, job, done, length)
        reply = shape_tgi.generated(tokens, done, job, prefill)
        headers = shape_tgi.stream_headers(job) | shape_tgi.headers(done, length, place)
        return [reply] if listed else reply, headers

    def _stream(self, job: Generate, record: Record) -> EventStream:
        return EventStream(
            self._events(job, record),
            self._served.limits,
            shape=flat,
            headers=shape_tgi.stream_headers(job),
            failed=self._gate.metrics.failed,
        )

    async def _events(self, job: Generate, record: Record) -> AsyncGenerator[bytes, None]:
        with self._gate.enter() as place:
            prompt = await self._prompt(job)
            fit = await self._fitting(job, prompt)
            async with aclosing(self._tokens(job, prompt, fit.answer, place)) as tokens:
                async for token in tokens:
                    if done := token.done:
                        self._note(record, place, job, done, fit.prompt or done.usage.prompt)
                    yield event(shape_tgi.stream_event(token, job, fit.prompt))

    async def _fitting(self, job: Generate, prompt: list[Segment]) -> Fit:
        # At a stop string the engine is left, and tells no counts any more.
        return await self._served.fitting(prompt, job.max_new_tokens, exact=bool(job.stop))

    async def _prompt(self, job: Generate) -> list[Segment]:
        text = job.inputs
        if job.truncate is not None:
            text = await self._truncated(text, job.truncate)
        return [Segment(text, trusted=True)]

    async def _truncated(self, text: str, most: int) -> str:
        """The end of a text, of so many tokens; those that the tokenizer adds count too."""
        tokens = await self._served.tokens([Segment(text, trusted=True)])
        if len(tokens) <= most:
            return text
        added = sum(t["start"] == t["stop"] for t in shape_tgi.simple_tokens(text, tokens[:1]))
        kept = shape_tgi.simple_tokens(text, tokens)[-max(1, most - added) :]
        return text.encode()[kept[0]["start"] :].decode(errors="ignore")

    async def _tokens(
        self, job: Generate, prompt: list[Segment], most: int | None, place: Place
    ) -> AsyncGenerator[Token, None]:
        """The answer token by token. The engine is left as soon as a stop string is there."""
        flow = Flow(job.stop, most, self._served.eos_id)
        async with aclosing(self._served.raw(self._request(job, prompt, most))) as pieces:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    place.begin()
                for token in flow.feed(piece):
                    yield token
                if flow.ended:
                    return

    def _request(self, job: Generate, prompt: list[Segment], most: int | None) -> Request:
        # Stop strings are not told: TGI's answer ends with the one that was found, and an engine would cut it.
        return Request(
            prompt=prompt,
            max_tokens=most,
            sampling=job.sampling,
            seed=job.seed,
            constraint=job.constraint,
            logprobs=job.top_tokens if job.stream or job.details else None,
        )

    def _note(self, record: Record, place: Place, job: Generate, done: Done, prompt: int) -> None:
        place.done(prompt, done.generated, job.max_new_tokens)
        record.prompt, record.generated = prompt, done.generated
