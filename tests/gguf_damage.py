"""What may be wrong with a GGUF file: one entry for each kind of damage, and files that are well though they look odd."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gguf_files import Stored, Typed, gguf_bytes, metadata, spaced_vocabulary, tiny_tensors

__all__ = [
    "DAMAGES",
    "FOREIGN",
    "FUZZED",
    "INF",
    "NAN",
    "QUERY",
    "WEIGHTS",
    "WELL",
    "T",
    "damaged",
    "floats",
    "model",
    "only",
    "stored",
]

T = "tokenizer.ggml."
TOKENS: list[str] = metadata()[T + "tokens"]
KINDS: list[int] = metadata()[T + "token_type"]
WEIGHTS = tiny_tensors()
NAN, INF = math.nan, math.inf
F16, Q8_0, Q8_1, I32, BF16 = 1, 8, 9, 26, 30
U8, I8, U16, U32, I32_VALUE, F32_VALUE, BOOL, STRING, ARRAY, U64 = 0, 1, 2, 4, 5, 6, 7, 8, 9, 10


def model(tensors: Mapping[str, Any] | None = None, **changes: Any) -> bytes:
    """The tiny model with changed metadata (see `metadata`), and changed tensors: `None` leaves one out."""
    values = metadata(**changes)
    tokens = values.get(T + "tokens")
    rows = len(tokens) if isinstance(tokens, list) else len(TOKENS)
    wanted = {**(WEIGHTS if rows == len(TOKENS) else tiny_tensors(rows)), **(tensors or {})}
    return gguf_bytes(values, {name: t for name, t in wanted.items() if t is not None})


def listed(tensors: Iterable[tuple[Any, Any]]) -> bytes:
    return gguf_bytes(metadata(), tensors)


def stored(name: str, **changes: Any) -> dict[str, Stored]:
    """One tensor of the tiny model, written otherwise."""
    shape, raw = WEIGHTS[name]
    return {name: Stored(**{"shape": shape, "kind": 0, "raw": raw, **changes})}


def floats(count: int, *odd: float) -> bytes:
    return struct.pack(f"<{count}f", *odd, *[0.5] * (count - len(odd)))


def with_tokens(changes: Mapping[int, str | bytes]) -> bytes:
    tokens: list[Any] = list(TOKENS)
    for at, token in changes.items():
        tokens[at] = token
    return model(tokenizer__ggml__tokens=tokens)


def only(**values: Any) -> bytes:
    return gguf_bytes({k.replace("__", "."): v for k, v in values.items()}, {})


HEAD = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1)
NORM = "blk.0.attn_norm.weight"
QUERY = "blk.0.attn_q.weight"

DAMAGES: dict[str, tuple[Callable[[], bytes], str]] = {
    # the header
    "empty": (lambda: b"", "is empty"),
    "half a magic": (lambda: b"GG", "is not a GGUF file"),
    "only a magic": (lambda: b"GGUF", "ends inside its version"),
    "no counts": (lambda: b"GGUF\3\0\0\0\1", "ends inside its counts"),
    "version 0": (lambda: gguf_bytes(metadata(), WEIGHTS, version=0), "its version is 0"),
    "version 1": (lambda: gguf_bytes(metadata(), WEIGHTS, version=1), "its version is 1"),
    "version 99": (lambda: gguf_bytes(metadata(), WEIGHTS, version=99), "its version is 99"),
    "big-endian": (lambda: struct.pack(">4sIQQ", b"GGUF", 3, 0, 1) + bytes(99), "big-endian"),
    "2^63 pairs": (
        lambda: gguf_bytes(metadata(), WEIGHTS, pairs=2**63),
        "claims 9,223,372.* pairs",
    ),
    "2^60 tensors": (
        lambda: gguf_bytes(metadata(), WEIGHTS, count=2**60),
        "claims 1,152.* tensors",
    ),
    "a pair too many": (
        lambda: gguf_bytes(metadata(), WEIGHTS, pairs=18),
        "cannot be used|cut off in its header",
    ),
    "a tensor too many": (lambda: gguf_bytes(metadata(), WEIGHTS, count=22), "tensor 22|tensor ''"),
    # keys and values
    "an empty key": (lambda: only(**{"": 1}), "the key of pair 1 of 1 is empty"),
    "a key twice": (lambda: gguf_bytes([("a", 1), ("a", 2)], {}), "the key 'a' twice"),
    "a key that is no text": (
        lambda: gguf_bytes([(b"\xff\xfe", 1)], {}),
        "pair 1 of 1 is not text",
    ),
    "a zero in a key": (lambda: gguf_bytes([("a\0b", 1)], {}), r"pair 1 of 1 is 'a\\x00b'"),
    "a key of 2^40 bytes": (
        lambda: HEAD + struct.pack("<QQ", 2**40, 0),
        "ends inside the key of pair 1",
    ),
    "a key of 70,000 bytes": (lambda: only(**{"k" * 70_000: 1}), "claims to have 70,000 bytes"),
    "an unknown type": (lambda: only(a=Typed(77, b"1234")), "'a' has the unknown type 77"),
    "an array of nothing known": (
        lambda: only(a=Typed(ARRAY, struct.pack("<IQ", 66, 1))),
        "items of the unknown type 66",
    ),
    "an array of arrays": (
        lambda: only(a=Typed(ARRAY, struct.pack("<IQ", ARRAY, 1))),
        "an array of arrays",
    ),
    "an array of 2^60": (
        lambda: only(a=Typed(ARRAY, struct.pack("<IQ", U32, 2**60))),
        "ends inside the value of 'a'",
    ),
    "2^60 strings": (
        lambda: only(a=Typed(ARRAY, struct.pack("<IQ", STRING, 2**60))),
        "the value of 'a' .* claims 1,152",
    ),
    "a string of 2^62": (
        lambda: only(a=Typed(STRING, struct.pack("<Q", 2**62))),
        "ends inside the value of 'a'",
    ),
    "a bool of 7": (lambda: only(a=Typed(BOOL, b"\7")), "'a' is neither true nor false"),
    # what it is
    "no architecture": (lambda: gguf_bytes({"a": 1}, WEIGHTS), "names no architecture"),
    "architecture 5": (lambda: model(general__architecture=5), "names no architecture"),
    "architecture ''": (lambda: model(general__architecture=""), "names no architecture"),
    "a LoRA": (lambda: model(general__type="adapter"), "a LoRA adapter"),
    "an old LoRA": (lambda: model({"blk.0.attn_q.weight.lora_a": ((4,), floats(4))}), "a LoRA"),
    "mmproj": (lambda: model(general__type="mmproj"), "sees or hears"),
    "clip": (lambda: model(general__architecture="clip"), "sees or hears"),
    "imatrix": (lambda: only(general__type="imatrix"), "importance matrix"),
    "embeddings": (lambda: model(general__architecture="nomic-bert"), "an embedding model"),
    "pictures": (lambda: model(general__architecture="flux"), "makes pictures"),
    "t5": (lambda: model(general__architecture="t5"), "encoder and a decoder"),
    "only a vocabulary": (lambda: gguf_bytes(metadata(), {}), "holds no weights"),
    # the model's numbers
    "no context_length": (
        lambda: model(llama__context_length=None),
        "lacks 'llama.context_length'",
    ),
    "no block_count": (lambda: model(llama__block_count=None), "lacks 'llama.block_count'"),
    "no embedding_length": (lambda: model(llama__embedding_length=None), "lacks 'llama.embed"),
    "no head_count": (lambda: model(llama__attention__head_count=None), "lacks .*head_count"),
    "another architecture": (lambda: model(general__architecture="qwen2"), "lacks 'qwen2.context"),
    "context 0": (lambda: model(llama__context_length=0), "context_length' is 0"),
    "context 2^32-1": (lambda: model(llama__context_length=2**32 - 1), "context_length' is 4,29"),
    "context of text": (lambda: model(llama__context_length="many"), "context.* no whole number"),
    "context 512.5": (lambda: model(llama__context_length=512.5), "context.* no whole number"),
    "context true": (lambda: model(llama__context_length=True), "context.* no whole number"),
    "0 blocks": (lambda: model(llama__block_count=0), "block_count' is 0, not 1 to 512"),
    "a million blocks": (lambda: model(llama__block_count=10**6), "block_count' is 1,000,000"),
    "a block too many": (lambda: model(llama__block_count=3), "lacks the tensors of block 2"),
    "a block too few": (lambda: model(llama__block_count=1), "tensors of block 1, and 1 blocks"),
    "width 0": (lambda: model(llama__embedding_length=0), "embedding_length' is 0"),
    "width 64": (
        lambda: model(llama__embedding_length=64),
        "token_embd.weight' is 32 × 269.*64 × 269",
    ),
    "0 heads": (lambda: model(llama__attention__head_count=0), "lacks .*head_count"),
    "3 heads": (
        lambda: model(llama__attention__head_count=3),
        "attn_q.weight' is 32 × 32.* 32 × 30",
    ),
    "heads of text": (lambda: model(llama__attention__head_count="4"), "head_count' is no whole"),
    "heads for 3 layers": (
        lambda: model(llama__attention__head_count=Typed(U32, [4, 4, 4])),
        "head_count' is for 3 layers, and the model has 2",
    ),
    "heads that differ": (
        lambda: model(llama__attention__head_count=Typed(U32, [4, 2])),
        "blk.1.attn_q.weight' is 32 × 32.* 32 × 16",
    ),
    "3 shared heads": (
        lambda: model(llama__attention__head_count_kv=3),
        "is 3, which does not divide",
    ),
    "8 shared heads": (
        lambda: model(llama__attention__head_count_kv=8),
        "is 8, which does not divide",
    ),
    "heads of 7": (
        lambda: model(llama__attention__key_length=7, llama__attention__value_length=7),
        "heads have 7 dimensions",
    ),
    "rotation of 4": (
        lambda: model(llama__rope__dimension_count=4),
        "rope.* is 4, and the heads have 8",
    ),
    "rotation of 7": (
        lambda: model(llama__rope__dimension_count=7),
        "dimension_count' is 7, and must",
    ),
    "feed forward 65": (lambda: model(llama__feed_forward_length=65), "ffn_gate.* 32 × 65"),
    "epsilon NaN": (lambda: model(llama__attention__layer_norm_rms_epsilon=NAN), "epsilon' is nan"),
    "epsilon -1": (lambda: model(llama__attention__layer_norm_rms_epsilon=-1.0), "epsilon' is -1"),
    "epsilon -inf": (
        lambda: model(llama__attention__layer_norm_rms_epsilon=-INF),
        "epsilon' is -inf",
    ),
    "frequency NaN": (lambda: model(llama__rope__freq_base=NAN), "freq_base' is nan"),
    "a strange rope": (
        lambda: model(llama__rope__scaling__type="twist"),
        "'twist', and the engine knows",
    ),
    "experts without use": (lambda: model(llama__expert_count=4), "expert_used_count' is 0"),
    "uses without experts": (
        lambda: model(llama__expert_used_count=2),
        "used_count' is 2, and expert",
    ),
    "2^31 experts": (lambda: model(llama__expert_count=2**31), "expert_count' is 2,147,483,648"),
    "uneven groups": (
        lambda: model(
            llama__expert_count=4, llama__expert_used_count=2, llama__expert_group_count=3
        ),
        "expert_group_count' is 3",
    ),
    "groups without experts": (
        lambda: model(llama__expert_group_count=2),
        "expert_group_count' is 2",
    ),
    "more layers ahead": (lambda: model(llama__nextn_predict_layers=9), "nextn.* is 9, not 0 to 2"),
    "an endless output": (
        lambda: model(llama__embedding_length_out=2**31),
        "embedding_length_out' is",
    ),
    "a classifier": (
        lambda: model(llama__classifier__activation="x"),
        "classifier.activation' is 'x'",
    ),
    "mirostat 7": (lambda: model(general__sampling__mirostat=7), "mirostat' is 7"),
    "repetition 0": (
        lambda: model(general__sampling__penalty_repeat=0.0),
        "penalty_repeat' is 0.0",
    ),
    # the vocabulary
    "no tokenizer": (lambda: model(tokenizer__ggml__model=None), "names no tokenizer"),
    "tokenizer none": (lambda: model(tokenizer__ggml__model="none"), "has no tokenizer"),
    "tokenizer bert": (lambda: model(tokenizer__ggml__model="bert"), "that of an encoder"),
    "no tokens": (lambda: model(tokenizer__ggml__tokens=None), "it has no tokens"),
    "0 tokens": (
        lambda: model(tokenizer__ggml__tokens=Typed(ARRAY, struct.pack("<IQ", 8, 0))),
        "empty",
    ),
    "tokens of numbers": (
        lambda: model(tokenizer__ggml__tokens=Typed(U32, [1, 2])),
        "no list of texts",
    ),
    "tokens in one text": (lambda: model(tokenizer__ggml__tokens="a b c"), "no list of texts"),
    "too few types": (
        lambda: model(tokenizer__ggml__token_type=KINDS[:-1]),
        "269 tokens, .* for 268",
    ),
    "too many types": (
        lambda: model(tokenizer__ggml__token_type=[*KINDS, 1]),
        "269 tokens, .* for 270",
    ),
    "types in one number": (lambda: model(tokenizer__ggml__token_type=1), "token_type' is no list"),
    "type 99": (
        lambda: model(tokenizer__ggml__token_type=[99, *KINDS[1:]]),
        "token 0 has the type 99",
    ),
    "type -1": (
        lambda: model(tokenizer__ggml__token_type=[-1, *KINDS[1:]]),
        "token 0 has the type -1",
    ),
    "a byte that is none": (
        lambda: model(tokenizer__ggml__token_type=[6, *KINDS[1:]]),
        "for a byte",
    ),
    "too few scores": (lambda: model(tokenizer__ggml__scores=[0.5] * 9), "269 tokens, .* is for 9"),
    "a score NaN": (
        lambda: model(tokenizer__ggml__scores=[*[0.5] * 268, NAN]),
        "score of its token 268 is NaN",
    ),
    "a token twice": (
        lambda: with_tokens({7: "A", 8: "A"}),
        "tokens (7 and 8|32 and 7) are the same: 'A'",
    ),
    "tokens alike to the engine": (
        lambda: with_tokens({7: "zz\0a", 8: "zz\0b"}),
        "7 and 8 are the same",
    ),
    "a token like a name": (lambda: with_tokens({7: "", 8: "[EMPTY_7]"}), "7 and 8 are the same"),
    "a token that is no text": (lambda: with_tokens({9: b"\xc3("}), "token 9 is not text"),
    "half a letter": (lambda: with_tokens({9: b"x\xe2\x82"}), "token 9 is not text"),
    "a token of 20,000": (lambda: with_tokens({9: "x" * 20_000}), "token 9 has 20,000 bytes"),
    "no merges": (lambda: model(tokenizer__ggml__merges=None), "needs merges"),
    "merges of numbers": (
        lambda: model(tokenizer__ggml__merges=[1, 2]),
        "merges' is no list of texts",
    ),
    "eos beyond": (
        lambda: model(tokenizer__ggml__eos_token_id=269),
        "eos_token_id' is 269, and it has",
    ),
    "bos beyond": (
        lambda: model(tokenizer__ggml__bos_token_id=10**6),
        "bos_token_id' is 1,000,000",
    ),
    "eos of text": (
        lambda: model(tokenizer__ggml__eos_token_id="</s>"),
        "eos.* '</s>', no token's",
    ),
    # the table of tensors
    "alignment 0": (lambda: model(general__alignment=0), "alignment is 0"),
    "alignment 3": (lambda: model(general__alignment=3), "alignment is 3"),
    "alignment 2^31": (lambda: model(general__alignment=2**31), "it is cut off"),
    "alignment of text": (lambda: model(general__alignment="32"), "alignment is 32"),
    "an awkward start": (
        lambda: gguf_bytes(metadata(general__alignment=1, general__name="abc"), WEIGHTS, align=1),
        "weights begin at byte",
    ),
    "0 dimensions": (lambda: model(stored(NORM, shape=())), "has 0 dimensions"),
    "5 dimensions": (lambda: model(stored(NORM, shape=(1, 1, 1, 1, 32))), "has 5 dimensions"),
    "a dimension of 0": (lambda: model(stored(NORM, shape=(0,))), "a dimension of 0"),
    "a dimension of -1": (lambda: model(stored(NORM, shape=(-1,))), "a dimension of -1"),
    "2^80 weights": (
        lambda: model(stored(NORM, shape=(2**40, 2**40))),
        "has the shape 1099511627776",
    ),
    "2^62 weights": (
        lambda: model(stored(NORM, shape=(2**62,))),
        "cut off: tensor 'blk.0.attn_norm",
    ),
    "tensor type 77": (lambda: model(stored(NORM, kind=77)), "of the unknown type 77"),
    "tensor type -1": (
        lambda: model(stored(NORM, kind=2**32 - 1)),
        "of the unknown type 4294967295",
    ),
    "a type of the past": (lambda: model(stored(QUERY, kind=4)), "of the unknown type 4"),
    "half a block": (lambda: model(stored(NORM, kind=12)), "rows of 32, and Q4_K stores 256"),
    "a norm in F16": (
        lambda: model(stored(NORM, kind=F16, raw=bytes(64))),
        "as F16, and must be F32",
    ),
    "whole numbers": (lambda: model(stored(QUERY, kind=I32)), "holds I32, which are no weights"),
    "the engine's own type": (
        lambda: model(stored(QUERY, kind=Q8_1, raw=bytes(36 * 32))),
        "holds Q8_1, which are no",
    ),
    "an offset askew": (lambda: model(stored(NORM, offset=7)), "no multiple of 32"),
    "an overlap": (lambda: model(stored(NORM, offset=0)), "overlap those before them: 0, not"),
    "a gap": (lambda: model(stored("output_norm.weight", offset=2**16)), "leave a gap: 65,536"),
    "an offset beyond": (lambda: model(stored(NORM, offset=2**40)), "leave a gap|cut off"),
    "a tensor twice": (
        lambda: listed([*WEIGHTS.items(), (NORM, WEIGHTS[NORM])]),
        "attn_norm.weight' twice",
    ),
    "a nameless tensor": (lambda: model({"": ((4,), floats(4))}), "tensor '' has 0 bytes"),
    "a long name": (lambda: model({"x" * 64: ((4,), floats(4))}), "has 64 bytes, not 1 to 63"),
    "a name that is no text": (
        lambda: listed([(b"\xff", ((4,), floats(4)))]),
        "tensor 1 of 1 is not text",
    ),
    "no token_embd": (
        lambda: model({"token_embd.weight": None}),
        "lacks the tensor 'token_embd.weight'",
    ),
    "no output_norm": (
        lambda: model({"output_norm.weight": None}),
        "lacks the tensor 'output_norm",
    ),
    "no query": (
        lambda: model({QUERY: None}),
        "lacks the tensor 'blk.0.attn_q.weight', which block 1",
    ),
    "a vocabulary too small": (
        lambda: model(dict(tiny_tensors(200))),
        "token_embd.weight' is 32 × 200",
    ),
    "an output too small": (
        lambda: model({"output.weight": tiny_tensors(200)["output.weight"]}),
        "output.weight' is 32 × 200",
    ),
    "a long norm": (
        lambda: model({NORM: ((64,), floats(64))}),
        "attn_norm.weight' is 64, .* be 32",
    ),
    # the weights
    "a byte too few": (lambda: model()[:-1], "tensor 'blk.1.ffn_norm.weight' lacks 1 bytes"),
    "no weights left": (lambda: model()[:9000], "lacks .* bytes, and 20 more lie behind it"),
    "NaN in a norm": (lambda: model({NORM: ((32,), floats(32, 1, NAN))}), "attn_norm.* holds NaN"),
    "infinity in a norm": (
        lambda: model({NORM: ((32,), floats(32, INF))}),
        "attn_norm.* holds NaN or inf",
    ),
    "NaN in a matrix": (
        lambda: model({QUERY: ((32, 32), floats(1024, 1, NAN))}),
        "attn_q.* holds NaN",
    ),
    # parts
    "a part without a name": (
        lambda: model(split__count=Typed(U16, 3), split__no=Typed(U16, 0)),
        "one of 3 parts, and its name does not say so",
    ),
    "-5 parts": (lambda: model(split__count=Typed(I32_VALUE, -5)), "'split.count' is -5"),
}


FOREIGN: dict[str, tuple[bytes, str, str]] = {
    "GGML": (b"lmgg" + bytes(60), "a GGML file", "older than GGUF"),
    "GGJT": (b"tjgg" + bytes(60), "a GGJT file", "older than GGUF"),
    "zip": (b"PK\x03\x04" + bytes(60), "a ZIP archive", "PyTorch"),
    "pickle": (b"\x80\x02}q" + bytes(60), "a Python pickle", "PyTorch"),
    "safetensors": (
        struct.pack("<Q", 60) + b'{"__metadata__":{}}'.ljust(60),
        "a safetensors file",
        "convert_hf_to_gguf",
    ),
    "gzip": (b"\x1f\x8b\x08" + bytes(60), "gzip", "unpack"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(60), "zstd", "unpack"),
    "tar": (b"model.gguf".ljust(257, b"\0") + b"ustar\x0000", "tar", "unpack"),
    "llamafile": (b"MZqFpD='\n" + bytes(60), "a program", "llamafile"),
    "HTML": (b"  <!DOCTYPE html><html><title>404", "page of the web", "error page"),
    "JSON": (b'\xef\xbb\xbf{"error":"Repository not found"}', "JSON", "error page"),
    "plain text": (b"Entry not found", "text: 'Entry not found'", "error"),
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4920733984\n",
        "a Git LFS pointer (the file itself has 4,920,733,984 bytes)",
        "git lfs pull",
    ),
    "zeros": (bytes(4096), "empty but for zeros", "download"),
    "numbers": (bytes(range(250, 100, -1)), "is not a GGUF file", "GGUF"),
}


WELL: dict[str, Callable[[], bytes]] = {
    "tied embeddings": lambda: model({"output.weight": None}),
    "one number for each layer": lambda: model(
        llama__attention__head_count=Typed(U32, [4, 4]),
        llama__attention__head_count_kv=Typed(U32, [4, 4]),
        llama__feed_forward_length=Typed(I32_VALUE, [64, 64]),
    ),
    "no types and no bos": lambda: model(
        tokenizer__ggml__token_type=None, tokenizer__ggml__bos_token_id=None
    ),
    "a role that nobody has": lambda: model(tokenizer__ggml__bos_token_id=2**32 - 1),
    "a padding beyond the vocabulary": lambda: model(tokenizer__ggml__padding_token_id=300),
    "empty tokens": lambda: with_tokens({7: "", 8: ""}),
    "whole numbers of other types": lambda: model(
        llama__context_length=Typed(U64, 512), llama__block_count=Typed(I32_VALUE, 2)
    ),
    "version 2": lambda: gguf_bytes(metadata(), WEIGHTS, version=2),
    "alignment 4096": lambda: gguf_bytes(metadata(general__alignment=4096), WEIGHTS, align=4096),
    "bytes behind the weights": lambda: model() + b"signature",
    "no padding at the end": lambda: model().rstrip(b"\0"),
    "frequencies of a rotation": lambda: model({"rope_freqs.weight": ((4,), floats(4, 1, INF))}),
    "a type that is newer": lambda: model(stored(QUERY, kind=43)),
    "an unknown tokenizer": lambda: model(tokenizer__ggml__model="later"),
    "no merges for kimi": lambda: model(
        tokenizer__ggml__merges=None, tokenizer__ggml__pre="kimi-k2"
    ),
    "keys of the future": lambda: model(llama__later__thing=[1.5, NAN], x__y="z"),
    "an unknown architecture": lambda: gguf_bytes(
        {
            k.replace("llama.", "later."): v
            for k, v in metadata(general__architecture="later").items()
        },
        {"token_embd.weight": WEIGHTS["token_embd.weight"], "odd.one": ((7,), floats(7))},
    ),
    "norms of other kinds": lambda: model(
        {"blk.0.a.weight": ((4,), floats(4)), "blk.1.a.weight": ((4,), floats(4))}
    ),
}


FUZZED = [
    model(),
    model(**spaced_vocabulary()),
    gguf_bytes({"general.architecture": "llama", "a": ["x", "y"], "b": Typed(U8, [1, 2])}, WEIGHTS),
]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The file with a few bytes flipped, cut out, put in, or numbers replaced; mostly in its header."""
    data, head = bytearray(content), min(len(content), 9000)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(max(1, min(len(data), head) - 8))
        match rng.randrange(7):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.choice((0, 1, 127, 128, 255))
            case 2:
                del data[at : at + rng.choice((1, 4, 8, 40))]
            case 3:
                data[at:at] = rng.randbytes(rng.choice((1, 4, 8, 40)))
            case 4:
                data[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 2**16, 2**31, 2**32 - 1)))
            case 5:
                data[at : at + 8] = struct.pack("<Q", rng.choice((0, 2**32, 2**63, 2**64 - 1)))
            case _:
                del data[rng.randrange(len(data) + 1) :]
        if len(data) < 9:
            break
    return bytes(data)
