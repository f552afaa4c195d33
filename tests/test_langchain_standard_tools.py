"""LangChain's standard tests of a tool: the Calculator, the search over documents and the one by SerpAPI."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from chatwright.langchain.toolkit import as_langchain_tool, load_tools
from chatwright.tools.load import calculator
from chatwright.tools.search import search

# The standard tests bring coroutines without the mark that pytest-asyncio asks for.
for _each in vars(ToolsIntegrationTests).values():
    if inspect.iscoroutinefunction(_each):
        pytest.mark.asyncio(_each)


class _SerpAPI(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        found = {"organic_results": [{"snippet": f"{asked['q'][0]}: Lady Byron"}]}
        raw = json.dumps(found if asked.get("api_key") == ["key"] else {"error": "no key"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def serpapi() -> Iterator[str]:
    """A server that answers as SerpAPI does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _SerpAPI) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(20)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> BaseTool:
    """Search over a folder with one note."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "ada.md").write_text("# Ada Lovelace\n\nHer mother was Lady Byron.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return as_langchain_tool(search(folder))


class Made:
    """A tool that is there and takes one text, which text, and what it then says."""

    given: str
    says: str
    made: BaseTool

    @property
    def tool_constructor(self) -> BaseTool:
        return self.made

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        (name,) = self.made.args
        return {name: self.given}


class Said(Made):
    """Beside what the standard tests ask for: that it says the right thing, either way."""

    @pytest.mark.asyncio
    async def test_it_says_what_was_asked_for(self, tool: BaseTool) -> None:
        assert self.says in tool.invoke(self.tool_invoke_params_example)
        assert self.says in await tool.ainvoke(self.tool_invoke_params_example)


class CalculatorByName(Made):
    given, says = "25^0.43", "3.99129845"

    @pytest.fixture(autouse=True)
    def _make(self) -> None:
        self.made = load_tools(["llm-math"])[0]


class TestCalculatorByName(CalculatorByName, ToolsUnitTests):
    pass


class TestCalculatorByNameAtWork(CalculatorByName, Said, ToolsIntegrationTests):
    pass


class OwnCalculator(Made):
    given, says = "25^0.43", "3.99129845"

    @pytest.fixture(autouse=True)
    def _make(self) -> None:
        self.made = as_langchain_tool(calculator())


class TestOwnCalculator(OwnCalculator, ToolsUnitTests):
    pass


class TestOwnCalculatorAtWork(OwnCalculator, Said, ToolsIntegrationTests):
    pass


class Documents(Made):
    given, says = "Ada's mother", "Lady Byron"

    @pytest.fixture(autouse=True)
    def _make(self, notes: BaseTool) -> None:
        self.made = notes


class TestDocuments(Documents, ToolsUnitTests):
    pass


class TestDocumentsAtWork(Documents, Said, ToolsIntegrationTests):
    pass


class SerpAPI(Made):
    given, says = "Ada's mother", "Lady Byron"

    @pytest.fixture(autouse=True)
    def _make(self, serpapi: str) -> None:
        self.made = load_tools(["serpapi"], serpapi_api_key="key", base_url=serpapi)[0]


class TestSerpAPI(SerpAPI, ToolsUnitTests):
    pass


class TestSerpAPIAtWork(SerpAPI, Said, ToolsIntegrationTests):
    pass
