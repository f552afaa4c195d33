"""Who may talk to the engine: this process alone, over the loopback address, with a key."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gguf_files import write_tiny
from local_requests import child_of, says, told

from chatwright.backends.local import LocalBackend

LINUX = sys.platform == "linux"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny.gguf", llama__context_length=2048)


def ask(
    backend: LocalBackend, method: str, route: str, key: str | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(backend._open()[0]._wire._address, timeout=10)
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    body = json.dumps({"prompt": "hi", "content": "hi", "n_predict": 1, "messages": []})
    with contextlib.closing(connection):
        connection.request(method, route, body if method == "POST" else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "/completion"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/tokenize"),
        ("POST", "/apply-template"),
        ("GET", "/props"),
        ("GET", "/v1/models"),
        ("GET", "/slots"),
    ],
)
@pytest.mark.parametrize("key", [None, "", "guess"])
def test_a_request_without_the_key_is_refused(
    keyed: LocalBackend, method: str, route: str, key: str | None
):
    status, body = ask(keyed, method, route, key)
    assert status == 401 and b"Invalid API Key" in body


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    with LocalBackend(write_tiny(tmp_path_factory.mktemp("k") / "k.gguf"), threads=1) as opened:
        yield opened


def test_there_is_no_page_and_no_proxy_behind_the_port(keyed: LocalBackend):
    key = keyed._open()[0]._key
    assert len(key) >= 32
    assert ask(keyed, "POST", "/tokenize", key)[0] == 200
    assert ask(keyed, "GET", "/", key)[0] == 404
    assert ask(keyed, "GET", "/cors-proxy", key)[0] == 403
    assert ask(keyed, "GET", "/slots", key)[0] != 200


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_the_port_is_open_on_the_loopback_address_only_and_the_key_in_no_list_of_processes(
    keyed: LocalBackend,
):
    engine = keyed._open()[0]
    port = int(engine._wire._address.rpartition(":")[2])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    if Path("/proc/net/tcp6").exists():
        rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}
    about = Path(f"/proc/{child_of(keyed)}")
    assert engine._key.encode() not in (about / "cmdline").read_bytes()
    assert engine._key.encode() not in (about / "environ").read_bytes()


def test_proxies_of_the_environment_are_not_asked(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with LocalBackend(tiny, threads=1) as backend:
        assert told(list(backend.stream(says("direct")))) == "direct"


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_its_threads_do_not_spin_unless_the_user_says_so(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    def policy() -> bytes:
        with LocalBackend(tiny, threads=1) as backend:
            told = Path(f"/proc/{child_of(backend)}/environ").read_bytes().split(b"\0")
        return next(line for line in told if line.startswith(b"OMP_WAIT_POLICY="))

    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert policy() == b"OMP_WAIT_POLICY=passive"
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert policy() == b"OMP_WAIT_POLICY=active"
