"""The marks that give a reply its shape: labels at the start of a line, think tags, fences, objects.

Each function looks at one place of a text that is still growing. `MORE` says that the answer depends
on characters that have not come; with `final` there are none, and the answer is never `MORE`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal

__all__ = [
    "MORE",
    "Label",
    "More",
    "Tag",
    "fence_at",
    "fence_line_at",
    "label_at",
    "object_at",
    "tag_at",
    "ticks_at",
]

Kind = Literal["thought", "action", "input", "final", "observation", "question", "answer"]
_WORDS: tuple[tuple[str, Kind], ...] = (
    ("thought", "thought"),
    ("action input", "input"),
    ("action_input", "input"),
    ("action", "action"),
    ("final answer", "final"),
    ("final_answer", "final"),
    ("observation", "observation"),
    ("question", "question"),
    ("answer", "answer"),
)
_HEAD = 64  # no label is longer than this
_DECORATION = re.compile(r"(?P<indent>[ \t]*)(?:#{1,6}[ \t]*)?(?P<markup>[*_]{0,3})")
# "Observation 1:", as some models count their rounds; an answer keeps its number.
_NUMBERED = ("thought", "action", "input", "observation")
_NUMBER = re.compile(r"[ \t]?#?\d{1,3}")
_BEFORE_COLON = re.compile(r"(?P<markup>[*_]{0,3})[ \t]*")
_MARKUP = re.compile(r"[*_]{0,3}")
_TAGS: tuple[tuple[str, Literal["open", "close", "call"]], ...] = (
    ("<think>", "open"),
    ("<thinking>", "open"),
    ("</think>", "close"),
    ("</thinking>", "close"),
    ("<tool_call>", "call"),
)
_FENCE = re.compile(r"(?:`{3,16}|~{3,16})[ \t]{0,8}[\w+-]{0,20}\s{0,64}")
_TICKS = re.compile(r"`{1,16}|~{1,16}")
_FENCE_LINE = re.compile(r"[ \t]{0,8}(?:`{3}|~{3})")
_FENCE_STARTS = ("", "`", "``", "~", "~~")
_QUOTE, _NO_QUOTE = "[\"'“”‘’]", "[^\"'“”‘’{}\\n]"
_OBJECT = re.compile(
    rf"(?:\[\s{{0,64}})?\{{\s{{0,64}}(?:{_QUOTE}{_NO_QUOTE}{{1,40}}{_QUOTE}|[A-Za-z_][\w \-]{{0,39}})"
    r"\s{0,8}[:=]"
)
_OBJECT_START = re.compile(
    rf"(?:\[\s{{0,64}})?(?:\{{\s{{0,64}}(?:{_QUOTE}{_NO_QUOTE}{{0,40}}(?:{_QUOTE}\s{{0,8}})?"
    r"|[A-Za-z_][\w \-]{0,39}\s{0,8})?)?"
)


class More(Enum):
    """The one value `MORE`."""

    MORE = "more"


MORE = More.MORE


@dataclass(frozen=True, slots=True)
class Label:
    """A label such as `Thought:`; `end` is behind it, the rest says how it was written.

    `markup` is bold or italics that opened before the label and did not close right behind it.
    """

    kind: Kind
    end: int
    indented: bool
    decorated: bool
    upper: bool
    markup: str = ""

    def like(self, first: Label) -> bool:
        """Whether it is written in the style of the reply's own label, and so is a label too."""
        return (
            (first.indented or not self.indented)
            and (first.decorated or not self.decorated)
            and (self.upper or not first.upper)
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: a think tag that opens or closes, or one that starts a tool call; `end` is behind it."""

    kind: Literal["open", "close", "call"]
    end: int


def label_at(text: str, at: int, final: bool) -> Label | More | None:
    """The label that the line at `at` starts with.

    >>> label_at("**Action:** Search", 0, True).kind
    'action'
    """
    head = text[at : at + _HEAD]
    final = final or len(head) == _HEAD
    found = _DECORATION.match(head)
    line = _Line(text, at, at + (found.end() if found else 0), final)
    said = text[line.start : at + _HEAD].lower()
    if not said:
        return None if final else MORE
    if said[0] not in "taofq":
        return None
    waits = False
    for word, kind in _WORDS:
        if said.startswith(word):
            label = _label(line, line.start + len(word), kind)
            if isinstance(label, Label):
                return label
            waits = waits or label is MORE
        elif not final and word.startswith(said):
            waits = True
    return MORE if waits else None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that may start with a label: where it starts, and where its first word does."""

    text: str
    at: int
    start: int
    final: bool


def _label(line: _Line, end: int, kind: Kind) -> Label | More | None:
    """The label whose word ends at `end`, if what follows makes it one."""
    text, word = line.text, line.text[line.start : end]
    if kind in _NUMBERED and (number := _NUMBER.match(text, end)):
        end = number.end()
    found = _BEFORE_COLON.match(text, end)
    here = found.end() if found else end
    closed = found["markup"] if found else ""
    if here >= len(text) and not line.final:
        return MORE
    char = text[here : here + 1]
    if char and char in ":：":
        return _dressed(line, here + 1, kind, closed)
    if kind == "observation" and char in ("", "\n", "\r"):
        return _dressed(line, here, kind, closed)
    if kind != "final" or word not in ("Final Answer", "FINAL ANSWER"):
        return None
    if not closed and here == end and char not in ("\n", "\r"):
        return None  # "Final Answers ..."
    verb = text[here : here + 3]
    if not line.final and len(verb) < 3 and "is ".startswith(verb):
        return MORE
    return _dressed(line, here + 3 if verb == "is " else here, kind, closed)


def _dressed(line: _Line, end: int, kind: Kind, closed: str) -> Label | More:
    """The label with the bold or italics that it opened; what closes them is passed over."""
    decoration = line.text[line.at : line.start]
    markup = decoration[len(decoration.rstrip("*_")) :]
    if markup and not closed:
        found = _MARKUP.match(line.text, end, end + len(markup))
        here = found.end() if found else end
        if here >= len(line.text) and here - end < len(markup) and not line.final:
            return MORE
        closed, end = line.text[end:here], here
    return Label(
        kind,
        end,
        indented=decoration.startswith((" ", "\t")),
        decorated=bool(decoration.strip()),
        upper=line.text[line.start].isupper(),
        markup="" if closed else markup,
    )


def tag_at(text: str, at: int, final: bool) -> Tag | More | None:
    """The tag that starts at `at`, where there is a `<`; a quoted one is only spoken of."""
    head = text[at : at + 11].lower()
    for tag, kind in _TAGS:
        if head.startswith(tag):
            quoted = at > 0 and text[at - 1] in "`'\""
            return None if quoted and kind != "call" else Tag(kind, at + len(tag))
    waits = not final and any(tag.startswith(head) for tag, _ in _TAGS)
    return MORE if waits else None


def fence_at(text: str, at: int, final: bool) -> int | More | None:
    """Where the content starts of the code fence that opens at `at`."""
    found = _FENCE.match(text, at)
    if found is None:
        waits = not final and text[at : at + 3] in ("`", "``", "~", "~~")
        return MORE if waits else None
    return MORE if found.end() == len(text) and not final else found.end()


def ticks_at(text: str, at: int) -> str:
    """The ticks of the fence that opens at `at`; the same close it."""
    found = _TICKS.match(text, at)
    return found[0] if found else ""


def fence_line_at(text: str, at: int, final: bool) -> int | More | None:
    """Behind the ticks of the fence that the line at `at` starts with."""
    found = _FENCE_LINE.match(text, at)
    if found:
        return found.end()
    tail = text[at : at + 11]
    waits = not final and at + len(tail) == len(text) and tail.strip(" \t") in _FENCE_STARTS
    return MORE if waits else None


def object_at(text: str, at: int, final: bool) -> bool | More:
    """Whether an object with keys, or a list of such, starts at the bracket at `at`."""
    if _OBJECT.match(text, at):
        return True
    waits = not final and len(text) - at < 256 and _OBJECT_START.fullmatch(text, at)
    return MORE if waits else False
