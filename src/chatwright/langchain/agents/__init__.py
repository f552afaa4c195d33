"""Agents as LangChain knows them, over the one loop: start reading at `session`. Each name is loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .executor import AgentExecutor
    from .interrupts import interrupt_for_approval, run_id_here
    from .iterator import AgentExecutorIterator, AgentRunInfo
    from .parsers import ReActJsonSingleInputOutputParser
    from .planner import RunnablePlanner
    from .scratchpad import format_log_to_str
    from .telling import with_callbacks

__all__ = [
    "AgentExecutor",
    "AgentExecutorIterator",
    "AgentRunInfo",
    "ReActJsonSingleInputOutputParser",
    "RunnablePlanner",
    "format_log_to_str",
    "interrupt_for_approval",
    "run_id_here",
    "with_callbacks",
]

_HOMES = {
    "AgentExecutor": "executor",
    "AgentExecutorIterator": "iterator",
    "AgentRunInfo": "iterator",
    "ReActJsonSingleInputOutputParser": "parsers",
    "RunnablePlanner": "planner",
    "format_log_to_str": "scratchpad",
    "interrupt_for_approval": "interrupts",
    "run_id_here": "interrupts",
    "with_callbacks": "telling",
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
