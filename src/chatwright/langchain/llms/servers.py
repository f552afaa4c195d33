"""The LLMs that a URL names: a TGI, or whatever server stands there; and models of the Hub with the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from chatwright.backends.client import Client
from chatwright.errors import UsageError, did_you_mean

from .hub import TASKS, check_name
from .remote import RemoteLLM

__all__ = ["HuggingFaceEndpoint", "HuggingFaceTextGenInference"]


class _Sampled(RemoteLLM):
    """The fields of a generation, with the defaults that code of old counts on.

    The default temperature is sent, so answers are sampled though `do_sample` is false by default: a TGI samples when
    any of temperature, `top_k`, `top_p` and `typical_p` is set, whatever `do_sample` says. For greedy answers give
    `temperature=0`, or `do_sample=False` and none of these. `typical_p` and `watermark` are TGI's own: as defaults
    they go to a TGI alone, and if you give them, to any server.
    """

    max_new_tokens: int | None = 512
    top_k: int | None = None
    top_p: float | None = 0.95
    typical_p: float | None = 0.95
    temperature: float | None = 0.8
    repetition_penalty: float | None = None
    return_full_text: bool = False
    truncate: int | None = None
    stop_sequences: list[str] = Field(default_factory=list)
    seed: int | None = None
    do_sample: bool = False
    watermark: bool = False


class HuggingFaceTextGenInference(_Sampled):
    """A server that speaks Text Generation Inference's own protocol.

        llm = HuggingFaceTextGenInference(inference_server_url="http://127.0.0.1:8080", temperature=0.1)
        llm.invoke("Once upon a time")

    A prompt costs one request: the server is not asked what it is.
    """

    inference_server_url: str

    other_names: ClassVar[Mapping[str, str]] = {
        **RemoteLLM.other_names,
        "base_url": "inference_server_url",
        "endpoint_url": "inference_server_url",
    }
    settings: ClassVar[frozenset[str]] = RemoteLLM.settings | {"inference_server_url"}

    @model_validator(mode="after")
    def _check_server(self) -> Self:
        self._client()  # says at once what is wrong with the address or a header
        return self

    def _url(self) -> str:
        return self.inference_server_url.strip()

    def _asks_first(self) -> bool:
        return False

    def _client(self) -> Client:
        if not self._url():
            raise UsageError("there is no inference_server_url", "give http://host:port")
        return super()._client()

    @property
    def _llm_type(self) -> str:
        return "huggingface_textgen_inference"


class HuggingFaceEndpoint(_Sampled):
    """A server of any kind by its URL, an Inference Endpoint, or a model of the Hub at its providers.

        HuggingFaceEndpoint(endpoint_url="https://name.endpoints.huggingface.cloud")
        HuggingFaceEndpoint(repo_id="org/name", provider="together")
        HuggingFaceEndpoint(model="endpoint:my-endpoint")

    The server at `endpoint_url` (a URL in `model` is the same) is asked once what it is, with the first prompt. Beside
    an `endpoint_url`, `model` is what that server is told that the model is called, and `repo_id` its name on the Hub.
    """

    endpoint_url: str | None = None
    repo_id: str | None = None
    model: str | None = None
    provider: str | None = None
    task: str | None = None

    other_names: ClassVar[Mapping[str, str]] = {
        **RemoteLLM.other_names,
        "base_url": "endpoint_url",
        "inference_server_url": "endpoint_url",
    }
    settings: ClassVar[frozenset[str]] = RemoteLLM.settings | {
        "endpoint_url",
        "repo_id",
        "provider",
    }

    @model_validator(mode="after")
    def _check_model(self) -> Self:
        if self.task and self.task not in TASKS:
            raise UsageError(
                f"'{self.task[:60]}' is no task of a text LLM", did_you_mean(self.task, TASKS)
            )
        urls = [text for text in (self.endpoint_url, self.model, self.repo_id) if _is_url(text)]
        if self.endpoint_url and not _is_url(self.endpoint_url):
            raise UsageError(
                "endpoint_url is no URL", "give http://host:port, or repo_id='org/name'"
            )
        if len(set(urls)) > 1 or _is_url(self.repo_id):
            raise UsageError("that names two servers", "give one endpoint_url")
        if self._url():
            self._client()  # says at once what is wrong with the address or a header
        elif self.model and self.repo_id and self.model != self.repo_id:
            raise UsageError("model and repo_id name two models", "give one of them")
        elif self._spec():
            check_name(self._spec())
        else:
            raise UsageError("no model is named", "give endpoint_url=..., repo_id=... or model=...")
        return self

    def _url(self) -> str:
        url = self.endpoint_url or (self.model if _is_url(self.model) else None) or ""
        return url.strip()

    def _spec(self) -> str:
        name = self.repo_id or (self.model if not _is_url(self.model) else None) or ""
        named = self.provider not in (None, "", "auto") and ":" not in name and not self._url()
        return f"{name}:{self.provider}" if name and named else name

    def _name(self) -> str:
        return self.model if self.endpoint_url and self.model and not _is_url(self.model) else ""

    def _where(self) -> dict[str, Any]:
        return {**super()._where(), "task": self.task}

    @property
    def _llm_type(self) -> str:
        return "huggingface_endpoint"


def _is_url(text: str | None) -> bool:
    return (text or "").strip().startswith(("http://", "https://"))
