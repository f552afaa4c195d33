"""The engine's own process: started, waited for, ended, and its death explained.

The engine has a process to itself for what it would do to this one: its loader holds the interpreter's lock, so
that every thread and event loop would stand still for seconds; a damaged file, a lack of memory or an exit at the
wrong moment can crash it. Out there, loading hurts nobody and a crash is an error message.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from chatwright.errors import BackendError, MissingExtra

__all__ = ["Child", "locate", "missing", "reason"]

_SCRIPT = Path(__file__).with_name("child.py")
_LOG = 64_000  # bytes of what the engine wrote that are looked at
_GONE = 5.0  # seconds for a process that has been told to end, or whose pipe has closed
_AGAIN = "download or copy the file again"
_SMALLER = "take a smaller n_ctx, fewer slots, or a smaller model or quantisation"


class Child:
    """A process that loads one model. `answer` waits until it has, or says why it could not."""

    def __init__(self, order: Mapping[str, Any], env: Mapping[str, str]) -> None:
        import subprocess

        python = _python()
        self._log = _log_file()
        hidden: dict[str, Any] = {}
        if sys.platform == "win32":
            hidden["creationflags"] = subprocess.CREATE_NO_WINDOW
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-S", str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if self._log is None else self._log,
                env={**os.environ, **env},
                bufsize=0,
                **hidden,
            )
        except (OSError, MemoryError) as err:
            if self._log is not None:
                self._log.close()
            raise BackendError(f"the engine's process cannot be started: {err}", _SMALLER) from err
        self.ended = False
        """We have ended it ourselves."""
        self._pid = os.getpid()
        self._order = json.dumps(order).encode() + b"\n"

    def answer(self) -> dict[str, Any]:
        """What the process says once it has loaded the model or failed to; waits as long as that takes."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # both were asked for
        with contextlib.suppress(OSError):  # it is dead, and the line below finds out
            stdin.write(self._order)
        line = b""
        with stdout:
            while not line.endswith(b"\n") and (part := stdout.read(4096)):
                line += part
        if not line.endswith(b"\n"):
            raise self.death("while it loaded the model")
        return json.loads(line)

    def death(self, when: str) -> BackendError:
        """Why the process ended, for the one who needed it."""
        import subprocess

        try:
            code = self._process.wait(_GONE)
        except subprocess.TimeoutExpired:
            return BackendError(f"the engine fell silent {when}", "open the model again")
        return BackendError(*_cause(code, when, self.log()))

    @property
    def alive(self) -> bool:
        return self._pid == os.getpid() and self._process.poll() is None

    def log(self) -> str:
        """What the engine wrote about its errors."""
        if self._log is None:
            return ""
        self._log.seek(0)
        return self._log.read(_LOG).decode(errors="replace")

    def forget_log(self) -> None:
        """It has been read, or is about a request that is over; it must not grow for ever."""
        if self._log is not None:
            with contextlib.suppress(OSError):
                self._log.seek(0)  # the process writes at the same place
                self._log.truncate()

    def end(self) -> None:
        """End the process at once: there is nothing in it to be saved."""
        if self._pid != os.getpid():
            return
        if self._process.poll() is None:
            self.ended = True
            self._process.kill()
            self._process.wait()
        self._let_go()

    def abandon(self) -> None:
        """In a forked copy of the parent: the process is not ours, and must not live on for our sake."""
        self._process.returncode = 0
        self._let_go()

    def _let_go(self) -> None:
        for file in (self._process.stdin, self._process.stdout, self._log):
            if file is not None:
                with contextlib.suppress(OSError):
                    file.close()


def locate() -> list[str]:
    """The folder that the engine is imported from. Raises if the package is not installed."""
    try:
        spec = importlib.util.find_spec("xllamacpp")
    except ImportError as err:
        raise missing(str(err), isinstance(err, ModuleNotFoundError)) from err
    except ValueError:
        return [os.path.abspath(entry) for entry in sys.path]  # a stand-in that came from nowhere
    if spec is None:
        raise missing("No module named 'xllamacpp'", True)
    places = spec.submodule_search_locations or [os.path.dirname(spec.origin or "")]
    return [os.path.dirname(os.path.abspath(place)) for place in places]


def missing(said: str, absent: bool) -> BackendError:
    """The engine cannot be imported; `absent` if its package is not there at all."""
    if absent:
        return MissingExtra(
            "the package 'xllamacpp' is not installed", "pip install 'chatwright[local]'"
        )
    if "libgomp" in said:
        return BackendError("the engine needs the system's libgomp.so.1", "apt install libgomp1")
    if _NO_MEMORY.search(said):
        return BackendError(f"there is no memory to start the engine: {said}", _SMALLER)
    return BackendError(
        f"the engine cannot be imported: {said}", "pip install --force-reinstall xllamacpp"
    )


def reason(log: str, otherwise: str) -> tuple[str, str]:
    """Why a model could not be loaded, from what the engine wrote, and what to try."""
    told = next((_bare(line) for line in log.splitlines() if _ERROR in line), otherwise)
    if _NO_MEMORY.search(log or otherwise):
        return f"there is not enough memory ({told})", _SMALLER
    if "unknown model architecture" in told:
        return told, "the engine may be older than the file: pip install -U xllamacpp"
    return told, f"the file may be damaged ({_AGAIN}), or newer than the engine"


_ERROR = " E "  # how the engine marks the lines that tell of errors
_NO_MEMORY = re.compile(
    r"(?i)insufficient memory|failed to allocate|unable to allocate|cannot allocate|bad_alloc"
    r"|resource temporarily unavailable|failed to map segment|out of memory"
)
_CIRCUMSTANCE = re.compile(r"(\w+ +)?\w+|error loading model( \w+)*")


def _bare(line: str) -> str:
    """What a line of the log tells, without the names of the functions that it came through."""
    parts = line.split(_ERROR, 1)[1].split(": ")
    while len(parts) > 1 and _CIRCUMSTANCE.fullmatch(parts[0].strip()):
        del parts[0]
    return " ".join(": ".join(parts).split())


def _cause(code: int, when: str, log: str) -> tuple[str, str]:
    if _NO_MEMORY.search(log):
        return f"there was not enough memory {when}", _SMALLER
    if code >= 0:
        return f"the engine's process ended {when} (exit code {code})", "open the model again"
    name = _signal(-code)
    if name == "SIGKILL":
        return f"the engine was killed {when}, most likely for want of memory", _SMALLER
    if name == "SIGILL":
        return (
            f"this processor lacks instructions that the engine was built for ({name})",
            "build it here: pip install --no-binary xllamacpp xllamacpp",
        )
    last = " ".join(log.split()[-40:])
    told = f": {last}" if last else ""
    return f"the engine crashed {when} ({name}){told}", f"the file may be damaged: {_AGAIN}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _python() -> str:
    # Who embeds Python tells multiprocessing which program to start instead.
    spawn = sys.modules.get("multiprocessing.spawn")
    found: Any = spawn.get_executable() if spawn else sys.executable
    if not found or getattr(sys, "frozen", False):
        raise BackendError(
            "there is no Python program to run the engine with",
            "name one with multiprocessing.set_executable(...)",
        )
    return os.fsdecode(found)


def _log_file() -> IO[bytes] | None:
    try:
        return tempfile.TemporaryFile(prefix="chatwright-")
    except OSError:
        return None  # nowhere to write; the errors will only be shorter
