"""A program that runs an executor again and again in forks of itself, kills them, and tells what came of it.

    python executor_storm.py FOLDER MODE TRIALS STEPS WAY

MODE `commits` kills right before and right after each commit of a journal, `moments` at random moments. Each trial goes
on until the run has its output, and prints one line of JSON: what the agent was asked by each process, what was committed
when it began, which tools ran, and the output.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import StructuredTool

from chatwright.agent.journal import Journal, Record
from chatwright.agents import AgentExecutor

LATE = 0.002  # seconds that a reply takes, and a tool


def note(folder: Path, kind: str, what: Any) -> None:
    with (folder / kind).open("a") as file:
        file.write(json.dumps([os.getpid(), what]) + "\n")


def noted(folder: Path, kind: str) -> list[Any]:
    path = folder / kind
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def pay(what: str) -> str:
    """Pays."""
    note(Path.cwd(), "paid", what)
    time.sleep(LATE)
    return f"paid {what}"


TOOL = StructuredTool.from_function(pay)


def executor(folder: Path, steps: int) -> AgentExecutor:
    def plan(inputs: dict[str, Any]) -> Any:
        at = len(inputs["intermediate_steps"])
        note(folder, "asked", at)
        time.sleep(LATE)
        if at < steps:
            return AgentAction("pay", {"what": f"bill {at}"}, f"I pay bill {at}.")
        return AgentFinish({"output": f"paid {at}"}, "all paid")

    return AgentExecutor(
        agent=RunnableLambda(plan), tools=[TOOL], journal=folder / "journal.db", run_id="r",
        return_intermediate_steps=True,
    )  # fmt: skip


def go(folder: Path, steps: int, way: str) -> None:
    """Run it to its end, and then ask for its output once more."""
    os.chdir(folder)
    note(folder, "began", replies(folder))
    made = executor(folder, steps)
    for _ in range(2):
        result = (
            made.invoke({"input": "pay"}) if way == "sync" else asyncio.run(made.ainvoke({"input": "pay"}))
        )  # fmt: skip
        seen = [[action.tool_input["what"], given] for action, given in result["intermediate_steps"]]  # fmt: skip
        note(folder, "output", [result["output"], seen])


def replies(folder: Path) -> int:
    """How many replies are committed."""
    if not (folder / "journal.db").exists():
        return 0
    with Journal.open(folder / "journal.db") as journal:
        if not journal.runs():
            return 0
        return sum(row.kind == "reply" for row in journal.read("r")[1])


def dying_at(commit: int) -> None:
    """This process kills itself before its commit of this number, or after it."""
    add, seen = Record.add, [0]

    def killed(self: Record, *rows: Any, **options: Any) -> None:
        if seen[0] == commit:
            os.kill(os.getpid(), signal.SIGKILL)
        add(self, *rows, **options)
        if seen[0] + 1 == commit:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 2

    Record.add = killed  # type: ignore[method-assign]


def child(folder: Path, steps: int, way: str, commit: int | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        if commit is not None:
            dying_at(commit)
        go(folder, steps, way)
    except BaseException as err:  # the parent reads it in the file
        note(folder, "failed", repr(err))
    finally:
        os._exit(0)


def trial(folder: Path, mode: str, steps: int, way: str, at: int) -> dict[str, Any]:
    folder.mkdir()
    dice, kills = random.Random(at), 0
    while len(noted(folder, "output")) < 2 and not noted(folder, "failed"):
        pid = child(folder, steps, way, at if mode == "commits" and not kills else None)
        if mode == "moments" and kills < 3:
            time.sleep(dice.uniform(0, (2 * steps + 1) * LATE * 2))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        kills += os.WIFSIGNALED(status)
    kinds = ("began", "asked", "paid", "output", "failed")
    return {"kills": kills, **{kind: noted(folder, kind) for kind in kinds}}


def main() -> None:
    folder, mode, trials, steps, way = Path(sys.argv[1]), *sys.argv[2:]
    gc.freeze()  # what a fork does not look at it need not copy
    for at in range(int(trials)):
        told = trial(folder / str(at), mode, int(steps), way, at)
        sys.stdout.write(json.dumps(told) + "\n")
        if mode == "commits" and not told["kills"]:
            break  # it has no commit of that number any more


if __name__ == "__main__":
    main()
