"""A server that speaks OpenAI's protocol, as a chat backend and, over `/v1/completions`, as a text backend.

    backend = OpenAIBackend("http://127.0.0.1:8000", model="org/name", dialect="vllm")
    for item in backend.chat(Request(messages=[{"role": "user", "content": "Hi"}])):
        ...

`dialects` says as data how servers differ, `body` writes a request in a dialect, `answer` reads the events,
`calls` puts tool calls together, `backend` joins them.
"""

from __future__ import annotations

from .backend import OpenAIBackend, tools_not_enabled
from .dialects import DIALECTS, Dialect

__all__ = ["DIALECTS", "Dialect", "OpenAIBackend", "tools_not_enabled"]
