"""Doors over a network or a pipe: REST, MCP and the reviewer's pages, all onto the same functions."""
