"""A model's chat template: from messages to the exact prompt, and who wrote each stretch of it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import TemplateError, did_you_mean
from ..request import Message, Segment, ToolSchema
from .asked import Asked
from .inputs import NOW, Tracer, cut, mark_the_end, plain_data, plain_messages, plain_text
from .places import Found, read_config
from .provenance import segments
from .source import as_templates, compiled, fingerprint, pinned, run, unfollowed
from .special import SPECIAL_TOKENS, Special, Token, read_special, said

if TYPE_CHECKING:
    from .adapt import Adapted
    from .capabilities import Capabilities

__all__ = ["SPECIAL_TOKENS", "ChatTemplate"]


@dataclass(frozen=True, init=False)
class ChatTemplate:
    """A chat template and the special tokens that it may name.

    >>> template = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}")
    >>> template.render([{"role": "user", "content": "Hi"}])
    'user: Hi'

    A template that cannot be compiled is a `TemplateError` here, one that refuses the messages is a
    `TemplateError` at `render`, with the template's own words.

    Some models have several templates by name: `{"default": ..., "tool_use": ...}`. Then `tool_use` renders
    when there are tools, else `default`; `named("rag")` is the one of that name. With `sha256=` only the very
    template with that fingerprint is taken, and with `isolated=True` it runs in a process of its own. Every further argument is a special token, as the tokenizer's files
    write it: `image_token="<image>"`, `additional_special_tokens=[...]`.
    """

    source: str
    bos_token: str | None = None
    eos_token: str | None = None
    unk_token: str | None = None
    sep_token: str | None = None
    pad_token: str | None = None
    cls_token: str | None = None
    mask_token: str | None = None
    more_tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    """The special tokens with other names that the template sees."""
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    """The templates by name, where the model has several or names its one; `source` is then the default."""
    origin: str = field(default="", compare=False)
    """Where it was found, in words."""

    def __init__(
        self,
        source: str | Mapping[str, str] | Sequence[Mapping[str, str]],
        *,
        bos_token: Token = None,
        eos_token: Token = None,
        unk_token: Token = None,
        sep_token: Token = None,
        pad_token: Token = None,
        cls_token: Token = None,
        mask_token: Token = None,
        sha256: str | None = None,
        origin: str = "",
        isolated: bool = False,
        **more: Any,
    ) -> None:
        given = (bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token)
        tokens: dict[str, Any] = {**dict(zip(SPECIAL_TOKENS, given, strict=True)), **more}
        for name in more:
            if not name.endswith(("_token", "_special_tokens")):
                raise TypeError(f"ChatTemplate has no argument {name!r}")
        object.__setattr__(self, "_isolated", isolated)
        self._fill(Found(as_templates(source), read_special(said(tokens)), place=origin), sha256)

    def _fill(self, found: Found, sha256: str | None) -> None:
        """Set what was found, and see that it is the one that was pinned, and that it compiles."""
        templates = found.templates
        by_name = dict(templates) if isinstance(templates, Mapping) else {}
        source = by_name.get("default") or next(iter(by_name.values()), "")
        variables = found.special.variables
        values: dict[str, Any] = {name: variables.get(name) for name in SPECIAL_TOKENS}
        values["source"] = templates if isinstance(templates, str) else source
        values["more_tokens"] = {n: t for n, t in variables.items() if n not in SPECIAL_TOKENS}
        values["templates"] = by_name
        values["origin"] = found.place
        values["_found"] = found
        for name, value in values.items():
            object.__setattr__(self, name, value)
        pinned(self.sha256, sha256)
        for text in () if self.isolated else by_name.values() or [self.source]:
            compiled(text)

    def __hash__(self) -> int:
        return hash(self.source)

    @property
    def sha256(self) -> str:
        """The fingerprint of the source; where there are several templates, of all their names and sources."""
        if not self.templates or list(self.templates) == ["default"]:
            return fingerprint(self.source)
        return fingerprint(
            "".join(f"{n}\0{fingerprint(s)}\n" for n, s in sorted(self.templates.items()))
        )

    @property
    def isolated(self) -> bool:
        """It renders in a process of its own, which is killed when it takes too much."""
        return bool(self.__dict__.get("_isolated"))

    def in_worker(self) -> ChatTemplate:
        """The same template, rendered in a process of its own: a real wall around a stranger's template."""
        same = self._of(cast("Found", self.__dict__["_found"]))
        object.__setattr__(same, "_isolated", True)
        return same

    def _elsewhere(self, what: str, asked: Asked) -> Any:
        from .worker import in_worker

        whole = {"source": dict(self.templates) or self.source, **self.special_tokens}
        return in_worker(what, whole, asked.arguments())

    @property
    def special_tokens(self) -> dict[str, str]:
        """Every special token that the template sees, by its name."""
        own = {name: getattr(self, name) for name in SPECIAL_TOKENS}
        return {**{n: t for n, t in own.items() if t is not None}, **self.more_tokens}

    @functools.cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """What no caller may write: the control tokens that the tokenizer lists, else those the template writes."""
        from .control import control_tokens

        found: Found = self.__dict__["_found"]
        return control_tokens(self, found.special.listed, found.added, found.control)

    def with_tokens(self, special_tokens: Mapping[str, str]) -> ChatTemplate:
        """The same template with these special tokens."""
        found: Found = self.__dict__["_found"]
        tokens: dict[str, Any] = dict(special_tokens)
        listed = (*found.special.listed, *tokens.values())
        return self._of(replace(found, special=Special(tokens, tuple(dict.fromkeys(listed)))))

    def named(self, name: str) -> ChatTemplate:
        """The template of that name, with the same tokens."""
        if name not in self.templates:
            guess = did_you_mean(name, self.templates) if self.templates else "it has one alone"
            raise TemplateError(f"there is no chat template called '{name[:80]}'", guess)
        found: Found = self.__dict__["_found"]
        return self._of(replace(found, templates=self.templates[name]))

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
        asked = Asked(messages, tools, add_generation_prompt, continue_final_message, now, kwargs)
        if self.isolated:
            return self._elsewhere("render", asked)
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
        asked = Asked(messages, tools, add_generation_prompt, continue_final_message, now, kwargs)
        if self.isolated:
            found = self._elsewhere("render_segments", asked)
            return [Segment(text, trusted) for text, trusted in found]
        asked = asked.at_one_moment()
        # Rendered twice on purpose: what follows the authors may never change the text.
        expected = self._render(asked, plain_text, tracing=False)
        followed = self._followed(asked)
        if followed != expected:
            raise unfollowed("following it gave another text")
        return segments(followed)

    def _followed(self, asked: Asked) -> str:
        """The prompt whose characters know who wrote them."""
        if not compiled(self._chosen(asked.tools)).followable:
            raise unfollowed("it escapes its output as HTML")
        try:
            return self._render(asked, Tracer(), tracing=True)
        except TemplateError as err:
            raise unfollowed(str(err)) from err

    @property
    def capabilities(self) -> Capabilities:
        """What this template shows to the model, found out once by rendering a few small conversations."""
        from .capabilities import probe

        return probe(self)

    def adapt(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] | None = None
    ) -> Adapted:
        """The conversation in the form that this template takes, and what was changed; `render` never does that."""
        from .adapt import adapted

        return adapted(self.capabilities, messages, tools)

    @classmethod
    def from_hub(
        cls,
        repo_id: str,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        offline: bool | None = None,
        name: str | None = None,
        sha256: str | None = None,
        timeout: float | None = None,
    ) -> ChatTemplate:
        """The template of a repository of the Hub, from its small files alone: a few requests, one when they are cached.

        `offline` (else `HF_HUB_OFFLINE`) asks nobody: what the cache does not have counts as absent. `name` takes
        one of several templates, and `timeout` bounds all of it. A token that was not given is sent to the Hub's
        own hosts only, whatever `HF_ENDPOINT` says.
        """
        from .hub import hub_template

        place = None if cache_dir is None else Path(cache_dir)
        found = hub_template(repo_id, revision, token, place, offline, timeout)
        return cls._of(found, name, sha256)

    @classmethod
    def from_dir(
        cls, path: str | os.PathLike[str], *, name: str | None = None, sha256: str | None = None
    ) -> ChatTemplate:
        """The template of a folder with a tokenizer's files, as `save_pretrained` writes it."""
        from .load import folder_template

        return cls._of(folder_template(Path(path).expanduser()), name, sha256)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], *, name: str | None = None, sha256: str | None = None
    ) -> ChatTemplate:
        """The template in a file: jinja, or a `tokenizer_config.json`."""
        from .load import file_template

        return cls._of(file_template(Path(path).expanduser()), name, sha256)

    @classmethod
    def from_tokenizer_config(
        cls, config: Mapping[str, Any], *, name: str | None = None, sha256: str | None = None
    ) -> ChatTemplate:
        """The template in a tokenizer's configuration, which is there as `chat_template` in any of its forms."""
        return cls._of(read_config(config), name, sha256, "this tokenizer configuration")

    @classmethod
    def from_gguf_metadata(
        cls, metadata: Mapping[str, Any], *, name: str | None = None, sha256: str | None = None
    ) -> ChatTemplate:
        """The template that a GGUF file carries, with the special tokens of its vocabulary."""
        from .load import gguf_template

        return cls._of(gguf_template(metadata), name, sha256, "this GGUF file")

    @classmethod
    def from_info(
        cls, info: Mapping[str, Any], *, name: str | None = None, sha256: str | None = None
    ) -> ChatTemplate:
        """The template that a server tells in its `/info`."""
        from .load import info_template

        return cls._of(info_template(info), name, sha256, "the server's /info")

    @classmethod
    def built_in(
        cls,
        name: str,
        *,
        vocabulary: Container[str] | None = None,
        special_tokens: Mapping[str, str] | None = None,
        sha256: str | None = None,
    ) -> ChatTemplate:
        """A well-known format, such as `chatml`, for a model without a template.

        Where `vocabulary` has not the tokens that the format writes, it is an error that names those that fit.
        """
        from .builtin import pick

        given = dict(special_tokens or {})
        bos, eos = given.get("bos_token"), given.get("eos_token")
        known = pick(name, vocabulary=vocabulary, bos=bos, eos=eos)
        tokens: dict[str, Any] = {"bos_token": known.bos, "eos_token": known.eos, **given}
        return cls(known.source, sha256=sha256, origin=f"the built-in format {name}", **tokens)

    @classmethod
    def _of(
        cls,
        found: Found,
        name: str | None = None,
        sha256: str | None = None,
        what: str = "this model",
    ) -> ChatTemplate:
        if found.templates is None:
            from .builtin import no_template

            raise no_template(what)
        self = cls.__new__(cls)
        if name is None:
            self._fill(found, sha256)
            return self
        self._fill(found, None)
        chosen = self.named(name)
        pinned(chosen.sha256, sha256)
        return chosen

    def _chosen(self, tools: Any) -> str:
        """The source for these arguments."""
        if not self.templates:
            return self.source
        name = "tool_use" if tools is not None and "tool_use" in self.templates else "default"
        if name in self.templates:
            return self.templates[name]
        names = ", ".join(sorted(self.templates))
        raise TemplateError(
            f"this model has several chat templates and none of them is the default: {names}",
            "choose one: template.named(...), or name= where it is loaded",
        )

    def _render(self, asked: Asked, text: Callable[[str], str], *, tracing: bool) -> str:
        ready = compiled(self._chosen(asked.tools))
        try:
            variables = self._variables(asked, text)
            last = cast("list[dict[str, Any]]", variables["messages"])[-1]
            end = None
            if asked.continue_final:
                end = mark_the_end(last, asked.continue_final, text, self._chosen(asked.tools))
            result = run(ready, variables, tracing=tracing)
        except TemplateError:
            raise
        except Exception as err:  # a template may raise anything; the user gets to read it
            from .refusal import refused

            raise refused(err, ready, "the chat template refused these messages") from err
        return result if end is None else cut(result, end)

    def _variables(self, asked: Asked, text: Callable[[str], str]) -> dict[str, Any]:
        return {
            "documents": None,
            **cast("Found", self.__dict__["_found"]).special.variables,
            **{name: plain_data(value, text) for name, value in asked.kwargs.items()},
            "messages": plain_messages(asked.messages, text),
            "tools": plain_data(asked.tools, text),
            "add_generation_prompt": asked.generation_prompt,
            NOW: asked.now,
        }
