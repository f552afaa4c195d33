"""LangChain's standard tests over `chatwright serve` on nano, through both classes that talk to a server."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from suite import Chat
from weak import NANO

from chatwright import HuggingFaceEndpoint, HuggingFaceTextGenInference


@pytest.mark.slow
class Served(Chat):
    """Over real HTTP, on TGI's routes: the prompt is rendered here."""

    too_weak = NANO
    chat_params: ClassVar[dict[str, Any]] = {
        "temperature": 0,
        "repetition_penalty": 1.2,
        "max_tokens": 120,
    }
    url = ""

    @pytest.fixture(autouse=True)
    def _server(self, nano_url: str) -> None:
        type(self).url = nano_url


class TestTextGenInference(Served, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceTextGenInference(inference_server_url=self.url)

    def scripted(self) -> Any:
        headers = {"Authorization": "Bearer strict-key"}
        return HuggingFaceTextGenInference(
            inference_server_url=self.strict_url, server_kwargs={"headers": headers}
        )


class TestEndpoint(Served, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceEndpoint(endpoint_url=self.url)

    def scripted(self) -> Any:
        return HuggingFaceEndpoint(
            endpoint_url=self.strict_url, huggingfacehub_api_token="strict-key"
        )
