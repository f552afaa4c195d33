"""LangChain's standard tests over a strict OpenAI-speaking server: every gate open, nothing skipped for us."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from strict_openai import Strict
from suite import Chat, Everything

from chatwright import HuggingFaceEndpoint, HuggingFaceTextGenInference


class Strictly(Everything, Chat):
    """Over the strict server, which must not have refused anything."""

    @pytest.fixture(autouse=True)
    def _server(self, strict: Strict) -> Any:
        type(self).strict_url = strict.url
        strict.refused.clear()
        yield
        assert [r for r in strict.refused if "(GET /info)" not in r] == []


class TestEndpoint(Strictly, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceEndpoint(
            endpoint_url=self.strict_url, huggingfacehub_api_token="strict-key"
        )


class TestEndpointByFunctionCalling(TestEndpoint):
    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "function_calling", "strict": True}


class TestEndpointByStrictJsonSchema(TestEndpoint):
    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "json_schema", "strict": True}


class TestTextGenInference(Strictly, ChatModelIntegrationTests):
    def llm(self) -> Any:
        return HuggingFaceTextGenInference(
            inference_server_url=self.strict_url,
            server_kwargs={"headers": {"Authorization": "Bearer strict-key"}},
        )
