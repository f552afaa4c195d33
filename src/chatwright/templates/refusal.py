"""What a person reads when a chat template does not render."""

from __future__ import annotations

import jinja2

from ..errors import TemplateError
from .limits import Overrun
from .sandbox import Compiled

__all__ = ["refused"]


_MAX_SAID = 2_000  # characters of a message: a template may say anything


def refused(err: Exception, compiled: Compiled | None, otherwise: str) -> TemplateError:
    line = _line(err, compiled)
    where = f" in line {line} of it" if line else ""
    hint = f"the chat template broke{where} ({type(err).__name__})"
    if isinstance(err, Overrun):
        hint = f"it was stopped{where}; real models' templates stay far below this limit"
    elif isinstance(err, jinja2.TemplateError):
        hint = f"the chat template says this{where}"
    said = str(err)
    said = said if len(said) <= _MAX_SAID else f"{said[:_MAX_SAID]} ..."
    return TemplateError(said or otherwise, hint)


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
