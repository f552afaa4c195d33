"""Writes a checkpoint as a GGUF that llama.cpp and its relatives run, 8 bits per weight.

python training/export.py training/runs/first/ckpt.pt --out nano.gguf
python training/check_gguf.py training/runs/first/ckpt.pt nano.gguf      # then look at it
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import torch

from model import Config
from tokenizer import CONTROL, END, PAD
from tokenizer import OUT as TOKENIZER

NAME = "chatwright nano"
CONTEXT = 4096  # tokens; rotary angles have no table to run out of, but training saw far fewer
TEMPLATE = "src/chatwright/nano/chat_template.jinja"
LARGEST = 16_000_000  # bytes; the file travels in the package

# Names of llama.cpp's llama, by ours.
BLOCK = {"attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "ff_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


def tensors(weights: dict[str, torch.Tensor]) -> Iterator[tuple[str, np.ndarray]]:
    """Each weight under llama.cpp's name. The embedding is the output too, so no `output`."""
    for name, weight in weights.items():
        match name.split("."):
            case ["embed", "weight"]:
                new = "token_embd.weight"
            case ["norm", "weight"]:
                new = "output_norm.weight"
            case ["blocks", index, part, "weight"]:
                new = f"blk.{index}.{BLOCK[part]}.weight"
            case _:
                raise ValueError(f"no place for the weight {name!r}")
        yield new, weight.float().numpy()


def add_network(out: gguf.GGUFWriter, config: Config) -> None:
    head = config.dim // config.heads
    out.add_name(NAME)
    out.add_license("apache-2.0")
    out.add_vocab_size(config.vocab)
    out.add_context_length(CONTEXT)
    out.add_embedding_length(config.dim)
    out.add_block_count(config.layers)
    out.add_feed_forward_length(config.ff)
    out.add_head_count(config.heads)
    out.add_head_count_kv(config.heads)
    out.add_layer_norm_rms_eps(config.eps)
    out.add_rope_dimension_count(head)
    out.add_rope_freq_base(config.theta)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    out.add_quantization_version(gguf.GGML_QUANT_VERSION)


def add_tokenizer(out: gguf.GGUFWriter, path: str, template: str, size: int) -> None:
    bpe = json.loads(Path(path).read_text("utf-8"))["model"]
    by_id = {index: token for token, index in bpe["vocab"].items()}
    if len(by_id) != size:
        raise SystemExit(f"error: {path} has {len(by_id)} tokens, the checkpoint {size}")
    tokens = [by_id[index] for index in range(size)]
    assert tuple(tokens[: len(CONTROL)]) == CONTROL
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    # The file of the tokenizers package holds a merge as a pair or, older, as one string.
    merges = [m if isinstance(m, str) else " ".join(m) for m in bpe["merges"]]

    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("smollm")
    out.add_token_list(tokens)
    out.add_token_types([control if i < len(CONTROL) else normal for i in range(size)])
    out.add_token_merges(merges)
    out.add_eos_token_id(END)
    out.add_pad_token_id(PAD)
    out.add_add_bos_token(False)
    out.add_chat_template(Path(template).read_text("utf-8"))


def export(checkpoint: str, out_path: str, *, tokenizer: str, template: str) -> int:
    """Write the file and give its size in bytes."""
    state = torch.load(checkpoint, map_location="cpu")
    config = Config(**state["config"])
    out = gguf.GGUFWriter(out_path, "llama")
    add_network(out, config)
    add_tokenizer(out, tokenizer, template, config.vocab)
    for name, weight in tensors(state["model"]):
        if weight.ndim == 1:
            out.add_tensor(name, weight)
            continue
        eight = gguf.GGMLQuantizationType.Q8_0
        out.add_tensor(name, gguf.quants.quantize(weight, eight), raw_dtype=eight)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return Path(out_path).stat().st_size


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("checkpoint")
    flags.add_argument("--out", required=True)
    flags.add_argument("--tokenizer", default=TOKENIZER)
    flags.add_argument("--template", default=TEMPLATE)
    args = flags.parse_args()
    size = export(args.checkpoint, args.out, tokenizer=args.tokenizer, template=args.template)
    print(f"{size:,} bytes -> {args.out}")
    if size > LARGEST:
        raise SystemExit(f"error: more than {LARGEST:,} bytes, too large for the package")


if __name__ == "__main__":
    main()
