"""A run as OpenTelemetry spans, by the real SDK and its exporter in memory."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chatwright import Agent, Tool
from chatwright.agent.run import Limits, Run, Step, Turn
from chatwright.agent.spans import Watch, tracer
from chatwright.errors import Unreachable
from chatwright.events import Event, Finish, Malformed, Text, ToolCall, ToolResult, Usage
from chatwright.testing import Scripted

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
SEARCH = ToolCall("c1", "Search", {"query": "bridges"})
TOOL = Tool("Search", "Looks things up.", {}, lambda: "x")


class Spans:
    """What was exported, by name."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def all(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.all if span.name == name]
        return found

    def parent(self, span: ReadableSpan) -> str:
        names = {s.context.span_id: s.name for s in self.all}
        return names[span.parent.span_id] if span.parent else ""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    found = Spans()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", found.provider)
    monkeypatch.delenv(CAPTURE, raising=False)
    yield found
    found.provider.shutdown()


def begun(question: str = "How long is it?", **named: Any) -> tuple[Watch, Run]:
    watch, run = tracer(), Run.begin(question, Limits())
    assert watch is not None
    watch.run_began(run, **{"agent_name": "chatwright", "model": "nano", "run_id": "ab12"} | named)
    return watch, run


def a_turn(watch: Watch, run: Run, *calls: ToolCall, finish: Finish | None = None) -> None:
    watch.turn_began(run)
    turn = Turn()
    for event in [
        Text("Let me see."),
        *calls,
        finish or Finish("", usage=Usage(100, 7), stop_reason="stop"),
    ]:
        turn.see(event)
    watch.turn_ended(run, turn)


def a_call(watch: Watch, run: Run, call: ToolCall, result: ToolResult) -> None:
    watch.tool_began(call, TOOL)
    watch.tool_ended(call, result)
    run.steps.append(Step(call, result))


def test_a_run_is_a_tree_of_its_turns_and_calls(spans: Spans):
    watch, run = begun()
    a_turn(watch, run, SEARCH)
    a_call(watch, run, SEARCH, ToolResult("c1", "1,991 metres"))
    a_turn(watch, run)
    watch.run_ended(Finish("1,991 metres", None, "answer", Usage(200, 14)), None)
    assert [span.name for span in spans.all] == [
        "chat nano",
        "execute_tool Search",
        "chat nano",
        "invoke_agent chatwright",
    ]
    assert [spans.parent(span) for span in spans.all] == [*["invoke_agent chatwright"] * 3, ""]
    assert {span.status.status_code for span in spans.all} == {StatusCode.UNSET}


def test_names_and_attributes_are_those_of_the_conventions(spans: Spans):
    watch, run = begun()
    a_turn(
        watch, run, SEARCH, finish=Finish("", None, "tool_calls", Usage(100, 7, 60, 3), "nano-1")
    )
    a_call(watch, run, SEARCH, ToolResult("c1", "1,991 metres"))
    watch.run_ended(Finish("1,991 metres", None, "answer", Usage(200, 14)), None)
    common = {
        "gen_ai.provider.name": "chatwright",
        "gen_ai.system": "chatwright",
        "gen_ai.request.model": "nano",
        "gen_ai.agent.name": "chatwright",
        "gen_ai.conversation.id": "ab12",
    }
    assert dict(spans.named("chat nano").attributes or {}) == {
        **common,
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "nano-1",
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.reasoning.output_tokens": 3,
    }
    assert dict(spans.named("execute_tool Search").attributes or {}) == {
        **common,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "Search",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.description": "Looks things up.",
    }
    assert dict(spans.named("invoke_agent chatwright").attributes or {}) == {
        **common,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.response.finish_reasons": ("answer",),
        "gen_ai.usage.input_tokens": 200,
        "gen_ai.usage.output_tokens": 14,
    }
    kinds = {span.name.split()[0]: span.kind for span in spans.all}
    assert kinds == {
        "chat": SpanKind.CLIENT,
        "execute_tool": SpanKind.INTERNAL,
        "invoke_agent": SpanKind.INTERNAL,
    }


def test_every_name_is_one_of_the_conventions_package(spans: Spans):
    semconv = pytest.importorskip("opentelemetry.semconv._incubating.attributes.gen_ai_attributes")
    known = {value for name, value in vars(semconv).items() if name.startswith("GEN_AI_")}
    watch, run = begun()
    a_turn(watch, run, SEARCH)
    a_call(watch, run, SEARCH, ToolResult("c1", "error: no", ok=False))
    watch.run_ended(Finish("", None, "error"), Unreachable("no"))
    used = {name for span in spans.all for name in span.attributes or {}}
    assert used - known == {"error.type"}


def test_what_nobody_told_is_left_out(spans: Spans):
    watch, run = begun(agent_name="", model="", run_id="")
    a_turn(watch, run, finish=Finish("4"))
    watch.run_ended(Finish("4", None, "answer"), None)
    assert [span.name for span in spans.all] == ["chat", "invoke_agent"]
    assert set(spans.named("chat").attributes or {}) == {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.system",
        "gen_ai.response.finish_reasons",
    }


def test_the_run_stands_under_the_span_that_was_current_when_it_began(spans: Spans):
    with trace.get_tracer("app").start_as_current_span("handle request"):
        watch, run = begun()
    a_turn(watch, run)
    watch.run_ended(Finish("4"), None)
    assert spans.parent(spans.named("invoke_agent chatwright")) == "handle request"
    assert spans.parent(spans.named("chat nano")) == "invoke_agent chatwright"


def test_a_model_gives_its_name_and_its_backend_the_provider(spans: Spans):
    watch, _ = begun(model=Scripted([]))
    watch.run_ended(Finish("4"), None)
    attributes = spans.named("invoke_agent chatwright").attributes or {}
    assert attributes["gen_ai.request.model"] == "scripted"
    assert attributes["gen_ai.provider.name"] == "chatwright"


def backend(kind: str, dialect: str | None = None) -> Any:
    """An object like a model, whose backend is of this class."""
    fields = {"dialect": type("Dialect", (), {"name": dialect})} if dialect else {}
    return type("Model", (), {"name": "m", "backend": type(kind, (), fields)()})()


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        (backend("LocalBackend"), "llama.cpp"),
        (backend("TgiBackend"), "tgi"),
        (backend("OpenAIBackend", "vllm"), "vllm"),
        (backend("InferenceProviders", "openai"), "huggingface"),
        (backend("Mine"), "chatwright"),
        (object(), "chatwright"),
    ],
)
def test_the_provider_is_what_runs_the_model(spans: Spans, model: Any, provider: str):
    watch, _ = begun(model=model)
    watch.run_ended(Finish("4"), None)
    assert (spans.all[0].attributes or {})["gen_ai.provider.name"] == provider


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("error: ValueError: key=sk-12345", "ValueError"),
        ("error: TimeoutError", "TimeoutError"),
        ("error: there is no tool called 'x'", "ToolError"),
        ("error: sk-12345Error", "ToolError"),
        ("", "ToolError"),
    ],
)
def test_a_tool_that_fails_marks_its_own_span_alone(spans: Spans, text: str, kind: str):
    watch, run = begun()
    a_call(watch, run, SEARCH, ToolResult("c1", text, ok=False))
    watch.run_ended(Finish("sorry", None, "answer"), None)
    failed, whole = spans.named("execute_tool Search"), spans.named("invoke_agent chatwright")
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description is None
    assert (failed.attributes or {})["error.type"] == kind
    assert whole.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("finish", "error", "kind"),
    [
        (Finish("", None, "error"), Unreachable("no way to http://me:secret@host"), "Unreachable"),
        (None, RuntimeError("secret"), "RuntimeError"),
        (None, asyncio.CancelledError(), "CancelledError"),
        (None, KeyboardInterrupt(), "KeyboardInterrupt"),
        (Finish("", None, "error"), None, "_OTHER"),
    ],
)
def test_an_error_is_on_the_run_and_on_what_was_open(
    spans: Spans, finish: Finish | None, error: BaseException | None, kind: str
):
    watch, run = begun()
    watch.turn_began(run)
    watch.run_ended(finish, error)
    whole = spans.named("invoke_agent chatwright")
    assert whole.status.status_code is StatusCode.ERROR
    assert (whole.attributes or {})["error.type"] == kind
    assert spans.named("chat nano").end_time
    assert "secret" not in "".join(span.to_json() for span in spans.all)


@pytest.mark.parametrize("error", [GeneratorExit(), None])
def test_a_run_whose_reader_went_away_is_no_error(spans: Spans, error: BaseException | None):
    watch, run = begun()
    watch.turn_began(run)
    watch.tool_began(SEARCH, TOOL)
    watch.run_ended(Finish("", None, "stopped"), error)
    assert len(spans.all) == 3
    assert {span.status.status_code for span in spans.all} == {StatusCode.UNSET}


def test_a_limit_is_no_error_and_says_its_name(spans: Spans):
    watch, _ = begun()
    watch.run_ended(Finish("", None, "max_steps"), None)
    whole = spans.named("invoke_agent chatwright")
    assert whole.status.status_code is StatusCode.UNSET
    assert (whole.attributes or {})["gen_ai.response.finish_reasons"] == ("max_steps",)


def test_a_run_ends_once(spans: Spans, caplog: pytest.LogCaptureFixture):
    watch, run = begun()
    watch.tool_began(SEARCH, TOOL)
    watch.run_ended(Finish("4"), None)
    watch.tool_ended(SEARCH, ToolResult("c1", "late"))
    watch.turn_ended(run, Turn())
    watch.run_ended(Finish("4"), None)
    assert len(spans.all) == 2
    assert not caplog.records


def test_calls_in_many_threads_at_once_each_have_their_span_under_the_run(spans: Spans):
    watch, _ = begun()
    ready = threading.Barrier(8)

    def run_one(number: int) -> None:
        call = ToolCall(f"c{number}", f"tool{number}", {})
        watch.tool_began(call, None)
        with watch.tool_context(call):
            ready.wait(5)
            trace.get_tracer("tool").start_span(f"inside {number}").end()
        watch.tool_ended(call, ToolResult(call.id, "ok"))

    threads = [threading.Thread(target=run_one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watch.run_ended(Finish("4"), None)
    for number in range(8):
        assert spans.parent(spans.named(f"inside {number}")) == f"execute_tool tool{number}"
        assert spans.parent(spans.named(f"execute_tool tool{number}")) == "invoke_agent chatwright"


def test_calls_in_tasks_side_by_side_each_have_their_span_under_the_run(spans: Spans):
    async def run_one(watch: Watch, number: int, gate: asyncio.Barrier) -> None:
        call = ToolCall(f"c{number}", f"tool{number}", {})
        watch.tool_began(call, None)
        with watch.tool_context(call):
            await gate.wait()
            trace.get_tracer("tool").start_span(f"inside {number}").end()
            await gate.wait()
        watch.tool_ended(call, ToolResult(call.id, "ok"))

    async def main() -> None:
        watch, _ = begun()
        gate = asyncio.Barrier(5)
        await asyncio.gather(*(run_one(watch, n, gate) for n in range(5)))
        assert trace.get_current_span() is trace.INVALID_SPAN
        watch.run_ended(Finish("4"), None)

    asyncio.run(main())
    for number in range(5):
        assert spans.parent(spans.named(f"inside {number}")) == f"execute_tool tool{number}"


def test_two_calls_with_one_id_are_two_spans(spans: Spans):
    watch, _ = begun()
    watch.tool_began(SEARCH, TOOL)
    watch.tool_began(SEARCH, TOOL)
    watch.tool_ended(SEARCH, ToolResult("c1", "a"))
    watch.tool_ended(SEARCH, ToolResult("c1", "b"))
    watch.run_ended(Finish("4"), None)
    assert [span.name for span in spans.all].count("execute_tool Search") == 2


def test_a_call_that_never_began_is_no_span(spans: Spans):
    watch, _ = begun()
    watch.tool_ended(SEARCH, ToolResult("c1", "refused", ok=False))
    with watch.tool_context(SEARCH):
        assert trace.get_current_span() is trace.INVALID_SPAN
    watch.run_ended(Finish("4"), None)
    assert [span.name for span in spans.all] == ["invoke_agent chatwright"]


def test_what_the_tool_raises_comes_through_its_context(spans: Spans):
    watch, _ = begun()
    watch.tool_began(SEARCH, TOOL)
    with pytest.raises(KeyError), watch.tool_context(SEARCH):
        raise KeyError("x")
    assert trace.get_current_span() is trace.INVALID_SPAN


class Wild(SpanProcessor):
    """Raises whenever it is told of a span."""

    def __init__(self, *, at_start: bool) -> None:
        self.at_start = at_start

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        if self.at_start:
            raise RuntimeError("the collector is on fire")

    def on_end(self, span: ReadableSpan) -> None:
        raise RuntimeError("the collector is on fire")


@pytest.mark.parametrize("at_start", [True, False])
def test_a_processor_that_raises_breaks_no_run(
    spans: Spans, at_start: bool, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "chatwright")
    spans.provider.add_span_processor(Wild(at_start=at_start))
    watch, run = begun()
    a_turn(watch, run, SEARCH)
    watch.tool_began(SEARCH, TOOL)
    with watch.tool_context(SEARCH):
        pass
    watch.tool_ended(SEARCH, ToolResult("c1", "ok"))
    watch.run_ended(Finish("4"), None)
    assert "a span was lost" in caplog.text


def test_a_provider_that_raises_gives_no_watch(monkeypatch: pytest.MonkeyPatch):
    class Broken(TracerProvider):
        def get_tracer(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("no")

    broken = Broken()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", broken)
    assert tracer() is None
    broken.shutdown()


def test_content_is_left_out_by_default(spans: Spans):
    watch, run = begun("What is the password of Ada?")
    a_turn(watch, run, SEARCH)
    a_call(watch, run, SEARCH, ToolResult("c1", "1,991 metres"))
    watch.run_ended(Finish("The answer"), None)
    told = "".join(span.to_json() for span in spans.all)
    assert not any(text in told for text in ("Ada", "bridges", "1,991", "The answer", "Let me see"))


def test_content_is_told_where_it_is_asked_for_in_the_form_of_the_conventions(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(CAPTURE, "true")
    watch, run = begun()
    a_turn(watch, run, SEARCH)
    a_call(watch, run, SEARCH, ToolResult("c1", "1,991 metres"))
    run.steps.append(Malformed("hm", "no call"))
    a_turn(watch, run)
    watch.run_ended(Finish("1,991 metres", None, "answer"), None)
    whole = spans.named("invoke_agent chatwright").attributes or {}
    call = spans.named("execute_tool Search").attributes or {}
    turns = [span.attributes or {} for span in spans.all if span.name == "chat nano"]
    asked = [{"role": "user", "parts": [{"type": "text", "content": "How long is it?"}]}]
    assert json.loads(str(whole["gen_ai.input.messages"])) == asked
    assert json.loads(str(whole["gen_ai.output.messages"])) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "1,991 metres"}],
            "finish_reason": "answer",
        }
    ]
    assert json.loads(str(call["gen_ai.tool.call.arguments"])) == {"query": "bridges"}
    assert call["gen_ai.tool.call.result"] == "1,991 metres"
    assert json.loads(str(turns[0]["gen_ai.input.messages"])) == asked
    assert json.loads(str(turns[0]["gen_ai.output.messages"])) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "Let me see."},
                {
                    "type": "tool_call",
                    "id": "c1",
                    "name": "Search",
                    "arguments": {"query": "bridges"},
                },
            ],
            "finish_reason": "stop",
        }
    ]
    assert json.loads(str(turns[1]["gen_ai.input.messages"])) == [
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "1,991 metres"}],
        },
        {"role": "user", "parts": [{"type": "text", "content": "no call"}]},
    ]


def test_content_that_is_told_has_no_keys_in_it(spans: Spans, monkeypatch: pytest.MonkeyPatch):
    key = "hf_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z"
    monkeypatch.setenv(CAPTURE, "TRUE")
    watch, run = begun(f"My key is {key}")
    call = ToolCall("c1", "Fetch", {"url": f"https://x.org/?api_key={key}"})
    a_turn(watch, run, call)
    a_call(watch, run, call, ToolResult("c1", f"Authorization: Bearer {key}"))
    a_turn(watch, run)
    watch.run_ended(Finish(f"It is {key}"), None)
    told = "".join(span.to_json() for span in spans.all)
    assert "My key is" in told and "x.org" in told
    assert key not in told


@pytest.mark.parametrize("value", ["", "false", "no_content", "event_only", "0"])
def test_content_is_left_out_for_any_other_value(
    spans: Spans, monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv(CAPTURE, value)
    watch, _ = begun("Ada?")
    watch.run_ended(Finish("Ada"), None)
    assert "Ada" not in spans.all[0].to_json()


def test_a_call_lasts_as_long_as_its_tool_worked(spans: Spans):
    watch, _ = begun()
    watch.tool_began(SEARCH, TOOL)
    for _ in range(50_000):  # another call of the same reply takes longer
        pass
    watch.tool_ended(SEARCH, ToolResult("c1", "ok", ms=0.25))
    watch.run_ended(Finish("4"), None)
    span = spans.named("execute_tool Search")
    assert (span.end_time or 0) - (span.start_time or 0) < 1_000_000


def asked(name: str, **args: Any) -> str:
    call = json.dumps({"action": name, "action_input": args})
    return f"Thought: I need a tool.\nAction:\n```\n{call}\n```"


def answer(text: str) -> str:
    return f"Thought: I know the answer\nFinal Answer: {text}"


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def run_of(agent: Agent, how: str) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in agent.astream("2 + 3?")]

    return list(agent.stream("2 + 3?")) if how == "stream" else asyncio.run(collect())


both = pytest.mark.parametrize("how", ["stream", "astream"])


@both
def test_an_agents_run_is_traced(spans: Spans, how: str):
    run_of(Agent(Scripted([asked("add", a=2, b=3), asked("sub", a=1), answer("5")]), [add]), how)
    assert [(span.name, spans.parent(span)) for span in spans.all] == [
        ("chat scripted", "invoke_agent chatwright"),
        ("execute_tool add", "invoke_agent chatwright"),
        ("chat scripted", "invoke_agent chatwright"),
        ("execute_tool sub", "invoke_agent chatwright"),
        ("chat scripted", "invoke_agent chatwright"),
        ("invoke_agent chatwright", ""),
    ]
    whole = spans.named("invoke_agent chatwright").attributes or {}
    assert whole["gen_ai.response.finish_reasons"] == ("answer",)
    assert isinstance(tokens := whole["gen_ai.usage.input_tokens"], int) and tokens > 0


@both
def test_an_agents_run_that_errs_is_an_error(spans: Spans, how: str):
    run_of(Agent(Scripted([asked("add", a=2, b=3), Unreachable("no way")]), [add]), how)
    whole = spans.named("invoke_agent chatwright")
    assert whole.status.status_code is StatusCode.ERROR
    assert (whole.attributes or {})["error.type"] == "Unreachable"
    assert [span.name for span in spans.all].count("chat scripted") == 2


def test_calls_of_one_reply_that_run_at_once_overlap(spans: Spans):
    gate = threading.Barrier(2, timeout=5)

    def meet(who: str) -> str:
        """Waits for the other."""
        gate.wait()
        return who

    reply = json.dumps([{"action": "meet", "action_input": {"who": who}} for who in "ab"])
    model = Scripted([f"Thought: both\nAction:\n```\n{reply}\n```", answer("ok")])
    Agent(model, [Tool.from_function(meet, idempotent=True)]).ask("who?")
    first, second = [span for span in spans.all if span.name == "execute_tool meet"]
    assert (first.start_time or 0) < (second.end_time or 0)
    assert (second.start_time or 0) < (first.end_time or 0)
    assert spans.parent(first) == spans.parent(second) == "invoke_agent chatwright"


def test_a_run_whose_reader_goes_away_ends_its_spans(spans: Spans):
    events = Agent(Scripted([asked("add", a=2, b=3)]), [add]).stream("2 + 3?")
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert {span.name for span in spans.all} == {"chat scripted", "invoke_agent chatwright"}
    assert {span.status.status_code for span in spans.all} == {StatusCode.UNSET}


def test_a_cancelled_run_ends_its_spans(spans: Spans):
    async def main() -> None:
        began = asyncio.Event()

        async def hang() -> str:
            """Hangs."""
            began.set()
            await asyncio.Event().wait()
            return ""

        task = asyncio.create_task(Agent(Scripted([asked("hang")]), [hang]).aask("2 + 3?"))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    names = {span.name for span in spans.all}
    assert names == {"chat scripted", "execute_tool hang", "invoke_agent chatwright"}


@both
def test_an_agent_with_a_processor_that_raises_answers_all_the_same(spans: Spans, how: str):
    spans.provider.add_span_processor(Wild(at_start=True))
    events = run_of(Agent(Scripted([asked("add", a=2, b=3), answer("5")]), [add]), how)
    assert isinstance(events[-1], Finish) and events[-1].answer == "5"


def test_many_runs_at_once_are_as_many_trees(spans: Spans):
    async def main() -> None:
        agents = [
            Agent(Scripted([asked("add", a=n, b=1), answer("ok")]), [add]) for n in range(100)
        ]
        await asyncio.gather(*(agent.aask("?") for agent in agents))

    asyncio.run(main())
    traces: dict[int, list[str]] = {}
    for span in spans.all:
        traces.setdefault(span.context.trace_id, []).append(span.name.split()[0])
    tree = ["chat", "execute_tool", "chat", "invoke_agent"]
    assert len(traces) == 100 and all(names == tree for names in traces.values())


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("", "None False"),
        ("import opentelemetry.trace", "None True"),
        (
            "from opentelemetry import trace; from opentelemetry.sdk.trace import TracerProvider;"
            "trace.set_tracer_provider(TracerProvider())",
            "_Spans True",
        ),
    ],
    ids=["not loaded", "the interface alone", "set up"],
)
def test_only_a_program_with_opentelemetry_set_up_has_spans(first: str, found: str):
    script = (
        f"{first}\nimport sys\nfrom chatwright import Agent\nfrom chatwright.agent.spans import tracer\n"
        "watch = tracer()\n"
        "print(type(watch).__name__.removesuffix('Type'), any(n.startswith('opentelemetry') for n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == found
