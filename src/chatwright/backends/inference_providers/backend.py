"""A model of the Hub at the providers behind its router."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from typing import Any, Unpack

from chatwright.backends.client import Client, ClientOptions
from chatwright.backends.closing import Closing
from chatwright.backends.facts import Fact, warn
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.tgi import TgiBackend
from chatwright.backends.tokens import find_token
from chatwright.backends.tries import Do, Failed, Plan, Try, arun, run
from chatwright.errors import BackendError, Unauthorized, UnknownModel
from chatwright.events import Notice
from chatwright.request import ChatItem, Constraint, Request

from . import raw
from .catalogue import Offer, Offers, aoffers, offers
from .hints import GET_A_TOKEN, explain, wants_offers
from .places import places

__all__ = ["InferenceProviders", "split_name"]

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
_NAME = re.compile(rf"({_PART}/{_PART})(?::([A-Za-z0-9][A-Za-z0-9._-]{{0,63}}))?")


def split_name(spec: str) -> tuple[str, str] | None:
    """The model and the provider of `org/name` or `org/name:provider`; None if it is neither.

    >>> split_name("org/name:together"), split_name("org/name"), split_name("name")
    (('org/name', 'together'), ('org/name', ''), None)
    """
    found = _NAME.fullmatch(spec)
    return (found[1], found[2] or "") if found else None


class InferenceProviders(Closing):
    """Answers messages, and continues prompts where a provider takes them, with a model of the Hub.

    `model` is `org/name` or `org/name:provider`. Nothing is asked before the first request. `base_url` takes the
    place of the Hub's router (and of `CHATWRIGHT_HUB_URL`).
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        streaming: bool = True,
        **options: Unpack[ClientOptions],
    ) -> None:
        named = split_name(model)
        if named is None:
            raise UnknownModel(f"'{model[:80]}' is no model of the Hub", "write org/name")
        self.model, self.provider = named
        where = places(base_url)
        token = options.get("token")
        self.client = Client(where.router, **options)
        given = {name.lower() for name in options.get("headers") or {}}
        self._sent = (
            "authorization" in given or find_token(token, url=self.client.origin) is not None
        )
        if not (where.moved or self._sent):
            raise Unauthorized(
                f"{model} is served to who shows a token, and there is none",
                f"{GET_A_TOKEN}, or use nano, which needs none",
            )
        # The headers were given for the router alone.
        elsewhere: ClientOptions = {
            **options,
            "headers": None,
            "token": where.token_for(where.hub, token),
        }
        self._hub = Client(where.hub, **elsewhere)
        self._chat = OpenAIBackend(
            self.client, model=model, parameters=parameters, streaming=streaming
        )
        self._offers: Offers | None = None
        self._raw: TgiBackend | OpenAIBackend | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What is sent beside what a `Request` can say."""
        return self._chat.parameters

    @property
    def streaming(self) -> bool:
        """Do answers come piece by piece?"""
        return self._chat.streaming

    def follows(self, constraint: Constraint) -> bool:
        """Can an answer be kept to this constraint? What a provider then does is another matter."""
        return self._chat.follows(constraint)

    def chat(self, request: Request) -> Generator[ChatItem, None, None]:
        """The answer to the messages, as it comes, then its end."""
        return run(self._plan(self._chat), request, "chat")

    def achat(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(self._chat), request, "chat")

    def stream(self, request: Request) -> Generator[ChatItem, None, None]:
        """What follows the prompt; an error that says what to do where no provider takes prompts."""
        return run(self._plan(None), request, "stream")

    def astream(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(None), request, "stream")

    def facts(self) -> Iterable[Fact]:
        """What the router tells about the model."""
        yield Fact("server", "address", f"{self.client.url}: the router of Inference Providers")
        yield Fact(
            "server", "model", self.model + (f" at {self.provider}" if self.provider else "")
        )
        self._offers = offers(self.client)
        if not self._offers:
            yield warn("server", "providers", "the router does not tell its list of models")
        elif self.model not in self._offers:
            hint = (
                f"see https://huggingface.co/{self.model}, or run it here: local:{self.model}-GGUF"
            )
            yield warn("server", "providers", "the router serves no model of this name", hint)
        else:
            yield from _told(self._offers[self.model], self.provider)
        yield Fact(
            "server", "route", "chat: messages go as they are, the provider has the template"
        )

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self._hub.close()
        if self._raw:
            self._raw.close()

    async def aclose(self) -> None:
        await self.client.aclose()
        await self._hub.aclose()
        if self._raw:
            await self._raw.aclose()

    def __repr__(self) -> str:
        return f"InferenceProviders({self._chat.model!r})"

    def _plan(self, backend: OpenAIBackend | None) -> Plan:
        if backend is None and self._raw is None:
            yield from self._find_raw()
        heard = yield Try(backend or self._raw)
        assert isinstance(heard, Failed)
        if wants_offers(heard.error) and self._offers is None:
            self._offers = yield Do(lambda: offers(self.client), lambda: aoffers(self.client))
        raise self._explained(heard.error)

    def _find_raw(self) -> Plan:
        """Ask the Hub which provider takes prompts."""
        call = raw.question(self.model)
        heard = yield Do(lambda: self._hub.ask(call), lambda: self._hub.aask(call))
        if isinstance(heard, BackendError):
            raise self._explained(heard)
        mapped = raw.choose(self.model, self.provider, heard.data)
        self._raw = raw.raw_backend(self.client, mapped, self.parameters, streaming=self.streaming)
        if mapped.provider != self.provider:
            yield Notice(f"raw prompts for {self.model} go to {mapped.provider}")

    def _explained(self, error: BackendError) -> BackendError:
        return explain(
            error, self.model, self.provider,
            sent=self._sent, host=str(self.client.origin), offers=self._offers or {},
        )  # fmt: skip


def _told(found: Iterable[Offer], provider: str) -> Iterable[Fact]:
    live = [offer for offer in found if offer.live]
    names = ", ".join(offer.provider for offer in live)
    mine = [offer for offer in live if not provider or offer.provider == provider]
    if not mine and provider not in ("fastest", "cheapest", "preferred"):
        hint = f"take one of these: {names}" if names else "try again later"
        yield warn(
            "server", "providers", f"{provider or 'no provider'} does not serve it now", hint
        )
        return
    mine = mine or live
    yield Fact("server", "providers", names, data=[offer.provider for offer in live])
    lengths = [offer.context for offer in mine if offer.context]
    if lengths:
        span = f"{min(lengths):,}" + (f" to {max(lengths):,}" if len(set(lengths)) > 1 else "")
        yield Fact("server", "context", f"{span} tokens", data=max(lengths))
    yield _can("tools", [o.provider for o in mine if o.tools], len(mine), "told in words elsewhere")
    yield _can(
        "JSON schema", [o.provider for o in mine if o.schema], len(mine), "checked here only"
    )


def _can(name: str, who: list[str], of: int, otherwise: str) -> Fact:
    if not who:
        return Fact("server", name, f"no provider says so: {otherwise}", data=[])
    shown = "yes" if len(who) == of else f"at {', '.join(who)}"
    return Fact("server", name, shown, data=who)
