"""The answer of a chat on a terminal: Markdown, each block printed once when it is complete, and never again."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from ...events import Event, Finish, Notice, Text
from ..clean import clean
from ..screen import Screen
from .markdown import Blocks

if TYPE_CHECKING:
    from markdown_it.token import Token
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.markdown import Markdown

__all__ = ["Page", "Plain", "page", "styled"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FENCED = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)\n?(?: {0,3}\1[`~]*\s*)?$", re.DOTALL)  # fmt: skip


def styled() -> bool:
    """Is stdout a terminal that wants more than the bare text?"""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def page(sure: bool = False) -> Screen:
    """A reader for the events of one answer. `sure`: no call can follow on a text, so that each piece is shown at once."""
    return Page() if styled() else Plain(live=True if sure else None)


class Plain(Screen):
    """The steps on stderr, and the answer. The id of a run stands in the journal, and not before each answer."""

    def __init__(self, *, live: bool | None = None) -> None:
        super().__init__(way_on=_way_on, live=live)

    def see(self, event: Event) -> None:
        if not _is_name(event):
            super().see(event)


class Page(Plain):
    """The steps on stderr, and the answer in blocks."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(live=True)
        self._blocks = Blocks()
        self._shown = False  # has a block been printed?
        self._gap = False  # does a blank line stand after the last one?
        self._console = console

    def see(self, event: Event) -> None:
        if isinstance(event, Text) or _is_name(event):
            super().see(event)
            return
        self._end_answer()
        super().see(event)
        self._end_answer()  # an answer that came with the end alone

    def close(self) -> None:
        self._end_answer()
        super().close()

    def _write(self, text: str) -> None:
        for block in self._blocks.feed(text):
            self._print(block)

    def _end_answer(self) -> None:
        for block in self._blocks.end():
            self._print(block)
        self._gap = self._shown = False

    def _print(self, block: str) -> None:
        text = block.strip("\r\n")
        if not text.strip():
            self._gap = True
            return
        if self._shown and (self._gap or block.startswith(("\n", "\r\n"))):
            sys.stdout.write("\n")
        sys.stdout.write(self._rendered(text))
        sys.stdout.flush()
        self._shown = True
        self._gap = len(block) - len(block.rstrip("\r\n")) > (2 if "\r" in block else 1)

    def _rendered(self, block: str) -> str:
        """What a terminal shows of a block, without the blank lines and the spaces that nobody sees."""
        if self._console is None:
            self._console = _console()
        found = _FENCED.match(block)
        with self._console.capture() as captured:
            if found:  # wrapped by the terminal, so that it is copied as it was written
                self._console.print(_code(found[3], found[2]), soft_wrap=True)
            else:
                self._console.print(_markdown(block))
        lines = captured.get().split("\n")
        bare = [bool(_COLOUR.sub("", line).strip()) for line in lines]
        first = bare.index(True) if any(bare) else 0
        last = len(bare) - bare[::-1].index(True) if any(bare) else 0
        return "\n".join(line.rstrip(" ") for line in lines[first:last]) + "\n"


def _way_on(end: Finish) -> str:
    """What to type after an answer that did not come to its end."""
    if end.stop_reason in ("error", "max_seconds", "unknown_outcome"):
        return "/retry goes on with it"
    if end.stop_reason in ("max_steps", "max_tokens"):
        return "ask for less at once, or take a larger model: /model NAME"
    return ""


def _is_name(event: Event) -> bool:
    """Does it say nothing but under which name a new run is kept?"""
    return isinstance(event, Notice) and event.text == f"run {event.run_id}"


def _code(text: str, language: str) -> RenderableType:
    from rich.syntax import Syntax
    from rich.text import Text as Styled

    text = clean(text.replace("\r\n", "\n"))
    if not language:
        return Styled(text, style="cyan")
    shown = Syntax("", language.lower(), theme="ansi_dark").highlight(text)
    shown.rstrip()
    return shown


def _markdown(block: str) -> RenderableType:
    shown = _class()("", code_theme="ansi_dark", hyperlinks=False)
    shown.parsed = _parser().parse(clean(block))
    _clean_tokens(shown.parsed)
    return shown


@cache
def _parser() -> Any:
    """Markdown as chats write it. What looks like HTML is text, as in `Vec<T>`; and no definition of a link vanishes."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable(["table", "strikethrough"]).disable("reference")


def _clean_tokens(tokens: list[Token]) -> None:
    # An entity (`&#x1b;`) becomes a character only when it is parsed.
    for token in tokens:
        token.content = clean(token.content)
        for name, value in token.attrs.items():
            if isinstance(value, str):
                token.attrs[name] = clean(value)
        _clean_tokens(token.children or [])


@cache
def _class() -> type[Markdown]:
    from rich.markdown import Heading, Markdown

    class Left(Heading):
        """A heading where the eye looks for it."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            self.text.justify = "left"
            self.text.stylize("bold")
            yield self.text

    class Answer(Markdown):
        """What a model wrote."""

        elements: ClassVar = {**Markdown.elements, "heading_open": Left}

    return Answer


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, emoji=False, markup=False)
