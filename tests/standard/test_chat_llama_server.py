"""LangChain's standard tests over a real llama-server, which has a template and a tool format of its own."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from suite import Chat
from weak import LLAMA_SERVER

from chatwright import HuggingFaceEndpoint


@pytest.mark.slow
class TestLlamaServer(Chat, ChatModelIntegrationTests):
    too_weak = LLAMA_SERVER
    chat_params: ClassVar[dict[str, Any]] = {
        "temperature": 0,
        "repetition_penalty": 1.2,
        "max_tokens": 120,
    }
    url = ""

    @pytest.fixture(autouse=True)
    def _server(self, llama_url: str) -> None:
        type(self).url = llama_url

    def llm(self) -> Any:
        return HuggingFaceEndpoint(endpoint_url=self.url)

    def scripted(self) -> Any:
        return HuggingFaceEndpoint(
            endpoint_url=self.strict_url, huggingfacehub_api_token="strict-key"
        )
