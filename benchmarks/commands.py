"""What the commands cost, from the start of the process to its end.

    .venv/bin/python benchmarks/commands.py

Claims: `ask` on nano with a one-calculation question under 1.5 s of CPU and 200 MB; `--help` under 120 ms of CPU;
`import chatwright` under 30 ms more than Python itself. Peers: the engine alone (load nano, read as long a prompt,
write as many tokens), the Hub's own `hf --help`, and `import langchain_huggingface` in an environment of its own.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from measure import Cost, alternate, command, peer_python, row

_TIMES = 9
_QUESTION = "What is 15% of 80?"
_PYTHON = sys.executable
_CLI = str(Path(_PYTHON).with_name("chatwright"))
_HUB_CLI = str(Path(_PYTHON).with_name("hf"))
_ENGINE = """
import os
os.environ["OMP_WAIT_POLICY"] = "passive"
import xllamacpp
from importlib.resources import files
params = xllamacpp.CommonParams()
params.model.path = str(files("chatwright.nano") / "nano.gguf")
params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 4096, 1, False, -1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = len(os.sched_getaffinity(0))
server = xllamacpp.Server(params)
for tokens in ({prompt}, {prompt} + 100):
    server.handle_completions(
        {{"prompt": [7] * tokens, "max_tokens": {written}, "ignore_eos": True, "temperature": 0}}, lambda _: False
    )
"""


def main() -> None:
    bare, chatwright = _python("pass"), _python("import chatwright")
    peer = partial(_started, peer_python("langchain-huggingface", "langchain-huggingface"))
    ask = partial(command, _CLI, "ask", _QUESTION)
    engine = _python(_ENGINE.format(prompt=330, written=35))
    runs = [bare, chatwright, partial(peer, "import langchain_huggingface"), partial(peer, "pass")]
    runs += [partial(command, _CLI, "--help"), partial(command, _HUB_CLI, "--help"), ask, engine]
    base, ours, theirs, their_base, our_help, hub_help, answer, raw = alternate(runs, _TIMES)

    row("", "CPU", "memory", "ratio")
    _show("import chatwright, beyond Python itself", _less(ours, base), 0.030)
    _show(
        "import langchain_huggingface, beyond Python",
        _less(theirs, their_base),
        over=_less(ours, base),
    )
    _show("chatwright --help", our_help, 0.120)
    _show("hf --help", hub_help, over=our_help)
    _show(f"chatwright ask '{_QUESTION}'", answer, 1.5, 200e6)
    _show("the engine alone, two turns of that size", raw, over=answer)


def _python(code: str) -> partial[Cost]:
    return partial(_started, _PYTHON, code)


def _started(python: str, code: str) -> Cost:
    return command(python, "-c", code)


def _less(cost: Cost, base: Cost) -> Cost:
    return Cost(max(0.0, cost.cpu - base.cpu), cost.memory)


def _show(
    what: str, cost: Cost, most: float = 0, most_memory: float = 0, *, over: Cost | None = None
) -> None:
    verdict = ""
    if most:
        held = cost.cpu <= most and (not most_memory or cost.memory <= most_memory)
        verdict = f"{'under' if held else 'OVER'} {most * 1000:.0f} ms"
    if over:
        verdict = f"{cost.cpu / max(over.cpu, 1e-3):.1f} x ours"
    row(what, f"{cost.cpu * 1000:.0f} ms", f"{cost.memory / 1e6:.0f} MB", verdict)


if __name__ == "__main__":
    main()
