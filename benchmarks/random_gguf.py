"""Writes a llama of a real size with random weights, for measurements of the engine.

    python benchmarks/random_gguf.py model.gguf                 # 134 million parameters, Q8_0
    python benchmarks/random_gguf.py model.gguf --layers 48     # a larger one

The model says nothing of sense, but it costs the engine what any llama of that shape costs. The bytes are the same
on every run.
"""

from __future__ import annotations

import argparse
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["Shape", "write"]

_ALIGN = 32
_F32, _Q8_0 = 0, 8
_BLOCK = 32  # weights that share a scale
_TILE = 4096  # blocks that are made once and repeated
_SCALE = struct.pack("<e", 0.0006)
_NORMAL, _CONTROL = 1, 3


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the model is."""

    layers: int = 12
    width: int = 768
    ff: int = 2048
    heads: int = 12
    kv_heads: int = 4
    vocabulary: int = 32_000
    context: int = 8192

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """The name of every tensor and its shape, the fastest dimension first."""
        kv = self.width * self.kv_heads // self.heads
        found: dict[str, tuple[int, ...]] = {
            "token_embd.weight": (self.width, self.vocabulary),
            "output_norm.weight": (self.width,),
            "output.weight": (self.width, self.vocabulary),
        }
        for layer in range(self.layers):
            parts: dict[str, tuple[int, ...]] = {
                "attn_norm": (self.width,),
                "attn_q": (self.width, self.width),
                "attn_k": (self.width, kv),
                "attn_v": (self.width, kv),
                "attn_output": (self.width, self.width),
                "ffn_norm": (self.width,),
                "ffn_gate": (self.width, self.ff),
                "ffn_up": (self.width, self.ff),
                "ffn_down": (self.ff, self.width),
            }
            found |= {f"blk.{layer}.{name}.weight": shape for name, shape in parts.items()}
        return found

    @property
    def parameters(self) -> int:
        return sum(_count(shape) for shape in self.tensors().values())


def write(path: Path, shape: Shape | None = None) -> Path:
    """Write the model to `path`."""
    shape = shape or Shape()
    tensors = shape.tensors()
    values = _metadata(shape)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(values))
    head += b"".join(_string(key) + _value(value) for key, value in values.items())
    at = 0
    for name, dims in tensors.items():
        head += _string(name) + struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
        head += struct.pack("<IQ", _F32 if len(dims) == 1 else _Q8_0, at)
        at += _size(dims) + -_size(dims) % _ALIGN
    with path.open("wb") as file:
        file.write(head + bytes(-len(head) % _ALIGN))
        _write_weights(file, list(tensors.values()))
    return path


def _write_weights(file: BinaryIO, shapes: list[tuple[int, ...]]) -> None:
    rng = random.Random(0)
    tile = b"".join(_SCALE + rng.randbytes(_BLOCK) for _ in range(_TILE))
    for dims in shapes:
        for part in _ones(dims[0]) if len(dims) == 1 else _tiles(tile, _size(dims)):
            file.write(part)
        file.write(bytes(-_size(dims) % _ALIGN))


def _ones(count: int) -> Iterator[bytes]:
    yield struct.pack("<f", 1.0) * count


def _tiles(tile: bytes, size: int) -> Iterator[bytes]:
    while size > 0:
        yield tile[:size]
        size -= len(tile)


def _count(dims: tuple[int, ...]) -> int:
    return dims[0] * (dims[1] if len(dims) > 1 else 1)


def _size(dims: tuple[int, ...]) -> int:
    return _count(dims) * 4 if len(dims) == 1 else _count(dims) // _BLOCK * (2 + _BLOCK)


def _metadata(shape: Shape) -> dict[str, Any]:
    letters = _byte_letters()
    controls = ["<|system|>", "<|user|>", "<|assistant|>", "</s>"]
    words = [f"w{n}" for n in range(shape.vocabulary - len(letters) - len(controls))]
    kinds = [_NORMAL] * len(letters) + [_CONTROL] * len(controls) + [_NORMAL] * len(words)
    return {
        "general.architecture": "llama",
        "general.name": "random weights",
        "llama.context_length": shape.context,
        "llama.embedding_length": shape.width,
        "llama.block_count": shape.layers,
        "llama.feed_forward_length": shape.ff,
        "llama.attention.head_count": shape.heads,
        "llama.attention.head_count_kv": shape.kv_heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": [*letters, *controls, *words],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": ["h e"],
        "tokenizer.ggml.eos_token_id": len(letters) + 3,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}</s>\n"
        "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
    }


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(rest)) for b in range(256)]


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _string(value)
        case [str(), *_]:
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_string, value))
        case _:
            return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)


def main() -> None:
    parser = argparse.ArgumentParser(description="write a llama with random weights")
    parser.add_argument("path", type=Path)
    parser.add_argument("--layers", type=int, default=Shape().layers)
    options = parser.parse_args()
    shape = Shape(layers=options.layers)
    write(options.path, shape)
    print(f"{shape.parameters:,} parameters, {options.path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
