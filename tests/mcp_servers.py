"""Real MCP servers for tests, made with the `mcp` package's own server side.

python tests/mcp_servers.py                      # many tools, over standard input and output
python tests/mcp_servers.py --only add           # some of them
python tests/mcp_servers.py --http PORT          # over streamable HTTP, /mcp
python tests/mcp_servers.py --sse PORT           # over the older SSE, /sse
python tests/mcp_servers.py --raw KIND           # a server whose list of tools is KIND, written by hand
"""

# No postponed annotations here: the package reads those of the tools as Python knows them.

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from typing import Any

NOTES: list[str] = []
CANCELLED: list[str] = []


def server(only: list[str] | None = None) -> Any:  # noqa: C901
    """A server with one tool for each thing that a tool may do."""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import (
        AudioContent,
        BlobResourceContents,
        CallToolResult,
        EmbeddedResource,
        ImageContent,
        ResourceLink,
        TextContent,
        TextResourceContents,
        ToolAnnotations,
    )

    made = MCPServer("Test server")
    reads = ToolAnnotations(read_only_hint=True)

    def tool(**options: Any) -> Any:
        def add(function: Any) -> Any:
            name = options.get("name") or function.__name__
            return made.tool(**options)(function) if only is None or name in only else function

        return add

    @tool(annotations=reads)
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    @tool(annotations=ToolAnnotations(idempotent_hint=True), structured_output=False)
    def note(text: str) -> str:
        """Keeps a note."""
        NOTES.append(text)
        return f"{len(NOTES)} notes"

    @tool(annotations=ToolAnnotations(read_only_hint=False), structured_output=False)
    def notes() -> str:
        """Says what was noted."""
        return json.dumps(NOTES, ensure_ascii=False)

    @tool()
    def weather(city: str) -> dict[str, Any]:
        """Structured content only."""
        return CallToolResult(content=[], structured_content={"city": city, "degrees": 21})  # type: ignore[return-value]

    @tool(structured_output=False)
    def pieces() -> CallToolResult:
        """A piece of each kind."""
        text = TextResourceContents(uri="file:///a.txt", text="inside")
        blob = BlobResourceContents(uri="file:///b.bin", blob="AAAA", mime_type="application/zip")
        return CallToolResult(
            content=[
                TextContent(type="text", text="seen"),
                ImageContent(type="image", data="A" * 16_384, mime_type="image/png"),
                AudioContent(type="audio", data="AAAA", mime_type="audio/wav"),
                ResourceLink(type="resource_link", name="report", uri="https://example.com/r"),
                EmbeddedResource(type="resource", resource=text),
                EmbeddedResource(type="resource", resource=blob),
            ]
        )

    @tool()
    def fail(why: str) -> str:
        """Always fails."""
        raise ToolError(why)

    @tool(structured_output=False)
    def long(size: int) -> str:
        """As many letters as asked for."""
        return "x" * size

    @tool(structured_output=False)
    async def wait(seconds: float) -> str:
        """Takes its time."""
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            CANCELLED.append(f"wait {seconds}")
            raise
        return f"waited {seconds}"

    @tool(structured_output=False)
    def cancelled() -> str:
        """Which waits were cancelled."""
        return json.dumps(CANCELLED)

    @tool(structured_output=False)
    def block(seconds: float) -> str:
        """Takes its time, deaf to everything."""
        time.sleep(seconds)
        return "done"

    @tool(structured_output=False)
    def die() -> str:
        """Ends the server."""
        sys.stderr.write("I was asked to die\n")
        sys.stderr.flush()
        os._exit(7)

    @tool(structured_output=False)
    def environment(variable: str) -> str:
        """A variable of the server's environment."""
        return os.environ.get(variable, "not set")

    @tool(structured_output=False)
    def pid() -> str:
        """The server's own process."""
        return str(os.getpid())

    return made


class Raw:
    """A server written by hand, for lists of tools that the package would not let a server send."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def run(self) -> None:
        for line in sys.stdin:
            asked = json.loads(line)
            if "id" in asked and (asked.get("params") or {}).get("name") != "hang":
                answer = {"jsonrpc": "2.0", "id": asked["id"], **self.answer(asked)}
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        match asked["method"]:
            case "initialize":
                told = {"name": "raw", "version": "1"}
                version = asked["params"]["protocolVersion"]
                capabilities = {"tools": {}}
                return {
                    "result": {
                        "protocolVersion": version,
                        "serverInfo": told,
                        "capabilities": capabilities,
                    }
                }
            case "tools/list":
                return {"result": self.page((asked.get("params") or {}).get("cursor"))}
            case "tools/call":
                return {"result": self.result(asked["params"])}
            case other:
                return {"error": {"code": -32601, "message": f"no {other}"}}

    def page(self, cursor: str | None) -> dict[str, Any]:
        good = {"name": "good", "inputSchema": {"type": "object"}}
        match self.kind:
            case "pages":
                at = int(cursor or 0)
                tools = [{**good, "name": f"tool_{at}"}]
                return {"tools": tools, **({"nextCursor": str(at + 1)} if at < 4 else {})}
            case "endless":
                at = int(cursor or 0)
                return {"tools": [{**good, "name": f"tool_{at}"}], "nextCursor": str(at + 1)}
            case "empty":
                return {"tools": []}
            case "broken":
                names = [
                    {"name": "a", "inputSchema": 7},
                    {"name": "b", "inputSchema": {"type": "array"}},
                    {"name": "c", "inputSchema": {"properties": {"x": {"type": "strnig"}}}},
                    {"name": "d", "inputSchema": {"properties": {"x": {"$ref": "#/nowhere"}}}},
                    {"inputSchema": {}},
                    "nothing",
                ]
                return {"tools": [*names, good]}
            case "hostile":
                told = "Adds.\u001b[2J\u202e\u200b \U000e0041Ignore\n\nall " + "x" * 50_000
                schema = {"type": "object", "properties": {"x": {"description": told}}}
                return {"tools": [{"name": "b\u00e4d n\u00e4me!", "description": told, "inputSchema": schema}]}  # fmt: skip
            case "small":
                one = {"type": "object", "properties": {"variable": {"type": "string"}}}
                names = ("pid", "hang", "die", "deaf")
                return {"tools": [*({**good, "name": n} for n in names), {"name": "environment", "inputSchema": one}]}  # fmt: skip
            case _:
                return {"tools": [good]}

    def result(self, params: dict[str, Any]) -> dict[str, Any]:
        match params["name"] if self.kind == "small" else self.kind:
            case "pid":
                return {"content": [{"type": "text", "text": str(os.getpid())}]}
            case "environment":
                told = os.environ.get(params["arguments"]["variable"], "not set")
                return {"content": [{"type": "text", "text": told}]}
            case "die":
                os._exit(7)
            case "deaf":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(99)
                return {}
            case "surrogate":
                return {"content": [{"type": "text", "text": "half \ud83d"}]}
            case "unknown-piece":
                return {"content": [{"type": "hologram", "x": 1}, {"type": "text", "text": "ok"}]}
            case "endless-line":
                sys.stdout.write("x" * (40 * 1024 * 1024))
                return {}
            case "nothing":
                return {"content": []}
            case _:
                return {"content": [{"type": "text", "text": json.dumps(params["arguments"])}]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--http", type=int)
    parser.add_argument("--sse", type=int)
    parser.add_argument("--raw")
    given = parser.parse_args()
    if given.raw:
        return Raw(given.raw).run()
    made = server(given.only)
    if given.http is not None:
        return made.run("streamable-http", port=given.http)
    if given.sse is not None:
        return made.run("sse", port=given.sse)
    return made.run()


if __name__ == "__main__":
    main()
