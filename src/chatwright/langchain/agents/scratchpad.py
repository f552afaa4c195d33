"""`format_log_to_str`: the rounds so far as the text that the model goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.agents import AgentAction

from chatwright.agent.hygiene import guarded, unspecial
from chatwright.formats import react_json

__all__ = ["format_log_to_str"]


def format_log_to_str(
    intermediate_steps: Sequence[tuple[AgentAction, Any]],
    observation_prefix: str = "Observation: ",
    llm_prefix: str = "Thought: ",
) -> str:
    """What the model wrote and what the tools gave, round by round.

    A line of an observation that looks like a part of the dialogue is moved in by a space, so that no
    tool's text can speak for the model.
    """
    return "".join(
        f"{action.log}\n{observation_prefix}{_told(observation)}\n{llm_prefix}"
        for action, observation in intermediate_steps
    )


def _told(observation: Any) -> str:
    text = str(observation)
    if not isinstance(observation, str):
        text = unspecial(guarded(text))  # of texts the executor sees to that, once for each
    if "\n" not in text and "\r" not in text:
        return text  # it stands behind the prefix, where no label can begin
    [shown] = react_json.show([{"role": "tool", "content": text}], ())
    return str(shown["content"]).removeprefix("Observation: ")
