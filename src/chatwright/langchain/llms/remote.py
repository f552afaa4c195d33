"""What all LLMs that are elsewhere share: a server by its URL, or a model of the Hub by its name; tokens; headers."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, cast

from pydantic import Field, SecretStr, field_serializer, field_validator

from chatwright.backends.client import Client, ClientOptions
from chatwright.backends.inference_providers import Endpoint, InferenceProviders
from chatwright.backends.inference_providers.places import places
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.probe import Served, aprobe, backend_for, probe
from chatwright.backends.routes import root_of
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import NotServed, UsageError, did_you_mean
from chatwright.model import Model
from chatwright.templates import ChatTemplate

from . import counting
from .arguments import hidden_headers, is_plain, shown_headers
from .base import Route, TextLLM

__all__ = ["RemoteLLM"]

_SERVER = ("headers", "cookies", "verify", "cert", "proxy")
log = logging.getLogger("chatwright")


class RemoteLLM(TextLLM):
    """An LLM that is elsewhere.

    `huggingfacehub_api_token` goes to the model's server and nowhere else. Without it a token of the environment
    (`HUGGINGFACEHUB_API_TOKEN`, `HF_TOKEN`, the Hub's own store) goes to hosts of the Hub, and to no other.
    `server_kwargs` may hold `headers`, `cookies`, `verify`, `cert` and `proxy`; headers come before the token.
    `timeout` bounds a whole answer, or with streaming each wait for more of it; in a call it is for all of the answer.
    A pickle holds no secret.
    """

    huggingfacehub_api_token: SecretStr | None = None
    server_kwargs: dict[str, Any] = Field(default_factory=dict)
    timeout: float | None = 120
    max_retries: int = 2

    other_names: ClassVar[Mapping[str, str]] = {
        name: "huggingfacehub_api_token" for name in ("api_key", "token", "hf_token")
    }
    settings: ClassVar[frozenset[str]] = frozenset(
        ("huggingfacehub_api_token", "server_kwargs", "timeout", "max_retries", "task")
    )

    @field_validator("server_kwargs", mode="after")
    @classmethod
    def _hide_headers(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name, value in given.items():
            if name not in _SERVER:
                raise UsageError(f"server_kwargs has no '{name}'", did_you_mean(name, _SERVER))
            if name in ("headers", "cookies") and not isinstance(value or {}, Mapping):
                raise UsageError(
                    f"the {name} in server_kwargs are no dict", "give {'name': 'value'}"
                )
        hidden = {
            name: hidden_headers(cast("Mapping[str, Any]", value))
            if isinstance(value, Mapping)
            else value
            for name, value in given.items()
        }
        if isinstance(given.get("proxy"), str) and "@" in given["proxy"]:
            hidden["proxy"] = SecretStr(given["proxy"])
        return hidden

    @field_serializer("server_kwargs", when_used="json")
    def _dump_server(self, given: dict[str, Any]) -> dict[str, Any]:
        return cast("dict[str, Any]", _masked(given))

    # -- where ---------------------------------------------------------------------------------------------------

    def _url(self) -> str:
        """The server's URL; empty where the model is one of the Hub's."""
        return ""

    def _spec(self) -> str:
        """The model of the Hub: `org/name`, `org/name:provider` or `endpoint:NAME`."""
        return ""

    def _name(self) -> str:
        """What the server is to be told that the model is called, where somebody says so."""
        return ""

    def _asks_first(self) -> bool:
        """Is the server asked what it is, before it gets a prompt?"""
        return True

    @property
    def known_model(self) -> str:
        """The model's name as far as it is known without asking anybody; may be empty."""
        return self._spec() or self._name()

    def _where(self) -> dict[str, Any]:
        where = root_of(self._url()) or places().router
        plain = {n.lower(): v for n, v in self._headers().items() if v is not None and is_plain(n)}
        told = {"server": where, "model": self.known_model}
        return told | ({"headers": dict(sorted(plain.items()))} if plain else {})

    # -- how to get there ----------------------------------------------------------------------------------------

    def _client_options(self) -> ClientOptions:
        kwargs = self.server_kwargs
        options: ClientOptions = {"timeout": self.timeout, "max_retries": self.max_retries}
        if self.huggingfacehub_api_token is not None:
            options["token"] = self.huggingfacehub_api_token.get_secret_value()
        if headers := shown_headers(self._headers()):
            options["headers"] = headers
        for name in ("verify", "cert"):
            if name in kwargs:
                options[name] = kwargs[name]
        proxy = kwargs.get("proxy")
        if proxy is not None:
            options["proxy"] = proxy.get_secret_value() if isinstance(proxy, SecretStr) else proxy
        return options

    def _headers(self) -> dict[str, Any]:
        headers: dict[str, Any] = dict(self.server_kwargs.get("headers") or {})
        if cookies := self.server_kwargs.get("cookies"):
            pairs = shown_headers(cast("Mapping[str, Any]", cookies)).items()
            headers["Cookie"] = SecretStr("; ".join(f"{name}={value}" for name, value in pairs))
        return headers

    def _settings(self) -> Hashable:
        """Everything that a connection depends on: where one of these is set anew, a new one is opened."""
        options = self._client_options()
        told = {
            **options,
            "headers": tuple(sorted((options.get("headers") or {}).items(), key=str)),
        }
        rest = tuple(value if isinstance(value, Hashable) else id(value) for value in told.values())
        moved = "" if self._url() else places().router
        return self._url(), self._spec(), self._name(), moved, tuple(told), rest

    def _client(self) -> Client:
        def make() -> Client:
            return Client(root_of(self._url()), **self._client_options())

        return self._opened.get(self._settings(), "client", make)

    def _served(self) -> Served:
        client = self._client()
        return client.known if isinstance(client.known, Served) else Served("tgi")

    def _learn(self) -> None:
        client = self._client()
        if client.known is None:
            self._opened.ask(lambda: probe(client))

    async def _alearn(self) -> None:
        client = self._client()
        if client.known is None:
            await self._opened.aask(lambda: aprobe(client))

    # -- models --------------------------------------------------------------------------------------------------

    def open(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """The model that this LLM talks to, for messages and prompts; the same one each time.

        It is opened now: a server is asked once what it is. With a `template` messages are rendered here; without one
        those for a TGI are, with the template that it tells, and every other server gets messages as they are. `route`
        forces one of both, and `streaming=False` has answers come whole.
        """
        if self._url():
            self._learn()
        return self._model(route, template, streaming)

    async def aopen(
        self,
        *,
        route: Route = "auto",
        template: ChatTemplate | None = None,
        streaming: bool = True,
    ) -> Model:
        """`open` for an event loop."""
        if self._url():
            await self._alearn()
        return self._model(route, template, streaming)

    def _model(self, route: Route, template: ChatTemplate | None, streaming: bool) -> Model:
        def make() -> Model:
            if self._url():
                return self._of_server(route, template, streaming)
            return self._of_hub(None if route == "chat" else template, streaming)

        return self._opened.get(self._settings(), (route, template, streaming), make)

    def _of_server(self, route: Route, template: ChatTemplate | None, streaming: bool) -> Model:
        served = self._served()
        if route == "chat":
            template = None
        elif template is None and served.chat_template and (served.is_text or route == "text"):
            template = ChatTemplate(served.chat_template, **cast("Any", served.special_tokens))
        if template is not None:
            served = served.guarding(template.control_tokens)
        way = "text" if template or (served.is_text and route == "text") else "chat"
        backend = backend_for(self._client(), served, route=way, streaming=streaming)
        if isinstance(backend, OpenAIBackend) and self._name():
            backend.model = self._name()
        return Model(backend, template=template, name=self._called(served))

    def _of_hub(self, template: ChatTemplate | None, streaming: bool) -> Model:
        spec, options = self._spec(), self._client_options()
        if spec.startswith("endpoint:"):
            name = spec.removeprefix("endpoint:")
            return Model(
                Endpoint(name, streaming=streaming, **options), template=template, name=spec
            )
        backend = InferenceProviders(spec, streaming=streaming, **options)
        return Model(backend, template=template, name=spec)

    def _called(self, served: Served | None) -> str:
        return (
            self._name() or (served.model if served else "") or self._spec() or root_of(self._url())
        )

    def _for_prompts(self, *, streaming: bool) -> Model:
        if self._url() and self._asks_first():
            try:
                self._learn()
            except NotServed as err:
                self._take_for_tgi(err)
        return self._prompts(streaming)

    async def _afor_prompts(self, *, streaming: bool) -> Model:
        if self._url() and self._asks_first():
            try:
                await self._alearn()
            except NotServed as err:
                self._take_for_tgi(err)
        return self._prompts(streaming)

    def _prompts(self, streaming: bool) -> Model:
        def make() -> Model:
            if not self._url():
                return self._of_hub(None, streaming)
            client = self._client()
            if not self._asks_first():
                return Model(TgiBackend(client, streaming=streaming), name=self._called(None))
            served = self._served()
            backend = backend_for(client, served, route="text", streaming=streaming)
            if isinstance(backend, OpenAIBackend) and self._name():
                backend.model = self._name()
            return Model(backend, name=self._called(served))

        return self._opened.get(self._settings(), ("prompts", streaming), make)

    def _take_for_tgi(self, err: NotServed) -> None:
        """An endpoint with a handler of its own says nothing of itself, and answers prompts on its one route."""
        if err.error_type != "no_server":
            raise err
        self._client().known = Served("tgi")

    def _speaks_tgi(self) -> bool:
        return bool(self._url()) and self._served().is_text

    def get_num_tokens(self, text: str) -> int:
        """How many tokens the server says that is; of a model of the Hub's providers it is an estimate."""
        if self._url() or self.custom_get_token_ids is not None or not text:
            return super().get_num_tokens(text)
        return counting.guess(self._spec(), text)  # nobody there tells, so nobody is asked

    # -- secrets -------------------------------------------------------------------------------------------------

    @property
    def lc_secrets(self) -> dict[str, str]:
        """The names of what LangChain must not write down."""
        return {"huggingfacehub_api_token": "HUGGINGFACEHUB_API_TOKEN"}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """`server_kwargs` as LangChain may write it down: without secrets."""
        return {"server_kwargs": _public(self.server_kwargs)} if self.server_kwargs else {}

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        public = _public(self.server_kwargs)
        if self.huggingfacehub_api_token is not None or public != self.server_kwargs:
            log.warning(
                "a pickle of %s holds no token and no header: where it is read, they have to be given again"
                " (a token of the environment is found by itself, for hosts of the Hub)",
                type(self).__name__,
            )
        fields = {**state["__dict__"], "huggingfacehub_api_token": None, "server_kwargs": public}
        fields.pop("_serialized", None)
        return {**state, "__dict__": fields}


def _public(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Without the values that are hidden."""
    kept: dict[str, Any] = {}
    for name, value in kwargs.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            kept[name] = {k: v for k, v in inner.items() if not isinstance(v, SecretStr)}
        elif not isinstance(value, SecretStr):
            kept[name] = value
    return kept


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _masked(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
