"""The model behind the server: counted, limited in time, and watched for what its events leave out."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from ..errors import UsageError
from ..model import Model
from ..request import End, Logprob, Piece, Regex, Request, Segment
from .limits import Limits
from .parse_tgi import check_room
from .refusal import Refusal

__all__ = ["Fit", "Served", "Watched"]

_ADDED = 8  # tokens that a tokenizer may put before a text; every other one stands for a byte of it at least


@dataclass(frozen=True, slots=True)
class Fit:
    """The tokens of a prompt, and how many its answer may have; `None` where only the engine knows."""

    prompt: int | None
    answer: int | None


class Served:
    """A model and its limits. `name` is what clients are told it is called."""

    def __init__(self, model: Model, limits: Limits | None = None, name: str = "") -> None:
        limits = limits or Limits()
        known = model.context
        self.model = model
        most = min(known, limits.max_total_tokens) if isinstance(known, int) else None
        self.limits = replace(limits, max_total_tokens=most) if most else limits
        self.name = name or model.name
        self._tells_logprobs = True

    @property
    def special_tokens(self) -> dict[str, str]:
        """The special tokens of the chat template, and the template itself as `chat_template`."""
        template = self.model.template
        if template is None:
            return {}
        return {"chat_template": template.source, **template.special_tokens}

    @property
    def here(self) -> bool:
        """Does the model run in this process?"""
        return getattr(self.model.backend, "n_ctx", None) is not None

    @property
    def eos_id(self) -> int:
        """The id of the token that ends a text; 0 where it is not known."""
        metadata: Mapping[str, Any] = getattr(self.model.backend, "metadata", {})
        found = metadata.get("tokenizer.ggml.eos_token_id", 0)
        return found if isinstance(found, int) and found >= 0 else 0

    async def raw(self, request: Request) -> AsyncGenerator[Piece | End, None]:
        """What follows a raw prompt, with log probabilities where they are asked for and there are any."""
        astream = self._text_stream()
        if not self._tells_logprobs:
            request = replace(request, logprobs=None)
        begun = False
        try:
            async with aclosing(astream(self._timed(request))) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
            return
        except UsageError as err:
            if begun or request.logprobs is None or "log" not in str(err):
                raise
            self._tells_logprobs = False  # this engine cannot: TGI's format has a null for it
        async with aclosing(astream(self._timed(replace(request, logprobs=None)))) as pieces:
            async for piece in pieces:
                yield piece

    async def tokens(self, prompt: Sequence[Segment]) -> list[tuple[int, str]]:
        """The tokens that the model gets for a prompt, with what each of them says."""
        if not hasattr(self.model.backend, "tokens"):
            raise Refusal(404, "No fast tokenizer available", "no fast tokenizer")
        return await asyncio.to_thread(_spelled, self.model.backend, prompt)

    async def count(self, prompt: Sequence[Segment]) -> int | None:
        """How many tokens a prompt has; `None` where only the far end knows."""
        tokenize = getattr(self.model.backend, "tokenize", None)
        return None if tokenize is None else len(await asyncio.to_thread(tokenize, prompt))

    async def fitting(
        self, prompt: Sequence[Segment], max_tokens: int | None, *, exact: bool = False
    ) -> Fit:
        """How a prompt and its answer fit into the context; a refusal if they do not.

        Unless it has to be `exact`, what certainly fits is not counted: the engine does so anyway, at its end.
        """
        bytes_ = sum(len(segment.text.encode()) for segment in prompt)
        room = self.limits.max_total_tokens - bytes_ - _ADDED
        if not exact and max_tokens is not None and max_tokens <= room:
            return Fit(None, max_tokens)
        found = await self.count(prompt)
        if found is None:
            return Fit(None, max_tokens)
        check_room(found, max_tokens, self.limits)
        left = self.limits.max_total_tokens - found
        return Fit(found, left if max_tokens is None else min(max_tokens, left))

    def watched(self, logprobs: int | None, pattern: Regex | None = None) -> Watched:
        """The model for one chat: the same, with its backend watched.

        `pattern` holds the answer, and it is not compared with the answer afterwards: a stranger's pattern can keep
        Python busy for ever, and the event loop with it.
        """
        model = copy.copy(self.model)
        asked: dict[str, Any] = {"logprobs": logprobs}
        if pattern is not None:
            asked["constraint"] = pattern
        watcher = _Watcher(self.model.backend, self, asked)
        model.backend = cast("Any", watcher)
        return Watched(model, watcher)

    def deadline(self) -> float:
        return time.monotonic() + self.limits.request_seconds

    def _timed(self, request: Request) -> Request:
        return replace(request, deadline=self.deadline())

    def _text_stream(self) -> Callable[[Request], Any]:
        found = getattr(self.model.backend, "astream", None)
        if found is None:
            raise Refusal(
                422,
                f"Input validation error: {self.name} takes chats only: use /v1/chat/completions",
            )
        return found


def _spelled(backend: Any, prompt: Sequence[Segment]) -> list[tuple[int, str]]:
    ids: list[int] = backend.tokenize(prompt)
    text = "".join(segment.text for segment in prompt)
    told: list[tuple[int, str]] = backend.tokens(text, special=all(s.trusted for s in prompt))
    added = len(ids) - len(told)
    if added >= 0 and [id_ for id_, _ in told] == ids[added:]:
        return [*((id_, backend.detokenize([id_])) for id_ in ids[:added]), *told]
    return [(id_, backend.detokenize([id_])) for id_ in ids]


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose backend is watched by `watcher`."""

    model: Model
    watcher: _Watcher


class _Watcher:
    """Passes requests on, checks that they fit, and notes what events leave out: log probabilities and the end."""

    def __init__(self, backend: Any, served: Served, asked: Mapping[str, Any]) -> None:
        self._backend = backend
        self._served = served
        self._asked = asked
        self._logprobs: list[Logprob] = []
        self.end: End | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("astream", "achat"):
            inner = getattr(self._backend, name)
            return partial(self._watch, inner)
        return getattr(self._backend, name)

    def take(self) -> list[Logprob]:
        """The log probabilities since the last time."""
        taken, self._logprobs = self._logprobs, []
        return taken

    async def _watch(
        self, inner: Callable[[Request], Any], request: Request
    ) -> AsyncGenerator[Piece | End, None]:
        request = replace(request, **self._asked)
        if request.prompt:
            fit = await self._served.fitting(request.prompt, request.max_tokens)
            request = replace(request, max_tokens=fit.answer)
        async with aclosing(inner(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, End):
                    self.end = piece
                elif isinstance(piece, Piece):
                    self._logprobs += piece.logprobs
                yield piece
