"""What a model may call: `Tool`, made from a function, a LangChain tool, a file, an MCP server or a folder of documents.

The names below load on first use, so that `import chatwright.tools` costs nothing. The document
search is `chatwright.tools.search.search`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .calculator import calculate
    from .load import load_tools
    from .mcp import McpServer, mcp_tools
    from .render import render_text_description, render_text_description_and_args
    from .serpapi import SerpAPIWrapper
    from .tool import Tool, as_tool, as_tools

__all__ = [
    "McpServer",
    "SerpAPIWrapper",
    "Tool",
    "as_tool",
    "as_tools",
    "calculate",
    "load_tools",
    "mcp_tools",
    "render_text_description",
    "render_text_description_and_args",
]

_HOMES = {
    "McpServer": "mcp",
    "SerpAPIWrapper": "serpapi",
    "Tool": "tool",
    "as_tool": "tool",
    "as_tools": "tool",
    "calculate": "calculator",
    "load_tools": "load",
    "mcp_tools": "mcp",
    "render_text_description": "render",
    "render_text_description_and_args": "render",
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
