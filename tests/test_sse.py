"""Server-sent events, however their bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.backends.sse import MAX_EVENT, Event, Parser
from chatwright.errors import BadReply


def read(*chunks: bytes, most: int = MAX_EVENT) -> list[Event]:
    parser = Parser(most)
    return [event for chunk in chunks for event in parser.feed(chunk)]


STREAMS = {
    "TGI": (b'data: {"a":1}\n\ndata: {"b":2}\n\n', ['{"a":1}', '{"b":2}']),
    "without a space": (b"data:x\n\ndata:  y\n\n", ["x", " y"]),
    "CRLF": (b"data: x\r\n\r\ndata: y\r\n\r\n", ["x", "y"]),
    "CR": (b"data: x\r\rdata: y\r\r", ["x", "y"]),
    "all three": (b"data: x\r\n\rdata: y\n\r\n", ["x", "y"]),
    "several lines": (b"data: x\ndata\ndata: y\n\n", ["x\n\ny"]),
    "comments and keep-alives": (b":\n\n: still here\n\ndata: x\n:\n\n:\n\n", ["x"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: x\n\n", ["x"]),
    "fields of no use": (b"id: 7\nretry: 10\nevent: e\n\nfoo: bar\ndata: x\n\n", ["x"]),
    "other ends of lines": ("data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\n\n".encode(),
                            ["a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei"]),
    "a cut at the end": (b"data: x\n\ndata: y\n", ["x"]),
    "a cut in a line": (b"data: x\n\ndata: y", ["x"]),
    "no blank line at all": (b"data: x", []),
    "empty data": (b"data\n\ndata:\n\n", ["", ""]),
    "nothing": (b"", []),
    "astral": ("data: 😀\n\n".encode(), ["😀"]),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "data"), STREAMS.values(), ids=STREAMS)
def test_the_events_are_the_same_however_the_bytes_are_cut(raw: bytes, data: list[str]):
    assert [e.data for e in read(raw)] == data
    assert [e.data for e in read(*(raw[i : i + 1] for i in range(len(raw))))] == data
    for cut in range(len(raw)):
        assert [e.data for e in read(raw[:cut], b"", raw[cut:])] == data


def test_an_event_is_given_out_at_its_cr_without_waiting_for_what_follows():
    parser = Parser()
    assert parser.feed(b"data: x\r\r") == [Event("x")]
    assert parser.feed(b"\ndata: y\r\r") == [Event("y")]


def test_an_event_has_its_name():
    assert read(b"event: error\ndata: x\n\ndata: y\n\n") == [Event("x", "error"), Event("y")]


def test_an_error_in_a_field_of_that_name_is_told():
    assert read(b'error: {"code":500}\n\n') == [Event('{"code":500}', "error")]


@pytest.mark.parametrize(
    "raw",
    [b"data: \xff\n\n", b"data: \xe2\x82\n\n", b"data: \xc0\xaf\n\n", b"data: \xed\xa0\x80\n\n"],
)
def test_bytes_that_are_no_utf8_are_an_error(raw: bytes):
    for chunks in ([raw], [raw[i : i + 1] for i in range(len(raw))]):
        with pytest.raises(BadReply, match="no UTF-8"):
            read(*chunks)


def test_a_character_may_be_cut_in_two():
    raw = "data: €😀\n\n".encode()
    for cut in range(len(raw)):
        assert read(raw[:cut], raw[cut:]) == [Event("€😀")]


def test_a_large_event_is_fine_and_an_endless_one_is_not():
    large = b"x" * 10_000_000
    whole = b"data: " + large + b"\n\n"
    assert read(whole)[0].data.encode() == large
    assert (
        read(*(whole[i : i + 1000] for i in range(0, len(whole), 1000)))[0].data.encode() == large
    )
    for part in (b"x" * 1000, b"data: x\n", b": x\n" + b"data: x\n", b"id: 1\n"):
        parser = Parser(100_000)
        with pytest.raises(BadReply, match="more than 100,000 bytes"):
            for _ in range(100_000):
                parser.feed(part)


def test_any_number_of_comments_and_of_events_fits():
    parser = Parser(1000)
    for _ in range(5000):
        assert parser.feed(b": keep-alive\n\n") == []
        assert parser.feed(b"data: x\n\nda") == [Event("x")]
        assert parser.feed(b"ta: y\n\n") == [Event("y")]


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))),
    st.lists(st.integers(0, 200)),
    st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_whatever_is_sent_comes_out(texts: list[str], cuts: list[int], end: str):
    raw = "".join(f"data: {text}{end}{end}" for text in texts).encode()
    edges = [0, *sorted(min(c, len(raw)) for c in cuts), len(raw)]
    chunks = [raw[a:b] for a, b in pairwise(edges)]
    assert [e.data for e in read(*chunks)] == texts
