"""MCP servers as tools: real ones over standard input and output and over HTTP, good, broken and hostile."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chatwright import Agent, Tool
from chatwright.errors import ChatwrightError, MissingExtra, ToolError, UsageError
from chatwright.events import ToolCall, ToolResult
from chatwright.testing import Scripted
from chatwright.tools import McpServer, load_tools, mcp_tools
from chatwright.tools.mcp.reading import line_of, made_tools, name_of, shown_result
from chatwright.tools.run import arun_tool, run_tool

SERVERS = str(Path(__file__).with_name("mcp_servers.py"))
STDIO = [sys.executable, SERVERS]
BOTH = pytest.mark.parametrize("way", ["stdio", "http"])
EITHER = pytest.mark.parametrize("shell", ["sync", "async"])


def raw(kind: str) -> list[str]:
    return [*STDIO, "--raw", kind]


def line(words: list[str]) -> str:
    return shlex.join(words)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(kind: str, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server on loopback in a process of its own, and its URL."""
    port = port or free_port()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*STDIO, f"--{kind}", str(port)], stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/{'sse' if kind == 'sse' else 'mcp'}", process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served("http") as (url, _):
        yield url


@pytest.fixture(scope="module")
def servers(url: str) -> Iterator[dict[str, McpServer]]:
    with McpServer(STDIO) as stdio, McpServer(url) as http:
        yield {"stdio": stdio, "http": http}


@pytest.fixture(scope="module")
def small() -> Iterator[McpServer]:
    """A server that starts at once."""
    with McpServer(raw("plain")) as server:
        yield server


def by_name(tools: list[Tool]) -> dict[str, Tool]:
    return {tool.name: tool for tool in tools}


def call(tools: list[Tool], name: str, shell: str = "sync", **args: Any) -> ToolResult:
    wanted = ToolCall("1", name, args)
    if shell == "sync":
        return run_tool(wanted, by_name(tools))
    return asyncio.run(arun_tool(wanted, by_name(tools)))


def refusal(*args: Any, **options: Any) -> ChatwrightError:
    with pytest.raises(ChatwrightError) as error:
        mcp_tools(*args, **options)
    assert "\n" not in f"{error.value}{error.value.hint}"
    return error.value


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").split(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


# what a server's tools become


@BOTH
def test_each_tool_of_a_server_becomes_a_tool(servers: dict[str, McpServer], way: str):
    tools = by_name(servers[way].tools)
    assert list(tools)[:3] == ["add", "note", "notes"]
    add = tools["add"]
    assert add.description == "Adds two numbers."
    assert add.schema["properties"]["a"]["type"] == "integer"
    assert add.schema["required"] == ["a", "b"]
    assert not add.trusted
    assert servers[way].name == "Test_server"


@BOTH
def test_what_a_tool_may_do_is_what_the_server_says_and_the_worst_where_it_says_nothing(
    servers: dict[str, McpServer], way: str
):
    tools = by_name(servers[way].tools)
    assert (tools["add"].writes, tools["add"].idempotent) == (False, True)
    assert (tools["note"].writes, tools["note"].idempotent) == (True, True)
    assert (tools["notes"].writes, tools["notes"].idempotent) == (True, False)
    assert (tools["fail"].writes, tools["fail"].idempotent) == (True, False)


@BOTH
@EITHER
def test_a_call_gives_its_text(servers: dict[str, McpServer], way: str, shell: str):
    assert call(servers[way].tools, "add", shell, a=2, b=3).text == "5"
    odd = "zwei\nZeilen, ein 'Wort' und 🦊"
    assert call(servers[way].tools, "note", shell, text=odd).ok
    assert odd in json.loads(call(servers[way].tools, "notes", shell).text)


@BOTH
def test_half_a_character_from_a_model_does_not_break_the_connection(
    servers: dict[str, McpServer], way: str
):
    assert call(servers[way].tools, "note", text="half \ud83d").ok
    assert "half ?" in json.loads(call(servers[way].tools, "notes").text)


@BOTH
def test_an_argument_that_is_not_json_is_told_and_nothing_is_sent(
    servers: dict[str, McpServer], way: str
):
    note = by_name(servers[way].tools)["note"]
    with pytest.raises(ToolError, match="not JSON"):
        asyncio.run(note.call(text=float("nan")))
    assert call(servers[way].tools, "add", a=1, b=1).text == "2"


@BOTH
def test_a_result_is_told_whatever_it_is_made_of(servers: dict[str, McpServer], way: str):
    assert json.loads(call(servers[way].tools, "weather", city="Bern").text) == {
        "city": "Bern",
        "degrees": 21,
    }
    assert call(servers[way].tools, "pieces").text.splitlines() == [
        "seen",
        "[image/png, 12 KB]",
        "[audio/wav, 3 bytes]",
        "[a link to report: https://example.com/r]",
        "[file:///a.txt]",
        "inside",
        "[file:///b.bin: application/zip, 3 bytes]",
    ]


@BOTH
@EITHER
def test_a_tool_that_fails_is_an_error_that_the_model_reads(
    servers: dict[str, McpServer], way: str, shell: str
):
    result = call(servers[way].tools, "fail", shell, why="no more paper")
    assert not result.ok
    assert "no more paper" in result.text


@BOTH
def test_arguments_that_break_the_schema_never_reach_the_server(
    servers: dict[str, McpServer], way: str
):
    result = call(servers[way].tools, "add", a=1)
    assert not result.ok
    assert '"b"' in result.text


@BOTH
def test_a_huge_result_is_cut_and_says_so(servers: dict[str, McpServer], way: str):
    text = call(servers[way].tools, "long", size=2_000_000).text
    assert len(text) < 201_000
    assert text.endswith("[1,800,000 more characters left out]")


# many at once, and those that nobody waits for any more


@BOTH
def test_calls_of_many_threads_share_a_connection(servers: dict[str, McpServer], way: str):
    found: list[str] = []
    tools = servers[way].tools
    ask = [
        threading.Thread(target=lambda: found.append(call(tools, "wait", seconds=0.3).text))
        for _ in range(8)
    ]
    start = time.monotonic()
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert found == ["waited 0.3"] * 8
    assert time.monotonic() - start < 8 * 0.3


@BOTH
def test_calls_of_one_event_loop_run_at_once_and_do_not_hold_it_up(
    servers: dict[str, McpServer], way: str
):
    tools = by_name(servers[way].tools)

    async def both() -> tuple[list[Any], int]:
        ticks = 0
        waiting = asyncio.gather(
            *(arun_tool(ToolCall(str(i), "add", {"a": i, "b": i}), tools) for i in range(50)),
            arun_tool(ToolCall("w", "wait", {"seconds": 0.2}), tools),
        )
        while not waiting.done():
            ticks += 1
            await asyncio.sleep(0.005)
        return await waiting, ticks

    results, ticks = asyncio.run(both())
    assert [r.text for r in results] == [*(str(2 * i) for i in range(50)), "waited 0.2"]
    assert ticks > 10


@pytest.mark.slow
def test_more_calls_at_once_than_there_are_connections_wait_for_their_turn(url: str):
    with McpServer(url) as server:
        tools = by_name(server.tools)

        async def many() -> list[ToolResult]:
            return await asyncio.gather(
                *(arun_tool(ToolCall(str(i), "wait", {"seconds": 0.5}), tools) for i in range(250))
            )

        assert {r.text for r in asyncio.run(many())} == {"waited 0.5"}


@pytest.mark.parametrize("way", [pytest.param("stdio", marks=pytest.mark.slow), "http"])
@EITHER
def test_a_call_that_takes_too_long_is_cancelled_at_the_server_and_the_next_one_works(
    url: str, way: str, shell: str
):
    seconds = 60.25 if shell == "sync" else 60.5
    with McpServer(STDIO if way == "stdio" else url, timeout=2) as server:
        result = call(server.tools, "wait", shell, seconds=seconds)
        assert not result.ok
        assert "did not answer within 2 seconds" in result.text
        assert heard_cancel(server.tools, seconds)
        assert call(server.tools, "add", shell, a=1, b=1).text == "2"


@BOTH
def test_a_cancelled_call_is_cancelled_at_the_server(servers: dict[str, McpServer], way: str):
    tools = servers[way].tools

    async def given_up() -> None:
        waiting = asyncio.ensure_future(by_name(tools)["wait"].call(seconds=61.5))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(given_up())
    assert heard_cancel(tools, 61.5)


def heard_cancel(tools: list[Tool], seconds: float) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if f"wait {seconds}" in json.loads(call(tools, "cancelled").text):
            return True
        time.sleep(0.02)
    return False


# servers that end


@EITHER
def test_a_server_that_dies_in_the_middle_is_told_and_started_again(shell: str):
    with McpServer(raw("small")) as server:
        first = call(server.tools, "pid", shell).text
        result = call(server.tools, "die", shell)
        assert not result.ok
        assert "ended in the middle of the call with exit code 7" in result.text
        assert "not known" in result.text
        assert call(server.tools, "pid", shell).text not in ("", first)


@pytest.mark.slow
def test_a_server_that_is_killed_fails_all_calls_under_way_at_once():
    with McpServer(STDIO) as server:
        tools = by_name(server.tools)
        pid = int(call(server.tools, "pid").text)

        async def killed() -> list[ToolResult]:
            waiting = [
                asyncio.ensure_future(arun_tool(ToolCall(str(i), "wait", {"seconds": 50}), tools))
                for i in range(3)
            ]
            await asyncio.sleep(0.3)
            os.kill(pid, signal.SIGKILL)
            return await asyncio.gather(*waiting)

        start = time.monotonic()
        results = asyncio.run(killed())
        assert time.monotonic() - start < 5
        assert ["was killed in the middle of the call" in r.text for r in results] == [True] * 3
        assert call(server.tools, "add", a=1, b=2).text == "3"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["http", "sse"])
def test_a_server_over_http_that_comes_back_is_connected_to_again(kind: str):
    port = free_port()
    with served(kind, port) as (url, process):
        server = McpServer(url)
        assert call(server.tools, "add", a=1, b=2).text == "3"
        result = call(server.tools, "die")
        assert not result.ok
        assert "broke off" in result.text
        process.wait()
        assert not call(server.tools, "add", a=1, b=2).ok
    with served(kind, port):
        assert call(server.tools, "add", a=1, b=2).text == "3"
    with served(kind, port):  # it has forgotten the session that it had
        call(server.tools, "add", a=1, b=2)
        assert call(server.tools, "add", a=1, b=2).text == "3"
    server.close()


def test_a_closed_server_says_so_and_closing_twice_is_nothing():
    server = McpServer(raw("plain"))
    tools = server.tools
    server.close()
    server.close()
    assert "is closed" in call(tools, "good").text


def test_a_server_that_is_closed_while_it_starts_is_not_left_behind(tmp_path: Path):
    mark = tmp_path / "pid"
    server = McpServer(["sh", "-c", f"echo $$ > {mark}; exec sleep 99"]).start()
    server.close()
    with pytest.raises(ToolError, match="is closed"):
        _ = server.tools
    assert not mark.exists() or not mark.read_text() or not is_alive(int(mark.read_text()))


def test_a_program_that_comes_up_at_the_moment_of_the_close_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real, mark = asyncio.create_subprocess_exec, tmp_path / "pid"

    async def slow(*words: str, **rest: Any) -> asyncio.subprocess.Process:
        process = await real(*words, **rest)
        mark.write_text(str(process.pid))
        await asyncio.sleep(0.3)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    server = McpServer(["sleep", "99"]).start()
    until = time.monotonic() + 10
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.01)
    server.close()
    assert not is_alive(int(mark.read_text()))


@EITHER
def test_the_program_ends_with_the_block(shell: str):
    async def block() -> int:
        async with McpServer(raw("small")) as server:
            found = await by_name(server.tools)["pid"].call()
            assert is_alive(int(found))
            return int(found)

    if shell == "async":
        pid = asyncio.run(block())
    else:
        with McpServer(raw("small")) as server:
            pid = int(call(server.tools, "pid").text)
    assert not is_alive(pid)


def test_the_program_ends_when_nobody_has_its_tools_any_more():
    tools = mcp_tools(raw("small"))
    pid = int(call(tools, "pid").text)
    assert is_alive(pid)
    del tools
    gc.collect()
    assert ends(pid)


def test_an_open_call_is_an_error_when_the_server_is_closed():
    server = McpServer(raw("small"))
    tools = by_name(server.tools)

    async def closed() -> ToolResult:
        waiting = asyncio.ensure_future(arun_tool(ToolCall("1", "hang", {}), tools))
        await asyncio.sleep(0.2)
        await server.__aexit__(None, None, None)
        return await waiting

    assert "is closed" in asyncio.run(closed()).text


# the end of the process


def script(body: str) -> list[str]:
    head = f"""
        import asyncio, os, sys, threading, time
        from chatwright.tools import McpServer, mcp_tools
        from chatwright.tools.run import run_tool
        from chatwright.events import ToolCall
        tools = {{t.name: t for t in mcp_tools({raw("small")!r})}}
        def call(name, **args):
            return run_tool(ToolCall("1", name, args), tools).text
        print(call("pid"), flush=True)
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "",
        "sys.exit(3)",
        "raise RuntimeError",
        "threading.Thread(target=call, args=('hang',), daemon=True).start(); time.sleep(.3)",
        "threading.Thread(target=call, args=('deaf',), daemon=True).start(); time.sleep(.3)",
        "asyncio.run(asyncio.wait_for(tools['hang'].call(), 0.3))",
    ],
)
def test_the_end_of_the_process_ends_the_server_and_waits_for_nothing(body: str):
    start = time.monotonic()
    done = subprocess.run(script(body), capture_output=True, text=True, timeout=60, check=False)
    assert time.monotonic() - start < 20
    assert "Task was destroyed" not in done.stderr
    assert "never awaited" not in done.stderr
    assert ends(int(done.stdout.split()[0]), 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_call_hangs_ends_both(number: signal.Signals):
    process = subprocess.Popen(
        script("call('hang')"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    pid = int(process.stdout.readline())
    time.sleep(0.3)
    start = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - start < 4
    assert ends(pid)


@pytest.mark.slow
def test_a_forked_child_starts_a_server_of_its_own_and_leaves_the_parents_alone():
    body = """
        read, write = os.pipe()
        if os.fork() == 0:
            os.write(write, call("pid").encode())
            import gc; del tools; gc.collect()
            os._exit(0)
        os.wait()
        print(os.read(read, 99).decode(), call("pid"))
    """
    done = subprocess.run(script(body), capture_output=True, text=True, timeout=60, check=True)
    first, childs, again = done.stdout.split()
    assert first == again != childs
    assert ends(int(childs))


# what the program sees, and what the user sees


def test_a_program_sees_none_of_our_secrets_and_what_it_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with McpServer(raw("small"), env={"ANSWER": "42"}) as server:
        assert call(server.tools, "environment", variable="HF_TOKEN").text == "not set"
        assert call(server.tools, "environment", variable="ANSWER").text == "42"
        assert call(server.tools, "environment", variable="PATH").text == os.environ["PATH"]


@pytest.mark.slow
def test_what_a_server_writes_beside_the_protocol_stays_off_the_screen():
    code = """
        import os, sys
        os.write(2, b"starting up\\n" * 100_000)
        print("Welcome!", flush=True)
        sys.argv = ["servers", "--raw", "plain"]
        exec(compile(open(%r).read(), "servers", "exec"), {"__name__": "__main__"})
    """
    server = [sys.executable, "-c", textwrap.dedent(code % SERVERS)]
    ask = f"from chatwright.tools import mcp_tools\nprint(mcp_tools({server!r})[0].name)"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("good\n", "")


# servers that are none


def test_a_command_that_is_not_there_is_named():
    error = refusal("mcp:no-such-command --flag")
    assert isinstance(error, UsageError)
    assert "no-such-command" in str(error)


def test_a_file_that_is_not_a_program_says_how_to_run_it(tmp_path: Path):
    (tmp_path / "server.py").write_text("")
    error = refusal(str(tmp_path / "server.py"))
    assert "not executable" in str(error)
    assert error.hint.startswith("write: python ")


def test_a_command_that_dies_at_once_tells_what_it_said_last():
    error = refusal([sys.executable, "-c", "import no_such_module"])
    assert "exit code 1" in str(error)
    assert "No module named 'no_such_module'" in error.hint


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["true"], "exit code 0"),
        (["echo", "hello there"], "exit code 0"),
        (["yes"], "does not speak MCP"),
        (["cat"], "Method not found"),
        (
            [sys.executable, "-c", "import os, time; os.close(1); time.sleep(99)"],
            "closed its output",
        ),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], "was killed"),
    ],
)
def test_a_program_that_speaks_something_else_is_told_from_a_server(command: list[str], said: str):
    start = time.monotonic()
    assert said in str(refusal(command))
    assert time.monotonic() - start < 5


def test_options_of_a_command_are_not_shown_for_they_may_hold_a_token():
    error = refusal("true run me --token sesame")
    assert "'true run me'" in str(error)
    assert "sesame" not in f"{error}{error.hint}"


def test_what_such_a_program_wrote_is_shown():
    assert "hello there" in refusal(["echo", "hello there"]).hint


def test_a_line_without_an_end_is_not_read_for_ever():
    assert "more than 32 MB" in str(refusal("cat /dev/zero"))


def test_a_program_that_says_nothing_is_given_up():
    start = time.monotonic()
    error = refusal(["sleep", "100"], start_timeout=0.3)
    assert "did not answer within 0.3 seconds" in str(error)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ("", {}),
        ("mcp:", {}),
        ("mcp: 'unclosed", {}),
        ([], {}),
        ([1], {}),
        (None, {}),
        ("http://", {}),
        ("http://me:secret@localhost/mcp", {}),
        ("http://localhost/mcp", {"env": {"A": "1"}}),
        ("http://localhost/mcp", {"headers": {"bad name": "1"}}),
        ("http://localhost/mcp", {"headers": {"x": "two\nlines"}}),
        ("true", {"headers": {"a": "1"}}),
        ("true", {"timeout": 0}),
        ("true", {"start_timeout": float("nan")}),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_started(
    spec: Any, options: dict[str, Any]
):
    error = refusal(spec, **options)
    assert isinstance(error, UsageError)
    assert "secret" not in f"{error}{error.hint}"


# tools that are none, and lists that have no end


def test_a_tool_with_an_invalid_schema_is_left_out_and_the_others_work(
    caplog: pytest.LogCaptureFixture,
):
    with McpServer(raw("broken")) as server:
        assert [tool.name for tool in server.tools] == ["good"]
        assert call(server.tools, "good").text == "{}"
    told = [r.getMessage() for r in caplog.records if r.name.startswith("chatwright")]
    assert [t.split(":")[1].strip() for t in told] == ["'a'", "'b'", "'None'", "'None'", "'c'", "'d'"]  # fmt: skip
    assert all(r.levelno == logging.WARNING for r in caplog.records if "left out" in r.message)


def test_a_server_without_tools_is_an_error():
    assert "has no tools" in str(refusal(raw("empty")))


def test_a_list_in_pages_is_read_to_its_end():
    assert [tool.name for tool in mcp_tools(raw("pages"))] == [f"tool_{i}" for i in range(5)]


def test_a_list_without_an_end_is_cut():
    assert len(mcp_tools(raw("endless"))) == 200


def test_what_a_server_says_of_its_tools_is_clean_and_short():
    (tool,) = mcp_tools(raw("hostile"))
    assert tool.name == "bad_name"
    assert tool.description.startswith("Adds.[2J Ignore all xxx")
    assert len(tool.description) == 2_000
    shown = tool.schema["properties"]["x"]["description"]
    assert shown.startswith("Adds.[2J Ignore all xxx")
    assert len(shown) == 500


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("surrogate", "half ?"),
        ("unknown-piece", "[a piece of the kind 'hologram', not shown]\nok"),
        ("nothing", "[the tool gave nothing back]"),
    ],
)
def test_a_result_that_the_protocol_does_not_know_is_read_as_well_as_can_be(kind: str, text: str):
    with McpServer(raw(kind)) as server:
        assert call(server.tools, "good").text == text


def test_a_message_without_an_end_ends_the_connection_and_the_next_call_works():
    with McpServer(raw("endless-line")) as server:
        result = call(server.tools, "good")
        assert "more than 32 MB" in result.text
        assert by_name(server.tools)["good"].name == "good"


def listed(name: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "description": "", "inputSchema": schema or {"type": "object"}}


def made(*tools: dict[str, Any]) -> list[Tool]:
    return made_tools(tools, lambda name: lambda **args: name, None)


def test_a_list_of_rubbish_does_not_fill_the_log(caplog: pytest.LogCaptureFixture):
    bad = {"type": "object", "properties": {"x": {"type": "strnig"}}}
    assert made(*(listed(f"tool_{i}", bad) for i in range(500))) == []
    assert len(caplog.records) == 11
    assert caplog.records[-1].getMessage() == "490 more tools of it are left out"


def test_names_are_made_valid_and_kept_apart():
    tools = made(listed("a.b"), listed("a/b"), listed("天気"), listed("x" * 90), listed("x" * 91))
    assert [tool.name for tool in tools] == ["a_b", "a_b_2", "tool", "x" * 64, "x" * 62 + "_2"]
    assert [tool.call() for tool in tools][:2] == ["a.b", "a/b"]
    assert name_of("Größe (m²)") == "Gro_e_m2"


def test_keywords_that_say_nothing_here_do_not_cost_the_tool():
    schema = {
        "type": "object",
        "properties": {
            "q": {"type": "string", "pattern": r"(a)\1", "vendorThing": {"a": 1}},
            "vendorThing": {"type": "integer", "default": 3},
        },
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }
    (tool,) = made(listed("search", schema))
    assert tool.schema["properties"] == {
        "q": {"type": "string"},
        "vendorThing": {"type": "integer", "default": 3},
    }


def test_a_schema_of_a_size_that_no_model_reads_is_left_out(caplog: pytest.LogCaptureFixture):
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(5_000):
        deep = {"type": "object", "properties": {"a": deep}}
    wide = {"type": "object", "properties": {f"p{i}": {} for i in range(20_000)}}
    assert made(listed("deep", deep), listed("wide", wide)) == []
    assert len(caplog.records) == 2


def test_lines_hold_only_what_can_be_seen():
    assert line_of("a\x00b\u200bc\u202ed\n\te\x1b]0;x\x07", 100) == "abcd e]0;x"
    assert line_of("\U000e0048\U000e0049", 100) == ""
    assert line_of("x" * 11, 10) == "x" * 9 + "…"


def test_an_error_without_a_word_still_says_something():
    with pytest.raises(ToolError, match="does not say why"):
        shown_result([], is_error=True)


def test_structured_content_stands_in_for_text_that_is_not_there():
    assert shown_result([], {"a": [1]}) == '{"a": [1]}'
    assert shown_result([], 0) == "0"
    image = {"type": "image", "data": "AA==", "mimeType": "image/gif"}
    assert shown_result([image], {"a": 1}) == '{"a": 1}\n[image/gif, 1 bytes]'
    assert shown_result([{"type": "text", "text": "one"}], {"a": 1}) == "one"


def test_a_thousand_pieces_are_enough():
    text = shown_result([{"type": "text", "text": "x"}] * 1_500)
    assert text.count("x\n") == 1_000
    assert text.endswith("[500 more pieces left out]")


# over HTTP


class Web:
    """An HTTP server that answers with one status, and what it was sent."""

    def __init__(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"<p>"):
        seen: list[tuple[str, str, dict[str, str]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))  # fmt: skip
                self.send_response(status)
                given = {"content-type": "text/html", **(headers or {})}
                for name, value in {**given, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.seen = seen
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/mcp"

    def __enter__(self) -> Web:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(
    ("status", "said", "hint"),
    [
        (200, "does not speak MCP: Unexpected content type: text/html", ""),
        (401, "wants another token (401)", "headers="),
        (403, "wants another token (403)", "headers="),
        (404, "there is no MCP server at", "/mcp"),
        (405, "there is no MCP server at", "/mcp"),
        (500, "failed (500)", "try again"),
        (503, "failed (503)", "try again"),
    ],
)
def test_a_url_without_an_mcp_server_says_what_is_there(status: int, said: str, hint: str):
    with Web(status) as web:
        error = refusal(f"{web.url}?key=secret", headers={"Authorization": "Bearer sesame"})
    assert said in str(error)
    assert hint in error.hint
    assert "sesame" not in f"{error}{error.hint}"
    assert "secret" not in f"{error}{error.hint}"


def test_json_that_is_not_mcp_is_told():
    body = json.dumps({"hello": "world"}).encode()
    with Web(200, {"content-type": "application/json"}, body) as web:
        assert "does not speak MCP" in str(refusal(web.url))


def test_a_reply_of_any_length_is_not_read_to_its_end():
    body = b'{"a": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    with Web(200, {"content-type": "application/json"}, body) as web:
        assert "more than 32 MB" in str(refusal(web.url))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_headers_do_not_follow_a_redirect_to_another_host(status: int):
    with Web(200) as other, Web(status, {"location": other.url}) as web:
        error = refusal(web.url, headers={"Authorization": "Bearer sesame", "X-Key": "sesame"})
    assert "not followed" in str(error)
    assert other.seen == []
    assert web.seen[0][2]["authorization"] == "Bearer sesame"


def test_nobody_there_is_told():
    error = refusal(f"http://127.0.0.1:{free_port()}/mcp")
    assert "there is no connection" in str(error)
    assert "Connection refused" in str(error)
    assert "is the server up" in error.hint


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        error = refusal(f"http://127.0.0.1:{deaf.getsockname()[1]}/mcp", start_timeout=0.3)
    assert "did not answer within 0.3 seconds" in str(error)


@pytest.mark.slow
def test_a_server_of_the_older_kind_is_spoken_to_in_its_way():
    with served("sse") as (url, _), McpServer(url) as server:
        assert call(server.tools, "add", a=1, b=2).text == "3"
        assert call(server.tools, "add", "async", a=1, b=2).text == "3"


# by name


def test_a_server_is_loaded_like_any_tool():
    spec = f"mcp:{line(raw('plain'))}"
    tools = load_tools(["calculator", spec, spec])
    assert [tool.name for tool in tools] == ["Calculator", "good"]
    assert call(tools, "good").text == "{}"


def test_words_are_split_as_a_shell_splits_them():
    code = "import sys; sys.exit(repr(sys.argv[1:]))"
    error = refusal(f"mcp:{sys.executable} -c '{code}' --flag 'a b' \"c\"")
    assert error.hint == "it said last: ['--flag', 'a b', 'c']"


def test_two_tools_of_one_name_are_told_apart_by_the_name_of_their_server(tmp_path: Path):
    own = tmp_path / "own.py"
    own.write_text("def good(x: int) -> int:\n    return x\n")
    one, two = line(raw("plain")), line(raw("surrogate"))
    tools = load_tools([f"mcp:{one}", f"mcp:{two}", str(own)])
    assert [tool.name for tool in tools] == ["raw_good", "raw_good_2", "good"]
    assert call(tools, "raw_good_2").text == "half ?"


@EITHER
def test_an_agent_calls_the_tool_of_a_server(small: McpServer, shell: str):
    write = 'Action:\n```\n{"action": "good", "action_input": {}}\n```'
    model = Scripted([write, "I know the answer.\nFinal Answer: it was good"])
    tools = [t for t in small.tools if t.name == "good"]
    agent = Agent(model, tools, approve=lambda call, tool: True)

    async def all_of() -> list[Any]:
        return [event async for event in agent.astream("Is it good?")]

    events = list(agent.stream("Is it good?")) if shell == "sync" else asyncio.run(all_of())
    (result,) = [e for e in events if isinstance(e, ToolResult)]
    assert (result.text, result.ok) == ("{}", True)
    assert events[-1].answer == "it was good"


def test_an_agent_takes_a_server_by_its_spec():
    write = 'Action:\n```\n{"action": "good", "action_input": {}}\n```'
    model = Scripted([write, "Final Answer: yes"])
    agent = Agent(model, [f"mcp:{line(raw('plain'))}"], approve=lambda call, tool: True)
    assert agent.ask("Is it good?").answer == "yes"


def test_nothing_of_it_is_imported_by_those_who_do_not_use_it():
    code = (
        "import sys, chatwright.tools\nfrom chatwright.tools import load_tools\n"
        "load_tools(['calculator'])\n"
        "print(*[n for n in ('mcp', 'anyio', 'asyncio', 'chatwright.tools.mcp') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("", "asyncio")


def test_without_the_package_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingExtra) as error:
        load_tools(["mcp:true"])
    assert error.value.hint == "pip install 'chatwright[mcp]'"
