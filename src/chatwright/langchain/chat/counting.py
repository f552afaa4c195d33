"""How many tokens a conversation has, by the model's own tokenizer and template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chatwright.langchain.llms.counting import count, ids
from chatwright.model import Model

__all__ = ["count", "ids", "of_messages"]

_A_TURN = 4  # about what a template writes around a message


def of_messages(
    model: Model, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> int:
    """The tokens of the whole prompt; where a server alone renders it, of the words and about those around them."""
    if model.template is not None:
        return count(model, model.prompt(messages, tools))
    words = [json.dumps(m.get("content") or "", ensure_ascii=False).strip('"') for m in messages]
    told = json.dumps(list(tools), ensure_ascii=False) if tools else ""
    return count(model, "\n".join([*words, told])) + _A_TURN * len(messages)
