"""Which repository, revision and file a string names: `org/name[@revision][:file or quantisation]`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from chatwright.errors import BackendError, UnknownModel, did_you_mean

__all__ = ["MAIN", "HubName", "is_safe_file", "local_file", "read_name"]

MAIN = "main"

_FORM = "local:org/name-GGUF[@revision][:file or quantisation]"
_SHAPE = re.compile(r"(?P<repo>[^@:]+)(?:@(?P<revision>[^:]*))?(?::(?P<pick>.*))?", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_WORD = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_REVISION = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)
_PAGE = re.compile(
    r"https?://[^/]+/(?P<repo>[\w.-]+/[\w.-]+)"
    r"(?:/(?:blob|resolve|tree)/(?P<revision>[\w.-]+)(?:/(?P<file>[^?#\s]+))?)?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubName:
    """A repository of the Hub, and what to take from it; an empty `pick` leaves the choice to us."""

    repo: str
    revision: str = MAIN
    pick: str = ""

    @property
    def pinned(self) -> bool:
        """Is the revision a whole commit hash, which can never mean anything else?"""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def file(self) -> str:
        """The file that is named, or an empty string."""
        return self.pick if self.pick.lower().endswith(".gguf") else ""


def read_name(text: str) -> HubName | None:
    """The repository that `text` names, or `None` where it is a path on this disk.

    What exists on disk is a path, and so is what looks like one: it begins with `/`, `./` or `~`, has a
    backslash, no slash, or ends in `.gguf` without naming a revision or a file of a repository.
    """
    if _is_path(text):
        return None
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise _malformed(text, "it begins with a sign")
    repo, revision, pick = shape["repo"], shape["revision"], shape["pick"]
    if repo.count("/") != 1:
        raise _malformed(text, "a repository is org/name, with one slash")
    if wrong := _wrong_repo(repo):
        raise _malformed(text, wrong)
    if revision is not None and not _is_revision(revision):
        raise _malformed(text, "after the @ comes a branch, a tag or a commit")
    if pick is not None and not is_safe_file(pick):
        raise _malformed(text, "after the colon comes a quantisation or a file of the repository")
    return HubName(repo, revision or MAIN, pick or "")


def local_file(text: str) -> Path:
    """The file on this disk that a path names; if there is none, the error says what was perhaps meant."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = Path(text)  # a user that this machine does not know
    here = _exists(str(path))
    if here and not path.is_dir():
        return path
    if here:
        files = sorted(p.name for p in path.glob("*.gguf"))
        raise BackendError(
            f"{path} is a folder",
            f"name a file in it: {', '.join(files[:10]) or 'it has no .gguf'}",
        )
    raise BackendError(f"there is no file {str(path)[:300]}", _elsewhere(text, path))


def is_safe_file(path: str) -> bool:
    """Is this a path inside a repository, and one that cannot lead out of the folder it is stored in?"""
    plain = path.isprintable() and not set(path) & set("\\:")
    return plain and all(part.strip(" .") for part in path.split("/"))


def _is_path(text: str) -> bool:
    if text.startswith(("/", "./", "../", "~")) or "\\" in text or _DRIVE.match(text):
        return True
    if "://" in text:
        raise _malformed(text, "it is an address")
    named = ":" in text or "@" in text
    return _exists(text) or "/" not in text or (text.lower().endswith(".gguf") and not named)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long, or a NUL in it
        return False


def _elsewhere(text: str, path: Path) -> str:
    """Where the file may be that is not at `path`."""
    beside = sorted(p.name for p in path.parent.glob("*.gguf")) if _exists(str(path.parent)) else []
    if "mean" in (guess := did_you_mean(path.name, beside)):
        return guess
    if "\\" in text and os.sep == "/":
        return "this system writes paths with slashes: local:" + text.replace("\\", "/")
    org, _, rest = text.partition("/")
    repo, slash, file = rest.partition("/")
    if slash and not text.startswith((".", "~")) and not _wrong_repo(f"{org}/{repo}"):
        return f"check the path; if it is on the Hub write local:{org}/{repo}:{file}"
    return "check the path; for a file of the Hub write local:org/name-GGUF"


def _wrong_repo(repo: str) -> str:
    """What is wrong with a repository's name, by the rules of the Hub."""
    if not all(_WORD.fullmatch(word) for word in repo.split("/")):
        return "a repository has letters, digits, '-', '_' and '.', no sign at either end"
    if "--" in repo or ".." in repo:
        return "a repository has no '--' and no '..' in its name"
    return "a repository's name does not end in '.git'" if repo.endswith(".git") else ""


def _is_revision(text: str) -> bool:
    parts = text.split("/")
    safe = all(part.strip(".") and not part.endswith(".lock") for part in parts)
    return safe and len(text) <= 200 and _REVISION.fullmatch(text) is not None


def _malformed(text: str, why: str) -> UnknownModel:
    return UnknownModel(f"'local:{text[:80]}' names no model: {why}", _meant(text))


def _meant(text: str) -> str:
    """What to write instead: an address of the Hub's pages, or a file behind a slash, in our words."""
    if page := _PAGE.match(text):
        revision = "" if page["revision"] in (None, MAIN) else f"@{page['revision']}"
        file = f":{page['file']}" if page["file"] else ""
        return f"did you mean 'local:{page['repo']}{revision}{file}'?"
    return f"write {_FORM}, or for a file on this disk local:./path/to/file.gguf"
