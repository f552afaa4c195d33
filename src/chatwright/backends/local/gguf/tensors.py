"""The table of tensors: what each type takes up, and whether the table fits the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from .problem import AGAIN, Problem

__all__ = ["TYPES", "Tensor", "TensorType", "shown_shape", "table_problems", "type_name"]

_LONGEST_NAME = 63  # bytes; the engine refuses more
_MOST_ELEMENTS = 2**63 - 1
_REMOVED = {4, 5, 31, 32, 33, 36, 37, 38}  # types of the past that no engine reads any more
_PERHAPS = 64  # a type below this may be one that is newer than this table,
_OTHERS = 512  # and one below this a type of one of llama.cpp's offspring


@dataclass(frozen=True, slots=True)
class TensorType:
    """A way to store weights: in blocks of `elements`, each of `size` bytes.

    `finite` says how a block shows that it holds NaN or infinity: each item is a test, a list of bytes in the block
    and the bits in each that are then all set.
    """

    name: str
    elements: int
    size: int
    finite: tuple[tuple[tuple[int, int], ...], ...] = ()
    stored: bool = True
    """Models store weights so. The others are for the engine's own use, or hold no weights."""


def _half(*places: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Floats of 16 bits that begin at these bytes of a block."""
    return tuple(((place + 1, 0x7C),) for place in places)


_FLOAT = (((3, 0x7F), (2, 0x80)),)
_DOUBLE = (((7, 0x7F), (6, 0xF0)),)
_BRAIN = (((1, 0x7F), (0, 0x80)),)
_SPREAD = (((55, 0x70), (53, 0xC0)),)  # its scale is spread over four places
_EXPONENT = (((0, 0xFF),),)

TYPES = {
    0: TensorType("F32", 1, 4, _FLOAT),
    1: TensorType("F16", 1, 2, _half(0)),
    2: TensorType("Q4_0", 32, 18, _half(0)),
    3: TensorType("Q4_1", 32, 20, _half(0, 2)),
    6: TensorType("Q5_0", 32, 22, _half(0)),
    7: TensorType("Q5_1", 32, 24, _half(0, 2)),
    8: TensorType("Q8_0", 32, 34, _half(0)),
    9: TensorType("Q8_1", 32, 36, _half(0, 2), stored=False),
    10: TensorType("Q2_K", 256, 84, _half(80, 82)),
    11: TensorType("Q3_K", 256, 110, _half(108)),
    12: TensorType("Q4_K", 256, 144, _half(0, 2)),
    13: TensorType("Q5_K", 256, 176, _half(0, 2)),
    14: TensorType("Q6_K", 256, 210, _half(208)),
    15: TensorType("Q8_K", 256, 292, _FLOAT, stored=False),
    16: TensorType("IQ2_XXS", 256, 66, _half(0)),
    17: TensorType("IQ2_XS", 256, 74, _half(0)),
    18: TensorType("IQ3_XXS", 256, 98, _half(0)),
    19: TensorType("IQ1_S", 256, 50, _half(0)),
    20: TensorType("IQ4_NL", 32, 18, _half(0)),
    21: TensorType("IQ3_S", 256, 110, _half(0)),
    22: TensorType("IQ2_S", 256, 82, _half(0)),
    23: TensorType("IQ4_XS", 256, 136, _half(0)),
    24: TensorType("I8", 1, 1, stored=False),
    25: TensorType("I16", 1, 2, stored=False),
    26: TensorType("I32", 1, 4, stored=False),
    27: TensorType("I64", 1, 8, stored=False),
    28: TensorType("F64", 1, 8, _DOUBLE, stored=False),
    29: TensorType("IQ1_M", 256, 56, _SPREAD),
    30: TensorType("BF16", 1, 2, _BRAIN),
    34: TensorType("TQ1_0", 256, 54, _half(52)),
    35: TensorType("TQ2_0", 256, 66, _half(64)),
    39: TensorType("MXFP4", 32, 17, _EXPONENT),
    40: TensorType("NVFP4", 64, 36),
    41: TensorType("Q1_0", 128, 18, _half(0)),
    42: TensorType("Q2_0", 64, 18, _half(0)),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An entry of the table. The fastest dimension stands first; `offset` counts from where the weights begin."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Its bytes; 0 where the type is not known."""
        kind = TYPES.get(self.type)
        return -(-self.elements // kind.elements) * kind.size if kind else 0


def type_name(kind: int) -> str:
    """`Q4_K`, or `type 99`."""
    return TYPES[kind].name if kind in TYPES else f"type {kind}"


def shown_shape(shape: Sequence[int]) -> str:
    """`4096 × 32000`."""
    return " × ".join(map(str, shape))


def table_problems(
    tensors: Sequence[Tensor], *, start: int, alignment: int, size: int
) -> Iterator[Problem]:
    """What is wrong with the table itself: names, shapes, types, and where the weights lie in the file."""
    names: set[str] = set()
    for tensor in tensors:
        yield from _entry(tensor)
        if tensor.name in names:
            yield Problem(f"it has the tensor '{tensor.name}' twice")
        names.add(tensor.name)
    if tensors and start % 32:
        # The engine maps the file into memory and ends the process if the weights then lie askew.
        yield Problem(
            f"its weights begin at byte {start:,}, which no engine can use",
            "convert the model again without general.alignment",
        )
    yield from _places(tensors, start, alignment, size)


def _entry(tensor: Tensor) -> Iterator[Problem]:
    name = tensor.name[:60]
    length = len(tensor.name.encode())
    if not 1 <= length <= _LONGEST_NAME or "\0" in tensor.name:
        yield Problem(f"the name of its tensor '{name}' has {length} bytes, not 1 to 63")
    if min(tensor.shape) < 1:
        yield Problem(f"its tensor '{name}' has a dimension of {min(tensor.shape):,}")
    elif tensor.elements > _MOST_ELEMENTS:
        yield Problem(f"its tensor '{name}' has the shape {shown_shape(tensor.shape)}")
    yield from _type_problems(tensor, name)


def _type_problems(tensor: Tensor, name: str) -> Iterator[Problem]:
    kind = TYPES.get(tensor.type)
    if kind is None:
        newer = 42 < tensor.type < _PERHAPS
        what = f"its tensor '{name}' is of the unknown type {tensor.type}"
        yield Problem(what, _unknown(tensor.type), fatal=not newer)
    elif tensor.shape[0] % kind.elements:
        yield Problem(
            f"its tensor '{name}' has rows of {tensor.shape[0]:,}, and {kind.name} stores "
            f"{kind.elements} together"
        )


def _unknown(kind: int) -> str:
    """Where a type that this table lacks may come from."""
    if kind in _REMOVED:
        return "this type is not read any more; convert or quantise the model again"
    if kind < _PERHAPS:
        return "the file may be newer than the engine: pip install -U chatwright xllamacpp"
    if kind < _OTHERS:
        return "it may be made for another program than llama.cpp; look for another quantisation"
    return AGAIN


def _places(tensors: Sequence[Tensor], start: int, alignment: int, size: int) -> Iterator[Problem]:
    """The weights of one tensor follow on those of the one before, and all of them are in the file."""
    expected: int | None = 0
    for n, tensor in enumerate(tensors):
        name, offset = tensor.name[:60], tensor.offset
        if offset % alignment:
            yield Problem(
                f"the weights of its tensor '{name}' begin at {offset:,}, no multiple of {alignment}"
            )
        elif expected is not None and offset != expected:
            said = "overlap those before them" if offset < expected else "leave a gap"
            yield Problem(
                f"the weights of its tensor '{name}' {said}: {offset:,}, not {expected:,}"
            )
        end = start + offset + tensor.size
        if end > size:
            missing, more = end - size, len(tensors) - n - 1
            behind = f", and {more} more lie behind it" if more else ""
            yield Problem(f"it is cut off: tensor '{name}' lacks {missing:,} bytes{behind}")
        known = tensor.type in TYPES
        expected = offset + tensor.size + -tensor.size % alignment if known else None
