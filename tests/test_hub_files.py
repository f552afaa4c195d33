"""GGUF files from the Hub, against a Hub on loopback: named, chosen, downloaded, resumed, checked, found again."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gguf_files import _weights, gguf_bytes, metadata, write_tiny
from hub_server import HubServer

from chatwright import open_model
from chatwright.backends.local.hub import Fetched, HubName, Progress, fetch, local_file, read_name
from chatwright.backends.local.hub import client as client_module
from chatwright.backends.local.hub import download as download_module
from chatwright.backends.local.hub.choice import RemoteFile, choose
from chatwright.backends.local.hub.room import Memory
from chatwright.errors import (
    BackendError,
    BadReply,
    ChatwrightError,
    NotServed,
    Unauthorized,
    Unavailable,
    UnknownModel,
    Unreachable,
    UsageError,
)
from chatwright.events import Finish, Notice

PLENTY = Memory(10**15, 10**15)
COMMIT = "0123456789" * 4
Q4, Q8, F16 = b"4" * 300_000, b"8" * 500_000, b"f" * 900_000
TINY = {"README.md": b"# tiny", "tiny-Q8_0.gguf": Q8, "tiny-Q4_K_M.gguf": Q4, "tiny-F16.gguf": F16}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub's home of its own, no tokens, no waiting between attempts."""
    for name in (*os.environ,):
        if name.startswith(("HF_", "HUGGING")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    for module in (client_module, download_module):
        monkeypatch.setattr(module, "pause", lambda failures: 0.0)
    return tmp_path / "home" / "hub"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def get(text: str, **how: object) -> Fetched:
    name = read_name(text)
    assert name is not None
    return fetch(name, **how)  # type: ignore[arg-type]


def notices(text: str, **how: object) -> list[str]:
    """What a person is told while the file is fetched."""
    said: list[Progress | Notice] = []
    get(text, on_progress=said.append, **how)
    return [item.text for item in said if isinstance(item, Notice)]


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("org/tiny-GGUF", HubName("org/tiny-GGUF")),
        ("org/tiny-GGUF:Q4_K_M", HubName("org/tiny-GGUF", "main", "Q4_K_M")),
        ("org/tiny-GGUF:a/b.gguf", HubName("org/tiny-GGUF", "main", "a/b.gguf")),
        ("org/tiny-GGUF@v1.0", HubName("org/tiny-GGUF", "v1.0")),
        ("org/tiny-GGUF@refs/pr/4:b.gguf", HubName("org/tiny-GGUF", "refs/pr/4", "b.gguf")),
        (f"org/t_1.5@{COMMIT}:q8_0", HubName("org/t_1.5", COMMIT, "q8_0")),
    ],
)
def test_a_name_holds_a_repository_a_revision_and_a_pick(text: str, name: HubName):
    assert read_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["tiny.gguf", "models/tiny.gguf", "./org/tiny", "/org/tiny", "../a/b", "~/a/b", "tiny", "a/b/c.gguf",
     r"C:\models\tiny.gguf", "C:/models/tiny.gguf", r"models\tiny.gguf", "TINY.GGUF", "a/b.GGUF"],
)  # fmt: skip
def test_what_looks_like_a_path_is_a_path(text: str):
    assert read_name(text) is None


def test_what_exists_on_disk_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org").mkdir()
    (tmp_path / "org" / "tiny:Q4_K_M").write_bytes(b"x")
    assert read_name("org/tiny") == HubName("org/tiny")
    assert read_name("org/tiny:Q4_K_M") is None


@pytest.mark.parametrize(
    ("text", "why", "hint"),
    [
        ("org/na me", "letters, digits", "write local:org/name-GGUF"),
        ("org//name", "one slash", "local:./path"),
        ("a/b/c", "one slash", "write"),
        ("org/-name", "no sign at either end", "write"),
        ("org/a--b", "no '--'", "write"),
        ("org/a..b", "no '..'", "write"),
        ("org/a.git", "'.git'", "write"),
        ("org/" + "a" * 97, "letters", "write"),
        ("örg/name", "letters", "write"),
        ("org/name@", "after the @", "write"),
        ("org/name@../../etc", "after the @", "write"),
        ("org/name@a b", "after the @", "write"),
        ("org/name:", "after the colon", "write"),
        ("org/name:../x.gguf", "after the colon", "write"),
        ("org/name:/etc/x.gguf", "after the colon", "write"),
        ("org/name:a\x1b[31m.gguf", "after the colon", "write"),
        ("@v1:x/y", "names no model", "write"),
        ("hf://org/name", "an address", "write"),
        ("https://huggingface.co/org/name", "an address", "did you mean 'local:org/name'?"),
        (
            "https://huggingface.co/org/name/blob/main/a/b.gguf?download=true",
            "an address",
            "did you mean 'local:org/name:a/b.gguf'?",
        ),
        (
            "https://huggingface.co/org/name/resolve/v2/b.gguf",
            "an address",
            "'local:org/name@v2:b.gguf'",
        ),
    ],
)
def test_a_malformed_name_says_what_is_wrong_with_it(text: str, why: str, hint: str):
    with pytest.raises(UnknownModel) as caught:
        read_name(text)
    assert why in str(caught.value) and hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("tinny.gguf", "there is no file tinny.gguf", "did you mean 'tiny.gguf'?"),
        ("org/name/file.gguf", "there is no file", "local:org/name:file.gguf"),
        ("qwen", "there is no file qwen", "local:org/name-GGUF"),
        ("models", "is a folder", "tiny.gguf"),
        ("~nobody-here/x.gguf", "there is no file", "check the path"),
        ("x" * 5000, "there is no file", "check the path"),
    ],
)
def test_a_path_to_nothing_says_what_was_perhaps_meant(
    text: str, message: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    for folder in (tmp_path, tmp_path / "models"):
        (folder / "tiny.gguf").write_bytes(b"x")
    with pytest.raises(BackendError) as caught:
        local_file(text)
    assert message in str(caught.value) and hint in caught.value.hint


@pytest.mark.skipif(os.name == "nt", reason="there it is a path as any other")
def test_a_path_of_another_system_gets_its_slashes():
    with pytest.raises(BackendError) as caught:
        local_file(r"models\tiny.gguf")
    assert "local:models/tiny.gguf" in caught.value.hint


# Choice


def chosen(
    files: list[str] | dict[str, int],
    pick: str = "",
    *,
    repo: str = "org/tiny-GGUF",
    memory: Memory = PLENTY,
    here: tuple[str, ...] = (),
) -> str:
    sizes = files if isinstance(files, dict) else dict.fromkeys(files, 1)
    listing = [RemoteFile(path, size) for path, size in sizes.items()]
    found = choose(listing, HubName(repo, "main", pick), memory, lambda m: m.path in here)
    return found.model.path


@pytest.mark.parametrize(
    ("files", "best"),
    [
        ("t-Q2_K t-Q4_K_M t-Q8_0 t-F16", "t-Q4_K_M"),
        ("t-Q4_0 t-Q4_K_S t-Q8_0", "t-Q4_K_S"),
        ("t.Q3_K_L t.Q5_K_M t.Q6_K", "t.Q5_K_M"),
        ("t-UD-Q4_K_XL t-Q4_K_M t-UD-Q2_K_XL", "t-Q4_K_M"),
        ("t-UD-Q4_K_XL t-Q8_0", "t-UD-Q4_K_XL"),
        ("t-q8_0 t-fp16", "t-q8_0"),
        ("t-IQ4_XS t-IQ2_M t-BF16", "t-IQ4_XS"),
        ("t-Q2_K t-f16 t-f32", "t-f16"),
        ("t-MXFP4 t-F16", "t-MXFP4"),
        ("t", "t"),
        ("t t-F32", "t"),
        ("tiny-v2-Q4_K_M tiny-Q4_K_M", "tiny-Q4_K_M"),
        ("sub/tiny-Q4_K_M tiny-Q4_K_M", "tiny-Q4_K_M"),
        ("Q4_K_M/tiny Q8_0/tiny", "Q4_K_M/tiny"),
        ("tiny-Q6_K-f16 tiny-f16", "tiny-Q6_K-f16"),
    ],
)
def test_without_a_pick_the_best_known_quantisation_is_taken(files: str, best: str):
    assert chosen([f"{f}.gguf" for f in files.split()]) == f"{best}.gguf"


@pytest.mark.parametrize(
    "extra",
    ["mmproj-tiny-Q4_K_M", "mmproj-F16", "tiny.imatrix", "imatrix_tiny-Q4_K_M", "tiny-lora-Q4_K_M", "adapter-Q4_K_M",
     "ggml-vocab-tiny", "tiny-draft-Q4_K_M", "sub/mmproj-model-Q4_K_M"],
)  # fmt: skip
def test_what_is_no_model_is_never_chosen(extra: str):
    assert chosen([f"{extra}.gguf", "tiny-Q2_K.gguf"]) == "tiny-Q2_K.gguf"
    with pytest.raises(BackendError, match="none that is a whole model"):
        chosen([f"{extra}.gguf"])
    with pytest.raises(BackendError, match="no quantisation Q4_K_M"):
        chosen([f"{extra}.gguf", "tiny-Q2_K.gguf"], "Q4_K_M")


def test_a_word_that_the_repository_has_too_is_no_reason_against_a_file():
    assert chosen(["my-lora-Q4_K_M.gguf"], repo="org/my-lora-GGUF") == "my-lora-Q4_K_M.gguf"


@pytest.mark.parametrize(
    ("pick", "path"),
    [
        ("Q4_K_M", "tiny-Q4_K_M.gguf"),
        ("q4_k_m", "tiny-Q4_K_M.gguf"),
        ("Q4-K-M", "tiny-Q4_K_M.gguf"),
        ("UD-Q4_K_XL", "tiny-UD-Q4_K_XL.gguf"),
        ("q4_k_xl", "tiny-UD-Q4_K_XL.gguf"),
        ("IQ4_XS", "tiny-IQ4_XS.gguf"),
        ("f16", "tiny-fp16.gguf"),
        ("FP16", "tiny-fp16.gguf"),
        ("bf16", "BF16/tiny-BF16-00001-of-00002.gguf"),
        ("tiny-fp16.gguf", "tiny-fp16.gguf"),
        ("BF16/tiny-BF16-00002-of-00002.gguf", "BF16/tiny-BF16-00001-of-00002.gguf"),
        ("mmproj-F16.gguf", "mmproj-F16.gguf"),
    ],
)
def test_a_pick_is_a_quantisation_or_a_file(pick: str, path: str):
    files = ["tiny-Q4_K_M.gguf", "tiny-UD-Q4_K_XL.gguf", "tiny-IQ4_XS.gguf", "tiny-fp16.gguf", "mmproj-F16.gguf"]  # fmt: skip
    parts = [f"BF16/tiny-BF16-0000{n}-of-00002.gguf" for n in (1, 2)]
    assert chosen([*files, *parts], pick) == path


@pytest.mark.parametrize(
    ("pick", "hint"),
    [
        ("Q5", "there are Q4_K_M, Q8_0"),
        ("Q4", "did you mean 'Q4_K_M'?"),
        ("Q4_K_N", "did you mean 'Q4_K_M'?"),
        ("tiny-Q4-K.gguf", "did you mean 'tiny-Q4_K_M.gguf'?"),
        ("nonsense", "there are Q4_K_M, Q8_0"),
    ],
)
def test_a_pick_that_is_not_there_gets_the_list_of_what_is(pick: str, hint: str):
    with pytest.raises(BackendError, match="org/tiny-GGUF has no") as caught:
        chosen(["tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf"], pick)
    assert hint in caught.value.hint


def test_several_models_of_one_quantisation_are_not_guessed_between():
    for pick in ("", "Q4_K_M"):
        with pytest.raises(BackendError, match="several files that fit") as caught:
            chosen(["a-7b-Q4_K_M.gguf", "b-13b-Q4_K_M.gguf"], pick)
        assert "a-7b-Q4_K_M.gguf, b-13b-Q4_K_M.gguf" in caught.value.hint


def test_a_split_model_counts_only_when_it_is_whole():
    parts = [f"t-Q4_K_M-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert chosen([*parts, "t-Q8_0.gguf"]) == parts[0]
    assert chosen([*parts[1:], "t-Q8_0.gguf"]) == "t-Q8_0.gguf"
    for pick in ("Q4_K_M", parts[1]):
        with pytest.raises(BackendError, match="only 2 of the 3 parts"):
            chosen([*parts[1:], "t-Q8_0.gguf"], pick)


def test_a_repository_without_gguf_files_says_where_to_look():
    with pytest.raises(BackendError, match="org/tiny has no GGUF file") as caught:
        chosen(["model.safetensors"], repo="org/tiny")
    assert "org/tiny-GGUF" in caught.value.hint and "-m org/tiny" in caught.value.hint


SIZES = {"t-Q4_K_M.gguf": 5 * 10**9, "t-Q4_K_S.gguf": 4 * 10**9, "t-Q2_K.gguf": 2 * 10**9}


def test_a_smaller_model_is_taken_where_memory_is_short_and_that_is_said():
    files = [RemoteFile(path, size) for path, size in SIZES.items()]
    short = Memory(4_500_000_000, 16 * 10**9)
    found = choose(files, HubName("org/t"), short, lambda m: False)
    assert found.model.path == "t-Q4_K_S.gguf"
    assert found.notice == (
        "taking Q4_K_S (4.0 GB): Q4_K_M (5.0 GB) is larger than the 4.5 GB of memory that are free"
    )


def test_a_model_that_is_here_already_is_not_left_for_a_smaller_one():
    short = Memory(4_500_000_000, 16 * 10**9)
    assert chosen(SIZES, memory=short, here=("t-Q4_K_M.gguf",)) == "t-Q4_K_M.gguf"


def test_no_model_that_fits_is_an_error_with_the_numbers():
    with pytest.raises(BackendError, match=r"Q2_K \(2.0 GB\), is larger than the 1.0 GB of memory"):
        chosen(SIZES, memory=Memory(10**9, 16 * 10**9))
    with pytest.raises(BackendError, match=r"Q4_K_M \(5.0 GB\) is larger than .* memory, 3.0 GB"):
        chosen(SIZES, "Q4_K_M", memory=Memory(10**9, 3 * 10**9))
    assert chosen(SIZES, "Q4_K_M", memory=Memory(10**9, 16 * 10**9)) == "t-Q4_K_M.gguf"


# Fetching


def test_a_file_is_downloaded_and_the_hubs_own_library_finds_it(hub: HubServer, own_cache: Path):
    from huggingface_hub import scan_cache_dir, try_to_load_from_cache

    commit = hub.add("org/tiny-GGUF", TINY)
    found = get("org/tiny-GGUF")
    assert (found.repo, found.commit, found.file) == ("org/tiny-GGUF", commit, "tiny-Q4_K_M.gguf")
    assert found.path.read_bytes() == Q4
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4) and hub.bytes_of("tiny-Q8_0.gguf") == 0
    theirs = try_to_load_from_cache(found.repo, found.file, cache_dir=own_cache)
    assert theirs == str(found.path)
    scan = scan_cache_dir(own_cache)
    assert not scan.warnings and scan.size_on_disk == len(Q4)


def test_a_file_that_the_hubs_own_library_downloaded_is_found(hub: HubServer, own_cache: Path):
    hub.add("org/tiny-GGUF", TINY)
    code = "from huggingface_hub import hf_hub_download as d; d('org/tiny-GGUF', 'tiny-Q8_0.gguf')"
    env = {**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=60)
    sent = hub.bytes_of("tiny-Q8_0.gguf")
    assert get("org/tiny-GGUF:Q8_0").path.read_bytes() == Q8
    assert hub.bytes_of("tiny-Q8_0.gguf") == sent


@pytest.mark.parametrize("pick", ["", ":Q4_K_M", ":tiny-Q4_K_M.gguf"])
def test_the_second_time_costs_one_small_request_and_a_whole_commit_none(pick: str, hub: HubServer):
    commit = hub.add("org/tiny-GGUF", TINY)
    first = get(f"org/tiny-GGUF{pick}")
    hub.seen.clear()
    assert get(f"org/tiny-GGUF{pick}") == first
    assert len(hub.seen) == 1
    hub.seen.clear()
    assert get(f"org/tiny-GGUF@{commit}{pick}") == first
    assert hub.seen == []


def test_a_revision_is_a_branch_a_tag_or_a_commit(hub: HubServer):
    old = hub.add("org/tiny-GGUF", {"t-Q4_K_M.gguf": b"old"}, branches=("v1", "refs/pr/4"))
    hub.add("org/tiny-GGUF", {"t-Q4_K_M.gguf": b"new"})
    assert get("org/tiny-GGUF").path.read_bytes() == b"new"
    for revision in ("v1", "refs/pr/4", old, old[:8]):
        found = get(f"org/tiny-GGUF@{revision}")
        assert (found.path.read_bytes(), found.commit) == (b"old", old)


def test_a_new_commit_with_the_same_bytes_is_not_downloaded_again(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    get("org/tiny-GGUF")
    commit = hub.add("org/tiny-GGUF", {**TINY, "README.md": b"# better"})
    assert get("org/tiny-GGUF").commit == commit
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4)


def test_the_parts_of_a_split_model_come_together_and_the_first_is_named(hub: HubServer):
    parts = {f"sub/t-Q4_K_M-0000{n}-of-00003.gguf": bytes([n]) * 1000 for n in (1, 2, 3)}
    hub.add("org/tiny-GGUF", parts)
    said: list[Progress | Notice] = []
    found = get("org/tiny-GGUF:sub/t-Q4_K_M-00002-of-00003.gguf", on_progress=said.append)
    assert found.file == "sub/t-Q4_K_M-00001-of-00003.gguf"
    assert {p.name: p.read_bytes() for p in found.path.parent.iterdir()} == {
        Path(path).name: data for path, data in parts.items()
    }
    last = said[-1]
    assert isinstance(last, Progress) and (last.done, last.total) == (3000, 3000)


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_a_connection_that_is_cut_again_and_again_goes_on_where_it_was(
    store: bool, lengths: bool, monkeypatch: pytest.MonkeyPatch
):
    with HubServer(store=store) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add("org/tiny-GGUF", TINY)
        hub.lengths = lengths
        hub.cut(after=40_000, times=7)
        assert get("org/tiny-GGUF").path.read_bytes() == Q4
        assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4)
        asked = [s.headers.get("range") for s in hub.seen if s.sent]
        assert asked[:3] == [None, "bytes=40000-", "bytes=80000-"]


def test_resets_and_errors_in_the_middle_are_ridden_out(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.cut(after=100_000)
    hub.reset("/store/", times=2)
    hub.fail("/store/", status=503, times=2)
    assert get("org/tiny-GGUF").path.read_bytes() == Q4


def test_a_server_without_ranges_is_read_again_up_to_where_we_were(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.ranges = False
    hub.cut(after=100_000)
    hub.cut(after=50_000)
    assert get("org/tiny-GGUF").path.read_bytes() == Q4


def test_a_download_that_fails_is_kept_and_taken_up_by_the_next_run(
    hub: HubServer, own_cache: Path
):
    hub.add("org/tiny-GGUF", TINY)
    hub.cut(after=100_000)
    hub.cut(after=0, times=5)
    with pytest.raises(Unreachable) as caught:
        get("org/tiny-GGUF")
    assert "what came is kept (100 kB of 300 kB)" in caught.value.hint
    assert [p.stat().st_size for p in own_cache.rglob("*.incomplete")] == [100_000]
    hub.seen.clear()
    assert get("org/tiny-GGUF").path.read_bytes() == Q4
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4) - 100_000
    assert list(own_cache.rglob("*.incomplete")) == []


def partial_of(cache: Path, data: bytes, kept: bytes) -> Path:
    """What an interrupted run has left of a file."""
    blobs = cache / "models--org--tiny-GGUF" / "blobs"
    blobs.mkdir(parents=True)
    file = blobs / f"{hashlib.sha256(data).hexdigest()}.incomplete"
    file.write_bytes(kept)
    return file


def test_a_damaged_beginning_of_an_earlier_run_is_downloaded_again(hub: HubServer, own_cache: Path):
    hub.add("org/tiny-GGUF", TINY)
    partial_of(own_cache, Q4, b"x" * 1000)
    told = notices("org/tiny-GGUF:Q4_K_M")
    assert told == ["the part of tiny-Q4_K_M.gguf that was here is damaged: starting over"]
    assert get("org/tiny-GGUF:Q4_K_M").path.read_bytes() == Q4


@pytest.mark.parametrize("kept", [Q4, Q4 + b"more"])
def test_a_beginning_that_is_all_or_more_than_all_is_no_obstacle(
    kept: bytes, hub: HubServer, own_cache: Path
):
    hub.add("org/tiny-GGUF", TINY)
    partial_of(own_cache, Q4, kept)
    assert get("org/tiny-GGUF").path.read_bytes() == Q4
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == (0 if kept == Q4 else len(Q4))


def test_bytes_that_are_not_those_of_the_hub_are_removed_and_named(hub: HubServer, own_cache: Path):
    commit = hub.add("org/tiny-GGUF", TINY)
    real = hashlib.sha256(Q4).hexdigest()
    hub.repos[f"org/tiny-GGUF@{commit}"].files["tiny-Q4_K_M.gguf"] = b"X" + Q4[1:]
    told = {"x-repo-commit": commit, "etag": f'"{real}"', "content-length": str(len(Q4))}
    hub.fail("/resolve/", method="HEAD", status=200, headers=told, times=2)
    with pytest.raises(BackendError, match=r"tiny-Q4_K_M.gguf came damaged and was removed"):
        get("org/tiny-GGUF:tiny-Q4_K_M.gguf")
    assert not [p for p in own_cache.rglob("*") if p.is_file() and p.suffix != ".lock"]


def test_a_file_of_the_wrong_length_in_the_cache_is_downloaded_again(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    found = get("org/tiny-GGUF")
    os.truncate(found.path, 1000)
    assert "tiny-Q4_K_M.gguf in the cache is damaged: downloading it again" in notices(
        "org/tiny-GGUF"
    )
    assert found.path.read_bytes() == Q4


@pytest.mark.parametrize("routes", ["/tree/|/resolve/|/store/", "/revision/|/resolve/|/store/", "models/[^/]+/[^/]+$|/resolve/|/store/"])  # fmt: skip
def test_servers_that_know_only_some_routes_of_the_hub_will_do(
    routes: str, monkeypatch: pytest.MonkeyPatch
):
    with HubServer(routes=routes) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add("org/tiny-GGUF", TINY)
        assert get("org/tiny-GGUF").path.read_bytes() == Q4
        assert get("org/tiny-GGUF:q8_0").path.read_bytes() == Q8


def test_a_server_that_knows_no_commits_is_asked_by_branch(monkeypatch: pytest.MonkeyPatch):
    with HubServer(routes="/api/|/resolve/main/|/store/") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add("org/tiny-GGUF", TINY)
        assert get("org/tiny-GGUF").path.read_bytes() == Q4


def test_files_without_lfs_are_fetched_too(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY, lfs=False)
    assert get("org/tiny-GGUF").path.read_bytes() == Q4


def test_many_at_once_download_a_file_once(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.hold(after=1000)
    found: list[Fetched] = []
    told: list[str] = []

    def one() -> None:
        def hear(said: Progress | Notice) -> None:
            if isinstance(said, Notice):
                told.append(said.text)
                if "another process" in said.text:
                    hub.released.set()

        found.append(get("org/tiny-GGUF:Q4_K_M", on_progress=hear))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4 and len(set(found)) == 1
    assert found[0].path.read_bytes() == Q4
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4)
    assert any("another process is downloading" in text for text in told)


# Without the Hub


def test_a_copy_in_the_cache_does_when_nobody_answers_and_that_is_said(hub: HubServer):
    commit = hub.add("org/tiny-GGUF", TINY)
    found = get("org/tiny-GGUF")
    hub.stop()
    for text in ("org/tiny-GGUF", "org/tiny-GGUF:q4_k_m", "org/tiny-GGUF:tiny-Q4_K_M.gguf"):
        assert notices(text) == [
            f"127.0.0.1 cannot be reached: it refuses the connection; taking the copy of {commit[:12]} in the cache"
        ]
        assert get(text) == found
    with pytest.raises(Unreachable, match="refuses the connection"):
        get("org/tiny-GGUF:Q8_0")


@pytest.mark.parametrize(
    ("status", "headers"),
    [(503, {}), (500, {}), (429, {}), (200, {"content-type": "text/html"}), (401, {"x-error-code": "RepoNotFound"})],
)  # fmt: skip
def test_a_copy_does_too_when_the_answer_is_of_no_use(
    status: int, headers: dict[str, str], hub: HubServer
):
    hub.add("org/tiny-GGUF", TINY)
    found = get("org/tiny-GGUF")
    hub.fail("/api/", status=status, headers=headers, body=b"<html>", times=9)
    assert len(notices("org/tiny-GGUF")) == 1
    assert get("org/tiny-GGUF") == found


def test_a_revision_that_is_gone_is_not_replaced_by_a_copy(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY, branches=("main", "dev"))
    get("org/tiny-GGUF@dev")
    hub.add("org/tiny-GGUF", TINY)
    next(iter(hub.repos.values())).branches = ["main"]
    with pytest.raises(NotServed, match="org/tiny-GGUF has no revision dev"):
        get("org/tiny-GGUF@dev")


def test_offline_mode_makes_no_request_whenever_it_is_switched_on(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/tiny-GGUF", TINY)
    found = get("org/tiny-GGUF")
    hub.seen.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert get("org/tiny-GGUF") == found and notices("org/tiny-GGUF:Q4_K_M") == []
    with pytest.raises(Unreachable, match="org/tiny-GGUF:Q8_0 is not in the cache") as caught:
        get("org/tiny-GGUF:Q8_0")
    assert "HF_HUB_OFFLINE" in caught.value.hint and "tiny-Q4_K_M.gguf" in caught.value.hint
    with pytest.raises(Unreachable, match="org/other is not in the cache"):
        get("org/other")
    assert hub.seen == []


@pytest.mark.parametrize("text", ["org/tiny-GGUF", "org/tiny-GGUF:Q4_K_M"])
def test_without_symbolic_links_the_file_itself_stands_in_the_snapshot(
    text: str, hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    hub.add("org/tiny-GGUF", TINY)
    assert not get(text).path.is_symlink() and get(text).path.read_bytes() == Q4
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(Q4)


@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])
def test_the_cache_is_where_the_variables_of_the_hub_say(
    variable: str, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    hub.add("org/tiny-GGUF", TINY)
    assert tmp_path / "elsewhere" in get("org/tiny-GGUF").path.parents


# Refusals


def refused(text: str, kind: type[ChatwrightError], **how: object) -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        get(text, **how)
    return str(caught.value), caught.value.hint


def test_a_gated_repository_says_where_the_licence_is(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY, gated=True)
    for text in ("org/tiny-GGUF", "org/tiny-GGUF:tiny-Q4_K_M.gguf"):
        message, hint = refused(text, Unauthorized)
        assert "org/tiny-GGUF is gated" in message
        assert f"{hub.url}/org/tiny-GGUF" in hint
        assert "open_model(..., token=...), for HF_TOKEN is not sent to 127.0.0.1" in hint
    assert get("org/tiny-GGUF", token="hf_good").path.read_bytes() == Q4


def test_a_repository_that_is_missing_or_hidden_gets_a_suggestion(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.add("org/secret-GGUF", TINY, private=True)
    message, hint = refused("org/tinny-GGUF", NotServed)
    assert "no repository org/tinny-GGUF that is public" in message and "HF_TOKEN" in hint
    assert "did you mean 'org/tiny-GGUF'?" in refused("orgg/tiny-GGUF", NotServed)[1]
    assert "secret" in refused("org/secret-GGUF", NotServed)[0]
    assert "local:./org/none" in refused("org/none", NotServed)[1]
    assert "that the token (argument) may see" in refused("org/none", NotServed, token="hf_good")[0]
    assert get("org/secret-GGUF", token="hf_good").path.read_bytes() == Q4


def test_a_token_that_is_not_valid_is_told_by_its_source(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    message, hint = refused("org/tiny-GGUF", Unauthorized, token="hf_bad")
    assert "does not know the token (argument)" in message and "settings/tokens" in hint


def test_a_revision_or_file_that_is_not_there_is_named(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    assert "no revision v9" in refused("org/tiny-GGUF@v9", NotServed)[0]
    assert "no revision v9" in refused("org/tiny-GGUF@v9:tiny-Q8_0.gguf", NotServed)[0]
    message, hint = refused("org/tiny-GGUF:tiny-q8_0.gguf", BackendError)
    assert "has no file tiny-q8_0.gguf" in message
    assert "did you mean 'tiny-Q8_0.gguf'?" in hint


def test_too_many_requests_are_waited_for_if_that_is_short(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.fail("/api/", status=429, headers={"retry-after": "0.01"}, times=2)
    hub.fail("/store/", status=429, headers={"retry-after": "0.01"}, times=2)
    assert "127.0.0.1 has had too many requests from here (429): waiting 0 seconds" in notices(
        "org/tiny-GGUF"
    )
    for headers in ({"retry-after": "3600"}, {"ratelimit": '"api";r=0;t=3600'}):
        hub.fail("/api/", status=429, headers=headers)
        message, hint = refused("org/tiny-GGUF:Q8_0", Unavailable)
        assert "(429)" in message and "3600 seconds" in hint and "a token" in hint


def test_trouble_of_the_server_is_tried_again_a_few_times(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.fail("/api/", status=502, times=2)
    get("org/tiny-GGUF")
    hub.seen.clear()
    hub.fail("/api/", status=502, times=99, body=b"<html>Bad Gateway</html>")
    assert "trouble of its own (502)" in refused("org/tiny-GGUF:Q8_0", Unavailable)[0]
    assert len(hub.seen) == 3


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"<html>Please log in</html>", "text/html", "text/html and should be JSON"),
        (b"", "text/plain", "text/plain"),
        (b"{}", "application/json", "no commit and no files"),
        (b'{"sha": "../../etc", "siblings": []}', "application/json", "no commit"),
        (b'{"sha": 7, "siblings": [1]}', "application/json", "no commit"),
        (b'[{"path": 1}]', "application/json", "no commit and no files"),
        (b'"hello"', "application/json", "no commit and no files"),
        (b"[" * 100_000, "application/json", "JSON"),
    ],
)
def test_an_answer_that_is_not_the_hubs_is_told(body: bytes, kind: str, why: str, hub: HubServer):
    hub.fail("/api/", status=200, headers={"content-type": kind}, body=body)
    message, hint = refused("org/tiny-GGUF", BadReply)
    assert why in message and "HF_ENDPOINT" in hint


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/html"},
        {"etag": '"abc"'},
        {"x-repo-commit": "../../../etc", "etag": '"abc"'},
        {"x-repo-commit": COMMIT, "etag": '"../../../../etc/passwd"'},
    ],
)
def test_a_file_that_the_hub_did_not_describe_is_not_written(
    headers: dict[str, str], hub: HubServer, tmp_path: Path
):
    hub.fail("/resolve/", method="HEAD", status=200, headers=headers)
    assert "no commit and no hash" in refused("org/tiny-GGUF:a.gguf", BadReply)[0]
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_names_that_lead_out_of_the_cache_are_no_files(hub: HubServer):
    commit = hub.add("org/tiny-GGUF", {"../../../evil-Q4_K_M.gguf": Q4, "/evil-Q4_K_M.gguf": Q4, "good-Q8_0.gguf": Q8})  # fmt: skip
    assert get("org/tiny-GGUF") == get(f"org/tiny-GGUF@{commit}:good-Q8_0.gguf")


def test_a_login_page_in_the_middle_of_a_download_is_not_taken_for_the_file(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    hub.cut(after=100_000)
    hub.fail("/store/", status=200, body=b"<html>log in</html>", times=2)
    assert get("org/tiny-GGUF").path.read_bytes() == Q4


@pytest.mark.parametrize(
    ("endpoint", "kind", "message"),
    [
        ("http://no-such-host.invalid", Unreachable, "its name cannot be found"),
        ("http://127.0.0.1:1", Unreachable, "it refuses the connection"),
        ("ftp://127.0.0.1", UsageError, "HF_ENDPOINT is wrong"),
        ("http://user:hf_secret@127.0.0.1", UsageError, "HF_ENDPOINT is wrong"),
        ("nonsense", UsageError, "HF_ENDPOINT is wrong"),
    ],
)
def test_an_endpoint_that_nobody_answers_at_is_told(
    endpoint: str, kind: type[ChatwrightError], message: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    said = refused("org/tiny-GGUF", kind)
    assert message in said[0] and "hf_secret" not in "".join(said)


def test_a_server_that_speaks_no_tls_is_told(hub: HubServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url.replace("http:", "https:"))
    assert "no secure connection comes about" in refused("org/tiny-GGUF", Unreachable)[0]


def test_a_server_that_is_silent_is_given_up_after_a_while(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.2")
    hub.add("org/tiny-GGUF", TINY)
    hub.hold(after=1000)  # the next attempt, which asks for the rest, is not held
    assert get("org/tiny-GGUF").path.read_bytes() == Q4
    ranges = [s.headers.get("range") for s in hub.requests("/store/")]
    assert ranges == [None, "bytes=1000-"]


def test_too_little_room_on_the_disk_is_told_before_anything_is_downloaded(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/tiny-GGUF", TINY)
    monkeypatch.setattr(sys.modules[fetch.__module__], "free_disk", lambda folder: 200_000)
    message, hint = refused("org/tiny-GGUF", BackendError)
    assert "needs 300 kB more" in message and "200 kB are free" in message
    assert "HF_HUB_CACHE" in hint and hub.bytes_of("tiny") == 0


@pytest.mark.parametrize("place", ["", "hub", "hub/models--org--tiny-GGUF", "hub/.locks"])
def test_a_cache_that_cannot_be_written_is_told(place: str, hub: HubServer, tmp_path: Path):
    hub.add("org/tiny-GGUF", TINY)
    file = tmp_path / "home" / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"in the way")
    message, hint = refused("org/tiny-GGUF", BackendError)
    assert "cannot be written" in message and "HF_HUB_CACHE" in hint


def test_a_disk_that_fills_up_in_the_middle_keeps_what_came(
    hub: HubServer, own_cache: Path, monkeypatch: pytest.MonkeyPatch
):
    hub.add("org/tiny-GGUF", TINY)

    def write(sink: object, chunk: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download_module._Sink, "write", write)
    assert "No space left on device" in refused("org/tiny-GGUF", BackendError)[0]
    monkeypatch.undo()


# Tokens


@pytest.mark.parametrize(
    ("explicit", "environment", "sent"),
    [
        (None, {}, ""),
        (None, {"HF_TOKEN": "hf_good"}, ""),
        (None, {"HUGGINGFACEHUB_API_TOKEN": "hf_good"}, ""),
        ("hf_good", {"HF_TOKEN": "hf_other"}, "hf_good"),
    ],
)
def test_only_an_explicit_token_goes_to_another_endpoint_and_never_on_to_the_store(
    explicit: str | None,
    environment: dict[str, str],
    sent: str,
    hub: HubServer,
    monkeypatch: pytest.MonkeyPatch,
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    hub.add("org/tiny-GGUF", TINY)
    hub.cut(after=1000)
    get("org/tiny-GGUF", token=explicit)
    assert {s.token for s in hub.seen if s.server == "hub"} == {sent}
    assert {s.token for s in hub.seen if s.server == "store"} == {""}


def test_a_stored_token_stays_at_home(hub: HubServer, tmp_path: Path):
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "token").write_text("hf_stored")
    hub.add("org/tiny-GGUF", TINY)
    get("org/tiny-GGUF")
    assert {s.token for s in hub.seen} == {""}


@pytest.mark.parametrize("pattern", ["/api/", "/resolve/"])
def test_a_redirect_to_another_origin_takes_no_token_along(pattern: str, hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    with HubServer() as other:
        other.add("org/tiny-GGUF", TINY)
        hub.fail(pattern, status=307, headers={"location": other.url + "/api/models/org/tiny-GGUF?blobs=true" if pattern == "/api/" else other.url + "/org/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf"}, times=9)  # fmt: skip
        get("org/tiny-GGUF:Q4_K_M", token="hf_good")
        assert other.seen and {s.token for s in other.seen} == {""}
    assert "hf_good" in {s.token for s in hub.seen}


def test_a_redirect_within_the_hub_keeps_the_token(hub: HubServer):
    hub.add("org/new-GGUF", TINY, private=True)
    hub.fail("/api/models/org/old", status=307, headers={"location": "/api/models/org/new-GGUF?blobs=true"})  # fmt: skip
    hub.fail("/org/old-GGUF/resolve/", status=307, headers={"location": "/org/new-GGUF/resolve/main/tiny-Q4_K_M.gguf"}, times=9)  # fmt: skip
    assert get("org/old-GGUF", token="hf_good").path.read_bytes() == Q4


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://x/y", "http://a b/", "http://u:p@127.0.0.1/"])  # fmt: skip
def test_a_redirect_to_something_else_is_not_followed(to: str, hub: HubServer):
    hub.fail("/api/", status=302, headers={"location": to}, times=9)
    assert "leads to something" in refused("org/tiny-GGUF", BadReply, token="hf_good")[0]


def test_redirects_without_an_end_are_given_up(hub: HubServer):
    hub.fail("/api/", status=302, headers={"location": "/api/models/org/tiny-GGUF"}, times=99)
    assert "leads on" in refused("org/tiny-GGUF", BadReply)[0]


class Wires:
    """Stands in for the network: answers with what it is given, and keeps what was asked of whom."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    @contextmanager
    def stream(
        self, method: str, url: str, *, headers: dict[str, str], **how: object
    ) -> Iterator[Wires]:
        self.asked.append((url.split("/api", maxsplit=1)[0], headers.get("authorization", "")))
        self.status_code, self.headers, self.content = self.answers.pop(0)
        yield self

    def iter_bytes(self) -> Iterator[bytes]:
        yield self.content


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, ""),
        ({"HF_TOKEN": "hf_b"}, "Bearer hf_b"),
        ({"HUGGINGFACEHUB_API_TOKEN": "hf_a", "HF_TOKEN": "hf_b"}, "Bearer hf_a"),
        ({"HF_TOKEN": "hf_b", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, ""),
    ],
)
def test_an_ambient_token_goes_to_the_hub_and_not_even_to_its_other_hosts(
    environment: dict[str, str], sent: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    moved = {"location": "https://cdn-lfs.huggingface.co/api/x"}
    wires = Wires((302, moved, b""), (403, {"x-error-code": "GatedRepo"}, b""))
    monkeypatch.setattr(client_module, "session", lambda: wires)
    _, hint = refused("org/tiny-GGUF", Unauthorized)
    assert wires.asked == [
        ("https://huggingface.co", sent),
        ("https://cdn-lfs.huggingface.co", ""),
    ]
    assert "https://huggingface.co/org/tiny-GGUF" in hint
    assert ("then set HF_TOKEN" in hint) == (sent == "")


def test_no_error_and_no_log_holds_the_token_or_a_signed_address(
    hub: HubServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, logger="chatwright")
    hub.add("org/tiny-GGUF", TINY)
    hub.fail("/api/", status=403, body=b'{"error": "no, hf_secret_9 may not"}')
    said = "".join(refused("org/tiny-GGUF", Unauthorized, token="hf_secret_9"))
    assert "***" in said
    hub.token = "hf_secret_9"
    hub.cut(after=10)
    hub.reset("/store/", times=5)
    said += "".join(refused("org/tiny-GGUF", Unreachable, token="hf_secret_9"))
    assert "hf_secret_9" not in said + caplog.text and "s3cr3t" not in said + caplog.text


# Reports


def test_progress_tells_file_bytes_and_rate_from_where_the_run_began(hub: HubServer):
    hub.add("org/tiny-GGUF", TINY)
    said: list[Progress | Notice] = []
    get("org/tiny-GGUF", on_progress=said.append)
    first, *steps = said
    assert first == Notice("taking Q4_K_M (300 kB), one of the 3 models of org/tiny-GGUF")
    assert steps and all(isinstance(step, Progress) for step in steps)
    last = steps[-1]
    assert isinstance(last, Progress) and last.complete and last.rate > 0
    assert str(last).startswith("tiny-Q4_K_M.gguf: 300 kB of 300 kB, ")
    said.clear()
    get("org/tiny-GGUF", on_progress=said.append)
    assert said == []


def test_without_a_reader_notices_go_to_the_log_and_nothing_is_printed(
    hub: HubServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    hub.add("org/tiny-GGUF", TINY)
    get("org/tiny-GGUF")
    assert [r.message for r in caplog.records if r.name == "chatwright"] == [
        "taking Q4_K_M (300 kB), one of the 3 models of org/tiny-GGUF"
    ]
    assert capfd.readouterr() == ("", "")


def test_a_settled_name_needs_neither_the_network_nor_the_hubs_library(hub: HubServer):
    commit = hub.add("org/tiny-GGUF", TINY)
    get("org/tiny-GGUF")
    code = (
        "import sys; from chatwright.backends.local.hub import fetch, read_name\n"
        f"fetch(read_name('org/tiny-GGUF@{commit}'))\n"
        "print(*[m for m in ('huggingface_hub', 'httpx2', 'xllamacpp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# The whole way, in processes of its own


Command = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def command() -> Iterator[Command]:
    """Starts `chatwright` with these arguments; what still runs at the end of a test is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatwright", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture
def tiny(hub: HubServer, tmp_path: Path) -> bytes:
    """A GGUF that an engine loads, in the repository `org/tiny-GGUF`."""
    data = write_tiny(tmp_path / "source.gguf").read_bytes()
    hub.add(
        "org/tiny-GGUF",
        {"README.md": b"#", "tiny-Q4_K_M.gguf": data, "tiny-Q8_0.gguf": data + bytes(32)},
    )
    return data


@pytest.mark.slow
def test_the_command_downloads_and_tells_it_in_a_few_lines_on_stderr(
    hub: HubServer, tiny: bytes, command: Command
):
    code, out, err = ended(command("prompt", "hello", "--no-tools", "-m", "local:org/tiny-GGUF"))
    assert (code, out) == (0, "<|user|>\nhello</s>\n<|assistant|>\n")
    lines = err.splitlines()
    assert (
        lines[0]
        == f"· taking Q4_K_M ({len(tiny) // 1000} kB), one of the 2 models of org/tiny-GGUF"
    )
    assert lines[-1].startswith(f"· tiny-Q4_K_M.gguf: {len(tiny) // 1000} kB of ")
    assert len(lines) <= 4
    assert (
        ended(command("prompt", "hello", "--no-tools", "-m", "local:org/tiny-GGUF:Q4_K_M"))[2] == ""
    )


def test_an_opened_model_knows_its_name_and_commit(hub: HubServer, tiny: bytes):
    with open_model("local:org/tiny-GGUF:q8_0") as model:
        assert model.name == "local:org/tiny-GGUF:tiny-Q8_0.gguf"
        assert model.commit == next(iter(hub.repos.values())).commit
        assert "<|assistant|>" in model.prompt([{"role": "user", "content": "hi"}])


@pytest.mark.slow
def test_errors_are_two_lines_and_an_exit_code(hub: HubServer, tiny: bytes, command: Command):
    for text, code in (("org/none-GGUF", 1), ("org/tiny-GGUF:Q5_0", 1), ("org/a--b", 2)):
        got, out, err = ended(command("ask", "hi", "-m", f"local:{text}"))
        assert (got, out, len(err.splitlines())) == (code, "", 2)
        assert err.startswith("error: ") and "hint: " in err and "Traceback" not in err


@pytest.mark.slow
def test_a_question_is_answered_by_a_model_of_the_hub(
    hub: HubServer, tiny: bytes, command: Command
):
    code, out, err = ended(
        command("ask", "hi", "--json", "--max-steps", "1", "-m", "local:org/tiny-GGUF:Q8_0")
    )
    assert code in (0, 1, 3) and '"type": "finish"' in out and "Traceback" not in err


@pytest.mark.slow
def test_a_split_model_of_the_hub_is_loaded_whole(hub: HubServer):
    hub.add("org/tiny-GGUF", split_tiny(3))
    with open_model("local:org/tiny-GGUF") as model:
        finish = list(model.complete("hello", max_tokens=4))[-1]
    assert isinstance(finish, Finish) and finish.usage.completion == 4


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_download_is_taken_up_by_the_next_run(
    hub: HubServer, tiny: bytes, own_cache: Path, command: Command
):
    hub.hold(after=100_000)
    first = command("prompt", "hello", "--no-tools", "-m", "local:org/tiny-GGUF")
    (partial,) = until(lambda: kept(own_cache, 100_000))
    first.kill()
    assert ended(first)[0] == -signal.SIGKILL
    assert partial.stat().st_size == 100_000
    hub.released.set()
    hub.seen.clear()
    assert ended(command("prompt", "hello", "--no-tools", "-m", "local:org/tiny-GGUF"))[0] == 0
    (body,) = hub.requests("/store/")
    assert body.headers["range"] == "bytes=100000-" and body.sent == len(tiny) - 100_000
    assert not partial.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_stops_a_download_at_once_and_says_that_it_goes_on(
    hub: HubServer, tiny: bytes, own_cache: Path, command: Command
):
    hub.hold(after=100_000)
    process = command("ask", "hello", "-m", "local:org/tiny-GGUF")
    until(lambda: kept(own_cache, 100_000))
    at = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert time.monotonic() - at < 5.0  # half a second on an idle machine
    assert (code, out) == (130, "") and "Traceback" not in err
    assert re.search(r"· stopped at \d+ kB of .*: the next run goes on from there", err)


@pytest.mark.slow
def test_two_processes_download_a_file_once(hub: HubServer, tiny: bytes, command: Command):
    hub.hold(after=100_000)
    args = ("prompt", "hello", "--no-tools", "-m", "local:org/tiny-GGUF")
    first = command(*args)
    assert hub.held.wait(30)
    second = command(*args)
    assert second.stderr is not None
    assert "another process is downloading" in "".join(second.stderr.readline() for _ in range(2))
    hub.released.set()
    assert ended(first)[0] == ended(second)[0] == 0
    assert hub.bytes_of("tiny-Q4_K_M.gguf") == len(tiny)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_a_terminal_gets_a_bar_that_goes_away(hub: HubServer, tiny: bytes):
    import pty

    ours, theirs = pty.openpty()
    hub.hold(after=100_000)
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-m", "chatwright", "prompt", "hello", "-m", "local:org/tiny-GGUF"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=env,
    )  # fmt: skip
    os.close(theirs)
    assert hub.held.wait(30)
    hub.released.set()
    shown = ""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk.decode(errors="replace")
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(30) == 0
    assert "tiny-Q4_K_M.gguf" in shown and "━" in shown
    assert shown.endswith("\r\n") and "MB/s" in shown


def kept(cache: Path, size: int) -> list[Path]:
    """The downloads that have come so far."""
    return [p for p in cache.rglob("*.incomplete") if p.stat().st_size == size]


def until(found: Callable[[], list[Path]]) -> list[Path]:
    """What `found` gives, as soon as it gives something."""
    end = time.monotonic() + 20
    while not (here := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return here


def split_tiny(parts: int) -> dict[str, bytes]:
    """The tiny model as llama.cpp's splitter leaves it: the first part has the metadata, all have some tensors."""
    values = metadata()
    tensors = list(_weights(len(values["tokenizer.ggml.tokens"])).items())
    size = -(-len(tensors) // parts)
    return {
        f"tiny-Q4_K_M-{n + 1:05d}-of-{parts:05d}.gguf": _as_part(
            gguf_bytes(
                values if n == 0 else {"general.architecture": "llama"},
                dict(tensors[n * size : (n + 1) * size]),
            ),
            n, parts, len(tensors),
        )
        for n in range(parts)
    }  # fmt: skip


def _as_part(raw: bytes, number: int, parts: int, tensors: int) -> bytes:
    """The file with the keys of a part put before its own, in a multiple of the alignment."""

    def pair(key: str, kind: int, value: bytes) -> bytes:
        return struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value

    keys = pair("split.no", 2, struct.pack("<H", number))
    keys += pair("split.count", 2, struct.pack("<H", parts))
    keys += pair("split.tensors.count", 5, struct.pack("<i", tensors))
    room = -(len(keys) + len(pair("pad", 8, bytes(8)))) % 32
    keys += pair("pad", 8, struct.pack("<Q", room) + b" " * room)
    (count,) = struct.unpack_from("<Q", raw, 16)
    return raw[:16] + struct.pack("<Q", count + 4) + keys + raw[24:]
