"""How we talk to the engine's process: HTTP on the loopback address, with a key that nobody else knows."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["BROKEN", "Exchange", "Wire"]

BROKEN = (OSError, http.client.HTTPException, ValueError)
"""What is raised when the engine does not answer, or not in its own language."""

_SILENCE = 120.0  # seconds; while it works on a request the engine sends a sign of life every 30
# Questions at once; more that knock together would not all be heard, and knock again a second later.
_AT_ONCE = 4
_DATA = b"data: "


class Wire:
    """Where the engine listens."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._few = threading.BoundedSemaphore(_AT_ONCE)
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {key}",
            "Connection": "close",  # a kept connection would hold one of the engine's few threads
        }

    def ask(self, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer to a small question."""
        with self._few, contextlib.closing(self._connection()) as connection:
            connection.request("POST", route, json.dumps(body).encode(), self._headers)
            return json.loads(connection.getresponse().read())

    def begin(self, route: str, body: Mapping[str, Any]) -> Exchange:
        """A request whose answer comes in chunks; nothing is sent yet."""
        return Exchange(self._connection(), route, json.dumps(body).encode(), self._headers)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address, timeout=_SILENCE)


class Exchange:
    """A request and the chunks of its answer. Any thread may hang up; the engine stops within a token."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        route: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._request = route, body, headers
        self._response: http.client.HTTPResponse | None = None
        self.hung_up = False
        connection.connect()
        # Kept, for the connection forgets it before the answer has been read.
        self._socket: socket.socket = connection.sock

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The answer as it comes. After `hang_up` this goes on until the engine has really stopped."""
        try:
            yield from self._read()
        except BROKEN:
            if not self.hung_up:
                raise

    def hang_up(self) -> None:
        self.hung_up = True
        with contextlib.suppress(OSError):
            # Only our side: the other is closed by the engine, and that tells us that it has stopped.
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._connection.close()
        if self._response is not None:
            self._response.close()

    def _read(self) -> Iterator[dict[str, Any]]:
        route, body, headers = self._request
        self._connection.request("POST", route, body, dict(headers))
        self._response = response = self._connection.getresponse()
        if response.status != 200:
            yield json.loads(response.read())
            return
        rest = b""
        while data := response.read1():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(_DATA):
                    yield json.loads(line[len(_DATA) :])
