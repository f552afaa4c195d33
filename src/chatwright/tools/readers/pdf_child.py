"""The process that reads PDFs: files on stdin, one JSON object a line on stdout, a page each.

A PDF is a program that someone else wrote. One that never ends, or that grows until the memory is full, ends
this process and not the one that asked.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

__all__ = ["answers", "main"]

_MEMORY = 3_000_000_000  # bytes of addresses, most of which are never used
_SECONDS = 300  # of CPU for one file, if nobody is left to end us
_PAGE = 1_000_000  # characters
_ALL = 100_000_000


def main() -> None:
    """Read one file after the other: its number and its length in eight bytes each, then its bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asked
    out = os.fdopen(os.dup(1), "wb")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what a library says goes nowhere
    while len(head := sys.stdin.buffer.read(16)) == 16:
        number, size = head[:8], head[8:]
        data = sys.stdin.buffer.read(int.from_bytes(size, "big"))
        _limit()
        for answer in answers(io.BytesIO(data)):
            # Who asked gave up on an earlier file, perhaps, and must not take its pages for this one's.
            answer["of"] = int.from_bytes(number, "big")
            out.write(json.dumps(answer).encode() + b"\n")
            out.flush()
        del data
        gc.collect()


class _Failed(Exception):
    """The whole file cannot be read, for this reason."""


def answers(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The title, the pages, and at last `end`, or `failed` with the reason."""
    try:
        yield from _pages(file)
        yield {"end": True}
    except _Failed as err:
        yield {"failed": str(err)}
    except MemoryError:
        yield {"failed": "it needs too much memory"}
    except Exception as err:  # a broken PDF fails in any way; the user reads that it cannot be read
        secret = type(err).__name__ in ("FileNotDecryptedError", "DependencyError")
        yield {"failed": "it is encrypted" if secret else "not a readable PDF"}


def _pages(file: BinaryIO) -> Iterator[dict[str, Any]]:
    from pypdf import PdfReader

    reader = PdfReader(file)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Failed("it is encrypted")
    yield {"title": _title(reader)}
    size = 0
    for number, page in enumerate(reader.pages, 1):
        try:
            text = page.extract_text()
        except MemoryError:
            raise
        except Exception:  # one page may be broken, and its number is told
            yield {"page": number, "bad": True}
            continue
        size += len(text)
        yield {"page": number, "text": text[:_PAGE]}
        if size > _ALL:
            raise _Failed(f"it holds too much text, from page {number} on")


def _title(reader: Any) -> str:
    try:
        return str(reader.metadata.title or "")[:300]
    except Exception:  # a name that cannot be read is no name
        return ""


def _limit() -> None:
    """Set bounds to memory and time, where the system knows such bounds."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + _SECONDS
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, seconds)):
        with suppress(OSError, ValueError):  # a lower bound is set already
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


if __name__ == "__main__":
    main()
