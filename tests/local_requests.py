"""What the tests of the local engine share: requests whose answer is known, and readers of answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from chatwright.backends.local import LocalBackend
from chatwright.request import End, Grammar, Piece, Request, Sampling, Segment

__all__ = [
    "GREEDY",
    "LONG",
    "both",
    "child_of",
    "collect",
    "gone",
    "ours",
    "run",
    "says",
    "theirs",
    "told",
    "wait_until_idle",
]

GREEDY = Sampling(temperature=0)
LONG = Grammar("root ::= [a-z]{1900}")


def ours(text: str) -> Segment:
    return Segment(text, True)


def theirs(text: str) -> Segment:
    return Segment(text, False)


def says(text: str, **more: Any) -> Request:
    """A request that is answered with `text`, whatever the weights say."""
    quoted = "".join(f"\\x{ord(c):02X}" if c in '"\\\n' else c for c in text)
    more = {"prompt": [ours("hello")], "sampling": GREEDY, **more}
    return Request(constraint=Grammar(f'root ::= "{quoted}"'), **more)


def told(items: list[Piece | End]) -> str:
    return "".join(item.text for item in items if isinstance(item, Piece))


async def collect(backend: LocalBackend, request: Request) -> list[Piece | End]:
    return [item async for item in backend.astream(request)]


def both(backend: LocalBackend, request: Request) -> list[Piece | End]:
    """The answer, which must be the same from `stream` and `astream`."""
    items = list(backend.stream(request))
    again = asyncio.run(collect(backend, request))
    assert told(again) == told(items)
    assert isinstance(again[-1], End) and isinstance(items[-1], End)
    assert again[-1].reason == items[-1].reason
    return items


def wait_until_idle(backend: LocalBackend) -> None:
    """Every place of the engine is free again, soon."""
    engine = backend._open()[0]
    admission = engine._admission
    with admission.changed:
        assert admission.changed.wait_for(lambda: not admission.inside, timeout=20)
        assert (admission.cells, admission.slots) == (engine.settings.pool, engine.settings.slots)
        assert not engine._exchanges and not admission._line


def child_of(backend: LocalBackend) -> int:
    return backend._open()[0]._child._process.pid


def gone(pid: int) -> bool:
    """Has the process ended? One that nobody has buried yet has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def run(code: str, *args: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """A Python of its own that runs the code; a warning there is an error."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    more = {"capture_output": True, "text": True, "timeout": 60, **more}
    return subprocess.run(command, check=False, **more)
