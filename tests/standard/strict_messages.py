"""Which conversations the strict server takes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from strict_checks import Refusal, check_name, check_object, check_text, refuse

__all__ = ["check_messages"]

_SPEAKER = re.compile(r"[^\s<|\\/>]{1,64}")
_MAGIC = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
_PARTS = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
}
_MESSAGE = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls", "audio", "function_call"},
    "tool": {"role", "content", "tool_call_id"},
}


def check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refusal("Missing required parameter: 'messages'.", "messages")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        at = f"messages[{index}]"
        check_object(at, message, need=["role"])
        role = message["role"]
        if role not in _MESSAGE:
            refuse(f"{at}.role", f"'{role}' is none of {sorted(_MESSAGE)}")
        check_object(at, message, known=_MESSAGE[role])
        _message(at, role, message)
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                refuse(
                    at,
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
                )
            waiting.remove(message["tool_call_id"])
        elif waiting:
            break
        waiting += [call["id"] for call in message.get("tool_calls") or ()]
    if waiting:
        refuse("messages", "An assistant message with 'tool_calls' must be followed by tool messages responding to "
               f"each 'tool_call_id'. These did not have response messages: {', '.join(waiting)}")  # fmt: skip


def _message(at: str, role: str, message: Mapping[str, Any]) -> None:
    if message.get("name") is not None and not _SPEAKER.fullmatch(str(message["name"])):
        refuse(f"{at}.name", "string does not match pattern '^[^\\s<|\\\\/>]+$'")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise Refusal(f"Missing required parameter: '{at}.tool_call_id'.", f"{at}.tool_call_id")
    if "tool_calls" in message:
        _calls(f"{at}.tool_calls", message["tool_calls"])
    content = message.get("content")
    if content is None and not (role == "assistant" and message.get("tool_calls")):
        refuse(f"{at}.content", "expected a string or an array of objects, got null")
    if isinstance(content, list):
        _parts(f"{at}.content", content, _PARTS[role])
    elif content is not None:
        check_text(f"{at}.content", content)


def _calls(at: str, calls: Any) -> None:
    if not isinstance(calls, list) or not calls:
        refuse(at, "expected an array with at least one call")
    for index, call in enumerate(calls):
        here = f"{at}[{index}]"
        needed = ["id", "type", "function"]
        check_object(here, call, known=set(needed), need=needed)
        if not isinstance(call["id"], str) or not 1 <= len(call["id"]) <= 40:
            refuse(f"{here}.id", "expected a string of 1 to 40 characters")
        if call["type"] != "function":
            refuse(f"{here}.type", f"'{call['type']}' is not 'function'")
        told, here = call["function"], f"{here}.function"
        check_object(here, told, known={"name", "arguments"}, need=["name", "arguments"])
        check_name(f"{here}.name", told["name"])
        check_text(f"{here}.arguments", told["arguments"])
        try:
            arguments = json.loads(told["arguments"])
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            refuse(f"{here}.arguments", "expected the JSON of an object")


def _parts(at: str, parts: list[Any], allowed: Sequence[str]) -> None:
    if not parts:
        refuse(at, "[] is too short")
    for index, part in enumerate(parts):
        here = f"{at}[{index}]"
        check_object(here, part, need=["type"])
        kind = part["type"]
        if kind not in allowed:
            refuse(f"{here}.type", f"'{kind}' is none of {list(allowed)}")
        check_object(here, part, known={"type", kind}, need=[kind])
        _PART[kind](f"{here}.{kind}", part[kind])


def _image(at: str, value: Any) -> None:
    check_object(at, value, known={"url", "detail"}, need=["url"])
    check_text(f"{at}.url", value["url"])
    if value["url"].startswith(("http://", "https://")):
        return
    kind, raw = _data_url(f"{at}.url", value["url"])
    if kind not in _MAGIC:
        refuse(f"{at}.url", f"'{kind}' is none of {sorted(_MAGIC)}")
    if not raw.startswith(_MAGIC[kind]):
        refuse(f"{at}.url", f"the data is no {kind}")


def _audio(at: str, value: Any) -> None:
    check_object(at, value, known={"data", "format"}, need=["data", "format"])
    if value["format"] not in ("wav", "mp3"):
        refuse(f"{at}.format", f"'{value['format']}' is none of 'wav', 'mp3'")
    if value["format"] == "wav" and not _bytes(f"{at}.data", value["data"]).startswith(b"RIFF"):
        refuse(f"{at}.data", "the data is no wav")


def _file(at: str, value: Any) -> None:
    check_object(at, value, known={"file_data", "file_id", "filename"})
    if "file_id" in value:
        return check_text(f"{at}.file_id", value["file_id"])
    check_object(at, value, need=["file_data", "filename"])
    check_text(f"{at}.filename", value["filename"])
    check_text(f"{at}.file_data", value["file_data"])
    kind, raw = _data_url(f"{at}.file_data", value["file_data"])
    if kind != "application/pdf" or not raw.startswith(b"%PDF"):
        refuse(f"{at}.file_data", "the data is no PDF")
    return None


def _data_url(at: str, url: str) -> tuple[str, bytes]:
    found = re.fullmatch(r"data:([\w.+/-]+);base64,(.*)", url, re.DOTALL)
    if not found:
        refuse(at, "expected a URL or 'data:<mime type>;base64,<data>'")
    return found[1], _bytes(at, found[2])


def _bytes(at: str, text: Any) -> bytes:
    check_text(at, text)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        refuse(at, "the data is no base64")


_PART = {
    "text": check_text,
    "refusal": check_text,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}
