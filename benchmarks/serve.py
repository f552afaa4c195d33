"""What `chatwright serve` adds to its engine, and whether it keeps 256 streams apart.

    .venv/bin/python benchmarks/serve.py            on an engine that costs nothing
    .venv/bin/python benchmarks/serve.py nano       on the built-in model

Claims: 256 streams at once, ten times over, with no error and no event lost or mixed; memory flat over the rounds; at
most 0.15 ms of CPU for each streamed token above what the engine itself takes. The engine's own cost is that of
reading the same answers from the backend in the same way, without a server.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from measure import row

from chatwright import open_model
from chatwright.events import Usage
from chatwright.model import Model
from chatwright.request import End, Logprob, Piece, Request, Sampling, Segment
from chatwright.server.app import application
from chatwright.server.run import bind, server_for
from chatwright.server.served import Served

STREAMS = 256
ROUNDS = 10
TOKENS = 64
ROUNDS_OF_A_MODEL = 2  # a model that really works takes its time
MOST_MS = 0.15


class Instant:
    """Says which prompt it answers in every token, at no cost."""

    n_ctx = 4096

    def tokenize(self, segments: Any) -> list[int]:
        return [0] * 8

    async def astream(self, request: Request) -> AsyncIterator[Piece | End]:
        name = request.prompt[0].text
        for at in range(request.max_tokens or 1):
            if at % 8 == 0:
                await asyncio.sleep(0)
            text = f"{name}.{at} "
            yield Piece(text, (at,), (Logprob(at, text, -0.25),))
        yield End("length", Usage(8, request.max_tokens or 1))


def model_of(kind: str) -> Model:
    return Model(Instant(), name="instant") if kind == "instant" else open_model(kind)


def rounds_of(kind: str) -> int:
    return ROUNDS if kind == "instant" else ROUNDS_OF_A_MODEL


def prompt_of(kind: str, number: int) -> str:
    """A raw prompt: with one a model goes on for as long as it may."""
    return f"{number}" if kind == "instant" else f"The story of {number} begins with"


# In a process of its own: the server, or the engine alone. It tells its CPU time and memory when asked for them.


def serve(kind: str) -> None:
    served = Served(model_of(kind))
    getattr(served.model.backend, "load", lambda: None)()
    with bind("127.0.0.1", 0) as listener:
        server = server_for(application(served), served.limits)
        print(listener.getsockname()[1], flush=True)
        loop_of(server.serve(sockets=[listener]))


def engine(kind: str) -> None:
    backend: Any = model_of(kind).backend
    getattr(backend, "load", lambda: None)()
    print(0, flush=True)

    async def one(number: int) -> int:
        request = Request(
            prompt=[Segment(prompt_of(kind, number), trusted=True)],
            max_tokens=TOKENS,
            sampling=Sampling(temperature=0),
            logprobs=0,
        )
        return sum(
            [
                len(piece.tokens)
                async for piece in backend.astream(request)
                if isinstance(piece, Piece)
            ]
        )

    async def rounds() -> None:
        while await asyncio.to_thread(sys.stdin.readline):
            await asyncio.gather(*map(one, range(STREAMS)))
            tell()

    asyncio.run(rounds())


def loop_of(serving: Any) -> None:
    async def both() -> None:
        task = asyncio.ensure_future(serving)
        while await asyncio.to_thread(sys.stdin.readline):
            tell()
        task.cancel()

    asyncio.run(both())


def tell() -> None:
    gc.collect()
    told = {"cpu": time.process_time(), "rss": rss()}
    print(json.dumps(told), flush=True)


def rss() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) * 1024


class Child:
    """This file in another process."""

    def __init__(self, part: str, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, part, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def ask(self) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


async def stream(port: int, kind: str, number: int) -> int:
    """One stream, checked; how many tokens it had."""
    body = json.dumps(
        {"inputs": prompt_of(kind, number), "parameters": {"max_new_tokens": TOKENS}}
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(
        b"POST /generate_stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    events = [json.loads(e) for e in (await data_of(reader))]
    writer.close()
    assert [e["index"] for e in events] == list(range(1, len(events) + 1)), "an event is lost"
    text = "".join(e["token"]["text"] for e in events)
    assert text == events[-1]["generated_text"], "an event is mixed up"
    if kind == "instant":
        assert text == "".join(f"{number}.{at} " for at in range(TOKENS)), (
            "an event is another stream's"
        )
    return len(events)


async def data_of(reader: asyncio.StreamReader) -> list[bytes]:
    raw = await reader.read()
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), raw[:400]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
        if not length:
            return [e.removeprefix(b"data: ") for e in body.split(b"\n\n") if e and e != b":"]
    raise AssertionError("a stream is cut off")


async def round_of(port: int, kind: str) -> int:
    return sum(await asyncio.gather(*(stream(port, kind, number) for number in range(STREAMS))))


def measured(
    part: str, kind: str, work: Callable[[Child], Awaitable[int]] | None
) -> tuple[float, list[int], int]:
    """The CPU seconds of a round, the memory after each, and the tokens of a round."""
    child = Child(part, kind)
    cpu: list[float] = []
    memory: list[int] = []
    tokens = 0
    try:
        for _ in range(rounds_of(kind) + 1):
            if work:
                tokens = asyncio.run(work(child))  # type: ignore[arg-type]
            told = child.ask()
            cpu.append(told["cpu"])
            memory.append(told["rss"])
    finally:
        child.close()
    steps = sorted(b - a for a, b in itertools.pairwise(cpu))  # the first round warms up
    return steps[len(steps) // 2], memory[1:], tokens


def main(kind: str) -> None:
    ours, memory, tokens = measured("serve", kind, lambda child: round_of(child.port, kind))
    alone, _, _ = measured("engine", kind, None)
    each = (ours - alone) / tokens * 1000
    row("", "figure", "limit")
    row(f"{STREAMS} streams x {rounds_of(kind)} rounds: events lost or mixed", "0", "0")
    row("tokens of a round", f"{tokens}")
    row("server, CPU ms a token", f"{ours / tokens * 1000:.3f}")
    row("engine alone, CPU ms a token", f"{alone / tokens * 1000:.3f}")
    row("what serving adds, CPU ms a token", f"{each:.3f}", f"{MOST_MS}")
    grown = (memory[-1] - memory[0]) / 2**20
    row(
        "memory after the first and the last round, MiB",
        f"{memory[0] / 2**20:.1f}",
        f"{memory[-1] / 2**20:.1f}",
    )
    assert each <= MOST_MS, "serving costs too much"
    assert grown < max(5, 0.1 * memory[0] / 2**20), "memory grows"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", kind]:
            serve(kind)
        case ["engine", kind]:
            engine(kind)
        case given:
            main(*given or ["instant"])
