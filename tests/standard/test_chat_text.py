"""LangChain's standard tests over a text model that does as it is told: templates, ReAct-JSON and constraints are ours."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from perfect_text import Perfect
from serving import model_of, serving
from suite import Chat

from chatwright import HuggingFaceEndpoint, HuggingFaceLocal, HuggingFaceTextGenInference


class TestInProcess(Chat, ChatModelIntegrationTests):
    model_override_value = f"local:{files('chatwright') / 'nano' / 'nano.gguf'}"

    def llm(self) -> Any:
        return HuggingFaceLocal(model_of(Perfect()))


@pytest.fixture(scope="module")
def perfect_url() -> Iterator[str]:
    with serving(Perfect()) as address:
        yield address.url


class OverTgi(Chat):
    url = ""

    @pytest.fixture(autouse=True)
    def _server(self, perfect_url: str) -> None:
        type(self).url = perfect_url


class TestTextGenInference(OverTgi, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceTextGenInference(inference_server_url=self.url)


class TestEndpoint(OverTgi, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceEndpoint(endpoint_url=self.url)
