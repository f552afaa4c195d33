"""The local engine on a llama of 125 million random weights: how fast it writes, and how soon it begins.

    .venv/bin/python benchmarks/local_engine.py
    .venv/bin/python benchmarks/local_engine.py --peer      # and transformers' pipeline, in an environment of its own

Claims: writing through `Model.stream` at 0.9 times the raw loop (`Server.handle_completions` with a callback that
does nothing) or better; the first token of an agent's second step, whose prompt is nine tenths the first one's,
within 0.2 times the time of the first step (the pipeline reads everything again: 1.0 times).

Both sides load the same file with the same settings, the raw loop in a process beside this one, and take turns. Wall
time and CPU time are told; on a busy machine only the second means much.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import peer_python, row
from random_gguf import Shape, write

from chatwright.backends.local import LocalBackend
from chatwright.backends.local.cpus import thread_count
from chatwright.events import Finish, Text
from chatwright.model import Model
from chatwright.request import Grammar, Own, Sampling, Segment
from chatwright.templates import ChatTemplate

GREEDY = Sampling(temperature=0)
LETTERS = Grammar(
    "root ::= [a-z]{8}"
)  # a reply that is read again as the tokens that it was written with

_RAW = """
import json, os, sys, time
os.environ["OMP_WAIT_POLICY"] = "passive"
import xllamacpp
path, threads = sys.argv[1], int(sys.argv[2])
params = xllamacpp.CommonParams()
params.model.path = path
params.n_ctx, params.n_parallel, params.kv_unified, params.n_batch, params.n_ubatch = 8192, 4, True, 128, 128
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
params.cache_ram_mib, params.warmup, params.ui, params.verbosity, params.fit_params = 256, False, False, -1, False
server = xllamacpp.Server(params)
print(flush=True)
for line in sys.stdin:
    told = json.loads(line)
    body = {"prompt": told["prompt"], "max_tokens": told["tokens"], "stream": True, "temperature": 0}
    wall, cpu = time.perf_counter(), time.process_time()
    server.handle_completions(body, lambda chunk: False)
    print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
"""

_PIPELINE = """
import json, random, sys, threading, time
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TextIteratorStreamer, pipeline
shape, threads, words, rounds = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(0)
config = LlamaConfig(vocab_size=shape["vocabulary"], hidden_size=shape["width"], intermediate_size=shape["ff"],
    num_hidden_layers=shape["layers"], num_attention_heads=shape["heads"], num_key_value_heads=shape["kv_heads"],
    max_position_embeddings=shape["context"], torch_dtype="bfloat16")
model = LlamaForCausalLM(config).to(torch.bfloat16).eval()
plain = Tokenizer(models.WordLevel({f"w{n}": n for n in range(shape["vocabulary"])}, unk_token="w0"))
plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="w0", pad_token="w0")
pipe = pipeline("text-generation", model=model, tokenizer=tokenizer)
def first(text):
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    wall, cpu = time.perf_counter(), time.process_time()
    thread = threading.Thread(target=pipe, args=(text,), kwargs={"max_new_tokens": 2, "do_sample": False, "streamer": streamer})
    thread.start()
    next(iter(streamer))
    told = time.perf_counter() - wall, time.process_time() - cpu
    thread.join()
    return told
rng = random.Random(1)
for _ in range(rounds):
    text = [f"w{rng.randrange(300, 30000)}" for _ in range(words)]
    more = [f"w{rng.randrange(300, 30000)}" for _ in range(words // 9)]
    print(json.dumps([first(" ".join(text)), first(" ".join(text + more))]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, and how much CPU of all its processes."""

    wall: float
    cpu: float

    def __sub__(self, other: Took) -> Took:
        return Took(self.wall - other.wall, self.cpu - other.cpu)


def median(of: Sequence[Took]) -> Took:
    return Took(statistics.median(t.wall for t in of), statistics.median(t.cpu for t in of))


class Ours:
    """chatwright, and the CPU time of its engine's process with its own."""

    def __init__(self, path: Path, threads: int) -> None:
        self._backend = LocalBackend(path, threads=threads)
        template = ChatTemplate.from_gguf_metadata(self._backend.metadata)
        self.model = Model(self._backend, template=template)
        self._backend.load()
        self._clock = _clock_of(_engine_process())

    def ids(self, messages: Sequence[dict[str, Any]]) -> list[int]:
        return self._backend.tokenize([Segment(self.model.prompt(messages), True)])

    def write(self, messages: Sequence[dict[str, Any]], tokens: int) -> tuple[Took, Finish]:
        wall, cpu = time.perf_counter(), self._cpu()
        *_, finish = self.model.stream(messages, max_tokens=tokens, sampling=GREEDY)
        assert isinstance(finish, Finish)
        return Took(time.perf_counter() - wall, self._cpu() - cpu), finish

    def first(self, messages: Sequence[dict[str, Any]]) -> tuple[Took, str]:
        """Until the first token, and the whole reply."""
        wall, cpu = time.perf_counter(), self._cpu()
        events = self.model.stream(messages, max_tokens=8, sampling=GREEDY, constraint=LETTERS)
        begun = next(event for event in events if isinstance(event, Text))
        took = Took(time.perf_counter() - wall, self._cpu() - cpu)
        rest = [event.text for event in events if isinstance(event, Text)]
        return took, begun.text + "".join(rest)

    def _cpu(self) -> float:
        return time.process_time() + self._clock()


def _engine_process() -> int:
    """The process of the engine, which is our only child at that moment."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    return int(children.read_text().split()[0]) if children.exists() else 0


def _clock_of(pid: int) -> Callable[[], float]:
    """The CPU seconds of another process so far; always 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not pid or not stat.exists():
        return lambda: 0.0
    ticks = os.sysconf("SC_CLK_TCK")

    def seconds() -> float:
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    return seconds


@contextmanager
def raw_loop(path: Path, threads: int) -> Iterator[Callable[[list[int], int], Took]]:
    command = [sys.executable, "-c", _RAW, str(path), str(threads)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()

        def write_tokens(prompt: list[int], tokens: int) -> Took:
            print(json.dumps({"prompt": prompt, "tokens": tokens}), file=process.stdin, flush=True)
            wall, cpu = process.stdout.readline().split()
            return Took(float(wall), float(cpu))

        yield write_tokens
        process.stdin.close()


def question(rng: random.Random, tokens: int) -> str:
    """Text of about so many tokens: the vocabulary spells plain letters one by one."""
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz ", k=tokens))


def writing(ours: Ours, raw: Callable[[list[int], int], Took], tokens: int, rounds: int) -> None:
    messages = [{"role": "user", "content": question(random.Random(0), 60)}]
    ids = ours.ids(messages)
    mine: list[Took] = []
    bare: list[Took] = []
    ours.write(messages, 1)
    raw(ids, 1)
    for _ in range(rounds):
        # What one token takes is taken off: reading the end of the prompt, and the way there and back.
        once, _ = ours.write(messages, 1)
        whole, finish = ours.write(messages, tokens)
        assert finish.usage.completion == tokens
        mine.append(whole - once)
        bare.append(raw(ids, tokens) - raw(ids, 1))
    us, them = median(mine), median(bare)
    count = tokens - 1
    row(f"writing {tokens} tokens", "per s (wall)", "per CPU s", "ratio (wall)", "ratio (CPU)")
    row("the raw loop", f"{count / them.wall:.1f}", f"{count / them.cpu:.1f}", "1.00", "1.00")
    by_wall = statistics.median(b.wall / m.wall for m, b in zip(mine, bare, strict=True))
    row(
        "Model.stream (claim: 0.9)",
        f"{count / us.wall:.1f}", f"{count / us.cpu:.1f}", f"{by_wall:.2f}", f"{them.cpu / us.cpu:.2f}",
    )  # fmt: skip


def beginning(ours: Ours, tokens: int, rounds: int) -> None:
    firsts: list[Took] = []
    seconds: list[Took] = []
    for n in range(rounds):
        rng = random.Random(100 + n)
        messages: list[dict[str, Any]] = [{"role": "user", "content": question(rng, tokens)}]
        took, reply = ours.first(messages)
        firsts.append(took)
        messages += [
            {"role": "assistant", "content": Own(reply)},
            {"role": "user", "content": question(rng, tokens // 9 - 20)},
        ]
        seconds.append(ours.first(messages)[0])
    steps(f"chatwright, {tokens} + {tokens // 9} tokens (claim: 0.2)", firsts, seconds)


def steps(who: str, firsts: Sequence[Took], seconds: Sequence[Took]) -> None:
    first, second = median(firsts), median(seconds)
    wall = statistics.median(b.wall / a.wall for a, b in zip(firsts, seconds, strict=True))
    cpu = statistics.median(b.cpu / a.cpu for a, b in zip(firsts, seconds, strict=True))
    row(who, f"{first.wall:.2f} s", f"{second.wall:.2f} s", f"{wall:.2f}", f"{cpu:.2f}")


def pipeline(shape: Shape, threads: int, tokens: int, rounds: int) -> None:
    python = peer_python("transformers", "torch==2.13.0", "transformers>=5,<6")
    sizes = {name: getattr(shape, name) for name in shape.__slots__}
    done = subprocess.run(
        [python, "-c", _PIPELINE, json.dumps(sizes), str(threads), str(tokens), str(rounds)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[[")]
    firsts, seconds = ([Took(*pair[n]) for pair in told] for n in (0, 1))
    steps("transformers' pipeline, bfloat16", firsts, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the local engine")
    parser.add_argument("--threads", type=int, default=thread_count())
    parser.add_argument("--tokens", type=int, default=128, help="tokens to write")
    parser.add_argument("--prompt", type=int, default=900, help="tokens of the first step's prompt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--peer", action="store_true", help="transformers' pipeline as well (1.2 GB)"
    )
    options = parser.parse_args()
    shape = Shape()
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "random.gguf", shape)
        size = path.stat().st_size / 1e6
        print(
            f"{shape.parameters / 1e6:.0f} million parameters, {size:.0f} MB, Q8_0; {options.threads} threads\n"
        )
        ours = Ours(path, options.threads)
        with ours.model, raw_loop(path, options.threads) as raw:
            writing(ours, raw, options.tokens, options.rounds)
            row("\nthe first token of two steps", "first", "second", "ratio (wall)", "ratio (CPU)")
            beginning(ours, options.prompt, options.rounds)
        if options.peer:
            pipeline(shape, options.threads, options.prompt, options.rounds)


if __name__ == "__main__":
    main()
