"""Do the tensors fit what the file says of its model?

What every architecture has in common is checked for all of them. For those that are built alike, from attention
with queries, keys and values and a network behind it, the shapes are compared with the numbers too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from .contents import Contents, Texts
from .parameters import per_layer
from .problem import Problem
from .tensors import TYPES, Tensor, shown_shape, type_name

__all__ = ["layer_problems"]

_ALIKE = {
    "llama", "mistral3", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "smollm3", "granite", "internlm2", "minicpm",
    "exaone", "olmo2",
}  # fmt: skip
_BLOCK = re.compile(r"blk\.(\d+)\.(.+)")
_F32 = 0
_MATRICES = ("attn_", "ffn_", "output.", "token_embd.")


def layer_problems(contents: Contents) -> Iterator[Problem]:
    """Which tensors are missing, or have a shape or a type that the engine cannot use."""
    alike = contents.architecture in _ALIKE
    for tensor in contents.tensors:
        yield from _type(tensor)
    yield from _embedding(contents, strict=alike)
    if not alike:
        return
    blocks = _blocks(contents)
    yield from _complete(contents, blocks)
    yield from _shapes(contents, blocks)


def _type(tensor: Tensor) -> Iterator[Problem]:
    """The engine aborts in the middle of its first token where it cannot calculate with a type."""
    own = _BLOCK.fullmatch(tensor.name)
    name = own[2] if own else tensor.name
    vector = len(tensor.shape) == 1 and name.endswith(("norm.weight", ".bias"))
    if vector and tensor.type != _F32 and tensor.type in TYPES:
        yield Problem(
            f"its tensor '{tensor.name[:60]}' is stored as {type_name(tensor.type)}, and must be F32"
        )
    kind = TYPES.get(tensor.type)
    matrix = len(tensor.shape) > 1 and name.startswith(_MATRICES) and name.endswith(".weight")
    if matrix and kind and not kind.stored:
        yield Problem(f"its tensor '{tensor.name[:60]}' holds {kind.name}, which are no weights")


def _embedding(contents: Contents, *, strict: bool) -> Iterator[Problem]:
    tensors = {tensor.name: tensor for tensor in contents.tensors}
    found = tensors.get("token_embd.weight")
    if found is None:
        yield Problem("it lacks the tensor 'token_embd.weight'", fatal=strict)
        return
    tokens = contents.values.get("tokenizer.ggml.tokens")
    width = contents.of_model("embedding_length")
    if isinstance(tokens, Texts) and isinstance(width, int):
        yield from _compare(found, (width, len(tokens)), fatal=strict)
        if strict and "output.weight" in tensors:
            yield from _compare(tensors["output.weight"], (width, len(tokens)))
    if strict and "output_norm.weight" not in tensors:
        yield Problem("it lacks the tensor 'output_norm.weight'")


def _blocks(contents: Contents) -> Mapping[int, Mapping[str, Tensor]]:
    blocks: dict[int, dict[str, Tensor]] = defaultdict(dict)
    for tensor in contents.tensors:
        if own := _BLOCK.fullmatch(tensor.name):
            blocks[int(own[1][:9])][own[2]] = tensor
    return blocks


def _complete(contents: Contents, blocks: Mapping[int, Mapping[str, Tensor]]) -> Iterator[Problem]:
    layers = contents.of_model("block_count")
    if not isinstance(layers, int):
        return
    if beyond := sorted(n for n in blocks if n >= layers):
        yield Problem(f"it has tensors of block {beyond[0]}, and {layers} blocks (from 0 on)")
    elif missing := [n for n in range(min(layers, 512)) if n not in blocks]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield Problem(f"it lacks the tensors of block {missing[0]}{more} (of {layers})")
    if contents.of_model("expert_count"):
        return  # blocks with experts and without may take turns
    whole: dict[str, int] = {}
    for n in sorted(blocks):
        for name in blocks[n]:
            whole.setdefault(name, n)
    for n, block in sorted(blocks.items()):
        for name, has_it in whole.items():
            if name not in block and name.endswith(".weight"):
                yield Problem(f"it lacks the tensor 'blk.{n}.{name}', which block {has_it} has")


def _shapes(contents: Contents, blocks: Mapping[int, Mapping[str, Tensor]]) -> Iterator[Problem]:
    layers, width = (contents.of_model(key) for key in ("block_count", "embedding_length"))
    if not isinstance(layers, int) or not isinstance(width, int) or not 1 <= layers <= 512:
        return
    heads = per_layer(contents, "attention.head_count", layers)
    if heads is None or heads[0] < 1:
        yield Problem(f"it lacks '{contents.architecture}.attention.head_count'")
        return
    shared = per_layer(contents, "attention.head_count_kv", layers) or heads
    key, value = (
        _number(contents.of_model(f"attention.{name}_length"), width // heads[0])
        for name in ("key", "value")
    )
    rotated = _number(contents.of_model("rope.dimension_count"), key)
    if rotated != key:
        what = f"is {rotated}, and the heads have {key}"
        yield Problem(f"its '{contents.architecture}.rope.dimension_count' {what}")
    elif key % 2 or key < 1:
        yield Problem(f"its heads have {key} dimensions, and that must be an even number")
    inner = per_layer(contents, "feed_forward_length", layers)
    for n, block in sorted(blocks.items()):
        if n >= layers:
            return
        wanted: dict[str, tuple[int, ...]] = {
            "attn_norm.weight": (width,),
            "ffn_norm.weight": (width,),
            "attn_q.weight": (width, heads[n] * key),
            "attn_k.weight": (width, shared[n] * key),
            "attn_v.weight": (width, shared[n] * value),
            "attn_output.weight": (heads[n] * value, width),
        }
        if inner:
            wanted["ffn_gate.weight"] = wanted["ffn_up.weight"] = (width, inner[n])
            wanted["ffn_down.weight"] = (inner[n], width)
        for name, shape in wanted.items():
            if name in block:
                yield from _compare(block[name], shape)


def _compare(tensor: Tensor, shape: tuple[int, ...], *, fatal: bool = True) -> Iterator[Problem]:
    if tensor.shape != shape and _bare(tensor.shape) != _bare(shape):
        yield Problem(
            f"its tensor '{tensor.name[:60]}' is {shown_shape(tensor.shape)}, and by what the file says "
            f"of its model it should be {shown_shape(shape)}",
            fatal=fatal,
        )


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without the ones at its end, which say nothing."""
    end = len(shape)
    while end > 1 and shape[end - 1] == 1:
        end -= 1
    return shape[:end]


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
