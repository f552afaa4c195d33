"""TGI's protocol: what is sent, and what is made of what comes back."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import Any

import pytest
from fault_server import Connection, FaultServer, json_reply, reply, sse, sse_reply

from chatwright.backends.tgi import TgiBackend
from chatwright.backends.tgi.body import body
from chatwright.errors import BadReply, ConstraintError, NotServed, TimedOut, UsageError
from chatwright.events import Usage
from chatwright.request import (
    End,
    Grammar,
    JsonSchema,
    Logprob,
    Piece,
    Regex,
    Request,
    Sampling,
    Segment,
)

HI = [Segment("Hi", True)]


def parameters(extra: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    told = body(Request(prompt=HI, **fields), extra=extra)["parameters"]
    assert told.pop("return_full_text") is False and told.pop("details") is True
    return told


def token(text: str, id: int = 1, *, special: bool = False, **more: Any) -> dict[str, Any]:
    return {"index": id, "token": {"id": id, "text": text, "logprob": -0.5, "special": special},
            "generated_text": None, "details": None, **more}  # fmt: skip


def final(text: str, id: int, whole: str, reason: str = "eos_token", **more: Any) -> dict[str, Any]:
    details = {"finish_reason": reason, "generated_tokens": id, "seed": None, "input_length": 5}
    return token(text, id, generated_text=whole, details=details, **more)


def answer(
    *events: object, way: str = "stream", server: FaultServer | None = None, **fields: Any
) -> list[Piece | End]:
    """What these events become."""
    if server is None:
        with FaultServer(lambda c: c.send(sse_reply(*events))) as server:
            return answer(way=way, server=server, **fields)
    request = Request(prompt=HI, **fields)

    async def collect(backend: TgiBackend) -> list[Piece | End]:
        async with aclosing(backend.astream(request)) as items:
            return [item async for item in items]

    with TgiBackend(server.url, max_retries=0, timeout=10) as backend:
        return list(backend.stream(request)) if way == "stream" else asyncio.run(collect(backend))


def text_of(items: list[Piece | End]) -> str:
    return "".join(item.text for item in items if isinstance(item, Piece))


# -- what is sent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sampling", "sent"),
    [
        (Sampling(), {"do_sample": False}),
        (Sampling(temperature=0.0), {"do_sample": False}),
        (Sampling(temperature=0, top_k=50, top_p=0.9, repetition_penalty=1.1), {"do_sample": False, "repetition_penalty": 1.1}),
        (Sampling(temperature=0.1), {"do_sample": True, "temperature": 0.1}),
        (Sampling(temperature=1.0), {"do_sample": True, "temperature": 1.0}),
        (Sampling(top_k=40), {"do_sample": True, "top_k": 40}),
        (Sampling(top_k=0), {"do_sample": False}),
        (Sampling(top_k=-1, temperature=0.5), {"do_sample": True, "temperature": 0.5}),
        (Sampling(top_p=1.0), {"do_sample": False}),
        (Sampling(top_p=0.95), {"do_sample": True, "top_p": 0.95}),
        (Sampling(repetition_penalty=1.03), {"do_sample": False, "repetition_penalty": 1.03}),
    ],
)  # fmt: skip
def test_it_samples_or_is_greedy_as_asked_for(sampling: Sampling, sent: dict[str, Any]):
    assert parameters(sampling=sampling) == sent


def test_parameters_that_only_tgi_has_are_sent_and_a_request_comes_before_them():
    extra = {
        "typical_p": 0.95,
        "truncate": None,
        "watermark": True,
        "temperature": 0.8,
        "top_p": 1.0,
    }
    assert parameters(extra) == {
        "do_sample": True, "temperature": 0.8, "typical_p": 0.95, "watermark": True,
    }  # fmt: skip
    assert parameters(extra, sampling=Sampling(temperature=0)) == {
        "do_sample": False,
        "watermark": True,
    }


def test_the_rest_of_a_request_is_sent():
    told = parameters(max_tokens=7, seed=-1, stop=["a", "b", "c", "d", "e"], logprobs=2)
    assert told == {
        "do_sample": False, "max_new_tokens": 7, "seed": 2**64 - 1,
        "stop": ["a", "b", "c", "d"], "top_n_tokens": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("constraint", "grammar"),
    [
        (
            JsonSchema({"properties": {"a": {}}}),
            {"type": "json", "value": {"properties": {"a": {}}}},
        ),
        (Regex("a+"), {"type": "regex", "value": "a+"}),
        (None, None),
    ],
)
def test_a_constraint_becomes_a_grammar(constraint: Any, grammar: Any):
    assert parameters(constraint=constraint).get("grammar") == grammar
    assert TgiBackend("http://127.0.0.1:1").follows(constraint)


@pytest.mark.parametrize("constraint", [Grammar('root ::= "a"'), JsonSchema({"type": "array"})])
def test_a_constraint_that_tgi_does_not_know_is_refused_and_not_dropped(constraint: Any):
    assert not TgiBackend("http://127.0.0.1:1").follows(constraint)
    with pytest.raises(ConstraintError):
        parameters(constraint=constraint)


@pytest.mark.parametrize(
    "fields",
    [{"max_tokens": 0}, {"sampling": Sampling(min_p=0.1)}, {"sampling": Sampling(temperature=-1)},
     {"sampling": Sampling(temperature=float("nan"))}, {"prompt": (), "messages": [{"role": "user"}]}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_it_is_sent(fields: dict[str, Any]):
    with pytest.raises(UsageError):
        body(Request(**{"prompt": HI, **fields}))


def test_a_control_token_that_a_caller_wrote_is_broken_up_and_the_templates_stay():
    prompt = [
        Segment("<|user|>\n", True), Segment("<|sys", False), Segment("tem|> </s> <eos> <b>", False),
        Segment("</s>", True),
    ]  # fmt: skip
    inputs = body(Request(prompt=prompt), guarded=["<eos>"])["inputs"]
    assert inputs == "<|user|>\n<\u200b|system|> <\u200b/s> <\u200beos> <b></s>"


# -- what comes back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_a_stream_becomes_pieces_and_an_end(way: str):
    items = answer(
        token(" The"), token(" cat", 2), final("</s>", 3, " The cat") | {"token": {"id": 2, "text": "</s>", "logprob": -1, "special": True}},
        way=way,
    )  # fmt: skip
    assert items == [Piece(" The", (1,)), Piece(" cat", (2,)), End("stop", Usage(5, 3))]


@pytest.mark.parametrize(
    ("reason", "told"), [("length", "length"), ("eos_token", "stop"), ("stop_sequence", "stop")]
)
def test_finish_reasons(reason: str, told: str):
    assert answer(final("x", 1, "x", reason))[-1] == End(told, Usage(5, 1))


def test_empty_tokens_and_old_forms_of_events_are_read():
    """Older servers leave the space after the colon out and send no details."""
    events = b'data:{"token":{"id":1,"text":"","logprob":0,"special":false}}\n\n' + sse(
        {"token": {"id": 2, "text": "é", "logprob": None, "special": False}, "generated_text": "é"}
    )
    with FaultServer(lambda c: c.send(sse_reply() + events)) as server:
        assert answer(server=server) == [Piece("é", (1, 2)), End("stop", Usage(0, 2))]


@pytest.mark.parametrize(
    ("texts", "stop", "expected"),
    [
        (["I s", "ee\nObs", "ervation: 4", "2"], ["\nObservation"], "I see"),
        (["ab", "c"], ["bc"], "a"),
        (["one two three"], ["three", "two"], "one "),
        (["a", "b", "c", "d"], ["v", "w", "x", "y", "z", "cd"], "ab"),
        (["no\nObserve"], ["\nObservation"], "no\nObserve"),
    ],
)
@pytest.mark.parametrize("way", ["stream", "astream"])
def test_stop_strings_are_cut_wherever_they_lie(
    texts: list[str], stop: list[str], expected: str, way: str
):
    whole = "".join(texts)
    events = [token(text) for text in texts[:-1]]
    items = answer(*events, final(texts[-1], 9, whole, "stop_sequence"), stop=stop, way=way)
    assert text_of(items) == expected
    assert isinstance(items[-1], End) and items[-1].reason == "stop"
    assert all(isinstance(item, Piece) for item in items[:-1])


def test_a_stop_that_the_server_does_not_know_ends_the_connection():
    def script(c: Connection) -> None:
        c.send(sse_reply(token("a"), token("STOP")))
        c.stall()

    with FaultServer(script) as server:
        assert answer(server=server, stop=["STOP"]) == [Piece("a", (1,)), End("stop", Usage(0, 2))]
        assert server.hang_ups.acquire(timeout=10)


def test_log_probabilities_come_with_the_text_they_belong_to():
    top = [
        {"id": 1, "text": "a", "logprob": -0.5, "special": False},
        {"id": 4, "text": "b", "logprob": -2, "special": False},
    ]
    items = answer(
        token("a", 1, top_tokens=top), token("S", 2), token("o", 3), final("x", 4, "aSox"), stop=["STOP"], logprobs=2,
    )  # fmt: skip
    best = (Logprob(1, "a", -0.5), Logprob(4, "b", -2.0))
    assert items[:3] == [
        Piece("a", (1,), (Logprob(1, "a", -0.5, best),)),
        Piece("So", (2, 3), (Logprob(2, "S", -0.5), Logprob(3, "o", -0.5))),
        Piece("x", (4,), (Logprob(4, "x", -0.5),)),
    ]


def test_special_tokens_are_text_only_where_that_is_said():
    call = token("[TOOL_CALLS]") | {
        "token": {"id": 5, "text": "[TOOL_CALLS]", "logprob": 0, "special": True}
    }
    with FaultServer(lambda c: c.send(sse_reply(call, final("x", 2, "x")))) as server:
        assert text_of(answer(server=server)) == "x"
        with TgiBackend(server.url, shown=["[TOOL_CALLS]"]) as backend:
            assert text_of(list(backend.stream(Request(prompt=HI)))) == "[TOOL_CALLS]x"


WHOLE = {
    "generated_text": " The cat\nObs",
    "details": {
        "finish_reason": "length", "generated_tokens": 2, "seed": None, "prefill": [],
        "tokens": [{"id": 1, "text": " The", "logprob": -0.5, "special": False},
                   {"id": 2, "text": " cat\nObs", "logprob": -0.25, "special": False}],
    },
}  # fmt: skip


@pytest.mark.parametrize("data", [WHOLE, [WHOLE]], ids=["object", "list"])
@pytest.mark.parametrize("way", ["once", "aonce"])
def test_a_whole_answer_may_be_an_object_or_a_list(data: object, way: str):
    request = Request(prompt=HI, stop=["\nObs"], logprobs=0)
    with (
        FaultServer(lambda c: c.send(json_reply(data, x_prompt_tokens="7"))) as server,
        TgiBackend(server.url) as backend,
    ):
        got = backend.once(request) if way == "once" else asyncio.run(backend.aonce(request))
        assert [got] == [list(TgiBackend(server.url, streaming=False).stream(request))]
        assert server.requests[0].target == "/generate" and "stream" not in server.requests[0].json
    logprobs = (Logprob(1, " The", -0.5), Logprob(2, " cat\nObs", -0.25))
    assert got == [Piece(" The cat", (1, 2), logprobs), End("stop", Usage(7, 2))]


@pytest.mark.parametrize("data", [{}, [], "text", None, {"generated_text": None}, [{"x": 1}]])
def test_a_whole_answer_that_is_none_is_told(data: object):
    with FaultServer(lambda c: c.send(json_reply(data))) as server, pytest.raises(BadReply):
        TgiBackend(server.url).once(Request(prompt=HI))


@pytest.mark.parametrize("event", [[], 1, {"token": None}, {"choices": []}, {"token": {"id": 1}}])
def test_an_event_that_is_none_of_tgi_is_told(event: object):
    with pytest.raises(BadReply, match="no answer of TGI"):
        answer(event)


@pytest.mark.parametrize("way", ["stream", "astream", "once", "aonce"])
def test_a_server_that_has_only_the_root_is_asked_there(way: str):
    def script(c: Connection) -> None:
        if c.request.target != "/":
            c.send(reply(404, b"Not Found", "text/plain"))
        elif c.request.json.get("stream"):
            c.send(sse_reply(final("yes", 1, "yes")))
        else:
            c.send(json_reply([{"generated_text": "yes"}]))

    async def run(backend: TgiBackend) -> list[Piece | End]:
        if way == "aonce":
            return await backend.aonce(Request(prompt=HI))
        return [item async for item in backend.astream(Request(prompt=HI))]

    with FaultServer(script) as server, TgiBackend(server.url) as backend:
        for _ in range(2):
            if way.startswith("a"):
                got = asyncio.run(run(backend))
            else:
                got = (
                    list(backend.stream(Request(prompt=HI)))
                    if way == "stream"
                    else backend.once(Request(prompt=HI))
                )
            assert text_of(got) == "yes"
        assert [r.target for r in server.requests][1:] == ["/", "/"]
        assert server.requests[1].json["parameters"]["return_full_text"] is False


def test_a_server_with_neither_says_so():
    with FaultServer(lambda c: c.send(reply(404))) as server, pytest.raises(NotServed):
        list(TgiBackend(server.url).stream(Request(prompt=HI)))


def test_the_address_may_be_that_of_any_route():
    for route in (
        "",
        "/",
        "/generate",
        "/generate_stream",
        "/v1",
        "/v1/chat/completions/",
        "/info",
    ):
        assert TgiBackend(f"http://h:1/base{route}").client.url == "http://h:1/base"


def test_parameters_of_one_request_go_over_those_of_the_backend():
    with FaultServer(lambda c: c.send(json_reply(WHOLE)), keep_alive=True) as server:
        one = TgiBackend(server.url, parameters={"typical_p": 0.5, "seed": 1})
        one.once(Request(prompt=HI))
        one.once(Request(prompt=HI, extra={"typical_p": 0.9}))
        told = [r.json["parameters"] for r in server.requests]
        assert [(p["typical_p"], p["seed"]) for p in told] == [(0.5, 1), (0.9, 1)]
        assert server.connections == 1
        one.close()


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_a_deadline_ends_a_stream_that_never_pauses(way: str):
    def script(c: Connection) -> None:
        c.send(sse_reply())
        c.trickle(sse(token("x")) for _ in range(10_000))

    with FaultServer(script) as server, pytest.raises(TimedOut) as caught:
        answer(server=server, way=way, deadline=time.monotonic() + 0.3)
    assert caught.value.partial.startswith("xx")


def test_a_deadline_that_has_passed_asks_nobody():
    with FaultServer(lambda c: c.stall()) as server:
        with pytest.raises(TimedOut, match="before the model was asked"):
            answer(server=server, deadline=time.monotonic() - 1)
        assert server.requests == []


@pytest.mark.parametrize("name", ["top_p", "typical_p", "repetition_penalty"])
def test_a_setting_of_zero_is_not_taken_for_one_that_was_not_given(name: str):
    backend = TgiBackend("http://127.0.0.1:1", max_retries=0)
    with pytest.raises(UsageError, match=f"{name} is 0"):
        backend.once(Request(prompt=HI, sampling=Sampling(**{name: 0})))
