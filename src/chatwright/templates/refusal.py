"""What a person reads when a chat template does not render, and the cut of a message that is to be continued."""

from __future__ import annotations

import jinja2

from ..errors import TemplateError
from .inputs import CONTINUE_TAG
from .limits import Overrun
from .sandbox import Compiled

__all__ = ["cut", "refused", "unfollowed"]


def cut(rendered: str, final: str) -> str:
    """The prompt up to where the final message ends."""
    tag = CONTINUE_TAG.strip()
    at = rendered.rfind(tag)
    if at < 0 or final.strip() not in rendered:
        raise TemplateError(
            "continue_final_message is set but the final message does not appear in the chat after"
            " applying the chat template! The template may drop or change it",
            "render without continue_final_message",
        )
    kept = rendered[:at]
    # Where the template trimmed the tag's blank, it would have trimmed the message's own too.
    return kept if rendered.startswith(CONTINUE_TAG, at) else kept.rstrip()


def refused(err: Exception, compiled: Compiled | None, otherwise: str) -> TemplateError:
    line = _line(err, compiled)
    where = f" in line {line} of it" if line else ""
    hint = f"the chat template broke{where} ({type(err).__name__})"
    if isinstance(err, Overrun):
        hint = f"it was stopped{where}; real models' templates stay far below this limit"
    elif isinstance(err, jinja2.TemplateError):
        hint = f"the chat template says this{where}"
    return TemplateError(str(err) or otherwise, hint)


def _line(err: Exception, compiled: Compiled | None) -> int | None:
    """The line of the template that was running."""
    if compiled is None:
        return getattr(err, "lineno", None)
    found: int | None = None
    trace = err.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__jinja_template__") is compiled.template:
            found = compiled.template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return found


def unfollowed(reason: str) -> TemplateError:
    return TemplateError(
        f"cannot tell which characters of the prompt the template wrote: {reason}",
        "give another chat_template, or let the server render the messages",
    )
