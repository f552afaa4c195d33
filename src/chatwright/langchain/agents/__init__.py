"""Agents as LangChain knows them, over the one loop: start reading at `session`."""

from __future__ import annotations

from .executor import AgentExecutor
from .iterator import AgentExecutorIterator
from .parsers import ReActJsonSingleInputOutputParser
from .planner import RunnablePlanner
from .scratchpad import format_log_to_str

__all__ = [
    "AgentExecutor",
    "AgentExecutorIterator",
    "ReActJsonSingleInputOutputParser",
    "RunnablePlanner",
    "format_log_to_str",
]
