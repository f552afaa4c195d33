"""A model's chat template by its name on the Hub, against a Hub on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer

from chatwright.errors import (
    BackendError,
    ChatwrightError,
    NotServed,
    TemplateError,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
    UsageError,
)
from chatwright.templates import ChatTemplate
from chatwright.templates import hub_client as hub_client_module

HI = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "add", "description": "", "parameters": {}}}
SHOW = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"


def config(**entries: Any) -> bytes:
    return json.dumps({"bos_token": "<s>", "eos_token": "</s>", **entries}).encode()


PLAIN = {"tokenizer_config.json": config(chat_template=SHOW), "model.safetensors": b"x" * 5000}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub's home of its own, no tokens, no waiting between attempts."""
    for name in (*os.environ,):
        if name.startswith(("HF_", "HUGGING", "TRANSFORMERS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(hub_client_module, "pause", lambda attempt: None)
    return tmp_path / "home" / "hub"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def shown(repo: str = "org/m", **how: Any) -> str:
    return ChatTemplate.from_hub(repo, **how).render(HI)


# What is read


def test_the_small_files_alone_are_downloaded(hub: HubServer):
    hub.add("org/m", PLAIN | {"README.md": b"#", "chat_template.jinja": b"J " + SHOW.encode()})
    assert shown() == "J <s>Hi</s>"
    asked = {seen.path.split("/")[-1] for seen in hub.requests("/resolve/")}
    assert asked == {"chat_template.jinja", "tokenizer_config.json"}
    assert hub.bytes_of("model.safetensors") == 0


def test_named_templates_of_a_folder_come_with_the_default(hub: HubServer):
    hub.add(
        "org/m",
        PLAIN
        | {
            "chat_template.jinja": b"default",
            "additional_chat_templates/tool_use.jinja": b"tools",
            "additional_chat_templates/rag.jinja": b"rag",
            "additional_chat_templates/notes.txt": b"no template",
        },
    )
    template = ChatTemplate.from_hub("org/m")
    assert set(template.templates) == {"default", "tool_use", "rag"}
    assert (template.render(HI), template.render(HI, [TOOL])) == ("default", "tools")
    assert ChatTemplate.from_hub("org/m", name="rag").render(HI, [TOOL]) == "rag"


def test_the_template_of_a_processor_counts_where_the_tokenizer_has_none(hub: HubServer):
    legacy = json.dumps({"chat_template": "old " + SHOW}).encode()
    hub.add("org/m", {"tokenizer_config.json": config(), "chat_template.json": legacy})
    hub.add("org/both", PLAIN | {"chat_template.json": legacy})
    assert (shown(), shown("org/both")) == ("old <s>Hi</s>", "<s>Hi</s>")


def test_control_tokens_come_from_a_small_tokenizer_json_and_never_from_a_large_one(hub: HubServer):
    tokens = [{"id": 1, "content": "<|odd|>", "special": True}]
    small = json.dumps({"added_tokens": tokens}).encode()
    large = json.dumps({"added_tokens": tokens, "model": "v" * 5_000_000}).encode()
    hub.add("org/small", PLAIN | {"tokenizer.json": small})
    hub.add("org/large", PLAIN | {"tokenizer.json": large})
    assert "<|odd|>" in ChatTemplate.from_hub("org/small").control_tokens
    assert "<|odd|>" not in ChatTemplate.from_hub("org/large").control_tokens
    assert hub.requests("org/large/resolve/.*/tokenizer.json") == []


@pytest.mark.parametrize("store", [True, False])
def test_a_server_that_lists_nothing_is_asked_for_the_files_by_name(
    store: bool, monkeypatch: pytest.MonkeyPatch
):
    with HubServer(store=store, routes="/resolve/|/store/") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add("org/m", PLAIN)
        assert shown() == "<s>Hi</s>"
        assert hub.requests("tokenizer.json") == []  # nobody knows how large that is
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        assert shown() == "<s>Hi</s>"


def test_a_repository_without_an_owner_is_one_too(hub: HubServer):
    hub.add("org/m", PLAIN)
    with pytest.raises(ChatwrightError):
        shown("gpt2")
    assert hub.requests("/api/models/gpt2/")


# Revisions, the cache, offline


def test_a_revision_is_a_branch_or_a_commit(hub: HubServer):
    first = hub.add("org/m", PLAIN)
    hub.add("org/m", {"tokenizer_config.json": config(chat_template="new")})
    hub.add("org/m", {"tokenizer_config.json": config(chat_template="v2")}, branches=("v2/x",))
    assert shown() == "new"
    assert shown(revision=first) == "<s>Hi</s>"
    assert shown(revision="v2/x") == "v2"
    assert first[:12] in ChatTemplate.from_hub("org/m", revision=first).origin


def test_what_is_in_the_cache_is_not_downloaded_again(hub: HubServer):
    hub.add("org/m", PLAIN)
    shown()
    before = len(hub.requests())
    assert shown() == "<s>Hi</s>"
    assert [seen.path.split("?")[0] for seen in hub.requests()[before:]] == [
        "/api/models/org/m/revision/main"
    ]


def test_a_new_commit_is_seen(hub: HubServer):
    hub.add("org/m", PLAIN)
    shown()
    hub.add("org/m", {"tokenizer_config.json": config(chat_template="new")})
    assert shown() == "new"


def test_the_cache_is_the_one_of_all_programs_of_the_hub(hub: HubServer, own_cache: Path):
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    commit = hub.add("org/m", PLAIN)
    shown()
    found = try_to_load_from_cache("org/m", "tokenizer_config.json", cache_dir=own_cache)
    assert found == str(
        own_cache / "models--org--m" / "snapshots" / commit / "tokenizer_config.json"
    )
    theirs = own_cache.parent / "theirs"
    hf_hub_download(
        "org/m", "tokenizer_config.json", cache_dir=theirs, endpoint=hub.url, token=False
    )
    assert shown(cache_dir=theirs, offline=True) == "<s>Hi</s>"


@pytest.mark.parametrize("way", ["variable", "argument"])
def test_offline_nobody_is_asked(hub: HubServer, way: str, monkeypatch: pytest.MonkeyPatch):
    commit = hub.add("org/m", PLAIN)
    shown()
    before = len(hub.requests())
    how: dict[str, Any] = {"offline": True} if way == "argument" else {}
    if way == "variable":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert shown(**how) == shown(revision=commit, **how) == "<s>Hi</s>"
    assert len(hub.requests()) == before


def test_offline_a_file_that_is_not_in_the_cache_counts_as_absent(own_cache: Path):
    commit = "c" * 40
    snapshot = own_cache / "models--org--m" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    refs = own_cache / "models--org--m" / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
    (snapshot / "chat_template.jinja").write_text("J {{ bos_token }}{{ messages[0].content }}")
    assert shown(offline=True) == "J Hi"
    (snapshot / "chat_template.jinja").unlink()
    (snapshot / "chat_template.jinja").symlink_to("../../blobs/never-came")
    with pytest.raises(TemplateError, match="has no chat template") as err:
        shown(offline=True)
    assert "HF_HUB_OFFLINE" in err.value.hint
    (snapshot / "tokenizer_config.json").write_bytes(PLAIN["tokenizer_config.json"])
    assert shown(offline=True) == "<s>Hi</s>"


def test_offline_and_never_downloaded_says_how_to_go_on():
    with pytest.raises(TemplateError, match="not in the cache") as err:
        shown(offline=True)
    assert "unset HF_HUB_OFFLINE" in err.value.hint and "chat_template=" in err.value.hint


def test_offline_a_half_written_copy_is_named(hub: HubServer, own_cache: Path):
    hub.add("org/m", PLAIN)
    shown()
    file = next(own_cache.rglob("snapshots/*/tokenizer_config.json"))
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(TemplateError, match="only the beginning") as err:
        shown(offline=True)
    assert str(file.parent) in err.value.hint


@pytest.mark.parametrize("left", [0, 20])
def test_online_a_half_written_copy_is_downloaded_again(hub: HubServer, own_cache: Path, left: int):
    hub.add("org/m", PLAIN | {"chat_template.jinja": b"J " + SHOW.encode()})
    shown()
    for file in own_cache.rglob("snapshots/*/*"):
        file.write_bytes(file.read_bytes()[:left])
    assert shown() == "J <s>Hi</s>"
    assert shown(offline=True) == "J <s>Hi</s>"


def test_a_copy_of_the_same_length_with_other_bytes_is_not_taken(hub: HubServer, own_cache: Path):
    hub.add("org/m", {"chat_template.jinja": b"abc"})
    shown()
    next(own_cache.rglob("snapshots/*/chat_template.jinja")).write_bytes(b"\0\0\0")
    assert shown() == "abc"


def test_a_cache_that_cannot_be_written_to_is_no_reason_to_fail(
    hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    hub.add("org/m", PLAIN)
    (tmp_path / "file").write_text("in the way")
    assert shown(cache_dir=tmp_path / "file") == "<s>Hi</s>"
    assert "cannot be written" in caplog.text


def test_the_cache_works_without_links(
    hub: HubServer, own_cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    hub.add("org/m", PLAIN)
    shown()
    assert not next(own_cache.rglob("snapshots/*/tokenizer_config.json")).is_symlink()
    assert shown(offline=True) == "<s>Hi</s>"


def test_many_at_once_leave_a_whole_cache(hub: HubServer):
    hub.add("org/m", PLAIN)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(shown())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["<s>Hi</s>"] * 8
    assert shown(offline=True) == "<s>Hi</s>"


def test_a_process_that_is_killed_in_the_middle_leaves_nothing_that_misleads(
    hub: HubServer, own_cache: Path
):
    hub.add("org/m", PLAIN | {"chat_template.jinja": b"J " + SHOW.encode()})
    hub.hold(after=10)
    script = "from chatwright.templates import ChatTemplate; ChatTemplate.from_hub('org/m')"
    child = subprocess.Popen([sys.executable, "-c", script])
    assert hub.held.wait(30)
    child.kill()
    child.wait()
    with pytest.raises(TemplateError):
        shown(offline=True)
    assert shown() == "J <s>Hi</s>"


# What goes wrong


def test_a_body_that_is_cut_is_asked_for_again(hub: HubServer):
    hub.add("org/m", PLAIN)
    hub.cut(after=10)
    assert shown() == "<s>Hi</s>"


def test_a_body_that_is_cut_again_and_again_is_an_error_and_leaves_nothing(hub: HubServer):
    hub.add("org/m", PLAIN)
    hub.cut(after=10, times=3)
    with pytest.raises(Unreachable, match="was cut"):
        shown()
    with pytest.raises(TemplateError, match="not in the cache"):
        shown(offline=True)
    assert shown() == "<s>Hi</s>"


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_short_trouble_passes(hub: HubServer, fault: str):
    hub.add("org/m", PLAIN)
    if fault == "reset":
        hub.reset("/api/", times=1)
    else:
        hub.fail("/api/|/resolve/", status=500, times=2)
    assert shown() == "<s>Hi</s>"


def test_a_hub_in_trouble_is_an_error_or_the_copy_in_the_cache(
    hub: HubServer, caplog: pytest.LogCaptureFixture
):
    hub.add("org/m", PLAIN)
    hub.fail(status=503, times=3)
    with pytest.raises(Unavailable, match="trouble of its own"):
        shown()
    shown()
    hub.fail(status=503, times=3)
    assert shown() == "<s>Hi</s>"
    assert "in the cache" in caplog.text


def test_without_a_network_the_copy_is_taken_and_else_the_reason_told(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/m", PLAIN)
    shown()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    assert shown() == "<s>Hi</s>"
    with pytest.raises(Unreachable, match="refuses the connection") as err:
        shown("org/other")
    assert "HF_HUB_OFFLINE" in err.value.hint


def test_a_hub_that_says_nothing_ends_at_the_timeout(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(TimedOut):
            shown(timeout=0.2)


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_gated_model_says_where_to_accept_its_licence(hub: HubServer, signed_in: bool):
    hub.add("org/m", PLAIN, gated=True)
    if signed_in:
        assert shown(token="hf_good") == "<s>Hi</s>"
        return
    with pytest.raises(Unauthorized, match="gated") as err:
        shown()
    assert err.value.error_type == "GatedRepo"
    assert f"{hub.url}/org/m" in err.value.hint and "chat_template=" in err.value.hint


def test_a_private_model_is_one_that_nobody_knows_until_there_is_a_token(hub: HubServer):
    hub.add("org/secret", PLAIN, private=True)
    with pytest.raises(NotServed, match="no repository org/secret") as err:
        shown("org/secret")
    assert "private" in err.value.hint
    assert shown("org/secret", token="hf_good") == "<s>Hi</s>"


def test_a_wrong_token_is_named(hub: HubServer):
    hub.add("org/m", PLAIN)
    with pytest.raises(Unauthorized, match="does not know the token") as err:
        shown(token="hf_bad")
    assert "hf_bad" not in str(err.value) + err.value.hint


def test_a_misspelt_model_is_met_with_the_one_that_was_meant(hub: HubServer):
    hub.add("org/tiny-chat", PLAIN)
    with pytest.raises(NotServed) as err:
        shown("org/tiny-caht")
    assert "did you mean 'org/tiny-chat'?" in err.value.hint


def test_a_revision_that_does_not_exist_is_named(hub: HubServer):
    hub.add("org/m", PLAIN)
    with pytest.raises(NotServed, match="no revision v9"):
        shown(revision="v9")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"tokenizer_config.json": config()}, ["chatml", "chat_template=", "complete"]),
        ({"config.json": b"{}"}, ["chatml", "chat_template=", "complete"]),
        ({"m-Q4.gguf": b"GGUF"}, ["local:org/base"]),
    ],
)
def test_a_model_without_a_template_names_the_ways_out(
    hub: HubServer, files: dict[str, bytes], words: list[str]
):
    hub.add("org/base", files)
    with pytest.raises(TemplateError, match="org/base at main has no chat template") as err:
        shown("org/base")
    assert all(word in err.value.hint for word in words)


def test_a_base_model_points_to_the_chat_model_beside_it(hub: HubServer):
    hub.add("org/tiny-base", {"tokenizer_config.json": config()})
    hub.add("org/tiny-Instruct", PLAIN)
    hub.add("else/tiny-Instruct", PLAIN)
    with pytest.raises(TemplateError) as err:
        shown("org/tiny-base")
    assert "model_id=org/tiny-Instruct" in err.value.hint


@pytest.mark.parametrize(
    "repo", ["", "a/b/c", "../x", "org/..", "org/a--b", "https://x/y", "org/m\n", "-a/b", "a b/c"]
)
def test_what_is_no_name_of_a_repository_is_never_asked_for(hub: HubServer, repo: str):
    with pytest.raises(UsageError, match="no repository"):
        shown(repo)
    assert hub.requests() == []


@pytest.mark.parametrize("revision", ["../main", "a//b", "/x", "x.lock", "a b", "é"])
def test_what_is_no_revision_is_never_asked_for(hub: HubServer, revision: str):
    with pytest.raises(UsageError, match="no revision"):
        shown(revision=revision)
    assert hub.requests() == []


@pytest.mark.parametrize("name", ["../../evil.jinja", "a/b.jinja", "a\\b.jinja"])
def test_a_listed_name_cannot_lead_out_of_the_cache(hub: HubServer, own_cache: Path, name: str):
    hub.add("org/m", PLAIN | {f"additional_chat_templates/{name}": b"evil"})
    assert ChatTemplate.from_hub("org/m").render(HI) == "<s>Hi</s>"
    assert not list(own_cache.rglob("*evil*"))


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]", b'{"sha": 1}', b"{", b""])
def test_a_list_that_is_none_is_done_without(hub: HubServer, body: bytes):
    hub.add("org/m", PLAIN)
    hub.fail("/api/models/org/m/revision", status=200, body=body)
    assert shown() == "<s>Hi</s>"


def test_a_server_that_answers_404_to_all_is_taken_for_no_hub(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/m", PLAIN)
    shown()
    hub.routes = "nothing"
    assert shown() == "<s>Hi</s>"
    with pytest.raises(NotServed, match="has nothing of a repository org/other") as err:
        shown("org/other")
    assert "HF_ENDPOINT" in err.value.hint


# Tokens


def test_a_token_that_lies_around_is_not_sent_to_another_server(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/m", PLAIN)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    monkeypatch.setenv("HUGGINGFACEHUB_API_TOKEN", "hf_good")
    shown()
    assert hub.requests() and not any("authorization" in seen.headers for seen in hub.requests())


def test_a_token_that_was_given_stays_at_the_server_it_was_given_for(hub: HubServer):
    hub.add("org/m", PLAIN)
    shown(token="hf_good")
    tokens = {(seen.server, seen.token) for seen in hub.requests()}
    assert tokens == {("hub", "hf_good"), ("store", "")}


# Pins


def test_a_pinned_template_is_taken_and_another_one_is_not(hub: HubServer):
    hub.add("org/m", PLAIN)
    pin = hashlib.sha256(SHOW.encode()).hexdigest()
    assert shown(sha256=pin) == "<s>Hi</s>"
    hub.add("org/m", {"tokenizer_config.json": config(chat_template=SHOW + "!")})
    other = hashlib.sha256((SHOW + "!").encode()).hexdigest()
    with pytest.raises(TemplateError, match=f"{other} and should be {pin}"):
        shown(sha256=pin)


def test_errors_of_the_hub_are_backend_errors_and_a_missing_template_is_none():
    assert issubclass(NotServed, BackendError) and not issubclass(TemplateError, BackendError)
