"""Several servers of one model: the work is shared, one that fails is left out, and comes back when it is well."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, closing
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse, sse_reply

from chatwright import open_model
from chatwright.backends.replicas import Replicas, split_urls
from chatwright.errors import (
    BackendError,
    Interrupted,
    Refused,
    TimedOut,
    Unavailable,
    Unreachable,
    UsageError,
)
from chatwright.events import Finish
from chatwright.request import End, JsonSchema, Piece, Request

ASK = Request(messages=[{"role": "user", "content": "Hi"}])

both = pytest.mark.parametrize("way", ["sync", "async"])


def delta(reason: str | None = None, **said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def said(text: str) -> bytes:
    return sse_reply(delta(content=text), delta("stop"), "[DONE]")


class Server(FaultServer):
    """A vLLM whose answer, model and health may change while it runs."""

    def __init__(self, text: str = "x", model: str = "org/m", **more: Any) -> None:
        super().__init__(self._answer)
        self.answer: bytes | Callable[[Connection], object] = said(text)
        self.probe: bytes | None = None
        self.model, self.more = model, more
        self.chats = 0

    @property
    def targets(self) -> list[str]:
        return [seen.target for seen in self.requests]

    def _answer(self, c: Connection) -> None:
        if c.request.target == "/v1/models":
            entry = {"id": self.model, "owned_by": "vllm", **self.more}
            c.send(self.probe or json_reply({"data": [entry]}))
        elif c.request.target.startswith("/v1/"):
            self.chats += 1
            if callable(self.answer):
                self.answer(c)
            else:
                c.send(self.answer)
        else:
            c.send(reply(404))


def unused_address() -> str:
    server = FaultServer(lambda c: None)
    server._listener.close()
    return server.url


@pytest.fixture
def three():
    with Server("a") as a, Server("b") as b, Server("c") as c:
        yield a, b, c


def pool(*servers: Any, **options: Any) -> Replicas:
    urls = [server if isinstance(server, str) else server.url for server in servers]
    return Replicas(urls, **{"timeout": 10, "first_rest": 60, "longest_rest": 60, **options})


def ask(way: str, there: Replicas, request: Request = ASK) -> str:
    if way == "sync":
        items = list(there.chat(request))
    else:

        async def collect() -> list[Any]:
            return [item async for item in there.achat(request)]

        items = asyncio.run(collect())
    assert isinstance(items[-1], End)
    return "".join(item.text for item in items if isinstance(item, Piece))


def up(there: Replicas) -> list[bool]:
    return [state["up"] for state in there.state().values()]


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that a thread of the pool does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


@both
def test_idle_servers_take_turns(way: str, three: tuple[Server, ...]):
    with pool(*three) as there:
        assert sorted(ask(way, there) for _ in range(6)) == ["a", "a", "b", "b", "c", "c"]


@both
def test_one_that_is_busy_gets_no_more_while_another_has_less_to_do(
    way: str, three: tuple[Server, ...]
):
    held = threading.Event()
    a = three[0]
    for server in three:
        text = server.answer
        server.answer = lambda con, t=text: (con.send(sse_reply(delta(content="first"))), held.wait(10), con.send(sse(delta("stop"), "[DONE]"))) if con.server is a else con.send(t)  # fmt: skip
    with pool(*three) as there, closing(there.chat(ASK)) as running:
        assert next(running).text == "first"  # on a, which stays busy
        assert {ask(way, there) for _ in range(6)} == {"b", "c"}
        assert [state["running"] for state in there.state().values()] == [1, 0, 0]
        held.set()
    assert [state["running"] for state in there.state().values()] == [0, 0, 0]


@both
@pytest.mark.parametrize(
    "fault",
    [
        reply(502), reply(503), reply(504),
        lambda c: c.reset(),
        lambda c: None,
        lambda c: c.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"),
    ],
    ids=["502", "503", "504", "reset", "hangs up", "ends without a word"],
)  # fmt: skip
def test_one_that_fails_before_the_first_piece_is_left_out_and_another_answers(
    way: str, fault: Any, three: tuple[Server, ...]
):
    a, *_ = three
    with pool(*three) as there:
        a.answer = fault
        assert [ask(way, there) for _ in range(3)] == ["b", "c", "b"]
        assert up(there) == [False, True, True]
        assert a.chats == 1


@both
def test_after_the_first_piece_there_is_no_way_back_but_the_next_request_goes_elsewhere(
    way: str, three: tuple[Server, ...]
):
    a, b, c = three
    a.answer = sse_reply(delta(content="Hel"))  # and the connection ends
    with pool(*three) as there:
        with pytest.raises(Interrupted) as caught:
            ask(way, there)
        assert caught.value.partial == "Hel"
        assert (b.chats, c.chats) == (0, 0)
        assert up(there) == [False, True, True]
        assert ask(way, there) in "bc"


@both
def test_one_that_is_overloaded_keeps_its_place_and_another_answers(
    way: str, three: tuple[Server, ...]
):
    three[0].answer = reply(429)
    with pool(*three) as there:
        assert ask(way, there) == "b"
        assert up(there) == [True, True, True]


@both
@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refusal_is_the_callers_and_is_not_asked_for_twice(
    way: str, status: int, three: tuple[Server, ...]
):
    a, b, c = three
    a.answer = json_reply({"error": "no"}, status)
    with pool(*three) as there:
        with pytest.raises(BackendError):
            ask(way, there)
        assert (a.chats, b.chats, c.chats) == (1, 0, 0)
        assert up(there) == [True, True, True]


@both
def test_one_that_says_nothing_is_left_out_but_its_work_is_not_paid_for_twice(
    way: str, three: tuple[Server, ...]
):
    three[0].answer = lambda c: c.stall()
    with pool(*three, timeout=0.3) as there:
        with pytest.raises(TimedOut):
            ask(way, there)
        assert (three[1].chats, three[2].chats) == (0, 0)
        assert up(there) == [False, True, True]


def test_a_deadline_of_the_caller_says_nothing_against_the_server(three: tuple[Server, ...]):
    three[0].answer = lambda c: c.stall()
    with pool(*three) as there:
        soon = Request(messages=ASK.messages, deadline=time.monotonic() + 0.2)
        with pytest.raises(TimedOut):
            ask("sync", there, soon)
        assert up(there) == [True, True, True]


@both
def test_one_that_is_well_again_is_probed_before_it_gets_requests(
    way: str, three: tuple[Server, ...]
):
    a = three[0]
    fine = a.answer
    with pool(*three, first_rest=0.01, longest_rest=0.01) as there:
        a.answer, a.probe = reply(503), reply(503)
        assert ask(way, there) == "b"
        chats, a.answer = a.chats, fine
        before = there.state()

        def probed_in_vain() -> bool:
            assert ask(way, there) in "bc"
            return a.targets.count("/v1/models") >= 4

        until(probed_in_vain)
        assert a.chats == chats and not before[a.url]["up"]
        a.probe = None

        def back() -> bool:
            ask(way, there)
            return up(there)[0]

        until(back)
        assert "a" in {ask(way, there) for _ in range(4)}


@both
def test_one_that_comes_back_with_another_model_stays_out(way: str, three: tuple[Server, ...]):
    a = three[0]
    with pool(*three, first_rest=0.01, longest_rest=0.01) as there:
        fine, a.answer, a.model = a.answer, reply(503), "org/new"
        ask(way, there)
        chats, a.answer = a.chats, fine

        def told() -> bool:
            ask(way, there)
            return "org/new" in next(iter(there.state().values()))["why"]

        until(told)
        assert up(there) == [False, True, True] and a.chats == chats


@both
def test_when_all_are_down_they_are_probed_once_more_and_then_the_error_says_how_many(way: str):
    with ExitStack() as stack:
        servers = [stack.enter_context(Server()) for _ in range(2)]
        there = pool(*servers, max_retries=1)
        stack.close()
    with pytest.raises(Unreachable, match="none of the 2 servers"):
        ask(way, there)


@both
def test_when_all_had_failed_the_first_to_be_well_answers(way: str, three: tuple[Server, ...]):
    with pool(*three) as there:
        fine = [server.answer for server in three]
        for server in three:
            server.answer = reply(503)
        with pytest.raises(Unavailable):
            ask(way, there)
        assert up(there).count(False) >= 2
        for server, answer in zip(three, fine, strict=True):
            server.answer = answer
        assert ask(way, there) in "abc"


@both
def test_some_may_be_down_from_the_beginning(way: str, three: tuple[Server, ...]):
    with pool(unused_address(), three[1]) as there:
        assert up(there) == [False, True]
        assert ask(way, there) == "b"


def test_where_none_is_there_opening_is_an_error():
    with pytest.raises(Unreachable, match="none of the 2 servers"):
        pool(unused_address(), unused_address())


def test_servers_of_different_models_are_refused_by_name():
    with (
        Server(model="org/a") as a,
        Server(model="org/b") as b,
        pytest.raises(UsageError) as caught,
    ):
        open_model(f"{a.url},{b.url}")
    assert f"{a.url} has 'org/a'" in str(caught.value)
    assert f"{b.url} has 'org/b'" in str(caught.value)


@pytest.mark.parametrize("how", ["text", "spaces", "list"])
def test_open_model_takes_a_list_or_a_text_with_commas(how: str, three: tuple[Server, ...]):
    urls = [server.url for server in three]
    spec: Any = {"text": ",".join(urls), "spaces": ", ".join(urls) + "/v1", "list": urls}[how]
    with open_model(spec) as model:
        assert model.name == "org/m"
        ends = [list(model.stream(ASK.messages))[-1] for _ in range(3)]
        assert sorted(end.answer for end in ends if isinstance(end, Finish)) == ["a", "b", "c"]
        assert [server.chats for server in three] == [1, 1, 1]


def test_the_same_address_twice_is_one_server_and_none_is_wrong_usage():
    assert split_urls("http://a:1,http://b:2/v1/, http://a:1/v1") == ["http://a:1", "http://b:2"]
    assert split_urls("http://a:1/x,y") == ["http://a:1/x,y"]
    with pytest.raises(UsageError, match="empty"):
        open_model([])
    with pytest.raises(UsageError, match="no server"):
        Replicas([])


def test_an_explicit_token_goes_to_the_servers_it_was_given_for(three: tuple[Server, ...]):
    with pool(*three, token="secret") as there:
        for _ in range(3):
            ask("sync", there)
        assert "secret" not in f"{there!r} {vars(there)}"
    for server in three:
        assert {seen.headers.get("authorization") for seen in server.requests} == {"Bearer secret"}


def test_a_constraint_that_one_kind_of_server_cannot_keep_is_not_promised():
    with Server() as a, Server() as b, pool(a, b) as there:
        assert there.follows(JsonSchema({}))


@both
def test_closing_a_stream_in_the_middle_frees_its_place(way: str, three: tuple[Server, ...]):
    a = three[0]
    a.answer = lambda c: (c.send(sse_reply(delta(content="Hel"))), c.stall())
    with pool(*three) as there:
        if way == "sync":
            items = there.chat(ASK)
            assert next(items).text == "Hel"
            items.close()
        else:

            async def first() -> None:
                async with aclosing(there.achat(ASK)) as items:
                    assert (await anext(items)).text == "Hel"

            asyncio.run(first())
        assert a.hang_ups.acquire(timeout=10)
        assert [state["running"] for state in there.state().values()] == [0, 0, 0]
        assert up(there) == [True, True, True]


def test_many_threads_lose_nothing_when_a_server_fails_in_the_middle(three: tuple[Server, ...]):
    a = three[0]
    fine = a.answer

    def dies_after_a_while(c: Connection) -> None:
        c.send(fine) if a.chats < 20 else c.reset()

    a.answer = dies_after_a_while
    with pool(*three) as there, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: ask("sync", there), range(200)))
        assert len(answers) == 200 and set(answers) == {"a", "b", "c"}
        assert up(there) == [False, True, True]
        assert [state["running"] for state in there.state().values()] == [0, 0, 0]


def test_many_tasks_lose_nothing_when_a_server_fails_in_the_middle(three: tuple[Server, ...]):
    a = three[0]
    fine = a.answer
    a.answer = lambda c: c.send(fine) if a.chats < 20 else c.send(reply(502))

    async def one(there: Replicas) -> str:
        return "".join([i.text async for i in there.achat(ASK) if isinstance(i, Piece)])

    async def all_of_them(there: Replicas) -> list[str]:
        return await asyncio.gather(*(one(there) for _ in range(150)))

    with pool(*three) as there:
        answers = asyncio.run(all_of_them(there))
        assert len(answers) == 150 and set(answers) == {"a", "b", "c"}
        assert up(there) == [False, True, True]


SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def whole(self, kind, body, status=200):
        self.send_response(status); self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        models = json.dumps({"data": [{"id": "org/m", "owned_by": "vllm"}]}).encode()
        self.whole("application/json", models, 200 if self.path == "/v1/models" else 404)
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        said = [{"delta": {"content": sys.argv[2]}}, {"delta": {}, "finish_reason": "stop"}]
        body = "".join("data: " + json.dumps({"choices": [{"index": 0, **s}]}) + "\\n\\n" for s in said)
        self.whole("text/event-stream", (body + "data: [DONE]\\n\\n").encode())
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H)
print(server.server_port, flush=True)
server.serve_forever()
"""


def process(name: str, port: int = 0) -> tuple[subprocess.Popen[str], int]:
    made = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), name], stdout=subprocess.PIPE, text=True
    )
    assert made.stdout
    return made, int(made.stdout.readline())


def test_a_server_that_is_killed_costs_no_request_and_gets_some_again_when_it_is_back():
    a, port = process("a")
    b, other = process("b")
    try:
        urls = [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"]
        with Replicas(urls, first_rest=0.02, longest_rest=0.05) as there:
            assert {ask("sync", there) for _ in range(4)} == {"a", "b"}
            a.kill()
            a.wait()
            assert {ask("sync", there) for _ in range(20)} == {"b"}
            assert up(there) == [False, True]
            a.stdout and a.stdout.close()
            a, _ = process("a", port)
            until(lambda: ask("sync", there) == "a")
    finally:
        for each in (a, b):
            each.kill()
            each.wait()
            if each.stdout:
                each.stdout.close()


def test_a_refused_request_shows_the_servers_own_words(three: tuple[Server, ...]):
    three[0].answer = json_reply({"message": "max_tokens is too large"}, 400)
    with pool(*three) as there, pytest.raises(Refused, match="too large"):
        ask("sync", there)
