"""Does the engine compute what the trainer computes? Token ids, probabilities and replies.

    python training/check_gguf.py training/runs/first/ckpt.pt nano.gguf

Run it with the trainer's Python; it asks the engine through the other one (`--python`, where
xllamacpp is installed), a second process that answers one JSON line.
"""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import urllib.request
from typing import Any

ENGINE_PYTHON = ".venv/bin/python"
TRACES = 8  # each gives one prompt per reply of the model
SEED = 4242
REPLY = 40  # tokens at most
TOP = 5  # candidates compared at each token
SAME_ALONG = 0.97  # share of reply tokens that must be the trainer's first choice too
NEAR = 0.1  # largest mean difference of log probabilities; 8-bit rounding stays below

TEXTS = [
    "",
    " ",
    "   ",
    "a  b   c\n\n  d \t e\r\n",
    '\n```json\n{"tool": "calculator", "args": {"expression": "(12 + 3.50) * 47"}}\n```\n',
    "0123456789 1,234,567.89 2026-11-22 3rd x2 ²½٣四Ⅷ",
    "Thought: I'll look it up; they're sure we've, he'd, I'm, it's 'S 'LL\nFinal Answer:",
    "naïve façade Ærøskøbing Łódź e\u0301 Ελλάδα Москва עברית العربية हिन्दी",
    "日本語のテキスト、中文，한국어。",
    "🙂👩‍👩‍👧‍👦🇩🇪 ok 🙂🙂",
    "\u00a0\u2003wide\u3000spaces \u200b\ufeff",
    "<|system|> <|user|>hi</s><|assistant|><|pad|></s>",
    "snake_case camelCase x->y a.b(c)[d]{e} == != // # $%^&*~`|\\",
    "\x00\x01\x7f\u0085",
    "word " * 200,
]


# -- the engine's half ----------------------------------------------------------------------------


def engine(model: str) -> None:
    """Read {"texts", "prompts"} from stdin, write {"ids", "replies"} to stdout."""
    import xllamacpp

    asked = json.load(sys.stdin)
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx, params.n_parallel = 4096, 1
    params.ui, params.verbosity, params.warmup = False, -1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    key = secrets.token_urlsafe(24)
    params.api_keys = [key]
    server = xllamacpp.Server(params)

    def ids(text: str) -> list[int]:
        request = urllib.request.Request(server.listening_address + "/tokenize", json.dumps({"content": text, "add_special": False, "parse_special": False}).encode(), {"Content-Type": "application/json", "Authorization": "Bearer " + key})
        return json.load(urllib.request.urlopen(request, timeout=60))["tokens"]

    def reply(prompt: list[int]) -> list[dict[str, Any]]:
        answer = server.handle_completions({"prompt": prompt, "max_tokens": REPLY, "temperature": 0, "logprobs": TOP})
        if "error" in answer:
            raise SystemExit(f"error: the engine says {answer['error']['message']}")
        return answer["choices"][0]["logprobs"]["content"]

    answers = {"ids": [ids(text) for text in asked["texts"]], "replies": [reply(prompt) for prompt in asked["prompts"]]}
    print("\n" + json.dumps(answers), flush=True)


def ask_engine(python: str, model: str, texts: list[str], prompts: list[list[int]]) -> Any:
    done = subprocess.run([python, __file__, "--engine", model], input=json.dumps({"texts": texts, "prompts": prompts}), env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: the engine's half failed\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def as_told(codec: Any, content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A reply up to the first character of several tokens: of those the engine names only the last one's id."""
    merged = (i for i, entry in enumerate(content) if codec.decode([entry["id"]]) != entry["token"])
    return content[: next(merged, len(content))]


# -- the trainer's half ---------------------------------------------------------------------------


def trace_prompts(codec: Any) -> tuple[list[str], list[list[int]]]:
    """The texts of some traces, and what stands before each reply of the model."""
    import traces

    rng = random.Random(SEED)
    texts, prompts = [], []
    for _ in range(TRACES):
        parts = traces.sample_kind(rng)[1]
        texts += [text for kind, text in parts if kind in ("plain", "target")]
        before: list[int] = []
        was = ""
        for kind, ids in codec.parts(parts):
            if kind == "target" and was != "target":
                prompts.append(list(before))
            before += ids
            was = kind
    return texts, prompts


def check_ids(codec: Any, texts: list[str], theirs: list[list[int]]) -> bool:
    wrong = [t for t, ids in zip(texts, theirs, strict=True) if codec.encode(t) != ids]
    for text in wrong[:5]:
        ours, engines = codec.encode(text), theirs[texts.index(text)]
        at = next((i for i, (a, b) in enumerate(zip(ours, engines, strict=False)) if a != b), -1)
        print(f"  differs at token {at}: {text[:70]!r}\n    {ours[:30]}\n    {engines[:30]}")
    print(f"token ids: {len(texts) - len(wrong)} of {len(texts)} texts the same")
    return not wrong


def check_origin(checkpoint: str, model: str) -> None:
    """A run that goes on replaces its checkpoint; comparing another state would blame the engine."""
    import gguf
    import numpy as np
    import torch

    weights = torch.load(checkpoint, map_location="cpu")["model"]
    theirs = {t.name: t.data for t in gguf.GGUFReader(model).tensors}["output_norm.weight"]
    if not np.array_equal(theirs, weights["norm.weight"].numpy()):
        raise SystemExit(f"error: {model} was not made from {checkpoint} as it is now")


def check_replies(checkpoint: str, codec: Any, prompts: list[list[int]], replies: list) -> bool:
    """The trainer reads along with the engine's replies: would it have written the same?"""
    import torch

    from model import Config, Llama

    state = torch.load(checkpoint, map_location="cpu")
    model = Llama(Config(**state["config"]))
    model.load_state_dict(state["model"])
    first, differences, whole = [], [], 0
    for prompt, content in zip(prompts, (as_told(codec, reply) for reply in replies), strict=True):
        reply = [entry["id"] for entry in content]
        with torch.no_grad():
            logits = model(torch.tensor([prompt + reply]))[0, len(prompt) - 1 : -1]
        logprobs = logits.log_softmax(-1)
        same = [int(row.argmax()) == token for row, token in zip(logprobs, reply, strict=True)]
        first += same
        whole += all(same)
        for row, entry in zip(logprobs, content, strict=True):
            for candidate in entry["top_logprobs"]:
                differences.append(abs(float(row[candidate["id"]]) - candidate["logprob"]))
    if replies:
        print(f"a reply of the engine: {codec.decode(e['id'] for e in replies[0])!r}")
    mean, along = sum(differences) / len(differences), sum(first) / len(first)
    print(f"replies: {whole} of {len(replies)} wholly the trainer's own, {along:.4f} of their tokens\nlog probabilities of the top {TOP}: mean difference {mean:.4f}, largest {max(differences):.3f}")
    return along >= SAME_ALONG and mean <= NEAR


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("checkpoint", nargs="?")
    flags.add_argument("gguf")
    flags.add_argument("--tokenizer")
    flags.add_argument("--python", default=ENGINE_PYTHON, help="one that has xllamacpp")
    flags.add_argument("--engine", action="store_true", help="used inside: the second process")
    args = flags.parse_args()
    if args.engine:
        return engine(args.gguf)

    import torch

    from tokenizer import OUT, Codec

    torch.set_num_threads(1)
    check_origin(args.checkpoint, args.gguf)
    codec = Codec.load(args.tokenizer or OUT)
    texts, prompts = trace_prompts(codec)
    answers = ask_engine(args.python, args.gguf, TEXTS + texts, prompts)
    good = check_ids(codec, TEXTS + texts, answers["ids"])
    good &= check_replies(args.checkpoint, codec, prompts, answers["replies"])
    print("the engine and the trainer agree" if good else "error: they differ")
    sys.exit(not good)


if __name__ == "__main__":
    main()
