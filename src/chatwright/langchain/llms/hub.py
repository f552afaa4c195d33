"""A model of the Hub at the providers that take raw prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from chatwright.backends.inference_providers import split_endpoint, split_name
from chatwright.errors import UnknownModel, UsageError, did_you_mean

from .remote import RemoteLLM

__all__ = ["TASKS", "HuggingFaceHub", "check_name"]

TASKS = ("text-generation", "text2text-generation", "conversational")
"""The tasks that a text LLM can be asked for."""


class HuggingFaceHub(RemoteLLM):
    """A model of the Hub by its name; `model_kwargs` are the parameters of its generations.

        HuggingFaceHub(repo_id="org/name", model_kwargs={"max_new_tokens": 512, "temperature": 0.1})

    The Hub is asked which provider takes raw prompts for it. Where there is none but for chats, the error says what to
    do; `ChatHuggingFace` over this LLM talks to those.
    """

    repo_id: str
    task: str | None = None

    other_names: ClassVar[Mapping[str, str]] = {**RemoteLLM.other_names, "model": "repo_id"}
    settings: ClassVar[frozenset[str]] = RemoteLLM.settings | {"repo_id"}

    @model_validator(mode="after")
    def _check_repo(self) -> Self:
        if self.task and self.task not in TASKS:
            hint = did_you_mean(self.task, TASKS)
            raise UsageError(f"'{self.task[:60]}' is no task of a text LLM", hint)
        if self.repo_id.startswith(("http://", "https://")):
            raise UsageError(
                "repo_id is a URL", "for a server take HuggingFaceEndpoint(endpoint_url=...)"
            )
        check_name(self.repo_id)
        return self

    def _spec(self) -> str:
        return self.repo_id

    def _where(self) -> dict[str, Any]:
        return {**super()._where(), "task": self.task}

    @property
    def _llm_type(self) -> str:
        return "huggingface_hub"


def check_name(spec: str) -> None:
    """Refuse what is no name of a model of the Hub, nor `endpoint:NAME`."""
    if spec.startswith("endpoint:"):
        split_endpoint(spec.removeprefix("endpoint:"))
    elif split_name(spec) is None:
        hint = "write org/name; a model of this machine is HuggingFaceLocal(model=...)"
        raise UnknownModel(f"'{spec[:80]}' is no model of the Hub", hint)
