"""`chatwright` and `python -m chatwright`: the command line, quiet under Ctrl-C from its first import on."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit code; 130 for Ctrl-C, once or twice."""
    try:
        signal.signal(signal.SIGINT, _stop)
        from .cli import main

        try:
            main()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nor may it kill Python's own shutdown
    except KeyboardInterrupt:
        sys.exit(130)


def _stop(signum: int, frame: FrameType | None) -> None:
    # A second one would land while the engine's threads are taken down, and abort the process.
    signal.signal(signal.SIGINT, _leave)
    raise KeyboardInterrupt


def _leave(signum: int, frame: FrameType | None) -> None:
    os._exit(130)


if __name__ == "__main__":
    run()
