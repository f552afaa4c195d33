"""The server itself: a socket, uvicorn on it, and an orderly end."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Collection, Generator
from types import FrameType
from typing import Any

import uvicorn

from ..errors import BackendError, UsageError
from ..model import Model
from .app import application
from .guard import hosts_for
from .limits import Limits
from .log import log
from .protocol import Protocol
from .served import Served

__all__ = ["Server", "bind", "run", "server_for", "url_of"]

_BACKLOG = 2048
_IDLE_SECONDS = 65  # longer than the pools of clients keep a connection, so that they let go first


def run(
    model: Model,
    *,
    listener: socket.socket,
    name: str = "",
    api_key: str | None = None,
    allowed_hosts: Collection[str] = (),
    limits: Limits | None = None,
    ready: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve a model until a signal comes, and give that signal back.

    The first one lets what runs come to its end, the second does not. `ready` gets the address once the model is
    loaded. Loading stops every thread of Python, so it is done before there is an event loop.
    """
    load: Callable[[], None] = getattr(model.backend, "load", lambda: None)
    load()
    served = Served(model, limits, name)
    host = str(listener.getsockname()[0])
    app = application(served, hosts=hosts_for(host, allowed_hosts), api_key=api_key)
    server = server_for(app, served.limits)
    server.ready = lambda: ready(url_of(listener))
    server.run(sockets=[listener])
    return server.stopped_by


def server_for(app: Any, limits: Limits) -> Server:
    """The web server for an application; `run(sockets=[...])` starts it, `should_exit = True` ends it."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its starting and stopping we tell
    return Server(_config(app, limits))


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any that is free."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as err:
        raise UsageError(
            f"there is no address '{host}' here: {err.strerror or err}", "try 127.0.0.1"
        ) from None
    # A name may have both kinds of address; clients on the same machine try this one.
    family, kind, proto, _, address = min(found, key=lambda f: f[0] != socket.AF_INET)
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as err:
        listener.close()
        raise BackendError(
            f"cannot listen on {host} port {port}: {err.strerror or err}",
            "choose another one with --port, or 0 for any that is free",
        ) from None
    listener.set_inheritable(False)
    return listener


class Server(uvicorn.Server):
    """Ends at the first signal once all is said, at the second one at once."""

    stopped_by = 0
    ready: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()  # from here on a signal is heard, too

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped_by = self.stopped_by or sig
        if self.force_exit:  # what is cut off would be told with a traceback each
            logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        log.info("stopping at once" if self.force_exit else "stopping when what runs is done")


def _config(app: Any, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol.within(limits),
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )


def url_of(listener: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
