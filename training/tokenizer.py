"""Trains nano's tokenizer, a byte-level BPE of 2,048 tokens, on texts of the trace generator.

    python training/tokenizer.py                        # writes training/runs/tokenizer.json
    python training/tokenizer.py --samples 20000 --out training/runs/other.json

The way text is cut before merging (each digit alone, then GPT-2's pattern) is the one that
llama.cpp calls `smollm`; a file exported with that name gives the same ids in the engine.
"""

import argparse
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # other processes share the cores

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB = 2048  # ids in all: control tokens, 256 bytes, the rest merges
SAMPLES = 8000  # traces to learn the merges from
SEED = 11  # of those traces
OUT = "training/runs/tokenizer.json"

CONTROL = ("<|system|>", "<|user|>", "<|assistant|>", "</s>", "<|pad|>")  # ids 0 to 4
END, PAD = 3, 4


class Codec:
    """Text to ids and back. Text never becomes a control token, whatever it spells."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        # Written control tokens are plain text here; only `control` hands out their ids.
        self.tokenizer.encode_special_tokens = True

    @classmethod
    def load(cls, path: str | Path = OUT) -> "Codec":
        return cls(Tokenizer.from_file(str(path)))

    @property
    def size(self) -> int:
        return self.tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def control(self, token: str) -> int:
        return CONTROL.index(token)

    def decode(self, ids: Iterable[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=False)

    def parts(self, parts: Iterable[tuple[str, str]]) -> list[tuple[str, list[int]]]:
        """Each part of a trace on its own, as a prompt is tokenised when the model is used."""
        return [(kind, [self.control(text)] if _is_control(kind, text) else self.encode(text)) for kind, text in parts]


def _is_control(kind: str, text: str) -> bool:
    return kind in ("control", "end") or (kind == "shared" and text in CONTROL)


def train(texts: Iterator[str], vocab: int = VOCAB) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=list(CONTROL), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def texts(samples: int, seed: int) -> Iterator[str]:
    import traces

    rng = random.Random(seed)
    for _ in range(samples):
        _, parts = traces.sample_kind(rng)
        yield from (text for kind, text in parts if kind in ("plain", "target"))


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--samples", type=int, default=SAMPLES)
    flags.add_argument("--vocab", type=int, default=VOCAB)
    flags.add_argument("--seed", type=int, default=SEED)
    flags.add_argument("--out", default=OUT)
    args = flags.parse_args()

    tokenizer = train(texts(args.samples, args.seed), args.vocab)
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(args.out)

    codec = Codec.load(args.out)
    assert [codec.tokenizer.token_to_id(t) for t in CONTROL] == list(range(len(CONTROL)))
    sample = "".join(texts(20, args.seed + 1))
    ids = codec.encode(sample)
    assert codec.decode(ids) == sample, "the tokenizer does not give the text back"
    size = len(sample.encode())
    print(f"{codec.size} tokens, {size / len(ids):.2f} bytes per token -> {args.out}")


if __name__ == "__main__":
    main()
