"""Templates of strangers in a process of its own, which has little memory and is killed when it takes too long.

The process renders one conversation after the other: what it is given comes from us, and what it gives is read as
JSON and nothing else.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, cast

from ..errors import TemplateError
from ..request import Own
from .inputs import plain_data

__all__ = ["in_worker", "main"]

DEADLINE = 5.0  # seconds for one render, the first import of the process not counted
START = 30.0
MEMORY = 512 * 2**20
_MOST = 64 * 2**20  # bytes of a reply

_LOCK = threading.Lock()
_running: list[subprocess.Popen[bytes]] = []


def in_worker(what: str, template: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
    """What the method `what` of a template gives, as JSON, from the worker process."""
    plain = {name: _plain(value) for name, value in arguments.items()}
    task = pickle.dumps((what, dict(template), plain))
    with _LOCK:
        process = _started()
        reply = _asked(process, len(task).to_bytes(8, "big") + task, DEADLINE)
    if reply is None:
        raise TemplateError(
            f"the chat template took more than {DEADLINE:g} seconds, or more memory than there is for it",
            "its process was stopped; real models' templates stay far below this limit",
        )
    if "error" in reply:
        raise TemplateError(str(reply["error"]), str(reply.get("hint", "")))
    return reply["result"]


def _plain(value: Any) -> Any:
    """The value of plain types; text of the model itself stays marked as its own."""
    keep: Callable[[str], str] = lambda text: text if type(text) is Own else str.__str__(text)  # noqa: E731
    return value if hasattr(value, "isoformat") else plain_data(value, keep)


def _started() -> subprocess.Popen[bytes]:
    for known in list(_running):
        if known.poll() is None:
            return known
        _stopped(known)
    path = os.pathsep.join(part for part in sys.path if part)
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )
    _running.append(process)
    if _asked(process, b"", START) is None:
        raise TemplateError("the process for chat templates does not start")
    return process


def _asked(process: subprocess.Popen[bytes], task: bytes, seconds: float) -> dict[str, Any] | None:
    """The reply to a task, none where the process had to be stopped."""
    stdin, stdout = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        stdin.write(task)
        stdin.flush()
        line = stdout.readline(_MOST)
        return json.loads(line) if line.endswith(b"\n") else _stopped(process)
    except (OSError, ValueError):  # it is gone, or what it says is no JSON
        return _stopped(process)
    finally:
        timer.cancel()


def _stopped(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
    _running.clear()


@atexit.register
def _end() -> None:
    for process in list(_running):
        _stopped(process)


def main() -> None:
    """The worker process: tasks in, replies out."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    from .chat_template import ChatTemplate

    _limit()
    _say(stdout, {"ready": True})
    while head := stdin.read(8):
        what, template, arguments = pickle.loads(stdin.read(int.from_bytes(head, "big")))
        try:
            found = getattr(ChatTemplate(**template), what)(**arguments)
            result = found if isinstance(found, str) else [[s.text, s.trusted] for s in found]
            _say(stdout, {"result": result})
        except TemplateError as err:
            _say(stdout, {"error": str(err), "hint": err.hint})
        except (MemoryError, RecursionError) as err:
            _say(stdout, {"error": f"the chat template takes too much ({type(err).__name__})"})


def _say(stdout: BinaryIO, reply: Mapping[str, Any]) -> None:
    stdout.write(json.dumps(reply).encode() + b"\n")
    stdout.flush()


def _limit() -> None:
    """As little as the process can do with, where the system knows limits."""
    try:
        import resource
    except ImportError:  # Windows has none; the deadline is there all the same
        return
    for name, most in (("RLIMIT_AS", MEMORY), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))
