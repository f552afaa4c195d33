"""What all text LLMs share: prompts through `Model.complete`, in LangChain's clothes."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, wait
from contextlib import aclosing, closing
from typing import Any, Literal, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.base import LanguageModelInput
from langchain_core.language_models.llms import BaseLLM
from langchain_core.outputs import Generation, GenerationChunk, LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ContextThreadPoolExecutor

from chatwright.errors import UsageError
from chatwright.langchain.errors import translated
from chatwright.model import Model, Options
from chatwright.templates import ChatTemplate

from . import counting
from .described import DescribedLLM, calling
from .reading import Reading, advice, joined, result

__all__ = ["Route", "TextLLM"]

Route = Literal["auto", "text", "chat"]

_AT_ONCE = 16  # prompts of one call that are asked side by side


class TextLLM(DescribedLLM):
    """A LangChain LLM over a chatwright `Model`. Nothing is asked or loaded before the first prompt.

    Parameters of a generation may stand in the call, in `model_kwargs` or in a field; the first that has one
    decides, and `None` leaves it to the server. `stop` of a call adds to the LLM's own `stop_sequences`. With
    `streaming`, `invoke` streams too, for callbacks that want each token.
    """

    # -- what a subclass says ------------------------------------------------------------------------------------

    @abstractmethod
    def open(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """The model that this LLM talks to, for messages and prompts; the same one each time.

        It is opened now: a server is asked once what it is. `route` and `template` (a chat template that comes
        before the server's own) say how messages go there, `streaming=False` has answers come whole.
        """

    @abstractmethod
    async def aopen(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """`open` for an event loop."""

    @abstractmethod
    def _for_prompts(self, *, streaming: bool) -> Model:
        """The model for raw prompts."""

    @abstractmethod
    async def _afor_prompts(self, *, streaming: bool) -> Model:
        """The same for an event loop."""

    # -- prompts -------------------------------------------------------------------------------------------------

    def generate(self, prompts: list[str], *args: Any, **kwargs: Any) -> LLMResult:
        """Answers to several prompts, asked side by side; a cached one is not asked for again."""
        with calling(self, kwargs):
            return super().generate(prompts, *args, **kwargs)

    async def agenerate(self, prompts: list[str], *args: Any, **kwargs: Any) -> LLMResult:
        """`generate` for an event loop."""
        with calling(self, kwargs):
            return await super().agenerate(prompts, *args, **kwargs)

    # LangChain's own `batch` for LLMs has one callback for all prompts, and loses all answers where one fails.
    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """Answers to several inputs, asked side by side; with `return_exceptions` a failure stands in its place."""
        ask = super(BaseLLM, self).batch
        return ask(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """`batch` for an event loop."""
        ask = super(BaseLLM, self).abatch
        return await ask(inputs, config, return_exceptions=return_exceptions, **kwargs)

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        if len(prompts) == 1:
            return result([self._answer(prompts[0], stop, run_manager, kwargs)])
        pool = ContextThreadPoolExecutor(max_workers=min(len(prompts), _AT_ONCE) or 1)
        try:
            asked = [pool.submit(self._answer, prompt, stop, None, kwargs) for prompt in prompts]
            wait(asked, return_when=FIRST_EXCEPTION)
            done = [future for future in asked if future.done() and future.exception()]
            return result([future.result() for future in done or asked])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        room = asyncio.Semaphore(_AT_ONCE)
        only = run_manager if len(prompts) == 1 else None

        async def one(prompt: str) -> Generation:
            async with room:
                return await self._aanswer(prompt, stop, only, kwargs)

        return result(await _all_or_none([one(prompt) for prompt in prompts]))

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        yield from self._chunks(prompt, stop, run_manager, {**kwargs, "streaming": True})

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        chunks = self._achunks(prompt, stop, run_manager, {**kwargs, "streaming": True})
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    def _answer(
        self,
        prompt: str,
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | None,
        kwargs: Mapping[str, Any],
    ) -> Generation:
        return joined(self._chunks(prompt, stop, run_manager, kwargs))

    async def _aanswer(
        self,
        prompt: str,
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun | None,
        kwargs: Mapping[str, Any],
    ) -> Generation:
        chunks = self._achunks(prompt, stop, run_manager, kwargs)
        return joined([chunk async for chunk in chunks])

    def _chunks(
        self,
        prompt: str,
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | None,
        kwargs: Mapping[str, Any],
    ) -> Generator[GenerationChunk, None, None]:
        with translated():
            options, echo, streaming = self._asked(prompt, stop, kwargs)
            model = self._for_prompts(streaming=streaming)
            reading = Reading(model.name, echo)
            tell = run_manager if streaming else None
            for chunk in reading.begin():
                yield _told(chunk, tell)
            answer = cast("Generator[Any]", model.complete(prompt, **options))
            with advice(model), closing(answer) as events:
                for event in events:
                    for chunk in reading.feed(event):
                        yield _told(chunk, tell)

    async def _achunks(
        self,
        prompt: str,
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun | None,
        kwargs: Mapping[str, Any],
    ) -> AsyncGenerator[GenerationChunk, None]:
        with translated():
            options, echo, streaming = self._asked(prompt, stop, kwargs)
            model = await self._afor_prompts(streaming=streaming)
            reading = Reading(model.name, echo)
            tell = run_manager if streaming else None
            for chunk in reading.begin():
                yield await _atold(chunk, tell)
            answer = cast("AsyncGenerator[Any]", model.acomplete(prompt, **options))
            with advice(model):
                async with aclosing(answer) as events:
                    async for event in events:
                        for chunk in reading.feed(event):
                            yield await _atold(chunk, tell)

    def _asked(
        self, prompt: str, stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> tuple[Options, str, bool]:
        values = self._values(kwargs)
        options = self._options(values, stop, kwargs, tgi=self._speaks_tgi())
        if "template_kwargs" in options:
            raise UsageError("a raw prompt has no template", "leave template_kwargs out")
        echo = prompt if values.get("return_full_text") else ""
        return options, echo, bool(values.get("streaming"))

    # -- tokens, closing, serialisation --------------------------------------------------------------------------

    def get_token_ids(self, text: str) -> list[int]:
        """The ids of the tokens that the model reads for this text, as its engine or its server tells them."""
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        with translated():
            return counting.ids(self._for_prompts(streaming=False), text)

    def get_num_tokens(self, text: str) -> int:
        """How many tokens that is; where nobody can tell, an estimate and a warning that it is one."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        with translated():
            return counting.count(self._for_prompts(streaming=False), text)

    def close(self) -> None:
        """Let go of connections and engines; the next prompt opens them anew."""
        for thing in self._opened.take():
            thing.close()

    async def aclose(self) -> None:
        """`close` for an event loop."""
        for thing in self._opened.take():
            backend = getattr(thing, "backend", thing)
            aclose = getattr(backend, "aclose", None)
            await aclose() if aclose else thing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _told(chunk: GenerationChunk, run_manager: CallbackManagerForLLMRun | None) -> GenerationChunk:
    if run_manager:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


async def _atold(
    chunk: GenerationChunk, run_manager: AsyncCallbackManagerForLLMRun | None
) -> GenerationChunk:
    if run_manager:
        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


async def _all_or_none(asked: list[Any]) -> list[Generation]:
    """All answers; where one fails, nobody waits for the others."""
    tasks = [asyncio.ensure_future(cast("Awaitable[Generation]", one)) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
