"""Text that remembers, character by character, who wrote it: the template, the caller or the model.

A `Traced` string behaves like the `str` it is, and everything a chat template does to it (cutting,
joining, trimming, upper case, JSON) gives a `Traced` string again. What cannot be followed counts
as the caller's whole: control characters may then stay text, but a caller never gains one.
"""

# `str` declares its methods twice over (for literal strings); ours take and give plain `str`.
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, SupportsIndex, cast

from markupsafe import Markup, escape

from ..request import Segment

__all__ = [
    "CALLER",
    "TEMPLATE",
    "SafeText",
    "Traced",
    "caller",
    "distrust",
    "holds_caller",
    "join",
    "marks_of",
    "own_mark",
    "percent",
    "recased",
    "segments",
    "traced",
]

# One mark a character, kept as a string of the same length: then a cut of the text is a cut of the
# marks. Marks above CALLER are replies of the model, one mark for each, so that they stay apart.
TEMPLATE = "\0"
CALLER = "\1"
_ONE_AUTHOR = re.compile("\0+|\1+|(.)\\1*", re.DOTALL)


def own_mark(index: int) -> str:
    """The mark of the model's own text number `index` in this prompt."""
    return chr(2 + index % 0x10FF00)


class Traced(str):
    """Text with a mark for each character; without marks it is all the caller's."""

    __slots__ = ("_marks",)
    _marks: str

    def __new__(cls, text: str = "", marks: str | None = None) -> Traced:
        self = super().__new__(cls, text)
        self._marks = CALLER * len(text) if marks is None else marks
        if len(self._marks) != len(text):
            raise ValueError("a text and its marks differ in length")
        return self

    def __str__(self) -> str:
        return self

    def __add__(self, other: Any) -> str:
        return _add(self, other) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: Any) -> str:
        return _add(other, self) if isinstance(other, str) else NotImplemented

    def __mul__(self, times: SupportsIndex) -> str:
        return type(self)(_plain(self) * times, self._marks * times)

    def __rmul__(self, times: SupportsIndex) -> str:
        return self * times

    def __mod__(self, args: Any) -> str:
        return percent(self, args)

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        if type(self) is Traced:
            return traced(_str_item(self, key), self._marks[key])
        return type(self)(super().__getitem__(key), self._marks[key])

    def __iter__(self) -> Iterator[str]:
        return map(type(self), _plain(self), self._marks)

    def strip(self, chars: str | None = None, /) -> str:
        return self.lstrip(chars).rstrip(chars)

    def lstrip(self, chars: str | None = None, /) -> str:
        return self[len(self) - len(super().lstrip(chars)) :]

    def rstrip(self, chars: str | None = None, /) -> str:
        return self[: len(super().rstrip(chars))]

    def removeprefix(self, prefix: str, /) -> str:
        return self[len(self) - len(super().removeprefix(prefix)) :]

    def removesuffix(self, suffix: str, /) -> str:
        return self[: len(super().removesuffix(suffix))]

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        return self._locate(super().split(sep, maxsplit))

    def rsplit(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        if sep is None:
            return self._locate(super().rsplit(sep, maxsplit))
        return self._tile(super().rsplit(sep, maxsplit), len(sep))

    def splitlines(self, keepends: bool = False) -> list[str]:
        whole = self._tile(super().splitlines(True), 0)
        return [
            line[: len(part)]
            for line, part in zip(whole, super().splitlines(keepends), strict=True)
        ]

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        before, middle, after = self._tile(super().partition(sep), 0)
        return before, middle, after

    def rpartition(self, sep: str, /) -> tuple[str, str, str]:
        before, middle, after = self._tile(super().rpartition(sep), 0)
        return before, middle, after

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        if not old:
            return caller(super().replace(old, new, count))
        return join(self._tile(super().split(old, count), len(old)), new)

    def join(self, parts: Iterable[str], /) -> str:
        parts = list(parts)
        super().join(parts)  # raises what str raises for a part that is no text
        return join(parts, self)

    def upper(self) -> str:
        return self._cased(super().upper(), str.upper)

    def lower(self) -> str:
        return self._cased(super().lower(), str.lower)

    def casefold(self) -> str:
        return self._cased(super().casefold(), str.casefold)

    def swapcase(self) -> str:
        return self._cased(super().swapcase(), str.swapcase)

    def capitalize(self) -> str:
        return self._cased(super().capitalize())

    def title(self) -> str:
        return self._cased(super().title())

    def _cased(self, result: str, change: Callable[[str], str] | None = None) -> str:
        if len(result) == len(self):
            return type(self)(result, self._marks)
        if change is None:
            return caller(result)
        # A few letters grow, like ß in upper case: follow them one by one.
        grown = [
            mark * len(change(char)) for char, mark in zip(_plain(self), self._marks, strict=True)
        ]
        marks = "".join(grown)
        return type(self)(result, marks if len(marks) == len(result) else None)

    def _tile(self, parts: Iterable[str], gap: int) -> list[str]:
        """The parts of this text that follow each other with `gap` characters between."""
        found: list[str] = []
        at = 0
        for part in parts:
            found.append(self[at : at + len(part)])
            at += len(part) + gap
        return found

    def _locate(self, parts: Iterable[str]) -> list[str]:
        """The parts of this text that follow each other with a separator or blanks between."""
        found: list[str] = []
        at = 0
        for part in parts:
            at = super().index(part, at)
            found.append(self[at : at + len(part)])
            at += len(part)
        return found


_str_new = str.__new__
_str_item = str.__getitem__


def traced(text: str, marks: str) -> Traced:
    """The text with these marks, one for each of its characters."""
    self = _str_new(Traced, text)
    self._marks = marks  # pyright: ignore[reportPrivateUsage]
    return self


class SafeText(Traced):
    """Traced text behind `|safe`: added to other text, it makes that text HTML-escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        return self

    def __str__(self) -> str:
        return Traced(_plain(self), self._marks)


def _not_followed(kind: type[Traced], base: type[str], name: str) -> None:
    """Let `kind` do `name` as `base` does, with a result that is all the caller's."""

    def method(self: Traced, *args: Any, **kwargs: Any) -> Any:
        return distrust(getattr(base(_plain(self)), name)(*args, **kwargs))

    method.__name__ = name
    setattr(kind, name, method)


for _name in ("center", "expandtabs", "format", "format_map", "ljust", "rjust"):
    _not_followed(Traced, str, _name)
for _name in ("translate", "zfill"):
    _not_followed(Traced, str, _name)
for _name in ("__mod__", "join", "replace"):
    _not_followed(SafeText, Markup, _name)


def caller(text: str) -> Traced:
    """The text, all of it the caller's."""
    return (SafeText if hasattr(text, "__html__") else Traced)(_plain(text))


def join(parts: Sequence[str], between: str = "") -> str:
    """The parts in one string; a plain `str` where nobody but the template wrote any of it."""
    pieces = parts
    if between:
        pieces = [piece for part in parts for piece in (between, part)][1:]
    marks = [_marks_or_none(piece) for piece in pieces]
    if not any(marks):
        return "".join(pieces)
    texts = [piece if type(piece) is str else _str(piece) for piece in pieces]
    spread = [mark or TEMPLATE * len(text) for mark, text in zip(marks, texts, strict=True)]
    return traced("".join(texts), "".join(spread))


_str = str.__str__


def _marks_or_none(text: str) -> str | None:
    """The marks of a text, none where it is the template's."""
    kind = type(text)
    if kind is str:
        return None
    return text._marks if kind is Traced else marks_of(text)  # pyright: ignore


def percent(template: str, args: Any) -> str:
    """`template % args`, where each argument keeps who wrote it."""
    text = _plain(template) % args
    if any(mark != TEMPLATE for mark in marks_of(template)):
        return caller(text)
    result = join(_percent_pieces(_plain(template), args))
    return result if result == text else caller(text)


# A text and not a pattern: few templates need it, and it takes a while to compile.
_CONVERSION = r"(?s)%(?:\((?P<key>[^()]*)\))?(?P<how>[#0\- +]*\d*(?:\.\d*)?[hlL]?(?P<type>[^*\d.]))"


def _percent_pieces(template: str, args: Any) -> list[str]:
    """What `%` puts together, piece by piece; not the whole of it where it uses more than we follow."""
    rest = iter(cast("tuple[Any, ...]", args) if isinstance(args, tuple) else (args,))
    named = cast("Any", args)
    pieces: list[str] = []
    at = 0
    for found in re.finditer(_CONVERSION, template):
        pieces.append(template[at : found.start()])
        at = found.end()
        if found["type"] == "%":
            pieces.append("%")
            continue
        value = next(rest, None) if found["key"] is None else named[found["key"]]
        if found["how"] == "s" and isinstance(value, str):
            pieces.append(value)
            continue
        # A number becomes a character with %c, and that character is the caller's choice.
        shown = f"%{found['how']}" % (value,)
        pieces.append(caller(shown) if found["type"] == "c" or holds_caller(value) else shown)
    return [*pieces, template[at:]]


def holds_caller(value: Any) -> bool:
    """Whether text in there may be the caller's, however deep; what we cannot look into may be."""
    seen: set[int] = set()
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if type(item) is not str:
                return True
        elif isinstance(item, Mapping | list | tuple):
            if id(cast(object, item)) not in seen:
                seen.add(id(cast(object, item)))
                todo.extend(_inside(item))
        elif not isinstance(item, int | float | None):
            return True
    return False


def distrust(value: Any) -> Any:
    """The same value, with every text in it the caller's."""
    if isinstance(value, str):
        return caller(value)
    if isinstance(value, list | tuple):
        items = [distrust(item) for item in cast("Sequence[Any]", value)]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):
        known = cast("dict[Any, Any]", value)
        return {distrust(key): distrust(item) for key, item in known.items()}
    if isinstance(value, Iterator):
        return map(distrust, cast("Iterator[Any]", value))
    return value


def recased(text: str, result: str) -> str:
    """`result`, which is `text` in another case, with the marks of `text`."""
    if isinstance(text, Traced):
        return text._cased(result)  # pyright: ignore[reportPrivateUsage]
    return result


def segments(text: str) -> list[Segment]:
    """The text in stretches of one author; each of the model's own texts stands alone."""
    plain, marks = _plain(text), marks_of(text)
    runs = [run.span() for run in _ONE_AUTHOR.finditer(marks)]
    return [_segment(plain[start:end], marks[start] != CALLER) for start, end in runs]


_new_segment: Any = object.__new__
_set_text: Any = vars(Segment)["text"].__set__
_set_trusted: Any = vars(Segment)["trusted"].__set__


def _segment(text: str, trusted: bool) -> Segment:
    """A segment without the detour that makes a frozen one: there are two for each message."""
    self = _new_segment(Segment)
    _set_text(self, text)
    _set_trusted(self, trusted)
    return self


def _plain(text: str) -> str:
    return text if type(text) is str else str.__str__(text)


def marks_of(text: str) -> str:
    """One mark a character; text that went a way we do not know is the caller's."""
    if isinstance(text, Traced):
        return text._marks  # pyright: ignore[reportPrivateUsage]
    return (TEMPLATE if type(text) is str else CALLER) * len(text)


def _add(left: str, right: str) -> str:
    if type(left) is Traced and type(right) is str:
        return traced(_str(left) + right, left._marks + TEMPLATE * len(right))  # pyright: ignore
    if type(left) is str and type(right) is Traced:
        return traced(left + _str(right), TEMPLATE * len(left) + right._marks)  # pyright: ignore
    if not (hasattr(left, "__html__") or hasattr(right, "__html__")):
        return Traced(_plain(left) + _plain(right), marks_of(left) + marks_of(right))
    left, right = _escaped(left), _escaped(right)
    return SafeText(_plain(left) + _plain(right), marks_of(left) + marks_of(right))


def _escaped(text: str) -> str:
    if hasattr(text, "__html__"):
        return text
    chars = [_plain(escape(char)) for char in _plain(text)]
    marks = [mark * len(char) for mark, char in zip(marks_of(text), chars, strict=True)]
    return SafeText("".join(chars), "".join(marks))


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        known = cast("Mapping[Any, Any]", value)
        return itertools.chain(known.keys(), known.values())
    return cast("Sequence[Any]", value)
