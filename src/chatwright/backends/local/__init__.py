"""A GGUF file as a text backend, in this process.

    with LocalBackend("model.gguf") as backend:
        for item in backend.stream(Request(prompt=[Segment("Once upon a time", True)])):
            ...

Read on in this order: `header` (what the file says of itself), `prompt` (which characters may become control
tokens), `body` (the request in the engine's words), `answer` (the engine's chunks as pieces, cut at the stops),
`engine` (the loaded model, shared and closed in order) and `backend`, which joins them.
"""

from __future__ import annotations

from .backend import LocalBackend

__all__ = ["LocalBackend"]
