"""Models of the Hub at its providers, and dedicated endpoints: found, woken, and refused in words that help."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse_reply

from chatwright import Model, open_model
from chatwright.backends.inference_providers import Endpoint, InferenceProviders, split_name
from chatwright.backends.inference_providers.places import places
from chatwright.errors import (
    BackendError,
    NotServed,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnknownModel,
    UsageError,
)
from chatwright.events import Event, Finish, Malformed, Notice, Text, ToolCall
from chatwright.request import JsonSchema

ASK = [{"role": "user", "content": "Hi"}]
NOT_SUPPORTED = {
    "error": {
        "message": "The requested model 'org/m' is not supported by any provider you have enabled.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_supported",
    }
}
CATALOGUE = {
    "data": [
        {
            "id": "org/m",
            "providers": [
                {
                    "provider": "groq",
                    "status": "live",
                    "context_length": 8192,
                    "supports_tools": True,
                },
                {"provider": "nscale", "status": "live", "supports_structured_output": True},
                {"provider": "gone", "status": "error"},
            ],
        },
        {"id": "org/other", "providers": []},
    ]
}
WHOAMI = {"name": "ada", "orgs": [{"name": "acme"}]}

both = pytest.mark.parametrize("way", ["sync", "async"])


@pytest.fixture(autouse=True)
def nothing_lies_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CHATWRIGHT_HUB_URL", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))


def delta(reason: str | None = None, **said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def said(text: str) -> bytes:
    return sse_reply(delta(content=text), delta("stop"), "[DONE]")


def hub(**routes: bytes | Sequence[bytes] | Callable[[Connection], object]) -> FaultServer:
    """A Hub that answers each route (its slashes written as `_`) with these replies, the last one again and again."""
    left = {k: list(v) if isinstance(v, list | tuple) else [v] for k, v in routes.items()}

    def script(c: Connection) -> None:
        target = c.request.target.partition("?")[0]
        key = target.strip("/").replace("/", "_").replace("-", "_").replace(".", "_")
        answers = left.get(key)
        if answers is None:
            c.send(json_reply({"error": f"Not Found: {target}"}, 404))
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer(c)
        else:
            c.send(answer)

    return FaultServer(script)


def run(way: str, model: Model, *args: Any, **options: Any) -> list[Event]:
    stream = model.complete if args and isinstance(args[0], str) else model.stream
    if way == "sync":
        return list(stream(*args, **options))
    astream = model.acomplete if args and isinstance(args[0], str) else model.astream

    async def collect() -> list[Event]:
        return [event async for event in astream(*args, **options)]

    return asyncio.run(collect())


def answer_of(events: list[Event]) -> str:
    end = events[-1]
    assert isinstance(end, Finish)
    return end.answer


def refused(way: str, model: Model, *args: Any, **options: Any) -> BackendError:
    with pytest.raises(BackendError) as caught:
        run(way, model, *(args or (ASK,)), **options)
    return caught.value


def targets(server: FaultServer) -> list[str]:
    return [f"{seen.method} {seen.target}" for seen in server.requests]


# -- the router --------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("spec", ["org/m", "org/m:groq"])
def test_a_name_of_the_hub_is_chat_at_the_router_and_a_provider_goes_along(way: str, spec: str):
    with hub(v1_chat_completions=said("Hello")) as there:
        with open_model(spec, base_url=there.url) as model:
            assert answer_of(run(way, model, ASK)) == "Hello"
        assert targets(there) == ["POST /v1/chat/completions"]
        assert there.requests[0].json["model"] == spec


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
def test_the_variable_moves_everything_and_opening_asks_nothing(
    tail: str, monkeypatch: pytest.MonkeyPatch
):
    with hub(v1_chat_completions=said("Hello")) as there:
        monkeypatch.setenv("CHATWRIGHT_HUB_URL", there.url + tail)
        with open_model("org/m") as model:
            assert there.requests == []
            assert answer_of(run("sync", model, ASK)) == "Hello"


def test_a_variable_that_is_no_url_is_wrong_usage(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHATWRIGHT_HUB_URL", "localhost:80")
    with pytest.raises(UsageError, match="CHATWRIGHT_HUB_URL is wrong"):
        open_model("org/m")
    with pytest.raises(UsageError, match="base_url is wrong"):
        open_model("endpoint:it", base_url="ftp://x")


@both
def test_an_ambient_token_stays_at_home_and_an_explicit_one_goes_where_it_was_given_for(
    way: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    with hub(v1_chat_completions=said("x")) as there:
        with open_model("org/m", base_url=there.url) as model:
            run(way, model, ASK)
        with open_model("org/m", base_url=there.url, token="hf_given") as model:
            run(way, model, ASK)
        sent = [seen.headers.get("authorization") for seen in there.requests]
        assert sent == [None, "Bearer hf_given"]


def test_without_a_token_the_hub_is_not_asked_and_the_hint_says_where_to_get_one():
    with pytest.raises(Unauthorized) as caught:
        open_model("org/m")
    assert "HF_TOKEN" in caught.value.hint and "settings/tokens" in caught.value.hint
    with pytest.raises(Unauthorized, match="endpoint:it"):
        open_model("endpoint:it")


def test_the_hubs_own_addresses_get_the_ambient_token_and_no_others_do(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    where = places()
    assert str(open_model("org/m").backend.client.origin) == "https://router.huggingface.co"
    assert where.hub == "http://mirror.example"
    assert where.token_for(where.router, "hf_x") == "hf_x"
    assert where.token_for("https://a.us-east-1.aws.endpoints.huggingface.cloud", "hf_x") == "hf_x"
    for other in (where.hub, "https://evil.example", "http://router.huggingface.co",
                  "https://huggingface.co.evil.example", "https://router.huggingface.co:444"):  # fmt: skip
        assert where.token_for(other, "hf_x") is False


def test_a_token_is_in_no_repr_pickle_or_error():
    secret = "hf_verysecret"
    body = json_reply({"error": f"bad token {secret}"}, 401)
    with (
        hub(v1_chat_completions=body) as there,
        open_model("org/m", base_url=there.url, token=secret) as model,
    ):
        error = refused("sync", model)
        shown = f"{model!r} {model.backend!r} {error!r} {error.hint} {vars(model.backend)}"
        assert secret not in shown
        assert secret.encode() not in pickle.dumps(model.backend)


@both
@pytest.mark.parametrize(
    ("answer", "kind", "hint"),
    [
        (json_reply({"error": "Invalid username or password."}, 401), Unauthorized, "token is wrong"),
        (json_reply({"error": "Access to model org/m is restricted: it is gated"}, 403), Unauthorized,
         "accept the model's licence at https://huggingface.co/org/m"),
        (json_reply({"error": "This authentication method does not have sufficient permissions to call Inference Providers"}, 403),
         Unauthorized, "let the token make calls to Inference Providers"),
        (json_reply({"error": "You have exceeded your monthly included credits"}, 402), BackendError, "settings/billing"),
        (json_reply({"error": "Model org/m does not exist"}, 404), NotServed, "take another provider: org/m:groq, org/m:nscale"),
        (json_reply(NOT_SUPPORTED, 400), BackendError, "take another provider: org/m:groq"),
        (json_reply({"error": "Model org/m is not supported for task text-generation and provider x"}, 422), BackendError,
         "local:org/m-GGUF"),
        (json_reply({"error": "slow down"}, 429, retry_after="300"), Unavailable, "wait 300 s, or take another provider: org/m:groq"),
    ],
    ids=["401", "403 gated", "403 rights", "402", "404", "not supported", "task", "429"],
)  # fmt: skip
def test_a_refusal_says_what_a_person_can_do(way: str, answer: bytes, kind: type, hint: str):
    with (
        hub(v1_chat_completions=answer, v1_models=json_reply(CATALOGUE)) as there,
        open_model("org/m", base_url=there.url, token="hf_x") as model,
    ):
        error = refused(way, model)
    assert isinstance(error, kind) and hint in error.hint


@both
def test_a_misspelt_model_gets_the_near_one_and_no_list_means_only_a_shorter_hint(way: str):
    with (
        hub(
            v1_chat_completions=json_reply(NOT_SUPPORTED, 400), v1_models=json_reply(CATALOGUE)
        ) as there,
        open_model("org/othr", base_url=there.url) as model,
    ):
        assert "did you mean 'org/other'?" in refused(way, model).hint
    with (
        hub(
            v1_chat_completions=json_reply(NOT_SUPPORTED, 400), v1_models=reply(200, b"<html>")
        ) as there,
        open_model("org/m", base_url=there.url) as model,
    ):
        assert "local:org/m-GGUF" in refused(way, model).hint


def test_a_token_that_was_not_sent_is_explained(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    with hub(v1_chat_completions=reply(401)) as there, open_model("org/m", base_url=there.url) as m:
        assert "HF_TOKEN is not sent to http://127.0.0.1" in refused("sync", m).hint


@both
def test_a_provider_that_takes_no_tools_is_told_of_them_in_words(way: str):
    tool = {"type": "function", "function": {"name": "add", "description": "", "parameters": {}}}
    words = 'Thought: x\nAction:\n```\n{"action": "add", "action_input": {}}\n```'
    answers = [json_reply({"error": "tools are not supported by this provider"}, 400), said(words)]
    with hub(v1_chat_completions=answers) as there, open_model("org/m", base_url=there.url) as m:
        events = run(way, m, ASK, [tool])
    assert isinstance(events[0], Notice) and any(isinstance(e, ToolCall) for e in events)


@both
@pytest.mark.parametrize(
    ("provider", "route", "answer"),
    [
        ("together", "together_v1_completions", None),
        ("featherless-ai", "featherless_ai_v1_completions", None),
        ("deepinfra", "deepinfra_v1_openai_completions", None),
        ("novita", "novita_v3_openai_completions", None),
        ("hf-inference", "hf_inference_models_there_m", json_reply([{"generated_text": " world"}])),
    ],
)
def test_a_raw_prompt_goes_to_a_provider_that_takes_it(
    way: str, provider: str, route: str, answer: Any
):
    answer = answer or sse_reply(
        {"choices": [{"index": 0, "text": " world", "finish_reason": "stop"}]}, "[DONE]"
    )
    told = {"inferenceProviderMapping": {
        "groq": {"status": "live", "providerId": "g", "task": "conversational"},
        provider: {"status": "live", "providerId": "there/m", "task": "text-generation"},
    }}  # fmt: skip
    routes: dict[str, Any] = {"api_models_org_m": json_reply(told), route: answer}
    with hub(**routes) as there, open_model("org/m", base_url=there.url, token="hf_x") as model:
        events = run(way, model, "hello")
        assert isinstance(events[0], Notice) and provider in events[0].text
        assert answer_of(events) == " world"
        last = there.requests[-1]
        assert last.json.get("prompt", last.json.get("inputs")) == "hello"
        assert last.headers["authorization"] == "Bearer hf_x"
        run(way, model, "hello")
        assert sum("/api/models/" in target for target in targets(there)) == 1


@both
@pytest.mark.parametrize(
    ("spec", "mapping", "hint"),
    [
        ("org/m", {"groq": {"task": "conversational"}}, "it answers messages"),
        ("org/m:groq", {"groq": {"task": "conversational"}, "together": {"task": "text-generation"}}, "org/m:together"),
        ("org/m", [], "local:org/m-GGUF"),
        ("org/m", "odd", "local:org/m-GGUF"),
        ("org/m", [{"provider": "groq", "task": "conversational"}], "it answers messages"),
    ],
)  # fmt: skip
def test_where_no_provider_takes_raw_prompts_the_error_says_what_to_do(
    way: str, spec: str, mapping: Any, hint: str
):
    with (
        hub(api_models_org_m=json_reply({"inferenceProviderMapping": mapping})) as there,
        open_model(spec, base_url=there.url) as model,
    ):
        error = refused(way, model, "hello")
    assert "not supported for the task text-generation" in str(error) and hint in error.hint


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("org/m", ("org/m", "")), ("o-r_g/m.1:fireworks-ai", ("o-r_g/m.1", "fireworks-ai")), ("m", None),
        ("a/b/c", None), ("./m", None), ("org/", None), ("org/m:", None), ("org/m:a/b", None), ("org/m\n", None),
        ("org/../x", None), ("org/m?x", None),
    ],
)  # fmt: skip
def test_what_is_a_name_of_the_hub(spec: str, parts: tuple[str, str] | None):
    assert split_name(spec) == parts


def test_a_constraint_is_sent_and_the_answer_checked():
    with (
        hub(v1_chat_completions=said("Sure!")) as there,
        open_model("org/m", base_url=there.url) as m,
    ):
        events = run("sync", m, ASK, constraint=JsonSchema({"type": "object"}))
        assert there.requests[0].json["response_format"]["type"] == "json_schema"
    assert any(isinstance(event, Malformed) for event in events)


def test_parameters_of_one_request_go_over_those_of_the_backend():
    with hub(v1_chat_completions=said("x")) as there:
        backend = InferenceProviders("org/m", base_url=there.url, parameters={"a": 1, "b": 2})
        with Model(backend) as model:
            run("sync", model, ASK, extra={"a": 3})
        told = there.requests[0].json
        assert (told["a"], told["b"]) == (3, 2)


def test_the_command_asks_the_router_too():
    with hub(v1_chat_completions=said("Hello from afar")) as there:
        done = subprocess.run(
            [sys.executable, "-m", "chatwright", "ask", "-m", "org/m:groq", "--no-tools", "Hi"],
            env={**os.environ, "CHATWRIGHT_HUB_URL": there.url, "HF_TOKEN": "hf_ambient"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.strip()) == (0, "Hello from afar"), done.stderr
        assert "authorization" not in there.requests[0].headers


# -- endpoints ---------------------------------------------------------------------------------------------------


def endpoint(state: str = "running", url: str = "", **status: Any) -> bytes:
    told = {"state": state, "url": url or None, **status}
    model = {"repository": "org/m", "task": "text-generation"}
    return json_reply(
        {"name": "it", "type": "authenticated", "status": status | told, "model": model}
    )


def account(
    state: Any, chat: Any, *, models: Any = None, where: str = "ada", **more: Any
) -> FaultServer:
    """A Hub with one endpoint, `it`, that lives at the same address; `state` is one or several in turn."""
    states = state if isinstance(state, list) else [state]
    left = list(states)

    def look(c: Connection) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        c.send(endpoint(now, "" if now in ("pending", "paused") else c.server.url))

    vllm = json_reply({"data": [{"id": "org/m", "owned_by": "vllm", "max_model_len": 4096}]})
    routes: dict[str, Any] = {
        "api_whoami_v2": json_reply(WHOAMI),
        f"v2_endpoint_{where}_it": look,
        "v1_models": models or vllm,
        "v1_chat_completions": chat,
        "v1_completions": more.pop("raw", reply(404)),
        "version": reply(404),
        **more,
    }
    return hub(**routes)


@both
@pytest.mark.parametrize(("spec", "where"), [("endpoint:it", "ada"), ("endpoint:acme/it", "acme")])
def test_an_endpoint_is_looked_up_and_asked(way: str, spec: str, where: str):
    with account("running", said("Hello"), where=where) as there:
        with open_model(spec, base_url=there.url, token="hf_x") as model:
            assert answer_of(run(way, model, ASK)) == "Hello"
        assert ("GET /api/whoami-v2" in targets(there)) == (where == "ada")
        assert f"GET /v2/endpoint/{where}/it" in targets(there)
        assert {seen.headers.get("authorization") for seen in there.requests} == {"Bearer hf_x"}
        assert there.requests[-1].json["model"] == "org/m"


@both
def test_an_ambient_token_goes_neither_to_the_api_nor_to_an_endpoint_elsewhere(
    way: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    with account("running", said("Hello")) as there:
        with open_model("endpoint:it", base_url=there.url) as model:
            run(way, model, ASK)
        assert not any("authorization" in seen.headers for seen in there.requests)


@both
def test_a_token_does_not_follow_an_endpoint_to_an_address_of_somebody_else(way: str):
    with hub(
        v1_models=json_reply({"data": [{"id": "m"}]}), v1_chat_completions=reply(401)
    ) as other:
        told = endpoint("running", other.url)
        with (
            hub(api_whoami_v2=json_reply(WHOAMI), v2_endpoint_ada_it=told) as there,
            open_model("endpoint:it", base_url=there.url, token="hf_x") as model,
        ):
            error = refused(way, model)
    assert not any("authorization" in seen.headers for seen in other.requests)
    assert "is not sent" in error.hint


@both
def test_an_endpoint_that_sleeps_is_woken_with_a_notice_and_the_request_is_held(way: str):
    asleep = json_reply({"error": "503 Service Unavailable"}, 503)
    models = [asleep, asleep, json_reply({"data": [{"id": "org/m", "owned_by": "vllm"}]})]
    with account(
        ["scaledToZero", "scaledToZero", "running"], said("Awake"), models=models
    ) as there:
        with open_model("endpoint:it", base_url=there.url, wait_for_model=90) as model:
            events = run(way, model, ASK)
        assert isinstance(events[0], Notice)
        assert "the endpoint it is waking up: waiting up to 90 s" in events[0].text
        assert sum(isinstance(event, Notice) for event in events) == 1
        assert answer_of(events) == "Awake"
        held = [seen for seen in there.requests if "x-scale-up-timeout" in seen.headers]
        assert {seen.headers["x-scale-up-timeout"] for seen in held} == {"90"}
        assert "/v1/models" in {seen.target for seen in held}


@both
def test_one_that_fell_asleep_after_it_was_opened_is_woken_too(way: str):
    chat = [said("First"), reply(503), reply(503), said("Second")]
    states = ["running", "scaledToZero", "scaledToZero", "running"]
    with account(states, chat) as there:
        with open_model("endpoint:it", base_url=there.url) as model:
            assert answer_of(run(way, model, ASK)) == "First"
            events = run(way, model, ASK)
        assert [type(event) for event in events] == [Notice, Text, Finish]
        assert answer_of(events) == "Second"
        assert there.requests[-1].headers["x-scale-up-timeout"] == "600"


@both
def test_a_wait_for_an_endpoint_has_an_end(way: str):
    with (
        account("scaledToZero", said("x"), models=reply(503)) as there,
        open_model("endpoint:it", base_url=there.url, wait_for_model=0.4) as model,
    ):
        error = refused(way, model)
    assert isinstance(error, TimedOut) and "was not up after" in str(error)
    assert "wait_for_model" in error.hint


@both
def test_without_waiting_a_sleeping_endpoint_is_an_error_at_once(way: str):
    with (
        account("scaledToZero", said("x"), models=reply(503)) as there,
        open_model("endpoint:it", base_url=there.url, wait_for_model=False) as model,
    ):
        error = refused(way, model)
    assert isinstance(error, Unavailable) and "wait_for_model" in error.hint


@both
def test_one_that_starts_is_waited_for_until_it_has_an_address(way: str):
    with (
        account(["pending", "pending", "initializing", "running"], said("Up")) as there,
        open_model("endpoint:it", base_url=there.url) as model,
    ):
        events = run(way, model, ASK)
    assert isinstance(events[0], Notice) and "is starting" in events[0].text
    assert answer_of(events) == "Up"


@both
def test_one_that_fails_while_it_starts_is_waited_for_no_longer(way: str):
    with (
        account(["pending", "failed"], said("x")) as there,
        open_model("endpoint:it", base_url=there.url) as model,
    ):
        error = refused(way, model)
    assert "has failed to start" in str(error) and "logs" in error.hint


@both
def test_a_running_endpoint_that_keeps_saying_503_is_an_error_soon(way: str):
    with hub(
        api_whoami_v2=json_reply(WHOAMI),
        v2_endpoint_ada_it=lambda c: c.send(endpoint("running", c.server.url, readyReplica=1)),
        v1_models=json_reply({"data": [{"id": "m"}]}),
        v1_chat_completions=json_reply({"error": "queue full"}, 503),
    ) as there:
        with open_model("endpoint:it", base_url=there.url) as model:
            assert "queue full" in str(refused(way, model))
        assert targets(there).count("POST /v1/chat/completions") == 4


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        ({"state": "paused"}, "is paused", "resume it at https://endpoints.huggingface.co/ada/endpoints/it"),
        ({"state": "failed", "message": "out of memory"}, "has failed to start: out of memory", "logs"),
        ({"state": "updateFailed"}, "the last update of the endpoint it has failed", "logs"),
        ({"state": "running"}, "has no address yet", "look at"),
        ({}, "has no address yet", "look at"),
    ],
)  # fmt: skip
def test_each_state_in_which_an_endpoint_cannot_be_used_has_its_own_message(
    status: dict[str, Any], message: str, hint: str
):
    told = json_reply({"name": "it", "status": status})
    with (
        hub(api_whoami_v2=json_reply(WHOAMI), v2_endpoint_ada_it=told) as there,
        pytest.raises(Unavailable, match=message) as caught,
    ):
        open_model("endpoint:it", base_url=there.url)
    assert hint in caught.value.hint


@both
def test_one_that_was_paused_after_it_was_opened_says_so(way: str):
    with (
        account(
            ["running", "paused"], json_reply({"error": "Bad Request: Invalid state"}, 400)
        ) as there,
        open_model("endpoint:it", base_url=there.url) as model,
    ):
        assert "is paused" in str(refused(way, model))


def test_an_endpoint_that_is_not_there_gets_the_near_name_and_those_of_the_organisations():
    names = json_reply({"items": [{"name": "its"}, {"name": "zephyr"}]})
    with (
        hub(api_whoami_v2=json_reply(WHOAMI), v2_endpoint_ada=names) as there,
        pytest.raises(NotServed, match="ada has no endpoint called 'it'") as caught,
    ):
        open_model("endpoint:it", base_url=there.url)
    assert "did you mean 'its'?" in caught.value.hint
    assert "endpoint:acme/it" in caught.value.hint


@pytest.mark.parametrize(
    ("token", "answer", "hint"),
    [
        (None, reply(401), "HF_TOKEN is not sent to"),
        ("hf_x", reply(401), "the token is wrong"),
        ("hf_x", reply(403), "may not see Inference Endpoints"),
        ("hf_x", reply(429, retry_after="500"), "wait 500 s"),
    ],
)
def test_a_refusal_of_the_api_says_what_to_do(token: str | None, answer: bytes, hint: str):
    with hub(api_whoami_v2=answer) as there, pytest.raises(BackendError) as caught:
        open_model("endpoint:it", base_url=there.url, token=token)
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["", "a/b/c", "../x", "a b", "a/", "/a", "a?b"])
def test_what_is_no_name_of_an_endpoint_is_never_sent(name: str):
    with hub() as there, pytest.raises(UnknownModel, match="names no endpoint"):
        open_model(f"endpoint:{name}", base_url=there.url)
    assert there.requests == []


@both
def test_a_raw_prompt_on_an_endpoint_is_completed(way: str):
    raw = sse_reply({"choices": [{"index": 0, "text": "!", "finish_reason": "stop"}]}, "[DONE]")
    with (
        account("running", reply(404), raw=raw) as there,
        open_model("endpoint:it", base_url=there.url) as model,
    ):
        assert answer_of(run(way, model, "Hi")) == "!"


@both
def test_a_stream_that_breaks_off_is_not_begun_again(way: str):
    broken = sse_reply(delta(content="Hel"))
    with account("running", broken) as there:
        with open_model("endpoint:it", base_url=there.url) as model:
            error = refused(way, model)
        assert error.partial == "Hel"
        assert targets(there).count("POST /v1/chat/completions") == 1


def test_an_endpoint_shows_and_pickles_no_secret():
    with account("running", said("x")) as there:
        it = Endpoint(
            "it", base_url=there.url, token="hf_secret_1", headers={"X-Key": "secret_two"}
        )
        shown = f"{it!r} {vars(it)}".encode() + pickle.dumps(it)
        assert b"hf_secret_1" not in shown and b"secret_two" not in shown
        it.close()
