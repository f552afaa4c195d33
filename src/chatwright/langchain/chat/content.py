"""The content of a LangChain message, whatever its dialect, sorted: text, media, calls, results, thoughts.

LangChain knows a plain string, its own standard blocks (`text`, `image`, `tool_call`, `reasoning`, ...), those of
OpenAI (`image_url`, `input_audio`) and those of Anthropic (`tool_use`, `tool_result`, `thinking`). What none of them
has is an error that names it: nothing is left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from chatwright.errors import UsageError

__all__ = ["Block", "Sorted", "as_json", "sort_content"]

Block = Mapping[str, Any]

_SILENT = frozenset(["cachePoint", "guard_content"])
"""Marks for other providers' services that say nothing to a model."""


@dataclass(slots=True)
class Sorted:
    """What a content holds. `parts` are text and media in their order, as a chat server takes them."""

    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    calls: list[Block] = field(default_factory=list[Block])
    results: list[Block] = field(default_factory=list[Block])
    invalid: list[Block] = field(default_factory=list[Block])
    thoughts: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """The texts, joined as LangChain's own `message.text` joins them."""
        return "".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def media(self) -> list[dict[str, Any]]:
        """The parts that are not text."""
        return [part for part in self.parts if part["type"] != "text"]


def sort_content(content: Any, *, whose: str) -> Sorted:
    """The content of a message, sorted. `whose` names the message in errors."""
    found = Sorted()
    if isinstance(content, str):
        if content:
            found.parts.append({"type": "text", "text": content})
        return found
    for block in cast("Sequence[Any]", content if isinstance(content, list) else []):
        _sort(block, found, whose)
    return found


def _data_uri(data: str, mime: str) -> str:
    """Base64 data as a URL."""
    return data if data.startswith("data:") else f"data:{mime};base64,{data}"


def _sort(block: Any, found: Sorted, whose: str) -> None:
    if isinstance(block, str):
        found.parts.append({"type": "text", "text": block})
        return
    if not isinstance(block, Mapping):
        raise _unknown(type(block).__name__, whose)
    known = cast("Block", block)
    kind = str(known.get("type") or next(iter(known), "text"))
    match kind:
        case "text" | "text-plain" | "input_text" | "output_text":
            found.parts.append({"type": "text", "text": str(known.get("text") or "")})
        case "refusal":
            found.parts.append({"type": "text", "text": str(known.get("refusal") or "")})
        case "tool_call" | "tool_use" | "tool_call_chunk" | "function_call":
            found.calls.append(known)
        case "invalid_tool_call":
            found.invalid.append(known)
        case "tool_result":
            found.results.append(known)
        case "reasoning" | "thinking" | "reasoning_content":
            found.thoughts.append(_thought(known))
        case "redacted_thinking":
            pass  # encrypted: only the server that wrote it can read it
        case "non_standard":
            _sort(known.get("value"), found, whose)
        case _ if kind in _SILENT:
            pass
        case _:
            found.parts.append(_medium(kind, known, whose))


def _thought(block: Block) -> str:
    for name in ("reasoning", "thinking", "text"):
        if isinstance(said := block.get(name), str):
            return said
    summary = cast("Sequence[Any]", block.get("summary") or block.get("reasoning_content") or ())
    if isinstance(summary, Mapping):
        return str(cast("Block", summary).get("text") or "")
    return "\n".join(
        str(cast("Block", s).get("text", "")) for s in summary if isinstance(s, Mapping)
    )


def _medium(kind: str, block: Block, whose: str) -> dict[str, Any]:
    """An image, a sound, a film or a file, in OpenAI's form, which chat servers share."""
    match kind:
        case "image_url":
            given = block.get("image_url")
            return {
                "type": "image_url",
                "image_url": {"url": given} if isinstance(given, str) else given,
            }
        case "input_audio" | "audio_url" | "video_url":
            return {"type": kind, kind: block.get(kind)}
        case "image" | "input_image":
            return {"type": "image_url", "image_url": _image(block, whose)}
        case "audio":
            return _sound(block, whose)
        case "video":
            return {"type": "video_url", "video_url": {"url": _url(block, "video/mp4", whose)}}
        case "file" | "document" | "input_file":
            return _file(block, whose)
        case _:
            raise _unknown(kind, whose)


def _image(block: Block, whose: str) -> dict[str, Any]:
    image: dict[str, Any] = {"url": _url(block, "image/png", whose)}
    detail = block.get("detail") or cast("Block", block.get("extras") or {}).get("detail")
    return {**image, "detail": detail} if detail else image


def _sound(block: Block, whose: str) -> dict[str, Any]:
    data, mime = _data(block)
    if data is None:
        return {"type": "audio_url", "audio_url": {"url": _url(block, "audio/wav", whose)}}
    kind = (mime or "audio/wav").partition("/")[2].removeprefix("x-")
    return {
        "type": "input_audio",
        "input_audio": {"data": data, "format": "mp3" if kind == "mpeg" else kind},
    }


def _file(block: Block, whose: str) -> dict[str, Any]:
    if isinstance(given := block.get("file"), Mapping):
        return {"type": "file", "file": dict(cast("Block", given))}
    if isinstance(id_ := block.get("file_id") or block.get("id"), str) and _nothing_else(block):
        return {"type": "file", "file": {"file_id": id_}}
    source = block.get("source")
    if isinstance(source, Mapping) and cast("Block", source).get("type") == "text":
        return {"type": "text", "text": str(cast("Block", source).get("data") or "")}
    if block.get("source_type") == "text":
        return {"type": "text", "text": str(block.get("text") or block.get("url") or "")}
    extras = cast("Block", block.get("extras") or {})
    name = (
        block.get("filename") or block.get("title") or extras.get("filename") or extras.get("name")
    )
    data = _url(block, "application/pdf", whose)
    return {"type": "file", "file": {"filename": name or "document", "file_data": data}}


def _nothing_else(block: Block) -> bool:
    return not any(block.get(name) for name in ("base64", "data", "url", "source"))


def _url(block: Block, mime: str, whose: str) -> str:
    """Where the data is, or the data itself in a URL."""
    data, told = _data(block)
    if data is not None:
        return _data_uri(data, told or mime)
    source = cast("Block", block.get("source") or {})
    url = block.get("url") or block.get("image_url") or source.get("url")
    if isinstance(url, str) and url:
        return url
    raise UsageError(
        f"the {whose} holds a part of type '{block.get('type')}' without data that can be sent",
        "give it base64= and mime_type=, or url=",
    )


def _data(block: Block) -> tuple[str | None, str | None]:
    source = cast("Block", block.get("source") or {})
    mime = block.get("mime_type") or source.get("media_type")
    for data in (block.get("base64"), block.get("data"), source.get("data")):
        if isinstance(data, str) and data:
            return data, mime if isinstance(mime, str) else None
    return None, None


def as_json(block: Any) -> str:
    """A block that is only data, as a tool may return it."""
    return json.dumps(block, ensure_ascii=False, default=str)


def _unknown(kind: str, whose: str) -> UsageError:
    return UsageError(
        f"the {whose} holds a part of type '{kind[:60]}', which no chat model of ours can be given",
        "give text, images, audio, files, tool calls or reasoning",
    )
