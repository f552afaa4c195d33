"""From the string that names a model to the model: here, on a server, or at the Hub's providers."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from .errors import TemplateError, UnknownModel, UsageError, did_you_mean
from .events import Notice
from .model import DEFAULT_MODEL, Model
from .request import ChatItem, Request
from .templates import ChatTemplate

if TYPE_CHECKING:
    from .backends.client import ClientOptions
    from .backends.local.hub import Report
    from .backends.probe import Served

__all__ = ["Choice", "Route", "opened"]

Route = Literal["auto", "text", "chat"]
Choice = str | os.PathLike[str] | Mapping[str, str] | ChatTemplate
"""A chat template: a built-in format's name, a file or folder, a text, several by name, or a template."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the caller says of the template, and of who renders it."""

    chat_template: Choice | None = None
    model_id: str | None = None
    route: Route = "auto"

    def template(
        self, tokens: Mapping[str, str] | None = None, vocabulary: frozenset[str] | None = None
    ) -> ChatTemplate | None:
        """The template that the caller names, if any."""
        from .templates.lookup import chosen, of_model

        if self.chat_template is not None:
            if self.model_id and not isinstance(self.chat_template, ChatTemplate):
                tokens = {**(tokens or {}), **_tokens_of(self.model_id)}
            return chosen(self.chat_template, special_tokens=tokens, vocabulary=vocabulary)
        return of_model(self.model_id) if self.model_id else None


def opened(
    model: str | Sequence[str] | None,
    *,
    token: str | None,
    on_progress: Report | None,
    base_url: str | None,
    wait_for_model: bool | float,
    timeout: float | None,
    chat_template: Choice | None = None,
    model_id: str | None = None,
    route: Route = "auto",
) -> Model:
    """What `open_model` gives, for the same arguments."""
    if route not in ("auto", "text", "chat"):
        known = ["auto", "text", "chat"]
        raise UsageError(f"there is no route '{route}'", did_you_mean(str(route), known))
    if route == "chat" and chat_template is not None:
        raise UsageError(
            "on the chat route the server renders the messages, by a template of its own",
            'leave chat_template= away, or take route="text"',
        )
    wish = _Wish(chat_template, model_id, route)
    listed = model if model is None or isinstance(model, str) else ",".join(model)
    if model is not None and not isinstance(model, str) and not listed:
        raise UsageError("the list of servers is empty", "give ['http://a:8080', 'http://b:8080']")
    spec = (listed or os.environ.get("CHATWRIGHT_MODEL") or DEFAULT_MODEL).strip()
    if spec == "nano":
        return _open_gguf(_nano(), "nano", wish)
    if spec.startswith("local:") and spec.removeprefix("local:").strip():
        return _open_local(spec.removeprefix("local:").strip(), token, on_progress, wish)
    options: ClientOptions = {"token": token, "timeout": timeout}
    if spec.startswith(("http://", "https://")):
        several = re.search(r",\s*https?://", spec)
        open_url = _open_replicas if several else _open_server
        return open_url(spec, options, wish)
    if spec.startswith("endpoint:"):
        return _open_endpoint(spec, base_url, wait_for_model, options, wish)
    return _open_provided(spec, base_url, options, wish)


def _open_server(url: str, options: ClientOptions, wish: _Wish) -> Model:
    from .backends.client import Client
    from .backends.probe import backend_for, probe
    from .backends.routes import root_of

    client = Client(root_of(url), **options)
    try:
        served = probe(client)
        template, why = _served_template(served, wish)
    except BaseException:
        client.close()
        raise
    # A TGI whose template is not known renders the messages itself, on its chat route.
    text = template is not None or (served.is_text and wish.route == "text")
    told = served.guarding(template.control_tokens) if template else served
    backend: Any = backend_for(client, told, route="text" if text else "chat")
    if why and not text:
        backend = _Telling(backend, Notice(why))
    return Model(backend, template=template, name=served.model or url)


def _served_template(served: Served, wish: _Wish) -> tuple[ChatTemplate | None, str]:
    """The template to render a server's prompts with, or why the server has to render them itself.

    A server that chats gets messages, unless the caller gives a template or asks for the text route.
    """
    if wish.route == "chat":
        return None, ""
    if wish.chat_template is not None:
        return wish.template(served.special_tokens), ""
    if not served.is_text and wish.route == "auto":
        return None, ""
    if wish.model_id:
        return wish.template(), ""
    if served.chat_template:
        tokens = cast("dict[str, Any]", served.special_tokens)
        return ChatTemplate(served.chat_template, origin="the server", **tokens), ""
    found, why = _named_template(served.hub_id)
    if found is None and wish.route == "text" and not served.is_text:
        raise TemplateError(
            f"there is no chat template to render prompts for {served.model or 'this server'} with: {why}",
            'give chat_template= or model_id=, or take route="chat"',
        )
    shown = f"the server renders the messages by its own chat template: {why}"
    return found, "" if found else f"{shown} (give chat_template= or model_id= to render them here)"


def _named_template(hub_id: str) -> tuple[ChatTemplate | None, str]:
    """The template of the model that a server names. Only a name of the form that the Hub's have is asked for there."""
    if not hub_id:
        return None, "it tells none, and no name of a model on the Hub"
    from .templates.lookup import quick_look

    found = quick_look(hub_id)
    if isinstance(found, ChatTemplate):
        return found, ""
    return None, f"it tells none, and {hub_id} gave none here: {found}"


def _tokens_of(model_id: str) -> Mapping[str, str]:
    """The special tokens of a model whose template is not wanted."""
    from .templates.lookup import of_model

    try:
        return of_model(model_id).special_tokens
    except TemplateError:  # it has none, which is why one is given
        return {}


class _Telling:
    """A chat backend that has something to say, once, before its first answer."""

    def __init__(self, backend: Any, notice: Notice) -> None:
        self._backend = backend
        self._left = [notice]
        self._lock = threading.Lock()

    def chat(self, request: Request) -> Generator[ChatItem, None, None]:
        yield from self._news()
        yield from self._backend.chat(request)

    async def achat(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        for notice in self._news():
            yield notice
        async with aclosing(self._backend.achat(request)) as items:
            async for item in items:
                yield item

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._backend, name)

    def __repr__(self) -> str:
        return repr(self._backend)

    def _news(self) -> list[Notice]:
        with self._lock:
            left, self._left = self._left, []
        return left


def _open_replicas(spec: str, options: ClientOptions, wish: _Wish) -> Model:
    from .backends.replicas import Replicas

    backend: Any = Replicas([spec], **options)
    served: Served = backend.served
    try:
        template, why = _served_template(served, wish)
    except BaseException:
        backend.close()
        raise
    if why:
        backend = _Telling(backend, Notice(why))
    return Model(backend, template=template, name=served.model or spec)


def _open_endpoint(
    spec: str, base_url: str | None, wait: bool | float, options: ClientOptions, wish: _Wish
) -> Model:
    from .backends.inference_providers import Endpoint

    name = spec.removeprefix("endpoint:").strip()
    template = _asked_template(wish)
    backend = Endpoint(name, base_url=base_url, wait_for_model=wait, **options)
    return Model(backend, template=template, name=spec)


def _asked_template(wish: _Wish, model: str = "") -> ChatTemplate | None:
    """The template for prompts where messages are the rule: the caller's, or the model's on the text route."""
    if wish.chat_template is None and wish.route != "text":
        return None
    if wish.chat_template is None and not wish.model_id:
        if not model:
            raise UsageError(
                "on the text route prompts are rendered here, and there is no template for it",
                "give chat_template= or model_id=",
            )
        wish = _Wish(None, model, "text")
    return wish.template()


def _open_provided(spec: str, base_url: str | None, options: ClientOptions, wish: _Wish) -> Model:
    """A model of the Hub at its providers. A file is none, and a GGUF is for this machine."""
    moved = base_url or os.environ.get("CHATWRIGHT_HUB_URL")
    if "/" not in spec or spec.endswith(".gguf") or ("gguf" in spec.lower() and not moved):
        raise _unknown(spec)
    from .backends.inference_providers import InferenceProviders, split_name

    if split_name(spec) is None:
        raise _unknown(spec)
    template = _asked_template(wish, spec.partition(":")[0])
    return Model(
        InferenceProviders(spec, base_url=base_url, **options), template=template, name=spec
    )


def _open_local(text: str, token: str | None, on_progress: Report | None, wish: _Wish) -> Model:
    from .backends.local.hub import fetch, local_file, read_name

    name = read_name(text)
    if name is None:
        return _open_gguf(local_file(text), f"local:{text}", wish)
    found = fetch(name, token=token, on_progress=on_progress)
    model = _open_gguf(found.path, f"local:{found.repo}:{found.file}", wish)
    model.commit = found.commit
    return model


def _unknown(spec: str) -> UnknownModel:
    scheme, colon, rest = spec.partition(":")
    if colon and "mean" in did_you_mean(scheme, ["local"]):
        file = rest or "path/to/file.gguf"
        return UnknownModel(f"'{spec[:80]}' names no model", f"did you mean 'local:{file}'?")
    if spec.endswith(".gguf"):
        return UnknownModel(f"'{spec[:80]}' names no model", f"for a file write local:{spec}")
    if "gguf" in spec.lower():
        return UnknownModel(
            f"no provider serves '{spec[:80]}': a GGUF is for this machine",
            f"to run it here write local:{spec}",
        )
    guess = did_you_mean(spec, ["nano", "local:", "endpoint:"])
    known = "known: nano, local:path/to/file.gguf, http://host:8080, org/name, endpoint:NAME"
    hint = guess if "mean" in guess else known
    return UnknownModel(f"there is no model called '{spec[:80]}'", hint)


def _nano() -> Path:
    return Path(str(files("chatwright.nano") / "nano.gguf"))


def _open_gguf(path: Path, name: str, wish: _Wish) -> Model:
    from .backends.local import LocalBackend

    if wish.route == "chat":
        raise UsageError(
            "a model in this process has no chat route: its prompts are rendered here",
            "leave route= away",
        )
    backend = LocalBackend(path)
    return Model(backend, template=_gguf_template(backend.metadata, wish), name=name)


def _gguf_template(metadata: Mapping[str, Any], wish: _Wish) -> ChatTemplate:
    """The caller's template, else the one in the file."""
    if wish.chat_template is None and wish.model_id is None:
        return ChatTemplate.from_gguf_metadata(metadata)
    from .templates.load import gguf_special

    tokens = cast("Sequence[str]", metadata.get("tokenizer.ggml.tokens", ()))
    found = wish.template(gguf_special(metadata), frozenset(tokens) or None)
    assert found is not None
    return found
