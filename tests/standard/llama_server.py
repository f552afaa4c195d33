"""The llama-server inside xllamacpp, in a process of its own: it speaks OpenAI's protocol, by its own template.

with llama_server() as url: ...
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["llama_server"]

NAMES = ["nano", "nano-2"]

# A template that shows tools, which nano's own does not: by it llama-server takes calls apart itself.
TEMPLATE = """\
{%- if tools %}<|system|>
You have tools: {{ tools | tojson }}
A call is <tool_call>{"name": ..., "arguments": ...}</tool_call></s>
{% endif %}
{%- for message in messages %}<|{{ 'user' if message.role == 'tool' else message.role }}|>
{%- if message.content is string %}
{{ message.content }}
{%- endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>
{{ {"name": call.function.name, "arguments": call.function.arguments} | tojson }}
</tool_call>
{%- endfor %}</s>
{% endfor %}
{%- if add_generation_prompt %}<|assistant|>
{% endif %}"""

_SCRIPT = """
import json, os, sys
os.environ["OMP_WAIT_POLICY"] = "passive"  # or its threads spin while they wait, beside the tests
answers = os.dup(1)
os.dup2(2, 1)
order = json.loads(sys.stdin.readline())
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path = order["model"]
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.fit_params = False
params.model_alias = set(order["names"])
params.ui, params.verbosity, params.warmup = False, -1, False
for name, value in order["params"].items():
    setattr(params, name, value)
server = xllamacpp.Server(params)
os.write(answers, f"{server.listening_address}\\n".encode())
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def llama_server(template: str = TEMPLATE) -> Iterator[str]:
    """Its address, with nano loaded."""
    model = str(Path(str(files("chatwright"))) / "nano" / "nano.gguf")
    params: dict[str, Any] = {
        "n_ctx": 8192,
        "n_parallel": 2,
        "chat_template": template,
        "use_jinja": True,
    }
    child = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with child:
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps({"model": model, "names": NAMES, "params": params}) + "\n")
        child.stdin.flush()
        try:
            address = child.stdout.readline().strip()
            assert address, "llama-server did not start"
            yield address
        finally:
            child.stdin.close()
            child.wait(20)
