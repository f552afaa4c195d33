"""A model's chat template: from messages to the exact prompt, and who wrote each stretch of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import jinja2

from ..errors import TemplateError
from ..request import Message, Segment, ToolSchema
from .capabilities import Capabilities, probe
from .inputs import CONTINUE_TAG, Tracer, mark_the_end, plain_data, plain_messages, plain_text
from .limits import Overrun
from .load import gguf_template
from .provenance import segments
from .sandbox import NOW, Compiled, compile_source, run_template

__all__ = ["SPECIAL_TOKENS", "ChatTemplate"]

SPECIAL_TOKENS = tuple(
    f"{name}_token" for name in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]
)


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template and the special tokens that it may name.

    >>> template = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}")
    >>> template.render([{"role": "user", "content": "Hi"}])
    'user: Hi'

    A template that cannot be compiled is a `TemplateError` here, one that refuses the messages is a
    `TemplateError` at `render`, with the template's own words.
    """

    source: str
    bos_token: str | None = None
    eos_token: str | None = None
    unk_token: str | None = None
    sep_token: str | None = None
    pad_token: str | None = None
    cls_token: str | None = None
    mask_token: str | None = None

    def __init__(
        self,
        source: str,
        *,
        bos_token: str | None = None,
        eos_token: str | None = None,
        unk_token: str | None = None,
        sep_token: str | None = None,
        pad_token: str | None = None,
        cls_token: str | None = None,
        mask_token: str | None = None,
    ) -> None:
        if not isinstance(cast("Any", source), str):
            raise TemplateError(f"a chat template is text, not a {type(source).__name__}")
        given = (bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token)
        object.__setattr__(self, "source", source)
        for name, token in zip(SPECIAL_TOKENS, given, strict=True):
            object.__setattr__(self, name, token)
        self._compiled()

    def __hash__(self) -> int:
        return hash(self.source)

    @property
    def sha256(self) -> str:
        """The fingerprint of the source."""
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        now: datetime | None = None,
        **kwargs: Any,
    ) -> str:
        """The prompt, byte for byte as transformers renders it.

        `continue_final_message` leaves the last message open (`True`, or the name of the field to
        continue); `now` is what the template sees as the time; other arguments go to the template.
        """
        asked = _Asked(messages, tools, add_generation_prompt, continue_final_message, now, kwargs)
        return self._render(asked.at_one_moment(), plain_text, tracing=False)

    def render_segments(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        now: datetime | None = None,
        **kwargs: Any,
    ) -> list[Segment]:
        """The same prompt in stretches of one author, so that only the template's control tokens count.

        Every string in messages, tools and other arguments is the caller's, whatever its role, except
        an `Own` one, whose text the model wrote: it stays a segment of its own.
        """
        asked = _Asked(messages, tools, add_generation_prompt, continue_final_message, now, kwargs)
        asked = asked.at_one_moment()
        expected = self._render(asked, plain_text, tracing=False)
        if not self._compiled().followable:
            raise _unfollowed("it escapes its output as HTML")
        try:
            followed = self._render(asked, Tracer(), tracing=True)
        except TemplateError as err:
            raise _unfollowed(str(err)) from err
        if followed != expected:
            raise _unfollowed("following it gave another text")
        return segments(followed)

    def capabilities(self) -> Capabilities:
        """What this template shows to the model, found out by rendering a few small conversations."""
        return probe(self)

    @classmethod
    def from_gguf_metadata(cls, metadata: Mapping[str, Any]) -> ChatTemplate:
        """The template that a GGUF file carries, with the special tokens of its vocabulary."""
        return cls(**gguf_template(metadata))

    def _compiled(self) -> Compiled:
        try:
            return compile_source(self.source)
        except (
            Exception
        ) as err:  # whatever parsing a stranger's template raises; the reader is the user
            raise _refused(err, None, "the chat template cannot be compiled") from err

    def _render(self, asked: _Asked, text: Callable[[str], str], *, tracing: bool) -> str:
        compiled = self._compiled()
        try:
            variables = self._variables(asked, text)
            last = cast("list[dict[str, Any]]", variables["messages"])[-1]
            end = mark_the_end(last, asked.continue_final, text) if asked.continue_final else None
            result = run_template(compiled, variables, tracing=tracing)
        except TemplateError:
            raise
        except Exception as err:  # a template may raise anything; the user gets to read it
            raise _refused(err, compiled, "the chat template refused these messages") from err
        return result if end is None else _cut(result, end)

    def _variables(self, asked: _Asked, text: Callable[[str], str]) -> dict[str, Any]:
        tokens = {name: getattr(self, name) for name in SPECIAL_TOKENS}
        return {
            "documents": None,
            **{name: token for name, token in tokens.items() if token is not None},
            **{name: plain_data(value, text) for name, value in asked.kwargs.items()},
            "messages": plain_messages(asked.messages, text),
            "tools": plain_data(asked.tools, text),
            "add_generation_prompt": asked.generation_prompt,
            NOW: asked.now,
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of one render."""

    messages: Sequence[Message]
    tools: Sequence[ToolSchema] | None
    generation_prompt: bool
    continue_final: bool | str
    now: datetime | None
    kwargs: Mapping[str, Any]

    def at_one_moment(self) -> _Asked:
        """Checked, and with the time set, so that rendering twice gives the same."""
        if self.generation_prompt and self.continue_final:
            raise TemplateError(
                "continue_final_message and add_generation_prompt cannot both be set",
                "the final message is continued, or a new one is started",
            )
        now = self.now or datetime.now()
        return _Asked(
            self.messages, self.tools, self.generation_prompt, self.continue_final, now, self.kwargs
        )


def _cut(rendered: str, final: str) -> str:
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


def _refused(err: Exception, compiled: Compiled | None, otherwise: str) -> TemplateError:
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


def _unfollowed(reason: str) -> TemplateError:
    return TemplateError(
        f"cannot tell which characters of the prompt the template wrote: {reason}",
        "give another chat_template, or let the server render the messages",
    )
