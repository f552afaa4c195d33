"""How many threads the engine may keep busy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["thread_count"]

_PROC = Path("/proc/self")


def thread_count() -> int:
    """The processors that this process may really use.

    That is its affinity, less what the quota of its container takes away; `OMP_NUM_THREADS` may lower it further.
    One thread more than there are processors to run it makes every step wait, so the count of the machine would
    be the wrong one.
    """
    limits = [float(_affinity()), *_quotas(_PROC), *_wish(os.environ)]
    return max(1, int(min(limits)))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _wish(environ: Mapping[str, str]) -> Iterator[float]:
    """What the user has set for programs of this kind: a number, or one for each level of nesting."""
    first = environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        yield float(first)


@dataclass(frozen=True, slots=True)
class _Mount:
    """A hierarchy of control groups as this process sees it: the group `root` stands at the folder `point`."""

    root: PurePosixPath
    point: Path
    version: int

    def folders(self, group: PurePosixPath) -> Iterator[Path]:
        """The folders of a group and of all groups around it: the quota of each of them counts."""
        inside = group.relative_to(self.root) if group.is_relative_to(self.root) else None
        here = self.point if inside is None else self.point / inside
        yield here
        while here != self.point:
            here = here.parent
            yield here


def _quotas(proc: Path) -> Iterator[float]:
    """The quotas of this process and of the groups around it in processors, from both versions of cgroups."""
    groups = dict(_groups(_read(proc / "cgroup")))
    for mount in _mounts(_read(proc / "mountinfo")):
        group = groups.get(mount.version)
        if group is None:
            continue
        for folder in mount.folders(group):
            quota = _quota(folder)
            if quota is not None:
                yield quota


def _groups(text: str) -> Iterator[tuple[int, PurePosixPath]]:
    """Which group this process is in, by the version: lines such as `0::/a/b` and `4:cpu,cpuacct:/a/b`."""
    for line in text.splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            yield 2, PurePosixPath(path)
        elif "cpu" in controllers.split(","):
            yield 1, PurePosixPath(path)


def _mounts(text: str) -> Iterator[_Mount]:
    """Where the groups stand: lines such as `31 23 0:28 /root /point rw - cgroup cgroup rw,cpu`."""
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        place, kind = left.split(), right.split()
        if len(place) < 5 or len(kind) < 3:
            continue
        root, point = (_unescaped(part) for part in place[3:5])
        if kind[0] == "cgroup2":
            yield _Mount(PurePosixPath(root), Path(point), 2)
        elif kind[0] == "cgroup" and "cpu" in kind[2].split(","):
            yield _Mount(PurePosixPath(root), Path(point), 1)


def _quota(folder: Path) -> float | None:
    """The quota that one group sets; `None` if it sets none."""
    told = _read(folder / "cpu.max").split() or [
        _read(folder / "cpu.cfs_quota_us").strip(),
        _read(folder / "cpu.cfs_period_us").strip(),
    ]
    try:
        limit, period = (int(part) for part in told)
        return limit / period if limit > 0 and period > 0 else None
    except ValueError:
        return None  # "max", or no such file


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""
