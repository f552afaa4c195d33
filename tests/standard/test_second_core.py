"""The standard tests once more on the newer langchain-core, which lies in a folder of its own before the installed one.

It is installed without its dependencies: those that it asks for are too new for some indexes, and not needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CORE = "1.8.2"
HOME = Path(sys.prefix) / f"second-core-{CORE}"
HERE = Path(__file__).parent
SUITES = ("test_chat_units.py", "test_chat_strict.py", "test_chat_local.py")


@pytest.fixture(scope="module")
def second_core() -> dict[str, str]:
    """The environment in which `import langchain_core` finds the newer one; made once."""
    ready = HOME / ".ready"
    if not ready.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        done = subprocess.run(
            [*pip, "--no-deps", "--upgrade", "--target", str(HOME), f"langchain-core=={CORE}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            why = next((r for r in done.stderr.splitlines() if r.startswith("ERROR")), "pip failed")
            pytest.skip(f"langchain-core {CORE} cannot be installed from the index: {why}")
        ready.touch()
    return {**os.environ, "PYTHONPATH": str(HOME)}


def test_the_newer_core_is_the_one_that_is_imported(second_core: dict[str, str]) -> None:
    code = "import langchain_core as c; print(c.__version__, c.__file__)"
    told = subprocess.check_output([sys.executable, "-c", code], env=second_core, text=True)
    version, file = told.split()
    assert (version, HOME in Path(file).parents) == (CORE, True)


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_the_standard_tests_pass_on_the_newer_core(suite: str, second_core: dict[str, str]) -> None:
    plain = ["-q", "-o", "addopts=--strict-markers", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, suite],
        cwd=HERE,
        env={k: v for k, v in second_core.items() if not k.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
