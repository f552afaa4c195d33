"""A prompt as one text, for a server that would make a control token of every spelling of one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatwright.request import Segment

__all__ = ["flat"]

_STEERING = (
    r"<\|[^|<>\s]{1,80}\|>|</?s>|</?(?:start|end)_of_(?:turn|image|text)>"
    r"|\[/?(?:INST|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
)
_BREAK = "\u200b"  # nothing to see, and no tokenizer reads across it


def flat(prompt: Sequence[Segment], guarded: Sequence[str] = ()) -> str:
    """The prompt's text, in which only the template's control tokens are any.

    Those that a caller wrote are broken up by a character that nobody sees: the ones of `guarded`, and what looks
    like one in most models.

    >>> flat([Segment("<|user|>", True), Segment("<|user|>", False)]).replace("\u200b", "_")
    '<|user|><_|user|>'
    """
    known = [re.escape(token) for token in sorted(guarded, key=len, reverse=True) if len(token) > 1]
    spelled = re.compile("|".join([*known, _STEERING]))
    parts: list[str] = []
    for trusted, text in _stretches(prompt):
        parts.append(text if trusted else spelled.sub(_broken, text))
    return "".join(parts)


def _stretches(prompt: Sequence[Segment]) -> list[tuple[bool, str]]:
    """Neighbours of equal trust as one: a spelling may lie across two of them."""
    joined: list[tuple[bool, str]] = []
    for segment in prompt:
        if joined and joined[-1][0] == segment.trusted:
            joined[-1] = segment.trusted, joined[-1][1] + segment.text
        else:
            joined.append((segment.trusted, segment.text))
    return joined


def _broken(found: re.Match[str]) -> str:
    return f"{found[0][0]}{_BREAK}{found[0][1:]}"
