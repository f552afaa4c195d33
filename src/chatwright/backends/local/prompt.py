"""Which characters of a prompt may become control tokens: only those that the template or the model wrote.

A prompt is turned into ids of control tokens and runs of plain text between them. The engine tokenises the runs
with special tokens off; what it would still take for one is broken up here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from chatwright.errors import UsageError
from chatwright.request import Segment

from .header import CONTROL, UNKNOWN, USER_DEFINED, Token

__all__ = ["Vocabulary", "plan"]


@dataclass(frozen=True)
class Vocabulary:
    """The special tokens of a model: what a trusted text may say with one id, and what nobody else may."""

    tokens: tuple[Token, ...]

    @cached_property
    def control(self) -> tuple[Token, ...]:
        """Tokens that can steer the model. Tokens of blanks alone (Gemma has many) are plain text."""
        kinds = (CONTROL, USER_DEFINED)
        return tuple(t for t in self.tokens if t.type in kinds and not _blank(t.text))

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of every token that trusted text may become, by its spelling."""
        unknown = (t for t in self.tokens if t.type == UNKNOWN and t.text)
        return {t.text: t.id for t in (*unknown, *self.control)}

    @cached_property
    def guarded(self) -> frozenset[int]:
        """The ids that plain text must never become."""
        return frozenset(t.id for t in self.control if len(t.text) > 1)

    @cached_property
    def shown(self) -> list[str]:
        """Control tokens that are part of what a model says, such as those around a tool call."""
        said = (t.text for t in self.control if t.type == CONTROL and not t.role)
        return [text for text in said if "reserved" not in text and "unused" not in text]

    @cached_property
    def trusted_pattern(self) -> re.Pattern[str] | None:
        return _any_of(sorted(self.ids, key=len, reverse=True))

    @cached_property
    def parsed_anyway(self) -> re.Pattern[str] | None:
        """Where a user-defined token begins: the engine reads these even with special tokens off."""
        return _starts_of([t.text for t in self.control if t.type == USER_DEFINED])

    @cached_property
    def any_control(self) -> re.Pattern[str] | None:
        """Where any control token begins, for a tokenizer that would put one together from its letters."""
        return _starts_of([t.text for t in self.control])


def plan(
    segments: Sequence[Segment], vocabulary: Vocabulary, *, wary: bool = False
) -> list[int | str]:
    """The prompt as ids of control tokens and runs of plain text.

    A run is as long as it can be, so that harmless text gets the ids it always gets. It ends at a control token
    and where one trusted segment follows another: there a reply of the model ends, whose tokens stay as they
    were. Two runs side by side are one text. `wary` breaks up every control token that is only plain text.
    """
    parts: list[int | str] = []
    run: list[str] = []
    breaks = vocabulary.any_control if wary else vocabulary.parsed_anyway

    def flush() -> None:
        parts.extend(_broken_up("".join(run), breaks))
        run.clear()

    for stretch in _stretches(segments):
        if not stretch.trusted:
            run.append(stretch.text)
            continue
        for piece in _matches(stretch, vocabulary):
            if not isinstance(piece, str):
                flush()
            if isinstance(piece, int):
                parts.append(piece)
            elif piece is not None:
                run.append(piece)
    flush()
    return parts


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Neighbouring segments of equal trust, joined; `seams` are the places where trusted ones met."""

    text: str
    trusted: bool
    seams: tuple[int, ...] = ()


def _stretches(segments: Sequence[Segment]) -> Iterator[_Stretch]:
    texts: list[str] = []
    seams: list[int] = []
    trusted = met = False
    for segment in segments:
        _check(segment.text)
        if not segment.text:
            met = (
                met and segment.trusted
            )  # an empty hole that a caller filled with nothing is no seam
            continue
        if texts and segment.trusted != trusted:
            yield _Stretch("".join(texts), trusted, tuple(seams))
            texts, seams = [], []
        elif texts and trusted and met:
            seams.append(sum(map(len, texts)))
        texts.append(segment.text)
        trusted = met = segment.trusted
    if texts:
        yield _Stretch("".join(texts), trusted, tuple(seams))


def _matches(stretch: _Stretch, vocabulary: Vocabulary) -> Iterator[int | str | None]:
    """The ids and the text of a trusted stretch in order; `None` is a seam."""
    at = 0
    pattern = vocabulary.trusted_pattern
    for match in pattern.finditer(stretch.text) if pattern else ():
        yield from _with_seams(stretch, at, match.start())
        yield vocabulary.ids[match.group()]
        at = match.end()
    yield from _with_seams(stretch, at, len(stretch.text))


def _with_seams(stretch: _Stretch, start: int, end: int) -> Iterator[str | None]:
    for seam in stretch.seams:
        if start <= seam < end:
            yield stretch.text[start:seam]
            yield None
            start = seam
    yield stretch.text[start:end]


def _broken_up(text: str, starts: re.Pattern[str] | None) -> list[str]:
    """The text, cut after the first character of everything that would be read as a token."""
    cuts = [m.start() + 1 for m in starts.finditer(text)] if starts else []
    edges = [0, *cuts, len(text)]
    return [text[a:b] for a, b in pairwise(edges) if a < b]


def _any_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, texts))) if texts else None


def _starts_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    longer = [t for t in texts if len(t) > 1]  # one character cannot be broken up
    return re.compile(f"(?={'|'.join(map(re.escape, longer))})") if longer else None


def _blank(text: str) -> bool:
    return not text.replace("\N{LOWER ONE EIGHTH BLOCK}", " ").strip()


def _check(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise UsageError(
            f"the prompt holds half a character (U+{ord(text[err.start]):04X}) that no tokenizer can read",
            "decode the text with errors='replace' where it is read",
        ) from None
