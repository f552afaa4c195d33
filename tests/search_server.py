"""A SerpAPI-shaped server on loopback, which answers from a small table of facts.

with SearchServer({"leo dicaprio girlfriend": "Vittoria Ceretti"}) as search:
    ...                       # a client with SERPAPI_BASE_URL=search.url
    assert search.queries == ["Leo DiCaprio girlfriend"]
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

__all__ = ["SearchServer"]


class SearchServer:
    """Answers a query by the fact whose words are all in it, until the `with` block ends."""

    def __init__(self, facts: Mapping[str, str], key: str = "a-key") -> None:
        self.facts, self.key = facts, key
        self.queries: list[str] = []
        handler = type("Handler", (_Handler,), {"search": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query: str, key: str) -> tuple[int, dict[str, Any]]:
        """The status and the body that SerpAPI would give."""
        if key != self.key:
            return 401, {"error": "Invalid API key."}
        self.queries.append(query)
        asked = set(query.lower().split())
        for words, fact in self.facts.items():
            if set(words.split()) <= asked:
                return 200, {"answer_box": {"type": "organic_result", "answer": fact}}
        return 200, {"error": "Google hasn't returned any results for this query."}


class _Handler(BaseHTTPRequestHandler):
    search: SearchServer

    def do_GET(self) -> None:
        told = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, found = self.search.answer(told.get("q", ""), told.get("api_key", ""))
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the tests read `queries`."""
