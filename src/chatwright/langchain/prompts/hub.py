"""Prompts by name, without a network: those of this package, in our own words, and those that you add.

    prompt = hub.pull("hwchase17/react-json")
    hub.add("team/short", "Answer {input} in one sentence.")
    hub.add("prompts/")                        # a folder: prompts/team/long.txt is then team/long

A name may end in `:latest`, or in the commit that the prompt has here, which is made of its text.
"""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.load import dumps
from langchain_core.prompts import BasePromptTemplate, ChatPromptTemplate

from chatwright.errors import UsageError, did_you_mean, need

from .file import read_prompt, read_prompt_file

__all__ = ["add", "commit_of", "names", "pull", "pull_from_langsmith"]

Prompt = BasePromptTemplate[Any] | ChatPromptTemplate

_HERE = Path(__file__).parent / "files"
_ENDINGS = (".txt", ".prompt")
_FROM_THERE = "pull_from_langsmith(name) fetches it from LangSmith over the network"
_added: dict[str, Prompt | Path] = {}
_lock = threading.Lock()


def pull(name: str) -> Any:
    """The prompt of that name. Nothing is fetched from a network."""
    plain, _, commit = name.strip().partition(":")
    prompt = _find(plain)
    if commit not in ("", "latest") and not commit_of(prompt).startswith(commit.lower()):
        raise UsageError(
            f"the prompt '{plain}' is here as commit {commit_of(prompt)[:8]}, not as {commit[:40]}",
            f"write '{plain}'; {_FROM_THERE}",
        )
    return prompt


def add(name: str | Path, prompt: Prompt | str | Path | None = None) -> None:
    """Add a prompt under a name, or every prompt file of a folder under its path.

    `prompt` is a template, the text of one, or a file (as a `Path`). One that is added takes the place of one that
    has the same name.
    """
    if prompt is None:
        _add_folder(Path(name).expanduser())
        return
    key = str(name).strip()
    if not key or ":" in key:
        raise UsageError(f"a prompt cannot be called '{key}'", "write owner/name")
    if isinstance(prompt, str):
        prompt = read_prompt(prompt, f"the prompt '{key}'")
    elif isinstance(prompt, Path):
        prompt = read_prompt_file(prompt)
    with _lock:
        _added[key] = prompt


def names() -> list[str]:
    """The names of all prompts that are here."""
    return sorted({*_packaged(), *_added})


def commit_of(prompt: Any) -> str:
    """What the text of a prompt is known by: the same for the same words."""
    return hashlib.sha256(dumps(prompt).encode()).hexdigest()


def pull_from_langsmith(name: str, **options: Any) -> Any:
    """The prompt as LangSmith's hub has it, over the network and on your own account of trust.

    A prompt from there is configuration that somebody else wrote. `options` go to `Client(...)` of the package
    langsmith where they are its own (`api_key`, `api_url`), else to its `pull_prompt`.
    """
    langsmith: Any = need("langsmith", extra="langgraph")
    own = {key: options.pop(key) for key in ("api_key", "api_url") if key in options}
    pull_prompt: Any = langsmith.Client(**own).pull_prompt
    if "dangerously_pull_public_prompt" in _parameters(pull_prompt):
        options.setdefault(
            "dangerously_pull_public_prompt", True
        )  # that is what this call asks for
    return pull_prompt(name, **options)


def _parameters(function: Any) -> list[str]:
    import inspect

    return list(inspect.signature(function).parameters)


def _find(name: str) -> Prompt:
    found = _added.get(name) or _packaged().get(name)
    if found is None:
        known = names()
        guess = did_you_mean(name, known)
        listed = guess if guess.startswith("known") else f"{guess} known: {', '.join(known)}"
        raise UsageError(f"there is no prompt called '{name[:80]}'", f"{listed}; {_FROM_THERE}")
    return read_prompt_file(found) if isinstance(found, Path) else found


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Path]:
    return _files_of(_HERE)


def _files_of(folder: Path) -> dict[str, Path]:
    files = sorted(p for p in folder.rglob("*") if p.suffix in _ENDINGS and p.is_file())
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}


def _add_folder(folder: Path) -> None:
    if folder.is_file():
        add(folder.stem, folder)
        return
    found = _files_of(folder) if folder.is_dir() else {}
    if not found:
        raise UsageError(
            f"there are no prompts in {folder}", f"a prompt is a file that ends in {', '.join(_ENDINGS)}"
        )  # fmt: skip
    prompts = {name: read_prompt_file(path) for name, path in found.items()}
    with _lock:
        _added.update(prompts)
