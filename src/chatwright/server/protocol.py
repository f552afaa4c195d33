"""HTTP on a connection, with patience that ends: for a request that does not come, and for one that never ends."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .limits import Limits

__all__ = ["Protocol"]

_HEAD = 65_536  # bytes of a request's head, for the next one that may already come in


class Protocol(H11Protocol):
    """Uvicorn's, and three things it does not do: a deadline for a request's head, a bound on what a client may send
    ahead while its answer runs, and an answer to a path that is not ASCII."""

    limits = Limits()

    @classmethod
    def within(cls, limits: Limits) -> type[Protocol]:
        """The protocol with these limits."""
        return type("Protocol", (cls,), {"limits": limits})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        # A handler that gives a client up reaches the connection through its scope.
        self.app_state = {**self.app_state, "abort": self._abort}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.send_400_response("The path of a request is ASCII.")
            return
        if self._answering():
            self._forget_head()
            self._read_ahead()
        elif self._head is None and not self.transport.is_closing():
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer is on its way already
            self._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    def _read_ahead(self) -> None:
        """Go on reading while the answer runs, for only who reads sees that the client has gone."""
        if self.cycle.more_body:
            return
        ahead, _ = self.conn.trailing_data
        if len(ahead) > self.limits.payload_limit + _HEAD:
            self._abort()
        else:
            self.flow.resume_reading()

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(self.limits.body_seconds, self._head_is_late)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _head_is_late(self) -> None:
        self._head = None
        if not self._answering() and not self.transport.is_closing():
            self.transport.close()

    def _abort(self) -> None:
        self.transport.abort()
