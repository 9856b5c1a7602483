"""MCP: the same functions as tools, for agents over a pipe or over HTTP."""
