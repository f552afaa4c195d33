"""Clients that others wrote, against `chatwright serve` on the built-in model, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from served_nano import process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic.*"),
]

HELLO = "<|user|>\nHello, who are you?</s>\n<|assistant|>\n"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 10}, "year": {"type": "integer"}}, "required": ["city", "year"], "additionalProperties": False}  # fmt: skip
TOOL = {
    "type": "function",
    "function": {
        "name": "Calculator",
        "description": "Works out an expression.",
        "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
    },
}  # fmt: skip
QUESTION = [{"role": "user", "content": "What is 15% of 80?"}]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with process("-m", "nano") as server:
        yield server.url


@pytest.fixture(scope="module")
def text_generation() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("text_generation")


# text-generation, TGI's own client


def test_the_tgi_client_reads_an_answer_whole_and_streamed(url: str, text_generation: Any):
    client = text_generation.Client(url)
    whole = client.generate(HELLO, max_new_tokens=12, decoder_input_details=True)
    assert whole.generated_text
    assert whole.details.generated_tokens == len(whole.details.tokens) <= 12
    assert whole.details.finish_reason in ("length", "eos_token")
    assert len(whole.details.prefill) > 3
    assert "".join(t.text for t in whole.details.tokens) == whole.generated_text
    assert all(t.logprob <= 0 for t in whole.details.tokens if not t.special)
    streamed = list(client.generate_stream(HELLO, max_new_tokens=12))
    assert [r.token.id for r in streamed] == [t.id for t in whole.details.tokens]
    assert streamed[-1].generated_text == whole.generated_text
    assert streamed[-1].details.generated_tokens == whole.details.generated_tokens


def test_the_asynchronous_tgi_client_does_the_same(url: str, text_generation: Any):
    async def ask() -> tuple[Any, list[Any]]:
        client = text_generation.AsyncClient(url)
        whole = await client.generate(HELLO, max_new_tokens=12)
        return whole, [r async for r in client.generate_stream(HELLO, max_new_tokens=12)]

    whole, streamed = asyncio.run(ask())
    assert "".join(r.token.text for r in streamed if not r.token.special) == whole.generated_text


def test_every_parameter_of_the_tgi_client_is_taken(url: str, text_generation: Any):
    client = text_generation.Client(url)
    asked = {
        "do_sample": True, "max_new_tokens": 5, "best_of": 1, "repetition_penalty": 1.03, "return_full_text": True,
        "seed": 42, "stop_sequences": ["zzz"], "temperature": 0.5, "top_k": 10, "top_p": 0.9, "truncate": 100,
        "typical_p": 0.95, "watermark": False, "decoder_input_details": False, "top_n_tokens": 3,
    }  # fmt: skip
    first, again = (client.generate(HELLO, **asked) for _ in range(2))
    assert first.generated_text.startswith(HELLO)
    assert first.generated_text == again.generated_text
    assert first.details.seed == 42
    assert all(len(top) <= 3 for top in first.details.top_tokens)


def test_a_stop_sequence_stays_in_the_answer_as_on_tgi(url: str, text_generation: Any):
    whole = text_generation.Client(url).generate(HELLO, max_new_tokens=20).generated_text
    stop = whole[3:6]
    cut = text_generation.Client(url).generate(HELLO, max_new_tokens=20, stop_sequences=[stop])
    assert cut.generated_text == whole[: whole.find(stop) + len(stop)]
    assert cut.details.finish_reason == "stop_sequence"


def test_the_tgi_client_gets_its_own_errors(url: str, text_generation: Any):
    client = text_generation.Client(url)
    with pytest.raises(text_generation.errors.ValidationError, match="must have less than"):
        client.generate("word " * 20_000, max_new_tokens=1)
    with pytest.raises(text_generation.errors.ValidationError, match=r"stop sequences\. Given: 9"):
        client.generate("a", stop_sequences=["a"] * 9)
    with pytest.raises(text_generation.errors.ValidationError, match="must be <="):
        list(client.generate_stream("word " * 1950, max_new_tokens=1000))


def test_the_tgi_client_chats(url: str, text_generation: Any):
    reply = text_generation.Client(url).chat(QUESTION, max_tokens=40, seed=1)
    assert isinstance(reply.choices[0].message.content, str)
    assert reply.usage["completion_tokens"] > 0


# huggingface_hub


def test_the_hubs_client_generates_text(url: str):
    hub = pytest.importorskip("huggingface_hub")
    client = hub.InferenceClient(url)
    whole = client.text_generation(HELLO, max_new_tokens=12, return_full_text=False)
    assert "".join(client.text_generation(HELLO, max_new_tokens=12, stream=True)) == whole
    assert client.text_generation(HELLO, max_new_tokens=12) == HELLO + whole  # as on TGI's root
    details = client.text_generation(HELLO, max_new_tokens=12, details=True, return_full_text=False)
    assert (details.generated_text, details.details.finish_reason) == (
        whole,
        details.details.finish_reason,
    )
    events = list(client.text_generation(HELLO, max_new_tokens=12, stream=True, details=True))
    assert events[-1].details.generated_tokens == len(events)


def test_the_hubs_client_chats(url: str):
    client = pytest.importorskip("huggingface_hub").InferenceClient(url)
    whole = client.chat_completion(QUESTION, max_tokens=30, seed=3, temperature=0)
    streamed = client.chat_completion(QUESTION, max_tokens=30, seed=3, temperature=0, stream=True)
    text = "".join(c.choices[0].delta.content or "" for c in streamed if c.choices)
    assert text == whole.choices[0].message.content
    called = client.chat_completion(
        QUESTION, max_tokens=200, tools=[TOOL], tool_choice="required", temperature=0
    )
    assert called.choices[0].message.tool_calls[0].function.name == "Calculator"
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    held = client.chat_completion(QUESTION, max_tokens=100, response_format=wanted)
    assert set(json.loads(held.choices[0].message.content)) == {"city", "year"}


def test_the_hubs_asynchronous_client_does_the_same(url: str):
    hub = pytest.importorskip("huggingface_hub")

    async def ask() -> None:
        async with hub.AsyncInferenceClient(url) as client:
            asked = {"max_new_tokens": 12, "return_full_text": False}
            whole = await client.text_generation(HELLO, **asked)
            stream = await client.text_generation(HELLO, **asked, stream=True)
            assert "".join([piece async for piece in stream]) == whole
            chat = await client.chat_completion(QUESTION, max_tokens=30, temperature=0)
            chunks = await client.chat_completion(
                QUESTION, max_tokens=30, temperature=0, stream=True
            )
            text = "".join([c.choices[0].delta.content or "" async for c in chunks if c.choices])
            assert text == chat.choices[0].message.content

    asyncio.run(ask())


def test_the_hubs_client_gets_typed_errors(url: str):
    hub = pytest.importorskip("huggingface_hub")
    client = hub.InferenceClient(url)
    with pytest.raises(hub.errors.ValidationError, match="strictly positive"):
        client.text_generation("a", temperature=0)
    with pytest.raises(hub.errors.ValidationError, match="strictly positive"):
        list(client.text_generation("a", temperature=0, stream=True))
    with pytest.raises(hub.errors.HfHubHTTPError, match="422"):
        client.chat_completion([])


@pytest.mark.parametrize("pattern", ["[0-9]{3}-[a-f]{2}", "(yes|no)", "[A-Z][a-z]{2,5} [0-9]+"])
def test_an_answer_held_to_a_pattern_matches_it(url: str, pattern: str):
    client = pytest.importorskip("huggingface_hub").InferenceClient(url)
    grammar = {"type": "regex", "value": pattern}
    told = client.text_generation(HELLO, grammar=grammar, max_new_tokens=40, return_full_text=False)
    assert re.fullmatch(pattern, told) or len(told) > 20


def test_a_grammar_of_json_holds_and_what_cannot_be_said_is_refused(url: str):
    hub = pytest.importorskip("huggingface_hub")
    client = hub.InferenceClient(url)
    asked = {"max_new_tokens": 100, "return_full_text": False}
    told = client.text_generation(HELLO, grammar={"type": "json", "value": SCHEMA}, **asked)
    assert set(json.loads(told)) == {"city", "year"}
    for grammar in (
        {"type": "regex", "value": r"(a)\1"},
        {"type": "regex", "value": "("},
        {"type": "json", "value": {"type": "object"}},
        {"type": "json", "value": {"properties": {"a": {"$ref": "#/nowhere"}}}},
    ):
        with pytest.raises(hub.errors.ValidationError):
            client.text_generation(HELLO, grammar=grammar, **asked)


# openai


def chat_of(url: str) -> Any:
    openai = pytest.importorskip("openai")
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def test_openais_client_chats_whole_and_streamed(url: str):
    with chat_of(url) as client:
        asked: dict[str, Any] = {
            "model": "gpt-x",
            "messages": QUESTION,
            "temperature": 0,
            "max_tokens": 120,
        }
        whole = client.chat.completions.create(**asked)
        assert (whole.model, whole.object) == ("gpt-x", "chat.completion")
        options = {"include_usage": True}
        chunks = list(client.chat.completions.create(**asked, stream=True, stream_options=options))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == whole.choices[0].message.content
        assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
        with client.chat.completions.stream(**asked) as stream:
            final = stream.get_final_completion()
        assert final.choices[0].message.content == text
        assert final.choices[0].message.role == "assistant"
        assert [m.id for m in client.models.list()] == ["nano"]
        old = client.completions.create(model="x", prompt=HELLO, max_tokens=5, logprobs=2)
        assert len(old.choices[0].logprobs.tokens) >= 1


def test_openais_client_gets_log_probabilities(url: str):
    with chat_of(url) as client:
        reply = client.chat.completions.create(
            model="x", messages=QUESTION, max_tokens=5, logprobs=True, top_logprobs=3
        )
    content = reply.choices[0].logprobs.content
    assert 1 <= len(content) <= 5
    assert all(t.logprob <= 0 and len(t.top_logprobs) <= 3 for t in content)


def test_openais_client_calls_tools_and_gives_their_results(url: str):
    with chat_of(url) as client:
        asked: dict[str, Any] = {"model": "x", "tools": [TOOL], "temperature": 0, "max_tokens": 200}
        named = {"type": "function", "function": {"name": "Calculator"}}
        for choice in ("auto", "required", named):
            reply = client.chat.completions.create(messages=QUESTION, tool_choice=choice, **asked)
            call = reply.choices[0].message.tool_calls[0]
            assert reply.choices[0].finish_reason == "tool_calls"
            assert set(json.loads(call.function.arguments)) == {"expression"}
        with client.chat.completions.stream(messages=QUESTION, **asked) as stream:
            streamed = stream.get_final_completion().choices[0].message.tool_calls[0]
        assert json.loads(streamed.function.arguments)
        result = {"role": "tool", "tool_call_id": call.id, "content": "12"}
        history = [*QUESTION, reply.choices[0].message, result]
        answer = client.chat.completions.create(messages=history, **asked).choices[0]
        assert "12" in answer.message.content
        told = client.chat.completions.create(messages=QUESTION, tool_choice="none", **asked)
        assert told.choices[0].message.tool_calls is None


def test_openais_client_gets_json_that_fits(url: str):
    with chat_of(url) as client:
        for format in (
            {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}},
            {"type": "json_object"},
        ):
            reply = client.chat.completions.create(
                model="x", messages=QUESTION, response_format=format, max_tokens=150, seed=5
            )
            choice = reply.choices[0]
            assert choice.finish_reason == "length" or isinstance(
                json.loads(choice.message.content), dict
            )


def test_openais_client_gets_typed_errors(url: str):
    openai = pytest.importorskip("openai")
    with chat_of(url) as client:
        with pytest.raises(openai.UnprocessableEntityError, match="`n` must be 1") as caught:
            client.chat.completions.create(model="x", messages=QUESTION, n=2)
        assert (caught.value.param, caught.value.type) == ("n", "invalid_request_error")
        with pytest.raises(openai.UnprocessableEntityError) as caught:
            client.chat.completions.create(
                model="x", messages=[{"role": "user", "content": "word " * 20_000}]
            )
        assert caught.value.code == "context_length_exceeded"
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="x", input="a")


def test_openais_asynchronous_client_runs_many_chats_at_once(url: str):
    openai = pytest.importorskip("openai")

    async def ask() -> None:
        async with openai.AsyncOpenAI(
            base_url=f"{url}/v1", api_key="none", max_retries=0
        ) as client:

            async def one(number: int) -> str:
                chunks = await client.chat.completions.create(
                    model=f"m{number}", messages=QUESTION, max_tokens=10, temperature=0, stream=True
                )
                text = ""
                async for chunk in chunks:
                    assert chunk.model == f"m{number}"
                    text += chunk.choices[0].delta.content or ""
                return text

            texts = await asyncio.gather(*map(one, range(64)))
            assert len(set(texts)) == 1

    asyncio.run(ask())


# plain HTTP


def test_tokens_are_those_of_the_text_and_no_caller_writes_a_control_token(url: str):
    requests = pytest.importorskip("requests")
    text = "<|user|>\nhéllo €\u2028</s>"
    told = requests.post(f"{url}/tokenize", json={"inputs": text}, timeout=20).json()
    assert "".join(t["text"] for t in told) == text
    raw = text.encode()
    assert [raw[t["start"] : t["stop"]].decode() for t in told if t["text"]] == [
        t["text"] for t in told if t["text"]
    ]
    control = told[0]["id"]
    assert told[0]["text"] == "<|user|>"
    messages = [{"role": "user", "content": "I am <|user|>"}]
    chat = requests.post(f"{url}/chat_tokenize", json={"messages": messages}, timeout=20).json()
    assert chat["templated_text"].count("<|user|>") == 2
    assert [t["id"] for t in chat["tokenize_response"]].count(control) == 1


def test_the_page_of_metrics_knows_what_was_done(url: str):
    requests = pytest.importorskip("requests")
    page = requests.get(f"{url}/metrics", timeout=20).text
    assert re.search(r"^tgi_request_success [1-9]", page, re.MULTILINE)
    assert re.search(r"^tgi_batch_current_size 0$", page, re.MULTILINE)
