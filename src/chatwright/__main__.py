"""`chatwright` and `python -m chatwright`: the command line, quiet under Ctrl-C from its first import on."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from .cli import main

        main()
    except (
        KeyboardInterrupt
    ):  # it came before or after the command, while Python was busy with itself
        sys.exit(130)


if __name__ == "__main__":
    run()
