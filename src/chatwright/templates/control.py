"""Which texts are control tokens of a model: what its tokenizer lists, else what its template writes that looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import TemplateError
from .sandbox import literals
from .special import SPECIAL_TOKENS

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

__all__ = ["control_tokens"]

_LIKE_ONE = re.compile(
    r"<<?/?[^<>\s\"'{}]{1,80}>>?"  # <s>, </s>, <|im_end|>, <｜User｜>, <<SYS>>, <start_of_turn>
    r"|\[/?[A-Za-z][A-Z0-9_]{1,40}\]"  # [INST], [/INST], [TOOL_CALLS], [gMASK]
)
_MOMENT = datetime(2026, 1, 2, 3, 4, 5)


def control_tokens(
    template: ChatTemplate,
    special: Iterable[str],
    added: Sequence[tuple[str, bool]] | None,
    told: Sequence[str] | None,
) -> tuple[str, ...]:
    """The control tokens, the longest first.

    Of the tokenizer's `added` tokens these are the special ones and those that the makers `told` or, where they
    told none, that the template writes. Without a list they are read off the template.
    """
    found = set(special)
    found |= {text for name in SPECIAL_TOKENS if (text := getattr(template, name))}
    if added is None:
        found |= set(_LIKE_ONE.findall(_written(template)))
    else:
        written = "\0".join(told) if told is not None else _written(template)
        plain = set(told) if told is not None else None
        for text, is_special in added:
            shown = text in plain if plain is not None else text in written
            if is_special or shown:
                found.add(text)
    kept = {text for text in found if text.strip()}
    return tuple(sorted(kept, key=lambda text: (-len(text), text)))


def _written(template: ChatTemplate) -> str:
    """All the text that the template can write as far as we see: its literals, and what it wrote of some messages."""
    sources = template.templates.values() if template.templates else [template.source]
    parts = [text for source in sources for text in literals(source)]
    for messages in _conversations():
        for last in (False, True):
            try:
                found = template.render_segments(messages, add_generation_prompt=last, now=_MOMENT)
            except TemplateError:
                continue  # what it does not render it does not write
            parts += [segment.text for segment in found if segment.trusted]
    # Not joined by anything that could stand in a token.
    return "\n".join(parts)


def _conversations() -> list[list[dict[str, Any]]]:
    user = {"role": "user", "content": "a"}
    reply = {"role": "assistant", "content": "b"}
    return [
        [user],
        [{"role": "system", "content": "c"}, user, reply, user],
        [user, reply],
        [{"role": "developer", "content": "c"}, user],
        [user, reply, {"role": "tool", "name": "d", "tool_call_id": "call12345", "content": "e"}],
    ]
