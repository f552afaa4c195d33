"""CPU seconds, memory and medians: what every benchmark here measures with.

CPU time (user + system) and not wall time, because these figures must mean something on a busy machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cost", "alternate", "command", "peer_python", "row"]

_PEERS = Path(__file__).parent / ".peers"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: CPU seconds and the most memory it held, in bytes."""

    cpu: float
    memory: int


def command(*words: str, env: dict[str, str] | None = None) -> Cost:
    """Run a command to its end, quietly; its output is shown if it fails."""
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
    ) as child:
        output = child.stdout.read() if child.stdout else b""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{output.decode(errors='replace')[-2000:]}")
    kib = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * kib)


def alternate(runs: Sequence[Callable[[], Cost]], times: int) -> list[Cost]:
    """The median cost of each, run in turns, so that a busy minute hurts all of them alike."""
    seen: list[list[Cost]] = [[] for _ in runs]
    for run in runs:
        run()  # the first one finds cold caches
    for _ in range(times):
        for run, costs in zip(runs, seen, strict=True):
            costs.append(run())
    return [
        Cost(
            statistics.median(c.cpu for c in costs), int(statistics.median(c.memory for c in costs))
        )
        for costs in seen
    ]


def peer_python(name: str, *packages: str) -> str:
    """The Python of an environment that holds the packages and nothing of ours; made on first use."""
    home = _PEERS / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / ".ready"
    if not ready.exists():
        print(f"making an environment for {', '.join(packages)} ...", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        quiet = ["-q", "--disable-pip-version-check"]
        subprocess.run([python, "-m", "pip", "install", *quiet, *packages], check=True)
        ready.write_text("\n".join(packages))
    return str(python)


def row(what: str, *figures: str) -> None:
    """A line of a table."""
    print(f"{what:<52}" + "".join(f"{figure:>16}" for figure in figures), flush=True)
