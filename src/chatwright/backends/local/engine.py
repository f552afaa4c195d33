"""The loaded model: one for each file and its settings, shared by all who use it, closed in order.

Three things of the engine decide how this file looks. Loading holds the interpreter's lock, so that every
thread waits, an event loop too: load before the loop starts where that matters. All answers share one pool of
cache cells, and an overflow ends every one of them, so a request enters only when its cells are free. And the
interpreter must not exit while a request runs, so they are stopped and joined first.
"""

from __future__ import annotations

import atexit
import ctypes
import http.client
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from chatwright.errors import BackendError, MissingExtra, need

from .answer import engine_error

__all__ = ["Engine", "Settings", "Task", "lease", "release"]

_BATCH = (
    128  # tokens of a prompt between two looks at whether it was cancelled; larger is hardly faster
)
_RAM_CACHE_MIB = 256  # prompts that wait for their next turn
_HTTP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """What is loaded and how. Equal settings share one engine."""

    path: Path
    pool: int
    slots: int
    threads: int


class Task(Protocol):
    """A request on its thread: the engine can tell it to stop, and waits for it before it closes."""

    cancelled: bool

    def stop(self, reason: str) -> None: ...
    def join(self) -> None: ...


class Engine:
    """A loaded model. Any number of threads may use it at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = secrets.token_urlsafe(24)
        self._pid = os.getpid()
        self._server: Any = _load(settings, self._key)
        self._address = urlsplit(str(self._server.listening_address)).netloc
        self._free, self._slots = settings.pool, settings.slots
        self._line: deque[object] = deque()
        self._changed = threading.Condition()
        self._tasks: set[Task] = set()
        self._closing = False
        # The server says that it is ready before its loop runs, and closed in between it would hang for ever.
        first = {"prompt": [0], "max_tokens": 1, "stream": True, "return_progress": True}
        self.generate(first, lambda _: True)

    def tokenize(self, content: Sequence[int | str], *, add_special: bool = False) -> list[int]:
        """Ids as they are and text as plain text, in one list."""
        body = {"content": list(content), "add_special": add_special, "parse_special": False}
        return self._post("/tokenize", body)["tokens"]

    def generate(self, body: Mapping[str, Any], on_chunk: Callable[[dict[str, Any]], bool]) -> None:
        """Run one request to its end, or until `on_chunk` says true."""
        try:
            self._server.handle_completions(dict(body), on_chunk)
        except RuntimeError as err:
            raise engine_error(str(err)) from err

    @contextmanager
    def place(self, task: Task, cells: int) -> Generator[bool]:
        """Wait in line for a slot and for `cells` of the cache; false if the task was told to stop meanwhile."""
        me = object()
        with self._changed:
            if self._closing:
                raise BackendError("the model was closed", "open it again")
            self._tasks.add(task)
            self._line.append(me)
            self._changed.wait_for(
                lambda: task.cancelled or (self._line[0] is me and self._fits(cells))
            )
            self._line.remove(me)
            entered = not task.cancelled
            if entered:
                self._free, self._slots = self._free - cells, self._slots - 1
            self._changed.notify_all()
        try:
            yield entered
        finally:
            with self._changed:
                if entered:
                    self._free, self._slots = self._free + cells, self._slots + 1
                self._tasks.discard(task)
                self._changed.notify_all()

    def wake(self) -> None:
        """Make the threads that wait in line look again whether they were told to stop."""
        with self._changed:
            self._changed.notify_all()

    def abandon(self) -> None:
        """Never take the server down, for it would wait for threads that stayed in another process."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._server))

    def check_process(self) -> None:
        if self._pid != os.getpid():
            raise _forked()

    def close(self) -> None:
        """Stop what runs, wait for it, and give the memory back."""
        if self._pid != os.getpid():
            return
        with self._changed:
            self._closing = True
            tasks = list(self._tasks)
        for task in tasks:
            task.stop("the model was closed")
        self.wake()
        for task in tasks:
            task.join()
        self._server = None

    def _fits(self, cells: int) -> bool:
        return self._slots > 0 and cells <= self._free

    def _post(self, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        # A connection of its own each time: a kept one would hold one of the server's few threads.
        connection = http.client.HTTPConnection(self._address, timeout=_HTTP_SECONDS)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            connection.request(
                "POST", route, json.dumps(body).encode(), headers | {"Connection": "close"}
            )
            answer: Any = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise BackendError(
                f"the engine does not answer: {err}", "open the model again"
            ) from err
        finally:
            connection.close()
        if "error" in answer:
            raise engine_error(answer["error"])
        return answer


class _Shelf:
    """The engines of this process and how many use each."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._engines: dict[Settings, tuple[Engine, int]] = {}
        self._exiting = False
        self._forked = False

    def lease(self, settings: Settings) -> Engine:
        with self._lock:
            if self._exiting:
                raise BackendError("the interpreter is shutting down")
            if self._forked:
                raise _forked()
            engine, users = self._engines.get(settings) or (Engine(settings), 0)
            self._engines[settings] = engine, users + 1
            return engine

    def release(self, settings: Settings) -> None:
        with self._lock:
            engine, users = self._engines.pop(settings, (None, 0))
            if engine is not None and users > 1:
                self._engines[settings] = engine, users - 1
                return
        if engine is not None:
            engine.close()

    def close_all(self) -> None:
        with self._lock:
            self._exiting = True
            engines = [engine for engine, _ in self._engines.values()]
            self._engines.clear()
        for engine in engines:
            engine.close()

    def after_fork(self) -> None:
        """In a forked child: the engines' threads are not here, and nothing may wait for them."""
        self._lock = threading.RLock()
        for engine, _ in self._engines.values():
            self._forked = True
            engine.abandon()


_shelf = _Shelf()
atexit.register(_shelf.close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_shelf.after_fork)


def lease(settings: Settings) -> Engine:
    """The engine of these settings, loaded if it is not yet; `release` gives it back."""
    return _shelf.lease(settings)


def release(settings: Settings) -> None:
    """Give an engine back; the last one to do so closes it."""
    _shelf.release(settings)


def _forked() -> BackendError:
    return BackendError(
        "a model was loaded before this process was forked, and a fork has none of its threads",
        "start processes with 'spawn', or open the model only in the child",
    )


def _load(settings: Settings, key: str) -> Any:
    xllamacpp = _import()
    params = xllamacpp.CommonParams()
    params.model.path = str(settings.path)
    params.n_ctx, params.n_parallel, params.kv_unified = settings.pool, settings.slots, True
    params.n_batch = params.n_ubatch = _BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.cache_ram_mib, params.ctx_shift, params.warmup = _RAM_CACHE_MIB, False, False
    params.ui, params.endpoint_slots, params.verbosity = False, False, -1
    params.n_threads_http, params.api_keys, params.cors_origins = 2, [key], "http://127.0.0.1"
    try:
        return xllamacpp.Server(params)
    except RuntimeError as err:
        raise BackendError(
            f"the engine could not load {settings.path.name}",
            "its architecture may be newer than the engine (pip install -U xllamacpp) or the file damaged",
        ) from err


def _import() -> Any:
    # Its threads spin while they wait and take each other's processor unless told otherwise before the import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        return need("xllamacpp", extra="local")
    except MissingExtra:
        raise
    except ImportError as err:
        raise _import_error(err) from err


def _import_error(err: ImportError) -> BackendError:
    if "libgomp" in str(err):
        return BackendError("the engine needs the system's libgomp.so.1", "apt install libgomp1")
    return BackendError(
        f"the engine cannot be imported: {err}", "pip install --force-reinstall xllamacpp"
    )
