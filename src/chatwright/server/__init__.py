"""A server of our own: TGI's routes and OpenAI's, over any model.

    run(open_model("nano"), host="127.0.0.1", port=8080)

Read on in this order: `app` (the routes), `guard` (the door before them), `intake` and `body` (bytes to JSON),
`parse_tgi` and `parse_openai` (JSON to data), `native` and `openai` (the handlers), `served` (the model),
`flow`, `chat` and `completion` (what comes out of it, as each protocol numbers it), `shape_*` (data to JSON), `answer` (the
reply, which watches whether somebody still listens) and `run` (sockets and signals). Only `app`, `intake`, the
handlers and `run` know the web server; the rest are plain functions on plain data.
"""

from __future__ import annotations

from .limits import Limits
from .run import run

__all__ = ["Limits", "run"]
