"""Where a chat template comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import TemplateError

__all__ = ["gguf_template"]

_ID_KEYS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "sep_token": "seperator_token_id",  # so spelt in the format
    "pad_token": "padding_token_id",
    "cls_token": "cls_token_id",
    "mask_token": "mask_token_id",
}


def gguf_template(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the `ChatTemplate` in a GGUF file's metadata."""
    source = metadata.get("tokenizer.chat_template")
    if not isinstance(source, str):
        raise TemplateError(
            "this GGUF file has no chat template",
            "give one with chat_template=, or take the file of an instruct or chat model",
        )
    tokens = metadata.get("tokenizer.ggml.tokens")
    known = cast("Sequence[Any]", tokens) if isinstance(tokens, Sequence) else ()
    special = {
        name: _token(known, metadata.get(f"tokenizer.ggml.{key}")) for name, key in _ID_KEYS.items()
    }
    return {"source": source, **special}


def _token(tokens: Sequence[Any], index: Any) -> str | None:
    try:
        token = tokens[int(index)] if int(index) >= 0 else None
    except (TypeError, ValueError, IndexError):
        return None  # no such token: the template sees it as undefined
    return token if isinstance(token, str) else None
