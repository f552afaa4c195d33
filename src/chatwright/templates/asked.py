"""The arguments of one render."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ..errors import TemplateError
from ..request import Message, ToolSchema

__all__ = ["Asked"]


class Asked(NamedTuple):
    """The arguments of one render."""

    messages: Sequence[Message]
    tools: Sequence[ToolSchema] | None
    generation_prompt: bool
    continue_final: bool | str
    now: datetime | None
    kwargs: Mapping[str, Any]

    def arguments(self) -> dict[str, Any]:
        """As `render` takes them."""
        return {
            **self.kwargs,
            "messages": self.messages,
            "tools": self.tools,
            "add_generation_prompt": self.generation_prompt,
            "continue_final_message": self.continue_final,
            "now": self.now,
        }

    def at_one_moment(self) -> Asked:
        """Checked, and with the time set, so that rendering twice gives the same."""
        if self.generation_prompt and self.continue_final:
            raise TemplateError(
                "continue_final_message and add_generation_prompt cannot both be set",
                "the final message is continued, or a new one is started",
            )
        return self._replace(now=self.now or datetime.now())
