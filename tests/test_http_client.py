"""The client under all remote backends: how long it waits, when it tries again, what it never gives away."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import logging
import os
import pickle
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import aclosing, closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse, sse_reply

from chatwright.backends.client import Client
from chatwright.backends.exchange import Call
from chatwright.backends.retry import Attempts, Budget, Retry, retry_after
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import (
    BackendError,
    BadReply,
    Refused,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
    UsageError,
)
from chatwright.request import Piece, Request, Segment

AT_ONCE = Retry(2, first=0.0)
ASK = Request(prompt=[Segment("Hi", True)])
CALL = Call("/generate", {"inputs": "Hi"})
WAYS = ("ask", "aask")
FINE = json_reply({"ok": True})
SESAME = "hf_open_sesame_open"


def token(text: str, whole: str | None = None) -> dict[str, Any]:
    return {
        "token": {"id": 1, "text": text, "logprob": 0, "special": False},
        "generated_text": whole,
    }


STREAM = sse_reply(token("a"), token("b", "ab"))


def ask(way: str, client: Client, call: Call = CALL, **more: Any) -> Any:
    if way == "ask":
        return client.ask(call, **more).data
    return asyncio.run(client.aask(call, **more)).data


# -- waiting and trying again ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": formatdate(1_000_010, usegmt=True)}, 10.0),
        ({"retry-after": "Monday, 12-Jan-70 13:46:50 GMT"}, 10.0),
        ({"retry-after": "Mon Jan 12 13:46:50 1970"}, 10.0),
        ({"retry-after": formatdate(999_990, usegmt=True)}, 0.0),
        ({"retry-after": formatdate(2_000_010, usegmt=True), "date": formatdate(2_000_000, usegmt=True)}, 10.0),
        ({"retry-after": "Mon, 99 Jan 1970 13:46:50 GMT"}, None),
        ({"retry-after": "Mon, 12 Jan 999999 13:46:50 GMT"}, None),
    ],
)  # fmt: skip
def test_every_form_of_retry_after(headers: dict[str, str], seconds: float | None):
    assert retry_after(headers, now=1_000_000) == seconds


def attempts(
    policy: Retry, *, patience: float | None = None, deadline: float | None = None, full: float = 20
) -> Attempts:
    return Attempts(policy, Budget(full), patience=patience, deadline=deadline)


def failed(asked: float | None = None) -> Unavailable:
    return Unavailable("busy", status=503, retry_after=asked)


def test_the_waits_are_random_up_to_a_bound_that_doubles():
    for share, expected in ((1.0, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]), (0.0, [0.0] * 6)):
        tries = attempts(Retry(6, random=lambda share=share: share))
        assert [tries.pause(failed()) for _ in range(6)] == expected
        with pytest.raises(Unavailable) as caught:
            tries.pause(failed())
        assert caught.value.attempts == 7


def test_a_server_that_says_when_to_come_again_is_heard_unless_it_asks_too_much():
    assert attempts(Retry()).pause(failed(3.0)) == 3.0
    for tries, asked in (
        (attempts(Retry()), 3600.0),
        (attempts(Retry(), patience=2.0), 2.5),
        (attempts(Retry(), deadline=time.monotonic() + 2), 2.5),
    ):
        with pytest.raises(Unavailable) as caught:
            tries.pause(failed(asked))
        assert (caught.value.attempts, caught.value.retry_after) == (1, asked)
        assert "no room to try again" in caught.value.hint


def test_tries_of_all_requests_share_a_budget():
    budget = Budget(2, back=0.5)
    for _ in range(2):
        assert Attempts(Retry(first=0), budget, patience=None, deadline=None).pause(failed()) == 0
    with pytest.raises(Unavailable, match="busy") as caught:
        for _ in range(3):
            Attempts(Retry(first=0), budget, patience=None, deadline=None).pause(failed())
    assert "too many tries" in caught.value.hint


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("told", ["0", "0.05", formatdate(0, usegmt=True), "rubbish", None])
def test_a_busy_server_is_asked_again(way: str, status: int, told: str | None):
    busy = reply(status, b"busy", "text/plain", **({} if told is None else {"retry_after": told}))
    with FaultServer(lambda c: c.send(busy), lambda c: c.send(FINE)) as server:
        client = Client(server.url, retry=AT_ONCE)
        assert ask(way, client) == {"ok": True}
        assert len(server.requests) == 2
        client.close()


@pytest.mark.parametrize("way", WAYS)
def test_an_hour_is_not_waited_for(way: str):
    with FaultServer(lambda c: c.send(reply(503, retry_after="3600"))) as server:
        with pytest.raises(Unavailable) as caught:
            ask(way, Client(server.url))
        assert (caught.value.retry_after, caught.value.attempts) == (3600.0, 1)


@pytest.mark.parametrize("way", WAYS)
def test_the_timeout_of_a_whole_reply_bounds_all_attempts_together(way: str):
    def slowly_busy(c: Connection) -> None:
        c.gone(0.15)
        c.send(reply(503))

    with FaultServer(slowly_busy) as server:
        client = Client(server.url, timeout=0.4, retry=Retry(100, first=0.0))
        began = time.monotonic()
        with pytest.raises((TimedOut, Unavailable)) as caught:
            ask(way, client)
        assert time.monotonic() - began < 1.5
        assert 1 < len(server.requests) <= 4 and caught.value.attempts == len(server.requests)


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_a_stream_may_last_longer_than_its_timeout(way: str):
    """Each piece comes in time, all of them together do not."""

    def script(c: Connection) -> None:
        c.send(sse_reply())
        c.trickle((sse(token("x")) for _ in range(8)), every=0.1)
        c.send(sse(token("y", "xy")))

    async def collect(backend: TgiBackend) -> str:
        return "".join([i.text async for i in backend.astream(ASK) if isinstance(i, Piece)])

    with FaultServer(script) as server, TgiBackend(server.url, timeout=0.5) as backend:
        if way == "stream":
            text = "".join(i.text for i in backend.stream(ASK) if isinstance(i, Piece))
        else:
            text = asyncio.run(collect(backend))
    assert text == "x" * 8 + "y"


@pytest.mark.parametrize("way", WAYS)
def test_a_port_where_nobody_listens(way: str):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable) as caught:
        ask(way, Client(url, retry=AT_ONCE))
    assert (caught.value.error_type, caught.value.attempts) == ("connect", 3)
    assert url in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_never_accepts(way: str):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = []
        for _ in range(8):  # until the queue of the system is full
            one = socket.socket()
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(address)
            waiting.append(one)
        began = time.monotonic()
        with pytest.raises(TimedOut):
            ask(way, Client(f"http://127.0.0.1:{address[1]}", timeout=0.4))
        assert time.monotonic() - began < 2
        for one in waiting:
            one.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_does_not_exist(way: str):
    with pytest.raises(Unreachable):
        ask(way, Client("http://nobody.invalid", max_retries=0))


# -- connections -------------------------------------------------------------------------------------------------


def test_connections_are_kept_and_shared_by_threads():
    with FaultServer(lambda c: c.send(FINE), keep_alive=True) as server:
        client = Client(server.url)
        for _ in range(5):
            client.ask(CALL)
        assert server.connections == 1
        threads = [threading.Thread(target=client.ask, args=(CALL,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 25 and server.connections <= 21
        client.close()


def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next():
    body = sse(token("a", "a"))
    chunked = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunked += b"%x\r\n%b\r\n" % (len(body), body)

    def script(c: Connection) -> None:
        c.send(chunked)
        c.send(b"0\r\n\r\n")

    async def twice(backend: TgiBackend) -> None:
        for _ in range(3):
            assert len([item async for item in backend.astream(ASK)]) == 2

    with FaultServer(script, keep_alive=True) as server, TgiBackend(server.url) as backend:
        for _ in range(3):
            assert len(list(backend.stream(ASK))) == 2
        assert server.connections == 1
        asyncio.run(twice(backend))
        assert server.connections == 2


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_attempt():
    with FaultServer(
        lambda c: c.send(FINE)
    ) as server:  # closes after each reply, without saying so
        client = Client(server.url, max_retries=0)
        for _ in range(20):
            assert client.ask(CALL).data == {"ok": True}
        client.close()


@pytest.mark.parametrize("ended", ["run", "closed", "left open"])
def test_one_client_serves_several_event_loops(ended: str):
    with FaultServer(lambda c: c.send(FINE), keep_alive=True) as server:
        client = Client(server.url)
        for _ in range(3):
            if ended == "run":
                asyncio.run(client.aask(CALL))
                continue
            loop = asyncio.new_event_loop()
            loop.run_until_complete(client.aask(CALL))
            if ended == "closed":
                loop.run_until_complete(client.aclose())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        threads = [
            threading.Thread(target=lambda: asyncio.run(client.aask(CALL))) for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 8
        client.close()


def test_a_forgotten_client_leaves_nothing_open():
    async def once(client: Client) -> None:
        await client.aask(CALL)

    with FaultServer(lambda c: c.send(FINE), keep_alive=True) as server:
        client = Client(server.url)
        client.ask(CALL)
        asyncio.run(once(client))
        del client
        gc.collect()  # a socket that is left behind is a warning, and warnings are errors here


@pytest.mark.parametrize("how", ["break", "close", "error"])
def test_who_stops_reading_closes_the_connection_at_once(how: str):
    def script(c: Connection) -> None:
        c.send(sse_reply(token("a")))
        c.stall()

    with FaultServer(script) as server, TgiBackend(server.url) as backend:
        items = backend.stream(ASK)
        assert next(items) == Piece("a", (1,))
        if how == "error":
            with pytest.raises(KeyError), closing(items):
                raise KeyError
        elif how == "close":
            items.close()
        else:
            del items
        assert server.hang_ups.acquire(timeout=1)


@pytest.mark.parametrize("when", ["before the head", "between pieces"])
def test_a_cancelled_task_closes_the_connection_at_once(when: str):
    arrived = threading.Event()

    def script(c: Connection) -> None:
        if when == "between pieces":
            c.send(sse_reply(token("a")))
        arrived.set()
        c.stall()

    async def run(server: FaultServer) -> None:
        backend = TgiBackend(server.url)

        async def collect() -> None:
            async with aclosing(backend.astream(ASK)) as items:
                async for _ in items:
                    pass

        task = asyncio.create_task(collect())
        await asyncio.to_thread(arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.hang_ups.acquire, True, 5)

    with FaultServer(script) as server:
        asyncio.run(run(server))


def test_streams_side_by_side_are_not_mixed():
    def script(c: Connection) -> None:
        mark = c.request.json["inputs"]
        c.send(sse_reply())
        for _ in range(20):
            c.send(sse(token(mark)))
        c.send(sse(token("", mark)))

    async def one(backend: TgiBackend, mark: str) -> str:
        request = Request(prompt=[Segment(mark, True)])
        return "".join([i.text async for i in backend.astream(request) if isinstance(i, Piece)])

    async def all_of_them(url: str) -> list[str]:
        backend = TgiBackend(url)
        return await asyncio.gather(*(one(backend, chr(65 + i)) for i in range(26)))

    with FaultServer(script) as server:
        assert asyncio.run(all_of_them(server.url)) == [chr(65 + i) * 20 for i in range(26)]


def _child(client: Client, pipe: Any) -> None:
    pipe.send(client.ask(CALL).data)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_uses_connections_of_its_own():
    with FaultServer(lambda c: c.send(FINE), keep_alive=True) as server:
        client = Client(server.url)
        client.ask(CALL)
        script = (
            "import os, sys\n"
            "from chatwright.backends.client import Client\nfrom chatwright.backends.exchange import Call\n"
            f"c = Client({server.url!r})\ncall = Call('/x', {{}})\nc.ask(call)\n"
            "pid = os.fork()\nassert c.ask(call).data == {'ok': True}\n"
            "if pid == 0: os._exit(0)\n"
            "assert os.waitpid(pid, 0)[1] == 0\nassert c.ask(call).data == {'ok': True}\n"
        )
        subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
        assert len({r.connection for r in server.requests}) == 3
        client.close()


# -- what goes where ---------------------------------------------------------------------------------------------


def test_tokens_and_headers_go_to_the_server_they_were_given_for():
    with FaultServer(lambda c: c.send(FINE)) as server:
        client = Client(
            server.url,
            token=SESAME,
            headers={"X-Key": "k-123456", "Content-Type": "application/json"},
        )
        client.ask(CALL)
        client.at("/other").ask(CALL)
        given = Client(server.url, token=SESAME, headers={"Authorization": "Basic abc"})
        given.ask(CALL)
        none = Client(server.url, token=SESAME, headers={"authorization": None})
        none.ask(CALL)
    seen = [(r.headers.get("authorization"), r.headers.get("x-key")) for r in server.requests]
    assert seen == [(f"Bearer {SESAME}", "k-123456")] * 2 + [("Basic abc", None), (None, None)]
    assert [r.target for r in server.requests][:2] == ["/generate", "/other/generate"]
    assert server.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("way", WAYS)
def test_an_ambient_token_stays_at_home(way: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.setenv(name, SESAME)
    with FaultServer(lambda c: c.send(FINE)) as server:
        ask(way, Client(server.url))
        ask(way, Client(server.url.replace("127.0.0.1", "localhost")))
    assert SESAME not in repr(server.requests)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_server_is_an_error_and_gets_nothing(way: str, status: int):
    with FaultServer(lambda c: c.send(FINE)) as other:
        for place in (
            other.url,
            f"//127.0.0.1:{other.port}/x",
            f"http://a@127.0.0.1:{other.port}",
            "file:///etc/passwd",
        ):
            with FaultServer(
                lambda c, place=place: c.send(reply(status, location=place))
            ) as server:
                for call in (CALL, Call("/info")):
                    with pytest.raises(Refused) as caught:
                        ask(
                            way,
                            Client(server.url, token=SESAME, headers={"X-Key": "k-123456"}),
                            call,
                        )
                    assert (caught.value.status, caught.value.error_type) == (status, "redirect")
        assert other.requests == []


@pytest.mark.parametrize("way", WAYS)
def test_a_redirect_on_the_same_server_is_followed(way: str):
    def script(c: Connection) -> None:
        moved = c.request.target == "/generate"
        c.send(reply(307, location="/new/generate?x=1") if moved else FINE)

    with FaultServer(script) as server:
        assert ask(way, Client(server.url, token=SESAME)) == {"ok": True}
    first, second = server.requests
    assert (second.method, second.target, second.body) == ("POST", "/new/generate?x=1", first.body)
    assert second.headers["authorization"] == f"Bearer {SESAME}"


@pytest.mark.parametrize("way", WAYS)
def test_redirects_end(way: str):
    with FaultServer(lambda c: c.send(reply(308, location="/again"))) as server:
        with pytest.raises(Refused, match="in circles"):
            ask(way, Client(server.url))
        assert len(server.requests) == 5


@pytest.mark.parametrize("way", WAYS)
def test_no_error_shows_a_secret_that_the_server_repeats(
    way: str, caplog: pytest.LogCaptureFixture
):
    echo = f"who is Bearer {SESAME} or {SESAME} with k-123456? " + "x" * 230 + SESAME

    def script(c: Connection) -> None:
        c.send(json_reply({"error": echo, "error_type": SESAME}, 401, x_request_id=SESAME))

    client = Client("http://127.0.0.1:1", token=SESAME, headers={"X-Key": "k-123456"})
    shown = [repr(client), repr(vars(client)), str(client)]
    with FaultServer(script) as server, caplog.at_level(logging.DEBUG):
        client = Client(server.url, token=SESAME, headers={"X-Key": "k-123456"})
        with pytest.raises(Unauthorized) as caught:
            ask(way, client)
    err = caught.value
    shown += [str(err), repr(err), err.hint, repr(vars(err)), repr(vars(client))]
    # the transport logs, for those who debug it, the headers that a server sends
    shown += [line for line in caplog.text.splitlines() if "receive_response_headers" not in line]
    shown += ["".join(traceback.format_exception(err)), repr(pickle.dumps(err))]
    for text in shown:
        assert SESAME not in text and "sesame" not in text and "k-123456" not in text
    assert err.__cause__ is None and err.__context__ is None


def test_a_pickled_client_leaves_its_secrets_behind_and_says_so():
    with FaultServer(lambda c: c.send(FINE)) as server:
        plain = Client(server.url, timeout=7, headers={})
        plain.ask(CALL)
        again = pickle.loads(pickle.dumps(plain))
        assert (again.ask(CALL).data, again.timeout) == ({"ok": True}, 7)
        for secret in ({"token": SESAME}, {"headers": {"X-Key": SESAME}}):
            client = Client(server.url, **secret)
            client.ask(CALL)
            data = pickle.dumps(client)
            assert b"sesame" not in data
            with pytest.raises(UsageError, match="stayed in the process"):
                pickle.loads(data).ask(CALL)
            assert copy.deepcopy(client) is not client
        assert len(server.requests) == 4
        backend = pickle.loads(pickle.dumps(TgiBackend(server.url, parameters={"seed": 1})))
        assert backend.parameters == {"seed": 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X\r\n": "a"},
        {"X": "\u20ac"},
        {"": "a"},
        {"Host": "x"},
        {"Content-Length": "1"},
        {"X": "a\0"},
    ],
)
def test_headers_that_would_break_the_request_are_refused_without_their_value(
    headers: dict[str, str],
):
    with pytest.raises(UsageError) as caught:
        Client("http://127.0.0.1:1", headers=headers)
    assert "b" not in [*str(caught.value).split()]


@pytest.mark.parametrize(
    "url", ["http://h/?key=sesame", "http://h/#sesame", "http://u:sesame@h", "h:80", "", "ftp://h"]
)
def test_urls_that_are_none_of_a_server_are_refused_and_not_repeated(url: str):
    with pytest.raises(UsageError) as caught:
        Client(url)
    assert "sesame" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(timeout: float):
    with pytest.raises(UsageError):
        Client("http://h", timeout=timeout)


@pytest.mark.parametrize("body", [{"x": "\ud800"}, {"x": float("nan")}, {"x": object()}])
def test_what_json_cannot_say_is_refused(body: dict[str, Any]):
    with pytest.raises(UsageError, match="the request holds"):
        Client("http://127.0.0.1:1").ask(Call("/", body))


def test_text_beyond_ascii_arrives_and_halves_of_characters_are_replaced():
    with FaultServer(lambda c: c.send(reply(200, b'{"a": "\\ud83d\\ude00 \\ud800"}'))) as server:
        client = Client(server.url)
        assert client.ask(Call("/", {"x": "é\u2028😀"})).data == {"a": "😀 \ufffd"}
        assert server.requests[0].json == {"x": "é\u2028😀"}


def test_a_compressed_reply_is_read_although_none_was_asked_for():
    import gzip

    body = gzip.compress(b'{"a": "' + b"x" * 3_000_000 + b'"}')
    with FaultServer(lambda c: c.send(reply(200, body, content_encoding="gzip"))) as server:
        assert len(Client(server.url).ask(CALL).data["a"]) == 3_000_000
        assert server.requests[0].headers["accept-encoding"] == "identity"
    bomb = gzip.compress(bytes(80_000_000), 1)
    for bad, why in (
        (reply(200, bomb, content_encoding="gzip"), "more than"),
        (reply(200, b"{}", content_encoding="br"), "compressed as 'br'"),
    ):
        with (
            FaultServer(lambda c, bad=bad: c.send(bad)) as server,
            pytest.raises(BadReply, match=why),
        ):
            Client(server.url).ask(CALL)


# -- TLS and proxies ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody knows, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
        "-addext subjectAltName=IP:127.0.0.1,DNS:localhost"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


def tls_server(folder: Path, *, wants_certificate: bool = False) -> FaultServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "cert.pem")
    return FaultServer(lambda c: c.send(FINE), context=context)


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_certificate_is_refused_once_with_what_to_do(way: str, certificates: Path):
    with tls_server(certificates) as server:
        with pytest.raises(Unreachable, match="not to be trusted") as caught:
            ask(way, Client(server.url, token=SESAME))
        assert (caught.value.error_type, caught.value.attempts) == ("tls", 1)
        assert "verify=" in caught.value.hint and server.requests == []


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_may_be_given_as_a_file_a_context_or_waved_through(
    way: str, certificates: Path
):
    file = certificates / "cert.pem"
    context = ssl.create_default_context(cafile=str(file))
    with tls_server(certificates) as server:
        for verify in (file, str(file), context, False):
            assert ask(way, Client(server.url, verify=verify)) == {"ok": True}


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_of_ours(way: str, certificates: Path):
    cert, key = str(certificates / "cert.pem"), str(certificates / "key.pem")
    with tls_server(certificates, wants_certificate=True) as server:
        assert ask(way, Client(server.url, verify=cert, cert=(cert, key))) == {"ok": True}
        with pytest.raises(BackendError):
            ask(way, Client(server.url, verify=cert, max_retries=0, timeout=1))


def test_files_that_are_no_certificates_are_told(tmp_path: Path):
    bad = tmp_path / "bad.pem"
    bad.write_text("no")
    for given in ({"verify": str(bad)}, {"verify": str(tmp_path / "none.pem")}, {"cert": str(bad)}):
        with pytest.raises(UsageError, match="certificates cannot be used"):
            Client("https://127.0.0.1:1", **given).ask(CALL)


@pytest.mark.parametrize("way", WAYS)
def test_https_where_only_http_is_spoken(way: str):
    with FaultServer(lambda c: c.send(FINE)) as server, pytest.raises(BackendError):
        ask(way, Client(server.url.replace("http", "https"), max_retries=0, timeout=1))


def through(target: FaultServer) -> Callable[[Connection], None]:
    """A proxy that tunnels to this server."""

    def script(c: Connection) -> None:
        if c.request.method != "CONNECT":
            c.send(FINE)
            return
        c.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", target.port)) as there:
            back = threading.Thread(target=_pump, args=(there, c.sock))
            back.start()
            _pump(c.sock, there)
            back.join()

    return script


def _pump(a: socket.socket, b: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := a.recv(65536):
            b.sendall(data)
    for end in (a, b):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_gets_plain_requests_and_its_own_password(
    way: str, caplog: pytest.LogCaptureFixture
):
    with FaultServer(lambda c: c.send(FINE)) as proxy, caplog.at_level(logging.DEBUG):
        url = proxy.url.replace("//", "//me:sesame@")
        client = Client("http://model.invalid:81", proxy=url)
        assert ask(way, client) == {"ok": True}
        assert "sesame" not in repr(client) + repr(vars(client)) + caplog.text
    seen = proxy.requests[0]
    assert (
        seen.target == "http://model.invalid:81/generate"
        and seen.headers["host"] == "model.invalid:81"
    )
    assert seen.headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_tunnels_tls_and_sees_no_token(
    way: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_TOKEN", SESAME)
    with tls_server(certificates) as server, FaultServer(through(server)) as proxy:
        client = Client(server.url, token=SESAME, verify=certificates / "cert.pem", proxy=proxy.url)
        assert ask(way, client) == {"ok": True}
        client.close()
        assert server.requests[0].headers["authorization"] == f"Bearer {SESAME}"
    assert proxy.requests[0].method == "CONNECT" and SESAME not in repr(proxy.requests)


def test_the_environment_names_a_proxy_unless_it_or_we_say_no(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with (
        FaultServer(lambda c: c.send(FINE)) as proxy,
        FaultServer(lambda c: c.send(FINE)) as server,
    ):
        monkeypatch.setenv("http_proxy", proxy.url)
        Client(server.url).ask(CALL)
        Client(server.url, proxy="").ask(CALL)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        Client(server.url).ask(CALL)
        assert (len(proxy.requests), len(server.requests)) == (1, 2)


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_that_refuses_is_named(way: str):
    with FaultServer(lambda c: c.send(reply(407))) as proxy, pytest.raises(Unreachable) as caught:
        ask(way, Client("https://model.invalid", proxy=proxy.url, max_retries=0))
    assert caught.value.error_type == "proxy"
    with pytest.raises(UsageError, match="no URL of a proxy"):
        Client("http://h", proxy="gopher://x").ask(CALL)


def test_nothing_heavy_is_loaded_before_the_first_request():
    script = (
        "import sys; from chatwright.backends.tgi import TgiBackend\n"
        "from chatwright.backends.openai import OpenAIBackend\n"
        "TgiBackend('http://h'); OpenAIBackend('http://h', token='x')\n"
        "print([m for m in ('httpx2', 'httpcore2', 'anyio', 'huggingface_hub', 'xllamacpp') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_httpx2_is_imported_in_one_file():
    source = Path(__file__).parent.parent / "src" / "chatwright"
    texts = {p.name: p.read_text("utf-8") for p in source.rglob("*.py")}
    assert [name for name, text in texts.items() if "import httpx" in text] == ["http.py"]
    engine = sorted(name for name, text in texts.items() if "import httpcore" in text)
    assert engine == ["http.py", "sockets.py"]
