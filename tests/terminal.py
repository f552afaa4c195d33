"""A program on a terminal of its own, as a person sees it and types to it."""

from __future__ import annotations

import os
import re
import select
import signal
import time
from typing import Self

__all__ = ["Tty"]

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


class Tty:
    """`screen` is all that was shown so far, without what only moves the cursor or colours it."""

    def __init__(self, args: list[str], **env: str) -> None:
        import pty

        self.raw = b""
        self._seen = 0
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.execvpe(args[0], args, {**os.environ, "TERM": "xterm", **env})

    @property
    def screen(self) -> str:
        return _ESCAPE.sub("", self.raw.decode("utf-8", "replace"))

    def type(self, text: str) -> None:
        os.write(self._file, text.encode())

    def sees(self, wanted: str, seconds: float = 30.0) -> str:
        """Wait until this stands on the screen, after what was waited for before; the text up to there."""
        until = time.monotonic() + seconds
        while (at := self.screen.find(wanted, self._seen)) < 0:
            if not self._read(until):
                raise AssertionError(
                    f"no {wanted!r} on the screen after:\n{self.screen[self._seen :]}"
                )
        text = self.screen[self._seen : at]
        self._seen = at + len(wanted)
        return text

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def leaves(self, seconds: float = 30.0) -> int:
        """Wait for its end; the exit code, or minus the signal."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass
        while (left := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > until:
                raise AssertionError(f"it does not leave:\n{self.screen[self._seen :]}")
            time.sleep(0.005)
        _, status = left
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._file)

    def _read(self, until: float) -> bool:
        """Take in what is shown; false at the end of the program or of the time."""
        left = until - time.monotonic()
        if left <= 0 or not select.select([self._file], [], [], left)[0]:
            return False
        try:
            found = os.read(self._file, 65536)
        except OSError:  # how Linux says that nobody has the terminal any more
            return False
        self.raw += found
        return bool(found)
