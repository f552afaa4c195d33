"""How LangChain's standard content blocks are read out of our messages: registered once, as a provider's translator.

Our messages hold text in `content`, thoughts in `additional_kwargs["reasoning_content"]`, and calls where LangChain
keeps them.
"""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.block_translators import register_translator

__all__ = ["PROVIDER", "chunk_blocks", "message_blocks", "register"]

PROVIDER = "chatwright"
"""`response_metadata["model_provider"]` of our messages."""


def register() -> None:
    """Tell LangChain how to read our messages."""
    register_translator(PROVIDER, message_blocks, chunk_blocks)


def message_blocks(message: AIMessage) -> list[Any]:
    """The standard blocks of a whole message: thoughts, text, calls, and calls that could not be read."""
    return [*_said(message), *_calls(message)]


def chunk_blocks(message: AIMessageChunk) -> list[Any]:
    """The same of a piece of a message; a call in it may still grow, until the last piece."""
    if message.chunk_position == "last" or not message.tool_call_chunks:
        return [*_said(message), *_calls(message)]
    reasons = {call.get("id"): call for call in message.invalid_tool_calls if call.get("error")}
    pieces: list[Any] = []
    for piece in message.tool_call_chunks:
        known = reasons.get(piece.get("id"))
        pieces.append({**known, "type": "invalid_tool_call"} if known else _piece(piece))
    return [*_said(message), *pieces]


def _said(message: AIMessage) -> list[Any]:
    if not isinstance(message.content, str):
        raise NotImplementedError  # blocks already: LangChain reads them itself
    blocks: list[Any] = []
    thoughts = message.additional_kwargs.get("reasoning_content")
    if isinstance(thoughts, str) and thoughts:
        blocks.append({"type": "reasoning", "reasoning": thoughts})
    if message.content:
        blocks.append({"type": "text", "text": message.content})
    return blocks


def _calls(message: AIMessage) -> list[Any]:
    calls = [
        {"type": "tool_call", "id": c.get("id"), "name": c["name"], "args": c["args"]}
        for c in message.tool_calls
    ]
    return [*calls, *({**c, "type": "invalid_tool_call"} for c in message.invalid_tool_calls)]


def _piece(piece: Any) -> dict[str, Any]:
    block = {
        "type": "tool_call_chunk",
        "id": piece["id"],
        "name": piece["name"],
        "args": piece["args"],
    }
    if piece.get("index") is not None:
        # A plain number would be merged with a text block that LangChain gives the same one.
        block["index"] = f"lc_call_{piece['index']}"
    return block
