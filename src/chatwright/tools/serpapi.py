"""`SerpAPIWrapper`: a web search by SerpAPI, or by a server that speaks like it, as text for a model."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from ..errors import BackendError, TimedOut, ToolError, Unauthorized, UsageError
from .tool import Tool

if TYPE_CHECKING:  # the wire is loaded with the first search
    from ..backends.client import Client

__all__ = ["NOTHING", "SEARCH_DESCRIPTION", "SerpAPIWrapper", "search_tool", "text_of"]

NOTHING = "No good search result found"
SEARCH_DESCRIPTION = "Searches the web and gives what it finds."

_HOME = "https://serpapi.com"
_USUAL = {"engine": "google", "google_domain": "google.com", "gl": "us", "hl": "en"}
_LONGEST_QUERY = 2_000
_MOST_RESULTS = 10

# Where an answer may stand, in the order of preference.
_ANSWER_KEYS = ("result", "answer", "snippet", "snippet_highlighted_words")
_SNIPPET_KEYS = (
    "snippet",
    "snippet_highlighted_words",
    "rich_snippet",
    "rich_snippet_table",
    "link",
)
_LISTS: tuple[tuple[str, str, int], ...] = (
    ("events_results", "", 10),
    ("sports_results", "", 10),
    ("top_stories", "", 10),
    ("news_results", "", 10),
    ("jobs_results", "jobs", 10),
    ("shopping_results", "", 3),
    ("questions_and_answers", "", 10),
    ("popular_destinations", "destinations", 10),
    ("top_sights", "sights", 10),
)
_BESIDE = ("top_stories", "news_results")  # a page that has them often has better results below
_TECHNICAL = ("_stick", "_link", "_id", "_token", "thumbnail", "favicon", "position")


class SerpAPIWrapper:
    """Searches, and gives the best of what was found as text.

    The key is `serpapi_api_key`, else the environment's `SERPAPI_API_KEY`. `base_url`, else `SERPAPI_BASE_URL`,
    leads to another server of the same kind. `params` go along with every search: `{"engine": "bing", ...}`.
    A search that takes longer than `timeout` seconds is a `ToolError`, and so is everything else that goes
    wrong; none of them shows the key.
    """

    def __init__(
        self,
        serpapi_api_key: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_chars: int = 4_000,
    ) -> None:
        url = (base_url or os.environ.get("SERPAPI_BASE_URL") or _HOME).strip().rstrip("/")
        self._url, self._path = _places(url)
        self._key = _key(serpapi_api_key)
        if not self._key and urlsplit(url).hostname == "serpapi.com":
            raise UsageError(
                "the search has no key", "set SERPAPI_API_KEY, or SERPAPI_BASE_URL to a server of your own"
            )  # fmt: skip
        self.params: dict[str, Any] = {**_USUAL, **(params or {})}
        self.timeout, self.max_chars = timeout, max_chars
        self._made: Client | None = None

    def run(self, query: str, **params: Any) -> str:
        """The best of what was found, or the words of `NOTHING`."""
        return text_of(self.results(query, **params), self.max_chars)

    async def arun(self, query: str, **params: Any) -> str:
        """`run` for an event loop."""
        return text_of(await self.aresults(query, **params), self.max_chars)

    def results(self, query: str, **params: Any) -> dict[str, Any]:
        """The whole reply of the server."""
        from ..backends.exchange import Call

        try:
            return _read(self._client().ask(Call(self._target(query, params))).data)
        except BackendError as err:
            failed = err
        self._fail(failed)

    async def aresults(self, query: str, **params: Any) -> dict[str, Any]:
        """`results` for an event loop."""
        from ..backends.exchange import Call

        try:
            reply = await self._client().aask(Call(self._target(query, params)))
            return _read(reply.data)
        except BackendError as err:
            failed = err
        self._fail(failed)

    def __repr__(self) -> str:
        return f"SerpAPIWrapper({self._url!r})"

    def __getstate__(self) -> dict[str, Any]:
        # The key stays behind: the other process has an environment of its own.
        return {**self.__dict__, "_key": "", "_made": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._key = _key(None)

    def _client(self) -> Client:
        if self._made is None:
            from ..backends.client import Client

            self._made = Client(self._url, token=False, timeout=self.timeout)
        return self._made

    def _target(self, query: Any, params: Mapping[str, Any]) -> str:
        text = (query if isinstance(query, str) else str(query)).strip()
        if not text:
            raise ToolError("the search needs a query", "say what to look for")
        text = text.encode("utf-8", "replace").decode()[:_LONGEST_QUERY]
        asked = {**self.params, **params, "output": "json", "q": text}
        if self._key:
            asked["api_key"] = self._key
        return f"{self._path}?{urlencode({k: v for k, v in asked.items() if v is not None})}"

    def _fail(self, err: BackendError) -> NoReturn:
        """Say what went wrong in one line without the key. Here, so that no error with the key hangs below."""
        if isinstance(err, TimedOut):
            raise ToolError(
                f"the search had no answer within {self.timeout:g} seconds", "try again"
            )
        self._blot_out(err)
        hint = "set SERPAPI_API_KEY" if isinstance(err, Unauthorized) else err.hint
        raise ToolError(f"the search failed: {err}", hint)

    def _blot_out(self, err: BackendError) -> None:
        """Take the key out of what a server said: it may repeat the whole address, and be cut off inside it."""
        from ..backends.headers import blot_out

        forms = {self._key, quote(self._key), quote(self._key, safe=""), quote_plus(self._key)}
        forms |= {re.sub("%..", lambda code: code[0].lower(), form) for form in forms}
        for form in sorted(forms if self._key else (), key=len, reverse=True):
            blot_out(err, [(b"api_key", form.encode("latin-1", "replace"))])


def search_tool(wrapper: SerpAPIWrapper | None = None) -> Tool:
    """The tool `Search` over the web: a query in, text out."""
    search = wrapper or SerpAPIWrapper()

    def find(query: Any) -> str:
        return search.run(query)

    schema = {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
    }
    return Tool("Search", SEARCH_DESCRIPTION, schema, find, idempotent=True)


def text_of(results: Mapping[str, Any], max_chars: int = 4_000) -> str:
    """The best of a reply as text: an answer, else lists of one kind, else snippets.

    >>> text_of({"answer_box": {"answer": "42"}, "organic_results": [{"snippet": "about 42"}]})
    '42'
    """
    for box in _boxes(results):
        if found := _answer(box):
            return _cut(found, max_chars)
    lines: list[str] = []
    for key, inner, most in _LISTS:
        if lines := _lines(_under(results.get(key), inner), most):
            if key in _BESIDE:
                lines += _snippets(results)
            return _cut("\n".join(lines), max_chars)
    pictures = [p.get("thumbnail") for p in _items(results.get("images_results"))[:_MOST_RESULTS]]
    shown = [p for p in pictures if isinstance(p, str)]
    return _cut("\n".join(shown or _snippets(results)), max_chars) or NOTHING


def _places(url: str) -> tuple[str, str]:
    """The server, and the route of its search."""
    for route in ("/search.json", "/search"):
        if url.endswith(route):
            return url.removesuffix(route), route
    return url, "/search"


def _key(given: Any) -> str:
    shown: Any = getattr(given, "get_secret_value", None)
    if given is None:
        return os.environ.get("SERPAPI_API_KEY", "").strip()
    return str(shown() if callable(shown) else given).strip()


def _read(data: Any) -> dict[str, Any]:
    """The reply as a dictionary; an error that means "nothing found" is an empty one."""
    if not isinstance(data, dict):
        raise BackendError("the server's reply is no JSON object", "is this a SerpAPI server?")
    results = cast("dict[str, Any]", data)
    said = results.get("error")
    if not said:
        return results
    if "any results" in str(said) or "no results" in str(said).lower():
        return {**results, "error": None}
    raise BackendError(" ".join(str(said).split())[:300])


def _boxes(results: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    box = results.get("answer_box_list") or results.get("answer_box")
    yield from _items(box if isinstance(box, list) else [box])[:1]


def _answer(box: Mapping[str, Any]) -> str:
    """What an answer box says, its own answer first."""
    for key in _ANSWER_KEYS:
        if found := _text(box.get(key)):
            return found
    return _facts(box)


def _snippets(results: Mapping[str, Any]) -> list[str]:
    """What is said about the query, the knowledge graph first."""
    known = results.get("knowledge_graph")
    found = list(_graph(cast("Mapping[str, Any]", known))) if isinstance(known, Mapping) else []
    for result in _items(results.get("organic_results"))[:_MOST_RESULTS]:
        texts = (_text(result.get(key)) for key in _SNIPPET_KEYS)
        if text := next(filter(None, texts), ""):
            found.append(text)
    if guide := _text(results.get("buying_guide")):
        found.append(guide)
    local = results.get("local_results")
    places = cast("Mapping[str, Any]", local).get("places") if isinstance(local, Mapping) else local
    return found + _lines(places, _MOST_RESULTS)


def _graph(known: Mapping[str, Any]) -> Iterator[str]:
    title = str(known.get("title") or "")
    if told := _text(known.get("description")):
        yield told
    for key, value in known.items():
        if key not in ("title", "description") and isinstance(value, str) and _tells(key, value):
            yield f"{title} {key}: {value}.".strip()


def _lines(value: Any, most: int) -> list[str]:
    """A line for each entry; of an object that stands alone its facts."""
    entries = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [line for line in map(_text, entries[:most]) if line]


def _text(value: Any) -> str:
    """Any value as one readable line."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str | int | float):
        return " ".join(str(value).split())
    if isinstance(value, Mapping):
        return _facts(cast("Mapping[str, Any]", value))
    parts = (
        cast("Iterable[Any]", value)
        if isinstance(value, list)
        else [json.dumps(value, default=str)]
    )
    return ", ".join(filter(None, map(_text, parts)))  # fmt: skip


def _facts(entry: Mapping[str, Any]) -> str:
    """`title: Cats; date: today`, without addresses and what only a program needs."""
    facts = ((str(key), _text(value)) for key, value in entry.items())
    return "; ".join(f"{key}: {text}" for key, text in facts if text and _tells(key, text))


def _tells(key: str, text: str) -> bool:
    return not key.endswith(_TECHNICAL) and not text.startswith(("http://", "https://"))


def _under(value: Any, key: str) -> Any:
    if not key:
        return value
    return cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None


def _items(value: Any) -> list[Mapping[str, Any]]:
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", entry) for entry in entries if isinstance(entry, Mapping)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2].rstrip()} …"
