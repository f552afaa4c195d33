"""LangChain's unit tests of a chat model, over each of our LLMs. Nothing here is asked or loaded."""

from __future__ import annotations

from typing import Any

from langchain_tests.unit_tests import ChatModelUnitTests
from suite import Chat

from chatwright import (
    HuggingFaceEndpoint,
    HuggingFaceHub,
    HuggingFaceLocal,
    HuggingFaceTextGenInference,
)

NOBODY = "http://127.0.0.1:9"


class Unit(Chat):
    """Over an LLM that is never asked."""

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"HUGGINGFACEHUB_API_TOKEN": "hf_secret"}, {"llm": self.llm()}, {}


class TestLocal(Unit, ChatModelUnitTests):
    def llm(self) -> Any:
        return HuggingFaceLocal("nano")


class TestTextGenInference(Unit, ChatModelUnitTests):
    def llm(self) -> Any:
        return HuggingFaceTextGenInference(inference_server_url=NOBODY)


class TestEndpoint(Unit, ChatModelUnitTests):
    def llm(self) -> Any:
        return HuggingFaceEndpoint(endpoint_url=NOBODY)


class TestHub(Unit, ChatModelUnitTests):
    def llm(self) -> Any:
        return HuggingFaceHub(repo_id="org/model")
