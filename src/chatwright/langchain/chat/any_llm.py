"""Any text LLM of LangChain as a text backend: the walk renders the prompt, the LLM continues it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import asdict
from typing import Any, cast

from chatwright.backends.stop import StopCutter
from chatwright.errors import UsageError
from chatwright.request import Constraint, End, Piece, Request

__all__ = ["AnyLLM"]


class AnyLLM:
    """Continues a prompt with an LLM that has `stream` and `astream`, as every one of LangChain's has.

    The prompt goes along as one text. Such an LLM follows no constraint and tells no token counts; what it writes
    is cut at the stop strings, whether it knows them or not.
    """

    def __init__(self, llm: Any) -> None:
        self.llm = llm

    def follows(self, constraint: Constraint) -> bool:
        """Answers are checked, not constrained."""
        del constraint
        return False

    def stream(self, request: Request) -> Generator[Piece | End, None, None]:
        """What the LLM writes, piece by piece, then the end."""
        cutter = StopCutter(request.stop)
        prompt, options = _asked(request)
        with closing(self.llm.stream(prompt, **options)) as pieces:
            for text in cast("Iterator[str]", pieces):
                if said := cutter.feed(text):
                    yield Piece(said)
                if cutter.found is not None:
                    break
        if rest := _rest(cutter):
            yield Piece(rest)
        yield End("stop")

    async def astream(self, request: Request) -> AsyncGenerator[Piece | End, None]:
        """The same for an event loop."""
        cutter = StopCutter(request.stop)
        prompt, options = _asked(request)
        async with aclosing(self.llm.astream(prompt, **options)) as pieces:
            async for text in cast("AsyncIterator[str]", pieces):
                if said := cutter.feed(text):
                    yield Piece(said)
                if cutter.found is not None:
                    break
        if rest := _rest(cutter):
            yield Piece(rest)
        yield End("stop")


def _rest(cutter: StopCutter) -> str:
    return "" if cutter.found is not None else cutter.rest()


def _asked(request: Request) -> tuple[str, dict[str, Any]]:
    """The prompt, and what was asked for beside it, under the names that LLMs of LangChain share."""
    if not request.prompt:
        raise UsageError("a text LLM continues a prompt", "give chat_template= or model_id=")
    asked: dict[str, Any] = {k: v for k, v in asdict(request.sampling).items() if v is not None}
    if request.max_tokens is not None:
        asked["max_tokens"] = request.max_tokens
    if request.seed is not None:
        asked["seed"] = request.seed
    if request.stop:
        asked["stop"] = list(request.stop)
    return "".join(segment.text for segment in request.prompt), {**asked, **request.extra}
