"""One file's bytes into the cache: taken up where an earlier run stopped, asked for again when cut, checked."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import Any

from chatwright.errors import BackendError, Unreachable
from chatwright.events import Notice

from .cache import Cache
from .client import LONGEST_WAIT, Client, Remote, pause
from .progress import Meter, Report
from .refusal import NO_FILE, NO_REVISION, is_away, unlike_the_hub
from .room import gigabytes

__all__ = ["download"]

_TRIES = 5  # attempts in a row that bring nothing
_MOST = 1000  # attempts in all, however little each brings
_READ = 2**20
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(client: Client, cache: Cache, remote: Remote, meter: Meter, report: Report) -> None:
    """Bring a file's bytes into the cache. What came is kept for the next run, however this one ends."""

    def waiting() -> None:
        report(Notice(f"another process is downloading {remote.path}: waiting for it"))

    with cache.lock(remote.etag, waiting):
        blob, partial = cache.blob(remote.etag), cache.partial(remote.etag)
        if blob.exists() and remote.size in (None, blob.stat().st_size):
            meter.at(remote.path, blob.stat().st_size)
            return
        with _Sink(partial) as sink:
            _Transfer(client, remote, sink, meter, report).run()
        partial.replace(blob)


class _Sink:
    """The file that grows, and the hash of what is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Nothing is kept back in a buffer: what has come is on the disk, even if we are killed now.
        self._file = path.open("ab", buffering=0)
        self._hash = hashlib.sha256()
        self.done = 0
        with path.open("rb") as old:
            while chunk := old.read(_READ):
                self._hash.update(chunk)
                self.done += len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, chunk: bytes | memoryview) -> None:
        rest = memoryview(chunk)
        while rest:
            count = self._file.write(rest)
            self._hash.update(rest[:count])
            self.done += count
            rest = rest[count:]

    def clear(self) -> None:
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.done = 0

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()


class _Transfer:
    """The attempts that it takes until all bytes are here and are the right ones."""

    def __init__(
        self, client: Client, remote: Remote, sink: _Sink, meter: Meter, report: Report
    ) -> None:
        self._client = client
        self._remote = remote
        self._sink = sink
        self._meter = meter
        self._report = report
        self._size = remote.size
        self._by_commit = True

    def run(self) -> None:
        kept = self._sink.done
        if self._size is not None and kept > self._size:
            kept = self._start_over()
        self._meter.at(self._remote.path, kept)
        try:
            self._bring()
            if kept and self._wrong():
                self._report(
                    Notice(
                        f"the part of {self._remote.path} that was here is damaged: starting over"
                    )
                )
                self._start_over()
                self._bring()
        except KeyboardInterrupt:
            if self._sink.done:
                self._report(Notice(f"stopped at {self._come}: the next run goes on from there"))
            raise
        if wrong := self._wrong():
            self._sink.remove()
            raise BackendError(
                f"{self._remote.path} came damaged and was removed: its SHA-256 is {wrong[:12]}… and should "
                f"be {self._remote.sha256[:12]}…",
                "try again; if it happens again, something on the way changes it",
            )

    def _bring(self) -> None:
        failures = 0
        for _ in range(_MOST):
            if self._size is not None and self._sink.done == self._size:
                return
            before = self._sink.done
            try:
                with self._client.body(self._remote, before, by_commit=self._by_commit) as answer:
                    self._copy(answer)
                    return
            except BackendError as err:
                if self._by_commit and err.error_type in (NO_FILE, NO_REVISION):
                    self._by_commit = False  # a server like the Hub that knows branches only
                    continue
                failures = 0 if self._sink.done > before else failures + 1
                wait = err.retry_after or pause(failures)
                if not is_away(err) or failures >= _TRIES or wait > LONGEST_WAIT:
                    raise self._given_up(err) from None
                if err.retry_after:
                    self._report(Notice(f"{err}: waiting {wait:.0f} seconds"))
                time.sleep(wait)
        raise self._given_up(self._cut())

    def _copy(self, answer: Any) -> None:
        skip = self._begin(answer)
        for chunk in answer.iter_raw():
            part = memoryview(chunk)[skip:]
            skip -= len(chunk) - len(part)
            if self._size is not None and self._sink.done + len(part) > self._size:
                raise self._other("more bytes than the file has")
            self._sink.write(part)
            self._meter.at(self._remote.path, self._sink.done, len(part))
        if self._size is not None and self._sink.done < self._size:
            raise self._cut()

    def _begin(self, answer: Any) -> int:
        """How many of the answer's first bytes are here already: all of them, where it does not know ranges."""
        here, skip, total = self._sink.done, 0, ""
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise self._other("the file compressed")
        if answer.status_code == 206:
            found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
            if not found or int(found[1]) != here:
                raise self._other("another part of the file")
            total = found[2]
        elif answer.status_code == 200:
            skip, total = here, answer.headers.get("content-length", "")
        else:
            raise self._other(f"an answer {answer.status_code}")
        if total.isdecimal():
            if self._size not in (None, int(total)):
                raise self._other(f"a file of {gigabytes(int(total))}")
            self._size = int(total)
        return skip

    def _start_over(self) -> int:
        self._sink.clear()
        return self._sink.done

    def _wrong(self) -> str:
        """The hash of what is here, if it is not the one that the Hub tells."""
        return "" if self._remote.sha256 in ("", self._sink.sha256) else self._sink.sha256

    @property
    def _come(self) -> str:
        return f"{gigabytes(self._sink.done)} of {gigabytes(self._size)}"

    def _given_up(self, err: BackendError) -> BackendError:
        if self._sink.done:
            kept = f"what came is kept ({self._come}): the next run goes on from there"
            err.hint = f"{err.hint}; {kept}" if err.hint else kept
        return err

    def _cut(self) -> BackendError:
        return Unreachable(
            f"{self._remote.path} ended at {self._come}", "try again", error_type="cut"
        )

    def _other(self, what: str) -> BackendError:
        size = gigabytes(self._size)
        return unlike_the_hub(
            self._client.host, f"it sends {what}, not the {size} of {self._remote.path}"
        )
