"""The bytes of a text file as text: found out which encoding they are in, and read in stretches of whole lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from ..found import Unreadable

__all__ = ["encoding_of", "texts"]

_LINE = 1_000_000  # characters: a longer line is handed on in parts

_MARKS = (  # the longer first: UTF-32's mark begins like UTF-16's
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL_BYTES = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HIGH = bytes(range(128, 256))
_NOT_WESTERN = b"\x81\x8d\x8f\x90\x9d"  # no letters in the encoding that Windows wrote


def encoding_of(chunks: Iterable[bytes]) -> str:
    """UTF-8, UTF-16 or UTF-32, or what Windows wrote before; `Unreadable` for anything else."""
    chunks = iter(chunks)
    head = next(chunks, b"")
    if wide := _wide(head):
        return _checked(chain([head], chunks), wide)
    if b"\0" in head:
        raise Unreadable("binary")
    return _narrow(chain([head], chunks))


def texts(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text, each stretch of it cut after a line; a line without end is cut where it must be."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    for chunk in chunks:
        rest += decoder.decode(chunk)
        if end := _last_end(rest):
            yield rest[:end]
            rest = rest[end:]
    yield rest + decoder.decode(b"", final=True)


def _last_end(text: str) -> int:
    """Where the last whole line of the text ends, or 0."""
    # A carriage return at the very end may be the first half of a line's end.
    end = text.rfind("\n") + 1 or text.rfind("\r", 0, -1) + 1
    if end or len(text) < _LINE:
        return end
    return text.rfind(" ") + 1 or len(text)


def _wide(head: bytes) -> str:
    """The encoding with two or four bytes for each character, where that is what it is."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[: len(head) // 4 * 4][:4096]
    if b"\0" not in sample:
        return ""
    # Most text has spaces or line ends, and of their two or four bytes the same ones are always nothing.
    nothing = [sample[i::4].count(0) for i in range(4)]
    quarter = len(sample) // 4
    if nothing[2] == nothing[3] == quarter:
        return "utf-32-le"
    if nothing[0] == nothing[1] == quarter:
        return "utf-32-be"
    low, high = nothing[0] + nothing[2], nothing[1] + nothing[3]
    if not (low and high):
        name = "utf-16-be" if low else "utf-16-le"
        return name if _like_text(sample.decode(name, "replace")) else ""
    return ""


def _like_text(text: str) -> bool:
    letters = sum(c.isalnum() or c in " \r\n\t.,;:-" for c in text)
    return letters >= 0.9 * len(text) and not _CONTROL.search(text)


def _checked(chunks: Iterable[bytes], encoding: str) -> str:
    """The encoding, after the whole file was seen to be text in it."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    size = bad = 0
    spaced = False
    for text in map(decoder.decode, chunks):
        size += len(text)
        bad += text.count("\ufffd")
        spaced = spaced or " " in text or "\n" in text
        if _CONTROL.search(text) or bad * 50 > size + 100:
            raise Unreadable("binary")
    if not spaced and size:
        raise Unreadable("binary")
    return encoding


def _narrow(chunks: Iterable[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    size = bad = extra = high = control = 0
    western = True
    for chunk in chunks:
        size += len(chunk)
        if chunk.isascii() and not decoder.getstate()[0]:
            control += len(chunk) - len(chunk.translate(None, _CONTROL_BYTES))
            continue
        plain = chunk.translate(None, _HIGH)
        high += len(chunk) - len(plain)
        control += len(plain) - len(plain.translate(None, _CONTROL_BYTES))
        western = western and len(chunk.translate(None, _NOT_WESTERN)) == len(chunk)
        text = decoder.decode(chunk)
        bad += text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        extra += len(chunk) - len(text)
    # Each character of several bytes that was read well adds its further bytes to `extra`. A file that is
    # cut off in a character, or damaged in a few places, is still what the rest of it is.
    if bad * 4 <= extra or not bad:
        return "utf-8-sig"
    # Western text has a few letters above ASCII; where they are many, it is another alphabet's encoding,
    # and to read it as Western would index nonsense.
    if western and not control and high * 5 <= size:
        return "cp1252"
    raise Unreadable("not UTF-8 text")
