"""Settings for every test: the same generated cases in every run, or new ones when looking for trouble.

HYPOTHESIS_PROFILE=search make test     # other cases each time
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whoever started the tests in the background has switched Ctrl-C off, for the programs that they start as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What the commands under test keep is not to stand among the runs of whoever tests.
_STATE = tempfile.mkdtemp(prefix="chatwright-tests-")
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)
os.environ["CHATWRIGHT_JOURNAL"] = str(Path(_STATE) / "runs.db")

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Which standard tests ask more of nano than it knows, and run on another server for that reason."""
    from standard.weak import tell

    tell(terminalreporter)
