"""From the LLM that a chat model was given to the `Model` that answers messages: which route, whose template.

An LLM of ours opens its own model. A name is opened as `open_model` does, a `Model` is there already, and any other
text LLM of LangChain is continued with the prompt of a template that the user gives.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.probe import Served
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import TemplateError, UsageError
from chatwright.langchain.llms import RemoteLLM, TextLLM
from chatwright.model import Model, open_model
from chatwright.templates import ChatTemplate
from chatwright.templates.lookup import of_model, quick_look

from .any_llm import AnyLLM

__all__ = ["Route", "Source", "is_repo"]

Route = Literal["auto", "text", "chat"]

log = logging.getLogger("chatwright")

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(:[\w.-]+)?")


def is_repo(name: str | None) -> bool:
    """Has it the form of a name on the Hub, `org/name`?"""
    return bool(name and _REPO.fullmatch(name))


def _is_place(name: str) -> bool:
    """May a template be found under this name: on the Hub, or in a folder?"""
    return is_repo(name) or ("/" in name and Path(name).expanduser().is_dir())


@dataclass(frozen=True)
class Source:
    """Where a chat model's answers come from. Nothing is opened before the first question."""

    llm: Any
    model_id: str | None = None
    template: ChatTemplate | None = None
    route: Route = "auto"
    format: str | None = None
    token: str | None = None
    _made: dict[Any, Model] = field(default_factory=dict[Any, Model], compare=False, repr=False)
    _templates: dict[int, tuple[Any, ChatTemplate | None]] = field(
        default_factory=dict[int, tuple[Any, ChatTemplate | None]], compare=False, repr=False
    )

    def open(self, *, streaming: bool = True) -> Model:
        """The model that answers messages."""
        if not isinstance(self.llm, TextLLM):
            return self._own()
        model = self.llm.open(route=self.route, template=self.template, streaming=streaming)
        if self._settled(model) and (template := self._better(model)):
            model = self.llm.open(route=self.route, template=template, streaming=streaming)
        return self._shaped(model)

    async def aopen(self, *, streaming: bool = True) -> Model:
        """The same for an event loop."""
        if not isinstance(self.llm, TextLLM):
            return self._own()
        model = await self.llm.aopen(route=self.route, template=self.template, streaming=streaming)
        if self._settled(model) and (template := await asyncio.to_thread(self._better, model)):
            model = await self.llm.aopen(route=self.route, template=template, streaming=streaming)
        return self._shaped(model)

    def other(self, name: str, model: Model, *, streaming: bool) -> Model:
        """The model of this name, which a call asks for in place of the usual one."""
        if isinstance(model.backend, TgiBackend) and isinstance(self.llm, TextLLM):
            # TGI's own route has no place for a name; its chat route does.
            return self.llm.open(route="chat", streaming=streaming)
        if name not in self._made:
            self._made[name] = self._shaped(open_model(name))
        return self._made[name]

    @property
    def name(self) -> str:
        """What the model is called: as its LLM knows it, else as its server tells it."""
        known = self.llm.known_model if isinstance(self.llm, TextLLM) else ""
        return known or self.open().name

    def showing(self) -> Model:
        """The model as it shows prompts. One of the Hub's need not be reached for that, its template alone is."""
        llm = self.llm
        elsewhere = isinstance(llm, RemoteLLM) and not llm._url()  # pyright: ignore[reportPrivateUsage]
        if not elsewhere or not is_repo(name := self.model_id or llm.known_model):
            return self.with_template(self.open())
        template = self.template or of_model(name.partition(":")[0], token=self.token)
        return Model(AnyLLM(llm), template=template, format=self.format or "auto", name=name)

    def with_template(self, model: Model) -> Model:
        """The model with a template that shows its prompts, also where the server renders its own."""
        if model.template is not None:
            return model
        if self.template is not None:
            return model.rendering(self.template)
        name = self.model_id or model.name
        if not _is_place(name):
            raise TemplateError(
                f"{model.name} renders messages by a template of its own, which it does not tell",
                "give chat_template=, or the model's name on the Hub as model_id=",
            )
        return model.rendering(of_model(name.partition(":")[0], token=self.token))

    def _settled(self, model: Model) -> bool:
        """Might another template be meant than the one that is there? Only where prompts are rendered here."""
        if self.route == "chat" or (model.template is None and not _is_tgi(model)):
            return False
        return self.template is not None or model.template is None or self.model_id is not None

    def _better(self, model: Model) -> ChatTemplate | None:
        """The template in its order: given, of `model_id`, of the server, of what the server says that it is."""
        known = self._templates.get(id(model.backend))
        if known is None:
            known = self._templates[id(model.backend)] = (model.backend, self._looked_up(model))
        return known[1]

    def _looked_up(self, model: Model) -> ChatTemplate | None:
        if self.template is not None:
            tokens = self._tokens(model)
            return self.template.with_tokens({**tokens, **self.template.special_tokens})
        if self.model_id is not None:
            if not _is_place(self.model_id) or (self.model_id == model.name and model.template):
                return None
            try:
                return of_model(self.model_id, token=self.token)
            except TemplateError as err:
                log.warning("%s: the model's own template is used", err)
                return None
        found = quick_look(model.name) if is_repo(model.name) else f"{model.name} tells none"
        if isinstance(found, ChatTemplate):
            return found
        log.warning("the server renders the messages by its own chat template: %s", found)
        return None

    def _tokens(self, model: Model) -> dict[str, str]:
        """The special tokens of the model itself, for a template that does not bring them."""
        served = getattr(getattr(model.backend, "client", None), "known", None)
        if isinstance(served, Served):
            return dict(served.special_tokens)
        own = self.llm.open().template
        return dict(own.special_tokens) if own else {}

    def _shaped(self, model: Model) -> Model:
        """The model with the tool format that the user wants."""
        if self.format is None or (self.format == model.format.name and model.template is not None):
            return model
        known = self._made.get(id(model))
        if known is None or known.backend is not model.backend:
            known = Model(
                model.backend, template=model.template, format=self.format, name=model.name
            )
            # Tools in a format of ours are told in words, also to a server that would take them.
            known._known.tools_go_along = False  # pyright: ignore[reportPrivateUsage]
            self._made[id(model)] = known
        return known

    def _own(self) -> Model:
        """A model that is there, or one over an LLM that we know nothing of."""
        known = self._made.get("own")
        if known is None:
            known = self._made["own"] = self._opened()
        return known

    def _opened(self) -> Model:
        if isinstance(self.llm, str):
            return self._shaped(open_model(self.llm, token=self.token))
        if isinstance(self.llm, Model):
            return self._shaped(self._with_template(self.llm))
        if not (hasattr(self.llm, "stream") and hasattr(self.llm, "astream")):
            raise UsageError(
                f"a {type(self.llm).__name__} is no LLM",
                "give an LLM of chatwright, any text LLM of LangChain, a Model, or a model's name",
            )
        template = self.template
        if template is None and self.model_id:
            template = of_model(self.model_id, token=self.token)
        if template is None:
            raise UsageError(
                f"a {type(self.llm).__name__} continues text, and messages need a template",
                "give chat_template=, or the model's name on the Hub as model_id=",
            )
        return Model(
            AnyLLM(self.llm),
            template=template,
            format=self.format or "auto",
            name=self.model_id or _name_of(self.llm),
        )

    def _with_template(self, model: Model) -> Model:
        wanted = self.template is not None and hasattr(model.backend, "stream")
        return model.rendering(self.template) if wanted and self.template else model


def _is_tgi(model: Model) -> bool:
    """Is it a TGI that is asked on its chat route?"""
    return isinstance(model.backend, OpenAIBackend) and model.backend.dialect.name == "tgi"


def _name_of(llm: Any) -> str:
    """What a foreign LLM says that it is called."""
    for name in ("model_id", "repo_id", "model_name", "model"):
        found: Any = getattr(llm, name, None)
        if isinstance(found, str) and found:
            return found
    return type(llm).__name__
