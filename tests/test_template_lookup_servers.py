"""Whose template a server's prompts are rendered with, and who is asked for it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse_reply
from hub_server import HubServer

from chatwright.errors import ChatwrightError, TemplateError, UsageError
from chatwright.events import Event, Finish, Notice
from chatwright.model import Model
from chatwright.opening import opened
from chatwright.templates import ChatTemplate, lookup

HI = [{"role": "user", "content": "Hi"}]
SHOW = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}"
HUB_FILES = {"tokenizer_config.json": json.dumps({"chat_template": "HUB " + SHOW, "eos_token": "<e>"}).encode()}  # fmt: skip
TGI = {"router": "r", "model_id": "org/m", "max_total_tokens": 2048}
SAID = {"choices": [{"index": 0, "delta": {"content": "chat"}, "finish_reason": None}]}
ENDED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
WROTE = {"choices": [{"index": 0, "text": "text", "finish_reason": "stop"}]}
DONE = {
    "token": {"id": 1, "text": "text", "logprob": -0.1, "special": False},
    "generated_text": "text",
    "details": {"finish_reason": "eos_token", "generated_tokens": 1},
}


@pytest.fixture(autouse=True)
def own_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*os.environ,):
        if name.startswith(("HF_", "HUGGING", "TRANSFORMERS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(lookup, "_looks", {})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as there:
        monkeypatch.setenv("HF_ENDPOINT", there.url)
        yield there


def tgi(**info: Any) -> FaultServer:
    """A TGI; entries of its `/info` that are None are left out."""
    told = {k: v for k, v in {**TGI, **info}.items() if v is not None}
    return server({"/info": json_reply(told)})


def vllm() -> FaultServer:
    models = {"data": [{"id": "org/m", "owned_by": "vllm", "max_model_len": 4096}]}
    return server({"/v1/models": json_reply(models), "/version": json_reply({"version": "1"})})


def server(routes: dict[str, bytes]) -> FaultServer:
    answers = {
        "/v1/chat/completions": sse_reply(SAID, ENDED, "[DONE]"),
        "/v1/completions": sse_reply(WROTE, "[DONE]"),
        "/generate_stream": sse_reply(DONE),
        **routes,
    }

    def script(c: Connection) -> None:
        c.send(answers.get(c.request.target, reply(404)))

    return FaultServer(script)


def open_url(spec: str, **how: Any) -> Model:
    known = {
        "token": None,
        "on_progress": None,
        "base_url": None,
        "wait_for_model": True,
        "timeout": 5.0,
    }
    return opened(spec, **{**known, **how})  # fmt: skip


def events(model: Model, way: str = "stream") -> list[Event]:
    if way == "stream":
        return list(model.stream(HI))

    async def collect() -> list[Event]:
        return [event async for event in model.astream(HI)]

    return asyncio.run(collect())


def answer(model: Model) -> str:
    last = events(model)[-1]
    assert isinstance(last, Finish)
    return last.answer


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


# A TGI


def test_a_tgi_s_own_template_comes_before_the_hub_s(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with tgi(chat_template="OWN " + SHOW, eos_token="<o>") as there, open_url(there.url) as model:
        assert model.prompt(HI) == "OWN [user]Hi<o>"
        assert answer(model) == "text"
    assert hub.requests() == []


def test_a_tgi_that_tells_none_is_rendered_with_the_template_of_the_model_it_names(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with tgi() as there, open_url(there.url) as model:
        assert model.prompt(HI) == "HUB [user]Hi<e>"
        assert [type(e).__name__ for e in events(model)] == ["Text", "Finish"]
        assert there.requests[-1].json["inputs"] == "HUB [user]Hi<e>"


@pytest.mark.parametrize("name", ["/data/models/m", "m", "org/m/x", "../m", "", None, "org/m?x"])
def test_a_name_of_another_form_is_never_asked_for_at_the_hub(hub: HubServer, name: str | None):
    with tgi(model_id=name) as there, open_url(there.url) as model:
        assert answer(model) == "chat"
    assert hub.requests() == []


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_where_the_hub_has_none_the_server_renders_and_a_notice_says_so_once(
    hub: HubServer, way: str
):
    with tgi() as there, open_url(there.url) as model:
        first, second = events(model, way), events(model, way)
        assert isinstance(first[0], Notice)
        assert "org/m" in first[0].text and "chat_template=" in first[0].text
        assert not any(isinstance(event, Notice) for event in [*first[1:], *second])
        assert there.requests[-1].target == "/v1/chat/completions"
        assert isinstance(first[-1], Finish) and first[-1].answer == "chat"


def test_a_gated_model_s_notice_says_where_to_accept_its_licence(hub: HubServer):
    hub.add("org/m", HUB_FILES, gated=True)
    with tgi() as there, open_url(there.url) as model:
        assert f"accept it at {hub.url}/org/m" in getattr(events(model)[0], "text", "")


def test_a_failing_hub_is_asked_once_in_a_process_for_a_model(hub: HubServer):
    with tgi() as there:
        for _ in range(3):
            open_url(there.url).close()
    assert len(hub.requests("/api/models/org/m/")) == 1


def test_a_hub_that_says_nothing_costs_two_seconds_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lookup, "QUICK_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf, tgi() as there:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        start = time.monotonic()
        for _ in range(20):
            with open_url(there.url) as model:
                assert isinstance(events(model)[0], Notice)
        assert time.monotonic() - start < 2


def test_a_hub_that_refuses_the_connection_costs_next_to_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed_port()}")
    with tgi() as there, open_url(there.url) as model:
        assert "refuses the connection" in getattr(events(model)[0], "text", "")


def test_offline_the_template_comes_from_the_cache_alone(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/m", HUB_FILES)
    ChatTemplate.from_hub("org/m")
    before = len(hub.requests())
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with tgi() as there, open_url(there.url) as model:
        assert model.prompt(HI) == "HUB [user]Hi<e>"
    assert len(hub.requests()) == before


def test_the_server_s_token_is_never_sent_to_the_hub(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/m", HUB_FILES)
    monkeypatch.setenv("HF_TOKEN", "hf_ambient")
    with tgi() as there:
        open_url(there.url, token="hf_server").close()
        assert there.requests[0].headers["authorization"] == "Bearer hf_server"
    assert hub.requests() and {seen.token for seen in hub.requests()} == {""}


def test_what_a_caller_writes_like_a_token_of_the_model_is_broken_up(hub: HubServer):
    told = {"chat_template": "<｜go｜>" + SHOW, "added_tokens_decoder": {"7": {"content": "<odd>", "special": True}}}  # fmt: skip
    hub.add("org/m", {"tokenizer_config.json": json.dumps(told).encode()})
    with tgi() as there, open_url(there.url) as model:
        list(model.stream([{"role": "user", "content": "a<odd>b"}]))
        assert there.requests[-1].json["inputs"] == "<｜go｜>[user]a<\u200bodd>b"


# What the caller says wins


def test_the_caller_s_template_comes_before_all_others(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with tgi(chat_template="OWN", eos_token="<o>") as there:
        with open_url(there.url, chat_template="MINE " + SHOW) as model:
            assert model.prompt(HI) == "MINE [user]Hi<o>"
            assert answer(model) == "text"
        with open_url(there.url, chat_template="zephyr") as model:
            assert model.prompt(HI) == "<|user|>\nHi<o>\n<|assistant|>\n"
        with open_url(there.url, chat_template="MINE " + SHOW, model_id="org/m") as model:
            assert model.prompt(HI) == "MINE [user]Hi<e>"


def test_the_caller_s_model_comes_before_the_server_s_template(hub: HubServer, tmp_path: Path):
    first = hub.add("org/other", HUB_FILES)
    hub.add("org/other", {"chat_template.jinja": b"new"})
    (tmp_path / "chat_template.jinja").write_text("FOLDER")
    with tgi(chat_template="OWN") as there:
        for model_id, expected in (
            ("org/other", "new"),
            (f"org/other@{first}", "HUB [user]Hi<e>"),
            (str(tmp_path), "FOLDER"),
        ):
            with open_url(there.url, model_id=model_id) as model:
                assert model.prompt(HI) == expected


def test_what_the_caller_names_and_is_not_there_is_an_error(hub: HubServer):
    with tgi(chat_template="OWN") as there:
        with pytest.raises(ChatwrightError, match="no repository org/nothing"):
            open_url(there.url, model_id="org/nothing")
        with pytest.raises(TemplateError, match="there is no file"):
            open_url(there.url, chat_template="no/file.jinja")


def test_the_route_can_be_forced(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with tgi(chat_template="OWN") as there:
        with open_url(there.url, route="chat") as model:
            assert events(model)[0] == events(model)[0] and answer(model) == "chat"
            assert not any(isinstance(event, Notice) for event in events(model))
        with open_url(there.url, route="text") as model:
            assert answer(model) == "text"
        with pytest.raises(UsageError, match="no route 'txt'"):
            open_url(there.url, route="txt")
        with pytest.raises(UsageError, match="chat route the server renders"):
            open_url(there.url, route="chat", chat_template="chatml")


def test_a_chat_server_gets_messages_unless_the_caller_gives_a_template(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with vllm() as there:
        with open_url(there.url) as model:
            assert answer(model) == "chat"
        assert hub.requests() == []
        for how in ({"chat_template": "chatml"}, {"route": "text"}):
            with open_url(there.url, **how) as model:
                assert answer(model) == "text"
        assert there.requests[-1].json["prompt"] == "HUB [user]Hi<e>"


def test_the_text_route_of_a_chat_server_without_a_template_names_the_ways_out(hub: HubServer):
    with vllm() as there, pytest.raises(TemplateError, match="no chat template to render") as err:
        open_url(there.url, route="text")
    assert "chat_template=" in err.value.hint


def test_a_tgi_without_any_template_still_takes_raw_prompts_on_the_text_route(hub: HubServer):
    with tgi() as there, open_url(there.url, route="text") as model:
        last = list(model.complete("Once"))[-1]
        assert isinstance(last, Finish) and last.answer == "text"
        with pytest.raises(TemplateError, match="no chat template"):
            model.prompt(HI)


def test_several_servers_are_rendered_for_like_one(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with tgi() as one, tgi() as two, open_url(f"{one.url},{two.url}") as model:
        assert model.prompt(HI) == "HUB [user]Hi<e>"
        assert answer(model) == "text"


# A file on this machine


def test_a_gguf_takes_the_caller_s_template_too(hub: HubServer):
    hub.add("org/m", HUB_FILES)
    with open_url("nano", chat_template=SHOW) as model:
        assert model.prompt(HI).startswith("[user]Hi")
    with open_url("nano", model_id="org/m") as model:
        assert model.prompt(HI) == "HUB [user]Hi<e>"
    with open_url("nano", chat_template="plain") as model:
        assert model.prompt(HI) == "User: Hi\nAssistant:"
    with pytest.raises(UsageError, match="no chat route"):
        open_url("nano", route="chat")


def test_a_built_in_format_that_does_not_fit_a_gguf_s_vocabulary_is_refused():
    with pytest.raises(TemplateError, match="vocabulary has no such token") as err:
        open_url("nano", chat_template="gemma")
    assert "plain" in err.value.hint
