"""`ReActJsonSingleInputOutputParser`: a reply in ReAct with JSON as the action it asks for, or as the answer."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from langchain_core.agents import AgentAction, AgentFinish
from langchain_core.exceptions import OutputParserException
from langchain_core.output_parsers import BaseOutputParser

from chatwright.events import Malformed, Text, ToolCall
from chatwright.formats import react_json

__all__ = ["ReActJsonSingleInputOutputParser"]

_RAW = "\x00input"  # no key that a model writes
_UNNAMED = "input"  # where the reader puts the one value that a tool it does not know is given
_EXPECTED = """\
Write a thought and then one action, or your answer.

An action is one JSON object in a fence of three backticks, with the tool's name and its input:

Thought: what to do next
Action:
```
{"action": "tool name", "action_input": "tool input"}
```

The answer stands behind these two words:

Thought: I know the answer
Final Answer: the answer to the question"""
# What a reply names as a tool. Of a tool that is known the reader gives the input just as it was written.
_NAMED = re.compile(
    r"[\"'“](?:action|tool)[\"'”]\s{0,9}:\s{0,9}[\"'“]([^\"'”\n]{1,100})[\"'”]", re.IGNORECASE
)
_ANSWERS = ("finalanswer", "finish", "final")
_MOST_NAMES = 20


class ReActJsonSingleInputOutputParser(
    BaseOutputParser["AgentAction | AgentFinish | list[AgentAction]"]
):
    """Gives an `AgentAction`, or an `AgentFinish` with the answer; several actions at once come as a list.

    It reads as the rest of chatwright reads: fences that are missing, cut off or of another kind, quotes and
    commas that are not JSON's, lists. A draft inside a think tag is no action, what follows an action is no
    answer, and an observation that the model made up is cut off. A reply that is neither an action nor an
    answer raises an `OutputParserException` whose `observation` tells the model why.
    """

    def parse(self, text: str) -> AgentAction | AgentFinish | list[AgentAction]:
        """What the reply asks for."""
        events = react_json.read(text, _tools_named_in(text))
        if wrong := next((event for event in events if isinstance(event, Malformed)), None):
            # an error as such, for LangChain adds an address on the web to a text
            raise OutputParserException(
                ValueError(wrong.reason),
                observation=wrong.reason,
                llm_output=wrong.text or text[:2_000],
                send_to_llm=True,
            )
        actions = [_action(event, text) for event in events if isinstance(event, ToolCall)]
        if actions:
            return actions[0] if len(actions) == 1 else actions
        answer = "".join(event.text for event in events if isinstance(event, Text))
        return AgentFinish({"output": answer}, text)

    def get_format_instructions(self) -> str:
        """What to tell a model that has to write so."""
        return _EXPECTED

    @property
    def _type(self) -> str:
        return "react-json-single-input"


def _tools_named_in(text: str) -> list[dict[str, Any]]:
    """A tool for each name, which takes one input of any kind."""
    found = _NAMED.findall(text)[-_MOST_NAMES:]
    names = {name.strip(): None for name in found if _plain(name) not in _ANSWERS and name.strip()}
    takes: dict[str, Any] = {
        "type": "object",
        "properties": {_RAW: {}},
        "additionalProperties": False,
    }
    return [{"function": {"name": name, "parameters": takes}} for name in names]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _action(call: ToolCall, text: str) -> AgentAction:
    behind = text[len(call.log) :] if text.startswith(call.log) else ""
    # Only what says something was cut off: an end of line or of a fence belongs to the reply.
    log = text if call.log and not behind.strip(" \t\r\n`~") else call.log
    return AgentAction(call.name, _input(call.args), log)


def _input(args: dict[str, Any]) -> str | dict[Any, Any]:
    """The input as an `AgentAction` can hold it: a text or a dictionary."""
    if list(args) not in ([_RAW], [_UNNAMED]):
        return args
    [given] = args.values()
    if isinstance(given, str):
        return given
    return cast("dict[Any, Any]", given) if isinstance(given, dict) else json.dumps(given)
