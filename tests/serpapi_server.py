"""A loopback server that speaks like SerpAPI."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["Server"]


class Server:
    """Answers every search with `reply`, or with what it gives for the query; `queries` holds what was asked."""

    def __init__(self) -> None:
        self.reply: Any = {}
        self.status = 200
        self.queries: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.hold: threading.Event | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                server.paths.append(parts.path)
                server.queries.append({k: v[0] for k, v in parse_qs(parts.query).items()})
                if server.hold:
                    server.hold.wait(30)
                reply = (
                    server.reply(server.queries[-1]["q"])
                    if callable(server.reply)
                    else server.reply
                )
                body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(server.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        if self.hold:
            self.hold.set()
        self.http.shutdown()
        self.http.server_close()
