"""A small Hub on loopback: repositories, their files, and the ways in which a network fails.

    with HubServer() as hub:
        hub.add("org/tiny-GGUF", {"tiny-Q4_K_M.gguf": b"..."})
        hub.fail("/resolve/", status=503, times=2)      # the next two such requests
        hub.cut(after=1000)                             # the next body ends after 1000 bytes
        ...                                             # a client with HF_ENDPOINT=hub.url
        assert hub.bytes_of("tiny-Q4_K_M.gguf") == 5000

Every request is kept in `hub.seen`, with its headers and the bytes that were sent. Files come from a store on
another port (another origin), as those of the Hub do; `HubServer(store=False)` sends them itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["HubServer", "Repo", "Seen"]


@dataclass
class Repo:
    """A repository: its files at one commit, and who may have them."""

    files: dict[str, bytes]
    commit: str
    branches: list[str]
    gated: bool = False
    private: bool = False
    lfs: bool = True


@dataclass
class Seen:
    """A request that came, and how many bytes of a body went out."""

    method: str
    path: str
    headers: Mapping[str, str]
    server: str
    sent: int = 0

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class _Fault:
    pattern: str
    method: str
    times: int
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    hold: int | None = None
    reset: bool = False


class HubServer:
    """The Hub and its store, each with a thread of its own, until the `with` block ends."""

    def __init__(self, *, store: bool = True, token: str = "hf_good", routes: str = ".*") -> None:
        self.repos: dict[str, Repo] = {}
        self.seen: list[Seen] = []
        self.token = token
        self.ranges = True
        self.lengths = True
        self.routes = routes
        self.elsewhere = ""
        """An address that every request for a file is redirected to."""
        self.held = threading.Event()
        """Set when a body is held back in its middle."""
        self.released = threading.Event()
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._store = store
        self._servers = [_server(self, "hub"), _server(self, "store")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}"

    @property
    def store_url(self) -> str:
        # Another name for the same machine, so that nobody takes it for the same host.
        return f"http://localhost:{self._servers[1].server_address[1]}"

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """From now on nobody answers."""
        self.released.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(
        self,
        repo: str,
        files: Mapping[str, bytes],
        *,
        branches: tuple[str, ...] = ("main",),
        **how: bool,
    ) -> str:
        """A repository, or a new commit of one; its commit hash."""
        content = json.dumps({k: hashlib.sha256(v).hexdigest() for k, v in files.items()})
        commit = hashlib.sha1((repo + content + str(branches)).encode()).hexdigest()
        for old in self._of(repo):
            old.branches = [b for b in old.branches if b not in branches]
        self.repos[f"{repo}@{commit}"] = Repo(dict(files), commit, list(branches), **how)
        return commit

    def fail(
        self,
        pattern: str = ".*",
        *,
        method: str = "",
        status: int = 503,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        """The next requests whose path has `pattern` get this answer."""
        self._faults.append(_Fault(pattern, method, times, status, dict(headers or {}), body))

    def reset(self, pattern: str = ".*", *, times: int = 1) -> None:
        """The next such connections are reset without an answer."""
        self._faults.append(_Fault(pattern, "", times, reset=True))

    def cut(self, *, after: int, times: int = 1) -> None:
        """The next bodies of files end after so many bytes, whatever length was announced."""
        self._faults.append(_Fault(self._bodies, "GET", times, cut=after))

    def hold(self, *, after: int) -> None:
        """The next body of a file stands still after so many bytes (`held` is set) until `released` is set."""
        self._faults.append(_Fault(self._bodies, "GET", 1, hold=after))

    @property
    def _bodies(self) -> str:
        return "/store/" if self._store else "/resolve/"

    def requests(self, pattern: str = ".*", method: str = "") -> list[Seen]:
        """The requests so far whose path has `pattern`."""
        with self._lock:
            return [s for s in self.seen if re.search(pattern, s.path) and method in ("", s.method)]

    def bytes_of(self, file: str) -> int:
        """How many bytes of a file went out in all."""
        return sum(seen.sent for seen in self.requests(re.escape(file), "GET"))

    def _of(self, repo: str) -> list[Repo]:
        return [found for key, found in self.repos.items() if key.split("@")[0] == repo]

    def find(self, repo: str, revision: str) -> Repo | None:
        return next(
            (r for r in self._of(repo) if revision in r.branches or r.commit.startswith(revision)),
            None,
        )

    def note(self, seen: Seen) -> _Fault | None:
        """Keep a request, and take the fault that is meant for it."""
        with self._lock:
            self.seen.append(seen)
            for fault in self._faults:
                if fault.method in ("", seen.method) and re.search(fault.pattern, seen.path):
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                    return fault
        return None


_INFO = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?")
_TREE = re.compile(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)")
_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_STORE = re.compile(r"/store/([^/]+/[^/]+)/([^/]+)/(.+)")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that has gone is no defect
            super().handle_error(request, client_address)


def _server(hub: HubServer, name: str) -> _Server:
    handler = type("Handler", (_Handler,), {"hub": hub, "server_name": name})
    return _Server(("127.0.0.1", 0), handler)


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    server_name: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.record = Seen(self.command, self.path, headers, self.server_name)
        self.fault = self.hub.note(self.record)
        if self.fault and self.fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif self.fault and self.fault.status:
            self._answer(self.fault.status, self.fault.body, self.fault.headers)
        elif not re.search(self.hub.routes, path):
            self._answer(404, b"<html>not found</html>", {"content-type": "text/html"})
        elif found := _STORE.fullmatch(path):
            self._file(*found.groups())
        elif path == "/api/models":
            self._search()
        elif found := _TREE.fullmatch(path):
            self._tree(found[1], unquote(found[2]))
        elif found := _INFO.fullmatch(path):
            self._info(found[1], unquote(found[2] or "main"))
        elif found := _RESOLVE.fullmatch(path):
            self._resolve(found[1], unquote(found[2]), unquote(found[3]))
        else:
            self._error(404, "", "no such page")

    do_HEAD = do_GET

    def _search(self) -> None:
        word = parse_qs(urlsplit(self.path).query).get("search", [""])[0].lower()
        ids = {key.split("@")[0] for key in self.hub.repos}
        self._json([{"id": i} for i in sorted(ids) if word in i.lower()])

    def _info(self, name: str, revision: str) -> None:
        repo = self._repo(name, revision)
        if repo:
            siblings = [
                {"rfilename": path, "size": len(data), "blobId": _git_hash(data)}
                | ({"lfs": {"sha256": _sha(data), "size": len(data)}} if repo.lfs else {})
                for path, data in repo.files.items()
            ]
            self._json({"id": name, "sha": repo.commit, "siblings": siblings, "gated": repo.gated})

    def _tree(self, name: str, revision: str) -> None:
        repo = self._repo(name, revision)
        if repo:
            self._json(
                [
                    {"type": "file", "path": path, "size": len(data), "oid": _git_hash(data)}
                    | ({"lfs": {"oid": _sha(data), "size": len(data)}} if repo.lfs else {})
                    for path, data in repo.files.items()
                ]
                + [{"type": "directory", "path": "sub", "oid": "0" * 40}]
            )

    def _resolve(self, name: str, revision: str, path: str) -> None:
        if self.hub.elsewhere:
            self._answer(302, b"", {"location": self.hub.elsewhere})
            return
        repo = self._repo(name, revision, file=True)
        if repo is None:
            return
        if path not in repo.files:
            self._error(404, "EntryNotFound", "Entry not found", {"x-repo-commit": repo.commit})
            return
        data = repo.files[path]
        told = {"x-repo-commit": repo.commit, "x-linked-size": str(len(data))}
        told["x-linked-etag"] = f'"{_sha(data) if repo.lfs else _git_hash(data)}"'
        if self.hub._store:
            where = f"{self.hub.store_url}/store/{name}/{repo.commit}/{path}?signature=s3cr3t"
            self._answer(302, b"Found. Redirecting.", told | {"location": where})
        else:
            told["etag"] = told.pop("x-linked-etag")
            self._send(data, told)

    def _file(self, name: str, commit: str, path: str) -> None:
        repo = self.hub.find(name, commit)
        assert repo
        self._send(repo.files[unquote(path)], {"etag": '"of-the-store"'})

    def _repo(self, name: str, revision: str, *, file: bool = False) -> Repo | None:
        """The repository that this request may see; otherwise the answer is given."""
        known = self.hub._of(name)
        allowed = self.record.token == self.hub.token
        if self.record.token and not allowed:
            self._error(401, "", "Invalid credentials in Authorization header")
        elif not known or (known[-1].private and not allowed):
            self._error(
                401 if not self.record.token else 404, "RepoNotFound", "Repository not found"
            )
        elif known[-1].gated and file and not allowed:
            self._error(401, "GatedRepo", f"Access to model {name} is restricted.")
        elif repo := self.hub.find(name, revision):
            return repo
        else:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return None

    def _json(self, data: Any) -> None:
        self._answer(200, json.dumps(data).encode(), {"content-type": "application/json"})

    def _error(
        self, status: int, code: str, message: str, more: Mapping[str, str] | None = None
    ) -> None:
        headers = {"content-type": "application/json", "x-error-message": message, **(more or {})}
        if code:
            headers["x-error-code"] = code
        self._answer(status, json.dumps({"error": message}).encode(), headers)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _send(self, data: bytes, headers: dict[str, str]) -> None:
        """A file, or the part of it that was asked for; cut or held back where a fault says so."""
        start, status = 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", self.record.headers.get("range", ""))
        if wanted and self.hub.ranges:
            start, status = int(wanted[1]), 206
            headers["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.send_response(status)
        if self.hub.lengths:
            headers["content-length"] = str(len(data) - start)
        else:
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self._write(data[start:])

    def _write(self, data: bytes) -> None:
        fault = self.fault or _Fault("", "", 0)
        if fault.cut is not None:
            data, self.close_connection = data[: fault.cut], True
        if fault.hold is not None:
            self._out(data[: fault.hold])
            self.hub.held.set()
            self.hub.released.wait(60)
            data = data[fault.hold :]
        self._out(data)

    def _out(self, data: bytes) -> None:
        for at in range(0, len(data), 65536):
            part = data[at : at + 65536]
            self.record.sent += len(part)  # before a client can have all of it and look here
            try:
                self.wfile.write(part)
                self.wfile.flush()
            except OSError:  # the client has gone, as some tests want it to
                self.record.sent -= len(part)
                self.close_connection = True
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the tests read `seen`."""


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
