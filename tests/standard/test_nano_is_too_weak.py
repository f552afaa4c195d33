"""The list of what nano is too weak for holds: on nano itself each of these tests fails, and for want of content.

When one passes, its line in `weak.py` goes, and the test runs on nano for good.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_tests.integration_tests import ChatModelIntegrationTests
from suite import Chat
from weak import LLAMA_SERVER, NANO, NEVER, ONE_MODEL

from chatwright import ChatHuggingFace, HuggingFaceEndpoint, HuggingFaceLocal

pytestmark = pytest.mark.slow

CONTENT = (AssertionError, OutputParserException)
"""What a standard test says to a reply that is not what it asked for; an error of ours would be another one."""


class OnNano(Chat, ChatModelIntegrationTests):
    """The standard tests, to be called one by one; pytest does not collect them here."""

    __test__ = False

    def __init__(self, llm: Any) -> None:
        self._llm = llm

    def llm(self) -> Any:
        return self._llm


def run(name: str, llm: Any) -> None:
    """The standard test of this name, on this LLM, in its first form."""
    test = getattr(ChatModelIntegrationTests, name)
    given = (
        {"schema_type": "pydantic"} if "schema_type" in inspect.signature(test).parameters else {}
    )
    model = ChatHuggingFace(llm=llm, temperature=0, repetition_penalty=1.2, max_tokens=120)
    result = test(OnNano(llm), model, **given)
    if inspect.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("name", NEVER)
def test_nano_is_too_weak_for(name: str) -> None:
    with pytest.raises(CONTENT):
        run(name, HuggingFaceLocal("nano"))


@pytest.mark.parametrize("name", NEVER | ONE_MODEL)
def test_llama_server_on_nano_is_too_weak_for(name: str, llama_url: str) -> None:
    with pytest.raises(CONTENT):
        run(name, HuggingFaceEndpoint(endpoint_url=llama_url))


def test_every_name_on_the_lists_is_a_standard_test() -> None:
    known = {name for name in dir(ChatModelIntegrationTests) if name.startswith("test_")}
    assert {*NANO, *LLAMA_SERVER} <= known
