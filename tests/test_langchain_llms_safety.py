"""The text LLMs keep secrets, tell themselves apart in a cache, and travel: serialised, copied, pickled."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import ModelAuthenticationError, ModelNotFoundError
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumpd, dumps, load
from llm_servers import completions, generations, parameters, tgi
from pydantic import ValidationError

from chatwright import (
    HuggingFaceEndpoint,
    HuggingFaceHub,
    HuggingFaceLocal,
    HuggingFaceTextGenInference,
)
from chatwright.backends.exchange import Call
from chatwright.errors import NotServed, Unauthorized, UsageError
from chatwright.testing import Scripted

TOKEN = "hf_sesameoeffnedich"
COOKIE = "c00kie-geheim"
HERE = "http://127.0.0.1:9"
SECRET_HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "X-Tenant-Key": COOKIE,
    "Content-Type": "application/json",
}
both = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture(autouse=True)
def nothing_lies_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in (
        "HUGGINGFACEHUB_API_TOKEN",
        "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
        "CHATWRIGHT_HUB_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


@pytest.fixture
def cache() -> Iterator[InMemoryCache]:
    store = InMemoryCache()
    set_llm_cache(store)
    yield store
    set_llm_cache(None)


def ask(way: str, llm: Any, **kwargs: Any) -> str:
    return llm.invoke("Hi", **kwargs) if way == "sync" else asyncio.run(llm.ainvoke("Hi", **kwargs))


def sent(server: FaultServer) -> list[str | None]:
    return [request.headers.get("authorization") for request in server.requests]


# -- tokens ------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("name", ["HUGGINGFACEHUB_API_TOKEN", "HF_TOKEN"])
def test_a_token_of_the_environment_never_goes_to_a_foreign_server(
    way: str, name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, TOKEN)
    with tgi(["x"]) as server:
        ask(way, HuggingFaceTextGenInference(inference_server_url=server.url))
        ask(way, HuggingFaceEndpoint(endpoint_url=server.url))
        ask(way, HuggingFaceEndpoint(model=server.url))
    assert set(sent(server)) == {None}
    assert TOKEN not in str([request.headers for request in server.requests])


@both
def test_an_explicit_token_goes_to_the_server_that_it_was_given_for(way: str):
    with tgi(["x"]) as server:
        ask(way, HuggingFaceEndpoint(endpoint_url=server.url, huggingfacehub_api_token=TOKEN))
    assert set(sent(server)) == {f"Bearer {TOKEN}"}


@both
def test_a_header_comes_before_the_token_and_goes_along_with_every_request(way: str):
    with tgi(["x"]) as server:
        llm = HuggingFaceEndpoint(
            endpoint_url=server.url,
            huggingfacehub_api_token="another",
            server_kwargs={"headers": SECRET_HEADERS, "cookies": {"a": "b", "c": "d"}},
        )
        ask(way, llm)
    assert set(sent(server)) == {f"Bearer {TOKEN}"}
    assert {request.headers["x-tenant-key"] for request in server.requests} == {COOKIE}
    assert {request.headers["cookie"] for request in server.requests} == {"a=b; c=d"}


@pytest.mark.parametrize(
    ("env", "given", "expected"),
    [
        ({"HF_TOKEN": "two"}, {}, "Bearer two"),
        ({"HF_TOKEN": "two", "HUGGINGFACEHUB_API_TOKEN": "one"}, {}, "Bearer one"),
        ({"HF_TOKEN": "two"}, {"huggingfacehub_api_token": "mine"}, "Bearer mine"),
        ({"HF_TOKEN": "two"}, {"huggingfacehub_api_token": ""}, None),
        ({}, {"api_key": "mine"}, "Bearer mine"),
        ({}, {}, None),
    ],
)
def test_a_dedicated_endpoint_gets_the_token_that_comes_first(
    monkeypatch: pytest.MonkeyPatch,
    env: dict[str, str],
    given: dict[str, str],
    expected: str | None,
):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    llm = HuggingFaceEndpoint(endpoint_url="https://a.aws.endpoints.huggingface.cloud", **given)
    headers = dict(llm._client()._headers(Call("/generate"), None))
    assert headers.get(b"authorization") == (expected and expected.encode())


@both
def test_a_model_of_the_hub_is_asked_for_at_the_place_that_the_user_named(
    way: str, monkeypatch: pytest.MonkeyPatch
):
    def hub(c: Connection) -> None:
        if c.request.target.startswith("/api/models/"):
            mapping = {
                "together": {
                    "status": "live",
                    "providerId": "their/name",
                    "task": "text-generation",
                }
            }
            c.send(json_reply({"inferenceProviderMapping": mapping}))
        else:
            choice = {"index": 0, "text": " there", "finish_reason": "stop"}
            c.send(json_reply({"choices": [choice]}))

    with FaultServer(hub) as server:
        monkeypatch.setenv("CHATWRIGHT_HUB_URL", server.url)
        monkeypatch.setenv("HF_TOKEN", "ambient-and-not-for-here")
        asked = {"max_new_tokens": 5, "temperature": 0.1}
        llm = HuggingFaceHub(repo_id="org/name", huggingfacehub_api_token=TOKEN, model_kwargs=asked)
        assert ask(way, llm) == " there"
        assert (
            ask(way, HuggingFaceEndpoint(repo_id="org/name", token=TOKEN, top_p=None)) == " there"
        )
    routes = [target.partition("?")[0] for target in generations(server)]
    assert routes == ["/api/models/org/name", "/together/v1/completions"] * 2
    assert set(sent(server)) == {f"Bearer {TOKEN}"}
    assert server.requests[1].json == {
        "model": "their/name", "prompt": "Hi", "max_tokens": 5, "temperature": 0.1,
    }  # fmt: skip


@both
def test_where_the_providers_have_only_chat_the_error_says_what_to_do(
    way: str, monkeypatch: pytest.MonkeyPatch
):
    mapping = {"groq": {"status": "live", "providerId": "x", "task": "conversational"}}
    with FaultServer(lambda c: c.send(json_reply({"inferenceProviderMapping": mapping}))) as server:
        monkeypatch.setenv("CHATWRIGHT_HUB_URL", server.url)
        with pytest.raises(ModelNotFoundError) as caught:
            ask(way, HuggingFaceHub(repo_id="org/name"))
    assert isinstance(caught.value, NotServed)
    assert "use chat" in caught.value.hint


@both
def test_without_a_token_a_model_of_the_hub_is_made_but_not_asked(way: str):
    llm = HuggingFaceHub(repo_id="org/name")
    with pytest.raises(ModelAuthenticationError) as caught:
        ask(way, llm)
    assert isinstance(caught.value, Unauthorized)
    assert "HF_TOKEN" in caught.value.hint


@both
@pytest.mark.parametrize("name", ["huggingfacehub_api_token", "token", "api_key", "server_kwargs"])
def test_a_token_is_no_parameter_of_a_call_and_is_not_sent_as_one(way: str, name: str):
    with tgi(["x"]) as server:
        llm = HuggingFaceTextGenInference(inference_server_url=server.url)
        with pytest.raises(UsageError, match=name) as caught:
            ask(way, llm, **{name: TOKEN})
        assert TOKEN not in str(caught.value)
        assert server.requests == []


# -- nobody sees a secret ----------------------------------------------------------------------------------------


class Listens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_llm_start(self, serialized: Any, prompts: Any, **kwargs: Any) -> None:
        self.heard.append((serialized, prompts, kwargs))

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.heard.append((str(error), repr(error), kwargs))


def secretive(url: str = HERE) -> list[Any]:
    server = {"headers": SECRET_HEADERS, "cookies": {"id": COOKIE}, "proxy": ""}
    return [
        HuggingFaceTextGenInference(
            inference_server_url=url, huggingfacehub_api_token=TOKEN, server_kwargs=server
        ),
        HuggingFaceEndpoint(endpoint_url=url, api_key=TOKEN, server_kwargs=server),
        HuggingFaceHub(repo_id="org/name", huggingfacehub_api_token=TOKEN, server_kwargs=server),
    ]


@pytest.mark.parametrize("llm", secretive(), ids=lambda llm: type(llm).__name__)
def test_no_text_about_an_llm_holds_a_secret(llm: Any):
    told = [
        repr(llm), str(llm), llm.model_dump_json(), str(llm.model_dump()), dumps(llm), str(dumpd(llm)),
        str(llm.asdict()), str(llm._identifying_params), str(vars(llm)), str(llm._get_ls_params()),
        pickle.dumps(llm).decode("latin-1"), json.dumps(llm.to_json()["kwargs"], default=str),
    ]  # fmt: skip
    for text in told:
        assert TOKEN not in text and COOKIE not in text
    assert "application/json" in llm.model_dump_json()


def test_no_callback_and_no_error_holds_a_secret():
    def parrot(c: Connection) -> None:
        c.send(json_reply({"error": f"no: {c.request.headers}", "error_type": "x"}, 401))

    with FaultServer(parrot) as server:
        for llm in secretive(server.url)[:2]:
            listener = Listens()
            with pytest.raises(Unauthorized) as caught:
                llm.invoke("Hi", config={"callbacks": [listener]})
            said = f"{caught.value} {caught.value.hint} {caught.value!r} {listener.heard}"
            assert TOKEN not in said and COOKIE not in said


def test_an_argument_of_the_wrong_kind_is_named_without_the_token_beside_it():
    with pytest.raises(ValidationError) as caught:
        HuggingFaceEndpoint(
            endpoint_url=HERE, huggingfacehub_api_token=TOKEN, max_new_tokens="many"
        )
    assert "max_new_tokens" in str(caught.value) and TOKEN not in str(caught.value)


# -- serialised, copied, pickled ---------------------------------------------------------------------------------


def again(llm: Any, **options: Any) -> Any:
    return load(dumpd(llm), valid_namespaces=["chatwright"], allowed_objects=[type(llm)], **options)


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_langchain_writes_an_llm_down_and_reads_it_again():
    llm = HuggingFaceEndpoint(
        endpoint_url=HERE, api_key=TOKEN, temperature=0, do_sample=False, seed=0, stop_sequences=["a"],
        model_kwargs={"best_of": 2}, server_kwargs={"headers": SECRET_HEADERS},
    )  # fmt: skip
    told = dumpd(llm)
    assert told["id"] == ["chatwright", "langchain", "HuggingFaceEndpoint"]
    assert told["kwargs"]["huggingfacehub_api_token"] == {
        "lc": 1, "type": "secret", "id": ["HUGGINGFACEHUB_API_TOKEN"],
    }  # fmt: skip
    copied = again(llm, secrets_map={"HUGGINGFACEHUB_API_TOKEN": TOKEN})
    assert copied.huggingfacehub_api_token.get_secret_value() == TOKEN
    assert copied.server_kwargs == {"headers": {"Content-Type": "application/json"}}
    assert copied._identifying_params == llm._identifying_params
    assert again(llm).huggingfacehub_api_token is None
    for fields in ({"do_sample": False}, {"top_p": None}, {"temperature": 0}):
        plain = HuggingFaceTextGenInference(inference_server_url=HERE, **fields)
        assert again(plain)._identifying_params == plain._identifying_params
    local = HuggingFaceLocal("nano", max_new_tokens=3)
    assert again(local) == local


def test_a_copy_keeps_its_secrets_and_opens_its_own_connections():
    with tgi(["x"]) as server:
        llm = HuggingFaceTextGenInference(
            inference_server_url=server.url, server_kwargs={"headers": SECRET_HEADERS}
        )
        llm.invoke("Hi")
        for other in (copy.deepcopy(llm), copy.copy(llm), llm.model_copy(deep=True)):
            assert other == llm
            assert other.invoke("Hi") == "x"
    assert sent(server) == [f"Bearer {TOKEN}"] * 4


def test_a_pickle_travels_without_secrets_and_says_so(caplog: pytest.LogCaptureFixture):
    with tgi(["x"]) as server:
        llm = secretive(server.url)[0]
        llm.invoke("Hi")
        with caplog.at_level(logging.WARNING, "chatwright"):
            raw = pickle.dumps(llm)
        other = pickle.loads(raw)
        assert other.invoke("Hi") == "x"
        assert "given again" in caplog.text
    assert sent(server) == [f"Bearer {TOKEN}", None]
    assert other.server_kwargs["headers"] == {"Content-Type": "application/json"}


def test_a_pickle_of_a_local_model_loads_and_answers():
    llm = HuggingFaceLocal("nano", temperature=0, max_new_tokens=5)
    with llm:
        first = llm.invoke("Once upon a time")
        with pickle.loads(pickle.dumps(llm)) as other:
            assert other == llm
            assert other.invoke("Once upon a time") == first


# -- cache -------------------------------------------------------------------------------------------------------


@both
def test_two_servers_never_share_a_cached_answer(way: str, cache: InMemoryCache):
    with tgi(["one"]) as first, tgi(["two"]) as second:
        for cls, name in (
            (HuggingFaceTextGenInference, "inference_server_url"),
            (HuggingFaceEndpoint, "endpoint_url"),
        ):
            one, two = cls(**{name: first.url}), cls(**{name: second.url})
            assert [ask(way, llm) for llm in (one, two, one, two)] == ["one", "two", "one", "two"]
        assert generations(first).count("/generate") == 2


FIELDS = [
    {}, {"temperature": 0}, {"temperature": None}, {"temperature": 0.5}, {"top_k": 5}, {"top_p": None},
    {"typical_p": None}, {"repetition_penalty": 1.5}, {"seed": 0}, {"seed": 1}, {"max_new_tokens": 5},
    {"max_new_tokens": None}, {"truncate": 5}, {"watermark": True}, {"do_sample": False}, {"return_full_text": True},
    {"stop_sequences": ["a"]}, {"stop_sequences": ["b"]}, {"model_kwargs": {"best_of": 2}},
    {"model_kwargs": {"min_p": 0}}, {"model_kwargs": {"grammar": {"type": "regex", "value": "x"}}},
    {"server_kwargs": {"headers": {"Accept-Language": "de"}}},
]  # fmt: skip


@both
def test_every_parameter_makes_another_key_wherever_it_stands(way: str, cache: InMemoryCache):
    with tgi(["x"]) as server:
        for fields in FIELDS * 2:
            ask(way, HuggingFaceTextGenInference(inference_server_url=server.url, **fields))
        assert len(server.requests) == len(FIELDS)
        llm = HuggingFaceTextGenInference(inference_server_url=server.url)
        calls: list[dict[str, Any]] = [
            {"seed": 2},
            {"temperature": 0.4},
            {"max_tokens": 6},
            {"best_of": 3},
            {"stop": ["q"]},
        ]
        for call in calls * 2:
            ask(way, llm, **call)
        assert len(server.requests) == len(FIELDS) + len(calls)
        ask(way, llm, max_new_tokens=6)  # the same under its other name
        ask(way, llm, temperature=0)  # the same as the field
        ask(way, HuggingFaceTextGenInference(inference_server_url=server.url, timeout=7))
        assert len(server.requests) == len(FIELDS) + len(calls)


def test_the_key_does_not_change_once_a_server_has_told_what_it_is(cache: InMemoryCache):
    with completions("x") as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url)
        assert [llm.invoke("Hi"), llm.invoke("Hi")] == ["x", "x"]
        assert generations(server).count("/v1/completions") == 1


def test_models_of_the_hub_and_of_this_machine_have_keys_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
):
    llms: list[Any] = [
        HuggingFaceHub(repo_id="org/a"),
        HuggingFaceHub(repo_id="org/b"),
        HuggingFaceHub(repo_id="org/a:together"),
        HuggingFaceHub(repo_id="org/a", task="text-generation"),
        HuggingFaceEndpoint(repo_id="org/a"),
        HuggingFaceEndpoint(repo_id="org/a", provider="together"),
        HuggingFaceEndpoint(endpoint_url=HERE),
        HuggingFaceEndpoint(endpoint_url=HERE, model="a"),
        HuggingFaceLocal("nano"),
        HuggingFaceLocal("local:a.gguf"),
        HuggingFaceLocal(Scripted([])),
    ]
    keys = {str(sorted(llm.asdict().items())) for llm in llms}
    assert len(keys) == len(llms)
    monkeypatch.setenv("CHATWRIGHT_HUB_URL", HERE)
    assert str(sorted(llms[0].asdict().items())) not in keys


def test_langsmith_hears_what_is_really_asked_for():
    llm = HuggingFaceHub(repo_id="org/a", model_kwargs={"temperature": 0, "max_tokens": 5})
    assert llm._get_ls_params(stop=["x"], temperature=0.5) == {
        "ls_provider": "huggingface", "ls_model_type": "llm", "ls_model_name": "org/a",
        "ls_temperature": 0.5, "ls_max_tokens": 5, "ls_stop": ["x"],
    }  # fmt: skip
    with tgi(["x"]) as server:
        plain = HuggingFaceTextGenInference(inference_server_url=server.url)
        plain.generate(["Hi"], tags=["a"], metadata={"b": 1}, run_name="c")
        assert {"tags", "metadata", "run_name"}.isdisjoint(parameters(server))
