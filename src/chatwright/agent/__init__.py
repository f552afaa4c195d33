"""The agent: one loop over a model and its tools. Start reading at `loop`."""

from __future__ import annotations

from .loop import Agent, Loop
from .planner import ModelPlanner, to_messages
from .run import Limits, Planner, Run, Step, Turn

__all__ = [
    "Agent",
    "Limits",
    "Loop",
    "ModelPlanner",
    "Planner",
    "Run",
    "Step",
    "Turn",
    "to_messages",
]
