"""The engine's own process: how it starts, fails to, and dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gguf_files import write_tiny
from local_requests import LONG, child_of, collect, gone, ours, run, says, told

import chatwright.backends.local.backend as backend_module
from chatwright.backends.local import LocalBackend
from chatwright.backends.local.process import reason
from chatwright.errors import BackendError, Interrupted, MissingExtra
from chatwright.request import Piece, Request

LINUX = sys.platform == "linux"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny.gguf", llama__context_length=2048)


@pytest.fixture
def backend(tiny: Path) -> Iterator[LocalBackend]:
    with LocalBackend(tiny, threads=1) as opened:
        yield opened


# Starting


def test_nothing_is_started_or_imported_before_the_first_use(tiny: Path):
    code = (
        "import sys; from chatwright.backends.local import LocalBackend;"
        "b = LocalBackend(sys.argv[1]); b.close();"
        "assert 'xllamacpp' not in sys.modules"
    )
    done = run(code, tiny)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_package_the_error_is_the_line_to_type(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with LocalBackend(tiny) as backend, pytest.raises(MissingExtra, match="xllamacpp") as caught:
        backend.load()
    assert caught.value.hint == "pip install 'chatwright[local]'"


class Refuses:
    """A finder that lets nobody import the engine."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "xllamacpp":
            raise ModuleNotFoundError("No module named 'xllamacpp'", name=name)


def test_an_import_hook_that_refuses_the_package_means_that_it_is_missing(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(
        sys.modules, "xllamacpp", raising=False
    )  # another test may have imported it
    monkeypatch.setattr(sys, "meta_path", [Refuses(), *sys.meta_path])
    with LocalBackend(tiny) as backend, pytest.raises(MissingExtra, match="xllamacpp"):
        list(backend.stream(says("hi")))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a package called `xllamacpp` in front of the real one."""

    def write(code: str) -> None:
        package = tmp_path / "fake" / "xllamacpp"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(code)
        monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
        monkeypatch.syspath_prepend(str(package.parent))

    return write


@pytest.mark.parametrize(
    ("code", "said", "hint"),
    [
        (
            "raise ImportError('libgomp.so.1: cannot open shared object file')",
            r"needs the system's libgomp\.so\.1",
            "apt install libgomp1",
        ),
        (
            "raise ImportError('GLIBC_2.99 not found')",
            "cannot be imported: GLIBC_2.99 not found",
            "pip install --force-reinstall xllamacpp",
        ),
        ("import something_it_needs", "cannot be imported: .*something_it_needs", "reinstall"),
        (
            "raise ImportError('failed to map segment from shared object')",
            "no memory to start the engine",
            "smaller",
        ),
        ("raise SystemExit(3)", "ended while it loaded the model", "open the model again"),
    ],
)
def test_an_engine_that_cannot_be_imported_says_why(
    tiny: Path, engine: Any, code: str, said: str, hint: str
):
    engine(code)
    with LocalBackend(tiny) as backend, pytest.raises(BackendError, match=said) as caught:
        list(backend.stream(says("hi")))
    assert hint in caught.value.hint
    assert type(caught.value) is BackendError


FAKE = """
import ctypes, os, signal, sys, types
class CommonParams:
    def __init__(self):
        self.model, self.cpuparams, self.cpuparams_batch = (types.SimpleNamespace() for _ in "abc")
def get_device_info():
    return []
class Server:
    def __init__(self, params):
        print("noise on the output")
        {body}
"""


@pytest.mark.parametrize(
    ("body", "said", "hint"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed while it loaded .*SIGSEGV", "damaged"),
        ("os.kill(os.getpid(), signal.SIGBUS)", "crashed while it loaded .*SIGBUS", "damaged"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed .*want of memory", "smaller"),
        ("os.kill(os.getpid(), signal.SIGILL)", "processor lacks instructions", "build it here"),
        ("os._exit(9)", r"ended while it loaded the model \(exit code 9\)", "again"),
        (
            "print('GGML_ASSERT(n > 0) failed', file=sys.stderr); os.abort()",
            r"SIGABRT\).*GGML_ASSERT\(n > 0\) failed",
            "damaged",
        ),
        (
            "print('  what():  std::bad_alloc', file=sys.stderr); os.abort()",
            "not enough memory",
            "smaller",
        ),
        ("raise RuntimeError('no idea')", "could not load tiny.gguf: RuntimeError: no idea", "damaged"),
        ("raise MemoryError('out of memory')", "there is not enough memory", "smaller"),
    ],
)  # fmt: skip
@pytest.mark.skipif(not LINUX, reason="signals by their Linux names")
def test_an_engine_that_dies_while_it_loads_is_an_error_with_the_cause(
    tiny: Path, engine: Any, body: str, said: str, hint: str
):
    engine(FAKE.format(body=body))
    with LocalBackend(tiny) as backend, pytest.raises(BackendError, match=said) as caught:
        asyncio.run(collect(backend, says("hi")))
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"general__architecture": "frobnicate"}, "frobnicate"),
        ({"tokenizer__ggml__pre": "nonsense"}, "nonsense"),
        ({"llama__block_count": 3}, r"blk\.2|block"),
    ],
)
def test_a_file_that_cannot_be_run_is_refused_with_the_reason(
    tmp_path: Path, changes: dict[str, Any], said: str
):
    path = write_tiny(tmp_path / "odd.gguf", **changes)
    with pytest.raises(BackendError, match=said) as caught, LocalBackend(path) as backend:
        backend.load()
    assert "odd.gguf" in str(caught.value) and caught.value.hint


def test_a_chat_template_that_is_broken_does_not_keep_the_engine_from_loading(tmp_path: Path):
    path = write_tiny(tmp_path / "odd.gguf", tokenizer__chat_template="{% for broken")
    with LocalBackend(path) as backend:
        assert told(list(backend.stream(says("hi")))) == "hi"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("0.00.028.818 E llama_model_load: error loading model: unknown model architecture: 'x'\n"
         "0.00.028.821 E llama_model_load_from_file_impl: failed to load model\n",
         "unknown model architecture: 'x'"),
        ("0.01.1 E f: error loading model: error loading model vocabulary: unknown pre-tokenizer type: 'n'",
         "unknown pre-tokenizer type: 'n'"),
        ("0.9 E srv          init: init: chat template parsing error: std::exception",
         "chat template parsing error: std::exception"),
        ("0.9 E ggml_aligned_malloc: insufficient memory (attempted to allocate  96.00 MB)\n",
         "there is not enough memory (insufficient memory (attempted to allocate 96.00 MB))"),
        ("", "otherwise"),
        ("a line of no kind", "otherwise"),
    ],
)  # fmt: skip
def test_the_reason_is_read_from_what_the_engine_wrote(log: str, why: str):
    assert reason(log, "otherwise")[0] == why


def test_a_program_that_embeds_python_is_told_how_to_name_one(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.delitem(sys.modules, "multiprocessing.spawn", raising=False)
    with LocalBackend(tiny) as backend:
        with pytest.raises(BackendError, match="no Python program") as caught:
            backend.load()
        assert "set_executable" in caught.value.hint
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(BackendError, match="cannot be started"):
            backend.load()


# Loading beside others


async def longest_silence(until: asyncio.Future[Any]) -> tuple[float, int]:
    """The longest time in which the event loop could do nothing else, and how often it could."""
    longest, last, ticks = 0.0, time.perf_counter(), 0
    while not until.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last, ticks = max(longest, now - last), now, ticks + 1
    return longest, ticks


def test_an_event_loop_goes_on_while_a_model_loads_that_holds_its_interpreter(
    tiny: Path, engine: Any
):
    """As the real engine does: its constructor keeps the interpreter's lock until everything is loaded."""
    engine(FAKE.format(body="ctypes.PyDLL(None).usleep(900_000); raise RuntimeError('slept')"))

    async def main() -> int:
        backend = LocalBackend(tiny)
        asking = asyncio.ensure_future(collect(backend, says("hi")))
        _, ticks = await longest_silence(asking)
        with pytest.raises(BackendError, match="slept"):
            await asking
        backend.close()
        return ticks

    assert asyncio.run(main()) > 50


def test_a_model_that_is_still_loading_can_be_closed(tiny: Path, engine: Any):
    engine(FAKE.format(body="ctypes.PyDLL(None).sleep(50)"))
    backend = LocalBackend(tiny)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            list(backend.stream(says("hi")))
        except BackendError as err:
            errors.append(err)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    while not (places := [p for p in _places(tiny) if p.engine._child]):
        time.sleep(0.005)
    started = time.monotonic()
    backend.close()
    for thread in asking:
        thread.join(10)
    assert time.monotonic() - started < 5
    assert [type(err) for err in errors] == [Interrupted] * 3
    assert gone(places[0].engine._child._process.pid)


def _places(path: Path) -> list[Any]:
    """The engines of this file; other tests may have left theirs."""
    from chatwright.backends.local.shelf import shelf

    return [place for place in shelf._places if place.engine.settings.path == path]


def test_a_reader_need_not_wait_for_a_model_that_loads_for_ever(tiny: Path, engine: Any):
    engine(FAKE.format(body="ctypes.PyDLL(None).sleep(50)"))

    async def main(backend: LocalBackend) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await collect(backend, says("hi"))

    with LocalBackend(tiny) as backend:
        with pytest.raises(Interrupted, match="in time"):
            list(backend.stream(says("hi", deadline=time.monotonic() + 0.1)))
        asyncio.run(main(backend))


@pytest.mark.slow
def test_an_event_loop_goes_on_while_a_large_model_loads_and_answers(tmp_path: Path):
    sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
    try:
        from random_gguf import Shape, write
    finally:
        del sys.path[0]
    path = write(tmp_path / "large.gguf", Shape(layers=40))

    async def main() -> tuple[float, float]:
        with LocalBackend(path, threads=1) as backend:
            started = time.perf_counter()
            asking = asyncio.ensure_future(
                collect(backend, Request(prompt=[ours("hello")], max_tokens=3))
            )
            silence, _ = await longest_silence(asking)
            assert len(await asking) >= 2
            return silence, time.perf_counter() - started

    silence, whole = asyncio.run(main())
    assert whole > 0.3
    assert silence < whole / 4, f"{silence:.3f} s of {whole:.1f} s"


# Dying


def test_an_engine_that_is_killed_in_mid_answer_leaves_what_had_come_and_is_started_again(
    backend: LocalBackend,
):
    streams = [
        backend.stream(Request(prompt=[ours("hello" * n)], constraint=LONG)) for n in (1, 2, 3)
    ]
    begun = [next(stream) for stream in streams]
    os.kill(child_of(backend), signal.SIGKILL)
    for first, stream in zip(begun, streams, strict=True):
        assert isinstance(first, Piece)
        with pytest.raises(Interrupted, match=r"killed while it worked") as caught:
            list(stream)
        assert caught.value.partial.startswith(first.text)
        assert caught.value.hint
    assert told(list(backend.stream(says("back again")))) == "back again"


def test_an_engine_that_died_between_two_requests_is_started_again(backend: LocalBackend):
    backend.load()
    pid = child_of(backend)
    os.kill(pid, signal.SIGKILL)
    while not gone(pid):
        time.sleep(0.001)
    assert told(asyncio.run(collect(backend, says("back again")))) == "back again"
    assert child_of(backend) != pid


# Memory

SQUEEZED = """
import resource, sys
from chatwright.backends.local import LocalBackend
from chatwright.errors import ChatwrightError
from chatwright.request import Request, Segment
import subprocess
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + int(sys.argv[2]) * 2**20,) * 2)
try:
    with LocalBackend(sys.argv[1], threads=1) as backend:
        list(backend.stream(Request(prompt=[Segment("hello", True)], max_tokens=4)))
    print("fine")
except ChatwrightError as err:
    print(type(err).__name__, err, err.hint, sep="|")
"""


@pytest.mark.slow
@pytest.mark.skipif(not LINUX, reason="limits the address space")
@pytest.mark.parametrize("more", [2, 20, 60, 90, 120, 200, 400, 2000])
def test_a_lack_of_memory_is_an_error_and_the_process_lives_on(tiny: Path, more: int):
    done = run(SQUEEZED, tiny, more)
    assert done.returncode == 0, done.stderr
    kind, *told = done.stdout.strip().split("|")
    assert (kind, told) == ("fine", []) or (kind in ("BackendError", "Interrupted") and all(told))
    assert more < 2000 or kind == "fine"


def test_a_context_that_no_memory_holds_is_refused_with_the_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write_tiny(tmp_path / "wide.gguf", llama__context_length=2**31 - 1)
    monkeypatch.setattr(backend_module, "_memory", lambda: 16 * 10**9)
    said = r"2,147,483,647 tokens takes at least \d+ GB of memory, and this machine has 16 GB"
    with pytest.raises(BackendError, match=said) as caught:
        LocalBackend(path, n_ctx=2**31 - 1, slots=1)
    assert "n_ctx" in caught.value.hint
