"""Trains nano on generated traces. On two CPU cores a run takes an hour or two.

    python training/tokenizer.py
    python training/train.py --run training/runs/first --tokens 12_000_000 --decay-from 9_000_000
    python training/train.py --run training/runs/first --resume          # after a stop: same flags
    python training/train.py --run training/runs/first --resume training/runs/first/stable.pt \\
        --tokens 20_000_000 --decay-from 15_000_000                      # the same run, but longer
    python training/train.py --run training/runs/second --init training/runs/first/ckpt.pt

The learning rate warms up, stays, and falls to zero from `--decay-from` to `--tokens`. What the
run was just before the fall lies in `stable.pt`, so a longer budget costs only the difference.
"""

import os

os.environ.setdefault("KMP_BLOCKTIME", "0")  # threads that wait must sleep, not spin:
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # other processes share the cores

import argparse
import contextlib
import json
import math
import multiprocessing
import queue
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model import Config, Llama
from tokenizer import OUT as TOKENIZER
from tokenizer import PAD, Codec

# Data
SEED = 1  # of the traces: pool N of seed S is always the same
POOL = 512  # traces drawn at once, sorted by start and length, cut into batches
BATCH_TOKENS = 16_384  # per optimizer step, about
MICRO_TOKENS = 4_096  # per forward and backward; small enough to stay in the CPU's cache
LONGEST = 2_048  # tokens; longer traces are drawn again
PLAIN_WEIGHT = 0.05  # loss weight of text the model only reads ("target" and "end" weigh 1)
PLAIN_KEEP = 0.25  # share of those tokens that is scored, with weight PLAIN_WEIGHT / PLAIN_KEEP
AHEAD = 24  # batches the worker may be ahead

# Optimisation
LR_MATRICES = 4e-3  # Muon, on the matrices of the blocks
LR_REST = 3e-3  # AdamW, on the embedding and the norms
DECAY = 0.1  # weight decay of the matrices
WARMUP = 100  # steps
CLIP = 1.0  # largest norm of the gradient

# Habits
LOG_EVERY = 20  # steps
SAVE_MINUTES = 5.0
EVAL_TRACES = 8  # of each kind
EVAL_SEED = "held out"  # the training's seeds are spelled otherwise, see `pool_traces`


# -- data ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """A few traces of similar length, padded: ids (rows, time) and the loss weight of each id."""

    ids: np.ndarray
    weights: np.ndarray
    kinds: tuple[str, ...]
    shared: tuple[int, ...] = ()  # ids that come before every row

    @property
    def tokens(self) -> int:
        """Real ones, without the padding, the shared ones once."""
        return int((self.ids != PAD).sum()) + len(self.shared)


@dataclass(frozen=True)
class Batch:
    """One optimizer step, and where the worker stood when it cut it."""

    pool: int
    index: int
    last: bool  # of its pool
    rows: list[Rows]


Trace = tuple[str, list[int], list[float], tuple[int, ...]]  # kind, ids, weights, shared start


def tokenise(codec: Codec, kind: str, parts: list[tuple[str, str]], rng: random.Random) -> Trace:
    ids, weights, shared = [], [], []
    for part, piece in codec.parts(parts):
        if part == "shared":
            shared += piece
            continue
        ids += piece
        match part:
            case "target" | "end":
                weights += [1.0] * len(piece)
            case "plain" if PLAIN_WEIGHT:
                weight = PLAIN_WEIGHT / PLAIN_KEEP
                weights += [weight if rng.random() < PLAIN_KEEP else 0.0 for _ in piece]
            case "plain" | "control":
                weights += [0.0] * len(piece)
            case _:
                raise ValueError(f"a trace has a part of unknown kind {part!r}")
    return kind, ids, weights, tuple(shared)


def pool_traces(codec: Codec, seed: int, pool: int, size: int = POOL) -> list[Trace]:
    import traces

    rng = random.Random(f"{seed}:{pool}")
    found: list[Trace] = []
    for _ in range(2 * size):
        trace = tokenise(codec, *traces.sample_kind(rng), rng)
        if len(trace[1]) + len(trace[3]) <= LONGEST:
            found.append(trace)
        if len(found) == size:
            return found
    raise ValueError(f"more than half of the traces are longer than {LONGEST} tokens")


def held_out_traces(codec: Codec, of_each: int) -> list[Trace]:
    """As many of every kind, whatever their shares in the training are."""
    import traces

    found: list[Trace] = []
    for kind in traces.KINDS:
        rng = random.Random(f"{EVAL_SEED}:{kind}")
        drawn = (tokenise(codec, *traces.sample_kind(rng, kind), rng) for _ in range(2 * of_each))
        found += [t for t in drawn if len(t[1]) + len(t[3]) <= LONGEST][:of_each]
    return found


def pad(traces: list[Trace]) -> Rows:
    # A multiple of 32, so that the network sees few different shapes.
    time_ = -(-max(len(t[1]) for t in traces) // 32) * 32
    ids = np.full((len(traces), time_), PAD, np.int64)
    weights = np.zeros((len(traces), time_), np.float32)
    for row, (_, piece, weight, _) in enumerate(traces):
        ids[row, : len(piece)] = piece
        weights[row, : len(piece)] = weight
    return Rows(ids, weights, tuple(t[0] for t in traces), traces[0][3])


def cut(traces: list[Trace], most: int) -> Iterator[list[Trace]]:
    """Neighbours with one start together, so that rows times the longest is at most `most` tokens."""
    group: list[Trace] = []
    for trace in sorted(traces, key=lambda t: (t[3], len(t[1]))):
        full = (len(group) + 1) * max(len(t[1]) for t in [*group, trace]) > most
        if group and (full or trace[3] != group[0][3]):
            yield group
            group = []
        group.append(trace)
    if group:
        yield group


def pool_batches(codec: Codec, seed: int, pool: int, batch_tokens: int, micro: int) -> list[Batch]:
    """A pool as batches: each is a mix of short and long rows, each row group of one length."""
    rows = [pad(group) for group in cut(pool_traces(codec, seed, pool), micro)]
    random.Random(f"{seed}:{pool}:order").shuffle(rows)
    count = max(1, round(sum(r.tokens for r in rows) / batch_tokens))
    steps: list[list[Rows]] = [[] for _ in range(count)]
    for row in rows:  # each to the emptiest, so that all steps weigh about the same
        min(steps, key=lambda s: sum(r.tokens for r in s)).append(row)
    steps = [s for s in steps if s]
    return [Batch(pool, i, i == len(steps) - 1, s) for i, s in enumerate(steps)]


def produce(out, tokenizer: str, seed: int, at: tuple[int, int], batch: int, micro: int) -> None:
    """The worker's life: batches from pool `at[0]`, batch `at[1]` on, for ever."""
    codec = Codec.load(tokenizer)
    pool, skip = at
    while True:
        try:
            items = pool_batches(codec, seed, pool, batch, micro)[skip:]
        except Exception as err:  # the trainer reads it, and stops with it
            items = [f"{type(err).__name__} in pool {pool}: {err}"]
        for item in items:
            hand_over(out, item)
        pool, skip = pool + 1, 0


def hand_over(out, item: Batch | str) -> None:
    """Wait for room in the queue, but never outlive a trainer that was killed."""
    while True:
        try:
            return out.put(item, timeout=5)
        except queue.Full:
            trainer = multiprocessing.parent_process()
            if trainer is None or not trainer.is_alive():
                os._exit(0)  # a normal exit would wait for the queue's reader


@contextlib.contextmanager
def batches(args: argparse.Namespace, at: tuple[int, int]) -> Iterator[Iterator[Batch]]:
    """Batches made beside the training, in order, by one worker."""
    spawn = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    made = spawn.Queue(AHEAD)
    settings = (made, args.tokenizer, args.seed, at, args.batch_tokens, args.micro_tokens)
    worker = spawn.Process(target=produce, args=settings, daemon=True)
    worker.start()

    def items() -> Iterator[Batch]:
        while True:
            item = made.get()
            if isinstance(item, str):
                sys.exit(f"error: the trace generator failed: {item}")
            yield item

    try:
        yield items()
    finally:
        worker.terminate()
        worker.join()


# -- optimizers -----------------------------------------------------------------------------------


class Muon(torch.optim.Optimizer):
    """Muon in float32, all matrices of one shape in one go.

    The same steps as `torch.optim.Muon(adjust_lr_fn="match_rms_adamw")`, which orthogonalises
    each matrix alone and in bfloat16: several times slower on a CPU without such units.
    """

    def __init__(self, params: list[nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            shapes = defaultdict(list)
            for p in group["params"]:
                shapes[p.shape].append(p)
            for shape, params in shapes.items():
                updates = []
                for p in params:
                    if not self.state[p]:
                        self.state[p]["momentum"] = torch.zeros_like(p)
                    momentum = self.state[p]["momentum"]
                    momentum.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(momentum, group["momentum"]))  # Nesterov's look
                lr = group["lr"]
                step = orthogonal(torch.stack(updates)) * (0.2 * max(shape) ** 0.5 * lr)
                for p, update in zip(params, step, strict=True):
                    p.mul_(1 - lr * group["weight_decay"]).sub_(update)


def orthogonal(x: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly, by five Newton-Schulz steps."""
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.mT if tall else x


def optimizers(model: Llama, cuda: bool) -> list[torch.optim.Optimizer]:
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    known = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in known]
    return [Muon(matrices, LR_MATRICES, DECAY), torch.optim.AdamW(rest, LR_REST, betas=(0.9, 0.95), weight_decay=0.0, fused=cuda or None)]


def rate(step: int, tokens: int, budget: int, decay_from: int) -> float:
    """The share of the full learning rate: warm-up by steps, then flat, then down to zero."""
    if tokens >= decay_from:
        return max(0.0, (budget - tokens) / max(1, budget - decay_from))
    return min(1.0, (step + 1) / WARMUP)


# -- training -------------------------------------------------------------------------------------


@dataclass
class Progress:
    step: int = 0
    tokens: int = 0
    pool: int = 0  # of the next batch
    batch: int = 0  # within that pool
    seconds: float = 0.0


@dataclass
class Tally:
    """Sums over target tokens, and how many there were."""

    loss: float = 0.0
    right: int = 0
    targets: int = 0


class Trainer:
    """The network and how it is run: on which device, in which precision, compiled or not."""

    def __init__(self, model: Llama, device: str, compiled: bool, bf16: bool) -> None:
        self.model, self.device = model.to(device), device
        self.autocast = torch.autocast(device, torch.bfloat16, enabled=bf16)
        # On a CPU two row groups side by side, a core each, beat one group on two cores by 40 %.
        workers = torch.get_num_threads() if device == "cpu" else 1
        self.each = map
        if workers > 1:
            self.each = ThreadPoolExecutor(workers, initializer=lambda: torch.set_num_threads(1)).map
        if compiled:
            # The blocks share one compiled program, which keeps the wait at the start short.
            for block in model.blocks:
                block.compile(dynamic=True)

    def scores(self, rows: Rows, *, least: float) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, true ids and weights at the places that weigh more than `least`."""
        ids = torch.from_numpy(rows.ids).to(self.device)
        weights = torch.from_numpy(rows.weights).to(self.device)[:, 1:]
        shared = torch.tensor(rows.shared, device=self.device) if rows.shared else None
        keep = weights > least
        with self.autocast:
            logits = self.model(ids[:, :-1], keep, shared)
        return logits.float(), ids[:, 1:][keep], weights[keep]

    def learn(self, batch: Batch, optims: list[torch.optim.Optimizer], share: float) -> Tally:
        total = float(sum(rows.weights[:, 1:].sum() for rows in batch.rows))
        params = list(self.model.parameters())
        tally = Tally()
        groups = sorted(batch.rows, key=lambda rows: -rows.ids.size)  # the small ones fill the gaps
        for grads, part in self.each(lambda rows: self.gradients(rows, params, total), groups):
            for p, grad in zip(params, grads, strict=True):
                p.grad = grad if p.grad is None else p.grad.add_(grad)
            tally.loss += part.loss
            tally.right += part.right
            tally.targets += part.targets
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        for optim, lr in zip(optims, (LR_MATRICES, LR_REST), strict=True):
            for group in optim.param_groups:
                group["lr"] = lr * share
            optim.step()
        self.model.zero_grad(set_to_none=True)
        return tally

    def gradients(self, rows: Rows, params: list, total: float) -> tuple[tuple[Tensor, ...], Tally]:
        """What one row group adds to the gradient of the batch, and its share of the tally."""
        logits, truth, weights = self.scores(rows, least=0.0)
        losses = F.cross_entropy(logits, truth, reduction="none")
        grads = torch.autograd.grad((losses * weights).sum() / total, params)
        with torch.no_grad():
            target = weights == 1.0
            right = int((logits[target].argmax(-1) == truth[target]).sum())
            return grads, Tally(float(losses[target].sum()), right, int(target.sum()))

    @torch.no_grad()
    def evaluate(self, held_out: list[Rows]) -> dict[str, dict[str, float]]:
        """By kind and for all: share of target tokens right, share of traces right throughout."""
        seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for rows in held_out:
            logits, truth, _ = self.scores(rows, least=0.99)
            right = (logits.argmax(-1) == truth).cpu().numpy()
            counts = (rows.weights[:, 1:] > 0.99).sum(1)
            for kind, hits in zip(rows.kinds, np.split(right, counts.cumsum()[:-1]), strict=True):
                for name in ("all", kind):
                    seen[name].append((int(hits.sum()), len(hits)))
        return {name: {"tokens": sum(h for h, _ in pairs) / max(1, sum(n for _, n in pairs)), "whole": sum(h == n for h, n in pairs) / len(pairs), "traces": len(pairs)} for name, pairs in sorted(seen.items())}


def save(path: Path, model: Llama, optims: list, progress: Progress, args) -> None:
    """Whole or not at all: a stop in the middle leaves the older file."""
    state = {"config": asdict(model.config), "model": model.state_dict(), "optimizers": [optim.state_dict() for optim in optims], "progress": asdict(progress), "settings": {name: str(value) for name, value in vars(args).items()}}
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def stop_flag() -> list[str]:
    """Gets the signal's name when someone asks us to stop; asked twice, we stop at once."""
    names: list[str] = []

    def note(number: int, _frame: object) -> None:
        names.append(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return names


@contextlib.contextmanager
def compiler_folder() -> Iterator[None]:
    """A folder of this process for compiled code.

    The shared one keeps half-written libraries of a run that was killed, and the next run fails
    on them.
    """
    with tempfile.TemporaryDirectory(prefix="nano-") as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        yield


def read_flags() -> argparse.Namespace:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--run", type=Path, required=True, help="folder of the run")
    flags.add_argument("--tokens", type=int, default=12_000_000, help="the budget")
    flags.add_argument("--decay-from", type=int, help="tokens; default: the last quarter")
    flags.add_argument("--resume", nargs="?", const="", help="go on, from RUN/ckpt.pt or a file")
    flags.add_argument("--init", help="start from the weights of this checkpoint")
    flags.add_argument("--tokenizer", default=TOKENIZER)
    flags.add_argument("--seed", type=int, default=SEED)
    flags.add_argument("--batch-tokens", type=int, default=BATCH_TOKENS)
    flags.add_argument("--micro-tokens", type=int, default=MICRO_TOKENS)
    flags.add_argument("--eval-every", type=int, default=1_000_000, help="tokens; 0 is never")
    flags.add_argument("--eval-traces", type=int, default=EVAL_TRACES, help="of each kind")
    flags.add_argument("--save-minutes", type=float, default=SAVE_MINUTES)
    flags.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    flags.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    flags.add_argument("--bf16", action=argparse.BooleanOptionalAction, help="default: on CUDA")
    flags.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    args = flags.parse_args()
    if args.decay_from is None:
        args.decay_from = args.tokens * 3 // 4
    if args.bf16 is None:
        args.bf16 = args.device.startswith("cuda")
    return args


def main() -> None:
    args = read_flags()
    stop = stop_flag()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    codec = Codec.load(args.tokenizer)

    progress, state = Progress(), None
    if args.resume is not None:
        state = torch.load(args.resume or args.run / "ckpt.pt", map_location="cpu")
        progress = Progress(**state["progress"])
    elif args.init:
        state = torch.load(args.init, map_location="cpu")
    model = Llama(Config(**state["config"]) if state else Config(vocab=codec.size))
    if state:
        model.load_state_dict(state["model"])
    trainer = Trainer(model, args.device, args.compile, args.bf16)
    optims = optimizers(model, args.device.startswith("cuda"))
    if args.resume is not None:
        for optim, saved in zip(optims, state["optimizers"], strict=True):
            optim.load_state_dict(saved)

    held_out = [pad(group) for group in cut(held_out_traces(codec, args.eval_traces), args.micro_tokens)]
    log = (args.run / "log.jsonl").open("a")

    def note(line: str, **facts: object) -> None:
        print(line, flush=True)
        print(json.dumps({"step": progress.step, "tokens": progress.tokens, **facts}), file=log)
        log.flush()

    def check() -> None:
        result = trainer.evaluate(held_out)
        kinds = " ".join(f"{k} {v['tokens']:.3f}/{v['whole']:.2f}" for k, v in result.items())
        note(f"      held out, tokens/whole: {kinds}", held_out=result)

    size = sum(p.numel() for p in model.parameters())
    note(f"{size:,} parameters, {args.device}, {args.threads} threads", settings=str(vars(args)))

    saved_at, window, since, window_tokens = time.monotonic(), Tally(), time.monotonic(), 0
    with batches(args, (progress.pool, progress.batch)) as stream:
        for batch in stream:
            if progress.tokens >= args.tokens:
                break
            share = rate(progress.step, progress.tokens, args.tokens, args.decay_from)
            started = time.monotonic()
            tally = trainer.learn(batch, optims, share)
            if not math.isfinite(tally.loss):
                sys.exit("error: the loss is not a number any more")  # ckpt.pt is from before
            tokens = sum(rows.tokens for rows in batch.rows)
            before = progress.tokens
            progress.step += 1
            progress.tokens += tokens
            progress.pool, progress.batch = (batch.pool + 1, 0) if batch.last else (batch.pool, batch.index + 1)
            progress.seconds += time.monotonic() - started
            if before < args.decay_from <= progress.tokens:
                save(args.run / "stable.pt", model, optims, progress, args)

            window.loss += tally.loss
            window.right += tally.right
            window.targets += tally.targets
            window_tokens += tokens
            if progress.step % LOG_EVERY == 0 or progress.step == 1:
                speed = window_tokens / (time.monotonic() - since)
                loss, right = window.loss / window.targets, window.right / window.targets
                left = (args.tokens - progress.tokens) / speed / 60
                note(f"step {progress.step:5d}  {progress.tokens / 1e6:6.2f}M tokens {speed:6.0f}/s  loss {loss:.4f}  right {right:.4f}  lr {share:.2f}  {left:.0f} min left", speed=round(speed), loss=round(loss, 5), right=round(right, 5), lr=round(share, 4))
                window, since, window_tokens = Tally(), time.monotonic(), 0
            if args.eval_every and before // args.eval_every < progress.tokens // args.eval_every:
                check()
                since = time.monotonic() if window_tokens == 0 else since
            if time.monotonic() - saved_at > args.save_minutes * 60:
                save(args.run / "ckpt.pt", model, optims, progress, args)
                saved_at = time.monotonic()
            if stop:
                break
    save(args.run / "ckpt.pt", model, optims, progress, args)
    if stop:
        sys.exit(f"stopped by {stop[0]}, and saved: go on with --resume")
    check()


if __name__ == "__main__":
    with compiler_folder():
        main()
