"""`chatwright serve` as a process: it starts, says where it is, and comes to an orderly end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from served_nano import Process, process

from chatwright.cli.serve import command

LONG = {"inputs": "<|user|>\nHi</s>\n<|assistant|>\n", "parameters": {"max_new_tokens": 600, "grammar": {"type": "json", "value": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}, "minItems": 200}}, "required": ["a"]}}}}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_what_runs_come_to_its_end(number: signal.Signals, code: int):
    with process("-m", "nano") as server:
        with server.open("/generate_stream", LONG) as reply:
            first = reply.readline()
            server.process.send_signal(number)
            rest = reply.read()
        events = [
            json.loads(e.removeprefix("data: ")) for e in (first + rest).decode().split("\n\n") if e
        ]
        assert events[-1]["generated_text"]
        assert server.wait() == code
    assert "Traceback" not in "".join(server.lines)


@pytest.mark.slow
def test_a_second_signal_does_not_wait():
    with process("-m", "nano") as server, socket.create_connection(_place(server)) as line:
        raw = json.dumps(LONG).encode()
        line.sendall(
            b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        )
        line.sendall(b"Content-Length: %d\r\n\r\n" % (len(raw) + 1) + raw)  # a byte is missing
        server.process.send_signal(signal.SIGTERM)
        _until(server, "when what runs is done")
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0
    assert "Traceback" not in "".join(server.lines)


@pytest.mark.slow
def test_the_key_may_come_from_the_environment_and_the_log_does_not_tell_it():
    with process("-m", "nano", CHATWRIGHT_API_KEY="geheim") as server:
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            server.open("/generate", {"inputs": "a word that nobody should read"})
        refused.value.close()
        body = {"inputs": "a word that nobody should read", "parameters": {"max_new_tokens": 2}}
        with server.open("/generate", body, Authorization="Bearer geheim") as reply:
            assert reply.status == 200
        server.process.send_signal(signal.SIGTERM)
        server.wait()
    log = "".join(server.lines)
    assert "POST - 401" in log
    assert "POST /generate 200" in log
    assert "geheim" not in log
    assert "nobody" not in log


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_before_the_model_is_loaded():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "chatwright", "serve", "--port", port, "-m", "local:no/such.gguf"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "hint: choose another one with --port" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "words"),
    [(["--host", "no.such.host.invalid"], "no address 'no.such.host.invalid'"), (["--api-key", ""], "API key is empty"),
     (["-m", "nnao"], "no model called"), (["--port", "99999"], "99999")],
)  # fmt: skip
def test_what_makes_no_sense_is_wrong_usage(args: list[str], words: str):
    done = subprocess.run(
        [sys.executable, "-m", "chatwright", "serve", "--port", "0", *args],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_after_a_storm_of_leavers_and_nonsense_the_server_answers_and_holds_no_place():
    good = json.dumps(
        {"inputs": "<|user|>\nHi</s>\n<|assistant|>\n", "parameters": {"max_new_tokens": 8}}
    ).encode()
    long = json.dumps(LONG).encode()

    def one(number: int) -> bytes:
        path = ("/generate", "/generate_stream", "/")[number % 3]
        body = (good, long, b"{" * number, good[:-1] + b"\xff}")[number % 4]
        declared = len(body) + (number % 5 == 0)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {declared}\r\n\r\n"
        with socket.create_connection(_place(server), 30) as line:
            line.sendall(head.encode() + body)
            if declared > len(body):
                return b""  # in the middle of the request
            if number % 4 == 1:  # before the answer, or in the middle of it
                return line.recv(1) if path == "/generate_stream" else b""
            return b"".join(iter(lambda: line.recv(65536), b""))

    with process("-m", "nano") as server, ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(one, range(160)))
        statuses = {reply.split(b" ", 2)[1] for reply in replies if len(reply) > 1}
        assert {b"200", b"400"} == statuses
        with server.open("/generate", json.loads(good)) as reply:
            assert json.load(reply)["generated_text"]
        while "tgi_queue_size 0\n" not in (page := _metrics(server)):
            assert server.process.poll() is None
        assert "tgi_batch_current_size 0\n" in page
    assert "defect" not in "".join(server.lines)


def _metrics(server: Process) -> str:
    with server.open("/metrics") as reply:
        return reply.read().decode()


def test_the_help_says_how_to_talk_to_it():
    shown = CliRunner().invoke(command, ["--help"]).output
    assert "curl http://127.0.0.1:8080/generate" in shown
    assert "127.0.0.1" in shown


def _place(server: Process) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


def _until(server: Process, words: str) -> None:
    while not any(words in line for line in [*server.lines]):
        assert server.process.poll() is None, "".join(server.lines)
