"""The table of benchmarks/agent_executor.py: the same replies through our executor, and through the classic one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import agent_executor as table  # noqa: E402

sys.path.remove(str(BENCHMARKS))
CLASSIC = BENCHMARKS / ".peers" / "langchain-classic" / "bin" / "python"
RIGHT_IN_BOTH = [
    "a tool, then the answer", "input as an object", "the answer at once", "an answer with a code block",
    "an unknown tool", "return_direct", "the limit of steps",
]  # fmt: skip


@pytest.fixture(scope="module")
def ours() -> list[dict[str, Any]]:
    return table.results_of(sys.executable, table.OURS)


@pytest.mark.parametrize("at", range(len(table.CASES)), ids=[case[0] for case in table.CASES])
def test_ours_is_right(ours: list[dict[str, Any]], at: int):
    assert table.wrong(table.CASES[at], ours[at]) == ""


@pytest.mark.slow
@pytest.mark.skipif(
    not CLASSIC.exists(), reason="benchmarks/agent_executor.py makes that environment"
)
def test_where_the_classic_one_is_right_the_steps_are_the_same_too(ours: list[dict[str, Any]]):
    theirs = table.results_of(str(CLASSIC), table.THEIRS)
    right = [at for at, case in enumerate(table.CASES) if table.wrong(case, theirs[at]) == ""]
    assert [table.CASES[at][0] for at in right] == RIGHT_IN_BOTH
    for at in right:
        for told in (ours[at], theirs[at]):
            del told["seconds"]
        if table.CASES[at][0] != "an unknown tool":  # ours says which one may have been meant
            assert ours[at] == theirs[at]
