"""How many threads the engine gets: by affinity, by the quotas of nested groups, and by the user's own wish."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import chatwright.backends.local.cpus as cpus
from chatwright.backends.local.cpus import _quotas, thread_count


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def proc(folder: Path, *, groups: str, mounts: str) -> Path:
    """A /proc/self with these groups, and these mounts below `folder`."""
    write(folder / "proc" / "cgroup", groups)
    write(folder / "proc" / "mountinfo", mounts.replace("@", str(folder).replace(" ", r"\040")))
    return folder / "proc"


V2 = "31 23 0:28 / @/cg rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_the_smallest_quota_of_all_groups_around_the_process_counts(tmp_path: Path):
    write(tmp_path / "cg/a/b/cpu.max", "max 100000\n")
    write(tmp_path / "cg/a/cpu.max", "150000 100000\n")
    write(tmp_path / "cg/cpu.max", "400000 100000\n")
    found = _quotas(proc(tmp_path, groups="0::/a/b\n", mounts=V2))
    assert sorted(found) == [1.5, 4.0]


def test_in_a_container_its_own_group_stands_at_the_top(tmp_path: Path):
    write(tmp_path / "cg/cpu.max", "50000 100000\n")
    assert list(_quotas(proc(tmp_path, groups="0::/\n", mounts=V2))) == [0.5]


def test_a_container_that_shows_the_names_of_its_host_is_understood(tmp_path: Path):
    """The group is called as the host calls it, and the mount says which part of the host's tree is here."""
    write(tmp_path / "cg/cpu.max", "200000 100000\n")
    write(tmp_path / "cg/inner/cpu.max", "100000 100000\n")
    mounts = V2.replace(" / @", " /docker/abc @")
    found = _quotas(proc(tmp_path, groups="0::/docker/abc/inner\n", mounts=mounts))
    assert sorted(found) == [1.0, 2.0]


def test_a_group_that_is_not_in_the_mount_has_the_quota_of_the_mount(tmp_path: Path):
    write(tmp_path / "cg/cpu.max", "300000 100000\n")
    mounts = V2.replace(" / @", " /docker/abc @")
    assert list(_quotas(proc(tmp_path, groups="0::/elsewhere\n", mounts=mounts))) == [3.0]
    assert list(_quotas(proc(tmp_path, groups="0::/../b\n", mounts=V2))) == [3.0]


def test_the_first_version_is_read_where_its_processor_controller_stands(tmp_path: Path):
    groups = "9:name=systemd:/x\n4:cpu,cpuacct:/a/b\n3:cpuset:/c\n0::/\n"
    mounts = (
        "32 31 0:29 / @/set rw - cgroup cgroup rw,cpuset\n"
        "33 31 0:30 / @/cpu\\040time rw - cgroup cgroup rw,cpu,cpuacct\n"
    )
    here = tmp_path / "cpu time"
    write(here / "a/b/cpu.cfs_quota_us", "-1\n")
    write(here / "a/b/cpu.cfs_period_us", "100000\n")
    write(here / "a/cpu.cfs_quota_us", "250000\n")
    write(here / "a/cpu.cfs_period_us", "100000\n")
    write(tmp_path / "set/c/cpu.max", "100000 100000\n")
    assert list(_quotas(proc(tmp_path, groups=groups, mounts=mounts))) == [2.5]


@pytest.mark.parametrize(
    "told", ["", "max", "max 100000", "a b", "0 100000", "1 0", "-5 7", "1 2 3"]
)
def test_what_is_no_quota_limits_nothing(tmp_path: Path, told: str):
    write(tmp_path / "cg/cpu.max", told)
    assert list(_quotas(proc(tmp_path, groups="0::/\n", mounts=V2))) == []


@pytest.mark.parametrize(
    ("groups", "mounts"),
    [("", ""), ("nonsense\n\n:\n::", V2), ("0::/\n", "too short\n- - -\n"), ("0::/\n", "\xff")],
)
def test_files_of_another_shape_limit_nothing(tmp_path: Path, groups: str, mounts: str):
    assert list(_quotas(proc(tmp_path, groups=groups, mounts=mounts))) == []
    assert list(_quotas(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    ("affinity", "quotas", "wish", "threads"),
    [
        (8, [], None, 8),
        (8, [2.9], None, 2),
        (8, [0.3], None, 1),
        (2, [16.0], None, 2),
        (8, [6.0, 3.0], None, 3),
        (8, [], "3", 3),
        (8, [2.0], "3", 2),
        (8, [], "4,2", 4),
        (8, [], "0", 8),
        (8, [], "many", 8),
        (8, [], "", 8),
    ],
)
def test_the_threads_are_the_least_of_affinity_quota_and_wish(
    monkeypatch: pytest.MonkeyPatch,
    affinity: int,
    quotas: list[float],
    wish: str | None,
    threads: int,
):
    monkeypatch.setattr(cpus, "_affinity", lambda: affinity)
    monkeypatch.setattr(cpus, "_quotas", lambda _: quotas)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if wish is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", wish)
    assert thread_count() == threads


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_the_affinity_of_this_process_is_respected(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert thread_count() == 1
    finally:
        os.sched_setaffinity(0, before)
