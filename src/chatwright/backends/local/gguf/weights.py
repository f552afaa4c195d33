"""Are the weights numbers at all? NaN and infinity are found by their exponents, in every type of tensor.

The engine loads such weights without a word, and writes nonsense with them. Looking at every byte takes as long as
reading the file, so before it is loaded only a small file is looked at whole, and of a large one the small
tensors and both ends of the others.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from .problem import AGAIN, Problem
from .source import Source
from .tensors import TYPES, Tensor, TensorType

__all__ = ["quick_problems", "thorough_problems"]

_WHOLE = 64 << 20  # bytes of weights that are looked at in any case
_SMALL, _END = 64 << 10, 16 << 10
_CHUNK = 8 << 20
_HOLE = 1 << 20  # zeros in a row that no quantised weights have

Seen = Callable[[int], None]
"""Is told how many bytes have been looked at so far."""

# Table for `bytes.translate`: what is left of a byte when only the bits of a mask count, all of them set.
_FINE = {
    mask: bytes(b for b in range(256) if b & mask != mask)
    for mask in {mask for kind in TYPES.values() for test in kind.finite for _, mask in test}
}


@functools.cache
def _all_set(mask: int) -> re.Pattern[bytes]:
    """A byte in which all bits of the mask are set."""
    return re.compile(
        b"[" + b"".join(rb"\x%02x" % b for b in range(256) if b & mask == mask) + b"]"
    )


def quick_problems(source: Source, tensors: Sequence[Tensor], start: int) -> Iterator[Problem]:
    """Numbers that are none, as far as a short look finds them."""
    whole = sum(tensor.size for tensor in tensors) <= _WHOLE
    for tensor in _floats(tensors):
        for at, count in [(0, tensor.size)] if whole else _ends(tensor):
            raw = source.read(start + tensor.offset + at, count)
            if problem := _not_finite(tensor, raw, at):
                yield problem
                break


def thorough_problems(
    source: Source, tensors: Sequence[Tensor], start: int, seen: Seen
) -> Iterator[Problem]:
    """The same of every byte, and tensors and long stretches that are empty."""
    done = 0
    for tensor in tensors:
        found: list[Problem] = []
        empty = True
        for at, count in _chunks(tensor):
            raw = source.read(start + tensor.offset + at, count)
            blank = raw == bytes(count)
            empty = empty and blank
            if not found and (problem := _hole(tensor, raw, at) or _not_finite(tensor, raw, at)):
                found.append(problem)
            done += count
            seen(done)
        if empty and len(tensor.shape) > 1 and tensor.type in TYPES:
            found = [_empty(tensor)]
        yield from found


def _floats(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    return (t for t in tensors if _tests(t))


def _tests(tensor: Tensor) -> tuple[tuple[tuple[int, int], ...], ...]:
    # Factors of a rotation may be infinite: what they divide is then not turned.
    rotation = tensor.name.startswith("rope_")
    return () if rotation or tensor.type not in TYPES else TYPES[tensor.type].finite


def _ends(tensor: Tensor) -> list[tuple[int, int]]:
    """The stretches of a tensor that are looked at: where they begin and how long they are, in whole blocks."""
    block = TYPES[tensor.type].size
    if tensor.size <= _SMALL:
        return [(0, tensor.size)]
    piece = _END // block * block
    return [(0, piece), (tensor.size - piece, piece)]


def _chunks(tensor: Tensor) -> Iterator[tuple[int, int]]:
    block = TYPES[tensor.type].size if tensor.type in TYPES else 1
    step = _CHUNK // block * block
    for at in range(0, tensor.size, step):
        yield at, min(step, tensor.size - at)


def _not_finite(tensor: Tensor, raw: bytes, at: int) -> Problem | None:
    for test in _tests(tensor):
        kind = TYPES[tensor.type]
        block = _first(test, raw, kind)
        if block is not None:
            place = (at // kind.size + block) * kind.elements
            return Problem(
                f"its tensor '{tensor.name[:60]}' holds NaN or infinity "
                f"(near weight {place:,} of {tensor.elements:,})"
            )
    return None


def _first(test: Sequence[tuple[int, int]], raw: bytes, kind: TensorType) -> int | None:
    """The first block in which all these bits are set."""
    (place, mask), *others = test
    column = raw[place :: kind.size]
    if not column.translate(None, _FINE[mask]):
        return None
    for match in _all_set(mask).finditer(column):
        base = match.start() * kind.size
        if all(raw[base + offset] & bits == bits for offset, bits in others):
            return match.start()
    return None


def _hole(tensor: Tensor, raw: bytes, at: int) -> Problem | None:
    """A long stretch of zeros in quantised weights, such as a download that was not finished leaves."""
    if tensor.type not in TYPES or TYPES[tensor.type].elements == 1:
        return None
    blank = bytes(_HOLE)
    for begin in range(0, len(raw) - _HOLE + 1, _HOLE):
        if raw[begin : begin + _HOLE] == blank:
            return Problem(
                f"its tensor '{tensor.name[:60]}' has a hole of zeros (from byte {at + begin:,})",
                "the download may not have been finished: " + AGAIN,
                fatal=False,
            )
    return None


def _empty(tensor: Tensor) -> Problem:
    what = f"its tensor '{tensor.name[:60]}' holds nothing but zeros"
    return Problem(what, fatal=False)
