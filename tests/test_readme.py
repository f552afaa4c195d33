"""What the README says is so: its Python runs, its commands exist, it is short."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
NANO = ROOT / "src" / "chatwright" / "nano" / "nano.gguf"


@pytest.mark.slow
@pytest.mark.skipif(not NANO.exists(), reason="the built-in model is not in this tree")
@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_a_python_block_runs_and_says_what_it_should(block: str):
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "15% of 1240" in done.stdout
    assert done.stdout.splitlines()[0] == "3.991298452658078"


def test_the_readme_is_short_and_has_the_two_commands():
    assert len(README.split()) < 600
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in ("make demo", "make test"):
        assert command in README and f"\n{command.split()[1]}:" in makefile


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link
