"""LangChain's standard tests over nano in this process."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, ClassVar

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from suite import Chat
from weak import NANO

from chatwright import HuggingFaceEndpoint, HuggingFaceLocal


@pytest.mark.slow
class TestLocal(Chat, ChatModelIntegrationTests):
    too_weak = NANO
    model_override_value = f"local:{files('chatwright') / 'nano' / 'nano.gguf'}"
    chat_params: ClassVar[dict[str, Any]] = {
        "temperature": 0,
        "repetition_penalty": 1.2,
        "max_tokens": 120,
    }

    def llm(self) -> Any:
        return HuggingFaceLocal("nano")

    def scripted(self) -> Any:
        return HuggingFaceEndpoint(
            endpoint_url=self.strict_url, huggingfacehub_api_token="strict-key"
        )
