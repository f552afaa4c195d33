"""`ChatHuggingFace`: the walk in LangChain's clothes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from chatwright.langchain.errors import translated

from .asked import Asked, aevents, events
from .base import ChatFields
from .options import without_empty
from .replies import Pieces, Whole, result_of
from .structured import Answer, Wanted, beside, method_of
from .tools import choice_of, spoken_choice, tool_schemas

__all__ = ["ChatHuggingFace"]


class ChatHuggingFace(ChatFields):
    """A chat model over any LLM of ours, over any other text LLM of LangChain, or over a model by its name.

        ChatHuggingFace(llm=HuggingFaceTextGenInference(inference_server_url="http://127.0.0.1:8080"))
        ChatHuggingFace(llm=some_other_llm, model_id="HuggingFaceH4/zephyr-7b-beta")
        ChatHuggingFace.from_model("nano", temperature=0)

    Parameters of a generation may stand in the call (or in `bind`), here, or in the LLM; the first that has one
    decides. Messages go to a chat server as they are; elsewhere the prompt is rendered here, with the template of
    `chat_template`, of `model_id`, or of the server. `route` forces one of both, `format` the way in which tools are
    told. `reask` is how often a reply that cannot be read is asked for again, with the reason.
    """

    def _asked(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
        *,
        streaming: bool,
    ) -> Asked:
        question = self._question(stop, kwargs)
        source = self._find()
        model = source.open(streaming=streaming)
        if question.elsewhere(model):
            model = source.other(question.model or "", model, streaming=streaming)
        return question.asked(model, source, messages)

    async def _aasked(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
        *,
        streaming: bool,
    ) -> Asked:
        question = self._question(stop, kwargs)
        source = self._find()
        model = await source.aopen(streaming=streaming)
        if question.elsewhere(model):
            model = source.other(question.model or "", model, streaming=streaming)
        return question.asked(model, source, messages)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with translated():
            asked = self._asked(messages, stop, kwargs, streaming=False)
            whole = Whole(asked.facts)
            for event in events(asked):
                whole.feed(event)
        return result_of(whole.message())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with translated():
            asked = await self._aasked(messages, stop, kwargs, streaming=False)
            whole = Whole(asked.facts)
            async with aclosing(aevents(asked)) as stream:
                async for event in stream:
                    whole.feed(event)
        return result_of(whole.message())

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with translated():
            asked = self._asked(messages, stop, kwargs, streaming=True)
            pieces = Pieces(asked.facts)
            with closing(events(asked)) as stream:
                for event in stream:
                    if (chunk := pieces.feed(event)) is None:
                        continue
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with translated():
            asked = await self._aasked(messages, stop, kwargs, streaming=True)
            pieces = Pieces(asked.facts)
            async with aclosing(aevents(asked)) as stream:
                async for event in stream:
                    if (chunk := pieces.feed(event)) is None:
                        continue
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    def _combine_llm_outputs(self, outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        known = [output for output in outputs if output]
        total: dict[str, int] = {}
        for output in known:
            for name, count in output.get("token_usage", {}).items():
                total[name] = total.get(name, 0) + count
        told = {"model_name": known[0]["model_name"]} if known else {}
        return {**told, "token_usage": total} if total else told

    # -- tools and shapes ----------------------------------------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Any = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with these tools, on every backend.

        A tool is a LangChain tool, a function, a pydantic class (of either version), a TypedDict, a JSON schema, or a
        dictionary of OpenAI's or Anthropic's. `tool_choice` is `auto`, `none`, `any` (the same as `required` or True),
        a tool's name, or OpenAI's dictionary. What the model writes that is no call stands in `invalid_tool_calls`, with
        the reason; `reask=1` asks once again.
        """
        with translated():
            schemas = tool_schemas(tools, strict=strict)
            choice = choice_of(tool_choice, schemas)
        bound: dict[str, Any] = {"tools": schemas, **kwargs}
        if choice is not None:
            bound["tool_choice"] = spoken_choice(choice)
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(**bound)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """The model with answers of this shape, always checked.

        The shape is a pydantic class (of either version), a TypedDict or a JSON schema. `method` is `json_schema` (the
        answer is JSON, held to the schema), `function_calling` (the answer is a call) or `json_mode` (the answer is
        some JSON object, and the prompt says which). Without one it is `json_schema` where the backend can hold an
        answer to it, else `function_calling`. An answer that does not fit raises an `OutputParserException`, or with
        `include_raw` stands beside it: `{"raw": ..., "parsed": ..., "parsing_error": ...}`. With `tools` the model may
        call them first, and the answer is then None.
        """
        with translated():
            wanted = Wanted.of(schema)
            way = method_of(method) if method else None
            bound = wanted.bound(way, strict=strict, tools=tool_schemas(tools or ()))
        said = {"method": way or "json_schema", "strict": strict}
        told = {"kwargs": without_empty(said), "schema": schema}
        model = self.bind(**bound, ls_structured_output_format=told, **kwargs)
        parser = Answer(wanted=wanted, others=bool(tools))
        return model | (beside(parser) if include_raw else parser)
