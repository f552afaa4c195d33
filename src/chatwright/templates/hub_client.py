"""The few small requests to the Hub that a chat template takes, and what it means when it says no or nothing.

A token that was given goes to the server that `HF_ENDPOINT` names; one that lies around goes to the Hub's own host
only; neither follows a redirect to another place.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urljoin

from .._hub import is_commit, session
from ..errors import (
    BackendError,
    NotServed,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from .hub_cache import Listed
from .hub_way import is_hub, is_transport, origin, token_for, unlike, unreachable

__all__ = ["Away", "Client", "Got", "Missing"]

_DEFAULT = "https://huggingface.co"
_HOPS = 10
_TRIES = 3
_MOST_JSON = 64 * 2**20
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Away(Exception):
    """Nobody answers as the Hub does: a copy in the cache may do."""

    def __init__(self, error: BackendError) -> None:
        super().__init__(str(error))
        self.error = error


class Missing(Exception):
    """The Hub knows no such repository (`is_repo`) or revision, or does not show it to us."""

    def __init__(self, error: BackendError, *, is_repo: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_repo = is_repo


@dataclass(frozen=True, slots=True)
class Got:
    """A file that came, the commit it belongs to where that is told, and its hash."""

    data: bytes
    commit: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    first: Mapping[str, str]
    """The headers of the server that was asked, before it sent us on to its store."""
    body: bytes

    @property
    def code(self) -> str:
        return self.headers.get("x-error-code", "")


class Client:
    """The Hub, asked about one repository. `timeout` bounds all requests together."""

    def __init__(
        self, repo: str, revision: str, token: str | bool | None, timeout: float | None
    ) -> None:
        self.repo, self._revision = repo, revision
        self.knows_repo = False
        """Has the server shown, when asked for a file, that it has the repository?"""
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _DEFAULT).rstrip("/")
        self._home = origin(self._endpoint)
        self._token, self._source = token_for(token, self._home)
        self._until = None if timeout is None else time.monotonic() + timeout

    @property
    def host(self) -> str:
        return self._home.hostname or ""

    def listing(self) -> tuple[str, dict[str, Listed]] | None:
        """The commit, and what its files are; `None` from a server that has no list."""
        path = f"/api/models/{self.repo}/revision/{quote(self._revision, safe='')}?blobs=true"
        answer = self._ask(self._endpoint + path)
        if answer.status == 404 and not answer.code:
            return None
        self._refuse(answer)
        told = _object(answer.body)
        commit, files = told.get("sha"), told.get("siblings")
        if not is_commit(commit) or not isinstance(files, list) or not files:
            return None  # a server that is only like the Hub
        return str(commit), dict(_listed(cast("list[Any]", files)))

    def names_in(self, folder: str) -> list[str]:
        """The files of a folder, as far as a server tells them."""
        path = f"/api/models/{self.repo}/tree/{quote(self._revision, safe='')}/{folder}"
        answer = self._ask(self._endpoint + path)
        found: Any = _json(answer.body) if answer.status == 200 else []
        try:
            return [str(entry["path"]) for entry in found]
        except (TypeError, KeyError):
            return []  # the answer of another kind of server

    def file(self, path: str, most: int, commit: str) -> Got | None:
        """A file, or `None` where the repository has none of that name, or one that is too large."""
        revision = quote(commit or self._revision, safe="")
        url = f"{self._endpoint}/{self.repo}/resolve/{revision}/{quote(path)}"
        answer = self._ask(url, most)
        if answer.status < 400 or answer.code or "x-repo-commit" in answer.headers:
            self.knows_repo = True
        if answer.status == 404 and answer.code in ("", "EntryNotFound"):
            return None
        self._refuse(answer)
        if len(answer.body) > most:
            return None
        told = answer.first
        etag = told.get("x-linked-etag") or told.get("etag", "")
        return Got(answer.body, told.get("x-repo-commit", ""), etag.removeprefix("W/").strip('"'))

    def search(self, words: str) -> list[str]:
        """Repositories with these words in their names. It is for a hint: what goes wrong is not told."""
        return self._names(f"search={quote(words, safe='')}")

    def of(self, owner: str) -> list[str]:
        """Repositories of an owner, for a hint."""
        return self._names(f"author={quote(owner, safe='')}") if owner else []

    def _names(self, query: str) -> list[str]:
        try:
            answer = self._ask(f"{self._endpoint}/api/models?{query}&limit=50", tries=1)
            found: Any = _json(answer.body) if answer.status == 200 else []
            return [str(item["id"]) for item in found]
        except (Away, BackendError, TypeError, KeyError):
            return []

    def _ask(self, url: str, most: int = _MOST_JSON, tries: int = _TRIES) -> _Answer:
        """The answer, asked for again where that may help."""
        for attempt in range(tries):
            last = attempt == tries - 1 or self._until is not None
            try:
                answer = self._follow(url, most)
            except Away:
                if last:
                    raise
            else:
                if answer.status < 500 or last:
                    return answer
            pause(attempt)
        raise AssertionError("the last try returns or raises")

    def _follow(self, url: str, most: int) -> _Answer:
        first: Mapping[str, str] | None = None
        for _ in range(_HOPS):
            answer = self._once(url, most)
            first = answer.headers if first is None else first
            target = answer.headers.get("location", "")
            if not (300 <= answer.status < 400 and target):
                return _Answer(answer.status, answer.headers, first, answer.body)
            url = urljoin(url, target)
        raise Away(unlike(self.host, f"it leads on more than {_HOPS} times"))

    def _once(self, url: str, most: int) -> _Answer:
        """One request; the token goes along only where it belongs."""
        where = origin(url)
        home = where == self._home
        headers = {"accept-encoding": "identity"}
        if home and self._token:
            headers["authorization"] = f"Bearer {self._token}"
        seconds = self._seconds()
        try:
            with session().stream(
                "GET", url, headers=headers, timeout=seconds, follow_redirects=False
            ) as answer:
                body = self._body(answer, most)
                return _Answer(answer.status_code, answer.headers, {}, body)
        except Exception as err:
            if not is_transport(err):
                raise
            # Its text has the address in it, and that may be signed: only the kind of the error is told.
            raise Away(unreachable(err, where.hostname or "", seconds)) from None

    def _body(self, answer: Any, most: int) -> bytes:
        """The body up to a byte more than there may be."""
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            self._seconds()
            if len(body) > most:
                break
        return bytes(body[: most + 1])

    def _seconds(self) -> float:
        """How long a wait may take."""
        try:
            told = float(os.environ.get("HF_HUB_ETAG_TIMEOUT") or 10)
        except ValueError:
            told = 10.0
        seconds = told if 0 < told < 3600 else 10.0
        if self._until is None:
            return seconds
        left = self._until - time.monotonic()
        if left <= 0:
            raise Away(TimedOut(f"{self.host} took too long to answer", "try again"))
        return min(seconds, left)

    def _refuse(self, answer: _Answer) -> None:
        """Raise what an answer of 400 or more means."""
        if answer.status < 400:
            return
        told = answer.headers.get("x-error-message", "").lower()
        if answer.status == 401 and "invalid credentials" in told:
            raise Unauthorized(
                f"{self.host} does not know the token ({self._source or 'none was sent'})",
                "make a new one at https://huggingface.co/settings/tokens",
                status=401,
            )
        closed = answer.status in (401, 403) and re.search("gated|restricted", told)
        if answer.code == "GatedRepo" or closed:
            raise self._gated(answer.status)
        if answer.code == "RevisionNotFound":
            hint = "revision= is a branch, a tag or a commit of the repository"
            error = _not_served(f"{self.repo} has no revision {self._revision}", hint, answer)
            raise Missing(error, is_repo=False)
        if answer.status in (408, 429) or answer.status >= 500:
            raise Away(self._busy(answer.status))
        if answer.status in (401, 404):
            raise Missing(self._hidden(answer), is_repo=True)
        raise Unauthorized(
            f"{self.host} does not give {self.repo} ({answer.status})",
            f"check the rights of the token ({self._source})" if self._source else self._sign_in,
            status=answer.status,
        )

    @property
    def _sign_in(self) -> str:
        return "set HF_TOKEN" if is_hub(self._home) else "give token=..."

    def _gated(self, status: int) -> Unauthorized:
        then = f"see that the token ({self._source}) may read gated repositories"
        return Unauthorized(
            f"{self.repo} is gated: its owner gives it only to who has accepted the licence",
            f"accept it at {self._endpoint}/{self.repo}, then {then if self._source else self._sign_in}; "
            "or give a template yourself: chat_template=",
            status=status,
            error_type="GatedRepo",
        )

    def _hidden(self, answer: _Answer) -> BackendError:
        seen = f"that the token ({self._source}) may see" if self._source else "that is public"
        hint = (
            "check its name"
            if self._source
            else f"check its name; for a private one {self._sign_in}"
        )
        return _not_served(f"{self.host} has no repository {self.repo} {seen}", hint, answer)

    def _busy(self, status: int) -> BackendError:
        if status == 429:
            return Unavailable(
                f"{self.host} has had too many requests from here (429)",
                "try again in a minute",
                status=429,
            )
        return Unavailable(
            f"{self.host} has trouble of its own ({status})", "try again in a minute", status=status
        )


def pause(attempt: int) -> None:
    """Wait before the next attempt, longer each time."""
    time.sleep(0.2 * 2**attempt)


def _not_served(message: str, hint: str, answer: _Answer) -> NotServed:
    return NotServed(message, hint, status=answer.status, error_type=answer.code or "RepoNotFound")


def _listed(files: Iterable[Any]) -> Iterator[tuple[str, Listed]]:
    for file in files:
        known = cast("dict[str, Any]", file) if isinstance(file, dict) else {}
        name, size = known.get("rfilename"), known.get("size")
        lfs: Any = known.get("lfs")
        lfs = cast("dict[str, Any]", lfs) if isinstance(lfs, dict) else {}
        hashes = (lfs.get("sha256"), lfs.get("oid")) if lfs else (known.get("blobId"),)
        if isinstance(name, str):
            told = tuple(h for h in hashes if isinstance(h, str) and _HASH.fullmatch(h))
            whole = size if isinstance(size, int) and size >= 0 else None
            yield name, Listed(whole, told)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _object(body: bytes) -> dict[str, Any]:
    found = _json(body)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
