"""What a GGUF file says of itself, read and checked before the engine sees it.

The engine only says that it failed; this reader says what is wrong with the file. Nothing here trusts a number
of the file before it has been compared with the bytes that are left.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, cast, overload

from chatwright.errors import BackendError

__all__ = ["CONTROL", "UNKNOWN", "USER_DEFINED", "Header", "Token", "read_header"]

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4
"""The types of tokens that are not plain text, as the format numbers them."""

_NOT_PLAIN = (UNKNOWN, CONTROL, USER_DEFINED)
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_SHORT = 1024  # longer arrays are the vocabulary's, and only the lines below are of use here
_TOKENS, _TYPES = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_DEPTH = 3  # arrays in arrays; real files have none
_AGAIN = "download or copy the file again"

# Elements and bytes of one block of each tensor type.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is not plain text: its id, spelling and type, and whether the file gives it a role (BOS, ...)."""

    id: int
    text: str
    type: int
    role: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The file's key-value pairs, and the special tokens of its vocabulary.

    Of the long arrays only the tokens and their types are kept; scores and merges are the engine's business.
    """

    path: Path
    metadata: Mapping[str, Any]
    special: tuple[Token, ...]

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    def of_model(self, key: str, default: int = 0) -> int:
        """A number that the format files under the architecture's name, such as `context_length`."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        return value if isinstance(value, int) else default

    def token(self, role: str) -> Token | None:
        """The token that the file names as `bos`, `eos`, `eot`, ..."""
        wanted = self.metadata.get(f"tokenizer.ggml.{role}_token_id")
        return next((t for t in self.special if t.id == wanted), None)


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file, or say what is wrong with the file."""
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                raise BackendError(f"{path.name} is empty", _AGAIN)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Reader(path, data).header()
    except FileNotFoundError:
        raise BackendError(f"there is no file {path}", "check the path") from None
    except OSError as err:
        raise BackendError(
            f"{path} cannot be read: {err.strerror or err}", "check the path"
        ) from err


class _Texts(Sequence[str]):
    """The strings of an array, decoded when they are asked for: of 150,000 tokens hardly one ever is."""

    def __init__(self, raw: Sequence[bytes]) -> None:
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _Texts(self._raw[index])
        return self._raw[index].decode(errors="replace")


class _Reader:
    """Walks through the file's bytes, never past their end."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path = path
        self._data = data
        self._size = len(data)
        self._at = 0

    def header(self) -> Header:
        magic = self._data[:4]
        if magic != b"GGUF":
            raise BackendError(f"{self._path.name} is not a GGUF file", _guess(magic))
        self._at = 4
        version = self._number("I")
        if version not in (2, 3):
            self._broken(f"its version is {version}, not 2 or 3")
        tensors, pairs = self._number("Q"), self._number("Q")
        self._room(tensors, 24)
        self._room(pairs, 12)
        values = self._pairs(pairs)
        self._tensors(tensors, values.get("general.alignment", 32))
        if not isinstance(values.get("general.architecture"), str):
            self._broken("it names no architecture")
        special = _special(values, values.get(_TOKENS, ()), values.get(_TYPES, ()))
        return Header(self._path, MappingProxyType(values), special)

    def _pairs(self, count: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for _ in range(count):
            key = self._string().decode(errors="replace")
            if key in values:
                self._broken(f"it has the key '{key[:60]}' twice")
            value = self._value(self._number("I"), whole=key in (_TOKENS, _TYPES))
            if value is not None:
                values[key] = value
        return values

    def _value(self, kind: int, *, whole: bool = False, depth: int = 0) -> Any:
        """One value; `None` stands for an array too long to be of interest."""
        if kind == _STRING:
            return self._string().decode(errors="replace")
        if kind == _ARRAY and depth < _DEPTH:
            return self._array(whole, depth)
        if kind not in _SCALARS:
            self._broken(f"it has a value of the unknown type {kind}")
        return self._number(_SCALARS[kind])

    def _array(self, whole: bool, depth: int) -> Any:
        kind, count = self._number("I"), self._number("Q")
        if kind == _STRING:
            raw = self._strings(count)
            return _Texts(raw) if whole or count <= _SHORT else None
        if kind in _SCALARS:
            return self._scalars(_SCALARS[kind], count, whole)
        self._room(count, 12)
        return tuple(self._value(kind, depth=depth + 1) for _ in range(count))

    def _scalars(self, letter: str, count: int, whole: bool) -> Any:
        width = struct.calcsize("<" + letter)
        self._room(count, width)
        start, self._at = self._at, self._at + count * width
        return (
            struct.unpack_from(f"<{count}{letter}", self._data, start)
            if whole or count <= _SHORT
            else None
        )

    def _strings(self, count: int) -> list[bytes]:
        self._room(count, 8)
        found: list[bytes] = []
        data, at, size = self._data, self._at, self._size
        length = struct.Struct("<Q").unpack_from
        for _ in range(count):  # runs 150,000 times for a big vocabulary, hence written out
            if size - at < 8:
                self._cut()
            (n,) = length(data, at)
            at += 8
            if n > size - at:
                self._cut()
            found.append(data[at : at + n])
            at += n
        self._at = at
        return found

    def _string(self) -> bytes:
        return self._strings(1)[0]

    def _number(self, letter: str) -> Any:
        width = struct.calcsize("<" + letter)
        self._room(1, width)
        start, self._at = self._at, self._at + width
        return struct.unpack_from("<" + letter, self._data, start)[0]

    def _tensors(self, count: int, alignment: Any) -> None:
        """Check that every tensor's bytes are in the file: a download that broke off is found here."""
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            self._broken(f"its alignment is {alignment}")
        ends: list[tuple[str, int]] = []
        for _ in range(count):
            name, dims = self._string().decode(errors="replace"), self._number("I")
            if not 1 <= dims <= 4:
                self._broken(f"its tensor '{name[:60]}' has {dims} dimensions")
            shape = [self._number("Q") for _ in range(dims)]
            kind, offset = self._number("I"), self._number("Q")
            elements, size = _BLOCKS.get(
                kind, (1, 0)
            )  # of a type that we do not know, only the start
            ends.append((name, offset + -(-prod(shape) // elements) * size))
        start = self._at + -self._at % alignment
        for name, end in ends:
            if start + end > self._size:
                missing = start + end - self._size
                raise BackendError(
                    f"{self._path.name} is cut off: tensor '{name[:60]}' lacks {missing:,} bytes",
                    _AGAIN,
                )

    def _room(self, count: int, width: int) -> None:
        if count > (self._size - self._at) // width:
            self._cut()

    def _cut(self) -> NoReturn:
        raise BackendError(f"{self._path.name} is broken or cut off in its header", _AGAIN)

    def _broken(self, what: str) -> NoReturn:
        raise BackendError(f"{self._path.name} is no GGUF file that can be read: {what}", _AGAIN)


def _special(values: Mapping[str, Any], tokens: object, types: object) -> tuple[Token, ...]:
    """The tokens that are not plain text; those with a role count as control tokens whatever their type says."""
    if not isinstance(tokens, _Texts):
        return ()  # the engine will refuse it
    kinds = cast("tuple[Any, ...]", types if isinstance(types, tuple) else ())
    ids = {
        v for k, v in values.items() if k.startswith("tokenizer.ggml.") and k.endswith("_token_id")
    }
    roles = {v for v in ids if isinstance(v, int) and 0 <= v < len(tokens)}
    marked = {n for n, kind in enumerate(kinds[: len(tokens)]) if kind in _NOT_PLAIN}
    return tuple(
        Token(n, tokens[n], kinds[n] if n in marked else CONTROL, n in roles)
        for n in sorted(marked | roles)
    )


def _guess(magic: bytes) -> str:
    if magic[:2] == b"PK" or magic[:1] == b"\x80":
        return "this looks like a PyTorch file; look for a repository with 'GGUF' in its name"
    if magic[:4] == b"vers":
        return "this is a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"
    if magic[:1] in (b"<", b"{"):
        return "this looks like an error page that was saved as the model; download it again"
    return "look for a file that ends in .gguf"
