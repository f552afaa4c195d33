"""A model of this machine: nano, or any GGUF file."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Self

from pydantic import Field, field_serializer, model_validator

from chatwright.errors import UsageError
from chatwright.model import Model, open_model
from chatwright.templates import ChatTemplate

from .base import Route, TextLLM

__all__ = ["HuggingFaceLocal"]


class HuggingFaceLocal(TextLLM):
    """A model that runs in this process's own engine: no server, no token, no network once its file is here.

        HuggingFaceLocal("nano", temperature=0)
        HuggingFaceLocal("local:org/name-GGUF:Q4_K_M", max_new_tokens=200)

    `model` is `nano`, `local:path/to/file.gguf`, `local:org/name-GGUF` of the Hub, or a `Model` that is open already.
    Parameters that are not given are the engine's own; one that it does not have is refused by name. `timeout` is for
    a whole answer.
    """

    model: str | Model = "nano"
    max_new_tokens: int | None = 512
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    do_sample: bool | None = None
    stop_sequences: list[str] = Field(default_factory=list)
    return_full_text: bool = False
    timeout: float | None = None

    settings: ClassVar[frozenset[str]] = frozenset({"model"})

    def __init__(self, model: str | Model = "nano", **kwargs: Any) -> None:
        kwargs["model"] = model
        super().__init__(**kwargs)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # An open model is shared, for there is one engine under it.
        shared = {id(self.model): self.model} if isinstance(self.model, Model) else {}
        return super().__deepcopy__({**(memo or {}), **shared})

    @model_validator(mode="after")
    def _check_model(self) -> Self:
        if isinstance(self.model, str):
            _spec(self.model)
        return self

    @field_serializer("model", when_used="json")
    def _dump_model(self, model: str | Model) -> str:
        return model if isinstance(model, str) else model.name

    @property
    def known_model(self) -> str:
        """The model's name."""
        return self.model if isinstance(self.model, str) else self.model.name

    def open(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """The model itself. Its file's header is read now, its weights with the first prompt.

        `template` takes the place of the one in the file. There is one route, and one way to answer.
        """
        del route, streaming
        if isinstance(self.model, Model):
            return self.model if template is None else self.model.rendering(template)
        spec = _spec(self.model)
        own = self._opened.get(spec, "model", lambda: open_model(spec))
        if template is None:
            return own
        return self._opened.get(spec, template, lambda: own.rendering(template))

    async def aopen(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """`open` for an event loop: a file may have to be fetched."""
        if self.model == "nano" or isinstance(self.model, Model):
            return self.open(route=route, template=template, streaming=streaming)
        return await asyncio.to_thread(
            self.open, route=route, template=template, streaming=streaming
        )

    def _for_prompts(self, *, streaming: bool) -> Model:
        return self.open(streaming=streaming)

    async def _afor_prompts(self, *, streaming: bool) -> Model:
        return await self.aopen(streaming=streaming)

    def _where(self) -> dict[str, Any]:
        return {"model": self.known_model}

    @property
    def _llm_type(self) -> str:
        return "huggingface_local"


def _spec(model: str) -> str:
    """The name as `open_model` knows it; a file may stand without `local:`."""
    model = model.strip()
    if model == "nano" or model.startswith("local:"):
        return model
    if model.endswith(".gguf") or ("/" in model and "gguf" in model.lower() and "://" not in model):
        return f"local:{model}"
    raise UsageError(
        f"'{model[:80]}' is no model of this machine",
        "give nano or local:path/to/file.gguf; elsewhere it is HuggingFaceEndpoint(model=...)",
    )
