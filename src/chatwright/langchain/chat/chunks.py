"""A piece of text as a chunk, made without the checks that a piece of text cannot fail.

Hundreds of these come with every streamed answer, and LangChain's constructors look at each of them three times for
tool calls. A chunk made here is equal to one that the constructors make; a test compares them.
"""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

__all__ = ["text_chunk"]

_MESSAGE: dict[str, Any] = dict(AIMessageChunk(content="").__dict__)
_CHUNK: dict[str, Any] = dict(ChatGenerationChunk(message=AIMessageChunk(content="")).__dict__)
_LISTS = tuple(name for name, value in _MESSAGE.items() if isinstance(value, list))
_DICTS = tuple(name for name, value in _MESSAGE.items() if isinstance(value, dict))

_new = object.__new__
_set = object.__setattr__


def text_chunk(text: str) -> ChatGenerationChunk:
    """The chunk of a piece of text."""
    fields = _MESSAGE.copy()
    fields["content"] = text
    for name in _LISTS:
        fields[name] = []
    for name in _DICTS:
        fields[name] = {}
    message = _filled(AIMessageChunk, fields, {"content"}, {})
    chunk = {**_CHUNK, "text": text, "message": message}
    return _filled(ChatGenerationChunk, chunk, {"text", "message"}, None)


def _filled(kind: Any, fields: dict[str, Any], given: set[str], extra: Any) -> Any:
    """An instance with these fields, as pydantic itself makes a copy of one."""
    made = _new(kind)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", given)
    _set(made, "__pydantic_extra__", extra)
    _set(made, "__pydantic_private__", None)
    return made
