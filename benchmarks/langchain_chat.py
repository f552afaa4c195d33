"""What a reply costs through LangChain's chat model: ours beside langchain-huggingface's, against an instant server.

    python benchmarks/langchain_chat.py

Each side runs in a Python of its own (the peer's is made on first use) and takes turns with the other, round by
round. CPU of the client's process alone; the server is a third process, which sends prepared bytes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

CHUNKS = 200
CALLS, STREAMS, ROUNDS = 100, 8, 9
TARGETS = {"invoke": 0.6, "stream, a chunk": 0.35, "ainvoke": None, "astream, a chunk": None}
PEER = ("langchain-huggingface", "langchain-huggingface==1.2.3")
MODEL = "org/model"


# The server


def prepared() -> tuple[bytes, bytes, bytes, bytes]:
    """Replies in full: the models, one answer, one stream, and a 404."""
    usage = {"prompt_tokens": 20, "completion_tokens": CHUNKS, "total_tokens": 20 + CHUNKS}
    frame = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": MODEL}
    message = {"role": "assistant", "content": "The answer is written here in a few words."}
    whole = {
        **frame,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage,
    }
    frame["object"] = "chat.completion.chunk"

    def chunk(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**frame, "choices": [choice]}

    chunks = [chunk({"role": "assistant", "content": " word"}) for _ in range(CHUNKS - 1)]
    chunks += [chunk({"content": " end"}, "stop"), {**frame, "choices": [], "usage": usage}]
    events = [f"data: {json.dumps(each)}\n\n".encode() for each in chunks] + [b"data: [DONE]\n\n"]
    stream = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    stream += b"".join(b"%x\r\n%b\r\n" % (len(e), e) for e in events) + b"0\r\n\r\n"
    models = {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "server"}]}
    return _json(models), _json(whole), stream, _json({"error": {"message": "no"}}, "404 Not Found")


def _json(told: Any, status: str = "200 OK") -> bytes:
    raw = json.dumps(told).encode()
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def serve(port: Any) -> None:
    """A server in a process of its own."""
    models, whole, stream, none = prepared()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                at = head.find(b"content-length:")
                length = int(head[at + 15 :].split(b"\r\n")[0]) if at >= 0 else 0
                body = (await reader.readexactly(length)).replace(b" ", b"")
                if b"/chat/completions" in head:
                    writer.write(stream if b'"stream":true' in body else whole)
                else:
                    writer.write(models if b"/models" in head.split(b"\r\n")[0] else none)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


# One side: it waits for a line, runs a round, and says what that cost


def side(name: str, url: str) -> None:
    import importlib

    package: Any = importlib.import_module(
        "chatwright" if name == "ours" else "langchain_huggingface"
    )
    llm = package.HuggingFaceEndpoint(endpoint_url=url, huggingfacehub_api_token="hf_none")
    chat = package.ChatHuggingFace(llm=llm)
    ways = _ways(chat)
    for line in sys.stdin:
        print(json.dumps(_cpu(*ways[line.strip()])), flush=True)


def _ways(chat: Any) -> dict[str, tuple[Callable[[], object], int, int]]:
    """Of each way what to run, how often, and how many calls or chunks that makes each time."""
    from langchain_core.messages import HumanMessage, SystemMessage

    messages = [SystemMessage("You're a helpful assistant"), HumanMessage("What is it?")]
    loop = asyncio.new_event_loop()

    def stream() -> None:
        assert sum(bool(chunk.content) for chunk in chat.stream(messages)) == CHUNKS

    async def astream() -> None:
        assert len([c async for c in chat.astream(messages) if c.content]) == CHUNKS

    async def ainvokes() -> None:
        for _ in range(CALLS):
            assert (await chat.ainvoke(messages)).content

    return {
        "invoke": (lambda: chat.invoke(messages), CALLS, 1),
        "stream, a chunk": (stream, STREAMS, CHUNKS),
        "ainvoke": (lambda: loop.run_until_complete(ainvokes()), 1, CALLS),
        "astream, a chunk": (lambda: loop.run_until_complete(astream()), STREAMS, CHUNKS),
    }


def _cpu(way: Callable[[], object], runs: int, each: int) -> float:
    """Milliseconds of CPU for one call, or for one chunk."""
    gc.collect()
    began = time.process_time()
    for _ in range(runs):
        way()
    return (time.process_time() - began) * 1000 / (runs * each)


# Both sides in turns


class Side:
    """A side in a process of its own."""

    def __init__(self, python: str, name: str, url: str) -> None:
        self.process = subprocess.Popen(
            [python, __file__, name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def cost(self, way: str) -> float:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(way + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def compare(ours: Side, theirs: Side) -> None:
    """Medians over the rounds; the ratio is that of each round."""
    from measure import row

    row("CPU ms", "chatwright", "l.-huggingface", "ratio", "target")
    for way, target in TARGETS.items():
        pairs: list[tuple[float, float]] = []
        for each in range(ROUNDS + 1):
            pair = ours.cost(way), theirs.cost(way)
            if each:  # the first round warms up
                pairs.append(pair)
        mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        row(way, f"{mine:.3f}", f"{other:.3f}", f"{ratio:.2f}x", f"{target}x" if target else "")


def main() -> None:
    from measure import peer_python

    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}"
    sides = Side(sys.executable, "ours", url), Side(peer_python(*PEER), "theirs", url)
    try:
        compare(*sides)
    finally:
        for each in sides:
            each.close()
        server.terminate()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        side(sys.argv[1], sys.argv[2])
    else:
        main()
