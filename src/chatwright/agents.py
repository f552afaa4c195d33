"""LangChain's agent parts over chatwright: `AgentExecutor`, `load_tools`, the ReAct parser and the scratchpad.

For any agent of chatwright: `with_callbacks` tells LangChain's handlers of its events, `interrupt_for_approval` asks by
LangGraph's interrupts, and `run_id_here` names a run after the step of the graph.

Each name is loaded when it is used for the first time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .langchain.agents import (
        AgentExecutor,
        AgentExecutorIterator,
        AgentRunInfo,
        ReActJsonSingleInputOutputParser,
        RunnablePlanner,
        format_log_to_str,
        interrupt_for_approval,
        run_id_here,
        with_callbacks,
    )
    from .langchain.toolkit import (
        as_langchain_tool,
        as_langchain_tools,
        get_all_tool_names,
        load_tools,
    )

__all__ = [
    "AgentExecutor",
    "AgentExecutorIterator",
    "AgentRunInfo",
    "ReActJsonSingleInputOutputParser",
    "RunnablePlanner",
    "as_langchain_tool",
    "as_langchain_tools",
    "format_log_to_str",
    "get_all_tool_names",
    "interrupt_for_approval",
    "load_tools",
    "run_id_here",
    "with_callbacks",
]

_OF_TOOLKIT = ("as_langchain_tool", "as_langchain_tools", "get_all_tool_names", "load_tools")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "toolkit" if name in _OF_TOOLKIT else "agents"
    value = getattr(import_module(f".langchain.{home}", __package__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
