"""A server that speaks Text Generation Inference's own protocol, as a text backend.

    with TgiBackend("http://127.0.0.1:8080") as backend:
        for item in backend.stream(Request(prompt=[Segment("Once upon a time", True)])):
            ...

`body` puts a request into TGI's words, `answer` makes pieces of its events, `backend` joins them.
"""

from __future__ import annotations

from .backend import TgiBackend

__all__ = ["TgiBackend"]
