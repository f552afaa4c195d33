"""What LangChain's standard tests are told of our chat model: once, for every model that they run on.

A standard class gets a model by mixing `Chat` in and giving `llm()`. No test is overridden, left out or expected to
fail. Where nano, a toy of 6 MB, cannot give the content that a test asks for, `too_weak` of `weak.py` names the test,
and the same test runs with the same class of LLM on the strict server.
"""

from __future__ import annotations

import inspect
import io
import struct
import wave
import zlib
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests, ToolsIntegrationTests
from langchain_tests.integration_tests import chat_models as standard
from strict_openai import MODELS

from chatwright import ChatHuggingFace

__all__ = ["Chat", "Everything", "mark_async"]


def mark_async(*suites: type) -> None:
    """The standard tests bring coroutines without the mark that pytest-asyncio asks for."""
    for suite in suites:
        for name, test in vars(suite).items():
            if name.startswith("test_") and inspect.iscoroutinefunction(test):
                pytest.mark.asyncio(test)


mark_async(ChatModelIntegrationTests, ToolsIntegrationTests)


class Chat:
    """`ChatHuggingFace` over an LLM."""

    # Nothing is recorded, so that the test of a recorded stream streams the real thing, and measures nothing.
    enable_vcr_tests = True
    pytestmark = pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")

    too_weak: ClassVar[dict[str, str]] = {}
    """Tests that want content which the model cannot give, and why."""
    supports_json_mode = True
    supports_anthropic_inputs = True
    model_override_value = "nano-2"
    chat_params: ClassVar[dict[str, Any]] = {}

    strict_url = ""

    @pytest.fixture(autouse=True)
    def _addresses(self, request: pytest.FixtureRequest) -> None:
        """Start what the tests talk to, before anything asks for its address."""
        if self.too_weak:
            type(self).strict_url = request.getfixturevalue("strict").url

    def llm(self) -> Any:
        """The LLM under test."""
        raise NotImplementedError

    def scripted(self) -> Any:
        """An LLM of the same class, on the strict server."""
        raise NotImplementedError

    @property
    def chat_model_class(self) -> type[ChatHuggingFace]:
        return ChatHuggingFace

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"llm": self.llm(), **self.chat_params}

    @pytest.fixture
    def model(self, request: pytest.FixtureRequest) -> ChatHuggingFace:
        given: dict[str, Any] = {
            **self.standard_chat_model_params,  # type: ignore[attr-defined]
            **self.chat_model_params,
            **(getattr(request, "param", None) or {}),
        }
        if getattr(request.node, "originalname", "") in self.too_weak:
            given["llm"] = self.scripted()
        return self.chat_model_class(**given)


class Everything:
    """For a model that takes whatever there is: every gate of the standard tests open."""

    model_override_value = MODELS[1]
    supports_image_inputs = True
    supports_image_urls = True
    supports_pdf_inputs = True
    supports_audio_inputs = True
    supports_image_tool_message = True
    supports_pdf_tool_message = True
    supported_usage_metadata_details: ClassVar[dict[str, list[str]]] = {
        kind: ["reasoning_output", "cache_read_input"] for kind in ("invoke", "stream")
    }

    @pytest.fixture(autouse=True)
    def _fetched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some tests fetch a picture, a sound and a document from the network; here they get small real ones."""
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "chatwright-tests/1")
        monkeypatch.setattr(standard, "httpx", SimpleNamespace(get=_fetch))

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self._asked("Think about it.", stream, reasoning_effort="high")

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self._asked("The same words again.", stream)
        return self._asked("The same words again.", stream)

    def _asked(self, messages: Any, stream: bool, **options: Any) -> AIMessage:
        model: ChatHuggingFace = self.chat_model_class(**self.chat_model_params)  # type: ignore[attr-defined]
        if not stream:
            return model.invoke(messages, **options)
        whole: AIMessageChunk | None = None
        for chunk in model.stream(messages, **options):
            whole = chunk if whole is None else whole + chunk
        assert whole is not None
        return whole


def _fetch(url: str, **_: Any) -> SimpleNamespace:
    made = {".png": _png, ".wav": _wav, ".pdf": _pdf}[PurePosixPath(url).suffix]
    return SimpleNamespace(content=made())


def _png() -> bytes:
    """One white pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + part(b"IDAT", zlib.compress(b"\0\xff\xff\xff"))
        + part(b"IEND", b"")
    )


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(160))
    return file.getvalue()


def _pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n"
