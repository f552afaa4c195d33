"""A server on raw sockets that does what it is told, byte by byte: for everything that a real one does only at night.

A script is a function that gets the connection after the request was read, and writes what it likes:

    with FaultServer(lambda c: c.send(b"HTTP/1.1 200 OK\\r\\n\\r\\n")) as server:
        ... server.url, server.requests
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["Connection", "FaultServer", "Seen", "json_reply", "reply", "sse", "sse_reply"]


@dataclass
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One connection of a client, for a script to write to."""

    def __init__(self, sock: socket.socket, server: FaultServer) -> None:
        self.sock, self.server = sock, server
        self.request: Seen = Seen("", "", {}, b"", 0)
        self.hung_up = threading.Event()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.sock.sendall(part)

    def drip(self, data: bytes, size: int = 1) -> None:
        """The bytes in pieces, each in a packet of its own as far as a loopback has packets."""
        for at in range(0, len(data), size):
            self.sock.sendall(data[at : at + size])

    def trickle(self, parts: Iterable[bytes], every: float = 0.02) -> None:
        """A part now and then, until the client has enough."""
        for part in parts:
            self.sock.sendall(part)
            if self.gone(every):
                return

    def gone(self, within: float = 10.0) -> bool:
        """Has the client closed the connection, now or in this time?"""
        self.sock.settimeout(within)
        try:
            return self.sock.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            with contextlib.suppress(OSError):
                self.sock.settimeout(10)

    def stall(self) -> None:
        """Say nothing more until the client goes, and note that it went."""
        if self.gone():
            self.server.hang_ups.release()

    def reset(self) -> None:
        """Break the connection off with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Script = Callable[[Connection], object]


class FaultServer:
    """Runs the scripts in order, one a request; the last one for all that follow."""

    def __init__(
        self, *scripts: Script, context: ssl.SSLContext | None = None, keep_alive: bool = False
    ) -> None:
        self._scripts: Sequence[Script] = scripts
        self._context, self._keep_alive = context, keep_alive
        self.requests: list[Seen] = []
        self.connections = 0
        self.hang_ups = threading.Semaphore(0)
        """Released once for each stalled connection that the client closed."""
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        threads: list[threading.Thread] = []
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                break
            with self._lock:
                self.connections += 1
                self._open.add(sock)
                number = self.connections
            thread = threading.Thread(target=self._serve, args=(sock, number), daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _serve(self, raw: socket.socket, number: int) -> None:
        sock = raw
        with contextlib.suppress(OSError, ValueError):
            raw.settimeout(10)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context:
                sock = self._context.wrap_socket(raw, server_side=True)
            while self._one(Connection(sock, self), number) and self._keep_alive:
                pass
        with self._lock:
            self._open.discard(raw)
        sock.close()
        raw.close()

    def _one(self, connection: Connection, number: int) -> bool:
        request = _read_request(connection.sock, number)
        if request is None:
            return False
        with self._lock:
            at = min(len(self.requests), len(self._scripts) - 1)
            self.requests.append(request)
        connection.request = request
        self._scripts[at](connection)
        return True


def _read_request(sock: socket.socket, number: int) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        body += sock.recv(65536)
    method, target, _ = lines[0].split(" ")
    return Seen(method, target, headers, body, number)


def reply(
    status: int | str = 200, body: bytes = b"", kind: str = "application/json", **headers: str
) -> bytes:
    """A whole HTTP reply."""
    told = {"content-type": kind, "content-length": str(len(body)), **headers}
    lines = [f"HTTP/1.1 {status}{'' if isinstance(status, str) else ' X'}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in told.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def json_reply(data: object, status: int = 200, **headers: str) -> bytes:
    return reply(status, json.dumps(data).encode(), **headers)


def sse(*events: object) -> bytes:
    """Events as TGI sends them; a string is sent as it stands."""
    lines = (e if isinstance(e, str) else json.dumps(e, ensure_ascii=False) for e in events)
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def sse_reply(*events: object) -> bytes:
    """The head of a stream and these events; it ends when the connection does."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + sse(
        *events
    )
