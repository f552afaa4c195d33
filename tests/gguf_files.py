"""Writes tiny GGUF files for tests: a real llama with random weights and a byte-level vocabulary.

The model knows nothing, but an engine loads it like any other, and a grammar makes it say what a test wants.
`Typed`, `Stored` and the arguments of `gguf_bytes` write what no sane program would.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "BYTES",
    "CONTROLS",
    "TEMPLATE",
    "Stored",
    "Typed",
    "gguf_bytes",
    "metadata",
    "spaced_vocabulary",
    "tiny_tensors",
    "token_id",
    "write_tiny",
]


@dataclass(frozen=True)
class Typed:
    """A value in the type with this number, as the format counts them; a list becomes an array."""

    kind: int
    value: Any


@dataclass(frozen=True)
class Stored:
    """A tensor in the type with this number, and where it says that it lies if that is to be wrong."""

    shape: Sequence[int]
    kind: int
    raw: bytes
    offset: int | None = None


CONTROLS = ("<|system|>", "<|user|>", "<|assistant|>", "</s>")
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4
_WIDTH, _FF, _LAYERS, _HEADS = 32, 64, 2, 4
_ALIGN = 32


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(rest)) for b in range(256)]


BYTES = _byte_letters()
_MERGES = ("h e", "l l", "he ll", "hell o", "t h", "i n", "th in", "Ġ hello")
_TOKENS = [*BYTES, *(m.replace(" ", "") for m in _MERGES), *CONTROLS, "<think>"]


def token_id(text: str) -> int:
    """The id of a token as the vocabulary spells it (a space is `Ġ`)."""
    return _TOKENS.index(text)


def metadata(**changes: Any) -> dict[str, Any]:
    """The key-value pairs of the tiny model; a dot in a changed key is written `__`, `None` leaves it out."""
    plain = len(BYTES) + len(_MERGES)
    values: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.context_length": 512,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": _LAYERS,
        "llama.feed_forward_length": _FF,
        "llama.attention.head_count": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": list(_TOKENS),
        "tokenizer.ggml.token_type": [_NORMAL] * plain
        + [_CONTROL] * len(CONTROLS)
        + [_USER_DEFINED],
        "tokenizer.ggml.merges": list(_MERGES),
        "tokenizer.ggml.bos_token_id": token_id("<|system|>"),
        "tokenizer.ggml.eos_token_id": token_id("</s>"),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    return {key: value for key, value in values.items() if value is not None}


def spaced_vocabulary() -> dict[str, Any]:
    """Changes for `write_tiny`: a vocabulary that begins every text with a space and could spell `</s>` in letters."""
    letters = [f"<0x{b:02X}>" for b in range(256)]
    pieces = ["\u2581", *"abcdefghijklmnopqrstuvwxyz<>/|", "</", "s>", "\u2581a", "ab"]
    tokens = ["<unk>", "<s>", "</s>", "<|user|>", *letters, *pieces]
    kinds = [2, _CONTROL, _CONTROL, _CONTROL] + [6] * len(letters) + [_NORMAL] * len(pieces)
    scores = [0.0] * 4 + [0.0] * len(letters) + [-float(n) for n in range(len(pieces))]
    return {
        "tokenizer__ggml__model": "llama",
        "tokenizer__ggml__pre": "default",
        "tokenizer__ggml__tokens": tokens,
        "tokenizer__ggml__token_type": kinds,
        "tokenizer__ggml__scores": scores,
        "tokenizer__ggml__merges": None,
        "tokenizer__ggml__bos_token_id": 1,
        "tokenizer__ggml__eos_token_id": 2,
        "tokenizer__ggml__unknown_token_id": 0,
        "tokenizer__ggml__add_bos_token": True,
    }


def write_tiny(path: Path, **changes: Any) -> Path:
    """Write the tiny model to `path`; changes go to `metadata`."""
    values = metadata(**changes)
    rows = len(values["tokenizer.ggml.tokens"])
    path.write_bytes(gguf_bytes(values, _weights(rows)))
    return path


def tiny_tensors(rows: int = len(_TOKENS)) -> dict[str, tuple[Sequence[int], bytes]]:
    """The weights of the tiny model, for a vocabulary of so many tokens: shape and F32 data by name."""
    return _weights(rows)


Tensors = Mapping[str, tuple[Sequence[int], bytes] | Stored]


def gguf_bytes(
    values: Mapping[str, Any] | Iterable[tuple[str | bytes, Any]],
    tensors: Tensors | Iterable[tuple[str | bytes, tuple[Sequence[int], bytes] | Stored]],
    *,
    version: int = 3,
    pairs: int | None = None,
    count: int | None = None,
    align: int = _ALIGN,
) -> bytes:
    """A GGUF file: header, key-value pairs, tensor table, data (F32 where it is not `Stored`).

    `pairs` and `count` are the numbers of pairs and tensors that it claims to have. Lists of pairs instead of
    mappings may hold a name twice.
    """
    keyed = list(values.items() if isinstance(values, Mapping) else values)
    named = list(tensors.items() if isinstance(tensors, Mapping) else tensors)
    head = struct.pack(
        "<4sIQQ",
        b"GGUF",
        version,
        len(named) if count is None else count,
        len(keyed) if pairs is None else pairs,
    )
    head += b"".join(_string(key) + _value(value) for key, value in keyed)
    data = b""
    for name, given in named:
        tensor = given if isinstance(given, Stored) else Stored(given[0], 0, given[1])
        dims = struct.pack(f"<I{len(tensor.shape)}q", len(tensor.shape), *tensor.shape)
        offset = len(data) if tensor.offset is None else tensor.offset
        head += _string(name) + dims + struct.pack("<IQ", tensor.kind, offset)
        data += tensor.raw + bytes(-len(tensor.raw) % align)
    return head + bytes(-len(head) % align) + data


def _weights(rows: int) -> dict[str, tuple[Sequence[int], bytes]]:
    rng = random.Random(0)
    square = (_WIDTH, _WIDTH)
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (_WIDTH, rows),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (_WIDTH, rows),
    }
    for layer in range(_LAYERS):
        part = {"attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square}
        ffn = {"ffn_gate": (_WIDTH, _FF), "ffn_up": (_WIDTH, _FF), "ffn_down": (_FF, _WIDTH)}
        norms = {"attn_norm": (_WIDTH,), "ffn_norm": (_WIDTH,)}
        shapes |= {f"blk.{layer}.{name}.weight": s for name, s in (part | ffn | norms).items()}
    return {name: (shape, _floats(rng, shape)) for name, shape in shapes.items()}


def _floats(rng: random.Random, shape: Sequence[int]) -> bytes:
    if len(shape) == 1:
        return struct.pack(f"<{shape[0]}f", *[1.0] * shape[0])
    count = shape[0] * shape[1]
    return struct.pack(f"<{count}f", *(rng.uniform(-0.5, 0.5) for _ in range(count)))


def _string(text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(raw)) + raw


_LETTERS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip


def _value(value: Any) -> bytes:
    match value:
        case Typed(kind, list() as items) if kind in _LETTERS:
            return struct.pack(f"<IIQ{len(items)}{_LETTERS[kind]}", 9, kind, len(items), *items)
        case Typed(kind, bytes() as raw):  # as it is, whatever it may mean
            return struct.pack("<I", kind) + raw
        case Typed(kind, number):
            return struct.pack(f"<I{_LETTERS[kind]}", kind, number)
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str() | bytes():
            return struct.pack("<I", 8) + _string(value)
        case [str() | bytes(), *_]:
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_string, value))
        case [float(), *_]:
            return struct.pack(f"<IIQ{len(value)}f", 9, 6, len(value), *value)
        case list():
            return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
    raise TypeError(f"no GGUF type for {value!r}")
