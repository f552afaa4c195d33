"""A prompt as one text, for a server that would make a control token of every spelling of one.

Control tokens count where the template wrote all of them. One in which a single character is the caller's is
broken up by a character that nobody sees, refused, or let through, as `on_control_tokens` says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from chatwright.errors import TemplateError, UsageError, did_you_mean
from chatwright.events import Notice
from chatwright.request import Segment

__all__ = ["Forged", "Guard", "OnControlTokens", "flat", "flattens", "forged"]

OnControlTokens = Literal["neutralise", "error", "allow"]
_POLICIES = ("neutralise", "error", "allow")

_STEERING = (
    r"<\|[^|<>\s]{1,80}\|>|</?s>|</?(?:start|end)_of_(?:turn|image|text)>"
    r"|\[/?(?:INST|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
)
_BREAK = "\u200b"  # nothing to see, and no tokenizer reads across it


@dataclass(frozen=True, slots=True)
class Forged:
    """A control token that a caller wrote, whole or in part: its text, and where the break goes."""

    token: str
    at: int


def flat(prompt: Sequence[Segment], guarded: Sequence[str] = ()) -> str:
    """The prompt's text, in which only the template's control tokens are any.

    Those that a caller wrote are broken up by a character that nobody sees: the ones of `guarded`, and what looks
    like one in most models.

    >>> flat([Segment("<|user|>", True), Segment("<|user|>", False)]).replace("\u200b", "_")
    '<|user|><_|user|>'
    """
    return _broken("".join(segment.text for segment in prompt), forged(prompt, guarded))


def forged(prompt: Sequence[Segment], guarded: Sequence[str] = ()) -> list[Forged]:
    """The control tokens in the prompt that are not the template's alone, in their order.

    Also those that come about only where texts meet, and spellings that a tokenizer makes equal: another case,
    wide forms of the letters, other blanks.
    """
    if all(segment.trusted for segment in prompt):
        return []
    text = "".join(segment.text for segment in prompt)
    trusted = "".join(("t" if segment.trusted else "c") * len(segment.text) for segment in prompt)
    found: list[Forged] = []
    for match in _spelled(tuple(guarded)).finditer(_folded(text)):
        start, end = match.span(1)
        theirs = trusted.find("c", start, end)
        if theirs >= 0:
            found.append(Forged(text[start:end], max(start + 1, theirs)))
    return found


def flattens(backend: object) -> bool:
    """Does this backend send prompts as one text?"""
    # One server, or several that share the work.
    return any(hasattr(backend, name) for name in ("_guarded", "served"))


class Guard:
    """What is done about control tokens that a caller wrote; a notice says once that some were broken up."""

    def __init__(self, policy: OnControlTokens = "neutralise") -> None:
        if policy not in _POLICIES:
            raise UsageError(
                f"on_control_tokens is '{policy}'", did_you_mean(str(policy), _POLICIES)
            )
        self.policy = policy
        self._told = False
        self._news: list[Notice] = []

    def settled(
        self, prompt: Sequence[Segment], tokens: Sequence[str], **given: Any
    ) -> list[Segment]:
        """The prompt for a server that reads text; `given` are the messages and tools, to say where a token stood."""
        text = "".join(segment.text for segment in prompt)
        found = [] if self.policy == "allow" else forged(prompt, tokens)
        if not found:
            return [Segment(text, trusted=True)]
        shown = found[0].token[:60]
        if self.policy == "error":
            raise TemplateError(
                f"the control token {shown!r} stands in {_place(found[0].token, given)}",
                'take it out, or break it up with on_control_tokens="neutralise"',
            )
        if not self._told:
            self._told = True
            self._news.append(
                Notice(
                    f"text that spells a control token of the model ({shown!r}) is sent broken up, so that it"
                    " stays text"
                )
            )
        return [Segment(_broken(text, found), trusted=True)]

    def news(self) -> list[Notice]:
        """What has not been told yet."""
        news, self._news = self._news, []
        return news


def _broken(text: str, found: Sequence[Forged]) -> str:
    parts: list[str] = []
    before = 0
    for at in sorted({each.at for each in found}):
        parts += [text[before:at], _BREAK]
        before = at
    return "".join([*parts, text[before:]])


@lru_cache(maxsize=32)
def _spelled(guarded: tuple[str, ...]) -> re.Pattern[str]:
    """Where a token begins, however many lie across each other; the longest that begins there."""
    known = sorted({_folded(token) for token in guarded if len(token) > 1}, key=len, reverse=True)
    return re.compile(f"(?=({'|'.join([*map(re.escape, known), _STEERING])}))", re.IGNORECASE)


def _folded(text: str) -> str:
    """The text, character for character, as a tokenizer may see it."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _fold(char) for char in text)


@lru_cache(maxsize=4096)
def _fold(char: str) -> str:
    if char == "\N{LOWER ONE EIGHTH BLOCK}" or (char.isspace() and char not in "\r\n"):
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def _place(token: str, given: Mapping[str, Any]) -> str:
    """Where a token stands in messages and tools, as a path."""
    for name, value in given.items():
        for path in _paths(value, name):
            if token in path[1]:
                return path[0]
    return "the prompt, where texts of the caller meet others"


def _paths(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in there, with the path that leads to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield f"a key of {path}", str(key)
            yield from _paths(item, f"{path}.{str(key)[:40]}")
    elif isinstance(value, list | tuple):
        for at, item in enumerate(cast("Sequence[Any]", value)):
            yield from _paths(item, f"{path}[{at}]")
