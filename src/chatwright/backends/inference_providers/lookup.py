"""An Inference Endpoint by its name: where it is and in which state, or why it cannot be used."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chatwright.backends.client import Client
from chatwright.backends.exchange import Call, Whole
from chatwright.backends.loose import mapping, mappings, number, text
from chatwright.errors import (
    BackendError,
    NotServed,
    Unauthorized,
    Unavailable,
    UnknownModel,
    did_you_mean,
)

__all__ = ["Found", "Lookup", "split_endpoint"]

_SECONDS = 30.0
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
_NAME = re.compile(rf"(?:({_PART})/)?({_PART})")
_SITE = "https://endpoints.huggingface.co"

Question = Generator[tuple[Client, Call], Whole | BackendError, "Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint as the API shows it. `url` is empty while it has none; `ready` counts its replicas that are up."""

    namespace: str
    name: str
    state: str
    url: str = ""
    repository: str = ""
    message: str = ""
    ready: int = 0

    @property
    def asleep(self) -> bool:
        """Is it not up, but will be after a while?"""
        return self.state in ("scaledToZero", "pending", "initializing")


def split_endpoint(text: str) -> tuple[str, str]:
    """The namespace (empty: your own) and the name of `NAME` or `namespace/NAME`."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        raise UnknownModel(
            f"'endpoint:{text[:80]}' names no endpoint",
            "write endpoint:NAME, or endpoint:namespace/NAME for one of an organisation",
        )
    return found[1] or "", found[2]


class Lookup:
    """Asks the endpoints' API about one endpoint, and the Hub first whose token that is."""

    def __init__(self, name: str, api: Client, hub: Client, *, host: str, sent: bool) -> None:
        self.namespace, self.name = split_endpoint(name)
        self._api, self._hub = api, hub
        self._host, self._sent = host, sent
        self._groups: list[str] = []

    def now(self) -> Found:
        """What it is now; raises where it cannot be used."""
        question = self._question()
        client, call = next(question)
        while True:
            heard: Whole | BackendError
            try:
                heard = client.ask(call, deadline=time.monotonic() + _SECONDS)
            except BackendError as err:
                heard = err
            try:
                client, call = question.send(heard)
            except StopIteration as end:
                return end.value

    async def anow(self) -> Found:
        """The same for an event loop."""
        question = self._question()
        client, call = next(question)
        found: Found | None = None
        while found is None:
            heard: Whole | BackendError
            try:
                heard = await client.aask(call, deadline=time.monotonic() + _SECONDS)
            except BackendError as err:
                heard = err
            try:
                client, call = question.send(heard)
            except StopIteration as end:
                found = end.value
        return found

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._hub.close()

    async def aclose(self) -> None:
        await self._api.aclose()
        await self._hub.aclose()

    def _question(self) -> Question:
        if not self.namespace:
            told = self._fine((yield self._hub, Call("/api/whoami-v2")))
            self._groups = [text(org.get("name")) for org in mappings(told.get("orgs"))]
            self.namespace = text(told.get("name"))
            if not self.namespace:
                raise Unauthorized(
                    "the Hub does not say whose token this is", f"write endpoint:YOU/{self.name}"
                )
        route = f"/v2/endpoint/{quote(self.namespace)}"
        heard = yield self._api, Call(f"{route}/{quote(self.name)}")
        if isinstance(heard, NotServed):
            others = yield self._api, Call(route)
            items = (
                []
                if isinstance(others, BackendError)
                else mappings(mapping(others.data).get("items"))
            )
            raise self._no_such(heard, [n for each in items if (n := text(each.get("name")))])
        return _usable(_found(self.namespace, self.name, self._fine(heard)))

    def _fine(self, heard: Whole | BackendError) -> dict[str, Any]:
        if not isinstance(heard, BackendError):
            return mapping(heard.data)
        if heard.status == 401 and not self._sent:
            heard.hint = _where_to_get_one(self._host)
        elif heard.status in (401, 403):
            heard.hint = (
                "the token is wrong, has expired, or may not see Inference Endpoints: "
                "look at it on https://huggingface.co/settings/tokens"
            )
        elif heard.status == 429 and heard.retry_after is not None:
            heard.hint = f"wait {max(1, round(heard.retry_after))} s and try again"
        raise heard

    def _no_such(self, heard: NotServed, names: list[str]) -> NotServed:
        near = did_you_mean(self.name, names) if names else ""
        groups = ", ".join(f"endpoint:{group}/{self.name}" for group in self._groups[:4])
        hint = near or f"see {_SITE}"
        if groups:
            hint += f"; if it is one of an organisation write {groups}"
        return NotServed(
            f"{self.namespace} has no endpoint called '{self.name}'",
            hint,
            status=heard.status,
            error_type="no_endpoint",
            request_id=heard.request_id,
        )


def _where_to_get_one(host: str) -> str:
    if "huggingface.c" in host:
        return "set HF_TOKEN to a token of the endpoint's account: https://huggingface.co/settings/tokens"
    return f"HF_TOKEN is not sent to {host}: give open_model(..., token=...)"


def _found(namespace: str, name: str, told: dict[str, Any]) -> Found:
    status = mapping(told.get("status"))
    return Found(
        namespace,
        text(told.get("name")) or name,
        text(status.get("state")),
        url=text(status.get("url")).rstrip("/"),
        repository=text(mapping(told.get("model")).get("repository")),
        message=" ".join(text(status.get("message")).split())[:300],
        ready=number(status.get("readyReplica")),
    )


def _usable(found: Found) -> Found:
    """The endpoint, if it is up or will be; each other state has a message of its own."""
    who, place = f"the endpoint {found.name}", f"{_SITE}/{found.namespace}/endpoints/{found.name}"
    because = f": {found.message}" if found.message else ""
    if found.state == "paused":
        _unusable(found, f"{who} is paused", f"resume it at {place}")
    if found.state == "failed":
        _unusable(found, f"{who} has failed to start{because}", f"its log says why: {place}/logs")
    if found.state == "updateFailed" and not found.url:
        _unusable(found, f"the last update of {who} has failed{because}", f"look at {place}/logs")
    if not found.url and found.state not in ("pending", "initializing", "updating", "scaledToZero"):
        state = found.state or "no state"
        _unusable(found, f"{who} has no address yet ({state}){because}", f"look at {place}")
    return found


def _unusable(found: Found, message: str, hint: str) -> None:
    raise Unavailable(message, hint, error_type=found.state)
