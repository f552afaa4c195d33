"""A dedicated Inference Endpoint: a server of one's own that may sleep, and is waited for while it wakes."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from typing import Any, Unpack

from chatwright.backends.client import DEFAULT_TIMEOUT, Client, ClientOptions
from chatwright.backends.closing import Closing
from chatwright.backends.facts import Fact
from chatwright.backends.headers import checked, hidden_proxy, kept
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.probe import Served, aprobe, backend_for, probe
from chatwright.backends.retry import Attempts, Budget, Retry
from chatwright.backends.tgi import TgiBackend
from chatwright.backends.tokens import Secret, find_token
from chatwright.backends.tries import Do, Failed, Pause, Plan, Try, Way, arun, run
from chatwright.errors import BackendError, TimedOut, Unauthorized, Unavailable
from chatwright.events import Notice
from chatwright.request import ChatItem, Constraint, Request

from .lookup import Found, Lookup, split_endpoint
from .places import places

__all__ = ["WAIT", "Endpoint"]

WAIT = 600.0
"""Seconds that an endpoint has to wake up, where nothing else is said."""

_HEADER = "x-scale-up-timeout"
_FIRST, _LONGEST = 0.25, 5.0  # seconds between two looks at an endpoint that wakes
_TELL = 30.0  # seconds between two notices about it
_PAUSED = re.compile(r"paused|invalid state", re.IGNORECASE)
_RIGHT_AWAY = 3  # more tries where the endpoint says that it is up


class Endpoint(Closing):
    """Answers messages, and continues prompts, on the endpoint of this name.

    `name` is `NAME` or `namespace/NAME`. It is looked up at once. `wait_for_model` is how many seconds a request
    waits for an endpoint that was scaled to zero or is starting; True: ten minutes, False: not at all. While it
    waits, notices say so. `base_url` takes the place of the Hub's addresses (and of `CHATWRIGHT_HUB_URL`).
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        wait_for_model: bool | float = True,
        parameters: Mapping[str, Any] | None = None,
        streaming: bool = True,
        **options: Unpack[ClientOptions],
    ) -> None:
        split_endpoint(name)
        where = places(base_url)
        self.wait = WAIT if wait_for_model is True else max(0.0, float(wait_for_model))
        self.parameters: Mapping[str, Any] = dict(parameters or {})
        self.streaming = streaming
        token = options.get("token")
        sent = find_token(where.token_for(where.endpoints, token), url=where.endpoints) is not None
        if not (sent or where.moved):
            raise Unauthorized(
                f"endpoint:{name} is looked up for who shows a token, and there is none",
                "set HF_TOKEN to a token of its account: https://huggingface.co/settings/tokens",
            )
        api, hub = (
            Client(url, **_elsewhere(options, where.token_for(url, token)))
            for url in (where.endpoints, where.hub)
        )
        self._lookup = Lookup(name, api, hub, host=str(api.origin), sent=sent)
        self._where = where
        self._options = _kept(options, api)
        self._backends: dict[tuple[int, Way], TgiBackend | OpenAIBackend] = {}
        self.client: Client | None = None
        self._patient: Client | None = None
        self._served: Served | None = None
        self.found = self._lookup.now()
        self._connect(self.found)

    @property
    def model(self) -> str:
        """What the server calls its model, or the repository that the endpoint was made of."""
        return (self._served.model if self._served else "") or self.found.repository

    def follows(self, constraint: Constraint) -> bool:
        """Can the server keep an answer to this constraint? While it sleeps that is not known, and hoped for."""
        return self._served is None or self._backend(self._up(), "chat").follows(constraint)

    def chat(self, request: Request) -> Generator[ChatItem, None, None]:
        """The answer to the messages, as it comes, then its end; notices while the endpoint wakes."""
        return run(self._plan(request, "chat"), request, "chat")

    def achat(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(request, "chat"), request, "chat")

    def stream(self, request: Request) -> Generator[ChatItem, None, None]:
        """What follows the prompt, then its end; notices while the endpoint wakes."""
        return run(self._plan(request, "stream"), request, "stream")

    def astream(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(request, "stream"), request, "stream")

    def facts(self) -> Iterable[Fact]:
        """What the API and the server tell; an endpoint that sleeps is left asleep."""
        self.found = self._lookup.now()
        self._connect(self.found)
        name = f"{self.found.namespace}/{self.found.name}"
        yield Fact("endpoint", "name", name)
        state = "warn" if self.found.asleep else "ok"
        hint = "the first question wakes it, which may take minutes" if self.found.asleep else ""
        yield Fact("endpoint", "state", self.found.state or "not told", state, hint)
        if self.found.repository:
            yield Fact("endpoint", "repository", self.found.repository)
        if self.client and not self.found.asleep:
            from chatwright.backends.server_facts import served_facts

            served = probe(self.client)
            self._become(served)
            yield from served_facts(self.client, served, route="chat")

    def close(self) -> None:
        """Close the connections."""
        for each in (self.client, self._patient, self._lookup):
            if each is not None:
                each.close()

    async def aclose(self) -> None:
        for each in (self.client, self._patient, self._lookup):
            if each is not None:
                await each.aclose()

    def __repr__(self) -> str:
        return f"Endpoint('{self.found.namespace}/{self.found.name}')"

    # What to do next

    def _plan(self, request: Request, way: Way) -> Plan:
        """Ask; while it is asleep, wake it and ask again."""
        patience = _Patience(self.wait, request.deadline)
        if self.found.asleep and self._served is None:
            yield from self._doze(patience)
        while True:
            if self._served is None:
                yield from self._until_it_answers(patience)
            heard = yield Try(self._backend(self._up(patience.woken), way))
            assert isinstance(heard, Failed)
            if heard.seen:
                raise heard.error
            yield from self._after(heard.error, patience)

    def _until_it_answers(self, patience: _Patience) -> Plan:
        """Until the server says what it is."""
        while self._served is None:
            if self.client is None:
                yield from self._nap(None, patience)
                continue
            client = self._up(patience.woken)
            heard = yield Do(lambda c=client: probe(c), lambda c=client: aprobe(c))
            if isinstance(heard, BackendError):
                yield from self._after(heard, patience)
            else:
                self._become(heard)

    def _after(self, error: BackendError, patience: _Patience) -> Plan:
        """What to do about this: wait where the endpoint only sleeps; else the error is raised."""
        self._explain(error)
        if error.status in (400, 404) and _PAUSED.search(str(error)):
            heard = yield Do(self._lookup.now, self._lookup.anow)
            raise heard if isinstance(heard, BackendError) else error
        held = isinstance(error, TimedOut) and patience.woken
        if error.status not in (502, 503, 504) and not held:
            yield Pause(patience.attempts.pause(error))
            return
        yield from self._nap(error, patience)

    def _nap(self, error: BackendError | None, patience: _Patience) -> Plan:
        """Look what has become of it, say so, and give it time."""
        heard = yield Do(self._lookup.now, self._lookup.anow)
        if isinstance(heard, Unavailable) and heard.status is None:  # it is paused, or has failed
            raise heard
        if isinstance(heard, Found):
            self.found = heard
            self._connect(heard)
            if error is not None and heard.state == "running" and heard.ready > 0:
                patience.again += 1  # it is up, and it is something else that is wrong
                if patience.again > _RIGHT_AWAY:
                    raise error
        yield from self._doze(patience)
        yield Pause(patience.pause(error.retry_after if error is not None else None))

    def _doze(self, patience: _Patience) -> Plan:
        """It sleeps: say so, and from now on ask so that the request is held until it is awake."""
        patience.woken = True
        name = self.found.name
        what = "starting" if self.found.state in ("pending", "initializing") else "waking up"
        if patience.left() <= 0:
            raise _too_long(self.found, what, patience)
        if notice := patience.due(f"the endpoint {name} is", what):
            yield Notice(notice)

    def _connect(self, found: Found) -> None:
        """Clients for the endpoint's address: one that is told at once that it sleeps, and one that waits."""
        if not found.url or (self.client and self.client.url == found.url):
            return
        token = self._token_for(found.url)
        # What it says is told to the plan at once, which knows better when to try again.
        options: ClientOptions = {**self._options, "token": token, "retry": Retry(0)}
        self.client = Client(found.url, **options)
        timeout = options.get("timeout", DEFAULT_TIMEOUT)
        longer: ClientOptions = {
            **options,
            "headers": {**(options.get("headers") or {}), _HEADER: f"{max(1, round(self.wait))}"},
            "timeout": None if timeout is None else max(timeout, self.wait + 1),
        }
        self._patient = Client(found.url, **longer)

    def _up(self, patient: bool = False) -> Client:
        client = self._patient if patient else self.client
        assert client is not None
        return client

    def _backend(self, client: Client, way: Way) -> TgiBackend | OpenAIBackend:
        assert self._served is not None
        key = id(client), way
        if key not in self._backends:
            self._backends[key] = backend_for(
                client, self._served, route="chat" if way == "chat" else "auto",
                parameters=self.parameters, streaming=self.streaming,
            )  # fmt: skip
        return self._backends[key]

    def _become(self, served: Served) -> None:
        self._served = served
        self._backends = {}
        for client in (self.client, self._patient):
            if client is not None:
                client.known = served

    def _explain(self, error: BackendError) -> None:
        if error.status not in (401, 403):
            return
        url = self._up().origin
        if find_token(self._token_for(str(url)), url=url) is None:
            error.hint = f"the token is not sent to {url}, for that is none of the Hub's hosts"
        else:
            error.hint = (
                f"the token may not use the endpoint {self.found.name}: take one of its account"
            )

    def _token_for(self, url: str) -> str | Secret | bool | None:
        return self._where.token_for(url, self._options.get("token"))


class _Patience:
    """How long an endpoint has been waited for in one request."""

    def __init__(self, wait: float, deadline: float | None) -> None:
        self.wait = wait
        self.start = time.monotonic()
        self._until = min(self.start + wait, deadline or self.start + wait)
        self._told: float | None = None
        self._pace = _FIRST
        self.woken = False
        self.again = 0
        self.attempts = Attempts(Retry(2), Budget(), patience=None, deadline=deadline)

    def left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def due(self, who: str, what: str) -> str:
        """What there is to tell, the first time and then now and then."""
        now = time.monotonic()
        if self._told is not None and now - self._told < _TELL:
            return ""
        first, self._told = self._told is None, now
        if first:
            return f"{who} {what}: waiting up to {max(1, round(self.left()))} s"
        return f"{who} still {what} after {round(now - self.start)} s"

    def pause(self, asked: float | None) -> float:
        """Seconds to the next look."""
        pause, self._pace = max(self._pace, asked or 0.0), min(_LONGEST, self._pace * 2)
        return min(pause, self.left())


def _too_long(found: Found, what: str, patience: _Patience) -> BackendError:
    message = f"the endpoint {found.name} is {what}"
    if patience.wait <= 0:
        hint = "wait_for_model=600 waits for it"
        return Unavailable(message, hint, status=503, error_type=found.state)
    waited = round(time.monotonic() - patience.start)
    return TimedOut(
        f"{message}, and was not up after {waited} s",
        "try again in a minute, or allow more with wait_for_model=... (seconds)",
        error_type="waking",
    )


def _elsewhere(options: ClientOptions, token: str | Secret | bool | None) -> ClientOptions:
    """The options for another host than the endpoint's, whom the headers are for."""
    return {**options, "headers": None, "token": token}


def _kept(options: ClientOptions, api: Client) -> ClientOptions:
    """The options for the endpoint itself, with everything that is secret out of sight."""
    return {
        **options,
        "token": kept(options.get("token"), api.origin),
        "headers": checked(options.get("headers") or {}),
        "proxy": hidden_proxy(options.get("proxy")),
    }
