"""Strict servers of other makes: each is understood, whatever it calls itself and however its address is written."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.exceptions import ModelAuthenticationError, ModelNotFoundError
from strict_openai import Strict, strict_server

from chatwright import ChatHuggingFace, HuggingFaceEndpoint


def chat(server: Strict, path: str = "", *, key: str = "key", **more: Any) -> ChatHuggingFace:
    llm = HuggingFaceEndpoint(endpoint_url=server.url + path, huggingfacehub_api_token=key)
    return ChatHuggingFace(llm=llm, **more)


@pytest.mark.parametrize("owner", ["openai", "vllm", "sglang", "llamacpp", "tgi", "somebody"])
def test_whoever_owns_the_model_it_is_sent_nothing_that_was_not_asked_for(owner: str) -> None:
    with strict_server(api_key="key", owner=owner) as server:
        assert chat(server).invoke("Hello").response_metadata["model_name"] == "strict-1"
        assert not [why for why in server.refused if "(GET " not in why]


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_may_be_that_of_the_server_or_of_its_route(path: str) -> None:
    with strict_server(api_key="key") as server:
        assert chat(server, path).invoke("Hello").text.startswith("Hello!")


@pytest.mark.parametrize("path", ["", "/v1", "/v1/chat/completions"])
def test_a_server_that_lists_no_models_answers_for_the_one_that_is_named(path: str) -> None:
    with strict_server(api_key="key", lists=False) as server:
        reply = chat(server, path, model_id="strict-2").invoke("Hello")
        assert reply.response_metadata["model_name"] == "strict-2"


def test_a_model_that_is_not_there_and_a_wrong_key_are_told_apart() -> None:
    with strict_server(api_key="key") as server:
        with pytest.raises(ModelNotFoundError, match="strict-9"):
            chat(server, model_id="strict-9").invoke("Hello")
        with pytest.raises(ModelAuthenticationError):
            chat(server, key="other").invoke("Hello")


def test_more_stops_than_the_server_takes_all_end_the_answer() -> None:
    with strict_server(api_key="key") as server:
        for stop, said in (("Is", "Hello! I read: Hello "), ("there", "Hello! I read: Hello Is ")):
            stops = ["@", "#", "$", "%", stop]
            assert chat(server).invoke("Hello", stop=stops).text == said
            pieces = [chunk.text for chunk in chat(server).stream("Hello", stop=stops)]
            assert "".join(pieces) == said
