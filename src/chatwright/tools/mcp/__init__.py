"""The tools of MCP servers. Start reading at `server`."""

from __future__ import annotations

from .server import McpServer, mcp_tools

__all__ = ["McpServer", "mcp_tools"]
