"""Doors over a network or a pipe: REST with the upload page, the reviewer's pages, MCP. None knows the command line."""
