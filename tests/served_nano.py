"""`chatwright serve` in a process of its own, for the tests that talk to it as strangers do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Process:
    """A server in a process of its own; `lines` is what it has written to stderr."""

    def __init__(self, *args: str, **env: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatwright", "serve", "--port", "0", *args],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"serving .* on (http://\S+)", line):
                self.url = found[1]
                break
        else:
            raise AssertionError("".join(self.lines))
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines += self.process.stderr

    def wait(self) -> int:
        code = self.process.wait(30)
        self._reader.join(10)
        if self.process.stderr:
            self.process.stderr.close()
        return code

    def open(self, path: str, body: Any = None, **headers: str) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **headers}
        return urllib.request.urlopen(
            urllib.request.Request(self.url + path, raw, told), timeout=30
        )


@contextmanager
def process(*args: str, **env: str) -> Iterator[Process]:
    running = Process(*args, **env)
    try:
        yield running
    finally:
        running.process.kill()
        running.wait()
