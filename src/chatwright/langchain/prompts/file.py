"""A prompt in a file: its messages one below the other, each under a line that says whose it is.

    --- system
    You have these tools: {tools}
    --- human
    {input}

    {agent_scratchpad}

Words in single braces are its variables, double braces stand for braces. `--- placeholder` above `{history}` takes
whole messages. A file without such a line, or with `--- text` alone, is a prompt of one text.
"""

from __future__ import annotations

import re
from pathlib import Path

from langchain_core.prompts import BasePromptTemplate, ChatPromptTemplate, PromptTemplate

from chatwright.errors import UsageError, did_you_mean

__all__ = ["read_prompt", "read_prompt_file"]

_HEADING = re.compile(r"^--- *(\w+) *$", re.MULTILINE)
_ROLES = ("system", "human", "ai", "placeholder")
_ALSO = {"user": "human", "assistant": "ai", "messages": "placeholder"}


def read_prompt_file(path: Path) -> BasePromptTemplate[str] | ChatPromptTemplate:
    """The prompt in a file."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as err:
        why = "is not there" if isinstance(err, FileNotFoundError) else f"cannot be read: {err}"
        raise UsageError(f"the prompt {path} {why}", "check the path") from err
    return read_prompt(text, str(path))


def read_prompt(
    text: str, where: str = "the prompt"
) -> BasePromptTemplate[str] | ChatPromptTemplate:
    """The prompt that a text holds."""
    _, *parts = _HEADING.split("\n" + text)
    sections = [(_role(parts[i], where), _body(parts[i + 1])) for i in range(0, len(parts), 2)]
    try:
        if not sections or sections[0][0] == "text":
            return PromptTemplate.from_template(sections[0][1] if sections else _body(text))
        return ChatPromptTemplate.from_messages(sections)
    except ValueError as err:
        hint = "write {{ and }} for braces that are no variable"
        raise UsageError(f"{where} is no prompt: {err}", hint) from err


def _role(said: str, where: str) -> str:
    role = _ALSO.get(said.lower(), said.lower())
    if role not in (*_ROLES, "text"):
        raise UsageError(f"{where} has a message of '{said}'", did_you_mean(said, _ROLES))
    return role


def _body(text: str) -> str:
    """Without the line breaks that only set it apart."""
    return text.strip("\r\n")
