"""One engine for one file: who shares it, when it goes, and what happens when the file changes."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gguf_files import write_tiny
from local_requests import GREEDY, ours, says, told

import chatwright.backends.local.shelf as shelf_module
from chatwright.backends.local import LocalBackend
from chatwright.backends.local.shelf import shelf
from chatwright.errors import BackendError, Interrupted
from chatwright.request import Grammar, Piece, Request

LONG = Grammar("root ::= [a-z]{400}")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    yield write_tiny(tmp_path / "tiny.gguf", llama__context_length=2048)
    assert engines() == []


def engines() -> list[Any]:
    return [place.engine for place in shelf._places]


def engine_of(backend: LocalBackend) -> Any:
    return backend._open()[0]


def test_backends_of_one_file_share_an_engine_until_the_last_is_closed(tiny: Path):
    one, two = LocalBackend(tiny), LocalBackend(tiny)
    assert engine_of(one) is engine_of(two)

    one.close()
    assert told(list(two.stream(says("still here")))) == "still here"
    two.close()
    two.close()
    assert engines() == []
    for closed in (one, two):
        with pytest.raises(BackendError, match="closed"):
            list(closed.stream(says("hi")))


def test_a_file_is_the_same_whatever_it_is_called(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    link, hard = tiny.with_name("link.gguf"), tiny.with_name("hard.gguf")
    link.symlink_to(tiny)
    os.link(tiny, hard)
    monkeypatch.chdir(tiny.parent)
    names: list[str | Path] = [
        tiny,
        link,
        hard,
        "tiny.gguf",
        "../" + tiny.parent.name + "/tiny.gguf",
    ]
    backends = [LocalBackend(name) for name in names]
    monkeypatch.chdir("/")
    assert len({id(engine_of(backend)) for backend in backends}) == 1
    for backend in backends:
        backend.close()


def test_a_smaller_context_or_fewer_slots_share_and_are_kept_to(tiny: Path):
    with LocalBackend(tiny) as large, LocalBackend(tiny, n_ctx=64, slots=1) as small:
        assert engine_of(large) is engine_of(small)
        assert large.n_ctx == 2048
        end = list(small.stream(Request(prompt=[ours("x" * 60)], constraint=LONG)))[-1]
        assert end.reason == "length" and end.usage.completion == 4
        assert len(list(large.stream(says("y" * 100)))) > 60


@pytest.mark.parametrize("more", [{"n_ctx": 2048}, {"slots": 3}, {"threads": 1}])
def test_what_the_first_engine_does_not_have_gets_a_second_one_beside_it(
    tiny: Path, more: dict[str, int]
):
    with LocalBackend(tiny, n_ctx=64, slots=2, threads=2) as first:
        running = first.stream(Request(prompt=[ours("hello")], constraint=LONG))
        assert isinstance(next(running), Piece)
        with LocalBackend(tiny, **{"n_ctx": 64, "slots": 2, "threads": 2, **more}) as second:
            assert engine_of(first) is not engine_of(second)
            assert told(list(second.stream(says("hi")))) == "hi"
        assert list(running)[-1].reason == "length"
        assert engines() == [engine_of(first)]


def test_it_is_opened_again_when_it_is_used_again(tiny: Path):
    with LocalBackend(tiny) as backend:
        first = engine_of(backend)
    with LocalBackend(tiny) as backend:
        assert engine_of(backend) is not first
        assert told(list(backend.stream(says("again")))) == "again"
    with pytest.raises(BackendError, match="closed"):
        first.tokenize(["hi"])


def test_closing_a_backend_ends_its_own_requests_and_no_other_s(tiny: Path):
    with LocalBackend(tiny) as stays:
        goes = LocalBackend(tiny)
        streams = [
            b.stream(Request(prompt=[ours("hello")], constraint=LONG)) for b in (stays, goes)
        ]
        assert all(isinstance(next(stream), Piece) for stream in streams)
        goes.close()
        with pytest.raises(Interrupted, match="closed"):
            list(streams[1])
        assert list(streams[0])[-1].reason == "stop"


def test_a_backend_that_is_forgotten_gives_its_engine_back(tiny: Path):
    backend = LocalBackend(tiny)
    backend.load()
    child = engine_of(backend)._child
    del backend
    gc.collect()
    assert engines() == []
    assert not child.alive


def test_a_finalizer_that_comes_in_while_the_lock_is_held_waits_for_its_turn(tiny: Path):
    backend = LocalBackend(tiny)
    backend.load()
    with shelf._lock:
        del backend
        gc.collect()
        assert len(engines()) == 1
    shelf._sweep()
    assert engines() == []


def test_many_threads_at_once_load_one_engine(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    loads: list[Any] = []
    load = shelf_module.Engine.load
    monkeypatch.setattr(shelf_module.Engine, "load", lambda self: loads.append(self) or load(self))
    backends = [LocalBackend(tiny) for _ in range(8)]
    threads = [threading.Thread(target=backend.load) for backend in backends for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(loads) == 1 and engines() == loads
    for backend in backends:
        backend.close()


def test_a_failure_to_load_is_told_to_all_who_wait_and_tried_again_by_the_next(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    begun, go = threading.Event(), threading.Event()

    def fail(self: Any) -> None:
        begun.set()
        assert go.wait(20)
        raise BackendError("no luck")

    errors: list[str] = []

    def ask() -> None:
        try:
            backend.load()
        except BackendError as err:
            errors.append(str(err))

    with LocalBackend(tiny) as backend, monkeypatch.context() as patch:
        patch.setattr(shelf_module.Engine, "load", fail)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert begun.wait(20)
        go.set()
        for thread in threads:
            thread.join(20)
        assert errors == ["no luck"] * 4
        patch.undo()
        assert told(list(backend.stream(says("luck")))) == "luck"


# The file changes


def same_size(path: Path, seed: int) -> None:
    """Write another model of the same size."""
    raw = bytearray(path.read_bytes())
    raw[-64:-32] = bytes([seed]) * 32
    path.write_bytes(raw)


def test_a_file_that_was_replaced_is_another_file(tiny: Path):
    greedy = Request(prompt=[ours("hello")], sampling=GREEDY, max_tokens=30)
    with LocalBackend(tiny) as old:
        before = told(list(old.stream(greedy)))
        fresh = write_tiny(tiny.with_name("fresh.gguf"), llama__context_length=1024)
        fresh.replace(tiny)
        with LocalBackend(tiny) as new:
            assert new.n_ctx == 1024
            assert engine_of(new) is not engine_of(old)
            new.load()
        assert told(list(old.stream(greedy))) == before


def test_a_file_that_was_written_over_in_place_is_another_file(tiny: Path):
    with LocalBackend(tiny) as old:
        first = engine_of(old)
        same_size(tiny, 1)
        os.utime(tiny, ns=(10**18, 10**18))
        with LocalBackend(tiny) as new:
            assert engine_of(new) is not first


def test_a_file_that_changed_between_opening_and_loading_is_refused(tiny: Path):
    with LocalBackend(tiny) as backend:
        os.utime(tiny, ns=(10**18, 10**18))
        with pytest.raises(BackendError, match="has changed") as caught:
            backend.load()
        assert "again" in caught.value.hint
        tiny.unlink()
        with pytest.raises(BackendError, match="changed"):
            list(backend.stream(says("hi")))


def test_a_loaded_file_may_be_deleted(tiny: Path):
    with LocalBackend(tiny) as backend:
        backend.load()
        tiny.unlink()
        assert told(list(backend.stream(says("kept")))) == "kept"


# Files that are none


def test_a_missing_file_a_folder_and_a_broken_link_are_named(tmp_path: Path):
    (tmp_path / "link.gguf").symlink_to(tmp_path / "gone.gguf")
    for name, said in (
        ("nowhere.gguf", "there is no file"),
        ("link.gguf", "there is no file"),
        ("", "cannot be read"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ):
        with pytest.raises(BackendError, match=said) as caught:
            LocalBackend(tmp_path / name)
        assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_named(tiny: Path):
    tiny.chmod(0)
    with pytest.raises(BackendError, match="cannot be read"):
        LocalBackend(tiny)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_with_a_name_is_no_file_and_nobody_waits_for_it(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(BackendError, match=r"cannot be read|not a file"):
        LocalBackend(tmp_path / "pipe.gguf")
