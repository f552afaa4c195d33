"""What a file is that is no GGUF: told from its first bytes, so that the hint can say what to fetch instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatwright.errors import BackendError

__all__ = ["foreign"]

_LOOK = "look for a repository with 'GGUF' in its name, or a file that ends in .gguf"
_UNPACK = "unpack it first"
_OLDER = "it is a format older than GGUF; convert it again, or " + _LOOK


@dataclass(frozen=True, slots=True)
class _Sign:
    start: bytes
    what: str
    hint: str
    at: int = 0


_SIGNS = (
    _Sign(b"lmgg", "a GGML file", _OLDER),
    _Sign(b"fmgg", "a GGMF file", _OLDER),
    _Sign(b"tjgg", "a GGJT file", _OLDER),
    _Sign(b"algg", "an adapter in the old GGLA format", _OLDER),
    _Sign(b"PK", "a ZIP archive", "this looks like a PyTorch file; " + _LOOK),
    _Sign(b"\x80", "a Python pickle", "this looks like a PyTorch file; " + _LOOK),
    _Sign(b"\x89HDF", "an HDF5 file", "this looks like a Keras file; " + _LOOK),
    _Sign(b"\x93NUMPY", "a NumPy file", _LOOK),
    _Sign(b"TFL3", "a TensorFlow Lite file", _LOOK, at=4),
    _Sign(b"\x1f\x8b", "a gzip archive", _UNPACK),
    _Sign(b"BZh", "a bzip2 archive", _UNPACK),
    _Sign(b"\xfd7zXZ", "an xz archive", _UNPACK),
    _Sign(b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    _Sign(b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    _Sign(b"Rar!", "a RAR archive", _UNPACK),
    _Sign(b"ustar", "a tar archive", _UNPACK, at=257),
    _Sign(b"\x7fELF", "a program", "llamafiles hold a GGUF, and are none themselves: " + _LOOK),
    _Sign(b"MZ", "a program", "llamafiles hold a GGUF, and are none themselves: " + _LOOK),
    _Sign(b"%PDF", "a PDF", _LOOK),
    _Sign(b"\x89PNG", "a picture", _LOOK),
    _Sign(b"FUGG", "written backwards", "the computer that wrote it mixed up its bytes: " + _LOOK),
)

_PIECE = re.compile(r"(?i)(part[-_]?\w+|split[-_][a-z]+|\.(a[a-z]|\d{2,3}))$")


def foreign(name: str, head: bytes, size: int) -> BackendError:
    """The error for a file that does not begin like a GGUF."""
    what, hint = _told(head, size)
    if _PIECE.search(name) and what == "":
        hint = (
            "this looks like one piece of a file that was cut; join all of them in order with cat"
        )
    said = f"{name} is not a GGUF file"
    return BackendError(f"{said}, it is {what}" if what else said, hint)


def _told(head: bytes, size: int) -> tuple[str, str]:
    for sign in _SIGNS:
        if head.startswith(sign.start, sign.at):
            return sign.what, sign.hint
    if _is_safetensors(head, size):
        hint = "convert it with llama.cpp's convert_hf_to_gguf.py, or " + _LOOK
        return "a safetensors file", hint
    if not head.strip(b"\0"):
        return (
            "empty but for zeros",
            "the download has not finished or has failed: download it again",
        )
    return _told_as_text(head)


def _is_safetensors(head: bytes, size: int) -> bool:
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= size


def _told_as_text(head: bytes) -> tuple[str, str]:
    if head.startswith(b"version https://git-lfs"):
        found = re.search(rb"\nsize (\d+)", head)
        large = f" (the file itself has {int(found[1]):,} bytes)" if found else ""
        return "a Git LFS pointer" + large, "fetch the file itself with 'git lfs pull' (Git LFS)"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"<", b"{"):
        hint = "this looks like an error page that was saved as the model; download it again"
        return "a page of the web" if text[:1] == b"<" else "JSON text", hint
    if shown := _plain_text(head):
        return f"text: {shown}", "perhaps an error was saved as the model; " + _LOOK
    return "", _LOOK


def _plain_text(head: bytes) -> str:
    """The beginning of what is plainly text and not a stray byte or two."""
    try:
        text = head.decode("ascii")
    except UnicodeDecodeError:
        return ""
    readable = len(text) >= 8 and all(c.isprintable() or c in "\r\n\t" for c in text)
    return repr(" ".join(text.split())[:60]) if readable else ""
