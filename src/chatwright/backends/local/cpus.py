"""How many threads the engine may keep busy."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["thread_count"]

_CGROUP = Path("/sys/fs/cgroup")


def thread_count() -> int:
    """The processors that this process may really use: its affinity, less what a container's quota takes away.

    One thread more than there are processors to run it makes every step wait, so the count of the machine
    would be the wrong one.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    quota = _quota(_CGROUP)
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def _quota(root: Path) -> float | None:
    """The quota of this container in processors, from either version of cgroups; `None` where there is none."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        limit, period = _first_version(root / "cpu")
    try:
        return int(limit) / int(period) if int(limit) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None  # "max": no quota


def _first_version(folder: Path) -> tuple[str, str]:
    try:
        limit = (folder / "cpu.cfs_quota_us").read_text()
        return limit, (folder / "cpu.cfs_period_us").read_text()
    except OSError:
        return "max", "1"
