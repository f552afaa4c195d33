"""What runs in the engine's own process: it loads the model, says where it listens, and ends with its parent.

This file is started as a script, with nothing of chatwright around it. It reads one line of JSON (the order) and
writes one (what came of it); after that it only waits for its input to end.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from typing import Any, cast

__all__ = ["main"]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever the engine prints is no answer
    line = sys.stdin.buffer.readline()
    if not line:
        return  # the parent is gone already
    order: dict[str, Any] = json.loads(line)
    sys.path += order["path"]
    _be_the_first_to_go()
    said, server = _load(order)
    os.write(answers, json.dumps(said).encode() + b"\n")
    os.close(answers)
    if server is not None:
        sys.stdin.buffer.read()
    os._exit(0)  # taking the engine down in order would take longer and may hang


def _load(order: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    try:
        engine: Any = importlib.import_module("xllamacpp")
    except ImportError as err:
        absent = isinstance(err, ModuleNotFoundError)
        return {"import": str(err), "module": err.name if absent else None}, None
    try:
        server = engine.Server(_params(engine, order))
    except Exception as err:  # the parent reads it, beside what the engine wrote of its own
        return {"error": f"{type(err).__name__}: {err}"}, None
    return {"address": str(server.listening_address)}, server


def _params(engine: Any, order: dict[str, Any]) -> Any:
    params = engine.CommonParams()
    params.model.path = order["model"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    # To fit a model to the memory of a graphics card it is loaded twice, which is of no use without one.
    params.fit_params = any("GPU" in str(device["type"]) for device in engine.get_device_info())
    for name, value in cast("dict[str, Any]", order["params"]).items():
        setattr(params, name, value)
    return params


def _be_the_first_to_go() -> None:
    """When the machine runs out of memory, this process is the one to end and not its parent."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("800")


if __name__ == "__main__":
    main()
