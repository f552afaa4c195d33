"""Answers of a given shape: a reply that is none says so of itself, and what it should have been."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from langchain_core.messages import AIMessage

from .faults import EMPTY, is_empty
from .needed import (
    AutoStrategy,
    ModelRequest,
    ModelResponse,
    ProviderStrategy,
    StructuredOutputValidationError,
    ToolStrategy,
)

__all__ = ["shaped", "without_shape"]

_MOST = 2_000
_LINK = re.compile(r"\s*For further information visit \S+")


def shaped(request: ModelRequest[Any], response: ModelResponse[Any]) -> ModelResponse[Any]:
    """The response; words in place of an answer by a call are marked as what they are, for langchain takes them for the end."""
    if request.response_format is None or response.structured_response is not None:
        return response
    reply = response.result[-1] if response.result else None
    if not isinstance(reply, AIMessage) or reply.tool_calls:
        return response
    wanted: Any = request.response_format
    names = [spec.name for spec in wanted.schema_specs] if isinstance(wanted, ToolStrategy) else []
    by = " or ".join(names) or "the tool that takes it"
    marked = _marked(reply, "The reply is not the answer.", f"Give the answer by a call of {by}.")
    return ModelResponse(result=[*response.result[:-1], marked])


def without_shape(
    request: ModelRequest[Any], err: StructuredOutputValidationError
) -> ModelResponse[Any]:
    """The reply that is not the JSON that was asked for. Errors of a tool's strategy are handled as that one says."""
    wanted: Any = request.response_format
    if isinstance(wanted, ToolStrategy):
        raise err
    why = " ".join(_LINK.sub("", str(err.source)).split())
    told = f"The answer has to be one JSON object that fits this schema: {_schema(wanted)[:_MOST]}"
    return ModelResponse(result=[_marked(err.ai_message, f"It is not the answer: {why}.", told)])


def _schema(wanted: Any) -> str:
    strategy: Any = wanted
    if isinstance(strategy, AutoStrategy):
        strategy = cast("Any", strategy).schema
    if not isinstance(strategy, ProviderStrategy):
        strategy = ProviderStrategy[Any](strategy)
    return json.dumps(cast("Any", strategy).schema_spec.json_schema, ensure_ascii=False)


def _marked(reply: AIMessage, reason: str, wanted: str) -> AIMessage:
    """The reply, which now says what is wrong with it, unless it did that already, and what would be right."""
    found = reply.response_metadata.get("malformed") or (EMPTY if is_empty(reply) else reason)
    metadata = {**reply.response_metadata, "malformed": found, "wanted": wanted}
    return reply.model_copy(update={"response_metadata": metadata})
