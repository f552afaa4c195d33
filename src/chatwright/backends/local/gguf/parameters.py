"""What the file says of its model: what it is for, and whether its numbers make sense.

Fatal is what would make the engine abort and what no reading of the file can mend. Everything else is a warning,
since a later engine may know better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

from .contents import ARRAY, Contents, Texts
from .problem import AGAIN, Problem

__all__ = ["parameter_problems", "per_layer", "purpose_problems"]

_LOOK = "look for a GGUF of the model itself"
_EMBEDDINGS = {
    "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3",
    "eurobert", "gemma-embedding", "gemma-embedding2", "llama-embed", "t5encoder",
}  # fmt: skip
_PICTURES = {
    "flux", "sd1", "sdxl", "sd3", "aura", "hidream", "cosmos", "ltxv", "hyvid", "wan", "lumina2", "qwen_image",
    "pixart", "z_image",
}  # fmt: skip
_OTHERS = {
    "clip": ("the part of a model that sees or hears (mmproj)", _LOOK),
    "t5": ("an encoder and a decoder in one, which cannot chat here", "take a chat model"),
    "wavtokenizer-dec": ("a model of sound", "take a chat model"),
    "whisper": ("a model that writes down speech", "take a chat model"),
    "controlvector": ("a control vector, not a model", _LOOK),
}
_PURPOSES = {
    "adapter": ("a LoRA adapter, not a model by itself", _LOOK),
    "mmproj": _OTHERS["clip"],
    "imatrix": ("an importance matrix, made for quantising a model", _LOOK),
    "dataset": ("a dataset, not a model", _LOOK),
}

# What the engine is built for; beyond these it aborts.
_MOST_LAYERS, _MOST_EXPERTS = 512, 1024
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_ACTIVATIONS = ("gelu", "silu", "tanh")
_KINDS = {0: "u8", 1: "i8", 2: "u16", 3: "i16", 4: "u32", 5: "i32", 10: "u64", 11: "i64"}


def purpose_problems(contents: Contents) -> Iterator[Problem]:
    """Is this a model that writes text at all?"""
    architecture = contents.values.get("general.architecture")
    said = str(contents.values.get("general.type", ""))
    if said in _PURPOSES:
        yield _not(*_PURPOSES[said])
    elif "adapter.type" in contents.values or any(".lora_a" in t.name for t in contents.tensors):
        yield _not(*_PURPOSES["adapter"])
    elif any(tensor.name.endswith(".in_sum2") for tensor in contents.tensors):
        yield _not(*_PURPOSES["imatrix"])
    elif not isinstance(architecture, str) or not architecture:
        yield Problem("it names no architecture")
    elif architecture in _OTHERS:
        yield _not(*_OTHERS[architecture])
    elif architecture in _PICTURES:
        yield _not("a model that makes pictures or films", "take a chat model")
    elif architecture in _EMBEDDINGS:
        yield _not(
            "an embedding model, which turns text into vectors and writes none", "take a chat model"
        )
    elif not contents.tensors:
        yield Problem(
            "it holds no weights, only a vocabulary", "look for the file with the weights"
        )


def parameter_problems(contents: Contents) -> Iterator[Problem]:
    """Which of the model's numbers are missing or make no sense."""
    yield from _required(contents)
    yield from _floats(contents)
    yield from _names(contents)
    yield from _heads(contents)
    yield from _experts(contents)
    yield from _sampling(contents)
    yield from _types(contents)


def per_layer(contents: Contents, key: str, layers: int) -> list[int] | None:
    """A number for each layer: the file has one for all of them, or a list. `None` where it has none or nonsense."""
    value = contents.of_model(key)
    if _is_number(value):
        return [value] * layers
    if isinstance(value, Sequence) and not isinstance(value, (str, Texts)):
        numbers = cast("Sequence[Any]", value)
        if len(numbers) == layers and all(_is_number(n) for n in numbers):
            return list(numbers)
    return None


def _not(what: str, hint: str) -> Problem:
    return Problem(f"it is {what}", hint)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _largest(value: object) -> int:
    numbers = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
    return max((int(n) for n in numbers if isinstance(n, int)), default=0)


def _required(contents: Contents) -> Iterator[Problem]:
    for key, most in (
        ("context_length", 2**31 - 1),
        ("embedding_length", 2**20),
        ("block_count", _MOST_LAYERS),
    ):
        value = contents.of_model(key)
        if value is None:
            yield Problem(f"it lacks '{contents.architecture}.{key}'", _elsewhere(contents, key))
        elif not _is_number(value):
            yield _odd(contents, key, "is no whole number")
        elif not 1 <= value <= most:
            yield _odd(contents, key, f"is {value:,}, not 1 to {most:,}")
    for key, least, most in (
        ("embedding_length_out", 1, 2**20),
        ("nextn_predict_layers", 0, contents.of_model("block_count")),
        ("rope.dimension_count", 0, 2**16),
    ):
        value = contents.of_model(key)
        if _is_number(value) and _is_number(most) and not least <= value <= most:
            yield _odd(contents, key, f"is {value:,}, not {least} to {most:,}")
    rotated = contents.of_model("rope.dimension_count")
    if _is_number(rotated) and rotated % 2:
        yield _odd(contents, "rope.dimension_count", f"is {rotated}, and must be even")


def _elsewhere(contents: Contents, key: str) -> str:
    found = next((k for k in contents.values if k.endswith(f".{key}")), "")
    return f"it has '{found}', so one of the two is damaged: {AGAIN}" if found else AGAIN


def _floats(contents: Contents) -> Iterator[Problem]:
    prefix = f"{contents.architecture}."
    for name, value in contents.values.items():
        if not isinstance(value, float) or not name.startswith(prefix):
            continue
        small = name.endswith("_epsilon")
        if math.isnan(value) or (small and not 0 <= value < math.inf):
            yield Problem(f"its '{name}' is {value:g}")
        elif math.isinf(value) or ("rope.freq_base" in name and value <= 0):
            yield Problem(f"its '{name}' is {value:g}", fatal=False)


def _names(contents: Contents) -> Iterator[Problem]:
    for key, known in (
        ("rope.scaling.type", _ROPE_SCALINGS),
        ("classifier.activation", _ACTIVATIONS),
    ):
        value = contents.of_model(key)
        if isinstance(value, str) and value not in known:
            yield _odd(contents, key, f"is '{value[:40]}', and the engine knows {', '.join(known)}")


def _heads(contents: Contents) -> Iterator[Problem]:
    """Each head of the keys serves as many of the queries as every other."""
    layers = contents.of_model("block_count")
    if not _is_number(layers) or not 1 <= layers <= _MOST_LAYERS:
        return
    keys = ("attention.head_count", "attention.head_count_kv", "feed_forward_length")
    for key in keys:
        value = contents.of_model(key)
        given = contents.arrays.get(f"{contents.architecture}.{key}")
        if given is not None and given.count != layers:
            yield _odd(contents, key, f"is for {given.count} layers, and the model has {layers}")
        elif value is not None:
            found = per_layer(contents, key, layers)
            if found is None:
                yield _odd(contents, key, "is no whole number")
            elif not 0 <= min(found) <= max(found) <= 2**20:
                yield _odd(contents, key, f"is {max(found, key=abs):,}")
    queries, shared = (per_layer(contents, key, layers) for key in keys[:2])
    for query, key in zip(queries or (), shared or (), strict=False):
        if query and key and query % key:
            what = f"is {key}, which does not divide the {query} heads of attention.head_count"
            yield _odd(contents, "attention.head_count_kv", what)
            return


def _experts(contents: Contents) -> Iterator[Problem]:
    count, most, groups, chosen = (
        _largest(contents.of_model(f"expert_{key}"))
        for key in ("count", "used_count", "group_count", "group_used_count")
    )
    if contents.architecture.startswith("hunyuan") and count <= 1:
        return
    if not 0 <= count <= _MOST_EXPERTS:
        yield _odd(contents, "expert_count", f"is {count:,}, not 0 to {_MOST_EXPERTS}")
    elif most > count or most < 0 or (count and not most):
        yield _odd(contents, "expert_used_count", f"is {most:,}, and expert_count is {count:,}")
    uneven = groups > 1 and (count % groups or not 0 < chosen < groups)
    if groups < 0 or groups >= max(count, 1) or uneven:
        what = f"is {groups:,} ({chosen:,} of them used), and expert_count is {count:,}"
        yield _odd(contents, "expert_group_count", what)


def _sampling(contents: Contents) -> Iterator[Problem]:
    """The file's own advice on sampling; the engine takes it without looking at it."""
    values = contents.values
    mirostat = values.get("general.sampling.mirostat", 0)
    if mirostat not in (0, 1, 2):
        yield Problem(f"its 'general.sampling.mirostat' is {mirostat}, not 0, 1 or 2")
    repeat = values.get("general.sampling.penalty_repeat", 1.0)
    if not isinstance(repeat, (int, float)) or not (math.isfinite(repeat) and repeat > 0):
        yield Problem(f"its 'general.sampling.penalty_repeat' is {repeat}, not a number above 0")


def _types(contents: Contents) -> Iterator[Problem]:
    """The engine reads the model's whole numbers as u32 alone."""
    for key in ("context_length", "embedding_length", "block_count", "attention.head_count"):
        kind = contents.kinds.get(f"{contents.architecture}.{key}", 4)
        if kind not in (4, ARRAY) and kind in _KINDS:
            what = f"is stored as {_KINDS[kind]}, and the engine may read only u32"
            yield _odd(contents, key, what, fatal=False)
    kind = contents.kinds.get("general.alignment", 4)
    if kind != 4:
        yield Problem(f"its 'general.alignment' is stored as {_KINDS.get(kind, kind)}", fatal=False)


def _odd(contents: Contents, key: str, what: str, *, fatal: bool = True) -> Problem:
    return Problem(f"its '{contents.architecture}.{key}' {what}", fatal=fatal)
