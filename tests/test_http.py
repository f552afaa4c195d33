"""Everything that can go wrong between us and a server, and what the caller gets.

`python tests/test_http.py` prints the fault matrix.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse, sse_reply

from chatwright.backends.retry import Retry
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import (
    BackendError,
    BadReply,
    ContextOverflow,
    Interrupted,
    Refused,
    ServerFailed,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from chatwright.request import End, Piece, Request, Segment

AT_ONCE = Retry(2, first=0.0)
ASK = Request(prompt=[Segment("Hi", True)])
WAYS = ("stream", "astream", "once", "aonce")


def token(text: str, index: int = 1, **more: Any) -> dict[str, Any]:
    return {"index": index, "token": {"id": 1, "text": text, "logprob": -0.1, "special": False},
            "generated_text": None, "details": None, **more}  # fmt: skip


def last(text: str, whole: str, reason: str = "length") -> dict[str, Any]:
    details = {"finish_reason": reason, "generated_tokens": 2, "input_length": 5, "seed": None}
    return token(text, 2, generated_text=whole, details=details)


EVENTS = sse(token("Hel"), last("lo", "Hello"))
STREAM = sse_reply() + EVENTS
WHOLE = json_reply(
    {"generated_text": "Hello", "details": {"finish_reason": "length", "generated_tokens": 2}}
)


def asked_whole(c: Connection) -> bool:
    return c.request.target == "/generate"


def good(c: Connection) -> None:
    c.send(WHOLE if asked_whole(c) else STREAM)


def collect(way: str, backend: TgiBackend, request: Request = ASK) -> list[Piece | End]:
    """All items, in one of the four ways to ask."""

    async def astream() -> list[Piece | End]:
        async with aclosing(backend.astream(request)) as items:
            return [item async for item in items]

    async def whole() -> list[Piece | End]:
        return await backend.aonce(request)

    match way:
        case "stream":
            return list(backend.stream(request))
        case "astream":
            return asyncio.run(astream())
        case "once":
            return backend.once(request)
        case _:
            return asyncio.run(whole())


def text_of(items: list[Piece | End]) -> str:
    return "".join(item.text for item in items if isinstance(item, Piece))


# -- the matrix ------------------------------------------------------------------------------------------------


@dataclass
class Got:
    """What the caller is to get: an answer, or an error, after so many requests."""

    kind: type[BackendError] | None = None
    requests: int = 1
    partial: str = ""
    type: str | None = None
    status: int | None = None


Script = Callable[[Connection], object]


def once_more(fault: Script) -> tuple[Script, ...]:
    return fault, good


def always(fault: Script) -> tuple[Script, ...]:
    return (fault,)


def say(status: int, body: bytes = b"", kind: str = "text/plain", **headers: str) -> Script:
    return lambda c: c.send(reply(status, body, kind, **headers))


def told(status: int, error: object, **more: Any) -> Script:
    return lambda c: c.send(json_reply({"error": error, **more}, status))


def both(whole: bytes, stream: bytes) -> Callable[[Callable[[Connection, bytes], object]], Script]:
    return lambda act: lambda c: act(c, whole if asked_whole(c) else stream)


in_bytes = both(WHOLE, STREAM)
OVERLOADED = {"error": "Model is overloaded", "error_type": "overloaded"}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"


def cut_body(c: Connection) -> None:
    """Whole: half of the body; stream: one event and half of the next. Then the connection ends."""
    data = WHOLE if asked_whole(c) else STREAM
    c.send(data[:-25])


def cut_chunks(c: Connection) -> None:
    """The same in chunked encoding, whose end never comes."""
    c.send(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    part = EVENTS[:-25]
    c.send(b"%x\r\n%b\r\n" % (len(part), part))


def reset_later(c: Connection) -> None:
    c.send((WHOLE if asked_whole(c) else STREAM)[:-25])
    if not asked_whole(c):
        c.gone(0.05)  # what has arrived before a reset may be lost with it
    c.reset()


def dead_air(c: Connection) -> None:
    c.stall()


def stall_later(c: Connection) -> None:
    c.send((WHOLE if asked_whole(c) else STREAM)[:-25])
    c.stall()


def drip_head(c: Connection) -> None:
    c.trickle(bytes([b]) for b in b"HTTP/1.1 200 OK\r\nx-padding: " + b"x" * 10_000)


def drip_comments(c: Connection) -> None:
    c.send(sse_reply())
    c.trickle(b":\n\n" for _ in range(10_000))


def bad_utf8(c: Connection) -> None:
    if asked_whole(c):
        c.send(reply(200, WHOLE.partition(b"\r\n\r\n")[2].replace(b"Hello", b"H\xff\xfeo")))
    else:
        c.drip(sse_reply(token("Hel")) + b'data: {"x": "\xe2\x82"}\n\n')


def huge_event(c: Connection) -> None:
    text = "x" * 10_000_000
    c.send(
        json_reply({"generated_text": text, "details": {"finish_reason": "length"}})
        if asked_whole(c)
        else sse_reply(last(text, text))
    )


def endless_line(c: Connection) -> None:
    if asked_whole(c):
        c.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"')
    else:
        c.send(sse_reply() + b"data: ")
    for _ in range(70):
        c.send(b"x" * 2**20)


def in_stream(*events: object) -> Script:
    """An error of the server, told as a status for a whole reply and as an event for a stream."""

    def script(c: Connection) -> None:
        error: Any = events[-1]
        c.send(json_reply(error, 424) if asked_whole(c) else sse_reply(*events))

    return script


FAULTS: dict[str, tuple[tuple[Script, ...], Got, Got]] = {
    # fault: scripts, what a whole reply gives, what a stream gives
    "none": (always(good), Got(), Got()),
    "one byte at a time": (always(in_bytes(lambda c, d: c.drip(d))), Got(), Got()),
    "refused with a reset once": (once_more(lambda c: c.reset()), Got(requests=2), Got(requests=2)),
    "reset always": (always(lambda c: c.reset()), Got(Unreachable, 3, type="disconnected"), Got(Unreachable, 3)),
    "closed without a word once": (once_more(lambda c: None), Got(requests=2), Got(requests=2)),
    "closed in the head": (always(lambda c: c.send(b"HTTP/1.1 200 O")), Got(Unreachable, 3), Got(Unreachable, 3)),
    "cut off in the middle": (always(cut_body), Got(Unreachable, 3, type="disconnected"), Got(Interrupted, 1, "Hel", "cut_off")),
    "chunks without an end": (always(cut_chunks), Got(Unreachable, 3), Got(Interrupted, 1, "Hel", "disconnected")),
    "reset in the middle": (always(reset_later), Got(Unreachable, 3), Got(Interrupted, 1, "Hel", "disconnected")),
    "an empty stream": (always(lambda c: c.send(reply(200, b"") if asked_whole(c) else sse_reply())), Got(BadReply, 1), Got(Interrupted, 3, "", "cut_off")),
    "never a byte": (always(dead_air), Got(TimedOut, 1, type="read_timeout"), Got(TimedOut, 1, type="read_timeout")),
    "a stall in the middle": (always(stall_later), Got(TimedOut, 1), Got(TimedOut, 1, "Hel", "read_timeout")),
    "a head that drips": (always(drip_head), Got(TimedOut, 1), Got(TimedOut, 1)),
    "signs of life without end": (always(drip_comments), Got(TimedOut, 1), Got(TimedOut, 1)),
    "more bytes than it said": (always(lambda c: good(c) or c.send(b"more")), Got(), Got()),
    "bytes that are no UTF-8": (always(bad_utf8), Got(BadReply), Got(BadReply, 1, "Hel")),
    "10 MB in one piece": (always(huge_event), Got(), Got()),
    "a line without end": (always(endless_line), Got(BadReply), Got(BadReply)),
    "no HTTP at all": (always(lambda c: c.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")), Got(BadReply, type="protocol"), Got(BadReply)),
    "JSON that is none": (always(lambda c: c.send(reply(200, b"{]") if asked_whole(c) else sse_reply("{]"))), Got(BadReply), Got(BadReply)),
    "a page instead": (always(say(200, HTML, "text/html")), Got(BadReply), Got(BadReply)),
    "429 once": (once_more(told(429, "Model is overloaded", error_type="overloaded")), Got(requests=2), Got(requests=2)),
    "429 always": (always(told(429, "Model is overloaded", error_type="overloaded")), Got(Unavailable, 3, status=429, type="overloaded"), Got(Unavailable, 3, status=429)),
    "502 as a page": (always(say(502, HTML, "text/html")), Got(Unavailable, 3, status=502), Got(Unavailable, 3, status=502)),
    "503 in plain text, once": (once_more(say(503, b"loading")), Got(requests=2), Got(requests=2)),
    "504 with nothing": (always(say(504)), Got(Unavailable, 3, status=504), Got(Unavailable, 3, status=504)),
    "500 for an incomplete generation": (once_more(told(500, "cut", error_type="incomplete_generation")), Got(requests=2), Got(requests=2)),
    "500 of another kind": (always(told(500, "boom")), Got(ServerFailed, status=500), Got(ServerFailed, status=500)),
    "424": (always(told(424, "CUDA out of memory", error_type="generation")), Got(ServerFailed, status=424, type="generation"), Got(ServerFailed, status=424)),
    "422 for a value": (always(told(422, "`top_k` must be > 0", error_type="validation")), Got(Refused, status=422, type="validation"), Got(Refused, status=422)),
    "422 for a long prompt": (always(told(422, "`inputs` must have less than 9 tokens. Given: 12", error_type="validation")), Got(ContextOverflow, status=422), Got(ContextOverflow, status=422)),
    "401 with nothing": (always(say(401)), Got(Unauthorized, status=401), Got(Unauthorized, status=401)),
    "403": (always(told(403, "no permission")), Got(Unauthorized, status=403), Got(Unauthorized, status=403)),
    "413 in plain text": (always(say(413, b"length limit exceeded")), Got(Refused, status=413), Got(Refused, status=413)),
    "an error as an event": (always(in_stream({"error": "cuda", "error_type": "generation"})), Got(ServerFailed, status=424), Got(ServerFailed, status=424, type="generation")),
    "an error after some text": (always(in_stream(token("Hel"), {"error": "cuda", "error_type": "generation"})), Got(ServerFailed, status=424), Got(ServerFailed, 1, "Hel", "generation")),
    "overloaded as an event, once": (once_more(lambda c: c.send(json_reply(OVERLOADED, 429) if asked_whole(c) else sse_reply(OVERLOADED))), Got(requests=2), Got(requests=2)),
}  # fmt: skip


def patience(fault: str) -> float:
    slow = (
        "never a byte",
        "a stall in the middle",
        "a head that drips",
        "signs of life without end",
    )
    return 0.3 if fault in slow else 20.0


def meet(fault: str, way: str) -> tuple[list[Piece | End] | BackendError, int]:
    """What the caller got for this fault, and how many requests the server saw."""
    scripts = FAULTS[fault][0]
    with (
        FaultServer(*scripts) as server,
        TgiBackend(server.url, timeout=patience(fault), retry=AT_ONCE) as backend,
    ):
        try:
            return collect(way, backend), len(server.requests)
        except BackendError as err:
            return err, len(server.requests)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_caller_gets(fault: str, way: str, record_property: Callable[[str, object], None]):
    expected = FAULTS[fault][1 if "once" in way else 2]
    began = time.monotonic()
    got, requests = meet(fault, way)
    record_property("got", described(got))
    assert requests == expected.requests
    assert time.monotonic() - began < 10
    if expected.kind is None:
        assert isinstance(got, list), got
        assert isinstance(got[-1], End) and got[-1].reason == "length"
        assert text_of(got) == ("x" * 10_000_000 if fault.startswith("10 MB") else "Hello")
        return
    assert type(got) is expected.kind
    assert (got.partial, got.attempts) == (expected.partial, expected.requests)
    assert expected.type in (None, got.error_type)
    assert expected.status in (None, got.status)
    assert got.hint and "\n" not in f"{got}{got.hint}" and len(str(got)) < 600
    again = pickle.loads(pickle.dumps(got))
    assert (type(again), str(again), vars(again)) == (type(got), str(got), vars(got))


def described(got: list[Piece | End] | BackendError) -> str:
    if isinstance(got, list):
        return f"{text_of(got)[:20]!r}, {got[-1]}"
    return f"{type(got).__name__}: {got} | partial={got.partial!r} status={got.status} type={got.error_type} attempts={got.attempts}"


def table() -> str:
    """What the caller gets for each fault, in each way to ask."""
    rows = {
        fault: [f"    {way:8}{described(meet(fault, way)[0])[:180]}" for way in WAYS]
        for fault in FAULTS
    }
    return "\n".join("\n".join([fault, *lines]) for fault, lines in rows.items())


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
