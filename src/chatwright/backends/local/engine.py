"""The loaded model: in a process of its own, used by any number of threads here."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from chatwright.errors import BackendError

from .admission import Admission, Task, closed
from .answer import engine_error
from .process import Child, locate, missing, reason
from .wire import BROKEN, Exchange, Wire

__all__ = ["Died", "Engine", "FileId", "Settings"]

_BATCH = (
    128  # tokens of a prompt between two looks at whether it was cancelled; larger is hardly faster
)
_RAM_CACHE_MIB = 256  # prompts that wait for their next turn
_SPARE = 2  # connections beside the answers: for tokenising
_WINDING_UP = 2.0  # seconds for the threads of an engine that was closed

_ENV = {
    "OMP_WAIT_POLICY": "passive",  # threads that spin while they wait take each other's processor
    "GGML_NO_BACKTRACE": "1",  # a crash would start a debugger
}


@dataclass(frozen=True, slots=True)
class FileId:
    """Which file it is, whatever it is called, and in which state."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> FileId:
        stat = path.stat()
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be loaded and how. `n_ctx` cells are for one request, `pool` for all of them together."""

    path: Path
    file: FileId
    n_ctx: int
    pool: int
    slots: int
    threads: int

    def serve(self, wish: Settings) -> bool:
        """Is an engine with these settings as good as one with those?"""
        enough = self.pool >= wish.n_ctx and self.slots >= wish.slots
        return self.file == wish.file and enough and self.threads == wish.threads


class Died(BackendError):
    """The engine's process has ended, in the middle of its work or before, without having been told to."""


class Engine:
    """One loaded model. `load` first; any thread may `close` it at any time, also while it loads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._key = secrets.token_urlsafe(24)
        self._child: Child | None = None
        self._wire: Wire | None = None
        self._exchanges: set[Exchange] = set()
        self._admission = Admission(settings.pool, settings.slots, self._anyone_leaving)
        self._closed = False

    def load(self) -> None:
        """Load the model, which may take long. Only the calling thread waits."""
        path = self.settings.path
        order = {
            "path": locate(),
            "model": str(path),
            "threads": self.settings.threads,
            "params": _params(self.settings, self._key),
        }
        if _file_now(path) != self.settings.file:
            raise BackendError(f"{path} has changed since it was opened", "open it again")
        with self._admission.changed:
            if self._closed:
                raise closed()
            self._child = child = Child(order, _env())
        try:
            self._wire = Wire(_address(child, path.name), self._key)
        except BaseException:
            was_closed = self._closed
            child.end()
            if was_closed:
                raise closed() from None
            raise
        child.forget_log()

    @property
    def usable(self) -> bool:
        """Not closed, not crashed, and of this process (not of one that was forked from it)."""
        return not self._closed and self._child is not None and self._child.alive

    def tokenize(self, content: Sequence[int | str], *, add_special: bool = False) -> list[int]:
        """Ids as they are and text as plain text, in one list."""
        body = {"content": list(content), "add_special": add_special, "parse_special": False}
        return self._ask("/tokenize", body)["tokens"]

    def pieces(self, ids: Sequence[int]) -> list[bytes]:
        """What each token says; a character may be spread over several."""
        found = self._ask("/tokenize", {"content": list(ids), "with_pieces": True})["tokens"]
        said = (token["piece"] for token in found)
        return [piece.encode() if isinstance(piece, str) else bytes(piece) for piece in said]

    @contextmanager
    def place(self, task: Task, cells: int) -> Generator[bool]:
        """Room for a request; false if it was told to stop while it waited."""
        with self._admission.place(task, cells) as entered:
            yield entered

    def generate(
        self, task: Task, body: Mapping[str, Any], on_chunk: Callable[[dict[str, Any]], bool]
    ) -> None:
        """Run one request to its end, or until `on_chunk` says true or the task is cancelled.

        Returns when the engine has let go of the request.
        """
        try:
            with self._exchange(task, body) as exchange:
                for chunk in exchange.chunks():
                    told = self._explained(chunk) if "error" in chunk else chunk
                    if not exchange.hung_up and on_chunk(told):
                        task.wake()
        except BROKEN as err:
            raise self._broken(err) from err

    def wake(self) -> None:
        """Make the requests that wait look again whether they were told to stop."""
        self._admission.wake()

    def close(self) -> None:
        """Stop what runs and give the memory back."""
        tasks = self._admission.close()
        with self._admission.changed:
            self._closed = True
            child = self._child
        for task in tasks:
            task.stop("the model was closed")
        self.wake()
        if child is not None:
            child.end()
        for task in tasks:
            task.join(_WINDING_UP)

    def bury(self) -> None:
        """Clear away what is left of an engine that has crashed."""
        if self._child is not None:
            self._child.end()

    def abandon(self) -> None:
        """In a forked process: forget the engine, which belongs to the other one."""
        self._closed = True
        if self._child is not None:
            self._child.abandon()

    @contextmanager
    def _exchange(self, task: Task, body: Mapping[str, Any]) -> Generator[Exchange]:
        """A request that stops as soon as the task is told to."""
        exchange = self._open_wire().begin("/completion", body)
        with self._admission.changed:
            self._exchanges.add(exchange)
        task.wake = lambda: self._hang_up(exchange)
        if task.cancelled:
            task.wake()
        try:
            yield exchange
        finally:
            task.wake = self.wake
            exchange.close()
            with self._admission.changed:
                self._exchanges.discard(exchange)
                self._admission.changed.notify_all()

    def _hang_up(self, exchange: Exchange) -> None:
        with self._admission.changed:
            if exchange in self._exchanges:
                exchange.hang_up()

    def _anyone_leaving(self) -> bool:
        return any(exchange.hung_up for exchange in self._exchanges)

    def _ask(self, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._open_wire().ask(route, body)
        except BROKEN as err:
            raise self._broken(err) from err
        if "error" in answer:
            raise engine_error(self._explained(answer)["error"])
        return answer

    def _open_wire(self) -> Wire:
        if self._closed or self._wire is None:
            raise closed()
        return self._wire

    def _broken(self, err: BaseException) -> BackendError:
        child = self._child
        if child is None or child.ended:
            return closed()
        if isinstance(err, TimeoutError):
            return BackendError("the engine does not answer any more", "open the model again")
        death = child.death("while it worked")
        return death if child.alive else Died(str(death), death.hint)

    def _explained(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An error of the engine, and what it wrote about it beside."""
        if self._child is None:
            return answer
        log = self._child.log()
        self._child.forget_log()
        told = re.findall(r"error parsing grammar: (.*)", log)
        error: Any = answer["error"]
        if not told or "grammar" not in str(error):
            return answer
        return {"error": {**cast("dict[str, Any]", error), "message": f"grammar: {told[-1]}"}}


def _file_now(path: Path) -> FileId | None:
    try:
        return FileId.of(path)
    except OSError:
        return None


def _address(child: Child, name: str) -> str:
    """Where the child listens, once it has loaded the model."""
    said = child.answer()
    if "import" in said:
        raise missing(said["import"], said["module"] == "xllamacpp")
    if "error" in said:
        why, hint = reason(child.log(), said["error"])
        raise BackendError(f"the engine could not load {name}: {why}", hint)
    return urlsplit(str(said["address"])).netloc


def _params(settings: Settings, key: str) -> dict[str, Any]:
    """The engine's parameters, in its own words."""
    return {
        "n_ctx": settings.pool,
        "n_parallel": settings.slots,
        "kv_unified": True,
        "n_batch": _BATCH,
        "n_ubatch": _BATCH,
        "cache_ram_mib": _RAM_CACHE_MIB,
        "ctx_shift": False,
        "warmup": False,
        "chat_template": "chatml",  # ours is rendered elsewhere, and a broken one in the file is no reason to fail
        "use_jinja": False,
        "verbosity": 1,  # errors, into a file that is read when there is one
        "api_keys": [key],
        "hostnames": ["127.0.0.1"],
        "port": 0,
        "cors_origins": "http://127.0.0.1",
        "ui": False,
        "endpoint_slots": False,
        "n_threads_http": settings.slots + _SPARE,
    }


def _env() -> dict[str, str]:
    return {name: os.environ.get(name, value) for name, value in _ENV.items()}
