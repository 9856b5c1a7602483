"""One home as an MCP server: tools, the report and the checklist as resources, a prompt for each stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server import MCPServer

from pipeline import __version__
from servers.mcp.arguments import Shelf
from servers.mcp.desk import Desk
from servers.mcp.older import add_older_tools
from servers.mcp.prompts import add_prompts
from servers.mcp.resources import add_resources
from servers.mcp.tools import add_tools

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from actors.engine import Engine
    from pipeline.home.workspace import Workspace
    from servers.access import Access

INSTRUCTIONS = """\
First pass of a carbon registry review. Order: create_session, add_documents (path, link, upload, or request_upload for
a person), then discover_documents, map_requirements, extract_evidence, cross_validate, generate_report. Each does first
whatever it needs, so generate_report alone does all five. Always pass the session_id. get_status says what waits and
the one next thing to do (commands that it names have tools that do the same). Then read list_exceptions, worst first,
and get_requirement for a row with its quotes.
Every answer is JSON of at most 20,000 characters: `left_out` says what is missing and which call gives it, next_offset
where a list goes on; a call with `limit` gives so many items, whole; view="full" gives every field.
Every statement stands on a quote; never add one of your own to it: bring it with submit_claim. Nothing is decided by
the program or by you: record_decision and answer_duplicates are for what a person said.
"""


def make_server(ws: Workspace, engine: Engine, path_roots: tuple[Path, ...] | None = None) -> MCPServer:
    """The server for a home; `engine` must be entered for as long as it runs.

    `path_roots`: the folders below which a path may be added; None for whoever has this user's rights anyway.
    """
    desk, shelf = Desk(ws, engine, path_roots), Shelf()
    add_tools(shelf, desk)
    add_older_tools(shelf, desk)
    server = MCPServer(
        "registry-review", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING", tools=shelf.tools
    )
    add_resources(server, desk)
    add_prompts(server, desk)
    return server


def over_http(server: MCPServer, access: Access, host: str, most: int) -> ASGIApp:
    """The server at /mcp over HTTP; the same keys and protection as REST, and no call of more than `most` bytes."""
    from mcp.server.transport_security import TransportSecuritySettings

    from servers.access import Guard
    from servers.bodies import Capped

    # The guard asks for a key, or for this machine's own names and no page of another site.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return Guard(Capped(server.streamable_http_app(host=host, transport_security=security), most), access)
