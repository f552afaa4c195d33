"""What a server is: asked once, by two or three small requests.

A server is TGI if its `/info` has a `router` (or, in the old form, `max_batch_total_tokens` and `model_dtype`);
anything else that answers `/v1/models` is a chat server, also when it has a `/generate` of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from chatwright.errors import (
    BackendError,
    BadReply,
    NotServed,
    Refused,
    ServerFailed,
    Unauthorized,
)

from .client import Client
from .exchange import Call, Whole
from .loose import mapping, mappings, number, text
from .openai import DIALECTS, OpenAIBackend
from .tgi import TgiBackend

__all__ = ["Served", "aprobe", "backend_for", "probe"]

_SECONDS = 30.0  # for each question; a server that says nothing here will say nothing later
_NOT_HERE = (NotServed, Refused, BadReply, ServerFailed)
_SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token")

Question = Generator[Call, Whole | BackendError, "Served"]


@dataclass(frozen=True, slots=True)
class Served:
    """What a server is and has.

    `kind` is `tgi` or the name of a dialect of OpenAI's protocol. `hub_id` is the model's name on the Hub where it
    has the form of one, and `model` what the server calls it. `follows` names the constraints that the server can
    keep an answer to: `json`, `regex`, `grammar`.
    """

    kind: str
    model: str = ""
    hub_id: str = ""
    context: int | None = None
    max_stops: int = 4
    follows: tuple[str, ...] = ()
    chat_template: str | None = None
    special_tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str = ""

    @property
    def is_text(self) -> bool:
        """Does it continue prompts, so that we render them?"""
        return self.kind == "tgi"

    def guarding(self, tokens: Iterable[str]) -> Served:
        """The same server with these control tokens too, so that none of a caller's reaches it whole."""
        known = {f"control_{number}": token for number, token in enumerate(tokens)}
        return replace(self, special_tokens={**self.special_tokens, **known})


def probe(client: Client) -> Served:
    """What this server is. Raises where it cannot be reached, wants a token, or is no model server."""
    if client.known is None:
        client.known = _drive(client)
    return cast("Served", client.known)


async def aprobe(client: Client) -> Served:
    """The same for an event loop."""
    if client.known is None:
        question = _question(client.url)
        call = next(question)
        while client.known is None:
            heard: Whole | BackendError
            try:
                heard = await client.aask(call, deadline=_soon())
            except BackendError as err:
                heard = err
            try:
                call = question.send(heard)
            except StopIteration as found:
                client.known = found.value
    return cast("Served", client.known)


def backend_for(
    client: Client,
    served: Served,
    *,
    route: str = "auto",
    parameters: Mapping[str, Any] | None = None,
    streaming: bool = True,
) -> TgiBackend | OpenAIBackend:
    """A backend for this server. `route="chat"` takes the chat route of a TGI too."""
    tokens = tuple(served.special_tokens.values())
    if served.is_text and route != "chat":
        backend: TgiBackend | OpenAIBackend = TgiBackend(
            client,
            parameters=parameters,
            max_stops=served.max_stops,
            control_tokens=tokens,
            streaming=streaming,
        )
    else:
        backend = OpenAIBackend(
            client,
            model=served.model,
            dialect=served.kind,
            parameters=parameters,
            control_tokens=tokens,
            streaming=streaming,
        )
    backend.context = served.context
    return backend


def _soon() -> float:
    return time.monotonic() + _SECONDS


def _drive(client: Client) -> Served:
    question = _question(client.url)
    call = next(question)
    while True:
        heard: Whole | BackendError
        try:
            heard = client.ask(call, deadline=_soon())
        except BackendError as err:
            heard = err
        try:
            call = question.send(heard)
        except StopIteration as found:
            return cast("Served", found.value)


def _question(url: str) -> Question:
    """What to ask, and what the answers mean, without waiting for them."""
    info = _answer((yield Call("/info")))
    if _is_tgi(info):
        return _tgi(info)
    models = _answer((yield Call("/v1/models")))
    first = _first_model(models)
    if first is None and (yield from _chats()):
        return _chat_server("openai", {}, {}, {})
    if first is None:
        raise NotServed(
            f"there is no model server at {url}: neither /info nor /v1/models says what it is, and there is no /v1/chat/completions",
            "look at the address; for a TGI-like endpoint with a route of its own use TgiBackend",
            error_type="no_server",
        )
    kind = _kind(first)
    props: Mapping[str, Any] = {}
    if kind == "llama-server":
        props = _answer((yield Call("/props")))
    version: Mapping[str, Any] = {}
    if kind == "vllm":
        version = _answer((yield Call("/version")))
    return _chat_server(kind, first, props, version)


def _chats() -> Generator[Call, Whole | BackendError, bool]:
    """Is there a route for chats, though nothing says so? A request that asks for nothing finds out."""
    heard = yield Call("/v1/chat/completions", {})
    if isinstance(heard, Refused | Unauthorized):
        return True
    if isinstance(heard, BackendError) and not isinstance(heard, _NOT_HERE):
        raise heard
    return bool({"choices", "error"} & _answer(heard).keys())


def _answer(heard: Whole | BackendError) -> Mapping[str, Any]:
    """What was answered, nothing if the server has no such route."""
    if isinstance(heard, _NOT_HERE):
        return {}
    if isinstance(heard, BackendError):
        raise heard
    return mapping(heard.data)


def _is_tgi(info: Mapping[str, Any]) -> bool:
    return "router" in info or {"max_batch_total_tokens", "model_dtype"} <= info.keys()


def _tgi(info: Mapping[str, Any]) -> Served:
    name = text(info.get("model_id"))
    template = info.get("chat_template")
    return Served(
        "tgi",
        model=name,
        hub_id=_hub_id(name),
        context=number(info.get("max_total_tokens")) or None,
        max_stops=number(info.get("max_stop_sequences")) or 4,
        follows=("json", "regex"),
        chat_template=template if isinstance(template, str) and template else None,
        special_tokens=_special(info),
        version=text(info.get("version")),
    )


def _chat_server(
    kind: str, model: Mapping[str, Any], props: Mapping[str, Any], version: Mapping[str, Any]
) -> Served:
    name = text(model.get("id"))
    dialect = DIALECTS[kind]
    regex = dialect.regex or (dialect.grammar if dialect.gbnf else None)
    known = {"json": dialect.schema, "regex": regex, "grammar": dialect.grammar}
    meta = mapping(model.get("meta"))
    settings = mapping(props.get("default_generation_settings"))
    lengths = (model.get("max_model_len"), settings.get("n_ctx"), meta.get("n_ctx"))
    return Served(
        kind,
        model=name,
        hub_id=_hub_id(name),
        context=next((n for length in lengths if (n := number(length))), None),
        max_stops=dialect.max_stops,
        follows=tuple(name for name, shape in known.items() if shape is not None),
        special_tokens=_special(props),
        version=text(version.get("version")) or text(props.get("build_info")),
    )


def _first_model(models: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((entry for entry in mappings(models.get("data")) if text(entry.get("id"))), None)


def _kind(model: Mapping[str, Any]) -> str:
    owner = text(model.get("owned_by")).lower()
    return next((name for name, d in DIALECTS.items() if owner in d.owners), "openai")


def _hub_id(name: str) -> str:
    """The name if it is one of the Hub's; a server may also tell a path of its own disk."""
    part = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
    return name if re.fullmatch(rf"{part}/{part}", name) else ""


def _special(told: Mapping[str, Any]) -> Mapping[str, str]:
    inner = {**mapping(told.get("special_tokens")), **told}
    found = {name: inner.get(name) for name in _SPECIAL}
    return {n: text for n, text in found.items() if isinstance(text, str) and text}
