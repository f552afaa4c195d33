"""What a request costs beside raw httpx2: CPU of this process, against a server that answers at once.

    python benchmarks/http_client.py

Raw is one pooled client: the body read, or the stream iterated by bytes, and the JSON of each event parsed. The
server runs in a process of its own and does nothing but send prepared bytes: the events of a stream one by one, or
all at once.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import socket
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

EVENTS = 200
CALLS, STREAMS, ROUNDS = 200, 10, 7
TEXT = " the answer is written here in a few words."
BODY = {"inputs": "What is it?", "parameters": {"max_new_tokens": EVENTS}}


def token(index: int, text: str, **more: Any) -> bytes:
    event = {"index": index, "token": {"id": 7, "text": text, "logprob": -0.25, "special": False},
             "generated_text": None, "details": None, **more}  # fmt: skip
    return f"data:{json.dumps(event)}\n\n".encode()


def prepared() -> tuple[bytes, list[bytes]]:
    details = {
        "finish_reason": "length",
        "generated_tokens": EVENTS,
        "seed": None,
        "prefill": [],
        "tokens": [],
    }
    whole = json.dumps({"generated_text": TEXT * 4, "details": details}).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    events = [token(i, " word") for i in range(1, EVENTS)]
    events.append(
        token(EVENTS, " end", generated_text=TEXT, details={**details, "input_length": 5})
    )
    start = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunks = [b"%x\r\n%b\r\n" % (len(e), e) for e in events]
    return head % len(whole) + whole, [start, *chunks, b"0\r\n\r\n"]


def serve(port: Any) -> None:
    """A server in a process of its own, which sends each event by itself."""
    whole, stream = prepared()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                low = head.lower()
                at = low.find(b"content-length:")
                body = (
                    await reader.readexactly(int(low[at + 15 :].split(b"\r\n")[0]))
                    if at >= 0
                    else b""
                )
                if b"/generate_stream" not in head and b'"stream":true' not in body.replace(
                    b" ", b""
                ):
                    writer.write(whole)
                    continue
                if b" /burst" in head:  # all events in as few packets as they fit into
                    writer.write(b"".join(stream))
                    continue
                for part in stream:
                    writer.write(part)
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def raw_events(chunks: Any) -> int:
    """The least that reading such a stream takes."""
    found, rest = 0, b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        for event in whole:
            json.loads(event[5:])
            found += 1
    return found


Run = tuple[str, Callable[[], object], Callable[[], object]]


def runs(url: str) -> list[Run]:
    """Name, one call, one stream."""
    import httpx2
    from huggingface_hub import InferenceClient

    from chatwright.backends.tgi import TgiBackend
    from chatwright.request import Request, Segment

    raw = httpx2.Client(timeout=60)
    hub = InferenceClient(url, token="hf_none")
    ours = TgiBackend(url)
    request = Request(prompt=[Segment("What is it?", True)], max_tokens=EVENTS)

    def raw_stream() -> None:
        with raw.stream("POST", f"{url}/generate_stream", json=BODY) as reply:
            assert raw_events(reply.iter_bytes()) == EVENTS

    def our_stream() -> None:
        assert sum(1 for _ in ours.stream(request)) == EVENTS + 1

    def hub_stream() -> None:
        stream = hub.text_generation(
            "What is it?", max_new_tokens=EVENTS, stream=True, details=True
        )
        assert sum(1 for _ in stream) == EVENTS

    return [
        ("raw httpx2", lambda: raw.post(f"{url}/generate", json=BODY).json()["generated_text"], raw_stream),
        ("chatwright", lambda: ours.once(request), our_stream),
        ("huggingface_hub", lambda: hub.text_generation("What is it?", max_new_tokens=EVENTS, details=True), hub_stream),
    ]  # fmt: skip


async def async_runs(
    url: str,
) -> list[tuple[str, Callable[[], Awaitable[object]], Callable[[], Awaitable[object]]]]:
    import httpx2

    from chatwright.backends.tgi import TgiBackend
    from chatwright.request import Request, Segment

    raw, ours = httpx2.AsyncClient(timeout=60), TgiBackend(url)
    request = Request(prompt=[Segment("What is it?", True)], max_tokens=EVENTS)

    async def raw_call() -> object:
        return (await raw.post(f"{url}/generate", json=BODY)).json()["generated_text"]

    async def raw_stream() -> None:
        async with raw.stream("POST", f"{url}/generate_stream", json=BODY) as reply:
            found, rest = 0, b""
            async for chunk in reply.aiter_bytes():
                *whole, rest = (rest + chunk).split(b"\n\n")
                for event in whole:
                    json.loads(event[5:])
                    found += 1
        assert found == EVENTS

    async def our_stream() -> None:
        assert len([item async for item in ours.astream(request)]) == EVENTS + 1

    return [
        ("raw httpx2", raw_call, raw_stream),
        ("chatwright", lambda: ours.aonce(request), our_stream),
    ]


def cpu(run: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU for one run."""
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times * 1000


async def async_cpu(run: Callable[[], Awaitable[object]], times: int) -> float:
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        await run()
    return (time.process_time() - began) / times * 1000


def show(kind: str, figures: dict[str, tuple[list[float], list[float]]]) -> None:
    """Medians over the rounds; the ratio is that of each round to raw in the same round."""
    raw = figures["raw httpx2"]
    print(f"{kind:28}{'one call':>24}{'stream of ' + str(EVENTS):>28}")
    for name, of in figures.items():
        cells = [
            f"{statistics.median(mine):8.3f} ms  {statistics.median(m / r for m, r in zip(mine, base, strict=True)):5.2f}x"
            for mine, base in zip(of, raw, strict=True)
        ]
        print(f"  {name:26}{cells[0]:>24}{cells[1]:>28}")


def measure(title: str, url: str) -> None:
    known = runs(url)
    figures: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name, _, _ in known}
    for each in range(ROUNDS + 1):
        for name, call, stream in known:
            pair = cpu(call, CALLS), cpu(stream, STREAMS)
            if each:  # the first round warms up
                figures[name][0].append(pair[0])
                figures[name][1].append(pair[1])
    show(title, figures)


async def measure_async(title: str, url: str) -> None:
    known = await async_runs(url)
    figures: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name, _, _ in known}
    for each in range(ROUNDS + 1):
        for name, call, stream in known:
            pair = await async_cpu(call, CALLS), await async_cpu(stream, STREAMS)
            if each:
                figures[name][0].append(pair[0])
                figures[name][1].append(pair[1])
    show(title, figures)


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{here.recv()}"
    for title, url in (("one by one", address), ("all at once", f"{address}/burst")):
        measure(f"sync, {title}", url)
        asyncio.run(measure_async(f"async, {title}", url))
    server.terminate()
