"""Several servers of one model as one: each request goes to the one with the least to do.

    backend, served = open_replicas(["http://a:8080", "http://b:8080"])

One that fails is left out, and comes back when a probe has found it well and still serving the same model. While
nobody has seen any of an answer the request goes on to another one; after the first piece the failure is raised.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Unpack

from chatwright.backends.closing import Closing
from chatwright.errors import (
    BackendError,
    ChatwrightError,
    Interrupted,
    TimedOut,
    Unreachable,
    UsageError,
)
from chatwright.request import ChatItem, Constraint, Request

from .client import Client, ClientOptions
from .facts import Fact, fail, warn
from .openai import OpenAIBackend
from .probe import Served, aprobe, backend_for, probe
from .retry import Attempts, Budget, Retry, worth_repeating
from .routes import root_of
from .server_facts import served_facts
from .tgi import TgiBackend
from .tries import Do, Failed, Pause, Plan, Try, Way, arun, run

__all__ = ["Replicas", "split_urls"]

Backend = TgiBackend | OpenAIBackend
Route = Literal["chat", "text"]

log = logging.getLogger("chatwright")


def split_urls(spec: str) -> list[str]:
    """The addresses of `http://a:1,http://b:2`, each once, as they stand.

    >>> split_urls("http://a:1, http://b:2,http://a:1/v1")
    ['http://a:1', 'http://b:2']
    """
    urls = [root_of(part) for part in re.split(r",\s*(?=https?://)", spec) if part.strip()]
    return list(dict.fromkeys(urls))


@dataclass(eq=False)
class _Replica:
    """One server. `running` counts its requests; while it is `out` it gets none."""

    client: Client
    backends: Mapping[Way, Backend] = field(default_factory=dict["Way", "Backend"])
    running: int = 0
    served: int = 0
    out: bool = False
    why: str = ""
    failures: int = 0
    look_at: float = 0.0
    """When a probe may look whether it is back."""
    looked_at: bool = False
    """A probe is on its way."""


class Replicas(Closing):
    """Chat, or prompts, on several servers of the same model.

    They are probed at once; some may be down, not all. `first_rest` is how many seconds one that failed is left
    alone, twice as long after each failure up to `longest_rest`. The other options are those of each server.
    """

    keeps_deadline = True
    """A request ends by itself at its deadline."""

    def __init__(
        self,
        urls: Iterable[str],
        *,
        parameters: Mapping[str, Any] | None = None,
        streaming: bool = True,
        first_rest: float = 1.0,
        longest_rest: float = 30.0,
        **options: Unpack[ClientOptions],
    ) -> None:
        places = list(dict.fromkeys(place for url in urls for place in split_urls(url)))
        if not places:
            raise UsageError("there is no server to ask", "give http://a:8080,http://b:8080")
        self.parameters: Mapping[str, Any] = dict(parameters or {})
        self.streaming = streaming
        self._rests = first_rest, longest_rest
        self._retry = options.get("retry") or Retry(options.get("max_retries", 2))
        self._budget = Budget()
        # Whether and where to try again is decided here, where the others are known.
        each: ClientOptions = {**options, "retry": Retry(0)}
        self._all = [_Replica(Client(url, **each)) for url in places]
        self._lock = threading.Lock()
        self._served: Served | None = None
        self._open()

    @property
    def served(self) -> Served:
        """What they serve."""
        assert self._served is not None
        return self._served

    @property
    def model(self) -> str:
        """What they call their model."""
        return self.served.model

    @property
    def context(self) -> int | None:
        """How many tokens a prompt and its answer may have together."""
        return self.served.context

    @property
    def route(self) -> Route:
        """`text` where the servers take prompts and tell the template to render them with."""
        return "text" if self.served.is_text and self.served.chat_template else "chat"

    def follows(self, constraint: Constraint) -> bool:
        """Can every server keep an answer to this constraint?"""
        way: Way = "chat" if self.route == "chat" else "stream"
        return all(r.backends[way].follows(constraint) for r in self._all if r.backends)

    def chat(self, request: Request) -> Generator[ChatItem, None, None]:
        """The answer to the messages of whichever server takes it."""
        return run(self._plan(request, "chat"), request, "chat")

    def achat(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(request, "chat"), request, "chat")

    def stream(self, request: Request) -> Generator[ChatItem, None, None]:
        """What follows the prompt, from whichever server takes it."""
        return run(self._plan(request, "stream"), request, "stream")

    def astream(self, request: Request) -> AsyncGenerator[ChatItem, None]:
        """The same for an event loop."""
        return arun(self._plan(request, "stream"), request, "stream")

    def state(self) -> dict[str, dict[str, Any]]:
        """For each address: whether it is up, why not, how many requests run there and how many it has had."""
        with self._lock:
            return {
                r.client.url: {"up": not r.out, "why": r.why, "running": r.running, "had": r.served}
                for r in self._all
            }

    def facts(self) -> Iterator[Fact]:
        """What they are, and which of them are down."""
        up = next(r for r in self._all if r.backends)
        told = served_facts(up.client, self.served, route=self.route)
        yield from (fact for fact in told if fact.name != "address")
        for url, state in self.state().items():
            if state["up"]:
                yield Fact("replicas", url, "up")
            else:
                yield warn("replicas", url, f"down: {state['why']}", "the others take its requests")
        if not any(state["up"] for state in self.state().values()):
            yield fail("replicas", "all", "none of the servers is up")

    def close(self) -> None:
        """Close the connections."""
        for replica in self._all:
            replica.client.close()

    async def aclose(self) -> None:
        for replica in self._all:
            await replica.client.aclose()

    def __repr__(self) -> str:
        return f"Replicas({[replica.client.url for replica in self._all]!r})"

    # What a request does

    def _plan(self, request: Request, way: Way) -> Plan:
        """Try one after the other; when all have been tried, wait and begin anew, as often as a retry may."""
        attempts = Attempts(self._retry, self._budget, patience=None, deadline=request.deadline)
        tried: set[_Replica] = set()
        tries = 0
        last: BackendError | None = None
        while True:
            self._look_after_those_out()
            replica = self._take(tried)
            if replica is None:
                if last is not None and tries >= len(self._all):
                    yield Pause(attempts.pause(last))
                tried.clear()
                yield from self._revive()
                replica = self._take(tried)
            if replica is None:  # another request has just found the last one to be down
                tries += len(self._all)
                last = last or Unreachable("no server is up", error_type="connect")
                continue
            try:
                heard = yield Try(replica.backends[way])
            finally:
                self._give_back(replica)
            assert isinstance(heard, Failed)
            tries += 1
            last = heard.error
            last.attempts = max(last.attempts, tries)
            self._blame(replica, last, request.deadline)
            if heard.seen or not worth_repeating(last):
                raise last
            tried.add(replica)

    def _take(self, tried: set[_Replica]) -> _Replica | None:
        """The one with the least to do, and of these the one that has had the least."""
        with self._lock:
            free = [r for r in self._all if not r.out and r not in tried]
            if not free:
                return None
            best = min(free, key=lambda r: (r.running, r.served))
            best.running += 1
            best.served += 1
            return best

    def _give_back(self, replica: _Replica) -> None:
        with self._lock:
            replica.running -= 1

    def _blame(self, replica: _Replica, error: BackendError, deadline: float | None) -> None:
        """Leave it out where the failure is its own: no way to it, silence, or a gateway that says so."""
        ours = error.error_type in ("deadline", "pool_timeout") or (
            isinstance(error, TimedOut) and deadline is not None and deadline <= time.monotonic()
        )
        gone = isinstance(error, Unreachable | Interrupted) and not ours
        if gone or error.status in (502, 503, 504):
            self._leave_out(replica, str(error))

    def _leave_out(self, replica: _Replica, why: str) -> None:
        first, longest = self._rests
        with self._lock:
            rest = min(longest, first * 2 ** min(replica.failures, 30))
            replica.failures += 1
            replica.look_at = time.monotonic() + rest
            news, replica.out, replica.why = not replica.out, True, why
        if news:
            log.warning("%s is left out: %s", replica.client.url, why)

    # How one comes back

    def _look_after_those_out(self) -> None:
        """In the background: whose rest is over is probed, so that no request waits for that."""
        now = time.monotonic()
        with self._lock:
            due = [r for r in self._all if r.out and not r.looked_at and r.look_at <= now]
            for replica in due:
                replica.looked_at = True
        for replica in due:
            threading.Thread(target=self._look, args=(replica,), daemon=True).start()

    def _look(self, replica: _Replica) -> None:
        try:
            replica.client.known = None
            self._back(replica, probe(replica.client))
        except ChatwrightError as err:
            self._leave_out(replica, str(err))
        finally:
            replica.looked_at = False

    def _revive(self) -> Generator[Do, Any, None]:
        """Where all are out they are probed now, until one is back; if none is, that is an error."""
        if not all(replica.out for replica in self._all):
            return
        last: ChatwrightError | None = None
        for replica in self._all:
            client = replica.client
            client.known = None
            heard = yield Do(lambda c=client: probe(c), lambda c=client: aprobe(c))
            last = heard if isinstance(heard, BackendError) else self._welcomed(replica, heard)
            if last is None:
                return
            self._leave_out(replica, str(last))
        assert last is not None
        raise _all_down(last, len(self._all))

    def _welcomed(self, replica: _Replica, served: Served) -> ChatwrightError | None:
        try:
            self._back(replica, served)
        except UsageError as err:
            return err
        return None

    def _back(self, replica: _Replica, served: Served) -> None:
        """It is well: it gets requests again, if they mean the same model as before."""
        self._check(replica, served)
        backends = self._backends(replica.client, served)
        with self._lock:
            replica.backends = backends
            news, replica.out, replica.why, replica.failures = replica.out, False, "", 0
        if news:
            log.info("%s is back", replica.client.url)

    def _backends(self, client: Client, served: Served) -> Mapping[Way, Backend]:
        def made(route: str) -> Backend:
            return backend_for(
                client, served, route=route, parameters=self.parameters, streaming=self.streaming
            )

        return {"chat": made("chat"), "stream": made("auto")}

    def _check(self, replica: _Replica, served: Served) -> None:
        """All serve the same model, and take it in the same way."""
        ours = self.served
        if served.model != ours.model:
            known = (r for r in self._all if r.backends and r is not replica)
            other = next(known, replica)
            raise UsageError(
                f"these servers do not serve the same model: {other.client.url} has '{ours.model}', "
                f"{replica.client.url} has '{served.model}'",
                "give the addresses of one model only",
            )
        if self.route == "text" and not (served.is_text and served.chat_template):
            raise UsageError(
                f"{replica.client.url} takes no prompts as the other servers of '{ours.model}' do",
                "give the addresses of servers of one kind",
            )

    def _open(self) -> None:
        """Ask all of them what they are, at the same time."""
        heard = _all_at_once([replica.client for replica in self._all])
        found = [served for served in heard if isinstance(served, Served)]
        if not found:
            last = next(err for err in heard if isinstance(err, BackendError))
            raise _all_down(last, len(self._all))
        self._served = found[0]
        for replica, served in zip(self._all, heard, strict=True):
            if isinstance(served, Served):
                self._back(replica, served)
            else:
                self._leave_out(replica, str(served))


def _all_at_once(clients: Sequence[Client]) -> list[Served | BackendError]:
    heard: dict[int, Served | BackendError] = {}

    def ask(number: int, client: Client) -> None:
        try:
            heard[number] = probe(client)
        except BackendError as err:
            heard[number] = err

    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [heard[number] for number in range(len(clients))]


def _all_down(last: ChatwrightError, count: int) -> ChatwrightError:
    if count > 1:
        last.args = (f"none of the {count} servers can be used; the last one says: {last}",)
    return last
