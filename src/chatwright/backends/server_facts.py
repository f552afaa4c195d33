"""What a server told when it was asked what it is, as the lines of `chatwright check`."""

from __future__ import annotations

from collections.abc import Iterator

from .client import Client
from .facts import Fact, warn
from .probe import Served
from .tokens import find_token, is_hub

__all__ = ["served_facts"]

_KINDS = {
    "tgi": "TGI",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llama-server": "llama-server of llama.cpp",
    "openai": "a server that speaks OpenAI's protocol",
}
_ROUTES = {
    "chat": "chat: messages go as they are, the server has the template",
    "text": "text: prompts are rendered here",
}
_CONSTRAINTS = {"json": "a JSON schema", "regex": "a regular expression", "grammar": "a grammar"}
_GROUP = "server"


def served_facts(client: Client, served: Served, *, route: str) -> Iterator[Fact]:
    """The facts about a server that was probed; `route` is `chat` or `text`."""
    yield Fact(_GROUP, "address", client.url)
    version = f" {served.version[:60]}" if served.version else ""
    kind = _KINDS.get(served.kind, served.kind)
    yield Fact(_GROUP, "kind", f"{kind}{version}", data=served.kind)
    if served.model:
        yield Fact(_GROUP, "model", served.model)
    else:
        yield warn(_GROUP, "model", "the server does not tell which one it serves")
    if served.context:
        yield Fact(_GROUP, "context", f"{served.context:,} tokens", data=served.context)
    else:
        yield warn(_GROUP, "context", "the server does not tell its length")
    yield _constraints(served)
    yield Fact(_GROUP, "route", _ROUTES[route], data=route)
    if is_hub(client.origin) and find_token(url=client.origin) is None:
        yield warn(_GROUP, "token", "none was found", "set HF_TOKEN if the server wants one")


def _constraints(served: Served) -> Fact:
    names = [_CONSTRAINTS[name] for name in served.follows if name in _CONSTRAINTS]
    shown = f"keeps an answer to {', '.join(names)}" if names else "none: answers are only checked"
    return Fact(_GROUP, "constraints", shown, data=list(served.follows))
