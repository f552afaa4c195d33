"""What a model's file says of itself, and what is wrong with it, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chatwright.errors import BackendError

from ..facts import Fact, fail, shortened, warn
from .cpus import thread_count
from .gguf import Examined, Problem, examine
from .gguf.contents import Contents, Texts
from .gguf.tensors import TYPES, Tensor, type_name
from .hub.room import gigabytes, memory

__all__ = ["file_facts"]

_FILE, _MODEL, _ENGINE = "file", "model", "engine"
_SHOWN = 8  # problems; a damaged file may have thousands
_USED = 8192  # tokens of context, where nobody asks for more
_VOCABULARIES = {
    "llama": "SentencePiece", "gpt2": "byte-level BPE", "t5": "Unigram", "rwkv": "RWKV", "gemma4": "BPE",
    "plamo2": "PLaMo", "whitespace": "whole words", "hybriddna": "BPE with k-mers",
}  # fmt: skip
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
    40: "Q1_0", 41: "Q2_0",
}  # fmt: skip
_ROLES = ("bos", "eos", "eot", "eom", "unknown", "padding")


def file_facts(
    path: Path, *, thorough: bool, watch: Callable[[int, int], None] = lambda done, whole: None
) -> Iterator[Fact]:
    """The facts about a GGUF file. `thorough` looks at every weight, of which `watch` is told how many are done."""
    yield Fact(_FILE, "path", str(path))
    try:
        found = examine(path, thorough=thorough, watch=watch)
    except BackendError as err:
        yield fail(_FILE, "contents", str(err), err.hint)
        return
    yield from _about_the_file(found)
    if not found.fatal:
        yield _weights(found, thorough)
    yield from _problems(found.problems)
    if found.contents.architecture:
        yield from _about_the_model(found.contents)
    if not found.fatal:
        yield _room(found.size)
        threads = thread_count()
        yield Fact(_ENGINE, "threads", f"{threads}", data=threads)


def _about_the_file(found: Examined) -> Iterator[Fact]:
    count = len(found.parts) + 1
    parts = f" in {count} files" if count > 1 else ""
    yield Fact(_FILE, "size", gigabytes(found.size) + parts, data=found.size)
    tensors = len(found.contents.tensors)
    yield Fact(_FILE, "format", f"GGUF, version {found.contents.version}, {tensors} tensors")


def _about_the_model(contents: Contents) -> Iterator[Fact]:
    name = contents.values.get("general.name")
    if isinstance(name, str) and name.strip():
        yield Fact(_MODEL, "name", shortened(name))
    yield Fact(_MODEL, "architecture", shortened(contents.architecture))
    if contents.tensors:
        yield _parameters(contents)
        yield _quantisation(contents)
    context = contents.of_model("context_length")
    if isinstance(context, int):
        used = min(context, _USED)
        shown = f"trained for {context:,} tokens, {used:,} used here by default"
        yield Fact(_MODEL, "context", shown, data={"trained": context, "used": used})
    tokens = contents.values.get("tokenizer.ggml.tokens")
    if isinstance(tokens, Texts):
        yield _vocabulary(contents, tokens)
        yield _special(contents, tokens)


def _parameters(contents: Contents) -> Fact:
    count = sum(tensor.elements for tensor in contents.tensors)
    experts, used = (contents.of_model(f"expert_{k}") for k in ("count", "used_count"))
    some = (
        f", {experts} experts of which {used} are used" if experts and isinstance(used, int) else ""
    )
    layers = contents.of_model("block_count")
    return Fact(_MODEL, "parameters", f"{_many(count)} in {layers} layers{some}", data=count)


def _many(count: int) -> str:
    """`7.6 billion`."""
    for word, one in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6)):
        if count >= one:
            return f"{count / one:.3g} {word}"
    return f"{count:,}"


def _quantisation(contents: Contents) -> Fact:
    tensors = contents.tensors
    said = contents.values.get("general.file_type")
    sizes = Counter[str]()
    for tensor in tensors:
        sizes[type_name(tensor.type)] += tensor.size
    whole = max(1, sum(sizes.values()))
    mix = {name: round(100 * size / whole, 1) for name, size in sizes.most_common()}
    main = _FILE_TYPES.get(said, "") if isinstance(said, int) else ""
    bits = 8 * whole / max(1, sum(t.elements for t in tensors if t.type in TYPES))
    shares = ", ".join(f"{name} {share:g} %" for name, share in list(mix.items())[:4])
    shown = f"{main or next(iter(mix))} ({shares}), {bits:.1f} bits a weight"
    data = {"name": main or None, "shares": mix, "bits": round(bits, 2)}
    return Fact(_MODEL, "quantisation", shown, data=data)


def _vocabulary(contents: Contents, tokens: Texts) -> Fact:
    model = str(contents.values.get("tokenizer.ggml.model", ""))
    kind = _VOCABULARIES.get(model, model[:40])
    before = contents.values.get("tokenizer.ggml.pre")
    cut = f", split like {before[:40]}" if isinstance(before, str) and model == "gpt2" else ""
    shown = f"{len(tokens):,} tokens, {kind}{cut}"
    return Fact(_MODEL, "vocabulary", shown, data={"tokens": len(tokens), "kind": model})


def _special(contents: Contents, tokens: Texts) -> Fact:
    found: dict[str, dict[str, Any]] = {}
    for role in _ROLES:
        number = contents.values.get(f"tokenizer.ggml.{role}_token_id")
        if isinstance(number, int) and 0 <= number < len(tokens):
            found[role] = {"id": number, "text": tokens[number]}
    shown = ", ".join(f"{role.upper()} {shortened(t['text'], 30)}" for role, t in found.items())
    if "eos" not in found and "eot" not in found:
        hint = "the model may not know where its answers end; look for another conversion"
        return warn(_MODEL, "special tokens", f"no end of text{': ' if shown else ''}{shown}", hint)
    return Fact(_MODEL, "special tokens", shown, data=found)


def _problems(problems: Sequence[Problem]) -> Iterator[Fact]:
    for problem in problems[:_SHOWN]:
        state = fail if problem.fatal else warn
        yield state(_FILE, "problem" if problem.fatal else "odd", problem.what, problem.hint)
    if len(problems) > _SHOWN:
        yield warn(_FILE, "odd", f"and {len(problems) - _SHOWN:,} more problems")


def _weights(found: Examined, thorough: bool) -> Fact:
    tensors: Sequence[Tensor] = found.contents.tensors
    size = sum(tensor.size for tensor in tensors)
    how = f"all {gigabytes(size)} read" if thorough else "a sample read"
    return Fact(_FILE, "weights", f"{how}, every number is finite")


def _room(size: int) -> Fact:
    room = memory()
    shown = f"{gigabytes(size)} for the weights, {gigabytes(room.free)} are free"
    data = {"weights": size, "free": room.free}
    if room.allows(size):
        return Fact(_ENGINE, "memory", shown, data=data)
    hint = "it may be slow, or stop; take a smaller quantisation"
    return Fact(_ENGINE, "memory", shown, "warn", hint, data)
