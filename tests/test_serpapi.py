"""The web search, against a loopback server that speaks like SerpAPI."""

from __future__ import annotations

import asyncio
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from serpapi_server import Server

from chatwright.errors import ToolError, UsageError
from chatwright.events import ToolCall
from chatwright.tools import SerpAPIWrapper, load_tools
from chatwright.tools.run import run_tool
from chatwright.tools.serpapi import NOTHING, text_of

KEY = "s3cret/key+with signs"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()
    monkeypatch.setenv("SERPAPI_BASE_URL", made.url)
    monkeypatch.setenv("SERPAPI_API_KEY", KEY)
    yield made
    made.close()


@pytest.fixture(params=["run", "arun"])
def run(request: pytest.FixtureRequest) -> Callable[[SerpAPIWrapper, str], str]:
    if request.param == "run":
        return lambda wrapper, query: wrapper.run(query)
    return lambda wrapper, query: asyncio.run(wrapper.arun(query))


def test_a_search_asks_the_server_and_gives_text(server: Server, run: Callable[..., str]):
    server.reply = {"answer_box": {"answer": "25 years"}}
    assert run(SerpAPIWrapper(params={"hl": "de"}), "age & name = ½?") == "25 years"
    assert server.paths == ["/search"]
    asked = server.queries[0]
    assert (asked["q"], asked["api_key"], asked["hl"]) == ("age & name = ½?", KEY, "de")
    assert (asked["engine"], asked["output"]) == ("google", "json")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ({"answer_box": {"result": "R", "answer": "A", "snippet": "S"}}, "R"),
        ({"answer_box": {"answer": "A", "snippet": "S"}}, "A"),
        ({"answer_box": {"snippet": "S", "snippet_highlighted_words": ["W"]}}, "S"),
        ({"answer_box": {"snippet_highlighted_words": ["W", "X"]}}, "W, X"),
        ({"answer_box": [{"answer": "first"}, {"answer": "second"}]}, "first"),
        ({"answer_box": {"answer": "A"}, "answer_box_list": [{"answer": "L"}]}, "L"),
        ({"answer_box": {"answer": 42}}, "42"),
        ({"answer_box": {"price": 5, "link": "http://x", "more": {"a": "b"}}}, "price: 5; more: a: b"),
        ({"answer_box": {"answer": "A"}, "organic_results": [{"snippet": "O"}]}, "A"),
        ({"events_results": [{"title": "E"}], "sports_results": {"title": "S"}}, "title: E"),
        ({"sports_results": {"title": "Team", "rankings": "1st"}}, "title: Team; rankings: 1st"),
        ({"top_stories": [{"title": "T"}], "organic_results": [{"snippet": "O"}]}, "title: T\nO"),
        ({"news_results": [{"title": "N"}]}, "title: N"),
        ({"jobs_results": {"jobs": [{"title": "J"}]}}, "title: J"),
        ({"shopping_results": [{"title": str(n)} for n in range(5)]}, "title: 0\ntitle: 1\ntitle: 2"),
        ({"questions_and_answers": [{"question": "Q", "answer": "A"}]}, "question: Q; answer: A"),
        ({"popular_destinations": {"destinations": [{"title": "D"}]}}, "title: D"),
        ({"top_sights": {"sights": [{"title": "S"}]}}, "title: S"),
        ({"images_results": [{"thumbnail": "http://a"}, {"thumbnail": "http://b"}]}, "http://a\nhttp://b"),
        ({"knowledge_graph": {"title": "Ada", "description": "A poet's child.", "born": "1815", "born_link": "x", "image": "http://x"}},
         "A poet's child.\nAda born: 1815."),
        ({"organic_results": [{"snippet": "one"}, {"link": "http://two"}, {}]}, "one\nhttp://two"),
        ({"organic_results": [{"rich_snippet": {"top": {"x": "y"}}}]}, "top: x: y"),
        ({"knowledge_graph": {"description": "K"}, "organic_results": [{"snippet": "O"}]}, "K\nO"),
        ({"local_results": [{"title": "L"}]}, "title: L"),
        ({"local_results": {"places": [{"title": "P"}]}}, "title: P"),
        ({"buying_guide": {"title": "B"}}, "title: B"),
    ],
)  # fmt: skip
def test_the_best_of_a_reply_is_told_as_text(reply: dict[str, Any], text: str):
    assert text_of(reply) == text


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"shopping_results": []},
        {"images_results": []},
        {"answer_box": None, "answer_box_list": []},
        {"answer_box": {}, "top_stories": [], "jobs_results": {}, "organic_results": None},
        {"organic_results": [None, 3, "x", {"snippet": None}], "local_results": {}},
        {"knowledge_graph": "none", "popular_destinations": [], "sports_results": None},
    ],
)
def test_a_reply_with_nothing_in_it_is_no_crash(reply: dict[str, Any]):
    assert text_of(reply) == NOTHING


def test_an_error_that_says_nothing_was_found_is_no_error(server: Server, run: Callable[..., str]):
    server.reply = {"error": "Google hasn't returned any results for this query."}
    assert run(SerpAPIWrapper(), "zzz") == NOTHING


def test_a_long_reply_is_cut(server: Server, run: Callable[..., str]):
    server.reply = {"organic_results": [{"snippet": "word " * 100_000}]}
    told = run(SerpAPIWrapper(max_chars=100), "q")
    assert len(told) <= 100 and told.endswith("…")


def whole(err: BaseException) -> str:
    """Everything that an error could show, its causes too."""
    seen, text = err, ""
    while seen is not None:
        text += f"{seen!r} {getattr(seen, 'hint', '')} {vars(seen)}"
        seen = seen.__cause__ or seen.__context__
    return text + "".join(traceback.format_exception(err))


@pytest.mark.parametrize(
    ("status", "reply", "said"),
    [
        (401, {"error": f"Invalid API key {KEY}. Look at /search?api_key=s3cret%2Fkey%2Bwith%20signs"}, "Invalid API key"),
        (200, {"error": f"Your account {KEY} has run out of searches."}, "run out of searches"),
        (500, b"<html>/search?api_key=s3cret%2Fkey%2Bwith+signs</html>", "500"),
        (200, b"<html>not json</html>", "no JSON"),
        (200, [1], "no JSON object"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_without_the_key(
    server: Server, run: Callable[..., str], status: int, reply: Any, said: str
):
    server.status, server.reply = status, reply
    with pytest.raises(ToolError, match=said) as caught:
        run(SerpAPIWrapper(), "q")
    shown = whole(caught.value)
    assert KEY not in shown and "s3cret" not in shown


def test_a_server_that_is_not_there_is_told_without_the_key(run: Callable[..., str]):
    wrapper = SerpAPIWrapper(KEY, base_url="http://127.0.0.1:9")
    with pytest.raises(ToolError, match="the search failed") as caught:
        run(wrapper, "q")
    assert "s3cret" not in whole(caught.value)


def test_a_search_that_takes_too_long_ends(server: Server, run: Callable[..., str]):
    server.hold = threading.Event()
    with pytest.raises(ToolError, match=r"no answer within 0\.2 seconds") as caught:
        run(SerpAPIWrapper(timeout=0.2), "q")
    assert "s3cret" not in whole(caught.value)


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_query_is_told_to_the_model(server: Server, run: Callable[..., str], query: str):
    with pytest.raises(ToolError, match="needs a query"):
        run(SerpAPIWrapper(), query)
    assert server.queries == []


def test_the_key_shows_nowhere_and_stays_behind(server: Server, monkeypatch: pytest.MonkeyPatch):
    wrapper = SerpAPIWrapper()
    assert "s3cret" not in repr(wrapper)
    assert b"s3cret" not in pickle.dumps(wrapper)
    server.reply = {"answer_box": {"answer": "A"}}
    monkeypatch.setenv("SERPAPI_API_KEY", "another")
    assert pickle.loads(pickle.dumps(wrapper)).run("q") == "A"
    assert server.queries[0]["api_key"] == "another"


def test_the_real_service_wants_a_key_and_another_server_need_not(monkeypatch: pytest.MonkeyPatch, server: Server):  # fmt: skip
    monkeypatch.delenv("SERPAPI_API_KEY")
    server.reply = {"answer_box": {"answer": "A"}}
    assert SerpAPIWrapper().run("q") == "A"
    assert "api_key" not in server.queries[0]
    monkeypatch.delenv("SERPAPI_BASE_URL")
    with pytest.raises(UsageError, match="no key") as caught:
        SerpAPIWrapper()
    assert "SERPAPI_API_KEY" in caught.value.hint


@pytest.mark.parametrize("path", ["/search.json", "/search", "/deep/search", "/"])
def test_the_address_may_name_the_route(server: Server, path: str):
    server.reply = {"answer_box": {"answer": "A"}}
    assert SerpAPIWrapper(base_url=server.url + path).run("q") == "A"
    assert server.paths == [path if "search" in path else "/search"]


def test_serpapi_is_a_tool_by_name(server: Server):
    server.reply = {"answer_box": {"answer": "A"}}
    [tool] = load_tools(["serpapi"])
    assert tool.name == "Search"
    assert run_tool(ToolCall("1", "Search", {"query": "q"}), {"Search": tool}).text == "A"
    server.status = 500
    result = run_tool(ToolCall("2", "Search", {"query": "q"}), {"Search": tool})
    assert not result.ok and result.text.startswith("error: the search failed")
