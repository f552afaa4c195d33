"""How the steps of a run are written down: the reply that calls a tool, and the one that answers."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    thought: str
    tool: str
    argument: str
    result: str
    learned: bool = True  # False for a call that fails and must not be copied


def call(step: Step, arg: str, hub: bool) -> str:
    value = step.argument if hub else {arg: step.argument}
    blob = json.dumps({"action": step.tool, "action_input": value}, ensure_ascii=False)
    return f"Thought: {step.thought}\nAction:\n```\n{blob}\n```"


def finish(text: str) -> str:
    return f"Thought: I know the answer\nFinal Answer: {text}"
