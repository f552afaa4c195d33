"""Small servers for the tests of LangChain's classes: a TGI and an OpenAI server that say what they are told to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fault_server import Connection, FaultServer, json_reply, sse_reply

__all__ = ["bodies", "completions", "generations", "parameters", "tgi"]

INFO = {"model_id": "org/model", "router": "text-generation-router", "max_stop_sequences": 4}


def tgi(
    pieces: Sequence[str], *, reason: str = "eos_token", info: Mapping[str, Any] = INFO
) -> FaultServer:
    """A TGI that answers every prompt with these pieces, a token each."""
    details = {"finish_reason": reason, "generated_tokens": len(pieces), "seed": None}

    def script(c: Connection) -> None:
        match c.request.target:
            case "/info":
                c.send(json_reply(info))
            case "/generate":
                whole = {"generated_text": "".join(pieces), "details": {**details, "tokens": []}}
                c.send(json_reply(whole, x_prompt_tokens="7"))
            case "/generate_stream":
                c.send(sse_reply(*_events(pieces, details)))
            case "/tokenize":
                words = c.request.json["inputs"].split()
                c.send(json_reply([{"id": at, "text": word} for at, word in enumerate(words)]))
            case _:
                c.send(json_reply({"error": "there is no such route"}, 404))

    return FaultServer(script)


def _events(pieces: Sequence[str], details: Mapping[str, Any]) -> list[Any]:
    last = len(pieces)
    return [
        {
            "index": at,
            "token": {"id": at, "text": piece, "logprob": -0.1, "special": False},
            "generated_text": "".join(pieces) if at == last else None,
            "details": {**details, "input_length": 7} if at == last else None,
        }
        for at, piece in enumerate(pieces, 1)
    ]


def completions(text: str, *, owner: str = "vllm", raw: bool = True) -> FaultServer:
    """A server of OpenAI's protocol; without `raw` it takes no raw prompts."""

    def script(c: Connection) -> None:
        match c.request.target:
            case "/v1/models":
                c.send(json_reply({"data": [{"id": "served", "owned_by": owner}]}))
            case "/v1/completions" if raw and c.request.json.get("stream"):
                choice = {"index": 0, "text": text, "finish_reason": "stop"}
                usage = {"prompt_tokens": 7, "completion_tokens": 2}
                c.send(sse_reply({"choices": [choice]}, {"choices": [], "usage": usage}, "[DONE]"))
            case "/v1/completions" if raw:
                choice = {"index": 0, "text": text, "finish_reason": "length"}
                usage = {"prompt_tokens": 7, "completion_tokens": 2}
                c.send(json_reply({"model": "served", "choices": [choice], "usage": usage}))
            case _:
                c.send(json_reply({"error": {"message": "no such route"}}, 404))

    return FaultServer(script)


def generations(server: FaultServer) -> list[str]:
    """The routes that were asked, in order."""
    return [request.target for request in server.requests]


def bodies(server: FaultServer) -> list[Any]:
    """What was posted."""
    return [request.json for request in server.requests if request.method == "POST"]


def parameters(server: FaultServer) -> dict[str, Any]:
    """The parameters of the last prompt that a TGI got."""
    return bodies(server)[-1]["parameters"]
