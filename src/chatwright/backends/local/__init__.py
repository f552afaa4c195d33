"""A GGUF file as a text backend, run by an engine in a process of its own.

    with LocalBackend("model.gguf") as backend:
        for item in backend.stream(Request(prompt=[Segment("Once upon a time", True)])):
            ...

Read on in this order: `header` (what the file says of itself), `prompt` (which characters may become control
tokens), `body` (the request in the engine's words), `answer` (the engine's chunks as pieces, cut at the stops),
`child` and `process` (the engine's process from inside and from outside), `wire` (how we talk to it), `engine` (who may
enter), `shelf` (one engine for each file), `run` (a request on its thread) and `backend`, which joins them.
"""

from __future__ import annotations

from .backend import LocalBackend

__all__ = ["LocalBackend"]
