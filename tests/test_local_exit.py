"""However this process ends, the engine's process ends with it, and in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gguf_files import write_tiny
from local_requests import LONG, child_of, gone, ours, run, says, told

from chatwright.backends.local import LocalBackend
from chatwright.request import Request

LINUX = sys.platform == "linux"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny.gguf", llama__context_length=2048)


@pytest.fixture
def backend(tiny: Path) -> Iterator[LocalBackend]:
    with LocalBackend(tiny, threads=1) as opened:
        yield opened


START = """
import asyncio, os, signal, sys, threading, time
from chatwright.backends.local import LocalBackend
from chatwright.request import Grammar, Request, Segment
backend = LocalBackend(sys.argv[1], threads=1)
LONG = Request(prompt=[Segment("hello", True)], constraint=Grammar("root ::= [a-z]{1900}"))
def pid(): return backend._open()[0]._child._process.pid
def quiet(*_): pass
threading.excepthook = quiet
begun = threading.Event()
def talk(backend=backend):
    for item in backend.stream(LONG):
        begun.set()
async def atalk():
    async for item in backend.astream(LONG):
        begun.set()
print(pid(), flush=True)
"""

ENDS = {
    "a daemon thread talks": (
        "threading.Thread(target=talk, daemon=True).start(); begun.wait(30)",
        0,
    ),
    "many daemon threads talk": (
        "[threading.Thread(target=talk, daemon=True).start() for _ in range(16)]; begun.wait(30)",
        0,
    ),
    "several engines": (
        "others = [LocalBackend(sys.argv[1], threads=n) for n in (2, 3)]\n"
        "for b in others: threading.Thread(target=talk, args=(b,), daemon=True).start()\n"
        "begun.wait(30)",
        0,
    ),
    "a stream is left where it is": ("stream = backend.stream(LONG); next(stream)", 0),
    "sys.exit in mid-answer": ("for item in backend.stream(LONG): sys.exit(5)", 5),
    "sys.exit in a coroutine": (
        "async def main():\n"
        "    task = asyncio.ensure_future(atalk())\n"
        "    while not begun.is_set(): await asyncio.sleep(0.001)\n"
        "    sys.exit(6)\n"
        "asyncio.run(main())",
        6,
    ),
    "a loop that is never closed": (
        "loop = asyncio.new_event_loop()\n"
        "task = loop.create_task(atalk())\n"
        "while not begun.is_set(): loop.run_until_complete(asyncio.sleep(0.001))\n"
        "os._exit(7)",
        7,
    ),
    "os._exit": ("threading.Thread(target=talk, daemon=True).start(); begun.wait(30); os._exit(8)", 8),
    "an exception that nobody catches": ("for item in backend.stream(LONG): raise KeyError", 1),
    "SIGTERM": (
        "threading.Thread(target=talk, daemon=True).start(); begun.wait(30)\n"
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)",
        -15,
    ),
    "SIGKILL": (
        "threading.Thread(target=talk, daemon=True).start(); begun.wait(30)\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
        -9,
    ),
    "Ctrl-C in mid-answer": (
        "threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start()\n"
        "for item in backend.stream(LONG): pass",
        -2,
    ),
    "while it loads": (
        "other = LocalBackend(sys.argv[1], threads=2)\n"
        "threading.Thread(target=other.load, daemon=True).start()",
        0,
    ),
    "a thread that is no daemon": (
        "t = threading.Thread(target=talk); t.start(); begun.wait(30); backend.close()",
        0,
    ),
}  # fmt: skip


QUICK = ("a daemon thread talks", "sys.exit in a coroutine", "os._exit")


@pytest.mark.skipif(not LINUX, reason="reads /proc")
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=[] if how in QUICK else pytest.mark.slow) for how in ENDS]
)
def test_the_process_ends_in_order_and_takes_the_engine_along(tiny: Path, how: str):
    code, expected = ENDS[how]
    done = run(START + code, tiny)
    assert done.returncode == expected, done.stderr
    if expected == 0:
        assert done.stderr == ""
    pid = int(done.stdout)
    for _ in range(1000):
        if gone(pid):
            return
        time.sleep(0.01)
    pytest.fail("the engine lives on")


def test_ctrl_c_at_a_terminal_does_not_reach_the_engine(backend: LocalBackend):
    """The terminal sends it to all processes of the group, and the parent may have other plans."""
    backend.load()
    os.kill(child_of(backend), signal.SIGINT)
    assert told(list(backend.stream(says("still here")))) == "still here"


def test_a_process_that_is_closed_is_gone_and_leaves_no_thread(backend: LocalBackend):
    before = set(threading.enumerate())
    list(backend.stream(says("hi")))
    stream = backend.stream(Request(prompt=[ours("hello")], constraint=LONG))
    next(stream)
    pid = child_of(backend)
    backend.close()
    assert gone(pid)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before
    stream.close()


FORK = """
import os, sys
from chatwright.backends.local import LocalBackend
from chatwright.request import Grammar, Request, Segment
def asked(text):
    request = Request(prompt=[Segment("hello", True)], constraint=Grammar(f'root ::= "{text}"'))
    return "".join(getattr(item, "text", "") for item in backend.stream(request))
def pid(): return backend._open()[0]._child._process.pid
backend = LocalBackend(sys.argv[1], threads=1)
half = backend.stream(Request(prompt=[Segment("hello", True)], constraint=Grammar("root ::= [a-z]{1900}")))
next(half)
mine = pid()
child = os.fork()
if child == 0:
    from chatwright.errors import Interrupted
    assert asked("child") == "child" and pid() != mine
    try:
        list(half)
    except Interrupted as err:
        assert "forked" in str(err)
        backend.close()
        os._exit(7)  # as multiprocessing ends its children
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert asked("parent") == "parent" and pid() == mine
half.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_loads_its_own_engine_and_leaves_ours_alone(tiny: Path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tiny)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_fork_does_not_keep_the_engine_of_its_parent_alive(tiny: Path):
    code = START + "next(backend.stream(LONG))\nif os.fork() == 0: time.sleep(40)\nos._exit(0)"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, str(tiny)],
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.wait(30)
        deadline = time.monotonic() + 10
        while not gone(pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
