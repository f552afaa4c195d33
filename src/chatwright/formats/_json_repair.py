"""Reads JSON as a person would: with single quotes, comments, a comma too many or a last brace too few.

`ValueEnd` finds where a value ends while it is still being written; `read` says what it holds.
Both agree on where a string ends: at a quote after which only `,`, `:` or a bracket can stand, so that
`"say "hi" to her"` is one string, while valid JSON is always read as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal, cast

__all__ = ["MAX_DEPTH", "NotJson", "ValueEnd", "read"]

MAX_DEPTH = 64
_CLOSERS = {'"': '"', "'": "'", "“": '”"', "”": '”"', "‘": "’'", "’": "’'", "`": "`"}
_IN_STRING = {q: re.compile(rf"[{c}\\]") for q, c in _CLOSERS.items()}
_OUTSIDE = re.compile(r"[\"'“”‘’{}\[\]/#`~<]|(?<=[\n\r])(?:Observation|Thought:|Final Answer:)")
_LONGEST_MARK = len("Final Answer:")
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BARE = re.compile(r"[^,{}\[\]\n\r\"“”]+")
_BARE_KEY = re.compile(r"[\w$][\w$ .-]*?(?=\s*[:=])")
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}

State = Literal["open", "closed", "fence", "mark", "think", "deep"]


class NotJson(ValueError):
    """The text is no value, also not for a person; the message says where it stops making sense."""


class ValueEnd:
    """Finds the end of the object or list that starts at `start`, however slowly it arrives."""

    def __init__(self, start: int) -> None:
        self.end = start
        self._pos = start
        self._depth = 0
        self._quote = ""
        self._look = 0
        self._before = (
            ":"  # the last character that is no space, and where the space behind it starts
        )
        self._gap = start

    def find(self, text: str, final: bool) -> State:
        """How the value stands in the text so far; `end` is behind its last character.

        `closed`: every bracket is closed. `fence`, `mark`, `think`: a code fence, the next line of the
        dialogue or a closing think tag comes before that. `open`: more text is needed, or there is none.
        """
        state: State | None = None
        while state is None:
            state = self._string(text, final) if self._quote else self._outside(text, final)
        return state

    def _string(self, text: str, final: bool) -> State | None:
        found = _IN_STRING[self._quote].search(text, self._pos)
        if found is None:
            self._pos = len(text)
            return "open"
        at = found.start()
        if text[at] == "\\":
            self._pos = min(at + 2, len(text))
            if at + 1 < len(text):
                return None
            self._pos = at
            return "open"
        after = _after_space(text, max(self._look, at + 1))
        if not final and (after == len(text) or _is_last(text, after, "/")):
            self._pos, self._look = at, after
            return "open"
        self._look = 0
        if _closes(text, at, after):
            self._quote, self._before = "", '"'
        self._pos = at + 1
        return None

    def _outside(self, text: str, final: bool) -> State | None:
        found = _OUTSIDE.search(text, self._pos)
        if found is None:
            # a mark may have come in half, so its length is looked at again
            self._skip(text, len(text) if final else max(self._pos, len(text) - _LONGEST_MARK))
            return "open"
        at, char = found.start(), found[0]
        self._skip(text, at)
        if len(char) > 1:
            self.end = at
            return "mark"
        if char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
        elif char in "`~<":
            return self._stop(text, at, final)
        elif char in "/#":
            return self._comment(text, at, final)
        elif self._before in "{[,:=(" or "\n" in text[self._gap : at]:
            self._quote = char
        self._before, self._gap, self._pos = char, at + 1, at + 1
        self.end = at + 1
        if self._depth > MAX_DEPTH:
            return "deep"
        return "closed" if self._depth == 0 else None

    def _skip(self, text: str, to: int) -> None:
        """Pass over text without a meaning, remembering its last character that is no space."""
        passed = text[self._pos : to].rstrip()
        if passed:
            self._before, self._gap = passed[-1], self._pos + len(passed)
        self._pos = to

    def _stop(self, text: str, at: int, final: bool) -> State | None:
        ahead = text[at : at + 7]
        if ahead.startswith(("```", "~~~", "</tool_")):
            self.end = at
            return "fence"
        if ahead == "</think":
            self.end = at
            return "think"
        may_be = any(mark.startswith(ahead) for mark in ("```", "~~~", "</tool_", "</think"))
        if may_be and not final:
            return "open"
        self._pos = at + 1
        return None

    def _comment(self, text: str, at: int, final: bool) -> State | None:
        if _is_last(text, at, "/") and not final:
            return "open"
        end = _comment_end(text, at, max(self._look, at))
        if end < 0 and not final:
            self._look = max(at, len(text) - 1)
            return "open"
        self._look = 0
        self._pos = self._gap = len(text) if end < 0 else end or at + 1
        return None


def read(text: str) -> Any:
    """The value that `text` holds; brackets still open at its end are closed.

    >>> read("{'action': 'Search', 'n': None,}")
    {'action': 'Search', 'n': None}
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except NotJson:
        raise
    except RecursionError as err:
        raise NotJson("it is nested too deeply") from err
    except ValueError:
        reader = _Lenient(text)
        value = reader.value(0)
        reader.expect_end()
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise NotJson("it is nested too deeply")
    return _whole(value) if "\\u" in text else value


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON value")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _closes(text: str, at: int, after: int) -> bool:
    """Whether the quote at `at` ends its string, by what comes `after` it."""
    if after >= len(text) or text[after] in ",}]:" or text.startswith(("//", "/*", "#"), after):
        return True
    return text[after] in "\"'“”`~<" and "\n" in text[at:after]


def _is_last(text: str, at: int, char: str) -> bool:
    return at + 1 == len(text) and text[at] == char


def _comment_end(text: str, at: int, look: int = 0) -> int:
    """Behind the comment at `at`, its end looked for from `look`; 0 if there is none, -1 if no end."""
    if at and not text[at - 1].isspace() and text[at - 1] not in ',{}[]"':
        return 0  # the slashes of a URL
    if text.startswith("/*", at):
        end = text.find("*/", max(at + 2, look))
        return end + 2 if end >= 0 else -1
    if text[at] == "#" or text.startswith("//", at):
        return text.find("\n", max(at, look))
    return 0


class _Lenient:
    """A recursive reader; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise NotJson("it is nested too deeply")
        char = self._next()
        if char == "{":
            return self._object(depth)
        if char == "[":
            return self._array(depth)
        if char in _CLOSERS and char:
            return self._string(char)
        return self._bare()

    def expect_end(self) -> None:
        if self._next():
            raise NotJson(f"it goes on with {self._near()}")

    def _next(self) -> str:
        """The next character that is neither space nor comment, or '' at the end."""
        while True:
            self._at = _after_space(self._text, self._at)
            char = self._text[self._at : self._at + 1]
            end = _comment_end(self._text, self._at) if char in ("/", "#") else 0
            if not end:
                return char
            self._at = len(self._text) if end < 0 else end

    def _near(self) -> str:
        return json.dumps(self._text[self._at : self._at + 20], ensure_ascii=False)

    def _object(self, depth: int) -> dict[str, Any]:
        self._at += 1
        made: dict[str, Any] = {}
        while (char := self._next()) not in ("}", ""):
            if char in _CLOSERS:
                key = self._string(char)
            elif bare := _BARE_KEY.match(self._text, self._at):
                key, self._at = bare[0], bare.end()
            else:
                raise NotJson(f"a key is expected at {self._near()}")
            if self._next() not in (":", "="):
                raise NotJson(f'there is no ":" behind the key "{key[:40]}"')
            self._at += 1
            if self._next() == "":
                raise NotJson(f'there is no value for the key "{key[:40]}"')
            made[key] = self.value(depth + 1)
            self._comma("}")
        self._at += 1
        return made

    def _array(self, depth: int) -> list[Any]:
        self._at += 1
        made: list[Any] = []
        while self._next() not in ("]", ""):
            made.append(self.value(depth + 1))
            self._comma("]")
        self._at += 1
        return made

    def _comma(self, closer: str) -> None:
        """Pass a comma, or the line break that stands for one."""
        start = self._at
        char = self._next()
        if char == ",":
            self._at += 1
        elif char not in (closer, "") and "\n" not in self._text[start : self._at]:
            raise NotJson(f'"," or "{closer}" is expected at {self._near()}')

    def _string(self, quote: str) -> str:
        text, start = self._text, self._at + 1
        at = start
        while found := _IN_STRING[quote].search(text, at):
            at = found.start()
            if text[at] == "\\":
                at += 2
            elif _closes(text, at, _after_space(text, at + 1)):
                self._at = at + 1
                return _unescaped(_untripled(text[start:at], quote))
            else:
                at += 1
        raise NotJson(f"the string that starts at {self._near()} has no end")

    def _bare(self) -> Any:
        found = _BARE.match(self._text, self._at)
        word = found[0].strip() if found else ""
        if not found or not word:
            raise NotJson(f"a value is expected at {self._near()}")
        self._at = found.end()
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        if not _NUMBER.fullmatch(word):
            return word
        if len(word) > 400:
            raise NotJson("a number is too long")
        return int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word)


def _untripled(text: str, quote: str) -> str:
    """What a string of three quotes holds."""
    if len(text) >= 4 and text.startswith(quote * 2) and text.endswith(quote * 2):
        return text[2:-2]
    return text


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _escape, text, flags=re.DOTALL)


def _escape(found: re.Match[str]) -> str:
    what = found[1]
    if len(what) > 1:
        return chr(int(what[1:], 16))
    if what in "\"'/\\`":
        return what
    # an unknown escape, as in a regular expression, stands for itself
    return _ESCAPES.get(what, found[0])


def _whole(value: Any) -> Any:
    """The value without halves of surrogate pairs, which no encoding can write."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(v) for v in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_whole(k): _whole(v) for k, v in cast("dict[str, Any]", value).items()}
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += cast("dict[str, Any]", item).values()
            elif isinstance(item, list):
                inner += cast("list[Any]", item)
        depth, level = depth + bool(inner), inner
    return depth
