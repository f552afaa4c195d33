"""Server-sent events: bytes in, events out, however the bytes are cut.

Lines end at CR, LF or CRLF and nowhere else: U+2028, U+0085 and their like are text inside the data. An event is
whole when its blank line has come; what is left without one when the stream ends was cut off, and is dropped.
"""

from __future__ import annotations

from typing import NamedTuple

from chatwright.errors import BadReply

__all__ = ["MAX_EVENT", "Event", "Parser"]

MAX_EVENT = 32 * 2**20
"""How many bytes one event, or one line, may have."""

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """The data of one event, its lines joined by line feeds, and its name where it has one."""

    data: str
    name: str = ""


class Parser:
    """Reads one stream.

    >>> Parser().feed(b": still here\\r\\ndata: a\\ndata:b\\n\\ndata: c")
    [Event(data='a\\nb', name='')]
    """

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max = max_event
        self._begun: list[bytes] = []  # the pieces of a line whose end has not come
        self._data: list[bytes] = []
        self._name = ""
        self._size = 0
        self._first = True
        self._after_cr = False
        self._wrong: BadReply | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this piece completes. Raises `BadReply` for what is no text, or never ends.

        If whole events stand before what is wrong, they are given first, and it is raised by `check`.
        """
        self.check()
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # the second half of a CRLF, whose first half has ended the line
            self._after_cr = False
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        self._size += len(chunk)
        lines = chunk.splitlines()  # of bytes: at CR, LF and CRLF only
        rest = b"" if chunk.endswith((b"\r", b"\n")) else lines.pop()
        events = self._read(lines)
        if rest:
            self._begun.append(rest)
        if events:  # only what came after the last of them still counts
            self._size = len(rest) + sum(map(len, self._data))
        if self._size > self._max:
            raise BadReply(
                f"the server sends an event of more than {self._max:,} bytes",
                "is this the address of a model server?",
            )
        return events

    def check(self) -> None:
        """Raise what was found wrong behind the last events."""
        if self._wrong is not None:
            raise self._wrong

    def _read(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        try:
            if lines:
                lines[0] = self._whole(lines[0])
            for line in lines:
                if not line:
                    if self._data:
                        events.append(self._dispatch())
                    else:
                        self._name, self._size = "", 0
                elif line.startswith(b"data:"):
                    self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
                else:
                    self._field(_text(line))
        except BadReply as err:
            if not events:
                raise
            self._wrong = err
        return events

    def _whole(self, line: bytes) -> bytes:
        if self._begun:
            line = b"".join((*self._begun, line))
            self._begun.clear()
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        return line

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name in ("data", "error"):  # llama.cpp once told its errors in a field of that name
            self._data.append(value.encode())
        if name in ("event", "error"):
            self._name = name if name == "error" else value
        if not name and not self._data:
            self._size = 0  # comments are no part of an event, however many there are

    def _dispatch(self) -> Event:
        data, name = self._data, self._name
        self._data, self._name = [], ""
        return Event(_text(data[0] if len(data) == 1 else b"\n".join(data)), name)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as err:
        bad = raw[err.start : err.end].hex(" ")
    raise BadReply(
        f"the stream holds bytes that are no UTF-8 ({bad})",
        "the server is at fault: please report it there",
    )
