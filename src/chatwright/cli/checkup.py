"""What `chatwright check` finds out about a model: facts, in the order in which they become known. Nothing is shown here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..backends.facts import Fact, TellsFacts, fail, shortened, warn
from ..errors import ChatwrightError, TemplateError, UsageError
from ..events import (
    Error,
    Event,
    Finish,
    Malformed,
    Notice,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

if TYPE_CHECKING:
    from ..model import Model, Options

__all__ = ["Watch", "checkup"]

_SERVER, _TEMPLATE, _RUN = "server", "template", "run"
_PATIENCE = 120.0  # seconds for each of the two questions
_HELLO = "Say hello in one short sentence."
_SUM, _RESULT = "What is 12 * 34?", "408"
_SHOWN_AS = {
    "system": "system messages",
    "tools": "tools",
    "tool_role": "results of tools",
    "content_parts": "lists of parts",
}


class Watch:
    """Is told how far the work is. This one keeps it to itself."""

    def weights(self, done: int, whole: int) -> None:
        """So many bytes of the weights have been looked at."""

    def step(self, text: str) -> None:
        """The next thing that may take a while."""


def checkup(
    spec: str, opened: Callable[[], Model], *, thorough: bool, run: bool, watch: Watch
) -> Iterator[Fact]:
    """The facts about the model that `opened` opens, `spec` by name.

    `thorough` looks at every weight of a file, `run` asks the model two questions. What is wrong with the model is a
    fact too; a name that means no model is an error.
    """
    try:
        model = opened()
    except UsageError:
        raise
    except ChatwrightError as err:
        yield from _unopened(spec, err, thorough, run, watch)
        return
    with model:
        try:
            yield from _backend(model, thorough, watch)
        except ChatwrightError as err:  # a server that opened, and then does not say what it is
            yield fail(_SERVER, "answers", str(err), err.hint)
            return
        yield from _template(model)
        if run:
            yield from _asked(model, watch)


def _backend(model: Model, thorough: bool, watch: Watch) -> Iterator[Fact]:
    if model.commit:
        yield Fact("file", "from the Hub", f"{model.name}, commit {model.commit[:12]}")
    path = getattr(model.backend, "path", None)
    if isinstance(path, Path):
        yield from _file(path, thorough, watch)
    if isinstance(model.backend, TellsFacts):
        yield from model.backend.facts()
    else:
        yield from _server(model)


def _server(model: Model) -> Iterator[Fact]:
    """What a server told when it was asked what it is."""
    client = getattr(model.backend, "client", None)
    if client is None:
        return
    from ..backends.probe import probe
    from ..backends.server_facts import served_facts

    yield from served_facts(client, probe(client), route="chat" if _chats(model) else "text")


def _chats(model: Model) -> bool:
    """Does it take messages as they are?"""
    return model.template is None and hasattr(model.backend, "chat")


def _file(path: Path, thorough: bool, watch: Watch) -> Iterator[Fact]:
    from ..backends.local.report import file_facts

    return file_facts(path, thorough=thorough, watch=watch.weights)


def _unopened(
    spec: str, err: ChatwrightError, thorough: bool, run: bool, watch: Watch
) -> Iterator[Fact]:
    """A model that does not open: what its file tells all the same, and the reason."""
    path = _path(spec)
    told = list(_file(path, thorough, watch)) if path else []
    yield from told
    if any(fact.state == "fail" for fact in told):
        return
    if not isinstance(err, TemplateError) or path is None:
        yield fail("model", "opening", str(err), err.hint)
        return
    broken = "" if "no chat template" in str(err) else "the chat template is broken: "
    yield fail(_TEMPLATE, "chat template", f"{broken}{err}", err.hint)
    if run:
        from ..backends.local import LocalBackend
        from ..model import Model

        with Model(LocalBackend(path), name=spec) as model:
            yield from _asked(model, watch)


def _path(spec: str) -> Path | None:
    """The file that a name means without any look at the Hub."""
    if not spec.startswith("local:"):
        return None
    try:
        path = Path(spec.removeprefix("local:").strip()).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # no such user, too long, a zero in it: it was said
        return None


# The template


def _template(model: Model) -> Iterator[Fact]:
    template = model.template
    if _chats(model):
        shown = "the server's own, which is not shown"
        yield Fact(_TEMPLATE, "chat template", shown, data={"source": "server"})
        return
    if template is None:
        hint = "give one with template=ChatTemplate(...), or use it for raw prompts"
        yield warn(_TEMPLATE, "chat template", "none", hint)
        return
    inside = getattr(model.backend, "chat_template_source", None) == template.source
    lines = template.source.count("\n") + 1
    known = template.origin.removeprefix("given")
    source = "from the file" if inside else f"from {known}" if known else "given"
    shown = f"{source}, {lines} lines, SHA-256 {template.sha256[:12]}"
    data = {"lines": lines, "sha256": template.sha256, "in_file": inside, "source": source}
    yield Fact(_TEMPLATE, "chat template", shown, data=data)
    found = template.capabilities
    flags = {f.name: getattr(found, f.name) for f in fields(found)}
    can = {
        _SHOWN_AS.get(k, k.replace("_", " ")): v for k, v in flags.items() if isinstance(v, bool)
    }
    yield _list("shows", [name for name, shown in can.items() if shown], data=flags)
    if dropped := [name for name, shown in can.items() if not shown]:
        yield _list("does not show", dropped)
    marks = [m for m in ("enable_thinking", "reasoning_content", "<think>") if m in template.source]
    yield Fact(
        _TEMPLATE, "thinking", f"yes ({', '.join(marks)})" if marks else "no", data=bool(marks)
    )
    how = (
        "tools are told in words" if model.format.name == "react_json" else "as the model learnt it"
    )
    yield Fact(_TEMPLATE, "tool format", f"{model.format.name}: {how}", data=model.format.name)


def _list(name: str, items: list[str], data: Any = None) -> Fact:
    return Fact(_TEMPLATE, name, ", ".join(items) or "nothing", data=data)


# The questions


def _asked(model: Model, watch: Watch) -> Iterator[Fact]:
    for name, step, ask in (
        ("loading", "loading the model", _load),
        ("sentence", "asking for a sentence", _sentence),
        ("call", "asking for a tool call", _tool_call),
    ):
        if ask is _load and not hasattr(model.backend, "load"):
            continue
        watch.step(step)
        try:
            fact = ask(model, watch)
        except ChatwrightError as err:
            yield fail(_RUN, name, str(err), err.hint)
            return
        if fact is not None:
            yield fact
    if _chats(model):
        yield _tool_support(model)


def _tool_support(model: Model) -> Fact:
    """Whether the server takes tools: a model finds that out when it first gives it some."""
    if model.tools_go_along:
        shown = "native: the server is given them and takes calls apart itself"
        return Fact(_RUN, "tools", shown, data="native")
    name = model.format.name
    hint = "a server of vLLM takes them with --enable-auto-tool-choice and --tool-call-parser"
    shown = f"the server takes none: they are told in words ({name})"
    return Fact(_RUN, "tools", shown, "warn", hint, name)


def _load(model: Model, watch: Watch) -> Fact | None:
    del watch
    load: Callable[[], None] | None = getattr(model.backend, "load", None)
    if load is None:
        return None
    start = time.monotonic()
    load()
    ms = round(1000 * (time.monotonic() - start))
    return Fact(_RUN, "loading", f"{ms:,} ms", data={"ms": ms})


def _sentence(model: Model, watch: Watch) -> Fact:
    from ..request import Sampling

    options: Options = {
        "max_tokens": 32,
        "sampling": Sampling(temperature=0),
        "deadline": time.monotonic() + _PATIENCE,
    }
    if model.template is None and not hasattr(model.backend, "chat"):
        return _timed(model.complete("Once upon a time", **options), watch)
    return _timed(model.stream([{"role": "user", "content": _HELLO}], **options), watch)


def _timed(events: Iterator[Event], watch: Watch) -> Fact:
    start = time.monotonic()
    first: float | None = None
    text, usage = "", Usage()
    for event in events:
        if isinstance(event, Text | Reasoning):
            first = first or time.monotonic()
            text += event.text
        elif isinstance(event, Notice):
            watch.step(event.text)
        elif isinstance(event, Finish):
            usage = event.usage
    end = time.monotonic()
    if not text.strip():
        hint = "its chat template or its end-of-text token may be wrong"
        return warn(_RUN, "sentence", f"it wrote nothing ({usage.completion} tokens)", hint)
    wait = round(1000 * ((first or end) - start))
    rate = (usage.completion - 1) / max(end - (first or end), 1e-9) if usage.completion > 1 else 0.0
    speed = f"first after {wait:,} ms" + (f", {rate:.0f} tokens a second" if rate else "")
    data = {
        "text": text,
        "tokens": usage.completion,
        "first_ms": wait,
        "tokens_per_second": round(rate, 1),
    }
    return Fact(_RUN, "sentence", f'"{shortened(text, 60)}" ({speed})', data=data)


def _tool_call(model: Model, watch: Watch) -> Fact:
    from ..agent import Agent, Limits
    from ..tools.load import calculator

    if model.template is None and not hasattr(model.backend, "chat"):
        return warn(_RUN, "call", "not tried: it takes a chat template")
    agent = Agent(model, [calculator()], limits=Limits(max_steps=3, max_seconds=_PATIENCE))
    start = time.monotonic()
    call: ToolCall | None = None
    odd = ""
    with closing(cast("Any", agent.stream(_SUM))) as events:
        for event in events:
            match event:
                case ToolCall():
                    call = event
                case ToolResult() if call is not None:
                    return _called(call, event, round(1000 * (time.monotonic() - start)))
                case Malformed(_, reason):
                    odd = f"its call could not be read: {reason}"
                case Notice(text):
                    watch.step(text)
                case Error(message, hint):
                    return fail(_RUN, "call", message, hint)
                case Finish(answer, _, _, _):
                    odd = odd or f'it answered without calling: "{shortened(answer, 60)}"'
                case _:
                    pass
    return warn(
        _RUN, "call", odd, "for tools take a larger model, or one that was trained for them"
    )


def _called(call: ToolCall, result: ToolResult, ms: int) -> Fact:
    args = ", ".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in call.args.items())
    shown = f"{call.name}({shortened(args)}) gave {shortened(result.text, 40)} (after {ms:,} ms)"
    data = {"name": call.name, "args": call.args, "result": result.text, "ms": ms}
    if result.ok and _RESULT in result.text:
        return Fact(_RUN, "call", shown, data=data)
    hint = f'the question was "{_SUM}"; for tools take a larger model'
    return Fact(_RUN, "call", shown, "warn", hint, data)
