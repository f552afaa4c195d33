"""The agent: one loop over a model and its tools. Start reading at `agent`, then `loop` and `course`."""

from __future__ import annotations

from .agent import Agent
from .approval import Approve, Approver, Decision, Edit, Refuse, StartedCall
from .loop import Loop
from .past import conversation
from .planner import ModelPlanner, to_messages
from .run import Limits, Planner, Run, Step, Turn

__all__ = [
    "Agent",
    "Approve",
    "Approver",
    "Decision",
    "Edit",
    "Limits",
    "Loop",
    "ModelPlanner",
    "Planner",
    "Refuse",
    "Run",
    "StartedCall",
    "Step",
    "Turn",
    "conversation",
    "to_messages",
]
