"""Raw prompts to a provider that takes them: which one does, and on which route."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatwright.backends.client import Client
from chatwright.backends.exchange import Call
from chatwright.backends.loose import mapping, mappings, text
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import NotServed
from chatwright.request import Request

__all__ = ["Mapped", "choose", "question", "raw_backend"]

_TASK = "text-generation"
_ROUTES = {  # the providers that take prompts, and where
    "deepinfra": "/v1/openai/completions",
    "featherless-ai": "/v1/completions",
    "hf-inference": "/",
    "novita": "/v3/openai/completions",
    "together": "/v1/completions",
}
_POLICIES = ("fastest", "cheapest", "preferred", "auto")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A model at a provider: what it is called there, and for which task."""

    provider: str
    id: str
    task: str
    live: bool


def question(model: str) -> Call:
    """What to ask the Hub."""
    return Call(f"/api/models/{model}?expand=inferenceProviderMapping")


def choose(model: str, provider: str, data: object) -> Mapped:
    """The provider that takes raw prompts for this model, or an error that says what to do instead."""
    all_ = list(_read(mapping(data).get("inferenceProviderMapping")))
    named = provider and provider not in _POLICIES
    asked = [each for each in all_ if not named or each.provider == provider]
    able = [each for each in asked if each.task == _TASK and each.provider in _ROUTES]
    if able:
        return next((each for each in able if each.live), able[0])
    raise _none(model, provider if named else "", all_, asked)


def _none(model: str, provider: str, all_: list[Mapped], asked: list[Mapped]) -> NotServed:
    others = [each.provider for each in all_ if each.task == _TASK and each.provider in _ROUTES]
    who = provider or "no provider"
    if others:
        hint = f"take a provider that does: {', '.join(f'{model}:{name}' for name in others)}"
    elif any(each.task == "conversational" for each in asked or all_):
        hint = f"it answers messages: use chat; for prompts run local:{model}-GGUF or endpoint:NAME"
    else:
        hint = f"run it here as local:{model}-GGUF, or deploy it and use endpoint:NAME"
    tasks = ", ".join(sorted({each.task for each in asked if each.task}))
    but = f" (only {tasks})" if tasks else ""
    does = "does not take" if provider else "takes"
    return NotServed(
        f"{who} {does} raw prompts for {model}{but}: it is not supported for the task {_TASK}",
        hint,
        error_type="task",
    )


def _read(told: object) -> Generator[Mapped, None, None]:
    """The mapping, which is an object by provider or a list."""
    entries = mappings(told) or [
        {"provider": name, **mapping(entry)} for name, entry in mapping(told).items()
    ]
    for entry in entries:
        name, id = text(entry.get("provider")), text(entry.get("providerId"))
        if name:
            live = text(entry.get("status")) in ("", "live")
            yield Mapped(name, id, text(entry.get("task")), live)


def raw_backend(
    router: Client, mapped: Mapped, parameters: Mapping[str, Any], *, streaming: bool
) -> TgiBackend | OpenAIBackend:
    """The backend for raw prompts at this provider."""
    path = f"{router.path}/{mapped.provider}"
    if mapped.provider == "hf-inference":
        client = router.at(f"{path}/models/{mapped.id}")
        return TgiBackend(client, parameters=parameters, streaming=streaming)
    return _Prompts(
        router.at(path), _ROUTES[mapped.provider],
        model=mapped.id, parameters=parameters, streaming=streaming,
    )  # fmt: skip


class _Prompts(OpenAIBackend):
    """A provider whose completions stand on a route of its own."""

    def __init__(
        self,
        client: Client,
        route: str,
        *,
        model: str,
        parameters: Mapping[str, Any],
        streaming: bool,
    ) -> None:
        super().__init__(client, model=model, parameters=parameters, streaming=streaming)
        self._route = route

    def _completion(self, request: Request) -> Call:
        return replace(super()._completion(request), route=self._route)
