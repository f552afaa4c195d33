"""The text LLMs of the LangChain face: what they send, what they give, sync and async."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from langchain_core.language_models.llms import BaseLLM
from llm_servers import bodies, completions, generations, parameters, tgi
from served_nano import process

from chatwright import (
    HuggingFaceEndpoint,
    HuggingFaceHub,
    HuggingFaceLocal,
    HuggingFaceTextGenInference,
)
from chatwright.backends.openai import OpenAIBackend
from chatwright.backends.tgi import TgiBackend
from chatwright.errors import (
    BackendError,
    ConstraintError,
    NotServed,
    TimedOut,
    Unavailable,
    UsageError,
)
from chatwright.testing import Scripted

WARNING = (
    "WARNING! foo is not default parameter. foo was transferred to model_kwargs. "
    "Please confirm that foo is what you intended."
)
both = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture(scope="module")
def nano_url() -> Iterator[str]:
    with process("-m", "nano") as server:
        yield server.url


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("HUGGINGFACEHUB_API_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


def ask(way: str, llm: BaseLLM, prompt: str = "Hi", **kwargs: Any) -> str:
    if way == "sync":
        return llm.invoke(prompt, **kwargs)
    return asyncio.run(llm.ainvoke(prompt, **kwargs))


def stream(way: str, llm: BaseLLM, prompt: str = "Hi", **kwargs: Any) -> list[str]:
    if way == "sync":
        return list(llm.stream(prompt, **kwargs))

    async def collect() -> list[str]:
        return [piece async for piece in llm.astream(prompt, **kwargs)]

    return asyncio.run(collect())


def at(server: FaultServer, **fields: Any) -> HuggingFaceTextGenInference:
    return HuggingFaceTextGenInference(inference_server_url=server.url, **fields)


# -- what is sent ------------------------------------------------------------------------------------------------


def test_the_notebooks_own_arguments_construct_without_a_word():
    asked = {"max_new_tokens": 512, "top_k": 50, "temperature": 0.1, "repetition_penalty": 1.03}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HuggingFaceTextGenInference(
            inference_server_url="http://127.0.0.1:9",
            server_kwargs={
                "headers": {"Authorization": "Bearer x", "Content-Type": "application/json"}
            },
            **asked,
        )
        HuggingFaceEndpoint(
            endpoint_url="http://127.0.0.1:9", task="text-generation", model_kwargs=asked
        )
        HuggingFaceHub(
            repo_id="HuggingFaceH4/zephyr-7b-beta", task="text-generation", model_kwargs=asked
        )


@pytest.mark.parametrize(
    "llm",
    [
        HuggingFaceTextGenInference(inference_server_url="http://127.0.0.1:9"),
        HuggingFaceEndpoint(endpoint_url="http://127.0.0.1:9"),
    ],
    ids=lambda llm: type(llm).__name__,
)
def test_the_defaults_are_those_that_old_code_counts_on(llm: Any):
    expected = {
        "max_new_tokens": 512, "top_k": None, "top_p": 0.95, "typical_p": 0.95, "temperature": 0.8,
        "repetition_penalty": None, "return_full_text": False, "truncate": None, "stop_sequences": [],
        "seed": None, "timeout": 120, "streaming": False, "do_sample": False, "watermark": False,
        "server_kwargs": {}, "model_kwargs": {},
    }  # fmt: skip
    assert {name: getattr(llm, name) for name in expected} == expected


@both
def test_a_prompt_costs_a_tgi_one_request_with_the_defaults_in_it(way: str):
    with tgi(["Hello", " you"]) as server:
        assert ask(way, at(server), "Hi") == "Hello you"
    assert generations(server) == ["/generate"]
    sent = bodies(server)[0]
    assert sent["inputs"] == "Hi"
    assert sent["parameters"] == {
        "max_new_tokens": 512, "temperature": 0.8, "top_p": 0.95, "typical_p": 0.95, "do_sample": True,
        "return_full_text": False, "details": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "call", "sent"),
    [
        ({"temperature": 0}, {}, {"do_sample": False}),
        ({}, {"temperature": 0}, {"do_sample": False}),
        ({"model_kwargs": {"temperature": 0}}, {}, {"do_sample": False}),
        ({"model_kwargs": {"temperature": 0}}, {"temperature": 0.3}, {"temperature": 0.3}),
        ({"temperature": 0.5}, {"temperature": None}, {"temperature": None, "top_p": 0.95}),
        ({"do_sample": False}, {}, {"do_sample": False, "temperature": None, "top_p": None}),
        ({"do_sample": False, "temperature": 0.5}, {}, {"temperature": 0.5}),
        ({"max_new_tokens": 5, "model_kwargs": {"max_new_tokens": 7}}, {}, {"max_new_tokens": 7}),
        ({"model_kwargs": {"max_tokens": 7}}, {}, {"max_new_tokens": 7}),
        ({"max_new_tokens": 5}, {"max_tokens": 9}, {"max_new_tokens": 9}),
        ({"model_kwargs": {"max_new_tokens": 7}}, {"max_completion_tokens": 9}, {"max_new_tokens": 9}),
        ({"seed": 0}, {}, {"seed": 0}),
        ({"seed": 3}, {"seed": 0}, {"seed": 0}),
        ({"truncate": 9, "watermark": True}, {}, {"truncate": 9, "watermark": True}),
        ({}, {"best_of": 2, "adapter_id": "a"}, {"best_of": 2, "adapter_id": "a"}),
        ({}, {"extra_body": {"best_of": 2}}, {"best_of": 2}),
        ({"stop_sequences": ["a"]}, {"stop": ["b"]}, {"stop": ["a", "b"]}),
        ({"stop_sequences": ["a"]}, {"stop": ["a"]}, {"stop": ["a"]}),
        ({"stop_sequences": ["a"], "model_kwargs": {"stop": ["c"]}}, {}, {"stop": ["c"]}),
        ({"stop_sequences": ["a"]}, {"stop_sequences": ["d"]}, {"stop": ["d"]}),
        ({}, {"logprobs": 2}, {"top_n_tokens": 2}),
    ],
)  # fmt: skip
def test_the_call_comes_before_model_kwargs_and_those_before_the_field(
    fields: dict[str, Any], call: dict[str, Any], sent: dict[str, Any]
):
    with tgi(["x"]) as server:
        at(server, **fields).invoke("Hi", **call)
    assert {name: parameters(server).get(name) for name in sent} == sent


def test_a_grammar_goes_along_in_tgis_words_and_the_answer_is_checked():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with tgi(['{"a": ', "1}"]) as server:
        given = {"type": "json", "value": schema}
        assert at(server).invoke("Hi", grammar=given) == '{"a": 1}'
        assert parameters(server)["grammar"] == given
        with pytest.raises(ConstraintError) as caught:
            at(server).invoke("Hi", grammar={"type": "regex", "value": "yes|no"})
    assert isinstance(caught.value, ModelInvalidRequestError)


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"grammar": {"type": "xml", "value": ""}}, "no grammar"),
        ({"temperature": "hot"}, "temperature is 'hot'"),
        ({"max_new_tokens": True}, "max_new_tokens is 'True'"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"stop_sequences": [1]}, "a stop is no string"),
        ({"max_tokens": 5, "max_new_tokens": 6}, "two names"),
        ({"template_kwargs": {"a": 1}}, "has no template"),
        ({"max_new_tokens": 0}, "max_tokens is 0"),
    ],
)
@both
def test_what_makes_no_sense_is_said_and_not_sent(way: str, kwargs: dict[str, Any], says: str):
    with tgi(["x"]) as server:
        with pytest.raises(UsageError, match=says):
            ask(way, at(server), **kwargs)
        assert server.requests == []


def test_an_argument_that_is_no_field_moves_into_model_kwargs_with_langchains_warning():
    for cls, where in (
        (HuggingFaceTextGenInference, {"inference_server_url": "http://127.0.0.1:9"}),
        (HuggingFaceEndpoint, {"repo_id": "org/name"}),
        (HuggingFaceHub, {"repo_id": "org/name"}),
        (HuggingFaceLocal, {}),
    ):
        given = {"bar": 2}
        with pytest.warns(UserWarning) as caught:
            llm = cls(**where, foo=1, model_kwargs=given)
        assert [str(w.message) for w in caught] == [WARNING]
        assert caught[0].filename == __file__
        assert llm.model_kwargs == {"bar": 2, "foo": 1}
        assert given == {"bar": 2}


def test_what_stands_there_twice_is_refused():
    with pytest.raises(ValueError, match=r"Found foo supplied twice."):
        HuggingFaceHub(repo_id="org/name", foo=1, model_kwargs={"foo": 2})


def test_where_the_model_is_may_stand_in_model_kwargs():
    llm = HuggingFaceEndpoint(
        endpoint_url="http://127.0.0.1:9", model_kwargs={"timeout": 3, "token": "t", "top_k": 5}
    )
    assert (llm.timeout, llm.model_kwargs) == (3, {"top_k": 5})
    assert llm.huggingfacehub_api_token is not None
    assert llm.huggingfacehub_api_token.get_secret_value() == "t"


@pytest.mark.parametrize(
    ("cls", "given", "says"),
    [
        (HuggingFaceEndpoint, {}, "no model is named"),
        (HuggingFaceEndpoint, {"endpoint_url": "org/name"}, "no URL"),
        (HuggingFaceEndpoint, {"endpoint_url": "http://a", "model": "http://b"}, "two servers"),
        (HuggingFaceEndpoint, {"model": "a/b", "repo_id": "a/c"}, "two models"),
        (HuggingFaceEndpoint, {"model": "nano"}, "no model of the Hub"),
        (HuggingFaceEndpoint, {"repo_id": "a/b", "task": "summarization"}, "no task"),
        (HuggingFaceTextGenInference, {"inference_server_url": ""}, "inference_server_url"),
        (HuggingFaceTextGenInference, {"inference_server_url": "http://u:geheim@a"}, "password"),
        (HuggingFaceHub, {"repo_id": "http://a"}, "repo_id is a URL"),
        (HuggingFaceLocal, {"model": "http://a"}, "no model of this machine"),
        (HuggingFaceEndpoint, {"endpoint_url": "http://a", "server_kwargs": {"header": 1}}, "'header'"),
        (HuggingFaceEndpoint, {"endpoint_url": "http://a", "server_kwargs": {"headers": "geheim"}}, "no dict"),
    ],
)  # fmt: skip
def test_a_wrong_address_is_refused_at_once(cls: Any, given: dict[str, Any], says: str):
    with pytest.raises(UsageError, match=says) as caught:
        cls(**given)
    assert "geheim" not in str(caught.value)


# -- what comes back ---------------------------------------------------------------------------------------------


class Tokens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.ended: list[Any] = []
        self.failed: list[BaseException] = []

    def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
        assert kwargs["chunk"].text == token
        self.tokens.append(token)

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.ended.append(response)

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.failed.append(error)


@both
def test_a_stream_comes_piece_by_piece_and_its_end_says_why_and_how_much(way: str):
    seen = Tokens()
    with tgi(["Hel", "lo", " you"], reason="length") as server:
        pieces = stream(way, at(server), config={"callbacks": [seen]})
    assert generations(server) == ["/generate_stream"]
    assert [piece for piece in pieces if piece] == ["Hel", "lo", " you"]
    assert seen.tokens == pieces
    end = seen.ended[0].generations[0][0]
    assert end.text == "Hello you"
    assert end.generation_info["finish_reason"] == "length"
    assert end.generation_info["token_usage"] == {
        "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10,
    }  # fmt: skip


@both
def test_with_streaming_an_invoke_tells_each_token_and_gives_the_same(way: str):
    seen = Tokens()
    with tgi(["Hel", "lo"]) as server:
        llm = at(server, streaming=True)
        assert ask(way, llm, config={"callbacks": [seen]}) == "Hello"
        assert generations(server) == ["/generate_stream"]
        assert [token for token in seen.tokens if token] == ["Hel", "lo"]
        assert ask(way, llm, streaming=False) == "Hello"
    assert generations(server)[1:] == ["/generate"]


@both
@pytest.mark.parametrize("streaming", [False, True])
def test_no_fragment_of_a_stop_string_is_ever_seen(way: str, streaming: bool):
    pieces = [" hi", " there", "\n", "Obs", "erv", "ation", ": 3"]
    with tgi(pieces) as server:
        llm = at(server, streaming=streaming)
        assert ask(way, llm, stop=["\nObservation"]) == " hi there"
        assert "".join(stream(way, llm, stop=["\nObservation"])) == " hi there"
        assert (
            "".join(stream(way, at(server, stop_sequences=["\nObs"]), stop=["zz"])) == " hi there"
        )
        seven = [str(n) for n in range(6)] + [" there"]
        assert "".join(stream(way, llm, stop=seven)) == " hi"
    assert len(parameters(server)["stop"]) == 4


@both
@pytest.mark.parametrize("name", ["return_full_text", "echo"])
def test_the_prompt_stands_in_front_where_it_is_asked_for(way: str, name: str):
    with tgi(["lo"]) as server:
        assert ask(way, at(server), "Hel", **{name: True}) == "Hello"
        assert stream(way, at(server, return_full_text=True), "Hel")[0] == "Hel"
        assert ask(way, at(server, return_full_text=True), "Hel", **{name: False}) == "lo"
        assert parameters(server)["return_full_text"] is False


@both
def test_generate_tells_the_tokens_of_all_prompts_and_asks_side_by_side(way: str):
    arrived = threading.Barrier(3)

    def script(c: Connection) -> None:
        arrived.wait(10)  # nobody is answered before all have asked
        text = c.request.json["inputs"].upper()
        details = {"finish_reason": "eos_token", "generated_tokens": 2}
        c.send(json_reply({"generated_text": text, "details": details}, x_prompt_tokens="5"))

    with FaultServer(script) as server:
        llm = at(server)
        prompts = ["a", "b", "c"]
        got = llm.generate(prompts) if way == "sync" else asyncio.run(llm.agenerate(prompts))
    assert [g[0].text for g in got.generations] == ["A", "B", "C"]
    assert got.llm_output == {
        "model_name": server.url,
        "token_usage": {"prompt_tokens": 15, "completion_tokens": 6, "total_tokens": 21},
    }


@both
def test_in_a_batch_one_failure_does_not_cost_the_other_answers(way: str):
    def script(c: Connection) -> None:
        if c.request.json["inputs"] == "b":
            c.send(json_reply({"error": "no", "error_type": "validation"}, 422))
        else:
            c.send(json_reply({"generated_text": c.request.json["inputs"].upper()}))

    with FaultServer(script) as server:
        llm = at(server)
        options: dict[str, Any] = {"return_exceptions": True}
        got: list[Any] = (
            llm.batch(["a", "b", "c"], **options)
            if way == "sync"
            else asyncio.run(llm.abatch(["a", "b", "c"], **options))
        )
        with pytest.raises(ModelInvalidRequestError):
            llm.generate(["a", "b"]) if way == "sync" else asyncio.run(llm.agenerate(["a", "b"]))
    assert (got[0], got[2]) == ("A", "C")
    assert isinstance(got[1], ModelInvalidRequestError)


@both
def test_a_stream_that_is_left_early_ends_the_request(way: str):
    from fault_server import sse, sse_reply

    def script(c: Connection) -> None:
        event = {
            "index": 1,
            "token": {"id": 1, "text": "a", "special": False},
            "generated_text": None,
        }
        c.send(sse_reply(event), sse(event))
        c.stall()

    async def leave(llm: Any) -> None:
        pieces = llm.astream("Hi")
        assert await anext(pieces) == "a"
        await pieces.aclose()

    with FaultServer(script) as server:
        llm = at(server)
        if way == "sync":
            pieces: Any = llm.stream("Hi")
            assert next(pieces) == "a"
            pieces.close()
        else:
            asyncio.run(leave(llm))
        assert server.hang_ups.acquire(timeout=10)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "theirs"),
    [
        (401, "no", ModelAuthenticationError),
        (403, "no", ModelPermissionDeniedError),
        (404, "no model", ModelNotFoundError),
        (422, "bad", ModelInvalidRequestError),
        (422, "`inputs` must have less than 5 tokens. Given: 9", ContextOverflowError),
        (429, "Model is overloaded", ModelRateLimitError),
    ],
)
@both
def test_a_refusal_is_langchains_error_and_ours(way: str, status: int, error: str, theirs: Any):
    script = [lambda c: c.send(json_reply({"error": error, "error_type": "x"}, status))]
    with FaultServer(*script) as server, pytest.raises(theirs) as caught:
        ask(way, at(server, max_retries=0))
    assert isinstance(caught.value, BackendError)
    assert caught.value.status == status
    assert caught.value.hint


def test_an_except_for_ours_catches_too_and_retries_can_be_counted():
    def busy(c: Connection) -> None:
        c.send(
            json_reply(
                {"error": "Model is overloaded", "error_type": "overloaded"}, 429, retry_after="0"
            )
        )

    def fine(c: Connection) -> None:
        c.send(json_reply({"generated_text": "now"}))

    with FaultServer(busy, busy, fine) as server:
        assert at(server).invoke("Hi") == "now"
    with FaultServer(busy) as server, pytest.raises(Unavailable) as caught:
        at(server, max_retries=1).invoke("Hi")
    assert (len(server.requests), caught.value.attempts) == (2, 2)


def test_a_server_that_is_down_is_a_connection_error_and_the_callback_hears_of_it():
    seen = Tokens()
    with tgi(["x"]) as server:
        url = server.url
    llm = HuggingFaceTextGenInference(inference_server_url=url, max_retries=0, timeout=5)
    with pytest.raises(ModelConnectionError):
        llm.invoke("Hi", config={"callbacks": [seen]})
    assert isinstance(seen.failed[0], ModelConnectionError)


@both
def test_a_stream_that_breaks_off_is_an_error_with_what_had_come(way: str):
    from fault_server import sse_reply

    event = {"index": 1, "token": {"id": 1, "text": "a", "special": False}, "generated_text": None}
    with FaultServer(lambda c: c.send(sse_reply(event))) as server:
        with pytest.raises(ModelConnectionError) as caught:
            stream(way, at(server))
        assert isinstance(caught.value, BackendError)
        assert caught.value.partial == "a"


# -- other servers -----------------------------------------------------------------------------------------------


@both
def test_an_endpoint_is_asked_once_what_it_is_and_an_openai_server_gets_completions(way: str):
    with completions(" hello") as server:
        llm = HuggingFaceEndpoint(endpoint_url=f"{server.url}/v1", model_kwargs={"top_k": 3})
        assert ask(way, llm) == " hello"
        assert "".join(stream(way, llm, frequency_penalty=-1)) == " hello"
        assert isinstance(llm.open().backend, OpenAIBackend)
    assert generations(server) == [
        "/info",
        "/v1/models",
        "/version",
        "/v1/completions",
        "/v1/completions",
    ]
    first, second = bodies(server)
    assert first == {
        "model": "served", "prompt": "Hi", "max_tokens": 512, "temperature": 0.8, "top_p": 0.95, "top_k": 3,
    }  # fmt: skip
    assert (second["stream"], second["frequency_penalty"]) == (True, -1)


def test_a_tgi_only_default_does_not_go_to_another_server_but_what_you_give_does():
    with completions("x") as server:
        HuggingFaceEndpoint(endpoint_url=server.url, watermark=True).invoke("Hi", mirostat=2)
    assert bodies(server)[0]["watermark"] is True
    assert bodies(server)[0]["mirostat"] == 2
    assert "typical_p" not in bodies(server)[0]


def test_a_call_may_name_another_model_of_the_server():
    with completions("x") as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url, model="mine")
        llm.invoke("Hi")
        llm.invoke("Hi", model="other")
    assert [body["model"] for body in bodies(server)] == ["mine", "other"]


def test_a_server_without_raw_prompts_says_what_to_do_instead():
    with completions("x", raw=False) as server, pytest.raises(NotServed) as caught:
        HuggingFaceEndpoint(endpoint_url=server.url).invoke("Hi")
    assert "ChatHuggingFace" in caught.value.hint
    assert isinstance(caught.value, ModelNotFoundError)


@both
def test_an_endpoint_with_a_handler_of_its_own_gets_the_prompt_on_its_one_route(way: str):
    def script(c: Connection) -> None:
        if (c.request.method, c.request.target) == ("POST", "/"):
            c.send(json_reply([{"generated_text": "from a handler"}]))
        else:
            c.send(json_reply({"message": "not found"}, 404))

    with FaultServer(script) as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url, temperature=0)
        assert ask(way, llm) == "from a handler"
        assert ask(way, llm) == "from a handler"
    assert generations(server).count("/info") == 1


@both
def test_many_first_prompts_at_once_ask_the_server_once_what_it_is(way: str):
    with tgi(["x"]) as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url)
        if way == "sync":
            assert llm.batch(["a"] * 8) == ["x"] * 8
        else:
            assert asyncio.run(llm.abatch(["a"] * 8)) == ["x"] * 8
    assert generations(server).count("/info") == 1
    assert generations(server).count("/generate") == 8


def test_open_gives_one_model_for_messages_rendered_here_or_there():
    from chatwright.templates import ChatTemplate

    with tgi(
        ["x"],
        info={"router": "r", "model_id": "org/m", "chat_template": "{{ messages[0].content }}"},
    ) as server:
        llm = at(server)
        model = llm.open()
        assert model is llm.open()
        assert isinstance(model.backend, TgiBackend)
        assert model.name == "org/m"
        assert model.prompt([{"role": "user", "content": "Hi"}]) == "Hi"
        assert isinstance(llm.open(route="chat").backend, OpenAIBackend)
        mine = ChatTemplate("mine")
        assert llm.open(template=mine).prompt([{"role": "user", "content": "Hi"}]) == "mine"
        assert asyncio.run(llm.aopen()) is model
    with tgi(["x"]) as server:
        assert isinstance(
            at(server).open().backend, OpenAIBackend
        )  # no template is known: its chat route
        assert generations(server) == ["/info"]


def test_a_field_that_is_set_anew_opens_a_new_connection_and_a_closed_llm_opens_again():
    with tgi(["one"]) as first, tgi(["two"]) as second:
        llm = at(first)
        assert llm.invoke("Hi") == "one"
        other = llm.model_copy(update={"inference_server_url": second.url})
        assert (other.invoke("Hi"), llm.invoke("Hi")) == ("two", "one")
        llm.inference_server_url = second.url
        assert llm.invoke("Hi") == "two"
        with llm:
            pass
        assert llm.invoke("Hi") == "two"


# -- here, and on a real server ----------------------------------------------------------------------------------


@both
def test_nano_says_the_same_here_and_over_a_real_server(way: str, nano_url: str):
    given: dict[str, Any] = {"temperature": 0, "max_new_tokens": 12}
    said = set[str]()
    for llm in (
        HuggingFaceLocal("nano", **given),
        HuggingFaceTextGenInference(inference_server_url=nano_url, **given),
        HuggingFaceEndpoint(endpoint_url=nano_url, model_kwargs=given),
        HuggingFaceEndpoint(model=nano_url, streaming=True, **given),
    ):
        with llm:
            answer = ask(way, llm, "Once upon a time")
            assert "".join(stream(way, llm, "Once upon a time")) == answer
            said.add(answer)
            assert llm.get_token_ids("hello there") == [
                76,
                350,
                425,
                *llm.get_token_ids("hello there")[3:],
            ]
            assert llm.get_num_tokens("hello there") == len(llm.get_token_ids("hello there"))
    assert len(said) == 1 and said != {""}


@both
def test_a_stop_cuts_nanos_answer_where_it_begins(way: str, nano_url: str):
    llm = HuggingFaceTextGenInference(
        inference_server_url=nano_url, temperature=0, max_new_tokens=12
    )
    whole = ask(way, llm, "Once upon a time")
    stop = whole[3:6]
    assert ask(way, llm, "Once upon a time", stop=[stop]) == whole[: whole.index(stop)]
    assert "".join(stream(way, llm, "Once upon a time", stop=[stop])) == whole[: whole.index(stop)]


@both
def test_the_local_engine_refuses_a_parameter_that_it_does_not_have_by_name(way: str):
    with (
        HuggingFaceLocal("nano") as llm,
        pytest.raises(ModelInvalidRequestError, match="'mirostat'"),
    ):
        ask(way, llm, mirostat=2)


@both
def test_a_local_answer_follows_a_schema_and_a_grammar(way: str):
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    with HuggingFaceLocal("nano", temperature=0) as llm:
        assert ask(way, llm, "x", grammar={"type": "json", "value": schema}).startswith("{")
        assert ask(way, llm, "x", grammar='root ::= "yes"') == "yes"


def test_a_model_that_is_open_already_can_be_given_and_stays_open():
    model = Scripted(["one", ["t", "wo"]])
    with HuggingFaceLocal(model, temperature=0, stop_sequences=["zz"]) as llm:
        assert llm.invoke("Hi") == "one"
    assert [piece for piece in llm.stream("Hi", stop=["yy"]) if piece] == ["t", "wo"]
    first, second = model.requests
    assert (first.sampling.temperature, first.max_tokens) == (0, 512)
    assert (list(first.stop), list(second.stop)) == (["zz"], ["zz", "yy"])


# -- counting ----------------------------------------------------------------------------------------------------


def test_tokens_are_counted_by_the_server_and_else_an_estimate_says_that_it_is_one():
    with tgi(["x"]) as server:
        assert at(server).get_num_tokens("one two three") == 3
        assert at(server).get_token_ids("one two three") == [0, 1, 2]
        assert at(server).get_num_tokens("") == 0
    with completions("x") as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url)
        with pytest.warns(UserWarning, match="estimate"):
            assert llm.get_num_tokens("one two three") == 4
        with pytest.raises(BackendError, match="does not tell the tokens"):
            llm.get_token_ids("one")
        mine = HuggingFaceEndpoint(
            endpoint_url=server.url, custom_get_token_ids=lambda text: [1] * len(text)
        )
        assert mine.get_num_tokens("abc") == 3


def test_tokens_for_a_model_of_the_hub_are_estimated_without_asking_anybody():
    with pytest.warns(UserWarning, match="org/name does not tell"):
        assert HuggingFaceHub(repo_id="org/name").get_num_tokens("one two three") == 4


def test_a_copy_of_an_llm_shares_the_model_that_it_was_given():
    model = Scripted(["one", "two"])
    llm = HuggingFaceLocal(model)
    other = llm.model_copy(deep=True)
    assert (llm.invoke("Hi"), other.invoke("Hi")) == ("one", "two")


# -- time --------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("fields", "call"), [({"timeout": 0.3}, {}), ({}, {"timeout": 0.3})])
def test_a_server_that_says_nothing_is_given_up_on_in_time(
    way: str, fields: dict[str, Any], call: dict[str, Any]
):
    with FaultServer(lambda c: c.stall()) as server:
        llm = at(server, **fields)
        for asked in (ask, stream):
            with pytest.raises(ModelTimeoutError) as caught:
                asked(way, llm, **call)
            assert isinstance(caught.value, TimedOut)
        assert (
            len(server.requests) == 2
        )  # nothing is asked again after a wait: it may still be at work


def test_prompts_of_many_threads_share_one_llm():
    with completions("x") as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url)
        ready = threading.Barrier(8)
        answers: list[str] = []

        def one() -> None:
            ready.wait(10)
            answers.append(llm.invoke("Hi"))

        threads = [threading.Thread(target=one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert answers == ["x"] * 8
    assert generations(server).count("/info") == 1


def test_a_task_that_is_cancelled_does_not_cost_the_others_the_question():
    arrived, go = threading.Event(), threading.Event()

    def script(c: Connection) -> None:
        if c.request.target == "/info":
            arrived.set()
            go.wait(10)
            c.send(json_reply({"router": "r", "model_id": "org/m"}))
        else:
            c.send(json_reply({"generated_text": "x"}))

    async def both_ask(llm: Any) -> str:
        first = asyncio.ensure_future(llm.ainvoke("Hi"))
        await asyncio.to_thread(arrived.wait, 10)
        second = asyncio.ensure_future(llm.ainvoke("Hi"))
        await asyncio.sleep(0)
        first.cancel()
        go.set()
        return await second

    with FaultServer(script) as server:
        assert asyncio.run(both_ask(HuggingFaceEndpoint(endpoint_url=server.url))) == "x"
        assert generations(server) == ["/info", "/generate"]


# -- what ChatHuggingFace gets -----------------------------------------------------------------------------------


def test_a_control_token_that_a_caller_writes_reaches_no_server_whole():
    from chatwright.templates import ChatTemplate

    template = ChatTemplate("<|mine|>{{ messages[0].content }}")
    message = [{"role": "user", "content": "a<|mine|>b"}]
    with tgi(["x"]) as server:
        list(at(server).open(template=template).stream(message))
    assert bodies(server)[-1]["inputs"].startswith("<|mine|>a")
    assert bodies(server)[-1]["inputs"].count("<|mine|>") == 1


def test_a_chat_server_gets_messages_unless_a_template_is_given():
    from chatwright.templates import ChatTemplate

    template = ChatTemplate("<{{ messages[0].content }}>")
    with completions("x") as server:
        llm = HuggingFaceEndpoint(endpoint_url=server.url)
        assert llm.open().template is None
        assert llm.open(route="chat", template=template).template is None
        list(llm.open(template=template).stream([{"role": "user", "content": "Hi"}]))
    assert [request.target for request in server.requests][-1] == "/v1/completions"
    assert bodies(server)[-1]["prompt"] == "<Hi>"


# -- a real llama-server -----------------------------------------------------------------------------------------

kept: list[Any] = []


@pytest.fixture(scope="module")
def llama_server() -> str:
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(files("chatwright.nano") / "nano.gguf")
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 4096, 2, False, -1
    params.cpuparams.n_threads, params.api_keys = 1, ["sesame"]
    kept.append(xllamacpp.Server(params))  # it lives as long as somebody holds it
    return str(kept[0].listening_address)


@pytest.mark.slow
@both
def test_a_llama_server_answers_as_the_engine_here_does(way: str, llama_server: str):
    given: dict[str, Any] = {"temperature": 0, "max_new_tokens": 12}
    there = HuggingFaceEndpoint(
        endpoint_url=llama_server, huggingfacehub_api_token="sesame", **given
    )
    with HuggingFaceLocal("nano", **given) as here:
        answer = ask(way, here, "Once upon a time")
        assert ask(way, there, "Once upon a time") == answer
        assert "".join(stream(way, there, "Once upon a time")) == answer
        assert there.get_token_ids("hello there") == here.get_token_ids("hello there")
    assert ask(way, there, "x", grammar={"type": "regex", "value": "yes|no"}) in ("yes", "no")
    with pytest.raises(ContextOverflowError):
        ask(way, there, "a b c " * 5000)
    with pytest.raises(ModelAuthenticationError):
        ask(way, HuggingFaceEndpoint(endpoint_url=llama_server))
