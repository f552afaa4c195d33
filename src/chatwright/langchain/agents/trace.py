"""The trace that `verbose=True` shows: what the model wrote and what the tools gave, as it happens."""

from __future__ import annotations

import threading
from typing import Any, TextIO

from langchain_core.agents import AgentAction, AgentFinish, AgentStep

from chatwright.agent.secrets import Redactor

__all__ = ["Trace"]

_BOLD, _GREEN, _CYAN = "1", "32;1", "36;1"
_one_at_a_time = threading.Lock()


class Trace:
    """Writes one run to `out`, which is what stands for the screen when the run starts. Keys and passwords are left out."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._safe = Redactor().text
        self._colours = _is_terminal(out)

    def enter(self, name: str) -> None:
        """The line above a run."""
        self._write("\n\n", (f"> Entering new {name} chain...", _BOLD), "\n")

    def show(self, item: AgentAction | AgentStep | AgentFinish) -> None:
        """The model's own text once, then what came of it."""
        match item:
            case AgentAction(log=log):
                if log:  # of several actions in one reply the first one holds it
                    self._write((log, _GREEN), "\n")
            case AgentFinish(log=log):
                if log:
                    self._write((log, _GREEN), "\n")
            case AgentStep(action=action, observation=observation):
                unread = action.tool == "_Exception" and action.log
                told = ("Observation: ", (str(observation), _CYAN), "\n")
                self._write(*([(action.log, _GREEN), "\n"] if unread else []), *told)

    def leave(self) -> None:
        """The line below a run."""
        self._write("\n", ("> Finished chain.", _BOLD), "\n")

    def _write(self, *parts: str | tuple[str, str]) -> None:
        text = "".join(part if isinstance(part, str) else self._coloured(*part) for part in parts)
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        with _one_at_a_time:
            self._out.write(text)
            self._out.flush()

    def _coloured(self, text: str, colour: str) -> str:
        text = self._safe(text)
        return f"\033[{colour}m{text}\033[0m" if self._colours else text


def _is_terminal(out: Any) -> bool:
    try:
        return bool(out.isatty())
    except (AttributeError, ValueError):  # something that only has `write`, or is closed
        return False
