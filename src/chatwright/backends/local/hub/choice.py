"""Which of a repository's files to take: the quantisation that was asked for, or the best that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from chatwright.errors import BackendError, did_you_mean

from .name import HubName, is_safe_file
from .room import Memory, gigabytes

__all__ = ["FIRST_CHOICE", "Candidate", "Choice", "RemoteFile", "choose", "is_part"]

# Q4_K_M is where a model is small and has lost little; from there on the nearest first.
_ORDER = (
    "Q4_K_M", "Q4_K_L", "Q4_K_XL", "Q4_K_S", "Q4_K", "Q5_K_M", "MXFP4", "MXFP4_MOE", "IQ4_NL", "IQ4_XS",
    "Q4_1", "Q4_0", "Q5_K_S", "Q5_K_L", "Q5_K_XL", "Q5_K", "Q5_1", "Q5_0", "Q6_K", "Q6_K_L", "Q6_K_XL",
    "Q8_0", "Q8_K_XL", "Q3_K_XL", "Q3_K_L", "Q3_K_M", "Q3_K", "IQ3_M", "Q3_K_S", "IQ3_S", "IQ3_XS",
    "IQ3_XXS", "BF16", "F16", "Q2_K_XL", "Q2_K_L", "Q2_K", "Q2_K_S", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS",
    "F32", "IQ1_M", "IQ1_S", "TQ2_0", "TQ1_0",
)  # fmt: skip
FIRST_CHOICE = _ORDER[0]
"""The quantisation that is taken wherever there is one."""

_UNNAMED = _ORDER.index("Q8_K_XL") + 0.5  # a file whose name tells no quantisation

_LABEL = re.compile(
    r"(?<![A-Za-z0-9])(?P<ud>UD[-_])?(?P<type>"
    r"(?P<few>I?Q\d|TQ\d)(?:[_-](?:K|NL|XXS|XS|S|M|L|XL|XXL|\d)(?![A-Za-z0-9]))*"
    r"|BF16|FP?16|FP?32|MXFP4(?:[_-]MOE)?|NVFP4)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_PART = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})", re.IGNORECASE)
_NEVER = ("mmproj", "imatrix")
_RARELY = {"lora", "adapter", "adapters", "vocab", "projector", "draft", "cvector", "tokenizer"}
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository; its size and the SHA-256 of its bytes where the Hub tells them."""

    path: str
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that can be loaded: one file, or all the parts of one that was split."""

    files: tuple[RemoteFile, ...]
    label: str
    """The quantisation in its usual spelling, empty where the name does not tell it."""
    missing: int = 0
    """How many parts the repository does not have."""

    @property
    def path(self) -> str:
        """The file that the engine opens; it finds the other parts beside it."""
        return self.files[0].path

    @property
    def size(self) -> int | None:
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def shown(self) -> str:
        return f"{self.label or self.path}{f' ({gigabytes(self.size)})' if self.size else ''}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to take, and what a person should know of it."""

    model: Candidate
    notice: str = ""
    others: int = 0
    """How many could have been taken instead, where the name left it open."""


def is_part(path: str) -> bool:
    """Is this one part of a model that was split?"""
    return _part(path)[2] > 1


def _candidates(files: Iterable[RemoteFile]) -> list[Candidate]:
    """The models among the files, parts put together, in the order of their names."""
    groups: dict[tuple[str, int], dict[int, RemoteFile]] = {}
    for file in sorted(files, key=lambda f: f.path):
        if file.path.lower().endswith(".gguf") and is_safe_file(file.path):
            stem, part, parts = _part(file.path)
            groups.setdefault((stem, parts), {})[part] = file
    return [
        Candidate(tuple(group[n] for n in sorted(group)), _label(stem), parts - len(group))
        for (stem, parts), group in groups.items()
    ]


def choose(
    files: Sequence[RemoteFile], name: HubName, memory: Memory, here: Callable[[Candidate], bool]
) -> Choice:
    """The model that `name` means. `here` says which are on this disk already."""
    found = _candidates(files)
    if not found:
        raise BackendError(f"{name.repo} has no GGUF file", _elsewhere(name.repo))
    if name.file:
        return _within(_named(found, name), memory)
    if name.pick:
        return _within(_best(_quantised(found, name), name.repo), memory)
    usable = [model for model in found if not model.missing and not _is_extra(model, name.repo)]
    if not usable:
        raise BackendError(
            f"{name.repo} has GGUF files, but none that is a whole model",
            f"there are {_list(m.path for m in found)}",
        )
    return _fitting(usable, name.repo, memory, here)


def _named(found: Sequence[Candidate], name: HubName) -> Candidate:
    for model in found:
        if any(file.path == name.file for file in model.files):
            return _whole(model, name)
    raise BackendError(
        f"{name.repo} has no file {name.file}", _there_are(name.file, [m.path for m in found])
    )


def _quantised(found: Sequence[Candidate], name: HubName) -> list[Candidate]:
    """The models of the quantisation that was asked for; `Q4_K_XL` means `UD-Q4_K_XL` too."""
    usable = [model for model in found if not _is_extra(model, name.repo)]
    typed = _label(name.pick) if _LABEL.fullmatch(name.pick) else name.pick
    same = [m for m in usable if m.label == typed] or [
        m for m in usable if m.label == f"UD-{typed}"
    ]
    if not same:
        labels = sorted({m.label or m.path for m in usable}, key=_rank)
        raise BackendError(
            f"{name.repo} has no quantisation {name.pick}", _there_are(name.pick, labels)
        )
    whole = [model for model in same if not model.missing]
    return whole or [_whole(same[0], name)]


def _whole(model: Candidate, name: HubName) -> Candidate:
    if model.missing:
        parts = len(model.files) + model.missing
        raise BackendError(
            f"{name.repo} has only {len(model.files)} of the {parts} parts of {model.path}",
            "name another file after a colon",
        )
    return model


def _best(found: Sequence[Candidate], repo: str) -> Candidate:
    first, *others = sorted(found, key=lambda m: _preference(m, repo))
    same = [m for m in others if _preference(m, repo) == _preference(first, repo)]
    if same:
        paths = _list(m.path for m in (first, *same))
        raise BackendError(f"{repo} has several files that fit", f"name one after a colon: {paths}")
    return first


def _fitting(
    usable: Sequence[Candidate], repo: str, memory: Memory, here: Callable[[Candidate], bool]
) -> Choice:
    """The best model for the memory that is free; one that was downloaded already need only fit at all."""
    wanted = _best(usable, repo)
    fits = [m for m in usable if memory.allows(m.size) or (memory.holds(m.size) and here(m))]
    if not fits:
        least = min(usable, key=lambda m: m.size or 0)
        raise BackendError(
            f"the smallest file of {repo}, {least.shown}, is larger than the {memory.shown}",
            f"close other programs, or try it all the same: :{least.label or least.path}",
        )
    taken = wanted if wanted in fits else _best(fits, repo)
    if taken is wanted:
        return Choice(taken, others=len(usable) - 1)
    return Choice(taken, f"taking {taken.shown}: {wanted.shown} is larger than the {memory.shown}")


def _within(model: Candidate, memory: Memory) -> Choice:
    """The model that was named, which is taken at its word as long as it can be loaded at all."""
    if not memory.holds(model.size):
        raise BackendError(
            f"{model.shown} is larger than this machine's memory, {gigabytes(memory.total)}",
            "name a smaller quantisation",
        )
    if not memory.allows(model.size):
        return Choice(model, f"{model.shown} is larger than the {memory.shown}: it may be slow")
    return Choice(model)


def _preference(model: Candidate, repo: str) -> tuple[object, ...]:
    label = model.label
    folder = model.path.count("/")
    ours = _letters(_LABEL.sub("", _stem(model.path))) in _letters(repo.split("/")[1])
    return _rank(label), label.startswith("UD-"), not ours, folder, len(model.files) > 1


def _rank(label: str) -> float:
    plain = label.removeprefix("UD-")
    if plain in _ORDER:
        return _ORDER.index(plain)
    return _UNNAMED if not _LABEL.fullmatch(plain) else len(_ORDER)


def _label(stem: str) -> str:
    """The quantisation that a name tells, its last part first: `Q4_K_M` of `sub/tiny-q4-k-m`."""
    for part in reversed(stem.split("/")):
        marks = list(_LABEL.finditer(part))
        # `f16` beside a quantisation tells of a few layers.
        if mark := next((m for m in reversed(marks) if m["few"]), marks[-1] if marks else None):
            kind = mark["type"].upper().replace("-", "_").replace("FP16", "F16")
            return ("UD-" if mark["ud"] else "") + kind.replace("FP32", "F32")
    return ""


def _is_extra(model: Candidate, repo: str) -> bool:
    """Is this a part of a model, or a help for making one? A word that the repository has too tells nothing."""
    words = set(re.split(r"[^a-z0-9]+", _stem(model.path).lower()))
    if any(word.startswith(_NEVER) for word in words):
        return True
    return bool(words & _RARELY - set(re.split(r"[^a-z0-9]+", repo.lower())))


def _part(path: str) -> tuple[str, int, int]:
    stem = path[: -len(".gguf")]
    if split := _PART.fullmatch(stem):
        return split["stem"], int(split["part"]), int(split["parts"])
    return stem, 1, 1


def _stem(path: str) -> str:
    return PurePosixPath(_part(path)[0]).name


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _there_are(typed: str, known: Sequence[str]) -> str:
    begun = [label for label in known if label.lower().startswith(typed.lower())]
    guess = f"did you mean '{begun[0]}'?" if begun else did_you_mean(typed, known)
    return f"{guess + ' ' if 'mean' in guess else ''}there are {_list(known)}"


def _list(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more


def _elsewhere(repo: str) -> str:
    org, base = repo.split("/")
    named = (
        f"look for a repository called {org}/{base}-GGUF, or " if "gguf" not in base.lower() else ""
    )
    return f"{named}run it on a server: -m {repo}"
