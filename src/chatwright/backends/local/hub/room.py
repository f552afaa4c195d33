"""How much memory and disk there is for a model."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "free_disk", "gigabytes", "memory"]

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that this process may still have, and all that there is; `None` where nobody tells."""

    free: int | None
    total: int | None

    def allows(self, size: int | None) -> bool:
        """Is there room for a file of this size now?"""
        return size is None or self.free is None or size <= self.free

    def holds(self, size: int | None) -> bool:
        """Would there be room if nothing else ran?"""
        return size is None or self.total is None or size <= self.total

    @property
    def shown(self) -> str:
        return f"{gigabytes(self.free)} of memory that are free"


def memory() -> Memory:
    """The memory of this machine, or of the container that this process lives in."""
    found = _machine()
    free, total = found.free, found.total
    for limit, used in _limits():
        total = limit if total is None else min(total, limit)
        free = max(0, limit - used) if free is None else min(free, max(0, limit - used))
    return Memory(free, total)


def free_disk(folder: Path) -> int | None:
    """The bytes that may still be written where `folder` is, or will be."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def gigabytes(size: int | None) -> str:
    """A size as a person says it: `4.9 GB`, `350 MB`, `12 kB`.

    >>> gigabytes(4_920_000_000)
    '4.9 GB'
    """
    if size is None:
        return "an unknown size"
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= one:
            return (
                f"{size / one:.1f} {unit}"
                if size < 10 * one or one == 10**9
                else f"{size // one} {unit}"
            )
    return f"{size} bytes"


def _machine() -> Memory:
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text("utf-8").splitlines())
        total = _kilobytes(lines["MemTotal"]) + _kilobytes(lines["SwapTotal"])
        return Memory(_kilobytes(lines["MemAvailable"]), total)
    except (OSError, ValueError, KeyError):
        return Memory(None, _pages())


def _kilobytes(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024


def _pages() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has none of it
        return None


def _limits() -> list[tuple[int, int]]:
    """The limits of this container and what is used of each, from either version of cgroups."""
    found: list[tuple[int, int]] = []
    for limit, used, reclaimable in (
        (_CGROUP / "memory.max", _CGROUP / "memory.current", "inactive_file"),
        (
            _CGROUP / "memory/memory.limit_in_bytes",
            _CGROUP / "memory/memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ):
        try:
            stat = dict(
                line.split()
                for line in (limit.parent / "memory.stat").read_text("utf-8").splitlines()
            )
            whole = int(limit.read_text())
            found.append((whole, int(used.read_text()) - int(stat.get(reclaimable, 0))))
        except (OSError, ValueError):
            continue  # no such version here, or "max": no limit
    return found
