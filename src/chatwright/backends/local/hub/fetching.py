"""From a name to a file on this disk: out of the cache where it is there, else from the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatwright._hub import cache_folder
from chatwright.errors import BackendError, NotServed, Unreachable, did_you_mean
from chatwright.events import Notice

from .cache import Cache
from .choice import FIRST_CHOICE, Candidate, RemoteFile, choose, is_part
from .client import Client, Listing, Remote, offline
from .download import download
from .name import HubName
from .progress import Meter, Report, to_log
from .refusal import NO_FILE, NO_REPO, NO_REVISION
from .room import Memory, free_disk, gigabytes, memory

__all__ = ["Fetched", "fetch"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model's file on this disk, and exactly which one it is."""

    path: Path
    repo: str
    commit: str
    file: str


def fetch(name: HubName, *, token: str | None = None, on_progress: Report | None = None) -> Fetched:
    """The file that `name` means, downloaded if it is not here yet.

    A whole commit whose file is here needs no request. Anything else needs one; if nobody answers it, a copy
    in the cache is taken, with a notice.
    """
    report = on_progress or to_log
    cache = Cache(cache_folder(), name.repo)
    commit = cache.commit(name)
    here = cache.files(commit)
    copy = _copy(name, here)
    if copy and (offline() or _settled(name, copy)):
        return _found(cache, commit, copy)
    if offline():
        raise _offline(name, here)
    client = Client(name, token, patient=copy is None, report=report)
    try:
        listing = _listing(client, name)
    except BackendError as err:
        if not copy or err.error_type in (NO_FILE, NO_REVISION):
            raise _explained(err, client, name, cache) from None
        report(Notice(f"{err}; taking the copy of {commit[:12]} in the cache"))
        return _found(cache, commit, copy)
    return _Errand(client, cache, name, report).run(listing)


class _Errand:
    """What is left to do when the Hub has told what there is: choose, download what is missing, remember."""

    def __init__(self, client: Client, cache: Cache, name: HubName, report: Report) -> None:
        self._client, self._cache, self._name, self._report = client, cache, name, report

    def run(self, listing: Listing) -> Fetched:
        def have(model: Candidate) -> bool:
            return all(self._cache.has(listing.commit, file) for file in model.files)

        choice = choose(listing.files, self._name, memory(), have)
        model, commit = choice.model, listing.commit
        if choice.notice:
            self._report(Notice(choice.notice))
        if not have(model):
            if choice.others:
                every = choice.others + 1
                self._report(
                    Notice(f"taking {model.shown}, one of the {every} models of {self._name.repo}")
                )
            commit = self._bring(model, commit)
        self._cache.note_commit(self._name, commit)
        return _found(self._cache, commit, model)

    def _bring(self, model: Candidate, commit: str) -> str:
        """Download what is missing of a model; the commit that it belongs to."""
        missing = [file for file in model.files if not self._cache.has(commit, file)]
        for file in missing:
            self._clear(commit, file)
        remotes = [self._client.head(file) for file in missing]
        commits = {remote.commit for remote in remotes} | ({commit} if commit else set[str]())
        if len(commits) > 1:
            raise BackendError(f"{self._name.repo} was changed just now", "try again")
        commit = commits.pop()
        self._check_disk(remotes)
        meter = Meter(model.path, sum(remote.size or 0 for remote in remotes), self._report)
        with self._cache.writing():
            for remote in remotes:
                download(self._client, self._cache, remote, meter, self._report)
                self._cache.link(commit, remote.path, remote.etag)
        meter.tell()
        return commit

    def _clear(self, commit: str, file: RemoteFile) -> None:
        """Remove a file that is here, and not as long as it should be."""
        if commit and self._cache.path(commit, file.path).is_file():
            self._report(Notice(f"{file.path} in the cache is damaged: downloading it again"))
            self._cache.discard(commit, file.path)

    def _check_disk(self, remotes: Sequence[Remote]) -> None:
        need = sum(remote.size or 0 for remote in remotes) - self._come(remotes)
        free = free_disk(self._cache.root)
        if free is not None and need > free:
            raise BackendError(
                f"{self._name.repo} needs {gigabytes(need)} more on the disk of {self._cache.root}, "
                f"and {gigabytes(free)} are free",
                "make room, or set HF_HUB_CACHE to a folder on a larger disk",
            )

    def _come(self, remotes: Sequence[Remote]) -> int:
        return sum(self._cache.come(remote.etag) for remote in remotes)


def _found(cache: Cache, commit: str, model: Candidate) -> Fetched:
    return Fetched(cache.path(commit, model.path), cache.repo, commit, model.path)


def _copy(name: HubName, here: Sequence[RemoteFile]) -> Candidate | None:
    """The model in the cache that `name` means."""
    try:
        return choose(here, name, Memory(None, None), lambda _: True).model
    except BackendError:
        return None


def _settled(name: HubName, copy: Candidate) -> bool:
    """Could no answer of the Hub change it? So it is for a whole commit, if it was named or comes first anyway."""
    return name.pinned and bool(name.pick or copy.label == FIRST_CHOICE)


def _listing(client: Client, name: HubName) -> Listing:
    """What there is to choose from; of a file that is named, that one alone."""
    if name.file and not is_part(name.file):
        try:
            remote = client.head(RemoteFile(name.file))
            return Listing(remote.commit, (RemoteFile(name.file, remote.size, remote.sha256),))
        except NotServed as err:
            if err.error_type != NO_FILE:
                raise
    return client.listing()


def _offline(name: HubName, here: Sequence[RemoteFile]) -> Unreachable:
    known = f"; in the cache are {', '.join(file.path for file in here[:5])}" if here else ""
    what = f"{name.repo}:{name.pick}" if name.pick else name.repo
    return Unreachable(
        f"{what} is not in the cache, and the network is switched off",
        f"unset HF_HUB_OFFLINE once to download it{known}",
        error_type="offline",
    )


def _explained(err: BackendError, client: Client, name: HubName, cache: Cache) -> BackendError:
    """The error, with the repository that was perhaps meant."""
    if not isinstance(err, NotServed) or err.error_type not in ("", NO_REPO):
        return err
    guess = did_you_mean(name.repo, [*client.similar(), *cache.repos()])
    if "mean" in guess:
        err.hint = f"{guess} Or {err.hint}"
    if not name.pick:
        err.hint += f"; for a file on this disk write local:./{name.repo}"
    return err
