"""A GGUF file up to its weights: the key-value pairs and the table of tensors.

Nothing here trusts a number of the file before it has been compared with the bytes that are left, and every error
says where in the file it stands. What the values mean is looked at elsewhere.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, overload

from chatwright.errors import BackendError

from .problem import AGAIN, Problem
from .source import Source
from .tensors import Tensor

__all__ = ["ARRAY", "STRING", "Array", "Contents", "Texts", "read_contents"]

STRING, ARRAY = 8, 9
_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_BOOL = 7
_LENGTH = struct.Struct("<Q")

_TOKENS, _TYPES, _SCORES = (f"tokenizer.ggml.{n}" for n in ("tokens", "token_type", "scores"))
_SHORT = 1024  # longer arrays are the vocabulary's; of those only the ones above are kept
_HEAD = 512  # bytes that tell what a file is that is no GGUF
_FIRST = 1 << 20  # bytes to begin with; a large vocabulary needs ten times as many
# Nothing real comes near these. They keep a file that is mostly a hole from being read for ever.
_MOST_PAIRS, _MOST_TENSORS = 1 << 16, 1 << 16
_MOST_STRINGS, _MOST_NUMBERS = 1 << 22, 1 << 26
_LONGEST_KEY, _LONGEST_TEXT, _MOST_BYTES = 1 << 16, 1 << 26, 1 << 29


@dataclass(frozen=True, slots=True)
class Array:
    """The type of an array's items, as the format numbers them, and how many there are."""

    kind: int
    count: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands before the weights.

    `values` has the scalars, the strings and the short arrays, and of the long ones the tokens and their types;
    `kinds` has the type of every value and `arrays` the shape of every array. `scores` are the raw floats.
    """

    name: str
    size: int
    version: int
    values: Mapping[str, Any]
    kinds: Mapping[str, int]
    arrays: Mapping[str, Array]
    scores: bytes
    tensors: tuple[Tensor, ...]
    alignment: int
    start: int
    """Where the weights begin."""

    @property
    def architecture(self) -> str:
        return str(self.values.get("general.architecture", ""))

    def of_model(self, key: str) -> Any:
        """A value that the format files under the architecture's name, such as `context_length`."""
        return self.values.get(f"{self.architecture}.{key}")


class Texts(Sequence[str]):
    """The strings of an array, decoded when they are asked for: of 150,000 tokens hardly one ever is."""

    def __init__(self, raw: Sequence[bytes]) -> None:
        self.raw = raw

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return Texts(self.raw[index])
        return self.raw[index].decode(errors="replace")


def read_contents(source: Source) -> Contents:
    """Read what stands before the weights, or say what is wrong with it."""
    return _Reader(source).contents()


def _numbers(letter: str, raw: bytes) -> Sequence[Any]:
    if letter == "?":
        return tuple(map(bool, raw))
    found: array[Any] = array(letter)
    found.frombytes(raw)
    if sys.byteorder == "big":
        found.byteswap()
    return found if len(found) > _SHORT else tuple(found)


class _Reader:
    """Walks through the file's bytes, never past their end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._size = source.size
        self._data = b""
        self._at = 0
        self._place = "its first bytes"
        self._kinds: dict[str, int] = {}
        self._arrays: dict[str, Array] = {}
        self._scores = b""

    def contents(self) -> Contents:
        self._check_magic()
        version = self._version()
        self._place = "its counts"
        count_tensors, count_pairs = self._number("Q"), self._number("Q")
        self._check_counts(count_tensors, count_pairs)
        values = self._pairs(count_pairs)
        alignment = self._alignment(values)
        tensors = self._tensors(count_tensors)
        return Contents(
            name=self._source.name,
            size=self._size,
            version=version,
            values=values,
            kinds=self._kinds,
            arrays=self._arrays,
            scores=self._scores,
            tensors=tensors,
            alignment=alignment,
            start=self._at + -self._at % alignment,
        )

    def _check_magic(self) -> None:
        if self._size == 0:
            raise BackendError(f"{self._source.name} is empty", AGAIN)
        head = self._source.read(0, min(self._size, _HEAD))
        if head[:4] != b"GGUF":
            from .foreign import foreign

            raise foreign(self._source.name, head, self._size)
        self._at = 4

    def _version(self) -> int:
        self._place = "its version"
        version = self._number("I")
        if version and version & 0xFFFF == 0:
            hint = "look for a conversion that was not made for big-endian machines"
            self._refuse(f"its numbers are big-endian (version {version:#010x})", hint)
        if version not in (2, 3):
            hint = "convert the model again" if version == 1 else AGAIN
            self._refuse(f"its version is {version}, not 2 or 3", hint)
        return version

    def _check_counts(self, tensors: int, pairs: int) -> None:
        for count, width, most, what in (
            (tensors, 24, _MOST_TENSORS, "tensors"),
            (pairs, 12, _MOST_PAIRS, "key-value pairs"),
        ):
            if count > (self._size - self._at) // width:
                self._cut(f"it claims {count:,} {what}, more than its {self._size:,} bytes hold")
            if count > most:
                self._refuse(f"it claims {count:,} {what}")

    # Key-value pairs

    def _pairs(self, count: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for n in range(count):
            self._place = f"the key of pair {n + 1} of {count}"
            key = self._key()
            if key in self._kinds:
                self._refuse(f"it has the key '{key[:60]}' twice")
            self._place = f"the value of '{key[:60]}' (pair {n + 1} of {count})"
            self._kinds[key] = kind = self._number("I")
            value = self._value(key, kind)
            if value is not None:
                values[key] = value
        return values

    def _key(self) -> str:
        raw = self._string(_LONGEST_KEY)
        try:
            key = raw.decode()
        except UnicodeDecodeError:
            self._refuse(f"{self._place} is not text: {raw[:30]!r}")
        if not key or "\0" in key:
            self._refuse(f"{self._place} is {'empty' if not key else repr(key[:60])}")
        return key

    def _value(self, key: str, kind: int) -> Any:
        """One value; `None` stands for an array too long to be of interest."""
        if kind == STRING:
            return self._string(_LONGEST_TEXT).decode(errors="replace")
        if kind == ARRAY:
            return self._array(key)
        if kind not in _SCALARS:
            self._refuse(f"its value of '{key[:60]}' has the unknown type {kind}")
        value = self._number(_SCALARS[kind])
        if kind == _BOOL and self._data[self._at - 1] > 1:
            self._refuse(f"its '{key[:60]}' is neither true nor false")
        return value

    def _array(self, key: str) -> Any:
        kind, count = self._number("I"), self._number("Q")
        if kind == ARRAY:
            self._refuse(f"its '{key[:60]}' is an array of arrays")
        if kind != STRING and kind not in _SCALARS:
            self._refuse(f"its array '{key[:60]}' has items of the unknown type {kind}")
        self._arrays[key] = Array(kind, count)
        most = _MOST_STRINGS if kind == STRING else _MOST_NUMBERS
        if most < count <= self._size - self._at:
            self._refuse(f"its array '{key[:60]}' claims {count:,} items")
        whole = key in (_TOKENS, _TYPES) or count <= _SHORT
        if kind == STRING:
            if count > (self._size - self._at) // 8:
                self._cut(f"{self._place} claims {count:,} items")
            return Texts(self._strings(count)) if whole else self._skip_strings(count)
        raw = self._take(count, struct.calcsize("<" + _SCALARS[kind]))
        if key == _SCORES and _SCALARS[kind] == "f":
            self._scores = raw
        return _numbers(_SCALARS[kind], raw) if whole else None

    # Tensors

    def _alignment(self, values: Mapping[str, Any]) -> int:
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            self._refuse(f"its alignment is {alignment}, and it must be a power of 2")
        return alignment

    def _tensors(self, count: int) -> tuple[Tensor, ...]:
        return tuple(self._tensor(f"tensor {n + 1} of {count}") for n in range(count))

    def _tensor(self, which: str) -> Tensor:
        self._place = f"the name of {which}"
        raw = self._string(_LONGEST_KEY)
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            self._refuse(f"{self._place} is not text: {raw[:30]!r}")
        self._place = f"the shape of {which}, '{name[:60]}'"
        dimensions = self._number("I")
        if not 1 <= dimensions <= 4:
            self._refuse(f"its tensor '{name[:60]}' has {dimensions} dimensions, not 1 to 4")
        shape = tuple(self._number("q") for _ in range(dimensions))
        return Tensor(name, shape, self._number("I"), self._number("Q"))

    # Bytes

    # A big vocabulary has 300,000 strings, hence the bare loops: they run until the bytes read so far end.

    def _strings(self, count: int) -> list[bytes]:
        data, at, found = self._data, self._at, list[bytes]()
        add, length = found.append, _LENGTH.unpack_from
        while True:
            try:
                for _ in range(count - len(found)):
                    start = at + 8
                    at = start + length(data, at)[0]
                    add(data[start:at])
            except (struct.error, OverflowError):
                pass
            needed = at + 8
            if at > len(data):  # in the middle of the last string
                needed, at = at, len(data) - len(found.pop()) - 8
            elif len(found) == count:
                self._at = at
                return found
            data = self._more(needed)

    def _skip_strings(self, count: int) -> None:
        data, at, length = self._data, self._at, _LENGTH.unpack_from
        for _ in range(count):
            try:
                at += length(data, at)[0] + 8
            except (struct.error, OverflowError):
                data = self._more(at + 8)
                at += length(data, at)[0] + 8
        if at > len(data):
            self._more(at)
        self._at = at

    def _string(self, longest: int) -> bytes:
        length = self._number("Q")
        if longest < length <= self._size - self._at:
            self._refuse(f"{self._place} claims to have {length:,} bytes")
        return self._take(length)

    def _number(self, letter: str) -> Any:
        return struct.unpack("<" + letter, self._take(struct.calcsize("<" + letter)))[0]

    def _take(self, count: int, width: int = 1) -> bytes:
        start, end = self._at, self._at + count * width
        if end > len(self._data):
            self._more(end)
        self._at = end
        return self._data[start:end]

    def _more(self, end: int) -> bytes:
        """Have the file's bytes up to `end` at least."""
        if end > self._size:
            self._cut(f"it ends inside {self._place}")
        if end > _MOST_BYTES:
            self._refuse(f"what stands before its weights has more than {_MOST_BYTES:,} bytes")
        have = len(self._data)
        wanted = min(self._size, max(end, 2 * have, _FIRST))
        self._data += self._source.read(have, wanted - have)
        return self._data

    def _cut(self, detail: str) -> NoReturn:
        raise BackendError(
            f"{self._source.name} is broken or cut off in its header: {detail}", AGAIN
        )

    def _refuse(self, what: str, hint: str = AGAIN) -> NoReturn:
        raise Problem(what, hint).error(self._source.name)
