"""PDF read into blocks, page by page, by a process of its own that is ended when it takes too long."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any, cast

from ..found import Unreadable
from .blocks import Block, Heading, Paragraph, Title

__all__ = ["PdfProcess", "page_paragraphs"]

_PAGE_SECONDS = 30.0
_FILE_SECONDS = 180.0


class PdfProcess:
    """Reads PDFs, one at a time. The process starts with the first one, and `close` ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._number = 0

    def blocks(self, data: bytes, name: str) -> Iterator[Block]:
        """The pages of a PDF; `Unreadable` at the end says what could not be read of it."""
        title, seen, bad = "", False, list[int]()
        for answer in self._answers(data):
            if "failed" in answer:
                raise Unreadable(str(answer["failed"]))
            title = str(answer.get("title", title))
            if answer.get("bad"):
                bad.append(int(answer["page"]))
            text = str(answer.get("text", ""))
            if not text.strip():
                continue
            if not seen:
                yield Title(title if _is_in(title, text) else name)
            seen = True
            yield Heading(2, f"page {answer['page']}")
            yield from page_paragraphs(text)
        if bad:
            raise Unreadable(f"{_pages(bad)} cannot be read")
        if not seen:
            raise Unreadable("no text in it (scanned pages?)")

    def _answers(self, data: bytes) -> Iterator[dict[str, Any]]:
        finished = False
        try:
            self._send(data)
            for answer in self._received():
                finished = "end" in answer or "failed" in answer
                yield answer
        finally:
            if not finished:
                self.close()  # it may still be busy with this file

    def _received(self) -> Iterator[dict[str, Any]]:
        last, page = time.monotonic() + _FILE_SECONDS, 0
        while True:
            try:
                left = min(_PAGE_SECONDS, last - time.monotonic())
                line = self._lines.get(timeout=max(0.0, left))
            except queue.Empty:
                raise Unreadable(f"it takes too long to read{_from(page)}") from None
            if not line:
                raise Unreadable(f"it cannot be read{_from(page)}: its reader failed")
            answer = cast("dict[str, Any]", json.loads(line))
            if answer.get("of") != self._number:
                continue
            page = int(answer.get("page", page))
            yield answer
            if "end" in answer or "failed" in answer:
                return

    def _send(self, data: bytes) -> None:
        if not self._process or self._process.poll() is not None:
            self.close()
            self._start()
        assert self._process and self._process.stdin
        self._number += 1
        try:
            self._process.stdin.write(
                self._number.to_bytes(8, "big") + len(data).to_bytes(8, "big")
            )
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended; the reading below says so

    def _start(self) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            raise Unreadable("there is no Python here to read it with")
        # The new process finds the packages where we found them, and nothing in the current folder.
        path = os.pathsep.join(p for p in sys.path if p)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "chatwright.tools.readers.pdf_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as err:
            raise Unreadable(f"its reader cannot be started: {err.strerror}") from err
        self._lines = queue.SimpleQueue()
        reader = threading.Thread(
            target=_hand_over, args=(self._process.stdout, self._lines), daemon=True
        )
        reader.start()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                try:
                    if pipe:
                        pipe.close()
                except OSError:
                    pass  # what was still to be written to it is not wanted any more


def page_paragraphs(text: str) -> Iterator[Paragraph]:
    """The paragraphs of a page, whose lines end where the paper did."""
    for part in re.split(r"\n[ \t\r]*\n", text):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        width = sorted(map(len, lines))[len(lines) * 4 // 5] if lines else 0
        found: list[str] = []
        fresh = True
        for line in lines:
            if fresh:
                found.append(line)
            elif re.search(r"[^\W\d_]-$", found[-1]) and line[:1].islower():
                found[-1] = found[-1][:-1] + line
            else:
                found[-1] += f" {line}"
            # A line that ends early is a heading, an item, or the last one of its paragraph.
            fresh = len(line) < width * 0.6
        if found:
            yield Paragraph(found)


def _hand_over(pipe: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    try:
        for line in pipe:
            lines.put(line)
    except (OSError, ValueError):
        pass  # it was closed
    lines.put(b"")


def _is_in(title: str, text: str) -> bool:
    """Does the first page show the title? Many PDFs still carry that of the file they were made from."""
    words = title.casefold().split()
    return bool(words) and " ".join(words) in " ".join(text.casefold().split())


def _from(page: int) -> str:
    return f" from page {page + 1} on" if page else ""


def _pages(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
    return f"page{'s' if len(numbers) > 1 else ''} {shown}"
