"""The chat template of a repository of the Hub, from its small files alone, by way of the cache that all programs share.

One request lists what there is, and a request for each file brings what is not in the cache yet. A server that is
only like the Hub may not know the list: then the files are asked for by their names.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .._hub import cache_folder, is_commit
from ..errors import (
    BackendError,
    BadReply,
    NotServed,
    TemplateError,
    Unavailable,
    UsageError,
    did_you_mean,
)
from .builtin import no_template
from .hub_cache import Cache, Listed
from .hub_client import Away, Client, Got, Missing
from .places import ADDITIONAL, Found, find

__all__ = ["hub_template", "offline_now"]

log = logging.getLogger("chatwright")

_REPO = re.compile(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}", re.ASCII)
_REVISION = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)
_MORE = re.compile(rf"{ADDITIONAL}/[^/\\:\x00-\x1f]+\.jinja")
_MOST_TEMPLATES = 50
_CHAT_MODEL = re.compile(r"[-_.](instruct|chat|it)\b", re.IGNORECASE)


def hub_template(
    repo: str,
    revision: str | None,
    token: str | bool | None,
    cache_dir: Path | None,
    offline: bool | None,
    timeout: float | None,
) -> Found:
    """What the repository has; one without a template is an error that says what to do."""
    revision = revision or "main"
    _check(repo, revision)
    cache = Cache(cache_dir or cache_folder(), repo)
    if offline if offline is not None else offline_now():
        return _offline(cache, repo, revision)
    client = Client(repo, revision, token, timeout)
    try:
        files = _list(client, cache, repo, revision)
        found = find(files)
        if files.listed is None and not client.knows_repo:
            # Nothing but bare 404s: a proxy, a page that wants a login, an address that is no Hub's.
            raise Away(_nothing(client))
    except Away as err:
        return _copied(err, cache, repo, revision)
    except Missing as err:
        raise _similar(err, client, repo) from None
    if found.templates is None:
        raise no_template(f"{repo} at {revision}", _other_places(files, client, repo))
    files.remember()
    return _placed(found, repo, files.commit or revision)


def offline_now() -> bool:
    """Was the network forbidden, before this program started or since?"""
    flags = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    if any(flag.strip().upper() in ("1", "ON", "YES", "TRUE") for flag in flags):
        return True
    constants = sys.modules.get("huggingface_hub.constants")
    return bool(getattr(constants, "HF_HUB_OFFLINE", False))


@dataclass
class _Cached:
    """The files of one commit that are in the cache; what is not there counts as absent."""

    cache: Cache
    commit: str

    def read(self, path: str, most: int) -> bytes | None:
        return self.cache.read(self.commit, path, most) if self.commit else None

    def additional(self) -> Iterable[str]:
        return self.cache.names(self.commit, ADDITIONAL) if self.commit else ()


@dataclass
class _Remote:
    """The files of a repository: out of the cache where it has them, else from the Hub.

    `listed` is `None` where the server tells no list.
    """

    client: Client
    cache: Cache
    revision: str
    commit: str
    listed: Mapping[str, Listed] | None
    _known: dict[str, bytes | None] = field(default_factory=dict[str, "bytes | None"])

    def read(self, path: str, most: int) -> bytes | None:
        if path not in self._known:
            self._known[path] = self._read(path, most)
        return self._known[path]

    def additional(self) -> Iterable[str]:
        names = self.listed if self.listed is not None else self.client.names_in(ADDITIONAL)
        found = sorted(name for name in names if _MORE.fullmatch(name))
        if len(found) > _MOST_TEMPLATES:
            raise TemplateError(
                f"the repository has {len(found)} chat templates", "give one of them"
            )
        return found

    def remember(self) -> None:
        """Note what the revision means, now that all is here."""
        if self.commit:
            self.cache.note(self.revision, self.commit)

    def _whole(self, path: str, most: int, listed: Listed) -> Got | None:
        """The file as it comes, once more if it is not as long as it should be."""
        for _ in range(2):
            got = self.client.file(path, most, self.commit)
            if got is None or listed.size in (None, len(got.data)):
                return got
        raise Away(BadReply(f"{path} of {self.client.repo} came damaged", "try again"))

    def _read(self, path: str, most: int) -> bytes | None:
        listed = self.listed.get(path) if self.listed is not None else Listed()
        if listed is None or (listed.size is not None and listed.size > most):
            return None
        if self.commit and (data := self.cache.read(self.commit, path, most, listed)) is not None:
            return data
        if listed.size is None and path == "tokenizer.json":
            return None  # nobody knows how large it is
        got = self._whole(path, most, listed)
        if got is None:
            return None
        if not self.commit and is_commit(got.commit):
            self.commit = got.commit
        if self.commit and got.commit in ("", self.commit):
            self.cache.put(self.commit, path, got.data, got.etag)
        elif self.commit and is_commit(got.commit):
            raise Unavailable(f"{self.client.repo} was changed just now", "try again")
        return got.data


def _nothing(client: Client) -> BackendError:
    return NotServed(
        f"{client.host} has nothing of a repository {client.repo}",
        "check its name, HF_ENDPOINT and the proxy",
        status=404,
    )


def _list(client: Client, cache: Cache, repo: str, revision: str) -> _Remote:
    told = client.listing()
    if told is None:
        return _Remote(client, cache, revision, "", None)
    commit, listed = told
    return _Remote(client, cache, revision, commit, listed)


def _offline(cache: Cache, repo: str, revision: str) -> Found:
    commit = cache.commit(revision)
    found = _from_cache(cache, commit, repo)
    if found is not None:
        return found
    if not commit:
        raise TemplateError(
            f"{repo} at {revision} is not in the cache {cache.root}, and the network is switched off",
            "load it once with the network on (unset HF_HUB_OFFLINE), or give a template: "
            'chat_template="file.jinja" or a built-in format such as "chatml"',
        )
    raise no_template(
        f"{repo} at {revision} in the cache",
        "its template may not have been downloaded: load it once with the network on (unset HF_HUB_OFFLINE)",
    )


def _copied(err: Away, cache: Cache, repo: str, revision: str) -> Found:
    """The copy in the cache, where nobody answers as the Hub does."""
    commit = cache.commit(revision)
    found = _from_cache(cache, commit, repo)
    if found is None:
        raise err.error from None
    log.warning("%s; taking the chat template of %s in the cache", err.error, commit[:12])
    return found


def _from_cache(cache: Cache, commit: str, repo: str) -> Found | None:
    try:
        found = find(_Cached(cache, commit))
    except TemplateError as err:
        where = cache.snapshot(commit)
        err.hint = (
            f"the copy in the cache may be half-written: delete {where} and load it again online"
        )
        raise
    return _placed(found, repo, commit) if found.templates is not None else None


def _placed(found: Found, repo: str, commit: str) -> Found:
    place = f"{found.place} of {repo} at {commit[:12]}"
    return Found(found.templates, found.special, found.added, place, found.control)


def _other_places(files: _Remote, client: Client, repo: str) -> str:
    """What to try first for a repository without a template."""
    names = files.listed or {}
    if any(name.lower().endswith(".gguf") for name in names):
        return f"its GGUF files may have one inside: open local:{repo}"
    base = re.sub(r"[-_.](base|pt)$", "", repo.partition("/")[2] or repo, flags=re.IGNORECASE)
    owner = repo.partition("/")[0].lower()
    near = [
        name
        for name in client.search(base)
        if _CHAT_MODEL.search(name) and name != repo and name.partition("/")[0].lower() == owner
    ]
    return (
        f"there is {near[0]}, whose template may be the right one (model_id={near[0]})"
        if near
        else ""
    )


def _similar(err: Missing, client: Client, repo: str) -> BackendError:
    """The error for a repository that nobody knows, with the name that was perhaps meant."""
    owner, _, name = repo.rpartition("/")
    if err.is_repo and name:
        words = re.split(r"[-_.]", name)
        known = client.search(name) or client.search(max(words, key=len)) or client.of(owner)
        guess = did_you_mean(repo, known) if known else ""
        if "mean" in guess:
            err.error.hint = f"{guess} {err.error.hint}"
    return err.error


def _check(repo: str, revision: str) -> None:
    parts = repo.split("/")
    odd = any(part.strip(".-") != part or ".." in part or "--" in part for part in parts)
    if odd or not _REPO.fullmatch(repo):
        raise UsageError(
            f"'{repo[:80]}' is no repository of the Hub",
            "write org/name; a folder goes to from_dir",
        )
    safe = all(part.strip(".") and not part.endswith(".lock") for part in revision.split("/"))
    if not safe or len(revision) > 200 or not _REVISION.fullmatch(revision):
        raise UsageError(f"'{revision[:80]}' is no revision", "it is a branch, a tag or a commit")
