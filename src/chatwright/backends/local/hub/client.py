"""The requests to the Hub, as few and as small as will do."""

from __future__ import annotations

import json
import os
import platform
import random
import re
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urljoin

from chatwright import __version__
from chatwright._hub import is_commit, session
from chatwright.backends.tokens import Origin, Token, find_token, is_hub, origin_of
from chatwright.errors import BackendError, BadReply, ChatwrightError, NotServed, UsageError
from chatwright.events import Notice

from .cache import is_etag
from .choice import RemoteFile
from .name import MAIN, HubName
from .progress import Report
from .refusal import Refusal, denied, unlike_the_hub, unreachable, worth_again

__all__ = ["LONGEST_WAIT", "Client", "Listing", "Remote", "offline", "pause"]

LONGEST_WAIT = 60.0
"""Seconds that a server may ask to wait before that is an error."""

_DEFAULT = "https://huggingface.co"
_HOPS = 10
_TRIES = 3
_JSON_CAP = 64 * 2**20
_TOLD_CAP = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at a commit."""

    commit: str
    files: tuple[RemoteFile, ...]


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of the Hub: the commit it belongs to, the hash of its bytes, and how many they are."""

    path: str
    commit: str
    etag: str
    size: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class _Answer:
    headers: Mapping[str, str]
    content: bytes


class Client:
    """The Hub that `HF_ENDPOINT` names, asked about one repository with the token that belongs there."""

    def __init__(self, name: HubName, token: str | None, *, patient: bool, report: Report) -> None:
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _DEFAULT).rstrip("/")
        try:
            self._home: Origin = origin_of(self._endpoint)
        except UsageError as err:
            raise UsageError(f"HF_ENDPOINT is wrong: {err}", err.hint) from None
        self._token: Token | None = find_token(token, url=self._home)
        self._name = name
        self._tries = _TRIES if patient else 1
        self._report = report

    @property
    def host(self) -> str:
        return self._home.host

    def listing(self) -> Listing:
        """The files of the repository, in one request to the Hub. Servers that are like it may know other routes."""
        revision = quote(self._name.revision, safe="")
        info, tree = f"/revision/{revision}?blobs=true", f"/tree/{revision}?recursive=true"
        routes = (["?blobs=true"] if self._name.revision == MAIN else []) + [info, tree]
        refused: NotServed | None = None
        for route in routes:
            try:
                return self._listed(
                    self._json(f"/api/models/{self._name.repo}{route}", self._tries)
                )
            except NotServed as err:
                refused = refused or err
                if err.error_type:
                    break  # the Hub says what is missing; a bare 404 may be about the route
        raise refused or self._no_hub("it lists nothing")

    def head(self, file: RemoteFile) -> Remote:
        """What the Hub says of one file."""
        url = self._resolve(self._name.revision, file.path)
        headers = self._small("HEAD", url, self._tries, file.path).headers
        commit = headers.get("x-repo-commit", "")
        etag = headers.get("x-linked-etag") or headers.get("etag", "")
        etag = etag.removeprefix("W/").strip('"')
        if not is_commit(commit) or not is_etag(etag):
            raise self._no_hub(f"it tells no commit and no hash of {file.path}")
        moved = "location" in headers  # then the length is that of the answer itself
        size = headers.get("x-linked-size") or ("" if moved else headers.get("content-length", ""))
        known = int(size) if size.isdecimal() else file.size
        return Remote(
            file.path, commit, etag, known, etag if _SHA256.fullmatch(etag) else file.sha256
        )

    @contextmanager
    def body(self, remote: Remote, offset: int, *, by_commit: bool = True) -> Generator[Any]:
        """The answer with a file's bytes, from `offset` on if the server can do that."""
        url = self._resolve(remote.commit if by_commit else self._name.revision, remote.path)
        extra = {"range": f"bytes={offset}-"} if offset else {}
        with self._open("GET", url, remote.path, extra, "HF_HUB_DOWNLOAD_TIMEOUT") as answer:
            yield answer

    def similar(self) -> list[str]:
        """Repositories of a like name that have GGUF files. It is for a hint: what goes wrong here is not told."""
        words = quote(self._name.repo.split("/")[1].removesuffix("-GGUF"), safe="")
        try:
            found: Any = self._json(f"/api/models?search={words}&filter=gguf&limit=20", 1)
            return [str(item["id"]) for item in found]
        except (ChatwrightError, TypeError, KeyError):
            return []

    def _listed(self, data: Any) -> Listing:
        """The answer of either route: an object with the commit, or the tree alone."""
        try:
            if isinstance(data, dict):
                info = cast("dict[str, Any]", data)
                files = tuple(_file(item, "rfilename") for item in info["siblings"])
                if is_commit(info["sha"]):
                    return Listing(info["sha"], files)
            if isinstance(data, list):
                tree = cast("list[dict[str, Any]]", data)
                return Listing(
                    "", tuple(_file(item, "path") for item in tree if item["type"] == "file")
                )
        except (TypeError, KeyError, AttributeError):
            pass  # said below
        raise self._no_hub("it tells no commit and no files")

    def _json(self, route: str, tries: int) -> Any:
        answer = self._small("GET", self._endpoint + route, tries)
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            kind = answer.headers.get("content-type", "something").split(";")[0]
            raise self._no_hub(f"it is {kind} and should be JSON") from None

    def _small(self, method: str, url: str, tries: int, file: str = "") -> _Answer:
        """A whole answer, asked for again where that may help."""
        attempt = 0
        while True:
            try:
                with self._open(method, url, file, {}) as answer:
                    return _Answer(answer.headers, self._read(answer))
            except BackendError as err:
                attempt += 1
                wait = err.retry_after or pause(attempt)
                if attempt >= tries or not worth_again(err) or wait > LONGEST_WAIT:
                    raise
                if err.retry_after:
                    self._report(Notice(f"{err}: waiting {wait:.0f} seconds"))
                time.sleep(wait)

    def _read(self, answer: Any) -> bytes:
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > _JSON_CAP:
                raise self._no_hub("it has no end")
        return bytes(content)

    @contextmanager
    def _open(
        self,
        method: str,
        url: str,
        file: str,
        extra: Mapping[str, str],
        patience: str = "HF_HUB_ETAG_TIMEOUT",
    ) -> Generator[Any]:
        """The answer, its body unread, after all redirects; the token goes along only as long as they stay at home."""
        host, seconds = self._home.host, _seconds(patience)
        try:
            shared = session()
            for _ in range(_HOPS):
                origin = self._origin(url)
                host, ours = origin.host, self._token if origin == self._home else None
                headers = {**_BASIC, **extra, **(ours.headers(origin) if ours else {})}
                with shared.stream(
                    method, url, headers=headers, timeout=seconds, follow_redirects=False
                ) as answer:
                    target = _target(method, url, answer)
                    if not target:
                        self._check(answer, file)
                        yield answer
                        return
                url = target
        except Exception as err:
            if not _is_transport(err):
                raise
            # Its text has the address in it, and that may be signed: only the kind of the error is told.
            raise unreachable(err, host, seconds) from None
        raise self._no_hub(f"it leads on more than {_HOPS} times")

    def _origin(self, url: str) -> Origin:
        try:
            return origin_of(url)
        except UsageError:
            raise self._no_hub("it leads to something that is no address") from None

    def _check(self, answer: Any, file: str) -> None:
        if answer.status_code < 400:
            return
        body = _beginning(answer)
        if self._token:
            body = body.replace(self._token.secret.reveal().encode(), b"***")
        said = Refusal(
            answer.status_code,
            answer.headers,
            body,
            self._home.host,
            f"{self._endpoint}/{self._name.repo}",
            self._token.source if self._token else "",
            is_hub(self._home),
            file,
        )
        raise denied(said, self._name)

    def _resolve(self, revision: str, file: str) -> str:
        repo = f"{self._endpoint}/{self._name.repo}"
        return f"{repo}/resolve/{quote(revision, safe='')}/{quote(file)}"

    def _no_hub(self, why: str) -> BadReply:
        return unlike_the_hub(self._home.host, why)


def offline() -> bool:
    """Was the network forbidden, before this program started or since?"""
    flags = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    if any(flag.strip().upper() in ("1", "ON", "YES", "TRUE") for flag in flags):
        return True
    constants = sys.modules.get("huggingface_hub.constants")
    return bool(getattr(constants, "HF_HUB_OFFLINE", False))


def pause(failures: int) -> float:
    """Seconds to wait before the next attempt: longer each time, and never the same for all who wait."""
    return random.uniform(0.5, 1.0) * min(8.0, 0.25 * 2**failures)


_BASIC = {
    "user-agent": f"chatwright/{__version__}; python/{platform.python_version()}",
    "accept-encoding": "identity",  # a range counts the bytes of what is sent
}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _is_transport(err: Exception) -> bool:
    """Did the client raise it? Which one that is depends on the version of the Hub's library."""
    packages = {cls.__module__.split(".")[0] for cls in type(err).__mro__}
    return bool(packages & {"httpx2", "httpx", "httpcore2", "httpcore", "huggingface_hub"})


def _target(method: str, url: str, answer: Any) -> str:
    """Where a redirect leads, or an empty string if this is the answer that was asked for."""
    headers: Mapping[str, str] = answer.headers
    if not 300 <= answer.status_code < 400 or "location" not in headers:
        return ""
    if method == "HEAD" and "x-repo-commit" in headers and "x-linked-etag" in headers:
        return ""  # all that the Hub knows; behind the redirect is a store that knows less
    return urljoin(url, headers["location"])


def _beginning(answer: Any) -> bytes:
    body = b""
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > _TOLD_CAP:
            break
    return body[:_TOLD_CAP]


def _file(item: Any, key: str) -> RemoteFile:
    lfs: Any = item.get("lfs") or {}
    size = item.get("size", lfs.get("size"))
    sha256 = str(lfs.get("sha256") or lfs.get("oid") or "")
    return RemoteFile(
        str(item[key]),
        size if isinstance(size, int) and size >= 0 else None,
        sha256 if _SHA256.fullmatch(sha256) else "",
    )


def _seconds(variable: str) -> float:
    try:
        seconds = float(os.environ.get(variable) or 10)
    except ValueError:
        return 10.0
    return seconds if 0 < seconds < 3600 else 10.0
