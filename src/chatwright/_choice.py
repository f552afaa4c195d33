"""Which format of tool calls a model gets, and which tools a reply may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from .errors import UnknownTool, UsageError, did_you_mean
from .formats import FORMATS, Format, recognised
from .formats._toolbox import spec_of
from .request import NamedTool, Segment, ToolChoice, ToolSchema
from .templates import ChatTemplate
from .templates.sentinel import written_call

__all__ = [
    "chosen_format",
    "chosen_tools",
    "format_called",
    "format_of",
    "think_tag",
    "tool_name",
]


def chosen_format(template: ChatTemplate | None) -> str:
    """The name of the format that a template writes tool calls in, if it shows the tools; else `react_json`."""
    return format_of(template).name


@lru_cache(maxsize=64)
def format_of(template: ChatTemplate | None) -> Format:
    """The format of that name; past calls get their arguments in the form that the template takes."""
    for sample in written_call(template) if template else ():
        if found := recognised(sample):
            return replace(found, arguments=sample.arguments)
    return FORMATS["react_json"]


def format_called(format: Format | str) -> Format:
    """The format of that name, or the one that is given."""
    if not isinstance(format, str):
        return format
    if format not in FORMATS:
        raise UsageError(
            f"there is no tool format called '{format}'", did_you_mean(format, FORMATS)
        )
    return FORMATS[format]


def think_tag(prompt: Sequence[Segment]) -> str:
    """The tag by which the template opens the reply's thinking itself, if it does: then no other will come."""
    end = "".join(segment.text for segment in prompt[-2:])[-40:].rstrip()
    tags = [tag for tag in ("<think>", "<thinking>") if end.endswith(tag)]
    return tags[0] if tags and prompt[-1].trusted else ""


def chosen_tools(tools: Sequence[ToolSchema], choice: ToolChoice) -> Sequence[ToolSchema]:
    """The tools that the reply may call."""
    if choice == "none":
        return ()
    if choice == "auto":
        return tools
    if not tools:
        raise UsageError("a tool has to be called and there are no tools", "give tools=[...]")
    if not isinstance(choice, NamedTool):
        return tools
    named = [tool for tool in tools if tool_name(tool) == choice.name]
    if not named:
        raise UnknownTool(choice.name, [tool_name(tool) for tool in tools])
    return named


def tool_name(tool: ToolSchema) -> str:
    """What a tool is called."""
    return spec_of(tool)[0]
