"""Our events as LangChain's generations."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from langchain_core.outputs import Generation, GenerationChunk, LLMResult

from chatwright.backends.openai import OpenAIBackend
from chatwright.errors import ConstraintError, NotServed
from chatwright.events import Event, Finish, Malformed, Notice, Text, Usage
from chatwright.model import Model

__all__ = ["Reading", "advice", "joined", "result"]

log = logging.getLogger("chatwright")


class Reading:
    """One answer as it is read. The last chunk has no text: it says why the answer ended, and what it took."""

    def __init__(self, name: str, echo: str = "") -> None:
        self._name, self._echo = name, echo
        self._wrong = ""

    def begin(self) -> list[GenerationChunk]:
        """The prompt, where it is to stand in front of the answer."""
        return [GenerationChunk(text=self._echo)] if self._echo else []

    def feed(self, event: Event) -> list[GenerationChunk]:
        """The chunk of an event, if it makes one. Raises where an answer breaks the grammar that it was held to."""
        match event:
            case Text(text):
                return [GenerationChunk(text=text)]
            case Notice(text):
                log.info("%s", text)
            case Malformed(_, reason):
                self._wrong = reason
            case Finish():
                if event.stop_reason == "malformed":
                    raise ConstraintError(self._wrong, "try again, or allow more tokens")
                return [GenerationChunk(text="", generation_info=self._info(event))]
            case _:
                pass
        return []

    def _info(self, finish: Finish) -> dict[str, Any]:
        info: dict[str, Any] = {
            "finish_reason": finish.stop_reason,
            "model_name": finish.model or self._name,
        }
        if finish.usage != Usage():
            info["token_usage"] = _counted(finish.usage)
        if finish.logprobs:
            info["logprobs"] = [asdict(each) for each in finish.logprobs]
        return info


@contextmanager
def advice(model: Model) -> Generator[None]:
    """What to do where a server has no route for raw prompts stands in the hint."""
    try:
        yield
    except NotServed as err:
        if isinstance(model.backend, OpenAIBackend):
            err.hint = f"{err.hint}; where it takes messages only, use ChatHuggingFace(llm=...)"
        raise


def joined(chunks: Iterable[GenerationChunk]) -> Generation:
    """The chunks of one answer as one generation."""
    texts: list[str] = []
    info: dict[str, Any] = {}
    for chunk in chunks:
        texts.append(chunk.text)
        info |= chunk.generation_info or {}
    return Generation(text="".join(texts), generation_info=info or None)


def result(generations: Sequence[Generation]) -> LLMResult:
    """The generations of several prompts, and what they took together."""
    infos = [generation.generation_info or {} for generation in generations]
    total: dict[str, int] = {}
    for info in infos:
        for name, count in info.get("token_usage", {}).items():
            total[name] = total.get(name, 0) + count
    told = {"model_name": next((info["model_name"] for info in infos if "model_name" in info), "")}
    return LLMResult(
        generations=[[generation] for generation in generations],
        llm_output={**told, **({"token_usage": total} if total else {})},
    )


def _counted(usage: Usage) -> dict[str, int]:
    counts = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
    }
    return counts | ({"cached_tokens": usage.cached} if usage.cached else {})
