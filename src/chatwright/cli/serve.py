"""`chatwright serve`: TGI's and OpenAI's routes, over any model."""

from __future__ import annotations

import logging
import signal
import sys
from contextlib import closing
from dataclasses import replace

import click

from ..errors import UsageError
from .clean import clean

__all__ = ["command"]

_EXAMPLES = """\b
Examples:
  chatwright serve
  chatwright serve -m local:model.gguf --port 9000
  CHATWRIGHT_API_KEY=secret chatwright serve --host 0.0.0.0

\b
Then, with any client of a TGI server or of OpenAI's:
  curl http://127.0.0.1:8080/generate -H 'Content-Type: application/json' -d '{"inputs": "Hello"}'
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none python app.py
"""


@click.command("serve", epilog=_EXAMPLES)
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    envvar="CHATWRIGHT_MODEL",
    help="Any model: nano (the default, built in), local:path/to/file.gguf, a server, ...",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option(
    "--api-key",
    metavar="KEY",
    envvar="CHATWRIGHT_API_KEY",
    help="Answer only to who sends this key. Better given as CHATWRIGHT_API_KEY: other users see arguments.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="Answer under this name too, as a proxy may call us. Repeatable.",
)
@click.option(
    "--max-concurrent-requests",
    metavar="N",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="Running and waiting together; more are sent away with 429.",
)
@click.option(
    "--max-total-tokens",
    metavar="N",
    type=click.IntRange(min=2),
    help="A prompt and its answer together; without it, what the model can take.",
)
def command(
    model: str | None,
    host: str,
    port: int,
    api_key: str | None,
    allowed_hosts: tuple[str, ...],
    max_concurrent_requests: int,
    max_total_tokens: int | None,
) -> int:
    """Serve a model to every client of a TGI server or of OpenAI's."""
    from ..model import open_model
    from ..server import Limits, run
    from ..server.guard import is_loopback
    from ..server.run import bind

    if api_key is not None and not (
        api_key.strip() and api_key.isascii() and api_key.isprintable()
    ):
        raise UsageError("the API key is empty or not plain ASCII", "leave it out, or set a word")
    limits = Limits(max_concurrent_requests=max_concurrent_requests)
    if max_total_tokens:
        limits = replace(limits, max_total_tokens=max_total_tokens)
    _log_to_stderr()
    with closing(bind(host, port)) as listener, open_model(model) as opened:
        if not api_key and not is_loopback(str(listener.getsockname()[0])):
            _say("everybody who reaches this machine can use it: set CHATWRIGHT_API_KEY")
        stopped_by = run(
            opened,
            listener=listener,
            name=_name(opened.name),
            api_key=api_key,
            allowed_hosts=allowed_hosts,
            limits=limits,
            ready=lambda url: _say(f"serving {opened.name} on {url}"),
        )
    return 130 if stopped_by == signal.SIGINT else 0


def _name(spec: str) -> str:
    """What clients are told: of a file its name, not where it lies."""
    file = spec.removeprefix("local:")
    return file.replace("\\", "/").rpartition("/")[2] if file.endswith(".gguf") else spec


def _say(text: str) -> None:
    click.echo(clean(text), err=True)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in (("chatwright", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
